"""No text of the project uses a word or a pattern of words.txt.

The list was fixed before the texts were rewritten; texts.py says what a text is. The checker itself is
checked on made-up texts.
"""

import os
import pathlib
import re
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import texts  # noqa: E402 (beside this file)

SOURCE_DIR = pathlib.Path(os.environ.get("SOURCE_DIR", pathlib.Path(__file__).parents[2]))


def patterns():
    """[(the kind of text it is for, or None; pattern; what to write instead)]"""
    found = []
    for line in (SOURCE_DIR / "tests" / "meta" / "words.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            kind, _, rest = line.rpartition("comment: ")
            pattern, _, instead = rest.partition("  ")
            found.append(("comment" if kind or line.startswith("comment: ") else None,
                          re.compile(pattern.strip(), re.IGNORECASE), instead.strip()))
    return found


def faults(root):
    found = []
    for place, kind, text in texts.texts(root):
        for wanted, pattern, instead in patterns():
            match = pattern.search(text) if wanted in (None, kind) else None
            if match:
                found.append(f"{place}: \"{match.group()}\"; write: {instead}")
    return found


class Words(unittest.TestCase):
    maxDiff = None

    def test_tree(self):
        self.assertGreater(len(texts.texts(SOURCE_DIR)), 1000, "the texts were not found")
        self.assertEqual([], faults(SOURCE_DIR))


class CheckerCatches(unittest.TestCase):
    def faults_with(self, name, text):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / name
            path.parent.mkdir(parents=True)
            path.write_text(text, encoding="utf-8")
            return faults(pathlib.Path(folder))

    def test_patterns_are_there(self):
        self.assertGreater(len(patterns()), 40)
        self.assertTrue(all(instead for _, _, instead in patterns()))

    def test_plain_texts_pass(self):
        self.assertEqual([], self.faults_with("src/base/a.h", "/* Resumes the run. Units: seconds per step. */\n"))

    def test_each_kind_of_text(self):
        for name, text, word in (
            ("src/base/a.c", 'fail(error, "the run goes on from " "step %d", 1);\n', "goes on"),
            ("src/base/a.c", 'print("batches of %" PRId64 " steps an epoch");\n', "steps an epoch"),
            ("src/base/a.h", "/* a.h: how many steps.\n *\n * Is as 0 if absent: it tells so many. */\n", "so many"),
            ("src/README.md", "A line that wants\nnothing more.\n", "wants"),
            ("scripts/x", "#!/bin/sh\n# leave --out out of it\n", "leave --out out"),
            ("src/base/a.h", "/* Whether a file is there. */\n", "Whether"),
        ):
            found = self.faults_with(name, text)
            self.assertTrue(any(f"{name}:" in fault and word.lower() in fault.lower() for fault in found), (text, found))

    def test_code_is_not_text(self):
        self.assertEqual([], self.faults_with("src/base/a.c", 'int tells = wants(borne); char c = \'"\';\n'))


if __name__ == "__main__":
    unittest.main()
