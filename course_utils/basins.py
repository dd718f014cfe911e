"""How wide the range of good rates is; needs NumPy alone."""

from math import isfinite
from numbers import Real

import numpy as np

from .arrays import numbers

__all__ = ["basin_width", "positive_rates"]


def basin_width(rates, scores, tolerance, higher_is_better=True):
    """Decades of rate around the best one whose score lies within `tolerance` of the best.

    rates (n,), scores (n,); the profile is taken as straight lines over log₁₀ rate and followed from the best rate to
    both sides until it first leaves the tolerance. NaN and infinity count as out of tolerance.
    """
    rates, scores = positive_rates(rates), numbers("scores", scores).astype(float)
    if rates.shape != scores.shape or len(rates) < 2:
        raise ValueError(f"rates and scores must have the same length of at least 2, got {rates.shape}, {scores.shape}")
    if not isinstance(tolerance, Real) or isinstance(tolerance, bool) or not (tolerance >= 0 and isfinite(tolerance)):
        raise ValueError(f"tolerance must be 0 or more, got {tolerance!r}")
    order = np.argsort(rates)
    x = np.log10(rates[order])
    loss = (-scores if higher_is_better else scores)[order]
    if not np.isfinite(loss).any():
        raise ValueError("scores hold no finite number: no rate worked")
    loss[~np.isfinite(loss)] = np.nan
    best = int(np.nanargmin(loss))
    limit = loss[best] + tolerance
    return _reach(x[best:], loss[best:], limit) + _reach(-x[best::-1], loss[best::-1], limit)


def positive_rates(rates):
    """The rates (n,) as an array of finite numbers above 0, all of them different; ValueError otherwise."""
    rates = numbers("rates", rates).astype(float)
    if rates.ndim != 1 or not (np.isfinite(rates) & (rates > 0)).all():
        raise ValueError(f"rates must lie above 0, a list of finite numbers, got {rates}")
    if len(np.unique(rates)) < len(rates):
        raise ValueError(f"rates must differ, got one of them twice: {rates}")
    return rates


def _reach(x, loss, limit):
    """How far from x[0] the line through (x, loss) stays at or under the limit."""
    for i in range(1, len(x)):
        if not loss[i] <= limit:
            if np.isnan(loss[i]) or not np.isfinite(loss[i]):
                return float(x[i - 1] - x[0])
            share = (limit - loss[i - 1]) / (loss[i] - loss[i - 1])
            return float(x[i - 1] - x[0] + share * (x[i] - x[i - 1]))
    return float(x[-1] - x[0])
