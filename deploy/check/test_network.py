"""Who may reach whom: the network policies of chart and examples against tables of what must be so, and the rules themselves."""

from __future__ import annotations

import copy
import unittest
from typing import Callable

import helm_chart as of
import network_cast
from helm_chart import laid_over, named
from network_policies import Networks, Outside
from support import Check

# What the fleet's namespace may call. S3 and the issuer have no fixed addresses, hence the whole internet's port 443.
OUT = """
to                 port     worker  facade  jobs  tests  bare  other-release
dns                53/udp   yes     yes     yes   yes    -     -
dns                53       yes     yes     yes   yes    -     -
dns                9153     -       -       -     -      -     -
metrics-server     53       -       -       -     -      -     -
frontend           7233     yes     yes     yes   -      -     -
frontend           7243     -       -       -     -      -     -
internal-frontend  7236     -       -       -     -      -     -
history            7234     -       -       -     -      -     -
database           5432     yes     yes     yes   -      -     -
database           22       -       -       -     -      -     -
collector          4317     yes     yes     yes   -      -     -
collector          4318     yes     yes     yes   -      -     -
prometheus         9090     -       -       yes   -      -     -
internet           443      yes     yes     yes   -      -     -
internet           80       -       -       -     -      -     -
internet           25       -       -       -     -      -     -
internet           587      -       -       -     -      -     -
internet           9092     -       -       -     -      -     -
internet           53/udp   -       -       -     -      -     -
metadata           80       -       -       -     -      -     -
metadata           443      -       -       -     -      -     -
metadata-ipv6      80       -       -       -     -      -     -
metadata-ipv6      443      -       -       -     -      -     -
pod-credentials    80       -       -       -     -      -     -
pod-credentials    443      -       -       -     -      -     -
kubernetes-api     443      -       -       -     -      -     -
neighbour          443      -       -       -     -      -     -
neighbour          5432     -       -       -     -      -     -
elsewhere          443      -       -       -     -      -     -
ingress            443      -       -       -     -      -     -
"""
# Who may call the fleet and Temporal's server.
IN = """
to                 port  worker  facade  jobs  tests  bare  other-release  ingress  prometheus  look-alike  elsewhere  internet
facade             7300  -       -       -     -      -     -              yes      -           -           -          -
facade             7301  -       -       -     -      -     -              -        -           -           -          -
facade             9465  -       -       -     yes    -     -              -        yes         -           -          -
facade             9464  -       -       -     -      -     -              -        -           -           -          -
second-facade      7300  -       -       -     -      -     -              yes      -           -           -          -
second-facade      9465  -       -       -     yes    -     -              -        yes         -           -          -
worker             9464  -       -       -     yes    -     -              -        yes         -           -          -
worker             9465  -       -       -     -      -     -              -        -           -           -          -
worker             7300  -       -       -     -      -     -              -        -           -           -          -
jobs               9464  -       -       -     -      -     -              -        -           -           -          -
tests              9464  -       -       -     -      -     -              -        -           -           -          -
bare               80    -       -       -     -      -     -              -        -           -           -          -
other-release      9464  -       -       -     -      -     -              -        -           -           -          -
frontend           7233  yes     yes     yes   -      -     -              -        -           -           -          -
frontend           9090  -       -       -     -      -     -              -        yes         -           -          -
internal-frontend  7236  -       -       -     -      -     -              -        -           -           -          -
history            7234  -       -       -     -      -     -              -        -           -           -          -
temporal-worker    9090  -       -       -     -      -     -              -        yes         -           -          -
web                8080  -       -       -     -      -     -              yes      -           -           -          -
web                9090  -       -       -     -      -     -              -        -           -           -          -
"""
# Within Temporal's namespace: its UI asks the frontend, and others of its own may ask the UI no more than anybody.
WITHIN = """
to        port  web  frontend  history
frontend  7233  yes  yes       yes
web       8080  -    -         -
"""
ADDRESS = {"ipBlock": {"cidr": "198.51.100.0/24"}}
# Channels and outside systems, to which a site names the way when it switches them on.
CHANNELS = {"networkPolicy": {"to": {name: {"peers": [ADDRESS]} for name in ("systems", "mail", "kafka")}}}
TO_CHANNELS = """
to        port  worker  facade  jobs  tests  bare
receiver  443   yes     yes     yes   -      -
receiver  587   yes     -       -     -      -
receiver  9092  yes     -       -     -      -
receiver  80    -       -       -     -      -
"""
# Without a bucket, a channel or an issuer's address nothing asks for the internet.
ALONE = {"networkPolicy": {"to": {"storage": {"peers": []}, "issuer": {"peers": []}}}}
BUT_THE_ISSUER = {"networkPolicy": {"to": {"storage": {"peers": []}}}}
RECEIVER = Outside("receiver", "198.51.100.7")


