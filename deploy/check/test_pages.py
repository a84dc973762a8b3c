"""Checks of the pages about pipelines, releases and the way back: each command in them is one that there is."""

from __future__ import annotations

import re
import unittest

from support import ROOT, Check

PAGES = ("pipelines", "releasing", "rollback")


def commands(page: str) -> list:
    """The commands of a page's shell blocks; what goes on in the next line is one."""
    text = (ROOT / "docs" / f"{page}.md").read_text()
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [re.sub(r"\s+#.*$", "", line).strip() for line in lines if line.strip()]


def all_commands() -> list:
    return [(page, command) for page in PAGES for command in commands(page)]


class Pages(Check):
    def test_targets_of_make_exist(self):
        targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
        for page in PAGES:
            for target in re.findall(r"`make ([a-z0-9-]+)", (ROOT / "docs" / f"{page}.md").read_text()):
                self.assertTrue(target in targets, f"{page}: make {target}")
        for page, command in all_commands():
            if command.startswith("make "):
                self.assertTrue(command.split()[1] in targets, f"{page}: {command}")

    def test_steps_of_our_scripts_exist(self):
        seen = 0
        for page, command in all_commands():
            for script, step in re.findall(r"(\.github/scripts/\w+\.py|deploy/check/\w+\.py) ?([a-z]*)", command):
                seen += 1
                path = ROOT / script
                self.assertTrue(path.is_file() and path.stat().st_mode & 0o111, f"{page}: {script}")
                if step:
                    self.passes([path, step, "--help"])
        self.assertGreater(seen, 6)

    def test_links_lead_somewhere(self):
        for page in PAGES:
            for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / "docs" / f"{page}.md").read_text()):
                self.assertTrue((ROOT / "docs" / target).exists(), f"{page}: {target}")

    def test_a_page_asks_one_question(self):
        for page in PAGES:
            first = (ROOT / "docs" / f"{page}.md").read_text().splitlines()[0]
            self.assertRegex(first, r"^# .+\?$", page)


class Decisions(Check):
    def test_each_is_short_and_listed(self):
        folder = ROOT / "docs" / "decisions"
        pages = {path.name: len(path.read_text().splitlines()) for path in folder.glob("*.md") if path.name != "README.md"}
        self.assertGreaterEqual(len(pages), 5)
        self.assertEqual({name: lines for name, lines in pages.items() if lines > 60}, {}, "a page each")
        listed = re.findall(r"^\| \[[^\]]+\]\(([\w-]+\.md)\) \|", (folder / "README.md").read_text(), re.MULTILINE)
        self.assertEqual(sorted(listed), sorted(pages))


if __name__ == "__main__":
    unittest.main()
