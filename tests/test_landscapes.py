"""Gradients are slopes, and what is computed for a quadratic is what a descent does."""

import numpy as np
import pytest

from course_utils.data import load_diabetes
from course_utils.descent import descend
from course_utils.landscapes import bowl, double_well, least_squares, plateau, quadratic, ravine, rosenbrock, saddle
from course_utils.optimizers import momentum, sgd
from course_utils.schedules import exponential

LANDSCAPES = [bowl(3.0), ravine(20.0), quadratic([[2.0, 0.5], [0.5, 1.0]], minimum=(1.0, -1.0)), double_well(),
              plateau(), saddle(), rosenbrock(), least_squares(np.eye(3)[:, :2], np.arange(3.0))]


@pytest.mark.parametrize("landscape", LANDSCAPES, ids=lambda s: s.name)
def test_gradient_is_the_slope_of_the_value(landscape):
    rng = np.random.default_rng(0)
    for _ in range(5):
        w = np.array([rng.uniform(*d) for d in landscape.domain])
        w = w if landscape.dim > 1 else float(w[0])
        g = np.atleast_1d(landscape.gradient(w))
        for i in range(landscape.dim):
            e = np.eye(landscape.dim)[i] * 1e-5 if landscape.dim > 1 else 1e-5
            slope = (landscape.value(w + e) - landscape.value(w - e)) / 2e-5
            assert g[i] == pytest.approx(slope, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("landscape", LANDSCAPES, ids=lambda s: s.name)
def test_minimum_is_flat_and_low(landscape):
    w = np.array(landscape.minimum) if landscape.dim > 1 else landscape.minimum
    assert np.allclose(landscape.gradient(w), 0, atol=1e-6)
    assert landscape.value(w) <= landscape.value(np.array(landscape.start) if landscape.dim > 1 else landscape.start)


@pytest.mark.parametrize("landscape", [s for s in LANDSCAPES if s.dim == 2], ids=lambda s: s.name)
def test_value_takes_grids_of_points(landscape):
    points = np.random.default_rng(0).normal(size=(4, 5, 2))
    values = landscape.value(points)
    assert values.shape == (4, 5) and values[2, 3] == pytest.approx(float(landscape.value(points[2, 3])))


@pytest.mark.parametrize("hill", [bowl(4.0), ravine(25.0), quadratic([[2.0, 0.5], [0.5, 1.0]])], ids=lambda s: s.name)
def test_critical_rate_separates_convergence_from_divergence(hill):
    below = descend(hill, None, sgd, 0.99 * hill.critical_rate, 2000)
    above = descend(hill, None, sgd, 1.01 * hill.critical_rate, 2000)
    assert below.distances[-1] < 1e-3 * below.distances[0]
    assert above.distances[-1] > 1e3 * above.distances[0]


@pytest.mark.parametrize("kappa", [2.0, 10.0, 100.0])
def test_convergence_factor_at_the_best_rate_is_as_predicted(kappa):
    hill = ravine(kappa)
    path = descend(hill, (1.0, 1.0), sgd, hill.best_rate, 300)
    assert path.factor() == pytest.approx((kappa - 1) / (kappa + 1), rel=0.01)


def test_least_squares_on_real_data_reaches_the_closed_form_minimum():
    data = load_diabetes()
    hill = least_squares(data.x_train, data.y_train)
    path = descend(hill, None, sgd, hill.best_rate, 5000)
    assert path.values[-1] == pytest.approx(hill.value(np.array(hill.minimum)), rel=1e-3)


def test_scaling_features_lowers_the_condition_number():
    raw, scaled = load_diabetes(scaled=False), load_diabetes()
    assert least_squares(raw.x_train, raw.y_train).condition_number > \
        1000 * least_squares(scaled.x_train, scaled.y_train).condition_number


def test_a_float_stays_a_float():
    assert isinstance(bowl().gradient(2.0), float)
    assert isinstance(descend(bowl(), 2.0, sgd, 0.1, 3).final, float)


def test_divergence_is_a_result():
    path = descend(bowl(), None, sgd, 3.0, 1000)
    assert path.diverged and np.isfinite(path.values).all() and len(path.points) == path.diverged_at + 1
    assert path.summary() == f"rate 3: diverged at step {path.diverged_at}"


def test_a_schedule_and_hyperparameters_reach_the_optimizer():
    path = descend(bowl(), None, momentum, exponential(0.1, 0.5), 3, beta=0.0)
    assert path.rates.tolist() == [0.1, 0.05, 0.025]
    assert path.final == pytest.approx(-4 * 0.9 * 0.95 * 0.975)


def test_steps_to_counts_until_the_distance_stays_small():
    path = descend(bowl(), 1.0, sgd, 0.5, 10)
    assert path.steps_to(0.5) == 1 and path.steps_to(1e-9) is None


@pytest.mark.parametrize("call, says", [
    (lambda: descend(bowl(), None, sgd, 0, 5), "lr must be"),
    (lambda: descend(bowl(), None, sgd, -0.1, 5), "lr must be"),
    (lambda: descend(bowl(), None, sgd, float("nan"), 5), "lr must be"),
    (lambda: descend(bowl(), None, sgd, "fast", 5), "lr must be"),
    (lambda: descend(bowl(), None, sgd, 0.1, 0), "n_steps"),
    (lambda: descend(bowl(), (1.0, 2.0), sgd, 0.1, 5), "start must be one number"),
    (lambda: descend(ravine(), 1.0, sgd, 0.1, 5), "start must have 2"),
    (lambda: bowl(0), "curvature"), (lambda: quadratic([[1.0, 2.0]]), "hessian"),
    (lambda: quadratic([[1.0, 0.0], [0.0, -1.0]]), "curvatures above 0"),
    (lambda: least_squares([[1.0], [2.0]], [1.0]), "shape"), (lambda: plateau().sharpness, "not a quadratic"),
])
def test_bad_input_is_named(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def step_matrix(curvature, lr, beta, nesterov):
    """(w, v) to the next (w, v), written out."""
    if nesterov:
        return [[1 - lr * (1 + beta) * curvature, -lr * beta**2], [curvature, beta]]
    return [[1 - lr * curvature, -lr * beta], [curvature, beta]]


@pytest.mark.parametrize("nesterov", [False, True])
def test_momentum_factor_is_the_spectral_radius_of_a_step(nesterov):
    rng = np.random.default_rng(0)
    for lr, beta in zip(rng.uniform(0, 1, 50), rng.uniform(0, 1, 50), strict=True):
        radius = max(np.abs(np.linalg.eigvals(step_matrix(a, lr, beta, nesterov))).max() for a in (1.0, 4.0))
        assert ravine(4).momentum_factor(lr, beta, nesterov) == pytest.approx(radius, rel=1e-9)


@pytest.mark.parametrize("kappa", [1, 2, 25, 1000])
def test_best_momentum_is_better_than_its_neighbours_and_has_the_factor_root_beta(kappa):
    landscape = ravine(kappa)
    lr, beta = landscape.best_momentum
    assert landscape.momentum_factor(lr, beta) == pytest.approx(beta**0.5, abs=1e-6)
    lrs, betas = np.meshgrid(np.linspace(0.5, 1.5, 81) * lr, np.linspace(0, 0.99, 100))
    assert landscape.momentum_factor(lrs, betas).min() >= beta**0.5 - 1e-9


def test_momentum_factor_without_momentum_is_that_of_plain_descent():
    landscape = ravine(25)
    assert landscape.momentum_factor(landscape.best_rate, 0) == pytest.approx(landscape.best_factor)
    assert landscape.momentum_factor(landscape.critical_rate, 0) == pytest.approx(1)


def test_momentum_factor_takes_arrays_that_broadcast():
    factor = ravine(25).momentum_factor(np.array([0.01, 0.1, 0.2]), np.array([[0.0], [0.9]]))
    assert factor.shape == (2, 3) and factor[0, 0] == ravine(25).momentum_factor(0.01, 0)


def test_momentum_asks_for_a_quadratic():
    with pytest.raises(ValueError, match="not a quadratic"):
        plateau().momentum_factor(0.1, 0.9)
    with pytest.raises(ValueError, match="not a quadratic"):
        _ = plateau().best_momentum
