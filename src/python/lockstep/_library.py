"""The shared library as ctypes sees it. include/lockstep/lockstep.h is the contract; names here are those without the prefix."""

import ctypes
import os
import pathlib
import weakref
from ctypes import CFUNCTYPE, POINTER, Structure, byref, c_char, c_char_p, c_double, c_int, c_int64, c_size_t, c_uint64, c_void_p

# What pip has installed beside this file; or, for the tests, a build folder.
_BUILD = os.environ.get("PYLOCKSTEP_BUILD")
FOLDER = pathlib.Path(_BUILD or __file__ + "/..").resolve()
LIBRARY = FOLDER / ("public" if _BUILD else "") / "liblockstep.so"
PROGRAM = FOLDER / "lockstep"


class LockstepError(Exception):
    """A failure of the library; `status` is the exit code that the command would have, such as 71: no memory."""

    status = 70


class LockstepValueError(LockstepError, ValueError):
    """A wrong option or argument (64), or data that cannot be used (65)."""


class LockstepFileError(LockstepError, OSError):
    """A file that is missing (66), cannot be created (73), read or written (74)."""


class DivergedError(LockstepError, ArithmeticError):
    """The loss grew too much, or is not finite (3)."""


_KINDS = {3: DivergedError, 64: LockstepValueError, 65: LockstepValueError, 66: LockstepFileError, 73: LockstepFileError,
          74: LockstepFileError}


class Error(Structure):
    _fields_ = [("status", c_int), ("message", c_char * 1000)]


class Option(Structure):
    _fields_ = [("name", c_char_p), ("help", c_char_p), ("fallback", c_char_p), ("plan_only", c_int)]


class Array(Structure):
    _fields_ = [("data", c_void_p), ("type", c_int), ("stride", c_int64 * 2)]


class Table(Structure):
    _fields_ = [
        ("name", c_char_p), ("samples", c_int64), ("features", c_int64), ("x", Array), ("classes", c_int64),
        ("outputs", c_int64), ("y", Array), ("weight", Array), ("group", Array), ("feature_name", POINTER(c_char_p)),
        ("class_name", POINTER(c_char_p)), ("output_name", POINTER(c_char_p)), ("levels", POINTER(c_int64)),
        ("level_name", POINTER(c_char_p)), ("borrows", c_int),
    ]


class Shape(Structure):
    _fields_ = [("samples", c_int64), ("features", c_int64), ("classes", c_int64), ("outputs", c_int64)]


class Metrics(Structure):
    _fields_ = [("samples", c_int64)] + [
        (name, c_double) for name in ("loss", "accuracy", "top5", "f1", "mse", "rmse", "mae", "r2")]

    def to_dict(self, prefix=""):
        """The metrics that apply: those that are not NaN."""
        values = {name: getattr(self, name) for name, _ in self._fields_[1:]}
        return {prefix + name: value for name, value in values.items() if self.samples > 0 and value == value}


class Progress(Structure):
    _fields_ = [
        ("event", c_int), ("epoch", c_int64), ("step", c_int64), ("total_steps", c_int64), ("seconds", c_double),
        ("loss", c_double), ("train_loss", c_double), ("validation", Metrics), ("test", Metrics),
    ]


AFTER_STEP, AFTER_EVALUATION, AFTER_EPOCH = range(3)
ProgressFunction = CFUNCTYPE(c_int, c_void_p, POINTER(Progress))
MessageFunction = CFUNCTYPE(None, c_void_p, c_char_p)


class Callbacks(Structure):
    _fields_ = [("context", c_void_p), ("progress", ProgressFunction), ("interval", c_double), ("message", MessageFunction)]


class Sets(Structure):
    _fields_ = [("train", c_void_p), ("validation", c_void_p), ("test", c_void_p)]


class FitResult(Structure):
    _fields_ = [
        ("stopped_by", c_char * 16), ("steps", c_int64), ("epochs", c_int64), ("seconds", c_double), ("train_loss", c_double),
        ("validation", Metrics), ("test", Metrics), ("weights_xxh3", c_uint64),
    ]


PROBABILITIES, VALUES, LOGITS, CLASSES = range(4)
TYPES = {"u1": 0, "f4": 1, "i1": 2, "u2": 3, "i2": 4, "u4": 5, "i4": 6, "u8": 7, "i8": 8, "f8": 9}
ROLES = {"train": 0, "validation": 1, "test": 2, "unlabelled": 3}

