"""Functions of tensors that are traced once: when, for which tensors, and that nothing but speed depends on it."""

import pytest
import torch

from course_utils.engine import tracing
from course_utils.engine.tracing import Traced


class Counted:
    """The sum of squares of the first tensor, plus the others' sums; notes how often Python ran it."""

    def __init__(self):
        self.calls = 0

    def __call__(self, first, *others):
        self.calls += 1
        return (first ** 2).sum(-1) + sum(other.sum() for other in others)


def calls_of(traced, times, *tensors):
    """How often Python ran the function in so many calls."""
    before = traced.function.calls
    for _ in range(times):
        traced(*tensors)
    return traced.function.calls - before


def test_a_function_is_traced_at_a_call_and_never_run_by_python_again(monkeypatch):
    monkeypatch.setattr(tracing, "AFTER", 3)
    traced, x = Traced(Counted()), torch.ones(2, 3)
    assert [calls_of(traced, 1, x) for _ in range(5)] == [1, 1, 1, 0, 0]
    assert traced(x).tolist() == [3, 3] and not traced.function.calls > 3


@pytest.mark.parametrize("other", [torch.ones(2, 4), torch.ones(2, 3, dtype=torch.float64)], ids=["shape", "dtype"])
def test_tensors_of_another_kind_are_counted_and_traced_by_themselves(monkeypatch, other):
    monkeypatch.setattr(tracing, "AFTER", 2)
    traced, x = Traced(Counted()), torch.ones(2, 3)
    assert [calls_of(traced, 1, t) for t in (x, x, other, x, other, other)] == [1, 1, 1, 0, 1, 0]


def test_the_kind_of_numbers_is_that_of_the_first_tensor(monkeypatch):
    monkeypatch.setattr(tracing, "AFTER", 2)
    traced = Traced(Counted())
    one, two = torch.ones(2, 3), torch.ones(2, 3, dtype=torch.float64)
    assert [calls_of(traced, 1, *t) for t in ((one, one), (two, one), (one, one), (two, one))] == [1, 1, 1, 1]
    assert calls_of(traced, 1, one, one) == calls_of(traced, 1, two, one) == 0


def test_what_cannot_be_traced_goes_on_as_it_is(monkeypatch):
    monkeypatch.setattr(tracing, "AFTER", 1)
    traced = Traced(lambda x: x.item() and (x + 1).numpy())
    assert [traced(torch.ones(())) for _ in range(3)] == [2, 2, 2]


class Lock:
    """That of tracing, which notes whether it is held."""

    held = 0

    def __enter__(self):
        self.held += 1

    def __exit__(self, *error):
        self.held -= 1


@pytest.mark.parametrize("options, held", [({}, [0, 1]), ({"transformed": False}, [0, 1]),
                                           ({"transformed": True}, [1, 2])], ids=str)
def test_transforms_alone_are_run_one_at_a_time_and_written_out(monkeypatch, options, held):
    written, written_out, lock, seen = [], tracing._written_out, Lock(), []
    monkeypatch.setattr(tracing, "AFTER", 2)
    monkeypatch.setattr(tracing, "alone", lock)
    monkeypatch.setattr(tracing, "_written_out", lambda f, tensors: written.append(f) or written_out(f, tensors))
    traced = Traced(lambda x: seen.append(lock.held) or x + 1, **options)
    assert [traced(torch.ones(2)).tolist() for _ in range(4)] == [[2, 2]] * 4
    assert seen == held and len(written) == bool(options.get("transformed"))
