"""Checks of what deploy.yml and rollback.yml do: their steps are run with programs that play GitHub, helm and a cluster."""

from __future__ import annotations

import json
import os
import re
import shlex
import tempfile
import unittest
from pathlib import Path

import page_commands
import terraform_files
from support import ROOT, Check, run
from test_pipelines import GITHUB, WORKFLOWS, jobs, read

DEPLOY_YML, ROLLBACK_YML = (GITHUB / "workflows" / name for name in ("deploy.yml", "rollback.yml"))
PAGE = (ROOT / "docs/pipelines.md").read_text()
ENVIRONMENTS = read(DEPLOY_YML)["on"]["workflow_dispatch"]["inputs"]["environment"]["options"]
# Keeps what it is asked, and answers what the test has laid out; what is not laid out fails.
PLAYED = """\
#!/usr/bin/env python3
import json, os, sys
folder = os.environ["PLAYED"]
name = os.path.basename(sys.argv[0])
words = " ".join([name, *sys.argv[1:]])
with open(f"{folder}/asked", "a") as file:
    file.write(words + "\\n")
for part, answer in json.load(open(f"{folder}/answers")).items():
    if part in words:
        print(answer if isinstance(answer, str) else json.dumps(answer))
        sys.exit(0)
sys.exit(f"nobody laid out an answer to {words}")
"""


def steps_of(path: Path, job: str) -> list:
    return read(path)["jobs"][job]["steps"]


def step(name: str) -> dict:
    """A step of the deployment, by its id or its name."""
    [found] = [each for each in steps_of(DEPLOY_YML, "deploy") if name in (each.get("id"), each.get("name"))]
    return found


class Played(Check):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        scripts = self.folder / ".github/scripts"
        scripts.mkdir(parents=True)
        for path in (scripts / "fleet.py", *(self.folder / name for name in ("gh", "helm", "kubectl"))):
            path.write_text(PLAYED)
            path.chmod(0o755)
        self.answers: dict = {}

    def play(self, command: list, **environment: str):
        (self.folder / "answers").write_text(json.dumps(self.answers))
        (self.folder / "asked").write_text("")
        for name in ("output", "summary"):
            (self.folder / name).write_text("")
        told = {
            "PATH": f"{self.folder}:{os.environ['PATH']}", "PLAYED": str(self.folder), "NAMESPACE": "v", "VERSION": "0.2.0", "REGISTRY": "r",
            "ENVIRONMENT": "production", "GITHUB_OUTPUT": str(self.folder / "output"), "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
            "GITHUB_REPOSITORY": "vextrus/workflows",
        }
        return run(command, folder=self.folder, environment={**told, **environment})

    def play_step(self, name: str, **environment: str):
        # As GitHub runs a step whose shell is bash.
        return self.play(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step(name)["run"]], **environment)

    def said(self, name: str) -> str:
        return (self.folder / name).read_text()


