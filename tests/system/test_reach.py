"""bench/reach --tables: its splits and statistics against numbers worked out by hand, and the harness with stand-ins for
R, the peers and, on the tables that judge, lockstep. How good anything is, is no matter here."""

import contextlib
import csv
import hashlib
import io
import json
import math
import random
import shutil
import subprocess
import sys
import unittest

import harness

sys.path.insert(0, str(harness.SOURCE_DIR / "bench"))
import table_report  # noqa: E402 (in bench)
import table_sets  # noqa: E402
import table_statistics  # noqa: E402

REACH = harness.SOURCE_DIR / "bench" / "reach"
BY_NAME = {table.name: table for table in table_sets.TABLES}
USAGE, UNAVAILABLE = 64, 69

# In place of a Python with the peers: predicts class a with the probability 3/4, or the value 2.5.
PEER = """#!{python}
import csv, json, sys
if {missing}:
    print("no LightGBM", file=sys.stderr)
    sys.exit({missing})
if sys.argv[2] == "--versions":
    print(json.dumps(dict.fromkeys(("lightgbm", "sklearn-mlp", "linear"), "stand-in 1")))
    sys.exit()
given = dict(zip(sys.argv[3::2], sys.argv[4::2]))
about = json.load(open(given["--about"]))
header, *rows = csv.reader(open(given["--test"]))
with open(given["--out"], "w") as out:
    if about["task"] == "values":
        out.write("value\\n" + "2.5\\n" * len(rows))
    else:
        out.write("class,a,b\\n" + "a,0.75,0.25\\n" * len(rows))
print(json.dumps({{"fit_s": 1}}))
"""
# In place of lockstep: built from a given commit, never wrong.
OURS = """#!{python}
import csv, os, sys
if sys.argv[1] == "--version":
    print("lockstep 0.2.0 ({commit})")
elif sys.argv[1] == "train":
    os.mkdir("preset")
    print('{{"seconds": 1, "steps_done": 1, "weights_xxh3": "0"}}', file=open("preset/summary.json", "w"))
else:
    given = dict(zip(sys.argv[3::2], sys.argv[4::2]))
    header, *rows = csv.reader(open(given["--data"]))
    with open(given["--out"], "w") as out:
        csv.writer(out).writerows([["class", "a", "b"], *([row[-1], int(row[-1] == "a"), int(row[-1] == "b")] for row in rows)])
"""


