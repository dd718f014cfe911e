"""The contest of notebook 15: what came after Adam against AdamW and momentum, each side with as many tries.

Four of the problems of the robustness study, 200 steps each. Every method is tried at seven rates under a few seeds,
and reports at the best of them under others. Scores are logarithms of losses: a difference of 0.01 is one per cent of
the loss, whatever it is the loss of.
"""

from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd
from scipy import stats

from ..optimizers import adamw, averaged, by_shape, lion, momentum, muon, prodigy, schedule_free
from ..schedules import linear
from ..statistics import basin_width, paired_difference
from ..sweep import require_inside, sweep_settings
from .robustness import make_problems
from .stored import load_table

__all__ = ["BARS", "Budgets", "Contest", "METHODS", "Method", "NEW", "PROBLEMS", "REPORTING", "STEPS", "TRYING",
           "budgets", "held", "load_contest", "own_share", "rates_of", "report_again", "run_contest", "shapes_of"]

STEPS = 200
TRYING, REPORTING = range(4), range(100, 116)  # seeds
TRIES = 7
COLUMNS = ["problem", "method", "lr", "seed", "role", "val", "test"]
DECAY = 0.01  # weight decay of all that have one
RATIO = 0.3  # the rate of the weights that Muon does not take, over Muon's own
KEPT_FROM_MUON = "places", "symbols.weight", "out.weight"  # of the Transformer: its embeddings and its output
PROBLEMS = "classify digits", "next character", "compress digits", "forecast sunspots"


@dataclass(frozen=True)
class Method:
    """An optimizer, made for a problem, whether its rate falls to 0, and the middle of its rates on each problem."""

    make: object
    falls: bool
    middle: dict

    def setting(self, problem, lr, steps=STEPS):
        return {"model": problem.model, "optimizer": self.make(problem), "batch_size": problem.batch_size,
                "lr": linear(lr, steps) if self.falls else lr}


def shapes_of(problem):
    """The parts of a problem's network for `by_shape`; what is kept from Muon as vectors."""
    kept = KEPT_FROM_MUON if problem.name == "next character" else ()
    return [(p.numel(),) if name in kept else tuple(p.shape) for name, p in problem.model().named_parameters()]


def _muon(problem):
    return partial(by_shape(shapes_of(problem), partial(muon, weight_decay=DECAY), ADAMW), ratio=RATIO)


def _thirds(*powers):
    """The middle of the rates on each problem, as tenfold thirds."""
    return {problem: 10 ** (k / 3) for problem, k in zip(PROBLEMS, powers, strict=True)}


ADAMW = partial(adamw, weight_decay=DECAY)
METHODS = {
    "momentum": Method(lambda problem: momentum, True, _thirds(-3, -2, -1, -4)),
    "AdamW": Method(lambda problem: ADAMW, True, _thirds(-4, -5, -6, -5)),
    "Lion": Method(lambda problem: partial(lion, weight_decay=DECAY), True, _thirds(-6, -6, -6, -6)),
    "Muon": Method(_muon, True, _thirds(-3, -4, -5, -4)),
    "averages": Method(lambda problem: averaged(ADAMW, power=8), False, _thirds(-5, -6, -6, -6)),
    "schedule-free": Method(lambda problem: partial(schedule_free, weight_decay=DECAY), False, _thirds(-4, -5, -6, -5)),
    "Prodigy": Method(lambda problem: partial(prodigy, weight_decay=DECAY), True, _thirds(-1, -1, -2, -2)),
}
BARS = "AdamW", "momentum"
NEW = tuple(name for name in METHODS if name not in BARS)
UNTRIED = {"Prodigy": 1.0, "AdamW": 0.001}  # what one takes without any try


