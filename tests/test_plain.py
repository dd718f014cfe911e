"""Network by network, any module is trained as by the loop that a reader would write, and loses nothing."""

import math
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from bring_your_own import ALONE, BLOBS, DIGITS, IMAGES, MODELS, SUNSPOTS, TOGETHER
from pools import ENDS_BROKEN_POOLS, dies_once, interrupted, same_bits
from torch import nn

import course_utils.engine.chunks
import course_utils.engine.plain
from course_utils.models import mlp
from course_utils.optimizers import adam, adamw, momentum, sgd
from course_utils.schedules import cosine, warmup
from course_utils.sweep import range_test, sweep
from course_utils.training import train

quiet = partial(sweep, progress=False)


def conv_net():
    return nn.Sequential(nn.Conv2d(1, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.Dropout(0.2), nn.Flatten(),
                         nn.Linear(216, 10))


class LSTM(nn.Module):
    def __init__(self):
        super().__init__()
        self.memory, self.out = nn.LSTM(1, 8, batch_first=True), nn.Linear(8, 1)

    def forward(self, x):
        return self.out(self.memory(x[..., None])[0][:, -1])


class TiedFrozen(nn.Module):
    """An autoencoder's tied weights below a classifier, behind a frozen layer."""

    def __init__(self):
        super().__init__()
        self.first, self.middle, self.last = nn.Linear(64, 12), nn.Linear(12, 12, bias=False), nn.Linear(12, 10)
        self.again = nn.Linear(12, 12, bias=False)
        self.again.weight = self.middle.weight
        self.first.requires_grad_(False)

    def forward(self, x):
        return self.last(torch.tanh(self.again(torch.tanh(self.middle(torch.tanh(self.first(x)))))))


def loss_of(data, outputs, y):
    if data.task == "classification":
        return F.cross_entropy(outputs.flatten(0, -2), y.flatten())
    return F.mse_loss(outputs.reshape(y.shape), y)


def by_hand(model, data, optimizer, lr, epochs, batch_size, seed, **hyper):
    """The loop that a reader would write, with one of the course's optimizers on each weight, or with one of torch."""
    torch.manual_seed(seed)
    network, order = model(), torch.Generator().manual_seed(seed)
    x, y = torch.tensor(data.x_train), torch.tensor(data.y_train)
    rate = lr if callable(lr) else lambda step: lr
    ours, states, step = not isinstance(optimizer, type), {}, 0
    stepper = None if ours else optimizer(network.parameters(), lr=rate(0) or 1.0, **hyper)
    for _ in range(epochs):
        network.train()
        for rows in torch.randperm(len(x), generator=order).split(batch_size):
            network.zero_grad()
            loss_of(data, network(x[rows]), y[rows]).backward()
            if ours:
                with torch.no_grad():
                    for p in network.parameters():
                        if p.requires_grad:
                            new, states[p] = optimizer(p, p.grad, states.get(p, {}), rate(step), **hyper)
                            p.copy_(new)
            else:
                stepper.param_groups[0]["lr"] = rate(step)
                stepper.step()
            step += 1
    return network.eval()


NETWORKS = {"convolutions": (conv_net, IMAGES), "LSTM": (LSTM, SUNSPOTS), "tied and frozen": (TiedFrozen, DIGITS)}
STEPPERS = {"sgd": (sgd, {}), "momentum": (momentum, {"beta": 0.8}), "adam": (adam, {}),
            "adamw": (adamw, {"weight_decay": 0.1}), "SGD": (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
            "Adam": (torch.optim.Adam, {"betas": (0.8, 0.99), "amsgrad": True}),
            "AdamW": (torch.optim.AdamW, {"weight_decay": 0.1}), "Adagrad": (torch.optim.Adagrad, {})}


@pytest.mark.parametrize("schedule", [None, warmup(cosine(0.01, 15), 4)], ids=["constant", "warmup and cosine"])
@pytest.mark.parametrize("stepper", STEPPERS)
@pytest.mark.parametrize("name", NETWORKS)
def test_it_is_the_loop_that_a_reader_would_write(name, stepper, schedule):
    (model, data), (optimizer, hyper) = NETWORKS[name], STEPPERS[stepper]
    lr = schedule or 0.01
    runs = quiet(model, data, optimizer, lr=[lr, 0.002], seeds=[0, 5], epochs=3, batch_size=16, **hyper)
    for i, rate in enumerate([lr, 0.002]):
        for seed in runs.seeds:
            network, run = by_hand(model, data, optimizer, rate, 3, 16, seed, **hyper), runs.run(i, seed)
            ours = run.module()
            assert not run.diverged and ours.training is False
            for (key, a), b in zip(ours.state_dict().items(), network.state_dict().values(), strict=True):
                assert torch.allclose(a.double(), b.double(), rtol=0, atol=1e-6), key
            for part in ("train", "val", "test"):
                x, y = torch.tensor(getattr(data, f"x_{part}")), torch.tensor(getattr(data, f"y_{part}"))
                with torch.no_grad():
                    loss = float(loss_of(data, network(x), y))
                assert run.history[f"{part}_loss"][-1] == pytest.approx(loss, abs=1e-6 + 1e-5 * loss)


@pytest.mark.parametrize("name", MODELS)
def test_whatever_model_a_reader_brings_its_scores_are_those_of_the_network_that_is_given_back(name, capsys):
    model, data, way = MODELS[name]
    runs = quiet(model, data, adam, lr=[0.01, 0.003], seeds=[0, 3], epochs=2, batch_size=16)
    assert runs.ways[0] == "as one stack" if way is TOGETHER else way is None or "network by network" in runs.ways[0]
    assert ("trained network by network: " in capsys.readouterr().out) == (runs.ways[0] != "as one stack")
    assert not np.allclose(runs.history["train_loss"][0, 0], runs.history["train_loss"][0, 1])  # seeds differ
    for i in range(2):
        for seed in runs.seeds:
            run = runs.run(i, seed)
            network = run.module()
            for part in ("train", "val", "test"):
                x, y = torch.tensor(getattr(data, f"x_{part}")), torch.tensor(getattr(data, f"y_{part}"))
                with torch.no_grad():
                    outputs = network(x)
                assert run.history[f"{part}_loss"][-1] == pytest.approx(float(loss_of(data, outputs, y)), rel=1e-4)
                if data.task == "classification":
                    right = float((outputs.argmax(-1) == y).float().mean())
                    assert run.history[f"{part}_accuracy"][-1] == pytest.approx(right, abs=1e-6)
                    assert np.array_equal(run.predict(x), outputs.argmax(-1))


@pytest.mark.parametrize("name", [name for name, (_, _, way) in MODELS.items() if way is ALONE])
def test_every_network_by_itself_is_the_one_of_the_sweep_and_the_same_again(name):
    model, data, _ = MODELS[name]
    runs = quiet(model, data, momentum, lr=[0.01, 0.003], seeds=[2, 0], epochs=2, batch_size=16)
    alone = train(model, data, momentum, lr=0.003, seed=0, epochs=2, batch_size=16)
    assert torch.equal(alone.weights, runs.run(1, 0).weights)
    assert np.array_equal(alone.history["train_loss"], runs.run(1, 0).history["train_loss"])


def test_torchs_random_state_and_numpys_are_left_as_they_were():
    torch.manual_seed(4)
    np.random.seed(4)  # noqa: NPY002
    before, before_numpy = torch.get_rng_state(), np.random.get_state()[1]  # noqa: NPY002
    quiet(conv_net, IMAGES, torch.optim.Adam, lr=0.01, seeds=[0], epochs=1)
    quiet(MODELS["start from NumPy"][0], BLOBS, adam, lr=0.01, seeds=[0], epochs=1)
    assert torch.equal(before, torch.get_rng_state())
    assert np.array_equal(before_numpy, np.random.get_state()[1])  # noqa: NPY002


# Optimizers of torch, with parameter groups of one's own

def groups(module, lr, weight_decay=0.1):
    """No decay on biases, a tenth of the rate in the first layer."""
    first, *rest = module.children()
    others = [p for m in rest for p in m.parameters()]
    return torch.optim.AdamW([{"params": [first.weight], "lr": lr / 10},
                              {"params": [first.bias], "lr": lr / 10, "weight_decay": 0.0},
                              {"params": [p for p in others if p.ndim < 2], "weight_decay": 0.0},
                              {"params": [p for p in others if p.ndim > 1]}], lr=lr, weight_decay=weight_decay)


@pytest.mark.parametrize("lr", [0.01, warmup(cosine(0.01, 15), 4)], ids=["constant", "schedule"])
def test_groups_of_ones_own_keep_their_shares_of_the_rate(lr):
    model = lambda: nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 3))
    run = train(model, BLOBS, groups, lr, epochs=3, batch_size=16, weight_decay=0.3)
    torch.manual_seed(0)
    network, order, step = model(), torch.Generator().manual_seed(0), 0
    x, y = torch.tensor(BLOBS.x_train), torch.tensor(BLOBS.y_train)
    stepper = groups(network, 0.01, 0.3)
    for _ in range(3):
        for rows in torch.randperm(len(x), generator=order).split(16):
            rate = lr(step) if callable(lr) else lr
            for group, share in zip(stepper.param_groups, (0.1, 0.1, 1, 1), strict=True):
                group["lr"] = share * rate
            stepper.zero_grad()
            F.cross_entropy(network(x[rows]), y[rows]).backward()
            stepper.step()
            step += 1
    assert torch.allclose(run.weights, torch.cat([p.detach().flatten() for p in network.parameters()]), atol=1e-6)


