# For trying out: small, open to the operators' own addresses, and taken down by `terraform destroy`.

module "environment" {
  source = "../../modules/environment"

  environment          = "development"
  account_id           = var.account_id
  region               = var.region
  domain               = var.domain
  base_cidr            = var.base_cidr
  administrators       = var.administrators
  deployers            = var.deployers
  callers_cidrs        = var.callers_cidrs
  documents_per_second = var.documents_per_second
  documents_per_year   = var.documents_per_year
  temporal             = var.temporal
  operators_cidrs      = var.operators_cidrs
}
