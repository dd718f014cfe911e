"""A descent is the same however its optimizer is written, changes nothing it was given, and names what is amiss."""

import math
from dataclasses import FrozenInstanceError
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch

from course_utils.descent import Path, descend
from course_utils.landscapes import Landscape, bowl, least_squares, quadratic, ravine
from course_utils.optimizers import OPTIMIZERS, adam, momentum, sgd
from course_utils.schedules import cosine, reduce_on_plateau, warmup


def sgd_in_place(w, g, state, lr):
    w -= lr * g
    return w, state


def sgd_into_the_gradient(w, g, state, lr):
    g *= -lr
    g += w
    return g, state


def momentum_in_place(w, g, state, lr, beta=0.9):
    state["v"] = state.get("v", np.zeros_like(w))
    state["v"] *= beta
    state["v"] += g
    w -= lr * state["v"]
    return w, state


def momentum_that_keeps_the_gradient(w, g, state, lr, beta=0.9):
    if "v" not in state:
        state["v"] = g
    else:
        state["v"] *= beta
        state["v"] += g
    w -= lr * state["v"]
    return w, state


def sgd_with_a_buffer(w, g, state, lr, buffer=np.zeros(2)):  # noqa: B008 (the fault that is tried)
    np.subtract(w, lr * g, out=buffer)
    return buffer, state


def sgd_of_tensors(w, g, state, lr):
    return torch.as_tensor(w) - lr * torch.as_tensor(g), state


WRITTEN = {sgd_in_place: sgd, sgd_into_the_gradient: sgd, momentum_in_place: momentum, sgd_with_a_buffer: sgd,
           momentum_that_keeps_the_gradient: momentum, sgd_of_tensors: sgd,
           lambda w, g, state, lr: [w - lr * g, state]: sgd, lambda w, g, state, lr: ((w - lr * g).tolist(), None): sgd,
           lambda *given: sgd(*given): sgd}


def own_gradient(w):
    w *= np.array([1.0, 10.0])
    return w


START = np.array([-4.0, 1.5])
SURFACES = {"ravine": ravine(10), "a start in an array": Landscape("own", ravine(10).value, ravine(10).gradient, START,
                                                                   ravine().domain),
            "a gradient in place": Landscape("own", ravine(10).value, own_gradient, (-4.0, 1.5), ravine().domain)}


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("optimizer", WRITTEN, ids=lambda function: function.__name__)
def test_an_optimizer_that_writes_in_place_takes_the_same_path_and_leaves_the_start(optimizer, surface):
    expected = descend(ravine(10), (-4.0, 1.5), WRITTEN[optimizer], 0.05, 20)
    start = np.array([-4.0, 1.5])
    for given in (start, None):
        path = descend(SURFACES[surface], given, optimizer, 0.05, 20)
        assert np.allclose(path.points, expected.points, rtol=1e-12) and len(np.unique(path.points, axis=0)) == 21
        assert np.allclose(path.values, expected.values, rtol=1e-12)
    assert start.tolist() == START.tolist() == [-4.0, 1.5] == list(SURFACES[surface].start)


def test_in_place_in_one_dimension_too():
    assert np.array_equal(descend(bowl(), -4.0, sgd_in_place, 0.1, 20).points,
                          descend(bowl(), -4.0, sgd, 0.1, 20).points)


@pytest.mark.parametrize("start", [[-4, 1], (-4, 1), np.array([-4, 1]), np.array([-4, 1], dtype=np.float32),
                                   torch.tensor([-4, 1]),
                                   torch.tensor([-4.0, 1.0], requires_grad=True), pd.Series([-4, 1], index=["a", "b"])],
                         ids=lambda start: type(start).__name__)
def test_a_start_of_any_kind_is_the_same_point(start):
    for optimizer in (sgd, sgd_in_place):
        assert np.array_equal(descend(ravine(), start, optimizer, 0.1, 5).points,
                              descend(ravine(), (-4.0, 1.0), sgd, 0.1, 5).points)


