"""A sweep holds every run of its grid, each as if it had been trained alone, and chooses on validation data only."""

import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context

import numpy as np
import pytest
import torch
from pools import dies_once, interrupted, same_bits
from test_training import own, plain_run

import course_utils.engine.chunks
import course_utils.engine.execution
import course_utils.engine.processes
import course_utils.engine.tracing
import course_utils.sweep
from course_utils.data import load_diabetes, make_blobs
from course_utils.engine.chunks import divide, train_together
from course_utils.engine.compare import Way
from course_utils.engine.execution import ways_of
from course_utils.models import linear, mlp
from course_utils.optimizers import adam, adamw, momentum, sgd
from course_utils.schedules import cosine, reduce_on_plateau
from course_utils.sweep import GridEdgeError, Sweep, range_test, sweep, sweep_settings
from course_utils.training import train

BLOBS, DIABETES = make_blobs(), load_diabetes()
SMOOTH = mlp(2, 8, 3, activation="tanh")
SCORES = {f"{part}_{score}" for part in ("train", "val", "test") for score in ("loss", "accuracy")}
GAUGES = {"mean_lr", "gradient_norm", "update_ratio"}


def quiet(model=SMOOTH, data=BLOBS, optimizer=sgd, lr=(0.1, 0.01), seeds=(0, 1, 2), epochs=3, **options):
    return sweep(model, data, optimizer, lr=list(lr) if isinstance(lr, tuple) else lr, seeds=list(seeds), epochs=epochs,
                 progress=False, **options)


def weights(runs):
    return torch.stack([w for row in runs.weights for w in row])


def same_runs(a, b, tolerance=1e-5):
    return (torch.allclose(weights(a), weights(b), rtol=0, atol=tolerance)
            and all(np.allclose(a.history[name], b.history[name], rtol=1e-3, atol=tolerance)
                    for name in a.history if name.endswith("loss")))


@pytest.fixture(scope="module")
def runs():
    return quiet(optimizer=momentum, lr=(0.1, 0.01), beta=[0.0, 0.9], batch_size=[100, 250])


def test_settings_are_the_product_of_all_lists(runs):
    assert [(s["lr"], s["batch_size"], s["beta"]) for s in runs.settings] == [
        (lr, size, beta) for lr in (0.1, 0.01) for size in (100, 250) for beta in (0.0, 0.9)]
    assert runs.values("beta") == [0.0, 0.9] * 4 and runs.seeds == [0, 1, 2]


def test_history_holds_every_score_of_every_epoch(runs):
    assert set(runs.history) == SCORES | GAUGES
    assert {h.shape for h in runs.history.values()} == {(8, 3, 3)}
    assert all(np.isfinite(h).all() for h in runs.history.values())
    assert set(quiet(linear(10, 1), DIABETES).history) == {"train_loss", "val_loss", "test_loss"} | GAUGES


def test_table_has_a_row_a_run_with_every_hyperparameter_and_final_score(runs):
    table = runs.table()
    assert len(table) == 24
    assert set(table) >= {"model", "optimizer", "lr", "batch_size", "beta", "seed", "diverged"} | SCORES
    row = table[(table.lr == 0.01) & (table.beta == 0.9) & (table.batch_size == 250) & (table.seed == 2)].iloc[0]
    assert row.test_accuracy == runs.history["test_accuracy"][7, 2, -1] and row.optimizer == "momentum"
    assert "train_accuracy" not in quiet(linear(10, 1), DIABETES, epochs=1).table()


@pytest.mark.parametrize("model", [SMOOTH, own(2, 3)], ids=["layers", "own-module"])
def test_a_run_does_not_depend_on_what_else_is_in_the_sweep(model):
    alone = quiet(model, optimizer=momentum, lr=0.01, seeds=[2], epochs=5, beta=0.9).run(0, 2)
    among = quiet(model, optimizer=momentum, lr=[0.3, 0.01, 1e-3], seeds=[5, 2, 0], epochs=5, beta=[0.5, 0.9],
                  batch_size=[32, 64]).select(lr=0.01, beta=0.9, batch_size=32).run(0, 2)
    assert among.setting == alone.setting and torch.allclose(alone.weights, among.weights, rtol=0, atol=1e-5)
    assert all(np.allclose(alone.history[name], among.history[name], rtol=1e-3) for name in alone.history)


