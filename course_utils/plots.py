"""Figures of results: first argument a result, `ax` an axes to draw on or None for new ones, returns the axes.

Nothing here trains. Learning rates have one colour scale everywhere, blue for small to coral for large, and a log
axis. Bands show the middle 80 % of the runs; a dashed line is the best that any method could reach.
"""

from math import ceil

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap, LogNorm

from .schedules import as_schedule, needs_losses
from .statistics import mean_interval

__all__ = ["CLASS_COLORS", "RATE_NORM", "contrast", "plot_boundary", "plot_curves", "plot_data", "plot_differences",
           "plot_distances", "plot_grid", "plot_groups", "plot_intervals", "plot_landscape", "plot_means",
           "plot_measures", "plot_momentum_plane", "plot_pairs", "plot_path", "plot_problem", "plot_range_test",
           "plot_rate_profile", "plot_scaling", "plot_schedule", "plot_search", "plot_study", "plot_summed_rate",
           "rate_color"]

CLASS_COLORS = ["#0072B2", "#D55E00", "#009E73"]  # Okabe & Ito: told apart with any colour vision
CLASS_MARKERS = ["o", "^", "s"]
REGION_COLORS = ["#B9D3EA", "#F8DFCD", "#CDEAE1"]  # pale, where a network answers with each class
POINT_COLORS = ["#0072B2", "#B85000", "#005F37"]  # those of the classes, dark enough to be seen on any region
RATE_MARKERS = "osD^vPX*"  # so that lines are not told apart by colour alone
LINE_COLORS = [*CLASS_COLORS, "#AA4499", "#222222", "#7A6A00", "#4477AA", "#882255"]  # each 3 : 1 against white
LINE_STYLES = ["-", "--", "-.", ":"]
INK = "#222222"
RATE_NORM = LogNorm(1e-7, 10)
_RATE_MAP = ListedColormap(plt.colormaps["plasma"](np.linspace(0, 0.63, 256)))  # all of it 3 : 1 against white
_PLANE_MAP = ListedColormap(plt.colormaps["viridis"](np.linspace(0.25, 1, 256)))


def rate_color(lr):
    """The colour of a learning rate, the same in every figure."""
    return _RATE_MAP(RATE_NORM(np.clip(lr, 1e-7, 10)))


def plot_landscape(landscape, ax=None):
    """The curve of a one-dimensional landscape, or level lines of a two-dimensional one."""
    ax = _axes(ax)
    if landscape.dim == 1:
        w = np.linspace(*landscape.domain[0], 400)
        ax.plot(w, landscape.value(w), color=INK, lw=1.5)
        ax.set(xlabel="weight w", ylabel="loss f(w)")
        return ax
    (x0, x1), (y0, y1) = landscape.domain
    x, y = np.meshgrid(np.linspace(x0, x1, 160), np.linspace(y0, y1, 160))
    z = landscape.value(np.stack([x, y], axis=-1))
    z = z - z.min()
    levels = np.quantile(z, np.linspace(0.01, 0.98, 14))
    ax.contour(x, y, z, levels=levels, colors="0.65", linewidths=0.8)
    if landscape.minimum is not None:
        ax.plot(*landscape.minimum, marker="*", ms=11, color=INK, ls="none")
    ax.set(xlabel="weight w₁", ylabel="weight w₂", xlim=(x0, x1), ylim=(y0, y1))
    return ax


def plot_path(path, ax=None, label=None, color=None):
    """A descent on its landscape, a dot a step from the open circle at the start; points outside are clipped."""
    if ax is None:
        ax = plot_landscape(path.landscape)
    color = rate_color(path.rates[0]) if color is None else color
    if path.landscape.dim == 1:
        x, y = path.points, path.values
    else:
        x, y = path.points.T
    limits = ax.get_xlim(), ax.get_ylim()
    ax.plot(x, y, "-o", color=color, ms=4, lw=1.2, label=path.summary() if label is None else label)
    ax.plot(x[0], y[0], "o", mfc="white", mec=color, ms=8)
    ax.set(xlim=limits[0], ylim=limits[1])
    return ax


