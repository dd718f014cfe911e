"""What decides what a value does, as a short text that is the same in every process.

Functions and classes are followed: their code, and whatever it names, to any depth. Libraries are named with their
version instead. File names, line numbers, comments, docstrings and type hints of functions decide nothing.
"""

import argparse
import builtins
import collections
import contextvars
import copyreg
import dis
import functools
import hashlib
import importlib
import importlib.metadata
import importlib.util
import inspect
import io
import logging
import os
import pathlib
import random
import re
import site
import socket
import sys
import sysconfig
import threading
import types
import typing
import weakref
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache, lru_cache, partial

import numpy as np
import torch

__all__ = ["Unknowable", "identity", "surroundings"]

MOST = 50_000  # objects that are followed before it is said that they are too many


class Unknowable(ValueError):
    """What a value does depends on something that cannot be read from it; the message says on what."""


def identity(value, name="value"):
    """A text that is equal for values that do the same, in every process with the same Python and libraries.

    `name` is what messages call the value. Raises `Unknowable`, with the way to what cannot be known.
    """
    walk = _Walk([f"{name} {_called(value)}"])
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
    found = {name: str(_ask(question)) for name, question in _SWITCHES.items()}
    hooks = {name: list(value.values()) for name, value in sorted(vars(torch.nn.modules.module).items())
             if name.startswith("_global_") and isinstance(value, dict) and value}
    replaced = {}
    for space in (torch, torch.nn.functional, torch.nn.init, torch.Tensor, *_layers()):
        for name, member in vars(space).items():
            if isinstance(function := _plain(member), types.FunctionType) and _foreign(function):
                replaced[f"{space.__name__}.{name}"] = function
    for name, values in {"hooks on all modules": hooks, "replaced in torch": replaced}.items():
        if values:
            found[name] = identity(dict(sorted(values.items())), name)
    return found


