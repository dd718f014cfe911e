"""How an exercise is judged: run the reader's function on the probes, compare, and find the sentence that helps."""

import dis
import inspect
import sys
import time
from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np

from .afresh import afresh
from .asking import Memory, Watched, outcome, outcomes
from .differences import as_asked, differ_again, first_difference, in_common, one_answer
from .limits import DEPTH, Exceeded, as_before, names_as_before, run_limited
from .otherwise import otherwise
from .relations import MISTAKE, RIGHT
from .tasks import Result
from .values import Raised, as_array, holds_ellipsis, same, short, show, size
from .walks import with_one_array

__all__ = ["judge"]

SECONDS, MEGABYTES = 10, 500  # what an attempt may take, all probes together
MORE_SECONDS = 5  # of computing, after which no more are asked: a slow or large answer is no reason to fail
EACH_SECONDS = 1  # which one of those may take, so that the others are asked, too
PAUSES = 3  # times as many by the clock, since a busy machine pauses programs


def judge(exercise, attempt, seconds=SECONDS, megabytes=MEGABYTES):
    """Judge one attempt: equal to the reference on every probe, a known mistake, or a probe that differs.

    Who is right on every probe is asked some by chance and the further ones, as many as some seconds allow. An attempt
    that takes longer or needs more memory than it may is stopped; what it changed outside itself is put back.
    """
    memory, usual = Memory(afresh(attempt)), sys.getrecursionlimit()
    result = _judged_throughout(exercise, attempt, memory, (seconds, megabytes, usual))
    if not memory.too_deep:
        return result
    result = _judged_throughout(exercise, attempt, Memory(memory.afresh), (seconds, megabytes, DEPTH))
    return replace(result, message=f"{result.message} Some probes take more calls within calls than the {usual:,} that "
                                   "Python allows outside of this check: a loop goes further."
                   ) if result.passed else result


def _judged_throughout(exercise, attempt, memory, limits):
    """The result on the probes and, for who is right on these, on further ones, within the limits of `run_limited`."""
    result = _judged_within(exercise, attempt, memory, limits)
    if not result.passed:
        return result
    limits = (min(limits[0], EACH_SECONDS), *limits[1:])
    n, remark, over = len(exercise.probes), "", _alarm(MORE_SECONDS)
    for more in exercise.follow_ups():
        if over():
            break
        then = _judged_within(more, attempt, memory, limits, printed=0)  # what it prints has been shown
        if then is None:
            continue
        if more.lenient:
            remark = remark if then.passed else _ON_WHOLE_NUMBERS + then.message
        elif then.passed:
            n += len(more.probes)
        else:
            return Result(exercise.id, False, True, f"Right on the first {n} probes; there are further ones, larger, "
                                                    f"with rarer numbers, or drawn by chance. {then.message}")
    return _right(exercise, n, remark + _ON_ARRAYS * _keeps_an_array(exercise, attempt, limits))


_ON_ARRAYS = (" In training, though, `g` may be one array, filled anew for every step, and yours keeps that array, or "
              "a view of it, for later: `g.copy()` would keep its numbers.")
_ON_WHOLE_NUMBERS = (" Arrays hold floats in this course. Where one holds whole numbers, yours comes out differently, "
                     "perhaps because an array that is made like it, as by `zeros_like`, can hold no others. ")


def _keeps_an_array(exercise, attempt, limits):
    """Whether an optimizer's step that is right goes wrong where its gradients come in the same array every time."""
    if list(inspect.signature(exercise.reference).parameters)[1:3] != ["g", "state"]:
        return False
    try:
        with as_before(printed=0):
            got = run_limited(partial(outcomes, exercise, with_one_array(attempt)), *limits)
    except Exceeded:
        return False
    expected = exercise.answers_with(exercise.reference)
    return not all(same(g, e, RIGHT) for g, e in zip(got, expected, strict=True))


def _alarm(seconds):
    """Whether so many seconds of computing are over, or some times as many by the clock."""
    computed, by_the_clock = time.process_time() + seconds, time.monotonic() + PAUSES * seconds
    return lambda: time.process_time() > computed or time.monotonic() > by_the_clock


def _right(exercise, n, remark=""):
    return Result(exercise.id, True, True, f"Right on all {n} probes. `solution(\"{exercise.id}\")` shows how we wrote "
                                           f"it.{remark}")


