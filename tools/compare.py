#!/usr/bin/env python3
"""Fails where a benchmark has become slower than its baseline. `make bench-compare` runs it.

    compare.py FOLDER PERCENT

FOLDER is criterion's, where the last run has left its changes. One counts as slower where its mean time is more by PERCENT or more, and
where that is so at the lower end of the interval that criterion is confident of (95 %): noise alone fails nothing.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import List, NamedTuple


class Change(NamedTuple):
    """How a benchmark's mean time has changed, in percent."""

    name: str
    mean: float
    least: float


def changes(folder: Path) -> List[Change]:
    found = []
    for file in sorted(folder.glob("**/change/estimates.json")):
        mean = json.loads(file.read_text())["mean"]
        name = file.parent.parent.relative_to(folder).as_posix()
        found.append(Change(name, mean["point_estimate"] * 100, mean["confidence_interval"]["lower_bound"] * 100))
    return found


def main(arguments: List[str]) -> int:
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    found, most = changes(Path(arguments[0])), float(arguments[1])
    if not found:
        print(f"compare.py: {arguments[0]} holds no comparison with a baseline", file=sys.stderr)
        return 1
    for change in found:
        print(f"{change.mean:+7.1f} %  {change.name}")
    slower = [change for change in found if min(change.mean, change.least) >= most]
    for change in slower:
        print(f"compare.py: {change.name} has become slower by {change.mean:.1f} % ({change.least:.1f} at least)", file=sys.stderr)
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
