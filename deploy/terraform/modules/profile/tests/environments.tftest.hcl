# Production cannot lose what it must keep; development costs little and can be taken down.

run "production" {
  command = plan
  variables {
    environment = "production"
  }

  assert {
    condition     = output.settings.multi_az && output.settings.zones == 3 && output.settings.nat_in_each_zone
    error_message = "production must survive the loss of a zone"
  }

  assert {
    condition     = output.settings.deletion_protection && output.settings.binding_lock && output.settings.backup_days == 35
    error_message = "production must not be taken down by mistake, and must be restorable"
  }

  assert {
    condition     = output.settings.least.workers >= 2 && output.settings.least.facades >= 3 && output.settings.least.nodes >= output.settings.zones
    error_message = "production must have two workers, three facades and a node in each zone at least"
  }

  assert {
    condition     = !output.settings.public_endpoint && output.settings.flow_logs
    error_message = "production's cluster must not be reachable from everywhere, and its network must be logged"
  }
}

run "staging" {
  command = plan
  variables {
    environment = "staging"
  }

  # What a change could break there must be as in production.
  assert {
    condition     = output.settings.multi_az == run.production.settings.multi_az && output.settings.public_endpoint == run.production.settings.public_endpoint
    error_message = "staging must be like production"
  }

  assert {
    condition     = !output.settings.binding_lock
    error_message = "nothing in staging is worth a lock that nobody can open for years"
  }
}

run "development" {
  command = plan
  variables {
    environment = "development"
  }

  assert {
    condition     = !output.settings.deletion_protection && !output.settings.binding_lock && !output.settings.multi_az
    error_message = "development must be cheap, and easy to take down"
  }

  assert {
    condition     = keys(output.settings) == keys(run.production.settings)
    error_message = "the environments differ in what they say at all"
  }
}

run "another_is_refused" {
  command = plan
  variables {
    environment = "test"
  }
  expect_failures = [var.environment]
}