def rows(table: str) -> list:
    """Each cell: source, destination, port, protocol, and whether the connection must be let through."""
    head, *lines = [line.split() for line in table.strip().splitlines()]
    cells = []
    for to, port, *marks in lines:
        number, _, protocol = port.partition("/")
        if len(marks) != len(head) - 2 or set(marks) - {"yes", "-"}:
            raise ValueError(f"{to} {port}: a cell is missing, or says neither yes nor -")
        for source, mark in zip(head[2:], marks):
            # Nothing keeps a pod from itself.
            if source != to:
                cells.append((source, to, int(number), protocol.upper() or "TCP", mark == "yes"))
    return cells


def wrong(table: str, things: list, policies: list) -> list:
    """The cells of a table that are not so."""
    everybody = {**network_cast.cast(things), "receiver": RECEIVER}
    networks = Networks(network_cast.NAMESPACES, policies)
    found = []
    for source, to, number, protocol, may in rows(table):
        said = networks.allow(everybody[source], everybody[to], number, protocol)
        if said is not may:
            how = {True: "may", False: "may not", None: "in some networks may"}[said]
            found.append(f"{source} {how} reach {to} {number}/{protocol}")
    return found


def rendered(values: dict, is_upgrade: bool = False) -> list:
    return of.objects(of.render(values, is_upgrade))


def parts(things: list, way: str) -> tuple:
    """The policies that Helm makes before an install or upgrade, those of the release, and those of Temporal's server."""
    policies = network_cast.policies(things)
    servers = [policy for policy in policies if policy["metadata"]["namespace"] == "temporal"]
    early = [policy for policy in policies if f"pre-{way}" in of.hook_of(policy).split(",")]
    return early, [policy for policy in policies if policy not in servers and not of.hook_of(policy)], servers


