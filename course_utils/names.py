"""How settings are named in tables, legends and sentences."""

import inspect
from collections.abc import Mapping
from functools import partial
from numbers import Integral, Real

import numpy as np

__all__ = ["label", "labels", "setting_names"]

LONGEST = 60  # characters of an object's own words; beyond, its type says enough


def label(value):
    """How a value is written in tables and legends: a number in few digits, a schedule or function by its name.

    The arguments of a partial are shown, as in adam(beta1=0.5).
    """
    if isinstance(value, np.generic) or (getattr(value, "ndim", None) == 0 and hasattr(value, "item")):
        value = value.item()
    if value is None or isinstance(value, str | bool):
        return str(value)
    if isinstance(value, Real):
        return str(int(value)) if isinstance(value, Integral) else f"{float(value):g}"
    if isinstance(value, tuple | list):
        inside = ", ".join(map(label, value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside}{',' * (len(value) == 1)})"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {label(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, partial):
        arguments = [*map(label, value.args), *(f"{name}={label(v)}" for name, v in value.keywords.items())]
        return f"{label(value.func)}({', '.join(arguments)})" if arguments else label(value.func)
    if hasattr(value, "shape"):
        return f"{type(value).__name__} {tuple(value.shape)}"
    return _own_name(value)


def labels(values):
    """The label of each value; values that are not the same never share one.

    Functions and objects of one name are told apart by what differs in them (a variable they enclose, a default, an
    attribute, their module), numbers by more digits, and what cannot be told apart otherwise by a number.
    """
    kinds, names = [], []  # a kind is a value and all that are the same
    for value in values:
        if not any(same(value, kind) for kind in kinds):
            kinds.append(value)
            names.append(label(value))
    for name in [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        places = [i for i, other in enumerate(names) if other == name]
        for i, told in zip(places, _told_apart(name, [kinds[i] for i in places]), strict=True):
            names[i] = told
    return [next(name for kind, name in zip(kinds, names, strict=True) if same(value, kind)) for value in values]


def setting_names(settings, without=()):
    """Each setting in a few words: the hyperparameters that differ between settings, those in `without` left out.

    A list of strings, empty ones where nothing differs.
    """
    columns = {}
    for name in dict.fromkeys(name for setting in settings for name in setting if name not in without):
        held = [i for i, setting in enumerate(settings) if name in setting]
        column = dict(zip(held, labels([settings[i][name] for i in held]), strict=True))
        if len(set(column.values())) > 1 or len(held) < len(settings):
            columns[name] = column
    return [", ".join(f"{name} {column[i]}" for name, column in columns.items() if i in column)
            for i in range(len(settings))]


def same(a, b):
    """Whether two values make the same setting: equal, or functions of the same code, with the same in them."""
    if a is b:
        return True
    if isinstance(a, partial) and isinstance(b, partial):
        return same(a.func, b.func) and same(a.args, b.args) and same(a.keywords, b.keywords)
    if isinstance(a, tuple | list) and type(a) is type(b):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, bool) != isinstance(b, bool):
        return False
    try:
        if inspect.isfunction(a) and inspect.isfunction(b):
            return a.__code__ == b.__code__ and a.__globals__ is b.__globals__ and same(_inside(a), _inside(b))
        return bool(np.all(a == b)) and getattr(a, "shape", ()) == getattr(b, "shape", ())
    except Exception:  # what cannot be compared, or holds itself, is not known to be the same
        return False


def _own_name(value):
    """The name of a function or class, an object's own words where it has short ones, else its type."""
    name = getattr(value, "__name__", None)
    if isinstance(name, str):
        return name.strip("_<>")
    words = repr(value) if type(value).__repr__ is not object.__repr__ else ""
    return words if words and len(words) <= LONGEST and "\n" not in words else type(value).__name__.strip("_")


def _told_apart(name, values):
    """A name of its own for each of several different values that have the same label."""
    if all(isinstance(value, Real) for value in values):
        return [repr(value) for value in values]
    insides = [_inside(value) for value in values]
    absent = object()
    differing = [key for key in dict.fromkeys(key for inside in insides for key in inside)
                 if not all(same(inside.get(key, absent), insides[0].get(key, absent)) for inside in insides[1:])]
    for keys in ([key for key in differing if key != "in"], differing):
        details = [", ".join(f"{key} {label(inside[key])}" for key in keys if key in inside) for inside in insides]
        if len(set(details)) == len(values):
            return [f"{name} ({detail})" if detail else name for detail in details]
    return [f"{name} {n}" for n in range(1, len(values) + 1)]


def _inside(value):
    """What may tell a function or an object from another of its name, by name; `in` is where it was defined."""
    held = {}
    if isinstance(value, partial):
        for part in (value.func, *value.args, *value.keywords.values()):
            held |= _inside(part) if callable(part) else {}
        return held
    if inspect.ismethod(value):
        held |= _inside(value.__self__)
        value = value.__func__
    if inspect.isfunction(value):
        held |= {name: p.default for name, p in inspect.signature(value).parameters.items() if p.default is not p.empty}
        cells = zip(value.__code__.co_freevars, value.__closure__ or (), strict=True)
        held |= {name: cell.cell_contents for name, cell in cells if not _empty(cell)}
        return held | {"in": _place(value)}
    if inspect.isclass(value):
        return {"in": _place(value)}
    return held | dict(getattr(value, "__dict__", {}))


def _empty(cell):
    try:
        return cell.cell_contents is cell
    except ValueError:  # a variable that is not set yet
        return True


def _place(value):
    return f"{value.__module__}.{value.__qualname__}".removesuffix(f".{value.__name__}").replace(".<locals>", "")
