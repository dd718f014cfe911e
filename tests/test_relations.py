"""Edges of the judge: what all probes have in common, walks, and exercises as data."""

import dataclasses
import inspect

import numpy as np
import pytest
import torch
from small_exercises import exercise

from course_utils.exercises import EXERCISES, framework
from course_utils.exercises.otherwise import otherwise
from course_utils.exercises.relations import MISTAKE, NOTHING, _shortened, alike, effect, near
from course_utils.exercises.tasks import Exercise, Project, Result
from course_utils.exercises.walks import walk

UPDATES = [e.id for e in EXERCISES.values() if "state" in inspect.signature(e.reference).parameters]
FINE = np.array([0.234567, 3.456789, 5.171717, 7.234567])


def judged(reference, attempt, *probes):
    return framework.judge(exercise(reference, *probes), attempt)


# What holds on all probes

@pytest.mark.parametrize("factors, words", [
    ([1.001, 1.001, 1.001, 1.001], "yours is `1.001` times what it should be"),
    ([1.001, 1.00105, 1.00095, 1.00102], "yours is within 1 % of what it should be, but not equal to it")])
def test_a_factor_near_1_is_told_if_the_change_itself_is_alike_everywhere(factors, words):
    assert effect(list(FINE * factors), list(FINE), [{}] * 4) == f"On all 4 probes {words}."


@pytest.mark.parametrize("off, told", [(0.5e-4, True), (1.5e-4, False)])
def test_a_small_number_is_held_against_the_largest_of_its_answer(off, told):
    expected = [np.array([1000.0, 0.0, 3.0]), np.array([7.0, 4.0, -2.0])]
    got = [-expected[0] + [0, off, 0], -expected[1]]
    assert ("the sign of yours is turned round" in effect(got, expected, [{}, {}])) is told


@pytest.mark.parametrize("whole", [5.0, 5 - 1e-9, 0.0])
def test_a_whole_number_is_cut_to_itself(whole):
    expected = [np.array([2.3, 3.9, whole]), np.array([-7.8, 1.2])]
    got = [np.array([2.0, 3.0, round(whole)]), np.array([-7.0, 1.0])]
    assert effect(got, expected, [{}, {}]) == "On all 2 probes yours is what it should be, cut to 0 places."


@pytest.mark.parametrize("pairs, place", [
    ([(4, 2), (3, 4), (15, 1), (7, 6)], ", those where `a` is not a multiple of `b`"),
    ([(4, 2), (3, 4), (15, 0), (7, 6)], "")])
def test_whole_numbers_are_multiples_of_1_and_nothing_is_one_of_0(pairs, place):
    right, asked = [2.0, 3.0, 5.0, 7.25], [{"a": a, "b": b} for a, b in pairs]
    got = [2 * e if off else e for e, off in zip(right, (1, 0, 1, 0), strict=True)]
    told = effect(got, right, asked)
    assert told == f"Right on 2 of 4 probes{place}; on the others yours is twice what it should be."


@pytest.mark.parametrize("a, b, tolerance, same", [
    (NOTHING, 0.0, 0.0, True), (1.5e-14, 0.0, 0.0, False), (1.10005, 1.0, 0.1, True), (1.10015, 1.0, 0.1, False)])
def test_numbers_are_near_within_the_tolerance_and_a_thousandth_of_it(a, b, tolerance, same):
    assert near(a, b, tolerance) is same
    assert alike(np.array([a]), np.array([b]), tolerance).tolist() == [same]


def test_numbers_of_an_array_are_alike_relative_to_the_largest_of_it():
    right = np.array([1000.0, 0.0, 0.0, np.inf])
    assert alike(right + [0.0, 0.05, 0.15, 0.0], right, 0.1).tolist() == [True, True, False, True]


@pytest.mark.parametrize("parts, words", [
    (1, "On all 2 probes yours is twice"), (5, ""),
    (4, "On every probe value 2 and value 3 and value 4 are right. On all 2 probes value 1 is twice")])
def test_two_to_four_values_are_told_of_one_by_one(parts, words):
    expected = [tuple(np.arange(1.0, parts + 1) + x) for x in (0.0, 2.0)]
    told = effect([(2 * e[0], *e[1:]) for e in expected], expected, [{}, {}])
    assert told == words + " what it should be." * bool(words)


def test_values_in_an_array_are_told_of_as_those_in_a_tuple():
    expected = [(1.0, 2.0), (3.0, 5.0)]
    assert effect([np.array([a, 2 * b]) for a, b in expected], expected, [{}, {}]) == (
        "On every probe value 1 is right. On all 2 probes value 2 is twice what it should be.")
    assert effect([(1.0, 4.0), 3.0], expected, [{}, {}]) == ""


def test_tensors_that_ask_for_gradients_are_numbers():
    expected = [torch.tensor([1.0, 2.0], requires_grad=True), torch.tensor([3.0, 5.0], requires_grad=True)]
    assert effect([2 * e for e in expected], expected, [{}, {}]) == "On all 2 probes yours is twice what it should be."


