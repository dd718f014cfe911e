"""What functions and instances lead to, and what is said of it: cases that are told apart, known or refused."""

import array
import builtins
import collections
import keyword
import logging
import math
import pickle
import random
import sys
import types
import typing

import numpy as np
import pytest
import scipy.special
import torch

from course_utils.engine import identity as walks
from course_utils.engine.identity import Unknowable, identity
from course_utils.engine.walk_functions import _is_leaf
from course_utils.engine.walk_instances import _is_ufunc


def name_of(value):
    return getattr(value, "__name__", str(value))


def names_of(monkeypatch, text, **modules):
    """What a program defines, with the modules that its author has beside it in a package."""
    monkeypatch.delitem(sys.modules, "package_of_theirs.settings", raising=False)
    package = types.ModuleType("package_of_theirs")
    package.__path__ = []
    monkeypatch.setitem(sys.modules, "package_of_theirs", package)
    for name, source in modules.items():
        module = types.ModuleType(f"package_of_theirs.{name}")
        exec(source, vars(module))
        monkeypatch.setitem(sys.modules, module.__name__, module)
        setattr(package, name, module)
    names = {"__name__": "package_of_theirs.program", "__package__": "package_of_theirs"}
    exec("import functools, threading, types, typing, torch\n" + text, names)
    return names


def identity_of(monkeypatch, text, **modules):
    return identity(names_of(monkeypatch, text, **modules)["model"])


# Functions

@pytest.mark.parametrize(("text", "one", "other"), [
    ("X=hash\nclass A:\n def __hash__(s): return X(s)\ndef model(): return A", "X=hash", "X=threading.Lock()"),
    ("W=1\nclass A:\n def __hash__(s): return W\ndef model(): return A", "W=1", "W=2"),
    ("p=functools.partial(max)\np.k=1\ndef model(): return p.k", "p.k=1", "p.k=2"),
    ("def forget(s): s.k=1\nclass A: x=property(None, None, forget)\ndef model(): return A", "s.k=1", "s.k=2"),
    ("def o(v):\n def f(): return x\n if v: x=None\n return f\nmodel=o(0)", "o(0)", "o(1)"),
    ("class A: k=1\nmodel=typing.Optional[A]", "k=1", "k=2"), ("class A: k=1\nmodel=typing.List[A]", "k=1", "k=2"),
], ids=str)
def test_programs_that_differ_in_one_place_are_told_apart(text, one, other, monkeypatch):
    assert one in text
    first, same, second = (identity_of(monkeypatch, t) for t in (text, "\n" + text, text.replace(one, other)))
    assert first == same != second


FAILING = "def __getattr__(name):\n if name == 'W': return 1 / 0\n raise AttributeError(name)"


@pytest.mark.parametrize(("text", "one", "other"), [
    ("def model():\n from . import settings\n return settings.W", "W=1", "W=2"),
    ("def model():\n from .settings import W\n return W", "W=1", "W=2"),
    ("from . import settings\ndef model(): return settings.W", "W=None\n" + FAILING, FAILING),
], ids=str)
def test_modules_that_differ_in_what_is_asked_are_told_apart(text, one, other, monkeypatch):
    first, same, second = (identity_of(monkeypatch, text, settings=s) for s in (one, one + "\nother=1", other))
    assert first == same != second


def test_a_module_that_is_missing_is_told_from_a_name_in_it_that_is_none(monkeypatch):
    text = "def model():\n from package_of_theirs.settings import W\n return W"
    assert identity_of(monkeypatch, text, settings="W=None") != identity_of(monkeypatch, text)


def test_an_import_from_a_package_in_a_script_that_has_none_is_a_missing_name():
    def model_of(package):
        names = {"__name__": "their_program", "__package__": package}
        exec("def model():\n try:\n  from . import settings\n except ImportError:\n  return 1", names)
        return names["model"]

    assert identity(model_of(None)) == identity(model_of(""))


def test_builtins_of_a_function_s_own_are_looked_up():
    def model_with(value):
        names = {"__name__": "their_program", "__builtins__": {**vars(builtins), "extra": value}}
        exec("def model(): return extra", names)
        return names["model"]

    assert identity(model_with(1)) == identity(model_with(1)) != identity(model_with(2))


def test_the_hash_of_a_value_depends_on_the_process(monkeypatch):
    with pytest.raises(Unknowable, match="hash: it depends on the environment"):
        identity_of(monkeypatch, "def model(): return hash('a')")


@pytest.mark.parametrize("place", ["", "their.", "settings."])
def test_a_lock_that_is_waited_for_decides_nothing_wherever_it_lies(place, monkeypatch):
    text = ("from . import settings\ntheir=types.SimpleNamespace(lock=threading.Lock())\nlock=their.lock\n"
            f"def model():\n with {place}lock: return 1")
    first, second = (identity_of(monkeypatch, text, settings="import threading\nlock=threading.Lock()") for _ in "ab")
    assert first == second


@pytest.mark.parametrize(("value", "expected"), [
    (random.random, True), (keyword.iskeyword, True), (math.sqrt, False), (torch.rand, False), (str.upper, False),
], ids=name_of)
def test_what_a_library_holds_by_an_instance_is_named_as_it_is(value, expected):
    assert _is_leaf(walks._Walk([]), value) is expected


