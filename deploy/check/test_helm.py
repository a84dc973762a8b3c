"""Checks of the chart, of its value sets and examples, and of the plain manifests that are rendered from it."""

from __future__ import annotations

import functools
import json
import re
import shutil
import unittest

import helm_chart as of
import helm_crds
from helm_chart import CHART, EXAMPLES, laid_over, named, of_kind, pods
from support import DEPLOY, ROOT, Check

# The oldest that the chart names, one in between, and the newest that there are schemas of.
VERSIONS = ("1.30.0", "1.33.0", "1.37.0")


class Rendered(Check):
    def test_the_chart_lints(self):
        import helm_python

        for name, values in of.value_sets().items():
            found = helm_python.lint(str(CHART), values, strict=True, namespace=of.NAMESPACE, kube_version="1.33.0")
            # That it has no icon is all that it says, and says at every time.
            wrong = [one for one in found["messages"] if one["severity"] > 1]
            self.assertEqual(wrong, [], name)

    def test_the_chart_is_of_the_programs_version(self):
        import tomllib

        told = of.load(CHART / "Chart.yaml")
        programs = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
        self.assertEqual([str(told[key]) for key in ("version", "appVersion")], [programs, programs])

    def test_every_rendering_is_what_kubernetes_takes(self):
        import kubernetes_validate
        from kubernetes_validate import utils

        # It reads its schemas anew for each object.
        utils.schema_contents = functools.lru_cache(maxsize=None)(utils.schema_contents)
        unique: dict = {}
        for name, things in of.renderings().items():
            for thing in things:
                unique.setdefault(json.dumps(thing, sort_keys=True), name)
        for text, name in unique.items():
            thing = json.loads(text)
            what = f"{name}: {thing['kind']}/{thing['metadata']['name']}"
            foreign = thing["apiVersion"].split("/")[0] in {kind.split("/")[0] for kind in [*helm_crds.MODELS, *helm_crds.SPECS]}
            if foreign:
                self.assertEqual(helm_crds.faults(thing), [], what)
            for one in helm_crds.embedded(thing) if foreign else [thing]:
                for version in VERSIONS:
                    try:
                        kubernetes_validate.validate(one, version, strict=True)
                    except kubernetes_validate.SchemaNotFoundError as error:
                        self.fail(f"{what}: {error.message}: give helm_crds.py its schema")
                    except kubernetes_validate.ValidationError as error:
                        at = ".".join(map(str, error.absolute_path))
                        self.fail(f"{what} is not what Kubernetes {version} takes: {at}: {error.message}")

    def test_the_checks_of_other_kinds_find_what_is_wrong(self):
        production = of.renderings()["production (install)"]
        keda = of.renderings()["feature: keda and mTLS (install)"]
        controlled = of.renderings()["feature: worker controller with hpa and mTLS (install)"]
        external = of.renderings()["feature: external secrets (install)"]
        for things, kind in (
            (production, "ServiceMonitor"), (production, "PrometheusRule"), (production, "Certificate"), (keda, "ScaledObject"),
            (keda, "TriggerAuthentication"), (controlled, "Connection"), (controlled, "WorkerDeployment"),
            (controlled, "WorkerResourceTemplate"), (external, "ExternalSecret"),
            (of.renderings()["example: traefik.yaml (install)"], "ServersTransport"),
        ):
            thing = of_kind(things, kind)[0]
            self.assertNotEqual(helm_crds.faults(laid_over(thing, {"spec": {"bogus": "x"}})), [], kind)
        self.assertNotEqual(helm_crds.faults({"apiVersion": "x.example/v1", "kind": "Thing", "spec": {}}), [])

    def test_nothing_is_there_twice_and_all_is_in_the_namespace(self):
        for name, things in of.renderings().items():
            seen = set()
            for thing in things:
                # What an install needs early is a hook, and comes again for good.
                is_hook = "helm.sh/hook" in thing["metadata"].get("annotations", {})
                key = (thing["kind"], thing["metadata"]["name"], is_hook)
                self.assertNotIn(key, seen, f"{name}: twice")
                seen.add(key)
                if "extra" not in name and "own objects" not in name:
                    self.assertEqual(thing["metadata"]["namespace"], of.NAMESPACE, f"{name}: {key}")

    def test_services_budgets_and_scalers_meet_what_they_are_for(self):
        for name, things in of.renderings().items():
            labels = {what: labels for what, labels, _ in pods(things)}
            ports = {what: {port["name"] for c in spec["containers"] for port in c.get("ports") or []} for what, _, spec in pods(things)}
            for thing in of_kind(things, "Service", "PodDisruptionBudget"):
                selector = thing["spec"]["selector"]
                selector = selector.get("matchLabels", selector)
                met = [what for what, has in labels.items() if selector.items() <= has.items()]
                self.assertTrue(met, f"{name}: {thing['kind']}/{thing['metadata']['name']} selects no pod")
                if thing["kind"] == "Service":
                    for port in thing["spec"]["ports"]:
                        self.assertIn("appProtocol", port, "a mesh must know what is spoken")
                        self.assertTrue(all(port["targetPort"] in ports[what] for what in met), f"{name}: {port}")
            for thing in of_kind(things, "HorizontalPodAutoscaler", "ScaledObject"):
                target = f"{thing['spec']['scaleTargetRef']['kind']}/{thing['spec']['scaleTargetRef']['name']}"
                self.assertIn(target, labels, name)
            services = of_kind(things, "Service")
            for thing in of_kind(things, "ServiceMonitor"):
                met = [s for s in services if thing["spec"]["selector"]["matchLabels"].items() <= s["metadata"]["labels"].items()]
                self.assertEqual(len(met), 1, name)
                self.assertIn(thing["spec"]["endpoints"][0]["port"], {port["name"] for port in met[0]["spec"]["ports"]})

    def test_each_example_is_rendered_or_said_to_be_something_else(self):
        import kubernetes_validate

        rendered = set(of.examples())
        # Objects, and values of other charts.
        foreign, native = {"certificates.yaml", "temporal-certificates.yaml", "letsencrypt.yaml"}, {"trial.yaml", "psql.yaml"}
        charts = {"temporal-server.yaml", "prometheus-adapter.yaml", "kube-prometheus-stack.yaml", "otel-collector.yaml"}
        self.assertEqual({p.name for p in EXAMPLES.glob("*")} - rendered, {*foreign, *native, *charts})
        for thing in (thing for name in foreign for thing in of.parsed((EXAMPLES / name).read_text())):
            self.assertEqual(helm_crds.faults(thing), [])
        for thing in (thing for name in native for thing in of.parsed((EXAMPLES / name).read_text())):
            kubernetes_validate.validate(thing, VERSIONS[0], strict=True)

    def test_what_the_examples_name_is_made_by_one_of_them(self):
        made = {(t["kind"], t["metadata"]["name"]) for path in EXAMPLES.glob("*") for t in of.parsed(path.read_text()) if "kind" in t}
        made |= {("Secret", t["spec"]["secretName"]) for path in EXAMPLES.glob("*") for t in of.parsed(path.read_text()) if t.get("kind") == "Certificate"}
        site = of.load(EXAMPLES / "site.yaml")
        for kind, name in ((site["facade"]["tls"]["issuer"]["kind"], site["facade"]["tls"]["issuer"]["name"]),
                           ("ClusterIssuer", site["ingress"]["tls"]["clusterIssuer"]), ("Secret", site["temporal"]["clientCertificateSecret"])):
            self.assertIn((kind, name), made)

    def test_only_two_namespaces_can_have_what_the_temporal_server_lets_in(self):
        things = of.parsed((EXAMPLES / "temporal-certificates.yaml").read_text())
        self.assertEqual({t["metadata"]["namespace"] for t in things}, {"temporal", "vextrus"})
        asked = {(t["metadata"]["namespace"], t["spec"]["issuerRef"]["kind"], t["spec"]["issuerRef"]["name"])
                 for t in of_kind(things, "Certificate")}
        made = {(t["metadata"]["namespace"], "Issuer", t["metadata"]["name"]) for t in of_kind(things, "Issuer")}
        self.assertEqual(asked, made, "each asks an authority of its own namespace")

    def test_the_temporal_server_knows_its_databases_and_their_authority(self):
        server = of.load(EXAMPLES / "temporal-server.yaml")["server"]
        stores = {name: store["sql"] for name, store in server["config"]["persistence"]["datastores"].items()}
        self.assertEqual({name: sql["databaseName"] for name, sql in stores.items()}, {"default": "temporal", "visibility": "temporal_visibility"})
        volumes = {volume["name"]: volume["secret"] for volume in server["additionalVolumes"]}
        there = {f"{mount['mountPath']}/{item['path']}" for mount in server["additionalVolumeMounts"] for item in volumes[mount["name"]]["items"]}
        for sql in stores.values():
            self.assertIn(sql["tls"]["caFile"], there)
            self.assertEqual(sql["connectAddr"], f"{sql['tls']['serverName']}:5432", "the certificate is of another name")

    def test_every_certificate_says_how_long_it_lives_and_leaves_a_month_to_take_it_up(self):
        seen = [(path.name, t) for path in EXAMPLES.glob("*.yaml") for t in of.parsed(path.read_text()) if t.get("kind") == "Certificate"]
        seen += [("production", t) for t in of_kind(of.renderings()["production (install)"], "Certificate")]
        self.assertGreater(len(seen), 5)
        for where, thing in seen:
            duration, before = (int(re.fullmatch(r"(\d+)h", thing["spec"].get(key, "0h")).group(1)) for key in ("duration", "renewBefore"))
            self.assertTrue(30 * 24 <= before < duration, f"{where}: {thing['metadata']['name']}: {before} of {duration} hours")
        page = (ROOT / "docs/secrets.md").read_text()
        self.assertIn("live for a year, and\ncert-manager replaces them ninety days before their end", page)
        leaves = [t["spec"] for where, t in seen if where == "temporal-certificates.yaml" and not t["spec"].get("isCA")]
        self.assertEqual([(spec["duration"], spec["renewBefore"]) for spec in leaves], [(f"{365 * 24}h", f"{90 * 24}h")] * 3)

    def test_the_temporal_ui_changes_nothing_in_cluster_and_compose(self):
        told = of.load(EXAMPLES / "temporal-server.yaml")["web"]["additionalEnv"]
        self.assertEqual(told, [{"name": "TEMPORAL_DISABLE_WRITE_ACTIONS", "value": "true"}])
        self.assertIs(of.load(ROOT / "temporal/config/ui.yaml")["disableWriteActions"], True)

    def test_own_objects_may_hold_templates(self):
        things = of.renderings()["feature: own objects (install)"]
        self.assertEqual(named(things, "ConfigMap", "own")["metadata"]["labels"]["of"], "vextrus")
        named(things, "ConfigMap", "vextrus-text")

    def test_the_notes_say_how_to_go_on(self):
        for name, values in of.value_sets().items():
            notes = of.render(values)["NOTES.txt"]
            self.assertIn("docs/deployment.md", notes, name)
            self.assertIn("https://workflows.acme.example" if name != "development" else "port-forward", notes)


