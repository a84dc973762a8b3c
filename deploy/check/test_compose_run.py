"""Runs what of deploy/compose can run without its images: Temporal's server and its settings, Prometheus and Alertmanager with what is
mounted into them, the roles on a real PostgreSQL."""

from __future__ import annotations

import base64
import glob
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

import yaml

import compose_file as compose
from compose_file import FOLDER, SERVICES
from support import DEPLOY, ROOT, Check, program

TEMPORAL = ROOT / "temporal" / "config"
FETCH = "make deploy-check brings it"
PATIENCE = 30


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def until(what: str, look, process=None):
    """Looks until something is so, or the process has ended."""
    ends, last = time.monotonic() + PATIENCE, ""
    while time.monotonic() < ends and (process is None or process.poll() is None):
        try:
            found = look()
            if found:
                return found
        except OSError as error:
            last = str(error)
        time.sleep(0.1)
    raise AssertionError(f"{what}: not so. {last}")


def answer(url: str) -> str:
    # What the checks are cut off by is not for this machine itself.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=3) as found:
        return found.read().decode()


@contextmanager
def running(*command: object, **options) -> Iterator[subprocess.Popen]:
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen([str(word) for word in command], stdout=log, stderr=log, start_new_session=True, **options)
        try:
            yield process
        except AssertionError as error:
            log.seek(0)
            raise AssertionError(f"{error}\n{log.read()[-3000:]}") from None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=20)


