# Places for secrets, and who fetches them into the cluster. Values never pass through Terraform.

module "key" {
  source = "../key"

  name        = "${var.name}-secrets"
  description = "Secrets of ${var.name}"
}

resource "aws_secretsmanager_secret" "this" {
  #checkov:skip=CKV2_AWS_57:A new key must be known to all before it is used, and the old one stays for a while: docs/secrets.md has the steps, which no function of AWS knows
  for_each = var.secrets

  name                    = "${var.name}/${each.key}"
  description             = each.value
  kms_key_id              = module.key.arn
  recovery_window_in_days = var.recovery_days
}

data "aws_iam_policy_document" "operator" {
  statement {
    sid       = "Read"
    actions   = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
    resources = [for secret in aws_secretsmanager_secret.this : secret.arn]
  }

  statement {
    sid       = "Key"
    actions   = ["kms:Decrypt"]
    resources = [module.key.arn]
  }
}

module "operator_role" {
  source = "../workload-role"

  name            = "${var.name}-external-secrets"
  issuer          = var.issuer
  issuer_arn      = var.issuer_arn
  namespace       = var.operator_namespace
  service_account = var.operator_service_account
  policies        = { read = data.aws_iam_policy_document.operator.json }
}