REMEMBERED = "@functools.cache\ndef r(n=1): return {}\nr()\ndef model(): return r()"


@pytest.mark.parametrize("text", [
    "def h(n): return n\n" + REMEMBERED.format("h(n)"), REMEMBERED.format("len('a')"),
    REMEMBERED.format("functools.reduce(max, [n])"), REMEMBERED.format("torch.nn.Identity()"),
    "from torch.nn import Identity\n" + REMEMBERED.format("Identity()"), REMEMBERED.format("torch"),
    "def o(w):\n @functools.cache\n def r(): return w\n r()\n return r\nmodel=o(1)",
    REMEMBERED.format("r(n - 1) if n else 0"),
    "@functools.cache\ndef s(n): return r(n - 1)\n" + REMEMBERED.format("s(n) if n else 0"),
], ids=str)
def test_a_function_that_remembers_what_code_has_decided_is_known(text, monkeypatch):
    assert identity_of(monkeypatch, text) == identity_of(monkeypatch, text)


@pytest.mark.parametrize("text", [
    "W=1\n" + REMEMBERED.format("W"), "class A: k=1\n" + REMEMBERED.format("A.k"),
    "class A: k=1\n" + REMEMBERED.format("A"),
    "from . import settings\n" + REMEMBERED.format("settings"),
    "W=1\n" + REMEMBERED.format("r(n - 1) if n else W"),
    "W=1\ndef h(): return W\n" + REMEMBERED.format("h()") + " + h()",
    "W=1\n@functools.cache\ndef h(): return W\n" + REMEMBERED.format("h()") + ", h()\nh.cache_clear()",
    "def o(w):\n @functools.cache\n def r(): return w[0]\n r()\n return r\nmodel=o([1])",
], ids=str)
def test_a_function_that_remembers_what_may_have_changed_is_not(text, monkeypatch):
    with pytest.raises(Unknowable, match="it remembers answers from before"):
        identity_of(monkeypatch, text, settings="W=1")


# Instances

class Queue(collections.deque):
    pass


class Kept(array.array):
    """Hands its numbers to pickle's fifth protocol as they lie in memory."""

    def __reduce_ex__(self, protocol):
        return type(self), ("d", pickle.PickleBuffer(self) if protocol > 4 else self.tolist())


def queue(**attributes):
    made = Queue([1])
    vars(made).update(attributes)
    return made


@pytest.mark.parametrize("make_values", [
    lambda: [random._inst, np.random.mtrand._rand, torch.default_generator],
    lambda: [logging.getLogger("a.b"), logging.getLogger("a.c"), logging.getLogger()],
    lambda: [typing.TypeVar("T"), typing.TypeVar("S"), typing.ParamSpec("P"), typing.Union],
    lambda: [torch.ops.aten.relu, torch.ops.aten.sigmoid],
    lambda: [scipy.special.expit, scipy.special.logit, np.add, np.negative],
    lambda: [queue(), queue(a=1), queue(a=2), queue(b=1)],
    lambda: [Kept("d", [1.0]), Kept("d", [2.0])],
], ids=["seeded", "loggers", "hints", "operators", "ufuncs", "subclass", "protocols"])
def test_instances_that_differ_are_told_apart_and_equal_ones_are_not(make_values):
    names = [identity(value) for value in make_values()]
    assert names == [identity(value) for value in make_values()] and len(set(names)) == len(names)


def test_where_a_logger_writes_and_how_much_decides_nothing():
    logger, handler = logging.getLogger("of.theirs"), logging.StreamHandler()
    before, level = identity(logger), logger.level
    logger.addHandler(handler)
    logger.setLevel(level + 1)
    try:
        assert identity(logger) == before
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def test_what_torch_notes_on_an_operator_that_has_been_used_decides_nothing(monkeypatch):
    operator = torch.ops.aten.relu
    monkeypatch.delattr(operator, "default", raising=False)
    before = identity(operator)
    assert callable(operator.default) and "default" in vars(operator)
    assert identity(operator) == before


@pytest.mark.parametrize(("value", "library"), [(torch.ops.aten.relu, "torch"), (scipy.special.expit, "numpy")],
                         ids=["torch", "ufunc"])
def test_operators_and_ufuncs_are_named_with_the_version_of_their_library(value, library, monkeypatch):
    before, home = identity(value), walks._home
    for name in ("torch", "numpy"):
        monkeypatch.setattr(walks, "_home", lambda n, name=name: f"{name} 99" if n == name else home(n))
        assert (identity(value) != before) is (name == library)


@pytest.mark.parametrize(("value", "expected"), [
    (np.add, True), (scipy.special.expit, True), (np.frompyfunc(abs, 1, 1), False), (np.mean, False)], ids=name_of)
def test_ufuncs_of_libraries_are_known_by_their_names(value, expected):  # in NumPy 1.26 they have no module
    assert _is_ufunc(value) is expected


def test_instances_are_followed_where_pandas_is_not_loaded(monkeypatch):
    before = identity(types.SimpleNamespace(a=1))
    monkeypatch.delitem(sys.modules, "pandas", raising=False)
    assert identity(types.SimpleNamespace(a=1)) == before
