variable "name" {
  description = "What names begin with."
  type        = string

  # A load balancer's name has 32 characters at most.
  validation {
    condition     = length(var.name) <= 28
    error_message = "name must have 28 characters at most."
  }
}

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "subnet_ids" {
  description = "Where the load balancer stands: public subnets, or private ones where `internal` is set."
  type        = list(string)
}

variable "internal" {
  description = "Whether it answers within the network alone, for callers over VPN, peering or the cluster."
  type        = bool
}

variable "callers_cidrs" {
  description = "From where it may be called."
  type        = list(string)

  validation {
    condition     = length(var.callers_cidrs) > 0 && alltrue([for cidr in var.callers_cidrs : can(cidrnetmask(cidr))])
    error_message = "callers_cidrs must be IPv4 blocks; 0.0.0.0/0 is everybody."
  }
}

variable "zone_name" {
  description = "The public DNS zone of Route 53."
  type        = string
}

variable "host" {
  description = "The name that callers use, within that zone."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.host))
    error_message = "host must be a DNS name in lower case."
  }
}

variable "tls_ends" {
  description = "Where TLS of the callers ends: `ingress` (the load balancer passes it on, cert-manager has the certificate) or `load_balancer` (with a certificate of ACM; from there on it is a second TLS to the ingress)."
  type        = string
  default     = "ingress"

  validation {
    condition     = contains(["ingress", "load_balancer"], var.tls_ends)
    error_message = "tls_ends must be ingress or load_balancer."
  }
}

variable "autoscaling_group_name" {
  description = "The group of the nodes."
  type        = string
}

variable "node_security_group_id" {
  description = "The security group of the nodes."
  type        = string
}

variable "node_port" {
  description = "The node port of the ingress controller's HTTPS: give its Service the same."
  type        = number
  default     = 30443

  validation {
    condition     = var.node_port >= 30000 && var.node_port <= 32767
    error_message = "node_port must be 30000 to 32767, Kubernetes's range."
  }
}

variable "certificate_authorities" {
  description = "Who may issue certificates for the host (CAA)."
  type        = list(string)
  default     = ["letsencrypt.org", "amazon.com"]

  validation {
    condition     = length(var.certificate_authorities) > 0
    error_message = "certificate_authorities must name one at least, or nobody could issue a certificate."
  }
}

variable "deletion_protection" {
  description = "Whether the load balancer can only be deleted after this has been taken back."
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