@pytest.mark.parametrize("chunk", [1, 2, 5, 1000])
def test_the_size_of_chunks_does_not_matter(monkeypatch, chunk):
    grid = {"lr": (0.1, 0.03, 0.01), "seeds": [0, 1, 2, 3], "epochs": 5}
    whole = quiet(**grid)
    monkeypatch.setattr(course_utils.engine.chunks, "CHUNK", chunk)
    assert same_runs(whole, quiet(**grid))


@pytest.mark.parametrize("model", [SMOOTH, own(2, 3)], ids=["layers", "own-module"])
def test_the_number_of_threads_changes_not_a_bit(model, monkeypatch):
    monkeypatch.setattr(course_utils.engine.tracing, "AFTER", 5)
    settings = [{"model": model, "optimizer": momentum, "lr": lr, "batch_size": 32} for lr in (0.1, 0.01)]
    ways = ways_of(BLOBS, settings)
    chunks = divide(settings, list(range(12)), ways, workers=4)
    assert len(chunks) == 1  # too few networks to share out
    monkeypatch.setattr(course_utils.engine.chunks, "SMALL", 3)
    chunks = divide(settings, list(range(12)), ways, workers=8)
    assert [len(chunk) for chunk in chunks] == [3] * 8
    one, *eight = ([outcome["weights"] for outcome in list(train_together(BLOBS, chunks, 3, None, threads))[-1]]
                   for threads in (1, 8, 8, 8))
    assert all(np.array_equal(a, b) for again in eight for a, b in zip(one, again, strict=True))


@pytest.fixture
def forks(monkeypatch):
    """Two threads, small stacks, which go on in forked processes after their first epoch; a list of their starts."""
    threads, started, far_away = torch.get_num_threads(), [], course_utils.engine.chunks.far_away
    monkeypatch.setattr(course_utils.engine.processes, "cores", lambda: 2)
    monkeypatch.setattr(course_utils.engine.chunks, "far_away", lambda *a, **k: started.append(a) or far_away(*a, **k))
    for name, value in (("SMALL", 3), ("LOOK", 0.0), ("WORTH", 0.0)):
        monkeypatch.setattr(course_utils.engine.chunks, name, value)
    torch.set_num_threads(2)
    yield started
    torch.set_num_threads(threads)


GRID = dict(lr=[0.1, 0.01], optimizer=momentum, seeds=range(6), epochs=5, batch_size=32)
forking = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are forked on Linux only")


@forking
def test_stacks_that_take_long_go_on_in_forked_processes_to_the_same_bits(forks, monkeypatch):
    monkeypatch.setattr(course_utils.engine.tracing, "AFTER", 5)
    away = quiet(**GRID)
    assert len(forks) == 1 and len(away.history["val_loss"].shape) == 3
    monkeypatch.setattr(course_utils.engine.chunks, "WORTH", float("inf"))
    assert same_bits(away, quiet(**GRID)) and len(forks) == 1
    torch.set_num_threads(1)
    assert same_bits(away, quiet(**GRID))


@forking
def test_more_chunks_than_processes_come_back_in_their_order(forks):
    settings = [{"model": SMOOTH, "optimizer": momentum, "lr": lr, "batch_size": 32} for lr in (0.1, 0.01)]
    chunks = divide(settings, list(range(14)), ways_of(BLOBS, settings), workers=7)
    assert len(chunks) == 7
    one, three = (list(train_together(BLOBS, chunks, 4, None, threads)) for threads in (1, 3))
    assert len(forks) == 2 and len(one) == len(three) == 4
    assert all(np.array_equal(a[name], b[name]) for x, y in zip(one, three, strict=True)
               for a, b in zip(x, y, strict=True) for name in a if name != "buffers")


