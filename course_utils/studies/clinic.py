"""The clinic: training runs that are ill for a known reason, what their gauges show, and what heals them.

A patient is data: a name, what is wrong, and the change that makes it of a plan. A treatment is a change as well, so
that healthy, sick and treated runs are trained by the same lines. Run k of every patient starts from the same weights
and sees the same order of the examples.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from math import ceil

import numpy as np
import torch

from ..basins import basin_width
from ..data import Dataset
from ..schedules import warmup
from ..sweep import sweep_settings
from ..training import fresh_network, train_stack

__all__ = ["Basin", "Chart", "GAUGES", "Patient", "Plan", "admit", "averaged", "basins", "clip", "clipped", "from_step",
           "slower", "treated", "warmed"]

GAUGES = ("train_loss", "val_loss", "gradient_norm", "update_ratio")  # once an epoch, the last two at its last step


@dataclass(frozen=True)
class Plan:
    """How a network is trained: all that `sweep` is told but the seeds. `lr` is a schedule, `hyper` the rest."""

    data: Dataset
    model: Callable
    optimizer: Callable
    lr: Callable
    epochs: int = 50
    batch_size: int = 32
    loss: Callable | None = None
    hyper: dict = field(default_factory=dict)

    @property
    def steps_per_epoch(self):
        return ceil(len(self.data.x_train) / self.batch_size)

    @property
    def steps(self):
        return self.epochs * self.steps_per_epoch

    @property
    def setting(self):
        """The same as a setting of `sweep_settings`."""
        return {"model": self.model, "optimizer": self.optimizer, "lr": self.lr, "batch_size": self.batch_size,
                **self.hyper}


@dataclass(frozen=True)
class Patient:
    """A run that is ill: `change` makes it of the plan that it was meant to follow, `wrong` says in words how.

    `plan` is a function of no arguments; patients whose runs share their data, loss and epochs are trained together.
    """

    name: str
    wrong: str
    change: Callable[[Plan], Plan]
    plan: Callable[[], Plan]

    @property
    def run(self):
        """What is trained in truth."""
        return self.change(self.plan())

    @property
    def healthy(self):
        return self.wrong == "nothing"


@dataclass(frozen=True)
class Chart:
    """What a patient shows: `gauges` maps each name to (seeds, epochs), `rates` (steps,) are those used in truth.

    A gauge is nan from the epoch on in which the loss became nan or infinite. `scores` maps the final val_accuracy,
    test_accuracy and test_loss to (seeds,), which no gauge shows; an accuracy is 0 where the loss is gone.
    """

    patient: Patient
    seeds: list
    gauges: dict
    rates: np.ndarray
    scores: dict

    def of_seed(self, seed):
        """All that a diagnosis may look at: the gauges of one run, by name (epochs,), and its `rates` (steps,)."""
        k = self.seeds.index(seed)
        return {name: values[k] for name, values in self.gauges.items()} | {"rates": self.rates}

    def __str__(self):
        """The gauges in words: from the first epoch to the last, medians over the seeds."""
        ends = {name: np.median(values[:, [0, -1]], axis=0) for name, values in self.gauges.items()}
        return ", ".join([f"{name.replace('_', ' ')} {first:.2g} → {last:.2g}" for name, (first, last) in ends.items()]
                         + [f"rate {self.rates[0]:.2g} → {self.rates[-1]:.2g} in {len(self.rates)} steps"])


@dataclass(frozen=True)
class Basin:
    """A treatment over a row of rates: `factors` (n,) of the patient's own, `charts` (n,), one for each of them."""

    factors: list
    charts: list

    @property
    def val_accuracy(self):
        """Final validation accuracies (n, seeds)."""
        return np.array([chart.scores["val_accuracy"] for chart in self.charts])

    def widths(self, tolerance=0.05):
        """Decades of rate (seeds,) around the best one in which a network stays within `tolerance` of its best."""
        return np.array([basin_width(self.factors, scores, tolerance) for scores in self.val_accuracy.T])

    def chosen(self, seeds):
        """The chart at the factor whose mean validation accuracy is best on the first so many seeds."""
        return self.charts[int(self.val_accuracy[:, :seeds].mean(axis=1).argmax())]


def basins(patient, treatments, factors, seeds):
    """A patient at several rates under several treatments, tuples of changes by name: a dict name → `Basin`.

    Each treatment follows the change of the rate; all are trained under the same seeds.
    """
    cases = {(name, factor): treated(patient, f"{name} × {factor:g}", slower(factor), *changes)
             for name, changes in treatments.items() for factor in factors}
    charts = admit(cases.values(), seeds)
    return {name: Basin(list(factors), [charts[cases[name, factor].name] for factor in factors])
            for name in treatments}


