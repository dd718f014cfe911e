"""What checks say of wrong answers, sentence by sentence: each by numbers of which no other one holds."""

import math

import numpy as np
import pytest
import torch

from course_utils.exercises import EXERCISES, asking, check, differences, framework, relations, tasks, values
from course_utils.exercises.otherwise import otherwise
from course_utils.exercises.relations import alike, effect, moves, near
from course_utils.exercises.walks import Instead

PLAIN = np.array([2.0, 3.0, 5.0, 7.25])
SIGNED = np.array([2.3, -3.7, 5.5, -7.2])
FINE = np.array([0.234567, 3.456789, 5.171717, 7.234567])
OTHER = np.array([4.0, 0.5, 3.0, 9.0])


def said(got, expected, of="a", values=OTHER, **more):
    return effect(list(got), list(expected), [{of: value} for value in values], **more)


@pytest.mark.parametrize("expected, change, words", [
    (PLAIN, lambda e: OTHER, "yours is `a` itself"),
    (PLAIN, lambda e: 0 * e + 4.5, "yours is `4.5`"),
    (PLAIN, lambda e: -e, "the sign of yours is turned round"),
    (PLAIN, lambda e: 2 * e, "yours is twice what it should be"),
    (PLAIN, lambda e: e / 2, "yours is half of what it should be"),
    (PLAIN, lambda e: -3 * e, "yours is `-3` times what it should be"),
    (PLAIN, lambda e: e + 0.25, "yours is too large by `0.25`"),
    (PLAIN, lambda e: e - 0.25, "yours is too small by `0.25`"),
    (PLAIN, lambda e: e * OTHER, "yours is `a` times what it should be"),
    (PLAIN, lambda e: e / OTHER, "yours is what it should be, divided by `a`"),
    (PLAIN, lambda e: e + OTHER, "yours is too large by `a`"),
    (PLAIN, lambda e: e - OTHER, "yours is too small by `a`"),
    (PLAIN, lambda e: 1 / e, "yours is 1 divided by what it should be"),
    (PLAIN, lambda e: e**2, "yours is the square of what it should be"),
    (PLAIN, lambda e: e**0.5, "yours is the root of what it should be"),
    (PLAIN, lambda e: 2.5 * e / OTHER, "yours is `2.5` times what it should be, divided by `a`"),
    (SIGNED, np.floor, "yours is what it should be, rounded down to a whole number"),
    (SIGNED, np.ceil, "yours is what it should be, rounded up to a whole number"),
    (SIGNED, np.round, "yours is what it should be, rounded to 0 places"),
    (SIGNED, np.trunc, "yours is what it should be, cut to 0 places"),
    (np.array([0.21, 3.44, 5.12, 7.23]), lambda e: e.round(1), "yours is what it should be, rounded or cut to 1 place"),
    (FINE, lambda e: e.round(2), "yours is what it should be, rounded to 2 places"),
    (FINE, lambda e: np.trunc(100 * e) / 100, "yours is what it should be, cut to 2 places"),
    (FINE[1:] + 0.00004, lambda e: e.round(3), "yours is what it should be, rounded to 3 places"),
    (FINE, lambda e: e.round(0) + 1e-4, "yours is too small"),
    (FINE, lambda e: e * (1 + 2e-5 * np.array([1, -1, 1, -1])),
     "yours is all but equal to what it should be, and still not equal"),
    (FINE, lambda e: e * [1.004, 0.995, 1.006, 0.993], "yours is within 1 % of what it should be, but not equal to it"),
    (SIGNED, lambda e: e * [1.2, 3, 2, 1.7], "yours is too far from 0"),
    (SIGNED, lambda e: e * [0.2, 0.7, 0.4, 0], "yours is too close to 0"),
    (SIGNED, lambda e: e * [-2, -0.7, -1.4, -0.2], "the sign and the size of yours are wrong"),
    (SIGNED, lambda e: e + [1, 2.5, 0.5, 20], "yours is too large"),
    (SIGNED, lambda e: e - [1, 2.5, 0.5, 20], "yours is too small"),
    (PLAIN * [0, 1, 1, 1], lambda e: np.array([-1.0, -2.0, -7.0, -1.0]), "yours is too small"),
    (PLAIN, lambda e: e * [1.2, 0.7, 2, 0.1], ""),
    (PLAIN, lambda e: e * [1.2, np.nan, 2, 0.1], ""),
    (0 * PLAIN + 2, lambda e: 2 * e, ""),  # one answer only: everything might hold
])
def test_a_relation_that_holds_on_all_probes_is_told(expected, change, words):
    assert said(change(expected), expected) == f"On all {len(expected)} probes {words}." * bool(words)


