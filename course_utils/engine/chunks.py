"""A sweep's networks in chunks: each is trained as one stack or one by one, here or in another process."""

from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from math import ceil
from threading import Event
from time import perf_counter

import numpy as np
import torch

from ..schedules import as_schedule
from .compare import Way
from .loop import train_each, train_stack
from .networks import fresh_network
from .processes import WorkerDied, can_fork, cores, far_away
from .stacks import stack_of

__all__ = ["Chunk", "TASK", "collect", "divide", "epochs_of", "one_thread", "train_all",
           "train_chunk", "train_together"]

SMALL, CHUNK = 40, 160  # networks a stack: with fewer, calls cost more than arithmetic; with more, nothing is gained
TASK = 80  # networks that go to a worker or into a file at a time, so that there is work for several
LONG_STEP = 0.01  # seconds: with shorter ones, threads wait for each other
WORTH = 0.7  # seconds of work: with less, other processes are not worth their start
LOOK = 0.2  # seconds of training that tell how long stacks will take


@dataclass(frozen=True, eq=False)
class Chunk:
    """Networks that are trained alike: `settings` and `seeds` have one entry a network, `at` its place in the sweep."""

    settings: list
    seeds: list
    at: tuple  # indices of the settings and of the seeds, two arrays
    way: Way
    loss: object = None

    def __len__(self):
        return len(self.seeds)


def divide(settings, seeds, ways, workers=1, most=None, loss=None, together=False):
    """The chunks of a sweep, each of networks with equal model, optimizer, batch size and way; even shares for workers.

    `ways` has one `Way` a setting. No chunk holds more than `most` networks, nor more than are worth stacking; those
    that are trained one by one are shared out to all cores, or, where `most` counts, one to a chunk. `together` leaves
    them undivided.
    """
    alike = {}
    for i, s in enumerate(settings):
        alike.setdefault((s["model"], s["optimizer"], s["batch_size"], frozenset(s), ways[i]), []).append(i)
    chunks = []
    for (*_, way), members in alike.items():
        runs = [(i, k) for k in range(len(seeds)) for i in members]  # seed by seed: an interrupt leaves whole seeds
        for part in np.array_split(np.array(runs), 1 if together else _parts(len(runs), way, workers, most)):
            at = tuple(part.T)
            chunks.append(Chunk([settings[i] for i in at[0]], [seeds[k] for k in at[1]], at, way, loss))
    return chunks


def _parts(n, way, workers, most):
    if not way.stack:
        return n if most else min(n, cores())
    largest = CHUNK if most is None else min(CHUNK, most)
    parts = ceil(n / min(max(n / workers, SMALL), largest))
    return min(ceil(parts / workers) * workers, n) if parts > 1 else parts


def epochs_of(data, chunk, epochs, device=None, stack=None):
    """The epochs of a chunk, as they come."""
    first = chunk.settings[0]
    schedule = {lr: as_schedule(lr) for lr in {s["lr"] for s in chunk.settings}}
    rates = [schedule[s["lr"]] for s in chunk.settings]
    if not chunk.way.stack:
        return train_each(data, chunk.settings, rates, chunk.seeds, epochs, chunk.way, chunk.loss, device)
    if stack is None:
        stack = _stack(data, chunk)
    extra = [name for name in first if name not in ("model", "optimizer", "lr", "batch_size")]
    hyper = {name: [s[name] for s in chunk.settings] for name in extra}
    hyper = {name: values[0] if len(set(values)) == 1 else values for name, values in hyper.items()}
    return train_stack(first["model"], data, first["optimizer"], rates, hyper, chunk.seeds, epochs, first["batch_size"],
                       device, stack, chunk.way.copies)


def _stack(data, chunk):
    example = torch.tensor(data.x_train[:1])
    return stack_of(fresh_network(chunk.settings[0]["model"], 0, example), data, chunk.way.stack, chunk.loss)


