"""How the fleet's pods are spread, scaled and reached, in every rendering of the chart."""

from __future__ import annotations

import unittest

import helm_chart as of
from helm_chart import laid_over, named, of_kind
from support import Check

ZONE, NODE = "topology.kubernetes.io/zone", "kubernetes.io/hostname"


def metrics(hpa: dict) -> set:
    return {(one["resource"] if one["type"] == "Resource" else one["pods"]["metric"])["name"] for one in hpa["spec"]["metrics"]}


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

    def test_without_an_adapter_nothing_is_asked_of_it(self):
        for hpa in of_kind(of.renderings()["feature: hpa (install)"], "HorizontalPodAutoscaler"):
            self.assertEqual(metrics(hpa), {"cpu", "memory"})


class Reached(Check):
    def test_services_say_what_is_spoken(self):
        production = of.value_sets()["production"]
        plain = laid_over(production, {"mesh": True, "facade": {"tls": {"enabled": False}, "codec": {"enabled": True}}})
        for values, spoken in ((production, "https"), (plain, "grpc")):
            found = {}
            for service in of_kind(of.objects(of.render(values)), "Service"):
                found.update({(service["metadata"]["name"], port["name"]): port["appProtocol"] for port in service["spec"]["ports"]})
            expected = {("vextrus-facade", "grpc"): spoken, ("vextrus-facade", "http-admin"): "http", ("vextrus-worker", "http-admin"): "http"}
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


if __name__ == "__main__":
    unittest.main()
