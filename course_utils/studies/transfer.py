"""The transfer study: what a tuned rate costs when the batch, the width, the length or the optimizer changes.

All rates are powers of two, so that a rule such as "four times the rate" leads from one rate of a grid to another. What
is compared are *gains*: 0 for the loss of the best constant prediction, 1 for the loss at the rate that was tuned for
the case in question. A regret is a gain that a carried rate misses.
"""

from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import pandas as pd
from scipy import stats

from ..data import Dataset, load_digits, make_linear, reconstruction
from ..models import mlp, rate_shares, wide
from ..optimizers import adam, adamw, momentum, sgd
from ..schedules import cosine
from ..statistics import Difference, mean_interval
from ..sweep import progress_bar, require_inside, sweep_settings
from .stored import load_table

__all__ = ["BATCH", "BATCHES", "DECAYS", "DECAY_LENGTHS", "DECAY_RATES", "EPOCHS", "LENGTHS", "OPTIMIZERS", "PARTS",
           "RATES", "SMALL", "WIDE_RATES", "WIDTHS", "Problem", "Transfer", "layered", "load_transfer", "make_problems",
           "maximal_update", "noisy_digits", "run_transfer"]

OPTIMIZERS = {f.__name__: f for f in (sgd, momentum, adam, adamw)}
EPOCHS = 16
BATCHES = 2, 8, 32, 128
SMALL = 8  # the batch that the rules start from
WIDTHS = 32, 128, 512
WIDE_SEEDS = 5  # at most, of those given: the widest networks cost most
LENGTHS = 4, 16, 64  # epochs
BATCH = 16  # where it does not change
DECAY_LENGTHS = 100, 400  # epochs


def _powers(lowest, highest):
    return [2.0**k for k in range(lowest, highest + 1)]


RATES = {"sgd": _powers(-8, 5), "momentum": _powers(-11, 2), "adam": _powers(-12, -2), "adamw": _powers(-12, -2)}
LONG_RATES = RATES | {"adam": _powers(-12, 0)}  # a cosine bears higher rates
WIDE_RATES = _powers(-12, -4)
DECAY_RATES, DECAYS = [2.0**k for k in (-9, -7, -5)], _powers(-7, 3)
COLUMNS = ["part", "problem", "variant", "size", "lr", "weight_decay", "seed", "val", "test"]


@dataclass(frozen=True, eq=False)
class Problem:
    """A data set of 480 training examples, the model that is trained on it, and one of any width."""

    name: str
    data: Dataset
    model: object
    wide: object  # (width, parametrization=…) -> model

    def constant_loss(self, part="test"):
        """The loss on a part of the best constant prediction, that of the training part: 0 on the scale of gains."""
        y, judged = self.data.y_train, getattr(self.data, f"y_{part}")
        if self.data.task == "classification":
            return float(-np.log(np.bincount(y) / len(y))[judged].mean())
        return float(((judged - y.mean(axis=0)) ** 2).mean())


def make_problems():
    """Three problems by name, one of each kind: classes, a picture, a number; the networks are fully connected."""
    digits = _first(load_digits(), 480)
    listed = [
        Problem("classify digits", digits, mlp(64, 32, 10), partial(_wider, 64, 10)),
        Problem("compress digits", reconstruction(digits), mlp(64, 16, 64), partial(_wider, 64, 64)),
        Problem("predict a value", make_linear(480, kappa=30.0), mlp(20, 32, 1), partial(_wider, 20, 1)),
    ]
    return {problem.name: problem for problem in listed}


def noisy_digits(n=300, share=0.2):
    """The first n digits to train on, of which this share has a label drawn by chance: decay helps there."""
    few, rng = _first(load_digits(), n), np.random.default_rng(0)
    labels = np.where(rng.random(n) < share, rng.integers(0, 10, n), few.y_train)
    return replace(few, y_train=labels)


def _first(data, n):
    return replace(data, x_train=data.x_train[:n], y_train=data.y_train[:n])


def _wider(n_inputs, n_outputs, width, **options):
    return wide(n_inputs, width, n_outputs, **options)


def layered(optimizer, shares):
    """The optimizer with a rate of its own for each weight: lr times shares, (P,) or anything that broadcasts."""
    return partial(_layered, optimizer, shares)


def _layered(optimizer, shares, w, g, state, lr):
    return optimizer(w, g, state, lr * shares)


def maximal_update(problem, width):
    """What a setting of `sweep_settings` needs for Adam at this width: model and optimizer."""
    model = problem.wide(width, parametrization="maximal-update")
    return {"model": model, "optimizer": layered(adam, rate_shares(model()))}


# A part is a function of a problem that gives cases: (variant, settings, epochs, kept), where `kept` maps sizes to the
# epochs after which their scores are taken.

