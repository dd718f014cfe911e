"""Schedules are pure and equal torch's schedulers value for value."""

import pickle

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler

from course_utils.schedules import (
    as_schedule,
    constant,
    cosine,
    exponential,
    needs_losses,
    one_cycle,
    reduce_on_plateau,
    step_decay,
    time_decay,
    warmup,
)

N = 100
PAIRS = {
    "constant": (constant(0.3), lambda o: lr_scheduler.LambdaLR(o, lambda t: 1.0), 0.3),
    "step": (step_decay(0.3, every=30, factor=0.2), lambda o: lr_scheduler.StepLR(o, 30, 0.2), 0.3),
    "exponential": (exponential(0.3, 0.97), lambda o: lr_scheduler.ExponentialLR(o, 0.97), 0.3),
    "time": (time_decay(0.3, 0.01), lambda o: lr_scheduler.LambdaLR(o, lambda t: 1 / (1 + 0.01 * t)), 0.3),
    "cosine": (cosine(0.3, N, 0.01), lambda o: lr_scheduler.CosineAnnealingLR(o, N, 0.01), 0.3),
    "warmup": (warmup(0.3, 20), lambda o: lr_scheduler.LinearLR(o, 1 / 20, 1.0, 19), 0.3),
    "one cycle": (one_cycle(0.3, N), lambda o: lr_scheduler.OneCycleLR(o, 0.3, total_steps=N), 0.3),
}


@pytest.mark.parametrize("name", PAIRS)
def test_equals_torch(name):
    ours, make, lr = PAIRS[name]
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    scheduler = make(optimizer)
    values = []
    for _ in range(N):
        values.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    assert np.allclose([ours(step) for step in range(N)], values, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("name", PAIRS)
def test_asking_twice_uses_nothing_up_and_travels_between_processes(name):
    schedule = PAIRS[name][0]
    forward = [schedule(step) for step in range(N)]
    assert forward == [schedule(step) for step in range(N)]
    assert forward == [pickle.loads(pickle.dumps(schedule))(step) for step in range(N)]


@pytest.mark.parametrize("patience, threshold, min_lr", [(0, 0.0, 0.0), (2, 1e-4, 0.0), (3, 0.1, 2e-3), (40, 0.0, 0.0)])
def test_reduce_on_plateau_equals_torch_after_every_epoch(patience, threshold, min_lr):
    losses = 1 / np.arange(1, 61) ** 0.3 + np.random.default_rng(0).normal(0, 0.05, 60)
    ours = reduce_on_plateau(0.3, 0.5, patience, threshold, min_lr)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.3)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=patience, threshold=threshold,
                                               min_lr=min_lr, eps=0)
    for epoch in range(60):
        assert ours(16 * epoch, losses[:epoch]) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12)
        scheduler.step(losses[epoch])
    assert ours(0, losses) == ours(0, losses)  # nothing is used up
    assert patience == 40 or ours(0, losses) < 0.1


def test_only_schedules_that_take_losses_need_them():
    assert needs_losses(reduce_on_plateau(0.1)) and needs_losses(lambda step, losses: 0.1)
    assert not any(map(needs_losses, [constant(0.1), warmup(0.1, 3), lambda step: 0.1, float]))


def test_cosine_and_one_cycle_stay_at_their_end():
    assert cosine(0.3, N, 0.01)(5 * N) == pytest.approx(0.01)
    assert one_cycle(0.3, N)(5 * N) == pytest.approx(one_cycle(0.3, N)(N - 1))


@pytest.mark.parametrize("make, name", [
    (lambda: constant(0), "lr"), (lambda: constant(-1.0), "lr"), (lambda: constant(float("nan")), "lr"),
    (lambda: constant("0.1"), "lr"), (lambda: step_decay(0.1, 0), "every"), (lambda: cosine(0.1, 0), "total_steps"),
    (lambda: cosine(0.1, 10, -1), "end_lr"), (lambda: time_decay(0.1, -1), "decay"),
    (lambda: warmup(None, 3), "schedule"), (lambda: reduce_on_plateau(0.1, factor=1), "factor"),
    (lambda: reduce_on_plateau(0.1, patience=-1), "patience"), (lambda: reduce_on_plateau(0), "lr"),
    (lambda: warmup(0.1, 0), "warmup_steps"), (lambda: one_cycle(0.1, 10, warmup_fraction=1), "warmup_fraction"),
    (lambda: one_cycle(0.1, 3), "total_steps"), (lambda: as_schedule(None), "lr"),
])
def test_bad_settings_are_named(make, name):
    with pytest.raises(ValueError, match=name):
        make()
