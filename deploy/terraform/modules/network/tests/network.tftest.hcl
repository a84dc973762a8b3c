mock_provider "aws" {
  source = "../../mocks"
}

variables {
  name             = "vextrus-production"
  region           = "ap-south-1"
  cidr             = "10.66.0.0/16"
  private_cidrs    = ["10.66.0.0/19", "10.66.32.0/19", "10.66.64.0/19"]
  database_cidrs   = ["10.66.96.0/24", "10.66.97.0/24", "10.66.98.0/24"]
  public_cidrs     = ["10.66.100.0/24", "10.66.101.0/24", "10.66.102.0/24"]
  endpoint_cidrs   = ["10.66.104.0/24", "10.66.105.0/24", "10.66.106.0/24"]
  nat_in_each_zone = true
  flow_logs        = true
  log_days         = 400
}

run "each_zone_has_its_own_way_out" {
  assert {
    condition     = length(aws_nat_gateway.this) == 3 && length(output.egress_addresses) == 3
    error_message = "a zone's loss would take the way out of another"
  }

  assert {
    condition     = alltrue([for zone, route in aws_route.nat : route.nat_gateway_id == aws_nat_gateway.this[zone].id])
    error_message = "a zone leaves through another"
  }

  assert {
    condition     = alltrue([for subnet in aws_subnet.public : !subnet.map_public_ip_on_launch])
    error_message = "what is started in a public subnet would get a public address"
  }

  assert {
    condition     = length(aws_flow_log.this) == 1 && aws_flow_log.this[0].traffic_type == "ALL"
    error_message = "it is not logged who speaks to whom"
  }
}

run "databases_have_no_way_out" {
  assert {
    condition = alltrue([
      for association in aws_route_table_association.database : association.route_table_id == aws_route_table.database.id
    ]) && length(aws_route_table_association.database) == 3
    error_message = "a database's subnet has another table of routes"
  }

  assert {
    condition = !contains(
      concat([aws_route.internet.route_table_id], [for route in aws_route.nat : route.route_table_id]),
      aws_route_table.database.id,
    )
    error_message = "databases have a route out"
  }
}

run "endpoints_stand_apart_from_pods" {
  assert {
    condition = alltrue([
      for endpoint in aws_vpc_endpoint.interface : toset(endpoint.subnet_ids) == toset([for subnet in aws_subnet.endpoint : subnet.id])
    ]) && alltrue([for association in aws_route_table_association.endpoint : association.route_table_id == aws_route_table.database.id])
    error_message = "an endpoint is among the pods, or has a way out"
  }
}

run "one_way_out_is_enough_elsewhere" {
  variables {
    nat_in_each_zone = false
    flow_logs        = false
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 1 && length(distinct([for route in aws_route.nat : route.nat_gateway_id])) == 1
    error_message = "there must be one way out for all"
  }

  assert {
    condition     = length(aws_flow_log.this) == 0
    error_message = "flows are logged though nobody asked for it"
  }
}

run "one_zone_is_refused" {
  command = plan
  variables {
    database_cidrs = ["10.66.96.0/24"]
  }
  expect_failures = [var.database_cidrs]
}
