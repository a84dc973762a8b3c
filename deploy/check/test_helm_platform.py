"""What docs/platform.md has somebody install bears the names that the fleet's values call it by."""

from __future__ import annotations

import re
import unittest
from urllib.parse import urlsplit

import helm_chart as of
import page_commands
from helm_chart import CHART, EXAMPLES, laid_over
from support import DEPLOY, ROOT, Check

PAGE = ROOT / "docs" / "platform.md"
SITE = of.load(EXAMPLES / "site.yaml")
TRAEFIK = of.load(EXAMPLES / "traefik.yaml")


def installed() -> dict:
    """Each chart that the page installs: its release, namespace, version and values file."""
    found = {}
    for command in page_commands.commands(PAGE):
        if command[:3] != ["helm", "upgrade", "--install"]:
            continue
        options = dict(zip(command[5:], command[6:]))
        found[command[4]] = {
            "release": command[3], "namespace": options["-n"], "version": options.get("--version", ""), "values": options.get("-f"),
            "repo": options.get("--repo", ""), "waits": "--wait" in command, "makes": "--create-namespace" in command,
        }
    return found


def peers(name: str, way: str) -> set:
    """The namespaces that site.yaml lets something to or from."""
    entry = SITE["networkPolicy"][way][name]
    return {peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for peer in (entry["peers"] if way == "to" else entry)}


