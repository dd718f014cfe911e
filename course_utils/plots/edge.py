"""The sharpness of networks on their way, beside the edge of their rate."""

import numpy as np

from .style import INK, LINE_COLORS, RATE_MARKERS, legend_beside, new_axes


def plot_edge(watched, labels, share=True, ax=None):
    """The sharpness over the steps, a line for each rate of `watched` (mean of the seeds) in the band of its seeds.

    `labels` names the rates. With `share` it is drawn in parts of the edge; without, as it is, and dashed in the same
    colour the edge of the rate at each step.
    """
    ax = new_axes(ax)
    values = watched.share if share else watched.by_rate(watched.sharpness)
    for k, label in enumerate(labels):
        color = LINE_COLORS[k % len(LINE_COLORS)]
        seen = np.isfinite(values[:, k]).all(axis=1)  # as long as no seed is lost
        low, high = np.quantile(values[seen, k], [0.1, 0.9], axis=1)
        ax.plot(watched.steps[seen], values[seen, k].mean(axis=1), color=color, lw=1.5, label=label, ms=4,
                marker=RATE_MARKERS[k % len(RATE_MARKERS)], markevery=(k, 5))
        ax.fill_between(watched.steps[seen], low, high, color=color, alpha=0.15, lw=0)
        if not share:
            ax.plot(watched.steps, watched.edges[:, k, 0], "--", color=color, lw=1, drawstyle="steps-post")
    if share:
        ax.axhline(1, color=INK, ls="--", lw=1)
    ax.set(xlabel="step", ylabel="sharpness / edge" if share else "sharpness λmax")
    legend_beside(ax)
    return ax
