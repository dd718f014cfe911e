"""Properties of the optimizers; the reference is torch.optim in float64, fed the same gradients."""

import inspect

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils.landscapes import bowl
from course_utils.optimizers import OPTIMIZERS, adam, momentum, sgd

number = lambda low, high: st.floats(low, high, allow_nan=False)
log_number = lambda low, high: st.floats(np.log10(low), np.log10(high)).map(lambda e: float(10**e))
LR = log_number(1e-5, 1.0)
EPS = log_number(1e-16, 1.0)
BETA = st.just(0.0) | number(0.01, 0.999)  # torch takes β₁ as 1 − (1 − β₁), which rounds a tiny one away

# ours, torch's, what to draw, and what torch calls it
TABLE = {
    "sgd": (torch.optim.SGD, {}, lambda h: {}),
    "momentum": (torch.optim.SGD, {"beta": BETA}, lambda h: {"momentum": h["beta"]}),
    "nesterov": (torch.optim.SGD, {"beta": number(0.01, 0.999)}, lambda h: {"momentum": h["beta"], "nesterov": True}),
    "adagrad": (torch.optim.Adagrad, {"eps": EPS}, lambda h: h),
    "rmsprop": (torch.optim.RMSprop, {"alpha": BETA, "eps": EPS}, lambda h: h),
    "adam": (torch.optim.Adam, {"beta1": BETA, "beta2": number(0.0, 0.9999), "eps": EPS},
             lambda h: {"betas": (h["beta1"], h["beta2"]), "eps": h["eps"]}),
    "adamw": (torch.optim.AdamW, {"beta1": BETA, "beta2": number(0.0, 0.9999), "eps": EPS,
                                  "weight_decay": number(0.0, 0.5)},
              lambda h: {"betas": (h["beta1"], h["beta2"]), "eps": h["eps"], "weight_decay": h["weight_decay"]}),
}


def gradients(seed, n_steps, size):
    """Gradients of very different sizes, some exactly zero, as a table (n_steps, size)."""
    rng = np.random.default_rng(seed)
    g = rng.normal(size=(n_steps, size)) * 10.0 ** rng.uniform(-3, 2, size=(1, size))
    return g * (rng.random((n_steps, size)) > 0.05)


def torch_weights(name, w, grads, lr, hyper):
    optimizer, _, translate = TABLE[name]
    p = torch.nn.Parameter(torch.tensor(w, dtype=torch.float64))
    reference = optimizer([p], lr=lr, **translate(hyper))
    steps = []
    for g in grads:
        p.grad = torch.tensor(g, dtype=torch.float64)
        reference.step()
        steps.append(p.detach().clone().numpy())
    return np.array(steps)


def our_weights(name, w, grads, lr, hyper):
    state, steps = {}, []
    for g in grads:
        w, state = OPTIMIZERS[name](w, g, state, lr, **hyper)
        steps.append(np.asarray(w))
    return np.array(steps)


def relative_error(ours, reference):
    """Largest difference over all steps, in units of the largest weight the reference reached so far."""
    scale = np.maximum.accumulate(np.abs(reference).max(axis=-1))[..., None]
    return np.max(np.abs(ours - reference) / np.maximum(scale, 1e-300))


@pytest.mark.parametrize("name", OPTIMIZERS)
@given(data=st.data(), seed=st.integers(0, 10_000))
@settings(max_examples=8, deadline=None, derandomize=True)
def test_equals_torch_over_1000_steps_on_arrays_and_tensors(name, data, seed):
    lr = data.draw(LR)
    hyper = {k: data.draw(v, label=k) for k, v in TABLE[name][1].items()}
    w, grads = np.random.default_rng(seed + 1).normal(size=5), gradients(seed, 1000, 5)
    reference = torch_weights(name, w, grads, lr, hyper)
    assert relative_error(our_weights(name, w, grads, lr, hyper), reference) < 1e-12
    on_tensors = our_weights(name, torch.tensor(w), torch.tensor(grads), lr, hyper)
    assert relative_error(on_tensors, reference) < 1e-12