class Installed(Check):
    def test_each_is_pinned_waited_for_and_has_its_namespace(self):
        self.assertEqual(set(installed()), {
            "metrics-server", "cert-manager", "traefik", "kube-prometheus-stack", "prometheus-adapter", "opentelemetry-collector", "external-secrets",
        })
        there = {"kube-system", *(c[3] for c in page_commands.commands(PAGE) if c[:3] == ["kubectl", "create", "namespace"])}
        for chart, one in installed().items():
            self.assertRegex(one["version"], r"^v?\d+\.\d+\.\d+$", chart)
            self.assertRegex(one["repo"], "^https://", chart)
            self.assertTrue(one["waits"], chart)
            self.assertTrue(one["makes"] or one["namespace"] in there, f"{chart}: nobody makes {one['namespace']}")
            self.assertTrue(one["values"] is None or (ROOT / one["values"]).is_file(), chart)
        for path in set(re.findall(r"deploy/helm/examples/[\w-]+\.yaml", PAGE.read_text())):
            self.assertTrue((ROOT / path).is_file(), path)

    def test_the_table_says_where_each_is(self):
        named = dict(re.findall(r"^\| ([A-Za-z-]+)[^|]* \|[^|]*\| `([a-z-]+)` \|", PAGE.read_text(), re.MULTILINE))
        called = {
            "metrics-server": "metrics-server", "cert-manager": "cert-manager", "Traefik": "traefik", "Prometheus": "kube-prometheus-stack",
            "prometheus-adapter": "prometheus-adapter", "OpenTelemetry": "opentelemetry-collector", "External": "external-secrets",
        }
        self.assertEqual(named, {name: installed()[chart]["namespace"] for name, chart in called.items()})

    def test_callers_come_from_traefik(self):
        one = installed()["traefik"]
        peer, = TRAEFIK["networkPolicy"]["from"]["facade"]
        self.assertEqual(peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"], one["namespace"])
        # Its chart calls the class as its release.
        self.assertEqual(TRAEFIK["ingress"]["className"], one["release"])
        web, = re.findall(r"kubernetes\.io/metadata\.name: ingress-nginx", (EXAMPLES / "temporal-server.yaml").read_text())
        self.assertIn(f"; s/ingress-nginx/{one['namespace']}/\" deploy/helm/examples/temporal-server.yaml", (ROOT / "docs/deployment.md").read_text())

    def test_certificates_come_from_issuers_that_are_made_where_cert_manager_looks(self):
        things = of.parsed((EXAMPLES / "certificates.yaml").read_text()) + of.parsed((EXAMPLES / "letsencrypt.yaml").read_text())
        spaces = {thing["metadata"]["namespace"] for thing in things if "namespace" in thing["metadata"]}
        self.assertEqual(spaces, {installed()["cert-manager"]["namespace"]})
        issuers = {thing["metadata"]["name"] for thing in of.of_kind(things, "ClusterIssuer")}
        self.assertLessEqual({SITE["facade"]["tls"]["issuer"]["name"], SITE["ingress"]["tls"]["clusterIssuer"]}, issuers)
        for name in (SITE["facade"]["tls"]["issuer"]["name"], SITE["ingress"]["tls"]["clusterIssuer"]):
            self.assertIn(f"`{name}`", PAGE.read_text())

    def test_prometheus_is_where_all_ask_for_it(self):
        one = installed()["kube-prometheus-stack"]
        values = of.load(ROOT / one["values"])
        source, = values["grafana"]["additionalDataSources"]
        adapter = of.load(EXAMPLES / "prometheus-adapter.yaml")["prometheus"]
        keda = of.load(EXAMPLES / "keda.yaml")["autoscaling"]["keda"]["prometheus"]
        told = {SITE["rollout"]["prometheus"]["url"], source["url"], keda, f"{adapter['url']}:{adapter['port']}"}
        self.assertEqual(told, {f"http://prometheus-operated.{one['namespace']}.svc.cluster.local:9090"})
        self.assertEqual(peers("monitoring", "from") | peers("prometheus", "to"), {one["namespace"]})
        self.assertEqual(installed()["prometheus-adapter"]["namespace"], one["namespace"])

    def test_prometheus_reads_what_the_chart_makes_and_grafana_shows_it(self):
        values = of.load(ROOT / installed()["kube-prometheus-stack"]["values"])
        spec = values["prometheus"]["prometheusSpec"]
        for kind in ("serviceMonitor", "rule"):
            self.assertIs(spec[f"{kind}SelectorNilUsesHelmValues"], False, "our objects bear no label of its release")
        boards = values["grafana"]["sidecar"]["dashboards"]
        made = of.load(CHART / "values.yaml")["monitoring"]["dashboards"]
        self.assertEqual({boards["label"]: boards["labelValue"]}, made["labels"])
        self.assertEqual([boards["folderAnnotation"]], list(made["annotations"]))
        self.assertEqual((boards["enabled"], boards["searchNamespace"], boards["provider"]), (True, "ALL", {"foldersFromFilesStructure": True}))
        sources = {source["uid"] for source in values["grafana"]["additionalDataSources"]}
        asked = {uid for path in (DEPLOY / "observability/dashboards").glob("*.json") for uid in re.findall(r'"uid": "(vextrus-[a-z]+)"', path.read_text())}
        self.assertEqual(asked & sources, sources)
        admin = values["grafana"]["admin"]
        secret, = (c for c in page_commands.commands(PAGE) if c[3:6] == ["create", "secret", "generic"])
        self.assertEqual(secret[6], admin["existingSecret"])
        self.assertEqual({word.split("=")[1] for word in secret if word.startswith("--from-literal=")}, {admin["userKey"], admin["passwordKey"]})

    def test_traces_reach_the_collector_and_are_cleaned_as_elsewhere(self):
        one = installed()["opentelemetry-collector"]
        values = of.load(ROOT / one["values"])
        to = urlsplit(SITE["config"]["telemetry"]["otlp_endpoint"])
        self.assertEqual((to.hostname, to.port), (f"{values['fullnameOverride']}.{one['namespace']}.svc.cluster.local", values["ports"]["otlp"]["servicePort"]))
        self.assertEqual(peers("traces", "to"), {one["namespace"]})
        ours = of.load(DEPLOY / "observability/otel-collector.yaml")
        self.assertEqual(values["config"]["processors"]["attributes"], ours["processors"]["attributes"])
        self.assertEqual(values["config"]["service"]["pipelines"]["traces"]["processors"], ours["service"]["pipelines"]["traces"]["processors"])
        exporters = values["config"]["service"]["pipelines"]["traces"]["exporters"]
        self.assertLessEqual(set(exporters), set(values["config"]["exporters"]))

    def test_secrets_come_from_where_the_examples_say(self):
        namespace = installed()["external-secrets"]["namespace"]
        self.assertIn(f"namespace: {namespace}}}", (EXAMPLES / "external-secrets-vault.yaml").read_text())


class Cloud(Check):
    def test_api_keys_are_shown_at_the_regions_address_and_certificates_at_the_namespaces(self):
        by_key, by_certificate = (of.load(EXAMPLES / f"temporal-cloud-{name}.yaml")["temporal"] for name in ("api-key", "mtls"))
        page = (ROOT / "docs/deployment.md").read_text()
        region, = re.findall(r"tcld namespace create -n vextrus --region (\S+)", page)
        self.assertEqual(by_key["address"], f"{region}.aws.api.temporal.io:7233")
        self.assertEqual(by_certificate["address"], f"{by_certificate['namespace']}.tmprl.cloud:7233")
        self.assertEqual(by_key["namespace"], by_certificate["namespace"])
        for values in (by_key, by_certificate):
            rendered = of.objects(of.render(laid_over(of.value_sets()["production"], {"temporal": values, "secrets": of.OWN_API_KEYS["secrets"]})))
            told = {of.environment(spec)["TEMPORAL_ADDRESS"]["value"] for _, labels, spec in of.pods(rendered) if labels["app.kubernetes.io/component"] != "tests"}
            self.assertEqual(told, {values["address"]})


if __name__ == "__main__":
    unittest.main()
