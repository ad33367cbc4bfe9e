"""Lockstep trains multilayer perceptrons on CPUs: the same data, options and seed give the same bits on any machine.

    model = lockstep.fit(X, y, epochs=20)           NumPy arrays or data frames in, a Model out
    lockstep.LockstepClassifier(epochs=20)          scikit-learn's interface; also LockstepRegressor
    lockstep.plan(X, y, batch=(32, 256))            what training will cost, before it begins
    lockstep.folds(X, y, 5), lockstep.sweep(...)    cross-validation; which batch size is worth it

The options are those of `lockstep train`, with underscores; `lockstep help train all` lists them.
"""

from ._command import folds, plan, sweep
from ._dataset import Dataset
from ._library import DivergedError, LockstepError, LockstepFileError, LockstepValueError
from ._library import function as _function
from ._model import FitResult, Model, fit

__version__ = _function("version")().decode()
__all__ = ["Dataset", "DivergedError", "FitResult", "LockstepClassifier", "LockstepError", "LockstepFileError",
           "LockstepRegressor", "LockstepValueError", "Model", "fit", "folds", "plan", "sweep"]


def __getattr__(name):  # scikit-learn is needed by the estimators only, and takes a second to import
    if name in ("LockstepClassifier", "LockstepRegressor"):
        try:
            from . import _estimators
        except ImportError as error:
            raise ImportError(f"lockstep.{name} needs scikit-learn 1.6 or later ({error}): pip install scikit-learn") from error
        return getattr(_estimators, name)
    raise AttributeError(f"module 'lockstep' has no attribute '{name}'")


def __dir__():
    return sorted([*globals(), "LockstepClassifier", "LockstepRegressor"])
