"""An attempt as it was before it was called: what it keeps from one call to the next is not there yet."""

import copy
import types
from collections import deque
from functools import cache, lru_cache

import numpy as np

__all__ = ["afresh"]

PARTS = 1000  # of a value that is copied
_CACHED = type(cache(len))


def afresh(attempt):
    """A function that makes the attempt anew, as it is now; None for what is no function in Python.

    It has copies of its own of plain values: defaults, attributes, the closure, and the globals that its code names. A
    `functools.cache` around it is empty.
    """
    inner = attempt.__wrapped__ if isinstance(attempt, _CACHED) else attempt
    if not isinstance(inner, types.FunctionType):
        return None
    cells, defaults = inner.__closure__ or (), inner.__defaults__ or ()
    names = {name: _copied(inner.__globals__[name]) for name in _names(inner.__code__) & inner.__globals__.keys()}
    held = [_all_copied(part) for part in (inner.__kwdefaults__ or {}, vars(attempt), dict(enumerate(defaults)),
                                           {i: cell.cell_contents for i, cell in enumerate(cells) if _is_full(cell)})]

    def make():
        keywords, attributes, defaults, contents = map(_all_copied, held)
        own = {**inner.__globals__, **_all_copied(names)}
        made = types.FunctionType(inner.__code__, own, inner.__name__, tuple(defaults.values()), tuple(
            types.CellType(contents[i]) if i in contents else types.CellType() for i in range(len(cells))))
        made.__kwdefaults__ = keywords
        if inner is not attempt:
            made = lru_cache(**attempt.cache_parameters())(made)
        vars(made).update(attributes)
        own.update((name, made) for name, value in names.items() if value is attempt)
        return made

    return make


def _names(code):
    """The names that code uses, with all code inside it."""
    inside = (_names(value) for value in code.co_consts if isinstance(value, types.CodeType))
    return set(code.co_names).union(*inside)


def _is_full(cell):
    try:
        return cell.cell_contents is cell.cell_contents
    except ValueError:  # a name that has no value yet
        return False


def _all_copied(values):
    return {name: _copied(value) for name, value in values.items()}


def _copied(value):
    try:
        return copy.deepcopy(value) if _is_plain(value) else value
    except Exception:  # a class of one's own may refuse
        return value


def _is_plain(value):
    """Whether a value consists of numbers, texts and containers of these, and of few of them."""
    left, parts = [value], 0
    while left:
        part = left.pop()
        if isinstance(part, dict | list | tuple | set | frozenset | deque):
            parts += len(part)
            if parts > PARTS:
                return False
            left += part
            left += part.values() if isinstance(part, dict) else ()
        elif isinstance(part, np.ndarray):
            if part.dtype.hasobject or part.size > PARTS:
                return False
        elif not isinstance(part, int | float | complex | str | bytes | np.generic | None):
            return False
    return True
