"""Options of `lockstep train` as keyword arguments: the names with underscores, the values as Python has them."""

import collections.abc
import difflib

from . import _library

# Options about the columns of a table in a file: for Dataset.read().
OF_FILES = frozenset("label labels header separator decimal ignore categorical weight group split_by id missing".split())


def _read_table():
    at, table, i = _library.function("option_at"), {}, 0
    while (option := at(i)).name:
        table[option.name.decode().replace("-", "_")] = option
        i += 1
    return table


TABLE = _read_table()


def check_names(names, known, where):
    """Raises the TypeError of a call with an unknown keyword argument."""
    for name in names:
        if name not in known:
            nearest = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
            hint = f"; did you mean {nearest[0]}?" if nearest else ""
            raise TypeError(f"{where} got an unexpected keyword argument '{name}'{hint}")


def text_of(name, value):
    """The value of an option as the command line takes it: (256, 128) is 256,128, True is on."""
    if isinstance(value, str):
        return value
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        value = value.item()
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, collections.abc.Mapping):
        raise TypeError(f"{name} is a dict, which only fit() takes, as class_weights by label; pass a number, a text or a list")
    if isinstance(value, collections.abc.Iterable):
        return ",".join(text_of(name, item) for item in value) or "none"
    return str(value)


class Options:
    """Options of the library; those that are None are not set."""

    def __init__(self, options, where):
        check_names(options, TABLE, where)
        self._as_parameter_ = _library.function("options_create")()
        if not self._as_parameter_:
            raise MemoryError("no memory for options")
        _library.own(self, "options_free", self._as_parameter_)
        for name, value in options.items():
            if value is not None:
                _library.call("options_set", self, name.replace("_", "-").encode(),
                              _library.c_text(text_of(name, value).encode(), name))


def describe(names):
    """The options' help as paragraphs of a docstring."""
    def entry(name):
        option = TABLE[name]
        default = f" Default: {option.fallback.decode()}." if option.fallback else ""
        return f"{name} : {option.help.decode()}.{default}"
    return "\n".join(map(entry, names))
