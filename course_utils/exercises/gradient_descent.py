"""Exercises and questions of notebook 01: the update, the critical rate, checking a gradient, counting steps."""

import math

import numpy as np

from .draws import digits, numbers, scale, whole
from .quizzes import Option, Quiz
from .tasks import Exercise
from .values import show


def gradient_step(w, g, lr):
    """The weights after one step of gradient descent.

    The weights w and their gradient g are floats, or arrays of one shape; lr is
    the learning rate. gradient_step(1.0, 2.0, 0.25) gives 0.5.
    """
    return w - lr * g


def critical_rate(hessian):
    """The rate above which gradient descent diverges on a quadratic.

    hessian is its symmetric matrix, shape (d, d), with curvatures above 0.
    critical_rate(np.array([[4.0]])) gives 0.5.
    """
    return 2 / np.linalg.eigvalsh(hessian).max()


def gradient_check(f, w, h):
    """The gradient of f at w by central differences with step h, shape (d,).

    f takes an array and gives a number; w has shape (d,) and may hold whole
    numbers, as in np.array([1, 2]). Each point that f is asked at is h away
    from w. With f = lambda w: w[0] * w[1], gradient_check(f, w, 0.1) gives
    [2.0, 1.0] there.
    """
    g = np.zeros(len(w))
    for i in range(len(w)):
        step = np.zeros(len(w))
        step[i] = h
        g[i] = (f(w + step) - f(w - step)) / (2 * h)
    return g


def steps_to_tolerance(factor, tolerance):
    """The smallest whole number n >= 0 with factor**n <= tolerance.

    0 <= factor < 1, where factor 0 arrives in one step, and 0 < tolerance <= 1,
    where tolerance 1 needs no step; n up to 500 are asked for. Of the powers of
    factor, a tolerance is none but 1 and factor itself: rounding has no say.
    steps_to_tolerance(0.5, 0.3) gives 2.
    """
    if factor == 0:
        return 0 if tolerance >= 1 else 1
    n = round(math.log(tolerance) / math.log(factor))
    return n if factor**n <= tolerance else n + 1


def _eigenvalues(hessian):
    return np.linalg.eigvalsh(hessian)


def _power_iteration(hessian):
    v = np.ones(len(hessian))
    for _ in range(200):
        v = hessian @ v / np.linalg.norm(hessian @ v)
    return 2 / (v @ hessian @ v)


def _differences(f, w, h, formula):
    """One number for each coordinate: formula(f, w, s) with s a step of length h along it."""
    return np.array([formula(f, w, h * np.eye(len(w))[i]) for i in range(len(w))])


def _without_restoring(f, w, h):
    return _in_place_without_restoring(f, w.astype(float), h)


def _in_whole_numbers(f, w, h):
    g = np.zeros(len(w))
    for i in range(len(w)):
        up, down = w.copy(), w.copy()
        up[i] += h
        down[i] -= h
        g[i] = (f(up) - f(down)) / (2 * h)
    return g


def _in_place(f, w, h):
    g = np.zeros(len(w))
    for i in range(len(w)):
        w[i] += h
        up = f(w)
        w[i] -= 2 * h
        g[i] = (up - f(w)) / (2 * h)
        w[i] += h
    return g


def _in_place_without_restoring(f, w, h):
    g = np.zeros(len(w))
    for i in range(len(w)):
        w[i] += h
        up = f(w)
        w[i] -= 2 * h
        g[i] = (up - f(w)) / (2 * h)
    return g


def _restoring_the_first_alone(f, w, h):
    shift = h * np.eye(len(w))
    moved = [w - shift[1:i].sum(axis=0) for i in range(len(w))]
    return np.array([(f(at + step) - f(at - step)) / (2 * h) for at, step in zip(moved, shift, strict=True)])


def _adding_steps(f, w, h):
    return _differences(f, w, h, lambda f, w, s: (f(w + h * (s.cumsum() == 0) + s) - f(w - h * (s.cumsum() == 0) - s))
                        / (2 * h))


def _by_its_size(f, w, h):
    steps = h * np.maximum(1, np.abs(w))
    return np.array([gradient_check(f, w, step)[i] for i, step in enumerate(steps)])


def _cubic(w):
    """w₁³ + 2 w₁ w₂"""
    return w[0] ** 3 + 2 * w[0] * w[1]


def _quartic(w):
    """Σ wᵢ⁴ − 3 w₁² w₃"""
    return (w**4).sum() - 3 * w[0] ** 2 * w[2]


def _chain(w):
    """w₁ w₂ + w₂² w₃"""
    return w[0] * w[1] + w[1] ** 2 * w[2]


def _cubes(w):
    """Σ i wᵢ³ + w₁ w_d"""
    return (np.arange(1, len(w) + 1) * w**3).sum() + w[0] * w[-1]


def _tails(w):
    """Σ i / (1 + (wᵢ − i)²)"""
    i = np.arange(1, len(w) + 1)
    return (i / (1 + (w - i) ** 2)).sum()


def _rational(w):
    """1 / (1 + w₁²)"""
    return 1 / (1 + w[0] ** 2)


def _pole(w):
    """w₁ + 1 / w₁"""
    return w[0] + 1 / w[0]


def _kink(w):
    """|w₁| + w₂"""
    return abs(w[0]) + w[1]


def _log_steps(factor, tolerance):
    """The number of steps before rounding, with the one step of factor 0 taken care of."""
    if factor == 0:
        return 0.0 if tolerance >= 1 else 1.0
    return math.log(tolerance) / math.log(factor)