class Values(Played):
    def test_they_are_laid_over_each_other_as_the_page_has_it(self):
        """A value that is not given again is lost, and the later file counts."""
        commands = [page_commands.of_helm(command) for command in page_commands.commands(ROOT / "docs/deployment.md")]
        by_hand = {tuple(found["values"]) for found in commands if found and "values-terraform.json" in found["values"]}
        self.assertEqual(len(by_hand), 1, "the page has no one order")
        here = page_commands.of_helm(shlex.split(step("upgrade")["run"]))["values"]
        self.assertEqual([name.replace("$ENVIRONMENT", "production") for name in here], [*by_hand.pop(), "build.json"])

    def test_every_file_is_written_from_its_variable(self):
        given = {name: variable for name, variable in step("before")["env"].items()}
        self.assertEqual(given, {"VALUES": "${{ vars.HELM_VALUES }}", "VALUES_TERRAFORM": "${{ vars.HELM_VALUES_TERRAFORM }}"})
        self.answers = {"fleet.py current": "0.1.0", "fleet.py values": {"versions": {"build": "0.2.0"}}}
        done = self.play_step("before", VALUES="a: 1", VALUES_TERRAFORM='{"b": 2}')
        self.assertEqual(done.returncode, 0, done.stdout)
        written = {name: self.said(name) for name in ("own.yaml", "values-terraform.json")}
        self.assertEqual(written, {"own.yaml": "a: 1\n", "values-terraform.json": '{"b": 2}\n'})
        self.assertEqual(self.said("output"), "current=0.1.0\n")
        self.assertEqual(json.loads(self.said("build.json")), {"versions": {"build": "0.2.0"}})

    def test_a_fleet_that_cannot_be_asked_is_not_changed(self):
        self.answers = {"fleet.py values": {}}
        self.assertNotEqual(self.play_step("before", VALUES="", VALUES_TERRAFORM="").returncode, 0)

    def test_every_variable_is_told_of(self):
        for path in WORKFLOWS:
            for variable in set(re.findall(r"\bvars\.(\w+)", path.read_text())):
                self.assertRegex(PAGE, rf"(?m)^\| (`\w+`, )*`{variable}`", f"{path.name}: docs/pipelines.md says nothing of {variable}")


class TakenBack(Played):
    ORDER = ("before", "upgrade", "test", "back", "How do the builds stand?", "Say what did not pass")

    def test_the_steps_follow_each_other(self):
        names = [each.get("id", each.get("name")) for each in steps_of(DEPLOY_YML, "deploy")]
        self.assertEqual([name for name in names if name in self.ORDER], list(self.ORDER))
        self.assertIn("helm upgrade", step("upgrade")["run"])
        self.assertNotIn("helm test", step("upgrade")["run"], "a test that fails must be told from an upgrade that does")
        self.assertIn("helm test", step("test")["run"])

    def test_only_a_build_that_is_not_well_is_taken_back_here(self):
        """An upgrade that fails has taken itself back, and one that was not asked is none of ours."""
        self.assertEqual(step("back")["if"], "failure() && steps.test.outcome == 'failure'")
        self.assertEqual(step("back")["env"], {"BEFORE": "${{ steps.before.outputs.current }}"})

    def test_new_documents_go_to_the_build_of_before(self):
        self.answers = {"fleet.py run": "0.1.0 is current"}
        done = self.play_step("back", BEFORE="0.1.0")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(self.said("asked"), "fleet.py run vextrus --namespace v -- rollout rollback --to 0.1.0\n")
        self.assertEqual(self.said("output"), "to=0.1.0\n")
        by_hand = [each["run"] for each in steps_of(ROLLBACK_YML, "rollback") if "rollout rollback" in each.get("run", "")]
        self.assertIn('run vextrus --namespace "$NAMESPACE" -- rollout rollback', by_hand[0], "it is done there in another way")

    def test_where_no_other_build_was_current_nothing_is_asked(self):
        for before in ("", "0.2.0"):
            self.assertEqual(self.play_step("back", BEFORE=before).returncode, 0)
            self.assertEqual((self.said("asked"), self.said("output")), ("", ""))

    def test_a_way_back_that_fails_fails(self):
        self.assertNotEqual(self.play_step("back", BEFORE="0.1.0").returncode, 0)
        self.assertEqual(self.said("output"), "", "the summary would say that it was taken back")

    def test_the_summary_says_what_happened(self):
        told = {"UPGRADE": "steps.upgrade.outcome", "TEST": "steps.test.outcome", "BACK": "steps.back.outcome", "BACK_TO": "steps.back.outputs.to"}
        last = step("Say what did not pass")
        self.assertEqual((last["if"], last["env"]), ("failure()", {name: f"${{{{ {place} }}}}" for name, place in told.items()}))
        for outcomes, says, never in (
            (("success", "failure", "success", "0.1.0"), "New documents go to 0.1.0 again", "could not"),
            (("success", "failure", "success", ""), "No other build was current before, so new documents go to 0.2.0", "again"),
            (("success", "failure", "failure", ""), "could not be sent back: they go to 0.2.0", "again"),
            (("success", "cancelled", "skipped", ""), "whether it is well was not asked", "taken"),
            (("failure", "skipped", "skipped", ""), "The upgrade failed", "new documents go"),
            (("skipped", "skipped", "skipped", ""), "nothing was changed", "taken"),
            (("", "", "", ""), "nothing was changed", "taken"),
        ):
            with self.subTest(outcomes):
                done = self.play_step("Say what did not pass", **dict(zip(told, outcomes)))
                self.assertEqual(done.returncode, 0, done.stdout)
                self.assertIn(says, self.said("summary"))
                self.assertNotIn(never, self.said("summary"))


