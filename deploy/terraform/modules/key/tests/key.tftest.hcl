mock_provider "aws" {
  source = "../../mocks"
}

variables {
  name        = "vextrus-staging-storage"
  description = "Checkpoints"
}

run "it_turns_by_itself_and_goes_slowly" {
  assert {
    condition     = aws_kms_key.this.enable_key_rotation && aws_kms_key.this.deletion_window_in_days == 30
    error_message = "a key must turn by itself, and not be gone within a month"
  }

  assert {
    condition     = length(data.aws_iam_policy_document.this.statement) == 1
    error_message = "nobody but the account is asked for, and somebody else may use it"
  }
}

run "logs_use_it_for_this_account_alone" {
  variables {
    logs_region = "ap-south-1"
  }

  assert {
    condition     = one(data.aws_iam_policy_document.this.statement[1].condition[*].values) == tolist(["arn:aws:logs:ap-south-1:123456789012:*"])
    error_message = "another account's logs could use the key"
  }
}

run "readers_decrypt_and_no_more" {
  variables {
    readers = ["arn:aws:iam::999999999999:role/auditor"]
  }

  assert {
    condition     = toset(data.aws_iam_policy_document.this.statement[1].actions) == toset(["kms:Decrypt", "kms:DescribeKey"])
    error_message = "readers may do more than read"
  }
}
