"""The `lockstep` command, and studies: plan(), folds(), and sweep(), which the installed program makes."""

import ctypes
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy

from . import _library
from ._dataset import Dataset, as_labels, as_matrix, is_frame, is_missing, is_numeric
from ._model import fit, labelled
from ._options import OF_FILES, TABLE, Options, check_names, text_of


def main():
    """The entry point of the `lockstep` command: becomes the program."""
    os.execv(_library.PROGRAM, ["lockstep", *sys.argv[1:]])


def _frame(rows):
    """A pandas data frame, or the list of dicts if there is no pandas."""
    try:
        import pandas
    except ImportError:
        return rows
    return pandas.DataFrame(rows)


def plan(X=None, y=None, *, samples=None, features=None, classes=0, outputs=0, **options):
    """What training would cost, with one row per batch size: steps, memory, communication; trains nothing.

    X, y : the data; or their shape by numbers: samples, features, and classes or outputs. Options: those of `lockstep plan`.
    """
    if X is not None:
        data = labelled(X, y)
        samples, features, classes, outputs = data.samples, data.features, data.n_classes, data.outputs
    if not samples or not features:
        raise TypeError("plan() needs X, or samples and features")
    shape = _library.Shape(samples, features, classes, outputs)
    text = _library.make("plan", Options(options, "plan()"), ctypes.byref(shape))
    return _frame(json.loads(_library.taken_text(text))["plans"])


def folds(X, y=None, k=5, *, sample_weight=None, groups=None, **options):
    """Cross-validates: one row per fold, with the metrics on its samples by a model that was trained without them.

    The models are those of `lockstep folds`. X ... groups : as for fit(); options: those of fit(), also verbose and comm.
    """
    if k < 2:
        raise ValueError(f"k is {k}; there must be at least 2 folds")
    data, rows = labelled(X, y, sample_weight, groups), []
    for fold in range(1, k + 1):
        result = fit(data, fold=f"{fold}/{k}", **options).result
        rows.append({"fold": fold, "test_samples": result.test_samples, "steps": result.steps, "epochs": result.epochs,
                     "stopped_by": result.stopped_by, "weights_xxh3": result.weights_xxh3,
                     **{f"test_{name}": value for name, value in result.test.items()}})
    return _frame(rows)


def _field(value):
    """A field of a CSV file, quoted if a comma or a quote needs it."""
    if is_missing(value):
        return ""
    text = value if isinstance(value, str) else repr(value) if isinstance(value, float) else str(value)
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"\n\r') or not text.strip() else text


def _column(frame, name):
    """The values of a frame's column. Those of a category are not all numbers: with a missing one, 1 would become 1.0."""
    values = frame[name]
    if str(getattr(values, "dtype", "")) == "category":
        values = numpy.array([*values.cat.categories.tolist(), None], object)[values.cat.codes]
    return numpy.asarray(values).tolist()


def _write_table(folder, X, y):
    """Writes a CSV file of a frame and the numbers of its labels. Returns the arguments that read it."""
    columns = [_column(X, name) for name in X.columns] + [y[:, j].tolist() for j in range(y.shape[1])]
    names = [f"x{i}" for i in range(X.shape[1])] + [f"y{j}" for j in range(y.shape[1])]
    words = [name for name, kind, column in zip(names, X.dtypes, columns)
             if str(kind).startswith(("cat", "dictionary")) or any(isinstance(value, str) for value in column)]
    path = folder / "data.csv"
    path.write_text("".join(",".join(row) + "\n" for row in zip(*([name, *map(_field, column)]
                                                                  for name, column in zip(names, columns)))), encoding="utf-8")
    return ["--data", path, "--label", ",".join(names[X.shape[1]:])] + (["--categorical", ",".join(words)] if words else [])


def _write_arrays(folder, X, y):
    numpy.save(folder / "x.npy", numpy.ascontiguousarray(as_matrix(X)))
    numpy.save(folder / "y.npy", y[:, 0] if y.shape[1] == 1 else y)
    return ["--data", f"{folder / 'x.npy'},{folder / 'y.npy'}"]


def sweep(X, y, **options):
    """Trains to the same target at several batch sizes and compares them: one row per batch size, the best rate of each.

    Options: those of `lockstep sweep`, of which batch and target are required, e.g. batch="32..512",
    target="val_accuracy=0.88", val_split=0.1, lr_grid=(0.5, 1, 2), seeds=4. The data go through files in a temporary folder.
    """
    for name in OF_FILES & options.keys():
        raise TypeError(f"{name} is about the columns of a file, and sweep() takes arrays")
    check_names(options, TABLE.keys() | {"budget", "give_up", "lr_grid", "seeds"}, "sweep()")
    if y is None or (is_frame(X) and not hasattr(X, "dtypes")):
        raise TypeError("sweep() needs X and y as arrays, or X as a frame of pandas or polars")
    checked, y = Dataset(X, y), as_labels(y)  # what fit() refuses is refused here
    if checked.classes:
        y = checked.classes.codes(y.reshape(len(y)))
    y = numpy.ascontiguousarray(y.reshape(len(y), -1))
    options = {"loss": "cross-entropy" if checked.classes else "mse"} | options
    with tempfile.TemporaryDirectory(prefix="lockstep-") as name:
        folder = pathlib.Path(name)
        data = (_write_table if is_frame(X) and not is_numeric(X) else _write_arrays)(folder, X, y)
        given = [f"--{key.replace('_', '-')}={text_of(key, value)}" for key, value in options.items() if value is not None]
        plain = {name: value for name, value in os.environ.items() if not name.startswith("LOCKSTEP_")}
        done = subprocess.run([_library.PROGRAM, "sweep", *data, *given, "--progress", "off", "--out", folder / "out"],
                              capture_output=True, text=True, check=False, env=plain)
        if done.returncode != 0:
            raise _library.failure(done.returncode, done.stderr.strip().removeprefix("lockstep: ")
                                   or f"lockstep sweep ended with exit code {done.returncode}")
        return _frame(json.loads((folder / "out" / "sweep.json").read_text(encoding="utf-8"))["batches"])
