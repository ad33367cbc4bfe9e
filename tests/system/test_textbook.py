"""The two runs that every textbook on batches, steps and epochs has, line for line.

(a) 10,000 samples, B=32, 5 epochs: 313 steps an epoch and 1,565 in all; with --drop-last 312 and
    1,560. (b) 1,000 samples, B=200, 5 epochs, a line a step: 5 an epoch, 25 in all.
"""

import math
import re
import unittest

import harness

PLAIN = ["--optimizer", "sgd", "--schedule", "constant", "--scale", "none", "--init", "he", "--dropout", "0"]
CLASSES = ["--data", "synthetic:samples=10000,features=10,classes=2,labels=random", "--hidden", "50",
           "--batch", "32", "--epochs", "5", "--lr", "0.01", "--log-every", "50", *PLAIN]
VALUES = ["--data", "synthetic:samples=1000,features=10,targets=1,labels=zero", "--hidden", "none",
          "--loss", "mse", "--normalize-target", "none", "--batch", "200", "--epochs", "5", "--lr", "0.01",
          "--log-every", "1", *PLAIN]

LINE = re.compile(r"^Epoch \[(\d+)/(\d+)\] Iter \[(\d+)/(\d+)\] Step \[(\d+)/(\d+)\] loss (\S+) lr 0\.01\b")
EPOCH = re.compile(r"^Epoch \[(\d+)/5\] after step (\d+): train_loss (\S+) ")


def lines(done):
    """(epoch, epochs, iteration, iterations, step, steps) of each progress line, and the losses."""
    found = [match.groups() for line in done.err.splitlines() if (match := LINE.match(line))]
    return [tuple(map(int, groups[:6])) for groups in found], [float(groups[6]) for groups in found]


def epochs(done):
    return [match.groups() for line in done.out.splitlines() if (match := EPOCH.match(line))]


def expected(iterations, per_epoch):
    """Lines at these iterations of each of five epochs and at its last."""
    return [(epoch, 5, i, per_epoch, (epoch - 1) * per_epoch + i, 5 * per_epoch)
            for epoch in range(1, 6) for i in [*iterations, per_epoch]]


class Textbook(harness.Case):
    def train_aloud(self, out, *arguments, **settings):
        return self.ok("train", "--out", self.dir / out, *arguments, **settings)

    def assert_near_ln2(self, losses):
        """Random labels cannot be learned, so all there is to know is ln 2; a batch of 32 strays by
        some hundredths, and by more while the first weights are unlearned."""
        for loss in losses:
            self.assertLess(abs(loss - math.log(2)), 0.35)
        self.assertLess(abs(sum(losses) / len(losses) - math.log(2)), 0.05)

    def test_classes_tail_kept(self):
        done = self.train_aloud("kept", *CLASSES)
        triples, losses = lines(done)
        self.assertEqual(expected([50, 100, 150, 200, 250, 300], 313), triples, done)
        self.assertIn("Epoch [2/5] Iter [50/313] Step [363/1565] loss ", done.err)
        self.assertIn("  batch      32 samples; 313 steps per epoch, the last with 16 samples; 5 epochs, 1,565 steps\n", done.err)
        self.assert_near_ln2(losses)
        self.assert_near_ln2([float(loss) for _, _, loss in epochs(done)])
        self.assertEqual([313, 626, 939, 1252, 1565], [int(step) for _, step, _ in epochs(done)])

    def test_classes_tail_dropped(self):
        done = self.train_aloud("dropped", *CLASSES, "--drop-last")
        triples, losses = lines(done)
        self.assertEqual(expected([50, 100, 150, 200, 250, 300], 312), triples, done)
        self.assertIn("Epoch [2/5] Iter [50/312] Step [362/1560] loss ", done.err)
        self.assertIn("  batch      32 samples; 312 steps per epoch, 16 samples dropped; 5 epochs, 1,560 steps\n", done.err)
        self.assert_near_ln2(losses)

    def test_values(self):
        done = self.train_aloud("values", *VALUES)
        triples, losses = lines(done)
        self.assertEqual(expected([1, 2, 3, 4], 5), triples, done)
        self.assertEqual(25, len(triples))
        self.assertLess(losses[-1], losses[0] / 2, "zero targets are learned by any linear model")
        self.assertIn("10-1, 11 parameters", done.err)
        self.assertEqual(25, harness.read_json(self.dir / "values" / "summary.json")["steps_done"])

    def test_two_ranks_say_the_same(self):
        for name, arguments in (("classes", CLASSES), ("values", VALUES)):
            one, two = (self.train_aloud(f"{name}{ranks}", *arguments, ranks=ranks) for ranks in (None, 2))
            self.assertEqual(lines(one), lines(two))
            self.assertEqual(epochs(one), epochs(two))
            self.assertEqual(one.figure("weights_xxh3"), two.figure("weights_xxh3"))
            models = [(self.dir / f"{name}{ranks}" / "model.safetensors").read_bytes() for ranks in (None, 2)]
            self.assertEqual(*models)


if __name__ == "__main__":
    unittest.main()
