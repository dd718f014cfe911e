"""Whether an optimizer does to rows together what it does to each: what it is asked, and what is said of it."""

import threading
from functools import partial

import pytest
import torch
from torch import nn

from course_utils.data import Dataset
from course_utils.engine.compare_optimizers import (
    _apart,
    _columns,
    _gradients,
    check_step,
    check_torch_optimizer,
    compare_optimizer,
)
from course_utils.optimizers import momentum, sgd
from course_utils.schedules import cosine

WEIGHTS = torch.tensor([[1.0, -2.0, 0.5], [0.3, 2.0, -1.0]])


class Watched:
    """Gradient descent that notes what it is given."""

    def __init__(self):
        self.asked = []

    def __call__(self, w, g, state, lr, **hyper):
        self.asked.append((w.shape[0], lr, hyper))
        return w - lr * g, state

    def alone(self):
        """What the two networks are given alone, and what both are given together: {rows: [(lr, hyper), …]}."""
        found = {}
        for rows, lr, hyper in self.asked:
            given = lr.flatten().tolist(), {n: v.flatten().tolist() if torch.is_tensor(v) else v
                                            for n, v in hyper.items()}
            if given not in found.setdefault(rows, []):
                found[rows].append(given)
        return found


@pytest.mark.parametrize("rates, used", [
    ([0.5], [0.5, 0.25]), ([0.5, 0.5], [0.5, 0.25]), ([0.5, 0.125, 0.25], [0.5, 0.125]), ([1, 2], [1.0, 2.0]),
], ids=str)
def test_two_networks_are_stepped_at_different_rates(rates, used):
    watched = Watched()
    assert compare_optimizer(watched, WEIGHTS, rates, [{}] * len(rates)) == ("", False)
    assert watched.alone() == {1: [([rate], {}) for rate in used], 2: [(used, {})]}


@pytest.mark.parametrize("rates", [[cosine(0.1, 5)], [cosine(0.1, 5), cosine(0.2, 5)]], ids=len)
def test_schedules_are_compared_at_two_small_rates(rates):
    watched = Watched()
    compare_optimizer(watched, WEIGHTS, rates, [{}])
    (one,), (other,) = (rate for rate, _ in watched.alone()[1])
    assert 0 < one < other < 0.1


def test_hyperparameters_that_differ_anywhere_differ_between_the_two():
    watched, rows = Watched(), [{"a": 0.5, "b": 1, "c": 2}, {"a": 0.5, "b": 4, "c": 2}, {"a": 0.25, "b": 1, "c": 2}]
    compare_optimizer(watched, WEIGHTS, [0.5] * 3, rows)
    assert watched.alone() == {
        1: [([0.5], {"a": [0.5], "b": [1.0], "c": [2.0]}), ([0.25], {"a": [0.25], "b": [4.0], "c": [2.0]})],
        2: [([0.5, 0.25], {"a": [0.5, 0.25], "b": [1.0, 4.0], "c": 2})]}


def test_columns_hold_what_differs_and_numbers_what_does_not():
    rate, hyper = _columns([0.1, 0.2], [{"a": 1, "b": 2}, {"a": 1, "b": 3}])
    assert rate.shape == (2, 1) and hyper["a"] == 1 and isinstance(hyper["a"], int)
    assert hyper["b"].tolist() == [[2.0], [3.0]]


def test_of_one_network_every_number_is_a_column():
    _, hyper = _columns([0.1], [{"a": 1, "b": 2}])
    assert {name: value.tolist() for name, value in hyper.items()} == {"a": [[1.0]], "b": [[2.0]]}


def test_momentum_with_a_factor_for_each_network_steps_them_together():
    assert compare_optimizer(momentum, WEIGHTS, [0.1], [{"beta": 0.5}, {"beta": 0.9}]) == ("", False)


def test_gradients_differ_from_step_to_step_and_scale_to_scale_and_in_size():
    drawn = [_gradients(50, k, step) for k in range(5) for step in range(3)]
    assert all(not torch.equal(a, b) for i, a in enumerate(drawn) for b in drawn[:i])
    for rows in drawn:
        small, large = sorted(row.norm() for row in rows)
        assert large > 3 * small


# What is written into

