"""A sweep from its settings to the record of its scores: everything checked, compared, divided, trained."""

import os
from concurrent.futures import Executor
from numbers import Real
from time import perf_counter

import numpy as np
import torch
from tqdm.auto import tqdm

from ..data import Dataset
from ..names import label
from ..schedules import as_schedule, needs_losses, rate_at
from .chunks import TASK, collect, divide, one_thread, train_together
from .compare import way_of
from .memory import give_back_memory
from .record import Record
from .steps import kind_of, names_of
from .store import Store

__all__ = ["check_hyper", "checked", "execute", "grid", "progress_bar", "values_of", "ways_of",
           "whole_number", "whole_seeds"]

FIXED = ("model", "optimizer", "lr", "batch_size")
MOST_THREADS = 8  # beyond that, they wait for each other's Python


# What a sweep is asked for

def values_of(name, value):
    """The values of a hyperparameter as a list: of a list, tuple, range, array, tensor, Series, iterator, or of one."""
    if isinstance(value, set | frozenset | dict):
        raise ValueError(f"{name} must be a list, which has an order, got {value!r}")
    if isinstance(value, torch.Tensor | np.ndarray) or hasattr(value, "to_numpy"):
        value = value if isinstance(value, torch.Tensor) else np.asarray(value)
        if value.ndim > 1:
            raise ValueError(f"{name} must be a plain list of values, got an array of shape {tuple(value.shape)}")
        value = value.tolist()
    elif hasattr(value, "__next__"):
        value = list(value)
    if not isinstance(value, list | tuple | range):
        return [_plain(value)]
    values = [_plain(v) for v in value]
    if not values:
        raise ValueError(f"{name} is an empty list: there is nothing to train")
    if any(isinstance(v, list | dict | set | np.ndarray) for v in values):
        raise ValueError(f"{name} must be a plain list of values, got {value!r}")
    if len(set(values)) < len(values):
        raise ValueError(f"{name} holds a value twice: {values}")
    return values


def _plain(value):
    """A number of NumPy or torch as one of Python."""
    if isinstance(value, np.generic) or (isinstance(value, torch.Tensor | np.ndarray) and value.ndim == 0):
        return value.item()
    return value


def grid(model, optimizer, lr, batch_size, hyper):
    """The settings of a grid, the product of its axes."""
    optimizers = values_of("optimizer", optimizer)
    tuples = {name for o in optimizers if kind_of(o) != "rows" for name in names_of(o)[1]}
    axes = {"model": values_of("model", model), "optimizer": optimizers, "lr": values_of("lr", lr),
            "batch_size": values_of("batch_size", batch_size)}
    axes |= {name: [value] if name in tuples and isinstance(value, tuple) else values_of(name, value)
             for name, value in hyper.items()}
    settings = [{}]
    for name, values in axes.items():
        settings = [setting | {name: value} for setting in settings for value in values]
    return settings


def checked(data, settings):
    """The settings as they are trained, or an error that says what is wrong with one."""
    if not isinstance(data, Dataset):
        raise TypeError(f"data must be a Dataset, such as make_blobs(); got {type(data).__name__}")
    settings = [{"model": None, "optimizer": None, "lr": None, "batch_size": 32} | setting for setting in settings]
    if not settings:
        raise ValueError("settings is an empty list: there is nothing to train")
    for setting in settings:
        _check_schedule(as_schedule(setting["lr"]))
        whole_number("batch_size", setting["batch_size"])
        if setting["batch_size"] > len(data.x_train):
            raise ValueError(f"batch_size must be at most the {len(data.x_train)} training examples, "
                             f"got {setting['batch_size']}")
        check_hyper(setting["optimizer"], {name: setting[name] for name in setting if name not in FIXED})
    return settings


def _check_schedule(schedule):
    """Refuse a schedule that is used up by being asked."""
    losses = [[]] if needs_losses(schedule) else []
    first, again = (rate_at(schedule, 0, *losses) for _ in range(2))
    if first != again:
        raise ValueError(f"lr must be a schedule that gives the same rate whenever it is asked for a step, got "
                         f"{label(schedule)}, which gave {first!r} and then {again!r} for step 0")


def check_hyper(optimizer, hyper):
    """Refuse a hyperparameter that the optimizer does not take, or a value that is none."""
    known, _ = names_of(optimizer)
    for name, value in hyper.items():
        if known is not None and name not in known:
            raise TypeError(f"{label(optimizer)} has no hyperparameter {name!r}; it has "
                            f"{', '.join(known) or 'none besides lr'}")
        if kind_of(optimizer) == "rows" and (not isinstance(value, Real) or isinstance(value, bool)
                                             or not np.isfinite(value)):
            raise ValueError(f"{name} must be a finite number, got {value!r}")


