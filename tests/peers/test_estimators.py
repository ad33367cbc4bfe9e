"""The Python package with its peers: scikit-learn's own checks of estimators, pipelines and searches; frames of pandas and
polars; joblib's processes; mpi4py; the examples of its README. It must be installed, with packages that only PyPI has in
these versions, so this is a part of .ci/run --full:

    build-peers/bin/pip install ./src/python && PROGRAM=build/lockstep build-peers/bin/python tests/peers/test_estimators.py
"""

import os
import pathlib
import pickle
import re
import signal
import subprocess
import sys
import threading
import unittest
import warnings

import joblib
import numpy
import pandas
import polars
import pyarrow
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

import lockstep
from lockstep import LockstepClassifier, LockstepRegressor

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "system"))
from harness import DEFAULTS, SOURCE_DIR, Case, environment  # noqa: E402

EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data":
        "a weight of 2 is one sample of a batch, and a repeated sample is two: the batches differ",
}
EXPECTED_OF_REGRESSOR = EXPECTED | {
    "check_regressors_train": "it sets alpha, here an option of rmsprop, which is refused with another optimizer",
}
IRIS, DIABETES = load_iris(return_X_y=True), load_diabetes(return_X_y=True)


class Checks(unittest.TestCase):
    def test_checks_of_scikit_learn(self):
        for estimator, expected in ((LockstepClassifier(), EXPECTED), (LockstepRegressor(), EXPECTED_OF_REGRESSOR)):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                results = check_estimator(estimator, expected_failed_checks=expected, on_fail="raise", on_skip=None)
            self.assertGreater(sum(result["status"] == "passed" for result in results), 50)
            self.assertEqual(set(expected), {result["check_name"] for result in results if result["status"] == "xfail"})

    def test_parameters(self):
        estimator = LockstepClassifier(hidden=(32, 16), lr=0.01, random_state=3)
        self.assertEqual(((32, 16), 0.01, 3, None), tuple(clone(estimator).get_params()[name] for name in
                                                          ("hidden", "lr", "random_state", "epochs")))
        self.assertEqual("LockstepClassifier(hidden=(32, 16), lr=0.01, random_state=3)", repr(estimator))
        with self.assertRaisesRegex(TypeError, "'epoch'; did you mean epochs"):
            LockstepClassifier(epoch=3)
        self.assertIn("lr : Learning rate", LockstepRegressor.__doc__)
        self.assertNotIn("class_weight", LockstepRegressor().get_params())

    def test_seeds_and_threads(self):
        fits = {key: LockstepClassifier(epochs=3, random_state=seed, n_jobs=jobs).fit(*IRIS).weights_xxh3_
                for key, seed, jobs in (("none", None, 1), ("1", 1, 2), ("2", 2, -1), ("state", numpy.random.RandomState(5), None),
                                        ("again", numpy.random.RandomState(5), 1))}
        self.assertEqual(fits["none"], fits["1"])
        self.assertEqual(fits["state"], fits["again"])
        self.assertEqual(3, len(set(fits.values())))


