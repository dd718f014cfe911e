"""Results that are kept are named by all that decides them, and by nothing else."""

import ast
import collections
import contextlib
import datetime
import enum
import functools
import importlib
import inspect
import io
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import types
from argparse import Namespace
from collections import namedtuple
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache, partial
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import course_utils.models
import course_utils.optimizers
import course_utils.schedules
from course_utils.data import load_sunspots, make_blobs
from course_utils.engine.identity import Unknowable, _home, _read, identity, surroundings
from course_utils.models import cnn, mlp, rnn, transformer
from course_utils.optimizers import OPTIMIZERS
from course_utils.schedules import cosine, warmup

PROGRAM = '''
import argparse, enum, functools, math
from dataclasses import dataclass, field
from types import SimpleNamespace
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
import their_settings as cfg
import their_package.parts
from their_settings import factor

WIDTH = 8
SIZES = [2, 16, 3]
CONFIG = {"width": 8, "depth": [1, 2]}
MASK = np.array([1.0, 0.0, 1.0])
START = torch.tensor([1.0, 2.0])
NAMES = {"a", "b", "c"}
KINDS = {"relu": nn.ReLU, "tanh": nn.Tanh}
args = argparse.Namespace(width=8, other=1)
space = SimpleNamespace(width=8, other=1)
shapes = args.__dict__
unused = 1

class Base(nn.Module):
    slope = 0.5
    def tail(self, x):
        return x * self.slope

class Mixin:
    def extra(self, x):
        return x + 1

class Colour(enum.Enum):
    RED = 1
    BLUE = 2

@dataclass
class Options:
    width: int = 8
    rates: list = field(default_factory=lambda: [0.1, 0.2])

class Config:
    width = 8
    class Inner:
        depth = 3

def twice(function):
    factor = 2
    @functools.wraps(function)
    def wrapper(*a):
        return factor * function(*a)
    return wrapper

@twice
def decorated(x):
    return x + 3

@functools.lru_cache(maxsize=None)
def remembered(x):
    return x * 4

@torch.no_grad()
def quietly(x):
    return x - 5

def deepest(x):
    """Says something."""
    return x + 7  # plainly

def deeper(x, by=3):
    return deepest(x) * by

def even(n):
    return n == 0 or odd(n - 1)

def odd(n):
    return n != 0 and even(n - 1)

def factory(width, *, bias=True):
    def make():
        return nn.Linear(width, 3, bias=bias)
    return make

class Counter:
    def __init__(self, start):
        self.start = start
    def __call__(self, x):
        return x + self.start

class Slotted:
    __slots__ = ("step",)
    def __init__(self, step):
        self.step = step

counter, slotted, options = Counter(2), Slotted(6), Options()
small = factory(4)
fixed = functools.partial(deeper, by=5)
method = counter.__call__

class Net(Mixin, Base):
    """A network."""
    hidden: int = 5
    def __init__(self, width):
        super().__init__()
        self.first = nn.Linear(2, width)
        self.kind = KINDS["relu"]()
    @property
    def doubled(self):
        return 2 * self.slope
    @staticmethod
    def shift(x):
        return x + 0.25
    @classmethod
    def named(cls):
        return cls.hidden + 1
    def forward(self, x):
        return self.kind(self.first(x)) * deeper(1)

def model():
    """Makes a network."""
    net = Net(WIDTH)
    values = [v * SIZES[0] for v in range(4)]
    inner = lambda x: x * CONFIG["width"]
    total = MASK.sum() + START.sum() + args.width + space.width + cfg.WIDTH + cfg.deep(1) + factor(2)
    total += decorated(1) + remembered(1) + quietly(1) + counter(1) + slotted.step + options.width + fixed(1)
    total += Config.Inner.depth + Config.width + even(3) + Colour.RED.value + math.pi + method(1)
    total += their_package.parts.size
    if "a" in NAMES and total in {1, 2, 3}:
        return small()
    if total > 100:
        raise ValueError(f"{total:.2f} is too much")
    try:
        return nn.Sequential(net, nn.Dropout(0.1), inner, F.relu, undefined)
    except NameError:
        return net
'''

SETTINGS = '''
WIDTH = 8
NOT_NAMED = 1
def deep(x):
    return x + HIDDEN
HIDDEN = 4
def factor(x):
    return x * 2
'''
PARTS = "size = 3"


def program(text=PROGRAM, settings=SETTINGS, parts=PARTS, file="cell.py"):
    """The names that a program defines, with two modules of its author beside it."""
    package = types.ModuleType("their_package")
    package.__path__ = []
    modules = {"their_settings": settings, "their_package.parts": parts}
    sys.modules["their_package"] = package
    for name, source in modules.items():
        sys.modules[name] = types.ModuleType(name)
        exec(compile(source, f"{name}.py", "exec"), vars(sys.modules[name]))
    package.parts = sys.modules["their_package.parts"]
    names = {"__name__": "their_program"}
    sys.modules["their_program"] = types.ModuleType("their_program")
    vars(sys.modules["their_program"]).update(names)
    names = vars(sys.modules["their_program"])
    exec(compile(text, file, "exec"), names)
    return names


def edited(old, new, **where):
    if old in SETTINGS and old not in PROGRAM:
        return program(settings=SETTINGS.replace(old, new, 1), **where)
    if old == PARTS:
        return program(parts=new, **where)
    assert PROGRAM.count(old) >= 1, old
    return program(PROGRAM.replace(old, new, 1), **where)


