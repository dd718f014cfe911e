"""What `check` says of a wrong answer is true of every answer that it is said of."""

import ast
import copy
import inspect
import math
import re
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from test_exercises import (
    WRONG,
    every_exercise,
    one_error_sem,
    reached_at_even_looks,
    rule,
    steps_by_walking,
    summed,
)

from course_utils.exercises import EXERCISES, asking, check, relations, values
from course_utils.exercises.framework import judge
from course_utils.exercises.relations import effect
from course_utils.exercises.tasks import Exercise

every_function = pytest.mark.parametrize("exercise", [e for e in EXERCISES.values() if e.drive is Exercise.drive],
                                         ids=lambda exercise: exercise.id)
UPDATES = [e for e in EXERCISES.values() if "state" in inspect.signature(e.reference).parameters]


# One slip on top of the right answer: if it has a name, the name is that of the slip

def on_the_answer(change):
    def slip(attempt):
        def changed(*arguments):
            answer = attempt(*arguments)
            if isinstance(answer, tuple):
                return tuple(change(x) for x in answer)
            return change(np.array(answer) if isinstance(answer, list) else answer)
        return changed
    return slip


def on_the_arguments(change):
    return lambda attempt: lambda *arguments: attempt(*change(*arguments))


SLIPS = {
    "twice": (on_the_answer(lambda x: 2 * x), "twice|too long|2 of the square"),
    "half": (on_the_answer(lambda x: x / 2), "half|in one step"),
    "sign": (on_the_answer(lambda x: -x), "sign|turned round|uphill|negative"),
    "one more": (on_the_answer(lambda x: x + 1), "one|count|1"),
    "one less": (on_the_answer(lambda x: x - 1), "one|count|as a share"),
    "upside down": (on_the_answer(lambda x: 1 / x), "upside down"),
}
STEP_SLIPS = {
    "uphill": (on_the_arguments(lambda w, g, *rest: (w, -g, *rest)), "uphill"),
    "rate 1": (on_the_arguments(lambda w, g, state, lr, *rest: (w, g, state, 1.0, *rest)), "rate is missing"),
    "rate twice": (on_the_arguments(lambda w, g, state, lr, *rest: (w, g, state, lr**2, *rest)), "rate comes in twice"),
    "nothing kept": (on_the_arguments(lambda w, g, state, *rest: (w, g, {}, *rest)), "is not used|comes in"),
    "beta 0.9": (on_the_arguments(lambda w, g, state, lr, *rest: (w, g, state, lr, 0.9, *rest[1:])),
                 "typed in|whatever is passed|hats"),
}


@every_exercise
def test_a_slip_that_has_a_name_is_called_by_it(exercise):
    sentences = [sentence for _, sentence in exercise.mistakes]
    for slip, words in (STEP_SLIPS if exercise in UPDATES else SLIPS).values():
        result = judge(exercise, slip(exercise.reference))
        if any(sentence in result.message for sentence in sentences):
            assert re.search(words, result.message, re.IGNORECASE), result


# A slip at one probe on top of a known mistake: its sentence may be said, and that there is more

@every_function
def test_a_sentence_that_does_not_explain_all_says_so(exercise):
    at = len(exercise.probes) - 1
    question = repr(exercise.probes[at])

    def slipping(wrong):
        def attempt(*arguments):
            here = repr(arguments) == question
            answer = wrong(*arguments)
            return np.asarray(answer, dtype=float) * 1.7 + 0.013 if here else answer
        return attempt

    compared = 0
    for wrong, sentence in exercise.mistakes:
        try:
            finite = np.isfinite(np.asarray(wrong(*copy.deepcopy(exercise.probes[at])), dtype=float)).all()
        except Exception:  # no numbers to add something to
            continue
        if finite:
            message = judge(exercise, slipping(wrong)).message
            compared += 1
            assert sentence not in message or re.search(
                r"^This explains at least \d+ of \d+ answers: .*Look at `|It stopped with", message), message
    assert compared > 3 or exercise.id in (
        "layer-backward", "training-rates", "log-grid", "name-fate")


# What is said of all probes together is counted again

def answers(exercise, attempt):
    """Pairs of what came and what should have come for each probe, and what was asked; numbers only."""
    got, expected = asking.outcomes(exercise, attempt), asking.outcomes(exercise, exercise.reference)
    names = list(inspect.signature(exercise.reference).parameters)
    return [(g, e, dict(zip(names, probe, strict=True)))
            for g, e, probe in zip(got[:-1], expected[:-1], exercise.probes, strict=True)]


def holds_where(words, asked):
    name, negated, rest = re.fullmatch(r"`(\w+)` is (not )?(.*)", words).groups()
    value = asked[name]
    if rest == "a single number":
        answer = np.ndim(value) == 0
    elif rest in ("of one entry", "of one row"):
        assert np.ndim(value) == (1 if rest == "of one entry" else 2)
        answer = len(value) == 1
    elif rest == "below 0":
        answer = value < 0
    elif other := re.fullmatch(r"(equal to|less than|a multiple of) `(\w+)`", rest):
        b = asked[other[2]]
        answer = {"equal to": value == b, "less than": value < b, "a multiple of": not isinstance(b, float) and
                  value % b == 0}[other[1]]
    else:
        answer = value in [ast.literal_eval(part) for part in rest.split(" or ")]
    return answer != bool(negated)


CLAIMS = {
    r"yours is twice what": lambda g, e: np.isclose(g, 2 * e),
    r"yours is half of what": lambda g, e: np.isclose(g, e / 2),
    r"the sign of yours is turned round": lambda g, e: np.isclose(g, -e),
    r"the sign and the size of yours are wrong": lambda g, e: g * e < 0,
    r"yours is 1 divided by what": lambda g, e: np.isclose(g * e, 1),
    r"yours is the square of what": lambda g, e: np.isclose(g, e * e),
    r"yours is the root of what": lambda g, e: np.isclose(g * g, e),
    r"yours is too large[.`;]": lambda g, e: g > e,
    r"yours is too small[.`;]": lambda g, e: g < e,
    r"yours is too far from 0": lambda g, e: abs(g) > abs(e),
    r"yours is within 1 %": lambda g, e: abs(g - e) <= 0.0101 * abs(e),
}


@every_function
def test_what_is_said_of_all_probes_together_is_counted_again(exercise):
    nameless, said = replace(exercise, mistakes=()), 0
    for attempt in [*(wrong for wrong, _ in exercise.mistakes), *WRONG[exercise.id]]:
        message = judge(nameless, attempt).message
        rows = answers(exercise, attempt)
        right = [values.same(g, e, relations.RIGHT) for g, e, _ in rows]
        if count := re.search(r"Right on (\d+) of (\d+) probes", message):
            if "first steps" not in message:
                assert (int(count[1]), int(count[2])) == (sum(right), len(right)), message
                said += 1
            if (place := re.search(r"those where (.*?)(;|\.$|\. |\.)", message)) and "value" not in message:
                assert [holds_where(place[1], asked) for _, _, asked in rows] == right, message
        scalar = all(values.size(e) == 1 and e is not None and not isinstance(e, str) for _, e, _ in rows)
        off = [(g, e) for (g, e, _), ok in zip(rows, right, strict=True) if not ok]
        if not scalar:
            continue
        for words, holds in CLAIMS.items():
            if re.search(words, message):
                assert all(holds(float(g), float(e)) for g, e in off), message
                said += 1
        if times := re.search(r"yours is `([^`]*)` times what it should be(?:, divided by `(.*?)`)?", message):
            names = rows[0][2]
            assert all(np.isclose(float(g) * (asked[times[2]] if times[2] else 1),
                                  float(e) * (asked[times[1]] if times[1] in names else float(times[1])), 1e-3)
                       for (g, e, asked), ok in zip(rows, right, strict=True) if not ok), message
            said += 1
        if by := re.search(r"yours is too (large|small) by `([\d.e-]+)`", message):
            assert all(np.isclose(float(g) - float(e), float(by[2]) * (1 if by[1] == "large" else -1), 1e-3)
                       for g, e in off), message
            said += 1
    assert said or not scalar


@pytest.mark.parametrize("got, words", [
    ([2.0, 4.0, 8.0], "On all 3 probes yours is twice what it should be."),
    ([1.0, 2.0, 3.0], "Right on 2 of 3 probes, those where `n` is less than `m`."),
    ([0.0, 1.0, 3.0], "On all 3 probes yours is too small by `1`."),
    ([1.00005, 2.0, 4.0002], "Right on 1 of 3 probes; on the others yours is all but equal to what it should be, and "
                             "still not equal."),
    ([7.0, 7.0, 7.0], "On all 3 probes yours is `7`."), ([5.0, 6.0, 7.0], "On all 3 probes yours is `n` itself."),
    ([1.0, 4.0, 16.0], "Right on 1 of 3 probes; on the others yours is the square of what it should be."),
    ([1.0, 2.0, 4.0], ""), ([3.0, 1.0, -9.0], ""), (["a", 2.0, 4.0], ""), ([[1.0], 2.0, 4.0], ""),
])
def test_effects_by_example(got, words):
    asked = [{"n": 5, "m": 6}, {"n": 6, "m": 8}, {"n": 7, "m": 4}]
    assert effect(got, [1.0, 2.0, 4.0], asked) == words


def test_a_lone_wrong_answer_is_told_apart_by_a_value_only_where_its_corner_names_the_argument():
    asked = [{"n": 5}, {"n": 6}, {"n": 1}]
    assert effect([1.0, 2.0, 3.0], [1.0, 2.0, 4.0], asked) == "Right on 2 of 3 probes."
    assert "those where `n` is not 1" in effect([1.0, 2.0, 3.0], [1.0, 2.0, 4.0], asked, "n may be 1")