def rates_of(name, problem):
    """The rates that a method is tried at on a problem, peaks where they fall: seven, three a decade."""
    middle = METHODS[name].middle[problem]
    return [float(f"{middle * 10 ** (k / 3):.3g}") for k in range(-(TRIES // 2), TRIES // 2 + 1)]


def run_contest(names=PROBLEMS, trying=TRYING, reporting=REPORTING, methods=tuple(METHODS)):
    """Try every method at its rates on every problem, and report at the best: the `Contest`.

    A method's best rate has the lowest mean log validation loss over the seeds that try; one at which a run diverged
    comes last. `GridEdgeError` where it is the first or the last of the seven.
    """
    problems, tables = make_problems(), []
    for name in names:
        tries = [(method, lr) for method in methods for lr in rates_of(method, name)]
        tables.append(_trained(problems[name], tries, trying, "try"))
        chosen = [(method, Contest(tables[-1]).chosen(name, method)) for method in methods]
        tables.append(_trained(problems[name], chosen, reporting, "report"))
        known = [(method, lr) for method, lr in UNTRIED.items() if method in methods]
        tables.append(_trained(problems[name], known, reporting, "untried"))
    return Contest(pd.concat(tables, ignore_index=True))


def report_again(contest, seeds, methods=tuple(METHODS), names=PROBLEMS):
    """The chosen rates of a contest under other seeds, without any tries: a `Contest` with reports only."""
    problems = make_problems()
    return Contest(pd.concat([_trained(problems[name], [(m, contest.chosen(name, m)) for m in methods], seeds, "report")
                              for name in names], ignore_index=True))


def _trained(problem, entries, seeds, role):
    """A row for each method, rate and seed: log losses, infinity where the run diverged."""
    runs = sweep_settings(problem.data, [METHODS[m].setting(problem, lr) for m, lr in entries], seeds,
                          problem.epochs(STEPS), progress=False)
    val, test = (_log(runs.final(f"{part}_loss"), runs.diverged) for part in ("val", "test"))
    return pd.DataFrame([(problem.name, m, lr, seed, role, val[i, k], test[i, k]) for i, (m, lr) in enumerate(entries)
                         for k, seed in enumerate(runs.seeds)], columns=COLUMNS)


def load_contest():
    """The stored contest; `python benchmarks/contest.py` trains it anew."""
    return Contest(*load_table("contest.csv.gz"))


@dataclass(frozen=True)
class Contest:
    """The log losses of all runs, a row each; `origin` says where a stored one comes from."""

    table: pd.DataFrame = field(repr=False)
    origin: str = ""

    @property
    def problems(self):
        return list(dict.fromkeys(self.table["problem"]))

    def losses(self, problem, method, role="report", part="test"):
        """Log losses (rates, seeds) of a part of the data; rates in rising order."""
        t = self.table
        rows = t[(t["problem"] == problem) & (t["method"] == method) & (t["role"] == role)]
        if rows.empty:
            raise ValueError(f"the contest has no {role!r} of {method!r} on {problem!r}")
        return rows.pivot(index="lr", columns="seed", values=part).to_numpy()

    def rates(self, problem, method):
        """The rates that were tried, rising."""
        t = self.table
        tried = t[(t["problem"] == problem) & (t["method"] == method) & (t["role"] == "try")]
        return sorted(set(tried["lr"]))

    def profile(self, problem, method):
        """Mean log validation loss at each rate that was tried."""
        return self.losses(problem, method, "try", "val").mean(axis=1)

    def chosen(self, problem, method):
        """The rate of the lowest mean log validation loss; `GridEdgeError` on the edge of the grid."""
        return self.rates(problem, method)[_best(self.rates(problem, method), self.profile(problem, method), method,
                                                 problem)]

    def width(self, problem, method, tolerance=0.1):
        """Decades of rate within so much of the method's own best log loss, at most the two that were tried."""
        return basin_width(self.rates(problem, method), self.profile(problem, method), tolerance,
                           higher_is_better=False)

    def lead(self, problem, method, rival, confidence=0.95, role="report"):
        """How much lower a method's log test loss is than a rival's, paired by seed: a `Difference`, above 0 better."""
        return paired_difference(self.losses(problem, rival)[0], self.losses(problem, method, role)[0], confidence)

    def leads(self, rival, methods=NEW, confidence=0.95):
        """{(problem, method): Difference}: all intervals over both rivals hold at once (Bonferroni; Dunn 1961)."""
        each = 1 - (1 - confidence) / (len(BARS) * len(methods) * len(self.problems))
        return {(p, m): self.lead(p, m, rival, each) for p in self.problems for m in methods}

    def agreement(self, other, confidence=0.95):
        """Whether another contest's reports agree, {(problem, method): (this mean, its mean, half-width)}.

        Welch's interval for the difference of means, all of them at once (Bonferroni; Welch 1947).
        """
        pairs = {(p, m): (self.losses(p, m)[0], other.losses(p, m)[0]) for p in other.problems for m in METHODS}
        level = (1 - confidence) / (2 * len(pairs))
        return {key: (a.mean(), b.mean(), _welch(a, b, level)) for key, (a, b) in pairs.items()}


def _welch(a, b, level):
    va, vb = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
    freedom = (va + vb) ** 2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1))
    return float(stats.t.isf(level, freedom) * (va + vb) ** 0.5)


def held(optimizer, n=100):
    """How many numbers an optimizer keeps between steps for each weight."""
    side = int(n**0.5)
    return _count(optimizer(np.ones((side, side)), np.ones((side, side)), {}, 0.1)[1], n) / n


def _count(state, n):
    inside = state.values() if isinstance(state, dict) else state
    return sum(_count(value, n) if isinstance(value, dict | list) else np.size(value) * (np.size(value) >= n)
               for value in inside)


def own_share(rows, columns, examples, ns_steps=5):
    """Multiplications of Newton and Schulz for a matrix over the 3 A B n of a step forward and backward with it."""
    short, long = sorted((rows, columns))
    return ns_steps * (2 * short**2 * long + short**3) / (3 * rows * columns * examples)


# Runs that know their end, and runs that do not

@dataclass(frozen=True)
class Budgets:
    """Log test losses: `planned` {steps: (seeds,)} of a rate that falls to 0 at that budget, each at its own peak, and
    `open_` {method: (budgets, seeds)} of one run without an end, looked at on its way; `stopped` (budgets, seeds) is
    the longest plan, looked at on its way; `peaks` holds the rate that each has chosen."""

    steps: tuple
    planned: dict
    open_: dict
    stopped: np.ndarray
    peaks: dict


def budgets(steps=(100, 200, 400), trying=TRYING, reporting=REPORTING):
    """AdamW on the autoencoder, planned for each of several budgets in rising order, and without a plan: `Budgets`.

    Planned runs choose their peak for each budget. Runs without an end choose one rate for all, by their mean loss over
    the budgets. Each has five rates.
    """
    problem = make_problems()["compress digits"]
    epochs = [problem.epochs(n) for n in steps]
    rates = [float(f"{10 ** (k / 3):.3g}") for k in range(-8, -3)]
    open_ones = {name: METHODS[name] for name in ("averages", "schedule-free")} | {
        "constant": Method(lambda problem: ADAMW, False, {})}
    planned, peaks = {}, {}
    for n, length in zip(steps, epochs, strict=True):
        settings = [METHODS["AdamW"].setting(problem, lr, n) for lr in rates]
        best = _best(rates, _curves(problem, settings, trying, length)[:, :, -1].mean(axis=1), f"AdamW in {n} steps",
                     problem.name)
        curves = _curves(problem, [settings[best]], reporting, length, "test_loss")[0]
        planned[n], peaks[f"planned for {n}"] = curves[:, -1], rates[best]
    at, open_ = [k - 1 for k in epochs], {}
    stopped = curves[:, at].T
    for name, method in open_ones.items():
        settings = [method.setting(problem, lr) for lr in rates]
        best = _best(rates, _curves(problem, settings, trying, epochs[-1])[:, :, at].mean(axis=(1, 2)), name,
                     problem.name)
        open_[name] = _curves(problem, [settings[best]], reporting, epochs[-1], "test_loss")[0][:, at].T
        peaks[name] = rates[best]
    return Budgets(tuple(steps), planned, open_, stopped, peaks)


def _curves(problem, settings, seeds, epochs, score="val_loss"):
    """Log losses (settings, seeds, epochs)."""
    runs = sweep_settings(problem.data, settings, seeds, epochs, progress=False)
    return _log(runs.history[score], runs.diverged[:, :, None])


def _log(losses, diverged):
    return np.log(np.where(diverged | ~np.isfinite(losses), np.inf, losses))


def _best(rates, means, what, problem):
    """The index of the rate of the lowest mean; `GridEdgeError` where it is the first or the last."""
    best = int(np.argmin(means))
    require_inside(rates[best], rates, of=f" of {what} on {problem!r}")
    return best
