"""`helm test` asks every pod of the fleet, by its own address, for all that it says of its health."""

from __future__ import annotations

import os
import re
import tempfile
import unittest
from pathlib import Path

import helm_chart as of
from helm_chart import named, of_kind
from support import ROOT, Check, run

# As busybox, which the image has, answers: the name server first, and each address behind its name.
NSLOOKUP = """\
#!/bin/sh
echo "$1" >> "$PLAYED/looked-up"
printf 'Server:\\t\\t10.96.0.10\\nAddress:\\t10.96.0.10:53\\n\\n'
case $1 in
vextrus-worker.vextrus.svc.cluster.local) found=$WORKERS ;;
vextrus-facade-pods.vextrus.svc.cluster.local) found=$FACADES ;;
*) echo "** server can't find $1: NXDOMAIN"; exit 1 ;;
esac
for address in $found; do printf 'Name:\\t%s\\nAddress: %s\\n' "$1" "$address"; done
"""
WGET = """\
#!/bin/sh
for url; do :; done
echo "$url" >> "$PLAYED/asked"
case $url in $ILL) exit 1 ;; esac
echo '{"status":"pass"}'
"""


class Health(Check):
    def play(self, workers: str, facades: str, ill: str = "none") -> tuple:
        """Runs the pod's script; answers its exit code, the addresses that it asked, and what it printed."""
        pod, = of_kind(of.renderings()["production (install)"], "Pod")
        container, = pod["spec"]["containers"]
        with tempfile.TemporaryDirectory() as folder:
            for name, text in (("nslookup", NSLOOKUP), ("wget", WGET), ("sleep", "#!/bin/sh\n")):
                (Path(folder) / name).write_text(text)
                (Path(folder) / name).chmod(0o755)
            (Path(folder) / "asked").touch()
            environment = {"PATH": f"{folder}:{os.environ['PATH']}", "PLAYED": folder, "WORKERS": workers, "FACADES": facades, "ILL": ill}
            done = run([*container["command"], *container["args"]], environment=environment, seconds=30)
            return done.returncode, (Path(folder) / "asked").read_text().split(), done.stdout

    def test_every_pod_is_asked_for_all_that_it_says(self):
        served = set(re.findall(r'\.route\("(/health[a-z/]*)"', (ROOT / "platform/src/admin.rs").read_text()))
        self.assertEqual(len(served), 4)
        code, asked, said = self.play("10.1.0.5 10.1.0.6 fd00::7", "10.1.0.8 10.1.0.9")
        self.assertEqual(code, 0, said)
        pods = ["10.1.0.5:9464", "10.1.0.6:9464", "[fd00::7]:9464", "10.1.0.8:9465", "10.1.0.9:9465"]
        self.assertEqual(sorted(asked), sorted(f"http://{pod}{path}" for pod in pods for path in served))

    def test_one_that_is_ill_fails_it_and_is_named(self):
        for ill in ("http://10.1.0.6:9464/health/live", "http://10.1.0.9:9465/health"):
            code, asked, said = self.play("10.1.0.5 10.1.0.6", "10.1.0.8 10.1.0.9", ill)
            self.assertEqual((code, ill in asked), (1, True), said)
            self.assertGreater(asked.count(ill), 5, "one that is about to go has a minute")
            self.assertIn(f"at {ill.split('/')[2].split(':')[0]}, /{ill.split('/', 3)[3]}:\nit is not well", said)

    def test_no_pod_at_all_fails_it(self):
        for workers, facades in (("", "10.1.0.8"), ("10.1.0.5", "")):
            code, _, said = self.play(workers, facades)
            self.assertEqual((code, "has no pod" in said), (1, True), said)

    def test_what_it_looks_up_has_an_address_a_pod(self):
        for name, things in of.renderings().items():
            script, = (pod["spec"]["containers"][0]["args"][0] for pod in of_kind(things, "Pod"))
            for service, port in re.findall(r"ask (\S+) (\d+)", script):
                spec = named(things, "Service", service)["spec"]
                self.assertEqual((spec["clusterIP"], spec["publishNotReadyAddresses"]), ("None", True), f"{name}: {service}")
                self.assertEqual([one["port"] for one in spec["ports"]], [int(port)], f"{name}: {service}")


if __name__ == "__main__":
    unittest.main()
