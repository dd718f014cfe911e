"""The edge of stability: descent that is watched, with the sharpness of the loss every few steps of many networks.

Every rate and every seed is a network of its own, and all of them are trained at once. The problem is the digits, a few
hundred of them in every step, with squared error on targets of ten numbers, a 1 for the right digit and 0 for the
others, or with cross-entropy on classes.
"""

from dataclasses import dataclass, field
from math import ceil

import numpy as np
import torch

from ..curvature import edge, sharpness
from ..data import Dataset, load_digits
from ..schedules import constant
from ..training import initial_weights, one_thread, train_stack

__all__ = ["LOST", "Watched", "few_digits", "watch"]

LOST = 100  # times the first loss: whoever is there does not come back


@dataclass(frozen=True)
class Watched:
    """Networks on their way: a row for each look, after `steps` (looks,) steps, and a column for each network.

    `rates` (looks, networks) are those of the next step, `sharpness` and `train_loss` (looks, networks) those of the
    loss over all examples (the first loss is that of the first batch), nan from the look on at which a network is lost:
    its loss no number, or above `LOST` times the first one. `val_loss` (networks,) and `weights` (networks, P) are
    those at the end. Rate i and seed k stand in column i · seeds + k. `beta` is that of momentum.
    """

    steps: np.ndarray
    rates: np.ndarray
    sharpness: np.ndarray
    train_loss: np.ndarray
    val_loss: np.ndarray
    n_seeds: int
    beta: float = 0.0
    weights: torch.Tensor = field(default=None, repr=False)

    @property
    def edges(self):
        """2 (1 + β) / rate, as (looks, rates, seeds)."""
        return self.by_rate(edge(self.rates, self.beta))

    @property
    def share(self):
        """The sharpness in parts of the edge, as (looks, rates, seeds)."""
        return self.by_rate(self.sharpness) / self.edges

    @property
    def survived(self):
        """Whether the last training loss is a number below the first, as (rates, seeds)."""
        return self.by_rate(self.train_loss[-1] < self.train_loss[0])

    def at_end(self, n_looks=5):
        """The share of the edge (rates, seeds), the mean of the last looks."""
        return self.share[-n_looks:].mean(axis=0)

    def steps_to_edge(self, after=0, within=0.05):
        """Steps (rates, seeds) from step `after` to the first look whose share is within so much of 1; nan if none."""
        near = (np.abs(self.share - 1) <= within) & (self.steps > after)[:, None, None]
        return np.where(near.any(axis=0), self.steps[near.argmax(axis=0)] - after, np.nan)

    def by_rate(self, values):
        """Values (…, networks) as (…, rates, seeds)."""
        return np.reshape(values, (*np.shape(values)[:-1], -1, self.n_seeds))


def few_digits(n=200, loss="squared error", centred=True, n_others=100):
    """The first n training images of the digits: a `Dataset`, with `n_others` images to validate, and to test.

    With "squared error" the targets are ten numbers, a 1 for the digit; with "cross-entropy" they are classes.
    `centred` takes each pixel's mean over the n images away.
    """
    digits = load_digits()
    mean = digits.x_train[:n].mean(axis=0) if centred else 0.0
    targets = {"squared error": lambda y: np.eye(10)[y], "cross-entropy": lambda y: y}
    if loss not in targets:
        raise ValueError(f"loss must be one of {', '.join(targets)}, got {loss!r}")
    parts = [(digits.x_train[:n], digits.y_train[:n]), (digits.x_val[:n_others], digits.y_val[:n_others]),
             (digits.x_test[:n_others], digits.y_test[:n_others])]
    return Dataset(f"{n} digits, {loss}", *(a for x, y in parts for a in (x - mean, targets[loss](y))),
                   task="regression" if loss == "squared error" else "classification")


def watch(model, data, optimizer, rates, seeds, n_steps, every=20, batch_size=None, looks=12, **hyper):
    """Train a network for each rate (a number or a schedule) and seed, and look at all every `every` steps: `Watched`.

    Without `batch_size` all examples are in every step; with it, `every` is rounded up to whole epochs. `looks` is the
    number of Lanczos steps of a sharpness.
    """
    schedules = [rate if callable(rate) else constant(rate) for rate in rates]
    columns = [(schedule, seed) for schedule in schedules for seed in seeds]
    size = len(data.x_train) if batch_size is None else batch_size
    steps = ceil(len(data.x_train) / size)
    epochs, between = ceil(n_steps / steps), ceil(every / steps)
    first = torch.stack([initial_weights(model, seed) for seed in seeds]).repeat(len(schedules), 1)
    at, seen, losses = [0], [], []
    path = train_stack(model, data, optimizer, [schedule for schedule, _ in columns], hyper,
                       [seed for _, seed in columns], epochs, size)
    with one_thread():
        seen.append(sharpness(model, data, first, n_steps=looks))
        for epoch, now in enumerate(path, start=1):
            if epoch == 1:
                losses.append(now.batch_loss[0])
            if epoch % between == 0:
                at.append(epoch * steps)
                seen.append(sharpness(model, data, now.weights, n_steps=looks))
                losses.append(now.scores["train_loss"])
    rates = np.array([[schedule(step) for schedule, _ in columns] for step in at])
    losses = torch.stack(losses).numpy().astype(float)
    gone = np.logical_or.accumulate(~(losses <= LOST * losses[0]), axis=0)
    val_loss = np.where(gone[-1], np.nan, now.scores["val_loss"].numpy())
    return Watched(np.array(at), rates, np.where(gone, np.nan, seen), np.where(gone, np.nan, losses), val_loss,
                   len(seeds), float(hyper.get("beta", 0.0)), now.weights)
