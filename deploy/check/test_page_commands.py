"""Every command that a page prints: the command line knows it, the chart takes it, and what can be played is played."""

from __future__ import annotations

import functools
import json
import os
import re
import shlex
import tempfile
import tomllib
import unittest
from pathlib import Path

import command_line
import compose_file
import helm_chart as of
import page_commands
import test_fleet
from compose_file import Prepared
from helm_chart import EXAMPLES, laid_over, of_kind
from support import ROOT, Check, run

DEPLOYMENT = ROOT / "docs" / "deployment.md"
MANIFESTS = of.MANIFESTS / "README.md"
HELM_KNOWS = {"--install", "--wait", "-n", "--namespace", "--timeout"}
REAL = ["--issuer", "https://login.acme.example", "--jwks-url", "https://login.acme.example/.well-known/jwks.json"]


class CommandLine(Check):
    def test_it_knows_what_the_pages_have_it_do(self):
        seen = 0
        for path in page_commands.pages():
            for command in page_commands.commands(path):
                words = page_commands.of_vextrus(command)
                if words:
                    seen += 1
                    self.assertIsNone(command_line.fault(words), f"{path.relative_to(ROOT)}: {' '.join(command)}")
        self.assertGreater(seen, 120)

    def test_it_knows_what_their_sentences_name(self):
        groups = {words[:n] for words in command_line.verbs() for n in range(1, len(words))}
        seen = 0
        for path in page_commands.pages():
            text = page_commands.FENCE.sub("", path.read_text())
            for said in re.findall(r"`(?:vextrus|fleet) ([^`…]+)`", text):
                words = shlex.split(" ".join(said.split()))
                # `vextrus --help`, `vextrus NOUN VERB` and a noun alone are not run.
                if tuple(words) in groups or words == ["--help"] or words[0].isupper():
                    continue
                seen += 1
                self.assertIsNone(command_line.fault(words), f"{path.relative_to(ROOT)}: vextrus {said}")
        self.assertGreater(seen, 70)

    def test_a_namespace_is_there_before_something_is_put_into_it(self):
        there, seen = {"kube-system", "vextrus-trial"}, 0
        for path in (ROOT / "docs/platform.md", DEPLOYMENT):
            for command in page_commands.commands(path):
                if command[:3] == ["kubectl", "create", "namespace"] or "--create-namespace" in command:
                    there.add(command[command.index("-n") + 1] if "-n" in command else command[3])
                elif command[0:1] in (["kubectl"], ["helm"]) and "-n" in command:
                    seen += 1
                    self.assertIn(command[command.index("-n") + 1], there, f"{path.name}: {' '.join(command)}")
        self.assertGreater(seen, 20)

    def test_commands_are_found_where_they_stand(self):
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder) / "page.md"
            page.write_text(
                "```sh\nA=b vextrus ledger check \\\n  --tenant x > out && fleet audit verify   # all\n"
                "sql <<SQL\nvextrus is no command here\nSQL\n"
                "for p in 1 2; do fleet rules activate \"$p\"; done\nas nasrin inbox | cat\n```\nvextrus no more\n"
            )
            found = [page_commands.of_vextrus(command) for command in page_commands.commands(page)]
        self.assertEqual([words for words in found if words], [
            ["ledger", "check", "--tenant", "x"], ["audit", "verify"], ["rules", "activate", "$p"], ["inbox"],
        ])


