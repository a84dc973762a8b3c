# Where the load balancer ends TLS, the certificate is ACM's, which renews it. Otherwise cert-manager proves by a DNS record that the
# host is ours, and may write that record and no other.

resource "aws_acm_certificate" "this" {
  count = local.is_passed_on ? 0 : 1

  domain_name       = var.host
  validation_method = "DNS"

  lifecycle {
    create_before_destroy = true
  }
}

locals {
  # What proves it is only known once it is asked for.
  proofs = local.is_passed_on ? [] : [
    for option in aws_acm_certificate.this[0].domain_validation_options : option if option.domain_name == var.host
  ]
}

resource "aws_route53_record" "validation" {
  count = local.is_passed_on ? 0 : 1

  zone_id         = data.aws_route53_zone.this.zone_id
  name            = one(local.proofs).resource_record_name
  type            = one(local.proofs).resource_record_type
  records         = [one(local.proofs).resource_record_value]
  ttl             = 60
  allow_overwrite = true
}

resource "aws_acm_certificate_validation" "this" {
  count = local.is_passed_on ? 0 : 1

  certificate_arn         = aws_acm_certificate.this[0].arn
  validation_record_fqdns = aws_route53_record.validation[*].fqdn
}

data "aws_partition" "this" {}

data "aws_iam_policy_document" "cert_manager" {
  statement {
    actions   = ["route53:GetChange"]
    resources = ["arn:${data.aws_partition.this.partition}:route53:::change/*"]
  }

  statement {
    actions   = ["route53:ListHostedZonesByName"]
    resources = ["*"]
  }

  statement {
    actions   = ["route53:ListResourceRecordSets"]
    resources = [data.aws_route53_zone.this.arn]
  }

  statement {
    actions   = ["route53:ChangeResourceRecordSets"]
    resources = [data.aws_route53_zone.this.arn]

    condition {
      test     = "ForAllValues:StringEquals"
      variable = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
      values   = ["_acme-challenge.${var.host}"]
    }

    condition {
      test     = "ForAllValues:StringEquals"
      variable = "route53:ChangeResourceRecordSetsRecordTypes"
      values   = ["TXT"]
    }
  }
}

module "cert_manager_role" {
  source = "../workload-role"

  name            = "${var.name}-cert-manager"
  issuer          = var.issuer
  issuer_arn      = var.issuer_arn
  namespace       = "cert-manager"
  service_account = "cert-manager"
  policies        = { records = data.aws_iam_policy_document.cert_manager.json }
}