@forking
def test_a_killed_fork_costs_nothing_but_time(forks, tmp_path, capsys):
    found = quiet(**GRID | {"lr": [partial(dies_once, str(tmp_path / "died"), os.getpid(), 40, 0.1), 0.01]})
    said = capsys.readouterr().out
    assert (tmp_path / "died").exists() and "a process that trained a share of the networks ended" in said
    torch.set_num_threads(1)
    assert same_bits(found, quiet(**GRID))


@forking
def test_an_interrupt_of_forked_stacks_keeps_the_epochs_that_are_done(forks, capsys):
    with interrupted(1.5):
        found = quiet(**GRID | {"epochs": 20_000})
    assert len(forks) == 1 and 0 < found.epochs < 20_000 and "epochs are done and kept" in capsys.readouterr().out
    n = min(5, found.epochs)
    assert np.array_equal(found.history["val_loss"][:, :, :n], quiet(**GRID).history["val_loss"][:, :, :n])
    time.sleep(0.5)
    assert not multiprocessing.active_children()


def test_chunks_are_even_shares_for_the_workers():
    setting = {"model": SMOOTH, "optimizer": sgd, "lr": 0.1, "batch_size": 32}
    sizes = lambda n, workers: [len(chunk) for chunk in divide([setting], list(range(n)), [Way("layers")], workers)]
    assert sizes(30, 2) == [30] and sizes(80, 2) == [40, 40] and sizes(240, 2) == [120, 120]
    assert sizes(800, 2) == [134, 134, 133, 133, 133, 133] and sizes(800, 1) == [160] * 5
    assert [len(chunk) for chunk in divide([setting], list(range(240)), [Way("layers")], most=80)] == [80] * 3
    assert sizes(1, 8) == [1] and sum(sizes(8000, 3)) == 8000 and max(sizes(8000, 3)) <= 160


def test_run_k_of_every_setting_starts_alike_and_sees_the_same_batches():
    """Steps too small to matter leave the start, and the gradient on the last batch of the epoch."""
    runs = quiet(lr=(1e-30, 1e-29), seeds=[3, 4], epochs=1, batch_size=[32, 500])
    start = weights(runs).view(4, 2, -1)
    assert torch.allclose(start[0].expand_as(start), start, atol=1e-20) and not torch.equal(start[0, 0], start[0, 1])
    assert np.allclose(runs.history["gradient_norm"][0], runs.history["gradient_norm"][2], rtol=1e-5)


def test_optimizers_that_agree_in_theory_agree_run_by_run():
    plain, heavy = quiet(epochs=10), quiet(optimizer=momentum, beta=0.0, epochs=10)
    assert same_runs(plain, heavy)
    assert same_runs(quiet(optimizer=adam, lr=0.01, epochs=10),
                     quiet(optimizer=adamw, lr=0.01, weight_decay=0.0, epochs=10))


def test_models_optimizers_and_schedules_may_be_lists():
    runs = quiet(model=[SMOOTH, own(2, 3)], optimizer=[sgd, momentum], lr=[0.01, cosine(0.1, 48)], seeds=[1])
    assert len(runs.settings) == 8
    for i, s in enumerate(runs.settings):
        network, _ = plain_run(s["model"], BLOBS, s["optimizer"], s["lr"], 3, seed=1)
        ours = torch.nn.utils.parameters_to_vector(runs.run(i, 1).module().parameters())
        assert torch.allclose(ours, torch.nn.utils.parameters_to_vector(network.parameters()), atol=1e-4)
    assert runs.table().lr.tolist().count("cosine(0.1, 48, 0)") == 4


