"""One network trained by the package is the network that a plain PyTorch loop with torch.optim trains."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course_utils.data import (
    Dataset,
    load_diabetes,
    load_digits,
    load_sonnets,
    load_sunspots,
    make_blobs,
    reconstruction,
)
from course_utils.models import cnn, linear, mlp, rnn, transformer
from course_utils.optimizers import OPTIMIZERS, adam, momentum, sgd
from course_utils.schedules import cosine, one_cycle, step_decay
from course_utils.sweep import sweep
from course_utils.training import train

BLOBS, DIABETES = make_blobs(), load_diabetes()
NETWORK = mlp(2, 50, 3)
WEIGHTS = 1e-4  # how far a weight may end from the plain loop's
RATES = {"sgd": [0.1, 0.01], "momentum": [0.003, 0.001], "nesterov": [0.003, 0.001], "adagrad": [0.1, 0.01],
         "rmsprop": [0.01, 0.001], "adam": [0.01, 0.001], "adamw": [0.01, 0.001]}  # rates that learn


class Skip(nn.Module):
    """A module as a reader may write it, no chain of layers: only the way through vmap can train it."""

    def __init__(self, n_inputs, n_outputs):
        super().__init__()
        self.first, self.last = nn.Linear(n_inputs, 8), nn.Linear(8 + n_inputs, n_outputs)

    def forward(self, x):
        return self.last(torch.cat([torch.tanh(self.first(x)), x], dim=-1))


def own(n_inputs, n_outputs):
    return lambda: Skip(n_inputs, n_outputs)


def reference_optimizer(name, parameters, lr, hyper):
    if name in ("sgd", "momentum", "nesterov"):
        return torch.optim.SGD(parameters, lr, momentum=0.0 if name == "sgd" else hyper.get("beta", 0.9),
                               nesterov=name == "nesterov")
    if name.startswith("adam"):
        hyper["betas"] = hyper.pop("beta1", 0.9), hyper.pop("beta2", 0.999)
    return {"adagrad": torch.optim.Adagrad, "rmsprop": torch.optim.RMSprop, "adam": torch.optim.Adam,
            "adamw": torch.optim.AdamW}[name](parameters, lr, **hyper)


def plain_loss(network, data, x, y):
    outputs = network(x)
    if data.task == "classification":
        return F.cross_entropy(outputs.flatten(0, -2), y.flatten())
    return F.mse_loss(outputs.reshape(y.shape), y)


def plain_run(model, data, optimizer, lr, epochs, batch_size=32, seed=0, **hyper):
    """The loop as it stands in any tutorial; the trained network and the first step whose loss was not finite."""
    torch.manual_seed(seed)
    network = model()
    rate = lr if callable(lr) else lambda step: lr
    reference = reference_optimizer(optimizer.__name__, network.parameters(), rate(0), dict(hyper))
    x, y = torch.tensor(data.x_train), torch.tensor(data.y_train)
    generator, step, diverged_at = torch.Generator().manual_seed(seed), 0, None
    for _ in range(epochs):
        for rows in torch.randperm(len(x), generator=generator).split(batch_size):
            for group in reference.param_groups:
                group["lr"] = rate(step)
            reference.zero_grad()
            loss = plain_loss(network, data, x[rows], y[rows])
            loss.backward()
            reference.step()
            if diverged_at is None and not loss.isfinite():
                diverged_at = step
            step += 1
    return network, diverged_at


def vector(network):
    return nn.utils.parameters_to_vector(network.parameters()).detach()


def furthest(run, network):
    return float((run.weights - vector(network)).abs().max())


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_run_of_a_sweep_equals_the_plain_loop_on_the_network_of_the_course(name):
    """All but two of six, at least: where a sum falls within rounding of the corner of a ReLU, the two may part."""
    optimizer = OPTIMIZERS[name]
    runs = sweep(NETWORK, BLOBS, optimizer, lr=RATES[name], seeds=[0, 1, 2], epochs=20, progress=False)
    apart = [furthest(runs.run(i, seed), plain_run(NETWORK, BLOBS, optimizer, lr, 20, seed=seed)[0])
             for i, lr in enumerate(RATES[name]) for seed in runs.seeds]
    assert sorted(apart)[3] < WEIGHTS


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("model", [mlp(2, 20, 3, activation="tanh"), own(2, 3)], ids=["layers", "own-module"])
def test_every_run_of_a_sweep_equals_the_plain_loop_on_classes(name, model):
    optimizer = OPTIMIZERS[name]
    runs = sweep(model, BLOBS, optimizer, lr=RATES[name], seeds=[0, 3], epochs=20, progress=False)
    for (i, lr), seed in zip(enumerate(RATES[name]), runs.seeds, strict=True):
        assert furthest(runs.run(i, seed), plain_run(model, BLOBS, optimizer, lr, 20, seed=seed)[0]) < WEIGHTS


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("model", [mlp(10, 8, 1, activation="tanh"), own(10, 1)], ids=["mlp", "own-module"])
def test_every_run_of_a_sweep_equals_the_plain_loop_on_values(name, model):
    optimizer = OPTIMIZERS[name]
    runs = sweep(model, DIABETES, optimizer, lr=RATES[name], seeds=[1, 2], epochs=20, progress=False)
    for (i, lr), seed in zip(enumerate(RATES[name]), runs.seeds, strict=True):
        assert furthest(runs.run(i, seed), plain_run(model, DIABETES, optimizer, lr, 20, seed=seed)[0]) < WEIGHTS


SMOOTH = mlp(2, 8, 3, activation="tanh")


SCHEDULES = {"cosine": cosine(0.1, 320), "steps": step_decay(0.1, 100), "cycle": one_cycle(0.1, 320),
             "own, of NumPy numbers": lambda step: np.float64(0.1) / (1 + step)}


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
def test_a_schedule_sets_the_rate_of_every_step(schedule):
    run = train(SMOOTH, BLOBS, sgd, schedule, epochs=20)
    assert furthest(run, plain_run(SMOOTH, BLOBS, sgd, schedule, 20)[0]) < WEIGHTS


def test_listed_hyperparameters_batch_sizes_rates_and_schedules_mix_in_one_sweep():
    grid = {"lr": [0.03, cosine(0.03, 300)], "beta": [0.0, 0.5, 0.9], "batch_size": [32, 100]}
    runs = sweep(SMOOTH, BLOBS, momentum, **grid, seeds=[4], epochs=20, progress=False)
    assert len(runs.settings) == 12
    for i, s in enumerate(runs.settings):
        network, _ = plain_run(SMOOTH, BLOBS, momentum, s["lr"], 20, s["batch_size"], seed=4, beta=s["beta"])
        assert furthest(runs.run(i, 4), network) < WEIGHTS


def test_unusual_settings_of_adam_reach_it():
    hyper = {"beta1": 0.5, "beta2": 0.9, "eps": 1e-2}
    run = train(SMOOTH, BLOBS, adam, 0.01, epochs=20, **hyper)
    assert furthest(run, plain_run(SMOOTH, BLOBS, adam, 0.01, 20, **hyper)[0]) < WEIGHTS
    assert furthest(run, plain_run(SMOOTH, BLOBS, adam, 0.01, 20)[0]) > 100 * WEIGHTS


def test_images_and_modules_of_convolutions_train_too():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 1, 5, 5)), np.arange(60) % 3
    data = Dataset("pictures", x, y, x[:9], y[:9], x[:9], y[:9])
    make = lambda: nn.Sequential(nn.Conv2d(1, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(36, 3))
    run = train(make, data, adam, 0.01, epochs=20, batch_size=16)
    assert furthest(run, plain_run(make, data, adam, 0.01, 20, 16)[0]) < WEIGHTS


def first(data, n):
    """The same data with n examples in each part."""
    return Dataset(data.name, *(getattr(data, f"{axis}_{part}")[:n] for part in ("train", "val", "test")
                                for axis in ("x", "y")), feature_names=data.feature_names)


ARCHITECTURES = {"cnn": (cnn(8, 10), load_digits()), "rnn": (rnn(1), load_sunspots(9)),
                 "transformer": (transformer(38, 8), load_sonnets(8)),
                 "autoencoder": (mlp(64, 8, 64, activation="tanh"), reconstruction(load_digits()))}


@pytest.mark.parametrize("optimizer, rate", [(sgd, 0.1), (momentum, 0.01), (adam, 0.003)])
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_architecture_of_the_robustness_study_is_trained_as_by_the_plain_loop(name, optimizer, rate):
    model, data = ARCHITECTURES[name][0], first(ARCHITECTURES[name][1], 60)
    runs = sweep(model, data, optimizer, lr=[rate, rate / 10], seeds=[0, 3], epochs=4, batch_size=16, progress=False)
    for i, lr in enumerate([rate, rate / 10]):
        for seed in runs.seeds:
            network, _ = plain_run(model, data, optimizer, lr, 4, 16, seed)
            assert furthest(runs.run(i, seed), network) < WEIGHTS
            x, y = torch.tensor(data.x_val), torch.tensor(data.y_val)
            loss = float(plain_loss(network, data, x, y).detach())
            assert runs.run(i, seed).history["val_loss"][-1] == pytest.approx(loss, rel=1e-3)


def test_layers_work_on_rows_of_rows_as_in_torch():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 7, 2)), rng.integers(0, 3, (40, 7))
    data = Dataset("sequences", x, y, x, y, x, y)
    run = train(SMOOTH, data, sgd, 0.1, epochs=2)
    outputs = run.module()(torch.tensor(data.x_train)).detach()
    assert run.history["train_loss"][-1] == pytest.approx(float(F.cross_entropy(outputs.flatten(0, 1),
                                                                                torch.tensor(y).flatten())), abs=1e-5)


@pytest.mark.parametrize("model, data", [(SMOOTH, BLOBS), (own(2, 3), BLOBS), (linear(10, 1), DIABETES)],
                         ids=["layers", "own-module", "values"])
def test_scores_are_those_of_the_returned_network(model, data):
    run = train(model, data, sgd, 0.01, epochs=3, seed=5)
    network = run.module()
    for part in ("train", "val", "test"):
        x, y = torch.tensor(getattr(data, f"x_{part}")), torch.tensor(getattr(data, f"y_{part}"))
        with torch.no_grad():
            loss = float(plain_loss(network, data, x, y))
        assert run.history[f"{part}_loss"][-1] == pytest.approx(loss, rel=1e-4)
        answers = run.predict(x.numpy())
        if data.task == "classification":
            assert run.history[f"{part}_accuracy"][-1] == pytest.approx(np.mean(answers == y.numpy()), abs=1e-6)
        else:
            assert np.mean((answers - y.numpy()) ** 2) == pytest.approx(loss, rel=1e-4)


def test_gauges_are_the_gradient_and_the_step_of_the_last_batch():
    run = train(SMOOTH, BLOBS, sgd, 0.1, epochs=1, seed=2)
    torch.manual_seed(2)
    network = SMOOTH()
    order = torch.randperm(500, generator=torch.Generator().manual_seed(2))
    for rows in order.split(32):
        loss = plain_loss(network, BLOBS, torch.tensor(BLOBS.x_train)[rows], torch.tensor(BLOBS.y_train)[rows])
        gradient = torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(network.parameters()))])
        before = vector(network)
        nn.utils.vector_to_parameters(before - 0.1 * gradient, network.parameters())
    assert run.history["gradient_norm"][0] == pytest.approx(float(gradient.norm()), rel=1e-3)
    assert run.history["update_ratio"][0] == pytest.approx(float(0.1 * gradient.norm() / before.norm()), rel=1e-3)


def test_a_run_is_a_sweep_of_one_and_starts_over_at_every_call():
    first, second = (train(SMOOTH, BLOBS, momentum, 0.01, epochs=2, seed=7) for _ in range(2))
    runs = sweep(SMOOTH, BLOBS, momentum, 0.01, seeds=[7], epochs=2, progress=False)
    assert torch.equal(first.weights, second.weights) and torch.equal(first.weights, runs.run(0, 7).weights)
    assert first.epochs == 2 and {h.shape for h in first.history.values()} == {(2,)}


def test_the_module_of_a_run_is_a_copy_that_can_be_trained_on():
    run = train(SMOOTH, BLOBS, sgd, 0.1, epochs=1)
    network, kept = run.module(), run.weights.clone()
    assert isinstance(network, nn.Module) and torch.equal(vector(network), kept)
    with torch.no_grad():
        network[0].weight.add_(1.0)
    assert torch.equal(run.weights, kept) and torch.equal(vector(run.module()), kept)


@pytest.mark.parametrize("model", [SMOOTH, own(2, 3)], ids=["layers", "own-module"])
def test_the_random_state_and_the_threads_of_torch_are_left_as_found(model):
    threads = torch.get_num_threads()
    torch.manual_seed(123)
    before = torch.get_rng_state()
    try:
        torch.set_num_threads(2)
        train(model, BLOBS, sgd, 0.1, epochs=1).module()
        assert torch.get_num_threads() == 2
        with pytest.raises(ValueError):
            train(model, BLOBS, sgd, -0.1, epochs=1)
        with pytest.raises(ZeroDivisionError):
            train(model, BLOBS, sgd, lambda step: 1 / (3 - step), epochs=1)
        assert torch.get_num_threads() == 2 and torch.equal(torch.get_rng_state(), before)
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize("lr", [0.5, 1.0, 2.0, 5.0, 20.0, 1e2, 1e3, 1e4, 1e6, 1e12, 1e30])
def test_divergence_is_recorded_at_the_step_where_the_plain_loop_sees_it(lr):
    model = linear(10, 1)
    run = train(model, DIABETES, sgd, lr, epochs=8, batch_size=121)  # two steps an epoch: many end with one
    _, expected = plain_run(model, DIABETES, sgd, lr, 9, 121)
    assert run.diverged_at == (expected if expected is not None and expected <= 16 else None)
    assert run.diverged == (run.diverged_at is not None)
    assert (f"diverged at step {expected}" in run.summary()) == run.diverged


def test_summary_is_one_line_with_the_scores():
    text = train(SMOOTH, BLOBS, sgd, cosine(0.1, 32), epochs=2).summary()
    assert "\n" not in text and text.startswith("rate cosine(0.1, 32, 0): training loss") and "validation" in text
    assert "validation" not in train(linear(10, 1), DIABETES, sgd, 0.01, epochs=1).summary()
