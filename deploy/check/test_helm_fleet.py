"""What the manifests say of our programs is so, and what the cluster is told of them is safe."""

from __future__ import annotations

import json
import re
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import command_line
import helm_chart as of
from helm_chart import CHART, EXAMPLES, environment, laid_over, named, of_kind, pods
from support import ROOT, Check, program, required, run

# Variables that are read by what our programs are made of, and where: the file of the crate that reads them.
FOREIGN = {
    "TEMPORAL_ADDRESS": "temporalio-common", "TEMPORAL_NAMESPACE": "temporalio-common", "TEMPORAL_API_KEY": "temporalio-common",
    "TEMPORAL_TLS": "temporalio-common", "TEMPORAL_TLS_CLIENT_CERT_PATH": "temporalio-common",
    "TEMPORAL_TLS_CLIENT_KEY_PATH": "temporalio-common", "TEMPORAL_TLS_SERVER_NAME": "temporalio-common",
    "TEMPORAL_TLS_SERVER_CA_CERT_PATH": "temporalio-common", "PGSSLMODE": "sqlx-postgres", "PGSSLROOTCERT": "sqlx-postgres",
}
# What our own code reads beside its configuration.
OWN = {"TEMPORAL_DEPLOYMENT_NAME": "worker/src/version.rs", "TEMPORAL_WORKER_BUILD_ID": "worker/src/version.rs"}


def source(path: str) -> str:
    return (ROOT / path).read_text()


def containers(things: list):
    for what, labels, spec in pods(things):
        for container in spec["containers"]:
            yield what, labels, spec, container


def ours(container: dict) -> bool:
    return "/vextrus-" in container["image"]


