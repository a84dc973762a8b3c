mock_provider "aws" {
  source = "../../mocks"
}

variables {
  name            = "vextrus-production"
  region          = "ap-south-1"
  subnet_ids      = ["subnet-1", "subnet-2", "subnet-3"]
  public_endpoint = false
  administrators  = { platform = "arn:aws:iam::123456789012:role/platform" }
  deployers       = { pipeline = "arn:aws:iam::123456789012:role/vextrus-deploy" }
  nodes           = { least = 3, most = 6 }
  log_days        = 400
}

run "its_api_is_closed_and_its_secrets_are_encrypted" {
  assert {
    condition     = !aws_eks_cluster.this.vpc_config[0].endpoint_public_access && aws_eks_cluster.this.vpc_config[0].endpoint_private_access
    error_message = "the API of Kubernetes answers strangers"
  }

  assert {
    condition     = aws_eks_cluster.this.encryption_config[0].resources == tolist(["secrets"])
    error_message = "secrets stand in clear in the cluster's database"
  }

  assert {
    condition     = contains(aws_eks_cluster.this.enabled_cluster_log_types, "audit") && aws_cloudwatch_log_group.this.name == "/aws/eks/vextrus-production/cluster"
    error_message = "who did what in the cluster is not logged"
  }
}

run "network_policies_are_kept" {
  assert {
    condition     = jsondecode(aws_eks_addon.network.configuration_values).enableNetworkPolicy == "true"
    error_message = "every NetworkPolicy would be accepted and none kept"
  }
}

run "autoscalers_have_their_metrics" {
  assert {
    condition     = contains(keys(aws_eks_addon.this), "metrics-server")
    error_message = "a HorizontalPodAutoscaler would know nothing of CPU and memory"
  }
}

run "pods_cannot_take_the_nodes_role" {
  assert {
    condition     = aws_launch_template.node.metadata_options[0].http_tokens == "required" && aws_launch_template.node.metadata_options[0].http_put_response_hop_limit == 1
    error_message = "a pod reaches the metadata of its node"
  }

  assert {
    condition     = aws_launch_template.node.block_device_mappings[0].ebs[0].encrypted == "true"
    error_message = "nodes' disks are not encrypted"
  }
}

run "the_pipeline_may_what_its_group_may" {
  assert {
    condition     = join(" ", aws_eks_access_entry.deployer["pipeline"].kubernetes_groups) == "vextrus:deployers" && keys(aws_eks_access_policy_association.administrator) == ["platform"]
    error_message = "the pipeline may more or less than kubernetes/deployers.yaml says"
  }

  assert {
    condition     = !aws_eks_cluster.this.access_config[0].bootstrap_cluster_creator_admin_permissions
    error_message = "whoever made the cluster administers it for ever"
  }
}

run "an_api_for_everybody_is_refused" {
  command = plan
  variables {
    public_endpoint = true
    operators_cidrs = ["0.0.0.0/0"]
  }
  expect_failures = [var.operators_cidrs]
}

run "an_api_that_says_not_for_whom_is_refused" {
  command = plan
  variables {
    public_endpoint = true
  }
  expect_failures = [aws_eks_cluster.this]
}

run "an_old_kubernetes_is_refused" {
  command = plan
  variables {
    kubernetes_version = "1.29"
  }
  expect_failures = [var.kubernetes_version]
}

run "a_cluster_of_nobody_is_refused" {
  command = plan
  variables {
    administrators = {}
  }
  expect_failures = [var.administrators]
}

run "fewer_than_the_least_are_refused" {
  command = plan
  variables {
    nodes = { least = 3, most = 2 }
  }
  expect_failures = [var.nodes]
}
