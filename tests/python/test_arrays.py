"""The Python package on NumPy arrays: the same bits as the command, from any layout; what is refused, and how; how a fit
is watched, stopped and survives its surroundings. It needs NumPy only; what needs more is in tests/peers.

    PYTHONPATH=src/python PYLOCKSTEP_BUILD=build tests/python/test_arrays.py
"""

import copy
import gc
import json
import os
import pathlib
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
import types
import unittest
import weakref
from unittest import mock

try:
    import numpy
except ImportError:
    if os.environ.get("REQUIRE_PACKAGES"):
        raise
    print("skipped: NumPy is not installed (scripts/setup test)")
    sys.exit(77)

import lockstep
from lockstep import _library

OPTIONS = {"hidden": (16, 8), "epochs": 3, "threads": 1}


def draw(samples=300, features=5, seed=1):
    numbers = numpy.random.RandomState(seed)
    X = numbers.normal(size=(samples, features)).astype(numpy.float32)
    return X, (X[:, 0] + X[:, 1] > 0).astype(numpy.int64) + (X[:, 2] > 1)


def weights(*arguments, **options):
    return lockstep.fit(*arguments, **(OPTIONS | options)).weights_xxh3


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)

    def command(self, X, y, **options):
        """The weights that `lockstep train` gets from NPY files."""
        numpy.save(self.dir / "x.npy", X)
        numpy.save(self.dir / "y.npy", y)
        given = [f"--{name.replace('_', '-')}={','.join(map(str, value)) if isinstance(value, tuple) else value}"
                 for name, value in (OPTIONS | options).items()]
        done = subprocess.run(
            [_library.PROGRAM, "train", "--data", f"{self.dir}/x.npy,{self.dir}/y.npy", *given, "--progress", "off", "--out",
             self.dir / "run", "--overwrite"], check=True, capture_output=True, text=True)
        return next(line.split()[1] for line in done.stdout.splitlines() if line.startswith("weights_xxh3"))


class SameBits(Case):
    def test_as_the_command(self):
        X, y = draw()
        self.assertEqual(self.command(X, y), weights(X, y))
        self.assertEqual(self.command(X, y, threads=2, batch=64), weights(X, y, threads=2, batch=64))
        self.assertEqual(self.command(X, y, seed=4, val_split=60, early_stop="val_loss", optimizer="sgd"),
                         weights(X, y, seed=4, val_split=60, early_stop="val_loss", optimizer="sgd"))
        self.assertNotEqual(weights(X, y), weights(X, y, seed=2))

    def test_as_the_command_for_other_types(self):
        X, y = draw()
        for kind in ("f8", "u1", "i2", "i8"):
            with self.subTest(kind):
                whole = (10 * X if kind != "f8" else X.astype("f8") + 1e-9) - (0 if kind != "u1" else (10 * X).min())
                self.assertEqual(self.command(whole.astype(kind), y), weights(whole.astype(kind), y))
        self.assertEqual(self.command(X, X[:, 0] * 3), weights(X, X[:, 0] * 3))
        self.assertEqual(self.command((X > 0).astype("f4"), y), weights(X > 0, y))
        masked = numpy.ma.array(X, mask=X > 1)
        self.assertEqual(weights(masked.filled(numpy.nan), y), weights(masked, y))
        self.assertEqual(weights(masked, y), weights(masked.astype("f8"), y))

    def test_whatever_the_layout(self):
        X, y = draw()
        packed = weights(X, y)
        wide = numpy.zeros((600, 10), numpy.float32)
        wide[::2, ::2] = X
        for name, same in {"Fortran order": numpy.asfortranarray(X), "strides": wide[::2, ::2], "big-endian": X.astype(">f4"),
                           "backwards": X[::-1, ::-1].copy()[::-1, ::-1], "a list": X.tolist()}.items():
            with self.subTest(name):
                self.assertEqual(packed, weights(same, y))
        self.assertEqual(packed, weights(X, y[::-1].copy()[::-1]))
        self.assertEqual(weights(X, y, sample_weight=y + 1.0), weights(X, y, sample_weight=numpy.repeat(y + 1.0, 2)[::2]))


