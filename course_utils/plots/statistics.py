"""Numbers of the reader's own: means, intervals, differences, grids."""

import matplotlib.pyplot as plt
import numpy as np

from ..statistics import mean_interval
from .style import CLASS_COLORS, INK, LINE_COLORS, LINE_STYLES, RATE_MARKERS, draw_ceiling_line, new_axes


def plot_means(x, families, ax=None, ceiling=None):
    """Mean scores over x with their 95 % intervals; `families` maps names to scores (n, seeds)."""
    ax = new_axes(ax)
    for n, (name, scores) in enumerate(families.items()):
        y = [mean_interval(row) for row in scores]
        color = LINE_COLORS[n % len(LINE_COLORS)]
        ax.plot(x, [i.mean for i in y], ls=LINE_STYLES[n % len(LINE_STYLES)], color=color, label=name, ms=6,
                marker=RATE_MARKERS[n % len(RATE_MARKERS)])
        ax.fill_between(x, [i.low for i in y], [i.high for i in y], color=color, alpha=0.15, lw=0)
    ax.legend(frameon=False)
    draw_ceiling_line(ax, ceiling)
    return ax


def plot_scaling(x, samples, predicted=None, ax=None, label=None, color=INK, marker="o"):
    """Repeated measurements against x on log axes: means with 95 % intervals; the line is a prediction, not a fit.

    x (k,), samples (k, repetitions), predicted (k,) or None.
    """
    ax = new_axes(ax)
    means = [mean_interval(row) for row in samples]
    mean = np.array([m.mean for m in means])
    margin = np.array([m.high for m in means]) - mean
    ax.errorbar(x, mean, np.minimum(margin, 0.999 * mean), fmt=marker, color=color, ms=5, capsize=2, lw=1, label=label)
    if predicted is not None:
        order = np.argsort(x)
        ax.plot(np.asarray(x)[order], np.asarray(predicted)[order], "-", color=color, lw=1)
    ax.set(xscale="log", yscale="log", xlabel=ax.get_xlabel() or "x",
           ylabel=ax.get_ylabel() or "mean and 95 % interval")
    return ax


def plot_differences(differences, ax=None):
    """Paired differences with their intervals, a row for each entry of the dict; filled where zero is excluded."""
    ax = new_axes(ax)
    ax.axvline(0, color="0.5", lw=1)
    for row, difference in enumerate(differences.values()):
        ends = [[difference.mean - difference.low], [difference.high - difference.mean]]
        ax.errorbar(difference.mean, row, xerr=ends, fmt="o", color=INK, ms=7, capsize=3,
                    mfc=INK if difference.excludes_zero else "white")
    ax.set(yticks=range(len(differences)), yticklabels=differences, ylim=(len(differences) - 0.5, -0.5))
    return ax


def plot_intervals(groups, ax=None, label="value"):
    """A row for each name in `groups` {name: values}: values are dots, their mean a diamond with its 95 % interval."""
    ax = new_axes(ax)
    for row, values in enumerate(groups.values()):
        found = mean_interval(values)
        jitter = np.random.default_rng(row).uniform(-0.16, 0.16, found.n)
        ax.plot(values, row + jitter, "o", ms=4, alpha=0.45, mew=0, color=CLASS_COLORS[0])
        ax.plot([found.low, found.high], [row + 0.32] * 2, color=INK, lw=2)
        ax.plot(found.mean, row + 0.32, "D", ms=5, color=INK)
    ax.set(yticks=range(len(groups)), yticklabels=list(groups), ylim=(len(groups) - 0.4, -0.5), xlabel=label)
    ax.grid(axis="x", color="0.9")
    ax.set_axisbelow(True)
    return ax


def plot_groups(groups, true_values=None, ax=None, color=INK):
    """Values as dots, a column for each entry of the dict; a broad dash at the true value of a group, where known."""
    ax = new_axes(ax)
    for column, values in enumerate(groups.values()):
        jitter = np.random.default_rng(0).uniform(-0.28, 0.28, len(values))  # so that dots do not hide dots
        ax.plot(column + jitter, values, "o", ms=3, mew=0, alpha=0.5, color=color)
    for column, value in enumerate(true_values or ()):
        ax.plot([column - 0.38, column + 0.38], [value, value], "--", color=INK, lw=2)
    ax.set(xticks=range(len(groups)), xticklabels=groups, xlim=(-0.5, len(groups) - 0.5), xlabel=ax.get_xlabel() or " ",
           ylabel=ax.get_ylabel() or "value")
    return ax


def plot_grid(x, y, scores, ax=None, higher_is_better=True):
    """Scores over two hyperparameters as a map with a number in each cell; a frame marks the best of each column.

    x (k,) gives the columns, y (n,) the rows from below, scores (n, k) the cells.
    """
    ax = new_axes(ax)
    scores = np.asarray(scores, dtype=float)
    if scores.shape != (len(y), len(x)):
        raise ValueError(f"scores must have shape ({len(y)}, {len(x)}), a row for each y, got {scores.shape}")
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
