"""README.md shows what its commands print, and its Python gives the values of `lockstep predict`.

scripts/readme runs the commands; times and rates are masked. On a change of printed text, scripts/readme renews the examples.
"""

import re
import subprocess
import sys
import unittest

import harness
import torch_stand_in

README = harness.SOURCE_DIR / "README.md"
SCRIPT = harness.SOURCE_DIR / "scripts" / "readme"
MOST_LINES = 220


class Examples(harness.Case):
    def check(self, document):
        """scripts/readme --check of a document, run by itself."""
        return harness.Running([sys.executable, SCRIPT, "--check", "--program", harness.PROGRAM, "--file", document],
                               harness.DEFAULTS).end(300)

    def test_readme_shows_what_is_printed(self):
        done = self.check(README)
        self.assertEqual(0, done.code, done)
        self.assertIn("predict", done.err, "it ran no example")

    def test_a_wrong_example_is_caught(self):
        """A digit of a result, a command that fails, a time: the first two differ, the last does not."""
        block = "<!-- run -->\n```sh\n{}\n```\n```\n{}```\n"
        plan = "lockstep: note: 5 samples in 0.1 s\n"
        say = "printf 'lockstep: note: 5 samples in 0.1 s\\n'"
        for code, command, output in ((0, say, plan), (0, say, plan.replace("0.1 s", "12.5 s")), (1, say, plan.replace("5", "6")),
                                      (1, say + "; false", plan), (1, "build/lockstep train --batch 0", plan)):
            with self.subTest(command=command, output=output):
                document = self.dir / "README.md"
                document.write_text(block.format(command, output), encoding="utf-8")
                done = self.check(document)
                self.assertEqual(code, done.code, done)

    def test_help_pages_and_options_exist(self):
        text = README.read_text(encoding="utf-8")
        pages = [page for pages in re.findall(r"`lockstep help ([\w\\|]+)`", text) for page in pages.split("\\|")]
        self.assertIn("words", pages)
        for page in pages:
            with self.subTest(page=page):
                self.ok("help", page)
        known = set(re.findall(r"--[a-z][\w-]*", self.ok("help", "train", "all").out))
        table, = re.findall(r"^## What can be trained\n(.*?)^## ", text, re.DOTALL | re.MULTILINE)
        self.assertEqual(set(), set(re.findall(r"--[a-z][\w-]*", table)) - known - {"--help", "--config"})

    def test_it_is_short(self):
        self.assertLessEqual(len(README.read_text(encoding="utf-8").splitlines()), MOST_LINES)


class Python(harness.Case):
    """The lines that use a model, with PyTorch where it is installed, or with the stand-in for it."""

    def table(self):
        """Inputs and targets of quite different sizes, so that forgotten scaling shows."""
        rows = [[1000 + 37 * (i % 11), 0.001 * (i % 7), 5 * i] for i in range(40)]
        targets = [[500 + 3 * a - 2000 * b + c, 1e-3 * (a - c)] for a, b, c in rows]
        text = "".join(",".join(f"{value:.9g}" for value in row + target) + "\n" for row, target in zip(rows, targets))
        (self.dir / "table.csv").write_text("a,b,c,y,z\n" + text, encoding="ascii")
        return rows

    def predicted(self, *options):
        out = self.ok("predict", self.dir / "run", "--data", self.dir / "table.csv", "--label", "y,z", *options).out
        return [[float(value) for value in line.split(",")] for line in out.splitlines()[1:]]

    def by_readme(self, rows):
        """y of the lines in README, for the model in self.dir / "run"."""
        lines, = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
        self.assertEqual(1, lines.count('"runs/iris/model.safetensors"'))
        names = {}
        with torch_stand_in.where_missing():
            import torch  # pylint: disable=import-outside-toplevel
            names["x"] = torch.tensor([[float(value) for value in row] for row in rows])
            exec(lines.replace("runs/iris", str(self.dir / "run")), names)  # pylint: disable=exec-used
        return names["y"].tolist()

    def check(self, *options):
        rows = self.table()
        self.train("run", "--data", self.dir / "table.csv", "--label", "y,z", "--hidden", "6,5", "--epochs", "20", "--batch", "10",
                   "--lr", "0.001", "--divergence", "off", *options)
        for got, want in zip(self.by_readme(rows), self.predicted(), strict=True):
            for g, w in zip(got, want, strict=True):
                self.assertLess(abs(g - w), 1e-4 * (abs(w) + 1), (got, want))

    def test_scaled_inputs_and_targets(self):
        self.check("--scale", "standard", "--normalize-target", "standard", "--dropout", "0.2", "--activation", "relu,tanh")

    def test_scaled_inputs(self):
        self.check("--scale", "unit")

    def test_no_scaling(self):
        self.check("--scale", "none", "--lr", "1e-9")


if __name__ == "__main__":
    unittest.main()
