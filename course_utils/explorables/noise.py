"""The noise ball of gradients from a batch."""

from dataclasses import dataclass, replace
from math import log10

import numpy as np

from ..optimizers import sgd
from .drawing import BLUE, INK, PALE, RED, moving_words, style
from .framework import Control, Explorable, Finding

__all__ = ["explore_noise_ball"]


def explore_noise_ball(looks=1000, radius=0.1, pair=(1, 16)):
    """Noisy gradient descent on f(w) = w² / 2, by rate and batch size, each run looking at equally many examples.

    An example pulls towards its own point, drawn from a normal distribution of mean 0 and variance 1; the first
    examples are the same for every setting.
    """
    pulls = np.random.default_rng(8).normal(size=looks)

    def compute(lr, batch_size):
        steps = looks // batch_size
        w, points = -4.0, [-4.0]
        for pull in pulls[: steps * batch_size].reshape(steps, batch_size).mean(axis=1):
            w, _ = sgd(w, w - pull, {}, lr)
            points.append(w)
            if abs(w) > 1e3:
                break
        return _Hover(lr, batch_size, np.array(points), len(points) <= steps)

    def weight(ax):
        style(ax, "examples looked at", "weight w", "The weight after each step")
        ax.set(xlim=(-0.02 * looks, 1.02 * looks), ylim=(-4.4, 2.9))
        ax.axhline(0, color=INK, lw=1, ls=":")
        ax.axvline(looks / 2, color=INK, lw=1, ls=":")
        ax.text(looks / 2, -4.2, " measured from here on", color=INK, fontsize=9)
        line, = ax.plot([], [], "o-", lw=1, ms=2.5, animated=True, zorder=3)
        edges = [ax.plot([], [], "--", color=INK, lw=1.5, animated=True, zorder=4, label=label)[0]
                 for label in ("predicted radius", None)]
        words = moving_words(ax)
        ax.legend(loc="lower right", bbox_to_anchor=(1, 0.06), frameon=False, fontsize=9)

        def show(hover):
            color = RED if hover.diverged else BLUE
            line.set_data(hover.batch_size * np.arange(len(hover.points)), np.clip(hover.points, -1e3, 1e3))
            line.set_color(color)
            for edge, sign in zip(edges, (-1, 1), strict=True):
                edge.set_data([looks / 2, looks], [sign * hover.predicted] * 2 if hover.lr < 2 else [np.nan] * 2)
            words(hover.manner, color)
        return show

    def plane(ax):
        style(ax, "learning rate", "batch size", f"Distance to expect after {looks} examples")
        rates, sizes = np.geomspace(0.001, 1.999, 160), np.geomspace(1, 128, 60)
        steps = looks / sizes[:, None]
        left = (1 - rates) ** 2  # what a step leaves of the squared distance
        ball = rates / (sizes[:, None] * (2 - rates))
        start = (left ** (steps / 2) - left**steps) / ((1 - left) * steps / 2)  # its mean over the second half
        expected = np.sqrt(16 * start + ball * (1 - start))
        ax.set(xscale="log", yscale="log", xlim=(0.001, 3), ylim=(0.85, 150), yticks=[1, 4, 16, 64],
               yticklabels=["1", "4", "16", "64"])
        ax.tick_params(axis="y", which="minor", left=False)
        levels = sorted({0.05, 0.2, 0.5, 1.0, 2.0} | {radius})
        lines = ax.contour(rates, sizes, expected, levels=levels, colors="0.55", linewidths=0.8)
        ax.contour(rates, sizes, expected, levels=[radius], colors=[INK], linewidths=2)
        ax.clabel(lines, fmt="%g", fontsize=8)
        ax.text(0.02, 0.97, "goal: between the thick lines", transform=ax.transAxes, va="top", fontsize=9, color=INK)
        ax.axvspan(2, 3, color=PALE, lw=0)
        ax.text(2.4, 11, "diverges", rotation=90, ha="center", va="center", fontsize=9, color=INK)
        dot, = ax.plot([], [], "o", ms=9, mew=2, mec="white", animated=True, zorder=5)

        def show(hover):
            dot.set_data([hover.lr], [hover.batch_size])
            dot.set_color(RED if hover.diverged else BLUE)
        return show

    def describe(hover):
        setting = f"rate {hover.lr:.3g}, batch size {hover.batch_size}: {hover.manner}"
        if hover.diverged:
            return f"{setting} at step {len(hover.points) - 1}."
        predicted = f", predicted {hover.predicted:.2g}" if hover.manner == HOVERS else ""
        return f"{setting}, {hover.radius:.2g} from the minimum{predicted}, {len(hover.points) - 1} steps."

    def reached(hover):
        finding, B = Finding("{}. What counts is rate / B.", needed=len(pair)), hover.batch_size
        if B not in pair or hover.diverged or hover.radius > radius:
            return finding
        return replace(finding, part=pair.index(B),
                       words=f"rate {hover.lr:.3g} at batch size {B}, rate / B = {hover.lr / B:.2g}")

    goal = (f"With {looks} looks at an example, hover within {radius:g} of the minimum, once at batch size {pair[0]} "
            f"and once at batch size {pair[1]}. What do the two rates share?")
    controls = {"lr": Control("rate", 0.001, 3.0, 0.1),
                "batch_size": Control("batch", 1, 128, 1, step=log10(2), whole=True)}
    route = [{"lr": 0.012}, {"batch_size": pair[1]}, {"lr": 0.2}]
    return Explorable(compute, [weight, plane], describe, controls, goal, reached, route=route)


HOVERS = "hovers"


@dataclass(frozen=True)
class _Hover:
    """A noisy descent on w² / 2 with gradient noise of variance 1 / B: its points, and whether it diverged."""

    lr: float
    batch_size: int
    points: np.ndarray
    diverged: bool

    @property
    def radius(self):
        """Root mean square distance to the minimum over the second half of the steps."""
        return float(np.sqrt(np.mean(self.points[len(self.points) // 2:] ** 2)))

    @property
    def predicted(self):
        """That of a walk without end: √(η / (B (2 − η)))."""
        return (self.lr / (self.batch_size * (2 - self.lr))) ** 0.5 if self.lr < 2 else float("inf")

    @property
    def manner(self):
        if self.diverged:
            return "diverged"
        if self.lr >= 2:
            return "moves away"
        return HOVERS if 4 * abs(1 - self.lr) ** (len(self.points) // 2) < self.predicted else "still on its way"
