"""Figures that follow their sliders.

The still part of a figure is drawn once and kept as pixels. A move draws only the animated artists over it and sends
one palette image: a few milliseconds and kilobytes instead of a whole new figure.
"""

import textwrap
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from io import BytesIO
from math import ceil, log, log10

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from .descent import descend
from .landscapes import bowl, quadratic, ravine
from .optimizers import adagrad, momentum, sgd
from .schedules import cosine, warmup

__all__ = ["Control", "Explorable", "explore_bowl", "explore_ravine", "explore_turned_ravine", "explore_momentum",
           "explore_noise_ball", "explore_fates", "explore_schedule", "explore_search", "explore_training", "fate",
           "turned_ravine", "explore_bias_correction"]

INK, BLUE, RED, PALE = "#333333", "#0072b2", "#d55e00", "#c8c8c8"  # blue and vermillion of Okabe & Ito
CLASS_COLORS, CLASS_TINTS = ("#0072b2", "#d55e00", "#009e73"), ("#cfe3f0", "#f8dfcd", "#cdeae1")
CLASS_MARKERS = ("o", "^", "s")


@dataclass(frozen=True)
class Control:
    """One number the reader sets, with a slider and a number box.

    `step` counts decades on a log slider, else units; a `whole` number has no fractions; with `live` off the figure
    waits until the slider is let go, for results that take longer than a frame.
    """

    label: str
    low: float
    high: float
    value: float
    step: float = 0.01
    log: bool = True
    whole: bool = False
    live: bool = True

    def clip(self, value):
        """The nearest allowed number; ValueError for anything that is not one."""
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = float("nan")
        if number != number:
            raise ValueError(f"{self.label} must be a number from {self.low:g} to {self.high:g}, got {value!r}")
        number = min(max(number, self.low), self.high)
        return round(number) if self.whole else number

    def steps_between(self, a, b):
        """Distance of two values in steps of the slider."""
        return abs(log10(a / b) if self.log else a - b) / self.step


class Explorable:
    """A figure that follows its sliders; show it by making it the last line of a cell.

    compute   function of the controls' values, by name, that returns a result
    panels    functions `panel(ax) -> show`: each draws the still part, makes its moving artists with `animated=True`
              and returns `show(result)`, which moves them
    describe  `describe(result)` -> one line in words
    controls  dict of name -> `Control`
    goal      a sentence; `reached(result)` -> "" or how the goal was reached

    `move(lr=0.3)` does by code what a slider does by hand. `values`, `result`, `summary`, `image` and `widget` hold the
    present state. The front end of ipywidgets sends a slider's next value only after the last one was worked off, and
    then the newest: a hand faster than the kernel skips frames and still ends on the last value.
    """

    def __init__(self, compute, panels, describe, controls, goal="", reached=None, size=(9.0, 3.7), colors=64):
        import ipywidgets

        self.compute, self.panels, self.describe, self.controls = compute, panels, describe, controls
        self.goal, self._reached, self._colors = goal, reached or (lambda result: ""), colors
        self.values = {name: control.value for name, control in controls.items()}
        self._figure = Figure(figsize=size, dpi=100, layout="constrained")
        self._canvas = FigureCanvasAgg(self._figure)
        axes = np.atleast_1d(self._figure.subplots(1, len(panels)))
        self._shows = [panel(ax) for panel, ax in zip(panels, axes, strict=True)]
        self._moving = sorted((a for ax in axes for a in ax.get_children() if a.get_animated()),
                              key=lambda a: a.get_zorder())
        self._canvas.draw()
        self._background = self._canvas.copy_from_bbox(self._figure.bbox)

        self.image = ipywidgets.Image(format="png", layout={"max_width": "100%", "align_self": "flex-start"})
        self._words = ipywidgets.HTML()
        self._inputs = {name: self._input(name, control) for name, control in controls.items()}
        rows = [ipywidgets.HBox([box, slider]) for box, slider in self._inputs.values()]
        heading = [ipywidgets.HTML(f"<p><b>Goal.</b> {escape(goal)}</p>")] if goal else []
        self.widget = ipywidgets.VBox([*heading, *rows, self.image, self._words])
        self.update()

    def update(self, **values):
        """The callback: compute, draw and describe; controls that are not named keep their value."""
        self.values |= self._checked(values)
        self.result = self.compute(**self.values)
        self.image.value = self._frame(self.result)
        reached = self._reached(self.result)
        self.summary = self.describe(self.result) + (f" Goal reached: {reached}" if reached else "")
        self._words.value = f'<p role="status" aria-live="polite">{escape(self.summary)}</p>'
        return self.summary

    def move(self, **values):
        """Set controls by name, numbers beyond their ends clipped, move sliders and boxes along, return the summary."""
        self.values |= self._checked(values)
        self._follow()
        return self.update()

    def small_multiples(self, values, columns=3, panel=0):
        """A pyplot figure with one panel for each dict in `values`, for readers without a kernel.

        `panel` is the position of the panel to repeat; controls that are not named have their first value.
        """
        import matplotlib.pyplot as plt

        if not values:
            raise ValueError("values must list at least one dict of control values, got none")
        first = {name: control.value for name, control in self.controls.items()}
        columns = min(columns, len(values))
        rows = ceil(len(values) / columns)
        figure, axes = plt.subplots(rows, columns, figsize=(4.1 * columns, 3.5 * rows), squeeze=False,
                                    layout="constrained")
        for ax in axes.flat[len(values):]:
            ax.set_visible(False)
        for ax, chosen in zip(axes.flat, values, strict=False):
            result = self.compute(**(first | self._checked(chosen)))
            self.panels[panel](ax)(result)
            for artist in ax.get_children():
                artist.set_animated(False)
            ax.set_title(textwrap.fill(self.describe(result), 46), fontsize=9, loc="left")
            ax.label_outer()
        return figure

    def _checked(self, values):
        for name in values:
            if name not in self.controls:
                raise ValueError(f"there is no control {name!r}; the controls are {', '.join(self.controls)}")
        return {name: self.controls[name].clip(value) for name, value in values.items()}

    def _input(self, name, control):
        import ipywidgets as w

        wide = {"description_width": "5em"}
        Box = w.BoundedIntText if control.whole else w.BoundedFloatText
        box = Box(value=control.value, min=control.low, max=control.high, description=control.label, style=wide,
                  layout={"width": "14em"})
        ends = {"min": control.low, "max": control.high}
        if control.log:
            Slider, ends = w.FloatLogSlider, {"min": log10(control.low), "max": log10(control.high)}
        else:
            Slider = w.IntSlider if control.whole else w.FloatSlider
        slider = Slider(value=control.value, step=control.step, readout=False, continuous_update=control.live,
                        tooltip=f"{control.label}, slider", layout={"width": "24em"}, **ends)

        def changed(change):
            value, by_slider = change["new"], change["owner"] is slider
            if self._following or (by_slider and control.steps_between(value, self.values[name]) < 0.51):
                return  # a browser's slider snaps a typed value to its own steps and reports that as a move
            self.values[name] = control.clip(float(f"{value:.3g}") if by_slider else value)
            self._follow(change["owner"])
            self.update()

        for widget in (box, slider):
            widget.observe(changed, "value")
        return box, slider

    _following = False  # true while sliders and boxes are set by code

    def _follow(self, source=None):
        self._following = True
        try:
            for name, pair in self._inputs.items():
                for widget in pair:
                    if widget is not source:
                        widget.value = self.values[name]
        finally:
            self._following = False

    def _frame(self, result):
        from PIL import Image

        self._canvas.restore_region(self._background)
        for show in self._shows:
            show(result)
        for artist in self._moving:
            self._figure.draw_artist(artist)
        pixels = Image.frombuffer("RGBA", self._canvas.get_width_height(), self._canvas.buffer_rgba(),
                                  "raw", "RGBA", 0, 1)
        file = BytesIO()
        # octree quantization keeps thin lines and small type crisp, where JPEG and lossy WebP smear them
        pixels.convert("RGB").quantize(self._colors, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
            file, "png", compress_level=1)
        return file.getvalue()

    def _ipython_display_(self):
        from IPython.display import display

        bundle = self.widget._repr_mimebundle_()
        display(bundle | {"text/plain": f"{self.goal}\n{self.summary}"}, raw=True)


