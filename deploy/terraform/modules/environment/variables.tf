variable "environment" {
  description = "Which environment this is: development, staging or production."
  type        = string
}

variable "name" {
  description = "What every name begins with."
  type        = string
  default     = "vextrus"
}

variable "region" {
  description = "The region. There is none in Bangladesh: docs/backup.md says what that means for the books."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be a region of AWS, such as ap-south-1."
  }
}

variable "account_id" {
  description = "The account. Another one's credentials are refused."
  type        = string
}

variable "base_cidr" {
  description = "The block that the networks of all environments are cut from."
  type        = string
  default     = "10.64.0.0/12"
}

variable "domain" {
  description = "The public DNS zone of Route 53 that the service is published in. It must be there."
  type        = string
}

variable "documents_per_second" {
  description = "Documents that begin in the busiest second."
  type        = number
}

variable "documents_per_year" {
  description = "Documents of a whole year."
  type        = number
}

variable "measured" {
  description = "What was measured of the fleet (docs/performance.md), in place of the cautious defaults of modules/sizing."
  type = object({
    worker_documents_per_second            = optional(number)
    facade_requests_per_second             = optional(number)
    database_documents_per_second_and_vcpu = optional(number)
    temporal_documents_per_second_and_vcpu = optional(number)
    ledger_kib_per_document                = optional(number)
  })
  default = {}
}

variable "temporal" {
  description = "Where Temporal runs: `self-hosted`, in this cluster with a database of its own, or `cloud`."
  type        = string

  validation {
    condition     = contains(["self-hosted", "cloud"], var.temporal)
    error_message = "temporal must be self-hosted or cloud."
  }
}

variable "administrators" {
  description = "Who administers the cluster: ARNs of roles, by a name."
  type        = map(string)
}

variable "deployers" {
  description = "Who else deploys into the fleet's namespace: ARNs of roles, by a name."
  type        = map(string)
  default     = {}
}

variable "github" {
  description = "The repository on GitHub whose pipeline deploys here, as modules/deployer takes it, and GitHub's issuer of tokens where the account has it already; null: none."
  type        = object({ repository = string, issuer_arn = optional(string, "") })
  default     = null
}

variable "operators_cidrs" {
  description = "From where the cluster's API may be spoken to, where it answers outside of the network."
  type        = list(string)
  default     = []
}

variable "internal" {
  description = "Whether callers come from within the network alone."
  type        = bool
  default     = false
}

variable "callers_cidrs" {
  description = "From where the service may be called."
  type        = list(string)
}

variable "tls_ends" {
  description = "Where callers' TLS ends: ingress or load_balancer."
  type        = string
  default     = "ingress"
}

variable "auditors" {
  description = "Who may read checkpoints and nothing else: ARNs of roles or accounts."
  type        = list(string)
  default     = []
}

variable "alarm_topic_arn" {
  description = "The topic of SNS that alarms of databases go to."
  type        = string
  default     = ""

  validation {
    condition     = var.alarm_topic_arn == "" || can(regex("^arn:[a-z-]+:sns:", var.alarm_topic_arn))
    error_message = "alarm_topic_arn must be the ARN of a topic of SNS, or empty."
  }
}

variable "kept_years" {
  description = "For how many years records are kept."
  type        = number
  default     = 12
}

variable "namespace" {
  description = "The namespace of the fleet."
  type        = string
  default     = "vextrus"

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "namespace must be a name of Kubernetes: 63 lower-case letters, digits and hyphens at most."
  }
}
