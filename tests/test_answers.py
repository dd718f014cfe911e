"""What learners would hand in, and what `check` says of it.

tests/answers has a page for each exercise: wrong and right answers, written by people who knew its text alone. The
sentence below a wrong one was read beside the code, and found true. `python tests/test_answers.py` writes all sentences
anew: read what changes, and commit what is true.
"""

import linecache
import math
import re
from pathlib import Path

import numpy as np
import pytest

from course_utils.exercises import EXERCISES
from course_utils.exercises.framework import judge

PAGES = Path(__file__).parent / "answers"
ANSWER = re.compile(r"## (Wrong|Right): (.*)\n\n```python\n((?:.*\n)*?)```\n(?:\n> (.*)\n)?")
every_page = pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)


def answers(exercise):
    """(kind, what it is like, code, sentence) of each answer on the page of an exercise."""
    return ANSWER.findall((PAGES / f"{exercise.id}.md").read_text(encoding="utf-8"))


def result(exercise, code, name):
    """What the judge says of a function whose code is a text."""
    file = f"<{name}>"
    linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)  # for what reads the source
    names = {"np": np, "math": math, "__name__": "__main__"}
    exec(compile(code, file, "exec"), names)
    return judge(exercise, names[exercise.name])


def without_errors_text(sentence):
    """An error's own words are those of Python or a library, and change with its version."""
    return re.sub(r"(`\w+Error): [^`]*`", r"\1`", sentence)


@every_page
def test_learners_answers_are_told_what_is_true_of_them(exercise):
    kinds = {"Wrong": 0, "Right": 0}
    for kind, name, code, sentence in answers(exercise):
        judged = result(exercise, code, name)
        assert judged.passed == (kind == "Right"), (name, judged.message)
        assert judged.passed or without_errors_text(judged.message) == without_errors_text(sentence), (
            name, judged.message)
        kinds[kind] += 1
    assert kinds["Wrong"] >= 12 and kinds["Right"] >= 5


def page(exercise):
    """The page with today's sentences."""
    parts = [f"# {exercise.id}: {exercise.title}\n"]
    for kind, name, code, _ in answers(exercise):
        sentence = f"\n> {result(exercise, code, name).message}\n" if kind == "Wrong" else ""
        parts.append(f"## {kind}: {name}\n\n```python\n{code}```\n{sentence}")
    return "\n".join(parts)


if __name__ == "__main__":
    for exercise in EXERCISES.values():
        (PAGES / f"{exercise.id}.md").write_text(page(exercise), encoding="utf-8")