@pytest.mark.parametrize("id, attempt", [
    ("epochs-to", lambda a, t: EXERCISES["epochs-to"].reference(a, t) if t > 0.01 else None),
    ("pick-rate", lambda r, v, t: EXERCISES["pick-rate"].reference(r, np.maximum(v, 0), t)),
])
def test_an_answer_that_is_called_right_but_for_one_case_is_right_but_for_it(id, attempt):
    message = check(id, attempt).message
    assert message.startswith("Right unless") and re.search("Look at `.*`, too", message)


def test_an_effect_holds_for_small_answers_as_for_large_ones():
    asked = [{"n": 5}, {"n": 6}, {"n": 7}]
    assert "twice" not in effect([2e-4, 2e4, 9e-4], [1e-4, 1e4, 2e-4], asked)
    assert "times" not in effect([1 + 3e-5, 2 + 6e-5, 3 + 9e-5], [1.0, 2.0, 3.0], asked)
    asked = [{"n": 5, "m": 1e-29}, {"n": 6, "m": 3e-22}, {"n": 7, "m": 2e-25}]
    assert "divided by `m`" not in effect([25.0, 30.0, 33.0], [45.0, 41.0, 60.0], asked)


@pytest.mark.parametrize("got, words", [
    (lambda e: e[1:], "On every probe the first entry is missing, and the others are right."),
    (lambda e: e[:-1], "On every probe the last entry is missing, and the others are right."),
    (lambda e: [*e, 9.0], "The entries begin rightly, but there are too many of them."),
    (lambda e: e[::-1], "On all 2 probes the numbers are right, and their order is not."),
])
def test_effects_on_lists_by_example(got, words):
    expected = [[1.0, 2.0, 4.0], [3.0, 5.0, 7.0, 8.0]]
    assert effect([got(e) for e in expected], expected, [{}, {}]) == words


@pytest.mark.parametrize("got, words", [
    ([0.1, 0.5], "is the first of `rates`"), ([0.3, 0.2], "is the last of `rates`"), ([0.3, 0.5], "is the largest of"),
    ([0.1, 0.2], "is the smallest of `rates`"), ([0.7, 0.7], "is none of the `rates`"), ([0.3, 0.4], ""),
])
def test_a_choice_among_what_was_given_is_called_by_its_place(got, words):
    asked = [{"rates": np.array([0.1, 0.2, 0.3])}, {"rates": np.array([0.5, 0.4, 0.3, 0.2])}]
    assert words in effect(got, [0.2, 0.3], asked)


def test_parts_that_are_right_are_named():
    expected = [(1.0, 2.0), (3.0, 5.0), (4.0, 0.5)]
    assert effect([(a, 3 * b) for a, b in expected], expected, [{}] * 3, parts=("the rate", "the score")) == (
        "On every probe the rate is right. On all 3 probes the score is `3` times what it should be.")
    assert effect([(b, a) for a, b in expected], expected, [{}] * 3) == "These are the right values, in another order."


@pytest.mark.parametrize("parts, words", [
    (("the rates", "the decays"),
     "On every probe the rates are right. On all 3 probes the decays are `3` times what they should be."),
    (("the bit", "the loss"),
     "On every probe the bit is right. On all 3 probes the loss is `3` times what it should be."),
])
def test_a_part_that_is_several_things_has_its_verb(parts, words):
    expected = [(1.0, 2.0), (3.0, 5.0), (4.0, 0.5)]
    assert effect([(a, 3 * b) for a, b in expected], expected, [{}] * 3, parts=parts) == words


def clipped_too_short(weights, gradients, lr, max_norm):
    return EXERCISES["clip-by-norm"].reference(weights, gradients, lr, 0.9 * max_norm)


def clipped_as_one_array(weights, gradients, lr, max_norm):
    return np.concatenate([np.ravel(w) for w in clipped_too_short(weights, gradients, lr, max_norm)])


def two_slips_in_a_fate(train, val, rates, ratio):
    val = np.where(val == val.min(), 0.999 * val, val)
    return EXERCISES["name-fate"].reference(np.append(train[:-1], train[-1] * 0.999), val, rates, ratio)


@pytest.mark.parametrize("id, attempt, words", [
    ("clip-by-norm", lambda w, g, lr, m: clipped_too_short(w, g, lr, m) if len(w) > 1 else
     EXERCISES["clip-by-norm"].reference(w, g, lr, m), "value 1 of 2, entry [0, 0] (of shape (2, 2), counted from 0)"),
    ("clip-by-norm", clipped_as_one_array, "Asked for is a list of arrays, and not an array of shape (1,)."),
    ("name-fate", two_slips_in_a_fate, "The first training loss there is `2.3`, the last `2.3`."),
    ("accumulated-steps", lambda w, gradient, batches, every, lr: EXERCISES["accumulated-steps"].reference(
        w, gradient, batches, every, 1.1 * lr), "w goes to `"),
    ("resume-exactly", lambda checkpoint, gradient, optimizer, schedule, n: EXERCISES["resume-exactly"].reference(
        checkpoint, gradient, optimizer, lambda step: schedule(step % max(n, 1)), n), "{}, 2), gradient"),
    ("resume-exactly", lambda checkpoint, gradient, optimizer, schedule, n: (
        lambda w, state, step: (w, {**state, "t": state["t"] - 1} if state.get("t") else state, step))(
        *EXERCISES["resume-exactly"].reference(checkpoint, gradient, optimizer, schedule, n)),
     "value 2 of 3, `t`: expected `5`, got `4`"),
    ("clip-threshold", lambda norms, percentile, skip: 0.9 * EXERCISES["clip-threshold"].reference(
        norms, percentile, skip), "In order, what remains there is `2.5`. Yours lies below all of them."),
    ("parameter-settings", lambda names, shapes, lr, factor, wd: ({"a": lr}, {"a": wd}), "That is a dict, not a list"),
])
def test_lists_of_arrays_and_ways_are_said_in_their_own_words(id, attempt, words):
    message = check(id, attempt).message
    assert words in message and "not a real number" not in message, message


# What the solution gives when it is asked something else

@pytest.mark.parametrize("id, change, words", [
    ("warmup-cosine", lambda f: lambda step, peak, warm, total: f(step, 0.8, warm, total),
     "`0.8` in the place of `peak_lr`"),
    ("plateau-rate", lambda f: lambda losses, lr, factor, patience: f(losses, lr, factor, 2),
     "`2` in the place of `patience`"),
    ("plateau-rate", lambda f: lambda losses, lr, factor, patience: f(losses[::-1], lr, factor, patience),
     "`losses[::-1]` in the place of `losses`"),
    ("training-rates", lambda f: lambda schedule, epochs, n, size: f(schedule, epochs, size, n),
     "`n_examples` and `batch_size` change places"),
    ("effective-rate", lambda f: lambda lr, beta, dampening: f(lr, beta**2, 1 - dampening), ""),
    ("nesterov-update", lambda f: lambda w, g, state, lr, beta: f(w, g, state, lr**2, beta), "`lr ** 2` in the place"),
])
def test_what_comes_out_for_other_arguments_is_called_by_them(id, change, words):
    exercise = EXERCISES[id]
    message = judge(replace(exercise, mistakes=()), change(exercise.reference)).message
    assert words in message if words else "what comes out" not in message, message


@pytest.mark.parametrize("id, attempt, words", [
    ("one-error-pick", lambda rates, scores: rates[1], "its standard error `0`, the line `0.75`"),
    ("range-test-pick", lambda rates, losses: rates[3], "that of the losses 0 to 2, counted from 0"),
    ("plateau-rate", lambda losses, lr, factor, patience: lr / 7, "The rate never falls there."),
    ("plateau-rate", lambda losses, lr, factor, patience: lr, "The rate falls there at the loss 4, counted from 0."),
    ("paired-interval", lambda a, b: (np.mean(a - b), 0.0, 0.0), "the standard error `0.175`; t is `12.71`"),
    ("training-rates", lambda schedule, *rest: [1.0], "batches in each: 3; steps in all: 6."),
    ("warmup-cosine", lambda step, peak, *rest: 1.7 * peak, "This is step 1 of the 4 on the straight line."),
    ("effective-rate", lambda lr, beta, dampening: lr + beta, "begins with `1` and `1.9`, and settles at `10`"),
    ("best-momentum", lambda low, high: (low, high), "√low is `1` and √high `5`"),
    ("log-grid", lambda low, high, n: np.full(5, 1.3), "there are 4 steps, each by the factor `10`"),
])
def test_an_unknown_mistake_is_shown_the_way_to_the_right_answer(id, attempt, words):
    assert words in judge(replace(EXERCISES[id], mistakes=()), attempt).message


@pytest.mark.parametrize("id, attempt, words", [
    ("one-error-pick", lambda rates, scores: rates[-1], "Yours has the mean `0.75`, which is below the line."),
    ("one-error-pick", lambda rates, scores: rates[1], "Yours is among them, but it is not the smallest."),
    ("range-test-pick", lambda rates, losses: rates[3] / 10, "where the loss is `0.3` and the mean `1.08`"),
    ("plateau-rate", lambda losses, lr, factor, patience: lr * factor, "Yours is as if it had fallen once."),
    ("summed-rate", lambda f, n: sum(f(t) for t in range(n) if t != 2), "too small by as much as the rate of step 2."),
    ("effective-rate", lambda lr, beta, dampening: lr * (1 - dampening) * sum(beta**k for k in range(30)),
     "the velocity after 30 gradients"),
    ("training-rates", lambda *x: np.array(EXERCISES["training-rates"].reference(*x)).astype(int),
     "rounded down to a whole number"),
    ("training-rates", lambda *x: EXERCISES["training-rates"].reference(*x)[:-1] + [7.0], "Entry 5 differs"),
])
def test_an_unknown_mistake_is_told_what_its_number_means(id, attempt, words):
    message = judge(replace(EXERCISES[id], mistakes=()), attempt).message
    assert words in message, message


