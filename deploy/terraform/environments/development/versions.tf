terraform {
  required_version = ">= 1.11.0, < 2.0.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "6.25.0"
    }
  }

  # Which bucket is said at init: terraform init -backend-config=backend.hcl (see backend.hcl.example).
  backend "s3" {}
}

provider "aws" {
  region = var.region
  # A plan with another account's credentials ends here.
  allowed_account_ids = [var.account_id]

  default_tags {
    tags = merge(var.tags, {
      application = "vextrus-workflows"
      environment = "development"
      managed-by  = "terraform"
    })
  }
}
