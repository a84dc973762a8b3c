locals {
  issuer = trimprefix(aws_eks_cluster.this.identity[0].oidc[0].issuer, "https://")
}

module "network_role" {
  source = "../workload-role"

  name             = "${var.name}-cni"
  issuer           = local.issuer
  issuer_arn       = aws_iam_openid_connect_provider.this.arn
  namespace        = "kube-system"
  service_account  = "aws-node"
  managed_policies = ["arn:${data.aws_partition.this.partition}:iam::aws:policy/AmazonEKS_CNI_Policy"]
}

# Both before the nodes, which need them to become ready. Without this setting every NetworkPolicy would be accepted and none kept.
resource "aws_eks_addon" "network" {
  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = "vpc-cni"
  service_account_role_arn    = module.network_role.arn
  configuration_values        = jsonencode({ enableNetworkPolicy = "true" })
  resolve_conflicts_on_update = "OVERWRITE"
}

resource "aws_eks_addon" "proxy" {
  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = "kube-proxy"
  resolve_conflicts_on_update = "OVERWRITE"
}

module "storage_role" {
  source = "../workload-role"

  name             = "${var.name}-ebs"
  issuer           = local.issuer
  issuer_arn       = aws_iam_openid_connect_provider.this.arn
  namespace        = "kube-system"
  service_account  = "ebs-csi-controller-sa"
  managed_policies = ["arn:${data.aws_partition.this.partition}:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"]
}

# For Prometheus and others that keep something of their own; the fleet itself has no volumes.
resource "aws_eks_addon" "storage" {
  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = "aws-ebs-csi-driver"
  service_account_role_arn    = module.storage_role.arn
  resolve_conflicts_on_update = "OVERWRITE"

  depends_on = [aws_eks_node_group.this]
}

# metrics-server is what the autoscalers read CPU and memory from.
resource "aws_eks_addon" "this" {
  for_each = toset(["coredns", "metrics-server"])

  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = each.value
  resolve_conflicts_on_update = "OVERWRITE"

  depends_on = [aws_eks_node_group.this]
}
