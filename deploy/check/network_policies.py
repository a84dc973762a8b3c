"""Who may reach whom under NetworkPolicies, by the rules that Kubernetes gives for them. There is no cluster here to ask.

Policies add up, and none forbids: a pod that some policy selects for a direction is shut in that direction but for what rules
let through, and one that none selects is open. A connection needs its source's leave to go out and its destination's to let it in.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Dict, Iterator, List, Optional, Tuple, Union

NAME_LABEL = "kubernetes.io/metadata.name"
PROTOCOLS = ("TCP", "UDP", "SCTP")


class Refused(ValueError):
    """What Kubernetes would not take, or what these rules do not tell the meaning of."""


@dataclass(frozen=True)
class Pod:
    namespace: str
    name: str
    labels: Dict[str, str] = field(hash=False)
    address: str
    # Port names, each with its protocol and number.
    ports: Dict[str, Tuple[str, int]] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Outside:
    """An address that is no pod's."""

    name: str
    address: str


End = Union[Pod, Outside]


def pod_of(namespace: str, name: str, labels: dict, spec: dict, address: str) -> Pod:
    if spec.get("hostNetwork"):
        raise Refused(f"{name}: what policies mean for a pod in its node's network, each network decides")
    ports = {}
    for container in spec["containers"]:
        for port in container.get("ports") or []:
            if "name" in port:
                ports[port["name"]] = (port.get("protocol", "TCP"), port["containerPort"])
    return Pod(namespace, name, dict(labels), address, ports)


def known(thing: object, keys: str, where: str) -> dict:
    """A map of nothing but these keys: one that is misspelt would otherwise be passed over, and open something."""
    if not isinstance(thing, dict):
        raise Refused(f"{where}: {thing!r} is no map")
    if set(thing) - set(keys.split()):
        raise Refused(f"{where}: {sorted(set(thing) - set(keys.split()))}")
    return thing


def selects(selector: dict, labels: Dict[str, str], where: str) -> bool:
    """Whether a label selector fits. An empty one fits everything."""
    known(selector, "matchLabels matchExpressions", where)
    fits = [labels.get(key) == value for key, value in (selector.get("matchLabels") or {}).items()]
    for expression in selector.get("matchExpressions") or []:
        known(expression, "key operator values", where)
        key, operator, values = expression["key"], expression["operator"], expression.get("values") or []
        if operator not in ("In", "NotIn", "Exists", "DoesNotExist") or (operator.endswith("In") != bool(values)):
            raise Refused(f"{where}: {expression}")
        has = key in labels if operator in ("Exists", "DoesNotExist") else labels.get(key) in values
        fits.append(has == (operator in ("In", "Exists")))
    return all(fits)


def block_holds(block: dict, address: str, where: str) -> bool:
    """Whether an ipBlock has an address."""
    known(block, "cidr except", where)
    try:
        whole = ipaddress.ip_network(block["cidr"])
        gaps = [ipaddress.ip_network(gap) for gap in block.get("except") or []]
    except (KeyError, ValueError) as error:
        raise Refused(f"{where}: {error}") from None
    for gap in gaps:
        if gap.version != whole.version or not gap.subnet_of(whole):
            raise Refused(f"{where}: {gap} is no part of {whole}")
    at = ipaddress.ip_address(address)
    # An address of the other version is in no block of this one.
    return at in whole and not any(at in gap for gap in gaps)


def fits_port(rule: dict, number: int, protocol: str, destination: End, where: str) -> bool:
    known(rule, "protocol port endPort", where)
    port, last = rule.get("port"), rule.get("endPort")
    if rule.get("protocol", "TCP") not in PROTOCOLS or isinstance(port, bool):
        raise Refused(f"{where}: {rule}")
    for one in (port, last):
        if isinstance(one, int) and not 1 <= one <= 65535:
            raise Refused(f"{where}: {one} is no port")
    if last is not None and (not isinstance(port, int) or last < port):
        raise Refused(f"{where}: endPort needs a number below it as port")
    if rule.get("protocol", "TCP") != protocol:
        return False
    if port is None:
        return True
    if isinstance(port, str):
        # A name is the destination's own: of an address outside nobody knows one.
        return isinstance(destination, Pod) and destination.ports.get(port) == (protocol, number)
    return port <= number <= (port if last is None else last)


