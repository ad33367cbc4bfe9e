"""ONNX files of `lockstep export`: the checker of the format accepts them, and onnxruntime computes what `predict` writes.

Of packages that PyPI has and Debian has not, so this is a part of .ci/run --full:

    PROGRAM=build/lockstep build-peers/bin/python tests/peers/test_onnx.py

Numbers may differ by 1e-6 + 1e-5 |y|, values of regressions in units of the spread of their output. Labels must be equal where
the two most probable classes are further apart than that.
"""

import csv
import io
import itertools
import math
import pathlib
import random
import struct
import subprocess
import sys
import unittest

import numpy
import onnx
import onnxruntime

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "system"))
from harness import DEFAULTS, Case, Images, idx_bytes, write_file  # noqa: E402

MISSING = {"", "?", "na", "n/a", "nan", "null", "none"}
ABSOLUTE, RELATIVE = 1e-6, 1e-5
greatest = {}  # of a test: the largest |d| / (1e-6 + 1e-5 |y|)


def write_table(path, head, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, *rows] if head else rows)


def mixed(rows, seed, unseen=False):
    """Columns that have it all: numbers with and without holes, skewed, with many ties, constant in training; words with
    holes, rare levels and quotes; yes and no; and, with `unseen`, words and holes that training has not."""
    rng = random.Random(seed)
    hole = lambda share, value, text="": text if rng.random() < share else value  # noqa: E731
    table = []
    for _ in range(rows):
        a, skewed, tied = rng.gauss(0, 3), math.exp(rng.gauss(0, 3)), rng.randrange(6) / 2
        word = rng.choice(["red", "green", "größer, \"wide\"", "green", "red", "None", "NA", "n/a", "?"])
        rare = f"k{min(int(rng.expovariate(0.5)), 9)}"
        yes = rng.choice(["true", "false"])
        if unseen and rng.random() < 0.3:
            a, word, rare, yes = "na", "never seen", rng.choice(["", "NULL", "unknown", "K1"]), rng.choice(["maybe", ""])
        table.append([hole(0.1, a, rng.choice(["", "NaN", "-999"])), hole(0.05, skewed, "?"), tied,
                      rng.randrange(10000) if unseen else 7, word, rare, yes])
    return table


MIXED = ["a", "skewed", "value", "constant", "word", "größe", "label"]  # two of them are names of outputs


def score(row):
    """Of a row that training can learn from."""
    number = float(row[0]) if str(row[0]).lower() not in MISSING | {"-999"} else 4
    return number + row[2] - (3 if row[4] == "red" else 0) + (2 if row[6] == "true" else -1)


def npy_bytes(array):
    file = io.BytesIO()
    numpy.save(file, array)
    return file.getvalue()


