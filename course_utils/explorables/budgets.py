"""Where a budget of steps should go: many short first trials, or few long ones?"""

from dataclasses import dataclass

import numpy as np

from .drawing import BLUE, INK, RED, moving_words, style
from .framework import Control, Explorable

__all__ = ["explore_split", "split_games"]


@dataclass(frozen=True)
class _Split:
    """Many games with one way to split the budget: `scores` (games,) on test data, empty if it is overspent."""

    n: int
    length: int
    finals: int
    spent: int
    budget: int
    scores: np.ndarray
    best: float

    @property
    def mean(self):
        return float(self.scores.mean()) if len(self.scores) else float("nan")


def split_games(outcomes, budget=1600, games=300, seed=0):
    """A function (n, length) that plays `games` games: n settings at random for a few steps, the best go on to the end.

    `outcomes` has a row for each trial: `optimizer`, `lr`, `seed`, and `val_16`, `test_16`, … after so many steps, the
    same number of networks for each setting. Each game draws settings and networks from it, the same draws at every
    split (common random numbers). A final costs only the steps that are new; the best validation score of the finals
    is chosen, and its mean test score counts. The result has these `scores` (games,) and how the `budget` was spent.
    The games resample one table: the spread of their scores says nothing of other settings or networks.
    """
    lengths = _lengths(outcomes)
    n_settings = outcomes.groupby(["optimizer", "lr"], sort=False).ngroups
    val, test = (outcomes[[f"{part}_{steps}" for steps in lengths]].to_numpy().reshape(n_settings, -1, len(lengths))
                 for part in ("val", "test"))
    test = test.mean(axis=1)
    full, most = lengths[-1], budget // lengths[0]
    best = float(test[val[:, :, -1].mean(axis=1).argmax(), -1])
    rng = np.random.default_rng(seed)
    setting, network = rng.integers(n_settings, size=(games, most)), rng.integers(val.shape[1], size=(games, most))
    everyone = np.arange(games)

    def play(n, length):
        place = int(np.abs(np.array(lengths) - length).argmin())
        length = lengths[place]
        if n * length > budget:
            return _Split(n, length, 0, n * length, budget, np.array([]), best)
        finals = 0 if length == full else min(n, (budget - n * length) // (full - length))
        s, k = setting[:, :n], network[:, :n]
        first = val[s, k, place]
        if finals == 0:
            scores = test[s[everyone, first.argmax(axis=1)], place]
        else:
            going_on = np.argsort(-first, axis=1, kind="stable")[:, :finals]
            last = np.take_along_axis(val[s, k, -1], going_on, axis=1)
            scores = test[s[everyone, going_on[everyone, last.argmax(axis=1)]], -1]
        return _Split(n, length, finals, n * length + finals * (full - length), budget, scores, best)

    return play


def explore_split(outcomes, budget=1600, games=300, within=0.005):
    """The games of `split_games` for every split that the sliders set: where the steps go, and what they bring."""
    compute = split_games(outcomes, budget, games)
    lengths = _lengths(outcomes)
    full, most = lengths[-1], budget // lengths[0]
    best = compute(1, full).best

    def purse(ax):
        style(ax, "steps", "", f"Where the {budget:,} steps go")
        ax.set(xlim=(0, 1.25 * budget), ylim=(-0.6, 2.6), yticks=[0, 1, 2],
               yticklabels=["unspent", "finals", "first trials"])
        ax.axvline(budget, color=INK, ls="--", lw=1)
        ax.text(1.01 * budget, 2.5, "budget", fontsize=9, color=INK, va="top")
        bars = [ax.plot([], [], lw=18, solid_capstyle="butt", color=color, animated=True, zorder=2)[0]
                for color in ("#999999", "#e69f00", BLUE)]
        words = [ax.text(0, row, "", va="center", fontsize=9, color=INK, animated=True, zorder=4) for row in range(3)]

        def show(split):
            first = split.n * split.length
            ends = [(split.spent, budget), (first, split.spent), (0, min(first, 1.25 * budget))]
            finals = f"{split.finals} × {full - split.length}" if split.finals else "none"
            counts = [f"{max(budget - split.spent, 0):,}", finals, f"{split.n} × {split.length} = {first:,}"]
            for row, (bar, (low, high), word, count) in enumerate(zip(bars, ends, words, counts, strict=True)):
                bar.set_data([low, high] if high > low else [], [row, row] if high > low else [])
                word.set_text(count)
                word.set_position((0.02 * budget if low < 0.5 * budget else 0.05 * budget, row + 0.42))
        return show

    def outcome(ax):
        style(ax, "test accuracy of the setting that is submitted", "share of games below",
              f"{games} games with this split")
        ax.set(xlim=(0.86, 0.97), ylim=(0, 1.12))
        ax.axvline(best, color=INK, ls="--", lw=1)
        ax.text(best + 0.001, 0.03, "best\nsetting\nin the\ntable", fontsize=9, color=INK)
        curve, = ax.plot([], [], color=BLUE, lw=2, animated=True, zorder=3)
        mean, = ax.plot([], [], "D", color=INK, ms=8, animated=True, zorder=4)
        words = moving_words(ax)

        def show(split):
            over = not len(split.scores)
            curve.set_data([] if over else np.sort(split.scores), [] if over else np.linspace(0, 1, games))
            mean.set_data([] if over else [max(split.mean, 0.861)], [] if over else [0.03])
            words("overspent" if over else f"mean {split.mean:.4f}", RED if over else BLUE)
        return show

    def describe(split):
        text = f"{split.n} first trials of {split.length} steps"
        if not len(split.scores):
            return f"{text} cost {split.spent:,} steps: more than the {budget:,} there are."
        finals = {0: "no final", 1: "1 final"}.get(split.finals, f"{split.finals} finals")
        return (f"{text}, {finals}, {split.spent:,} steps: mean test accuracy {split.mean:.4f}, "
                f"{split.best - split.mean:.4f} below the best setting in the table.")

    def reached(split):
        if not len(split.scores) or split.mean < split.best - within:
            return ""
        return f"within {within:g} of the best, on average over {games} games."

    controls = {"n": Control("trials", 2, most, 10, step=1, log=False, whole=True),
                "length": Control("steps", lengths[0], full, full, step=lengths[1] - lengths[0], log=False, whole=True)}
    goal = (f"Split {budget:,} steps so that the setting chosen is on average within {within:g} of the best in the "
            "table. Ten full trials are the start.")
    many = max(range(10, most + 1, 10), key=lambda n: compute(n, lengths[0]).mean)
    return Explorable(compute, [purse, outcome], describe, controls, goal, reached,
                      route=[{"n": many}, {"length": lengths[0]}])


def _lengths(outcomes):
    return [int(name[4:]) for name in outcomes.columns if name.startswith("val_")]
