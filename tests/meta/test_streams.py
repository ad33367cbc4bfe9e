"""Who may write around the streams that make foreign text harmless (report/shown_streams.h).

The program prints through stdout and stderr, which show what is not plain as escapes. That holds only while nothing else
writes to their descriptors, and while control sequences of our own are where nobody puts a name into them.
"""

import os
import pathlib
import re
import tempfile
import unittest

SOURCE_DIR = pathlib.Path(os.environ.get("SOURCE_DIR", pathlib.Path(__file__).parents[2]))

# A pattern, and the files of src/ that may have it.
OWNERS = [
    # output: results as CSV and NPY, data for programs
    (r"\b(write|writev|pwrite|dprintf|vdprintf|perror|psignal)\s*\(", {"base/shown.c", "base/output.c"}),
    (r"\bSTDOUT_FILENO\b|\bSTDERR_FILENO\b|/dev/(tty|std)",
     {"base/output.c", "report/shown_streams.c", "cli/main.c", "report/progress.c", "cli/cmd_predict.c"}),
    (r"\\033|\\x1b|\\e\[", {"report/progress.c"}),
    (r"\bshown_streams_bar\b", {"report/shown_streams.c", "report/shown_streams.h", "report/progress.c"}),
]


def faults(root):
    found = []
    for path in sorted((root / "src").rglob("*.[ch]")):
        place = path.relative_to(root / "src").as_posix()
        text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        found += [f"{place}: {match.group(0)}" for pattern, owners in OWNERS if place not in owners
                  for match in re.finditer(pattern, text)]
    return found


class Streams(unittest.TestCase):
    def test_tree(self):
        self.assertEqual([], faults(SOURCE_DIR))

    def test_the_checker_catches(self):
        for line in ('write(1, name, size);', 'dprintf(2, "%s", name);', "open(\"/dev/tty\", O_WRONLY);",
                     'puts("\\033[1m");', "isatty(STDOUT_FILENO);", "FILE *file = shown_streams_bar();"):
            with tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder) / "src" / "cli" / "x.c"
                path.parent.mkdir(parents=True)
                path.write_text(f"/* write(1) */ fwrite(a, 1, 2, file); {line}\n", encoding="utf-8")
                self.assertEqual(1, len(faults(pathlib.Path(folder))), line)


if __name__ == "__main__":
    unittest.main()
