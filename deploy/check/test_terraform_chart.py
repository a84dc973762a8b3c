"""What Terraform tells the chart: whole environments are made by the stand-in, and the chart is rendered with what they tell."""

from __future__ import annotations

import json
import shutil
import tempfile
import unittest
from pathlib import Path

import helm_chart
import helm_crds
import helm_python
import network_cast
import terraform_files as files
import terraform_provider
import terraform_schema
from helm_chart import laid_over
from network_policies import Networks, Outside
from support import Check, run
from test_terraform import ENVIRONMENTS, OFFLINE, terraform

# Tells its values in each environment; what is known only afterwards too, hence no mere plan.
TOLD = """
mock_provider "aws" {
  source = "../../mocks"
}

variables {
  region               = "ap-south-1"
  account_id           = "123456789012"
  domain               = "example.com"
  documents_per_second = 10
  documents_per_year   = 5000000
  temporal             = "self-hosted"
  administrators       = { platform = "arn:aws:iam::123456789012:role/platform" }
  callers_cidrs        = ["198.51.100.0/24"]
  operators_cidrs      = ["198.51.100.0/24"]
}
"""
RUN = """
run "%s" {
  variables {
    environment = "%s"
  }
}
"""


def told() -> dict:
    """What helm_values says in each environment."""
    work = Path(tempfile.mkdtemp(prefix="vextrus-terraform-"))
    try:
        shutil.copytree(files.ROOT, work / "terraform", ignore=shutil.ignore_patterns(".terraform", "*.tfstate*", "tests"))
        folder = work / "terraform/modules/environment"
        (folder / "tests").mkdir()
        (folder / "tests/told.tftest.hcl").write_text(TOLD + "".join(RUN % (name, name) for name in ENVIRONMENTS))
        with terraform_provider.running(json.loads(terraform_schema.SCHEMA.read_text())) as found:
            for words in (("init", "-backend=false", "-input=false", "-no-color"), ("test", "-json", "-verbose")):
                done = run([terraform(), *words], folder=folder, environment={**OFFLINE, **found}, seconds=600)
                if done.returncode != 0:
                    raise AssertionError(f"terraform {words[0]}:\n{done.stdout}")
    finally:
        shutil.rmtree(work, ignore_errors=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["@testrun"]: line["test_state"]["outputs"]["helm_values"]["value"] for line in lines if line["type"] == "test_state"}