def explore_bowl(n_steps=20, distance=1e-6, within=5):
    """Gradient descent on f(w) = a w² / 2, by rate and curvature: slides, overshoots, diverges."""
    curvatures, found = (0.5, 2.0), {}

    def compute(lr, curvature):
        return descend(bowl(curvature), None, sgd, lr, n_steps)

    def curve(ax):
        _style(ax, "weight w", "loss f(w)", "Steps on the curve")
        w = np.linspace(-6, 6, 201)
        ax.set(xlim=(-6, 6), ylim=(-1, 19), yticks=range(0, 20, 5))
        line, = ax.plot([], [], color=PALE, lw=3, animated=True)
        walk = _walk(ax)

        def show(path):
            line.set_data(w, path.landscape.value(w))
            walk(path, path.points, path.values, _bowl_manner(path))
        return show

    def describe(path):
        return f"{_setting(path)}: {_bowl_manner(path)}, {_arrival(path, distance)}"

    def reached(path):
        for a in curvatures:
            if abs(path.landscape.sharpness / a - 1) < 0.01 and (path.steps_to(distance) or n_steps) <= within:
                found[a] = path.rates[0]
        if len(found) < len(curvatures):
            return ""
        pairs = " and ".join(f"rate {found[a]:.3g} at curvature {a:g}" for a in curvatures)
        return f"{pairs}. The best rate is 1 / curvature."

    goal = (f"Come within {_short(distance)} of the minimum in at most {within} steps, once at curvature "
            f"{curvatures[0]:g} and once at curvature {curvatures[1]:g}. What do the two rates share?")
    controls = {"lr": Control("rate", 0.01, 10.0, 0.1),
                "curvature": Control("curvature", 0.25, 2.0, 1.0, step=log10(2) / 8)}
    return Explorable(compute, [curve, _distance_panel(n_steps, (1e-9, 1e3), distance)], describe, controls, goal,
                      reached)


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
        _style(ax, "weight w₁", "weight w₂", "Path over lines of equal loss")
        ax.set(xlim=(-5, 5), ylim=(-3.9, 3.9))  # equal scales at the usual size
        rings = LineCollection([], cmap="viridis", linewidths=1, alpha=0.55, animated=True, zorder=1)
        rings.set(array=np.arange(12), clim=(0, 14))
        ax.add_collection(rings, autolim=False)
        ax.plot(0, 0, "*", color=INK, ms=11, zorder=1)
        walk = _walk(ax)

        def show(path):
            k = path.landscape.condition_number
            radii = np.geomspace(0.35, (25 + 12 * k) ** 0.5, 12)  # the outermost line nearly meets the corners
            rings.set_segments(radii[:, None, None] * circle / [1, k**0.5])
            walk(path, path.points[:, 0], path.points[:, 1], _ravine_manner(path))
        return show

    def describe(path):
        k = path.landscape.condition_number
        return f"{_setting(path, f'κ {k:.3g}')}: {_ravine_manner(path)}, {_arrival(path, distance)}"

    def reached(path):
        steps = path.steps_to(distance)
        if abs(path.landscape.condition_number / kappa - 1) > 0.01 or steps is None or steps > target:
            return ""
        share = path.rates[0] / path.landscape.critical_rate
        return f"{steps} steps, at {share:.0%} of the critical rate 2 / κ; theory's best rate 2 / (1 + κ) needs {best}."

    goal = (f"At κ = {kappa:g}, find a rate that comes within {distance:g} of the minimum in {target} steps or fewer. "
            "How close to the edge of divergence does it lie?")
    controls = {"lr": Control("rate", 0.001, 3.0, 0.01), "kappa": Control("κ", 1.0, 125.0, kappa, step=log10(5) / 20)}
    return Explorable(compute, [contours, _distance_panel(n_steps, (1e-4, 1e3), distance, predict=True)], describe,
                      controls, goal, reached)


