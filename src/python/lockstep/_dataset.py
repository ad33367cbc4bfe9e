"""Samples for the library: NumPy arrays without a copy where their layout allows it, data frames column by column."""

import ctypes

import numpy

from . import _library
from ._options import Options


def is_frame(data):
    """True for the data frames of pandas and polars."""
    return hasattr(data, "columns") and hasattr(data, "__getitem__") and hasattr(data, "shape")


def is_sparse(data):
    return hasattr(data, "toarray") and hasattr(data, "nnz")


def column(frame, name):
    """A column of a frame as an array; what is missing is None or NaN."""
    values = frame[name]
    if str(getattr(values, "dtype", "")) == "category":  # as numbers with a missing one, 1 would become 1.0
        return numpy.array([*values.cat.categories.tolist(), None], object)[values.cat.codes]
    return numpy.asarray(values)


def _is_number(values):
    return values.dtype.kind in "iuf"


def has_words(frame):
    """True if some column of a frame is not one of numbers."""
    return any(str(kind).startswith(("cat", "Cat", "Enum")) or not _is_number(column(frame, name)[:1])
               for name, kind in zip(frame.columns, frame.dtypes))


def is_missing(value):
    """True for None, NaN, and what pandas has in their place."""
    return value is None or type(value).__name__ in ("NAType", "NaTType") or value != value


def _codes(values):
    """Numbers the words of a column in the order in which they appear. Returns codes, NaN if missing, and the words."""
    known, codes = {}, numpy.full(len(values), numpy.nan, numpy.float32)
    for i, value in enumerate(values.tolist()):
        if not is_missing(value):
            word = str(value).lower() if isinstance(value, (bool, numpy.bool_)) else str(value)  # true, as in Arrow's columns
            codes[i] = known.setdefault(word, len(known))
    return codes, list(known)


def _column_of(frame, name, kind):
    """A column's numbers as float32, rounded once, and None; or its codes and words, for words, categories and booleans."""
    values = column(frame, name)
    if values.dtype.kind in "mM":
        raise TypeError(f"column {name} has dates or times; leave it out, or convert it to numbers")
    words = str(kind).startswith(("cat", "Cat", "Enum")) or values.dtype.kind in "bUST"
    if values.dtype.kind == "O" and not words:
        present = [value for value in values.tolist() if not is_missing(value)]
        words = any(isinstance(value, (str, bool, numpy.bool_)) for value in present)
    if words:
        return _codes(values)
    if values.dtype.kind == "O":
        values = numpy.array([numpy.nan if is_missing(value) else value for value in values.tolist()], numpy.float64)
    return values.astype(numpy.float32), None


def from_frame(frame):
    """The columns of a frame as an array of float32, and the words of each, None for numbers."""
    columns = [_column_of(frame, name, kind) for name, kind in zip(frame.columns, frame.dtypes)]
    return numpy.column_stack([values for values, _ in columns]), [words for _, words in columns]


def as_matrix(data, what="X"):
    """An array of two dimensions, of a type that the library reads; without a copy if it is one already."""
    if is_sparse(data):
        raise TypeError(f"{what} is a sparse matrix, which lockstep does not train on; convert it with toarray()")
    array = numpy.asarray(data)
    if array.ndim == 1 and what != "X":
        array = array[:, None]
    if array.ndim != 2:
        raise ValueError(f"{what} has {array.ndim} dimensions; it needs 2: samples and features")
    if array.strides == (0, 0):  # one number for all, by numpy.broadcast_to(); to the library, the sign of rows without gaps
        array = array.copy()
    if array.dtype.kind == "b":
        return array.view(numpy.uint8)
    if not array.dtype.isnative or array.dtype.str[1:] not in _library.TYPES:
        try:
            return array.astype(numpy.float32)
        except (TypeError, ValueError) as error:
            raise TypeError(f"{what} has values that are not numbers ({error}); pass a data frame, "
                            "whose columns of words are categories") from error
    return array


def describe_array(array):
    return _library.Array(array.ctypes.data, _library.TYPES[array.dtype.str[1:]], array.strides)


