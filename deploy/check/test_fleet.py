"""Checks of .github/scripts/fleet.py against a helm and a kubectl that play a cluster."""

from __future__ import annotations

import importlib.util
import json
import os
import tempfile
import unittest
from pathlib import Path

import helm_chart
from support import ROOT, Check, run

SCRIPT = ROOT / ".github/scripts/fleet.py"
DIGEST = "sha256:" + "a" * 64
HOOKS = """
---
# Source: vextrus-workflows/templates/jobs.yaml
apiVersion: batch/v1
kind: Job
metadata:
  name: vextrus-migration
---
# Source: vextrus-workflows/templates/jobs.yaml
apiVersion: batch/v1
kind: Job
metadata:
  name: vextrus-rollout
"""
JOB = {
    "apiVersion": "batch/v1",
    "kind": "Job",
    "metadata": {"name": "vextrus-rollout", "namespace": "v", "labels": {"app": "x"}, "annotations": {"helm.sh/hook": "post-upgrade"}},
    "spec": {"activeDeadlineSeconds": 3600, "template": {"spec": {"containers": [{"name": "rollout", "image": "cli@sha", "args": ["rollout", "run", "0.1.0"], "env": [{"name": "TEMPORAL_ADDRESS", "value": "t:7233"}]}]}}},
}
# Both programs: they keep what they are asked, and answer what the test has laid out.
PLAYED = """\
#!/usr/bin/env python3
import json, os, sys
folder = os.path.dirname(os.path.abspath(__file__))
name = os.path.basename(__file__)
said = sys.stdin.read() if "-" in sys.argv else ""
with open(f"{folder}/asked", "a") as file:
    file.write(json.dumps([name, *sys.argv[1:], said]) + "\\n")
answers = json.load(open(f"{folder}/answers"))
words = " ".join([name, *sys.argv[1:]])
for part, answer in answers.items():
    if part in words:
        if answer is None:
            sys.exit("Error: release: not found")
        print(answer if isinstance(answer, str) else json.dumps(answer))
        sys.exit(0)
sys.exit(f"nobody laid out an answer to {words}")
"""


def load():
    found = importlib.util.spec_from_file_location("fleet", SCRIPT)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


fleet = load()


class Played(Check):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        for name in ("helm", "kubectl"):
            (self.folder / name).write_text(PLAYED)
            (self.folder / name).chmod(0o755)
        (self.folder / "digests").write_text("".join(f"{image}={DIGEST}\n" for image in fleet.IMAGES))
        self.answers = {
            "get hooks": HOOKS,
            "--dry-run=client": JOB,
            "kubectl --namespace v create --filename": "created",
            "get job": {"status": {"conditions": [{"type": "Complete", "status": "True"}]}},
            "logs": "it is well",
            "delete job": "",
            "helm status": "STATUS: deployed",
            "get metadata": {"appVersion": "0.2.0"},
        }

    def fleet(self, *arguments: str):
        (self.folder / "answers").write_text(json.dumps(self.answers))
        environment = {"PATH": f"{self.folder}:{os.environ['PATH']}"}
        return run(["python3", SCRIPT, *arguments], environment=environment)

    def asked(self) -> list:
        return [json.loads(line) for line in (self.folder / "asked").read_text().splitlines()]


class Running(Played):
    def test_a_verb_runs_as_the_jobs_of_the_release_do(self):
        done = self.fleet("run", "vextrus", "-n", "v", "--", "rollout", "rollback", "--to", "0.1.0")
        self.assertEqual((done.returncode, done.stdout), (0, "it is well\n"))
        [shown] = [asked[-1] for asked in self.asked() if "--dry-run=client" in asked]
        self.assertIn("vextrus-rollout", shown, "the rollout's job comes before the migration's")
        [made] = [json.loads(asked[-1]) for asked in self.asked() if asked[3] == "create" and "--dry-run=client" not in asked]
        container = made["spec"]["template"]["spec"]["containers"][0]
        self.assertEqual(container["args"], ["rollout", "rollback", "--to", "0.1.0"])
        self.assertEqual((container["image"], container["env"]), ("cli@sha", JOB["spec"]["template"]["spec"]["containers"][0]["env"]))
        self.assertRegex(made["metadata"]["name"], "^vextrus-cli-[0-9a-f]{8}$")
        self.assertNotIn("annotations", made["metadata"], "helm would take it for its hook")
        self.assertTrue(any(asked[3:5] == ["delete", "job"] for asked in self.asked()))

    def test_a_verb_that_fails_fails_here_and_says_what_it_said(self):
        self.answers["get job"] = {"status": {"conditions": [{"type": "Failed", "status": "True"}]}}
        self.answers["logs"] = "error: v9 is not there"
        done = self.fleet("run", "vextrus", "-n", "v", "--", "rollout", "promote", "v9")
        self.assertEqual((done.returncode, done.stdout), (1, "error: v9 is not there\n"))

    def test_without_helm_a_verb_runs_as_the_job_of_a_manifest(self):
        manifest = helm_chart.MANIFESTS / "1-before/8-job-vextrus-migration.yaml"
        self.answers["--dry-run=client"] = helm_chart.load(manifest)
        done = self.fleet("run", "vextrus", "-n", "v", "--job", str(manifest), "--", "ledger", "check")
        self.assertEqual((done.returncode, done.stdout), (0, "it is well\n"))
        self.assertEqual({asked[0] for asked in self.asked()}, {"kubectl"}, "there is no release that helm could know")
        [shown] = [asked[-1] for asked in self.asked() if "--dry-run=client" in asked]
        self.assertEqual(shown, manifest.read_text())
        [made] = [json.loads(asked[-1]) for asked in self.asked() if asked[3] == "create" and "--dry-run=client" not in asked]
        container = made["spec"]["template"]["spec"]["containers"][0]
        self.assertEqual((container["args"], made["metadata"]["namespace"]), (["ledger", "check"], "vextrus"))
        self.assertRegex(made["metadata"]["name"], "^vextrus-cli-[0-9a-f]{8}$")

    def test_a_release_without_such_jobs_is_told_so(self):
        self.answers["get hooks"] = "---\nkind: Job\nmetadata:\n  name: vextrus-namespace\n"
        self.assertIn("none of the jobs", self.fleet("run", "vextrus", "-n", "v", "--", "rollout", "status").stdout)


