# What keeps real books. Records here are locked for years, and nobody can unlock them: read ../../README.md first.

module "environment" {
  source = "../../modules/environment"

  environment          = "production"
  account_id           = var.account_id
  region               = var.region
  domain               = var.domain
  base_cidr            = var.base_cidr
  administrators       = var.administrators
  deployers            = var.deployers
  github               = var.github
  callers_cidrs        = var.callers_cidrs
  documents_per_second = var.documents_per_second
  documents_per_year   = var.documents_per_year
  temporal             = var.temporal
  measured             = var.measured
  internal             = var.internal
  tls_ends             = var.tls_ends
  auditors             = var.auditors
  kept_years           = var.kept_years
  alarm_topic_arn      = var.alarm_topic_arn
}
