"""The chart as the checks see it: its value sets, rendered, and what is in them."""

from __future__ import annotations

import copy
import functools
import json
import os
import re
from pathlib import Path
from typing import Iterator

from support import DEPLOY, ROOT

CHART = DEPLOY / "helm" / "vextrus-workflows"
EXAMPLES = DEPLOY / "helm" / "examples"
MANIFESTS = DEPLOY / "kubernetes"
NAMESPACE = "vextrus"
# What is rendered anew: VEXTRUS_WRITE_GOLDEN=1, as everywhere in this repository.
WRITES = os.environ.get("VEXTRUS_WRITE_GOLDEN") == "1"


def parsed(text: str) -> list:
    """The documents of a text, by the parser that is written in C where it is: the dashboards are long."""
    import yaml

    return [thing for thing in yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) if thing]


def load(path: Path) -> dict:
    return (parsed(path.read_text()) or [{}])[0]


def laid_over(base: dict, over: dict) -> dict:
    """As helm does it with several -f: maps are merged, null takes away, all else is replaced."""
    merged = copy.deepcopy(base)
    for key, value in over.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = laid_over(merged[key], value)
        else:
            merged[key] = copy.deepcopy(value)
    return merged


@functools.lru_cache(maxsize=None)
def chart():
    import helm_python

    return helm_python.Chart.load(str(CHART))


def render(values: dict, is_upgrade: bool = False) -> dict:
    """Template by template, without those that say nothing."""
    texts = chart().render(values, name="vextrus", namespace=NAMESPACE, is_install=not is_upgrade, is_upgrade=is_upgrade)
    return {name.split("/templates/")[1]: text for name, text in texts.items() if text.strip()}


def objects(texts: dict) -> list:
    """Every object of a rendering."""
    found = []
    for name, text in texts.items():
        if name.endswith(".yaml"):
            found += parsed(text)
    return found


def of_kind(things: list, *kinds: str) -> list:
    return [thing for thing in things if thing["kind"] in kinds]


def named(things: list, kind: str, name: str) -> dict:
    return next(thing for thing in things if thing["kind"] == kind and thing["metadata"]["name"] == name)


def pods(things: list) -> Iterator[tuple]:
    """Every pod that an object would make: what it is of, its labels and its spec."""
    for thing in things:
        name = f"{thing['kind']}/{thing['metadata']['name']}"
        if thing["kind"] == "Pod":
            yield name, thing["metadata"]["labels"], thing["spec"]
        elif thing["kind"] in ("Deployment", "Job", "WorkerDeployment"):
            template = thing["spec"]["template"]
            yield name, template["metadata"]["labels"], template["spec"]
        elif thing["kind"] == "CronJob":
            template = thing["spec"]["jobTemplate"]["spec"]["template"]
            yield name, template["metadata"]["labels"], template["spec"]


def environment(spec: dict) -> dict:
    return {entry["name"]: entry for container in spec["containers"] for entry in container.get("env") or []}


# What a site adds to the two small sets: the least with which a fleet would start.
LEAST = {
    "temporal": {"address": "temporal:7233"},
    "config": {
        "auth": {"issuer": "https://login.acme.example", "jwks_url": "https://login.acme.example/jwks.json"},
        "signing": {"accepted_keys": "the-public-key-of-signing.key"},
    },
}


def value_sets() -> dict:
    """The three sets, each with what a site must add."""
    site = load(EXAMPLES / "site.yaml")
    return {
        "development": laid_over(load(CHART / "values-development.yaml"), LEAST),
        "staging": laid_over(load(CHART / "values-staging.yaml"), site),
        "production": laid_over(load(CHART / "values-production.yaml"), site),
    }


HPA = {"autoscaling": {"mode": "hpa"}}
# The workers parted by their task queues.
GROUPS = {"worker": {"groups": {"all": None, "documents": {"taskQueues": ["invoice", "purchase-order"]},
                                "people": {"taskQueues": ["onboarding", "integrations", "reconcile"]}}}}
