# Run it with -var-file=terraform.tfvars.example, which is tested so too.

mock_provider "aws" {
  source = "../../mocks"
}

run "staging" {
  command = plan

  assert {
    condition     = output.ingress.host == "workflows.staging.example.com" && output.helm_values.environment == "staging"
    error_message = "staging is at ${output.ingress.host}"
  }
}

run "a_topic_that_is_none_is_refused" {
  command = plan
  variables {
    alarm_topic_arn = "pages"
  }
  expect_failures = [var.alarm_topic_arn]
}
