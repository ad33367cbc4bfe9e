"""The baseline beside every evaluation, and the causes of a model that is not better than it."""

import json
import math
import random
import unittest

import harness

FIXED = ["--optimizer", "sgd", "--momentum", "0.9", "--schedule", "constant", "--init", "he", "--dropout", "0",
         "--batch", "32", "--progress", "off", "--noise-scale", "off", "--val-split", "60"]
RAW = ["--scale", "none", "--normalize-target", "none"]
SCALED = ["--scale", "standard", "--normalize-target", "none"]


def blobs(draw, classes, features, apart, units):
    """Classes around points of their own; each feature has its unit. Of two classes, one is rare."""
    for i in range(300):
        label = i % classes if classes > 2 else int(i % 8 == 0)
        point = [units[f] * (draw.gauss(0, 1) + apart * math.cos(label * (f + 1))) for f in range(features)]
        yield [f"{x:.6g}" for x in point] + [f"class {label}"]


def plane(draw, units, noise):
    for _ in range(300):
        point = [draw.gauss(0, 1) for _ in units]
        target = sum(point) + noise * draw.gauss(0, 1)
        yield [f"{x * u:.6g}" for x, u in zip(point, units)] + [f"{150 + 77 * target:.6g}"]


# Like iris, wine, breast cancer, digits and diabetes: the number of classes and features, and units that differ.
TABLES = {
    "flowers": lambda draw: blobs(draw, 3, 4, 3, [5, 3, 4, 1]),
    "wines": lambda draw: blobs(draw, 3, 13, 2, [13, 2, 2, 20, 100, 2, 2, 0.3, 1.5, 5, 1, 3, 750]),
    "cells": lambda draw: blobs(draw, 2, 6, 2, [14, 19, 92, 655, 0.1, 0.04]),
    "digits": lambda draw: blobs(draw, 10, 16, 3, [16] * 16),
    "patients": lambda draw: plane(draw, [0.05] * 10, 1),
}


