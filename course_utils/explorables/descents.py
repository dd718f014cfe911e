"""Walks on a landscape: bowl, ravine, momentum, and adaptive rates in a ravine that is turned."""

from dataclasses import dataclass, replace
from math import ceil, log, log10

import numpy as np
from matplotlib.collections import LineCollection

from ..descent import descend
from ..landscapes import bowl, quadratic, ravine
from ..optimizers import adagrad, momentum, sgd
from ..plots import plot_momentum_plane
from .drawing import (
    BLUE,
    INK,
    PALE,
    RED,
    arrival,
    distance_panel,
    divergence,
    moving_walk,
    setting_in_words,
    short,
    style,
)
from .framework import Control, Explorable, Finding

__all__ = ["explore_bowl", "explore_ravine", "explore_turned_ravine", "explore_momentum", "turned_ravine"]


def explore_bowl(n_steps=20, distance=1e-6, within=5):
    """Gradient descent on f(w) = a w² / 2, by rate and curvature: slides, overshoots, diverges."""
    curvatures = (0.5, 2.0)

    def compute(lr, curvature):
        return descend(bowl(curvature), None, sgd, lr, n_steps)

    def curve(ax):
        style(ax, "weight w", "loss f(w)", "Steps on the curve")
        w = np.linspace(-6, 6, 201)
        ax.set(xlim=(-6, 6), ylim=(-1, 19), yticks=range(0, 20, 5))
        line, = ax.plot([], [], color=PALE, lw=3, animated=True)
        walk = moving_walk(ax)

        def show(path):
            line.set_data(w, path.landscape.value(w))
            walk(path, path.points, path.values, _bowl_manner(path))
        return show

    def describe(path):
        return f"{setting_in_words(path)}: {_bowl_manner(path)}, {arrival(path, distance)}"

    def reached(path):
        finding = Finding("{}. The best rate is 1 / curvature.", needed=len(curvatures))
        for i, a in enumerate(curvatures):
            if abs(path.landscape.sharpness / a - 1) < 0.01 and (path.steps_to(distance) or n_steps) <= within:
                return replace(finding, part=i, words=f"rate {path.rates[0]:.3g} at curvature {a:g}")
        return finding

    goal = (f"Come within {short(distance)} of the minimum in at most {within} steps, once at curvature "
            f"{curvatures[0]:g} and once at curvature {curvatures[1]:g}. What do the two rates share?")
    controls = {"lr": Control("rate", 0.01, 10.0, 0.1),
                "curvature": Control("curvature", 0.25, 2.0, 1.0, step=log10(2) / 8)}
    route = [{"curvature": curvatures[0]}, {"lr": 1 / curvatures[0]}, {"curvature": curvatures[1]},
             {"lr": 1 / curvatures[1]}]
    return Explorable(compute, [curve, distance_panel(n_steps, (1e-9, 1e3), distance)], describe, controls, goal,
                      reached, route=route)


def explore_ravine(n_steps=100, distance=0.01, kappa=25.0):
    """Gradient descent on f(w) = (w₁² + κ w₂²) / 2, by rate and κ, beside the best that theory allows."""
    landscape = ravine(kappa)
    best = ceil(log(distance / np.linalg.norm(landscape.start)) / log(landscape.best_factor))
    target = ceil(1.05 * best)
    angle = np.linspace(0, 2 * np.pi, 73)
    circle = np.column_stack([np.cos(angle), np.sin(angle)])

    def compute(lr, kappa):
        return descend(ravine(kappa), None, sgd, lr, n_steps)

    def contours(ax):
        style(ax, "weight w₁", "weight w₂", "Path over lines of equal loss")
        ax.set(xlim=(-5, 5), ylim=(-3.9, 3.9))  # equal scales at the usual size
        rings = LineCollection([], cmap="viridis", linewidths=1, alpha=0.55, animated=True, zorder=1)
        rings.set(array=np.arange(12), clim=(0, 14))
        ax.add_collection(rings, autolim=False)
        ax.plot(0, 0, "*", color=INK, ms=11, zorder=1)
        walk = moving_walk(ax)

        def show(path):
            k = path.landscape.condition_number
            radii = np.geomspace(0.35, (25 + 12 * k) ** 0.5, 12)  # the outermost line nearly meets the corners
            rings.set_segments(radii[:, None, None] * circle / [1, k**0.5])
            walk(path, path.points[:, 0], path.points[:, 1], _ravine_manner(path))
        return show

    def describe(path):
        k = path.landscape.condition_number
        return f"{setting_in_words(path, f'κ {k:.3g}')}: {_ravine_manner(path)}, {arrival(path, distance)}"

    def reached(path):
        steps = path.steps_to(distance)
        if abs(path.landscape.condition_number / kappa - 1) > 0.01 or steps is None or steps > target:
            return ""
        share = path.rates[0] / path.landscape.critical_rate
        return f"{steps} steps, at {share:.0%} of the critical rate 2 / κ; theory's best rate 2 / (1 + κ) needs {best}."

    goal = (f"At κ = {kappa:g}, find a rate that comes within {distance:g} of the minimum in {target} steps or fewer. "
            "How close to the edge of divergence does it lie?")
    controls = {"lr": Control("rate", 0.001, 3.0, 0.01), "kappa": Control("κ", 1.0, 125.0, kappa, step=log10(5) / 20)}
    return Explorable(compute, [contours, distance_panel(n_steps, (1e-4, 1e3), distance, predict=True)], describe,
                      controls, goal, reached, route=[{"lr": float(landscape.best_rate)}])


