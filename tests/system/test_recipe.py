"""How a network is trained: rates as the plan says, the same bits whoever computes, what cannot be."""

import json
import math
import unittest

import harness

DATA = "synthetic:samples=1000,features=7,classes=3,test=100"
VALUES = "synthetic:samples=500,features=7,targets=2,noise=0.5,test=100"
RUN = ["--data", DATA, "--hidden", "9,6", "--batch", "96", "--lr", "0.0625"]

SCHEDULES = {
    "constant": [],
    "step": ["--schedule", "step", "--step-size", "10"],
    "step of epochs, by epoch": ["--schedule", "step", "--step-size", "2ep", "--schedule-by", "epoch"],
    "multistep": ["--schedule", "multistep", "--milestones", "5,1ep,40", "--gamma", "0.5"],
    "exponential": ["--schedule", "exponential", "--gamma", "0.9"],
    "exponential by epoch": ["--schedule", "exponential", "--gamma", "0.9", "--schedule-by", "epoch"],
    "linear": ["--schedule", "linear", "--lr-end", "0.01"],
    "polynomial": ["--schedule", "polynomial", "--power", "1.5"],
    "cosine with warm-up": ["--schedule", "cosine", "--warmup", "1ep"],
    "cosine, cut": ["--schedule", "cosine", "--max-steps", "33"],
    "one-cycle": ["--schedule", "one-cycle"],
    "by batch size": ["--lr-scale", "sqrt", "--base-batch", "24"],
}

RECIPES = {
    "adamw and gelu": ["--optimizer", "adamw", "--activation", "gelu", "--clip-norm", "0.5"],
    "dropout": ["--dropout", "0.25", "--dropout-input", "0.125", "--activation", "relu,tanh"],
    "weights and smoothing": ["--class-weights", "balanced", "--label-smoothing", "0.125",
                              "--optimizer", "rmsprop", "--momentum", "0.5"],
    "nesterov": ["--nesterov", "--activation", "silu,leaky-relu", "--clip-value", "0.25"],
    "adagrad": ["--optimizer", "adagrad", "--activation", "sigmoid", "--class-weights", "1,2,3.5",
                "--clip-norm", "0.125"],
}

REFUSED = {
    "Huber for classes": (["--data", DATA, "--loss", "huber"], 64, "has classes"),
    "classes for targets": (["--data", VALUES, "--loss", "cross-entropy"], 64, "numbers as targets"),
    "targets beyond 1": (["--data", VALUES, "--loss", "bce"], 64, "each must be between 0 and 1"),
    "weights of other classes": (["--data", DATA, "--class-weights", "1,2"], 64, "2 weights, but"),
    "smoothing of targets": (["--data", VALUES, "--label-smoothing", "0.1"], 64, "--label-smoothing and"),
    "scaled classes": (["--data", DATA, "--normalize-target", "standard"], 64, "--normalize-target"),
    "momentum of adam": (["--data", DATA, "--optimizer", "adam", "--momentum", "0.9"], 64,
                         "--momentum and --optimizer"),
    "steps of no size": (["--data", DATA, "--schedule", "step"], 64, "needs --step-size"),
    "negative decay": (["--data", DATA, "--weight-decay", "-1"], 64, "must be at least 0"),
    "more warm-up than run": (["--data", DATA, "--epochs", "2", "--warmup", "3ep"], 64, "--warmup takes"),
    "patience without evaluations": (["--data", DATA, "--val-split", "0.1", "--epochs", "2", "--eval-every", "2ep",
                                      "--early-stop", "val_loss"], 64, "no evaluation before the last"),
    "a plateau without validation data": (["--data", DATA, "--schedule", "plateau"], 64,
                                          "--schedule and --val-split"),
    "activations of other layers": (["--data", DATA, "--hidden", "5,5,5", "--activation", "relu,tanh"], 64,
                                    "--activation and --hidden"),
}


