"""Draw docs/seeds.png, the picture of the README: `python docs/seeds.py` trains its 240 networks in a few seconds."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from course_utils import plots
from course_utils.data import make_blobs
from course_utils.models import mlp
from course_utils.optimizers import sgd
from course_utils.sweep import sweep

runs = sweep(mlp(2, 50, 3), make_blobs(), sgd, lr=[1.0, 0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7])
fig, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
plots.plot_rate_profile(runs, ax=left)
left.set_title("240 networks, one dot each")
plots.plot_curves(runs.select(lr=[1.0, 0.1, 0.01, 1e-3, 1e-5]), "test_accuracy", right)
right.set_title("On the way: median and middle 80 % of 30 runs")
for ax in (left, right):
    ax.spines[["top", "right"]].set_visible(False)
fig.savefig(Path(__file__).with_name("seeds.png"), dpi=110)
