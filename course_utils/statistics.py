"""Intervals, paired differences and rules for choosing a rate; arrays in, small named results out."""

from dataclasses import dataclass
from numbers import Real

import numpy as np
from scipy import optimize, stats

from .arrays import numbers
from .basins import basin_width, positive_rates
from .claims import claim, claims_listed, equal_tries, evidence

__all__ = ["Difference", "Interval", "basin_width", "claim", "claims_listed", "crossed_difference", "equal_tries",
           "evidence", "explained_by_a_curve", "mean_interval", "one_standard_error_pick", "paired_difference",
           "slope_interval"]


@dataclass(frozen=True)
class Interval:
    """A mean and the interval that holds the true one with the stated confidence."""

    mean: float
    low: float
    high: float
    n: int
    confidence: float = 0.95
    n_examples: int = 0  # of the test part, where the interval covers them too

    @property
    def excludes_zero(self):
        return self.low > 0 or self.high < 0

    def __contains__(self, value):
        return self.low <= value <= self.high

    def __str__(self):
        return f"{self.mean:.3g} [{self.low:.3g}, {self.high:.3g}]"


class Difference(Interval):
    """The mean of paired differences a − b."""

    def verdict(self, a="A", b="B", higher_is_better=True):
        """"A beats B" only where the interval excludes zero, else "no difference found"."""
        seen = f"{self.n} paired seeds" + (f" and {self.n_examples} test examples" if self.n_examples else "")
        spread = f"[{self.low:+.3g}, {self.high:+.3g}], {seen}"
        if not self.excludes_zero:
            return f"no difference found between {a} and {b}: {self.mean:+.3g} {spread}"
        winner, loser = (a, b) if (self.mean > 0) == higher_is_better else (b, a)
        return f"{winner} beats {loser}: difference {self.mean:+.3g} {spread}"


def mean_interval(x, confidence=0.95):
    """Student's t interval for the mean of x (n,): x̄ ± t · s / √n  (Student 1908).

    One value gives an interval without bounds.
    """
    x, confidence = _sample("x", x), _confidence(confidence)
    if len(x) == 1:
        return Interval(float(x[0]), -np.inf, np.inf, 1, confidence)
    low, high = _t_bounds(x, confidence)
    return Interval(float(x.mean()), low, high, len(x), confidence)


def paired_difference(a, b, confidence=0.95):
    """t interval for the mean of a − b, where a[k] and b[k] come from the same seed  (Student 1908)."""
    a, b, confidence = _sample("a", a), _sample("b", b), _confidence(confidence)
    if len(a) != len(b) or len(a) < 2:
        raise ValueError(f"a and b must hold the scores of the same seeds, at least two; got {len(a)} and {len(b)}")
    low, high = _t_bounds(a - b, confidence)
    return Difference(float((a - b).mean()), low, high, len(a), confidence)


def crossed_difference(a, b, confidence=0.95):
    """Interval for the mean of a − b over seeds and test examples alike, where both are samples of many more.

    a, b (seeds, examples): a score of each example by each network, such as 1 where it is right. `paired_difference` of
    the seeds' means answers for new seeds on the same test examples; this one for new seeds and new examples. With
    d = a − b and the mean squares of its two-way layout, of rows (seeds), columns (examples) and the rest,
    Var(mean) = (MS_rows + MS_columns − MS_rest) / (S E), and the degrees of freedom follow from the same mean squares
    (Satterthwaite 1946). Where the rest exceeds one of the others, the larger of these stands alone.
    """
    a, b, confidence = numbers("a", a).astype(float), numbers("b", b).astype(float), _confidence(confidence)
    if a.shape != b.shape or a.ndim != 2 or min(a.shape) < 2:
        raise ValueError("a and b must hold the scores of the same seeds and examples, shape (seeds, examples) with at "
                         f"least two of each; got {a.shape} and {b.shape}")
    d = a - b
    if not np.isfinite(d).all():
        raise ValueError("a and b must hold finite scores; some are NaN or infinity, as of a run that diverged")
    n, m = d.shape
    rows, columns = d.mean(axis=1, keepdims=True), d.mean(axis=0)
    square = {"rows": m * rows.var(ddof=1), "columns": n * columns.var(ddof=1),
              "rest": ((d - rows - columns + d.mean()) ** 2).sum() / ((n - 1) * (m - 1))}
    parts = [(square["rows"], n - 1), (square["columns"], m - 1), (-square["rest"], (n - 1) * (m - 1))]
    if min(square["rows"], square["columns"]) < square["rest"]:
        parts = [max(parts[:2])]
    total = sum(part for part, _ in parts)
    freedom = total**2 / sum(part**2 / degrees for part, degrees in parts) if total else 1
    half = stats.t.ppf((1 + confidence) / 2, freedom) * np.sqrt(total / (n * m))
    return Difference(float(d.mean()), float(d.mean() - half), float(d.mean() + half), n, confidence, m)


