"""Which difference is shown, and what the answers to all probes have in common."""

import numpy as np
import pytest
from small_exercises import said


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
