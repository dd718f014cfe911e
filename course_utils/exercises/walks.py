"""How the checks use the step of an optimizer: several steps, and once more from a fresh start among others."""

import math

import numpy as np

from .values import holds_ellipsis, show

SLOPES = (0.9, -0.4, 1.3, 0.0, 0.2, -0.7, 0.05, 1.1)
RATES = (0.0, 0.3, 0.1, 0.1, 0.4, 0.0, 0.05, 0.2)


class Instead:
    """What stands in the place of a walk that came to nothing: `words` for the reader, a `value` to compare by.

    It is as long as the walk, so that the reader is not told that some of its points are missing.
    """

    def __init__(self, words, value, length):
        self.words, self.value, self.length = words, value, length

    def __repr__(self):
        return self.words

    def __len__(self):
        return self.length

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.value, dtype)


def walk(update, w, gradients, hyper):
    """The weights after every step of a walk that begins with state {}; `hyper` holds the other arguments of each step.

    The walk is then taken a second time, in turn with that of other weights: what a function keeps outside the state
    makes a difference there, and `Instead` is the answer. It also is where no pair (weights, state) comes back.
    `None` and `...` are handed on as they are.
    """
    try:
        (points,) = _walks(update, [(w, gradients)], hyper)
        other = -2.0 * w + 1.0, [0.7 * g for g in reversed(gradients)]
        again, _ = _walks(update, [(w, gradients), other], hyper)
    except _Stop as stop:
        return stop.answer
    if all(np.array_equal(a, b) or np.shape(a) == np.shape(b) and np.allclose(a, b, 1e-6, 1e-9, equal_nan=True)
           for a, b in zip(points, again, strict=True)):
        return tuple(points)
    return Instead("another walk when it was begun anew with state {}", math.inf, len(points))


def rates(lr, gradients):
    """The rate of each step: those that are given, or always the one."""
    return lr if isinstance(lr, tuple) else (lr,) * len(gradients)


def with_one_array(update):
    """The update, to which gradients of one shape come in one array, filled anew for every step, as in training."""
    arrays = {}

    def filled(w, g, *rest):
        if np.ndim(g):
            array = arrays.setdefault(np.shape(g), np.empty(np.shape(g)))
            array[...] = g
            g = array
        return update(w, g, *rest)
    return filled


class _Stop(Exception):
    """No pair came back; `answer` stands for the walk."""

    def __init__(self, answer):
        self.answer = answer


def _walks(update, starts, hyper):
    """The points of several walks that take turns."""
    places, states = [w for w, _ in starts], [{} for _ in starts]
    points = [[] for _ in starts]
    for step, rest in enumerate(hyper):
        for i, (_, gradients) in enumerate(starts):
            answer = update(_copied(places[i]), _copied(gradients[step]), states[i], *rest)
            places[i], states[i] = _pair(answer, len(hyper))
            points[i].append(places[i])
    return points


def _pair(answer, length):
    if answer is None or holds_ellipsis(answer):
        raise _Stop(answer)
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        array = "an array " if isinstance(answer, np.ndarray) else ""
        raise _Stop(Instead(f"no pair (weights, state), but {array}{show(answer)}", answer, length))
    if isinstance(answer[0], dict) and not isinstance(answer[1], dict):
        raise _Stop(Instead("the state first, and then the weights", -math.inf, length))
    try:
        return _copied(answer[0].detach() if hasattr(answer[0], "detach") else answer[0]), answer[1]
    except (TypeError, ValueError):
        raise _Stop(Instead(f"no weights, but {show(answer[0])}", math.nan, length)) from None


def _copied(x):
    return np.array(x, dtype=float) if np.ndim(x) else x if type(x) is int else float(x)


def of_any_step(update):
    """Mistakes that the step of any optimizer can make, each with the sentence that helps."""
    return (
        (_shared(update), "Begun anew with state {}, the same walk came out differently, after or beside others: "
                          "something is kept outside the state. Keep everything in the state that is passed in and "
                          "handed back, not in variables outside or in a default argument."),
        (lambda w, *rest: (w, update(w, *rest)[1]),
         "The weights come back as they were: the step has to be taken off them."),
        (lambda *arguments: update(*arguments)[::-1],
         "The state comes first here. The weights should come first, then the state."),
        (lambda *arguments: update(*arguments)[0],
         "Only the weights come back. Hand back a pair: the weights and the state."),
    )


def skipping_zeros(update):
    """The update that hands everything back where the gradient is 0."""
    def wrong(w, g, state, *hyper):
        return update(w, g, state, *hyper) if np.any(g) else (w, state)
    return wrong


def _shared(update):
    """The update with one memory for all who call it, as a variable outside the function is."""
    memory = {}

    def wrong(w, g, state, *hyper):
        if memory.get("shape", np.shape(w)) != np.shape(w):
            memory.clear()
        new, after = update(w, g, memory, *hyper)
        memory.update(after, shape=np.shape(w))
        return new, state
    return wrong
