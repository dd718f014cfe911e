"""Fine-tuning in a stack is what each network would do alone; frozen is frozen; an adapter has its rank."""

import numpy as np
import pytest
import torch

from course_utils.data import load_digits
from course_utils.models import mlp
from course_utils.studies.own_network import LAYERS, SHIFTS, SIZES, FineTuned, fine_tune, fresh, mixed, shifted
from course_utils.sweep import GridEdgeError

SEEDS = range(3)
MOVED = "moved by a pixel"


@pytest.fixture(scope="module")
def start():
    return fresh(SEEDS)


@pytest.fixture(scope="module")
def task():
    return shifted(MOVED, seeds=SEEDS)


def by_torch(start, task, k, lr, steps):
    """Network k alone, with `torch.optim.Adam`: all its weights as a vector."""
    network = mlp(*SIZES, activation="tanh")()
    with torch.no_grad():
        for w, s in zip(network.parameters(), start, strict=True):
            w.copy_(s[k])
    optimizer = torch.optim.Adam(network.parameters(), lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(task.x[k]), task.y[k]).backward()
        optimizer.step()
    return [w.detach() for w in network.parameters()]


@pytest.mark.parametrize("place", [0, 1])
def test_a_run_of_the_stack_is_that_network_alone_with_adam_of_torch(start, task, place):
    rates = [0.01, 0.001]
    tuned = fine_tune(start, task, rates, steps=5)
    for k in SEEDS:
        alone = by_torch(start, task, k, rates[place], 5)
        for w, own in zip(tuned.weights, alone, strict=True):
            torch.testing.assert_close(w[place * len(SEEDS) + k], own, rtol=1e-4, atol=1e-5)


def test_no_steps_leave_the_weights_as_they_are(start, task):
    kept = fine_tune(start, task, [0.01], steps=0).weights
    assert all(torch.equal(a, b) for a, b in zip(start, kept, strict=True))


@pytest.mark.parametrize("layer", range(LAYERS))
def test_frozen_layers_do_not_move_and_the_others_do(start, task, layer):
    tuned = fine_tune(start, task, [0.01], steps=2, trained=[layer]).weights
    moved = [not torch.equal(a, b) for a, b in zip(start, tuned, strict=True)]
    assert moved == [i // 2 == layer for i in range(2 * LAYERS)]


def test_the_first_step_of_each_layer_is_as_long_as_its_rate(start, task):
    tuned = fine_tune(start, task, [0.01], steps=1, factor=0.5).weights
    longest = [float((b - a).abs().max()) for a, b in zip(start, tuned, strict=True)][::2]
    assert np.allclose(longest, [0.0025, 0.005, 0.01], rtol=1e-3)


@pytest.mark.parametrize("rank", [1, 3])
def test_an_adapter_changes_matrices_by_its_rank_and_nothing_else(start, task, rank):
    tuned = fine_tune(start, task, [0.01], steps=4, rank=rank).weights
    for i, (a, b) in enumerate(zip(start, tuned, strict=True)):
        if i % 2:
            assert torch.equal(a, b)
        else:
            assert (torch.linalg.matrix_rank((b - a).double(), rtol=1e-4) == rank).all()


def test_half_the_way_lies_in_the_middle_and_the_ends_are_the_ends(start, task):
    tuned = fine_tune(start, task, [0.003, 0.01], steps=3)
    assert np.array_equal(mixed(start, tuned, 0.0, task).new[0], fine_tune(start, task, [0.01], steps=0).new[0])
    assert np.allclose(mixed(start, tuned, 1.0, task).new, tuned.new, atol=0.01)
    half = mixed(start, tuned, 0.5, task).weights[0]
    torch.testing.assert_close(half, (start[0].repeat(2, 1, 1) + tuned.weights[0]) / 2)


def test_a_few_examples_of_each_digit_come_from_the_validation_part_and_are_changed():
    task, data = shifted("inverted", each=2, seeds=SEEDS), load_digits()
    known = {image.tobytes() for image in data.x_val[:150]}
    for x, y in zip(task.x, task.y, strict=True):
        assert np.bincount(y.numpy()).tolist() == [2] * 10
        assert all((1 - image.numpy()).round(4).tobytes() in {np.frombuffer(k, np.float32).round(4).tobytes()
                                                              for k in known} for image in x)
    assert len(task.parts["val"][1]) == len(data.y_val) - 150 and len(task.parts["new"][1]) == len(data.y_test)


def test_a_picture_moved_by_a_pixel_is_the_picture_beside_it():
    image = np.arange(64, dtype=np.float32)[None]
    moved = SHIFTS[MOVED](image).reshape(8, 8)
    assert (moved[:, 0] == 0).all() and (moved[:, 1:] == image.reshape(8, 8)[:, :-1]).all()


def test_the_best_rate_is_chosen_by_the_first_seeds_and_not_on_the_edge():
    val = np.array([[0.1, 0.9], [0.5, 0.1], [0.3, 0.1]])
    result = FineTuned(np.array([0.001, 0.01, 0.1]), val, val, val, [])
    assert result.best(1) == 1 and result.best(2, allow_edge=True) == 0
    with pytest.raises(GridEdgeError, match="extend it below"):
        result.best(2)


def test_an_unknown_shift_is_refused_by_name():
    with pytest.raises(ValueError, match="shift must be one of moved by a pixel, .*, got 'upside'"):
        shifted("upside")
