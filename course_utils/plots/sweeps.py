"""What came of a sweep or of a range test."""

from math import ceil
from numbers import Real

import numpy as np

from ..names import label as name_of
from ..names import setting_names
from .checks import as_families, as_metric, as_sweep, came
from .intervals import finite_interval
from .style import (
    CLASS_COLORS,
    INK,
    LINE_COLORS,
    LINE_STYLES,
    RATE_MARKERS,
    draw_ceiling,
    legend_beside,
    new_axes,
    rate_color,
)


def plot_rate_profile(runs, metric=None, ax=None, label=None, color=None, marker=None, every_run=True, interval=False):
    """A final score against the learning rate: every run a dot, the line their mean, the dashed line the ceiling.

    Whatever else differs between settings (optimizers, models, batch sizes, …) has a line of its own, with its name.
    `interval` adds a band, the 95 % interval of the mean.
    """
    metric = as_metric(as_sweep(runs), metric)
    lines = _by_rate(runs)
    _refuse_schedules(runs, "plot_curves draws their epochs, plot_summed_rate puts them on one axis by their sum")
    ax = new_axes(ax)
    for n, (name, part) in enumerate(lines.items()):
        alone = len(lines) == 1
        ink = color or (INK if alone else LINE_COLORS[n])
        order = np.argsort(part.values("lr"))
        rates, scores = np.array(part.values("lr"), dtype=float)[order], part.final(metric)[order]
        if every_run:
            _draw_runs(ax, rates, scores, None if ink == INK and alone else ink)
        words = ", ".join(filter(None, [label, name])) or ("mean" if len(part.seeds) > 1 else f"seed {part.seeds[0]}")
        ax.plot(rates, np.ma.masked_invalid(scores).mean(axis=1), "-", ms=5, color=ink, label=words,
                marker=marker or ("D" if alone else RATE_MARKERS[n]))
        if interval and len(part.seeds) > 1:
            ends = np.transpose([finite_interval(row)[1:] for row in scores])
            ax.fill_between(rates, *ends, color=ink, alpha=0.18, lw=0)
    ax.set(xscale="log", xlabel="learning rate", ylabel=metric.replace("_", " "))
    draw_ceiling(ax, runs.data, metric)
    if len(lines) > 1:
        legend_beside(ax)
    return ax


def _draw_runs(ax, rates, scores, color):
    """Every run as a dot, in the colour of its rate if none is given."""
    jitter = np.random.default_rng(0).uniform(-0.12, 0.12, scores.shape)  # decades, so that dots do not hide dots
    ax.scatter(rates[:, None] * 10**jitter, scores, s=9, alpha=0.45, linewidth=0,
               c=[rate_color(r) for r in np.repeat(rates, scores.shape[1])] if color is None else [color])