def _judged_within(exercise, attempt, memory, limits, **output):
    """The result; None if further questions took too long or too much, which is no fault of who was right."""
    watched = Watched(attempt, inspect.signature(exercise.reference).parameters, exercise.fresh, memory)
    try:
        with as_before(**output):
            return run_limited(partial(_judged, exercise, attempt, watched), *limits, lambda: watched.inside)
    except Exceeded as exceeded:
        if exercise.brief and exceeded.ended:
            return None
        sentence = _beyond_limits(exercise, attempt, watched, exceeded, *limits[:2])
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
        got = outcomes(exercise, watched)
    if _unfinished(attempt, got):
        return untouched
    model = Watched(exercise.reference, watched.names)
    expected = outcomes(exercise, model)
    right = [same(g, e, RIGHT) or exercise.lenient and isinstance(g, Raised)
             for g, e in zip(got, expected, strict=True)]
    changed = watched.changed()
    if all(right) and changed:
        return result(False, True, f"{_all_are_right(exercise)}, but {changed}")
    if all(right) and watched.came_back:
        return result(False, True, f"{_all_are_right(exercise)}, but an array that comes back is one of "
                                   f"`{watched.fresh}` itself, and new arrays are asked for: `.copy()` makes one.")
    if all(right):
        return _right(exercise, len(exercise.probes))
    besides = f" Besides, {changed}" * bool(changed)
    if exercise.brief:
        return result(False, True, _difference(exercise, got, expected, right, watched, model)[0] + besides)
    if all(g is None for g in got):
        return result(False, True, f"`{exercise.name}` gives back `None`, whatever it is asked: is a `return` missing?")
    sentence, nearly = _known_mistake(exercise, watched, got, expected, right)
    like = "" if sentence else one_answer(exercise, got) or _otherwise(exercise, attempt, got)
    sentence = sentence or ("" if like else nearly)
    if not sentence:
        sentence, kept = _difference(exercise, got, expected, right, watched, model)
        common = "" if kept else like or in_common(exercise, got, expected, right, watched, model)
        sentence += f" {common}" * bool(common) + besides
    return result(False, True, sentence)


def _difference(exercise, got, expected, right, watched, model):
    """The first difference, and whether it has to do with what came before the question."""
    again = differ_again(got)
    alone = [] if again else _right_alone(exercise, watched, expected, right)
    right = [i not in alone for i in range(len(got))] if alone else right
    sentence = first_difference(exercise, got, expected, right, watched, model)
    return sentence + NOT_ALONE * bool(alone), again or bool(alone)


NOT_ALONE = (" Asked this with no call before it, yours gives the right answer: either something is kept from one "
             "call to the next, or chance plays a part.")


def _right_alone(exercise, watched, expected, right):
    """The probes that got a wrong answer, and get the right one from the attempt made anew."""
    over, alone = _alarm(MORE_SECONDS / 2), []
    if watched.memory.afresh is None:
        return alone
    for i, probe in enumerate(exercise.probes):
        if not right[i] and not over():
            with names_as_before():
                got = outcome(exercise, watched.memory.afresh(), probe)
            alone += [i] * same(got, expected[i], RIGHT)
    return alone


def _all_are_right(exercise):
    n = len(exercise.probes)
    return f"All {n} answers are right" if n > 1 else "The answer is right"


def _wrong_kind(exercise, attempt):
    call = f'`check("{exercise.id}", {exercise.name})`'
    if inspect.isclass(attempt):
        return f"`{attempt.__name__}` is a class; a function is needed, as in {call}."
    if any(kind(attempt) for kind in (inspect.iscoroutinefunction, inspect.isgeneratorfunction,
                                      inspect.isasyncgenfunction)):
        return f"`async` or `yield` makes this a coroutine or generator; a function with `return` is needed in {call}."
    if not callable(attempt):
        return f"The function itself is needed, its name without brackets, as in {call}; this was `{show(attempt)}`."
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


def _unfinished(attempt, got):
    """Whether a `...` is still in its place: it comes back, it breaks the arithmetic, or there is no code at all."""
    if any(holds_ellipsis(g) for g in got):
        return True
    code = getattr(attempt, "__code__", None)
    if code is None or any(g is not None for g in got):
        return False
    steps = list(dis.get_instructions(code))
    empty = {"RESUME", "NOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST"}
    return all(s.opname in empty for s in steps) or any(
        a.argval is ... and b.opname.startswith("STORE") for a, b in pairwise(steps))


def _beyond_limits(exercise, attempt, watched, exceeded, seconds, megabytes):
    """What took too long or too much, and where, as far as that is known."""
    inside = exceeded.seen
    doer = f"`{exercise.name}`" if inside else f"What `{exercise.name}` gave back"
    code = getattr(attempt, "__code__", None)
    lines = [f for f in exceeded.stack if code and f.filename == code.co_filename]
    where = f" in line {lines[-1].lineno} (`{short(lines[-1].line or '…', 100)}`)" if inside and lines else ""
    asked = f", asked `{as_asked(exercise, watched.probe)}`," if inside else ""
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