class Programs(Check):
    def test_every_variable_is_read_by_somebody(self):
        known = of.variables() | set(FOREIGN) | set(OWN)
        for name, things in of.renderings().items():
            for what, _, _, container in containers(things):
                told = [entry["name"] for entry in container.get("env") or []]
                self.assertEqual(len(told), len(set(told)), f"{name}: {what} is told one thing twice")
                unknown = {one for one in told if one not in known and not re.fullmatch("AWS_[A-Z_]+|RUST_BACKTRACE", one)}
                self.assertEqual(unknown, set(), f"{name}: {what}")
        for variable, path in OWN.items():
            self.assertIn(f'"{variable}"', source(path))

    def test_variables_of_others_are_in_their_sources(self):
        registry = Path.home() / ".cargo" / "registry" / "src"
        lock = source("Cargo.lock")
        for crate in sorted(set(FOREIGN.values())):
            version = re.search(rf'name = "{crate}"\nversion = "([^"]+)"', lock).group(1)
            files = list(registry.glob(f"*/{crate}-{version}/src/**/*.rs"))
            if not files:
                raise unittest.SkipTest(f"the source of {crate} {version} is not here: cargo fetch --locked")
            text = "\n".join(path.read_text() for path in files)
            for variable in (one for one, where in FOREIGN.items() if where == crate):
                self.assertIn(f'"{variable}"', text, f"{crate} {version}")

    def test_what_a_program_must_be_told_it_is_told(self):
        for name, things in of.renderings().items():
            for what, labels, spec in pods(things):
                component = labels["app.kubernetes.io/component"]
                told = set(environment(spec))
                for one_of in required(component):
                    self.assertEqual(len(one_of & told), 1, f"{name}: {what} is told none of {one_of}, or several")
                is_controlled = what.startswith("WorkerDeployment")
                if component in ("worker", "facade", "jobs"):
                    self.assertNotEqual(is_controlled, {"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"} <= told, f"{name}: {what}")

    def test_a_value_is_of_the_settings_type(self):
        defaults = of.defaults()
        kinds = {f"VEXTRUS_{s}_{k}".upper(): type(v) for s, keys in defaults.items() for k, v in keys.items()}
        values = laid_over(of.value_sets()["development"], {"config": {"steps": {"perform_within_millis": 259200000}}})
        things = of.objects(of.render(values)) + of.renderings()["production (install)"]
        for what, _, spec in pods(things):
            for variable, entry in environment(spec).items():
                if kinds.get(variable) is int:
                    self.assertRegex(entry["value"], "^[0-9]+$", f"{what}: {variable} would stop the process")
        self.assertEqual(environment(named(things, "Deployment", "vextrus-facade")["spec"]["template"]["spec"])
                         ["VEXTRUS_STEPS_PERFORM_WITHIN_MILLIS"]["value"], "259200000")

    def test_probes_ask_what_is_served(self):
        served = set(re.findall(r'\.route\("(/[a-z/]+)"', source("platform/src/admin.rs")))
        asked = set()
        for name, things in of.renderings().items():
            for what, labels, spec, container in containers(things):
                if labels["app.kubernetes.io/component"] not in ("worker", "facade"):
                    continue
                admin = {"worker": "VEXTRUS_WORKER_ADMIN_LISTEN", "facade": "VEXTRUS_FACADE_ADMIN_LISTEN"}[container["name"]]
                ports = {port["name"]: port["containerPort"] for port in container["ports"]}
                for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                    get = container[probe]["httpGet"]
                    asked.add(get["path"])
                    listens = environment(spec)[admin]["value"]
                    self.assertEqual(listens, f"0.0.0.0:{ports[get['port']]}", f"{name}: {what}: {probe}")
            for thing in of_kind(things, "ServiceMonitor"):
                asked.add(thing["spec"]["endpoints"][0]["path"])
            for thing in of_kind(things, "Pod"):
                # test_helm_health.py plays it.
                asked |= set(re.findall(r" (/health[a-z/]*)", thing["spec"]["containers"][0]["args"][0]))
        self.assertEqual(asked, served, "each of them is asked by somebody, and nothing else")

    def test_ports_are_those_that_programs_listen_on(self):
        for name, things in of.renderings().items():
            spec = of_kind(things, "Deployment")
            facade = next(thing for thing in spec if thing["metadata"]["name"].endswith("-facade"))["spec"]["template"]["spec"]
            told = environment(facade)
            listens = {told[v]["value"].rsplit(":", 1)[1] for v in told if v.endswith("_LISTEN")}
            self.assertEqual(listens, {str(port["containerPort"]) for port in facade["containers"][0]["ports"]}, name)
        self.assertTrue(of.defaults()["facade"]["listen"].endswith(":7300"))

    def test_files_that_are_named_are_mounted(self):
        for name, things in of.renderings().items():
            for what, _, spec in pods(things):
                volumes = {volume["name"]: volume for volume in spec.get("volumes") or []}
                there = {}
                for mount in spec["containers"][0].get("volumeMounts") or []:
                    volume = volumes[mount["name"]]
                    for item in volume.get("secret", {}).get("items", []):
                        there[f"{mount['mountPath']}/{item['path']}"] = item["key"]
                    if "secret" in volume and not volume["secret"].get("items"):
                        there.update({f"{mount['mountPath']}/{key}": key for key in ("tls.crt", "tls.key")})
                    if "configMap" in volume and not volume["configMap"].get("optional"):
                        data = named(things, "ConfigMap", volume["configMap"]["name"])["data"]
                        there.update({f"{mount['mountPath']}/{key}": key for key in data})
                self.assertEqual({mount["name"] for mount in spec["containers"][0].get("volumeMounts") or []}, set(volumes), f"{name}: {what}")
                for variable, entry in environment(spec).items():
                    if re.search("_(FILE|PATH)$|SSLROOTCERT", variable):
                        if what.startswith("WorkerDeployment") and "TEMPORAL_TLS_CLIENT" in variable:
                            continue
                        self.assertIn(entry["value"], there, f"{name}: {what}: {variable} is not mounted")

    def test_a_pod_gets_no_secret_that_is_anothers(self):
        whose = {"signing.key": "facade", "audit.key": "worker", "webhook.secrets": "worker", "smtp.txt": "worker"}
        for name, things in of.renderings().items():
            for what, labels, spec in pods(things):
                for volume in spec.get("volumes") or []:
                    for item in volume.get("secret", {}).get("items", []):
                        self.assertEqual(whose.get(item["key"], labels["app.kubernetes.io/component"]), labels["app.kubernetes.io/component"], f"{name}: {what}")
                if not ours(spec["containers"][0]):
                    held = [v for v in environment(spec).values() if "valueFrom" in v] + list(spec.get("volumes") or [])
                    self.assertEqual(held, [], f"{name}: {what}: another's program holds our secrets")
                    account, = [t for t in of_kind(things, "ServiceAccount") if t["metadata"]["name"] == spec["serviceAccountName"]]
                    self.assertNotIn("eks.amazonaws.com/role-arn", account["metadata"]["annotations"], f"{name}: {what}")

    def test_keys_of_the_secret_are_in_the_secret(self):
        for name, things in of.renderings().items():
            secrets = {t["metadata"]["name"]: set(t["stringData"]) for t in of_kind(things, "Secret")}
            secrets.update({t["spec"]["target"]["name"]: {d["secretKey"] for d in t["spec"]["data"]} for t in of_kind(things, "ExternalSecret")})
            for what, _, spec in pods(things):
                refs = [e["valueFrom"]["secretKeyRef"] for e in environment(spec).values() if "secretKeyRef" in e.get("valueFrom", {})]
                refs += [{"name": v["secret"]["secretName"], "key": i["key"]} for v in spec.get("volumes") or [] for i in v.get("secret", {}).get("items", [])]
                for ref in refs:
                    if ref["name"] in secrets:
                        self.assertIn(ref["key"], secrets[ref["name"]], f"{name}: {what}")

    def test_jobs_say_what_the_command_line_knows(self):
        found = set()
        for name, things in of.renderings().items():
            for job in of_kind(things, "Job"):
                container = job["spec"]["template"]["spec"]["containers"][0]
                self.assertTrue(ours(container) and "command" not in container, f"{name}: {container['name']}")
                self.assertIsNone(command_line.fault(container["args"]), f"{name}: {container['name']}")
                found.add((container["name"], *re.match(r"[a-z]+( [a-z][a-z-]+)?", " ".join(container["args"])).group().split()))
        self.assertEqual(found, {
            ("namespace", "namespace", "ensure"), ("search-attributes", "namespace", "ensure-attributes"), ("replay-gate", "replay"),
            ("migration", "ledger", "migrate"), ("rollout", "rollout", "run"),
        })

    def test_the_check_of_commands_finds_what_is_wrong(self):
        for words in (["ledger"], ["ledger", "migrated"], ["namespace", "migrate"], ["ledger", "migrate", "--limit", "1"], ["replay", "--strictly"]):
            self.assertIsNotNone(command_line.fault(words), words)

    def test_the_task_queues_are_the_programs_own(self):
        queues = re.findall(r'pub const \w+: &str = "([a-z-]+)"', source("temporal/src/task_queue.rs"))
        groups = of.load(CHART / "values.yaml")["worker"]["groups"]
        self.assertEqual(sorted(q for group in groups.values() for q in group["taskQueues"]), sorted(queues), "each queue is polled, by one group")
        allowed = of.schema()["properties"]["worker"]["properties"]["groups"]["additionalProperties"]["properties"]["taskQueues"]["items"]["enum"]
        self.assertEqual(sorted(allowed), sorted(queues))
        guarded = re.search(r"range \$queue := list((?: \"[a-z-]+\")+) \}\}", (CHART / "templates/guards.yaml").read_text()).group(1)
        self.assertEqual(sorted(re.findall(r'"([a-z-]+)"', guarded)), sorted(queues), "templates/guards.yaml")

    def test_the_ingress_lets_every_service_of_the_api_in(self):
        services = set()
        for path in (ROOT / "proto/vextrus").rglob("*.proto"):
            text = path.read_text()
            package = re.search(r"^package (\S+);", text, re.MULTILINE).group(1)
            services |= {f"/{package}.{name}" for name in re.findall(r"^service (\w+)", text, re.MULTILINE)}
        things = of.renderings()["production (install)"]
        paths = {kind: {p["path"] for p in named(things, "Ingress", f"vextrus-{kind}")["spec"]["rules"][0]["http"]["paths"]} for kind in ("grpc", "json")}
        self.assertEqual(paths["grpc"], services | {"/grpc.health.v1.Health"})
        self.assertEqual(paths["json"], {"/v1", "/openapi.json"})
        for path in ("/v1/{*rest}", "/openapi.json"):
            self.assertIn(f'"{path}"', source("facade/src/rest.rs"))
        body = named(things, "Ingress", "vextrus-json")["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-body-size"]
        self.assertGreater(int(body[:-1]) << 20, of.defaults()["attachments"]["max_bytes"])
        schemes = {kind: named(things, "Ingress", f"vextrus-{kind}")["metadata"]["annotations"]["nginx.ingress.kubernetes.io/backend-protocol"] for kind in paths}
        self.assertEqual(schemes, {"grpc": "GRPCS", "json": "HTTPS"}, "the facade serves TLS in production")

    def test_metrics_that_are_asked_for_are_exported(self):
        import tomllib

        known = set(re.findall(r'= (?:counters|gauges|latencies) "(\w+)"', source("platform/src/metrics.rs")))
        for part in tomllib.loads(source("deploy/observability/sources/foreign-metrics.toml")).values():
            known |= set(part)
        adapter = of.load(EXAMPLES / "prometheus-adapter.yaml")["rules"]["custom"]
        asked, provided = set(), {rule["name"]["as"] for rule in adapter}
        for rule in adapter:
            asked |= set(re.findall(r"^(\w+)\{", rule["seriesQuery"]))
        used = set()
        for name, things in of.renderings().items():
            for thing in of_kind(things, "ScaledObject"):
                for trigger in thing["spec"]["triggers"]:
                    asked |= set(re.findall(r"(\w+)\{", trigger["metadata"].get("query", "")))
            for thing in of_kind(things, "HorizontalPodAutoscaler"):
                used |= {m["pods"]["metric"]["name"] for m in thing["spec"]["metrics"] if m["type"] == "Pods"}
            for job in of_kind(things, "Job"):
                args = job["spec"]["template"]["spec"]["containers"][0]["args"]
                if "--query" in args:
                    asked |= set(re.findall(r"(\w+)\{", args[args.index("--query") + 1]))
        for metric in asked:
            self.assertIn(re.sub("_(count|sum|bucket)$", "", metric), known, f"nobody exports {metric}")
        self.assertEqual(used, provided, "what HPAs ask of the adapter, and what its example provides")

    def test_a_stop_lasts_as_long_as_programs_need(self):
        worker = source("worker/src/fleet.rs")
        within = int(re.search(r"STOP_WITHIN: Duration = Duration::from_secs\((\d+)\)", worker).group(1))
        drain = int(re.search(r"DRAIN: Duration = Duration::from_secs\((\d+)\)", source("facade/src/server.rs")).group(1))
        # The workers, then what runs beside them; after either, spans that are on their way.
        telemetry = of.defaults()["telemetry"]["timeout_millis"] / 1000
        for name, things in of.renderings().items():
            for what, labels, spec in pods(things):
                if labels["app.kubernetes.io/component"] == "worker":
                    self.assertGreaterEqual(spec["terminationGracePeriodSeconds"], 2 * within + telemetry, f"{name}: {what}")
                elif labels["app.kubernetes.io/component"] == "facade":
                    sleeps = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
                    self.assertGreaterEqual(spec["terminationGracePeriodSeconds"], sleeps + drain + telemetry, f"{name}: {what}")


