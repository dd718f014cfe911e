"""What answers have to do with the right ones on all probes together: an effect that holds by the numbers, no cause."""

import math
import re
from functools import partial
from itertools import combinations, permutations

import numpy as np

__all__ = ["RIGHT", "MISTAKE", "alike", "asking", "effect", "moves", "near"]

RIGHT, MISTAKE = 1e-5, 1e-4  # relative tolerances: float32 is right, and a mistake need only be recognized
NOTHING = 1e-14  # what rounding may leave of a 0
PLACES = 13  # behind the point, to fewer of which numbers may have been rounded


def effect(got, expected, arguments, about="", parts=()):
    """A sentence on what wrong answers have in common, or "".

    `got` and `expected` hold an answer for each probe, `arguments` a dict of what was asked. `about` is a phrase of the
    task that all the probes with wrong answers ask for, `parts` what the values of an answer are called.
    """
    sizes = {len(e) if isinstance(e, tuple) else 0 for e in expected}
    if len(sizes) == 1 and 1 < (k := sizes.pop()) <= 4 and all(_length(g) == k for g in got):
        return _of_parts(got, expected, arguments, about, parts or [f"value {j + 1}" for j in range(k)])
    pairs = _numbers(got, expected)
    if pairs is None:
        return ""
    if any(g.shape != e.shape for g, e in pairs):
        return _of_lengths(pairs, arguments)
    return _sentence(pairs, arguments, about, "yours")


def moves(got, expected, starts, arguments, step="your step", unit="probes"):
    """The same sentence on steps: where they led, where they should have led, and from where."""
    pairs, starts = _numbers(got, expected), _numbers(starts, expected)
    if pairs is None or starts is None:
        return ""
    if any(not g.shape == e.shape == s.shape for (g, e), (s, _) in zip(pairs, starts, strict=True)):
        return ""
    steps = [(g - s, e - s) for (g, e), (s, _) in zip(pairs, starts, strict=True)]
    return _sentence(steps, arguments, "", step, unit)


def _of_parts(got, expected, arguments, about, names):
    k = len(names)
    columns = [_numbers([g[j] for g in got], [e[j] for e in expected]) for j in range(k)]
    fine = [c is not None and all(_close(g, e, RIGHT) for g, e in c) for c in columns]
    if not any(fine) and None not in columns and all(
            g.ndim == 0 for c in columns for pair in c for g in pair) and all(
            _close(np.sort(g), np.sort(e)) for g, e in np.moveaxis(np.array(columns), 0, -1)):
        return "These are the right values, in another order."
    right = [name for name, is_fine in zip(names, fine, strict=True) if is_fine]
    several = right[1:] or right and _is_plural(right[0])
    said = f"On every probe {' and '.join(right)} {'are' if several else 'is'} right. " if right else ""
    first = fine.index(False) if False in fine else None
    if first is None or columns[first] is None or any(g.shape != e.shape for g, e in columns[first]):
        return said.strip()
    return (said + _sentence(columns[first], arguments, about, names[first])).strip()


def _of_lengths(pairs, arguments):
    if any(g.ndim != 1 or e.ndim != 1 for g, e in pairs):
        return ""
    for cut, words in _CUTS:
        if all(_close(g, cut(g, e)) for g, e in pairs):
            return f"On every probe {words}."
    surplus = {len(g) - len(e) for g, e in pairs}
    off = [not _close(g, e) for g, e in pairs]
    wrong = [pair for pair, is_wrong in zip(pairs, off, strict=True) if is_wrong]
    if any(len(g) for g, _ in wrong) and all(_close(g, e[:len(g)]) for g, e in wrong):
        return "The entries are right as far as they go, but there are too few of them."
    if all(_close(g[:len(e)], e) for g, e in wrong):
        return "The entries begin rightly, but there are too many of them."
    if len(surplus) == 1:
        number = surplus.pop()
        return f"On every probe there {_entries(abs(number))} too {'many' if number > 0 else 'few'}."
    signs = {np.sign(len(g) - len(e)) for g, e in wrong}
    told = {(1,): "there are too many entries", (-1,): "there are too few entries"}.get(tuple(signs), "")
    told = told if any(len(g) for g, _ in wrong) else "yours has no entries"
    if len(wrong) == len(pairs):
        return f"On all {len(pairs)} probes {told}." if told else ""
    place = _where(arguments, off)
    right = f"Right on {len(pairs) - len(wrong)} of {len(pairs)} probes" + f", those {place}" * bool(place)
    others = "the others" if len(wrong) > 1 else "the other one"
    return f"{right}; on {others} {told}." if told else f"{right}."