_HANDLE, _ERROR = POINTER(c_void_p), POINTER(Error)
_FUNCTIONS = {  # name: result, arguments
    "version": (c_char_p, []),
    "mpi": (c_char_p, []),
    "free": (None, [c_void_p]),
    "options_create": (c_void_p, []),
    "options_free": (None, [c_void_p]),
    "options_set": (c_int, [c_void_p, c_char_p, c_char_p, _ERROR]),
    "option_at": (Option, [c_int]),
    "dataset_from_table": (c_int, [_HANDLE, POINTER(Table), _ERROR]),
    "dataset_read": (c_int, [_HANDLE, c_char_p, c_int, c_void_p, c_void_p, _ERROR]),
    "dataset_from_arrow": (c_int, [_HANDLE, c_void_p, c_void_p, c_void_p, POINTER(Table), _ERROR]),
    "dataset_free": (None, [c_void_p]),
    "dataset_shape": (Shape, [c_void_p]),
    "dataset_note": (c_char_p, [c_void_p]),
    "fit": (c_int, [_HANDLE, c_void_p, POINTER(Sets), POINTER(Callbacks), c_void_p, POINTER(FitResult), _ERROR]),
    "model_load": (c_int, [_HANDLE, c_char_p, _ERROR]),
    "model_save": (c_int, [c_void_p, c_char_p, _ERROR]),
    "model_from_bytes": (c_int, [_HANDLE, c_char_p, c_size_t, _ERROR]),
    "model_to_bytes": (c_int, [c_void_p, POINTER(c_void_p), POINTER(c_size_t), _ERROR]),
    "model_free": (None, [c_void_p]),
    "model_shape": (Shape, [c_void_p]),
    "model_feature_name": (c_char_p, [c_void_p, c_int64]),
    "model_output_name": (c_char_p, [c_void_p, c_int64]),
    "model_hash": (c_uint64, [c_void_p]),
    "predict": (c_int, [c_void_p, c_void_p, c_int, c_int, c_void_p, c_int64, _ERROR]),
    "evaluate": (c_int, [c_void_p, c_void_p, c_int, POINTER(Metrics), _ERROR]),
    "plan": (c_int, [POINTER(c_void_p), c_void_p, POINTER(Shape), _ERROR]),
}


def _load():
    """Loads the library; ctypes releases the GIL during its calls."""
    try:
        loaded = ctypes.CDLL(str(LIBRARY))
    except OSError as error:
        raise ImportError(f"the lockstep library cannot be loaded ({error}); install the package from its sources: "
                          "pip install ./src/python") from error
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(loaded, "lockstep_" + name, None)
        if function is None:
            raise ImportError(f"{LIBRARY} has no lockstep_{name}(): it belongs to another version of this package")
        function.restype, function.argtypes = result, arguments
    return loaded


_library = _load()


def function(name):
    """A function that cannot fail."""
    return getattr(_library, "lockstep_" + name)


def failure(status, message):
    """The exception for a status of the library or an exit code of the program."""
    raised = _KINDS.get(status, LockstepError)(message)
    raised.status = status
    return raised


def call(name, *arguments):
    """Calls a function whose last argument is an error, and raises the error that it describes."""
    error = Error()
    if function(name)(*arguments, byref(error)) != 0:
        raise failure(error.status, error.message.decode(errors="replace"))


def make(name, *arguments):
    """Calls a function whose first argument receives a handle, and returns the handle."""
    handle = c_void_p()
    call(name, byref(handle), *arguments)
    return handle


def own(owner, free, handle):
    """Frees a handle when its owner is gone; not at the end of the process, when a daemon thread may be in a call with it."""
    weakref.finalize(owner, function(free), handle).atexit = False


def arrow_stream(capsule):
    """The address of the stream in a PyCapsule of the Arrow interface, which stays its owner."""
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = c_void_p, [ctypes.py_object, c_char_p]
    return pointer(capsule, b"arrow_array_stream")


def taken_text(handle):
    """The text that the library returned for the caller to free."""
    try:
        return ctypes.string_at(handle).decode()
    finally:
        function("free")(handle)


def c_text(content, what):
    """The bytes of a text for C, which would end it at a NUL. ValueError if it has one; what: for the message."""
    if b"\0" in content:
        raise ValueError(f"{what} {content.decode(errors='replace')!r} has the character NUL; remove it")
    return content


def texts(names):
    """An array of C strings; NULL for None."""
    return None if names is None else (c_char_p * len(names))(*[c_text(str(name).encode(), "name") for name in names])
