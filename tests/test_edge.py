"""The edge of stability: networks are watched as they are, and the edge is where a quadratic begins to leave."""

from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from course_utils import plots
from course_utils.curvature import edge, sharpness
from course_utils.descent import descend
from course_utils.landscapes import ravine
from course_utils.models import linear, mlp
from course_utils.optimizers import momentum, sgd
from course_utils.schedules import constant, warmup
from course_utils.studies.edge import LOST, Watched, few_digits, watch
from course_utils.training import initial_weights, train_stack

DATA = few_digits(40, n_others=5)
SMALL = mlp(64, 4, 10, activation="tanh")


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9])
def test_below_the_edge_a_quadratic_is_approached_and_above_it_left(beta):
    hill = ravine(kappa=10.0)
    rate = edge(1.0, beta) / hill.sharpness  # the rate whose edge is the hill's sharpness
    assert edge(rate, beta) == pytest.approx(hill.sharpness)
    for factor, leaves in ((0.99, False), (1.01, True)):
        path = descend(hill, None, momentum, factor * rate, n_steps=2000, beta=beta)
        assert (path.distances[-1] > path.distances[0]) == leaves


def test_edges_of_many_rates_at_once():
    assert np.allclose(edge(np.array([[0.5], [4.0]]), np.array([0.0, 0.9])), [[4, 7.6], [0.5, 0.95]])


def test_watched_in_company_a_network_is_what_it_is_alone():
    rates = [1.0, warmup(constant(2.0), 6)]
    together = watch(SMALL, DATA, sgd, rates, [3, 5], 12, every=4)
    assert list(together.steps) == [0, 4, 8, 12] and together.sharpness.shape == (4, 4)
    for i, rate in enumerate(rates):
        for k, seed in enumerate([3, 5]):
            alone = watch(SMALL, DATA, sgd, [rate], [seed], 12, every=4)
            assert np.allclose(alone.sharpness[:, 0], together.by_rate(together.sharpness)[:, i, k], rtol=1e-4)
            assert np.allclose(alone.train_loss[:, 0], together.by_rate(together.train_loss)[:, i, k], rtol=1e-4)


def test_what_is_watched_is_the_sharpness_and_the_loss_of_the_weights_at_that_step():
    seen = watch(SMALL, DATA, sgd, [1.5], range(2), 9, every=3)
    weights = [torch.stack([initial_weights(SMALL, seed) for seed in range(2)])]
    weights += [now.weights for now in train_stack(SMALL, DATA, sgd, [constant(1.5)] * 2, {}, [0, 1], 9, 40)]
    assert np.allclose(seen.sharpness, [sharpness(SMALL, DATA, weights[step], 12) for step in seen.steps], rtol=1e-6)
    x, y = torch.tensor(DATA.x_train), torch.tensor(DATA.y_train)
    for step, losses in zip(seen.steps, seen.train_loss, strict=True):
        for w, loss in zip(weights[step], losses, strict=True):
            module = SMALL()
            torch.nn.utils.vector_to_parameters(w, module.parameters())
            assert ((module(x) - y) ** 2).mean().item() == pytest.approx(loss, rel=1e-4)
    assert torch.equal(seen.weights, weights[-1])


def test_a_stack_has_the_largest_eigenvalue_of_each_of_its_hessians():
    weights = torch.stack([initial_weights(SMALL, seed) for seed in range(3)])
    found = sharpness(SMALL, DATA, weights, n_steps=60)
    x, y = torch.tensor(DATA.x_train).double(), torch.tensor(DATA.y_train).double()

    def loss(w):
        W, b, V, c = w[:256].view(4, 64), w[256:260], w[260:300].view(10, 4), w[300:]
        return ((torch.tanh(x @ W.T + b) @ V.T + c - y) ** 2).mean()

    for w, own in zip(weights.double(), found, strict=True):
        whole = torch.linalg.eigvalsh(torch.autograd.functional.hessian(loss, w))[-1]
        assert whole.item() == pytest.approx(own, rel=1e-6)


def test_in_batches_a_look_waits_for_the_end_of_an_epoch():
    seen = watch(SMALL, DATA, sgd, [0.5], [0], 20, every=6, batch_size=10)
    assert list(seen.steps) == [0, 8, 16]