class Tables(Check):
    def holds(self, things: list, *tables: str) -> None:
        for table in tables:
            self.assertEqual(wrong(table, things, network_cast.policies(things)), [])

    def test_staging_and_production_let_through_what_the_tables_say(self):
        sets = of.value_sets()
        for name in ("staging", "production"):
            for is_upgrade in (False, True):
                with self.subTest(name, is_upgrade=is_upgrade):
                    self.holds(rendered(sets[name], is_upgrade), OUT, IN, WITHIN)

    def test_so_they_do_when_the_policy_of_the_jobs_before_is_gone(self):
        things = rendered(of.value_sets()["production"], is_upgrade=True)
        _, kept, servers = parts(things, "upgrade")
        self.assertEqual([line for table in (OUT, IN) for line in wrong(table, things, kept + servers)], [])

    def test_development_has_no_policies_and_with_them_is_as_the_others(self):
        development = of.value_sets()["development"]
        self.assertEqual(of.of_kind(rendered(development), "NetworkPolicy"), [])
        site = of.load(of.EXAMPLES / "site.yaml")["networkPolicy"]
        self.holds(rendered(laid_over(development, {"networkPolicy": {**site, "enabled": True}})), OUT, IN)

    def test_channels_are_reached_by_workers_alone_and_where_they_are_switched_on(self):
        self.holds(rendered(laid_over(of.value_sets()["production"], CHANNELS)), OUT, IN, TO_CHANNELS)
        without = TO_CHANNELS.replace("587   yes", "587   -  ").replace("9092  yes", "9092  -  ")
        self.holds(rendered(of.value_sets()["production"]), without)

    def test_where_nothing_asks_for_the_internet_nobody_goes_there(self):
        production = of.value_sets()["production"]
        line = "internet           443      yes     yes     yes   -      -     -"
        for over, marks in ((ALONE, "-       -       -  "), (BUT_THE_ISSUER, "-       yes     -  ")):
            self.assertIn(line, OUT)
            self.holds(rendered(laid_over(production, over)), OUT.replace(line, line.replace("yes     yes     yes", marks)), IN)

    def test_the_codec_endpoint_is_open_to_whom_it_is_for(self):
        peer = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}}}
        codec = {"facade": {"codec": {"enabled": True}}, "networkPolicy": {"from": {"codec": [peer]}}}
        values = laid_over(of.value_sets()["production"], codec)
        line = "facade             7301  -       -       -     -      -     -              -  "
        self.assertIn(line, IN)
        self.holds(rendered(values), OUT, IN.replace(line, line[:-3] + "yes"))

    def test_jobs_before_an_install_have_their_policy_and_no_more(self):
        things = rendered(of.value_sets()["production"])
        early, _, servers = parts(things, "install")
        self.assertEqual([policy["metadata"]["name"] for policy in early], ["vextrus-jobs-before"])
        # The others have no policy yet, and no pods either.
        said = [line for table in (OUT, IN) for line in wrong(table, things, early + servers)]
        self.assertEqual([line for line in said if line.startswith("jobs ") or " reach jobs " in line], [])

    def test_jobs_before_an_upgrade_reach_whom_it_names_and_the_fleet_whom_it_reached(self):
        """Database and Temporal move with the upgrade. What runs is of the release before, and so are its policies."""
        production = of.value_sets()["production"]
        _, before, servers = parts(rendered(production, is_upgrade=True), "upgrade")
        moved = laid_over(production, {"networkPolicy": {"to": {name: {"peers": [ADDRESS]} for name in ("database", "temporal")}}})
        things = rendered(moved, is_upgrade=True)
        early, after, _ = parts(things, "upgrade")
        everybody = {**network_cast.cast(things), "receiver": RECEIVER}

        def reached(policies: list, who: str, to: str) -> list:
            networks = Networks(network_cast.NAMESPACES, policies + servers)
            return [networks.allow(everybody[who], everybody[to], port) for port in (5432, 7233)]

        self.assertEqual(reached(before, "jobs", "receiver"), [False, False], "without its policy the migration would be cut off")
        self.assertEqual(reached(before + early, "jobs", "receiver"), [True, True])
        for who in ("worker", "facade", "jobs"):
            self.assertEqual(reached(before + early, who, "database"), [True, False], who)
            self.assertEqual(reached(after, who, "receiver"), [True, True], who)
            self.assertEqual(reached(after, who, "database"), [False, False], who)
        for who in ("worker", "facade", "tests", "bare", "other-release"):
            self.assertEqual(reached(before + early, who, "receiver"), [False, False], who)

    def test_every_pod_of_the_chart_is_in_the_tables(self):
        for name, things in of.renderings().items():
            self.assertLessEqual(set(network_cast.fleet(things)), {"worker", "facade", "jobs", "tests"}, name)


