#!/usr/bin/env python3
"""Builds the three images, looks into them, and has them take an invoice to its end. `make image-check` calls it.

    deploy/images/build.sh FOLDER && deploy/check/image_check.py FOLDER [--out FOLDER] [--keep]

Nothing is pulled: the programs are those of the folder, and the base is made of this machine's files, as distroless/static is made of
Debian's. The images run read-only, without capabilities, with the settings and secrets that Compose gives them, against a Temporal
development server and with the ledger on a volume.
It needs root, and says what else is missing: with STRICT=1 also a program without the list of crates that cargo-auditable leaves. --out keeps
an SBOM (CycloneDX) of each image and a report.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Iterator

import compose_file as compose
import image_parts as parts

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "deploy" / "compose"
TENANT = "acme-bd"
USER = 65532
# Of an image that is unpacked, in millions of bytes.
MEGABYTES_AT_MOST = 60
PATIENCE = 90.0
# What the kernel must say of a process of ours.
LOCKED_IN = {"CapEff": "0000000000000000", "CapBnd": "0000000000000000", "NoNewPrivs": "1", "Uid": str(USER)}
# Programs by which somebody who came in could go on.
TEMPTING = {"sh", "bash", "dash", "ash", "busybox", "apt", "apt-get", "dpkg", "rpm", "apk", "perl", "python3", "curl", "wget", "nc", "su", "sudo"}
RULES = [
    ("tax", "rules/tax/house.toml"),
    ("approval", "rules/approval/invoice.toml"),
    ("approval", "rules/approval/purchase_order.toml"),
    ("accounts", "rules/accounts/invoice.toml"),
    ("calendar", "rules/calendar/bangladesh.toml"),
    ("onboarding", "rules/onboarding/onboarding.toml"),
    ("onboarding", "rules/onboarding/offboarding.toml"),
]


class Failed(Exception):
    """What is wrong, for whoever mends it."""


def say(text: str) -> None:
    print(f"image-check: {text}", file=sys.stderr, flush=True)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def until(what: str, look, patience: float = PATIENCE):
    """Looks until something is so; answers it."""
    ends, last = time.monotonic() + patience, ""
    while time.monotonic() < ends:
        try:
            found = look()
            if found:
                return found
        except (OSError, Failed) as error:
            last = str(error)
        time.sleep(0.2)
    raise Failed(f"{what}: not within {patience:.0f} s. {last}")


class Engine:
    """buildah and podman with a storage and a configuration of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        runtime = "runc" if shutil.which("runc") else "crun"
        # No systemd is needed, and no right to raise limits. Nothing is shared with other containers of this machine.
        (folder / "containers.conf").write_text(
            '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]\n'
            f'[network]\nnetwork_config_dir = "{folder}/networks"\n'
            f'[engine]\nruntime = "{runtime}"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\nlock_type = "file"\n'
            f'static_dir = "{folder}/static"\ntmp_dir = "{folder}/tmp"\nvolume_path = "{folder}/volumes"\n'
        )
        (folder / "storage.conf").write_text(
            f'[storage]\ndriver = "overlay"\ngraphroot = "{folder}/storage"\nrunroot = "{folder}/run"\n'
        )
        self.environment = {
            **os.environ,
            "CONTAINERS_CONF": str(folder / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
        }

    def run(self, *command: object, ok: bool = True, seconds: float = 300, **options) -> subprocess.CompletedProcess:
        words = [str(word) for word in command]
        done = subprocess.run(
            words, env=self.environment, capture_output=True, text=True, errors="replace", timeout=seconds, **options
        )
        if ok and done.returncode != 0:
            raise Failed(f"`{' '.join(words)}` ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done

    def podman(self, *command: object, **options) -> str:
        return self.run("podman", *command, **options).stdout

    def close(self) -> None:
        self.run("podman", "rm", "--all", "--force", "--time", "5", ok=False)
        self.run("podman", "rmi", "--all", "--force", ok=False)
        # The storage is a mount of its own.
        for place in (self.folder / "storage" / "overlay", self.folder / "storage"):
            self.run("umount", place, ok=False)


def build(engine: Engine, target: str, binaries: Path, version: str, commit: str) -> str:
    """Builds one image from the repository's own Dockerfile; answers its name."""
    name = f"localhost/vextrus-{target}:check"
    arguments = {
        "BASE": parts.BASE, "VERSION": version, "VEXTRUS_COMMIT": commit,
        "SOURCE": "https://example.invalid/vextrus", "CREATED": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    given = [word for item in arguments.items() for word in ("--build-arg", "=".join(item))]
    engine.run(
        "buildah", "bud", "--isolation", "chroot", "--pull-never", "--format", "docker", "--target", target, *given,
        "--build-context", f"binaries={binaries}", "--build-context", f"libraries={engine.folder / 'libraries'}",
        "-f", ROOT / "deploy" / "images" / "Dockerfile", "-t", name, ROOT,
    )
    return name


def files(engine: Engine, image: str) -> Iterator[tarfile.TarInfo]:
    container = engine.podman("create", image).strip()
    archive = engine.folder / "root.tar"
    try:
        engine.podman("export", "-o", archive, container)
    finally:
        engine.podman("rm", container)
    with tarfile.open(archive) as opened:
        yield from opened.getmembers()


def look_into(engine: Engine, target: str, image: str, commit: str, limit: float) -> dict:
    """What is wrong with the image itself is collected, so that all of it is said at once."""
    wrong = []
    found = json.loads(engine.podman("image", "inspect", image))[0]
    config = found["Config"]
    program = parts.PROGRAMS[target]
    if config["User"] != f"{USER}:{USER}":
        wrong.append(f"runs as {config['User']!r}, not {USER}:{USER}")
    if config["Entrypoint"] != [f"/usr/local/bin/{program}"] or config.get("Cmd"):
        wrong.append(f"starts {config['Entrypoint']} {config.get('Cmd')}")
    asks = (found.get("Healthcheck") or config.get("Healthcheck") or {}).get("Test")
    if asks != (None if target == "cli" else ["CMD", f"/usr/local/bin/{program}", "health"]):
        wrong.append(f"asks its health by {asks}")
    labels = config["Labels"] or {}
    for label in ("title", "description", "vendor", "licenses", "version", "revision", "source", "created"):
        if not labels.get(f"org.opencontainers.image.{label}"):
            wrong.append(f"the label org.opencontainers.image.{label} is empty")
    if labels.get("org.opencontainers.image.revision") != commit:
        wrong.append(f"is labelled with revision {labels.get('org.opencontainers.image.revision')}")
    exposed = {int(port.split("/")[0]) for port in config.get("ExposedPorts") or {}}
    if exposed != parts.PORTS[target]:
        wrong.append(f"exposes {sorted(exposed)}")
    there = set()
    for member in files(engine, image):
        name = "/" + member.name.lstrip("./")
        there.add(name)
        if Path(name).name in TEMPTING and (member.isfile() or member.issym() or member.islnk()) and member.mode & 0o111:
            wrong.append(f"holds {name}")
        if member.mode & 0o6000 and not member.isdir():
            wrong.append(f"{name} runs with another's rights")
        if member.mode & 0o002 and not member.issym() and not (member.isdir() and member.mode & 0o1000):
            wrong.append(f"{name} can be written by everybody")
        if member.uid and not name.startswith(("/var/lib/vextrus", "/home/nonroot")):
            wrong.append(f"{name} is owned by {member.uid}")
        if name == "/var/lib/vextrus" and member.uid != USER:
            wrong.append(f"/var/lib/vextrus is owned by {member.uid}, so that a volume there could not be written")
    for name in ("/var/lib/vextrus", "/etc/ssl/certs/ca-certificates.crt", f"/usr/local/bin/{program}"):
        if name not in there:
            wrong.append(f"lacks {name}")
    others = {f"/usr/local/bin/{other}" for other in parts.PROGRAMS.values()} - {f"/usr/local/bin/{program}"}
    wrong += [f"holds {name} too" for name in sorted(others & there)]
    megabytes = found["Size"] / 1e6
    if megabytes > limit:
        wrong.append(f"is {megabytes:.1f} MB unpacked, of {limit:.0f} at most")
    return {"image": target, "megabytes": round(megabytes, 1), "wrong": wrong}


class Trial:
    """A small fleet of the images."""

    def __init__(self, engine: Engine, images: dict, temporal: str) -> None:
        self.engine, self.images = engine, images
        self.secrets = engine.folder / "secrets"
        self.ports = {name: free_port() for name in ("temporal", "facade", "facade_admin", "worker_admin")}
        self.temporal = subprocess.Popen(
            [temporal, "server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", str(self.ports["temporal"]),
             "--log-level", "error"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )
        here = {name: f"127.0.0.1:{port}" for name, port in self.ports.items()}
        # What stands beside them in Compose and not here, and that they share this machine's ports.
        self.instead = {
            "TEMPORAL_ADDRESS": here["temporal"], "VEXTRUS_LEDGER_ADDRESS": "sqlite:/var/lib/vextrus/ledger.db",
            "VEXTRUS_TELEMETRY_OTLP_ENDPOINT": "", "VEXTRUS_FACADE_LISTEN": here["facade"],
            "VEXTRUS_FACADE_ADMIN_LISTEN": here["facade_admin"], "VEXTRUS_WORKER_ADMIN_LISTEN": here["worker_admin"],
            "VEXTRUS_ADDRESS": f"http://{here['facade']}",
        }

    def prepare(self) -> None:
        """Secrets as Compose's are made; the ledger is a file here."""
        made = {**os.environ, "VEXTRUS_SECRETS": str(self.secrets)}
        subprocess.run([COMPOSE / "prepare.sh", "--trial"], env=made, check=True, stderr=subprocess.DEVNULL)
        for person in ("nasrin", "rahim"):
            token = subprocess.run([COMPOSE / "trial.sh", person, TENANT], env=made, check=True, capture_output=True, text=True)
            (self.secrets / f"{person}.jwt").write_text(token.stdout)
            (self.secrets / f"{person}.jwt").chmod(0o444)
        self.engine.podman("volume", "create", "vextrus-state")

    def as_in_compose(self, target: str, person: str = "") -> list:
        """A service's environment and secrets, but for what is not here."""
        service = compose.SERVICES[f"vextrus-{target}"]
        told = {**compose.environment(service), "VEXTRUS_LEDGER_ADDRESS": ""}
        told.update((name, value) for name, value in self.instead.items() if name in told)
        files = {name: Path(compose.RAW["secrets"][name]["file"]).name for name in service["secrets"]}
        if person:
            files["token"] = f"{person}.jwt"
            told["VEXTRUS_TOKEN_FILE"] = compose.SECRETS + "token"
        words = ["--volume", "vextrus-state:/var/lib/vextrus"]
        for name, file in files.items():
            words += ["--volume", f"{self.secrets / file}:{compose.SECRETS}{name}:ro"]
        return words + [word for item in told.items() for word in ("--env", "=".join(item))]

    def locked(self) -> list:
        # Not even /tmp can be written.
        return ["--network", "host", "--read-only", "--read-only-tmpfs=false", "--cap-drop", "ALL",
                "--security-opt", "no-new-privileges", "--memory", "512m", "--pids-limit", "256"]

    def start(self, target: str) -> str:
        name = f"vextrus-check-{target}"
        self.engine.podman("run", "--detach", "--name", name, *self.locked(), *self.as_in_compose(target), self.images[target])
        return name

    def cli(self, *words: str, person: str = "", ok: bool = True) -> subprocess.CompletedProcess:
        return self.engine.run(
            "podman", "run", "--rm", *self.locked(), *self.as_in_compose("cli", person), self.images["cli"], *words, ok=ok
        )

    def logs(self, name: str) -> str:
        done = self.engine.run("podman", "logs", "--tail", "30", name, ok=False)
        return done.stdout + done.stderr

    def ready(self, name: str, port: int) -> None:
        def asked() -> bool:
            state = self.engine.podman("inspect", "--format", "{{.State.Status}}", name).strip()
            if state != "running":
                raise Failed(f"{name} is {state}:\n{self.logs(name)}")
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=3) as answer:
                return answer.status == 200

        try:
            until(f"{name} is ready", asked)
        except Failed as error:
            raise Failed(f"{error}\n{self.logs(name)}") from None
        done = self.engine.run("podman", "healthcheck", "run", name, ok=False)
        if done.returncode != 0:
            raise Failed(f"{name} is ready, and its own health check ends with {done.returncode}: {done.stdout}{done.stderr}")

    def locked_in(self, name: str) -> None:
        state = json.loads(self.engine.podman("inspect", name))[0]
        status = Path(f"/proc/{state['State']['Pid']}/status").read_text()
        said = {line.split(":")[0]: line.split()[1] for line in status.splitlines() if len(line.split()) > 1}
        wrong = {key: said.get(key) for key, value in LOCKED_IN.items() if said.get(key) != value}
        if wrong or not state["HostConfig"]["ReadonlyRootfs"]:
            raise Failed(f"{name} is not locked in: {wrong}, read-only {state['HostConfig']['ReadonlyRootfs']}")

    def found(self) -> None:
        # As the jobs of Compose and of the chart do it.
        for verb in (("namespace", "ensure"), ("namespace", "ensure-attributes"), ("ledger", "migrate"), ("config", "check")):
            self.cli(*verb)
        self.cli("ledger", "import", "examples/company.json", "--by", "controller")
        for number, (kind, file) in enumerate(RULES, 1):
            self.cli("rules", "propose", kind, file, "--by", "farida", "--reason", "first of its kind")
            self.cli("rules", "activate", str(number), "--by", "tanvir")

    def invoice(self) -> None:
        submitted = json.loads(self.cli("invoice", "submit", "examples/invoices/02-one-level.json", "-o", "json", person="nasrin").stdout)
        name = submitted["name"].rsplit("/", 1)[-1]

        def approved() -> bool:
            return self.cli("invoice", "approve", name, person="rahim", ok=False).returncode == 0

        until(f"rahim approves {name}", approved)
        last = json.loads(self.cli("invoice", "watch", name, "-o", "jsonl", person="nasrin").stdout.splitlines()[-1])
        if last.get("outcome") != "approved":
            raise Failed(f"the invoice ended {last.get('outcome')}: {json.dumps(last)[:2000]}")
        self.cli("ledger", "check")

    def stop(self, name: str) -> None:
        began = time.monotonic()
        self.engine.podman("stop", "--time", "30", name)
        code = self.engine.podman("inspect", "--format", "{{.State.ExitCode}}", name).strip()
        if code != "0" or time.monotonic() - began > 25:
            raise Failed(f"{name} ended with {code} after {time.monotonic() - began:.0f} s:\n{self.logs(name)}")

    def close(self) -> None:
        if self.temporal.poll() is None:
            os.killpg(self.temporal.pid, signal.SIGTERM)
            self.temporal.wait(timeout=20)

    def play(self) -> None:
        self.prepare()
        until("the Temporal server listens", lambda: socket.create_connection(("127.0.0.1", self.ports["temporal"]), 1).close() is None)
        self.found()
        say("the command line has founded a company")
        facade, worker = self.start("facade"), self.start("worker")
        self.ready(worker, self.ports["worker_admin"])
        self.ready(facade, self.ports["facade_admin"])
        for name in (worker, facade):
            self.locked_in(name)
        say("worker and facade are ready, read-only and without capabilities")
        self.invoice()
        say("an invoice was submitted, approved and settled; the books agree")
        for name in (facade, worker):
            self.stop(name)


def check(arguments: argparse.Namespace) -> int:
    needed = parts.missing(arguments.binaries)
    if needed:
        print("\n".join(f"image-check: {line}" for line in needed), file=sys.stderr)
        return 2
    commit = parts.commit(ROOT)
    folder = Path(tempfile.mkdtemp(prefix="vextrus-image-check-"))
    engine = Engine(folder)
    trial = None
    try:
        parts.libraries(arguments.binaries, folder / "libraries")
        parts.base(folder / "base.tar")
        engine.podman("import", folder / "base.tar", parts.BASE)
        report, images = [], {}
        for target in parts.PROGRAMS:
            images[target] = build(engine, target, arguments.binaries, arguments.version, commit)
            seen = look_into(engine, target, images[target], commit, arguments.megabytes)
            bill = parts.bill_of_materials(engine, target, images[target], arguments.out, arguments.binaries, ROOT)
            seen["wrong"] += bill.pop("wrong")
            seen.update(bill)
            say(f"{target}: {seen['megabytes']} MB unpacked, {seen['transferred']} MB to transfer, {seen['components']} components")
            report.append(seen)
        if arguments.out:
            (arguments.out / "images.json").write_text(json.dumps(report, indent=2) + "\n")
        wrong = [f"{seen['image']} {what}" for seen in report for what in seen["wrong"]]
        if wrong:
            raise Failed("\n  ".join(["the images are not as they should be:", *wrong]))
        trial = Trial(engine, images, parts.temporal(ROOT))
        trial.play()
    except Failed as error:
        say(str(error))
        return 1
    finally:
        if trial:
            trial.close()
        if not arguments.keep:
            engine.close()
            shutil.rmtree(folder, ignore_errors=True)
        else:
            say(f"kept: {folder}")
    say("all three images are as they should be, and did real work")
    return 0


def main() -> int:
    # What was started is stopped too when we are.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binaries", type=Path, help="the folder that deploy/images/build.sh has filled")
    parser.add_argument("--out", type=Path, help="where SBOMs and the report are kept")
    parser.add_argument("--version", default="0.0.0-check", help="the version that the images are labelled with")
    parser.add_argument("--megabytes", type=float, default=MEGABYTES_AT_MOST, help="the most that an image may take up")
    parser.add_argument("--keep", action="store_true", help="keep images and containers, for a look at what failed")
    arguments = parser.parse_args()
    arguments.binaries = arguments.binaries.resolve()
    if arguments.out:
        arguments.out = arguments.out.resolve()
        arguments.out.mkdir(parents=True, exist_ok=True)
    return check(arguments)


if __name__ == "__main__":
    sys.exit(main())
