mock_provider "aws" {
  source = "../../mocks"
}

variables {
  name                     = "vextrus-production-ledger"
  region                   = "ap-south-1"
  vpc_id                   = "vpc-1"
  subnet_ids               = ["subnet-1", "subnet-2", "subnet-3"]
  client_security_group_id = "sg-nodes"
  instance_class           = "db.m7g.large"
  storage_gib              = 100
  most_storage_gib         = 1000
  max_connections          = 200
  multi_az                 = true
  replicas                 = 1
  deletion_protection      = true
  backup_days              = 35
  backup_schedules         = ["cron(0 6 * * ? *)", "cron(0 18 * * ? *)"]
  binding_lock             = true
  log_days                 = 400
  alarm_topic_arn          = "arn:aws:sns:ap-south-1:123456789012:pages"
}

run "nobody_speaks_to_it_in_clear_or_from_elsewhere" {
  assert {
    condition     = { for p in aws_db_parameter_group.this.parameter : p.name => p.value }["rds.force_ssl"] == "1"
    error_message = "a connection without TLS would be taken"
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.clients.referenced_security_group_id == "sg-nodes" && aws_vpc_security_group_ingress_rule.clients.from_port == 5432 && aws_vpc_security_group_ingress_rule.clients.to_port == 5432
    error_message = "more than the nodes reach the database, or more than its port"
  }

  assert {
    condition     = alltrue([for i in concat([aws_db_instance.this], aws_db_instance.replica) : !i.publicly_accessible && i.storage_encrypted])
    error_message = "an instance is public, or not encrypted"
  }
}

run "it_can_be_taken_back" {
  assert {
    condition     = aws_db_instance.this.backup_retention_period == 35 && !aws_db_instance.this.delete_automated_backups && !aws_db_instance.this.skip_final_snapshot
    error_message = "it cannot be taken back to any moment of 35 days, or takes its backups along when it is deleted"
  }

  assert {
    condition     = [for rule in aws_backup_plan.this[0].rule : rule.schedule] == ["cron(0 6 * * ? *)", "cron(0 18 * * ? *)"]
    error_message = "backups are not made when they should be"
  }

  assert {
    condition     = alltrue([for rule in aws_backup_plan.this[0].rule : rule.lifecycle[0].delete_after == 35]) && aws_backup_vault_lock_configuration.this[0].min_retention_days == 35
    error_message = "a backup could go before its days are over"
  }
}

run "its_log_tells_what_is_slow_and_not_whose" {
  assert {
    condition = alltrue([
      for name, value in { log_min_duration_statement = "500", log_parameter_max_length = "0", log_error_verbosity = "terse", log_statement = "none" } :
      { for p in aws_db_parameter_group.this.parameter : p.name => p.value }[name] == value
    ])
    error_message = "the log says too little of slow statements, or too much of values and passwords"
  }

  assert {
    condition     = length(aws_cloudwatch_log_group.this) == 4 && alltrue([for group in aws_cloudwatch_log_group.this : group.retention_in_days == 400 && group.kms_key_id != null])
    error_message = "the log is kept for ever, or in clear"
  }
}

run "its_password_stands_in_no_state" {
  assert {
    condition     = aws_db_instance.this.manage_master_user_password && !aws_db_instance.this.iam_database_authentication_enabled
    error_message = "the administrator's password would be Terraform's to know"
  }
}

run "its_connections_are_what_was_reckoned" {
  assert {
    condition     = { for p in aws_db_parameter_group.this.parameter : p.name => p.value }["max_connections"] == "200" && aws_cloudwatch_metric_alarm.this["connections"].threshold == 160
    error_message = "the server takes other numbers of connections than it was asked for, or nobody is called before they end"
  }
}

run "an_environment_for_trying_out_can_be_taken_down" {
  variables {
    deletion_protection = false
    binding_lock        = false
    replicas            = 0
    alarm_topic_arn     = ""
  }

  assert {
    condition     = aws_db_instance.this.skip_final_snapshot && length(aws_backup_vault_lock_configuration.this) == 0 && length(aws_db_instance.replica) == 0 && length(aws_cloudwatch_metric_alarm.this) == 0
    error_message = "something would stay behind"
  }
}

run "an_unknown_version_is_refused" {
  command = plan
  variables {
    engine_version = "14"
  }
  expect_failures = [var.engine_version]
}

run "storage_that_cannot_grow_is_refused" {
  command = plan
  variables {
    most_storage_gib = 105
  }
  expect_failures = [var.most_storage_gib]
}

run "a_name_that_rds_does_not_take_is_refused" {
  command = plan
  variables {
    name = "vextrus--ledger"
  }
  expect_failures = [var.name]
}

run "a_schedule_in_words_is_refused" {
  command = plan
  variables {
    backup_schedules = ["daily"]
  }
  expect_failures = [var.backup_schedules]
}
