"""Models: training on arrays, predictions, files."""

import collections.abc
import ctypes
import os

import numpy

from . import _library
from ._dataset import Classes, Dataset
from ._options import OF_FILES, Options
from ._progress import Watch


class Model:
    """A network with everything that is needed to use it. Models can be pickled.

    classes : the labels of the classes, in the order of predict_proba(); None: the model predicts numbers.
    feature_names, output_names : lists, or None.
    weights_xxh3 : the hash of all weights that every command prints.
    result : FitResult, if fit() has made it in this process; otherwise None.
    """

    result = None

    def __init__(self, handle, classes=None):
        self._as_parameter_ = handle  # ctypes passes the object by it, and keeps the object alive during the call
        _library.own(self, "model_free", handle)
        shape = _library.function("model_shape")(handle)
        self.n_features, self._n_classes, self._outputs = shape.features, shape.classes, shape.outputs
        self._width = shape.classes or shape.outputs
        self.feature_names = self._names("model_feature_name", self.n_features)
        self.output_names = self._names("model_output_name", self._width)
        self._classes = classes
        if shape.classes and classes is None:
            self._classes = Classes.named(self.output_names) if self.output_names else Classes(numpy.arange(shape.classes))

    def _names(self, function, n):
        first = _library.function(function)(self, 0)
        return [_library.function(function)(self, i).decode() for i in range(n)] if first is not None else None

    @property
    def classes(self):
        return self._classes.labels if self._classes else None

    @property
    def weights_xxh3(self):
        return f"{_library.function('model_hash')(self):016x}"

    def __repr__(self):
        outputs = f"{self._n_classes} classes" if self._n_classes else f"{self._outputs} outputs"
        return f"<lockstep.Model: {self.n_features} features, {outputs}, weights {self.weights_xxh3}>"

    # --- files and bytes ------------------------------------------------------------------------

    @classmethod
    def load(cls, path):
        """Loads a model file, or the model of a run's directory."""
        return cls(_library.make("model_load", _library.c_text(os.fsencode(path), "path")))

    def save(self, path):
        """Writes a .safetensors file, which the command and PyTorch read too; completely or not at all."""
        _library.call("model_save", self, _library.c_text(os.fsencode(path), "path"))

    @classmethod
    def from_bytes(cls, content, classes=None):
        return cls(_library.make("model_from_bytes", content, len(content)), classes)

    def to_bytes(self):
        """The content of the file that save() writes."""
        content, size = ctypes.c_void_p(), ctypes.c_size_t()
        _library.call("model_to_bytes", self, ctypes.byref(content), ctypes.byref(size))
        try:
            return ctypes.string_at(content, size.value)
        finally:
            _library.function("free")(content)

    def __reduce__(self):
        return Model.from_bytes, (self.to_bytes(), self._classes)

    # --- use ------------------------------------------------------------------------------------

    def _predict(self, X, output, width, threads):
        data = X if isinstance(X, Dataset) else Dataset(X, model=self)
        out = numpy.empty((data.samples, width), numpy.float32)
        _library.call("predict", self, data, output, threads, out.ctypes.data, out.size)
        return out

    def predict_codes(self, X, threads=0):
        """The number of the class of each sample, from 0, in the order of `classes`."""
        return self._predict(X, _library.CLASSES, 1, threads)[:, 0].astype(numpy.intp)

    def predict(self, X, threads=0):
        """The class of each sample, or its predicted numbers or labels, [samples] or [samples, outputs].

        X : as for Dataset, or one.
        """
        if self._n_classes:
            return self.classes[self.predict_codes(X, threads)]
        try:
            values = self._predict(X, _library.VALUES, self._width, threads)
        except _library.LockstepValueError:  # a model of several yes-or-no labels (bce) has none
            values = self._predict(X, _library.CLASSES, self._width, threads)
        return values[:, 0] if self._width == 1 else values

    def predict_proba(self, X, threads=0):
        """The probability of each class, or of each label of a model with the loss bce: [samples, outputs]."""
        return self._predict(X, _library.PROBABILITIES, self._width, threads)

    def predict_logits(self, X, threads=0):
        """The outputs of the last layer: [samples, outputs]."""
        return self._predict(X, _library.LOGITS, self._width, threads)

    def evaluate(self, X, y=None, *, sample_weight=None, threads=0):
        """The metrics that apply, as a dict: loss, accuracy, f1 ..., or mse, rmse, mae, r2. X: arrays, with y, or a Dataset."""
        data = labelled(X, y, sample_weight, make=self.dataset)
        metrics = _library.Metrics()
        _library.call("evaluate", self, data, threads, ctypes.byref(metrics))
        return metrics.to_dict()

    def dataset(self, X, y=None, *, sample_weight=None):
        """A dataset for evaluate(), with the labels numbered as this model does."""
        return Dataset(X, y, sample_weight=sample_weight, classes=self.classes if self._n_classes else False, model=self)


