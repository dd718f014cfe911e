"""What a check says of further questions, of answers of the wrong kind, and of what takes too long or too much."""

import heapq
import time
from functools import partial

import numpy as np
import pytest
from small_exercises import exercise

from course_utils.exercises import framework
from course_utils.exercises.walks import walk, with_one_array


def twice(x):
    return 2 * x


def judged(attempt, *probes, reference=twice, limits=(), **more):
    return framework.judge(exercise(reference, *(probes or ((1.0,), (2.0,))), **more), attempt, *limits)


def said(*arguments, **more):
    result = judged(*arguments, **more)
    assert result.attempted and not result.passed
    return result.message


def written(function, line):
    """A line of a function, counted from its `def`, as messages name it."""
    return f"in line {function.__code__.co_firstlineno + line} "


# Further questions

def test_who_is_right_is_told_of_the_further_probes_too():
    assert judged(twice, further=((3.0,), (4.0,))).message.startswith("Right on all 4 probes.")


def test_an_error_of_the_attempt_in_a_further_question_keeps_its_own_words():
    def attempt(x):
        if x > 9:
            raise ValueError("no probe so large")
        return 2 * x

    assert "`ValueError: no probe so large`" in said(attempt, further=((10.0,),))


def test_a_further_question_that_takes_too_long_is_not_counted_and_nobody_fails_by_it():
    def slow_at_3(x):
        while x == 3:
            pass
        return 2 * x

    result = judged(slow_at_3, further=((3.0,), (4.0,)), limits=(0.2,))
    assert result.passed and result.message.startswith("Right on all 3 probes.")


def test_who_differs_where_only_the_difference_is_told_has_made_an_attempt():
    assert said(lambda x: 3 * x, brief=True) == "For `x = 1` the answer is `2`; yours gave `3`."


def test_who_gives_back_what_was_handed_in_has_made_an_attempt():
    message = said(lambda rows: rows, ([np.ones(2), np.ones(3)],), fresh="rows",
                   drive=lambda attempt, rows: tuple(attempt(rows)),
                   reference=lambda rows: [row.copy() for row in rows])
    assert message.startswith("The answer is right, but an array that comes back is one of `rows` itself")


# Attempts of the wrong kind, and none

async def waits(x):
    return 2 * x


def yields(x):
    yield 2 * x


async def waits_and_yields(x):
    yield 2 * x


@pytest.mark.parametrize("attempt", [waits, yields, waits_and_yields])
def test_a_function_with_return_is_asked_for_instead_of_a_coroutine_or_generator(attempt):
    assert said(attempt) == ("`async` or `yield` makes this a coroutine or generator; a function with `return` is "
                             'needed in `check("small", twice)`.')


def passes(x):
    pass
    pass


def gives_none(x):
    return None if True else x


def begun(x):
    if x < 0:
        x = -x


@pytest.mark.parametrize("attempt, attempted", [(passes, False), (gives_none, False), (begun, True)])
def test_a_function_that_does_nothing_has_not_been_attempted(attempt, attempted):
    result = judged(attempt)
    assert result.attempted is attempted and not result.passed


# Mistakes

def test_what_explains_all_answers_is_told_before_a_mistake_that_explains_nearly_all():
    nearly = lambda x, b: x**2 * b if x < 5 else 0.0
    message = said(lambda x, b: x**2 * b, (1.5, 2.0), (2.0, 3.0), (3.0, 0.5), (4.0, 1.5), (4.5, 7.0), (6.0, 4.0),
                   reference=lambda x, b: x * b, mistakes=((nearly, "Nearly so."),))
    assert message.endswith("On every probe that is what comes out with `x ** 2` in the place of `x`.")
    assert "Nearly so." not in message


def test_of_several_exceptions_the_first_is_told_beside_the_mistake():
    def stops(x):
        if x > 2:
            raise ValueError(f"{x:g} is large")
        return 3 * x

    message = said(stops, (1.0,), (3.0,), (2.0,), (4.0,), mistakes=((stops, "Three times."),))
    assert message.startswith(f"Three times. (It stopped with `ValueError: 3 is large` {written(stops, 2)}")
    assert message.count("It stopped with") == 1


# Limits

def endless(x):
    return all(n == 0 for n in iter(int, 1))


def endless_elsewhere(x):
    return heapq.nsmallest(2, iter(int, 1))


def grows(x):
    return [b"x" * 10**6 for _ in iter(int, 1) if not time.sleep(0.001)]


def looked_through(by):
    """A `drive` that calls the attempt, and then does something with the answer that does not end."""
    return lambda attempt, x: by(attempt(x))


