"""Losses, gradients and scores of a stack are those of its networks one by one."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import course_utils.engine.stacks
import course_utils.engine.tracing
from course_utils.data import Dataset, load_diabetes, make_blobs, make_linear
from course_utils.engine.execution import checked, grid, ways_of
from course_utils.engine.stacks import LayerStack, Stack, fresh_network, initial_weights, stack_of
from course_utils.models import linear, mlp
from course_utils.optimizers import sgd
from course_utils.training import train

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


def whole_batch(stack, weights, x, y):
    """Loss and gradient where network r sees all of x[r] and y[r] as one batch."""
    runs, n = len(x), len(x[0])
    order = torch.arange(runs * n).view(runs, n)  # rows of all networks' examples, laid end to end
    [batch] = stack.batches(x.flatten(0, 1), y.flatten(0, 1), order, torch.arange(runs), n)
    return stack.loss_and_gradient(weights, batch)


def same(a, b, tolerance=1e-12):
    return torch.allclose(a, b, rtol=0, atol=tolerance)


@pytest.mark.parametrize("kind", [LayerStack, Stack])
@pytest.mark.parametrize("name", CHAINS)
def test_loss_and_gradient_are_those_of_autograd_in_every_row(name, kind):
    model = CHAINS[name]
    weights, x, y = problem(model)
    losses, gradients = whole_batch(kind(model(), "classification"), weights, x, y)
    assert losses.shape == (RUNS,) and gradients.shape == weights.shape
    for r in range(RUNS):
        loss, gradient = by_autograd(model, F.cross_entropy, weights[r], x[r], y[r])
        assert same(losses[r], loss) and same(gradients[r], gradient)


@pytest.mark.parametrize("batch", [1, 2])
def test_a_batch_of_one_or_two_is_no_special_case(batch):
    model = CHAINS["deep"]
    weights, x, y = problem(model, batch)
    for kind in (LayerStack, Stack):
        _, gradients = whole_batch(kind(model(), "classification"), weights, x, y)
        assert same(gradients[2], by_autograd(model, F.cross_entropy, weights[2], x[2], y[2])[1])


def test_the_slope_of_a_relu_at_zero_is_that_of_torch():
    model = mlp(4, 7, 3)
    weights = torch.stack([initial_weights(model, seed) for seed in range(RUNS)])  # biases are zero: sums are too
    x, y = torch.zeros(RUNS, BATCH, 4), torch.zeros(RUNS, BATCH, dtype=torch.int64)
    _, by_hand = whole_batch(LayerStack(model(), "classification"), weights, x, y)
    _, by_vmap = whole_batch(Stack(model(), "classification"), weights, x, y)
    assert same(by_hand, by_vmap, 1e-6)


def test_very_large_sums_keep_loss_and_gradient_finite():
    weights, x, y = problem(CHAINS["relu"])
    loss, gradient = whole_batch(LayerStack(CHAINS["relu"](), "classification"), weights * 1e4, x, y)
    assert loss.isfinite().all() and gradient.isfinite().all()


def test_weights_and_batches_are_left_unchanged():
    weights, x, y = problem(CHAINS["deep"])
    kept = [t.clone() for t in (weights, x, y)]
    for kind in (LayerStack, Stack):
        stack = kind(CHAINS["deep"](), "classification")
        whole_batch(stack, weights, x, y)
        stack.scores(weights, x[0], y[0])
    assert all(torch.equal(a, b) for a, b in zip(kept, (weights, x, y), strict=True))


@pytest.mark.parametrize("kind", [LayerStack, Stack])
@pytest.mark.parametrize("model, shape", [(linear(4, 1), ()), (mlp(4, 7, 1), ()), (mlp(4, 7, 3), (3,))],
                         ids=["linear", "one value", "three values"])
def test_loss_gradient_and_scores_on_values_are_those_of_the_mean_squared_error(kind, model, shape):
    weights, x, _ = problem(model)
    y = torch.randn(RUNS, BATCH, *shape, dtype=torch.float64)
    stack = kind(model(), "regression")
    losses, gradients = whole_batch(stack, weights, x, y)
    for r in range(RUNS):
        squared_error = lambda outputs, y: F.mse_loss(outputs.reshape(y.shape), y)
        loss, gradient = by_autograd(model, squared_error, weights[r], x[r], y[r])
        assert same(losses[r], loss) and same(gradients[r], gradient)
    [scores] = stack.scores(weights, x[2], y[2])
    assert same(scores[2], losses[2])


@pytest.mark.parametrize("cache", [1, 200, 10**6])
@pytest.mark.parametrize("kind", [LayerStack, Stack])
def test_batches_follow_each_networks_order_whatever_fits_into_the_cache(kind, cache, monkeypatch):
    monkeypatch.setattr(course_utils.engine.stacks, "CACHE", cache)
    model, n, size = CHAINS["relu"], 23, 4
    weights, _, _ = problem(model)
    x, y = torch.randn(n, 4, dtype=torch.float64), torch.randint(0, 3, (n,))
    orders, own = torch.stack([torch.randperm(n) for _ in range(3)]), torch.tensor([2, 0, 0, 1, 2])
    order = orders[own]
    stack = kind(model(), "classification")
    batches = list(stack.batches(x, y, orders, own, size))
    assert len(batches) == 6  # the last one smaller
    for i, batch in enumerate(batches):
        losses, gradients = stack.loss_and_gradient(weights, batch)
        for r in (0, RUNS - 1):
            rows = order[r, i * size:(i + 1) * size]
            loss, gradient = by_autograd(model, F.cross_entropy, weights[r], x[rows], y[rows])
            assert same(losses[r], loss) and same(gradients[r], gradient)


# Functions that are traced once they have been called often

class Shift(nn.Module):
    """Has constants of its own, one made at each call."""

    def __init__(self):
        super().__init__()
        self.layer, self.scale = nn.Linear(4, 3), torch.tensor([1.0, 2.0, 3.0])

    def forward(self, x):
        return self.layer(x) * self.scale + torch.arange(3.0)


@pytest.mark.parametrize("kind, model", [(Stack, Shift), (Stack, CHAINS["tanh"]), (LayerStack, CHAINS["deep"])],
                         ids=["constants", "vmap", "layers"])
@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("traceable", [True, False])
def test_what_is_traced_goes_on_to_give_the_same_for_every_shape(kind, model, task, traceable, monkeypatch):
    if not traceable:
        monkeypatch.delattr(torch.jit, "_get_trace_graph")  # as some day it may be
    traced, plain = kind(model(), task), kind(model(), task)
    for batch in [5, 3] * 5:
        weights = torch.randn(RUNS, sum(traced.sizes))
        x, y = torch.randn(RUNS, batch, 4), torch.randint(0, 3, (RUNS, batch))
        if task == "regression":
            y = torch.randn(RUNS, batch, 3)
        monkeypatch.setattr(course_utils.engine.tracing, "AFTER", 10**9)
        expected = *whole_batch(plain, weights, x, y), *plain.scores(weights, x[0], y[0])
        monkeypatch.setattr(course_utils.engine.tracing, "AFTER", 2)
        got = *whole_batch(traced, weights, x, y), *traced.scores(weights, x[0], y[0])
        assert all(torch.allclose(a, b, 1e-5, 1e-6) for a, b in zip(expected, got, strict=True))
    functions = list(traced._gradient.traces.values())
    assert len(functions) == 2 and not plain._gradient.traces
    assert all(isinstance(f, torch.jit.ScriptFunction) == traceable for f in functions)


def test_tracing_leaves_other_threads_alone(monkeypatch):
    monkeypatch.setattr(course_utils.engine.tracing, "AFTER", 2)
    data = make_blobs()
    alone = {seed: train(Shift2, data, sgd, 0.1, epochs=2, seed=seed).weights for seed in range(8)}
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda seed: train(Shift2, data, sgd, 0.1, epochs=2, seed=seed).weights, range(8)))
    assert all(torch.allclose(alone[seed], w, 0, 1e-5) for seed, w in enumerate(together))


class Shift2(Shift):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 3)


def test_networks_drawn_in_many_threads_are_those_of_their_seeds():
    model, data = CHAINS["deep"], make_linear(64, 4)
    expected = [initial_weights(model, seed) for seed in range(40)]
    with ThreadPoolExecutor(8) as pool:
        settings = checked(data, grid(mlp(4, 50, 50, 1), sgd, 0.1, 32, {}))
        compared = [pool.submit(ways_of, data, settings) for _ in range(50)]  # which draws networks, too
        drawn = list(pool.map(partial(initial_weights, model), range(40)))
        assert all(ways.result()[0].stack for ways in compared)
    assert all(torch.equal(a, b) for a, b in zip(expected, drawn, strict=True))


@pytest.mark.parametrize("n", [1, 128, 129, 300])
@pytest.mark.parametrize("name", CHAINS)
def test_scores_are_mean_loss_and_share_of_right_answers_for_any_number_of_examples(name, n, monkeypatch):
    monkeypatch.setattr(course_utils.engine.stacks, "SCORED", (2, 128))
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


@pytest.mark.parametrize("kind, shape", [(LayerStack, ()), (Stack, ()), (Stack, (2,))])
def test_of_equally_high_classes_the_first_is_the_answer(kind, shape, monkeypatch):
    """As by `argmax`: a network that starts at zero is not right everywhere."""
    monkeypatch.setattr(course_utils.engine.stacks, "SCORED", (2, 7))
    rng = torch.Generator().manual_seed(1)
    x, y = torch.randn(60, *shape, 4, generator=rng), torch.randint(0, 3, (60, *shape), generator=rng)
    stack = kind(mlp(4, 5, 3)(), "classification")
    weights = torch.stack([initial_weights(mlp(4, 5, 3), seed) for seed in range(5)])
    weights[1] = 0  # all tie
    weights[3, -18:] = torch.tensor([1.0] * 10 + [-1.0] * 5 + [0.0] * 3)  # classes 0 and 1 tie, above or below class 2
    for _ in range(course_utils.engine.tracing.AFTER + 1):  # as it is and traced
        _, accuracies = stack.scores(weights, x, y)
    by_hand = []
    for w in weights:
        network = mlp(4, 5, 3)()
        nn.utils.vector_to_parameters(w, network.parameters())
        by_hand.append(float((network(x).argmax(-1) == y).float().mean()))
    assert accuracies.tolist() == pytest.approx(by_hand, abs=1e-6)
    assert 0.2 < by_hand[1] < 0.5


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
    _, gradients = whole_batch(stack, weights, x.expand(2, -1, -1), y.expand(2, -1))
    assert same(gradients[1], by_autograd(model, F.cross_entropy, weights[1], x, y)[1], 1e-10)


def test_plain_chains_are_trained_by_layers():
    blobs = make_blobs()
    for model in (linear(2, 3), mlp(2, 5, 3), mlp(2, 5, 4, 3, activation="tanh")):
        assert type(stack_of(model(), blobs)) is LayerStack
    assert type(stack_of(linear(10, 1)(), load_diabetes())) is LayerStack
    rows = Dataset("rows", *[np.zeros((2, 5, 2)), np.zeros((2, 5), int)] * 3)
    assert type(stack_of(linear(2, 3)(), rows)) is Stack


def test_parameters_are_views_of_the_matrix_under_the_names_of_the_module():
    module = mlp(4, 7, 3)()
    stack = LayerStack(module, "classification")
    weights = torch.arange(2.0 * sum(stack.sizes)).view(2, -1)
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


@pytest.mark.parametrize("built, gpu, calls", [(True, False, ["backward", "stand-in"]), (True, True, []),
                                               (False, False, [])])
def test_where_torch_has_cuda_but_no_gpu_its_stand_in_comes_before_all_threads(monkeypatch, built, gpu, calls):
    done, backward = [], torch.Tensor.backward
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: built)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    monkeypatch.setattr(torch.Tensor, "backward", lambda self: (done.append("backward"), backward(self)))
    monkeypatch.setattr(torch._C, "_ensureCUDADeviceGuardSet", lambda: done.append("stand-in"), raising=False)
    with torch.no_grad():
        course_utils.engine.tracing.steady()
    assert done == calls
