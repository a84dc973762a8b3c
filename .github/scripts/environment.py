#!/usr/bin/env python3
"""Refuses an environment of GitHub that is less guarded than .github/environments says. It needs gh.

    environment.py NAME        what lacks is said, and the exit code is 1
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

WANTED = Path(__file__).resolve().parents[1] / "environments"


class Wrong(Exception):
    """What is wrong, and what would put it right."""


def ask(path: str) -> dict:
    place = f"repos/{os.environ['GITHUB_REPOSITORY']}/environments/{path}"
    try:
        done = subprocess.run(["gh", "api", place], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    except FileNotFoundError:
        raise Wrong("`gh` is not on PATH") from None
    if done.returncode != 0:
        # One that is not there too: GitHub would make it, without any rule.
        raise Wrong(f"GitHub does not tell of {place}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def reviewers_lack(wanted: dict, found: dict) -> list:
    if not wanted["reviewers"]:
        return []
    rules = [rule for rule in found.get("protection_rules", []) if rule["type"] == "required_reviewers" and rule.get("reviewers")]
    if not rules:
        return ["nobody must approve"]
    alone = wanted["prevent_self_review"] and not all(rule.get("prevent_self_review") for rule in rules)
    return ["whoever starts a deployment may approve it"] if alone else []


def refs_lack(name: str, found: dict) -> list:
    policy = found.get("deployment_branch_policy") or {}
    if not policy.get("custom_branch_policies"):
        return ["it takes deployments from more than the branches and tags that are named"]
    allowed = {(ref["name"], ref["type"]) for ref in json.loads((WANTED / "refs.json").read_text())}
    taken = {(ref["name"], ref["type"]) for ref in ask(f"{name}/deployment-branch-policies?per_page=100")["branch_policies"]}
    return [f"it takes deployments from the {kind} {ref}" for ref, kind in sorted(taken - allowed)]


def main() -> int:
    parser = argparse.ArgumentParser(description="Refuse an environment that is not guarded.")
    parser.add_argument("name")
    name = parser.parse_args().name
    try:
        wanted, found = json.loads((WANTED / f"{name}.json").read_text()), ask(name)
        lacks = reviewers_lack(wanted, found) + refs_lack(name, found)
        if lacks:
            raise Wrong(f"{name} is not guarded: {'; '.join(lacks)}. docs/pipelines.md says how it is set up")
    except (Wrong, OSError) as error:
        print(f"environment.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
