"""Checks of the checks' own footing."""

from __future__ import annotations

import re
import unittest

import lock
from support import Check


class Lock(Check):
    def test_the_lock_has_what_the_parts_need(self):
        for path in lock.needs():
            for line in path.read_text().splitlines():
                self.assertRegex(line.split("#")[0].strip(), r"^$|^[\w.-]+==[\w.]+$", f"{path.name}: one name==version a line")
        self.assertEqual(lock.missing(), set(), "remake the lock as deploy/check/lock.py says")

    def test_every_package_is_locked_once_and_by_its_hashes(self):
        entries = re.split(r"^(?=[A-Za-z0-9])", lock.LOCK.read_text(), flags=re.MULTILINE)[1:]
        names = [entry.split("==")[0] for entry in entries]
        self.assertEqual(sorted(set(names)), sorted(names), "two versions of one package")
        for entry in entries:
            self.assertRegex(entry, r"^[a-z0-9.-]+==\S+( ; .+)? \\\n    --hash=sha256:[0-9a-f]{64}", "no exact version and hash")


if __name__ == "__main__":
    unittest.main()
