"""What needs more memory than there is ends in one message and exit code 71, before it takes the memory.

All of this was SIGKILL without a word: of data, networks, batches, ranks and models larger than the machine,
or than the control group that the run is in. The first class asks for more than any machine has; the second
makes a control group of 300 MiB, where the system lets this user make one, and so can have real data.
"""

import gzip
import json
import os
import pathlib
import re
import struct
import subprocess
import time
import unittest

import harness

NO_MEMORY = 71
MIB = 2**20
TINY = ["--data", "synthetic:samples=64,features=4,classes=2", "--hidden", "4", "--threads", 1, "--max-steps", 2,
        "--epochs", "none"]


def machine_bytes():
    with open("/proc/meminfo", encoding="ascii") as file:
        return 1024 * int(re.search(r"^MemTotal: +(\d+) kB$", file.read(), re.MULTILINE).group(1))


def write_model(path, widths):
    """A model as train writes it, all of whose weights are 0, in a file without a block on the disk."""
    pairs, header, at = list(zip(widths, widths[1:])), {}, 0
    for layer, (inputs, outputs) in enumerate(pairs):
        for name, shape in (("weight", [outputs, inputs]), ("bias", [outputs])):
            size = 4 * outputs * (inputs if name == "weight" else 1)
            header[f"{2 * layer}.{name}"] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + size]}
            at += size
    module = ", nn.ReLU(), ".join(f"nn.Linear({inputs}, {outputs})" for inputs, outputs in pairs)
    header["__metadata__"] = {
        "format": "pt", "lockstep": "0.1.0", "module": f"nn.Sequential({module})",
        "widths": ",".join(map(str, widths)), "activation": "relu", "loss": "cross-entropy",
        "classes": str(widths[-1]), "input_shift": "[0]", "input_factor": "[1]"}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + at)


class Limits(harness.Case):
    def too_little(self, *arguments, says=(), **settings):
        """A run that must end by the message, without results."""
        done = self.refused(NO_MEMORY, *arguments, says=["too little memory: ", "to reduce it: ", "--force-memory",
                                                         *([says] if isinstance(says, str) else says)], **settings)
        self.assertFalse((self.dir / "run").exists())
        return done.messages[0]

    def train_too_much(self, *arguments, **settings):
        return self.too_little("train", "--out", self.dir / "run", "--threads", 1, *arguments, **settings)