_CUTS = (
    (lambda g, e: e[1:], "the first entry is missing, and the others are right"),
    (lambda g, e: e[:-1], "the last entry is missing, and the others are right"),
    (lambda g, e: e[1:-1], "the first and the last entry are missing, and the others are right"),
)


def _entries(number):
    return "is one entry" if number == 1 else f"are {number} entries"


def _sentence(pairs, arguments, about, subject, unit="probes"):
    """How `subject` differs from what it should be, on all probes or on those where it does."""
    wrong = [not _close(g, e, RIGHT) for g, e in pairs]
    if not any(wrong):
        return ""
    off = [i for i, is_wrong in enumerate(wrong) if is_wrong]
    told = _difference([pairs[i] for i in off], [arguments[i] for i in off], subject)
    if _is_plural(subject) and told.startswith(f"{subject} is "):
        told = told.replace(" is ", " are ").replace("what it should", "what they should")
    if all(wrong):
        return f"On all {len(pairs)} {unit} {told}." if told else ""
    right = f"Right on {len(pairs) - len(off)} of {len(pairs)} {unit}"
    if not subject.startswith("your"):
        right = f"{subject[0].upper()}{subject[1:]}: right on {len(pairs) - len(off)} of {len(pairs)} {unit}"
    others, place = "the other one" if len(off) == 1 else "the others", _where(arguments, wrong)
    if len(off) == 1 and (value := re.fullmatch(r"where `(\w+)` is (not )?[01]", place)) and value[1] not in about:
        place = ""  # one wrong answer has many values to itself, by chance
    if place and (not about or place.endswith((" 0", " 1"))):
        right, about = f"{right}, those {place}", ""
    if about:
        others = the_others(len(off), about).replace(others, f"{others}, which", 1)
    comma = "," * bool(about)
    if told:
        return f"{right}; on {others}{comma} {told}."
    return f"{right}; {the_others(len(off), about)}." if about else f"{right}."


def _is_plural(part):
    return re.fullmatch(r"the \w*[^s]s", part) is not None


def asking(about):
    """What probes do that ask for a phrase of the task; for a lower bound, they are at it."""
    bound = re.fullmatch(r"(\d+) <= (\w+)", about)
    return f"have `{bound[2]}` at {bound[1]}" if bound else f"ask for “{about}”"


def the_others(number, about):
    """That all of the other probes, of which there are so many, ask for a phrase of the task."""
    if number > 1:
        return f"the others all {asking(about)}"
    verb, _, rest = asking(about).partition(" ")
    return f"the other one {'has' if verb == 'have' else 'asks'} {rest}"


