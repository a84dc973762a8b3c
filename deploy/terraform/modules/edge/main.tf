# A load balancer of connections, not of requests: gRPC, gRPC-web, JSON and streams pass as they are, on one port.

data "aws_route53_zone" "this" {
  name         = var.zone_name
  private_zone = false
}

locals {
  is_passed_on = var.tls_ends == "ingress"
}

resource "aws_security_group" "this" {
  name        = "${var.name}-web"
  description = "The load balancer of ${var.name}"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-web" }
}

resource "aws_vpc_security_group_ingress_rule" "callers" {
  for_each = toset(var.callers_cidrs)

  security_group_id = aws_security_group.this.id
  description       = "Callers"
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "nodes" {
  security_group_id            = aws_security_group.this.id
  description                  = "The ingress controller on the nodes"
  referenced_security_group_id = var.node_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = var.node_port
  to_port                      = var.node_port
}

resource "aws_vpc_security_group_ingress_rule" "nodes" {
  security_group_id            = var.node_security_group_id
  description                  = "The load balancer of ${var.name}"
  referenced_security_group_id = aws_security_group.this.id
  ip_protocol                  = "tcp"
  from_port                    = var.node_port
  to_port                      = var.node_port
}

resource "aws_lb" "this" {
  #checkov:skip=CKV_AWS_91:A network load balancer logs nothing of connections whose TLS it passes on; the network's flow logs and the ingress's own log say who called
  name               = "${var.name}-web"
  load_balancer_type = "network"
  internal           = var.internal
  subnets            = var.subnet_ids
  security_groups    = [aws_security_group.this.id]

  enable_cross_zone_load_balancing = true
  enable_deletion_protection       = var.deletion_protection
}

resource "aws_lb_target_group" "this" {
  name        = "${var.name}-web"
  vpc_id      = var.vpc_id
  target_type = "instance"
  protocol    = local.is_passed_on ? "TCP" : "TLS"
  port        = var.node_port

  # A watch lasts an hour, and ends by itself; what else is under way when a node goes has this long.
  deregistration_delay   = 60
  connection_termination = true
  preserve_client_ip     = "true"

  health_check {
    protocol            = "TCP"
    port                = "traffic-port"
    interval            = 10
    healthy_threshold   = 2
    unhealthy_threshold = 2
  }
}

resource "aws_autoscaling_attachment" "this" {
  #checkov:skip=CKV2_AWS_15:The group is EKS's own, which watches its nodes itself; what is healthy for the load balancer is said by its target group
  autoscaling_group_name = var.autoscaling_group_name
  lb_target_group_arn    = aws_lb_target_group.this.arn
}

resource "aws_lb_listener" "this" {
  load_balancer_arn = aws_lb.this.arn
  port              = 443
  protocol          = local.is_passed_on ? "TCP" : "TLS"
  certificate_arn   = local.is_passed_on ? null : aws_acm_certificate_validation.this[0].certificate_arn
  ssl_policy        = local.is_passed_on ? null : "ELBSecurityPolicy-TLS13-1-2-2021-06"
  # gRPC needs HTTP/2, and a browser may come with either.
  alpn_policy = local.is_passed_on ? null : "HTTP2Preferred"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }
}

resource "aws_route53_record" "this" {
  zone_id = data.aws_route53_zone.this.zone_id
  name    = var.host
  type    = "A"

  alias {
    name                   = aws_lb.this.dns_name
    zone_id                = aws_lb.this.zone_id
    evaluate_target_health = true
  }
}

resource "aws_route53_record" "caa" {
  zone_id = data.aws_route53_zone.this.zone_id
  name    = var.host
  type    = "CAA"
  ttl     = 3600
  records = [for authority in var.certificate_authorities : "0 issue \"${authority}\""]
}
