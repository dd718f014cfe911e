"""The helpers of these tests see what goes wrong: broken cells, broken callbacks, complaints, processes left behind."""

import psutil
import pytest
from lab import MISSING, BrowserTimeout, Lab, Notebook, find_chromium

BROKEN = '''
from course_utils.explorables import Control, Explorable

def compute(x):
    return 1 / (x - x) if x > 1 else x

def panel(ax):
    line, = ax.plot([0, 1], [0, 0], animated=True)
    return lambda x: line.set_ydata([0, x])

broken = Explorable(compute, [panel], "x is {:g}.".format, {"x": Control("x", 0, 10, 0, step=1, log=False)})
broken
'''


def test_a_cell_that_fails_is_named_with_its_error_and_those_below_as_not_run(small_notebook):
    page = small_notebook({"good": "1 + 1", "bad": "1 / 0", "below": "2 + 2"})
    assert page.errors() == ["bad: ZeroDivisionError: division by zero"]
    assert page.not_run() == ["below"]


def test_what_is_written_to_stderr_is_an_error(small_notebook):
    page = small_notebook({"warns": "import warnings\nwarnings.warn('mind this')"})
    assert ["mind this" in error for error in page.errors()] == [True]


@pytest.mark.parametrize("hand", [lambda s: s.drag(0.5), lambda s: [s.press("ArrowRight") for _ in range(3)],
                                  lambda s: s.set(7)], ids=["mouse", "keys", "box"])
def test_a_broken_callback_leaves_picture_and_words_unchanged_and_is_noticed(small_notebook, hand):
    figure = small_notebook({"broken": BROKEN}).cell("broken").explorable()
    hand(figure.controls[0])
    figure.page.wait_for_timeout(500)
    before = figure.state()  # the hand may have passed values that work
    figure.controls[0].set(9)
    with pytest.raises(BrowserTimeout, match="picture and words of broken did not change"):
        figure.changed_since(before, seconds=1)


def test_a_complaint_of_the_console_and_a_request_to_elsewhere_are_noticed(small_notebook):
    script = "console.error('ours'); fetch('http://192.0.2.1/').catch(() => 0)"
    page = small_notebook({"script": f"from IPython.display import Javascript\nJavascript({script!r})"})
    page.page.wait_for_timeout(500)
    assert "error: ours" in page.complaints
    assert "request to http://192.0.2.1/" in page.complaints


def test_nothing_runs_any_more_when_the_server_is_closed(browser, tmp_path):
    (tmp_path / "course").mkdir()
    (tmp_path / "course/empty.ipynb").write_text(
        '{"cells": [{"cell_type": "code", "id": "one", "metadata": {}, "source": "1", "outputs": [], '
        '"execution_count": null}], "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}}, '
        '"nbformat": 4, "nbformat_minor": 5}')
    lab = Lab(tmp_path / "course", tmp_path / "jupyter")
    page = Notebook(browser, lab, "empty.ipynb")  # its kernel is left running
    processes = lab.processes
    assert len(processes) >= 2
    page.page.close()
    lab.close()
    _, alive = psutil.wait_procs(processes, timeout=20)
    assert not alive


def test_a_missing_browser_is_said_with_what_to_install(monkeypatch):
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    assert find_chromium() is None
    for words in ("apt install chromium", "brew install", "winget install", "playwright install chromium", "CHROMIUM"):
        assert words in MISSING
