"""Data in the plane, and what a network answers there."""

import numpy as np
from matplotlib.colors import ListedColormap

from .checks import as_dataset, as_part, as_run
from .style import CLASS_MARKERS, POINT_COLORS, REGION_COLORS, new_axes


def plot_data(data, ax=None, part="train"):
    """The points of a two-dimensional classification problem, a colour and a marker for each class."""
    as_dataset(data, len(POINT_COLORS))
    x, y = getattr(data, f"x_{as_part(part)}"), getattr(data, f"y_{part}")
    ax = new_axes(ax)
    for c, (color, marker) in enumerate(zip(POINT_COLORS, CLASS_MARKERS, strict=True)):
        ax.scatter(*x[y == c].T, s=14, marker=marker, color=color, edgecolor="white", linewidth=0.3, label=f"class {c}")
    ax.set(xlabel="x₁", ylabel="x₂", xticks=[], yticks=[])
    return ax


def plot_boundary(run, ax=None, part="train"):
    """What a trained network answers everywhere in the plane, under the points it was trained on."""
    x = as_dataset(as_run(run).data, len(POINT_COLORS)).x_train
    as_part(part)
    ax = new_axes(ax)
    (x0, y0), (x1, y1) = x.min(axis=0) - 1, x.max(axis=0) + 1
    gx, gy = np.meshgrid(np.linspace(x0, x1, 120), np.linspace(y0, y1, 120))
    classes = run.predict(np.column_stack([gx.ravel(), gy.ravel()])).reshape(gx.shape)
    ax.imshow(classes, origin="lower", extent=(x0, x1, y0, y1), aspect="auto", interpolation="nearest",
              cmap=ListedColormap(REGION_COLORS), vmin=0, vmax=2)
    plot_data(run.data, ax, part)
    ax.set(xlim=(x0, x1), ylim=(y0, y1))
    return ax