@pytest.mark.parametrize("start", [-4, np.int64(-4), np.float32(-4), np.array(-4), torch.tensor(-4.0)], ids=repr)
def test_a_start_of_one_number_may_be_of_any_kind(start):
    assert descend(bowl(), start, sgd, 0.1, 5).points.tolist() == descend(bowl(), -4.0, sgd, 0.1, 5).points.tolist()


@pytest.mark.parametrize("value", [lambda w: math.cosh(w), lambda w: w**2 if w > 0 else -w],
                         ids=["one number", "a branch"])
def test_a_loss_written_for_one_number_is_asked_point_by_point(value):
    own = Landscape("own", value, lambda w: 2 * w, 1.0, ((-1.0, 1.0),))
    path = descend(own, None, sgd, 0.7, 6)
    assert path.values.tolist() == [value(point) for point in path.points]


def test_a_loss_that_takes_rows_for_coordinates_is_asked_point_by_point():
    own = Landscape("own", lambda w: w[0] ** 2 + 10 * w[1] ** 2, lambda w: np.array([2 * w[0], 20 * w[1]]), (1.0, 2.0),
                    ravine().domain)
    path = descend(own, None, sgd, 0.01, 1)  # two points of two coordinates, where the shapes alone would fit
    assert np.allclose(path.values, path.points**2 @ [1, 10])


def walked(*distances, **options):
    """A path on the bowl at these distances from its minimum, on either side."""
    points = np.array(distances, dtype=float) * np.resize([1, -1], len(distances))
    return Path(bowl(), points, points**2, np.full(len(points) - 1, 0.1), **options)


@pytest.mark.parametrize("distances, within, step", [
    ((4, 2, 1, 2, 0.5, 0.25), 1, 4), ((4, 2, 1, 0.5), 1, 2), ((4, 2, 1), 1, 2), ((1, 0.5), 1, 0),
    ((0.5, 1, 2), 1, None), ((0.5, np.nan), 1, None),
])
def test_steps_are_counted_to_where_the_path_stays_within_the_distance(distances, within, step):
    assert walked(*distances).steps_to(within) == step
    assert walked(*distances, diverged_at=5).steps_to(within) is None


@pytest.mark.parametrize("distances, factor", [
    ((1, 0.5), 0.0), ((1, 0.5, 0.25), 0.5), ((1, 0.1, 0.01, 0.005, 0.0025), 0.5), ((1, 0.1, 0.01, 0.005), 0.5),
    ((1, 0.5, 0.25, 0.125, 1e-13, 1e-14, 1e-13), 0.5),  # the rounding floor is left out
    ((1, 1e-4, 1e-8, 1.5e-12), 1.5e-4), ((1, 1e-4, 1e-8, 1.5e-12, 1e-13), 1.5e-4),
    ((1, 1e-4, 1e-8, 0.9e-12), 1e-4), ((1, 1e-13, 1), 0.0),
])
@pytest.mark.parametrize("scale", [1.0, 8.0, 0.125])
def test_the_factor_of_a_step_is_that_of_the_second_half_above_the_rounding_floor(distances, factor, scale):
    assert walked(*np.multiply(scale, distances)).factor() == pytest.approx(factor)


def test_a_path_says_how_it_went_in_one_line():
    assert descend(bowl(), -4.0, sgd, 0.25, 2).summary() == "rate 0.25: loss 2.53 after 2 steps"
    falling = descend(bowl(), -4.0, sgd, lambda step: 0.5 ** (1 + step), 3)
    assert falling.summary().startswith("rates 0.5 to 0.125: loss")
    assert descend(bowl(), -4.0, sgd, 1e60, 9).summary() == "rate 1e+60: diverged at step 1"


@pytest.mark.parametrize("reached, diverged_at", [(0.9e100, None), (-0.9e100, None), (1.1e100, 0), (-1.1e100, 0),
                                                  (np.inf, 0), (np.nan, 0)])
