#!/usr/bin/env python3
"""One host of PyTorch's DistributedDataParallel: the same network, data, loss, optimizer and global batch as lockstep.

    bench/peers/ddp.py --hidden 1024,1024,1024 --batch 1024 --hosts 2 --host 0 --address 10.99.0.1:29500

bench/hosts starts it on every host. Each host takes its rows of the global batch; DDP sums the gradients over gloo in
buckets, each while backward computes the next. Gradients are views of the buckets, the graph is static, SGD is fused,
and the loop is that of bench/peers/pytorch.py: bytes in memory, index_select, no DataLoader, nothing read back
within a step. A single host trains without DDP, whose copies it does not need.

Measured are the seconds of a step for each size of --bucket-mb, after a warm-up in which DDP arranges its buckets.
The first host prints one JSON object: versions, setting, seconds of a step for each size, and the mean loss of the
last step of the warm-up, which shows that any number of hosts trains the same.
Exits with code 69 if PyTorch is not installed.
"""

import datetime
import itertools
import json
import math
import os
import time

from common import about_torch, floats, leave, peer_options, read_data, rows_of, sequential  # first: it reports a missing PyTorch

import torch
import torch.distributed

WARM_UP_STEPS, ESTIMATE_STEPS = 3, 2
LIMIT = datetime.timedelta(seconds=120)  # of waiting for another host


class Replica:
    """One host's model, optimizer and step."""

    def __init__(self, options, data, bucket_mb):
        self.options = options
        self.inputs, self.labels, classes = data
        model = sequential([self.inputs.shape[1], *options.hidden, classes], options.seed)
        self.parameters = sum(p.numel() for p in model.parameters())
        self.optimizer = torch.optim.SGD(model.parameters(), lr=options.lr, momentum=options.momentum, fused=True)
        self.network = model if options.hosts == 1 else torch.nn.parallel.DistributedDataParallel(
            model, bucket_cap_mb=bucket_mb, gradient_as_bucket_view=True, static_graph=True)
        self.batches = self.all_batches()

    def all_batches(self):
        """Yields the samples of each batch, epoch after epoch."""
        generator = torch.Generator().manual_seed(self.options.seed)
        for _ in itertools.count():
            yield from torch.randperm(len(self.labels), generator=generator).split(self.options.batch)

    def step(self):
        """Takes a step; returns the sum of the losses of this host's rows, divided by the size of the batch."""
        batch = next(self.batches)
        index = batch[rows_of(self.options.host, self.options.hosts, len(batch))]
        self.optimizer.zero_grad(set_to_none=True)
        logits = self.network(floats(self.inputs.index_select(0, index)))
        loss = torch.nn.functional.cross_entropy(logits, self.labels.index_select(0, index), reduction="sum") / len(batch)
        (loss * self.options.hosts).backward()  # DDP divides the sum over hosts by their number
        self.optimizer.step()
        return loss.detach()

    def seconds(self, steps):
        """Returns the seconds of a step, the same on all hosts."""
        begin = time.perf_counter()
        for _ in range(steps):
            self.step()
        taken = torch.tensor((time.perf_counter() - begin) / steps, dtype=torch.float64)
        if self.options.hosts > 1:
            torch.distributed.broadcast(taken, 0)
        return taken.item()


def measure(options, data, bucket_mb):
    """Returns seconds of a step, the loss at the end of the warm-up, and the number of parameters."""
    replica = Replica(options, data, bucket_mb)
    for _ in range(WARM_UP_STEPS):
        loss = replica.step()
    if options.hosts > 1:
        torch.distributed.all_reduce(loss)
    estimate = replica.seconds(ESTIMATE_STEPS)
    return replica.seconds(math.ceil(options.seconds / estimate)), loss.item(), replica.parameters


def read_options():
    parser = peer_options(__doc__)
    parser.add_argument("--hosts", default=1, type=int)
    parser.add_argument("--host", default=0, type=int, help="this host's number, from 0")
    parser.add_argument("--address", help="of the first host, with a port")
    parser.add_argument("--interface", default="net", help="network device (%(default)s)")
    parser.add_argument("--threads", default=1, type=int, help="per host (%(default)s)")
    parser.add_argument("--bucket-mb", default="25,4", type=lambda text: [int(n) for n in text.split(",")],
                        help="sizes of DDP's buckets to measure (%(default)s)")
    parser.add_argument("--seconds", default=0.5, type=float, help="of one measurement (%(default)s)")
    return parser.parse_args()


def main():
    options = read_options()
    torch.set_num_threads(options.threads)
    data = read_data(options.data)
    if options.hosts > 1:
        os.environ["GLOO_SOCKET_IFNAME"] = options.interface
        torch.distributed.init_process_group("gloo", init_method=f"tcp://{options.address}", rank=options.host,
                                             world_size=options.hosts, timeout=LIMIT)
    step_s, losses, parameters = {}, [], 0
    for bucket_mb in options.bucket_mb if options.hosts > 1 else ["none"]:
        step_s[bucket_mb], loss, parameters = measure(options, data, bucket_mb)
        losses.append(loss)
    if options.host == 0:
        print(json.dumps({**about_torch(), "hidden": options.hidden, "batch": options.batch, "hosts": options.hosts,
                          "threads": options.threads, "parameters": parameters, "losses": losses, "step_s": step_s}))
    if options.hosts > 1:
        torch.distributed.destroy_process_group()
        leave()


if __name__ == "__main__":
    main()