def test_any_list_of_settings_can_be_swept_each_with_hyperparameters_of_its_own():
    settings = [{"model": SMOOTH, "optimizer": sgd, "lr": 0.1}, {"model": own(2, 3), "optimizer": adam, "lr": 0.01},
                {"model": SMOOTH, "optimizer": momentum, "lr": 0.01, "beta": 0.5, "batch_size": 64}]
    runs = sweep_settings(BLOBS, settings, seeds=[3, 4], epochs=3, progress=False)
    assert runs.values("batch_size") == [32, 32, 64] and runs.names()[2].endswith("batch_size 64, beta 0.5")
    for i, s in enumerate(runs.settings):
        options = {name: value for name, value in s.items() if name not in ("model", "optimizer", "lr")}
        alone = quiet(s["model"], optimizer=s["optimizer"], lr=s["lr"], seeds=[4], **options).run(0, 4)
        assert torch.allclose(alone.weights, runs.run(i, 4).weights, rtol=0, atol=1e-5)


@pytest.mark.parametrize("settings, says", [
    ([], "empty list"), ([{"optimizer": sgd, "lr": 0.1}], "model must be"),
    ([{"model": SMOOTH, "optimizer": sgd}], "lr must be"),
    ([{"model": SMOOTH, "lr": 0.1}], "optimizer must be"),
    ([{"model": SMOOTH, "optimizer": sgd, "lr": 0.1, "beta": 0.9}], "no hyperparameter 'beta'"),
])
def test_a_setting_that_cannot_be_trained_is_named(settings, says):
    with pytest.raises((TypeError, ValueError), match=says):
        sweep_settings(BLOBS, settings)


def test_a_rate_that_needs_feedback_gets_each_networks_own_validation_losses():
    plateau = reduce_on_plateau(0.3, factor=0.5, patience=1, threshold=0.01)
    runs = quiet(lr=[plateau, 0.3], seeds=[0, 1, 2], epochs=30)
    rates, losses = runs.history["mean_lr"][0], runs.history["val_loss"][0]
    for k in range(3):
        expected = [plateau(16 * epoch, losses[k, :epoch]) for epoch in range(30)]
        assert np.allclose(rates[k], expected) and len(set(expected)) > 2
    assert len({tuple(r) for r in rates}) > 1 and np.allclose(runs.history["mean_lr"][1], 0.3)


def test_the_rate_in_the_history_is_the_mean_over_the_steps_of_each_epoch():
    runs = quiet(lr=[cosine(0.1, 48)], seeds=[0])
    rates = np.reshape([cosine(0.1, 48)(step) for step in range(48)], (3, 16))
    assert np.allclose(runs.history["mean_lr"][0, 0], rates.mean(axis=1))


def test_nothing_changes_in_torch_outside():
    torch.manual_seed(9)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        quiet(epochs=1)
        range_test(SMOOTH, BLOBS, sgd, n_steps=5, seeds=[0])
        assert torch.get_num_threads() == 2 and torch.equal(torch.get_rng_state(), before)
    finally:
        torch.set_num_threads(threads)


# Looking at parts of a sweep, and putting two together

def test_two_sweeps_make_one(runs):
    first, second = runs.select(lr=0.1), runs.select(lr=0.01)
    both = first + second
    assert both.settings == first.settings + second.settings and both.seeds == runs.seeds
    assert all(np.array_equal(h, np.concatenate([first.history[name], second.history[name]]))
               for name, h in both.history.items())
    last, n = len(both.settings) - 1, len(second.settings) - 1
    assert torch.equal(both.run(last, 1).weights, second.run(n, 1).weights)
    assert both.ways == first.ways + second.ways and both.diverged_at.shape == (last + 1, len(runs.seeds))
    assert both.best(allow_edge=True) == runs.select(lr=[0.1, 0.01]).best(allow_edge=True)
    assert (first.at_epoch(2) + second.at_epoch(2)).weights == []


