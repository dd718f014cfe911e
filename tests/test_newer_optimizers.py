"""Properties of the optimizers that came after Adam; the references are torch's, or the methods written another way."""

from functools import partial
from math import comb, copysign

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from test_optimizers import gradients, log_number, number, relative_error

from course_utils.landscapes import bowl
from course_utils.optimizers import (
    NEWER,
    adam,
    adamw,
    averaged,
    by_shape,
    evaluated,
    lion,
    momentum,
    muon,
    newton_schulz,
    prodigy,
    schedule_free,
    sgd,
)

STEPS = 200
LR = log_number(1e-5, 1.0)
EPS = log_number(1e-16, 1.0)
BETA = number(0.01, 0.999)
DRAWN = {"lion": {"beta1": BETA, "beta2": BETA, "weight_decay": number(0.0, 0.5)},
         "schedule_free": {"beta1": BETA, "beta2": BETA, "eps": EPS, "weight_decay": number(0.0, 0.5)},
         "prodigy": {"beta1": BETA, "beta2": BETA, "eps": EPS, "weight_decay": number(0.0, 0.1),
                     "d0": log_number(1e-7, 1e-3)}}
SHAPES = [(3, 5), (5, 3), (4, 4), (1, 4), (6, 2)]
drawn = partial(settings, deadline=None, derandomize=True)


# The references: in another form than the package's, a weight at a time where that is possible

def lion_reference(w, grads_of, rates, beta1, beta2, weight_decay):
    m, steps = [0.0] * len(w), []
    for k, lr in enumerate(rates):
        for i, g in enumerate(grads_of(k, w)):
            ahead = m[i] + (1 - beta1) * (g - m[i])
            w = [*w[:i], w[i] - lr * weight_decay * w[i] - (lr * copysign(1, ahead) if ahead else 0), *w[i + 1:]]
            m[i] += (1 - beta2) * (g - m[i])
        steps.append(w)
    return np.array(steps), np.array(steps)


def schedule_free_reference(w, grads_of, rates, beta1, beta2, eps, weight_decay):
    """As released by its authors: the average is never kept, but found from the other two."""
    y, z, s, total, top = np.array(w), np.array(w), 0.0, 0.0, 0.0
    steps, judged = [], []
    for k, lr in enumerate(rates):
        g = np.array(grads_of(k, list(y)))
        top = max(top, lr)
        total += top**2
        share = top**2 / total
        s = s + (1 - beta2) * (g**2 - s)
        u = g / (np.sqrt(s / (1 - beta2 ** (k + 1))) + eps) + weight_decay * y
        y = y + share * (z - y) + lr * (beta1 * (1 - share) - 1) * u
        z = z - lr * u
        steps.append(y)
        judged.append(y + (1 - 1 / beta1) * (z - y))
    return np.array(steps), np.array(judged)


def prodigy_reference(w, grads_of, rates, beta1, beta2, eps, weight_decay, d0):
    """As released by its authors: sums are kept in units of d0."""
    w0, w, n = list(w), list(w), len(w)
    d, numerator, sums, m, v, steps = d0, 0.0, [0.0] * n, [0.0] * n, [0.0] * n, []
    for k, lr in enumerate(rates):
        g, dlr = grads_of(k, w), d * lr
        numerator = beta2**0.5 * numerator + d / d0 * dlr * sum(g[i] * (w0[i] - w[i]) for i in range(n))
        for i in range(n):
            sums[i] = beta2**0.5 * sums[i] + d / d0 * dlr * g[i]
            m[i] = beta1 * m[i] + d * (1 - beta1) * g[i]
            v[i] = beta2 * v[i] + d * d * (1 - beta2) * g[i] ** 2
        d = max(d, numerator / sum(map(abs, sums)))
        w = [w[i] - weight_decay * dlr * w[i] - dlr * m[i] / (v[i] ** 0.5 + d * eps) for i in range(n)]
        steps.append(w)
    return np.array(steps), np.array(steps)


