# The fleet never takes every connection: not with all autoscalers at their end, and not while old and new processes run side by side.

variables {
  documents_per_second = 10
  documents_per_year   = 5000000
  least                = { workers = 2, facades = 3, nodes = 3 }
  kept_years           = 12
}

run "autoscalers_at_their_end_leave_room" {
  command = plan

  assert {
    condition     = output.busiest_connections == (output.most_workers + output.most_facades + 3) * output.connections
    error_message = "${output.busiest_connections} connections"
  }

  # At four fifths the alarm of modules/postgres calls: without a rollout it must not.
  assert {
    condition     = output.busiest_connections < 0.8 * output.max_connections
    error_message = "${output.busiest_connections} of ${output.max_connections} connections"
  }
}

run "so_do_old_and_new_processes_side_by_side" {
  command = plan

  # 3 that the server keeps for itself, 10 for people.
  assert {
    condition     = 2 * (output.most_workers + output.most_facades) * output.connections + 3 * output.connections <= output.max_connections - 13
    error_message = "a rollout with its jobs takes all of ${output.max_connections} connections"
  }
}

run "a_fleet_of_the_least_leaves_room" {
  command = plan
  variables {
    documents_per_second = 0.1
    least                = { workers = 1, facades = 1, nodes = 2 }
  }

  assert {
    condition     = output.busiest_connections < 0.8 * output.max_connections
    error_message = "${output.busiest_connections} of ${output.max_connections} connections"
  }
}

run "so_does_one_with_large_pools" {
  command = plan
  variables {
    connections = 60
    jobs        = 5
  }

  assert {
    condition     = output.busiest_connections == (4 + 6 + 5) * 60 && output.busiest_connections < 0.8 * output.max_connections
    error_message = "${output.busiest_connections} of ${output.max_connections} connections"
  }
}

# More than RDS lets any class have.
run "pools_that_no_database_takes_are_refused" {
  command = plan
  variables {
    connections = 300
  }
  expect_failures = [output.database_class]
}

run "a_release_runs_a_job" {
  command = plan
  variables {
    jobs = 0
  }
  expect_failures = [var.jobs]
}