class Machine(Limits):
    """More than this machine has; nothing of it is ever taken."""

    # 64 layers of 2^31 weights
    HUGE = ",".join(["46000"] * 60)

    def test_network(self):
        self.train_too_much("--data", "synthetic:samples=64,features=4,classes=2", "--hidden", self.HUGE,
                            says=["weights ", "gradients ", "a smaller --hidden"])

    def test_batch_at_once(self):
        self.train_too_much("--data", "synthetic:samples=10000000,features=1,classes=2", "--hidden", 1000000,
                            "--batch", 10000000, "--pass-rows", "all", says=["activations ", "--pass-rows"])
        self.ok("plan", "--data", "synthetic:samples=1000000,features=1,classes=2", "--hidden", 1000000,
                "--batch", 1000000, "--json")

    def test_synthetic_samples(self):
        message = self.train_too_much("--data", "synthetic:samples=1000000000000,features=1000",
                                      says=["data 3.6 PiB", "1,000,000,000,000 samples of 1,000 values", "NPY"])
        self.assertNotIn("weights", message)
        self.train_too_much("--data", "synthetic:samples=8,features=1000000000,targets=1000000000")
        self.train_too_much(*TINY, "--val-data", "synthetic:samples=1000000000000,features=4,classes=2")

    def test_mapped_data_are_not_counted(self):
        """Nor read, before all is known. The labels are in memory."""
        width = 2**15
        samples = 3 * machine_bytes() // 2 // width  # in a file without a block on the disk
        for name, shape in (("x.npy", f"({samples}, {width})"), ("y.npy", f"({samples},)")):
            text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
            with open(self.dir / name, "wb") as file:
                file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode())
                file.truncate(10 + len(text) + samples * (width if name == "x.npy" else 1))
        data = f"{self.dir / 'x.npy'},{self.dir / 'y.npy'}"
        layers = 2 + machine_bytes() // (9 * 4 * 46000**2)
        message = self.train_too_much("--data", data, "--hidden", ",".join(["46000"] * layers),
                                      says="not counted because mapped from files ")
        self.assertNotRegex(message, r": data |, data ")

    def test_ranks_together(self):
        """Each of four teams alone would have room."""
        width = 6000
        while 9 * 4 * width**2 < 0.4 * machine_bytes() and width < 46000:
            width += 1000
        layers = max(1, round(0.4 * machine_bytes() / (9 * 4 * width**2)))
        network = ["--data", "synthetic:samples=64,features=4,classes=2", "--hidden",
                   ",".join([str(width)] * (layers + 1)), "--optimizer", "sgd", "--momentum", 0.9]
        self.ok("plan", *network)
        message = self.train_too_much(*network, "--team", "rank", ranks=4, says=["rank 0: ", "--team node"])
        self.assertIn("weights", message)

    def test_models(self):
        model = self.dir / "huge.safetensors"
        write_model(model, [4, *[46000] * 40, 2])
        for command in ("eval", "predict"):
            for ranks in (None, 2):
                self.too_little(command, model, "--data", "synthetic:samples=8,features=4,classes=2",
                                "--threads", 1, ranks=ranks, says=["weights ", "fewer ranks"])

    def test_other_commands(self):
        """A sweep and measurements say so before the first run. A plan tells its figures, and warns; but the
        data that it counts it reads."""
        network = ["--data", "synthetic:samples=64,features=4,classes=2", "--hidden", self.HUGE]
        self.too_little("sweep", *network, "--batch", "16,32", "--epochs", 1, "--out", self.dir / "run")
        for what in ("step", "scaling"):
            self.too_little("bench", what, *network)
        self.too_little("plan", *network, "--measure")
        done = self.ok("plan", *network)
        self.assertIn("memory", done.out)
        self.assertRegex(done.out, r"the run would need [\d.]+ TiB per machine, which has")
        self.too_little("plan", "--data", "synthetic:samples=1000000000000,features=1000")

    def test_forced(self):
        """Then the allocation itself fails, where it is larger than the address space."""
        done = harness.run("train", "--data", "synthetic:samples=1000000000000,features=1000", "--force-memory",
                           "--out", self.dir / "run")
        self.assert_failure(done, NO_MEMORY, "no memory for synthetic samples: 4000000000000000 bytes")
        warning, = done.warnings
        self.assertIn("too little memory: ", warning)

    def test_address_space(self):
        """A limit of the shell (ulimit -v), which counts more than memory and is seen by no estimate."""
        limited = ["sh", "-c", 'ulimit -v 1000000 && exec "$@"', "sh"]
        for ranks in (None, 2):
            done = self.refused(NO_MEMORY, "train", "--data", "synthetic:samples=1000000,features=500", "--threads",
                                1, "--out", self.dir / "run", wrapper=limited, ranks=ranks, says="no memory")
            self.assertNotIn("too little memory", done.err)


class Group:
    """A control group below which a run is put into another one, of either version. None could be made:
    `made` is false."""

    def __init__(self, limit):
        own = pathlib.Path("/proc/self/cgroup").read_text(encoding="utf-8")
        old = pathlib.Path("/sys/fs/cgroup/memory")
        new = pathlib.Path("/sys/fs/cgroup")
        name, self.made = f"lockstep-test-{os.getpid()}", False
        version_1 = ":memory:" in own or re.search(r":[^:]*\bmemory\b", own)
        self.path = (old if version_1 else new) / name
        self.inner = self.path / "inner"
        self.limit_file = self.path / ("memory.limit_in_bytes" if version_1 else "memory.max")
        try:
            if not version_1:
                (new / "cgroup.subtree_control").write_text("+memory", encoding="ascii")
            self.inner.mkdir(parents=True)
            self.limit_file.write_text(str(limit), encoding="ascii")
            self.made = True
        except OSError:
            self.remove()

    @property
    def wrapper(self):
        return ["sh", "-c", f'echo $$ > {self.inner}/cgroup.procs && exec "$@"', "sh"]

    def remove(self):
        for path in (self.inner, self.path):
            for _ in range(200):
                try:
                    path.rmdir()
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.05)  # ended processes leave it in their own time
                    continue
                break


