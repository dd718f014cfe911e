"""Chunks: how networks are divided into them, which way they go, and what is said and counted on it."""

import math
import pickle
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course_utils.data import make_blobs
from course_utils.engine import chunks
from course_utils.engine.chunks import Chunk, collect, divide, one_thread, train_all, train_chunk, train_together
from course_utils.engine.compare import Way
from course_utils.engine.loop import Epoch
from course_utils.engine.processes import WorkerDied
from course_utils.models import mlp
from course_utils.optimizers import sgd
from course_utils.sweep import range_test, sweep

BLOBS = make_blobs()
SETTING = {"model": mlp(2, 3, 3), "optimizer": sgd, "lr": 0.1, "batch_size": 250}
NAN, INF = math.nan, math.inf
STEPS = math.ceil(len(BLOBS.x_train) / SETTING["batch_size"])


def chunk_of(seconds=0.0, n=2, stack="", model=SETTING["model"], loss=None):
    """Networks of which one step of one takes so many seconds, or a stack."""
    at = np.zeros(n, int), np.arange(n)
    return Chunk([SETTING | {"model": model}] * n, list(range(n)), at, Way(stack, seconds=seconds), loss)


def stack(kind="layers", **options):
    return chunk_of(stack=kind, **options)


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


# How they are divided

@pytest.mark.parametrize("way, n, workers, most, sizes", [
    ("", 12, 2, None, [3] * 4), ("", 3, 2, None, [1] * 3), ("", 100, 1, None, [25] * 4), ("", 5, 2, 80, [1] * 5),
    ("layers", 80, 4, None, [20] * 4), ("layers", 80, 3, None, [27, 27, 26]), ("layers", 30, 4, None, [30]),
])
def test_networks_one_by_one_are_shared_out_to_all_cores_and_stacks_to_all_workers(way, n, workers, most, sizes,
                                                                                  monkeypatch):
    monkeypatch.setattr(chunks, "cores", lambda: 4)
    assert [len(chunk) for chunk in divide([SETTING], list(range(n)), [Way(way)], workers, most)] == sizes


# What an epoch tells

LOST = {  # the losses of two epochs of two steps, a weight after each, and the first step that is no finite number
    "never": ([1, 1, 1, 1], [1, 1], -1), "never, though large": ([3e38] * 4, [3e38] * 2, -1),
    "at once": ([NAN] * 4, [NAN] * 2, 0), "at once and later": ([INF, 1, NAN, 1], [1, 1], 0),
    "in the first epoch": ([1, -INF, NAN, NAN], [NAN, NAN], 1), "by its last step": ([1, 1, NAN, NAN], [INF, NAN], 2),
    "later": ([1, 1, NAN, NAN], [1, NAN], 2), "later and once": ([1, 1, 1, INF], [1, 1], 3),
    "by the very last step": ([1, 1, 1, 1], [1, -INF], 4),
}


def epochs_of_lost(stacked):
    losses, weights = (torch.tensor([float(x) for case in LOST.values() for x in case[i]]).view(len(LOST), -1).T
                       for i in (0, 1))
    rows = [torch.stack([torch.ones(len(LOST)), w], dim=1) for w in weights]
    return [Epoch({}, part, row if stacked else list(row)) for part, row in zip(losses.split(2), rows, strict=True)]


@pytest.mark.parametrize("way", ["layers", ""], ids=["stack", "one by one"])
def test_a_run_has_failed_at_its_first_step_that_is_no_finite_number(way, monkeypatch):
    monkeypatch.setattr(chunks, "epochs_of", lambda *_: epochs_of_lost(bool(way)))
    given = Chunk([SETTING] * len(LOST), list(range(len(LOST))), (), Way(way))
    first, second = (dict(zip(LOST, outcome["failed_at"].tolist(), strict=True))
                     for outcome in train_chunk(BLOBS, given, 2))
    assert second == {name: at for name, (_, _, at) in LOST.items()}
    assert first == {name: at if at < 2 or name == "by its last step" else -1 for name, at in second.items()}


@pytest.mark.parametrize("optimizer, way", [(sgd, "as one stack"), (torch.optim.SGD, "network by network")])
def test_a_loss_that_is_lost_at_once_is_lost_at_step_0_for_good(optimizer, way):
    runs = sweep(SETTING["model"], BLOBS, optimizer, lr=0.1, seeds=[0, 1], epochs=3, batch_size=250,
                 loss=lambda outputs, y: outputs.sum() + INF, progress=False)
    assert runs.ways[0].startswith(way) and runs.diverged_at.tolist() == [[0, 0]]


