output "workers" {
  description = "How many workers carry the load."
  value       = local.workers
}

output "facades" {
  description = "How many facades carry the load."
  value       = local.facades
}

output "most_workers" {
  description = "How many workers an autoscaler may come to."
  value       = local.most_workers
}

output "most_facades" {
  description = "How many facades an autoscaler may come to."
  value       = local.most_facades
}

output "connections" {
  description = "What each process may open (ledger.connections)."
  value       = var.connections
}

output "busiest_connections" {
  description = "What fleet and jobs hold with every autoscaler at its end, while no rollout runs."
  value       = local.fleet_connections + local.job_connections
}

output "max_connections" {
  description = "What the server must take: every process twice over, the jobs, and the spare."
  value       = local.connections
}

output "database_class" {
  description = "The smallest class that carries it."
  value       = one(slice(local.fitting, 0, min(1, length(local.fitting))))

  precondition {
    condition     = length(local.fitting) > 0
    error_message = "No class of database carries ${var.documents_per_second} documents a second over ${local.connections} connections. Lower connections, or measure what a vCPU carries."
  }
}

output "storage_gib" {
  description = "What the database begins with: two years of documents, and 50 GiB at least."
  value       = max(50, ceil(2 * local.gibibytes_a_year))
}

output "most_storage_gib" {
  description = "What it may grow to by itself: all the years that its rows stay, and twice what it began with at least."
  value       = max(2 * max(50, ceil(2 * local.gibibytes_a_year)), ceil(var.kept_years * local.gibibytes_a_year))
}

output "nodes" {
  description = "How many nodes hold old and new processes side by side, and everything else."
  value       = local.nodes
}
