"""Notebook 7, where it is installed (`python -m pip install notebook`): sliders by key, box and mouse; questions."""

import nbformat
import pytest
from lab import Lab, Notebook

pytest.importorskip("notebook", "7", reason="needs: python -m pip install notebook")

CELLS = {"bowl": "from course_utils.explorables import explore_bowl\nbowl = explore_bowl()\nbowl",
         "question": "from course_utils.exercises import quiz\nquiz('which-fate')"}


class Notebook7(Lab):
    module, app, pages = "notebook", "JupyterNotebookApp", "notebooks"


@pytest.fixture
def page(browser, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code, id=id) for id, code in CELLS.items()])
    made.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    nbformat.write(made, folder / "small.ipynb")
    server = Notebook7(folder, tmp_path / "home")
    try:
        opened = Notebook(browser, server, "small.ipynb")
        opened.run_all()
        yield opened
        opened.close()
    finally:
        server.close()


def test_the_sliders_and_buttons_of_a_notebook_obey(page):
    figure = page.cell("bowl").explorable()
    slider = figure.controls[0]
    assert slider.handle.get_attribute("aria-label") == f"{slider.label}, slider"
    for move in (lambda: slider.press("ArrowRight"), lambda: slider.set(0.7), lambda: slider.drag(0.3)):
        before = figure.state()
        move()
        figure.changed_since(before)
        figure.settle()
        assert figure.kernel_value(slider) == slider.value
    cell = page.cell("question")
    cell.node.locator(".widget-toggle-button").first.click()
    cell.node.get_by_text("Correct").or_(cell.node.get_by_text("Not this one")).wait_for()
    assert page.page.locator(".course-asleep:visible").count() == 0
