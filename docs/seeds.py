"""Draw docs/seeds.png, the picture of the README: `python docs/seeds.py` trains its 240 networks in some seconds."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from course_utils import plots
from course_utils.data import make_blobs
from course_utils.models import mlp
from course_utils.optimizers import sgd
from course_utils.statistics import paired_difference
from course_utils.sweep import sweep

RATES = [1.0, 0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7]


def draw(runs):
    scores = runs.final("test_accuracy")  # (rate, seed)
    winner = scores.argmax(axis=0)
    fig, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), sharey=True, layout="constrained")
    for rate, color, marker in zip(np.unique(winner), plots.CLASS_COLORS, "os^", strict=False):
        seed, named = (winner == rate).argmax(), (winner == rate).sum()
        left.plot(RATES, scores[:, seed], marker=marker, ms=4, lw=1.2, color=color,
                  label=f"{RATES[rate]:g} wins with {named} of {len(winner)} seeds, here seed {seed}")
        left.plot(RATES[rate], scores[rate, seed], marker, ms=11, color=color)
    left.set(xscale="log", xlabel="learning rate", ylabel="test accuracy",
             title="One run for each rate: luck names the winner")
    left.legend(frameon=False, loc="lower right", bbox_to_anchor=(0.98, 0.0), fontsize=9)
    difference = paired_difference(scores[RATES.index(0.1)], scores[RATES.index(0.01)])
    assert 0 in difference, "the title says that 0.1 and 0.01 cannot be told apart"
    plots.plot_rate_profile(runs, ax=right, interval=True)
    right.set(ylabel="", title="30 runs for each: 0.1 and 0.01 cannot be told apart")
    for ax in (left, right):
        ax.spines[["top", "right"]].set_visible(False)
        ax.title.set_fontsize(11.5)
    return fig


if __name__ == "__main__":
    runs = sweep(mlp(2, 50, 3), make_blobs(), sgd, lr=RATES)
    draw(runs).savefig(Path(__file__).with_name("seeds.png"), dpi=140)