class Far(torch.Tensor):
    """A tensor of another device, which NumPy cannot see."""

    def numpy(self):
        raise TypeError("can't convert a tensor of another device to numpy")

    def cpu(self):
        return self.as_subclass(torch.Tensor)


@pytest.mark.parametrize("lost", [False, True])
def test_what_a_stack_holds_on_another_device_is_fetched(lost, monkeypatch):
    far = lambda *shape: torch.full(shape, NAN if lost else 1.0).as_subclass(Far)
    monkeypatch.setattr(chunks, "epochs_of", lambda *_: [Epoch({"val_loss": far(2)}, far(2, 2), far(2, 3))])
    [outcome] = train_chunk(BLOBS, stack(), 1)
    assert outcome["weights"].shape == (2, 3) and outcome["val_loss"].shape == (2,)
    assert (outcome["failed_at"] == (0 if lost else -1)).all()


@pytest.mark.parametrize("dtype, kept", [
    (torch.bfloat16, np.float32), (torch.float16, np.float16), (torch.float32, np.float32),
    (torch.float64, np.float64), (torch.int64, np.int64), (torch.bool, np.bool_)], ids=str)
def test_weights_and_buffers_keep_their_kind_of_number_where_numpy_has_it(dtype, kept, monkeypatch):
    values = torch.tensor([1.0, 0.0]).to(dtype)
    told = Epoch({}, torch.ones(2, 2), [values, values], [{"kept": values}, {"kept": values}])
    monkeypatch.setattr(chunks, "epochs_of", lambda *_: [told])
    [outcome] = train_chunk(BLOBS, chunk_of(), 1)
    for array in (*outcome["weights"], *(own["kept"] for own in outcome["buffers"])):
        assert array.dtype == kept and array.tolist() == [1, 0]


