output "cluster_name" {
  description = "For `aws eks update-kubeconfig --name`."
  value       = module.environment.cluster_name
}

output "helm_values" {
  description = "What the chart is told of all this: `terraform output -json helm_values > values-terraform.json`, laid over the environment's values."
  value       = module.environment.helm_values
}

output "ledger_address" {
  description = "The host of the ledger's database."
  value       = module.environment.ledger_address
}

output "ledger_replica_addresses" {
  description = "The hosts of its replicas, for ledger.replica_address."
  value       = module.environment.ledger_replica_addresses
}

output "ledger_arn" {
  description = "The ledger's database, for restoring it."
  value       = module.environment.ledger_arn
}

output "ledger_administrator_secret_arn" {
  description = "Where the password of the ledger's administrator is."
  value       = module.environment.ledger_administrator_secret_arn
}

output "temporal_address" {
  description = "The host of Temporal's database; none where Temporal is elsewhere."
  value       = module.environment.temporal_address
}

output "temporal_administrator_secret_arn" {
  description = "Where the password of its administrator is."
  value       = module.environment.temporal_administrator_secret_arn
}

output "roles" {
  description = "Roles for service accounts that the chart does not bring: cert-manager, External Secrets, the jobs of backups."
  value       = module.environment.roles
}

output "ingress" {
  description = "What the ingress controller and cert-manager are told."
  value       = module.environment.ingress
}

output "backups_bucket" {
  description = "Where backups of the ledger go."
  value       = module.environment.backups_bucket
}

output "egress_addresses" {
  description = "The addresses that others see calls of ours from."
  value       = module.environment.egress_addresses
}

output "deployer_role_arn" {
  description = "The role of the pipeline, for the variable AWS_ROLE of the environment on GitHub; none where no repository is named."
  value       = module.environment.deployer_role_arn
}

output "nodes" {
  description = "How many nodes there are at least."
  value       = module.environment.nodes
}
