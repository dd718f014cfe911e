"""An attempt made anew keeps nothing, and what is said of one that keeps something from one call to the next."""

import functools
import random
from collections import Counter, defaultdict, deque

import numpy as np
import pytest
import torch

from course_utils.exercises import EXERCISES, framework
from course_utils.exercises.afresh import PARTS, afresh
from course_utils.exercises.framework import NOT_ALONE, judge

LINES = """\
def f(kept=[]):
    kept.append(1)
    return len(kept)

def f(*, kept={}):
    kept[len(kept)] = 1
    return len(kept)

KEPT = []
def f():
    KEPT.append(1)
    return len(KEPT)

count = 0
def f():
    global count
    count += 1
    return count

def f():
    f.count = getattr(f, "count", 0) + 1
    return f.count

def f():
    f.kept.append(1)
    return len(f.kept)
f.kept = []

@functools.cache
def f():
    f.kept.append(1)
    return len(f.kept)
f.kept = []

def outer(kept):
    def f():
        kept.append(1)
        return len(kept)
    return f
f = outer([])

KEPT = []
def f():
    def inner():
        KEPT.append(1)
        return len(KEPT)
    return inner()

def f(n=0):
    return f(n + 1) if n < 1 else n
"""


def defined(text):
    names = {"__name__": "__main__", "functools": functools}
    exec(text, names)
    return names


@pytest.mark.parametrize("text", LINES.split("\n\n"), ids=str)
def test_an_attempt_made_anew_is_as_it_was_and_leaves_the_attempt_alone(text):
    names = defined(text)
    make = afresh(names["f"])
    assert [make()() for _ in range(3)] == [1, 1, 1]
    kept = make()
    kept(), kept()
    assert names["f"]() == 1
    assert make()() == 1  # as it was when `afresh` was asked


def test_a_cache_is_empty_in_what_is_made_anew_and_of_the_same_size():
    asked = []

    @functools.lru_cache(maxsize=3, typed=True)
    def f(x):
        asked.append(x)
        return len(asked)

    f(1)
    made = afresh(f)()
    assert made(1) == 2 and made(1) == 2 and len(asked) == 1
    assert made.cache_parameters() == {"maxsize": 3, "typed": True}


def test_a_name_without_a_value_may_get_one_later():
    def outer():
        def f():
            return later
        make = afresh(f)
        later = 3
        return make, f

    make, f = outer()
    assert f() == 3
    with pytest.raises(NameError):
        make()()


@pytest.mark.parametrize("attempt", [..., len, torch.nn.ReLU(), functools.partial(max, 1), int],
                         ids=lambda value: type(value).__name__)
def test_what_is_no_function_in_python_is_not_made_anew(attempt):
    assert afresh(attempt) is None


class Refuses(dict):
    def __deepcopy__(self, known):
        raise TypeError("there is but one")


HUNDRED = [0.0] * 100


@pytest.mark.parametrize(("value", "is_copied"), [
    ([1, 2.0, 1j, "a", b"b", None, True, (1,), {2}, frozenset([3])], True), ({"a": [1]}, True), ({(1, 2): 3}, True),
    (defaultdict(list, a=[1]), True), (Counter("aab"), True), (deque([1]), True), (np.zeros(PARTS), True),
    ([np.float32(1.0)], True), ([HUNDRED] * 9, True), ({"a": HUNDRED * 9}, True), ([0.0] * 1000, True),
    ([HUNDRED] * 10, False), ([0.0] * 1001, False), (np.zeros(1001), False), (np.array([object()]), False),
    ([object()], False), ({"a": object()}, False), ({object(): 1}, False), (torch.zeros(2), False),
    (random.Random(1), False), (print, False), (Refuses(), False),
], ids=lambda value: type(value).__name__)
def test_plain_values_of_few_parts_are_copied(value, is_copied):
    def f(kept=value):
        return kept

    assert (afresh(f)()() is not value) == is_copied


def test_a_list_that_holds_itself_is_not_looked_through_for_ever():
    def f(kept=[]):  # noqa: B006
        return kept

    f().append(f())
    assert afresh(f)()() is f()


# What is said

REACH = EXERCISES["adagrad-reach"]


def remembers_by_steps():
    known = {}

    def adagrad_reach(lr, n_steps):
        return known.setdefault(n_steps, REACH.reference(lr, n_steps))
    return adagrad_reach


def test_an_answer_that_hangs_on_earlier_calls_is_said_to():
    result = judge(REACH, remembers_by_steps())
    assert not result.passed and NOT_ALONE in result.message and "probes" not in result.message


def test_the_smallest_question_is_shown_that_is_answered_rightly_where_it_comes_first():
    def adagrad_reach(lr, n_steps, kept=[]):  # noqa: B006
        kept.append(n_steps)
        return 0.0 if n_steps == 1 else REACH.reference(lr, n_steps) + (n_steps > 4) * (len(kept) > 1)

    message = judge(REACH, adagrad_reach).message
    assert message.startswith("For `lr = 0.01, n_steps = 10` the") and NOT_ALONE in message


def test_of_further_questions_the_same_is_said():
    n, known = len(REACH.probes) + 1, []

    def adagrad_reach(lr, n_steps):
        known.append(1)
        return REACH.reference(lr, n_steps) + (len(known) > n)

    message = judge(REACH, adagrad_reach).message
    assert message.startswith(f"Right on the first {n - 1} probes") and message.endswith(NOT_ALONE)


@pytest.mark.parametrize("attempt", [lambda lr, n_steps: lr + n_steps, functools.partial(lambda a, lr, n: lr + n, 1)],
                         ids=["function", "partial"])
def test_of_answers_that_are_wrong_alone_nothing_is_said(attempt):
    assert NOT_ALONE not in judge(REACH, attempt).message


def test_an_answer_that_differs_when_it_is_asked_again_says_all():
    def adagrad_reach(lr, n_steps, kept=[]):  # noqa: B006
        kept.append(lr)
        return sum(kept)

    assert judge(REACH, adagrad_reach).message == (
        "The same question got two different answers: either something is kept from one call to the next, or chance "
        "plays a part.")


def test_probes_are_not_asked_alone_once_time_is_over(monkeypatch):
    monkeypatch.setattr(framework, "_alarm", lambda seconds: lambda: True)
    assert NOT_ALONE not in judge(REACH, remembers_by_steps()).message