def explore_momentum(n_steps=80, distance=0.01, kappa=25.0, target=18):
    """Heavy ball on f(w) = (w₁² + κ w₂²) / 2, by rate and β, beside its place in the plane of both."""
    from .plots import plot_momentum_plane

    landscape = ravine(kappa)
    plain = ceil(log(distance / np.linalg.norm(landscape.start)) / log(landscape.best_factor))

    def compute(lr, beta):
        return _Heavy(descend(landscape, None, momentum, lr, n_steps, beta=beta), beta)

    def contours(ax):
        _style(ax, "weight w₁", "weight w₂", f"Path, κ = {kappa:g}")
        ax.set(xlim=(-5, 5), ylim=(-3.9, 3.9))
        angle = np.linspace(0, 2 * np.pi, 73)
        for radius in np.geomspace(0.35, (25 + 12 * kappa) ** 0.5, 12):
            ax.plot(radius * np.cos(angle), radius * np.sin(angle) / kappa**0.5, color=PALE, lw=0.8, zorder=1)
        ax.plot(0, 0, "*", color=INK, ms=11, zorder=1)
        walk = _walk(ax)

        def show(heavy):
            walk(heavy.path, heavy.path.points[:, 0], heavy.path.points[:, 1], heavy.manner)
        return show

    def plane(ax):
        plot_momentum_plane(landscape, ax)
        _style(ax, "learning rate η", "momentum β", "Where you are")
        ax.text(landscape.best_rate * 0.97, 0.03, "best plain", ha="right", color=INK, fontsize=9)
        point, = ax.plot([], [], "o", ms=11, mfc=RED, mec="white", mew=2, animated=True, zorder=5,
                         clip_on=False)
        point.set_in_layout(False)

        def show(heavy):
            point.set_data([min(heavy.path.rates[0], ax.get_xlim()[1])], [heavy.beta])
        return show

    def describe(heavy):
        return (f"rate {heavy.path.rates[0]:.3g}, β {heavy.beta:.3g}: factor {heavy.factor:.3f}, {heavy.manner}, "
                f"{_arrival(heavy.path, distance)}")

    def reached(heavy):
        steps = heavy.path.steps_to(distance)
        if steps is None or steps > target:
            return ""
        return f"{steps} steps, where the best plain descent needs {plain}."

    goal = (f"Plain descent (β = 0) comes within {distance:g} of the minimum in {plain} steps at best. Do it in "
            f"{target} or fewer. The star is the best pair in the long run: is it the best here?")
    controls = {"lr": Control("rate", 0.005, 0.17, 0.04, step=0.001, log=False),
                "beta": Control("β", 0.0, 0.99, 0.0, step=0.01, log=False)}
    return Explorable(compute, [contours, plane], describe, controls, goal, reached, size=(9.6, 3.9))


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
            return _divergence(self.path)
        if self.factor < self.path.landscape.best_factor:
            return "faster than any plain descent"
        return "settles, no faster than plain"


