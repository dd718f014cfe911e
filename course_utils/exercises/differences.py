"""In what wrong answers differ from the right ones, in words: the first difference, and what all have in common."""

import copy
import inspect
from functools import partial

import numpy as np

from .relations import RIGHT, alike, effect, moves, the_others
from .values import Raised, as_array, brief, form, is_of_arrays, kind, length, of_numbers, same, show, size

__all__ = ["as_asked", "differ_again", "first_difference", "in_common", "one_answer", "remark_on"]


def first_difference(exercise, got, expected, right, watched, model):
    """The smallest probe that differs, and in it the first number that does, with what leads to it."""
    wrong = [i for i, ok in enumerate(right) if not ok]
    if differ_again(got):
        return ("The same question got two different answers: either something is kept from one call to the next, or "
                "chance plays a part.")
    index = _smallest_wrong(exercise, got, expected, wrong)
    g, e = got[index], expected[index]
    asked = as_asked(exercise, index)
    if isinstance(g, Raised) and g.own:
        return f"`{exercise.name}` stopped with {g.text} for `{asked}`."
    calls = _differing_call(watched, model, index)
    if isinstance(g, Raised) and g.text:
        return f"For `{asked}`: {g.text}{'' if g.text.endswith(('.', '?')) else '.'}"
    if isinstance(g, Raised) and not calls:
        return (f"For `{asked}`, what came back could not be used: {kind(watched.last(index))}. The solution gives "
                f"back {kind(model.last(index))}.")
    if calls and not exercise.plain:
        one = len(watched.of_probe(index)) == 1
        way = _on_the_way(exercise, index, g) if one else ""
        return f"{_at_call(watched, asked if one else None, *calls)} {way}".strip()
    remark = "" if g is None and any(x is None for x in expected) else remark_on(g, e)
    if not remark and exercise.parts and g is not None and not _place(e, g):
        parts = zip(exercise.parts, e, g, strict=True)
        off = [f"{name}: expected `{show(x)}`, got `{show(y)}`" for name, x, y in parts if not same(y, x, RIGHT)]
        return f"For `{asked}`, {'; '.join(off)}. {_on_the_way(exercise, index)}".strip()
    way = _on_the_way(exercise, index, g) if remark in ("", _shapes(g, e)) else ""
    return f"{_answers(asked, e, g, remark)} {way}".strip()


def differ_again(got):
    """Whether the first probe got another answer when it was asked once more, after all others."""
    return same(got[0], got[0], RIGHT) and same(got[-1], got[-1], RIGHT) and not same(got[0], got[-1], RIGHT)


def _smallest_wrong(exercise, got, expected, wrong):
    """The place of the smallest probe among the wrong ones; one of which there is more to say goes first."""
    told = [i for i in wrong if isinstance(got[i], Raised) and not got[i].own and got[i].text]
    return min(told or wrong, key=lambda i: (expected[i] is None, size(exercise.probes[i % len(exercise.probes)])))


def _on_the_way(exercise, index, got=None):
    """What the solution finds on its way to the answer, and what the number means that came instead."""
    probe = exercise.probes[index % len(exercise.probes)]
    said = exercise.on_the_way(*copy.deepcopy(probe))
    number = as_array(got) if isinstance(got, int | float | np.number | np.ndarray) and np.ndim(got) == 0 else np.nan
    if not np.isfinite(number):
        return said
    return f"{said} {exercise.of_yours(float(number), *copy.deepcopy(probe))}".strip()


def as_asked(exercise, index):
    """A probe in a few words, tables by their shape."""
    return ", ".join(f"{n} = {brief(v, asked=True)}" for n, v in _named(exercise, index).items())


def _named(exercise, index):
    """The arguments of a probe by their names."""
    called = exercise.reference if exercise.plain else partial(exercise.drive, None)
    probe = exercise.probes[index % len(exercise.probes)]
    return dict(zip(inspect.signature(called).parameters, probe, strict=False))


def _answers(asked, expected, got, remark):
    """What was asked, what is right and what came: the first number of many, or all of a few."""
    if not remark and (place := _place(expected, got)):
        return f"For `{asked}`, {_compared(*place)}"
    return (f"For `{asked}` the answer is {form(expected)}`{show(expected)}`; yours gave {form(got)}`{show(got)}`."
            f"{remark or _which(expected, got)}")


