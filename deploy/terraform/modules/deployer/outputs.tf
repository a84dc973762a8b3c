output "arn" {
  description = "The role, for the variable AWS_ROLE of the environment on GitHub."
  value       = aws_iam_role.this.arn
}
