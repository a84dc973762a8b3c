#!/usr/bin/env python3
"""Starts a development stack on free ports, has k6 ask its facade, and stops it. `make k6` runs it.

    run.py VEXTRUS K6

VEXTRUS is the command line, K6 is k6. TEMPORAL_CLI names the Temporal CLI; RATE, DURATION, WARM_UP and QUERIES are facade.js's.
The exit code is k6's: not zero where a threshold failed.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Iterator

HERE = Path(__file__).resolve().parent
COMPANY = HERE.parent.parent / "examples" / "company.json"
SECONDS_TO_START = 120
SECONDS_TO_STOP = 60
LINES_OF_LOG = 20
# What the thresholds are for: everything, k6 too, on so many cores.
CORES = 2


def write_company(file: Path) -> None:
    """The example company with budgets that suffice, however long it is asked."""
    company = json.loads(COMPANY.read_text())
    for budget in company["budgets"]:
        budget["allocated"] = "900000000000.00"
    file.write_text(json.dumps(company))


def wait_until_ready(stack: subprocess.Popen, session: Path) -> None:
    """The session file is the last thing that a stack writes when all of it is up."""
    end = time.monotonic() + SECONDS_TO_START
    while stack.poll() is None and time.monotonic() < end:
        with contextlib.suppress(OSError, json.JSONDecodeError):
            json.loads(session.read_text())
            return
        time.sleep(0.05)
    raise SystemExit(f"run.py: the stack was not up within {SECONDS_TO_START} s, or ended before")


def stop(stack: subprocess.Popen) -> None:
    stack.terminate()
    try:
        stack.wait(SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        # Its Temporal server is in its group, and nobody else.
        os.killpg(stack.pid, signal.SIGKILL)
        stack.wait()


@contextlib.contextmanager
def running_stack(vextrus: str, folder: Path) -> Iterator[Path]:
    """A stack with everything in this folder; its session file."""
    session, company, log = (folder / name for name in ("session.json", "company.json", "stack.log"))
    write_company(company)
    command = [vextrus, "--session", str(session), "dev", "--company", str(company)]
    command += ["--port", "0", "--ui-port", "0", "--listen", "127.0.0.1:0"]
    with open(log, "w") as out:
        # A session of its own: Ctrl-C reaches us alone, and we stop it once.
        stack = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        wait_until_ready(stack, session)
        yield session
    finally:
        ended_by_itself = stack.poll() is not None
        stop(stack)
        if ended_by_itself or stack.returncode != 0:
            sys.stderr.writelines(log.read_text(errors="replace").splitlines(keepends=True)[-LINES_OF_LOG:])
    if ended_by_itself or stack.returncode != 0:
        raise SystemExit(f"run.py: the stack did not last, or did not stop well: it ended with {stack.returncode}")


def main() -> int:
    vextrus, k6 = sys.argv[1:]
    # SIGTERM must not leave a stack behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))[:CORES]
        os.sched_setaffinity(0, cores)
        print(f"run.py: everything runs on {len(cores)} cores", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="vextrus-k6-") as folder:
        with running_stack(vextrus, Path(folder)) as session:
            environment = {**os.environ, "SESSION": str(session)}
            command = [k6, "run", "--no-usage-report", "--quiet", str(HERE / "facade.js")]
            return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL).returncode


if __name__ == "__main__":
    sys.exit(main())
