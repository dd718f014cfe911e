"""What is a library, and in which version; what is compiled, and what somebody put into a library."""

import importlib.metadata
import os
import site
import sys
import sysconfig
from functools import cache

from .values import hash_of

__all__ = ["home_of", "is_compiled", "is_foreign", "is_found", "top_of"]


def home_of(name):
    """The library and the version that a module belongs to; None for a module that somebody is writing."""
    top = top_of(name)
    if top in (None, "__main__", top_of(__name__)):
        return None
    for module in (sys.modules.get(top), sys.modules.get(name)):
        spec = getattr(module, "__spec__", None)
        places = [getattr(module, "__file__", None), *list(getattr(module, "__path__", ()))[:1]]
        place = next((p for p in places if isinstance(p, str) and os.path.isabs(p)), None)
        if place:
            return _library(top, place)
        if getattr(spec, "origin", None) in ("built-in", "frozen"):
            return "Python"
    return None


@cache
def _library(top, place):
    """The version of the library that lies at a place, None if the place is no library's."""
    places = {os.path.normcase(p) for p in (place, os.path.realpath(place))}
    inside = lambda folder: any(p.startswith(os.path.normcase(folder) + os.sep) for p in places)
    paths = sysconfig.get_paths()
    if any(inside(folder) for folder in {paths["purelib"], paths["platlib"], *site.getsitepackages(),
                                         site.getusersitepackages()}):
        return _version(top)
    if any(inside(folder) for folder in (paths["stdlib"], paths["platstdlib"], os.path.dirname(os.__file__))):
        return _version(top) if {"site-packages", "dist-packages"} & set(place.split(os.sep)) else "Python"
    return None


def _version(top):
    """The version of a library; with its files' checksums where it was installed from a folder or a repository."""
    try:
        found = importlib.metadata.distribution(top)
    except importlib.metadata.PackageNotFoundError:
        if isinstance(version := getattr(sys.modules.get(top), "__version__", None), str):
            return f"{top} {version}"
        owners = importlib.metadata.packages_distributions().get(top, ())
        return " ".join(f"{owner} {importlib.metadata.version(owner)}" for owner in sorted(set(owners))) or None
    files = found.read_text("RECORD") if found.read_text("direct_url.json") else None
    return f"{top} {found.version}{' ' + hash_of(files.encode()) if files else ''}"


def top_of(name):
    """The package around a module, by name; None for what is no name."""
    return name.partition(".")[0] if isinstance(name, str) else None


def is_found(value):
    """Whether a library has this very value under the value's own name."""
    found = sys.modules.get(value.__module__)
    for name in (getattr(value, "__qualname__", None) or "?").split("."):
        found = getattr(found, name, None)
    return found is value or getattr(found, "__func__", None) is value


def is_foreign(function):
    """Whether a function that stands in a library comes from elsewhere."""
    name = function.__globals__.get("__name__")
    return name in sys.modules and home_of(name) is None


def is_compiled(kind):
    """Whether a class is made by compiled code, so that its instances may hold what Python cannot see."""
    inheritable, immutable = 1 << 10, 1 << 8  # flags of CPython's types
    return (not kind.__flags__ & inheritable or bool(kind.__flags__ & immutable) or "__reduce_cython__" in vars(kind)
            or type(kind).__name__ == "pybind11_type")