CONTROLLED = {"temporal": {"workerController": {"enabled": True}}}
KEDA = {"autoscaling": {"mode": "keda", "keda": {"prometheus": "http://prometheus:9090"}}}
API_KEY = {"temporal": {"auth": "apiKey"}, "secrets": {"keys": {"temporalApiKey": "temporal-api-key"}}}
MTLS = {"temporal": {"auth": "mtls", "clientCertificateSecret": "client", "tls": {"caSecret": "ca", "serverName": "t"}}}
# Each component with an access to Temporal of its own, and none for all.
COMPONENTS = ("worker", "facade", "jobs")
OWN_API_KEYS = {"temporal": {"auth": "apiKey"}, "secrets": {"keys": {"temporalApiKeys": {part: f"api-key-{part}" for part in COMPONENTS}}}}
OWN_CERTIFICATES = {"temporal": {"auth": "mtls", "clientCertificateSecrets": {part: f"client-{part}" for part in COMPONENTS}}}
PLAIN = {
    "secrets": {
        "source": "plain",
        "plain": {"ledger-address": "postgres://vextrus@db/vextrus", "signing.key": "s", "audit.key": "a", "id": "i"},
        "env": {"AWS_ACCESS_KEY_ID": "id"},
    }
}
EXTERNAL = {"secrets": {"source": "external", "external": {"store": {"name": "vault"}, "remoteKey": "vextrus/production"}}}
ALL_SECRETS = {
    "codecKeys": "codec.keys", "ledgerReplicaAddress": "replica-address", "webhookSecrets": "webhook.secrets",
    "smtpCredentials": "smtp.txt", "smtpRoot": "smtp.pem", "kafkaRoot": "kafka-root.pem", "kafkaClient": "kafka-client.pem",
    "kafkaProperties": "kafka.txt", "adapterSecrets": "adapters.secrets",
}
# Each switch of the chart, on top of the development set.
FEATURES = {
    "hpa": HPA,
    "hpa with custom metrics": laid_over(HPA, {"autoscaling": {"hpa": {"customMetrics": True}}}),
    "keda": KEDA,
    "keda and an API key": laid_over(KEDA, API_KEY),
    "keda and mTLS": laid_over(KEDA, MTLS),
    "Temporal under TLS alone": {"temporal": {"tls": {"enabled": True, "caSecret": "ca"}}},
    "Temporal with an API key": API_KEY,
    "Temporal with mTLS": MTLS,
    "Temporal with API keys of their own": laid_over(OWN_API_KEYS, EXTERNAL),
    "Temporal with certificates of their own": OWN_CERTIFICATES,
    "keda and API keys of their own": laid_over(KEDA, OWN_API_KEYS),
    "keda and certificates of their own": laid_over(KEDA, OWN_CERTIFICATES),
    "worker controller with API keys of their own": laid_over(CONTROLLED, OWN_API_KEYS),
    "worker controller with certificates of their own": laid_over(CONTROLLED, OWN_CERTIFICATES),
    "Temporal Cloud sets itself up": {"temporal": {"setup": {"namespace": False, "searchAttributes": False}}},
    "worker controller": CONTROLLED,
    "worker controller with hpa and mTLS": laid_over(laid_over(CONTROLLED, HPA), MTLS),
    "worker controller with an API key, at once": laid_over(
        laid_over(CONTROLLED, API_KEY), {"temporal": {"tls": {"caSecret": "ca"}, "workerController": {"strategy": "AllAtOnce"}}}
    ),
    "groups of workers": {**GROUPS, **KEDA},
    "draining builds": {
        "versions": {"build": "c0ffee", "draining": [{"build": "0.0.9"}, {"build": "ABC_1", "digest": f"sha256:{'0' * 64}"}]},
        **KEDA,
    },
    "no versions": {"versions": {"enabled": False}, **KEDA},
    "plain secrets": PLAIN,
    "external secrets": EXTERNAL,
    "every secret": {"secrets": {"keys": ALL_SECRETS}, "facade": {"codec": {"enabled": True}}},
    "the facade's own TLS": {"facade": {"tls": {"enabled": True, "secret": "tls", "clientCaSecret": "clients"}}},
    "a certificate of cert-manager": {"facade": {"tls": {"enabled": True, "issuer": {"name": "internal"}}}},
    "keys and permissions in the values": {
        "jwks": '{"keys": []}', "permissions": "[methods]\n", "config": {"auth": {"jwks_url": None}},
    },
    "ingress of another controller": {
        "ingress": {"enabled": True, "controller": "other", "host": "w.example", "tls": {"secret": "w-tls"}, "json": {"enabled": False}, "grpc": {"reflection": True}}
    },
    "network policies": {"networkPolicy": {"enabled": True, "to": {"kafka": {"ports": [9092], "peers": [{"podSelector": {}}]}}}, **PLAIN},
    "no jobs": {"migration": {"enabled": False}, "replayGate": {"enabled": False}, "rollout": {"enabled": False}},
    "strict gate, watched rollout": {"replayGate": {"strict": True}, "rollout": {"prometheus": {"url": "http://prometheus:9090"}}},
    "monitoring": {"monitoring": {part: {"enabled": True} for part in ("serviceMonitor", "prometheusRule", "dashboards")}},
    "own objects": {"extraObjects": [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "own", "labels": {"of": "{{ .Release.Name }}"}}},
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}-text}\n",
    ]},
    "placed pods": {
        part: {"nodeSelector": {"a": "b"}, "tolerations": [{"operator": "Exists"}], "podAnnotations": {"a": "b"}, "podLabels": {"c": "d"}}
        for part in ("worker", "facade", "jobs")
    },
    "volumes and variables of one's own": {
        part: {"extraEnv": [{"name": "RUST_BACKTRACE", "value": "1"}], "extraVolumes": [{"name": "papers", "emptyDir": {}}],
               "extraVolumeMounts": [{"name": "papers", "mountPath": "/papers"}]}
        for part in ("worker", "facade")
    },
    "names of one's own": {"fullnameOverride": "approvals", "commonLabels": {"team": "finance"}, "image": {"pullSecrets": [{"name": "r"}]},
                           "pod": {"priorityClassName": "high"}, "spread": {"antiAffinity": "required"}},
}


