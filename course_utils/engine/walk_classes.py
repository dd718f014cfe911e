"""The walk through classes and modules: all that they define, or the library that they come from."""

import re
import types

from .libraries import is_compiled, is_foreign, is_found
from .values import inner_function, word_for

__all__ = ["follow_class", "follow_module"]

# What Python and torch note on a class; _backward_cls counts the functions of a process.
_OF_A_CLASS = {"__dict__", "__weakref__", "__doc__", "__module__", "__firstlineno__", "__static_attributes__",
               "__annotations_cache__", "__slotnames__", "_abc_impl", "_backward_cls"}


def follow_class(walk, value):
    walk.judge(value)
    home = walk.home(value.__module__)
    if home and (is_found(value) or is_compiled(value)):
        walk.say("library", value.__module__, value.__qualname__, home)
        return _replaced(walk, value)
    walk.say("class", value.__qualname__)
    walk.follow(type(value), "its metaclass")
    for base in value.__bases__:
        walk.follow(base, f"base {base.__name__}")
    members = {name: member for name, member in vars(value).items()
               if name not in _OF_A_CLASS and not (name == "__annotations__" and not member)}  # {} once it is asked for
    is_code = {name: isinstance(inner_function(member), types.FunctionType) for name, member in members.items()}
    for name in sorted(n for n in members if is_code[n]) + [n for n in members if not is_code[n]]:
        walk.say("member", name)
        if name == "__annotations__":
            walk.say({n: hint if isinstance(hint, str) else _hint(hint) for n, hint in members[name].items()})
        elif not isinstance(members[name], types.MemberDescriptorType | types.GetSetDescriptorType):
            walk.follow(members[name], f"{'method' if is_code[name] else 'attribute'} {name}")


def _replaced(walk, value):
    """The functions of the reader's that were put into a class of a library, or into one that it builds on."""
    for base in value.__mro__:
        if id(base) not in walk.judged:
            walk.judged.add(id(base))
            for name, member in list(vars(base).items()):
                if isinstance(function := inner_function(member), types.FunctionType) and is_foreign(function):
                    walk.say("replaced", base.__qualname__, name)
                    walk.follow(function, f"method {name}, replaced in {base.__qualname__},")


def follow_module(walk, value):
    if home := walk.home(value.__name__):
        return walk.say("library", value.__name__, home)
    if value.__name__ == "__main__":
        walk.unknown("the whole notebook or script is named, in which everything may decide")
    walk.say("module")
    for name, member in sorted(vars(value).items()):
        if name in ("__getattr__", "__version__") or not name.startswith("__"):
            walk.say("member", name)
            walk.follow(member, f"{word_for(member, 'global')} {name}")


def _hint(hint):
    if isinstance(hint, type):
        return f"{hint.__module__}.{hint.__qualname__}"
    return re.sub(" at 0x[0-9a-f]+", "", repr(hint))  # no addresses
