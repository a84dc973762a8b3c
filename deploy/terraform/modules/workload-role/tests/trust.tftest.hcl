mock_provider "aws" {
  source = "../../mocks"
}

variables {
  name            = "vextrus-production-worker"
  issuer          = "oidc.eks.ap-south-1.amazonaws.com/id/0123456789"
  issuer_arn      = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.ap-south-1.amazonaws.com/id/0123456789"
  namespace       = "vextrus"
  service_account = "vextrus-worker"
}

run "one_service_account_and_no_other" {
  assert {
    condition = toset([
      for condition in data.aws_iam_policy_document.trust.statement[0].condition :
      "${condition.test} ${condition.variable} ${join(",", condition.values)}"
      ]) == toset([
      "StringEquals oidc.eks.ap-south-1.amazonaws.com/id/0123456789:sub system:serviceaccount:vextrus:vextrus-worker",
      "StringEquals oidc.eks.ap-south-1.amazonaws.com/id/0123456789:aud sts.amazonaws.com",
    ])
    error_message = "the role can be taken by others"
  }
}

run "all_service_accounts_are_refused" {
  command = plan
  variables {
    service_account = "*"
  }
  expect_failures = [var.service_account]
}

run "an_issuer_with_its_scheme_is_refused" {
  command = plan
  variables {
    issuer = "https://oidc.eks.ap-south-1.amazonaws.com/id/0123456789"
  }
  expect_failures = [var.issuer]
}

run "all_namespaces_are_refused" {
  command = plan
  variables {
    namespace = "*"
  }
  expect_failures = [var.namespace]
}