def explore_turned_ravine(n_steps=400, distance=0.01, kappa=100.0, within=25):
    """AdaGrad on a ravine, by rate, κ and the angle between the ravine and the axes, beside gradient descent.

    Gradient descent always has its own best rate 2 / (1 + κ); the start turns along with the ravine.
    """
    angle = np.linspace(0, 2 * np.pi, 73)
    circle = np.column_stack([np.cos(angle), np.sin(angle)])
    found = []

    def compute(lr, kappa, turn):
        landscape = turned_ravine(kappa, turn)
        return _Rivals(lr, kappa, turn, descend(landscape, None, adagrad, lr, n_steps),
                       descend(landscape, None, sgd, landscape.best_rate, n_steps), distance)

    def contours(ax):
        _style(ax, "weight w₁", "weight w₂", "Paths over lines of equal loss")
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
        _style(ax, "step", "distance to the minimum", "Distance after each step")
        ax.set(xlim=(-0.02 * n_steps, 1.02 * n_steps), ylim=(1e-4, 1e2), yscale="log")
        ax.axhline(distance, color=INK, lw=1, ls=":")
        ax.text(n_steps, distance * 1.2, f"within {_short(distance)}", ha="right", color=INK, fontsize=9)
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
            if (rivals.steps(rivals.adagrad) or n_steps) <= within:
                found.append(rivals.lr)
            return ""
        if rivals.lr not in found or rivals.adagrad_is_first:
            return ""
        return (f"at rate {rivals.lr:.3g} AdaGrad was there within {within} steps along the axes; turned by "
                f"{rivals.turn}° it comes in no earlier than gradient descent.")

    goal = (f"At κ = {kappa:g} and turn 0, find a rate with which AdaGrad comes within {distance:g} of the minimum in "
            f"at most {within} steps. Then leave the rate alone and turn the ravine until gradient descent is as fast.")
    controls = {"lr": Control("rate", 0.1, 30.0, 0.3), "kappa": Control("κ", 1.0, 1000.0, kappa, step=0.1),
                "turn": Control("turn °", 0, 45, 0, step=1, log=False, whole=True)}
    return Explorable(compute, [contours, distances], _Rivals.describe, controls, goal, reached)


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
                f"within {_short(self.distance)} from step {steps}")
        return (f"rate {self.lr:.3g}, κ {self.kappa:.3g}, turned {self.turn}°: AdaGrad {arrival(self.adagrad)}; "
                f"gradient descent at its best rate {arrival(self.plain)}.")


def explore_noise_ball(looks=1000, radius=0.1, pair=(1, 16)):
    """Noisy gradient descent on f(w) = w² / 2, by rate and batch size, each run looking at equally many examples.

    An example pulls towards its own point, drawn from a normal distribution of mean 0 and variance 1; the first
    examples are the same for every setting.
    """
    pulls = np.random.default_rng(8).normal(size=looks)
    found = {}

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
        _style(ax, "examples looked at", "weight w", "The weight after each step")
        ax.set(xlim=(-0.02 * looks, 1.02 * looks), ylim=(-4.4, 2.9))
        ax.axhline(0, color=INK, lw=1, ls=":")
        ax.axvline(looks / 2, color=INK, lw=1, ls=":")
        ax.text(looks / 2, -4.2, " measured from here on", color=INK, fontsize=9)
        line, = ax.plot([], [], "o-", lw=1, ms=2.5, animated=True, zorder=3)
        edges = [ax.plot([], [], "--", color=INK, lw=1.5, animated=True, zorder=4, label=label)[0]
                 for label in ("predicted radius", None)]
        words = _words(ax)
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
        _style(ax, "learning rate", "batch size", f"Distance to expect after {looks} examples")
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
        if hover.batch_size in pair and not hover.diverged and hover.radius <= radius:
            found[hover.batch_size] = hover.lr
        if len(found) < len(pair):
            return ""
        words = " and ".join(f"rate {found[B]:.3g} at batch size {B}, rate / B = {found[B] / B:.2g}" for B in pair)
        return f"{words}. What counts is rate / B."

    goal = (f"With {looks} looks at an example, hover within {radius:g} of the minimum, once at batch size {pair[0]} "
            f"and once at batch size {pair[1]}. What do the two rates share?")
    controls = {"lr": Control("rate", 0.001, 3.0, 0.1),
                "batch_size": Control("batch", 1, 128, 1, step=log10(2), whole=True)}
    return Explorable(compute, [weight, plane], describe, controls, goal, reached)


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


def explore_fates(data=None, epochs=60):
    """A small network trained at the rate of your choice, its fate in words: crawl, learn or blow up."""
    seen = set()

    def describe(trained):
        return f"rate {trained.values[0]:.3g}: {FATES[trained.fate]}, validation accuracy {trained.accuracy:.2f}."

    def reached(trained):
        seen.add(trained.fate)
        return "all three seen, and the rate alone decided." if len(seen) == len(FATES) else ""

    controls = {"lr": Control("rate", 1e-6, 10.0, 1e-4, step=0.1, live=False)}
    goal = "By moving nothing but the rate, see all three fates: a network that crawls, that learns, that blows up."
    return _training_explorable(data, epochs, controls, describe, goal, reached)


def explore_training(data=None, epochs=60, margin=0.02, n_seeds=3):
    """A small network trained at any rate and from any seed, with its decision regions and its validation accuracy."""
    near = {}  # rate -> seeds that came near the ceiling

    def describe(trained):
        return f"{trained.setting}: {FATES[trained.fate]}, validation accuracy {trained.accuracy:.3f}."

    def reached(trained):
        ceiling = trained.data.val_ceiling
        lr, seed = trained.values
        if ceiling is None or trained.accuracy < ceiling - margin:
            return ""
        seeds = near.setdefault(lr, set())
        seeds.add(seed)
        if len(seeds) < n_seeds:
            return ""
        return f"rate {lr:.3g} comes within {margin:g} of the ceiling on seeds {', '.join(map(str, sorted(seeds)))}."

    controls = {"lr": Control("rate", 1e-5, 10.0, 1e-4, step=0.1, live=False),
                "seed": Control("seed", 0, 29, 0, step=1, log=False, whole=True, live=False)}
    goal = (f"Find one rate that ends within {margin:g} of the ceiling after {epochs} epochs on {n_seeds} different "
            "seeds. How many rates look good on a single seed?")
    return _training_explorable(data, epochs, controls, describe, goal, reached)


