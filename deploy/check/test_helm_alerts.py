"""Several fleets under one Prometheus: what alarms, scales or takes a build back asks for its own namespace alone."""

from __future__ import annotations

import copy
import re
import tempfile
import unittest
from pathlib import Path

import yaml

import helm_chart as of
from helm_chart import laid_over, named, of_kind
from support import DEPLOY, ROOT, Check, program

RULES = DEPLOY / "observability" / "rules"
# What Prometheus's operator names a target by, beside what the target says.
OURS = f'namespace="{of.NAMESPACE}"'


def metrics() -> set:
    """Every metric that alerts may ask for: tests/observability holds them to it."""
    import tomllib

    own = re.findall(r'= (?:counters|gauges|latencies) "(\w+)"', (ROOT / "platform/src/metrics.rs").read_text())
    foreign = tomllib.loads((DEPLOY / "observability/sources/foreign-metrics.toml").read_text())
    return {*own, *(name for part in foreign.values() for name in part)}


def asked(query: str) -> list:
    """The metrics of a query, each with its matchers."""
    found = re.findall(r"\b([a-zA-Z_]\w*?)(?:_(?:count|sum|bucket))?\b(?:\{([^}]*)\})?", query)
    return [(name, matchers) for name, matchers in found if name in metrics()]


class OneFleet(Check):
    def rules(self) -> dict:
        rule, = of_kind(of.renderings()["production (install)"], "PrometheusRule")
        return rule["spec"]

    def queries(self) -> list:
        found = [rule["expr"] for group in self.rules()["groups"] for rule in group["rules"]]
        for name in ("production (upgrade)", "example: keda.yaml (upgrade)"):
            things = of.renderings()[name]
            found += [t["metadata"]["query"] for s in of_kind(things, "ScaledObject") for t in s["spec"]["triggers"] if t["type"] == "prometheus"]
            args = named(things, "Job", "vextrus-rollout")["spec"]["template"]["spec"]["containers"][0]["args"]
            found.append(args[args.index("--query") + 1])
        return found

    def test_every_metric_that_is_asked_for_is_of_our_namespace(self):
        seen = [(query, name, matchers) for query in self.queries() for name, matchers in asked(query)]
        self.assertGreater(len(seen), 30)
        for query, name, matchers in seen:
            self.assertIn(OURS, [one.strip() for one in matchers.split(",")], f"{name} in {query}")

    def test_a_release_elsewhere_asks_for_its_own(self):
        import helm_python

        values = laid_over(of.value_sets()["production"], of.load(of.EXAMPLES / "keda.yaml"))
        texts = helm_python.Chart.load(str(of.CHART)).render(values, name="vextrus", namespace="staging", is_upgrade=True)
        said = "\n".join(text for name, text in texts.items() if re.search("/(keda|jobs|monitoring).yaml$", name))
        self.assertIn('namespace="staging"', said.replace("\\", ""))
        self.assertNotIn(OURS, said.replace("\\", ""))

    def test_a_query_of_ones_own_may_hold_templates_and_need_not(self):
        for query, expected in (("up{a=\"{{ .Release.Name }}\"}", 'up{a="vextrus"}'), ("vector(0)", "vector(0)")):
            over = {"rollout": {"prometheus": {"url": "http://prometheus:9090", "query": query}}}
            things = of.objects(of.render(laid_over(of.value_sets()["development"], over)))
            self.assertEqual(named(things, "Job", "vextrus-rollout")["spec"]["template"]["spec"]["containers"][0]["args"][-1], expected)