class Chart(Check):
    @classmethod
    def setUpClass(cls):
        cls.told = told()

    def values(self, environment: str) -> dict:
        return laid_over(helm_chart.value_sets()[environment], self.told[environment])

    def test_the_chart_takes_what_it_is_told(self):
        self.assertEqual(set(self.told), set(ENVIRONMENTS))
        for environment in ENVIRONMENTS:
            with self.subTest(environment):
                things = helm_chart.objects(helm_chart.render(self.values(environment)))
                secrets = helm_chart.of_kind(things, "ExternalSecret")
                self.assertTrue(secrets)
                for secret in secrets:
                    self.assertEqual(helm_crds.faults(secret), [])

    def test_the_store_that_is_named_is_the_one_that_is_made(self):
        store, = helm_chart.parsed((files.ROOT / "kubernetes/secret-store.yaml").read_text())
        self.assertEqual(helm_crds.faults(store), [])
        for environment in ENVIRONMENTS:
            named = self.told[environment]["secrets"]["external"]["store"]
            self.assertEqual(named, {"kind": store["kind"], "name": store["metadata"]["name"]})
        self.assertEqual(store["spec"]["conditions"], [{"namespaces": [helm_chart.NAMESPACE]}])
        defaults = {labels[0]: files.first(body.get("default")) for _, labels, body in files.blocks(files.ROOT / "modules/secrets", "variable")}
        account = store["spec"]["provider"]["aws"]["auth"]["jwt"]["serviceAccountRef"]
        self.assertEqual(account, {"name": defaults["operator_service_account"], "namespace": defaults["operator_namespace"]})

    def test_the_fleet_leaves_connections_to_others(self):
        for environment in ENVIRONMENTS:
            with self.subTest(environment):
                values = self.values(environment)
                processes = values["worker"]["autoscaling"]["max"] + values["facade"]["autoscaling"]["max"]
                # With three jobs beside it, below the four fifths at which the database's alarm calls.
                held = (processes + 3) * values["config"]["ledger"]["connections"]
                self.assertLess(held, 0.8 * values["ledger"]["maxConnections"])
                self.assertTrue(self.is_taken(values, {}))
                self.assertFalse(self.is_taken(values, {"worker": {"autoscaling": {"max": 4 * processes}}}))

    def test_chart_and_sizing_reckon_the_same_connections(self):
        """The database is of the size that a rollout needs, to the last connection: chart and modules/sizing have the same sum."""
        for environment in ENVIRONMENTS:
            with self.subTest(environment):
                values = self.values(environment)
                builds = [{"build": "0.0.8"}, {"build": "0.0.9"}]
                self.assertEqual([self.is_taken(values, {"versions": {"draining": builds[:count]}}) for count in (0, 1, 2)], [True, True, False])
                fewer = {"ledger": {"maxConnections": values["ledger"]["maxConnections"] - 1}}
                self.assertFalse(self.is_taken(values, fewer))

    def is_taken(self, values: dict, over: dict) -> bool:
        scaled = {"autoscaling": {"mode": "hpa", "hpa": {"customMetrics": True}}}
        try:
            helm_chart.render(laid_over(laid_over(values, scaled), over), is_upgrade=True)
        except helm_python.HelmError as error:
            self.assertIn("lower config.ledger.connections or autoscaling.max", str(error))
            return False
        return True

    def test_each_component_has_the_role_that_is_made_for_its_service_account(self):
        (_, _, decided), = files.blocks(files.ROOT / "modules/environment", "locals")
        accounts = files.first(decided["service_accounts"])
        for environment in ENVIRONMENTS:
            with self.subTest(environment):
                things = helm_chart.objects(helm_chart.render(self.values(environment)))
                roles = {}
                for account in helm_chart.of_kind(things, "ServiceAccount"):
                    role = account["metadata"].get("annotations", {}).get("eks.amazonaws.com/role-arn")
                    if role and not helm_chart.hook_of(account):
                        roles[account["metadata"]["labels"]["app.kubernetes.io/component"]] = (account["metadata"]["name"], role)
                told = {part: self.told[environment][part]["serviceAccount"]["annotations"]["eks.amazonaws.com/role-arn"] for part in helm_chart.COMPONENTS}
                self.assertEqual(roles, {part: (accounts[part], told[part]) for part in helm_chart.COMPONENTS})
                self.assertEqual(len(set(told.values())), len(told), "two share a role")

    def test_the_fleet_reaches_database_and_roles_and_no_metadata(self):
        blocks = {"staging": "10.65", "production": "10.66"}
        for environment, block in blocks.items():
            things = helm_chart.objects(helm_chart.render(self.values(environment)))
            everybody = network_cast.cast(things)
            networks = Networks(network_cast.NAMESPACES, network_cast.policies(things))
            for component in ("worker", "facade", "jobs"):
                for address, port, may in (
                    (f"{block}.96.4", 5432, True), (f"{block}.104.4", 443, True), ("203.0.113.7", 443, True),
                    (f"{block}.96.4", 443, False), (f"{block}.0.4", 443, False), (f"{block}.104.4", 5432, False),
                    ("169.254.169.254", 80, False), ("169.254.169.254", 443, False), ("10.64.104.4", 443, False),
                ):
                    said = networks.allow(everybody[component], Outside(address, address), port)
                    self.assertIs(said, may, f"{environment}: {component} to {address}:{port}")


if __name__ == "__main__":
    unittest.main()
