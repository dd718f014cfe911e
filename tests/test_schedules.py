"""Schedules are pure and equal torch's schedulers value for value."""

import inspect
import pickle
import timeit
from fractions import Fraction
from functools import partial
from math import inf

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler

from course_utils.names import label
from course_utils.schedules import (
    as_schedule,
    constant,
    cosine,
    exponential,
    inverse_sqrt,
    linear,
    needs_losses,
    one_cycle,
    rate_at,
    reduce_on_plateau,
    step_decay,
    time_decay,
    warmup,
    warmup_stable_decay,
)

N = 100
PAIRS = {
    "constant": (constant(0.3), lambda o: lr_scheduler.LambdaLR(o, lambda t: 1.0), 0.3),
    "step": (step_decay(0.3, every=30, factor=0.2), lambda o: lr_scheduler.StepLR(o, 30, 0.2), 0.3),
    "exponential": (exponential(0.3, 0.97), lambda o: lr_scheduler.ExponentialLR(o, 0.97), 0.3),
    "time": (time_decay(0.3, 0.01), lambda o: lr_scheduler.LambdaLR(o, lambda t: 1 / (1 + 0.01 * t)), 0.3),
    "linear": (linear(0.3, 80, 0.01), lambda o: lr_scheduler.LinearLR(o, 1.0, 0.01 / 0.3, 80), 0.3),
    "inverse root": (inverse_sqrt(0.3, 16),
                     lambda o: lr_scheduler.LambdaLR(o, lambda t: 4 * min((t + 1) ** -0.5, (t + 1) / 64)), 0.3),
    "stable": (warmup_stable_decay(0.3, 90, 10, 30, 0.03), lambda o: lr_scheduler.SequentialLR(o, [
        lr_scheduler.LinearLR(o, 1 / 10, 1.0, 9), lr_scheduler.LinearLR(o, 1.0, 0.1, 30)], [60]), 0.3),
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


def test_schedules_with_an_end_stay_there():
    assert linear(0.3, N)(N) == linear(0.3, N)(5 * N) == 0
    assert warmup_stable_decay(0.3, N, 10, 20)(N) == warmup_stable_decay(0.3, N, 10, 20)(5 * N) == 0
    assert cosine(0.3, N, 0.01)(5 * N) == pytest.approx(0.01)
    assert one_cycle(0.3, N)(5 * N) == pytest.approx(one_cycle(0.3, N)(N - 1))


def test_schedules_without_an_end_do_not_depend_on_it():
    short, long = (warmup_stable_decay(0.3, total, 10, 20) for total in (N, 3 * N))
    assert [short(step) for step in range(80)] == [long(step) for step in range(80)] and short(90) < long(90)
    assert inverse_sqrt(0.3, 16)(16 * 25 - 1) == pytest.approx(0.3 / 5)
    assert max(map(inverse_sqrt(0.3, 16), range(N))) == inverse_sqrt(0.3, 16)(15) == pytest.approx(0.3)


@pytest.mark.parametrize("make, name", [
    (lambda: linear(0.1, 0), "total_steps"), (lambda: linear(-1, 10), "peak_lr"),
    (lambda: linear(0.1, 10, -1), "end_lr"),
    (lambda: inverse_sqrt(0.1, 0), "warmup_steps"), (lambda: inverse_sqrt(0, 10), "peak_lr"),
    (lambda: warmup_stable_decay(0.1, 100, 0, 10), "warmup_steps"),
    (lambda: warmup_stable_decay(0.1, 100, 10, 0), "decay_steps"),
    (lambda: warmup_stable_decay(0, 100, 10, 10), "peak_lr"),
    (lambda: warmup_stable_decay(0.1, 0, 10, 10), "total_steps"),
    (lambda: warmup_stable_decay(0.1, 100, 10, 10, -1), "end_lr"),
    (lambda: constant(0), "lr"), (lambda: constant(-1.0), "lr"), (lambda: constant(float("nan")), "lr"),
    (lambda: constant("0.1"), "lr"), (lambda: step_decay(0.1, 0), "every"), (lambda: cosine(0.1, 0), "total_steps"),
    (lambda: cosine(0.1, 10, -1), "end_lr"), (lambda: time_decay(0.1, -1), "decay"),
    (lambda: warmup(None, 3), "schedule"), (lambda: reduce_on_plateau(0.1, factor=1), "factor"),
    (lambda: reduce_on_plateau(0.1, patience=-1), "patience"), (lambda: reduce_on_plateau(0), "lr"),
    (lambda: warmup(0.1, 0), "warmup_steps"), (lambda: one_cycle(0.1, 10, warmup_fraction=1), "warmup_fraction"),
    (lambda: one_cycle(0.1, 3), "total_steps"), (lambda: as_schedule(None), "lr"),
    (lambda: step_decay(0, 3), "lr"), (lambda: exponential(0, 0.9), "lr"), (lambda: time_decay(0, 1), "lr"),
    (lambda: reduce_on_plateau(0.1, threshold=-1), "threshold"), (lambda: cosine(0.1, 5, float("inf")), "end_lr"),
    (lambda: time_decay(0.1, float("inf")), "decay"), (lambda: reduce_on_plateau(0.1, factor=0), "factor"),
    (lambda: one_cycle(0.1, 10, warmup_fraction=0), "warmup_fraction"),
    (lambda: one_cycle(0.1, 4, warmup_fraction=0.25), "total_steps"),
])
def test_bad_settings_are_named(make, name):
    with pytest.raises(ValueError, match=f"^{name} must"):
        make()


@pytest.mark.parametrize("make, rates", [
    (lambda: step_decay(0.5, 2, factor=1), [0.5, 0.5, 0.5]), (lambda: cosine(0.5, 1), [0.5, 0, 0]),
    (lambda: cosine(0.5, 4, end_lr=0.5), [0.5, 0.5, 0.5]), (lambda: warmup(0.5, 1), [0.5, 0.5, 0.5]),
    (lambda: warmup(cosine(0.5, 2), 2), [0.25, 0.25, 0]), (lambda: warmup(0.5, 2.5), [0.2, 0.4, 0.5]),
    (lambda: one_cycle(0.5, 8, 0.25, start_factor=1, end_factor=1), [0.5, 0.5, 0.5]),
    (lambda: one_cycle(0.5, 6, warmup_fraction=0.25, start_factor=4)(0), 0.125),
    (lambda: reduce_on_plateau(0.5, min_lr=0.5, patience=0)(2, [1, 1, 1]), 0.5),
    (lambda: reduce_on_plateau(0.5, factor=0.5, patience=0, threshold=1)(2, [1, 1, 1]), 0.0625),
])
def test_settings_on_the_edge_of_what_is_allowed_are_allowed(make, rates):
    made = make()
    assert ([made(step) for step in range(3)] if callable(made) else made) == pytest.approx(rates)


@pytest.mark.parametrize("ours, theirs, names", [
    (step_decay, lr_scheduler.StepLR, {"factor": "gamma"}),
    (one_cycle, lr_scheduler.OneCycleLR, {"warmup_fraction": "pct_start", "start_factor": "div_factor",
                                          "end_factor": "final_div_factor"}),
    (reduce_on_plateau, lr_scheduler.ReduceLROnPlateau, {name: name for name in ("factor", "patience", "threshold",
                                                                                "min_lr")}),
])
def test_settings_that_are_not_given_are_those_of_torch(ours, theirs, names):
    default = lambda function, name: inspect.signature(function).parameters[name].default
    assert [default(ours, name) for name in names] == [default(theirs, name) for name in names.values()]


def test_a_whole_number_is_one_however_it_is_written():
    assert repr(cosine(0.1, 100.0)) == repr(cosine(0.1, np.float64(100))) == repr(cosine(0.1, 100))


def test_a_plateau_begins_with_the_first_loss_that_is_not_below_the_best():
    halve = reduce_on_plateau(1.0, factor=0.5, patience=1, threshold=0.0)
    assert [halve(n, [1.0] * n) for n in range(5)] == [1.0, 1.0, 1.0, 0.5, 0.5]  # an equal loss is no better
    assert [halve(n, [inf] * n) for n in range(5)] == [1.0, 1.0, 0.5, 0.5, 0.25]  # nor is one that diverged


def test_a_function_that_does_not_tell_its_arguments_is_taken_at_its_word():
    assert needs_losses(max) is False and as_schedule(max) is max


class Lazy:
    """A callable object that asks for losses."""

    def __call__(self, step, losses):
        return 0.1 / (1 + len(losses))


def test_a_warmed_schedule_with_feedback_asks_for_losses_and_scales_the_answer():
    plain, losses = reduce_on_plateau(0.1, patience=0), [1.0, 2.0, 3.0]
    warmed = warmup(plain, 5)
    assert needs_losses(warmed) and needs_losses(warmup(warmed, 3)) and needs_losses(warmup(Lazy(), 3))
    assert not needs_losses(warmup(cosine(0.1, 9), 3)) and not needs_losses(warmup(warmup(0.1, 2), 2))
    assert [warmed(step, losses) for step in range(7)] == pytest.approx(
        [plain(step, losses) * min(1, (step + 1) / 5) for step in range(7)])
    assert pickle.loads(pickle.dumps(warmed))(1, losses) == warmed(1, losses) and needs_losses(pickle.loads(
        pickle.dumps(warmed)))
    assert label(warmed).startswith("warmup(reduce_on_plateau(0.1")


ANSWERS = [(0.1, 0.1), (0, 0.0), (0.0, 0.0), (2, 2.0), (np.float32(0.5), 0.5), (np.float64(0.1), 0.1),
           (np.int64(3), 3.0),
           (np.array(0.25), 0.25), (torch.tensor(0.25), 0.25), (torch.tensor(1), 1.0), (Fraction(1, 4), 0.25),
           (torch.tensor(0.5, requires_grad=True), 0.5), (torch.tensor(0.5).bfloat16(), 0.5)]


@pytest.mark.parametrize("answer, rate", ANSWERS, ids=[repr(a) for a, _ in ANSWERS])
def test_an_answer_that_is_a_number_of_at_least_0_is_the_rate(answer, rate):
    found = rate_at(lambda step: answer, 3)
    assert type(found) is float and found == rate
    assert rate_at(lambda step, losses: answer, 3, [1.0]) == rate


BAD_ANSWERS = {
    "negative": (-0.1, "-0.1"), "hardly negative": (-1e-300, "-1e-300"), "NaN": (float("nan"), "nan"),
    "infinity": (float("inf"), "inf"), "minus infinity": (-float("inf"), "-inf"),
    "a huge whole number": (10**400, "1000"),
    "None": (None, "None: is a return missing?"), "text": ("0.1", "'0.1'"), "a list": ([0.1], r"\[0.1\]"),
    "a tuple": ((0.1, 2), r"\(0.1, 2\)"), "a complex number": (0.1 + 0j, r"\(0.1\+0j\)"), "True": (True, "True"),
    "False": (False, "False"), "a complex tensor": (torch.tensor(1j), "tensor"), "NumPy's True": (np.True_, "True"),
    "several values": (torch.tensor([0.1, 0.2]), r"Tensor of shape \(2,\)"),
    "an array": (np.ones(3), r"ndarray of shape \(3,\)"),
    "one value in a list": (np.array([0.1]), r"ndarray of shape \(1,\)"),
    "an empty array": (np.array([]), r"shape \(0,\)"),
    "another schedule": (cosine(0.1, 5), "partial"), "NaN in a tensor": (torch.tensor(float("nan")), "nan"),
    "a negative tensor": (torch.tensor(-1.0), "-1"), "a dictionary": ({"lr": 0.1}, "{'lr': 0.1}"),
    "a class": (float, "the class float"),
    "a date": (np.datetime64("2026-01-01"), "2026"),
}


@pytest.mark.parametrize("what", BAD_ANSWERS)
def test_an_answer_that_is_no_rate_names_the_schedule_the_step_and_what_came(what):
    answer, says = BAD_ANSWERS[what]

    def my_schedule(step):
        return answer if step == 7 else 0.1

    assert rate_at(my_schedule, 6) == 0.1
    with pytest.raises(ValueError, match=f"the schedule my_schedule must give a finite number of at least 0, but at "
                                         f"step 7 it gave .*{says}") as caught:
        rate_at(my_schedule, 7)
    assert ("return missing" in str(caught.value)) == (answer is None)
    with pytest.raises(ValueError, match=says):
        rate_at(lambda step, losses: answer, 0, [1.0, 2.0])


@pytest.mark.parametrize("schedule", [reduce_on_plateau(0.1), warmup(reduce_on_plateau(0.1), 5), Lazy()])
def test_a_schedule_that_gets_no_losses_says_that_it_needs_them(schedule):
    with pytest.raises(ValueError, match="needs the losses of the epochs so far"):
        rate_at(schedule, 0)


def test_an_error_within_a_schedule_stays_what_it_is():
    with pytest.raises(TypeError, match="unsupported operand"):
        rate_at(lambda step: "a" - step, 0)


def test_to_check_a_plain_rate_costs_little():
    schedule = constant(0.1)
    bare = min(timeit.repeat(lambda: schedule(5), number=2000, repeat=9))
    checked = min(timeit.repeat(lambda: rate_at(schedule, 5), number=2000, repeat=9))
    assert checked - bare < 2000 * 5e-6  # seconds; 0.2e-6 a step where it was written


@pytest.mark.parametrize("make", [
    lambda number: constant(number(0.5)), lambda number: cosine(number(0.5), number(8), number(0.25)),
    lambda number: linear(number(0.5), number(8), number(0.25)), lambda number: inverse_sqrt(number(0.5), number(4)),
    lambda number: warmup_stable_decay(number(0.5), number(8), number(2), number(4), number(0.25)),
    lambda number: step_decay(number(0.5), number(4), number(0.5)),
    lambda number: exponential(number(0.5), number(0.5)),
    lambda number: warmup(number(0.5), number(4)), lambda number: one_cycle(number(0.5), number(8), number(0.5),
                                                                            number(4), number(8)),
    lambda number: time_decay(number(0.5), number(0.25)), lambda number: as_schedule(number(0.5)),
    lambda number: partial(reduce_on_plateau(number(0.5), number(0.5), number(1), number(0), number(0.25)),
                           losses=[1, 2, 3]),
])
@pytest.mark.parametrize("number", [np.float64, np.float32, np.array, torch.tensor, Fraction])
def test_numbers_of_any_kind_are_settings(make, number):
    plain, other = make(float), make(number)
    assert [other(step) for step in range(9)] == [plain(step) for step in range(9)]
    assert all(type(other(step)) is float for step in range(9))


def scheduler():
    return lr_scheduler.StepLR(torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1), 30)