REFERENCE = {"lion": lion_reference, "schedule_free": schedule_free_reference, "prodigy": prodigy_reference}


def valley(seed, size):
    """Noisy gradients of a bowl of uneven curvature, a function of the step and of the weights (…, size)."""
    rng = np.random.default_rng(seed)
    curvature, noise = 10.0 ** rng.uniform(-2, 1, size), gradients(seed, STEPS, size) / 10
    return lambda k, w: curvature * (np.asarray(w) - 3.0) + noise[k]


def stepped(optimizer, w, grads_of, rates, as_given=lambda g, w: g, **hyper):
    """The weights and those to judge by after every step, and the gradients that the optimizer was given."""
    state, steps, judged, given = {}, [], [], []
    for k, lr in enumerate(rates):
        g = grads_of(k, w)
        given.append(g)
        w, state = optimizer(w, as_given(g, w), state, lr, **hyper)
        steps.append(np.asarray(w))
        judged.append(np.asarray(evaluated(w, state)))
    return np.array(steps), np.array(judged), given


def warmed(lr):
    return [lr * min(1, (k + 1) / 20) for k in range(STEPS)]


@pytest.mark.parametrize("name", DRAWN)
@given(data=st.data(), seed=st.integers(0, 10_000))
@drawn(max_examples=8)
def test_equals_its_reference_over_200_steps_on_arrays_and_tensors(name, data, seed):
    rates = warmed(data.draw(LR))
    hyper = {k: data.draw(v, label=k) for k, v in DRAWN[name].items()}
    w = np.random.default_rng(seed + 1).normal(size=5)
    ours, judged, given = stepped(NEWER[name], w, valley(seed, 5), rates, **hyper)
    reference = REFERENCE[name](list(w), lambda k, _: list(given[k]), rates, **hyper)
    assert np.isfinite(ours).all() and relative_error(ours, reference[0]) < 1e-9
    assert relative_error(judged, reference[1]) < 1e-9
    on_tensors = stepped(NEWER[name], torch.tensor(w), lambda k, _: torch.tensor(given[k]), rates, **hyper)
    assert relative_error(on_tensors[0], reference[0]) < 1e-9 and relative_error(on_tensors[1], reference[1]) < 1e-9


@pytest.mark.parametrize("name", DRAWN)
@given(data=st.data(), seed=st.integers(0, 10_000))
@drawn(max_examples=4)
def test_equals_its_reference_over_200_steps_on_floats(name, data, seed):
    rates = warmed(data.draw(LR))
    hyper = {k: data.draw(v, label=k) for k, v in DRAWN[name].items()}
    slope = valley(seed, 1)
    ours, judged, given = stepped(NEWER[name], 0.7, lambda k, w: float(slope(k, [w])[0]), rates, **hyper)
    reference = REFERENCE[name]([0.7], lambda k, _: [given[k]], rates, **hyper)
    assert relative_error(ours[:, None], reference[0]) < 1e-9
    assert relative_error(judged[:, None], reference[1]) < 1e-9


@pytest.mark.parametrize("name", DRAWN)
@given(data=st.data(), seed=st.integers(0, 10_000))
@drawn(max_examples=4)
def test_a_row_of_a_stack_with_settings_of_its_own_goes_as_it_goes_alone(name, data, seed):
    rows = 3
    lrs = [data.draw(LR) for _ in range(rows)]
    hypers = [{k: data.draw(v, label=k) for k, v in DRAWN[name].items()} for _ in range(rows)]
    w, slope = np.random.default_rng(seed + 1).normal(size=(rows, 4)), valley(seed, 4)
    column = lambda values: torch.tensor(values, dtype=torch.float64)[:, None]
    ours = stepped(NEWER[name], torch.tensor(w), lambda k, w: torch.as_tensor(slope(k, w)),
                   [column([warmed(lr)[k] for lr in lrs]) for k in range(STEPS)],
                   **{k: column([h[k] for h in hypers]) for k in hypers[0]})
    for r in range(rows):
        alone = stepped(NEWER[name], w[r], slope, warmed(lrs[r]), **hypers[r])
        assert relative_error(ours[0][:, r], alone[0]) < 1e-9 and relative_error(ours[1][:, r], alone[1]) < 1e-9


