"""The chart refuses values under which its processes could ask the database for more connections than it takes."""

from __future__ import annotations

import re
import unittest

import helm_chart as of
import helm_python
from helm_chart import GROUPS, laid_over
from support import DEPLOY, ROOT, Check

TWO_DRAIN = {"versions": {"build": "c", "draining": [{"build": "a"}, {"build": "b"}]}}
THREE_DRAIN = {"versions": {"build": "d", "draining": [{"build": "a"}, {"build": "b"}, {"build": "c"}]}}
ONE_DRAINS = {"versions": {"build": "b", "draining": [{"build": "a"}]}}


def fleet(workers: int, facades: int, connections: int, *overs: dict) -> dict:
    values: dict = {
        "autoscaling": {"mode": "hpa"}, "config": {"ledger": {"connections": connections}},
        "worker": {"replicas": 1, "autoscaling": {"min": 1, "max": workers}}, "facade": {"replicas": 1, "autoscaling": {"min": 1, "max": facades}},
    }
    for over in overs:
        values = laid_over(values, over)
    return values


# What may be asked for: processes and 3 jobs with their connections, one more for each process, and 13.
EDGES = (
    ("a rollout that has just begun", fleet(10, 6, 14), (32 + 3) * 14 + 32 + 13),
    ("one build drains", fleet(10, 6, 14, ONE_DRAINS), (32 + 3) * 14 + 32 + 13),
    ("two builds drain", fleet(10, 6, 14, TWO_DRAIN), (42 + 3) * 14 + 42 + 13),
    ("groups of workers", fleet(10, 6, 14, GROUPS), (52 + 3) * 14 + 52 + 13),
    ("groups of workers, two builds drain", fleet(10, 6, 14, GROUPS, TWO_DRAIN), (72 + 3) * 14 + 72 + 13),
    ("nothing is scaled", fleet(10, 6, 14, {"autoscaling": {"mode": "none"}}), (4 + 3) * 14 + 4 + 13),
    ("nothing is scaled, two builds drain", fleet(10, 6, 14, TWO_DRAIN, {"autoscaling": {"mode": "none"}}), (5 + 3) * 14 + 5 + 13),
    ("KEDA scales", fleet(3, 2, 2, of.KEDA), (10 + 3) * 2 + 10 + 13),
    ("Temporal's controller keeps the other build", fleet(3, 2, 2, of.CONTROLLED), (10 + 3) * 2 + 10 + 13),
    ("without versions", fleet(3, 2, 2, {"versions": {"enabled": False}}), (10 + 3) * 2 + 10 + 13),
    ("the programs' own number of connections", laid_over(fleet(3, 2, 2), {"config": {"ledger": None}}), (10 + 3) * 14 + 10 + 13),
)


class Connections(Check):
    def is_taken(self, values: dict, most: int) -> bool:
        try:
            of.render(laid_over(values, {"ledger": {"maxConnections": most}}), is_upgrade=True)
        except helm_python.HelmError as error:
            self.assertIn("lower config.ledger.connections or autoscaling.max", str(error))
            return False
        return True

    def test_what_is_just_enough_is_taken_and_one_less_is_not(self):
        development = of.value_sets()["development"]
        for name, over, most in EDGES:
            with self.subTest(name):
                values = laid_over(development, over)
                self.assertEqual([self.is_taken(values, count) for count in (most - 1, most, most + 1)], [False, True, True])

    def test_what_is_asked_for_is_said(self):
        values = laid_over(of.value_sets()["development"], fleet(10, 6, 14, TWO_DRAIN))
        says = "42 processes and 3 jobs with 14 connections each may ask for 685 of the database's 684"
        with self.assertRaisesRegex(helm_python.HelmError, says):
            of.render(laid_over(values, {"ledger": {"maxConnections": 684}}))

    def test_without_a_number_nothing_is_refused(self):
        self.assertTrue(self.is_taken(laid_over(of.value_sets()["development"], fleet(100, 100, 100, TWO_DRAIN)), 0))

    def test_the_value_sets_leave_room_for_three_releases_in_a_row(self):
        for name in ("staging", "production"):
            values = of.value_sets()[name]
            most = values["ledger"]["maxConnections"]
            taken = [self.is_taken(laid_over(values, over), most) for over in ({}, ONE_DRAINS, TWO_DRAIN, THREE_DRAIN)]
            self.assertEqual(taken, [True, True, True, False], name)

    def test_the_pages_say_what_production_asks_for(self):
        production = of.value_sets()["production"]
        said, result = re.findall(r"= (\(.*) = (\d+)        production's values, while two builds drain", (ROOT / "docs/database.md").read_text())[0]
        self.assertRegex(said, r"^[0-9+*() ]+$")
        self.assertEqual(eval(said), int(result))
        taken = [self.is_taken(laid_over(production, TWO_DRAIN), int(result) - less) for less in (1, 0)]
        self.assertEqual(taken, [False, True])
        page = " ".join((ROOT / "docs/deployment.md").read_text().split())
        self.assertIn(f"room for two that drain beside the one that is brought in, of {production['ledger']['maxConnections']} connections", page)

    def test_the_programs_own_number_is_the_one_that_is_reckoned_with(self):
        guard = (of.CHART / "templates/guards.yaml").read_text()
        own, = re.findall(r'dig "ledger" "connections" (\d+) ', guard)
        self.assertEqual(int(own), of.defaults()["ledger"]["connections"])

    def test_as_many_jobs_as_terraform_reckons_with(self):
        text = (DEPLOY / "terraform/modules/sizing/variables.tf").read_text()
        jobs, = re.findall(r'variable "jobs" \{[^}]*?default\s+= (\d+)', text)
        guard = (of.CHART / "templates/guards.yaml").read_text()
        self.assertEqual(re.findall(r"add \$processes (\d+)", guard), [jobs])


if __name__ == "__main__":
    unittest.main()
