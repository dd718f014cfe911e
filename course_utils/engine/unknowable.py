"""What cannot be known from a value: what reads files, clocks and the environment, or holds a hidden state."""

import contextvars
import functools
import io
import os
import random
import socket
import sys
import threading
import types
import weakref

import numpy as np
import torch

from .libraries import top_of
from .values import is_seeded, key_of, type_name

__all__ = ["BARE", "LOCKS", "TELLTALE", "Unknowable", "reason_against"]

_FILE = "it reads a file, whose contents cannot be seen from the code"
_CLOCK = "it reads the clock"
_ENVIRONMENT = "it depends on the environment of the process"
_ANY_CODE = "it runs code that is put together only then"
_ANY_NAME = "it looks up names that are put together only then"
_TEXT = "it depends on docstrings, hints or source lines, which are not looked at"
_UNSEEDED = "it starts at random, whatever the seed of the run"
TELLTALE = {"read_text": _FILE, "read_bytes": _FILE, "__globals__": _ANY_NAME, "f_globals": _ANY_NAME,
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
LOCKS = type(threading.Lock()), type(threading.RLock())
_STATES = [
    (types.GeneratorType, "gives each of its values only once"),
    ((types.CoroutineType, types.AsyncGeneratorType), "can run only once"),
    (io.IOBase, "is an open file, whose contents and place may change"),
    ((np.random.Generator, np.random.RandomState, np.random.BitGenerator, random.Random, torch.Generator),
     "has a hidden state, which every draw changes; make it inside the function, from a seed"),
    ((*LOCKS, threading.Condition, threading.Event, threading.Semaphore, threading.Barrier),
     "is a lock, whose state belongs to this process"),
    (threading.Thread, "is a thread, which belongs to this process"),
    (threading.local, "holds something else in each thread"),
    (socket.socket, "is a connection, which belongs to this process"),
    ((weakref.ProxyType, weakref.CallableProxyType), "may lose what it refers to at any time"),
    (types.FrameType, "is a call in progress"),
    (type(os.environ), "is the environment of the process"),
    (contextvars.ContextVar, "holds something else in each context"),
]


class Unknowable(ValueError):
    """What a value does depends on something that cannot be read from it; the message says on what."""


def reason_against(value, dotted, home):
    """Why a value looks at the world outside: files, clock, environment, other code, hidden states; or None.

    `dotted` is the name by which a library was asked for it, `home` gives the library of a module's name.
    """
    if is_seeded(value):
        return None
    reason = _UNKNOWABLE.get(dotted) or _UNKNOWABLE.get(key_of(value))
    top = top_of(dotted or getattr(value, "__module__", None))
    if not reason and top in _OUTSIDE and home(top):
        reason = f"{top} looks at what is outside this code"
    if not reason:
        kind = value if issubclass(type(value), type) else type(value)
        for types_, why in _STATES:
            if isinstance(value, types_):
                reason = f"{_a(kind)} {why}"
                break
        else:
            name = getattr(value, "__name__", "")
            if top == "pandas" and isinstance(name, str) and name.startswith("read_"):
                reason = _FILE
            if kind is not value and not isinstance(value, types.ModuleType) and hasattr(kind, "__next__"):
                reason = f"{_a(kind)} is an iterator, which gives something else each time"
    return reason


def _a(kind):
    name = type_name(kind)
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def _found(dotted):
    parts = dotted.split(".")
    for i in range(len(parts) - 1, 0, -1):
        if (module := sys.modules.get(".".join(parts[:i]))) is not None:
            return functools.reduce(lambda owner, name: getattr(owner, name, None), parts[i:], module)
    return None


def _table(rows):
    """Reasons by dotted name, and by the function itself, whatever name it has been given."""
    reasons = {dotted: reason for reason, names in rows.items() for dotted in names.split()}
    return reasons | {key_of(_found(dotted)): reason for dotted, reason in reasons.items() if key_of(_found(dotted))}


_UNKNOWABLE, BARE = _table(_TABLE), _table({_UNSEEDED: _UNSEEDED_IF_BARE})