class _Walk:
    """Goes through all that a value depends on, and writes down what it finds."""

    def __init__(self, path, seen=()):
        self.path, self.seen, self.said = path, dict(seen), []
        self.homes, self.judged, self.reads_data = {}, set(), False

    def say(self, *words):
        self.said.append(repr(words))

    def digest(self):
        return _hash("\n".join(self.said).encode("utf-8", "surrogatepass"))

    def unknown(self, reason):
        raise Unknowable(f"{' → '.join(self.path)}: {reason}")

    def follow(self, value, step=None):
        """Write down a value; `step` is how one gets there, for messages."""
        kind = type(value)
        if kind in _PLAIN:
            return self.say(kind.__name__, _text(value))
        if value is _MISSING:
            return self.say("missing")
        if step:
            self.path.append(step)
        try:
            if kind is tuple:
                return self._items(value)
            if kind not in _CONSTANT:  # whether equal constants are one object is up to the compiler
                if id(value) in self.seen:
                    return self.say("again", self.seen[id(value)][0])
                if len(self.seen) > MOST:
                    self.unknown(f"it leads to more than {MOST} objects")
                self.seen[id(value)] = len(self.seen), value  # holds the value, so that no other gets its id
            for types_, write in _WAYS:
                if isinstance(value, types_):
                    return write(self, value)
            self._instance(value)
        finally:
            if step:
                self.path.pop()

    # containers

    def _items(self, values):
        self.say(type(values).__name__, len(values))
        for i, value in enumerate(values):
            self.follow(value, f"item {i}")

    def _list(self, value):
        self._items(value) if type(value) is list else self._instance(value)

    def _dict(self, value):
        if type(value) not in (dict, types.MappingProxyType):
            return self._instance(value)
        self.say("dict", len(value))
        for name, member in value.items():
            self.follow(name, "a key")
            self.follow(member, f"item {name!r:.40}")

    def _set(self, value):
        if type(value) not in (set, frozenset):
            return self._instance(value)
        self.say(type(value).__name__, *sorted(self._apart(member) for member in value))

    def _apart(self, value):
        """The identity of a value that has no place in an order."""
        if type(value) in _PLAIN:
            return f"{type(value).__name__} {_text(value)}"
        walk = _Walk([*self.path, "an element"], self.seen)
        walk.follow(value)
        self.reads_data |= walk.reads_data
        return walk.digest()

    # numbers in bulk

    def _array(self, value):
        self.say("array", _type_name(type(value)), str(value.dtype), value.shape)
        if isinstance(value, np.ma.MaskedArray):
            self.follow(np.ma.getmaskarray(value))
            self.follow(value.fill_value)
            value = value.data
        if value.dtype.hasobject:
            return self._items(value.ravel().tolist())
        self.say(_hash(np.ascontiguousarray(value).tobytes()))

    def _tensor(self, value):
        self.follow(type(value))
        self.say(str(value.dtype), tuple(value.shape), value.device.type, str(value.layout), value.requires_grad)
        dense = value.detach()
        try:
            if value.layout is not torch.strided:
                dense = dense.to_dense()
            flat = dense.resolve_conj().resolve_neg().cpu().contiguous().reshape(-1)
            self.say(_hash(flat.view(torch.uint8).numpy().tobytes()))
        except (RuntimeError, TypeError, NotImplementedError) as error:
            self.unknown(f"the numbers of this tensor cannot be read ({error})")
        if value.is_leaf and value.grad is not None:
            self.follow(value.grad, "its gradient")
        if vars(value):
            self._state(value)

    def _pandas(self, value):
        self.say("pandas", type(value).__name__, value.shape)
        self.follow(list(value.names) if hasattr(value, "names") else getattr(value, "name", None), "its name")
        if hasattr(value, "index"):
            self.follow(value.index, "its index")
        if hasattr(value, "columns"):
            self.follow(value.columns, "its columns")
            for i in range(value.shape[1]):
                self.follow(value.iloc[:, i].to_numpy(), f"column {i}")
                self.say(str(value.dtypes.iloc[i]))
        else:
            self.say(str(value.dtype))
            self.follow(value.to_numpy(), "its values")

    # functions

    def _function(self, value):
        self._judge(value)
        home = self._home(value.__globals__.get("__name__"))
        code = value.__code__
        if home and self._home(value.__module__) and _is_found(value):
            return self.say("library", value.__module__, value.__qualname__, home)
        if home and code.co_qualname == "singledispatch.<locals>.wrapper":
            self.say("singledispatch")
            return self.follow(dict(value.registry), "its registry")
        reading = _read(code)
        self.say("function", code.co_qualname, home) if home else self.say("function", value.__qualname__,
                                                                            reading.digest)
        self.follow(value.__defaults__, "its defaults")
        self.follow(sorted((value.__kwdefaults__ or {}).items()), "its defaults")
        if home:  # a library's decorator around a function of the reader's
            for name, cell in zip(code.co_freevars, value.__closure__ or (), strict=True):
                self.follow(_contents(cell), f"closure {name}")
            return None
        for reason in reading.reasons:
            self.unknown(reason)
        if vars(value):
            self.follow(dict(vars(value)), "its attributes")
        for reference in reading.references:
            self._reference(value, reference)

    def _reference(self, function, reference):
        """Follow a name in a function's code, with the attributes that the code asks it for."""
        name, attributes = reference.name, reference.attributes
        self.say("name", reference.root, name, attributes)
        if reference.root == "import":
            value = self._imported(function, reference)
        elif reference.root == "closure":
            value = _contents(function.__closure__[function.__code__.co_freevars.index(name)])
        elif name in function.__globals__:
            value = function.__globals__[name]
        else:
            value = _builtins(function).get(name, _MISSING)
        if value is hash and function.__name__ == "__hash__":  # only a place in a table hangs on it
            return None
        at, home = name, None
        while attributes and _is_namespace(value) and attributes[0] != "__dict__":
            home = self._home(value.__name__) if isinstance(value, types.ModuleType) else None
            dotted = f"{value.__name__}.{attributes[0]}" if home else None
            value, at, attributes = _asked(value, attributes[0]), f"{at}.{attributes[0]}", attributes[1:]
            if home:
                self._judge_at(at, value, dotted)
        if isinstance(value, type) and attributes and self._home(value.__module__):  # datetime.now
            self._judge_at(f"{at}.{attributes[0]}", _asked(value, attributes[0]))
        if reference.called_bare and not attributes and (reason := _BARE.get(_key(value))):
            self.unknown(f"{at}(): {reason}")
        if reference.writes and not home:
            self.unknown(f"it changes {at}, so what it does depends on what ran before")
        if isinstance(value, _LOCKS) and "locked" not in attributes:  # who waits for whom decides nothing
            return self.say("lock")
        if home and self._is_leaf(value):
            return self.say("library", dotted, home)
        self.reads_data |= not self._is_fixed(value, reference.root)
        self.follow(value, f"{_word(value, reference.root)} {at}")

    def _is_leaf(self, value):
        """Whether something found in a library is no function, class or number: np.random.rand, torch.backends."""
        if isinstance(value, _NAMED):
            return not isinstance(getattr(value, "__self__", None), types.ModuleType | type | None)
        followed = (*_PLAIN, dict, list, tuple, set, frozenset, np.ndarray, torch.Tensor, types.FunctionType,
                    types.MethodType, types.ModuleType, type, partial, _LRU, _Missing)
        return not isinstance(value, followed) and bool(self._home(type(value).__module__))

    def _is_fixed(self, value, root):
        """Whether a name means the same as long as the code is the same."""
        if isinstance(value, type):
            return bool(self._home(value.__module__))
        return isinstance(value, (types.FunctionType, *_NAMED)) or (
            isinstance(value, types.ModuleType) and bool(self._home(value.__name__))) or (
            root == "closure" and type(value) in _PLAIN)

    def _judge_at(self, at, value, dotted=None):
        self.path.append(at)
        self._judge(value, dotted)
        self.path.pop()

    def _imported(self, function, reference):
        """The module that an import inside a function brings, which the function would import at once anyway."""
        package = function.__globals__.get("__package__") or ""
        name = importlib.util.resolve_name("." * reference.level + reference.name, package)
        try:
            return importlib.import_module(name)
        except ImportError:
            return _MISSING

    def _partial(self, value):
        self.say("partial", type(value).__name__)
        self.follow(value.func, f"helper {_called(value.func)}")
        self.follow(tuple(value.args), "its arguments")
        for name, member in sorted(value.keywords.items()):
            self.say("keyword", name)
            self.follow(member, f"argument {name}")
        if getattr(value, "__dict__", None):
            self.follow(dict(vars(value)), "its attributes")

    def _bound(self, value):
        self.say("bound")
        self.follow(value.__func__, f"method {_called(value.__func__)}")
        self.follow(value.__self__, f"its {_called(value.__self__)}")

    def _wrapper(self, value):
        """functools.lru_cache: once it has answered, it no longer asks the function."""
        self.say("lru_cache", repr(sorted(value.cache_parameters().items())))
        if value.cache_info().currsize and self._reads_data(value.__wrapped__):
            self.unknown("it remembers answers from before and reads values that may have changed since; "
                         "call its cache_clear()")
        self.follow(value.__wrapped__, f"helper {_called(value.__wrapped__)}")

    def _reads_data(self, function):
        """Whether anything but code decides what a function answers."""
        walk = _Walk(self.path, {at: entry for at, entry in self.seen.items() if isinstance(entry[1], _LRU)})
        walk.follow(function)
        return walk.reads_data

    def _descriptor(self, value):
        self.say(type(value).__name__)
        for name in ("fget", "fset", "fdel", "__func__", "func"):
            self.follow(getattr(value, name, None), name)

    def _builtin(self, value):
        self._judge(value)
        owner = getattr(value, "__self__", None)
        owner = getattr(value, "__objclass__", None) if owner is None else owner
        name = getattr(value, "__qualname__", None) or value.__name__
        if owner is None or isinstance(owner, types.ModuleType):
            if not (home := self._home(value.__module__)) and value.__module__:
                self.unknown("it is compiled code of no library, and cannot be read")
            return self.say("library", value.__module__, name, home)
        self.say("library", name)
        self.follow(owner, f"its {_called(owner)}")

    # classes, modules, instances

    def _class(self, value):
        self._judge(value)
        home = self._home(value.__module__)
        if home and (_is_found(value) or _compiled(value)):
            self.say("library", value.__module__, value.__qualname__, home)
            return self._replaced(value)
        self.say("class", value.__qualname__)
        self.follow(type(value), "its metaclass")
        for base in value.__bases__:
            self.follow(base, f"base {base.__name__}")
        members = {name: member for name, member in vars(value).items() if name not in _OF_A_CLASS}
        is_code = {name: isinstance(_plain(member), types.FunctionType) for name, member in members.items()}
        for name in sorted(n for n in members if is_code[n]) + [n for n in members if not is_code[n]]:
            self.say("member", name)
            if name == "__annotations__":
                self.say({n: hint if isinstance(hint, str) else _hint(hint) for n, hint in members[name].items()})
            elif not isinstance(members[name], types.MemberDescriptorType | types.GetSetDescriptorType):
                self.follow(members[name], f"{'method' if is_code[name] else 'attribute'} {name}")

    def _replaced(self, value):
        """The functions of the reader's that were put into a class of a library, or into one that it builds on."""
        for base in value.__mro__:
            if id(base) not in self.judged and not _compiled(base):
                self.judged.add(id(base))
                for name, member in list(vars(base).items()):
                    if isinstance(function := _plain(member), types.FunctionType) and _foreign(function):
                        self.say("replaced", base.__qualname__, name)
                        self.follow(function, f"method {name}, replaced in {base.__qualname__},")

    def _module(self, value):
        if home := self._home(value.__name__):
            return self.say("library", value.__name__, home)
        if value.__name__ == "__main__":
            self.unknown("the whole notebook or script is named, in which everything may decide")
        self.say("module")
        for name, member in sorted(vars(value).items()):
            if name in ("__getattr__", "__version__") or not name.startswith("__"):
                self.say("member", name)
                self.follow(member, f"{_word(member, 'global')} {name}")

    def _instance(self, value):
        kind = type(value)
        self._judge(value)
        if _is_seeded(value):
            return self.say("a random state that the seed of a run sets", _type_name(kind))
        if isinstance(value, _pandas_types()):
            return self._pandas(value)
        if kind in _QUIET:
            return self.say("library", _type_name(kind), str(value))
        if kind.__module__ in ("typing", "types") and typing.get_origin(value) is not None:
            self.say("hint")
            self.follow(typing.get_origin(value), "its origin")
            return self.follow(typing.get_args(value), "its arguments")
        if kind.__module__ == "typing":
            return self.say("hint", repr(value))
        if kind.__module__.startswith("torch._ops") or _is_ufunc(value):
            return self.say("library", str(value), self._home("torch" if "torch" in kind.__module__ else "numpy"))
        if callable(value) and _compiled(kind) and self._home(getattr(value, "__module__", None)) and _is_found(value):
            return self.say("library", value.__module__, value.__qualname__, self._home(value.__module__))
        self.say("instance")
        self.follow(kind, f"class {kind.__name__}")
        if any(_compiled(base) for base in kind.__mro__ if base not in _CONTENT):
            return self._reduced(value)
        for base, content in _CONTENT.items():
            if isinstance(value, base) and content:
                self.follow(content(value))
        self._state(value)

    def _state(self, value):
        for name, member in getattr(value, "__dict__", {}).items():
            self.say("attribute", name)
            if isinstance(value, torch.nn.Module) and "_hooks" in name and isinstance(member, dict):
                member = list(member.values())  # its keys count all hooks of the process
            self.follow(member, f"attribute {name}")
        for base in type(value).__mro__:
            if _compiled(base):
                continue
            for name, member in sorted(vars(base).items()):
                if isinstance(member, types.MemberDescriptorType):
                    self.say("slot", name)
                    try:
                        self.follow(member.__get__(value), f"attribute {name}")
                    except AttributeError:
                        self.say("empty")

    def _reduced(self, value):
        """What a value made by compiled code would hand to `copy`."""
        try:
            known = copyreg.dispatch_table.get(type(value))
            parts = known(value) if known else value.__reduce_ex__(4)
        except Exception as error:
            self.unknown(f"a {_type_name(type(value))} cannot be looked into ({error})")
        if isinstance(parts, str):
            self.unknown("it is compiled code of no library, and cannot be read")
        for i, part in enumerate(parts):
            self.follow(list(part) if i > 2 and part is not None else part, "its state")

    def _judge(self, value, dotted=None):
        """Refuse what looks at the world outside: files, clock, environment, other code, hidden states."""
        if _is_seeded(value):
            return
        reason = _UNKNOWABLE.get(dotted) or _UNKNOWABLE.get(_key(value)) if dotted or _key(value) else None
        top = _top(dotted or getattr(value, "__module__", None))
        if not reason and top in _OUTSIDE and self._home(top):
            reason = f"{top} looks at what is outside this code"
        if not reason:
            kind = value if isinstance(value, type) else type(value)
            for types_, why in _STATES if kind is not value else ():
                if isinstance(value, types_):
                    reason = f"{_a(kind)} {why}"
                    break
            else:
                name = getattr(value, "__name__", "")
                if top == "pandas" and isinstance(name, str) and name.startswith("read_"):
                    reason = "it reads a file, whose contents cannot be seen from the code"
                if kind is not value and not isinstance(value, types.ModuleType) and hasattr(kind, "__next__"):
                    reason = f"{_a(kind)} is an iterator, which gives something else each time"
        if reason:
            self.unknown(reason)

    def _home(self, name):
        if name not in self.homes:
            self.homes[name] = _home(name)
        return self.homes[name]


