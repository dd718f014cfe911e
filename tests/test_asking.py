"""What the calls of an attempt leave behind: arguments and answers that are written into, errors, runs of steps."""

import statistics

import numpy as np
import pytest
import torch
from small_exercises import exercise, said, told

from course_utils.exercises import asking, framework, values

# What is given back

def reused(empty, answer=lambda kept: kept):
    """An attempt that writes all its answers of one length into the same place."""
    kept = {}

    def doubled(x):
        place = kept.setdefault(len(x), empty(len(x)))
        place[:] = torch.tensor(2 * x) if isinstance(place, torch.Tensor) else 2 * x
        return answer(place)

    return doubled


@pytest.mark.parametrize("attempt, reference, part", [
    (reused(np.zeros), lambda x: 2 * x, "the array"),
    (reused(lambda n: [0.0] * n), lambda x: list(2 * x), "the list"),
    (reused(np.zeros, lambda kept: (kept, 1.0)), lambda x: (2 * x, 1.0), "a part of the tuple"),
    (reused(torch.zeros), lambda x: 2 * x, "the tensor")])
def test_what_is_used_for_every_answer_is_told_by_its_kind(attempt, reference, part):
    message = said(attempt, reference, (np.ones(2),), (np.array([3.0, 4.0]),))
    assert f"a later call writes into {part} that an earlier one gave back" in message


def test_an_answer_to_a_first_probe_that_a_further_one_writes_into_is_told():
    asked = exercise(lambda x: 2 * x, (np.ones(2),), (np.ones(3),), further=((np.array([3.0, 4.0]),),))
    message = told(asked, reused(np.zeros))
    assert message.startswith("Right on the first 2 probes")
    assert "a later call writes into the array that an earlier one gave back" in message
    assert framework.judge(asked, lambda x: 2 * x).passed


def test_rows_that_are_no_arrays_are_none_of_those_that_were_passed():
    asked = exercise(lambda rows: [2 * row for row in rows], ([np.ones(2), np.ones(3)],), fresh="rows")
    message = told(asked, lambda rows: [[2.0, [2.0]], 2 * rows[1]])
    assert message.startswith("For `rows = ([1, 1], [1, 1, 1])` the answer is ")
    assert "yours gave `((2, (2,)), [2, 2, 2])`" in message


# Which call is told

def test_arguments_that_are_left_to_their_defaults_are_not_told():
    def scaled(rows, n=2):
        return [n * row for row in rows]

    def twice(attempt, rows):
        return tuple(attempt(rows)), tuple(attempt(rows[:1]))

    asked = exercise(scaled, ([np.ones(2), np.full(2, 3.0)],), ([np.ones(2), np.ones(2)],), drive=twice, fresh="rows")
    message = told(asked, lambda rows, n=2: [n * row + (len(rows) == 1) for row in rows])
    assert message.startswith("For `rows = ") and "n = " not in message
    assert framework.judge(asked, scaled).passed


def test_no_call_gave_back_nothing():
    watched = asking.Watched(abs, ["x"])
    assert watched(-3) == 3
    assert (watched.last(0), watched.last(1)) == (3, None)


def test_the_steps_of_a_long_run_are_told_from_each_other_and_known_again():
    watched = asking.Watched(lambda w, g, state: (w - g, {"n": state.get("n", 0) + 1}), ["w", "g", "state"])
    for _ in range(2):
        w, state = 1.0, {}
        for _ in range(990):
            w, state = watched(w, 0.0, state)
    keys = [call.key(watched.names) for call in watched.of_probe(0)]
    assert len(set(keys)) == 990 and keys[:990] == keys[990:]


# What takes too long

def endless(*_):
    while True:
        pass


@pytest.mark.parametrize("attempt, drive, doer", [
    (endless, lambda attempt, x: attempt(x), "`<lambda>`, asked `x = 1`, had not come to an end after 0.2 seconds"),
    (abs, endless, "What `<lambda>` gave back could not be looked through after 0.2 seconds")])
def test_whose_code_takes_too_long_is_told(attempt, drive, doer):
    assert told(exercise(lambda x: x, (1.0,), drive=drive), attempt, seconds=0.2).startswith(doer)


# Errors

def test_an_error_in_a_library_is_told_by_the_line_of_the_reader_that_led_to_it():
    def attempt(x):
        rest = x[1:]
        return statistics.mean(rest)

    message = said(attempt, lambda x: x[0], ([1.0],), ([2.0],))
    line = attempt.__code__.co_firstlineno + 2
    assert "`StatisticsError: " in message and f" in line {line} (`return statistics.mean(rest)`)" in message


def test_of_a_long_objection_the_first_300_characters_are_told():
    message = said(lambda x: np.zeros(2, [("a" * 400, float)]), lambda x: x, (1.0,),
                   drive=lambda attempt, x: values.as_array(attempt(x)))
    objection = message.removeprefix("For `x = 1`: ").partition("…")[0]
    assert objection.startswith("not real numbers: ") and len(objection) == 300


# Mistakes

def test_a_mistake_may_be_a_function_that_takes_no_notes():
    message = said(lambda x: x if x > 0 else -x, lambda x: -x, (1.0,), (-2.0,), mistakes=((abs, "The sign is lost."),))
    assert message == "The sign is lost."
