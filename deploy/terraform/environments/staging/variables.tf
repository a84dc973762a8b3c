variable "account_id" {
  description = "The account. Another one's credentials are refused."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id must be 12 digits."
  }
}

variable "region" {
  description = "The region. There is none in Bangladesh: docs/backup.md says what that means for the books."
  type        = string
}

variable "domain" {
  description = "The public DNS zone of Route 53 that the service is published in. It must be there."
  type        = string
}

variable "base_cidr" {
  description = "The block that the networks of all environments are cut from: the same in each."
  type        = string
  default     = "10.64.0.0/12"
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

variable "callers_cidrs" {
  description = "From where the service may be called; 0.0.0.0/0 is everybody."
  type        = list(string)
}

variable "documents_per_second" {
  description = "Documents that begin in the busiest second."
  type        = number
  default     = 2
}

variable "documents_per_year" {
  description = "Documents of a whole year."
  type        = number
  default     = 500000
}

variable "temporal" {
  description = "Where Temporal runs: self-hosted, or cloud."
  type        = string
  default     = "self-hosted"
}

variable "tags" {
  description = "Further tags of everything, such as a cost centre."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setintersection([for key in keys(var.tags) : lower(key)], ["application", "environment", "managed-by"])) == 0
    error_message = "tags must not hold application, environment or managed-by: these are set here."
  }
}

variable "alarm_topic_arn" {
  description = "The topic of SNS that alarms of databases go to; empty: nowhere."
  type        = string
  default     = ""

  validation {
    condition     = var.alarm_topic_arn == "" || can(regex("^arn:[a-z-]+:sns:", var.alarm_topic_arn))
    error_message = "alarm_topic_arn must be the ARN of a topic of SNS, or empty."
  }
}