# what a function's code says


@dataclass(frozen=True, order=True)
class _Reference:
    root: str  # global, closure or import
    name: str
    attributes: tuple
    level: int  # of an import: dots before its name
    called_bare: bool  # without arguments
    writes: bool


@dataclass(frozen=True)
class _Reading:
    digest: str
    references: tuple
    reasons: tuple  # why what it does cannot be known


@lru_cache(4096)
def _read(code):
    """What code does and which names it uses, with all code inside it; a code object never changes."""
    reader = _Reader()
    digest = reader.read(code, frozenset(code.co_freevars), {})
    return _Reading(digest, tuple(sorted(reader.references)), tuple(sorted(reader.reasons)))


class _Reader:
    def __init__(self):
        self.references, self.reasons = set(), set()

    def read(self, code, outer, imports):
        """The digest of code; `outer` are the closure's names, `imports` the names of modules imported inside."""
        steps = list(_steps(code))
        imports = imports | _imports(steps)
        offsets, said = [i.offset for i in steps], []
        dropped = _bookkeeping(steps)
        place = partial(bisect_left, offsets)
        for at, step in enumerate(steps):
            if at in dropped:
                continue
            if step.opcode in _JUMPS:
                argument = place(step.argval)
            elif step.opcode in dis.hasconst:
                argument = self._constant(step.argval, outer, imports)
            else:
                argument = step.argval if isinstance(step.argval, str | int) else step.argrepr
            said.append((step.opname, argument))
            self._note(steps, at, outer, imports)
        arguments = code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags & ~_DOCUMENTED
        named = inspect.getargs(code)
        caught = [(place(entry.start), place(entry.end), place(entry.target), entry.depth, entry.lasti)
                  for entry in dis.Bytecode(code).exception_entries]
        return _hash(repr((arguments, named, said, caught)).encode("utf-8", "surrogatepass"))

    def _constant(self, value, outer, imports):
        if isinstance(value, types.CodeType):
            inside = frozenset(name for name in value.co_freevars if name in outer or name in imports)
            return value.co_name, self.read(value, inside & outer, {n: imports[n] for n in inside if n in imports})
        if isinstance(value, tuple):
            return "tuple", tuple(self._constant(v, outer, imports) for v in value)
        if isinstance(value, frozenset):
            return "frozenset", tuple(sorted(repr(self._constant(v, outer, imports)) for v in value))
        return type(value).__name__, _text(value) if type(value) in _PLAIN else repr(value)

    def _note(self, steps, at, outer, imports):
        """Note the names that a step reads or writes."""
        operation, name = steps[at].opname, steps[at].argval
        if operation in ("STORE_GLOBAL", "DELETE_GLOBAL"):
            self.reasons.add(f"it changes the global {name}, so what it does depends on what ran before")
        elif operation in ("STORE_DEREF", "DELETE_DEREF") and name in outer:
            self.reasons.add(f"it changes {name} outside itself, so what it does depends on what ran before")
        elif operation == "LOAD_ATTR" and name in _TELLTALE:
            self.reasons.add(f"it asks for .{name}: {_TELLTALE[name]}")
        if operation.startswith("LOAD_") and steps[at].opcode not in dis.hasconst:
            self._use(operation, name, steps, at + 1, outer, imports)

    def _use(self, operation, name, steps, at, outer, imports):
        if operation in _OF_GLOBALS:
            root, level, before = "global", 0, ()
        elif name in imports and (operation in _OF_CELLS or "FAST" in operation):
            root, name, level, before = imports[name]
        elif operation in _OF_CELLS and name in outer:
            root, level, before = "closure", 0, ()
        else:
            return
        attributes = list(before)
        while at < len(steps) and steps[at].opname == "LOAD_ATTR":
            attributes.append(steps[at].argval)
            at += 1
        then = [s for s in steps[at:at + 4] if s.opname != "PRECALL"]
        bare = bool(then) and then[0].opname == "CALL" and then[0].arg == 0
        writes = bool(then) and (then[0].opname in ("STORE_ATTR", "DELETE_ATTR") or (
            len(then) > 1 and then[1].opname in ("STORE_SUBSCR", "DELETE_SUBSCR")
            and then[0].opname in _OF_GLOBALS | {"LOAD_CONST", "LOAD_FAST", "LOAD_SMALL_INT"}))
        self.references.add(_Reference(root, name, tuple(attributes), level, bare, writes))