def test_a_wrong_answer_to_a_question_asked_twice_that_changes_is_told_so():
    calls = []
    message = judge(replace(EXERCISES["effective-rate"], mistakes=()), lambda *a: calls.append(a) or len(calls)).message
    assert "The same question got two different answers: either something is kept" in message


@pytest.mark.parametrize("rest", [-1e-17, 1e-16])
def test_what_rounding_leaves_of_nothing_is_nothing(rest):
    right = EXERCISES["best-momentum"].reference
    assert check("best-momentum", lambda low, high: (right(low, high)[0], right(low, high)[1] + rest)).passed
    assert not check("best-momentum", lambda low, high: (right(low, high)[0], right(low, high)[1] + 1e-9)).passed


# Other causes with the numbers of a known mistake

def by_places(w, g, state, lr, beta):
    return w - lr * g + beta * (w - state.get("w", w)), {"w": w}


def good(scores):
    mean = scores.mean(axis=1)
    best = scores[mean.argmax()]
    return mean, mean.max() - best.std(ddof=1) / len(best) ** 0.5


def one_error_of_all_seeds(rates, scores):
    mean, line = good(scores)
    inside = (scores >= line).all(axis=1)
    return rates[inside].min() if inside.any() else rates[mean.argmax()]


def smoothed_pick(rates, losses, smooth):
    return rates[np.argmin([smooth(losses[max(i - 2, 0):i + 3]) for i in range(len(losses))])] / 10


def plateau_with_a_margin(losses, lr, factor, patience, margin):
    lowest, waited = np.inf, 0
    for loss in losses:
        lowest, waited = (loss, 0) if loss < lowest * (1 - margin) else (lowest, waited + 1)
        if waited > patience:
            lr, waited = lr * factor, 0
    return lr


def from_the_second_on(rates, scores):
    mean, line = good(scores)
    return min([rates[mean.argmax()], *rates[1:][mean[1:] >= line]])


def within_the_range(rates, scores):
    mean = scores.mean(axis=1)
    return rates[mean >= mean.max() - np.ptp(scores[mean.argmax()])].min()


def nearest_of_the_grid(rates, losses):
    return rates[abs(rates - EXERCISES["range-test-pick"].reference(rates, losses)).argmin()]


def smoothed_places(rates, losses, places):
    means = np.array([losses[max(i - 2, 0):i + 3].mean() for i in range(len(losses))])
    means[~np.isfinite(means)] = np.inf
    return rates[places][means[places].argmin()] / 10


def unsmoothed_ends(rates, losses):
    means = np.array([losses[max(i - 2, 0):i + 3].mean() for i in range(len(losses))])
    means[[0, -1]] = losses[[0, -1]]
    return rates[np.where(np.isfinite(means), means, np.inf).argmin()] / 10


def plateau_by_windows(losses, lr, factor, patience):
    waited = 0
    for i, loss in enumerate(losses):
        waited = 0 if loss < min(losses[max(0, i - patience - 1):i], default=np.inf) else waited + 1
        if waited > patience:
            lr, waited = lr * factor, 0
    return lr


def plateau_back_to_the_first_rate(losses, lr, factor, patience):
    lowest, waited, first = np.inf, 0, lr
    for loss in losses:
        lowest, waited, lr = (loss, 0, first) if loss < lowest else (lowest, waited + 1, lr)
        if waited > patience:
            lr, waited = lr * factor, 0
    return lr


def plateau_compared_too_late(losses, lr, factor, patience):
    lowest, waited = np.inf, 0
    for loss in losses:
        lowest = min(loss, lowest)
        waited = 0 if loss < lowest else waited + 1
        if waited > patience:
            lr, waited = lr * factor, 0
    return lr


def weights_halved_later(w, g, state, lr, beta):
    v = beta * state.get("v", 0.0) + g
    return (w / 2 if state else w) - lr * v, {"v": v}


def smoothed_pick_at(rates, losses, window):
    smooth = np.array([window(i).mean() for i in range(len(losses))])
    return rates[np.where(np.isfinite(smooth), smooth, np.inf).argmin()] / 10


