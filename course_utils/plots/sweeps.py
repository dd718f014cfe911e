"""What came of a sweep or of a range test."""

from math import ceil

import numpy as np

from ..statistics import mean_interval
from .style import CLASS_COLORS, INK, LINE_COLORS, RATE_MARKERS, draw_ceiling, new_axes, rate_color


def plot_rate_profile(runs, metric=None, ax=None, label=None, color=INK, marker="D", every_run=True, interval=False):
    """A final score against the learning rate: every run a dot, the line their mean, the dashed line the ceiling.

    `interval` adds a band, the 95 % interval of the mean.
    """
    ax = new_axes(ax)
    metric = f"test_{runs.metric}" if metric is None else metric
    order = np.argsort(runs.values("lr"))
    rates, scores = np.array(runs.values("lr"))[order], runs.final(metric)[order]
    if every_run:
        jitter = np.random.default_rng(0).uniform(-0.12, 0.12, scores.shape)  # decades, so that dots do not hide dots
        ax.scatter(rates[:, None] * 10**jitter, scores, s=9, alpha=0.45, linewidth=0,
                   c=[rate_color(r) for r in np.repeat(rates, scores.shape[1])] if color == INK else [color])
    mean = np.ma.masked_invalid(scores).mean(axis=1)
    ax.plot(rates, mean, "-", marker=marker, ms=5, color=color, label=label or "mean")
    if interval:
        means = [mean_interval(row[np.isfinite(row)]) if np.isfinite(row).sum() > 1 else None for row in scores]
        ends = [[getattr(m, end) if m else np.nan for m in means] for end in ("low", "high")]
        ax.fill_between(rates, *ends, color=color, alpha=0.18, lw=0)
    ax.set(xscale="log", xlabel="learning rate", ylabel=metric.replace("_", " "))
    draw_ceiling(ax, runs.data, metric)
    return ax


def plot_curves(runs, metric="train_loss", ax=None):
    """A score against the epoch, a line for each rate: the median, in a band that holds the middle 80 % of the runs."""
    ax = new_axes(ax)
    epochs = np.arange(1, runs.epochs + 1)
    for n, i in enumerate(np.argsort(runs.values("lr"))[::-1]):
        h, color = runs.history[metric][i], rate_color(runs.values("lr")[i])
        h = np.where(np.isfinite(h), h, np.nan)
        alive = ~np.isnan(h).all(axis=0)  # a line ends where the last of its runs diverged
        low, middle, high = (np.nanquantile(h[:, alive], share, axis=0) for share in (0.1, 0.5, 0.9))
        ax.plot(epochs[alive], middle, color=color, label=f"{runs.values('lr')[i]:g}", ms=5,
                marker=RATE_MARKERS[n % len(RATE_MARKERS)], markevery=(0.02 + 0.015 * n, 0.14))
        ax.fill_between(epochs[alive], low, high, color=color, alpha=0.2, lw=0)
    ax.set(xlabel="epoch", ylabel=metric.replace("_", " "))
    draw_ceiling(ax, runs.data, metric)
    ax.legend(title="rate", frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    return ax


def plot_pairs(runs, lr_a, lr_b, metric=None, ax=None):
    """A final score at one rate against that at another, a dot for each seed; above the diagonal, `lr_a` won."""
    ax = new_axes(ax)
    metric = f"test_{runs.metric}" if metric is None else metric
    a, b = (runs.select(lr=lr).final(metric)[0] for lr in (lr_a, lr_b))
    ends = np.nanmin([a, b]) - 0.02, np.nanmax([a, b]) + 0.02
    ax.plot(ends, ends, color="0.6", lw=1)
    ax.plot(b, a, "o", ms=6, alpha=0.7, mew=0, color=rate_color(lr_a))
    words = metric.replace("_", " ")
    ax.set(xlabel=f"{words} at rate {lr_b:g}", ylabel=f"{words} at rate {lr_a:g}", xlim=ends, ylim=ends, aspect="equal")
    return ax


def plot_summed_rate(families, metric=None, ax=None):
    """A final score against the summed rate Σηt, a mark for each setting: mean, 95 % interval, middle 80 % of the sums.

    `families` maps names to sweeps; the family called "constant" is drawn as a line.
    """
    ax = new_axes(ax)
    for n, (name, runs) in enumerate(families.items()):
        metric = f"test_{runs.metric}" if metric is None else metric
        steps = [ceil(len(runs.data.x_train) / size) for size in runs.values("batch_size")]
        sums = runs.history["mean_lr"].sum(axis=2) * np.array(steps)[:, None]
        x = sums.mean(axis=1)
        y = [mean_interval(scores) for scores in runs.final(metric)]
        middle = np.array([interval.mean for interval in y])
        reach = [np.abs(np.array([getattr(i, end) for i in y]) - middle) for end in ("low", "high")]
        spread = np.abs(np.quantile(sums, [0.1, 0.9], axis=1) - x)
        ax.errorbar(x, middle, yerr=reach, xerr=spread, ls="-" if name == "constant" else "none", lw=1.2, ms=7,
                    marker=RATE_MARKERS[n % len(RATE_MARKERS)], color=LINE_COLORS[n % len(LINE_COLORS)], label=name,
                    mfc="white" if name == "constant" else None)
    ax.set(xscale="log", xlabel="summed rate Ση", ylabel=metric.replace("_", " "))
    draw_ceiling(ax, runs.data, metric)
    ax.legend(frameon=False, loc="lower right")
    return ax


def plot_range_test(test, ax=None, shown=None):
    """Batch loss against the growing rate, a thin line a seed, the line of dots their median; both axes logarithmic."""
    ax = new_axes(ax)
    losses = np.where(np.isfinite(test.losses), test.losses, np.nan)
    for line in losses[:shown]:
        ax.plot(test.rates, line, color=CLASS_COLORS[0], lw=0.7, alpha=0.5)
    alive = ~np.isnan(losses).all(axis=0)
    ax.plot(test.rates[alive], np.nanmedian(losses[:, alive], axis=0), "o-", ms=3, color=INK, lw=1.2)
    ax.set(xscale="log", yscale="log", xlabel="learning rate, raised at each step", ylabel="loss of the batch")
    return ax