def plot_distances(paths, ax=None):
    """Distance to the minimum after each step, on a log axis: a straight line is a constant factor a step."""
    ax = _axes(ax)
    for path in paths:
        lr = path.rates[0]
        ax.semilogy(np.maximum(path.distances, 1e-16), color=rate_color(lr), label=f"rate {lr:.3g}")
    ax.set(xlabel="step", ylabel="distance to the minimum")
    if len(paths) > 1:
        ax.legend(frameon=False)
    return ax


def plot_momentum_plane(landscape, ax=None, max_lr=None, max_beta=1.0):
    """What a step of heavy ball leaves of the distance on a quadratic, over rate and β; beyond the line, it diverges.

    The diamond is the best plain descent (β = 0), the star the best heavy ball.
    """
    ax = _axes(ax)
    max_lr = 2.1 * landscape.critical_rate if max_lr is None else max_lr
    lr, beta = np.meshgrid(np.linspace(0, max_lr, 241), np.linspace(0, max_beta, 161))
    factor = landscape.momentum_factor(lr, beta)
    levels = np.linspace(min(factor.min(), landscape.best_momentum[1] ** 0.5), 1, 9)
    filled = ax.contourf(lr, beta, factor, levels=levels, cmap=_PLANE_MAP)
    ax.contour(lr, beta, factor, levels=levels[1:-1], colors="white", linewidths=0.5)
    ax.plot(landscape.critical_rate * (1 + beta[:, 0]), beta[:, 0], color=INK, lw=1.5)
    ax.text(0.985, 0.03, "diverges", transform=ax.transAxes, ha="right", color=INK)
    for (x, y), marker, size in (((landscape.best_rate, 0.0), "D", 8), (landscape.best_momentum, "*", 15)):
        ax.plot(x, y, marker, ms=size, color="white", mec=INK, clip_on=False, zorder=4)
    ax.set(xlabel="learning rate η", ylabel="momentum β", xlim=(0, max_lr), ylim=(0, max_beta))
    ax.figure.colorbar(filled, ax=ax, label="distance left after a step (factor)", format="%.2f")
    return ax


def plot_data(data, ax=None, part="train"):
    """The points of a two-dimensional classification problem, a colour and a marker for each class."""
    ax = _axes(ax)
    x, y = getattr(data, f"x_{part}"), getattr(data, f"y_{part}")
    if x.shape[1:] != (2,) or data.n_classes > len(POINT_COLORS):
        raise ValueError(f"data must have two features and at most {len(POINT_COLORS)} classes, got {data!r}")
    for c, (color, marker) in enumerate(zip(POINT_COLORS, CLASS_MARKERS, strict=True)):
        ax.scatter(*x[y == c].T, s=14, marker=marker, color=color, edgecolor="white", linewidth=0.3, label=f"class {c}")
    ax.set(xlabel="x₁", ylabel="x₂", xticks=[], yticks=[])
    return ax


def plot_boundary(run, ax=None, part="train"):
    """What a trained network answers everywhere in the plane, under the points it was trained on."""
    ax = _axes(ax)
    x = run.data.x_train
    (x0, y0), (x1, y1) = x.min(axis=0) - 1, x.max(axis=0) + 1
    gx, gy = np.meshgrid(np.linspace(x0, x1, 120), np.linspace(y0, y1, 120))
    classes = run.predict(np.column_stack([gx.ravel(), gy.ravel()])).reshape(gx.shape)
    ax.imshow(classes, origin="lower", extent=(x0, x1, y0, y1), aspect="auto", interpolation="nearest",
              cmap=ListedColormap(REGION_COLORS), vmin=0, vmax=2)
    plot_data(run.data, ax, part)
    ax.set(xlim=(x0, x1), ylim=(y0, y1))
    return ax


