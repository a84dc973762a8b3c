# What RDS tells of itself, and whom it calls.

data "aws_partition" "this" {}

data "aws_iam_policy_document" "monitoring_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["monitoring.rds.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "monitoring" {
  name               = "${var.name}-monitoring"
  assume_role_policy = data.aws_iam_policy_document.monitoring_trust.json
}

resource "aws_iam_role_policy_attachment" "monitoring" {
  role       = aws_iam_role.monitoring.name
  policy_arn = "arn:${data.aws_partition.this.partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}

locals {
  # What the programs cannot see for themselves. Their own figures and alerts stand in deploy/observability.
  alarms = {
    storage     = { metric = "FreeStorageSpace", comparison = "LessThanThreshold", threshold = 10 * 1024 * 1024 * 1024, minutes = 15 }
    memory      = { metric = "FreeableMemory", comparison = "LessThanThreshold", threshold = 256 * 1024 * 1024, minutes = 15 }
    cpu         = { metric = "CPUUtilization", comparison = "GreaterThanThreshold", threshold = 85, minutes = 15 }
    connections = { metric = "DatabaseConnections", comparison = "GreaterThanThreshold", threshold = floor(var.max_connections * 0.8), minutes = 5 }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = var.alarm_topic_arn == "" ? {} : local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "${each.value.metric} of the database ${var.name}: deploy/terraform/README.md, \"Alarms\""
  namespace           = "AWS/RDS"
  metric_name         = each.value.metric
  dimensions          = { DBInstanceIdentifier = aws_db_instance.this.identifier }
  statistic           = "Average"
  period              = 60
  evaluation_periods  = each.value.minutes
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  treat_missing_data  = "breaching"
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
}
