#!/usr/bin/env python3
"""The training loop of PyTorch's tutorials, to show its cost for small steps.

    bench/peers/naive.py --data synthetic:samples=10000,features=10,classes=2 --hidden 50 --batch 32 --epochs 20

All inputs are in one tensor of floats, and each step takes a slice of its rows, in the same order in every epoch: no
DataLoader, which would cost many times more, and no shuffling, which would cost a little. Everything else is
PyTorch's default: threads, torch.optim.SGD, no compilation. bench/peers/pytorch.py is the fast loop.

Prints one JSON object: versions, seconds of each epoch, the last epoch's mean loss.
Exits with code 69 if PyTorch is not installed.
"""

import json
import time

from common import about_torch, epoch_options, floats, linear_layers, read_data  # first: it reports a missing PyTorch

import torch


class Network(torch.nn.Module):
    def __init__(self, widths, seed):
        super().__init__()
        self.layers = torch.nn.ModuleList(linear_layers(widths, seed))

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = torch.relu(layer(x))
        return self.layers[-1](x)


def train(options):
    inputs, labels, classes = read_data(options.data)
    inputs, samples, batch = floats(inputs), len(inputs), options.batch
    model = Network([inputs.shape[1], *options.hidden, classes], options.seed)
    criterion = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=options.lr, momentum=options.momentum)
    seconds = []
    for _ in range(options.epochs):
        begin, total = time.perf_counter(), 0.0
        for i in range(0, samples, batch):
            x, y = inputs[i:i + batch], labels[i:i + batch]
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x)
        seconds.append(time.perf_counter() - begin)
    return {"samples": samples, "parameters": sum(p.numel() for p in model.parameters()),
            "epoch_seconds": seconds, "train_loss": total / samples}


def main():
    options = epoch_options(__doc__).parse_args()
    result = train(options)
    print(json.dumps({**about_torch(), "hidden": options.hidden, "batch": options.batch, "epochs": options.epochs,
                      "threads": torch.get_num_threads(), **result}))


if __name__ == "__main__":
    main()