class Noticed(Check):
    """The tables fail where a policy is gone or too wide: otherwise they would say nothing."""

    def changed(self, change: Callable[[list], None]) -> list:
        things = rendered(of.value_sets()["production"], is_upgrade=True)
        policies = copy.deepcopy(network_cast.policies(things))
        change(policies)
        return [line for table in (OUT, IN) for line in wrong(table, things, policies)]

    def spec(self, policies: list, name: str) -> dict:
        return named(policies, "NetworkPolicy", name)["spec"]

    def test_a_policy_that_is_gone(self):
        for name, says in (
            ("vextrus-deny", "bare may reach internet 443/TCP"),
            ("vextrus-deny", "elsewhere may reach bare 80/TCP"),
            ("vextrus-worker", "worker may not reach database 5432/TCP"),
            ("vextrus-facade", "ingress may not reach facade 7300/TCP"),
            ("temporal-server", "elsewhere may reach internal-frontend 7236/TCP"),
            ("temporal-web", "elsewhere may reach web 8080/TCP"),
        ):
            with self.subTest(name, says=says):
                self.assertIn(says, self.changed(lambda policies: policies.remove(named(policies, "NetworkPolicy", name))))

    def test_a_policy_that_forgets_a_direction(self):
        def forget(policies: list) -> None:
            policies.remove(named(policies, "NetworkPolicy", "vextrus-deny"))
            self.spec(policies, "vextrus-worker")["policyTypes"] = ["Ingress"]

        self.assertIn("worker may reach metadata 80/TCP", self.changed(forget))

    def test_a_way_out_that_is_too_wide(self):
        def anywhere(policies: list) -> None:
            self.spec(policies, "vextrus-worker")["egress"].append({})

        def metadata(policies: list) -> None:
            self.spec(policies, "vextrus-jobs")["egress"].append({"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"port": 443}]})

        def every_port(policies: list) -> None:
            rule, = [r for r in self.spec(policies, "vextrus-facade")["egress"] if {"protocol": "TCP", "port": 5432} in r["ports"]]
            rule["ports"] = [{"port": 1, "endPort": 65535}]

        self.assertIn("worker may reach internet 25/TCP", self.changed(anywhere))
        found = self.changed(metadata)
        self.assertIn("jobs may reach metadata 443/TCP", found)
        # Whether an address is meant or the pod that has it is the network's to say.
        self.assertIn("jobs in some networks may reach elsewhere 443/TCP", found)
        self.assertEqual(self.changed(every_port), ["facade may reach database 22/TCP"])

    def test_a_way_in_that_is_too_wide(self):
        def everybody(policies: list) -> None:
            for rule in self.spec(policies, "vextrus-facade")["ingress"]:
                rule.pop("from")

        def every_namespace(policies: list) -> None:
            self.spec(policies, "vextrus-worker")["ingress"][0]["from"].append({"namespaceSelector": {}})

        def our_labels_anywhere(policies: list) -> None:
            peer = {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app.kubernetes.io/component": "facade"}}}
            self.spec(policies, "vextrus-worker")["ingress"][0]["from"].append(peer)

        def every_pod_of_the_cluster(policies: list) -> None:
            self.spec(policies, "temporal-web")["ingress"].append({"from": [{"namespaceSelector": {}}]})

        self.assertIn("elsewhere may reach web 8080/TCP", self.changed(every_pod_of_the_cluster))
        self.assertIn("internet may reach facade 9465/TCP", self.changed(everybody))
        self.assertIn("elsewhere may reach worker 9464/TCP", self.changed(every_namespace))
        self.assertEqual(self.changed(our_labels_anywhere), ["look-alike may reach worker 9464/TCP"])

    def test_a_name_or_a_port_that_is_misspelt(self):
        def label(policies: list) -> None:
            self.spec(policies, "vextrus-worker")["podSelector"]["matchLabels"]["app.kubernetes.io/component"] = "workers"

        def port(policies: list) -> None:
            self.spec(policies, "vextrus-facade")["ingress"][-1]["ports"] = [{"port": "grcp"}]

        self.assertIn("worker may not reach frontend 7233/TCP", self.changed(label))
        self.assertIn("ingress may not reach facade 7300/TCP", self.changed(port))


if __name__ == "__main__":
    unittest.main()
