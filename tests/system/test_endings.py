"""However a run ends: by a signal to any rank, by a loss that is no number, by a full disk. All ranks
stop after the same step, and what was reached is written, or nothing is.
"""

import contextlib
import math
import os
import resource
import signal
import subprocess
import time
import unittest

import harness

STOPPED, DIVERGED, IO = 75, 3, 74

# Long: it is never waited for. Tiny: any step is reached again quickly. Two slices, so that two ranks
# have work.
LONG = ["--data", "synthetic:samples=1000,features=6,classes=3,test=50", "--hidden", "8", "--batch",
        "100", "--slices", "2", "--threads", "1", "--log-every", "10", "--progress", "off", "--lr", "0.02"]
FILES = {"config.ini", "metrics.jsonl", "summary.json", "model.safetensors"}

# Writes its process number where the test finds it; a full disk is played by a limit on file sizes,
# which must be an error then and not a signal.
WRAPPER = 'echo $$ > "{}/pid.{}.part" && mv "{}/pid.{}.part" "{}/pid.{}" && trap "" XFSZ && exec "$@"'


class Ending(harness.Case):
    def start(self, out, *arguments, ranks=None):
        """Starts a training run into self.dir / out and waits until it takes steps."""
        place = self.dir / f"{out}-pids"
        place.mkdir()
        shell = WRAPPER.format(*[place, harness.RANK] * 3)
        command = harness.command_of(["train", *LONG, "--out", self.dir / out, *arguments], ranks,
                                     ["sh", "-c", shell, "sh"])
        running = harness.Running(command)
        self.addCleanup(running.kill)
        metrics = self.dir / out / "metrics.jsonl"
        harness.wait_until(lambda: running.process.poll() is not None or
                           (metrics.exists() and b'"event":"step"' in metrics.read_bytes()),
                           "the first steps")
        self.assertIsNone(running.process.poll(), "it ended by itself")
        self.pids = [int((place / f"pid.{rank}").read_text()) for rank in range(ranks or 1)]
        return running

    def model(self, out):
        return (self.dir / out / "model.safetensors").read_bytes()

    def assert_results(self, out, stopped_by):
        """Whole results that agree with each other; returns the steps done."""
        kept = {"checkpoints"} if stopped_by == "signal" else set()
        self.assertEqual(FILES | kept, {path.name for path in (self.dir / out).iterdir()})
        summary = harness.read_json(self.dir / out / "summary.json")
        events = harness.read_events(self.dir / out / "metrics.jsonl")
        self.assertEqual(("end", stopped_by), (events[-1]["event"], events[-1]["stopped_by"]))
        self.assertEqual(stopped_by, summary["stopped_by"])
        self.assertEqual(summary["steps_done"], events[-1]["steps_done"])
        self.assertEqual(summary["weights_xxh3"], events[-1]["weights_xxh3"])
        steps = [event["step"] for event in events if event["event"] == "step"]
        self.assertLessEqual(steps[-1] if steps else 0, summary["steps_done"])
        return summary["steps_done"]

    def assert_weights_of_step(self, out, step, *arguments):
        """The model holds what a run to exactly this step ends with, so every rank stopped there."""
        self.train(f"{out}-again", *LONG, *arguments, "--epochs", "none", "--max-steps", step)
        self.assertEqual(self.model(out), self.model(f"{out}-again"))