def unrounded(monkeypatch):
    """Lets torch's Muon compute in the precision of its weights, where it rounds to bfloat16 otherwise."""
    monkeypatch.setattr(torch.Tensor, "bfloat16", torch.Tensor.clone)


def torch_muon(w, grads, lr, beta=0.95, weight_decay=0.1, ns_steps=5, eps=1e-7):
    p = torch.nn.Parameter(torch.tensor(w))
    reference = torch.optim.Muon([p], lr=lr, momentum=beta, weight_decay=weight_decay, ns_steps=ns_steps, eps=eps)
    steps = []
    for g in grads:
        p.grad = torch.tensor(g)
        reference.step()
        steps.append(p.detach().clone().numpy())
    return np.array(steps)


MUON = {"beta": number(0.0, 0.999), "weight_decay": number(0.0, 0.5), "ns_steps": st.integers(1, 7), "eps": EPS}


def as_rows(steps):
    return steps.reshape(len(steps), -1)


@pytest.mark.parametrize("shape", SHAPES)
def test_muon_equals_torch_over_200_steps_on_arrays_and_tensors(shape, monkeypatch):
    unrounded(monkeypatch)

    @given(data=st.data(), seed=st.integers(0, 10_000))
    @drawn(max_examples=6)
    def judge(data, seed):
        lr, hyper = data.draw(LR), {k: data.draw(v, label=k) for k, v in MUON.items()}
        w = np.random.default_rng(seed + 1).normal(size=shape)
        grads = gradients(seed, STEPS, w.size).reshape(STEPS, *shape)
        reference = as_rows(torch_muon(w, grads, lr, **hyper))
        ours = stepped(muon, w, lambda k, _: grads[k], [lr] * STEPS, **hyper)[0]
        on_tensors = stepped(muon, torch.tensor(w), lambda k, _: torch.tensor(grads[k]), [lr] * STEPS, **hyper)[0]
        assert relative_error(as_rows(ours), reference) < 1e-9
        assert relative_error(as_rows(on_tensors), reference) < 1e-9

    judge()


def torch_muon_as_it_comes(w, g):
    p = torch.nn.Parameter(torch.tensor(w))
    p.grad = torch.tensor(g)
    torch.optim.Muon([p], lr=0.1).step()
    return p.detach().numpy()


@pytest.mark.parametrize("size", [1e-6, 1.0])
def test_muons_settings_are_those_of_torch_and_its_steps_but_for_bfloat16(size, monkeypatch):
    w, g = np.random.default_rng(0).normal(size=(2, 6, 4))
    ours = muon(w, size * g, {}, 0.1)[0]
    theirs = torch_muon_as_it_comes(w, size * g)
    assert np.abs(ours - theirs).max() < 0.05 * np.abs(theirs - w).max()
    unrounded(monkeypatch)
    assert np.allclose(ours, torch_muon_as_it_comes(w, size * g), rtol=1e-12)


def test_muon_steps_each_matrix_of_a_stack_as_it_steps_it_alone():
    rng = np.random.default_rng(3)
    w, grads = rng.normal(size=(3, 5, 2)), rng.normal(size=(20, 3, 5, 2)) * np.array([0.01, 1.0, 50.0])[:, None, None]
    lr, decay, beta = (np.array(v)[:, None, None] for v in ([0.1, 0.02, 0.5], [0.0, 0.1, 0.3], [0.9, 0.0, 0.5]))
    for kind in (np.array, torch.tensor):
        ours = stepped(muon, kind(w), lambda k, _, kind=kind: kind(grads[k]), [kind(lr)] * 20, beta=kind(beta),
                       weight_decay=kind(decay))[0]
        for r in range(3):
            alone = stepped(muon, w[r], lambda k, _, r=r: grads[k, r], [lr[r].item()] * 20, beta=beta[r].item(),
                            weight_decay=decay[r].item())[0]
            assert relative_error(as_rows(ours[:, r]), as_rows(alone)) < 1e-9