MUST_DIFFER = [
    # globals by their contents
    ("WIDTH = 8\nSIZES", "WIDTH = 64\nSIZES"), ("WIDTH = 8\nSIZES", "WIDTH = 8.0\nSIZES"),
    ("WIDTH = 8\nSIZES", "SIZES"), ("[2, 16, 3]", "[2, 17, 3]"), ("[2, 16, 3]", "(2, 16, 3)"),
    ('"depth": [1, 2]', '"depth": [1, 3]'), ("[1.0, 0.0, 1.0]", "[1.0, 0.0, 2.0]"),
    ("[1.0, 0.0, 1.0])", "[1.0, 0.0, 1.0], dtype=np.float32)"), ("[1.0, 2.0])", "[1.0, 2.5])"),
    ("[1.0, 2.0])", "[1.0, 2.0], dtype=torch.float64)"), ('{"a", "b", "c"}', '{"a", "b"}'),
    ("Namespace(width=8", "Namespace(width=9"), ("SimpleNamespace(width=8", "SimpleNamespace(width=9"),
    ('"relu": nn.ReLU', '"relu": nn.GELU'), ("unused = 1", "undefined = 1"), ("unused = 1", "len = range = print"),
    # code at any depth
    ("x + 7", "x + 8"), ("x + 7", "x - 7"), ("deepest(x) * by", "deepest(x) / by"), ("by=3", "by=4"),
    ("n - 1)\n\ndef odd", "n - 2)\n\ndef odd"), ("n != 0 and", "n != 1 and"), ("x + 3", "x + 4"),
    ("factor = 2\n", "factor = 3\n"), ("@twice\n", ""), ("x * 4", "x * 5"), ("x - 5", "x - 6"),
    ("@torch.no_grad()\n", ""), ("v * SIZES[0] for", "v + SIZES[0] for"), ("x * CONFIG", "x + CONFIG"),
    ("in {1, 2, 3}", "in {1, 2, 4}"), ("total > 100", "total > 200"), ("total > 100", "total >= 100"),
    (":.2f}", ":.3f}"), ("math.pi", "math.e"), ("F.relu", "F.gelu"), ("nn.Dropout(0.1)", "nn.Dropout(0.2)"),
    ("NameError", "KeyError"),
    # closures, defaults, partials, instances
    ("factory(4)", "factory(5)"), ("factory(4)", "factory(4, bias=False)"), ("bias=True", "bias=None"),
    ("Counter(2)", "Counter(3)"), ("x + self.start", "x - self.start"), ("Slotted(6)", "Slotted(7)"),
    ("deeper, by=5", "deeper, by=6"), ("deeper, by=5", "deepest"), ("Options()", "Options(width=9)"),
    ("method = counter", "method = Counter(9)"),
    # classes
    ("slope = 0.5", "slope = 0.6"), ("x * self.slope", "x / self.slope"),
    ("x + 1\n\nclass Colour", "x + 2\n\nclass Colour"),
    ("Net(Mixin, Base)", "Net(Base)"), ("Net(Mixin, Base)", "Net(Base, Mixin)"),
    ("Base(nn.Module)", "Base(nn.Identity)"),
    ("RED = 1", "RED = 3"), ("width: int = 8", "width: int = 9"), ("[0.1, 0.2]", "[0.1, 0.3]"),
    ("depth = 3", "depth = 4"), ("hidden: int = 5", "hidden: int = 6"), ("2 * self.slope", "3 * self.slope"),
    ("x + 0.25", "x + 0.5"), ("    @staticmethod\n", ""), ("cls.hidden + 1", "cls.hidden + 2"),
    ("nn.Linear(2, width)", "nn.Linear(2, width, bias=False)"), ("        super().__init__()\n", ""),
    ("class Config:\n    width = 8", "class Config:\n    width = 9"),
    # the author's own modules
    ("WIDTH = 8\nNOT_NAMED", "WIDTH = 9\nNOT_NAMED"), ("x + HIDDEN", "x - HIDDEN"), ("HIDDEN = 4", "HIDDEN = 5"),
    ("x * 2\n", "x * 3\n"), (PARTS, "size = 4"),
    # what is replaced later
    ("unused = 1", "cfg.deep = lambda x: x"), ("unused = 1", "their_package.parts.size = 9"),
]

