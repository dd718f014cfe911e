"""New digits against old ones: the rate of fine-tuning, and how far to go from the old weights to the new."""

from dataclasses import dataclass

import numpy as np

from ..studies.own_network import fine_tune, mixed, pretrained, shifted
from .drawing import BLUE, INK, RED, moving_words, style
from .framework import Control, Explorable

__all__ = ["explore_fine_tuning"]

SHIFT = "moved by a pixel"


@dataclass(frozen=True)
class _Place:
    """Mean accuracies at one rate and one share; `over_rates` and `over_shares` (n, 2), new and old, around it."""

    lr: float
    share: float
    new: float
    old: float
    over_rates: np.ndarray
    over_shares: np.ndarray


def explore_fine_tuning(start=None, n_seeds=8, new=0.80, old=0.84):
    """The rate of fine-tuning and the share of the way from old to new weights; accuracy on new and on old digits.

    `start` holds the weights of pretrained networks, those of `pretrained` by default; the first `n_seeds` are taken.
    """
    controls = {"lr": Control("rate", 1e-4, 0.1, 1e-3, step=0.25),
                "share": Control("share", 0.0, 1.0, 1.0, step=0.1, log=False)}
    rates, shares = controls["lr"].places, controls["share"].places
    kept = []

    def table():
        if not kept:  # all places are trained at once, when the first is asked for
            weights = pretrained(range(n_seeds)) if start is None else [w[:n_seeds] for w in start]
            task = shifted(SHIFT, seeds=range(len(weights[0])))
            tuned = fine_tune(weights, task, rates)
            stops = [mixed(weights, tuned, share, task) for share in shares]
            kept.append(np.array([[s.new.mean(axis=1), s.old.mean(axis=1)] for s in stops]).transpose(2, 0, 1))
        return kept[0]

    def compute(lr, share):
        means = table()
        i = int(np.abs(np.log(np.array(rates) / lr)).argmin())
        j = int(np.abs(np.array(shares) - share).argmin())
        return _Place(rates[i], shares[j], *map(float, means[i, j]), means[:, j], means[i])

    def plane(ax):
        style(ax, "accuracy on old digits", "accuracy on new digits", "From the old weights to the new")
        ax.set(xlim=(0.2, 1.02), ylim=(0.2, 1.02))
        ax.plot([old, old, 1.02], [1.02, new, new], color=INK, lw=1, ls="--")
        ax.text(1.0, 0.97, "goal", ha="right", color=INK, fontsize=9)
        line, = ax.plot([], [], ".-", color="#8fbbd9", lw=1.5, animated=True, zorder=2)
        dot, = ax.plot([], [], "o", color=BLUE, ms=9, animated=True, zorder=3)
        words = moving_words(ax)

        def show(place):
            line.set_data(place.over_shares[:, 1], place.over_shares[:, 0])
            dot.set_data([place.old], [place.new])
            words(f"rate {place.lr:.3g}", BLUE)
        return show

    def profile(ax):
        style(ax, "rate of fine-tuning", "accuracy", "At this share, every rate")
        ax.set(xscale="log", xlim=(8e-5, 0.125), ylim=(0, 1.02))
        lines = [ax.plot([], [], mark, color=color, lw=1.5, ms=4, animated=True, zorder=2)[0]
                 for mark, color in (("o-", BLUE), ("s--", RED))]
        here = ax.plot([], [], ":", color=INK, lw=1, animated=True, zorder=1)[0]
        ax.text(0.02, 0.1, "o new digits", color=BLUE, fontsize=9, transform=ax.transAxes)
        ax.text(0.02, 0.03, "□ old digits", color=RED, fontsize=9, transform=ax.transAxes)

        def show(place):
            for line, values in zip(lines, place.over_rates.T, strict=True):
                line.set_data(rates, values)
            here.set_data([place.lr, place.lr], [0, 1.02])
        return show

    def describe(place):
        return (f"rate {place.lr:.3g}, {place.share:.0%} of the way: new digits {place.new:.3f}, old digits "
                f"{place.old:.3f}.")

    def reached(place):
        return f"new {place.new:.3f} and old {place.old:.3f}." if place.new >= new and place.old >= old else ""

    goal = (f"Bring the new digits to {new:.2f} or more while the old ones keep {old:.2f} or more. "
            "Can the rate do that alone, at share 1?")
    return Explorable(compute, [plane, profile], describe, controls, goal, reached,
                      route=[{"lr": 10**-2.25}, {"share": 0.7}])
