"""Which difference is shown, and what the answers to all probes have in common."""

import numpy as np
import pytest
from small_exercises import said

from course_utils.exercises.differences import _shapes


def numbers(*values):
    return [(float(x),) for x in values]


def test_none_in_the_place_of_arrays_in_a_tuple_is_told():
    right = lambda x: None if x < 0 else (np.full(2, x), 2 * x)
    message = said(lambda x: right(x) if x > 2 else None, right, *numbers(-1, 2, 3))
    assert message == "For `x = 2` the answer is `([2, 2], 4)`; yours gave `None`. Right on 2 of 3 probes."


@pytest.mark.parametrize("n, told", [
    (6, "the answer is an array `[0, 1, 2, 3, 4, 5]`; yours gave an array `[1, 2, 3, 4, 5, 6]`."),
    (7, "entry 0 (of shape (7,), counted from 0): expected `0`, got `1`.")])
def test_six_numbers_are_shown_and_of_more_the_first_that_differs(n, told):
    message = said(lambda x: x * np.arange(n) + 1, lambda x: x * np.arange(n), *numbers(1, 2))
    assert told in message


def test_of_a_table_the_row_and_the_column_are_told():
    message = said(lambda x: x * np.eye(3) + np.eye(3, k=1), lambda x: x * np.eye(3), *numbers(1, 2))
    assert "entry [0, 1] (of shape (3, 3), counted from 0): expected `0`, got `1`." in message


def test_where_no_number_is_right_none_is_picked_out():
    message = said(lambda x: x * np.arange(3) + 1, lambda x: x * np.arange(3), *numbers(1, 2))
    assert message == ("For `x = 1` the answer is an array `[0, 1, 2]`; yours gave an array `[1, 2, 3]`. "
                       "On all 2 probes yours is too large by `1`.")


def test_in_a_dict_the_key_that_differs_is_named():
    kept = lambda x, off=0.0: (np.ones(2), {"a": x, "b": x * np.ones(8) + off})
    message = said(lambda x: kept(x, np.arange(8)), lambda x: kept(x), *numbers(1, 2))
    assert message.startswith("For `x = 1`, value 2 of 2, `b`, entry 1 (of shape (8,), counted from 0): expected `1`, ")


def test_a_step_that_is_twice_as_long_is_told_as_a_step():
    message = said(lambda w, g, lr: w - 2 * lr * g, lambda w, g, lr: w - lr * g,
                   (1.0, 2.0, 0.5), (3.0, -1.0, 0.25), (0.0, 4.0, 0.125))
    assert message.endswith("On all 3 probes your step is twice what it should be.")


def test_a_way_from_w_that_is_twice_as_long_is_told_as_a_way():
    message = said(lambda w, gradient, n: w - 2 * n * gradient, lambda w, gradient, n: w - n * gradient,
                   (1.0, 2.0, 2), (10.0, 1.0, 3), (-5.0, -4.0, 5))
    assert message.endswith("On all 3 probes your way from `w` is twice what it should be.")


def test_where_nothing_is_asked_for_nothing_is_right():
    right = lambda x: None if x < 0 else x * x
    message = said(lambda x: right(x) and 2 * right(x), right, *numbers(-1, -2, 3, 4, 5))
    assert message.endswith("Right on 2 of 5 probes, those where `x` is below 0; on the others yours is twice what it "
                            "should be.")


def test_of_one_wrong_answer_in_three_it_is_told_on_how_many_it_is_right():
    message = said(lambda x: x + 1.37 if x == 2 else x + 1, lambda x: x + 1, *numbers(1, 2, 3))
    assert message == "For `x = 2` the answer is `3`; yours gave `3.37`. Right on 2 of 3 probes."


@pytest.mark.parametrize("n, told", [(1000, True), (1001, False)])
def test_up_to_a_thousand_numbers_are_compared_with_those_that_were_expected(n, told):
    message = said(lambda x: x * np.ones(n) + 1, lambda x: x * np.ones(n), *numbers(1, 2))
    assert message.endswith("On all 2 probes yours is too large by `1`.") is told


def test_what_the_solution_finds_on_its_way_is_told_of_probes_that_are_one_call():
    told = dict(drive=lambda f, x, n: [f(x + i) for i in range(n)], on_the_way=lambda x, n: "It goes by x.")
    assert "It goes by x." in said(lambda x: 2 * x + 0.3, lambda x: 2 * x, (1.0, 1), (2.0, 1), **told)
    assert "It goes" not in said(lambda x: 2 * x + 0.3, lambda x: 2 * x, (1.0, 2), (2.0, 3), **told)


@pytest.mark.parametrize("wrong, told", [(7.5, True), (np.nan, False), (np.array([7.5]), False)])
def test_a_number_that_came_instead_is_explained_if_it_is_one(wrong, told):
    message = said(lambda x: wrong, lambda x: x, *numbers(1, 2), of_yours=lambda got, x: f"At {got:g} it ends.")
    assert ("At 7.5 it ends." in message) is told and "At nan" not in message


