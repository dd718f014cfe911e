"""What a sweep is asked for and how it is carried out: where, under which bar, with how many threads, kept in which
folder.
"""

import io
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import tqdm.notebook
from ipywidgets import Widget

from course_utils.data import Dataset
from course_utils.engine import execution
from course_utils.engine.compare import Way
from course_utils.engine.execution import checked, execute, grid, values_of, ways_of, whole_seeds
from course_utils.models import linear
from course_utils.optimizers import sgd
from course_utils.schedules import reduce_on_plateau
from course_utils.sweep import sweep

ROWS = np.random.default_rng(0).normal(size=(12, 2)).astype("float32")
PAIRS = Dataset("pairs", *[ROWS, ROWS @ np.float32([[1, 2], [0, 3]])] * 3)  # two values an example
MODEL = linear(2, 2)


def settings(*rates, size=12):
    return [{"model": MODEL, "optimizer": sgd, "lr": lr, "batch_size": size} for lr in rates]


def six_networks(**options):
    return sweep(MODEL, PAIRS, sgd, [0.1, 0.01], seeds=[0, 1, 2], epochs=2, batch_size=12, **options)


# What a sweep is asked for

def test_numbers_whose_gradient_is_followed_are_values_too():
    assert values_of("lr", torch.tensor([0.5, 0.25], requires_grad=True)) == [0.5, 0.25]


@pytest.mark.parametrize("value", [[0.5, 0.25], 0.5], ids=repr)
def test_numbers_of_a_kind_that_numpy_does_not_have_are_values_too(value):
    assert values_of("lr", torch.tensor(value, dtype=torch.bfloat16)) == (value if isinstance(value, list) else [value])


class Column:
    """A column of another library's table, as polars has them."""

    def to_numpy(self):
        return np.array([0.5, 0.25])

    def __array__(self, dtype=None, copy=None):
        return self.to_numpy()


def test_a_column_of_any_library_is_a_list_of_values():
    assert values_of("lr", Column()) == [0.5, 0.25]


@pytest.mark.parametrize("kind", [np.array, torch.tensor])
def test_an_array_of_two_axes_is_refused_by_its_shape(kind):
    with pytest.raises(ValueError, match=r"^lr must be a plain list of values, got an array of shape \(2, 1\)$"):
        values_of("lr", kind([[0.1], [0.2]]))


@pytest.mark.parametrize("name", ["model", "optimizer", "lr", "batch_size"])
def test_an_axis_without_values_is_named(name):
    with pytest.raises(ValueError, match=f"^{name} is an empty list: there is nothing to train$"):
        grid(**{"model": MODEL, "optimizer": sgd, "lr": 0.1, "batch_size": 12, "hyper": {}, name: []})


def test_a_tuple_given_to_a_function_is_a_list_of_values_though_its_default_be_a_tuple():
    def stepped(w, g, state, lr, beta=(0.9,)):
        return w - lr * g, state
    assert [s["beta"] for s in grid(MODEL, stepped, 0.1, 12, {"beta": (0.5, 0.25)})] == [0.5, 0.25]


def test_a_batch_has_32_examples_unless_told_otherwise():
    rows = np.zeros((40, 2), dtype="float32")
    [setting] = checked(Dataset("rows", *[rows] * 6), [{"model": MODEL, "optimizer": sgd, "lr": 0.1}])
    assert setting["batch_size"] == 32


def test_a_schedule_that_follows_the_losses_is_shown_those_of_no_epoch():
    seen = []
    follows = lambda step, losses: seen.append((step, list(losses))) or 0.1
    assert len(checked(PAIRS, settings(reduce_on_plateau(0.1), follows))) == 2
    assert seen == [(0, [])] * 2


def test_a_schedule_that_is_used_up_at_its_first_step_alone_is_refused():
    asked = []
    with pytest.raises(ValueError, match=r"which gave 0\.1 and then 0\.05 for step 0$"):
        checked(PAIRS, settings(lambda step: 0.1 if step else asked.append(step) or 0.1 / len(asked)))


def test_seeds_go_up_to_the_largest_of_64_bits():
    assert whole_seeds([126, 2**63 - 1]) == [126, 2**63 - 1]
    for seed in (2**63, 2**64):
        with pytest.raises(ValueError, match=rf"^seeds must lie below 2\*\*63, got {seed}$"):
            whole_seeds([0, seed])


# Where it is carried out

def stopped_at(step):
    """A rate that interrupts the third epoch."""
    if step == 6:
        raise KeyboardInterrupt
    return 0.1


@pytest.mark.parametrize("kept", [False, True])
def test_an_interrupt_finds_all_networks_at_one_epoch_or_whole_chunks_where_they_are_kept(kept, tmp_path):
    asked = settings(stopped_at) + settings(stopped_at, size=4)  # a step an epoch, and three
    record, stopped = execute(PAIRS, asked, [0], 4, ways_of(PAIRS, asked), progress=False,
                              resume=tmp_path if kept else None)
    assert stopped and record.done.sum(axis=2).ravel().tolist() == ([4, 0] if kept else [2, 2])


def test_what_went_through_was_not_stopped():
    asked = settings(0.1)
    record, stopped = execute(PAIRS, asked, [0], 2, ways_of(PAIRS, asked), progress=False)
    assert stopped is False and record.done.all()


@pytest.mark.parametrize("client", [False, True], ids=["executor", "dask-client"])
def test_chunks_are_sent_to_the_executor_or_to_that_of_the_client(client, monkeypatch):
    sent, here = [], six_networks(progress=False)
    with ThreadPoolExecutor(1) as pool:
        submit = pool.submit
        monkeypatch.setattr(pool, "submit", lambda train, data, chunk, *rest: sent.append(len(chunk))
                            or submit(train, data, chunk, *rest))
        there = six_networks(progress=False, executor=SimpleNamespace(get_executor=lambda: pool) if client else pool)
    assert sum(sent) == 6 and np.allclose(there.final("test_loss"), here.final("test_loss"), rtol=1e-4)


