# Backups besides RDS's own, which end with the instance's days: in a vault that they can be kept from being deleted in.

resource "aws_backup_vault" "this" {
  count = length(var.backup_schedules) > 0 ? 1 : 0

  name        = var.name
  kms_key_arn = module.key.arn
}

resource "aws_backup_vault_lock_configuration" "this" {
  count = length(var.backup_schedules) > 0 && var.binding_lock ? 1 : 0

  backup_vault_name  = aws_backup_vault.this[0].name
  min_retention_days = var.backup_days
  # For three days it can still be taken back; then it cannot be by anybody.
  changeable_for_days = 3
}

resource "aws_backup_plan" "this" {
  count = length(var.backup_schedules) > 0 ? 1 : 0

  name = var.name

  dynamic "rule" {
    for_each = var.backup_schedules

    content {
      rule_name         = "backup-${rule.key + 1}"
      target_vault_name = aws_backup_vault.this[0].name
      schedule          = rule.value
      start_window      = 60
      completion_window = 360

      lifecycle {
        delete_after = var.backup_days
      }
    }
  }
}

data "aws_iam_policy_document" "backup_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["backup.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "backup" {
  count = length(var.backup_schedules) > 0 ? 1 : 0

  name               = "${var.name}-backup"
  assume_role_policy = data.aws_iam_policy_document.backup_trust.json
}

resource "aws_iam_role_policy_attachment" "backup" {
  for_each = length(var.backup_schedules) > 0 ? toset(["AWSBackupServiceRolePolicyForBackup", "AWSBackupServiceRolePolicyForRestores"]) : toset([])

  role       = aws_iam_role.backup[0].name
  policy_arn = "arn:${data.aws_partition.this.partition}:iam::aws:policy/service-role/${each.value}"
}

resource "aws_backup_selection" "this" {
  count = length(var.backup_schedules) > 0 ? 1 : 0

  name         = var.name
  plan_id      = aws_backup_plan.this[0].id
  iam_role_arn = aws_iam_role.backup[0].arn
  resources    = [aws_db_instance.this.arn]
}