@pytest.mark.parametrize("got, expected, words", [
    ([101.0, 201.015, 300.985], [100.0, 200.0, 300.0], "yours is within 1 % of what it should be, but not equal to it"),
    ([123.46, 234.56], [123.4567, 234.5634], "yours is what it should be, rounded to 2 places"),
    ([-0.3, 0.5], [-0.2, 0.3], "yours is too far from 0"),
    ([0.7, 3.1], [0.5, 2.0], "yours is too large")])
def test_how_far_numbers_are_off_is_told(got, expected, words):
    assert said(np.array(got), np.array(expected), values=[0] * len(got)) == f"On all {len(got)} probes {words}."


def test_one_number_that_is_nearly_right_has_no_order():
    assert "order" not in said([np.array([1.00005])] * 2, [np.array([1.0])] * 2)


@pytest.mark.parametrize("n, told", [(2, False), (3, True)])
def test_a_factor_and_an_argument_together_are_told_of_three_answers_on(n, told):
    e, a = PLAIN[:n], OTHER[:n]
    assert ("`2.5` times what it should be, divided by `a`" in said(2.5 * e / a, e, values=a)) is told


@pytest.mark.parametrize("about, words", [
    ("those that have 2 ask for", "asks for “those that have 2 ask for”"), ("1 <= n", "has `n` at 1")])
def test_the_phrase_of_a_task_is_told_in_its_own_words(about, words):
    assert relations.the_others(1, about) == f"the other one {words}"


def test_lists_of_which_some_are_too_long_and_some_too_short_have_nothing_in_common():
    ones = [np.ones(3)] * 3
    assert said([2 * np.ones(4), 3 * np.ones(2), 2 * np.ones(5)], ones, values=[5, 6, 7]) == ""
    assert said([np.ones(3), 3 * np.ones(2), 2 * np.ones(5)], ones, values=[5, 6, 7]) == "Right on 1 of 3 probes."


@pytest.mark.parametrize("change, words", [(lambda e, a: e + a, "plus"), (lambda e, a: e - a, "minus")])
def test_an_argument_that_is_below_0_somewhere_makes_nothing_too_large_or_too_small(change, words):
    a = OTHER * [1, -1, 1, 1]
    assert said(change(PLAIN, a), PLAIN, values=a) == f"On all 4 probes yours is what it should be {words} `a`."


@pytest.mark.parametrize("change, words", [
    (lambda e: 2 * e, "yours is twice what it should be"), (lambda e: e - 0.5, "yours is too small by `0.5`"),
    (lambda e: np.where(e == e.max(), -e, e),
     "the numbers of yours have the right sizes, and some of them the wrong sign")])
def test_the_numbers_of_arrays_are_taken_together(change, words):
    expected = [np.array([1.0, 2.0, 4.0]), np.array([[7.0, 3.0]])]
    assert effect([change(e) for e in expected], expected, [{}, {}]) == f"On all 2 probes {words}."


def test_the_parts_of_an_answer_are_told_by_name():
    expected, parts = [(1.0, 2.0), (3.0, 7.0), (-2.0, 0.5)], ("the rate", "the gains")
    of = lambda change: effect([change(*e) for e in expected], expected, [{}] * 3, parts=parts)
    assert of(lambda a, b: (a, 2 * b)) == (
        "On every probe the rate is right. On all 3 probes the gains are twice what they should be.")
    assert of(lambda a, b: (a - 1, b)) == (
        "On every probe the gains are right. On all 3 probes the rate is too small by `1`.")
    assert of(lambda a, b: (a, b)) == "On every probe the rate and the gains are right."
    assert of(lambda a, b: (a, b if b > 1 else -b)) == (
        "On every probe the rate is right. The gains: right on 2 of 3 probes.")