class Onnx(Case):
    def feed(self, session, head, rows, listed):
        """The columns as a user has them: numbers as floats, NaN where they are missing; words as they are."""
        inputs = session.get_inputs()
        if [x.name for x in inputs] == ["features"]:
            return {"features": numpy.array(rows, numpy.float32)}
        feed = {}
        for i, x in enumerate(inputs):
            name = x.name.partition(": ")[2] if x.name.startswith("input ") and ":" in x.name else x.name
            column = [row[head.index(name) if head and head.count(name) == 1 else i] for row in rows]
            if x.type == "tensor(string)":
                feed[x.name] = numpy.array([[str(cell)] for cell in column], object)
            else:
                feed[x.name] = numpy.array(
                    [[math.nan if str(cell).lower() in MISSING or cell in listed else float(cell)] for cell in column], numpy.float32)
        return feed

    def predicted(self, model, data, *options):
        text = self.ok("predict", model, "--data", data, "--output", "auto", *options).out
        return list(csv.reader(io.StringIO(text)))[1:]

    def close(self, want, got, spread, what):
        want, got = numpy.array(want, float), numpy.array(got, float)
        self.assertEqual(want.shape, got.shape)
        self.assertTrue(numpy.isfinite(got).all(), what)
        ratio = float((numpy.abs(want - got) / (ABSOLUTE * spread + RELATIVE * numpy.abs(want))).max())
        greatest[what] = max(greatest.get(what, 0), ratio)
        self.assertLessEqual(ratio, 1, what)

    def export(self, model):
        file = self.dir / "model.onnx"
        self.ok("export", model, "--onnx", file)
        onnx.checker.check_model(onnx.load(file), full_check=True)
        return onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])

    def agree(self, model, head, rows, data, what, listed=(), options=()):
        """`data` is a file for predict that has the rows."""
        session = self.export(self.dir / model)
        lines = self.predicted(self.dir / model, data, *options)
        names = [output.name for output in session.get_outputs()]
        given = dict(zip(names, session.run(None, self.feed(session, head, rows, listed))))
        if "value" in given:
            want = numpy.array(lines, float)
            self.assertEqual(["value"], names)
            self.close(want, given["value"], numpy.maximum(want.std(axis=0), 1e-30), what)
            return given
        self.assertEqual(["label", "probabilities"], names)
        labels = given["label"].ndim == 2
        numbers = numpy.array([line if labels else line[1:] for line in lines], float)
        self.close(numbers, given["probabilities"], 1, what)
        if labels:
            sure = abs(numbers - 0.5) > 1e-5
            self.assertEqual((numbers > 0.5)[sure].tolist(), (given["label"] == 1)[sure].tolist(), what)
            return given
        best = numpy.sort(numbers, axis=1)
        sure = numpy.ones(len(lines), bool) if best.shape[1] == 1 else best[:, -1] - best[:, -2] > 1e-5
        self.assertEqual([line[0] for line, yes in zip(lines, sure) if yes],
                         [str(label) for label, yes in zip(given["label"], sure) if yes], what)
        return given

    def table(self, target=None, head=MIXED, targets=("y",), train=400):
        """Writes train.csv and new.csv; returns the rows of the latter."""
        target = target or (lambda row: ["no, never", "ja"][score(row) > 0])
        rows = mixed(train, 1)
        write_table(self.dir / "train.csv", [*head, *targets], [[*row, *([y] if isinstance(y := target(row), str | int | float) else y)] for row in rows])
        new = mixed(300, 2, unseen=True)
        write_table(self.dir / "new.csv", head, new)
        return new

    def check_mixed(self, rows, what, *options, head=MIXED, listed=("-999", "unknown"), label="y"):
        self.train(what, "--data", self.dir / "train.csv", "--label", label, "--missing", ",".join(listed), "--epochs", "4",
                   "--hidden", "24,16", "--lr", "0.05", *options, env=DEFAULTS)
        return self.agree(what, head, rows, self.dir / "new.csv", what, listed)

    # --- networks

    def test_activations(self):
        rows = self.table()
        for word in ("relu", "leaky-relu", "gelu", "gelu-tanh", "silu", "tanh", "sigmoid", "elu"):
            with self.subTest(activation=word):
                self.check_mixed(rows, word, "--activation", word, *(["--leaky-slope", "0.2"] if word == "leaky-relu" else []))
        self.check_mixed(rows, "mixture", "--hidden", "9,8,7", "--activation", "tanh,gelu,elu", "--dropout", "0.3", "--dropout-input", "0.1")
        self.check_mixed(rows, "linear", "--hidden", "none")
        self.check_mixed(rows, "wide", "--hidden", "700,300")

    def test_losses(self):
        rows = self.table(lambda row: [1000 + 50 * score(row), score(row) ** 2, 1e-4 * row[2], 5], targets=("u", "v", "w", "x"))
        for loss, target in itertools.product(("mse", "mae", "huber"), ("none", "standard")):
            with self.subTest(loss=loss, target=target):
                given = self.check_mixed(rows, f"{loss}-{target}", "--loss", loss, "--normalize-target", target, "--lr", "0.002", label="u,v,w,x")
                self.assertEqual((300, 4), given["value"].shape)
        self.table(lambda row: [int(score(row) > 0), int(row[2] > 1), int(row[6] == "true")], targets=("u", "v", "w"))
        given = self.check_mixed(rows, "bce", "--loss", "bce", label="u,v,w")
        self.assertEqual((300, 3), given["label"].shape)
        self.table(lambda row: int(score(row) > 0))
        self.check_mixed(rows, "bce-one", "--loss", "bce")
        self.check_mixed(rows, "smooth", "--label-smoothing", "0.1", "--class-weights", "balanced")

    def test_classes(self):
        rows = self.table(lambda row: ["a \"b\", c", "größte Klasse", "x y"][int(abs(score(row))) % 3])
        given = self.check_mixed(rows, "words")
        self.assertLessEqual(set(given["label"]), {"a \"b\", c", "größte Klasse", "x y"})
        self.table(lambda row: [-3, 7, 40][int(abs(score(row))) % 3])
        given = self.check_mixed(rows, "whole")
        self.assertEqual("int64", str(given["label"].dtype))
        self.assertLessEqual(set(given["label"].tolist()), {-3, 7, 40})
        self.table(lambda row: int(abs(score(row))) % 3)
        self.assertEqual("int64", str(self.check_mixed(rows, "numbered")["label"].dtype))
        self.table(lambda row: ["007", "7"][int(score(row) > 0)])
        self.assertLessEqual(set(self.check_mixed(rows, "zeros")["label"]), {"007", "7"})

    # --- inputs

    def test_scales_and_codes(self):
        rows = self.table()
        for word in ("none", "unit", "standard", "bounded", "by-type", "robust", "quantile"):
            with self.subTest(scale=word):
                self.check_mixed(rows, f"scale-{word}", "--scale", word, *(["--lr", "1e-4"] if word in ("none", "by-type") else []))
        for bins in ("2", "48"):
            with self.subTest(bins=bins):
                self.check_mixed(rows, f"piecewise-{bins}", "--encode", "piecewise", "--bins", bins)
        for word in ("mean", "zero"):
            self.check_mixed(rows, f"impute-{word}", "--impute", word)
        self.check_mixed(rows, "few-levels", "--max-levels", "3", "--scale", "robust")
        self.check_mixed(rows, "preset", "--preset", "table", "--epochs", "3")

    def test_quantiles_at_knots(self):
        """Values that are knots, between, far outside; many knots and ties."""
        rng = random.Random(5)
        values = [[rng.choice([rng.gauss(0, 1), 0, 1, 2.5]), rng.randrange(3), rng.uniform(-1, 1) ** 9] for _ in range(4000)]
        write_table(self.dir / "train.csv", ["p", "q", "r", "y"], [[*row, int(row[0] + row[1] > 1)] for row in values])
        rows = values[:1000] + [[x, x, x] for x in (-1e30, -3, 0, 1, 1.5, 2, 2.5, 1e30)]
        write_table(self.dir / "new.csv", ["p", "q", "r"], rows)
        for code in (("--scale", "quantile"), ("--encode", "piecewise"), ("--scale", "robust")):
            what = f"knots-{code[1]}"
            self.train(what, "--data", self.dir / "train.csv", "--label", "y", *code, "--epochs", "3")
            self.agree(what, ["p", "q", "r"], rows, self.dir / "new.csv", what)

    def test_names_of_columns(self):
        head = ["value", "/Add_1", "probabilities", "x", "größe", "features", "x"]
        rows = self.table(head=head)
        given = self.export_names(rows, head)
        self.assertEqual(["input 1: value", "input 2: /Add_1", "input 3: probabilities", "x", "größe", "features", "input 7: x"], given)

    def export_names(self, rows, head):
        self.check_mixed(rows, "names", head=head)
        return [x.name for x in onnxruntime.InferenceSession(str(self.dir / "model.onnx")).get_inputs()]

    def test_numbers_that_mean_missing(self):
        """-999 as a number, as a program has it that does not know the table's texts."""
        rows = self.table()
        self.train("listed", "--data", self.dir / "train.csv", "--label", "y", "--missing=-999,unknown", "--epochs", "2", env=DEFAULTS)
        self.agree("listed", MIXED, rows, self.dir / "new.csv", "listed", listed=())

    def test_without_header(self):
        rows = self.table()
        for name in ("train.csv", "new.csv"):
            path = self.dir / name
            path.write_text(path.read_text(encoding="utf-8").split("\n", 1)[1], encoding="utf-8")
        off = ("--header", "off")
        self.train("words", "--data", self.dir / "train.csv", *off, "--missing=-999", "--epochs", "2", env=DEFAULTS)
        self.agree("words", None, rows, self.dir / "new.csv", "headerless words", {"-999"}, off)
        numbers = [[row[2], row[3], i % 7] for i, row in enumerate(mixed(300, 3, True))]
        write_table(self.dir / "train.csv", None, [[*row, i % 2] for i, row in enumerate(numbers)])
        numbers = [[math.nan if i % 5 == column else x for column, x in enumerate(row)] for i, row in enumerate(numbers)]
        write_table(self.dir / "new.csv", None, numbers)
        self.train("numbers", "--data", self.dir / "train.csv", *off, "--scale", "robust", "--epochs", "2", env=DEFAULTS)
        self.agree("numbers", None, numbers, self.dir / "new.csv", "headerless numbers", (), off)

    def test_arrays(self):
        images = Images(self.dir / "images")
        self.train("run", "--data", images.directory, "--epochs", "3", env=DEFAULTS)
        content = images.path("t10k", "images").read_bytes()[16:]
        rows = numpy.frombuffer(content, numpy.uint8).reshape(-1, 16)
        self.agree("run", None, rows, images.path("t10k", "images"), "images")
        rng = numpy.random.default_rng(1)
        x = rng.normal(size=(500, 30)).astype(numpy.float32)
        data = write_file(self.dir / "x.npy", npy_bytes(x))
        write_file(self.dir / "y.npy", npy_bytes((x[:, 0] > 0).astype(numpy.int32)))
        self.train("array", "--data", f"{data},{self.dir / 'y.npy'}", "--epochs", "2", env=DEFAULTS)
        self.agree("array", None, x, data, "array")

    def test_numbers_that_must_not_be_missing(self):
        """A model that accepts no holes must not hide one behind a code or an activation, nor take -999 for a number."""
        x = numpy.random.default_rng(2).normal(size=(200, 3)).astype(numpy.float32)
        write_table(self.dir / "x.csv", None, [[*row, int(row[0] > 0)] for row in x])
        x[3, 2], x[5, 1] = math.nan, -999
        for code in (("--scale", "standard"), ("--scale", "quantile"), ("--scale", "robust"), ("--encode", "piecewise")):
            for loss in ("cross-entropy", "mse"):
                self.train("strict", "--data", self.dir / "x.csv", "--header", "off", "--missing=-999", "--impute", "refuse", *code,
                           "--loss", loss, "--epochs", "1", "--overwrite", env=DEFAULTS)
                numbers = self.export(self.dir / "strict").run(None, {"features": x})[-1]
                self.assertEqual([3, 5], numpy.argwhere(numpy.isnan(numbers).all(axis=1))[:, 0].tolist(), code)
                self.assertTrue(numpy.isfinite(numpy.delete(numbers, [3, 5], axis=0)).all())

    def test_folds(self):
        rows = self.table()
        for what, label, options in (("classes", "y", ()), ("labels", "u,v", ("--loss", "bce")), ("values", "u,v", ())):
            if what == "labels":
                self.table(lambda row: [int(score(row) > 0), int(row[2] > 1)], targets=("u", "v"))
            if what == "values":
                self.table(lambda row: [score(row), score(row) * 2e5 + 0.5], targets=("u", "v"))
            self.ok("folds", "3", "--data", self.dir / "train.csv", "--label", label, "--missing", "-999,unknown", "--epochs", "2",
                    "--hidden", "12", "--out", self.dir / what, "--progress", "off", *options, env=DEFAULTS)
            self.agree(what, MIXED, rows, self.dir / "new.csv", f"folds-{what}", ("-999", "unknown"))

    def test_metadata(self):
        self.table()
        self.train("run", "--data", self.dir / "train.csv", "--label", "y", "--missing=-999", "--epochs", "1")
        self.export(self.dir / "run")
        model = onnx.load(self.dir / "model.onnx")
        properties = {entry.key: entry.value for entry in model.metadata_props}
        self.assertEqual("lockstep", model.producer_name)
        self.assertEqual("cross-entropy", properties["loss"])
        self.assertEqual("-999", properties["missing_texts"])
        self.assertIn("definition", properties)

    def test_the_example_of_the_help(self):
        self.table(head=["a", "skewed", "tied", "constant", "word", "größe", "yes"])
        self.train("run", "--data", self.dir / "train.csv", "--label", "y", "--missing=-999", "--epochs", "2", env=DEFAULTS)
        self.ok("export", self.dir / "run", "--onnx", self.dir / "first.onnx")
        lines = self.ok("help", "onnx").out.splitlines()
        first = next(i for i, line in enumerate(lines) if line.startswith("  import"))
        last = next(i for i, line in enumerate(lines) if "session.run" in line)
        example = "\n".join(line[2:] for line in lines[first:last + 1])
        done = subprocess.run([sys.executable, "-c", example + "\nprint(list(map(str, label)))"], cwd=self.dir, capture_output=True, text=True)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual(str([line[0] for line in self.predicted(self.dir / "run", self.dir / "new.csv")]), done.stdout.strip())

    def test_a_wrong_number_is_caught(self):
        """The net catches: a file whose last bias is changed by 1e-4 does not agree."""
        rows = self.table()
        self.check_mixed(rows, "right", "--hidden", "none")
        model = onnx.load(self.dir / "model.onnx")
        bias, = (tensor for tensor in model.graph.initializer if tensor.name == "/0.bias")
        first, = struct.unpack("<f", bias.raw_data[:4])
        bias.raw_data = struct.pack("<f", first + 1e-4) + bias.raw_data[4:]
        session = onnxruntime.InferenceSession(model.SerializeToString())
        given = session.run(["probabilities"], self.feed(session, MIXED, rows, ("-999", "unknown")))[0]
        want = [line[1:] for line in self.predicted(self.dir / "right", self.dir / "new.csv")]
        with self.assertRaises(AssertionError):
            self.close(want, given, 1, "wrong")
        del greatest["wrong"]


def tearDownModule():
    worst = sorted(greatest.items(), key=lambda item: -item[1])
    print(f"onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}: {len(worst)} models; largest difference / allowed: "
          + ", ".join(f"{what} {ratio:.3f}" for what, ratio in worst[:5]))


if __name__ == "__main__":
    unittest.main()
