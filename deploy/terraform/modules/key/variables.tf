variable "name" {
  description = "The key's alias, without `alias/`."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z0-9/_-]{1,200}$", var.name))
    error_message = "name must be letters, digits, `/`, `_` and `-`."
  }
}

variable "description" {
  description = "What the key encrypts."
  type        = string
}

variable "logs_region" {
  description = "The region whose CloudWatch Logs use the key by themselves; empty: none. All others come as a role whose own policy allows it."
  type        = string
  default     = ""
}

variable "readers" {
  description = "Who else may decrypt with it, also from another account: ARNs of roles or accounts."
  type        = list(string)
  default     = []
}
