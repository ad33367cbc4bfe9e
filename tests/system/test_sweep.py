"""lockstep sweep: what it says of its runs is what their directories say; interrupted is as never
stopped; bad input is refused before anything is trained.
"""

import csv
import fcntl
import math
import os
import re
import shutil
import signal
import unittest

import harness

STOPPED, USAGE, CANNOT_CREATE, CONFIG = 75, 64, 73, 78

DATA = ["--data", "synthetic:samples=400,features=12,classes=3,noise=0.2", "--val-split", "100"]
OPTIONS = ["--optimizer", "sgd", "--schedule", "constant", "--scale", "none", "--init", "he", "--dropout", "0",
           "--threads", "1"]
RUN = [*DATA, *OPTIONS, "--hidden", "8", "--epochs", "6"]
GRID = [*RUN, "--batch", "10..80,300", "--target", "val_accuracy=0.7", "--lr-grid", "0.05..0.2", "--seeds", "2"]

# What no two sweeps have in common, or what tells of the machine.
TIMES = {"command", "machine", "seconds_to_target", "seconds_per_step", "samples_per_second", "seconds_per_epoch",
         "seconds", "seconds_interval", "communication_share", "peak_rss_bytes", "recommendation", "warnings", "workers", "workers_busy"}


def timeless(value):
    if isinstance(value, dict):
        return {key: timeless(item) for key, item in value.items() if key not in TIMES}
    return [timeless(item) for item in value] if isinstance(value, list) else value


def mean(values):
    return sum(values) / len(values)