def test_a_descent_has_diverged_beyond_1e100(reached, diverged_at):
    path = descend(Landscape("own", lambda w: 0 * w, lambda w: w, 1.0, ((-1.0, 1.0),)), None,
                   lambda w, g, state, lr: (reached, state), 0.1, 1)
    assert path.diverged_at == diverged_at and len(path.points) == 1 + (diverged_at is None)


def test_distances_are_taken_from_the_minimum_wherever_it_is():
    points = np.array([[4.0, 3.0], [1.0, 0.0], [1.0, -1.0]])
    path = Path(quadratic(np.eye(2), minimum=(1.0, -1.0)), points, points[:, 0], np.ones(2))
    assert path.distances == pytest.approx([5, 1, 0])


def test_a_path_stays_as_it_is():
    with pytest.raises(FrozenInstanceError):
        walked(1, 0.5).rates = None


def test_in_one_dimension_optimizer_and_gradient_are_handed_floats_whatever_they_give_back():
    handed = []

    def noted(w, g, state, lr):
        handed.extend([w, g])
        return np.array(w - lr * g), state

    own = Landscape("own", lambda w: w**2, lambda w: handed.append(w) or np.array(2 * w), 1, ((-1.0, 1.0),))
    for start in (None, -4, np.array(-4)):
        descend(own, start, noted, 0.1, 3)
    assert len(handed) == 27 and all(isinstance(value, float) for value in handed)


def test_an_optimizer_of_ones_own_may_have_settings_of_any_kind():
    def own(w, g, state, lr, mode):
        return w - (lr if mode == "fast" else lr / 10) * g, state
    assert descend(bowl(), None, own, 0.1, 5, mode="fast").final == descend(bowl(), None, sgd, 0.1, 5).final


def test_the_distance_to_a_minimum_that_nobody_knows_is_refused():
    own = Landscape("own", lambda w: 0 * w, lambda w: w, 1.0, ((-1.0, 1.0),))
    with pytest.raises(ValueError, match="the minimum of own is not known"):
        descend(own, None, sgd, 0.1, 3).factor()


def wrong(answer):
    def my_optimizer(w, g, state, lr):
        return answer(w, g, state, lr)
    return my_optimizer


ANSWERS = {
    "no return": (lambda w, g, state, lr: None, "must return two things.* at step 0 it gave None: is a return missing"),
    "only w": (lambda w, g, state, lr: w - lr * g,
               "must return two things, the new weights and the new state.* gave a ndarray"),
    "three things": (lambda w, g, state, lr: (w, state, lr), "at step 0 it gave 3 values"),
    "state alone": (lambda w, g, state, lr: state, "it gave a dict"),
    "the other order": (lambda w, g, state, lr: (state, w), "as weights must be real numbers; at step 0: .* is a dict"),
    "None as weights": (lambda w, g, state, lr: (None, state), "must be real numbers; at step 0: .* is None"),
    "another shape": (lambda w, g, state, lr: (w[:1], state),
                      r"must have the weights' shape \(2,\); at step 0 it had \(1,\)"),
    "a matrix": (lambda w, g, state, lr: (w - lr * g[:, None], state), r"shape \(2,\); at step 0 it had \(2, 2\)"),
    "a number": (lambda w, g, state, lr: (w @ g, state), r"at step 0 it had \(\)"),
    "complex": (lambda w, g, state, lr: (w + 1j * g, state), "as weights must be real numbers; .* complex numbers"),
    "text": (lambda w, g, state, lr: (["a", "b"], state), "as weights must be real numbers; .* holds text"),
    "two numbers": (lambda w, g, state, lr: [1.0, 2.0], r"at step 0 it had \(\)"),
}


@pytest.mark.parametrize("what", ANSWERS)
def test_what_an_optimizer_returns_is_named(what):
    answer, says = ANSWERS[what]
    with pytest.raises(ValueError, match="my_optimizer.*" + says):
        descend(ravine(), None, wrong(answer), 0.1, 3)