class Safe(Check):
    def test_every_pod_fits_the_restricted_standard(self):
        for name, things in of.renderings().items():
            for what, _, spec, container in containers(things):
                at = f"{name}: {what}"
                self.assertEqual(spec["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"}, at)
                self.assertTrue(spec["securityContext"]["runAsNonRoot"], at)
                self.assertGreaterEqual(spec["securityContext"]["runAsUser"], 10000, at)
                self.assertFalse(spec["automountServiceAccountToken"], at)
                self.assertFalse(spec["enableServiceLinks"], f"{at}: a Service of our name would set VEXTRUS_ variables")
                own = container["securityContext"]
                self.assertEqual((own["allowPrivilegeEscalation"], own["readOnlyRootFilesystem"], own["capabilities"]), (False, True, {"drop": ["ALL"]}), at)
                self.assertLessEqual({"cpu", "memory"}, set(container["resources"]["requests"]), at)
                self.assertIn("memory", container["resources"]["limits"], at)
                for field in ("hostNetwork", "hostPID", "hostIPC"):
                    self.assertNotIn(field, spec, at)
                self.assertTrue(all(set(v) & {"secret", "configMap", "emptyDir"} for v in spec.get("volumes") or []), at)

    def test_one_scaler_for_each_deployment_and_never_too_few(self):
        for name, things in of.renderings().items():
            scalers = of_kind(things, "HorizontalPodAutoscaler", "ScaledObject")
            targets = [thing["spec"]["scaleTargetRef"]["name"] for thing in scalers]
            self.assertEqual(len(targets), len(set(targets)), name)
            self.assertLessEqual(len({thing["kind"] for thing in scalers}), 1, name)
            for thing in of_kind(things, "Deployment"):
                self.assertNotEqual("replicas" in thing["spec"], thing["metadata"]["name"] in targets, f"{name}: a scaler and replicas fight")
            for thing in scalers:
                spec = thing["spec"]
                behavior = spec.get("behavior") or spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
                self.assertEqual(behavior["scaleDown"]["stabilizationWindowSeconds"], 300, name)
                self.assertEqual(behavior["scaleDown"]["policies"], [{"type": "Pods", "value": 1, "periodSeconds": 60}], name)
                self.assertEqual(behavior["scaleUp"]["stabilizationWindowSeconds"], 0, name)
                self.assertTrue(all(p["periodSeconds"] <= 60 for p in behavior["scaleUp"]["policies"]), name)
                if "pollingInterval" in spec:
                    self.assertLessEqual(spec["pollingInterval"], 30, name)
                if name.startswith(("production", "example")):
                    least = 3 if thing["metadata"]["name"].endswith("facade") else 2
                    self.assertGreaterEqual(spec.get("minReplicas", spec.get("minReplicaCount")), least, name)

    def test_running_work_holds_its_workers(self):
        things = of.renderings()["production (install)"]
        worker, = [what.split("/")[1] for what, labels, _ in pods(things) if labels["app.kubernetes.io/component"] == "worker"]
        hpa = named(things, "HorizontalPodAutoscaler", worker)["spec"]["metrics"]
        self.assertIn("temporal_worker_task_slots_used", [m["pods"]["metric"]["name"] for m in hpa if m["type"] == "Pods"])
        keda = named(of.renderings()["example: keda.yaml (install)"], "ScaledObject", worker)["spec"]["triggers"]
        queries = [t["metadata"]["query"] for t in keda if t["type"] == "prometheus"]
        self.assertTrue(any("temporal_worker_task_slots_used" in query for query in queries))
        pattern = re.search(r'pod=~"([^"]+)"', queries[0]).group(1)
        self.assertRegex(f"{worker}-6d8f7c9b5d-x2k4p", f"^{pattern}$")
        self.assertNotRegex(f"{worker}-1-6d8f7c9b5d-x2k4p", f"^{pattern}$", "another build's")
        queues = [t["metadata"]["taskQueue"] for t in keda if t["type"] == "temporal"]
        self.assertEqual(queues, of.load(CHART / "values.yaml")["worker"]["groups"]["all"]["taskQueues"])
        for build in ("production (upgrade)", "feature: draining builds (upgrade)"):
            budgets = {t["metadata"]["name"] for t in of_kind(of.renderings()[build], "PodDisruptionBudget")}
            self.assertEqual(budgets, {t["metadata"]["name"] for t in of_kind(of.renderings()[build], "Deployment")})

    def test_groups_of_workers_poll_what_they_are_told(self):
        things = of.renderings()["feature: groups of workers (install)"]
        polled, watched = {}, {}
        for deployment in of_kind(things, "Deployment"):
            told = environment(deployment["spec"]["template"]["spec"]).get("VEXTRUS_WORKER_TASK_QUEUES")
            if told:
                polled[deployment["metadata"]["name"]] = told["value"].split(",")
        for scaled in of_kind(things, "ScaledObject"):
            queues = [t["metadata"]["taskQueue"] for t in scaled["spec"]["triggers"] if t["type"] == "temporal"]
            if queues:
                watched[scaled["spec"]["scaleTargetRef"]["name"]] = queues
        self.assertEqual(sorted(map(tuple, polled.values())), [("invoice", "purchase-order"), ("onboarding", "integrations", "reconcile")])
        self.assertEqual(polled, watched)

    def test_builds_that_drain_keep_their_workers(self):
        things = of.renderings()["feature: draining builds (upgrade)"]
        builds = {}
        for deployment in of_kind(things, "Deployment"):
            spec = deployment["spec"]["template"]["spec"]
            build = environment(spec).get("TEMPORAL_WORKER_BUILD_ID")
            if build:
                builds[build["value"]] = spec["containers"][0]["image"].rsplit("/", 1)[1]
        self.assertEqual(builds, {"c0ffee": f"vextrus-worker:{of.version()}", "0.0.9": "vextrus-worker:0.0.9", "ABC_1": f"vextrus-worker@sha256:{'0' * 64}"})
        rollout = named(things, "Job", "vextrus-rollout")["spec"]["template"]["spec"]["containers"][0]["args"]
        self.assertEqual(rollout[:3], ["rollout", "run", "c0ffee"])
        first = named(of.renderings()["production (install)"], "Job", "vextrus-rollout")["spec"]["template"]["spec"]["containers"][0]["args"]
        self.assertEqual(first[first.index("--steps") + 1], "100", "with no build before, nobody would take the rest")
        triggers = [t for s in of_kind(things, "ScaledObject") for t in s["spec"]["triggers"] if t["type"] == "temporal"]
        self.assertEqual({t["metadata"]["workerDeploymentBuildId"] for t in triggers}, set(builds))

    def test_hooks_come_in_their_order_and_the_gate_before_any_change_of_tables(self):
        things = of.renderings()["production (upgrade)"]
        weights = {}
        for job in of_kind(things, "Job"):
            notes = job["metadata"]["annotations"]
            weights[job["metadata"]["name"]] = (notes["helm.sh/hook"], int(notes["helm.sh/hook-weight"]))
        self.assertEqual(weights["vextrus-replay-gate"][0], "pre-upgrade")
        self.assertEqual(weights["vextrus-rollout"][0], "post-install,post-upgrade")
        ordered = [name for name, (_, weight) in sorted(weights.items(), key=lambda one: one[1][1])]
        self.assertEqual(ordered, ["vextrus-namespace", "vextrus-search-attributes", "vextrus-replay-gate", "vextrus-migration", "vextrus-rollout"])
        for job in of_kind(things, "Job"):
            if job["metadata"]["name"] in ("vextrus-replay-gate", "vextrus-rollout"):
                self.assertEqual(job["spec"]["backoffLimit"], 0, "what was refused must not be tried until it is taken")

    def test_what_jobs_need_early_is_there_before_them_and_gone_after_them(self):
        policy = ("NetworkPolicy", "vextrus-jobs-before")
        for way, expected in (("install", {("ServiceAccount", "vextrus-jobs"), policy, ("Secret", "vextrus")}), ("upgrade", {policy})):
            things = of.renderings()[f"feature: network policies ({way})"]
            hooks = [thing for thing in things if f"pre-{way}" in of.hook_of(thing).split(",")]
            early = [thing for thing in hooks if thing["kind"] != "Job"]
            self.assertEqual({(thing["kind"], thing["metadata"]["name"]) for thing in early}, expected)
            weights = {kind: [int(t["metadata"]["annotations"]["helm.sh/hook-weight"]) for t in hooks if (t["kind"] == "Job") == kind] for kind in (True, False)}
            self.assertLess(max(weights[False]), min(weights[True]), "a job would run before it")
            for thing in early:
                self.assertEqual(thing["metadata"]["annotations"]["helm.sh/hook-delete-policy"], "before-hook-creation,hook-succeeded")
                kept = [t for t in things if not of.hook_of(t) and (t["kind"], t["metadata"]["name"]) == (thing["kind"], thing["metadata"]["name"])]
                # At an upgrade Helm would take the release's own away with it.
                self.assertEqual(len(kept), 0 if (thing["kind"], thing["metadata"]["name"]) == policy else 1)

    def test_nothing_may_come_in_or_go_out_but_what_is_named(self):
        things = of.renderings()["production (install)"]
        policies = {t["metadata"]["name"]: t["spec"] for t in of_kind(things, "NetworkPolicy")}
        self.assertEqual(policies["vextrus-deny"], {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})

        def rules(component: str, way: str) -> list:
            """Who, and to which ports."""
            found = policies[f"vextrus-{component}"].get(way, [])
            return [(json.dumps(rule.get("from", rule.get("to"))), {port["port"] for port in rule["ports"]}) for rule in found]

        self.assertEqual([ports for _, ports in rules("worker", "ingress")], [{9464}])
        calls = [peers for peers, ports in rules("facade", "ingress") if 7300 in ports]
        self.assertTrue(len(calls) == 1 and "ingress-nginx" in calls[0] and "monitoring" not in calls[0], calls)
        self.assertEqual(rules("jobs", "ingress") + rules("tests", "ingress"), [])
        for component, expected in (("worker", {53, 443, 4317, 4318, 5432, 7233}), ("facade", {53, 443, 4317, 4318, 5432, 7233}),
                                    ("jobs", {53, 443, 4317, 4318, 5432, 7233, 9090}), ("tests", {53, 9464, 9465})):
            out = rules(component, "egress")
            self.assertEqual(set().union(*(ports for _, ports in out)), expected, component)
            self.assertFalse(any(peers in ("null", "[]") for peers, _ in out), f"{component} may go anywhere")
        components = {labels["app.kubernetes.io/component"] for _, labels, _ in pods(things)}
        self.assertEqual(components, {"worker", "facade", "jobs", "tests"}, "each has its policy")


