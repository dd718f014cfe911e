"""What the bytecode of a function says: what it does, which names it uses, and why it cannot be known, if it cannot.

File names, line numbers, line breaks, comments, docstrings and hints decide nothing.
"""

import dis
import inspect
import types
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache, partial

from .unknowable import TELLTALE
from .values import hash_of, text_of

__all__ = ["Reading", "Reference", "read"]

_SILENT = {"NOP", "EXTENDED_ARG", "PUSH_NULL"}
_ALIKE = {"LOAD_METHOD": "LOAD_ATTR",  # which one is used depends on whether the import stands in the same cell
          "LOAD_FAST_BORROW": "LOAD_FAST"}
_PAIRS = {"LOAD_FAST_LOAD_FAST": ("LOAD_FAST", "LOAD_FAST"), "STORE_FAST_STORE_FAST": ("STORE_FAST", "STORE_FAST"),
          "STORE_FAST_LOAD_FAST": ("STORE_FAST", "LOAD_FAST"),
          "LOAD_FAST_BORROW_LOAD_FAST_BORROW": ("LOAD_FAST", "LOAD_FAST")}  # if both stand in one line
_JUMPS = {*dis.hasjrel, *dis.hasjabs}
_OF_GLOBALS = {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"}
_OF_CELLS = {"LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR_DEREF"}
_DOCUMENTED = 0x4000000  # the flag of code that has a docstring, from Python 3.13 on


@dataclass(frozen=True, order=True)
class Reference:
    """A name that code uses, with the attributes that it asks it for."""

    root: str  # global, closure or import
    name: str
    attributes: tuple
    level: int  # of an import: dots before its name
    called_bare: bool  # without arguments
    writes: bool


@dataclass(frozen=True)
class Reading:
    """What code says: its digest, the names that it uses, and what cannot be known of it."""

    digest: str
    references: tuple
    reasons: tuple  # why what it does cannot be known


@lru_cache(4096)
def read(code):
    """What code does and which names it uses, with all code inside it; a code object never changes."""
    reader = _Reader()
    digest = reader.read(code, frozenset(code.co_freevars), {})
    return Reading(digest, tuple(sorted(reader.references)), tuple(sorted(reader.reasons)))


class _Reader:
    def __init__(self):
        self.references, self.reasons = set(), set()

    def read(self, code, outer, imports):
        """The digest of code; `outer` are the closure's names, `imports` the names of modules imported inside."""
        steps = list(_steps(code))
        imports = imports | _imports(steps)
        offsets, said = [i.offset for i in steps], []
        dropped = _bookkeeping(steps)
        place = partial(bisect_left, offsets)
        for at, step in enumerate(steps):
            if at in dropped:
                continue
            if step.opcode in _JUMPS:
                argument = place(step.argval)
            elif step.opcode in dis.hasconst:
                argument = self._constant(step.argval, outer, imports)
            else:
                argument = step.argval if isinstance(step.argval, str | int) else step.argrepr
            said.append((step.opname, argument))
            self._note(steps, at, outer, imports)
        arguments = code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags & ~_DOCUMENTED
        named = inspect.getargs(code)
        caught = [(place(entry.start), place(entry.end), place(entry.target), entry.depth, entry.lasti)
                  for entry in dis.Bytecode(code).exception_entries]
        return hash_of(repr((arguments, named, said, caught)).encode())

    def _constant(self, value, outer, imports):
        if isinstance(value, types.CodeType):
            inside = frozenset(value.co_freevars)
            return value.co_name, self.read(value, inside & outer, {n: imports[n] for n in inside if n in imports})
        if isinstance(value, tuple):
            return "tuple", tuple(self._constant(v, outer, imports) for v in value)
        if isinstance(value, frozenset):
            return "frozenset", tuple(sorted(repr(self._constant(v, outer, imports)) for v in value))
        return type(value).__name__, text_of(value)

    def _note(self, steps, at, outer, imports):
        """Note the names that a step reads or writes."""
        operation, name = steps[at].opname, steps[at].argval
        if operation in ("STORE_GLOBAL", "DELETE_GLOBAL"):
            self.reasons.add(f"it changes the global {name}, so what it does depends on what ran before")
        elif operation in ("STORE_DEREF", "DELETE_DEREF") and name in outer:
            self.reasons.add(f"it changes {name} outside itself, so what it does depends on what ran before")
        elif operation == "LOAD_ATTR" and name in TELLTALE:
            self.reasons.add(f"it asks for .{name}: {TELLTALE[name]}")
        if operation.startswith("LOAD_") and steps[at].opcode not in dis.hasconst:
            self._use(operation, name, steps, at + 1, outer, imports)

    def _use(self, operation, name, steps, at, outer, imports):
        if operation in _OF_GLOBALS:
            root, level, before = "global", 0, ()
        elif name in imports and (operation in _OF_CELLS or "FAST" in operation):
            root, name, level, before = imports[name]
        elif operation in _OF_CELLS and name in outer:
            root, level, before = "closure", 0, ()
        else:
            return
        attributes = list(before)
        while at < len(steps) and steps[at].opname == "LOAD_ATTR":
            attributes.append(steps[at].argval)
            at += 1
        then = [s for s in steps[at:at + 4] if s.opname != "PRECALL"]
        bare = bool(then) and then[0].opname == "CALL" and then[0].arg == 0
        writes = bool(then) and (then[0].opname in ("STORE_ATTR", "DELETE_ATTR") or (
            len(then) > 1 and then[1].opname in ("STORE_SUBSCR", "DELETE_SUBSCR")
            and then[0].opname in _OF_GLOBALS | {"LOAD_CONST", "LOAD_FAST", "LOAD_SMALL_INT"}))
        self.references.add(Reference(root, name, tuple(attributes), level, bare, writes))


def _steps(code):
    """The instructions of code, in the form that no line break changes, and no version of Python."""
    cells = {*code.co_cellvars, *code.co_freevars}
    for step in dis.get_instructions(code):
        if step.opname in _PAIRS:
            for name, value in zip(_PAIRS[step.opname], step.argval, strict=True):
                yield step._replace(opname=_of_cell(name, value, cells), argval=value, argrepr=value)
        elif step.opname not in _SILENT:
            yield step._replace(opname=_of_cell(_ALIKE.get(step.opname, step.opname), step.argval, cells))


def _of_cell(name, value, cells):
    """From 3.13 on, what passes a cell on to an inner function is called as if it read a variable."""
    return "LOAD_CLOSURE" if name == "LOAD_FAST" and value in cells else name


def _imports(steps):
    """What imports inside a function bind: local name → (root, module, level, attributes)."""
    found, module = {}, None
    for at, step in enumerate(steps):
        if step.opname == "IMPORT_NAME":
            level, names = steps[at - 2].argval, steps[at - 1].argval
            module, attributes = (step.argval if names else step.argval.partition(".")[0]), ()
        elif step.opname == "IMPORT_FROM" and module is not None:
            attributes = (step.argval,) if names else (*attributes, step.argval)
        elif step.opname.startswith("STORE_") and module is not None and isinstance(step.argval, str):
            found[step.argval] = "import", module, level, attributes
        elif step.opname not in ("POP_TOP", "SWAP"):
            module = None
    return found


def _bookkeeping(steps):
    """The places of steps in which a class inside a function notes its docstring, its line and its module."""
    return {at + shift for at, (load, store) in enumerate(zip(steps, steps[1:], strict=False)) for shift in (0, 1)
            if store.opname == "STORE_NAME" and load.opname.startswith("LOAD_")
            and (store.argval in ("__doc__", "__firstlineno__")
                 or (store.argval, load.argval) == ("__module__", "__name__"))}