def test_what_is_asked_is_told_by_the_names_of_what_uses_the_attempt():
    message = said(lambda x: 2.0 if x > 0 else 0.0, lambda x: 1.0 if x > 0 else 0.0,
                   *numbers(-1, 2, 3, -4), drive=lambda f, level: f(level) + 0.0 * level)
    assert message == ("For `level = 2` the answer is `1`; yours gave `2`. "
                       "Right on 2 of 4 probes, those where `level` is below 0.")


@pytest.mark.parametrize("n, told", [(2, False), (3, True)])
def test_in_a_list_of_three_numbers_the_one_that_differs_is_named(n, told):
    message = said(lambda x: [x] * (n - 1) + [x + 1], lambda x: [x] * n, *numbers(1, 2))
    assert (f" Entry {n - 1} differs (counted from 0); the rest is right." in message) is told


def test_calls_are_compared_as_far_as_both_go():
    def drive(f, x):
        for _ in range(5):
            x = f(x) if x > 1 else x
        return x

    message = said(lambda x: x / 4, lambda x: x / 2, *numbers(8, 11), drive=drive)
    assert message.startswith("For `x = 8` the answer is `4`; yours gave `2`.")


def test_where_every_call_is_right_and_the_outcome_is_not_the_outcome_is_told():
    def drive(f, x):
        once = f(x)
        return f(once) if isinstance(once, int) else once + 1

    message = said(lambda x: x / 2, lambda x: int(x) // 2, *numbers(8, 12), drive=drive)
    assert message.startswith("For `x = 8` the answer is `2`; yours gave `5`.")


def test_a_later_call_is_held_against_the_right_answer_to_its_own_question():
    def drive(f, x):
        once = f(x)
        return f((once - x) * 1e9)

    message = said(lambda x: x + 1e-7, lambda x: x, *numbers(8, 12), drive=drive)
    assert message.startswith("For `x = 8` the answer is `0`; yours gave `100`.")


def test_settings_that_change_from_step_to_step_are_told_in_turn():
    right = lambda w, g, state, lr: (w - lr * g, {"t": state.get("t", 0) + 1})

    def wrong(w, g, state, lr):
        w, after = right(w, g, state, lr)
        return w + (after["t"] == 2), after

    def drive(f, w, rates):
        state = {}
        for lr in rates:
            w, state = f(w, 0.5, state, lr)
        return w

    message = said(wrong, right, (1.0, (0.1, 0.3)), (2.0, (0.2, 0.2)), drive=drive)
    assert message.startswith("From `w = 1` with `g = 0.5, then 0.5, lr = 0.1, then 0.3`, after step 2")


def test_in_a_state_an_array_of_another_shape_is_shown_whole():
    kept = lambda x, n: (np.ones(2), {"a": x * np.ones(n)})
    message = said(lambda x: kept(x, 3), lambda x: kept(x, 8), *numbers(1, 2))
    assert message.startswith("For `x = 1` the answer is `([1, 1], {'a': array([1., 1., 1., 1., 1., 1., 1., 1.])})`;")


@pytest.mark.parametrize("which, wrong, told", [
    ((1, 2, 3, 4), (3, 4), True), ((1, 2, 3, 4, 5), (4, 5), False), ((3, 4, 5), (5,), True)])
def test_a_phrase_is_told_if_few_probes_ask_for_it_or_half_of_them_are_wrong(which, wrong, told):
    message = said(lambda x: x + 1.5 * x**2 * (x in wrong), lambda x: x, *numbers(*range(6)), corners={"blue": which})
    assert ("blue" in message) is told


def test_who_is_right_but_when_asked_again_is_right_on_no_share():
    calls = []
    message = said(lambda x: calls.append(x) or x + (len(calls) > 3), lambda x: x, *numbers(1, 2, 3))
    assert message.startswith("The same question got two different answers") and "Right on" not in message


def test_values_in_an_array_are_compared_one_by_one():
    message = said(lambda x: np.array([x, 2 * x]), lambda x: (x, x), *numbers(1, 2))
    assert message.endswith("On every probe value 1 is right. On all 2 probes value 2 is twice what it should be.")


@pytest.mark.parametrize("attempt, more", [
    (lambda x: 7.0, {"drive": lambda f, x: f(x) + 0.0}), (lambda x: 1 / 0, {}),
    (lambda x: 7.0 if x == 1 else 1 / 0, {})])
def test_one_answer_to_all_is_told_of_answers_only(attempt, more):
    assert "on every probe" not in said(attempt, lambda x: x, *numbers(1, 2), **more)


def test_no_shape_is_told_of_what_has_none():
    assert _shapes("text", 1.0) == ""
