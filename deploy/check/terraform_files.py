"""The Terraform files, parsed: what each module takes, calls, tells and makes."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Iterator, Tuple

import hcl2

ROOT = Path(__file__).resolve().parents[2] / "deploy" / "terraform"


def files() -> list:
    return sorted(path for path in ROOT.rglob("*.tf") if ".terraform" not in path.parts)


def folders() -> list:
    return sorted({path.parent for path in files()})


@functools.lru_cache(maxsize=None)
def parse(path: Path) -> dict:
    with path.open() as file:
        return hcl2.load(file)


def first(value: object) -> object:
    """The parser wraps every value into a list."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def blocks(folder: Path, kind: str) -> Iterator[Tuple[Path, tuple, dict]]:
    """The blocks of a kind in a module: the file, the labels and the body of each."""
    for path in sorted(folder.glob("*.tf")):
        for block in parse(path).get(kind, []):
            labels, body = [], block
            # One label a level, until the body, which tells where it stands.
            while isinstance(body, dict) and "__start_line__" not in body and len(body) == 1:
                (label, body), = body.items()
                labels.append(label)
            yield path, tuple(labels), body


def kinds() -> tuple:
    """The kinds of resources and of data that are used anywhere."""
    found: tuple = (set(), set())
    for folder in folders():
        for kinds_of, kind in zip(found, ("resource", "data")):
            kinds_of.update(labels[0] for _, labels, _ in blocks(folder, kind))
    return found


def text(folder: Path) -> str:
    """Everything that a module says, without its comments."""
    return "\n".join(re.sub(r"^\s*#.*$", "", path.read_text(), flags=re.MULTILINE) for path in sorted(folder.glob("*.tf")))
