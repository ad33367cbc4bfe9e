"""The noise scale as a user meets it: the sentences, the records, where there is none and why."""

import operator
import random
import re
import unittest

import harness

# 3 epochs of 10 steps.
RUN = ["--data", "synthetic:samples=640,features=12,classes=3", "--hidden", "16", "--batch", "64", "--epochs", "3",
       "--optimizer", "sgd", "--lr", "0.05", "--schedule", "constant", "--scale", "none", "--init", "he",
       "--dropout", "0", "--threads", "1", "--log-every", "1"]
LONGER = [*RUN, "--epochs", "4"]  # long enough for the frozen pass
TRAILING = {"noise_scale", "noise_error", "noise_trace", "noise_gradient_square", "noise_from_step"}
FROZEN = {"frozen_noise_scale", "frozen_noise_low", "frozen_noise_high", "frozen_noise_trace",
          "frozen_noise_gradient_square"}


class Noise(harness.Case):
    def summary(self, out):
        return harness.read_json(self.dir / out / "summary.json")

    def events(self, out, kind):
        return [event for event in harness.read_events(self.dir / out / "metrics.jsonl") if event["event"] == kind]

    def test_trailing_average(self):
        done = self.train("run", *RUN, "--noise-scale", "trailing")
        summary, steps, epochs = self.summary("run"), self.events("run", "step"), self.events("run", "epoch")
        scale, error = summary["noise_scale"], summary["noise_error"]
        self.assertTrue(summary["noise_valid"])
        self.assertIsNone(summary["noise_why"])
        self.assertAlmostEqual(1, scale * summary["noise_gradient_square"] / summary["noise_trace"])
        for last in steps[-1], epochs[-1]:
            self.assertEqual((scale, error), (last["noise_scale"], last["noise_error"]))
        self.assertEqual((summary["noise_from_step"], summary["noise_moving"]),
                         (epochs[-1]["noise_from_step"], epochs[-1]["noise_moving"]))
        self.assertEqual([step["step"] % 4 == 0 for step in steps],  # step/noise.h: one of 256 / 64 is measured
                         [step["gradient_norm"] is not None for step in steps])
        moving = ", still moving" if summary["noise_moving"] else ""
        self.assertIn(f"noise scale, trailing over steps {summary['noise_from_step']}-30: {round(scale):,} +- "
                      f"{round(error):,} samples{moving}\n", done.out)
        self.assertNotIn("of these weights", done.out)
        self.assertEqual("off (--noise-scale)", summary["frozen_noise_why"])

    def test_frozen_pass(self):
        done = self.train("run", *LONGER)
        summary = self.summary("run")
        scale = summary["frozen_noise_scale"]
        self.assertEqual((640, True, None),
                         tuple(summary[f"frozen_noise_{key}"] for key in ("rows", "exact", "why")))
        self.assertEqual([scale] * 2, [summary["frozen_noise_low"], summary["frozen_noise_high"]])
        self.assertRegex(done.out, rf"noise scale of these weights: {round(scale):,} samples \(all 640 training rows, "
                                   r"\d+ ms\), the ratio of noise to signal of SGD's gradient; usually a low guess of "
                                   r"the critical batch size\n")
        self.assertLess(summary["frozen_noise_seconds"], 1)

    def test_what_the_sentence_adds(self):
        done = self.train("run", *LONGER, "--optimizer", "adamw", "--lr", "0.001", "--dropout", "0.2")
        self.assertIn("training rows without dropout, ", done.out)
        self.assertIn("SGD's gradient, not of adamw's step; ", done.out)

    def test_it_is_never_called_the_critical_batch_size(self):
        for text in (self.train("run", *LONGER).out, self.ok("help", "words").out):
            for found in re.findall(r".{40}critical batch size", text, re.DOTALL):
                self.assertRegex(found, r"a low guess of the|not the critical|measures that")

    def test_it_changes_no_weight(self):
        runs = {}
        for mode in "on", "trailing", "off":
            runs[mode] = self.train(mode, *LONGER, "--noise-scale", mode), self.summary(mode)
        self.assertEqual(1, len({summary["weights_xxh3"] for _, summary in runs.values()}))
        done, off = runs["off"]
        self.assertEqual((False, "off (--noise-scale)"), (off["noise_valid"], off["noise_why"]))
        self.assertEqual({None}, {off[name] for name in TRAILING | FROZEN})
        self.assertNotIn("noise scale", done.out)
        self.assertEqual({None}, {step["gradient_norm"] for step in self.events("off", "step")})

    def test_where_it_says_nothing(self):
        for out, why, options in (("weights", "samples have unequal weights", ["--class-weights", "balanced"]),
                                  ("single", "batches of one sample", ["--batch", "1", "--max-steps", "5"])):
            self.train(out, *RUN, *options)
            summary = self.summary(out)
            self.assertEqual((False, why), (summary["noise_valid"], summary["noise_why"]))
            self.assertEqual({None}, {summary[name] for name in TRAILING})
        done = self.train("ordered", *RUN, "--shuffle", "off")
        summary = self.summary("ordered")
        self.assertEqual((False, "batches are not drawn at random (--shuffle off)"),
                         (summary["noise_valid"], summary["noise_why"]))
        self.assertIsNotNone(summary["noise_trace"])
        self.assertNotIn("noise scale", done.out)

    def test_tiny_runs_end_without_it(self):
        for out, why, options in (
                ("short", "the run was too short", RUN),
                ("few", "there are too few training rows", [*RUN, "--data", "synthetic:samples=31,classes=2"])):
            done = self.train(out, *options)
            summary = self.summary(out)
            self.assertEqual(why, summary["frozen_noise_why"])
            self.assertEqual({None}, {summary[name] for name in FROZEN | {"frozen_noise_rows", "frozen_noise_seconds"}})
            self.assertNotIn("of these weights", done.out)
        self.assertNotIn("noise scale", done.out)

    def test_any_layout(self):
        """The same figure on any number of ranks and threads, in any passes and batches, whole or in part."""
        for samples, epochs in (1000, 4), (5000, 7):
            data = ["--data", f"synthetic:samples={samples},features=12,classes=3", "--epochs", epochs]
            found = set()
            for i, (ranks, layout) in enumerate(((1, []), (1, ["--threads", "3"]), (2, ["--team", "rank"]), (3, []),
                                                 (3, ["--team", "2", "--pass-rows", "1", "--threads", "2"]))):
                out = f"run{samples}-{i}"
                self.train(out, *RUN, *data, *layout, ranks=ranks)
                summary = self.summary(out)
                self.assertEqual(samples <= 4096, summary["frozen_noise_exact"])
                found.add(tuple(summary[name] for name in sorted(FROZEN)))
            self.assertEqual(1, len(found), found)
            self.assertNotIn(None, found.pop())

    def test_brute_force(self):
        """One layer, whose gradients for a sample are (p - y) (x, 1); with class weights and label smoothing too."""
        rows, classes, features = 300, 3, 4
        draw = random.Random(3)
        table = [[draw.uniform(-1, 1) for _ in range(features)] for _ in range(rows)]
        labels = [min(2, int(3 * draw.random() ** 2)) for _ in range(rows)]
        (self.dir / "t.csv").write_text("a,b,c,d,y\n" + "".join(
            ",".join([*map(repr, x), "pqr"[label]]) + "\n" for x, label in zip(table, labels)))
        for out, smoothing, weights in ("plain", 0, [1, 1, 1]), ("weighted", 0.1, [0.5, 1, 2]):
            self.train(out, *RUN, "--data", self.dir / "t.csv", "--hidden", "none", "--epochs", "4", "--label-smoothing", smoothing,
                       *(["--class-weights", "0.5,1,2"] if out == "weighted" else []))
            summary, model = self.summary(out), harness.Tensors(self.dir / out / "model.safetensors").values
            gradients = []
            for x, label in zip(table, labels):
                weight = [model["0.weight"][c * features:(c + 1) * features] for c in range(classes)]
                z = [sum(map(operator.mul, weight[c], x)) + model["0.bias"][c] for c in range(classes)]
                gradients.append(self.gradient_of(z, label, [*x, 1], smoothing, weights))
            mean = [sum(column) / rows for column in zip(*gradients)]
            square = sum(value * value for value in mean)
            trace = sum(value * value for g in gradients for value in g) / rows - square
            self.assertAlmostEqual(1, summary["frozen_noise_scale"] / (trace / square), delta=1e-4)

    @staticmethod
    def gradient_of(z, label, x, smoothing, weights):
        """Of PyTorch's cross_entropy with weights and label smoothing, before the division for the mean."""
        top = max(z)
        e = [2.718281828459045 ** (value - top) for value in z]
        targets = [weights[c] * (smoothing / len(z) + (1 - smoothing) * (c == label)) for c in range(len(z))]
        d = [value / sum(e) * sum(targets) - target for value, target in zip(e, targets)]
        return [one * value for one in d for value in x]

    def test_older_config(self):
        for word in "on", "off":
            (self.dir / f"{word}.ini").write_text(f"[train]\nnoise-scale = {word}\n")
            self.train(word, *LONGER, "--config", self.dir / f"{word}.ini")
            self.assertEqual(word == "off", self.summary(word)["frozen_noise_scale"] is None)

    def test_norm_that_clipping_knows(self):
        """The same as the measured one but for the last digits, and there where nothing is measured."""
        self.train("clip", *RUN, "--clip-norm", "1e9", "--noise-scale", "off")
        self.train("plain", *RUN)
        for clip, plain in zip(self.events("clip", "step"), self.events("plain", "step")):
            measured = plain["gradient_norm"] or clip["gradient_norm"]
            self.assertAlmostEqual(1, clip["gradient_norm"] / measured, delta=1e-6)


if __name__ == "__main__":
    unittest.main()
