"""Examples out of the data sets and loaders of torch, collected into two arrays: inputs and targets.

Torch is not imported: its data sets, samplers and loaders are known by what they can do.
"""

import warnings
from itertools import islice

import numpy as np

from .arrays import SEVERAL, numbers

__all__ = ["collect"]

AGAIN = 8  # examples that are read twice
MOST = 10**7  # examples; a stream that gives more is taken for endless


def collect(part, given):
    """Inputs and targets of all examples of a data set, or of the one behind a loader, as two arrays.

    A loader's batch size, shuffling and `drop_last` are not taken over. One that puts its batches together by a
    `collate_fn` of its own is asked for batches, in the order of its data set; one over a stream gives them as they
    come.
    """
    if hasattr(given, "collate_fn") and hasattr(given, "dataset"):
        return _from_loader(part, given)
    tensors = getattr(given, "tensors", None)
    if isinstance(tensors, tuple) and len(tensors) == 2:
        return tuple(numbers(f"tensor {i} of {part}", tensor) for i, tensor in enumerate(tensors))
    x, y = _stacked(part, _each(part, given))
    _tell_of_chance(part, given, x)
    return x, y


def _tell_of_chance(part, given, x):
    """A warning where an example that is read again has changed: random transforms are drawn once."""
    if hasattr(type(given), "__iter__"):
        return
    for i, again in enumerate(_at(part, given, range(min(len(x), AGAIN)))):
        if not np.array_equal(_one(f"the input of example {i} of {part}", again[0], []), x[i], equal_nan=True):
            warnings.warn(f"{part} gives its examples anew at each look, as random transforms do; what is kept is one "
                          "draw of them. To draw anew in every epoch, transform in the model's forward where "
                          "self.training", stacklevel=4)
            return


def _from_loader(part, loader):
    sampler, own_batches = loader.sampler, loader.batch_size is None
    usual = type(sampler).__name__ in ("SequentialSampler", "RandomSampler")
    if own_batches or hasattr(type(loader.dataset), "__iter__") or not (usual or hasattr(sampler, "indices")):
        if hasattr(sampler, "weights"):
            raise ValueError(f"{part} is a loader that draws examples by weights, some of them several times: pass its "
                             "data set")
        single = own_batches and loader.batch_sampler is None and _is_torch(loader.collate_fn)
        return (_stacked if single else _joined)(part, _each(part, loader))
    order = range(len(loader.dataset)) if usual else [int(i) for i in sampler.indices]
    if _is_torch(loader.collate_fn):
        return collect(part, loader.dataset) if usual else _stacked(part, _at(part, loader.dataset, order))
    rows = [order[i:i + loader.batch_size] for i in range(0, len(order), loader.batch_size)]
    return _joined(part, (loader.collate_fn(list(_at(part, loader.dataset, batch))) for batch in rows))


def _is_torch(function):
    return str(getattr(function, "__module__", "")).startswith("torch.")


def _each(part, given):
    """The examples of whatever can be gone through."""
    if isinstance(given, str | bytes | dict | tuple | type | np.ndarray) or hasattr(given, "detach"):
        raise ValueError(f"{part} must be a data set or loader of torch, got {type(given).__name__}; arrays and "
                         "tensors go into Dataset(name, x_train, y_train, …) or torch.utils.data.TensorDataset(x, y)")
    if hasattr(type(given), "__iter__"):
        found = list(islice(given, MOST + 1))
        if len(found) > MOST:
            raise ValueError(f"{part} gives more than {MOST} examples; a stream without an end must be cut first")
        return found
    if not hasattr(given, "__len__") or not hasattr(given, "__getitem__"):
        raise ValueError(f"{part} must be a data set or loader of torch, with a length and examples by number, got "
                         f"{type(given).__name__}")
    return _at(part, given, range(len(given)))


def _at(part, dataset, order):
    for i in order:
        try:
            yield dataset[i]
        except Exception as error:
            raise ValueError(f"example {i} of {part} cannot be read: {type(error).__name__}: {error}") from error


def _stacked(part, found):
    """Single examples as two arrays."""
    inputs, targets = [], []
    for i, example in enumerate(found):
        x, y = _pair(f"example {i} of {part}", example)
        inputs.append(_one(f"the input of example {i} of {part}", x, inputs))
        targets.append(_one(f"the target of example {i} of {part}", y, targets))
    if not inputs:
        raise ValueError(f"{part} holds no examples")
    return np.stack(inputs), np.stack(targets)


def _one(name, value, before):
    """A number or an array of the shape of those before."""
    if hasattr(value, "getbands"):
        raise ValueError(f"{name} is a picture: give the data set a transform that makes tensors of one size")
    if isinstance(value, dict) or _holds_arrays(value):
        raise ValueError(f"{name} is a {type(value).__name__} of several: {SEVERAL}")
    array = numbers(name, value if np.ndim(value) or hasattr(value, "detach") else [value])
    array = array if np.ndim(value) else array.reshape(())
    if before and array.shape != before[0].shape:
        raise ValueError(f"{name} has shape {array.shape}, others have {before[0].shape}: all must be of one size, by "
                         "a transform or by padding")
    return array


def _holds_arrays(value):
    """Whether a tuple or list holds arrays or tensors of different shapes: several inputs, not a row of numbers."""
    return isinstance(value, tuple | list) and len({tuple(getattr(v, "shape", ())) for v in value}) > 1


def _joined(part, batches):
    """Batches, their examples along the first axis, as two arrays."""
    pairs = [_pair(f"a batch of {part}", batch) for batch in batches]
    if not pairs:
        raise ValueError(f"{part} holds no examples")
    x, y = ([numbers(f"a batch of {part}", values) for values in side] for side in zip(*pairs, strict=True))
    for side in (x, y):
        if len(shapes := {array.shape[1:] for array in side}) > 1 or () in {array.shape for array in side}:
            raise ValueError(f"the batches of {part} hold examples of different shapes, {sorted(shapes)}: all must be "
                             "of one size, padded to the longest of all")
    return np.concatenate(x), np.concatenate(y)


def _pair(name, example):
    if isinstance(example, dict) or hasattr(example, "keys"):
        raise ValueError(f"{name} is a dictionary with {', '.join(map(str, example))}; a pair (input, target) is "
                         "needed, so wrap it in a data set that returns one")
    if not isinstance(example, tuple | list):
        raise ValueError(f"{name} is a {type(example).__name__} alone; a pair (input, target) is needed")
    if len(example) != 2:
        raise ValueError(f"{name} has {len(example)} parts; a pair (input, target) is needed"
                         + (f": {SEVERAL}" if len(example) > 2 else ""))
    return example
