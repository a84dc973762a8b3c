"""Tests of compare.py, on figures as criterion leaves them."""

import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path

import compare


class Compare(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def put(self, name, mean, least):
        file = self.folder / name / "change" / "estimates.json"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps({"mean": {"point_estimate": mean, "confidence_interval": {"lower_bound": least}}}))

    def run_it(self, *arguments):
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            return compare.main(list(arguments)), said.getvalue()

    def test_what_is_slower_for_certain_fails(self):
        self.put("tax/assess", 0.31, 0.12)
        self.put("tax/explain", 0.02, -0.01)
        code, said = self.run_it(str(self.folder), "10")
        self.assertEqual(code, 1)
        self.assertIn("tax/assess has become slower by 31.0 % (12.0 at least)", said)
        self.assertNotIn("explain has", said)

    def test_noise_and_what_is_faster_pass(self):
        self.put("codec/seal", 0.31, 0.04)
        self.put("codec/open", -0.5, -0.6)
        code, said = self.run_it(str(self.folder), "10")
        self.assertEqual(code, 0, said)
        self.assertIn("-50.0 %  codec/open", said)

    def test_nothing_to_compare_is_no_success(self):
        self.assertEqual(self.run_it(str(self.folder), "10")[0], 1)
        self.assertEqual(self.run_it(str(self.folder))[0], 2)


if __name__ == "__main__":
    unittest.main()
