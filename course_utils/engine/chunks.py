"""A sweep's networks in chunks: each is trained as one stack, here or in another process, and can be kept on disk."""

import hashlib
import marshal
import os
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from math import ceil
from numbers import Real
from pathlib import Path

import numpy as np
import torch

from ..schedules import as_schedule
from .loop import train_stack
from .stacks import fresh_network, stack_of

__all__ = ["Chunk", "Record", "Store", "TASK", "collect", "divide", "one_thread", "train_all", "train_together"]

SMALL, CHUNK = 40, 160  # networks a stack: with fewer, calls cost more than arithmetic; with more, nothing is gained
TASK = 80  # networks that go to a worker or into a file at a time, so that there is work for several


@dataclass(frozen=True, eq=False)
class Chunk:
    """Networks that can be stacked: `settings` and `seeds` have one entry a network, `at` its place in the sweep."""

    settings: list
    seeds: list
    at: tuple  # indices of the settings and of the seeds, two arrays

    def __len__(self):
        return len(self.seeds)


def divide(settings, seeds, workers=1, most=None):
    """The chunks of a sweep, each of networks with equal model, optimizer and batch size; even shares for workers.

    No chunk holds more than `most` networks, nor more than are worth stacking.
    """
    largest = CHUNK if most is None else min(CHUNK, most)
    alike = {}
    for i, s in enumerate(settings):
        alike.setdefault((s["model"], s["optimizer"], s["batch_size"], frozenset(s)), []).append(i)
    chunks = []
    for members in alike.values():
        runs = [(i, k) for k in range(len(seeds)) for i in members]  # seed by seed: an interrupt leaves whole seeds
        parts = ceil(len(runs) / min(max(len(runs) / workers, SMALL), largest))
        if parts > 1:
            parts = min(ceil(parts / workers) * workers, len(runs))
        for part in np.array_split(np.array(runs), parts):
            at = tuple(part.T)
            chunks.append(Chunk([settings[i] for i in at[0]], [seeds[k] for k in at[1]], at))
    return chunks


def train_chunk(data, chunk, epochs, device=None, stack=None):
    """Train the networks of a chunk; yields after each epoch a dict of arrays, one entry a network.

    Beside the scores: `failed_at`, the step whose loss was not a finite number (−1: none), and `weights` (runs, P).
    """
    first = chunk.settings[0]
    extra = [name for name in first if name not in ("model", "optimizer", "lr", "batch_size")]
    hyper = {name: [s[name] for s in chunk.settings] for name in extra}
    hyper = {name: values[0] if len(set(values)) == 1 else values for name, values in hyper.items()}
    schedule = {lr: as_schedule(lr) for lr in {s["lr"] for s in chunk.settings}}
    rates = [schedule[s["lr"]] for s in chunk.settings]
    steps = ceil(len(data.x_train) / first["batch_size"])
    failed_at = torch.full((len(chunk),), -1)
    trained = train_stack(first["model"], data, first["optimizer"], rates, hyper, chunk.seeds, epochs,
                          first["batch_size"], device, stack)
    for n, epoch in enumerate(trained):
        bad = ~epoch.batch_loss.isfinite()
        bad = torch.cat([bad, ~epoch.weights.isfinite().all(dim=1)[None]]).cpu()  # blown up by the very last step
        failed_at = torch.where((failed_at < 0) & bad.any(0), n * steps + bad.float().argmax(0), failed_at)
        scores = {name: values.cpu().numpy() for name, values in epoch.scores.items()}
        yield {**scores, "failed_at": failed_at.numpy(), "weights": epoch.weights.cpu().numpy()}


def train_together(data, chunks, epochs, device, threads):
    """Take all chunks from epoch to epoch together, on several threads; yields after each a list of their outcomes.

    The threads are at work on the next epoch while the caller looks at the last one. Python runs in one of them at a
    time, but most of the time they are in torch.
    """
    models = dict.fromkeys(chunk.settings[0]["model"] for chunk in chunks)
    stacks = {model: stack_of(fresh_network(model), data) for model in models}
    trained = [train_chunk(data, chunk, epochs, device, stacks[chunk.settings[0]["model"]]) for chunk in chunks]
    with ThreadPoolExecutor(threads) as pool:
        coming = pool.map(next, trained)
        for _ in range(epochs - 1):
            outcomes, coming = list(coming), pool.map(next, trained)
            yield outcomes
        yield list(coming)


def train_all(data, chunk, epochs, device=None, tick=None):
    """All epochs of a chunk in one go: scores as (epochs, runs), `failed_at` and `weights` as they are at the end."""
    history = []
    with one_thread():
        for outcome in train_chunk(data, chunk, epochs, device):
            last = {name: outcome.pop(name) for name in ("failed_at", "weights")}
            history.append(outcome)
            if tick:
                tick(len(chunk))
    return {name: np.stack([scores[name] for scores in history]) for name in history[0]} | last


