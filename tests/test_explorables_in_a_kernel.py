"""Explorables, buttons and bars in a real kernel: what a cell shows when it is run again and again, and how often."""

from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
ALIVE = """
import gc
import ipywidgets, psutil
from matplotlib.figure import Figure
gc.collect()
widgets = len(ipywidgets.Widget.widgets) if hasattr(ipywidgets.Widget, "widgets") else len(ipywidgets.widget._instances)
figures = sum(isinstance(o, Figure) for o in gc.get_objects())
memory = psutil.Process().memory_info().rss / 1e6
"""


@pytest.fixture(scope="module")
def kernel():
    manager, client = start_new_kernel(kernel_name="python3", startup_timeout=120, cwd=str(ROOT))
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def run(client, code, cell=None, expression="None"):
    """Run a cell, as a front end does that names its cells or does not; the value of an expression thereafter."""
    message = client.session.msg("execute_request", {
        "code": code, "silent": False, "store_history": True, "user_expressions": {"value": expression},
        "allow_stdin": False, "stop_on_error": True}, metadata={"cellId": cell} if cell else {})
    client.shell_channel.send(message)
    while (reply := client.get_shell_msg(timeout=120))["parent_header"].get("msg_id") != message["header"]["msg_id"]:
        pass
    assert reply["content"]["status"] == "ok", reply["content"]
    value = reply["content"]["user_expressions"]["value"]
    assert value["status"] == "ok", value
    return eval(value["data"]["text/plain"])


def alive(client):
    return run(client, ALIVE, "count", "(widgets, figures, memory)")


@pytest.mark.parametrize("code, named", [
    ("explore_bowl()", True), ("explorer = explore_bowl()\nexplorer", False),
    ("from IPython.display import display\nfor _ in range(2):\n    display(explore_bowl())", False)])
def test_a_cell_run_again_lets_its_earlier_figures_go(kernel, code, named):
    run(kernel, "from course_utils.explorables import explore_bowl")
    cell = f"cell {code}" if named else None
    for _ in range(8):  # the first ones fill what libraries keep
        run(kernel, code, cell)
    widgets, figures, memory = alive(kernel)
    for _ in range(14):
        run(kernel, code, cell)
    later = alive(kernel)
    assert later[0] == widgets and later[1] <= figures + 8 and later[2] < memory + 28  # matplotlib keeps a few


@pytest.mark.parametrize("code", [
    "quiz('which-fate')",
    "from IPython.display import display\nfor id in 'which-fate', 'one-run':\n    display(quiz(id))",
    "with progress_bar(True, 5, 'epoch') as bar:\n    for _ in range(5):\n        bar.update()"])
def test_buttons_and_bars_do_not_pile_up(kernel, code):
    run(kernel, "from course_utils.exercises import quiz\nfrom course_utils.sweep import progress_bar")
    before, _, _ = alive(kernel)
    run(kernel, code, code)
    once, _, _ = alive(kernel)
    for _ in range(40):
        run(kernel, code, code)
    later, _, _ = alive(kernel)
    assert later == once and (later > before) == ("quiz" in code)


def test_what_is_shown_in_another_cell_too_stays_and_what_was_let_go_can_be_shown_again(kernel):
    run(kernel, "from course_utils.explorables import explore_bowl")
    run(kernel, "first = explore_bowl()\nfirst", "a")
    run(kernel, "first", "b")
    model = run(kernel, "1", expression="first.widget.model_id")
    run(kernel, "second = explore_bowl()\nsecond", "a")
    assert run(kernel, "1", expression="first.widget.model_id") == model
    run(kernel, "second", "b")
    assert run(kernel, "1", expression="first._view is None")
    run(kernel, "first.move(lr=0.7)\nfirst", "c")
    assert run(kernel, "1", expression="(first._view is not None, second._view is not None, first.values['lr'])") \
        == (True, True, 0.7)


def test_what_is_not_shown_makes_no_widgets(kernel):
    run(kernel, "from course_utils.explorables import explore_bowl")
    before = alive(kernel)
    for _ in range(5):
        run(kernel, "quiet = explore_bowl()\nquiet.move(lr=1.0)", "quiet")
    assert alive(kernel)[0] == before[0]


def test_small_multiples_are_shown_once_wherever_they_stand():
    cells = ["from course_utils.explorables import explore_bowl\nbowl = explore_bowl()\nviews = [{'lr': 0.1}, {}]"]
    cells += ["bowl.small_multiples(views)", "bowl.small_multiples(views);", "bowl.small_multiples(views)\nprint(1)",
              "figure = bowl.small_multiples(views)\nfigure", "figure",
              "import matplotlib.pyplot as plt\nbowl.small_multiples(views)\nplt.show()",
              "from IPython.display import display\ndisplay(bowl.small_multiples(views))"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in cells])
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}).execute()
    pictures = [sum("image/png" in output.get("data", {}) for output in cell.outputs) for cell in notebook.cells]
    assert pictures == [0, 1, 1, 1, 1, 1, 1, 1]
