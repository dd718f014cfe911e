"""Fresh networks under a seed, and what a network consists of."""

import random

import numpy as np
import pytest
import torch

from course_utils.engine.networks import (
    buffers_of,
    fresh_network,
    initial_weights,
    put_back,
    random_state,
    seeded,
    set_random_state,
    torch_seed,
    weights_of,
)


@pytest.mark.parametrize("seed", [0, 1, 70, 2**32 + 5])
def test_all_three_generators_draw_under_the_seed(seed):
    with seeded(seed):
        drawn = torch.rand(()).item(), np.random.rand(), random.random()  # noqa: NPY002
    numpys = np.random.RandomState(seed % 2**32).rand()
    torchs = torch.rand((), generator=torch.Generator().manual_seed(seed)).item()
    assert drawn == (torchs, numpys, random.Random(seed).random())


def test_without_a_seed_a_network_is_that_of_seed_0():
    model = lambda: torch.nn.Linear(2, 2)
    assert torch.equal(weights_of(fresh_network(model)), initial_weights(model, 0))


@pytest.fixture(params=[True, False], ids=["GPU in use", "no GPU in use"])
def gpus(request, monkeypatch):
    """What is said to the GPUs, whose states are "a" and "b"."""
    said = []
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: request.param)
    monkeypatch.setattr(torch.cuda, "get_rng_state_all", lambda: ["a", "b"])
    for name in ("manual_seed_all", "set_rng_state_all"):
        monkeypatch.setattr(torch.cuda, name, lambda value, name=name: said.append((name, value)))
    return said, request.param


def test_gpus_that_are_in_use_draw_under_the_seed_too_and_go_on_as_before(gpus):
    said, in_use = gpus
    with seeded(3):
        assert said == [("manual_seed_all", 3)] * in_use
    assert said == [("manual_seed_all", 3), ("set_rng_state_all", ["a", "b"])] * in_use


def test_random_states_are_those_of_the_gpus_that_are_in_use(gpus):
    said, in_use = gpus
    state = random_state()
    assert state[-1] == ["a", "b"] * in_use
    before = torch.rand(()).item(), np.random.rand(), random.random()  # noqa: NPY002
    set_random_state(state)
    assert said == [("set_rng_state_all", ["a", "b"])] * in_use
    assert before == (torch.rand(()).item(), np.random.rand(), random.random())  # noqa: NPY002
    set_random_state(state)
    torch_seed(1)
    assert said[-1:] == [("manual_seed_all", 1)] * in_use


def test_buffers_that_are_put_back_are_copies():
    norm = torch.nn.BatchNorm1d(2)
    kept = buffers_of(norm)
    put_back(norm, weights_of(norm), kept)
    norm.running_mean += 1
    norm(torch.ones(3, 2))
    assert kept["running_mean"].tolist() == [0, 0] and kept["num_batches_tracked"] == 0
