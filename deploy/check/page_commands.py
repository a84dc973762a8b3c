"""The commands that our pages print, taken apart."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Iterator

from support import ROOT

FENCE = re.compile(r"^( *)```sh\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
# Between commands of one line, and before one.
SEPARATORS = {";", "|", "||", "&", "&&", "(", ")", "do", "then", "else", "{", "}", "!", "done", "fi", "if", "while", "until"}


def pages() -> list:
    """Every page of ours that somebody works from."""
    found = [*(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"]
    return sorted(path for path in found if path.is_file() and "events" not in path.parts)


def blocks(path: Path) -> list:
    """The shell blocks of a page, as they are pasted."""
    return [re.sub(rf"^{found.group(1)}", "", found.group(2), flags=re.MULTILINE) for found in FENCE.finditer(path.read_text())]


def lines(block: str) -> Iterator[str]:
    """A block's lines of commands: those that go on are one, and what is read by a command is none."""
    ends = ""
    for line in block.replace("\\\n", " ").splitlines():
        if ends:
            ends = "" if line == ends else ends
            continue
        here = re.search(r"<<-?'?(\w+)'?", line)
        ends = here.group(1) if here else ""
        if line.strip():
            yield line


def commands(path: Path) -> Iterator[list]:
    """Every command of a page's blocks, as its words: variables before it and where its output goes are left out."""
    for block in blocks(path):
        for line in lines(block):
            lexer = shlex.shlex(line.replace("…", "DOTS"), posix=True, punctuation_chars="();|&<>")
            lexer.whitespace_split = True
            try:
                words = list(lexer)
            except ValueError:
                # A quotation that goes on in the next line: what is in it is another program's.
                words = line.split()
            command: list = []
            for word in [*words, ";"]:
                if word not in SEPARATORS:
                    command.append(word)
                elif command:
                    yield bare(command)
                    command = []


def bare(command: list) -> list:
    kept: list = []
    skips = False
    for word in command:
        if skips:
            skips = False
        elif re.fullmatch(r"[0-9]?[<>]+", word):
            skips = True
        elif kept or not re.match(r"\w+=", word):
            kept.append(word)
    return kept


def of_vextrus(command: list) -> list:
    """What a command says to the command line, if it does: the words behind `vextrus`, or behind what stands for it."""
    text = "\x00".join(command)
    for before in (
        r"(?:[^\x00]*/)?vextrus", "fleet", r"\.github/scripts/fleet\.py\x00run\x00[^\x00]+\x00-n\x00[^\x00]+\x00(?:--job\x00[^\x00]+\x00)?--",
        r"docker\x00compose\x00(?:[^\x00]+\x00)*?vextrus-cli", r"as\x00[a-z]+",
    ):
        found = re.match(rf"{before}\x00(.+)$", text, re.DOTALL)
        if found:
            words = found.group(1).split("\x00")
            # A function that hands on what it is given says nothing itself.
            return [] if words[0] in ("()", "$@") else words
    return []


def of_helm(command: list) -> dict:
    """A `helm upgrade` of our chart: its values files, what is set beside them, and its other options; else nothing."""
    if command[:2] != ["helm", "upgrade"] or "deploy/helm/vextrus-workflows" not in command:
        return {}
    found: dict = {"values": [], "set": {}, "options": {}}
    rest = iter(command[2:])
    for word in rest:
        if word in ("-f", "--values"):
            found["values"].append(next(rest))
        elif word in ("--set", "--set-string"):
            key, value = next(rest).split("=", 1)
            found["set"][key] = value
        elif word in ("-n", "--namespace", "--timeout"):
            found["options"][word] = next(rest)
        elif word.startswith("-"):
            found["options"][word] = ""
    return found