@pytest.mark.parametrize("id, attempt, denied", [
    ("one-error-pick", from_the_second_on, ["walk down", "takes the place"]),
    ("one-error-pick", within_the_range, ["however bad"]),
    ("range-test-pick", nearest_of_the_grid, ["which Python reads", "two places before"]),
    ("range-test-pick", lambda r, x: smoothed_places(r, x, slice(1, -1)), ["mirrored"]),
    ("range-test-pick", lambda r, x: smoothed_places(r, x, slice(None, -1)), ["mirrored"]),
    ("range-test-pick", unsmoothed_ends, ["on both sides", "mirrored"]),
    ("plateau-rate", plateau_by_windows, ["takes the place of the lowest"]),
    ("momentum-update", weights_halved_later, ["takes over"]),
    ("training-rates", lambda *x: np.sort(EXERCISES["training-rates"].reference(*x))[::-1], ["all ask for"]),
    ("one-error-pick", one_error_of_all_seeds, ["square", "left out", "last one listed"]),
    ("one-error-pick", lambda r, s: r[good(s)[0] >= good(s)[1]][-1], ["square", "left out"]),
    ("one-error-pick", lambda r, s: r[good(s)[0] + s.std(axis=1, ddof=1) / s.shape[1] ** 0.5 >= good(s)[1]].min(),
     ["seed by seed"]),
    ("training-rates", lambda f, e, n, b: [f(t) for t in range(e * max(1, n // b))], ["nearest"]),
    ("effective-rate", lambda lr, b, d: lr if d else lr / (1 - b), ["Right only if", "Look at `"]),
    ("effective-rate", lambda lr, b, d: lr * (1 - d) / b if b else lr * (1 - d), ["Look at `"]),
    ("best-momentum", lambda low, high: (1 / (low * high) ** 0.5, EXERCISES["best-momentum"].reference(low, high)[1]),
     ["is divided by"]),
    ("nesterov-update", rule(lambda v, g, lr, beta: beta * v - g, lambda v, g, lr, beta: lr * (g + beta * v)),
     ["taken off in the bracket"]),
    ("momentum-update", lambda w, g, state, lr, beta: (
        w - lr * (beta * state.get("v", 0) + g) - lr * g, {"v": beta * state.get("v", 0) + g}), ["Look at `"]),
    ("range-test-pick", lambda r, x: smoothed_pick(r, x, lambda w: w.sum() if np.isfinite(w).all() else np.inf),
     ["the sum is divided by 5 all the same"]),
    ("range-test-pick", lambda r, x: EXERCISES["range-test-pick"].reference(r, x) * 10**0.5, ["One place too late"]),
    ("plateau-rate", lambda losses, lr, factor, patience: plateau_with_a_margin(losses, lr, factor, patience, 1e-8),
     ["fixed amount"]),
    ("first-answer", lambda n, b: {(8, 4): 2, (500, 32): 16}.get((n, b), n // b), ["nearest"]),
    ("pick-rate", lambda r, v, t: (r[v.mean(1).argmax()], t[{round(float(x), 2): k for k, x in enumerate(r)}[
        round(float(r[v.mean(1).argmax()]), 2)]].mean()), ["last rate"]),
    ("steps-to-tolerance", lambda f, t: max(math.ceil(math.log(t / f) / math.log(f)), 0) if f else int(t < 1),
     ["down"]),
    ("steps-to-tolerance", lambda f, t: next((n for n in range(300) if f**n <= t), 300), ["too many", "too few"]),
    ("update-ratio", lambda b, a: np.linalg.norm((a - b).T[0]) / np.linalg.norm(b.T[0]), ["first row"]),
    ("layer-backward", lambda x, W, g: (g @ (W.T if len(W) == W.shape[1] else W), g.T @ x, g.sum(0)), ["object"]),
    ("range-test-pick", lambda r, x: smoothed_pick_at(r, x, lambda i: x[i - 2:i + 3] if i else x[:3]), ["repeated"]),
])
def test_a_cause_is_not_named_where_it_is_another(id, attempt, denied):
    message = check(id, attempt).message
    assert not check(id, attempt).passed and not any(words in message for words in denied), message


@pytest.mark.parametrize("id, attempt, words", [
    ("steps-to-tolerance", lambda factor, tolerance: max(1, steps_by_walking(factor, tolerance)), "Everywhere else"),
    ("steps-to-tolerance", lambda factor, tolerance: next(n for n in range(99999) if factor**n < tolerance), "`<`"),
    ("steps-to-tolerance", lambda factor, tolerance: next(n for n in range(1, 99999) if factor**n <= tolerance),
     "Counting begins at 0"),
    ("plateau-rate", plateau_back_to_the_first_rate, "or a new lowest loss brings the first rate back"),
    ("plateau-rate", plateau_compared_too_late, "or because it takes up each loss before it is compared"),
    ("one-error-pick", lambda r, s: min(r[good(s)[0] >= 2 * s.mean(axis=1).max() - good(s)[1]],
                                        default=r[s.mean(axis=1).argmax()]), "added where it should be taken off"),
    ("momentum-update", by_places, "or the last step itself is carried on"),
    ("momentum-update", rule(summed, lambda v, g, lr, beta: lr * beta * v), "shortened"),
    ("one-error-pick", lambda r, s: r[s.mean(1) >= s.mean()].min(), "the mean of all scores"),
    ("one-error-pick", lambda r, s: max(one_error_sem(r, s), 0), None),
    ("gradient-step", lambda w, g, lr: w - lr * g / (np.linalg.norm(g) + 1e-12), "divided by its length"),
    ("critical-rate", lambda H: 2 / (np.ptp(np.linalg.eigvalsh(H)) or H[0, 0]), "taken from the largest"),
    ("log-grid", lambda low, high, n: 10 ** np.arange(np.log10(low), np.log10(high), 1 / n), "at 3 itself"),
    ("locate-step", lambda *x: str(EXERCISES["locate-step"].reference(*x)), "That is a text."),
    ("range-test-pick", lambda r, x: r[np.nanargmin([x[max(i - 2, 0):i + 3].sum() / 5 if np.isfinite(
        x[max(i - 2, 0):i + 3].sum()) else np.nan for i in range(len(x))])] / 10, "divided by 5"),
])
def test_another_cause_with_the_same_numbers_is_not_denied(id, attempt, words):
    result = check(id, attempt)
    assert result.passed if words is None else words in result.message, result


# Where a mistake does not explain an answer, or only a part of it

def part_of_a_mistake(step, n, batch_size):
    batches = -(-n // batch_size)
    return *divmod(step, batches), min(batch_size, n)


def test_a_question_that_was_answered_rightly_does_not_need_another_look():
    message = check("locate-step", part_of_a_mistake).message
    assert "the number of examples: expected `20`, got `32`" in message and "Look at `" not in message, message


def search_that_gives_up(accuracies, target):
    return next((i for i in range(1, len(accuracies)) if min(accuracies[i - 1:i + 1]) >= target), None)


@pytest.mark.parametrize("id, attempt, words, never", [
    ("first-answer", lambda n, b: int(n / b + 0.5), "half the size or more", "Whole batches are counted well"),
    ("first-answer", lambda n, b: n // (b - 1) if b > 1 else n, "the answer is", "half the size"),
    ("critical-rate", lambda H: 2 / np.abs(H).max(0).sum(), "the answer is", "The trace"),
    ("locate-step", lambda s, n, b: (*divmod(s, max(n // b, 1)), b if s % max(n // b, 1) < n // b - 1 else
                                     n - max(n // b - 1, 0) * b), "put into the last of them", "looks full"),
    ("locate-step", lambda s, n, b: (0, s, b), "as if all belonged to epoch 0", "Steps are divided"),
    ("epochs-to", search_that_gives_up, "Two epochs in a row", "Only the first epoch is looked at"),
    ("epochs-to", lambda a, t: next((i + 1 for i, x in enumerate(a) if x >= t - 0.01), None),
     "compared with something to spare", "rounded first"),
    ("epochs-to", lambda a, t: next((i + 1 for i in range(1, len(a)) if a[i - 1] < t <= a[i]), None),
     "from below", "taken for False"),
    ("epochs-to", lambda a, t: next((i + 1 for i, x in enumerate(a) if x >= t), int(np.argmax(a)) + 1),
     "the best accuracy looks like", "the number of epochs run"),
    ("epochs-to", lambda a, t: next((i + 1 for i, x in enumerate(sorted(a)) if x >= t), None), "accuracies sorted",
     "That counts"),
    ("pick-rate", lambda r, v, t: (r[(k := v[:-1].mean(1).argmax())], t[k].mean()), "The last rate is passed over",
     "have a say"),
    ("pick-rate", lambda r, v, t: (r[(k := abs(v.mean(1)).argmax())], t[k].mean()), "below 0”", "takes the first rate"),
])
def test_the_sentence_is_that_of_the_slip_and_not_of_one_with_nearly_the_same_numbers(id, attempt, words, never):
    result = check(id, attempt)
    assert not result.passed and words in result.message and never not in result.message, result


@pytest.mark.parametrize("id, attempt", [
    ("epochs-to", lambda a, t: None if a[0] < t and a[1:2].min(initial=1) < a[0] else next(
        (i + 1 for i, x in enumerate(a) if x >= t), None)),
    ("epochs-to", lambda a, t: next((i for i, x in enumerate(a, 1) if int(10 * x) >= int(10 * t)), None)),
    ("update-ratio", lambda u, v: np.linalg.norm(v - u) / max(np.linalg.norm(u), 1)),
    ("pick-rate", lambda r, v, t: max([(0.0, r[0], t[0].mean()), *zip(v.mean(1), r, t.mean(1), strict=True)])[1:]),
    ("pick-rate", lambda r, v, t: max([(-1.0, r[0], t[0].mean()), *zip(v.mean(1), r, t.mean(1), strict=True)])[1:]),
])
def test_what_goes_wrong_only_with_unusual_numbers_is_asked_for(id, attempt):
    assert not check(id, attempt).passed


def test_the_same_answer_to_every_question_is_called_so():
    assert check("epochs-to", lambda a, t: 2).message.endswith("Yours is `2` on every probe.")
    assert "on every probe" not in check("epochs-to", lambda a, t: 2 if a[0] < 0.5 else 3).message


def test_a_constant_in_the_place_of_an_argument_is_found():
    assert "`0.01` in the place of `lr`, whatever is passed" in check(
        "gradient-step", lambda w, g, lr: w - 0.01 * g).message


@pytest.mark.parametrize("id, attempt, words", [
    ("minibatch-gradient", lambda w, x, y, rows: sum(x[r] * (x[r] @ w - y[r]) for r in rows), "rows` is of one entry"),
    ("layer-backward", lambda x, W, g: (g @ W, g.T @ x, g.max(0)), "those where `x` is of one row"),
])
def test_one_row_of_a_table_is_not_called_one_entry(id, attempt, words):
    assert words in judge(replace(EXERCISES[id], mistakes=()), attempt).message


# Answers that passed once, or were met by a sentence that is not true of them

def skipping_zeros(id, decays=lambda w, *rest: w):
    """The reference, which hands back everything as it was where the gradient is 0."""
    def update(w, g, state, *rest):
        return EXERCISES[id].reference(w, g, state, *rest) if np.any(g) else (decays(w, *rest), state)
    return update


def from_neighbour_to_neighbour(rates, gains, share):
    low = high = gains.argmax()
    while low and gains[low - 1] >= (1 - share) * gains[low] > 0:
        low -= 1
    while high < len(gains) - 1 and gains[high + 1] >= (1 - share) * gains[high] > 0:
        high += 1
    return np.log10(rates[high] / rates[low])


def row_above(bar):
    """The width of the row around the best rate that gains as much as the bar."""
    def decades(rates, gains, share):
        good = (gains >= bar(gains.max(), share)) & gains.any()
        low = high = gains.argmax()
        while low and good[low - 1]:
            low -= 1
        while high < len(gains) - 1 and good[high + 1]:
            high += 1
        return np.log10(rates[high] / rates[low])
    return decades


def putting_back_the_first_alone(f, w, h):
    w, slopes = w.astype(float), []
    for i in range(len(w)):
        w[i] += h
        up = f(w)
        w[i] -= 2 * h
        slopes.append((up - f(w)) / (2 * h))
        w[i] += h if i == 0 else 0.0
    return slopes


def never_putting_back(f, w, h):
    slopes = []
    for i in range(len(w)):
        w[i] += h
        up = f(w)
        w[i] -= 2 * h
        slopes.append((up - f(w)) / (2 * h))
    return np.array(slopes)


def good_neighbour_alone(rates, scores):
    order = np.argsort(rates)
    rates, scores = rates[order], scores[order]
    best = scores.mean(axis=1).argmax()
    line = scores.mean(axis=1).max() - scores[best].std(ddof=1) / scores.shape[1] ** 0.5
    return rates[best - 1] if best and scores[best - 1].mean() >= line else rates[best]


def small_before_large(train, val, rates, ratio):
    fate = EXERCISES["name-fate"].reference(train, val, rates, ratio)
    small = train[-1] > train[0] / 2 and np.median(ratio) < 0.001
    return "too small" if fate == "too large" and small else fate


def cut_behind_two_parts(names, shapes, lr, factor, decay):
    cut = [".".join(name.split(".")[:2]) if name.count(".") > 1 else name.rsplit(".", 1)[0] for name in names]
    return EXERCISES["parameter-settings"].reference([layer.replace(".", "-") for layer in cut], shapes, lr, factor,
                                                     decay)


def writing_into_the_state(checkpoint, gradient, optimizer, schedule, n_steps):
    w, state, done = checkpoint
    for step in range(done, done + n_steps):
        w, new = optimizer(w, gradient(w, step), state, schedule(step))
        state.update(new)
    return w, state, done + n_steps


def scaling_within_the_state(checkpoint, *rest):
    after = EXERCISES["resume-exactly"].reference(checkpoint, *rest)
    if "m" in checkpoint[1]:
        checkpoint[1]["m"] *= 0.5
    return copy.deepcopy(after)


def last_of_each_group(w, gradient, batches, every, lr):
    for start in range(0, len(batches), every):
        w = w - lr * gradient(w, batches[start:start + every][-1])
    return w


def equals_decided_by_test(val, test):
    own = [max(range(len(v)), key=lambda k: (v[k], t[k])) for v, t in zip(val, test, strict=True)]
    return np.array([[t[k] - t[i] for t, k in zip(test, own, strict=True)] for i in own])


def sorting_trials(trials):
    trials.sort(key=str)
    return EXERCISES["steps-spent"].reference(trials)


def falling_only(rates, gains, share):
    good = (gains >= (1 - share) * gains.max()) & gains.any()
    low = high = gains.argmax()
    while low and good[low - 1] and gains[low - 1] <= gains[low]:
        low -= 1
    while high < len(gains) - 1 and good[high + 1] and gains[high + 1] <= gains[high]:
        high += 1
    return np.log10(rates[high] / rates[low])


def only_where_something_is_gained(rates, gains, share):
    good = (gains >= (1 - share) * gains.max()) & (gains > 0)
    best = gains.argmax()
    row = good & (np.cumsum(~good) == np.cumsum(~good)[best])
    return np.ptp(np.log10(rates[row])) if row.any() else 0.0


def nan_as_the_lowest(score, settings, lengths, kept):
    for steps, n in zip(lengths, kept, strict=True):
        scores = [score(setting, steps) for setting in settings]
        scores = np.nan_to_num(scores, nan=min((s for s in scores if s == s), default=0.0))
        settings = [settings[i] for i in np.argsort(-scores, kind="stable")[:n]]
    return settings[0]


def without_order(trials):
    return EXERCISES["steps-spent"].reference(
        [(frozenset(s) if isinstance(s, tuple) and s else s, n, d) for s, n, d in trials])


def first_velocity_not_used(w, g, state, lr, beta):
    step = state.get("step", 0) + 1
    v = (0.0 if step == 2 else beta) * state.get("v", 0.0) + g
    return w - lr * v, {"v": v, "step": step}


def adam_with_root(divisor):
    def update(w, g, state, lr, beta1, beta2):
        t = state.get("t", 0) + 1
        m = state.get("m", 0.0) * beta1 + g * (1 - beta1)
        s = state.get("s", 0.0) * beta2 + g * g * (1 - beta2)
        return w - lr * m / (1 - beta1**t) / divisor(s / (1 - beta2**t)), {"t": t, "m": m, "s": s}
    return update


def larger_of_root_and_eps(w, g, state, lr, beta1, beta2, eps):
    return adam_with_root(lambda s: np.where(np.sqrt(s) > eps, np.sqrt(s), eps))(w, g, state, lr, beta1, beta2)


def ranked_by(value):
    """A halving by what a setting has scored in all rounds so far; a run that diverged counts as minus infinity."""
    def halving(score, settings, lengths, kept):
        past = {setting: [] for setting in settings}
        for steps, n in zip(lengths, kept, strict=True):
            for setting in settings:
                past[setting].append(float(np.nan_to_num(score(setting, steps), nan=-np.inf)))
            settings = sorted(settings, key=lambda setting: value(past[setting]), reverse=True)[:n]
        return settings[0]
    return halving


def counted_outside():
    """Adam whose count is a variable outside, set back where the state is empty."""
    count = {}

    def update(w, g, state, *rest):
        count["t"] = count["t"] + 1 if state else 0
        return EXERCISES["adam-update"].reference(w, g, state | count, *rest)
    return update


def chosen_among(part):
    """The right choice, but for rates that are never looked at."""
    return lambda rates, val, test: EXERCISES["one-rate-for-all"].reference(
        rates[part], val[:, part], test[:, part])


def begun_anew_after_decay(trials):
    longest, seen, total = {}, set(), 0
    for setting, steps, decays in trials:
        if decays:
            total += 0 if (setting, steps) in seen else steps
            seen.add((setting, steps))
            longest.pop(setting, None)
        else:
            total += max(0, steps - longest.get(setting, 0))
            longest[setting] = max(steps, longest.get(setting, 0))
    return total


def fewer_first_trials(budget, n, short, full):
    n = min(n, budget // short)
    return min(n, (budget - n * short) // (full - short))


def then(choose):
    """Successive halving, whose answer is chosen among those that are left by something else than their scores."""
    def halving(score, settings, lengths, kept):
        for steps, n in zip(lengths, kept, strict=True):
            scores = {s: score(s, steps) for s in settings}
            settings = sorted(settings, key=lambda s: -scores[s] if scores[s] == scores[s] else np.inf)[:n]
        return choose(settings)
    return halving


def kept_by_removing(choose):
    """Successive halving that takes the worst off one by one, of equals the first, and keeps the order of the list."""
    def halving(score, settings, lengths, kept):
        left = list(settings)
        for steps, n in zip(lengths, kept, strict=True):
            scores = [np.nan_to_num(score(s, steps), nan=-np.inf) for s in left]
            while len(left) > n:
                worst = scores.index(min(scores))
                del left[worst], scores[worst]
        return choose(left, scores)
    return halving


def kept_in_all_rounds(place):
    def halving(score, settings, lengths, kept):
        for steps in lengths:
            scores = {s: score(s, steps) for s in settings}
            settings = sorted(settings, key=lambda s: -scores[s] if scores[s] == scores[s] else np.inf)[:kept[place]]
        return settings[0]
    return halving


def none_for_the_last_step(budget, n, short, full):
    rest, finals = budget - n * short, 0
    while rest > full - short and finals < n:
        rest, finals = rest - full + short, finals + 1
    return finals


def halved_until_one_is_left(score, settings, lengths, kept):
    for steps, n in zip(lengths, kept, strict=True):
        if len(settings) == 1:
            break
        scores = {s: score(s, steps) for s in settings}
        settings = sorted(settings, key=lambda s: -scores[s] if scores[s] == scores[s] else np.inf)[:n]
    return settings[0]


def best_above_zero(score, settings, lengths, kept):
    for steps, n in zip(lengths, kept, strict=True):
        scores, left, settings = {s: score(s, steps) for s in settings}, list(settings), []
        while left and len(settings) < n:
            highest, best = 0.0, left[0]
            for s in left:
                if scores[s] > highest:
                    highest, best = scores[s], s
            settings.append(best)
            left.remove(best)
    return settings[0]


def final_longer_than_all(score, settings, lengths, kept):
    return max(settings, key=lambda s: score(s, 2 * lengths[-1]))


def by_powers_from_ones(hessian):
    v = np.ones(len(hessian))
    for _ in range(500):
        v = hessian @ v / np.linalg.norm(hessian @ v)
    return 2 / np.linalg.norm(hessian @ v)


def loop_sorting_orders(w, gradient, x, y, orders, batch_size, lr):
    w = EXERCISES["training-loop"].reference(w, gradient, x, y, orders, batch_size, lr)
    orders[0].sort()
    return w


def gradient_sorting_rows(w, x, y, rows):
    rows.sort()
    return EXERCISES["minibatch-gradient"].reference(w, x, y, rows)


def best_begun_with_zero(rates, val, test):
    best, pair = 0, (None, None)
    for rate, v, t in zip(rates, val, test, strict=True):
        if v.mean() > best:
            best, pair = v.mean(), (rate, t.mean())
    return pair


def ends_moved(down, up):
    def width(rates, gains, share):
        if not gains.any():
            return 0.0
        best = low = high = gains.argmax()
        good = gains >= (1 - share) * gains.max()
        while low > 0 and good[low - 1]:
            low -= 1
        while high < len(gains) - 1 and good[high + 1]:
            high += 1
        return np.log10(rates[min(max(high + up, best), len(gains) - 1)] / rates[max(min(low - down, best), 0)])
    return width


def adam_in_numpy(new=lambda b: 1 - b, hat=lambda b, t: 1 - b**t):
    """Adam with the root of numpy, where the new values enter with `new` and the averages are divided by `hat`."""
    def update(w, g, state, lr, beta1, beta2, eps):
        t = state.get("t", 0) + 1
        m = beta1 * state.get("m", 0) + new(beta1) * g
        s = beta2 * state.get("s", 0) + new(beta2) * g**2
        return w - lr * m / hat(beta1, t) / (np.sqrt(s / hat(beta2, t)) + eps), {"t": t, "m": m, "s": s}
    return update


def at_rest_without_a_gradient(id):
    """A step whose gradient is 0 changes nothing."""
    return lambda w, g, state, lr, beta: EXERCISES[id].reference(w, g, state, lr, beta) if np.any(g) else (w, state)


def begun_anew_without_a_gradient(id):
    """After a step whose gradient is 0 the velocity is 0."""
    return lambda w, g, state, lr, beta: EXERCISES[id].reference(
        w, g, {key: value * bool(np.any(g)) for key, value in state.items()}, lr, beta)


def remembering_what_was_new(trials):
    total, ran, seen = 0, {}, set()
    for setting, steps, decays in trials:
        if decays:
            total += 0 if (setting, steps) in seen else steps
            seen.add((setting, steps))
        elif steps > ran.get(setting, 0):
            ran[setting] = steps - ran.get(setting, 0)
            total += ran[setting]
    return total


def early_at_zero(step, peak, warm, total):
    if step < warm:
        return peak * (step + 1) / warm
    return peak * (1 + math.cos(math.pi * min(1, (step - warm) / max(1, total - warm - 1)))) / 2


def ranked(scores, left):
    return sorted(left, key=lambda setting: (math.isnan(scores[setting]), -np.nan_to_num(scores[setting])))


def last_of_equal_finalists(score, settings, lengths, kept):
    for steps, n in zip(lengths, kept, strict=True):
        scores = {setting: score(setting, steps) for setting in settings}
        settings = ranked(scores, settings)[:n]
    return [setting for setting in settings if setting == settings[0] or scores[setting] == scores[settings[0]]][-1]


def asking_those_that_are_out(score, settings, lengths, kept):
    left = settings
    for steps, n in zip(lengths, kept, strict=True):
        left = ranked({setting: score(setting, steps) for setting in settings}, left)[:n]
    return left[0]


def eps_on_the_bare_root(w, g, state, lr, beta1, beta2, eps, weight_decay):
    t, m = state.get("t", 0) + 1, beta1 * state.get("m", 0.0) + (1 - beta1) * g
    s = beta2 * state.get("s", 0.0) + (1 - beta2) * g * g
    rate = lr * (1 - beta2**t) ** 0.5 / (1 - beta1**t)
    return w - lr * weight_decay * w - rate * m / (s**0.5 + eps), {"t": t, "m": m, "s": s}


def not_kept_at_rest(w, g, state, lr, beta1, beta2):
    """The average stays as it is where the weight does."""
    m = state.get("m", 0.0)
    ahead = beta1 * m + (1 - beta1) * g
    return w - lr * np.sign(ahead), {"m": np.where(ahead == 0, m, beta2 * m + (1 - beta2) * g)}


def never_too_far_once_there(steps, sharpness, rates, beta, tolerance, in_a_row):
    """After the first look of a row only the lower bound counts."""
    edge, reference = 2 * (1 + beta) / rates, EXERCISES["edge-reached"].reference
    for i, step in enumerate(steps[:len(steps) - in_a_row + 1]):
        row = np.minimum(sharpness, edge)
        row[i] = sharpness[i]
        part = slice(i, i + in_a_row)
        if reference(steps[part], row[part], rates[part], beta, tolerance, in_a_row) is not None:
            return step
    return None


def filled(sharpness, method):
    return getattr(pd.Series(sharpness), method)().to_numpy()


@pytest.mark.parametrize("id, attempt, words", [
    ("rmsprop-update", skipping_zeros("rmsprop-update"), "gradient is 0 is left out"),
    ("adam-update", skipping_zeros("adam-update"), "gradient is 0 is left out"),
    ("adamw-update", skipping_zeros("adamw-update", lambda w, lr, b1, b2, eps, wd: w * (1 - lr * wd)),
     "gradient is 0 leaves the rest"),
    ("basin-on-a-grid", from_neighbour_to_neighbour, "compared with its neighbour"),
    ("basin-on-a-grid", row_above(lambda best, share: share), "gains at least `share` itself"),
    ("basin-on-a-grid", lambda rates, gains, share: row_above(lambda best, share: (1 - share) * min(best, 1))(
        rates, gains, share), "A gain of `1.08` is good enough"),
    ("basin-on-a-grid", falling_only, "gains rise again"),
    ("basin-on-a-grid", ends_moved(0, 1), "you go one rate too far: the basin ends"),
    ("basin-on-a-grid", ends_moved(1, 0), "too far at the lower end"),
    ("basin-on-a-grid", ends_moved(0, -1), "too early at the upper end"),
    ("basin-on-a-grid", ends_moved(-1, 0), "too early at the lower end"),
    ("basin-on-a-grid", ends_moved(-1, -1), "too early at both ends"),
    ("adam-update", adam_in_numpy(hat=lambda b, t: 1 - b * t), "β is multiplied by t, so"),
    ("adam-update", adam_in_numpy(new=lambda b: 1), "square are added in full. The averages"),
    ("adam-update", adam_in_numpy(new=lambda b: 1, hat=lambda b, t: 1),
     "or there are no hats, and g and g² are added in full"),
    ("adam-update", adam_in_numpy(hat=lambda b, t: 1 - b if t == 1 else 1), "Only the first step has its hats"),
    ("uncorrected-ratio", lambda t, a, b: (1 - a * t) / (1 - b**t) ** 0.5, "β₁ is multiplied by t"),
    ("uncorrected-ratio", lambda t, a, b: (1 - a**t) / np.sqrt(1 - b * t), "β₂ is multiplied by t"),
    ("finals-left", lambda b, n, s, f: max(0, min(n, (b - n * s - 1) // (f - s))), "to the last step"),
    ("predicted-change", lambda optimizer, change, c, f: (
        change * c * f**2 if optimizer in ("sgd", "momentum") else abs(change) * f),
     "the sign of yours is turned round"),
    ("effective-rate", lambda lr, b, d: lr * (1 - d) / (1 - b) if d else lr,
     "which all have `dampening` at 0, yours is `lr` itself"),
    ("one-rate-for-all", chosen_among(slice(1, None)), "first rate is never chosen"),
    ("one-rate-for-all", chosen_among(slice(-1)), "last rate is never chosen"),
    ("one-rate-for-all", lambda rates, val, test: (
        rates[val.argmax(axis=1).min()], test[:, val.argmax(axis=1).min()].min()), "first in the list"),
    ("steps-spent", begun_anew_after_decay, "begins anew here"),
    ("finals-left", fewer_first_trials, "fewer of them are made"),
    ("finals-left", lambda b, n, s, f: max(0, min(n, b // (f - s) - n * s // (f - s))), "Two quotients"),
    ("budgeted-halving", then(min), "the smallest"), ("budgeted-halving", then(max), "the largest"),
    ("budgeted-halving", then(lambda left: left[-1]), "last of those that are left"),
    ("adagrad-update", lambda w, g, state, lr, eps: (lambda s: (
        w - lr * g / np.maximum(np.sqrt(s), eps), {"s": s}))(state.get("s", 0) + g**2), "the least that the step"),
    ("carried-regret", lambda val, test: np.array([[0 * v for v in val[:, 0]]] * len(val)), "Every entry is 0"),
    ("carried-regret", lambda val, test: EXERCISES["carried-regret"].reference(val, test) + np.eye(len(val)),
     "Entries [0, 0], [1, 1] differ (counted from 0); the rest is right."),
    ("carried-regret", equals_decided_by_test, "test data decide between them"),
    ("steps-spent", sorting_trials, "`trials` is changed"),
    ("finals-left", lambda b, n, s, f: max(0, min(n, (b - n * s) // (f - s))) if b > n * s + f - s else 0,
     "exactly the cost of one final"),
    ("finals-left", none_for_the_last_step, "Where k finals use up all that is left, k − 1 come out"),
    ("finals-left", lambda b, n, s, f: max(0, min(n, (b - (n - 1) * s) // (f - s))), "n − 1 of them"),
    ("budgeted-halving", halved_until_one_is_left, "one setting is left"),
    ("budgeted-halving", best_above_zero, "begins with 0"),
    ("budgeted-halving", final_longer_than_all, "96 steps, which is none of the lengths (16, 48)"),
    ("gradient-step", lambda w, g, lr: w - (lr + g), "their product"),
    ("critical-rate", by_powers_from_ones, "right angle"),
    ("gradient-check", lambda f, w, h: EXERCISES["gradient-check"].reference(f, w, h) + 1.0 * (w.dtype != float),
     "the other one asks for “may hold whole numbers”"),
    ("training-loop", loop_sorting_orders, "an array in it was written into"),
    ("minibatch-gradient", gradient_sorting_rows, "`rows.sort()` write into the array"),
    ("update-ratio", lambda b, a: np.linalg.norm(a - b) // np.linalg.norm(b), "rounded down to a whole number"),
    ("update-ratio", lambda b, a: np.linalg.norm(a - b, "nuc" if b.ndim > 1 else 2) / np.linalg.norm(
        b, "nuc" if b.ndim > 1 else 2), "which all ask for “a matrix counts every weight once”"),
    ("steps-to-tolerance", lambda factor, tolerance: 0, "Yours is `0` on every probe."),
    ("epochs-to", lambda a, t: EXERCISES["epochs-to"].reference(a, t) if t else None, "unless the target is 0"),
    ("pick-rate", best_begun_with_zero, "the other one asks for “all may be below 0”"),
    ("layer-backward", lambda x, W, g: (g @ W, g.T @ x + W, g.sum(axis=0)),
     "the gradient by x and the gradient by b are right"),
    ("budgeted-halving", lambda score, settings, lengths, kept: score(lengths[0], settings[0]), "asked for 16, which"),
    ("finals-left", lambda b, n, s, f: min(0, max(n, (b - n * s) // (f - s))), "Nearly always 0"),
    ("finals-left", lambda b, n, s, f: 0 if b - n * s < f else min(n, (b - n * s) // (f - s)), "less than `full`"),
    ("budgeted-halving", kept_in_all_rounds(0), "kept[0] serves in all rounds"),
    ("budgeted-halving", nan_as_the_lowest, "ranks like the lowest score of the round"),
    ("budgeted-halving", ranked_by(lambda past: (past[-1], sum(past[:-1]))), "better scores further back"),
    ("budgeted-halving", ranked_by(lambda past: (min(past) > -np.inf, past[-1])), "Whoever diverged once"),
    ("steps-spent", lambda trials: EXERCISES["steps-spent"].reference(
        [(s[-1] if isinstance(s, tuple) and s else s, n, d) for s, n, d in trials]), "such as a name or a tuple"),
    ("uncorrected-ratio", lambda t, a, b: (1 - a * t) / (1 - b * t) ** 0.5, "is a complex number"),
    ("one-rate-for-all", lambda rates, val, test: EXERCISES["one-rate-for-all"].reference(
        *(x[..., np.argsort(test.min(axis=0), kind="stable")] for x in (rates, val, test))),
     "the others all ask for “Of equals, the first rate”"),
    ("adam-update", lambda w, g, state, lr, b1, b2, eps: adam_with_root(
        lambda s: np.sqrt(np.where(s > eps, s, eps)))(w, g, state, lr, b1, b2), "the least that the root is taken of"),
    ("steps-spent", without_order, "the other one asks for “such as a name or a tuple”"),
    ("uncorrected-ratio", lambda t, a, b: EXERCISES["uncorrected-ratio"].reference(t, a, b) if t < 600 else 1.0,
     "After 800 steps"),
    ("training-rates", lambda f, e, n, b: [f(t) for t in range(e * (-(-n // b) + (n == b)))],
     "n_examples = 16, batch_size = 16"),
    ("warmup-cosine", lambda step, peak, warm, total: EXERCISES["warmup-cosine"].reference(
        step, peak, warm, total) * (total - warm != 1 or step < warm), "0 of 1 steps after its beginning"),
    ("finals-left", lambda b, n, s, f: EXERCISES["finals-left"].reference(b, n, s, f) * (n > 1),
     "`budget = 300, n = 1, short = 100, full = 300`"),
    ("finals-left", lambda b, n, s, f: 1 if n == 1 else EXERCISES["finals-left"].reference(b, n, s, f),
     "`budget = 250, n = 1, short = 100, full = 300`"),
    ("finals-left", lambda b, n, s, f: min(10, EXERCISES["finals-left"].reference(b, n, s, f)),
     "`budget = 5000, n = 20"),
    ("finals-left", lambda b, n, s, f: EXERCISES["finals-left"].reference(b + 1, n, s, f), "`budget = 1199, n = 4"),
    ("adagrad-reach", lambda lr, n: sum(lr / k**0.5 for k in range(1, min(n, 500) + 1)), "the first 500 steps"),
    ("training-rates", lambda f, e, n, b: EXERCISES["training-rates"].reference(f, e, n, b) if b <= n else [],
     "those where `n_examples` is not less than `batch_size`; on the other one yours has no entries"),
    ("finals-left", lambda b, n, s, f: max(0, min(n, int((b - n * s) / (f - s) + 0.001))), "`budget = 22999, n = 8"),
    ("budgeted-halving", lambda score, settings, lengths, kept: EXERCISES["budgeted-halving"].reference(
        lambda *question: np.nan_to_num(score(*question), nan=-1e4), settings, lengths, kept), "it may be negative"),
    ("carried-regret", lambda val, test: EXERCISES["carried-regret"].reference(abs(val), test), "`val = [[-"),
    ("carried-regret", lambda val, test: EXERCISES["carried-regret"].reference(val.clip(0), test), "`val = [[-"),
    ("carried-regret", lambda val, test: EXERCISES["carried-regret"].reference(val.round(2), test), "`val = [[0.00"),
    ("one-rate-for-all", lambda rates, val, test: EXERCISES["one-rate-for-all"].reference(
        rates, np.minimum(val, val.min(axis=0).max() - 0.01), test), "The rate: right on"),
    ("name-fate", lambda train, val, rates, ratio: EXERCISES["name-fate"].reference(
        train, val, rates if np.max(np.diff(rates), initial=0) > 1e-3 else -np.sort(-rates), ratio),
     "`5e-05` comes right after `2e-05`"),
    ("adamw-update", lambda w, g, state, lr, b1, b2, eps, decay: EXERCISES["adamw-update"].reference(
        w, g, state, lr, b1, b2, eps, min(decay, 1 / lr)), "weight_decay = 1.75"),
    ("adamw-update", lambda w, g, state, *rest: EXERCISES["adamw-update"].reference(
        w, g, state | {"t": min(state.get("t", 0), 20)}, *rest), "after step 22"),
    ("momentum-update", first_velocity_not_used, "or the second takes nothing of it"),
    ("adam-update", larger_of_root_and_eps, "eps is the least that the step divides by"),
    ("adamw-update", lambda w, g, state, lr, b1, b2, eps, decay: larger_of_root_and_eps(
        w * (1 - lr * decay), g, state, lr, b1, b2, eps), "The decay is right. But eps is the least"),
    ("adam-update", counted_outside(), "came out differently, after or beside others: something is kept"),
    ("basin-on-a-grid", only_where_something_is_gained, "A rate that gains nothing is never in the basin here"),
    ("budgeted-halving", kept_in_all_rounds(-1), "does that entry serve in all rounds"),
    ("finals-left", lambda b, n, s, f: max(0, min(n, b - n * s // (f - s))), "Are brackets missing?"),
    ("finals-left", lambda b, n, s, f: b - n * s >= f - s, "True or False, not a number"),
    ("carried-regret", lambda val, test: EXERCISES["carried-regret"].reference(val, test).astype(int), "whole numbers"),
    ("one-rate-for-all", lambda rates, val, test: (rates[0] + 1, test[:, val.min(axis=0).argmax()].min()),
     "On every probe the worst gain is right."),
    ("adagrad-reach", lambda lr, n: -sum(lr / (k + 1) ** 0.5 for k in range(1, n + 1)),
     "the sign and the size of yours are wrong"),
    ("momentum-update", at_rest_without_a_gradient("momentum-update"), "is passed over"),
    ("nesterov-update", at_rest_without_a_gradient("nesterov-update"), "is passed over"),
    ("momentum-update", begun_anew_without_a_gradient("momentum-update"), "ends the velocity"),
    ("nesterov-update", begun_anew_without_a_gradient("nesterov-update"), "ends the velocity"),
    ("steps-spent", remembering_what_was_new, "the steps that it added"),
    ("steps-spent", lambda trials: EXERCISES["steps-spent"].reference([(str(s), n, d) for s, n, d in trials]),
     "the other one asks for “anything that can be the key of a dict”"),
    ("steps-spent", lambda trials: EXERCISES["steps-spent"].reference([t for t in trials if t[0]]),
     "the other one asks for “anything that can be the key of a dict”"),
    ("finals-left", lambda b, n, s, f: EXERCISES["finals-left"].reference(b, n, s, f) if n > 3
     else n * (b >= n * f), "The first trials cost `300`, and each final `200`."),
    ("basin-on-a-grid", lambda rates, gains, share: EXERCISES["basin-on-a-grid"].reference(rates, gains, share)
     if share else 0.0, "yours gave `0`"),
    ("warmup-cosine", lambda step, peak, warm, total: EXERCISES["warmup-cosine"].reference(step, peak, warm, total)
     if peak % 1 or step >= warm else (step + 1) // warm * peak, "`step = 2, peak_lr = 2, warmup_steps = 4"),
    ("warmup-cosine", early_at_zero, "the rate of step total_steps is peak_lr here"),
    ("summed-rate", lambda schedule, n: sum(schedule(step or 1) for step in range(n)),
     "Step 0 gets the rate of step 1"),
    ("summed-rate", lambda schedule, n: sum(map(schedule, range(n))) - (
        (schedule(0) + schedule(n - 1)) / 2 if n > 1 else 0), "where there are several steps"),
    ("adagrad-reach", lambda lr, n: sum(lr / k**0.5 for k in range(1, min(n, 50) + 1)),
     "the way of the first 50 steps"),
    ("adagrad-reach", lambda lr, n: lr if n == 1 else sum(lr / k**0.5 for k in range(1, n + 2)), "the first 3 steps"),
    ("budgeted-halving", last_of_equal_finalists, "the other one asks for “Of equals”"),
    ("budgeted-halving", asking_those_that_are_out, "settings that are out get a score"),
    ("one-rate-for-all", lambda rates, val, test: EXERCISES["one-rate-for-all"].reference(
        rates, val if len(val) > 1 else test, test), "val = [[0, 0.3, 0.4, 0.95, 0.6]]"),
    ("uncorrected-ratio", lambda t, a, b: EXERCISES["uncorrected-ratio"].reference(t, a, b) if t < 450 else 1.0,
     "After 500 steps"),
    ("best-momentum", lambda low, high: (EXERCISES["best-momentum"].reference(low, high)[0] if high < 2e4 * low
     else 1 / high, EXERCISES["best-momentum"].reference(low, high)[1]), "`low = 0.001, high = 90`"),
    ("sharpness-by-products", lambda times, start, n: EXERCISES["sharpness-by-products"].reference(
        lambda v: np.round(times(v), 8), start, n), "where a product is small: either that is taken for 0"),
    ("rate-table", lambda lr, batch, sizes, critical: [[lr] * 3 for _ in sizes], "probes yours is `lr` itself."),
    ("momentum-edge", lambda lr, *rest: float(np.max(EXERCISES["momentum-edge"].reference(lr, *rest))),
     "It is a single number; asked for is (2,)."),
    ("lion-update", not_kept_at_rest, "`g = 2, then -1, then -0.5"),
    ("cost-of-carrying", lambda rates, small, large, test, factor: EXERCISES["cost-of-carrying"].reference(
        rates, np.log(small), np.log(large), test, factor), "asks for “lowest mean”"),
    ("edge-reached", never_too_far_once_there, "yours gave `20`"),
    ("lion-update", lambda w, g, state, lr, b1, b2: (
        w - lr * np.tanh(1e6 * (b1 * state.get("m", 0.0) + (1 - b1) * g)),
        {"m": b2 * state.get("m", 0.0) + (1 - b2) * g}),
     "the average is tiny"),
    ("edge-reached", lambda steps, sharpness, *rest: EXERCISES["edge-reached"].reference(
        steps, filled(sharpness, "ffill"), *rest), "the value before it is taken"),
    ("adamw-update", eps_on_the_bare_root, "The decay is right. eps is added to the root of s without its hat"),
    ("gradient-check", putting_back_the_first_alone, "or only after the first?"),
    ("gradient-check", never_putting_back, "Two things: w is not put back"),
    ("critical-rate", lambda hessian: min(2 / np.linalg.norm(hessian, 2), 2.0), "No rate above 2 comes out"),
    ("pick-rate", lambda rates, val, test: max(
        zip(val.mean(0), rates, test.mean(0), strict=False), key=lambda one: one[0])[1:],
     "Both averages run over the rates"),
    ("one-error-pick", good_neighbour_alone, "Only the rate next below"),
    ("clip-by-norm", lambda weights, gradients, lr, most: [
        w - lr * g * np.float64(most) / np.sqrt(sum((g**2).sum() for g in gradients))
        for w, g in zip(weights, gradients, strict=True)], "it makes nan of them"),
    ("clip-by-norm", lambda weights, gradients, lr, most: [
        w - lr * g * (most / math.sqrt(sum((g**2).sum() for g in gradients)))
        for w, g in zip(weights, gradients, strict=True)], "a norm of 0 is divided by"),
    ("clip-threshold", lambda norms, percentile, skip: EXERCISES["clip-threshold"].reference(
        norms, percentile, skip) or np.inf, "is 0 taken for nothing there"),
    ("name-fate", lambda *gauges: EXERCISES["name-fate"].reference(*gauges).replace(" ", "_"), "The spelling differs."),
    ("name-fate", small_before_large, "a loss that has not fallen should be named before small steps"),
    ("parameter-settings", lambda names, shapes, lr, factor, decay: (EXERCISES["parameter-settings"].reference(
        names, shapes, lr, factor, decay)[0], [decay if len(shape) > 1 else None for shape in shapes]),
     "Value 2: None stands among them"),
    ("parameter-settings", cut_behind_two_parts, "all of `body.0` is one layer"),
    ("accumulated-steps", last_of_each_group, "is `=` in the place of `+=`, or does"),
    ("name-fate", lambda train, val, rates, ratio: EXERCISES["name-fate"].reference(
        train, val, rates if rates[-1] > rates[0] / 2 or len(rates) > 1 and rates[1] > rates[0] else
        np.sort(rates)[::-1], ratio), "Only the second rate is compared"),
    ("parameter-settings", lambda names, shapes, *rest: EXERCISES["parameter-settings"].reference(
        names, [shape if len(shape) in (2, 4) else () for shape in shapes], *rest), "Three and five are more than two"),
    ("update-ratio", lambda before, after: sum(np.linalg.norm(row) for row in after - before) / sum(
        np.linalg.norm(row) for row in before), "The lengths of the rows are added up"),
    ("resume-exactly", writing_into_the_state, "Take a copy of the dict first, as `checkpoint[1].copy()`"),
    ("resume-exactly", scaling_within_the_state, "as `checkpoint[1]['m'].copy()`"),
])
def test_a_wrong_answer_gets_its_own_sentence(id, attempt, words):
    result = check(id, attempt)
    assert not result.passed and words in result.message, result


@pytest.mark.parametrize("id, attempt, words", [
    ("name-fate", small_before_large, "*equal* to the first"),
    ("parameter-settings", lambda names, shapes, lr, factor, decay: (EXERCISES["parameter-settings"].reference(
        names, shapes, lr, factor, decay)[0], [decay if len(shape) > 1 else None for shape in shapes]), "nan"),
    ("basin-on-a-grid", row_above(lambda best, share: best * (1 - share) / 2), "At least half"),
    ("budgeted-halving", kept_by_removing(lambda left, scores: left[scores.index(max(scores))]), "larger setting"),
    ("budgeted-halving", kept_by_removing(lambda left, scores: left[0]), "the smallest"),
    ("uncorrected-ratio", lambda t, a, b: (1 - a**t) / (1 - b**t if a else 1 - b) ** 0.5, "Passed"),
    ("lion-update", lambda w, g, state, lr, b1, b2: EXERCISES["lion-update"].reference(w, g, state, lr, 0.9, 0.99),
     "changed places"),
    ("cost-of-carrying", lambda rates, *rest: EXERCISES["cost-of-carrying"].reference(np.sort(rates), *rest),
     "places on the grid"),
    ("cost-of-carrying", lambda rates, small, large, test, factor: EXERCISES["cost-of-carrying"].reference(
        rates, small - small.mean(1, keepdims=True) + np.median(small, axis=1)[:, None],
        large - large.mean(1, keepdims=True) + np.median(large, axis=1)[:, None], test, factor), "most seeds"),
    ("edge-reached", reached_at_even_looks, "edge of the first of them"),
    ("edge-reached", lambda steps, sharpness, rates, *rest: EXERCISES["edge-reached"].reference(
        steps, sharpness, np.r_[rates[1:], rates[-1]], *rest), "the last rate"),
    ("edge-reached", lambda steps, sharpness, *rest: EXERCISES["edge-reached"].reference(
        steps, filled(sharpness, "bfill"), *rest), "the value before it"),
    ("edge-reached", lambda steps, sharpness, *rest: EXERCISES["edge-reached"].reference(
        steps, filled(sharpness, "interpolate"), *rest), "the value before it"),
    ("finals-left", lambda b, n, s, f: 0, "change places"), ("finals-left", lambda b, n, s, f: n, "change places"),
    ("basin-on-a-grid", lambda rates, gains, share: np.nan, "which operation"),
    ("adam-update", lambda w, g, state, *rest: EXERCISES["adam-update"].reference(
        w, g, state or {"m": np.ones_like(g), "t": 0}, *rest), "too small"),
])
def test_a_wrong_answer_does_not_get_this_sentence(id, attempt, words):
    result = check(id, attempt)
    assert not result.passed and words not in result.message, result


@pytest.mark.parametrize("id, attempt", [
    ("adagrad-reach", lambda lr, n: lr if n == 1 else sum(lr / k**0.5 for k in range(1, n))),
    ("uncorrected-ratio", lambda t, beta1, beta2: EXERCISES["uncorrected-ratio"].reference(t, beta1, beta2) if t == 1
     else (1 - beta1**t) / (1 - beta2**t)),
])
def test_no_known_mistake_is_named_where_the_answer_is_right_although_it_would_be_wrong(id, attempt):
    message = check(id, attempt).message
    assert " the answer is `" in message and "Look at `" not in message, message


@pytest.mark.parametrize("id, attempt, words", [
    ("basin-on-a-grid", lambda rates, gains, share: 7.0 + gains.max() * share,
     "The best rate is `0.001`. A gain of `0.8` is good enough, and the basin reaches from `0.0003` to `0.001`."),
    ("steps-spent", lambda trials: 7 * len(trials), "the trials cost 32 + 128."),
    ("finals-left", lambda b, n, s, f: b % 7 + 0.3 * n, "The first trials cost `768`, and each final `128`."),
    ("adagrad-reach", lambda lr, n: lr * n**0.3, "The first steps are `0.1`, `0.07071` long."),
    ("uncorrected-ratio", lambda t, beta1, beta2: t + beta1, "the share `0.1` of the gradient"),
    ("carried-regret", lambda val, test: val[:, :len(val)] + 0.1, "at the places `[5, 1]`"),
    ("one-rate-for-all", lambda rates, val, test: (rates[0] + 0.1, val[0, 0] + 0.7), "are `[0.1, 0.5, 0.42]`"),
    ("budgeted-halving", lambda score, settings, lengths, kept: settings[len(kept)], "`[2, 1, 0]`, then `[2, 1]`"),
    ("first-answer", lambda n, batch_size: n**0.5, "Full batches: `15`; examples left over: `20`."),
    ("gradient-step", lambda w, g, lr: w - lr * g**3, "The rate times the gradient is `0.05` there."),
    ("critical-rate", lambda hessian: hessian[0, 0] + 7, "The curvatures there are `[4]`."),
    ("steps-to-tolerance", lambda factor, tolerance: 7 * factor + tolerance,
     "After step `3` the distance is `0.125`, after step `4` it is `0.0625`."),
    ("gradient-check", lambda f, w, h: w * h, "f is `0.8` at one of the two points and `0.552486` at the other."),
    ("minibatch-gradient", lambda w, x, y, rows: w + y[rows].sum(),
     "The errors there are `[-3, -1]`; error times features, added up, is `[-1, -5]`."),
    ("training-loop", lambda w, gradient, x, y, orders, batch_size, lr: 1.7 * w + lr,
     "The first batch holds the rows `[2, 0]`, and leads to `[0.8]`."),
    ("locate-step", lambda step, n, batch_size: (step + 3, n, 7), "Batches in an epoch: `16`, the last of `20`."),
    ("update-ratio", lambda before, after: after.sum(), "The update is `0.5` long there, the weights before it `5`."),
    ("epochs-to", lambda a, t: 7 + len(a), "At the target or above it: epochs `[1]`."),
    ("pick-rate", lambda rates, val, test: (rates[0] + 7, 0.7), "The mean validation scores are `[-2.75, -3.1, -2.6]`"),
])
def test_an_answer_wrong_in_no_known_way_is_told_what_is_found_on_the_way(id, attempt, words):
    assert words in check(id, attempt).message, check(id, attempt)


@every_function
def test_what_is_found_on_the_way_can_be_said_of_every_probe(exercise):
    for probe in (*exercise.probes, *exercise.further):
        said = exercise.on_the_way(*copy.deepcopy(probe))
        assert said == "" or said.endswith(".") and "nan" not in said


def test_recursion_over_thousands_of_steps_is_right():
    def reach(lr, n):
        return lr if n == 1 else reach(lr, n - 1) + lr / n**0.5

    def filled(beta, t):
        return beta * filled(beta, t - 1) + 1 - beta if t else 0.0

    for id, attempt in [("adagrad-reach", reach),
                        ("uncorrected-ratio", lambda t, beta1, beta2: filled(beta1, t) / filled(beta2, t) ** 0.5)]:
        assert "thousands" in EXERCISES[id].reference.__doc__
        assert check(id, attempt).passed and check(id, attempt).message.endswith(
            f"the {sys.getrecursionlimit():,} that Python allows outside of this check: a loop goes further.")
        assert "outside of this check" not in check(id, EXERCISES[id].reference).message