class Temporal(Check):
    def setUp(self):
        self.temporal = program("temporal", FETCH)

    def test_the_images_are_of_the_version_that_all_is_tested_with(self):
        said = self.passes([self.temporal, "--version"])
        server, ui = re.search(r"Server ([\d.]+), UI ([\d.]+)", said).groups()
        images = {name: service["image"].split("@")[0] for name, service in SERVICES.items() if "/temporalio/" in service["image"]}
        self.assertEqual({"vextrus-temporal", "vextrus-temporal-schema", "vextrus-temporal-tools", "vextrus-temporal-ui"}, set(images))
        tags = {name: image.rsplit(":", 1)[1] for name, image in images.items()}
        for name, tag in tags.items():
            self.assertEqual(ui if name == "vextrus-temporal-ui" else server, tag, name)

    def test_the_server_knows_every_setting(self):
        """The development server shows all that the server can be told."""
        shown = self.settings_of_the_server()
        ours = yaml.safe_load(re.sub(r"\{\{ env \"\w+\" \| quote \}\}", "x", (TEMPORAL / "server.yaml").read_text()))
        stores = ours["persistence"]["datastores"]
        for store in stores.values():
            self.assertEqual({"command", "args"}, set(store["sql"].pop("passwordCommand")))
        shown["persistence"]["datastores"] = {name: next(iter(shown["persistence"]["datastores"].values())) for name in stores}
        self.assertEqual([], self.unknown(ours, shown), "Temporal's server has no such settings")
        for key in ("passwordCommand", "dynamicConfigClient"):
            self.assertIn(key, str(shown))
        self.assertIn("# enable-template", (TEMPORAL / "server.yaml").read_text()[:1024], "the address would not be filled in")

    def test_the_server_knows_the_authoriser_of_the_page(self):
        page = (ROOT / "docs" / "security.md").read_text()
        block = yaml.safe_load(re.search(r"```yaml\n# In the server's configuration\.\n(.*?)```", page, re.DOTALL).group(1))
        self.assertEqual([], self.unknown(block, self.settings_of_the_server()), "Temporal's server has no such settings")

    def test_the_server_reads_its_certificates_again_in_a_cluster(self):
        tls = yaml.safe_load((DEPLOY / "helm/examples/temporal-server.yaml").read_text())["server"]["config"]["tls"]
        self.assertRegex(tls["refreshInterval"], "^[1-9][0-9]*[mh]$")
        self.assertEqual([], self.unknown({"global": {"tls": tls}}, self.settings_of_the_server()), "Temporal's server has no such settings")

    def settings_of_the_server(self) -> dict:
        with tempfile.TemporaryFile("w+") as log:
            command = [self.temporal, "server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", str(free_port()), "--log-config"]
            process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)

            def said() -> str:
                log.seek(0)
                text = log.read()
                return text if "Temporal Server:" in text else ""

            try:
                text = until("the server shows its configuration", said)
            finally:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait(timeout=20)
        return yaml.safe_load(text[text.index("global:"): text.index("Temporal CLI ")])

    def unknown(self, ours: dict, shown: dict, path: str = "") -> list:
        found = []
        for key, value in ours.items():
            if key not in shown:
                found.append(path + key)
            elif isinstance(value, dict) and isinstance(shown[key], dict) and shown[key]:
                found += self.unknown(value, shown[key], f"{path}{key}.")
        return found

    def test_the_server_knows_every_dynamic_setting_and_every_one_of_the_ui(self):
        text = Path(self.temporal).read_bytes()
        for key, values in yaml.safe_load((TEMPORAL / "dynamic.yaml").read_text()).items():
            self.assertTrue(key.encode() in text, f"the server has no dynamic setting {key}")
            self.assertTrue(all(set(one) <= {"value", "constraints"} for one in values), key)
        for key in re.findall(r"^\s*(\w+):", (TEMPORAL / "ui.yaml").read_text(), re.MULTILINE):
            self.assertTrue(f'yaml:"{key}"'.encode() in text, f"the UI has no setting {key}")

    def test_the_files_fit_the_compose_file(self):
        server = yaml.safe_load(re.sub(r"\{\{.*\}\}", "x", (TEMPORAL / "server.yaml").read_text()))
        for name, store in server["persistence"]["datastores"].items():
            sql = store["sql"]
            self.assertEqual(("vextrus-postgres:5432", "temporal"), (sql["connectAddr"], sql["user"]), name)
            self.assertIn(f"CREATE DATABASE {sql['databaseName']} OWNER temporal;", (FOLDER / "postgres-roles.sh").read_text())
        self.assertIn(server["dynamicConfigClient"]["filepath"], {target for _, target in compose.mounted_files(SERVICES["vextrus-temporal"])})
        ui = yaml.safe_load((TEMPORAL / "ui.yaml").read_text())
        self.assertEqual(compose.environment(SERVICES["vextrus-worker"])["TEMPORAL_ADDRESS"], ui["temporalGrpcAddress"])
        self.assertEqual(compose.environment(SERVICES["vextrus-worker"])["TEMPORAL_NAMESPACE"], ui["defaultNamespace"])
        self.assertEqual({ui["port"]}, {inside for _, _, inside in compose.published(SERVICES["vextrus-temporal-ui"])})


