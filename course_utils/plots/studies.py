"""The robustness study and the capstone."""

from collections.abc import Iterable

import matplotlib.pyplot as plt
import numpy as np

from ..names import label
from .checks import as_families, came
from .intervals import finite_interval
from .regions import plot_data
from .style import CLASS_COLORS, INK, LINE_COLORS, RATE_MARKERS, new_axes


def plot_problem(problem, ax=None, example=0):
    """What a problem of the robustness study looks like: a training example, or the whole where that says more."""
    if not hasattr(problem, "data") or not hasattr(problem, "model"):
        raise TypeError(f"problem must be one of make_problems(), got {came(problem)}")
    ax = new_axes(ax)
    data, x, y = problem.data, problem.data.x_train, problem.data.y_train
    if data.name == "blobs":
        plot_data(data, ax)
        ax.set_title("two numbers → class", fontsize=9)
    elif "digits" in data.name:
        ax.imshow(x[example].reshape(8, 8), cmap="Greys")
        answer = f"class {y[example]}" if data.task == "classification" else "8 numbers → 64 pixels"
        ax.set(xticks=[], yticks=[])
        ax.set_title(f"64 pixels → {answer}", fontsize=9)
    elif data.name == "sonnets":
        row = [data.feature_names[int(i)].translate({10: "↵", 32: "␣"}) for i in (*x[example], y[example, -1])]
        for i, letter in enumerate([*row[:-1], " ", "→", row[-1]]):
            ax.text(i, 0, letter, ha="center", va="center", fontsize=15, family="monospace",
                    color=INK if i < len(row) else CLASS_COLORS[1])
        ax.set(xlim=(-1, len(row) + 2), ylim=(-1, 1), xticks=[], yticks=[])
        ax.set_title(f"{x.shape[1]} characters → the next", fontsize=9)
    elif data.name == "sunspots":
        past = np.arange(-x.shape[1], 0)
        ax.plot(past, x[example], "o-", color=INK, ms=4)
        ax.plot(0, y[example], "D", color=CLASS_COLORS[1], ms=7)
        ax.set(xlabel="year", ylabel="√ sunspots, scaled")
        ax.set_title(f"{x.shape[1]} years → the next", fontsize=9)
    elif data.name == "diabetes":
        ax.plot(x[:, 2], y, "o", color=INK, ms=3, mew=0, alpha=0.5)
        ax.set(xlabel="body-mass index, scaled", ylabel="progression, scaled")
        ax.set_title(f"{x.shape[1]} measurements → progression", fontsize=9)
    else:
        ax.semilogy(np.arange(1, x.shape[1] + 1), x.std(axis=0), ".", color=INK, ms=4)
        ax.set(xlabel="feature", ylabel="its spread (sd)")
        ax.set_title(f"{x.shape[1]} features, {len(x)} examples → value", fontsize=9)
    return ax


def plot_study(study, compared=None, size=(12, 11)):
    """Gain over the learning rate in a robustness study, a row for each problem, a column for each optimizer.

    Line and band: mean test gain with its 95 % interval. Diamond: the rate chosen on validation data; the number, the
    width of the basin in decades; dotted line: the default rate of torch. Crosses: the means of another study,
    `compared`. Returns the axes (problems, optimizers).
    """
    _as_study(study, "study")
    figure, axes = plt.subplots(len(study.problems), len(study.optimizers), figsize=size, sharex=True, sharey=True,
                                squeeze=False, layout="none")
    for (row, column), ax in np.ndenumerate(axes):
        problem, optimizer = list(study.problems)[row], study.optimizers[column]
        rates, gains = study.gains(problem, optimizer)
        mean, low, high = np.transpose([finite_interval(of_rate) for of_rate in gains])
        color = LINE_COLORS[column]
        ax.axhline(1, color="0.8", lw=0.8)
        ax.axvline(study.defaults[optimizer], color=INK, lw=1, ls=":")
        ax.plot(rates, mean, "-", color=color, lw=1.3)
        if np.isfinite(low).any():
            ax.fill_between(rates, low, high, color=color, alpha=0.25, lw=0)
        tuned = study.tuned_rate(problem, optimizer, allow_edge=True)
        ax.plot(tuned, study.tuned(problem, optimizer, allow_edge=True).mean(), "D", color=color, mec="white", ms=7)
        if compared is not None:
            x, other = compared.gains(problem, optimizer)
            ax.plot(x, other.mean(axis=1), "x", color=INK, ms=4, mew=1)
        ax.text(0.98, 0.97, f"{study.width(problem, optimizer).mean():.1f}", transform=ax.transAxes, ha="right",
                va="top", fontsize=9, color=INK)
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize=8)
        if row == 0:
            ax.set_title(optimizer, fontsize=11)
        if column == 0:
            ax.set_ylabel(problem.replace(" ", "\n", 1), rotation=0, ha="right", va="center", fontsize=10)
    axes[0, 0].set(xscale="log", ylim=(-0.08, 1.45), yticks=[0, 0.5, 1])
    figure.supxlabel("learning rate", fontsize=10)
    inch = 1 / size[1]  # of the figure's height
    figure.subplots_adjust(left=0.11, right=0.99, top=1 - 0.44 * inch, bottom=0.66 * inch, hspace=0.12, wspace=0.06)
    return axes