class Values(Played):
    def values(self, build: str):
        return self.fleet("values", "vextrus", "-n", "v", "--build", build, "--registry", "ghcr.io/vextrus", "--digests", str(self.folder / "digests"))

    def lay_out(self, states: dict, draining: list) -> None:
        self.answers["get values"] = {
            "image": {"worker": {"tag": "", "digest": "sha256:" + "b" * 64}},
            "versions": {"enabled": True, "build": "0.2.0", "draining": draining},
            "temporal": {"workerController": {"enabled": False}},
        }
        versions = [{"build": build, "state": state, "percent": None} for build, state in states.items()]
        current = next((build for build, state in states.items() if state == "current"), None)
        said = {"deployment": "vextrus", "current": current, "ramping": None, "versions": versions}
        self.answers["logs"] = '{"level":"INFO","message":"connected"}\n' + json.dumps(said, indent=2)

    def test_the_first_install_has_nothing_to_keep(self):
        self.answers["helm status"] = None
        done = self.values("0.1.0")
        self.assertEqual(json.loads(done.stdout)["versions"], {"build": "0.1.0", "draining": []})
        self.assertEqual(json.loads(done.stdout)["image"]["facade"], {"digest": DIGEST})

    def test_a_build_with_documents_stays_and_one_without_goes(self):
        self.lay_out({"0.2.0": "current", "0.1.1": "draining", "0.1.0": "drained"}, [{"build": "0.1.1", "tag": "0.1.1"}, {"build": "0.1.0", "tag": "0.1.0"}])
        kept = json.loads(self.values("0.3.0").stdout)["versions"]
        self.assertEqual(kept["build"], "0.3.0")
        self.assertEqual(kept["draining"], [{"build": "0.2.0", "tag": "0.2.0", "digest": "sha256:" + "b" * 64}, {"build": "0.1.1", "tag": "0.1.1"}])

    def test_after_a_rollout_that_was_taken_back_the_one_that_counts_stays(self):
        self.lay_out({"0.2.0": "draining", "0.1.1": "current"}, [{"build": "0.1.1", "tag": "0.1.1"}])
        self.assertEqual([entry["build"] for entry in json.loads(self.values("0.2.1").stdout)["versions"]["draining"]], ["0.2.0", "0.1.1"])

    def test_going_back_keeps_the_newer_one(self):
        self.lay_out({"0.2.0": "draining", "0.1.1": "current"}, [{"build": "0.1.1", "tag": "0.1.1"}])
        self.assertEqual(json.loads(self.values("0.1.1").stdout)["versions"], {"build": "0.1.1", "draining": [{"build": "0.2.0", "tag": "0.2.0", "digest": "sha256:" + "b" * 64}]})

    def test_what_cannot_be_known_stops_it(self):
        self.lay_out({}, [])
        self.answers["logs"] = "error: temporal: connection refused"
        self.answers["get job"] = {"status": {"conditions": [{"type": "Failed", "status": "True"}]}}
        done = self.values("0.3.0")
        self.assertEqual(done.returncode, 1)
        self.assertIn("connection refused", done.stdout)
        self.answers["logs"] = "error: no worker of deployment vextrus has polled; start some"
        self.assertEqual(json.loads(self.values("0.3.0").stdout)["versions"]["draining"], [])

    def test_a_cluster_that_does_not_answer_is_no_first_install(self):
        del self.answers["helm status"]
        done = self.values("0.1.0")
        self.assertEqual(done.returncode, 1)
        self.assertIn("nobody laid out an answer", done.stdout)

    def test_the_current_build_is_what_temporal_says_and_not_the_release(self):
        self.lay_out({"0.2.0": "draining", "0.1.1": "current"}, [{"build": "0.1.1", "tag": "0.1.1"}])
        done = self.fleet("current", "vextrus", "-n", "v")
        self.assertEqual((done.returncode, done.stdout), (0, "0.1.1\n"))

    def test_where_no_build_is_current_none_is_named(self):
        self.lay_out({"0.2.0": "inactive"}, [])
        self.assertEqual(self.fleet("current", "vextrus", "-n", "v").stdout, "\n")
        self.lay_out({"0.2.0": "current"}, [])
        self.answers["get values"]["temporal"]["workerController"]["enabled"] = True
        self.assertEqual(self.fleet("current", "vextrus", "-n", "v").stdout, "\n", "Temporal's controller would take it back again")
        self.answers["helm status"] = None
        self.assertEqual(self.fleet("current", "vextrus", "-n", "v").stdout, "\n")

    def test_a_current_build_that_cannot_be_known_stops_it(self):
        self.lay_out({}, [])
        self.answers["logs"] = "error: temporal: connection refused"
        self.answers["get job"] = {"status": {"conditions": [{"type": "Failed", "status": "True"}]}}
        self.assertEqual(self.fleet("current", "vextrus", "-n", "v").returncode, 1)

    def test_a_digest_that_is_none_is_refused(self):
        (self.folder / "digests").write_text("worker=latest\n")
        self.assertIn("no digest of worker", self.values("0.3.0").stdout)