@pytest.mark.parametrize("attempt, where", [
    (endless, f" {written(endless, 1)}(`return all(n == 0 for n in iter(int, 1))`)"),
    (endless_elsewhere, f" {written(endless_elsewhere, 1)}(`return heapq.nsmallest(2, iter(int, 1))`)"),
    (partial(endless), "")])
def test_what_takes_too_long_is_told_with_the_line_of_the_attempt_if_that_is_known(attempt, where):
    assert said(attempt, limits=(0.5,)) == (
        f"`twice`, asked `x = 1`, had not come to an end after 0.5 seconds, and was stopped{where}. "
        "Is there a loop whose end is never reached?")


def test_no_line_is_told_of_an_answer_that_cannot_be_looked_through():
    assert said(twice, drive=looked_through(endless), limits=(0.5,)) == (
        "What `twice` gave back could not be looked through after 0.5 seconds.")


def test_an_attempt_that_takes_too_much_memory_is_asked_for_what_grows():
    message = said(grows, limits=(60, 20))
    assert message.startswith(f"`twice`, asked `x = 1`, was stopped {written(grows, 1)}(`return [b")
    assert message.endswith("): the memory in use had grown by more than 20 MB. "
                            "Does a list or an array grow without end?")


def test_an_answer_that_takes_too_much_memory_is_not_the_growing_of_a_list():
    message = said(twice, drive=looked_through(grows), limits=(60, 20))
    assert message.startswith("What `twice` gave back ") and message.endswith("had grown by more than 20 MB.")


# What is asked of who is right

def holds_the_first(w, g, state, lr):
    return w - lr * state.get("g", g), {"g": state.get("g", g)}


def as_it_should_be(w, g, state, lr):
    return w - lr * np.array(state.get("g", g)), {"g": np.array(state.get("g", g))}


STEPS = [(np.array([1.0, 2.0]), ([0.5, 1.0], [2.0, -1.0]), 0.1), (np.ones(3), ([1.0, 2, 3], [3.0, 2, 1]), 0.2)]


def walked(attempt, w, gradients, lr):
    return walk(attempt, w, [np.array(g) for g in gradients], [(lr,)] * len(gradients))


@pytest.mark.parametrize("attempt, remark", [(holds_the_first, True), (as_it_should_be, False)])
def test_who_keeps_the_gradient_itself_passes_and_is_told_that_it_may_be_filled_anew(attempt, remark):
    result = framework.judge(exercise(as_it_should_be, *STEPS, drive=walked), attempt)
    assert result.passed and result.message.endswith("`g.copy()` would keep its numbers.") is remark


def test_what_does_not_end_where_gradients_come_in_one_array_is_not_remarked_on():
    seen = []

    def slow(w, g, state, lr):
        seen.append(g)
        while any(g is before for before in seen[:-1]):
            pass
        return as_it_should_be(w, g, state, lr)

    result = framework.judge(exercise(as_it_should_be, *STEPS, drive=walked), slow, 0.3)
    assert result.passed and "g.copy()" not in result.message


def test_a_gradient_that_is_a_number_is_handed_on_as_it_is():
    assert with_one_array(lambda w, g, state: type(g))(1.0, 2.0, {}) is float


def test_whole_numbers_in_arrays_that_are_cut_are_remarked_on_and_those_that_are_refused_are_not():
    def cuts(x):
        new = np.zeros_like(x)
        new[:] = x / 2
        return new

    def refuses(x):
        if x.dtype.kind == "i":
            raise TypeError("floats, please")
        return x / 2

    asked = exercise(lambda x: x / 2, (np.array([1.5]),), (np.array([3.0, 1.0]),), whole=((np.array([3, 4]),),))
    result = framework.judge(asked, cuts)
    assert result.passed and result.message.startswith("Right on all 2 probes. ") and result.message.endswith(
        "Arrays hold floats in this course. Where one holds whole numbers, yours comes out differently, perhaps "
        "because an array that is made like it, as by `zeros_like`, can hold no others. For `x = [3, 4]` the answer is "
        "an array `[1.5, 2]`; yours gave an array `[1, 2]`. Entry 0 differs (counted from 0); the rest is right.")
    for right in (refuses, lambda x: x / 2):
        result = framework.judge(asked, right)
        assert result.passed and "floats" not in result.message


def deep(x):
    return deep(x - 1) + 2 if x else 0


def without_end(x):
    return without_end(x + 1)


def test_recursion_that_goes_deeper_than_python_allows_passes_and_is_told_so():
    asked = exercise(twice, (2000,), (3,))
    result = framework.judge(asked, deep)
    assert result.passed and result.attempted and result.message.endswith("outside of this check: a loop goes further.")
    for attempt, passed in ((twice, True), (without_end, False)):
        result = framework.judge(asked, attempt)
        assert result.passed is passed and "outside of this check" not in result.message
