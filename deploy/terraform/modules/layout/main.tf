# Names and addresses, from nothing but what is asked for: so that they can be tested without an account.

locals {
  # Each environment has its place, so that networks never overlap and can be peered later.
  place = { development = 0, staging = 1, production = 2 }[var.environment]

  name = "${var.name}-${var.environment}"
  cidr = cidrsubnet(var.base_cidr, 16 - tonumber(split("/", var.base_cidr)[1]), local.place)

  # Every pod has an address of its own, so the subnets of the nodes are large: a /19 each, in the first three eighths. Above them,
  # a /24 each for databases, for load balancers and for endpoints of AWS's services; the upper half stays free.
  private  = [for zone in range(var.zones) : cidrsubnet(local.cidr, 3, zone)]
  database = [for zone in range(var.zones) : cidrsubnet(local.cidr, 8, 96 + zone)]
  public   = [for zone in range(var.zones) : cidrsubnet(local.cidr, 8, 100 + zone)]
  endpoint = [for zone in range(var.zones) : cidrsubnet(local.cidr, 8, 104 + zone)]
}
