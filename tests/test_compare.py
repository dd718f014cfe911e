"""What is trained as one stack gives what each network gives alone; optimizers, rates and folders that would not."""

import time

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from course_utils.data import load_digits, load_sonnets, load_sunspots, make_blobs, reconstruction
from course_utils.engine.execution import checked, grid, ways_of
from course_utils.engine.sameness import first_rows, same
from course_utils.models import cnn, linear, mlp, rnn, transformer
from course_utils.optimizers import OPTIMIZERS, adam, sgd
from course_utils.sweep import range_test, sweep
from course_utils.training import train

BLOBS, NETWORK = make_blobs(), mlp(2, 8, 3)


def quiet(optimizer, lr=(0.1, 0.01), seeds=(0, 3), epochs=2, model=NETWORK, **options):
    return sweep(model, BLOBS, optimizer, lr=list(lr) if isinstance(lr, tuple) else lr, seeds=list(seeds),
                 epochs=epochs, progress=False, **options)


# Optimizers that would mix the networks of a stack

def clipped(w, g, state, lr, max_norm=0.5):
    return w - lr * g * min(1.0, max_norm / float(g.norm())), state


def clipped_when_huge(w, g, state, lr):
    return w - lr * g * torch.clamp(1e4 / g.norm(), max=1.0), state


def normalized(w, g, state, lr):
    return w - lr * g / (g.norm() + 1e-12), state


def trust_ratio(w, g, state, lr):
    return w - lr * g * w.norm() / (g.norm() + 1e-12), state


def centred(w, g, state, lr):
    return w - lr * (g - g.mean()), state


def largest(w, g, state, lr):
    return w - lr * g / g.abs().max().clamp_min(1e-12), state


def norm_of_the_state(w, g, state, lr):
    s = 0.9 * state.get("s", 0.0) + 0.1 * (g * g).mean()
    return w - lr * g / (s**0.5 + 1e-8), {"s": s}


def sorts(w, g, state, lr):
    kept = g.abs() >= g.abs().flatten().sort().values[-5]
    return w - lr * g * kept, state


def by_item(w, g, state, lr):
    return w - lr * g * (2.0 if g[0].item() > 0 else 1.0), state


def noisy(w, g, state, lr):
    return w - lr * (g + 0.01 * torch.randn_like(g)), state


def counting(w, g, state, lr):
    t = state.get("t", 0) + 1
    return w - lr * g / t**0.5, {"t": t}


def by_row(w, g, state, lr):
    """Clips each network by its own norm, which works for rows, too."""
    return w - lr * g * torch.clamp(0.5 / g.norm(dim=-1, keepdim=True), max=1.0), state


MIXING = [clipped, clipped_when_huge, normalized, trust_ratio, centred, largest, norm_of_the_state, sorts, by_item,
          noisy]


@pytest.mark.parametrize("optimizer", MIXING, ids=lambda f: f.__name__)
def test_an_optimizer_that_would_mix_networks_steps_them_one_by_one(optimizer, capsys):
    runs = quiet(optimizer)
    assert "network by network" in runs.ways[0] and optimizer.__name__ in capsys.readouterr().out
    for i, lr in enumerate((0.1, 0.01)):
        for seed in (0, 3):
            alone = train(NETWORK, BLOBS, optimizer, lr, epochs=2, seed=seed)
            assert torch.equal(alone.weights, runs.run(i, seed).weights)


def test_a_norm_is_that_of_all_weights_of_one_network():
    run = train(NETWORK, BLOBS, clipped, 0.1, epochs=1, max_norm=0.1)
    torch.manual_seed(0)
    network, order = NETWORK(), torch.Generator().manual_seed(0)
    x, y = torch.tensor(BLOBS.x_train), torch.tensor(BLOBS.y_train)
    stepper = torch.optim.SGD(network.parameters(), 0.1)
    for rows in torch.randperm(500, generator=order).split(32):
        stepper.zero_grad()
        nn.functional.cross_entropy(network(x[rows]), y[rows]).backward()
        nn.utils.clip_grad_norm_(network.parameters(), 0.1)
        stepper.step()
    assert torch.allclose(run.weights, nn.utils.parameters_to_vector(network.parameters()).detach(), atol=1e-5)


@pytest.mark.parametrize("optimizer", [*OPTIMIZERS.values(), counting, by_row], ids=lambda f: f.__name__)
def test_an_optimizer_of_arithmetic_steps_all_networks_at_once(optimizer):
    runs = quiet(optimizer)
    assert runs.ways == ["as one stack"] * 2
    alone = train(NETWORK, BLOBS, optimizer, 0.01, epochs=2, seed=3)
    assert torch.allclose(alone.weights, runs.run(1, 3).weights, atol=1e-5)


def test_a_listed_hyperparameter_that_cannot_be_a_column_goes_network_by_network():
    def decides(w, g, state, lr, beta=0.9):
        v = beta * state.get("v", 0.0) + g if beta else g
        return w - lr * v, {"v": v}

    assert quiet(decides, beta=0.5).ways[0] == "as one stack"
    runs = quiet(decides, beta=[0.0, 0.5])
    assert "network by network" in runs.ways[0]
    assert torch.allclose(runs.run(1, 0).weights, quiet(decides, beta=0.5).run(0, 0).weights, atol=1e-5)


NOTED = []


def test_who_watches_an_optimizer_sees_the_steps_of_training_and_no_others():
    seen, count = [], 0

    def watched(w, g, state, lr):
        nonlocal count
        count += 1
        seen.append(float(lr.max()))
        NOTED.append(1)
        return w - lr * g, state

    NOTED.clear()
    run = train(NETWORK, BLOBS, watched, 0.1, epochs=2)
    assert len(seen) == count == len(NOTED) == 32 and run.history["train_loss"][1] < run.history["train_loss"][0]


