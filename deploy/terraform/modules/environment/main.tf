# One environment. What is decided is decided in the four modules that know no provider, and tested there; here it is joined.

module "profile" {
  source = "../profile"

  environment = var.environment
}

locals {
  profile = module.profile.settings
  # The chart's release is called vextrus, and so are its service accounts.
  service_accounts = { worker = "vextrus-worker", facade = "vextrus-facade", jobs = "vextrus-jobs" }
  # The whole internet, since neither S3 nor an issuer has fixed addresses, but nothing in private networks and not the nodes' metadata.
  internet = {
    cidr   = "0.0.0.0/0"
    except = ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"]
  }
  # Its five services, three of each, open 40 connections at most (deploy/helm/examples/temporal-server.yaml): more than the smallest takes.
  temporal_class = module.sizing.database_class == "db.t4g.medium" ? "db.m7g.large" : module.sizing.database_class
}

module "layout" {
  source = "../layout"

  name        = var.name
  environment = var.environment
  zones       = local.profile.zones
  base_cidr   = var.base_cidr
  domain      = var.domain
}

module "retention" {
  source = "../retention"

  kept_years  = var.kept_years
  binding     = local.profile.binding_lock
  backup_days = local.profile.backup_days
}

module "sizing" {
  source = "../sizing"

  documents_per_second                   = var.documents_per_second
  documents_per_year                     = var.documents_per_year
  worker_documents_per_second            = var.measured.worker_documents_per_second
  facade_requests_per_second             = var.measured.facade_requests_per_second
  database_documents_per_second_and_vcpu = var.measured.database_documents_per_second_and_vcpu
  temporal_documents_per_second_and_vcpu = var.measured.temporal_documents_per_second_and_vcpu
  ledger_kib_per_document                = var.measured.ledger_kib_per_document
  temporal_is_here                       = var.temporal == "self-hosted"
  least                                  = local.profile.least
  kept_years                             = var.kept_years
}

module "network" {
  source = "../network"

  name             = module.layout.name
  region           = var.region
  cidr             = module.layout.cidr
  public_cidrs     = module.layout.public_cidrs
  private_cidrs    = module.layout.private_cidrs
  database_cidrs   = module.layout.database_cidrs
  endpoint_cidrs   = module.layout.endpoint_cidrs
  nat_in_each_zone = local.profile.nat_in_each_zone
  flow_logs        = local.profile.flow_logs
  log_days         = local.profile.log_days
}

module "cluster" {
  source = "../cluster"

  name            = module.layout.name
  region          = var.region
  subnet_ids      = module.network.private_subnet_ids
  public_endpoint = local.profile.public_endpoint
  operators_cidrs = var.operators_cidrs
  administrators  = var.administrators
  deployers       = merge(var.deployers, { for arn in module.deployer[*].arn : "github" => arn })
  nodes           = { least = module.sizing.nodes, most = 2 * module.sizing.nodes }
  log_days        = local.profile.log_days
}

module "deployer" {
  source = "../deployer"
  count  = var.github == null ? 0 : 1

  name        = module.layout.name
  repository  = var.github.repository
  environment = var.environment
  cluster_arn = module.cluster.arn
  issuer_arn  = var.github.issuer_arn
}

module "ledger" {
  source = "../postgres"

  name                     = "${module.layout.name}-ledger"
  region                   = var.region
  vpc_id                   = module.network.vpc_id
  subnet_ids               = module.network.database_subnet_ids
  client_security_group_id = module.cluster.node_security_group_id
  instance_class           = module.sizing.database_class
  storage_gib              = module.sizing.storage_gib
  most_storage_gib         = module.sizing.most_storage_gib
  max_connections          = module.sizing.max_connections
  multi_az                 = local.profile.multi_az
  replicas                 = local.profile.replicas
  deletion_protection      = local.profile.deletion_protection
  backup_days              = module.retention.backup_days
  backup_schedules         = module.retention.backup_schedules
  binding_lock             = local.profile.binding_lock
  slow_statement_ms        = local.profile.slow_statement_ms
  log_days                 = local.profile.log_days
  alarm_topic_arn          = var.alarm_topic_arn
}

# Temporal writes for each event of each document, and must not slow down the books. What it holds can be lost without a record being
# lost (docs/ARCHITECTURE.md), so it is not kept for years; but open documents would have to be brought back by hand.
module "temporal" {
  source = "../postgres"
  count  = var.temporal == "self-hosted" ? 1 : 0

  name                     = "${module.layout.name}-temporal"
  region                   = var.region
  vpc_id                   = module.network.vpc_id
  subnet_ids               = module.network.database_subnet_ids
  client_security_group_id = module.cluster.node_security_group_id
  instance_class           = local.temporal_class
  storage_gib              = 50
  most_storage_gib         = 500
  max_connections          = 650
  multi_az                 = local.profile.multi_az
  deletion_protection      = local.profile.deletion_protection
  backup_days              = module.retention.backup_days
  binding_lock             = false
  slow_statement_ms        = local.profile.slow_statement_ms
  log_days                 = local.profile.log_days
  alarm_topic_arn          = var.alarm_topic_arn
}

module "edge" {
  source = "../edge"

  name                   = module.layout.name
  vpc_id                 = module.network.vpc_id
  subnet_ids             = var.internal ? module.network.private_subnet_ids : module.network.public_subnet_ids
  internal               = var.internal
  callers_cidrs          = var.callers_cidrs
  zone_name              = var.domain
  host                   = module.layout.host
  tls_ends               = var.tls_ends
  autoscaling_group_name = module.cluster.autoscaling_group_name
  node_security_group_id = module.cluster.node_security_group_id
  deletion_protection    = local.profile.deletion_protection
  issuer                 = module.cluster.issuer
  issuer_arn             = module.cluster.issuer_arn
}

module "storage" {
  source = "../storage"

  name                   = module.layout.name
  account_id             = var.account_id
  lock                   = module.retention.lock
  destroyable            = !local.profile.deletion_protection
  issuer                 = module.cluster.issuer
  issuer_arn             = module.cluster.issuer_arn
  namespace              = var.namespace
  worker_service_account = local.service_accounts.worker
  facade_service_account = local.service_accounts.facade
  jobs_service_account   = local.service_accounts.jobs
  auditors               = var.auditors
}

module "secrets" {
  source = "../secrets"

  name = module.layout.name
  secrets = merge(
    { fleet = "The chart's Secret: each key of its secrets.keys is a property here" },
    var.temporal == "self-hosted" ? { temporal = "The passwords of Temporal's database, and what its authoriser trusts" } : {},
  )
  recovery_days = local.profile.deletion_protection ? 30 : 0
  issuer        = module.cluster.issuer
  issuer_arn    = module.cluster.issuer_arn
}
