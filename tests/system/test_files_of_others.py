"""Files that are not lockstep's: none is waited for, written through, replaced or removed."""

import os
import signal
import subprocess
import unittest

import harness

BAD_DATA, NO_INPUT, CANNOT_CREATE, IO = 65, 66, 73, 74
RUN = ["--data", "synthetic:samples=210,features=6,classes=3", "--hidden", "8", "--batch", "35", "--threads", "1"]


class Streams(harness.Case):
    """A FIFO or device in the place of a file kept train waiting for ever, where the first SIGTERM was only noted."""

    def setUp(self):
        super().setUp()
        os.mkfifo(self.dir / "fifo")

    def not_waited_for(self, *arguments, says="is not a regular file"):
        self.refused(NO_INPUT, *arguments, says=says, timeout_s=20)

    def test_inputs(self):
        fifo = self.dir / "fifo"
        for name in ("fifo.csv", "fifo.npy", "fifo-images-idx3-ubyte", "fifo-labels-idx1-ubyte", "fifo.ini"):
            os.mkfifo(self.dir / name)
        self.train("run", *RUN, "--max-steps", 2)
        table = self.dir / "table.csv"
        table.write_text("a,b\n1,0\n2,1\n")
        images = self.dir / "fifo-images-idx3-ubyte"
        for data in (fifo, self.dir / "fifo.csv", "/dev/zero", f"{fifo},{fifo}", self.dir / "fifo.npy",
                     f"{self.dir}/fifo.npy,{self.dir}/fifo.npy", images):
            with self.subTest(data=data):
                self.not_waited_for("train", "--data", data, "--out", self.dir / "out", says="regular file")
                self.not_waited_for("eval", self.dir / "run", "--data", data, says="regular file")
        for option in ("--val-data", "--test-data"):
            self.not_waited_for("train", "--data", table, option, self.dir / "fifo.csv", "--out", self.dir / "out")
        self.not_waited_for("train", *RUN, "--init-from", fifo, "--out", self.dir / "out")
        self.not_waited_for("train", *RUN, "--init-from", "/dev/zero", "--out", self.dir / "out")
        self.not_waited_for("train", *RUN, "--config", self.dir / "fifo.ini")
        self.not_waited_for("plan", *RUN, "--figures", fifo)
        self.not_waited_for("eval", fifo, "--data", table)
        self.not_waited_for("predict", fifo, "--data", table)
        self.not_waited_for("predict", self.dir / "run", "--data", "/dev/zero")
        self.assertFalse((self.dir / "out").exists())

    def test_predict_from_a_fifo(self):
        """A stream that the user names is read as it comes, and one signal ends the wait for it."""
        self.train("run", *RUN, "--max-steps", 2)
        rows = "1,2,3,4,5,6\n6,5,4,3,2,1\n"
        (self.dir / "rows.csv").write_text(rows)
        wanted = self.ok("predict", self.dir / "run", "--data", self.dir / "rows.csv").out
        running = harness.Running(harness.command_of(["predict", self.dir / "run", "--data", self.dir / "fifo"]))
        (self.dir / "fifo").write_text(rows)
        done = running.end()
        self.assertEqual((0, wanted), (done.code, done.out), done)
        for number in (signal.SIGTERM, signal.SIGINT):
            running = harness.Running(harness.command_of(["predict", self.dir / "run", "--data", self.dir / "fifo"]))
            self.addCleanup(running.kill)
            writer = os.open(self.dir / "fifo", os.O_WRONLY)  # once the program has opened it too
            running.process.send_signal(number)
            self.assertEqual(-number, running.end(20).code)
            os.close(writer)
        self.refused(64, "predict", self.dir / "run", "--data", self.dir / "fifo", ranks=2, says="leave mpirun out")

    def test_predict_from_standard_input(self):
        self.train("run", *RUN, "--max-steps", 2)
        for number in (signal.SIGTERM, signal.SIGINT):
            program = subprocess.Popen(harness.command_of(["predict", self.dir / "run", "--data", "-"]),
                                       env=harness.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            program.stdin.write(b"1,2,3,4,5,6\n" * 1000)
            program.stdin.flush()
            self.assertTrue(program.stdout.read(1))  # so it is past its start, and waits for more
            program.send_signal(number)
            self.assertEqual(-number, program.wait(20))
            program.stdin.close()
            program.stdout.close()


if __name__ == "__main__":
    unittest.main()
