# Who may do what: workers put and read checkpoints and nothing else (docs/audit.md), the release's jobs list and read them to verify the
# trail, facades keep papers, and the jobs of backups put.

locals {
  roles = {
    worker = {
      service_account = var.worker_service_account
      policy          = "checkpoints"
      bucket          = "audit"
      actions         = ["s3:PutObject", "s3:GetObject"]
      lists           = false
    }
    jobs = {
      service_account = var.jobs_service_account
      policy          = "checkpoints"
      bucket          = "audit"
      actions         = ["s3:GetObject"]
      lists           = true
    }
    facade = {
      service_account = var.facade_service_account
      policy          = "papers"
      bucket          = "attachments"
      # An upload that turns out to be no paper is deleted, which leaves a mark over its version.
      actions = ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
      lists   = false
    }
    backup = {
      service_account = var.backup_service_account
      policy          = "backups"
      bucket          = "backups"
      actions         = ["s3:PutObject", "s3:AbortMultipartUpload"]
      lists           = false
    }
  }
}

data "aws_iam_policy_document" "role" {
  for_each = local.roles

  statement {
    sid       = title(each.value.policy)
    actions   = each.value.actions
    resources = ["${aws_s3_bucket.this[each.value.bucket].arn}/*"]
  }

  dynamic "statement" {
    for_each = each.value.lists ? [each.value.bucket] : []

    content {
      sid       = "List"
      actions   = ["s3:ListBucket"]
      resources = [aws_s3_bucket.this[statement.value].arn]
    }
  }

  statement {
    sid = "Key"
    # S3 asks for the key in the caller's name: to encrypt what is put, and to decrypt what is read or put in parts.
    actions   = concat(contains(each.value.actions, "s3:PutObject") ? ["kms:GenerateDataKey"] : [], ["kms:Decrypt"])
    resources = [module.key.arn]
  }
}

module "role" {
  source   = "../workload-role"
  for_each = local.roles

  name            = "${var.name}-${each.key}"
  issuer          = var.issuer
  issuer_arn      = var.issuer_arn
  namespace       = var.namespace
  service_account = each.value.service_account
  policies        = { (each.value.policy) = data.aws_iam_policy_document.role[each.key].json }
}
