output "address" {
  description = "The host of the primary."
  value       = aws_db_instance.this.address
}

output "replica_addresses" {
  description = "The hosts of the replicas."
  value       = [for replica in aws_db_instance.replica : replica.address]
}

output "administrator_secret_arn" {
  description = "Where the administrator's password is: for making roles and databases, and for nothing that runs."
  value       = aws_db_instance.this.master_user_secret[0].secret_arn
}

output "instance_arn" {
  description = "The instance, for restoring it."
  value       = aws_db_instance.this.arn
}