def test_numbers_in_another_order_are_told():
    expected = [np.array([1.0, 2.0, 4.0]), np.array([7.0, 3.0])]
    assert effect([e[::-1] for e in expected], expected, [{}, {}]) == (
        "On all 2 probes the numbers are right, and their order is not.")
    several = [(1.0, 2.0), (3.0, 7.0)]
    assert effect([e[::-1] for e in several], several, [{}, {}]) == "These are the right values, in another order."


@pytest.mark.parametrize("change, words", [
    (lambda row: row[0], "the first of `rates`"), (lambda row: row[-1], "the last of `rates`"),
    (lambda row: row.max(), "the largest of `rates`"), (lambda row: row.min(), "the smallest of `rates`"),
    (lambda row: row.sum(), "none of the `rates`")])
def test_an_answer_among_others_is_told_by_its_place(change, words):
    rows = np.array([[3.0, 1.0, 5.0, 2.0, 4.0], [0.2, 0.1, 0.7, 0.3, 0.5], [30.0, 8.0, 40.0, 25.0, 35.0]])
    expected = [row[3] for row in rows]
    assert said([change(row) for row in rows], expected, "rates", rows) == f"On all 3 probes yours is {words}."


@pytest.mark.parametrize("values, wrong, place", [
    ([0, 2, 0, 5], [1, 0, 1, 0], "where `a` is not 0"), ([0, 2, 0, 5], [0, 1, 0, 1], "where `a` is 0"),
    ([1, 2, 1, 5], [1, 0, 1, 0], "where `a` is not 1"), ([0.5, -2, 3, -0.5], [0, 1, 0, 1], "where `a` is not below 0"),
    ([0, -2, 0.5, -0.5], [0, 1, 0, 1], "where `a` is not below 0"),
    (["x", "y", "z", "x"], [0, 1, 1, 0], "where `a` is 'x'"),
    (["x", "y", "z", "w"], [1, 1, 0, 0], "where `a` is 'w' or 'z'"),
    ([2.0, np.ones(2), np.ones(3), 1], [1, 0, 0, 1], "where `a` is not a single number"),
    ([np.ones(1), np.ones(2), np.ones(1), np.ones(3)], [1, 0, 1, 0], "where `a` is not of one entry"),
    ([np.ones((1, 2)), np.ones((2, 2)), np.ones((1, 3)), np.ones((3, 1))], [0, 1, 0, 1], "where `a` is of one row"),
    ([2.0, 3.0, 2.5, 7.0], [0, 1, 0, 1], "")])
def test_where_an_answer_is_right_is_told_by_what_was_asked(values, wrong, place):
    got = [2 * e if off else e for e, off in zip(PLAIN, wrong, strict=True)]
    told = "Right on 2 of 4 probes" + f", those {place}" * bool(place)
    assert said(got, PLAIN, "a", values) == f"{told}; on the others yours is twice what it should be."


@pytest.mark.parametrize("values, place", [
    ([(2, 2), (3, 4), (5, 5), (7, 6)], "where `a` is not equal to `b`"),
    ([(4, 2), (3, 4), (15, 5), (7, 6)], "where `a` is not a multiple of `b`"),
    ([(2, 4), (3, 4), (5, 15), (4, 6)], "where `b` is not a multiple of `a`"),
    ([(2, 3), (4, 3), (5, 8), (6, 4)], "where `a` is not less than `b`"),
    ([(2.0, 3.5), (4.0, 3.0), (5.0, 8.0), (6.0, 4.0)], "")])
def test_how_two_arguments_are_to_each_other_is_told(values, place):
    got = [2 * e if off else e for e, off in zip(PLAIN, (1, 0, 1, 0), strict=True)]
    asked = [{"a": a, "b": b} for a, b in values]
    assert effect(got, list(PLAIN), asked).startswith(
        "Right on 2 of 4 probes" + f", those {place}" * bool(place) + "; on the others yours is twice")


@pytest.mark.parametrize("about, words", [
    ("equal means", "Right on 3 of 4 probes; the other one asks for “equal means”."),
    ("0 <= n", "Right on 3 of 4 probes; the other one has `n` at 0."), ("", "Right on 3 of 4 probes.")])
def test_what_the_task_says_of_the_other_probes_is_told(about, words):
    assert effect([2.0, 3.0, 5.0, 9.0], list(PLAIN), [{}] * 4, about) == words


