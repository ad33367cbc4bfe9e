"""Tables with words and missing values, from training to predictions: a model in its file gives the same figures as in the run
that wrote it, on any ranks, whatever the order of the columns; and what it has no input for is counted in a note.
"""

import json
import random
import subprocess
import unittest

import harness

USAGE, DATA = 64, 65
COLOURS = ["red", "green", "dark \"blue\"", "grau, hell", "", "?"]
CODES = [[], ["--scale", "robust"], ["--scale", "quantile"], ["--encode", "piecewise", "--bins", "6"],
         ["--impute", "mean", "--max-levels", "3"]]


def field(cell):
    return '"' + cell.replace('"', '""') + '"' if set(cell) & set(',"') else cell


class Encoding(harness.Case):
    def setUp(self):
        super().setUp()
        draw = random.Random(5)
        self.rows = [[f"{draw.gauss(40, 9):.2f}" if draw.random() > 0.1 else "NA", draw.choice(COLOURS),
                      f"{draw.gauss(0, 1):.3f}", f"town{int(draw.paretovariate(0.8)) % 40}"] for _ in range(500)]
        self.names = ["age", "colour", "size", "town"]

    def label(self, row):
        return "yes" if (row[1] == "red") + float(row[2]) > 0.5 else "no"

    def table(self, name, rows=None, order=(0, 1, 2, 3), labels=True):
        rows = self.rows if rows is None else rows
        lines = [[self.names[c] for c in order] + ["bought"] * labels]
        lines += [[field(row[c]) for c in order] + ([self.label(row)] if labels else []) for row in rows]
        return harness.write_file(self.dir / name, "".join(",".join(line) + "\n" for line in lines).encode())

    def run_on(self, out, *arguments, ranks=None):
        rows = self.rows
        return self.train(out, "--data", self.table("train.csv", rows[:400]), "--val-data", self.table("val.csv", rows[400:]),
                          "--hidden", "16", "--epochs", "3", "--batch", "32", *arguments, ranks=ranks)

    def columns(self, out):
        header = (self.dir / out / "model.safetensors").read_bytes()
        metadata = json.loads(header[8:8 + int.from_bytes(header[:8], "little")])["__metadata__"]
        return metadata, json.loads(metadata["columns"])

    def test_a_model_in_its_file_gives_the_same_figures(self):
        for i, code in enumerate(CODES):
            with self.subTest(code=code):
                done = self.run_on(f"run{i}", *code)
                answer = json.loads(self.ok("eval", self.dir / f"run{i}", "--data", self.table("val.csv", self.rows[400:]),
                                            "--json").out)
                self.assertEqual(done.figure("val_loss"), f"{answer['loss']:.4f}")
                summary = harness.read_json(self.dir / f"run{i}" / "summary.json")
                self.assertEqual(summary["val_loss"], answer["loss"])
                self.assertEqual(4, summary["features"])
                self.assertEqual(self.columns(f"run{i}")[0]["widths"], f"{summary['inputs']},16,2")

    def test_columns_before_training(self):
        """One line, on rank 0, shows what each column is taken for."""
        table = self.dir / "train.csv"
        for ranks in (None, 2):
            done = self.run_on(f"shown{ranks}", "--max-levels", "20", "--id", "age", "--progress", "lines", ranks=ranks)
            self.assertEqual(1, done.err.count("columns    1 number, 2 categories (colour 4, town 19 + other), label bought, id age\n"), done.err)
        lines = table.read_text().splitlines()
        wide = harness.write_file(self.dir / "wide.csv", "\n".join("1,a,b,c,d,e,f,g,h," + line for line in lines).replace(
            "1,a", "n,a", 1).encode())
        done = self.train("wide", "--data", wide, "--ignore", "a,b,c,d,e,f,g,h,age,colour,size", "--epochs", 1,
                          "--progress", "lines")
        self.assertIn("label bought, ignored: a, b, c, d, e, f and 5 more\n", done.err)

    def test_ranks_and_sessions(self):
        for i, code in enumerate(CODES):
            with self.subTest(code=code):
                first = self.run_on(f"one{i}", *code).figure("weights_xxh3")
                for ranks, team in ((2, "node"), (3, "rank")):
                    self.assertEqual(first, self.run_on(f"r{ranks}-{i}", *code, "--team", team, "--threads", "1",
                                                        ranks=ranks).figure("weights_xxh3"))

    def test_columns_in_any_order(self):
        self.run_on("run")
        plain = self.ok("predict", self.dir / "run", "--data", self.table("new.csv", self.rows[:50], labels=False))
        other = self.ok("predict", self.dir / "run", "--data",
                        self.table("other.csv", self.rows[:50], order=(3, 1, 0, 2), labels=False))
        self.assertEqual(plain.out, other.out)
        self.assertEqual(51, len(plain.out.splitlines()))

    def test_what_the_model_keeps(self):
        self.run_on("run", "--max-levels", "5")
        metadata, columns = self.columns("run")
        self.assertEqual(["number", "category", "number", "category"], [column["kind"] for column in columns])
        self.assertEqual([True, True, False, False], [column["missing"] for column in columns])
        self.assertEqual({"red", "green", "dark \"blue\"", "grau, hell"}, set(columns[1]["levels"]))
        self.assertFalse(columns[1]["other"])
        self.assertEqual((4, True), (len(columns[3]["levels"]), columns[3]["other"]))
        inputs = 2 + 5 + 1 + 5
        self.assertEqual(f"{inputs},16,2", metadata["widths"])
        self.assertEqual(self.names, json.loads(metadata["feature_names"]))
        ages = sorted(float(row[0]) for row in self.rows[:400] if row[0] != "NA")
        middle = (ages[(len(ages) - 1) // 2] + ages[len(ages) // 2]) / 2
        self.assertAlmostEqual(middle, json.loads(metadata["input_fill"])[0], places=4)

    def test_the_model_keeps_the_texts_of_missing_values(self):
        """Without them, predict read the table of the training with -999 as a number."""
        coded = [["-999" if value == "NA" else value for value in row] for row in self.rows]
        self.run_on("words")
        words = self.ok("predict", self.dir / "words", "--data", self.table("words.csv", self.rows))
        self.rows = coded
        self.run_on("run", "--missing", "-999,unknown")
        self.assertEqual("-999,unknown", self.columns("run")[0]["missing_texts"])
        table = self.table("coded.csv", coded)
        for more in [], ["--missing", "-999"]:
            self.assertEqual(words.out, self.ok("predict", self.dir / "run", "--data", table, *more).out)
        self.assertNotEqual(words.out, self.ok("predict", self.dir / "run", "--data", table, "--missing", "unknown").out)
        stream = subprocess.run([harness.PROGRAM, "predict", self.dir / "run", "--data", "-"], capture_output=True, text=True,
                                input=table.read_text(), check=True)
        self.assertEqual(words.out, stream.stdout)

    def test_plan_and_banner(self):
        table = self.table("t.csv")
        self.assertIn("500 samples, 4 columns, ", self.ok("plan", "--data", table, "--max-levels", "5").out)
        done = self.ok("train", "--data", table, "--max-levels", "5", "--out", self.dir / "run", "--max-steps", "2")
        self.assertIn("2 classes, 4 columns, 13 inputs, 500 samples", done.out + done.err)

    def test_values_without_inputs_are_counted(self):
        self.run_on("run")
        strange = [["30", "mauve", "NA", "town1"], ["30", "red", "", "atlantis"], ["NA", "", "0", "town1"]]
        table = self.table("strange.csv", strange, labels=False)
        one = self.ok("predict", self.dir / "run", "--data", table)
        self.assertEqual(1, len(one.notes), one)
        self.assertIn("colour: 1 (all its inputs are 0); size: 2 missing (as ", one.notes[0])
        self.assertIn("town: 1 (all its inputs are 0)", one.notes[0])
        two = self.ok("predict", self.dir / "run", "--data", table, ranks=2)
        self.assertEqual((one.out, one.notes), (two.out, two.notes))
        stream = subprocess.run([harness.PROGRAM, "predict", self.dir / "run", "--data", "-"], capture_output=True, text=True,
                                input=table.read_text(), check=True)
        self.assertEqual(one.out, stream.stdout)
        self.assertIn("note: standard input: values that the model has no input for: colour: 1 ", stream.stderr)
        usual = self.ok("predict", self.dir / "run", "--data", self.table("usual.csv", self.rows[:5], labels=False))
        self.assertEqual([], usual.notes)

    def test_refusals(self):
        table = self.table("t.csv")
        gap = next(i for i, row in enumerate(self.rows) if row[0] == "NA") + 2
        self.refused(DATA, "train", "--data", table, "--impute", "refuse", "--out", self.dir / "x",
                     says=[f"feature age is missing in line {gap}", "--impute"])
        whole = [row for row in self.rows if row[0] != "NA"]
        late = self.table("late.csv", whole[300:310] + [["NA", "red", "1", "town1"]])
        self.refused(DATA, "train", "--data", self.table("whole.csv", whole[:300]), "--val-data", late, "--impute", "refuse",
                     "--out", self.dir / "x", says=["late.csv", "feature age is missing in line 12"])
        empty = self.table("empty.csv", [["NA", *row[1:]] for row in self.rows])
        self.refused(DATA, "train", "--data", empty, "--out", self.dir / "x", says=["age", "--ignore"])
        self.refused(USAGE, "train", "--max-levels", "1", says="--max-levels")

    def test_a_column_keeps_its_kind(self):
        self.run_on("run")
        words = self.table("words.csv", [[row[0], row[1], "big", row[3]] for row in self.rows[:5]], labels=False)
        self.refused(DATA, "predict", self.dir / "run", "--data", words, says="size")
        numbers = [[row[0], "17", *row[2:]] for row in self.rows[:5]]
        done = self.ok("predict", self.dir / "run", "--data", self.table("numbers.csv", numbers, labels=False))
        self.assertIn("colour: 5 (all its inputs are 0)", done.notes[0])


if __name__ == "__main__":
    unittest.main()