class Counting(nn.Module):
    """Linear in double precision; it counts in a buffer how often it was asked, and keeps one of bfloat16."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 3, dtype=torch.float64)
        self.register_buffer("asked", torch.tensor(2**40 + 1))
        self.register_buffer("coarse", torch.tensor([0.5]).bfloat16())

    def forward(self, x):
        if self.training:
            self.asked += 1
        return self.linear(x.double()).float()


def test_a_network_comes_back_with_weights_of_double_precision_and_a_count_beyond_single_precision():
    run = sweep(Counting, BLOBS, sgd, lr=0.1, seeds=[0], epochs=2, batch_size=250, progress=False).run(0, 0)
    assert run.weights.dtype is torch.float64 and not torch.equal(run.weights.float().double(), run.weights)
    module = run.module()
    assert int(module.asked) == 2**40 + 5 and module.asked.dtype is torch.int64 and module.coarse == 0.5


# Stacks, of which chunks of one model share one

def twice(outputs, y):
    return 2 * F.cross_entropy(outputs, y)


def test_a_range_test_of_a_stack_takes_a_loss_of_ones_own():
    grid = dict(model=SETTING["model"], data=BLOBS, optimizer=sgd, n_steps=2, seeds=[0, 1], batch_size=250)
    plain, own = range_test(**grid), range_test(**grid, loss=twice)
    assert np.allclose(own.losses[:, 0], 2 * plain.losses[:, 0], rtol=1e-4)
    assert (own.losses[:, 0] > 0.1).all()


OTHER = mlp(2, 4, 3)


@pytest.mark.parametrize("given, built", [
    ([stack(), stack(), stack()], ["layers"]), ([stack(), stack("vmap")], ["layers", "vmap"]),
    ([stack(), stack(model=OTHER), stack()], ["layers", "layers"]), ([chunk_of(), chunk_of()], []),
    ([chunk_of(9.0), stack(), chunk_of(9.0)], ["layers"]),
], ids=["one model", "two kinds", "two models", "one by one", "long and a stack"])
def test_chunks_of_one_model_share_one_stack_and_what_is_trained_one_by_one_has_none(given, built, sent, monkeypatch):
    found, stack_of = [], chunks.stack_of
    monkeypatch.setattr(chunks, "stack_of", lambda module, data, kind, loss: found.append(kind) or
                        stack_of(module, data, kind, loss))
    outcomes = list(train_together(BLOBS, given, 2, None, 1))
    assert found == built and len(outcomes) == 2 and [len(part) for part in outcomes] == [len(given)] * 2


# Who trains them

@pytest.mark.parametrize("given, away", [
    ([chunk_of(9.0), chunk_of(9.0)], [0, 1]), ([chunk_of(9.0), stack(), chunk_of(9.0)], [0, 2]),
    ([chunk_of(), chunk_of()], []),
    ([chunk_of(9.0)], []), ([stack(), stack()], []),
], ids=["long", "long and a stack", "short", "a single one", "stacks"])
def test_what_is_long_one_by_one_goes_to_a_process_each_and_comes_back_the_same(given, away, sent):
    outcomes = list(train_together(BLOBS, given, 2, None, 1))
    assert sent == [given[i] for i in away]
    for i, chunk in enumerate(given):
        for got, expected in zip((part[i] for part in outcomes), train_chunk(BLOBS, chunk, 2), strict=True):
            assert np.allclose(got["val_loss"], expected["val_loss"], atol=1e-5)
            assert np.allclose(got["weights"], expected["weights"], atol=1e-5)


@pytest.mark.parametrize("seconds, n, threads, expected", [
    (9.0, 3, 1, 3), (9.0, 3, 2, 3), (9.0, 2, 4, 4), (0.0, 3, 1, 1), (0.0, 3, 2, 2), (0.0, 2, 4, 4)])
def test_each_process_has_a_thread_that_listens_and_without_processes_there_are_as_many_threads_as_asked_for(
        seconds, n, threads, expected, sent, monkeypatch):
    pools = []
    monkeypatch.setattr(chunks, "ThreadPoolExecutor", lambda n: pools.append(n) or ThreadPoolExecutor(n))
    assert len(list(train_together(BLOBS, [chunk_of(seconds) for _ in range(n)], 1, None, threads))) == 1
    assert pools == [expected]


@pytest.fixture
def shared_out(monkeypatch):
    """What `train_together` does when each epoch of its first chunk takes so many seconds by a clock of the test's own:
    the epochs that it looks at, how it goes on, and for how many epochs."""
    def ways(given, seconds, epochs, threads=2, device=None, forks=True):
        clock, found = [1000.0], []

        def train_chunk(data, chunk, *_):
            while True:
                clock[0] += seconds * (chunk is given[0])
                yield chunk

        for name, value in (("LOOK", 1.0), ("WORTH", 10.0), ("perf_counter", lambda: clock[0]),
                            ("train_chunk", train_chunk), ("can_fork", lambda: forks),
                            ("_epochs", lambda pool, trained, epochs: found.append(("here", epochs)) or []),
                            ("_forked", lambda pool, trained, epochs, *_: found.append(("forks", epochs)) or [])):
            monkeypatch.setattr(chunks, name, value)
        looked = list(train_together(BLOBS, given, epochs, device, threads))
        assert looked == [given] * len(looked) and len(found) == 1
        return len(looked), *found[0]
    return ways


@pytest.mark.parametrize("seconds, epochs, expected", [
    (0.3, 4 + 34, (4, "forks", 34)), (0.3, 4 + 33, (4, "here", 33)), (0.3, 4, (4, "here", 0)), (0.3, 3, (3, "here", 0)),
    (6.0, 1 + 2, (1, "forks", 2)), (6.0, 1 + 1, (1, "here", 1)), (20.0, 1, (1, "here", 0)),
    (0.001, 500, (500, "here", 0)),
])
def test_stacks_are_shared_out_if_the_first_epochs_say_that_the_rest_takes_long(seconds, epochs, expected, shared_out):
    assert shared_out([stack(), stack()], seconds, epochs) == expected


@pytest.mark.parametrize("given, options", [
    ([stack(), stack()], {"threads": 1}), ([stack()], {}), ([stack(), stack()], {"device": "cpu"}),
    ([chunk_of(), chunk_of()], {}), ([stack(), chunk_of()], {}), ([chunk_of(), stack()], {}),
], ids=["one thread", "one stack", "a device", "one by one", "a stack first", "a stack last"])
def test_what_cannot_be_shared_out_is_trained_here_ahead_of_the_caller_from_the_first_epoch(given, options, shared_out):
    assert shared_out(given, 6.0, 9, **options) == (0, "here", 9)


def test_where_no_process_can_be_forked_stacks_go_on_here(shared_out):
    assert shared_out([stack(), stack()], 6.0, 9, forks=False) == (1, "here", 8)
