"""plan(), and the studies that the installed program makes: sweep() and folds(), on data written to a temporary folder."""

import ctypes
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy

from . import _library
from ._dataset import Dataset, as_matrix, column, has_words, is_frame, is_missing
from ._options import OF_FILES, Options, text_of


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
        data = X if isinstance(X, Dataset) else Dataset(X, y)
        samples, features, classes, outputs = data.samples, data.features, data.n_classes, data.outputs
    if not samples or not features:
        raise TypeError("plan() needs X, or samples and features")
    shape = _library.Shape(samples, features, classes, outputs)
    text = _library.make("plan", Options(options, "plan()"), ctypes.byref(shape))
    return _frame(json.loads(_library.taken_text(text))["plans"])


def _csv_column(values):
    """The fields of a column of words or numbers, quoted where a comma or a quote needs it."""
    def field(value):
        if is_missing(value):
            return ""
        text = value if isinstance(value, str) else repr(value) if isinstance(value, float) else str(value)
        return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"\n\r') or not text.strip() else text
    return [field(value) for value in values.tolist()]


def _write_table(folder, X, y):
    """Writes a CSV of a frame with columns of words. Returns the arguments that read it."""
    names = [f"x{i}" for i in range(X.shape[1])] + ["y"]
    kinds = [str(kind) for kind in X.dtypes]
    columns = [_csv_column(column(X, name)) for name in X.columns] + [_csv_column(numpy.asarray(y))]
    words = [name for name, kind in zip(names, kinds) if kind.startswith(("cat", "Cat", "Enum"))]
    path = folder / "data.csv"
    path.write_text("".join(",".join(row) + "\n" for row in zip(*([name, *fields] for name, fields in zip(names, columns)))),
                    encoding="utf-8")
    return ["--data", path, "--label", "y"] + (["--categorical", ",".join(words)] if words else [])


def _write_arrays(folder, X, y):
    """Writes two NPY files. Classes that are not 0, 1, ... become their numbers."""
    y = numpy.asarray(y)
    if y.dtype.kind != "f":
        y = numpy.unique(y, return_inverse=True)[1].reshape(y.shape).astype(numpy.int32)
    numpy.save(folder / "x.npy", numpy.ascontiguousarray(as_matrix(X)))
    numpy.save(folder / "y.npy", numpy.ascontiguousarray(y))
    return ["--data", f"{folder / 'x.npy'},{folder / 'y.npy'}"]


def _run(command, X, y, options, positional, where, read):
    """Runs a command on the data and returns what `read` takes from its folder."""
    for name in OF_FILES & options.keys():
        raise TypeError(f"{name} is about the columns of a file, and {where} takes arrays")
    if y is None:
        raise TypeError(f"{where} needs y")
    with tempfile.TemporaryDirectory(prefix="lockstep-") as name:
        folder = pathlib.Path(name)
        data = (_write_table if is_frame(X) and has_words(X) else _write_arrays)(folder, X, y)
        given = [f"--{key.replace('_', '-')}={text_of(key, value)}" for key, value in options.items() if value is not None]
        arguments = [_library.PROGRAM, command, *positional, *data, *given, "--progress", "off", "--out", folder / "out"]
        plain = {name: value for name, value in os.environ.items() if not name.startswith("LOCKSTEP_")}
        done = subprocess.run(arguments, capture_output=True, text=True, check=False, env=plain)
        if done.returncode in (64, 65):
            raise _library.LockstepValueError(done.stderr.strip().removeprefix("lockstep: "))
        if done.returncode != 0:
            raise _library.LockstepError(done.stderr.strip() or f"lockstep {command} ended with exit code {done.returncode}")
        return read(folder / "out")


def sweep(X, y, **options):
    """Trains to the same target at several batch sizes and compares them: one row per batch size, the best rate of each.

    Options: those of `lockstep sweep`, of which batch and target are required, e.g. batch="32..512",
    target="val_accuracy=0.88", val_split=0.1, lr_grid=(0.5, 1, 2), seeds=4.
    """
    return _run("sweep", X, y, options, [], "sweep()",
                lambda out: _frame(json.loads((out / "sweep.json").read_text(encoding="utf-8"))["batches"]))


def folds(X, y, k=5, **options):
    """Cross-validates: one row per fold, with the metrics on its samples by a model that was trained without them.

    Options: those of `lockstep folds`, e.g. epochs=20, seed=3.
    """
    return _run("folds", X, y, options, [str(k)], "folds()",
                lambda out: _frame(json.loads((out / "folds.json").read_text(encoding="utf-8"))["runs"]))
