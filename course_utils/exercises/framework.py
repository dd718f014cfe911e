"""How an exercise is judged: run the reader's function on the probes, compare, and find the sentence that helps."""

import ast
import copy
import dis
import inspect
import operator
import re
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np

from .limits import Exceeded, Stopped, as_before, names_as_before, run_limited
from .otherwise import otherwise
from .relations import MISTAKE, RIGHT, alike, effect, moves, near, the_others

__all__ = ["Exercise", "Project", "Result", "Note", "judge"]

_HERE = str(Path(__file__).parent)
SECONDS, MEGABYTES = 10, 500  # what an attempt may take, all probes together
DRAWS, PART = 60, 15  # how many probes are drawn for an attempt that is right on all the others, and asked at a time
MORE_SECONDS = 5  # of computing, after which no more are asked: a slow answer is no reason to fail
PAUSES = 3  # times as many by the clock, since a busy machine pauses programs


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
    indexes of the probes that ask for it, at least one of them alone. `parts` names what `drive` gives, where that is
    more than what the attempt gave back. `on_the_way(*probe)` is a sentence on what the solution finds on its way to
    the answer, for those whose answer differs in no known way, and `of_yours(got, *probe)` one on the number that they
    gave instead. `fresh` names an argument whose arrays must not come back themselves, where new ones are asked for.
    `further` are probes for whoever is right on all others: large, late, or with numbers that are rare; `draw(rng)`
    makes one more by chance, and DRAWS of these are asked as well, the same ones at every check. What differs there is
    shown, and no mistake is looked for, so that both may be added without a thought for the sentences: who asks them
    makes the exercise `brief`.
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
    parts: tuple = ()
    on_the_way: Callable = lambda *probe: ""
    of_yours: Callable = lambda got, *probe: ""
    fresh: str = ""
    further: tuple = ()
    draw: Callable = None
    brief: bool = False
    _of_mistakes: dict = field(default_factory=dict, init=False, repr=False, compare=False)

    def answers_with(self, mistake):
        """What a mistake gives for each probe: found when it is first asked for, since it is always the same."""
        if mistake not in self._of_mistakes:
            self._of_mistakes[mistake] = _outcomes(self, mistake)
        return self._of_mistakes[mistake]

    def follow_ups(self):
        """The exercise as whoever is right is asked it again: some probes by chance, then the further ones."""
        rng = np.random.default_rng(DRAWS)
        drawn = [self.draw(rng) for _ in range(DRAWS)] if self.draw else []
        parts = [drawn[i:i + PART] for i in range(0, len(drawn), PART)] + [[probe] for probe in self.further]
        return [replace(self, probes=tuple(part), further=(), draw=None, mistakes=(), corners={}, brief=True)
                for part in parts]


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
    """An exception in the place of a value, in words: raised by the function, or by what was done with its answer."""

    text: str
    own: bool = True


class _Within(BaseException):
    """Carries an exception out of the reader's function, past all that handles exceptions of ours."""

    def __init__(self, text):
        super().__init__(text)
        self.text = text


def judge(exercise, attempt, seconds=SECONDS, megabytes=MEGABYTES):
    """Judge one attempt: equal to the reference on every probe, a known mistake, or a probe that differs.

    Who is right on every probe is asked some by chance and the further ones, as many as some seconds allow. An attempt
    that takes longer or needs more memory than it may is stopped; what it changed outside itself is put back.
    """
    result = _judged_within(exercise, attempt, seconds, megabytes)
    n, over = len(exercise.probes), _alarm(MORE_SECONDS)
    for more in exercise.follow_ups() if result.passed else ():
        if over():
            break
        then = _judged_within(more, attempt, seconds, megabytes, printed=0)  # what it prints has been shown
        if then is None:
            break
        if not then.passed:
            told = re.sub(r"\bprobe(s?)\b", r"further probe\1", then.message)
            return Result(exercise.id, False, True, f"Right on the first {n} probes; there are further ones, larger, "
                                                    f"with rarer numbers, or drawn by chance. {told}")
        n += len(more.probes)
    return _right(exercise, n) if result.passed else result


def _alarm(seconds):
    """Whether so many seconds of computing are over, or some times as many by the clock."""
    computed, by_the_clock = time.process_time() + seconds, time.monotonic() + PAUSES * seconds
    return lambda: time.process_time() > computed or time.monotonic() > by_the_clock


def _right(exercise, n):
    return Result(exercise.id, True, True, f"Right on all {n} probes. `solution(\"{exercise.id}\")` shows how we wrote "
                                           "it.")