def train_chunk(data, chunk, epochs, device=None, stack=None):
    """Train the networks of a chunk; yields after each epoch a dict of arrays, one entry a network.

    Beside the scores: `failed_at`, the step whose loss was not a finite number (−1: none), `weights`, a vector (P,) a
    network, and `buffers`, a dict a network.
    """
    steps = ceil(len(data.x_train) / chunk.settings[0]["batch_size"])
    failed_at = torch.full((len(chunk),), -1)
    for n, epoch in enumerate(epochs_of(data, chunk, epochs, device, stack)):
        if not _all_finite(epoch):
            bad = torch.cat([~epoch.batch_loss.isfinite(), _lost(epoch.weights)[None]]).cpu()
            failed_at = torch.where((failed_at < 0) & bad.any(0), n * steps + bad.float().argmax(0), failed_at)
        scores = {name: values.cpu().numpy() for name, values in epoch.scores.items()}
        weights = epoch.weights.cpu().numpy() if chunk.way.stack else [_array(w) for w in epoch.weights]
        buffers = [{name: _array(b) for name, b in own.items()} for own in epoch.buffers]
        yield {**scores, "failed_at": failed_at.numpy(), "weights": weights, "buffers": buffers}


def _all_finite(epoch):
    """Whether no loss and no weight is lost; a sum is finite only where all of its terms are."""
    weights = epoch.weights if isinstance(epoch.weights, list) else [epoch.weights]
    return all(bool(values.sum().isfinite()) for values in (epoch.batch_loss, *weights))


def _lost(weights):
    """Which networks have lost a weight: blown up by the very last step (runs,)."""
    if isinstance(weights, list):
        return torch.stack([~w.isfinite().all() for w in weights])
    return ~weights.isfinite().all(dim=1)


def _array(tensor):
    return (tensor.float() if tensor.dtype is torch.bfloat16 else tensor).numpy()  # NumPy has no bfloat16


def train_together(data, chunks, epochs, device, threads):
    """Take all chunks from epoch to epoch together, on several threads; yields after each a list of their outcomes.

    The threads are at work on the next epoch while the caller looks at the last one. But Python runs in one of them at
    a time, so stacks that have long to go are shared out to forked processes, and go on there. Networks that are
    trained one by one have a process for each share from the beginning.
    """
    stacks = {}
    for chunk in chunks:
        if chunk.way.stack:
            key = chunk.settings[0]["model"], chunk.way.stack
            stacks[key] = stacks.get(key) or _stack(data, chunk)
    away, stop = _worth_processes(chunks, epochs, data, device), Event()
    trained = [train_chunk(data, chunk, epochs, device, stacks[chunk.settings[0]["model"], chunk.way.stack])
               if chunk.way.stack else _elsewhere(data, chunk, epochs, device, stop) if away
               else _on_threads(threads, data, chunk, epochs, device) for chunk in chunks]
    shares = min(threads, len(chunks)) if device is None and all(chunk.way.stack for chunk in chunks) else 1
    with ThreadPoolExecutor(max(threads, len(chunks) if away else 1)) as pool:
        try:
            done, began = 0, perf_counter()
            while shares > 1 and done < epochs and (not done or perf_counter() - began < LOOK):
                yield list(pool.map(next, trained))
                done += 1
            if done and (perf_counter() - began) / done * (epochs - done) > WORTH and can_fork():
                yield from _forked(pool, trained, epochs - done, shares, stop)
            else:
                yield from _epochs(pool, trained, epochs - done)
        finally:
            stop.set()


def _epochs(pool, trained, epochs):
    """What all iterators yield, epoch by epoch; they are at work on the next one while the caller looks at the last."""
    if epochs:
        coming = pool.map(next, trained)
        for _ in range(epochs - 1):
            outcomes, coming = list(coming), pool.map(next, trained)
            yield outcomes
        yield list(coming)


