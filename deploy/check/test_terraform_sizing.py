"""What modules/sizing takes for granted is what docs/performance.md has, with the margin that is stated, and what its page tells is what it reckons."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import unittest
from pathlib import Path

import helm_chart
import terraform_files as files
from support import DEPLOY, ROOT, Check, run
from test_terraform import OFFLINE, terraform

SIZING = files.ROOT / "modules/sizing"
PERFORMANCE = (ROOT / "docs/performance.md").read_text()
README = (files.ROOT / "README.md").read_text()
# Of what the model has, this much is counted on.
SHARE = 1 / 3


def default(name: str) -> object:
    [(_, _, body)] = [found for found in files.blocks(SIZING, "variable") if found[1] == (name,)]
    return files.first(body["default"])


def pod(part: str) -> dict:
    return {key: files.first(value) for key, value in files.first(default("pod")[part]).items()}


def milliseconds(row: str) -> float:
    """A document's CPU, as the table of the model has it."""
    table = PERFORMANCE[PERFORMANCE.index("## What carries how much"):]
    return float(re.search(rf"^\| {row}[^|]*\((\d+(?:\.\d+)?) ms", table, re.MULTILINE).group(1))


def millicores(written: object) -> float:
    text = str(written)
    return float(text[:-1]) if text.endswith("m") else float(text) * 1000


class Defaults(Check):
    def test_they_are_a_third_of_the_model(self):
        """If the page measures anew, they follow: none above its share, none below nine tenths of it."""
        per_facade = default("facade_requests_per_second") / default("requests_per_document")
        for what, found, cores, row in (
            ("worker_documents_per_second", default("worker_documents_per_second"), pod("worker")["millicores"] / 1000, "workers"),
            ("facade_requests_per_second", per_facade, pod("facade")["millicores"] / 1000, "facades"),
            ("database_documents_per_second_and_vcpu", default("database_documents_per_second_and_vcpu"), 1, "PostgreSQL"),
            ("temporal_documents_per_second_and_vcpu", default("temporal_documents_per_second_and_vcpu"), 1, "Temporal's server"),
        ):
            model = cores * 1000 / milliseconds(row) * SHARE
            self.assertLessEqual(found, model, f"{what}: the model has {milliseconds(row)} ms for a document, so {model:.1f}")
            self.assertGreaterEqual(found, 0.9 * model, f"{what}: the model has {milliseconds(row)} ms for a document, so {model:.1f}")

    def test_a_worker_is_the_one_that_the_page_tells_of(self):
        """Full, and not at the 70 % that the page reckons with."""
        told = float(re.search(r"One worker of 1 core so carries about (\d+) such invoices a second", PERFORMANCE).group(1))
        self.assertAlmostEqual(told / 0.7 / (1000 / milliseconds("workers")), 1, delta=0.1, msg="the page contradicts its own table")

    def test_the_share_is_stated(self):
        for text in ((SIZING / "variables.tf").read_text(), README):
            self.assertIn("a third", text)
        for path in files.files():
            self.assertNotRegex(path.read_text(), r"_per_\w+ += optional\(number, ", f"{path}: these defaults stand in modules/sizing alone")

    def test_pods_ask_for_what_the_chart_lets_them_ask_for(self):
        values = helm_chart.value_sets()["production"]
        for part in ("worker", "facade"):
            asks = values[part]["resources"]["requests"]
            self.assertEqual(pod(part), {"millicores": millicores(asks["cpu"]), "mebibytes": int(asks["memory"].removesuffix("Mi"))}, part)

    def test_the_pods_of_temporals_server_find_room(self):
        server = helm_chart.load(DEPLOY / "helm/examples/temporal-server.yaml")["server"]
        # frontend, internal-frontend, history, matching, worker
        count = 5 * server["replicaCount"]
        asks = server["resources"]["requests"]
        wanted = {"millicores": count * millicores(asks["cpu"]), "mebibytes": count * int(asks["memory"].removesuffix("Mi"))}
        self.assertEqual({key: files.first(value) for key, value in files.first(default("temporal")).items()}, wanted)


class Table(Check):
    ROW = re.compile(
        r"^\| (\d+), ([\d,]+(?: million)?) \| (\d+) to (\d+) \| (\d+) to (\d+) \| ([\d,]+) \| `([\w.]+)` "
        r"\| ([\d,]+), ([\d,]+) GiB \| (\d+) \|$", re.MULTILINE,
    )

    def test_what_the_page_tells_is_what_is_reckoned(self):
        rows = [[cell.replace(",", "").replace(" million", "000000") for cell in row] for row in self.ROW.findall(README)]
        self.assertEqual(len(rows), 3, "the table of deploy/terraform/README.md is not read")
        production = re.search(r"production = \{.*?least\s+= (\{[^}]+\})", (files.ROOT / "modules/profile/main.tf").read_text(), re.DOTALL).group(1)
        runs = "".join(
            f'run "row_{number}" {{\n  command = plan\n  variables {{\n    documents_per_second = {row[0]}\n    documents_per_year = {row[1]}\n'
            f"    least = {production}\n    kept_years = 12\n  }}\n}}\n" for number, row in enumerate(rows)
        )
        work = Path(tempfile.mkdtemp(prefix="vextrus-sizing-"))
        self.addCleanup(shutil.rmtree, work, True)
        shutil.copytree(SIZING, work / "sizing", ignore=shutil.ignore_patterns("tests", ".terraform"))
        (work / "sizing/tests").mkdir()
        (work / "sizing/tests/table.tftest.hcl").write_text(runs)
        for words in (("init", "-backend=false", "-input=false", "-no-color"), ("test", "-json", "-verbose")):
            done = run([terraform(), *words], folder=work / "sizing", environment=OFFLINE, seconds=300)
            self.assertEqual(done.returncode, 0, done.stdout)
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        told = [line["test_plan"]["output_changes"] for line in lines if line["type"] == "test_plan"]
        keys = ("workers", "most_workers", "facades", "most_facades", "max_connections", "database_class", "storage_gib", "most_storage_gib", "nodes")
        self.assertEqual([[str(plan[key]["after"]) for key in keys] for plan in told], [row[2:] for row in rows])


if __name__ == "__main__":
    unittest.main()