class Statistics(unittest.TestCase):
    def test_errors_of_classes(self):
        header, rows = ["class", "a", "b"], [["a", "0.8", "0.2"], ["b", "0.4", "0.6"], ["a", "0.5", "0.5"], ["b", "0", "1"]]
        error, loss = table_statistics.class_errors(["a", "b", "b", "a"], header, rows)
        self.assertEqual(0.5, error)
        self.assertAlmostEqual(-math.log(0.8 * 0.6 * 0.5 * 1e-15) / 4, loss)
        # A class that training has not seen, and probabilities whose sum is not exactly 1.
        self.assertAlmostEqual(-math.log(0.5 * 1e-15) / 2,
                               table_statistics.class_errors(["a", "c"], header, [["a", "2", "2"], ["a", "1", "0"]])[1])
        with self.assertRaises(ValueError):
            table_statistics.class_errors(["a"], header, rows)

    def test_error_of_values(self):
        # Mean 3, variance (4 + 0 + 4) / 3; mean squared error (1 + 0 + 4) / 3.
        self.assertAlmostEqual(math.sqrt(5 / 8), table_statistics.value_error([1, 3, 5], [["2"], ["3"], ["7"]]))
        self.assertAlmostEqual(1, table_statistics.value_error([1, 3, 5], [["3"]] * 3))
        with self.assertRaises(ValueError):
            table_statistics.value_error([1, 3], [["1"], ["nan"]])

    def test_corrected_interval(self):
        # 0 ... 9 has the variance 55/6.
        mean, half = table_statistics.interval(list(range(10)), 1 / 4)
        self.assertEqual(4.5, mean)
        self.assertAlmostEqual(2.2622 * math.sqrt((1 / 10 + 1 / 4) * 55 / 6), half)
        self.assertAlmostEqual(2.2622 * math.sqrt((1 / 10 + 1) * 55 / 6), table_statistics.interval(list(range(10)), 1)[1])
        self.assertAlmostEqual(12.7062 * math.sqrt(1.5 * 2), table_statistics.interval([1, 3], 1)[1])
        self.assertEqual(9, len(table_statistics.STUDENT))

    def test_ratio(self):
        self.assertAlmostEqual(1, table_statistics.shifted_ratio([(0.03, 0.01), (0.01, 0.03)]))
        self.assertAlmostEqual(math.sqrt(2), table_statistics.shifted_ratio([(0.07, 0.03), (0, 0)]))

    def test_bootstrap(self):
        # Of two tables with the ratios 4 and 1, a quarter of the draws has both times the same one.
        low, high = table_statistics.ratio_interval([(0.03, 0), (0.02, 0.02)])
        self.assertAlmostEqual(1, low)
        self.assertAlmostEqual(4, high)
        draw = random.Random(1)
        pairs = [(math.exp(draw.gauss(0, 0.1)) * 10, 10) for _ in range(100)]
        low, high = table_statistics.ratio_interval(pairs)
        # The error of a mean of 100 with the deviation 0.1; the shift hardly shows.
        self.assertAlmostEqual(2 * 1.96 * 0.1 / 10, math.log(high / low), delta=0.006)
        self.assertTrue(low < table_statistics.shifted_ratio(pairs) < high)
        self.assertEqual((low, high), table_statistics.ratio_interval(pairs))

    def test_only_common_splits_are_compared(self):
        def line(split, program, error):
            return {"table": "spam", "split": split, "program": program, "error": error, "version": "1", "train_rows": 4, "test_rows": 4}
        results = table_report.Results([line(1, "a", 0.1), line(2, "a", 0.3), line(2, "b", 0.2), line(3, "b", 0.9)], [BY_NAME["spam"]])
        self.assertEqual([(0.3, 0.2)], results.means("a", "b"))
        self.assertEqual([], results.means("a", "c"))

    def test_clear_differences(self):
        lines = [{"table": table, "split": split, "program": program, "error": error(split), "version": "1", "train_rows": 4, "test_rows": 1}
                 for split in range(1, 11) for table, program, error in (
                     ("spam", "a", lambda split: 0.1), ("spam", "b", lambda split: 0.2 + 0.01 * split),
                     ("cells", "a", lambda split: 0.1), ("cells", "b", lambda split: 0.101 + 0.01 * (-1) ** split))]
        results = table_report.Results(lines, [BY_NAME["spam"], BY_NAME["cells"]])
        self.assertEqual((1, 0), results.clear_differences("a", "b"))
        self.assertEqual((0, 1), results.clear_differences("b", "a"))


class Splits(unittest.TestCase):
    def test_halves(self):
        halves = {half: [table.name for table in table_sets.TABLES if table_sets.half_of(table) == half] for half in ("choose", "judge")}
        # Fixed, since results of these tables are published.
        self.assertEqual(["cells", "dna", "income", "letter", "satellite", "spam", "ticdata", "ames", "concrete", "txhousing"], halves["judge"])
        self.assertEqual(10, len(halves["choose"]))

    def test_folds_of_a_few_rows(self):
        labels = ["a"] * 31 + ["b"] * 12 + ["c"] * 2
        parts = list(table_sets.splits(BY_NAME["spam"], labels))
        self.assertEqual(10, len(parts))
        for train, test in parts:
            self.assertEqual(list(range(45)), sorted(train + test))
            self.assertEqual(sorted(train), train)
            for label, count in ("a", 31), ("b", 12), ("c", 2):
                self.assertLessEqual(abs(sum(labels[row] == label for row in test) - count / 2), 0.5)
        for first, second in zip(parts[::2], parts[1::2]):
            self.assertEqual(first, second[::-1])
        self.assertEqual(5, len({tuple(train) for train, _ in parts[::2]}))

    def test_holdouts_of_many_rows(self):
        labels = ["a"] * 4000 + ["b"] * 991 + ["c"] * 13
        parts = list(table_sets.splits(BY_NAME["shuttle"], labels))
        self.assertEqual(10, len({tuple(test) for _, test in parts}))
        for train, test in parts:
            self.assertEqual(list(range(5004)), sorted(train + test))
            for label, counts in ("a", [800]), ("b", [198, 199]), ("c", [2, 3]):
                self.assertIn(sum(labels[row] == label for row in test), counts)

    def test_values_are_not_stratified(self):
        test_rows = [test for _, test in table_sets.splits(BY_NAME["ames"], [str(row) for row in range(100)])]
        self.assertEqual({50}, {len(test) for test in test_rows})
        self.assertGreater(len({sum(row < 50 for row in test) for test in test_rows}), 1)

    def test_they_never_change(self):
        labels = [str(row % 3) for row in range(300)]
        text = json.dumps([list(table_sets.splits(BY_NAME[name], labels)) for name in ("spam", "ames")])
        self.assertEqual("59426c3f362bfc08", hashlib.sha256(text.encode()).hexdigest()[:16])