class Runner(Check):
    def test_whoever_enters_the_cluster_may_stand_in_its_network_and_nobody_else_does(self):
        for workflow, name, job in jobs():
            if "uses" in job:
                continue
            enters = any("eks update-kubeconfig" in each.get("run", "") for each in job["steps"])
            choices = [f"inputs.environment == '{each}' && vars.RUNNER_{each.upper()}" for each in reversed(ENVIRONMENTS)]
            here = "${{ " + " || ".join([*choices, "'ubuntu-24.04'"]) + " }}"
            self.assertEqual(job["runs-on"], here if enters else "ubuntu-24.04", f"{workflow}: {name}")

    def test_the_page_says_what_it_must_have(self):
        says = PAGE[PAGE.index("**A runner"):PAGE.index("## What keeps them safe")]
        used = " ".join(each.get("run", "") for path, job in ((DEPLOY_YML, "deploy"), (ROLLBACK_YML, "rollback")) for each in steps_of(path, job))
        for tool in ("skopeo", "helm", "kubectl", "aws"):
            self.assertRegex(used, rf"\b{tool}\b")
            self.assertIn(f"`{tool}`", says)


class Identity(Check):
    def test_the_role_lasts_as_long_as_it_is_asked_for(self):
        [asked] = [each["with"]["role-duration-seconds"] for each in steps_of(DEPLOY_YML, "deploy") if "role-to-assume" in each.get("with", {})]
        [(_, _, role)] = [found for found in terraform_files.blocks(terraform_files.ROOT / "modules/deployer", "resource") if found[1][0] == "aws_iam_role"]
        self.assertEqual(terraform_files.first(role["max_session_duration"]), asked)


# As GitHub answers, of an environment that has been set up and of one that it made by itself.
GUARDED = {
    "id": 1, "name": "production", "can_admins_bypass": True,
    "protection_rules": [
        {"id": 2, "type": "required_reviewers", "prevent_self_review": True, "reviewers": [{"type": "Team", "reviewer": {"id": 3, "slug": "operations"}}]},
        {"id": 4, "type": "branch_policy"},
    ],
    "deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True},
}
BARE = {"id": 1, "name": "production", "can_admins_bypass": True, "protection_rules": [], "deployment_branch_policy": None}
REFS = {"total_count": 2, "branch_policies": [{"id": 1, "name": "main", "type": "branch"}, {"id": 2, "name": "v*", "type": "tag"}]}


