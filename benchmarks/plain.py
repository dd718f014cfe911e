"""Network by network, beside the loop that a reader would write: `python benchmarks/plain.py [rounds]`, a table.

Each network is trained for some epochs and scored after each on the training, validation and test part, by the loop
and by `sweep`, in turn, on one thread, in seconds of the processor; the ratio is of the medians. The last column is the
gain in time of `sweep` on all cores over `sweep` in one process, for eight networks: it needs a machine with nothing
else to do.
"""

import sys
import time
from statistics import median

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import course_utils.engine.chunks as chunks
from course_utils.data import Dataset, load_digits, load_sunspots
from course_utils.optimizers import adam
from course_utils.sweep import sweep

EPOCHS = 20  # long enough that what a sweep does once does not count


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.memory, self.out = nn.LSTM(1, 16, batch_first=True), nn.Linear(16, 1)

    def forward(self, x):
        return self.out(self.memory(x[..., None])[0][:, -1])


def conv_net():
    return nn.Sequential(nn.Conv2d(1, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.Conv2d(16, 16, 3), nn.ReLU(),
                         nn.Dropout(0.2), nn.Flatten(), nn.Linear(256, 10))


def dense_net():
    return nn.Sequential(nn.Linear(64, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 10))


def images(data):
    shaped = lambda x: np.reshape(x, (-1, 1, 8, 8))
    return Dataset("images", shaped(data.x_train), data.y_train, shaped(data.x_val), data.y_val, shaped(data.x_test),
                   data.y_test)


def loop(model, data, optimizer, lr, seed):
    """What stands in any tutorial, with the records that a sweep keeps."""
    torch.manual_seed(seed)
    network = model()
    stepper = optimizer(network.parameters(), lr=lr)
    parts = [(torch.tensor(getattr(data, f"x_{part}")), torch.tensor(getattr(data, f"y_{part}")))
             for part in ("train", "val", "test")]
    x, y = parts[0]
    classes, history = data.task == "classification", []
    loss_of = F.cross_entropy if classes else lambda outputs, y: F.mse_loss(outputs[:, 0], y)
    for _ in range(EPOCHS):
        network.train()
        for rows in torch.randperm(len(x)).split(32):
            stepper.zero_grad()
            loss = loss_of(network(x[rows]), y[rows])
            loss.backward()
            stepper.step()
            history.append(loss.item())
        network.eval()
        with torch.no_grad():
            for xs, ys in parts:
                outputs = network(xs)
                history.append(loss_of(outputs, ys).item())
                if classes:
                    history.append((outputs.argmax(1) == ys).float().mean().item())
    return history


def clock(call, now=time.perf_counter):
    began = now()
    call()
    return now() - began


def main(rounds=7):
    digits = load_digits()
    cases = {"dense, batch normalization, dropout": (dense_net, digits), "convolutions": (conv_net, images(digits)),
             "LSTM": (Recurrent, load_sunspots(24))}
    torch.set_num_threads(1)
    print(f"{'seconds a network':42}{'loop':>8}{'sweep':>8}{'ratio':>8}{'gain of all cores':>20}")
    for name, (model, data) in cases.items():
        for kind, optimizer in (("torch.optim.Adam", torch.optim.Adam), ("adam", adam)):
            train = lambda n: sweep(model, data, optimizer, lr=0.003, seeds=range(n), epochs=EPOCHS,  # noqa: B023
                                    progress=False)
            chunks.WORTH = float("inf")
            theirs, ours = [], []
            for k in range(rounds):
                theirs.append(clock(lambda: [loop(model, data, torch.optim.Adam, 0.003, s) for s in (k, k + 1)],  # noqa: B023
                                    time.process_time))
                ours.append(clock(lambda: train(2), time.process_time))  # noqa: B023
            one, away = [], []
            for _ in range(3):
                chunks.WORTH = float("inf")
                one.append(clock(lambda: train(8)))  # noqa: B023
                chunks.WORTH = 0.0
                away.append(clock(lambda: train(8)))  # noqa: B023
            a, b = median(theirs) / 2, median(ours) / 2
            gain = median(one) / median(away)
            print(f"{name + ', ' + kind:42.42}{a:8.3f}{b:8.3f}{b / a:8.2f}{gain:20.2f}", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
