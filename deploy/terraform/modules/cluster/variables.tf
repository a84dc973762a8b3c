variable "name" {
  description = "The cluster's name."
  type        = string
}

variable "region" {
  description = "The region."
  type        = string
}

variable "subnet_ids" {
  description = "Where nodes and pods are, one a zone."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids must be of two zones at least."
  }
}

variable "kubernetes_version" {
  description = "The minor version. The chart needs 1.30 or later; EKS supports each for 14 months."
  type        = string
  default     = "1.35"

  validation {
    condition     = can(regex("^1\\.[0-9]{2}$", var.kubernetes_version)) && try(tonumber(split(".", var.kubernetes_version)[1]) >= 30, false)
    error_message = "kubernetes_version must be 1.30 or later, such as 1.35: the chart's stop hook does not work on earlier ones."
  }
}

variable "public_endpoint" {
  description = "Whether the API of Kubernetes answers outside of the network too."
  type        = bool
}

variable "operators_cidrs" {
  description = "From where it may be spoken to then."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for cidr in var.operators_cidrs : can(cidrnetmask(cidr)) && !endswith(cidr, "/0")])
    error_message = "operators_cidrs must be IPv4 blocks, and never everybody (0.0.0.0/0)."
  }
}

variable "administrators" {
  description = "Who administers the cluster: ARNs of roles, by a name."
  type        = map(string)

  validation {
    condition     = length(var.administrators) > 0 && alltrue([for arn in values(var.administrators) : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/", arn))])
    error_message = "administrators must hold the ARN of a role at least: whoever makes the cluster gets no rights of their own in it."
  }
}

variable "deployers" {
  description = "Who deploys: ARNs of roles, by a name, such as that of the pipeline."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for arn in values(var.deployers) : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/", arn))])
    error_message = "deployers must be ARNs of roles."
  }
}

variable "instance_types" {
  description = "Types of node, of one size: another is taken where the first cannot be had."
  type        = list(string)
  default     = ["m7i.large", "m7a.large"]

  validation {
    condition     = length(var.instance_types) > 0
    error_message = "instance_types must hold one at least."
  }
}

variable "nodes" {
  description = "How many nodes there are, and may be."
  type        = object({ least = number, most = number })

  validation {
    condition     = var.nodes.least >= 1 && var.nodes.most >= var.nodes.least
    error_message = "nodes.least must be 1 or more, and nodes.most no less than it."
  }
}

variable "log_days" {
  description = "For how many days the control plane's logs are kept, who did what among them."
  type        = number
}
