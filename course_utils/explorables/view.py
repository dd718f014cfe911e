"""Picture and sliders of an explorable.

The still part of a figure is drawn once and kept as pixels. A move draws only the animated artists over it and sends
one palette image: a few milliseconds and kilobytes instead of a whole new figure.
"""

from html import escape
from io import BytesIO
from math import log10

import ipywidgets
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from ..shown import AWAKE, LIVE, close

__all__ = ["LABELS", "View", "rounded"]

# What ipywidgets leaves out for those who listen: the slider's name and its value as a number (on a log slider it would
# be the exponent), words in place of the picture, and a region that is read out when it changes. And Notebook 7 would
# take the arrow keys of a slider for itself, to go to the next cell.
LABELS = """
let tries = 0;
const here = typeof element === 'undefined' ? null : element?.[0] ?? element;  // jQuery wraps it, some leave it out
const output = here?.closest?.('.jp-OutputArea, .output') ?? document;
const parts = (root) => [root.querySelector('img'), root.querySelector('.explorable-words')];
const waiting = setInterval(() => {
  const roots = [...output.querySelectorAll('.explorable')].filter((root) => !root.dataset.followed);
  const ready = roots.filter((root) => parts(root).every(Boolean) && root.querySelector('.explorable-words p'));
  if (!ready.length && tries++ < 100) return;
  clearInterval(waiting);
  ready.forEach(label);
}, 100);

function label(root) {
  const [image, words] = parts(root);
  const follow = () => {
    for (const slider of root.querySelectorAll('[role=slider]')) {
      const row = slider.closest('.widget-hbox');
      slider.setAttribute('aria-label', row?.querySelector('label')?.textContent + ', slider');
      slider.setAttribute('aria-valuetext', row?.querySelector('input')?.value);
    }
    image.alt = 'Figure: ' + words.textContent;
  };
  root.dataset.followed = true;
  words.setAttribute('role', 'status');
  for (const slider of root.querySelectorAll('[role=slider]')) slider.dataset.lmSuppressShortcuts = 'true';
  follow();
  new MutationObserver(follow).observe(root, {subtree: true, childList: true, attributes: true,
                                              attributeFilter: ['aria-valuenow', 'src']});
}
"""


class View:
    """The figure of the panels and the widgets around it; `moved(name, value, widget)` is told what the reader does."""

    def __init__(self, panels, controls, values, goal, moved, size, colors):
        self._colors, self._following = colors, False
        self.figure = Figure(figsize=size, dpi=100, layout="constrained")
        self.canvas = FigureCanvasAgg(self.figure)
        axes = np.atleast_1d(self.figure.subplots(1, len(panels)))
        self._shows = [panel(ax) for panel, ax in zip(panels, axes, strict=True)]
        self.moving = sorted((a for ax in axes for a in ax.get_children() if a.get_animated()),
                             key=lambda a: a.get_zorder())
        self.canvas.draw()
        self._background = self.canvas.copy_from_bbox(self.figure.bbox)
        self.still = self._pixels()

        self.image = ipywidgets.Image(format="png", layout={"max_width": "100%", "align_self": "flex-start"})
        self.words = ipywidgets.HTML().add_class("explorable-words")
        self.inputs = {name: self._input(name, control, values, moved) for name, control in controls.items()}
        rows = [ipywidgets.HBox([box, slider]) for box, slider in self.inputs.values()]
        heading = ipywidgets.HTML(AWAKE + (f"<p><b>Goal.</b> {escape(goal)}</p>" if goal else ""))
        self.widget = ipywidgets.VBox([heading, *rows, self.image, self.words]).add_class("explorable").add_class(LIVE)

    def show(self, result, summary):
        """Draw a result and say it in words."""
        self.image.value = self._frame(result)
        self.words.value = f"<p>{escape(summary)}</p>"

    def follow(self, values, source=None):
        """Set sliders and boxes to these values, all but the one that was moved."""
        self._following = True
        try:
            for name, pair in self.inputs.items():
                for widget in pair:
                    if widget is not source:
                        widget.value = values[name]
        finally:
            self._following = False

    def close(self):
        """Take the widgets out of the front end and of the kernel, and empty the figure."""
        close(self.widget)
        self.figure.clear()

    def _input(self, name, control, values, moved):
        wide = {"description_width": "5em"}
        Box = ipywidgets.BoundedIntText if control.whole else ipywidgets.BoundedFloatText
        box = Box(value=values[name], min=control.low, max=control.high, description=control.label, style=wide,
                  layout={"width": "14em"})
        ends = {"min": control.low, "max": control.high}
        if control.log:
            Slider, ends = ipywidgets.FloatLogSlider, {"min": log10(control.low), "max": log10(control.high)}
        else:
            Slider = ipywidgets.IntSlider if control.whole else ipywidgets.FloatSlider
        slider = Slider(value=values[name], step=control.step, readout=False, continuous_update=control.live,
                        tooltip=f"{control.label}, slider", layout={"width": "24em"}, **ends)

        def changed(change):
            value, by_slider = change["new"], change["owner"] is slider
            if self._following or (by_slider and control.steps_between(value, values[name]) < 0.51):
                return  # a browser's slider snaps a typed value to its own steps and reports that as a move
            moved(name, rounded(value) if by_slider else value, change["owner"])

        for widget in (box, slider):
            widget.observe(changed, "value")
        return box, slider

    def draw(self, result):
        """The picture of a result in full colours."""
        self.canvas.restore_region(self._background)
        for show in self._shows:
            show(result)
        for artist in self.moving:
            self.figure.draw_artist(artist)
        return self._pixels()

    def _pixels(self):
        return Image.frombuffer("RGBA", self.canvas.get_width_height(), self.canvas.buffer_rgba(), "raw", "RGBA", 0,
                                1).convert("RGB")

    def _frame(self, result):
        file = BytesIO()
        # octree quantization keeps thin lines and small type crisp, where JPEG and lossy WebP smear them
        self.draw(result).quantize(self._colors, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
            file, "png", compress_level=1)
        return file.getvalue()


def rounded(value):
    """Three digits, as the position of a slider deserves."""
    return float(f"{value:.3g}")
