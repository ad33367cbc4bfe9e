"""Bad input of every kind: one message that says what and where, the right exit code on every rank,
never a hang, a crash or results half written. Alone, under mpirun, and from one bad rank among four.
"""

import gzip
import itertools
import re
import unittest

import harness

USAGE, DATA, NO_INPUT, CANNOT_CREATE, CONFIG = 64, 65, 66, 73, 78
SYNTHETIC = "synthetic:samples=100"
# A step in which many threads find something to do.
WORK_FOR_MANY = ["--data", "synthetic:samples=100,features=1000", "--hidden", "1024"]


class BadInput(harness.Case):
    def setUp(self):
        super().setUp()
        self.images = harness.Images(self.dir / "data", train=60, test=20)
        self.count = itertools.count()

    def bad(self, code, says, *arguments, ranks=None, **settings):
        """A training run that must end with this code and one message, and write no results."""
        out = self.dir / f"out{next(self.count)}"
        with self.subTest(arguments=arguments, ranks=ranks):
            done = self.refused(code, "train", "--hidden", "8", "--out", out, *arguments, says=says,
                                ranks=ranks, **settings)
            self.assertEqual("", done.out)
            self.assertFalse(out.exists(), f"{out} was made for nothing\n{done}")
            if ranks is not None and ranks > 1:
                self.assertIn("rank ", done.messages[0])

    def file(self, name, content):
        return harness.write_file(self.dir / name, content)


