# What differs between the environments, in one place. Staging is production with less of it, so that what holds there holds here.

locals {
  profiles = {
    development = {
      zones               = 2
      nat_in_each_zone    = false
      multi_az            = false
      replicas            = 0
      deletion_protection = false
      binding_lock        = false
      backup_days         = 7
      log_days            = 30
      flow_logs           = false
      public_endpoint     = true
      least               = { workers = 1, facades = 1, nodes = 2 }
      slow_statement_ms   = 200
    }
    staging = {
      zones               = 2
      nat_in_each_zone    = false
      multi_az            = true
      replicas            = 0
      deletion_protection = true
      binding_lock        = false
      backup_days         = 7
      log_days            = 90
      flow_logs           = true
      public_endpoint     = false
      least               = { workers = 2, facades = 2, nodes = 2 }
      slow_statement_ms   = 500
    }
    production = {
      zones               = 3
      nat_in_each_zone    = true
      multi_az            = true
      replicas            = 1
      deletion_protection = true
      binding_lock        = true
      backup_days         = 35
      log_days            = 400
      flow_logs           = true
      public_endpoint     = false
      least               = { workers = 2, facades = 3, nodes = 3 }
      slow_statement_ms   = 500
    }
  }
}