def _known_mistake(exercise, watched, got, expected, right):
    """The sentence of the mistake that agrees with the attempt everywhere, and that of one that explains nearly all.

    Where the mistake stops, the attempt may be right: it looks out for that case. A second slip may hide behind the
    first: where the attempt raised, and at one more probe or the few probes of one corner, both may be wrong in their
    own way, as long as they share wrong answers: three, or four, not all the same. The mistake that differs at the
    fewest probes is named, and that there may be more. Choices among a few values agree by chance, so that nothing
    is said of them unless all agree.
    """
    n = len(exercise.probes)
    raised = "".join([f" (It stopped with {g.text}.)" for g in got if isinstance(g, Raised) and g.own][:1])
    told = [i for i, g in enumerate(got) if not isinstance(g, Raised)]
    corners = [set(which) for which in exercise.corners.values() if 2 * len(which) <= n]
    chosen = _is_choice(exercise, expected)
    guarded, near = "", []
    for wrong, sentence in exercise.mistakes:
        theirs = exercise.answers_with(wrong)
        agree = [same(g, t, MISTAKE) for g, t in zip(got, theirs, strict=True)]
        if all(agree):
            return sentence + raised + (_beyond(exercise, watched, wrong) if sentence.startswith("Right ") else ""), ""
        alike = [i for i in told if i < n and agree[i] and not same(theirs[i], expected[i], MISTAKE)]
        constant = alike and _is_plain(got[alike[0]]) and all(same(got[i], got[alike[0]], MISTAKE) for i in alike)
        shared = 0 if constant else len(alike)
        rest = sorted({i % n for i in told if not agree[i]})
        if shared and all(a or ok and _is_no_answer(t) for a, ok, t in zip(agree, right, theirs, strict=True)):
            guarded = guarded or sentence
        elif shared < 3 + bool(rest) or 2 * len(told) < len(got):
            continue
        elif chosen or any(right[i] for i in rest) or sentence.startswith("Right "):
            continue
        elif len(rest) <= 1 or 4 * len(rest) <= n and any(set(rest) <= which for which in corners):
            look = _look_at(exercise, [exercise.probes[i] for i in rest])
            scope = f"This explains at least {sum(agree[:n])} of {n} answers: " * bool(rest)
            near.append((len(rest), scope + sentence + raised + look))
    return guarded, min(near, key=lambda one: one[0], default=(0, ""))[1]


def _beyond(exercise, watched, wrong):
    """That a mistake, which explains the answers to all probes, does not explain those to all further ones, if so.

    Said where the sentence tells when an answer is right: it may be wrong elsewhere, too.
    """
    found, over = [], _alarm(MORE_SECONDS / 2)
    for probe in (probe for more in exercise.follow_ups() for probe in more.probes):
        with names_as_before():
            got = outcome(exercise, watched, probe)
        if not same(got, outcome(exercise, wrong, probe), MISTAKE):
            if not same(got, outcome(exercise, exercise.reference, probe), RIGHT):
                found.append(probe)
        if over():
            break
    return _look_at(exercise, found)


def _look_at(exercise, probes):
    """The smallest of the questions that a mistake leaves open, in words; "" of none."""
    smallest = sorted(probes, key=size)[:1]
    return "".join(f" Look at `{as_asked(replace(exercise, probes=(probe,)), 0)}`, too." for probe in smallest)


def _is_no_answer(value):
    """Whether a mistake came to nothing: it raised, or gave a number that is not finite."""
    return isinstance(value, Raised) or isinstance(value, float | np.floating) and not np.isfinite(value)


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
    columns = [c for c in zip(*exercise.probes, strict=False) if all(
        isinstance(v, np.ndarray) and v.ndim == 1 and v.dtype.kind in "iuf" for v in c)]
    return any(set.intersection(*(multiples(column[i], expected[i]) for i in told if expected[i])) for column in columns
               if any(answers))


def _otherwise(exercise, attempt, got):
    """What `otherwise` says of the answers, unless they are but an argument of the question."""
    probes = (*exercise.probes, exercise.probes[0])
    if any(isinstance(g, Raised) or g is None for g in got):
        return ""
    if any(all(map(_is_filled_with, got, column)) for column in zip(*probes, strict=False)):
        return ""
    return otherwise(attempt, exercise.reference, lambda function: all(
        same(g, outcome(exercise, function, probe), RIGHT) for g, probe in zip(got, probes, strict=True)))


def _is_filled_with(got, value):
    """Whether an answer is an argument itself, or holds a number that is one and nothing else."""
    if not isinstance(value, int | float | np.number):
        return same(got, value, RIGHT)
    try:
        return same(got, np.full(as_array(got).shape, value), RIGHT)
    except Exception:  # no numbers
        return False