class Guarded(Played):
    SCRIPT = GITHUB / "scripts/environment.py"

    def guarded(self, environment: dict, refs: dict = REFS, name: str = "production"):
        self.answers = {"deployment-branch-policies": refs, f"environments/{name}": environment}
        return self.play(["python3", self.SCRIPT, name])

    def test_what_was_set_up_is_let_through(self):
        self.assertEqual(self.guarded(GUARDED).stdout, "")
        self.assertEqual(self.guarded(GUARDED).returncode, 0)
        self.assertIn("gh api repos/vextrus/workflows/environments/production\n", self.said("asked"))
        staging = {**GUARDED, "protection_rules": [{"id": 4, "type": "branch_policy"}]}
        self.assertEqual(self.guarded(staging, name="staging").returncode, 0, "nobody need approve staging")

    def test_what_lacks_is_refused_and_named(self):
        reviewed = GUARDED["protection_rules"][0]
        for environment, refs, says in (
            (BARE, REFS, "nobody must approve; it takes deployments from more"),
            ({**GUARDED, "protection_rules": [{**reviewed, "reviewers": []}]}, REFS, "nobody must approve"),
            ({**GUARDED, "protection_rules": [{**reviewed, "prevent_self_review": False}]}, REFS, "whoever starts a deployment may approve it"),
            ({**GUARDED, "deployment_branch_policy": {"protected_branches": True, "custom_branch_policies": False}}, REFS, "from more than"),
            (GUARDED, {"branch_policies": [*REFS["branch_policies"], {"name": "*", "type": "branch"}]}, "from the branch *"),
        ):
            with self.subTest(says):
                done = self.guarded(environment, refs)
                self.assertEqual(done.returncode, 1)
                self.assertIn(says, done.stdout)

    def test_an_environment_that_is_not_there_is_refused(self):
        self.answers = {}
        done = self.play(["python3", self.SCRIPT, "production"])
        self.assertEqual(done.returncode, 1)
        self.assertIn("does not tell of", done.stdout)

    def test_it_is_asked_before_anybody_is_let_in(self):
        guard, deploy = (read(DEPLOY_YML)["jobs"][name] for name in ("guarded", "deploy"))
        self.assertNotIn("environment", guard, "GitHub would make the environment, and hand out its variables")
        self.assertEqual(guard["permissions"], {"contents": "read", "actions": "read"})
        self.assertEqual(deploy["needs"], "guarded")
        self.assertNotIn("if", deploy, "it would run where the guard has failed")
        self.assertIn('.github/scripts/environment.py "$ENVIRONMENT"', guard["steps"][-1]["run"])
        for name, job in read(GITHUB / "workflows/release.yml")["jobs"].items():
            if job.get("uses", "").endswith("deploy.yml"):
                self.assertEqual(job["permissions"].get("actions"), "read", f"release.yml: {name}")

    def test_each_environment_has_a_body_that_asks_for_what_is_held_here(self):
        bodies = {path.stem: json.loads(path.read_text()) for path in (GITHUB / "environments").glob("*.json") if path.stem != "refs"}
        self.assertEqual(set(bodies), set(ENVIRONMENTS))
        for body in bodies.values():
            self.assertEqual(body["deployment_branch_policy"], {"protected_branches": False, "custom_branch_policies": True})
            self.assertEqual(set(body), {"prevent_self_review", "reviewers", "deployment_branch_policy"})
        self.assertTrue(bodies["production"]["reviewers"] and bodies["production"]["prevent_self_review"])
        refs = {(ref["type"], ref["name"]) for ref in json.loads((GITHUB / "environments/refs.json").read_text())}
        tags = read(GITHUB / "workflows/release.yml")["on"]["push"]["tags"]
        self.assertEqual(refs, {("branch", "main"), *(("tag", tag) for tag in tags)})

    def test_the_page_sets_them_up_from_these_files(self):
        [block] = [each for each in page_commands.blocks(ROOT / "docs/pipelines.md") if ".github/environments" in each]
        self.answers = {"orgs/": "77", "repos/": "{}"}
        there = self.folder / ".github/environments"
        there.symlink_to(GITHUB / "environments")
        done = self.play(["bash", "-euo", "pipefail", "-c", block])
        self.assertEqual(done.returncode, 0, done.stdout)
        asked = self.said("asked").splitlines()
        for name in ENVIRONMENTS:
            self.assertEqual(len([line for line in asked if f"PUT repos/{{owner}}/{{repo}}/environments/{name} " in line]), 1)
            self.assertEqual(len([line for line in asked if f"POST repos/{{owner}}/{{repo}}/environments/{name}/deployment-branch-policies " in line]), 2)


if __name__ == "__main__":
    unittest.main()
