output "name" {
  description = "The cluster, for `aws eks update-kubeconfig --name`."
  value       = aws_eks_cluster.this.name
}

output "arn" {
  description = "The cluster, for who may look where it is."
  value       = aws_eks_cluster.this.arn
}

output "node_security_group_id" {
  description = "The security group of nodes and pods."
  value       = aws_eks_cluster.this.vpc_config[0].cluster_security_group_id
}

output "autoscaling_group_name" {
  description = "The group of the nodes, for a load balancer to find them."
  value       = aws_eks_node_group.this.resources[0].autoscaling_groups[0].name
}

output "issuer" {
  description = "The issuer of service accounts' tokens, without https://."
  value       = local.issuer
}

output "issuer_arn" {
  description = "The same as IAM knows it."
  value       = aws_iam_openid_connect_provider.this.arn
}
