variable "name" {
  description = "What names begin with."
  type        = string
}

variable "secrets" {
  description = "Secrets by name, with what each holds. Their values are put by people, never by Terraform: what it knows stands in its state."
  type        = map(string)

  validation {
    condition     = length(var.secrets) > 0 && alltrue([for name in keys(var.secrets) : can(regex("^[a-z][a-z0-9-]*$", name))])
    error_message = "secrets must have names of lower-case letters, digits and hyphens."
  }
}

variable "recovery_days" {
  description = "For how many days a secret that was deleted can be had back; 0: not at all."
  type        = number

  validation {
    condition     = var.recovery_days == 0 || (var.recovery_days >= 7 && var.recovery_days <= 30)
    error_message = "recovery_days must be 0, or 7 to 30."
  }
}

variable "issuer" {
  description = "The cluster's issuer of tokens, without https://."
  type        = string
}

variable "issuer_arn" {
  description = "The same as IAM knows it."
  type        = string
}

variable "store" {
  description = "The ClusterSecretStore through which External Secrets reads them: kubernetes/secret-store.yaml."
  type        = string
  default     = "vextrus-secrets-manager"

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", var.store))
    error_message = "store must be a name as Kubernetes has it: lower-case letters, digits and hyphens."
  }
}

variable "operator_namespace" {
  description = "The namespace of External Secrets."
  type        = string
  default     = "external-secrets"
}

variable "operator_service_account" {
  description = "Its service account."
  type        = string
  default     = "external-secrets"
}