class InGroup(Limits):
    LIMIT = 300 * MIB

    @classmethod
    def setUpClass(cls):
        cls.group = Group(cls.LIMIT)
        cls.addClassCleanup(cls.group.remove)
        if not cls.group.made:
            raise unittest.SkipTest("this system lets nobody here make a control group with a limit of memory")

    def over_limit(self, *arguments, says=(), **settings):
        """The message names the file of the limit, which lies above the run's own group."""
        says = [says] if isinstance(says, str) else says
        return self.train_too_much(*arguments, wrapper=self.group.wrapper,
                                   says=[f"the limit is 300 MiB ({self.group.limit_file})", *says], **settings)

    def write_lines(self, name, lines):
        with open(self.dir / name, "w", encoding="ascii") as file:
            file.writelines(lines)
        return self.dir / name

    def test_what_fits_runs(self):
        self.train("run", *TINY, wrapper=self.group.wrapper)

    def test_network(self):
        """The figure is plan's."""
        run = ["--data", "synthetic:samples=64,features=4,classes=2", "--hidden", "4000,4000", "--threads", 1]
        message = self.over_limit(*run, says="a smaller --hidden")
        plan, = json.loads(self.ok("plan", *run, "--json").out)["plans"]
        planned = (plan["memory_node_bytes"] + plan["memory_writing_bytes"]) / MIB
        self.assertAlmostEqual(planned, float(re.search(r"memory: ([\d.]+) MiB needed", message).group(1)), delta=1)
        done = self.ok("plan", *run, wrapper=self.group.wrapper)
        self.assertRegex(done.out, r"the run would need \d+ MiB per machine, which has 300 MiB")

    def test_table(self):
        """Of 65 MB of text; 130 MB of numbers fit, and two sets of them, with their partial sums, do not."""
        line = "1," * 999 + "0\n"
        table = self.write_lines("table.csv", [line] * 33000)
        self.train("fits", "--data", table, "--hidden", "4", "--loss", "mse", "--max-steps", 2, "--epochs", "none",
                   wrapper=self.group.wrapper)
        self.over_limit("--data", table, "--hidden", "40000", "--loss", "mse", says="33,000 samples of 999 values")
        self.over_limit("--data", table, "--test-data", table, "--hidden", "4", "--loss", "mse",
                        "--val-data", table, says=["table.csv, 33,000 samples of 999 values", "data 37", "NPY"])

    def test_labels_of_a_table(self):
        """Nearly each another one: what is known of them outgrows the table."""
        table = self.write_lines("ids.csv", (f"1,{7 * i}\n" for i in range(4000000)))
        self.over_limit("--data", table, says=["ids.csv, up to line ", "different words"])
        self.train("run", *TINY, "--data", table, "--loss", "mse", "--divergence", "off", wrapper=self.group.wrapper)

    def test_columns_of_a_table(self):
        table = self.write_lines("wide.csv", ["1," * 20000000 + "1\n"])
        self.over_limit("--data", table, says="wide.csv, 20000001 columns")

    def test_packed_images(self):
        """400 MB in a file of 400 kB."""
        images, labels = self.dir / "images.gz", self.dir / "labels.gz"
        with gzip.open(images, "wb", 9) as file:
            file.write(struct.pack(">HBBII", 0, 8, 2, 400, 10**6))
            for _ in range(400):
                file.write(bytes(10**6))
        with gzip.open(labels, "wb") as file:
            file.write(struct.pack(">HBBI", 0, 8, 1, 400) + bytes(i % 2 for i in range(400)))
        self.over_limit("--data", f"{images},{labels}", "--hidden", "none",
                        says=["400 samples of 1,000,000 values", "data 381 MiB"])

    def test_ranks_together(self):
        network = ["--data", "synthetic:samples=64,features=4,classes=2", "--hidden", "2000,2000", "--max-steps", 1,
                   "--epochs", "none"]
        self.train("fits", *network, "--threads", 1, ranks=4, wrapper=self.group.wrapper)
        self.over_limit(*network, "--team", "rank", ranks=4)

    def test_one_machine_of_several(self):
        """Ranks in other groups have other limits, as those of other machines do. One refusal is everybody's."""
        shell = f'test {harness.RANK} != 1 || echo $$ > {self.group.inner}/cgroup.procs; exec "$@"'
        for arguments in (["--hidden", "4000,4000"], ["--hidden", "4", "--val-data", "synthetic:samples=20000000,"
                                                      "features=4,classes=2"]):
            self.train_too_much("--data", "synthetic:samples=64,features=4,classes=2", "--team", "rank", *arguments,
                                ranks=3, wrapper=["sh", "-c", shell, "sh"], says=["rank 1: ", "is 300 MiB"])

    def test_resumed(self):
        """A checkpoint's arrays come on top while it is read."""
        network = ["--data", "synthetic:samples=64,features=4,classes=2", "--hidden", "2000,1500", "--threads", 1,
                   "--optimizer", "adam"]
        self.train("run", *network, "--epochs", "none", "--max-steps", 2, wrapper=self.group.wrapper)
        self.ok("train", "--resume", self.dir / "run", "--max-steps", 4, "--progress", "off",
                wrapper=self.group.wrapper)

    def test_model(self):
        model = self.dir / "model.safetensors"
        write_model(model, [100, 5000, 5000, 2])
        for command in ("eval", "predict"):
            self.too_little(command, model, "--data", "synthetic:samples=10,features=100", "--threads", 1,
                            wrapper=self.group.wrapper, says=f"({self.group.limit_file})")
        write_model(model, [100, 50, 2])
        for command in ("eval", "predict"):
            self.too_little(command, model, "--data", "synthetic:samples=1000000,features=100", "--threads", 1,
                            wrapper=self.group.wrapper, says=["1,000,000 samples", "data 38"])

    def test_line_without_end(self):
        model = self.dir / "model.safetensors"
        write_model(model, [4, 5, 2])
        command = harness.command_of(["predict", model, "--data", "-"], wrapper=self.group.wrapper)
        with open("/dev/zero", "rb") as zeros:
            done = subprocess.run(command, stdin=zeros, capture_output=True, env=harness.environment(), check=False,
                                  timeout=harness.TIMEOUT_S, text=True)
        self.assertEqual(NO_MEMORY, done.returncode, done.stderr)
        self.assertIn("standard input, lines of ", done.stderr)

    def test_warned_of_what_is_free(self):
        """There is room by the limit, but somebody else in the group has it: the run may end well, or be killed,
        but not without a word."""
        hog = subprocess.Popen(
            [*self.group.wrapper, "python3", "-c",
             f"import time; block = b'1' * {250 * MIB}; print(1, flush=True); time.sleep(100)"],
            stdout=subprocess.PIPE)
        self.addCleanup(hog.wait)
        self.addCleanup(hog.kill)
        hog.stdout.readline()
        self.addCleanup(hog.stdout.close)
        run = ["--data", "synthetic:samples=64,features=4,classes=2", "--hidden", "1000,1000", "--threads", 1,
               "--epochs", 1, "--batch", 64]
        done = harness.run("train", "--out", self.dir / "run", *run, wrapper=self.group.wrapper)
        self.assertIn(done.code, (-9, 0), done)
        warning, = done.warnings
        self.assertRegex(warning, r"memory may not suffice: about \d+\.\d MiB needed .* are free now \(weights ")

    def test_forced(self):
        """It is a kill then, since that is what was asked for, but not without a word."""
        done = harness.run("train", "--force-memory", "--data", "synthetic:samples=200000,features=500", "--threads",
                           1, "--hidden", 4, "--max-steps", 1, "--epochs", "none", "--out", self.dir / "run",
                           wrapper=self.group.wrapper)
        self.assertIn(done.code, (-9, 0), done)  # 0: there is swap
        warning, = done.warnings
        self.assertIn("too little memory: 38", warning)


if __name__ == "__main__":
    unittest.main()
