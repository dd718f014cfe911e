"""What the solution gives when it is asked something else: an effect that a wrong answer may share, no cause."""

import inspect
import types
from itertools import combinations

import numpy as np

__all__ = ["otherwise"]


def otherwise(attempt, reference, agrees):
    """A sentence on an attempt that answers as the solution does to other arguments, or "".

    `agrees(function)` says whether the attempt's answers are those of `function` on every probe.
    """
    places = [(at, name) for at, name in enumerate(inspect.signature(reference).parameters) if name != "state"]
    for (one, its_name), (other, name) in combinations(places, 2):
        if agrees(_exchanged(reference, one, other)):
            return f"On every probe that is what comes out where `{its_name}` and `{name}` change places."
    constants = _typed_in(attempt)
    for at, name in places:
        for words, kinds, change in _changes(name, constants):
            if agrees(_changed(reference, at, kinds, change)):
                return f"On every probe that is what comes out with {words}."
    return ""


_WHOLE, _NUMBER, _ROW = (int, np.integer), (int, float, np.number), (list, tuple, np.ndarray)
_FORMS = (
    ("1 - {}", _NUMBER, lambda a: 1 - a),
    ("{} ** 2", _NUMBER, lambda a: a**2),
    ("{} ** 0.5", _NUMBER, lambda a: a**0.5),
    ("1 / {}", _NUMBER, lambda a: 1 / a),
    ("-{}", _NUMBER, lambda a: -a),
    ("{} + 1", _WHOLE, lambda a: a + 1),
    ("{} - 1", _WHOLE, lambda a: a - 1),
    ("{}[::-1]", _ROW, lambda a: a[::-1]),
    ("{}[1:]", _ROW, lambda a: a[1:]),
    ("{}[:-1]", _ROW, lambda a: a[:-1]),
    ("sorted({})", (list, tuple), lambda a: type(a)(sorted(a))),
    ("np.sort({})", np.ndarray, np.sort),
)


def _changes(name, constants):
    """What may stand in the place of an argument: in words, for which kinds of it, and as a function of it."""
    for value in constants:
        yield f"`{value:.6g}` in the place of `{name}`, whatever is passed", _NUMBER, lambda a, v=value: v
    for text, kinds, change in _FORMS:
        yield f"`{text.format(name)}` in the place of `{name}`", kinds, change


def _typed_in(attempt):
    """The numbers other than 0 that stand in the code of a function, each once."""
    code, found = getattr(attempt, "__code__", None), []
    codes = [code] if isinstance(code, types.CodeType) else []
    while codes:
        for value in codes.pop().co_consts:
            if isinstance(value, types.CodeType):
                codes.append(value)
            elif type(value) in (int, float) and value and value not in found:
                found.append(value)
    return found[:12]


def _exchanged(reference, one, other):
    def asked(*arguments):
        arguments = list(arguments)
        arguments[one], arguments[other] = arguments[other], arguments[one]
        return reference(*arguments)
    return asked


def _changed(reference, at, kinds, change):
    def asked(*arguments):
        value = arguments[at]
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise TypeError("another kind of argument")
        return reference(*arguments[:at], change(value), *arguments[at + 1:])
    return asked