@pytest.mark.parametrize("gradient, says", [
    (lambda w: None, "the gradient of own must be real numbers; at step 0: .* is None"),
    (lambda w: w[:1], r"the gradient of own must have the weights' shape \(2,\); at step 0 it had \(1,\)"),
    (lambda w: float(w @ w), r"at step 0 it had \(\)"), (lambda w: w * 1j, "complex numbers"),
    (lambda w: "steep", "the gradient .*str"),
    (lambda w: {"w": w}, "the gradient of own .*dict"),
])
def test_what_a_gradient_returns_is_named(gradient, says):
    with pytest.raises(ValueError, match=says):
        descend(Landscape("own", lambda w: 0.0, gradient, (1.0, 1.0), ravine().domain), None, sgd, 0.1, 3)


def two(w, g):
    return w, g


NO_OPTIMIZER = {
    "a class of torch": (torch.optim.SGD, "the class SGD of torch trains networks, and here is none"),
    "an optimizer of torch": (torch.optim.Adam([torch.zeros(1)]), "a Adam of torch trains networks"),
    "text": ("sgd", r"a function w, state = optimizer\(w, g, state, lr\), such as sgd, got 'sgd'"),
    "None": (None, "such as sgd, got None"),
    "a list": ([sgd, adam], "such as sgd, got a list"), "a class": (dict, "got the class dict"),
    "too few arguments": (two, r"got two\(w, g\)"),
    "an argument left open": (lambda w, g, state, lr, beta: (w, state), "missing a required argument: 'beta'"),
    "an answer": (sgd(1.0, 1.0, {}, 0.1), "got a tuple"),
}


@pytest.mark.parametrize("what", NO_OPTIMIZER)
def test_what_is_no_optimizer_is_refused_with_what_one_is(what):
    optimizer, says = NO_OPTIMIZER[what]
    with pytest.raises(TypeError, match=says):
        descend(bowl(), None, optimizer, 0.1, 3)


@pytest.mark.parametrize("optimizer, hyper, error, says", [
    (sgd, {"beta": 0.9}, TypeError, "sgd has no hyperparameter 'beta'; it has none besides lr"),
    (adam, {"momentum": 0.9}, TypeError, "adam has no hyperparameter 'momentum'; it has beta1, beta2, eps"),
    (adam, {"beta1": "0.9"}, ValueError, "beta1 "), (momentum, {"beta": [0.5, 0.9]}, ValueError,
                                                     r"beta must be .*\[0.5, 0.9\]"),
    (momentum, {"beta": None}, ValueError, "beta is None"), (momentum, {"beta": float("nan")}, ValueError,
                                                             "beta must be a finite number"),
    (momentum, {"beta": True}, ValueError, "beta must be a finite number, got True"),
    (partial(momentum, beta=0.5), {"gamma": 1}, TypeError, "has no hyperparameter 'gamma'"),
])
def test_a_hyperparameter_that_is_none_is_named(optimizer, hyper, error, says):
    with pytest.raises(error, match=says):
        descend(ravine(), None, optimizer, 0.1, 3, **hyper)


def test_hyperparameters_reach_any_function_that_takes_them():
    open_ended = lambda w, g, state, lr, **hyper: momentum(w, g, state, lr, **hyper)
    for optimizer in (open_ended, partial(momentum, beta=0.1), momentum):
        assert np.array_equal(descend(ravine(), None, optimizer, 0.1, 9, beta=0.5).points,
                              descend(ravine(), None, momentum, 0.1, 9, beta=0.5).points)
    assert set(OPTIMIZERS) == {"sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"}


def scheduler():
    return torch.optim.lr_scheduler.StepLR(torch.optim.SGD([torch.zeros(1)], lr=0.1), 3)