def test_lbfgs_gets_the_closure_that_it_asks_for():
    runs = quiet(mlp(2, 5, 3), BLOBS, torch.optim.LBFGS, lr=[0.5], seeds=[0, 1], epochs=5, batch_size=70)
    assert (runs.history["train_loss"][:, :, -1] < runs.history["train_loss"][:, :, 0]).all()


def test_betas_are_one_value_and_a_list_of_them_is_an_axis():
    runs = quiet(mlp(2, 5, 3), BLOBS, torch.optim.Adam, lr=0.01, betas=(0.9, 0.99), seeds=[0], epochs=1)
    assert len(runs.settings) == 1
    runs = quiet(mlp(2, 5, 3), BLOBS, torch.optim.Adam, lr=0.01, betas=[(0.9, 0.99), (0.5, 0.9)], seeds=[0], epochs=1)
    assert len(runs.settings) == 2 and len(set(runs.names())) == 2


def test_optimizers_of_both_kinds_stand_in_one_sweep():
    runs = quiet(mlp(2, 8, 3, activation="tanh"), BLOBS, [adam, torch.optim.Adam], lr=[0.01, 0.003], seeds=[0, 1],
                 epochs=3, batch_size=16)
    assert torch.allclose(runs.run(0, 1).weights, runs.run(2, 1).weights, atol=1e-5)
    assert runs.ways[0] == "as one stack" and "optimizer of torch" in runs.ways[2]


