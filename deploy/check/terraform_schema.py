#!/usr/bin/env python3
"""Remakes terraform_schema.json: arguments, blocks and results of every AWS resource that deploy/terraform uses, with their types.

    PYTHONPATH=... deploy/check/terraform_schema.py    # with the checks' packages; fetches the package below with npm (some 40 MB)

Terraform checks a configuration only by its provider's schema, and the provider comes from a registry that the checks cannot
reach. HashiCorp's typed bindings were generated from that schema, one package for each version of the provider, and the last of
them is for the version that deploy/terraform pins. To pin a later one, take its schema where the registry can be reached
(`terraform providers schema -json`), and write it in the same form.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import terraform_files

SCHEMA = Path(__file__).resolve().parent / "terraform_schema.json"
PACKAGE = "@cdktf/provider-aws@21.22.1"

INTERFACE = re.compile(r"^export interface (\w+)(?: extends [\w.]+)? \{$(.*?)^\}$", re.MULTILINE | re.DOTALL)
CLASS = re.compile(r"^export declare class (\w+) extends cdktf\.(\w+) \{$(.*?)^\}$", re.MULTILINE | re.DOTALL)
FIELD = re.compile(r"/\*\*(.*?)\*/\s*readonly (\w+)(\??): ([^;]+);", re.DOTALL)
DOCUMENTED = re.compile(r"/docs(?:/(?:resources|data-sources)/\w+)?#(\w+) ")
GETTER = re.compile(r"^    get (\w+)\(\): ([^;]+);", re.MULTILINE)
ELEMENT = re.compile(r"get\(index: number\): (\w+);")
# What both sides of the bindings call their types.
PLAIN = {
    "string": "string",
    "number": "number",
    "boolean | cdktf.IResolvable": "bool",
    "cdktf.IResolvable": "bool",
    "string[]": ["list", "string"],
    "number[]": ["list", "number"],
    "cdktf.StringMap": ["map", "string"],
    # Up to its first semicolon, as the expressions below take it.
    "{ [key: string]: string": ["map", "string"],
}


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


class Bindings:
    """One resource's bindings."""

    def __init__(self, text: str) -> None:
        self.interfaces = dict(INTERFACE.findall(text))
        self.classes = {name: body for name, _, body in CLASS.findall(text)}
        # What all of it is about comes first; the parts follow.
        self.top = next(iter(self.interfaces))
        self.main = next(name for name, base, _ in CLASS.findall(text) if base.startswith("Terraform"))

    def kind(self, written: str) -> object:
        """The type, as Terraform writes it in JSON."""
        written = re.sub(r"\s+", " ", written.strip()).removesuffix(" | undefined")
        if written in PLAIN:
            return PLAIN[written]
        body = self.classes.get(written, "")
        element = ELEMENT.search(body)
        if element:
            return ["list", self.kind(element.group(1))]
        results = self.results(written)
        return ["object", results] if results else "dynamic"

    def results(self, name: str) -> dict:
        """What a class tells, by the names that HCL has for it."""
        getters = GETTER.findall(self.classes.get(name, ""))
        hidden = ("Input", "internalValue", "fqn")
        return {snake(n): self.kind(kind) for n, kind in getters if not n.endswith(hidden)}

    def body(self, interface: str, teller: str) -> dict:
        """What may and must stand in a block, and what it tells besides."""
        found: dict = {"required": {}, "optional": {}, "blocks": {}}
        for comment, field, optional, kind in FIELD.findall(self.interfaces.get(interface, "")):
            written = DOCUMENTED.search(comment)
            if not written:
                continue
            key = written.group(1)
            of = re.search(r"\b([A-Z]\w+)\b(\[\])?$", kind.replace("cdktf.IResolvable", "").strip(" |"))
            if re.search(rf"^\s*\* {key} block$", comment, re.MULTILINE) and of and of.group(1) in self.interfaces:
                inner = self.body(of.group(1), f"{of.group(1)}OutputReference")
                found["blocks"][key] = {"least": 0 if optional else 1, **inner}
            else:
                found["optional" if optional else "required"][key] = self.kind(kind)
        known = {**found["required"], **found["optional"], **found["blocks"]}
        # A getter's name is spelt anew, and may be one that is known by its own.
        alike = {name.replace("_", "") for name in known}
        results = self.results(teller).items()
        found["results"] = {name: kind for name, kind in results if name.replace("_", "") not in alike}
        return {name: part for name, part in found.items() if part or name == "least"}


def read(path: Path) -> dict:
    bindings = Bindings(path.read_text())
    found = bindings.body(bindings.top, bindings.main)
    # Hundreds of addresses that nobody here sets.
    found.get("blocks", {}).pop("endpoints", None)
    return found


def folder_of(kind: str, is_data: bool) -> str:
    name = kind.removeprefix("aws_").replace("_", "-")
    return f"data-aws-{name}" if is_data else name


def made_of(lib: Path, version: str) -> str:
    resources, data = terraform_files.kinds()
    parts = {
        "resources": {kind: read(lib / folder_of(kind, False) / "index.d.ts") for kind in sorted(resources)},
        "data": {kind: read(lib / folder_of(kind, True) / "index.d.ts") for kind in sorted(data)},
    }
    lines = ['"provider": "registry.terraform.io/hashicorp/aws"', f'"version": {json.dumps(version)}']
    lines.append(f'"configuration": {json.dumps(read(lib / "provider" / "index.d.ts"), sort_keys=True)}')
    for part, of_part in parts.items():
        rows = [f" {json.dumps(kind)}: {json.dumps(found, sort_keys=True)}" for kind, found in of_part.items()]
        lines.append(f'"{part}": {{\n' + ",\n".join(rows) + "\n}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> int:
    with tempfile.TemporaryDirectory() as work:
        subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=work, check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["tar", "-xzf", next(Path(work).glob("*.tgz")).name], cwd=work, check=True)
        package = Path(work) / "package"
        version = re.search(r"hashicorp/aws provider version ([\d.]+)", (package / "README.md").read_text()).group(1)
        SCHEMA.write_text(made_of(package / "lib", version))
    return 0


if __name__ == "__main__":
    sys.exit(main())
