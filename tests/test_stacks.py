"""Losses, gradients and scores of a stack are those of its networks one by one."""

from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course_utils.data import Dataset, load_diabetes, make_blobs
from course_utils.models import linear, mlp
from course_utils.stacks import LayerStack, Stack, fresh_network, initial_weights, stack_of

CHAINS = {"logistic": linear(4, 3), "relu": mlp(4, 7, 3), "tanh": mlp(4, 7, 3, activation="tanh"),
          "deep": mlp(4, 9, 6, 5, 3), "deep-tanh": mlp(4, 9, 6, 5, 3, activation="tanh"), "narrow": mlp(4, 1, 2)}
RUNS, BATCH = 5, 11


def problem(model, batch=BATCH):
    """Weights (runs, P) with biases off zero, inputs (runs, batch, 4), classes (runs, batch); all in float64."""
    rng = torch.Generator().manual_seed(0)
    weights = torch.stack([initial_weights(model, seed) for seed in range(RUNS)]).double()
    weights += 0.3 * torch.randn(weights.shape, generator=rng, dtype=torch.float64)
    x = torch.randn(RUNS, batch, 4, generator=rng, dtype=torch.float64)
    return weights, x, torch.randint(0, 2, (RUNS, batch), generator=rng)


def by_autograd(model, loss, w, x, y):
    network = model().double()
    nn.utils.vector_to_parameters(w.clone(), network.parameters())
    value = loss(network(x), y)
    return value.detach(), torch.cat([g.flatten() for g in torch.autograd.grad(value, list(network.parameters()))])


def same(a, b, tolerance=1e-12):
    return torch.allclose(a, b, rtol=0, atol=tolerance)


@pytest.mark.parametrize("kind", [LayerStack, Stack])
@pytest.mark.parametrize("name", CHAINS)
def test_loss_and_gradient_are_those_of_autograd_in_every_row(name, kind):
    model = CHAINS[name]
    weights, x, y = problem(model)
    losses, gradients = kind(model(), "classification").loss_and_gradient(weights, x, y)
    assert losses.shape == (RUNS,) and gradients.shape == weights.shape
    for r in range(RUNS):
        loss, gradient = by_autograd(model, F.cross_entropy, weights[r], x[r], y[r])
        assert same(losses[r], loss) and same(gradients[r], gradient)


@pytest.mark.parametrize("batch", [1, 2])
def test_a_batch_of_one_or_two_is_no_special_case(batch):
    model = CHAINS["deep"]
    weights, x, y = problem(model, batch)
    for kind in (LayerStack, Stack):
        _, gradients = kind(model(), "classification").loss_and_gradient(weights, x, y)
        assert same(gradients[2], by_autograd(model, F.cross_entropy, weights[2], x[2], y[2])[1])


def test_the_slope_of_a_relu_at_zero_is_that_of_torch():
    model = mlp(4, 7, 3)
    weights = torch.stack([initial_weights(model, seed) for seed in range(RUNS)])  # biases are zero: sums are too
    x, y = torch.zeros(RUNS, BATCH, 4), torch.zeros(RUNS, BATCH, dtype=torch.int64)
    _, by_hand = LayerStack(model(), "classification").loss_and_gradient(weights, x, y)
    _, by_vmap = Stack(model(), "classification").loss_and_gradient(weights, x, y)
    assert same(by_hand, by_vmap, 1e-6)


def test_very_large_sums_keep_loss_and_gradient_finite():
    weights, x, y = problem(CHAINS["relu"])
    loss, gradient = LayerStack(CHAINS["relu"](), "classification").loss_and_gradient(weights * 1e4, x, y)
    assert loss.isfinite().all() and gradient.isfinite().all()


def test_weights_and_batches_are_left_unchanged():
    weights, x, y = problem(CHAINS["deep"])
    kept = [t.clone() for t in (weights, x, y)]
    for kind in (LayerStack, Stack):
        stack = kind(CHAINS["deep"](), "classification")
        stack.loss_and_gradient(weights, x, y)
        stack.scores(weights, x[0], y[0])
    assert all(torch.equal(a, b) for a, b in zip(kept, (weights, x, y), strict=True))


def test_gradient_on_values_is_that_of_the_mean_squared_error():
    model = linear(4, 1)
    weights, x, _ = problem(model)
    y = torch.randn(RUNS, BATCH, dtype=torch.float64)
    losses, gradients = Stack(model(), "regression").loss_and_gradient(weights, x, y)
    loss, gradient = by_autograd(model, lambda outputs, y: F.mse_loss(outputs[:, 0], y), weights[3], x[3], y[3])
    assert same(losses[3], loss) and same(gradients[3], gradient)