def test_sweeps_that_are_not_alike_make_none(runs):
    first, second = runs.select(lr=0.1), runs.select(lr=0.01)
    with pytest.raises(ValueError, match="must have the same seeds"):
        first + second.of_seeds([0])
    with pytest.raises(ValueError, match=r"must have the same epochs, got \d+ and 2"):
        first + second.at_epoch(2)
    with pytest.raises(ValueError, match="must share no setting"):
        first + runs
    with pytest.raises(ValueError, match="must have the same data"):
        first + replace(second, data=replace(second.data))
    with pytest.raises(TypeError):
        first + 1


def test_select_keeps_the_settings_that_match(runs):
    part = runs.select(lr=0.01, beta=0.9)
    assert [s["batch_size"] for s in part.settings] == [100, 250]
    assert np.array_equal(part.history["val_loss"], runs.history["val_loss"][[5, 7]])
    assert torch.equal(part.run(1, 2).weights, runs.run(7, 2).weights)
    assert len(runs.select(beta=[0.0, 0.9]).settings) == len(runs.select(beta=np.array([0.0, 0.9])).settings) == 8
    assert len(runs.select(optimizer=momentum).settings) == len(runs.select(optimizer="momentum").settings) == 8


def test_at_epoch_is_the_sweep_that_stopped_there():
    longer, shorter = quiet(epochs=4), quiet(epochs=2)
    early = longer.at_epoch(2)
    assert early.epochs == 2 and all(np.array_equal(early.history[k], shorter.history[k]) for k in shorter.history)
    assert early.table().equals(shorter.table()) and longer.epochs == 4


def test_at_epoch_knows_only_what_had_diverged_by_then():
    runs = quiet(linear(10, 1), DIABETES, lr=(1e3, 0.01), seeds=[0], epochs=6, batch_size=121)
    at = int(runs.diverged_at[0, 0])
    assert 4 < at < 12 and not runs.diverged[1, 0]
    assert [bool(runs.at_epoch(e).diverged[0, 0]) for e in range(1, 7)] == [2 * e >= at for e in range(1, 7)]


def test_run_is_one_network_of_the_sweep(runs):
    run = runs.run(3, 1)
    assert run.seed == 1 and run.setting == runs.settings[3]
    assert np.array_equal(run.history["train_loss"], runs.history["train_loss"][3, 1])
    answers = run.predict(BLOBS.x_test)
    assert np.mean(answers == BLOBS.y_test) == pytest.approx(run.history["test_accuracy"][-1], abs=1e-6)


def test_names_tell_settings_apart(runs):
    assert len(set(runs.names())) == 8 and runs.names()[0] == "lr 0.1, batch_size 100, beta 0"
    assert runs.select(lr=0.1, beta=0.0, batch_size=100).names() == ["lr 0.1"]
    assert len(runs.summary().splitlines()) == 8


# Divergence is a result

def test_a_run_that_diverges_is_recorded_and_leaves_the_others_alone():
    model = linear(10, 1)
    both = quiet(model, DIABETES, lr=(1e6, 0.01), epochs=5)
    assert both.diverged.tolist() == [[True] * 3, [False] * 3]
    assert both.diverged_at[0].tolist() == [plain_run(model, DIABETES, sgd, 1e6, 5, seed=seed)[1] for seed in range(3)]
    alone = quiet(model, DIABETES, lr=0.01, epochs=5)
    assert torch.allclose(weights(both)[3:], weights(alone), atol=1e-6)
    assert both.table().diverged.tolist() == [True] * 3 + [False] * 3
    assert both.summary().splitlines()[0] == "lr 1e+06: test loss none (mean ± sd), 3 of 3 diverged"


def test_scores_of_a_network_that_blew_up_are_nan_not_chance():
    runs = quiet(lr=(1e38, 0.1), seeds=[0], epochs=2)
    assert runs.diverged[:, 0].tolist() == [True, False]
    assert np.isnan(runs.history["test_accuracy"][0]).all() and np.isfinite(runs.history["test_accuracy"][1]).all()


def test_weights_blown_up_by_the_very_last_step_count():
    run = train(linear(10, 1), DIABETES, sgd, 3e38, epochs=1, batch_size=242)
    assert run.diverged_at == 1 and not np.isfinite(run.history["train_loss"]).any()