def _way_to_the_slope(f, w, h):
    step = h * np.eye(len(w))[0]
    below, above = f(w - step), f(w + step)
    digits = next((d for d in range(6, 16) if np.isclose(float(f"{above:.{d}g}") - float(f"{below:.{d}g}"),
                                                         above - below, 1e-3, 0)), 17)
    return (f"Along the first coordinate, f is `{below:.{digits}g}` at one of the two points and `{above:.{digits}g}` "
            "at the other.")


def _way_to_the_tolerance(factor, tolerance):
    n = steps_to_tolerance(factor, tolerance)
    if n == 0:
        return "The start is at the distance 1 already."
    return f"After step `{n - 1}` the distance is `{factor ** (n - 1):.4g}`, after step `{n}` it is `{factor**n:.4g}`."


def _some_step(rng):
    """Weights and a gradient of one shape, from a single number to a table of tables, large and small."""
    shape = tuple(whole(rng, 1, 20) if rng.random() < 0.7 else 1 for _ in range(rng.integers(4)))
    shape = shape if rng.random() < 0.8 else 2 * (whole(rng, 2, 20),)
    size, lr = 10.0 ** rng.integers(-4, 3), scale(rng, 1e-4, 5)
    w, g = size * numbers(rng, *shape), size / lr * numbers(rng, *shape) * rng.choice([0.1, 1.0])
    g = np.where(np.abs(w - lr * g) < 0.1 * np.abs(w), -g, g)  # nothing that cancels
    return (digits(w), digits(g), lr) if shape else (float(w), float(f"{g:.3g}"), lr)


def _some_hessian(rng):
    """Up to 8 curvatures along turned axes, the largest of them perhaps twice, the others well below it."""
    d = whole(rng, 1, 8)
    curvatures = rng.uniform(0.01, 0.7, d)
    curvatures[:rng.integers(1, 3)] = 1
    axes = np.linalg.qr(rng.normal(size=(d, d)))[0] if rng.random() < 0.8 else np.eye(d)[rng.permutation(d)]
    hessian = scale(rng, 0.01, 100) * (axes * curvatures) @ axes.T
    return ((hessian + hessian.T) / 2,)


def _some_function(rng):
    """A function and a place of up to 12 weights, among them zeros, equal ones and whole numbers."""
    w = numbers(rng, whole(rng, 1, 12))
    w = rng.integers(-3, 4, len(w)) if rng.random() < 0.3 else w
    return (_cubes, _tails)[rng.integers(2)], w, float(rng.choice([0.01, 0.1, 0.5, 2.0]))


def _some_way(rng):
    """Up to 500 steps. The tolerance lies between two powers of the factor, or above one by more than rounding."""
    if rng.random() < 0.2:
        factor = float(rng.choice([0.25, 0.5]))
        return factor, factor ** int(rng.choice([1, 2, 4, 8, 16])) * (1 + 1e-9)
    if rng.random() < 0.1:
        return int(rng.integers(2)) * scale(rng, 0.01, 0.99), float(rng.choice([1.0, 0.3, 1e-4]))
    n = whole(rng, 1, 500)
    factor = float(round(rng.uniform(max(0.02, 1e-30 ** (1 / n)), 0.999), 4))
    return factor, factor ** (n - rng.uniform(0.2, 0.8))


def _above_zero(wrong):
    """A mistake of those who have taken care of factor 0."""
    return lambda factor, tolerance: (wrong if factor else steps_to_tolerance)(factor, tolerance)


