output "arn" {
  description = "The key, as policies and resources name it."
  value       = aws_kms_key.this.arn
}
