# More documents need more of everything, a small company needs the least, and what cannot be carried is said.

variables {
  documents_per_second = 1
  documents_per_year   = 100000
  least                = { workers = 2, facades = 3, nodes = 3 }
  kept_years           = 12
}

run "a_small_company_has_the_least" {
  command = plan

  assert {
    condition     = output.workers == 2 && output.facades == 3 && output.nodes >= 3
    error_message = "${output.workers} workers, ${output.facades} facades, ${output.nodes} nodes"
  }

  # 10 processes at most, twice, and 3 jobs, with 14 connections each; 10 and 20 spare; 3 reserved.
  assert {
    condition     = output.max_connections == 355 && output.most_workers == 4 && output.most_facades == 6
    error_message = "${output.max_connections} connections"
  }

  assert {
    condition     = output.database_class == "db.t4g.medium" && output.storage_gib == 50
    error_message = "${output.database_class} with ${output.storage_gib} GiB"
  }

  # 100,000 documents of 48 KiB and half as much again are 6.9 GiB a year: 83 GiB in twelve.
  assert {
    condition     = output.most_storage_gib == 100
    error_message = "it may grow to ${output.most_storage_gib} GiB"
  }
}

run "ten_times_as_much" {
  command = plan
  variables {
    documents_per_second = 10
    documents_per_year   = 5000000
  }

  # 10 / (12 * 0.6) = 1.4, and 100 / (69 * 0.6) = 2.4
  assert {
    condition     = output.workers == 2 && output.facades == 3
    error_message = "${output.workers} workers, ${output.facades} facades"
  }

  # 1.4 vCPUs, and 355 of the smallest's 428 connections.
  assert {
    condition     = output.database_class == "db.t4g.medium" && output.max_connections == 355
    error_message = "${output.database_class} with ${output.max_connections} connections"
  }

  # 343 GiB a year: 687 for two, 4,120 for twelve.
  assert {
    condition     = output.storage_gib == 687 && output.most_storage_gib == 4120
    error_message = "${output.storage_gib} GiB, up to ${output.most_storage_gib}"
  }
}

run "a_hundred_times_as_much" {
  command = plan
  variables {
    documents_per_second = 100
    documents_per_year   = 50000000
  }

  assert {
    condition     = output.workers == 14 && output.facades == 25
    error_message = "${output.workers} workers, ${output.facades} facades"
  }

  # 13.9 vCPUs, and 2,395 connections.
  assert {
    condition     = output.database_class == "db.m7g.4xlarge" && output.max_connections == 2395
    error_message = "${output.database_class} with ${output.max_connections} connections"
  }

  # Twice 14 workers with half a CPU and 25 facades with a quarter, 23.8 for Temporal's server and 1.5 for the rest: 51.8 CPUs on nodes
  # with 1.8 to give.
  assert {
    condition     = output.nodes == 29
    error_message = "${output.nodes} nodes"
  }
}

run "a_temporal_that_is_elsewhere_takes_nothing" {
  command = plan
  variables {
    documents_per_second = 100
    documents_per_year   = 50000000
    temporal_is_here     = false
  }

  assert {
    condition     = output.nodes == 16
    error_message = "${output.nodes} nodes"
  }
}

run "its_pods_are_there_without_work_too" {
  command = plan

  # Twice 2 workers and 3 facades, 3.75 CPUs for Temporal's pods and 1.5 for the rest: 8.75 CPUs.
  assert {
    condition     = output.nodes == 5
    error_message = "${output.nodes} nodes"
  }
}

run "connections_decide_too" {
  command = plan
  variables {
    connections = 100
  }

  # 10 processes with 100 each, twice, and 3 jobs are 2,333: more than the smallest three take.
  assert {
    condition     = output.database_class == "db.m7g.2xlarge" && output.max_connections == 2333
    error_message = "${output.database_class} with ${output.max_connections} connections"
  }
}

run "what_was_measured_counts" {
  command = plan
  variables {
    documents_per_second        = 100
    worker_documents_per_second = 40
    utilisation                 = 0.5
  }

  assert {
    condition     = output.workers == 5
    error_message = "${output.workers} workers"
  }
}

run "what_no_database_carries_is_said" {
  command = plan
  variables {
    documents_per_second = 500
  }
  expect_failures = [output.database_class]
}

run "nothing_is_no_load" {
  command = plan
  variables {
    documents_per_second = 0
  }
  expect_failures = [var.documents_per_second]
}

run "half_a_document_is_none" {
  command = plan
  variables {
    documents_per_year = 0.5
  }
  expect_failures = [var.documents_per_year]
}

run "everything_cannot_be_counted_on" {
  command = plan
  variables {
    utilisation = 1
  }
  expect_failures = [var.utilisation]
}

run "the_program_takes_no_more_connections" {
  command = plan
  variables {
    connections = 501
  }
  expect_failures = [var.connections]
}

run "what_was_not_measured_has_its_default" {
  command = plan
  variables {
    documents_per_second                   = 100
    worker_documents_per_second            = null
    facade_requests_per_second             = null
    database_documents_per_second_and_vcpu = null
    temporal_documents_per_second_and_vcpu = null
    ledger_kib_per_document                = null
  }

  assert {
    condition     = output.workers == 14 && output.facades == 25 && output.database_class == "db.m7g.4xlarge" && output.nodes == 29
    error_message = "${output.workers} workers, ${output.facades} facades, ${output.database_class}, ${output.nodes} nodes"
  }
}

run "no_worker_is_none" {
  command = plan
  variables {
    least = { workers = 0, facades = 1, nodes = 1 }
  }
  expect_failures = [var.least]
}

run "a_small_node_is_refused" {
  command = plan
  variables {
    node = { vcpus = 1, gibibytes = 2 }
  }
  expect_failures = [var.node]
}
