"""No verdict on an exercise rests on the last bit of a library function."""

import math
from itertools import combinations

import numpy as np
import pytest
import torch
from last_bits import ULPS, WAYS, nudge
from test_exercises import RIGHT, WRONG, every_exercise

from course_utils.exercises import EXERCISES, relations, values
from course_utils.exercises.framework import judge


@pytest.fixture(params=WAYS)
def another_processor(request, monkeypatch):
    """Nudged functions, and exercises that have not been asked for their answers before."""
    nudge(monkeypatch, request.param)
    forget()
    yield WAYS.index(request.param)
    forget()


def forget():
    for exercise in EXERCISES.values():
        exercise._of_mistakes.clear()


@pytest.mark.parametrize("way, steps", [("down", {-ULPS}), ("up", {ULPS}), ("either way", set(range(-ULPS, ULPS + 1)))])
@pytest.mark.parametrize("module, value", [(math, float), (np, np.float64), (torch, torch.tensor)])
def test_a_nudged_function_is_off_by_a_few_last_bits_and_always_alike(monkeypatch, module, value, way, steps):
    numbers = [value(x) for x in np.geomspace(20, 9e9, 500)]
    ask = lambda: np.array([float(module.log10(x)) for x in numbers])
    before, spacing = ask(), np.spacing(ask())
    nudge(monkeypatch, way)
    assert set((ask() - before) / spacing) == steps and np.array_equal(ask(), ask())


@every_exercise
def test_right_answers_are_right_there_too(exercise, another_processor):
    """Ours under each way of rounding, each of the others under one: there are many, and all are asked everything."""
    for attempt in (exercise.reference, *RIGHT[exercise.id][another_processor::len(WAYS)]):
        result = judge(exercise, attempt)
        assert result.passed, result


@every_exercise
def test_every_mistake_is_the_same_mistake_there_and_no_other(exercise, another_processor):
    for wrong, sentence in exercise.mistakes:
        result = judge(exercise, wrong)
        assert not result.passed and sentence in result.message, result
    outcomes = [exercise.answers_with(f) for f in (exercise.reference, *(f for f, _ in exercise.mistakes))]
    for one, other in combinations(outcomes, 2):
        assert not all(values.same(a, b, relations.MISTAKE) for a, b in zip(one, other, strict=True))


@every_exercise
def test_other_wrong_answers_are_wrong_there_too(exercise, another_processor):
    for attempt in WRONG[exercise.id]:
        result = judge(exercise, attempt)
        assert not result.passed, result
        assert not any(sentence in result.message for _, sentence in exercise.mistakes), result