class Classes:
    """The labels of classes, sorted: labels to numbers and back."""

    def __init__(self, labels):
        self.labels = numpy.asarray(labels)

    @property
    def names(self):
        """The names in a model; None for 0, 1, ..., which need none."""
        plain = self.labels.dtype.kind in "iu" and numpy.array_equal(self.labels, numpy.arange(len(self.labels)))
        return None if plain else [str(label) for label in self.labels.tolist()]

    def weights(self, by_label, what):
        """The weights of the classes in their order from a dict by label, in which 1 may be left out."""
        labels = self.labels.tolist()
        strangers = [label for label in by_label if label not in labels]
        if strangers:
            raise ValueError(f"{what} has the class {strangers[0]!r}, which y does not have")
        return [by_label.get(label, 1) for label in labels]

    def codes(self, y):
        """Numbers of the classes of y, which must be among them."""
        y = numpy.asarray(y)
        found = numpy.minimum(numpy.searchsorted(self.labels, y), len(self.labels) - 1)
        strangers = self.labels[found] != y
        if strangers.any():
            raise ValueError(f"y has the label {y[strangers][0]!r}, which is not among the classes of the training data")
        return found.astype(numpy.int32)


def _column_vector(values, what, samples):
    array = numpy.asarray(values)
    if array.shape not in ((samples,), (samples, 1)):
        raise ValueError(f"{what} has the shape {array.shape}; X has {samples} samples")
    return as_matrix(array.reshape(samples, 1), what)


class Dataset:
    """Samples in memory.

    X : array [samples, features], or a data frame of pandas or polars. A NaN is a missing value. In a frame, columns of
        words, categories and booleans are categories. Values are used as float32: float64 is rounded once. A C-contiguous
        array of integers or of float32 or float64 is not copied, and must not change while the dataset is in use.
    y : labels of classes (integers, words or booleans), targets (floating point; several columns for several outputs), or
        None, for predictions.
    classes : the labels of all classes in order, if y may lack some; False: y holds targets, whatever its type.
    sample_weight : how much each sample counts, from 0.
    groups : whole numbers; samples of one group are not split by val_split and test_split.
    """

    def __init__(self, X, y=None, *, sample_weight=None, groups=None, classes=None, feature_names=None, name=None):
        self._keep, levels = [], None
        if isinstance(X, Dataset):
            raise TypeError("X is a Dataset already")
        if is_frame(X):
            feature_names = [str(column_name) for column_name in X.columns] if feature_names is None else feature_names
            if has_words(X):
                X, levels = from_frame(X)
                levels = levels if any(levels) else None
        X = as_matrix(X)
        borrows = X.flags.c_contiguous and not levels  # the library takes no copy of X, which must live as long as this does
        table = _library.Table(name=_library.c_text(name.encode(), "name") if name else None,
                               samples=X.shape[0], features=X.shape[1], x=self._array(X), borrows=borrows)
        if feature_names is not None:
            if len(feature_names) != X.shape[1]:
                raise ValueError(f"{len(feature_names)} feature names for {X.shape[1]} features")
            table.feature_name = _library.texts(feature_names)
        if levels:
            table.levels = (ctypes.c_int64 * len(levels))(*[len(words or ()) for words in levels])
            table.level_name = _library.texts([word for words in levels for word in words or ()])
        self.classes = self._take_labels(table, y, classes)
        if sample_weight is not None:
            table.weight = self._array(_column_vector(sample_weight, "sample_weight", X.shape[0]))
        if groups is not None:
            table.group = self._array(_column_vector(groups, "groups", X.shape[0]))
        self._own(_library.make("dataset_from_table", ctypes.byref(table)))
        self._keep = [X] if borrows else []

    def _array(self, array):
        self._keep.append(array)
        return describe_array(array)

    def _take_labels(self, table, y, classes):
        if y is None:
            return None
        y = numpy.asarray(y)
        if y.shape[:1] != (table.samples,):
            raise ValueError(f"X has {table.samples} samples and y has the shape {y.shape}")
        if classes is False or (classes is None and y.dtype.kind == "f"):
            y = as_matrix(y, "y")
            table.y, table.outputs = self._array(y), y.shape[1]
            return None
        y = y.reshape(table.samples) if y.ndim == 2 and y.shape[1] == 1 else y
        if y.ndim != 1:
            raise ValueError(f"y has the shape {y.shape}; labels of classes are one column")
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
        return cls._made("read", options, model, _library.c_text(str(source).encode(), "source"), _library.ROLES[role])

    @classmethod
    def from_arrow(cls, frame, model=None, **options):
        """Takes a table of pandas, polars or pyarrow with its labels, as read() takes a file with these columns and cells.

        model : the model that the data are for. Options: label, ignore, categorical, weight, group, missing ...
        """
        capsule = frame.__arrow_c_stream__()
        return cls._made("from_arrow", options, model, _library.arrow_stream(capsule), last=(None,))

    @classmethod
    def _made(cls, function, options, model, *source, last=()):
        settings = Options(options, f"Dataset.{function}()")
        self = cls.__new__(cls)
        self._keep, self.classes = [], None
        self._own(_library.make("dataset_" + function, *source, settings, model, *last))
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