MUST_BE_EQUAL = [
    # lines, comments, docstrings, blanks
    ("\nimport argparse", "\n\n\n\n\n\n\nimport argparse"), ("# plainly", "# in other words"), ("  # plainly", ""),
    ("WIDTH = 8\n", "# How wide\nWIDTH = 8\n"), ('"""Says something."""', '"""Says something else."""'),
    ('    """Says something."""\n', ""), ('    """A network."""\n', ""), ('"""A network."""', '"""Another."""'),
    ('    """Makes a network."""\n', ""), ("    net = Net(WIDTH)", "\n\n    net = Net(WIDTH)  # wide"),
    ("def forward(self, x):\n", "def forward(self, x):\n        '''Outputs.'''\n"),
    ("    def extra", "    # more\n\n    def extra"), ("x + 7  #", "(x +\n            7)  #"),
    ("[2, 16, 3]", "[2,\n  16,\n  3]"), ("WIDTH = 8\nSIZES", "WIDTH = 0x8\nSIZES"),
    ("WIDTH = 8\nSIZES", "WIDTH = 4 + 4\nSIZES"),
    # hints
    ("def deepest(x):", "def deepest(x: float) -> float:"), ("net = Net(WIDTH)", "net: nn.Module = Net(WIDTH)"),
    ("def forward(self, x):", "def forward(self, x: torch.Tensor) -> torch.Tensor:"), ("unused = 1", "unused: int = 1"),
    # order of definitions
    ("unused = 1", "def deepest(x):\n    return 0\nunused = 1"),
    ("WIDTH = 8\nSIZES = [2, 16, 3]", "SIZES = [2, 16, 3]\nWIDTH = 8"),
    ('    @staticmethod\n    def shift(x):\n        return x + 0.25\n    @classmethod\n    def named(cls):\n        '
     'return cls.hidden + 1\n',
     '    @classmethod\n    def named(cls):\n        return cls.hidden + 1\n    @staticmethod\n    '
     'def shift(x):\n        return x + 0.25\n'),
    ("HIDDEN = 4\ndef factor(x):\n    return x * 2\n", "def factor(x):\n    return x * 2\nHIDDEN = 4\n"),
    ('{"a", "b", "c"}', '{"c", "a", "b"}'), ('{"a", "b", "c"}', 'set(["b", "c", "a", "a"])'),
    # what the model does not use
    ("unused = 1", "unused = 2"), ("unused = 1\n", "unused = 1\ndef unasked():\n    return WIDTH\n"),
    ("other=1)", "other=2)"),
    ("NOT_NAMED = 1", "NOT_NAMED = 2"), ("unused = 1", "cfg.unasked = 1"), ("import argparse", "import os, argparse"),
    # other ways to the same objects
    ("MASK = np.array([1.0, 0.0, 1.0])", "MASK = 1.0 * np.array([1, 0, 1])"),
    ("unused = 1\n", ""), ("if total > 100", "if (total > 100)"),
    ("small = factory(4)", "small = factory(width=4, bias=True)"),
    ("deeper, by=5", "functools.partial(deeper), by=5"), ("fixed = ", "fixed = other = "),
    ("class Config:", "class Config(object):"), ("unused = 1", "unused = [WIDTH, SIZES, CONFIG]"),
]


@pytest.fixture(scope="module")
def before():
    return identity(program()["model"])


@pytest.mark.parametrize(("old", "new"), MUST_DIFFER, ids=[" to ".join(pair)[:60] for pair in MUST_DIFFER])
def test_what_decides_the_result_is_in_the_name(old, new, before):
    assert identity(edited(old, new)["model"]) != before


@pytest.mark.parametrize(("old", "new"), MUST_BE_EQUAL, ids=[" to ".join(pair)[:60] for pair in MUST_BE_EQUAL])
def test_what_decides_nothing_is_not(old, new, before):
    assert identity(edited(old, new, file="/tmp/another/cell.py")["model"]) == before


