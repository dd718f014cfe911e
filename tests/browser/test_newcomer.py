"""The first minutes: what notebook 00 says is there, and each mishap ends in a sentence that says what to do."""

import json
import re
import sys

import nbformat
import pytest
from lab import ROOT, Notebook

START = ROOT / "notebooks/00_start_here.ipynb"
COMMANDS = re.findall(r"\*\*(\w+) → (.+?)\*\*", "\n".join(cell.source for cell in nbformat.read(START, 4).cells))
HIDING = """
import sys
class Hide:
    def find_spec(name, path=None, target=None):
        if name == "course_utils":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Hide)
from ipykernel.kernelapp import launch_new_instance
launch_new_instance()
"""


@pytest.fixture
def start(browser, lab):
    """Notebook 00, just opened."""
    page = Notebook(browser, lab, f"notebooks/{START.name}")
    yield page
    page.close()


def test_every_menu_command_that_notebook_00_names_is_in_the_menu(start):
    assert {"Run All Cells", "Restart Kernel", "Run All Above Selected Cell"} <= {item for _, item in COMMANDS}
    for menu, path in COMMANDS:
        start.page.locator(".lm-MenuBar-itemLabel", has_text=re.compile(f"^{menu}$")).click()
        for item in path.split(" → "):
            entry = start.page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{item}")).first
            entry.wait_for()
            entry.hover()  # opens the menu below it, if there is one
        for _ in range(3):
            start.page.keyboard.press("Escape")


def test_after_a_restart_the_cure_that_notebook_00_names_helps(start):
    text = next(cell.source for cell in nbformat.read(START, 4).cells if cell.id == "run-all")
    assert "NameError" in text and "Run All Above Selected Cell" in text
    start.cell("imports").run()
    start.restart()
    cell = start.cell("your-rate").run()
    assert start.errors() == ["your-rate: NameError: name 'train' is not defined"]
    cell.select()
    start.command("notebook:run-all-above")
    cell.run()
    assert start.errors() == [] and "Its fate" in cell.text


def test_a_kernel_without_the_course_says_how_to_open_it(browser, lab):
    kernel = lab.home / "data/kernels/elsewhere/kernel.json"
    kernel.parent.mkdir(parents=True)
    kernel.write_text(json.dumps({"argv": [sys.executable, "-c", HIDING, "-f", "{connection_file}"],
                                  "display_name": "Elsewhere", "language": "python"}), encoding="utf-8")
    notebook = nbformat.read(START, 4)
    notebook.metadata.kernelspec = {"name": "elsewhere", "display_name": "Elsewhere", "language": "python"}
    nbformat.write(notebook, lab.folder / "notebooks/elsewhere.ipynb")
    page = Notebook(browser, lab, "notebooks/elsewhere.ipynb")
    try:
        said = page.cell("readiness-check").run().text
        assert "ModuleNotFoundError" not in said.splitlines()[-1]
        assert re.search(r"ImportError: The course is missing: .*%pip install -e \S+$", said.strip())
    finally:
        page.close()


def test_an_exercise_that_waits_and_a_question_say_what_to_do(start):
    start.run_all()
    check = start.cell("check-first-answer").text
    assert "Not attempted" in check and "Replace the ... in updates_per_epoch" in check and "hint(" in check
    assert "Pick a letter" in start.cell("quiz-one-run").text
