"""What decides in classes, modules, sets and tensors is in the name; what Python notes on a class is not."""

import contextlib
import functools
import sys
import types
from functools import lru_cache
from pathlib import PurePosixPath, PureWindowsPath

import numpy as np
import pytest
import torch

from course_utils.engine.identity import Unknowable, identity, surroundings
from course_utils.engine.walk_classes import follow_class

MODULE = sys.modules[identity.__module__]


def told_apart(values):
    names = [identity(value) for value in values]
    return len(set(names)) == len(names)


def made(text, name="A", **around):
    exec(text, around := {"__name__": "their_program", **around})
    return around[name]


# Walks

def nested(depth):
    return [nested(depth - 1)] if depth else []


def test_a_value_that_leads_to_too_many_objects_is_refused(monkeypatch):
    monkeypatch.setattr(MODULE, "MOST", 10)
    assert identity(nested(5)) == identity(nested(5))
    with pytest.raises(Unknowable, match="it leads to more than 10 objects"):
        identity(nested(20))


def test_the_library_of_a_module_is_asked_for_once(monkeypatch):
    asked, home = [], MODULE._home
    monkeypatch.setattr(MODULE, "_home", lambda name: asked.append(name) or home(name))
    identity([made("def A(): return 1") for _ in range(3)])
    assert asked.count("their_program") == 1


def within(function, *, without):
    """A function in a library's decorator of which one cell is empty."""
    wrapped = torch.no_grad()(function)
    first, second = wrapped.__closure__
    first.cell_contents = second.cell_contents = function
    del wrapped.__closure__[without].cell_contents
    return wrapped


def test_it_decides_which_name_stands_for_nothing():
    assert told_apart([within(abs, without=0), within(abs, without=1)])


@pytest.mark.parametrize(("hooks", "replaced", "more"), [
    ({}, {}, set()), ({"_global_hooks": [abs]}, {}, {"hooks on all modules"}),
    ({}, {"torch.relu": abs}, {"replaced in torch"})])
def test_hooks_and_replaced_functions_are_among_the_surroundings_only_where_there_are_any(
        hooks, replaced, more, monkeypatch):
    monkeypatch.setattr(MODULE, "hooks_on_all", lambda: hooks)
    monkeypatch.setattr(MODULE, "replaced_in_torch", lambda: replaced)
    assert surroundings().keys() - MODULE.switches().keys() == more


@pytest.mark.parametrize("text", [
    "class K(base):\n def __call__(self): return {0}\nA = K(abs)",
    "class K(base):\n def __get__(self, *of): return {0}\nA = K(abs)"])
@pytest.mark.parametrize("base", [functools.partial, property, functools.cached_property, staticmethod], ids=repr)
def test_classes_of_ones_own_that_build_on_those_of_python_are_followed(text, base):
    assert told_apart([made(text.format(k), base=base) for k in (1, 2)])
    assert identity(made(text.format(1), base=base)) == identity(made(text.format(1), base=base))


def test_arrays_of_ones_own_class_are_told_apart_by_its_methods():
    text = "class K(base):\n def sum(self): return {0}\nA = array.view(K)"
    assert told_apart([np.ones(2), *(made(text.format(k), base=np.ndarray, array=np.ones(2)) for k in (1, 2))])


def test_slices_and_paths_are_told_from_what_they_hold():
    assert told_apart([slice(1, 2), ("slice", 1, 2, None), (1, 2, None), PurePosixPath("a"), PureWindowsPath("a"), "a"])


# Classes and modules

@pytest.mark.parametrize("note", ["__static_attributes__", "__annotations_cache__", "__slotnames__", "__firstlineno__",
                                  "__doc__", "__module__", "_abc_impl", "_backward_cls"])
def test_a_note_on_a_class_decides_nothing(note):
    kind = made("class A: k = 1")
    before = identity(kind)
    setattr(kind, note, "noted")
    assert identity(kind) == before


def test_an_attribute_that_a_class_is_given_later_is_as_one_that_is_written_in_it():
    assert identity(made("class A: k = 1")) == identity(made("class A: pass\nA.k = 1"))


@pytest.mark.parametrize("hint", ["list[int]", "int | None"])
def test_a_hint_in_quotation_marks_is_the_same_hint(hint):
    assert identity(made(f"class A: k: {hint}")) == identity(made(f"class A: k: '{hint}'"))


def test_a_class_that_calls_a_field_of_compiled_code_by_another_name_is_known():
    kind = made("class A(base): mine = base.shape", base=np.ndarray)
    assert identity(kind) == identity(kind) != identity(made("class A(base): pass", base=np.ndarray))


def test_a_class_of_a_library_is_looked_into_once_for_replaced_functions(monkeypatch):
    looked = []
    monkeypatch.setattr(sys.modules[follow_class.__module__], "is_foreign", looked.append)
    identity([torch.nn.ReLU, torch.nn.Tanh])
    assert looked.count(torch.nn.Module.register_buffer) == 1


def module(**members):
    made = types.ModuleType("their_module")
    vars(made).update(members)
    return made


def test_modules_are_told_apart_by_their_library_and_by_what_they_define():
    assert told_apart([torch, np, torch.nn, contextlib, module(), module(k=1), module(k=2), module(__version__="1"),
                       module(__version__="2"), module(__getattr__=len), module(__getattr__=abs)])
    assert identity(module(__file__="a.py", __doc__="It.")) == identity(module())


# Sets and tensors

def test_sets_of_ones_own_are_told_apart_by_all_that_they_are():
    text = "class A(set):\n def f(self): return 1"
    plain, other, noted = made(text)([1]), made(text.replace("return 1", "return 2"))([1]), made(text)([1])
    noted.k = 1
    assert told_apart([plain, other, noted, made(text)([2])]) and identity(plain) == identity(made(text)([1]))


@pytest.mark.parametrize("text", ["def A(): return FUNCTIONS", "def A(functions=frozenset({reads})): return functions"])
def test_a_function_that_remembers_what_it_found_in_a_set_cannot_be_known(text):
    reads = made("W = [1]\ndef A(): return W")
    remembering = lru_cache(made(text, FUNCTIONS={made("def A(): return 1")}, reads=reads))
    assert identity(remembering)
    remembering()
    with pytest.raises(Unknowable, match="cache_clear"):
        identity(remembering)


def tensor(grad=None, **notes):
    made = torch.ones(2, requires_grad=True)
    made.grad = grad
    vars(made).update(notes)
    return made


def test_the_gradient_and_the_attributes_of_a_tensor_decide():
    assert told_apart([tensor(), tensor(torch.zeros(2)), tensor(torch.ones(2)), tensor(k=1), tensor(k=2),
                       tensor(torch.ones(2), k=1)])
    assert identity(tensor(torch.ones(2), k=1)) == identity(tensor(torch.ones(2), k=1))