class BadData(BadInput):
    def test_good_data(self):
        """Else the tests below prove nothing."""
        self.train("good", "--data", self.images.directory, "--hidden", 8, "--batch", 20)
        summary = harness.read_json(self.dir / "good" / "summary.json")
        self.assertEqual((60, 20, 3, 16),
                         tuple(summary[name] for name in ("train_samples", "test_samples", "classes",
                                                          "features")))

    def pair(self, images, labels=None, name="x"):
        """--data of two files with these contents."""
        labels = harness.idx_bytes((60,), [i % 3 for i in range(60)]) if labels is None else labels
        return f"{self.file(name + '-images', images)},{self.file(name + '-labels', labels)}"

    def whole(self):
        return self.images.path("train", "images").read_bytes()

    def test_missing(self):
        for ranks in (None, 3):
            self.bad(NO_INPUT, ["no data at", "nowhere"], "--data", self.dir / "nowhere", ranks=ranks)
        self.bad(NO_INPUT, "did you mean \"fashion-mnist\"", "--data", "fashion-mnis")
        self.bad(NO_INPUT, "gone-labels", "--data", f"{self.images.path('train', 'images')},"
                                                    f"{self.dir / 'gone-labels'}")
        self.images.path("train", "labels").unlink()
        for ranks in (None, 4):
            self.bad(NO_INPUT, "train-labels-idx1-ubyte", "--data", self.images.directory, ranks=ranks)

    def test_directory_without_data(self):
        (self.dir / "empty").mkdir()
        for ranks in (None, 3):
            self.bad(NO_INPUT, [f"{self.dir / 'empty'} contains no training data", "train-images-idx3-ubyte"],
                     "--data", self.dir / "empty", ranks=ranks)
        self.bad(NO_INPUT, "contains no test data", "--data", self.images.directory, "--test-data",
                 self.dir / "empty")

    def test_truncated(self):
        cut = self.pair(self.whole()[:-7])
        for ranks in (None, 4):
            self.bad(DATA, ["x-images", "969 bytes", "976"], "--data", cut, ranks=ranks)
        self.bad(DATA, "x-images", "--data", self.pair(self.whole()[:11]))
        self.bad(DATA, "x-images", "--data", self.pair(b""))
        self.bad(DATA, "x-labels", "--data", self.pair(self.whole(), harness.idx_bytes((60,), [])))

    def test_oversized(self):
        self.bad(DATA, ["x-images", "977 bytes", "976"], "--data", self.pair(self.whole() + b"!"))
        huge = harness.idx_bytes((2**32 - 1, 2**16, 2**14), [])
        self.bad(DATA, "x-images", "--data", self.pair(huge), ranks=3)
        self.bad(DATA, "x-images", "--data", self.pair(harness.idx_bytes((2**32 - 1, 2**31 - 1), [])))

    def test_not_idx(self):
        self.bad(DATA, "not an IDX file", "--data", self.pair(b"P5 28 28 255 and so on, some bytes"))
        self.bad(DATA, "contains no samples", "--data", self.pair(harness.idx_bytes((0, 4), [])), ranks=3)

    def test_mismatched(self):
        labels = harness.idx_bytes((59,), [i % 3 for i in range(59)])
        for ranks in (None, 3):
            self.bad(DATA, ["60 samples", "59 labels"], "--data", self.pair(self.whole(), labels),
                     ranks=ranks)
        harness.write_file(self.images.path("t10k", "images"),
                           harness.idx_bytes((20, 3, 5), [0] * 300))
        self.bad(DATA, ["15 features", "16"], "--data", self.images.directory)

    def test_labels_out_of_range(self):
        labels = [i % 3 for i in range(20)]
        labels[11] = 3
        harness.write_file(self.images.path("t10k", "labels"), harness.idx_bytes((20,), labels))
        for ranks in (None, 4):
            self.bad(DATA, ["t10k", "sample 11", "is 3", "classes 0 to 2"], "--data",
                     self.images.directory, ranks=ranks)
        signed = harness.idx_bytes((60,), [-1] * 60, "b")
        self.bad(DATA, ["sample 0", "is -1"], "--data", self.pair(self.whole(), signed))

    def test_kinds_do_not_mix(self):
        targets = f"{SYNTHETIC},targets=1"
        self.bad(DATA, ["regression targets", "class labels"], "--data", SYNTHETIC, "--test-data", targets)
        self.bad(USAGE, "--loss mse", "--data", SYNTHETIC, "--loss", "mse")
        self.bad(USAGE, "--loss cross-entropy", "--data", targets, "--loss", "cross-entropy", ranks=3)

    def test_not_a_number(self):
        values = [0.5] * 40
        values[23] = float("nan")
        data = self.pair(harness.idx_bytes((10, 4), values, "f"), harness.idx_bytes((10,), [0, 1] * 5))
        for ranks in (None, 3):
            self.bad(DATA, ["feature 3 of sample 5", "nan"], "--data", data, ranks=ranks)

    def test_broken_gzip(self):
        packed = gzip.compress(self.whole())
        broken = bytearray(packed)
        broken[len(packed) // 2] ^= 0x55
        wrong_sum = packed[:-8] + bytes(4) + packed[-4:]
        for ranks, content in ((None, bytes(broken)), (4, bytes(broken)), (None, packed[:-20]),
                               (3, packed[:-20]), (None, wrong_sum), (None, packed[:9]),
                               (None, gzip.compress(self.whole()[:-1])),
                               (None, gzip.compress(self.whole() + b"!"))):
            path = self.dir / "x-images.gz"
            path.write_bytes(content)
            labels = self.images.path("train", "labels")
            self.bad(DATA, "x-images.gz", "--data", f"{path},{labels}", ranks=ranks)

    def test_synthetic(self):
        for says, source in {
            "did you mean \"samples\"": "synthetic:sample=10",
            "samples=ten": "synthetic:samples=ten",
            "samples=0": "synthetic:samples=0",
            "expected KEY=VALUE": "synthetic:samples",
            "labels=maybe": "synthetic:labels=maybe",
            "exclude each other": "synthetic:classes=2,targets=1",
            "given twice": "synthetic:samples=1,samples=2",
        }.items():
            self.bad(USAGE, says, "--data", source)
        self.bad(USAGE, "did you mean \"features\"", "--data", "synthetic:feature=10", ranks=3)
        self.bad(NO_INPUT, "did you mean \"synthetic\"", "--data", "sinthetic:samples=10")

    def test_split(self):
        for split in ("100", "101", "0.999"):
            self.bad(USAGE, "leave none to train on", "--data", SYNTHETIC, "--val-split", split)
        self.bad(USAGE, "leave none to train on", "--data", SYNTHETIC, "--val-split", "100", ranks=4)
        self.bad(USAGE, "less than one of 100 samples", "--data", SYNTHETIC, "--val-split", "0.001")
        self.bad(USAGE, "--val-data and --val-split", "--data", SYNTHETIC, "--val-data", SYNTHETIC,
                 "--val-split", "10")

    def test_batch_larger_than_the_data(self):
        """An error where it would train on nothing, else clamped with a warning."""
        for ranks in (None, 3):
            self.bad(USAGE, ["--batch 101 with --drop-last", "100"], "--data", SYNTHETIC, "--batch", 101,
                     "--drop-last", ranks=ranks)
        done = self.train("clamped", "--data", SYNTHETIC, "--batch", 101, "--hidden", 8, ranks=2)
        self.assertEqual(1, sum("--batch 101" in line for line in done.warnings), done)
        self.assertEqual(100, harness.read_json(self.dir / "clamped" / "summary.json")["batch"])

    def test_memory_that_no_machine_has(self):
        self.bad(71, "memory", "--data", "synthetic:samples=1000000000000,features=100000")


class BadOptions(BadInput):
    def test_unknown(self):
        for says, arguments in {
            "unknown option --batch-size; did you mean --batch?": ["--batch-size", "32"],
            "unknown option --epoch; did you mean --epochs?": ["--epoch=3"],
            "unknown option --learning-rate; did you mean --lr?": ["--learning-rate", "1"],
            "unknown option --xyzzy; lockstep train --help": ["--xyzzy"],
            "--samples is an option of plan, not of train": ["--samples", "10"],
            "ranks come from mpirun -n": ["--ranks", "2"],
            "unexpected argument 32": ["32"],
            "unexpected argument T.csv; for data, write --data T.csv": ["T.csv"],
            "--lr 1e-38 is too small: the smallest rate is 1.17549e-38": ["--lr", "1e-38"],
            "unexpected argument -b (options have two dashes)": ["-b", "32"],
            "--batch: needs a value": ["--batch"],
        }.items():
            self.bad(USAGE, says, *arguments)
        self.bad(USAGE, "did you mean --batch?", "--bacth", "32", ranks=4)

    def test_commands(self):
        for says, arguments in {"no command": [], "unknown command trian; did you mean train?": ["trian"],
                                "--batch before a command": ["--batch", "3", "train"],
                                "unknown option -x; see lockstep --help": ["-x", "train"]}.items():
            with self.subTest(arguments):
                self.refused(USAGE, *arguments, says=says)
        self.refused(USAGE, "trian", says="did you mean train?", ranks=3)
        self.refused(USAGE, "predict", "M", "T.csv", says="unexpected argument T.csv; for data, write --data T.csv")

    def test_values_out_of_bounds(self):
        for says, arguments in {
            "--batch 0: must be at least 1": ["--batch", "0"],
            "--batch -1": ["--batch", "-1"],
            "--batch 1.5": ["--batch", "1.5"],
            "--batch 32,64: train takes one value": ["--batch", "32,64"],
            "--batch 99999999999999999999": ["--batch", "99999999999999999999"],
            "--epochs 0": ["--epochs", "0"],
            "--max-steps -1": ["--max-steps", "-1"],
            "--lr 0": ["--lr", "0"],
            "--lr nan": ["--lr", "nan"],
            "--lr inf": ["--lr", "inf"],
            "--lr 1e99": ["--lr", "1e99"],
            "--lr 0,1": ["--lr", "0,1"],
            "--momentum 1": ["--momentum", "1"],
            "--momentum -0.1": ["--momentum", "-0.1"],
            "--weight-decay -1": ["--weight-decay", "-1"],
            "--seed -1": ["--seed", "-1"],
            "--hidden 0": ["--hidden", "0"],
            "--hidden 8,,8": ["--hidden", "8,,8"],
            "--val-split 1.0": ["--val-split", "1.0"],
            "--val-split -3": ["--val-split", "-3"],
            "--threads 0": ["--threads", "0"],
            "--team 0": ["--team", "0"],
            "--team racks": ["--team", "racks"],
            "--slices 0": ["--slices", "0"],
            "--pass-rows 0": ["--pass-rows", "0"],
            "--memory 5MB: must be a number of bytes such as 512MiB": ["--memory", "5MB"],
            "--pass-rows and --memory": ["--memory", "1GiB", "--pass-rows", "512"],
            "--log-every 0": ["--log-every", "0"],
            "--eval-every 0": ["--eval-every", "0"],
            "--eval-every often": ["--eval-every", "often"],
            "--shuffle maybe": ["--shuffle", "maybe"],
            "--scale unti": ["--scale", "unti"],
            "--kernel cuda": ["--kernel", "cuda"],
            "--reduce tree": ["--reduce", "tree"],
            "--optimizer adm": ["--optimizer", "adm"],
            "--progress dots": ["--progress", "dots"],
            "both are none": ["--epochs", "none"],
        }.items():
            self.bad(USAGE, says, "--data", SYNTHETIC, *arguments)
        self.bad(USAGE, "--momentum 1.5", "--momentum", "1.5", ranks=3)

    def test_environment(self):
        self.bad(USAGE, "LOCKSTEP_BATCH=none", env={"LOCKSTEP_BATCH": "none"})
        self.bad(USAGE, "unknown environment variable LOCKSTEP_BACTH; did you mean LOCKSTEP_BATCH?",
                 env={"LOCKSTEP_BACTH": "32"})

    def config(self, *lines):
        return self.file("run.ini", "\n".join([*lines, ""]).encode())

    def test_config(self):
        for says, lines in {
            ":2: batch = 0: must be at least 1": ["[train]", "batch = 0"],
            ":3: unknown option bacth; did you mean batch?": ["[train]", "lr = 0.1", "bacth = 32"],
            ":2: neither `name = value` nor [section]": ["lr = 0.1", "batch"],
            ":2: unknown section [trian]": ["[trian]", "batch = 32"],
            ":3: lr was already given in line 1": ["lr = 0.1", "", "lr = 0.2"],
            ":1: samples is an option of plan": ["samples = 10"],
            ":1: a config file cannot name another config file": ["config = other.ini"],
        }.items():
            path = self.config(*lines)
            self.bad(CONFIG, f"{path}{says}", "--config", path)
        self.bad(CONFIG, "run.ini:1: momentum = 1", "--config", self.config("momentum = 1"), ranks=3)
        self.bad(CONFIG, "not a text file", "--config", self.file("zero.ini", b"lr = 0.1\0\n"))
        self.bad(NO_INPUT, "gone.ini", "--config", self.dir / "gone.ini")
        self.bad(NO_INPUT, "not a regular file", "--config", self.dir, ranks=3)

    def test_kernel_and_threads(self):
        self.bad(71, ["--threads", "threads"], *WORK_FOR_MANY, "--threads", "64",
                 env={"OMP_THREAD_LIMIT": "2"}, ranks=2)

    def test_stacks_of_threads(self):
        two = [*WORK_FOR_MANY, "--threads", "2"]
        self.bad(71, ["stack of 64 KiB", "320 are needed", "OMP_STACKSIZE"], *two, env={"OMP_STACKSIZE": "64K"})
        self.ok("train", *two, "--out", self.dir / "small-stacks", env={"OMP_STACKSIZE": "320K"})

    def test_a_small_limit_on_stacks(self):
        """Every command but --version once ended by a segmentation fault: the options alone were larger.
        (mpirun of Open MPI needs more itself, so the limit is set for its ranks.)"""
        limit = {"wrapper": ["sh", "-c", 'ulimit -s 128 && exec "$@"', "sh"], "timeout_s": 120}
        train = ["train", *WORK_FOR_MANY, "--progress", "off", "--out"]
        wanted = self.ok(*train, self.dir / "wanted").figure("weights_xxh3")
        for ranks in (None, 2, 3):
            done = self.ok(*train, self.dir / f"limited{ranks}", "--threads", "2", ranks=ranks, **limit)
            self.assertEqual(wanted, done.figure("weights_xxh3"))
        run, data = self.dir / "wanted", "synthetic:samples=90,features=1000,test=9"
        for line in (["--help"], ["info"], ["plan", *WORK_FOR_MANY], ["bench", "kernel", "--seconds", "0.001"],
                     ["eval", run, "--data", data], ["report", run], ["predict", run, "--data", data],
                     ["train", "--resume", run, "--progress", "off"],
                     ["sweep", "--data", data, "--batch", "32,64", "--epochs", 1, "--out", self.dir / "sweep"]):
            self.ok(*line, **limit)


class BadOut(BadInput):
    def test_below_a_file(self):
        """The one place where even root cannot write."""
        blocked = self.file("file", b"") / "out"
        for ranks in (None, 3):
            self.bad(CANNOT_CREATE, ["cannot make directory", str(blocked.parent)], "--data", SYNTHETIC,
                     "--out", blocked, ranks=ranks)
        self.bad(CANNOT_CREATE, "cannot make directory", "--data", SYNTHETIC, "--out", "/proc/lockstep")
        self.bad(CANNOT_CREATE, "in the way", "--data", SYNTHETIC, "--out", self.dir / "file")

    def test_occupied(self):
        (self.dir / "full").mkdir()
        (self.dir / "full" / "thesis.txt").write_text("do not lose")
        for ranks in (None, 4):
            self.bad(CANNOT_CREATE, [f"{self.dir / 'full'} is not empty", "--overwrite"], "--data",
                     SYNTHETIC, "--out", self.dir / "full", ranks=ranks)
        self.assertEqual(["thesis.txt"], [path.name for path in (self.dir / "full").iterdir()])

    def test_old_results_stay_when_the_input_is_bad(self):
        """--overwrite removes what was there only once all is well with what is to come."""
        self.train("run", "--data", SYNTHETIC, "--hidden", 8)
        before = self.files("run")
        self.bad(NO_INPUT, "nowhere", "--data", "nowhere", "--overwrite", "--out", self.dir / "run2")
        self.refused(NO_INPUT, "train", "--data", "nowhere", "--overwrite", "--out", self.dir / "run")
        self.assertEqual(before, self.files("run"))

    def files(self, out):
        return {path: path.read_bytes() for path in (self.dir / out).rglob("*") if path.is_file()}


class BadWeights(BadInput):
    def weights(self, name, tensors):
        path = self.dir / name
        harness.write_tensors(path, tensors)
        return path

    def test_init_from(self):
        good = {"0.weight": ([2, 10], [0.5] * 20), "0.bias": ([2], [0.0, 1.0])}
        linear = ["--data", SYNTHETIC, "--hidden", "none", "--init-from"]
        self.train("good", *linear, self.weights("good.st", good))
        whole = (self.dir / "good.st").read_bytes()

        self.bad(NO_INPUT, "gone.st", *linear, self.dir / "gone.st")
        self.bad(DATA, ["no tensor 0.bias"], *linear,
                 self.weights("lacking.st", {"0.weight": good["0.weight"]}))
        for ranks in (None, 3):
            self.bad(DATA, ["0.weight", "[2, 9]", "[2, 10]"], *linear,
                     self.weights("shape.st", good | {"0.weight": ([2, 9], [0.5] * 18)}), ranks=ranks)
        self.bad(DATA, "3 tensors", *linear, self.weights("more.st", good | {"2.bias": ([1], [0.0])}))
        for content in (whole[:-1], whole[:20], b"", b"\xff" * 100, whole[:8] + b"x" + whole[9:]):
            self.bad(DATA, "bad.st", *linear, self.file("bad.st", content))
        self.bad(DATA, "bad.st", *linear, self.file("bad.st", whole[:-1]), ranks=4)
        wrong_type = whole.replace(b'"F32"', b'"F16"')
        self.bad(DATA, "F16", *linear, self.file("bad.st", wrong_type))

    def test_not_finite(self):
        """Weights that are no numbers are no weights: refused, or the first step says so."""
        bad = {"0.weight": ([2, 10], [float("nan")] * 20), "0.bias": ([2], [0.0, 1.0])}
        done = harness.run("train", "--data", SYNTHETIC, "--hidden", "none", "--init-from",
                           self.weights("nan.st", bad), "--out", self.dir / "nan", "--progress", "off")
        self.assertIn(done.code, (DATA, 3), done)
        self.assert_failure(done, done.code)


class OneBadRank(BadInput):
    """Four ranks, each in a directory of its own, as on machines with disks of their own; the files
    of rank 2 are not those of the others. One rank of a team reads for all of it, so each is a team."""

    RANKS, BAD = 4, 2

    def setUp(self):
        super().setUp()
        for rank in range(self.RANKS):
            (self.dir / f"rank{rank}").mkdir()
            harness.Images(self.dir / f"rank{rank}" / "data")
        self.wrapper = ["sh", "-c", f'cd "{self.dir}/rank{harness.RANK}" && exec "$@"', "sh"]

    def spoiled(self):
        return harness.Images(self.dir / f"rank{self.BAD}" / "data")

    def one_bad(self, code, says, *arguments):
        self.bad(code, [f"rank {self.BAD}", *says], *arguments, "--team", "rank", ranks=self.RANKS,
                 wrapper=self.wrapper)

    def good(self, out, *arguments, **settings):
        self.train(out, "--data", "data", "--hidden", 8, "--batch", 20, *arguments, **settings)
        return (self.dir / out / "model.safetensors").read_bytes()

    def test_good(self):
        alone = self.good("alone", cwd=self.dir / "rank2")
        for team in ("rank", "2", "node"):
            self.assertEqual(alone, self.good(team, "--team", team, ranks=self.RANKS, wrapper=self.wrapper))

    def test_the_lowest_rank_of_a_team_reads(self):
        """By default the four are one team: rank 0's files count, whatever the others have."""
        alone = self.good("alone", cwd=self.dir / "rank0")
        self.spoiled().path("train", "images").unlink()
        path = self.dir / "rank1" / "data" / self.spoiled().path("train", "labels").name
        path.write_bytes(b"no labels")
        self.assertEqual(alone, self.good("team", ranks=self.RANKS, wrapper=self.wrapper))
        # Of two teams of two, rank 2 reads for rank 3.
        self.spoiled().path("train", "images").unlink()
        self.bad(NO_INPUT, ["rank 2", "contains no training data"], "--data", "data", "--team", 2,
                 ranks=self.RANKS, wrapper=self.wrapper)
        harness.Images(self.dir / "rank0" / "data").path("train", "images").unlink()
        self.bad(NO_INPUT, ["rank 0", "contains no training data"], "--data", "data", ranks=self.RANKS,
                 wrapper=self.wrapper)

    def test_missing(self):
        self.spoiled().path("train", "images").unlink()
        self.one_bad(NO_INPUT, ["contains no training data"], "--data", "data")

    def test_truncated(self):
        path = self.spoiled().path("train", "images")
        path.write_bytes(path.read_bytes()[:-1])
        self.one_bad(DATA, ["train-images-idx3-ubyte"], "--data", "data")

    def test_broken_gzip(self):
        images = harness.Images(self.dir / f"rank{self.BAD}" / "data", ending=".gz")
        for what in ("images", "labels"):
            (images.directory / images.path("train", what).stem).unlink()
        path = images.path("train", "labels")
        path.write_bytes(path.read_bytes()[:-5])
        self.one_bad(DATA, ["train-labels-idx1-ubyte.gz"], "--data", "data")

    def test_other_training_data(self):
        """One bit of one pixel: the ranks would train on different data, and nobody would know."""
        path = self.spoiled().path("train", "images")
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(bytes(content))
        self.one_bad(DATA, ["training data", "rank 0"], "--data", "data")

    def test_other_test_data(self):
        path = self.spoiled().path("t10k", "labels")
        content = bytearray(path.read_bytes())
        content[-1] = (content[-1] + 1) % 3
        path.write_bytes(bytes(content))
        self.one_bad(DATA, ["test data", "rank 0"], "--data", "data")

    def test_fewer_samples(self):
        harness.Images(self.dir / f"rank{self.BAD}" / "data", train=59)
        self.one_bad(DATA, ["rank 0"], "--data", "data")

    def test_no_test_data(self):
        """The other ranks evaluate, this one has nothing to evaluate."""
        images = self.spoiled()
        for what in ("images", "labels"):
            images.path("t10k", what).unlink()
        self.one_bad(DATA, ["test data"], "--data", "data")

    def test_other_weights(self):
        for rank in range(self.RANKS):
            bias = [0.0, 0.0, 1.0 if rank == self.BAD else 0.0]
            harness.write_tensors(self.dir / f"rank{rank}" / "w.st",
                                  {"0.weight": ([3, 16], [0.0] * 48), "0.bias": ([3], bias)})
        self.one_bad(DATA, ["initial weights"], "--data", "data", "--hidden", "none", "--init-from", "w.st")

    def test_environments_differ(self):
        """Rank 0's environment counts, and the others' does not: all train with B=20."""
        shell = f'[ {harness.RANK} = 0 ] && export LOCKSTEP_BATCH=20 || export LOCKSTEP_BATCH=7; exec "$@"'
        self.train("run", "--data", SYNTHETIC, "--hidden", 8, ranks=3, wrapper=["sh", "-c", shell, "sh"])
        self.assertEqual(20, harness.read_json(self.dir / "run" / "summary.json")["batch"])

    def test_a_rank_without_threads(self):
        shell = f'[ {harness.RANK} = {self.BAD} ] && export OMP_THREAD_LIMIT=1; exec "$@"'
        self.bad(71, [f"rank {self.BAD}", "threads"], *WORK_FOR_MANY, "--threads", 2,
                 ranks=self.RANKS, wrapper=["sh", "-c", shell, "sh"])


class Advice(harness.Case):
    """Commands that messages advise, written as advised: none of them may fail as the first one did."""

    def setUp(self):
        super().setUp()
        rows = "".join(f"{i * 7 % 10},{i * 3 % 11},{'xy'[i % 2]}\n" for i in range(40))
        harness.write_file(self.dir / "t.csv", f"a,b,kind\n{rows}".encode())
        self.ok(*self.train_line("run"), cwd=self.dir)

    @staticmethod
    def train_line(out, *arguments):
        return ["train", "--data", "t.csv", "--hidden", "4", "--batch", "8", "--epochs", "1", "--threads", "1", "--progress",
                "off", "--out", out, *arguments]

    def advised(self, wrong, says, right):
        """`says` is a pattern of the message; its groups replace {0}, {1} ... in the arguments `right`."""
        with self.subTest(wrong):
            done = self.refused(USAGE, *wrong, says="", cwd=self.dir)
            match = re.search(says, done.messages[0])
            self.assertTrue(match, done)
            self.ok(*[word.format(*match.groups()) for word in right], cwd=self.dir)

    def test_options_before_a_command(self):
        before = r"before a command: lockstep (\w+) (--[\w-]+) \.\.\."
        self.advised(["--batch", "8"], before, self.train_line("a", "{1}", "8"))
        for words, more in ((["--batch", "8", "plan"], ["8"]), (["--json"], []), (["--json", "--samples", "9"], []),
                            (["--explain", "sweep"], [])):
            self.advised(words, before, ["{0}", "{1}", *more, "--samples", "40"])
        self.advised(["-q"], r"see lockstep (--help)", ["{0}"])
        for first in ("-V", "--version", "-h", "--help"):
            self.ok(first, "train")

    def test_names(self):
        self.advised(["trian"], r"did you mean (\w+)\?", ["{0}", "--help"])
        self.advised(["help", "trian"], r"did you mean (\w+)\?", ["help", "{0}"])
        self.advised(["plan", "--frob"], r"lockstep (plan) (--help) lists", ["{0}", "{1}"])
        self.advised(self.train_line("c", "--bacth", "8"), r"did you mean (--batch)\?", self.train_line("c", "{0}", "8"))
        self.advised(self.train_line("d", "--no-shuffle"), r"write (--shuffle) (off)", self.train_line("d", "{0}", "{1}"))
        for topic in re.search("there is help on (.*)", self.refused(USAGE, "help", "x", says="").messages[0])[1].split(", "):
            self.ok("help", topic)

    def test_data_without_an_option(self):
        for line in (["plan"], ["eval", "run"], ["predict", "run"]):
            self.advised([*line, "t.csv"], r"write (--data) (t\.csv)$", [*line, "{0}", "{1}"])
        line = self.train_line("e")
        self.advised(["train", "t.csv", *line[3:]], r"write (--data) (t\.csv)$", ["train", "{0}", "{1}", *line[3:]])

    def test_what_is_needed(self):
        for more in (["--early-stop", "val_loss"], ["--schedule", "plateau"], ["--target", "val_accuracy=0.1"]):
            out, more = f"f{more[0]}", ["--epochs", "2", *more]
            self.advised(self.train_line(out, *more), r"add (--val-split) (0\.1)", self.train_line(out, *more, "{0}", "{1}"))
        self.advised(["predict", "run"], r"needs (--data)", ["predict", "run", "{0}", "t.csv"])

    def test_a_directory_that_holds_a_run(self):
        done = self.refused(CANNOT_CREATE, *self.train_line("run"), says="", cwd=self.dir)
        again, resume = re.search(r"add (--overwrite), or continue the run in it with (--resume run)$", done.messages[0]).groups()
        self.ok(*self.train_line("run", again), cwd=self.dir)
        self.ok("train", *resume.split(), "--epochs", "2", "--progress", "off", cwd=self.dir)

    def test_a_small_rate(self):
        done = self.refused(USAGE, *self.train_line("g", "--lr", "1e-38"), says="the smallest rate is ", cwd=self.dir)
        self.assertNotIn("base-batch", done.messages[0])
        self.ok(*self.train_line("g", "--lr", "1.2e-38"), cwd=self.dir)


if __name__ == "__main__":
    unittest.main()
