"""Figures that follow their sliders: what all of them have in common."""

import os
import textwrap
from dataclasses import dataclass
from math import ceil, log10

import matplotlib.pyplot as plt
from IPython.display import display
from matplotlib.figure import Figure

from .. import shown
from .frames import MIME, frames, page
from .goals import Finding, Ledger
from .view import LABELS, View, rounded

__all__ = ["Control", "Explorable", "Finding"]

PHOTOGRAPH = "COURSE_FRAMES"  # the environment variable by which the website asks for pictures of all places


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

    @property
    def places(self):
        """The values at which the slider can stand, as the explorable rounds them."""
        low, high = (log10(self.low), log10(self.high)) if self.log else (self.low, self.high)
        places = [low + k * self.step for k in range(int((high - low) / self.step + 1.001))]
        return [self.clip(rounded(10**place if self.log else place)) for place in places]

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
    goal      a sentence; `reached(result)` -> "" or how the goal was reached, or, if several places have to be found, a
              `Finding`
    route     moves of a new explorable that reach the goal, and not before the last one: a list of dicts of values
    ahead     `ahead(list of dicts of values)` prepares `compute` for all of them at once, where that is faster
    remembers whether results depend on earlier moves; then the website has no frames of them

    `move(lr=0.3)` does by code what a slider does by hand. `values`, `result`, `summary`, `image` and `widget` hold the
    present state. Picture and sliders are made when they are first asked for, and let go when the cell that shows them
    runs again. The front end of ipywidgets sends a slider's next value only after the last one was worked off, and
    then the newest: a hand faster than the kernel skips frames and still ends on the last value.
    """

    def __init__(self, compute, panels, describe, controls, goal="", reached=None, size=(9.0, 3.7), colors=64,
                 route=(), ahead=None, remembers=False):
        self.route, self.ahead, self.remembers = tuple(route), ahead, remembers
        self.compute, self.panels, self.describe, self.controls = compute, panels, describe, controls
        self.goal, self._reached, self._look = goal, reached or (lambda result: ""), (size, colors)
        self._ledger = Ledger()
        self.values = {name: control.value for name, control in controls.items()}
        self._view = None
        self.update()

    @property
    def view(self):
        """Picture, words and sliders."""
        if self._view is None:
            self._view = View(self.panels, self.controls, self.values, self.goal, self._moved, *self._look)
            self._view.show(self.result, self.summary)
        return self._view

    @property
    def image(self):
        return self.view.image

    @property
    def widget(self):
        return self.view.widget

    def update(self, **values):
        """The callback: compute, draw and describe; controls that are not named keep their value."""
        self.values |= self._checked(values)
        self.result = self.compute(**self.values)
        reached = self._ledger.add(self.finding(self.result))
        self.summary = self.describe(self.result) + (f" Goal reached: {reached}" if reached else "")
        if self._view is not None:
            self._view.show(self.result, self.summary)
        return self.summary

    def finding(self, result):
        """What this result does for the goal, as a `Finding`."""
        found = self._reached(result)
        return found if isinstance(found, Finding) else Finding(found)

    def move(self, **values):
        """Set controls by name, numbers beyond their ends clipped, move sliders and boxes along, return the summary."""
        self.values |= self._checked(values)
        if self._view is not None:
            self._view.follow(self.values)
        return self.update()

    def close(self):
        """Let go of picture and sliders; what is shown once more gets new ones."""
        if self._view is not None:
            self._view.close()
            self._view = None

    def small_multiples(self, values, columns=3, panel=0):
        """A pyplot figure with one panel for each dict in `values`, for readers without a kernel.

        `panel` is the position of the panel to repeat; controls that are not named have their first value.
        """
        if not values:
            raise ValueError("values must list at least one dict of control values, got none")
        first = {name: control.value for name, control in self.controls.items()}
        columns = min(columns, len(values))
        rows = ceil(len(values) / columns)
        figure, axes = plt.subplots(rows, columns, figsize=(4.1 * columns, 3.5 * rows), squeeze=False,
                                    layout="constrained", FigureClass=_ShownOnce)
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

    def _moved(self, name, value, source):
        """What a slider or box calls when the reader has moved it."""
        self.values[name] = self.controls[name].clip(value)
        self.view.follow(self.values, source)
        self.update()

    def _ipython_display_(self):
        shown.let_go_of_earlier(self)
        words = f"{self.goal}\n{self.summary}"
        if os.environ.get(PHOTOGRAPH) and not self.remembers:
            pictures = frames(self)
            shown.show(self.widget, words, {"text/html": page(pictures), MIME: pictures})
            return
        shown.show(self.widget, words)
        display({"application/javascript": LABELS}, raw=True)


class _ShownOnce(Figure):
    """A figure that a notebook shows once: as the value of a cell, or else at the cell's end, as all of pyplot's."""

    def _repr_mimebundle_(self, include=None, exclude=None):
        plt.close(self)  # so that it is not shown at the end of the cell as well
        return {}