@dataclass(frozen=True)
class _Shaped:
    """Networks trained with one schedule: `rates` (steps,), `accuracy` (seeds, epochs) on validation data."""

    rates: np.ndarray
    accuracy: np.ndarray
    ceiling: float
    values: tuple

    @property
    def summed_rate(self):
        return float(self.rates.sum())

    @property
    def mean_accuracy(self):
        return float(self.accuracy[:, -1].mean())


def explore_schedule(data=None, epochs=10, n_seeds=8, margin=0.005):
    """Networks trained with a cosine by peak, share of warmup and last rate; the summed rate beside their accuracy."""
    from .data import make_blobs
    from .models import mlp
    from .sweep import sweep

    data = make_blobs() if data is None else data
    if data.task != "classification" or data.val_ceiling is None:
        raise ValueError(f"data must have classes and a known ceiling, got {data!r}")
    steps = epochs * ceil(len(data.x_train) / 32)

    @lru_cache(maxsize=256)
    def trained(peak, share, end):
        schedule = warmup(cosine(peak, steps, end * peak), max(1, round(share * steps)))
        runs = sweep(mlp(data.n_features, 50, data.n_classes), data, sgd, lr=schedule, seeds=range(n_seeds),
                     epochs=epochs, progress=False)
        return _Shaped(np.array([schedule(step) for step in range(steps)]),
                       np.nan_to_num(runs.history["val_accuracy"][0]), data.val_ceiling, (peak, share, end))

    def compute(peak, share, end):
        return trained(peak, share, end)

    def shape(ax):
        _style(ax, "step", "learning rate", "The rate at every step")
        ax.set(xlim=(-0.02 * steps, 1.02 * steps), ylim=(1e-5, 20), yscale="log")
        line, = ax.plot([], [], color=BLUE, lw=2, animated=True, zorder=3)
        words = _words(ax)

        def show(shaped):
            line.set_data(np.arange(steps), np.maximum(shaped.rates, 1e-9))
            words(f"summed rate {shaped.summed_rate:.3g}", BLUE)
        return show

    def curve(ax):
        _style(ax, "epoch", "validation accuracy", f"{n_seeds} networks, and their mean")
        ax.set(xlim=(0.5, epochs + 0.5), ylim=(0.2, 0.95))
        ax.axhline(data.val_ceiling, color=INK, lw=1, ls="--")
        ax.text(0.6, data.val_ceiling + 0.01, f"ceiling {data.val_ceiling:.2f}", color=INK, fontsize=9)
        lines = [ax.plot([], [], color="#8fbbd9", lw=1, animated=True, zorder=2)[0] for _ in range(n_seeds)]
        mean, = ax.plot([], [], "o-", color=BLUE, lw=2, ms=5, animated=True, zorder=3)

        def show(shaped):
            x = np.arange(1, epochs + 1)
            for line, accuracy in zip(lines, shaped.accuracy, strict=True):
                line.set_data(x, accuracy)
            mean.set_data(x, shaped.accuracy.mean(axis=0))
        return show

    def describe(shaped):
        peak, share, end = shaped.values
        return (f"peak {peak:.3g}, warmup {share:.0%}, end {end:.3g} × peak: summed rate {shaped.summed_rate:.3g}, "
                f"mean validation accuracy {shaped.mean_accuracy:.3f}.")

    def reached(shaped):
        if shaped.mean_accuracy < shaped.ceiling - margin:
            return ""
        return f"{shaped.mean_accuracy:.3f} in {epochs} epochs, with the ceiling at {shaped.ceiling:.3f}."

    controls = {"peak": Control("peak", 1e-3, 10.0, 0.03, step=0.1, live=False),
                "share": Control("warmup", 0.0, 0.9, 0.0, step=0.05, log=False, live=False),
                "end": Control("end", 1e-3, 1.0, 1.0, step=0.25, live=False)}
    goal = (f"In {epochs} epochs, bring the mean accuracy of {n_seeds} networks within {margin:g} of the ceiling. "
            "How near can you get with a constant rate (warmup 0, end 1)?")
    return Explorable(compute, [shape, curve], describe, controls, goal, reached)


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
    found = {}

    def compute(forget1, forget2):
        return _Memories(forget1, forget2, n_steps)

    def ratio(ax):
        _style(ax, "step t", "step without / step with correction", "How much too long the steps are")
        ax.set(xscale="log", yscale="log", xlim=(0.9, 1.1 * n_steps), ylim=(0.007, 150), yticks=[0.01, 0.1, 1, 10, 100],
               yticklabels=["0.01", "0.1", "1", "10", "100"])
        ax.axhline(1, color=INK, lw=1, ls=":")
        ax.text(1.1 * n_steps, 1.08, "right ", ha="right", va="bottom", color=INK, fontsize=9)
        line, = ax.plot([], [], lw=2, animated=True, zorder=3)
        first, = ax.plot([], [], "o", ms=9, mfc="white", mew=2, animated=True, zorder=4)
        words = _words(ax)

        def show(memories):
            color = INK if abs(memories.first - 1) <= tolerance else RED if memories.first > 1 else BLUE
            line.set_data(memories.t, memories.ratio)
            first.set_data(memories.t[:1], memories.ratio[:1])
            line.set_color(color)
            first.set_markeredgecolor(color)
            words(f"first step × {memories.first:.3g}", color)
        return show

    def shares(ax):
        _style(ax, "step t", "share of the full value", "How full the two memories are")
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
        for forget1 in pair:
            if abs(memories.forget1 / forget1 - 1) <= 0.01 and abs(memories.first - 1) <= tolerance:
                found[forget1] = memories.forget2
        if len(found) < len(pair):
            return ""
        words = " and ".join(f"1 − β₂ = {found[a]:.3g} at 1 − β₁ = {a:g}" for a in pair)
        return f"{words}. The first step is right where 1 − β₂ = (1 − β₁)²."

    goal = (f"Find the β₂ at which the first step is right within {tolerance:.0%} even without correction, once at "
            f"1 − β₁ = {pair[0]:g} and once at 1 − β₁ = {pair[1]:g}. What is the rule?")
    controls = {"forget1": Control("1 − β₁", 1e-2, 1.0, 0.1, step=0.1), "forget2": Control("1 − β₂", 1e-4, 1.0, 1e-3,
                                                                                         step=0.1)}
    return Explorable(compute, [ratio, shares], describe, controls, goal, reached)


