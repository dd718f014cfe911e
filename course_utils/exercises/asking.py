"""Asking an attempt: what it gives for each probe, what its calls were asked, and which arguments it changed."""

import copy
import linecache
import operator
import traceback
import warnings

import numpy as np

from .limits import HERE, Stopped
from .values import Raised, copied, is_still, of_numbers, short, snapshot

__all__ = ["Memory", "Watched", "outcome", "outcomes"]


class _Call:
    """One call of a function: its arguments, what it gave back, and where it stands in a run of steps."""

    def __init__(self, arguments, earlier):
        self.arguments, self.earlier, self.value, self.number = arguments, earlier, None, None

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


class Memory:
    """What is known of all calls of an attempt: what they gave back, and whether one called itself too often.

    `afresh` makes the attempt anew, as it was before them.
    """

    def __init__(self, afresh=None):
        self.given, self.too_deep, self.afresh = [], False, afresh


class Watched:
    """Calls a function, and tells afterwards what it was asked, what it gave back and which arguments were changed."""

    def __init__(self, attempt, names, fresh="", memory=None):
        self.attempt, self.names, self.kept = attempt, list(names), []
        self.fresh, self.came_back = fresh, False
        self.inside, self.probe, self.calls, self.newest = False, 0, [], None
        self.memory = memory or Memory()  # that of earlier questions, into whose answers a later one may write
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
            self.memory.too_deep |= isinstance(error, RecursionError)
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
        call = _Call([snapshot(a) for a in arguments], self._makers.get(id(state)))
        if len(self.calls) < 2000:
            self.calls.append((self.probe, call))
        return call

    def _keep(self, call, value):
        self.newest = call
        if self.steps and isinstance(value, tuple | list) and len(value) == 2:
            self._makers[id(value[1])] = call
            self._states.append(value[1])  # so that no other state gets its id
            call.value = (copied(value[0]), value[1])
            if not hasattr(value[0], "detach"):  # the optimizers of torch write into the weights, step by step
                self._given(value[0], call.value[0])
        else:
            call.value = copied(value)
            self._given(value, call.value)

    def _given(self, value, copy):
        try:
            self.memory.given.append((value, copy if of_numbers(value) else snapshot(value)))
        except RecursionError:
            raise ValueError(f"what came back is a {type(value).__name__} that holds itself") from None

    def last(self, index):
        """What the last call for a probe gave back."""
        values = [call.value for call in self.of_probe(index)]
        return values[-1] if values else None

    def of_probe(self, index):
        """The calls that were made for one probe."""
        return [call for probe, call in self.calls if probe == index]

    def changed(self):
        """A sentence on the first argument or answer that is no longer what it was, or None."""
        for name, value, before, items in self.kept:
            if not is_still(value, before):
                within = bool(items) and len(items) == len(value) and all(map(operator.is_, items, value))
                remedy = _remedy(name, tuple(value) if within else value, before)
                return f"`{name}` is changed, which belongs to whoever calls the function: {remedy}"
        for value, before in self.memory.given:
            if not is_still(value, before):
                kind = "array" if isinstance(value, np.ndarray) else type(value).__name__.lower()
                part = f"a part of the {kind}" if isinstance(value, tuple) else f"the {kind}"
                return f"a later call writes into {part} that an earlier one gave back: make a new one in every call."
        return None


class _Within(BaseException):
    """Carries an exception out of the reader's function, past all that handles exceptions of ours."""

    def __init__(self, text):
        super().__init__(text)
        self.text = text


def _share(value, argument):
    """Whether an array of one list is an array of the other, or a view of it."""
    ours, theirs = ([a for a in x if isinstance(a, np.ndarray)] if isinstance(x, list | tuple) else []
                    for x in (value, argument))
    return any(np.may_share_memory(a, b) for a in ours for b in theirs)


def _written_into(name, value, before):
    """The part of a tuple or dict that is no longer what it was, as it is written, and what it holds."""
    for key, part in value.items() if isinstance(value, dict) else enumerate(value):
        if not is_still(part, before[key]):
            own = f"{name}[{key!r}]"
            deeper = isinstance(part, tuple) or isinstance(part, dict) and list(part) == list(before[key])
            return _written_into(own, part, before[key]) if deeper else (own, part)


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


def outcomes(exercise, function):
    """What the function gives for each probe, and for the first one once more, since nothing may be left behind."""
    outcomes = []
    for index, probe in enumerate((*exercise.probes, exercise.probes[0])):
        if isinstance(function, Watched):
            function.probe = index
        outcomes.append(outcome(exercise, function, probe))
    return outcomes


def outcome(exercise, function, probe):
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            value = exercise.drive(function, *copy.deepcopy(probe))
    except Stopped:
        raise
    except _Within as error:
        return Raised(error.text)
    except BaseException as error:
        return Raised(_objection(error), own=False)
    if isinstance(function, Watched) and exercise.plain and not function.steps:
        return function.newest.value  # a copy already
    return copied(value)


def _objection(error):
    """What the code that uses the answers says of one on purpose; of other exceptions, their names."""
    *_, (frame, line) = traceback.walk_tb(error.__traceback__)
    file = frame.f_code.co_filename
    if file.startswith(HERE) and linecache.getline(file, line).strip().startswith("raise "):
        return short(str(error), 300)
    return f"{type(error).__name__}: {error}" if "ellipsis" in str(error) else ""


def _in_words(error):
    """Name the exception and the deepest line of the reader's own code that led to it."""
    said = str(error)
    text = f"`{short(type(error).__name__ + (f': {said}' if said else ''), 200)}`"
    places = ((frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__))
    places = [(file, line) for file, line in places if not file.startswith((HERE, copy.__file__))]
    own = [line for file, line in places if file == places[0][0]]
    if own and (code := linecache.getline(places[0][0], own[-1]).strip()):
        text += f" in line {own[-1]} (`{short(code, 100)}`)"
    return text
