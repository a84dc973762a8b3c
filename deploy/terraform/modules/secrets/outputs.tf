output "names" {
  description = "The secrets as External Secrets asks for them (secrets.external.remoteKey of the chart), by their short names."
  value       = { for name, secret in aws_secretsmanager_secret.this : name => secret.name }
}

output "store" {
  description = "Through which store External Secrets reads them (secrets.external.store of the chart)."
  value       = { kind = "ClusterSecretStore", name = var.store }
}

output "operator_role_arn" {
  description = "For the annotation of External Secrets's service account."
  value       = module.operator_role.arn
}
