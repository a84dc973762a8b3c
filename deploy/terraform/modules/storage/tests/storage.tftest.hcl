mock_provider "aws" {
  source = "../../mocks"
}

variables {
  name                   = "vextrus-production"
  account_id             = "123456789012"
  lock                   = { mode = "COMPLIANCE", years = 13 }
  destroyable            = false
  issuer                 = "oidc.eks.ap-south-1.amazonaws.com/id/0123456789"
  issuer_arn             = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.ap-south-1.amazonaws.com/id/0123456789"
  namespace              = "vextrus"
  worker_service_account = "vextrus-worker"
  facade_service_account = "vextrus-facade"
  jobs_service_account   = "vextrus-jobs"
  auditors               = ["arn:aws:iam::123456789012:role/auditor"]
}

run "what_is_written_stays_for_years" {
  assert {
    condition = length(aws_s3_bucket_object_lock_configuration.this) == 3 && alltrue([
      for lock in aws_s3_bucket_object_lock_configuration.this :
      lock.rule[0].default_retention[0].mode == "COMPLIANCE" && lock.rule[0].default_retention[0].years == 13
    ])
    error_message = "a bucket is not locked, or not for its years"
  }

  assert {
    condition     = alltrue([for bucket in aws_s3_bucket.this : bucket.object_lock_enabled && !bucket.force_destroy])
    error_message = "a bucket takes no lock, or Terraform would empty it"
  }

  assert {
    condition     = alltrue([for versioning in aws_s3_bucket_versioning.this : versioning.versioning_configuration[0].status == "Enabled"])
    error_message = "a bucket forgets what is written over"
  }

  assert {
    condition = alltrue([
      for configuration in aws_s3_bucket_lifecycle_configuration.this :
      alltrue([for rule in configuration.rule : length(rule.expiration) == 0 && length(rule.noncurrent_version_expiration) == 0])
    ])
    error_message = "something expires by itself"
  }
}

run "workers_put_and_read_checkpoints_and_nothing_else" {
  assert {
    condition = toset(flatten([
      for statement in data.aws_iam_policy_document.role["worker"].statement : statement.actions if statement.sid == "Checkpoints"
    ])) == toset(["s3:PutObject", "s3:GetObject"])
    error_message = "workers may do more than put and read"
  }

  assert {
    condition = flatten([
      for statement in data.aws_iam_policy_document.role["worker"].statement : statement.resources if statement.sid == "Checkpoints"
    ]) == ["${aws_s3_bucket.this["audit"].arn}/*"]
    error_message = "workers reach another bucket"
  }
}

# Each statement, also such as nobody thought of: what a role may do, and to what.
run "jobs_read_checkpoints_and_write_nothing" {
  assert {
    condition = {
      for statement in data.aws_iam_policy_document.role["jobs"].statement : statement.sid => [toset(statement.actions), one(statement.resources)]
      } == {
      Checkpoints = [toset(["s3:GetObject"]), "${aws_s3_bucket.this["audit"].arn}/*"]
      List        = [toset(["s3:ListBucket"]), aws_s3_bucket.this["audit"].arn]
      Key         = [toset(["kms:Decrypt"]), module.key.arn]
    }
    error_message = "jobs may do other things than list and read checkpoints"
  }
}

run "nobody_else_lists_a_bucket" {
  assert {
    condition = [
      for name, document in data.aws_iam_policy_document.role : name
      if anytrue([for statement in document.statement : contains(statement.actions, "s3:ListBucket")])
    ] == ["jobs"]
    error_message = "another role lists what it need not know of"
  }
}

# Who puts, encrypts; who reads, or puts in parts, decrypts.
run "the_key_is_for_what_is_done_with_the_bucket" {
  assert {
    condition = {
      for name, document in data.aws_iam_policy_document.role :
      name => toset(flatten([for statement in document.statement : statement.actions if statement.sid == "Key"]))
      } == {
      worker = toset(["kms:GenerateDataKey", "kms:Decrypt"])
      jobs   = toset(["kms:Decrypt"])
      facade = toset(["kms:GenerateDataKey", "kms:Decrypt"])
      backup = toset(["kms:GenerateDataKey", "kms:Decrypt"])
    }
    error_message = "a role may use the key for what it does not do"
  }
}

run "each_role_is_for_one_service_account" {
  assert {
    condition = { for name, role in local.roles : name => role.service_account } == {
      worker = "vextrus-worker"
      jobs   = "vextrus-jobs"
      facade = "vextrus-facade"
      backup = "vextrus-backup"
    }
    error_message = "a role is for another's service account"
  }
}

run "facades_do_not_reach_checkpoints" {
  assert {
    condition = flatten([
      for statement in data.aws_iam_policy_document.role["facade"].statement : statement.resources if statement.sid == "Papers"
    ]) == ["${aws_s3_bucket.this["attachments"].arn}/*"]
    error_message = "facades reach another bucket"
  }

  assert {
    condition     = !contains(flatten([for statement in data.aws_iam_policy_document.role["facade"].statement : statement.actions]), "s3:DeleteObjectVersion")
    error_message = "facades may remove what was written"
  }
}

run "jobs_of_backups_write_and_read_nothing" {
  assert {
    condition     = !contains(flatten([for statement in data.aws_iam_policy_document.role["backup"].statement : statement.actions]), "s3:GetObject")
    error_message = "the jobs of backups may read the books of all companies"
  }
}

run "auditors_read_checkpoints_alone" {
  assert {
    condition = {
      for bucket, document in data.aws_iam_policy_document.bucket : bucket => contains(document.statement[*].sid, "Auditors")
    } == { audit = true, attachments = false, backups = false }
    error_message = "auditors read another bucket, or cannot read checkpoints"
  }
}

run "nothing_goes_in_clear_or_is_opened_to_the_world" {
  assert {
    condition     = alltrue([for document in data.aws_iam_policy_document.bucket : document.statement[0].effect == "Deny" && one(document.statement[0].condition).variable == "aws:SecureTransport"])
    error_message = "a bucket is spoken to without TLS"
  }

  assert {
    condition = alltrue([
      for block in concat(values(aws_s3_bucket_public_access_block.this), [aws_s3_bucket_public_access_block.log]) :
      block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets
    ])
    error_message = "a bucket could be opened to the world"
  }
}

run "addresses_are_as_the_programs_take_them" {
  assert {
    condition     = output.audit_export == "s3://vextrus-production-123456789012-audit/checkpoints" && output.attachments_place == "s3://vextrus-production-123456789012-attachments/papers"
    error_message = "${output.audit_export}, ${output.attachments_place}"
  }
}

run "for_trying_out_a_day_is_enough" {
  variables {
    lock        = { mode = "GOVERNANCE", days = 1 }
    destroyable = true
  }

  assert {
    condition     = aws_s3_bucket_object_lock_configuration.this["audit"].rule[0].default_retention[0].days == 1 && aws_s3_bucket.this["audit"].force_destroy
    error_message = "an environment for trying out could not be taken down"
  }
}

run "years_and_days_are_refused" {
  command = plan
  variables {
    lock = { mode = "COMPLIANCE", years = 13, days = 1 }
  }
  expect_failures = [var.lock]
}

run "a_lock_of_nothing_is_refused" {
  command = plan
  variables {
    lock = { mode = "COMPLIANCE" }
  }
  expect_failures = [var.lock]
}

run "an_auditor_who_is_everybody_is_refused" {
  command = plan
  variables {
    auditors = ["*"]
  }
  expect_failures = [var.auditors]
}

run "every_namespace_is_refused" {
  command = plan
  variables {
    namespace = "*"
  }
  expect_failures = [var.namespace]
}
