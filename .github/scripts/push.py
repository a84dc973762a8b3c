#!/usr/bin/env python3
"""Pushes an image under a tag that is moved by nobody. It needs skopeo, and a log-in at the registry.

    push.py ARCHIVE NAME:TAG   prints the digest; a tag that holds this very image already is left, one that holds another is refused
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

# What registries say of an image that is not there. Where it is there and only hidden from us, the push is refused too.
ABSENT = re.compile(r"manifest unknown|name unknown|not found|denied|unauthorized|forbidden", re.IGNORECASE)


class Wrong(Exception):
    """What is wrong, and what would put it right."""


def skopeo(*arguments: str) -> bytes:
    try:
        done = subprocess.run(["skopeo", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except FileNotFoundError:
        raise Wrong("`skopeo` is not on PATH") from None
    if done.returncode != 0:
        raise Wrong(f"`skopeo {' '.join(arguments)}` failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def content_of(manifest: bytes) -> str:
    """What the image is: its configuration names every layer as it is unpacked, however the registry keeps it."""
    try:
        return json.loads(manifest)["config"]["digest"]
    except (ValueError, KeyError, TypeError):
        # A list of images, such as only another program would have put there.
        return ""


def pushed(archive: str, place: str) -> str:
    try:
        there = skopeo("inspect", "--raw", f"docker://{place}")
    except Wrong as error:
        if not ABSENT.search(str(error)):
            raise
        there = None
    if there is None:
        with tempfile.TemporaryDirectory() as folder:
            digest = Path(folder) / "digest"
            skopeo("copy", "--digestfile", str(digest), f"docker-archive:{archive}", f"docker://{place}")
            return digest.read_text().strip()
    digest = f"sha256:{hashlib.sha256(there).hexdigest()}"
    if content_of(there) != content_of(skopeo("inspect", "--raw", f"docker-archive:{archive}")):
        raise Wrong(f"{place} is another image already, {digest}: a release is never moved. Release what is new under the next version")
    return digest


def main() -> int:
    parser = argparse.ArgumentParser(description="Push an image under a tag that is never moved.")
    parser.add_argument("archive")
    parser.add_argument("place")
    asked = parser.parse_args()
    try:
        print(pushed(asked.archive, asked.place))
    except (Wrong, OSError) as error:
        print(f"push.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