def _difference(pairs, arguments, subject):
    """The first relation that holds for all of the pairs, in words."""
    if all(x.ndim == 1 and len(x) > 1 and _close(np.sort(x), np.sort(y)) for x, y in pairs):
        return "the numbers are right, and their order is not"
    g, e = (np.concatenate([np.ravel(x) for x in side]) for side in zip(*pairs, strict=True))
    if len(pairs) < 2 or not np.isfinite(e).all() or not np.isfinite(g).all() or _close(e, np.full(e.shape, e[0])):
        return ""
    given = _given(pairs, arguments)
    lists = _lists(pairs, arguments)
    more, less = ("ends too high", "ends too low") if subject.startswith("your ") else ("is too large", "is too small")
    ratio, shift = float((g @ e) / (e @ e)), float((g - e).mean())
    by_answer = partial(_close_by_answer, np.repeat(np.arange(len(pairs)), [y.size for _, y in pairs]))
    close = lambda got, wanted, *by: bool(np.isfinite(wanted).all()) and by_answer(got, wanted, *by)  # 1/0 is near all
    near = close(g, e)
    steady = lambda change, whole: by_answer(change, whole, 0.01)  # alike everywhere
    beside = (e < 0).any()  # where all are above 0, far from it is large
    by = lambda off, sign, name, a: f"{subject} {off} by `{name}`" if (a > 0).all() else (
        f"{subject} is what it should be {sign} `{name}`")
    with np.errstate(all="ignore"):
        relations = (
            *((close(g, a), f"{subject} is `{name}` itself") for name, a in given.items()),
            *((all(_close(x, choose(a)) for (x, _), a in zip(pairs, values, strict=True)),
               f"{subject} is the {which} of `{name}`")
              for name, values in lists.items() for which, choose in _PLACES.items()),
            *((all(not np.isclose(a, x).any() for (x, _), a in zip(pairs, values, strict=True)),
               f"{subject} is none of the `{name}`") for name, values in lists.items()),
            *((near and words, f"{subject} is what it should be, {words} to {d} places")
              for d in range(2, PLACES) for words in [_shortened(g, e, d)]),
            (near, f"{subject} is all but equal to what it should be, and still not equal"),
            (close(g, g[:1]), f"{subject} is `{g[0]:.6g}`"),
            (close(g, -e), f"the sign of {subject} is turned round"),
            (ratio and close(g, ratio * e) and steady(g - e, (ratio - 1) * e),
             f"{subject} is {_times(ratio)} what it should be"),
            (close(abs(g), abs(e)), f"the numbers of {subject} have the right sizes, and some of them the wrong sign"),
            (close(g, e + shift) and steady(g - e, shift),
             f"{subject} {more if shift > 0 else less} by `{abs(shift):.4g}`"),
            *((close(g, e * a), f"{subject} is `{name}` times what it should be") for name, a in given.items()),
            *((close(g, e / a), f"{subject} is what it should be, divided by `{name}`") for name, a in given.items()),
            *((close(g, e + a), by(more, "plus", name, a)) for name, a in given.items()),
            *((close(g, e - a), by(less, "minus", name, a)) for name, a in given.items()),
            (close(g, 1 / e), f"{subject} is 1 divided by what it should be"),
            (close(g, e**2), f"{subject} is the square of what it should be"),
            (close(g, e**0.5), f"{subject} is the root of what it should be"),
            *((len(pairs) > 2 and c and close(g, c * e / a),
               f"{subject} is `{c:.4g}` times what it should be, divided by `{name}`")
              for name, a in given.items() for c in [float((g * a) @ e / (e @ e))]),
            (close(g, np.floor(e)), f"{subject} is what it should be, rounded down to a whole number"),
            (close(g, np.ceil(e)), f"{subject} is what it should be, rounded up to a whole number"),
            *((words, f"{subject} is what it should be, {words} to {d} place{'s' * (d != 1)}")
              for d in range(PLACES) for words in [_shortened(g, e, d)]),
            (close(g, e, 0.01), f"{subject} is within 1 % of what it should be, but not equal to it"),
            (beside and (abs(g) > abs(e)).all() and (np.sign(g) == np.sign(e)).all(), f"{subject} is too far from 0"),
            (beside and (abs(g) < abs(e)).all() and (np.sign(g) != -np.sign(e)).all(), f"{subject} is too close to 0"),
            ((g * e < 0).all(), f"the sign and the size of {subject} are wrong"),
            ((g > e).all(), f"{subject} {more}"),
            ((g < e).all(), f"{subject} {less}"),
        )
    return next((words for holds, words in relations if holds), "")


def _asked(arguments):
    """The names of what every probe gives."""
    return min(arguments, key=len)


def _given(pairs, arguments):
    """The arguments that are numbers other than 0 and 1, one for each number of the pairs."""
    values = {name: np.concatenate([np.full(np.size(e), a[name], dtype=float)
                                    for a, (_, e) in zip(arguments, pairs, strict=True)])
              for name in _asked(arguments) if all(_is_number(a[name]) for a in arguments)}
    return {name: v for name, v in values.items() if v.all() and not (v == 1).all()}


_PLACES = {"first": lambda a: a[0], "last": lambda a: a[-1], "largest": np.max, "smallest": np.min}


def _lists(pairs, arguments):
    """The arguments that are rows of numbers with the right answers among them."""
    rows = {name: [a[name] for a in arguments] for name in _asked(arguments) if all(
        getattr(a[name], "ndim", None) == 1 and len(a[name]) for a in arguments)}
    return {name: values for name, values in rows.items() if all(
        np.ndim(g) == np.ndim(e) == 0 and np.isclose(a, e).any() for (g, e), a in zip(pairs, values, strict=True))}


def _where(arguments, wrong):
    """What tells the probes with right answers from all others, in words, or ""."""
    for place, holds in _questions(arguments):
        answers = [bool(holds(a)) for a in arguments]
        if answers == wrong:
            return place.replace(" is ", " is not ", 1)
        if all(x != y for x, y in zip(answers, wrong, strict=True)):
            return place
    return ""