NO_SCHEDULE = {
    "a list": ([0.1, 0.01], r"lr must be a finite number above 0, got \[0.1, 0.01\]; a schedule is a function"),
    "a tuple": ((0.1,), r"got \(0.1,\)"), "a dictionary": ({"lr": 0.1}, "got {'lr': 0.1}"),
    "text": ("cosine", "got 'cosine'"),
    "None": (None, "got None"), "an array": (np.array([0.1]), r"got ndarray of shape \(1,\)"),
    "True": (True, "got True"),
    "a tensor": (torch.ones(2), r"got Tensor of shape \(2,\)"), "a complex number": (1j, "got 1j"),
    "NaN": (float("nan"), "got nan"),
    "a torch scheduler": (scheduler(), "got a StepLR of torch, which changes an optimizer .*; a schedule"),
    "a torch optimizer": (torch.optim.SGD([torch.zeros(1)], lr=0.1), "got a SGD of torch"),
    "a generator": ((r for r in (1, 2)), "generator"),
    "the class of a torch scheduler": (lr_scheduler.CosineAnnealingLR, "got the class CosineAnnealingLR"),
    "a class": (Lazy, "got the class Lazy"), "a function of nothing": (lambda: 0.1,
                                                                       r"function of the step alone.*lambda\(\)"),
    "a function of more": (lambda epoch, step: 0.1, r"lambda\(epoch, step\)"),
    "a maker": (cosine, r"cosine\(peak_lr, total_steps"),
    "a function of losses alone": (lambda losses: 0.1, r"lambda\(losses\)"),
}


