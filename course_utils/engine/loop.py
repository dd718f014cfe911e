"""The loop that trains a stack of networks, each step of all of them at once."""

from dataclasses import dataclass
from math import ceil
from numbers import Real

import torch

from ..schedules import needs_losses
from .memory import keep_freed_memory
from .stacks import fresh_network, initial_weights, stack_of

__all__ = ["Epoch", "train_stack"]


@dataclass
class Epoch:
    """What the networks of a stack looked like after an epoch: every score (runs,), `batch_loss` (steps, runs)."""

    scores: dict
    batch_loss: torch.Tensor
    weights: torch.Tensor


@torch.no_grad()
def train_stack(model, data, optimizer, rates, hyper, seeds, epochs, batch_size, device=None, stack=None):
    """Train a stack of networks, one row each, and yield an `Epoch` after every epoch.

    `rates` is a list of schedules and `seeds` a list of whole numbers, one a network; values in `hyper` are numbers or
    lists of numbers, one a network. The seed sets the first weights and the order of the examples, so that networks of
    equal seed differ in nothing but their hyperparameters (common random numbers). `stack` may hand on what
    `stack_of` gave for the same model and data.
    """
    keep_freed_memory()
    stack = stack_of(fresh_network(model), data) if stack is None else stack
    parts = {part: _tensors(data, part, device) for part in ("train", "val", "test")}
    steps = ceil(len(data.x_train) / batch_size)
    first = {seed: initial_weights(model, seed) for seed in dict.fromkeys(seeds)}
    weights = torch.stack([first[seed] for seed in seeds]).to(device)
    generators = [torch.Generator().manual_seed(seed) for seed in first]
    own = torch.tensor([list(first).index(seed) for seed in seeds], device=device)  # whose order a network follows
    rates = _Rates(rates, steps)
    hyper = {name: _column(value, device) for name, value in hyper.items()}
    state, val_losses = {}, []

    for epoch in range(epochs):
        lrs = rates.of_epoch(epoch, val_losses).to(device)
        order = torch.stack([torch.randperm(len(data.x_train), generator=g) for g in generators]).to(device)
        batch_loss = []
        for lr, batch in zip(lrs, stack.batches(*parts["train"], order, own, batch_size), strict=True):
            loss, gradient = stack.loss_and_gradient(weights, batch)
            before = weights
            weights, state = optimizer(weights, gradient, state, lr, **hyper)
            batch_loss.append(loss)
        scores = {"mean_lr": lrs.mean((0, 2)), "gradient_norm": gradient.norm(dim=1),
                  "update_ratio": (weights - before).norm(dim=1) / before.norm(dim=1)}
        for part, (x, y) in parts.items():
            scores |= zip((f"{part}_loss", f"{part}_accuracy"), stack.scores(weights, x, y), strict=False)
        val_losses.append(scores["val_loss"].tolist())
        yield Epoch(scores, torch.stack(batch_loss), weights)


class _Rates:
    """The learning rate at each step for each network.

    A schedule of the step alone is asked once for all networks that share it; one that needs losses once an epoch, at
    its first step, for each network.
    """

    def __init__(self, schedules, steps):
        self.steps = steps
        asked = [(schedule, run if needs_losses(schedule) else None) for run, schedule in enumerate(schedules)]
        self.asked = list(dict.fromkeys(asked))
        place = {key: i for i, key in enumerate(self.asked)}
        self.own = torch.tensor([place[key] for key in asked])

    def of_epoch(self, epoch, val_losses):
        """The rates (steps, runs, 1); `val_losses` holds a list for each epoch so far, one loss a network."""
        span = range(epoch * self.steps, (epoch + 1) * self.steps)
        table = []
        for schedule, run in self.asked:
            if run is None:
                table.append([schedule(step) for step in span])
            else:
                table.append([schedule(span[0], [losses[run] for losses in val_losses])] * self.steps)
        return torch.tensor(table, dtype=torch.float32)[self.own].T[:, :, None]


def _tensors(data, part, device):
    return tuple(torch.tensor(getattr(data, f"{axis}_{part}"), device=device) for axis in "xy")


def _column(value, device):
    """A list of one value a network as a column (runs, 1); a single number as it is."""
    return value if isinstance(value, Real) else torch.tensor(value, dtype=torch.float32, device=device)[:, None]
