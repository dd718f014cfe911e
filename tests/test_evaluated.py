"""Networks are judged by the weights that their optimizer keeps for that, in either way of training."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from course_utils.data import load_sonnets, make_blobs
from course_utils.models import mlp, transformer
from course_utils.optimizers import (
    adamw,
    averaged,
    by_shape,
    evaluated,
    lion,
    momentum,
    muon,
    prodigy,
    schedule_free,
)
from course_utils.schedules import cosine
from course_utils.sweep import sweep
from course_utils.training import fresh_network, train

BLOBS, NETWORK = make_blobs(), mlp(2, 8, 3)
SHAPES = [tuple(p.shape) for p in NETWORK().parameters()]
MATRICES = by_shape(SHAPES)


def with_batch_statistics():
    return nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3))


def loss_of(run, part="val"):
    with torch.no_grad():
        x, y = (torch.tensor(getattr(BLOBS, f"{axis}_{part}")) for axis in "xy")
        return float(nn.functional.cross_entropy(run.module()(x), y))


JUDGED = {"average": averaged(momentum, power=2), "schedule-free": schedule_free,
          "matrices": by_shape(SHAPES, others=schedule_free)}


@pytest.mark.parametrize("name", JUDGED)
def test_scores_and_weights_of_a_stack_are_those_to_judge_by(name):
    runs = sweep(NETWORK, BLOBS, JUDGED[name], lr=[0.01, 0.05], seeds=range(3), epochs=3, progress=False)
    assert runs.ways == ["as one stack"] * 2
    for i in (0, 1):
        for k in range(3):
            run = runs.run(i, k)
            for part in ("train", "val", "test"):
                assert run.history[f"{part}_loss"][-1] == pytest.approx(loss_of(run, part), rel=1e-4)


def test_one_by_one_they_are_too_and_the_next_step_starts_from_the_weights_that_were_stepped():
    seen = []

    def watched(w, g, state, lr):
        seen.append(w.clone())
        w, state = averaged(momentum, 0.5)(w, g, state, lr)
        seen.append(w.clone())
        return w, state

    run = train(with_batch_statistics, BLOBS, averaged(momentum, 0.5), 0.05, epochs=4)
    assert run.history["val_loss"][-1] == pytest.approx(loss_of(run), rel=1e-4)
    plain = train(with_batch_statistics, BLOBS, momentum, 0.05, epochs=4)
    assert not torch.allclose(run.weights, plain.weights, atol=1e-4)
    again = train(with_batch_statistics, BLOBS, watched, 0.05, epochs=4)
    assert torch.equal(again.weights, run.weights)
    starts, ends = seen[2:-1:2][-60:], seen[1:-2:2][-60:]  # of four epochs of sixteen steps, across their borders
    assert len(starts) == 60 and all(map(torch.equal, starts, ends))
    assert torch.allclose(seen[-1], plain.weights, atol=1e-5)


def test_the_same_average_is_kept_in_either_way():
    def alone(w, g, state, lr):
        if w.ndim > 1:
            raise ValueError("one at a time")
        return averaged(momentum, 0.9)(w, g, state, lr)

    stacked = sweep(NETWORK, BLOBS, averaged(momentum, 0.9), lr=[0.05], seeds=[0, 3], epochs=3, progress=False)
    plain = sweep(NETWORK, BLOBS, alone, lr=[0.05], seeds=[0, 3], epochs=3, progress=False)
    assert stacked.ways != plain.ways
    for k in (0, 3):
        assert torch.allclose(stacked.run(0, k).weights, plain.run(0, k).weights, atol=1e-5)


# Matrices

@pytest.mark.parametrize("optimizer", [MATRICES, by_shape(SHAPES, others=prodigy), prodigy, schedule_free],
                         ids=["muon", "with prodigy", "prodigy", "schedule-free"])
def test_methods_that_look_at_all_weights_of_a_network_step_a_stack_where_each_row_goes_as_it_goes_alone(optimizer):
    runs = sweep(NETWORK, BLOBS, optimizer, lr=[0.05, 0.01], seeds=[0, 3], epochs=2, progress=False)
    assert runs.ways == ["as one stack"] * 2
    for i, lr in enumerate((0.05, 0.01)):
        alone = train(NETWORK, BLOBS, optimizer, lr, epochs=2, seed=3)
        assert torch.allclose(alone.weights, runs.run(i, 3).weights, atol=1e-4)


def test_a_network_of_many_matrices_is_trained_as_torch_trains_it_with_muon_and_adamw(monkeypatch):
    """Torch's Muon without its rounding to bfloat16, in one step."""
    monkeypatch.setattr(torch.Tensor, "bfloat16", torch.Tensor.clone)
    data, model = load_sonnets(8), transformer(38, 8)
    data = replace(data, x_train=data.x_train[:16], y_train=data.y_train[:16])
    shapes = [tuple(p.shape) for p in model().parameters()]
    ours = train(model, data, by_shape(shapes), 0.1, epochs=1, batch_size=16, ratio=0.1).weights
    module, x, y = fresh_network(model), torch.tensor(data.x_train), torch.tensor(data.y_train)
    matrices = [p for p in module.parameters() if p.ndim == 2]
    rest = [p for p in module.parameters() if p.ndim < 2]
    nn.functional.cross_entropy(module(x).flatten(0, 1), y.flatten()).backward()
    torch.optim.Muon(matrices, lr=0.1).step()
    torch.optim.AdamW(rest, lr=0.01, weight_decay=0.01).step()
    theirs = nn.utils.parameters_to_vector(module.parameters()).detach()
    start = nn.utils.parameters_to_vector(fresh_network(model).parameters()).detach()
    assert (ours - theirs).norm() < 1e-3 * (theirs - start).norm()