class Observability(Check):
    def lay_out(self, service: str, root: Path) -> list:
        """What is mounted into the service, under another root; answers its command, which looks there."""
        for path, target in compose.mounted_files(SERVICES[service]):
            place = root / target.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place)
        words = [re.sub(r"(^|=)/", rf"\1{root}/", word) for word in SERVICES[service]["command"]]
        return [*words, f"--web.listen-address=127.0.0.1:{free_port()}"]

    def address(self, words: list) -> str:
        return "http://" + words[-1].split("=", 1)[1]

    def alertmanager(self) -> str:
        # As Debian calls it.
        return shutil.which("prometheus-alertmanager") or program("alertmanager", "apt-get install prometheus-alertmanager")

    def test_prometheus_starts_with_what_is_mounted(self):
        tool = program("prometheus", FETCH)
        with tempfile.TemporaryDirectory() as folder:
            words = self.lay_out("vextrus-prometheus", Path(folder))
            self.passes([program("promtool", FETCH), "check", "config", Path(folder) / "etc/prometheus/prometheus.yaml"])
            with running(tool, *words) as process:
                until("Prometheus is ready", lambda: answer(f"{self.address(words)}/-/ready"), process)
                rules = json.loads(answer(f"{self.address(words)}/api/v1/rules"))["data"]["groups"]
                self.assertTrue(sum(len(group["rules"]) for group in rules), "it has read no rule")
                jobs = yaml.safe_load((DEPLOY / "observability/prometheus.yaml").read_text())["scrape_configs"]
                shown = json.loads(answer(f"{self.address(words)}/api/v1/status/config"))["data"]["yaml"]
                for job in jobs:
                    self.assertIn(job["job_name"], shown)

    def test_alertmanager_starts_with_what_is_mounted(self):
        tool = self.alertmanager()
        with tempfile.TemporaryDirectory() as folder:
            words = self.lay_out("vextrus-alertmanager", Path(folder))
            self.passes([program("amtool", FETCH), "check-config", Path(folder) / "etc/alertmanager/alertmanager.yaml"])
            with running(tool, *words) as process:
                until("Alertmanager is ready", lambda: answer(f"{self.address(words)}/-/ready"), process)
                status = json.loads(answer(f"{self.address(words)}/api/v2/status"))
                self.assertEqual("disabled", status["cluster"]["status"])

    def test_health_is_asked_at_addresses_that_are_served(self):
        for service, tool in (("vextrus-prometheus", program("prometheus", FETCH)), ("vextrus-alertmanager", self.alertmanager())):
            url = SERVICES[service]["healthcheck"]["test"][-1]
            port, path = re.fullmatch(r"http://127\.0\.0\.1:(\d+)(/.*)", url).groups()
            self.assertIn(int(port), {inside for _, _, inside in compose.published(SERVICES[service])})
            with tempfile.TemporaryDirectory() as folder:
                words = self.lay_out(service, Path(folder))
                with running(tool, *words) as process:
                    until(f"{service} answers {path}", lambda: answer(self.address(words) + path), process)


class Grafana(Check):
    def start(self, data: Path, **environment: str):
        program_of_it = data / "run.sh"
        program_of_it.write_text('#!/bin/sh\necho "admin=$GF_SECURITY_ADMIN_PASSWORD given=${GRAFANA_ADMIN_PASSWORD-none} $*"\n')
        program_of_it.chmod(0o755)
        return subprocess.run(
            ["sh", FOLDER / "grafana-start.sh", "x"], capture_output=True, text=True,
            env={"PATH": os.environ["PATH"], "GF_PATHS_DATA": str(data), "GRAFANA_RUN": str(program_of_it), **environment},
        )

    def test_the_first_start_needs_a_password_that_nobody_guesses(self):
        with tempfile.TemporaryDirectory() as folder:
            for password in ("", "admin", "short"):
                done = self.start(Path(folder), GRAFANA_ADMIN_PASSWORD=password)
                self.assertEqual(1, done.returncode, f"{password!r} was taken")
                self.assertIn("GRAFANA_ADMIN_PASSWORD", done.stderr)
            self.assertEqual(1, self.start(Path(folder)).returncode)
            done = self.start(Path(folder), GRAFANA_ADMIN_PASSWORD="correct horse battery")
            self.assertEqual((0, "admin=correct horse battery given=none x\n"), (done.returncode, done.stdout))

    def test_later_starts_need_none_and_never_fall_back_to_a_known_one(self):
        """What is there may be the rest of a first start that was killed, without a user: Grafana would make admin with admin."""
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "grafana.db").write_text("x")
            made = set()
            for given in ({}, {}, {"GRAFANA_ADMIN_PASSWORD": ""}, {"GRAFANA_ADMIN_PASSWORD": "admin"}, {"GRAFANA_ADMIN_PASSWORD": "short"}):
                done = self.start(Path(folder), **given)
                self.assertEqual(0, done.returncode, done.stderr)
                self.assertRegex(done.stdout, r"^admin=\S+ given=none x\n$")
                password = done.stdout.split()[0].partition("=")[2]
                self.assertEqual(32, len(base64.b64decode(password)))
                made.add(password)
            self.assertEqual(5, len(made), "each is made anew")
            done = self.start(Path(folder), GRAFANA_ADMIN_PASSWORD="correct horse battery")
            self.assertEqual((0, "admin=correct horse battery given=none x\n"), (done.returncode, done.stdout))


