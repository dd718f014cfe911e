"""The loops that train networks: all of a stack at each step, or one network after the other."""

from dataclasses import dataclass, field
from functools import partial
from math import ceil

import torch

from ..optimizers import evaluated
from ..schedules import needs_losses, rate_at
from .memory import keep_freed_memory
from .networks import fresh_network, initial_weights
from .plain import Learner
from .stacks import stack_of
from .steps import column, kind_of

__all__ = ["Epoch", "train_each", "train_stack"]


@dataclass
class Epoch:
    """What networks look like after an epoch: every score (runs,), `batch_loss` (steps, runs), `weights` (runs, P).

    The weights are those that the networks are judged by. `buffers` holds what each network keeps besides them, a dict
    a network.
    """

    scores: dict
    batch_loss: torch.Tensor
    weights: torch.Tensor
    buffers: list = field(default_factory=list)


@torch.no_grad()
def train_stack(model, data, optimizer, rates, hyper, seeds, epochs, batch_size, device=None, stack=None, copies=False):
    """Train a stack of networks, one row each, and yield an `Epoch` after every epoch.

    `rates` is a list of schedules and `seeds` a list of whole numbers, one a network; values in `hyper` are numbers or
    lists of numbers, one a network. The seed sets the first weights and the order of the examples, so that networks of
    equal seed differ in nothing but their hyperparameters (common random numbers). `stack` may hand on what
    `stack_of` gave for the same model and data; with `copies` the optimizer may write into what it is given.
    """
    keep_freed_memory()
    parts = _parts(data, device)
    example = parts["train"][0][:1].cpu()
    stack = stack_of(fresh_network(model, 0, example), data) if stack is None else stack
    first = {seed: initial_weights(model, seed, example) for seed in dict.fromkeys(seeds)}
    weights = torch.stack([first[seed] for seed in seeds]).to(device)
    generators = [torch.Generator().manual_seed(seed) for seed in first]
    own = torch.tensor([list(first).index(seed) for seed in seeds], device=device)  # whose order a network follows
    rates = _Rates(rates, ceil(len(data.x_train) / batch_size))
    hyper = {name: column(value, device) for name, value in hyper.items()}
    state, val_losses = {}, []

    for epoch in range(epochs):
        lrs = rates.columns(epoch, val_losses).to(device)
        order = torch.stack([torch.randperm(len(data.x_train), generator=g) for g in generators]).to(device)
        batch_loss = []
        for lr, batch in zip(lrs, stack.batches(*parts["train"], order, own, batch_size), strict=True):
            loss, gradient = stack.loss_and_gradient(weights, batch)
            before = weights
            given = (weights.clone(), gradient.clone()) if copies else (weights, gradient)
            weights, state = optimizer(*given, state, lr, **hyper)
            batch_loss.append(loss)
        scores = {"mean_lr": lrs.mean((0, 2)), "gradient_norm": gradient.norm(dim=1),
                  "update_ratio": (weights - before).norm(dim=1) / before.norm(dim=1)}
        judged = evaluated(weights, state)
        for part, (x, y) in parts.items():
            scores |= zip((f"{part}_loss", f"{part}_accuracy"), stack.scores(judged, x, y), strict=False)
        val_losses.append(scores["val_loss"].tolist())
        yield Epoch(scores, torch.stack(batch_loss), judged)


def train_each(data, settings, rates, seeds, epochs, way, loss=None, device=None):
    """Train networks one by one, an epoch each in turn, and yield an `Epoch` after every epoch of all of them.

    `settings` and `rates` (schedules) hold one entry a network.
    """
    keep_freed_memory()
    steps = ceil(len(data.x_train) / settings[0]["batch_size"])
    parts = _parts(data, device)
    tops = {rate: _highest(rate, steps * epochs) for rate in dict.fromkeys(rates)} \
        if kind_of(settings[0]["optimizer"]) != "rows" else dict.fromkeys(rates)
    learners = [Learner(setting, seed, parts, data.task, loss, way, tops[rate], device)
                for setting, seed, rate in zip(settings, seeds, rates, strict=True)]
    rates, val_losses = _Rates(rates, steps), []
    for epoch in range(epochs):
        own = rates.of_epoch(epoch, val_losses)
        told = [learner.epoch(lrs) for learner, lrs in zip(learners, own, strict=True)]
        scores = {name: torch.tensor([scores[name] for _, scores in told]) for name in told[0][1]}
        scores["mean_lr"] = torch.tensor([sum(lrs) / steps for lrs in own])
        val_losses.append(scores["val_loss"].tolist())
        yield Epoch(scores, torch.stack([losses for losses, _ in told], dim=1),
                    [learner.weights() for learner in learners], [learner.buffers() for learner in learners])


class _Rates:
    """The learning rate at each step for each network.

    A schedule of the step alone is asked once for all networks that share it; one that needs losses for each network,
    with the losses of the epochs before.
    """

    def __init__(self, schedules, steps):
        self.steps = steps
        asked = [(schedule, run if needs_losses(schedule) else None) for run, schedule in enumerate(schedules)]
        self.asked = list(dict.fromkeys(asked))
        place = {key: i for i, key in enumerate(self.asked)}
        self.own = [place[key] for key in asked]

    def of_epoch(self, epoch, val_losses):
        """The rates (runs, steps); `val_losses` holds a list for each epoch so far, one loss a network."""
        table = self._table(epoch, val_losses)
        return [table[i] for i in self.own]

    def columns(self, epoch, val_losses):
        """The same as a tensor (steps, runs, 1)."""
        table = torch.tensor(self._table(epoch, val_losses), dtype=torch.float32)
        return table[self.own].T[:, :, None]

    def _table(self, epoch, val_losses):
        span, table = range(epoch * self.steps, (epoch + 1) * self.steps), []
        for schedule, run in self.asked:
            if run is None:
                table.append([rate_at(schedule, step) for step in span])
            else:
                losses = [losses[run] for losses in val_losses]
                table.append([rate_at(schedule, step, losses) for step in span])
        return table


def _highest(schedule, steps):
    """The highest rate of a schedule; the first one where it needs losses, since later ones are not known yet."""
    rates = [rate_at(schedule, 0, [])] if needs_losses(schedule) else map(partial(rate_at, schedule), range(steps))
    return max(rates) or 1.0


def _parts(data, device):
    """Inputs and targets of each part as tensors."""
    return {part: tuple(torch.tensor(getattr(data, f"{axis}_{part}"), device=device) for axis in "xy")
            for part in ("train", "val", "test")}
