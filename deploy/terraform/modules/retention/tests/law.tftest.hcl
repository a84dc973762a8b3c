# What is kept is never less than the law asks.

variables {
  binding = true
}

run "real_records_are_locked_for_twelve_years_and_one" {
  command = plan

  assert {
    condition     = output.lock.mode == "COMPLIANCE" && output.lock.years == 13 && output.lock.days == null
    error_message = "the lock is ${jsonencode(output.lock)}"
  }

  assert {
    condition     = alltrue([for law in values(output.laws) : output.lock.years >= law.years && law.source != ""])
    error_message = "a law asks for more than the ${output.lock.years} years of the lock, or its source is missing"
  }
}

run "more_can_be_asked_for" {
  command = plan
  variables {
    kept_years   = 15
    margin_years = 0
  }

  assert {
    condition     = output.lock.years == 15
    error_message = "the lock has ${output.lock.years} years"
  }
}

run "what_is_for_trying_out_can_be_taken_down" {
  command = plan
  variables {
    binding = false
  }

  assert {
    condition     = output.lock.mode == "GOVERNANCE" && output.lock.years == null && output.lock.days == 1
    error_message = "the lock is ${jsonencode(output.lock)}"
  }
}

run "two_backups_a_day_at_midnight_and_noon_in_dhaka" {
  command = plan

  assert {
    condition     = output.backup_schedules == ["cron(0 6 * * ? *)", "cron(0 18 * * ? *)"]
    error_message = "backups are made at ${join(", ", output.backup_schedules)}"
  }
}

run "four_backups_a_day" {
  command = plan
  variables {
    backups_a_day = 4
  }

  assert {
    condition     = length(distinct(output.backup_schedules)) == 4 && contains(output.backup_schedules, "cron(0 0 * * ? *)")
    error_message = "backups are made at ${join(", ", output.backup_schedules)}"
  }
}

run "less_than_the_law_is_refused" {
  command = plan
  variables {
    kept_years = 11
  }
  expect_failures = [var.kept_years]
}

run "one_backup_a_day_is_refused" {
  command = plan
  variables {
    backups_a_day = 1
  }
  expect_failures = [var.backups_a_day]
}

run "more_days_than_rds_keeps_are_refused" {
  command = plan
  variables {
    backup_days = 36
  }
  expect_failures = [var.backup_days]
}

run "a_negative_margin_is_refused" {
  command = plan
  variables {
    margin_years = -1
  }
  expect_failures = [var.margin_years]
}
