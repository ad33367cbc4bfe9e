"""What a run leaves behind: which files, every key of them and its type, and that they repeat the run."""

import json
import math
import unittest

import harness

TEXT, COUNT, REAL, TRUTH, NULL, LIST = (str,), (int,), (int, float), (bool,), (type(None),), (list,)

# model/metrics.h. These runs have fewer than 6 classes, and one a sample.
FIGURES = ["loss", "accuracy", "top5", "exact", "f1", "mse", "rmse", "mae", "r2"]
NEVER = {"top5", "exact"}

# summary.json: what the README and the header of report/summary.h promise. What a run does not have is null.
SUMMARY = {
    "version": TEXT, "commit": TEXT, "definition": COUNT, "command": TEXT, "kernel": TEXT, "mpi": TEXT, "hosts": COUNT,
    "teams": COUNT, "team": TEXT, "team_note": TEXT, "ranks": COUNT, "threads": COUNT,
    "threads_used": COUNT, "train_samples": COUNT, "val_samples": COUNT,
    "test_samples": COUNT, "features": COUNT, "inputs": COUNT, "classes": COUNT, "parameters": COUNT, "batch": COUNT,
    "drop_last": TRUTH, "slices": COUNT, "epochs": COUNT, "steps_per_epoch": COUNT, "stages": LIST,
    "total_steps": COUNT, "reduce": TEXT, "same_bits_on_any_ranks": TRUTH, "steps_done": COUNT,
    "stopped_by": TEXT, "setup_s": REAL, "exchange": TEXT, "link": (dict,), "seconds": REAL, "samples_per_second": REAL, "gflops": REAL,
    "train_loss": REAL, "first_loss": REAL, "baseline": (dict,), "better_than_baseline": TRUTH, "causes": LIST,
    "evaluated_at_step": COUNT, "final_weights": TEXT, "weights_averaged": TRUTH, "weights_of_step": COUNT, "weights_xxh3": TEXT, "peak_rss_bytes": COUNT,
    "noise_scale": REAL, "noise_error": REAL, "noise_trace": REAL, "noise_gradient_square": REAL,
    "noise_from_step": COUNT, "noise_moving": TRUTH, "noise_valid": TRUTH, "noise_why": TEXT,
    "frozen_noise_scale": REAL, "frozen_noise_low": REAL, "frozen_noise_high": REAL, "frozen_noise_trace": REAL,
    "frozen_noise_gradient_square": REAL, "frozen_noise_rows": COUNT, "frozen_noise_exact": TRUTH,
    "frozen_noise_seconds": REAL, "frozen_noise_why": TEXT,
    "phases": (dict,), "phase_s": (dict,),
} | {f"{set_}_{name}": REAL for set_ in ("val", "test") for name in FIGURES}
PHASES = ["load", "forward", "backward", "weights", "reduce", "update", "wait"]
OF_CLASSES = {"classes"} | {
    f"{set_}_{name}" for set_ in ("val", "test") for name in {"accuracy", "f1"} | NEVER}
OF_VALUES = {
    f"{set_}_{name}" for set_ in ("val", "test") for name in {"mse", "rmse", "mae", "r2"} | NEVER}
OF_VALIDATION = {name for name in SUMMARY if name.startswith("val_")}
OF_TEAMS = {"team_note", "noise_why", "exchange", "link"}  # fall-backs and messages, which these runs have none of
OF_LONGER = {f"frozen_noise_{name}" for name in ("scale", "low", "high", "trace", "gradient_square", "rows", "seconds")}
OF_TEST = {name for name in SUMMARY if name.startswith("test_")}