class Labels(Case):
    def test_classes_come_back(self):
        X, y = draw()
        for names in (numpy.array([10, 20, -3]), numpy.array(["b", "a", "Ω, \"quoted\""]), numpy.array([2**40, 5, 7])):
            with self.subTest(names=names):
                model = lockstep.fit(X, names[y], hidden=16, epochs=20, lr=0.01)
                self.assertEqual(sorted(names.tolist()), model.classes.tolist())
                expected = model.classes[model.predict_proba(X).argmax(axis=1)]
                numpy.testing.assert_array_equal(expected, model.predict(X))
                self.assertGreater(len(set(expected.tolist())), 1)
                accuracy = model.evaluate(X, names[y])["accuracy"]
                self.assertAlmostEqual((expected == names[y]).mean(), accuracy, places=6)
                model.save(self.dir / "model.safetensors")
                for same in (lockstep.Model.load(self.dir / "model.safetensors"), pickle.loads(pickle.dumps(model)),
                             lockstep.Model.from_bytes(model.to_bytes())):
                    numpy.testing.assert_array_equal(expected, same.predict(X))
                    self.assertEqual((model.weights_xxh3, names.dtype.kind), (same.weights_xxh3, same.classes.dtype.kind))
                    self.assertEqual(accuracy, same.evaluate(X, names[y])["accuracy"])
        with self.assertRaisesRegex(ValueError, "'a', which is not among the classes"):
            lockstep.fit(X, y, **OPTIONS).evaluate(X[:2], ["a", "c"])
        with self.assertRaisesRegex(ValueError, "y has the label 7, .*such as 'a'"):
            lockstep.Dataset(X[:2], [7, 8], classes=numpy.array(["a", "b"], object))
        with self.assertRaisesRegex(ValueError, "'c'.*not among the classes"):
            lockstep.fit(X, numpy.array(["b", "a", "d"])[y], **OPTIONS).evaluate(X[:2], ["a", "c"])

    def test_types_of_classes_come_back(self):
        X, y = draw()
        for names in (numpy.array([False, True, True]), numpy.array([0.0, 1.0, 2.5]), numpy.array(["", "a", "NA"]),
                      numpy.array([3, 1, 2], object), numpy.array(["True", "x", "1"], object), numpy.array([1.5, 2, 4], "f4"),
                      numpy.array([0, 2**64 - 1, 2**64 - 2], "u8"), numpy.array([2**64, -1, 2**64 + 1], object),
                      numpy.array(["nan", "inf", "1.0"])):
            with self.subTest(names=names):
                labels = names[y]
                data = lockstep.Dataset(X, labels, classes=numpy.unique(labels))
                model = lockstep.fit(data, **OPTIONS)
                model.save(self.dir / "model.safetensors")
                loaded = lockstep.Model.load(self.dir / "model.safetensors")
                self.assertEqual(model.classes.tolist(), loaded.classes.tolist())
                numpy.testing.assert_array_equal(model.predict(X), loaded.predict(X))
                self.assertEqual(model.evaluate(X, labels), loaded.evaluate(X, labels))
                self.assertEqual(model.evaluate(X, labels), loaded.evaluate(X, labels.tolist()))

    def test_classes_in_any_order(self):
        X, y = draw()
        names = numpy.array(["no", "yes", "maybe"])
        data = lockstep.Dataset(X, names[y], classes=names)
        self.assertEqual(weights(X, y), weights(data))
        self.assertEqual(names.tolist(), lockstep.fit(data, **OPTIONS).classes.tolist())
        with self.assertRaisesRegex(ValueError, "no"):
            lockstep.Dataset(X, names[y], classes=["maybe", "no", "no", "yes"])
        for classes in (3, True, [], [["no", "yes", "maybe"]]):
            with self.assertRaisesRegex(TypeError, "classes is .*must be a list"):
                lockstep.Dataset(X, names[y], classes=classes)

    def test_objects_are_what_they_hold(self):
        X, y = draw()
        self.assertEqual(weights(X, X[:, 0] * 3), weights(X, numpy.array((X[:, 0] * 3).tolist(), object)))
        self.assertEqual(weights(X, y), weights(X, y.astype(object)))
        self.assertEqual(weights(X, y), weights(X, [numpy.array(label) for label in y]))
        self.assertEqual(["False", "True"], [str(c) for c in lockstep.fit(X, numpy.array([*(X[:, 0] > 0)], object), **OPTIONS).classes])
        for labels, kind, says in (([1, "a"] * 150, TypeError, "several types.*1 and 'a'"), ([True, "a"] * 150, TypeError, "several types"),
                                   (["a", numpy.nan] * 150, ValueError, "no value in row 1"), ([[0, 1], [1, numpy.nan]] * 150, ValueError, "row 1"),
                                   (numpy.where(y == 0, numpy.nan, y), ValueError, "no value in row"),
                                   (numpy.array(["a", "b", "c"], "S")[y], TypeError, "several types or of another.*b'")):
            with self.assertRaisesRegex(kind, says):
                lockstep.fit(X, labels, **OPTIONS)
        for labels, kind, says in (([1, "a"] * 150, TypeError, "several types.*1 and 'a'"), ([0, 1, None] * 100, ValueError, "row 2"),
                                   (numpy.full(300, "2020-01-01", "M8[D]"), TypeError, "datetime64"),
                                   (numpy.ma.array(y, mask=y == 1), TypeError, "masked")):
            with self.assertRaisesRegex(kind, says):
                lockstep.fit(X, numpy.array(labels, object) if isinstance(labels, list) else labels, **OPTIONS)

    def test_targets(self):
        X, _ = draw()
        targets = numpy.column_stack([X[:, 0] * 5 + 3, X[:, 1]])
        model = lockstep.fit(X, targets, epochs=40, batch=32, lr=0.01)
        self.assertEqual((300, 2), model.predict(X).shape)
        self.assertGreater(model.evaluate(X, targets)["r2"], 0.8)
        self.assertEqual((300,), lockstep.fit(X, targets[:, 0], **OPTIONS).predict(X).shape)
        labels = (targets > 0).astype(float)
        model = lockstep.fit(X, labels, loss="bce", epochs=30, lr=0.01)
        numpy.testing.assert_array_equal(model.predict_proba(X) >= 0.5, model.predict(X))
        self.assertGreater((model.predict(X) == labels).mean(), 0.9)
        counts = numpy.arange(300)
        with self.assertRaisesRegex(TypeError, "Dataset"):
            lockstep.Dataset(lockstep.Dataset(X))
        self.assertEqual(1, lockstep.Dataset(X, counts, classes=False).outputs)

    def test_held_out_data(self):
        X, y = draw()
        (self.dir / "t.csv").write_text("a,b,y\n" + "1,2,no\n3,4,yes\n" * 20)
        read = lockstep.Dataset.read(self.dir / "t.csv", label="y")
        self.assertEqual(["no", "yes"], lockstep.fit(read, eval_set=read, **OPTIONS).classes.tolist())
        with self.assertRaisesRegex(TypeError, "must be a Dataset"):
            lockstep.fit(read, eval_set=(X, y))
        model = lockstep.fit(X[:200], y[:200], eval_set=(X[200:250], y[200:250]), test_set=(X[250:], y[250:]), **OPTIONS)
        self.assertEqual(model.evaluate(X[200:250], y[200:250])["accuracy"], model.result.validation["accuracy"])
        self.assertEqual(model.evaluate(X[250:], y[250:])["loss"], model.result.test["loss"])
        self.assertEqual([1, 2, 3], [entry["epoch"] for entry in model.result.history])
        self.assertRegex(repr(model.result), r"3 epochs, \d+ steps, stopped by epochs, train_loss [\d.]+")
        self.assertEqual(model.result.validation["loss"], model.result.history[-1]["val_loss"])
        self.assertEqual(model.result.train_loss, model.result.history[-1]["train_loss"])