def writes(into, rows):
    """Gradient descent that writes into w or g where it is given so many rows."""
    def optimizer(w, g, state, lr):
        w_new = w - lr * g
        if w.ndim == 2 and len(w) in rows:
            (w if into == "w" else g).add_(1.0)
        return w_new, state
    return optimizer


@pytest.mark.parametrize("into", ["w", "g"])
@pytest.mark.parametrize("rows, expected", [((1,), True), ((2,), True), ((1, 2), True), ((), False)], ids=str)
def test_who_writes_into_what_is_given_alone_or_together_is_found_out(into, rows, expected):
    assert compare_optimizer(writes(into, rows), WEIGHTS, [0.1], [{}]) == ("", expected)


# Why networks are stepped one at a time

def for_vectors(w, g, state, lr):
    return w - lr * g * torch.dot(g, g), state


def mixes(w, g, state, lr):
    return w - lr * g / g.norm(), state


def draws(w, g, state, lr):
    return w - lr * g * torch.rand(()), state


def writes_and_mixes(w, g, state, lr):
    w_new = w - lr * g / g.norm()
    if w.ndim == 1:
        g.zero_()
    return w_new, state


@pytest.mark.parametrize("optimizer, why, copies", [
    (for_vectors, "for_vectors takes one network at a time", False), (draws, "draws draws random numbers", False),
    (mixes, "mixes mixes networks that are stepped together, as clipping by a norm does", False),
    (writes_and_mixes, "writes_and_mixes mixes networks that are stepped together, as clipping by a norm does", True),
], ids=lambda value: getattr(value, "__name__", ""))
def test_why_networks_are_stepped_one_at_a_time(optimizer, why, copies):
    assert compare_optimizer(optimizer, WEIGHTS, [0.1], [{}]) == (why, copies)


# What is refused

class Returns:
    """An optimizer that returns what a function makes of the new weights and the state."""

    __name__ = "mine"

    def __init__(self, make):
        self.make = make

    def __call__(self, w, g, state, lr):
        return self.make(w - lr * g, state)


@pytest.mark.parametrize("make, message", [
    (lambda w, state: w, "mine must return the new weights and the new state, as in"),
    (lambda w, state: [w, state], "mine must return the new weights and the new state, as in"),
    (lambda w, state: (w, state, 1), "mine must return the new weights and the new state, as in"),
    (lambda w, state: (0.5, state), "mine must return weights of the shape and kind that it was given"),
    (lambda w, state: (w[..., :1], state), "mine must return weights of the shape and kind that it was given"),
    (lambda w, state: (w.double(), state), "mine must return weights of the shape and kind that it was given"),
    (lambda w, state: (w, [state]), "mine must return its state as a dictionary; it returned list of 1"),
    (lambda w, state: (w, {"evaluated": 1.0}), r"mine keeps in state\[\"evaluated\"\] what is not weights"),
    (lambda w, state: (w, {"evaluated": w[..., :1]}), r"mine keeps in state\[\"evaluated\"\] what is not weights"),
    (lambda w, state: (w, {"evaluated": w.double()}), r"mine keeps in state\[\"evaluated\"\] what is not weights"),
])
def test_what_an_optimizer_must_return(make, message):
    with pytest.raises(TypeError, match=f"^{message}"):
        compare_optimizer(Returns(make), WEIGHTS, [0.1], [{}])


def test_an_optimizer_that_fails_is_refused_with_the_shapes_that_it_was_given():
    def fails(w, g, state, lr):
        raise ValueError("not this one")

    with pytest.raises(ValueError, match=r"^fails failed on weights and a gradient of shape \(3,\): ValueError: not"):
        compare_optimizer(fails, WEIGHTS, [0.1], [{}])


class Inherits:
    """One that is slower at every step that it has ever made."""

    __name__ = "inherits"

    def __init__(self, mixes):
        self.steps, self.mixes = 0, mixes

    def __call__(self, w, g, state, lr):
        self.steps += 1
        return w - lr * g / (self.steps if not self.mixes or w.ndim == 1 else g.norm()), state


@pytest.mark.parametrize("mixes", [True, False])
def test_who_keeps_something_outside_the_state_is_refused(mixes):
    with pytest.raises(ValueError, match="^inherits keeps something outside of its state"):
        compare_optimizer(Inherits(mixes), WEIGHTS, [0.1], [{}])


