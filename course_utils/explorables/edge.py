"""The edge that moves: two rates, one for each half of a run, and the sharpness that follows."""

from dataclasses import dataclass
from functools import partial
from math import log10

import numpy as np

from ..curvature import edge
from ..models import mlp
from ..optimizers import sgd
from ..studies.edge import few_digits, watch
from .drawing import BLUE, INK, PALE, RED, moving_words, style
from .framework import Control, Explorable

__all__ = ["explore_edge"]


@dataclass(frozen=True)
class _Ride:
    """One run of each seed: `sharpness` and `loss` (looks, seeds), nan where it is lost; `middle` counts looks."""

    first: float
    then: float
    steps: np.ndarray
    sharpness: np.ndarray
    loss: np.ndarray

    @property
    def middle(self):
        return len(self.steps) // 2

    @property
    def turn(self):
        """Mean sharpness where the rate changes; nan if a network is lost by then."""
        return float(self.sharpness[self.middle].mean())

    @property
    def end(self):
        return float(self.sharpness[-1].mean())

    @property
    def n_lost(self):
        return int(np.isnan(self.sharpness[-1]).sum())

    def __str__(self):
        """The rates, the sharpness beside its edge at both ends, and how many are lost."""
        half = lambda sharp, lr: f"{sharp:.2f} (edge {edge(lr):.2f})" if sharp == sharp else "none, lost"
        return (f"rate {self.first:.3g}, then {self.then:.3g}: sharpness {half(self.turn, self.first)} half-way, "
                f"{half(self.end, self.then)} at the end, {self.n_lost} of {self.sharpness.shape[1]} lost.")


def explore_edge(n_steps=800, seeds=range(2), n_digits=200, up=0.55, down=0.45):
    """Two rates for the halves of a full-batch run; the sharpness over the steps beside its edge, and the loss.

    The network is watched every twentieth of its steps. Runs are trained while the reader looks on, and kept.
    """
    data, model = few_digits(n_digits, n_others=5), mlp(64, 16, 10, activation="tanh", init_scale=0.5)
    every, kept = n_steps // 20, {}

    def ahead(wanted, at_once=10):
        asked = [pair for pair in dict.fromkeys(tuple(values.values()) for values in wanted) if pair not in kept]
        for pairs in (asked[i:i + at_once] for i in range(0, len(asked), at_once)):
            schedules = [partial(_switched, *pair, n_steps // 2) for pair in pairs]
            seen = watch(model, data, sgd, schedules, seeds, n_steps, every)
            for i, pair in enumerate(pairs):
                mine = slice(i * len(seeds), (i + 1) * len(seeds))
                kept[pair] = _Ride(*pair, seen.steps, seen.sharpness[:, mine], seen.train_loss[:, mine])

    def compute(first, then):
        ahead([{"first": first, "then": then}])
        return kept[first, then]

    def ground(ax):
        style(ax, "step", "sharpness", "Sharpness (lines) and its edge 2/rate (dashed)")
        ax.set(xlim=(0, n_steps), ylim=(0, 1.25))
        for level, side in ((up, "be above half-way"), (down, "be below at the end")):
            x = 0.02 if level == up else 0.98
            ax.plot([0 if level == up else n_steps / 2, n_steps / 2 if level == up else n_steps], [level] * 2,
                    color=PALE, lw=1)
            ax.annotate(side, (x, level), xycoords=("axes fraction", "data"), xytext=(0, 3),
                        textcoords="offset points", ha="left" if level == up else "right", fontsize=8, color=INK)
        lines = [ax.plot([], [], color=BLUE, lw=1.5, animated=True, zorder=3)[0] for _ in seeds]
        edges, = ax.plot([], [], "--", color=INK, lw=1.2, animated=True, zorder=2)
        words = moving_words(ax)

        def show(ride):
            for line, sharp in zip(lines, ride.sharpness.T, strict=True):
                line.set_data(ride.steps, sharp)
                line.set_color(RED if np.isnan(sharp[-1]) else BLUE)
            edges.set_data([0, n_steps / 2, n_steps / 2, n_steps],
                           [edge(ride.first)] * 2 + [edge(ride.then)] * 2)
            words(f"rate {ride.first:.3g}, then {ride.then:.3g}: {ride.n_lost} lost", RED if ride.n_lost else BLUE)
        return show

    def losses(ax):
        style(ax, "step", "training loss", "Loss on the training data")
        ax.set(xlim=(0, n_steps), ylim=(3e-3, 3), yscale="log")
        ax.axvline(n_steps / 2, color=PALE, lw=1)
        lines = [ax.plot([], [], color=BLUE, lw=1.5, animated=True, zorder=3)[0] for _ in seeds]

        def show(ride):
            for line, loss in zip(lines, ride.loss.T, strict=True):
                line.set_data(ride.steps, np.clip(loss, 3e-3, 3))
                line.set_color(RED if np.isnan(loss[-1]) else BLUE)
        return show

    def reached(ride):
        fine = ride.n_lost == 0 and ride.turn >= up and ride.end <= down
        return f"{ride.turn:.2f} half-way, {ride.end:.2f} at the end, none lost." if fine else ""

    controls = {name: Control(label, 2.0, 8.0, 2.0, step=log10(2) / 6, live=False)
                for name, label in (("first", "first rate"), ("then", "then"))}
    goal = (f"Let the sharpness grow to {up:g} or more in the first half, and bring it down to {down:g} or less by the "
            "end, with no network lost.")
    return Explorable(compute, [ground, losses], str, controls, goal, reached, ahead=ahead,
                      route=[{"first": 2.83}, {"then": 5.04}])


def _switched(before, after, when, step):
    return before if step < when else after
