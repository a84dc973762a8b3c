output "cluster_name" {
  description = "For `aws eks update-kubeconfig --name`."
  value       = module.cluster.name
}

output "helm_values" {
  description = "What the chart is told of all this: `terraform output -json helm_values > values-terraform.json`, laid over the environment's values."
  value = {
    environment = var.environment
    ledger      = { sslMode = "verify-full", maxConnections = module.sizing.max_connections }
    config = {
      ledger      = { connections = module.sizing.connections }
      audit       = { export = module.storage.audit_export }
      attachments = { place = module.storage.attachments_place }
    }
    secrets = { source = "external", external = { store = module.secrets.store, remoteKey = module.secrets.names["fleet"] } }
    worker = {
      serviceAccount = { annotations = { "eks.amazonaws.com/role-arn" = module.storage.worker_role_arn } }
      autoscaling    = { min = module.sizing.workers, max = module.sizing.most_workers }
    }
    facade = {
      serviceAccount = { annotations = { "eks.amazonaws.com/role-arn" = module.storage.facade_role_arn } }
      autoscaling    = { min = module.sizing.facades, max = module.sizing.most_facades }
    }
    # `vextrus audit verify`, run as the jobs are run, reads config.audit.export.
    jobs    = { serviceAccount = { annotations = { "eks.amazonaws.com/role-arn" = module.storage.jobs_role_arn } } }
    ingress = { host = module.edge.host }
    networkPolicy = {
      to = {
        database = { peers = [for cidr in module.layout.database_cidrs : { ipBlock = { cidr = cidr } }] }
        # STS, which lends the pods their roles, answers at an endpoint.
        storage = { peers = concat([{ ipBlock = local.internet }], [for cidr in module.layout.endpoint_cidrs : { ipBlock = { cidr = cidr } }]) }
      }
    }
  }
}

output "ledger_address" {
  description = "The host of the ledger's database."
  value       = module.ledger.address
}

output "ledger_replica_addresses" {
  description = "The hosts of its replicas, for ledger.replica_address."
  value       = module.ledger.replica_addresses
}

output "ledger_arn" {
  description = "The ledger's database, for restoring it."
  value       = module.ledger.instance_arn
}

output "ledger_administrator_secret_arn" {
  description = "Where the password of the ledger's administrator is."
  value       = module.ledger.administrator_secret_arn
}

output "temporal_address" {
  description = "The host of Temporal's database; none where Temporal is elsewhere."
  value       = one(module.temporal[*].address)
}

output "temporal_administrator_secret_arn" {
  description = "Where the password of its administrator is."
  value       = one(module.temporal[*].administrator_secret_arn)
}

output "roles" {
  description = "Roles for service accounts that the chart does not bring: cert-manager, External Secrets, the jobs of backups."
  value = {
    cert_manager     = module.edge.cert_manager_role_arn
    external_secrets = module.secrets.operator_role_arn
    backup           = module.storage.backup_role_arn
  }
}

output "ingress" {
  description = "What the ingress controller and cert-manager are told."
  value = {
    host      = module.edge.host
    node_port = module.edge.node_port
    zone_id   = module.edge.zone_id
  }
}

output "backups_bucket" {
  description = "Where backups of the ledger go."
  value       = module.storage.backups_bucket
}

output "egress_addresses" {
  description = "The addresses that others see calls of ours from."
  value       = module.network.egress_addresses
}

output "deployer_role_arn" {
  description = "The role of the pipeline, for the variable AWS_ROLE of the environment on GitHub; none where no repository is named."
  value       = one(module.deployer[*].arn)
}

output "nodes" {
  description = "How many nodes there are at least."
  value       = module.sizing.nodes
}
