"""How an exercise is judged: run the reader's function on the probes, compare, and find the sentence that helps."""

import ast
import copy
import dis
import inspect
import re
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np

__all__ = ["Exercise", "Project", "Result", "Note", "judge"]

RIGHT, MISTAKE = 1e-5, 1e-4  # relative tolerances: float32 is right, and a mistake need only be recognized


class _Task:
    """What exercises and projects have in common: a reference, a function whose docstring states the task."""

    @property
    def name(self):
        """What the reader's function is called."""
        return self.reference.__name__

    @property
    def source(self):
        """The reference as text, after the imports that it needs."""
        text = inspect.getsource(self.reference)
        names = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
        modules = {n: m.__name__ for n, m in self.reference.__globals__.items() if n in names and inspect.ismodule(m)}
        lines = [f"import {m}" if n == m else f"import {m} as {n}" for n, m in sorted(modules.items())]
        return "\n".join(lines) + "\n\n\n" * bool(lines) + text

    @property
    def stub(self):
        """What the notebook shows: the signature and docstring of the reference, and `return ...`."""
        text = inspect.getsource(self.reference)
        docstring = ast.parse(text).body[0].body[0]
        return "\n".join(text.splitlines()[: docstring.end_lineno]) + "\n    return ...\n"


@dataclass(frozen=True)
class Project(_Task):
    """A task without a single right answer: `judge(attempt)` gives a `Result`, `reference` is one way to do it."""

    id: str
    title: str
    reference: Callable
    why: str
    hints: tuple
    judge: Callable


@dataclass(frozen=True)
class Exercise(_Task):
    """A task as data.

    `reference` is the solution, a real function whose docstring states the task; `why` one sentence on it; `hints`
    are shown one by one; `probes` are tuples of arguments; `mistakes` pairs of a wrong function and the sentence
    that helps. `drive(attempt, *probe)` uses the attempt, by default in one call; for an optimizer it would take
    several steps and then start afresh. An attempt must leave its arguments as they are, except one called `state`,
    which it gets back as it handed it out. `corners` maps a phrase of the docstring that names a special case to the
    indexes of the probes that ask for it, at least one of them alone.
    """

    id: str
    title: str
    reference: Callable
    why: str
    hints: tuple
    probes: tuple
    mistakes: tuple
    drive: Callable = lambda attempt, *probe: attempt(*probe)
    corners: dict = field(default_factory=dict)


class Note:
    """Text that a notebook shows as markdown and a terminal as it is."""

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return self.text

    def _repr_markdown_(self):
        return self.text


@dataclass(frozen=True, repr=False)
class Result:
    """What `check` found: `exercise` (its id), `passed`, `attempted` and the `message` for the reader."""

    exercise: str
    passed: bool
    attempted: bool
    message: str

    @property
    def headline(self):
        word = "✔ Passed" if self.passed else "✘ Not yet" if self.attempted else "… Not attempted"
        return f"{word}: {self.exercise}."

    def __repr__(self):
        return f"{self.headline} {self.message}"

    def _repr_markdown_(self):
        return f"**{self.headline}** {self.message}"


@dataclass(frozen=True)
class _Raised:
    """An exception in the place of a value, in words."""

    text: str


def judge(exercise, attempt):
    """Judge one attempt: equal to the reference on every probe, a known mistake, or the first probe that differs."""
    result = lambda passed, attempted, message: Result(exercise.id, passed, attempted, message)
    untouched = result(False, False, f"Replace the `...` in `{exercise.name}`, run its cell, then check again. "
                                     f'`hint("{exercise.id}")` helps.')
    if attempt is ...:
        return untouched
    problem = _wrong_kind(exercise, attempt)
    if problem:
        return result(False, True, problem)
    watched = _Watched(attempt, inspect.signature(exercise.reference).parameters)
    got = _outcomes(exercise, watched)
    if _unfinished(attempt, got):
        return untouched
    expected = _outcomes(exercise, exercise.reference)
    right = [_same(g, e, RIGHT) for g, e in zip(got, expected, strict=True)]
    changed = watched.changed()
    if all(right) and changed:
        return result(False, True, f"All {len(exercise.probes)} answers are right, but {changed}")
    if all(right):
        return result(True, True, f"Right on all {len(exercise.probes)} probes. "
                                  f'`solution("{exercise.id}")` shows how we wrote it.')
    if all(g is None for g in got):
        return result(False, True, f"`{exercise.name}` gives back `None`, whatever it is asked: is a `return` missing?")
    sentence = _known_mistake(exercise, got, expected)
    if not sentence:
        sentence = _first_difference(exercise, got, expected, right)
        sentence += f" Besides, {changed}" if changed else ""
    return result(False, True, sentence)


