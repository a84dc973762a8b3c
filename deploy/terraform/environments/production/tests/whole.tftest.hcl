# The whole of production, planned against a provider that only knows its own schema: nothing is asked of AWS. Run it with
# -var-file=terraform.tfvars.example, which is tested so too.

mock_provider "aws" {
  source = "../../mocks"
}

run "production" {
  command = plan

  assert {
    condition     = output.ingress.host == "workflows.example.com" && output.helm_values.environment == "production"
    error_message = "production is at ${output.ingress.host}"
  }

  assert {
    condition     = length(output.egress_addresses) == 3 && length(output.ledger_replica_addresses) == 1 && output.nodes >= 3
    error_message = "production has ${length(output.egress_addresses)} ways out, ${length(output.ledger_replica_addresses)} replicas and ${output.nodes} nodes"
  }

  assert {
    condition     = output.helm_values.worker.autoscaling.min >= 2 && output.helm_values.facade.autoscaling.min >= 3
    error_message = "production has too few workers or facades"
  }
}

run "a_topic_that_is_none_is_refused" {
  command = plan
  variables {
    alarm_topic_arn = ""
  }
  expect_failures = [var.alarm_topic_arn]
}
