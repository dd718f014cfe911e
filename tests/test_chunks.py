"""Sweeps that survive: killed workers, killed drivers, interrupts; all with real processes."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from pools import ENDS_BROKEN_POOLS

import course_utils.engine.chunks
from course_utils.data import load_sunspots, make_blobs
from course_utils.engine.chunks import divide
from course_utils.engine.compare import Way
from course_utils.engine.store import Store
from course_utils.models import cnn, mlp, rnn
from course_utils.optimizers import momentum, sgd
from course_utils.sweep import sweep

DATA = make_blobs()
GRID = dict(model=mlp(2, 8, 3), data=DATA, optimizer=sgd, lr=[0.1, 0.01], seeds=range(6), epochs=3, progress=False)
ALONE = GRID | {"model": mlp(2, 8, 3), "optimizer": torch.optim.SGD}  # network by network
HERE = Path(__file__).parent
STACKED = [Way("layers")]


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(course_utils.engine.chunks, "CHUNK", 2)  # six chunks, a seed each


def dies_once(marker, step):
    """A rate whose first asking in a worker process kills that process."""
    if multiprocessing.parent_process() is not None and step == 20 and not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return 0.1


def before_chunk(folder, n_files, then, train=course_utils.engine.chunks.train_all):
    """What trains a chunk, but for a call of `then` once the folder holds so many files."""
    def train_all(*arguments, **options):
        if len(list(Path(folder).glob("*.npz"))) == n_files:
            then()
        return train(*arguments, **options)
    return train_all


def interrupted():
    raise KeyboardInterrupt


def same(a, b):
    return all(np.allclose(a.history[name], b.history[name], equal_nan=True) for name in b.history) and all(
        np.allclose(v, w, 0, 1e-5) for x, y in zip(a.weights, b.weights, strict=True)
        for v, w in zip(x, y, strict=True))


def count_trained(monkeypatch):
    trained, train_all = [], course_utils.engine.chunks.train_all
    monkeypatch.setattr(course_utils.engine.chunks, "train_all",
                        lambda data, chunk, *rest: trained.append(chunk) or train_all(data, chunk, *rest))
    return trained


def driver_stalled_at(n_files, folder, grid="GRID"):
    """A driver in a process of its own that has finished so many chunks and is in the middle of the next."""
    code = f"""
import signal, time
import course_utils.engine.chunks as chunks
import test_chunks
from course_utils.sweep import sweep
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored by what runs in the background, and its children
    chunks.CHUNK = 2
    chunks.train_all = test_chunks.before_chunk({str(folder)!r}, {n_files}, lambda: time.sleep(120))
    runs = sweep(**test_chunks.{grid}, resume={str(folder)!r})
    print("seeds:", runs.seeds, flush=True)
