# A role for one environment of one repository on GitHub, by a token that GitHub signs for each job: no key of it is stored anywhere.

locals {
  issuer     = "token.actions.githubusercontent.com"
  issuer_arn = var.issuer_arn == "" ? one(aws_iam_openid_connect_provider.this[*].arn) : var.issuer_arn
}

# An account has one of an address.
resource "aws_iam_openid_connect_provider" "this" {
  count = var.issuer_arn == "" ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [local.issuer_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:sub"
      values   = ["repo:${var.repository}:environment:${var.environment}"]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:aud"
      values   = ["sts.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "this" {
  name               = "${var.name}-deployer"
  assume_role_policy = data.aws_iam_policy_document.trust.json
  # A deployment watches each step of its rollout; deploy.yml asks for as long.
  max_session_duration = 14400
}

# Where the cluster is. What may be done in it is said there: kubernetes/deployers.yaml.
data "aws_iam_policy_document" "cluster" {
  statement {
    actions   = ["eks:DescribeCluster"]
    resources = [var.cluster_arn]
  }
}

resource "aws_iam_role_policy" "this" {
  name   = "cluster"
  role   = aws_iam_role.this.name
  policy = data.aws_iam_policy_document.cluster.json
}