def batch_cases(problem, batches=BATCHES, optimizers=("sgd", "adam"), epochs=EPOCHS, rates=RATES):
    """Batches of several sizes, for equally many epochs and, from SMALL on, for as many steps as that size takes."""
    each = {size: -(-len(problem.data.x_train) // size) for size in (SMALL, *batches)}
    for name in optimizers:
        for size in batches:
            settings, longer = _grid(problem.model, name, rates[name], size), epochs * each[SMALL] // each[size]
            yield f"{name}, equal epochs", settings, epochs, {size: epochs}
            if size >= SMALL:
                yield f"{name}, equal steps", settings, longer, {size: longer}


def width_cases(problem, widths=WIDTHS, rates=WIDE_RATES, epochs=6, batch_size=32):
    """Three hidden layers of several widths under both parametrizations, trained by Adam."""
    for width in widths:
        for name, what in (("standard", {"model": problem.wide(width), "optimizer": adam}),
                           ("maximal-update", maximal_update(problem, width))):
            settings = [what | {"lr": lr, "batch_size": batch_size} for lr in rates]
            yield name, settings, epochs, {width: epochs}


def length_cases(problem, lengths=LENGTHS, optimizers=("sgd", "adam"), rates=LONG_RATES):
    """Training of several lengths, at constant rates and with a cosine down to 0 at its end."""
    steps = -(-len(problem.data.x_train) // BATCH)
    for name in optimizers:
        settings = _grid(problem.model, name, rates[name], BATCH)
        yield f"{name}, constant", settings, max(lengths), {n: n for n in lengths}
        for n in lengths:
            falling = [setting | {"lr": cosine(setting["lr"], n * steps)} for setting in settings]
            yield f"{name}, cosine", falling, n, {n: n}


def optimizer_cases(problem, optimizers=tuple(OPTIMIZERS), epochs=LENGTHS[1], rates=RATES):
    """Four optimizers at constant rates."""
    for name in optimizers:
        yield name, _grid(problem.model, name, rates[name], BATCH), epochs, {epochs: epochs}


def decay_cases(problem, lengths=DECAY_LENGTHS, rates=DECAY_RATES, decays=DECAYS):
    """AdamW over rates and decays, at constant rates and with a cosine, for two lengths; digits with wrong labels."""
    settings = [{"model": problem.model, "optimizer": adamw, "lr": lr, "weight_decay": decay, "batch_size": 30}
                for lr in rates for decay in decays]
    yield "constant", settings, max(lengths), {n: n for n in lengths}
    for n in lengths:
        falling = [setting | {"lr": cosine(setting["lr"], n * 10)} for setting in settings]
        yield "cosine", falling, n, {n: n}


PARTS = {"batch": batch_cases, "width": width_cases, "length": length_cases, "optimizer": optimizer_cases,
         "decay": decay_cases}


def _grid(model, name, rates, batch_size):
    return [{"model": model, "optimizer": OPTIMIZERS[name], "lr": lr, "batch_size": batch_size} for lr in rates]


def run_transfer(problems, parts=tuple(PARTS), seeds=range(5), executor=None, resume=None, progress=True, **options):
    """Train what the named parts of the study ask for and return the `Transfer`.

    `problems` is what `make_problems` gives, or some of it; the part "decay" has its own, digits with wrong labels.
    `options` go to the functions of PARTS; `executor` and `resume` are those of `sweep`.
    """
    tables = []
    noisy = [Problem("noisy digits", noisy_digits(), mlp(64, 32, 10), None)]
    jobs = [(part, problem) for part in parts for problem in (noisy if part == "decay" else problems.values())]
    with progress_bar(progress, len(jobs), "sweep") as bar:
        for part, problem in jobs:
            bar.set_description(f"{part}, {problem.name}")
            own = list(seeds)[:WIDE_SEEDS] if part == "width" else seeds
            for variant, settings, epochs, kept in PARTS[part](problem, **options):
                runs = sweep_settings(problem.data, settings, own, epochs, executor, progress=False, resume=resume)
                tables += [_rows(part, problem, variant, size, runs.at_epoch(n)) for size, n in kept.items()]
            bar.update()
    return Transfer(pd.concat(tables, ignore_index=True)[COLUMNS], problems)


def _rows(part, problem, variant, size, runs):
    val, test = (np.where(runs.diverged, np.nan, runs.final(f"{side}_loss")) for side in ("val", "test"))
    peaks = [lr(0) if callable(lr) else lr for lr in runs.values("lr")]
    decays = [setting.get("weight_decay", 0.0) for setting in runs.settings]
    k = len(runs.seeds)
    return pd.DataFrame({"part": part, "problem": problem.name, "variant": variant, "size": size,
                         "lr": np.repeat(peaks, k), "weight_decay": np.repeat(decays, k),
                         "seed": np.tile(runs.seeds, len(peaks)), "val": val.ravel(), "test": test.ravel()})


def load_transfer(problems):
    """The stored study, larger than the live one; `make study STUDY=transfer` trains it anew."""
    table, origin = load_table("transfer.csv.gz")
    for column in ("lr", "weight_decay"):  # powers of two, stored to four digits; 0 where there is no decay
        some = table[column] > 0
        table.loc[some, column] = 2.0 ** np.round(np.log2(table.loc[some, column]))
    return Transfer(table, problems, origin)


@dataclass(frozen=True)
class Transfer:
    """The losses of all runs: a row for each part, problem, variant, size, rate, decay and seed; NaN where it diverged.

    A *case* is named by part, problem, variant and size: ("batch", "classify digits", "sgd, equal epochs", 64).
    """

    table: pd.DataFrame
    problems: dict
    origin: str = ""  # of a stored study: command, machine, versions, time

    @cached_property
    def _cases(self):
        return {key: rows for key, rows in self.table.groupby(["part", "problem", "variant", "size"], sort=False)}

    @property
    def cases(self):
        return list(self._cases)

    def losses(self, case, part="test"):
        """Rates (n,) and losses (n, seeds) on the validation or test part; of the part "decay", rates (n, decays)."""
        if case not in self._cases:
            near = [c for c in self.cases if c[:3] == case[:3]] or sorted({c[:3] for c in self.cases})
            raise ValueError(f"the study has no case {case!r}; it has, among others, {near[:6]}")
        rows = self._cases[case]
        table = rows.pivot(index=["lr", "weight_decay"] if case[0] == "decay" else "lr", columns="seed", values=part)
        if case[0] == "decay":
            rates, decays = table.index.levels
            return rates.to_numpy(), table.to_numpy().reshape(len(rates), len(decays), -1)
        return table.index.to_numpy(), table.to_numpy()

    def losses_at(self, case, lr, part="test"):
        """The losses (seeds,) at one rate of the grid; ValueError for a rate that is not on it."""
        rates, losses = self.losses(case, part)
        at = np.isclose(rates, lr, rtol=1e-3, atol=0)
        if not at.any():
            raise ValueError(f"lr must be on the grid {rates[0]:g} … {rates[-1]:g}, got {lr!r}")
        return losses[at.argmax()]

    def tuned_rate(self, case, allow_edge=False):
        """The rate of the lowest mean validation loss; one at which a run diverged comes last."""
        rates, losses = self.losses(case, "val")
        best = float(rates[np.nan_to_num(losses.mean(axis=1), nan=np.inf).argmin()])
        if not allow_edge:
            require_inside(best, rates, of=f" of {', '.join(map(str, case))}")
        return best

    def best_rates(self, case):
        """The rate (seeds,) of the lowest validation loss under each seed, between the grid's by a parabola."""
        rates, losses = self.losses(case, "val")
        return np.array([_valley(np.log2(rates), of_seed) for of_seed in losses.T])

    def gain_at(self, case, lr, part="test"):
        """The gains (seeds,) at one rate of the grid; a run that diverged, or is worse than a constant, has 0."""
        constant = self.problems[case[1]].constant_loss(part)
        best = self.losses_at(case, self.tuned_rate(case, allow_edge=True), part).mean()
        gains = (constant - self.losses_at(case, lr, part)) / (constant - best)
        return np.clip(np.nan_to_num(gains, nan=0.0), 0, None)

    def nearest(self, case, lr):
        """The rate of the case's grid that is nearest to this one on a log scale."""
        rates = self.losses(case)[0]
        return float(rates[np.abs(np.log(rates / lr)).argmin()])

    def regret(self, case, lr):
        """What is lost (seeds,) by a rate instead of the one tuned for the case, as a share of what can be gained."""
        return self.gain_at(case, self.tuned_rate(case)) - self.gain_at(case, lr)

    def carried(self, source, target, factor=1.0):
        """The regret (seeds,) in one case of the rate tuned in another, times a factor."""
        return self.regret(target, self.tuned_rate(source) * factor)

    def power(self, part, problem, variant, sizes):
        """The power of the size that the best rate follows: slope of log rate over log size, one for each seed."""
        x = np.log2(sizes)
        y = np.array([self.best_rates((part, problem, variant, size)) for size in sizes])
        return mean_interval(((x - x.mean()) @ y) / ((x - x.mean()) ** 2).sum())

    def agreement(self, other, confidence=0.95):
        """Differences of the mean test loss at this study's tuned rates, here minus there, by Welch's t interval.

        {case: `Difference`} for the cases of both; the intervals hold all true differences at once with the stated
        confidence (Bonferroni).
        """
        cases = [case for case in self.cases if case in other.cases and case[0] != "decay"]
        each, found = 1 - (1 - confidence) / len(cases), {}
        for case in cases:
            lr = self.tuned_rate(case, allow_edge=True)
            here, there = self.losses_at(case, lr), other.losses_at(case, lr)
            bounds = stats.ttest_ind(here, there, equal_var=False).confidence_interval(each)
            found[case] = Difference(float(here.mean() - there.mean()), float(bounds.low), float(bounds.high),
                                     min(len(here), len(there)), each)
        return found


def _valley(x, losses):
    """Where the parabola through the lowest point and its neighbours has its minimum; x in steps of one."""
    losses = np.nan_to_num(losses, nan=np.inf)
    i = int(losses.argmin())
    if i in (0, len(x) - 1) or not np.isfinite(losses[i - 1:i + 2]).all():
        return float(x[i])
    a, b, c = losses[i - 1:i + 2]
    return float(x[i] + 0.5 * (a - c) / (a - 2 * b + c)) if a - 2 * b + c > 0 else float(x[i])
