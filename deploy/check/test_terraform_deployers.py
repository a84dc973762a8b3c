"""Who deploys may do what the chart and the pipeline need, and no more: deploy/terraform/kubernetes/deployers.yaml."""

from __future__ import annotations

import re
import unittest

import kubernetes_validate

import helm_chart
import terraform_files as files
from support import ROOT, Check
from test_pipelines import GITHUB

ROLE, BINDING = helm_chart.parsed((files.ROOT / "kubernetes/deployers.yaml").read_text())
# What helm does with an object of the chart, over its whole life.
ALL = {"get", "list", "watch", "create", "patch", "delete"}
# What else helm does: it keeps its revisions in Secrets, and with --wait looks at what a Deployment has made.
HELM = {("", "secrets"): {"update"}, ("apps", "replicasets"): {"get", "list", "watch"}}


def resource(thing: dict) -> tuple:
    """The group and the name under which Kubernetes has a kind."""
    group = thing["apiVersion"].split("/")[0] if "/" in thing["apiVersion"] else ""
    name = thing["kind"].lower()
    return group, re.sub(r"y$", "ie", name) + ("es" if name.endswith("s") else "s")


def allowed() -> dict:
    may: dict = {}
    for rule in ROLE["rules"]:
        for group in rule["apiGroups"]:
            for name in rule["resources"]:
                may.setdefault((group, name), set()).update(rule["verbs"])
    return may


def rendered(*names: str) -> set:
    return {resource(thing) for name, things in helm_chart.renderings().items() if not names or name.startswith(names) for thing in things}


class Role(Check):
    def test_it_is_a_role_of_the_namespace_for_the_group_of_the_cluster(self):
        for document in (ROLE, BINDING):
            kubernetes_validate.validate(document, "1.35", strict=True)
            self.assertEqual(document["metadata"]["namespace"], helm_chart.NAMESPACE)
        self.assertEqual((ROLE["kind"], BINDING["kind"]), ("Role", "RoleBinding"))
        self.assertEqual((BINDING["roleRef"]["kind"], BINDING["roleRef"]["name"]), ("Role", ROLE["metadata"]["name"]))
        entries = [body for _, labels, body in files.blocks(files.ROOT / "modules/cluster", "resource") if labels == ("aws_eks_access_entry", "deployer")]
        self.assertEqual([files.first(body["kubernetes_groups"]) for body in entries], [[subject["name"] for subject in BINDING["subjects"]]])
        given = [labels for _, labels, _ in files.blocks(files.ROOT / "modules/cluster", "resource") if labels[0] == "aws_eks_access_policy_association"]
        self.assertEqual([name for _, name in given], ["administrator"], "a policy of AWS's beside the Role lets them do more")

    def test_every_kind_of_the_value_sets_can_be_brought_in(self):
        for name in helm_chart.value_sets():
            for kind in rendered(f"{name} ("):
                self.assertLessEqual(ALL, allowed().get(kind, set()), f"values-{name}.yaml renders {kind}")

    def test_so_can_what_can_be_switched_on_and_nothing_else(self):
        may = allowed()
        kinds = rendered()
        self.assertEqual({kind for kind in kinds if not ALL <= may.get(kind, set())}, set(), "the chart renders these too")
        wanted = {kind: set(ALL) for kind in kinds}
        for kind, verbs in HELM.items():
            wanted.setdefault(kind, set()).update(verbs)
        # `kubectl logs` of the pipeline and of fleet.py.
        wanted[("", "pods/log")] = {"get"}
        self.assertEqual(may, wanted)

    def test_what_the_pipeline_asks_kubectl_for_is_allowed(self):
        asked = set()
        for path in ("workflows/deploy.yml", "workflows/rollback.yml"):
            asked |= set(re.findall(r'kubectl --namespace "\$NAMESPACE" (\w+) "?(job|pods)', (GITHUB / path).read_text()))
        asked |= {(verb, what) for verb, what in re.findall(r'self\.kubectl\("(\w+)", (?:"|f")(job|pods)', (GITHUB / "scripts/fleet.py").read_text())}
        self.assertEqual(asked, {("get", "pods"), ("logs", "job"), ("delete", "job"), ("get", "job")}, "let the Role follow")

    def test_no_rights_are_given_and_nothing_is_of_the_whole_cluster(self):
        text = (files.ROOT / "kubernetes/deployers.yaml").read_text()
        for words in ("*", "rolebindings", "escalate", "impersonate", "pods/exec", "serviceaccounts/token", "ClusterRole"):
            self.assertNotIn(words, re.sub(r"(?m)^ *#.*$", "", text))
        for things in helm_chart.renderings().values():
            for thing in things:
                self.assertEqual(thing["metadata"].get("namespace", helm_chart.NAMESPACE), helm_chart.NAMESPACE, thing["kind"])

    def test_the_pages_name_it_and_the_pipelines_role_is_among_the_deployers(self):
        for page in (files.ROOT / "README.md", ROOT / "docs/pipelines.md"):
            self.assertIn("kubernetes/deployers.yaml", page.read_text(), page.name)
        [(_, _, call)] = [found for found in files.blocks(files.ROOT / "modules/environment", "module") if found[1] == ("cluster",)]
        self.assertRegex(str(files.first(call["deployers"])), r"merge\(var\.deployers, *\{.*module\.deployer\b")


if __name__ == "__main__":
    unittest.main()
