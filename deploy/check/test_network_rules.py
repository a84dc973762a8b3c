"""network_policies.py against cases made by hand: what Kubernetes' documentation says of each part of a policy."""

from __future__ import annotations

import unittest

from network_policies import NAME_LABEL, Networks, Outside, Pod, Refused, World, pod_of
from support import Check

NAMESPACES = {"a": {"team": "x"}, "b": {}}
WEB = Pod("a", "web", {"app": "web", "tier": "front"}, "10.0.0.1", {"http": ("TCP", 8080), "dns": ("UDP", 53)})
BATCH = Pod("a", "batch", {"app": "batch"}, "10.0.0.2")
FAR = Pod("b", "far", {"app": "web"}, "10.0.1.1", {"http": ("TCP", 80)})
HOST = Outside("host", "192.0.2.10")
HOST6 = Outside("host6", "2001:db8::10")


def policy(spec: dict, namespace: str = "a") -> dict:
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "p", "namespace": namespace}, "spec": spec}


def incoming(*rules: dict, of: object = None) -> dict:
    return policy({"podSelector": {"matchLabels": {"app": "web"}} if of is None else of, "policyTypes": ["Ingress"], "ingress": list(rules)})


def outgoing(*rules: dict) -> dict:
    return policy({"podSelector": {}, "policyTypes": ["Egress"], "egress": list(rules)})


