"""The training data for the peers as PyTorch tensors, named as for lockstep's --data.

Bytes remain bytes, for a peer that keeps them; synthetic data are floats. Synthetic data follow the same
rule as lockstep's (src/data/synthetic.h) but use PyTorch's random numbers: the same work, other values.
Exits with code 69 if PyTorch is not installed.
"""

import gzip
import math
import pathlib
import sys

NO_PYTORCH = """PyTorch is not installed for this python3. Install it with
    python3 -m pip install torch==2.13.0   (the CPU build)
or, an older version, with
    apt install python3-torch"""
EX_UNAVAILABLE = 69
FASHION_MNIST = "/usr/share/datasets/fashion-mnist"
SYNTHETIC = {"samples": "1000", "features": "10", "classes": "2", "labels": "teacher", "seed": "1", "test": "0"}

try:
    import numpy
    import torch
except ImportError as missing:
    print(f"{pathlib.Path(sys.argv[0]).name}: {NO_PYTORCH}\n({missing})", file=sys.stderr)
    sys.exit(EX_UNAVAILABLE)


def read_idx(directory, name):
    """Reads an IDX file of bytes (http://yann.lecun.com/exdb/mnist), gzipped or not."""
    path = pathlib.Path(directory) / name
    if path.exists():
        data = path.read_bytes()
    else:
        data = gzip.decompress(path.with_name(name + ".gz").read_bytes())
    dimensions = data[3]
    shape = numpy.frombuffer(data, ">u4", dimensions, 4).astype(int)
    return torch.from_numpy(numpy.frombuffer(data, numpy.uint8, -1, 4 + 4 * dimensions).reshape(shape).copy())


def make_synthetic(description):
    given = dict(entry.split("=", 1) for entry in description.split(",") if entry)
    if unknown := set(given) - set(SYNTHETIC):
        sys.exit(f"the peers do not support synthetic data with {', '.join(sorted(unknown))}")
    values = SYNTHETIC | given
    samples, features, classes = (int(values[name]) for name in ("samples", "features", "classes"))
    generator = torch.Generator().manual_seed(int(values["seed"]))

    def uniform(rows, columns, reach):
        return (torch.rand(rows, columns, generator=generator) * 2 - 1) * reach

    inputs = uniform(samples, features, math.sqrt(3))
    if values["labels"] == "teacher":
        return inputs, (inputs @ uniform(features, classes, math.sqrt(3 / features))).argmax(1), classes
    if values["labels"] == "random":
        return inputs, torch.randint(classes, (samples,), generator=generator), classes
    return inputs, torch.zeros(samples, dtype=torch.long), classes


def read_data(source):
    """Returns inputs [samples, features] as bytes or floats, labels [samples], and the number of classes."""
    kind, _, description = source.partition(":")
    if kind == "synthetic":
        return make_synthetic(description)
    directory = FASHION_MNIST if source == "fashion-mnist" else source
    labels = read_idx(directory, "train-labels-idx1-ubyte").long()
    return read_idx(directory, "train-images-idx3-ubyte").flatten(1), labels, int(labels.max()) + 1


def floats(inputs):
    """Returns the inputs as floats for the network; bytes are scaled to between 0 and 1."""
    return inputs.to(torch.float32) * (1 / 255) if inputs.dtype == torch.uint8 else inputs


def read_widths(text):
    return [] if text == "none" else [int(n) for n in text.split(",")]


def about_torch():
    return {"torch": torch.__version__, "python": sys.version.split()[0],
            "cpu_capability": torch.backends.cpu.get_cpu_capability(), "mkl": torch.backends.mkl.is_available()}