"""
    process = subprocess.Popen([sys.executable, "-c", code], cwd=HERE, text=True, stdout=subprocess.PIPE)
    for _ in range(1200):
        if len(list(Path(folder).glob("*.npz"))) == n_files:
            time.sleep(0.5)  # from the file to the next chunk's first step
            return process
        assert process.poll() is None, "the driver ended before it was stopped"
        time.sleep(0.05)
    raise AssertionError("the driver did not get there in a minute")


@ENDS_BROKEN_POOLS
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_killed_worker_costs_nothing_but_time(tmp_path, capsys):
    rate = partial(dies_once, str(tmp_path / "died"))
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        runs = sweep(**GRID | {"lr": rate}, executor=pool)
    assert (tmp_path / "died").exists() and "trained here" in capsys.readouterr().out
    assert same(runs, sweep(**GRID | {"lr": rate}))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("name, kept, left", [("GRID", 2, 4), ("ALONE", 3, 9)])
def test_a_killed_driver_goes_on_where_it_was(name, kept, left, tmp_path, monkeypatch):
    driver = driver_stalled_at(kept, tmp_path, name)
    driver.kill()
    driver.wait()
    trained, grid = count_trained(monkeypatch), globals()[name]
    runs = sweep(**grid, resume=tmp_path)
    assert len(trained) == left and len(list(tmp_path.glob("*.npz"))) == kept + left
    assert same(runs, sweep(**grid))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_an_interrupted_driver_keeps_the_seeds_that_are_done(tmp_path):
    driver = driver_stalled_at(2, tmp_path)
    driver.send_signal(signal.SIGINT)
    printed = driver.communicate(timeout=60)[0]
    assert driver.returncode == 0 and "interrupted: 2 of 6 seeds" in printed and "seeds: [0, 1]" in printed


def test_an_interrupt_keeps_whole_seeds_with_their_scores(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(course_utils.engine.chunks, "train_all", before_chunk(tmp_path, 2, interrupted))
    runs = sweep(**GRID, resume=tmp_path)
    assert runs.seeds == [0, 1] and "2 of 6 seeds" in capsys.readouterr().out
    whole = sweep(**GRID)
    assert np.allclose(runs.history["val_loss"], whole.history["val_loss"][:, :2])
    assert np.allclose(runs.run(1, 1).weights, whole.run(1, 1).weights, 0, 1e-5)


def test_an_interrupt_before_the_first_seed_is_done_is_passed_on(tmp_path, monkeypatch):
    monkeypatch.setattr(course_utils.engine.chunks, "train_all", before_chunk(tmp_path, 0, interrupted))
    with pytest.raises(KeyboardInterrupt):
        sweep(**GRID, resume=tmp_path)


def test_resume_repeats_nothing_and_changes_nothing(tmp_path, monkeypatch):
    plain, first = sweep(**GRID), sweep(**GRID, resume=tmp_path)
    trained = count_trained(monkeypatch)
    again = sweep(**GRID, resume=tmp_path)
    assert same(first, plain) and same(again, plain) and not trained
    assert (again.diverged_at == plain.diverged_at).all()


@pytest.mark.parametrize("change", [
    {"lr": [0.1, 0.02]}, {"epochs": 4}, {"model": mlp(2, 9, 3)}, {"batch_size": 64}, {"seeds": range(6, 12)},
    {"optimizer": momentum}, {"optimizer": momentum, "beta": 0.5},
    {"data": replace(DATA, x_train=DATA.x_train + np.float32(1e-3))},
], ids=lambda change: "-".join(change))
def test_resume_takes_nothing_from_another_sweep(change, tmp_path, monkeypatch):
    sweep(**GRID, resume=tmp_path)
    trained = count_trained(monkeypatch)
    sweep(**GRID | change, resume=tmp_path)
    assert len(trained) == 6


def test_resume_knows_functions_by_what_they_do(tmp_path):
    setting = {"model": GRID["model"], "optimizer": sgd, "batch_size": 32}
    chunk = lambda rate: divide([setting | {"lr": rate}], [0], STACKED)[0]
    make = lambda lr: lambda step: lr
    path = Store(tmp_path, DATA, 3).path
    assert path(chunk(make(0.1))) == path(chunk(make(0.1))) != path(chunk(make(0.2)))
    assert path(chunk(lambda step: 0.1 * step)) != path(chunk(lambda step: 0.1 + step))


def test_resume_knows_classes_by_their_methods_and_arguments(tmp_path):
    class One:
        def forward(self, x):
            return x + 1

    class Two:
        def forward(self, x):
            return x + 2
    Two.__qualname__ = One.__qualname__
    path = lambda model: Store(tmp_path, DATA, 3).path(divide([{"model": model, "optimizer": sgd, "lr": 0.1,
                                                                "batch_size": 32}], [0], STACKED)[0])
    assert path(rnn(1)) == path(rnn(1)) != path(rnn(1, units=8)) and path(rnn(1)) != path(cnn(8, 1))
    assert path(partial(One)) == path(partial(One)) != path(partial(Two))


def test_resume_goes_on_with_models_that_are_classes(tmp_path, monkeypatch):
    grid = GRID | {"model": rnn(1, units=3), "data": load_sunspots(4), "epochs": 2}
    plain, first = sweep(**grid), sweep(**grid, resume=tmp_path)
    trained = count_trained(monkeypatch)
    assert same(first, plain) and same(sweep(**grid, resume=tmp_path), plain) and not trained


def test_a_half_written_file_is_not_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "replace", lambda a, b: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        sweep(**GRID, resume=tmp_path)
    monkeypatch.undo()
    monkeypatch.setattr(course_utils.engine.chunks, "CHUNK", 2)
    assert list(tmp_path.glob("*.part")) and same(sweep(**GRID, resume=tmp_path), sweep(**GRID))


def test_resume_must_be_a_folder(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="resume must name a folder"):
        sweep(**GRID, resume=tmp_path / "file")
    with pytest.raises(ValueError, match="^resume must name a folder, got ''; the one you work in is '.'$"):
        sweep(**GRID, resume="")


def test_a_fault_in_the_training_itself_is_raised(tmp_path):
    def breaks(step):
        raise ZeroDivisionError("a fault of the schedule")

    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(1) as pool, pytest.raises(ZeroDivisionError):
        sweep(**GRID | {"lr": breaks}, executor=pool)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_dask_cluster_gives_the_same_though_a_worker_is_killed(tmp_path):
    distributed = pytest.importorskip("distributed", reason="optional: pip install distributed")
    file, run = tmp_path / "scheduler.json", [sys.executable, "-m", "dask"]
    start = lambda *arguments: subprocess.Popen([*run, *arguments, "--scheduler-file", str(file)], cwd=HERE,
                                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    cluster = [start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")]
    try:
        cluster += [start("worker", "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--no-dashboard")
                    for _ in range(2)]
        with distributed.Client(scheduler_file=str(file), timeout="60s") as client:
            client.wait_for_workers(2, timeout=60)
            rate = partial(dies_in_dask, str(tmp_path / "died"))
            runs = sweep(**GRID | {"lr": rate}, executor=client.get_executor())
            assert len(client.scheduler_info()["workers"]) == 1
    finally:
        for process in cluster:
            process.kill()
            process.wait()
    assert (tmp_path / "died").exists() and same(runs, sweep(**GRID | {"lr": rate}))


def dies_in_dask(marker, step):
    """A rate whose first asking on a Dask worker kills that worker."""
    if "distributed.worker" in sys.modules and _on_a_worker() and step == 20 and not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return 0.1


def _on_a_worker():
    from distributed import get_worker

    try:
        return get_worker() is not None
    except ValueError:
        return False