SMALL = {  # a program, and what is changed in it
    "registry via decorator": (
        "REG={}\ndef reg(f):\n REG[f.__name__]=f\n return f\n@reg\ndef act(x): return x+1\n"
        "def model(): return REG['act'](1)",
        "x+1", "x+2"),
    "self-import": ("import their_program as me\nW=1\ndef model(): return me.W", "W=1", "W=2"),
    "self-import by computed name": ("import their_program as me\nW=1\n"
        "def model(): return getattr(me,'W')", "W=1", "W=2"),
    "local self import": ("W=1\ndef model():\n from their_program import W as v\n return v", "W=1", "W=2"),
    "local import passed": ("W=1\ndef model():\n import their_program as m\n return vars(m)['W']", "W=1", "W=2"),
    "method by its name": (
        "class A:\n def f(s): return 1\na=A()\ndef model(): return getattr(a,'f')()",
        "return 1", "return 2"),
    "attribute of a base": ("class M:\n k=1\nclass A(M): pass\ndef model(): return A.k", "k=1", "k=2"),
    "default arg function": ("def h(): return 1\ndef model(f=h): return f()", "return 1", "return 2"),
    "kwonly default": ("def model(*, k=1): return k", "k=1", "k=2"),
    "list of lambdas": ("L=[lambda x: x+1]\ndef model(): return L[0](1)", "x+1", "x+2"),
    "loop closures": (
        "L=[(lambda x, i=i: x+i) for i in range(3)]\ndef model(): return L[0](1)",
        "range(3)", "range(4)"),
    "mutable default": ("def model(c=[1]): return c", "[1]", "[2]"),
    "class decorator": ("def d(c):\n c.k=1\n return c\n@d\nclass A: pass\ndef model(): return A", "k=1", "k=2"),
    "__getattr__": (
        "class A:\n def __getattr__(s,n): return 1\na=A()\ndef model(): return a.zzz",
        "return 1", "return 2"),
    "descriptor": (
        "class D:\n def __get__(s,o,t): return 1\nclass A:\n x=D()\ndef model(): return A().x",
        "return 1", "return 2"),
    "metaclass call": (
        "class M(type):\n def __call__(c): return 1\nclass A(metaclass=M): pass\ndef model(): return A()",
        "return 1", "return 2"),
    "init_subclass": (
        "class B:\n def __init_subclass__(c): c.k=1\nclass A(B): pass\ndef model(): return A.k",
        "k=1", "k=2"),
    "conversion in a text": ("def model(x=1): return f'{x!r}'", "!r", "!s"),
    "order of arguments": ("def model(a=1,b=2): return a-b", "a-b", "b-a"),
    "where a try begins": (
        "def model(f=len):\n f()\n try:\n  f()\n except E: pass",
        "\n f()\n try:\n  f()", "\n try:\n  f()\n  f()"),
    "slice": ("def model(a=(1,2)): return a[1:]", "1:", ":1"),
    "partial of a partial": (
        "def h(x): return x\np=functools.partial(functools.partial(h), x=1)\ndef model(): return p()",
        "x=1", "x=2"),
    "function as an argument": (
        "def h(x,y): return x\ndef model(): return functools.reduce(h,[1,2])",
        "return x\n", "return y\n"),
    "property setter": (
        "class A:\n @property\n def x(s): return 1\n @x.setter\n def x(s,v): s.y=v+1\ndef model(): return A()",
        "v+1", "v+2"),
    "cached_property": (
        "class A:\n @functools.cached_property\n def x(s): return 1\ndef model(): return A()",
        "return 1", "return 2"),
    "attribute of a function": ("def h(): return h.k\nh.k=1\ndef model(): return h()", "h.k=1", "h.k=2"),
    "chained compare": ("def model(x=1): return 0 < x < 3", "x < 3", "x <= 3"),
    "yield": ("def g(): yield 1\ndef model(): return list(g())", "yield 1", "yield 2"),
    "buffer in global net": ("torch.manual_seed(0)\nn=nn.Linear(2,2)\ndef model(): return n", "seed(0)", "seed(1)"),
    "method by super()": (
        "class B:\n def f(s): return 1\nclass A(B):\n def f(s): return super().f()\ndef model(): return A().f()",
        "return 1", "return 2"),
    "bound method": ("class A:\n def f(s): return 1\na=A(); m=a.f\ndef model(): return m()", "return 1", "return 2"),
    "singledispatch": (
        "@functools.singledispatch\ndef f(x): return 0\n@f.register(int)\ndef _(x): return 1\ndef model(): return f(1)",
        "return 1", "return 2"),
    "contextmanager": (
        "import contextlib\n@contextlib.contextmanager\ndef c(): yield 1\ndef model():\n with c() as x: return x",
        "yield 1", "yield 2"),
    "custom autograd": (
        "class Fn(torch.autograd.Function):\n @staticmethod\n def forward(c,x): return x\n @staticmethod\n"
        " def backward(c,g): return g*1\ndef model(): return Fn.apply",
        "g*1", "g*2"),
    "vmap of fn": ("def h(x): return x+1\nv=torch.func.vmap(h)\ndef model(): return v", "x+1", "x+2"),
    "np.vectorize": ("@np.vectorize\ndef h(x): return x+1\ndef model(): return h", "x+1", "x+2"),
    "set of fns": ("S={len, abs}\ndef model(): return S", "abs", "max"),
    "set of user fns": ("def a(): return 1\ndef b(): return 2\nS={a,b}\ndef model(): return S", "return 2", "return 3"),
    "cyc set": ("def a(): return S\ndef b(): return S,2\nS={a,b}\ndef model(): return S", "S,2", "S,3"),
    "docstring used as constant elsewhere": ("def model():\n 'doc'\n return 'doc'", "return 'doc'", "return 'dox'"),
    "namedtuple default": (
        "import collections\nP=collections.namedtuple('P','a',defaults=[1])\ndef model(): return P()",
        "[1]", "[2]"),
    "dataclass post_init": (
        "import dataclasses as d\n@d.dataclass\nclass A:\n x:int=1\n def __post_init__(s): s.y=1\n"
        "def model(): return A()",
        "s.y=1", "s.y=2"),
    "frozen dataclass": (
        "import dataclasses as d\n@d.dataclass(frozen=True)\nclass A:\n x:int=1\ndef model(): return A()",
        "x:int=1", "x:int=2"),
    "dataclass annotation removed": (
        "import dataclasses as d\n@d.dataclass\nclass A:\n x:int=1\n y:int=2\ndef model(): return A(3)",
        " y:int=2\n", " y=2\n"),
    "hook in global": (
        "torch.manual_seed(0)\nn=nn.Linear(2,2)\nn.register_forward_hook(lambda *a: None if 1 else 2)\n"
        "def model(): return n",
        "if 1 else", "if 0 else"),
    "type() class in fn": ("def model(): return type('A',(),{'k':1}).k", "'k':1", "'k':2"),
    "operator.attrgetter on module": (
        "import operator, their_program as me\nW=1\ng=operator.attrgetter('W')\ndef model(): return g(me)",
        "W=1", "W=2"),
    "__dict__ module": ("import their_program as me\nW=1\ndef model(): return me.__dict__['W']", "W=1", "W=2"),
    "class level in nested fn": ("W=1\ndef model():\n class A:\n  k=W\n return A.k", "W=1", "W=2"),
    "nested class default": ("W=1\ndef model():\n def f(x=W): return x\n return f()", "W=1", "W=2"),
    "nested decorator": ("def d(f): return 1\ndef model():\n @d\n def f(): pass\n return f", "return 1", "return 2"),
}

LAYOUT = {  # two ways to write the same
    "a nested class with a docstring": ("def model():\n class A:\n  'one'\n  k=1\n return A",
                                        "def model():\n class A:\n\n  k=1\n return A"),
    "pass": ("def model():\n if 1:\n  pass\n return 1", "def model():\n return 1"),
    "a text that is no docstring": ("def model():\n 'a'\n 'b'\n return 1", "def model():\n return 1"),
    "a call over lines": ("def model(a=1, b=2): return max(a, b)",
                          "def model(a=1, b=2):\n return max(\n  a,\n  # c\n  b)"),
    "if in a line": ("def model(a=1):\n if a: return 1\n return 2",
                     "def model(a=1):\n if a:\n\n  return 1\n return 2"),
    "try in a line": ("def model(a=1):\n try: return a\n except ValueError as e: pass\n finally: print(1)",
                      "def model(a=1):\n try:\n  return a\n except ValueError as e:\n  pass\n\n finally:\n  print(1)"),
    "with in a line": ("def model(a=1):\n with torch.no_grad(): return a",
                       "def model(a=1):\n with torch.no_grad():\n  return a"),
    "an import in another cell": tuple(
        f"{line}\ndef model():\n try: return own.Linear(2, 3)\n except E: pass"
        for line in ("import torch.nn as own", "exec('import torch.nn as own')")),
    "a docstring before many constants": tuple(
        f"def model(x=1):\n {doc}\n return [{','.join(f'x+{i}.5' for i in range(300))}]" for doc in ("", "'doc'")),
}
IMPORTS = "import contextlib, functools, torch, numpy as np, torch.nn as nn, torch.nn.functional as F\n"


