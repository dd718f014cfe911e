"""A plan with an end against a run without one: when each may be stopped."""

from dataclasses import dataclass

import numpy as np

from ..optimizers import averaged
from ..schedules import linear
from ..studies.beyond_adam import ADAMW
from ..studies.robustness import make_problems
from ..sweep import sweep_settings
from .drawing import BLUE, INK, PALE, RED, moving_words, style
from .framework import Control, Explorable

__all__ = ["explore_anytime"]

PROBLEM, EVERY, LONGEST = "compress digits", 50, 400  # steps of an epoch, and of the longest plan
PEAK, FLAT = 0.02, 0.01  # rates of the planned runs and of the averaged one


@dataclass(frozen=True)
class _Pair:
    """One plan and one average: validation losses (looks,), and how far above the best plan for each look they are."""

    planned: int
    power: float
    plan: np.ndarray
    average: np.ndarray
    plan_gap: float
    average_gap: float


def explore_anytime(seeds=range(4), first=100, allowed=0.1):
    """Where the rate of a planned run reaches 0, and the power of the average of a run without an end.

    Each is compared with hindsight: at each look from step `first` on with the best of all plans, by the factor between
    the losses. Networks are trained at the first move.
    """
    controls = {"planned": Control("planned steps", EVERY, LONGEST, LONGEST, step=EVERY, log=False, whole=True),
                "power": Control("power", 0, 16, 0, step=2, log=False, whole=True)}
    plans, powers = controls["planned"].places, controls["power"].places
    looks, kept = np.arange(EVERY, LONGEST + 1, EVERY), []

    def table():
        if not kept:  # all places are trained at once, when the first is asked for
            problem = make_problems()[PROBLEM]
            shared = {"model": problem.model, "batch_size": problem.batch_size}
            settings = [shared | {"optimizer": ADAMW, "lr": linear(PEAK, int(n))} for n in plans]
            settings += [shared | {"optimizer": averaged(ADAMW, power=p), "lr": FLAT} for p in powers]
            runs = sweep_settings(problem.data, settings, seeds, problem.epochs(LONGEST), progress=False)
            kept.append(runs.history["val_loss"].mean(axis=1))
        return kept[0]

    def compute(planned, power):
        losses = table()
        i, j = (int(np.abs(np.array(places) - value).argmin()) for places, value in ((plans, planned), (powers, power)))
        plan, average = losses[i], losses[len(plans) + j]
        asked, hindsight = looks >= first, losses[:len(plans)].min(axis=0)
        gaps = [float((line / hindsight)[asked].max() - 1) for line in (plan, average)]
        return _Pair(int(plans[i]), float(powers[j]), plan, average, *gaps)

    def curves(ax):
        style(ax, "step at which the run is stopped", "validation loss", "A plan, an average, and hindsight (grey)")
        ax.set(xlim=(EVERY - 10, LONGEST + 10), yscale="log", ylim=(0.02, 0.1))
        back = ax.plot([], [], color=PALE, lw=5, animated=True, zorder=1)[0]
        lines = [ax.plot([], [], mark, color=color, lw=1.5, ms=5, animated=True, zorder=2)[0]
                 for mark, color in (("s--", RED), ("o-", BLUE))]
        words = moving_words(ax)

        def show(pair):
            back.set_data(looks, table()[:len(plans)].min(axis=0))
            for line, values in zip(lines, (pair.plan, pair.average), strict=True):
                line.set_data(looks, values)
            words(f"□ planned for {pair.planned}   o average, power {pair.power:g}", INK)
        return show

    def gaps(ax):
        style(ax, "", "worst loss over hindsight's, minus 1", f"Stopped anywhere from step {first} on")
        ax.set(xlim=(-0.5, 1.5), ylim=(0, 1), xticks=[0, 1], xticklabels=["planned", "average"])
        ax.axhline(allowed, color=INK, lw=1, ls="--")
        ax.text(1.45, allowed + 0.02, f"goal {allowed:g}", ha="right", color=INK, fontsize=9)
        bars = [ax.plot([], [], color=color, lw=25, solid_capstyle="butt", animated=True)[0] for color in (RED, BLUE)]

        def show(pair):
            for x, (bar, gap) in enumerate(zip(bars, (pair.plan_gap, pair.average_gap), strict=True)):
                bar.set_data([x, x], [0, min(gap, 1)])
        return show

    def describe(pair):
        return (f"planned for {pair.planned} steps: at worst {pair.plan_gap:.0%} above hindsight; average with power "
                f"{pair.power:g}: at worst {pair.average_gap:.0%} above.")

    def reached(pair):
        return (f"stopped anywhere from step {first} on, the average is at worst {pair.average_gap:.0%} above the best "
                "plan.") if pair.average_gap <= allowed else ""

    goal = (f"Find a power at which the run without an end is nowhere more than {allowed:.0%} above the best plan for "
            f"that stop, from step {first} on. Does any single plan do that?")
    return Explorable(compute, [curves, gaps], describe, controls, goal, reached, route=[{"power": 2}, {"power": 8}])
