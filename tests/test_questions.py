"""Readers' questions: each answer is a sentence, its numbers stand in the cell that is named, and that cell asserts."""

import ast
import json
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs/questions.md").read_text(encoding="utf-8")
ANSWERS = re.findall(r"^- \*\*(.+?)\*\* (.+?)(?=^- |^#|\Z)", TEXT, re.M | re.S)
LINK = re.compile(r": \[(\d\d)\]\(\.\./(notebooks/\S+?\.ipynb)\), cell `([a-z0-9-]+)`\.$")
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e-?\d+)?")


@cache
def notebook(path):
    cells = json.loads((ROOT / path).read_text(encoding="utf-8"))["cells"]
    return {c["id"]: "".join(c["source"]) for c in cells if c["cell_type"] == "code"}


def place(answer):
    """(sentence, number of the notebook, its path, id of the cell)."""
    flat = " ".join(answer.split())
    found = LINK.search(flat)
    return flat[:found.start()], *found.groups()


def plain(text):
    """The source of a cell without lines for IPython alone."""
    return ast.parse(re.sub(r"^(\s*)[%!].*", r"\1pass", text, flags=re.M))


def numbers_known(path, cell):
    """All numbers of a cell and of the settings that it takes from earlier ones: literals, and those in its texts."""
    cells = notebook(path)
    tree = plain(cells[cell])
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    earlier = list(cells)[:list(cells).index(cell)]
    settings = [node.value for id in earlier for node in ast.walk(plain(cells[id])) if isinstance(node, ast.Assign)
                and any(isinstance(t, ast.Name) and t.id in used for t in node.targets)]
    literals = [n.value for part in (tree, *settings) for n in ast.walk(part) if isinstance(n, ast.Constant)]
    known = {float(v) for v in literals if isinstance(v, int | float) and not isinstance(v, bool)}
    return known | {float(n) for v in literals if isinstance(v, str) for n in NUMBER.findall(v.replace(",", ""))}


def test_there_are_enough_questions_and_none_escapes_the_test():
    assert len(ANSWERS) == TEXT.count("\n- **") >= 46
    assert len({question for question, _ in ANSWERS}) == len(ANSWERS)


CASES = pytest.mark.parametrize("question, answer", ANSWERS, ids=[question for question, _ in ANSWERS])


@CASES
def test_the_link_names_a_cell_that_judges(question, answer):
    _, number, path, cell = place(answer)
    assert path.startswith(f"notebooks/{number}_") and cell in notebook(path)
    tree = plain(notebook(path)[cell])
    claims = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and getattr(n.func, "id", "") == "claim"]
    assert claims or any(isinstance(node, ast.Assert) for node in ast.walk(tree))


@CASES
def test_every_number_of_an_answer_is_one_of_its_cell(question, answer):
    sentence, _, path, cell = place(answer)
    said = {float(n) for n in NUMBER.findall(sentence)}
    assert said and said <= numbers_known(path, cell)


@CASES
def test_an_answer_is_one_sentence(question, answer):
    sentence = place(answer)[0]
    assert question.endswith("?") and not re.search(r"[.?!]\s+[A-Z]", sentence)


def test_a_number_that_the_cell_does_not_have_is_found():
    known = numbers_known("notebooks/05_schedules.ipynb", "used-up-cost")
    assert 0.3 in known and 0.37 not in known


def test_readers_find_the_page():
    assert "docs/questions.md" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "docs/questions.md" in (ROOT / "notebooks/00_start_here.ipynb").read_text(encoding="utf-8")
