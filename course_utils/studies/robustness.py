"""The robustness study: five optimizers on eight problems, and how much each result depends on the learning rate.

Scores of different problems are compared as *gains*: 0 for the best constant prediction, 1 for the best that any
optimizer of the study reaches there on average. A gain does not change when a score is turned round, shifted or
scaled, so that it means the same for an accuracy and for a loss.
"""

import inspect
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from math import ceil

import numpy as np
import pandas as pd
import torch
from scipy import stats

from ..data import (
    Dataset,
    load_diabetes,
    load_digits,
    load_sonnets,
    load_sunspots,
    make_blobs,
    make_linear,
    reconstruction,
)
from ..models import cnn, linear, mlp, rnn, transformer
from ..optimizers import adam, adamw, momentum, rmsprop, sgd
from ..statistics import Difference, basin_width, mean_interval, paired_difference
from ..sweep import progress_bar, require_inside, sweep_settings
from .stored import load_table

__all__ = ["DEFAULT_RATE", "MEASURES", "OPTIMIZERS", "Problem", "RATES", "STEPS", "Study", "load_study",
           "make_problems", "run_study"]

OPTIMIZERS = {f.__name__: f for f in (sgd, momentum, rmsprop, adam, adamw)}
STEPS = 200, 1000  # of training after which scores are kept; the live study stops at the first
TOLERANCE = 0.1  # share of its best gain that an optimizer may miss within its basin

