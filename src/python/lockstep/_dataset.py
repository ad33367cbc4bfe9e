"""Samples for the library: NumPy arrays without a copy if their layout allows it, data frames through Arrow."""

import ctypes
import numbers

import numpy

from . import _library
from ._options import Options


def is_frame(data):
    """True for the data frames of pandas, polars and pyarrow."""
    return (len(getattr(data, "shape", ())) == 2 and hasattr(data, "columns")  # a series has no columns, a lazy frame no shape
            and (hasattr(data, "__arrow_c_stream__") or hasattr(data, "dtypes")))


def is_numeric(frame):
    """True if all columns of a frame are plain numbers, so that it is an array as it stands.

    One of uint8 only is not: it is a table, and an array of that type is images, whose values are scaled to 1.
    """
    def is_number(kind):
        if isinstance(kind, numpy.dtype):
            return kind.kind in "iuf"
        if "128" in str(kind):  # NumPy has no such integers
            return False
        return any(hasattr(kind, test) and getattr(kind, test)() for test in ("is_integer", "is_float"))  # polars
    kinds = list(getattr(frame, "dtypes", ()))
    return all(map(is_number, kinds)) and not {str(kind).lower() for kind in kinds} <= {"uint8"}


def is_sparse(data):
    return hasattr(data, "toarray") and hasattr(data, "nnz")


def stream_of(frame):
    """A frame's columns as a capsule of the Arrow interface. The index of a pandas frame is no column."""
    is_reader = hasattr(frame, "__arrow_c_stream__") and not hasattr(frame, "shape")
    if not is_reader and not is_frame(frame):
        raise TypeError(f"a data frame of pandas, polars or pyarrow is needed, and not {type(frame).__name__}")
    for name, kind in zip(frame.columns, frame.dtypes) if hasattr(frame, "dtypes") else ():
        if str(kind).startswith("period"):  # Arrow has whole numbers for it
            raise TypeError(f"the column {str(name)!r} has the type {kind}: convert it to a number, or omit the column")
    frame = frame.reset_index(drop=True) if hasattr(frame, "reset_index") else frame
    try:
        return frame.__arrow_c_stream__()
    except (AttributeError, ImportError) as error:
        raise TypeError("frames of pandas with columns other than numbers are read through Arrow, which needs pandas 2.2 or "
                        f"later and pyarrow ({error}): pip install pandas pyarrow") from error
    except Exception as error:  # pyarrow has its own, which name the column
        raise TypeError(f"the frame cannot be passed through Arrow: {'; '.join(map(str, error.args))}") from error


def refuse_kind(array, what):
    """Refuses arrays of dates, times, complex numbers and structures, which NumPy would turn into numbers."""
    if array.dtype.kind in "mMcV":
        raise TypeError(f"{what} holds values of the type {array.dtype.name}, which are not numbers; convert them")


def as_matrix(data, what="X"):
    """An array of two dimensions, of a type that the library reads; without a copy if it is one already."""
    if is_sparse(data):
        raise TypeError(f"{what} is a sparse matrix, which lockstep does not train on; convert it with toarray()")
    if numpy.ma.isMaskedArray(data):
        data = data.astype(numpy.float64 if data.dtype.itemsize > 4 else numpy.float32).filled(numpy.nan)
    array = numpy.asarray(data)
    refuse_kind(array, what)
    if array.ndim == 1 and what != "X":
        array = array[:, None]
    if array.ndim == 0:
        raise TypeError(f"{what} is a {type(data).__name__}; it must be an array of samples and features, or a data frame"
                        + (" (call collect())" if hasattr(data, "collect") else ""))
    if array.ndim != 2:
        raise ValueError(f"{what} has {array.ndim} dimensions; it needs 2, samples and features: "
                         + ("reshape(1, -1) makes one sample of it, reshape(-1, 1) one feature" if array.ndim == 1
                            else "reshape(len(X), -1) makes one row of each sample"))
    if array.strides == (0, 0):  # one number for all, by numpy.broadcast_to(); to the library, the sign of rows without gaps
        array = array.copy()
    if not array.dtype.isnative or array.dtype.str[1:] not in _library.TYPES:
        try:
            return array.astype(numpy.float32)
        except (TypeError, ValueError) as error:
            raise TypeError(f"{what} has values that are not numbers ({error})" + (
                "; pass a data frame, whose columns of words are categories" if what == "X" else "")) from error
    return array


def describe_array(array):
    return _library.Array(array.ctypes.data, _library.TYPES[array.dtype.str[1:]], array.strides)