def slope_interval(x, y, confidence=0.95):
    """Slope of the least-squares line through (x, y) with its t interval  (Student 1908)."""
    x, y, confidence = _sample("x", x), _sample("y", y), _confidence(confidence)
    if len(x) != len(y) or len(x) < 3:
        raise ValueError(f"x and y must have the same length of at least 3, got {len(x)} and {len(y)}")
    if np.ptp(x) == 0:
        raise ValueError("x does not vary: there is no slope")
    fit = stats.linregress(x, y)
    half = stats.t.ppf((1 + confidence) / 2, len(x) - 2) * fit.stderr
    return Interval(float(fit.slope), float(fit.slope - half), float(fit.slope + half), len(x), confidence)


def explained_by_a_curve(x, y, increasing=True):
    """Share of the variance of y that the best monotone curve over x explains: 1 − Σ(y − curve)² / Σ(y − ȳ)².

    x (n,), y (n,). The curve is the isotonic regression of y on the order of x, free in everything but its direction
    (Barlow et al. 1972); points of equal x share one value. 0 where x says nothing, 1 where y follows x in order.
    """
    x, y = _sample("x", x), _sample("y", y)
    if len(x) != len(y) or len(x) < 3:
        raise ValueError(f"x and y must have the same length of at least 3, got {len(x)} and {len(y)}")
    if np.ptp(y) == 0:
        raise ValueError("y does not vary: there is nothing to explain")
    _, group, size = np.unique(x, return_inverse=True, return_counts=True)
    level = np.bincount(group, y) / size
    curve = optimize.isotonic_regression(level, weights=size, increasing=increasing).x[group]
    return float(1 - ((y - curve) ** 2).sum() / ((y - y.mean()) ** 2).sum())


def one_standard_error_pick(rates, scores, higher_is_better=True, prefer="smaller"):
    """The smallest (or largest) rate whose mean score lies within one standard error of the best.

    rates (n,), scores (n, seeds)  (Breiman et al. 1984). Rates with a score of NaN or infinity are passed over.
    """
    rates, scores = positive_rates(rates), numbers("scores", scores).astype(float)
    if scores.ndim != 2 or len(rates) != len(scores) or scores.shape[1] < 2:
        raise ValueError(f"scores must have shape ({len(rates)}, seeds) with at least two seeds, got {scores.shape}")
    if prefer not in ("smaller", "larger"):
        raise ValueError(f'prefer must be "smaller" or "larger", got {prefer!r}')
    scores = np.where(np.isfinite(scores), scores, np.nan)
    mean = (scores if higher_is_better else -scores).mean(axis=1)
    if not np.isfinite(mean).any():
        raise ValueError("scores hold no rate without NaN or infinity: no rate worked")
    best = int(np.nanargmax(mean))
    error = scores[best].std(ddof=1) / np.sqrt(scores.shape[1])
    good = rates[mean >= mean[best] - error]
    return float(good.min() if prefer == "smaller" else good.max())


def _t_bounds(x, confidence):
    half = stats.t.ppf((1 + confidence) / 2, len(x) - 1) * x.std(ddof=1) / np.sqrt(len(x))
    return float(x.mean() - half), float(x.mean() + half)


def _confidence(value):
    if not isinstance(value, Real) or not 0 < value < 1:
        raise ValueError(f"confidence must lie between 0 and 1, such as 0.95, got {value!r}")
    return value


def _sample(name, x):
    x = numbers(name, x).astype(float)
    if x.ndim != 1 or len(x) == 0:
        raise ValueError(f"{name} must be a list of numbers, got shape {x.shape}")
    if not np.isfinite(x).all():
        raise ValueError(f"{name} holds NaN or infinity at {np.flatnonzero(~np.isfinite(x)).tolist()}, as of a run "
                         "that diverged: leave those seeds out of both sides, or give them a score")
    return x
