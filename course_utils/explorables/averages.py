"""Adam's two averages, with and without the correction of their start."""

from dataclasses import dataclass, replace

import numpy as np

from .drawing import BLUE, INK, RED, moving_words, style
from .framework import Control, Explorable, Finding

__all__ = ["explore_bias_correction"]


@dataclass(frozen=True)
class _Memories:
    """What Adam's two averages hold of a constant gradient after step t, for t = 1 … n, with both beginning at 0."""

    forget1: float  # 1 − β₁
    forget2: float  # 1 − β₂
    n: int

    @property
    def t(self):
        return np.unique(np.geomspace(1, self.n, 240).astype(int))

    @property
    def mean(self):
        """m / g = 1 − β₁ᵗ."""
        return 1 - (1 - self.forget1) ** self.t

    @property
    def root(self):
        """√s / |g| = √(1 − β₂ᵗ)."""
        return np.sqrt(1 - (1 - self.forget2) ** self.t)

    @property
    def ratio(self):
        """Length of a step without bias correction over its length with it."""
        return self.mean / self.root

    @property
    def first(self):
        return float(self.ratio[0])


def explore_bias_correction(n_steps=10_000, tolerance=0.01, pair=(0.1, 0.5)):
    """Adam without bias correction on a constant gradient, by 1 − β₁ and 1 − β₂: how much too long are its steps?"""

    def compute(forget1, forget2):
        return _Memories(forget1, forget2, n_steps)

    def ratio(ax):
        style(ax, "step t", "step without / step with correction", "How much too long the steps are")
        ax.set(xscale="log", yscale="log", xlim=(0.9, 1.1 * n_steps), ylim=(0.007, 150), yticks=[0.01, 0.1, 1, 10, 100],
               yticklabels=["0.01", "0.1", "1", "10", "100"])
        ax.axhline(1, color=INK, lw=1, ls=":")
        ax.text(1.1 * n_steps, 1.08, "right ", ha="right", va="bottom", color=INK, fontsize=9)
        line, = ax.plot([], [], lw=2, animated=True, zorder=3)
        first, = ax.plot([], [], "o", ms=9, mfc="white", mew=2, animated=True, zorder=4)
        words = moving_words(ax)

        def show(memories):
            color = INK if abs(memories.first - 1) <= tolerance else RED if memories.first > 1 else BLUE
            line.set_data(memories.t, memories.ratio)
            first.set_data(memories.t[:1], memories.ratio[:1])
            line.set_color(color)
            first.set_markeredgecolor(color)
            words(f"first step × {memories.first:.3g}", color)
        return show

    def shares(ax):
        style(ax, "step t", "share of the full value", "How full the two memories are")
        ax.set(xscale="log", xlim=(0.9, 1.1 * n_steps), ylim=(0, 1.05))
        mean, = ax.plot([], [], "-", color=BLUE, lw=2, animated=True, zorder=3, label="m: the step is in proportion")
        root, = ax.plot([], [], "--", color=RED, lw=2, animated=True, zorder=3, label="√s: the step is divided by it")
        ax.legend(loc="lower right", frameon=False, fontsize=9)

        def show(memories):
            mean.set_data(memories.t, memories.mean)
            root.set_data(memories.t, memories.root)
        return show

    def describe(memories):
        worst = int(np.argmax(np.abs(np.log(memories.ratio))))
        right = abs(memories.first - 1) <= tolerance
        first = "right" if right else f"{memories.first:.3g} times as long as it should be"
        return (f"β₁ = {1 - memories.forget1:.4g}, β₂ = {1 - memories.forget2:.5g}: the first step is {first}; "
                f"farthest off {memories.ratio[worst]:.3g} times, at step {memories.t[worst]}.")

    def reached(memories):
        finding = Finding("{}. The first step is right where 1 − β₂ = (1 − β₁)².", needed=len(pair))
        for i, a in enumerate(pair):
            if abs(memories.forget1 / a - 1) <= 0.01 and abs(memories.first - 1) <= tolerance:
                return replace(finding, part=i, words=f"1 − β₂ = {memories.forget2:.3g} at 1 − β₁ = {a:g}")
        return finding

    goal = (f"Find the β₂ at which the first step is right within {tolerance:.0%} even without correction, once at "
            f"1 − β₁ = {pair[0]:g} and once at 1 − β₁ = {pair[1]:g}. What is the rule?")
    controls = {"forget1": Control("1 − β₁", 1e-2, 1.0, 0.1, step=0.1), "forget2": Control("1 − β₂", 1e-4, 1.0, 1e-3,
                                                                                         step=0.1)}
    route = [{"forget1": pair[0], "forget2": pair[0] ** 2}, {"forget1": pair[1]}, {"forget2": pair[1] ** 2}]
    return Explorable(compute, [ratio, shares], describe, controls, goal, reached, route=route)