# metrics.jsonl: src/report/log/metrics_log.h
EVENTS = {
    "start": {"version": TEXT, "train_samples": COUNT, "batch": COUNT, "steps_per_epoch": COUNT, "stages": LIST,
              "total_steps": COUNT},
    "step": {"epoch": COUNT, "iteration": COUNT, "step": COUNT, "samples": COUNT, "loss": REAL,
             "lr": REAL, "elapsed_s": REAL, "gradient_norm": REAL, "noise_scale": REAL,
             "noise_error": REAL},
    "evaluation": {"epoch": COUNT, "step": COUNT, "set": TEXT, "samples": COUNT, "lr": REAL,
                   "seconds": REAL, "elapsed_s": REAL} | dict.fromkeys(FIGURES, REAL),
    "epoch": {"epoch": COUNT, "step": COUNT, "samples": COUNT, "lr": REAL, "train_loss": REAL, "val_loss": REAL,
              "weights_xxh3": TEXT, "elapsed_s": REAL, "noise_scale": REAL, "noise_error": REAL,
              "noise_from_step": COUNT, "noise_moving": TRUTH},
    "checkpoint": {"step": COUNT, "bytes": COUNT, "stall_s": REAL},
    "end": {"stopped_by": TEXT, "steps_done": COUNT, "seconds": REAL, "weights_xxh3": TEXT},
}

CLASSES = ["--data", "synthetic:samples=1005,features=6,classes=3,test=200", "--val-split", "105",
           "--hidden", "16,8", "--batch", "64", "--epochs", "3", "--lr", "0.05", "--log-every", "5"]
VALUES = ["--data", "synthetic:samples=700,features=5,targets=2,noise=0.1,test=50", "--val-split",
          "0.1", "--hidden", "12", "--batch", "32", "--epochs", "2", "--lr", "0.02", "--scale", "standard"]
FILES = {"config.ini", "metrics.jsonl", "summary.json", "model.safetensors", "checkpoints"}