def explore_momentum(n_steps=80, distance=0.01, kappa=25.0, target=18):
    """Heavy ball on f(w) = (w₁² + κ w₂²) / 2, by rate and β, beside its place in the plane of both."""
    landscape = ravine(kappa)
    plain = ceil(log(distance / np.linalg.norm(landscape.start)) / log(landscape.best_factor))

    def compute(lr, beta):
        return _Heavy(descend(landscape, None, momentum, lr, n_steps, beta=beta), beta)

    def contours(ax):
        style(ax, "weight w₁", "weight w₂", f"Path, κ = {kappa:g}")
        ax.set(xlim=(-5, 5), ylim=(-3.9, 3.9))
        angle = np.linspace(0, 2 * np.pi, 73)
        for radius in np.geomspace(0.35, (25 + 12 * kappa) ** 0.5, 12):
            ax.plot(radius * np.cos(angle), radius * np.sin(angle) / kappa**0.5, color=PALE, lw=0.8, zorder=1)
        ax.plot(0, 0, "*", color=INK, ms=11, zorder=1)
        walk = moving_walk(ax)

        def show(heavy):
            walk(heavy.path, heavy.path.points[:, 0], heavy.path.points[:, 1], heavy.manner)
        return show

    def plane(ax):
        plot_momentum_plane(landscape, ax)
        style(ax, "learning rate η", "momentum β", "Where you are")
        ax.text(landscape.best_rate * 0.97, 0.03, "best plain", ha="right", color=INK, fontsize=9)
        point, = ax.plot([], [], "o", ms=11, mfc=RED, mec="white", mew=2, animated=True, zorder=5,
                         clip_on=False)
        point.set_in_layout(False)

        def show(heavy):
            point.set_data([min(heavy.path.rates[0], ax.get_xlim()[1])], [heavy.beta])
        return show

    def describe(heavy):
        return (f"rate {heavy.path.rates[0]:.3g}, β {heavy.beta:.3g}: factor {heavy.factor:.3f}, {heavy.manner}, "
                f"{arrival(heavy.path, distance)}")

    def reached(heavy):
        steps = heavy.path.steps_to(distance)
        if steps is None or steps > target:
            return ""
        return f"{steps} steps, where the best plain descent needs {plain}."

    goal = (f"Plain descent (β = 0) comes within {distance:g} of the minimum in {plain} steps at best. Do it in "
            f"{target} or fewer. The star is the best pair in the long run: is it the best here?")
    controls = {"lr": Control("rate", 0.005, 0.17, 0.04, step=0.001, log=False),
                "beta": Control("β", 0.0, 0.99, 0.0, step=0.01, log=False)}
    return Explorable(compute, [contours, plane], describe, controls, goal, reached, size=(9.6, 3.9),
                      route=[{"lr": 0.1}, {"beta": 0.5}])


@dataclass(frozen=True)
class _Heavy:
    """A heavy-ball descent with its β and what its factor says of it."""

    path: object
    beta: float

    @property
    def factor(self):
        return float(self.path.landscape.momentum_factor(self.path.rates[0], self.beta))

    @property
    def manner(self):
        if self.factor > 1:
            return divergence(self.path)
        if self.factor < self.path.landscape.best_factor:
            return "faster than any plain descent"
        return "settles, no faster than plain"