class Refused(Case):
    def refuses(self, kind, pattern, function, *arguments, **keywords):
        with self.assertRaisesRegex(kind, pattern):
            function(*arguments, **keywords)

    def test_options(self):
        X, y = draw()
        self.refuses(TypeError, "'epoch'; did you mean epochs", lockstep.fit, X, y, epoch=3)
        self.refuses(ValueError, "option lr: \"fast\"", lockstep.fit, X, y, lr="fast")
        self.refuses(ValueError, "alpha", lockstep.fit, X, y, alpha=0.5)
        self.refuses(TypeError, "Dataset.read", lockstep.fit, X, y, label="y")
        self.refuses(TypeError, "hidden is a dict", lockstep.fit, X, y, hidden={16: 8})
        self.refuses(TypeError, "class_weights is a dict", lockstep.sweep, X, y, batch=32, class_weights={0: 2})
        self.refuses(TypeError, "class_weights is a dict, which needs labels", lockstep.fit, X, X[:, 0], class_weights={0: 2})
        self.refuses(ValueError, "class_weights has the class 'd'", lockstep.fit, X, y, class_weights={"d": 2})
        named = numpy.array(["a", "b", "c"])[y]
        self.assertEqual(weights(X, named, class_weights=[3, 1, 0.5]), weights(X, named, class_weights={"c": 0.5, "a": 3}))
        self.assertEqual(weights(X, y), weights(X, y, lr=None))
        self.assertEqual(weights(X, y, hidden="none", nesterov=True), weights(X, y, hidden=(), nesterov="on"))

    def test_data(self):
        X, y = draw()
        X[7, 2] = numpy.nan
        weights(X, y)
        X[8, 3] = numpy.inf
        self.refuses(ValueError, "row 8, column 3.*inf", lockstep.fit, X, y)
        X[8, 3] = 0
        self.refuses(ValueError, "300 samples and y has the shape", lockstep.fit, X, y[:5])
        self.refuses(ValueError, "1 dimensions.*reshape.1, -1", lockstep.fit, X[0], y)
        self.refuses(ValueError, "3 dimensions.*reshape.len", lockstep.fit, numpy.zeros((300, 2, 2)), y)
        self.refuses(TypeError, "X is a str", lockstep.fit, "t.csv", "y")
        self.refuses(ValueError, "0 samples", lockstep.fit, X[:0], [])
        self.refuses(ValueError, "0 samples", lockstep.fit, X[:0], numpy.array([], object))
        self.refuses(TypeError, "a data frame of pandas.*not ndarray", lockstep.Dataset.from_arrow, X)
        self.refuses(ValueError, "at least 2 classes", lockstep.fit, X, y * 0)
        for kind in ("M8[s]", "m8[s]", "c8"):
            self.refuses(TypeError, "not numbers", lockstep.fit, numpy.ones((20, 5), "i8").astype(kind), y[:20])
        for name in ("y", "sample_weight", "groups"):
            self.refuses(TypeError, f"{name} is given, but X is a Dataset", lockstep.fit, lockstep.Dataset(X, y), **{name: y})
        self.refuses(TypeError, "pair .X, y., and not tuple of 3", lockstep.fit, X, y, eval_set=(X, y, y))
        self.refuses(TypeError, "pair .X, y., and not ndarray", lockstep.fit, X, y, eval_set=X)
        self.refuses(TypeError, "not numbers.*frame", lockstep.fit, [["red"], ["blue"]], [0, 1])
        self.refuses(ValueError, "weight, row 4 .* is -0.5", lockstep.fit, X, y, sample_weight=0.5 - (numpy.arange(300) > 3))
        self.refuses(ValueError, "5 features|features", lockstep.fit(X, y, **OPTIONS).predict, X[:, :4])

    def test_a_frame_that_arrow_cannot_read(self):
        class Frame(dict):
            columns, dtypes, shape = ["a", "b"], [numpy.dtype("f4"), numpy.dtype("O")], (300, 2)
        self.refuses(TypeError, "pandas 2.2 or later and pyarrow", lockstep.fit, Frame(), draw()[1])

    def test_another_mpi(self):
        module = types.ModuleType("mpi4py")
        module.MPI = types.SimpleNamespace(Get_library_version=lambda: "MPICH Version:\t4.0.2\nMPICH Release date: none\0")
        with mock.patch.dict(sys.modules, {"mpi4py": module}):
            self.refuses(ValueError, "comm belongs to MPICH Version: 4.0.2, but lockstep was built with|built without MPI",
                         lockstep.fit, *draw(), comm="a communicator", **OPTIONS)

    def test_files(self):
        missing = self.dir / "missing.safetensors"
        self.refuses(OSError, "missing.safetensors", lockstep.Model.load, missing)
        missing.write_bytes(b"no model")
        self.refuses(ValueError, "missing.safetensors", lockstep.Model.load, missing)
        self.refuses(lockstep.LockstepFileError, "no/such", lockstep.fit(*draw(), **OPTIONS).save, self.dir / "no/such/file")
        self.refuses(ValueError, "", lockstep.Model.from_bytes, b"")
        self.refuses(OSError, "path is empty", lockstep.fit(*draw(), **OPTIONS).save, "")
        self.assertFalse([name for name in os.listdir() if name.endswith(".part")])

    def test_nul(self):
        X, y = draw()
        model, path = lockstep.fit(X, y, **OPTIONS), str(self.dir / "m.safetensors")
        for function, argument in ((model.save, path + "\0x"), (lockstep.Model.load, path + "\0x"),
                                   (lockstep.Dataset.read, "t.csv\0x")):
            self.refuses(ValueError, "NUL", function, argument)
        self.assertEqual([], os.listdir(self.dir))
        self.refuses(ValueError, "NUL", lockstep.fit, X, y, optimizer="sgd\0x")
        self.refuses(ValueError, "NUL", lockstep.Dataset, X, y, feature_names=["a", "b", "c", "d", "e\0"])
        self.refuses(ValueError, "NUL", lockstep.Dataset, X, y, name="a\0b")
        self.refuses(ValueError, "NUL", lockstep.Dataset, X, numpy.array(["a", "b", "b\0c"])[y])


