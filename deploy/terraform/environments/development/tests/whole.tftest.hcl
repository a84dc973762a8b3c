# Run it with -var-file=terraform.tfvars.example, which is tested so too.

mock_provider "aws" {
  source = "../../mocks"
}

run "development" {
  command = plan

  assert {
    condition     = output.ingress.host == "workflows.development.example.com" && output.helm_values.environment == "development"
    error_message = "development is at ${output.ingress.host}"
  }

  assert {
    condition     = length(output.egress_addresses) == 1 && length(output.ledger_replica_addresses) == 0
    error_message = "development costs more than it must"
  }
}