def _which(expected, got, one="Entry", many="Entries"):
    """Which numbers of a small array differ, if others are right."""
    expected = np.array(expected, float) if of_numbers(expected) and len(expected) > 2 else expected
    if not isinstance(expected, np.ndarray) or expected.size < 2 or (g := as_array(got)).shape != expected.shape:
        return ""
    off = [", ".join(map(str, at)) for at in np.argwhere(~alike(g, expected, RIGHT))]
    if len(off) == expected.size:
        return ""
    places = [f"[{at}]" if expected.ndim > 1 else at for at in off]
    names = f"{one} {places[0]} differs" if len(off) == 1 else f"{many} {', '.join(places)} differ"
    return f" {names} (counted from 0); the rest is right."


def _differing_call(watched, model, index):
    """The first call that gave back something else than the solution, to the same question: (own, the solution's)."""
    for at, (own, call) in enumerate(zip(watched.of_probe(index), model.of_probe(index), strict=False)):
        if at and not watched.steps:  # answers before, all but the right ones, may have led to another question
            call = copy.copy(call)
            call.value = model.attempt(*copy.deepcopy(own.arguments))
        if not _alike(own.value, call.value):
            return own, call
    return None


def _alike(got, expected):
    """Whether an answer is right; a pair with a state, if its weights are."""
    if isinstance(expected, tuple) and len(expected) == 2 and isinstance(expected[1], dict):  # a state of one's own
        return isinstance(got, tuple | list) and len(got) == 2 and same(got[0], expected[0], RIGHT)
    return same(got, expected, RIGHT)


def _at_call(watched, asked, call, model):
    """What one call should have given back: a step of a run, or an answer to what was `asked`."""
    e, g, remark = model.value, call.value, remark_on(call.value, model.value)
    if is_of_arrays(e):
        e = tuple(e)
    if not watched.steps:
        asked = asked or ", ".join(f"{n} = {brief(v)}" for n, v in call.named(watched.names).items())
        return _answers(asked, e, g, remark)
    run = [step.named(watched.names) for step in call.run]
    if not remark and _came_out_differently(watched):
        return ("The same run, begun anew with an empty state, came out differently, after or beside others: something "
                "is kept outside the state that is passed in and handed back.")
    settings = "".join(f", {n} = {_one_or_all([step[n] for step in run])}" for n in run[-1]
                       if n not in ("w", "g", "state"))
    slopes = _in_turn([step.get("g") for step in run])
    start = f"From `w = {brief(run[0].get('w'))}` with `g = {slopes}{settings}`, after step {len(run)}"
    if remark:
        return f"{start}, yours gave {form(g)}`{show(g)}`.{remark} The solution gives back {kind(e)}."
    if place := _place(e[0], g[0], "weight"):
        return f"{start}, {_compared(*place)}"
    if not np.ndim(e[0]):
        return f"{start}, {_compared('the new `w`', float(as_array(e[0])), float(as_array(g[0])))}"
    return (f"{start} the new `w` is {form(e[0])}`{brief(e[0])}`; yours is {form(g[0])}`{brief(g[0])}`."
            f"{_which(e[0], g[0], 'Weight', 'Weights')}")


def _in_turn(values):
    told = [brief(value) for value in values]
    return ", then ".join(told if len(told) <= 8 else [*told[:2], "…", *told[-2:]])


def _one_or_all(values):
    """A setting of all steps, or what it was in each."""
    return brief(values[0]) if all(same(v, values[0], 0) for v in values) else _in_turn(values)


def _came_out_differently(watched):
    """Whether a run of steps that was asked twice led to different weights."""
    first = {}
    for _, call in watched.calls:
        if isinstance(call.value, tuple):
            before = first.setdefault(call.key(watched.names), call)
            if not _alike(call.value, (before.value[0], {})):
                return True
    return False


def _place(expected, got, one="entry"):
    """The first number of many that differs: its place in words, what it should be, what it is. None for a few."""
    few = size(expected) <= 6 and not (isinstance(expected, tuple) and any(np.ndim(e) for e in expected))
    if few or got is None:
        return None
    if isinstance(expected, tuple):
        for i, (e, g) in enumerate(zip(expected, got, strict=True)):
            if not same(g, e, RIGHT):
                which = f"value {i + 1} of {len(expected)}"
                if isinstance(e, dict) and isinstance(g, dict) and e.keys() == g.keys():
                    key = next(k for k in e if not same(g[k], e[k], RIGHT))
                    which, e, g = f"{which}, `{key}`", e[key], g[key]
                inner = _numbered(e, g, one)
                return inner and (f"{which}, {inner[0]}" if inner[0] else which, *inner[1:])
        return None
    return _numbered(expected, got, one)


