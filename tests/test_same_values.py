"""Which answers are the same, whatever holds their numbers, and in which few characters they are shown."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from small_exercises import exercise

from course_utils.exercises import framework, values
from course_utils.exercises.relations import RIGHT

TABLE = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def judged(attempt, reference, *probes):
    return framework.judge(exercise(reference, *probes), attempt)


# What is the same

@pytest.mark.parametrize("answer", [
    lambda x: torch.tensor(2 * x, requires_grad=True),
    lambda x: [torch.tensor(2 * row, requires_grad=True) for row in x]],
    ids=["a tensor", "a list of tensors"])
def test_tensors_that_ask_for_gradients_are_answers_as_arrays_are(answer):
    assert judged(answer, lambda x: 2 * x, (TABLE,), (TABLE[:, :2],)).passed


@pytest.mark.parametrize("got, equal", [
    ([1, 0.5, True], True), ((1, 0.5, 1), True), ([1 + 0j, 0.5, 1], True), ([1, 0.5, 1 + 1j], False),
    ([1, 0.5, 0], False), (["1", "0.5", "1"], False)])
def test_a_list_is_the_real_numbers_that_it_holds_and_texts_are_none(got, equal):
    assert values.same(got, np.array([1.0, 0.5, 1.0]), RIGHT) is equal


def test_a_list_of_texts_is_told_to_hold_no_numbers():
    result = judged(lambda x: [str(v) for v in x], lambda x: x, (np.array([1.5, 2.0]),), (np.array([3.0, 0.5]),))
    assert not result.passed and "yours gave `('1.5', '2.0')`. That is not a real number" in result.message


def test_a_list_of_another_length_is_refused_before_its_values_are_looked_at():
    class Noted(list):
        looks = 0

        def __iter__(self):
            self.looks += 1
            return super().__iter__()

    right, long = Noted([1.0, 1.0]), Noted([1.0, 1.0, 1.0])
    assert values.same(right, np.ones(2), RIGHT) and right.looks
    assert not values.same(long, np.ones(2), RIGHT) and not long.looks


@pytest.mark.parametrize("columns, equal", [((1.0, 2.0), True), ((1.0, 2.0, 3.0), False), ((1.0,), False)])
def test_what_has_two_rows_is_a_pair_only_if_it_holds_two_things(columns, equal):
    class Frame:
        """As frames of pandas do, it has the length of its rows and goes through its columns."""

        def __len__(self):
            return 2

        def __iter__(self):
            return iter(columns)

    assert values.same(Frame(), (1.0, 2.0), RIGHT) is equal


def test_numbers_near_the_largest_are_told_apart_without_a_warning():
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        assert values.same(1.7e308, 1.7e308, RIGHT) and not values.same(1.7e308, -1.7e308, RIGHT)
    assert not given


# What a value holds

def test_what_is_neither_list_nor_array_counts_as_one_whatever_its_size_is():
    assert values.size(SimpleNamespace(size=7)) == values.size({"a": 1, "b": 2}) == values.size("a text") == 1
    assert values.size([TABLE, (1.0, None), SimpleNamespace(size=len)]) == 6 + 2 + 1


# What is shown

def test_forty_parts_are_shown_and_then_that_there_are_more():
    assert values.show((1,) * 40) == f"({', '.join('1' * 40)})"
    assert values.show((1,) * 41) == values.show((1,) * 99) == f"({', '.join('1' * 40)}, …)"


def test_an_array_of_forty_is_shown_and_of_a_larger_one_its_ends():
    assert values.show(np.ones(40, int)) == f"[{', '.join('1' * 40)}]"
    assert values.show(np.ones(41, int)) == "[1, 1, 1, ..., 1, 1, 1]"


def test_whole_numbers_in_arrays_are_shown_without_blanks_before_them():
    assert values.show(np.array([1, 10, -100])) == "[1, 10, -100]"


@pytest.mark.parametrize("value, most", [
    (("x" * 90, "y" * 90, "z" * 90, "x" * 90), 300), (np.arange(36) + 123456.5, 300), ("x" * 200, 120)],
    ids=["parts", "an array", "a text"])
def test_of_what_is_long_the_beginning_is_shown(value, most):
    shown = values.show(value)
    assert len(shown) == most + 1 and shown.endswith("…")


def test_what_cannot_be_shown_is_told_by_its_kind():
    class Broken:
        def __repr__(self):
            raise ValueError("no words")

    assert values.show(Broken()) == "a Broken"
    result = judged(lambda x: Broken(), lambda x: x, (1.0,), (2.0,))
    assert "For `x = 1` the answer is `1`; yours gave `a Broken`." in result.message


# Tensors

def is_still(changed, before=(1.0, np.nan, 3.0)):
    return values.is_still(torch.tensor(changed), torch.tensor(before))


def test_a_tensor_is_still_the_same_with_nan_where_it_was_and_nowhere_else():
    assert is_still([1.0, np.nan, 3.0]) and is_still([1.0], [1.0])
    assert not is_still([1.0, np.nan, 2.0]) and not is_still([1.0, 2.0, 3.0]) and not is_still([np.nan, np.nan, 3.0])
    assert not is_still([1.0], [1.0, 1.0]) and not is_still([1], [1.0])


@pytest.mark.parametrize("kind", ["bfloat16", "meta", "sparse"])
def test_tensors_of_a_kind_that_numpy_does_not_know_are_judged_all_the_same(kind):
    kinds = {"bfloat16": lambda x: x.bfloat16(), "meta": lambda x: x.to("meta"), "sparse": torch.Tensor.to_sparse}
    result = judged(lambda x: [kinds[kind](torch.tensor(3 * x))], lambda x: [2 * x], (np.ones(2),), (np.ones(3),))
    assert result.attempted and not result.passed


def test_a_tensor_is_told_by_its_shape():
    assert values.kind(torch.ones(2, 3)) == "a tensor of shape (2, 3)"


def test_what_was_raised_stays_as_it_is():
    with pytest.raises(AttributeError):
        values.Raised("`ValueError`").text = "other"


def test_a_tensor_counts_by_its_numbers():
    assert values.size(torch.ones(2, 3)) == 6 == values.size([torch.ones(4), np.ones(2)])
    assert not judged(lambda x: 3 * x, lambda x: 2 * x, (torch.ones(2),), (torch.ones(3),)).passed


# Lists

def test_none_in_a_list_is_no_number_not_even_nan():
    assert not values.same([1.0, None], np.array([1.0, np.nan]), RIGHT)
    assert values.same([1.0, np.nan], np.array([1.0, np.nan]), RIGHT)


def test_a_list_of_arrays_of_different_shapes_is_like_its_copy_and_no_other():
    rows = [np.ones(2), np.ones(3)]
    assert judged(lambda x: [x * row for row in rows], lambda x: [x * row for row in rows], (1.0,), (3.0,)).passed
    assert not values.same([np.ones(2), np.zeros(3)], rows, RIGHT) and not values.same(rows[:1], rows, RIGHT)


def test_a_list_that_holds_itself_is_told_so():
    def endless(x):
        kept = [x]
        kept.append(kept)
        return kept

    assert judged(endless, lambda x: [x, x], (1.0,), (2.0,)).message == (
        "For `x = 1`: what came back is a list that holds itself.")


@pytest.mark.parametrize("x, shown", [
    (1 + 0.5e-13, "1"), (1 + 1.5e-13, repr(1 + 1.5e-13)), (1 + 4e-9, repr(1 + 4e-9)), (1 + 6e-9, "1"), (-0.0, "0"),
    (np.inf, "inf"), (-np.inf, "-inf"), (np.nan, "nan")])
def test_a_number_a_hair_beside_a_short_one_is_shown_whole(x, shown):
    assert values.show(x) == shown


@pytest.mark.parametrize("numbers, shown", [
    ([1 / 3, 1 / 3 + 3e-12], "(0.33333333333333, 0.33333333333633)"),
    ([1 / 3, 1 / 3 + 3e-14], "(0.33333333333333, 0.33333333333336)"),
    ([1 / 3] * 40 + [1 / 3 + 1e-8], f"({'0.333333, ' * 40}…)")])
def test_the_first_forty_numbers_of_a_list_are_shown_with_the_digits_that_tell_them_apart(numbers, shown):
    assert values.show(numbers) == values.short(shown, 300)


@pytest.mark.parametrize("x, asked, shown", [
    (1.000001, "1.000001", "1"), (1 + 2.0**-23, repr(1 + 2.0**-23), "1"), (1 / 3, "0.333333", "0.333333"),
    (0.1, "0.1", "0.1"), (0.99951171875, "0.99951171875", "0.999512"), (-0.9123456789, "-0.9123456789", "-0.912346"),
    (0.8123456789, "0.812346", "0.812346"), (1.123456789, "1.12346", "1.12346"),
    (2.5e-7, "2.5e-07", "2.5e-07"), (12345.01, "12345", "12345")])
def test_a_question_is_shown_with_the_digits_that_tell_it_from_a_short_one(x, asked, shown):
    assert values.brief(x, asked=True) == asked and values.brief(x) == shown
    assert values.brief(np.array([x, 2.0]), asked=True) == f"[{asked}, 2]"
    assert values.brief((x, 2.0), asked=True) == f"({asked}, 2)"
