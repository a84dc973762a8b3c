"""Who is round the fleet when its network policies are asked: what the site's example names, and who has no business there."""

from __future__ import annotations

import ipaddress

import helm_chart as of
from network_policies import Outside, Pod, pod_of

OURS = of.NAMESPACE
# Each namespace's labels; its name comes by itself.
NAMESPACES: dict = {name: {} for name in (OURS, "kube-system", "ingress-nginx", "monitoring", "temporal", "elsewhere")}


def temporal(component: str) -> dict:
    """What the official chart labels its pods with."""
    return {"app.kubernetes.io/name": "temporal", "app.kubernetes.io/instance": "temporal", "app.kubernetes.io/component": component}


# Namespace and labels of pods that are not the chart's.
STRANGERS = {
    "dns": ("kube-system", {"k8s-app": "kube-dns"}),
    "metrics-server": ("kube-system", {"k8s-app": "metrics-server"}),
    "ingress": ("ingress-nginx", {"app.kubernetes.io/name": "ingress-nginx"}),
    "prometheus": ("monitoring", {"app.kubernetes.io/name": "prometheus"}),
    "collector": ("monitoring", {"app.kubernetes.io/name": "opentelemetry-collector"}),
    "frontend": ("temporal", temporal("frontend")),
    "internal-frontend": ("temporal", temporal("internal-frontend")),
    "history": ("temporal", temporal("history")),
    "temporal-worker": ("temporal", temporal("worker")),
    "web": ("temporal", temporal("web")),
    # In our own namespace: one without any label, and one of another release of this chart.
    "bare": (OURS, {}),
    "other-release": (OURS, {"app.kubernetes.io/name": "vextrus-workflows", "app.kubernetes.io/instance": "other",
                             "app.kubernetes.io/component": "jobs"}),
    "elsewhere": ("elsewhere", {"app": "web"}),
}
# Of none but the last two does anything say that it may be called.
ADDRESSES = {
    "metadata": "169.254.169.254",
    "metadata-ipv6": "fd00:ec2::254",
    "pod-credentials": "169.254.170.23",
    "kubernetes-api": "10.96.0.1",
    "neighbour": "10.20.1.9",
    "internet": "203.0.113.7",
    "database": "10.20.0.5",
}


def fleet(things: list) -> dict:
    """One pod of each component that the chart makes."""
    found: dict = {}
    for what, labels, spec in of.pods(things):
        component = labels["app.kubernetes.io/component"]
        found.setdefault(component, pod_of(OURS, what, labels, spec, f"10.1.0.{len(found) + 1}"))
    return found


def cast(things: list) -> dict:
    """Everybody, by name."""
    everybody: dict = fleet(things)
    for name, (namespace, labels) in STRANGERS.items():
        everybody[name] = Pod(namespace, name, labels, str(ipaddress.ip_address("10.1.1.0") + len(everybody)))
    facade = everybody["facade"]
    everybody["look-alike"] = Pod("elsewhere", "look-alike", facade.labels, "10.1.2.1", facade.ports)
    everybody["second-facade"] = Pod(OURS, "second-facade", facade.labels, "10.1.2.2", facade.ports)
    everybody.update({name: Outside(name, address) for name, address in ADDRESSES.items()})
    return everybody


def policies(things: list) -> list:
    """The chart's, and those of the example of Temporal's server. Another kind of policy would have rules of its own."""
    texts = of.load(of.EXAMPLES / "temporal-server.yaml")["extraObjects"]
    servers = [policy for text in texts for policy in of.parsed(text)]
    for policy in servers:
        policy["metadata"].setdefault("namespace", "temporal")
    return [thing for thing in things if thing["kind"].endswith("NetworkPolicy")] + servers