class Helm(Check):
    """Each `helm upgrade` of the chart, with the values that the page has the reader make."""

    @functools.lru_cache(maxsize=None)
    def own(self, *options: str) -> dict:
        """own.yaml as docs/deployment.md makes it: the trial's, or the real one."""
        is_trial = options == ("--trial",)
        blocks = page_commands.blocks(DEPLOYMENT)
        public, = (block for block in blocks if "public() {" in block)
        made, = (block for block in blocks if "> own.yaml" in block and ("cat >" in block) == is_trial)
        with Prepared(*options) as secrets:
            folder = secrets.parent
            (folder / "deploy").symlink_to(ROOT / "deploy")
            self.passes(["bash", "-euc", f"registry=registry.example/team\n{public}\n{made}"], folder=folder)
            own = of.load(folder / "own.yaml")
            told = tomllib.loads((secrets / "vextrus.toml").read_text())
        for section in ("signing", "audit"):
            self.assertEqual(own["config"][section]["accepted_keys"], told[section]["accepted_keys"])
        return own

    def laid(self, asked: dict) -> dict:
        values: dict = {}
        is_production = any("values-production" in name for name in asked["values"])
        digests = {image: test_fleet.DIGEST for image in test_fleet.fleet.IMAGES}
        made = {
            "own.yaml": self.own(*(REAL if is_production else ["--trial"])),
            "site.yaml": of.load(EXAMPLES / "site.yaml"),
            "temporal.yaml": of.load(EXAMPLES / "temporal-cloud-api-key.yaml"),
            # What it tells is held to the chart by test_terraform_chart.py.
            "values-terraform.json": {},
            "build.json": test_fleet.fleet.brought("0.1.0", "ghcr.io/vextrus", digests, [{"build": "0.2.0", "digest": test_fleet.DIGEST}]),
        }
        for name in asked["values"]:
            values = laid_over(values, made[name] if name in made else of.load(ROOT / name))
        for path, value in asked["set"].items():
            over: object = value
            for key in reversed(path.split(".")):
                over = {key: over}
            values = laid_over(values, over)
        return values

    def asked(self) -> list:
        """Where a command stands, and what it is."""
        found = []
        for path in page_commands.pages():
            found += [(path.name, page_commands.of_helm(command)) for command in page_commands.commands(path)]
        for path in EXAMPLES.glob("*.yaml"):
            head = re.sub(r"^# ?", "", path.read_text().split("\n\n")[0], flags=re.MULTILINE).replace("\\\n", " ")
            found += [(path.name, page_commands.of_helm(shlex.split(line))) for line in head.splitlines() if line.strip().startswith("helm ")]
        return [(where, asked) for where, asked in found if asked]

    def test_the_chart_takes_what_is_printed_and_helm_waits_for_it(self):
        seen = set()
        for where, asked in self.asked():
            seen.add(where)
            with self.subTest(f"{where}: {asked}"):
                self.assertLessEqual(set(asked["options"]), HELM_KNOWS)
                self.assertIn("--wait", asked["options"])
                self.assertIn("values-", asked["values"][0])
                values = self.laid(asked)
                for is_upgrade in (False, True):
                    jobs = of_kind(of.objects(of.render(values, is_upgrade)), "Job")
                    longest = max(job["spec"]["activeDeadlineSeconds"] for job in jobs)
                    minutes = int(re.fullmatch(r"(\d+)m", asked["options"]["--timeout"]).group(1))
                    self.assertGreater(minutes * 60, longest, "helm would not wait until the job has ended")
        self.assertLessEqual({"deployment.md", "rollback.md", "site.yaml", "keda.yaml"}, seen)

    def test_what_comes_later_counts_more(self):
        """Terraform's file and Temporal Cloud's are behind what is copied of site.yaml, whose names are nobody's."""
        for where, asked in self.asked():
            for name in ("values-terraform.json", "temporal.yaml", "build.json"):
                if name in asked["values"]:
                    self.assertLess(asked["values"].index("own.yaml"), asked["values"].index(name), where)

    def test_what_terraform_tells_is_brought_in_by_the_same_commands_everywhere(self):
        said = {}
        for path in page_commands.pages():
            about = [c for c in page_commands.commands(path) if "helm_values" in c or "values-terraform.json" in page_commands.of_helm(c).get("values", [])]
            if about:
                said[str(path.relative_to(ROOT))] = about
        self.assertEqual(set(said), {"docs/deployment.md", "deploy/terraform/README.md"})
        self.assertEqual(said["docs/deployment.md"], said["deploy/terraform/README.md"])
        self.assertEqual(len(said["docs/deployment.md"]), 2)

    def test_the_gate_is_left_out_for_the_build_that_is_taken_back_to_and_no_other(self):
        taken, = (asked for where, asked in self.asked() if where == "rollback.md")

        def jobs(values: dict) -> set:
            return {job["metadata"]["name"] for job in of_kind(of.objects(of.render(values, is_upgrade=True)), "Job")}

        values = self.laid(taken)
        self.assertEqual(values["environment"], "production")
        self.assertNotIn("vextrus-replay-gate", jobs(values))
        self.assertIn("vextrus-migration", jobs(values))
        self.assertIn("vextrus-replay-gate", jobs(laid_over(values, {"versions": {"build": "0.3.0"}})), "the next build is held to it again")
        self.assertIn("vextrus-replay-gate", jobs(laid_over(values, {"replayGate": {"skipBuild": ""}})))

    def test_the_secret_is_made_of_what_the_values_name(self):
        """By hand and for a store: every key that the real values use, and no other."""
        values = laid_over(of.load(of.CHART / "values.yaml"), of.value_sets()["production"])
        used = {key for key in values["secrets"]["keys"].values() if key and isinstance(key, str)}
        made = [c for c in page_commands.commands(DEPLOYMENT) if c[3:7] == ["create", "secret", "generic", values["secrets"]["name"]]]
        self.assertEqual(len(made), 1)
        files = [word.split("=", 1)[1] for word in made[0] if word.startswith("--from-file=")]
        self.assertEqual({name.rsplit("/", 1)[1] for name in files}, used)
        stored, = re.findall(r"sys\.argv\[1:\].*?\\\n\s*(.*?)\) > secrets/fleet\.json", DEPLOYMENT.read_text())
        self.assertEqual(set(stored.split()), used)

    def test_a_store_of_secrets_is_named_as_the_page_has_it(self):
        said, = re.findall(r"```yaml\n(secrets:\n.*?)```", DEPLOYMENT.read_text(), re.DOTALL)
        values = laid_over(of.value_sets()["production"], of.parsed(said)[0])
        [secret] = {json.dumps(thing["spec"]["secretStoreRef"]) for thing in of_kind(of.objects(of.render(values)), "ExternalSecret")}
        self.assertEqual(json.loads(secret), {"kind": "ClusterSecretStore", "name": "vault"})


