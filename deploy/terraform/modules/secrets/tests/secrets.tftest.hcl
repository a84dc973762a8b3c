mock_provider "aws" {
  source = "../../mocks"
}

variables {
  name          = "vextrus-production"
  secrets       = { fleet = "Keys of the fleet", temporal = "Passwords of Temporal's database" }
  recovery_days = 30
  issuer        = "oidc.eks.ap-south-1.amazonaws.com/id/0123456789"
  issuer_arn    = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.ap-south-1.amazonaws.com/id/0123456789"
}

run "each_has_its_place_and_a_way_back" {
  assert {
    condition     = output.names == { fleet = "vextrus-production/fleet", temporal = "vextrus-production/temporal" }
    error_message = "secrets are at ${jsonencode(output.names)}"
  }

  assert {
    condition     = alltrue([for secret in aws_secretsmanager_secret.this : secret.recovery_window_in_days == 30 && secret.kms_key_id == module.key.arn])
    error_message = "a secret that is deleted is gone at once, or stands under AWS's own key"
  }
}

run "the_operator_reads_these_and_changes_none" {
  assert {
    condition = toset(flatten([for statement in data.aws_iam_policy_document.operator.statement : statement.actions])) == toset([
      "secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret", "kms:Decrypt",
    ])
    error_message = "External Secrets may do more than read"
  }

  assert {
    condition     = !contains(flatten([for statement in data.aws_iam_policy_document.operator.statement : statement.resources]), "*")
    error_message = "External Secrets reads every secret of the account"
  }
}

run "a_name_that_says_nothing_is_refused" {
  command = plan
  variables {
    secrets = { "" = "nothing" }
  }
  expect_failures = [var.secrets]
}

run "a_store_without_a_name_is_refused" {
  command = plan
  variables {
    store = ""
  }
  expect_failures = [var.store]
}

run "two_days_are_no_way_back" {
  command = plan
  variables {
    recovery_days = 2
  }
  expect_failures = [var.recovery_days]
}