def collect(data, chunks, epochs, device, executor, tick):
    """Yield (chunk, outcome) as chunks are finished, here or by an executor.

    A chunk whose worker fails, because it was killed for instance, is trained here instead; if the fault is in the
    chunk and not in the worker, this raises it.
    """
    if executor is None:
        for chunk in chunks:
            yield chunk, train_all(data, chunk, epochs, device, tick)
        return
    tasks = {executor.submit(train_all, data, chunk, epochs, device): chunk for chunk in chunks}
    try:
        for task in as_completed(tasks):
            try:
                outcome = task.result()
            except Exception as error:
                print(f"a worker failed ({type(error).__name__}); its {len(tasks[task])} networks are trained here")
                outcome = train_all(data, tasks[task], epochs, device)
            tick(len(tasks[task]) * epochs)
            yield tasks[task], outcome
    finally:  # after an interrupt or an error, what has not begun need not begin
        for task in tasks:
            task.cancel()


class Record:
    """The scores of all networks of a sweep as they come in."""

    def __init__(self, n_settings, n_seeds, epochs):
        self.history = {}
        self.done = np.zeros((n_settings, n_seeds, epochs), dtype=bool)
        self.failed_at = np.full((n_settings, n_seeds), -1)
        self.last = {}  # the latest weights of each chunk

    def add(self, chunk, outcome, epoch=None):
        """Note the outcome of one epoch, or of all of them (`epoch` None, scores (epochs, runs))."""
        where = (*chunk.at, slice(None) if epoch is None else epoch)
        for name, values in outcome.items():
            if name not in ("failed_at", "weights"):
                self.history.setdefault(name, np.full(self.done.shape, np.nan))[where] = values.T
        self.failed_at[chunk.at] = outcome["failed_at"]
        self.last[chunk] = outcome["weights"]
        self.done[where] = True

    def epochs_done(self):
        """Epochs that every network has behind it."""
        return int(self.done.all(axis=(0, 1)).sum())

    def seeds_done(self):
        """Indices of the seeds whose every setting is trained to the end."""
        return np.flatnonzero(self.done.all(axis=(0, 2))).tolist()

    def weights(self):
        """The latest weights of each network, a list for each setting with a vector (P,) for each seed."""
        rows = [[None] * self.done.shape[1] for _ in range(len(self.done))]
        for chunk, weights in self.last.items():
            for i, k, w in zip(*chunk.at, weights, strict=True):
                rows[i][k] = torch.from_numpy(w)
        return rows


class Store:
    """Finished chunks in a folder, one .npz file each, named by everything that decides what a chunk comes to."""

    def __init__(self, folder, data, epochs):
        self.folder = Path(folder)
        if self.folder.exists() and not self.folder.is_dir():
            raise ValueError(f"resume must name a folder, which is made where it is missing; {folder} is a file")
        self.folder.mkdir(parents=True, exist_ok=True)
        parts = [getattr(data, f"{axis}_{part}") for part in ("train", "val", "test") for axis in "xy"]
        self.common = [epochs, torch.__version__] + [hashlib.sha256(part.tobytes()).hexdigest() for part in parts]

    def path(self, chunk):
        settings = [[f"{name}={_identity(value)}" for name, value in s.items()] for s in chunk.settings]
        key = repr([self.common, settings, chunk.seeds])
        return self.folder / f"{hashlib.sha256(key.encode()).hexdigest()[:20]}.npz"

    def load(self, chunk):
        """The outcome of a chunk finished earlier, or None."""
        if not self.path(chunk).exists():
            return None
        with np.load(self.path(chunk), allow_pickle=False) as file:
            return dict(file)

    def save(self, chunk, outcome):
        path = self.path(chunk)
        part = path.with_suffix(f".{os.getpid()}.part")
        with open(part, "wb") as file:
            np.savez(file, **outcome)
        os.replace(part, path)  # a kill leaves either the whole file or none


def _identity(value):
    """What tells a hyperparameter, function or model maker from any other, across processes."""
    if isinstance(value, Real | str) or value is None:
        return repr(value)
    if isinstance(value, tuple | list):
        return str([_identity(v) for v in value])
    if isinstance(value, partial):
        return str([_identity(v) for v in (value.func, *value.args, *sorted(value.keywords.items()))])
    if isinstance(value, type):
        methods = [_body(member.__code__) for member in vars(value).values() if hasattr(member, "__code__")]
        return str([value.__module__, value.__qualname__, *methods])
    code = getattr(value, "__code__", None)
    if code is None:
        raise ValueError(f"resume needs models, optimizers and schedules that are plain functions, got {value!r}")
    cells = [_identity(cell.cell_contents) for cell in value.__closure__ or ()]
    return str([value.__module__, value.__qualname__, _body(code), _identity(value.__defaults__), cells])


def _body(code):
    return hashlib.sha256(marshal.dumps(code)).hexdigest()


@contextmanager
def one_thread():
    """Let torch use one thread: networks this small gain nothing from several. Gives the number that it had before."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield before
    finally:
        torch.set_num_threads(before)
