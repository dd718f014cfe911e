"""One learning rate for networks of several widths, under two parametrizations."""

from dataclasses import dataclass

import numpy as np

from .drawing import BLUE, INK, RED, moving_bars, moving_words, style
from .framework import Control, Explorable

__all__ = ["explore_width"]

NAMES = "standard", "maximal-update"
COLORS, MARKERS = ("#0072b2", "#7a5195", "#bf5300", "#222222"), "osD^"


@dataclass(frozen=True)
class _Carried:
    """The mean gains of all widths at one rate (widths,), and at all rates (widths, rates)."""

    name: str
    lr: float
    widths: list
    rates: np.ndarray
    gains: np.ndarray
    over_rates: np.ndarray

    @property
    def worst(self):
        return int(self.gains.argmin())


def explore_width(study, problem="classify digits", least=0.98):
    """The gains of narrow and wide networks at one rate, under the standard and the maximal-update parametrization.

    `study` is a `Transfer` with the part "width". Gains are those on validation data, since the reader searches: 1 at
    the rate that was tuned for the width in question.
    """
    widths = sorted({case[3] for case in study.cases if case[:2] == ("width", problem)})
    rates = study.losses(("width", problem, NAMES[0], widths[0]))[0]
    gains = {name: np.array([[study.gain_at(("width", problem, name, width), lr, "val").mean() for lr in rates]
                             for width in widths]) for name in NAMES}

    def compute(way, lr):
        i = int(np.abs(np.log(rates / lr)).argmin())
        table = gains[NAMES[way - 1]]
        return _Carried(NAMES[way - 1], float(rates[i]), widths, rates, table[:, i], table)

    def profiles(ax):
        style(ax, "learning rate", "gain on validation data", "Each width at every rate")
        ax.set(xscale="log", xlim=(0.8 * rates[0], 1.25 * rates[-1]), ylim=(-0.03, 1.12))
        ax.axhline(least, color=INK, lw=1, ls=":")
        lines = [ax.plot([], [], f"{marker}-", color=color, lw=1.5, ms=4, animated=True, zorder=2)[0]
                 for marker, color, _ in zip(MARKERS, COLORS, widths, strict=False)]
        for k, (marker, color, width) in enumerate(zip("○□◇△", COLORS, widths, strict=False)):
            ax.text(0.42, 0.24 - 0.07 * k, f"{marker} width {width}", color=color, fontsize=9, transform=ax.transAxes)
        here = ax.plot([], [], ":", color=INK, lw=1, animated=True, zorder=1)[0]

        def show(place):
            for line, values in zip(lines, place.over_rates, strict=True):
                line.set_data(place.rates, values)
            here.set_data([place.lr, place.lr], [-0.03, 1.12])
        return show

    def bars(ax):
        style(ax, "gain on validation data", "width", "All widths at this rate")
        ax.set(xlim=(0, 1.12), ylim=(len(widths) - 0.4, -1.2), yticks=range(len(widths)), yticklabels=widths)
        ax.axvline(least, color=INK, lw=1, ls=":")
        ax.text(least - 0.01, len(widths) - 0.5, f"goal {least:g}", ha="right", color=INK, fontsize=9)
        drawn, words = moving_bars(ax, len(widths), least), moving_words(ax)

        def show(place):
            drawn(place.gains)
            words(f"{place.name}, rate {place.lr:.3g}", BLUE if place.gains.min() >= least else RED)
        return show

    def describe(place):
        told = ", ".join(f"{width}: {gain:.3f}" for width, gain in zip(place.widths, place.gains, strict=True))
        return (f"{place.name}, rate {place.lr:.3g}: gains at width {told}; worst off is width "
                f"{place.widths[place.worst]}.")

    def reached(place):
        if place.gains.min() < least:
            return ""
        return f"{place.name} at {place.lr:.3g}: every width gains {least:g} or more of its best."

    worst = {name: table.min(axis=0) for name, table in gains.items()}
    way = 2 if worst[NAMES[1]].max() >= worst[NAMES[0]].max() else 1
    controls = {"way": Control("way", 1, 2, 1, step=1, log=False, whole=True),
                "lr": Control("rate", float(rates[0]), float(rates[-1]), float(rates[0]), step=float(np.log10(2)))}
    goal = (f"One rate for all widths: find one at which each gains {least:g} or more of what it gains at its own best "
            f"rate. Ways: 1 {NAMES[0]}, 2 {NAMES[1]}.")
    return Explorable(compute, [profiles, bars], describe, controls, goal, reached, size=(10.0, 3.7),
                      route=[{"way": way}, {"lr": float(rates[worst[NAMES[way - 1]].argmax()])}])
