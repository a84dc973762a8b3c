output "vpc_id" {
  description = "The network."
  value       = aws_vpc.this.id
}

output "public_subnet_ids" {
  description = "Where load balancers are, one a zone."
  value       = [for zone in local.zones : aws_subnet.public[zone].id]
}

output "private_subnet_ids" {
  description = "Where nodes and pods are, one a zone."
  value       = [for zone in local.zones : aws_subnet.private[zone].id]
}

output "database_subnet_ids" {
  description = "Where databases are, one a zone."
  value       = [for zone in local.zones : aws_subnet.database[zone].id]
}

output "egress_addresses" {
  description = "The addresses that others see callers of ours from: for the receivers of webhooks, and Temporal Cloud's rules."
  value       = [for address in aws_eip.nat : address.public_ip]
}