def _steps(code):
    """The instructions of code, in the form that no line break changes."""
    for step in dis.get_instructions(code):
        if step.opname in _PAIRS:
            for name, value in zip(_PAIRS[step.opname], step.argval, strict=True):
                yield step._replace(opname=name, argval=value, argrepr=value)
        elif step.opname not in _SILENT:
            yield step._replace(opname=_ALIKE.get(step.opname, step.opname))


def _imports(steps):
    """What imports inside a function bind: local name → (root, module, level, attributes)."""
    found, module = {}, None
    for at, step in enumerate(steps):
        if step.opname == "IMPORT_NAME":
            level, names = steps[at - 2].argval, steps[at - 1].argval
            module, attributes = (step.argval if names else step.argval.partition(".")[0]), ()
        elif step.opname == "IMPORT_FROM" and module is not None:
            attributes = (step.argval,) if names else (*attributes, step.argval)
        elif step.opname.startswith("STORE_") and module is not None and isinstance(step.argval, str):
            if steps[at - 1].opname in ("IMPORT_NAME", "IMPORT_FROM", "POP_TOP"):
                found[step.argval] = "import", module, level, attributes
            if not names:
                module = None
        elif step.opname not in ("POP_TOP", "SWAP"):
            module = None
    return found


def _bookkeeping(steps):
    """The places of steps in which a class inside a function notes its docstring, its line and its module."""
    return {at + shift for at, (load, store) in enumerate(zip(steps, steps[1:], strict=False)) for shift in (0, 1)
            if store.opname == "STORE_NAME" and load.opname.startswith("LOAD_")
            and (store.argval in ("__doc__", "__firstlineno__")
                 or (store.argval, load.argval) == ("__module__", "__name__"))}