def whole_seeds(seeds):
    """The seeds as a list of whole numbers."""
    if isinstance(seeds, int | np.integer) and not isinstance(seeds, bool):
        raise ValueError(f"seeds must be a list of whole numbers: [{seeds}] for this one, range({seeds}) for so many; "
                         f"got {seeds!r}")
    seeds = values_of("seeds", seeds)
    for seed in seeds:
        if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
            raise ValueError(f"seeds must be whole numbers from 0, got {seed!r}")
        if seed >= 2**63:
            raise ValueError(f"seeds must lie below 2**63, got {seed!r}")
    return seeds


def whole_number(name, value):
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} must be a whole number of at least 1, got {value!r}")


# How it is trained

def ways_of(data, settings, loss=None):
    """The `Way` of each setting: models and optimizers are compared once for all settings that share them."""
    alike = {}
    for setting in settings:
        alike.setdefault((setting["model"], setting["optimizer"], frozenset(setting)), []).append(setting)
    ways = {}
    for key, members in alike.items():
        hyper = [{name: value for name, value in s.items() if name not in FIXED} for s in members]
        sizes = list(dict.fromkeys(s["batch_size"] for s in members))
        model, optimizer, _ = key
        ways[key] = way_of(model, data, optimizer, [s["lr"] for s in members], hyper, sizes, loss)
    return [ways[s["model"], s["optimizer"], frozenset(s)] for s in settings]


def execute(data, settings, seeds, epochs, ways, executor=None, device=None, progress=True, resume=None, loss=None):
    """Train every setting under every seed and return the `Record`, and whether an interrupt cut it short."""
    executor = _executor(executor)
    record, began = Record(len(settings), len(seeds), epochs), perf_counter()
    store = _store(resume, data, epochs)
    description = f"{len(settings)} settings × {len(seeds)} seeds"
    with (one_thread() as threads,
          progress_bar(progress, epochs * record.done[:, :, 0].size, "epoch", description) as bar):
        try:
            if executor is None and store is None:
                threads = min(threads, MOST_THREADS) if device is None else 1
                chunks = divide(settings, seeds, ways, threads, loss=loss)
                _side_by_side(data, chunks, epochs, device, threads, record, bar.update)
            else:
                tasks = divide(settings, seeds, ways, most=TASK, loss=loss)
                _one_by_one(data, tasks, epochs, device, record, bar.update, executor, store)
        except KeyboardInterrupt:
            return record, True
        finally:
            if perf_counter() - began > 1 and any(way.stack for way in ways):  # second; giving back costs a tenth
                give_back_memory()
    return record, False


def _store(resume, data, epochs):
    """A store in the folder `resume`, or else in the one that the environment variable COURSE_RESUME names, if any."""
    folder = os.environ.get("COURSE_RESUME") or None if resume is None else resume
    return None if folder is None else Store(folder, data, epochs)


def _executor(executor):
    """An executor of `concurrent.futures`; that of a Dask client."""
    if executor is not None and not isinstance(executor, Executor):
        if callable(getattr(executor, "get_executor", None)):
            return executor.get_executor()
        raise TypeError("executor must be an executor of concurrent.futures, such as ProcessPoolExecutor(4), or a Dask "
                        f"client; got {executor!r}")
    return executor


def progress_bar(progress, total, unit, description=None):
    """A bar that vanishes at its end; none if `progress` is false or the environment says TQDM_DISABLE=1."""
    off = not progress or os.environ.get("TQDM_DISABLE", "0") not in ("", "0")  # in a notebook, tqdm does not ask
    return _Bar(total=total, unit=unit, desc=description, leave=False, disable=off)


class _Bar(tqdm):
    """A bar whose widgets leave the kernel when it vanishes; tqdm lets go of the outermost alone."""

    def close(self):
        super().close()
        container = getattr(self, "container", None)
        if container is not None and container.comm is None:
            for part in (container, *container.children):
                for piece in (part, part.layout, getattr(part, "style", None)):
                    if piece is not None:
                        piece.close()


def _side_by_side(data, chunks, epochs, device, threads, record, tick):
    """Take all chunks from epoch to epoch together, so that an interrupt leaves every network at the same epoch."""
    for epoch, outcomes in enumerate(train_together(data, chunks, epochs, device, threads)):
        for chunk, outcome in zip(chunks, outcomes, strict=True):
            record.add(chunk, outcome, epoch)
        tick(sum(map(len, chunks)))


def _one_by_one(data, chunks, epochs, device, record, tick, executor, store):
    """Finish chunk after chunk, so that each can be sent to a worker and kept on disk when it is done."""
    left = []
    for chunk in chunks:
        outcome = store.load(chunk) if store else None
        if outcome is None:
            left.append(chunk)
        else:
            record.add(chunk, outcome)
            tick(len(chunk) * epochs)
    for chunk, outcome in collect(data, left, epochs, device, executor, tick):
        if store:
            store.save(chunk, outcome)
        record.add(chunk, outcome)
