"""What cmake says of a machine that lacks what the tests need, with make where it is there, else with Ninja."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

SOURCE_DIR = pathlib.Path(os.environ.get("SOURCE_DIR", pathlib.Path(__file__).parents[2]))
GENERATOR = "Unix Makefiles" if shutil.which("make") else "Ninja"
SMALL = [f"-DLOCKSTEP_{part}=OFF" for part in ("MPI", "OPENMP", "BLIS")]
PKG_CONFIG = """#!/bin/sh
case "$*" in *cmocka*) exit 1 ;; esac
exec pkg-config "$@"
"""


class Configure(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.root = pathlib.Path(folder.name)
        cls.pkg_config = cls.root / "pkg-config"
        cls.pkg_config.write_text(PKG_CONFIG, encoding="utf-8")
        cls.pkg_config.chmod(0o755)

    def configure(self, *options):
        """Exit code and text of cmake where pkg-config knows no cmocka."""
        command = ["cmake", "-S", SOURCE_DIR, "-B", self.root / "build", "-G", GENERATOR, *SMALL,
                   f"-DPKG_CONFIG_EXECUTABLE={self.pkg_config}", *options]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.returncode, re.sub(r"\s+", " ", done.stdout)

    def test_without_cmocka(self):
        """A first build failed on a fresh machine, for the want of what only the tests need."""
        code, text = self.configure()
        self.assertEqual(0, code, text)
        self.assertIn("-- The tests are not built: cmocka is not installed (on Debian: scripts/setup test).", text)
        code, text = self.configure("-DLOCKSTEP_TESTS=ON")
        self.assertNotEqual(0, code, text)
        self.assertIn("LOCKSTEP_TESTS is ON, but cmocka is not installed", text)
        code, text = self.configure("-DLOCKSTEP_TESTS=OFF")
        self.assertEqual(0, code, text)
        self.assertNotIn("cmocka", text)


if __name__ == "__main__":
    unittest.main()