@pytest.mark.parametrize("w", [0.5, np.zeros(4), torch.zeros(4), torch.tensor(1.0)])
def test_muon_refuses_what_is_no_matrix(w):
    with pytest.raises(ValueError, match=r"must be a matrix .* got [01] axes; by_shape"):
        muon(w, w, {}, 0.1)


@pytest.mark.parametrize("shape", [(4, 7), (7, 4), (5, 5)])
def test_newton_schulz_keeps_directions_and_brings_singular_values_near_one(shape):
    x = np.random.default_rng(1).normal(size=shape)
    U, s, V = np.linalg.svd(x, full_matrices=False)
    for size in (1e-4, 1.0, 1e5):
        made = U.T @ newton_schulz(size * x) @ V.T
        assert np.allclose(made, np.diag(np.diag(made)), atol=1e-10)
        assert (np.abs(np.diag(made) - 0.95) < 0.27).all()
    once = s / np.linalg.norm(x)
    once = 3.4445 * once - 4.7750 * once**3 + 2.0315 * once**5
    assert np.allclose(np.diag(U.T @ newton_schulz(x, ns_steps=1) @ V.T), once)


def test_newton_schulz_leaves_what_is_smaller_than_eps_small():
    x = np.array([[3e-5, 0.0], [0.0, 4e-5]])  # of length 5e-5
    assert np.allclose(newton_schulz(x, 0, eps=5e-4), x / 5e-4) and np.allclose(newton_schulz(x, 0, eps=1e-5), x / 5e-5)
    assert np.array_equal(newton_schulz(np.zeros((2, 3))), np.zeros((2, 3)))


def test_lion_moves_every_weight_by_the_rate_and_keeps_those_without_a_gradient():
    w, _ = lion(np.array([1.0, 2.0, 3.0]), np.array([1e-9, -1e9, 0.0]), {}, 0.1)
    assert np.allclose(w, [0.9, 2.1, 3.0], rtol=1e-12)


def test_schedule_free_at_a_constant_rate_judges_by_the_plain_average_of_its_steps():
    rng, w, state, walked = np.random.default_rng(0), np.ones(3), {}, []
    for _ in range(30):
        w, state = schedule_free(w, rng.normal(size=3), state, 0.1)
        walked.append(state["z"])
        assert np.allclose(evaluated(w, state), np.mean(walked, axis=0))
        assert np.allclose(w, 0.1 * state["z"] + 0.9 * evaluated(w, state))


def test_schedule_free_waits_at_a_rate_of_zero_and_averages_what_came_before_at_the_rate_it_had():
    w, state = schedule_free(1.0, 2.0, {}, 0.0)
    assert w == evaluated(w, state) == 1.0
    for lr in (0.1, 0.0, 0.05):
        w, state = schedule_free(w, 2.0, state, lr)
    assert state["top"] == pytest.approx(0.1) and state["total"] == pytest.approx(0.03)


def test_prodigys_estimate_of_its_rate_grows_from_d0_towards_the_distance_and_never_falls():
    w, state, seen = np.full(4, 10.0), {}, []
    for _ in range(400):
        w, state = prodigy(w, w - 3.0, state, 1.0)
        seen.append(float(state["d"][0]))
    assert seen[0] == 1e-6 and seen == sorted(seen) and 0.1 < seen[-1] < 20
    assert np.abs(w - 3.0).max() < 2


def test_prodigy_stands_still_without_a_gradient():
    w, state = prodigy(np.ones(2), np.zeros(2), {}, 1.0)
    assert w.tolist() == [1.0, 1.0] and state["d"].tolist() == [1e-6]


# Averages

def walk_of(optimizer, steps=40):
    grads = gradients(5, steps, 3)
    return stepped(optimizer, np.ones(3), lambda k, _: grads[k], [0.01] * steps)[:2]


