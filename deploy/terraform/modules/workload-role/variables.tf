variable "name" {
  description = "The role's name."
  type        = string

  validation {
    condition     = length(var.name) <= 64
    error_message = "name must have 64 characters at most, as IAM has it."
  }
}

variable "issuer" {
  description = "The cluster's issuer of tokens, without https://."
  type        = string

  validation {
    condition     = !startswith(var.issuer, "https://") && var.issuer != ""
    error_message = "issuer must be written without https://, as IAM's conditions have it."
  }
}

variable "issuer_arn" {
  description = "The same issuer as IAM knows it."
  type        = string
}

variable "namespace" {
  description = "The namespace of the service account."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "namespace must be a name of Kubernetes: 63 lower-case letters, digits and hyphens at most."
  }
}

variable "service_account" {
  description = "The one service account that takes the role."
  type        = string

  validation {
    condition     = !strcontains(var.service_account, "*")
    error_message = "service_account must be one service account: a role for all of them would be nobody's."
  }
}

variable "policies" {
  description = "What it may do: policies as JSON, by name."
  type        = map(string)
  default     = {}
}

variable "managed_policies" {
  description = "AWS's own policies of what it may do, as ARNs."
  type        = set(string)
  default     = []
}
