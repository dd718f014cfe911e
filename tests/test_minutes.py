"""Minutes are counted by one rule, stand in the notebooks, and a main line takes an hour at most."""

import copy
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "docs"))

import minutes

NOTEBOOKS = minutes.NOTEBOOKS
LONGEST = {"00": 15}  # minutes of a main line; 60 for the others


def cell(kind, text, *tags):
    return {"cell_type": kind, "source": text, "metadata": {"tags": list(tags)}}


NOTEBOOK = {"cells": [
    cell("markdown", "# How far?\n\n| section | minutes |\n| --- | --- |\n| 9 Nothing | 0 |\n\nSo."),
    cell("code", "import this\n" * 20, "setup"),
    cell("markdown", "## 1 First\n\n" + "word " * 199 + "$a + b$"),
    cell("code", "x = 1\n\n" * 20),
    cell("markdown", "> **Predict.** How many?"),
    cell("markdown", "## 2 Second\n\n<details>" + "word " * 900 + "</details>"),
    cell("code", "explore()", "explorable"),
    cell("code", "def f():\n    return ...", "exercise"),
    cell("code", 'check("gradient-step", f)', "check"),
    cell("code", 'quiz("which-fate")', "quiz"),
    cell("markdown", "## Recap\n\nAll."),
    cell("markdown", "## Deeper: why\n\n" + "word " * 399),
]}


def test_words_code_predictions_exercises_questions_and_figures_are_counted():
    found = {section.heading: section for section in minutes.sections(NOTEBOOK)}
    assert list(found) == ["How far?", "1 First", "2 Second", "Recap", "Deeper: why"]
    words = 2 + 199 + 1 + 4  # heading, text, formula, prediction
    assert found["1 First"].words == words - 1 and found["1 First"].lines == 20
    assert found["1 First"].minutes == pytest.approx((words - 1) / 200 + 20 / 10 + 1)
    solution = 2 + 1  # an exercise whose solution is one line
    assert found["2 Second"].minutes == pytest.approx(2 / 200 + 3 + solution + 1)
    assert found["How far?"].minutes == pytest.approx(3 / 200)


def test_the_table_has_a_line_a_section_and_the_sum_of_the_main_line():
    assert minutes.table(NOTEBOOK).splitlines() == [
        "| section | minutes |", "| --- | --- |", "| 1 First | 5 |", "| 2 Second | 8 |",
        "| question, quiz, evidence, recap | 1 |", "| **main line** | **14** |", "| Deeper: why | 3 |"]
    filled = minutes.with_table(copy.deepcopy(NOTEBOOK))
    assert "".join(filled["cells"][0]["source"]) == f"# How far?\n\n{minutes.table(NOTEBOOK)}\nSo."
    assert minutes.with_table(copy.deepcopy(filled)) == filled


def test_a_docstring_is_no_line_of_a_solution():
    assert minutes.minutes_of_task("gradient-step") == 3
    assert minutes.minutes_of_task("capstone") == minutes.PROJECT


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_says_its_own_minutes(path):
    first = "\n".join("".join(c["source"]) for c in minutes.read(path)["cells"][:2])
    assert minutes.table(minutes.read(path)) in first + "\n", "make minutes"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_main_line_takes_an_hour_at_most(path):
    assert minutes.main_line(minutes.read(path)) <= LONGEST.get(path.stem[:2], 60)


def paths(text):
    """(title, links) of each path."""
    return [(row[1].strip("|* "), row[3].split(" | ")[0].rstrip(" |")) for row in minutes.PATH.finditer(text)]


# README.md, the map of notebook 00, and the paths through the course

CONTENTS = {path.stem[:2]: minutes.read(path) for path in NOTEBOOKS}
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAP = "\n".join("".join(cell["source"]) for cell in CONTENTS["00"]["cells"])
NEEDS = {number: set(re.findall(r"\b\d\d\b", minutes_needed)) for number, minutes_needed in re.findall(
    r"^\| (\d\d) \|(?:[^|]*\|){3}([^|]*)\|$", README, re.M)}
PATHS = paths(README)


def test_the_readme_and_the_map_say_the_minutes_of_notebooks_and_paths():
    assert minutes.with_paths(minutes.with_minutes(README, CONTENTS), CONTENTS) == README, "make minutes"
    assert minutes.with_paths(MAP, CONTENTS) == MAP, "make minutes"


def test_the_map_has_the_paths_of_the_readme():
    assert PATHS == [(title, links.replace("](", "](notebooks/")) for title, links in paths(MAP)]
    assert len(PATHS) == 6


@pytest.mark.parametrize("title, longest", [("One hour", 60), ("Two hours, with my script", 120)])
def test_a_path_named_by_its_hours_takes_no_longer(title, longest):
    main, _ = minutes.minutes_of_path(dict(PATHS)[title], CONTENTS)
    assert longest / 2 < main <= longest


def test_the_whole_course_is_one_of_the_paths():
    assert {number for number, place in minutes.LINK.findall(dict(PATHS)["All of it"]) if not place} == set(CONTENTS)


@pytest.mark.parametrize("title", dict(PATHS))
def test_what_a_notebook_needs_comes_before_it_on_every_path(title):
    seen = []
    for number, section in minutes.LINK.findall(dict(PATHS)[title]):
        assert section or NEEDS[number] <= set(seen), f"{title}: {number} needs {NEEDS[number] - set(seen)}"
        seen.append(number)
    assert seen == sorted(seen)


@pytest.mark.parametrize("number", CONTENTS)
def test_a_notebook_links_to_what_the_readme_says_it_needs(number):
    first = "\n".join("".join(c["source"]) for c in CONTENTS[number]["cells"][:2])
    linked = {other for other, _ in minutes.LINK.findall(first)}
    assert NEEDS[number] - {"00"} <= linked and all(other < number for other in linked), linked


def test_a_path_to_a_section_that_is_not_there_is_an_error():
    with pytest.raises(ValueError, match="leads to '9-Nothing', which is no section of notebook 01"):
        minutes.minutes_of_path("[x](notebooks/01_gradient_descent.ipynb#9-Nothing)", CONTENTS)
