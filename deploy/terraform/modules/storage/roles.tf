# Who may do what: workers put and read checkpoints and nothing else (docs/audit.md), facades keep papers, and the jobs of backups put.

locals {
  # S3 asks for the key in the caller's name: to encrypt what is put, and to decrypt what is read or put in parts.
  key_actions = ["kms:GenerateDataKey", "kms:Decrypt"]
}

data "aws_iam_policy_document" "worker" {
  statement {
    sid       = "Checkpoints"
    actions   = ["s3:PutObject", "s3:GetObject"]
    resources = ["${aws_s3_bucket.this["audit"].arn}/*"]
  }

  statement {
    sid       = "Key"
    actions   = local.key_actions
    resources = [module.key.arn]
  }
}

module "worker_role" {
  source = "../workload-role"

  name            = "${var.name}-worker"
  issuer          = var.issuer
  issuer_arn      = var.issuer_arn
  namespace       = var.namespace
  service_account = var.worker_service_account
  policies        = { checkpoints = data.aws_iam_policy_document.worker.json }
}

data "aws_iam_policy_document" "facade" {
  statement {
    sid = "Papers"
    # An upload that turns out to be no paper is deleted, which leaves a mark over its version.
    actions   = ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
    resources = ["${aws_s3_bucket.this["attachments"].arn}/*"]
  }

  statement {
    sid       = "Key"
    actions   = local.key_actions
    resources = [module.key.arn]
  }
}

module "facade_role" {
  source = "../workload-role"

  name            = "${var.name}-facade"
  issuer          = var.issuer
  issuer_arn      = var.issuer_arn
  namespace       = var.namespace
  service_account = var.facade_service_account
  policies        = { papers = data.aws_iam_policy_document.facade.json }
}

data "aws_iam_policy_document" "backup" {
  statement {
    sid       = "Backups"
    actions   = ["s3:PutObject", "s3:AbortMultipartUpload"]
    resources = ["${aws_s3_bucket.this["backups"].arn}/*"]
  }

  statement {
    sid       = "Key"
    actions   = local.key_actions
    resources = [module.key.arn]
  }
}

module "backup_role" {
  source = "../workload-role"

  name            = "${var.name}-backup"
  issuer          = var.issuer
  issuer_arn      = var.issuer_arn
  namespace       = var.namespace
  service_account = var.backup_service_account
  policies        = { backups = data.aws_iam_policy_document.backup.json }
}