@functools.lru_cache(maxsize=None)
def renderings() -> dict:
    """Every value set, feature and example of ours, at an install and at an upgrade: the values' name and their objects."""
    sets = value_sets()
    all_values = dict(sets)
    for name, over in FEATURES.items():
        all_values[f"feature: {name}"] = laid_over(sets["development"], over)
    for path, values in examples().items():
        all_values[f"example: {path}"] = values
    found = {}
    for name, values in all_values.items():
        for is_upgrade in (False, True):
            found[f"{name} ({'upgrade' if is_upgrade else 'install'})"] = objects(render(values, is_upgrade))
    return found


def examples() -> dict:
    """The examples that are values of this chart, laid over what their first lines name."""
    found = {}
    for path in sorted(EXAMPLES.glob("*.yaml")):
        text = path.read_text()
        bases = re.findall(r"-f deploy/helm/(\S+)", text.split("\n\n")[0])
        if "deploy/helm/vextrus-workflows" in text.split("\n\n")[0]:
            values: dict = {}
            for base in bases:
                values = laid_over(values, load(DEPLOY / "helm" / base))
            found[path.name] = laid_over(values, load(path))
    return found


def version() -> str:
    """What the chart brings where no image is named: the programs' own version."""
    return str(load(CHART / "Chart.yaml")["appVersion"])


def defaults() -> dict:
    """platform/src/default.toml."""
    import tomllib

    return tomllib.loads((ROOT / "platform" / "src" / "default.toml").read_text())


def variables() -> set:
    """Every variable that a program of ours reads its configuration from."""
    return {f"VEXTRUS_{section}_{key}".upper() for section, keys in defaults().items() for key in keys}


def schema() -> dict:
    return json.loads((CHART / "values.schema.json").read_text())


# The plain manifests, in the order in which they are applied: what others need, the jobs before, the fleet, the jobs after.
FOLDERS = ("0-base", "1-before", "2-fleet", "3-after")
BASE = ("ServiceAccount", "NetworkPolicy", "ConfigMap", "ExternalSecret", "Secret")


def hook_of(thing: dict) -> str:
    """When Helm makes it, if not with the release."""
    return thing["metadata"].get("annotations", {}).get("helm.sh/hook", "")


def folder_of(thing: dict) -> str:
    hook = hook_of(thing)
    if hook:
        return "1-before" if hook.startswith("pre-") else "3-after"
    return "0-base" if thing["kind"] in BASE else "2-fleet"


def manifests() -> dict:
    """The production set as files for kubectl: the text that the chart renders, object by object."""
    values = value_sets()["production"]
    files: dict = {}
    for name, text in render(values, is_upgrade=True).items():
        if not name.endswith(".yaml"):
            continue
        for part in re.split(r"^---$", text, flags=re.MULTILINE):
            thing = (parsed(part) or [None])[0]
            # Of the hooks the jobs alone: what those need early is applied before them here, and there is no `helm test`.
            if not thing or (hook_of(thing) and thing["kind"] != "Job"):
                continue
            # What Helm marks means nothing to kubectl.
            lines = [line.rstrip() for line in part.strip("\n").splitlines() if not re.match(HELMS_OWN, line)]
            place = f"{folder_of(thing)}/{order(thing)}{thing['kind'].lower()}-{thing['metadata']['name']}.yaml"
            files[place] = HEAD + "\n".join(without_empty(lines)) + "\n"
    return files


HELMS_OWN = r"\s+(helm\.sh/|app\.kubernetes\.io/managed-by: Helm|# One that failed stays)"
HEAD = "# Rendered from deploy/helm/vextrus-workflows: values-production.yaml and examples/site.yaml. Change those, not this.\n"


def order(thing: dict) -> str:
    """The jobs before the fleet run one after another."""
    weight = thing["metadata"].get("annotations", {}).get("helm.sh/hook-weight")
    return f"{20 + int(weight)}-" if thing["kind"] == "Job" and folder_of(thing) == "1-before" else ""


def without_empty(lines: list) -> list:
    """Without `annotations:` that hold nothing any more."""
    kept = []
    for i, line in enumerate(lines):
        after = lines[i + 1] if i + 1 < len(lines) else ""
        deeper = len(after) - len(after.lstrip()) > len(line) - len(line.lstrip())
        if line.strip() == "annotations:" and not deeper:
            continue
        kept.append(line)
    return kept