def explore_search(runs, n_trials=6, within=0.01, games=9):
    """A search for the best rate in few trials, each a real run of the sweep `runs`; every game has another scale.

    In each game the loss is multiplied by an unknown constant. A rate then does what rate × constant does to the loss
    as it was, so that the whole profile moves along the axis of the rates.
    """
    rates = np.array(runs.values("lr"))
    order = np.argsort(rates)
    rates, scores = rates[order], runs.history[f"val_{runs.metric}"][order]
    mean = scores[:, :, -1].mean(axis=1)
    best = float(mean.max())
    shifts = np.random.default_rng(0).uniform(-2, 1.5, games + 1)  # decades
    played, last, won = {}, {}, set()

    def compute(lr, game):
        trials = played.setdefault(game, [])
        if last and last["lr"] != lr and len(trials) < n_trials:
            i = int(np.abs(np.log(rates * 10 ** shifts[game]) - np.log(lr)).argmin())
            seed = (n_trials * (game - 1) + len(trials)) % scores.shape[1]
            trials.append((lr, i, scores[i, seed]))
        last.update(lr=lr)
        return _Search(game, tuple(trials), n_trials, rates * 10 ** shifts[game], mean, best)

    def ceiling(ax):
        if runs.data.val_ceiling is not None:
            ax.axhline(runs.data.val_ceiling, color=INK, lw=1, ls="--")
            ax.text(0.02, runs.data.val_ceiling + 0.015, f"ceiling {runs.data.val_ceiling:.2f}", color=INK, fontsize=9,
                    transform=ax.get_yaxis_transform())

    def board(ax):
        _style(ax, "learning rate", f"validation {runs.metric}", "Your trials, numbered")
        ax.set(xscale="log", xlim=(1e-7, 100), ylim=(0, 1))
        truth, = ax.plot([], [], "-", color=INK, lw=1.2, animated=True, zorder=1)
        dots, = ax.plot([], [], "o", color=BLUE, ms=7, animated=True, zorder=3)
        chosen, = ax.plot([], [], "o", mfc="none", mec=RED, mew=2, ms=14, animated=True, zorder=4)
        numbers = [ax.text(0, 0, str(k + 1), ha="center", va="bottom", animated=True, zorder=5, fontsize=9)
                   for k in range(n_trials)]
        ceiling(ax)
        words = ax.text(0.03, 0.03, "", transform=ax.transAxes, weight="bold", animated=True, zorder=5)

        def show(search):
            x, y = [t[0] for t in search.trials], [t[2][-1] for t in search.trials]
            dots.set_data(x, y)
            for k, number in enumerate(numbers):
                number.set_visible(k < len(x))
                if k < len(x):  # in turn above and below, so that neighbours do not hide each other
                    number.set_position((x[k], y[k] + (0.03 if k % 2 == 0 else -0.085)))
            truth.set_data((search.rates, search.mean) if search.over else ([], []))
            chosen.set_data(([search.choice[0]], [search.choice[2][-1]]) if search.trials else ([], []))
            words.set_text("the line is the truth" if search.over else f"{search.left} trials left")
        return show

    def curves(ax):
        _style(ax, "epoch", f"validation {runs.metric}", "How each trial went")
        ax.set(xlim=(0, runs.epochs + 3), ylim=(0, 1))
        ceiling(ax)
        epochs = np.arange(1, runs.epochs + 1)
        lines = [ax.plot([], [], color=BLUE, lw=1.2, animated=True, zorder=3)[0] for _ in range(n_trials)]
        numbers = [ax.text(0, 0, str(k + 1), va="center", animated=True, zorder=5, fontsize=9)
                   for k in range(n_trials)]

        def show(search):
            for k, (line, number) in enumerate(zip(lines, numbers, strict=True)):
                tried = k < len(search.trials)
                curve = search.trials[k][2] if tried else []
                line.set_data(epochs[:len(curve)], curve)
                number.set_visible(tried)
                if tried:
                    number.set_position((runs.epochs + 0.5, curve[-1]))
        return show

    def describe(search):
        if not search.trials:
            return f"Game {search.game}: nothing tried yet, {n_trials} trials left. Move the rate."
        rate, _, curve = search.choice
        text = (f"Game {search.game}, trial {len(search.trials)} of {n_trials}: rate {search.trials[-1][0]:.3g} scores "
                f"{search.trials[-1][2][-1]:.3f}; best so far: {rate:.3g} with {curve[-1]:.3f}.")
        return text + (f" Its mean over all seeds: {search.regret:.3f} below that of the best rate." if search.over
                       else "")

    def reached(search):
        if search.over and search.regret <= within:
            won.add(search.game)
        if len(won) < 2 or search.game not in won:
            return ""
        return f"games {', '.join(map(str, sorted(won)))} won."

    controls = {"lr": Control("rate", 1e-7, 100.0, 1e-7, step=0.1, live=False),
                "game": Control("game", 1, games, 1, step=1, log=False, whole=True, live=False)}
    goal = (f"In {n_trials} trials, find a rate whose mean score lies within {within:g} of the best. Win two games: in "
            "each, the good rates lie elsewhere.")
    return Explorable(compute, [board, curves], describe, controls, goal, reached)


