"""Kinds of others that the chart makes, and what they may hold. Kubernetes' own are checked by kubernetes-validate."""

from __future__ import annotations

# The kinds that PyPI has models of: [module, class]. The models pass over what they do not know, so that is looked for here.
MODELS = {
    "keda.sh/v1alpha1/ScaledObject": ("cloudcoil.models.keda.v1alpha1", "ScaledObject"),
    "keda.sh/v1alpha1/TriggerAuthentication": ("cloudcoil.models.keda.v1alpha1", "TriggerAuthentication"),
    "monitoring.coreos.com/v1/ServiceMonitor": ("cloudcoil.models.prometheus_operator.v1", "ServiceMonitor"),
    "monitoring.coreos.com/v1/PrometheusRule": ("cloudcoil.models.prometheus_operator.v1", "PrometheusRule"),
    "cert-manager.io/v1/Certificate": ("cloudcoil.models.cert_manager.v1", "Certificate"),
    "cert-manager.io/v1/ClusterIssuer": ("cloudcoil.models.cert_manager.v1", "ClusterIssuer"),
    "cert-manager.io/v1/Issuer": ("cloudcoil.models.cert_manager.v1", "Issuer"),
}

TEXT, WHOLE, DURATION = {"type": "string", "minLength": 1}, {"type": "integer"}, {"type": "string", "pattern": "^[0-9]+(s|m|h)$"}
ANYTHING = {"type": "object"}


def closed(required: list, **properties: dict) -> dict:
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


NAME = closed(["name"], name=TEXT)
ACCOUNT = closed(["name"], name=TEXT, namespace=TEXT)
# The others, written from their documentation: External Secrets v1, Temporal's worker controller v1.7 and later, Traefik 3.4 and later. Pod
# templates and embedded objects are Kubernetes' own, and checked as such.
SPECS = {
    "external-secrets.io/v1/ExternalSecret": closed(
        ["secretStoreRef", "target", "data"],
        refreshInterval=DURATION,
        secretStoreRef=closed(["name", "kind"], name=TEXT, kind={"enum": ["SecretStore", "ClusterSecretStore"]}),
        target=closed(["name"], name=TEXT, creationPolicy={"enum": ["Owner", "Orphan", "Merge", "None"]}),
        data={"type": "array", "minItems": 1, "items": closed(
            ["secretKey", "remoteRef"], secretKey=TEXT, remoteRef=closed(["key"], key=TEXT, property=TEXT))},
    ),
    "external-secrets.io/v1/ClusterSecretStore": closed(
        ["provider"],
        conditions={"type": "array", "items": closed(["namespaces"], namespaces={"type": "array", "items": TEXT})},
        provider=closed(
            [],
            vault=closed(
                ["server", "path", "version", "auth"], server=TEXT, path=TEXT, version={"enum": ["v1", "v2"]}, namespace=TEXT,
                auth=closed([], kubernetes=closed(["mountPath", "role"], mountPath=TEXT, role=TEXT, serviceAccountRef=ACCOUNT))),
            aws=closed(["service", "region"], service={"enum": ["SecretsManager", "ParameterStore"]}, region=TEXT, role=TEXT,
                       auth=closed([], jwt=closed(["serviceAccountRef"], serviceAccountRef=ACCOUNT))))),
    "traefik.io/v1alpha1/ServersTransport": closed(
        ["serverName", "rootCAs"],
        serverName=TEXT,
        rootCAs={"type": "array", "minItems": 1, "items": {"oneOf": [closed(["secret"], secret=TEXT), closed(["configMap"], configMap=TEXT)]}},
    ),
    "temporal.io/v1alpha1/Connection": closed(
        ["hostPort"],
        hostPort={"type": "string", "pattern": "^[a-zA-Z0-9.-]+:[0-9]+$"},
        tls=closed([], serverName=TEXT, caCertSecretRef=NAME),
        mutualTLSSecretRef=NAME,
        apiKeySecretRef=closed(["name", "key"], name=TEXT, key=TEXT),
    ),
    "temporal.io/v1alpha1/WorkerDeployment": closed(
        ["template", "rollout", "sunset", "workerOptions"],
        replicas=WHOLE,
        template=ANYTHING,
        rollout=closed(["strategy"], strategy={"enum": ["Manual", "AllAtOnce", "Progressive"]}, steps={
            "type": "array", "minItems": 1, "maxItems": 20, "items": closed(
                ["rampPercentage", "pauseDuration"],
                rampPercentage={"type": "integer", "minimum": 1, "maximum": 99}, pauseDuration=DURATION)}),
        sunset=closed([], scaledownDelay=DURATION, deleteDelay=DURATION),
        workerOptions=closed(
            ["connectionRef", "temporalNamespace"], connectionRef=NAME, temporalNamespace=TEXT,
            unsafeCustomBuildID={"type": "string", "maxLength": 63, "pattern": "^[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9])?$"}),
    ),
    "temporal.io/v1alpha1/WorkerResourceTemplate": closed(
        ["workerDeploymentRef", "template"], workerDeploymentRef=NAME,
        template=closed(["apiVersion", "kind", "spec"], apiVersion=TEXT, kind=TEXT, spec=ANYTHING)),
}


def lost(given: object, kept: object, path: str) -> list:
    """What of `given` is not in `kept`."""
    if isinstance(given, dict):
        if not isinstance(kept, dict):
            return [path]
        return [at for key, value in given.items() for at in lost(value, kept.get(key), f"{path}.{key}")]
    if isinstance(given, list):
        if not isinstance(kept, list) or len(given) != len(kept):
            return [path]
        return [at for i, value in enumerate(given) for at in lost(value, kept[i], f"{path}[{i}]")]
    return [path] if kept is None and given is not None else []


def faults(thing: dict) -> list:
    """What is wrong with an object of another's kind. A kind that nobody knows is wrong too."""
    import importlib

    kind = f"{thing['apiVersion']}/{thing['kind']}"
    if kind in MODELS:
        module, name = MODELS[kind]
        try:
            model = getattr(importlib.import_module(module), name).model_validate(thing)
        except ValueError as error:
            return [f"{kind}: {error}"]
        kept = model.model_dump(by_alias=True, mode="json")
        return [f"{kind}: there is no field {path}" for path in lost(thing["spec"], kept.get("spec"), "spec")]
    if kind in SPECS:
        import jsonschema

        found = jsonschema.Draft7Validator(SPECS[kind]).iter_errors(thing["spec"])
        return [f"{kind}: spec.{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in found]
    return [f"{kind}: the checks know of no such kind"]


def embedded(thing: dict) -> list:
    """The objects of Kubernetes' own that stand within one of another's kind, made whole as its controller does it."""
    if thing["kind"] == "WorkerDeployment":
        labels = thing["spec"]["template"]["metadata"]["labels"]
        spec = {"selector": {"matchLabels": labels}, "template": thing["spec"]["template"]}
        return [{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": spec}]
    if thing["kind"] == "WorkerResourceTemplate":
        inner = dict(thing["spec"]["template"], metadata={"name": "x"})
        if inner["spec"].get("scaleTargetRef") == {}:
            target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"}
            inner["spec"] = dict(inner["spec"], scaleTargetRef=target)
        return [inner]
    return []
