"""What a model is worth and what it says: lockstep eval and predict on a run's own model.

Their figures are those of the run, bit for bit; on any ranks and threads; from a file or as they come.
"""

import csv
import importlib.util
import io
import json
import os
import pathlib
import re
import struct
import subprocess
import unittest

import harness

OK, USAGE, BAD_DATA, NO_INPUT, CANNOT_CREATE, IO = 0, 64, 65, 66, 73, 74

CLASSES = ["--data", "synthetic:samples=1005,features=6,classes=7,test=700", "--hidden", "16", "--batch", "64",
           "--epochs", "3", "--lr", "0.05"]
VALUES = ["--data", "synthetic:samples=700,features=5,targets=2,noise=0.1,test=600", "--hidden", "12",
          "--batch", "32", "--epochs", "2", "--scale", "standard"]
FIGURES = ["loss", "accuracy", "top5", "exact", "f1", "mse", "rmse", "mae", "r2"]


def flower(i):
    """Features with two decimals and a name, some of which must be quoted."""
    noise = [(i * factor >> 5) % 100 / 50 - 1 for factor in (2654435761, 40503, 2246822519)]
    kind = i * 7 % 3
    return [f"{value + kind:.2f}" for value in noise], ["setosa", "versi, color", '"virginica"'][kind]


