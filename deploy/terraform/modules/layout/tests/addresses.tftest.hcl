# The networks of all environments, and the subnets within each, never overlap.

variables {
  domain = "example.com"
}

run "development" {
  command = plan
  variables {
    environment = "development"
  }

  assert {
    condition     = output.cidr == "10.64.0.0/16"
    error_message = "development has ${output.cidr}"
  }
}

run "staging" {
  command = plan
  variables {
    environment = "staging"
  }

  assert {
    condition     = output.cidr == "10.65.0.0/16"
    error_message = "staging has ${output.cidr}"
  }
}

run "production" {
  command = plan
  variables {
    environment = "production"
  }

  assert {
    condition     = length(distinct([run.development.cidr, run.staging.cidr, output.cidr])) == 3
    error_message = "two environments share a network"
  }

  assert {
    condition     = output.private_cidrs == ["10.66.0.0/19", "10.66.32.0/19", "10.66.64.0/19"]
    error_message = "nodes are in ${join(", ", output.private_cidrs)}"
  }

  assert {
    condition     = output.database_cidrs == ["10.66.96.0/24", "10.66.97.0/24", "10.66.98.0/24"]
    error_message = "databases are in ${join(", ", output.database_cidrs)}"
  }

  assert {
    condition     = output.public_cidrs == ["10.66.100.0/24", "10.66.101.0/24", "10.66.102.0/24"]
    error_message = "load balancers are in ${join(", ", output.public_cidrs)}"
  }

  assert {
    condition     = output.endpoint_cidrs == ["10.66.104.0/24", "10.66.105.0/24", "10.66.106.0/24"]
    error_message = "endpoints are in ${join(", ", output.endpoint_cidrs)}"
  }
}

run "subnets_lie_within_and_apart" {
  command = plan
  variables {
    environment = "staging"
    base_cidr   = "172.16.0.0/14"
    zones       = 2
  }

  assert {
    condition = alltrue([
      for subnet in concat(output.private_cidrs, output.database_cidrs, output.public_cidrs, output.endpoint_cidrs) :
      cidrsubnet("${cidrhost(subnet, 0)}/16", 0, 0) == output.cidr
    ])
    error_message = "a subnet is outside of ${output.cidr}"
  }

  # The smaller ones are of one size, so it is enough that they differ from each other and lie in none of the larger.
  assert {
    condition = length(distinct(concat(output.database_cidrs, output.public_cidrs, output.endpoint_cidrs))) == 6 && alltrue([
      for subnet in concat(output.database_cidrs, output.public_cidrs, output.endpoint_cidrs) :
      !contains(output.private_cidrs, cidrsubnet("${cidrhost(subnet, 0)}/19", 0, 0))
    ])
    error_message = "two subnets overlap"
  }

  assert {
    condition     = length(output.private_cidrs) == 2 && length(output.public_cidrs) == 2
    error_message = "there must be one subnet a zone"
  }
}