class Rules(Check):
    def may(self, policies: list, source: object, to: object, port: int = 8080, protocol: str = "TCP") -> bool:
        return World(NAMESPACES, policies).allows(source, to, port, protocol)

    def test_what_no_policy_selects_is_open_and_what_one_selects_is_shut(self):
        self.assertTrue(self.may([], FAR, WEB))
        self.assertFalse(self.may([incoming()], FAR, WEB))
        self.assertFalse(self.may([incoming()], HOST, WEB))
        self.assertTrue(self.may([incoming()], FAR, BATCH), "it selects another pod")
        self.assertTrue(self.may([incoming()], WEB, FAR), "it is of the other direction")
        self.assertTrue(self.may([policy(incoming()["spec"], "b")], FAR, WEB), "it is of another namespace")
        self.assertTrue(self.may([incoming()], WEB, WEB), "nothing keeps a pod from itself")

    def test_both_ends_must_let_it_through(self):
        way_in, way_out = incoming({"from": [{"podSelector": {"matchLabels": {"app": "batch"}}}]}), outgoing({"to": [{"podSelector": {}}]})
        self.assertTrue(self.may([way_in, way_out], BATCH, WEB))
        self.assertFalse(self.may([way_in, outgoing()], BATCH, WEB))
        self.assertFalse(self.may([incoming(), way_out], BATCH, WEB))

    def test_policies_and_rules_add_up(self):
        first, second = incoming({"from": [{"podSelector": {}}]}), incoming({"from": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]})
        self.assertEqual([self.may([first, second], source, WEB) for source in (BATCH, HOST, FAR)], [True, True, False])
        both = incoming({"from": [{"podSelector": {}}]}, {"from": [{"namespaceSelector": {}}], "ports": [{"port": 8080}]})
        self.assertEqual([self.may([both], FAR, WEB, port) for port in (8080, 9090)], [True, False])

    def test_directions_that_are_not_said(self):
        spec = {"podSelector": {}, "ingress": [{}]}
        self.assertTrue(self.may([policy(spec)], BATCH, HOST), "without egress rules it is of what comes in")
        self.assertFalse(self.may([policy({**spec, "egress": [{"ports": [{"port": 53}]}]})], BATCH, HOST))
        self.assertFalse(self.may([policy({"podSelector": {}})], FAR, WEB), "without rules nothing comes in")

    def test_selectors_of_one_peer_go_together_and_peers_are_alternatives(self):
        one = incoming({"from": [{"namespaceSelector": {"matchLabels": {"team": "x"}}, "podSelector": {"matchLabels": {"app": "batch"}}}]})
        two = incoming({"from": [{"namespaceSelector": {"matchLabels": {NAME_LABEL: "b"}}}, {"podSelector": {"matchLabels": {"app": "batch"}}}]})
        self.assertEqual([self.may([one], source, WEB) for source in (BATCH, FAR, HOST)], [True, False, False])
        self.assertEqual([self.may([two], source, WEB) for source in (BATCH, FAR, HOST)], [True, True, False])
        self.assertFalse(self.may([incoming({"from": [{"podSelector": {}}]})], FAR, WEB), "alone it is of the policy's own namespace")
        self.assertTrue(self.may([incoming({"from": [{"namespaceSelector": {}}]})], FAR, WEB))

    def test_expressions(self):
        for operator, values, fits in (("In", ["front"], True), ("In", ["back"], False), ("NotIn", ["back"], True), ("NotIn", ["front"], False),
                                       ("Exists", None, True), ("DoesNotExist", None, False)):
            expression = {"key": "tier", "operator": operator, **({"values": values} if values else {})}
            shut = incoming(of={"matchExpressions": [expression]})
            self.assertEqual(self.may([shut], FAR, WEB), not fits, expression)
        self.assertFalse(self.may([incoming(of={"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["x"]}]})], FAR, BATCH),
                         "a label that is not there is not in the list")

    def test_addresses(self):
        block = {"ipBlock": {"cidr": "192.0.0.0/8", "except": ["192.0.2.0/24"]}}
        self.assertFalse(self.may([outgoing({"to": [block]})], WEB, HOST))
        self.assertTrue(self.may([outgoing({"to": [block]})], WEB, Outside("near", "192.0.3.1")))
        # What one block leaves out another may hold.
        self.assertTrue(self.may([outgoing({"to": [block, {"ipBlock": {"cidr": "192.0.2.10/32"}}]})], WEB, HOST))
        self.assertFalse(self.may([outgoing({"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]})], WEB, HOST6))
        self.assertTrue(self.may([outgoing({"to": [{"ipBlock": {"cidr": "2001:db8::/32"}}]})], WEB, HOST6))

    def test_whether_a_block_is_of_pods_is_the_networks_to_say(self):
        block = [outgoing({"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]})]
        said = [Networks(NAMESPACES, block).allow(BATCH, to, 80) for to in (FAR, Outside("net", "10.9.9.9"), HOST)]
        self.assertEqual(said, [None, True, False])

    def test_ports(self):
        for ports, port, protocol, fits in (
            ([], 1, "TCP", True), ([{"port": 8080}], 8080, "TCP", True), ([{"port": 8080}], 8081, "TCP", False),
            ([{"port": 8080}], 8080, "UDP", False), ([{"protocol": "UDP"}], 53, "UDP", True), ([{"protocol": "UDP"}], 53, "TCP", False),
            ([{"port": 8000, "endPort": 8080}], 8080, "TCP", True), ([{"port": 8000, "endPort": 8080}], 8081, "TCP", False),
            ([{"port": 8000, "endPort": 8080}], 7999, "TCP", False), ([{"port": 1}, {"port": 8080}], 8080, "TCP", True),
            ([{"port": "http"}], 8080, "TCP", True), ([{"port": "http"}], 80, "TCP", False), ([{"port": "dns"}], 53, "TCP", False),
            ([{"port": "dns", "protocol": "UDP"}], 53, "UDP", True), ([{"port": "other"}], 8080, "TCP", False),
        ):
            self.assertEqual(self.may([incoming({"ports": ports})], FAR, WEB, port, protocol), fits, ports)
        # A port's name is the destination's, and not the source's.
        self.assertEqual([self.may([outgoing({"ports": [{"port": "http"}]})], WEB, FAR, port) for port in (80, 8080)], [True, False])
        self.assertFalse(self.may([outgoing({"ports": [{"port": "http"}]})], WEB, HOST, 80))


class RefusedPolicies(Check):
    def test_what_kubernetes_would_not_take(self):
        selector = {"podSelector": {}}
        for spec in (
            {}, {"podSelector": None}, {**selector, "policyTypes": ["Inbound"]}, {**selector, "ingres": []},
            {"podSelector": {"matchLabel": {}}}, {"podSelector": {"matchExpressions": [{"key": "a", "operator": "Is", "values": ["b"]}]}},
            {"podSelector": {"matchExpressions": [{"key": "a", "operator": "In"}]}},
            {"podSelector": {"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]}},
            *({**selector, "egress": [{"to": [peer]}]} for peer in (
                {}, {"ipBlock": {}}, {"ipBlock": {"cidr": "everywhere"}}, {"ipBlock": {"cidr": "10.0.0.1/8"}}, {"podSelectors": {}},
                {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["192.0.2.0/24"]}}, {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["::/0"]}},
                {"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}}, {"namespaceSelector": {"matchLabel": {}}}, "10.0.0.0/8")),
            *({**selector, "ingress": [{"ports": [port]}]} for port in (
                {"port": 0}, {"port": 65536}, {"port": True}, {"protocol": "ICMP"}, {"endPort": 80}, {"port": 80, "endPort": 79},
                {"port": "http", "endPort": 80}, {"ports": 80})),
            {**selector, "ingress": [{"to": []}]}, {**selector, "egress": [{"from": []}]}, {**selector, "ingress": [None]},
        ):
            with self.subTest(spec), self.assertRaises(Refused):
                World(NAMESPACES, [policy(spec)])

    def test_what_has_rules_of_its_own(self):
        with self.assertRaises(Refused):
            World(NAMESPACES, [{**policy({"podSelector": {}}), "apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy"}])
        with self.assertRaises(Refused):
            World(NAMESPACES, [policy({"podSelector": {}}, "nowhere")])
        with self.assertRaises(Refused):
            pod_of("a", "agent", {}, {"hostNetwork": True, "containers": []}, "10.0.0.9")


if __name__ == "__main__":
    unittest.main()