# small questions


def _hash(data):
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _text(value):
    if type(value) is int:
        return hex(value)
    return repr((value.real, value.imag)) if type(value) is complex else repr(value)


def _called(value):
    name = getattr(value, "__name__", None)
    return name if isinstance(name, str) else type(value).__name__


def _a(kind):
    name = _type_name(kind)
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def _type_name(kind):
    module = "numpy" if kind.__module__.startswith("numpy") else kind.__module__
    return kind.__qualname__ if module in ("builtins", "__main__") else f"{module}.{kind.__qualname__}"


def _word(value, root):
    if isinstance(value, type):
        return "class"
    return "helper" if callable(value) and not isinstance(value, torch.nn.Module) else root


def _hint(hint):
    if isinstance(hint, type):
        return f"{hint.__module__}.{hint.__qualname__}"
    return re.sub(" at 0x[0-9a-f]+", "", repr(hint))  # no addresses


def _contents(cell):
    try:
        return cell.cell_contents
    except ValueError:
        return _MISSING


def _builtins(function):
    found = getattr(function, "__builtins__", builtins)
    return vars(found) if isinstance(found, types.ModuleType) else found


def _plain(member):
    """The function inside a method of any kind."""
    return getattr(member, "__func__", None) or getattr(member, "fget", None) or member


