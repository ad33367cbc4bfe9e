"""Tables and arrays from the command line: the same numbers are the same run, in whatever file they come and on any ranks;
and what is wrong with a file is told with its line and column.
"""

import random
import struct
import unittest

import harness

DATA = 65
SAMPLES, FEATURES = 240, 5
NAMES = ["fig", "kiwi", "pear"]


def float32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def npy(descr, shape, data):
    """As numpy.save writes it: the data begin at a multiple of 64 bytes."""
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


class Tables(harness.Case):
    def setUp(self):
        super().setUp()
        draw = random.Random(3)
        self.rows = [[float32(draw.gauss(0, 1)) for _ in range(FEATURES)] for _ in range(SAMPLES)]
        self.labels = [draw.randrange(3) for _ in range(SAMPLES)]

    def file(self, name, content):
        return harness.write_file(self.dir / name, content if isinstance(content, bytes) else content.encode())

    def table(self, name, labels, delimiter=",", header=True, end="\n", rows=None):
        lines = [[f"x{f}" for f in range(FEATURES)] + ["kind"]] if header else []
        lines += [[repr(value) for value in row] + [str(label)] for row, label in zip(rows or self.rows, labels)]
        return self.file(name, "".join(delimiter.join(line) + end for line in lines))

    def arrays(self, descr="<f4", code="f"):
        values = [value for row in self.rows for value in row]
        inputs = self.file("x.npy", npy(descr, (SAMPLES, FEATURES), struct.pack(f"<{len(values)}{code}", *values)))
        labels = self.file("y.npy", npy("<i8", (SAMPLES,), struct.pack(f"<{SAMPLES}q", *self.labels)))
        return f"{inputs},{labels}"

    def weights(self, out, data, *arguments, ranks=None):
        done = self.train(out, "--data", data, "--hidden", 8, "--batch", 32, "--epochs", 2, *arguments, ranks=ranks)
        return done.figure("weights_xxh3")

    def test_one_run_from_any_file_and_any_ranks(self):
        first = self.weights("first", self.table("t.csv", self.labels))
        self.assertEqual(first, self.weights("plain", self.table("p.csv", self.labels, header=False)))
        self.assertEqual(first, self.weights("tabs", self.table("t.tsv", self.labels, "\t", end="\r\n")))
        self.assertEqual(first, self.weights("semicolons", self.table("table", self.labels, ";")))
        self.assertEqual(first, self.weights("named", self.table("n.csv", [NAMES[label] for label in self.labels])))
        self.assertEqual(first, self.weights("f4", self.arrays()))
        self.assertEqual(first, self.weights("f8", self.arrays("<f8", "d")))
        for ranks in (2, 3):
            self.assertEqual(first, self.weights(f"csv{ranks}", self.dir / "n.csv", ranks=ranks))
            self.assertEqual(first, self.weights(f"npy{ranks}", f"{self.dir / 'x.npy'},{self.dir / 'y.npy'}", ranks=ranks))

    def test_held_out_data_have_the_training_data_s_classes(self):
        """Validation data with two of the three classes, first seen in another order, score as the same rows do with all three."""
        named = self.table("n.csv", [NAMES[label] for label in self.labels])
        chosen = [i for i in range(SAMPLES) if self.labels[i] != 0][::-1][:50]
        rows = [self.rows[i] for i in chosen]
        some = self.table("some.csv", [NAMES[self.labels[i]] for i in chosen], rows=rows)
        numbers = self.table("numbers.csv", [self.labels[i] for i in chosen], rows=rows)
        scores = []
        for out, data, held_out in (("a", named, some), ("b", self.table("t.csv", self.labels), numbers)):
            self.weights(out, data, "--val-data", held_out)
            summary = harness.read_json(self.dir / out / "summary.json")
            scores.append((summary["val_loss"], summary["val_accuracy"], summary["val_samples"], summary["classes"]))
        self.assertEqual(scores[0], scores[1])
        self.assertEqual((50, 3), scores[0][2:])

    def test_whole_numbers_with_a_point(self):
        """0.0, 1.0 and 2.0 are classes, as 0, 1 and 2 are, and a note on rank 0 says how they become targets. Those
        of a run or model that has them as targets stay targets."""
        settings = ["--optimizer", "sgd", "--lr", 0.02, "--momentum", 0.9, "--weight-decay", 0, "--schedule", "constant",
                    "--scale", "none", "--init", "he", "--dropout", 0, "--normalize-target", "none"]
        first = self.weights("first", self.table("t.csv", self.labels), *settings)
        points = self.table("points.csv", [float(label) for label in self.labels])
        note = f"lockstep: note: {points}: the labels are whole numbers, such as "
        for ranks in (None, 2, 3):
            out = f"points{ranks}"
            done = self.train(out, "--data", points, "--hidden", 8, "--batch", 32, "--epochs", 2, *settings, ranks=ranks)
            self.assertEqual(first, done.figure("weights_xxh3"))
            self.assertEqual(1, done.err.count(note), done.err)
            self.assertIn("--loss mse reads them as targets\n", done.err)
        self.assertIn(note, self.ok("plan", "--data", points, "--batch", 32).err)
        self.assertIn("accuracy", self.ok("eval", self.dir / "first", "--data", points).out)

        targets = [*settings, "--loss", "mse"]
        whole = self.weights("whole", points, *targets)
        done = self.train("part", "--data", points, "--hidden", 8, "--batch", 32, "--epochs", 2, *targets, "--max-steps", 7)
        self.assertNotIn("note", done.err)
        self.assertIn("\nloss = mse\n", (self.dir / "part" / "config.ini").read_text())
        done = self.ok("train", "--resume", self.dir / "part", "--max-steps", "none")
        self.assertEqual(whole, done.figure("weights_xxh3"))
        self.assertIn("rmse", self.ok("eval", self.dir / "part", "--data", points).out)

    def bad(self, says, *arguments):
        self.refused(DATA, "train", "--hidden", 8, "--out", self.dir / "bad", *arguments, says=says)
        self.assertFalse((self.dir / "bad").exists())

    def test_what_is_wrong_is_told_with_its_place(self):
        named = self.table("n.csv", [NAMES[label] for label in self.labels])
        for value, says in (("x", "not numbers: \"x\" in line 101"), ("1e40", "\"1e40\" is too large")):
            lines = named.read_text().splitlines()
            fields = lines[100].split(",")
            fields[3] = value
            lines[100] = ",".join(fields)
            self.bad(["bad.csv", "column 4 (\"x3\"): ", says], "--data", self.file("bad.csv", "\n".join(lines)))
        unseen = self.table("unseen.csv", ["fig", "plum"], rows=self.rows[:2])
        self.bad(["the label of line 3 is plum", "n.csv"], "--data", named, "--test-data", unseen)
        renamed = self.file("renamed.csv", named.read_text().replace("x1", "y1", 1))
        self.bad("has no column \"x1\", which is an input in the training data", "--data", named, "--test-data", renamed)
        self.rows[7][2] = float("inf")
        self.bad("feature 2 of sample 7 (both from 0) is inf", "--data", self.arrays())


if __name__ == "__main__":
    unittest.main()
