#!/usr/bin/env python3
"""Speaks to a fleet that the chart has brought into a cluster. It needs helm and kubectl, and the right to make jobs.

    fleet.py run RELEASE -n NAMESPACE -- VERB…     runs `vextrus VERB…` there, as the release's own jobs are run: with its image, its
                                                   address of Temporal and its keys; such as `-- rollout status`
    fleet.py run … --job FILE -- VERB…             as the job of that manifest is run; without helm, for plain manifests
    fleet.py values RELEASE -n NAMESPACE --build BUILD --registry REGISTRY --digests FILE
                                                   the values with which BUILD comes in beside the builds that still have documents;
                                                   FILE holds worker=sha256:…, facade=… and cli=…, one a line
    fleet.py current RELEASE -n NAMESPACE          the build that new documents go to; nothing where there is none, or where Temporal's
                                                   controller decides
"""

from __future__ import annotations

import argparse
import json
import re
import secrets
import subprocess
import sys
import time
from pathlib import Path
from typing import Optional

IMAGES = ("worker", "facade", "cli")
# The chart's jobs that hold the command line's image, keys and addresses; the first that a release has is taken.
LIKE = ("rollout", "migration", "replay-gate")
SECONDS_AT_MOST = 900
ASK_EVERY = 2
# Nothing is pinned to these, so their workers can go: `vextrus rollout status` says which they are.
DONE = ("drained", "inactive")


class Wrong(Exception):
    """What is wrong, and what would put it right."""


