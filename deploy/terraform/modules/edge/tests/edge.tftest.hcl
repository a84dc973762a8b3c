mock_provider "aws" {
  source = "../../mocks"
}

variables {
  name                   = "vextrus-production"
  vpc_id                 = "vpc-1"
  subnet_ids             = ["subnet-1", "subnet-2", "subnet-3"]
  internal               = false
  callers_cidrs          = ["0.0.0.0/0"]
  zone_name              = "example.com"
  host                   = "workflows.example.com"
  autoscaling_group_name = "eks-general"
  node_security_group_id = "sg-nodes"
  deletion_protection    = true
  issuer                 = "oidc.eks.ap-south-1.amazonaws.com/id/0123456789"
  issuer_arn             = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.ap-south-1.amazonaws.com/id/0123456789"
}

run "tls_is_passed_on_to_the_ingress" {
  assert {
    condition     = aws_lb_listener.this.protocol == "TCP" && aws_lb_target_group.this.protocol == "TCP" && aws_lb_listener.this.port == 443
    error_message = "the load balancer does not pass TLS on"
  }

  assert {
    condition     = length(aws_acm_certificate.this) == 0 && length(aws_route53_record.validation) == 0
    error_message = "there is a certificate that nobody uses"
  }

  assert {
    condition     = aws_vpc_security_group_egress_rule.nodes.from_port == 30443 && aws_vpc_security_group_ingress_rule.nodes.security_group_id == "sg-nodes" && aws_vpc_security_group_ingress_rule.nodes.to_port == 30443
    error_message = "the load balancer reaches more of the nodes than the ingress's port, or not even that"
  }
}

run "cert_manager_proves_one_host" {
  assert {
    condition = toset(flatten([
      for statement in data.aws_iam_policy_document.cert_manager.statement : [for condition in statement.condition : condition.values]
      if contains(statement.actions, "route53:ChangeResourceRecordSets")
    ])) == toset(["_acme-challenge.workflows.example.com", "TXT"])
    error_message = "cert-manager may write other records of the zone"
  }
}

run "only_named_authorities_issue_for_it" {
  assert {
    condition     = toset(aws_route53_record.caa.records) == toset(["0 issue \"letsencrypt.org\"", "0 issue \"amazon.com\""])
    error_message = "any authority may issue a certificate for the host"
  }
}

run "tls_ends_at_the_load_balancer" {
  variables {
    tls_ends = "load_balancer"
  }

  assert {
    condition     = aws_lb_listener.this.protocol == "TLS" && aws_lb_listener.this.ssl_policy == "ELBSecurityPolicy-TLS13-1-2-2021-06" && aws_lb_listener.this.alpn_policy == "HTTP2Preferred"
    error_message = "an old TLS is taken, or gRPC gets no HTTP/2"
  }

  assert {
    condition     = aws_lb_target_group.this.protocol == "TLS"
    error_message = "from the load balancer on, calls go in clear"
  }

  assert {
    condition     = length(aws_acm_certificate.this) == 1
    error_message = "there is no certificate"
  }
}

run "tls_ends_somewhere" {
  command = plan
  variables {
    tls_ends = "nowhere"
  }
  expect_failures = [var.tls_ends]
}

run "a_port_that_nodes_do_not_open_is_refused" {
  command = plan
  variables {
    node_port = 443
  }
  expect_failures = [var.node_port]
}

run "callers_of_nowhere_are_refused" {
  command = plan
  variables {
    callers_cidrs = []
  }
  expect_failures = [var.callers_cidrs]
}