# Losses of one's own

LOSSES = {"label smoothing": nn.CrossEntropyLoss(label_smoothing=0.1),
          "function": lambda out, y: F.cross_entropy(out, y),
          "weights of classes": nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 5.0]))}


@pytest.mark.parametrize("model", [mlp(2, 8, 3), MODELS["dropout"][0]], ids=["stack", "alone"])
@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_of_ones_own_trains_and_scores(name, model):
    loss = LOSSES[name]
    runs = quiet(model, BLOBS, adam, lr=[0.01], seeds=[0, 1], epochs=4, batch_size=16, loss=loss)
    for seed in (0, 1):
        run = runs.run(0, seed)
        with torch.no_grad():
            outputs, y = run.module()(torch.tensor(BLOBS.x_val)), torch.tensor(BLOBS.y_val)
        assert run.history["val_loss"][-1] == pytest.approx(float(loss(outputs, y)), rel=1e-5)
        assert run.history["val_accuracy"][-1] == pytest.approx(float((outputs.argmax(1) == y).float().mean()))
        assert run.history["train_loss"][-1] < run.history["train_loss"][0]


def test_a_part_is_scored_as_one_batch_where_the_answers_depend_on_the_others(monkeypatch):
    class Centred(nn.Linear):
        def forward(self, x):
            return super().forward(x - x.mean(0))

    monkeypatch.setattr(course_utils.engine.plain, "SCORED", 7)
    for model in (lambda: Centred(2, 3), MODELS["dropout"][0]):
        run = train(model, BLOBS, sgd, 0.1, epochs=2, batch_size=16)
        with torch.no_grad():
            outputs = run.module()(torch.tensor(BLOBS.x_val))
        assert run.history["val_loss"][-1] == pytest.approx(float(loss_of(BLOBS, outputs, torch.tensor(BLOBS.y_val))))


