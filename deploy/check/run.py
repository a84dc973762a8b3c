#!/usr/bin/env python3
"""Runs every check of this folder, or those that are named (`run.py pipelines helm`), without a network.

`make deploy-check` calls it with the pinned packages on PYTHONPATH and their programs on PATH. A check that a missing
tool skips is named in the end with what would bring the tool; with STRICT=1 it fails the run.
"""

from __future__ import annotations

import os
import sys
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Checks run before every change lands; what takes longer belongs into `make image-check`.
SECONDS_AT_MOST = 300
# Nobody listens there: a tool that asks the network for something is refused at once instead of waiting.
NOWHERE = "http://127.0.0.1:9"


def cut_off(environment: dict) -> None:
    """Lets no tool reach out: what a check needs is in the repository or among the pinned packages."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        environment[name] = environment[name.upper()] = NOWHERE
    environment["no_proxy"] = environment["NO_PROXY"] = "127.0.0.1,localhost,::1"
    environment.update(
        CHECKPOINT_DISABLE="1",
        PIP_NO_INDEX="1",
        CARGO_NET_OFFLINE="true",
        npm_config_offline="true",
        GIT_TERMINAL_PROMPT="0",
        PYTHONDONTWRITEBYTECODE="1",
        SYFT_CHECK_FOR_APP_UPDATE="false",
    )
    # A configuration file that is named and not there stops Terraform.
    if not os.path.exists(environment.get("TF_CLI_CONFIG_FILE", os.devnull)):
        environment["TF_CLI_CONFIG_FILE"] = os.devnull


class Timed(unittest.TextTestResult):
    """Keeps how long each check took."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)
        self.took: list = []
        self.passed = 0

    def startTest(self, test: unittest.TestCase) -> None:
        self.began = time.monotonic()
        super().startTest(test)

    def stopTest(self, test: unittest.TestCase) -> None:
        self.took.append((time.monotonic() - self.began, test.id()))
        super().stopTest(test)

    def addSuccess(self, test: unittest.TestCase) -> None:
        self.passed += 1
        super().addSuccess(test)


def say(text: str = "") -> None:
    print(text, file=sys.stderr, flush=True)


def report(result: Timed, seconds: float, strict: bool) -> int:
    """Says what was slow, what was skipped and why. Answers the exit code."""
    say("\nslowest:")
    for took, name in sorted(result.took, reverse=True)[:5]:
        say(f"  {took:6.1f} s  {name}")
    reasons: dict = {}
    for test, reason in result.skipped:
        reasons.setdefault(reason, []).append(test.id() if hasattr(test, "id") else str(test))
    if reasons:
        say(f"\n{'!' * 20} NOT CHECKED on this machine: {len(result.skipped)} checks {'!' * 20}")
        for reason, tests in sorted(reasons.items()):
            say(f"  {reason}")
            for name in sorted(tests):
                say(f"    {name}")
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    complaints = []
    if strict and result.skipped:
        complaints.append("STRICT=1 lets no check be skipped")
    if seconds > SECONDS_AT_MOST and os.getloadavg()[1] > (os.cpu_count() or 1):
        say(f"\nThe checks took {seconds:.0f} s, but this machine has other work too: that says nothing.")
    elif seconds > SECONDS_AT_MOST:
        complaints.append(f"the checks took {seconds:.0f} s, which is more than {SECONDS_AT_MOST}")
    if not result.passed:
        complaints.append("no check passed at all")
    for complaint in complaints:
        say(f"\ndeploy-check: {complaint}")
    print(f"{result.passed} passed, {failed} failed, {len(result.skipped)} skipped", flush=True)
    return 1 if failed or complaints else 0


def main() -> int:
    cut_off(os.environ)
    sys.path.insert(0, str(HERE))
    names = [f"test_{name}" for name in sys.argv[1:]]
    loader = unittest.defaultTestLoader
    suite = loader.loadTestsFromNames(names) if names else loader.discover(str(HERE))
    began = time.monotonic()
    runner = unittest.TextTestRunner(resultclass=Timed, verbosity=1, buffer=True)
    result = runner.run(suite)
    return report(result, time.monotonic() - began, os.environ.get("STRICT", "") not in ("", "0"))


if __name__ == "__main__":
    sys.exit(main())
