"""What decides what a value does, as a short text that is the same in every process.

Functions and classes are followed: their code, and whatever it names, to any depth. Libraries are named with their
version instead. File names, line numbers, comments, docstrings and type hints of functions decide nothing.
"""

import functools
import os
import pathlib
import sys
import types
import weakref
from functools import partial

import numpy as np
import torch

from .bytecode import read as _read
from .libraries import home_of as _home
from .surroundings import hooks_on_all, replaced_in_torch, switches
from .unknowable import Unknowable, reason_against
from .values import MISSING, NAMED, PLAIN, REMEMBERING, called, hash_of, text_of
from .walk_classes import follow_class, follow_module
from .walk_data import follow_array, follow_dict, follow_items, follow_list, follow_set, follow_tensor
from .walk_functions import (
    follow_bound,
    follow_builtin,
    follow_descriptor,
    follow_function,
    follow_partial,
    follow_remembering,
)
from .walk_instances import follow_instance

__all__ = ["identity", "surroundings"]

MOST = 50_000  # objects that are followed before it is said that they are too many
_CONSTANT = {frozenset, range, slice, np.dtype, torch.dtype, torch.device, torch.Size, pathlib.PosixPath,
             pathlib.WindowsPath}
_WAYS = [
    (pathlib.PurePath, lambda walk, v: walk.say(type(v).__name__, os.fspath(v))),
    (range, lambda walk, v: walk.say("range", v.start, v.stop, v.step)),
    (slice, lambda walk, v: (walk.say("slice"), walk.follow((v.start, v.stop, v.step)))),
    ((torch.dtype, torch.device, torch.layout, torch.memory_format), lambda walk, v: walk.say("torch", str(v))),
    (np.dtype, lambda walk, v: walk.say("dtype", repr(v))),
    ((np.ndarray, np.generic), follow_array),
    (torch.Tensor, follow_tensor),
    (types.FunctionType, follow_function),
    ((partial, functools.partialmethod), follow_partial),
    (types.MethodType, follow_bound),
    (REMEMBERING, follow_remembering),
    (NAMED, follow_builtin),
    ((property, classmethod, staticmethod, functools.cached_property), follow_descriptor),
    (weakref.ref, lambda walk, v: walk.follow(v(), "what it refers to")),
    (types.CodeType, lambda walk, v: walk.say("code", _read(v).digest)),
    (type, follow_class),
    (types.ModuleType, follow_module),
    ((dict, types.MappingProxyType), follow_dict),
    (list, follow_list),
    ((set, frozenset), follow_set),
]


def identity(value, name="value"):
    """A text that is equal for values that do the same, in every process with the same Python and libraries.

    `name` is what messages call the value. Raises `Unknowable`, with the way to what cannot be known.
    """
    walk = _Walk([f"{name} {called(value)}"])
    walk.say("Python", *sys.version_info[:2])
    try:
        walk.follow(value)
    except RecursionError:
        raise Unknowable(f"{walk.path[0]}: it is nested too deeply to be followed") from None
    except Unknowable:
        raise
    except Exception as error:  # an attribute or a property of the reader's own that fails when asked
        raise Unknowable(f"{walk.path[0]}: it cannot be followed ({type(error).__name__}: {error})") from error
    return walk.digest()


def surroundings():
    """The settings of torch that decide results beside model, data and hyperparameters: a dict of names and texts.

    Among them: the default type and device, deterministic algorithms, precision, autocast, hooks on all modules, and
    functions of torch that somebody has replaced.
    """
    found = switches()
    for name, values in {"hooks on all modules": hooks_on_all(), "replaced in torch": replaced_in_torch()}.items():
        if values:
            found[name] = identity(dict(sorted(values.items())), name)
    return found


class _Walk:
    """Goes through all that a value depends on, and writes down what it finds.

    `path` is the way to here, for messages; `seen` are the objects by id, `judged` the classes looked into for
    replaced functions; `reads_data` tells whether anything but code has decided so far.
    """

    def __init__(self, path, seen=()):
        self.path, self.seen, self.said = path, dict(seen), []
        self.homes, self.judged, self.reads_data = {}, set(), False

    def say(self, *words):
        self.said.append(repr(words))

    def digest(self):
        return hash_of("\n".join(self.said).encode())

    def unknown(self, reason):
        raise Unknowable(f"{' → '.join(self.path)}: {reason}")

    def follow(self, value, step=None):
        """Write down a value; `step` is how one gets there, for messages."""
        kind = type(value)
        if kind in PLAIN:
            return self.say(kind.__name__, text_of(value))
        if value is MISSING:
            return self.say("missing")
        if step:
            self.path.append(step)
        try:
            if kind is tuple:
                return follow_items(self, value)
            if kind not in _CONSTANT:  # whether equal constants are one object is up to the compiler
                if id(value) in self.seen:
                    return self.say("again", self.seen[id(value)][0])
                if len(self.seen) >= MOST:
                    self.unknown(f"it leads to more than {MOST} objects")
                self.seen[id(value)] = len(self.seen), value  # holds the value, so that no other gets its id
            for types_, write in _WAYS:
                if isinstance(value, types_):
                    if not self.home(kind.__module__):  # of the reader's own, which may do anything
                        self.follow(kind, f"class {kind.__name__}")
                    return write(self, value)
            follow_instance(self, value)
        finally:
            if step:
                self.path.pop()

    def beside(self, path, seen):
        """Another walk, which says its own and has seen what it is told."""
        return _Walk(path, seen)

    def judge(self, value, dotted=None):
        """Refuse what looks at the world outside."""
        if reason := reason_against(value, dotted, self.home):
            self.unknown(reason)

    def judge_at(self, at, value, dotted=None):
        """The same for what is found under the name `at`."""
        self.path.append(at)
        self.judge(value, dotted)
        self.path.pop()

    def home(self, name):
        """The library and the version that a module belongs to, asked once."""
        if name not in self.homes:
            self.homes[name] = _home(name)
        return self.homes[name]