class Refused(Check):
    """Values that must not be taken, and what is said of them."""

    def refused(self, values: dict, says: str, is_upgrade: bool = False) -> None:
        import helm_python

        try:
            of.render(values, is_upgrade)
        except helm_python.HelmError as error:
            self.assertRegex(str(error), says)
            return
        self.fail(f"taken, where {says!r} should be said")

    def test_the_schema_refuses_what_does_not_fit(self):
        sets = of.value_sets()
        development, production = sets["development"], sets["production"]
        wrong = [
            (development, {"facde": {}}, "facde"),
            (development, {"temporal": {"address": "temporal"}}, "/temporal/address"),
            (development, {"temporal": {"address": None}}, "address"),
            (development, {"autoscaling": {"mode": "both"}}, "/autoscaling/mode"),
            (development, {"autoscaling": {"mode": ["hpa", "keda"]}}, "/autoscaling/mode"),
            (development, {"autoscaling": {"scaleDownStabilizationSeconds": 60}}, "scaleDownStabilizationSeconds"),
            (development, {"config": {"ledger": {"connections": 1}}}, "connections"),
            (development, {"config": {"ledger": {"address": "postgres://"}}}, "address"),
            (development, {"config": {"worker": {"admin_listen": ""}}}, "worker"),
            (development, {"config": {"log": {"format": "xml"}}}, "/config/log/format"),
            (development, {"config": {"steps": {"timeout_millis": "15000"}}}, "timeout_millis"),
            (development, {"config": {"auth": {"jwks_url": "http://login.acme.example/"}}}, "jwks_url"),
            (development, {"config": {"signing": {"accepted_keys": ""}}}, "accepted_keys"),
            (development, {"image": {"worker": {"digest": "sha256:abc"}}}, "digest"),
            (development, {"pod": {"user": 0}}, "/pod/user"),
            (development, {"worker": {"groups": {"all": {"taskQueues": ["invoices"]}}}}, "taskQueues"),
            (development, {"worker": {"groups": {"more": {"taskQueues": []}}}}, "taskQueues"),
            (development, {"worker": {"terminationGracePeriodSeconds": 30}}, "terminationGracePeriodSeconds"),
            (development, {"secrets": {"env": {"PATH": "x"}}}, "PATH"),
            (development, {"versions": {"draining": [{"tag": "0.1.0"}]}}, "draining"),
            (development, {"rollout": {"watch": "ten minutes"}}, "watch"),
            (development, {"ingress": {"enabled": True}}, "/ingress/host"),
            (production, {"autoscaling": {"mode": "none"}}, "/autoscaling/mode"),
            (production, {"autoscaling": {"hpa": {"customMetrics": False}}}, "customMetrics"),
            (production, {"autoscaling": {"mode": "keda"}}, "prometheus"),
            (production, {"worker": {"autoscaling": {"min": 1}}}, "/worker/autoscaling/min"),
            (production, {"facade": {"autoscaling": {"min": 2}}}, "/facade/autoscaling/min"),
            (production, {"networkPolicy": {"enabled": False}}, "/networkPolicy/enabled"),
            (production, {"networkPolicy": {"to": {"database": {"peers": []}}}}, "/networkPolicy/to/database/peers"),
            (production, {"networkPolicy": {"from": {"facade": []}}}, "/networkPolicy/from/facade"),
            (production, {"networkPolicy": {"to": {"proxy": {"ports": [443], "peers": []}}}}, "components"),
            (production, {"networkPolicy": {"to": {"mail": {"components": ["tests"]}}}}, "/networkPolicy/to/mail/components"),
            (production, {"networkPolicy": {"to": {"mail": {"ports": []}}}}, "/networkPolicy/to/mail/ports"),
            (production, {"networkPolicy": {"to": {"mail": {"peers": [{"ipblock": {}}]}}}}, "ipblock"),
            (production, {"networkPolicy": {"to": {"mail": {"peers": [{}]}}}}, "/networkPolicy/to/mail/peers/0"),
            (production, {"networkPolicy": {"to": {"storage": {"peers": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}}}}, "except"),
            (production, {"networkPolicy": {"to": {"storage": {"peers": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}}]}}}}, "except"),
            (production, {"networkPolicy": {"to": {"storage": {"peers": [{"ipBlock": {"cidr": "::/0"}}]}}}}, "except"),
            (production, {"ledger": {"sslMode": "prefer"}}, "/ledger/sslMode"),
            (production, {"ledger": {"sslMode": "require"}}, "/ledger/sslMode"),
            (production, {"temporal": {"tls": {"enabled": False}}}, "/temporal/tls/enabled"),
            (production, {"temporal": {"auth": "none", "tls": {"enabled": False}}, "mesh": True}, "/temporal/tls/enabled"),
            (production, {"facade": {"tls": {"enabled": False}}}, "/facade/tls/enabled"),
            (production, {"secrets": {"keys": {"codecKeys": ""}}}, "/secrets/keys/codecKeys"),
            (development, {"mesh": "linkerd"}, "/mesh"),
            (production, {"config": {"signals": {"trust": "namespace"}}}, "/config/signals/trust"),
            (production, {"podDisruptionBudget": {"enabled": False}}, "/podDisruptionBudget/enabled"),
            (production, {"versions": {"enabled": False}}, "/versions/enabled"),
            (production, {"replayGate": {"enabled": False}}, "/replayGate/enabled"),
            (production, of.PLAIN, "/secrets/source"),
        ]
        for base, over, says in wrong:
            with self.subTest(over):
                self.refused(laid_over(base, over), says)

    def test_production_may_leave_to_others_what_they_bring(self):
        production = of.value_sets()["production"]
        api_key = laid_over(of.API_KEY, {"temporal": {"tls": {"enabled": False}}})
        meshed = {"mesh": True, "facade": {"tls": {"enabled": False}}, "config": {"notify": {"channels": "log,kafka", "kafka_security": "none"}}}
        for over in (api_key, meshed):
            things = of.objects(of.render(laid_over(production, over)))
            told = of.environment(named(things, "Deployment", "vextrus-facade")["spec"]["template"]["spec"])
            self.assertEqual(told["TEMPORAL_TLS"]["value"], "true", "with neither of them is Temporal called in plain text")

    def test_kafka_in_plain_text_is_refused_in_production_alone(self):
        sets = of.value_sets()
        for channels in ("kafka", "log,kafka", "webhook, kafka ,log"):
            of.render(laid_over(sets["production"], {"config": {"notify": {"channels": channels}}}))
            over = {"config": {"notify": {"channels": channels, "kafka_security": "none"}}}
            self.refused(laid_over(sets["production"], over), "a mesh brings it and mesh: true says so")
            of.render(laid_over(sets["development"], over))
        of.render(laid_over(sets["production"], {"config": {"notify": {"channels": "log,webhook", "kafka_security": "none"}}}))

    def test_what_contradicts_itself_is_refused(self):
        base = of.value_sets()["development"]
        wrong = [
            ({"temporal": {"auth": "apiKey"}}, "secrets.keys.temporalApiKey"),
            ({"temporal": {"auth": "mtls"}}, "clientCertificateSecret"),
            ({"facade": {"codec": {"enabled": True}}}, "codecKeys"),
            ({"facade": {"tls": {"enabled": True}}}, "issuer.name"),
            ({"facade": {"tls": {"clientCaSecret": "x"}}}, "needs facade.tls.enabled"),
            ({"ingress": {"enabled": True, "host": "w.example"}}, "ingress.tls.clusterIssuer"),
            ({"jwks": "{}"}, "not from both"),
            ({"config": {"auth": {"jwks_url": None}}}, "nobody could be authenticated"),
            ({"secrets": {"source": "external"}}, "remoteKey"),
            ({"secrets": {"source": "plain", "plain": {"signing.key": "x"}}}, "holds no"),
            ({"versions": {"draining": [{"build": of.version()}]}}, "is the build that is brought in"),
            ({"versions": {"enabled": False, "draining": [{"build": "0.0.1"}]}}, "needs versions.enabled"),
            ({"image": {"worker": {"digest": f"sha256:{'0' * 64}"}}}, "set versions.build"),
            ({"temporal": {"workerController": {"enabled": True}}, "versions": {"draining": [{"build": "0"}]}}, "keeps draining builds itself"),
            ({"temporal": {"workerController": {"enabled": True}}, "autoscaling": {"mode": "keda"}}, "hpa or none"),
            (laid_over(of.KEDA, {"temporal": {"tls": {"enabled": True}}}), "would call Temporal in plain text"),
            (laid_over(of.KEDA, {"temporal": {"tls": {"enabled": True, "caSecret": "ca"}}}), "would call Temporal in plain text"),
            (laid_over(laid_over(of.KEDA, of.API_KEY), {"temporal": {"tls": {"caSecret": "ca"}}}), "empty temporal.tls.caSecret"),
            ({"worker": {"autoscaling": {"min": 11}}}, "min is above max"),
            ({"worker": {"groups": {"more": {"taskQueues": ["invoice"]}}}}, "invoice is polled by all and more"),
            ({"worker": {"groups": {"all": {"taskQueues": ["invoice"]}}}}, "purchase-order is polled by none"),
            ({"ledger": {"maxConnections": 40}, "config": {"ledger": {"connections": 14}}}, "lower config.ledger.connections"),
        ]
        for over, says in wrong:
            with self.subTest(over):
                self.refused(laid_over(base, over), says)

    def test_the_schema_knows_every_value_and_every_setting(self):
        schema = of.schema()

        def closed(part: dict, values: object, path: str) -> None:
            if part.get("$ref"):
                part = schema["definitions"][part["$ref"].rsplit("/", 1)[1]]
            if isinstance(values, dict) and part.get("additionalProperties") is False:
                self.assertLessEqual(set(values), set(part["properties"]), path)
                for key, value in values.items():
                    closed(part["properties"][key], value, f"{path}.{key}")

        closed(schema, of.load(CHART / "values.yaml"), "values")
        self.assertEqual(set(of.load(CHART / "values.yaml")), set(schema["properties"]) - {"global"})
        settings = schema["properties"]["config"]["properties"]
        told = {f"{section}.{key}" for section, part in settings.items() for key in part["properties"]}
        known = {f"{section}.{key}" for section, keys in of.defaults().items() for key in keys}
        # What the chart says itself: listeners, groups of workers, and what stands in files and secrets.
        own = {name for name in known if re.search(r"listen$|_queues$|_file$|^codec\.keys|address$", name)}
        self.assertEqual(told, known - own, "the schema's config and platform/src/default.toml")
        for section, keys in of.defaults().items():
            for key, value in keys.items():
                part = settings.get(section, {}).get("properties", {}).get(key)
                if part and "enum" not in part:
                    self.assertEqual(part["type"], "integer" if isinstance(value, int) else "string", f"{section}.{key}")


