"""Values that attempts give back: compared, copied, and shown in few characters."""

import copy
import inspect
import math
import re
from dataclasses import dataclass
from functools import partial

import numpy as np

from .relations import alike, near

__all__ = ["Raised", "as_array", "brief", "copied", "form", "holds_ellipsis", "is_of_arrays", "is_still", "kind",
           "length", "of_numbers", "same", "short", "show", "size", "snapshot"]


@dataclass(frozen=True)
class Raised:
    """An exception in the place of a value, in words: raised by the function, or by what was done with its answer."""

    text: str
    own: bool = True


def same(got, expected, rtol):
    """Equal within the tolerance, whatever the type: number, list, tuple, array or tensor; nan equals nan."""
    if isinstance(got, Raised) or isinstance(expected, Raised):
        return isinstance(got, Raised) and isinstance(expected, Raised)
    if got is None or expected is None:
        return got is expected
    if isinstance(expected, str):
        return isinstance(got, str) and got == expected
    if isinstance(expected, dict):
        return isinstance(got, dict) and got.keys() == expected.keys() and all(
            same(got[key], e, rtol) for key, e in expected.items())
    if isinstance(got, float) and isinstance(expected, float):  # most are; arrays of one take ten times as long
        return near(float(got), float(expected), rtol)
    if isinstance(got, complex) and isinstance(expected, complex):  # of two mistakes
        return bool(np.isclose(got, expected, rtol))
    try:
        if isinstance(expected, tuple) or is_of_arrays(expected):
            ordered = not isinstance(got, dict | set) and len(got) == len(expected)
            return ordered and all(same(g, e, rtol) for g, e in zip(got, expected, strict=True))
        if isinstance(got, list | tuple) and np.shape(expected)[:1] != (len(got),):
            return False
        g, e = as_array(got), as_array(expected)
        return g.shape == e.shape and bool(alike(g, e, rtol).all())
    except Exception:
        return False


def as_array(value):
    """The real numbers that a value holds, as floats; a `TypeError` where there are others."""
    if isinstance(value, list | tuple):
        return np.array(value, float) if of_numbers(value) else np.array([as_array(v) for v in value])
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    array = np.real_if_close(value)
    if array.dtype.kind not in "iufO" or array.dtype == object and any(x is None for x in array.flat):
        raise TypeError(f"not real numbers: {array.dtype}")
    return array.astype(float)


def of_numbers(value):
    """Whether a value is a list of plain numbers and nothing else; answers may hold a million of them."""
    return type(value) in (list, tuple) and set(map(type, value)) <= {int, float, bool}


def length(value):
    """How many parts a value has, or None."""
    try:
        return len(value)
    except TypeError:  # a number, or a tensor of one
        return None


def size(value):
    """How many numbers a value holds."""
    if isinstance(value, tuple | list):
        return sum(map(size, value))
    if hasattr(value, "detach"):
        return value.numel()
    return value.size if isinstance(value, np.ndarray) else 1


def is_of_arrays(value):
    """Whether a value is a list of arrays, as the weights of a network are, whose shapes may differ."""
    return isinstance(value, list) and bool(value) and all(isinstance(v, np.ndarray) and v.ndim for v in value)


def holds_ellipsis(value):
    if isinstance(value, list | tuple):
        return not of_numbers(value) and any(holds_ellipsis(v) for v in value)
    if isinstance(value, np.ndarray) and value.dtype == object:
        return any(v is ... for v in value.flat)
    return value is ... or isinstance(value, Raised) and "ellipsis" in value.text.lower()


def copied(value):
    """A copy, where one can be made: the next call may write into the same memory."""
    if of_numbers(value):
        return value[:]
    try:
        return copy.deepcopy(value)
    except Exception:
        return value


def snapshot(value):
    """What a value holds now, as far as it can be changed."""
    if isinstance(value, list | tuple):
        return [snapshot(v) for v in value]
    if isinstance(value, dict):
        return {key: snapshot(v) for key, v in value.items()}
    if isinstance(value, np.ndarray):
        return value.copy()
    return value.detach().clone() if hasattr(value, "detach") else value


