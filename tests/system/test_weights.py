"""Weights of samples, as a user meets them: --weight names a column of a table.

The numbers are those of PyTorch and scikit-learn (tests/unit/golden_net.c, metric_sums.c); here the
column reaches training, evaluation and the records, on any ranks, and across a stop.
"""

import json
import random
import unittest

import harness

BAD_DATA = 65
WEIGHTS = ["0", "0.5", "1", "2", "3.25"]
RUN = ["--label", "y", "--weight", "w", "--hidden", "9", "--batch", "32", "--epochs", "4", "--lr", "0.1", "--scale",
       "standard", "--val-split", "0.2", "--slices", "2", "--log-every", "1", "--threads", "1"]


def rows_of(seed, samples, weights):
    rng = random.Random(seed)
    rows = []
    for _ in range(samples):
        a, b = rng.gauss(0, 1), rng.gauss(0, 1)
        rows.append([f"{a:.4f}", f"{b:.4f}", rng.choice(weights), "xyz"[int(abs(a + b) * 1.2) % 3]])
    return rows


class Weights(harness.Case):
    def write(self, name, rows, header="a,b,w,y"):
        path = self.dir / name
        path.write_text("\n".join([header, *(",".join(row) for row in rows)]) + "\n", encoding="utf-8")
        return path

    def setUp(self):
        super().setUp()
        self.table = self.write("table.csv", rows_of(1, 300, WEIGHTS))
        self.test = self.write("test.csv", rows_of(2, 120, WEIGHTS))

    def run_of(self, out, *more, **settings):
        self.train(out, "--data", self.table, "--test-data", self.test, *RUN, *more, **settings)
        return harness.read_json(self.dir / out / "summary.json")

    def figures(self, summary):
        return {name: summary[name] for name in ("weights_xxh3", "train_loss", "val_loss", "val_f1", "test_loss",
                                                 "test_accuracy")}

    def test_the_same_bits(self):
        wanted = self.figures(self.run_of("one"))
        for more, ranks in ((["--threads", "3"], None), (["--threads", "2", "--pass-rows", "1"], 2), ([], 3),
                            (["--team", "rank"], 4), (["--team", "2"], 3)):
            with self.subTest(more=more, ranks=ranks):
                self.assertEqual(wanted, self.figures(self.run_of(f"run{ranks}{more}", *more, ranks=ranks)))
        self.train("without", "--data", self.table, "--ignore", "w", *[word for word in RUN
                                                                       if word not in ("--weight", "w")])
        other = harness.read_json(self.dir / "without" / "summary.json")
        self.assertNotEqual(wanted["weights_xxh3"], other["weights_xxh3"])

    def test_the_record(self):
        summary = self.run_of("run", "--class-weights", "balanced", "--label-smoothing", "0.1")
        self.assertFalse(summary["noise_valid"])
        self.assertEqual(["samples have unequal weights"] * 2, [summary["noise_why"], summary["frozen_noise_why"]])
        done = self.ok("train", "--data", self.table, *RUN, "--verbose", "--out", self.dir / "loud")
        self.assertIn("cross-entropy, samples weighted\n", done.err)

    def test_eval_is_the_run_s(self):
        summary = self.run_of("run")
        arguments = ["eval", self.dir / "run", "--data", self.test, "--json"]
        found = json.loads(self.ok(*arguments, "--weight", "w").out)
        self.assertEqual((summary["test_loss"], summary["test_accuracy"], summary["test_f1"]),
                         (found["loss"], found["accuracy"], found["f1"]))
        self.assertEqual(120, found["samples"])
        weight = sum(float(row[2]) for row in rows_of(2, 120, WEIGHTS))
        self.assertEqual(weight, sum(cell for row in found["confusion"] for cell in row))
        for ranks in 2, 3:
            self.assertEqual(found, json.loads(self.ok(*arguments, "--weight", "w", ranks=ranks).out))
        # The model knows the column of its weights; a table without it, or with --ignore, has none.
        for ranks in None, 2:
            done = self.ok(*arguments, ranks=ranks)
            self.assertEqual(found, json.loads(done.out))
            self.assertEqual(1, done.err.count("samples are weighted by w, as in training; --ignore w evaluates without"))
        without = json.loads(self.ok(*arguments, "--ignore", "w").out)
        self.assertNotEqual(found["loss"], without["loss"])
        arguments[3] = self.write("bare.csv", [[*row[:2], row[3]] for row in rows_of(2, 120, WEIGHTS)], "a,b,y")
        done = self.ok(*arguments)
        self.assertEqual(without["loss"], json.loads(done.out)["loss"])
        self.assertEqual(1, done.err.count("note: trained with the weight column w; "), done.err)
        self.assertIn("bare.csv is read without weights, so every sample counts 1", done.err)
        self.assertIn("w is not among the inputs", self.ok("predict", self.dir / "run", "--data", self.test).err)

    def test_whole_numbers_are_repetitions(self):
        self.run_of("run")
        rows = rows_of(3, 90, ["0", "1", "2", "3"])
        repeated = [row for row in rows for _ in range(int(row[2]))]
        found = [json.loads(self.ok("eval", self.dir / "run", "--data", path, "--json", *more).out)
                 for path, more in ((self.write("whole.csv", rows), ["--weight", "w"]),
                                    (self.write("repeated.csv", repeated), ["--ignore", "w"]))]
        self.assertEqual(found[0]["confusion"], found[1]["confusion"])
        self.assertEqual(found[0]["auc"], found[1]["auc"])
        for name in "loss", "accuracy", "f1":
            self.assertAlmostEqual(found[0][name], found[1][name], places=12)
            self.assertAlmostEqual(found[0]["baseline"][name], found[1]["baseline"][name], places=6)

    def test_batches_of_weight_0(self):
        """The second and the last of four; their steps count, with the loss 0, and move nothing."""
        rows = rows_of(4, 128, ["1", "2"])
        for row in [*rows[32:64], *rows[96:]]:
            row[2] = "0"
        hashes = set()
        for ranks, more in (None, []), (3, ["--team", "rank"]), (2, ["--clip-norm", "1e9"]):
            out = f"idle{ranks}"
            self.train(out, "--data", self.write("idle.csv", rows), *RUN, "--val-split", "0", "--shuffle", "off",
                       "--momentum", "0.9", "--weight-decay", "0.01", *more, ranks=ranks)
            summary = harness.read_json(self.dir / out / "summary.json")
            hashes.add(summary["weights_xxh3"])
            steps = [event for event in harness.read_events(self.dir / out / "metrics.jsonl") if event["event"] == "step"]
            self.assertEqual([True, False] * 8, [event["loss"] > 0 for event in steps])
            self.assertEqual(16, summary["steps_done"])
            epoch = sum(event["loss"] * weight for event, weight in zip(
                steps[-4:], [sum(float(row[2]) for row in rows[i:i + 32]) for i in range(0, 128, 32)], strict=True))
            self.assertAlmostEqual(summary["train_loss"], epoch / sum(float(row[2]) for row in rows), places=12)
        self.assertEqual(1, len(hashes))

    def test_no_weight_at_all(self):
        rows = rows_of(5, 40, ["0"])
        rows[7][2] = "1"
        path = self.write("one.csv", rows)
        self.refused(BAD_DATA, "train", "--data", path, *RUN, "--val-split", "0.5", "--out", self.dir / "none",
                     says=["the weights of all 20 ", " samples are 0"])

    def test_no_weight_in_a_set_of_its_own(self):
        """Means over no weight printed as nan."""
        zero = self.write("zero.csv", rows_of(6, 20, ["0"]))
        for option, which in ("--val-data", "validation"), ("--test-data", "test"):
            self.refused(BAD_DATA, "train", "--data", self.table, option, zero, *RUN, "--val-split", "0", "--out",
                         self.dir / "none", says=f"the weights of all 20 {which} samples are 0")
        self.run_of("run")
        self.refused(BAD_DATA, "eval", self.dir / "run", "--data", zero, "--weight", "w",
                     says="the weights of all 20 evaluated samples are 0")

    def test_resuming(self):
        wanted = self.figures(self.run_of("whole"))
        self.run_of("run", "--max-steps", "11")
        self.ok("train", "--resume", self.dir / "run", "--progress", "off", "--max-steps", "none", "--threads", "1",
                ranks=2)
        self.assertEqual(wanted, self.figures(harness.read_json(self.dir / "run" / "summary.json")))
        self.run_of("changed", "--max-steps", "11")
        rows = rows_of(1, 300, WEIGHTS)
        rows[299][2] = "1.5"
        self.write("table.csv", rows)
        self.refused(BAD_DATA, "train", "--resume", self.dir / "changed", "--max-steps", "none",
                     says="the training data is 240 x 2 with XXH3")

    def test_plan_counts_them(self):
        """A float for each sample, and a float and a double for each row of a pass."""
        arguments = ["plan", "--data", self.table, "--label", "y", "--batch", "240", "--noise-scale", "off", "--json"]
        without, weighted = (json.loads(self.ok(*arguments, *more).out)["plans"][0]
                             for more in (["--ignore", "w"], ["--weight", "w"]))
        added = {name: weighted[f"memory_{name}_bytes"] - without[f"memory_{name}_bytes"]
                 for name in ("data", "activations")}
        self.assertEqual({"data": 300 * 4, "activations": 240 * 12}, added)


if __name__ == "__main__":
    unittest.main()
