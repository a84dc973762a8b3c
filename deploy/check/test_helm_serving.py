"""How the fleet's pods are spread, scaled and reached, in every rendering of the chart."""

from __future__ import annotations

import math
import re
import unittest

import helm_chart as of
from helm_chart import laid_over, named, of_kind
from support import ROOT, Check

ZONE, NODE = "topology.kubernetes.io/zone", "kubernetes.io/hostname"


def metrics(hpa: dict) -> set:
    return {(one["resource"] if one["type"] == "Resource" else one["pods"]["metric"])["name"] for one in hpa["spec"]["metrics"]}


def desired(hpa: dict, now: int, metric: str, total: int) -> int:
    """The pods that an autoscaler of its kind asks for by one metric that is counted over all pods, as Kubernetes documents it."""
    target, = (int(one["pods"]["target"]["averageValue"]) for one in hpa["spec"]["metrics"] if one["type"] == "Pods" and one["pods"]["metric"]["name"] == metric)
    # A tenth more or less changes nothing.
    wanted = now if abs(total / now / target - 1) <= 0.1 else math.ceil(total / target)
    return min(max(wanted, hpa["spec"]["minReplicas"]), hpa["spec"]["maxReplicas"])


class Spread(Check):
    def test_pods_of_a_deployment_keep_apart_from_their_own_and_no_others(self):
        seen = 0
        for name, things in of.renderings().items():
            deployments = of_kind(things, "Deployment", "WorkerDeployment")
            for thing in deployments:
                seen += 1
                at = f"{name}: {thing['metadata']['name']}"
                template = thing["spec"]["template"]
                constraints = {one["topologyKey"]: one for one in template["spec"]["topologySpreadConstraints"]}
                self.assertEqual(set(constraints), {ZONE, NODE}, at)
                rules = template["spec"]["affinity"]["podAntiAffinity"]
                terms = [one["podAffinityTerm"] for one in rules.get("preferredDuringSchedulingIgnoredDuringExecution", [])]
                terms += rules.get("requiredDuringSchedulingIgnoredDuringExecution", [])
                self.assertEqual([term["topologyKey"] for term in terms], [NODE], at)
                for one in [*constraints.values(), *terms]:
                    wanted = one["labelSelector"]["matchLabels"].items()
                    met = [other["metadata"]["name"] for other in deployments if wanted <= other["spec"]["template"]["metadata"]["labels"].items()]
                    self.assertEqual(met, [thing["metadata"]["name"]], at)
        self.assertGreater(seen, 100)

    def test_production_waits_for_a_zone_and_prefers_other_nodes(self):
        for deployment in of_kind(of.renderings()["production (install)"], "Deployment"):
            constraints = deployment["spec"]["template"]["spec"]["topologySpreadConstraints"]
            self.assertEqual({one["topologyKey"]: one["whenUnsatisfiable"] for one in constraints}, {ZONE: "DoNotSchedule", NODE: "ScheduleAnyway"})


class Scaled(Check):
    def test_staging_and_production_are_scaled_by_the_same(self):
        """What an autoscaler asks for is found out in staging, before production asks for it."""
        for name in ("staging", "production"):
            found = {}
            for hpa in of_kind(of.renderings()[f"{name} (upgrade)"], "HorizontalPodAutoscaler"):
                found[hpa["metadata"]["labels"]["app.kubernetes.io/component"]] = metrics(hpa)
            self.assertEqual(found, {
                "worker": {"cpu", "memory", "temporal_worker_task_slots_used"}, "facade": {"cpu", "memory", "rpc_server_calls_per_second"},
            }, name)

    def test_a_worker_is_kept_for_each_so_many_tasks_as_the_page_says(self):
        page = " ".join((ROOT / "docs/deployment.md").read_text().split())
        each, = re.findall(r"one worker is kept for each (\d+) \(`worker\.autoscaling\.runningTasks`\)", page)
        self.assertIn("three workers with ten tasks each become two", page)
        for hpa in of_kind(of.renderings()["production (upgrade)"], "HorizontalPodAutoscaler"):
            if hpa["metadata"]["labels"]["app.kubernetes.io/component"] != "worker":
                continue
            most = hpa["spec"]["maxReplicas"]
            for workers, tasks, expected in (
                (3, 30, 2), (2, 0, 2), (2, 1, 2), (3, 60, 3), (3, 65, 3), (3, 67, 4), (2, 100, 5), (4, 41, 3), (5, 2000, most), (most, 0, 2),
            ):
                self.assertEqual(desired(hpa, workers, "temporal_worker_task_slots_used", tasks), expected, f"{workers} workers, {tasks} tasks")
            for tasks in range(200):
                kept = desired(hpa, most, "temporal_worker_task_slots_used", tasks)
                self.assertGreaterEqual(kept * int(each), min(tasks, most * int(each)), f"{tasks} tasks")

    def test_without_an_adapter_nothing_is_asked_of_it(self):
        for hpa in of_kind(of.renderings()["feature: hpa (install)"], "HorizontalPodAutoscaler"):
            self.assertEqual(metrics(hpa), {"cpu", "memory"})