class Memory(Case):
    def test_what_is_borrowed_lives(self):
        X, y = draw()
        gone = weakref.ref(X)
        data = lockstep.Dataset(X, y)
        del X
        gc.collect()
        self.assertIsNotNone(gone())
        expected = weights(gone().copy(), y)
        self.assertEqual(expected, weights(data))
        del data
        gc.collect()
        self.assertIsNone(gone())

    def test_groups_of_any_type(self):
        """Numbers that float32 cannot distinguish are different groups."""
        X, y = draw()
        groups = 2**24 + numpy.arange(300) // 10
        expected = weights(X, y, groups=groups, val_split=60)
        for same in (groups.astype(object), groups.astype(">i8"), groups.tolist(), [f"patient {group}" for group in groups], groups / 7):
            self.assertEqual(expected, weights(X, y, groups=same, val_split=60))
        with self.assertRaisesRegex(ValueError, "groups has no value in row 1"):
            lockstep.fit(X, y, groups=[1, None] * 150, **OPTIONS)

    def test_one_number_for_all(self):
        X, y = draw()
        ones, zeros = numpy.broadcast_to(numpy.float32(1), (300, 1)), numpy.broadcast_to(numpy.float32(0.5), (300, 5))
        self.assertEqual((0, 0), ones.strides)
        self.assertEqual(weights(zeros.copy(), y), weights(zeros, y))
        self.assertEqual(weights(zeros[:, :1].copy(), y), weights(zeros[:, :1], y))
        self.assertEqual(weights(X, ones.copy()), weights(X, ones))
        self.assertEqual(weights(X, y, sample_weight=ones[:, 0].copy()), weights(X, y, sample_weight=ones[:, 0]))
        groups = numpy.broadcast_to(numpy.int64(3), 300)
        with self.assertRaisesRegex(ValueError, "group"):  # all samples are of one group, which cannot be split
            lockstep.fit(X, y, groups=groups, val_split=0.5, **OPTIONS)
        self.assertEqual(weights(numpy.broadcast_to(X[:1], (300, 5)).copy(), y), weights(numpy.broadcast_to(X[:1], (300, 5)), y))
        self.assertEqual(weights(numpy.repeat(X[:, :1], 5, 1), y), weights(numpy.broadcast_to(X[:, :1], (300, 5)), y))

    def test_copies(self):
        X, y = draw()
        data = lockstep.Dataset(X, y)
        for function in (copy.copy, copy.deepcopy, pickle.dumps):
            with self.assertRaisesRegex(TypeError, "Dataset cannot be copied or pickled"):
                function(data)
        model = lockstep.fit(data, **OPTIONS)
        twin = copy.copy(model)
        expected = model.weights_xxh3
        del model
        gc.collect()
        self.assertEqual(expected, twin.weights_xxh3)

    def test_a_daemon_thread_in_a_call_at_the_end(self):
        program = '''if True:
            import numpy, threading, time, lockstep
            X = numpy.random.rand(2000, 50).astype("f4")
            model = lockstep.fit(X, X[:, 0] > 0.5, epochs=1, hidden=512, threads=1)
            def use():
                while True:
                    model.predict(X, threads=1)
            threading.Thread(target=use, daemon=True).start()
            threading.Thread(target=lockstep.fit, args=(X, X[:, 0] > 0.5), kwargs=dict(epochs=10**6, threads=1), daemon=True).start()
            time.sleep(0.2)'''
        done = subprocess.run([sys.executable, "-c", program], check=False, timeout=60, capture_output=True)
        self.assertEqual((0, b""), (done.returncode, done.stderr))

    def test_what_is_copied_may_go(self):
        X, y = draw()
        columns = numpy.asfortranarray(X)
        data = lockstep.Dataset(columns, y)
        columns[:] = 0
        self.assertEqual(weights(X, y), weights(data))