LISTS = [np.arange(1.0, 6), np.arange(9.0, 2, -1), np.array([3.0, 1.0, 2.0])]


@pytest.mark.parametrize("change, words", [
    (lambda e: e[1:], "On every probe the first entry is missing, and the others are right."),
    (lambda e: e[:-1], "On every probe the last entry is missing, and the others are right."),
    (lambda e: e[1:-1], "On every probe the first and the last entry are missing, and the others are right."),
    (lambda e: e[:2], "The entries are right as far as they go, but there are too few of them."),
    (lambda e: np.r_[e, len(e)], "The entries begin rightly, but there are too many of them."),
    (lambda e: np.r_[0.5, 2 * e], "On every probe there is one entry too many."),
    (lambda e: -e[2:], "On every probe there are 2 entries too few."),
    (lambda e: np.r_[-e, e], "On all 3 probes there are too many entries."),
    (lambda e: e[:0], "On all 3 probes yours has no entries."),
    (lambda e: e if len(e) == 3 else np.r_[-e, e], "Right on 1 of 3 probes; on the others there are too many entries."),
    (lambda e: e if len(e) > 3 else -e[1:], "Right on 2 of 3 probes; on the other one there are too few entries."),
    (lambda e: e if len(e) > 3 else e[1:], "Right on 2 of 3 probes; on the other one there are too few entries."),
])
def test_lists_of_another_length_are_told_what_is_missing(change, words):
    assert effect([change(e) for e in LISTS], LISTS, [{}] * 3) == words


def test_a_step_is_told_by_where_it_leads():
    starts, steps = [1.0, 4.0, -2.0], np.array([0.5, -1.0, 2.0])
    ends = list(starts + steps)
    assert moves(list(starts - steps), ends, starts, [{}] * 3) == (
        "On all 3 probes the sign of your step is turned round.")
    assert moves([e + 0.25 for e in ends], ends, starts, [{}] * 3, "your first step", "runs") == (
        "On all 3 runs your first step ends too high by `0.25`.")
    assert moves(["x", 1.0, 2.0], ends, starts, [{}] * 3) == ""


