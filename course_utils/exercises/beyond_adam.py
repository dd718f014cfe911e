"""Exercises and questions of notebook 15: Lion, the steps of Newton and Schulz, an average that needs no end."""

from itertools import pairwise

import numpy as np

from .draws import numbers, scale, whole
from .quizzes import Option, Quiz
from .tasks import Exercise
from .walks import RATES, SLOPES, of_any_step, rates, walk


def lion_update(w, g, state, lr, beta1, beta2):
    """One step of Lion: the new weights and the new state, as a pair.

    w and its gradient g are floats, or arrays of one shape, and stay as they
    are. state is a dict, {} before the first step, when the average of
    gradients is 0. lr may change from step to step. The weights go by lr
    against the sign of the average looking ahead, which keeps the share beta1
    of the old average; the average handed on keeps the share beta2. A sign of
    0 is 0.

    From w = 1, the first step with g = 0.5, lr = 0.1 and shares below 1 goes to 0.9.
    """
    m = state.get("m", 0.0)
    return w - lr * np.sign(beta1 * m + (1 - beta1) * g), {"m": beta2 * m + (1 - beta2) * g}


def nearly_orthogonal(g, a, b, c, n_steps):
    """The matrix g after the steps of Newton and Schulz.

    g has at most as many rows as columns, and is not all 0. First it is
    divided by its length, the root of the sum of all its squares. Then
    x = a * x + (b * s + c * s @ s) @ x with s = x @ x.T, n_steps times; there
    may be none.

    nearly_orthogonal(np.array([[3.0, 4.0]]), 2.0, 0.0, 0.0, 1) is
    [[1.2, 1.6]]: divided by 5, times 2.
    """
    x = g / np.sqrt(np.sum(g**2))
    for _ in range(n_steps):
        s = x @ x.T
        x = a * x + (b * s + c * s @ s) @ x
    return x


def anytime_averages(points, power):
    """The average of the weights after each step, as an array.

    points is an array (n, d), the weights after steps 1 to n. The average x
    begins as the first of them; after step t it goes towards the newest
    weights w by the share (power + 1) / (power + t) of the way. power may be 0,
    and goes up to 100, whole or not.

    For the points [[1.0], [4.0]] and power 1 the averages are [[1.0], [3.0]].
    """
    averages, x = [], points[0]
    for t, w in enumerate(points, 1):
        x = x + (power + 1) / (power + t) * (w - x)
        averages.append(x)
    return np.array(averages)


def _lion(ahead=lambda m, g, b1, b2: b1 * m + (1 - b1) * g, keep=lambda m, g, b1, b2: b2 * m + (1 - b2) * g,
          step=np.sign, start=lambda g: 0.0):
    """A mistake in one part of the update."""
    def wrong(w, g, state, lr, beta1, beta2):
        m = state.get("m", start(g))
        return w - lr * step(ahead(m, g, beta1, beta2)), {"m": keep(m, g, beta1, beta2)}
    return wrong


def _kept_first(w, g, state, lr, beta1, beta2):
    m = beta2 * state.get("m", 0.0) + (1 - beta2) * g
    return w - lr * np.sign(beta1 * m + (1 - beta1) * g), {"m": m}


def _corrected(w, g, state, lr, beta1, beta2):
    """With Adam's division by 1 − beta2^t."""
    m, t = state.get("m", 0.0), state.get("t", 0)
    hat = m / (1 - beta2**t) if t else m
    return w - lr * np.sign(beta1 * hat + (1 - beta1) * g), {"m": beta2 * m + (1 - beta2) * g, "t": t + 1}


def _steps(length=lambda g: np.sqrt(np.sum(g**2)), square=lambda x: x @ x.T, many=lambda n: n,
           made=lambda x, s, a, b, c: a * x + (b * s + c * s @ s) @ x, each=lambda x: x):
    def wrong(g, a, b, c, n_steps):
        x = g / length(g)
        for _ in range(many(n_steps)):
            x = each(made(x, square(x), a, b, c))
        return x
    return wrong