@dataclass(frozen=True)
class _Search:
    """One game as it stands: trials are (rate, place in the table, scores by epoch)."""

    game: int
    trials: tuple
    n_trials: int
    rates: np.ndarray
    mean: np.ndarray
    best: float

    @property
    def left(self):
        return self.n_trials - len(self.trials)

    @property
    def over(self):
        return self.left == 0

    @property
    def choice(self):
        """The trial with the best last score."""
        return max(self.trials, key=lambda trial: np.nan_to_num(trial[2][-1], nan=-np.inf))

    @property
    def regret(self):
        return self.best - float(self.mean[self.choice[1]])


FATE_COLORS = {"crawl": "#555555", "learn": BLUE, "blow up": RED}
FATES = {"crawl": "it crawls", "learn": "it learns", "blow up": "it blows up"}


def fate(run, data):
    """How training ended: "learn", "blow up" or "crawl", judged by the training loss after each epoch.

    "learn"    the mean loss of the last third of the epochs lies below 0.75 ln C; ln C is that of a blind guess among
               C classes
    "blow up"  else, if the run diverged or the loss rose in more than a fifth of the epochs
    "crawl"    else: the loss falls, too slowly to get there
    """
    loss = np.asarray(run.history["train_loss"], dtype=float)
    if not run.diverged and loss[-ceil(len(loss) / 3):].mean() < 0.75 * log(data.n_classes):
        return "learn"
    rises = int((np.diff(loss) > 0).sum())
    return "blow up" if run.diverged or 5 * rises > len(loss) else "crawl"


@dataclass(frozen=True)
class _Trained:
    """A run with the data it was trained on and the values that were set."""

    run: object
    data: object
    values: tuple

    @property
    def setting(self):
        return f"rate {self.values[0]:.3g}, seed {self.values[1]}"

    @property
    def accuracy(self):
        return float(self.run.history["val_accuracy"][-1])

    @property
    def fate(self):
        return fate(self.run, self.data)


def _training_explorable(data, epochs, controls, describe, goal, reached):
    from .data import make_blobs
    from .models import mlp
    from .training import train

    data = make_blobs() if data is None else data
    if data.task != "classification" or data.n_features != 2 or data.n_classes > len(CLASS_COLORS):
        raise ValueError(f"data must have two features and at most {len(CLASS_COLORS)} classes to be drawn, "
                         f"got {data!r}")
    low, high = data.x_val.min(axis=0) - 1, data.x_val.max(axis=0) + 1
    grid = np.stack(np.meshgrid(*np.linspace(low, high, 60, axis=1)), axis=-1).astype(np.float32)

    @lru_cache(maxsize=256)
    def trained(lr, seed):
        return _Trained(train(mlp(2, 50, data.n_classes), data, sgd, lr, epochs=epochs, seed=seed), data, (lr, seed))

    def compute(lr, seed=0):
        return trained(lr, seed)

    def regions(ax):
        names = data.feature_names or ("feature 1", "feature 2")
        _style(ax, names[0], names[1], "Predictions and validation data")
        tints = ListedColormap(CLASS_TINTS)
        image = ax.imshow(np.zeros(grid.shape[:2]), extent=(low[0], high[0], low[1], high[1]), origin="lower",
                          aspect="auto", cmap=tints, vmin=0, vmax=len(CLASS_TINTS) - 1, animated=True, zorder=0)
        for c in range(data.n_classes):
            x = data.x_val[data.y_val == c]
            ax.plot(x[:, 0], x[:, 1], CLASS_MARKERS[c], color=CLASS_COLORS[c], ms=3.5, alpha=0.7, mew=0, animated=True,
                    zorder=2)
        words = _words(ax)

        def show(trained):
            image.set_data(np.asarray(trained.run.predict(grid.reshape(-1, 2))).reshape(grid.shape[:2]))
            words(FATES[trained.fate], FATE_COLORS[trained.fate])
        return show

    def curve(ax):
        _style(ax, "epoch", "validation accuracy", "Validation accuracy after each epoch")
        ax.set(xlim=(0, epochs + 1), ylim=(0, 1))
        if data.val_ceiling is not None:
            ax.axhline(data.val_ceiling, color=INK, lw=1, ls="--")
            ax.text(0.2, data.val_ceiling + 0.015, f"ceiling {data.val_ceiling:.2f}", color=INK, fontsize=9)
        ax.axhline(1 / data.n_classes, color=INK, lw=1, ls=":")
        ax.text(epochs + 1, 1 / data.n_classes - 0.015, "blind guess", ha="right", va="top", color=INK, fontsize=9)
        line, = ax.plot([], [], "o-", lw=1.2, ms=3.5, animated=True, zorder=3)

        def show(trained):
            accuracy = np.asarray(trained.run.history["val_accuracy"])
            line.set_data(np.arange(1, len(accuracy) + 1), accuracy)
            line.set_color(FATE_COLORS[trained.fate])
        return show

    return Explorable(compute, [regions, curve], describe, controls, goal, reached)