class Use(Case):
    def test_pipeline_search_and_scores(self):
        pipeline = make_pipeline(StandardScaler(), LockstepClassifier(epochs=20, n_jobs=1))
        self.assertGreater(cross_val_score(pipeline, *load_breast_cancer(return_X_y=True), cv=3).mean(), 0.93)
        search = GridSearchCV(pipeline, {"lockstepclassifier__lr": [1e-5, 0.01], "lockstepclassifier__hidden": ["8", (16, 8)]},
                              n_jobs=2, cv=3).fit(*IRIS)
        self.assertEqual(0.01, search.best_params_["lockstepclassifier__lr"])
        self.assertGreater(search.best_score_, 0.9)
        self.assertGreater(cross_val_score(LockstepRegressor(n_jobs=1), *DIABETES, cv=3).mean(), 0.3)

    def test_processes_of_joblib_after_threads(self):
        fit = LockstepClassifier(epochs=2, batch=128, hidden=256, n_jobs=2).fit
        expected = fit(*IRIS).weights_xxh3_
        results = joblib.Parallel(n_jobs=2)(joblib.delayed(fit)(*IRIS) for _ in range(3))
        self.assertEqual({expected}, {result.weights_xxh3_ for result in results})

    def test_attributes_files_and_pickles(self):
        X, y = pandas.DataFrame(IRIS[0], columns=list("abcd")), numpy.array(["setosa", "versicolor", "virginica"])[IRIS[1]]
        fitted = LockstepClassifier(epochs=5).fit(X, y, eval_set=(X[::3], y[::3]))
        self.assertEqual((5, 5, 4), (fitted.n_iter_, len(fitted.loss_curve_), fitted.n_features_in_))
        self.assertEqual(list("abcd"), fitted.feature_names_in_.tolist())
        self.assertEqual(fitted.validation_score_, fitted.score(X[::3], y[::3]))
        self.assertEqual({"epoch", "step", "seconds", "train_loss", "val_loss", "val_accuracy", "val_f1"},
                         set(fitted.history_[0]) - {"val_top5"})
        fitted.save(self.dir / "model.safetensors")
        for same in (pickle.loads(pickle.dumps(fitted)), LockstepClassifier.load(self.dir / "model.safetensors")):
            numpy.testing.assert_array_equal(fitted.predict_proba(X), same.predict_proba(X))
            numpy.testing.assert_array_equal(fitted.predict(X), same.predict(X))
            with self.assertRaisesRegex(ValueError, "feature names should match"):
                same.predict(X[list("bacd")])
        with self.assertRaisesRegex(ValueError, "LockstepClassifier"):
            LockstepRegressor.load(self.dir / "model.safetensors")

    def test_interrupt(self):
        self.addCleanup(signal.signal, signal.SIGINT, signal.signal(signal.SIGINT, signal.default_int_handler))  # a shell's background job ignores it
        endless = LockstepClassifier(epochs=10_000_000, n_jobs=1)
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
        with self.assertRaises(KeyboardInterrupt):
            endless.fit(*IRIS)
        self.assertEqual("callback", endless.stopped_by_)
        self.assertGreater(endless.score(*IRIS), 0.5)

    def test_class_weight(self):
        X, y = IRIS[0][20:], numpy.array(["c", "a", "b"])[IRIS[1]][20:]
        weights = [LockstepClassifier(epochs=3, class_weight=weight).fit(X, y).weights_xxh3_ for weight in
                   (None, "balanced", {"c": 2}, {"a": 1.0, "c": 2.0, "b": 1.0})]
        self.assertEqual(weights[2], weights[3])
        self.assertEqual(3, len(set(weights)))
        with self.assertRaisesRegex(ValueError, "'d', which y does not have"):
            LockstepClassifier(class_weight={"d": 2}).fit(X, y)

    def test_the_bits_of_the_command(self):
        X, y = IRIS[0].astype(numpy.float32), IRIS[1]
        numpy.save(self.dir / "x.npy", X)
        numpy.save(self.dir / "y.npy", y)
        done = self.train("run", "--data", f"{self.dir}/x.npy,{self.dir}/y.npy", "--seed", 5, "--val-split", 30,
                          "--class-weights", "balanced", env=DEFAULTS)
        fitted = LockstepClassifier(random_state=5, val_split=30, class_weight="balanced").fit(X, y)
        self.assertEqual(done.figure("weights_xxh3"), fitted.weights_xxh3_)
        numpy.testing.assert_array_equal(fitted.predict_proba(X), LockstepClassifier.load(self.dir / "run").predict_proba(X))


ROWS = {
    "length": [5.1, None, 4.9, 4.2, 6.0, 5.5] * 20,
    "colour": ["red", "blue", "red", None, "green, dark", "blue"] * 20,
    "count": [1, 2, 3, 4, 5, 6] * 20,
    "seen": [True, False, True, True, False, False] * 20,
}
LABELS = [0, 1, 0, 0, 1, 1] * 20