# Optimizers that write in place

def in_place(w, g, state, lr):
    w -= lr * g
    return w, state


def gradient_in_place(w, g, state, lr):
    g *= lr
    return w - g, state


def keeps_the_gradient(w, g, state, lr):
    if "v" in state:
        state["v"] *= 0.9
        state["v"] += g
    else:
        state["v"] = g
    return w - lr * state["v"], state


@pytest.mark.parametrize("optimizer, pure", [(in_place, sgd), (gradient_in_place, sgd),
                                             (keeps_the_gradient, OPTIMIZERS["momentum"])], ids=lambda f: f.__name__)
@pytest.mark.parametrize("model", [NETWORK, lambda: nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.2), nn.Linear(8, 3))],
                         ids=["stack", "alone"])
def test_an_optimizer_that_writes_in_place_is_right(optimizer, pure, model):
    ours, theirs = quiet(optimizer, model=model), quiet(pure, model=model)
    for name in theirs.history:
        assert np.allclose(ours.history[name], theirs.history[name], rtol=1e-4, atol=1e-6), name
    assert (ours.history["update_ratio"] > 0).all()


# The forms in which people give rates

RATES = {"tuple": (0.1, 0.01), "array": np.array([0.1, 0.01]), "tensor": torch.tensor([0.1, 0.01], dtype=torch.float64),
         "Series": pd.Series([0.1, 0.01]), "generator": None, "index": pd.Index([0.1, 0.01]),
         "numbers of NumPy": [np.float64(0.1), np.float32(0.01)], "numbers of torch": [torch.tensor(0.1), 0.01]}


@pytest.mark.parametrize("form", RATES)
def test_rates_may_come_in_any_form_that_holds_them_in_order(form):
    lr = (10.0**-k for k in (1, 2)) if form == "generator" else RATES[form]
    runs = sweep(NETWORK, BLOBS, sgd, lr=lr, seeds=range(1), epochs=1, progress=False)
    assert np.allclose(runs.values("lr"), [0.1, 0.01]) and all(type(v) is float for v in runs.values("lr"))
    runs = sweep(NETWORK, BLOBS, sgd, lr=torch.tensor(0.1), seeds=np.arange(2), epochs=1, progress=False)
    assert runs.seeds == [0, 1]


ONE_VALUE = {"a list of rates": ({"lr": [0.1, 1.0]}, "train takes one value of lr, got 2: sweep takes lists"),
             "a list of batch sizes": ({"batch_size": [16, 32]}, "train takes one value of batch_size, got 2"),
             "a list of models": ({"model": [NETWORK, linear(2, 3)]}, "train takes one value of model, got 2"),
             "a list of seeds": ({"seed": [0, 1]}, r"seed must be one whole number, got \[0, 1\]"),
             "half a seed": ({"seed": 0.5}, "seed must be one whole number, got 0.5"),
             "epochs as a list": ({"epochs": [3]}, "epochs must be a whole number")}


@pytest.mark.parametrize("what", ONE_VALUE)
def test_train_takes_one_value_of_each(what):
    changes, says = ONE_VALUE[what]
    with pytest.raises(ValueError, match=says):
        train(**{"model": NETWORK, "data": BLOBS, "optimizer": sgd, "lr": 0.1, "epochs": 1, **changes})


def test_one_seed_has_no_spread():
    assert "±" not in quiet(sgd, seeds=(0,)).summary() and "one seed" in quiet(sgd, seeds=(0,)).summary()
    assert "±" in quiet(sgd).summary()


def test_an_executor_of_a_client_is_asked_for():
    class Client:
        def get_executor(self):
            from concurrent.futures import ThreadPoolExecutor

            return ThreadPoolExecutor(1)

    assert np.array_equal(quiet(sgd, executor=Client()).history["val_loss"], quiet(sgd).history["val_loss"])


# What the comparison costs

COURSE = {"mlp": (NETWORK, BLOBS), "cnn": (cnn(8, 10), load_digits()), "rnn": (rnn(1), load_sunspots(9)),
          "transformer": (transformer(38, 8), load_sonnets(8)), "linear": (linear(2, 3), BLOBS),
          "autoencoder": (mlp(64, 8, 64, activation="tanh"), reconstruction(load_digits()))}


@pytest.mark.parametrize("name", COURSE)
def test_every_network_of_the_course_is_trained_as_one_stack(name):
    model, data = COURSE[name]
    for optimizer in OPTIMIZERS.values():
        assert ways_of(data, checked(data, grid(model, optimizer, [0.01], 32, {})))[0].stack
    began = time.perf_counter()
    ways_of(data, checked(data, grid(model, adam, [0.01, 0.1], 32, {})))
    assert time.perf_counter() - began < 2  # s; benchmarks/compare.py measures it


def test_a_range_test_says_so_too(capsys):
    range_test(NETWORK, BLOBS, clipped, n_steps=5, seeds=[0])
    assert "network by network" in capsys.readouterr().out


def test_the_first_rows_are_taken_wherever_tensors_stand():
    x = torch.arange(12.0).reshape(4, 3)
    kept = first_rows({"a": x, "b": (x[:, 0], [x]), "c": torch.tensor(7.0), "d": None}, 2)
    assert same(kept, {"a": x[:2], "b": (x[:2, 0], [x[:2]]), "c": torch.tensor(7.0), "d": None})
    assert same(first_rows([x], 1), [x[:1]]) and same(first_rows(x, 3), x[:3]) and first_rows("text", 2) == "text"