def _numbered(expected, got, one):
    try:
        e, g = as_array(expected), as_array(got)
    except Exception:
        return None
    if e.shape != g.shape or alike(g, e, RIGHT).all():
        return None
    at = tuple(int(i) for i in np.argwhere(~alike(g, e, RIGHT))[0])
    name = f"{one} {at[0]}" if len(at) == 1 else f"{one} [{', '.join(map(str, at))}]"
    return (f"{name} (of shape {e.shape}, counted from 0)" if at else ""), float(e[at]), float(g[at])


def _compared(place, expected, got):
    digits = next(d for d in range(3, 17) if f"{expected:.{d}g}" != f"{got:.{d}g}")
    return f"{place or 'the answer'}: expected `{expected:.{digits}g}`, got `{got:.{digits}g}`."


def remark_on(got, expected):
    """What is to be said of an answer of another kind than the one asked for, or ""."""
    if got is None:
        return " Is a `return` missing on one of the ways through?" * (expected is not None)
    if expected is None:
        return " Asked for is None itself."
    if inspect.isgenerator(got) or isinstance(got, map | filter | zip):
        return f" That is a {type(got).__name__}, which holds no values yet: `list(…)` makes them."
    if is_of_arrays(expected):
        listed = isinstance(got, list | tuple)
        was = f", and not {kind(got)}" if isinstance(got, np.ndarray | dict) else ""
        return remark_on(got, tuple(expected)) if listed else f" Asked for is a list of arrays{was}."
    if isinstance(expected, tuple):
        if isinstance(got, dict | set | str) or length(got) != len(expected):
            return (" That is a text." * isinstance(got, str)
                    + f" {len(expected)} values are asked for, in this order.")
        if any(isinstance(e, dict) for e in expected) and isinstance(got[0], dict):
            return " The weights come first, then the state."
        inner = ((i, " It is None." if g is None and e is not None else remark_on(g, e)) for i, (g, e)
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
        array = as_array(got)
    except Exception:
        return " That is not a real number or an array of them."
    if array.shape != np.shape(expected):
        return _shapes(got, expected)
    if np.isnan(array).any() and not np.isnan(as_array(expected)).any():
        return (" nan often comes of 0/0, of ∞ − ∞, of the mean of nothing, of a root of a number below 0, or of "
                "another nan: where does this one come from?")
    return ""


def _shapes(got, expected):
    try:
        shape = as_array(got).shape
        own = f"Its shape is {shape}" if shape else "It is a single number"
        return f" {own}; asked for is {np.shape(expected) or 'a single number'}."
    except Exception:
        return ""


def _letters(text):
    return "".join(c for c in text.lower() if c.isalnum())


def in_common(exercise, got, expected, right, watched, model):
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
    asked = [_named(exercise, i) for i in range(n)]
    sentence = effect(got[:n], expected[:n], asked, about, exercise.parts) or share and f"{share}."
    step = {("w", "g"): "your step", ("w", "gradient"): "your way from `w`"}.get(tuple(asked[0])[:2])
    if not step or "yours" in sentence:
        return sentence
    return moves(got[:n], expected[:n], [a["w"] for a in asked], asked, step) or sentence


def _is_of_its_kind(got, expected):
    """Whether a wrong answer differs from the right one in its numbers or its shape, and in nothing else."""
    if isinstance(got, Raised) or (length(got) or 0) > 1000:
        return False
    if isinstance(expected, tuple) and not (isinstance(got, tuple | list) or hasattr(got, "shape")):
        return False
    return remark_on(got, expected) in ("", _shapes(got, expected))


def one_answer(exercise, got):
    """That the answer does not depend on the question, if so: probes ask for different answers."""
    if not exercise.plain or any(isinstance(g, Raised) or not same(g, got[0], RIGHT) for g in got):
        return ""
    return f"Yours is `{show(got[0])}` on every probe."


FIRST_STEP_IS_RIGHT = ("On every probe the first step gives the right `w`: look at the state that it hands on, and at "
                       "the later steps.")


def _first_steps(watched, model):
    """What the first steps of all runs have in common with the right ones."""
    probes = {probe for probe, _ in model.calls}
    pairs = [pair for i in sorted(probes) for pair in zip(watched.of_probe(i), model.of_probe(i), strict=False)]
    firsts = [(g, e) for g, e in pairs if not e.earlier]
    if not all(not remark_on(g.value, e.value) for g, e in firsts):
        return ""
    if all(_alike(g.value, e.value) for g, e in firsts):
        return FIRST_STEP_IS_RIGHT
    asked = [e.named(watched.names) for _, e in firsts]
    return moves([g.value[0] for g, _ in firsts], [e.value[0] for _, e in firsts], [a["w"] for a in asked], asked,
                 "your first step", "first steps")