def _judged_within(exercise, attempt, seconds, megabytes, **output):
    """The result; None if further questions took too long, which is said of nobody who is right on the first ones."""
    watched = _Watched(attempt, inspect.signature(exercise.reference).parameters, exercise.fresh)
    try:
        with as_before(**output):
            return run_limited(partial(_judged, exercise, attempt, watched), seconds, megabytes, lambda: watched.inside)
    except Exceeded as exceeded:
        if exercise.brief and exceeded.limit == "seconds" and exceeded.ended:
            return None
        sentence = _beyond_limits(exercise, attempt, watched, exceeded, seconds, megabytes)
        return Result(exercise.id, False, True, sentence)


def _judged(exercise, attempt, watched):
    result = lambda passed, attempted, message: Result(exercise.id, passed, attempted, message)
    untouched = result(False, False, f"Replace the `...` in `{exercise.name}`, run its cell, then check again. "
                                     f'`hint("{exercise.id}")` helps.')
    if attempt is ...:
        return untouched
    problem = _wrong_kind(exercise, attempt)
    if problem:
        return result(False, True, problem)
    with names_as_before():
        got = _outcomes(exercise, watched)
    if _unfinished(attempt, got):
        return untouched
    model = _Watched(exercise.reference, watched.names)
    expected = _outcomes(exercise, model)
    right = [_same(g, e, RIGHT) for g, e in zip(got, expected, strict=True)]
    changed = watched.changed()
    if all(right) and changed:
        return result(False, True, f"All {len(exercise.probes)} answers are right, but {changed}")
    if all(right) and watched.came_back:
        return result(False, True, f"All {len(exercise.probes)} answers are right, but an array that comes back is one "
                                   f"of `{watched.fresh}` itself, and new arrays are asked for: `.copy()` makes one.")
    if all(right):
        return _right(exercise, len(exercise.probes))
    if exercise.brief:
        differs = _first_difference(exercise, got, expected, right, watched, model)
        return result(False, True, differs + f" Besides, {changed}" * bool(changed))
    if all(g is None for g in got):
        return result(False, True, f"`{exercise.name}` gives back `None`, whatever it is asked: is a `return` missing?")
    sentence, nearly = _known_mistake(exercise, watched, got, expected, right)
    like = "" if sentence else _constant(exercise, got) or _otherwise(exercise, attempt, got)
    sentence = sentence or ("" if like else nearly)
    if not sentence:
        sentence = _first_difference(exercise, got, expected, right, watched, model)
        common = like or _common(exercise, got, expected, right, watched, model)
        sentence += f" {common}" * bool(common) + f" Besides, {changed}" * bool(changed)
    return result(False, True, sentence)


class _Call:
    """One call of a function: its arguments, what it gave back, and where it stands in a run of steps."""

    def __init__(self, arguments, earlier):
        self.arguments, self.earlier, self.value, self.finished = arguments, earlier, None, False
        self.number = None

    def named(self, names):
        return dict(zip(names, self.arguments, strict=False))

    def key(self, names):
        """What the calls of the run were asked, in a number, made once: a run may have a thousand of them."""
        if self.number is None:
            own = tuple(np.asarray(v).tobytes() for n, v in self.named(names).items() if n != "state")
            self.number = hash((self.earlier and self.earlier.key(names), own))
        return self.number

    @property
    def run(self):
        """The calls that led to the state of this one, and this one."""
        calls = [self]
        while calls[0].earlier:
            calls.insert(0, calls[0].earlier)
        return calls


class _Watched:
    """Calls a function, and tells afterwards what it was asked, what it gave back and which arguments were changed."""

    def __init__(self, attempt, names, fresh=""):
        self.attempt, self.names, self.kept = attempt, list(names), []
        self.fresh, self.came_back = fresh, False
        self.inside, self.probe, self.calls, self.newest = False, 0, [], None
        self._makers, self._states = {}, []

    def __call__(self, *arguments):
        call = self._noted(arguments)
        self.kept += [(name, value, before, list(value) if isinstance(value, list) else []) for name, value, before
                      in zip(self.names, arguments, call.arguments, strict=False) if name != "state"]
        try:
            self.inside = True
            value = self.attempt(*arguments)
        except Stopped:
            raise
        except BaseException as error:
            raise _Within(_in_words(error)) from None
        finally:
            self.inside = False
        if self.fresh in self.names:
            self.came_back |= _share(value, dict(zip(self.names, arguments, strict=False)).get(self.fresh))
        self._keep(call, value)
        return value

    @property
    def steps(self):
        return "state" in self.names

    def _noted(self, arguments):
        state = arguments[self.names.index("state")] if self.steps and len(arguments) == len(self.names) else None
        call = _Call([_snapshot(a) for a in arguments], self._makers.get(id(state)))
        if len(self.calls) < 2000:
            self.calls.append((self.probe, call))
        return call

    def _keep(self, call, value):
        call.finished, self.newest = True, call
        if self.steps and isinstance(value, tuple | list) and len(value) == 2:
            self._makers[id(value[1])] = call
            self._states.append(value[1])  # so that no other state gets its id
            call.value = (_copied(value[0]), value[1])
        else:
            call.value = _copied(value)

    def last(self, index):
        """What the last call for a probe gave back."""
        values = [call.value for call in self.of_probe(index) if call.finished]
        return values[-1] if values else None

    def of_probe(self, index):
        """The calls that were made for one probe."""
        return [call for probe, call in self.calls if probe == index]

    def changed(self):
        """A sentence on the first argument that is no longer what it was, or None."""
        for name, value, before, items in self.kept:
            if not _is_still(value, before):
                within = bool(items) and len(items) == len(value) and all(map(operator.is_, items, value))
                remedy = _remedy(name, tuple(value) if within else value, before)
                return f"`{name}` is changed, which belongs to whoever calls the function: {remedy}"
        return None