class Watched(Case):
    def test_callback(self):
        X, y = draw()
        seen = []
        lockstep.fit(X, y, callback=lambda event: seen.append(event) and None, batch=50, **OPTIONS)
        self.assertEqual(18, sum("loss" in event for event in seen))
        self.assertEqual(3, sum("train_loss" in event for event in seen))
        model = lockstep.fit(X, y, callback=lambda event: event["step"] == 6, batch=50, **OPTIONS)
        self.assertEqual((7, "callback"), (model.result.steps, model.result.stopped_by))

    def test_an_exception_in_a_callback(self):
        def fail(event):
            raise LookupError(f"step {event['step']}")
        with self.assertRaisesRegex(LookupError, "step 1"):
            lockstep.fit(*draw(), callback=fail, **OPTIONS)

    def test_interrupt(self):
        X, y = draw()
        before = signal.getsignal(signal.SIGINT)
        timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        with self.assertRaises(KeyboardInterrupt) as caught:
            lockstep.fit(X, y, hidden=64, epochs=10_000_000, threads=1)
        timer.join()
        self.assertEqual("callback", caught.exception.model.result.stopped_by)
        self.assertEqual((300,), caught.exception.model.predict(X).shape)
        self.assertIs(before, signal.getsignal(signal.SIGINT))

    def test_other_threads_run_meanwhile(self):
        X, y = draw()
        beats = []
        alive = threading.Event()

        def beat():
            while not alive.wait(0.01):
                beats.append(time.monotonic())
        thread = threading.Thread(target=beat)
        thread.start()
        started = time.monotonic()
        lockstep.fit(X, y, hidden=64, epochs=10_000_000, threads=1, max_time="1s")
        during = [at for at in beats if at > started]
        alive.set()
        thread.join()
        self.assertGreater(len(during), 20)

    def test_a_fork(self):
        """A child of a process with OpenMP threads would wait for them for ever; it gets a message, and one thread works."""
        X, y = draw()
        two = {"hidden": 256, "batch": 256, "threads": 2}  # a step that two threads share
        expected = weights(X, y, **two)
        child = os.fork()
        if child == 0:
            signal.alarm(30)
            try:
                weights(X, y, **two)
            except ValueError as error:
                os._exit(0 if "fork" in str(error) and weights(X, y, **(two | {"threads": 1})) == expected else 2)
            os._exit(1)
        self.assertEqual(0, os.waitpid(child, 0)[1])


