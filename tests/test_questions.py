"""Readers' questions: each answer links to a notebook, and its numbers stand in the cell that is named."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs/questions.md").read_text(encoding="utf-8")
ANSWERS = re.findall(r"^- \*\*(.+?)\*\* (.+?)(?=^- |\Z)", TEXT, re.M | re.S)


def source(answer):
    """The cell that an answer names, with the text cell above it and the settings it takes from earlier cells."""
    link = r"\]\(\.\./(notebooks/\S+?\.ipynb)\), cell `([a-z0-9-]+)`"
    path, cell = re.search(link, " ".join(answer.split())).groups()
    cells = json.loads((ROOT / path).read_text(encoding="utf-8"))["cells"]
    ids = [c["id"] for c in cells]
    assert cell in ids, f"{path} has no cell {cell}"
    return "\n".join("".join(c["source"]) for c in cells[max(0, ids.index(cell) - 2): ids.index(cell) + 1])


def test_there_are_questions_and_none_escapes_the_test():
    assert len(ANSWERS) == TEXT.count("\n- **") >= 9


@pytest.mark.parametrize("question, answer", ANSWERS, ids=[question for question, _ in ANSWERS])
def test_the_cell_exists_and_measures(question, answer):
    assert re.search(r"\bassert\b|\bclaim\(", source(answer))


@pytest.mark.parametrize("question, answer", ANSWERS, ids=[question for question, _ in ANSWERS])
def test_every_number_of_an_answer_stands_in_the_cell_or_above_it(question, answer):
    said = re.sub(r"\[\d\d\]\(.*", "", answer, flags=re.S)
    missing = set(re.findall(r"\d[\d.]*\d|\d", said)) - set(re.findall(r"\d[\d.]*\d|\d", source(answer)))
    assert not missing


@pytest.mark.parametrize("question, answer", ANSWERS, ids=[question for question, _ in ANSWERS])
def test_an_answer_is_one_sentence_with_a_number(question, answer):
    said = answer.split("[11]")[0] if "[11]" in answer else answer.split("](")[0]
    assert re.search(r"\d", said) and not re.search(r"\.\s+[A-Z]", said)