class World:
    """Namespaces with their labels, and the policies in them."""

    def __init__(self, namespaces: Dict[str, Dict[str, str]], policies: List[dict], pods_in_blocks: bool = True) -> None:
        """`pods_in_blocks`: whether an ipBlock is also of pods that have its addresses. Networks differ in that."""
        self.namespaces = {name: {**labels, NAME_LABEL: name} for name, labels in namespaces.items()}
        self.pods_in_blocks = pods_in_blocks
        self.policies = policies
        for policy in policies:
            self.check(policy)

    def check(self, policy: dict) -> None:
        """Refuses a policy whose meaning is not known; every part of it, also such as no question comes to."""
        if (policy.get("apiVersion"), policy.get("kind")) != ("networking.k8s.io/v1", "NetworkPolicy"):
            raise Refused(f"{policy.get('apiVersion')}/{policy.get('kind')} has rules of its own")
        where = f"{policy['metadata'].get('namespace')}/{policy['metadata'].get('name')}"
        if policy["metadata"].get("namespace") not in self.namespaces:
            raise Refused(f"{where}: there is no such namespace")
        spec = known(policy.get("spec"), "podSelector policyTypes ingress egress", where)
        if not isinstance(spec.get("podSelector"), dict):
            raise Refused(f"{where}: it selects no pods")
        if set(spec.get("policyTypes") or []) - {"Ingress", "Egress"}:
            raise Refused(f"{where}: {spec['policyTypes']}")
        nobody = Pod(policy["metadata"]["namespace"], "nobody", {}, "192.0.2.1")
        selects(spec["podSelector"], {}, where)
        for way, peers in (("ingress", "from"), ("egress", "to")):
            for rule in spec.get(way) or []:
                known(rule, f"{peers} ports", where)
                for peer in rule.get(peers) or []:
                    self.fits_peer(peer, nobody.namespace, nobody, where)
                for port in rule.get("ports") or []:
                    fits_port(port, 1, "TCP", nobody, where)

    def fits_peer(self, peer: dict, namespace: str, other: End, where: str) -> bool:
        known(peer, "ipBlock namespaceSelector podSelector", where)
        block, of_namespace, of_pod = (peer.get(key) for key in ("ipBlock", "namespaceSelector", "podSelector"))
        if (block is None) == (of_namespace is None and of_pod is None):
            raise Refused(f"{where}: a peer is an ipBlock or selectors: {peer}")
        is_pod = isinstance(other, Pod)
        if block is not None:
            return block_holds(block, other.address, where) and (self.pods_in_blocks or not is_pod)
        fits = [is_pod]
        if of_pod is not None:
            fits.append(selects(of_pod, other.labels if is_pod else {}, where))
        if of_namespace is not None:
            fits.append(selects(of_namespace, self.namespaces[other.namespace] if is_pod else {}, where))
        elif is_pod:
            # Without a selector of namespaces it is the policy's own.
            fits.append(other.namespace == namespace)
        return all(fits)

    def holding(self, pod: Pod, way: str) -> Iterator[dict]:
        """The policies that shut a pod in one direction."""
        for policy in self.policies:
            spec, where = policy["spec"], policy["metadata"]["name"]
            types = spec.get("policyTypes") or (["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])
            if policy["metadata"]["namespace"] == pod.namespace and way in types and selects(spec["podSelector"], pod.labels, where):
                yield policy

    def lets(self, pod: Pod, way: str, other: End, destination: End, number: int, protocol: str) -> bool:
        holding = list(self.holding(pod, way))
        key, peers = (("ingress", "from") if way == "Ingress" else ("egress", "to"))
        for policy in holding:
            where = policy["metadata"]["name"]
            for rule in policy["spec"].get(key) or []:
                fits = [self.fits_peer(peer, pod.namespace, other, where) for peer in rule.get(peers) or []]
                ports = [fits_port(port, number, protocol, destination, where) for port in rule.get("ports") or []]
                # No peers are all of them, and so it is with ports.
                if (any(fits) or not fits) and (any(ports) or not ports):
                    return True
        return not holding

    def allows(self, source: End, destination: End, number: int, protocol: str = "TCP") -> bool:
        if source == destination:
            return True
        leaves = not isinstance(source, Pod) or self.lets(source, "Egress", destination, destination, number, protocol)
        enters = not isinstance(destination, Pod) or self.lets(destination, "Ingress", source, destination, number, protocol)
        return leaves and enters


class Networks:
    """The same policies in networks of both kinds: such as count a pod's address among an ipBlock's, and such as do not."""

    def __init__(self, namespaces: Dict[str, Dict[str, str]], policies: List[dict]) -> None:
        self.worlds = [World(namespaces, policies, pods_in_blocks) for pods_in_blocks in (False, True)]

    def allow(self, source: End, destination: End, number: int, protocol: str = "TCP") -> Optional[bool]:
        """Whether the connection is let through in all of them or in none; None: in some."""
        said = {world.allows(source, destination, number, protocol) for world in self.worlds}
        return said.pop() if len(said) == 1 else None