class Records(harness.Case):
    def assert_types(self, types, found, null, what):
        """Exactly these keys, each of its type, and null exactly where it must be."""
        self.assertEqual(set(types), set(found), what)
        for name, type_ in types.items():
            self.assertIn(type(found[name]), NULL if name in null else type_, f"{what}: {name}")

    def assert_phases(self, summary):
        self.assertEqual(PHASES, list(summary["phases"]))
        for name, seconds in summary["phase_s"].items():
            self.assertAlmostEqual(summary["phases"][name]["mean"] / summary["steps_done"], seconds)
        for name, phase in summary["phases"].items():
            self.assertEqual(["min", "mean", "max"], list(phase), name)
            self.assertLessEqual(0, phase["min"], name)
            self.assertLessEqual(phase["min"], phase["mean"] * (1 + 1e-9), name)
            self.assertLessEqual(phase["mean"], phase["max"] * (1 + 1e-9), name)
        spent = sum(phase["mean"] for phase in summary["phases"].values())
        self.assertLess(spent, 1.5 * summary["seconds"] + 0.1)

    def summary_of(self, out, null, more=()):
        summary = harness.read_json(self.dir / out / "summary.json")
        self.assert_types(SUMMARY | dict.fromkeys(more, REAL), summary, null | OF_TEAMS | OF_LONGER, "summary.json")
        self.assert_phases(summary)
        self.assertRegex(summary["weights_xxh3"], "^[0-9a-f]{16}$")
        self.assertGreater(summary["peak_rss_bytes"], 1 << 20)
        return summary

    def events_of(self, out, null):
        """By kind; `null`: what is null in which kind."""
        events = {kind: [] for kind in EVENTS}
        for event in harness.read_events(self.dir / out / "metrics.jsonl"):
            kind = event.pop("event")
            absent = null.get(kind, set())
            if kind == "step" and event["step"] % max(1, 256 // events["start"][0]["batch"]):
                absent = absent | {"gradient_norm"}  # step/noise.h: small batches are measured now and then
            if kind == "step" and event["step"] < 2 * max(1, 256 // events["start"][0]["batch"]):
                absent = absent | {"noise_error"}  # of one measurement
            self.assert_types(EVENTS[kind], event, absent, f"event {kind}")
            events[kind].append(event)
        return events

    def test_classes(self):
        done = self.train("run", *CLASSES)
        self.assertEqual(FILES, {path.name for path in (self.dir / "run").iterdir()})
        summary = self.summary_of("run", OF_VALUES)
        wanted = {"train_samples": 900, "val_samples": 105, "test_samples": 200, "features": 6,
                  "classes": 3, "parameters": 6 * 16 + 16 + 16 * 8 + 8 + 8 * 3 + 3, "batch": 64,
                  "drop_last": False, "slices": 1, "epochs": 3, "steps_per_epoch": 15,
                  "total_steps": 45, "steps_done": 45, "stopped_by": "epochs", "ranks": 1, "teams": 1,
                  "hosts": 1, "reduce": "ordered", "same_bits_on_any_ranks": True,
                  "weights_xxh3": done.figure("weights_xxh3")}
        self.assertEqual(wanted, {name: summary[name] for name in wanted})
        self.assertIn("--batch 64", summary["command"])
        self.assertAlmostEqual(2700 / summary["seconds"], summary["samples_per_second"], places=3)
        self.assertEqual(f"{summary['test_accuracy']:.4f}", done.figure("test_accuracy"))
        self.assertEqual(f"{summary['val_loss']:.4f}", done.figure("val_loss"))
        self.assertIn("stopped by epochs", done.out)
        self.assertIn(f"results in {self.dir / 'run'}\n", done.out)

        events = self.events_of("run", {"evaluation": {"mse", "rmse", "mae", "r2"} | NEVER})
        self.assertEqual([(e, i, (e - 1) * 15 + i, 4 if i == 15 else 64)
                          for e in (1, 2, 3) for i in (5, 10, 15)],
                         [(s["epoch"], s["iteration"], s["step"], s["samples"]) for s in events["step"]])
        self.assertEqual([(e, 15 * e, set_, n) for e in (1, 2, 3)
                          for set_, n in (("validation", 105), ("test", 200))],
                         [(v["epoch"], v["step"], v["set"], v["samples"]) for v in events["evaluation"]])
        self.assertEqual([15, 30, 45], [event["step"] for event in events["epoch"]])
        self.assertEqual([900] * 3, [event["samples"] for event in events["epoch"]])
        last, end = events["epoch"][-1], events["end"][0]
        self.assertEqual(1, len(events["start"]) * len(events["end"]))
        for name in ("train_loss", "val_loss", "weights_xxh3"):
            self.assertEqual(summary[name], last[name], name)
        for name in ("stopped_by", "steps_done", "weights_xxh3"):
            self.assertEqual(summary[name], end[name], name)
        self.assertEqual(summary["test_accuracy"], events["evaluation"][-1]["accuracy"])
        self.assertEqual(3, len({event["weights_xxh3"] for event in events["epoch"]}))

    def test_values(self):
        done = self.train("run", *VALUES, "--max-steps", 30)
        summary = self.summary_of("run", OF_CLASSES)
        wanted = {"val_samples": 70, "test_samples": 50, "steps_per_epoch": 20, "total_steps": 30,
                  "steps_done": 30, "stopped_by": "max_steps"}
        self.assertEqual(wanted, {name: summary[name] for name in wanted})
        for set_ in ("val", "test"):
            # The loss takes differences in float32, the error in double.
            self.assertAlmostEqual(1, summary[f"{set_}_loss"] / summary[f"{set_}_mse"], delta=1e-6)
            self.assertAlmostEqual(summary[f"{set_}_rmse"]**2, summary[f"{set_}_mse"])
            self.assertLessEqual(summary[f"{set_}_mae"]**2, summary[f"{set_}_mse"] * (1 + 1e-9))
            self.assertGreater(1, summary[f"{set_}_r2"])
            self.assertEqual(f"{summary[f'{set_}_r2']:.4f}", done.figure(f"{set_}_r2"))
        events = self.events_of("run", {"evaluation": {"accuracy", "f1"} | NEVER})
        self.assertEqual([20, 30], [event["step"] for event in events["epoch"]])
        self.assertEqual([630, 320], [event["samples"] for event in events["epoch"]])
        self.assertEqual([20, 30], [event["step"] for event in events["step"]], "epoch's and run's last")
        self.assertEqual(summary["test_mse"], events["evaluation"][-1]["mse"])

    def test_what_is_not_there_is_null(self):
        """No validation, no test data, no epoch limit: null, never 0."""
        self.train("run", "--data", "synthetic:samples=1000", "--hidden", "none", "--batch", "64",
                   "--max-steps", 12)
        summary = self.summary_of("run", OF_VALUES | OF_VALIDATION | OF_TEST | {"epochs", "evaluated_at_step"})
        self.assertEqual("max_steps", summary["stopped_by"])
        events = self.events_of("run", {"epoch": {"val_loss"}})
        self.assertEqual([], events["evaluation"])
        # Data, but no evaluation of them.
        self.train("blind", *CLASSES, "--eval-every", "never")
        counted = {"val_samples", "test_samples"}
        self.summary_of("blind", OF_VALUES | {"evaluated_at_step"} | (OF_VALIDATION | OF_TEST) - counted)

    def test_averaged_weights(self):
        """With --ema, evaluations, epochs and the summary have the metrics of the averaged weights too. Those of the
        summary without ema are the model file's."""
        averaged = {f"{set_}_ema_{name}" for set_ in ("val", "test") for name in FIGURES}
        none = {name.replace("_ema", "") for name in averaged} & OF_VALUES
        null = OF_VALUES | {name for name in averaged if name.replace("_ema", "") in none}
        for final in ("last", "ema"):
            done = self.train(final, *CLASSES, "--ema", "1ep", "--final-weights", final)
            summary = self.summary_of(final, null, averaged)
            self.assertEqual((final, final == "ema", 45), tuple(summary[key] for key in (
                "final_weights", "weights_averaged", "weights_of_step")))
            events = harness.read_events(self.dir / final / "metrics.jsonl")
            validation = [event for event in events if event.get("set") == "validation"]
            self.assertEqual(set(EVENTS["evaluation"]) | {f"ema_{name}" for name in FIGURES},
                             set(validation[-1]) - {"event"})
            epochs = [event for event in events if event["event"] == "epoch"]
            self.assertEqual([event["ema_loss"] for event in validation], [event["val_ema_loss"] for event in epochs])
            self.assertEqual([event["loss"] for event in validation], [event["val_loss"] for event in epochs])
            self.assertNotEqual(epochs[-1]["val_loss"], epochs[-1]["val_ema_loss"])
            self.assertEqual(epochs[-1]["val_ema_loss"], summary["val_ema_loss"])
            self.assertEqual(epochs[-1]["val_ema_loss" if final == "ema" else "val_loss"], summary["val_loss"])
            self.assertIn("the average of the weights (--ema) after step 45:" if final == "ema" else
                          "the weights after step 45, not their average:", done.out)
            found = self.ok("eval", self.dir / final, "--data", CLASSES[1], "--json")
            self.assertEqual(summary["test_loss"], json.loads(found.out)["loss"])
        lines = self.ok("train", *CLASSES, "--ema", "1ep", "--progress", "lines", "--out", self.dir / "lines")
        self.assertRegex(lines.out, r"val_accuracy [\d.]+  val_ema_loss [\d.]+ val_ema_accuracy [\d.]+  test_loss")
        self.train("plain", *CLASSES)
        self.assertEqual(self.model("plain"), self.model("last"), "an average changes no weight")

    def test_eval_every(self):
        def evaluated(out, interval):
            self.train(out, *CLASSES, "--eval-every", interval)
            events = harness.read_events(self.dir / out / "metrics.jsonl")
            return [event["step"] for event in events if event.get("set") == "test"]
        self.assertEqual([20, 40, 45], evaluated("steps", "20"))
        self.assertEqual([30, 45], evaluated("epochs", "2ep"))
        self.assertEqual([45], evaluated("end", "end"))
        models = {(self.dir / out / "model.safetensors").read_bytes() for out in ("steps", "epochs", "end")}
        self.assertEqual(1, len(models), "looking at the weights must not change them")

    def model(self, out):
        return (self.dir / out / "model.safetensors").read_bytes()

    def assert_repeats(self, out, again):
        self.assertEqual(self.model(out), self.model(again))
        drop = {"elapsed_s", "seconds", "stall_s"}
        self.assertEqual(*([{name: value for name, value in event.items() if name not in drop}
                            for event in harness.read_events(self.dir / run / "metrics.jsonl")]
                           for run in (out, again)))

    def test_config_repeats_a_run(self):
        for name, arguments in (("classes", CLASSES), ("values", [*VALUES, "--drop-last", "--seed", "5",
                                                                  "--momentum", "0.3", "--init", "pytorch"])):
            self.train(name, *arguments)
            config = self.dir / name / "config.ini"
            self.train(f"{name}-2", "--config", config)
            self.assert_repeats(name, f"{name}-2")
            self.train(f"{name}-3", "--config", config, ranks=2)
            self.assert_repeats(name, f"{name}-3")
            # The records of both are the same but for where they lie.
            texts = [[line for line in (self.dir / run / "config.ini").read_text().splitlines()
                      if not line.startswith("# out")] for run in (name, f"{name}-2")]
            self.assertEqual(*texts)
            self.assertIn("[train]", texts[0])
            # Changed where the command line says otherwise.
            self.train(f"{name}-4", "--config", config, "--seed", "99")
            self.assertNotEqual(self.model(name), self.model(f"{name}-4"))

    def test_model(self):
        self.train("run", *CLASSES)
        model = harness.Tensors(self.dir / "run" / "model.safetensors")
        self.assertEqual({"0.weight": [16, 6], "0.bias": [16], "2.weight": [8, 16], "2.bias": [8],
                          "4.weight": [3, 8], "4.bias": [3]}, model.shape)
        self.assertEqual(list(model.shape), ["0.weight", "0.bias", "2.weight", "2.bias", "4.weight",
                                             "4.bias"], "in the order that weights_xxh3 is over")
        self.assertTrue(all(math.isfinite(value) for value in model.all_values))
        self.assertEqual(
            "nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 3))",
            model.metadata["module"])
        wanted = {"format": "pt", "widths": "6,16,8,3", "activation": "relu", "loss": "cross-entropy",
                  "classes": "3"}
        self.assertEqual(wanted, {name: model.metadata.get(name) for name in wanted})
        self.assertTrue(all(type(value) is str for value in model.metadata.values()),
                        "metadata of safetensors are texts")
        self.train("linear", *VALUES, "--hidden", "none")
        model = harness.Tensors(self.dir / "linear" / "model.safetensors")
        self.assertEqual({"0.weight": [2, 5], "0.bias": [2]}, model.shape)
        self.assertEqual(("mse", "nn.Sequential(nn.Linear(5, 2))"),
                         (model.metadata["loss"], model.metadata["module"]))

    def predictions(self, model, rows):
        """The network of a model file, in double precision, from its tensors and metadata alone."""
        shift, factor = (json.loads(model.metadata[name]) for name in ("input_shift", "input_factor"))
        for row in rows:
            x = [(value - shift[i % len(shift)]) * factor[i % len(factor)] for i, value in enumerate(row)]
            for layer in range(0, len(model.shape), 2):
                if layer > 0:
                    x = [max(value, 0.0) for value in x]
                weight, bias = model.values[f"{layer}.weight"], model.values[f"{layer}.bias"]
                x = [sum(w * v for w, v in zip(weight[o * len(x):(o + 1) * len(x)], x, strict=True)) + b
                     for o, b in enumerate(bias)]
            yield x

    def test_model_gives_the_test_loss(self):
        """A model file is all that is needed: fed with the test images as they are in their file, it
        gives the loss and accuracy of the summary."""
        images = harness.Images(self.dir / "data", train=120, test=45)
        pixels = images.path("t10k", "images").read_bytes()[16:]
        labels = images.path("t10k", "labels").read_bytes()[8:]
        rows = [pixels[16 * i:16 * (i + 1)] for i in range(45)]
        for scale in ("none", "unit", "standard"):
            lr = "0.0001" if scale == "none" else "0.05"
            self.train(scale, "--data", self.dir / "data", "--hidden", "9,5", "--batch", 30, "--epochs", 3,
                       "--lr", lr, "--scale", scale)
            summary = harness.read_json(self.dir / scale / "summary.json")
            model = harness.Tensors(self.dir / scale / "model.safetensors")
            loss = right = 0
            for z, label in zip(self.predictions(model, rows), labels, strict=True):
                loss += math.log(sum(math.exp(value - max(z)) for value in z)) + max(z) - z[label]
                right += z[label] == max(z)
            self.assertAlmostEqual(summary["test_loss"], loss / 45, delta=1e-4 * loss / 45, msg=scale)
            self.assertEqual(round(45 * summary["test_accuracy"]), right, scale)
        self.assertAlmostEqual(1 / 255, json.loads(harness.Tensors(
            self.dir / "unit" / "model.safetensors").metadata["input_factor"])[0], places=8)

    def test_init_from(self):
        """Training goes on from a model's weights; a rate of almost nothing leaves them as they are."""
        self.train("run", *CLASSES)
        still = [*CLASSES, "--lr", "1e-37", "--momentum", "0", "--max-steps", 1]
        self.train("same", *still, "--init-from", self.dir / "run" / "model.safetensors")
        self.assertEqual(self.model("run"), self.model("same"))
        self.train("other", *still)
        self.assertNotEqual(self.model("run"), self.model("other"))
        # A file of our own making, its tensors in another order.
        made = {"0.bias": ([2], [0.5, -1.5]), "0.weight": ([2, 5], [i / 8 for i in range(10)])}
        harness.write_tensors(self.dir / "made.safetensors", made)
        self.train("made", *VALUES, "--hidden", "none", "--lr", "1e-37", "--momentum", 0, "--max-steps",
                   1, "--init-from", self.dir / "made.safetensors", ranks=2)
        model = harness.Tensors(self.dir / "made" / "model.safetensors")
        self.assertEqual({name: tuple(values) for name, (_, values) in made.items()}, model.values)

    def test_hash_names_the_weights(self):
        """Equal weights, equal hash, and the other way round, over runs and over a run's epochs."""
        runs = [("a", "1"), ("b", "1"), ("c", "2")]
        digest = {}
        for out, seed in runs:
            self.train(out, *CLASSES, "--seed", seed)
            digest[out] = harness.read_json(self.dir / out / "summary.json")["weights_xxh3"]
        data = {out: harness.Tensors(self.dir / out / "model.safetensors").data for out, _ in runs}
        self.assertEqual((digest["a"], data["a"]), (digest["b"], data["b"]))
        self.assertNotEqual(digest["a"], digest["c"])
        self.assertNotEqual(data["a"], data["c"])
        # The first epoch's hash of a long run is the last one of a short run.
        self.train("short", *CLASSES, "--max-steps", 15)
        first = [event for event in harness.read_events(self.dir / "a" / "metrics.jsonl")
                 if event["event"] == "epoch"][0]
        self.assertEqual(first["weights_xxh3"],
                         harness.read_json(self.dir / "short" / "summary.json")["weights_xxh3"])

    def test_default_directory(self):
        """runs/DATE-TIME; a second run in the same second finds another name."""
        for _ in range(2):
            self.ok("train", *CLASSES, "--max-steps", 1, cwd=self.dir)
        runs = sorted((self.dir / "runs").iterdir())
        self.assertEqual(2, len(runs))
        for run in runs:
            self.assertRegex(run.name, r"^\d{8}-\d{6}(-\d+)?$")
            self.assertEqual(FILES, {path.name for path in run.iterdir()})

    def test_overwrite(self):
        self.train("run", *CLASSES)
        (self.dir / "run" / "mine.txt").write_text("kept")
        self.train("run", *VALUES, "--overwrite")
        self.assertEqual("kept", (self.dir / "run" / "mine.txt").read_text())
        self.assertEqual(FILES | {"mine.txt"}, {path.name for path in (self.dir / "run").iterdir()})
        self.assertIsNone(harness.read_json(self.dir / "run" / "summary.json")["classes"])


if __name__ == "__main__":
    unittest.main()
