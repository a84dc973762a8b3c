variable "documents_per_second" {
  description = "Documents that begin in the busiest second: invoices, orders and employees' processes together."
  type        = number

  validation {
    condition     = var.documents_per_second > 0 && var.documents_per_second <= 500
    error_message = "documents_per_second must be above 0 and at most 500; beyond that measure first, with the load kit of docs/performance.md."
  }
}

variable "documents_per_year" {
  description = "Documents of a whole year."
  type        = number

  validation {
    condition     = var.documents_per_year >= 1 && var.documents_per_year <= 500 * 365 * 86400 && floor(var.documents_per_year) == var.documents_per_year
    error_message = "documents_per_year must be a whole number from 1 on."
  }
}

variable "utilisation" {
  description = "How much of what was measured is counted on: the rest is for peaks, for a zone that fails and for what was measured too well."
  type        = number
  default     = 0.6

  validation {
    condition     = var.utilisation >= 0.1 && var.utilisation <= 0.9
    error_message = "utilisation must be 0.1 to 0.9."
  }
}

# What follows is measured: docs/performance.md says how, and figures count only for the machines that they were measured on. The
# defaults are a third of what its model has, rounded down, and `utilisation` is taken of that: an unmeasured fleet is too large rather
# than too small. Null is the default, so that whoever calls this need not know it.

variable "worker_documents_per_second" {
  description = "Documents a second that one worker within its CPU request carries. Measure it: `vextrus-benches load`, documents per second and CPU of the worker."
  type        = number
  default     = 12
  nullable    = false

  validation {
    condition     = var.worker_documents_per_second > 0
    error_message = "worker_documents_per_second must be above 0."
  }
}

variable "facade_requests_per_second" {
  description = "Calls a second that one facade within its CPU request answers in time. Measure it: `vextrus-benches load`, CPU of the facade; `make k6`, whether they are in time."
  type        = number
  default     = 69
  nullable    = false

  validation {
    condition     = var.facade_requests_per_second > 0
    error_message = "facade_requests_per_second must be above 0."
  }
}

variable "requests_per_document" {
  description = "Calls of the facade that a document brings about: its submission, its decisions, and what people look at before."
  type        = number
  default     = 10

  validation {
    condition     = var.requests_per_document >= 1
    error_message = "requests_per_document must be 1 or more: a document is submitted."
  }
}

variable "database_documents_per_second_and_vcpu" {
  description = "Documents a second that one vCPU of the ledger's database carries. Measure it: `vextrus-benches load --ledger postgres`, CPU of the database."
  type        = number
  default     = 12
  nullable    = false

  validation {
    condition     = var.database_documents_per_second_and_vcpu > 0
    error_message = "database_documents_per_second_and_vcpu must be above 0."
  }
}

variable "temporal_documents_per_second_and_vcpu" {
  description = "Documents a second that one vCPU of Temporal's server carries. Measure it on yours: what docs/performance.md has is of a development server, without a database."
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition     = var.temporal_documents_per_second_and_vcpu > 0
    error_message = "temporal_documents_per_second_and_vcpu must be above 0."
  }
}

variable "ledger_kib_per_document" {
  description = "What a document takes in the ledger, with its indexes, its trail and its events, in KiB. A ledger with 4,117 documents and 3,508 employees' processes took 188 MB, which is 24 KiB each."
  type        = number
  default     = 48
  nullable    = false

  validation {
    condition     = var.ledger_kib_per_document > 0
    error_message = "ledger_kib_per_document must be above 0."
  }
}

variable "least" {
  description = "How many of each there are at least, whatever the load."
  type        = object({ workers = number, facades = number, nodes = number })

  validation {
    condition     = alltrue([for count in values(var.least) : count >= 1 && floor(count) == count])
    error_message = "least must be whole numbers from 1 on."
  }
}

variable "kept_years" {
  description = "For how many years the ledger's rows stay: the program deletes none."
  type        = number

  validation {
    condition     = var.kept_years >= 1
    error_message = "kept_years must be 1 or more."
  }
}

variable "connections" {
  description = "Connections that each process opens at most (ledger.connections); 14 is the program's default."
  type        = number
  default     = 14

  validation {
    condition     = var.connections >= 2 && var.connections <= 500 && floor(var.connections) == var.connections
    error_message = "connections must be a whole number from 2 to 500, which are the program's limits."
  }
}

variable "jobs" {
  description = "Jobs that are at the database at once beside the fleet: one of a release, the backup, and what an operator runs."
  type        = number
  default     = 3

  validation {
    condition     = var.jobs >= 1 && floor(var.jobs) == var.jobs
    error_message = "jobs must be a whole number from 1 on: every release runs one."
  }
}

variable "pod" {
  description = "What a pod asks for (resources.requests of the chart in production), in thousandths of a CPU and MiB."
  type = object({
    worker = object({ millicores = number, mebibytes = number })
    facade = object({ millicores = number, mebibytes = number })
  })
  default = {
    worker = { millicores = 500, mebibytes = 256 }
    facade = { millicores = 250, mebibytes = 256 }
  }

  validation {
    condition     = alltrue([for pod in values(var.pod) : pod.millicores > 0 && pod.mebibytes > 0])
    error_message = "pod must ask for something."
  }
}

variable "temporal_is_here" {
  description = "Whether Temporal's server runs in this cluster."
  type        = bool
  default     = true
}

variable "temporal" {
  description = "What the pods of Temporal's server ask for, all together, where nothing is to be done (deploy/helm/examples/temporal-server.yaml)."
  type        = object({ millicores = number, mebibytes = number })
  default     = { millicores = 3750, mebibytes = 7680 }

  validation {
    condition     = var.temporal.millicores >= 0 && var.temporal.mebibytes >= 0
    error_message = "temporal must not be negative."
  }
}

variable "others" {
  description = "What everything else in the cluster asks for, all together: collector, Prometheus, ingress, DNS."
  type        = object({ millicores = number, mebibytes = number })
  default     = { millicores = 1500, mebibytes = 4096 }

  validation {
    condition     = var.others.millicores >= 0 && var.others.mebibytes >= 0
    error_message = "others must not be negative."
  }
}

variable "node" {
  description = "What one node has."
  type        = object({ vcpus = number, gibibytes = number })
  default     = { vcpus = 2, gibibytes = 8 }

  validation {
    condition     = var.node.vcpus >= 2 && var.node.gibibytes >= 4
    error_message = "node must have 2 vCPUs and 4 GiB at least: less holds little but the system's own pods."
  }
}
