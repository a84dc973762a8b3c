mock_provider "aws" {
  source = "../../mocks"
}

variables {
  name        = "vextrus-production"
  repository  = "vextrus/workflows"
  environment = "production"
  cluster_arn = "arn:aws:eks:ap-south-1:123456789012:cluster/vextrus-production"
}

run "one_environment_of_one_repository" {
  assert {
    condition = toset([
      for condition in data.aws_iam_policy_document.trust.statement[0].condition :
      "${condition.test} ${condition.variable} ${join(",", condition.values)}"
      ]) == toset([
      "StringEquals token.actions.githubusercontent.com:sub repo:vextrus/workflows:environment:production",
      "StringEquals token.actions.githubusercontent.com:aud sts.amazonaws.com",
    ])
    error_message = "the role can be taken by others"
  }

  assert {
    condition = (
      length(data.aws_iam_policy_document.cluster.statement) == 1 &&
      toset(data.aws_iam_policy_document.cluster.statement[0].actions) == toset(["eks:DescribeCluster"]) &&
      toset(data.aws_iam_policy_document.cluster.statement[0].resources) == toset([var.cluster_arn])
    )
    error_message = "the role may do more than find its cluster"
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.this) == 1
    error_message = "nobody in the account knows GitHub's tokens"
  }
}

run "an_issuer_that_is_there_is_not_made_again" {
  variables {
    repository = "vextrus@123/workflows@456"
    issuer_arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.this) == 0
    error_message = "AWS would refuse a second one"
  }

  assert {
    condition     = join(" ", one(data.aws_iam_policy_document.trust.statement[0].principals).identifiers) == var.issuer_arn
    error_message = "the role trusts another issuer"
  }
}

run "all_repositories_are_refused" {
  command = plan
  variables {
    repository = "vextrus/*"
  }
  expect_failures = [var.repository]
}

run "all_environments_are_refused" {
  command = plan
  variables {
    environment = "*"
  }
  expect_failures = [var.environment]
}

run "another_issuer_is_refused" {
  command = plan
  variables {
    issuer_arn = "arn:aws:iam::123456789012:oidc-provider/token.example.com"
  }
  expect_failures = [var.issuer_arn]
}

run "a_name_that_iam_does_not_take_is_refused" {
  command = plan
  variables {
    name = "a-name-that-goes-on-and-on-until-nobody-remembers-how-it-began"
  }
  expect_failures = [var.name]
}