def _key(value):
    """The value itself where it can be looked up in a table."""
    named = isinstance(value, (*_NAMED, types.FunctionType)) or type(value) is type
    return value if named or type(value).__name__ == "cython_function_or_method" else None


def _is_found(value):
    """Whether a library has this very value under the value's own name."""
    found = sys.modules.get(value.__module__)
    for name in (getattr(value, "__qualname__", None) or "?").split("."):
        found = getattr(found, name, None)
    return found is value or getattr(found, "__func__", None) is value


def _is_seeded(value):
    """Whether this is a random state that a run sets by its seed: those of random, NumPy and torch."""
    return any(value is state for state in (random._inst, np.random.mtrand._rand, torch.default_generator))


def _is_namespace(value):
    return isinstance(value, types.ModuleType) or type(value) in (types.SimpleNamespace, argparse.Namespace)


def _asked(value, name):
    try:
        return getattr(value, name, _MISSING)
    except Exception:  # a module's own __getattr__ may fail in any way
        return _MISSING


def _pandas_types():
    pandas = sys.modules.get("pandas")
    return () if pandas is None else (pandas.Series, pandas.DataFrame, pandas.Index)


def _is_ufunc(value):
    return isinstance(value, np.ufunc) and any(getattr(sys.modules.get(module), value.__name__, None) is value
                                               for module in ("numpy", "scipy.special"))


def _compiled(kind):
    """Whether a class is made by compiled code, so that its instances may hold what Python cannot see."""
    heap, immutable = 1 << 9, 1 << 8  # flags of CPython's types
    return (not kind.__flags__ & heap or bool(kind.__flags__ & immutable) or "__reduce_cython__" in vars(kind)
            or type(kind).__name__ == "pybind11_type")


def _foreign(function):
    """Whether a function that stands in a library comes from elsewhere."""
    name = function.__globals__.get("__name__")
    return name in sys.modules and _home(name) is None


def _top(name):
    return name.partition(".")[0] if isinstance(name, str) else None


def _home(name):
    """The library and the version that a module belongs to; None for a module that somebody is writing."""
    top = _top(name)
    if top in (None, "__main__", _top(__name__)):
        return None
    for module in (sys.modules.get(top), sys.modules.get(name)):
        if module is not None:
            spec = getattr(module, "__spec__", None)
            places = [getattr(module, "__file__", None), *list(getattr(module, "__path__", ()))[:1]]
            place = next((p for p in places if isinstance(p, str) and os.path.isabs(p)), None)
            if place:
                return _library(top, place)
            if getattr(spec, "origin", None) in ("built-in", "frozen"):
                return "Python"
    return None


@cache
def _library(top, place):
    """The version of the library that lies at a place, None if the place is no library's."""
    places = {os.path.normcase(p) for p in (place, os.path.realpath(place))}
    inside = lambda folder: any(p.startswith(os.path.normcase(folder) + os.sep) for p in places)
    paths = sysconfig.get_paths()
    if any(inside(folder) for folder in {paths["purelib"], paths["platlib"], *site.getsitepackages(),
                                         site.getusersitepackages()}):
        return _version(top)
    if any(inside(folder) for folder in (paths["stdlib"], paths["platstdlib"], os.path.dirname(os.__file__))):
        return _version(top) if {"site-packages", "dist-packages"} & set(place.split(os.sep)) else "Python"
    return None


def _version(top):
    """The version of a library; with its files' checksums where it was installed from a folder or a repository."""
    try:
        found = importlib.metadata.distribution(top)
    except importlib.metadata.PackageNotFoundError:
        if isinstance(version := getattr(sys.modules.get(top), "__version__", None), str):
            return f"{top} {version}"
        owners = importlib.metadata.packages_distributions().get(top, ())
        return " ".join(f"{owner} {importlib.metadata.version(owner)}" for owner in sorted(set(owners))) or None
    files = found.read_text("RECORD") if found.read_text("direct_url.json") else None
    return f"{top} {found.version}{' ' + _hash(files.encode()) if files else ''}"


def _layers():
    return [layer for layer in vars(torch.nn).values() if isinstance(layer, type)]


def _ask(question):
    try:
        return question()
    except (AttributeError, RuntimeError):  # this torch has no such switch
        return None


