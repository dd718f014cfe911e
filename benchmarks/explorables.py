"""Kernel-side cost of a slider move: explorables beside `interact` with a redrawn figure.

    python benchmarks/explorables.py [moves]

Every contender makes the same moves of the rate, one after another in the same process: compute the path, draw two
panels, encode, hand the bytes to the widget. `interact` is the usual recipe, a function that draws a new pyplot figure
whenever its slider moves; its figure is encoded as PNG at the same resolution, as the inline backend does. All frames
are 900 × 370 pixels.
"""

import sys
from contextlib import redirect_stdout
from io import BytesIO, StringIO
from time import perf_counter

import ipywidgets
import matplotlib
import numpy as np

from course_utils.descent import descend
from course_utils.explorables import explore_bowl, explore_ravine
from course_utils.landscapes import bowl, ravine
from course_utils.optimizers import sgd

matplotlib.use("agg")
import matplotlib.pyplot as plt

SIZE = (9, 3.7)


def interact_ravine(lr):
    path = descend(ravine(25.0), None, sgd, lr, 100)
    figure, (left, right) = plt.subplots(1, 2, figsize=SIZE)
    w1, w2 = np.meshgrid(np.linspace(-5, 5, 100), np.linspace(-3.9, 3.9, 100))
    left.contour(w1, w2, path.landscape.value(np.stack([w1, w2], axis=-1)), levels=12)
    left.plot(*path.points.T, "o-")
    left.set(xlim=(-5, 5), ylim=(-3.9, 3.9), xlabel="weight w₁", ylabel="weight w₂", title=path.summary())
    right.semilogy(np.clip(path.distances, 1e-30, 1e30), "o-")
    right.set(ylim=(1e-4, 1e3), xlabel="step", ylabel="distance to the minimum")
    return _png(figure)


def interact_bowl(lr):
    path = descend(bowl(1.0), None, sgd, lr, 20)
    figure, (left, right) = plt.subplots(1, 2, figsize=SIZE)
    w = np.linspace(-6, 6, 201)
    left.plot(w, path.landscape.value(w))
    left.plot(path.points, path.values, "o-")
    left.set(xlim=(-6, 6), ylim=(-1, 19), xlabel="weight w", ylabel="loss", title=path.summary())
    right.semilogy(np.clip(path.distances, 1e-30, 1e30), "o-")
    right.set(ylim=(1e-9, 1e3), xlabel="step", ylabel="distance to the minimum")
    return _png(figure)


def _png(figure):
    file = BytesIO()
    figure.savefig(file, format="png", dpi=100)
    plt.close(figure)
    return file.getvalue()


def of_interact(draw, low, high):
    """A move of the slider that `interact` made, and the bytes of its last frame."""
    frames = []

    def callback(lr):
        frames[:] = [draw(lr)]

    slider = ipywidgets.FloatLogSlider(value=0.05, min=np.log10(low), max=np.log10(high), step=0.001)
    panel = ipywidgets.interactive(callback, lr=slider)  # what interact displays
    return lambda lr: setattr(panel.children[0], "value", lr), lambda: len(frames[0])


def of_explorable(explorable):
    slider = explorable.view.inputs["lr"][1]
    return lambda lr: setattr(slider, "value", lr), lambda: len(explorable.image.value)


def measure(contender, rates):
    """Milliseconds and bytes of every move."""
    move, size = contender
    move(rates[-1])  # fonts and caches
    times, sizes = [], []
    for lr in rates:
        start = perf_counter()
        move(lr)
        times.append(1e3 * (perf_counter() - start))
        sizes.append(size())
    return np.array(times), np.array(sizes)


def main(moves=200):
    rng = np.random.default_rng(0)
    cases = {"bowl": (0.01, 10.0, explore_bowl, interact_bowl), "ravine": (0.001, 3.0, explore_ravine, interact_ravine)}
    print(f"{'':8}{'':12}{'p50 ms':>9}{'p95 ms':>9}{'mean kB':>9}{'max kB':>9}   ({moves} moves)")
    for name, (low, high, make, draw) in cases.items():
        rates = rng.permutation(np.geomspace(low, high, moves))
        with redirect_stdout(StringIO()):  # outside a notebook, interact clears its output with escape codes
            ours = measure(of_explorable(make()), rates)
            usual = measure(of_interact(draw, low, high), rates)
        rows = {"explorable": ours, "interact": usual}
        table = {who: (*np.quantile(t, [0.5, 0.95]), b.mean() / 1e3, b.max() / 1e3) for who, (t, b) in rows.items()}
        for who, numbers in table.items():
            print(f"{name:8}{who:12}" + "".join(f"{number:9.1f}" for number in numbers))
        ratio = [b / a for a, b in zip(table["explorable"], table["interact"], strict=True)]
        print(f"{name:8}{'ratio':12}" + "".join(f"{number:8.1f}×" for number in ratio))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