@pytest.mark.parametrize(("text", "old", "new"), SMALL.values(), ids=SMALL)
def test_small_programs_are_told_apart(text, old, new):
    assert old in text
    one, same, other = (identity(program(IMPORTS + t)["model"]) for t in (text, "\n" + text, text.replace(old, new)))
    assert one == same != other


@pytest.mark.parametrize(("one", "other"), LAYOUT.values(), ids=LAYOUT)
def test_the_same_program_written_otherwise_is_the_same(one, other):
    assert identity(program(IMPORTS + one)["model"]) == identity(program(IMPORTS + other)["model"])


def make(value):
    return lambda step: value


@dataclass
class Point:
    x: float = 1.0
    names: list = field(default_factory=list)


class Shade(enum.Enum):
    DARK = 1
    LIGHT = 2


class Level(enum.IntEnum):
    ONE = 1


class Words(list):
    pass


class Holder:
    def __init__(self, **state):
        vars(self).update(state)

    def rate(self, step):
        return self.peak

    @classmethod
    def low(cls, step):
        return 0.1

    @functools.cached_property
    def late(self):
        return 1


Pair, Twin = namedtuple("Pair", "a b"), namedtuple("Pair", "a c")


def network(width=3, seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(2, width), nn.BatchNorm1d(width), nn.ReLU())


def hooked(function):
    net = network()
    net.register_forward_hook(function)
    return net


def looped():
    loop = [1]
    loop.append(loop)
    return loop


# Each row makes values of which no two are equal; each is made twice and must then be called the same.
DISTINCT = {
    "numbers": lambda: [1, 1.0, True, 1 + 0j, 0.0, -0.0, float("nan"), float("inf"), "1", b"1", 10**6000, None, ...,
                        0.1],
    "sequences": lambda: [(1, 2), [1, 2], (2, 1), ((1, 2),), (), [], [[]], "12", range(1, 2), slice(1, 2), Words([1,
                          2])],
    "names that run together": lambda: [["a", "b"], ["ab"], ["a', 'b"], ["a", ["b"]], [["a"], "b"]],
    "dicts": lambda: [{}, {"a": 1}, {"a": 2}, {"b": 1}, {1: "a"}, {"a": 1, "b": 2}, {"b": 2, "a": 1},
                      collections.OrderedDict(a=1), collections.defaultdict(int, a=1), collections.defaultdict(list,
                      a=1),
                      collections.Counter("a"), types.MappingProxyType({"a": 3})],
    "sets": lambda: [{1, 2}, {1, 3}, frozenset({1, 2}), {(1, 2)}, {frozenset({1}), frozenset({2})}, {frozenset({1,
                     2})}],
    "cycles": lambda: [looped(), [looped()]],
    "enums and paths": lambda: [*Shade, Level.ONE, Shade, Path("a"), Path("a/b"), "a"],
    "small things": lambda: [Decimal("1"), Fraction(1), datetime.date(2020, 1, 1), datetime.timedelta(1),
                             bytearray(b"1"),
                             collections.deque([1, 2]), collections.deque([1, 2], 5)],
    "dtypes": lambda: [np.dtype("f4"), np.dtype("f8"), np.dtype(">f4"), np.float32, torch.float32, torch.float64,
                       torch.device("cpu"), torch.device("meta"), torch.Size([1, 2]), torch.strided],
    "arrays": lambda: [np.arange(4), np.arange(4.0), np.arange(4).reshape(2, 2), np.arange(4).astype("f4"), np.int64(3),
                       np.float64(3), np.array(3.0), np.arange(4)[::-1], np.array([None, "a"], dtype=object),
                       np.ma.masked_array([0, 1, 2, 3], [0, 0, 0, 1]), np.ma.masked_array([0, 1, 2, 3], [0, 0, 1, 0]),
                       np.zeros(0), np.zeros((0, 2))],
    "tensors": lambda: [torch.arange(4), torch.arange(4.0), torch.arange(4.0).reshape(2, 2), torch.arange(4.0).double(),
                        torch.arange(4.0).bfloat16(), torch.tensor(3.0), nn.Parameter(torch.arange(4.0)),
                        torch.arange(4.0).requires_grad_(), torch.tensor([True]), torch.tensor([1 + 2j]).conj(),
                        torch.tensor([1 + 2j]), torch.zeros(0), torch.eye(2).to_sparse(), torch.eye(2)],
    "tables": lambda: [pd.Series([1, 2]), pd.Series([1, 3]), pd.Series([1, 2], name="a"), pd.Series([1.0, 2.0]),
                       pd.Series([1, 2], index=["a", "b"]), pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"b": [1, 2]}),
                       pd.DataFrame({"a": [1, 3]}), pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}),
                       pd.Series(["x", "y"]), pd.Series(["x", "y"], dtype="category"), pd.Index([1, 2])],
    "instances": lambda: [Point(), Point(2.0), Point(names=["a"]), Pair(1, 2), Pair(1, 3), Twin(1, 2), (1, 2),
                          SimpleNamespace(a=1), SimpleNamespace(a=2), Namespace(a=1), Holder(a=1), Holder(a=2),
                          Holder()],
    "functions": lambda: [make(0.1), make(0.2), make([1]), lambda step: 0.1, lambda step: -step, len, max, str.upper,
                          bytes.upper, np.add, np.multiply, torch.relu, torch.tanh, nn.functional.relu, np.mean,
                          np.where],
    "partials": lambda: [partial(max, 1), partial(max, 2), partial(min, 1), partial(max, default=1), partial(max,
                         key=1),
                         partial(partial(max, 1), default=2), partial(make, partial(max, 1))],
    "methods": lambda: [Holder(peak=1).rate, Holder(peak=2).rate, Holder.rate, Holder.low, Words([1]).append,
                        Words([2]).append, vars(Holder)["low"], vars(Holder)["late"], property(max), staticmethod(max)],
    "wrapped": lambda: [lru_cache(make), lru_cache(8)(make), lru_cache(max), torch.no_grad()(make),
                        contextlib.contextmanager(make), functools.singledispatch(make)],
    "networks": lambda: [network(), network(4), network(seed=1), network().eval(), network()[:2], nn.Sequential(),
                         network().requires_grad_(False), hooked(print), hooked(repr), network().double()],
    "hints": lambda: [list[int], list[str], int | None, int | str, tuple[int, ...]],
    "the course's own": lambda: [mlp(2, 8, 3), mlp(2, 9, 3), mlp(2, 8, 3, activation="tanh"), cnn(), rnn(1), rnn(1,
                                 units=8),
                                 transformer(20), *OPTIMIZERS.values(), cosine(0.1, 9), cosine(0.1, 10),
                                 warmup(cosine(0.1, 9), 2), make_blobs(), load_sunspots(4)],
    "torch.optim": lambda: [torch.optim.SGD, torch.optim.Adam, partial(torch.optim.SGD, momentum=0.9)],
}


