# One PostgreSQL instance: forced TLS, encrypted, restorable to any moment of the latest weeks.

locals {
  replicas  = [for number in range(var.replicas) : "${var.name}-replica-${number + 1}"]
  instances = concat([var.name], local.replicas)
}

module "key" {
  source = "../key"

  name        = "${var.name}-database"
  description = "The database ${var.name}, its snapshots, its log and its administrator's password"
  logs_region = var.region
}

resource "aws_db_subnet_group" "this" {
  name        = var.name
  description = "Subnets without a way out"
  subnet_ids  = var.subnet_ids
}

resource "aws_security_group" "this" {
  name        = "${var.name}-database"
  description = "PostgreSQL of ${var.name}"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-database" }
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  security_group_id            = aws_security_group.this.id
  description                  = "Nodes of the cluster; which pods may is for its network policies to say"
  referenced_security_group_id = var.client_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_db_parameter_group" "this" {
  name        = "${var.name}-${var.engine_version}"
  family      = "postgres${var.engine_version}"
  description = "PostgreSQL of ${var.name}"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name         = "max_connections"
    value        = tostring(var.max_connections)
    apply_method = "pending-reboot"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = tostring(var.slow_statement_ms)
  }

  # Statements bring their values apart; amounts, names and bank accounts stay out of the log so.
  parameter {
    name  = "log_parameter_max_length"
    value = "0"
  }

  # An error's detail repeats the row that it is about.
  parameter {
    name  = "log_error_verbosity"
    value = "terse"
  }

  parameter {
    name  = "log_lock_waits"
    value = "1"
  }

  # The server would write `CREATE ROLE … PASSWORD '…'` into its log as it stands.
  parameter {
    name  = "log_statement"
    value = "none"
  }

  parameter {
    name  = "password_encryption"
    value = "scram-sha-256"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "this" {
  for_each = toset([for pair in setproduct(local.instances, ["postgresql", "upgrade"]) : join("/", pair)])

  # RDS writes under these very names, and would make the groups itself: unencrypted, and for ever.
  name              = "/aws/rds/instance/${each.value}"
  retention_in_days = var.log_days
  kms_key_id        = module.key.arn
}

resource "aws_db_instance" "this" {
  #checkov:skip=CKV_AWS_161:The programs read their password once, when they start; a token of IAM ends after 15 minutes, and connections that are opened later would fail
  identifier     = var.name
  engine         = "postgres"
  engine_version = var.engine_version
  instance_class = var.instance_class

  storage_type          = "gp3"
  allocated_storage     = var.storage_gib
  max_allocated_storage = var.most_storage_gib
  storage_encrypted     = true
  kms_key_id            = module.key.arn

  # The administrator's password is made, kept and rotated by RDS; it stands in no state file. The programs have roles of their own.
  username                      = "vextrus_admin"
  manage_master_user_password   = true
  master_user_secret_kms_key_id = module.key.arn

  port                   = 5432
  multi_az               = var.multi_az
  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [aws_security_group.this.id]
  publicly_accessible    = false
  parameter_group_name   = aws_db_parameter_group.this.name
  ca_cert_identifier     = "rds-ca-rsa2048-g1"

  iam_database_authentication_enabled = false

  # At night in Dhaka, which is six hours ahead of UTC, and far from the backups of the vault; changes at the weekend, which is Friday there.
  backup_retention_period  = var.backup_days
  backup_window            = "21:00-22:00"
  maintenance_window       = "fri:22:30-fri:23:30"
  copy_tags_to_snapshot    = true
  delete_automated_backups = false

  deletion_protection       = var.deletion_protection
  skip_final_snapshot       = !var.deletion_protection
  final_snapshot_identifier = "${var.name}-last"

  auto_minor_version_upgrade  = true
  allow_major_version_upgrade = false
  apply_immediately           = false

  enabled_cloudwatch_logs_exports       = ["postgresql", "upgrade"]
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.monitoring.arn
  database_insights_mode                = "standard"
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = module.key.arn
  performance_insights_retention_period = 7

  depends_on = [aws_cloudwatch_log_group.this]
}

# Behind by moments: lists and reports are read from it, and nothing that must see its own writes.
resource "aws_db_instance" "replica" {
  #checkov:skip=CKV_AWS_293:It holds nothing of its own, and can be made again at any time
  #checkov:skip=CKV_AWS_157:It holds nothing of its own, and the primary answers where it is away
  #checkov:skip=CKV_AWS_133:It holds nothing of its own; the primary is backed up
  count = var.replicas

  identifier          = local.replicas[count.index]
  replicate_source_db = aws_db_instance.this.identifier
  instance_class      = var.instance_class

  storage_type          = "gp3"
  max_allocated_storage = var.most_storage_gib
  storage_encrypted     = true

  multi_az               = false
  vpc_security_group_ids = [aws_security_group.this.id]
  publicly_accessible    = false
  parameter_group_name   = aws_db_parameter_group.this.name
  ca_cert_identifier     = "rds-ca-rsa2048-g1"

  iam_database_authentication_enabled = false

  backup_retention_period    = 0
  maintenance_window         = "fri:23:30-sat:00:30"
  copy_tags_to_snapshot      = true
  skip_final_snapshot        = true
  auto_minor_version_upgrade = true

  enabled_cloudwatch_logs_exports       = ["postgresql", "upgrade"]
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.monitoring.arn
  database_insights_mode                = "standard"
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = module.key.arn
  performance_insights_retention_period = 7

  depends_on = [aws_cloudwatch_log_group.this]
}
