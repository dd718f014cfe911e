"""What checks say of an answer by its kind, by the calls that led to it and by what is kept of them."""

import numpy as np
import pytest
from small_exercises import exercise, said

from course_utils.exercises import asking, differences, framework, values
from course_utils.exercises.relations import RIGHT

# Values

@pytest.mark.parametrize("got, expected", [(None, np.nan), (np.nan, None), (None, 0.0), (None, "x"), (1.0, None)])
def test_none_is_like_nothing_but_none(got, expected):
    assert not values.same(got, expected, RIGHT) and values.same(None, None, RIGHT)


@pytest.mark.parametrize("value, before", [(1.0, 2.0), ([1, 2], [2, 1]), ("a", "b"), ({"a": 1}, {"a": 2})])
def test_a_number_in_the_place_of_another_one_is_a_change(value, before):
    assert not values.is_still(value, before) and values.is_still(before, before)


def test_a_table_of_twelve_is_shown_and_one_of_thirteen_is_told_by_its_shape():
    assert values.brief(np.ones((13, 1))) == "an array of shape (13, 1)"
    assert "shape" not in values.brief(np.ones((4, 3)))


def test_four_values_are_told_one_by_one():
    assert values.kind((1.0, "x", None, True)) == "a number, a text, None and True or False"


def test_as_many_digits_are_shown_as_tell_numbers_from_each_other():
    assert values.show((1234567891.0, 1234568000.0)) == "(1234567891, 1234568000)"
    assert values.show((0.12345678, 0.12345679)) == "(0.12345678, 0.12345679)"


# What answers have in common

@pytest.mark.parametrize("others, told", [((1 + 8e-6, 1 - 8e-6), True), ((1 + 8e-6, 1 + 2e-5), False)])
def test_answers_that_are_all_like_the_first_one_are_told_to_be_one(others, told):
    plain = exercise(lambda x: x, (1.0,), (2.0,))
    assert (differences.one_answer(plain, [1.0, *others, 1.0]) == "Yours is `1` on every probe.") is told


def test_a_step_is_told_by_the_answer_where_that_is_enough():
    message = said(lambda w, g: w - g + 0.25, lambda w, g: w - g, (1.0, 0.5), (2.0, -1.5), (4.0, 1.75), (-3.0, 2.0))
    assert message.endswith("On all 4 probes yours is too large by `0.25`.")


def test_a_special_case_of_half_of_the_probes_is_told_of_one_of_them():
    message = said(lambda x: 9 * x if x == 2 else x, lambda x: x, *((float(x),) for x in range(2, 8)),
                   corners={"small x": (0, 1, 2)})
    assert message.endswith("Right on 5 of 6 probes; the other one asks for “small x”.")


@pytest.mark.parametrize("reference, asked", [(lambda x: None if x < 0 else 3 * x, False), (lambda x: 3 * x, True)])
def test_a_missing_return_is_asked_for_where_none_is_never_right(reference, asked):
    message = said(lambda x: reference(x) if x > 4 or x < 0 else None, reference, (-1.0,), (2.0,), (3.0,), (5.0,))
    assert "For `x = 2` the answer is `6`; yours gave `None`." in message
    assert ("Is a `return` missing" in message) is asked


def test_none_in_the_place_of_several_parts_is_told():
    reference = lambda x: None if x < 0 else (x, 2 * x)
    message = said(lambda x: reference(x) if x > 2 else None, reference, (-1.0,), (2.0,), (3.0,), parts=("a", "b"))
    assert message.startswith("For `x = 2` the answer is `(2, 4)`; yours gave `None`.")


# What the code says that uses the answers

def test_an_answer_that_could_not_be_used_is_told_by_its_kind():
    message = said(lambda x: list(2 * x), lambda x: 2 * x, (np.ones(3),), (np.arange(4.0),),
                   drive=lambda attempt, x: attempt(x).sum())
    assert message.startswith("For `x = [1, 1, 1]`, what came back could not be used: a number, a number and a number. "
                              "The solution gives back an array of shape (3,).")


def test_what_the_judge_says_on_purpose_goes_before_smaller_probes():
    message = said(lambda x: "a text" if np.ndim(x) else 2 * x + 1, lambda x: 2 * x, (1.0,), (np.ones(3),),
                   drive=lambda attempt, x: values.as_array(attempt(x)))
    assert message.startswith("For `x = [1, 1, 1]`: not real numbers: ")


@pytest.mark.parametrize("drive", [lambda attempt, x: attempt(x), lambda attempt, x: attempt(x)[1] + 1.0])
@pytest.mark.parametrize("attempt", [lambda x: (x, ...), lambda x: [x, ...]])
def test_dots_within_an_answer_are_no_attempt(attempt, drive):
    result = framework.judge(exercise(lambda x: (x, 2 * x), (1.0,), (2.0,), drive=drive), attempt)
    assert not result.attempted and not result.passed