class Recipe(harness.Case):
    def records(self, out, event):
        with open(self.dir / out / "metrics.jsonl", encoding="utf-8") as file:
            return [record for record in map(json.loads, file) if record["event"] == event]

    def test_the_plan_has_the_rates_of_the_run(self):
        for name, options in SCHEDULES.items():
            with self.subTest(name):
                out = name.replace(" ", "-")
                self.train(out, *RUN, "--epochs", 5, *options, "--log-every", 1)
                run = {record["step"]: record["lr"] for record in self.records(out, "step")}
                plan = json.loads(self.ok("plan", *RUN, "--epochs", 5, *options, "--json").out)
                rates = plan["plans"][0]["rates"]
                self.assertTrue(rates["complete"])
                wanted, curve = {}, {point["step"]: point["lr"] for point in rates["curve"]}
                for step in range(1, plan["plans"][0]["total_steps"] + 1):
                    wanted[step] = curve.get(step, wanted.get(step - 1))
                self.assertEqual(wanted, run)

    def test_step_by_the_textbook(self):
        """StepLR(100, 0.1) over 1,565 steps: step 100 has the old rate, 101 the new, 15 drops."""
        rates = json.loads(self.ok("plan", "--samples", 10000, "--batch", 32, "--epochs", 5, "--lr", "0.5",
                                   "--schedule", "step", "--step-size", 100, "--json").out)["plans"][0]["rates"]
        points = [(point["step"], point["lr"]) for point in rates["curve"]]
        self.assertEqual([1 + 100 * i for i in range(16)], [step for step, _ in points])
        for i, (_, lr) in enumerate(points):
            self.assertAlmostEqual(lr / (0.5 * 0.1 ** i), 1, delta=1e-14)

    def test_cosine_ends_where_the_run_ends(self):
        for limit, last in ((["--epochs", 5], 55), (["--epochs", 5, "--max-steps", 23], 23)):
            rates = json.loads(self.ok("plan", "--samples", 1000, "--batch", 96, "--lr", "0.5", *limit,
                                       "--schedule", "cosine", "--json").out)["plans"][0]["rates"]
            step, lr = rates["curve"][-1]["step"], rates["curve"][-1]["lr"]
            self.assertEqual(last, step)
            self.assertAlmostEqual(lr, 0.25 * (1 + math.cos(math.pi * (last - 1) / last)), delta=1e-15)

    def test_same_bits_on_any_ranks(self):
        for name, options in RECIPES.items():
            with self.subTest(name):
                found = set()
                for ranks, extra in ((1, ["--threads", 1]), (1, ["--threads", 3]), (2, ["--threads", 2]),
                                     (3, ["--threads", 1, "--team", "rank"])):
                    done = self.train("bits", *RUN, "--epochs", 2, *options, *extra, "--overwrite", ranks=ranks)
                    found.add(done.figure("weights_xxh3"))
                self.assertEqual(1, len(found), found)

    def test_config_repeats_every_recipe(self):
        for name, options in RECIPES.items():
            with self.subTest(name):
                first = self.train("first", *RUN, "--epochs", 2, *options, "--overwrite")
                again = self.train("again", "--config", self.dir / "first" / "config.ini", "--overwrite")
                self.assertEqual(first.figure("weights_xxh3"), again.figure("weights_xxh3"))

    def test_losses_of_targets(self):
        for loss in ("mse", "mae", "huber"):
            done = self.train(loss, "--data", VALUES, "--hidden", "16", "--loss", loss, "--epochs", 30,
                              "--batch", 50, "--optimizer", "adam", "--lr", "0.01", "--normalize-target", "standard")
            self.assertGreater(float(done.figure("test_r2")), 0.6)

    def test_what_cannot_be_is_refused(self):
        for name, (options, code, message) in REFUSED.items():
            with self.subTest(name):
                self.refused(code, "train", *options, "--out", self.dir / "never", says=message)
                self.assertFalse((self.dir / "never").exists())


if __name__ == "__main__":
    unittest.main()
