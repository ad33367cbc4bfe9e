"""A host that stops answering: those that wait for it say which one it is, and end where that was
asked for. Before, the job hung silently for ever.
"""

import unittest

from hosts import Case, Hosts, harness, ranks_of

LONG = ["train", "--data", "synthetic:samples=4000,features=20,classes=3", "--hidden", "16", "--batch",
        "64", "--slices", "4", "--threads", "1", "--epochs", "1000000", "--eval-every", "never",
        "--log-every", "200", "--progress", "off"]


class Stall(Case):
    def start(self, hosts, out, *arguments):
        running = harness.Running(hosts.command([*LONG, "--out", self.dir / out, *arguments], 2))
        self.addCleanup(running.kill)
        self.wait_for_event(out)
        return running

    def test_a_host_whose_link_is_down_is_named(self):
        with Hosts(3, self.dir) as hosts:
            gone = hosts.names[2]
            running = self.start(hosts, "run", "--stall-warn", "2s", "--stall-timeout", "6s",
                                 "--checkpoint-every", "100")
            checkpoints = self.dir / "run" / "checkpoints"
            harness.wait_until(lambda: any(checkpoints.glob("step-*")), "a checkpoint")
            hosts.set_link(gone, "down")
            # Those of the silent host end too. Open MPI's mpirun waits on for its daemon there.
            harness.wait_until(lambda: not ranks_of(self.dir), "the end of all ranks")
            done = running.kill() or running.end()
            self.assertRegex(done.err, r"lockstep: warning: rank \d \(host \w+\): no progress for \d+ s, since .*; "
                                       rf"waiting (for a message (from|to be received by) rank [45] \(host {gone}\)"
                                       r"|in an allgather)")  # where MPI does not say which
            self.assertRegex(done.err, r"lockstep: rank \d \(host \w+\): ended: no progress for 6 s \(--stall-timeout\)")
            self.assertRegex(done.err, rf"the newest checkpoint is {checkpoints}/step-\d+, resume with --resume")
        self.ok("train", "--resume", self.dir / "run", "--max-steps", 100_000_000, "--max-time", "1s",
                "--stall-timeout", "never")

    def test_a_link_that_comes_back_is_no_end(self):
        with Hosts(2, self.dir) as hosts:
            running = self.start(hosts, "run", "--stall-warn", "1s", "--max-time", "20s")
            hosts.set_link(hosts.names[1], "down")
            harness.wait_until(lambda: running.said("no progress for"), "the warning")
            hosts.set_link(hosts.names[1], "up")
            done = running.end()
            self.assertEqual(0, done.code, done)
            self.assertRegex(done.err, r"progress again after \d+ s")


if __name__ == "__main__":
    unittest.main()
