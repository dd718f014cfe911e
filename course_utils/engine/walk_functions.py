"""The walk through functions: their code and defaults, and whatever they name."""

import argparse
import importlib
import importlib.util
import types
from functools import partial

import numpy as np
import torch

from .bytecode import read
from .libraries import is_found
from .unknowable import BARE, LOCKS
from .values import MISSING, NAMED, PLAIN, REMEMBERING, Missing, called, key_of, word_for

__all__ = ["follow_bound", "follow_builtin", "follow_descriptor", "follow_function", "follow_partial",
           "follow_remembering"]


def follow_function(walk, value):
    walk.judge(value)
    home = walk.home(value.__globals__.get("__name__"))
    code = value.__code__
    if home and walk.home(value.__module__) and is_found(value):
        return walk.say("library", value.__module__, value.__qualname__, home)
    if home and code.co_qualname == "singledispatch.<locals>.wrapper":
        walk.say("singledispatch")
        return walk.follow(dict(value.registry), "its registry")
    reading = read(code)
    walk.say("function", *((code.co_qualname, home) if home else (value.__qualname__, reading.digest)))
    walk.follow(value.__defaults__, "its defaults")
    walk.follow(sorted((value.__kwdefaults__ or {}).items()), "its defaults")
    if home:  # a library's decorator around a function of the reader's
        for name, cell in zip(code.co_freevars, value.__closure__ or (), strict=True):
            walk.follow(_contents(cell), f"closure {name}")
        return None
    for reason in reading.reasons:
        walk.unknown(reason)
    if vars(value):
        walk.follow(dict(vars(value)), "its attributes")
    for reference in reading.references:
        _reference(walk, value, reference)


def _reference(walk, function, reference):
    """Follow a name in a function's code, with the attributes that the code asks it for."""
    name, attributes = reference.name, reference.attributes
    walk.say("name", reference.root, name, attributes)
    if reference.root == "import":
        value = _imported(walk, function, reference)
    elif reference.root == "closure":
        value = _contents(function.__closure__[function.__code__.co_freevars.index(name)])
    elif name in function.__globals__:
        value = function.__globals__[name]
    else:
        value = function.__builtins__.get(name, MISSING)
    if value is hash and function.__name__ == "__hash__":  # only a place in a table hangs on it
        return None
    at, home = name, None
    while attributes and _is_namespace(value) and attributes[0] != "__dict__":
        home = walk.home(value.__name__) if isinstance(value, types.ModuleType) else None
        dotted = f"{value.__name__}.{attributes[0]}" if home else None
        value, at, attributes = _asked(value, attributes[0]), f"{at}.{attributes[0]}", attributes[1:]
        if home:
            walk.judge_at(at, value, dotted)
    if isinstance(value, type) and attributes and walk.home(value.__module__):  # datetime.now
        walk.judge_at(f"{at}.{attributes[0]}", _asked(value, attributes[0]))
    if reference.called_bare and not attributes and (reason := BARE.get(key_of(value))):
        walk.unknown(f"{at}(): {reason}")
    if reference.writes and not home:
        walk.unknown(f"it changes {at}, so what it does depends on what ran before")
    if isinstance(value, LOCKS) and "locked" not in attributes:  # who waits for whom decides nothing
        return walk.say("lock")
    if home and _is_leaf(walk, value):
        return walk.say("library", dotted, home)
    walk.reads_data |= not _is_fixed(walk, value, reference.root)
    walk.follow(value, f"{word_for(value, reference.root)} {at}")


def _is_leaf(walk, value):
    """Whether something found in a library is no function, class or number: random.random, torch.backends."""
    if isinstance(value, NAMED):
        return not isinstance(getattr(value, "__self__", None), types.ModuleType | type | None)
    followed = (*PLAIN, dict, list, tuple, set, frozenset, np.ndarray, torch.Tensor, types.FunctionType,
                types.MethodType, types.ModuleType, type, partial, REMEMBERING, Missing)
    return not isinstance(value, followed) and bool(walk.home(type(value).__module__))


def _is_fixed(walk, value, root):
    """Whether a name means the same as long as the code is the same."""
    if isinstance(value, type):
        return bool(walk.home(value.__module__))
    return isinstance(value, (types.FunctionType, REMEMBERING, *NAMED)) or (
        isinstance(value, types.ModuleType) and bool(walk.home(value.__name__))) or (
        root == "closure" and type(value) in PLAIN)


def _imported(walk, function, reference):
    """The module that an import inside a function brings, which the function would import at once anyway."""
    package = function.__globals__.get("__package__") or ""
    try:
        name = importlib.util.resolve_name("." * reference.level + reference.name, package)
        return importlib.import_module(name)
    except ImportError:
        return MISSING


def follow_partial(walk, value):
    walk.say("partial", type(value).__name__)
    walk.follow(value.func, f"helper {called(value.func)}")
    walk.follow(tuple(value.args), "its arguments")
    for name, member in sorted(value.keywords.items()):
        walk.say("keyword", name)
        walk.follow(member, f"argument {name}")
    if getattr(value, "__dict__", None):
        walk.follow(dict(vars(value)), "its attributes")


def follow_bound(walk, value):
    walk.say("bound")
    walk.follow(value.__func__, f"method {called(value.__func__)}")
    walk.follow(value.__self__, f"its {called(value.__self__)}")


def follow_remembering(walk, value):
    """functools.lru_cache: once it has answered, it no longer asks the function."""
    walk.say("lru_cache", repr(sorted(value.cache_parameters().items())))
    if value.cache_info().currsize and _reads_data(walk, value.__wrapped__):
        walk.unknown("it remembers answers from before and reads values that may have changed since; "
                     "call its cache_clear()")
    walk.follow(value.__wrapped__, f"helper {called(value.__wrapped__)}")


def _reads_data(walk, function):
    """Whether anything but code decides what a function answers."""
    seen = {at: entry for at, entry in walk.seen.items()
            if isinstance(entry[1], REMEMBERING) and entry[1].cache_info().currsize}
    beside = walk.beside(walk.path, seen)
    beside.follow(function)
    return beside.reads_data


def follow_descriptor(walk, value):
    walk.say(type(value).__name__)
    for name in ("fget", "fset", "fdel", "__func__", "func"):
        walk.follow(getattr(value, name, None), name)


def follow_builtin(walk, value):
    walk.judge(value)
    owner = getattr(value, "__self__", None)
    owner = getattr(value, "__objclass__", None) if owner is None else owner
    name = getattr(value, "__qualname__", None) or value.__name__
    if owner is None or isinstance(owner, types.ModuleType):
        if not (home := walk.home(value.__module__)) and value.__module__:
            walk.unknown("it is compiled code of no library, and cannot be read")
        return walk.say("library", value.__module__, name, home)
    walk.say("library", name)
    walk.follow(owner, f"its {called(owner)}")


def _contents(cell):
    try:
        return cell.cell_contents
    except ValueError:
        return MISSING


def _is_namespace(value):
    return isinstance(value, types.ModuleType) or type(value) in (types.SimpleNamespace, argparse.Namespace)


def _asked(value, name):
    try:
        return getattr(value, name, MISSING)
    except Exception:  # a module's own __getattr__ may fail in any way
        return MISSING
