# The control plane: its API closed to strangers, its secrets encrypted, who did what in it logged.

data "aws_partition" "this" {}

module "key" {
  source = "../key"

  name        = "${var.name}-cluster"
  description = "Secrets of Kubernetes in ${var.name}, and the control plane's logs"
  logs_region = var.region
}

resource "aws_cloudwatch_log_group" "this" {
  # EKS writes under this very name, and would make the group itself: unencrypted, and for ever.
  name              = "/aws/eks/${var.name}/cluster"
  retention_in_days = var.log_days
  kms_key_id        = module.key.arn
}

data "aws_iam_policy_document" "cluster_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["eks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "cluster" {
  name               = "${var.name}-cluster"
  assume_role_policy = data.aws_iam_policy_document.cluster_trust.json
}

resource "aws_iam_role_policy_attachment" "cluster" {
  role       = aws_iam_role.cluster.name
  policy_arn = "arn:${data.aws_partition.this.partition}:iam::aws:policy/AmazonEKSClusterPolicy"
}

resource "aws_eks_cluster" "this" {
  name     = var.name
  role_arn = aws_iam_role.cluster.arn
  version  = var.kubernetes_version

  enabled_cluster_log_types     = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
  bootstrap_self_managed_addons = false

  access_config {
    authentication_mode                         = "API"
    bootstrap_cluster_creator_admin_permissions = false
  }

  encryption_config {
    resources = ["secrets"]

    provider {
      key_arn = module.key.arn
    }
  }

  vpc_config {
    subnet_ids              = var.subnet_ids
    endpoint_private_access = true
    endpoint_public_access  = var.public_endpoint
    public_access_cidrs     = var.public_endpoint ? var.operators_cidrs : null
  }

  upgrade_policy {
    support_type = "STANDARD"
  }

  lifecycle {
    # EKS would take an empty list for everybody.
    precondition {
      condition     = !var.public_endpoint || length(var.operators_cidrs) > 0
      error_message = "The cluster's API answers outside of the network here: say from where it may be spoken to (operators_cidrs)."
    }
  }

  depends_on = [aws_cloudwatch_log_group.this, aws_iam_role_policy_attachment.cluster]
}

# Service accounts take roles by the tokens of this issuer.
resource "aws_iam_openid_connect_provider" "this" {
  url            = aws_eks_cluster.this.identity[0].oidc[0].issuer
  client_id_list = ["sts.amazonaws.com"]
}

resource "aws_eks_access_entry" "administrator" {
  for_each = var.administrators

  cluster_name  = aws_eks_cluster.this.name
  principal_arn = each.value
}

resource "aws_eks_access_policy_association" "administrator" {
  for_each = var.administrators

  cluster_name  = aws_eks_cluster.this.name
  principal_arn = aws_eks_access_entry.administrator[each.key].principal_arn
  policy_arn    = "arn:${data.aws_partition.this.partition}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"

  access_scope {
    type = "cluster"
  }
}

# What they may do, and in which namespace, says the Role that is bound to this group: kubernetes/deployers.yaml. None of AWS's policies
# beside it: those that may deploy may give rights too, and know nothing of what others define (ServiceMonitor, Certificate).
resource "aws_eks_access_entry" "deployer" {
  for_each = var.deployers

  cluster_name      = aws_eks_cluster.this.name
  principal_arn     = each.value
  kubernetes_groups = ["vextrus:deployers"]
}
