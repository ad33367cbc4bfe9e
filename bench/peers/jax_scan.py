#!/usr/bin/env python3
"""The JAX counterpart of `lockstep train`: the same network, data, loss, optimizer and batch.

    bench/peers/jax_scan.py --hidden 512,256 --batch 128 --epochs 2 --threads 2

It is written to be fast: the training data are on the device, images as bytes, and one call of a compiled function with
donated weights and momentum trains an epoch, as a lax.scan over its batches, each gathered and converted to floats in the
scan; the smaller last batch follows. Compilation takes place before the first epoch. Weights and orders are those
of bench/peers/pytorch.py, from PyTorch's random numbers, so both programs train the same.

Other forms were not faster (784-512-256-10, two cores of an AMD EPYC, jax 0.10.2): a compiled step called from Python
(B = 32: a sixth slower), lax.fori_loop, an epoch gathered before its scan, batches gathered by PyTorch (several times
slower), and two devices of one thread each with shard_map, whose psum costs more than it saves. One thread can be faster
than two, so bench/step tries both. XLA_FLAGS for oneDNN, XNNPACK and wider vectors changed nothing.

Prints one JSON object: versions, setting, seconds of each epoch, the last epoch's mean loss.
Exits with code 69 if PyTorch or JAX is not installed.
"""

import json
import os
import time

from common import about_torch, epoch_options, linear_layers, not_installed, read_data  # first: it reports a missing PyTorch

import torch

try:
    import jax
    import jax.numpy as jnp
except ImportError as missing:
    not_installed("JAX", "jax==0.10.2", missing)


def loss_sum(layers, inputs, labels):
    x = inputs.astype(jnp.float32) * (1 / 255) if inputs.dtype == jnp.uint8 else inputs
    for weights, bias in layers[:-1]:
        x = jax.nn.relu(x @ weights + bias)
    weights, bias = layers[-1]
    x = x @ weights + bias
    return jnp.sum(jax.nn.logsumexp(x, axis=1) - jnp.sum(x * jax.nn.one_hot(labels, x.shape[1]), axis=1))


def compile_epoch(options, *arguments):
    """Returns train_epoch, compiled for arguments of these shapes."""

    def train_epoch(state, inputs, labels, order):
        """Returns the state (layers and their momentum) after an epoch, and the sum of the losses."""
        def step(carry, index):
            (layers, momentum), total = carry
            # "clip" omits the check of the indices.
            rows = [jnp.take(array, index, axis=0, mode="clip") for array in (inputs, labels)]
            loss, gradient = jax.value_and_grad(loss_sum)(layers, *rows)
            momentum = jax.tree.map(lambda m, g: options.momentum * m + g / len(index), momentum, gradient)
            layers = jax.tree.map(lambda w, m: w - options.lr * m, layers, momentum)
            return ((layers, momentum), total + loss), None

        whole = len(order) - len(order) % options.batch
        carry, _ = jax.lax.scan(step, (state, jnp.float32(0)), order[:whole].reshape(-1, options.batch))
        return carry if whole == len(order) else step(carry, order[whole:])[0]

    return jax.jit(train_epoch, donate_argnums=0).lower(*arguments).compile()


def train(options):
    inputs, labels, classes = read_data(options.data)
    samples, generator = len(labels), torch.Generator().manual_seed(options.seed)
    layers = [(jnp.array(layer.weight.detach().numpy().T), jnp.array(layer.bias.detach().numpy()))
              for layer in linear_layers([inputs.shape[1], *options.hidden, classes], options.seed)]
    parameters = sum(array.size for array in jax.tree.leaves(layers))
    state = layers, jax.tree.map(jnp.zeros_like, layers)
    inputs, labels = jnp.array(inputs.numpy()), jnp.array(labels.to(torch.int32).numpy())
    train_epoch = compile_epoch(options, state, inputs, labels, jnp.zeros(samples, jnp.int32))
    seconds = []
    for _ in range(options.epochs):
        begin = time.perf_counter()
        order = torch.randperm(samples, generator=generator)
        state, total = train_epoch(state, inputs, labels, order.to(torch.int32).numpy())
        loss = float(total) / samples
        seconds.append(time.perf_counter() - begin)
    return {"samples": samples, "parameters": parameters, "epoch_seconds": seconds, "train_loss": loss}


def main():
    parser = epoch_options(__doc__)
    parser.add_argument("--threads", type=int, help="cores for XLA's threads (all)")
    options = parser.parse_args()
    # XLA reads the affinity mask when it starts, and has no option for the number of its threads.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:options.threads])
    result = train(options)
    print(json.dumps({"jax": jax.__version__, **about_torch(), "hidden": options.hidden, "batch": options.batch,
                      "epochs": options.epochs, "threads": len(os.sched_getaffinity(0)), **result}))


if __name__ == "__main__":
    main()