@pytest.mark.parametrize("make_values", DISTINCT.values(), ids=DISTINCT)
def test_values_that_differ_are_told_apart_and_equal_ones_are_not(make_values):
    names = [identity(value) for value in make_values()]
    assert names == [identity(value) for value in make_values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("one", "other"), [
    ({1, 2, 3}, {3, 2, 1}), (partial(make, a=1, b=2), partial(make, b=2, a=1)), (partial(partial(max, 1), 2),
    partial(max, 1, 2)),
    ((1, (2, 3)), tuple([1, tuple([2, 3])])), (np.arange(4)[::2], np.array([0, 2])), (np.asfortranarray(np.eye(3)),
    np.eye(3)),
    (torch.arange(4)[::2], torch.tensor([0, 2])), ([frozenset("a")] * 2, [frozenset("a"), frozenset("a")]),
    ([Path("a")] * 2, [Path("a"), Path("a")]), ([(1, 2)] * 2, [(1, 2), tuple([1, 2])]),
], ids=lambda value: type(value).__name__)
def test_values_that_do_the_same_have_one_name(one, other):
    assert identity(one) == identity(other)


def reads_file(path="a.txt"):
    return open(path).read()


def reads_text():
    return Path("a.txt").read_text()


def reads_environment():
    return int(os.environ["WIDTH"])


def reads_clock():
    return time.time()


def reads_calendar():
    return datetime.datetime.now()


def imports_and_reads_clock():
    import time as clock
    return [clock.time() for _ in range(2)]


def runs_text(text="1"):
    return eval(text)


def looks_up(name="WIDTH"):
    return globals()[name]


def counts():
    global CALLS
    CALLS += 1
    return CALLS


def fills():
    SEEN["net"] = 1
    return SEEN


def sets():
    Holder.width = 3
    return Holder


def starts_anywhere():
    return np.random.default_rng().normal()


def draws():
    return RNG.normal()


def asks_a_helper():
    return [draws() for _ in range(3)]


def names_all():
    import __main__
    return __main__


@lru_cache
def width_of_then():
    return SEEN["width"]


def uses_answers():
    return width_of_then()


def numbered():
    n = 0

    def count(step):
        nonlocal n
        n += 1
        return n
    return count


CALLS, SEEN, RNG = 0, {"width": 8}, np.random.default_rng(0)
width_of_then()

UNKNOWABLE = [
    (lambda: (i for i in range(3)), "generator gives each of its values only once"),
    (lambda: iter([1]), "is an iterator"), (lambda: itertools.count(), "is an iterator"),
    (lambda: io.StringIO("a"), "is an open file"),
    (threading.Lock, "is a lock"), (lambda: threading.Thread(), "is a thread"), (lambda: RNG, "hidden state"),
    (lambda: random.Random(0), "hidden state"), (torch.Generator, "hidden state"), (lambda: RNG.normal, "hidden state"),
    (lambda: {"a": [RNG]}, "value dict → item 'a' → item 0: a numpy.Generator has"),
    (lambda: os.environ, "environment"),
    (lambda: {RNG}, "hidden state"),
    (lambda: Holder(lock=threading.Lock()), "value Holder → attribute lock: a _thread.lock"),
    (lambda: reads_file, "value reads_file → helper open: it reads a file"),
    (lambda: reads_text, "read_text: it reads a file"),
    (lambda: reads_environment, "os.environ: it depends on the environment"),
    (lambda: reads_clock, "time.time: it reads the clock"),
    (lambda: reads_calendar, "datetime.datetime.now: it reads the clock"), (lambda: imports_and_reads_clock, "clock"),
    (lambda: runs_text, "eval: it runs code that is put together only then"),
    (lambda: looks_up, "globals: it looks up names"),
    (lambda: counts, "it changes the global CALLS"), (lambda: fills, "it changes SEEN"),
    (lambda: sets, "it changes Holder"),
    (lambda: numbered(), "it changes n outside itself"),
    (lambda: starts_anywhere, "np.random.default_rng(): it starts at random"),
    (lambda: draws, "value draws → global RNG: a numpy.Generator has"),
    (lambda: partial(make, asks_a_helper), "→ helper draws → global RNG: a numpy.Generator has"),
    (lambda: names_all, "the whole notebook or script is named"), (lambda: uses_answers, "call its cache_clear()"),
    (lambda: torch.empty(2, device="meta"), "cannot be read"),
    (lambda: np.frompyfunc(reads_file, 1, 1), "compiled code"),
    (lambda: sys._getframe(), "is a call in progress"),
    (lambda: functools.reduce(lambda a, b: [a], range(5000)), "nested too deeply"),
]