@pytest.mark.parametrize("ratio, words", [(2.00003, "twice"), (0.50003, "half of"), (2.0004, "`2` times")])
def test_a_factor_is_told_to_four_places(ratio, words):
    assert effect(list(FINE * ratio), list(FINE), [{}] * 4) == f"On all 4 probes yours is {words} what it should be."


def test_where_entries_are_wrong_is_asked_of_all_that_are_off():
    right, asked = [np.arange(3.0), np.arange(3.0), np.arange(3.0), np.arange(4.0)], [{"a": a} for a in (0, 0, 3, 4)]
    got = [right[0], right[1], right[2] + 1, right[3][1:3]]
    assert effect(got, right, asked) == "Right on 2 of 4 probes, those where `a` is 0."


@pytest.mark.parametrize("scale, digits, words", [
    (1e-4, 8, "yours is what it should be, rounded to 8 places"),
    (1e-8, 12, "yours is what it should be, rounded to 12 places"),
    (1e-9, 13, "yours is all but equal to what it should be, and still not equal"),
    (1e-3, 5, "yours is what it should be, rounded to 5 places"),
    (1e-9, 12, "yours is what it should be, rounded to 12 places"),
    (1e-10, 13, "yours is within 1 % of what it should be, but not equal to it")])
def test_numbers_are_seen_to_be_rounded_to_at_most_twelve_places(scale, digits, words):
    right = np.array([1.23464, 1.65736, 1.33334]) * scale
    assert effect(list(np.round(right, digits)), list(right), [{}] * 3) == f"On all 3 probes {words}."


@pytest.mark.parametrize("got, expected, digits, words", [
    (0.0, 0.5 + MISTAKE, 0, "rounded or cut"), (0.0, 0.6, 0, "cut"), (1.0, 0.6, 0, "rounded"),
    (1 + 1.5e-13, 0.999, 2, ""), (1 + 0.5e-13, 0.999, 2, "rounded"), (1e-13, 0.3, 0, "rounded or cut"),
    (3.05e-6, 3.4e-6, 6, ""), (0.5, 0.4, 0, "")])
def test_a_number_is_rounded_if_it_has_no_more_digits(got, expected, digits, words):
    assert _shortened(np.array([got]), np.array([expected]), digits) == words


@pytest.mark.parametrize("got, expected, words", [
    ([(1, -5), (6, -9)], [(1, -2), (3, -4)], ""), ([(1, -1), (2, -3)], [(1, -2), (3, -4)], ""),
    ([(2, -5), (6, -9)], [(1, -2), (3, -4)], "too far from 0"),
    ([(0, -1), (1, -3)], [(1, -2), (3, -4)], "too close to 0"), ([(-0.5, -1), (1, -3)], [(1, -2), (3, -4)], ""),
    ([(1, 5), (6, 9)], [(1, 2), (3, 4)], ""), ([(2, 5), (6, 9)], [(1, 2), (3, 4)], "too large"),
    ([(1, 1), (2, 1)], [(1, 2), (3, 4)], ""), ([(0, 1), (2, 1)], [(1, 2), (3, 4)], "too small")])
def test_what_is_said_of_all_numbers_holds_for_all(got, expected, words):
    told = effect([np.array(g, float) for g in got], [np.array(e, float) for e in expected], [{}, {}])
    assert told == f"On all 2 probes yours is {words}." * bool(words)


@pytest.mark.parametrize("a, words", [(0.0, "`0`"), (1.0, "`1`"), (2.0, "`a` itself")])
def test_an_argument_that_is_0_or_1_is_told_as_the_number(a, words):
    assert effect([a] * 3, [3.0, 5.0, 8.5], [{"a": a}] * 3) == f"On all 3 probes yours is {words}."


def test_only_what_every_probe_gives_is_asked_about():
    right, wrong = [2.0, 3.0, 5.0, 7.25], [4.0, 3.0, 10.0, 7.25]
    asked = [{"a": 0, "b": 7.0, "c": np.arange(2.0)}, {"a": 2, "b": 7.0}, {"a": 0}, {"a": 3}]
    for given in (asked, asked[2:] + asked[:2]):
        assert effect(wrong, right, given).startswith("Right on 2 of 4 probes, those where `a` is not 0; on the others")


def test_words_that_were_asked_for_stay_as_they_are():
    right, asked = [2.0, 3.0, 5.0], [{"kind": "as is this"}, {"kind": "other"}, {"kind": "as is this"}]
    assert effect([4.0, 3.0, 10.0], right, asked).startswith(
        "Right on 1 of 3 probes, those where `kind` is not 'as is this'; on the others")


# Walks

