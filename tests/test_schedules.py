"""Schedules are pure and equal torch's schedulers value for value."""

import pickle

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler

from course_utils.schedules import as_schedule, constant, cosine, exponential, one_cycle, step_decay, time_decay, warmup

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


def test_cosine_and_one_cycle_stay_at_their_end():
    assert cosine(0.3, N, 0.01)(5 * N) == pytest.approx(0.01)
    assert one_cycle(0.3, N)(5 * N) == pytest.approx(one_cycle(0.3, N)(N - 1))


@pytest.mark.parametrize("make, name", [
    (lambda: constant(0), "lr"), (lambda: constant(-1.0), "lr"), (lambda: constant(float("nan")), "lr"),
    (lambda: constant("0.1"), "lr"), (lambda: step_decay(0.1, 0), "every"), (lambda: cosine(0.1, 0), "total_steps"),
    (lambda: cosine(0.1, 10, -1), "end_lr"), (lambda: time_decay(0.1, -1), "decay"),
    (lambda: warmup(None, 3), "schedule"),
    (lambda: warmup(0.1, 0), "warmup_steps"), (lambda: one_cycle(0.1, 10, warmup_fraction=1), "warmup_fraction"),
    (lambda: one_cycle(0.1, 3), "total_steps"), (lambda: as_schedule(None), "lr"),
])
def test_bad_settings_are_named(make, name):
    with pytest.raises(ValueError, match=name):
        make()
