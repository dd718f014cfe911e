"""Means and their intervals as figures draw them: one value has no spread, and a run that diverged no score."""

import numpy as np

from ..statistics import mean_interval

__all__ = ["finite_interval"]


def finite_interval(values):
    """Mean, low and high of the finite values; NaN where there is no mean, or no interval."""
    values = np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    if len(values) < 2:
        return (float(values[0]) if len(values) else np.nan), np.nan, np.nan
    found = mean_interval(values)
    return found.mean, found.low, found.high