def plot_rate_profile(runs, metric=None, ax=None, label=None, color=INK, marker="D", every_run=True, interval=False):
    """A final score against the learning rate: every run a dot, the line their mean, the dashed line the ceiling.

    `interval` adds a band, the 95 % interval of the mean.
    """
    ax = _axes(ax)
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
    _ceiling(ax, runs.data, metric)
    return ax


def plot_curves(runs, metric="train_loss", ax=None):
    """A score against the epoch, a line for each rate: the median, in a band that holds the middle 80 % of the runs."""
    ax = _axes(ax)
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
    _ceiling(ax, runs.data, metric)
    ax.legend(title="rate", frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    return ax


def plot_pairs(runs, lr_a, lr_b, metric=None, ax=None):
    """A final score at one rate against that at another, a dot for each seed; above the diagonal, `lr_a` won."""
    ax = _axes(ax)
    metric = f"test_{runs.metric}" if metric is None else metric
    a, b = (runs.select(lr=lr).final(metric)[0] for lr in (lr_a, lr_b))
    ends = np.nanmin([a, b]) - 0.02, np.nanmax([a, b]) + 0.02
    ax.plot(ends, ends, color="0.6", lw=1)
    ax.plot(b, a, "o", ms=6, alpha=0.7, mew=0, color=rate_color(lr_a))
    words = metric.replace("_", " ")
    ax.set(xlabel=f"{words} at rate {lr_b:g}", ylabel=f"{words} at rate {lr_a:g}", xlim=ends, ylim=ends, aspect="equal")
    return ax


def plot_scaling(x, samples, predicted=None, ax=None, label=None, color=INK, marker="o"):
    """Repeated measurements against x on log axes: means with 95 % intervals; the line is a prediction, not a fit.

    x (k,), samples (k, repetitions), predicted (k,) or None.
    """
    ax = _axes(ax)
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


def plot_schedule(schedules, n_steps, ax=None, log=False):
    """The rate at every step: of one schedule, of a list of them, or of a dict that names them.

    Drawing asks the functions for numbers and uses nothing up. A schedule that needs losses cannot be drawn beforehand.
    """
    ax = _axes(ax)
    if not isinstance(schedules, dict):
        several = schedules if isinstance(schedules, list | tuple) else [schedules]
        schedules = {f"{_name(schedule)} {n}" if len(several) > 1 else _name(schedule): schedule
                     for n, schedule in enumerate(several, 1)}
    for n, (name, schedule) in enumerate(schedules.items()):
        if needs_losses(schedule):
            raise ValueError(f"{name} depends on losses that are not known before training; draw the mean_lr of its "
                             "runs instead")
        rate = as_schedule(schedule, name)
        ax.plot(np.arange(n_steps), [rate(step) for step in range(n_steps)], label=name, lw=1.8, ms=5,
                color=LINE_COLORS[n % len(LINE_COLORS)], ls=LINE_STYLES[n % len(LINE_STYLES)],
                marker=RATE_MARKERS[n % len(RATE_MARKERS)], markevery=(0.01 + 0.012 * n, 0.13))
    ax.set(xlabel="step", ylabel="learning rate", yscale="log" if log else "linear")
    if len(schedules) > 1:
        ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    return ax


def plot_summed_rate(families, metric=None, ax=None):
    """A final score against the summed rate Σηt, a mark for each setting: mean, 95 % interval, middle 80 % of the sums.

    `families` maps names to sweeps; the family called "constant" is drawn as a line.
    """
    ax = _axes(ax)
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
    _ceiling(ax, runs.data, metric)
    ax.legend(frameon=False, loc="lower right")
    return ax


def plot_means(x, families, ax=None, ceiling=None):
    """Mean scores over x with their 95 % intervals; `families` maps names to scores (n, seeds)."""
    ax = _axes(ax)
    for n, (name, scores) in enumerate(families.items()):
        y = [mean_interval(row) for row in scores]
        color = LINE_COLORS[n % len(LINE_COLORS)]
        ax.plot(x, [i.mean for i in y], ls=LINE_STYLES[n % len(LINE_STYLES)], color=color, label=name, ms=6,
                marker=RATE_MARKERS[n % len(RATE_MARKERS)])
        ax.fill_between(x, [i.low for i in y], [i.high for i in y], color=color, alpha=0.15, lw=0)
    ax.legend(frameon=False)
    _ceiling_line(ax, ceiling)
    return ax


def plot_differences(differences, ax=None):
    """Paired differences with their intervals, a row for each entry of the dict; filled where zero is excluded."""
    ax = _axes(ax)
    ax.axvline(0, color="0.5", lw=1)
    for row, difference in enumerate(differences.values()):
        ends = [[difference.mean - difference.low], [difference.high - difference.mean]]
        ax.errorbar(difference.mean, row, xerr=ends, fmt="o", color=INK, ms=7, capsize=3,
                    mfc=INK if difference.excludes_zero else "white")
    ax.set(yticks=range(len(differences)), yticklabels=differences, ylim=(len(differences) - 0.5, -0.5))
    return ax


def plot_grid(x, y, scores, ax=None, higher_is_better=True):
    """Scores over two hyperparameters as a map with a number in each cell; a frame marks the best of each column.

    x (k,) gives the columns, y (n,) the rows from below, scores (n, k) the cells.
    """
    ax = _axes(ax)
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


def plot_groups(groups, true_values=None, ax=None, color=INK):
    """Values as dots, a column for each entry of the dict; a broad dash at the true value of a group, where known."""
    ax = _axes(ax)
    for column, values in enumerate(groups.values()):
        jitter = np.random.default_rng(0).uniform(-0.28, 0.28, len(values))  # so that dots do not hide dots
        ax.plot(column + jitter, values, "o", ms=3, mew=0, alpha=0.5, color=color)
    for column, value in enumerate(true_values or ()):
        ax.plot([column - 0.38, column + 0.38], [value, value], "--", color=INK, lw=2)
    ax.set(xticks=range(len(groups)), xticklabels=groups, xlim=(-0.5, len(groups) - 0.5), xlabel=ax.get_xlabel() or " ",
           ylabel=ax.get_ylabel() or "value")
    return ax


def plot_intervals(groups, ax=None, label="value"):
    """A row for each name in `groups` {name: values}: values are dots, their mean a diamond with its 95 % interval."""
    ax = _axes(ax)
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


def plot_range_test(test, ax=None, shown=None):
    """Batch loss against the growing rate, a thin line a seed, the line of dots their median; both axes logarithmic."""
    ax = _axes(ax)
    losses = np.where(np.isfinite(test.losses), test.losses, np.nan)
    for line in losses[:shown]:
        ax.plot(test.rates, line, color=CLASS_COLORS[0], lw=0.7, alpha=0.5)
    alive = ~np.isnan(losses).all(axis=0)
    ax.plot(test.rates[alive], np.nanmedian(losses[:, alive], axis=0), "o-", ms=3, color=INK, lw=1.2)
    ax.set(xscale="log", yscale="log", xlabel="learning rate, raised at each step", ylabel="loss of the batch")
    return ax


def plot_search(game, ax=None, chosen=None):
    """Every trial of a capstone game: as wide as it was costly, at its validation accuracy (errors on a log scale).

    Runs that diverged and range tests stand on the floor; the thin line is the best score so far; a frame marks the
    trial `chosen`.
    """
    ax = _axes(ax)
    floor, top = 0.1, 0.985
    ax.set_yscale("function", functions=(lambda y: -np.log10(1 - np.minimum(y, 0.999)), lambda z: 1 - 10.0 ** -z))
    optimizers, paid, best, steps = {}, 0, 0.0, [(0, floor)]
    for trial in game.trials:
        name = trial.setting["optimizer"].__name__
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


def plot_problem(problem, ax=None, example=0):
    """What a problem of the robustness study looks like: a training example, or the whole where that says more."""
    ax = _axes(ax)
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
    figure, axes = plt.subplots(len(study.problems), len(study.optimizers), figsize=size, sharex=True, sharey=True,
                                squeeze=False, layout="none")
    for (row, column), ax in np.ndenumerate(axes):
        problem, optimizer = list(study.problems)[row], study.optimizers[column]
        rates, gains = study.gains(problem, optimizer)
        means = [mean_interval(of_rate) for of_rate in gains]
        color = LINE_COLORS[column]
        ax.axhline(1, color="0.8", lw=0.8)
        ax.axvline(study.defaults[optimizer], color=INK, lw=1, ls=":")
        ax.plot(rates, [m.mean for m in means], "-", color=color, lw=1.3)
        ax.fill_between(rates, [m.low for m in means], [m.high for m in means], color=color, alpha=0.25, lw=0)
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
    figure.subplots_adjust(left=0.11, right=0.99, top=0.96, bottom=0.06, hspace=0.12, wspace=0.06)
    return axes


def plot_measures(studies, measures, axes=None):
    """Means over the problems with 95 % intervals, a panel for each measure, a row for each optimizer.

    `studies` maps names to robustness studies, each with a marker of its own; small dots are the problems. Returns the
    axes (measures,).
    """
    if axes is None:
        _, axes = plt.subplots(1, len(measures), figsize=(12, 3.6), sharey=True, squeeze=False, layout="constrained")
    axes, names = np.ravel(axes), list(studies)
    for ax, measure in zip(axes, measures, strict=True):
        for n, study in enumerate(studies.values()):
            color, offset = LINE_COLORS[n], 0.26 * (n - (len(names) - 1) / 2)
            for row, values in enumerate(study.over_problems(measure).values()):
                found = mean_interval(values)
                ax.plot(values, np.full(len(values), row + offset + 0.1), ".", color=color, ms=4, alpha=0.6)
                ax.plot([found.low, found.high], [row + offset] * 2, color=color, lw=1.5)
                ax.plot(found.mean, row + offset, RATE_MARKERS[n], ms=7, color=color, mec="white",
                        label=names[n] if row == 0 else None)
        ax.set(xlabel=measure, yticks=range(len(study.optimizers)), yticklabels=study.optimizers,
               ylim=(len(study.optimizers) - 0.5, -0.5))
        ax.grid(axis="x", color="0.9")
        ax.set_axisbelow(True)
    if len(names) > 1:
        axes[-1].legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    return axes


def contrast(a, b):
    """WCAG contrast ratio of two colours, from 1 (equal) to 21 (black on white)."""
    from matplotlib.colors import to_rgb

    light = []
    for color in (a, b):
        rgb = np.array(to_rgb(color))
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        light.append(linear @ [0.2126, 0.7152, 0.0722])
    return (max(light) + 0.05) / (min(light) + 0.05)


def _ceiling(ax, data, metric):
    _ceiling_line(ax, {"test_accuracy": data.ceiling, "val_accuracy": data.val_ceiling}.get(metric))


def _ceiling_line(ax, ceiling):
    if ceiling is not None:
        ax.axhline(ceiling, color=INK, ls="--", lw=1)
        ax.annotate(f"Bayes ceiling {ceiling:.2f}", (0.01, ceiling), xycoords=("axes fraction", "data"),
                    xytext=(0, 3), textcoords="offset points", fontsize=9)


def _name(schedule):
    """What a schedule is called: the maker's name, or the number of a constant one."""
    function = getattr(schedule, "func", schedule)
    return getattr(function, "__name__", f"{schedule}").strip("_")


def _axes(ax):
    if ax is not None:
        return ax
    _, ax = plt.subplots(figsize=(6.4, 3.8), layout="constrained")
    ax.spines[["top", "right"]].set_visible(False)
    return ax