class Page(Check):
    """docs/deployment.md and what is said beside the manifests."""

    PAGES = (ROOT / "docs/deployment.md", ROOT / "docs/platform.md", of.MANIFESTS / "README.md")

    def test_files_and_links_that_are_named_exist(self):
        for page in self.PAGES:
            text = page.read_text()
            for link in re.findall(r"\]\(([^)#:]+)[#)]", text):
                self.assertTrue((page.parent / link).exists(), f"{page.name}: {link}")
            blocks = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
            named = re.findall(r"(?<![\w/.=:$-])((?:deploy|examples|rules|\.github)/[\w./-]+\w)", blocks)
            self.assertTrue(len(named) > 4 or page.name == "README.md")
            for path in named:
                self.assertTrue((ROOT / path).exists(), f"{page.name}: {path}")

    def test_what_is_said_of_the_jobs_is_so(self):
        text = self.PAGES[0].read_text()
        jobs = {job["metadata"]["name"][8:] for job in of_kind(of.renderings()["production (install)"], "Job")}
        self.assertLessEqual(jobs - {"replay-gate"}, set(re.findall(r"`([a-z-]+)`", text)))
        attributes = re.findall(r"--sa (\w+)=(\w+)", text)
        code = (ROOT / "temporal/src/search_attributes.rs").read_text()
        names = dict(re.findall(r'pub const (\w+): &str = "(\w+)"', code))
        own = {(names.get(name, name.strip('"')), kind) for name, kind in re.findall(r'\((\w+|"\w+"), IndexedValueType::(\w+)\)', code)}
        self.assertEqual((len(attributes), set(attributes)), (len(own), own))