def _one_square(g, a, b, c, n_steps):
    x = g / np.sqrt(np.sum(g**2))
    s = x @ x.T
    for _ in range(n_steps):
        x = a * x + (b * s + c * s @ s) @ x
    return x


def _scaled_before(g, a, b, c, n_steps):
    x = g / np.sqrt(np.sum(g**2))
    for _ in range(n_steps):
        x = nearly_orthogonal(x, a, b, c, 1)
    return x


def _averages(share=lambda t, p: (p + 1) / (p + t), first=1, start=lambda points: points[0]):
    def wrong(points, power):
        found, x = [], start(points)
        for t, w in enumerate(points, first):
            x = x + share(t, power) * (w - x)
            found.append(x)
        return np.array(found)
    return wrong


def _way_of_lengths(g, a, b, c, n_steps):
    return f"The length of g there is {np.sqrt(np.sum(np.square(g))):.4g}."


_rng = np.random.default_rng(0)
_FLOATS = tuple(map(float, np.round(_rng.normal(size=10), 1)))
_VECTORS = tuple(np.round(_rng.normal(size=3), 1) for _ in range(10))
_STILL = (np.array([0.5, -1.0, 0.0]), np.array([-0.1, 2.0, 0.0]))  # the last weight has no gradient at first
_OPPOSED = (2.0, -1.0, -0.5, 1.0, 0.25)  # with shares of one half the average and the gradient cancel exactly
_MANY = tuple(3 * _rng.normal(size=8) for _ in range(30))  # not rounded, so that no sum is 0 but for its last bits
_PLACES = np.arange(8.0) + 0.55  # from which steps of 0.1 never lead to 0
_UNLIKE = tuple(g * [1e-12, 1.0, 1e6] for g in _VECTORS[1:5])
_RESTS = (2.0, 0.0, 0.0, -0.5, 0.0, 0.0, 0.0, -1.0, 0.0, 0.7, 0.0)
_RESTS_OF_ALL = tuple(g * (k % 3 == 0) for k, g in enumerate(_MANY))
_TABLE, _TABLES = np.arange(6.0).reshape(2, 3) + 0.55, tuple(g[:6].reshape(2, 3) for g in _MANY)
_rng = np.random.default_rng(15)
_WIDE, _SQUARE, _LARGE = (np.round(_rng.normal(size=shape), 2) for shape in ((2, 4), (3, 3), (3, 5)))
_POINTS = [np.round(_rng.normal(size=shape), 2) for shape in ((2, 1), (5, 2), (9, 3), (1, 2), (6, 1))]
_WIDER, _LOPSIDED = np.round(_rng.normal(size=(3, 60)), 2), np.array([[1.0, 2.0, 3.0], [1e-5, 0.0, 2e-5]])
_RUNS = [np.round(_rng.normal(size=shape), 2) for shape in ((450, 2), (12, 20), (800, 1))]
_LATE = tuple(map(float, _rng.normal(size=300)))


def _some_lions(rng):
    """Up to 12 steps from a number or an array, with zeros. A sum is 0 only where it is so exactly; no weight is."""
    shape, exact = ((), (whole(rng, 1, 40),), (whole(rng, 1, 6), whole(rng, 1, 6)))[rng.integers(3)], rng.random() < 0.3
    lr, shares, n = scale(rng, 1e-4, 10), rng.random(2).round(3).tolist(), whole(rng, 1, 12)
    w = lr * (rng.integers(-20, 21, shape) + 0.5)
    if exact:
        shares, n = (0.5, 0.5), whole(rng, 1, 8)
        gradients = [np.asarray(rng.integers(-2, 3, shape), float) for _ in range(n)]
    else:
        size = 10.0 ** rng.integers(-9, 7)
        gradients = [size * rng.normal(size=shape) * (rng.random(shape) < 0.8) for _ in range(n)]
    return (w, tuple(gradients), lr, *shares) if shape else (float(w), tuple(map(float, gradients)), lr, *shares)