# Choosing

def made(val, test=None, lr=(0.1, 0.01, 0.001), diverged=(), data=BLOBS, **hyper):
    """A sweep with given final scores (setting, seed), as if it had been trained."""
    val = np.array(val, dtype=float)
    score = "accuracy" if data.task == "classification" else "loss"
    history = {f"val_{score}": val[:, :, None], f"test_{score}": (val if test is None else np.array(test))[:, :, None]}
    history["train_loss"] = np.zeros((*val.shape, 1))
    at = np.full(val.shape, -1)
    for place in diverged:
        at[place] = 3
    settings = [{"model": SMOOTH, "optimizer": sgd, "lr": rate, "batch_size": 32} for rate in lr]
    return Sweep(data, settings, list(range(val.shape[1])), history, [], at, 1)


def test_best_is_chosen_by_validation_and_reported_on_test():
    best = made([[0.7, 0.7], [0.8, 0.9], [0.6, 0.6]], test=[[0.99, 0.99], [0.5, 0.7], [0.99, 0.99]]).best()
    assert best.setting["lr"] == 0.01 and best.val_mean == pytest.approx(0.85)
    assert (best.test_mean, best.test_sd) == pytest.approx((0.6, np.std([0.5, 0.7], ddof=1)))
    assert best.test_low < 0.6 < best.test_high and best.n_seeds == 2
    assert str(best).startswith("lr 0.01: test accuracy 0.600 [") and "chosen by validation accuracy 0.850" in str(best)


def test_the_test_part_has_no_say_in_the_choice():
    rates = (1.0, 0.1, 0.001, 1e-5)
    fair = quiet(lr=rates, epochs=5)
    wrong = quiet(lr=rates, epochs=5, data=replace(BLOBS, y_test=(BLOBS.y_test + 1) % 3))
    assert wrong.best().setting == fair.best().setting and wrong.best().val_mean == fair.best().val_mean
    assert wrong.best().test_mean < 0.5 < fair.best().test_mean


def test_some_seeds_choose_and_others_report():
    val, test = [[0.7, 0.9, 0.7, 0.7], [0.8, 0.8, 0.8, 0.8], [0.1] * 4], [[0.2] * 4, [0.5, 0.6, 0.7, 0.8], [0.1] * 4]
    runs = made(val, test)
    best = runs.best(choose_on=[0, 2], report_on=[1, 3])
    assert best.setting["lr"] == 0.01 and best.test_mean == pytest.approx(0.7) and best.n_seeds == 2
    assert runs.best(choose_on=[0, 2]) == runs.best(report_on=[1, 3]) == best
    assert runs.best(choose_on=1, allow_edge=True).setting["lr"] == 0.1  # here seed 1 alone would choose otherwise
    assert runs.best(choose_on=range(3)).n_seeds == 1


@pytest.mark.parametrize("sides, says", [
    ({"choose_on": [0, 9]}, r"choose_on must name seeds of the sweep, \[0, 1, 2\]; got \[9\]"),
    ({"report_on": []}, r"report_on must name seeds of the sweep, \[0, 1, 2\]; got \[\]"),
    ({"choose_on": [0, 1], "report_on": [1, 2]}, r"must not share seeds; both hold \[1\]"),
    ({"choose_on": range(3)}, "must leave each other some"), ({"report_on": range(3)}, "must leave each other some"),
])
def test_seeds_that_choose_and_report_are_apart(sides, says):
    with pytest.raises(ValueError, match=says):
        made(np.full((3, 3), 0.5)).best(**sides)


def test_part_of_the_seeds_is_the_sweep_of_those_seeds():
    runs = quiet(lr=[0.1, 0.01], seeds=[5, 6, 7], epochs=2)
    part, alone = runs.of_seeds([7, 5]), quiet(lr=[0.1, 0.01], seeds=[7, 5], epochs=2)
    assert part.seeds == [7, 5] and np.allclose(part.final("val_loss"), alone.final("val_loss"), atol=1e-5)
    assert torch.equal(part.run(1, 5).weights, runs.run(1, 5).weights)
    for seeds in ([9], [], [5, 5]):
        with pytest.raises(ValueError, match=r"seeds must be some of \[5, 6, 7\], each once"):
            runs.of_seeds(seeds)


