"""Colours, markers and axes, the same in every figure."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap, LogNorm, to_rgb

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
PLANE_MAP = ListedColormap(plt.colormaps["viridis"](np.linspace(0.25, 1, 256)))


def rate_color(lr):
    """The colour of a learning rate, the same in every figure."""
    return _RATE_MAP(RATE_NORM(np.clip(lr, 1e-7, 10)))


def contrast(a, b):
    """WCAG contrast ratio of two colours, from 1 (equal) to 21 (black on white)."""
    light = []
    for color in (a, b):
        rgb = np.array(to_rgb(color))
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        light.append(linear @ [0.2126, 0.7152, 0.0722])
    return (max(light) + 0.05) / (min(light) + 0.05)


def new_axes(ax):
    if ax is not None:
        return ax
    _, ax = plt.subplots(figsize=(6.4, 3.8), layout="constrained")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def legend_beside(ax, title=None):
    ax.legend(title=title, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))


def draw_ceiling(ax, data, metric):
    draw_ceiling_line(ax, {"test_accuracy": data.ceiling, "val_accuracy": data.val_ceiling}.get(metric))


def draw_ceiling_line(ax, ceiling):
    if ceiling is None:
        return
    ax.axhline(ceiling, color=INK, ls="--", lw=1)
    words = f"Bayes ceiling {ceiling:.2f}"
    if words not in [text.get_text() for text in ax.texts]:  # once, however many sweeps are drawn
        ax.annotate(words, (0.01, ceiling), xycoords=("axes fraction", "data"), xytext=(0, 3),
                    textcoords="offset points", fontsize=9)