def _some_matrix(rng):
    """A matrix of up to 20 rows, of any size, with equal numbers, perhaps of rank 1; up to 8 steps."""
    rows = whole(rng, 1, 20)
    g = numbers(rng, rows, rows + whole(rng, 1, 21) - 1)
    g = (g, g[:, :1] @ g[:1], 1.0 * rng.integers(-3, 4, g.shape))[rng.choice(3, p=[0.6, 0.2, 0.2])]
    g[0, -1] += not g.any()
    g = g * 10.0 ** rng.integers(-9, 10)
    own = tuple(float(x) for x in rng.uniform(-1.5, 1.5, 3).round(2))
    if rng.random() < 0.4:
        return g, *own, whole(rng, 1, 3) - 1
    known = [(1.5, -0.5, 0.0), (1.875, -1.25, 0.375), (3.4445, -4.775, 2.0315), (2, -1.5, 0.5)]
    return g, *known[rng.integers(4)], whole(rng, 1, 9) - 1


def _some_points(rng):
    """Up to 300 points of up to 12 weights on levels of their own, perhaps the same for some steps; any power."""
    n, d = whole(rng, 1, 300), whole(rng, 1, 12)
    points = numbers(rng, n, d) + rng.choice([-20, 0, 20], d) * (n > 4)
    points = np.repeat(points, whole(rng, 1, 5), axis=0)[:n] * 10.0 ** rng.integers(-4, 5)
    return points, (0, int(rng.integers(1, 12)), scale(rng, 0.01, 100))[rng.integers(3)]