class Policy(Check):
    """Checkov's rules, but for those that are argued here."""

    OF_THE_TEST = "of the pod of `helm test`, which ends by itself"
    EXCEPTIONS = {
        "CKV_K8S_15": "a tag or digest never changes what it names, and a pod must start while the registry is away",
        "CKV_K8S_35": "the ledger's address is one secret with its password, as databases' operators hand it out; the program reads it "
                      "from a variable, and all other secrets of ours are files",
        "CKV_K8S_8": OF_THE_TEST,
        "CKV_K8S_9": OF_THE_TEST,
    }
    # By value set.
    FURTHER = {"development": {"CKV2_K8S_6": "a cluster of one's own, whose network may keep no policies, holds nobody else to keep apart"}}

    def findings(self, values: dict) -> dict:
        checkov = program("checkov", "it is among deploy/check/needs/helm.in")
        with tempfile.TemporaryDirectory() as folder:
            for name, text in of.render(values, is_upgrade=True).items():
                if name.endswith(".yaml"):
                    (Path(folder) / name.replace("/", "-")).write_text(text)
            done = run([checkov, "-d", folder, "--framework", "kubernetes", "--skip-download", "--compact", "--quiet", "-o", "json"], seconds=240)
        found = json.loads(done.stdout[done.stdout.index("{"):])
        self.assertGreater(found["summary"]["passed"], 300, "it has looked at nothing")
        by_rule: dict = {}
        for one in found["results"]["failed_checks"]:
            by_rule.setdefault(one["check_id"], []).append(one["resource"])
        return by_rule

    def test_the_policy_scan_finds_nothing_that_is_not_argued(self):
        digest = f"sha256:{'0' * 64}"
        # Whoever reads the values sees versions, by tag; a release sets digests.
        pinned = {"image": {name: {"digest": digest} for name in ("worker", "facade", "cli", "temporal")}, "versions": {"build": of.version()}}
        with ThreadPoolExecutor(2) as pool:
            every = dict(pool.map(lambda one: (one[0], self.findings(laid_over(one[1], pinned))), of.value_sets().items()))
        self.assertEqual(set(every), {"development", "staging", "production"})
        for name, found in every.items():
            argued = {**self.EXCEPTIONS, **self.FURTHER.get(name, {})}
            self.assertEqual({rule: things for rule, things in found.items() if rule not in argued}, {}, name)
            self.assertLessEqual(set(self.FURTHER.get(name, {})), set(found), f"{name}: what is argued is not found any more")
            for rule in ("CKV_K8S_8", "CKV_K8S_9"):
                self.assertEqual([t for t in found.get(rule, []) if not t.startswith("Pod.")], [], f"{name}: every server has its probes")


if __name__ == "__main__":
    unittest.main()