@pytest.mark.parametrize("data, model, score", [(BLOBS, SMOOTH, "accuracy"), (DIABETES, linear(10, 1), "loss")])
def test_examples_scored_one_by_one_give_the_scores_of_training(data, model, score):
    runs = quiet(model=model, data=data, lr=[0.1, 0.01], epochs=2, seeds=range(3))
    found = runs.scores_on(data.x_test, data.y_test)
    assert found.shape == (2, 3, len(data.y_test))
    assert np.allclose(found.mean(axis=2), runs.final(f"test_{score}"), atol=1e-5)


def test_loss_decides_for_values_and_lower_is_better():
    best = made([[0.7], [0.2], [0.6]], data=DIABETES).best()
    assert best.setting["lr"] == 0.01 and best.metric == "loss" and best.val_mean == pytest.approx(0.2)
    assert np.isnan(best.test_sd) and best.test_low == -np.inf


@pytest.mark.parametrize("val, side", [([[0.9], [0.8], [0.7]], "above, for example to 1$"),
                                       ([[0.7], [0.8], [0.9]], "below, for example to 0.0001$")])
def test_a_best_rate_on_the_edge_of_the_grid_is_an_error_that_names_the_side(val, side):
    with pytest.raises(GridEdgeError, match=f"edge of the grid 0.001 … 0.1; extend it {side}"):
        made(val).best()
    assert made(val).best(allow_edge=True).val_mean == pytest.approx(0.9)
    assert made(val, lr=[cosine(r, 10) for r in (0.1, 0.2, 0.3)]).best().val_mean == pytest.approx(0.9)
    assert made(val[:2], lr=(0.1, 0.01)).best().val_mean == pytest.approx(max(val[:2])[0])  # two rates make no grid


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 0, 2]])
def test_of_equals_one_inside_the_grid_is_chosen(order):
    rates = np.array([0.1, 0.01, 0.001])[order].tolist()
    assert made([[0.8], [0.8], [0.8]], lr=rates).best().setting["lr"] == 0.01
    with pytest.raises(GridEdgeError):
        made(np.array([[0.8], [0.7], [0.8]])[order], lr=rates).best()


def test_a_setting_with_a_run_that_diverged_is_never_chosen():
    val = [[0.9, 0.9], [0.8, 0.8], [0.7, 0.7], [0.6, 0.6]]
    runs = made(val, lr=(1.0, 0.1, 0.01, 0.001), diverged=[(0, 1)])
    assert runs.best().setting["lr"] == 0.1
    assert made([[np.nan], [0.8], [0.7]]).best().setting["lr"] == 0.01
    with pytest.raises(ValueError, match="every setting had a run that diverged"):
        made(val, lr=(1.0, 0.1, 0.01, 0.001), diverged=[(i, 0) for i in range(4)]).best()


def test_best_may_be_asked_of_a_part(runs):
    best = runs.best(batch_size=100, beta=0.9)
    assert best.setting["batch_size"] == 100 and best.setting["beta"] == 0.9
    val = runs.final("val_accuracy").mean(axis=1)
    assert best.val_mean == pytest.approx(max(val[1], val[5]))


# Interrupts, executors, the range test

def interrupting(at_step):
    def schedule(step):
        if step == at_step:
            raise KeyboardInterrupt
        return 0.1
    return schedule


