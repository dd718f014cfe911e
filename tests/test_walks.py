"""Walks of optimizers, what comes out of other questions, and exercises as data."""

import dataclasses
import math
from functools import partial

import numpy as np
import pytest
import torch
from small_exercises import exercise, said

from course_utils.exercises import EXERCISES, tasks, walks
from course_utils.exercises.otherwise import otherwise

# Walks

def step(w, g, state, lr):
    return w - lr * g, {"n": state.get("n", 0) + 1}


def test_the_weights_of_a_walk_may_be_tensors_that_ask_for_gradients():
    def with_gradient(w, g, state, lr):
        return torch.tensor(w - lr * g, requires_grad=True), state

    points = walks.walk(with_gradient, np.ones(2), [np.ones(2)] * 2, [(0.5,), (0.25,)])
    assert np.allclose(points, [[0.5, 0.5], [0.25, 0.25]])


def test_whole_numbers_come_as_they_are_and_other_numbers_as_floats():
    seen = []

    def noting(w, g, state, lr):
        seen.append((type(w), type(g)))
        return np.float32(w - lr * g), state

    walks.walk(noting, 1, [np.float32(2.0)] * 2, [(0.5,), (0.5,)])
    assert seen[0] == (int, float) and seen[1] == (float, float)


@pytest.mark.parametrize("mistake, words", [
    (lambda *asked: step(*asked)[::-1], "The state comes first here."),
    (lambda *asked: step(*asked)[0], "Only the weights come back."),
    (lambda w, *rest: (w, step(w, *rest)[1]), "The weights come back as they were")])
@pytest.mark.parametrize("start", [1.0, np.ones(2)])
def test_what_any_step_can_do_wrong_is_called_by_its_name(mistake, words, start):
    drive = lambda attempt, w, gradients, lr: walks.walk(attempt, w, gradients, [(lr,)] * len(gradients))
    message = said(mistake, step, (start, (2.0, 1.0), 0.5), (0.7 * start, (-1.0,), 0.25), drive=drive,
                   mistakes=walks.of_any_step(step))
    assert message.startswith(words)


# What comes out of other questions

def scaled(x, k):
    return k * x[0] + x[-1]


def test_a_sorted_row_is_told_in_the_words_of_the_code():
    rows = [(np.array([3.0, 1.0, 2.0]), 2.0), (np.array([5.0, 4.0, 9.0]), 3.0), (np.array([7.0, 8.0, 1.0]), 5.0)]
    message = said(lambda x, k: scaled(np.sort(x), k), scaled, *rows)
    assert message.endswith("On every probe that is what comes out with `np.sort(x)` in the place of `x`.")


def test_a_number_typed_into_a_function_within_is_told():
    attempt = lambda x, k: (lambda row: 7 * row[0] + row[-1])(x)
    message = said(attempt, scaled, *[(np.array([3.0, 1.0]) * n, float(n)) for n in (1, 2, 4)])
    assert message.endswith("that is what comes out with `7` in the place of `k`, whatever is passed.")


def test_of_what_has_no_code_in_python_no_numbers_are_known():
    assert otherwise(partial(scaled, k=7), scaled, lambda function: False) == ""


# Exercises as data

def rounded(x):
    return math.floor(np.abs(x))


def test_the_source_of_a_solution_begins_with_what_it_imports():
    lines = exercise(rounded, (1.0,)).source.splitlines()
    assert lines[:2] == ["import math", "import numpy as np"]


@pytest.mark.parametrize("thing, name", [
    (EXERCISES["gradient-step"], "id"), (tasks.Result("a", True, True, ""), "passed"),
    (tasks.Project("a", "", abs, "", (), abs), "id")])
def test_what_exercises_are_made_of_stays_as_it_is(thing, name):
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(thing, name, "other")


def test_the_answers_of_a_mistake_are_found_once_and_belong_to_these_probes_alone():
    calls = []

    def mistake(x):
        calls.append(x)
        return 2 * x

    first = exercise(abs, (1.0,), (2.0,))
    assert first.answers_with(mistake) == first.answers_with(mistake) == [2.0, 4.0, 2.0] and len(calls) == 3
    second = dataclasses.replace(first, probes=((5.0,),))
    assert second.answers_with(mistake) == [10.0, 10.0]
    assert first == exercise(abs, (1.0,), (2.0,))
    assert "_of_mistakes" not in repr(first) and dataclasses.replace(first) == first
