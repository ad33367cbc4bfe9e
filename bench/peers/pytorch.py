#!/usr/bin/env python3
"""The PyTorch counterpart of `lockstep train`: the same network, data, loss, optimizer and global batch.

    bench/peers/pytorch.py --hidden 512,256 --batch 128 --epochs 2 --threads 2
    bench/peers/pytorch.py --batch 128 --epochs 2 --ranks 2 --threads 1 --optimizer fused --compile

It is written to be fast, not short: images remain bytes in memory and are converted to floats batch by batch;
one permutation per epoch and index_select, no DataLoader; nothing is read back within a step; no
evaluation. With --ranks, each rank takes its rows of the global batch, and the gradients, stored in one flat
tensor, are summed by one all_reduce (gloo) per step, as DistributedDataParallel does with one bucket.

Prints one JSON object: versions, setting, seconds of each epoch, the last epoch's mean loss.
Exits with code 69 if PyTorch is not installed.
"""

import argparse
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time

from common import about_torch, epoch_options, floats, leave, read_data, rows_of, sequential  # first: it reports a missing PyTorch

import torch
import torch.distributed


class Twin:
    """One rank's model, optimizer and step."""

    def __init__(self, options, inputs, classes):
        self.options = options
        self.model = sequential([inputs, *options.hidden, classes], options.seed)
        parameters = list(self.model.parameters())
        if options.ranks > 1:
            # All gradients are in one flat tensor, so that one all_reduce sums them.
            self.gradient = torch.zeros(sum(p.numel() for p in parameters))
            for p, g in zip(parameters, self.gradient.split([p.numel() for p in parameters])):
                p.grad = g.view_as(p)
        self.optimizer = torch.optim.SGD(
            parameters, lr=options.lr, momentum=options.momentum,
            foreach=options.optimizer == "foreach", fused=options.optimizer == "fused")
        self.forward = torch.compile(self.forward_loss) if options.compile else self.forward_loss

    def forward_loss(self, inputs, labels):
        return torch.nn.functional.cross_entropy(self.model(floats(inputs)), labels, reduction="sum")

    def step(self, inputs, labels, batch):
        """Takes a step with these rows of a global batch of `batch` samples; returns the sum of their losses."""
        if self.options.ranks > 1:
            self.gradient.zero_()
        else:
            self.optimizer.zero_grad(set_to_none=True)
        loss = self.forward(inputs, labels)
        (loss * (1 / batch)).backward()
        if self.options.ranks > 1:
            torch.distributed.all_reduce(self.gradient)
        self.optimizer.step()
        return loss.detach()


def train(options, rank):
    inputs, labels, classes = read_data(options.data)
    samples = len(labels)
    twin = Twin(options, inputs.shape[1], classes)
    generator = torch.Generator().manual_seed(options.seed)
    seconds = []
    for _ in range(options.epochs):
        begin = time.perf_counter()
        order = torch.randperm(samples, generator=generator)
        total = torch.zeros(())
        for first in range(0, samples, options.batch):
            batch = min(options.batch, samples - first)
            index = order[first:first + batch][rows_of(rank, options.ranks, batch)]
            total += twin.step(inputs.index_select(0, index), labels.index_select(0, index), batch)
        if options.ranks > 1:
            torch.distributed.all_reduce(total)
        loss = total.item() / samples
        seconds.append(time.perf_counter() - begin)
    return {"samples": samples, "parameters": sum(p.numel() for p in twin.model.parameters()),
            "epoch_seconds": seconds, "train_loss": loss}


def run_rank(options, rank, store):
    torch.set_num_threads(options.threads)
    if options.ranks > 1:
        torch.distributed.init_process_group(
            "gloo", init_method=f"file://{store}", rank=rank, world_size=options.ranks)
    result = train(options, rank)
    if options.ranks > 1:
        torch.distributed.destroy_process_group()
    return result


@contextlib.contextmanager
def other_ranks(options):
    """Starts ranks 1 and up as processes of this program; the caller is rank 0."""
    if options.ranks == 1:
        yield None
        return
    interfaces = [name for _, name in socket.if_nameindex()]
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo" if "lo" in interfaces else interfaces[0])
    with tempfile.TemporaryDirectory() as folder:
        store = f"{folder}/store"
        processes = [subprocess.Popen([sys.executable, *sys.argv, "--rank", str(rank), "--store", store])
                     for rank in range(1, options.ranks)]
        try:
            yield store
            if any(process.wait() for process in processes):
                sys.exit("pytorch.py: another rank failed")
        finally:
            for process in processes:
                process.kill()


def read_options():
    parser = epoch_options(__doc__)
    parser.add_argument("--threads", default=1, type=int, help="threads per rank")
    parser.add_argument("--ranks", default=1, type=int, help="number of processes, connected by gloo")
    parser.add_argument("--optimizer", default="fused", choices=["loop", "foreach", "fused"],
                        help="torch.optim.SGD's implementation (%(default)s)")
    parser.add_argument("--compile", action="store_true", help="torch.compile forward, loss and backward")
    parser.add_argument("--rank", default=0, type=int, help=argparse.SUPPRESS)
    parser.add_argument("--store", help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    options = read_options()
    if options.rank:
        run_rank(options, options.rank, options.store)
        leave()
    with other_ranks(options) as store:
        result = run_rank(options, 0, store)
    print(json.dumps({
        **about_torch(), "hidden": options.hidden, "batch": options.batch, "epochs": options.epochs,
        "ranks": options.ranks,
        "threads": options.threads, "optimizer": options.optimizer, "compile": options.compile, **result}))
    if options.ranks > 1:
        leave()


if __name__ == "__main__":
    main()
