"""A plan with an end against a run without one: where each may be stopped."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from ..optimizers import averaged, evaluated, sgd
from ..schedules import constant, linear
from .drawing import BLUE, INK, PALE, RED, moving_words, style
from .framework import Control, Explorable

__all__ = ["explore_anytime"]

CURVATURE, START, NOISE = np.logspace(-1, 0, 8), 5.0, 1.0  # of a bowl in eight dimensions
EVERY, LONGEST = 25, 400  # steps between two looks, and of the longest plan
PEAK, FLAT = 0.5, 0.3  # rates of the planned runs, and of those without an end


@dataclass(frozen=True)
class _Pair:
    """One plan and one average: losses (looks,), and how far they are above the best plan for each look, at worst."""

    planned: int
    power: int
    plan: np.ndarray
    average: np.ndarray
    plan_gap: float
    average_gap: float


def explore_anytime(walks=100, first=100, allowed=0.1):
    """Where the rate of a planned run reaches 0, and the power of the average of a run without an end.

    Noisy descent on a bowl. Both are compared with hindsight: at each look from step `first` on with the best of all
    plans, by the factor between the mean losses over `walks` runs.
    """
    controls = {"planned": Control("planned", 50, LONGEST, LONGEST, step=50, log=False, whole=True),
                "power": Control("power", 0, 16, 0, step=1, log=False, whole=True)}
    looks = np.arange(EVERY, LONGEST + 1, EVERY)
    asked = looks >= first

    @cache
    def plan(planned):
        return _losses(sgd, linear(PEAK, planned), walks)

    @cache
    def average(power):
        return _losses(averaged(sgd, power=power), constant(FLAT), walks)

    @cache
    def hindsight():
        return np.min([plan(int(n)) for n in controls["planned"].places], axis=0)

    def compute(planned, power):
        lines = plan(int(planned)), average(int(power))
        gaps = [float((line / hindsight())[asked].max() - 1) for line in lines]
        return _Pair(int(planned), int(power), *lines, *gaps)

    def curves(ax):
        style(ax, "step at which the run is stopped", "loss", "A plan, an average, and hindsight (grey)")
        ax.set(xlim=(0, LONGEST + 10), yscale="log", ylim=(0.05, 5))
        ax.plot(looks, hindsight(), color=PALE, lw=6, zorder=1)
        ax.axvline(first, color=INK, lw=1, ls=":")
        lines = [ax.plot([], [], mark, color=color, lw=1.5, ms=5, animated=True, zorder=2)[0]
                 for mark, color in (("s--", RED), ("o-", BLUE))]
        words = moving_words(ax)

        def show(pair):
            for line, values in zip(lines, (pair.plan, pair.average), strict=True):
                line.set_data(looks, values)
            words(f"□ planned for {pair.planned}, o average with power {pair.power}", INK)
        return show

    def gaps(ax):
        style(ax, "", "worst loss over hindsight's, minus 1", f"Stopped anywhere from step {first} on")
        ax.set(xlim=(-0.5, 1.5), ylim=(0, 3), xticks=[0, 1], xticklabels=["planned", "average"])
        ax.axhline(allowed, color=INK, lw=1, ls="--")
        ax.text(1.45, allowed + 0.05, f"goal {allowed:g}", ha="right", color=INK, fontsize=9)
        bars = [ax.plot([], [], color=color, lw=25, solid_capstyle="butt", animated=True)[0] for color in (RED, BLUE)]

        def show(pair):
            for x, (bar, gap) in enumerate(zip(bars, (pair.plan_gap, pair.average_gap), strict=True)):
                bar.set_data([x, x], [0, max(gap, 0)])
        return show

    def describe(pair):
        return (f"planned for {pair.planned} steps: at worst {_words(pair.plan_gap)}; average with power {pair.power}: "
                f"at worst {_words(pair.average_gap)}.")

    def reached(pair):
        return (f"stopped anywhere from step {first} on, the run without an end is at worst "
                f"{_words(pair.average_gap)}.") if pair.average_gap <= allowed else ""

    goal = (f"Find a power at which the run without an end is nowhere more than {allowed:.0%} above the best plan for "
            f"that stop, from step {first} on. Does any single plan do that?")
    return Explorable(compute, [curves, gaps], describe, controls, goal, reached,
                      route=[{"planned": 200}, {"power": 8}, {"power": 3}])


def _losses(optimizer, schedule, walks):
    """The mean loss at every look, of noisy descents from START."""
    noise, w = np.random.default_rng(0), np.full((walks, len(CURVATURE)), START)
    state, losses = {}, []
    for step in range(LONGEST):
        g = CURVATURE * w + NOISE * noise.normal(size=w.shape)
        w, state = optimizer(w, g, state, schedule(step))
        if (step + 1) % EVERY == 0:
            losses.append(float((0.5 * CURVATURE * evaluated(w, state) ** 2).sum(axis=1).mean()))
    return np.array(losses)


def _words(gap):
    return f"{gap:.0%} above hindsight" if gap >= 0 else f"{-gap:.0%} below hindsight"