def test_a_loss_may_take_several_outputs():
    class Both(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(2, 3), nn.Linear(2, 2)

        def forward(self, x):
            return {"classes": self.a(x), "again": self.b(x), "x": x}

    loss = lambda out, y: F.cross_entropy(out["classes"], y) + F.mse_loss(out["again"], out["x"])
    runs = quiet(Both, BLOBS, adam, lr=[0.05], seeds=[0], epochs=4, batch_size=16, loss=loss)
    assert runs.metric == "loss" and runs.history["val_loss"][0, 0, -1] < runs.history["val_loss"][0, 0, 0]
    with torch.no_grad():
        outputs = runs.run(0, 0).module()(torch.tensor(BLOBS.x_test))
    expected = float(loss(outputs, torch.tensor(BLOBS.y_test)))
    assert runs.history["test_loss"][0, 0, -1] == pytest.approx(expected, rel=1e-5)


# Divergence, range tests, interrupts, kills

def test_a_network_that_blows_up_is_a_result_and_leaves_the_others_alone():
    runs = quiet(LSTM, SUNSPOTS, torch.optim.SGD, lr=[1e30, 0.01], seeds=[0, 1], epochs=3, batch_size=16)
    assert runs.diverged.tolist() == [[True, True], [False, False]] and (runs.diverged_at[0] <= 2).all()
    assert np.isnan(runs.history["val_loss"][0, :, -1]).all() and np.isfinite(runs.history["val_loss"][1]).all()


def refuses_what_is_not_finite(outputs, y):
    if not outputs.isfinite().all():
        raise ValueError("all elements of the input should be finite")
    return outputs.square().mean()


def test_a_loss_that_takes_no_nan_ends_a_run_that_has_blown_up_and_nothing_else():
    runs = quiet(MODELS["dropout"][0], BLOBS, sgd, lr=[1e30, 0.01], seeds=[0], epochs=3, batch_size=16,
                 loss=refuses_what_is_not_finite)
    assert runs.diverged[:, 0].tolist() == [True, False]
    assert np.isnan(runs.history["train_loss"][0]).any() and np.isfinite(runs.history["train_loss"][1]).all()


def test_a_range_test_takes_any_module_and_optimizer():
    found = range_test(conv_net, IMAGES, torch.optim.SGD, 1e-4, 1.0, n_steps=12, seeds=[0, 1], momentum=0.9)
    assert found.losses.shape == (2, 12) and np.isfinite(found.losses[:, 0]).all()
    network = by_hand(conv_net, IMAGES, torch.optim.SGD, lambda step: float(found.rates[step]), 3, 32, 1, momentum=0.9)
    assert network is not None
    torch.manual_seed(1)
    order, first = torch.Generator().manual_seed(1), conv_net()
    rows = torch.randperm(len(IMAGES.x_train), generator=order)[:32]
    loss = F.cross_entropy(first(torch.tensor(IMAGES.x_train)[rows]), torch.tensor(IMAGES.y_train)[rows])
    assert found.losses[1, 0] == pytest.approx(float(loss), rel=1e-5)


@pytest.fixture
def two_processes(monkeypatch):
    monkeypatch.setattr(course_utils.engine.chunks, "cores", lambda: 2)
    monkeypatch.setattr(course_utils.engine.chunks, "WORTH", 0.0)


GRID = dict(model=conv_net, data=IMAGES, optimizer=torch.optim.AdamW, lr=[0.01, 0.003], seeds=[0, 1, 2], epochs=2,
            batch_size=16, progress=False)


def test_two_processes_give_the_same_bits_as_one(two_processes, monkeypatch):
    away = sweep(**GRID)
    monkeypatch.setattr(course_utils.engine.chunks, "WORTH", math.inf)
    assert same_bits(away, sweep(**GRID))


def test_what_is_sent_instead_of_forked_gives_the_same(two_processes, monkeypatch):
    monkeypatch.setattr(course_utils.engine.processes, "_way_to_start", lambda: "spawn")
    here = train(lambda: conv_net(), IMAGES, torch.optim.AdamW, 0.01, seed=1, epochs=2, batch_size=16)
    runs = quiet(lambda: conv_net(), IMAGES, torch.optim.AdamW, lr=[0.01], seeds=[0, 1], epochs=2, batch_size=16)
    assert torch.equal(here.weights, runs.run(0, 1).weights)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("way", ["own processes", pytest.param("executor", marks=ENDS_BROKEN_POOLS), "resume"])
def test_a_killed_process_costs_nothing_but_time(way, two_processes, tmp_path, capsys):
    rate = partial(dies_once, str(tmp_path / "died"), os.getpid(), 9, 0.01)
    grid = GRID | {"lr": [rate, 0.003]}
    if way == "executor":
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as pool:
            runs = sweep(**grid, executor=pool)
    else:
        runs = sweep(**grid, resume=tmp_path / "kept" if way == "resume" else None)
    assert (tmp_path / "died").exists() and "trained here" in capsys.readouterr().out
    assert same_bits(runs, sweep(**GRID))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
@pytest.mark.parametrize("worth", [0.0, math.inf], ids=["two processes", "one"])
def test_an_interrupt_keeps_the_epochs_that_are_done(worth, two_processes, monkeypatch, capsys):
    monkeypatch.setattr(course_utils.engine.chunks, "WORTH", worth)
    with interrupted(1.5):
        runs = sweep(**GRID | {"epochs": 3000})
    assert 0 < runs.epochs < 3000 and "epochs are done and kept" in capsys.readouterr().out
    whole = sweep(**GRID | {"epochs": 3})
    n = min(3, runs.epochs)
    assert np.array_equal(runs.history["val_loss"][:, :, :n], whole.history["val_loss"][:, :, :n])
    time.sleep(0.5)
    assert not multiprocessing.active_children()


def test_finished_networks_are_kept_one_by_one_with_their_buffers(tmp_path, two_processes, monkeypatch):
    first = sweep(**GRID, resume=tmp_path)
    assert len(list(tmp_path.glob("*.npz"))) == 6
    next(tmp_path.glob("*.npz")).unlink()
    trained, train_all = [], course_utils.engine.chunks.train_all
    monkeypatch.setattr(course_utils.engine.chunks, "train_all", lambda *a: trained.append(a) or train_all(*a))
    again = sweep(**GRID, resume=tmp_path)
    assert len(trained) == 1 and same_bits(first, again)
    for i in range(2):
        a, b = first.run(i, 1).module(), again.run(i, 1).module()
        assert all(torch.equal(x, y) for x, y in zip(a.buffers(), b.buffers(), strict=True))


def test_an_error_in_another_process_reaches_the_caller(two_processes):
    def breaks(step):
        if step > 6:
            raise ZeroDivisionError("a fault of the schedule")
        return 0.01

    with pytest.raises(ZeroDivisionError, match="a fault of the schedule"):
        sweep(**GRID | {"optimizer": adam, "lr": breaks})


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere processes are not forked")
def test_other_processes_are_forked_and_start_none_themselves(monkeypatch):
    processes = course_utils.engine.processes
    assert processes._way_to_start() == "fork" and processes.cores() == len(os.sched_getaffinity(0))
    monkeypatch.setattr(multiprocessing, "parent_process", lambda: "another")
    assert processes.cores() == 1


def test_where_no_process_can_be_started_safely_one_does_it_all(monkeypatch):
    monkeypatch.setattr(course_utils.engine.processes, "_way_to_start", lambda: None)
    assert course_utils.engine.processes.cores() == 1


needs_a_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")


def calm_conv_net():
    """Without dropout, whose draws on a GPU are others, and without a bias before the batch statistics: its gradient
    is rounding alone, of which Adam makes whole steps."""
    return nn.Sequential(nn.Conv2d(1, 6, 3, bias=False), nn.BatchNorm2d(6), nn.ReLU(), nn.Flatten(), nn.Linear(216, 10))


@needs_a_gpu
@pytest.mark.parametrize("model, data", [(calm_conv_net, IMAGES), (LSTM, SUNSPOTS), (TiedFrozen, DIGITS)],
                         ids=lambda value: getattr(value, "__name__", ""))
@pytest.mark.parametrize("optimizer", [torch.optim.AdamW, adam], ids=lambda optimizer: optimizer.__name__)
def test_a_gpu_trains_the_same_networks_one_by_one(model, data, optimizer):
    grid = {"lr": [0.01, cosine(0.01, 30)], "seeds": [0, 1], "epochs": 5, "batch_size": 16}
    here = quiet(model, data, optimizer, **grid)
    with torch.backends.cudnn.flags(allow_tf32=False):  # convolutions in ten bits of mantissa are other numbers
        there = quiet(model, data, optimizer, **grid, device="cuda")
    for name in here.history:
        assert np.allclose(here.history[name], there.history[name], rtol=0.01, atol=0.02), name
    assert there.run(0, 1).weights.device.type == "cpu"
    assert all(b.device.type == "cpu" for b in there.run(0, 1).module().buffers())


@needs_a_gpu
def test_on_a_gpu_dropout_draws_under_each_seed_and_leaves_the_random_states_alone():
    torch.cuda.manual_seed_all(5)
    before = torch.cuda.get_rng_state()
    runs, again, alone = (quiet(conv_net, IMAGES, torch.optim.SGD, lr=0.05, seeds=seeds, epochs=3, device="cuda")
                          for seeds in ([0, 1], [0, 1], [1]))
    assert torch.equal(torch.cuda.get_rng_state(), before)
    losses = runs.history["train_loss"]
    assert np.allclose(losses, again.history["train_loss"], atol=1e-4)
    assert np.allclose(losses[:, 1], alone.history["train_loss"][:, 0], atol=1e-4)
    assert not np.allclose(losses[:, 0], losses[:, 1], atol=1e-4)


@needs_a_gpu
def test_building_a_network_leaves_the_random_state_of_a_gpu_alone():
    torch.cuda.manual_seed_all(7)
    before = torch.cuda.get_rng_state()
    quiet(mlp(2, 4, 3), BLOBS, sgd, lr=0.1, seeds=[0], epochs=1)
    assert torch.equal(torch.cuda.get_rng_state(), before)
