"""By what each component is let into Temporal: its own API key or certificate, and no other's."""

from __future__ import annotations

import unittest

import helm_chart as of
import helm_python
from helm_chart import COMPONENTS, GROUPS, OWN_API_KEYS, OWN_CERTIFICATES, laid_over, of_kind, pods
from support import Check

SHARED_API_KEY = laid_over(of.API_KEY, {"secrets": {"keys": {"temporalApiKey": "api-key"}}})
SHARED_CERTIFICATE = laid_over(of.MTLS, {"temporal": {"clientCertificateSecret": "client"}})
ONLY_JOBS_API_KEY = laid_over(SHARED_API_KEY, {"secrets": {"keys": {"temporalApiKeys": {"jobs": "api-key-jobs"}}}})
ONLY_JOBS_CERTIFICATE = laid_over(SHARED_CERTIFICATE, {"temporal": {"clientCertificateSecrets": {"jobs": "client-jobs"}}})


def of_each(name: str, *own: str) -> dict:
    """What each component is to be shown: its own where it has one."""
    return {part: f"{name}-{part}" if part in own else name for part in COMPONENTS}


CASES = (
    ("one API key", SHARED_API_KEY, of_each("api-key")),
    ("an API key each", OWN_API_KEYS, of_each("api-key", *COMPONENTS)),
    ("the jobs with an API key of their own", ONLY_JOBS_API_KEY, of_each("api-key", "jobs")),
    ("one certificate", SHARED_CERTIFICATE, of_each("client")),
    ("a certificate each", OWN_CERTIFICATES, of_each("client", *COMPONENTS)),
    ("the jobs with a certificate of their own", ONLY_JOBS_CERTIFICATE, of_each("client", "jobs")),
)


def references(found: object) -> set:
    """Whatever names a Secret anywhere in a pod: the Secret, or a key of the fleet's where keys are named."""
    if isinstance(found, list):
        return {name for inner in found for name in references(inner)}
    if not isinstance(found, dict):
        return set()
    names = {name for key, inner in found.items() for name in references(inner) if key != "secret"}
    if "secretKeyRef" in found:
        names.add(found["secretKeyRef"]["key"])
    secret = found.get("secret") or found.get("secretRef")
    if secret:
        items = secret.get("items")
        names |= {item["key"] for item in items} if items else {secret.get("secretName") or secret["name"]}
    return names


def accesses(things: list) -> dict:
    """The API keys and certificates that pods of each component hold, and the fleet's Secret where one has it as a whole."""
    found: dict = {}
    for _, labels, spec in pods(things):
        held = {name for name in references(spec) if name.startswith(("api-key", "client")) or name == "vextrus"}
        found.setdefault(labels["app.kubernetes.io/component"], []).append(held)
    return found


class Access(Check):
    def rendered(self, *overs: dict, is_upgrade: bool = True) -> list:
        values = of.value_sets()["development"]
        for over in overs:
            values = laid_over(values, over)
        return of.objects(of.render(values, is_upgrade))

    def test_each_pod_holds_its_own_and_nothing_else(self):
        for name, over, expected in CASES:
            for is_upgrade in (False, True):
                with self.subTest(name, is_upgrade=is_upgrade):
                    found = accesses(self.rendered(over, is_upgrade=is_upgrade))
                    self.assertEqual(set(found), {*COMPONENTS, "tests"})
                    for part in COMPONENTS:
                        self.assertTrue(all(held == {expected[part]} for held in found[part]), f"{part}: {found[part]}")
                    self.assertEqual(found["tests"], [set()])

    def test_so_do_draining_builds_and_groups_of_workers(self):
        more = {"versions": {"build": "b", "draining": [{"build": "a"}]}, **GROUPS}
        for name, over, expected in CASES:
            with self.subTest(name):
                self.assertEqual(accesses(self.rendered(more, over))["worker"], [{expected["worker"]}] * 4)

    def test_a_program_finds_it_where_it_looks(self):
        for over, variable in ((OWN_API_KEYS, "TEMPORAL_API_KEY"), (OWN_CERTIFICATES, "TEMPORAL_TLS_CLIENT_KEY_PATH")):
            for what, labels, spec in pods(self.rendered(over)):
                told = of.environment(spec).get(variable)
                self.assertEqual(told is not None, labels["app.kubernetes.io/component"] in COMPONENTS, what)

    def test_the_autoscaler_and_the_worker_controller_take_the_workers(self):
        for over, name in ((OWN_API_KEYS, "api-key-worker"), (OWN_CERTIFICATES, "client-worker")):
            authentication, = of_kind(self.rendered(of.KEDA, over), "TriggerAuthentication")
            shown = {ref["key"] if over is OWN_API_KEYS else ref["name"] for ref in authentication["spec"]["secretTargetRef"]}
            self.assertEqual(shown, {name})
            things = self.rendered(of.CONTROLLED, over)
            connection, = of_kind(things, "Connection")
            ref = connection["spec"].get("apiKeySecretRef") or connection["spec"]["mutualTLSSecretRef"]
            self.assertEqual(ref.get("key", ref["name"]), name)
            # It brings them into the pods itself.
            self.assertEqual(accesses(things)["worker"], [set()])

    def test_the_secret_has_the_keys_that_are_named_and_no_others(self):
        for over, expected in ((SHARED_API_KEY, {"api-key"}), (ONLY_JOBS_API_KEY, {"api-key", "api-key-jobs"}),
                               (OWN_API_KEYS, {f"api-key-{part}" for part in COMPONENTS})):
            for is_upgrade in (False, True):
                for secret in of_kind(self.rendered(of.EXTERNAL, over, is_upgrade=is_upgrade), "ExternalSecret"):
                    keys = {entry["secretKey"] for entry in secret["spec"]["data"]}
                    self.assertEqual({key for key in keys if key.startswith("api-key")}, expected)

    def test_who_would_have_none_is_named(self):
        for part in COMPONENTS:
            for over, path, says in (
                (OWN_API_KEYS, {"secrets": {"keys": {"temporalApiKeys": {part: ""}}}}, f"temporalApiKeys.{part} "),
                (OWN_CERTIFICATES, {"temporal": {"clientCertificateSecrets": {part: ""}}}, f"clientCertificateSecrets.{part}"),
            ):
                with self.subTest(says), self.assertRaisesRegex(helm_python.HelmError, says):
                    self.rendered(over, path)

    def test_a_component_that_there_is_not_and_a_key_itself_are_refused(self):
        for over in ({"secrets": {"keys": {"temporalApiKeys": {"workers": "api-key"}}}}, {"temporal": {"clientCertificateSecrets": {"tests": "x"}}},
                     {"secrets": {"keys": {"temporalApiKeys": {"jobs": "eyJ" + 300 * "a"}}}}):
            with self.subTest(over), self.assertRaises(helm_python.HelmError):
                self.rendered(over)


if __name__ == "__main__":
    unittest.main()