class Sweep(harness.Case):
    def sweep(self, out, *arguments, **settings):
        done = self.ok("sweep", "--out", self.dir / out, *arguments, **settings)
        return done, harness.read_json(self.dir / out / "sweep.json")

    # --- what it says ----------------------------------------------------------------------------

    def crossing(self, directory, summary, goal):
        """Steps and samples to the target, from the run's own log."""
        before = None
        for event in harness.read_events(directory / "metrics.jsonl"):
            if event["event"] != "evaluation" or event["set"] != "validation":
                continue
            if event["accuracy"] < goal:
                before = event
                continue
            part = (goal - before["accuracy"]) / (event["accuracy"] - before["accuracy"])
            between = [self.samples_at(summary, each["step"]) for each in (before, event)]
            return (before["step"] + part * (event["step"] - before["step"]),
                    between[0] + part * (between[1] - between[0]),
                    before["elapsed_s"] + part * (event["elapsed_s"] - before["elapsed_s"]))
        return None

    @staticmethod
    def samples_at(summary, step):
        epochs, rest = divmod(step, summary["steps_per_epoch"])
        return epochs * summary["train_samples"] + rest * summary["batch"]

    def assert_run(self, place, run, goal):
        directory = place / "runs" / run["directory"]
        summary = harness.read_json(directory / "summary.json")
        self.assertEqual((run["batch"], run["stopped_by"], run["steps_done"], run["steps_per_epoch"]),
                         tuple(summary[key] for key in ("batch", "stopped_by", "steps_done", "steps_per_epoch")))
        config = (directory / "config.ini").read_text()
        for key in ("batch", "lr", "seed"):
            self.assertEqual(run[key], float(re.search(rf"^{key} = (\S+)$", config, re.MULTILINE)[1]), key)
        quarter = max(1, (summary["steps_per_epoch"] + 2) // 4)
        self.assertIn(f"\neval-every = {quarter}st\n", config)
        self.assertAlmostEqual(run["samples_per_second"], summary["samples_per_second"])
        phases = {name: phase["mean"] for name, phase in summary["phases"].items()}
        self.assertAlmostEqual(run["communication_share"], phases["reduce"] / sum(phases.values()))
        self.assertEqual(run["reached"], run["steps_to_target"] is not None)
        if run["reached"] and not run["coarse"]:
            steps, samples, seconds = self.crossing(directory, summary, goal)
            self.assertAlmostEqual(steps, run["steps_to_target"], 9)
            self.assertAlmostEqual(samples, run["samples_to_target"], 7)
            self.assertAlmostEqual(seconds, run["seconds_to_target"], 12)
            self.assertAlmostEqual(samples / summary["train_samples"], run["epochs_to_target"], 12)

    @staticmethod
    def median_of_logs(runs):
        """The steps to the target, larger than all others without it."""
        steps = sorted(run["steps_to_target"] if run["reached"] else math.inf for run in runs)
        return math.sqrt(steps[(len(steps) - 1) // 2] * steps[len(steps) // 2])

    def assert_batch(self, sweep, batch, rates, chooses, reports):
        """The rate is the best for the seeds that choose; the figures are those of the seeds that report."""
        runs = [run for run in sweep["runs"] if run["batch"] == batch["batch"]]
        self.assertEqual(rates * len(chooses) + len(set(reports) - set(chooses)), len(runs))
        medians = {rate: self.median_of_logs([run for run in runs if run["lr"] == rate and run["seed"] in chooses])
                   for rate in sweep["grid"]}
        self.assertEqual(min(medians.values()), medians[batch["lr"]])
        self.assertEqual(batch["lr"] in (sweep["grid"][0], sweep["grid"][-1]), batch["lr_on_border"])
        own = [run for run in runs if run["lr"] == batch["lr"] and run["seed"] in reports]
        self.assertEqual((len(reports), sum(run["reached"] for run in own)), (batch["runs"], batch["reached"]))
        if all(run["reached"] and not run["coarse"] for run in own):
            steps = math.exp(mean([math.log(run["steps_to_target"]) for run in own]))
            epoch = batch["steps_per_epoch"]
            for figure, unit in (("steps", 1), ("epochs", 1 / epoch), ("samples", sweep["train_samples"] / epoch),
                                 ("seconds", batch["seconds_per_step"]["median"])):
                self.assertAlmostEqual(steps * unit, batch[figure + "_to_target"]["mean"], 6, figure)
            half = math.log(batch["steps_interval"]["most"] / batch["steps_interval"]["least"]) / 2
            self.assertGreater(half, sweep["seed_scatter"] * 1.9599 / math.sqrt(len(own)))
        for figure in ("metric", "val_loss"):
            values = [run[figure] for run in own]
            self.assertAlmostEqual(mean(values), batch[figure]["mean"], 6, figure)
            self.assertEqual((min(values), max(values), len(values)),
                             tuple(batch[figure][key] for key in ("least", "most", "n")))
        self.assert_rates(batch, runs, medians)

    def assert_rates(self, batch, runs, medians):
        """Every rate and every seed is listed."""
        self.assertEqual(sorted(medians), [rate["lr"] for rate in batch["rates"]])
        for rate in batch["rates"]:
            median = medians[rate["lr"]]
            self.assertAlmostEqual(median if math.isfinite(median) else -1, rate["median_steps"] or -1, 9)
            listed = [run for run in runs if run["lr"] == rate["lr"]]
            self.assertEqual([(run["seed"], run["steps_to_target"],
                               None if run["reached"] or run["diverged"] else run["steps_done"]) for run in listed],
                             [(seed["seed"], seed["steps"], seed["censored_at"]) for seed in rate["seeds"]])

    def assert_fit(self, sweep):
        """The parameters have the largest likelihood of all runs at the best rates: normal errors of log steps, and
        runs that missed the target censored."""
        fit, rates = sweep["fit"], {batch["batch"]: batch["lr"] for batch in sweep["batches"]}
        runs = [run for run in sweep["runs"] if run["lr"] == rates[run["batch"]]
                and run["seed"] in sweep["reporting_seeds"]]
        exact = [run for run in runs if run["reached"] and not run["coarse"]]
        coarse = sum(run["coarse"] for run in runs)
        self.assertEqual((len(exact), coarse, len(runs) - len(exact) - coarse), (fit["points"], fit["coarse"], fit["missed"]))

        def likelihood(steps, samples, scatter):
            total = 0
            for run in runs:
                curve = math.log(steps + samples / run["batch"])
                z = (math.log(run["steps_to_target"] if run["reached"] else run["steps_done"]) - curve) / scatter
                if run in exact:
                    total -= z * z / 2 + math.log(scatter)
                else:  # the probability of more steps, or of fewer
                    total += math.log(math.erfc((-z if run["coarse"] else z) / math.sqrt(2)) / 2)
            return total

        scatter = fit["scatter"] / math.sqrt(len(exact) / (len(exact) - 2))
        best = likelihood(fit["min_steps"], fit["min_samples"], scatter)
        for i in range(3):
            for factor in (0.999, 1.001):
                moved = [fit["min_steps"], fit["min_samples"], scatter]
                moved[i] *= factor
                self.assertGreater(best, likelihood(*moved))
        self.assertAlmostEqual(1, fit["critical_batch"] * fit["min_steps"] / fit["min_samples"], 9)

    def test_table_is_of_the_runs(self):
        for ranks in (None, 2):
            out = f"sweep{ranks}"
            done, sweep = self.sweep(out, *GRID, ranks=ranks)
            place = self.dir / out
            self.assertEqual(5 * 6, len(sweep["runs"]))
            self.assertEqual(([1, 2], [1, 2]), (sweep["choosing_seeds"], sweep["reporting_seeds"]))
            self.assertEqual({run["directory"] for run in sweep["runs"]},
                             {path.name for path in (place / "runs").iterdir()})
            for run in sweep["runs"]:
                self.assert_run(place, run, 0.7)
            self.assertEqual([10, 20, 40, 80, 300], [batch["batch"] for batch in sweep["batches"]])
            for batch in sweep["batches"]:
                self.assert_batch(sweep, batch, 3, [1, 2], [1, 2])
            self.assertIsNone(sweep["fit"])
            self.assertIn("the critical batch size is not determined", sweep["fit_why"])
            self.assert_csv(place, sweep)
            self.assert_printed(done.out, sweep)
        self.assertEqual(*[timeless(harness.read_json(self.dir / out / "sweep.json"))
                           for out in ("sweepNone", "sweep2")], "one rank, and two")

    def test_target_of_averaged_weights(self):
        """Steps to --target val_ema_accuracy=X are those at which the averaged weights reach it."""
        _, sweep = self.sweep("sweep", *RUN, "--batch", "20,40", "--lr", "0.1", "--ema", "1ep", "--target",
                              "val_ema_accuracy=0.7")
        for run in sweep["runs"]:
            events = [event for event in harness.read_events(self.dir / "sweep/runs" / run["directory"] / "metrics.jsonl")
                      if event["event"] == "evaluation"]
            before, reached = events[-2:]
            self.assertTrue(before["ema_accuracy"] < 0.7 <= reached["ema_accuracy"], run)
            part = (0.7 - before["ema_accuracy"]) / (reached["ema_accuracy"] - before["ema_accuracy"])
            self.assertAlmostEqual(before["step"] + part * (reached["step"] - before["step"]), run["steps_to_target"])
            self.assertTrue(any(event["accuracy"] >= 0.7 for event in events[:-1]), "the average follows the weights")

    def test_fit(self):
        done, sweep = self.sweep("sweep", "--data", "synthetic:samples=1200,features=12,classes=3", "--val-split", 200,
                                 "--hidden", 16, "--batch", "4..512", "--lr-grid", "0.02..1.28", "--epochs", 12,
                                 "--target", "val_accuracy=0.85", "--seeds", 3, "--optimizer", "sgd", "--momentum", 0,
                                 "--scale", "none", "--init", "he", "--threads", 1, "--noise-scale", "off")
        self.assert_fit(sweep)
        fit = sweep["fit"]
        self.assertIn(f"The critical batch size is about {fit['critical_batch']:.1f} samples (95 % interval "
                      f"{fit['critical_batch_low']:.1f} to {fit['critical_batch_high']:.1f}).", done.out)
        self.assertAlmostEqual(0.2 * fit["critical_batch"], fit["batch_20"])
        self.assertAlmostEqual(1.2 * 4 + 0.2 * fit["critical_batch_low"], fit["batch_20_measured_low"])
        self.assertEqual("perfect scaling", sweep["batches"][0]["regime"])
        self.assertEqual("no gain", sweep["batches"][-1]["regime"])

    def assert_csv(self, place, sweep):
        with open(place / "sweep.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len(sweep["batches"]), len(rows))
        for row, batch in zip(rows, sweep["batches"]):
            self.assertEqual(batch["batch"], int(row["batch"]))
            for figure in ("steps_to_target", "metric", "seconds_per_epoch", "frozen_noise_scale"):
                if batch[figure] is None:
                    self.assertEqual("", row[figure] + row[figure + "_least"] + row[figure + "_most"])
                else:
                    middle = batch[figure].get("mean", batch[figure].get("median"))
                    self.assertEqual(middle, float(row[figure]))
                    self.assertEqual(batch[figure]["most"], float(row[figure + "_most"]))

    def assert_printed(self, text, sweep):
        for batch in sweep["batches"]:
            self.assertRegex(text, rf"(?m)^ *{batch['batch']} +{batch['lr']:g} +(yes|no) +{batch['steps_per_epoch']} ")
        chosen = sweep["recommendation"]["soonest"]
        ties = f"; {chosen['tied']}." if chosen["tied"] else "."
        self.assertRegex(text, rf"(?m)^Fastest on this machine: B = {chosen['batch']}: .*{re.escape(ties)}$")
        for warning in sweep["warnings"]:
            self.assertIn(warning, text)

    def test_a_run_is_an_ordinary_one(self):
        """Its config.ini repeats it, bit for bit."""
        _, sweep = self.sweep("sweep", *RUN, "--batch", "20,40", "--epochs", 2, "--lr-scale", "sqrt", "--base-batch", 20)
        name = "b00040-lr0.02828427-s1"
        self.assertEqual(["b00020-lr0.02-s1", name], [run["directory"] for run in sweep["runs"]])
        place = self.dir / "sweep" / "runs" / name
        self.train("again", "--config", place / "config.ini")
        self.assertEqual((place / "model.safetensors").read_bytes(),
                         (self.dir / "again" / "model.safetensors").read_bytes())
        self.assertIsNone(sweep["target"])
        self.assertEqual("there is no --target to count steps to", sweep["fit_why"])

    def test_some_seeds_choose_and_others_report(self):
        out = "sweep"
        done, sweep = self.sweep(out, *RUN, "--batch", "10,20,40", "--target", "val_accuracy=0.6",
                                 "--lr-grid", "0.05..0.2", "--seeds", 4, "--eval-every", 1)
        for batch in sweep["batches"]:
            self.assert_batch(sweep, batch, 3, [1, 3], [2, 4])
        self.assertEqual(([1, 3], [2, 4]), (sweep["choosing_seeds"], sweep["reporting_seeds"]))
        self.assertIn("in the median over 2 seeds; the figures are those of the other 2.", done.out)
        self.assertNotIn("biased", done.out)

    def test_give_up(self):
        """The limit is that of the runs before; the run's own files say why it ended; a larger limit continues it."""
        line = [*RUN, "--batch", "10", "--lr-grid", "0.0005,0.1,0.2", "--target", "val_accuracy=0.7", "--seeds", 2,
                "--eval-every", 5, "--lr-scale", "none", "--checkpoint-every", "end"]
        _, whole = self.sweep("whole", *line, "--give-up", "off")
        _, cut = self.sweep("cut", *line, "--give-up", 2)
        runs = {(run["lr"], run["seed"]): run for run in cut["runs"]}
        slow = runs[0.0005, 2]
        limit = math.ceil(2 * min(run["steps_to_target"] for run in cut["runs"] if run["seed"] == 1 and run["reached"]))
        self.assertEqual((True, False, "give_up", limit), (slow["given_up"], slow["reached"], slow["stopped_by"],
                                                           slow["give_up_steps"]))
        self.assertTrue(limit <= slow["steps_done"] < limit + 5)
        place = self.dir / "cut" / "runs" / slow["directory"]
        self.assertIn(f"\ntarget-steps = {limit}\n", (place / "config.ini").read_text())
        self.assertEqual("give_up", harness.read_json(place / "summary.json")["stopped_by"])
        self.assertFalse(any(run["given_up"] for run in whole["runs"]))
        self.assertIsNone(whole["give_up"])

        # The runs of the sweep without a limit count as if they had ended at it ...
        _, again = self.sweep("whole", *line, "--give-up", 2)
        for ours, theirs in zip(cut["runs"], again["runs"]):
            for key in ("given_up", "reached", "stopped_by", "steps_done", "metric", "steps_to_target"):
                self.assertEqual(ours[key], theirs[key], key)
        # ... and those that ended at a limit are continued without it.
        done, off = self.sweep("cut", *line, "--give-up", "off")
        self.assertIn(f"B = 10, rate 0.0005, seed 2: continues", done.err)
        for ours, theirs in zip(whole["runs"], off["runs"]):
            self.assertEqual(timeless({**ours, "give_up_steps": 0}), timeless({**theirs, "give_up_steps": 0}))

    def test_sizes_above_the_training_set_are_one_row(self):
        done, sweep = self.sweep("sweep", *RUN, "--batch", "20,1000,300,2000", "--epochs", 1)
        self.assertEqual([20, 300], [run["batch"] for run in sweep["runs"]])
        self.assertEqual([1000, 2000], sorted(sweep["batches_merged"]))
        self.assertEqual(2, sweep["runs_planned"])
        self.assertIn("B = 1,000, 2,000: larger than the training set, so one row, B = 300.", done.out)

    def test_equal_steps(self):
        _, sweep = self.sweep("sweep", *DATA, *OPTIONS, "--hidden", "8", "--batch", "10,20,50", "--budget", "steps",
                              "--max-steps", 7)
        self.assertEqual([7, 7, 7], [run["steps_done"] for run in sweep["runs"]])
        self.assertEqual("steps", sweep["budget"])

    def test_rules_that_count_evaluations(self):
        """A quarter of an epoch, so that there are some before a run's end."""
        for rule in (["--early-stop", "val_loss", "--patience", 1], ["--schedule", "plateau", "--plateau-patience", 1]):
            out = rule[1]
            _, sweep = self.sweep(out, *RUN, "--lr", 1, "--batch", "10,100", *rule)
            self.assertEqual("early_stop" if out == "val_loss" else "epochs", sweep["runs"][0]["stopped_by"])

    def test_divergence_is_a_result(self):
        _, sweep = self.sweep("sweep", "--data", "synthetic:samples=300,features=4,targets=1", "--val-split", 50,
                              *OPTIONS, "--batch", "10,20", "--lr-grid", "0.01,1000", "--epochs", 2)
        self.assertEqual([False, True] * 2, [run["diverged"] for run in sweep["runs"]])
        self.assertEqual([0.01, 0.01], [batch["lr"] for batch in sweep["batches"]])
        self.assertEqual("val_loss", sweep["metric"])

    def test_unreachable_target(self):
        done, sweep = self.sweep("sweep", *RUN, "--batch", "20,40,80", "--target", "val_accuracy=1", "--epochs", 1)
        self.assertEqual([None] * 3, [batch["steps_to_target"] for batch in sweep["batches"]])
        self.assertIn("there are 0", sweep["fit_why"])
        best = max(sweep["runs"], key=lambda run: run["metric"])
        self.assertIn(f"no batch size reached the target: the nearest was B = {best['batch']} with val_accuracy "
                      f"{best['metric']:.4g}", done.out)

    # --- interrupted -----------------------------------------------------------------------------

    def runs_done(self, out):
        return len(list((self.dir / out / "runs").glob("*/summary.json")))

    def is_free(self, out):
        directory = os.open(self.dir / out, os.O_RDONLY)
        try:
            fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            return False
        finally:
            os.close(directory)

    def test_interrupted(self):
        """By signals and kills, again and again, in different layouts."""
        _, whole = self.sweep("whole", *GRID)
        kinds = [(signal.SIGTERM, None), (signal.SIGKILL, None), (signal.SIGTERM, 2), (signal.SIGKILL, 2)]
        for number, (kind, ranks) in enumerate(kinds):
            # A run takes milliseconds: so the harness' watch sees some done, and the signal hits any place.
            wanted = 4 * (number + 1)
            running = harness.Running(harness.command_of(
                ["sweep", "--out", self.dir / "cut", *GRID, "--checkpoint-every", 3], ranks))
            self.addCleanup(running.kill)
            harness.wait_until(lambda: self.runs_done("cut") >= wanted or running.process.poll() is not None,
                               f"{wanted} runs")
            if running.process.poll() is None:
                os.killpg(running.process.pid, kind)
            done = running.end()
            harness.wait_until(lambda: self.is_free("cut"), "the end of ranks that mpirun left behind")
            self.assert_no_crash(done)
            if kind == signal.SIGTERM and ranks is None and done.code:  # mpirun has codes of its own
                self.assertEqual(STOPPED, done.code, done)
        done, again = self.sweep("cut", *GRID, "--checkpoint-every", 3)
        self.assertIn("(done before)", done.err)
        self.assertEqual(timeless(whole), timeless(again))

    def test_signal_in_a_run(self):
        """In the middle of a long run, which then goes on from its checkpoint."""
        long = [*DATA, *OPTIONS, "--hidden", "64,64", "--epochs", "400", "--batch", "10,300"]
        running = harness.Running(harness.command_of(["sweep", "--out", self.dir / "cut", *long], None))
        self.addCleanup(running.kill)
        log = self.dir / "cut" / "runs" / "b00010-lr0.02-s1" / "metrics.jsonl"
        harness.wait_until(lambda: log.exists() and b'"evaluation"' in log.read_bytes(), "the first run's steps")
        os.killpg(running.process.pid, signal.SIGTERM)
        done = running.end()
        self.assert_failure(done, STOPPED, ["stopped by a signal", "the same command continues"])
        cut = harness.read_json(log.parent / "summary.json")
        self.assertEqual("signal", cut["stopped_by"])
        done, sweep = self.sweep("cut", *long)
        self.assertIn("B = 10, rate 0.02, seed 1: continues", done.err)
        self.assertEqual([cut["steps_done"]], [event["step"] for event in harness.read_events(log)
                                               if event["event"] == "resume"])
        self.assertEqual(timeless(self.sweep("whole", *long)[1]), timeless(sweep))

    def test_damage(self):
        """A run whose log is cut short or gone is made anew; what a kill left is removed."""
        _, whole = self.sweep("sweep", *GRID)
        runs = self.dir / "sweep" / "runs"
        cut, gone = runs / "b00010-lr0.1-s1" / "metrics.jsonl", runs / "b00040-lr0.2-s1" / "metrics.jsonl"
        cut.write_bytes(cut.read_bytes()[:200])
        gone.unlink()
        (self.dir / "sweep" / "sweep.csv.77.part").write_text("half")
        done, again = self.sweep("sweep", *GRID)
        for name in ("B = 10, rate 0.1, seed 1: begins", "B = 40, rate 0.2, seed 1: begins"):
            self.assertIn(name, done.err)
        self.assertEqual(2, done.err.count(": begins"), done)
        self.assertEqual(timeless(whole), timeless(again))
        self.assertEqual([], list((self.dir / "sweep").glob("*.part")))
        lines = cut.read_bytes().splitlines(keepends=True)
        cut.write_bytes(b"".join([lines[0], lines[1][:20] + b"\n", *lines[2:]]))
        self.refused(65, "sweep", "--out", self.dir / "sweep", *GRID, says="b00010-lr0.1-s1/metrics.jsonl:2")

    def test_other_data(self):
        """Runs of data that have changed meanwhile do not stand in one table."""
        table = self.dir / "table.csv"
        def write(shift):
            table.write_text("a,b,y\n" + "".join(f"{i % 7},{i % 5 + shift},{'xyz'[i % 3]}\n" for i in range(120)))
        line = ["--data", table, "--val-split", 30, "--hidden", 4, "--epochs", 2]
        write(0)
        self.sweep("sweep", *line, "--batch", "10,20")
        write(1)
        self.refused(65, "sweep", "--out", self.dir / "sweep", *line, "--batch", "10,20,40", says="sweep of different data")
        self.sweep("sweep", *line, "--batch", "10,20,40", "--overwrite")
        write(0)
        self.refused(65, "sweep", "--out", self.dir / "sweep", *line, "--batch", "10,20,40", says="sweep of different data")

    def test_rates_that_are_no_float32(self):
        """They are what runs make of them, on the border too."""
        _, sweep = self.sweep("sweep", *RUN, "--batch", "20,40", "--lr-grid", "0.123456789,1e-9",
                              "--target", "val_accuracy=0.6")
        self.assertEqual([1e-9, 0.12345679], sweep["grid"])
        self.assertEqual([True, True], [batch["lr_on_border"] for batch in sweep["batches"]])

    def test_bounds_are_not_recommended(self):
        """Where the first evaluation is good enough already, nobody knows which batch was sooner."""
        _, sweep = self.sweep("sweep", *RUN, "--batch", "20,40", "--target", "val_accuracy=0.01")
        self.assertEqual({"soonest": None, "thriftiest": None}, sweep["recommendation"])

    def test_more_of_the_same(self):
        """Other batch sizes, rates and seeds are other runs; those that are done stay."""
        self.sweep("sweep", *RUN, "--batch", "20,40", "--lr-grid", "0.05,0.1")
        done, sweep = self.sweep("sweep", *RUN, "--batch", "20,80", "--lr-grid", "0.05..0.2", "--seeds", 2)
        self.assertEqual(12, len(sweep["runs"]))
        self.assertEqual(2, done.err.count("(done before)"))
        done, again = self.sweep("sweep", *RUN, "--batch", "20,80", "--lr-grid", "0.05..0.2", "--seeds", 2,
                                 "--overwrite")
        self.assertNotIn("(done before)", done.err)
        self.assertEqual(timeless(sweep), timeless(again))

    # --- refused ---------------------------------------------------------------------------------

    def test_another_directory(self):
        self.sweep("sweep", *RUN, "--batch", "20,40")
        before = sorted(self.dir.rglob("*"))
        self.refused(USAGE, "sweep", "--out", self.dir / "sweep", *RUN, "--hidden", "9", "--batch", "20,40",
                     says=["holds a sweep with a different configuration", "--hidden is 8 there, but 9 here"])
        self.train("run", *RUN)
        self.refused(CANNOT_CREATE, "sweep", "--out", self.dir / "run", *RUN, "--batch", "20,40",
                     says="is not empty and holds a run, not a sweep")
        shutil.rmtree(self.dir / "run")
        self.assertEqual(before, sorted(self.dir.rglob("*")))

    def test_refused(self):
        cases = [
            (["--batch", "20"], ["--out"]),
            (["--out", "o"], ["needs --batch"]),
            (["--batch", "20,40,20"], ["--batch: 20 is listed twice"]),
            (["--batch", "20", "--lr-grid", ""], ["--lr-grid", "needs a value"]),
            (["--batch", "20", "--lr-grid", ","], ["--lr-grid"]),
            (["--batch", "20", "--lr-grid", "0.4..0.1"], ["a range must ascend"]),
            (["--batch", "20", "--lr-grid", "0.1,0.1"], ["0.1 is listed twice"]),
            (["--batch", "20", "--lr-grid", "0.1,0.2", "--lr", "0.1"], ["--lr and --lr-grid"]),
            (["--batch", "20", "--lr-grid", "0.1,0.2", "--lr-scale", "sqrt"], ["--lr-scale and --lr-grid"]),
            (["--batch", "20", "--seeds", "0"], ["--seeds"]),
            (["--batch", "20", "--budget", "steps"], ["--budget steps needs --max-steps"]),
            (["--batch", "20", "--budget", "steps", "--max-steps", "9", "--epochs", "2"], ["--budget and --epochs"]),
            (["--batch", "20", "--max-steps", "9"], ["--budget", "--max-steps", "add --budget steps"]),
            (["--batch", "20", "--target", "val_mse=1"], ["--target val_mse", "not a metric"]),
            (["--batch", "20", "--target", "val_speed=1"], ["no metric val_speed"]),
            (["--batch", "20", "--target", "val_accuracy=2"], ["can never be"]),
            (["--batch", "20", "--target", "val_accuracy=0.5", "--val-split", "0"], ["--target and --val-split"]),
            (["--batch", "20", "--target", "val_accuracy=0.5", "--eval-every", "end"], ["--target and --eval-every"]),
            (["--batch", "20,300", "--epochs", "2", "--warmup", "5"], ["--warmup"]),
            (["--batch", "20", "--resume", "o"], ["--resume is an option of train and plan"]),
            (["--batch", "20", "--json"], ["--json"]),
        ]
        for arguments, says in cases:
            out = ["--out", self.dir / "none"] if says != ["--out"] else []
            done = self.refused(USAGE, "sweep", *DATA, *out, *arguments, says=says)
            self.assertFalse((self.dir / "none").exists(), done)


if __name__ == "__main__":
    unittest.main()
