"""The job script scripts/jobs/slurm under a real Slurm of three nodes: it continues the run after its time
limit, a killed rank and a lost node, with the bits of a run that nothing happened to; it does not repeat
what would fail again; and scancel ends it for good.
"""

import os
import signal
import unittest

from hosts import Case, harness, ranks_of
from slurm import Slurm

JOB = harness.SOURCE_DIR / "scripts" / "jobs" / "slurm"
RUN = ["--data", "synthetic:samples=4000,features=20,classes=3", "--hidden", "16", "--batch", "64", "--slices", "4",
       "--threads", "1", "--epochs", "1000000", "--eval-every", "never", "--progress", "off", "--log-every", "50",
       "--checkpoint-every", "200"]


class SlurmJobs(Case):
    def setUp(self):
        super().setUp()
        for name in ("munged", "slurmctld", "slurmd"):
            self.need_program(name, "cluster")

    def submit(self, slurm, *arguments, limits=("--time=30",)):
        answer = slurm.call("sbatch", "-n", 3, "-c", 1, "-N", "2-3", f"--output={self.dir}/job.out", *limits, JOB,
                            *RUN, "--out", self.dir / "run", *arguments)
        self.assertRegex(answer, r"^Submitted batch job \d+$")
        return answer.split()[-1]

    def output(self):
        path = self.dir / "job.out"
        return path.read_text(errors="replace") if path.exists() else ""

    def newest_step(self):
        return max((int(path.name.removeprefix("step-")) for path in self.dir.glob("run/checkpoints/step-*[0-9]")), default=0)

    def wait_for_start(self, slurm, job, restarts):
        """Until the job runs, after so many restarts, and writes another checkpoint."""
        harness.wait_until(lambda: (state := slurm.state(job)).get("Restarts") == str(restarts) and
                           state["JobState"] == "RUNNING", f"start {restarts} of the job", 150)
        before = self.newest_step()
        harness.wait_until(lambda: self.newest_step() > before, "a checkpoint", 60)

    def cancel(self, slurm, job):
        """Ends the job as its user would."""
        slurm.call("scancel", job)
        harness.wait_until(lambda: slurm.state(job)["JobState"] == "CANCELLED", "the end of the job")
        harness.wait_until(lambda: not ranks_of(self.dir), "the end of all ranks")

    def assert_undisturbed(self):
        """The weights are those of a run on one host."""
        summary = harness.read_json(self.dir / "run" / "summary.json")
        self.assertEqual("signal", summary["stopped_by"], self.output())
        self.ok("train", *RUN, "--out", self.dir / "one", "--max-steps", summary["steps_done"])
        for name in ("weights_xxh3", "steps_done"):
            self.assertEqual(harness.read_json(self.dir / "one" / "summary.json")[name], summary[name])
        return summary

    def test_a_time_limit(self):
        """Slurm looks at time limits twice a minute, so the signal comes in the first minute of two."""
        with Slurm(3, self.dir) as slurm:
            job = self.submit(slurm, limits=("--time=2", "--signal=USR1@60"))
            harness.wait_until(lambda: "stopped by signal" in self.output(), "the signal", 110)
            self.wait_for_start(slurm, job, 1)
            self.cancel(slurm, job)
        self.assertEqual(2, self.output().count("and --resume continues from there"))  # scancel's checkpoint too
        self.assertEqual(3, self.assert_undisturbed()["hosts"])

    def test_a_killed_rank_and_a_lost_node(self):
        with Slurm(3, self.dir) as slurm:
            job = self.submit(slurm)
            self.wait_for_start(slurm, job, 0)
            os.kill(max(ranks_of(self.dir)), signal.SIGKILL)
            self.wait_for_start(slurm, job, 1)
            gone = slurm.names[2]
            self.assertTrue([pid for pid in ranks_of(self.dir) if pid in slurm.pids(gone)])
            slurm.set_link(gone, "down")
            for pid in slurm.pids(gone):
                os.kill(pid, signal.SIGKILL)
            self.wait_for_start(slurm, job, 2)
            self.cancel(slurm, job)
        self.assertEqual(2, self.assert_undisturbed()["hosts"])

    def test_errors_are_not_repeated(self):
        with Slurm(2, self.dir) as slurm:
            for code, arguments in {64: ["--bacth", "3"], 66: ["--data", self.dir / "none.csv"], 0: ["--max-steps", "5"]}.items():
                job = self.submit(slurm, *arguments)
                harness.wait_until(lambda: slurm.state(job)["JobState"] in ("FAILED", "COMPLETED"), "the end of the job")
                state = slurm.state(job)
                self.assertEqual((f"{code}:0", "0"), (state["ExitCode"], state["Restarts"]), self.output())


if __name__ == "__main__":
    unittest.main()
