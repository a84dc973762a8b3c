"""What the checks share: where things are, how programs are run, and how a check says that a tool is not here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import unittest
from pathlib import Path
from typing import Mapping, Optional, Sequence

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
SECONDS = 120


def required(component: str) -> list:
    """What a program must be told: of each set one. starter-cli/tests/cli/settings.rs holds the programs to the same file."""
    whys = json.loads((DEPLOY / "check" / "required.json").read_text()).get(component, {})
    return [set(text.split(" or ")) for why in whys.values() for text in why]


def program(name: str, remedy: str) -> str:
    """The program's path. Where it is not here, the check is skipped, and the run says so in the end."""
    found = shutil.which(name)
    if not found:
        raise unittest.SkipTest(f"`{name}` is not on PATH: {remedy}")
    return found


def run(
    command: Sequence[object],
    folder: Path = ROOT,
    environment: Optional[Mapping[str, str]] = None,
    stdin: Optional[str] = None,
    seconds: float = SECONDS,
) -> subprocess.CompletedProcess:
    """Runs a program to its end. `environment` is added to ours."""
    return subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={**os.environ, **(environment or {})},
        input=stdin if stdin is not None else "",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=seconds,
    )


class Check(unittest.TestCase):
    """A test that runs real programs."""

    longMessage = True
    maxDiff = None

    def passes(self, command: Sequence[object], **options: object) -> str:
        """The program ends with 0. What it printed is in the failure's message, and is returned."""
        done = run(command, **options)
        shown = " ".join(str(part) for part in command)
        self.assertEqual(done.returncode, 0, f"`{shown}` said:\n{done.stdout}")
        return done.stdout

    def fails(self, command: Sequence[object], **options: object) -> str:
        """The program refuses: for checks of the checks. What it printed is returned."""
        done = run(command, **options)
        shown = " ".join(str(part) for part in command)
        self.assertNotEqual(done.returncode, 0, f"`{shown}` found nothing wrong and said:\n{done.stdout}")
        return done.stdout
