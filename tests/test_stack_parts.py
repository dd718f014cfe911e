"""Stacks of networks that the course has none of: values of several axes, losses of one's own, every chain."""

from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course_utils.data import Dataset
from course_utils.engine import stacks
from course_utils.engine.losses import scores_of
from course_utils.engine.networks import weights_of
from course_utils.engine.stacks import LayerStack, Stack, stack_of

DRAW = torch.Generator().manual_seed(0)
N, RUNS = 7, 5  # examples, networks


Places = partial(nn.Linear, 2, 3)  # scores of 3 classes, from 2 features, at each of any number of places
Column = partial(nn.Linear, 2, 1)  # one value an example, as a column


def grid():
    """A grid of 2 × 3 values an example, from 2 features."""
    return nn.Sequential(nn.Linear(2, 6), nn.Unflatten(1, (2, 3)))


def drawn(*shape):
    return torch.randn(*shape, generator=DRAW)


def classes(*shape):
    return torch.randint(0, 3, shape, generator=DRAW)


CASES = {  # module, task, inputs and targets
    "places with classes": (Places, "classification", drawn(N, 4, 2), classes(N, 4)),
    "classes": (Places, "classification", drawn(N, 2), classes(N)),
    "values on a grid": (grid, "regression", drawn(N, 2), drawn(N, 2, 3)),
    "a value in a column": (Column, "regression", drawn(N, 2), drawn(N)),
}


def squares(outputs, y):
    """A loss of one's own that is no plain mean over the examples."""
    return (outputs.reshape(len(y), -1).sum(1) - y.reshape(len(y), -1).float().sum(1)).square().mean().sqrt()


def networks_of(make):
    networks = []
    for _ in range(RUNS):
        networks.append(make())
        for p in networks[-1].parameters():
            p.data = drawn(*p.shape)
    return networks, torch.stack([weights_of(module) for module in networks])


def alone(module, task, loss, x, y):
    """Loss and gradient of one network, by autograd."""
    outputs = module(x)
    if loss is not None:
        value = loss(outputs, y)
    elif task == "regression":
        value = F.mse_loss(outputs.reshape(y.shape), y)
    else:
        value = F.cross_entropy(outputs.flatten(0, -2), y.flatten())
    return value.detach(), torch.cat([g.flatten() for g in torch.autograd.grad(value, list(module.parameters()))])


@pytest.mark.parametrize("loss", [None, squares], ids=["the course's loss", "own loss"])
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("portions", [(20, 128), (2, 3), (1, 1)], ids=str)
def test_a_stack_gives_what_each_network_gives(case, loss, portions, monkeypatch):
    monkeypatch.setattr(stacks, "SCORED", portions)
    make, task, x, y = CASES[case]
    networks, weights = networks_of(make)
    stack = Stack(networks[0], task, loss)
    order = torch.stack([torch.randperm(N, generator=DRAW) for _ in range(2)])
    own = torch.tensor([0, 1, 1, 0, 1])
    batches = list(stack.batches(x, y, order, own, 3))
    assert [batch[0].shape[1] for batch in batches] == [3, 3, 1]
    for k, batch in enumerate(batches):
        losses, gradients = stack.loss_and_gradient(weights, batch)
        for r, module in enumerate(networks):
            rows = order[own[r]][3 * k:3 * k + 3]
            value, gradient = alone(module, task, loss, x[rows], y[rows])
            torch.testing.assert_close(losses[r], value)
            torch.testing.assert_close(gradients[r], gradient, rtol=1e-4, atol=1e-5)
    scores = stack.scores(weights, x, y)
    with torch.no_grad():
        expected = [scores_of(module(x), y, task, loss) for module in networks]
    torch.testing.assert_close(scores, torch.tensor(expected).T)


@pytest.mark.parametrize("floats, size, cache, expected", [
    (10, 3, 100, 9), (10, 3, 90, 9), (10, 3, 89, 6), (200, 3, 100, 3), (1, 1, 5, 5), (50, 2, 100, 2),
])
def test_a_portion_is_as_many_whole_batches_as_fit_and_at_least_one(floats, size, cache, expected, monkeypatch):
    monkeypatch.setattr(stacks, "CACHE", cache)
    assert stacks._portion(floats, size) == expected


@pytest.mark.parametrize("kind", [Stack, LayerStack])
def test_a_portion_is_measured_by_what_all_networks_are_given_of_an_example(kind, monkeypatch):
    asked = []
    monkeypatch.setattr(stacks, "_portion", lambda floats, size: asked.append((floats, size)) or size)
    stack = kind(nn.Sequential(nn.Linear(2, 1)), "regression")
    x, y = drawn(N, 2), drawn(N, 1)
    list(stack.batches(x, y, torch.arange(N)[None], torch.tensor([0, 0, 0]), 4))
    assert asked == [(3 * (2 + (kind is LayerStack)), 4)]


