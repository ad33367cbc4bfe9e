"""Program and machine: threads and binding, launchers, kernels, and where options come from."""

import contextlib
import fcntl
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import termios
import unittest

import harness

CORES = len(os.sched_getaffinity(0))  # hardware threads, really: enough for what is asked here
TINY = ["--data", "synthetic:samples=64", "--hidden", "8", "--batch", "16", "--epochs", "1",
        "--progress", "off"]


class Machine(harness.Case):
    def info(self, **settings):
        return json.loads(self.ok("info", "--json", **settings).out)

    def train_tiny(self, out, *arguments, **settings):
        """A run, and its summary."""
        done = self.ok("train", *TINY, "--out", self.dir / out, *arguments, **settings)
        return done, harness.read_json(self.dir / out / "summary.json")


class Info(Machine):
    def test_json(self):
        info = self.info()
        for name in ("version", "commit", "compiler", "mpi", "blas", "cpu", "kernel", "level", "kernels"):
            self.assertTrue(info[name] and type(info[name]) is str, name)
        self.assertIn(info["kernel"], info["kernels"].split(", "))
        self.assertIn("portable", info["kernels"].split(", "))
        self.assertRegex(info["blas"], r"^BLIS \d", "the build has not taken BLIS in")
        self.assertGreaterEqual(info["cores"], 1)
        self.assertEqual(1, info["hosts"])
        rank, = info["ranks"]
        self.assertEqual({"rank", "host", "binding", "threads"}, set(rank))
        self.assertEqual([{"team": 0, "ranks": [0], "workers": rank["threads"]}], info["teams"])
        self.assertEqual(("node", None), (info["team"], info["team_note"]))

    def test_text(self):
        done = self.ok("info")
        info = self.info()
        self.assertIn(f"kernel    {info['kernel']}, elementwise code {info['level']}", done.out)
        self.assertIn(info["mpi"], done.out)
        self.assertRegex(done.out, r"  rank 0: .*, cores [\d,\- ]+, \d+ threads? \(")

    def test_ranks(self):
        done = self.ok("info", ranks=3)
        self.assertEqual(3, len(re.findall(r"^  rank \d: ", done.out, re.MULTILINE)))
        self.assertEqual([0, 1, 2], [rank["rank"] for rank in self.info(ranks=3)["ranks"]])

    def test_teams(self):
        info = json.loads(self.ok("info", "--json", "--team", 2, ranks=3, env={"OMP_NUM_THREADS": "2"}).out)
        self.assertEqual(2, info["team"])
        self.assertEqual([{"team": 0, "ranks": [0, 1], "workers": 4}, {"team": 1, "ranks": [2], "workers": 2}],
                         info["teams"])
        done = self.ok("info", "--team", 2, ranks=3, env={"OMP_NUM_THREADS": "2"})
        self.assertIn("\nteams     2 (--team 2)\n    team 0 (ranks 0-1): 4 workers\n    team 1 (rank 2): 2 "
                      "workers\n", done.out)

    def test_kernel_of_a_run(self):
        """The banner and the summary name the kernel; every kernel that info lists can run."""
        for kernel in self.info()["kernels"].split(", "):
            done = self.ok("train", *TINY, "--progress", "lines", "--verbose", "--kernel", kernel, "--out",
                           self.dir / kernel)
            self.assertRegex(done.err, rf"\n  kernel +{kernel} \(")
            self.assertEqual(kernel, harness.read_json(self.dir / kernel / "summary.json")["kernel"])