class _Watched:
    """Calls an attempt, and tells afterwards which of its arguments were changed, in that call or in a later one."""

    def __init__(self, attempt, names):
        self.attempt, self.names, self.kept = attempt, list(names), []

    def __call__(self, *arguments):
        self.kept += [(name, value, _snapshot(value)) for name, value in zip(self.names, arguments, strict=False)
                      if name != "state"]
        return self.attempt(*arguments)

    def changed(self):
        """A sentence on the first argument that is no longer what it was, or None."""
        for name, value, before in self.kept:
            if not _is_still(value, before):
                return f"`{name}` is changed, which belongs to whoever calls the function: {_remedy(name, value)}"
        return None


def _remedy(name, value):
    if isinstance(value, list | dict | set):
        return (f"`sort`, `append`, `pop` and `{name}[…] = …` write into what was handed in. Begin with "
                f"`{name} = {type(value).__name__}({name})`, or make a new one, as `sorted` does.")
    copied = f"{name}.clone()" if hasattr(value, "detach") else f"{name}.copy()"
    kept = "" if name == "w" else f"; so does whoever keeps `{name}` itself and writes into it later"
    return (f"`{name} -= …`, `{name} *= …` and `{name}[…] = …` write into the array that was handed in{kept}. "
            f"`{name} = {name} - …` makes a new one, and so does `{copied}`.")


def _snapshot(value):
    """What a value holds now, as far as it can be changed."""
    if isinstance(value, list | tuple):
        return [_snapshot(v) for v in value]
    if isinstance(value, dict):
        return {key: _snapshot(v) for key, v in value.items()}
    if isinstance(value, np.ndarray):
        return value.copy()
    return value.detach().clone() if hasattr(value, "detach") else value


def _is_still(value, before):
    if isinstance(value, list | tuple):
        return len(value) == len(before) and all(map(_is_still, value, before))
    if isinstance(value, dict):
        return list(value) == list(before) and all(_is_still(v, before[key]) for key, v in value.items())
    if isinstance(value, np.ndarray) and value.dtype == object:
        return value.shape == before.shape and all(a is b for a, b in zip(value.flat, before.flat, strict=True))
    if isinstance(value, np.ndarray):
        return value.shape == before.shape and value.dtype == before.dtype and value.tobytes() == before.tobytes()
    if hasattr(value, "detach"):
        return _is_still(value.detach().cpu().numpy(), before.cpu().numpy())
    return True


def _wrong_kind(exercise, attempt):
    call = f'`check("{exercise.id}", {exercise.name})`'
    if inspect.isclass(attempt):
        return f"`{attempt.__name__}` is a class; a function is needed, as in {call}."
    if any(kind(attempt) for kind in (inspect.iscoroutinefunction, inspect.isgeneratorfunction,
                                      inspect.isasyncgenfunction)):
        return f"`async` or `yield` makes this a coroutine or generator; a function with `return` is needed in {call}."
    if not callable(attempt):
        return f"The function itself is needed, its name without brackets, as in {call}; this was `{_show(attempt)}`."
    parameters = inspect.signature(exercise.reference).parameters
    try:
        signature = inspect.signature(attempt)
    except (TypeError, ValueError):  # some compiled functions do not tell
        return None
    try:
        signature.bind(*parameters)
    except TypeError:
        return (f"Your function is called as `({', '.join(parameters)})`, with {len(parameters)} arguments in this "
                f"order, but it accepts `{signature}`.")
    return None


def _outcomes(exercise, function):
    """What the function gives for each probe, and for the first one once more, since nothing may be left behind."""
    return [_outcome(exercise, function, probe) for probe in (*exercise.probes, exercise.probes[0])]


def _outcome(exercise, function, probe):
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            value = exercise.drive(function, *copy.deepcopy(probe))
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return _Raised(_in_words(error))
    try:
        return copy.deepcopy(value)  # the next call may write into the same memory
    except Exception:
        return value


def _in_words(error):
    """Name the exception and the deepest line of the reader's own code that led to it."""
    text = f"`{_short(f'{type(error).__name__}: {error}', 200)}`"
    ours = str(Path(__file__).parent)
    frames = [f for f in traceback.extract_tb(error.__traceback__)
              if not f.filename.startswith((ours, copy.__file__))]
    own = [f for f in frames if f.filename == frames[0].filename]
    if own and own[-1].line:
        text += f" in line {own[-1].lineno} (`{_short(own[-1].line, 100)}`)"
    return text


def _unfinished(attempt, got):
    """Whether a `...` is still in its place: it comes back, it breaks the arithmetic, or there is no code at all."""
    if any(_holds_ellipsis(g) for g in got):
        return True
    code = getattr(attempt, "__code__", None)
    if code is None or any(g is not None for g in got):
        return False
    steps = list(dis.get_instructions(code))
    empty = {"RESUME", "NOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST"}
    return all(s.opname in empty for s in steps) or any(
        a.argval is ... and b.opname.startswith("STORE") for a, b in pairwise(steps))


