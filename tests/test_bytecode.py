"""What the bytecode of a function says, in small programs and in instructions of other versions of Python."""

import dataclasses
import types
from collections import namedtuple
from inspect import CO_OPTIMIZED

import pytest

from course_utils.engine import bytecode
from course_utils.engine.bytecode import Reference, read


def code_of(name, text):
    """The code of the first function of this name in a program, at any depth."""
    waiting = [compile(text, "cell.py", "exec")]
    while waiting:
        code = waiting.pop(0)
        if code.co_name == name:
            return code
        waiting += [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    raise LookupError(name)


def function(*lines):
    return code_of("f", "\n ".join(["def f(x=1):", *lines]))


def digest_of(code):
    return read.__wrapped__(code).digest  # codes of which the constants are equal are one in the cache


def named(root, name, *attributes, level=0, bare=False, writes=False):
    return Reference(root, name, attributes, level, bare, writes)


@pytest.mark.parametrize(("lines", "expected"), [
    (["return a.b"], [named("global", "a", "b")]),
    (["return a()"], [named("global", "a", bare=True)]),
    (["return a(1)"], [named("global", "a")]),
    (["a.b = x"], [named("global", "a", writes=True)]),
    (["del a.b"], [named("global", "a", writes=True)]),
    (["a.b[0] = x"], [named("global", "a", "b", writes=True)]),
    (["a[x] = 1"], [named("global", "a", writes=True)]),
    (["del a[0]"], [named("global", "a", writes=True)]),
    (["import a", "return a.b"], [named("import", "a", "b")]),
    (["import a.b.c", "return a.d"], [named("import", "a", "d")]),
    (["import a.b as d", "return d.e"], [named("import", "a", "b", "e")]),
    (["import a.b.c as d", "return d.e"], [named("import", "a", "b", "c", "e")]),
    (["import a.b.c.d as e", "return e"], [named("import", "a", "b", "c", "d")]),
    (["import a as b, c.d as e", "return b, e"], [named("import", "a"), named("import", "c", "d")]),
    (["from a import b", "return b"], [named("import", "a", "b")]),
    (["from a.b import c", "return c.d"], [named("import", "a.b", "c", "d")]),
    (["from a.b import c, d as e", "return c, e"], [named("import", "a.b", "c"), named("import", "a.b", "d")]),
    (["from . import a", "return a()"], [named("import", "", "a", level=1, bare=True)]),
    (["from ..a.b import c", "return c"], [named("import", "a.b", "c", level=2)]),
    (["from a import b", "y = 0 < x < 3", "return y.real"], []),
    (["from a import b", "for y in x: y.c()", "return b"], [named("import", "a", "b")]),
    (["import a", "def g(): return a.b", "return g"], [named("import", "a", "b")]),
    (["import a.b as c", "class K: size = c.d", "return K"], [named("import", "a", "b", "d")]),
], ids=str)
def test_the_names_that_a_function_uses(lines, expected):
    assert read(function(*lines)).references == tuple(expected)


@pytest.mark.parametrize(("text", "expected"), [
    ("def o(n):\n def f(): return n.a", [named("closure", "n", "a")]),
    ("def o(n):\n def f():\n  def g(): return n.a\n  return g", [named("closure", "n", "a")]),
    ("def o(n):\n def f():\n  class K: size = n.a\n  return K", [named("closure", "n", "a")]),
    ("def o(n):\n def f():\n  import m\n  def g(): return m.a, n.b\n  return g",
     [named("closure", "n", "b"), named("import", "m", "a")]),
    ("def o(n):\n def f():\n  def g():\n   n = 1\n   def h(): return n\n   return h\n  return n, g",
     [named("closure", "n")]),
], ids=str)
def test_the_names_that_a_function_uses_of_the_one_around_it(text, expected):
    assert read(code_of("f", text)) == bytecode.Reading(digest_of(code_of("f", text)), tuple(expected), ())


@pytest.mark.parametrize(("text", "name"), [
    ("def f():\n global n\n n = 1", "the global n"), ("def f():\n global n\n del n", "the global n"),
    ("def o(n):\n def f():\n  nonlocal n\n  n = 1", "n outside itself"),
    ("def o(n):\n def f():\n  nonlocal n\n  del n", "n outside itself"),
    ("def o(n):\n def f():\n  def g():\n   nonlocal n\n   n = 1\n  return g", "n outside itself"),
], ids=str)
def test_what_changes_a_name_outside_itself_cannot_be_known(text, name):
    assert read(code_of("f", text)).reasons == (f"it changes {name}, so what it does depends on what ran before",)


def with_constant(value):
    code = function("return 'here'")
    return code.replace(co_consts=tuple(value if c == "here" else c for c in code.co_consts))


@pytest.mark.parametrize("values", [
    [(1, 2), (1, 3), (1, 2.0), (1, True), ((1, 2),), frozenset((1, 2)), frozenset((1, 3)), "(1, 2)"],
    [0.0, -0.0, 0j, -0j, complex(-0.0, 0.0), 0, False, "0", b"0", None, ..., ()],
], ids=["several", "single"])
def test_constants_that_differ_are_told_apart(values):
    assert len({digest_of(with_constant(value)) for value in values}) == len(values)


@pytest.mark.parametrize("around", [lambda s: s, lambda s: (s, 1), lambda s: ((s,),)], ids=["alone", "pair", "deep"])
def test_the_order_of_a_set_among_the_constants_decides_nothing(around):
    one, other = frozenset((0, 8)), frozenset((8, 0))  # both in the first place of their tables
    assert digest_of(with_constant(around(one))) == digest_of(with_constant(around(other)))


@pytest.mark.parametrize("n", range(2, 40, 2))
def test_a_jump_is_the_same_however_far_line_breaks_make_it(n):
    one, other = (digest_of(function("while x:", *[f" x.m(x,{gap}x)"] * n, "return x")) for gap in (" ", "\n"))
    assert one == other


def test_the_flags_of_code_are_part_of_what_it_says_but_for_its_docstring():
    code = function("return x")
    flags = [0, CO_OPTIMIZED, 0x4000000]  # the last one says from Python 3.13 on that there is a docstring
    plain, otherwise, documented = (digest_of(code.replace(co_flags=code.co_flags ^ flag)) for flag in flags)
    assert plain == documented != otherwise


def test_a_reading_that_many_share_cannot_be_changed():
    code = function("return a")
    with pytest.raises(dataclasses.FrozenInstanceError):
        read(code).references = ()
    with pytest.raises(dataclasses.FrozenInstanceError):
        read(code).references[0].name = "b"


Step = namedtuple("Step", "opname argval argrepr arg opcode", defaults=[None, "", 0, -1])  # -1: of no kind

OTHER_VERSIONS = {
    "3.11, a class": ([("LOAD_CLASSDEREF", "n")], named("closure", "n")),
    "3.11, a class and an import": ([("LOAD_CLASSDEREF", "m")], named("import", "a", "b", level=1)),
    "3.11, a call": ([("LOAD_GLOBAL", "g"), ("PRECALL",), ("CALL",)], named("global", "g", bare=True)),
    "3.12, a class": ([("LOAD_FROM_DICT_OR_DEREF", "n"), ("LOAD_ATTR", "c")], named("closure", "n", "c")),
    "3.12, a class and an import": ([("LOAD_FROM_DICT_OR_DEREF", "m")], named("import", "a", "b", level=1)),
    "3.12, a class with types": ([("LOAD_FROM_DICT_OR_GLOBALS", "g")], named("global", "g")),
    "3.14, a place": ([("LOAD_GLOBAL", "g"), ("LOAD_SMALL_INT", 0), ("STORE_SUBSCR",)],
                      named("global", "g", writes=True)),
}


@pytest.mark.parametrize(("rows", "expected"), OTHER_VERSIONS.values(), ids=OTHER_VERSIONS)
def test_names_in_instructions_of_other_versions_of_python(rows, expected):
    reader = bytecode._Reader()
    reader._note([Step(*row) for row in rows], 0, {"n"}, {"m": ("import", "a", 1, ("b",))})
    assert (reader.references, reader.reasons) == ({expected}, set())


@pytest.mark.parametrize(("rows", "expected"), [
    ([("LOAD_FAST", "x"), ("LOAD_METHOD", "a")], [("LOAD_FAST", "x"), ("LOAD_ATTR", "a")]),
    ([("LOAD_FAST_BORROW", "x")], [("LOAD_FAST", "x")]),
    ([("LOAD_FAST_BORROW_LOAD_FAST_BORROW", ("x", "y"))], [("LOAD_FAST", "x"), ("LOAD_FAST", "y")]),
    ([("LOAD_FAST_LOAD_FAST", ("x", "y"))], [("LOAD_FAST", "x"), ("LOAD_FAST", "y")]),
    ([("STORE_FAST_LOAD_FAST", ("x", "y"))], [("STORE_FAST", "x"), ("LOAD_FAST", "y")]),
    ([("STORE_FAST_STORE_FAST", ("x", "y"))], [("STORE_FAST", "x"), ("STORE_FAST", "y")]),
    ([("PUSH_NULL",), ("EXTENDED_ARG", 1), ("NOP",), ("LOAD_CONST", 300)], [("LOAD_CONST", 300)]),
], ids=str)
def test_instructions_that_only_some_versions_of_python_have_are_called_as_in_all(rows, expected, monkeypatch):
    monkeypatch.setattr(bytecode.dis, "get_instructions", lambda code: [Step(*row) for row in rows])
    assert [(step.opname, step.argval) for step in bytecode._steps(function("return x"))] == expected
