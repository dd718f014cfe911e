"""When a check names a mistake that explains nearly all answers, and what it says of those that it leaves open."""

from types import SimpleNamespace

import numpy as np
import pytest
import small_exercises

from course_utils.exercises import framework

TOLD = "The factor is 3, and not 2."


def said(attempt, reference, *probes, mistake=None, sentence=TOLD, **more):
    return small_exercises.said(attempt, reference, *probes, mistakes=((mistake, sentence),) if mistake else (), **more)


def thrice(x):
    return 3 * x


def twice(x):
    return 2 * x


def numbers(n):
    return [(float(x),) for x in range(1, n + 1)]


def largest(row):
    return None if len(row) == 1 else row.max()


def smallest(row):
    return None if len(row) == 1 else row.min()


# A mistake that explains nearly all answers

@pytest.mark.parametrize("n, corner, told", [
    (8, (4, 5, 6, 7), True), (8, (6, 7), True), (7, (5, 6), False), (8, (3, 4, 5, 6, 7), False), (8, (1, 7), False)])
def test_a_second_slip_is_looked_for_in_a_quarter_of_the_probes_within_a_corner_of_at_most_half(n, corner, told):
    message = said(lambda x: -1.0 if x > n - 2 else 2 * x, thrice, *numbers(n), mistake=twice,
                   corners={"large x": corner})
    nearly = f"This explains at least {n - 2} of {n} answers: {TOLD} Look at `x = {n - 1}`, too."
    assert message == nearly if told else TOLD not in message


@pytest.mark.parametrize("shared, told", [(2, False), (3, True)])
def test_three_wrong_answers_are_shared_with_a_mistake_that_is_named_to_who_raised_elsewhere(shared, told):
    def wrong(x):
        return twice(x) if x <= shared else thrice(x)

    message = said(lambda x: [][0] if x == 8 else wrong(x), thrice, *numbers(8), mistake=wrong)
    assert message.startswith(f"{TOLD} (It stopped with `IndexError") is told and (TOLD in message) is told


@pytest.mark.parametrize("shared, told", [(3, False), (4, True)])
def test_four_wrong_answers_are_shared_with_a_mistake_that_is_named_to_who_errs_elsewhere(shared, told):
    def wrong(x):
        return twice(x) if x <= shared else thrice(x)

    message = said(lambda x: -1.0 if x == 8 else wrong(x), thrice, *numbers(8), mistake=wrong)
    assert (message == f"This explains at least 7 of 8 answers: {TOLD} Look at `x = 8`, too.") is told
    assert (TOLD in message) is told


@pytest.mark.parametrize("wrong, told", [(twice, True), (lambda x: 100.0, False), (lambda x: None, False)])
def test_one_wrong_answer_again_and_again_names_no_mistake_that_stops_elsewhere(wrong, told):
    attempt = lambda x: thrice(x) if x < 3 else wrong(x)
    message = said(attempt, thrice, *numbers(8), mistake=lambda x: np.nan if x == 2 else attempt(x))
    assert message.startswith(TOLD if told else "For `x = 3` the answer is `9`; yours gave ")


# Choices among a few values

ROWS = [np.array(row) for row in ([3.0, 1, 2], [7.0, 9, 4], [2.0, 8, 5], [6.0, 4, 11], [1.0, 5, 9], [12.0, 3, 4])]


@pytest.mark.parametrize("more", [[9.0, 10.0], [-2.0, 0.0], [1.5]])  # the largest is another one, 0, or not asked for
def test_choices_from_a_row_that_agree_nearly_everywhere_name_no_mistake(more):
    probes = [(row,) for row in [*ROWS, np.array(more)]]
    message = said(lambda row: -1.0 if row[0] == 12 else smallest(row), largest, *probes, mistake=smallest)
    assert message.startswith("For `row = ") and TOLD not in message


def test_a_0_in_every_row_makes_no_choice_of_an_answer():
    probes = [(np.append(row, 0.0),) for row in ROWS]
    message = said(lambda row: -1.0 if row[0] == 12 else 2 * row.sum(), lambda row: 3 * row.sum(), *probes,
                   mistake=lambda row: 2 * row.sum())
    assert message.startswith(f"This explains at least 5 of 6 answers: {TOLD}")


def test_who_is_asked_about_rows_may_be_right_with_0_everywhere():
    message = said(lambda row: row.sum(), lambda row: 0.0, *((row,) for row in ROWS))
    assert message.startswith("For `row = [3, 1, 2]` the answer is `0`; yours gave `6`.")


# Further questions to who is right except for what a mistake says

EXCEPT = "Right unless `x` is negative."


@pytest.mark.parametrize("far, told", [(7.0, " Look at `x = -50`, too."), (50.0, "")])
def test_a_further_question_is_named_if_neither_the_mistake_nor_the_solution_explains_the_answer(far, told):
    message = said(lambda x: far if x < -40 else x, abs, (1.0,), (-2.0,), (-3.0,), mistake=lambda x: x,
                   sentence=EXCEPT, further=((-5.0,), (-50.0,)))
    assert message == EXCEPT + told


@pytest.mark.parametrize("place, told", [(5, True), (8, False)])
def test_further_questions_are_asked_for_half_of_the_seconds(monkeypatch, place, told):
    clock = [0.0]
    now = lambda: clock[0]
    monkeypatch.setattr(framework, "time", SimpleNamespace(process_time=now, monotonic=now))

    def slow(x):
        clock[0] += framework.MORE_SECONDS / 10
        return 7.0 if x == -100 - place else x

    message = said(slow, abs, (1.0,), (-2.0,), mistake=lambda x: x, sentence=EXCEPT,
                   further=tuple((-100.0 - i,) for i in range(1, 11)))
    assert message == EXCEPT + f" Look at `x = {-100 - place}`, too." * told


# What comes out with another argument

def test_nothing_comes_out_with_another_argument_where_the_attempt_stopped():
    message = said(lambda x: 1 / x + 2, lambda x: x + 2, (0.0,), (2.0,), (4.0,))
    assert "stopped with `ZeroDivisionError" in message and "comes out" not in message


def test_a_question_may_leave_out_an_argument():
    message = said(lambda row, k=1: k * row.sum() + 5, lambda row, k=1: k * row.sum(), (ROWS[0],), (ROWS[1], 2.0))
    assert message.startswith("For `row = [3, 1, 2]` the answer is `6`; yours gave `11`.")