@pytest.mark.parametrize("a", [0.0, 1e-15, 1e-13, 1.0, 1 + 9e-6, 1 + 1.1e-5, -1.0, 1e300, np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("b", [0.0, -0.0, 1e-15, 1.0, -1.0, 1e300, -1e308, np.inf, np.nan])
@pytest.mark.parametrize("tolerance", [1e-5, 1e-4, 0])
def test_two_floats_are_alike_as_two_arrays_are(a, b, tolerance):
    with np.errstate(all="ignore"):
        assert near(a, b, tolerance) == alike(np.array(a), np.array(b), tolerance).all()


# The words for what came back

@pytest.mark.parametrize("got, expected, words", [
    (None, 1.0, " Is a `return` missing on one of the ways through?"), (1.0, None, " Asked for is None itself."),
    ((x for x in "ab"), np.ones(2), " That is a generator, which holds no values yet: `list(…)` makes them."),
    (map(abs, [1]), np.ones(1), " That is a map, which holds no values yet: `list(…)` makes them."),
    (np.ones((2, 2)), [np.ones(2), np.ones(2)], " Asked for is a list of arrays, and not an array of shape (2, 2)."),
    (2.0, [np.ones(2), np.ones(2)], " Asked for is a list of arrays."),
    ([np.ones(2)], [np.ones(2), np.ones(2)], " 2 values are asked for, in this order."),
    ("ab", (1.0, 2.0), " That is a text. 2 values are asked for, in this order."),
    ({1, 2}, (1.0, 2.0), " 2 values are asked for, in this order."),
    (({}, 1.0), (1.0, {}), " The weights come first, then the state."), ((1.0, {}), (1.0, {}), ""),
    ((1.0, None), (1.0, 2.0), " Value 2: It is None."), ((None, 1.0), (None, 2.0), ""),
    ((1.0, "x"), (1.0, 2.0), " Value 2: That is a text, not a number."),
    ("Too Large", "too large", " The spelling differs."), ("gone", "too large", ""),
    (3, "too large", " Asked for is a text."), ("3", 3.0, " That is a text, not a number."),
    (True, 1.0, " That is True or False, not a number."), ({}, 1.0, " That is a dict, not a real number."),
    ({1.0}, np.ones(1), " That is a set, not a list or an array."),
    ([1.0, None], np.ones(2), " None stands among them, which is not a number."),
    (1j, 1.0, " That is not a real number or an array of them."),
    (np.ones(3), np.ones(2), " Its shape is (3,); asked for is (2,)."),
    (1.0, np.ones(2), " It is a single number; asked for is (2,)."),
    (np.ones(2), 1.0, " Its shape is (2,); asked for is a single number."),
    (np.nan, np.nan, ""), (2.0, 1.0, ""), ([2.0, 1.0], np.ones(2), "")])
def test_the_remark_on_an_answer_of_another_kind(got, expected, words):
    assert differences.remark_on(got, expected) == words


def test_nan_in_the_place_of_a_number_is_explained():
    assert "nan often comes of 0/0" in differences.remark_on(np.nan, 1.0)
    assert "nan often comes of 0/0" in differences.remark_on(np.array([1.0, np.nan]), np.ones(2))


@pytest.mark.parametrize("value, words", [
    (None, "None"), (True, "True or False"), (2, "a number"), (np.float32(2), "a number"), (np.array(2.0), "a number"),
    (np.ones((2, 3)), "an array of shape (2, 3)"), ("x", "a text"), ({}, "a dict"), ([], "a list"),
    ([2.0], "a list of a number"), ((1, "x"), "a number and a text"), ((1, "x", None), "a number, a text and None"),
    ([1] * 5, "a list")])
def test_kinds_are_told_in_words(value, words):
    assert values.kind(value) == words


def test_long_texts_are_cut_and_fit_between_backticks():
    assert values.short("a `b`\n  c ", 20) == "a 'b' c" and values.short("abcdef", 3) == "abc…"
    assert values.short("abc", 3) == "abc"
    assert values.show(-0.0) == "0" and values.show([1.5] * 41).endswith(", …)")
    assert not values.show([1.5] * 40).endswith(", …)") and values.show(np.float64(1) / 3) == "0.333333"
    assert differences._compared("", 0.123456, 0.123458) == "the answer: expected `0.123456`, got `0.123458`."
    assert differences._compared("entry 1", 1.0, 1.5) == "entry 1: expected `1`, got `1.5`."
    assert values.brief(np.ones(25)) == "an array of shape (25,)" and "shape" not in values.brief(np.ones(24))
    assert values.brief(np.ones((2, 7))) == "an array of shape (2, 7)"


@pytest.mark.parametrize("id, chooses", [("one-error-pick", True), ("range-test-pick", True), ("gradient-step", False),
                                         ("layer-backward", False), ("name-fate", False)])
def test_exercises_that_choose_among_what_they_are_given_are_known(id, chooses):
    exercise = EXERCISES[id]
    assert framework._is_choice(exercise, exercise.answers_with(exercise.reference)) == chooses


@pytest.mark.parametrize("value, same", [
    (1, True), (np.float32(1), True), (1 + 1e-6, True), (1.001, False), (np.array(1.0), True), ([1.0], False),
    (None, False), ("1", False), (1 + 0j, True), (1j, False), ({}, False), (np.nan, False)])
def test_a_number_is_the_same_in_any_form(value, same):
    assert values.same(value, 1.0, 1e-5) is same


def test_values_of_several_parts_are_the_same_part_by_part():
    same = lambda got, expected: values.same(got, expected, 1e-5)
    assert same([1, 2], (1.0, 2.0)) and same(np.array([1, 2]), (1.0, 2.0)) and not same([1, 2, 3], (1.0, 2.0))
    assert same({"a": 1}, {"a": 1.0}) and not same({"a": 1}, {"b": 1.0}) and not same({"a": 2}, {"a": 1.0})
    assert same("x", "x") and not same("x", "y") and same(None, None) and not same({1.0, 2.0}, (1.0, 2.0))
    raised = values.Raised("an error")
    assert same(raised, values.Raised("another")) and not same(raised, 1.0) and not same(1.0, raised)
    assert same([[1, 2], [3, 4]], np.array([[1.0, 2.0], [3.0, 4.0]])) and not same([1, 2], np.ones((1, 2)))


# What comes out with another argument, or after the first step

def solution(rate, n, row):
    return rate + 10 * n + 100 * row[0] + 1000 * len(row) + 7 * row[-1]


ASKED = [(0.25, 3, [0.5, 0.2, 0.9]), (0.75, 2, [4.0, 0.3]), (0.3, 5, [3.0, 1.0, 2.0, 2.5])]


@pytest.mark.parametrize("change, words", [
    (lambda rate, n, row: (1 - rate, n, row), "`1 - rate` in the place of `rate`"),
    (lambda rate, n, row: (rate**2, n, row), "`rate ** 2` in the place of `rate`"),
    (lambda rate, n, row: (rate**0.5, n, row), "`rate ** 0.5` in the place of `rate`"),
    (lambda rate, n, row: (1 / rate, n, row), "`1 / rate` in the place of `rate`"),
    (lambda rate, n, row: (-rate, n, row), "`-rate` in the place of `rate`"),
    (lambda rate, n, row: (rate, n + 1, row), "`n + 1` in the place of `n`"),
    (lambda rate, n, row: (rate, n - 1, row), "`n - 1` in the place of `n`"),
    (lambda rate, n, row: (rate, n, row[::-1]), "`row[::-1]` in the place of `row`"),
    (lambda rate, n, row: (rate, n, row[1:]), "`row[1:]` in the place of `row`"),
    (lambda rate, n, row: (rate, n, row[:-1]), "`row[:-1]` in the place of `row`"),
    (lambda rate, n, row: (rate, n, sorted(row)), "`sorted(row)` in the place of `row`"),
    (lambda rate, n, row: (n, rate, row), "where `rate` and `n` change places"),
    (lambda rate, n, row: (0.125, n, row), "`0.125` in the place of `rate`, whatever is passed"),
    (lambda rate, n, row: (rate + 0.5, n, row), "")])
def test_what_comes_out_with_another_argument_is_told(change, words):
    def attempt(*asked):
        _ = 0.125  # typed in
        return solution(*change(*asked))

    def agrees(function):
        try:
            return all(values.same(attempt(*asked), function(*asked), 1e-9) for asked in ASKED)
        except TypeError:  # a row in the place of a number
            return False

    told = otherwise(attempt, solution, agrees)
    assert words in told and bool(words) == bool(told)


def momentum(step=lambda first: 1.0, velocity=lambda first: 1.0):
    def update(w, g, state, lr, beta):
        v = beta * state.get("v", 0.0) + g
        first = not state
        return w - lr * v * step(first), {"v": v * velocity(first)}
    return update


@pytest.mark.parametrize("attempt, words", [
    (momentum(step=lambda first: 1.3), "first steps your first step is `1.3` times what it should be."),
    (momentum(velocity=lambda first: 1.3), differences.FIRST_STEP_IS_RIGHT)])
def test_what_first_steps_have_in_common_is_told(attempt, words):
    assert words in check("momentum-update", attempt).message


def test_no_first_steps_are_compared_where_one_is_no_number():
    def late(w, g, state, lr, beta):
        return (None if np.ndim(w) else w - 1.3 * lr * g), {"v": g}

    assert "first step" not in check("momentum-update", late).message


def test_what_stands_for_a_walk_says_what_came_back():
    assert repr(Instead("no pair", 1.0, 3)) == "no pair" and len(Instead("", 1.0, 3)) == 3
    assert np.array(Instead("", 2.5, 3)) == 2.5


# Arguments that were changed, and errors

def test_an_argument_that_is_changed_is_known_by_its_numbers_or_by_what_it_holds():
    one, two = object(), object()
    row = np.array([one, two], dtype=object)
    before = values.snapshot(row)
    assert values.is_still(row, before)
    row[0] = two
    assert not values.is_still(row, before) and not values.is_still(row[:1], before)
    table = torch.ones(2)
    before = values.snapshot(table)
    assert values.is_still(table, before)
    table[0] = 2
    assert not values.is_still(table, before)
    assert values.is_still([1, "x", 2.0], [1, "x", 2.0]) and not values.is_still([1], [1, 2])
    assert not values.is_still({"a": 1}, {"b": 1}) and not values.is_still(np.ones(2), np.ones(2, int))


@pytest.mark.parametrize("name, value, words, others", [
    ("w", np.ones(2), ["`w *= …`", "`w.copy()`"], ["whoever keeps"]),
    ("g", np.ones(2), ["`g.sort()`", "; so does whoever keeps `g` itself"], []),
    ("w", torch.ones(2), ["`w *= …`", "`w.clone()`"], ["whoever keeps"]),
    ("settings", [1.0], ["Begin with `settings = list(settings)`"], ["array"])])
def test_the_remedy_for_a_changed_argument_fits_it(name, value, words, others):
    said = asking._remedy(name, value, value)
    assert all(word in said for word in words) and not any(word in said for word in others)


def test_only_what_the_judge_says_on_purpose_is_passed_on():
    def error(work):
        with pytest.raises(Exception) as caught:
            work()
        return caught.value

    def ours():
        EXERCISES["resume-exactly"].drive(lambda *asked: 3, 1.0, None, None, None, (1,))

    def anothers():
        raise ValueError("of somebody else")

    def by_the_way():
        EXERCISES["gradient-step"].drive(3)

    assert "three values are asked for" in asking._objection(error(ours))
    assert asking._objection(error(anothers)) == asking._objection(error(by_the_way)) == ""


def test_who_has_no_seconds_left_is_asked_no_more(monkeypatch):
    exercise = EXERCISES["gradient-step"]
    first, more = len(exercise.probes), tasks.DRAWS + len(exercise.further)
    asked = lambda: framework.judge(exercise, exercise.reference).message
    assert f"all {first + more} probes" in asked()
    monkeypatch.setattr(framework, "MORE_SECONDS", -1)
    assert f"all {first} probes" in asked()


@pytest.mark.parametrize("computed, passed, over", [(4.9, 14.9, False), (5.1, 5.1, True), (0.1, 15.1, True)])
def test_seconds_count_in_which_something_is_computed_and_a_third_of_those_on_the_clock(
        computed, passed, over, monkeypatch):
    clock = {"process_time": 7.0, "monotonic": 70.0}
    for name in clock:
        monkeypatch.setattr(framework.time, name, lambda name=name: clock[name])
    alarm = framework._alarm(5)
    assert not alarm()
    clock.update(process_time=7.0 + computed, monotonic=70.0 + passed)
    assert alarm() is over


@pytest.mark.parametrize("stops, named", [(5, True), (6, False)])
def test_a_mistake_is_named_if_half_of_the_answers_can_be_told(stops, named):
    exercise = tasks.Exercise("itself", "", lambda x: x, "", (), tuple((float(x),) for x in range(1, 10)),
                              ((lambda x: 2 * x, "That is twice x."),))
    answers = lambda x: 2 * x if x + stops < 10 else math.log(-x)  # to the first question once more at the end
    assert ("That is twice x." in framework.judge(exercise, answers).message) is named


@pytest.mark.parametrize("value, shown", [
    (0.1 + 0.2, "0.3"), (0.25 * (1 + 1e-9), "0.25000000025"), (1 / 3, "0.333333"), (float(np.float32(0.1)), "0.1"),
    ((0.5, 0.5 - 1e-7), "(0.5, 0.4999999)"), (np.array([0.5, 0.5 - 1e-7]), "[0.5, 0.4999999]"),
    ((0.1 + 0.2, 0.3), "(0.3, 0.3)"), ((96,), "(96,)"), ((np.nan, np.nan, 0.1, np.inf), "(nan, nan, 0.1, inf)"),
    (np.array([np.nan, np.nan, 1.0, np.inf]), "[nan, nan, 1, inf]"), (np.float64(-0.0), "0"), ((), "()"),
])
def test_numbers_that_differ_are_shown_as_different_ones(value, shown):
    assert values.show(value) == shown


def test_first_steps_are_compared_walk_by_walk_where_a_later_step_stops():
    def stops_in_the_second_step(w, g, state, lr, beta1, beta2, eps):
        if state:
            raise ValueError("stopped")
        return EXERCISES["adam-update"].reference(w, g, state, lr, beta1, beta2, eps)

    message = check("adam-update", stops_in_the_second_step).message
    assert differences.FIRST_STEP_IS_RIGHT in message


@pytest.mark.parametrize("share", [0.9, 1.1])
def test_small_numbers_are_not_taken_for_zeros_that_were_rounded(share):
    small = 4e-9 * np.array([1.0, 2.0, 3.0])
    assert "rounded" not in effect(list(share * small), list(small), [{}, {}, {}])
