"""LockstepClassifier and LockstepRegressor: scikit-learn's interface to lockstep.fit()."""

import inspect
import numbers
import os

import numpy
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_feature_names, _check_n_features, _check_sample_weight, check_array, check_consistent_length, check_is_fitted,
    column_or_1d, validate_data,
)

from ._dataset import Classes, Dataset, as_labels, is_frame, is_numeric
from ._model import Model, pair_of, train
from ._options import OF_FILES, TABLE, check_names, describe

# Options that scikit-learn has other names for.
_RENAMED = {"threads": "n_jobs", "seed": "random_state", "class_weights": "class_weight"}
_OPTIONS = [name for name, option in TABLE.items() if not option.plan_only and name not in OF_FILES and name not in _RENAMED]
_NUMBERS = [numpy.float32, numpy.float64, *(numpy.dtype(kind + str(8 * size)).type for kind in ("uint", "int") for size in (1, 2, 4, 8))]
_MOST_SEED = 2**31 - 1


def _threads(n_jobs):
    """The option threads for an n_jobs of joblib: None is what OMP_NUM_THREADS says, or all cores; -1 all cores, -2 one less."""
    if n_jobs is None:
        return None
    if n_jobs == 0:
        raise ValueError("n_jobs is 0; it can be None, a number of threads, or -1 for all cores")
    return n_jobs if n_jobs > 0 else max(1, len(os.sched_getaffinity(0)) + 1 + n_jobs)


def _seed(random_state):
    if random_state is None or isinstance(random_state, numbers.Integral):
        return random_state
    return int(check_random_state(random_state).randint(_MOST_SEED))


class _Estimator(BaseEstimator):
    """What both estimators share. A subclass has _encode(y): labels or targets for a Dataset."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = tags.input_tags.string = True
        return tags

    def _features(self, X, reset):
        """X for a Dataset: a frame with other columns than numbers as it is, everything else as an array of numbers."""
        if is_frame(X) and not is_numeric(X):
            _check_feature_names(self, X, reset=reset)
            _check_n_features(self, X, reset=reset)
            return X
        return validate_data(self, X, reset=reset, dtype=_NUMBERS, ensure_all_finite="allow-nan", accept_sparse=False)

    def _dataset(self, X, y=None, sample_weight=None, reset=False, labelled=False):
        X = self._features(X, reset)
        if labelled:
            y = self._encode(y, reset)
            check_consistent_length(X, y)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, numpy.empty((X.shape[0], 1)), dtype=numpy.float64,
                                                 ensure_non_negative=True)
        return Dataset(X, y, sample_weight=sample_weight, classes=self._classes_of_dataset() if labelled else None,
                       feature_names=None if is_frame(X) else getattr(self, "feature_names_in_", None),
                       model=None if reset or labelled else self.model_)

    def _settings(self):
        settings = {name: getattr(self, name) for name in _OPTIONS}
        return settings | {"threads": _threads(self.n_jobs), "seed": _seed(self.random_state)}

    def _fit(self, X, y, sample_weight, eval_set, comm):
        train_set = self._dataset(X, y, sample_weight, reset=True, labelled=True)
        validation = self._dataset(*pair_of(eval_set), labelled=True) if eval_set is not None else None
        self.model_, interrupted = train(train_set, validation, options=self._settings(), where=type(self).__name__ + "()",
                                         comm=comm, verbose=self.verbose)
        result = self.model_.result
        self.n_iter_, self.history_, self.stopped_by_ = result.epochs, result.history, result.stopped_by
        self.loss_curve_ = [entry["train_loss"] for entry in result.history if "train_loss" in entry]
        self.validation_score_ = result.validation.get(self._score)
        self.weights_xxh3_ = result.weights_xxh3
        if interrupted:
            raise KeyboardInterrupt("training was interrupted; the estimator is fitted with the weights of the last step")
        return self

    def _known(self, X):
        """The data and the threads of a prediction."""
        check_is_fitted(self)
        return self._dataset(X), _threads(self.n_jobs) or 0

    def save(self, path):
        """Writes the model as a .safetensors file, which the command and PyTorch read too."""
        check_is_fitted(self)
        self.model_.save(path)

    @classmethod
    def load(cls, path):
        """A fitted estimator from a model file or a run's directory; its parameters are the defaults."""
        self = cls()
        self._take(Model.load(path))
        return self

    def _take(self, model):
        self.model_, self.n_features_in_ = model, model.n_features
        if model.feature_names:
            self.feature_names_in_ = numpy.array(model.feature_names, dtype=object)


