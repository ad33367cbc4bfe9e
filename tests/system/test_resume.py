"""Stopped and resumed is never stopped: same model, log and summary, from any step, on any ranks and threads.
What may not change is refused; damage, crashes and full disks cost no more than the last checkpoint.
"""

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import unittest

import harness
from test_endings import WRAPPER

STOPPED, USAGE, BAD_DATA, NO_INPUT, CANNOT_CREATE, IO = 75, 64, 65, 66, 73, 74

# 4 epochs of 5 steps, the last of them a tail; evaluations within epochs and beyond their ends.
RUN = ["--data", "synthetic:samples=210,features=6,classes=3,test=40", "--val-split", "50", "--hidden", "8,5",
       "--batch", "35", "--slices", "3", "--lr", "0.05", "--momentum", "0.9", "--weight-decay", "0.001",
       "--log-every", "1", "--threads", "1"]
LAYOUTS = [(None, ["--threads", "1"]), (2, ["--threads", "1"]), (None, ["--threads", "3"]),
           (3, ["--threads", "1", "--team", "rank"]), (2, ["--threads", "2", "--team", "rank"]),
           (3, ["--team", "2", "--threads", "1", "--pass-rows", "1"]), (None, ["--kernel", "portable"])]

# What no two runs have in common, or what tells of a start and not of the run.
EVENT_TIMES = {"elapsed_s", "seconds", "total_steps"}
SUMMARY_TIMES = {"seconds", "setup_s", "frozen_noise_seconds", "samples_per_second", "gflops", "phases", "phase_s",
                 "peak_rss_bytes", "command", "ranks", "teams", "team", "team_note", "threads", "threads_used", "kernel",
                 "exchange", "link"}