EXERCISES = [
    Exercise(
        id="gradient-step",
        title="one step downhill",
        reference=gradient_step,
        why="The same line serves a float, an array and a tensor, because it is arithmetic only.",
        hints=(
            "The gradient points to where the loss grows. Which way, then, should the weights go?",
            "The length of the step is the gradient times a number. Which of the three arguments is that number?",
            "Multiply the rate and the gradient, and take the product away from the old weights.",
        ),
        probes=(
            (1.0, 0.5, 0.1), (-2.0, 3.0, 0.25), (0.5, -0.2, 1.7), (0.0, 2.5, 0.00137), (2.5, 0.0, 0.3),
            (np.array([3.0, -4.0]), np.array([0.5, 2.0]), 0.05),
            (np.array([[0.1, 20.0, -3.0], [4.0, -0.5, 6.0]]), np.array([[7.0, -1.0, 0.0], [0.2, 5.0, -9.0]]), 0.3),
        ),
        on_the_way=lambda w, g, lr: f"The rate times the gradient is `{show(lr * g)}` there.",
        further=((1, 2, 0.25), (np.array([1e-9, 2e-9]), np.array([1e-8, -3e-8]), 0.05), (1.5, 2.0, 0.0),
                 (np.array([1e9, -2e9]), np.ones(2), 1e8),
                 (np.array([4.0, -1.0]), np.array([1.0, 2.0]), 0.0), (1e-8, 3e-9, 1.0),
                 (np.array([[1.0, 2.0], [3.0, 4.0]]).T, np.array([[0.5, 1.0], [2.0, 3.0]]), 1.0)),
        whole=((np.array([1, 2]), np.array([2, 2]), 0.25), (np.array([3, -1]), np.array([0.5, 0.25]), 1.0)),
        draw=_some_step,
        mistakes=(
            (lambda w, g, lr: w + lr * g,
             "That walks uphill: the gradient points to where the loss grows. Look at the sign."),
            (lambda w, g, lr: w - g,
             "The step has the length of the gradient itself: the rate has no say in it yet."),
            (lambda w, g, lr: -lr * g,
             "That is the step. Asked for is where it leads: what must it be added to?"),
            (lambda w, g, lr: lr * g,
             "That is the rate times the gradient. Where do the old weights come in, and with which sign?"),
            (lambda w, g, lr: w * (1 - lr),
             "The weights are multiplied by 1 − lr and the gradient is not used: what should the rate multiply?"),
            (lambda w, g, lr: w * (1 - lr * g),
             "Here the step is multiplied by the weight as well; a weight of 0 could never move."),
            (lambda w, g, lr: lr * w - g,
             "The rate multiplies the weights here. Which of the two should it scale?"),
            (lambda w, g, lr: w - g / lr,
             "Dividing by the rate makes a small rate take a large step: it should be the other way round."),
            (lambda w, g, lr: w - lr * np.sign(g),
             "Only the sign of the gradient is used: a steep slope moves a weight no further than a gentle one."),
            (lambda w, g, lr: w - lr * np.abs(g),
             "The absolute value lets no weight grow, even where the loss falls to the right."),
            (lambda w, g, lr: w - lr * g / np.linalg.norm(g),
             "The gradient is divided by its length, so the step no longer gets shorter near the minimum."),
            (lambda w, g, lr: w - lr * np.maximum(g, 0),
             "Only slopes above 0 move a weight here. A slope below 0 should move it, too, towards a larger w."),
            (lambda w, g, lr: w - lr * np.mean(g),
             "Every weight takes the same step here. Each has its own entry in the gradient."),
            (lambda w, g, lr: w - lr,
             "That moves by the rate alone. How steep the loss is, the gradient, should matter too."),
            (lambda w, g, lr: lr * (w - g),
             "The rate multiplies the weights as well. It belongs to the gradient alone: are brackets in the wrong "
             "place?"),
            (lambda w, g, lr: w - lr * g**2,
             "The gradient is squared, which takes its sign away: no weight can grow."),
            (lambda w, g, lr: w - lr * np.sum(g),
             "All slopes are added up, and every weight takes the same step. Each has its own entry in the gradient."),
            (lambda w, g, lr: lr * g - w,
             "All signs are turned round: it is the step that is taken away from the weights."),
            (lambda w, g, lr: w - (1 - lr) * g,
             "The gradient is multiplied by 1 − lr: a small rate makes a large step here."),
            (lambda w, g, lr: w * (1 - lr) - lr * g,
             "Besides the step, the rate times the weights is taken away. That is weight decay, which comes later."),
            (lambda w, g, lr: w * (1 - lr) + lr * g,
             "The weights times 1 − lr and the gradient times lr are added up. The step should be taken away from the "
             "whole weights."),
            (lambda w, g, lr: w - 2 * lr * g,
             "The step is twice as long as asked for."),
            (lambda w, g, lr: w - lr * np.linalg.norm(g),
             "Every weight moves by the rate times the gradient's length. Each has its own entry in the gradient."),
            (lambda w, g, lr: w,
             "The weights come back unchanged: is the result of the step what is returned?"),
            (lambda w, g, lr: g - lr * w,
             "Weights and gradient have changed places."),
            (lambda w, g, lr: w - lr * g / 2,
             "The step is half as long as asked for."),
            (lambda w, g, lr: (w - lr) * g,
             "The rate is taken off the weights, and what is left is multiplied by the gradient. The product of rate "
             "and gradient should come first."),
            (lambda w, g, lr: w - 0.25 * g,
             "The rate is 0.25 here, whatever lr is. That was the example's."),
            (lambda w, g, lr: np.maximum(w - lr * g, 0),
             "Weights below 0 become 0 here. A weight may be negative."),
            (lambda w, g, lr: w - lr * np.clip(g, -1, 1),
             "The slopes are cut off at −1 and 1 here. The step uses them as they are."),
            (lambda w, g, lr: w - (lr + g),
             "Rate and gradient are added up and taken off the weights. The step is their product."),
        ),
    ),
    Exercise(
        id="critical-rate",
        title="the critical rate of a quadratic",
        reference=critical_rate,
        why="The steepest direction is the first to leave, so the largest curvature alone sets the limit; `eigvalsh` "
            "is the routine for symmetric matrices.",
        hints=(
            "Along each principal axis, one step multiplies the distance to the minimum by 1 − rate × curvature. "
            "When is that more than 1 in size?",
            "Every axis has its own limit, and the path diverges as soon as one of them is passed. Which axis has the "
            "lowest limit?",
            "The curvatures along the axes are the eigenvalues: `np.linalg.eigvalsh(hessian)`. One of them is needed.",
        ),
        probes=(
            (np.diag([1.0, 10.0]),), (np.diag([10.0, 1.0]),), (np.array([[2.0, 1.0], [1.0, 3.0]]),),
            (np.array([[5.0, -2.0], [-2.0, 1.0]]),), (np.array([[4.0]]),), (np.diag([0.02, 7.0, 0.5]),),
            (np.array([[6.0, 2.0, -1.0], [2.0, 5.0, 0.5], [-1.0, 0.5, 1.5]]),), (np.array([[3.0, 2.0], [2.0, 1.6]]),),
            (np.array([[2.0, -1.0], [-1.0, 2.0]]),),
            (np.array([[0.4, 0.1], [0.1, 0.05]]),),
        ),
        on_the_way=lambda hessian: f"The curvatures there are `{show(_eigenvalues(hessian))}`.",
        further=tuple((size * np.array([[2.0, 0.5], [0.5, 1.0]]),) for size in (1e-9, 1e-6, 1e-3, 1e6, 1e9))
        + ((np.array([[1e-6]]),), (np.diag([1e-4, 5e-4]),), (np.array([[3.0, 0, 0], [0, 2, 1.5], [0, 1.5, 2]]),),
           (np.outer([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]) + 1e-4 * np.eye(3),), (3.1 * np.eye(6) - 0.3,)),
        whole=((np.array([[2, 1], [1, 4]]),),),
        draw=_some_hessian,
        mistakes=(
            (lambda hessian: 2 / _eigenvalues(hessian).min(),
             "That is the limit of the flattest direction. Any steeper one leaves at a lower rate."),
            (lambda hessian: 1 / _eigenvalues(hessian).max(),
             "At that rate the steepest direction lands in its minimum in one step. It can still overshoot and come "
             "closer: by how much?"),
            (lambda hessian: 2 / np.ptp(_eigenvalues(hessian)),
             "The smallest curvature is taken from the largest. The largest alone sets the limit."),
            (lambda hessian: 2 / np.trace(hessian),
             "The trace adds up all the curvatures. Which one of them sets the limit?"),
            (lambda hessian: 2 / (_eigenvalues(hessian).min() + _eigenvalues(hessian).max()),
             "That is the best rate, where the slower direction is as fast as it gets. Divergence starts higher."),
            (lambda hessian: _eigenvalues(hessian).max() / 2,
             "Upside down: more curvature should allow less rate."),
            (lambda hessian: 2 / np.linalg.det(hessian),
             "The determinant multiplies all the curvatures. Which one of them sets the limit?"),
            (lambda hessian: 2 / np.diag(hessian).max(),
             "The entries of the diagonal are the curvatures only when the axes are those of the coordinates. "
             "Try a matrix with numbers off the diagonal."),
            (lambda hessian: 2 / np.linalg.eigvals(hessian)[-1],
             "The last eigenvalue is not always the largest: `np.linalg.eigvals` does not sort them."),
            (lambda hessian: 2 / np.linalg.eigvals(hessian)[0],
             "The first eigenvalue is not always the largest: the order depends on the matrix."),
            (lambda hessian: 2 / np.linalg.norm(hessian),
             "That norm mixes all the entries into one number. Where there are several curvatures, it is "
             "larger than any one of them."),
            (lambda hessian: 2 / np.abs(hessian).sum(axis=1).max(),
             "The largest row sum of the entries' sizes is only a bound on the curvature: safe, but the limit itself "
             "may lie higher."),
            (lambda hessian: _eigenvalues(hessian).max(),
             "That is the sharpness, the largest curvature. What rate does it allow?"),
            (lambda hessian: 2 * _eigenvalues(hessian).max(),
             "Multiplied by 2 instead of dividing 2 by it: more curvature should allow less rate."),
            (lambda hessian: 4 / _eigenvalues(hessian).max(),
             "Twice too large: at 2 / curvature a step lands as far on the other side as it began."),
            (lambda hessian: 2 / np.sqrt(_eigenvalues(hessian).max()),
             "The curvature is the eigenvalue itself, without a root."),
            (lambda hessian: 1 / _eigenvalues(hessian).min(),
             "At that rate the flattest direction lands in one step. The steepest may have left long before."),
            (lambda hessian: _eigenvalues(hessian).max() / _eigenvalues(hessian).min(),
             "That is the condition number, the ratio of the curvatures. The limit depends on their size."),
            (lambda hessian: 2 / hessian.mean(),
             "The mean of all entries is taken. The curvatures are the eigenvalues, and one of them sets the limit."),
            (lambda hessian: 2 / hessian.sum(),
             "All entries are added up. The curvatures are the eigenvalues, and one of them sets the limit."),
            (lambda hessian: 2 / hessian[0, 0],
             "That is the limit along the first coordinate. Another direction may be steeper."),
            (lambda hessian: 2 / hessian[-1, -1],
             "That is the limit along the last coordinate. Another direction may be steeper."),
            (lambda hessian: 2 / np.abs(hessian).sum(),
             "The sizes of all entries are added up. The curvatures are the eigenvalues, and one of them sets the "
             "limit."),
            (lambda hessian: 2 * np.linalg.inv(hessian),
             "That is a matrix, twice the inverse. One number is asked for: the limit of the steepest direction."),
            (lambda hessian: 2 / hessian.max(axis=1),
             "That is one number for each row. The curvatures are the eigenvalues, and one of them sets the limit."),
            (lambda hessian: 2 / _eigenvalues(hessian),
             "There you have the limit of every direction. The whole path needs a single one: which?"),
            (lambda hessian: 2 / _eigenvalues(hessian).mean(),
             "An average curvature is not enough: the path diverges when only one direction does."),
            (lambda hessian: 2 / hessian.sum(axis=1).max(),
             "A row sum need not be a curvature. The curvatures are the eigenvalues, and one of them sets the limit."),
            (lambda hessian: len(hessian) / _eigenvalues(hessian).max(),
             "The number of dimensions stands above the line here. It should be the same number in every dimension."),
            (lambda hessian: 2 * np.linalg.inv(hessian).max(),
             "That is the largest entry of the inverse, doubled. The curvatures are the eigenvalues of the matrix "
             "itself."),
            (lambda hessian: 2 / _eigenvalues(hessian).max() ** 2,
             "The curvature is squared. It is the eigenvalue itself."),
            (lambda hessian: 2 // _eigenvalues(hessian).max(),
             "Did `//` or `int` cut off all that stands behind the point? Where a curvature is above 2, nothing but 0 "
             "is left."),
            (lambda hessian: 2 / max(_eigenvalues(hessian).max(), 1),
             "No rate above 2 comes out here: is it cut off there, or a curvature below 1 taken for 1? Where all "
             "curvatures are below 1, the limit lies above 2."),
            (lambda hessian: 2 / max(_eigenvalues(hessian).max(), 2),
             "No rate above 1 comes out here: is it cut off there? Where all curvatures are below 2, the limit lies "
             "above 1."),
            (lambda hessian: 2 * _eigenvalues(hessian).min() / _eigenvalues(hessian).max(),
             "That is 2 divided by the condition number, the ratio of the curvatures. Divide 2 by the largest of "
             "them."),
            (lambda hessian: 2 / np.median(_eigenvalues(hessian)),
             "The median curvature is not enough: the path diverges when only one direction does."),
            (lambda hessian: 2 * len(hessian) / hessian.sum(),
             "That is the limit along (1, …, 1), one direction of many. Another may be steeper."),
            (lambda hessian: 2 / np.diag(hessian).min(),
             "The smallest entry of the diagonal is taken. The steepest direction sets the limit, and it need not be "
             "one of the coordinates."),
            (lambda hessian: 2 / np.linalg.det(hessian) ** (1 / len(hessian)),
             "The geometric mean of the curvatures is not enough: the path diverges when only one direction does."),
            (_power_iteration,
             "Right unless the steepest direction is at about a right angle to (1, …, 1), or others are nearly as "
             "steep: is that where a power iteration begins? It turns too late then, or never. `eigvalsh` needs no "
             "start."),
        ),
    ),
    Exercise(
        id="gradient-check",
        title="a gradient by finite differences",
        reference=gradient_check,
        why="Going both ways cancels the error of order h that a one-sided difference has; what is left falls as h².",
        hints=(
            "A slope is a difference of heights over a distance. Take one coordinate at a time and leave the others "
            "where they are.",
            "Central means: once a step h up from w, once a step h down. How far apart are these two points?",
            "Write a loop over the coordinates i. In it, make a vector of zeros with h in place i, and ask f at "
            "w + step and at w − step. Start from `np.zeros(len(w))`, which holds floats whatever w holds.",
        ),
        probes=(
            (_cubic, np.array([1.5, -0.5]), 0.1), (_quartic, np.array([0.3, -1.2, 2.0]), 0.01),
            (_rational, np.array([0.7]), 0.2), (_cubic, np.array([-20.0, 3.0]), 1e-3),
            (_quartic, np.array([1, -2, 3]), 0.25), (_chain, np.array([0.5, -1.5, 2.0]), 0.1),
        ),
        corners={"may hold whole numbers": [4]},
        on_the_way=_way_to_the_slope,
        further=((_pole, np.array([0.0]), 0.5), (_kink, np.array([5e-6, 1.0]), 1e-6)),
        draw=_some_function,
        mistakes=(
            (lambda f, w, h: _differences(f, w, h, lambda f, w, s: (f(w + s) - f(w)) / h),
             "That is the forward difference, from w to w + h. The central one also looks the other way."),
            (lambda f, w, h: _differences(f, w, h, lambda f, w, s: (f(w) - f(w - s)) / h),
             "That is the backward difference, from w − h to w. The central one also looks forward."),
            (lambda f, w, h: _differences(f, w, h, lambda f, w, s: (f(w + s) - f(w - s)) / h),
             "Exactly twice too large: how far apart are the two points at which you asked f?"),
            (lambda f, w, h: _differences(f, w, h, lambda f, w, s: (f(w + s) - f(w - s)) / 2 * h),
             "Look at the order of operations: dividing by 2 and then multiplying by h is not dividing by 2h."),
            (lambda f, w, h: _differences(f, w, h, lambda f, w, s: (f(w - s) - f(w + s)) / (2 * h)),
             "The sign is turned round: a function that grows should have a positive slope."),
            (lambda f, w, h: _differences(f, w, h, lambda f, w, s: (f(w + s) - 2 * f(w) + f(w - s)) / h**2),
             "That is a second difference, the curvature along each coordinate. The gradient needs the slope."),
            (lambda f, w, h: _differences(f, w, h, lambda f, w, s: abs(f(w + s) - f(w - s)) / (2 * h)),
             "The sign is lost: where f falls, the slope is negative."),
            (lambda f, w, h: w * gradient_check(f, w, h),
             "Each slope is multiplied by its weight. Leave that out."),
            (lambda f, w, h: _differences(f, w, h, lambda f, w, s: (f(w + w * s) - f(w - w * s)) / (2 * h)),
             "The weight is moved by a share h of itself. Move it by h."),
            (lambda f, w, h: _differences(f, w, h, lambda f, w, s: (f(w + s) - f(w)) / (2 * h)),
             "Half of the forward difference: either w is put back only to where it began, or f(w) stands for "
             "f(w − h). The second point lies h below w."),
            (lambda f, w, h: gradient_check(f, w, h)[0],
             "That is the slope of the first coordinate alone. Does the `return` stand inside the loop?"),
            (lambda f, w, h: gradient_check(f, w, h)[-1],
             "That is the slope of the last coordinate alone: is each written over the one before?"),
            (lambda f, w, h: gradient_check(f, w, h) * (np.arange(len(w)) < len(w) - 1),
             "The last coordinate is left out: `range(len(w))` ends there by itself."),
            (lambda f, w, h: gradient_check(f, w, h)[:2],
             "The first two coordinates only: w has as many as `len(w)` says."),
            (lambda f, w, h: gradient_check(f, w, h)[::-1],
             "The slopes are right, but in the reverse order."),
            (lambda f, w, h: _differences(f, w, h, lambda f, w, s: f(w + s) - f(w - s)),
             "These are differences of heights. A slope is such a difference over a distance."),
            (lambda f, w, h: (f(w + h) - f(w - h)) / (2 * h),
             "All coordinates move at once here, which gives one slope along the diagonal. Move them one by one."),
            (lambda f, w, h: np.full(len(w), (f(w + h) - f(w - h)) / (2 * h)),
             "Every entry is the same, as all coordinates moved together. Each entry asks about its own."),
            (lambda f, w, h: gradient_check(f, w, 1e-5),
             "Nearly always close to the true gradient, but not what was asked for: the central difference with the "
             "step h, and no other, is."),
            (_without_restoring,
             "The first entry is right, later ones need not be: was w put back before the next coordinate moved?"),
            (_in_whole_numbers,
             "Right for floats. When w holds whole numbers, so does a copy of it, and what is put into either is cut "
             "to a whole number."),
            (lambda f, w, h: gradient_check(f, w, h).astype(w.dtype),
             "Right for floats. When w holds whole numbers, something is cut off to whole ones: the slopes, as by "
             "`np.zeros_like(w)`, or the step."),
            (lambda f, w, h: _differences(f, w, h, lambda f, w, s: (f(w + s / 2) - f(w - s / 2)) / h),
             "A central difference, but with half of the step: go a full h to each side."),
            (lambda f, w, h: _differences(f, w, h, lambda f, w, s: (
                f(w + s.astype(w.dtype)) - f(w - s.astype(w.dtype))) / (2 * h)),
             "Right for floats. When w holds whole numbers, so does a step from `np.zeros_like(w)`, and an h below 1 "
             "becomes 0 in it."),
            (_in_place,
             "Right for floats. When w holds whole numbers, `w[i] += h` cuts the sum to a whole number: begin with a "
             "copy of w in floats."),
            (_in_place_without_restoring,
             "Two things: w is not put back before the next coordinate moves, and `w[i] += h` writes into the array "
             "that was handed in: where that holds whole numbers, the sum is cut to a whole number. Begin with a copy "
             "of w in floats."),
            (_restoring_the_first_alone,
             "The first two entries are right, later ones need not be: was w put back after each coordinate, or only "
             "after the first?"),
            (_adding_steps,
             "The first entry is right, later ones need not be: is h still in the place of the coordinate before?"),
            (lambda f, w, h: gradient_check(f, w, h) * (np.arange(len(w)) == 0),
             "Only the first entry is filled in: does the `return` stand inside the loop?"),
            (lambda f, w, h: np.zeros(len(w)),
             "Every slope is 0, as if both points were one: `=` only gives an array a second name, `w.copy()` makes a "
             "new one."),
            (lambda f, w, h: gradient_check(f, w, h).sum(),
             "The slopes are added up into one number. The gradient keeps one for each coordinate."),
            (lambda f, w, h: _differences(f, w, h, lambda f, w, s: (f(w + s) + f(w - s)) / (2 * h)),
             "The two heights are added. A slope is made of their difference."),
            (lambda f, w, h: _differences(f, w, h, lambda f, w, s: (f(w + 2 * s) - f(w - 2 * s)) / (4 * h)),
             "A central difference, but with twice the step: go h to each side, and no further."),
            (lambda f, w, h: _differences(f, w, h, lambda f, w, s: f(w + s) - f(w - s) / (2 * h)),
             "Only f(w − h) is divided here. The whole difference belongs over 2h: put it between brackets."),
            (lambda f, w, h: _differences(f, w, h, lambda f, w, s: (f(w + s) - f(w - s)) / 2),
             "The difference is halved. It belongs over the whole distance between the two points, 2h."),
            (lambda f, w, h: _differences(f, w, h, lambda f, w, s: (f(w + s) - f(w - s)) / h**2),
             "The difference is divided by h². It belongs over the distance between the two points."),
            (lambda f, w, h: _differences(f, w, h, lambda f, w, s: (f(w + 2 * s) - f(w)) / (2 * h)),
             "The two points are w and w + 2h here. They should lie on both sides of w, h away from it."),
            (lambda f, w, h: _differences(f, w, h, lambda f, w, s: (
                f(w + w * s) - f(w - w * s)) / (2 * (w @ s))),
             "The step is h times the weight here. It should be h, whatever the weight."),
            (lambda f, w, h: _differences(f, w, h, lambda f, w, s: (
                f(w + max(1, w @ s / h) * s) - f(w - max(1, w @ s / h) * s)) / (2 * h * max(1, w @ s / h))),
             "The step grows with a weight above 1. It should be h, whatever the weight."),
            (_by_its_size,
             "The step grows with a weight beyond 1 in size. It should be h, whatever the weight."),
            (lambda f, w, h: (4 * gradient_check(f, w, h) - gradient_check(f, w, 2 * h)) / 3,
             "Two central differences, with h and with 2h, are combined, which as a rule comes closer to the gradient. "
             "Asked for is the plain one: no point should be further away than h."),
            (lambda f, w, h: _differences(f, w, h, lambda f, w, s: (
                f((w + h) * (s > 0)) - f((w - h) * (s > 0))) / (2 * h)),
             "The other weights are set to 0 while one is moved. Keep them where they are."),
            (lambda f, w, h: _differences(f, w, h, lambda f, w, s: (f(w + s) - f(w - 2 * s)) / (3 * h)),
             "One point lies h above w and the other 2h below it. Both should be h away."),
            (lambda f, w, h: _differences(f, w, h, lambda f, w, s: (f(w + 2 * s) - f(w - s)) / (3 * h)),
             "One point lies 2h above w and the other h below it. Both should be h away."),
            (lambda f, w, h: gradient_check(f, w, h) * (np.arange(len(w)) > 0),
             "The first coordinate is left out: it has the number 0."),
            (lambda f, w, h: np.linalg.norm(gradient_check(f, w, h)),
             "That is the length of the gradient. Asked for is the gradient itself, a slope for each coordinate."),
            (lambda f, w, h: gradient_check(f, w, h) / len(w),
             "The slopes are divided by the number of coordinates. Leave that out."),
            (lambda f, w, h: _differences(f, w, h, lambda f, w, s: (f(s) - f(-s)) / (2 * h)),
             "These are slopes at 0: the points h and −h lie around it. They belong around w."),
            (lambda f, w, h: np.full(len(w), gradient_check(f, w, h)[0]),
             "Every entry is the slope along the first coordinate: does the step always stand in place 0?"),
            (lambda f, w, h: gradient_check(f, w, h) / np.linalg.norm(gradient_check(f, w, h)),
             "The gradient is divided by its length, so that only its direction is left. Its length is asked for, "
             "too."),
        ),
    ),
    Exercise(
        id="steps-to-tolerance",
        title="how many steps will it take",
        reference=steps_to_tolerance,
        why="factor**n ≤ tolerance is n · log(factor) ≤ log(tolerance); dividing by the negative log(factor) turns the "
            "sign round. Looking whether the nearest n is enough rounds up, and no last digit can mislead it. Factor 0 "
            "has no logarithm, and arrives in one step.",
        hints=(
            "Each step multiplies the distance by the factor. Write the distance after n steps as a formula.",
            "To bring n down from the exponent, take the logarithm on both sides. The logarithm of a number below 1 "
            "is negative: what does dividing by it do to ≤ ?",
            "Round up to a whole step with `math.ceil`. Then think of factor 0, whose logarithm does not exist: "
            "where is the path after one step? A loop that multiplies until it is small enough is fine as well.",
        ),
        probes=(
            (0.5, 0.1), (0.9, 1e-3), (0.9, 1.0), (0.7, 0.5), (0.99, 0.05), (0.1, 0.5), (0.8181818, 1e-6),
            (0.3, 1e-9), (0.999, 0.9), (0.0, 0.01), (0.0, 0.5), (0.0, 1e-15), (0.5, 1.0), (0.2, 1.0), (0.0, 1.0),
            (0.7, 0.7), (0.99, 0.0066),
        ),
        on_the_way=_way_to_the_tolerance,
        further=((0.5, 0.24999), (0.5, 0.25001), (0.5, 0.25 * (1 - 1e-8)), (0.1, 0.00999), (0.5, 1e-60), (1e-9, 1e-12),
                 (0.5, 0.9995), *((k / 20, k / 20) for k in range(1, 20))),
        draw=_some_way,
        corners={"factor 0 arrives in one step": [9, 10, 11, 14], "tolerance 1 needs no step": [2, 12, 13, 14],
                 "n up to 500": [16]},
        mistakes=(
            (lambda factor, tolerance: math.floor(_log_steps(factor, tolerance)),
             "Rounding down stops before the tolerance is reached, one step short, unless a power of factor is the "
             "tolerance itself (or factor is 0)."),
            (lambda factor, tolerance: round(_log_steps(factor, tolerance)),
             "Sometimes one step short: the nearest whole number may lie below what is needed."),
            (_log_steps,
             "The right place between two steps, but steps are whole. To which side must you round?"),
            (lambda factor, tolerance: 1 if factor == 0 else steps_to_tolerance(factor, tolerance),
             "Right unless both corners meet: with a tolerance of 1 no step is needed, even if the factor is 0."),
            (_above_zero(lambda factor, tolerance: steps_to_tolerance(factor, tolerance) - 1),
             "One step too few for every factor above 0: with n counted from 0, the last multiplication counts as "
             "well."),
            (_above_zero(lambda factor, tolerance: max(steps_to_tolerance(factor, tolerance) - 1, 0)),
             "One step too few for every factor above 0 where a step is needed: the last multiplication counts as "
             "well."),
            (lambda factor, tolerance: max(steps_to_tolerance(factor, tolerance) - 1, 0),
             "One step too few wherever a step is needed: either the distance begins at factor instead of 1, or the "
             "last step is not counted."),
            (_above_zero(lambda factor, tolerance: math.ceil(math.log(tolerance) / math.log(1 - factor))),
             "Each step is taken to remove the share factor. That share is what remains: multiply by it."),
            (_above_zero(lambda factor, tolerance: math.ceil(1 / tolerance)),
             "A factor above 0 plays no part here. The distance is multiplied by it at every step."),
            (_above_zero(lambda factor, tolerance: math.ceil(-math.log(tolerance))),
             "The logarithm of the tolerance alone does not depend on the factor. Divide it by that of the factor."),
            (_above_zero(lambda factor, tolerance: math.ceil(math.log(tolerance) / (factor - 1))),
             "log(factor) is nearly factor − 1 where factor is nearly 1, and only there."),
            (lambda factor, tolerance: math.ceil(math.log(tolerance) / (factor - 1)),
             "log(factor) is nearly factor − 1 where factor is nearly 1, and only there. And with factor 0 one step is "
             "enough."),
            (lambda factor, tolerance: factor**tolerance,
             "n is what is asked for, the exponent that brings the power down to the tolerance."),
            (_above_zero(lambda factor, tolerance: math.ceil(tolerance / factor)),
             "That divides the tolerance by the factor once. How often can the start be multiplied by the factor?"),
            (_above_zero(lambda factor, tolerance: math.ceil(math.log(factor) / math.log(tolerance))),
             "The ratio of the logarithms is upside down: as a rule, a factor near 1 should need many steps, not few."),
            (lambda factor, tolerance: math.ceil((1 - tolerance) / (1 - factor)),
             "That would hold if each step took away the same distance. It takes away the same share of what is left."),
            (lambda factor, tolerance: 1 if factor == 0 else math.floor(_log_steps(factor, tolerance)) + 1,
             "One step too many where a power is the tolerance itself, which is enough: `math.floor(…) + 1` and `<` in "
             "the place of `<=` both do that."),
            (_above_zero(lambda factor, tolerance: math.floor(_log_steps(factor, tolerance)) + (tolerance < 1)),
             "One step too many where a power is the tolerance itself, which is enough, unless that is 1: "
             "`math.floor(…) + 1` and `<` in the place of `<=` both do that."),
            (lambda factor, tolerance: max(steps_to_tolerance(factor, tolerance), 1),
             "One step too many at a tolerance of 1, where you are there already, with none. Everywhere else the "
             "number is right. Counting begins at 0."),
            (_above_zero(lambda factor, tolerance: steps_to_tolerance(factor, tolerance) + 1),
             "One step too many for every factor above 0: the start is step 0."),
            (_above_zero(lambda factor, tolerance: math.ceil(math.log10(tolerance) / math.log(factor))),
             "Two kinds of logarithm are mixed: their ratio only makes sense in the same base."),
            (_above_zero(lambda factor, tolerance: math.ceil(math.log(tolerance / factor))),
             "The logarithm of a ratio is not the ratio of the logarithms."),
            (lambda factor, tolerance: math.ceil(math.log(tolerance) / math.log(factor)),
             "Right for every factor above 0. Factor 0 has no logarithm: where is the path after one step?"),
            (lambda factor, tolerance: 0 if factor == 0 else steps_to_tolerance(factor, tolerance),
             "Right for every factor above 0. At factor 0, 0 steps are too few for a tolerance below 1: the start is "
             "at distance 1."),
            (_above_zero(lambda factor, tolerance: -steps_to_tolerance(factor, tolerance)),
             "The size is right, the sign mostly is not: the logarithms of two numbers below 1 are both negative."),
            (_above_zero(lambda factor, tolerance: math.ceil(-math.log10(tolerance))),
             "That is how often the tolerance asks for a tenth. A factor above 0 plays no part in it yet."),
            (_above_zero(lambda factor, tolerance: math.ceil(-math.log2(tolerance))),
             "That is how often the tolerance asks for a half. The factor is not always 0.5."),
            (lambda factor, tolerance: factor ** steps_to_tolerance(factor, tolerance),
             "That is the distance that is left at the end. Asked for is the number of steps until there."),
            (lambda factor, tolerance: next(n for n in range(10**5) if factor**n - factor ** (n + 1) <= tolerance),
             "That waits until a single step is no longer than the tolerance. What must be so small is the distance "
             "that is left."),
            (_above_zero(lambda factor, tolerance: math.ceil(math.log(tolerance) * math.log(factor))),
             "The logarithms are multiplied. n · log(factor) should come down to log(tolerance): divide."),
            (_above_zero(lambda factor, tolerance: math.ceil(math.log2(tolerance) / math.log(factor))),
             "One logarithm has base 2, the other base e. Take the same for both."),
            (lambda factor, tolerance: steps_to_tolerance(factor, tolerance) + 1,
             "One step too many, whatever is asked: the start is step 0."),
        ),
    ),
]