class Labels(Check):
    def test_every_way_to_build_the_images_gives_them_their_labels(self):
        """What no argument gives stands empty in a label, and says nothing of where the image is from."""
        text = (ROOT / "deploy/images/Dockerfile").read_text()
        asked = set(re.findall(r'org\.opencontainers\.image\.\w+="\$\{(\w+)\}"', text))
        self.assertEqual({"VERSION", "VEXTRUS_COMMIT", "SOURCE", "CREATED"}, asked)
        for name in compose_file.OURS:
            self.assertEqual(asked, set(compose_file.SERVICES[name]["build"]["args"]), name)
        built = [c for path in page_commands.pages() for c in page_commands.commands(path) if c[:2] == ["docker", "build"]]
        self.assertEqual(1, len(built))
        self.assertEqual(asked, {word.split("=")[0] for before, word in zip(built[0], built[0][1:]) if before == "--build-arg"})
        exported = {word.split("=")[0] for c in page_commands.commands(ROOT / "docs" / "compose.md") if c[:1] == ["export"] for word in c[1:] if "=" in word}
        taken = {re.match(r"\$\{(\w+)", value).group(1) for value in compose_file.RAW["x-build"]["args"].values()}
        self.assertLessEqual(taken - {"VEXTRUS_VERSION"}, exported)


# It keeps what it is asked, and ends the jobs as the test has it.
KUBECTL = """\
#!/bin/sh
echo "$*" >> "$PLAYED/asked"
case "$*" in
*"-o jsonpath"*) case "$*" in *"$FAILS"*) echo 'FailureTarget Failed' ;; *) echo 'SuccessCriteriaMet Complete' ;; esac ;;
*"-o name"*) echo "job.batch/x" ;;
*"logs job.batch/x"*) echo "it says why" ;;
create*) cat "$3" >> "$PLAYED/made" ;;
esac
"""


class PlainManifests(Check):
    def play(self, which: int, fails: str = "nothing") -> tuple:
        """Runs the functions of the page, and one of its two ways. Answers what was asked of kubectl, and what was made."""
        functions, first, later = page_commands.blocks(MANIFESTS)[:3]
        with tempfile.TemporaryDirectory() as folder:
            played = Path(folder)
            (played / "kubectl").write_text(KUBECTL)
            (played / "kubectl").chmod(0o755)
            (played / "made").touch()
            text = "\n".join([functions, (first, later)[which]]).replace("/tmp/rollout.yaml", f"{folder}/rollout.yaml")
            done = run(["bash", "-c", text], environment={"PATH": f"{folder}:{os.environ['PATH']}", "PLAYED": folder, "FAILS": fails}, seconds=30)
            asked = [line for line in (played / "asked").read_text().replace(f"{folder}/", "").splitlines() if line.startswith(("create", "apply"))]
            return done, [line.split()[-1].rsplit("/", 1)[-1] for line in asked], (played / "made").read_text()

    def test_the_first_time(self):
        done, asked, made = self.play(0)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(asked, [
            "0-base", "5-job-vextrus-namespace.yaml", "6-job-vextrus-search-attributes.yaml", "8-job-vextrus-migration.yaml", "2-fleet", "rollout.yaml",
        ])
        rollout = next(job for job in of.parsed(made.replace("# Rendered", "---\n# Rendered")) if job["metadata"]["name"] == "vextrus-rollout")
        first = of.named(of.renderings()["production (install)"], "Job", "vextrus-rollout")
        self.assertEqual(*(job["spec"]["template"]["spec"]["containers"][0]["args"] for job in (rollout, first)))

    def test_a_later_build(self):
        done, asked, _ = self.play(1)
        self.assertEqual(done.returncode, 0, done.stdout)
        every = sorted(path.name for path in (of.MANIFESTS / "1-before").glob("*"))
        self.assertEqual(asked, ["0-base", *every, "2-fleet", "job-vextrus-rollout.yaml"])

    def test_a_job_that_fails_is_read_and_stops_the_rest(self):
        done, asked, _ = self.play(1, fails="migration")
        self.assertEqual((done.returncode, "it says why" in done.stdout), (1, True))
        self.assertEqual(asked[-1], "8-job-vextrus-migration.yaml")


if __name__ == "__main__":
    unittest.main()