class Threads(Machine):
    def threads(self, **settings):
        return [rank["threads"] for rank in self.info(**settings)["ranks"]]

    def test_environment(self):
        self.assertEqual([3], self.threads(env={"OMP_NUM_THREADS": "3"}))
        self.assertEqual([5], self.threads(env={"OMP_NUM_THREADS": "5,2"}))
        self.assertEqual([7], self.threads(env={"SLURM_CPUS_PER_TASK": "7"}))
        self.assertEqual([3], self.threads(env={"OMP_NUM_THREADS": "3", "SLURM_CPUS_PER_TASK": "7"}))
        self.assertEqual([3, 3], self.threads(env={"OMP_NUM_THREADS": "3"}, ranks=2))
        # Nonsense is no number of threads.
        for value in ("0", "-1", "many", ""):
            self.assertEqual(self.threads(), self.threads(env={"OMP_NUM_THREADS": value}))

    def test_default_is_the_share_of_the_cores(self):
        info = self.info()
        self.assertEqual([info["cores"]], self.threads())
        self.assertEqual([max(1, info["cores"] // 2)] * 2, self.threads(ranks=2))
        core = str(min(os.sched_getaffinity(0)))
        self.assertEqual([1], self.threads(wrapper=["taskset", "-c", core]))
        self.assertEqual(info["cores"], self.info(wrapper=["taskset", "-c", core])["cores"],
                         "the machine does not shrink with the mask")

    def test_flag_counts(self):
        _, summary = self.train_tiny("run", "--threads", 2, env={"OMP_NUM_THREADS": "3"})
        self.assertEqual(2, summary["threads"])

    def test_small_steps_take_fewer_threads(self):
        _, summary = self.train_tiny("run", "--threads", 2)
        self.assertEqual((2, 1), (summary["threads"], summary["threads_used"]))

    def assert_one_warning(self, done, *texts):
        self.assertEqual(1, len(done.warnings), done)
        for text in texts:
            self.assertIn(text, done.warnings[0])

    def test_no_warning_without_need(self):
        done, _ = self.train_tiny("run")
        self.assertEqual([], done.warnings)

    def test_more_threads_than_cores(self):
        cores = self.info()["cores"]
        done, _ = self.train_tiny("run", "--threads", cores + 1)
        self.assert_one_warning(done, f"{cores + 1} threads on {cores} core", f"use --threads {cores}")

    @unittest.skipIf(CORES < 2, "a machine of one core cannot bind to fewer")
    def test_more_threads_than_the_mask(self):
        """Open MPI binds a rank to one core where there are two ranks or fewer."""
        core = str(min(os.sched_getaffinity(0)))
        done, _ = self.train_tiny("run", "--threads", 2, ranks=2, wrapper=["taskset", "-c", core])
        self.assert_one_warning(done, "2 threads on 1 core", "mpirun --bind-to none", "slot:PE=2",
                                "--threads 1")
        self.assertIn("warning: 2 threads on 1 core", self.ok(
            "info", wrapper=["taskset", "-c", core], env={"OMP_NUM_THREADS": "2"}).out)

    @unittest.skipIf(CORES < 2, "a machine of one core has no idle ones")
    def test_a_mask_that_leaves_cores_idle(self):
        core = str(min(os.sched_getaffinity(0)))
        done, _ = self.train_tiny("run", ranks=1, wrapper=["taskset", "-c", core])
        self.assert_one_warning(done, f"1 of the machine's {self.info()['cores']} cores", "--bind-to none")

    @unittest.skipIf(CORES > 8, "so many ranks would take too long")
    def test_more_ranks_than_cores(self):
        cores = self.info()["cores"]
        done, summary = self.train_tiny("run", ranks=cores + 1)
        self.assert_one_warning(done, f"{cores + 1} ranks on {cores} core", f"mpirun -n {cores}")
        self.assertEqual(1, summary["threads"])


class Crowds(Machine):
    """Many more threads and ranks than cores: all of them wait for one that has no core."""

    def test_threads_and_ranks(self):
        line = ["train", "--data", "synthetic:samples=520,features=784,classes=10", "--hidden", "128", "--batch", "256",
                "--epochs", "2", "--dropout", "0.1", "--progress", "off"]
        hashes = {}
        for ranks, arguments in ((None, ["--threads", 1]), (None, ["--threads", 64]), (32, ["--threads", 2]),
                                 (32, ["--threads", 1, "--team", 3])):
            out = self.dir / f"run{len(hashes)}"
            self.ok(*line, *arguments, "--slices", 64, "--out", out, ranks=ranks, timeout_s=120)
            summary = harness.read_json(out / "summary.json")
            hashes[f"{ranks} {arguments}"] = summary["weights_xxh3"]
            self.assertEqual(arguments[1] * (ranks or 1), summary["threads_used"] * summary["ranks"], summary)
        self.assertEqual(1, len(set(hashes.values())), hashes)


class Launchers(Machine):
    def test_singletons(self):
        """A launcher that this MPI does not understand starts four programs, each with the whole job."""
        for variable in ("PMI_SIZE", "SLURM_STEP_NUM_TASKS", "MV2_COMM_WORLD_SIZE"):
            for command in ("train", "info"):
                with self.subTest(variable=variable, command=command):
                    done = self.refused(64, command, env={variable: "4"}, cwd=self.dir,
                                        says=["4 processes were started", f"{variable}=4", "mpirun", "srun"])
                    self.assertEqual("", done.out)
        self.assertFalse((self.dir / "runs").exists())

    def test_one_task_is_no_trouble(self):
        self.assertEqual(1, len(self.info(env={"SLURM_STEP_NUM_TASKS": "1"})["ranks"]))
        self.assertEqual(1, len(self.info(env={"SLURM_NTASKS": "4"})["ranks"]), "a batch script's shell")

    def test_same_run_with_and_without_mpirun(self):
        plain, _ = self.train_tiny("plain")
        launched, _ = self.train_tiny("launched", ranks=1)
        self.assertEqual(plain.out.split("results")[0], launched.out.split("results")[0])


class Help(Machine):
    OPTIONS = {
        "train": """data val-data test-data val-split scale shuffle hidden activation loss init init-from
            batch epochs max-steps drop-last optimizer lr momentum weight-decay seed threads team kernel
            slices pass-rows memory reduce eval-every log-every out overwrite progress config help""".split(),
        "info": ["json", "help"],
    }
    OPTIONS["plan"] = [*OPTIONS["train"], "samples", "ranks", "explain", "json"]

    def test_version(self):
        self.assertRegex(self.ok("--version").out, r"^lockstep \d+\.\d+\.\d+ \(\S+\)\n$")

    def test_every_option(self):
        for command, names in self.OPTIONS.items():
            whole = self.ok("help", command, "all").out
            found = re.findall(r"^  --([a-z0-9-]+)", whole, re.MULTILINE)
            self.assertEqual(set(), set(names) - set(found), command)
            self.assertEqual(len(set(found)), len(found), "an option that is listed twice")
            text = self.ok(command, "--help").out
            self.assertLessEqual(len(text.splitlines()), 120, command)
            self.assertEqual(set(), set(re.findall(r"^  --([a-z0-9-]+)", text, re.MULTILINE)) - set(found), command)
            self.assertEqual(text, self.ok("help", command).out)
            self.assertEqual(text, self.ok(command, "--batch", "x", "-h").out)
            self.assertTrue(all(len(line) <= 100 for line in text.splitlines()), command)

    def test_for_newcomers(self):
        text = self.ok("--help").out
        for word in ("lockstep train", "lockstep plan", "lockstep info", "mpirun -n 2 lockstep train"):
            self.assertIn(word, text)
        self.assertEqual(text, self.ok("help").out)
        text = self.ok("train", "--help").out
        for word in ("Data\n", "Network\n", "Training\n", "Machine\n", "Output\n", "default adamw", "samples;",
                     "lockstep train --data fashion-mnist", "lockstep help train all"):
            self.assertIn(word, text)

    def test_topics(self):
        program = self.ok("--help").out
        words = {"defaults": "600 steps", "tables": "header", "schedules": "one-cycle", "cluster": "scontrol requeue", "memory": "/dev/shm",
                 "words": "mini-batch", "config": "LOCKSTEP_VAL_SPLIT", "exit-codes": "diverged",
                 "onnx": "onnxruntime"}
        self.assertEqual(set(words), set(re.findall(r"^  lockstep help ([a-z-]+)", program, re.MULTILINE)))
        for topic, word in words.items():
            text = self.ok("help", topic).out
            self.assertIn(word, text)
            self.assertLessEqual(len(text.splitlines()), 120, topic)
        self.refused(64, "help", "trian", says=["did you mean train?", "words"])
        self.refused(64, "help", "cloud", says="there is help on train, plan")
        self.refused(64, "help", "cloud", ranks=2, says="there is help on train, plan")

    def test_once_under_mpirun(self):
        self.assertEqual(self.ok("train", "--help").out, self.ok("train", "--help", ranks=2).out)
        self.assertEqual(self.ok("--version").out, self.ok("--version", ranks=2).out)


class Sources(Machine):
    """The command line comes before the environment, that before the config file, that before the default."""

    def test_environment(self):
        _, summary = self.train_tiny("run", "--momentum", "0.5", env={"LOCKSTEP_DROP_LAST": "on"})
        self.assertIs(True, summary["drop_last"])
        plan = self.ok("plan", "--json", env={"LOCKSTEP_SAMPLES": "1000", "LOCKSTEP_BATCH": "100"})
        self.assertEqual(10, json.loads(plan.out)["plans"][0]["steps_per_epoch"])

    def test_precedence(self):
        config = harness.write_file(self.dir / "run.ini", b"batch = 11\nepochs = 2 # twice\n[train]\nlr = 0.5\nschedule = constant\n")

        def batch(out, *arguments, **settings):
            self.ok("train", "--data", "synthetic:samples=100", "--hidden", "4", "--progress", "off",
                    "--out", self.dir / out, *arguments, **settings)
            return harness.read_json(self.dir / out / "summary.json")["batch"]

        env = {"LOCKSTEP_BATCH": "12"}
        self.assertEqual(13, batch("flag", "--batch", 13, "--config", config, env=env))
        self.assertEqual(12, batch("environment", "--config", config, env=env))
        self.assertEqual(11, batch("config", "--config", config))
        self.assertEqual(11, batch("path", env={"LOCKSTEP_CONFIG": str(config)}))
        self.assertEqual(100, batch("default"))
        self.assertEqual(12, batch("ranks", "--config", config, env=env, ranks=2))
        self.assertEqual(2, harness.read_json(self.dir / "config" / "summary.json")["epochs"])
        events = harness.read_events(self.dir / "config" / "metrics.jsonl")
        self.assertEqual({0.5}, {event["lr"] for event in events if event["event"] == "step"})

    def test_a_locale_changes_no_number(self):
        """Where a comma stands before decimals: the same numbers are read and written."""
        out = self.dir / "run"
        self.ok("train", *TINY, "--lr", "0.25", "--out", out, env={"LC_ALL": "de_DE.UTF-8"})
        self.assertIn("\nlr = 0.25\n", (out / "config.ini").read_text())


class Streams(Machine):
    def test_results_and_epochs_on_stdout_steps_on_stderr(self):
        """A log of stdout has the story of the run; the steps, of which there may be many, are on stderr."""
        for ranks in (None, 2):
            done = self.ok("train", *TINY, "--progress", "auto", "--out", self.dir / f"run{ranks}", ranks=ranks)
            self.assertRegex(done.out, r"^Epoch \[1/1\] after step 4: train_loss \S+  [\d.]+ s\n")
            self.assertNotIn("Iter", done.out)
            self.assertIn("Epoch [1/1] Iter [4/4] Step [4/4] loss ", done.err)
            self.assertNotIn("after step", done.err)
        self.assertRegex(done.out, r"(?m)^weights_xxh3 [0-9a-f]{16}$")
        quiet, _ = self.train_tiny("quiet")
        self.assertEqual("", quiet.err)

    def test_a_banner_on_a_terminal(self):
        for columns in (60, 80, 120):
            sent, _ = self.on_terminal("--data", "synthetic:samples=64", "--hidden", "4", "--batch", "8", "--epochs", "1",
                                       "--verbose", "--out", self.dir / f"b{columns}", columns=columns)
            banner = sent.split("Epoch")[0].splitlines()
            self.assertTrue(all(len(line) <= columns or " " not in line.strip() for line in banner), sent)
            self.assertTrue(any(line.startswith(13 * " ") for line in banner), sent)

    def test_last_lines_on_a_terminal(self):
        """Sentences are broken; a name and its value are not. Not a word is lost."""
        words = {}
        for columns in (40, 400):
            sent, _ = self.on_terminal("--data", "synthetic:samples=600,labels=random", "--val-split", "100", "--hidden", "4",
                                       "--epochs", "20", "--noise-scale", "on", "--out", self.dir / "run", "--overwrite",
                                       columns=columns)
            last = sent[sent.rindex("val_loss"):]
            self.assertTrue(all(len(line) <= columns or line.startswith("results in") for line in last.splitlines()), last)
            self.assertRegex(last, r"(?m)^weights_xxh3 [0-9a-f]{16}\r?$")
            self.assertRegex(last, r"(?m)^val_accuracy [0-9.]+")
            words[columns] = [word for word in last.split() if not re.search(r"\d", word)]
        self.assertIn("ratio", words[40])
        self.assertEqual(words[400], words[40])

    def test_tables_on_a_terminal(self):
        """In parts that fit, each with the first column."""
        run = ["--samples", "1000", "--features", "8", "--outputs", "2", "--hidden", "4", "--batch", "16,48", "--epochs", "3",
               "--ranks", "2", "--team", "rank"]
        cells = {}
        for columns in (40, 80, 200):
            sent, _ = self.on_terminal(*run, columns=columns, command="plan")
            table = sent.split("Steps")[1].split("a step is")[0]
            self.assertTrue(all(len(line) <= columns for line in table.splitlines()), sent)
            self.assertEqual(2 if columns == 40 else 1, len(re.findall(r"(?m)^batch  ", table)), sent)
            cells[columns] = sorted(re.findall(r"\S+", table[table.index("16"):]))
        self.assertEqual(cells[80], cells[200])

    def on_terminal(self, *arguments, columns=120, both=True, command="train"):
        """What a terminal so wide is sent as stdout and stderr, or as stderr alone; and the rest of stdout."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        process = subprocess.Popen(harness.command_of([command, *arguments]), stdin=subprocess.DEVNULL,
                                   stdout=theirs if both else subprocess.PIPE, stderr=theirs, env=harness.environment())
        os.close(theirs)
        sent = b""
        with contextlib.suppress(OSError):  # the end: nobody has the other side open
            while piece := os.read(ours, 4096):
                sent += piece
        os.close(ours)
        out, _ = process.communicate(timeout=harness.TIMEOUT_S)
        self.assertEqual(0, process.returncode, sent)
        if command == "train":
            self.assertIn(b"weights_xxh3", sent if both else out)
        return sent.decode(), (out or b"").decode()

    def test_bar(self):
        """A terminal gets a bar, redrawn in place and gone before the next line; a file never does."""
        run = ["--data", "synthetic:samples=40000", "--hidden", "100,100", "--batch", "4", "--threads", "1",
               "--epochs", "5"]  # a second or so; the bar comes ten times a second
        sent, _ = self.on_terminal(*run, "--out", self.dir / "terminal")
        bars = re.findall(r"[^\r\n]*Epoch \[\d/5\] Iter \[\d+/10000\] Step \[\d+/50000\] loss [^\r\n]* ETA "
                          r"\d+:\d\d", sent)
        self.assertGreater(len(bars), 0, sent)
        self.assertTrue(all(len(bar) < 120 + len("\x1b[K") for bar in bars), bars)
        epochs = self.epochs_of(sent)
        self.assertEqual(5, len(epochs), sent)
        for line in epochs:
            self.assertRegex(line, r"^Epoch \[\d/5\] after step \d+: train_loss \S+  [\d.]+ s$")
        narrow, _ = self.on_terminal(*run, "--out", self.dir / "narrow", columns=80)
        self.assertIn(" ETA ", narrow)
        self.assertNotIn("|##", narrow)
        self.assertNotIn("\r", self.ok("train", *TINY, "--progress", "auto", "--out", self.dir / "f").err)

    @staticmethod
    def epochs_of(sent):
        """The lines of epochs that stay on the terminal when each bar has been erased."""
        lines = re.sub(r"[^\r\n]*\r\x1b\[K", "", sent).splitlines()
        return [line for line in lines if line.startswith("Epoch [")]

    def test_epochs_on_a_terminal(self):
        """About 40 lines of a long run, none wider than the terminal; where stdout is a file it gets all of them."""
        run = ["--data", "synthetic:samples=64", "--hidden", "4", "--batch", "8", "--threads", "1", "--epochs", "200",
               "--val-split", "0.25", "--test-data", "synthetic:samples=16"]
        for columns in (60, 80, 120):
            sent, _ = self.on_terminal(*run, "--out", self.dir / f"run{columns}", columns=columns)
            epochs = self.epochs_of(sent)
            self.assertIn(len(epochs), range(30, 43), sent)
            self.assertEqual(["[1/200]", "[200/200]"], [re.search(r"\[\S+\]", epochs[i]).group() for i in (0, -1)])
            self.assertTrue(all("val_accuracy" in line and len(line) <= columns for line in epochs), sent)
        sent, out = self.on_terminal(*run, "--out", self.dir / "log", both=False)
        self.assertEqual([], self.epochs_of(sent))
        self.assertEqual(200, out.count("val_loss") - 1, out)

    def test_banner(self):
        run = ["--data", "synthetic:samples=60000,features=784,classes=10", "--hidden", "16", "--activation", "relu",
               "--batch", "512", "--max-steps", "2", "--val-split", "0.1", "--optimizer", "sgd", "--lr", "0.1",
               "--momentum", "0.5", "--schedule", "constant", "--scale", "none", "--dropout", "0", "--threads", "1",
               "--overwrite", "--out", self.dir / "run"]
        lines = [r"lockstep \S+: 10 classes, 784 inputs, 54,000 samples, 6,000 for validation "
                 r"\(synthetic:samples=60000,features=784,classes=10\)",
                 r"  network    784-16-10 relu, 12,730 parameters; cross-entropy; inputs: scale none",
                 r"  batch      512 samples; 106 steps per epoch, the last with 240 samples; 2 steps \(--max-steps\)",
                 r"  optimizer  sgd, momentum 0.5; rate 0.1",
                 r"  machine    2 ranks x 1 thread, 1 team, kernel \S+, [\d.]+ \w+ of memory"]
        last = rf"  results    {self.dir / 'run'}"
        plain = self.ok("train", *run, ranks=2)
        self.assertRegex(plain.err, "(?m)^" + "\n".join([*lines, last]) + "\nEpoch")
        more = [r"  activation relu", "  loss       cross-entropy", "  threads    .*", r"  kernel     .*", r"  slices     8",
                r"  teams      1 on 1 host \(--team node\)", r"    team 0 \(ranks 0-1\): slices 0-7, rows 0-511, 2 workers",
                r"  memory     [\d.]+ \w+ per machine: activations [\d.]+ \w+, gradients .*", "  seed       1"]
        self.assertRegex(self.ok("train", *run, "--verbose", ranks=2).err, "(?m)^" + "\n".join([*lines, *more, last]))

    def test_task_in_the_banner(self):
        for data, task in (("labels=random", "2 classes, 10 inputs, 50 samples"),
                           ("targets=1", "regression on 1 target, 10 inputs, 50 samples"),
                           ("targets=3", "regression on 3 targets, 10 inputs, 50 samples")):
            done = self.ok("train", "--data", f"synthetic:samples=50,{data}", "--hidden", "4", "--epochs", "1",
                           "--batch", "10", "--overwrite", "--out", self.dir / "run")
            self.assertIn(f": {task} (synthetic:", done.err)

    def banner(self, *arguments, batch=512, **settings):
        out = self.dir / f"run{len(list(self.dir.iterdir()))}"
        return self.ok("train", "--data", "synthetic:samples=600,features=100", "--hidden", "1024",
                       "--batch", batch, "--verbose",
                       "--max-steps", "1", "--out", out, *arguments, **settings).err

    def test_teams_in_the_banner(self):
        text = self.banner("--threads", "1", "--team", "rank", ranks=2)
        for line in (r"machine +2 ranks x 1 thread, 2 teams, kernel",
                     r"rank 0: slices 0-3, rows 0-255, 1 thread\n",
                     r"rank 1: slices 4-7, rows 256-511, 1 thread\n"):
            self.assertRegex(text, line)
        text = self.banner("--threads", "2", "--team", "3", ranks=4)
        for line in (r"team 0 \(ranks 0-2\): slices 0-3, rows 0-255, 6 workers\n",
                     r"team 1 \(rank 3\): slices 4-7, rows 256-511, 2 workers\n"):
            self.assertRegex(text, line)
        text = self.banner("--threads", "2")
        self.assertRegex(text, r"machine +1 rank x 2 threads, kernel")
        self.assertRegex(text, r"\n    rank 0: slices 0-7, rows 0-511, 2 threads\n")

    def activations(self, *arguments):
        """Bytes, as the banner says."""
        text = self.banner("--threads", "1", "--hidden", "512", "--slices", "1", *arguments, batch=600)
        number, unit = re.search(r"activations ([\d.]+) (\w+),", text).groups()
        return float(number) * {"KiB": 2**10, "MiB": 2**20}[unit]

    def test_memory_of_activations(self):
        """--memory is kept, used up to a block, and never less than one block."""
        whole, least = self.activations("--pass-rows", "all"), self.activations("--pass-rows", "1")
        self.assertEqual(whole, self.activations("--memory", "1GiB"))
        self.assertEqual(least, self.activations("--memory", "1KiB"))
        half = self.activations("--memory", f"{int(2.2 * least / 1024)}KiB")
        self.assertLess(least, half)
        self.assertLessEqual(half, 2.2 * least)
        self.assertIn("memory = 64KiB\n", self.config_after("--memory", "64KiB"))

    def config_after(self, *arguments):
        self.train_tiny("config", *arguments)
        return (self.dir / "config" / "config.ini").read_text()

    def test_idle_teams_in_the_banner(self):
        text = self.banner("--threads", "1", "--team", "rank", batch=64, ranks=2)
        self.assertRegex(text, r"note: 1 of 2 teams are idle: batches of 64 have 1 slice \(")
        self.assertRegex(text, r"rank 1: no slice, 1 thread\n")
        text = self.banner("--threads", "1", batch=64, ranks=2)
        self.assertNotIn("idle", text)
        self.assertRegex(text, r"team 0 \(ranks 0-1\): slices 0-0, rows 0-63, 2 workers\n")

    def test_ranks_of_different_threads(self):
        shell = f'export OMP_NUM_THREADS=$((1 + 2 * ({harness.RANK} % 2))); exec "$@"'
        text = self.banner(ranks=3, wrapper=["sh", "-c", shell, "sh"])
        self.assertRegex(text, r"machine +3 ranks with 5 threads in all, 1 team, kernel")
        self.assertRegex(text, r"team 0 \(ranks 0-2\): slices 0-7, rows 0-511, 5 workers \(1 \+ 3 \+ 1\)\n")

    @unittest.skipIf(CORES < 2, "both sockets would be on one core")
    def test_teams_of_sockets(self):
        """Each rank bound to a socket, of a machine whose two sockets are two processors of this one."""
        first, second = sorted(os.sched_getaffinity(0))[:2]
        shell = (f"export HWLOC_THISSYSTEM=1 HWLOC_SYNTHETIC='pack:2 [numa] core:1 pu:1(indexes={first},{second})'; "
                 f'exec taskset -c $([ {harness.RANK} = 0 ] && echo {first} || echo {second}) "$@"')
        bound = {"ranks": 2, "wrapper": ["sh", "-c", shell, "sh"]}
        _, wanted = self.train_tiny("plain")
        _, apart = self.train_tiny("numa", "--team", "numa", **bound)
        _, together = self.train_tiny("node", "--team", "node", **bound)
        self.assertEqual((1, 2, 1), (wanted["teams"], apart["teams"], together["teams"]))
        self.assertEqual({wanted["weights_xxh3"]}, {apart["weights_xxh3"], together["weights_xxh3"]})

    def test_a_rank_that_sees_other_caches(self):
        """Ranks lay out the memory they share for one size of cache, whatever each of them sees."""
        seen = "pack:1 l3:1(size=16777216) l2:2(size=65536) l1:1 core:1 pu:1"
        line = ["train", "--data", "synthetic:samples=2000,features=784,classes=10", "--hidden", "512,512",
                "--batch", "2000", "--max-steps", "2", "--threads", "1", "--progress", "off"]
        hashes = set()
        for odd in ("nobody", "0", "1"):
            shell = (f'[ {harness.RANK} = {odd} ] && export HWLOC_THISSYSTEM=1 HWLOC_SYNTHETIC="{seen}"; '
                     'exec "$@"').replace("nobody", "9")
            out = self.dir / f"out{odd}"
            self.ok(*line, "--out", out, ranks=2, wrapper=["sh", "-c", shell, "sh"])
            hashes.add(harness.read_json(out / "summary.json")["weights_xxh3"])
        self.assertEqual(1, len(hashes), hashes)

    def test_a_place_without_room_for_windows(self):
        """Every rank is then its own team, the results are the same, and a note says why."""
        _, wanted = self.train_tiny("plain")
        done, summary = self.train_tiny("run", ranks=2, env={"OMPI_MCA_osc_sm_backing_directory": "/proc"})
        if "MPICH" in summary["mpi"]:
            self.skipTest("MPICH's shared memory lies elsewhere")
        self.assertEqual(1, len(done.notes), done)
        for text in ("ranks of a node do not share memory", "/proc has 0 B free", "--team rank"):
            self.assertIn(text, done.notes[0])
            self.assertIn(text, summary["team_note"])
        self.assertEqual(("rank", 2), (summary["team"], summary["teams"]))
        self.assertEqual(wanted["weights_xxh3"], summary["weights_xxh3"])


if __name__ == "__main__":
    if not shutil.which("taskset"):
        raise SystemExit("taskset is missing (Debian: util-linux)")
    unittest.main()