class Restarted(Check):
    """A changed value restarts the pods that read it at their start alone, and nobody else."""

    CASES = (
        ("plain secrets", of.PLAIN, {"secrets": {"plain": {"signing.key": "another"}}}, {"worker", "facade"}),
        ("the table of permissions", {"permissions": "[methods]\n"}, {"permissions": "[methods]\n# Another.\n"}, {"facade"}),
        ("settings", {"config": {"steps": {"timeout_millis": 15000}}}, {"config": {"steps": {"timeout_millis": 15001}}}, {"worker", "facade"}),
        # It is read again by itself.
        ("a JWKS", {"jwks": '{"keys": []}', "config": {"auth": {"jwks_url": None}}}, {"jwks": '{"keys": [{}]}'}, set()),
        ("what they do not read", {}, {"rollout": {"watch": "7m"}}, set()),
    )

    def templates(self, values: dict) -> dict:
        found = of_kind(of.objects(of.render(values, is_upgrade=True)), "Deployment", "WorkerDeployment")
        return {thing["metadata"]["labels"]["app.kubernetes.io/component"]: thing["spec"]["template"] for thing in found}

    def test_what_is_read_once(self):
        for way in ({}, of.CONTROLLED):
            for name, over, change, restarted in self.CASES:
                with self.subTest(name, way=way):
                    before = laid_over(laid_over(of.value_sets()["development"], way), over)
                    templates = [self.templates(values) for values in (before, before, laid_over(before, change))]
                    self.assertEqual(templates[0], templates[1])
                    self.assertEqual(set(templates[0]), {"worker", "facade"})
                    self.assertEqual({part for part in templates[0] if templates[0][part] != templates[2][part]}, restarted)

    def test_annotations_of_ones_own_stay(self):
        own = {part: {"podAnnotations": {"a": "b"}} for part in ("worker", "facade")}
        for template in self.templates(laid_over(laid_over(of.value_sets()["development"], of.PLAIN), own)).values():
            self.assertEqual(set(template["metadata"]["annotations"]), {"a", "checksum/secrets"})


class Reached(Check):
    def test_services_say_what_is_spoken(self):
        production = of.value_sets()["production"]
        plain = laid_over(production, {"mesh": True, "facade": {"tls": {"enabled": False}, "codec": {"enabled": True}}})
        for values, spoken in ((production, "https"), (plain, "grpc")):
            found = {}
            for service in of_kind(of.objects(of.render(values)), "Service"):
                found.update({(service["metadata"]["name"], port["name"]): port["appProtocol"] for port in service["spec"]["ports"]})
            expected = {("vextrus-facade", "grpc"): spoken, **{(f"vextrus-{name}", "http-admin"): "http" for name in ("facade", "worker", "facade-pods")}}
            if values is plain:
                expected[("vextrus-facade", "http-codec")] = "http"
            self.assertEqual(found, expected)

    def test_callers_are_shown_a_certificate_of_the_host_that_one_ingress_asks_for(self):
        site = of.value_sets()["production"]["ingress"]
        things = of.renderings()["production (install)"]
        asked = {}
        for ingress in of_kind(things, "Ingress"):
            self.assertEqual(ingress["spec"]["tls"], [{"hosts": [site["host"]], "secretName": "vextrus-ingress-tls"}])
            asked[ingress["metadata"]["name"]] = ingress["metadata"]["annotations"].get("cert-manager.io/cluster-issuer")
        self.assertEqual(asked, {"vextrus-grpc": site["tls"]["clusterIssuer"], "vextrus-json": None})

    def test_a_certificate_of_ones_own_is_served_and_nobody_is_asked_for_one(self):
        own = {"ingress": {"tls": {"secret": "w-tls", "clusterIssuer": ""}}}
        things = of.objects(of.render(laid_over(of.value_sets()["production"], own)))
        for name in ("vextrus-grpc", "vextrus-json"):
            ingress = named(things, "Ingress", name)
            self.assertEqual(ingress["spec"]["tls"][0]["secretName"], "w-tls")
            self.assertNotIn("cert-manager.io/cluster-issuer", ingress["metadata"]["annotations"])

    def test_traefik_reaches_what_the_facade_shows(self):
        """Each end by the other's name: the Service's annotation, the object that it names, the certificate, its Secret, the namespace."""
        things = of.renderings()["example: traefik.yaml (upgrade)"]
        notes = named(things, "Service", "vextrus-facade")["metadata"]["annotations"]
        transport, = of_kind(things, "ServersTransport")
        place = f"{transport['metadata']['namespace']}-{transport['metadata']['name']}@kubernetescrd"
        self.assertEqual(notes, {
            "traefik.ingress.kubernetes.io/service.serversscheme": "https", "traefik.ingress.kubernetes.io/service.serverstransport": place,
        })
        certificate = named(things, "Certificate", "vextrus-facade")["spec"]
        self.assertIn(transport["spec"]["serverName"], certificate["dnsNames"])
        self.assertEqual(transport["spec"]["rootCAs"], [{"secret": certificate["secretName"]}])
        ingresses, usual = of_kind(things, "Ingress"), of_kind(of.renderings()["production (upgrade)"], "Ingress")
        self.assertEqual([one["spec"]["rules"] for one in ingresses], [one["spec"]["rules"] for one in usual], "the same paths as by ingress-nginx")
        for ingress in ingresses:
            self.assertEqual(ingress["spec"]["ingressClassName"], "traefik")
            self.assertFalse([note for note in ingress["metadata"]["annotations"] if note.startswith("nginx.")])
        calls = [rule for rule in named(things, "NetworkPolicy", "vextrus-facade")["spec"]["ingress"] if rule["ports"][0]["port"] == 7300]
        self.assertEqual([rule["from"] for rule in calls], [[{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "traefik"}}}]])


if __name__ == "__main__":
    unittest.main()