@pytest.mark.parametrize("name", OPTIMIZERS)
@given(data=st.data(), seed=st.integers(0, 10_000))
@settings(max_examples=4, deadline=None, derandomize=True)
def test_equals_torch_over_1000_steps_on_floats(name, data, seed):
    lr = data.draw(LR)
    hyper = {k: data.draw(v, label=k) for k, v in TABLE[name][1].items()}
    grads = gradients(seed, 1000, 1)
    ours = our_weights(name, 0.7, [float(g) for g in grads[:, 0]], lr, hyper)
    assert relative_error(ours[:, None], torch_weights(name, [0.7], grads, lr, hyper)) < 1e-12


@pytest.mark.parametrize("name", OPTIMIZERS)
@given(data=st.data(), seed=st.integers(0, 10_000))
@settings(max_examples=4, deadline=None, derandomize=True)
def test_equals_torch_over_1000_steps_on_a_stack_with_settings_of_its_own_in_each_row(name, data, seed):
    rows = 3
    lrs = [data.draw(LR) for _ in range(rows)]
    hypers = [{k: data.draw(v, label=k) for k, v in TABLE[name][1].items()} for _ in range(rows)]
    w = np.random.default_rng(seed + 1).normal(size=(rows, 4))
    grads = gradients(seed, 1000, rows * 4).reshape(1000, rows, 4)
    column = lambda values: torch.tensor(values, dtype=torch.float64)[:, None]
    ours = our_weights(name, torch.tensor(w), torch.tensor(grads), column(lrs),
                       {k: column([h[k] for h in hypers]) for k in hypers[0]})
    for r in range(rows):
        reference = torch_weights(name, w[r], grads[:, r], lrs[r], hypers[r])
        assert relative_error(ours[:, r], reference) < 1e-12


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_changes_nothing_that_is_passed_in(name):
    w, g = np.array([1.0, -2.0]), np.array([0.5, 3.0])
    _, state = OPTIMIZERS[name](w, g, {}, 0.1)
    kept = {k: np.copy(v) for k, v in state.items()}
    OPTIMIZERS[name](w, g, state, 0.1)
    assert w.tolist() == [1.0, -2.0] and g.tolist() == [0.5, 3.0]
    assert all(np.array_equal(kept[k], state[k]) for k in kept)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_second_run_from_an_empty_state_repeats_the_first(name):
    grads = gradients(3, 20, 2)
    first = our_weights(name, np.ones(2), grads, 0.1, {})
    assert np.array_equal(first, our_weights(name, np.ones(2), grads, 0.1, {}))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_goes_downhill_on_a_bowl(name):
    w, state, hill = -4.0, {}, bowl()
    for _ in range(400):
        w, state = OPTIMIZERS[name](w, hill.gradient(w), state, 0.1)
    assert hill.value(w) < 0.9 * hill.value(-4.0)


@pytest.mark.parametrize("name", ["adagrad", "rmsprop", "adam", "adamw"])
def test_settings_that_are_not_given_are_those_of_torch(name):
    optimizer, drawn, translate = TABLE[name]
    ours = {k: inspect.signature(OPTIMIZERS[name]).parameters[k].default for k in drawn}
    theirs = inspect.signature(optimizer).parameters
    assert {k: theirs[k].default for k in translate(ours)} == translate(ours)


def test_momentum_is_undamped():
    """A constant gradient is stepped at lr / (1 - beta) in the long run."""
    w, state = 0.0, {}
    for _ in range(300):
        before, (w, state) = w, momentum(w, 1.0, state, 0.01, beta=0.9)
    assert before - w == pytest.approx(0.01 / (1 - 0.9))


def test_first_step_of_adam_has_the_size_of_the_rate_whatever_the_gradient():
    for g in (1e-3, 1.0, 1e3):
        assert adam(0.0, g, {}, 0.01)[0] == pytest.approx(-0.01, rel=1e-4)


def test_rate_broadcasts_over_runs():
    w, _ = sgd(np.ones((2, 3)), np.ones((2, 3)), {}, np.array([[0.1], [0.5]]))
    assert np.allclose(w, [[0.9] * 3, [0.5] * 3])
