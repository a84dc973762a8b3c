"""Checks of how a release is made of commits, and of what may be built in."""

from __future__ import annotations

import importlib.util
import re
import shutil
import tempfile
import unittest
from pathlib import Path

import helm_chart
from support import ROOT, Check, program, run

SCRIPT = ROOT / ".github/scripts/release.py"


def load():
    found = importlib.util.spec_from_file_location("release", SCRIPT)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


release = load()


class Repository(Check):
    """A small repository of its own, with our files of versions."""

    FILES = ("Cargo.toml", "Cargo.lock", "fuzz/Cargo.lock", "tests/replay/patches.toml", "cliff.toml", release.CHART)

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.root = Path(holder.name)
        for name in self.FILES:
            if (ROOT / name).is_file():
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, self.root / name)
        self.git("init", "--quiet", "--initial-branch", "main")
        self.commit("Lay the rooms")
        self.git("tag", "v1.0.0")

    def git(self, *arguments: str) -> str:
        who = ["-c", "user.name=Nobody", "-c", "user.email=nobody@localhost", "-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false"]
        return self.passes(["git", *who, *arguments], folder=self.root)

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)


class NextVersion(Repository):
    def test_it_follows_from_the_kinds_of_the_commits(self):
        for message, version in (
            ("Say it better\n\nIt was unclear.", "1.0.1"),
            ("Mend the clock\n\nIt was wrong: Asia/Dhaka.\n\nKind: fix", "1.0.1"),
            ("Let orders be amended\n\nBuyers ask for it.\n\nKind: feature\nSigned-off-by: Nobody", "1.1.0"),
            ("Say less\n\nKind: none", "1.1.0"),
            ("Take a field away\n\nNobody sends it.\n\nKind: breaking", "2.0.0"),
        ):
            with self.subTest(message):
                self.commit(message)
                self.assertEqual(release.next_version(self.root), version)

    def test_before_1_0_what_breaks_raises_the_second_number(self):
        self.git("tag", "--delete", "v1.0.0")
        self.git("tag", "v0.1.0")
        self.commit("Take a field away\n\nKind: breaking")
        self.assertEqual(release.next_version(self.root), "0.2.0")

    def test_nothing_to_tell_is_no_release(self):
        self.commit("Say less\n\nKind: none")
        with self.assertRaisesRegex(release.Wrong, "nothing has changed"):
            release.next_version(self.root)


class Preparing(Repository):
    def prepared(self) -> None:
        self.commit("Let orders be amended\n\nKind: feature")
        self.commit("Mend the clock\n\nKind: fix")
        self.commit("Keep this to ourselves\n\nKind: none")
        release.prepare(self.root, "1.1.0")

    def test_what_is_prepared_is_what_is_verified(self):
        self.prepared()
        release.verify(self.root, "v1.1.0")
        told = release.notes(self.root, "1.1.0")
        self.assertRegex(told, r"(?s)### New\n\n- Let orders be amended \([0-9a-f]{8}\)\n\n### Mended\n\n- Mend the clock")
        self.assertNotIn("Keep this", told)
        changed = [line for line in self.git("diff", "--unified=0").splitlines() if re.match(r"[+-](?![+-])", line)]
        self.assertTrue(all("1.1.0" in line for line in changed if line.startswith("+")), "\n".join(changed))

    def test_a_tree_of_another_version_is_refused_by_name(self):
        self.prepared()
        for tag, why in (("v1.2.0", "Cargo.toml: 1.1.0"), ("1.1.0", "no release's tag"), ("v1.1", "no release's tag")):
            with self.subTest(tag), self.assertRaisesRegex(release.Wrong, why):
                release.verify(self.root, tag)
        for name, old, new, why in (
            ("Cargo.lock", 'name = "vextrus-worker"\nversion = "1.1.0"', 'name = "vextrus-worker"\nversion = "1.0.0"', "vextrus-worker 1.0.0"),
            ("tests/replay/patches.toml", ', "1.1.0"]', "]", "not among those supported"),
            ("CHANGELOG.md", "## 1.1.0 ", "## 1.0.9 ", "does not tell of 1.1.0"),
        ):
            with self.subTest(name):
                path = self.root / name
                before = path.read_text()
                self.assertIn(old, before)
                path.write_text(before.replace(old, new))
                with self.assertRaisesRegex(release.Wrong, why):
                    release.verify(self.root, "v1.1.0")
                path.write_text(before)

    def test_a_version_that_is_prepared_twice_stands_once(self):
        self.prepared()
        release.prepare(self.root, "1.1.0")
        self.assertEqual((self.root / "tests/replay/patches.toml").read_text().count('"1.1.0"'), 1)

    def test_this_tree_is_of_one_version(self):
        """Between releases too: crates, locks and chart say the same."""
        versions = {re.search(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE).group(1)}
        for lock in release.LOCKS:
            versions |= set(release.locked_versions((ROOT / lock).read_text()).values())
        if (ROOT / release.CHART).is_file():
            versions |= set(re.findall(r'^(?:appV|v)ersion: "?([^"\n]+)"?$', (ROOT / release.CHART).read_text(), re.MULTILINE))
        self.assertEqual(len(versions), 1, versions)