def plot_measures(studies, measures, axes=None):
    """Means over the problems with 95 % intervals, a panel for each measure, a row for each optimizer.

    `studies` maps names to robustness studies, each with a marker of its own; small dots are the problems. Returns the
    axes (measures,).
    """
    for name, study in as_families(studies, "studies", "robustness studies").items():
        _as_study(study, f"studies[{name!r}]")
    measures = list(measures) if isinstance(measures, Iterable) and not isinstance(measures, str) else [measures]
    if axes is None:
        _, axes = plt.subplots(1, len(measures), figsize=(12, 3.6), sharey=True, squeeze=False, layout="constrained")
    axes, names = np.ravel(axes), list(studies)
    for ax, measure in zip(axes, measures, strict=True):
        for n, study in enumerate(studies.values()):
            color, offset = LINE_COLORS[n], 0.26 * (n - (len(names) - 1) / 2)
            for row, values in enumerate(study.over_problems(measure).values()):
                mean, low, high = finite_interval(values)
                ax.plot(values, np.full(len(values), row + offset + 0.1), ".", color=color, ms=4, alpha=0.6)
                ax.plot([low, high], [row + offset] * 2, color=color, lw=1.5)
                ax.plot(mean, row + offset, RATE_MARKERS[n], ms=7, color=color, mec="white",
                        label=names[n] if row == 0 else None)
        ax.set(xlabel=measure, yticks=range(len(study.optimizers)), yticklabels=study.optimizers,
               ylim=(len(study.optimizers) - 0.5, -0.5))
        ax.grid(axis="x", color="0.9")
        ax.set_axisbelow(True)
    if len(names) > 1:
        axes[-1].legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    return axes


def plot_search(game, ax=None, chosen=None):
    """Every trial of a capstone game: as wide as it was costly, at its validation accuracy (errors on a log scale).

    Runs that diverged and range tests stand on the floor; the thin line is the best score so far; a frame marks the
    trial `chosen`.
    """
    if not hasattr(game, "trials") or not hasattr(game, "budget"):
        raise TypeError(f"game must be a Capstone, got {came(game)}")
    ax = new_axes(ax)
    floor, top = 0.1, 0.985
    ax.set_yscale("function", functions=(lambda y: -np.log10(1 - np.minimum(y, 0.999)), lambda z: 1 - 10.0 ** -z))
    optimizers, paid, best, steps = {}, 0, 0.0, [(0, floor)]
    for trial in game.trials:
        name = label(trial.setting["optimizer"])
        n = optimizers.setdefault(name, len(optimizers))
        color, marker = LINE_COLORS[n % len(LINE_COLORS)], RATE_MARKERS[n % len(RATE_MARKERS)]
        scored = np.isfinite(trial.val_accuracy)
        y = max(trial.val_accuracy, floor) if scored else floor
        ax.plot([paid, paid + trial.cost], [y, y], color=color, lw=3, solid_capstyle="butt")
        ax.plot(paid + trial.cost, y, marker if scored else "x", color=color, ms=6, clip_on=False)
        ax.annotate(str(trial.number), (paid + trial.cost, y), xytext=(0, 6), textcoords="offset points", ha="center",
                    fontsize=8)
        if trial is chosen:
            ax.plot(paid + trial.cost, y, "o", ms=14, mfc="none", mec=INK, mew=2)
        paid, best = paid + trial.cost, max(best, y)
        steps += [(paid, steps[-1][1]), (paid, best)]
    ax.plot(*zip(*steps, strict=True), color="0.6", lw=1, zorder=0)
    for name, n in optimizers.items():
        ax.plot([], [], "-", lw=3, color=LINE_COLORS[n % len(LINE_COLORS)], ms=6, label=name,
                marker=RATE_MARKERS[n % len(RATE_MARKERS)])
    ax.axvline(game.budget, color=INK, ls="--", lw=1)
    ticks = [0.1, 0.5, 0.8, 0.9, 0.95, 0.98]
    ax.set(xlim=(0, 1.02 * game.budget), ylim=(floor, top), yticks=ticks, yticklabels=[f"{t:g}" for t in ticks],
           xlabel="steps spent (dashed: the budget)", ylabel="validation accuracy")
    ax.tick_params(axis="y", which="minor", left=False)
    if optimizers:
        ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    return ax


def _as_study(study, name):
    if not hasattr(study, "gains") or not hasattr(study, "problems"):
        raise TypeError(f"{name} must be what run_study(…) or load_study(…) returns, got {came(study)}")
