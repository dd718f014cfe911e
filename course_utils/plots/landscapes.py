"""Landscapes and the paths of descents on them."""

import numpy as np

from .checks import as_landscape, as_path, as_paths
from .style import INK, PLANE_MAP, new_axes, rate_color


def plot_landscape(landscape, ax=None):
    """The curve of a one-dimensional landscape, or level lines of a two-dimensional one."""
    as_landscape(landscape)
    ax = new_axes(ax)
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
    as_landscape(as_path(path).landscape)
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
    paths = as_paths(paths)
    distances = [path.distances for path in paths]
    ax = new_axes(ax)
    for path, distance in zip(paths, distances, strict=True):
        lr = path.rates[0]
        ax.semilogy(np.maximum(distance, 1e-16), color=rate_color(lr), label=f"rate {lr:.3g}")
    ax.set(xlabel="step", ylabel="distance to the minimum")
    if len(paths) > 1:
        ax.legend(frameon=False)
    return ax


def plot_momentum_plane(landscape, ax=None, max_lr=None, max_beta=1.0):
    """What a step of heavy ball leaves of the distance on a quadratic, over rate and β; beyond the line, it diverges.

    The diamond is the best plain descent (β = 0), the star the best heavy ball.
    """
    if as_landscape(landscape, drawn=False).hessian is None:
        raise ValueError(f"landscape must be a quadratic, such as ravine(), got {landscape.name}")
    ax = new_axes(ax)
    max_lr = 2.1 * landscape.critical_rate if max_lr is None else max_lr
    lr, beta = np.meshgrid(np.linspace(0, max_lr, 241), np.linspace(0, max_beta, 161))
    factor = landscape.momentum_factor(lr, beta)
    levels = np.linspace(min(factor.min(), landscape.best_momentum[1] ** 0.5), 1, 9)
    filled = ax.contourf(lr, beta, factor, levels=levels, cmap=PLANE_MAP)
    ax.contour(lr, beta, factor, levels=levels[1:-1], colors="white", linewidths=0.5)
    ax.plot(landscape.critical_rate * (1 + beta[:, 0]), beta[:, 0], color=INK, lw=1.5)
    ax.text(0.985, 0.03, "diverges", transform=ax.transAxes, ha="right", color=INK)
    for (x, y), marker, size in (((landscape.best_rate, 0.0), "D", 8), (landscape.best_momentum, "*", 15)):
        ax.plot(x, y, marker, ms=size, color="white", mec=INK, clip_on=False, zorder=4)
    ax.set(xlabel="learning rate η", ylabel="momentum β", xlim=(0, max_lr), ylim=(0, max_beta))
    ax.figure.colorbar(filled, ax=ax, label="distance left after a step (factor)", format="%.2f")
    return ax
