variable "name" {
  description = "What the role's name begins with."
  type        = string

  validation {
    condition     = length(var.name) <= 55
    error_message = "name must have 55 characters at most: IAM takes 64 with what follows."
  }
}

variable "repository" {
  description = "The repository as GitHub's tokens name it: OWNER/REPOSITORY, or OWNER@ID/REPOSITORY@ID for one that was made or renamed since July 2026."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+(@[0-9]+)?/[A-Za-z0-9._-]+(@[0-9]+)?$", var.repository))
    error_message = "repository must be one repository, such as vextrus/workflows or vextrus@123/workflows@456: a role for all of them would be anybody's."
  }
}

variable "environment" {
  description = "The repository's environment, whose rules say who approves and from which branches and tags."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+$", var.environment))
    error_message = "environment must be the name of one environment, such as production."
  }
}

variable "cluster_arn" {
  description = "The one cluster that it enters."
  type        = string
}

variable "issuer_arn" {
  description = "GitHub's issuer of tokens as IAM knows it, where the account has it already; empty: it is made here."
  type        = string
  default     = ""

  validation {
    condition     = var.issuer_arn == "" || can(regex("^arn:[a-z-]+:iam::[0-9]{12}:oidc-provider/token\\.actions\\.githubusercontent\\.com$", var.issuer_arn))
    error_message = "issuer_arn must be the ARN of the provider token.actions.githubusercontent.com, or empty."
  }
}
