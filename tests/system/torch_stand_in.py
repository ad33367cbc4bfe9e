"""As much of PyTorch and safetensors as the Python lines of README.md use, for machines without them.

`where_missing()` puts modules `torch` and `safetensors` in place while it is open; installed ones are used as they are.
"""

import contextlib
import importlib.util
import math
import sys
import types

import harness


class Tensor:
    """A matrix of floats, as a list of rows; a vector is one row."""

    def __init__(self, rows):
        self.rows = rows if isinstance(rows[0], list) else [rows]

    def tolist(self):
        return self.rows

    def each(self, operation, other):
        """With a vector of one number for all columns, or of one for each."""
        def at(j):
            return other.rows[0][j if len(other.rows[0]) > 1 else 0]
        return Tensor([[operation(value, at(j)) for j, value in enumerate(row)] for row in self.rows])

    def __sub__(self, other):
        return self.each(lambda a, b: a - b, other)

    def __add__(self, other):
        return self.each(lambda a, b: a + b, other)

    def __mul__(self, other):
        return self.each(lambda a, b: a * b, other)

    def __truediv__(self, other):
        return self.each(lambda a, b: a / b, other)


def elementwise(function):
    return lambda *_, **__: lambda x: Tensor([[function(value) for value in row] for row in x.rows])


class Linear:
    def __init__(self, inputs, outputs):
        self.shape, self.weight, self.bias = (outputs, inputs), None, None

    def __call__(self, x):
        return Tensor([[sum(map(float.__mul__, row, weight)) + bias for weight, bias in zip(self.weight, self.bias, strict=True)]
                       for row in x.rows])


class Sequential:
    def __init__(self, *modules):
        self.modules = modules

    def eval(self):
        return self

    def load_state_dict(self, state):
        """Every tensor has a place, and every place a tensor."""
        state = dict(state)
        for number, module in enumerate(self.modules):
            if isinstance(module, Linear):
                module.weight, module.bias = state.pop(f"{number}.weight").rows, state.pop(f"{number}.bias").rows[0]
                assert (len(module.weight), len(module.weight[0])) == module.shape
        assert not state, state

    def __call__(self, x):
        for module in self.modules:
            x = module(x)
        return x


class SafeOpen:
    def __init__(self, path, framework):
        assert framework == "pt"
        self.tensors = harness.Tensors(path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False

    def metadata(self):
        return self.tensors.metadata

    def keys(self):
        return list(self.tensors.shape)

    def get_tensor(self, name):
        values, columns = list(self.tensors.values[name]), self.tensors.shape[name][-1]
        return Tensor([values[i:i + columns] for i in range(0, len(values), columns)])


def modules():
    nn = types.SimpleNamespace(Sequential=Sequential, Linear=Linear, ReLU=elementwise(lambda v: max(v, 0.0)),
                               Tanh=elementwise(math.tanh), Dropout=elementwise(float))
    torch, safetensors = types.ModuleType("torch"), types.ModuleType("safetensors")
    torch.nn, torch.tensor = nn, Tensor
    safetensors.safe_open = SafeOpen
    return {"torch": torch, "safetensors": safetensors}


@contextlib.contextmanager
def where_missing():
    if all(importlib.util.find_spec(name) for name in ("torch", "safetensors")):
        yield
        return
    stand_ins = modules()
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name in stand_ins:
            del sys.modules[name]


if __name__ == "__main__":
    sys.exit("a helper of the tests beside it")
