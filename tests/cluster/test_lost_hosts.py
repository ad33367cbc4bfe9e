"""A run that loses a rank or a host ends on all hosts, and the job script scripts/jobs/mpirun continues
it on the hosts that are left: it ends with the bits of a run that nothing happened to.
"""

import os
import signal
import unittest

from hosts import Case, Hosts, harness, ranks_of

JOB = harness.SOURCE_DIR / "scripts" / "jobs" / "mpirun"
RUN = ["--data", "synthetic:samples=4000,features=20,classes=3", "--hidden", "16", "--batch", "64", "--slices", "4",
       "--threads", "1", "--epochs", "1000000", "--eval-every", "never", "--progress", "off", "--log-every", "50"]
KILLED = 128 + signal.SIGKILL
UNAVAILABLE = 69


class LostHosts(Case):
    def kill_on(self, hosts, host, directory=None):
        """All that runs on a host, or only the ranks that write to a directory."""
        pids = set(hosts.pids(host)) & set(ranks_of(directory) if directory else hosts.pids(host))
        self.assertTrue(pids)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)

    def test_a_killed_rank_ends_the_job(self):
        with Hosts(3, self.dir) as hosts:
            running = harness.Running(hosts.command(["train", *RUN, "--out", self.dir / "run"], 2))
            self.addCleanup(running.kill)
            self.wait_for_event("run")
            self.kill_on(hosts, hosts.names[2], self.dir / "run")
            done = running.end()
            self.assertEqual(KILLED, done.code, done)
            harness.wait_until(lambda: not ranks_of(self.dir), "the end of all ranks")

    def start_job(self, hosts, out, *arguments):
        """The job script, on the first host."""
        job = hosts.launched([JOB, hosts.hostfile, *RUN, "--checkpoint-every", "100", "--out", self.dir / out, *arguments])
        running = harness.Running(job, {"PROGRAM": harness.PROGRAM, "ASK": str(hosts.agent), "KEEPALIVE": "1"})
        self.addCleanup(running.kill)
        return running

    def steps(self, out):
        checkpoints = self.dir / out / "checkpoints"
        return sorted(int(path.name.removeprefix("step-")) for path in checkpoints.glob("step-*[0-9]"))

    def wait_for_checkpoint(self, out):
        harness.wait_until(lambda: self.steps(out), "a checkpoint")

    def assert_continues_without(self, lose, says):
        """`lose`: what happens to the fourth host of four."""
        with Hosts(4, self.dir) as hosts:
            gone = hosts.names[3]
            running = self.start_job(hosts, "run")
            self.wait_for_checkpoint("run")
            before = self.steps("run")[-1]
            lose(hosts, gone)
            harness.wait_until(lambda: running.said(f"{gone} does not answer"), "the next start", 60)
            harness.wait_until(lambda: self.steps("run")[-1] > before + 200, "more steps")
            self.assertEqual([], [pid for pid in ranks_of(self.dir) if pid in hosts.pids(gone)])
            for pid in hosts.pids(hosts.names[0]):  # the job script is among them; it passes the signal on
                if str(JOB) in self.words(pid)[:2]:
                    os.kill(pid, signal.SIGTERM)
            done = running.end()
        self.assertEqual(75, done.code, done)
        self.assertIn(says, done.err)
        summary = harness.read_json(self.dir / "run" / "summary.json")
        self.assertEqual((3, "signal"), (summary["hosts"], summary["stopped_by"]), done)
        self.ok("train", *RUN, "--out", self.dir / "undisturbed", "--max-steps", summary["steps_done"])
        for name in ("weights_xxh3", "steps_done"):
            self.assertEqual(harness.read_json(self.dir / "undisturbed" / "summary.json")[name], summary[name])

    @staticmethod
    def words(pid):
        try:
            with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
                return file.read().split("\0")
        except OSError:
            return []

    def test_a_killed_host(self):
        def lose(hosts, gone):
            hosts.set_link(gone, "down")
            self.kill_on(hosts, gone)
        self.assert_continues_without(lose, "exit code 205")

    def test_a_link_that_is_down(self):
        self.assert_continues_without(lambda hosts, gone: hosts.set_link(gone, "down"), "exit code 205")

    def test_a_killed_rank_is_started_again(self):
        with Hosts(2, self.dir) as hosts:
            running = self.start_job(hosts, "run")
            self.wait_for_checkpoint("run")
            self.kill_on(hosts, hosts.names[1], self.dir / "run")
            harness.wait_until(lambda: running.said(f"exit code {KILLED}"), "the end of the first start")
            self.wait_for_event("run", "resume")
            running.kill()
            running.end()

    def test_errors_are_not_repeated(self):
        with Hosts(2, self.dir) as hosts:
            for code, arguments in {64: ["--bacth", "3"], 66: ["--data", self.dir / "none.csv"], 3: ["--lr", "1e30"],
                                    0: ["--max-steps", "5"]}.items():
                done = self.start_job(hosts, f"run{code}", "--optimizer", "sgd", *arguments).end()
                self.assertEqual(code, done.code, done)
                self.assertNotIn("mpirun: exit code", done.err)

    def test_pbs(self):
        """The job script for PBS, whose part is played here: it submits itself again shortly before its limit."""
        harness.write_file(self.dir / "bin" / "qsub", b'#!/bin/sh\nprintf "%s\\n" "$@" >"$PBS_O_WORKDIR/submitted"\n').chmod(0o755)
        arguments = f"{' '.join(RUN)} --out run"
        with Hosts(2, self.dir) as hosts:
            nodes = harness.write_file(self.dir / "nodes", "".join(f"{name}\n{name}\n" for name in hosts.names).encode())
            env = {"PROGRAM": harness.PROGRAM, "ASK": str(hosts.agent), "ARGS": arguments, "RUN_SECONDS": "5",
                   "PBS_O_WORKDIR": str(self.dir), "PBS_NODEFILE": str(nodes), "PBS_JOBID": "1.server",
                   "JOBS": str(JOB.parent), "PATH": f"{self.dir}/bin:{os.environ['PATH']}"}
            done = harness.Running(hosts.launched([JOB.parent / "pbs"]), env).end()
        self.assertEqual(75, done.code, done)
        self.assertEqual(["-v", f"ARGS={arguments}", f"{JOB.parent}/pbs"],
                         (self.dir / "submitted").read_text().splitlines())
        summary = harness.read_json(self.dir / "run" / "summary.json")
        self.assertEqual((4, 2, "signal"), (summary["ranks"], summary["hosts"], summary["stopped_by"]))

    def test_no_host_answers(self):
        with Hosts(2, self.dir) as hosts:
            for name in hosts.names:
                hosts.set_link(name, "down")
            done = self.start_job(hosts, "run").end()
        self.assertEqual(UNAVAILABLE, done.code, done)


if __name__ == "__main__":
    unittest.main()