class Resume(harness.Case):
    def content(self, out):
        """All that must be equal."""
        place = self.dir / out
        events = [{key: value for key, value in event.items() if key not in EVENT_TIMES}
                  for event in harness.read_events(place / "metrics.jsonl")
                  if event["event"] not in ("checkpoint", "resume")]
        summary = harness.read_json(place / "summary.json")
        return {"model": (place / "model.safetensors").read_bytes(), "events": events,
                "summary": {key: value for key, value in summary.items() if key not in SUMMARY_TIMES}}

    def steps(self, out):
        return sorted(int(path.name[5:]) for path in (self.dir / out / "checkpoints").glob("step-*"))

    def resume(self, out, *arguments, **settings):
        return self.ok("train", "--resume", self.dir / out, "--progress", "off", *arguments, **settings)

    def assert_same_run(self, wanted, out, what):
        found = self.content(out)
        for part, value in wanted.items():
            self.assertTrue(value == found[part] or self.assertEqual(value, found[part], what), what)

    def test_leftovers_of_a_kill_are_removed(self):
        self.train("killed", *RUN, "--epochs", 1)
        for name in ("config.ini.1.part", "model.safetensors.4711.part", "summary.json.2.part", "mine.part"):
            (self.dir / "killed" / name).write_text("x")
        self.resume("killed", "--epochs", 2)
        self.assertEqual(["mine.part"], [path.name for path in (self.dir / "killed").glob("*.part")])

    def test_one_process_in_a_directory(self):
        self.train("busy", *RUN, "--epochs", 1)
        running = harness.Running(harness.command_of(
            ["train", "--resume", self.dir / "busy", "--epochs", 1000000, "--progress", "off"], None))
        try:
            log = self.dir / "busy" / "metrics.jsonl"
            before = log.stat().st_size
            harness.wait_until(lambda: log.stat().st_size > before, "the first run's steps")
            self.refused(CANNOT_CREATE, "train", "--resume", self.dir / "busy", "--epochs", 2,
                         says="another process is using")
        finally:
            running.kill()
        self.resume("busy", "--epochs", 2)  # a lock ends with its process

    def damage(self, out, step, name="model.safetensors"):
        path = self.dir / out / "checkpoints" / f"step-{step:09}" / name
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
        return path

    # --- the same as never stopped ---------------------------------------------------------------

    def assert_any_step(self, steps, layouts, *arguments):
        """Stopped after each of these steps, in one layout, and resumed in the next."""
        self.train("whole", *RUN, *arguments)
        wanted = self.content("whole")
        for i, step in enumerate(steps):
            (ranks, first), (more_ranks, then) = layouts[i % len(layouts)], layouts[(i + 1) % len(layouts)]
            out = f"run{step}"
            self.train(out, *RUN, *arguments, "--max-steps", step, *first, ranks=ranks)
            self.assertEqual([step], self.steps(out))
            self.resume(out, "--max-steps", "none", *then, ranks=more_ranks)
            self.assert_same_run(wanted, out, f"stopped after step {step} in {first}, resumed in {then}")

    def test_every_step(self):
        self.assert_any_step(range(1, 20), [(None, ["--threads", "1"])], "--epochs", 4, "--eval-every", 3)

    def test_drop_last_and_epochs(self):
        self.assert_any_step(range(1, 16, 2), [(None, ["--threads", "2"])], "--epochs", 4, "--drop-last",
                             "--momentum", 0, "--shuffle", "off")

    def test_any_layout(self):
        self.assert_any_step([1, 4, 5, 6, 9, 13, 19], LAYOUTS, "--epochs", 4, "--eval-every", "2ep")

    def test_again_and_again(self):
        self.train("whole", *RUN, "--epochs", 4, "--eval-every", 4)
        self.train("run", *RUN, "--epochs", 4, "--eval-every", 4, "--max-steps", 1)
        for step, (ranks, layout) in zip((3, 4, 10, 11, 17), LAYOUTS):
            self.resume("run", "--max-steps", step, *layout, ranks=ranks)
        self.resume("run", "--max-steps", "none")
        self.assert_same_run(self.content("whole"), "run", "resumed six times")
        events = harness.read_events(self.dir / "run" / "metrics.jsonl")
        self.assertEqual([1, 3, 4, 10, 11, 17], [event["step"] for event in events if event["event"] == "resume"])
        elapsed = [event["elapsed_s"] for event in events if "elapsed_s" in event]
        self.assertEqual(sorted(elapsed), elapsed, "time adds up")

    def test_early_stopping(self):
        """The best weights, the count of evaluations and the end come through a stop."""
        rules = ["--epochs", 30, "--lr", 2, "--eval-every", 2, "--early-stop", "val_loss", "--patience", 4]
        self.train("whole", *RUN, *rules)
        wanted = self.content("whole")
        summary = wanted["summary"]
        self.assertEqual("early_stop", summary["stopped_by"])
        best = min((event["loss"], event["step"]) for event in wanted["events"]
                   if event["event"] == "evaluation" and event["set"] == "validation")
        self.assertEqual(best, (summary["val_loss"], summary["weights_of_step"]))
        self.assertEqual(best[1], summary["evaluated_at_step"])
        self.assertEqual(best[1] + 8, summary["steps_done"])
        self.train("best", *RUN, *rules, "--max-steps", best[1])
        self.assertEqual(wanted["model"], self.content("best")["model"], "weights of the best evaluation")
        for step in range(best[1] - 1, summary["steps_done"], 2):
            out = f"early{step}"
            self.train(out, *RUN, *rules, "--checkpoint-every", "1ep", "--max-steps", step)
            self.resume(out, "--max-steps", "none", ranks=2)
            self.assert_same_run(wanted, out, f"stopped after step {step}")
        # A larger patience goes on from there.
        self.train("patient", *RUN, *rules, "--patience", 5)
        self.resume("whole", "--patience", 5)
        self.assertGreater(self.content("whole")["summary"]["steps_done"], summary["steps_done"])
        self.assert_same_run(self.content("patient"), "whole", "with more patience")

    def test_averaged_weights(self):
        """The average, its metrics and the best average come through a stop, at any step and in any layout."""
        self.assert_any_step([1, 2, 5, 6, 9, 13, 19], LAYOUTS, "--epochs", 4, "--eval-every", 3, "--ema", "4st",
                             "--final-weights", "ema")
        summary = harness.read_json(self.dir / "whole" / "summary.json")
        self.assertEqual(("ema", True, 20), tuple(summary[key] for key in (
            "final_weights", "weights_averaged", "weights_of_step")))
        self.train("plain", *RUN, "--epochs", 4, "--eval-every", 3)
        plain = self.content("plain")
        self.assertNotEqual(plain["model"], self.content("whole")["model"])
        self.assertEqual([event["weights_xxh3"] for event in plain["events"] if event["event"] == "epoch"],
                         [event["weights_xxh3"] for event in self.content("whole")["events"]
                          if event["event"] == "epoch"], "training never sees the average")
        for name in ("noise_trace", "noise_gradient_square", "frozen_noise_scale", "frozen_noise_trace"):
            self.assertEqual(plain["summary"][name], summary[name], "the noise is that of the weights themselves")

    def test_best_average(self):
        """Early stopping by a metric of averaged weights keeps the average of the best evaluation."""
        rules = ["--epochs", 30, "--lr", 1, "--eval-every", 2, "--ema", "1ep", "--early-stop", "val_ema_loss",
                 "--patience", 4]
        self.train("whole", *RUN, *rules)
        wanted = self.content("whole")
        summary = wanted["summary"]
        best = min((event["ema_loss"], event["step"]) for event in wanted["events"]
                   if event["event"] == "evaluation" and event["set"] == "validation")
        self.assertEqual(best, (summary["val_loss"], summary["weights_of_step"]))
        self.assertEqual(("early_stop", "best", True), tuple(summary[key] for key in (
            "stopped_by", "final_weights", "weights_averaged")))
        self.train("average", *RUN, "--lr", 1, "--ema", "1ep", "--max-steps", best[1], "--final-weights", "ema")
        self.assertEqual(wanted["model"], self.content("average")["model"], "the average of that step")
        for step in range(best[1] - 1, summary["steps_done"], 3):
            out = f"best{step}"
            self.train(out, *RUN, *rules, "--max-steps", step)
            self.resume(out, "--max-steps", "none", ranks=2)
            self.assert_same_run(wanted, out, f"stopped after step {step}")

    def test_best_without_early_stopping(self):
        """--final-weights best keeps the best evaluation of a whole run, the last of equal ones."""
        rules = ["--epochs", 12, "--lr", 2, "--eval-every", 2, "--final-weights", "best"]
        self.train("whole", *RUN, *rules)
        wanted = self.content("whole")
        summary = wanted["summary"]
        best = min((event["loss"], -event["step"]) for event in wanted["events"]
                   if event["event"] == "evaluation" and event["set"] == "validation")
        self.assertEqual((best[0], -best[1], 60), (summary["val_loss"], summary["weights_of_step"],
                                                   summary["steps_done"]))
        self.train("short", *RUN, "--lr", 2, "--max-steps", -best[1])
        self.assertEqual(wanted["model"], self.content("short")["model"])
        for step in (1, 21, -best[1], 59):
            out = f"kept{step}"
            self.train(out, *RUN, *rules, "--max-steps", step)
            self.resume(out, "--max-steps", "none", ranks=2)
            self.assert_same_run(wanted, out, f"stopped after step {step}")
        done = self.train("last", *RUN, "--epochs", 30, "--lr", 2, "--eval-every", 2, "--early-stop", "val_loss",
                          "--final-weights", "last")
        summary = harness.read_json(self.dir / "last" / "summary.json")
        self.assertEqual(("early_stop", "last"), (summary["stopped_by"], summary["final_weights"]), done)
        self.assertEqual(summary["steps_done"], summary["weights_of_step"])

    def test_signal_to_any_rank(self):
        """Wherever it stops; resumed on other ranks to an end that is near."""
        long = [*RUN, "--slices", "2", "--epochs", 10**9, "--eval-every", "never", "--log-every", 10**6]
        for number, ranks, victim, then in ((signal.SIGTERM, 2, 1, None), (signal.SIGUSR1, 4, 3, 2),
                                            (signal.SIGINT, None, 0, 3), (signal.SIGHUP, 3, 0, 4)):
            out = f"signal{number}"
            pids = self.dir / f"{out}-pids"
            pids.mkdir()
            shell = WRAPPER.format(*[pids, harness.RANK] * 3)
            running = harness.Running(harness.command_of(
                ["train", *long, "--progress", "off", "--checkpoint-every", "never", "--log-every", 1, "--out",
                 self.dir / out], ranks, ["sh", "-c", shell, "sh"]))
            self.addCleanup(running.kill)
            metrics = self.dir / out / "metrics.jsonl"
            harness.wait_until(lambda: metrics.exists() and b'"event":"step"' in metrics.read_bytes(), "steps")
            os.kill(int((pids / f"pid.{victim}").read_text()), number)
            self.assert_failure(running.end(), STOPPED, ["stopped by a signal", "--resume"])
            step, = self.steps(out)
            end = step + 7
            self.resume(out, "--epochs", "none", "--max-steps", end, ranks=then)
            self.train(f"{out}-whole", *long, "--epochs", "none", "--max-steps", end)
            self.assertEqual(self.content(f"{out}-whole")["model"], self.content(out)["model"], out)

    def test_killed(self):
        """By SIGKILL, so that nothing is written any more; half a line of the log is cut."""
        arguments = [*RUN, "--epochs", 10**6, "--eval-every", "never", "--checkpoint-every", 50, "--keep", 1]
        running = harness.Running(harness.command_of(
            ["train", *arguments, "--progress", "off", "--out", self.dir / "run"]))
        self.addCleanup(running.kill)
        harness.wait_until(lambda: any((self.dir / "run").glob("checkpoints/step-*")), "a checkpoint")
        running.kill()
        running.end()
        with (self.dir / "run" / "metrics.jsonl").open("ab") as file:
            file.write(b'{"event":"step","ep')
        end = self.steps("run")[-1] + 3
        self.resume("run", "--epochs", "none", "--max-steps", end)
        self.train("whole", *arguments, "--epochs", "none", "--max-steps", end)
        self.assert_same_run({**self.content("whole")}, "run", "killed")
        self.assertEqual([], [path.name for path in (self.dir / "run" / "checkpoints").iterdir()
                              if not path.name.startswith("step-")])

    # --- checkpoints on the way ------------------------------------------------------------------

    def test_how_often(self):
        for every, steps in (("1ep", 25), ("7", 21), ("end", 20), ("never", 0)):
            out = f"every{every}"
            self.train(out, *RUN, "--epochs", 5 if every == "1ep" else 4, "--checkpoint-every", every)
            found = self.steps(out) if steps else []
            self.assertEqual(steps > 0, (self.dir / out / "checkpoints").is_dir())
            self.assertEqual(min(steps, 25 if every == "1ep" else 20), found[-1] if found else 0)
            self.assertLessEqual(len(found), 3)

    def test_the_best_is_kept(self):
        self.train("run", *RUN, "--epochs", 300, "--lr", 2, "--eval-every", 1, "--checkpoint-every", 1, "--keep", 1)
        steps = self.steps("run")
        state = harness.read_json(self.dir / "run" / "checkpoints" / f"step-{steps[-1]:09}" / "state.json")
        rated = state["state"]["run"]["rated_step"]
        self.assertEqual(sorted({rated, steps[-1]}), steps)
        taken = {event["step"] for event in harness.read_events(self.dir / "run" / "metrics.jsonl")
                 if event["event"] == "checkpoint"}
        loss = {event["step"]: event["loss"] for event in harness.read_events(self.dir / "run" / "metrics.jsonl")
                if event["event"] == "evaluation" and event["set"] == "validation"}
        self.assertEqual(min(loss[step] for step in taken), loss[rated])

    # --- damage ----------------------------------------------------------------------------------

    def make_three(self, out):
        self.train(out, *RUN, "--epochs", 4, "--keep", 3, "--max-steps", 3)
        for step in (7, 11):
            self.resume(out, "--max-steps", step)
        self.assertEqual([3, 7, 11], self.steps(out))

    def test_damage_is_told_and_passed_over(self):
        self.train("whole", *RUN, "--epochs", 4)
        self.make_three("run")
        paths = [self.damage("run", 11, "optimizer.safetensors"), self.damage("run", 7, "state.json")]
        done = self.resume("run", "--max-steps", "none")
        for path, warning in zip(paths, done.warnings, strict=True):
            self.assertIn(str(path), warning)
            self.assertIn("damaged", warning)
        self.assert_same_run(self.content("whole"), "run", "from the sound one")

    def test_no_sound_checkpoint(self):
        self.make_three("run")
        for step in (3, 7, 11):
            self.damage("run", step)
        self.refused(BAD_DATA, "train", "--resume", self.dir / "run",
                     says=["none of the 3 checkpoints", "step-000000003/model.safetensors is damaged"])
        shutil.rmtree(self.dir / "run" / "checkpoints")
        self.refused(NO_INPUT, "train", "--resume", self.dir / "run", says="holds no checkpoint")
        self.refused(NO_INPUT, "train", "--resume", self.dir / "nothing", says="no run found")

    def test_a_checkpoint_by_name(self):
        self.train("whole", *RUN, "--epochs", 4)
        self.make_three("run")
        self.ok("train", "--resume", self.dir / "run" / "checkpoints" / "step-000000007", "--max-steps", "none",
                "--progress", "off")
        self.assert_same_run(self.content("whole"), "run", "from an earlier one")
        self.assertEqual([3, 7, 20], self.steps("run"))
        self.damage("run", 7)
        self.refused(BAD_DATA, "train", "--resume", self.dir / "run" / "checkpoints" / "step-000000007",
                     says="model.safetensors is damaged")

    def test_full_disk(self):
        """The checkpoint does not fit: the run ends, and goes on from the one before."""
        big = ["--hidden", "200,200", "--epochs", 10**9, "--checkpoint-every", 20, "--log-every", 10**6,
               "--eval-every", "never"]
        for ranks in (None, 2):
            out = f"full{ranks}"
            running = harness.Running(harness.command_of(
                ["train", *RUN, *big, "--progress", "off", "--out", self.dir / out], ranks))
            self.addCleanup(running.kill)
            harness.wait_until(lambda: any((self.dir / out).glob("checkpoints/step-*")), "a checkpoint")
            for pid in subprocess.run(["pgrep", "-f", str(self.dir / out)], capture_output=True, text=True,
                                      check=True).stdout.split():
                hard = resource.prlimit(int(pid), resource.RLIMIT_FSIZE)[1]
                resource.prlimit(int(pid), resource.RLIMIT_FSIZE, (100_000, hard))
            done = running.end()
            self.assertEqual(IO, done.code, done)
            self.assertIn("cannot write", done.messages[0])
            step = self.steps(out)[-1]
            self.resume(out, "--epochs", "none", "--max-steps", step + 3)
            self.train(f"{out}-whole", *RUN, *big, "--epochs", "none", "--max-steps", step + 3)
            self.assertEqual(self.content(f"{out}-whole")["model"], self.content(out)["model"])

    # --- what is refused, and what not -----------------------------------------------------------

    def test_another_run_is_refused(self):
        self.train("run", *RUN, "--epochs", 4, "--max-steps", 7)
        before = {path: path.read_bytes() for path in (self.dir / "run").rglob("*") if path.is_file()}
        for arguments, status, says in (
                (["--lr", "0.06"], USAGE, ["--lr is 0.05", "0.06 now"]),
                (["--momentum", "0"], USAGE, ["--momentum is 0.9", "0 now"]),
                (["--hidden", "8"], USAGE, ["--hidden is 8,5", "8 now"]),
                (["--batch", "70"], USAGE, ["--batch is 35", "70 now"]),
                (["--slices", "4"], USAGE, ["--slices is 3", "4 now"]),
                (["--seed", "2"], USAGE, ["--seed is 1", "2 now"]),
                (["--shuffle", "off"], USAGE, "--shuffle is on"),
                (["--drop-last"], USAGE, "--drop-last is off"),
                (["--scale", "standard"], USAGE, "--scale is by-type"),
                (["--val-split", "40"], USAGE, "--val-split is 50"),
                (["--ema", "1ep"], USAGE, ["--ema is off", "1ep now"]),
                (["--final-weights", "best"], USAGE, ["--final-weights is auto", "best now"]),
                (["--data", "synthetic:samples=210,features=6,classes=3,test=40,seed=9"], BAD_DATA,
                 "the training data is 160 x 6"),
                (["--data", "synthetic:samples=210,features=6,classes=3,test=41"], BAD_DATA, "the test data"),
                (["--max-steps", "5"], USAGE, "past the end"),
        ):
            with self.subTest(arguments=arguments):
                self.refused(status, "train", "--resume", self.dir / "run", *arguments, says=says)
        after = {path: path.read_bytes() for path in (self.dir / "run").rglob("*") if path.is_file()}
        self.assertEqual(before, after)

    def test_reduce(self):
        """Another order of sums is another run, unless there is but one team."""
        self.train("run", *RUN, "--epochs", 2, "--max-steps", 3)
        self.resume("run", "--reduce", "allreduce", "--max-steps", 5)
        self.refused(USAGE, "train", "--resume", self.dir / "run", "--reduce", "allreduce", "--team", "rank",
                     "--max-steps", 7, ranks=2, says="--reduce")

    def test_nothing_left(self):
        self.train("run", *RUN, "--epochs", 2)
        before = {path: path.read_bytes() for path in (self.dir / "run").rglob("*") if path.is_file()}
        done = self.resume("run", ranks=2)
        self.assertIn("nothing left to do", done.out)
        self.assertEqual(before, {path: path.read_bytes() for path in (self.dir / "run").rglob("*")
                                  if path.is_file()})
        # Unless its results are missing, as after a crash.
        wanted = self.content("run")
        (self.dir / "run" / "summary.json").unlink()
        (self.dir / "run" / "model.safetensors").unlink()
        self.resume("run")
        self.assert_same_run(wanted, "run", "results again")

    def test_extended(self):
        """More epochs: as if they had been asked for at first."""
        self.train("run", *RUN, "--epochs", 2)
        self.resume("run", "--epochs", 4)
        self.train("whole", *RUN, "--epochs", 4)
        self.assert_same_run(self.content("whole"), "run", "extended")

    def test_auto(self):
        """One command line that begins, goes on, and has nothing left to do."""
        command = ["train", *RUN, "--epochs", 4, "--out", self.dir / "run", "--resume", "auto", "--progress", "off"]
        self.train("whole", *RUN, "--epochs", 4)
        self.ok(*command, "--max-steps", 7)
        self.ok(*command, "--max-steps", "none", ranks=2)
        self.assert_same_run(self.content("whole"), "run", "auto")
        self.assertIn("nothing left", self.ok(*command, "--max-steps", "none").out)
        # Ended before its first checkpoint, it begins again; what is nobody's run is not touched.
        shutil.rmtree(self.dir / "run" / "checkpoints")
        self.ok(*command)
        (self.dir / "mine").mkdir()
        (self.dir / "mine" / "file").write_text("mine")
        self.refused(CANNOT_CREATE, "train", *RUN, "--resume", "auto", "--out", self.dir / "mine",
                     says=["not empty", "--overwrite", "--resume"])

    def test_a_directory_in_use(self):
        self.train("run", *RUN, "--epochs", 1)
        self.refused(CANNOT_CREATE, "train", *RUN, "--out", self.dir / "run",
                     says=["not empty", "--overwrite", "--resume"])
        self.train("run", *RUN, "--epochs", "none", "--max-steps", 3, "--overwrite")
        self.assertEqual([3], self.steps("run"), "checkpoints of the old run are gone")

    def test_contradictions(self):
        for arguments, names in (
                (["--resume", "x", "--overwrite"], ["--resume", "--overwrite"]),
                (["--resume", "auto"], ["--resume", "--out"]),
                (["--patience", 3], ["--patience", "--early-stop"]),
                (["--min-delta", "0.1"], ["--min-delta", "--early-stop"]),
                (["--early-stop", "val_loss"], ["--early-stop", "--val-split"]),
                (["--target", "val_accuracy=0.9"], ["--target", "--val-split"]),
                (["--early-stop", "val_loss", "--val-split", "0.1", "--eval-every", "end"],
                 ["--early-stop", "--eval-every"]),
                (["--target", "test_loss=1", "--eval-every", "never"], ["--target", "--eval-every"]),
                (["--early-stop", "val_ema_loss", "--val-split", "0.1"], ["--early-stop", "--ema"]),
                (["--early-stop", "test_ema_loss", "--ema", "1ep"], ["--early-stop test_ema_loss", "val_loss"]),
                (["--final-weights", "ema"], ["--final-weights", "--ema"]),
                (["--final-weights", "best"], ["--final-weights", "--val-split"]),
                (["--final-weights", "best", "--val-split", "0.1", "--eval-every", "never"],
                 ["--final-weights", "--eval-every"]),
                (["--ema", "1ep", "--batch-schedule", "16,32@1ep"], ["--ema", "--batch-schedule", "500st"]),
                (["--early-stop", "val_los", "--val-split", "0.1"], ["no metric val_los", "val_loss"]),
                (["--early-stop", "test_loss"], ["--early-stop test_loss", "val_loss"]),
                (["--target", "val_loss", "--val-split", "0.1"], ["--target val_loss", "0.88"]),
                (["--early-stop", "val_r2", "--val-split", "0.1"], ["--early-stop val_r2", "val_accuracy"]),
                (["--max-time", "10"], ["--max-time", "10min"]),
                (["--max-time", "0s"], ["--max-time"]),
                (["--checkpoint-every", "10m"], ["--checkpoint-every", "10min"]),
                (["--keep", "0"], ["--keep", "at least 1"]),
        ):
            with self.subTest(arguments=arguments):
                if "x" in arguments:
                    self.train("x", *RUN, "--epochs", 1)
                    arguments = [self.dir / "x" if word == "x" else word for word in arguments]
                self.refused(USAGE, "train", "--data", "synthetic:samples=100,classes=3,test=10", "--progress", "off",
                             *arguments, says=names)

    def test_how_often_memory_is_verified_is_no_part_of_a_run(self):
        """Options, record and help have it; a resumed run may have another, and ends with the same bits."""
        self.train("whole", *RUN, "--epochs", 4, "--verify-every", "never")
        wanted = self.content("whole")
        for ranks, first, then in ((3, "1st", "never"), (None, "1ep", "2"), (2, "checkpoint", "3")):
            out = f"parts-{then}"
            self.train(out, *RUN, "--team", "rank", "--checkpoint-every", 2, "--max-steps", 7, "--verify-every", first,
                       ranks=ranks)
            self.assertIn(f"verify-every = {first}\n", (self.dir / out / "config.ini").read_text())
            self.resume(out, "--max-steps", "none", "--epochs", 4, "--verify-every", then, ranks=ranks)
            self.assert_same_run(wanted, out, out)
        self.assertIn("--verify-every checkpoint|Nep|N|never", self.ok("help", "train", "all").out)

    # --- other ends ------------------------------------------------------------------------------

    def test_target(self):
        self.train("run", *RUN, "--epochs", 500, "--eval-every", 3, "--target", "val_accuracy=0.8", ranks=2)
        content = self.content("run")
        self.assertEqual("target", content["summary"]["stopped_by"])
        reached = [event["accuracy"] >= 0.8 for event in content["events"]
                   if event["event"] == "evaluation" and event["set"] == "validation"]
        self.assertEqual([False] * (len(reached) - 1) + [True], reached)
        self.assertEqual(content["summary"]["steps_done"], content["summary"]["evaluated_at_step"])

    def test_max_time(self):
        done = self.train("run", *RUN, "--epochs", 10**9, "--log-every", 10**6, "--eval-every", "100000ep",
                          "--max-time", "2s", "--checkpoint-every", "1s", ranks=2)
        taken = [event["step"] for event in harness.read_events(self.dir / "run" / "metrics.jsonl")
                 if event["event"] == "checkpoint"]
        self.assertGreaterEqual(len(taken), 2)
        summary = harness.read_json(self.dir / "run" / "summary.json")
        self.assertEqual("time", summary["stopped_by"])
        self.assertIn("stopped by time: time limit reached (--max-time)", done.out)
        self.assertEqual(summary["steps_done"], summary["evaluated_at_step"], "evaluated at its end")
        self.assertEqual(summary["steps_done"], taken[-1])
        self.assertIn("nothing left", self.resume("run").out)
        self.train("again", *RUN, "--epochs", "none", "--max-steps", summary["steps_done"], "--log-every", 10**6,
                   "--eval-every", "end")
        self.assertEqual(self.content("again")["model"], self.content("run")["model"])

    def test_lengths_of_an_older_version(self):
        """Before 0.2, config.ini named no version, and lengths without a unit were steps even by epoch."""
        schedule = ["--epochs", 4, "--schedule", "multistep", "--schedule-by", "epoch", "--warmup", "2st",
                    "--milestones", "4st,2ep", "--gamma", "0.5"]
        self.train("whole", *RUN, *schedule)
        self.train("run", *RUN, *schedule, "--max-steps", 8)
        run = self.dir / "run"
        config = (run / "config.ini").read_text()
        self.assertRegex(config, r"^# lockstep train --config FILE repeats this run \(lockstep \d+\.\d+\.\d+\)\n")
        for line in ("warmup = 2st", "milestones = 4st,2ep", "eval-every = 1ep"):
            self.assertIn(f"\n{line}\n", config)
        newer = run.rename(self.dir / "newer")
        shutil.copytree(newer, run)
        older = re.sub(r"\b(\d+)st\b", r"\1", re.sub(r" \(lockstep .*\)\n", "\n", config))
        self.assertIn("\nmilestones = 4,2ep\n", older)
        (run / "config.ini").write_text(older)
        for state in (run / "checkpoints").glob("*/state.json"):
            harness.rewrite_state(state, lambda content: content["identity"].update(
                {"--warmup": "2", "--milestones": "4,2ep"}))
        self.refused(USAGE, "train", "--resume", run, "--warmup", "2", "--max-steps", "none",
                     says=["--warmup is 2 in the checkpoint", "2ep now"])
        self.resume("run", "--max-steps", "none")
        self.assert_same_run(self.content("whole"), "run", "from lengths without a unit")
        self.assertIn("\nwarmup = 2st\n", (run / "config.ini").read_text())
        self.ok("train", "--resume", newer, "--max-steps", "none", "--progress", "off", ranks=2)
        self.assert_same_run(self.content("whole"), "newer", "from lengths with a unit")

    def test_config_of_a_resumed_run(self):
        """It tells what the run now is, and repeats it."""
        self.train("run", *RUN, "--epochs", 2)
        self.resume("run", "--epochs", 3)
        self.ok("train", "--config", self.dir / "run" / "config.ini", "--out", self.dir / "again", "--progress", "off")
        self.assert_same_run(self.content("again"), "run", "from its config.ini")
        text = (self.dir / "run" / "config.ini").read_text()
        self.assertIn("epochs = 3", text)
        self.assertIn("# resume =", text)


if __name__ == "__main__":
    unittest.main()
