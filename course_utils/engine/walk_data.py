"""The walk through containers, arrays and tensors."""

import types

import numpy as np
import torch

from .values import PLAIN, hash_of, text_of, type_name
from .walk_instances import follow_instance, follow_state

__all__ = ["follow_array", "follow_dict", "follow_items", "follow_list", "follow_set", "follow_tensor"]


def follow_items(walk, values):
    walk.say(type(values).__name__, len(values))
    for i, value in enumerate(values):
        walk.follow(value, f"item {i}")


def follow_list(walk, value):
    follow_items(walk, value) if type(value) is list else follow_instance(walk, value)


def follow_dict(walk, value):
    if type(value) not in (dict, types.MappingProxyType):
        return follow_instance(walk, value)
    walk.say("dict", len(value))
    for name, member in value.items():
        walk.follow(name, "a key")
        walk.follow(member, f"item {name!r:.40}")


def follow_set(walk, value):
    if type(value) not in (set, frozenset):
        return follow_instance(walk, value)
    walk.say(type(value).__name__, *sorted(_apart(walk, member) for member in value))


def _apart(walk, value):
    """The identity of a value that has no place in an order."""
    if type(value) in PLAIN:
        return f"{type(value).__name__} {text_of(value)}"
    beside = walk.beside([*walk.path, "an element"], walk.seen)
    beside.follow(value)
    walk.reads_data |= beside.reads_data
    return beside.digest()


def follow_array(walk, value):
    walk.say("array", type_name(type(value)), str(value.dtype), value.shape)
    if isinstance(value, np.ma.MaskedArray):
        walk.follow(np.ma.getmaskarray(value))
        walk.follow(value.fill_value)
        value = value.data
    if value.dtype.hasobject:
        return follow_items(walk, value.ravel().tolist())
    walk.say(hash_of(np.ascontiguousarray(value).tobytes()))


def follow_tensor(walk, value):
    walk.follow(type(value))
    walk.say(str(value.dtype), tuple(value.shape), value.device.type, str(value.layout), value.requires_grad)
    try:
        flat = value.detach().to_dense().resolve_conj().resolve_neg().cpu().contiguous().reshape(-1)
        walk.say(hash_of(flat.view(torch.uint8).numpy().tobytes()))
    except (RuntimeError, TypeError, NotImplementedError) as error:
        walk.unknown(f"the numbers of this tensor cannot be read ({error})")
    if value.is_leaf and value.grad is not None:
        walk.follow(value.grad, "its gradient")
    follow_state(walk, value)