class Mending(Check):
    """docs/rollback.md: the one alert that a release is to mend does not keep it out."""

    def query(self, values: dict) -> str:
        args = named(of.objects(of.render(values, is_upgrade=True)), "Job", "vextrus-rollout")["spec"]["template"]["spec"]["containers"][0]["args"]
        return args[args.index("--query") + 1]

    def test_what_the_page_lays_over_leaves_out_one_page_and_no_more(self):
        page = (ROOT / "docs/rollback.md").read_text()
        said, = re.findall(r"```yaml\n(rollout:\n.*?)```", page, re.DOTALL)
        production = of.value_sets()["production"]
        query = self.query(laid_over(production, of.parsed(said)[0]))
        pages = {rule["alert"] for rule in of.load(RULES / "vextrus.yaml")["groups"][0]["rules"] if rule["labels"]["severity"] == "page"}
        left_out, = re.findall(r', alertname!="(\w+)"', query)
        self.assertIn(left_out, pages)
        self.assertEqual(query.replace(f', alertname!="{left_out}"', ""), self.query(production))
        several, = re.findall(r'`alertname!~"([\w|]+)"`', page)
        self.assertLessEqual(set(several.split("|")), pages)

    def test_without_an_address_nothing_is_asked(self):
        over = {"rollout": {"prometheus": {"url": ""}}}
        things = of.objects(of.render(laid_over(of.value_sets()["production"], over)))
        self.assertNotIn("--prometheus", named(things, "Job", "vextrus-rollout")["spec"]["template"]["spec"]["containers"][0]["args"])


class Fired(Check):
    """promtool plays the alerts of the chart as it plays those that they are made of."""

    def play(self, change) -> tuple:
        """Writes the chart's rules and the tests of their source, which `change` may change; answers promtool and where they are."""
        tests = yaml.safe_load((RULES / "vextrus_test.yaml").read_text())
        for test in tests["tests"]:
            change(test)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        rule, = of_kind(of.renderings()["production (install)"], "PrometheusRule")
        (Path(folder.name) / "vextrus.yaml").write_text(yaml.safe_dump(rule["spec"]))
        (Path(folder.name) / "tests.yaml").write_text(yaml.safe_dump(tests))
        return program("promtool", "make deploy-check brings it"), Path(folder.name)

    def of_namespace(self, test: dict, name: str) -> None:
        for one in test["input_series"]:
            head, _, rest = one["series"].partition("{")
            one["series"] = f'{head}{{namespace="{name}"' + (f", {rest}" if rest else "}")

    def expected(self, test: dict) -> list:
        return [alert for one in test["alert_rule_test"] for alert in one["exp_alerts"]]

    def test_they_are_what_kubernetes_is_given(self):
        tool, folder = self.play(lambda test: None)
        self.passes([tool, "check", "rules", folder / "vextrus.yaml"])

    def test_in_our_namespace_they_fire_as_they_should_and_say_whose_they_are(self):
        def ours(test: dict) -> None:
            self.of_namespace(test, of.NAMESPACE)
            for alert in self.expected(test):
                alert["exp_labels"]["namespace"] = of.NAMESPACE

        tool, folder = self.play(ours)
        self.passes([tool, "test", "rules", folder / "tests.yaml"])

    def test_what_another_fleet_has_beside_ours_changes_nothing(self):
        def beside(test: dict) -> None:
            """The others' figures are those under which the alerts of the source fire; ours are not there."""
            self.of_namespace(test, "staging")
            for one in test["alert_rule_test"]:
                one["exp_alerts"] = []
            # That a metric is absent is another alarm.
            test["alert_rule_test"] = [one for one in test["alert_rule_test"] if one["alertname"] not in absent]

        rules = of.load(RULES / "vextrus.yaml")["groups"][0]["rules"]
        absent = {rule["alert"] for rule in rules if "absent(" in rule["expr"]}
        tool, folder = self.play(beside)
        self.passes([tool, "test", "rules", folder / "tests.yaml"])

    def test_the_alerts_are_those_of_the_source(self):
        rule, = of_kind(of.renderings()["production (install)"], "PrometheusRule")
        spec = copy.deepcopy(rule["spec"])
        for one in (one for group in spec["groups"] for one in group["rules"]):
            self.assertEqual(one["labels"].pop("namespace"), of.NAMESPACE)
            one["expr"] = one["expr"].replace(f"{{{OURS}}}", "").replace(f"{OURS},", "")
        self.assertEqual(spec, of.load(RULES / "vextrus.yaml"))


if __name__ == "__main__":
    unittest.main()
