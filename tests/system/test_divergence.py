"""Runs that diverge, although every number in them is finite, end with exit code 3, after the same step on
any number of ranks and after any resume, and keep weights from before.
"""

import random
import unittest

import harness

DIVERGED = 3
FIXED = ["--hidden", "none", "--optimizer", "sgd", "--momentum", "0", "--schedule", "constant", "--scale", "none",
         "--normalize-target", "none", "--init", "he", "--dropout", "0", "--batch", "64", "--progress", "off",
         "--val-split", "80", "--noise-scale", "off"]


class Divergence(harness.Case):
    def setUp(self):
        super().setUp()
        draw = random.Random(3)
        rows = [(1000 * draw.gauss(0, 1), draw.gauss(0, 1)) for _ in range(400)]
        text = "a,b,y\n" + "".join(f"{a:.6f},{b:.6f},{3 * a + b + 0.5:.6f}\n" for a, b in rows)
        (self.dir / "table.csv").write_text(text)

    def train(self, out, *arguments, ranks=None):
        return harness.run("train", "--data", self.dir / "table.csv", *FIXED, "--out", self.dir / out, *arguments,
                           ranks=ranks)

    def resume(self, out, *arguments, ranks=None):
        return harness.run("train", "--resume", self.dir / out, *arguments, ranks=ranks)

    def summary(self, out):
        return harness.read_json(self.dir / out / "summary.json")

    def assert_diverges(self, out, *arguments, ranks=None):
        return self.assert_diverged(out, self.train(out, *arguments, ranks=ranks))

    def assert_diverged(self, out, done):
        self.assert_failure(done, DIVERGED, ["the mean training loss of epoch", "--divergence", "--lr", "--scale"])
        summary = self.summary(out)
        self.assertEqual("diverged", summary["stopped_by"])
        self.assertGreater(summary["train_loss"],
                           1000 * max(summary["first_loss"], summary["baseline"]["train_loss"]))
        return done.messages[0], summary

    def test_same_end_on_any_ranks(self):
        message, summary = self.assert_diverges("one", "--lr", "1e-5", "--epochs", 10)
        self.assertEqual((5, 0), (summary["steps_done"], summary["weights_of_step"]))
        self.assertIn("the weights kept are those from before the first step", message)
        for ranks, threads in ((None, 2), (2, 1), (3, 2)):
            other, of_other = self.assert_diverges(f"{ranks}-{threads}", "--lr", "1e-5", "--epochs", 10, "--threads",
                                                   threads, ranks=ranks)
            self.assertEqual(message, other)
            for name in ("steps_done", "train_loss", "first_loss", "baseline", "weights_xxh3"):
                self.assertEqual(summary[name], of_other[name], name)

    def test_off(self):
        self.assertEqual(0, self.train("off", "--lr", "1e-5", "--epochs", 3, "--divergence", "off").code)
        self.assertGreater(self.summary("off")["train_loss"], 1e20)

    def test_a_sane_rate(self):
        done = self.train("sane", "--lr", "5e-7", "--epochs", 10)
        self.assertEqual(0, done.code, done)
        self.assertIs(True, self.summary("sane")["better_than_baseline"])
        self.assertNotIn("not better", done.out)

    SLOW = ["--lr", "1.3e-6", "--epochs", "40"]  # it grows a little at every step

    def test_weights_of_the_epoch_before(self):
        message, summary = self.assert_diverges("slow", *self.SLOW)
        kept = summary["weights_of_step"]
        self.assertEqual(summary["steps_done"] - 5, kept)
        self.assertGreater(kept, 0)
        self.assertIn(f"the weights kept are those of step {kept};", message)
        self.assertEqual(kept, summary["evaluated_at_step"])
        self.assertEqual(0, self.train("until", *self.SLOW, "--max-steps", kept, "--divergence", "off").code)
        self.assertEqual(self.summary("until")["weights_xxh3"], summary["weights_xxh3"])

    def test_a_run_that_ends_within_an_epoch(self):
        _, whole = self.assert_diverges("slow", *self.SLOW)
        steps = whole["steps_done"] - 1
        _, summary = self.assert_diverges("within", *self.SLOW, "--max-steps", steps)
        self.assertEqual((steps, whole["weights_of_step"]), (summary["steps_done"], summary["weights_of_step"]))

    def test_best_weights(self):
        _, summary = self.assert_diverges("best", *self.SLOW, "--early-stop", "val_loss", "--patience", 100)
        best = summary["weights_of_step"]
        self.assertEqual(best, summary["evaluated_at_step"])
        self.assertEqual(0, self.train("until", *self.SLOW, "--max-steps", best, "--divergence", "off").code)
        self.assertEqual(self.summary("until")["weights_xxh3"], summary["weights_xxh3"])

    def test_resumed_within_the_first_epoch(self):
        """The initial weights are kept."""
        rate = ["--lr", "1e-5", "--epochs", 10]
        message, whole = self.assert_diverges("whole", *rate)
        self.assertEqual(0, self.train("part", *rate, "--max-steps", 2, "--divergence", "off").code)
        again, summary = self.assert_diverged("part", self.resume("part", "--max-steps", "none", "--divergence", 1000))
        self.assertEqual(message, again)
        self.assertEqual((0, whole["weights_xxh3"]), (summary["weights_of_step"], summary["weights_xxh3"]))

    def test_without_a_checkpoint(self):
        """The message said only that there is none."""
        self.assert_failure(self.train("huge", "--lr", "1e38", "--epochs", 1), DIVERGED, ["would not be finite at step"])
        steps = self.summary("huge")["steps_done"]
        done = self.resume("huge")
        self.assert_failure(done, 66, [
            "holds no checkpoint", f"the run ended after step {steps}, stopped by diverged, without one", "a smaller --lr"])
        self.assertEqual(0, self.train("never", "--lr", "1e-7", "--epochs", 1, "--checkpoint-every", "never").code)
        self.assert_failure(self.resume("never"), 66, ["ended after step 5, stopped by epochs", "--init-from"])

    def test_resumed(self):
        """From a checkpoint at the end of an epoch, and from some within the epoch that diverges; their own weights were
        kept, instead of those of the epoch before."""
        message, whole = self.assert_diverges("slow", *self.SLOW)
        for steps in (whole["weights_of_step"] - 10, whole["weights_of_step"] + 2):
            out = f"resumed-{steps}"
            self.assertEqual(0, self.train(out, *self.SLOW, "--max-steps", steps, "--divergence", "1e9").code)
            state = harness.read_json(next((self.dir / out / "checkpoints").iterdir()) / "state.json")
            losses = state["state"]["divergence"]
            self.assertEqual((whole["first_loss"], whole["baseline"]["train_loss"]),
                             (losses["first_loss"], losses["trivial_loss"]))
            self.resume(out, "--max-steps", steps + 1, ranks=2)
            again, summary = self.assert_diverged(out, self.resume(out, "--max-steps", "none", "--divergence", 1000))
            self.assertEqual(message, again)
            for name in ("steps_done", "weights_of_step", "weights_xxh3", "evaluated_at_step"):
                self.assertEqual(whole[name], summary[name], (steps, name))


if __name__ == "__main__":
    unittest.main()