ARGUMENTS = {
    "rates": ({"lr": [0.1, 0.2]}, ValueError,
              r"lr must be one rate or one schedule, got \[0.1, 0.2\]: write \[descend"),
    "an array of rates": ({"lr": np.ones(2)}, ValueError, "lr must be one rate"),
    "rates in a tensor": ({"lr": torch.ones(2)}, ValueError, "lr must be one rate"),
    "a scheduler of torch": ({"lr": scheduler()}, ValueError, "lr must be .* StepLR of torch"),
    "None as rate": ({"lr": None}, ValueError, "lr must"),
    "a schedule with feedback": ({"lr": reduce_on_plateau(0.1)}, ValueError, "reduce_on_plateau.* needs the losses"),
    "warmed feedback": ({"lr": warmup(reduce_on_plateau(0.1), 5)}, ValueError, "warmup.* needs the losses"),
    "a negative schedule": ({"lr": lambda step: 0.1 - 0.2 * step}, ValueError, "at step 1 it gave -0.1"),
    "a schedule of nothing": ({"lr": lambda step: None}, ValueError, "at step 0 it gave None"),
    "no steps": ({"n_steps": 0}, ValueError, "n_steps must be a whole number of at least 1, got 0"),
    "half a step": ({"n_steps": 2.5}, ValueError, "n_steps must be a whole number"),
    "steps as text": ({"n_steps": "20"}, ValueError, "got '20'"),
    "True steps": ({"n_steps": True}, ValueError, "got True"),
    "steps as float": ({"n_steps": 20.0}, ValueError, "got 20.0"),
    "None as steps": ({"n_steps": None}, ValueError, "n_steps must"),
    "negative steps": ({"n_steps": -3}, ValueError, "got -3"),
    "a start of text": ({"start": "left"}, ValueError, "start is a str"),
    "three coordinates": ({"start": (1, 2, 3)}, ValueError, "start must have 2"),
    "a start that is NaN": ({"start": (np.nan, 1)}, ValueError, "start must be finite"),
    "infinite": ({"start": (np.inf, 1)}, ValueError, "start must be finite"),
    "several starts": ({"start": [[1, 2], [3, 4]]}, ValueError,
                       r"start must have 2 coordinates on ravine, got shape \(2, 2\)"),
    "a complex start": ({"start": [1j, 2]}, ValueError, "start holds complex"),
    "a maker": ({"landscape": ravine}, TypeError, "landscape must be a Landscape"),
    "a function": ({"landscape": lambda w: w**2}, TypeError,
                   r"landscape must be a Landscape, such as bowl\(\) or ravine\(10\), got a function"),
    "text": ({"landscape": "ravine"}, TypeError, "got 'ravine'"),
}


@pytest.mark.parametrize("what", ARGUMENTS)
def test_an_argument_that_makes_no_sense_is_named(what):
    changes, error, says = ARGUMENTS[what]
    with pytest.raises(error, match=says):
        descend(**{"landscape": ravine(), "start": None, "optimizer": sgd, "lr": 0.1, "n_steps": 5, **changes})


def test_a_schedule_that_ends_at_0_stands_still_there():
    path = descend(ravine(), None, sgd, cosine(0.1, 5), 8)
    assert path.rates[5:].tolist() == [0, 0, 0] and np.array_equal(path.points[5], path.points[8])


@pytest.mark.parametrize("make, says", [
    (lambda: bowl("1"), "curvature must be a finite number above 0, got '1'"),
    (lambda: bowl(float("inf")), "curvature must"),
    (lambda: bowl(None), "curvature must .* None"), (lambda: ravine([1, 2]), "kappa must be a finite number"),
    (lambda: ravine(True), "kappa must"),
    (lambda: quadratic("steep"), "hessian"), (lambda: quadratic([[1, np.nan], [np.nan, 1]]), "hessian"),
    (lambda: quadratic([[1j]]), "hessian"),
    (lambda: quadratic(np.eye(2), minimum=[1, 2, 3]), r"minimum must have 2 coordinates, got shape \(3,\)"),
    (lambda: quadratic(np.eye(2), start=[1.0]), r"start must have 2 coordinates, got shape \(1,\)"),
    (lambda: least_squares([["a"]], [1]), "x holds text"), (lambda: least_squares([[1.0]], [np.nan]), "finite"),
    (lambda: least_squares(np.zeros((0, 2)), []), "least one row"),
])
def test_a_landscape_that_makes_no_sense_is_refused(make, says):
    with pytest.raises(ValueError, match=says):
        make()
