"""Chunks here, on threads, in other processes and with workers: which way they go, and what is said and counted."""

import math
import pickle
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest
import torch

from course_utils.data import make_blobs
from course_utils.engine import chunks
from course_utils.engine.chunks import Chunk, collect, one_thread, train_all
from course_utils.engine.compare import Way
from course_utils.engine.processes import WorkerDied
from course_utils.models import mlp
from course_utils.optimizers import sgd

BLOBS = make_blobs()
SETTING = {"model": mlp(2, 3, 3), "optimizer": sgd, "lr": 0.1, "batch_size": 250}
STEPS = math.ceil(len(BLOBS.x_train) / SETTING["batch_size"])


def chunk_of(seconds, n=2, stack=""):
    """Networks of which one step of one takes so many seconds, or a stack."""
    return Chunk([SETTING] * n, list(range(n)), (np.zeros(n, int), np.arange(n)), Way(stack, seconds=seconds))


STACK, SHORT, LONG = chunk_of(0.0, stack="layers"), chunk_of(1e-6), chunk_of(10.0)


def again(chunk):
    return Chunk(chunk.settings, chunk.seeds, chunk.at, chunk.way)


@pytest.fixture
def sent(monkeypatch):
    """The chunks that go to another process of two cores; they are trained here all the same."""
    sent = []
    monkeypatch.setattr(chunks, "cores", lambda: 2)
    monkeypatch.setattr(chunks, "far_away", lambda make, data, chunk, *more, stop: sent.append(chunk) or
                        make(data, chunk, *more))
    return sent


@pytest.fixture
def three_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


class Failing(Executor):
    """Workers that fail at once."""

    def __init__(self, error):
        self.error = error

    def submit(self, *_):
        future = Future()
        future.set_exception(self.error)
        return future


@pytest.mark.parametrize("given, worth", [
    ([LONG] * 2, True), ([LONG] * 3, True), ([LONG] * 2 + [STACK], True), ([LONG], False), ([LONG, STACK], False),
    ([STACK] * 2, False), ([SHORT] * 2, False),
    ([chunk_of(1.1 * chunks.WORTH / (2 * 2 * 3 * STEPS))] * 2, True),
    ([chunk_of(0.9 * chunks.WORTH / (2 * 2 * 3 * STEPS))] * 2, False),
])
def test_other_processes_are_worth_it_for_several_chunks_one_by_one_with_enough_to_do(given, worth, monkeypatch):
    monkeypatch.setattr(chunks, "cores", lambda: 2)
    assert chunks._worth_processes(given, 3, BLOBS, None) is worth


@pytest.mark.parametrize("cores, device, worth", [(2, None, True), (3, None, True), (1, None, False),
                                                  (2, "cuda", False)])
def test_other_processes_need_several_cores_and_no_device(cores, device, worth, monkeypatch):
    monkeypatch.setattr(chunks, "cores", lambda: cores)
    assert chunks._worth_processes([LONG] * 2, 3, BLOBS, device) is worth


@pytest.mark.parametrize("n, seconds, expected", [(1, 2.0, 3), (1, 0.5, 1), (2, 2.0, 1), (2, 0.5, 1), (3, 2.0, 1)])
def test_only_a_single_network_with_long_steps_takes_all_threads_and_gives_them_back(n, seconds, expected, monkeypatch,
                                                                                     three_threads):
    def train_chunk(*_):
        while True:
            yield torch.get_num_threads()

    monkeypatch.setattr(chunks, "train_chunk", train_chunk)
    given = chunk_of(seconds * chunks.LONG_STEP, n)
    found = [(during, torch.get_num_threads()) for during in chunks._on_threads(3, BLOBS, given, 2, None)]
    assert found == [(expected, 1)] * 2


def test_within_one_thread_there_is_one_and_after_it_as_many_as_before(three_threads):
    with pytest.raises(ZeroDivisionError), one_thread() as before:
        assert before == 3 and torch.get_num_threads() == 1
        raise ZeroDivisionError
    assert torch.get_num_threads() == 3


@pytest.mark.parametrize("stopped, outcomes, said", [
    (False, [1, 2, 30], "a process that trained 2 networks ended (exit code -9); they are trained here\n"),
    (True, [1, 2], "")])