def as_labels(y, what="y"):
    """An array of labels: words, whole numbers, booleans, or floating-point numbers, as they would be in an array of one type."""
    if numpy.ma.isMaskedArray(y):
        raise TypeError(f"{what} is a masked array; every sample needs a value")
    given, y = y, numpy.asarray(y)
    if isinstance(given, (list, tuple)) and y.size and y.dtype.kind in "USf":  # NumPy makes words of 1 and "a", and floats of 0 and 2^63
        objects = numpy.asarray(given, object)
        if y.dtype.kind != "f" or all(isinstance(value, numbers.Integral) for value in objects.ravel()):
            y = objects
    refuse_kind(y, what)
    if y.dtype.kind not in "OSTf":
        return y
    values = y.ravel().tolist() if y.dtype.kind != "f" else []
    missing = numpy.isnan(y) if y.dtype.kind == "f" else numpy.array([is_missing(value) for value in values], bool).reshape(y.shape)
    if missing.any():
        row = numpy.argwhere(numpy.atleast_1d(missing))[0][0]
        raise ValueError(f"{what} has no value in row {row} (from 0); leave the row out")
    if not values:
        return y
    kinds = {"booleans": (bool, numpy.bool_), "words": str, "whole numbers": numbers.Integral, "numbers": numbers.Real}
    for kind in kinds.values():
        if all(isinstance(value, kind) for value in values):
            array = numpy.array(values)
            exact = array.dtype.kind != "f" or kind is numbers.Real
            return (array if exact else numpy.array(values, object)).reshape(y.shape)  # 2^64 and -1 have no type of NumPy
    raise TypeError(f"{what} has values of several types or of another than {', '.join(kinds)}, "
                    f"such as {values[0]!r} and {values[-1]!r}; make all of them one of these")


def is_missing(value):
    """True for None, NaN, and what pandas has in their place."""
    return (value is None or type(value).__name__ in ("NAType", "NaTType")
            or (isinstance(value, numbers.Real) and bool(value != value)))


class Classes:
    """The labels of classes, in the order of their numbers: labels to numbers and back."""

    def __init__(self, labels):
        self.labels = as_labels(labels, "classes")
        self._order = numpy.argsort(self.labels, kind="stable")

    @property
    def names(self):
        """The names in a model; None for 0, 1, ..., which need none."""
        plain = self.labels.dtype.kind in "iu" and numpy.array_equal(self.labels, numpy.arange(len(self.labels)))
        return None if plain else [str(label) for label in self.labels.tolist()]

    @classmethod
    def named(cls, names):
        """The classes with these names: numbers or booleans if all names are written like that, otherwise words."""
        for kind in (int, float, {"False": False, "True": True}.__getitem__):
            try:
                labels = [kind(name) for name in names]
            except (KeyError, ValueError):
                continue
            if [str(label) for label in labels] == names and {"nan", "inf", "-inf"}.isdisjoint(names):
                return cls(numpy.array(labels, object))
        return cls(names)

    def weights(self, by_label, what):
        """The weights of the classes in their order from a dict by label, in which 1 may be left out."""
        labels = self.labels.tolist()
        strangers = [label for label in by_label if label not in labels]
        if strangers:
            raise ValueError(f"{what} has the class {strangers[0]!r}, which y does not have")
        return [by_label.get(label, 1) for label in labels]

    def codes(self, y):
        """Numbers of the classes of y, which must be among them."""
        y, known = numpy.asarray(y), self.labels[self._order]
        try:
            found = numpy.minimum(numpy.searchsorted(known, y), len(known) - 1)
            strangers = known[found] != y
        except TypeError as error:
            raise ValueError(f"y has labels such as {y.ravel().tolist()[0]!r}, and the classes of the training data are of another "
                             f"type, such as {known.tolist()[0]!r}") from error
        if strangers.any():
            raise ValueError(f"y has the label {y[strangers].tolist()[0]!r}, which is not among the classes of the training data, "
                             f"such as {known.tolist()[0]!r}")
        return self._order[found].astype(numpy.int32)


def _column_vector(values, what, samples):
    array = numpy.asarray(values)
    if array.shape not in ((samples,), (samples, 1)):
        raise ValueError(f"{what} has the shape {array.shape}; X has {samples} samples")
    return as_matrix(array.reshape(samples, 1), what)