_SWITCHES = {
    "default dtype": torch.get_default_dtype,
    "default device": lambda: torch.get_default_device(),
    "deterministic algorithms": torch.are_deterministic_algorithms_enabled,
    "fill of uninitialized memory": lambda: torch.utils.deterministic.fill_uninitialized_memory,
    "precision of float32 products": torch.get_float32_matmul_precision,
    "gradients": torch.is_grad_enabled,
    "inference mode": torch.is_inference_mode_enabled,
    "autocast on the CPU": lambda: (torch.is_autocast_enabled("cpu"), torch.get_autocast_dtype("cpu")),
    "autocast on the GPU": lambda: (torch.is_autocast_enabled("cuda"), torch.get_autocast_dtype("cuda")),
    "tiny numbers are 0": lambda: _TINY * 1.0 == 0.0,
    "cudnn": lambda: [getattr(torch.backends.cudnn, name) for name in ("enabled", "benchmark", "deterministic",
                                                                       "allow_tf32")],
    "matmul on the GPU": lambda: [getattr(torch.backends.cuda.matmul, name) for name in (
        "allow_tf32", "allow_fp16_reduced_precision_reduction", "allow_bf16_reduced_precision_reduction")],
    "attention on the GPU": lambda: [getattr(torch.backends.cuda, f"{name}_sdp_enabled")() for name in (
        "flash", "mem_efficient", "math", "cudnn")],
    "mkldnn": lambda: torch.backends.mkldnn.enabled,
    "opt_einsum": lambda: (torch.backends.opt_einsum.enabled, torch.backends.opt_einsum.strategy),
}
_TINY = 5e-324


class _Missing:
    """A name that stands for nothing."""


_MISSING = _Missing()
_PLAIN = {int, float, complex, bool, str, bytes, type(None), type(...), type(NotImplemented)}
_CONSTANT = {frozenset, range, slice, np.dtype, torch.dtype, torch.device, torch.Size, pathlib.PosixPath,
             pathlib.WindowsPath}
_NAMED = (types.BuiltinFunctionType, types.MethodDescriptorType, types.WrapperDescriptorType, types.MethodWrapperType,
          types.ClassMethodDescriptorType)
_LRU = type(cache(len))
_OF_A_CLASS = {"__dict__", "__weakref__", "__doc__", "__module__", "__firstlineno__", "__static_attributes__",
               "__annotations_cache__", "_abc_impl", "_backward_cls"}  # the last one counts the functions of a process
_CONTENT = {  # bases made by compiled code whose contents are known
    object: None, torch.Size: None, types.SimpleNamespace: None, collections.OrderedDict: None,
    collections.defaultdict: lambda v: v.default_factory, dict: lambda v: dict(dict.items(v)),
    list: lambda v: list(list.__iter__(v)), tuple: lambda v: tuple(tuple.__iter__(v)),
    set: lambda v: set(set.__iter__(v)), frozenset: lambda v: frozenset(frozenset.__iter__(v)),
    int: int.__int__, float: float.__float__, str: str.__str__, bytes: lambda v: bytes(memoryview(v)),
    bytearray: lambda v: bytes(memoryview(v)),
}
_WAYS = [
    (pathlib.PurePath, lambda walk, v: walk.say("path", os.fspath(v))),
    (range, lambda walk, v: walk.say("range", v.start, v.stop, v.step)),
    (slice, lambda walk, v: walk.follow(("slice", v.start, v.stop, v.step))),
    ((torch.dtype, torch.device, torch.layout, torch.memory_format), lambda walk, v: walk.say("torch", str(v))),
    (np.dtype, lambda walk, v: walk.say("dtype", repr(v))),
    ((np.ndarray, np.generic), _Walk._array),
    (torch.Tensor, _Walk._tensor),
    (types.FunctionType, _Walk._function),
    ((partial, functools.partialmethod), _Walk._partial),
    (types.MethodType, _Walk._bound),
    (_LRU, _Walk._wrapper),
    (_NAMED, _Walk._builtin),
    ((property, classmethod, staticmethod, functools.cached_property), _Walk._descriptor),
    (weakref.ref, lambda walk, v: walk.follow(v(), "what it refers to")),
    (types.CodeType, lambda walk, v: walk.say("code", _read(v).digest)),
    (type, _Walk._class),
    (types.ModuleType, _Walk._module),
    ((dict, types.MappingProxyType), _Walk._dict),
    (list, _Walk._list),
    ((set, frozenset), _Walk._set),
]
_QUIET = {logging.Logger, logging.RootLogger}  # they report, and decide nothing

_SILENT = {"NOP", "EXTENDED_ARG", "CACHE", "PUSH_NULL"}
_ALIKE = {"LOAD_METHOD": "LOAD_ATTR",  # which one is used depends on whether the import stands in the same cell
          "LOAD_FAST_BORROW": "LOAD_FAST"}
_PAIRS = {"LOAD_FAST_LOAD_FAST": ("LOAD_FAST", "LOAD_FAST"), "STORE_FAST_STORE_FAST": ("STORE_FAST", "STORE_FAST"),
          "STORE_FAST_LOAD_FAST": ("STORE_FAST", "LOAD_FAST"),
          "LOAD_FAST_BORROW_LOAD_FAST_BORROW": ("LOAD_FAST", "LOAD_FAST")}  # if both stand in one line