def write_table(path, rows, header, columns):
    """columns: of (features, name, number) the fields of a line."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        if header:
            writer.writerow(header)
        for i in rows:
            writer.writerow(columns(*flower(i), i))
    return path


class Models(harness.Case):
    def evaluate(self, model, data, *more, **settings):
        return json.loads(self.ok("eval", model, "--data", data, "--json", *more, **settings).out)

    def predict(self, model, data, *more, **settings):
        return self.ok("predict", model, "--data", data, *more, **settings).out

    def flowers(self):
        """A run on a table with names, and tables without labels."""
        names = ["petal", "sepal, long", "width"]
        table = write_table(self.dir / "flowers.csv", range(600), [*names, "kind"], lambda x, kind, i: [*x, kind])
        write_table(self.dir / "new.csv", range(600, 1300), names, lambda x, kind, i: x)
        write_table(self.dir / "more.csv", range(600, 1300), ["id", "petal", "sepal, long", "kind", "width"],
                    lambda x, kind, i: [i, *x[:2], kind, x[2]])
        write_table(self.dir / "bare.csv", range(600, 1300), None, lambda x, kind, i: x)
        self.train("run", "--data", table, "--hidden", "8", "--epochs", "5", "--val-split", "60", "--scale",
                   "standard")
        return self.dir / "run"

    # --- eval --------------------------------------------------------------------------------------

    def test_the_runs_own_figures(self):
        for out, arguments in (("classes", CLASSES), ("values", VALUES)):
            self.train(out, *arguments)
            summary = harness.read_json(self.dir / out / "summary.json")
            for model in (self.dir / out, self.dir / out / "model.safetensors"):
                got = self.evaluate(model, arguments[1])
                self.assertEqual({name: summary[f"test_{name}"] for name in FIGURES},
                                 {name: got[name] for name in FIGURES}, out)
                self.assertEqual(summary["weights_xxh3"], got["weights_xxh3"])
                self.assertEqual(summary["test_samples"], got["samples"])

    def test_the_figures_of_every_recipe(self):
        """Losses, weights of classes, scaled targets, activations, dropout: the file says enough."""
        lines = [[f"{(i * factor >> 5) % 1000 / 500 - 1:.3f}" for factor in (2654435761, 40503, 2246822519)]
                 for i in range(700)]
        rows = [[*line, int(float(line[0]) > 0), int(float(line[1]) + float(line[2]) > 0.5),
                 f"{1000 + 100 * float(line[0]) - 30 * float(line[1]) ** 2:.3f}"] for line in lines]
        for name, part in (("train.csv", rows[:400]), ("test.csv", rows[400:])):
            with open(self.dir / name, "w", newline="", encoding="utf-8") as file:
                csv.writer(file, lineterminator="\n").writerows([["a", "b", "c", "left", "up", "height"], *part])
        table, other = self.dir / "train.csv", self.dir / "test.csv"
        recipes = {
            "weights": (["--label", "left", "--class-weights", "1,3", "--label-smoothing", "0.1"], ["left"]),
            "labels": (["--label", "left,up", "--loss", "bce", "--activation", "gelu"], ["left", "up"]),
            "huber": (["--label", "height", "--loss", "huber", "--huber-delta", "0.7", "--normalize-target",
                       "standard", "--activation", "tanh,leaky-relu", "--hidden", "9,7"], ["height"]),
            "mae": (["--label", "height,left", "--loss", "mae", "--dropout", "0.2", "--dropout-input", "0.1",
                     "--activation", "silu"], ["height", "left"]),
        }
        for out, (recipe, names) in recipes.items():
            self.train(out, "--data", table, "--test-data", other, "--hidden", "9", "--epochs", 2, *recipe)
            summary = harness.read_json(self.dir / out / "summary.json")
            label = ["--label", ",".join(names)]
            for ranks in (None, 3):
                got = self.evaluate(self.dir / out, other, *label, ranks=ranks)
                self.assertEqual({name: summary[f"test_{name}"] for name in FIGURES},
                                 {name: got[name] for name in FIGURES}, out)
            wanted = self.predict(self.dir / out, other, *label)
            header = next(csv.reader(io.StringIO(wanted)))
            self.assertEqual(["class", "0", "1"] if out == "weights" else names, header)
            if out == "labels":
                (self.dir / "bad.csv").write_text("a,b,c,left,up,height\n1,2,3,0,1,5\n1,2,3,0,2,5\n")
                self.refused(USAGE, "eval", self.dir / out, "--data", self.dir / "bad.csv", *label,
                             says=["target 1 of sample 1", "is 2; each must be between 0 and 1"])
            # Columns that are no features do not matter.
            self.assertEqual(wanted, self.predict(self.dir / out, other), out)

    def test_columns_without_names_or_with_one_name(self):
        """A model written with them once could not be read back."""
        table = self.dir / "odd.csv"
        table.write_text(",a,a,\"say \"\"b\"\"\",kind\n" + "".join(
            f"{i * 3},{i * 7 % 5},{i * 3 % 4},{i % 2},{'xy'[i % 2]}\n" for i in range(40)))
        self.train("run", "--data", table, "--hidden", "none", "--epochs", 1, "--scale", "standard")
        self.assertEqual(40, self.evaluate(self.dir / "run", table)["samples"])
        self.assertEqual(41, self.predict(self.dir / "run", table, "--label", "kind").count("\n"))
        told = self.ok("eval", self.dir / "run", "--data", table).err
        self.assertIn("column 1 is not among the inputs of the training data and is ignored", told)
        unnamed = harness.write_file(self.dir / "unnamed.csv", re.sub(r"(?m)^[^,]*,", "", table.read_text()).encode())
        self.assertEqual(self.evaluate(self.dir / "run", table)["loss"], self.evaluate(self.dir / "run", unnamed)["loss"])

    def test_any_ranks_and_threads(self):
        for out, arguments in (("classes", CLASSES), ("values", VALUES)):
            self.train(out, *arguments)
            wanted = [self.evaluate(self.dir / out, arguments[1]), self.predict(self.dir / out, arguments[1])]
            for ranks, threads, team in ((1, 3, "node"), (2, 1, "node"), (3, 2, "rank"), (4, 1, "2")):
                how = ["--threads", threads, "--team", team]
                got = [self.evaluate(self.dir / out, arguments[1], *how, ranks=ranks),
                       self.predict(self.dir / out, arguments[1], *how, ranks=ranks)]
                self.assertEqual(wanted, got, how)
            got = [self.evaluate(self.dir / out, arguments[1], "--kernel", "portable"),
                   self.predict(self.dir / out, arguments[1], "--kernel", "portable")]
            self.assertEqual(wanted, got, "portable")

    def test_the_table(self):
        run = self.flowers()
        done = self.ok("eval", run, "--data", self.dir / "flowers.csv", "--top-k", "2")
        report = self.evaluate(run, self.dir / "flowers.csv", "--top-k", "2")
        for name in ("loss", "accuracy", "f1", "auc"):
            self.assertEqual(f"{report[name]:.4f}", done.figure(name))
        self.assertEqual(f"{report['top_k']['accuracy']:.4f}", done.figure("top2"))
        names = sorted({flower(i)[1] for i in range(3)})
        self.assertEqual(names, [entry["name"] for entry in report["classes"]])
        for entry in report["classes"]:
            self.assertIn(f"{entry['precision']:.4f}  {entry['recall']:.4f}  {entry['f1']:.4f}", done.out)
        confusion = report["confusion"]
        self.assertEqual([entry["samples"] for entry in report["classes"]], [sum(row) for row in confusion])
        self.assertEqual([entry["answered"] for entry in report["classes"]],
                         [sum(column) for column in zip(*confusion)])
        self.assertAlmostEqual(report["accuracy"], sum(confusion[c][c] for c in range(3)) / 600)

    # --- predict -----------------------------------------------------------------------------------

    def test_answers_are_what_eval_judges(self):
        run = self.flowers()
        report = self.evaluate(run, self.dir / "flowers.csv")
        rows = list(csv.DictReader(io.StringIO(self.predict(run, self.dir / "flowers.csv", "--output", "auto"))))
        self.assertEqual(600, len(rows))
        right = sum(row["class"] == flower(i)[1] for i, row in enumerate(rows))
        self.assertEqual(report["accuracy"], right / 600)
        for row in rows:
            name = row.pop("class")
            self.assertAlmostEqual(1, sum(map(float, row.values())), places=5)
            self.assertEqual(max(map(float, row.values())), float(row[name]))

    def test_values(self):
        self.train("values", *VALUES)
        text = self.predict(self.dir / "values", VALUES[1])
        header, *rows = csv.reader(io.StringIO(text))
        self.assertEqual((["y0", "y1"], 600), (header, len(rows)))
        self.ok("predict", self.dir / "values", "--data", VALUES[1], "--format", "npy", "--out", self.dir / "y.npy")
        content = (self.dir / "y.npy").read_bytes()
        numbers = struct.unpack("<1200f", content[-4800:])
        self.assertIn(b"'shape': (600, 2)", content[:-4800])
        # CSV reads back to the same float32.
        self.assertEqual(struct.pack("<1200f", *(float(field) for row in rows for field in row)), content[-4800:])
        self.assertTrue(all(abs(value) < 10 for value in numbers))

    def test_a_table_as_it_lies_and_as_it_comes(self):
        run = self.flowers()
        wanted = self.predict(run, self.dir / "new.csv")
        self.assertEqual(700 + 1, wanted.count("\n"))
        for name in ("new.csv", "more.csv", "bare.csv"):
            self.assertEqual(wanted, self.predict(run, self.dir / name), name)
            with open(self.dir / name, "rb") as file:
                done = subprocess.run(harness.command_of(["predict", run, "--data", "-"]), stdin=file,
                                      capture_output=True, env=harness.environment(), timeout=60)
            note = b"lockstep: note: standard input: id is not among the inputs of the training data and is ignored\n"
            self.assertEqual((0, wanted, note if name == "more.csv" else b""),
                             (done.returncode, done.stdout.decode(), done.stderr), name)

    def piped(self, run, *more):
        # A sanitizer that keeps what was freed would count as growth.
        env = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"}
        return subprocess.Popen(harness.command_of(["predict", run, "--data", "-", *more]), stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=harness.environment(env))

    def test_answers_come_with_their_rows(self):
        """A block of rows is answered while the stream is still open."""
        run = self.flowers()
        lines = (self.dir / "bare.csv").read_text().splitlines(keepends=True)
        process = self.piped(run, "--output", "classes")
        try:
            process.stdin.write("".join(lines[:256]).encode())
            process.stdin.flush()
            answers = [process.stdout.readline() for _ in range(257)]
            self.assertEqual(b"class\n", answers[0])
            out, err = process.communicate("".join(lines[256:300]).encode(), timeout=60)
            self.assertEqual((0, b"", 44), (process.returncode, err, out.count(b"\n")))
        finally:
            process.kill()
            process.wait()

    def test_memory_does_not_grow_with_the_stream(self):
        run = self.flowers()
        lines = (self.dir / "bare.csv").read_bytes() * 20
        process = self.piped(run, "--output", "classes")
        reader = subprocess.Popen(["sh", "-c", "cat >/dev/null"], stdin=process.stdout)
        sizes = []
        for _ in range(2):
            for _ in range(5):
                process.stdin.write(lines)
            process.stdin.flush()
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
            sizes.append(int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)))
        process.stdin.close()
        self.assertEqual((0, 0), (process.wait(60), reader.wait(60)))
        process.stdout.close()
        process.stderr.close()
        self.assertLess(sizes[1], sizes[0] + 512)

    def test_nobody_reads_on(self):
        """| head is no failure, and nothing is said."""
        run = self.flowers()
        big = self.dir / "big.csv"
        big.write_bytes((self.dir / "bare.csv").read_bytes() * 50)
        for data in (str(big), "-"):
            with open(big, "rb") as file:
                process = subprocess.Popen(harness.command_of(["predict", run, "--data", data]), stdin=file,
                                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=harness.environment())
                process.stdout.readline()
                process.stdout.close()
                self.assertEqual(0, process.wait(60))
                self.assertEqual(b"", process.stderr.read())
                process.stderr.close()

    def test_files_are_whole_or_not_there(self):
        run = self.flowers()
        out = self.dir / "answers.csv"
        bad = self.dir / "bad.csv"
        bad.write_text((self.dir / "new.csv").read_text() + "1,2\n")
        self.refused(BAD_DATA, "predict", run, "--data", bad, "--out", out, says=["bad.csv, line 702"])
        self.assertFalse(out.exists())
        self.assertEqual([], list(self.dir.glob("*.part")))
        out.write_text("before")
        self.refused(BAD_DATA, "predict", run, "--data", bad, "--out", out)
        self.assertEqual("before", out.read_text())
        self.ok("predict", run, "--data", self.dir / "new.csv", "--out", out)
        self.assertEqual(self.predict(run, self.dir / "new.csv"), out.read_text())
        self.refused(CANNOT_CREATE, "predict", run, "--data", self.dir / "new.csv", "--out",
                     self.dir / "nowhere" / "x", says=f"cannot create {self.dir}/nowhere/x: its directory does not exist")
        self.refused(IO, "predict", run, "--data", self.dir / "new.csv", "--out", self.dir / "run",
                     says="cannot write")

    # --- refusals ----------------------------------------------------------------------------------

    def test_what_is_no_file_is_written_to_as_it_is(self):
        """A device was replaced by a file of its name; a link, by the file."""
        ask = ["predict", self.flowers(), "--data", self.dir / "new.csv"]
        wanted = self.ok(*ask).out
        (self.dir / "file").touch()
        (self.dir / "link").symlink_to("file")
        self.ok(*ask, "--out", self.dir / "link")
        self.assertTrue((self.dir / "link").is_symlink())
        self.assertEqual(wanted, (self.dir / "file").read_text())
        os.mkfifo(self.dir / "pipe")
        reader = subprocess.Popen(["cat", self.dir / "pipe"], stdout=subprocess.PIPE, text=True)
        self.ok(*ask, "--out", self.dir / "pipe")
        self.assertEqual(wanted, reader.communicate(timeout=30)[0])
        self.assertTrue((self.dir / "pipe").is_fifo())

    # --- answers that are not finite ---------------------------------------------------------------

    def huge(self, *arguments):
        """A model with weights of 1e30, and tables on which it overflows at lines 402 and 903 (from 1, with the header)."""
        lines = [f"{(i * 7 % 13) / 10},{(i * 5 % 11) / 10},{i * 3 % 2}" for i in range(1000)]
        (self.dir / "t.csv").write_text("\n".join(["a,b,y", *lines]) + "\n")
        for i in (400, 901):
            lines[i] = "1e10,0.5,1"
        (self.dir / "huge.csv").write_text("\n".join(["a,b,y", *lines]) + "\n")
        self.train("run", "--data", self.dir / "t.csv", "--hidden", "none", "--epochs", "1", *arguments)
        path = self.dir / "run" / "model.safetensors"
        content = path.read_bytes()
        length, = struct.unpack_from("<Q", content)
        floats = (len(content) - 8 - length) // 4
        path.write_bytes(content[:8 + length] + struct.pack(f"<{floats}f", *[1e30] * floats))
        return path

    def assert_says_so(self, done, total="1,000", first="line 402", count=2):
        self.assert_failure(done, BAD_DATA, [f": the predictions for {count} of {total} samples of ", "not finite",
                                             f"first at {first}: "])

    def test_answers_that_are_not_finite(self):
        """They were figures and lines like any others: a loss of nan, accuracies of what nan was compared to, exit code 0."""
        model, data, out = self.huge(), self.dir / "huge.csv", self.dir / "p.csv"
        for ranks in (None, 2, 3):
            self.assert_says_so(harness.run("eval", model, "--data", data, ranks=ranks))
            done = harness.run("eval", model, "--data", data, "--json", ranks=ranks)
            self.assert_says_so(done)
            self.assertEqual("", done.out)
            for more in ([], ["--format", "npy"], ["--output", "classes"], ["--output", "logits"]):
                done = harness.run("predict", model, "--data", data, "--out", out, *more, ranks=ranks)
                self.assert_says_so(done)
                self.assertIn("--allow-nonfinite", done.messages[0])
                self.assertFalse(out.exists(), "a file of answers that are not finite")
            done = self.ok("predict", model, "--data", data, "--out", out, "--output", "logits", "--allow-nonfinite",
                           ranks=ranks)
            self.assertEqual(1, len(done.warnings), done)
            self.assertIn(" 2 of 1,000 samples of ", done.warnings[0])
            rows = out.read_text().splitlines()
            self.assertEqual(["inf,inf"] * 2, [rows[401], rows[902]])
            self.assertEqual(2, sum("inf" in row for row in rows))
            out.unlink()
        self.ok("eval", model, "--data", self.dir / "t.csv")
        self.assertEqual([], self.ok("predict", model, "--data", self.dir / "t.csv", "--allow-nonfinite").warnings)

    def test_streams_of_answers_that_are_not_finite(self):
        """The answers before are there; the row is named before more of the stream is waited for."""
        model = self.huge()
        command = harness.command_of(["predict", model, "--data", "-", "--output", "logits"])
        with open(self.dir / "huge.csv", "rb") as file:
            done = subprocess.run(command, stdin=file, capture_output=True, check=False, timeout=harness.TIMEOUT_S,
                                  env=harness.environment())
        self.assertEqual(BAD_DATA, done.returncode, done)
        self.assertRegex(done.stderr, rb": the predictions for 1 of \d{3} samples of standard input")
        self.assertIn(b"first at line 402", done.stderr)
        self.assertIn(len(done.stdout.splitlines()), range(200, 402))
        self.assertNotIn(b"inf", done.stdout)
        with open(self.dir / "huge.csv", "rb") as file:
            done = subprocess.run([*command, "--allow-nonfinite"], stdin=file, capture_output=True, check=False,
                                  timeout=harness.TIMEOUT_S, env=harness.environment())
        self.assertEqual(0, done.returncode, done)
        self.assertIn(b"warning: ", done.stderr)
        self.assertIn(b"2 of 1,000 samples", done.stderr)
        self.assertIn(b"first at line 402", done.stderr)
        self.assertEqual(1001, len(done.stdout.splitlines()))

    def test_values_beyond_their_scale(self):
        """The network's outputs are finite, and the targets' own units are what overflows."""
        lines = ["a,y"] + [f"{i % 10},{(i % 7 - 3) * 1e37:g}" for i in range(100)]
        (self.dir / "v.csv").write_text("\n".join(lines) + "\n")
        self.train("run", "--data", self.dir / "v.csv", "--hidden", "none", "--epochs", "1", "--loss", "mse",
                   "--normalize-target", "standard")
        (self.dir / "far.csv").write_text("a,y\n1,0\n100000,0\n2,0\n")
        for command in ("eval", "predict"):
            done = harness.run(command, self.dir / "run", "--data", self.dir / "far.csv")
            self.assert_says_so(done, total="3", first="line 3", count=1)

    def test_refusals(self):
        run = self.flowers()
        new, flowers = self.dir / "new.csv", self.dir / "flowers.csv"
        self.refused(NO_INPUT, "eval", self.dir / "none", "--data", new, says="none")
        self.refused(NO_INPUT, "eval", self.dir, "--data", new, says="model.safetensors")
        self.refused(BAD_DATA, "eval", flowers, "--data", new, says=["flowers.csv", "not a safetensors file"])
        self.refused(USAGE, "eval", run, says="needs --data")
        self.refused(USAGE, "eval", "--data", new, says="MODEL")
        self.refused(USAGE, "predict", run, "--data", new, "--output", "values", says="cross-entropy")
        self.refused(BAD_DATA, "predict", run, "--data", "fashion-mnist" if os.path.isdir(
            "/usr/share/datasets/fashion-mnist") else "synthetic:features=784", says=["784 features", "has 3"])
        other = self.dir / "other.csv"
        other.write_text("petal,\"sepal, long\",width,kind\n1,2,3,daisy\n")
        self.refused(BAD_DATA, "eval", run, "--data", other, says=["line 2", "daisy"])
        other.write_text("petal,width,kind\n1,2,daisy\n")
        self.refused(BAD_DATA, "predict", run, "--data", other, says="no column \"sepal, long\", which is an input")
        other.write_text("sepal,width,sepal_long,petals\n1,2,3,4\n")
        self.refused(BAD_DATA, "predict", run, "--data", other,
                     says="no column \"petal\" (and 1 more), which is an input in the training data (did you mean \"petals\"?)")
        other.write_text("petal,\"sepal, long\",width,sort\n1,2,3,setosa\n")
        self.refused(BAD_DATA, "eval", run, "--data", other, says=["no column \"kind\", which had the labels", "--label"])
        self.assertIn("setosa", self.ok("eval", run, "--data", other, "--label", "sort").out)

    def test_columns_in_any_order(self):
        """By name, on any ranks and from a stream: the same bytes; what is not needed is named once. The label column
        is that of the model, wherever it is."""
        run = self.flowers()
        names = ["petal", "sepal, long", "width"]
        write_table(self.dir / "ordered.csv", range(600, 1300), [*names, "kind"], lambda x, kind, i: [*x, kind])
        write_table(self.dir / "mixed.csv", range(600, 1300), ["width", "id", "kind", "petal", "note", "sepal, long"],
                    lambda x, kind, i: [x[2], i, kind, x[0], "text", x[1]])
        note = "mixed.csv: id, note are not among the inputs of the training data and are ignored\n"
        ordered, mixed = self.dir / "ordered.csv", self.dir / "mixed.csv"
        for command, more in (("predict", []), ("eval", ["--json"])):
            wanted = self.ok(command, run, "--data", ordered, *more)
            self.assertEqual("", wanted.err)
            for ranks in (None, 2, 3):
                done = self.ok(command, run, "--data", mixed, *more, ranks=ranks)
                self.assertEqual(wanted.out.replace("ordered.csv", "mixed.csv"), done.out)
                self.assertEqual(1, done.err.count(note), done.err)
        done = subprocess.run([os.environ["PROGRAM"], "predict", run, "--data", "-"], input=mixed.read_bytes(),
                              capture_output=True, check=True)
        self.assertEqual(self.predict(run, ordered), done.stdout.decode())
        self.assertEqual(1, done.stderr.count(b"ignored"), done.stderr)

    def test_targets_in_any_order(self):
        """A model of several targets, whose names it knows; held-out data in yet another order."""
        order = [["x0", "x1", "x2", "y0", "y1"], ["y1", "x2", "y0", "x0", "x1"], ["x1", "y0", "x0", "y1", "x2"]]
        for n, columns in enumerate(order):
            write_table(self.dir / f"t{n}.csv", range(200), columns, lambda x, kind, i: [
                {"x0": x[0], "x1": x[1], "x2": x[2], "y0": f"{float(x[0]) - float(x[1])}", "y1": f"{2 * float(x[2])}"}[name] for name in columns])
        train = ["--label", "y0,y1", "--loss", "mse", "--hidden", 4, "--epochs", 3, "--batch", 50, "--optimizer", "sgd",
                 "--lr", 0.01, "--schedule", "constant", "--scale", "none", "--init", "he", "--dropout", 0]
        hashes = set()
        for n in range(3):
            self.train(f"run{n}", "--data", self.dir / "t0.csv", "--test-data", self.dir / f"t{n}.csv", *train)
            hashes.add(harness.read_json(self.dir / f"run{n}" / "summary.json")["test_loss"])
        self.assertEqual(1, len(hashes))
        label = (), ("--label", "y0,y1"), ("--label", "y1,y0")
        found = {json.dumps({**self.evaluate(self.dir / "run0", self.dir / f"t{n}.csv", *label[m]), "data": ""})
                 for n in range(3) for m in range(3)}
        self.assertEqual(1, len(found), found)

    def test_streams_need_one_rank(self):
        run = self.flowers()
        self.refused(USAGE, "predict", run, "--data", "-", ranks=2, says="omit mpirun")

    def test_a_damaged_model(self):
        run = self.flowers()
        model = run / "model.safetensors"
        content = model.read_bytes()
        for change, says in (((b"\"widths\":\"3,8,3\"", b"\"widths\":\"3,9,3\""), "module"),
                             ((b"cross-entropy", b"cross_entropy"), "loss"),
                             ((b"input_shift", b"input_shaft"), "input_shift")):
            self.assertIn(change[0], content)
            model.write_bytes(content.replace(*change, 1))
            self.refused(BAD_DATA, "predict", run, "--data", self.dir / "new.csv", says=["model.safetensors", says])
        model.write_bytes(content[:-4])
        self.refused(BAD_DATA, "eval", run, "--data", self.dir / "flowers.csv", ranks=2, says="cut short")

    # --- PyTorch -----------------------------------------------------------------------------------

    @unittest.skipUnless(importlib.util.find_spec("torch") and importlib.util.find_spec("safetensors"),
                         "no torch and safetensors in this python3 (tests/unit/golden_model.c needs none)")
    def test_the_same_in_pytorch(self):
        import torch
        from safetensors import safe_open

        run = self.flowers()
        with safe_open(run / "model.safetensors", "pt") as file:
            about = file.metadata()
            model = eval(about["module"], {"nn": torch.nn}).eval()
            model.load_state_dict({name: file.get_tensor(name) for name in file.keys()})
        shift, factor = (torch.tensor(json.loads(about[f"input_{part}"])) for part in ("shift", "factor"))
        x = torch.tensor([[float(field) for field in flower(i)[0]] for i in range(600, 1300)])
        wanted = model((x - shift) * factor)
        _, *rows = csv.reader(io.StringIO(self.predict(run, self.dir / "new.csv", "--output", "logits")))
        got = torch.tensor([[float(field) for field in row] for row in rows])
        self.assertLess((got - wanted).abs().max().item(), 1e-5 * wanted.abs().max().item())
        self.assertEqual(["\"virginica\"", "setosa", "versi, color"], json.loads(about["class_names"]))


if __name__ == "__main__":
    unittest.main()