class Dataset:
    """Samples in memory.

    X : array [samples, features], or a data frame of pandas, polars or pyarrow. Values are used as float32: float64 is
        rounded once; of uint8, as in images, the full range is scaled to 1 by default. NaN is a missing value. The columns
        of a frame that holds more than plain numbers are read as those of a text table: words, booleans and categories
        are categories; empty words, NA, NaN and the like are missing. A C-contiguous array of integers or of float32 or
        float64 is not copied, and must not change while the dataset is in use.
    y : labels of classes (integers, words or booleans), targets (floating point; several columns for several outputs), or
        None, for predictions.
    classes : the labels of all classes in order, if y may lack some; False: y holds targets, whatever its type.
    sample_weight : how much each sample counts, from 0.
    groups : numbers or words; samples of one group are not split by val_split and test_split.
    model : the model that the data are for: columns of a frame with words are found by their names.
    """

    def __init__(self, X, y=None, *, sample_weight=None, groups=None, classes=None, feature_names=None, name=None, model=None):
        self._keep = []
        if isinstance(X, Dataset):
            raise TypeError("X is a Dataset already")
        streams = is_frame(X) and not is_numeric(X)
        if feature_names is None and is_frame(X) and not streams:
            feature_names = [str(column) for column in X.columns]
        if not streams:
            X = as_matrix(X)
        elif feature_names is not None:
            raise TypeError("feature_names is for arrays; the columns of a frame have names")
        table = _library.Table(name=_library.c_text(name.encode(), "name") if name else None, samples=X.shape[0])
        self.classes = self._take_labels(table, y, classes)
        if sample_weight is not None:
            table.weight = self._array(_column_vector(sample_weight, "sample_weight", X.shape[0]))
        if groups is not None:
            groups = as_labels(groups, "groups")
            codes = numpy.unique(groups, return_inverse=True)[1].reshape(groups.shape)
            table.group = self._array(_column_vector(codes, "groups", X.shape[0]))
        if streams:
            capsule = stream_of(X)
            self._own(_library.make("dataset_from_arrow", _library.arrow_stream(capsule), None, model, ctypes.byref(table)))
            self._keep = []
            return
        table.features, table.x, table.borrows = X.shape[1], self._array(X), X.flags.c_contiguous
        if feature_names is not None:
            if len(feature_names) != X.shape[1]:
                raise ValueError(f"{len(feature_names)} feature names for {X.shape[1]} features")
            table.feature_name = _library.texts(feature_names)
        self._own(_library.make("dataset_from_table", ctypes.byref(table)))
        self._keep = [X] if table.borrows else []  # the library takes no copy of X, which must live as long as this does

    def _array(self, array):
        self._keep.append(array)
        return describe_array(array)

    def _take_labels(self, table, y, classes):
        if y is None:
            return None
        y = as_labels(y)
        if y.shape[:1] != (table.samples,):
            raise ValueError(f"X has {table.samples} samples and y has the shape {y.shape}")
        if classes is False or (classes is None and y.dtype.kind == "f"):
            y = as_matrix(y, "y")
            table.y, table.outputs = self._array(y), y.shape[1]
            return None
        y = y.reshape(table.samples) if y.ndim == 2 and y.shape[1] == 1 else y
        if y.ndim != 1:
            raise ValueError(f"y has the shape {y.shape}; labels of classes are one column")
        if classes is not None and (numpy.ndim(classes) != 1 or len(classes) == 0):
            raise TypeError(f"classes is {classes!r}; it must be a list of the labels of all classes, or False for targets")
        found = Classes(numpy.unique(y) if classes is None else classes)
        table.y, table.classes = self._array(_column_vector(found.codes(y), "y", table.samples)), len(found.labels)
        table.class_name = _library.texts(found.names)
        return found

    def _own(self, handle):
        self._as_parameter_ = handle  # ctypes passes the object by it, and keeps the object alive during the call
        _library.own(self, "dataset_free", handle)
        shape = _library.function("dataset_shape")(handle)
        self.samples, self.features, self.n_classes, self.outputs = shape.samples, shape.features, shape.classes, shape.outputs

    @classmethod
    def read(cls, source, role="train", model=None, **options):
        """Reads a file, or whatever else --data of the command takes, with its options for tables: label, ignore, weight ...

        role : train, validation, test, or unlabelled, for predictions. model : the model that the data are for.
        """
        if role not in _library.ROLES:
            raise ValueError(f"role is {role!r}; it can be {', '.join(_library.ROLES)}")
        settings, path = Options(options, "Dataset.read()"), _library.c_text(str(source).encode(), "source")
        return cls._of(_library.make("dataset_read", path, _library.ROLES[role], settings, model))

    @classmethod
    def from_arrow(cls, frame, model=None, **options):
        """Takes a table of pandas, polars or pyarrow with its labels, as read() takes a file with these columns and cells.

        model : the model that the data are for. Options: label, ignore, categorical, weight, group, missing ...
        """
        settings, capsule = Options(options, "Dataset.from_arrow()"), stream_of(frame)
        return cls._of(_library.make("dataset_from_arrow", _library.arrow_stream(capsule), settings, model, None))

    @classmethod
    def _of(cls, handle):
        self = cls.__new__(cls)
        self._keep, self.classes = [], None
        self._own(handle)
        return self

    @property
    def note(self):
        """What the reader of a file chose or left out; empty: nothing."""
        return _library.function("dataset_note")(self).decode()

    def __reduce__(self):
        raise TypeError("a Dataset cannot be copied or pickled; make another one from the same data")

    def __repr__(self):
        labels = f"{self.n_classes} classes" if self.n_classes else f"{self.outputs} targets" if self.outputs else "no labels"
        return f"<lockstep.Dataset: {self.samples} samples, {self.features} features, {labels}>"
