"""What cannot be known is found under every name, and called by names that a reader knows."""

import datetime
import os
import sys
import threading
import types

import numpy as np
import pytest
from torch import nn

from course_utils.engine.identity import identity
from course_utils.engine.unknowable import Unknowable, _found, _table
from course_utils.engine.values import type_name, word_for

FILE, NAMES = "it reads a file", "it looks up names"
TEXT = "it depends on docstrings, hints or source lines"
ASKS = {
    "read_text": (lambda x: x.read_text(), FILE), "read_bytes": (lambda x: x.read_bytes(), FILE),
    "__globals__": (lambda x: x.__globals__["rate"], NAMES), "f_globals": (lambda x: x.f_globals["rate"], NAMES),
    "f_locals": (lambda x: x.f_locals["rate"], NAMES), "f_back": (lambda x: x.f_back, NAMES),
    "__doc__": (lambda x: x.__doc__, TEXT), "__annotations__": (lambda x: x.__annotations__, TEXT),
    "__code__": (lambda x: x.__code__, TEXT),
    "__subclasses__": (lambda x: x.__subclasses__(), "it depends on classes that others define"),
}


@pytest.mark.parametrize("name", ASKS)
def test_an_attribute_that_leads_outside_the_code_is_refused_by_its_name(name):
    function, why = ASKS[name]
    with pytest.raises(Unknowable) as error:
        identity(function)
    assert f": it asks for .{name}: {why}" in str(error.value)


@pytest.fixture
def package(monkeypatch):
    """A package that has a module `part` and, like many a library, a function of the same name."""
    package, part = types.ModuleType("their_package"), types.ModuleType("their_package.part")
    package.part, part.name = (lambda: 1), (lambda: 2)
    for module in (package, part):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return package, part


@pytest.mark.parametrize(("dotted", "value"), [
    ("os.getcwd", os.getcwd), ("os.path.exists", os.path.exists), ("numpy.random.default_rng", np.random.default_rng),
    ("datetime.datetime.now", datetime.datetime.now), ("os.no_such_name", None), ("os.no_such_name.deeper", None),
    ("no_such_module.name", None), ("no_such_module.deeper.name", None),
])
def test_a_dotted_name_stands_for_what_it_stands_for_in_python(dotted, value):
    assert _found(dotted) == value


def test_a_name_is_looked_up_in_the_innermost_module_that_has_it(package):
    outer, inner = package
    assert _found("their_package.part") is outer.part
    assert _found("their_package.part.name") is inner.name


def test_a_table_of_reasons_has_each_name_and_the_function_behind_it():
    rows = {"a file": "os.listdir no_such_module.read", "a setting": "os.sep os.getenv"}
    assert _table(rows) == {"os.listdir": "a file", os.listdir: "a file", "no_such_module.read": "a file",
                            "os.sep": "a setting", "os.getenv": "a setting", os.getenv: "a setting"}


def class_of_main(name, **members):
    return type(name, (), {"__module__": "__main__", **members})


@pytest.mark.parametrize(("kind", "name"), [
    (dict, "dict"), (types.GeneratorType, "generator"), (class_of_main("Feed"), "Feed"),
    (datetime.date, "datetime.date"), (np.ndarray, "numpy.ndarray"),
])
def test_a_type_is_called_as_a_reader_writes_it(kind, name):
    assert type_name(kind) == name


@pytest.mark.parametrize(("value", "says"), [
    ((i for i in range(3)), "value <genexpr>: a generator gives each of its values only once"),
    (iter([1]), "value list_iterator: a list_iterator is an iterator, which gives something else each time"),
    (class_of_main("Feed", __next__=lambda self: 1)(),
     "value Feed: a Feed is an iterator, which gives something else each time"),
], ids=["generator", "list_iterator", "Feed"])
def test_a_refused_value_is_called_without_the_module_that_every_reader_knows(value, says):
    with pytest.raises(Unknowable) as error:
        identity(value)
    assert str(error.value) == says


def test_a_class_is_no_iterator_although_its_metaclass_makes_it_one():
    def kind(step):
        class Counting(type):
            def __next__(cls):
                return step

        class Numbered(metaclass=Counting):
            pass
        return Numbered
    assert identity(kind(1)) == identity(kind(1)) != identity(kind(2))


class Settings:
    lock = threading.Lock()


def makes_settings():
    return Settings()


@pytest.mark.parametrize(("value", "word"), [
    (nn.Linear, "class"), (Settings, "class"), (makes_settings, "helper"), (len, "helper"),
    (nn.Linear(1, 1), "global"), (3, "global"),
], ids=["class of torch", "class", "function", "builtin", "network", "number"])
def test_messages_tell_a_class_a_helper_and_a_global_apart(value, word):
    assert word_for(value, "global") == word


def test_the_way_to_what_cannot_be_known_leads_through_a_class():
    with pytest.raises(Unknowable) as error:
        identity(makes_settings)
    assert str(error.value).startswith(
        "value makes_settings → class Settings → attribute lock: a _thread.lock is a lock")