_TORCH = {"sgd": torch.optim.SGD, "momentum": torch.optim.SGD, "rmsprop": torch.optim.RMSprop,
          "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
DEFAULT_RATE = {name: inspect.signature(made).parameters["lr"].default for name, made in _TORCH.items()}  # of torch


def _thirds(lowest, highest):
    """Rates from 10^(lowest/3) to 10^(highest/3), three a decade."""
    return [float(f"{10 ** (k / 3):.3g}") for k in range(lowest, highest + 1)]


RATES = {"sgd": _thirds(-9, 2), "momentum": _thirds(-11, -1), "rmsprop": _thirds(-11, -2), "adam": _thirds(-11, 1),
         "adamw": _thirds(-11, 1)}


@dataclass(frozen=True, eq=False)
class Problem:
    """A data set and the model that is trained on it, in batches of `batch_size`."""

    name: str
    data: Dataset
    model: object
    batch_size: int

    @property
    def higher_is_better(self):
        return self.data.task == "classification"

    @property
    def metric(self):
        return "accuracy" if self.higher_is_better else "loss"

    def epochs(self, steps):
        """How many epochs so many steps are."""
        each = ceil(len(self.data.x_train) / self.batch_size)
        if steps % each:
            raise ValueError(f"steps must be a multiple of the {each} steps of an epoch of {self.name}, got {steps!r}")
        return steps // each

    def constant_score(self, part):
        """The score on the validation or test part of the best constant prediction, that of the training part."""
        y, judged = self.data.y_train, getattr(self.data, f"y_{part}")
        if self.higher_is_better:
            return float((judged == np.bincount(y.ravel()).argmax()).mean())
        return float(((judged - y.mean(axis=0)) ** 2).mean())


def make_problems():
    """The eight problems by name; they differ in architecture, in task and in what makes them hard."""
    digits, wide = load_digits(), make_linear(100, 200, signal="as large as they are")
    listed = [
        Problem("classify blobs", make_blobs(), mlp(2, 50, 3), 25),
        Problem("classify digits", digits, cnn(8, 10), 10),
        Problem("predict diabetes", _first(load_diabetes(), 240), mlp(10, 32, 1), 12),
        Problem("forecast sunspots", load_sunspots(9), rnn(1), 10),
        Problem("next character", _first(load_sonnets(8), 1600, 200, 200), transformer(38, 8), 8),
        Problem("compress digits", reconstruction(digits), mlp(64, 32, 8, 32, 64), 20),
        Problem("flat directions", make_linear(), linear(20, 1), 10),
        Problem("few examples", wide, linear(200, 1, init_scale=0.1), 10),
    ]
    return {problem.name: problem for problem in listed}


def _first(data, n_train, n_val=None, n_test=None):
    """The same data with the first examples of each part only."""
    return replace(data, x_train=data.x_train[:n_train], y_train=data.y_train[:n_train], x_val=data.x_val[:n_val],
                   y_val=data.y_val[:n_val], x_test=data.x_test[:n_test], y_test=data.y_test[:n_test])


def run_study(problems, steps=STEPS[:1], seeds=range(5), rates=RATES, executor=None, resume=None,
              progress=True):
    """Train optimizers at every one of their rates on every problem, for the same number of steps.

    `rates` maps names of OPTIMIZERS to the rates of each; `steps` lists the numbers of steps after which scores are
    kept. `executor` and `resume` are those of `sweep`. Returns the `Study`.
    """
    tables = []
    with progress_bar(progress, len(problems) * len(rates), "sweep") as bar:
        for problem in problems.values():
            sweeps = []
            for name, tried in rates.items():  # one by one: their stacks need not be in memory together
                bar.set_description(f"{problem.name}, {name}")
                settings = [{"model": problem.model, "optimizer": OPTIMIZERS[name], "lr": lr,
                             "batch_size": problem.batch_size} for lr in tried]
                sweeps.append(sweep_settings(problem.data, settings, seeds, problem.epochs(max(steps)), executor,
                                             resume=resume, progress=False))
                bar.update()
            for n, runs in product(steps, sweeps):
                table = runs.at_epoch(problem.epochs(n)).table()
                kept = table[["lr", "seed"]].assign(
                    problem=problem.name, optimizer=table["optimizer"], steps=n,
                    val=table[f"val_{problem.metric}"].where(~table["diverged"]),
                    test=table[f"test_{problem.metric}"].where(~table["diverged"]))
                tables.append(kept)
    return Study(pd.concat(tables, ignore_index=True)[["problem", "optimizer", "steps", "lr", "seed", "val", "test"]],
                 problems)


def load_study(problems, steps=STEPS[-1]):
    """The stored study, larger than the live one; `make study` trains it anew. `steps` is one of STEPS."""
    table, origin = load_table("study.csv.gz")
    return Study(table, problems, origin).after(steps)


@dataclass(frozen=True)
class Study:
    """The scores of all runs: a table with a row for each problem, optimizer, number of steps, rate and seed.

    Scores are accuracies or mean losses, NaN where a run diverged. What is measured of an optimizer on a problem,
    `tuned`, `untuned`, `width` and `carried`, has one value for each seed.
    """

    table: pd.DataFrame
    problems: dict
    origin: str = ""  # of a stored study: command, machine, versions, time
    defaults = DEFAULT_RATE

    def after(self, steps):
        """The same study as it stood after so many steps."""
        if steps not in set(self.table["steps"]):
            raise ValueError(f"steps must be one of {sorted(set(self.table['steps']))}, got {steps!r}")
        return replace(self, table=self.table[self.table["steps"] == steps])

    def __add__(self, other):
        """The optimizers of both, on the same problems."""
        if not isinstance(other, Study):
            return NotImplemented
        if list(self.problems) != list(other.problems):
            raise ValueError(f"studies that are added must have the same problems, got {', '.join(self.problems)} and "
                             f"{', '.join(other.problems)}")
        if twice := set(self.optimizers) & set(other.optimizers):
            raise ValueError(f"studies that are added must share no optimizer, got {', '.join(sorted(twice))} in both")
        return Study(pd.concat([self.table, other.table], ignore_index=True), self.problems)

    @property
    def optimizers(self):
        return list(dict.fromkeys(self.table["optimizer"]))

    @property
    def n_seeds(self):
        return self.table["seed"].nunique()

    @cached_property
    def _scores(self):
        if self.table["steps"].nunique() != 1:
            raise ValueError(f"choose with after(steps) from {sorted(set(self.table['steps']))}")
        cells = self.table.groupby(["problem", "optimizer"], sort=False)
        return {(*key, part): rows.pivot(index="lr", columns="seed", values=part)
                for key, rows in cells for part in ("val", "test")}

    def scores(self, problem, optimizer, part="test"):
        """Rates (n,) and the scores (n, seeds) of an optimizer on the validation or test part of a problem."""
        try:
            table = self._scores[problem, optimizer, part]
        except KeyError:
            raise ValueError(f"the study has no {part} scores of {optimizer!r} on {problem!r}; its problems are "
                             f"{', '.join(self.problems)}, its optimizers {', '.join(self.optimizers)}") from None
        return table.index.to_numpy(), table.to_numpy()

    def tuned_rate(self, problem, optimizer, allow_edge=False):
        """The rate of the best mean validation score; one at which a run diverged comes last."""
        rates, scores = self.scores(problem, optimizer, "val")
        mean = np.where(self.problems[problem].higher_is_better, 1, -1) * scores.mean(axis=1)
        best = int(np.nan_to_num(mean, nan=-np.inf).argmax())
        if not allow_edge:
            require_inside(rates[best], rates, of=f" of {optimizer} on {problem!r}")
        return float(rates[best])

    def tuned_scores(self, problem, optimizer, part="test"):
        """The scores (seeds,) at the tuned rate."""
        rates, scores = self.scores(problem, optimizer, part)
        return scores[list(rates).index(self.tuned_rate(problem, optimizer, allow_edge=True))]

    @cached_property
    def _best(self):
        """The best mean score that a tuned optimizer reaches, by problem and part: where the gain is 1."""
        means = {(problem, part): [self.tuned_scores(problem, optimizer, part).mean() for optimizer in self.optimizers]
                 for problem in self.problems for part in ("val", "test")}
        return {key: max(values) if self.problems[key[0]].higher_is_better else min(values)
                for key, values in means.items()}

    def gains(self, problem, optimizer, part="test"):
        """Rates (n,) and gains (n, seeds): (score − constant) / (best − constant), at least 0.

        A run that diverged, or is worse than a constant, gains nothing: one would predict the constant instead.
        """
        rates, scores = self.scores(problem, optimizer, part)
        constant = self.problems[problem].constant_score(part)
        gain = (scores - constant) / (self._best[problem, part] - constant)
        return rates, np.clip(np.nan_to_num(gain, nan=0.0), 0, None)

    def gain_at(self, problem, optimizer, lr):
        """The test gains (seeds,) at one rate of the grid."""
        rates, gains = self.gains(problem, optimizer)
        if not np.isclose(rates, lr).any():
            raise ValueError(f"lr must be on the grid {', '.join(f'{r:g}' for r in rates)}, got {lr!r}")
        return gains[np.isclose(rates, lr).argmax()]

    def tuned(self, problem, optimizer, allow_edge=False):
        """The test gains at the rate that was chosen on validation data."""
        return self.gain_at(problem, optimizer, self.tuned_rate(problem, optimizer, allow_edge))

    def untuned(self, problem, optimizer):
        """The test gains at torch's default rate."""
        return self.gain_at(problem, optimizer, DEFAULT_RATE[optimizer])

    def width(self, problem, optimizer, tolerance=TOLERANCE):
        """The basin width in decades: how far around its best rate an optimizer keeps nearly all of its gain.

        That is all but the share `tolerance` of what it gains at best, under the same seed, on validation data. It is
        the same for accuracies and losses, in whatever units, and does not depend on the other optimizers.
        """
        rates, gains = self.gains(problem, optimizer, "val")
        return np.array([basin_width(rates, gain, tolerance * gain.max()) if gain.any() else 0 for gain in gains.T])

    def regret(self, optimizer):
        """What it costs to carry the tuned rate of one problem to another: gains (from, to, seeds)."""
        rates = [self.tuned_rate(problem, optimizer) for problem in self.problems]
        gains = np.array([[self.gain_at(to, optimizer, lr) for to in self.problems] for lr in rates])
        return np.diagonal(gains).T - gains

    def carried(self, problem, optimizer):
        """The regret of the rates tuned for the other problems, in the mean over those."""
        to = list(self.problems).index(problem)
        return np.delete(self.regret(optimizer)[:, to], to, axis=0).mean(axis=0)

    def over_problems(self, measure):
        """One of the MEASURES by name, in the mean over the seeds: optimizer -> values (problems,)."""
        if measure not in self._over_problems:
            self._over_problems[measure] = {
                optimizer: np.array([MEASURES[measure](self, problem, optimizer).mean() for problem in self.problems])
                for optimizer in self.optimizers}
        return dict(self._over_problems[measure])

    @cached_property
    def _over_problems(self):
        return {}

    def lead(self, measure, optimizer, rival, without=None):
        """An optimizer minus a rival in one of the MEASURES, paired by problem; one problem may be left out."""
        if without is not None and without not in self.problems:
            raise ValueError(f"without must be one of {', '.join(self.problems)}, got {without!r}")
        kept = [problem != without for problem in self.problems]
        values = self.over_problems(measure)
        return paired_difference(values[optimizer][kept], values[rival][kept])

    def duels(self, optimizer, confidence=0.95):
        """An optimizer against each of the others in tuned gain, paired by seed, problem by problem.

        {rival: (problems on which it is ahead, problems on which it is behind)}; the intervals behind it hold all true
        differences at once with the stated confidence (Bonferroni).
        """
        rivals = [other for other in self.optimizers if other != optimizer]
        each, found = 1 - (1 - confidence) / (len(rivals) * len(self.problems)), {}
        for rival in rivals:
            leads = {problem: paired_difference(self.tuned(problem, optimizer), self.tuned(problem, rival), each)
                     for problem in self.problems}
            found[rival] = [p for p, lead in leads.items() if lead.low > 0], \
                [p for p, lead in leads.items() if lead.high < 0]
        return found

    def summary(self):
        """One row for each problem and optimizer: tuned rate, and means with 95 % intervals over the seeds."""
        rows = []
        for problem in self.problems:
            for optimizer in self.optimizers:
                measured = {"test score": self.tuned_scores(problem, optimizer)}
                measured |= {name: measure(self, problem, optimizer) for name, measure in MEASURES.items()}
                rows.append({"problem": problem, "optimizer": optimizer, "rate": self.tuned_rate(problem, optimizer)}
                            | {name: str(mean_interval(values)) for name, values in measured.items()})
        return pd.DataFrame(rows)

    def agreement(self, other, confidence=0.95):
        """Differences of the mean score at this study's tuned rates, here minus there, by Welch's t interval.

        {(problem, optimizer): `Difference`}; the intervals hold all true differences at once with the stated
        confidence (Bonferroni).
        """
        cells = [(problem, optimizer) for problem in self.problems for optimizer in self.optimizers]
        each, found = 1 - (1 - confidence) / len(cells), {}
        for problem, optimizer in cells:
            rates, scores = other.scores(problem, optimizer)
            here = self.tuned_scores(problem, optimizer)
            there = scores[np.isclose(rates, self.tuned_rate(problem, optimizer)).argmax()]
            bounds = stats.ttest_ind(here, there, equal_var=False).confidence_interval(each)
            found[problem, optimizer] = Difference(float(here.mean() - there.mean()), float(bounds.low),
                                                   float(bounds.high), min(len(here), len(there)), each)
        return found


MEASURES = {"tuned gain": Study.tuned, "gain at the default": Study.untuned, "basin width": Study.width,
            "regret": Study.carried}