@pytest.mark.parametrize("had, device, used", [
    (1, None, 1), (3, None, 3), (1000, None, execution.MOST_THREADS), (3, "cpu", 1), (1000, "cpu", 1)])
def test_chunks_are_shared_out_to_the_threads_that_torch_had_but_not_to_too_many(monkeypatch, had, device, used):
    asked = []
    monkeypatch.setattr(execution, "one_thread", lambda: nullcontext(had))
    monkeypatch.setattr(execution, "divide", lambda settings, seeds, ways, workers, loss: asked.append(workers) or [])
    monkeypatch.setattr(execution, "_side_by_side",
                        lambda data, chunks, epochs, device, threads, *rest: asked.append(threads))
    execute(PAIRS, settings(0.1), [0], 1, [Way("layers")], device=device, progress=False)
    assert asked == [used, used]


@pytest.mark.parametrize("seconds, stacks, stops, times", [
    (1.5, ["layers"], False, 1), (1.5, ["", "layers"], False, 1), (1.5, ["layers"], True, 1), (1.5, [""], False, 0),
    (0.5, ["layers"], False, 0), (0.5, [""], False, 0)])
def test_memory_is_given_back_after_stacks_that_took_over_a_second(monkeypatch, seconds, stacks, stops, times):
    now, given = [100.0], []

    def trains(*told):
        now[0] += seconds
        if stops:
            raise KeyboardInterrupt
    monkeypatch.setattr(execution, "perf_counter", lambda: now[0])
    monkeypatch.setattr(execution, "_side_by_side", trains)
    monkeypatch.setattr(execution, "give_back_memory", lambda: given.append(now[0]))
    _, stopped = execute(PAIRS, settings(*[0.1, 0.01][:len(stacks)]), [0], 1, list(map(Way, stacks)), progress=False)
    assert stopped == stops and len(given) == times


@pytest.mark.parametrize("variable, resume, folder", [
    (None, None, None), ("", None, None), ("all", None, "all"), (None, "own", "own"), ("all", "own", "own"),
    ("", "own", "own")])
def test_the_folder_is_that_of_the_call_or_else_of_the_environment(monkeypatch, tmp_path, variable, resume, folder):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COURSE_RESUME", raising=False)
    if variable is not None:
        monkeypatch.setenv("COURSE_RESUME", variable)
    six_networks(progress=False, resume=resume)
    assert [path.name for path in tmp_path.iterdir()] == ([folder] if folder else [])
    assert len(list(tmp_path.glob("*/*.npz"))) == bool(folder)


# Under which bar

class Noted(execution._Bar):
    """A bar that writes into a string."""

    monitor_interval = 0  # no thread

    def __init__(self, **options):
        self.text = io.StringIO()
        super().__init__(file=self.text, **options)


@pytest.fixture
def bars(monkeypatch):
    made = []
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    monkeypatch.setattr(execution, "_Bar", lambda **options: made.append(Noted(**options)) or made[-1])
    return made


@pytest.mark.parametrize("way", ["side by side", "one by one", "found", "sent"])
def test_a_bar_counts_the_epochs_of_all_networks_to_the_last_and_vanishes(bars, tmp_path, way):
    kept = tmp_path if way in ("one by one", "found") else None
    if way == "found":
        six_networks(progress=False, resume=kept)
    with ThreadPoolExecutor(1) as pool:
        six_networks(resume=kept, executor=pool if way == "sent" else None)
    bar, shown = bars[-1], bars[-1].text.getvalue()
    assert (bar.n, bar.total, bar.unit) == (12, 12, "epoch")
    assert "2 settings × 3 seeds:" in shown and "/12" in shown and "epoch/s" in shown
    assert not shown.endswith("\n") and not shown.strip("\r").split("\r")[-1].strip()


def test_a_bar_is_shown_unless_told_otherwise(bars):
    asked = settings(0.1)
    ways = ways_of(PAIRS, asked)
    for told in ({}, {"progress": True}, {"progress": False}):
        execute(PAIRS, asked, [0], 1, ways, **told)
    assert [bool(bar.text.getvalue()) for bar in bars] == [True, True, False]


class InNotebook(execution._Bar, tqdm.notebook.tqdm):
    """The bar as it is in a notebook."""

    monitor_interval = 0


@pytest.mark.parametrize("kind", [execution._Bar, InNotebook])
@pytest.mark.parametrize("progress, variable, off", [(True, None, False), (True, "0", False), (False, None, True),
                                                     (True, "1", True)])
def test_a_progress_bar_is_turned_off_by_the_call_or_by_the_environment(monkeypatch, kind, progress, variable, off):
    monkeypatch.setattr(execution, "_Bar", kind)
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    if variable is not None:
        monkeypatch.setenv("TQDM_DISABLE", variable)
    with execution.progress_bar(progress, 3, "epoch") as shown:
        assert type(shown) is kind and shown.disable == off


@pytest.mark.parametrize("n", [3, 2])
def test_the_widgets_of_a_bar_leave_with_it_and_all_stay_where_it_was_cut_short(n):
    with InNotebook(total=3, leave=False) as bar:
        parts = [bar.container, *bar.container.children]
        widgets = [w for part in parts for w in (part, *part.trait_values().values()) if isinstance(w, Widget)]
        assert len(widgets) > 8 and all(w.comm is not None for w in widgets)  # four parts, layouts, styles
        bar.update(n)
    assert {w.comm is None for w in widgets} == {n == 3}