@pytest.mark.parametrize(("decay", "theirs"), [(0.9, torch.optim.swa_utils.get_ema_avg_fn(0.9)), (None, None),
                                               (0.0, torch.optim.swa_utils.get_ema_avg_fn(0.0))])
def test_an_average_is_that_of_torch_and_the_steps_stay_what_they_are(decay, theirs):
    steps, judged = walk_of(averaged(adam, decay))
    assert np.array_equal(steps, walk_of(adam)[0])
    layer = torch.nn.Linear(3, 1, bias=False).double()
    model = torch.optim.swa_utils.AveragedModel(layer, avg_fn=theirs)
    for step, own in zip(steps, judged, strict=True):
        with torch.no_grad():
            layer.weight.copy_(torch.tensor(step)[None])
        model.update_parameters(layer)
        assert np.allclose(own, model.module.weight.detach().numpy()[0], rtol=1e-12, atol=0)


@pytest.mark.parametrize("power", [0, 1, 4])
def test_an_average_with_a_power_weighs_step_t_as_t_to_that_power_nearly(power):
    steps, judged = walk_of(averaged(momentum, power=power))
    weights = np.array([comb(t + power - 1, power) for t in range(1, len(steps) + 1)], dtype=float)
    for n in (1, 2, len(steps)):
        assert np.allclose(judged[n - 1], weights[:n] @ steps[:n] / weights[:n].sum())


def test_an_average_hands_hyperparameters_on():
    assert np.array_equal(stepped(averaged(momentum), 1.0, lambda k, w: w, [0.1] * 9, beta=0.5)[0],
                          stepped(momentum, 1.0, lambda k, w: w, [0.1] * 9, beta=0.5)[0])


@pytest.mark.parametrize(("given", "says"), [
    ({"decay": 1.0}, "decay must be a number from 0 to below 1, or None, got 1.0"), ({"decay": -0.1}, "got -0.1"),
    ({"decay": True}, "got True"), ({"decay": "0.9"}, "got '0.9'"), ({"power": -1}, "power must be .* got -1"),
    ({"power": None}, "got None"), ({"power": float("inf")}, "got inf"), ({"power": True}, "got True")])
def test_an_average_that_is_none_is_refused(given, says):
    with pytest.raises(ValueError, match=says):
        averaged(sgd, **given)


def test_weights_to_judge_by_are_the_weights_where_no_others_are_kept():
    assert evaluated(2.0, {}) == 2.0 and evaluated(2.0, {"v": 1.0}) == 2.0 and evaluated(2.0, {"evaluated": 3.0}) == 3.0


# Matrices among all weights

PARTS = [(3, 4), (3,), (1, 5), (2, 3), (6,), (2, 2, 2)]
SIZE = sum(int(np.prod(shape)) for shape in PARTS)


@pytest.mark.parametrize("kind", [np.array, torch.tensor])
@pytest.mark.parametrize("lead", [(), (2,)])
@pytest.mark.parametrize("ratio", [1.0, 0.25])
def test_matrices_and_the_rest_are_stepped_as_if_by_themselves(kind, lead, ratio):
    rng = np.random.default_rng(0)
    w, grads = rng.normal(size=(*lead, SIZE)), rng.normal(size=(5, *lead, SIZE))
    lr = kind(np.array([[0.1], [0.02]])) if lead else 0.1
    ours = stepped(by_shape(PARTS), kind(w), lambda k, _: kind(grads[k]), [lr] * 5, ratio=ratio)[0]
    start = 0
    for shape in PARTS:
        end = start + int(np.prod(shape))
        matrix = shape in ((3, 4), (2, 3))
        own = lambda a, shape=shape, start=start, end=end, matrix=matrix: (
            kind(a[..., start:end].reshape(*lead, *shape) if matrix else a[..., start:end]))
        rate = (lr[..., None] if lead else lr) if matrix else lr * ratio
        alone = stepped(muon if matrix else adamw, own(w), lambda k, _, own=own: own(grads[k]), [rate] * 5)[0]
        assert np.allclose(ours[..., start:end].reshape(alone.shape), alone, rtol=1e-12)
        start = end


