"""What a cell shows with sliders or buttons: let go when it runs again, and a sentence where no kernel holds it."""

from IPython import get_ipython
from IPython.display import display

__all__ = ["ASLEEP", "AWAKE", "LIVE", "Shown", "close", "let_go_of_earlier", "show"]

LIVE = "course-live"  # the class of what follows the reader's hand
ASLEEP = ('<p class="course-asleep"><b>No sliders or buttons here, or they do nothing?</b> They need a running kernel: '
          "click into this cell, choose <i>Run All Above</i> from the menu, then press <kbd>Shift</kbd> + "
          "<kbd>Enter</kbd>.</p>")
# Whatever is alive brings this along, so that the sentence is hidden just where nobody needs it; ipywidgets marks what
# has lost its kernel. A cell's output is named by JupyterLab and Notebook 7, the classic notebook, VS Code and Colab.
_CELL = ":is(.jp-OutputArea, .output, .cell_container, #output-area)"
AWAKE = (f"<style>{_CELL}:has(.{LIVE}:not(.jupyter-widgets-disconnected)) "
         ":is(.jp-OutputArea-child, .output_area, .course-asleep):is(.course-asleep, :has(.course-asleep)) "
         "{display: none}</style>")


class Shown:
    """A widget as the value of a cell, to be shown once more wherever it is the last line."""

    def __init__(self, widget):
        self.widget = widget.add_class(LIVE)

    def close(self):
        """Take the widget out of the front end and of the kernel."""
        close(self.widget)

    def _ipython_display_(self):
        let_go_of_earlier(self)
        show(self.widget)


def show(widget, text="", beside=None):
    """Display a widget, with words for where there are none, and beneath it what to press if it is not alive.

    `beside` is what can take its place without a kernel, a dict of MIME type → data; then nothing has to be pressed.
    """
    display(widget._repr_mimebundle_() | ({"text/plain": text} if text else {}) | (beside or {}), raw=True)
    if not beside:
        display({"text/html": ASLEEP}, raw=True)


def close(widget):
    """Close a widget with all that is in it."""
    for part in (*getattr(widget, "children", ()), getattr(widget, "style", None), getattr(widget, "layout", None)):
        if hasattr(part, "comm"):
            close(part)
    widget.unobserve_all()
    widget.close()


_shown = {}  # cell -> (its last execution, what was shown in that)


def let_go_of_earlier(thing):
    """Close what the present cell has shown when it ran before, unless it is shown elsewhere, too."""
    cell, execution = _present_cell()
    if cell is None:
        return
    last, earlier = _shown.get(cell, (None, []))
    now = earlier if last == execution else []
    _shown[cell] = execution, [*now, thing]
    kept = {id(other) for _, shown in _shown.values() for other in shown}
    for other in earlier:
        if id(other) not in kept:
            other.close()


def _present_cell():
    """The cell that is running and its execution; (None, None) outside a notebook, and in a callback."""
    parent = getattr(get_ipython(), "get_parent", dict)() or {}
    code = parent.get("content", {}).get("code")
    if code is None:
        return None, None
    return parent.get("metadata", {}).get("cellId") or code, parent["header"]["msg_id"]  # not every front end has ids