@pytest.mark.parametrize("drift, same", [(0.7e-6, True), (1.5e-6, False)])
def test_a_walk_that_comes_out_differently_a_second_time_is_known(drift, same):
    calls = []

    def update(w, g, state):
        calls.append(w)
        return w * (1 + drift * (len(calls) == 3)), state

    walked = walk(update, 1.0, [0.5, 0.5], [(), ()])
    assert isinstance(walked, tuple) is same
    assert same or repr(walked) == "another walk when it was begun anew with state {}"


@pytest.mark.parametrize("answer, words", [
    ((1.0, {}, 0.5), "no pair (weights, state), but "), (np.ones(2), "no pair (weights, state), but an array "),
    (2.0, "no pair (weights, state), but 2"), (({}, 1.0), "the state first, and then the weights")])
def test_what_is_no_pair_of_weights_and_state_is_said(answer, words):
    assert repr(walk(lambda w, g, state: answer, 1.0, [0.5], [()])).startswith(words)


@pytest.mark.parametrize("id", UPDATES)
@pytest.mark.parametrize("first", [True, False])
def test_a_step_with_a_rate_of_0_still_changes_the_state(id, first):
    right = EXERCISES[id].reference

    def keeps_the_state(w, g, state, lr, *rest):
        return (w, state) if bool(state) is not first and not lr else right(w, g, state, lr, *rest)

    assert not framework.judge(EXERCISES[id], keeps_the_state).passed


# What comes out with another argument

@pytest.mark.parametrize("change", [lambda w, state: (state, w), lambda w, state: (w, -state)])
def test_the_state_changes_places_with_nothing(change):
    def reference(w, state):
        return w - 2 * state

    def agrees(function):
        try:
            return all(function(*a) == reference(*change(*a)) for a in [(1.0, 3.0), (2.0, 0.5), (-1.0, 4.0)])
        except TypeError:  # a row in the place of a number
            return False

    assert otherwise(lambda w, state: reference(*change(w, state)), reference, agrees) == ""


def test_answers_in_words_are_held_against_what_other_arguments_give():
    size = lambda n: "many" if n > 5 else "some" if n > 2 else "few"
    message = judged(size, lambda n: size(n + 1), (5,), (2,), (1,), (7,), (3,)).message
    assert "On every probe that is what comes out with `n + 1` in the place of `n`." in message


def test_who_gives_back_a_text_that_was_passed_is_not_told_of_changed_places():
    message = judged(lambda a, b: b, lambda a, b: a, ("x", "y"), ("z", "x"), ("y", "z")).message
    assert "the answer is `'y'`" in message and "change places" not in message


# Exercises and what is asked

@pytest.mark.parametrize("kind, name", [(Exercise, "title"), (Project, "title"), (Result, "passed")])
def test_exercises_and_results_cannot_be_changed_by_accident(kind, name):
    values = {field.name: "" for field in dataclasses.fields(kind) if field.init}
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(kind(**values), name, "another")


def root(x):
    """The root of x."""
    return np.sqrt(x)


def test_a_solution_is_shown_with_the_imports_that_it_needs_and_no_others():
    assert exercise(root).source == ('import numpy as np\n\n\ndef root(x):\n    """The root of x."""\n'
                                     "    return np.sqrt(x)\n")


def test_a_function_without_code_has_not_been_attempted():
    def untouched(x):
        """Only words."""

    result = judged(lambda x: x, untouched, (1.0,), (2.0,))
    assert not result.attempted and result.message.startswith("Replace the `...`")


def test_what_is_printed_is_shown_for_the_first_probes_only(capsys):
    def prints(x):
        print("hello")
        return x

    assert framework.judge(exercise(lambda x: x, (1.0,), (2.0,), further=((3.0,), (4.0,))), prints).passed
    assert capsys.readouterr().out == "hello\n" * 3  # the first one is asked once more at the end


def test_a_further_question_may_take_a_fifth_of_the_time_for_all_of_them(monkeypatch):
    seconds = []
    monkeypatch.setattr(framework, "run_limited", lambda work, s, *rest: seconds.append(s) or work())
    small = exercise(lambda x: x, (1.0,), (2.0,), further=((3.0,), (4.0,)))
    assert framework.judge(small, lambda x: x, 10).passed
    assert framework.judge(small, lambda x: x, 0.5).passed
    assert seconds == [10, framework.MORE_SECONDS / 5, framework.MORE_SECONDS / 5, 0.5, 0.5, 0.5]



@pytest.mark.parametrize("about, on", [("", "the other one"), ("0 <= a", "the other one, which has `a` at 0,"),
                                       ("blue", "the other one, which asks for “blue”,")])
def test_of_one_wrong_answer_it_is_said_in_the_singular(about, on):
    right = [np.array([1.0, 2.0, 3.0]), np.array([4.0, 6.0, 5.0]), np.array([7.0, 7.5, 9.0])]
    asked = [{"a": 0.5}, {"a": 0.25}, {"a": 0.75}]
    assert effect([*right[:2], right[2][::-1]], right, asked, about) == (
        f"Right on 2 of 3 probes; on {on} the numbers are right, and their order is not.")
