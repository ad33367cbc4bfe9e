"""With no option but the data: the values that are chosen, what they reach, and that the same run can be repeated."""

import configparser
import json
import random
import unittest

import harness

IRIS = harness.SOURCE_DIR / "examples" / "iris.csv"
CHOSEN = ("batch", "epochs", "dropout", "init", "scale", "normalize-target", "loss", "optimizer", "schedule", "lr")


class Defaults(harness.Case):
    def run_it(self, out, *arguments, **settings):
        """Trains without the options that the other tests are given."""
        done = self.ok("train", "--out", self.dir / out, *arguments, env=harness.DEFAULTS, **settings)
        return done, harness.read_json(self.dir / out / "summary.json")

    def config(self, out):
        parser = configparser.ConfigParser(interpolation=None)
        parser.read(self.dir / out / "config.ini")
        return parser["train"]

    def chosen(self, out):
        config = self.config(out)
        return tuple(config[name] for name in CHOSEN)

    def write_values(self):
        """Inputs of very different sizes, one of them constant except in one row, and targets far from 0."""
        draw = random.Random(1)
        lines = ["large,small,flat,y"]
        for i in range(400):
            large, small = draw.gauss(5e4, 1e4), draw.gauss(0, 1e-3)
            lines.append(f"{large},{small},{1 if i == 9 else 0},{large / 10 + 1e6 * small + 7e3}")
        return harness.write_file(self.dir / "values.csv", "\n".join(lines).encode() + b"\n")

    def test_classes(self):
        done, summary = self.run_it("run", "--data", IRIS, "--val-split", 30)
        self.assertEqual(("16", "75", "0.2", "pytorch", "bounded", "none", "cross-entropy", "adamw", "cosine", "0.001"),
                         self.chosen("run"))
        self.assertIn("3 classes, 4 inputs, 120 samples, 30 for validation", done.err.splitlines()[0])
        self.assertGreaterEqual(summary["val_accuracy"], 0.9)
        self.assertEqual(600, summary["steps_done"])
        for ranks, arguments in ((3, ["--threads", 1]), (2, ["--team", "rank", "--threads", 2])):
            _, again = self.run_it(f"ranks{ranks}", "--data", IRIS, "--val-split", 30, *arguments, ranks=ranks)
            self.assertEqual(summary["weights_xxh3"], again["weights_xxh3"])
        self.ok("train", "--config", self.dir / "run" / "config.ini", "--out", self.dir / "again")
        self.assertEqual(summary["weights_xxh3"], harness.read_json(self.dir / "again" / "summary.json")["weights_xxh3"])

    def test_values(self):
        done, summary = self.run_it("run", "--data", self.write_values(), "--val-split", "0.2")
        self.assertEqual(("16", "30", "0.2", "pytorch", "bounded", "standard", "mse", "adamw", "cosine", "0.001"),
                         self.chosen("run"))
        self.assertIn("regression on 1 target, 3 inputs, 320 samples", done.err.splitlines()[0])
        self.assertGreater(summary["val_r2"], 0.9)

    def test_splits(self):
        """Classes of a table are stratified, if samples are split; test samples replace the test files."""
        synthetic, values = "synthetic:samples=300,features=5,classes=2,test=40", self.write_values()
        for data, options, wanted in ((IRIS, ["--val-split", 30, "--test-split", 0.1], ("on", 105, 30, 15)),
                                      (IRIS, ["--test-split", 15], ("on", 135, None, 15)),
                                      (IRIS, [], ("off", 150, None, None)),
                                      (values, ["--val-split", 0.1, "--test-split", 5], ("off", 355, 40, 5)),
                                      (synthetic, ["--val-split", 50], ("off", 250, 50, 40)),
                                      (synthetic, ["--val-split", 50, "--test-split", 20], ("off", 230, 50, 20))):
            with self.subTest(data=data, options=options):
                _, summary = self.run_it("run", "--data", data, *options, "--max-steps", 20, "--overwrite")
                self.assertEqual(wanted, (self.config("run")["stratify"], *(
                    summary.get(name) for name in ("train_samples", "val_samples", "test_samples"))))
                plan = json.loads(self.ok("plan", "--data", data, *options, "--json", env=harness.DEFAULTS).out)
                self.assertEqual(wanted[1], plan["train_samples"])
        self.refused(64, "train", "--data", values, "--val-split", 5, "--stratify", "on",
                     says="--stratify on, but the labels are not classes")
        self.refused(64, "train", "--data", IRIS, "--test-data", IRIS, "--test-split", 5, says="--test-data and --test-split")

    def test_a_test_split_is_resumed(self):
        options = ["--data", IRIS, "--val-split", 30, "--test-split", 30]
        _, summary = self.run_it("whole", *options)
        self.run_it("part", *options, "--target", "val_accuracy=0.6")
        self.refused(64, "train", "--resume", self.dir / "part", "--test-split", 31, says="--test-split")
        self.ok("train", "--resume", self.dir / "part", "--target", "val_accuracy=1", ranks=2)
        resumed = harness.read_json(self.dir / "part" / "summary.json")
        for figure in ("weights_xxh3", "test_loss"):
            self.assertEqual(summary[figure], resumed[figure])

    def test_batch_changes_nothing_else(self):
        self.run_it("run", "--data", IRIS, "--batch", 40)
        self.run_it("usual", "--data", IRIS)
        self.assertEqual(self.chosen("run")[1:], self.chosen("usual")[1:])
        plans = json.loads(self.ok("plan", "--data", IRIS, "--batch", "8..64", "--json", env=harness.DEFAULTS).out)["plans"]
        self.assertEqual([int(self.config("usual")["epochs"])] * 4, [plan["epochs"] for plan in plans])

    def test_images_and_synthetic_samples(self):
        self.run_it("run", "--data", "synthetic:samples=300,features=5,classes=2")
        self.assertEqual(("128", "10", "0", "by-activation", "bounded", "none", "cross-entropy", "adamw", "cosine",
                          "0.001"), self.chosen("run"))

    def test_resumed_after_a_stop(self):
        options = ["--data", IRIS, "--val-split", 30]
        _, summary = self.run_it("whole", *options)
        _, stopped = self.run_it("part", *options, "--target", "val_accuracy=0.6")
        self.assertLess(stopped["steps_done"], 300)
        self.ok("train", "--resume", self.dir / "part", "--target", "val_accuracy=1")
        self.assertEqual(summary["weights_xxh3"], harness.read_json(self.dir / "part" / "summary.json")["weights_xxh3"])

    def test_a_run_with_a_cosine_cannot_be_extended(self):
        self.run_it("run", "--data", IRIS)
        self.refused(64, "train", "--resume", self.dir / "run", "--epochs", 100,
                     says=["cannot be extended", "--init-from MODEL", "--schedule constant"])
        self.run_it("longer", "--data", IRIS, "--epochs", 2, "--init-from", self.dir / "run" / "model.safetensors")
        self.run_it("constant", "--data", IRIS, "--epochs", 2, "--schedule", "constant")
        self.ok("train", "--resume", self.dir / "constant", "--epochs", 3)

    def test_tiny_tables(self):
        """A table of two rows: the batch that is chosen is no larger than the table, without a warning."""
        table = harness.write_file(self.dir / "two.csv", b"x,y\n1,a\n2,b\n")
        self.run_it("run", "--data", table, "--epochs", 2)
        self.assertEqual("2", self.config("run")["batch"])

    def test_sgd_is_selected_by_its_options(self):
        for option in (["--momentum", "0.5"], ["--dampening", "0.1"], ["--nesterov"]):
            done, _ = self.run_it("run", "--data", IRIS, "--epochs", 1, "--overwrite", *option)
            self.assertEqual("sgd", self.config("run")["optimizer"])
            self.assertIn("optimizer  sgd, ", done.err)
        self.refused(64, "train", "--data", IRIS, "--momentum", "0.5", "--optimizer", "adamw", env=harness.DEFAULTS,
                     says="--momentum and --optimizer")

    def test_a_high_rate_is_warned_about(self):
        for command in (["train", "--out", self.dir / "run", "--overwrite"], ["plan"]):
            done = harness.run(*command, "--data", IRIS, "--epochs", 1, "--lr", "0.1", env=harness.DEFAULTS)
            self.assertIn("the learning rate 0.1 is high for adamw", done.out + done.err)
            done = harness.run(*command, "--data", IRIS, "--epochs", 1, "--lr", "0.1", "--optimizer", "sgd",
                               env=harness.DEFAULTS)
            self.assertNotIn("is high", done.out + done.err)

    def test_a_sweep_keeps_the_rate_and_the_epochs(self):
        done = self.ok("sweep", "--data", IRIS, "--val-split", 30, "--batch", "10,20", "--out", self.dir / "sweep",
                       env=harness.DEFAULTS)
        self.assertIn("Within a run the rate is constant.", done.out)
        runs = sorted((self.dir / "sweep" / "runs").iterdir())
        self.assertEqual(2, len(runs))
        for run in runs:
            config = self.config(f"sweep/runs/{run.name}")
            self.assertEqual(("75", "constant", "adamw"), (config["epochs"], config["schedule"], config["optimizer"]))
        self.refused(64, "sweep", "--data", IRIS, "--batch", "auto", "--out", self.dir / "never",
                     says="--batch needs numbers")

    def test_bench_keeps_its_defaults(self):
        done = self.ok("bench", "step", "--data", IRIS, "--seconds", "0.01", "--repeats", 1, "--json", env=harness.DEFAULTS)
        self.assertEqual([128], [row["batch"] for row in json.loads(done.out)["results"]["rows"]])


if __name__ == "__main__":
    unittest.main()
