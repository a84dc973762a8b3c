variable "name" {
  description = "What every name begins with: the company or the product."
  type        = string
  default     = "vextrus"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,14}[a-z0-9]$", var.name)) && !strcontains(var.name, "--")
    error_message = "name must be 3 to 16 lower-case letters, digits and single hyphens, begin with a letter and not end with a hyphen: buckets and load balancers take no longer one."
  }
}

variable "environment" {
  description = "Which environment this is."
  type        = string

  validation {
    condition     = contains(["development", "staging", "production"], var.environment)
    error_message = "environment must be development, staging or production."
  }
}

variable "zones" {
  description = "How many availability zones are used."
  type        = number
  default     = 3

  validation {
    condition     = contains([2, 3], var.zones)
    error_message = "zones must be 2 or 3: a database and a cluster need two, and nothing here gains by a fourth."
  }
}

variable "base_cidr" {
  description = "The block that the networks of all environments are cut from. It must be the same for all of them."
  type        = string
  default     = "10.64.0.0/12"

  validation {
    condition     = can(cidrnetmask(var.base_cidr)) && try(tonumber(split("/", var.base_cidr)[1]) <= 14, false)
    error_message = "base_cidr must be an IPv4 block of /14 or larger, such as 10.64.0.0/12: each environment takes a /16 of it."
  }

  validation {
    condition     = try(cidrsubnet(var.base_cidr, 0, 0) == var.base_cidr, false)
    error_message = "base_cidr must be written with its first address, such as 10.64.0.0/12 and not 10.65.0.0/12."
  }

  validation {
    condition     = startswith(var.base_cidr, "10.") || try(cidrsubnet("${cidrhost(var.base_cidr, 0)}/12", 0, 0) == "172.16.0.0/12", false)
    error_message = "base_cidr must be of the private ranges 10.0.0.0/8 or 172.16.0.0/12."
  }
}

variable "domain" {
  description = "The DNS zone that the service is published in."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.domain))
    error_message = "domain must be a DNS name in lower case and without a final full stop, such as example.com."
  }
}