def test_what_a_dead_process_left_is_done_here_unless_all_is_to_stop(stopped, outcomes, said, capsys):
    def told():
        yield from (1, 2)
        raise WorkerDied("exit code -9")

    stop = Event()
    if stopped:
        stop.set()
    assert list(chunks._or_here(told(), lambda: iter((10, 20, 30)), "2 networks", stop)) == outcomes
    assert capsys.readouterr().out == said


@pytest.mark.parametrize("given", [STACK, SHORT], ids=["stack", "one by one"])
@pytest.mark.parametrize("epochs", [1, 3])
def test_all_epochs_of_a_chunk_are_told_as_they_come_and_given_together(given, epochs):
    ticks = []
    found = train_all(BLOBS, given, epochs, tick=ticks.append)
    assert ticks == [2] * epochs and found["val_loss"].shape == (epochs, 2) and len(found["weights"]) == 2
    for name, values in train_all(BLOBS, given, epochs).items():
        assert name == "buffers" or np.allclose(values, found[name], atol=1e-5)


@pytest.mark.parametrize("given, away", [([SHORT] * 3, 0), ([LONG], 0), ([STACK] * 2, 0), ([LONG] * 3, 3),
                                         ([LONG, STACK, LONG], 2)],
                         ids=["little to do", "one", "stacks", "long", "long and a stack"])
@pytest.mark.parametrize("executor", [False, True], ids=["here", "executor"])
def test_collected_chunks_go_elsewhere_where_it_pays_and_each_networks_epochs_are_counted(given, away, executor, sent):
    given, ticks, submitted = [*map(again, given)], [], []
    with ThreadPoolExecutor(1) as pool:
        submit = pool.submit
        pool.submit = lambda *call: submitted.append(call) or submit(*call)
        found = list(collect(BLOBS, given, 2, None, pool if executor else None, ticks.append))
    assert {chunk for chunk, _ in found} == set(given) and len(found) == len(given)
    assert all(outcome["val_loss"].shape == (2, 2) for _, outcome in found)
    assert sum(ticks) == 2 * sum(map(len, given))
    assert len(submitted) == (len(given) if executor else 0) and len(sent) == (0 if executor else away)
    assert not any(chunk.way.stack for chunk in sent)


def test_chunks_with_little_to_do_are_trained_here_in_their_order(sent):
    given, ticks, found = [again(SHORT) for _ in range(3)], [], []
    for chunk, _ in collect(BLOBS, given, 2, None, None, ticks.append):
        found.append(chunk)
        assert ticks == [2] * 2 * len(found)  # no chunk has begun before the one ahead of it is taken
    assert found == given


def test_chunks_that_have_not_begun_when_all_is_stopped_never_begin(sent, monkeypatch):
    given, begun = [again(LONG) for _ in range(16)], []

    def train_all(data, chunk, epochs, device, tick, train):
        begun.append(chunk)
        if chunk is not given[0]:
            train.keywords["stop"].wait(20)
            time.sleep(0.05)  # second, in which what has not begun is cancelled
        return {}

    monkeypatch.setattr(chunks, "train_all", train_all)
    found = collect(BLOBS, given, 2, None, None, lambda n: None)
    assert next(found) == (given[0], {})
    found.close()
    assert 1 <= len(begun) < len(given)


HELPS = ("; what goes to another process must be defined in a file that it can import, not as a lambda or in a "
         "notebook")


@pytest.mark.parametrize("error, said", [
    (pickle.PicklingError("Can't pickle <function f>"), "PicklingError: Can't pickle <function f>" + HELPS),
    (TypeError("cannot Pickle 'generator'\nobjects"), "TypeError: cannot Pickle 'generator'" + HELPS),
    (AttributeError("no 'f' in '__main__'"), "AttributeError: no 'f' in '__main__'" + HELPS),
    (ValueError("a fault of the worker"), "ValueError: a fault of the worker"),
])
def test_what_a_worker_failed_at_is_said_with_what_helps_and_its_networks_are_trained_here(error, said, capsys):
    ticks = []
    [(chunk, outcome)] = collect(BLOBS, [SHORT], 2, None, Failing(error), ticks.append)
    assert chunk is SHORT and outcome["val_loss"].shape == (2, 2) and ticks == [4]
    assert capsys.readouterr().out == f"a worker failed ({said}); its 2 networks are trained here\n"