class Copies(Check):
    """Helm packages no file from outside of the chart, so that what stands elsewhere is copied."""

    PAIRS = {"files/dashboards": ("observability/dashboards", "*.json"), "files/rules": ("observability/rules", "vextrus.yaml")}

    def test_copies_are_what_they_are_copies_of(self):
        for copy, (source, pattern) in self.PAIRS.items():
            sources = {p.name: p for p in (DEPLOY / source).glob(pattern)}
            if of.WRITES:
                shutil.rmtree(CHART / copy, ignore_errors=True)
                (CHART / copy).mkdir(parents=True)
                for name, path in sources.items():
                    shutil.copyfile(path, CHART / copy / name)
            copies = {p.name: p for p in (CHART / copy).glob("*")}
            how = f"{copy} and deploy/{source}: VEXTRUS_WRITE_GOLDEN=1 python3 deploy/check/run.py helm"
            self.assertEqual(set(copies), set(sources), how)
            for name, path in sources.items():
                self.assertEqual(copies[name].read_text(), path.read_text(), f"{name} of {how}")

    def test_dashboards_come_through_unchanged(self):
        things = of.renderings()["production (install)"]
        boards = {key: json.loads(text) for thing in of_kind(things, "ConfigMap") for key, text in thing["data"].items() if key.endswith(".json")}
        self.assertEqual(boards, {p.name: json.loads(p.read_text()) for p in (DEPLOY / "observability/dashboards").glob("*.json")})

    def test_the_plain_manifests_are_the_chart_rendered(self):
        wanted = of.manifests()
        if of.WRITES:
            for folder in of.FOLDERS:
                shutil.rmtree(of.MANIFESTS / folder, ignore_errors=True)
            for name, text in wanted.items():
                (of.MANIFESTS / name).parent.mkdir(parents=True, exist_ok=True)
                (of.MANIFESTS / name).write_text(text)
        there = {str(p.relative_to(of.MANIFESTS)) for folder in of.FOLDERS for p in (of.MANIFESTS / folder).glob("*")}
        how = "VEXTRUS_WRITE_GOLDEN=1 python3 deploy/check/run.py helm renders deploy/kubernetes anew"
        self.assertEqual(there, set(wanted), how)
        for name, text in wanted.items():
            self.assertEqual((of.MANIFESTS / name).read_text(), text, f"{name}: {how}")


if __name__ == "__main__":
    unittest.main()
