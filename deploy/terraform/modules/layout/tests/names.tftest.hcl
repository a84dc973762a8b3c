# Names fit where they are used, and what cannot be a name is refused with its reason.

variables {
  domain      = "example.com"
  environment = "development"
}

run "the_longest_name_fits" {
  command = plan
  variables {
    name = "a-longest-name-1"
  }

  # A bucket's name has 63 characters at most: this one, an account of 12 digits and what the bucket is for.
  assert {
    condition     = length("${output.name}-123456789012-attachments") <= 63
    error_message = "a bucket of ${output.name} would have too long a name"
  }

  # A load balancer's has 32.
  assert {
    condition     = length("${output.name}-web") <= 32
    error_message = "a load balancer of ${output.name} would have too long a name"
  }
}

run "production_has_the_short_host" {
  command = plan
  variables {
    environment = "production"
  }

  assert {
    condition     = output.host == "workflows.example.com"
    error_message = "production is at ${output.host}"
  }
}

run "others_say_what_they_are" {
  command = plan

  assert {
    condition     = output.host == "workflows.development.example.com"
    error_message = "development is at ${output.host}"
  }
}

run "an_unknown_environment_is_refused" {
  command = plan
  variables {
    environment = "prod"
  }
  # Nothing can be computed for it either.
  expect_failures = [var.environment]
}

run "a_long_name_is_refused" {
  command = plan
  variables {
    name = "a-name-of-too-many-letters"
  }
  expect_failures = [var.name]
}

run "capitals_are_refused" {
  command = plan
  variables {
    name = "Vextrus"
  }
  expect_failures = [var.name]
}

run "one_zone_is_refused" {
  command = plan
  variables {
    zones = 1
  }
  expect_failures = [var.zones]
}

run "a_small_block_is_refused" {
  command = plan
  variables {
    base_cidr = "10.0.0.0/16"
  }
  expect_failures = [var.base_cidr]
}

run "a_block_that_begins_elsewhere_is_refused" {
  command = plan
  variables {
    base_cidr = "10.65.0.0/12"
  }
  expect_failures = [var.base_cidr]
}

run "a_public_block_is_refused" {
  command = plan
  variables {
    base_cidr = "100.0.0.0/12"
  }
  expect_failures = [var.base_cidr]
}

run "a_url_is_no_domain" {
  command = plan
  variables {
    domain = "https://example.com"
  }
  expect_failures = [var.domain]
}
