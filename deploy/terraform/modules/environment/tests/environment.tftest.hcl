mock_provider "aws" {
  source = "../../mocks"
}

variables {
  environment          = "production"
  region               = "ap-south-1"
  account_id           = "123456789012"
  domain               = "example.com"
  documents_per_second = 10
  documents_per_year   = 5000000
  temporal             = "self-hosted"
  administrators       = { platform = "arn:aws:iam::123456789012:role/platform" }
  callers_cidrs        = ["0.0.0.0/0"]
}

# Made too, so that what is known only afterwards is joined.
run "the_chart_is_told_what_was_reckoned" {
  assert {
    condition = output.helm_values.environment == "production" && output.helm_values.ledger == {
      sslMode        = "verify-full"
      maxConnections = 355
    } && output.helm_values.config.ledger.connections == 14
    error_message = "the chart is told ${jsonencode(output.helm_values)}"
  }

  assert {
    condition     = output.helm_values.worker.autoscaling == { min = 2, max = 4 } && output.helm_values.facade.autoscaling == { min = 3, max = 6 }
    error_message = "the chart is told ${jsonencode(output.helm_values)}"
  }

  assert {
    condition = output.helm_values.secrets.external == {
      store     = { kind = "ClusterSecretStore", name = "vextrus-secrets-manager" }
      remoteKey = "vextrus-production/fleet"
    }
    error_message = "External Secrets would look at ${jsonencode(output.helm_values.secrets.external)}"
  }

  assert {
    condition = length(distinct(concat(
      [for part in ["worker", "facade", "jobs"] : output.helm_values[part].serviceAccount.annotations["eks.amazonaws.com/role-arn"]],
      [output.roles.backup],
    ))) == 4
    error_message = "worker, facade, jobs and the jobs of backups share a role"
  }

  assert {
    condition     = [for peer in output.helm_values.networkPolicy.to.database.peers : peer.ipBlock.cidr] == ["10.66.96.0/24", "10.66.97.0/24", "10.66.98.0/24"]
    error_message = "the network policies would let nobody to the database, or to more than it"
  }

  assert {
    condition = [for peer in output.helm_values.networkPolicy.to.storage.peers : peer.ipBlock.cidr] == [
      "0.0.0.0/0", "10.66.104.0/24", "10.66.105.0/24", "10.66.106.0/24",
    ]
    error_message = "the network policies would let nobody to S3 and STS, or to more than them"
  }

  # Temporal has a database of its own.
  assert {
    condition     = output.temporal_address != null && output.temporal_address != output.ledger_address
    error_message = "Temporal has no database, or the ledger's"
  }
}

run "a_repository_that_is_named_deploys" {
  command = plan
  variables {
    github = { repository = "acme/vextrus" }
  }

  override_module {
    target          = module.deployer
    override_during = plan
    outputs         = { arn = "arn:aws:iam::123456789012:role/vextrus-production-deployer" }
  }

  assert {
    condition     = output.deployer_role_arn == "arn:aws:iam::123456789012:role/vextrus-production-deployer"
    error_message = "the pipeline has no role"
  }
}

run "without_one_there_is_no_role" {
  command = plan

  assert {
    condition     = output.deployer_role_arn == null
    error_message = "somebody could deploy who was not named"
  }
}

run "temporal_cloud_needs_none" {
  command = plan
  variables {
    temporal = "cloud"
  }

  assert {
    condition     = output.temporal_address == null && output.temporal_administrator_secret_arn == null
    error_message = "there is a database for a Temporal that is elsewhere"
  }
}

run "what_was_measured_makes_it_smaller" {
  command = plan
  variables {
    documents_per_second = 100
    measured             = { worker_documents_per_second = 40 }
  }

  # 14 with the default.
  assert {
    condition     = output.helm_values.worker.autoscaling.min == 5
    error_message = "${output.helm_values.worker.autoscaling.min} workers"
  }
}

run "another_temporal_is_refused" {
  command = plan
  variables {
    temporal = "elsewhere"
  }
  expect_failures = [var.temporal]
}

run "a_zone_is_no_region" {
  command = plan
  variables {
    region = "ap-south-1a"
  }
  expect_failures = [var.region]
}

run "a_topic_that_is_none_is_refused" {
  command = plan
  variables {
    alarm_topic_arn = "arn:aws:sqs:ap-south-1:123456789012:pages"
  }
  expect_failures = [var.alarm_topic_arn]
}

run "a_namespace_that_kubernetes_does_not_take_is_refused" {
  command = plan
  variables {
    namespace = "Vextrus"
  }
  expect_failures = [var.namespace]
}
