"""Checks of how images.yml publishes: all three or none, and under a tag that is never moved."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import unittest
from pathlib import Path

from support import Check, run
from test_pipelines import GITHUB, read

IMAGES_YML = GITHUB / "workflows/images.yml"
SCRIPT = GITHUB / "scripts/push.py"
# Knows the archive, and what the registry holds where something is laid out; answers as skopeo 1.18 does of ghcr.io.
SKOPEO = """\
#!/usr/bin/env python3
import json, os, sys
folder = os.path.dirname(os.path.abspath(__file__))
laid = json.load(open(f"{folder}/laid"))
open(f"{folder}/asked", "a").write(" ".join(sys.argv[1:]) + "\\n")
if sys.argv[1] == "copy":
    open(sys.argv[3], "w").write("sha256:new\\n")
elif sys.argv[-1].startswith("docker-archive:"):
    print(laid["archive"], end="")
elif "there" in laid:
    print(laid["there"], end="")
else:
    sys.exit(f"Error parsing image name: reading manifest: {laid['error']}")
"""
DOCKER = """\
#!/usr/bin/env python3
import os, sys
words = " ".join(sys.argv[1:])
open(os.environ["ASKED"], "a").write(words + "\\n")
sys.exit(1 if os.environ["WEAK"] and os.environ["WEAK"] in words else 0)
"""


def manifest(content: str, packed: str = "a") -> str:
    return json.dumps({"schemaVersion": 2, "config": {"digest": f"sha256:{content}"}, "layers": [{"digest": f"sha256:{packed}"}]})


class Played(Check):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        for name, text in (("skopeo", SKOPEO), ("docker", DOCKER)):
            (self.folder / name).write_text(text)
            (self.folder / name).chmod(0o755)
        self.path = {"PATH": f"{self.folder}:{os.environ['PATH']}"}


class Pushed(Played):
    def push(self, **laid: str):
        (self.folder / "laid").write_text(json.dumps({"archive": manifest("ours"), **laid}))
        (self.folder / "asked").write_text("")
        return run([SCRIPT, "images/cli.tar", "r/vextrus-cli:0.2.0"], environment=self.path)

    def copied(self) -> bool:
        return "copy --digestfile" in (self.folder / "asked").read_text()

    def test_a_tag_that_is_free_is_taken(self):
        for error in ("manifest unknown", "name unknown: repository not known", "denied: requested access to the resource is denied"):
            with self.subTest(error):
                done = self.push(error=error)
                self.assertEqual((done.returncode, done.stdout, self.copied()), (0, "sha256:new\n", True))

    def test_the_same_image_is_left_where_it_is(self):
        """A second try of what went wrong after the push."""
        there = manifest("ours", packed="otherwise")
        done = self.push(there=there)
        self.assertEqual((done.returncode, done.stdout, self.copied()), (0, f"sha256:{hashlib.sha256(there.encode()).hexdigest()}\n", False))

    def test_another_image_is_never_written_over(self):
        for there in (manifest("another"), '{"schemaVersion": 2, "manifests": []}'):
            done = self.push(there=there)
            self.assertEqual((done.returncode, self.copied()), (1, False))
            self.assertIn("is another image already", done.stdout)

    def test_a_registry_that_does_not_answer_is_not_taken_for_an_empty_one(self):
        done = self.push(error="received unexpected HTTP status: 502 Bad Gateway")
        self.assertEqual((done.returncode, self.copied()), (1, False))

    def test_nothing_else_pushes(self):
        self.assertNotRegex(IMAGES_YML.read_text(), r"skopeo copy|docker push|--push\b|type=registry")


class Scanned(Played):
    def scan(self, weak: str):
        [script] = [step["run"] for step in read(IMAGES_YML)["jobs"]["scan"]["steps"] if "docker run" in step.get("run", "")]
        (self.folder / "asked").write_text("")
        told = {**self.path, "TRIVY_IMAGE": "trivy", "ASKED": str(self.folder / "asked"), "WEAK": weak}
        return run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script], folder=self.folder, environment=told)

    def test_all_are_scanned_before_one_is_published(self):
        jobs = read(IMAGES_YML)["jobs"]
        self.assertEqual(set(jobs["publish"]["needs"]), {"build", "scan"})
        self.assertNotIn("if", jobs["publish"], "it would run where the scan has failed")
        self.assertNotIn("strategy", jobs["scan"])
        self.assertEqual(self.scan("").returncode, 0)
        asked = (self.folder / "asked").read_text()
        for image in jobs["publish"]["strategy"]["matrix"]["image"]:
            self.assertIn(f"--input /images/{image}.tar", asked)

    def test_one_that_is_weak_stops_all_and_is_named(self):
        for image in ("worker", "facade", "cli"):
            done = self.scan(f"/images/{image}.tar")
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"found in: {image}\n", done.stdout)
            self.assertEqual(len((self.folder / "asked").read_text().splitlines()), 3, "what is wrong with the others is said too")


if __name__ == "__main__":
    unittest.main()
