"""Refusals in words: which argument, what came, what was expected."""

from collections.abc import Iterable, Mapping, Sized
from numbers import Real

import numpy as np

from ..data import Dataset
from ..descent import Path
from ..landscapes import Landscape

__all__ = ["as_dataset", "as_families", "as_landscape", "as_metric", "as_numbers", "as_part", "as_path", "as_paths",
           "as_run", "as_sweep", "as_table", "as_whole", "came"]


def came(value):
    """What came, in a few words."""
    if _is_sweep(value):
        return f"a sweep of {len(value.settings)} settings × {len(value.seeds)} seeds"
    if _is_run(value):
        return "a Run, one trained network"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if callable(value):
        return f"the function {getattr(value, '__name__', type(value).__name__)}"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, Sized) and not isinstance(value, str):
        return f"a {type(value).__name__} of {len(value)}"
    words = repr(value)
    return words if len(words) <= 60 else f"a {type(value).__name__}"


def _is_sweep(value):  # by what it holds: its class stands in a module that needs torch
    return hasattr(value, "settings") and hasattr(value, "history") and hasattr(value, "final")


def _is_run(value):
    return hasattr(value, "setting") and hasattr(value, "history") and hasattr(value, "predict")


def as_sweep(runs, name="runs"):
    """The sweep, with at least one setting, seed and epoch."""
    if _is_run(runs):
        raise TypeError(f"{name} must be a sweep, got {came(runs)}: sweep(…, seeds=[0]) makes one of a single network")
    if not _is_sweep(runs):
        raise TypeError(f"{name} must be what sweep(…) returns, got {came(runs)}")
    if 0 in runs.history["train_loss"].shape:
        raise ValueError(f"{name} must hold at least one run and one epoch, got {came(runs)}")
    return runs


def as_run(run):
    if _is_sweep(run):
        raise TypeError(f"run must be one network, got {came(run)}: runs.run(setting, seed) takes one out, by the "
                        "index of its setting")
    if not _is_run(run):
        raise TypeError(f"run must be what train(…) or runs.run(…) returns, got {came(run)}")
    return run


def as_metric(runs, metric):
    """The name of a score that the sweep has; that of the test part by which it is compared where None is given."""
    metric = f"test_{runs.metric}" if metric is None else metric
    if metric in runs.history:
        return metric
    known = ", ".join(runs.history)
    if isinstance(metric, str) and "accuracy" in metric and runs.data.task == "regression":
        raise ValueError(f"metric must be one of {known}; got {metric!r}, but {runs.data.name} is a regression, and "
                         "values have no accuracy")
    raise ValueError(f"metric must be one of {known}; got {metric!r}")


def as_landscape(landscape, drawn=True):
    if not isinstance(landscape, Landscape):
        raise TypeError(f"landscape must be one such as bowl() or ravine(), got {came(landscape)}")
    if drawn and landscape.dim > 2:
        raise ValueError(f"landscape must have one or two weights to be drawn, got {landscape.name} with "
                         f"{landscape.dim}")
    return landscape


def as_path(path, name="path"):
    if not isinstance(path, Path):
        raise TypeError(f"{name} must be what descend(…) returns, got {came(path)}")
    return path


def as_paths(paths):
    """A list of paths, at least one."""
    if isinstance(paths, Path):
        return [paths]
    if not isinstance(paths, Iterable) or isinstance(paths, str) or not (paths := list(paths)):
        raise ValueError(f"paths must be a list of what descend(…) returns, at least one, got {came(paths)}")
    return [as_path(path, f"paths[{n}]") for n, path in enumerate(paths)]


def as_dataset(data, n_classes):
    """Data that can be drawn in the plane: two features, a few classes."""
    if not isinstance(data, Dataset):
        raise TypeError(f"data must be a Dataset such as make_blobs(), got {came(data)}")
    if data.task != "classification" or data.x_train.shape[1:] != (2,) or data.y_train.ndim != 1 \
            or data.n_classes > n_classes:
        raise ValueError(f"data must have two features and at most {n_classes} classes to be drawn in the plane, got "
                         f"{data!r}" + (f" and {data.n_classes} classes" if data.task == "classification" else ""))
    return data


def as_part(part):
    if part not in ("train", "val", "test"):
        raise ValueError(f'part must be "train", "val" or "test", got {part!r}')
    return part


def as_families(families, name, of):
    """A dict with at least one entry."""
    if not isinstance(families, Mapping) or not families:
        raise ValueError(f"{name} must be a dict of names to {of}, with at least one entry, got {came(families)}")
    return families


def as_numbers(values, name, finite=True):
    """A list of numbers as an array (n,), at least one."""
    try:
        values = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a list of numbers, got {came(values)}") from None
    if values.ndim != 1 or not len(values):
        raise ValueError(f"{name} must be a list of numbers, at least one, got {came(values)}")
    if finite and not np.isfinite(values).all():
        raise ValueError(f"{name} holds NaN or infinity at {np.flatnonzero(~np.isfinite(values)).tolist()}, as of a "
                         "run that diverged: leave those out, or give them a score")
    return values


def as_table(samples, n, name):
    """Repeated measurements, a list of numbers for each of n places."""
    if not isinstance(samples, Iterable) or isinstance(samples, str) or len(samples := list(samples)) != n:
        raise ValueError(f"{name} must hold {n} lists of numbers, one for each x, got {came(samples)}")
    return [as_numbers(row, f"{name}[{k}]") for k, row in enumerate(samples)]


def as_whole(value, name):
    if not isinstance(value, Real) or isinstance(value, bool) or value != int(value) or value < 1:
        raise ValueError(f"{name} must be a whole number of at least 1, got {value!r}")
    return int(value)
