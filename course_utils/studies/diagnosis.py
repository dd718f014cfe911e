"""Diagnoses from gauges alone: a rule, how often it is right, and which gauge tells which causes apart."""

from itertools import combinations
from math import log

import numpy as np
import pandas as pd

__all__ = ["careful_reader", "confusion", "share_right", "shares_right", "symptoms", "told_apart", "truth"]

CLASSES = 10
GUESSING = log(CLASSES)  # the loss of a network that gives every class the same probability


def careful_reader(gauges):
    """The cause of one run, named from its gauges (`Chart.of_seed`); written on four seeds, kept as it was.

    It knows that there are ten classes, that the rate was meant to fall to 0 in 400 steps, and what two healthy runs
    look like; it does not know how high the rate was meant to be. Rates first, since they say what was done; then
    losses that are gone, the first loss, the last, and validation.
    """
    train, val, ratio, rates = (gauges[name] for name in ("train_loss", "val_loss", "update_ratio", "rates"))
    return (_from_rates(rates, ratio) or _from_nan(train) or _from_training(train, ratio)
            or _from_validation(train, val) or "healthy")


def _from_rates(rates, ratio):
    rises = int((np.diff(rates) > 0).sum())
    if len(rates) < 400:
        return "batch enlarged"
    if rises:
        return "rate jumps up" if rises == 1 else "scheduler every step"
    if rates[-1] > 0.5 * rates[0]:
        return "schedule used up" if np.median(ratio[5:15]) < 1e-3 else "scheduler once an epoch"
    return ""


def _from_nan(train):
    if np.isfinite(train).all():
        return ""
    seen = train[np.isfinite(train)]
    return "a hole in the loss" if len(seen) > 1 and seen[-1] < seen[0] else "rate far too large"


def _from_training(train, ratio):
    if train[0] > 4 * GUESSING:
        return "inputs not scaled"
    if train[-1] > 0.95 * GUESSING:
        return "rate too large"
    if train[0] < 0.7 * GUESSING:
        return "weights inherited"
    if train[-1] > 0.1 * GUESSING:
        if (train[1:] > 1.1 * np.minimum.accumulate(train)[:-1]).any():
            return "warmup missing"
        return "rate too small" if np.median(ratio[5:15]) < 1.5e-3 else "decay as L2"
    return ""


def _from_validation(train, val):
    if train[-1] > 0.04 and val[-1] > 1.2 * val.min():
        return "overfitting"
    if val[-1] > 0.32:
        return "one damaged example"
    return "validation leaked" if val[-1] < 0.17 else ""


def truth(patient):
    """What a diagnosis should say."""
    return "healthy" if patient.healthy else patient.name


def confusion(charts, rule=careful_reader):
    """A table of counts over all runs: a row for each true cause, a column for each that the rule named."""
    pairs = [(truth(chart.patient), rule(chart.of_seed(seed))) for chart in charts.values() for seed in chart.seeds]
    causes = list(dict.fromkeys(true for true, _ in pairs))
    named = causes + sorted({name for _, name in pairs} - set(causes), key=str)
    table = pd.DataFrame(0, index=causes, columns=named)
    for true, name in pairs:
        table.loc[true, name] += 1
    return table


def share_right(table):
    """The share of all runs whose cause was named."""
    return sum(table.loc[cause, cause] for cause in table.index) / table.to_numpy().sum()


def shares_right(table):
    """The same for each true cause (causes,)."""
    return np.array([table.loc[cause, cause] / table.loc[cause].sum() for cause in table.index])


def symptoms(gauges):
    """Numbers that can be read off each gauge of one run: a dict gauge → dict symptom → value, nan where it is gone."""
    train, val, gradient, ratio, rates = (gauges[name] for name in (
        "train_loss", "val_loss", "gradient_norm", "update_ratio", "rates"))
    seen = np.isfinite(train)
    start = lambda values: np.median(values[5:15])
    return {
        "training loss": {"first": train[0], "last": train[-1], "highest": _largest(train), "readings": seen.sum()},
        "validation loss": {"last": val[-1], "lowest": -_largest(-val), "above its lowest": -val[-1] / _largest(-val)},
        "rate": {"first": rates[0], "last over first": rates[-1] / rates[0], "steps": len(rates),
                 "rises": (np.diff(rates) > 0).sum()},
        "gradient norm": {"first": gradient[0], "early": start(gradient), "last": gradient[-1],
                          "largest": _largest(gradient)},
        "update-to-weight ratio": {"first": ratio[0], "early": start(ratio), "last": ratio[-1],
                                   "largest": _largest(ratio)},
    }


def told_apart(charts, errors=1):
    """Which gauge tells which causes apart: a table of True and False, a row for each pair of patients of one plan.

    A gauge tells two patients apart if one number read off it has a threshold that puts at most `errors` of the runs
    of both together on the wrong side. A number that is nan lies above all others.
    """
    read = {name: [symptoms(chart.of_seed(seed)) for seed in chart.seeds] for name, chart in charts.items()}
    gauges = list(next(iter(read.values()))[0])
    rows = {}
    for a, b in combinations(charts, 2):
        if charts[a].patient.plan is charts[b].patient.plan:
            rows[a, b] = [any(_wrong([s[gauge][name] for s in read[a]], [s[gauge][name] for s in read[b]]) <= errors
                              for name in read[a][0][gauge]) for gauge in gauges]
    return pd.DataFrame(list(rows.values()), index=pd.MultiIndex.from_tuples(rows), columns=gauges)


def _wrong(a, b):
    """The fewest values of a and b together that lie on the wrong side of a threshold."""
    a, b = (np.nan_to_num(np.array(values, dtype=float), nan=np.inf) for values in (a, b))
    places = np.unique(np.r_[a, b])
    below = np.array([[(values <= place).sum() for place in places] for values in (a, b)])
    above = np.array([[len(a)], [len(b)]]) - below
    return int(min((above[0] + below[1]).min(), (below[0] + above[1]).min()))


def _largest(values):
    return np.nanmax(values) if np.isfinite(values).any() else np.nan
