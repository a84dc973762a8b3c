output "laws" {
  description = "What the law asks, with its source."
  value       = local.laws
}

output "lock" {
  description = "The lock of objects that must not be changed: its mode, and its years or its days."
  value = var.binding ? {
    mode  = "COMPLIANCE"
    years = local.lock_years
    days  = null
    } : {
    # Enough to see that it holds, and not so much that an environment for trying out could not be taken down again.
    mode  = "GOVERNANCE"
    years = null
    days  = 1
  }
}

output "backup_schedules" {
  description = "When backups are made: schedules of AWS Backup."
  value       = [for hour in local.hours : "cron(0 ${tonumber(hour)} * * ? *)"]
}

output "backup_days" {
  description = "For how many days backups are kept."
  value       = var.backup_days
}

output "kept_years" {
  description = "For how many years records are kept."
  value       = var.kept_years
}