def admit(patients, seeds=range(4)):
    """Train all patients under the same seeds: a dict name → `Chart`. Names must differ."""
    names = [patient.name for patient in patients]
    if doubled := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"patients must have names of their own, got {', '.join(sorted(doubled))} more than once")
    groups, charts = {}, {}
    for patient in patients:
        run = patient.run
        groups.setdefault((id(run.data), run.loss, run.epochs), []).append((patient, run))
    for (_, loss, epochs), members in groups.items():
        found = sweep_settings(members[0][1].data, [run.setting for _, run in members], seeds, epochs, progress=False,
                               loss=loss)
        charts |= {patient.name: _chart(patient, run, found, i) for i, (patient, run) in enumerate(members)}
    return {name: charts[name] for name in names}


def _chart(patient, run, found, i):
    history = {name: values[i] for name, values in found.history.items()}
    ends = np.arange(1, run.epochs + 1) * run.steps_per_epoch
    failed = found.diverged_at[i][:, None]
    gone = ~np.isfinite(history["train_loss"]) | ((failed >= 0) & (ends > failed))
    gone = np.logical_or.accumulate(gone, axis=1)
    scores = {name: history[name][:, -1] for name in ("val_accuracy", "test_accuracy", "test_loss") if name in history}
    scores = {name: np.where(gone[:, -1], 0.0 if "accuracy" in name else np.nan, values)
              for name, values in scores.items()}
    return Chart(patient, list(found.seeds), {name: np.where(gone, np.nan, history[name]) for name in GAUGES},
                 np.array([run.lr(step) for step in range(run.steps)]), scores)


def treated(patient, name, *treatments):
    """The patient after further changes, one after the other; what was wrong stays, unless one of them undoes it."""
    def change(plan):
        plan = patient.change(plan)
        for treatment in treatments:
            plan = treatment(plan)
        return plan

    return replace(patient, name=f"{patient.name}, {name}", change=change)


def slower(factor):
    """The change of a plan to `factor` times its rate at every step."""
    return lambda plan: replace(plan, lr=partial(_times, factor, plan.lr))


def warmed(steps):
    """The change of a plan to one whose rate rises in a straight line over the first steps; 0 changes nothing."""
    return lambda plan: replace(plan, lr=warmup(plan.lr, steps)) if steps else plan


def from_step(step, change):
    """The change of a plan that begins at a step: equal seeds make it a restart from what was saved there.

    Only the rate can change on the way.
    """
    return lambda plan: replace(plan, lr=partial(_spliced, plan.lr, change(plan).lr, step))


def clipped(max_norm):
    """The change of a plan to one whose gradients are clipped."""
    return lambda plan: replace(plan, optimizer=partial(clip, plan.optimizer),
                                hyper=plan.hyper | {"max_norm": max_norm})


def clip(optimizer, w, g, state, lr, max_norm, **hyper):
    """A step of another optimizer down the clipped gradient g · min(1, max_norm / ‖g‖)  (Pascanu et al. 2013).

    w and g are (weights,) or (networks, weights); the norm is that of all weights of a network together.
    """
    norm = (g * g).sum(-1, keepdims=True) ** 0.5
    return optimizer(w, g * (max_norm / norm.clip(min=max_norm)), state, lr, **hyper)


def averaged(patient, seeds, last):
    """Test accuracies (seeds,) of the mean of the weights at the ends of the last epochs, and of the last weights.

    (Polyak & Juditsky 1992.)
    """
    run, kept = patient.run, []
    rates = [run.lr] * len(seeds)
    for epoch in train_stack(run.model, run.data, run.optimizer, rates, run.hyper, list(seeds), run.epochs,
                             run.batch_size):
        kept = [*kept, epoch.weights][-last:]
    return tuple(np.array([_test_accuracy(run, row) for row in weights])
                 for weights in (torch.stack(kept).mean(dim=0), kept[-1]))


@torch.no_grad()
def _test_accuracy(run, weights):
    x = torch.tensor(run.data.x_test)
    module = fresh_network(run.model, 0, x[:1])
    torch.nn.utils.vector_to_parameters(weights, module.parameters())
    return float((module(x).argmax(1).numpy() == run.data.y_test).mean())


def _times(factor, schedule, step):
    return factor * schedule(step)


def _spliced(before, after, when, step):
    return before(step) if step < when else after(step)
