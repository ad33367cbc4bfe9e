"""Validation and test samples of a table: whole groups, or the last ones, the same on any ranks."""

import random
import unittest

import harness

RUN = ["--max-steps", 12, "--hidden", "5", "--normalize-target", "standard", "--lr", "0.01", "--progress", "off"]


class Splits(harness.Case):
    def setUp(self):
        """20 days of 7 samples and 20 patients with 7; the target is the number of the sample in time."""
        super().setUp()
        draw = random.Random(3)
        self.rows = [(draw.gauss(0, 1), number // 7, number * 3 % 20, number) for number in range(140)]
        draw.shuffle(self.rows)
        lines = [f"{x:.3f},{2000 + day},p{patient},{number}.5\n" for x, day, patient, number in self.rows]
        self.table = harness.write_file(self.dir / "t.csv", "".join(["x,day,patient,y\n", *lines]).encode())

    def figures(self, out, *options, **settings):
        self.ok("train", "--data", self.table, *RUN, *options, "--out", self.dir / out, **settings)
        return harness.read_json(self.dir / out / "summary.json")

    def assert_same_on_ranks(self, summary, *options):
        for ranks, team in ((2, "node"), (3, "rank")):
            again = self.figures(f"ranks{ranks}", *options, "--team", team, "--threads", 1, ranks=ranks)
            for figure in ("weights_xxh3", "val_loss", "test_loss"):
                self.assertEqual(summary[figure], again[figure])

    def test_the_last_days(self):
        """30 samples are 4 days, as 28 is nearer than 35; the baseline shows which samples they are."""
        options = ["--split-by", "day", "--val-split", 30, "--test-split", 13, "--ignore", "patient"]
        summary = self.figures("run", *options)
        sizes = tuple(summary[name] for name in ("train_samples", "val_samples", "test_samples"))
        self.assertEqual((98, 28, 14), sizes)
        mean = sum(range(98)) / 98
        self.assertAlmostEqual(sum(number - mean for number in range(98, 126)) / 28, summary["baseline"]["val_mae"], 4)
        self.assertAlmostEqual(sum(number - mean for number in range(126, 140)) / 14, summary["baseline"]["test_mae"], 4)
        self.assert_same_on_ranks(summary, *options)

    def test_whole_patients(self):
        options = ["--group", "patient", "--val-split", 30, "--test-split", 0.1, "--ignore", "day"]
        summary = self.figures("run", *options)
        self.assertEqual((98, 28, 14), tuple(summary[name] for name in ("train_samples", "val_samples", "test_samples")))
        self.assert_same_on_ranks(summary, *options)
        other = self.figures("seed", *options, "--seed", 2)
        self.assertNotEqual(summary["baseline"]["val_mae"], other["baseline"]["val_mae"])

    def test_a_split_that_cannot_be(self):
        harness.write_file(self.table, b"x,day,y\n1,5,2\n2,5,3\n3,5,7\n")
        for option, message in (("--split-by", "have equal values in the column of --split-by"),
                                ("--group", "are of one group, and groups are not split")):
            self.refused(65, "train", "--data", self.table, option, "day", "--val-split", 1, says=message)


if __name__ == "__main__":
    unittest.main()
