"""Arrays that somebody cuts while they are mapped.

Such a read is a signal, SIGBUS, which ended the program without a word and left its ranks hanging. It is bad data like
any other: a message, exit code 65 on every rank, no step taken from rows that were not there, and a checkpoint from
which the run goes on to the same bits once the file is whole again.
"""

import contextlib
import os
import pathlib
import shutil
import signal
import struct
import time
import unittest

import harness

BAD_DATA = 65
SAMPLES, FEATURES = 4096, 64  # 1 MiB: 256 pages
COMMON = ["--hidden", "16", "--batch", "64", "--slices", "2", "--threads", "1", "--progress", "off", "--lr", "0.01",
          "--log-every", "100", "--checkpoint-every", "200", "--keep", "2"]


def npy(descr, shape, data=b""):
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


class Cut(harness.Case):
    def setUp(self):
        super().setUp()
        values = [(i * 2654435761 >> 7) % 1000 / 500 - 1 for i in range(SAMPLES * FEATURES)]
        self.whole = npy("<f4", (SAMPLES, FEATURES), struct.pack(f"<{len(values)}f", *values))
        self.labels = npy("<i8", (SAMPLES,), struct.pack(f"<{SAMPLES}q", *(i * 7 % 5 for i in range(SAMPLES))))
        self.make(self.dir)

    def make(self, folder):
        folder.mkdir(exist_ok=True)
        (folder / "x.npy").write_bytes(self.whole)
        (folder / "y.npy").write_bytes(self.labels)

    def start(self, *arguments, ranks=None, wrapper=()):
        """A training run that has written a checkpoint."""
        self.make(self.dir)
        shutil.rmtree(self.dir / "run", ignore_errors=True)
        command = harness.command_of(["train", *COMMON, "--data", "x.npy,y.npy", "--out", self.dir / "run", "--epochs",
                                      10**6, *arguments], ranks, wrapper)
        running = harness.Running(command, cwd=self.dir)
        self.addCleanup(running.kill)
        harness.wait_until(lambda: running.process.poll() is not None or any(self.checkpoints()), "a checkpoint")
        self.assertIsNone(running.process.poll(), "it ended by itself")
        return running

    def checkpoints(self):
        return sorted((self.dir / "run" / "checkpoints").glob("step-*"))

    def straight(self, steps, *arguments):
        """A run that nobody disturbed."""
        self.make(self.dir)
        self.train("straight", *COMMON, "--data", "x.npy,y.npy", "--epochs", "none", "--max-steps", steps, "--overwrite",
                   *arguments, cwd=self.dir)
        return (self.dir / "straight" / "model.safetensors").read_bytes()

    def assert_ended(self, running, file, *arguments):
        """With its message and its results; and the run goes on from its newest checkpoint."""
        done = running.end()
        self.assert_failure(done, BAD_DATA, [file, "--resume"])
        self.assertRegex(done.messages[0], "became shorter while it was being read|could not be read while it was in use")
        summary = harness.read_json(self.dir / "run" / "summary.json")
        self.assertEqual("failed", summary["stopped_by"])
        # The weights are those before the step that met what was not there.
        self.assertEqual(self.straight(summary["steps_done"], *arguments),
                         (self.dir / "run" / "model.safetensors").read_bytes())
        self.assertTrue(self.checkpoints(), "no checkpoint is left")
        step = int(self.checkpoints()[-1].name.removeprefix("step-")) + 60
        self.ok("train", "--resume", self.dir / "run", *COMMON, "--data", "x.npy,y.npy", "--epochs", "none",
                "--max-steps", step, *arguments, cwd=self.dir)
        self.assertEqual(self.straight(step, *arguments), (self.dir / "run" / "model.safetensors").read_bytes())
        return summary

    def test_one_rank(self):
        """Cut to nothing, in the middle, and within the last page, where no signal comes."""
        for size in (0, len(self.whole) // 2, len(self.whole) - 100):
            with self.subTest(size=size):
                running = self.start()
                os.truncate(self.dir / "x.npy", size)
                self.assert_ended(running, "x.npy")

    def test_the_long_way(self):
        """Clipping by norm: the verdict comes after the gradient."""
        running = self.start("--clip-norm", "1")
        os.truncate(self.dir / "x.npy", 9000)
        self.assert_ended(running, "x.npy", "--clip-norm", "1")

    def test_validation_data(self):
        """They are read between the steps, and rules that end a run hear of the figures."""
        (self.dir / "v.npy").write_bytes(self.whole)
        more = ["--val-data", "v.npy,y.npy", "--eval-every", "100", "--early-stop", "val_loss", "--patience", "1000000"]
        running = self.start(*more)
        os.truncate(self.dir / "v.npy", 9000)
        done = running.end()
        self.assert_failure(done, BAD_DATA, ["v.npy", "became shorter while it was being read: 9000 of "])
        events = harness.read_events(self.dir / "run" / "metrics.jsonl")
        self.assertEqual("failed", events[-1]["stopped_by"])
        last = [event["step"] for event in events if event["event"] == "evaluation"][-1]
        step = int(self.checkpoints()[-1].name.removeprefix("step-"))
        self.assertGreater(step, last - 1)
        (self.dir / "v.npy").write_bytes(self.whole)
        more += ["--epochs", "none", "--max-steps", step + 60, "--data", "x.npy,y.npy"]
        self.ok("train", "--resume", self.dir / "run", *COMMON, *more, cwd=self.dir)
        self.train("straight", *COMMON, *more, cwd=self.dir)
        for name in ("val_loss", "val_accuracy", "weights_xxh3"):
            self.assertEqual(*(harness.read_json(self.dir / run / "summary.json")[name] for run in ("run", "straight")))

    def test_ranks(self):
        for team in ("node", "rank"):
            with self.subTest(team=team):
                running = self.start("--team", team, ranks=2)
                os.truncate(self.dir / "x.npy", 9000)
                self.assert_ended(running, "x.npy")

    def test_the_file_of_one_rank(self):
        """The other ranks read theirs, and must not train on."""
        for team in ("node", "rank"):
            with self.subTest(team=team):
                for rank in range(2):
                    self.make(self.dir / f"rank{rank}")
                shell = f'cd rank{harness.RANK} && exec "$@"'
                running = self.start("--team", team, ranks=2, wrapper=["sh", "-c", shell, "sh"])
                os.truncate(self.dir / "rank1" / "x.npy", 9000)
                self.assert_ended(running, "rank 1: x.npy became shorter while it was being read: 9000 of ")

    # --- while reading, and in the other commands -----------------------------------------------------

    def cut_when_mapped(self, file, size, *arguments, ranks=None):
        """Starts a command, lets it run in short slices until a process has mapped the file, and cuts that."""
        running = harness.Running(harness.command_of(arguments, ranks), cwd=self.dir)
        self.addCleanup(running.kill)

        def mapped():
            self.signal(self.session(running.process.pid), signal.SIGSTOP)
            pids = self.session(running.process.pid)
            found = any(str(file) in self.maps(pid) for pid in pids)
            if found:
                os.truncate(file, size)
            self.signal(pids, signal.SIGCONT)
            return found or running.process.poll() is not None
        harness.wait_until(mapped, "the file to be mapped")
        return running.end()

    @staticmethod
    def signal(pids, number):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    @staticmethod
    def session(leader):
        """The processes that one has started, itself among them."""
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
        return [pid for pid in pids if Cut.session_of(pid) == leader]

    @staticmethod
    def session_of(pid):
        try:
            return os.getsid(pid)
        except ProcessLookupError:
            return None

    @staticmethod
    def maps(pid):
        try:
            return pathlib.Path(f"/proc/{pid}/maps").read_text()
        except OSError:
            return ""

    def large(self):
        """256 MiB of zeros, which take no disk."""
        file = self.dir / "big.npy"
        file.write_bytes(npy("<f4", (1 << 20, FEATURES)))
        os.truncate(file, file.stat().st_size + (4 * FEATURES << 20))
        return file

    def test_while_it_is_read(self):
        (self.dir / "l.npy").write_bytes(npy("<i4", (1 << 20,), struct.pack("<2i", 0, 1) * (1 << 19)))
        for ranks in (None, 2):
            done = self.cut_when_mapped(self.large(), 1 << 20, "train", "--data", "big.npy,l.npy", "--scale", "standard",
                                        "--out", self.dir / "none", ranks=ranks)
            self.assert_failure(done, BAD_DATA, ["big.npy became shorter while it was being read: 1048576 of "])
            self.assert_nothing_half_written(self.dir / "none")

    def test_eval_and_predict(self):
        self.train("model", *COMMON, "--data", "x.npy,y.npy", "--epochs", "1", cwd=self.dir)
        (self.dir / "l.npy").write_bytes(npy("<i4", (1 << 20,), bytes(4 << 20)))
        for ranks in (None, 2):
            done = self.cut_when_mapped(self.large(), 1 << 20, "eval", "model", "--data", "big.npy,l.npy", ranks=ranks)
            self.assert_failure(done, BAD_DATA, ["big.npy became shorter while it was being read"])
            done = self.cut_when_mapped(self.large(), 1 << 20, "predict", "model", "--data", "big.npy", "--out", "p.csv",
                                        ranks=ranks)
            self.assert_failure(done, BAD_DATA, ["big.npy became shorter while it was being read"])
            self.assertFalse((self.dir / "p.csv").exists())

    def test_tables(self):
        """A text table is mapped too, while it is read."""
        line = b"0.125,0.25,0.5,0.75,1,0\n0.25,0.25,0.5,0.75,1,1\n"
        for size in (0, 1 << 20, (1 << 20) + 7):
            table = self.dir / "t.csv"
            table.write_bytes(line * (64 << 14))
            done = self.cut_when_mapped(table, size, "plan", "--data", "t.csv")
            self.assert_failure(done, BAD_DATA, ["t.csv became shorter while it was being read"])

    def test_other_bus_errors(self):
        """They end the program as ever."""
        running = self.start()
        time.sleep(0.1)
        os.kill(running.process.pid, signal.SIGBUS)
        self.assertEqual(-signal.SIGBUS, running.end().code)


if __name__ == "__main__":
    unittest.main()