def test_muon_without_the_shapes_is_refused_since_it_would_take_a_stack_for_a_matrix():
    with pytest.raises(ValueError, match=r"muon failed on weights .* must be a matrix .* by_shape\(shapes\)"):
        train(NETWORK, BLOBS, muon, 0.1, epochs=1)


def test_shapes_of_another_network_are_refused():
    with pytest.raises(ValueError, match=r"shapes must add up to the 51 weights of a network, got 7"):
        train(NETWORK, BLOBS, by_shape([(7,)]), 0.1, epochs=1)


# What the comparison asks

def test_weights_to_judge_by_that_mix_networks_send_them_one_by_one(capsys):
    def mixes(w, g, state, lr):
        w = w - lr * g
        return w, {"evaluated": w * 0 + w.mean()}

    runs = sweep(NETWORK, BLOBS, mixes, lr=[0.01], seeds=[0, 1], epochs=1, progress=False)
    assert "mixes networks" in runs.ways[0] and "network by network" in capsys.readouterr().out
    for k in (0, 1):
        assert torch.equal(runs.run(0, k).weights, train(NETWORK, BLOBS, mixes, 0.01, epochs=1, seed=k).weights)


@pytest.mark.parametrize("kept", [3, None, torch.zeros(2), "x"])
def test_what_is_no_weights_to_judge_by_is_refused(kept):
    def odd(w, g, state, lr):
        return w - lr * g, {"evaluated": kept}

    with pytest.raises(TypeError, match=r"odd keeps in state\[\"evaluated\"\] what is not weights to judge by, .*51"):
        train(NETWORK, BLOBS, odd, 0.01, epochs=1)


def test_of_another_precision_they_are_refused_too():
    def odd(w, g, state, lr):
        return w - lr * g, {"evaluated": w.double()}

    with pytest.raises(TypeError, match="float64"):
        train(NETWORK, BLOBS, odd, 0.01, epochs=1)


def test_a_run_whose_stepped_weights_blow_up_has_diverged():
    run = train(NETWORK, BLOBS, averaged(momentum, 0.9), 1e30, epochs=2)
    assert run.diverged


def test_fixed_settings_and_hyperparameters_reach_what_is_averaged():
    fixed = train(NETWORK, BLOBS, averaged(partial(adamw, beta1=0.5), 0.9), 0.01, epochs=2)
    listed = train(NETWORK, BLOBS, averaged(adamw, 0.9), 0.01, epochs=2, beta1=0.5)
    assert torch.equal(fixed.weights, listed.weights)
    assert not torch.equal(fixed.weights, train(NETWORK, BLOBS, averaged(adamw, 0.9), 0.01, epochs=2).weights)


def test_the_weights_to_judge_by_are_not_those_that_are_stepped():
    w, state = averaged(momentum, 0.9)(torch.ones(3), torch.ones(3), {}, 0.1)
    w, state = averaged(momentum, 0.9)(w, torch.ones(3), state, 0.1)
    assert not torch.equal(w, evaluated(w, state))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
@pytest.mark.parametrize("optimizer", [MATRICES, by_shape(SHAPES, others=schedule_free), averaged(adamw, power=2), lion,
                                       schedule_free, prodigy],
                         ids=["muon", "with schedule-free", "average", "lion", "schedule-free", "prodigy"])
def test_a_gpu_trains_the_same_networks_with_the_newer_optimizers(optimizer):
    grid = {"lr": [0.003, cosine(0.003, 80)], "seeds": [0, 1], "epochs": 5, "progress": False}
    here = sweep(NETWORK, BLOBS, optimizer, **grid)
    there = sweep(NETWORK, BLOBS, optimizer, **grid, device="cuda")
    for name in ("train_loss", "val_loss", "test_loss"):
        assert np.allclose(here.history[name], there.history[name], rtol=0.01, atol=0.01), name
    assert there.run(0, 1).weights.device.type == "cpu"
