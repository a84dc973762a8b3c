variable "name" {
  description = "The instance's name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,61}[a-z0-9]$", var.name)) && !strcontains(var.name, "--")
    error_message = "name must be 3 to 63 lower-case letters, digits and single hyphens, as RDS has it."
  }
}

variable "region" {
  description = "The region."
  type        = string
}

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "subnet_ids" {
  description = "Where it stands: subnets of two zones at least."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids must be of two zones at least."
  }
}

variable "client_security_group_id" {
  description = "Who may speak to it: the security group of the nodes."
  type        = string
}

variable "engine_version" {
  description = "The major version of PostgreSQL. Its minor versions come by themselves, in the maintenance window."
  type        = string
  default     = "17"

  validation {
    condition     = contains(["15", "16", "17", "18"], var.engine_version)
    error_message = "engine_version must be 15, 16, 17 or 18."
  }
}

variable "instance_class" {
  description = "The class of instance."
  type        = string

  validation {
    condition     = startswith(var.instance_class, "db.")
    error_message = "instance_class must be a class of RDS, such as db.m7g.large."
  }
}

variable "storage_gib" {
  description = "The storage that it begins with, in GiB."
  type        = number

  validation {
    condition     = var.storage_gib >= 20 && var.storage_gib <= 65536
    error_message = "storage_gib must be 20 to 65536."
  }
}

variable "most_storage_gib" {
  description = "What it may grow to by itself, in GiB."
  type        = number

  # RDS takes a limit only from a tenth above the storage on.
  validation {
    condition     = var.most_storage_gib >= var.storage_gib * 1.1
    error_message = "most_storage_gib must be a tenth above storage_gib at least."
  }
}

variable "max_connections" {
  description = "How many connections it takes."
  type        = number

  validation {
    condition     = var.max_connections >= 50 && var.max_connections <= 5000
    error_message = "max_connections must be 50 to 5000."
  }
}

variable "multi_az" {
  description = "Whether a standby in another zone takes over by itself."
  type        = bool
}

variable "replicas" {
  description = "Replicas for lists and reports (ledger.replica_address)."
  type        = number
  default     = 0

  validation {
    condition     = var.replicas >= 0 && var.replicas <= 5
    error_message = "replicas must be 0 to 5."
  }
}

variable "deletion_protection" {
  description = "Whether it can only be deleted after this has been taken back, and leaves a last snapshot."
  type        = bool
}

variable "backup_days" {
  description = "For how many days it can be taken back to any moment."
  type        = number

  validation {
    condition     = var.backup_days >= 7 && var.backup_days <= 35
    error_message = "backup_days must be 7 to 35."
  }
}

variable "backup_schedules" {
  description = "When further backups are made into a vault of their own; none where it is empty."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for schedule in var.backup_schedules : startswith(schedule, "cron(")])
    error_message = "backup_schedules must be schedules of AWS Backup, such as cron(0 18 * * ? *)."
  }
}

variable "binding_lock" {
  description = "Whether backups in the vault can be deleted by nobody before their time."
  type        = bool
}

variable "slow_statement_ms" {
  description = "A statement that takes longer is logged, in milliseconds."
  type        = number
  default     = 500

  validation {
    condition     = var.slow_statement_ms >= 0
    error_message = "slow_statement_ms must be 0 (every statement) or more."
  }
}

variable "log_days" {
  description = "For how many days its log is kept."
  type        = number
}

variable "alarm_topic_arn" {
  description = "Where alarms go: a topic of SNS. Empty: nowhere."
  type        = string
  default     = ""
}
