"""What counts as an optimizer and how it steps one network; when two results are the same, and how they are named."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from course_utils.data import make_blobs
from course_utils.engine.execution import grid
from course_utils.engine.sameness import described, same
from course_utils.engine.steps import TorchStep, kind_of, names_of
from course_utils.optimizers import sgd
from course_utils.sweep import sweep
from course_utils.training import train

BLOBS = make_blobs()
LINEAR = lambda: nn.Linear(2, 3)


def quick(optimizer, lr=0.1, model=LINEAR, **hyper):
    return train(model, BLOBS, optimizer, lr, epochs=1, batch_size=250, **hyper)


# What kind of optimizer a function is

class ByKeyword(torch.optim.SGD):
    def __init__(self, params, *, lr, momentum=0.0, betas=(0.9, 0.99)):
        super().__init__(params, lr=lr, momentum=momentum)


class OwnStep(torch.optim.Optimizer):
    """An optimizer whose step takes no closure at all."""

    def __init__(self, params, lr):
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                p -= group["lr"] * p.grad


def makes(module, lr, momentum=0.0, betas=(0.9, 0.99)):
    return torch.optim.SGD(module.parameters(), lr=lr, momentum=momentum)


def makes_with_anything(module, lr, **options):
    return torch.optim.SGD(module.parameters(), lr=lr, **options)


@pytest.mark.parametrize("optimizer, kind", [
    (lambda w, g, state, lr: None, "rows"), (lambda w, g, memory, lr: None, "rows"),
    (lambda w, g, memory, lr, beta: None, "rows"), (lambda w, g, state: None, "rows"),
    (lambda w, g, state, rate: None, "rows"), (partial(lambda w, g, memory, lr, beta: None, beta=0.5), "rows"),
    (makes, "maker"), (lambda module, lr: None, "maker"), (lambda module, lr, beta: None, "maker"),
    (torch.optim.SGD, "class"), (ByKeyword, "class"), (partial(torch.optim.SGD, momentum=0.9), "class"),
    (partial(partial(torch.optim.Adam, eps=1e-6), amsgrad=True), "class")])
def test_the_names_of_its_arguments_tell_the_kind_of_an_optimizer(optimizer, kind):
    assert kind_of(optimizer) == kind


@pytest.mark.parametrize("optimizer, takes", [
    (lambda w, g, *, state, lr: None, "w, g"), (lambda module, *, lr: None, "module"),
    (lambda w, g, *state: None, "w, g"), (lambda module, **lr: None, "module"),
    (lambda w, g, memory, rate: None, "w, g, memory, rate"), (lambda: None, "nothing")])
def test_an_argument_that_cannot_be_given_by_place_tells_nothing(optimizer, takes):
    with pytest.raises(TypeError, match=f"; lambda takes {takes}$"):
        kind_of(optimizer)


@pytest.mark.parametrize("optimizer, names, tuples", [
    (makes, ["momentum", "betas"], ["betas"]), (ByKeyword, ["momentum", "betas"], ["betas"]),
    (lambda w, g, state, lr: None, [], []), (lambda w, g, state, lr, beta=0.9: None, ["beta"], []),
    (lambda w, g, state, lr, *, beta: None, ["beta"], []), (makes_with_anything, None, ()),
    (partial(torch.optim.SGD, momentun=0.9), None, ())])
def test_hyperparameters_are_what_is_named_besides_the_rate(optimizer, names, tuples):
    assert names_of(optimizer) == (names, tuples)


def test_a_tuple_is_one_value_only_where_the_optimizer_has_a_tuple():
    settings = grid(LINEAR, makes, 0.1, 32, {"momentum": (0.0, 0.5), "betas": (0.8, 0.9)})
    assert [(s["momentum"], s["betas"]) for s in settings] == [(0.0, (0.8, 0.9)), (0.5, (0.8, 0.9))]


def test_a_partial_of_a_class_steps_as_the_class_does():
    ours, theirs = quick(partial(torch.optim.SGD, momentum=0.9)), quick(torch.optim.SGD, momentum=0.9)
    assert torch.allclose(ours.weights, theirs.weights) and not torch.allclose(ours.weights, quick(sgd).weights)


def test_a_function_that_takes_any_options_is_given_them():
    assert torch.allclose(quick(makes_with_anything, momentum=0.9).weights, quick(makes, momentum=0.9).weights)


@pytest.mark.parametrize("optimizer, hyper, says", [
    (partial(torch.optim.SGD, momentun=0.9), {}, r"SGD\(momentun=0\.9\) does not take these hyperparameters, \{\}: "),
    (ByKeyword, {"eps": 1.0}, "ByKeyword has no hyperparameter 'eps'; it has momentum, betas$")])
def test_a_hyperparameter_that_is_none_is_said_in_words(optimizer, hyper, says):
    with pytest.raises(TypeError, match=says):
        quick(optimizer, **hyper)


# Steps

def test_a_step_that_takes_no_closure_is_given_none():
    assert torch.allclose(quick(OwnStep).weights, quick(torch.optim.SGD).weights, atol=1e-6)


@pytest.mark.parametrize("optimizer", [sgd, torch.optim.SGD])
def test_weights_that_no_output_depends_on_stay_as_they_were(optimizer):
    class Unused(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.idle, self.drop = nn.Linear(2, 3), nn.Linear(4, 5), nn.Dropout(0.1)

        def forward(self, x):
            return self.drop(self.used(x))

    torch.manual_seed(0)
    start, run = Unused(), quick(optimizer, model=Unused)
    trained = run.module()
    assert torch.equal(start.idle.weight, trained.idle.weight) and torch.equal(start.idle.bias, trained.idle.bias)
    assert not torch.allclose(start.used.weight, trained.used.weight)
    assert np.isfinite(run.history["gradient_norm"]).all()


def test_a_rate_that_is_zero_throughout_leaves_the_weights_as_they_are():
    torch.manual_seed(0)
    start = LINEAR()
    run = quick(torch.optim.SGD, lr=lambda step: 0.0)
    assert torch.equal(run.weights, nn.utils.parameters_to_vector(start.parameters()).detach())


@pytest.mark.parametrize("rate", [0.7, 0.3, 0.1, 0.0])
@pytest.mark.parametrize("top", [0.3, 0.7])
def test_a_group_without_a_rate_of_its_own_has_exactly_the_rate_that_is_asked(top, rate):
    step, x = TorchStep(torch.optim.SGD, module := LINEAR(), top, {}), torch.ones(1, 2)
    step(rate, lambda: module(x).sum())
    assert step.optimizer.param_groups[0]["lr"] == rate


# What is the same but for rounding

def numbers(*values, shape=(-1,)):
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


@pytest.mark.parametrize("a, b, expected", [
    (numbers(1.0, shape=()), numbers(1.0), True), (numbers(1.0, shape=(1, 1)), numbers(1.0), True),
    (numbers(1.0), numbers(2.0, shape=(1, 1)), False), (numbers(1.0, 1.0), numbers(1.0, 1.0, shape=(1, 2)), False),
    (numbers(1.0, 1.0), numbers(1.0), False), (numbers(1.0), numbers(1.0, 1.0), False),
    (numbers(1.0, 1.0), numbers(1.0, 1.0, 1.0), False), (numbers(), numbers(), True),
    (numbers(), numbers(shape=(0, 2)), False)])
def test_only_tensors_of_one_number_may_differ_in_shape(a, b, expected):
    assert same(a, b) is expected


@pytest.mark.parametrize("a, b, expected", [
    ((1.001,), (1.0,), True), ((1.0015,), (1.0,), False), ((0.9985,), (1.0,), False),
    ((1.0, 0.995e-5), (1.0, 0.0), True), ((1.0, 1.005e-5), (1.0, 0.0), False), ((100.0, 9e-4), (100.0, 0.0), True),
    ((0.0, 0.0), (0.0, 0.0), True), ((1e-20, 0.0), (2e-20, 0.0), False)])
def test_rounding_is_a_thousandth_of_a_number_and_a_hundredth_of_that_of_the_largest(a, b, expected):
    assert same(numbers(*a), numbers(*b)) is expected


@pytest.mark.parametrize("lost", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_the_same_as_itself_and_hides_no_difference_of_small_numbers(lost):
    assert same(numbers(lost, 1e-6), numbers(lost, 1e-6)) and not same(numbers(lost, 1e-6), numbers(lost, 2e-6))
    assert not same(numbers(lost), numbers(0.0)) and not same(numbers(0.0), numbers(lost))


ONE, TWO = torch.ones(2), torch.full((2,), 2.0)


@pytest.mark.parametrize("a, b, expected", [
    ({"x": ONE, "y": TWO}, {"y": TWO.clone(), "x": ONE.clone()}, True), ({"x": ONE}, {"x": TWO}, False),
    ({"x": ONE}, {"y": ONE}, False), ({"x": ONE}, {"x": ONE, "y": TWO}, False), ({"x": ONE}, [ONE], False),
    ([ONE], {"x": ONE}, False), ({}, (), False), ((ONE, TWO), [ONE.clone(), TWO], True), ([ONE, TWO], [TWO] * 2, False),
    ([ONE], [ONE, ONE], False), ([ONE, ONE], [ONE], False), ([], [], True), ([ONE], ONE, False), (ONE, (ONE,), False),
    (ONE, None, False), (None, None, True), ({"x": [ONE, {"y": TWO}]}, {"x": (ONE, {"y": ONE})}, False)])
def test_what_holds_tensors_is_the_same_if_it_holds_the_same_in_the_same_places(a, b, expected):
    assert same(a, b) is expected


@pytest.mark.parametrize("hold", [lambda x: x, lambda x: [x], lambda x: {"x": (x,)}, lambda x: x.reshape(1, 1)],
                         ids=["a tensor", "a list", "a dictionary", "another shape"])
def test_a_tolerance_of_ones_own_holds_all_the_way_down(hold):
    a, b = numbers(1.0005), hold(numbers(1.0))
    a = a if isinstance(b, torch.Tensor) else hold(a)
    assert same(a, b) and not same(a, b, 1e-4) and not same(a, b, tolerance=0.0)


# How a value is named

@pytest.mark.parametrize("value, words", [
    (None, "None"), (torch.zeros(2, 3), "a tensor of shape (2, 3) and torch.float32"), ((1, 2, 3), "tuple of 3"),
    ([], "list of 0"), (2.5, "float 2.5"), (True, "bool True"), ({"a": 1}, "dict {'a': 1}"), ("text", "str 'text'"),
    ("t" * 200, f"str '{'t' * 75}")])
def test_a_value_is_described_in_at_most_eighty_characters(value, words):
    assert described(value) == words and len(words) <= 80


@pytest.mark.parametrize("answer, words", [
    (lambda w, g: None, "it returned None"), (lambda w, g: w - g, r"it returned a tensor of shape \(9,\) and"),
    (lambda w, g: (w, {}, 1), "it returned tuple of 3"), (lambda w, g: (w, [g]), "it returned list of 1"),
    (lambda w, g: (0.5, {}), "it returned float 0.5")])
def test_an_optimizer_that_returns_something_else_is_told_what(answer, words):
    def optimizer(w, g, state, lr):
        return answer(w, g)

    with pytest.raises(TypeError, match=words):
        sweep(LINEAR, BLOBS, optimizer, lr=0.1, seeds=[0], epochs=1, progress=False)


def test_a_class_may_name_its_rate_anywhere():
    class Own(torch.optim.SGD):
        def __init__(self, params, momentum=0.0, lr=0.1):
            super().__init__(params, lr=lr, momentum=momentum)

    assert names_of(Own) == (["momentum"], [])