class Frames(Case):
    def frames(self):
        pandas_frame, polars_frame = pandas.DataFrame(ROWS), polars.DataFrame(ROWS)
        yield "pandas", pandas_frame
        yield "pandas categories", pandas_frame.astype({"colour": "category"})
        yield "pandas text", pandas_frame.astype({"colour": "string", "count": "Int64", "seen": "boolean"})
        yield "polars", polars_frame
        yield "polars categories", polars_frame.with_columns(polars.col("colour").cast(polars.Categorical))

    def test_the_bits_of_a_table(self):
        pandas.DataFrame(ROWS | {"label": LABELS}).to_csv(self.dir / "table.csv", index=False)
        expected = self.train("run", "--data", self.dir / "table.csv", "--epochs", 3, env=DEFAULTS).figure("weights_xxh3")
        for name, frame in self.frames():
            with self.subTest(name):
                model = lockstep.fit(frame, LABELS, epochs=3)
                self.assertEqual(expected, model.weights_xxh3)
                self.assertEqual(list(ROWS), model.feature_names)
                fitted = LockstepClassifier(epochs=3).fit(frame, LABELS)
                self.assertEqual(expected, fitted.weights_xxh3_)
                numpy.testing.assert_array_equal(fitted.predict_proba(frame), model.predict_proba(frame))
                numpy.testing.assert_array_equal(fitted.predict_proba(frame[3:5]), model.predict_proba(frame)[3:5])

    def test_tables_of_arrow(self):
        for frame in (pandas.DataFrame(ROWS | {"label": LABELS}), polars.DataFrame(ROWS | {"label": LABELS})):
            data = lockstep.Dataset.from_arrow(frame, label="label")
            model, other = lockstep.fit(data, epochs=3), lockstep.fit(frame[list(ROWS)], LABELS, epochs=3)
            self.assertEqual(other.weights_xxh3, model.weights_xxh3)
            self.assertEqual([0, 1], model.classes.tolist())
            numpy.testing.assert_array_equal(other.predict_proba(frame[list(ROWS)]), model.predict_proba(frame[list(ROWS)]))
            self.assertEqual(model.evaluate(data), model.evaluate(lockstep.Dataset.from_arrow(frame, model=model)))
            with self.assertRaisesRegex(ValueError, "labe"):
                lockstep.Dataset.from_arrow(frame, label="labels")

    def test_refused(self):
        fitted = LockstepClassifier(epochs=1).fit(pandas.DataFrame(ROWS), LABELS)
        with self.assertRaisesRegex(ValueError, "feature names should match"):
            fitted.predict(pandas.DataFrame(ROWS)[["colour", "length", "count", "seen"]])
        for labels in (["a", None] * 60, ["a", numpy.nan] * 60, pandas.Series(["a", None] * 60), polars.Series(["a", None] * 60)):
            with self.assertRaisesRegex(ValueError, "y has no value in row 1"):
                LockstepClassifier().fit(pandas.DataFrame(ROWS), labels)
        for column in (pandas.Series(ROWS["length"]), polars.Series(ROWS["length"]), pyarrow.chunked_array([ROWS["length"]])):
            with self.assertRaisesRegex(ValueError, "1 dimensions.*reshape"):
                lockstep.fit(column, LABELS)
        with self.assertRaisesRegex(TypeError, "a data frame of pandas.*not Series"):
            lockstep.Dataset.from_arrow(pandas.Series(ROWS["colour"]))
        with self.assertRaisesRegex(TypeError, "X is a LazyFrame.*collect"):
            lockstep.fit(polars.DataFrame(ROWS).lazy(), LABELS)
        with self.assertRaisesRegex(TypeError, "'when' has the type period"):
            lockstep.fit(pandas.DataFrame(ROWS).assign(when=pandas.period_range("2020", periods=120, freq="D")), LABELS)
        with self.assertRaisesRegex(ValueError, "unknown: cast it to float64"):
            lockstep.fit(polars.DataFrame({"a": polars.Series(LABELS, dtype=polars.Int128)}), LABELS)
        times = pandas.Series(pandas.to_datetime("2020-01-01"), range(120))
        for values, says in ((times, "timestamp"), (times - times, "duration"),
                             (times.dt.date, "date"), ([[1]] * 120, "nested"), ([1, "a"] * 60, "Arrow: .*when"), ([1j] * 120, "Arrow: .*when")):
            with self.assertRaisesRegex(TypeError if "Arrow" in says else ValueError, says):
                lockstep.fit(pandas.DataFrame(ROWS | {"when": values}), LABELS)
        with self.assertRaisesRegex(TypeError, "feature_names is for arrays"):
            lockstep.Dataset(pandas.DataFrame(ROWS), feature_names=list("abcd"))
        with self.assertRaisesRegex(ValueError, "120 samples and y has the shape .119"):
            lockstep.fit(pandas.DataFrame(ROWS), LABELS[1:])

    def test_words_and_holes_as_in_a_table(self):
        frame = pandas.DataFrame(ROWS).assign(colour=["red", "NA", "", None, "NaN", "blue"] * 20, label=LABELS)
        frame["label"] = frame["label"].map({0: "no", 1: "yes"})
        frame.to_csv(self.dir / "table.csv", index=False)
        expected = self.train("run", "--data", self.dir / "table.csv", "--epochs", 3, env=DEFAULTS).figure("weights_xxh3")
        names = list(ROWS)
        for one in (frame, frame.set_index(numpy.arange(120)[::-1]), frame.set_index(pandas.Index(LABELS, name="key")),
                    polars.from_pandas(frame), pyarrow.Table.from_pandas(frame)):
            arrow = lockstep.Dataset.from_arrow(one, label="label")
            columns = one.select(names) if not isinstance(one, pandas.DataFrame) else one[names]
            self.assertEqual(expected, lockstep.fit(arrow, epochs=3).weights_xxh3)
            model = lockstep.fit(columns, frame["label"], epochs=3)
            self.assertEqual((expected, names), (model.weights_xxh3, model.feature_names))
            self.assertEqual(expected, LockstepClassifier(epochs=3).fit(columns, frame["label"]).weights_xxh3_)

    def test_numbers_that_may_be_missing(self):
        whole = pandas.DataFrame({"a": pandas.array([1, None, 3] * 40, "Int64"), "b": pandas.array([0.5, 1.5, None] * 40, "Float64")})
        plain = pandas.DataFrame({"a": [1, None, 3] * 40, "b": [0.5, 1.5, None] * 40})
        expected = lockstep.fit(plain.to_numpy(), LABELS, epochs=3)
        for frame in (whole, plain, polars.from_pandas(plain), polars.from_pandas(whole), plain.astype(object)):
            self.assertEqual(expected.weights_xxh3, lockstep.fit(frame, LABELS, epochs=3).weights_xxh3)
            self.assertEqual(expected.weights_xxh3, LockstepClassifier(epochs=3).fit(frame, LABELS).weights_xxh3_)
            numpy.testing.assert_array_equal(expected.predict_proba(plain.to_numpy()), expected.predict_proba(frame))

    def test_columns_without_any_value(self):
        """polars gives them a type of their own, which its Arrow arrays have in their own way."""
        model = lockstep.fit(polars.DataFrame(ROWS), LABELS, epochs=3)
        expected = model.predict_proba(polars.DataFrame(ROWS))[3]  # its colour is None
        row = polars.DataFrame({name: values[3:4] for name, values in ROWS.items()})
        self.assertEqual(polars.Null, row["colour"].dtype)
        numpy.testing.assert_array_equal(expected, model.predict_proba(row)[0])

    def test_labels_that_may_be_missing(self):
        for kind, classes in (("Int64", [0, 1]), ("boolean", [False, True])):
            fitted = LockstepClassifier(epochs=1).fit(pandas.DataFrame(ROWS), pandas.Series(LABELS, dtype=kind))
            self.assertEqual((classes, type(classes[0])), (fitted.classes_.tolist(), type(fitted.classes_.tolist()[0])))

    def test_names_that_are_numbers(self):
        frame = pandas.DataFrame({0: ROWS["length"], 1: LABELS, 2: ROWS["count"]})
        expected = lockstep.fit(frame[[0, 2]], LABELS, epochs=3).weights_xxh3
        self.assertEqual(expected, lockstep.fit(lockstep.Dataset.from_arrow(frame, label=1), epochs=3).weights_xxh3)

    def test_frames_of_uint8(self):
        """They are tables; only an array of this type is images."""
        frame = pandas.DataFrame({"a": [0, 1, 1] * 40, "b": [1, 0, 1] * 40})
        expected = lockstep.fit(frame, LABELS, epochs=3).weights_xxh3
        self.assertNotEqual(expected, lockstep.fit(frame.to_numpy().astype("u1"), LABELS, epochs=3).weights_xxh3)
        small = frame.astype("uint8")
        for one in (small, polars.from_pandas(small), pyarrow.Table.from_pandas(small), small.astype({"a": "int64"})):
            self.assertEqual(expected, lockstep.fit(one, LABELS, epochs=3).weights_xxh3)
            self.assertEqual(expected, LockstepClassifier(epochs=3).fit(one, LABELS).weights_xxh3_)

    def test_some_rows_of_a_frame(self):
        frame = pandas.DataFrame(ROWS).assign(code=["7", "x", "8", "7", "x", "9"] * 20)
        model, fitted = lockstep.fit(frame, LABELS, epochs=3), LockstepClassifier(epochs=3).fit(frame, LABELS)
        for rows in (frame[:1], frame[2:4], frame[5:]):  # words that look like numbers
            expected = model.predict_proba(frame)[rows.index]
            numpy.testing.assert_array_equal(expected, model.predict_proba(rows))
            numpy.testing.assert_array_equal(expected, fitted.predict_proba(rows))
        turned = frame.assign(more=1)[["code", "more", "seen", "count", "colour", "length"]]  # found by name
        numpy.testing.assert_array_equal(model.predict_proba(frame), model.predict_proba(turned))
        self.assertEqual(model.evaluate(frame, LABELS), model.evaluate(turned, LABELS))
        with self.assertRaisesRegex(ValueError, 'no column "code"'):
            model.predict(frame[list(ROWS)])

    def test_studies(self):
        frame = pandas.DataFrame(ROWS).assign(colour=["red", "NA", "", None, "a, b", "blue"] * 20).astype({"count": "category"})
        frame["code"] = ["7", "10", "8", "7", None, "9"] * 20  # words that look like numbers
        for one in (frame, frame.astype({"code": "string[pyarrow]"}), polars.from_pandas(frame)):
            for row in lockstep.folds(one, LABELS, 3, epochs=3).to_dict("records"):
                model = lockstep.fit(one, LABELS, epochs=3, fold=f"{row['fold']}/3")
                self.assertEqual(model.weights_xxh3, row["weights_xxh3"])
            rows = lockstep.sweep(one, LABELS, batch=16, epochs=2, val_split=30, target="val_loss=1e-9")
            model = lockstep.fit(one, LABELS, batch=16, epochs=2, val_split=30, schedule="constant")
            self.assertEqual(model.result.train_loss, rows["train_loss"][0]["mean"])
            self.assertEqual(1, len(lockstep.sweep(one, numpy.column_stack([LABELS, LABELS]).astype(float), batch=16, epochs=1, val_split=30,
                                                   target="val_loss=0.1")))

    def test_categories_of_numbers_and_booleans(self):
        frame = pandas.DataFrame(ROWS).astype({"count": "category"})
        model = lockstep.fit(frame, LABELS, epochs=3)
        gaps = frame.copy()
        gaps.loc[100, "count"] = None
        numpy.testing.assert_array_equal(model.predict_proba(frame)[:100], model.predict_proba(gaps)[:100])
        seen = pandas.Series([numpy.bool_(value) for value in ROWS["seen"]], dtype=object)
        numpy.testing.assert_array_equal(model.predict_proba(frame), model.predict_proba(frame.assign(seen=seen)))

    def test_a_category_without_any_value(self):
        frame = pandas.DataFrame(ROWS)
        model = lockstep.fit(frame, LABELS, epochs=3)
        expected = model.predict_proba(frame.assign(colour=[None] * 119 + ["red"]))[:3]
        for missing in (None, numpy.nan):
            numpy.testing.assert_array_equal(expected, model.predict_proba(frame.assign(colour=missing).head(3)))
        numbers = pandas.DataFrame({"count": ROWS["count"], "colour": ROWS["colour"]})
        model = lockstep.fit(numbers, LABELS, epochs=3)
        expected = model.predict_proba(numbers.assign(colour=[None] * 119 + ["red"]))[:3]
        numpy.testing.assert_array_equal(expected, model.predict_proba(numbers.assign(colour=numpy.nan).head(3)))


