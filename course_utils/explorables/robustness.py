"""One learning rate for many problems."""

from dataclasses import dataclass, replace

import numpy as np

from .drawing import BLUE, INK, PALE, RED, moving_bars, moving_words, style
from .framework import Control, Explorable, Finding

__all__ = ["explore_one_rate"]


@dataclass(frozen=True)
class _OneRate:
    """Mean gains of one optimizer at one rate on all problems, and its worst gain at each of its rates."""

    optimizer: str
    lr: float
    gains: dict
    rates: np.ndarray
    worst_of_rates: np.ndarray

    @property
    def worst(self):
        return min(self.gains, key=self.gains.get)

    @property
    def worst_gain(self):
        return self.gains[self.worst]


def explore_one_rate(study, least=0.6, needed=2):
    """The gains of all problems at one rate and optimizer of a robustness study, on validation data.

    A rate is moved to the nearest one that the study has for that optimizer.
    """
    problems, optimizers = list(study.problems), study.optimizers
    profiles = {}
    for optimizer in optimizers:
        gains = [study.gains(problem, optimizer, "val") for problem in problems]
        profiles[optimizer] = gains[0][0], np.array([of_problem.mean(axis=1) for _, of_problem in gains])
    lowest, highest = (end(end(rates) for rates, _ in profiles.values()) for end in (min, max))

    def compute(optimizer, lr):
        name = optimizers[optimizer - 1]
        rates, gains = profiles[name]
        i = int(np.abs(np.log(rates / lr)).argmin())
        return _OneRate(name, float(rates[i]), dict(zip(problems, gains[:, i].tolist(), strict=True)), rates,
                        gains.min(axis=0))

    def bars(ax):
        style(ax, "gain on validation data", "", "Every problem at this rate")
        ax.set(xlim=(-0.02, 1.3), ylim=(len(problems) - 0.4, -1.5), yticks=range(len(problems)), yticklabels=problems)
        ax.axvline(1, color=PALE, lw=1)
        ax.axvline(least, color=INK, lw=1, ls=":")
        drawn, words = moving_bars(ax, len(problems), least), moving_words(ax)

        def show(result):
            drawn(result.gains.values())
            words(f"{result.optimizer} at {result.lr:g}: worst gain {result.worst_gain:.2f}",
                  BLUE if result.worst_gain >= least else RED)
        return show

    def profile(ax):
        style(ax, "learning rate", "worst gain", "The problem that is worst off, at every rate")
        ax.set(xscale="log", xlim=(0.7 * lowest, 1.4 * highest), ylim=(-0.03, 1.05))
        ax.axhline(least, color=INK, lw=1, ls=":")
        ax.text(1.3 * highest, least + 0.015, f"goal {least:g}", ha="right", color=INK, fontsize=9)
        line, = ax.plot([], [], "o-", color=INK, lw=1.5, ms=4, animated=True, zorder=3)
        dot, = ax.plot([], [], "D", ms=10, mec="white", animated=True, zorder=4)

        def show(result):
            line.set_data(result.rates, result.worst_of_rates)
            dot.set_data([result.lr], [result.worst_gain])
            dot.set_color(BLUE if result.worst_gain >= least else RED)
        return show

    def describe(result):
        return (f"{result.optimizer} at rate {result.lr:g}: worst off is \"{result.worst}\" with a gain of "
                f"{result.worst_gain:.2f}; mean of all {np.mean(list(result.gains.values())):.2f}.")

    def reached(result):
        finding = Finding("{} leave no problem behind.", needed=needed)
        if result.worst_gain < least:
            return finding
        return replace(finding, part=optimizers.index(result.optimizer), words=f"{result.optimizer} at {result.lr:g}")

    numbered = ", ".join(f"{i} {name}" for i, name in enumerate(optimizers, 1))
    controls = {"optimizer": Control("optimizer", 1, len(optimizers), 1, step=1, log=False, whole=True),
                "lr": Control("rate", lowest, highest, float(profiles[optimizers[0]][0].min()), step=1 / 3)}
    goal = (f"One rate for all {len(problems)} problems: find {needed} optimizers that have a rate at which no problem "
            f"gains less than {least:g}. Optimizers: {numbered}.")
    route = []
    for i, (rates, gains) in enumerate(profiles.values(), 1):
        worst = gains.min(axis=0)
        if worst.max() >= least and len(route) < 3 * needed:  # by a bad rate, so that the goal is not met on the way
            route += [{"lr": float(rates[worst.argmin()])}, {"optimizer": i}, {"lr": float(rates[worst.argmax()])}]
    return Explorable(compute, [bars, profile], describe, controls, goal, reached, size=(10.0, 3.7), route=route)