def test_rates_of_a_schedule_and_momentum_make_the_edge():
    seen = watch(SMALL, DATA, momentum, [1.0, warmup(constant(1.0), 8)], [0, 1], 8, every=4, beta=0.5)
    assert np.allclose(seen.edges[:, 0], 3) and np.allclose(seen.edges[:, 1, 0], [24, 4.8, 3])
    assert np.allclose(seen.share * seen.edges, seen.by_rate(seen.sharpness))


def test_the_sharpness_of_a_linear_model_stays_and_its_edge_is_sharp():
    line = linear(64, 10)
    rate = 2 / sharpness(line, DATA, initial_weights(line, 0))
    seen = watch(line, DATA, sgd, [0.97 * rate, 1.03 * rate], range(2), 400, every=100)
    assert np.allclose(seen.share[:, 0], 0.97, atol=1e-3) and seen.survived.tolist() == [[True] * 2, [False] * 2]


def test_a_network_that_is_lost_stays_lost_and_has_no_sharpness():
    seen = watch(SMALL, DATA, sgd, [1.0, 1e4], range(2), 12, every=3)
    assert np.isnan(seen.sharpness[1:, 2:]).all() and np.isnan(seen.val_loss[2:]).all()
    assert np.isfinite(seen.sharpness[:, :2]).all() and (seen.train_loss[:, :2] < LOST * seen.train_loss[0, :2]).all()
    assert seen.survived.tolist() == [[True, True], [False, False]]


def test_steps_to_the_edge_are_counted_from_where_one_asks():
    share = np.array([0.5, 0.97, 1.0, 0.6, 1.2, 1.03])
    one = np.array([share, share / 2]).T
    seen = Watched(np.arange(0, 60, 10), np.full((6, 2), 2.0), one, one, one[-1], 1)
    assert seen.steps_to_edge()[0] == 10 and np.isnan(seen.steps_to_edge()[1, 0])
    assert seen.steps_to_edge(after=20)[0] == 30 and seen.steps_to_edge(within=0.02)[0] == 20
    assert seen.at_end(2)[:, 0] == pytest.approx([1.115, 0.5575])


def test_the_digits_are_centred_or_not_and_targets_are_what_the_loss_asks():
    raw, classes = few_digits(40, centred=False), few_digits(40, "cross-entropy")
    assert np.allclose(few_digits(40).x_train.mean(axis=0), 0, atol=1e-6) and raw.x_train.min() == 0
    assert np.allclose(raw.x_val - raw.x_train.mean(axis=0), few_digits(40).x_val, atol=1e-6)
    assert classes.task == "classification" and (DATA.y_train.argmax(1) == classes.y_train).all()
    assert DATA.task == "regression" and len(DATA.x_val) == 5
    with pytest.raises(ValueError, match="loss must be one of squared error, cross-entropy, got 'hinge'"):
        few_digits(40, "hinge")


def test_looks_of_a_few_lanczos_steps_are_those_of_many_at_the_end_of_a_walk():
    seen = watch(SMALL, DATA, sgd, [1.0, 2.0], range(3), 200, every=200)
    assert np.allclose(seen.sharpness[-1], sharpness(SMALL, DATA, seen.weights, 60), rtol=0.02)


@pytest.mark.parametrize("share", [True, False])
def test_a_chart_of_the_edge_has_a_line_for_each_rate_and_ends_where_a_run_is_lost(share):
    seen = watch(SMALL, DATA, sgd, [1.0, 1e4], range(3), 12, every=3)
    ax = plots.plot_edge(seen, ["one", "far too large"], share=share)
    lines = {line.get_label(): line for line in ax.get_lines()}
    assert len(lines["one"].get_xdata()) == 5 and len(lines["far too large"].get_xdata()) == 1
    values = seen.share if share else seen.by_rate(seen.sharpness)
    assert np.allclose(lines["one"].get_ydata(), values[:, 0].mean(axis=1))
    plt.close(ax.figure)


def test_an_optimizer_with_its_settings_bound_is_watched_like_any_other():
    seen, bound = (watch(SMALL, DATA, opt, [0.5], [0], 6, every=3, **hyper) for opt, hyper in (
        (momentum, {"beta": 0.5}), (partial(momentum, beta=0.5), {})))
    assert np.allclose(seen.sharpness, bound.sharpness) and seen.beta == 0.5