def records(rows):
    """The rows of a study as a list of dicts, with or without pandas."""
    return rows if isinstance(rows, list) else rows.to_dict("records")


class Studies(Case):
    def test_plan(self):
        X, y = draw()
        rows = records(lockstep.plan(X, y, batch=(32, 64), epochs=10))
        self.assertEqual([(32, 100), (64, 50)], [(row["batch"], row["total_steps"]) for row in rows])
        self.assertEqual(lockstep.fit(X, y, batch=32, epochs=10).result.steps, rows[0]["total_steps"])
        with self.assertRaisesRegex(TypeError, "samples and features"):
            lockstep.plan(batch=32)

    def test_folds_as_the_command(self):
        X, y = draw()
        rows = records(lockstep.folds(X, y, 3, hidden=8, epochs=2, seed=5, val_split=0.2))
        numpy.save(self.dir / "x.npy", X)
        numpy.save(self.dir / "y.npy", y)
        subprocess.run([_library.PROGRAM, "folds", "3", "--data", f"{self.dir}/x.npy,{self.dir}/y.npy", "--hidden", "8", "--epochs", "2",
                        "--seed", "5", "--val-split", "0.2", "--progress", "off", "--out", self.dir / "out"], check=True, capture_output=True)
        expected = json.loads((self.dir / "out/folds.json").read_text())["runs"]
        for row, same in zip(rows, expected, strict=True):
            for name in ("fold", "test_samples", "weights_xxh3", "test_loss", "test_accuracy", "test_f1"):
                self.assertEqual(same[name], row[name], name)

    def test_folds_take_what_fit_takes(self):
        X, y = draw()
        names, targets = numpy.array(["NA", "1", " b"])[y], numpy.column_stack([X[:, 0] > 0, X[:, 1] > 0]).astype(float)
        sizes = numpy.arange(300) % 3 + 1.0
        for labels, more in ((names, {}), (targets, {}), (targets[:, 0], {}), (targets, {"loss": "bce"}), (y, {"sample_weight": sizes}),
                             (names, {"class_weights": {"NA": 2}}), (y, {"groups": numpy.arange(300) // 10})):
            more = OPTIONS | more
            for row in records(lockstep.folds(X, labels, 2, **more)):
                model = lockstep.fit(X, labels, fold=f"{row['fold']}/2", **more)
                self.assertEqual((row["weights_xxh3"], row["test_loss"]), (model.result.weights_xxh3, model.result.test["loss"]))
        self.assertEqual(records(lockstep.folds(X, names, 2, **OPTIONS)), records(lockstep.folds(lockstep.Dataset(X, names), None, 2, **OPTIONS)))
        for k in (0, 1):
            with self.assertRaisesRegex(ValueError, "at least 2 folds"):
                lockstep.folds(X, y, k)

    def test_sweep(self):
        X, y = draw()
        names, targets = numpy.array(["1", "NA", " b"])[y], numpy.column_stack([X[:, 0] > 0, X[:, 1] > 0]).astype(float)
        options = {"batch": (16, 64), "val_split": 60, "hidden": 8, "epochs": 3}
        rows = records(lockstep.sweep(X, y, target="val_accuracy=0.5", **options))
        self.assertEqual([16, 64], [row["batch"] for row in rows])
        lists = records(lockstep.sweep(X.tolist(), y.tolist(), target="val_accuracy=0.5", **options))
        self.assertEqual([row["train_loss"] for row in rows], [row["train_loss"] for row in lists])
        same = records(lockstep.sweep(X, numpy.array([" b", "1", "NA"])[y], target="val_accuracy=0.5", **options))
        self.assertEqual([row["train_loss"] for row in rows], [row["train_loss"] for row in same])
        self.assertEqual(2, len(records(lockstep.sweep(X, names, target="val_accuracy=0.5", **options))))
        for labels, more in ((targets, {}), (targets[:, 0], {}), (targets, {"loss": "bce"})):
            self.assertEqual(2, len(records(lockstep.sweep(X, labels, target="val_loss=0.9", **options, **more))))

    def test_sweep_refuses(self):
        X, y = draw()
        with self.assertRaisesRegex(ValueError, "target") as caught:
            lockstep.sweep(X, y, batch=16, target="val_accuracy")
        self.assertEqual(64, caught.exception.status)
        for name in ("data", "out", "sample_weight", "label"):
            with self.assertRaisesRegex(TypeError, name):
                lockstep.sweep(X, y, batch=16, target="val_loss=1", val_split=60, **{name: "t.csv"})
        with self.assertRaisesRegex(ValueError, "row 3, column 1"):
            lockstep.sweep(numpy.where(numpy.arange(1500).reshape(300, 5) == 16, numpy.inf, X), y, batch=16, target="val_loss=1", val_split=60)
        with self.assertRaisesRegex(TypeError, "needs X and y"):
            lockstep.sweep(X, None, batch=16)

    def test_a_command_takes_no_variables_of_options(self):
        X, y = draw()
        options = {"batch": 16, "target": "val_accuracy=0.5", "val_split": 60}
        expected = records(lockstep.sweep(X, y, **options))
        os.environ["LOCKSTEP_SEED"] = "9"
        self.addCleanup(os.environ.pop, "LOCKSTEP_SEED")
        self.assertEqual(expected[0]["train_loss"], records(lockstep.sweep(X, y, **options))[0]["train_loss"])


if __name__ == "__main__":
    unittest.main()