def test_both_functions_of_a_stack_are_transforms_and_those_of_layers_are_not():
    stack = Stack(Places(), "classification")
    assert stack._gradient.transformed is stack._forward.transformed is True
    layers = LayerStack(nn.Sequential(nn.Linear(2, 3)), "classification")
    assert layers._gradient.transformed is layers._scores.transformed is False


# Which kind

def data_of(x, y):
    return Dataset("pairs", *[x.numpy(), y.numpy()] * 3)


CHAIN = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 3))
VECTORS = data_of(drawn(N, 2), drawn(N, 3))


def chain(*layers):
    return nn.Sequential(*layers)


class Doubled(nn.Linear):
    def forward(self, x):
        return 2 * super().forward(x)


class Backwards(nn.Sequential):
    pass


TWICE = nn.Linear(2, 2)


@pytest.mark.parametrize("module, data, loss, takes", [
    (CHAIN, VECTORS, None, True), (CHAIN, data_of(drawn(N, 2), classes(N)), None, True),
    (chain(nn.Linear(2, 1)), data_of(drawn(N, 2), drawn(N)), None, True),
    (chain(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 3)), VECTORS, None, True),
    (chain(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 3)), VECTORS, None, True),
    (chain(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 4), nn.GELU(), nn.Linear(4, 3)), VECTORS, None, False),
    (CHAIN, VECTORS, squares, False), (Places(), VECTORS, None, False),
    (Backwards(nn.Linear(2, 3)), VECTORS, None, False), (chain(nn.Linear(2, 3), nn.ReLU()), VECTORS, None, False),
    (chain(), VECTORS, None, False), (CHAIN, data_of(drawn(N, 4, 2), classes(N, 4)), None, False),
    (CHAIN, data_of(drawn(N, 2), classes(N, 3)), None, False),
    (CHAIN, data_of(drawn(N, 2), drawn(N, 2, 3)), None, False),
    (chain(TWICE, nn.ReLU(), TWICE), VECTORS, None, False), (chain(Doubled(2, 3)), VECTORS, None, False),
    (chain(nn.Linear(2, 3, bias=False)), VECTORS, None, False),
    (chain(nn.Linear(2, 4), nn.Sigmoid(), nn.Linear(4, 3)), VECTORS, None, False),
    (chain(nn.ReLU(), nn.ReLU(), nn.ReLU()), VECTORS, None, False),
])
def test_layers_are_taken_where_all_is_as_it_is_computed_there(module, data, loss, takes):
    assert LayerStack.takes(module, data, loss) is takes
    assert type(stack_of(module, data, loss=loss)) is (LayerStack if takes else Stack)


def test_a_kind_that_is_named_is_used():
    assert type(stack_of(CHAIN, VECTORS, "vmap")) is Stack and type(stack_of(CHAIN, VECTORS, "layers")) is LayerStack


# Layers

@pytest.mark.parametrize("features", [2, 15, 16])
@pytest.mark.parametrize("first, second", [(nn.ReLU, nn.ReLU), (nn.Tanh, nn.ReLU), (nn.ReLU, nn.Tanh)])
@pytest.mark.parametrize("task", ["classification", "regression"])
def test_layers_give_what_each_network_gives(features, first, second, task, monkeypatch):
    monkeypatch.setattr(stacks, "CACHE", 4 * RUNS * features)
    make = lambda: chain(nn.Linear(features, 4), first(), nn.Linear(4, 5), second(), nn.Linear(5, 3))
    x, y = drawn(N, features), classes(N) if task == "classification" else drawn(N, 3)
    networks, weights = networks_of(make)
    stack, order = LayerStack(networks[0], task), torch.stack([torch.randperm(N, generator=DRAW) for _ in range(3)])
    own = torch.tensor([0, 1, 2, 0, 1])
    for k, batch in enumerate(stack.batches(x, y, order, own, 2)):
        losses, gradients = stack.loss_and_gradient(weights, batch)
        for r, module in enumerate(networks):
            rows = order[own[r]][2 * k:2 * k + 2]
            value, gradient = alone(module, task, None, x[rows], y[rows])
            torch.testing.assert_close(losses[r], value)
            torch.testing.assert_close(gradients[r], gradient, rtol=1e-3, atol=1e-5)
    with torch.no_grad():
        expected = [scores_of(module(x), y, task) for module in networks]
    torch.testing.assert_close(stack.scores(weights, x, y), torch.tensor(expected).T)
    assert k == 3
