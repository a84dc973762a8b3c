"""What the command line `vextrus` knows, read from its sources: its verbs, and the options of each."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Iterator, Optional

from support import ROOT

SOURCES = ROOT / "starter-cli" / "src"
# What clap adds to every verb.
EVERYWHERE = frozenset({"help"})


def without_comments(text: str) -> str:
    return re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)


def braced(text: str, start: int) -> str:
    """What stands between the bracket at `start` and the one that closes it."""
    depth = 0
    for i in range(start, len(text)):
        depth += (text[i] in "([{") - (text[i] in ")]}")
        if depth == 0:
            return text[start + 1: i]
    raise ValueError(f"a bracket is not closed: {text[start: start + 80]}")


def parts(body: str) -> Iterator[tuple]:
    """The variants or fields of a body: their attributes, and what is left of each."""
    depth, begins = 0, 0
    for i, char in enumerate(body + ","):
        depth += (char in "([{") - (char in ")]}")
        if char == "," and depth == 0:
            part, begins, notes = body[begins: i].strip(), i + 1, []
            while part.startswith("#["):
                note = braced(part, 1)
                notes.append(note)
                part = part[len(note) + 3:].strip()
            if part:
                yield notes, part


@functools.lru_cache(maxsize=None)
def types() -> dict:
    """Every enum and struct: (file, name) to its body."""
    found = {}
    for path in sorted(SOURCES.rglob("*.rs")):
        text = without_comments(path.read_text())
        for one in re.finditer(r"\b(?:enum|struct) (\w+)(?:<[^>]*>)? \{", text):
            found[path, one.group(1)] = braced(text, one.end() - 1)
    return found


def of_type(name: str, path: Path) -> tuple:
    """Where a type is that a file names, and its body: the file's own comes before one that it imports."""
    if (path, name) in types():
        return path, types()[path, name]
    others = [key for key in types() if key[1] == name]
    if len(others) > 1:
        imported = re.search(rf"\buse crate::([\w:]+?)::(?:\{{[^}}]*\b{name}\b[^}}]*\}}|{name});", path.read_text())
        module = imported.group(1).replace("::", "/") if imported else ""
        others = [key for key in others if str(key[0].relative_to(SOURCES).with_suffix("")) in (module, f"{module}/mod")]
    if len(others) != 1:
        raise ValueError(f"{path.name} names {name}, of which there are {len(others)}")
    return others[0][0], types()[others[0]]


def is_flat(notes: list) -> bool:
    return any(re.fullmatch(r"command\(.*\bflatten\b.*\)", note, re.DOTALL) for note in notes)


def options(body: str, path: Path) -> set:
    """The long options of a struct's or variant's fields."""
    found = set()
    for notes, field in parts(body):
        name, _, kind = re.sub(r"^pub(\(\w+\))? ", "", field).partition(": ")
        for note in (note for note in notes if note.startswith("arg(")):
            named = re.search(r'\blong = "([\w-]+)"', note)
            if named or re.search(r"\blong\b", re.sub(r'"[^"]*"', "", note)):
                found.add(named.group(1) if named else name.replace("_", "-"))
        if is_flat(notes):
            where, inner = of_type(kind.split("::")[-1], path)
            found |= options(inner, where)
    return found


def below(name: str, path: Path, before: tuple) -> dict:
    """The verbs of an enum of commands, each behind the words before it."""
    found = {}
    where, body = of_type(name, path)
    for notes, variant in parts(body):
        verb, kind, inner = re.fullmatch(r"(\w+)\s*(?:([({])(.*)[)}])?", variant, re.DOTALL).groups()
        words = (*before, re.sub(r"(?<!^)(?=[A-Z])", "-", verb).lower())
        inner = (inner or "").strip()
        if is_flat(notes):
            found.update(below(inner, where, before))
        elif "command(subcommand)" in notes:
            found.update(below(inner, where, words))
        elif kind == "(":
            place, fields = of_type(inner.split("::")[-1], where)
            found[words] = options(fields, place)
        else:
            found[words] = options(inner, where)
    return found


@functools.lru_cache(maxsize=None)
def verbs() -> dict:
    """Every verb, as its words, with its options."""
    path = SOURCES / "options.rs"
    everywhere = options(of_type("Global", path)[1], path) | EVERYWHERE
    return {words: own | everywhere for words, own in below("Command", path, ()).items()}


def fault(words: list) -> Optional[str]:
    """What is wrong with a command, `vextrus` left out. Options before the verb are those that every verb has."""
    rest = list(words)
    said = []
    while rest and rest[0].startswith("-"):
        said.append(rest.pop(0))
        if rest and "=" not in said[-1]:
            rest.pop(0)
    verb = next((tuple(rest[:n]) for n in (3, 2, 1) if tuple(rest[:n]) in verbs()), None)
    if not verb:
        return f"`vextrus {' '.join(rest[:2])}` is no verb"
    said += [word for word in rest if word.startswith("--") and word != "--"]
    for option in (re.sub(r"=.*$", "", word)[2:] for word in said if word.startswith("--")):
        if option not in verbs()[verb]:
            return f"`vextrus {' '.join(verb)}` has no option --{option}"
    return None
