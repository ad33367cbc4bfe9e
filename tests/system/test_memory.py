"""Memory of whole runs, as the machine has it: the proportional set sizes (PSS) of all processes, in which
a page that several share counts once.
"""

import json
import os
import re
import signal
import unittest

import harness

MIB = 2**20
UNITS = {"B": 1, "KiB": 2**10, "MiB": MIB, "GiB": 2**30}
# Writes its process number where the test finds it.
WRAPPER = 'echo $$ > "{0}/{1}.part" && mv "{0}/{1}.part" "{0}/{1}" && exec "$@"'


def pss_of(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return 1024 * int(re.search(r"^Pss: +(\d+) kB$", file.read(), re.MULTILINE).group(1))


@unittest.skipUnless(os.access("/proc/self/smaps_rollup", os.R_OK), "this system does not tell PSS")
class Memory(harness.Case):
    def memory_of(self, name, *arguments, ranks=None):
        """Of a run in the midst of its steps: the most bytes of several looks, and its banner."""
        place = self.dir / name
        place.mkdir()
        shell = WRAPPER.format(place, harness.RANK)
        command = harness.command_of(["train", "--threads", 1, "--max-steps", 10**9, "--eval-every", "never",
                                      "--progress", "lines", "--verbose", "--log-every", 1, "--out", place / "out",
                                      *arguments], ranks, ["sh", "-c", shell, "sh"])
        running = harness.Running(command)
        self.addCleanup(running.kill)
        metrics = place / "out" / "metrics.jsonl"

        def steps():
            return metrics.read_bytes().count(b'"event":"step"') if metrics.exists() else 0

        most = 0
        for look in range(4):
            harness.wait_until(lambda: running.process.poll() is not None or steps() > 2 * look,
                               f"step {2 * look + 1}", timeout_s=60)
            self.assertIsNone(running.process.poll(), "it ended by itself")
            pids = [int((place / str(rank)).read_text()) for rank in range(ranks or 1)]
            most = max(most, sum(pss_of(pid) for pid in pids))
        os.kill(pids[0], signal.SIGTERM)
        done = running.end()
        self.assertEqual(75, done.code, done)
        return most, done.err

    def test_one_copy_of_data_and_weights_a_machine(self):
        """What a large run takes beyond a tiny one is the same for four ranks as for one: 200 MB of data, a
        dozen of weights (several times), activations and partial sums."""
        large = ["--data", "synthetic:samples=64000,features=784,classes=10", "--hidden", "1024,1024", "--batch",
                 "256", "--slices", "4"]
        tiny = ["--data", "synthetic:samples=640,features=8,classes=10", "--hidden", "8", "--batch", "256",
                "--slices", "4"]
        beyond = {}
        for ranks in (1, 4):
            beyond[ranks] = (self.memory_of(f"large{ranks}", *large, ranks=ranks)[0] -
                             self.memory_of(f"tiny{ranks}", *tiny, ranks=ranks)[0])
        self.assertGreater(beyond[1], 64000 * 784 * 4)
        self.assertLess(beyond[4], 1.05 * beyond[1])
        # The measure sees copies: as teams of their own, the ranks have four.
        apart = self.memory_of("apart", *large, "--team", "rank", ranks=4)[0]
        self.assertGreater(apart, 3 * beyond[1])

    def told(self, text):
        """The banner's partial sums of gradients, in bytes."""
        number, unit = re.search(r"gradients ([\d.]+) (\w+),", text).groups()
        return float(number) * UNITS[unit]

    def test_a_large_batch_takes_no_more_than_its_partial_sums(self):
        """With passes of a size, the batch does not matter but for what the banner says."""
        run = ["--data", "synthetic:samples=20000,features=784,classes=10", "--hidden", "512,256"]
        for rows in (256, 1024):
            passes = [*run, "--pass-rows", rows]
            small, small_banner = self.memory_of(f"small{rows}", *passes, "--batch", 256)
            large, large_banner = self.memory_of(f"large{rows}", *passes, "--batch", 8192)
            small_sums, large_sums = self.told(small_banner), self.told(large_banner)
            self.assertGreater(large_sums, small_sums)
            if rows == 256:
                self.assertLess(large, 1.05 * small + large_sums - small_sums)
            # Else the small batch's only pass is smaller: the banner says by how much.
            self.assertLess(large, 1.05 * (small + self.all_told(large_banner) - self.all_told(small_banner)))

    def all_told(self, text):
        sizes = re.search(r"activations ([\d.]+) (\w+), gradients ([\d.]+) (\w+),", text).groups()
        return float(sizes[0]) * UNITS[sizes[1]] + float(sizes[2]) * UNITS[sizes[3]]

    def planned(self, *arguments, ranks):
        """What plan says of such a run."""
        done = self.ok("plan", "--json", "--threads", 1, "--max-steps", 10**9, "--eval-every", "never",
                       "--ranks", ranks or 1, *arguments)
        plan, = json.loads(done.out)["plans"]
        return plan

    def assert_planned(self, name, *arguments, ranks=None):
        """The plan's figure is within a tenth of what the run has."""
        taken, banner = self.memory_of(name, *arguments, ranks=ranks)
        plan = self.planned(*arguments, ranks=ranks)
        self.assertLess(abs(plan["memory_node_bytes"] - taken), 0.1 * taken,
                        f"{name}: {taken / MIB:.1f} MiB taken, {plan}")
        number, unit = re.search(r"^  memory +([\d.]+) (\w+) per machine", banner, re.MULTILINE).groups()
        self.assertAlmostEqual(1, float(number) * UNITS[unit] / plan["memory_node_bytes"], delta=0.01)

    def test_as_planned(self):
        """Of all shapes: what is big is now the weights with their optimizer, now a batch, now the data."""
        weights = ["--data", "synthetic:samples=640,features=1024,classes=10", "--hidden", "2048,1024",
                   "--optimizer", "adam", "--batch", 256]
        batch = ["--data", "synthetic:samples=200000,features=8,classes=10", "--hidden", "64,64", "--batch",
                 200000, "--pass-rows", "all"]
        data = ["--data", "synthetic:samples=64000,features=784,classes=10", "--hidden", "128"]
        values = ["--data", "synthetic:samples=100000,features=100,targets=100", "--hidden", "256"]
        for ranks in (None, 4):
            for name, line in (("weights", weights), ("batch", batch), ("data", data), ("values", values)):
                with self.subTest(name, ranks=ranks):
                    self.assert_planned(f"{name}{ranks}", *line, ranks=ranks)
        self.assert_planned("apart", *weights, "--team", "rank", ranks=4)
        self.assert_planned("split", *data, "--team", 2, "--val-split", "0.3", ranks=4)

    def test_evaluations_and_checkpoints_as_planned(self):
        """With best weights, and with the writer at work most of the time: no more than was said."""
        line = ["--data", "synthetic:samples=640,features=1024,classes=10", "--hidden", "2048,1024", "--optimizer",
                "adam", "--batch", 256, "--val-split", 64, "--early-stop", "val_loss", "--patience", 10**6]
        often = ["--eval-every", 1, "--checkpoint-every", 1]
        taken, _ = self.memory_of("often", *line, *often)
        plan = self.planned(*line, *often, ranks=None)
        self.assertGreater(plan["memory_best_bytes"], 0)
        most = plan["memory_node_bytes"] + plan["memory_writing_bytes"]
        self.assertLess(taken, 1.1 * most)
        self.assertGreater(taken, 0.9 * plan["memory_node_bytes"])

    def test_averaged_weights_as_planned(self):
        """With the average as the result: one more state, copies for evaluation and for the end."""
        line = ["--data", "synthetic:samples=640,features=1024,classes=10", "--hidden", "2048,1024", "--batch", 256,
                "--val-split", 64, "--ema", "10st", "--final-weights", "ema", "--eval-every", 1]
        for ranks in (None, 2):
            taken, _ = self.memory_of(f"averaged{ranks}", *line, ranks=ranks)
            plan = self.planned(*line, ranks=ranks)
            self.assertLess(abs(plan["memory_node_bytes"] - taken), 0.1 * taken)


if __name__ == "__main__":
    unittest.main()