def call(*command: str, stdin: str = "") -> str:
    try:
        done = subprocess.run(command, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    except FileNotFoundError:
        raise Wrong(f"`{command[0]}` is not on PATH") from None
    if done.returncode != 0:
        raise Wrong(f"`{' '.join(command)}` failed:\n{done.stderr.strip()}")
    return done.stdout


class Fleet:
    """A release of the chart."""

    def __init__(self, release: str, namespace: str, manifest: Optional[Path] = None) -> None:
        self.release, self.namespace, self.manifest = release, namespace, manifest

    def helm(self, *arguments: str) -> str:
        return call("helm", *arguments, self.release, "--namespace", self.namespace)

    def kubectl(self, *arguments: str, stdin: str = "") -> str:
        return call("kubectl", "--namespace", self.namespace, *arguments, stdin=stdin)

    def is_there(self) -> bool:
        try:
            self.helm("status")
        except Wrong as error:
            # Anything else that is wrong must not look like a first install.
            if "release: not found" in str(error):
                return False
            raise
        return True

    def job(self) -> dict:
        """A job of the release that runs the command line."""
        if self.manifest:
            return self.parsed(self.manifest.read_text())
        hooks = re.split(r"^---\s*$", self.helm("get", "hooks"), flags=re.MULTILINE)
        for like in LIKE:
            for hook in hooks:
                if re.search(r"^kind: Job$", hook, re.MULTILINE) and re.search(rf"^  name: \S+-{like}$", hook, re.MULTILINE):
                    return self.parsed(hook)
        raise Wrong(f"release {self.release} has none of the jobs {', '.join(LIKE)}: enable one of them in its values")

    def parsed(self, manifest: str) -> dict:
        return json.loads(self.kubectl("create", "--dry-run=client", "--output", "json", "--filename", "-", stdin=manifest))

    def run(self, verb: list) -> tuple:
        """Runs the verb to its end. Answers what it printed, and whether it succeeded."""
        job = of_verb(self.job(), verb)
        name = job["metadata"]["name"]
        self.kubectl("create", "--filename", "-", stdin=json.dumps(job))
        try:
            state = self.ended(name)
            return self.kubectl("logs", f"job/{name}"), state == "Complete"
        finally:
            self.kubectl("delete", "job", name, "--ignore-not-found", "--wait=false")

    def ended(self, name: str) -> str:
        until = time.monotonic() + SECONDS_AT_MOST + 60
        while time.monotonic() < until:
            status = json.loads(self.kubectl("get", "job", name, "--output", "json")).get("status", {})
            for condition in status.get("conditions", []):
                if condition["type"] in ("Complete", "Failed") and condition["status"] == "True":
                    return condition["type"]
            time.sleep(ASK_EVERY)
        raise Wrong(f"job {name} has not ended within {SECONDS_AT_MOST} s: look at it with kubectl describe")


def of_verb(job: dict, verb: list) -> dict:
    """A job of its own that runs this verb: no hook of the chart, and under a name that none has."""
    container = job["spec"]["template"]["spec"]["containers"][0]
    container["args"] = verb
    metadata = job["metadata"]
    base = re.sub(r"-(rollout|migration|replay-gate)$", "", metadata["name"])
    job["metadata"] = {
        "name": f"{base}-cli-{secrets.token_hex(4)}",
        "namespace": metadata["namespace"],
        "labels": metadata.get("labels", {}),
    }
    job["spec"].update(backoffLimit=0, activeDeadlineSeconds=SECONDS_AT_MOST, ttlSecondsAfterFinished=3600)
    job.pop("status", None)
    return job


def builds_before(values: dict, app_version: str) -> list:
    """The builds that a release runs: the one that it brought in, then those that it kept."""
    worker = values["image"]["worker"]
    build = values["versions"].get("build") or worker.get("tag") or app_version
    entry = {"build": build, "tag": worker.get("tag") or app_version, "digest": worker.get("digest", "")}
    return [entry, *values["versions"].get("draining", [])]


def still_needed(before: list, status: dict, build: str) -> list:
    """Of the builds that run, those that have documents, or take them. What the server does not know has none."""
    states = {version["build"]: version["state"] for version in status["versions"]}
    needed = []
    for entry in before:
        if entry["build"] != build and states.get(entry["build"], DONE[0]) not in DONE:
            needed.append({key: value for key, value in entry.items() if value})
    return needed


def json_of(text: str) -> dict:
    """The object that `rollout status` printed; the log's own lines stand around it."""
    for start in re.finditer(r"^\{", text, re.MULTILINE):
        try:
            found, _ = json.JSONDecoder().raw_decode(text, start.start())
        except ValueError:
            continue
        if isinstance(found.get("versions"), list):
            return found
    raise Wrong(f"`vextrus rollout status` answers no versions:\n{text}")


def digests_of(path: Path) -> dict:
    digests = dict(line.split("=", 1) for line in path.read_text().split())
    for image in IMAGES:
        if not re.fullmatch(r"sha256:[0-9a-f]{64}", digests.get(image, "")):
            raise Wrong(f"{path} names no digest of {image}")
    return digests


def values_of(fleet: Fleet) -> dict:
    """The values of a release whose builds are ours to keep; else nothing: it is not there, has one build, or Temporal's controller keeps them."""
    if not fleet.is_there():
        return {}
    known = json.loads(fleet.helm("get", "values", "--all", "--output", "json"))
    return known if known["versions"]["enabled"] and not known["temporal"]["workerController"]["enabled"] else {}


def status(fleet: Fleet) -> dict:
    """How the builds stand. With no worker that has polled there is none."""
    text, is_done = fleet.run(["rollout", "status", "--output", "json"])
    if not is_done and "has polled" not in text:
        raise Wrong(f"`vextrus rollout status` failed in the cluster:\n{text}")
    return json_of(text) if is_done else {"current": None, "versions": []}


def values(fleet: Fleet, build: str, registry: str, digests: dict) -> dict:
    draining: list = []
    known = values_of(fleet)
    if known:
        metadata = json.loads(fleet.helm("get", "metadata", "--output", "json"))
        draining = still_needed(builds_before(known, metadata["appVersion"]), status(fleet), build)
    return brought(build, registry, digests, draining)


def current(fleet: Fleet) -> str:
    return (status(fleet)["current"] or "") if values_of(fleet) else ""


def brought(build: str, registry: str, digests: dict, draining: list) -> dict:
    return {
        "image": {"registry": registry, **{image: {"digest": digests[image]} for image in IMAGES}},
        "versions": {"build": build, "draining": draining},
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="Speak to a fleet in a cluster.")
    steps = parser.add_subparsers(dest="step", required=True)
    runs, shows, asks = steps.add_parser("run"), steps.add_parser("values"), steps.add_parser("current")
    for step in (runs, shows, asks):
        step.add_argument("release")
        step.add_argument("-n", "--namespace", required=True)
    runs.add_argument("--job", type=Path, help="the manifest of a job that runs the command line, where no release of helm has one")
    runs.add_argument("verb", nargs="+", help="after --")
    shows.add_argument("--build", required=True)
    shows.add_argument("--registry", required=True)
    shows.add_argument("--digests", required=True, type=Path)
    asked = parser.parse_args()
    fleet = Fleet(asked.release, asked.namespace, getattr(asked, "job", None))
    try:
        if asked.step == "values":
            print(json.dumps(values(fleet, asked.build, asked.registry, digests_of(asked.digests)), indent=2))
            return 0
        if asked.step == "current":
            print(current(fleet))
            return 0
        text, is_done = fleet.run(asked.verb)
        print(text, end="")
        return 0 if is_done else 1
    except (Wrong, OSError) as error:
        print(f"fleet.py: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