class LockstepClassifier(ClassifierMixin, _Estimator):
    _score = "accuracy"

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = False
        return tags

    def _classes_of_dataset(self):
        return self.classes_

    def _encode(self, y, reset):
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        y = column_or_1d(as_labels(y), warn=True)
        check_classification_targets(y)
        if reset:
            self.classes_ = numpy.unique(y)
        if len(self.classes_) < 2:
            raise ValueError(f"y has only one class, {self.classes_[0]!r}; a classifier needs samples of at least 2 classes")
        return y

    def _settings(self):
        return super()._settings() | {"class_weights": self._class_weights()}

    def _class_weights(self):
        """The option class_weights for scikit-learn's class_weight: balanced, or a dict by label."""
        if not isinstance(self.class_weight, dict):
            return self.class_weight
        return Classes(self.classes_).weights(self.class_weight, "class_weight")

    def fit(self, X, y, sample_weight=None, eval_set=None, comm=None):
        """Trains. eval_set: (X, y) for validation. comm: a communicator of mpi4py whose ranks share the work."""
        return self._fit(X, y, sample_weight, eval_set, comm)

    def predict(self, X):
        """The class of each sample."""
        data, threads = self._known(X)
        return self.classes_[self.model_.predict_codes(data, threads)]

    def predict_proba(self, X):
        """The probabilities of classes_, [samples, classes], float32."""
        data, threads = self._known(X)
        return self.model_.predict_proba(data, threads)

    def predict_log_proba(self, X):
        with numpy.errstate(divide="ignore"):  # the logarithm of 0 is -inf
            return numpy.log(self.predict_proba(X))

    def _take(self, model):
        if model.classes is None:
            raise ValueError("the model predicts numbers; load it with LockstepRegressor")
        super()._take(model)
        self.classes_ = model.classes


class LockstepRegressor(RegressorMixin, _Estimator):
    _score = "r2"

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _classes_of_dataset(self):
        return False

    def _encode(self, y, reset):
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        y = check_array(y, ensure_2d=False, dtype=numpy.float64, input_name="y")
        return column_or_1d(y, warn=True) if y.ndim == 1 or y.shape[1] == 1 else y

    def fit(self, X, y, sample_weight=None, eval_set=None, comm=None):
        """Trains. y: [samples] or [samples, outputs]. eval_set: (X, y) for validation. comm: as for LockstepClassifier."""
        return self._fit(X, y, sample_weight, eval_set, comm)

    def predict(self, X):
        """The predicted numbers, [samples] or [samples, outputs]."""
        data, threads = self._known(X)
        return self.model_.predict(data, threads).astype(numpy.float64)

    def _take(self, model):
        if model.classes is not None:
            raise ValueError("the model predicts classes; load it with LockstepClassifier")
        super()._take(model)


_DOCUMENTATION = """{what} by a multilayer perceptron that lockstep trains, with scikit-learn's interface.

The weights are those of `lockstep train` with the same options, on any number of threads. Values are used as float32:
float64 is rounded once. NaN is a missing value; sparse matrices are refused. In data frames, columns of words, categories
and booleans are categories, and empty words, NA and the like are missing. Ctrl-C stops after the step: the estimator is
then fitted, and fit() raises KeyboardInterrupt.

Parameters
----------
random_state : the seed of initial weights, order of the samples, validation split and dropout. Default: 1.
n_jobs : threads. Default: OMP_NUM_THREADS, which joblib sets in its workers, or all cores. No effect on results.
{own}verbose : 0 nothing, 1 a progress bar, 2 a line per epoch.

All others are the options of `lockstep train`; None: its default.

{options}

Attributes
----------
model_ : lockstep.Model. {attributes}n_features_in_, feature_names_in_ : as in scikit-learn.
n_iter_ : epochs. history_ : a dict for each evaluation and epoch. loss_curve_ : the training loss of each epoch.
validation_score_ : {score} on validation data, or None. stopped_by_ : "epochs", "early_stop" ... weights_xxh3_ : the
hash of all weights.
"""


def _give_parameters(cls, further, **texts):
    """Gives an estimator its __init__, from the table of options, and its documentation."""
    defaults = dict.fromkeys([*_OPTIONS, *further, "random_state", "n_jobs"]) | {"verbose": 0}

    def __init__(self, **parameters):
        check_names(parameters, defaults, cls.__name__ + "()")
        self.__dict__.update(defaults | parameters)

    __init__.__signature__ = inspect.Signature(
        [inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)] +
        [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=value) for name, value in defaults.items()])
    cls.__init__, cls.__doc__ = __init__, _DOCUMENTATION.format(options=describe(_OPTIONS), **texts)


_give_parameters(LockstepClassifier, ["class_weight"], what="Classification", score="accuracy",
                 attributes="classes_ : the labels. ",
                 own="class_weight : balanced, or a dict of weights by label; None: every sample counts the same.\n")
_give_parameters(LockstepRegressor, [], what="Regression", score="R2", own="", attributes="")
