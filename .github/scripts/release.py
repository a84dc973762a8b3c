#!/usr/bin/env python3
"""Makes a release of the commits: docs/releasing.md says when which step is taken.

    release.py next               which version the commits since the last release make
    release.py prepare [VERSION]  writes that version and CHANGELOG.md into the tree, for a commit of its own
    release.py verify TAG         fails unless the tree is of that version everywhere and CHANGELOG.md tells of it
    release.py notes VERSION      what CHANGELOG.md says of it
    release.py commits RANGE      fails where a subject is too long or a `Kind:` is none that we know

`next` and `prepare` need git-cliff on PATH: `make deploy-check` fetches one, `PATH="$(tools/fetch.py deploy)/bin:$PATH"` finds it.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHANGELOG = "CHANGELOG.md"
CHART = "deploy/helm/vextrus-workflows/Chart.yaml"
LOCKS = ("Cargo.lock", "fuzz/Cargo.lock")
# Its own workspace, whose version means nothing.
NOT_OURS = "vextrus-fuzz"
VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+")
KINDS = ("breaking", "feature", "fix", "security", "none")
SUBJECT_AT_MOST = 72


class Wrong(Exception):
    """What is wrong, and what would put it right."""


def run(root: Path, *command: str) -> str:
    try:
        done = subprocess.run(command, cwd=root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    except FileNotFoundError:
        raise Wrong(f"`{command[0]}` is not on PATH: PATH=\"$(tools/fetch.py deploy)/bin:$PATH\"") from None
    if done.returncode != 0:
        raise Wrong(f"`{' '.join(command)}` failed:\n{done.stderr.strip()}")
    return done.stdout


def cliff(root: Path, *arguments: str) -> str:
    return run(root, "git-cliff", "--config", str(root / "cliff.toml"), "--offline", *arguments)


def next_version(root: Path) -> str:
    """The version that the commits make; an error where none of them is for the list."""
    version = cliff(root, "--bumped-version").strip().removeprefix("v")
    if not VERSION.fullmatch(version):
        raise Wrong(f"git-cliff answers `{version}`, which is no version")
    if f"v{version}" in run(root, "git", "tag", "--list", "v*").split():
        raise Wrong(f"nothing has changed since v{version} that the list would tell of")
    return version


def replace_once(text: str, pattern: str, replacement: str, where: str) -> str:
    changed, count = re.subn(pattern, replacement, text, flags=re.MULTILINE)
    if count != 1:
        raise Wrong(f"{where}: `{pattern}` fits {count} times and should fit once")
    return changed


def ours(entry: str) -> bool:
    """Whether an entry of Cargo.lock is a crate of this workspace: those come from nowhere else."""
    name = re.search(r'^name = "([^"]+)"', entry, re.MULTILINE)
    return bool(name) and name.group(1).startswith("vextrus-") and name.group(1) != NOT_OURS and "\nsource = " not in entry


def locked_versions(lock: str) -> dict:
    """The version of each of our crates in a Cargo.lock."""
    found = {}
    for entry in lock.split("[[package]]\n")[1:]:
        if ours(entry):
            found[re.search(r'^name = "([^"]+)"', entry, re.MULTILINE).group(1)] = re.search(r'^version = "([^"]+)"', entry, re.MULTILINE).group(1)
    return found


def set_locked(lock: str, version: str) -> str:
    head, *entries = re.split(r"(?<=\n)(?=\[\[package\]\]\n)", lock)
    if head.startswith("[[package]]"):
        head, entries = "", [head, *entries]
    return head + "".join(
        re.sub(r'^version = "[^"]+"', f'version = "{version}"', entry, count=1, flags=re.MULTILINE) if ours(entry) else entry for entry in entries
    )


def set_version(root: Path, version: str) -> list:
    """Writes the version everywhere that it stands. Answers the files."""
    edits = {
        "Cargo.toml": lambda text: replace_once(text, r'^version = "[^"]+"$', f'version = "{version}"', "Cargo.toml"),
        "tests/replay/patches.toml": lambda text: support(text, version),
        **{lock: lambda text: set_locked(text, version) for lock in LOCKS},
    }
    if (root / CHART).is_file():
        edits[CHART] = lambda text: replace_once(
            replace_once(text, r"^version: .+$", f"version: {version}", CHART), r"^appVersion: .+$", f'appVersion: "{version}"', CHART
        )
    for name, edit in edits.items():
        path = root / name
        path.write_text(edit(path.read_text()))
    return list(edits)


def support(text: str, version: str) -> str:
    """Its workflows may run from the release on; a person takes out the versions of which none runs any more."""
    if re.search(rf'^supported = \[.*"{re.escape(version)}".*\]$', text, re.MULTILINE):
        return text
    return replace_once(text, r"^supported = \[(.+)\]$", rf'supported = [\1, "{version}"]', "tests/replay/patches.toml")


def prepare(root: Path, version: str) -> list:
    if not VERSION.fullmatch(version):
        raise Wrong(f"`{version}` is no version; 0.2.0 would be one")
    files = set_version(root, version)
    (root / CHANGELOG).write_text(cliff(root, "--tag", f"v{version}"))
    return [*files, CHANGELOG]


def notes(root: Path, version: str) -> str:
    path = root / CHANGELOG
    text = path.read_text() if path.is_file() else ""
    found = re.search(rf"^## {re.escape(version)} \(.*?\)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if not found or not found.group(1).strip():
        raise Wrong(f"{CHANGELOG} does not tell of {version}: run `release.py prepare` and commit what it writes")
    return found.group(1).strip() + "\n"


def verify(root: Path, tag: str) -> None:
    version = tag.removeprefix("v")
    if tag != f"v{version}" or not VERSION.fullmatch(version):
        raise Wrong(f"`{tag}` is no release's tag; v0.2.0 would be one")
    faults = []
    stands = re.search(r'^version = "([^"]+)"$', (root / "Cargo.toml").read_text(), re.MULTILINE)
    if not stands or stands.group(1) != version:
        faults.append(f"Cargo.toml: {stands and stands.group(1)}")
    for lock in LOCKS:
        faults += [f"{lock}: {name} {locked}" for name, locked in locked_versions((root / lock).read_text()).items() if locked != version]
    if f'"{version}"' not in re.search(r"^supported = .*$", (root / "tests/replay/patches.toml").read_text(), re.MULTILINE).group(0):
        faults.append("tests/replay/patches.toml: not among those supported")
    if (root / CHART).is_file():
        chart = (root / CHART).read_text()
        for key in ("version", "appVersion"):
            if not re.search(rf'^{key}: "?{re.escape(version)}"?$', chart, re.MULTILINE):
                faults.append(f"{CHART}: {key}")
    if faults:
        raise Wrong(f"the tree is not of {version}: run `release.py prepare`, and tag what that made\n  " + "\n  ".join(faults))
    notes(root, version)


def faults_of(message: str) -> list:
    subject, _, body = message.strip().partition("\n")
    faults = []
    if len(subject) > SUBJECT_AT_MOST and not subject.startswith("Merge "):
        faults.append(f"its subject has {len(subject)} characters; {SUBJECT_AT_MOST} is the limit, and the body takes the rest")
    if body and not body.startswith("\n"):
        faults.append("an empty line is missing after its subject")
    for kind in re.findall(r"^kind\s*:\s*(.*)$", body, re.MULTILINE | re.IGNORECASE):
        if kind.strip() not in KINDS or f"\nKind: {kind}" not in body:
            faults.append(f"`Kind: {kind}` is none of {', '.join(KINDS)}")
    return faults


def commits(root: Path, span: str) -> None:
    faults = []
    for sha in run(root, "git", "rev-list", "--no-merges", span).split():
        message = run(root, "git", "log", "-1", "--format=%B", sha)
        faults += [f"{sha[:12]} {message.splitlines()[0]}\n    {fault}" for fault in faults_of(message)]
    if faults:
        raise Wrong("\n  ".join(["CONTRIBUTING.md and docs/releasing.md say how a commit is written:", *faults]))


def main() -> int:
    parser = argparse.ArgumentParser(description="Make a release of the commits.")
    steps = parser.add_subparsers(dest="step", required=True)
    steps.add_parser("next")
    steps.add_parser("prepare").add_argument("version", nargs="?")
    steps.add_parser("verify").add_argument("tag")
    steps.add_parser("notes").add_argument("version")
    steps.add_parser("commits").add_argument("range")
    asked = parser.parse_args()
    try:
        if asked.step == "next":
            print(next_version(ROOT))
        elif asked.step == "prepare":
            version = asked.version or next_version(ROOT)
            print("\n".join(prepare(ROOT, version)))
            print(f"release.py: this is {version} now; docs/releasing.md says what comes next", file=sys.stderr)
        elif asked.step == "verify":
            verify(ROOT, asked.tag)
        elif asked.step == "notes":
            print(notes(ROOT, asked.version), end="")
        else:
            commits(ROOT, asked.range)
    except (Wrong, OSError) as error:
        print(f"release.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