def _forked(pool, trained, epochs, shares, stop):
    """The same of generators that are shared out: one share goes on here, each of the others in a fork of this process.

    Here they stand as they stood then, and go on should the process die.
    """
    own, *others = (trained[k::shares] for k in range(shares))
    rest = [zip(*own, strict=True)] + [_or_here(far_away(zip, *share, stop=stop), partial(zip, *share),
                                                "a share of the networks", stop) for share in others]
    for parts in _epochs(pool, rest, epochs):
        yield [parts[i % shares][i // shares] for i in range(len(trained))]


def _worth_processes(chunks, epochs, data, device):
    """Whether the networks that are trained one by one have enough to do for other processes."""
    one_by_one = [chunk for chunk in chunks if not chunk.way.stack]
    steps = sum(len(chunk) * epochs * ceil(len(data.x_train) / chunk.settings[0]["batch_size"]) * chunk.way.seconds
                for chunk in one_by_one)
    return device is None and len(one_by_one) > 1 and cores() > 1 and steps > WORTH


def _on_threads(threads, data, chunk, epochs, device):
    """What `train_chunk` yields; a single network with long steps takes all threads for its arithmetic."""
    trained = train_chunk(data, chunk, epochs, device)
    threads = threads if len(chunk) == 1 and chunk.way.seconds > LONG_STEP else 1
    for _ in range(epochs):
        torch.set_num_threads(threads)
        outcome = next(trained)
        torch.set_num_threads(1)
        yield outcome


def _elsewhere(data, chunk, epochs, device, stop):
    """What `train_chunk` yields, from another process; should that die, from here."""
    return _or_here(far_away(train_chunk, data, chunk, epochs, device, stop=stop),
                    partial(train_chunk, data, chunk, epochs, device), f"{len(chunk)} networks", stop)


def _or_here(told, again, what, stop):
    """What another process tells, and should that die, the rest of what `again()` yields here."""
    done = 0
    try:
        for outcome in told:
            done += 1
            yield outcome
    except WorkerDied as error:
        if not stop.is_set():
            print(f"a process that trained {what} ended ({error}); they are trained here")
            yield from islice(again(), done, None)


def train_all(data, chunk, epochs, device=None, tick=None, train=train_chunk):
    """All epochs of a chunk in one go: scores as (epochs, runs); `failed_at`, `weights`, `buffers` as at the end."""
    history = []
    with one_thread():
        for outcome in train(data, chunk, epochs, device):
            last = {name: outcome.pop(name) for name in ("failed_at", "weights", "buffers")}
            history.append(outcome)
            if tick:
                tick(len(chunk))
    return {name: np.stack([scores[name] for scores in history]) for name in history[0]} | last


def collect(data, chunks, epochs, device, executor, tick):
    """Yield (chunk, outcome) as chunks are finished, here or by an executor.

    A chunk whose worker fails, because it was killed for instance, is trained here instead; if the fault is in the
    chunk and not in the worker, this raises it.
    """
    if executor is None and _worth_processes(chunks, epochs, data, device):
        yield from _on_all_cores(data, chunks, epochs, device, tick)
    elif executor is None:
        for chunk in chunks:
            yield chunk, train_all(data, chunk, epochs, device, tick)
    else:
        yield from _by_workers(data, chunks, epochs, device, executor, tick)


def _on_all_cores(data, chunks, epochs, device, tick):
    """Chunks of networks that are trained one by one, a process each, as many at a time as there are cores."""
    stop = Event()
    train = partial(_elsewhere, stop=stop)
    with ThreadPoolExecutor(cores()) as pool:
        tasks = {pool.submit(train_all, data, chunk, epochs, device, None, train_chunk if chunk.way.stack else train):
                 chunk for chunk in chunks}
        try:
            for task in as_completed(tasks):
                tick(len(tasks[task]) * epochs)
                yield tasks[task], task.result()
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


def _by_workers(data, chunks, epochs, device, executor, tick):
    tasks = {executor.submit(train_all, data, chunk, epochs, device): chunk for chunk in chunks}
    try:
        for task in as_completed(tasks):
            try:
                outcome = task.result()
            except Exception as error:
                print(f"a worker failed ({_why(error)}); its {len(tasks[task])} networks are trained here")
                outcome = train_all(data, tasks[task], epochs, device)
            tick(len(tasks[task]) * epochs)
            yield tasks[task], outcome
    finally:  # after an interrupt or an error, what has not begun need not begin
        for task in tasks:
            task.cancel()


def _why(error):
    """The kind of an error and what it says; for what cannot be sent to a worker, what helps."""
    said = f"{type(error).__name__}: {error}".strip().splitlines()[0][:200].removesuffix(":")
    if "pickle" in said.lower() or "__main__" in said:
        said += ("; what goes to another process must be defined in a file that it can import, not as a lambda or in a "
                 "notebook")
    return said


@contextmanager
def one_thread():
    """Let torch use one thread: networks this small gain nothing from several. Gives the number that it had before."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield before
    finally:
        torch.set_num_threads(before)