def _holds_ellipsis(value):
    if isinstance(value, list | tuple):
        return any(_holds_ellipsis(v) for v in value)
    if isinstance(value, np.ndarray) and value.dtype == object:
        return any(v is ... for v in value.flat)
    return value is ... or isinstance(value, _Raised) and "ellipsis" in value.text.lower()


def _known_mistake(exercise, got, expected):
    """The sentence of the mistake that agrees with the attempt everywhere; else of one that explains all but a corner.

    A second slip may hide behind the first: where the attempt raised, and at one more probe, the two may then differ,
    as long as they share three wrong answers.
    """
    raised = [g.text for g in got if isinstance(g, _Raised)]
    told = [i for i, g in enumerate(got) if not isinstance(g, _Raised)]
    corner = None
    for wrong, sentence in exercise.mistakes:
        theirs = _outcomes(exercise, wrong)
        agree = [_same(g, t, MISTAKE) for g, t in zip(got, theirs, strict=True)]
        if raised:
            sentence += f" (It stopped with {raised[0]}.)"
        if all(agree):
            return sentence
        shared = sum(agree[i] and not _same(theirs[i], expected[i], MISTAKE) for i in told if i < len(exercise.probes))
        if shared >= 3 and sum(not agree[i] for i in told) <= 1 and 2 * len(told) >= len(got):
            corner = corner or sentence
    return corner


def _first_difference(exercise, got, expected, right):
    first = right.index(False)
    if first == len(exercise.probes):
        return "The same question got two different answers: something is kept from one call to the next."
    g, e = got[first], expected[first]
    called = exercise.reference if exercise.drive is Exercise.drive else partial(exercise.drive, None)
    names = inspect.signature(called).parameters
    probe = ", ".join(f"{n} = {_show(v)}" for n, v in zip(names, exercise.probes[first], strict=False))
    if isinstance(g, _Raised):
        return f"`{exercise.name}` stopped with {g.text} for `{probe}`."
    remark = "" if g is None and any(x is None for x in expected) else _remark(g, e)
    return f"For `{probe}` the answer is {_form(e)}`{_show(e)}`; yours gave {_form(g)}`{_show(g)}`.{remark}"


def _remark(got, expected):
    if got is None:
        return " Is a `return` missing on one of the ways through?"
    if expected is None:
        return " Asked for is None itself."
    if isinstance(expected, tuple):
        complete = hasattr(got, "__len__") and not isinstance(got, dict | set) and len(got) == len(expected)
        return "" if complete else f" {len(expected)} values are asked for, in this order."
    try:
        array = _array(got)
    except Exception:
        return " That is not a real number or an array of them."
    if np.isnan(array).any():
        return " nan is what remains of 0/0 or ∞ − ∞: which operation made it?"
    if array.shape != np.shape(expected):
        return f" Its shape is {array.shape}; asked for is {np.shape(expected) or 'a single number'}."
    return ""


def _form(value):
    return "an array " if isinstance(value, np.ndarray) and value.ndim else ""


def _same(got, expected, rtol):
    """Equal within the tolerance, whatever the type: number, list, tuple, array or tensor; nan equals nan."""
    if isinstance(got, _Raised) or isinstance(expected, _Raised):
        return isinstance(got, _Raised) and isinstance(expected, _Raised)
    if got is None or expected is None:
        return got is expected
    try:
        if isinstance(expected, tuple):
            ordered = not isinstance(got, dict | set) and len(got) == len(expected)
            return ordered and all(_same(g, e, rtol) for g, e in zip(got, expected, strict=True))
        if isinstance(got, list | tuple) and np.shape(expected)[:1] != (len(got),):
            return False
        g, e = _array(got), _array(expected)
        size = np.abs(e[np.isfinite(e)]).max(initial=0)
        return g.shape == e.shape and np.allclose(g, e, rtol, 1e-3 * rtol * size, equal_nan=True)
    except Exception:
        return False


def _array(value):
    if isinstance(value, list | tuple):
        return np.array([_array(v) for v in value])
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    array = np.real_if_close(value)
    if array.dtype.kind not in "iufO":
        raise TypeError(f"not real numbers: {array.dtype}")
    return array.astype(float)


def _show(value):
    """A value in a few characters, fit to stand between backticks."""
    try:
        if isinstance(value, tuple | list):
            return _short("(" + ", ".join(_show(v) for v in value[:40]) + ", …" * (len(value) > 40) + ")", 300)
        if isinstance(value, float | np.floating):
            return f"{value:.6g}"
        if isinstance(value, np.ndarray):
            form = {"float_kind": lambda x: f"{x:.6g}"}
            return _short(np.array2string(value, separator=", ", threshold=40, formatter=form), 300)
        if inspect.isfunction(value):
            return inspect.getdoc(value) or value.__name__
        return _short(str(value) if isinstance(value, np.generic) else repr(value), 120)
    except Exception:
        return f"a {type(value).__name__}"


def _short(text, length):
    text = re.sub(r"\s+", " ", text).replace("`", "'").strip()
    return text if len(text) <= length else text[:length] + "…"
