"""A run that stands still says so, names the rank it waits for, and ends where it was asked to.

Before, a rank that was stopped, or a host that did not answer any more, let all others wait for ever
and silently; and signals to them did nothing, since they travel with the next step's verdict.
"""

import os
import re
import signal
import time
import unittest

import harness

STOPPED = 75
LONG = ["--data", "synthetic:samples=4000,features=20,classes=3", "--hidden", "16", "--batch", "64",
        "--slices", "4", "--threads", "1", "--epochs", "1000000", "--eval-every", "never",
        "--log-every", "1000", "--progress", "off"]


class Stall(harness.Case):
    def start(self, ranks, *arguments, out="run"):
        """A run of several ranks that takes steps, with its ranks' process numbers."""
        shell = 'echo $$ > "{0}/pid.{1}.part" && mv "{0}/pid.{1}.part" "{0}/pid.{1}" && exec "$@"'
        wrapper = ["sh", "-c", shell.format(self.dir, harness.RANK), "sh"]
        running = harness.Running(
            harness.command_of(["train", *LONG, "--out", self.dir / out, *arguments], ranks, wrapper))
        self.addCleanup(running.kill)
        metrics = self.dir / out / "metrics.jsonl"
        harness.wait_until(lambda: metrics.exists() and b'"event":"step"' in metrics.read_bytes(),
                           "the first steps")
        self.pids = [int((self.dir / f"pid.{rank}").read_text()) for rank in range(ranks)]
        for pid in self.pids:  # one that is stopped ends with nothing else
            self.addCleanup(self.kill, pid)
        return running

    @staticmethod
    def kill(pid):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def stall_lines(self, done):
        return [line for line in done.err.splitlines() if "no progress for" in line]

    def test_a_stopped_rank_is_named_and_the_run_continues(self):
        for team, waits in (("node", r"waiting at the team's barrier for rank 1$"),
                            ("rank", r"waiting (for a message (from|to be received by) rank 1|in an allgather)$")):
            with self.subTest(team=team):
                running = self.start(2, "--team", team, "--stall-warn", "2s", out=team)
                os.kill(self.pids[1], signal.SIGSTOP)
                harness.wait_until(lambda: running.said("no progress for"), "the warning")
                os.kill(self.pids[1], signal.SIGCONT)
                harness.wait_until(lambda: running.said("progress again after"), "the run to continue")
                os.kill(self.pids[0], signal.SIGUSR1)
                done = running.end()
                stalls = self.stall_lines(done)
                self.assertEqual(1, len(stalls), done)
                self.assertRegex(stalls[0], r"^lockstep: warning: rank 0: no progress for \d+ s, since "
                                            r"\d\d:\d\d:\d\d: training, step \d+; " + waits, done)
                self.assertRegex(done.err, r"(?m)^lockstep: note: rank 0: progress again after \d+ s$")
                self.assertIn("stopped by signal", done.out)

    def test_the_timeout_ends_all_ranks_and_the_checkpoint_resumes(self):
        running = self.start(3, "--stall-warn", "1s", "--stall-timeout", "3s",
                             "--checkpoint-every", "500")
        checkpoints = self.dir / "run" / "checkpoints"
        harness.wait_until(lambda: any(checkpoints.glob("step-*")), "a checkpoint")
        os.kill(self.pids[2], signal.SIGSTOP)
        done = running.end()
        self.assertEqual(STOPPED, done.code, done)
        message = [line for line in done.err.splitlines() if "--stall-timeout" in line]
        self.assertEqual(1, len(message), done)
        found = re.search(r"^lockstep: rank 0: ended: no progress for 3 s \(--stall-timeout\): training, step "
                          r"\d+; waiting at the team's barrier for rank 2; the newest checkpoint is (\S+), "
                          r"resume with --resume (\S+)$", message[0])
        self.assertIsNotNone(found, done)
        self.assertEqual(sorted(checkpoints.glob("step-*"))[-1], checkpoints / os.path.basename(found[1]))
        self.assertTrue(os.path.isdir(found[1]), done)
        step = int(found[1][-9:])
        self.ok("train", "--resume", found[2], "--max-steps", step + 100)
        self.assertEqual(step + 100, harness.read_json(self.dir / "run" / "summary.json")["steps_done"])

    def test_a_signal_that_reaches_nobody_ends_its_rank(self):
        running = self.start(2, "--stall-warn", "2s", "--team", "rank")
        os.kill(self.pids[1], signal.SIGSTOP)
        time.sleep(1)
        os.kill(self.pids[0], signal.SIGUSR1)
        done = running.end()
        self.assertIn("rank 0: ended by signal 10, which did not reach all ranks within", done.err)
        self.assertEqual(STOPPED, done.code, done)

    def test_a_suspended_job_is_no_stall(self):
        """All of its ranks are stopped for longer than the limits, as by Ctrl-Z or a laptop's lid."""
        running = self.start(2, "--stall-warn", "2s", "--stall-timeout", "3s")
        for pid in self.pids:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(5)
        for pid in reversed(self.pids):
            os.kill(pid, signal.SIGCONT)
        time.sleep(1)
        os.kill(self.pids[0], signal.SIGUSR1)
        done = running.end()
        self.assertEqual([], self.stall_lines(done), done)
        self.assertIn("stopped by signal", done.out)

    def test_the_options_take_times(self):
        for name in ("--stall-warn", "--stall-timeout"):
            self.ok("plan", name, "90s", "--samples", "1000", "--features", "4", "--outputs", "2")
            self.refused(64, "train", name, "0s", says=[name])


if __name__ == "__main__":
    unittest.main()