class WithTheChart(Played):
    """The same with what the chart itself makes of its values for production."""

    def hooks(self) -> str:
        texts = helm_chart.render(helm_chart.value_sets()["production"], is_upgrade=True)
        return "\n---\n".join(texts[name] for name in ("jobs.yaml",))

    def test_the_job_is_found_among_the_hooks_and_runs_a_verb_with_its_keys(self):
        self.answers["get hooks"] = self.hooks()
        rollout = helm_chart.named(helm_chart.parsed(self.hooks()), "Job", "vextrus-rollout")
        self.answers["--dry-run=client"] = rollout
        self.assertEqual(self.fleet("run", "vextrus", "-n", "v", "--", "rollout", "status").returncode, 0)
        [shown] = [helm_chart.parsed(asked[-1]) for asked in self.asked() if "--dry-run=client" in asked]
        self.assertEqual(shown, [rollout], "one document, and that one")
        made = fleet.of_verb(shown[0], ["rollout", "status"])
        pod = made["spec"]["template"]["spec"]
        self.assertEqual(pod["serviceAccountName"], "vextrus-jobs")
        self.assertIn("TEMPORAL_ADDRESS", {entry["name"] for entry in pod["containers"][0]["env"]})

    def test_the_chart_takes_the_values(self):
        digests = {image: DIGEST for image in fleet.IMAGES}
        kept = [{"build": "0.1.1", "digest": "sha256:" + "b" * 64}, {"build": "0.1.0", "tag": "0.1.0"}]
        values = helm_chart.laid_over(helm_chart.value_sets()["production"], fleet.brought("0.2.0", "ghcr.io/vextrus", digests, kept))
        # The chart counts the connections of all builds, which is not looked at here.
        values = helm_chart.laid_over(values, {"ledger": {"maxConnections": 0}})
        helm_chart.chart().validate_schema(values)
        things = helm_chart.objects(helm_chart.render(values, is_upgrade=True))
        images = {}
        for thing in helm_chart.of_kind(things, "Deployment"):
            labels = thing["spec"]["template"]["metadata"]["labels"]
            if labels["app.kubernetes.io/component"] == "worker":
                images[labels["vextrus.io/build"]] = thing["spec"]["template"]["spec"]["containers"][0]["image"]
        self.assertEqual(
            images,
            {
                "0.2.0": f"ghcr.io/vextrus/vextrus-worker@{DIGEST}",
                "0.1.1": "ghcr.io/vextrus/vextrus-worker@sha256:" + "b" * 64,
                "0.1.0": "ghcr.io/vextrus/vextrus-worker:0.1.0",
            },
        )
        rollout = helm_chart.named(things, "Job", "vextrus-rollout")["spec"]["template"]["spec"]["containers"][0]
        self.assertEqual(rollout["args"][:3], ["rollout", "run", "0.2.0"])
        self.assertEqual(rollout["image"], f"ghcr.io/vextrus/vextrus-cli@{DIGEST}")


if __name__ == "__main__":
    unittest.main()