def _share(value, argument):
    """Whether an array of one list is an array of the other, or a view of it."""
    ours, theirs = ([a for a in x if isinstance(a, np.ndarray)] if isinstance(x, list | tuple) else []
                    for x in (value, argument))
    return any(np.may_share_memory(a, b) for a in ours for b in theirs)


def _written_into(name, value, before):
    """The part of a tuple or dict that is no longer what it was, as it is written, and what it holds."""
    for key, part in value.items() if isinstance(value, dict) else enumerate(value):
        if not _is_still(part, before[key]):
            own = f"{name}[{key!r}]"
            deeper = isinstance(part, tuple) or isinstance(part, dict) and list(part) == list(before[key])
            return _written_into(own, part, before[key]) if deeper else (own, part)
    return name, value


def _remedy(name, value, before):
    if isinstance(value, list | dict | set):
        return (f"`sort`, `append`, `pop` and `{name}[…] = …` write into what was handed in. Begin with "
                f"`{name} = {type(value).__name__}({name})`, or make a new one, as `sorted` does.")
    if isinstance(value, tuple):
        part, held = _written_into(name, value, before)
        if isinstance(held, dict):
            return (f"the dict in it was written into, as `update`, `pop` and `[…] = …` do. Take a copy of the dict "
                    f"first, as `{part}.copy()` makes one.")
        return (f"an array in it was written into, as `sort`, `shuffle`, `-=`, `*=` and `[…] = …` do. Take a copy of "
                f"the array first, as `{part}.copy()` makes one.")
    copied = f"{name}.clone()" if hasattr(value, "detach") else f"{name}.copy()"
    third = f"{name}.sort()" if isinstance(value, np.ndarray) and name != "w" else f"{name} *= …"
    kept = "" if name == "w" else f"; so does whoever keeps `{name}` itself and writes into it later"
    return (f"`{name} -= …`, `{name}[…] = …` and `{third}` write into the array that was handed in{kept}. "
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
    return value is before or isinstance(value, int | float | str | np.generic) and value == before


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
    outcomes = []
    for index, probe in enumerate((*exercise.probes, exercise.probes[0])):
        if isinstance(function, _Watched):
            function.probe = index
        outcomes.append(_outcome(exercise, function, probe))
    return outcomes


def _outcome(exercise, function, probe):
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            value = exercise.drive(function, *copy.deepcopy(probe))
    except Stopped:
        raise
    except _Within as error:
        return _Raised(error.text)
    except BaseException as error:
        return _Raised(_objection(error), own=False)
    if isinstance(function, _Watched) and exercise.drive is Exercise.drive and not function.steps:
        return function.newest.value  # a copy already
    return _copied(value)


def _copied(value):
    """A copy, where one can be made: the next call may write into the same memory."""
    if _of_numbers(value):
        return value[:]
    try:
        return copy.deepcopy(value)
    except Exception:
        return value


def _objection(error):
    """What the code that uses the answers says of one on purpose; of other exceptions, their names."""
    raised = traceback.extract_tb(error.__traceback__)[-1]
    if raised.filename.startswith(_HERE) and (raised.line or "").startswith("raise "):
        return _short(str(error), 300)
    return f"{type(error).__name__}: {error}" if "ellipsis" in str(error) else ""


def _beyond_limits(exercise, attempt, watched, exceeded, seconds, megabytes):
    """What took too long or too much, and where, as far as that is known."""
    inside = exceeded.seen
    doer = f"`{exercise.name}`" if inside else f"What `{exercise.name}` gave back"
    code = getattr(attempt, "__code__", None)
    lines = [f for f in exceeded.stack if code and f.filename == code.co_filename]
    where = f" in line {lines[-1].lineno} (`{_short(lines[-1].line or '…', 100)}`)" if inside and lines else ""
    asked = f", asked `{_asked(exercise, watched.probe)}`," if inside else ""
    if exceeded.limit == "seconds":
        text = f"{doer}{asked} had not come to an end after {seconds:g} seconds, and was stopped{where}."
        text += " Is there a loop whose end is never reached?" if inside else ""
    else:
        text = f"{doer}{asked} was stopped{where}: the memory in use had grown by more than {megabytes:g} MB."
        text += " Does a list or an array grow without end?" if inside else ""
    if not inside:
        text = text.replace("had not come to an end", "could not be looked through").replace(", and was stopped", "")
    if not exceeded.ended:
        text = text.replace("was stopped", "was told to stop") + (
            " It still goes on: a single call that lasts cannot be broken off. Restart the kernel before you go on.")
    return text


def _in_words(error):
    """Name the exception and the deepest line of the reader's own code that led to it."""
    said = str(error)
    text = f"`{_short(type(error).__name__ + (f': {said}' if said else ''), 200)}`"
    frames = [f for f in traceback.extract_tb(error.__traceback__)
              if not f.filename.startswith((_HERE, copy.__file__))]
    own = [f for f in frames if f.filename == frames[0].filename]
    if own and own[-1].line:
        text += f" in line {own[-1].lineno} (`{_short(own[-1].line, 100)}`)"
    return text


def _of_numbers(value):
    """Whether a value is a list of plain numbers and nothing else; answers may hold a million of them."""
    return type(value) in (list, tuple) and set(map(type, value)) <= {int, float, bool}


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
        return not _of_numbers(value) and any(_holds_ellipsis(v) for v in value)
    if isinstance(value, np.ndarray) and value.dtype == object:
        return any(v is ... for v in value.flat)
    return value is ... or isinstance(value, _Raised) and "ellipsis" in value.text.lower()


def _known_mistake(exercise, watched, got, expected, right):
    """The sentence of the mistake that agrees with the attempt everywhere, and that of one that explains nearly all.

    Where the mistake stops, the attempt may be right: it looks out for that case. A second slip may hide behind the
    first: where the attempt raised, and at one more probe or the few probes of one corner, both may be wrong in their
    own way, as long as they share wrong answers: three, or four, not all the same. The mistake that differs at the
    fewest probes is named, and that there may be more. Choices among a few values agree by chance, so that nothing
    is said of them unless all agree.
    """
    n = len(exercise.probes)
    raised = "".join([f" (It stopped with {g.text}.)" for g in got if isinstance(g, _Raised) and g.own][:1])
    told = [i for i, g in enumerate(got) if not isinstance(g, _Raised)]
    corners = [set(which) for which in exercise.corners.values() if 2 * len(which) <= n]
    chosen = _is_choice(exercise, expected)
    guarded, near = "", []
    for wrong, sentence in exercise.mistakes:
        theirs = exercise.answers_with(wrong)
        agree = [_same(g, t, MISTAKE) for g, t in zip(got, theirs, strict=True)]
        if all(agree):
            return sentence + raised + (_beyond(exercise, watched, wrong) if sentence.startswith("Right ") else ""), ""
        alike = [i for i in told if i < n and agree[i] and not _same(theirs[i], expected[i], MISTAKE)]
        constant = alike and _is_plain(got[alike[0]]) and all(_same(got[i], got[alike[0]], MISTAKE) for i in alike)
        shared = 0 if constant else len(alike)
        rest = sorted({i % n for i in told if not agree[i]})
        if shared and all(a or ok and _is_no_answer(t) for a, ok, t in zip(agree, right, theirs, strict=True)):
            guarded = guarded or sentence
        elif shared < 3 + bool(rest) or 2 * len(told) < len(got):
            continue
        elif chosen or any(right[i] for i in rest):
            continue
        elif len(rest) <= 1 or 4 * len(rest) <= n and any(set(rest) <= which for which in corners):
            look = "".join(f" That may not be all: `{_asked(exercise, i)}` needs another look." for i in rest[:1])
            scope = f"{sum(agree[:n])} of {n} answers fit this: " * bool(rest)
            near.append((len(rest), scope + sentence + raised + look))
    return guarded, min(near, key=lambda one: one[0], default=(0, ""))[1]


def _beyond(exercise, watched, wrong):
    """That a mistake, which explains the answers to all probes, does not explain those to all further ones, if so.

    Said where the sentence tells when an answer is right: it may be wrong elsewhere, too.
    """
    found, over = [], _alarm(MORE_SECONDS / 2)
    for probe in (probe for more in exercise.follow_ups() for probe in more.probes):
        with names_as_before():
            got = _outcome(exercise, watched, probe)
        if not _same(got, _outcome(exercise, wrong, probe), MISTAKE):
            if not _same(got, _outcome(exercise, exercise.reference, probe), RIGHT):
                found.append(probe)
        if over():
            break
    smallest = sorted(found, key=_size)[:1]
    return "".join(f" That may not be all: `{_asked(replace(exercise, probes=(probe,)), 0)}` needs another look."
                   for probe in smallest)


def _is_no_answer(value):
    """Whether a mistake came to nothing: it raised, or gave a number that is not finite."""
    return isinstance(value, _Raised) or isinstance(value, float | np.floating) and not np.isfinite(value)


def _is_plain(value):
    return value is None or isinstance(value, int | float | np.number)


def _is_choice(exercise, expected):
    """Whether every answer is one of the values in a row that was passed, or the same multiple of one."""
    def multiples(row, answer):
        row = np.asarray(row, dtype=float)
        return {float(f"{answer / value:.6g}") for value in row if value}

    told = [i for i in range(len(exercise.probes)) if expected[i] is not None]
    answers = [expected[i] for i in told]
    if not answers or any(not isinstance(e, int | float | np.number) or not np.isfinite(e) for e in answers):
        return False
    columns = [c for c in zip(*exercise.probes, strict=False) if all(getattr(v, "ndim", 0) == 1 for v in c)]
    return any(set.intersection(*(multiples(column[i], expected[i]) for i in told if expected[i])) for column in columns
               if any(answers))


def _otherwise(exercise, attempt, got):
    """What `otherwise` says of the answers, unless they do not depend on the question, or are but an argument of it."""
    probes = (*exercise.probes, exercise.probes[0])
    if any(isinstance(g, _Raised) or g is None for g in got) or _constant(exercise, got):
        return ""
    if any(all(map(_is_filled_with, got, column)) for column in zip(*probes, strict=False)):
        return ""
    return otherwise(attempt, exercise.reference, lambda function: all(
        _same(g, _outcome(exercise, function, probe), RIGHT) for g, probe in zip(got, probes, strict=True)))


def _is_filled_with(got, value):
    """Whether an answer is an argument itself, or holds a number that is one and nothing else."""
    if not isinstance(value, int | float | np.number):
        return _same(got, value, RIGHT)
    try:
        return _same(got, np.full(_array(got).shape, value), RIGHT)
    except Exception:  # no numbers
        return False


def _smallest_wrong(exercise, got, expected, wrong):
    """The place of the smallest probe among the wrong ones; one of which there is more to say goes first."""
    told = [i for i in wrong if isinstance(got[i], _Raised) and not got[i].own and got[i].text]
    return min(told or wrong, key=lambda i: (expected[i] is None, _size(exercise.probes[i % len(exercise.probes)])))


def _first_difference(exercise, got, expected, right, watched, model):
    """The smallest probe that differs, and in it the first number that does, with what leads to it."""
    wrong = [i for i, same in enumerate(right) if not same]
    if _same(got[0], got[0], RIGHT) and _same(got[-1], got[-1], RIGHT) and not _same(got[0], got[-1], RIGHT):
        return ("The same question got two different answers: either something is kept from one call to the next, or "
                "chance plays a part.")
    index = _smallest_wrong(exercise, got, expected, wrong)
    g, e = got[index], expected[index]
    asked = _asked(exercise, index)
    if isinstance(g, _Raised) and g.own:
        return f"`{exercise.name}` stopped with {g.text} for `{asked}`."
    calls = _differing_call(watched.of_probe(index), model.of_probe(index))
    if isinstance(g, _Raised) and g.text:
        return f"For `{asked}`: {g.text}{'' if g.text.endswith(('.', '?')) else '.'}"
    if isinstance(g, _Raised) and not calls:
        return (f"For `{asked}`, what came back could not be used: {_kind(watched.last(index))}. The solution gives "
                f"back {_kind(model.last(index))}.")
    if calls and exercise.drive is not Exercise.drive:
        one = len(watched.of_probe(index)) == 1
        way = _on_the_way(exercise, index, g) if one else ""
        return f"{_at_call(watched, asked if one else None, *calls)} {way}".strip()
    remark = "" if g is None and any(x is None for x in expected) else _remark(g, e)
    if not remark and exercise.parts and not _place(e, g):
        parts = zip(exercise.parts, e, g, strict=True)
        off = [f"{name}: expected `{_show(x)}`, got `{_show(y)}`" for name, x, y in parts if not _same(y, x, RIGHT)]
        return f"For `{asked}`, {'; '.join(off)}. {_on_the_way(exercise, index)}".strip()
    way = _on_the_way(exercise, index, g) if remark in ("", _shapes(g, e)) else ""
    return f"{_answers(asked, e, g, remark)} {way}".strip()


def _on_the_way(exercise, index, got=None):
    """What the solution finds on its way to the answer, and what the number means that came instead."""
    probe = exercise.probes[index % len(exercise.probes)]
    said = exercise.on_the_way(*copy.deepcopy(probe))
    number = _array(got) if isinstance(got, int | float | np.number | np.ndarray) and np.ndim(got) == 0 else np.nan
    if not np.isfinite(number):
        return said
    return f"{said} {exercise.of_yours(float(number), *copy.deepcopy(probe))}".strip()


def _answers(asked, expected, got, remark):
    """What was asked, what is right and what came: the first number of many, or all of a few."""
    if not remark and (place := _place(expected, got)):
        return f"For `{asked}`, {_compared(*place)}"
    return (f"For `{asked}` the answer is {_form(expected)}`{_show(expected)}`; yours gave {_form(got)}`{_show(got)}`."
            f"{remark or _which(expected, got)}")


def _which(expected, got, one="Entry", many="Entries"):
    """Which numbers of a small array differ, if others are right."""
    expected = np.array(expected, float) if _of_numbers(expected) and len(expected) > 2 else expected
    if not isinstance(expected, np.ndarray) or expected.size < 2 or (g := _array(got)).shape != expected.shape:
        return ""
    off = [", ".join(map(str, at)) for at in np.argwhere(~alike(g, expected, RIGHT))]
    if not 0 < len(off) < expected.size:
        return ""
    places = [f"[{at}]" if expected.ndim > 1 else at for at in off]
    names = f"{one} {places[0]} differs" if len(off) == 1 else f"{many} {', '.join(places)} differ"
    return f" {names} (counted from 0); the rest is right."


def _common(exercise, got, expected, right, watched, model):
    """What the answers to all probes have in common with the right ones, or ""."""
    n = len(exercise.probes)
    if watched.steps:
        return _first_steps(watched, model)
    off = [i for i in range(n) if not right[i]]
    phrases = sorted((len(which), phrase) for phrase, which in exercise.corners.items()
                     if set(off) <= set(which) and (2 * len(which) <= n or 2 * len(off) >= len(which)))
    about = phrases[0][1] if phrases else ""
    share = f"Right on {n - len(off)} of {n} probes" * (0 < len(off) < n)
    if not all(_is_of_its_kind(got[i], expected[i]) for i in off):
        return f"{share}; {the_others(len(off), about)}." if about else share and f"{share}."
    names = list(inspect.signature(exercise.reference).parameters)
    asked = [dict(zip(names, probe, strict=False)) if len(probe) == len(names) else {} for probe in exercise.probes]
    both = [(0.0, 0.0) if g is None and e is None else (g, e) for g, e in zip(got[:n], expected[:n], strict=True)]
    own, theirs = zip(*both, strict=True)
    sentence = effect(own, theirs, asked, about, exercise.parts) or share and f"{share}."
    step = {("w", "g"): "your step", ("w", "gradient"): "your way from `w`"}.get(tuple(names[:2]))
    if not step or "yours" in sentence:
        return sentence
    return moves(own, theirs, [probe[0] for probe in exercise.probes], asked, step) or sentence


def _is_of_its_kind(got, expected):
    """Whether a wrong answer differs from the right one in its numbers or its shape, and in nothing else."""
    if isinstance(got, _Raised) or (_length(got) or 0) > 1000:
        return False
    if isinstance(expected, tuple) and not (isinstance(got, tuple | list) or hasattr(got, "shape")):
        return False
    return _remark(got, expected) in ("", _shapes(got, expected))


def _constant(exercise, got):
    """That the answer does not depend on the question, if so: probes ask for different answers."""
    if exercise.drive is not Exercise.drive or isinstance(got[0], _Raised):
        return ""
    return f"Yours is `{_show(got[0])}` on every probe." if all(_same(g, got[0], RIGHT) for g in got) else ""


def _first_steps(watched, model):
    """What the first steps of all runs have in common with the right ones."""
    firsts = [(g, e) for (_, g), (_, e) in zip(watched.calls, model.calls, strict=False) if not e.earlier]
    if not all(g.finished and not _remark(g.value, e.value) for g, e in firsts):
        return ""
    if all(_alike(g.value, e.value) for g, e in firsts):
        return "Every first step is right: what differs comes with the later ones."
    asked = [{n: v for n, v in e.named(watched.names).items() if n != "state"} for _, e in firsts]
    return moves([g.value[0] for g, _ in firsts], [e.value[0] for _, e in firsts], [a["w"] for a in asked], asked,
                 "your first step", "first steps")


def _differing_call(own, model):
    """The first call that gave back something else than the solution, to the same question: (own, the solution's)."""
    for g, e in zip(own, model, strict=False):
        if not g.finished:
            return None
        if not _alike(g.value, e.value):
            return g, e
    return None


def _alike(got, expected):
    """Whether an answer is right; a pair with a state, if its weights are."""
    if isinstance(expected, tuple) and len(expected) == 2 and isinstance(expected[1], dict):  # a state of one's own
        return isinstance(got, tuple | list) and len(got) == 2 and _same(got[0], expected[0], RIGHT)
    return _same(got, expected, RIGHT)


def _at_call(watched, asked, call, model):
    """What one call should have given back: a step of a run, or an answer to what was `asked`."""
    e, g, remark = model.value, call.value, _remark(call.value, model.value)
    if _is_of_arrays(e):
        e = tuple(e)
    if not watched.steps:
        asked = asked or ", ".join(f"{n} = {_brief(v)}" for n, v in call.named(watched.names).items())
        return _answers(asked, e, g, remark)
    run = [step.named(watched.names) for step in call.run]
    if not remark and _came_out_differently(watched):
        return ("The same run, begun anew with an empty state, came out differently: something is kept outside the "
                "state that is passed in and handed back.")
    settings = "".join(f", {n} = {_one_or_all([step[n] for step in run])}" for n in run[-1]
                       if n not in ("w", "g", "state"))
    slopes = _in_turn([step.get("g") for step in run])
    start = f"From `w = {_brief(run[0].get('w'))}` with `g = {slopes}{settings}`, after step {len(run)}"
    if remark:
        return f"{start}, yours gave {_form(g)}`{_show(g)}`.{remark} The solution gives back {_kind(e)}."
    if place := _place(e[0], g[0], "weight"):
        return f"{start}, {_compared(*place)}"
    if not np.ndim(e[0]):
        return f"{start}, {_compared('the new `w`', float(_array(e[0])), float(_array(g[0])))}"
    return (f"{start} the new `w` is {_form(e[0])}`{_brief(e[0])}`; yours is {_form(g[0])}`{_brief(g[0])}`."
            f"{_which(e[0], g[0], 'Weight', 'Weights')}")


def _in_turn(values):
    told = [_brief(value) for value in values]
    return ", then ".join(told if len(told) <= 8 else [*told[:2], "…", *told[-2:]])


def _one_or_all(values):
    """A setting of all steps, or what it was in each."""
    return _brief(values[0]) if all(_same(v, values[0], 0) for v in values) else _in_turn(values)


def _came_out_differently(watched):
    """Whether a run of steps that was asked twice led to different weights."""
    first = {}
    for _, call in watched.calls:
        if call.finished and isinstance(call.value, tuple):
            before = first.setdefault(call.key(watched.names), call)
            if not _alike(call.value, (before.value[0], {})):
                return True
    return False


def _place(expected, got, one="entry"):
    """The first number of many that differs: its place in words, what it should be, what it is. None for a few."""
    if _size(expected) <= 6 and not (isinstance(expected, tuple) and any(np.ndim(e) for e in expected)):
        return None
    if isinstance(expected, tuple):
        for i, (e, g) in enumerate(zip(expected, got, strict=True)):
            if not _same(g, e, RIGHT):
                which = f"value {i + 1} of {len(expected)}"
                if isinstance(e, dict) and isinstance(g, dict) and e.keys() == g.keys():
                    key = next(k for k in e if not _same(g[k], e[k], RIGHT))
                    which, e, g = f"{which}, `{key}`", e[key], g[key]
                inner = _numbered(e, g, one)
                return inner and (f"{which}, {inner[0]}" if inner[0] else which, *inner[1:])
        return None
    return _numbered(expected, got, one)


def _numbered(expected, got, one):
    try:
        e, g = _array(expected), _array(got)
    except Exception:
        return None
    if e.shape != g.shape:
        return None
    off = np.argwhere(~alike(g, e, RIGHT))
    if not len(off):
        return None
    at = tuple(int(i) for i in off[0])
    name = f"{one} {at[0]}" if len(at) == 1 else f"{one} [{', '.join(map(str, at))}]" if at else ""
    return (f"{name} (of shape {e.shape}, counted from 0)" if at else ""), float(e[at]), float(g[at])


def _compared(place, expected, got):
    digits = next((d for d in range(3, 17) if f"{expected:.{d}g}" != f"{got:.{d}g}"), 17)
    return f"{place or 'the answer'}: expected `{expected:.{digits}g}`, got `{got:.{digits}g}`."


def _asked(exercise, index):
    """A probe in a few words, tables by their shape."""
    called = exercise.reference if exercise.drive is Exercise.drive else partial(exercise.drive, None)
    probe = exercise.probes[index % len(exercise.probes)]
    return ", ".join(f"{n} = {_brief(v)}" for n, v in zip(inspect.signature(called).parameters, probe, strict=False))


def _brief(value):
    if isinstance(value, np.ndarray) and value.size > (12 if value.ndim > 1 else 24):
        return f"an array of shape {value.shape}"
    return _show(value)


def _size(value):
    """How many numbers a value holds."""
    if isinstance(value, tuple | list):
        return sum(map(_size, value))
    return int(np.size(value)) if isinstance(value, np.ndarray) or hasattr(value, "detach") else 1


def _kind(value):
    """What a value is, in words."""
    if isinstance(value, tuple | list) and 0 < len(value) <= 4:
        kinds = [_kind(v) for v in value]
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


def _letters(text):
    return "".join(c for c in text.lower() if c.isalnum())


def _is_of_arrays(value):
    """Whether a value is a list of arrays, as the weights of a network are, whose shapes may differ."""
    return isinstance(value, list) and bool(value) and all(isinstance(v, np.ndarray) and v.ndim for v in value)


def _remark(got, expected):
    if got is None:
        return " Is a `return` missing on one of the ways through?" * (expected is not None)
    if expected is None:
        return " Asked for is None itself."
    if inspect.isgenerator(got) or isinstance(got, map | filter | zip):
        return f" That is a {type(got).__name__}, which holds no values yet: `list(…)` makes them."
    if _is_of_arrays(expected):
        listed = isinstance(got, list | tuple)
        was = f", and not {_kind(got)}" if isinstance(got, np.ndarray | dict) else ""
        return _remark(got, tuple(expected)) if listed else f" Asked for is a list of arrays{was}."
    if isinstance(expected, tuple):
        if isinstance(got, dict | set | str) or _length(got) != len(expected):
            return (" That is a text." * isinstance(got, str)
                    + f" {len(expected)} values are asked for, in this order.")
        if any(isinstance(e, dict) for e in expected) and isinstance(got[0], dict):
            return " The weights come first, then the state."
        inner = ((i, " It is None." if g is None and e is not None else _remark(g, e)) for i, (g, e)
                 in enumerate(zip(got, expected, strict=True), 1) if not isinstance(e, dict))
        return next((f" Value {i}:{remark}" for i, remark in inner if remark), "")
    if isinstance(expected, str):
        spelled = isinstance(got, str) and _letters(got) == _letters(expected)
        return " The spelling differs." * spelled if isinstance(got, str) else " Asked for is a text."
    if isinstance(got, str):
        return " That is a text, not a number."
    if isinstance(got, bool | np.bool_):
        return " That is True or False, not a number."
    if isinstance(got, dict | set):
        return f" That is a {type(got).__name__}, not {'a list or an array' if np.ndim(expected) else 'a real number'}."
    if isinstance(got, list | tuple) and any(g is None for g in got):
        return " None stands among them, which is not a number."
    try:
        array = _array(got)
    except Exception:
        return " That is not a real number or an array of them."
    if array.shape != np.shape(expected):
        return _shapes(got, expected)
    if np.isnan(array).any() and not np.isnan(_array(expected)).any():
        return (" nan often comes of 0/0, of ∞ − ∞, of the mean of nothing, or of a root of a number below 0: where "
                "does this one come from?")
    return ""


def _shapes(got, expected):
    try:
        shape = _array(got).shape
        own = f"Its shape is {shape}" if shape else "It is a single number"
        return f" {own}; asked for is {np.shape(expected) or 'a single number'}."
    except Exception:
        return ""


def _length(value):
    try:
        return len(value)
    except TypeError:  # a number, or a tensor of one
        return None


def _form(value):
    return "an array " if isinstance(value, np.ndarray) and value.ndim else ""


def _same(got, expected, rtol):
    """Equal within the tolerance, whatever the type: number, list, tuple, array or tensor; nan equals nan."""
    if isinstance(got, _Raised) or isinstance(expected, _Raised):
        return isinstance(got, _Raised) and isinstance(expected, _Raised)
    if got is None or expected is None:
        return got is expected
    if isinstance(expected, str):
        return isinstance(got, str) and got == expected
    if isinstance(expected, dict):
        return isinstance(got, dict) and got.keys() == expected.keys() and all(
            _same(got[key], e, rtol) for key, e in expected.items())
    if isinstance(got, float) and isinstance(expected, float):  # most are; arrays of one take ten times as long
        return near(float(got), float(expected), rtol)
    if isinstance(got, complex) and isinstance(expected, complex):  # of two mistakes
        return bool(np.isclose(got, expected, rtol))
    try:
        if isinstance(expected, tuple):
            ordered = not isinstance(got, dict | set) and len(got) == len(expected)
            return ordered and all(_same(g, e, rtol) for g, e in zip(got, expected, strict=True))
        if isinstance(got, list | tuple) and np.shape(expected)[:1] != (len(got),):
            return False
        g, e = _array(got), _array(expected)
        return g.shape == e.shape and bool(alike(g, e, rtol).all())
    except Exception:
        return False


def _array(value):
    if isinstance(value, list | tuple):
        return np.array(value, float) if _of_numbers(value) else np.array([_array(v) for v in value])
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
            return f"{value + 0.0:.6g}"  # no -0
        if isinstance(value, np.ndarray):
            form = {"float_kind": lambda x: f"{x + 0.0:.6g}", "int_kind": str}
            return _short(np.array2string(value, separator=", ", threshold=40, formatter=form), 300)
        if inspect.isfunction(value):
            return inspect.getdoc(value) or value.__name__
        return _short(str(value) if isinstance(value, np.generic) else repr(value), 120)
    except Exception:
        return f"a {type(value).__name__}"


def _short(text, length):
    text = re.sub(r"\s+", " ", text).replace("`", "'").strip()
    return text if len(text) <= length else text[:length] + "…"