_JUMPS = {*dis.hasjrel, *dis.hasjabs}
_OF_GLOBALS = {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"}
_OF_CELLS = {"LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR_DEREF"}
_DOCUMENTED = 0x4000000  # the flag of code that has a docstring, from Python 3.13 on

_FILE = "it reads a file, whose contents cannot be seen from the code"
_CLOCK = "it reads the clock"
_ENVIRONMENT = "it depends on the environment of the process"
_ANY_CODE = "it runs code that is put together only then"
_ANY_NAME = "it looks up names that are put together only then"
_TEXT = "it depends on docstrings, hints or source lines, which are not looked at"
_UNSEEDED = "it starts at random, whatever the seed of the run"
_TELLTALE = {"read_text": _FILE, "read_bytes": _FILE, "__globals__": _ANY_NAME, "f_globals": _ANY_NAME,
             "f_locals": _ANY_NAME, "f_back": _ANY_NAME, "__doc__": _TEXT, "__annotations__": _TEXT, "__code__": _TEXT,
             "__subclasses__": "it depends on classes that others define"}
_OUTSIDE = {"subprocess", "socket", "secrets", "requests", "http", "tempfile", "glob", "platform", "shutil"}
_TABLE = {
    _FILE: """builtins.open io.open io.open_code os.open os.listdir os.scandir os.walk os.stat os.path.exists
        os.path.isfile os.path.isdir os.path.getmtime os.path.getsize pathlib.Path.cwd pathlib.Path.home torch.load
        numpy.load numpy.loadtxt numpy.genfromtxt numpy.fromfile numpy.memmap pickle.load json.load
        urllib.request.urlopen urllib.request.urlretrieve""",
    _CLOCK: """time.time time.time_ns time.perf_counter time.perf_counter_ns time.monotonic time.monotonic_ns
        time.process_time time.localtime time.gmtime time.ctime time.strftime datetime.datetime.now
        datetime.datetime.utcnow datetime.datetime.today datetime.date.today""",
    _ENVIRONMENT: """os.environ os.environb os.getenv os.getcwd os.getpid os.getppid os.cpu_count os.uname os.system
        os.popen sys.argv sys.path sys.stdin sys._getframe inspect.stack inspect.currentframe
        multiprocessing.cpu_count builtins.input builtins.hash uuid.uuid1 uuid.getnode""",
    _ANY_CODE: """builtins.eval builtins.exec builtins.compile builtins.__import__ importlib.import_module
        importlib.reload""",
    _ANY_NAME: "builtins.globals sys.modules inspect.getmodule",
    _TEXT: "inspect.getsource inspect.getdoc inspect.getcomments typing.get_type_hints inspect.get_annotations",
    _UNSEEDED: "os.urandom uuid.uuid4 random.SystemRandom torch.seed torch.random.seed",
}
_UNSEEDED_IF_BARE = """numpy.random.default_rng numpy.random.seed numpy.random.RandomState numpy.random.SeedSequence
    numpy.random.PCG64 numpy.random.MT19937 random.seed random.Random"""
_LOCKS = type(threading.Lock()), type(threading.RLock())
_STATES = [
    (types.GeneratorType, "gives each of its values only once"),
    ((types.CoroutineType, types.AsyncGeneratorType), "can run only once"),
    (io.IOBase, "is an open file, whose contents and place may change"),
    ((np.random.Generator, np.random.RandomState, np.random.BitGenerator, random.Random, torch.Generator),
     "has a hidden state, which every draw changes; make it inside the function, from a seed"),
    ((*_LOCKS, threading.Condition, threading.Event, threading.Semaphore, threading.Barrier),
     "is a lock, whose state belongs to this process"),
    (threading.Thread, "is a thread, which belongs to this process"),
    (threading.local, "holds something else in each thread"),
    (socket.socket, "is a connection, which belongs to this process"),
    ((weakref.ProxyType, weakref.CallableProxyType), "may lose what it refers to at any time"),
    (types.FrameType, "is a call in progress"),
    (type(os.environ), "is the environment of the process"),
    (contextvars.ContextVar, "holds something else in each context"),
]


def _found(dotted):
    parts = dotted.split(".")
    for i in range(len(parts) - 1, 0, -1):
        if (module := sys.modules.get(".".join(parts[:i]))) is not None:
            return functools.reduce(lambda owner, name: getattr(owner, name, None), parts[i:], module)
    return None


def _table(rows):
    """Reasons by dotted name, and by the function itself, whatever name it has been given."""
    reasons = {dotted: reason for reason, names in rows.items() for dotted in names.split()}
    return reasons | {_key(_found(dotted)): reason for dotted, reason in reasons.items() if _key(_found(dotted))}


_UNKNOWABLE, _BARE = _table(_TABLE), _table({_UNSEEDED: _UNSEEDED_IF_BARE})
