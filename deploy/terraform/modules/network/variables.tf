variable "name" {
  description = "What names begin with."
  type        = string
}

variable "region" {
  description = "The region."
  type        = string
}

variable "cidr" {
  description = "The block of the network."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.cidr))
    error_message = "cidr must be an IPv4 block."
  }
}

variable "public_cidrs" {
  description = "The blocks of load balancers and NAT gateways, one a zone."
  type        = list(string)

  validation {
    condition     = length(var.public_cidrs) >= 2
    error_message = "public_cidrs must have a block for two zones at least."
  }
}

variable "private_cidrs" {
  description = "The blocks of nodes and pods, one a zone."
  type        = list(string)

  validation {
    condition     = length(var.private_cidrs) >= 2
    error_message = "private_cidrs must have a block for two zones at least."
  }
}

variable "database_cidrs" {
  description = "The blocks of databases, one a zone."
  type        = list(string)

  validation {
    condition     = length(var.database_cidrs) >= 2
    error_message = "database_cidrs must have a block for two zones at least."
  }
}

variable "endpoint_cidrs" {
  description = "The blocks of the endpoints of AWS's services, one a zone."
  type        = list(string)

  validation {
    condition     = length(var.endpoint_cidrs) >= 2
    error_message = "endpoint_cidrs must have a block for two zones at least."
  }
}

variable "nat_in_each_zone" {
  description = "Whether each zone has a way out of its own, so that the loss of one zone leaves the others theirs."
  type        = bool
}

variable "endpoints" {
  description = "AWS services that are spoken to without leaving the network, besides S3."
  type        = set(string)
  default     = ["ecr.api", "ecr.dkr", "logs", "secretsmanager", "sts"]
}

variable "flow_logs" {
  description = "Whether it is logged who speaks to whom."
  type        = bool
}

variable "log_days" {
  description = "For how many days that is kept."
  type        = number
}