class Baseline(harness.Case):
    def setUp(self):
        super().setUp()
        for name, rows in TABLES.items():
            lines = [",".join(row) for row in rows(random.Random(name))]
            header = ",".join(f"x{i + 1}" for i in range(lines[0].count(","))) + ",y"
            (self.dir / f"{name}.csv").write_text("\n".join([header, *lines]) + "\n")

    def run_on(self, table, *arguments, out="run", ranks=None):
        done = harness.run("train", "--data", self.dir / f"{table}.csv", *FIXED, *arguments, "--out", self.dir / out,
                           "--overwrite", ranks=ranks)
        summary = harness.read_json(self.dir / out / "summary.json") if done.code in (0, 3) else None
        return done, summary

    def test_hostile_rates(self):
        """Each run diverges, or is better than the baseline, or says that it is not."""
        ends = set()
        for table in TABLES:
            for rate in ("1e-8", "1e-3", "0.1", "1", "100", "1e10"):
                for scaling in (RAW, SCALED):
                    done, summary = self.run_on(table, *scaling, "--lr", rate, "--epochs", 5, "--hidden", "16")
                    says = "not better than" in done.out
                    end = "diverged" if done.code == 3 else "better" if summary["better_than_baseline"] else "not"
                    ends.add(end)
                    self.assertEqual(end == "not", says, done)
                    if end == "diverged":
                        continue
                    self.assertEqual(0, done.code, done)
                    metric = "val_r2" if table == "patients" else "val_accuracy"
                    better = summary[metric] > summary["baseline"][metric]
                    constant = any("same for all samples" in cause for cause in summary["causes"])
                    self.assertEqual(end == "better", better and not constant, done)
        self.assertEqual({"diverged", "better", "not"}, ends)

    def test_figures_of_classes(self):
        done, summary = self.run_on("wines", *SCALED, "--lr", "0.01", "--epochs", 5)
        held_out = summary["baseline"]
        self.assertEqual("the most frequent class of the training samples", held_out["prediction"])
        self.assertIn(f"val_accuracy {summary['val_accuracy']:.4f} (baseline {held_out['val_accuracy']:.4f})\n", done.out)
        self.assertAlmostEqual(math.log(3), held_out["train_loss"], delta=0.01)
        self.assertIsNone(held_out["test_loss"])
        report = json.loads(self.ok("eval", self.dir / "run", "--data", self.dir / "wines.csv", "--json").out)
        self.assertAlmostEqual(1 / 3, report["baseline"]["accuracy"])
        self.assertIs(True, report["better_than_baseline"])
        text = self.ok("eval", self.dir / "run", "--data", self.dir / "wines.csv").out
        self.assertIn(f"accuracy {report['accuracy']:.4f} (baseline 0.3333)\n", text)

    def test_figures_of_values(self):
        done, summary = self.run_on("patients", "--scale", "standard", "--normalize-target", "standard", "--lr", "0.01",
                                    "--epochs", 10)
        lines = done.out.splitlines()
        self.assertEqual(["val_r2", "val_rmse", "val_mae", "val_mse"], [line.split()[0] for line in lines[:4]])
        self.assertAlmostEqual(1, summary["baseline"]["train_loss"], delta=1e-5)  # of scaled targets
        self.assertAlmostEqual(0, summary["baseline"]["val_r2"], delta=0.1)
        self.assertAlmostEqual(77 * math.sqrt(11), summary["baseline"]["val_rmse"], delta=60)
        self.assertIn(f"(baseline {summary['baseline']['val_rmse']:.6g})", lines[1])

    def test_same_texts_on_any_ranks(self):
        def results(done):
            return [line for line in done.out.splitlines() if not line.startswith("results in")][:-1]

        hostile = ["--lr", "1e-9", "--epochs", 2, *RAW]
        one, of_one = self.run_on("cells", *hostile, "--threads", 1)
        self.assertIn("not better than the most frequent class", one.out)
        for ranks, threads in ((2, 1), (3, 2)):
            other, of_other = self.run_on("cells", *hostile, "--threads", threads, ranks=ranks)
            self.assertEqual(results(one), results(other))
            for name in ("baseline", "better_than_baseline", "causes", "weights_xxh3"):
                self.assertEqual(of_one[name], of_other[name])
        evaluate = ["eval", self.dir / "run", "--data", self.dir / "cells.csv"]
        alone = self.ok(*evaluate).out
        self.assertIn("not better than", alone)
        self.assertEqual(alone, self.ok(*evaluate, ranks=2).out)

    def assert_causes(self, summary, *says):
        """Exactly these."""
        self.assertIs(False, summary["better_than_baseline"])
        self.assertEqual(len(says), len(summary["causes"]), summary["causes"])
        for cause, text in zip(summary["causes"], says):
            self.assertIn(text, cause)

    def test_metrics_that_cannot_differ(self):
        """On a single class the accuracy, and on equal targets R2, show nothing; the losses decide."""
        rows = [(i / 50, int(i >= 50)) for i in range(100)]
        for name, label in (("classes", lambda x, c: "no" if c else "yes"), ("values", lambda x, c: 3 * x + 0.25)):
            lines = ["x,y", *(f"{x},{label(x, c)}" for x, c in rows)]
            table = harness.write_file(self.dir / f"{name}.csv", "\n".join(lines).encode())
            one = harness.write_file(self.dir / f"{name}-one.csv", "\n".join(lines[:2]).encode())
            self.train(name, "--data", table, "--hidden", 8, "--epochs", 60, "--batch", 10, "--lr", "0.05",
                       *(["--loss", "mse"] if name == "values" else []))
            said = self.ok("eval", self.dir / name, "--data", one).out
            self.assertNotIn("not better", said)

    def test_a_constant_target_among_others(self):
        """Its R2 is 1 for the baseline, which predicts it exactly, and 0 for a model that comes close. The model of both
        targets was then called worse than the baseline, although its loss was a fifth."""
        draw = random.Random(2)
        rows = [(draw.gauss(0, 1), draw.gauss(0, 1)) for _ in range(300)]
        lines = ["a,b,y,z", *(f"{a:.4f},{b:.4f},{a + b + draw.gauss(0, 0.7):.4f},3" for a, b in rows)]
        (self.dir / "two.csv").write_text("\n".join(lines) + "\n")
        done, summary = self.run_on("two", "--label", "y,z", "--loss", "mse", *RAW, "--lr", "0.01", "--epochs", 20)
        self.assertLess(summary["val_r2"], summary["baseline"]["val_r2"])
        self.assertLess(summary["val_loss"], 0.3 * summary["baseline"]["val_loss"])
        self.assertIs(True, summary["better_than_baseline"])
        self.assertNotIn("not better", done.out)
        self.assertNotIn("not better", self.ok("eval", self.dir / "run", "--data", self.dir / "two.csv").out)
        self.ok("report", self.dir / "run", "--out", self.dir / "page.html")
        page = (self.dir / "page.html").read_text()
        self.assertIn(", 1 for a constant target", page)
        self.assertNotIn("is not better than", page)

    def test_causes(self):
        _, summary = self.run_on("cells", *RAW, "--lr", "1e-10", "--epochs", 2)
        self.assert_causes(summary, "inputs are not scaled: the largest, x4, has", "another --lr")
        _, summary = self.run_on("cells", *SCALED, "--lr", "1e-10", "--epochs", 2)
        self.assert_causes(summary, "another --lr")
        _, summary = self.run_on("patients", *SCALED, "--lr", "1e-10", "--epochs", 2)
        self.assert_causes(summary, "targets are not scaled", "another --lr")
        _, summary = self.run_on("patients", "--scale", "standard", "--normalize-target", "standard", "--lr", "5",
                                 "--epochs", 3, "--divergence", "off", "--clip-norm", "1")
        self.assertIn("dead", "".join(summary["causes"]))
        self.assertNotIn("not scaled", "".join(summary["causes"]))

    def test_constant_inputs_are_not_dead_units(self):
        rows = "".join(f"3,0,{'fig' if i % 3 else 'kiwi'}\n" for i in range(300))
        (self.dir / "still.csv").write_text("a,b,y\n" + rows)
        for hidden in ("16", "none"):
            done, summary = self.run_on("still", *SCALED, "--lr", "0.01", "--epochs", 20, "--hidden", hidden)
            self.assert_causes(summary, "every input has the same value in all samples")
        self.assertIn("every input has the same value", self.ok("eval", self.dir / "run", "--data", self.dir / "still.csv").out)

    def test_learned_by_heart(self):
        draw = random.Random(1)
        lines = ["a,b,c,d,e,y"] + [",".join([f"{draw.gauss(0, 1):.4f}" for _ in range(5)] + [f"{draw.gauss(0, 1):.4f}"])
                                   for _ in range(120)]
        (self.dir / "noise.csv").write_text("\n".join(lines) + "\n")
        _, summary = self.run_on("noise", *SCALED, "--lr", "0.05", "--epochs", 200, "--hidden", "64")
        self.assert_causes(summary, "fits only its training samples")

    def test_without_held_out_data(self):
        done, summary = self.run_on("cells", *SCALED, "--lr", "1e-10", "--epochs", 1, "--val-split", 0)
        self.assertIn("not better than the most frequent class of the training samples (the baseline): train_loss ",
                      done.out)
        self.assert_causes(summary, "another --lr")

    def test_a_model_of_an_earlier_version(self):
        model = harness.SOURCE_DIR / "tests" / "golden" / "files-0.1.0" / "classes.safetensors"
        table = self.dir / "fruit.csv"
        table.write_text("a,b,c,d,e,y\n1,2,3,4,5,fig\n5,4,3,2,1,kiwi\n0,0,1,0,0,pear\n")
        report = json.loads(self.ok("eval", model, "--data", table, "--json").out)
        self.assertIsNone(report["baseline"])
        self.assertIsNone(report["better_than_baseline"])


if __name__ == "__main__":
    unittest.main()