@pytest.mark.parametrize(("make_value", "says"), UNKNOWABLE, ids=[says[-30:] for _, says in UNKNOWABLE])
def test_what_cannot_be_known_is_said_with_the_way_to_it(make_value, says):
    with pytest.raises(Unknowable) as error:
        identity(make_value())
    assert says in str(error.value)


@pytest.mark.parametrize("name", ["subprocess.run", "socket.create_connection", "secrets.token_hex", "requests.get",
                                  "http.client.HTTPConnection", "tempfile.mkdtemp", "glob.glob", "platform.node",
                                  "shutil.which", "pandas.read_csv"])
def test_what_a_library_learns_from_outside_cannot_be_known(name):
    module, _, attribute = name.rpartition(".")
    with pytest.raises(Unknowable, match="looks at what is outside this code|it reads a file"):
        identity(getattr(importlib.import_module(module), attribute))


def test_a_class_made_inside_a_function_is_the_same_in_a_module_of_another_name():
    names = [{"__name__": name} for name in ("their_program", "__main__")]
    for there in names:
        exec("def model():\n class A:\n  'what it is'\n  width = 8\n return A", there)
    assert len({identity(there["model"]) for there in names}) == 1


def test_random_numbers_that_the_seed_of_the_run_decides_are_known():
    def model():
        return np.random.rand() + random.random() + torch.randn(3) + np.random.default_rng(0).normal()  # noqa: NPY002
    assert identity(model) == identity(model)


IN_CELLS = """
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for cell in sys.stdin.read().split("# %%"):
    shell.run_cell(cell, store_history=True).raise_error()
"""
SAY = "\nfrom course_utils.engine.identity import identity\nprint(identity(model))\n"


def beside(folder, settings=SETTINGS):
    """A folder with the modules that the program imports."""
    (folder / "their_package").mkdir(parents=True)
    (folder / "their_package" / "__init__.py").touch()
    (folder / "their_package" / "parts.py").write_text(PARTS)
    (folder / "their_settings.py").write_text(settings)
    return folder


def said_by(folder, *arguments, text="", seed="0"):
    """What another Python says, started in a folder."""
    paths = os.pathsep.join([str(folder), str(Path(__file__).parents[1])])
    environment = os.environ | {"PYTHONPATH": paths, "PYTHONHASHSEED": seed, "OMP_NUM_THREADS": "1",
                                "IPYTHONDIR": tempfile.gettempdir()}
    done = subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, input=text, text=True,
                          capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split()[-1]


def test_a_name_outlives_the_process_the_file_and_the_seed_of_hashes(tmp_path, before):
    here, there = beside(tmp_path / "here"), beside(tmp_path / "there" / "deeper")
    (here / "study.py").write_text(PROGRAM + SAY)
    (there / "other.py").write_text("# A comment\n\n\n" + PROGRAM)
    said = [said_by(here, "study.py", seed="1"), said_by(there, "-c", PROGRAM + SAY, seed="2"),
            said_by(there, "-c", "from other import model" + SAY, seed="random")]
    assert said == [before] * 3


def test_a_name_outlives_a_restarted_kernel_with_other_cells(tmp_path, before):
    folder = beside(tmp_path / "here")
    cut = PROGRAM.replace("\n\n", "\n# %%\n") + "\n# %%" + SAY
    other = "# Notes\n\nx = 1\n# %%\n\n\n" + cut.replace("def deepest", "# Deeper\n\n\ndef deepest")
    changed = cut.replace("x + 7", "x + 8")
    assert said_by(folder, "-c", IN_CELLS, text=other, seed="1") == before
    assert said_by(folder, "-c", IN_CELLS, text=changed, seed="2") != before


def test_arrays_tables_and_networks_have_one_name_in_every_process():
    text = ("import json\nimport test_identity as t\nfrom course_utils.engine.identity import identity\n"
            "print(json.dumps({kind: identity(make()) for kind, make in t.DISTINCT.items()}, separators=',:')"
            ".replace(' ', '_'))")
    here = {kind.replace(" ", "_"): identity(make()) for kind, make in DISTINCT.items()}
    assert json.loads(said_by(Path(__file__).parent, "-c", text, seed="1")) == here


def test_what_python_notes_on_a_class_decides_nothing():
    class Alone(nn.Module):
        def forward(self, x):
            return x

    before = identity(Alone)
    assert Alone.__annotations__ == {}  # Python makes them when it is asked
    Alone.__slotnames__ = []  # copy's note
    assert identity(Alone) == before


def codes(code):
    """All code inside code."""
    inside = [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return inside + [deeper for one in inside for deeper in codes(one)]


@pytest.mark.parametrize("module", [course_utils.models, course_utils.optimizers, course_utils.schedules],
                         ids=lambda module: module.__name__)
def test_a_name_outlives_every_other_way_to_break_the_lines(module):
    tree = ast.parse(inspect.getsource(module))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) and len(node.body) > 1:
            node.body.pop(0)
    written, rewritten = (codes(compile(source, "", "exec"))
                          for source in (inspect.getsource(module), ast.unparse(tree)))
    assert len(written) > 5
    for one, other in zip(written, rewritten, strict=True):
        assert _read(one) == _read(other), one.co_qualname