QUIZZES = [
    Quiz("what-a-rate-means", "The learning rate is 0.1. What does one step of gradient descent do?", (
        Option("The loss falls by 10 %.",
               "The rate says nothing about the loss directly: on one surface the loss falls by 1 %, on another it "
               "grows."),
        Option("Every weight moves by 0.1.",
               "Only where the gradient happens to be 1. Steep directions move further than flat ones."),
        Option("Every weight moves against its gradient, by a tenth of it.",
               "The step is rate × gradient, weight by weight.", right=True),
        Option("Every weight shrinks by 10 %.",
               "The rate multiplies the gradient, not the weight; shrinking the weights is called weight decay."),
    )),
    Quiz("just-above-critical", "A quadratic has the critical rate 0.20. What does gradient descent do at rate 0.21?", (
        Option("It overshoots the minimum a little further at each step, and the loss grows without bound.",
               "Along the steepest direction each step multiplies the distance by slightly more than 1, with the side "
               "changing. It starts slowly and does not stop.", right=True),
        Option("It converges, only slowly.",
               "Slow convergence is what happens just below the critical rate. Above it the distance grows, however "
               "little."),
        Option("It swings from side to side at a constant distance for ever.",
               "That happens at exactly 0.20, the border between the two."),
        Option("It settles in a slightly worse minimum.",
               "A quadratic has a single minimum, so there is no other one to settle in."),
    )),
    Quiz("half-the-rate", "On a bowl, a rate far below the critical one is halved. What changes?", (
        Option("Nothing but safety: a smaller rate is never worse.",
               "It is safe, but safety was not at risk, and it is paid for in steps."),
        Option("It ends at a lower loss.",
               "A bowl has one minimum, and every rate below the critical one ends there."),
        Option("It needs half as many steps, because each is more exact.",
               "The other way round: each step covers about half of the distance."),
        Option("It reaches the same minimum in about twice as many steps.",
               "The distance shrinks by the factor 1 − rate × curvature; for small rates, half the rate means about "
               "twice the steps.", right=True),
    )),
    Quiz("why-steps-shrink", "With one fixed rate, the steps get shorter towards the minimum of a bowl. Why?", (
        Option("The rate decays as training goes on.",
               "The rate is fixed here. A rate that changes is called a schedule, and somebody has to set it."),
        Option("The gradient gets smaller, and the step is rate × gradient.",
               "The surface flattens towards its minimum, so equal rates give shorter and shorter steps.", right=True),
        Option("The path loses momentum.",
               "Plain gradient descent has no momentum: each step knows only the slope where it stands."),
        Option("Rounding makes small steps smaller.",
               "Rounding matters some sixteen digits further down."),
    )),
    Quiz("scaling-features", "The features of a least-squares fit (with intercept) are brought to the same spread. "
         "What changes?", (
        Option("The lowest loss that can be reached gets smaller.",
               "Any fit on the scaled features can be rewritten as a fit on the old ones, so the lowest loss is the "
               "same."),
        Option("Nothing: the learning rate makes up for it.",
               "One rate cannot: what suits the steep direction is far too small for the flat one."),
        Option("The condition number usually falls, so that one rate suits all directions better.",
               "The surface gets rounder: the limit set by its steepest direction starves its flattest less.",
               right=True),
        Option("The gradient becomes exact instead of estimated.",
               "The gradient over all the data was exact before. Scaling changes the surface, not how it is measured."),
    )),
]
