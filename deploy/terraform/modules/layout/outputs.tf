output "name" {
  description = "What names of this environment begin with."
  value       = local.name
}

output "cidr" {
  description = "The block of the network."
  value       = local.cidr
}

output "private_cidrs" {
  description = "The blocks of the nodes and pods, one a zone."
  value       = local.private
}

output "database_cidrs" {
  description = "The blocks of the databases, one a zone."
  value       = local.database
}

output "public_cidrs" {
  description = "The blocks of load balancers and NAT gateways, one a zone."
  value       = local.public
}

output "endpoint_cidrs" {
  description = "The blocks of the endpoints of AWS's services, one a zone."
  value       = local.endpoint
}

output "host" {
  description = "The name that callers use."
  value       = var.environment == "production" ? "workflows.${var.domain}" : "workflows.${var.environment}.${var.domain}"
}
