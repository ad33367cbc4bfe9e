"""Memory of whole runs, as the machine has it: the proportional set sizes (PSS) of all processes, in which
a page that several share counts once.
"""

import os
import re
import signal
import unittest

import harness

MIB = 2**20
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
                                      "--progress", "lines", "--log-every", 1, "--out", place / "out",
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
        """The banner's partial sums, in bytes."""
        number, unit = re.search(r"partial sums ([\d.]+) (\w+),", text).groups()
        return float(number) * {"B": 1, "KiB": 2**10, "MiB": MIB, "GiB": 2**30}[unit]

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
        sizes = re.search(r"activations ([\d.]+) (\w+), partial sums ([\d.]+) (\w+),", text).groups()
        units = {"B": 1, "KiB": 2**10, "MiB": MIB, "GiB": 2**30}
        return float(sizes[0]) * units[sizes[1]] + float(sizes[2]) * units[sizes[3]]


if __name__ == "__main__":
    unittest.main()