def test_an_interrupt_keeps_the_epochs_that_are_done(capsys):
    """The chunk of batch size 500 has done its third epoch when the other is stopped in the middle of it."""
    stopped = quiet(lr=interrupting(37), batch_size=[500, 32], seeds=[0, 1], epochs=10)
    assert stopped.epochs == 2 and stopped.planned_epochs == 10 and "2 of 10 epochs" in capsys.readouterr().out
    done = quiet(lr=0.1, batch_size=[500, 32], seeds=[0, 1], epochs=2)
    assert same_runs(stopped, done, 1e-7) and stopped.table().shape == done.table().shape
    assert {h.shape for h in stopped.history.values()} == {(2, 2, 2)}


def test_an_interrupt_before_the_first_epoch_is_passed_on():
    threads = torch.get_num_threads()
    with pytest.raises(KeyboardInterrupt):
        quiet(lr=interrupting(7))
    assert torch.get_num_threads() == threads


def test_worker_processes_train_the_same_networks(monkeypatch):
    monkeypatch.setattr(course_utils.engine.chunks, "CHUNK", 2)  # several chunks, so that both workers have one
    grid = {"lr": [0.1, cosine(0.1, 48), 1e38], "batch_size": [32, 100], "seeds": [0, 1]}
    here = quiet(**grid)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        there = quiet(**grid, executor=pool)
    fine = ~here.diverged
    assert np.array_equal(here.diverged_at, there.diverged_at) and fine.sum() == 8
    for name, h in here.history.items():
        assert np.allclose(h[fine], there.history[name][fine], atol=1e-5)
    assert all(torch.allclose(here.weights[i][k], there.weights[i][k], atol=1e-5) for i, k in np.argwhere(fine))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
@pytest.mark.parametrize("model", [SMOOTH, own(2, 3)], ids=["layers", "own-module"])
def test_a_gpu_trains_the_same_networks(model):
    grid = {"optimizer": adam, "lr": [0.01, cosine(0.01, 160), reduce_on_plateau(0.01)], "seeds": [0, 1], "epochs": 10}
    here, there = quiet(model, **grid), quiet(model, **grid, device="cuda")
    assert same_runs(here, there, 1e-3) and there.run(0, 1).weights.device.type == "cpu"


def test_an_error_in_a_worker_reaches_the_caller():
    with ThreadPoolExecutor(1) as pool, pytest.raises(ZeroDivisionError):
        quiet(lr=lambda step: 1 / (3 - step), executor=pool)


def test_range_test_raises_the_rate_from_end_to_end_by_a_constant_factor():
    found = range_test(SMOOTH, BLOBS, sgd, 1e-4, 3.0, n_steps=37, seeds=[4, 5, 6])
    assert found.rates.shape == (37,) and found.losses.shape == (3, 37) and found.seeds == [4, 5, 6]
    assert found.rates[0] == 1e-4 and found.rates[-1] == 3.0
    assert np.allclose(found.rates[1:] / found.rates[:-1], (3.0 / 1e-4) ** (1 / 36))


def test_range_test_records_the_loss_of_each_batch_before_its_step():
    rates = np.geomspace(1e-3, 0.1, 40)
    found = range_test(SMOOTH, BLOBS, momentum, 1e-3, 0.1, n_steps=40, seeds=[1], batch_size=100, beta=0.5)
    network, order = None, torch.Generator().manual_seed(1)
    torch.manual_seed(1)
    network = SMOOTH()
    optimizer, losses = torch.optim.SGD(network.parameters(), 0.1, momentum=0.5), []
    for epoch in range(8):
        for step, rows in enumerate(torch.randperm(500, generator=order).split(100)):
            optimizer.param_groups[0]["lr"] = rates[5 * epoch + step]
            x, y = torch.tensor(BLOBS.x_train)[rows], torch.tensor(BLOBS.y_train)[rows]
            loss = torch.nn.functional.cross_entropy(network(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    assert np.allclose(found.losses[0], losses, atol=1e-4)


def test_range_test_runs_on_through_divergence():
    found = range_test(linear(10, 1), DIABETES, sgd, 1e-2, 1e6, n_steps=60, seeds=[0])
    assert np.isfinite(found.losses[0, :10]).all() and not np.isfinite(found.losses[0, -1])