def explore_turned_ravine(n_steps=400, distance=0.01, kappa=100.0, within=25):
    """AdaGrad on a ravine, by rate, κ and the angle between the ravine and the axes, beside gradient descent.

    Gradient descent always has its own best rate 2 / (1 + κ); the start turns along with the ravine.
    """
    angle = np.linspace(0, 2 * np.pi, 73)
    circle = np.column_stack([np.cos(angle), np.sin(angle)])

    def compute(lr, kappa, turn):
        landscape = turned_ravine(kappa, turn)
        return _Rivals(lr, kappa, turn, descend(landscape, None, adagrad, lr, n_steps),
                       descend(landscape, None, sgd, landscape.best_rate, n_steps), distance)

    def contours(ax):
        style(ax, "weight w₁", "weight w₂", "Paths over lines of equal loss")
        ax.set(xlim=(-5, 5), ylim=(-3.9, 3.9))  # equal scales at the usual size
        rings = LineCollection([], cmap="viridis", linewidths=1, alpha=0.55, animated=True, zorder=1)
        rings.set(array=np.arange(12), clim=(0, 14))
        ax.add_collection(rings, autolim=False)
        ax.plot(0, 0, "*", color=INK, ms=11, zorder=1)
        plain, = ax.plot([], [], "-", color="#777777", lw=0.7, animated=True, zorder=2)
        walk, = ax.plot([], [], "o-", color=BLUE, lw=1.4, ms=4.5, animated=True, zorder=3)
        start, = ax.plot([], [], "o", ms=9, mfc="white", mec=BLUE, mew=2, animated=True, zorder=4)

        def show(rivals):
            turn = np.radians(rivals.turn)
            axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
            radii = np.geomspace(0.35, (25 + 12 * rivals.kappa) ** 0.5, 12)
            rings.set_segments(radii[:, None, None] * (circle / [1, rivals.kappa**0.5] @ axes))
            plain.set_data(*rivals.plain.points.T)
            walk.set_data(*rivals.adagrad.points.T)
            start.set_data(*rivals.adagrad.points[:1].T)
        return show

    def distances(ax):
        style(ax, "step", "distance to the minimum", "Distance after each step")
        ax.set(xlim=(-0.02 * n_steps, 1.02 * n_steps), ylim=(1e-4, 1e2), yscale="log")
        ax.axhline(distance, color=INK, lw=1, ls=":")
        ax.text(n_steps, distance * 1.2, f"within {short(distance)}", ha="right", color=INK, fontsize=9)
        lines = [ax.plot([], [], style, color=color, lw=1.4, ms=4, markevery=every, animated=True, label=label)[0]
                 for style, color, every, label in (("o-", BLUE, 10, "AdaGrad, your rate"),
                                                    ("s--", "#555555", 25, "gradient descent, its best rate"))]
        ax.legend(loc="upper right", frameon=False, fontsize=9)

        def show(rivals):
            for line, path in zip(lines, (rivals.adagrad, rivals.plain), strict=True):
                line.set_data(np.arange(len(path.points)), np.maximum(path.distances, 1e-30))
        return show

    def reached(rivals):
        if abs(rivals.kappa / kappa - 1) > 0.01:
            return ""
        if rivals.turn == 0:
            fast = (rivals.steps(rivals.adagrad) or n_steps) <= within
            return Finding(part=0, group=str(rivals.lr)) if fast else ""
        if rivals.adagrad_is_first:
            return ""
        return Finding(f"at rate {rivals.lr:.3g} AdaGrad was there within {within} steps along the axes; turned by "
                       f"{rivals.turn}° it comes in no earlier than gradient descent.", needed=1, group=str(rivals.lr))

    goal = (f"At κ = {kappa:g} and turn 0, find a rate with which AdaGrad comes within {distance:g} of the minimum in "
            f"at most {within} steps. Then leave the rate alone and turn the ravine until gradient descent is as fast.")
    controls = {"lr": Control("rate", 0.1, 30.0, 0.3), "kappa": Control("κ", 1.0, 1000.0, kappa, step=0.1),
                "turn": Control("turn °", 0, 45, 0, step=1, log=False, whole=True)}
    return Explorable(compute, [contours, distances], _Rivals.describe, controls, goal, reached,
                      route=[{"lr": 3.0}, {"turn": 30}])


def turned_ravine(kappa, degrees):
    """The ravine of condition number κ and its start, both turned about the minimum by so many degrees."""
    turn = np.radians(degrees)
    axes = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    hessian = axes * [1, kappa] @ axes.T
    return quadratic((hessian + hessian.T) / 2, start=tuple(axes @ ravine(kappa).start), name="turned ravine",
                     domain=((-5.0, 5.0), (-3.9, 3.9)))


@dataclass(frozen=True)
class _Rivals:
    """AdaGrad and gradient descent on the same turned ravine."""

    lr: float
    kappa: float
    turn: int
    adagrad: object
    plain: object
    distance: float

    def steps(self, path):
        return path.steps_to(self.distance)

    @property
    def adagrad_is_first(self):
        n = len(self.adagrad.points) + len(self.plain.points)  # more than either has
        return (self.steps(self.adagrad) or n) < (self.steps(self.plain) or n)

    def describe(self):
        def arrival(path):
            steps = self.steps(path)
            return f"{path.distances[-1]:.2g} away after {len(path.rates)} steps" if steps is None else (
                f"within {short(self.distance)} from step {steps}")
        return (f"rate {self.lr:.3g}, κ {self.kappa:.3g}, turned {self.turn}°: AdaGrad {arrival(self.adagrad)}; "
                f"gradient descent at its best rate {arrival(self.plain)}.")


def _bowl_manner(path):
    factor = 1 - path.rates[0] * path.landscape.sharpness
    if abs(factor) < 1e-9:
        return "lands in one step"
    if abs(factor + 1) < 1e-9:
        return "bounces for ever"
    if factor < -1:
        return divergence(path)
    return "overshoots, comes back" if factor < 0 else "slides down one side"


def _ravine_manner(path):
    share = path.rates[0] / path.landscape.critical_rate
    if abs(share - 1) < 1e-9:
        return "bounces for ever"
    if share > 1:
        return divergence(path)
    return "zigzags down" if share > 0.5 else "slides down"