def test_code_is_the_same_after_it_has_run_often():
    names = program()
    unused = identity(names["model"])
    for _ in range(3000):
        names["deeper"](2)
    assert identity(names["model"]) == unused


def test_a_layer_of_torch_that_somebody_replaced_is_noticed(monkeypatch):
    model, plain, around = lambda: nn.Sequential(nn.Linear(2, 3)), identity(nn.Linear), surroundings()
    before = identity(model)
    monkeypatch.setattr(nn.Linear, "forward", lambda self, x: x * SEEN["width"])
    changed = identity(model)
    assert changed != before and identity(nn.Linear) != plain and "replaced in torch" in surroundings()
    monkeypatch.setitem(SEEN, "width", 9)
    assert identity(model) != changed
    monkeypatch.undo()
    assert identity(model) == before and surroundings() == around


def test_a_function_of_torch_that_somebody_replaced_is_noticed(monkeypatch):
    model = lambda x: nn.functional.relu(x)
    before = identity(model)
    monkeypatch.setattr(nn.functional, "relu", lambda x: x)
    assert identity(model) != before and "replaced in torch" in surroundings()


def sets_a_hook():
    return nn.modules.module.register_module_forward_hook(lambda *a: None).remove


@pytest.mark.parametrize(("switch", "back"), [
    (lambda: torch.set_default_dtype(torch.float64), lambda: torch.set_default_dtype(torch.float32)),
    (lambda: torch.set_default_device("meta"), lambda: torch.set_default_device(None)),
    (lambda: setattr(torch.backends.cudnn, "deterministic", True),
     lambda: setattr(torch.backends.cudnn, "deterministic", False)),
    (lambda: torch.set_float32_matmul_precision("medium"), lambda: torch.set_float32_matmul_precision("highest")),
    (lambda: torch.set_flush_denormal(True), lambda: torch.set_flush_denormal(False)),
    (lambda: torch.set_autocast_enabled("cpu", True), lambda: torch.set_autocast_enabled("cpu", False)),
    (sets_a_hook, None),
], ids=["dtype", "device", "deterministic", "precision", "denormal", "autocast", "hook"])
def test_surroundings_tell_how_torch_is_set(switch, back):
    before = surroundings()
    undo = switch()
    try:
        changed = surroundings()
    finally:
        (back or undo)()
    assert changed != before == surroundings()


def test_a_lock_that_a_function_waits_for_decides_nothing():
    lock = threading.Lock()

    def model():
        with lock:
            return 1

    def asks():
        return lock.locked()
    assert identity(model) == identity(model)
    with pytest.raises(Unknowable, match="closure lock: a _thread.lock is a lock"):
        identity(asks)


def test_a_function_that_remembers_answers_from_code_alone_is_known():
    @lru_cache
    def square(x):
        return x * x

    def model():
        return square(3)
    before = identity(model)
    model()
    assert identity(model) == before


def test_a_module_of_ones_own_that_is_used_by_computed_names_is_taken_whole():
    read = "import their_settings as cfg\ndef model(name='WIDTH'): return getattr(cfg, name)"
    one, two, three = (identity(program(read, settings)["model"])
                       for settings in (SETTINGS, SETTINGS.replace("D = 1", "D = 2"), SETTINGS.replace("# x", "")))
    assert one == three != two


@pytest.mark.parametrize("line", ["import their_settings as cfg; return cfg.WIDTH",
                                  "from their_settings import WIDTH as width; return [width for _ in range(2)]",
                                  "import their_package.parts; return their_package.parts.size",
                                  "import their_package.parts as p; return (lambda: p.size)()"])
def test_imports_inside_a_function_are_followed(line):
    text = f"def model():\n    {line}"
    one, same, other = (identity(program(text, settings, parts)["model"]) for settings, parts in (
        (SETTINGS, PARTS), (SETTINGS.replace("NOT_NAMED = 1", "NOT_NAMED = 2"), PARTS + "\nother = 1"),
        (SETTINGS.replace("WIDTH = 8", "WIDTH = 9"), "size = 9")))
    assert one == same != other


def test_libraries_are_named_with_their_version_and_the_course_is_followed(monkeypatch):
    versions = {_home(name) for name in ("torch.nn", "numpy", "sklearn.linear_model", "os.path", "builtins")}
    installed = {f"{name} {metadata.version(name)}" for name in ("torch", "numpy")}  # torch's own may add "+cu130"
    assert installed <= versions and "Python" in versions
    assert _home("course_utils.models") is None and _home("__main__") is None and _home("test_identity") is None
    monkeypatch.setattr(course_utils, "__file__", torch.__file__)  # as if it were installed like a library
    assert _home("course_utils.models") is None
    before = identity(mlp(2, 8, 3))
    monkeypatch.setitem(course_utils.models.ACTIVATIONS, "relu", nn.GELU)
    assert identity(mlp(2, 8, 3)) != before


def test_names_are_quick():
    values = [mlp(2, 50, 3), cnn(), rnn(1), transformer(20), program()["model"], *OPTIMIZERS.values(), cosine(0.1, 9)]
    for value in values:
        identity(value)
    began = time.perf_counter()
    for value in values:
        identity(value)
    assert (time.perf_counter() - began) / len(values) < 0.02  # seconds; 0.5 ms where nobody else is at work


def test_what_fails_when_it_is_asked_cannot_be_known():
    class Fails:
        @property
        def __dict__(self):
            raise RuntimeError("not now")
    with pytest.raises(Unknowable, match="model Fails: it cannot be followed .RuntimeError: not now"):
        identity(Fails(), "model")