class Signals(Ending):
    def assert_stops(self, number, ranks, victim):
        out = f"run-{number}-{ranks}-{victim}"
        running = self.start(out, "--epochs", 10**9, ranks=ranks)
        os.kill(self.pids[victim], number)
        done = running.end()
        self.assert_failure(done, STOPPED, "stopped by a signal after step ")
        step = self.assert_results(out, "signal")
        self.assertIn(f"after step {step} of 10000000000;", done.messages[0])
        self.assert_weights_of_step(out, step)
        self.assertIn("stopped by signal", done.out)

    def test_alone(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
            self.assert_stops(number, None, 0)

    def test_one_rank_under_mpirun(self):
        self.assert_stops(signal.SIGINT, 1, 0)

    def test_rank_0_of_2(self):
        self.assert_stops(signal.SIGINT, 2, 0)

    def test_rank_1_of_2(self):
        self.assert_stops(signal.SIGTERM, 2, 1)

    def test_rank_2_of_3(self):
        """It has no slice, so no part in the step but the verdict."""
        self.assert_stops(signal.SIGINT, 3, 2)

    def test_during_an_evaluation(self):
        """Which is passed over. Once, with two threads, worker 0 left the others at a barrier."""
        data = ["--data", "synthetic:samples=1000,features=6,classes=3,test=100000", "--hidden", "64,64"]
        for threads, ranks in ((2, None), (3, None), (2, 2)):
            for attempt in range(3):
                out = f"evaluating-{threads}-{ranks}-{attempt}"
                running = self.start(out, *data, "--threads", threads, "--eval-every", 3, "--epochs",
                                     10**9, "--log-every", 1, ranks=ranks)
                os.kill(self.pids[0], signal.SIGTERM)
                self.assert_failure(running.end(), STOPPED, "stopped by a signal")
                self.assert_results(out, "signal")

    def test_all_ranks_at_once(self):
        """As schedulers do."""
        running = self.start("all", "--epochs", 10**9, ranks=2)
        for pid in self.pids:
            os.kill(pid, signal.SIGTERM)
        self.assert_failure(running.end(), STOPPED, "stopped by a signal")
        self.assert_weights_of_step("all", self.assert_results("all", "signal"))

    def test_a_second_signal_ends_it_at_once(self):
        """One rank hangs, so the other cannot finish its step, and the first signal waits for that."""
        running = self.start("twice", "--epochs", 10**9, ranks=2)
        os.kill(self.pids[1], signal.SIGSTOP)
        try:
            for _ in range(2):
                os.kill(self.pids[0], signal.SIGINT)
                time.sleep(0.1)  # else both are one
            done = running.end()
        finally:
            with contextlib.suppress(ProcessLookupError):  # some launchers end it themselves
                os.kill(self.pids[1], signal.SIGCONT)
        self.assertNotEqual(0, done.code)
        self.assert_nothing_half_written(self.dir / "twice")


class NotFinite(Ending):
    def assert_diverges(self, out, *arguments, ranks=None):
        arguments += ("--divergence", "off")  # which would keep the weights of an earlier step
        done = harness.run("train", *LONG, "--out", self.dir / out, *arguments, ranks=ranks)
        self.assert_failure(done, DIVERGED, ["finite at step ", "--lr"])
        step = int(done.messages[0].split("at step ")[1].split()[0])
        self.assertGreater(step, 1)
        self.assertEqual(step - 1, self.assert_results(out, "diverged"))
        model = harness.Tensors(self.dir / out / "model.safetensors")
        self.assertTrue(all(map(math.isfinite, model.all_values)), "the weights were changed")
        self.assert_weights_of_step(out, step - 1, *arguments)
        loss = harness.read_json(self.dir / out / "summary.json")["train_loss"]
        self.assertTrue(loss is None or loss > 0.1, f"train_loss {loss}")
        return done

    def test_classes(self):
        for ranks in (None, 2, 3):
            self.assert_diverges(f"classes{ranks}", "--lr", "1e30", "--epochs", 3, ranks=ranks)

    def test_values(self):
        """A rate that is too large by a little: some steps go well first."""
        done = self.assert_diverges("values", "--data", "synthetic:samples=1000,features=6,targets=1",
                                    "--lr", "30", "--momentum", "0", "--epochs", 20, ranks=2)
        self.assertNotIn("at step 2 ", done.messages[0])

    def test_place_is_named(self):
        done = self.assert_diverges("place", "--data", "synthetic:samples=150", "--lr", "1e30", "--epochs", 9)
        self.assertIn("at step 2 (epoch 1, iteration 2)", done.messages[0])

    def test_an_update_that_overflows(self):
        """Loss and gradient are numbers, but the weights that they lead to would not be."""
        self.assert_diverges("overflow", "--data", "synthetic:samples=150,targets=1", "--lr", "1e20",
                             "--hidden", "none", "--epochs", 9)


class FullDisk(Ending):
    def limit(self, bytes_):
        """From now on rank 0, which writes, can have no larger files."""
        resource.prlimit(self.pids[0], resource.RLIMIT_FSIZE, (bytes_, bytes_))

    def test_metrics(self):
        for ranks in (None, 2):
            out = f"metrics{ranks}"
            running = self.start(out, "--epochs", 10**9, "--log-every", 1, ranks=ranks)
            size = (self.dir / out / "metrics.jsonl").stat().st_size
            self.limit(size + 20000)
            done = running.end()
            self.assert_failure(done, IO, ["cannot write", "metrics.jsonl", "File too large"])
            # The log is cut, but what was learned is not lost.
            summary = harness.read_json(self.dir / out / "summary.json")
            self.assertEqual("failed", summary["stopped_by"])
            self.assert_weights_of_step(out, summary["steps_done"])

    def test_model(self):
        """It does not fit: there is none, rather than part of one."""
        for ranks in (None, 2):
            out = f"model{ranks}"
            running = self.start(out, "--epochs", 10**9, "--hidden", "300,300", "--log-every", 10, ranks=ranks)
            self.limit(300_000)
            os.kill(self.pids[-1], signal.SIGTERM)
            done = running.end()
            self.assertEqual(1, len(done.messages), done)
            self.assertIn(done.code, (IO, STOPPED), done)
            self.assertFalse((self.dir / out / "model.safetensors").exists())
            self.assertEqual([], list((self.dir / out).glob("*.part")))
            self.assertIn("model.safetensors", done.messages[0], "that it could not be written must be said")
            self.assertEqual(IO, done.code, done)

    def test_stdout(self):
        """Results that nobody can read are no success."""
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                harness.command_of(["train", *LONG, "--epochs", "1", "--out", self.dir / "run"]),
                env=harness.environment(), stdout=full, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(IO, done.returncode, done.stderr)
        self.assertIn(b"lockstep: ", done.stderr)

    def test_a_reader_that_has_ended(self):
        """`lockstep help | head` ended with a message and exit code 74, as if a disk were full."""
        run = ["train", *LONG, "--epochs", "1", "--progress", "off", "--out", self.dir / "run"]
        for command in (["help"], ["--version"], ["train", "--help"], ["plan", "--samples", "100"], run):
            reader, writer = os.pipe()
            os.close(reader)
            done = subprocess.run(harness.command_of(command), env=harness.environment(), stdout=writer,
                                  stderr=subprocess.PIPE, timeout=60, check=False)
            os.close(writer)
            self.assertEqual((0, b""), (done.returncode, done.stderr), command)
        self.assertEqual("epochs", harness.read_json(self.dir / "run" / "summary.json")["stopped_by"])


if __name__ == "__main__":
    unittest.main()
