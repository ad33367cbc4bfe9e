"""lockstep folds: every sample is predicted once, by a model that was trained without it; the same on any ranks, and continued where
it was stopped."""

import csv
import json
import random
import struct
import unittest

import harness

USAGE, DATA, CANNOT_CREATE = 64, 65, 73
K = 4


def float32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


class Folds(harness.Case):
    def setUp(self):
        super().setUp()
        draw = random.Random(5)
        lines = ["id,x,colour,person,kind"]
        for i in range(90):
            kind = draw.choice(["cat", "cat", "dog"])
            colour = draw.choice(["red", "green", ""]) if kind == "cat" else draw.choice(["red", "blue", "NA"])
            lines.append(f"p{i},{draw.gauss(kind == 'cat', 1):.4g},{colour},{i // 3},{kind}")
        self.table = harness.write_file(self.dir / "table.csv", "\n".join(lines).encode())

    def options(self, out, *more):
        return [str(K), "--data", self.table, "--id", "id", "--ignore", "person", "--hidden", "8", "--epochs", "4", "--batch", "16",
                "--out", self.dir / out, *more]

    def predictions(self, out):
        with open(self.dir / out / "predictions.csv", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def test_every_sample_once(self):
        done = self.ok("folds", *self.options("one"))
        self.assertRegex(done.out, r"(?m)^test_accuracy +\d")
        result = json.loads((self.dir / "one" / "folds.json").read_text())
        self.assertEqual([1, 2, 3, 4], [run["fold"] for run in result["runs"]])
        self.assertEqual(90, sum(run["test_samples"] for run in result["runs"]))
        self.assertLessEqual(max(run["test_samples"] for run in result["runs"]) - min(run["test_samples"] for run in result["runs"]), 1)
        rows = self.predictions("one")
        self.assertEqual([f"p{i}" for i in range(90)], [row["id"] for row in rows])
        kinds = [line.rsplit(",", 1)[1] for line in self.table.read_text().splitlines()[1:]]
        right = sum(row["class"] == kind for row, kind in zip(rows, kinds))
        by_folds = sum(run["test_accuracy"] * run["test_samples"] for run in result["runs"])
        self.assertAlmostEqual(right, by_folds, places=6)
        accuracy = {row["metric"]: row for row in result["metrics"]}["test_accuracy"]
        values = [run["test_accuracy"] for run in result["runs"]]
        self.assertAlmostEqual(sum(values) / K, accuracy["score"]["mean"])
        self.assertAlmostEqual((sum((v - sum(values) / K) ** 2 for v in values) / (K - 1)) ** 0.5, accuracy["deviation"])

    def test_a_fold_is_a_run_of_train(self):
        self.ok("folds", *self.options("one"))
        arguments = self.options("alone")[1:]
        self.ok("train", *arguments, "--fold", f"2/{K}")
        runs = json.loads((self.dir / "one" / "folds.json").read_text())["runs"]
        alone = json.loads((self.dir / "alone" / "summary.json").read_text())
        self.assertEqual(runs[1]["weights_xxh3"], alone["weights_xxh3"])
        self.assertNotEqual(runs[0]["weights_xxh3"], alone["weights_xxh3"])

    def test_same_on_any_ranks_and_continued(self):
        self.ok("folds", *self.options("one"))
        self.ok("folds", *self.options("two", "--team", "rank"), ranks=2)
        for name in ("predictions.csv",):
            self.assertEqual((self.dir / "one" / name).read_bytes(), (self.dir / "two" / name).read_bytes())
        # A cross-validation that lost its last runs trains only these again.
        before = {fold: (self.dir / "two" / "runs" / fold / "summary.json").stat().st_mtime_ns for fold in ("fold1", "fold2")}
        for fold in ("fold3", "fold4"):
            (self.dir / "two" / "runs" / fold / "summary.json").unlink()
        (self.dir / "two" / "predictions.csv").unlink()
        self.ok("folds", *self.options("two"))
        self.assertEqual((self.dir / "one" / "predictions.csv").read_bytes(), (self.dir / "two" / "predictions.csv").read_bytes())
        for fold, time in before.items():
            self.assertEqual(time, (self.dir / "two" / "runs" / fold / "summary.json").stat().st_mtime_ns)

    def test_prediction_by_all_models(self):
        self.ok("folds", *self.options("one"))
        arguments = ["--data", self.table, "--id", "id"]
        whole = list(csv.DictReader(self.ok("predict", self.dir / "one", *arguments).out.splitlines()))
        sums = [[0.0, 0.0] for _ in whole]
        for k in range(1, K + 1):
            done = self.ok("predict", self.dir / "one" / "runs" / f"fold{k}", *arguments)
            for row, one in zip(sums, csv.DictReader(done.out.splitlines())):
                for j, kind in enumerate(["cat", "dog"]):
                    row[j] = float32(row[j] + float32(float(one[kind])))
        for row, mean in zip(whole, sums):
            self.assertEqual([float32(p / K) for p in mean], [float32(float(row["cat"])), float32(float(row["dog"]))])
            self.assertEqual("cat" if mean[0] >= mean[1] else "dog", row["class"])
        strict = self.ok("predict", self.dir / "one", *arguments, "--threshold", "0.99", "--output", "classes").out
        self.assertEqual({"cat"}, {row["class"] for row in csv.DictReader(strict.splitlines())})
        on_two = self.ok("predict", self.dir / "one", *arguments, ranks=2).out
        self.assertEqual(whole, list(csv.DictReader(on_two.splitlines())))
        result = json.loads((self.dir / "one" / "folds.json").read_text())
        self.refused(USAGE, "predict", self.dir / "one", *arguments, "--output", "logits", says="several models have no common logits")
        for ranks in (None, 2):
            says = ["holds a cross-validation", f"{self.dir / 'one'}/runs/fold1", "predict and export take the mean of all models"]
            self.refused(66, "eval", self.dir / "one", "--data", self.table, says=says, ranks=ranks)
        strange = harness.write_file(self.dir / "strange.csv", self.table.read_bytes().replace(b"red", b"pink"))
        done = self.ok("predict", self.dir / "one", "--data", strange)
        self.assertEqual(1, done.err.count("not among the inputs"), done.err)
        self.assertEqual(1, done.err.count("values that the model has no input for: colour"), done.err)
        (self.dir / "one" / "runs" / "fold3" / "model.safetensors").unlink()
        self.refused(66, "predict", self.dir / "one", *arguments, says="fold3")
        result["runs"].pop()  # as while fold 4 is trained
        harness.write_file(self.dir / "one" / "folds.json", json.dumps(result).encode())
        self.refused(66, "predict", self.dir / "one", *arguments, says=["3 of its 4 folds", "the same lockstep folds command continues it"])

    def test_rows_without_a_label(self):
        """They are in predictions.csv too, in their places, by the mean of all models; their fold is empty."""
        for table, more, output in (("classes", [], ["cat", "dog"]), ("values", ["--label", "x", "--ignore", "person,kind"], ["x"])):
            lines = self.table.read_text().splitlines()
            column = -1 if table == "classes" else 1
            for line in (1, 40, 41, 90):
                fields = lines[line].split(",")
                fields[column] = ""
                lines[line] = ",".join(fields)
            path = harness.write_file(self.dir / f"{table}.csv", "\n".join(lines).encode())
            arguments = ["--data", path, *more]
            for ranks, out in ((None, f"{table}1"), (2, f"{table}2")):
                self.ok("folds", *self.options(out, *arguments), ranks=ranks)
            self.assertEqual((self.dir / f"{table}1" / "predictions.csv").read_bytes(), (self.dir / f"{table}2" / "predictions.csv").read_bytes())
            rows = self.predictions(f"{table}1")
            self.assertEqual([(str(i + 2), f"p{i}") for i in range(90)], [(row["line"], row["id"]) for row in rows])
            self.assertEqual([0, 39, 40, 89], [i for i, row in enumerate(rows) if row["fold"] == ""])
            self.assertEqual({"", "1", "2", "3", "4"}, {row["fold"] for row in rows})
            means = list(csv.DictReader(self.ok("predict", self.dir / f"{table}1", "--data", path).out.splitlines()))
            for row, mean in zip(rows, means):
                if row["fold"] == "":
                    self.assertEqual([mean[name] for name in mean], [row[name] for name in mean])
            result = json.loads((self.dir / f"{table}1" / "folds.json").read_text())
            self.assertEqual((86, 4), (result["samples"], result["unlabelled"]))

    def test_page(self):
        """The means and every fold come first, and no best fold."""
        self.ok("folds", *self.options("one"))
        self.ok("report", self.dir / "one")
        page = (self.dir / "one" / "report.html").read_text(encoding="utf-8")
        result = json.loads((self.dir / "one" / "folds.json").read_text())
        self.assertIn(f"<h1>Cross-validation: {result['network']} on ", page)
        self.assertNotIn("Best ", page[:page.index("<main>")])
        section = page[page.index("<main>"):page.index("Training curves", page.index("<main>"))]
        for metric in result["metrics"]:
            self.assertIn(f'data-value="{metric["score"]["mean"]!r}" data-least="{metric["score"]["least"]!r}"'.replace(".0\"", "\""), section)
        for run in result["runs"]:
            self.assertIn(f'data-value="{run["test_loss"]!r}"', section)

    def test_samples_without_lines(self):
        self.ok("folds", "2", "--data", "synthetic:samples=40,features=3,classes=2", "--epochs", "1", "--out", self.dir / "made")
        self.assertEqual([str(i) for i in range(40)], [row["sample"] for row in self.predictions("made")])

    def test_groups_stay_together(self):
        arguments = [word for word in self.options("grouped") if word not in ("--ignore", "person")]
        self.ok("folds", *arguments, "--group", "person")
        result = json.loads((self.dir / "grouped" / "folds.json").read_text())
        self.assertTrue(all(run["test_samples"] % 3 == 0 for run in result["runs"]))

    def test_a_column_that_only_one_fold_has(self):
        """The last fold's run refused it, after all others had been trained."""
        self.ok("folds", *self.options("one"))
        one = next(row["id"] for row in self.predictions("one") if row["fold"] == "3")
        lines = self.table.read_text().splitlines()
        harness.write_file(self.table, "\n".join(
            [f"rare,{lines[0]}", *(f"{'5' if line.startswith(one + ',') else ''},{line}" for line in lines[1:])]).encode())
        self.refused(DATA, "folds", *self.options("two"), says=["without fold 3/4: ", "feature rare is missing in all"])
        self.assertFalse((self.dir / "two").exists())
        self.refused(DATA, "tune", 2, *self.options("three", "--folds", K, "--val-split", 4, "--epochs", 18)[1:], says=["without fold ", "/4: "])
        self.assertFalse((self.dir / "three").exists())

    def test_refused(self):
        self.refused(USAGE, "folds", "1", "--data", self.table, "--out", self.dir / "x", says="folds")
        self.refused(USAGE, "folds", "91", *self.options("x")[1:], says="91")
        self.refused(USAGE, "train", "--data", self.table, "--ignore", "1,person", "--fold", "5/4", "--out", self.dir / "x", says="--fold 5/4")
        self.refused(USAGE, "train", "--data", self.table, "--ignore", "1,person", "--fold", "two", "--out", self.dir / "x", says="--fold two")
        self.refused(USAGE, "folds", *self.options("x", "--test-split", "0.1"), says="--test-split")
        self.refused(USAGE, "folds", *self.options("x", "--split-by", "x"), says=["--split-by: folds are drawn at random", "--test-split"])
        self.refused(USAGE, "train", "--data", self.table, "--fold", "1/4", "--split-by", "x", "--val-split", "0.1", says="--split-by: folds are")
        self.ok("folds", *self.options("one"))
        self.refused(USAGE, "folds", *self.options("one", "--lr", "0.5"), says="different configuration: --lr")
        self.refused(USAGE, "folds", *self.options("one", "--batch", "32"), says="--batch is 16 there, but 32 here")
        self.table.write_text(self.table.read_text().replace("cat", "cow", 1))
        self.refused(DATA, "folds", *self.options("one"), says="cross-validation of different data")
        self.refused(CANNOT_CREATE, "sweep", "--data", self.table, "--out", self.dir / "one", "--batch", "16,32", says="holds a cross-validation")


if __name__ == "__main__":
    unittest.main()
