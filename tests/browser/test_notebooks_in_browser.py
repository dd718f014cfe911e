"""Each notebook in JupyterLab: it runs, its exercises and questions answer."""

import re

from course_utils.exercises import EXERCISES, QUIZZES


def asked(source):
    """The id that a cell passes to `check` or `quiz`."""
    return re.search(r'\b(?:check|quiz)\("([^"]+)"', source).group(1)


def first_exercise(notebook):
    """The cell of the first exercise, the cell of its check, and the exercise."""
    (check, source), *_ = notebook.tagged("check")
    exercise = EXERCISES[asked(source)]
    cell = next(id for id, source in notebook.tagged("exercise") if f"def {exercise.name}(" in source)
    return notebook.page.cell(cell), notebook.page.cell(check), exercise


def plain(text):
    """Markdown as it reads on the page: without backticks and stars, white space made one."""
    return re.sub(r"\s+", " ", re.sub(r"[`*\\]", "", text)).strip()


def test_run_all_finishes_without_an_error(notebook):
    assert notebook.errors == [] and notebook.not_run == []


def test_the_console_has_no_complaint_and_nothing_is_fetched_from_elsewhere(notebook):
    assert notebook.complaints == []


def test_an_exercise_is_checked_wrong_then_solved(notebook):
    cell, check, exercise = first_exercise(notebook)
    assert "Not attempted" in check.text
    _, sentence = exercise.mistakes[0]
    cell.type("from course_utils.exercises import EXERCISES\n"
              f'{exercise.name} = EXERCISES["{exercise.id}"].mistakes[0][0]')
    cell.run()
    said = check.run().text
    assert "✘ Not yet" in said and plain(sentence) in plain(said)
    cell.type(exercise.source)
    cell.run()
    assert "✔ Passed" in check.run().text


def test_hint_and_solution_are_shown(notebook):
    _, check, exercise = first_exercise(notebook)
    with check.cell_below() as below:
        below.type(f'hint("{exercise.id}")')
        assert re.search(r"Hint \d of|That is all", below.run().text)
        below.type(f'solution("{exercise.id}")')
        assert plain(exercise.why) in plain(below.run().text)


def test_a_question_takes_a_wrong_and_a_right_answer(notebook, quiz):
    cell = notebook.page.cell(quiz)
    question = QUIZZES[asked(dict(notebook.tagged("quiz"))[quiz])]
    for right in (False, True):
        letter = next(a for a, option in zip(question.letters, question.options, strict=True) if option.right == right)
        cell.node.get_by_role("button", name=letter, exact=True).click()
        answer = cell.node.locator("[role=status]", has_text=f"{letter}. {'✔' if right else '✘'}")
        answer.wait_for()
        assert plain(question.feedback(letter)) in plain(answer.inner_text())