def _setting(path, more=None):
    return f"rate {path.rates[0]:.3g}, {more or f'curvature {path.landscape.sharpness:.3g}'}"


def _diverged_step(path, times=10):
    """First step that lands `times` as far from the minimum as the start, or None."""
    far = np.flatnonzero(path.distances > times * path.distances[0])
    return int(far[0]) if len(far) else path.diverged_at


def _divergence(path):
    step = _diverged_step(path)
    return "moves away" if step is None else f"diverged at step {step}"


def _bowl_manner(path):
    factor = 1 - path.rates[0] * path.landscape.sharpness
    if abs(factor) < 1e-9:
        return "lands in one step"
    if abs(factor + 1) < 1e-9:
        return "bounces for ever"
    if factor < -1:
        return _divergence(path)
    return "overshoots, comes back" if factor < 0 else "slides down one side"


def _ravine_manner(path):
    share = path.rates[0] / path.landscape.critical_rate
    if abs(share - 1) < 1e-9:
        return "bounces for ever"
    if share > 1:
        return _divergence(path)
    return "zigzags down" if share > 0.5 else "slides down"


def _short(number):
    return f"{number:g}".replace("e-0", "e-")


def _arrival(path, distance):
    """Where the path ended, in words."""
    steps = path.steps_to(distance)
    if _diverged_step(path) is not None:
        return "ten times as far from the minimum as at the start."
    if steps is not None:
        return f"within {_short(distance)} of the minimum from step {steps}."
    return f"distance {path.distances[-1]:.2g} after {len(path.rates)} steps."


def _style(ax, x, y, title):
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.set_title(title, fontsize=11, loc="left")
    ax.spines[["top", "right"]].set_visible(False)


def _walk(ax):
    """Moving artists for a path: line, dots, start, and its manner in words; blue, or vermillion where it diverges."""
    line, = ax.plot([], [], "o-", lw=1.2, ms=4, animated=True, zorder=3)
    start, = ax.plot([], [], "o", ms=9, mfc="white", mew=2, animated=True, zorder=4)
    words = _words(ax)

    def show(path, x, y, manner):
        color = RED if path.distances[-1] > path.distances[0] else BLUE
        shown = slice(0, 2 + int(np.argmax(np.append(np.maximum(np.abs(x), np.abs(y)) > 1e3, True))))
        line.set_data(x[shown], y[shown])
        start.set_data(x[:1], y[:1])
        line.set_color(color)
        start.set_markeredgecolor(color)
        words(manner, color)
    return show


def _words(ax):
    """A moving word at the top of a panel."""
    text = ax.text(0.5, 0.93, "", transform=ax.transAxes, ha="center", weight="bold", animated=True, zorder=5,
                   bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 2})

    def show(words, color):
        text.set_text(words)
        text.set_color(color)
    return show


def _distance_panel(n_steps, limits, distance, predict=False):
    """Panel of the distance to the minimum after each step, on a log axis."""
    def panel(ax):
        _style(ax, "step", "distance to the minimum", "Distance after each step")
        ax.set(xlim=(-0.02 * n_steps, 1.02 * n_steps), ylim=limits, yscale="log")
        ax.axhline(distance, color=INK, lw=1, ls=":")
        ax.text(0, distance * 0.8, f"within {_short(distance)}", va="top", color=INK, fontsize=9)
        steps = np.arange(n_steps + 1)
        line, = ax.plot([], [], "o-", lw=1.2, ms=3, animated=True, zorder=3)
        best, = ax.plot([], [], "--", color=INK, lw=1.5, animated=True, zorder=2,
                        label="best rate: × (κ − 1) / (κ + 1) a step")
        if predict:
            ax.legend(loc="upper right", frameon=False, fontsize=9)

        def show(path):
            line.set_data(np.arange(len(path.points)), np.clip(path.distances, 1e-30, 1e30))
            line.set_color(RED if path.distances[-1] > path.distances[0] else BLUE)
            if predict:
                best.set_data(steps, path.distances[0] * np.maximum(path.landscape.best_factor, 1e-9) ** steps)
        return show
    return panel
