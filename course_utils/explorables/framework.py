"""Figures that follow their sliders: what all of them have in common.

The still part of a figure is drawn once and kept as pixels. A move draws only the animated artists over it and sends
one palette image: a few milliseconds and kilobytes instead of a whole new figure."""

import textwrap
from dataclasses import dataclass
from html import escape
from io import BytesIO
from math import ceil, log10

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

__all__ = ["Control", "Explorable"]

# What ipywidgets leaves out for those who listen: the slider's name and its value as a number (on a log slider it would
# be the exponent), words in place of the picture, and a region that is read out when it changes.
_LABELS = """
let tries = 0;
const waiting = setInterval(() => {
  const root = element.closest('.jp-OutputArea')?.querySelector('.explorable');
  if (!root?.querySelector('.explorable-words p, img') && tries++ < 100) return;
  clearInterval(waiting);
  if (!root) return;
  const image = root.querySelector('img'), words = root.querySelector('.explorable-words');
  const follow = () => {
    for (const slider of root.querySelectorAll('[role=slider]')) {
      const row = slider.closest('.widget-hbox');
      slider.setAttribute('aria-label', row.querySelector('label').textContent + ', slider');
      slider.setAttribute('aria-valuetext', row.querySelector('input').value);
    }
    image.alt = 'Figure: ' + words.textContent;
  };
  words.setAttribute('role', 'status');
  follow();
  new MutationObserver(follow).observe(root, {subtree: true, childList: true, attributes: true,
                                              attributeFilter: ['aria-valuenow', 'src']});
}, 100);
"""


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
        return [self.clip(_rounded(10**place if self.log else place)) for place in places]

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
    route     moves of a new explorable that reach the goal, and not before the last one: a list of dicts of values

    `move(lr=0.3)` does by code what a slider does by hand. `values`, `result`, `summary`, `image` and `widget` hold the
    present state. The front end of ipywidgets sends a slider's next value only after the last one was worked off, and
    then the newest: a hand faster than the kernel skips frames and still ends on the last value.
    """

    def __init__(self, compute, panels, describe, controls, goal="", reached=None, size=(9.0, 3.7), colors=64,
                 route=()):
        self.route = tuple(route)
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
        self._words = ipywidgets.HTML().add_class("explorable-words")
        self._inputs = {name: self._input(name, control) for name, control in controls.items()}
        rows = [ipywidgets.HBox([box, slider]) for box, slider in self._inputs.values()]
        heading = [ipywidgets.HTML(f"<p><b>Goal.</b> {escape(goal)}</p>")] if goal else []
        self.widget = ipywidgets.VBox([*heading, *rows, self.image, self._words]).add_class("explorable")
        self.update()

    def update(self, **values):
        """The callback: compute, draw and describe; controls that are not named keep their value."""
        self.values |= self._checked(values)
        self.result = self.compute(**self.values)
        self.image.value = self._frame(self.result)
        reached = self._reached(self.result)
        self.summary = self.describe(self.result) + (f" Goal reached: {reached}" if reached else "")
        self._words.value = f"<p>{escape(self.summary)}</p>"
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
        wide = {"description_width": "5em"}
        Box = ipywidgets.BoundedIntText if control.whole else ipywidgets.BoundedFloatText
        box = Box(value=control.value, min=control.low, max=control.high, description=control.label, style=wide,
                  layout={"width": "14em"})
        ends = {"min": control.low, "max": control.high}
        if control.log:
            Slider, ends = ipywidgets.FloatLogSlider, {"min": log10(control.low), "max": log10(control.high)}
        else:
            Slider = ipywidgets.IntSlider if control.whole else ipywidgets.FloatSlider
        slider = Slider(value=control.value, step=control.step, readout=False, continuous_update=control.live,
                        tooltip=f"{control.label}, slider", layout={"width": "24em"}, **ends)

        def changed(change):
            value, by_slider = change["new"], change["owner"] is slider
            if self._following or (by_slider and control.steps_between(value, self.values[name]) < 0.51):
                return  # a browser's slider snaps a typed value to its own steps and reports that as a move
            self.values[name] = control.clip(_rounded(value) if by_slider else value)
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
        bundle = self.widget._repr_mimebundle_()
        display(bundle | {"text/plain": f"{self.goal}\n{self.summary}"}, raw=True)
        display({"application/javascript": _LABELS}, raw=True)


def _rounded(value):
    """Three digits, as the position of a slider deserves."""
    return float(f"{value:.3g}")
