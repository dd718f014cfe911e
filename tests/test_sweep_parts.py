"""What a sweep keeps, leaves out and says: its parts, its defaults, its sentences."""

import warnings
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
import torch
from test_sweep import BLOBS, SMOOTH, made, quiet
from torch import nn

import course_utils.engine.execution
import course_utils.sweep
from course_utils.data import Dataset
from course_utils.engine.compare import Way
from course_utils.engine.record import Record
from course_utils.models import linear
from course_utils.optimizers import momentum, sgd
from course_utils.schedules import cosine
from course_utils.sweep import RangeTest, Sweep, range_test, sweep, sweep_settings

ROWS = np.random.default_rng(0).normal(size=(12, 2)).astype("float32")
PAIRS = Dataset("pairs", *[ROWS, ROWS @ np.float32([[1, 2], [0, 3]])] * 3)  # two values an example


def normed():
    return nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Linear(4, 3))


def of_steps(*steps):
    """A sweep of one setting, as an older one without buffers, whose runs diverged at these steps."""
    scores = np.full((1, len(steps), 1), 0.5)
    return Sweep(BLOBS, [{"model": SMOOTH, "optimizer": sgd, "lr": 0.1, "batch_size": 32}], list(range(len(steps))),
                 dict.fromkeys(("train_loss", "val_accuracy", "test_accuracy"), scores),
                 [[torch.full((1,), float(k)) for k in range(len(steps))]], np.array([steps]))


@pytest.fixture(scope="module")
def runs():
    return quiet(normed, lr=(0.1, 0.01), seeds=(0, 1), epochs=2, batch_size=250)


# What a sweep is

@pytest.mark.parametrize("outcome, name", [
    (made([[0.8]], lr=[0.1]).best(), "test_mean"), (made([[0.8]], lr=[0.1]), "seeds"),
    (RangeTest(np.ones(2), np.ones((1, 2)), [0]), "rates")], ids=["best", "sweep", "range-test"])
def test_what_was_found_cannot_be_overwritten(outcome, name):
    with pytest.raises(FrozenInstanceError):
        setattr(outcome, name, None)


@pytest.mark.parametrize("name", ["weights", "diverged_at", "buffers", "ways"])
def test_a_sweep_is_shown_without_its_long_lists(runs, name):
    assert getattr(runs, name) is not None and f"{name}=" not in repr(runs) and "settings=" in repr(runs)


def test_a_run_that_blows_up_at_its_first_step_has_diverged():
    runs = of_steps(-1, 0, 1, 3)
    assert runs.diverged.tolist() == [[False, True, True, True]]
    assert [runs.run(0, k).diverged_at for k in range(4)] == [None, 0, 1, 3]


def test_a_sweep_made_of_the_least_it_needs_has_neither_plan_nor_buffers_nor_ways():
    runs = of_steps(-1, -1)
    part = runs.select(lr=0.1)
    assert runs.planned_epochs == 0 and runs.run(0, 1).buffers == {}
    assert part.buffers == part.ways == [] and torch.equal(part.run(0, 1).weights, runs.run(0, 1).weights)


# Parts of a sweep

def test_a_part_keeps_weights_buffers_and_ways_of_its_settings(runs):
    part = runs.select(lr=0.01)
    assert part.ways == runs.ways[1:] and len(part.ways) == 1
    ours, whole = part.run(0, 1), runs.run(1, 1)
    assert torch.equal(ours.weights, whole.weights) and ours.buffers.keys() == whole.buffers.keys() != set()
    assert all(torch.equal(kept, whole.buffers[name]) for name, kept in ours.buffers.items())
    assert np.array_equal(ours.predict(BLOBS.x_test), whole.predict(BLOBS.x_test))


def test_a_part_of_an_earlier_epoch_has_no_weights_and_no_buffers(runs):
    part = runs.at_epoch(1).select(lr=0.01)
    assert part.weights == part.buffers == [] and part.ways == runs.ways[1:]


def test_weights_of_one_half_are_not_taken_for_those_of_both(runs):
    first, second = runs.select(lr=0.1), runs.select(lr=0.01)
    for both in (first.at_epoch(2) + second, first + second.at_epoch(2)):
        assert both.weights == both.buffers == [] and both.ways == runs.ways
        with pytest.raises(ValueError, match="weights of an earlier epoch are not kept"):
            both.run(0, 0)


@pytest.mark.parametrize("other, says", [
    (lambda runs: runs.of_seeds([0]), r"the same seeds, got \[0, 1\] and \[0\]$"),
    (lambda runs: runs.at_epoch(1), "the same epochs, got 2 and 1$")])
def test_sweeps_that_cannot_be_added_say_in_what_they_differ(runs, other, says):
    with pytest.raises(ValueError, match=says):
        runs.select(lr=0.1) + other(runs.select(lr=0.01))


def test_weights_blown_up_by_the_last_step_of_an_epoch_have_diverged_in_it():
    longer, shorter = (quiet(linear(2, 2), PAIRS, lr=(3e38, 0.01), seeds=[0], epochs=epochs, batch_size=12)
                       for epochs in (2, 1))
    assert longer.diverged_at.tolist() == shorter.diverged_at.tolist() == [[1], [-1]]
    assert longer.at_epoch(1).diverged_at.tolist() == [[1], [-1]]


def test_at_epoch_says_minus_one_of_a_run_that_had_not_diverged_yet():
    runs = replace(of_steps(-1, 16, 17, 40), history={"train_loss": np.zeros((1, 4, 3))})
    assert runs.at_epoch(1).diverged_at.tolist() == [[-1, 16, -1, -1]]  # blobs of 500 make 16 steps an epoch


# What it says

