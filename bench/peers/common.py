"""The peers' options, and their training data as PyTorch tensors, named as for lockstep's --data.

Bytes remain bytes, for a peer that keeps them; synthetic data are floats. Synthetic data follow the same
rule as lockstep's (src/data/synthetic.h) but use PyTorch's random numbers: the same work, other values.
Exits with code 69 if PyTorch is not installed.
"""

import argparse
import gzip
import math
import os
import pathlib
import sys

EX_UNAVAILABLE = 69
FASHION_MNIST = "/usr/share/datasets/fashion-mnist"
SYNTHETIC = {"samples": "1000", "features": "10", "classes": "2", "labels": "teacher", "seed": "1", "test": "0"}


def not_installed(name, package, missing, other=""):
    print(f"{pathlib.Path(sys.argv[0]).name}: {name} is not installed for this python3. Install it with\n"
          f"    python3 -m pip install {package}{other}\n({missing})", file=sys.stderr)
    sys.exit(EX_UNAVAILABLE)


try:
    import numpy
    import torch
except ImportError as error:
    not_installed("PyTorch", "torch==2.13.0   (the CPU build)", error,
                  "\nor, an older version, with\n    apt install python3-torch")


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


def linear_layers(widths, seed):
    """Returns the network's layers, with PyTorch's initial weights."""
    torch.manual_seed(seed)
    return [torch.nn.Linear(*sizes) for sizes in zip(widths, widths[1:])]


def sequential(widths, seed):
    """Returns the network: its layers with ReLU between them."""
    modules = [module for layer in linear_layers(widths, seed) for module in (layer, torch.nn.ReLU())]
    return torch.nn.Sequential(*modules[:-1])


def read_widths(text):
    return [] if text == "none" else [int(n) for n in text.split(",")]


def peer_options(description):
    """Returns a parser of the options that all peers have."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="fashion-mnist",
                        help="fashion-mnist, a directory of IDX files, or synthetic:... (%(default)s)")
    parser.add_argument("--hidden", default="512,256", type=read_widths)
    parser.add_argument("--batch", default=128, type=int, help="global batch (%(default)s)")
    parser.add_argument("--lr", default=0.05, type=float)
    parser.add_argument("--momentum", default=0.9, type=float)
    parser.add_argument("--seed", default=1, type=int)
    return parser


def epoch_options(description):
    """The same for the peers of bench/step, which train for some epochs."""
    parser = peer_options(description)
    parser.add_argument("--epochs", default=2, type=int)
    return parser


def rows_of(rank, ranks, batch):
    """Returns the rows of a batch that a rank takes."""
    return slice(rank * batch // ranks, (rank + 1) * batch // ranks)


def leave():
    """Ends the process without the destructors of torch 2.13, which sometimes abort after gloo was used."""
    sys.stdout.flush()
    os._exit(0)


def about_torch():
    return {"torch": torch.__version__, "python": sys.version.split()[0],
            "cpu_capability": torch.backends.cpu.get_cpu_capability(), "mkl": torch.backends.mkl.is_available()}