RANKS = """
from mpi4py import MPI
import numpy, lockstep
X = numpy.random.RandomState(0).normal(size=(500, 4))
one = lockstep.fit(X, X[:, 0] > 0, epochs=2, threads=1, batch=128)
several = lockstep.fit(X, X[:, 0] > 0, epochs=2, threads=1, batch=128, comm=MPI.COMM_WORLD)
assert one.weights_xxh3 == several.weights_xxh3
print(f"rank {MPI.COMM_WORLD.rank} of {MPI.COMM_WORLD.size}\\n", end="", flush=True)
"""


class Installed(Case):
    def python(self, *arguments, ranks=None, **variables):
        launch = ["mpirun", "-n", str(ranks)] if ranks else []
        return subprocess.run([*launch, sys.executable, "-W", "ignore", *arguments], capture_output=True, text=True, check=False,
                              env=environment(variables), cwd=self.dir)

    def test_ranks(self):
        build = pathlib.Path(os.environ["PROGRAM"]).resolve().parent
        done = self.python("-c", RANKS, ranks=2, PYLOCKSTEP_BUILD=str(build))
        self.assertEqual(["rank 0 of 2", "rank 1 of 2"], sorted(done.stdout.splitlines()), done.stderr)
        self.assertIn("built without MPI", self.python("-c", RANKS).stderr)

    def test_the_program(self):
        program = pathlib.Path(sys.executable).parent / "lockstep"
        self.assertIn("mpi", subprocess.run([program, "info"], check=True, capture_output=True, text=True).stdout.lower())

    def test_no_paths_of_this_machine(self):
        for file in pathlib.Path(lockstep.__file__).parent.glob("*lockstep*"):
            self.assertFalse(str(SOURCE_DIR).encode() in file.read_bytes(), file.name)

    def test_the_examples(self):
        text = (SOURCE_DIR / "src/python/README.md").read_text(encoding="utf-8")
        blocks = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        self.assertGreater(len(blocks), 3)
        done = self.python("-c", "\n".join(blocks))
        self.assertEqual(0, done.returncode, done.stderr)


if __name__ == "__main__":
    unittest.main()
