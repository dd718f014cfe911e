"""Small questions about a value: how it is called, whether it is plain, and what stands for it in a table."""

import hashlib
import random
import types
from functools import cache

import numpy as np
import torch

__all__ = ["MISSING", "NAMED", "PLAIN", "Missing", "called", "hash_of", "inner_function", "is_seeded",
           "key_of", "text_of", "type_name", "word_for"]


class Missing:
    """A name that stands for nothing."""


MISSING = Missing()
PLAIN = {int, float, complex, bool, str, bytes, type(None), type(...), type(NotImplemented)}
NAMED = (types.BuiltinFunctionType, types.MethodDescriptorType, types.WrapperDescriptorType, types.MethodWrapperType,
         types.ClassMethodDescriptorType)
REMEMBERING = type(cache(len))


def hash_of(data):
    """The digest of bytes, in hexadecimal."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def text_of(value):
    """A plain value as a text that no other value of its type has."""
    if type(value) is int:
        return hex(value)
    return repr((value.real, value.imag)) if type(value) is complex else repr(value)


def called(value):
    """The name of a value, or of its type, for messages."""
    name = getattr(value, "__name__", None)
    return name if isinstance(name, str) else type(value).__name__


def type_name(kind):
    """The name of a type with its module."""
    module = "numpy" if kind.__module__.startswith("numpy") else kind.__module__
    return kind.__qualname__ if module in ("builtins", "__main__") else f"{module}.{kind.__qualname__}"


def word_for(value, root):
    """What messages call a value: class, helper, or `root`, the place where its name was found."""
    if isinstance(value, type):
        return "class"
    return "helper" if callable(value) and not isinstance(value, torch.nn.Module) else root


def inner_function(member):
    """The function inside a method of any kind."""
    return getattr(member, "__func__", None) or getattr(member, "fget", None) or member


def key_of(value):
    """The value itself where it can be looked up in a table."""
    named = isinstance(value, (*NAMED, types.FunctionType)) or type(value) is type
    return value if named or type(value).__name__ == "cython_function_or_method" else None


def is_seeded(value):
    """Whether this is a random state that a run sets by its seed: those of random, NumPy and torch."""
    return any(value is state for state in (random._inst, np.random.mtrand._rand, torch.default_generator))