class Refined(harness.Case):
    def test_r_s_files(self):
        table = table_sets.Table("made", "p", "Made", "y", "classes", {"id": "a number"})
        harness.write_file(self.dir / "Made.csv", b'"id","x","w","y"\n1,0.5,"a, b","u"\n2,NA,NA,"v"\n3,1,"c",NA\n')
        harness.write_file(self.dir / "Made.kinds", b'"","number"\n"id",TRUE\n"x",TRUE\n"w",FALSE\n"y",FALSE\n')
        table_sets.refine(table, self.dir, self.dir)
        self.assertEqual('x,w,y\n0.5,"a, b",u\nNA,NA,v\n', (self.dir / "made.csv").read_text(encoding="utf-8"))
        self.assertEqual({"label": "y", "task": "classes", "rows": 2, "categories": ["w"]}, table_sets.about(table, self.dir))


class Reach(harness.Case):
    def setUp(self):
        super().setUp()
        self.python = self.executable("python", PEER, missing=0)

    def executable(self, name, text, **values):
        path = self.dir / name
        path.write_text(text.format(python=sys.executable, **values), encoding="utf-8")
        path.chmod(0o755)
        return path

    def table(self, name):
        """A small table in place of one that R exports: of every five rows, three are of class a, or 1, 2, 3, 4 and 5."""
        about, draw = BY_NAME[name], random.Random(1)
        rows = [[f"{draw.gauss(0, 1):.4f}", ("aaabb" if about.task == "classes" else "12345")[i % 5]] for i in range(50)]
        folder = self.dir / "bench" / "tables"
        folder.mkdir(parents=True, exist_ok=True)
        table_sets.write_rows(folder / f"{name}.csv", ["x", about.label], rows)
        (folder / f"{name}.json").write_text(json.dumps({"label": about.label, "task": about.task, "rows": 50, "categories": []}))

    def reach(self, *arguments, program=harness.PROGRAM):
        command = [sys.executable, str(REACH), "--tables", "--folder", str(self.dir / "bench"), "--python", str(self.python),
                   "--program", str(program), "--threads", "1", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.dir, env=harness.environment())

    def results(self):
        with open(self.dir / "bench" / "results.csv", newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def test_a_table_of_classes_and_one_of_values(self):
        self.table("shuttle")
        self.table("diamonds")
        done = self.reach("--only", "shuttle,diamonds", "--splits", "2", "--programs", "lightgbm",
                          "--ours", "short=--epochs 1 --hidden 4", "--ours", "other=--epochs 2",
                          "--ours", "tuned=tune 2 --val-split 0.2 --epochs 4 --search lr")
        self.assertEqual(0, done.returncode, done.stderr)
        lines = self.results()
        self.assertEqual(16, len(lines))
        for line in lines:
            self.assertEqual(("25", "25"), (line["train_rows"], line["test_rows"]))
            self.assertGreater(float(line["seconds"]), 0)
            self.assertGreater(float(line["peak_mib"]), 1)
            self.assertEqual(line["table"] == "shuttle", line["log_loss"] != "")
            options = {"short": "--epochs 1 --hidden 4", "other": "--epochs 2", "lightgbm": "",
                       "tuned": "tune 2 --val-split 0.2 --epochs 4 --search lr"}
            self.assertEqual(options[line["program"]], line["options"])
            self.assertIn("fit_s", json.loads(line["detail"]))
        peers = {(line["table"], line["split"]): line for line in lines if line["program"] == "lightgbm"}
        # 10 of 25 are of the other class; and 2.5 for 1 ... 5.
        self.assertAlmostEqual(0.4, float(peers["shuttle", "1"]["error"]))
        self.assertAlmostEqual(-0.6 * math.log(0.75) - 0.4 * math.log(0.25), float(peers["shuttle", "1"]["log_loss"]), 6)
        self.assertGreater(float(peers["diamonds", "1"]["error"]), 1)
        self.assertRegex(done.stdout, r"\nshuttle +50( +\d\.\d{4}, 2 of 10){3} +0\.4000, 2 of 10\n")
        self.assertNotIn("bar:", done.stdout)

    def test_finished_lines_are_not_repeated(self):
        self.table("shuttle")
        arguments = ["--only", "shuttle", "--splits", "1"]
        self.assertEqual(0, self.reach(*arguments, "--programs", "lightgbm").returncode)
        before = self.results()
        done = self.reach(*arguments, "--programs", "lightgbm,linear", "--splits", "2")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual(before, self.results()[:1])
        self.assertEqual([("1", "lightgbm"), ("1", "linear"), ("2", "lightgbm"), ("2", "linear")],
                         [(line["split"], line["program"]) for line in self.results()])

    def test_other_options_need_another_name(self):
        self.table("shuttle")
        arguments = ["--only", "shuttle", "--splits", "1", "--programs", "", "--ours"]
        self.assertEqual(0, self.reach(*arguments, "short=--epochs 1").returncode)
        done = self.reach(*arguments, "short=--epochs 2")
        self.assertEqual(USAGE, done.returncode)
        self.assertIn('with options "--epochs 1", and would now be', done.stderr)

    def test_a_program_that_fails(self):
        self.table("shuttle")
        done = self.reach("--only", "shuttle", "--splits", "1", "--programs", "lightgbm", "--ours", "wrong=--slices 0")
        self.assertEqual(1, done.returncode)
        self.assertIn("--slices 0: must be at least 1", done.stderr)
        self.assertEqual(["lightgbm"], [line["program"] for line in self.results()])

    def test_predictions_that_are_too_few(self):
        self.table("shuttle")
        self.python = self.executable("python", PEER.replace("len(rows)", "7"), missing=0)
        done = self.reach("--only", "shuttle", "--splits", "1", "--programs", "lightgbm")
        self.assertEqual(1, done.returncode)
        self.assertIn("shuttle 1 lightgbm: its predictions are not usable", done.stderr)
        self.assertFalse((self.dir / "bench" / "results.csv").exists())

    def test_refusals(self):
        for says, arguments in {
            "unknown table iris; choose from attrition, ": ["--only", "iris"],
            'not in the half "choose"': ["--only", "letter"],
            "unknown program catboost": ["--programs", "catboost"],
            "distinct names that are not those of peers": ["--ours", "linear="],
            "letter: these tables judge lockstep. Commit the recipe first": ["--only", "letter", "--half", "judge", "--ours", "preset="],
            "cells, dna, ": ["--half", "both", "--ours", "preset="],
            "--frozen 0123456: not a commit": ["--half", "judge", "--frozen", "0123456", "--ours", "preset="],
        }.items():
            with self.subTest(says):
                done = self.reach(*arguments)
                self.assertEqual(USAGE, done.returncode, done.stderr)
                self.assertIn(says, done.stderr)

    def test_peers_that_are_not_installed(self):
        self.table("shuttle")
        self.python = self.executable("python", PEER, missing=UNAVAILABLE)
        done = self.reach("--only", "shuttle")
        self.assertEqual(UNAVAILABLE, done.returncode)
        self.assertIn("no LightGBM", done.stderr)

    @unittest.skipUnless((harness.SOURCE_DIR / ".git").exists() and shutil.which("git"), "this is no checkout of git's")
    def test_the_half_that_judges(self):
        commits = subprocess.run(["git", "-C", harness.SOURCE_DIR, "log", "--format=%H", "-2"], check=True, capture_output=True, text=True)
        commit, *other = commits.stdout.split()
        self.table("cells")
        arguments = ["--half", "judge", "--frozen", commit[:9], "--programs", "lightgbm,sklearn-mlp", "--ours", "preset="]
        for built in (*(name[:12] for name in other), f"{commit[:12]}-dirty", "unknown"):
            done = self.reach(*arguments, program=self.executable("lockstep", OURS, commit=built))
            self.assertEqual(USAGE, done.returncode)
            self.assertIn(f"not built from {commit[:12]} without changes", done.stderr)
        program = self.executable("lockstep", OURS, commit=commit[:12])
        done = self.reach(*arguments, "--only", "cells", program=program)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual(30, len(self.results()))
        done = self.reach("--half", "judge", "--report")
        self.assertEqual(1, done.returncode, done.stderr)
        self.assertIn("bar: preset / lightgbm, upper end at most 1.02: not known, as results are missing (1 of 10 tables)", done.stdout)


class Bars(unittest.TestCase):
    def missed(self, error):
        tables = [BY_NAME["spam"], BY_NAME["cells"]]
        lines = [{"table": table.name, "split": split, "program": program, "error": of, "version": "1", "train_rows": 4, "test_rows": 4}
                 for table in tables for split in range(1, 11) for program, of in (("lightgbm", 0.1), ("sklearn-mlp", 0.12), ("ours", error))]
        with contextlib.redirect_stdout(io.StringIO()):
            return table_report.missed_bars(table_report.Results(lines, tables), ["ours"], tables)

    def test_bars(self):
        self.assertEqual(0, self.missed(0.102))
        self.assertEqual(1, self.missed(0.103))
        self.assertEqual(2, self.missed(0.12))


if __name__ == "__main__":
    unittest.main()
