"""deploy/compose/compose.yaml, as the checks look at it."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import tomllib
from pathlib import Path

import yaml

from support import DEPLOY, ROOT

FOLDER = DEPLOY / "compose"
FILE = FOLDER / "compose.yaml"
TEXT = FILE.read_text()
VARIABLE = re.compile(r"\$\{(\w+)(?::-([^{}]*))?\}")
SECRETS = "/run/secrets/"


def variables() -> dict:
    """What the file takes from the environment, with what stands for it otherwise."""
    bare = "\n".join(line for line in TEXT.splitlines() if not line.lstrip().startswith("#"))
    return {name: default for name, default in VARIABLE.findall(bare)}


def filled(text: str) -> str:
    """With what stands where the environment says nothing."""
    return VARIABLE.sub(lambda found: found.group(2) or "", text)


RAW = yaml.safe_load(TEXT)
SERVICES: dict = yaml.safe_load(filled(TEXT))["services"]
# Ours, in that they are built from this repository.
OURS = {name for name, service in SERVICES.items() if "build" in service}


def environment(service: dict) -> dict:
    return {name: str(value) for name, value in (service.get("environment") or {}).items()}


def mounts(service: dict) -> list:
    """(source, target, options) of what is mounted from the repository or a volume."""
    found = []
    for text in service.get("volumes") or []:
        source, target, *options = text.split(":")
        found.append((source, target, options[0] if options else ""))
    return found


def mounted_files(service: dict) -> list:
    """(path, target) of what is mounted from the repository, file by file."""
    found = []
    for source, target, _ in mounts(service):
        if source.startswith("."):
            path = (FOLDER / source).resolve()
            inside = [one for one in path.rglob("*") if one.is_file()] if path.is_dir() else [path]
            found += [(one, target + str(one)[len(str(path)):]) for one in inside]
    return found


def published(service: dict) -> list:
    """(host address, host port, container port), with the defaults."""
    found = []
    for text in service.get("ports") or []:
        address, outside, inside = text.rsplit(":", 2)
        found.append((address, int(outside), int(inside)))
    return found


def all_published() -> list:
    return [(name, *port) for name, service in SERVICES.items() for port in published(service)]


def strings(value: object) -> list:
    """Every text in it."""
    if isinstance(value, dict):
        return [text for one in value.values() for text in strings(one)]
    if isinstance(value, list):
        return [text for one in value for text in strings(one)]
    return [str(value)] if value is not None else []


def prepare(folder: Path, *options: str) -> Path:
    """Has prepare.sh fill a folder; answers it."""
    secrets = folder / "secrets"
    done = subprocess.run(
        ["sh", FOLDER / "prepare.sh", *options], env={**os.environ, "VEXTRUS_SECRETS": str(secrets)}, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise AssertionError(f"prepare.sh {' '.join(options)}: {done.stderr}")
    return secrets


class Prepared:
    """A folder with secrets for as long as it is looked at."""

    def __init__(self, *options: str) -> None:
        self.options = options

    def __enter__(self) -> Path:
        self.folder = tempfile.TemporaryDirectory()
        return prepare(Path(self.folder.name), *self.options)

    def __exit__(self, *_: object) -> None:
        self.folder.cleanup()


def programs_variables() -> set:
    """Every VEXTRUS_… that a program of ours reads: settings, and what its command line takes by name."""
    table = tomllib.loads((ROOT / "platform" / "src" / "default.toml").read_text())
    known = {f"VEXTRUS_{section}_{key}".upper() for section, keys in table.items() for key in keys}
    for crate in ("worker", "facade", "starter-cli"):
        for source in (ROOT / crate / "src").rglob("*.rs"):
            known |= set(re.findall(r'"(VEXTRUS_[A-Z_]+)"', source.read_text()))
    return known
