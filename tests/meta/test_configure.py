"""What cmake refuses and what it does without, with make where that is installed, else with Ninja."""

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

    def configure(self, *options, source=SOURCE_DIR):
        """Exit code and text of cmake where pkg-config knows no cmocka."""
        command = ["cmake", "-S", source, "-B", self.root / f"build-{source.name}", "-G", GENERATOR, *SMALL,
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

    def test_a_folder_that_is_not_listed(self):
        """Its sources would be missing in the library."""
        tree = self.root / "tree"
        tree.mkdir()
        for name in ("CMakeLists.txt", "include", "scripts"):
            (tree / name).symlink_to(SOURCE_DIR / name)
        shutil.copytree(SOURCE_DIR / "src", tree / "src")
        stray = tree / "src" / "base" / "deep" / "stray.c"
        stray.parent.mkdir()
        stray.write_text("int stray;\n", encoding="utf-8")
        code, text = self.configure(source=tree)
        self.assertNotEqual(0, code, text)
        self.assertIn("CMakeLists.txt does not list the folder of: src/base/deep/stray.c.", text)


if __name__ == "__main__":
    unittest.main()