def test_the_rest_takes_the_same_rate_unless_a_ratio_is_given():
    w, g = np.ones(SIZE), np.ones(SIZE)
    rule = by_shape(PARTS, matrices=sgd, others=sgd)
    assert np.allclose(rule(w, g, {}, 0.1)[0], 0.9) and set(np.round(rule(w, g, {}, 0.1, 0.5)[0], 9)) == {0.9, 0.95}


def test_a_matrix_given_as_a_vector_is_one_of_the_rest_and_fixed_settings_are_kept():
    w, g = np.arange(1.0, 7.0), np.ones(6)
    flat = by_shape([(6,)], others=partial(adamw, weight_decay=0.3))
    assert np.array_equal(flat(w, g, {}, 0.1)[0], adamw(w, g, {}, 0.1, weight_decay=0.3)[0])


def test_weights_to_judge_by_are_put_together_from_all_parts():
    rule, plain = by_shape([(2, 2), (2,)], others=schedule_free), by_shape([(2, 2), (2,)], others=adamw)
    w, state = np.ones(6), {}
    for g in gradients(2, 5, 6):
        w, state = rule(w, g, state, 0.1)
    assert np.array_equal(evaluated(w, state)[:4], w[:4])
    assert np.array_equal(evaluated(w, state)[4:], state["parts"][1]["evaluated"]) and not np.allclose(
        evaluated(w, state)[4:], w[4:])
    assert "evaluated" not in plain(w, np.ones(6), {}, 0.1)[1]


@pytest.mark.parametrize(("shapes", "says"), [([(2, 2)], r"add up to the 5 weights .* got 4 in \(\(2, 2\),\)"),
                                              ([], "got 0"), ([(2, 2), (2,)], "got 6")])
def test_shapes_that_do_not_add_up_are_refused(shapes, says):
    with pytest.raises(ValueError, match=says):
        by_shape(shapes)(np.ones(5), np.ones(5), {}, 0.1)


# What all of them have in common

ALL = {**{name: f for name, f in NEWER.items() if name != "muon"}, "average": averaged(adam, 0.9),
       "matrices": by_shape([(2, 2), (2,)]), "judged parts": by_shape([(2, 2), (2,)], others=schedule_free)}


def copied(value):
    if isinstance(value, dict):
        return {k: copied(v) for k, v in value.items()}
    return [copied(v) for v in value] if isinstance(value, list) else np.copy(value)


def alike(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(alike(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(alike, a, b))
    return np.array_equal(a, b)


@pytest.mark.parametrize("name", ALL)
def test_changes_nothing_that_is_passed_in(name):
    w, g = np.linspace(-2, 3, 6), np.linspace(1, -0.5, 6)
    _, state = ALL[name](w, g, {}, 0.1)
    kept = copied(state)
    ALL[name](w, g, state, 0.1)
    assert alike(w, np.linspace(-2, 3, 6)) and alike(g, np.linspace(1, -0.5, 6)) and alike(state, kept)


@pytest.mark.parametrize("name", ALL)
def test_a_second_run_from_an_empty_state_repeats_the_first(name):
    walk = lambda: stepped(ALL[name], np.ones(6), valley(3, 6), [0.1] * 20)
    assert all(map(alike, walk()[:2], walk()[:2]))


@pytest.mark.parametrize("name", [*DRAWN])
def test_goes_downhill_on_a_bowl(name):
    w, state, hill = -4.0, {}, bowl()
    for _ in range(400):
        w, state = NEWER[name](w, hill.gradient(w), state, 0.1 if name != "prodigy" else 1.0)
    assert hill.value(evaluated(w, state)) < 0.9 * hill.value(-4.0)


@pytest.mark.parametrize("name", ALL)
def test_weights_stay_of_their_own_precision(name):
    w = torch.ones(2, 6)
    w, state = ALL[name](w, torch.ones(2, 6), {}, torch.tensor([[0.1], [0.2]]))
    assert w.dtype is evaluated(w, state).dtype is torch.float32 and w.shape == (2, 6)
