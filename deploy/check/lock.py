#!/usr/bin/env python3
"""Remakes requirements-deploy.txt, the one locked list of every Python package that the checks use:

    python3 -m venv /tmp/uv && /tmp/uv/bin/pip install uv
    PATH=/tmp/uv/bin:$PATH deploy/check/lock.py            # keeps what is locked where that still fits
    PATH=/tmp/uv/bin:$PATH deploy/check/lock.py --upgrade  # takes the newest of everything that needs/ leaves open

What a part needs stands in needs/PART.in, one `name==version` a line. Here their closure is locked: one version of each
package, with the hashes of every wheel, for Python 3.11 on. It needs the network and uv; the checks need neither.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCK = HERE / "requirements-deploy.txt"
PYTHON = "3.11"


def needs() -> list:
    return sorted((HERE / "needs").glob("*.in"))


def pins(text: str) -> set:
    """What a list asks for, as name==version: names are the same whatever their case and dashes."""
    lines = (line.split("#")[0].split(";")[0].rstrip(" \\\n") for line in text.splitlines() if line[:1].isalnum())
    return {re.sub(r"[-_.]+", "-", name.lower()) + "==" + version for name, _, version in (line.partition("==") for line in lines)}


def missing() -> set:
    """What a part needs and the lock does not have."""
    locked = pins(LOCK.read_text()) if LOCK.is_file() else set()
    return {pin for path in needs() for pin in pins(path.read_text())} - locked


def head() -> str:
    return (
        "# Every Python package that the checks of deploy/ use, locked with its hashes. Made by `deploy/check/lock.py`, which says\n"
        "# how; what a part needs stands in needs/.\n"
    )


def main() -> int:
    command = ["uv", "pip", "compile", "--universal", "--generate-hashes", "--no-header", "--no-annotate", "--quiet"]
    command += ["--only-binary", ":all:", "--no-python-downloads", "--fork-strategy", "fewest", "--python-version", PYTHON, *sys.argv[1:]]
    # What is locked already is kept where it fits, so that a new need changes no other line.
    command += ["-o", str(LOCK), *map(str, needs())]
    if subprocess.run(command).returncode != 0:
        return 1
    LOCK.write_text(head() + "".join(line for line in LOCK.read_text().splitlines(True) if not line.startswith("#")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