@pytest.mark.parametrize("what", NO_SCHEDULE)
@pytest.mark.parametrize("name", ["lr", "schedule"])
def test_what_is_no_schedule_is_refused_with_what_one_is(what, name):
    given, says = NO_SCHEDULE[what]
    with pytest.raises(ValueError, match=says.replace("lr must", f"{name} must")):
        as_schedule(given) if name == "lr" else warmup(given, 5)


@pytest.mark.parametrize("make, says", [
    (lambda: reduce_on_plateau(0.001, min_lr=0.01), "min_lr must be at most lr = 0.001, got 0.01"),
    (lambda: cosine(0.1, 100, end_lr=1.0), "end_lr must be at most peak_lr = 0.1, got 1"),
    (lambda: linear(0.1, 100, end_lr=1.0), "end_lr must be at most peak_lr = 0.1, got 1"),
    (lambda: warmup_stable_decay(0.1, 100, 60, 50),
     r"warmup_steps \+ decay_steps must be at most total_steps = 100, got 110"),
    (lambda: warmup_stable_decay(0.1, 100, 6, 5, 0.2), "end_lr must be at most peak_lr = 0.1, got 0.2"),
    (lambda: step_decay(0.1, 30, factor=10), "factor must be at most 1, got 10"),
    (lambda: warmup(cosine(0.1, 100), 200), "warmup_steps must be at most total_steps of the cosine = 100, got 200"),
    (lambda: one_cycle(0.1, 100, start_factor=0.5), "start_factor must be a finite number of at least 1, got 0.5"),
    (lambda: one_cycle(0.1, 100, end_factor=0.1), "end_factor must be a finite number of at least 1"),
    (lambda: one_cycle(0.1, 100, warmup_fraction="0.3"), "warmup_fraction must lie between 0 and 1, got '0.3'"),
    (lambda: one_cycle("0.1", 100), "peak_lr must be a finite number above 0, got '0.1'"),
    (lambda: one_cycle(0.1, None), "total_steps must be a finite number of at least 1, got None"),
    (lambda: cosine(0.1, float("inf")), "total_steps must be .* got inf"),
    (lambda: cosine(0.1, "100"), "total_steps"),
    (lambda: cosine(0.1, [100]), r"total_steps must .* got \[100\]"),
    (lambda: cosine(0.1, True), "total_steps must .* got True"),
    (lambda: cosine(0.1, 100, None), "end_lr must be a finite number of at least 0, got None"),
    (lambda: cosine([0.1, 1], 100), r"peak_lr must .* got \[0.1, 1\]"), (lambda: step_decay(0.1, -3), "every must"),
    (lambda: step_decay(0.1, 30, factor=0), "factor must be a finite number above 0"),
    (lambda: exponential(0.1, -1), "decay must"),
    (lambda: exponential(0.1, None), "decay must be a finite number above 0, got None"),
    (lambda: time_decay(0.1, "1"), "decay must"),
    (lambda: warmup(0.1, -5), "warmup_steps must"), (lambda: warmup(0.1, "5"), "warmup_steps must .* got '5'"),
    (lambda: warmup(0.1, torch.ones(2)), r"warmup_steps must .* Tensor of shape \(2,\)"),
    (lambda: reduce_on_plateau(0.1, factor=2), "factor must lie between 0 and 1, got 2"),
    (lambda: reduce_on_plateau(0.1, factor="half"), "factor must lie between 0 and 1, got 'half'"),
    (lambda: reduce_on_plateau(0.1, threshold=2), "threshold must be at most 1, got 2"),
    (lambda: reduce_on_plateau(0.1, patience=None), "patience must .* got None"),
    (lambda: reduce_on_plateau(0.1, patience=float("nan")), "patience must .* got nan"),
    (lambda: reduce_on_plateau(0.1, min_lr=-1), "min_lr must be a finite number of at least 0, got -1"),
    (lambda: reduce_on_plateau([0.1]), r"lr must .* got \[0.1\]"),
])
def test_settings_that_make_no_sense_are_refused_when_the_schedule_is_made(make, says):
    with pytest.raises(ValueError, match=says):
        make()
