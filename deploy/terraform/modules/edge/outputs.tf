output "host" {
  description = "The name that callers use."
  value       = var.host
}

output "zone_id" {
  description = "The zone, for cert-manager's solver."
  value       = data.aws_route53_zone.this.zone_id
}

output "cert_manager_role_arn" {
  description = "For the annotation of cert-manager's service account."
  value       = module.cert_manager_role.arn
}

output "node_port" {
  description = "The node port of the ingress controller's HTTPS."
  value       = var.node_port
}
