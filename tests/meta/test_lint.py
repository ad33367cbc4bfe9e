"""scripts/lint and the commit hook find what is wrong in the files that git would commit, as it would commit them."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

SOURCE_DIR = pathlib.Path(os.environ.get("SOURCE_DIR", pathlib.Path(__file__).parents[2]))

STATUS = (SOURCE_DIR / "src/base/status.h").read_text(encoding="utf-8")

# The program that finds it, a file, what is wrong in it and what is right.
CASES = [("python3", "bench/tool.py", "def x(:\n", "X = 1\n"),
         ("shellcheck", "scripts/tool", "#!/usr/bin/env bash\necho $1\n", "#!/usr/bin/env bash\necho \"$1\"\n"),
         ("clang-format-14", "tests/support/tool.h", "int   x;\n", "int x;\n"),
         ("cppcheck", "tests/support/tool.c", "int x(void)\n{\n    int a[2];\n    return a[2];\n}\n",
          "int x(void)\n{\n    return 2;\n}\n"),
         ("python3", "src/base/status.h", STATUS + "#include \"cli/help.h\"\n", STATUS)]


@unittest.skipUnless((SOURCE_DIR / ".git").exists() and shutil.which("git"), "this is no checkout of git's")
class Lint(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = pathlib.Path(folder.name) / "tree"
        subprocess.run(["git", "clone", "--quiet", "--shared", SOURCE_DIR, self.tree], check=True)
        for name in ("scripts/lint", "scripts/hooks/pre-commit"):
            shutil.copy(SOURCE_DIR / name, self.tree / name)
        self.git("config", "core.hooksPath", "scripts/hooks")

    def git(self, *arguments):
        identity = ["-c", "user.name=nobody", "-c", "user.email=nobody@localhost"]
        return subprocess.run(["git", *identity, *arguments], cwd=self.tree, capture_output=True, text=True)

    def test_what_is_staged(self):
        for _, name, wrong, right in CASES:
            (self.tree / name).write_text(wrong, encoding="utf-8")
            self.git("add", name)
            (self.tree / name).write_text(right, encoding="utf-8")  # which git would not commit
        done = self.git("commit", "--quiet", "--message", "A change")
        self.assertEqual(1, done.returncode, done.stderr)
        for program, name, _, _ in CASES:
            self.assertIn(name if shutil.which(program) else f"{program} is not installed", done.stderr)
        self.git("add", ".")
        done = self.git("commit", "--quiet", "--message", "A change")
        self.assertEqual(0, done.returncode, done.stderr)


if __name__ == "__main__":
    unittest.main()