@pytest.mark.parametrize("n", [1, 128, 129, 300])
@pytest.mark.parametrize("name", CHAINS)
def test_scores_are_mean_loss_and_share_of_right_answers_for_any_number_of_examples(name, n):
    model = CHAINS[name]
    weights, x, y = problem(model, n)
    for kind in (LayerStack, Stack):
        losses, accuracies = kind(model(), "classification").scores(weights, x[0], y[0])
        for r in range(RUNS):
            network = model().double()
            nn.utils.vector_to_parameters(weights[r].clone(), network.parameters())
            outputs = network(x[0]).detach()
            assert same(losses[r], F.cross_entropy(outputs, y[0]))
            assert float(accuracies[r]) == pytest.approx(float((outputs.argmax(1) == y[0]).float().mean()), abs=1e-6)


class OtherLinear(nn.Linear):
    def forward(self, x):
        return 2 * super().forward(x)


class OtherChain(nn.Sequential):
    def forward(self, x):
        return super().forward(x) ** 2


def repeated():
    layer = nn.Linear(2, 2)
    return nn.Sequential(layer, nn.Tanh(), layer, nn.Tanh(), nn.Linear(2, 3))


NO_CHAINS = {"subclass": lambda: nn.Sequential(OtherLinear(2, 3)), "own forward": lambda: OtherChain(nn.Linear(2, 3)),
             "repeated layer": repeated, "no bias": lambda: nn.Sequential(nn.Linear(2, 3, bias=False)),
             "other activation": lambda: nn.Sequential(nn.Linear(2, 4), nn.GELU(), nn.Linear(4, 3)),
             "ends in an activation": lambda: nn.Sequential(nn.Linear(2, 3), nn.Tanh()),
             "no activation between": lambda: nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 3), nn.Linear(3, 3))}


@pytest.mark.parametrize("name", NO_CHAINS)
def test_whatever_is_no_plain_chain_of_layers_goes_through_vmap_and_stays_right(name):
    model, data = NO_CHAINS[name], make_blobs()
    stack = stack_of(model(), data)
    assert type(stack) is Stack
    weights = torch.stack([initial_weights(model, seed) for seed in range(2)]).double()
    x, y = torch.tensor(data.x_train[:9]).double(), torch.tensor(data.y_train[:9])
    _, gradients = stack.loss_and_gradient(weights, x.expand(2, -1, -1), y.expand(2, -1))
    assert same(gradients[1], by_autograd(model, F.cross_entropy, weights[1], x, y)[1], 1e-10)


def test_plain_chains_are_trained_by_layers():
    blobs = make_blobs()
    for model in (linear(2, 3), mlp(2, 5, 3), mlp(2, 5, 4, 3, activation="tanh")):
        assert type(stack_of(model(), blobs)) is LayerStack
    assert type(stack_of(linear(10, 1)(), load_diabetes())) is Stack
    rows = Dataset("rows", *[np.zeros((2, 5, 2)), np.zeros((2, 5), int)] * 3)
    assert type(stack_of(linear(2, 3)(), rows)) is Stack


def test_parameters_are_views_of_the_matrix_under_the_names_of_the_module():
    module = mlp(4, 7, 3)()
    stack = LayerStack(module, "classification")
    weights = torch.arange(2.0 * stack.n_weights).view(2, -1)
    named = stack.parameters(weights)
    assert {k: tuple(v.shape) for k, v in named.items()} == {k: (2, *p.shape) for k, p in module.named_parameters()}
    weights[1, 0] = -1
    assert named["0.weight"][1, 0, 0] == -1
    assert torch.equal(stack.parameters(weights[1])["2.bias"], named["2.bias"][1])


def test_a_network_is_drawn_from_its_seed_alone():
    before = torch.get_rng_state()
    a, b, c = initial_weights(mlp(2, 5, 3), 1), initial_weights(mlp(2, 5, 3), 1), initial_weights(mlp(2, 5, 3), 2)
    assert torch.equal(a, b) and not torch.equal(a, c) and torch.equal(before, torch.get_rng_state())
    torch.manual_seed(1)
    assert torch.equal(a, nn.utils.parameters_to_vector(mlp(2, 5, 3)().parameters()).detach())
    assert torch.equal(a, nn.utils.parameters_to_vector(fresh_network(mlp(2, 5, 3), 1).parameters()).detach())


def test_start_of_the_network_of_the_course():
    network = fresh_network(mlp(2, 5000, 3), 0)
    assert float(network[0].weight.detach().abs().max()) == pytest.approx(np.sqrt(6 / 2), rel=0.01)
    assert float(network[2].weight.detach().abs().max()) == pytest.approx(np.sqrt(6 / 5003), rel=0.01)
    assert not network[0].bias.detach().any() and not network[2].bias.detach().any()
    half = initial_weights(mlp(2, 5, 3, init_scale=0.5), 4)
    assert torch.allclose(half, 0.5 * initial_weights(mlp(2, 5, 3), 4))


@pytest.mark.parametrize("make, says", [
    (partial(mlp, 2), "at least two whole numbers"), (partial(mlp, 2, 0, 3), "above 0, got"),
    (partial(mlp, 2, 5.0, 3), "whole numbers"), (partial(mlp, 2, 5, 3, activation="swish"), "one of relu, tanh"),
])
def test_sizes_and_activations_that_make_no_network_are_named(make, says):
    with pytest.raises(ValueError, match=says):
        make()
