"""Numbers of the reader's own: means, intervals, differences, grids."""

import matplotlib.pyplot as plt
import numpy as np

from ..statistics import Interval
from .checks import as_families, as_numbers, as_table, came
from .intervals import finite_interval
from .style import CLASS_COLORS, INK, LINE_COLORS, LINE_STYLES, RATE_MARKERS, draw_ceiling_line, new_axes


def plot_means(x, families, ax=None, ceiling=None):
    """Mean scores over x with their 95 % intervals; `families` maps names to scores (n, seeds)."""
    x = as_numbers(x, "x")
    rows = {name: as_table(scores, len(x), f"families[{name!r}]")
            for name, scores in as_families(families, "families", "scores (n, seeds)").items()}
    ax = new_axes(ax)
    for n, (name, scores) in enumerate(rows.items()):
        mean, low, high = np.transpose([finite_interval(row) for row in scores])
        color = LINE_COLORS[n % len(LINE_COLORS)]
        ax.plot(x, mean, ls=LINE_STYLES[n % len(LINE_STYLES)], color=color, label=name, ms=6,
                marker=RATE_MARKERS[n % len(RATE_MARKERS)])
        if np.isfinite(low).any():
            ax.fill_between(x, low, high, color=color, alpha=0.15, lw=0)
    ax.legend(frameon=False)
    draw_ceiling_line(ax, ceiling)
    return ax


def plot_scaling(x, samples, predicted=None, ax=None, label=None, color=INK, marker="o"):
    """Repeated measurements against x on log axes: means with 95 % intervals; the line is a prediction, not a fit.

    x (k,), samples (k, repetitions), predicted (k,) or None.
    """
    x = as_numbers(x, "x")
    mean, _, high = np.transpose([finite_interval(row) for row in as_table(samples, len(x), "samples")])
    if predicted is not None and len(predicted := as_numbers(predicted, "predicted")) != len(x):
        raise ValueError(f"predicted must have a number for each of the {len(x)} x, got {len(predicted)}")
    ax = new_axes(ax)
    margin = np.minimum(high - mean, 0.999 * mean) if np.isfinite(high).any() else None
    ax.errorbar(x, mean, margin, fmt=marker, color=color, ms=5, capsize=2, lw=1, label=label)
    if predicted is not None:
        order = np.argsort(x)
        ax.plot(x[order], predicted[order], "-", color=color, lw=1)
    ax.set(xscale="log", yscale="log", xlabel=ax.get_xlabel() or "x",
           ylabel=ax.get_ylabel() or "mean and 95 % interval")
    return ax


def plot_differences(differences, ax=None):
    """Paired differences with their intervals, a row for each entry of the dict; filled where zero is excluded."""
    for name, difference in as_families(differences, "differences", "paired differences").items():
        if not isinstance(difference, Interval):
            raise TypeError(f"differences[{name!r}] must be what paired_difference(…) returns, got {came(difference)}")
    ax = new_axes(ax)
    ax.axvline(0, color="0.5", lw=1)
    for row, difference in enumerate(differences.values()):
        ends = [[difference.mean - difference.low], [difference.high - difference.mean]]
        ends = ends if np.isfinite(ends).all() else None
        ax.errorbar(difference.mean, row, xerr=ends, fmt="o", color=INK, ms=7, capsize=3,
                    mfc=INK if difference.excludes_zero else "white")
    ax.set(yticks=range(len(differences)), yticklabels=differences, ylim=(len(differences) - 0.5, -0.5))
    return ax


def plot_intervals(groups, ax=None, label="value"):
    """A row for each name in `groups` {name: values}: values are dots, their mean a diamond with its 95 % interval."""
    groups = {name: as_numbers(values, f"groups[{name!r}]")
              for name, values in as_families(groups, "groups", "lists of numbers").items()}
    ax = new_axes(ax)
    for row, values in enumerate(groups.values()):
        mean, low, high = finite_interval(values)
        jitter = np.random.default_rng(row).uniform(-0.16, 0.16, len(values))
        ax.plot(values, row + jitter, "o", ms=4, alpha=0.45, mew=0, color=CLASS_COLORS[0])
        ax.plot([low, high], [row + 0.32] * 2, color=INK, lw=2)
        ax.plot(mean, row + 0.32, "D", ms=5, color=INK)
    ax.set(yticks=range(len(groups)), yticklabels=list(groups), ylim=(len(groups) - 0.4, -0.5), xlabel=label)
    ax.grid(axis="x", color="0.9")
    ax.set_axisbelow(True)
    return ax


def plot_groups(groups, true_values=None, ax=None, color=INK):
    """Values as dots, a column for each entry of the dict; a broad dash at the true value of a group, where known."""
    groups = {name: as_numbers(values, f"groups[{name!r}]", finite=False)
              for name, values in as_families(groups, "groups", "lists of numbers").items()}
    if true_values is not None and len(true_values := as_numbers(true_values, "true_values")) != len(groups):
        raise ValueError(f"true_values must hold one for each of the {len(groups)} groups, got {len(true_values)}")
    ax = new_axes(ax)
    for column, values in enumerate(groups.values()):
        jitter = np.random.default_rng(0).uniform(-0.28, 0.28, len(values))  # so that dots do not hide dots
        ax.plot(column + jitter, values, "o", ms=3, mew=0, alpha=0.5, color=color)
    for column, value in enumerate(() if true_values is None else true_values):
        ax.plot([column - 0.38, column + 0.38], [value, value], "--", color=INK, lw=2)
    ax.set(xticks=range(len(groups)), xticklabels=groups, xlim=(-0.5, len(groups) - 0.5), xlabel=ax.get_xlabel() or " ",
           ylabel=ax.get_ylabel() or "value")
    return ax


def plot_grid(x, y, scores, ax=None, higher_is_better=True):
    """Scores over two hyperparameters as a map with a number in each cell; a frame marks the best of each column.

    x (k,) gives the columns, y (n,) the rows from below, scores (n, k) the cells.
    """
    x, y, scores = as_numbers(x, "x"), as_numbers(y, "y"), np.asarray(scores, dtype=float)
    if scores.shape != (len(y), len(x)):
        raise ValueError(f"scores must have shape ({len(y)}, {len(x)}), a row for each y, got {scores.shape}")
    if not np.isfinite(scores).any(axis=0).all():
        raise ValueError(f"scores must hold a finite number in every column, got none in "
                         f"{np.flatnonzero(~np.isfinite(scores).any(axis=0)).tolist()}")
    ax = new_axes(ax)
    sign = 1 if higher_is_better else -1
    low, high = np.nanquantile(sign * scores, [0.25, 1])
    shade = np.clip((sign * scores - low) / (high - low or 1), 0, 1)
    ax.imshow(shade, origin="lower", aspect="auto", cmap="Blues", vmin=0, vmax=1.6)
    for (row, column), score in np.ndenumerate(scores):
        ax.text(column, row, f"{score:.3g}", ha="center", va="center", fontsize=9, color="black")
    for column, row in enumerate(np.nanargmax(sign * scores, axis=0)):
        ax.add_patch(plt.Rectangle((column - 0.46, row - 0.46), 0.92, 0.92, fill=False, ec=CLASS_COLORS[1], lw=2.5))
    ax.set(xticks=range(len(x)), xticklabels=[f"{v:.2g}" for v in x], yticks=range(len(y)),
           yticklabels=[f"{v:.2g}" for v in y])
    return ax