def is_still(value, before):
    if isinstance(value, list | tuple):
        return len(value) == len(before) and all(map(is_still, value, before))
    if isinstance(value, dict):
        return list(value) == list(before) and all(is_still(v, before[key]) for key, v in value.items())
    if isinstance(value, np.ndarray) and value.dtype == object:
        return value.shape == before.shape and all(a is b for a, b in zip(value.flat, before.flat, strict=True))
    if isinstance(value, np.ndarray):
        return value.shape == before.shape and value.dtype == before.dtype and value.tobytes() == before.tobytes()
    if hasattr(value, "detach"):
        return _is_still_tensor(value.detach(), before)
    return value is before or isinstance(value, int | float | str | np.generic) and value == before


def _is_still_tensor(value, before):
    """Equal, and nan where it was; True of what cannot be compared, such as a tensor without numbers."""
    if value.shape != before.shape or value.dtype != before.dtype:
        return False
    try:
        return not ((value != before) & ~((value != value) & (before != before))).any()
    except Exception:
        return True


def show(value, asked=False):
    """A value in a few characters, fit to stand between backticks; a question that was `asked` with more digits."""
    try:
        if isinstance(value, tuple | list):
            digits = _digits(value)
            parts = [_number(v, digits, asked) if isinstance(v, float | np.floating) else show(v, asked)
                     for v in value[:40]]
            return short("(" + ", ".join(parts) + "," * (len(value) == 1) + ", …" * (len(value) > 40) + ")", 300)
        if isinstance(value, float | np.floating):
            return _number(value, 6, asked)
        if isinstance(value, np.ndarray):
            digits = _digits(value.ravel().tolist())
            form = {"float_kind": lambda x: _number(x, digits, asked), "int_kind": str}
            return short(np.array2string(value, separator=", ", threshold=40, formatter=form), 300)
        if inspect.isfunction(value):
            return inspect.getdoc(value) or value.__name__
        return short(str(value) if isinstance(value, np.generic) else repr(value), 120)
    except Exception:
        return f"a {type(value).__name__}"


def _number(x, digits, asked):
    """A float in so many digits, or in all where it lies a hair beside such a number.

    In a question one of at most three digits has more room around it, and a float below 1 more digits, as β needs.
    """
    told = f"{x + 0.0:.{max(digits, 12) if asked and 0.9 < abs(x) < 1 else digits}g}"  # + 0.0: no -0
    meets = partial(math.isclose, x, float(told), abs_tol=0)
    near = 1e-5 if asked and told == f"{x + 0.0:.3g}" else 5e-9
    return repr(float(x)) if meets(rel_tol=near) and not meets(rel_tol=1e-13) else told


def _digits(values):
    """How many digits tell the different ones of some floats from each other."""
    different = {float(f"{v:.14g}") for v in values[:40] if isinstance(v, float) and math.isfinite(v)}
    return next(d for d in (6, 14) if len({f"{v:.{d}g}" for v in different}) == len(different))


def brief(value, asked=False):
    """A value in a few characters, a large array by its shape."""
    if isinstance(value, np.ndarray) and value.size > (12 if value.ndim > 1 else 24):
        return f"an array of shape {value.shape}"
    return show(value, asked)


def short(text, length):
    """A text on one line, its beginning if it is longer, fit to stand between backticks."""
    text = re.sub(r"\s+", " ", text).replace("`", "'").strip()
    return text if len(text) <= length else text[:length] + "…"


def form(value):
    """What stands before a value in a sentence."""
    return "an array " if isinstance(value, np.ndarray) and value.ndim else ""


def kind(value):
    """What a value is, in words."""
    if isinstance(value, tuple | list) and 0 < len(value) <= 4:
        kinds = [kind(v) for v in value]
        return f"{', '.join(kinds[:-1])} and {kinds[-1]}" if kinds[:-1] else f"a {type(value).__name__} of {kinds[0]}"
    if value is None:
        return "None"
    if isinstance(value, bool | np.bool_):
        return "True or False"
    if isinstance(value, int | float | np.number):
        return "a number"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}" if value.ndim else "a number"
    if isinstance(value, str):
        return "a text"
    if hasattr(value, "detach"):
        return f"a tensor of shape {tuple(value.shape)}"
    return f"a {type(value).__name__}"
