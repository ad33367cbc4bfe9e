"""The noise scale as a user meets it: the sentence, the records, where there is none and why."""

import unittest

import harness

# 3 epochs of 10 steps.
RUN = ["--data", "synthetic:samples=640,features=12,classes=3", "--hidden", "16", "--batch", "64", "--epochs", "3",
       "--lr", "0.05", "--threads", "1", "--log-every", "1"]
OFF = {"noise_scale", "noise_error", "noise_trace", "noise_gradient_square"}


class Noise(harness.Case):
    def summary(self, out):
        return harness.read_json(self.dir / out / "summary.json")

    def events(self, out, kind):
        return [event for event in harness.read_events(self.dir / out / "metrics.jsonl") if event["event"] == kind]

    def test_sentence_and_records_agree(self):
        done = self.train("run", *RUN, "--progress", "lines")
        summary, steps, epochs = self.summary("run"), self.events("run", "step"), self.events("run", "epoch")
        scale, error = summary["noise_scale"], summary["noise_error"]
        self.assertTrue(summary["noise_valid"])
        self.assertIsNone(summary["noise_why"])
        self.assertAlmostEqual(1, scale * summary["noise_gradient_square"] / summary["noise_trace"])
        self.assertEqual(scale, steps[-1]["noise_scale"])
        self.assertEqual((scale, error), (epochs[-1]["noise_scale"], epochs[-1]["noise_error"]))
        self.assertEqual([step["step"] % 4 == 0 for step in steps],  # step/noise.h: one of 256 / 64 is measured
                         [step["gradient_norm"] is not None for step in steps])
        saved, cost = 100 * (1 - (1 + scale / 128) / (1 + scale / 64)), 100 * ((128 + scale) / (64 + scale) - 1)
        self.assertIn(f"noise scale about {round(scale):,} +- {round(error):,} samples (the critical batch size now): "
                      f"doubling the batch from 64 would save {saved:.0f} % of the steps and cost {cost:.0f} % more "
                      "samples\n", done.out)

    def test_it_changes_no_weight(self):
        self.train("on", *RUN, "--progress", "off")
        done = self.train("off", *RUN, "--progress", "off", "--noise-scale", "off")
        on, off = self.summary("on"), self.summary("off")
        self.assertEqual(on["weights_xxh3"], off["weights_xxh3"])
        self.assertEqual((False, "off (--noise-scale)"), (off["noise_valid"], off["noise_why"]))
        self.assertEqual({None}, {off[name] for name in OFF})
        self.assertNotIn("noise", done.out)
        self.assertEqual({None}, {step["gradient_norm"] for step in self.events("off", "step")})

    def test_where_it_says_nothing(self):
        for out, why, options in (("weights", "samples have class weights", ["--class-weights", "balanced"]),
                                  ("single", "batches of one sample", ["--batch", "1", "--max-steps", "5"])):
            self.train(out, *RUN, *options)
            summary = self.summary(out)
            self.assertEqual((False, why), (summary["noise_valid"], summary["noise_why"]))
            self.assertEqual({None}, {summary[name] for name in OFF})
        done = self.train("ordered", *RUN, "--shuffle", "off")
        summary = self.summary("ordered")
        self.assertEqual((False, "batches are not drawn at random (--shuffle off)"),
                         (summary["noise_valid"], summary["noise_why"]))
        self.assertIsNotNone(summary["noise_trace"])
        self.assertNotIn("noise scale about", done.out)

    def test_norm_that_clipping_knows(self):
        """The same as the measured one but for the last digits, and there where nothing is measured."""
        self.train("clip", *RUN, "--clip-norm", "1e9", "--noise-scale", "off")
        self.train("plain", *RUN)
        for clip, plain in zip(self.events("clip", "step"), self.events("plain", "step")):
            measured = plain["gradient_norm"] or clip["gradient_norm"]
            self.assertAlmostEqual(1, clip["gradient_norm"] / measured, delta=1e-6)


if __name__ == "__main__":
    unittest.main()