EXERCISES = [
    Exercise(
        id="lion-update",
        title="one step of Lion",
        reference=lion_update,
        why="Two shares of one average: the step looks ahead with beta1, and what is kept forgets with beta2.",
        hints=(
            "Two different mixtures of the same old average and the same gradient: one for the sign, one to hand on.",
            "Take the old average out of the state first, 0 where there is none: `m = state.get(\"m\", 0.0)`.",
            "The step is lr · sign(beta1 · m + (1 − beta1) · g), with `np.sign`; handed on is beta2 · m + (1 − beta2) "
            "· g.",
        ),
        probes=((1.0, (0.5, -0.2), 0.1, 0.5, 0.9), (1.0, _FLOATS, 0.1, 0.9, 0.6), (0.3, _FLOATS, 0.02, 0.4, 0.95),
                (np.array([1.0, -2.0, 0.5]), _VECTORS, 0.05, 0.8, 0.5),
                (np.array([0.0, 1.0, 3.0]), (*_STILL, *_VECTORS[:8]), 0.3, 0.3, 0.99),
                (np.array([1.0, -2.0, 0.5]), _UNLIKE, 0.1, 0.7, 0.9), (_PLACES, _MANY, 0.1, 0.75, 0.85),
                (0.75, _OPPOSED, 0.1, 0.5, 0.5), (4.0, SLOPES[4:], RATES[1:5], 0.9, 0.6),
                (_PLACES, _MANY[::-1], 0.1, 0.95, 0.7)),
        further=(*((_PLACES, _MANY, 0.1, *shares) for shares in ((0.0, 0.9), (0.9, 0.0), (0.0, 0.0))),
                 (1.0, (2.0, -1.0, 2.0), 0.1, 0.8, 0.5), (_TABLE, _TABLES, 0.1, 0.8, 0.6),
                 (0.35, _RESTS, 0.1, 0.6, 0.8), (_PLACES, _RESTS_OF_ALL, 0.1, 0.8, 0.9),
                 (_PLACES, tuple(1e-40 * g for g in _MANY), 0.1, 0.75, 0.85),
                 (_PLACES, tuple(10.0**(k % 7) * g for k, g in enumerate(_MANY)), 0.1, 0.75, 0.85),
                 (1, (0.5, -0.1, 0.3), 0.1, 0.9, 0.5),
                 (_PLACES + 40, _MANY * 2, 0.1, 0.95, 0.98), (_PLACES + 40, _MANY, 2.0, 0.99, 0.999),
                 (np.arange(12.0) + 0.55, tuple(np.r_[g, -g[:4]] for g in _MANY), 0.1, 0.8, 0.6),
                 (4.0, SLOPES, RATES, 0.9, 0.6), (4.0, SLOPES[::-1], RATES, 0.75, 0.8),
                 (0.0625, _LATE, 0.125, 0.9, 0.99)),  # exact in binary, however long
        draw=_some_lions,
        corners={"floats": [0, 1, 2, 7], "arrays of one shape": [3, 4, 5, 6, 9], "A sign of 0": [4, 7],
                 "against the sign": [5], "lr may change from step to step": [8]},
        drive=lambda update, w, gradients, lr, beta1, beta2: walk(
            update, w, gradients, [(rate, beta1, beta2) for rate in rates(lr, gradients)]),
        mistakes=(
            (_lion(ahead=lambda m, g, b1, b2: g),
             "Every step goes by the sign of the present gradient alone: either the average does not come in, or the "
             "one in the state is not used or not handed back."),
            (_lion(ahead=lambda m, g, b1, b2: m + 0 * g),
             "The sign is that of the old average: the new gradient should come in with the share 1 − beta1."),
            (_lion(ahead=lambda m, g, b1, b2: b2 * m + (1 - b2) * g, keep=lambda m, g, b1, b2: b1 * m + (1 - b1) * g),
             "The shares have changed places: beta1 is for the step, beta2 for what is handed on."),
            (_lion(ahead=lambda m, g, b1, b2: b2 * m + (1 - b2) * g),
             "The step is taken with beta2 as well. It should look ahead with beta1."),
            (_lion(keep=lambda m, g, b1, b2: b1 * m + (1 - b1) * g),
             "The average handed on keeps the share beta1. It should keep beta2."),
            (_kept_first, "The average is brought up to date before the step, with the gradient in it already. Both "
                          "mixtures should be made of the old one."),
            (_lion(step=lambda x: x), "The step grows with the average. Its sign alone is asked for."),
            (_lion(step=lambda x: -np.sign(x)), "The weights go uphill: lr times the sign is taken off them."),
            (_lion(step=lambda x: np.where(x < 0, -1.0, 1.0)),
             "Where the average is 0, the weight moves. A sign of 0 is 0, as `np.sign` has it."),
            (_lion(step=lambda x: np.where(x > 0, 1.0, -1.0)),
             "Where the average is 0, its sign is taken for −1, and the weight moves. A sign of 0 is 0, as `np.sign` "
             "has it."),
            (_lion(step=lambda x: np.sign(x) * (np.abs(x) > 1e-9)),
             "Right but where the average is tiny: there the weight moves too little. A sign is 1 or −1 however small "
             "the number, and 0 only for 0."),
            (_lion(start=lambda g: g),
             "After the first step the average is g, whole. Before it the average is 0, so that (1 − beta2) · g is "
             "handed on."),
            (_lion(keep=lambda m, g, b1, b2: b2 * (b1 * m + (1 - b1) * g) + (1 - b2) * g),
             "The average handed on is made of the one that looks ahead. Both should be made of the old average."),
            (_lion(ahead=lambda m, g, b1, b2: b1 * m + g),
             "The gradient is added whole to the average that looks ahead. Its share there should be 1 − beta1."),
            (_lion(ahead=lambda m, g, b1, b2: (1 - b1) * m + b1 * g, keep=lambda m, g, b1, b2: (1 - b2) * m + b2 * g),
             "beta1 and 1 − beta1 have changed places, and so have beta2 and 1 − beta2: both are shares of the old "
             "average."),
            (_corrected, "The average is divided by 1 − beta2^t, as in Adam. Lion takes it as it is."),
            (_lion(step=lambda x: x / (np.sqrt(np.sum(np.square(x))) + 1e-30)),
             "The average is divided by its length, that of all weights together. Asked for is the sign of each "
             "entry."),
            (_lion(ahead=lambda m, g, b1, b2: (1 - b1) * m + b1 * g),
             "beta1 and 1 − beta1 have changed places: beta1 is the share of the old average."),
            (_lion(keep=lambda m, g, b1, b2: (1 - b2) * m + b2 * g),
             "beta2 and 1 − beta2 have changed places: beta2 is the share of the old average."),
            (_lion(keep=lambda m, g, b1, b2: b2 * m + g),
             "The gradient is added whole to the average handed on. Its share there should be 1 − beta2."),
            (_lion(keep=lambda m, g, b1, b2: np.sign(b1 * m + (1 - b1) * g)),
             "What is handed on is the sign. It should be the average itself."),
            *of_any_step(lion_update),
        ),
    ),
    Exercise(
        id="newton-schulz",
        title="a matrix made nearly orthogonal",
        reference=nearly_orthogonal,
        on_the_way=_way_of_lengths,
        why="Each step does to every singular value σ what the polynomial aσ + bσ³ + cσ⁵ does to a number, and leaves "
            "the directions alone.",
        hints=(
            "First the length, once: all squares, summed, and the root of that.",
            "In the loop, s is made anew from the x of this step. `@` is the product of matrices.",
            "`x = g / np.sqrt(np.sum(g**2))`, then in the loop `s = x @ x.T` and the line of the text.",
        ),
        probes=((np.array([[3.0, 4.0]]), 2.0, 0.0, 0.0, 1), (_WIDE, 1.5, -0.5, 0.0, 1), (_WIDE, 1.5, -0.5, 0.0, 4),
                (_SQUARE, 3.4, -4.8, 2.0, 2), (_LARGE, 3.4445, -4.775, 2.0315, 5), (_SQUARE, 2.0, -1.5, 0.5, 3),
                (_LARGE, 2.0, -1.5, 0.5, 0), (1e-6 * _WIDE, 2.0, -1.5, 0.5, 1)),
        further=((1e-30 * _WIDE, 2.0, -1.5, 0.5, 1), (1e30 * _WIDE, 2.0, -1.5, 0.5, 3), (_WIDER, 1.5, -0.5, 0.0, 3),
                 (_LOPSIDED, 2.0, -1.5, 0.5, 1), (3.0 * np.eye(2), 2**0.5, 0.0, 0.0, 3),
                 (_WIDE, 1.05, -0.05, 0.0, 45), (_LARGE, 1.05, -0.05, 0.0, 14),
                 (np.array([[-2.0]]), 1.5, -0.5, 0.25, 3), (_WIDE, -1.2, 0.7, -0.4, 3), (_WIDE, 0.0, 1.2, -0.3, 2),
                 (np.array([[1.0, 2.0, 2.0], [2.0, 4.0, 4.0]]), 1.5, -0.5, 0.25, 2),
                 (_WIDE, 1.001, -0.001, 0.0, 800)),  # a loop, as the task writes it
        whole=((np.array([[3, 4]]), 2.0, 0.0, 0.0, 1),),
        draw=_some_matrix,
        corners={"there may be none": [6], "divided by its length": [7]},
        mistakes=(
            (_steps(length=lambda g: 1.0), "The matrix is not divided by its length at the start."),
            (_steps(length=lambda g: np.sum(g**2)), "It is divided by the sum of squares. The length is its root."),
            (_steps(length=lambda g: np.linalg.norm(g, 2)),
             "It is divided by its largest singular value, which `np.linalg.norm(g, 2)` is. Asked for is the root of "
             "the sum of all squares."),
            (_steps(length=lambda g: np.linalg.norm(g, axis=1, keepdims=True)),
             "Each row is divided by its own length. There is one length, of all entries together."),
            (_steps(length=lambda g: np.abs(g).max()),
             "It is divided by the largest absolute value in it, not by its length."),
            (_one_square, "s is made once, before the loop. It belongs to the x of each step."),
            (_steps(made=lambda x, s, a, b, c: a * x + (b * s + c * s * s) @ x),
             "Each entry of s is squared. The square of a matrix is `s @ s`."),
            (_steps(made=lambda x, s, a, b, c: (b * s + c * s @ s) @ x), "The term a · x is missing."),
            (_steps(made=lambda x, s, a, b, c: (a + b * s + c * s @ s) @ x),
             "a is added to every entry of the matrix in the brackets. As a factor of x it stands outside them."),
            (_steps(made=lambda x, s, a, b, c: a * x + b * s @ x), "The term with c is missing."),
            (_steps(made=lambda x, s, a, b, c: a * x + (c * s + b * s @ s) @ x), "b and c have changed places."),
            (_steps(made=lambda x, s, a, b, c: x + a * x + (b * s + c * s @ s) @ x),
             "x is added once more. The new x should take the place of the old one."),
            (_steps(each=lambda x: x / np.sqrt(np.sum(x**2))),
             "x is divided by its length in every step. That should be done once, before the first."),
            (_scaled_before,
             "x is divided by its length before every step. That should be done once, before the first."),
            (lambda g, a, b, c, n: np.linalg.svd(g, full_matrices=False)[0] @ np.linalg.svd(g, full_matrices=False)[2],
             "All singular values are 1: that is the orthogonal matrix itself. Asked for is where the steps lead."),
            (_steps(made=lambda x, s, a, b, c: a * x + b * x**3 + c * x**5),
             "The polynomial is applied to each entry. With `@` it is applied to the matrix."),
            (_steps(made=lambda x, s, a, b, c: a * x + (b * s + c * s) @ x),
             "c is multiplied by s. It belongs before `s @ s`."),
            (_steps(many=lambda n: min(n, 1)), "One step at most is taken. There are n_steps."),
            (_steps(many=lambda n: n + 1), "One step too many is taken."),
            (_steps(many=lambda n: max(n - 1, 0)), "One step too few is taken, unless there are none."),
            (_steps(many=lambda n: max(n, 1)),
             "With n_steps = 0 a step is taken. Then nothing but the division should be done."),
            (lambda g, a, b, c, n: nearly_orthogonal(g, a, b, c, n).T, "The matrix comes back transposed."),
        ),
    ),
    Exercise(
        id="anytime-average",
        title="an average that needs no end",
        reference=anytime_averages,
        why="No number of steps stands in it. The share shrinks as 1/t, so that the average always reaches back over "
            "the same part of the run.",
        hints=(
            "One variable x holds the average; after each step it moves towards the newest weights, and it is kept.",
            "t counts from 1. What is the share at t = 1, whatever the power?",
            "`for t, w in enumerate(points, 1):` and in it `x = x + (power + 1) / (power + t) * (w - x)`.",
        ),
        probes=((_POINTS[0], 1), (_POINTS[1], 0), (_POINTS[1], 2), (_POINTS[2], 8), (_POINTS[2], 0.5), (_POINTS[3], 3),
                (_POINTS[4], 1)),
        further=((_RUNS[0], 3), (_RUNS[0][:150], 0), (_RUNS[1], 1), (_RUNS[1], 12.5), (_RUNS[1], 100),
                 (1e6 * _POINTS[1], 0.25),
                 (_POINTS[2], 0.05), (_RUNS[2], 2)),
        whole=((np.array([[1], [4], [4]]), 0),),
        draw=_some_points,
        corners={"may be 0": [1], "whole or not": [4]},
        mistakes=(
            (_averages(share=lambda t, p: 1 / t),
             "All weights count alike, as they should at power 0 alone. The power comes into the share twice."),
            (_averages(share=lambda t, p: p / (p + t) if t > 1 else 1.0),
             "The share is power / (power + t). Above the line should stand power + 1."),
            (_averages(share=lambda t, p: 1 / (p + t) if t > 1 else 1.0),
             "The share is 1 / (power + t). Above the line should stand power + 1."),
            (_averages(share=lambda t, p: (p + 1) / (p + t + 1)),
             "The steps are counted from one too many below the line: at step 1, t is 1."),
            (_averages(first=0, share=lambda t, p: (p + 1) / (p + max(t, 1))),
             "t is one too small from the second step on: it should be 2 there."),
            (_averages(share=lambda t, p: 1 - (p + 1) / (p + t)),
             "The share is that of the old average. It should be how far the average goes towards the new weights."),
            (_averages(share=lambda t, p: 1 / (p + 1) if t > 1 else 1.0),
             "The share is the same at every step: that average forgets at a fixed pace. The share should shrink as t "
             "grows."),
            (_averages(share=lambda t, p: 1.0), "Those are the weights themselves: nothing is averaged."),
            (lambda points, power: points * 0 + points.mean(axis=0),
             "The average over all steps stands in every row. After step t only the first t weights are known."),
            (lambda points, power: points * 0 + anytime_averages(points, power)[-1],
             "The last average stands in every row. Keep each on the way."),
            (lambda points, power: anytime_averages(points, power)[-1],
             "Only the last average comes back. One after each step is asked for."),
            (lambda points, power: anytime_averages(points[::-1], power),
             "The points are taken from the last to the first."),
            (lambda points, power: np.cumsum(points, axis=0), "Those are sums. An average is asked for."),
            (lambda points, power: np.cumsum(points * np.arange(1.0, len(points) + 1)[:, None]**power, axis=0)
             / np.cumsum(np.arange(1.0, len(points) + 1)**power)[:, None],
             "Step t counts t ** power times here. As a rule, that is the same at powers 0 and 1 only."),
            (lambda points, power: np.array([points[0], *(a + (power + 1) / (power + t) * (b - a) for t, (a, b) in
                                                          enumerate(pairwise(points), 2))]),
             "The way begins at the weights of the step before. It should begin at the average."),
            (lambda points, power: _averages(share=lambda t, p: (p + 1) / (p + len(points)) if t > 1 else 1.0)(
                points, power),
             "The share is the same at every step, that of the last. t should be the number of this step, not of all."),
            (_averages(share=lambda t, p: p + 1 / (p + t) if t > 1 else 1.0),
             "The share is power + 1 / (power + t): a bracket is missing around power + 1."),
        ),
    ),
]