def plot_curves(runs, metric="train_loss", ax=None):
    """A score against the epoch, a line for each setting: the median, in a band with the middle 80 % of the runs.

    Colours are those of the rates; whatever else differs between settings has a line style and a name of its own.
    """
    metric = as_metric(as_sweep(runs), metric)
    groups = _by_rate(runs)
    ax, epochs = new_axes(ax), np.arange(1, runs.epochs + 1)
    one_each = all(len(part.settings) == 1 for part in groups.values())
    for n, (i, name, group) in enumerate(_in_order(groups)):
        lr, h = runs.values("lr")[i], runs.history[metric][i]
        h = np.where(np.isfinite(h), h, np.nan)
        alive = ~np.isnan(h).all(axis=0)  # a line ends where the last of its runs diverged
        low, middle, high = (np.nanquantile(h[:, alive], share, axis=0) for share in (0.1, 0.5, 0.9))
        by_rate = isinstance(lr, Real) and not (one_each and len(groups) > 1)
        color = rate_color(lr) if by_rate else LINE_COLORS[n % len(LINE_COLORS)]
        ax.plot(epochs[alive], middle, color=color, label=name, ms=5, ls=LINE_STYLES[group % len(LINE_STYLES)],
                marker=RATE_MARKERS[(n + group // len(LINE_STYLES)) % len(RATE_MARKERS)],
                markevery=(0.02 + 0.015 * (n % 8), 0.14))
        if len(h) > 1:
            ax.fill_between(epochs[alive], low, high, color=color, alpha=0.2, lw=0)
    ax.set(xlabel="epoch", ylabel=metric.replace("_", " "))
    draw_ceiling(ax, runs.data, metric)
    legend_beside(ax, title="rate" if len(groups) == 1 else None)
    return ax


def _in_order(groups):
    """(index of the setting, name in the legend, number of its group), in each group from the largest rate down."""
    for group, (name, part) in enumerate(groups.items()):
        rates = part.values("lr")
        numbers = all(isinstance(lr, Real) for lr in rates)
        for k in np.argsort(rates)[::-1] if numbers else range(len(rates)):
            words = [name] if len(groups) > 1 else []
            if len(rates) > 1 or len(groups) == 1:
                lr = f"{rates[k]:g}" if isinstance(rates[k], Real) else name_of(rates[k])
                words.append(f"rate {lr}" if words else lr)
            yield part.places[k], ", ".join(words), group


def plot_pairs(runs, lr_a, lr_b, metric=None, ax=None):
    """A final score at one rate against that at another, a dot for each seed; above the diagonal, `lr_a` won.

    Whatever else differs between settings has a colour and a name of its own.
    """
    metric = as_metric(as_sweep(runs), metric)
    groups = _by_rate(runs)
    rates = {name: [part.final(metric)[_at(runs, part, lr, name_)] for name_, lr in (("lr_a", lr_a), ("lr_b", lr_b))]
             for name, part in groups.items()}
    scores = np.concatenate([np.ravel(pair) for pair in rates.values()])
    if not np.isfinite(scores).any():
        raise ValueError(f"every run at the rates {name_of(lr_a)} and {name_of(lr_b)} diverged: there is no "
                         f"{metric} to draw")
    ax = new_axes(ax)
    finite = scores[np.isfinite(scores)]
    ends = finite.min() - 0.02, finite.max() + 0.02
    ax.plot(ends, ends, color="0.6", lw=1)
    for n, (name, (a, b)) in enumerate(rates.items()):
        color = rate_color(lr_a) if len(groups) == 1 and isinstance(lr_a, Real) else LINE_COLORS[n]
        ax.plot(b, a, "o" if len(groups) == 1 else RATE_MARKERS[n], ms=6, alpha=0.7, mew=0, color=color,
                label=name or None)
    words = metric.replace("_", " ")
    ax.set(xlabel=f"{words} at rate {name_of(lr_b)}", ylabel=f"{words} at rate {name_of(lr_a)}", xlim=ends, ylim=ends,
           aspect="equal")
    if len(groups) > 1:
        legend_beside(ax)
    return ax


def _at(runs, part, lr, argument):
    """The place of a rate among the settings of a part of the sweep."""
    rates = part.values("lr")
    found = [i for i, rate in enumerate(rates) if rate == lr or name_of(rate) == lr]
    if not found:
        raise ValueError(f"{argument} must be a rate of the sweep, one of "
                         f"{', '.join(dict.fromkeys(map(name_of, runs.values('lr'))))}, got {lr!r}")
    return found[0]


def plot_summed_rate(families, metric=None, ax=None):
    """A final score against the summed rate Σηt, a mark for each setting: mean, 95 % interval, middle 80 % of the sums.

    `families` maps names to sweeps; the family called "constant" is drawn as a line. Whatever else than the rate or
    schedule differs between the settings of a family has marks of its own.
    """
    as_families(families, "families", "sweeps")
    marks = {}
    for family, runs in families.items():
        metric = as_metric(as_sweep(runs, f"families[{family!r}]"), metric)
        marks |= {(family, ", ".join(filter(None, [family, name]))): part for name, part in _by_rate(runs).items()}
    ax = new_axes(ax)
    for n, ((family, name), part) in enumerate(marks.items()):
        steps = [ceil(len(part.data.x_train) / size) for size in part.values("batch_size")]
        sums = part.history["mean_lr"].sum(axis=2) * np.array(steps)[:, None]
        constant = family == "constant"
        order = np.argsort(sums.mean(axis=1)) if constant else np.arange(len(sums))  # a line goes from left to right
        sums = sums[order]
        x, (mean, low, high) = sums.mean(axis=1), np.transpose([finite_interval(s) for s in part.final(metric)[order]])
        several = len(part.seeds) > 1
        spread = np.abs(np.quantile(sums, [0.1, 0.9], axis=1) - x) if several else None
        ax.errorbar(x, mean, yerr=[mean - low, high - mean] if several else None, xerr=spread, lw=1.2, ms=7,
                    ls="-" if constant else "none", marker=RATE_MARKERS[n % len(RATE_MARKERS)], label=name,
                    color=LINE_COLORS[n % len(LINE_COLORS)], mfc="white" if constant else None)
    ax.set(xscale="log", xlabel="summed rate Ση", ylabel=metric.replace("_", " "))
    draw_ceiling(ax, part.data, metric)
    ax.legend(frameon=False, loc="lower right")
    return ax


def plot_range_test(test, ax=None, shown=None):
    """Batch loss against the growing rate, a thin line a seed, the line of dots their median; both axes logarithmic."""
    if not hasattr(test, "rates") or not hasattr(test, "losses") or np.ndim(test.losses) != 2:
        raise TypeError(f"test must be what range_test(…) returns, got {came(test)}")
    losses = np.where(np.isfinite(test.losses), test.losses, np.nan)
    alive = ~np.isnan(losses).all(axis=0)
    if not alive.any():
        raise ValueError("test holds no finite loss: start the range test at smaller rates")
    ax = new_axes(ax)
    for line in losses[:shown] if len(losses) > 1 else ():
        ax.plot(test.rates, line, color=CLASS_COLORS[0], lw=0.7, alpha=0.5)
    ax.plot(test.rates[alive], np.nanmedian(losses[:, alive], axis=0), "o-", ms=3, color=INK, lw=1.2)
    ax.set(xscale="log", yscale="log", xlabel="learning rate, raised at each step", ylabel="loss of the batch")
    return ax


def _by_rate(runs):
    """{name: the part of the sweep whose settings differ in nothing but the rate}, in the order of the settings."""
    parts = {}
    for i, name in enumerate(setting_names(runs.settings, without=["lr"])):
        parts.setdefault(name, []).append(i)
    if len(parts) > len(LINE_COLORS):
        some = ", ".join(list(parts)[:3])
        raise ValueError(f"runs must hold at most {len(LINE_COLORS)} settings beside the rate to be told apart, got "
                         f"{len(parts)}: {some}, …; choose some with runs.select(…)")
    return {name: _Part(runs, places) for name, places in parts.items()}


class _Part:
    """Some settings of a sweep, by their places in it."""

    def __init__(self, runs, places):
        self.places, self.data, self.seeds = places, runs.data, runs.seeds
        self.settings = [runs.settings[i] for i in places]
        self.history = {name: h[places] for name, h in runs.history.items()}

    def values(self, name):
        return [setting[name] for setting in self.settings]

    def final(self, metric):
        return self.history[metric][:, :, -1]


def _refuse_schedules(runs, instead):
    schedules = list(dict.fromkeys(name_of(lr) for lr in runs.values("lr") if not isinstance(lr, Real)))
    if schedules:
        raise ValueError(f"runs must have numbers as rates to stand on an axis of rates, got the schedule"
                         f"{'s' * (len(schedules) > 1)} {', '.join(schedules[:3])}{', …' * (len(schedules) > 3)}; "
                         f"{instead}")
