"""Every test file is a test that ctest runs: none can be forgotten."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

SOURCE_DIR = pathlib.Path(os.environ.get("SOURCE_DIR", pathlib.Path(__file__).parents[2]))
BUILD_DIR = os.environ.get("BUILD_DIR")


def is_on(option):
    """Of the build, e.g. LOCKSTEP_MPI."""
    cache = (pathlib.Path(BUILD_DIR) / "CMakeCache.txt").read_text(encoding="utf-8")
    return re.search(rf"^{option}:BOOL=(ON|1|TRUE|YES)$", cache, re.MULTILINE) is not None


def registered():
    """The names of all tests, as ctest lists them."""
    command = ["ctest", "--test-dir", BUILD_DIR, "--show-only=json-v1"]
    listing = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {test["name"] for test in json.loads(listing)["tests"]}


def is_test_script(path):
    return "unittest.main(" in path.read_text(encoding="utf-8")


def expected(tests, mpi):
    """Pairs of (file, pattern of its test's name)."""
    pairs = [(path, rf"unit\.{path.stem}") for path in (tests / "unit").glob("*.c")]
    pairs += [(path, rf"ranks\.{path.stem}\.\d+") for path in (tests / "ranks").glob("*.c")]
    for folder in ("meta", "python", "system", "cluster") if mpi else ("meta", "python"):
        for path in filter(is_test_script, (tests / folder).glob("*.py")):
            pairs.append((path, rf"{folder}\.{path.stem.removeprefix('test_')}"))
    return pairs


def forgotten(tests, mpi, names):
    return sorted(
        path.relative_to(tests).as_posix()
        for path, pattern in expected(tests, mpi)
        if not any(re.fullmatch(pattern, name) for name in names)
    )


class Registered(unittest.TestCase):
    def test_every_test_file(self):
        self.assertIsNotNone(BUILD_DIR, "run this through ctest, or set BUILD_DIR")
        names = registered()
        self.assertIn("meta.registered", names)
        self.assertEqual([], forgotten(SOURCE_DIR / "tests", is_on("LOCKSTEP_MPI"), names))

    def test_a_forgotten_file_is_caught(self):
        with tempfile.TemporaryDirectory() as folder:
            tests = pathlib.Path(folder)
            script = "import unittest\nunittest.main()\n"
            files = {"unit/a.c": "", "unit/b.c": "", "ranks/c.c": "", "system/test_d.py": script,
                     "system/e.py": script, "system/helper.py": "", "meta/test_f.py": script,
                     "cluster/test_g.py": script}
            for name, text in files.items():
                (tests / name).parent.mkdir(exist_ok=True)
                (tests / name).write_text(text, encoding="utf-8")
            names = {"unit.a", "ranks.c.1", "ranks.c.2", "system.d"}
            lost = ["cluster/test_g.py", "meta/test_f.py", "system/e.py", "unit/b.c"]
            self.assertEqual(lost, forgotten(tests, True, names))
            self.assertEqual(["ranks/c.c"], forgotten(tests, True, names - {"ranks.c.1", "ranks.c.2"}
                                                      | {"cluster.g", "meta.f", "system.e", "unit.b"}))
            self.assertEqual([], forgotten(tests, False, {"unit.a", "unit.b", "ranks.c.1", "meta.f"}))


if __name__ == "__main__":
    unittest.main()