def test_the_error_of_an_example_is_the_mean_over_its_values():
    runs = quiet(linear(2, 2), PAIRS, lr=0.01, seeds=[3, 4], epochs=1, batch_size=4)
    found = runs.scores_on(PAIRS.x_test, PAIRS.y_test)
    error = (runs.run(0, 4).predict(PAIRS.x_test) - PAIRS.y_test) ** 2
    assert found.shape == (1, 2, 12) and np.allclose(found[0, 1], (error[:, 0] + error[:, 1]) / 2, rtol=1e-5)
    assert np.allclose(found.mean(axis=2), runs.final("test_loss"), rtol=1e-4)


def test_the_spread_of_one_seed_is_asked_for_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        best = made([[0.7], [0.9], [0.8]]).best()
    assert np.isnan(best.test_sd) and best.n_seeds == 1 and best.test_mean == pytest.approx(0.9)


def test_only_the_line_of_a_setting_that_diverged_says_so():
    runs = made([[0.7, 0.9], [0.5, 0.6]], lr=(0.1, 0.01), diverged=[(1, 1)])
    assert runs.summary().splitlines() == ["lr 0.1: test accuracy 0.800 ± 0.141 (mean ± sd)",
                                           "lr 0.01: test accuracy 0.500 (one seed), 1 of 2 diverged"]


def test_a_table_has_numbers_where_there_are_numbers_and_gaps_where_a_setting_has_none():
    common = {"model": SMOOTH, "batch_size": 32}
    settings = [common | {"optimizer": sgd, "lr": cosine(0.1, 48)},
                common | {"optimizer": momentum, "lr": 0.01, "beta": 0.5}]
    table = replace(made([[0.7], [0.8]], lr=(0.1, 0.01)), settings=settings).table()
    assert table.lr.tolist() == ["cosine(0.1, 48, 0)", 0.01] and table.optimizer.tolist() == ["sgd", "momentum"]
    assert np.isnan(table.beta[0]) and table.beta[1] == 0.5


def test_a_sweep_that_was_done_in_peace_says_nothing(capsys):
    assert quiet(epochs=1).epochs == 1 and capsys.readouterr().out == ""


def test_each_reason_against_a_stack_and_each_note_is_said_once(capsys):
    alone = Way("", "it draws lots")
    course_utils.sweep.say([Way("layers"), alone, alone, Way("layers", note="slow")])
    assert capsys.readouterr().out == "trained network by network: it draws lots\nslow\n"


@pytest.mark.parametrize("done, kept, says", [
    ([2, 2], (2, [0, 1]), "2 of 3 epochs are done"), ([1, 3], (1, [0, 1]), "1 of 3 epochs are done"),
    ([0, 3], (3, [1]), "1 of 2 seeds are done"), ([0, 2], None, "")])
def test_an_interrupt_keeps_epochs_that_all_have_or_else_whole_seeds_or_is_passed_on(capsys, done, kept, says):
    record = Record(1, 2, 3)
    for k, epochs in enumerate(done):
        record.done[0, k, :epochs] = True
    try:
        found = course_utils.sweep._kept(record, 3, 2)
    except KeyboardInterrupt:  # in a test, it would end the session
        found = None
    said = capsys.readouterr().out
    assert found == kept and said == (f"interrupted: {says} and kept\n" if says else "")


# Defaults

@pytest.mark.parametrize("call", [
    lambda: sweep(linear(2, 2), PAIRS, sgd, 0.01, batch_size=12),
    lambda: sweep_settings(PAIRS, [{"model": linear(2, 2), "optimizer": sgd, "lr": 0.01, "batch_size": 12}])],
    ids=["sweep", "sweep-settings"])
def test_unless_told_otherwise_thirty_seeds_are_trained_for_200_epochs_under_a_bar(monkeypatch, call):
    shown, bar = [], course_utils.engine.execution.progress_bar
    monkeypatch.setattr(course_utils.engine.execution, "progress_bar",
                        lambda progress, *rest: shown.append(progress) or bar(False, *rest))
    runs = call()
    assert runs.seeds == list(range(30)) and runs.epochs == runs.planned_epochs == 200 and shown == [True]


def test_unless_told_otherwise_a_range_test_takes_100_steps_from_1e_5_to_10_under_ten_seeds():
    found = range_test(SMOOTH, BLOBS, sgd)
    assert found.seeds == list(range(10)) and found.losses.shape == (10, 100)
    assert (found.rates[0], found.rates[-1]) == pytest.approx((1e-5, 10))


# The range test

def test_a_range_test_needs_a_range():
    with pytest.raises(ValueError, match=r"lr_min must lie below lr_max, got 0\.1 and 0\.1"):
        range_test(SMOOTH, BLOBS, sgd, 0.1, 0.1)


def test_two_steps_are_the_least_of_a_range_test():
    assert range_test(SMOOTH, BLOBS, sgd, 0.01, 0.1, n_steps=2, seeds=[0]).losses.shape == (1, 2)
    with pytest.raises(ValueError, match="n_steps must be at least 2, got 1"):
        range_test(SMOOTH, BLOBS, sgd, 0.01, 0.1, n_steps=1, seeds=[0])


def test_a_range_test_trains_no_longer_than_it_must_and_ends_at_its_last_rate(monkeypatch):
    asked, real = [], course_utils.sweep.epochs_of
    monkeypatch.setattr(course_utils.sweep, "epochs_of",
                        lambda data, chunk, epochs: asked.append((chunk.settings[0]["lr"], epochs))
                        or real(data, chunk, epochs))
    found = range_test(SMOOTH, BLOBS, sgd, 1e-3, 0.1, n_steps=7, seeds=[0], batch_size=100)
    [(rate, epochs)] = asked
    assert epochs == 2  # of five steps each
    assert [rate(step) for step in range(10)] == pytest.approx([*found.rates, 0.1, 0.1, 0.1])
