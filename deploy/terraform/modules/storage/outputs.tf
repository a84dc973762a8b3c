output "audit_export" {
  description = "What audit.export says."
  value       = "s3://${aws_s3_bucket.this["audit"].bucket}/checkpoints"
}

output "attachments_place" {
  description = "What attachments.place says."
  value       = "s3://${aws_s3_bucket.this["attachments"].bucket}/papers"
}

output "backups_bucket" {
  description = "Where backups of the ledger go."
  value       = aws_s3_bucket.this["backups"].bucket
}

output "worker_role_arn" {
  description = "For the annotation of the workers' service account."
  value       = module.role["worker"].arn
}

output "facade_role_arn" {
  description = "For the annotation of the facades' service account."
  value       = module.role["facade"].arn
}

output "jobs_role_arn" {
  description = "For the annotation of the service account of the release's jobs."
  value       = module.role["jobs"].arn
}

output "backup_role_arn" {
  description = "For the annotation of the service account of the jobs of backups."
  value       = module.role["backup"].arn
}
