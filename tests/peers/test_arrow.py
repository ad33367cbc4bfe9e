"""Frames of pandas, polars and pyarrow through lockstep_dataset_from_arrow(): the model of the CSV file that they write.

They come from PyPI, so this is a part of .ci/run --full, with the installed package, or with

    PYTHONPATH=src/python PYLOCKSTEP_BUILD=build PROGRAM=build/lockstep build-peers/bin/python tests/peers/test_arrow.py
"""

import ctypes
import pathlib
import sys
import unittest

import numpy
import pandas
import polars
import pyarrow
from lockstep import _library

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "system"))
from harness import DEFAULTS, Case  # noqa: E402

OPTIONS = {"hidden": "16", "epochs": "2", "batch": "256", "val-split": "500"}
pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
pointer_of.restype, pointer_of.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]


def frame():
    """Numbers of several types, booleans, words, a category, holes, and words as labels."""
    random, rows = numpy.random.default_rng(1), 5000
    made = pandas.DataFrame({
        "x": random.normal(size=rows), "single": random.normal(size=rows).astype("f4"), "whole": random.integers(-5, 5, rows),
        "flag": random.random(rows) < 0.3, "colour": random.choice(["red", "green", 'blue, "dark"'], rows),
        "hole": numpy.where(random.random(rows) < 0.1, numpy.nan, random.normal(size=rows)),
        "level": pandas.Categorical(random.choice(["low", "high", "a level with a long name"], rows)),
        "y": random.choice(["no", "yes", "maybe"], rows)})
    made.loc[::17, "colour"] = None
    made.loc[::13, "level"] = numpy.nan
    return made


class Frames(Case):
    def dataset(self, source, options):
        stream = source.__arrow_c_stream__()
        data = _library.make("dataset_from_arrow", pointer_of(stream, b"arrow_array_stream"), options, None, None)
        self.addCleanup(_library.function("dataset_free"), data)
        return data

    def options(self):
        options = ctypes.c_void_p(_library.function("options_create")())
        self.addCleanup(_library.function("options_free"), options)
        for name, value in OPTIONS.items():
            _library.call("options_set", options, name.encode(), value.encode())
        return options

    def hash(self, source):
        options, result = self.options(), _library.FitResult()
        sets = _library.Sets(self.dataset(source, options), None, None)
        model = _library.make("fit", options, ctypes.byref(sets), None, None, ctypes.byref(result))
        _library.function("model_free")(model)
        return f"{result.weights_xxh3:016x}"

    def test_the_bits_of_the_csv_file(self):
        table = frame()
        table.assign(flag=table["flag"].map({True: "true", False: "false"})).to_csv(self.dir / "t.csv", index=False)
        flags = [text for name, value in OPTIONS.items() for text in ("--" + name, value)]
        want = self.train("run", "--data", self.dir / "t.csv", *flags, env=DEFAULTS).figure("weights_xxh3")
        arrow, other = pyarrow.Table.from_pandas(table), polars.from_pandas(table)
        parts = [pyarrow.Table.from_pandas(part.copy()) for part in (table[:1000], table[1000:1003], table[1003:])]
        for name, source in {"pandas": table, "pyarrow": arrow, "pyarrow, batches": pyarrow.concat_tables(parts),
                             "pyarrow, slice": pyarrow.concat_tables([arrow[:7], arrow])[7:], "polars": other,
                             "polars, batches": polars.concat([other[:77], other[77:]], rechunk=False)}.items():
            self.assertEqual(want, self.hash(source), name)

    def test_the_index_of_a_frame_is_ignored(self):
        shuffled = frame().sample(frac=1, random_state=1)
        self.assertEqual(self.hash(shuffled.reset_index(drop=True)), self.hash(shuffled))

    def test_types_that_cannot_be_used(self):
        table = polars.from_pandas(frame())
        for column, says in ((polars.datetime(2020, 1, 1), "timestamp: convert it"), (polars.date(2020, 1, 1), "date: convert it"),
                             (polars.col("whole").cast(polars.Decimal(10, 2)), "decimal: cast it"),
                             (polars.concat_list(["x", "hole"]), "nested: make columns")):
            with self.assertRaisesRegex(_library.LockstepValueError, f'column 1 \\("odd"\\).*{says}'):
                self.dataset(table.select(column.alias("odd"), "x", "y"), self.options())


if __name__ == "__main__":
    unittest.main()