class FitResult:
    """How a fit ended: stopped_by, steps, epochs, seconds, train_loss, validation and test (dicts of metrics),
    validation_samples, test_samples, history."""

    def __init__(self, result, history):
        self.stopped_by = result.stopped_by.decode()
        self.steps, self.epochs, self.seconds = result.steps, result.epochs, result.seconds
        self.train_loss, self.weights_xxh3 = result.train_loss, f"{result.weights_xxh3:016x}"
        self.validation, self.test, self.history = result.validation.to_dict(), result.test.to_dict(), history
        self.validation_samples, self.test_samples = result.validation.samples, result.test.samples

    def __repr__(self):
        return (f"<lockstep.FitResult: {self.epochs} epochs, {self.steps} steps, stopped by {self.stopped_by}, "
                f"train_loss {self.train_loss:.4g}>")


def labelled(X, y, sample_weight=None, groups=None, make=Dataset):
    """X if it is a Dataset, which has all the others; otherwise one of these arrays."""
    if not isinstance(X, Dataset):
        return make(X, y, sample_weight=sample_weight, **({} if groups is None else {"groups": groups}))
    for name, value in {"y": y, "sample_weight": sample_weight, "groups": groups}.items():
        if value is not None:
            raise TypeError(f"{name} is given, but X is a Dataset, which has its own; pass {name} to Dataset()")
    return X


def mpi_address(comm):
    """The address of the MPI_Comm in a communicator of mpi4py, whose MPI must be that of the library."""
    if comm is None:
        return None
    from mpi4py import MPI
    ours = _library.function("mpi")().decode()
    theirs = MPI.Get_library_version().rstrip("\0").replace("\t", " ")
    if ours == "none":
        raise ValueError("comm is given, but this lockstep was built without MPI; install it from its sources with "
                         "pip install ./src/python -C cmake.define.LOCKSTEP_MPI=ON")
    if not theirs.startswith(ours):
        raise ValueError(f"comm belongs to {theirs.splitlines()[0]}, but lockstep was built with {ours}; "
                         "build both with the same MPI")
    return MPI._addressof(comm)


def train(train_set, validation=None, test=None, *, options, where, comm=None, verbose=0, callback=None):
    """Trains. Returns the model, None if Ctrl-C came before there was one, the result, and whether Ctrl-C came."""
    if isinstance(options.get("class_weights"), collections.abc.Mapping):
        if not train_set.classes:
            raise TypeError("class_weights is a dict, which needs labels in memory; pass a list in the order of the classes")
        options = options | {"class_weights": train_set.classes.weights(options["class_weights"], "class_weights")}
    settings = Options(options, where)
    sets = _library.Sets(*[data and data._as_parameter_ for data in (train_set, validation, test)])
    result, handle, watch = _library.FitResult(), ctypes.c_void_p(), Watch(verbose, callback)
    try:
        with watch.interrupt:
            _library.call("fit", ctypes.byref(handle), settings, ctypes.byref(sets), ctypes.byref(watch.callbacks),
                          mpi_address(comm), ctypes.byref(result))
    finally:
        watch.close()
        if watch.raised:
            raise watch.raised
    model = Model(handle, train_set.classes)
    model.result = FitResult(result, watch.history)
    return model, watch.interrupt.came


def fit(X, y=None, *, sample_weight=None, groups=None, eval_set=None, test_set=None, comm=None, verbose=0, callback=None,
        **options):
    """Trains a Model on arrays, with the options of `lockstep train`: hidden=(256, 128), epochs=20, lr=0.001 ...
    class_weights can be a dict by label, in which 1 may be left out.

    X, y, sample_weight, groups : as for Dataset; or X is a Dataset.
    eval_set, test_set : (X, y) or a Dataset, for validation and test.
    comm : a communicator of mpi4py whose ranks share the work; all pass the same data and options, and get the same model.
    verbose : 0 nothing, 1 a progress bar, 2 a line per epoch.
    callback : called after every step, evaluation and epoch with a dict; a true result stops the training after
        the next step.

    The model has a `result` with the history of its epochs. Ctrl-C stops after the step and raises a KeyboardInterrupt whose
    `model` is the one trained so far. The weights are those of the command with the same options and the same values as
    float32, on any number of threads and ranks.
    """
    for name in OF_FILES & options.keys():
        raise TypeError(f"{name} is about the columns of a file; it is an option of Dataset.read()")
    train_set = labelled(X, y, sample_weight, groups)
    model, interrupted = train(train_set, _held_out(eval_set, train_set), _held_out(test_set, train_set), options=options,
                               where="fit()", comm=comm, verbose=verbose, callback=callback)
    if interrupted:
        interrupt = KeyboardInterrupt("training was interrupted; the `model` of this exception is the one trained so far")
        interrupt.model = model
        raise interrupt
    return model


def _held_out(pair, train_set):
    if pair is None or isinstance(pair, Dataset):
        return pair
    if train_set.n_classes and not train_set.classes:
        raise TypeError("the training data were read from a file, so validation and test data must be a Dataset too")
    X, y = pair_of(pair)
    return Dataset(X, y, classes=train_set.classes.labels if train_set.classes else False)


def pair_of(pair):
    """Data for validation or test as (X, y)."""
    if isinstance(pair, list) and len(pair) == 1:  # as other libraries have it
        pair = pair[0]
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise TypeError(f"validation and test data are a pair (X, y), and not {type(pair).__name__}"
                        + (f" of {len(pair)}" if isinstance(pair, (tuple, list)) else ""))
    return pair