QUIZZES = [
    Quiz("untuned-baseline", "A paper reports that a new optimizer reaches the loss of AdamW in half the steps. Its "
         "AdamW ran at the rate of an earlier paper, with a constant schedule; the new method's rate was searched over "
         "20 values. What follows?", (
        Option("The new method is about twice as fast.",
               "Part of the lead, or all of it, may be the search and the schedule.",
               origin="Comparisons with an untuned baseline are common"),
        Option("Nothing about the method yet: give AdamW as many tries and a schedule that falls, then compare.",
               "Both sides get the same effort. In this notebook that is asserted.", right=True),
        Option("The new method is easier to tune.",
               "It may be. The width of its basin would say so; twenty tries on one side do not."),
        Option("One seed more would settle it.",
               "More seeds narrow the interval around the wrong difference."),
    )),
    Quiz("which-weights", "Which weights does Muon take?", (
        Option("All of them: a vector is a matrix with one row.",
               "Of one row only the length is changed. Biases are left to another optimizer.",
               origin="A bug that raises no error: a stack of vectors passes for a matrix"),
        Option("The matrices in the middle of a network; vectors, embeddings and as a rule the output go to AdamW.",
               "So its authors use it, and `torch.optim.Muon` refuses what has not two axes.", right=True),
        Option("Only square matrices, since others are not orthogonal.",
               "A wide matrix can have orthogonal rows. The singular values are brought near 1 in any shape."),
        Option("The embeddings only, since they are the largest.",
               "Their rows are words that come one at a time; those are left to AdamW as a rule."),
    )),
    Quiz("judged-by", "A network is trained with schedule-free AdamW. Validation is run on the weights at which the "
         "gradients are taken. What is wrong?", (
        Option("Nothing: a network has one set of weights.",
               "This method holds three: where it takes gradients, where it steps, and their average.",
               origin="A common slip: the package's `optimizer.eval()` forgotten"),
        Option("It is judged by the wrong weights: the average is what the method promises something of.",
               "In this course `evaluated(w, state)` gives it.", right=True),
        Option("The rate should fall to 0 before validation.",
               "That is what the average stands in for."),
        Option("Validation has to wait for the end of the run.",
               "That it needs no end is the point."),
    )),
]
