# Production with less of it: what a change could break there breaks here first.

module "environment" {
  source = "../../modules/environment"

  environment          = "staging"
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
  alarm_topic_arn      = var.alarm_topic_arn
}