def test_who_has_not_been_called_yet_is_not_what_takes_too_long():
    def endless(attempt, x):
        while True:
            pass

    result = framework.judge(exercise(lambda x: x, (1.0,), drive=endless), lambda x: x, seconds=0.2)
    assert result.message.startswith("What `<lambda>` gave back could not be looked through after 0.2 seconds")


# Steps of a run

def step(w, g, state, lr):
    v = 0.5 * state.get("v", 0.0) + g
    return w - lr * v, {"v": v, "n": state.get("n", 0) + 1}


def twice(update, w, slopes, lr):
    """Where a run ends, and where it ends when it is begun anew."""
    ends = []
    for _ in range(2):
        at, state = w, {}
        for g in slopes:
            at, state = update(at, g, state, lr)
        ends.append(at)
    return tuple(ends)


def said_of_steps(attempt, *probes):
    return said(attempt, step, *probes, drive=twice)


@pytest.mark.parametrize("n, slopes", [
    (8, "1, then 2, then 3, then 4, then 5, then 6, then 7, then 8"), (9, "1, then 2, then …, then 8, then 9"),
    (10, "1, then 2, then …, then 9, then 10")])
def test_the_step_that_differs_is_told_with_those_before_it(n, slopes):
    def late(w, g, state, lr):
        new, kept = step(w, g, state, lr)
        return (new + 1 if kept["n"] == n else new), kept

    message = said_of_steps(late, (1.0, tuple(range(1, n + 1)), 0.1), (2.0, tuple(range(1, n + 2)), 0.1))
    assert message.startswith(f"From `w = 1` with `g = {slopes}, lr = 0.1`, after step {n}, the new `w`: expected ")
    assert message.endswith(differences.FIRST_STEP_IS_RIGHT)


def test_one_weight_of_many_is_told_by_its_place():
    def off(w, g, state, lr):
        new, kept = step(w, g, state, lr)
        return new + (np.arange(8) == 3), kept

    message = said_of_steps(off, (np.zeros(8), (np.ones(8),), 0.5), (np.ones(8), (np.ones(8),), 0.25))
    assert "after step 1, weight 3 (of shape (8,), counted from 0): expected `-0.5`, got `0.5`." in message


def test_what_is_kept_outside_the_state_is_told():
    kept = {"begun": 0, "v": 0.0}

    def outside(w, g, state, lr):
        kept["begun"] += not state
        kept["v"] = 0.5 * kept["v"] * (bool(state) or kept["begun"] % 2 == 0) + g
        return w - lr * kept["v"], {"any": 1}

    message = said_of_steps(outside, (1.0, (1.0, 2.0), 0.1), (2.0, (3.0, 1.0), 0.1))
    assert message.startswith("The same run, begun anew with an empty state, came out differently")


def stops():
    raise ValueError("of an array")


@pytest.mark.parametrize("elsewhere", [stops, lambda: 3.0])
def test_steps_are_told_where_others_have_no_answer(elsewhere):
    def partly(w, g, state, lr):
        return elsewhere() if np.ndim(w) else step(w, g, state, 3 * lr)

    message = said_of_steps(partly, (np.ones(2), (np.ones(2),), 0.5), (1.0, (1.0,), 0.5), (np.ones(2), (3.0,), 0.5))
    assert "From `w = 1` with `g = 1, lr = 0.5`, after step 1, the new `w`: expected `0.5`, got `-0.5`." in message


def test_an_answer_is_judged_as_it_was_when_it_came():
    kept = {}

    def attempt(w, state):
        kept["w"] = w
        return 2 * w, kept

    assert framework.judge(exercise(lambda w, state: (2 * w, {"w": w}), (1.0, {}), (2.0, {})), attempt).passed


def test_an_array_that_is_used_for_every_answer_is_told():
    kept = np.zeros(2)
    message = said(lambda x: np.multiply(2.0, x, out=kept), lambda x: 2 * x, (np.ones(2),), (np.array([3.0, 4.0]),))
    assert message.startswith("All 2 answers are right, but a later call writes into the array")


@pytest.mark.parametrize("fresh, told", [("rows", True), ("", False)])
def test_an_array_that_comes_back_itself_is_told_where_new_ones_are_asked_for(fresh, told):
    of_rows = exercise(lambda rows: [row.copy() for row in rows], ([np.ones(2), np.ones(3)],), fresh=fresh,
                       drive=lambda attempt, rows: tuple(attempt(rows)))
    result = framework.judge(of_rows, lambda rows: [rows[0], rows[1].copy()])
    assert ("one of `rows` itself, and new arrays are asked for" in result.message) is told is not result.passed
    assert framework.judge(of_rows, of_rows.reference).passed


def test_two_thousand_calls_are_kept():
    watched = asking.Watched(abs, ["x"])
    assert [watched(-x) for x in range(2001)][-1] == 2000
    assert len(watched.of_probe(0)) == 2000 and not watched.inside
