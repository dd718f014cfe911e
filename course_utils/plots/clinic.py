"""Charts of the clinic: gauges of a few patients, and how often a rule names which cause."""

from fractions import Fraction

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import LogLocator, NullFormatter

from .style import INK, LINE_COLORS, RATE_MARKERS, legend_beside, new_axes

PANELS = {"loss": ("train_loss", "val_loss"), "learning rate": ("rates",), "gradient norm": ("gradient_norm",),
          "update-to-weight ratio": ("update_ratio",)}


def plot_gauges(charts):
    """The gauges of each chart, a row for each entry of the dict `charts`, whose keys are the titles.

    A line is a run. Losses are solid on training data and dashed on validation data; the rate is drawn for every step,
    the other gauges once an epoch, all but the rate on log axes. A cross marks where a loss was lost. Returns the axes.
    """
    fig, axes = plt.subplots(len(charts), len(PANELS), figsize=(12, 0.5 + 1.75 * len(charts)), layout="constrained",
                             squeeze=False, sharex="col")
    for n, (row, (title, chart)) in enumerate(zip(axes, charts.items(), strict=True)):
        for ax, (label, names) in zip(row, PANELS.items(), strict=True):
            ax.spines[["top", "right"]].set_visible(False)
            _draw_panel(ax, chart, names)
            if n == 0:
                ax.set_title(label, fontsize=10.5)
        row[0].set_ylabel(title, rotation=0, ha="right", va="center", labelpad=12, weight="bold")
    for ax, label in zip(axes[-1], ("epoch", "share of the steps", "epoch", "epoch"), strict=True):
        ax.set_xlabel(label)
    axes[0, 0].plot([], [], "-", color=INK, label="training")
    axes[0, 0].plot([], [], "--", color=INK, label="validation")
    axes[0, 0].legend(frameon=False, fontsize=8, loc="upper right")
    return axes


def _draw_panel(ax, chart, names):
    if names == ("rates",):
        steps = len(chart.rates)
        ax.plot((np.arange(steps) + 0.5) / steps, chart.rates, color=INK, lw=1.6)
        ax.set(ylim=(0, 1.15 * chart.rates.max()), xlim=(0, 1))
        ax.text(0.04, 0.07, f"{steps} steps", transform=ax.transAxes, fontsize=8.5,
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1})
        return
    for name, style in zip(names, ("-", "--"), strict=False):
        for k, line in enumerate(chart.gauges[name]):
            color, epochs = LINE_COLORS[k % len(LINE_COLORS)], np.arange(1, len(line) + 1)
            ax.plot(epochs, line, style, color=color, lw=1.2, alpha=0.85)
            if style == "-" and np.isnan(line).any():
                _mark_loss(ax, epochs, line, color)
    ax.set(yscale="log", xlim=(0, chart.gauges[names[0]].shape[1] + 1))
    low, high = ax.get_ylim()
    ax.yaxis.set_major_locator(LogLocator(subs=(1,) if high > 30 * low else (1, 2, 5), numticks=5))
    ax.yaxis.set_major_formatter(lambda y, _: f"{y:g}")
    ax.yaxis.set_minor_formatter(NullFormatter())


def _mark_loss(ax, epochs, line, color):
    """A cross where a gauge was read last; at the left edge if it never was."""
    seen = np.flatnonzero(np.isfinite(line))
    if len(seen):
        ax.plot(epochs[seen[-1]], line[seen[-1]], "X", color=color, ms=7, clip_on=False)
    else:
        ax.plot(0, 0.5, "X", color=color, ms=7, transform=ax.get_xaxis_transform(), clip_on=False)


def plot_confusion(table, ax=None):
    """Counts of a confusion table (true causes × named causes), the shade by the share of the row."""
    if ax is None:
        _, ax = plt.subplots(figsize=(9.5, 7), layout="constrained")
    else:
        ax = new_axes(ax)
    counts = table.to_numpy()
    share = counts / counts.sum(axis=1, keepdims=True)
    ax.imshow(share, cmap="Blues", vmin=0, vmax=1.2, aspect="auto")
    for (row, column), count in np.ndenumerate(counts):
        if count:
            ax.text(column, row, int(count), ha="center", va="center", fontsize=9,
                    color="white" if share[row, column] > 0.7 else INK)
    ax.set_xticks(range(table.shape[1]), table.columns, rotation=45, ha="right", fontsize=9)
    ax.set_yticks(range(len(table)), table.index, fontsize=9)
    ax.set(xlabel="named", ylabel="true")
    return ax


def plot_basins(found, ax=None):
    """Mean final validation accuracy over the factor of the rate, a line for each treatment of `basins(…)`."""
    ax = new_axes(ax)
    for n, (name, basin) in enumerate(found.items()):
        ax.plot(basin.factors, basin.val_accuracy.mean(axis=1), RATE_MARKERS[n % len(RATE_MARKERS)] + "-",
                color=LINE_COLORS[n % len(LINE_COLORS)], label=name)
    factors = next(iter(found.values())).factors
    ax.set_xscale("log")
    ax.set_xticks(factors, [str(Fraction(factor).limit_denominator(10_000)) for factor in factors])
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set(xlabel="rate, as a multiple of the patient's", ylabel="validation accuracy", ylim=(0, 1))
    legend_beside(ax)
    return ax
