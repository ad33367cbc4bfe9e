"""Each header compiles by itself: the public ones without sight of src/, ours without other libraries."""

import os
import pathlib
import shlex
import subprocess
import tempfile
import unittest

SOURCE_DIR = pathlib.Path(os.environ.get("SOURCE_DIR", pathlib.Path(__file__).parents[2]))
COMPILER = shlex.split(os.environ.get("CC", "cc"))
FLAGS = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Wstrict-prototypes", "-Werror"]


def complaint(header, *flags):
    """The compiler's message about a file that includes only this header; empty if it has none."""
    source = f'#include "{header}"\nextern int nothing;\n'
    command = [*COMPILER, *FLAGS, *flags, "-fsyntax-only", "-x", "c", "-"]
    done = subprocess.run(command, input=source, capture_output=True, text=True)
    return "" if done.returncode == 0 else f"{header}: {done.stderr or 'cannot be compiled'}"


def complaints(folder, *flags):
    headers = sorted(folder.rglob("*.h"))
    return len(headers), [text for header in headers if (text := complaint(header, *flags))]


class Headers(unittest.TestCase):
    def test_public_headers(self):
        n, found = complaints(SOURCE_DIR / "include" / "lockstep", f"-I{SOURCE_DIR / 'include'}")
        self.assertGreater(n, 0, "there is no public header")
        self.assertEqual([], found)

    def test_our_headers(self):
        n, found = complaints(SOURCE_DIR / "src", f"-I{SOURCE_DIR / 'src'}",
                              f"-I{SOURCE_DIR / 'include'}", "-D_GNU_SOURCE")
        self.assertGreater(n, 10, "the headers were not found")
        self.assertEqual([], found)

    def test_a_bad_header_is_caught(self):
        with tempfile.TemporaryDirectory() as folder:
            header = pathlib.Path(folder, "bad.h")
            header.write_text("int64_t samples(void);\n", encoding="utf-8")
            n, found = complaints(pathlib.Path(folder))
            self.assertEqual((1, 1), (n, len(found)))
            self.assertIn("int64_t", found[0])
            header.write_text("#include <stdint.h>\nint64_t samples(void);\n", encoding="utf-8")
            self.assertEqual((1, []), complaints(pathlib.Path(folder)))


if __name__ == "__main__":
    unittest.main()
