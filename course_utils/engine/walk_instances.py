"""The walk through instances: their class, their attributes and slots, and what compiled code holds."""

import collections
import copyreg
import logging
import sys
import types
import typing

import numpy as np
import torch

from .libraries import is_compiled, is_found
from .values import is_seeded, type_name

__all__ = ["follow_instance", "follow_state"]

_CONTENT = {  # bases made by compiled code whose contents are known
    object: None, torch.Size: None, types.SimpleNamespace: None, collections.OrderedDict: None,
    collections.defaultdict: lambda v: v.default_factory, dict: lambda v: dict(dict.items(v)),
    list: lambda v: list(list.__iter__(v)), tuple: lambda v: tuple(tuple.__iter__(v)),
    set: lambda v: set(set.__iter__(v)), frozenset: lambda v: frozenset(frozenset.__iter__(v)),
    int: int.__int__, float: float.__float__, str: str.__str__, bytes: lambda v: bytes(memoryview(v)),
    bytearray: lambda v: bytes(memoryview(v)),
}
_QUIET = {logging.Logger, logging.RootLogger}  # they report, and decide nothing


def follow_instance(walk, value):
    kind = type(value)
    walk.judge(value)
    if is_seeded(value):
        return walk.say("a random state that the seed of a run sets", type_name(kind))
    if isinstance(value, _pandas_types()):
        return _pandas(walk, value)
    if kind in _QUIET:
        return walk.say("library", type_name(kind), value.name)
    if kind.__module__ in ("typing", "types") and typing.get_origin(value) is not None:
        walk.say("hint")
        walk.follow(typing.get_origin(value), "its origin")
        return walk.follow(typing.get_args(value), "its arguments")
    if kind.__module__ == "typing":
        return walk.say("hint", repr(value))
    if kind.__module__.startswith("torch._ops") or _is_ufunc(value):
        return walk.say("library", str(value), walk.home("torch" if "torch" in kind.__module__ else "numpy"))
    if callable(value) and is_compiled(kind) and walk.home(getattr(value, "__module__", None)) and is_found(value):
        return walk.say("library", value.__module__, value.__qualname__, walk.home(value.__module__))
    walk.say("instance")
    walk.follow(kind, f"class {kind.__name__}")
    if any(is_compiled(base) for base in kind.__mro__ if base not in _CONTENT):
        return _reduced(walk, value)
    for base, content in _CONTENT.items():
        if isinstance(value, base) and content:
            walk.follow(content(value))
    follow_state(walk, value)


def follow_state(walk, value):
    for name, member in getattr(value, "__dict__", {}).items():
        walk.say("attribute", name)
        if isinstance(value, torch.nn.Module) and "_hooks" in name and isinstance(member, dict):
            member = list(member.values())  # its keys count all hooks of the process
        walk.follow(member, f"attribute {name}")
    for base in type(value).__mro__:
        if is_compiled(base):
            continue
        for name, member in sorted(vars(base).items()):
            if isinstance(member, types.MemberDescriptorType):
                walk.say("slot", name)
                try:
                    walk.follow(member.__get__(value), f"attribute {name}")
                except AttributeError:
                    walk.say("empty")


def _reduced(walk, value):
    """What a value made by compiled code would hand to `copy`."""
    try:
        known = copyreg.dispatch_table.get(type(value))
        parts = known(value) if known else value.__reduce_ex__(4)
    except Exception as error:
        walk.unknown(f"a {type_name(type(value))} cannot be looked into ({error})")
    if isinstance(parts, str):
        walk.unknown("it is compiled code of no library, and cannot be read")
    for i, part in enumerate(parts):
        walk.follow(list(part) if i > 2 and part is not None else part, "its state")


def _pandas(walk, value):
    walk.say("pandas", type(value).__name__, value.shape)
    walk.follow(list(value.names) if hasattr(value, "names") else getattr(value, "name", None), "its name")
    if hasattr(value, "index"):
        walk.follow(value.index, "its index")
    if hasattr(value, "columns"):
        walk.follow(value.columns, "its columns")
        for i in range(value.shape[1]):
            walk.follow(value.iloc[:, i].to_numpy(), f"column {i}")
            walk.say(str(value.dtypes.iloc[i]))
    else:
        walk.say(str(value.dtype))
        walk.follow(value.to_numpy(), "its values")


def _pandas_types():
    pandas = sys.modules.get("pandas")
    return () if pandas is None else (pandas.Series, pandas.DataFrame, pandas.Index)


def _is_ufunc(value):
    return isinstance(value, np.ufunc) and any(getattr(sys.modules.get(module), value.__name__, None) is value
                                               for module in ("numpy", "scipy.special"))