class Postgres(Check):
    def test_the_roles_own_their_databases_and_nothing_else(self):
        folders = [os.environ.get("VEXTRUS_TEST_POSTGRES_BIN", ""), *sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)]
        found = next((Path(folder) for folder in folders if folder and (Path(folder) / "initdb").exists()), None)
        if not found or not shutil.which("psql"):
            self.skipTest("PostgreSQL is not here: apt install postgresql, or VEXTRUS_TEST_POSTGRES_BIN with psql on PATH")
        user = self.somebody()
        with tempfile.TemporaryDirectory() as folder, compose.Prepared("--trial") as secrets:
            os.chmod(folder, 0o777)
            data, port = Path(folder) / "data", free_port()
            options = re.findall(r"--(?!data)\S+", compose.environment(SERVICES["vextrus-postgres"])["POSTGRES_INITDB_ARGS"])
            made = subprocess.run([found / "initdb", "-D", data, "-U", "postgres", "--auth-local=trust", *options, "--no-sync"], capture_output=True, text=True, **user)
            self.assertEqual(0, made.returncode, made.stderr)
            server = [found / "postgres", "-D", data, "-p", port, "-k", folder, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
            with running(*server, **user) as process:
                environment = {**os.environ, "PGHOST": folder, "PGPORT": str(port)}
                until("PostgreSQL listens", lambda: (Path(folder) / f".s.PGSQL.{port}").exists(), process)
                script = (FOLDER / "postgres-roles.sh").read_text().replace("/run/secrets", str(secrets))
                done = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True)
                self.assertEqual(0, done.returncode, done.stderr)
                self.look(port, secrets)

    def somebody(self) -> dict:
        """PostgreSQL does not run as root."""
        if os.geteuid() != 0:
            return {}
        for name in ("postgres", "nobody"):
            try:
                found = pwd.getpwnam(name)
                return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
            except KeyError:
                continue
        self.skipTest("there is no user `postgres` or `nobody` that PostgreSQL could run as")

    def look(self, port: int, secrets: Path) -> None:
        passwords = {name: (secrets / f"{name}_db_password").read_text() for name in ("vextrus", "temporal")}

        def asks(role: str, database: str, sql: str = "SELECT 1", password: str = "") -> subprocess.CompletedProcess:
            environment = {**os.environ, "PGPASSWORD": password or passwords[role], "PGCONNECT_TIMEOUT": "5"}
            words = ["psql", "-h", "127.0.0.1", "-p", str(port), "-U", role, "-d", database, "-tAc", sql]
            return subprocess.run(words, env=environment, capture_output=True, text=True)

        for role, database in (("vextrus", "vextrus"), ("temporal", "temporal"), ("temporal", "temporal_visibility")):
            done = asks(role, database, "CREATE TABLE t (a int); DROP TABLE t; SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
            self.assertEqual((0, "f"), (done.returncode, done.stdout.split()[-1] if done.stdout else done.stderr))
        self.assertEqual(0, asks("temporal", "temporal_visibility", "CREATE EXTENSION IF NOT EXISTS btree_gin").returncode, "Temporal's schema needs it")
        self.assertIn("permission denied", asks("vextrus", "temporal").stderr)
        self.assertIn("permission denied", asks("temporal", "vextrus").stderr)
        self.assertIn("password authentication failed", asks("vextrus", "vextrus", password="wrong").stderr)


if __name__ == "__main__":
    unittest.main()