def _questions(arguments):
    """Simple questions about what was asked, as words and a function."""
    names = {name: [a[name] for a in arguments] for name in _asked(arguments)}
    for name, values in names.items():
        texts = sorted({v for v in values if isinstance(v, str)})
        for kinds in (*((t,) for t in texts), *combinations(texts, 2)):
            yield f"where `{name}` is {' or '.join(map(repr, kinds))}", lambda a, n=name, k=kinds: a[n] in k
    numbers = [name for name, values in names.items() if all(map(_is_number, values))]
    for name in numbers:
        for value in (0, 1):
            yield f"where `{name}` is {value}", lambda a, n=name, v=value: a[n] == v
        yield f"where `{name}` is below 0", lambda a, n=name: a[n] < 0
    for name in names:
        yield f"where `{name}` is a single number", lambda a, n=name: _is_number(a[n])
        if words := {(1,): "of one entry", (2,): "of one row"}.get(tuple({getattr(v, "ndim", 0) for v in names[name]})):
            yield f"where `{name}` is {words}", lambda a, n=name: a[n].shape[0] == 1
    for one, other in permutations(numbers, 2):
        yield f"where `{one}` is equal to `{other}`", lambda a, x=one, y=other: a[x] == a[y]
    whole = [name for name in numbers if all(isinstance(v, int | np.integer) and v > 0 for v in names[name])]
    for one, other in permutations(whole, 2):
        yield f"where `{one}` is a multiple of `{other}`", lambda a, x=one, y=other: a[x] % a[y] == 0
        yield f"where `{one}` is less than `{other}`", lambda a, x=one, y=other: a[x] < a[y]


def _shortened(got, expected, digits):
    """Whether numbers are others, rounded or cut to that many digits behind the point, in words."""
    unit = 10.0**-digits
    meets = lambda short: (abs(got - short) <= 1e-13 * (unit + abs(short))).all()
    if not meets(np.round(got, digits)):
        return ""
    rounded = (abs(got - expected) <= unit * (0.5 + MISTAKE)).all()
    cut = meets(np.trunc(expected / unit + np.sign(expected) * RIGHT) * unit)
    return "rounded or cut" if rounded and cut else "rounded" if rounded else "cut" if cut else ""


def _times(ratio):
    return {2.0: "twice", 0.5: "half of"}.get(round(ratio, 4), f"`{ratio:.4g}` times")


def _numbers(got, expected):
    """Both as pairs of arrays of floats, or None where one is no such thing."""
    try:
        return [tuple(np.asarray(x.detach().cpu() if hasattr(x, "detach") else x, dtype=float) for x in pair)
                for pair in zip(got, expected, strict=True)]
    except Exception:
        return None


def _is_number(value):
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _length(value):
    return len(value) if isinstance(value, tuple | list) or getattr(value, "shape", ()) else None


def _close(a, b, tolerance=MISTAKE):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    return a.shape == b.shape and bool(alike(a, b, tolerance).all())


def _close_by_answer(places, a, b, tolerance=MISTAKE):
    """Whether the numbers are the same, each relative to its own size and to the largest of its answer.

    `places` says to which answer each belongs. Small answers would be like any other among those of all probes.
    """
    largest = np.zeros(places.max() + 1)
    np.maximum.at(largest, places, np.abs(b))
    return bool((np.abs(a - b) <= tolerance * (np.abs(b) + 1e-3 * largest[places])).all())


def near(a, b, tolerance):
    """`alike` for two floats."""
    if not (math.isfinite(a) and math.isfinite(b)):
        return a == b or (math.isnan(a) and math.isnan(b))
    return abs(a - b) <= tolerance * abs(b) + max(1e-3 * tolerance * abs(b), NOTHING)


def alike(a, b, tolerance):
    """Which numbers of two arrays of one shape are the same, relative to their own size and to the largest of b."""
    finite, size = np.isfinite(b), np.abs(b)
    least = max(1e-3 * tolerance * size[finite].max(initial=0), NOTHING)
    with np.errstate(invalid="ignore"):
        close = np.abs(a - b) <= least + tolerance * size
    return close if finite.all() else np.where(finite, close, (a == b) | (np.isnan(a) & np.isnan(b)))
