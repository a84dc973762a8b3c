"""deploy/terraform: what it says, what Terraform says of it, and what a policy scan says.

Terraform has no provider here, and no registry to fetch one from. A stand-in that knows what the AWS provider takes
(terraform_provider.py) lets it validate every module and plan and make whole environments all the same.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import tomllib
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import kubernetes_validate
import yaml

import terraform_files as files
import terraform_provider
import terraform_schema
from support import DEPLOY, ROOT, Check, program, run

OFFLINE = {"TF_CLI_CONFIG_FILE": "/dev/null", "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
# What decides, and must be testable without any provider.
PURE = {"layout", "profile", "retention", "sizing"}
ENVIRONMENTS = ("development", "staging", "production")
META = {"source", "version", "count", "for_each", "depends_on", "providers", "__start_line__", "__end_line__"}


def terraform() -> str:
    found = program("terraform", "install Terraform 1.11 or later: https://developer.hashicorp.com/terraform/install")
    said = json.loads(run([found, "version", "-json"], environment=OFFLINE).stdout.split("\n\n")[-1])["terraform_version"]
    if tuple(map(int, said.split("-")[0].split(".")[:2])) < (1, 11):
        raise unittest.SkipTest(f"Terraform {said} is on PATH, and 1.11 or later is needed")
    return found


def name(folder: Path) -> str:
    return str(folder.relative_to(files.ROOT))


def variables(folder: Path) -> dict:
    """The variables of a module, and whether each must be given."""
    return {labels[0]: "default" not in body for _, labels, body in files.blocks(folder, "variable")}


class Said(Check):
    """What the files say, by their text alone."""

    def test_every_file_is_parsed(self):
        self.assertGreater(len(files.files()), 40, "files are missing")
        for path in files.files():
            with self.subTest(name(path)):
                self.assertTrue(files.parse(path), "it says nothing")

    def test_terraform_and_providers_are_pinned(self):
        pinned = json.loads(terraform_schema.SCHEMA.read_text())["version"]
        for folder in files.folders():
            with self.subTest(name(folder)):
                (_, _, body), *others = files.blocks(folder, "terraform")
                self.assertFalse(others, "it has two `terraform` blocks")
                self.assertRegex(str(files.first(body.get("required_version"))), r"^>= 1\.\d+\.\d+, < 2\.0\.0$", "required_version")
                providers = {k: files.first(v) for k, v in files.first(body.get("required_providers", [{}])).items() if k not in META}
                makes = any(True for kind in ("resource", "data") for _ in files.blocks(folder, kind))
                calls = any(True for _ in files.blocks(folder, "module"))
                if folder.name in PURE:
                    self.assertFalse(providers or makes or calls, "a module that decides must need no provider")
                    continue
                aws = providers.get("aws", {})
                self.assertEqual(aws.get("source"), "hashicorp/aws", "it does not say where its provider is from")
                self.assertEqual(aws.get("version"), pinned, "its arguments were checked against another version (terraform_schema.json)")
                used = {labels[0].split("_")[0] for kind in ("resource", "data") for _, labels, _ in files.blocks(folder, kind)}
                self.assertLessEqual(used, set(providers), "a provider is used and not pinned")

    def test_modules_are_given_what_they_take(self):
        calls = 0
        for folder in files.folders():
            for path, (call,), body in files.blocks(folder, "module"):
                calls += 1
                with self.subTest(f"{name(path)}: module.{call}"):
                    source = str(files.first(body["source"]))
                    self.assertTrue(source.startswith("../"), f"{source} is no folder of ours")
                    called = (folder / source).resolve()
                    self.assertIn(called, files.folders(), f"{source} is no module")
                    takes, given = variables(called), set(body) - META
                    self.assertFalse(given - set(takes), f"{name(called)} takes no such variable")
                    self.assertFalse({v for v, must in takes.items() if must} - given, f"{name(called)} needs these too")
        self.assertGreater(calls, 20, "calls are missing")

    def test_what_is_used_of_modules_and_variables_is_there(self):
        for folder in files.folders():
            text = files.text(folder)
            called = {c: (folder / str(files.first(b["source"]))).resolve() for _, (c,), b in files.blocks(folder, "module")}
            with self.subTest(name(folder)):
                for call, output in re.findall(r"\bmodule\.(\w+)(?:\[[^\]]*\])?\.(\w+)", text):
                    self.assertIn(call, called, f"module.{call} is used and not called")
                    outputs = {labels[0] for _, labels, _ in files.blocks(called[call], "output")}
                    self.assertIn(output, outputs, f"{name(called[call])} does not tell {output}")
                used = set(re.findall(r"\bvar\.(\w+)", text))
                self.assertEqual(used, set(variables(folder)), "variables that are used, and that are declared")

    def test_variables_and_outputs_are_described(self):
        for folder in files.folders():
            for kind in ("variable", "output"):
                for path, (label,), body in files.blocks(folder, kind):
                    with self.subTest(f"{name(path)}: {label}"):
                        self.assertGreater(len(str(files.first(body.get("description", "")))), 10, "it is not described")
                        if kind == "variable":
                            self.assertIn("type", body, "it has no type")

    def test_terraform_never_learns_a_secret(self):
        """What it knows stands in its state, in clear."""
        for folder in files.folders():
            found = re.findall(r'"(?:aws_secretsmanager_secret_version|random_password|tls_private_key|aws_iam_access_key)"'
                               r"|^\s*(?:master_)?(?:password|secret_string|private_key)\s*=", files.text(folder), re.MULTILINE)
            self.assertFalse(found, name(folder))

    def test_environments_are_what_their_folders_say(self):
        for environment in ENVIRONMENTS:
            folder = files.ROOT / "environments" / environment
            with self.subTest(environment):
                text = files.text(folder)
                self.assertRegex(text, rf'environment\s+= "{environment}"\n  account_id', "the module is told of another")
                self.assertEqual(re.findall(r'^      environment = "(\w+)"', text, re.MULTILINE), [environment], "the tags tell of another")
                self.assertIn(f'"vextrus/{environment}.tfstate"', (folder / "backend.hcl.example").read_text(), "the state is another's")
                example = set(re.findall(r"^(\w+)\s*=", (folder / "terraform.tfvars.example").read_text(), re.MULTILINE))
                takes = variables(folder)
                self.assertFalse(example - set(takes), "the example sets what is no variable")
                self.assertFalse({v for v, must in takes.items() if must} - example, "the example lacks what must be given")

    def test_environments_tell_the_same_and_take_it_in_the_same_form(self):
        """Each root module declares its own, as Terraform has it: what keeps the copies alike is this."""
        folders = [files.ROOT / "environments" / environment for environment in ENVIRONMENTS]
        self.assertEqual(len({(folder / "outputs.tf").read_text() for folder in folders}), 1, "outputs.tf differs")
        types: dict = {}
        for folder in folders:
            for _, (label,), body in files.blocks(folder, "variable"):
                types.setdefault(label, set()).add(str(body["type"]))
        self.assertEqual({label for label, found in types.items() if len(found) > 1}, set(), "variables of two types")

    def test_the_chart_and_the_programs_know_what_they_are_told(self):
        (_, _, output), = [o for o in files.blocks(files.ROOT / "modules/environment", "output") if o[1] == ("helm_values",)]
        told = files.first(output["value"])
        values = yaml.safe_load((DEPLOY / "helm/vextrus-workflows/values.yaml").read_text())
        settings = tomllib.loads((ROOT / "platform/src/default.toml").read_text())

        def follow(at: str, told_here: object, known: object) -> None:
            if not isinstance(told_here, dict) or at.endswith(".annotations"):
                return
            for key, inner in told_here.items():
                self.assertIsInstance(known, dict, at)
                self.assertIn(key, known, f"{at} has no such key")
                follow(f"{at}.{key}", files.first(inner), known[key])

        follow("values.yaml", {k: v for k, v in told.items() if k != "config"}, values)
        follow("default.toml", files.first(told["config"]), settings)
        self.assertIn("config", values)

    def test_the_job_of_backups_fits_chart_programs_and_role(self):
        account, job = yaml.safe_load_all((files.ROOT / "kubernetes/backup.yaml").read_text())
        for document in (account, job):
            kubernetes_validate.validate(document, "1.35", strict=True)
        chart = DEPLOY / "helm/vextrus-workflows"
        values = yaml.safe_load((chart / "values.yaml").read_text())
        settings = tomllib.loads((ROOT / "platform/src/default.toml").read_text())
        (_, _, variable), = [v for v in files.blocks(files.ROOT / "modules/storage", "variable") if v[1] == ("backup_service_account",)]
        pod = job["spec"]["jobTemplate"]["spec"]["template"]
        self.assertEqual(pod["spec"]["serviceAccountName"], account["metadata"]["name"])
        self.assertEqual(account["metadata"]["name"], files.first(variable["default"]), "the role is for another service account")
        labels = {"name": yaml.safe_load((chart / "Chart.yaml").read_text())["name"], "component": "jobs"}
        for label, value in labels.items():
            self.assertEqual(pod["metadata"]["labels"][f"app.kubernetes.io/{label}"], value, "the chart's policies would not let it out")
        made = pod["spec"]["initContainers"][0]
        self.assertEqual(made["image"].split(":")[0], f"{values['image']['registry']}/{values['image']['cli']['repository']}")
        for variable in made["env"]:
            section, _, key = variable["name"].removeprefix("VEXTRUS_").lower().partition("_")
            if variable["name"].startswith("VEXTRUS_"):
                self.assertIn(key, settings[section], f"{variable['name']} is no setting")
        secret = made["env"][0]["valueFrom"]["secretKeyRef"]
        self.assertEqual((secret["name"], secret["key"]), (values["secrets"]["name"], values["secrets"]["keys"]["ledgerAddress"]))

    def test_there_is_no_cache_because_nothing_uses_one(self):
        caches = re.compile(r"redis|memcache|elasticache|valkey")
        for folder in files.folders():
            self.assertNotRegex(files.text(folder), caches, name(folder))
        packages = re.findall(r'^name = "([^"]+)"', (ROOT / "Cargo.lock").read_text(), re.MULTILINE)
        self.assertFalse([p for p in packages if caches.search(p)], "the programs use a cache now: deploy/terraform has none")


class Done(Check):
    """What Terraform says."""

    @classmethod
    def setUpClass(cls):
        cls.terraform = terraform()
        cls.known = json.loads(terraform_schema.SCHEMA.read_text())

    def setUp(self):
        self.work = Path(tempfile.mkdtemp(prefix="vextrus-terraform-"))
        self.addCleanup(shutil.rmtree, self.work, True)
        self.root = self.work / "terraform"
        shutil.copytree(files.ROOT, self.root, ignore=shutil.ignore_patterns(".terraform", "*.tfstate*"))

    def test_format(self):
        for example in self.root.rglob("terraform.tfvars.example"):
            example.rename(example.with_suffix(""))
        self.passes([self.terraform, "fmt", "-check", "-diff", "-recursive", self.root], environment=OFFLINE)

    def test_the_schema_is_of_what_is_used(self):
        self.assertEqual(files.kinds(), (set(self.known["resources"]), set(self.known["data"])), "remake it: terraform_schema.py")

    def said_of(self, folder: Path, environment: dict, *command: str) -> str:
        """What is wrong with one module; nothing where nothing is."""
        for words in (("init", "-backend=false", "-input=false"), command):
            done = run([self.terraform, *words, "-no-color"], folder=folder, environment=environment, seconds=600)
            if done.returncode != 0:
                return f"terraform {words[0]}, {folder.relative_to(self.root)}:\n{done.stdout}"
        # A module whose tests are not found would pass with none.
        if command[0] == "test" and not re.search(r"Success! [1-9]\d* passed, 0 failed", done.stdout):
            return f"terraform test, {folder.relative_to(self.root)}: no test has passed:\n{done.stdout}"
        return ""

    def checked(self, folder: Path, environment: dict) -> str:
        example = ["-var-file=terraform.tfvars.example"] if folder.parent.name == "environments" else []
        return self.said_of(folder, environment, "test", *example)

    def test_modules_are_valid_and_pass_their_tests(self):
        folders = [self.root / name(folder) for folder in files.folders()]
        self.assertFalse([f.name for f in folders if not (f / "tests").is_dir()], "modules without tests")
        with terraform_provider.running(self.known) as found, ThreadPoolExecutor(max_workers=2) as pool:
            # A test validates its module first.
            said = list(pool.map(lambda folder: self.checked(folder, {**OFFLINE, **found}), folders))
        self.assertFalse(any(said), "\n".join(filter(None, said)))

    def test_the_stand_in_refuses_what_the_provider_does_not_take(self):
        """Otherwise all of that would say nothing."""
        faults = {
            "an unknown argument": ("modules/key/main.tf", "deletion_window_in_days", "deletion_window", "Unsupported argument"),
            "a missing argument": ("modules/key/main.tf", "  target_key_id = aws_kms_key.this.key_id\n", "", "Missing required argument"),
            "an unknown result": ("modules/key/main.tf", "aws_kms_key.this.key_id", "aws_kms_key.this.key_name", "Unsupported attribute"),
            "an unknown block": ("modules/postgres/main.tf", "  parameter {", "  setting {", "Unsupported block type"),
            "another type": ("modules/key/main.tf", "enable_key_rotation     = true", "enable_key_rotation     = []", "Incorrect attribute value type"),
        }
        with terraform_provider.running(self.known) as found:
            for fault, (path, before, after, says) in faults.items():
                with self.subTest(fault):
                    file = self.root / path
                    right = file.read_text()
                    self.assertIn(before, right)
                    file.write_text(right.replace(before, after))
                    said = self.said_of(file.parent, {**OFFLINE, **found}, "validate")
                    file.write_text(right)
                    self.assertIn(says, said, "it was not refused")


class Policy(Check):
    """What checkov says. Exceptions stand where they hold, as `#checkov:skip=ID:reason`."""

    EXCEPTION = re.compile(r"#checkov:skip=(\w+):?(.*)")

    def setUp(self):
        self.root = Path(tempfile.mkdtemp(prefix="vextrus-checkov-"))
        self.addCleanup(shutil.rmtree, self.root, True)
        self.exceptions = {}
        # Without the exceptions, so that those show which nothing needs any more. Lines stay where they are.
        for path in files.files():
            copy = self.root / name(path)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(self.EXCEPTION.sub("#", path.read_text()))
            for line, text in enumerate(path.read_text().splitlines(), 1):
                for check, reason in self.EXCEPTION.findall(text):
                    self.exceptions[(f"/{name(path)}", line, check)] = reason

    def test_policies_hold_and_exceptions_are_argued_and_needed(self):
        checkov = program("checkov", "install the packages of deploy/check/requirements-deploy.txt")
        command = [checkov, "--skip-download", "--framework", "terraform", "--output", "json", "--quiet", "-d", self.root]
        said = run(command, environment={"LOG_LEVEL": "ERROR"}, seconds=600).stdout
        self.assertIn("{", said, "checkov does not run")
        report = json.loads(said[said.index("{") :])
        # A file that it cannot parse, or a module that it cannot follow, is passed over in silence.
        self.assertEqual(report["summary"]["parsing_errors"], 0)
        self.assertGreater(report["summary"]["resource_count"], 100, "resources were passed over")
        wrong, needed = set(), set()
        for found in report["results"]["failed_checks"]:
            check, path, (begin, end) = found["check_id"], found["file_path"], found["file_line_range"]
            excepted = {e for e in self.exceptions if e[0] == path and e[2] == check and begin <= e[1] <= end}
            needed |= excepted
            if not excepted:
                wrong.add(f"{path}:{begin}: {check} {found['check_name']}")
        self.assertFalse(wrong, "\n".join(sorted(wrong)))
        self.assertFalse(set(self.exceptions) - needed, "exceptions that nothing needs any more")
        for (path, line, check), reason in self.exceptions.items():
            self.assertGreater(len(reason.split()), 4, f"{path}:{line}: {check} is excepted without a reason")


if __name__ == "__main__":
    unittest.main()
