# From documents a second to processes, connections, a database and nodes.

locals {
  workers = max(var.least.workers, ceil(var.documents_per_second / (var.worker_documents_per_second * var.utilisation)))
  facades = max(var.least.facades, ceil(
    var.documents_per_second * var.requests_per_document / (var.facade_requests_per_second * var.utilisation)
  ))
  # What an autoscaler may add: as many again.
  most_workers = 2 * local.workers
  most_facades = 2 * local.facades
  processes    = local.most_workers + local.most_facades

  # What may be held with every autoscaler at its end: a job opens as many connections as a process of the fleet.
  fleet_connections = local.processes * var.connections
  job_connections   = var.jobs * var.connections

  # docs/database.md: all processes must fit in twice over, since a rollout runs old and new ones side by side; beside them the jobs,
  # the server's own reserve, ten for people, and one more for each process that starts, which migrates.
  reserved    = 3
  spare       = 10 + 2 * local.processes
  connections = 2 * local.fleet_connections + local.job_connections + local.spare + local.reserved

  # A class has 95 % of the memory of its name, and RDS reckons a connection with 9,531,392 bytes of it.
  classes = [
    { name = "db.t4g.medium", vcpus = 2, gibibytes = 4 },
    { name = "db.m7g.large", vcpus = 2, gibibytes = 8 },
    { name = "db.m7g.xlarge", vcpus = 4, gibibytes = 16 },
    { name = "db.m7g.2xlarge", vcpus = 8, gibibytes = 32 },
    { name = "db.m7g.4xlarge", vcpus = 16, gibibytes = 64 },
    { name = "db.m7g.8xlarge", vcpus = 32, gibibytes = 128 },
    { name = "db.m7g.16xlarge", vcpus = 64, gibibytes = 256 },
  ]
  vcpus = var.documents_per_second / (var.database_documents_per_second_and_vcpu * var.utilisation)
  fitting = [
    for class in local.classes : class.name
    if class.vcpus >= local.vcpus && min(class.gibibytes * 1024 * 1024 * 1024 * 0.95 / 9531392, 5000) >= local.connections
  ]

  # Half as much again for what is rewritten and not yet vacuumed, and for what PostgreSQL keeps of its log.
  gibibytes_a_year = var.documents_per_year * var.ledger_kib_per_document * 1.5 / (1024 * 1024)

  # A load of more than its pods ask for takes more all the same: they have no limit.
  temporal = !var.temporal_is_here ? { millicores = 0, mebibytes = 0 } : {
    millicores = max(var.temporal.millicores, ceil(1000 * var.documents_per_second / (var.temporal_documents_per_second_and_vcpu * var.utilisation)))
    mebibytes  = var.temporal.mebibytes
  }

  # The system and its daemons take some tenth of a node.
  node       = { millicores = var.node.vcpus * 1000 * 0.9, mebibytes = var.node.gibibytes * 1024 * 0.85 }
  millicores = var.others.millicores + local.temporal.millicores + 2 * (local.workers * var.pod.worker.millicores + local.facades * var.pod.facade.millicores)
  mebibytes  = var.others.mebibytes + local.temporal.mebibytes + 2 * (local.workers * var.pod.worker.mebibytes + local.facades * var.pod.facade.mebibytes)
  nodes      = max(var.least.nodes, ceil(local.millicores / local.node.millicores), ceil(local.mebibytes / local.node.mebibytes))
}
