variable "name" {
  description = "What names begin with; buckets add the account to it, since their names are unique in the world."
  type        = string
}

variable "account_id" {
  description = "The account."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id must be 12 digits."
  }
}

variable "lock" {
  description = "The lock of audit checkpoints, papers and backups: COMPLIANCE, which nobody can take away, for so many years; or GOVERNANCE for so many days."
  type = object({
    mode  = string
    years = optional(number)
    days  = optional(number)
  })

  validation {
    condition     = contains(["COMPLIANCE", "GOVERNANCE"], var.lock.mode)
    error_message = "lock.mode must be COMPLIANCE or GOVERNANCE."
  }

  validation {
    condition     = (var.lock.years == null) != (var.lock.days == null)
    error_message = "lock must have years or days, and not both, as S3 has it."
  }
}

variable "destroyable" {
  description = "Whether Terraform may delete buckets that hold something. Locked objects keep theirs all the same."
  type        = bool
}

variable "issuer" {
  description = "The cluster's issuer of tokens, without https://."
  type        = string
}

variable "issuer_arn" {
  description = "The same as IAM knows it."
  type        = string
}

variable "namespace" {
  description = "The namespace of the fleet."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "namespace must be a name of Kubernetes: 63 lower-case letters, digits and hyphens at most."
  }
}

variable "worker_service_account" {
  description = "The workers' service account: they write checkpoints."
  type        = string
}

variable "facade_service_account" {
  description = "The facades' service account: they keep papers."
  type        = string
}

variable "jobs_service_account" {
  description = "The service account of the release's jobs, and of what operators run as they are run: they read checkpoints."
  type        = string
}

variable "backup_service_account" {
  description = "The service account of the jobs that write `vextrus ledger backup` into the bucket of backups."
  type        = string
  default     = "vextrus-backup"
}

variable "auditors" {
  description = "Who may read checkpoints to verify the trail, without anything of the fleet: ARNs of roles."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.auditors : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:(role|root)", arn))])
    error_message = "auditors must be ARNs of roles or accounts."
  }
}