def test_who_keeps_something_and_steps_rows_alike_is_refused_too():
    class Forgets(Inherits):
        def __call__(self, w, g, state, lr):
            self.steps += 1
            return w - lr * g * (2.0 if self.steps > 45 else 1.0), state  # 15 steps alone, twice, and together

    with pytest.raises(ValueError, match="^inherits keeps something outside of its state"):
        compare_optimizer(Forgets(True), WEIGHTS, [0.1], [{}])


# What a reader notes meanwhile

SEEN = []


def notes_in_a_global(w, g, state, lr):
    SEEN.append(1)
    return w - lr * g, state


def notes_in_a_closure():
    seen, lock = [], threading.Lock()

    def optimizer(w, g, state, lr):
        with lock:
            seen.append(1)
        return w - lr * g, state
    return optimizer, seen


@pytest.mark.parametrize("wrap", [lambda f: f, partial, lambda f: partial(partial(f))], ids=["plain", "one", "two"])
def test_what_an_optimizer_notes_is_not_seen(wrap):
    optimizer, seen = notes_in_a_closure()
    for noting in (optimizer, notes_in_a_global):
        assert compare_optimizer(wrap(noting), WEIGHTS, [0.1], [{}]) == ("", False)
    assert seen == SEEN == []


def test_a_partial_keeps_its_arguments():
    def scaled(factor, w, g, state, lr, *, power):
        return w - lr * factor * g ** power, state

    apart = _apart(partial(scaled, 2.0, power=1))
    assert apart(torch.ones(1), torch.ones(1), {}, 0.25)[0].item() == 0.5


def test_what_is_no_function_is_used_as_it_is():
    watched = Watched()
    assert _apart(watched) is watched


def test_a_name_around_an_optimizer_may_have_no_value_yet():
    def made():
        def optimizer(w, g, state, lr, nesterov=False, *, weight_decay=0.0):
            return (w - lr * later if nesterov else w - lr * (g + weight_decay * w)), state
        compared = compare_optimizer(optimizer, WEIGHTS, [0.1], [{"weight_decay": 0.1}])
        later = 1.0
        return compared

    assert made() == ("", False)


# Those of torch

DATA = Dataset("pairs", *[torch.ones(4, 3).numpy(), torch.ones(4, 2).numpy()] * 3)


def noting(kept):
    """A class of torch.optim that notes its rates."""
    class Noting(torch.optim.SGD):
        def __init__(self, params, lr, **options):
            kept.append(lr)
            super().__init__(params, lr=lr, **options)
    return Noting


@pytest.mark.parametrize("check", [
    lambda optimizer, module, lr: check_torch_optimizer(optimizer, module, lr, {}),
    lambda optimizer, module, lr: check_step(optimizer, module, DATA, lr, {}, None)], ids=["class", "step"])
def test_a_torch_optimizer_is_tried_at_its_rate_or_for_a_schedule_at_a_small_one(check):
    kept = []
    check(noting(kept), nn.Linear(3, 2), 0.3)
    check(noting(kept), nn.Linear(3, 2), cosine(0.5, 3))
    assert kept[0] == 0.3 and 0 < kept[1] < 0.1


def test_what_a_maker_must_return_is_said_as_it_is():
    with pytest.raises(TypeError, match="^made must return a torch optimizer, got int"):
        def made(module, lr):
            return 1
        check_torch_optimizer(made, nn.Linear(3, 2), 0.1, {})


def test_a_step_is_tried_with_the_loss_that_is_given():
    called = []

    def loss(outputs, targets):
        called.append(outputs.shape)
        return (outputs - targets).abs().mean()

    module = nn.Linear(3, 2)
    module.eval()
    check_step(torch.optim.SGD, module, DATA, 0.1, {}, loss)
    assert called == [(3, 2)] and module.training


def test_a_step_that_fails_is_refused():
    def loss(outputs, targets):
        raise ValueError("no such loss")

    with pytest.raises(ValueError, match="^SGD cannot step this model: no such loss"):
        check_step(torch.optim.SGD, nn.Linear(3, 2), DATA, 0.1, {}, loss)


def test_gradient_descent_agrees_at_every_scale():
    assert compare_optimizer(sgd, WEIGHTS, [0.1, 0.2], [{}]) == ("", False)