class Commits(Check):
    def test_subject_and_kind_are_looked_at(self):
        for message, faults in (
            ("Say it\n\nBecause.\n\nKind: fix\n", 0),
            ("Say it", 0),
            ("Merge " + "x" * 90, 0),
            ("x" * 73, 1),
            ("Say it\nright away", 1),
            ("Say it\n\nKind: bugfix", 1),
            ("Say it\n\nkind: fix", 1),
            ("x" * 73 + "\nand on\nKind: no", 3),
        ):
            with self.subTest(message[:40]):
                self.assertEqual(len(release.faults_of(message)), faults, release.faults_of(message))

    def test_the_kinds_that_are_let_through_are_those_that_are_counted(self):
        cliff = (ROOT / "cliff.toml").read_text()
        for kind in release.KINDS:
            self.assertRegex(cliff, rf"Kind: (\([a-z|]*)?\b{kind}\b", "cliff.toml does not know it")


class Ramps(Check):
    def test_the_page_tells_each_environments_own(self):
        page = " ".join((ROOT / "docs/releasing.md").read_text().split())
        for environment in ("staging", "production"):
            rollout = helm_chart.value_sets()[environment]["rollout"]
            told = re.search(rf"in {environment} ([0-9, and]+), (?:each )?watched for (\d+) minutes", page)
            self.assertIsNotNone(told, f"the page says nothing of {environment}")
            self.assertEqual((re.findall(r"\d+", told.group(1)), f"{told.group(2)}m"), (rollout["steps"].split(","), rollout["watch"]), environment)


class Dependencies(Check):
    @classmethod
    def setUpClass(cls):
        cargo = program("cargo", "install Rust (https://rustup.rs)")
        done = run([cargo, "metadata", "--offline", "--locked", "--format-version", "1", "--manifest-path", ROOT / "Cargo.toml"])
        if re.search(r"failed to download|no matching package named|attempting to make an HTTP", done.stdout):
            raise unittest.SkipTest("the crates of Cargo.lock are not here: `cargo fetch --locked` brings them (`make lint` does too)")
        if done.returncode != 0:
            raise AssertionError(f"`cargo metadata --locked` said:\n{done.stdout}")
        holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(holder.cleanup)
        cls.metadata = Path(holder.name) / "metadata.json"
        # Cargo's warnings stand before it.
        cls.metadata.write_text(done.stdout[done.stdout.index('{"packages"'):])

    def deny(self, config: Path):
        command = ["cargo-deny", "--offline", "--locked", "--log-level", "error", "--config", config, "--metadata-path", self.metadata]
        return run([*command, "check", "--allow", "duplicate", "bans", "licenses", "sources"])

    def test_licences_bans_and_sources_are_as_deny_toml_says(self):
        done = self.deny(ROOT / "deny.toml")
        self.assertEqual(done.returncode, 0, done.stdout[-4000:])

    def test_what_is_not_allowed_is_found(self):
        text = (ROOT / "deny.toml").read_text()
        for old, new, finding in (
            ('  "ISC",\n', "", "rejected"),
            ('crate = "reqwest"', 'crate = "hyper"', "banned"),
            ('"https://github.com/rust-lang/crates.io-index"', "", "source-not-allowed"),
        ):
            with self.subTest(finding), tempfile.TemporaryDirectory() as folder:
                self.assertIn(old, text)
                config = Path(folder) / "deny.toml"
                config.write_text(text.replace(old, new))
                done = self.deny(config)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(finding, done.stdout)


if __name__ == "__main__":
    unittest.main()
