output "settings" {
  description = "What holds in this environment."
  value       = local.profiles[var.environment]
}
