"""Exercises and questions of notebook 03: a gauge, the speed of a run, picking a rate, comparing two of them."""

import math

import numpy as np

from .draws import digits, numbers, scale, whole
from .quizzes import Option, Quiz
from .tasks import Exercise
from .values import show


def update_ratio(before, after):
    """The length of the update over the length of the weights before it.

    before and after are arrays of one shape, vectors or matrices; the length
    of a matrix counts every weight once, like that of a vector.
    update_ratio(np.array([2.0, 0.0]), np.array([3.0, 0.0])) gives 0.5.
    """
    return np.linalg.norm(after - before) / np.linalg.norm(before)


def epochs_to(accuracies, target):
    """The number of epochs until the accuracy is first at or above target.

    accuracies is an array with the accuracy after each epoch, epoch 1 first,
    which may rise and fall. None if the target is never reached.
    epochs_to(np.array([0.2, 0.6, 0.7]), 0.5) gives 2.
    """
    reached = np.flatnonzero(accuracies >= target)
    return int(reached[0]) + 1 if len(reached) else None


def pick_rate(rates, val_scores, test_scores):
    """The rate with the best mean validation score, and its mean test score.

    rates has shape (n,), the scores have shape (n, seeds), a row for each rate;
    higher is better, and all may be below 0. The answer is a pair. With rates
    np.array([0.1, 1.0]) and one seed, scores [[0.7], [0.5]] and [[0.6], [0.4]],
    it is (0.1, 0.6).
    """
    best = val_scores.mean(axis=1).argmax()
    return rates[best], test_scores[best].mean()


def paired_interval(a, b):
    """The mean of a − b and its 95 % interval by Student's t: (mean, low, high).

    a and b are arrays of scores; entry k of both comes from seed k, and not all
    differences are equal. The standard deviation is that with n - 1. If a - b is
    [0.1, 0.3], they are 0.2, -1.07 and 1.47.
    """
    from scipy import stats  # a second, which nobody waits for before it is needed

    difference = a - b
    n = len(difference)
    standard_error = difference.std(ddof=1) / np.sqrt(n)
    margin = stats.t.ppf(0.975, n - 1) * standard_error
    return difference.mean(), difference.mean() - margin, difference.mean() + margin


def _when_never(answer):
    """A mistake that is right unless the target is never reached."""
    return lambda accuracies, target: answer if max(accuracies) < target else epochs_to(accuracies, target)


def _of_those_above(never):
    """A mistake in which only an accuracy above the target counts, with another answer than None if there is none."""
    return lambda accuracies, target: next((i for i, a in enumerate(accuracies, 1) if a > target), never)


def _never_none(epoch):
    """A mistake in finding the epoch which does give None if the target is never reached."""
    return lambda accuracies, target: None if max(accuracies) < target else epoch(accuracies, target)


def _way_to_the_target(accuracies, target):
    reached = np.flatnonzero(accuracies >= target) + 1
    return f"At the target or above it: epochs `{show(reached)}`." if len(reached) else "No epoch is at the target."


def _t(df, p=0.975):
    from scipy import stats  # a second, which nobody waits for before it is needed

    return stats.t.ppf(p, df)


def _interval(margin):
    """A mistake in the half width of the interval; margin takes the differences."""
    def wrong(a, b):
        d = a - b
        return d.mean(), d.mean() - margin(d), d.mean() + margin(d)
    return wrong


def _around(error):
    """A mistake in the standard error; error takes a and b."""
    return lambda a, b: tuple(np.mean(a - b) + _t(len(a) - 1) * error(a, b) * sign for sign in (0, -1, 1))


def _standard_error(d, ddof=1):
    return d.std(ddof=ddof) / np.sqrt(len(d))


def _way_to_the_interval(a, b):
    d = a - b
    return (f"The {len(d)} differences have the standard error `{_standard_error(d):.4g}`; t is "
            f"`{_t(len(d) - 1):.4g}`, and the margin `{_t(len(d) - 1) * _standard_error(d):.4g}`.")


def _unpaired(a, b, df):
    margin = _t(df) * np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
    d = a.mean() - b.mean()
    return d, d - margin, d + margin


def _welch(a, b):
    va, vb = a.var(ddof=1), b.var(ddof=1)
    return _unpaired(a, b, (va + vb) ** 2 * (len(a) - 1) / (va**2 + vb**2))


_RATES = np.array([0.3, 1.0, 0.01, 0.1])
_VAL = np.array([[0.70, 0.74, 0.69], [0.55, 0.91, 0.52], [0.86, 0.66, 0.60], [0.77, 0.75, 0.79]])
_TEST = np.array([[0.78, 0.83, 0.80], [0.56, 0.60, 0.95], [0.65, 0.71, 0.61], [0.76, 0.74, 0.72]])
_MORE_VAL = np.array([[0.31, 0.35, 0.30, 0.36, 0.33], [0.61, 0.62, 0.50, 0.61, 0.60], [0.57, 0.60, 0.61, 0.60, 0.64]])
_MORE_TEST = np.array([[0.34, 0.32, 0.33, 0.30, 0.37], [0.66, 0.60, 0.58, 0.63, 0.62], [0.59, 0.55, 0.62, 0.58, 0.60]])
_WIDE_VAL = np.array([[0.80, 0.81, 0.80, 0.79], [0.94, 0.70, 0.95, 0.72], [0.96, 0.62, 0.60, 0.61]])
_WIDE_TEST = np.array([[0.74, 0.70, 0.72, 0.73], [0.85, 0.83, 0.66, 0.69], [0.60, 0.59, 0.65, 0.91]])
_CLOSE_VAL = np.array([[0.805, 0.795], [0.808, 0.796], [0.700, 0.720]])  # the first two means differ by 0.002
_CLOSE_TEST = np.array([[0.79, 0.80], [0.77, 0.78], [0.71, 0.73]])
_FALLEN_VAL = np.array([[0.60, 0.62], [0.81, 0.79], [0.40, 0.44], [0.55, 0.50], [0.30, 0.33]])  # rises after the best
_FALLEN_TEST = np.array([[0.58, 0.60], [0.77, 0.73], [0.45, 0.42], [0.79, 0.80], [0.31, 0.36]])
_LOSS_VAL = np.array([[-2.6, -2.9], [-2.9, -3.3], [-2.5, -2.7]])
_LOSS_TEST = np.array([[-2.3, -2.4], [-3.2, -2.8], [-2.5, -2.3]])

_A = np.array([0.821, 0.815, 0.834, 0.802, 0.829])
_B = np.array([0.811, 0.809, 0.822, 0.795, 0.821])
_C = 0.80 + 0.02 * np.sin(np.arange(12.0) ** 2)
_D = 0.79 + 0.017 * np.sin(np.arange(12.0) ** 2) + 0.006 * np.cos(3 * np.arange(12.0))

def _some_update(rng):
    """A vector or a matrix of up to 200 weights and what an update makes of it, which may be nothing."""
    shape = (whole(rng, 1, 200),) if rng.random() < 0.5 else (whole(rng, 1, 14), whole(rng, 1, 14))
    before = numbers(rng, *shape)
    before[..., 0] += (before[..., 0] == 0)
    after = digits(before + scale(rng, 0.1, 10) * rng.normal(size=shape)) if rng.random() < 0.85 else before.copy()
    size = 10.0 ** rng.integers(-12, 10)
    return before * size, after * size


def _some_run(rng):
    """Up to 300 epochs that rise and fall, or climb slowly, perhaps all below .01, and a target near one or above."""
    slowly, n = rng.random() < 0.2, whole(rng, 1, 300)
    n = n if not slowly else int(rng.integers(200, 300))
    changes = 0.5 / n + 0.005 * rng.normal(size=n) if slowly else 0.05 * rng.normal(size=n)
    accuracies = np.clip(rng.choice([0.1, 0.5, 0.9]) * (1 - 0.5 * slowly) + np.cumsum(changes), 0, 1).round(4)
    highest = np.sort(accuracies)[-whole(rng, 1, n)]
    target = accuracies[rng.integers(n)] if rng.random() < 0.5 else highest
    target = np.clip(round(target + rng.choice([0, 0, 1e-4, -1e-4, 0.3]), 4), 0, 1)
    unit = float(rng.choice([1, 1, 1, 0.01]))
    return (accuracies * unit).round(6), float(round(target * unit, 6))


def _some_sweep(rng):
    """Up to 12 rates and seeds with scores or losses of any size, and two best rates that are close to each other."""
    n, seeds = whole(rng, 1, 12), whole(rng, 1, 12)
    level, spread = rng.choice([(0.8, 0.05), (0.8, 0.3), (-3.0, 2.0), (-5000.0, 800.0)])
    val, test = (digits(level + spread * (0.3 * rng.normal(size=(n, 1)) + rng.normal(size=(n, seeds))), 5)
                 for _ in range(2))
    best, second = (order := val.mean(axis=1).argsort()[::-1])[0], order[min(1, n - 1)]
    if second != best:
        gap = spread * rng.choice([0.001, 0.03, 0.3])
        val[second] += val[best].mean() - val[second].mean() - gap
    return rng.permutation(digits(10.0 ** np.linspace(-4, 1, n))), val, test


def _some_pairs(rng):
    """Up to 200 pairs, with a difference well outside of its margin or well within; neither end of it is nearly 0."""
    n, size, mean, error = whole(rng, 2, 200), rng.choice([1, 20]), 0.0, 0.0
    while not (0.4 * error < mean < 1.5 * error or 30 * error < mean < 500 * error):
        shift, noise = [(0.3, 0.01), (-0.3, 0.1), (0.3, 0.1), (0.0, 0.1)][rng.integers(4)]
        b = digits(rng.normal(0.7, 0.1, n))
        a = digits(b + shift + noise * rng.normal(size=n))
        mean, error = abs((a - b).mean()), _standard_error(a - b)
    return size * a, size * b


EXERCISES = [
    Exercise(
        id="update-ratio",
        title="the update-to-weight ratio",
        reference=update_ratio,
        why="One number without units: how far this update moved the weights, measured by how large they were.",
        hints=(
            "The update is what changed between the two arrays. Write it down first.",
            "The length of a vector is the root of the sum of its squares; `np.linalg.norm` computes it, for a matrix "
            "too.",
            "Two lengths, one over the other: that of the update on top, that of the weights at the bottom. "
            "Which weights, the old or the new ones?",
        ),
        probes=(
            (np.array([3.0, -4.0]), np.array([3.3, -4.4])), (np.array([1.0, 2.0, -2.0]), np.array([0.5, 2.5, 1.0])),
            (np.array([[0.2, -0.1, 0.4], [1.5, 0.7, -0.9]]), np.array([[0.25, -0.4, 0.1], [1.1, 0.9, -0.8]])),
            (np.array([0.0, 5.0]), np.array([5.0, 0.0])), (np.array([2e-4, 64.0]), np.array([3e-4, 63.5])),
            (np.array([[3.0, 4.0], [0.5, 0.0]]), np.array([[3.0, 1.0], [0.2, 0.4]])), (np.ones(4), 0.8 * np.ones(4)),
            (np.array([0.03, -0.04]), np.array([0.03, -0.01])),
        ),
        corners={"a matrix counts every weight once": [2, 5]},
        further=((np.array([0.01, 0.02]), np.array([0.03, 0.02])),
                 (np.array([2.0, 1.0]), np.array([2 + 2.0**-17, 1.0])),
                 (1e9 * np.array([3.0, 4.0]), 1e9 * np.array([3.0, 4.5])),
                 (np.array([3e-12, -4e-12]), np.array([3e-12, -1e-12])),
                 (np.array([1.0, 1e5]), np.array([1 + 2.0**-23, 1e5]))),
        whole=((np.array([2, 0]), np.array([2.5, 0.0])), (np.array([3.5, 1.0]), np.array([3, 1]))),
        draw=_some_update,
        on_the_way=lambda before, after: (
            f"The update is `{np.linalg.norm(after - before):.4g}` long there, the weights before it "
            f"`{np.linalg.norm(before):.4g}`."),
        mistakes=(
            (lambda before, after: abs(np.linalg.norm(after) - np.linalg.norm(before)) / np.linalg.norm(before),
             "That is by how much the length changed, up or down. Weights can turn and keep their length: take the "
             "length of the difference, not the difference of the lengths."),
            (lambda before, after: (np.linalg.norm(before) - np.linalg.norm(after)) / np.linalg.norm(before),
             "That is how much shorter the weights got. Take the length of the difference, not the difference of the "
             "lengths."),
            (lambda before, after: -update_ratio(before, after),
             "The size is right, but a length is never negative."),
            (lambda before, after: 100 * update_ratio(before, after),
             "That is in per cent. Asked for is the ratio itself."),
            (lambda before, after: math.log10(update_ratio(before, after)),
             "That is the logarithm of the ratio. Asked for is the ratio itself."),
            (lambda before, after: np.linalg.norm(after - before) / (np.linalg.norm(before) + np.linalg.norm(after)),
             "Measured by the old and the new weights together. Only those before the update count."),
            (lambda before, after: 2 * np.linalg.norm(after - before) / np.linalg.norm(before + after),
             "Measured by the mean of the old and the new weights. Only those before the update count."),
            (lambda before, after: np.linalg.norm(after + before) / np.linalg.norm(before),
             "That is the sum of both. The update is their difference."),
            (lambda before, after: np.linalg.norm(after - before) / np.linalg.norm(before) ** 2,
             "The length below is squared. Divide by the length itself."),
            (lambda before, after: np.linalg.norm(after - before) ** 2 / np.linalg.norm(before),
             "The length of the update is squared. Take the length itself."),
            (lambda before, after: (after - before).std() / before.std(),
             "Those are spreads around a mean. A length is measured from 0."),
            (lambda before, after: update_ratio(before, after) / before.size,
             "The ratio is divided by the number of weights. Both lengths count all of them: it cancels."),
            (lambda before, after: np.linalg.norm(after - before) / before.size,
             "The length of the update is divided by the number of weights. Divide by the length of the weights."),
            (lambda before, after: sum(map(np.linalg.norm, after - before)) / sum(map(np.linalg.norm, before)),
             "The lengths of the rows are added up, and of a vector the sizes of its entries. The length is the root "
             "of the sum of all squares."),
            (lambda before, after: np.linalg.norm(after - before, 1) / np.linalg.norm(before, 1),
             "`np.linalg.norm(…, 1)` adds up sizes, for a matrix those of one column. The length is the root of a sum "
             "of squares."),
            (lambda before, after: update_ratio(before, after) / len(before),
             "The ratio is divided by the number of rows, or of a vector by that of its entries. Leave that out."),
            (lambda before, after: np.linalg.norm(after - before, axis=-1) / np.linalg.norm(before, axis=-1),
             "Right for a vector. For a matrix that is one ratio for each row; a single number is asked for."),
            (lambda before, after: np.linalg.norm(after - before, axis=0) / np.linalg.norm(before, axis=0),
             "Right for a vector. For a matrix that is one ratio for each column; a single number is asked for."),
            (lambda before, after: np.mean(np.linalg.norm(after - before, axis=-1) / np.linalg.norm(before, axis=-1)),
             "Right for a vector. For a matrix that is the mean of one ratio for each row: take the lengths of the "
             "whole matrices."),
            (lambda before, after: np.abs(after - before) / np.linalg.norm(before),
             "That is one number for each weight. Take the length of the update."),
            (lambda before, after: np.sqrt(np.mean((after - before) ** 2)) / np.linalg.norm(before),
             "A root of a mean of squares above, a root of a sum below: use the same for both."),
            (lambda before, after: np.linalg.norm(after - before) / np.linalg.norm(after),
             "Close, but measured by the new weights: compare with the weights that the update found."),
            (lambda before, after: np.mean(np.abs(after - before) / np.abs(before)),
             "That is the mean of one ratio for each weight, in which a weight near 0 can outweigh all the others. "
             "Take two lengths first, one ratio afterwards."),
            (lambda before, after: ((after - before) ** 2).sum() / (before**2).sum(),
             "These are squared lengths: something is still missing before they are lengths."),
            (lambda before, after: np.abs(after - before).max() / np.abs(before).max(),
             "The largest entries alone are compared here. The length counts all of them."),
            (lambda before, after: (np.linalg.norm(after) - np.linalg.norm(before)) / np.linalg.norm(before),
             "That is how much longer the weights got. Weights can turn without getting longer: take the length of "
             "the difference, not the difference of the lengths."),
            (lambda before, after: np.abs(after - before).sum() / np.abs(before).sum(),
             "Here sizes are added up. The length is the root of a sum of squares."),
            (lambda before, after: np.linalg.norm(after - before),
             "That is the length of the update. Compared to what is it large or small?"),
            (lambda before, after: np.linalg.norm(before) / np.linalg.norm(after - before),
             "Upside down: a larger update should give a larger number."),
            (lambda before, after: np.linalg.norm(after) / np.linalg.norm(before),
             "That compares the new length with the old one. Where is the update, the change between them?"),
            (lambda before, after: np.linalg.norm(after - before, 2) / np.linalg.norm(before, 2),
             "Right for a vector. For a matrix, `np.linalg.norm(…, 2)` means something else: count every weight once."),
            (lambda before, after: (after - before).sum() / before.sum(),
             "In a sum, changes up and changes down cancel each other."),
            (lambda before, after: np.abs(after - before) / np.abs(before),
             "That is one ratio for each weight. Asked for is a single number for all of them."),
            (lambda before, after: np.linalg.norm((after - before) / before),
             "You divide weight by weight and take the length of that. Take two lengths first and then divide."),
            (lambda before, after: np.mean((after - before) / before),
             "That is the mean of one ratio for each weight, in which growth and shrinking cancel each other and a "
             "weight near 0 can outweigh all the others. Take two lengths first, one ratio afterwards."),
            (lambda before, after: abs((after - before).sum()) / abs(before.sum()),
             "The entries are added up, so that changes up and down cancel each other. Square each of them first."),
            (lambda before, after: np.linalg.norm(after[0] - before[0]) / np.linalg.norm(before[0]),
             "Only the first entry takes part, or of a matrix the first row. The length counts every weight."),
            (lambda before, after: np.linalg.norm(after.T[0] - before.T[0]) / np.linalg.norm(before.T[0]),
             "Only the first entry takes part, or of a matrix the first column. The length counts every weight."),
            (lambda before, after: math.log(np.linalg.norm(after) / np.linalg.norm(before)),
             "That is the logarithm of how much longer the weights got. Take the length of the difference."),
            (lambda before, after: (after - before).sum() / np.linalg.norm(before),
             "Above stands the sum of the changes, in which ups and downs cancel. Take the length of the update."),
            (lambda before, after: 2 * np.linalg.norm(after - before) / (
                np.linalg.norm(before) + np.linalg.norm(after)),
             "Measured by the mean of the old length and the new one. Only the weights before the update count."),
            (lambda before, after: np.linalg.norm(after - before) * np.linalg.norm(before),
             "The two lengths are multiplied. Divide one by the other."),
            (lambda before, after: np.linalg.norm(after - before) / np.abs(before).sum(),
             "Above stands a length, below a sum of sizes. Take the length of both."),
            (lambda before, after: np.abs(after - before).sum() / np.linalg.norm(before),
             "Above stands a sum of sizes, below a length. Take the length of both."),
            (lambda before, after: np.linalg.norm(after - before) / np.linalg.norm(after + before),
             "Measured by the sum of old and new weights. Only those before the update count."),
            (lambda before, after: abs(np.linalg.norm(after) - np.linalg.norm(before)) / np.linalg.norm(after),
             "Two things: take the length of the difference, not the difference of the lengths; and measure it by the "
             "old weights."),
            (lambda before, after: (after - before) / np.linalg.norm(before),
             "That is one number for each weight, with its sign. Take the length of the update."),
            (lambda before, after: np.linalg.norm(after - before) / before.sum(),
             "Below stands the sum of the weights. Take their length."),
            (lambda before, after: np.linalg.norm(after - before, axis=-1).sum() / np.linalg.norm(
                before, axis=-1).sum(),
             "Right for a vector. For a matrix the lengths of the rows are put together, by their sum or mean. Take "
             "the length of the whole matrix: all squares under one root."),
            (lambda before, after: np.linalg.norm(after - before, axis=0).sum() / np.linalg.norm(before, axis=0).sum(),
             "Right for a vector. For a matrix the lengths of the columns are put together, by their sum or mean. Take "
             "the length of the whole matrix: all squares under one root."),
            (lambda before, after: update_ratio(*(v if v.ndim == 1 else v[0] for v in (before, after))),
             "Right for a vector. Of a matrix only the first row takes part. Its length counts every weight."),
            (lambda before, after: update_ratio(*(v if v.ndim == 1 else v[:, 0] for v in (before, after))),
             "Right for a vector. Of a matrix only the first column takes part. Its length counts every weight."),
            (lambda before, after: update_ratio(before.ravel()[1:], after.ravel()[1:]),
             "The first weight is left out: a list begins at 0."),
            (lambda before, after: update_ratio(before.ravel()[:-1], after.ravel()[:-1]),
             "The last weight is left out. The length counts every weight."),
            (lambda before, after: np.linalg.norm(after - before) / np.sqrt(np.mean(before**2)),
             "A root of a sum above, a root of a mean of squares below: use the same for both."),
            (lambda before, after: np.linalg.norm(after - before) / np.abs(before).mean(),
             "Above stands a length, below a mean of sizes. Take the length of both."),
            (lambda before, after: ((after - before) ** 2).sum() / (after**2).sum(),
             "Two things: these are squared lengths, and the weights before the update count, not those after it."),
            (lambda before, after: np.abs(after - before).max() / np.linalg.norm(before),
             "Above stands the largest change alone. The length of the update counts all of them."),
            (lambda before, after: np.linalg.norm(np.abs(after) - np.abs(before)) / np.linalg.norm(before),
             "Right where no weight changes its sign. Sizes are compared here: take the difference of the weights "
             "themselves."),
            (lambda before, after: np.abs(after - before).mean() / np.linalg.norm(before),
             "Above stands a mean of sizes, below a length. Take the length of both."),
            (lambda before, after: np.sqrt(np.mean(((after - before) / before) ** 2)),
             "You divide weight by weight and take the root of the mean square of that. Take two lengths first and "
             "then divide."),
        ),
    ),
    Exercise(
        id="epochs-to",
        title="how many epochs to a target",
        reference=epochs_to,
        why="Asking first whether the target was reached keeps a run that never did from looking like the fastest.",
        hints=(
            "Go through the accuracies in their order and stop at the first one that is good enough.",
            "Python counts from 0, epochs from 1: `enumerate(accuracies, 1)` helps. Does equal to the target count?",
            "What does your function do when no epoch is good enough? It should say None, and not by accident.",
        ),
        probes=(
            (np.array([0.3, 0.5, 0.62, 0.7, 0.81, 0.83]), 0.6), (np.array([0.3, 0.5, 0.8, 0.7, 0.8, 0.9]), 0.8),
            (np.array([0.2, 0.3, 0.35]), 0.9), (np.array([0.9, 0.5, 0.4, 0.3]), 0.6),
            (np.array([0.4, 0.75, 0.9, 0.45, 0.8, 0.6, 0.2]), 0.7), (np.array([0.1]), 0.5), (np.array([0.5]), 0.5),
            (np.array([0.2, 0.4, 0.7]), 0.7), (np.array([0.3, 0.56, 0.7, 0.5]), 0.6), (np.array([0.55, 0.58]), 0.6),
            (np.array([0.2, 0.9, 0.62, 0.3]), 0.6), (np.array([0.9, 0.95]), 0.8),
            (np.array([0.4, 0.596, 0.598, 0.7]), 0.6), (np.array([0.7, 0.5, 0.8, 0.4]), 0.6),
            (np.array([0.4, 0.3, 0.61, 0.66]), 0.65), (np.array([0.3, 0.5, 0.4]), 0.9),
            (np.array([0.0, 0.1]), 0.0),
        ),
        on_the_way=_way_to_the_target,
        further=((np.array([0.2, 0.9, 1.0, 1.0]), 1.01), (np.array([0.2, 0.499999, 0.7]), 0.5)),
        draw=_some_run,
        corners={"at or above": [1, 6, 7, 16], "is never reached": [2, 5, 9, 15]},
        mistakes=(
            (_never_none(lambda accuracies, target: epochs_to(accuracies, target) - 1),
             "One too few: the first entry belongs to epoch 1, and Python counts from 0."),
            (_never_none(lambda accuracies, target: int(np.flatnonzero(accuracies >= target)[-1]) + 1),
             "That is the last epoch at the target. Asked for is the first."),
            (lambda accuracies, target: int((accuracies >= target).argmax()) + 1,
             "Right if the target is reached. If it never is, yours says 1, as with `argmax` of nothing but False or "
             "`argmin` of nothing but True, and a failed run looks like the fastest."),
            (lambda accuracies, target: int((accuracies >= target).argmax()),
             "Two things at once: epochs count from 1, and 0 also comes out when the target is never reached, as "
             "`argmax` gives it."),
            (lambda accuracies, target: next((i for i, a in enumerate(accuracies, 1) if a > target), None),
             "An accuracy equal to the target has reached it: look at your comparison."),
            (lambda accuracies, target: next((i for i, a in enumerate(accuracies, 1) if a == target), None),
             "Accuracies seldom meet the target exactly: at it or above it is asked for."),
            (lambda accuracies, target: None if accuracies[0] >= target else epochs_to(accuracies, target),
             "Right unless epoch 1 reaches the target: its index is 0. Is that taken for False, or for “not found”?"),
            (lambda accuracies, target: next((i + 1 for i in range(1, len(accuracies))
                                               if accuracies[i] >= target), None),
             "The search begins with the second epoch, so that a first one at the target is passed over."),
            (lambda accuracies, target: next((i for i in range(1, len(accuracies)) if accuracies[i] >= target), None),
             "Two things at once: epochs count from 1, and a first epoch at the target is passed over, or its index 0 "
             "taken for False."),
            (lambda accuracies, target: 1 if accuracies[0] >= target else None,
             "Only the first epoch is looked at: does `return None` stand inside the loop? It belongs after it."),
            (lambda accuracies, target: epochs_to(accuracies[:-1], target),
             "The last epoch is never looked at."),
            (lambda accuracies, target: epochs_to(accuracies, target) or len(accuracies) + 1,
             "Right if the target is reached. If it never is, the epoch after the last looks like a late success: give "
             "None."),
            (lambda accuracies, target: int((accuracies < target).sum()) + 1,
             "That counts all epochs below the target, also those after it was reached; and if it never is, the count "
             "looks like a late success."),
            (_never_none(lambda accuracies, target: np.flatnonzero(accuracies >= target) + 1),
             "Those are all the epochs at the target. Asked for is the first of them."),
            (lambda accuracies, target: None if (k := int(np.searchsorted(accuracies, target))) == len(accuracies)
             else k + 1,
             "`np.searchsorted`, as any search by halving, needs numbers that only rise. Accuracies also fall."),
            (_never_none(lambda accuracies, target: int(np.abs(accuracies - target).argmin()) + 1),
             "That is the epoch nearest to the target. Asked for is the first at or above it."),
            (_never_none(lambda accuracies, target: epochs_to(accuracies, target) + 1),
             "One too many: the first entry belongs to epoch 1."),
            (lambda accuracies, target: next((i for i, a in enumerate(accuracies, 1) if a <= target), None),
             "The comparison is turned round: at or above the target is asked for."),
            (lambda accuracies, target: epochs_to(np.round(accuracies, 1), target),
             "The accuracies are rounded first, so that one just below the target can seem to reach it."),
            (_never_none(lambda accuracies, target: int(accuracies.argmax()) + 1),
             "That is the epoch with the best accuracy. The target may be reached earlier."),
            (_never_none(lambda accuracies, target: int((accuracies >= target).sum())),
             "That counts the epochs at the target. Asked for is when the first of them came."),
            (_never_none(lambda accuracies, target: int((accuracies < target).sum()) + 1),
             "That is one more than there are epochs below the target, also those in which it was lost again: are they "
             "counted, or the accuracies sorted?"),
            (_never_none(lambda accuracies, target: accuracies[epochs_to(accuracies, target) - 1]),
             "That is the accuracy itself. Asked for is the number of epochs it took."),
            (_never_none(lambda accuracies, target: int(np.flatnonzero(accuracies < target).max(initial=-1)) + 2),
             "That is the epoch after the last one below the target. Asked for is the first at or above it."),
            (lambda accuracies, target: int(np.flatnonzero(accuracies >= target)[0]) + 1,
             "Right if the target is reached. If it never is, there is no first epoch to take, and the function stops "
             "with an error: what should it say instead?"),
            (_when_never(0),
             "Right if the target is reached. If it never is, 0 says that it took no epochs at all: give None."),
            (_when_never(-1),
             "Right if the target is reached. If it never is, −1 would be the smallest number of all: give None."),
            (_when_never(np.inf),
             "Right if the target is reached. If it never is, infinity is a fair thought, but None is asked for."),
            (lambda accuracies, target: epochs_to(accuracies, target) or len(accuracies),
             "Right if the target is reached. If it never is, the number of epochs run looks like a late success."),
            (lambda accuracies, target: None if accuracies[-1] < target else epochs_to(accuracies, target),
             "The last epoch decides here whether the target was reached. It may have been reached and lost again."),
            (lambda accuracies, target: int(np.abs(accuracies - target).argmin()) + 1,
             "That is the epoch whose accuracy lies nearest to the target, on either side. Asked for is the first "
             "at or above it."),
            (lambda accuracies, target: int(np.searchsorted(accuracies, target)) + 1 if (accuracies >= target).any()
             else None,
             "`np.searchsorted`, as any search by halving, takes it for granted that the accuracies only rise. They "
             "may fall again."),
            (lambda accuracies, target: epochs_to(np.round(accuracies, 2), target),
             "An accuracy just below the target can count as at it: are they rounded to two places, or compared with "
             "something to spare?"),
            (lambda accuracies, target: next((i + 1 for i in range(1, len(accuracies))
                                               if accuracies[i - 1] < target <= accuracies[i]), None),
             "That is the first epoch that comes up to the target from below. Epoch 1 may be at it already."),
            (lambda accuracies, target: epochs_to(np.cumsum(accuracies) / np.arange(1, len(accuracies) + 1), target),
             "That is when the mean of the accuracies so far reaches the target. Each epoch stands for itself."),
            *((_of_those_above(never), "Two things at once: an accuracy equal to the target has reached it, and if the "
               f"target is never reached, yours says {said}, where None is asked for.")
              for never, said in ((np.inf, "infinity"), (np.nan, "nan"), (0, "0"), (-1, "−1"))),
            (lambda accuracies, target: int((accuracies > target).argmax()) + 1,
             "Two things at once: an accuracy equal to the target has reached it, and if the target is never reached, "
             "yours says 1, as with `argmax` of nothing but False."),
            (lambda accuracies, target: next((i for i, a in enumerate(accuracies, 1) if a > target), len(accuracies)),
             "Two things at once: an accuracy equal to the target has reached it, and if the target is never reached, "
             "the number of epochs run looks like a late success."),
            (_when_never(np.nan),
             "Right if the target is reached. If it never is, nan is a fair thought, but None is asked for."),
            (lambda accuracies, target: next((i + 1 for i in range(len(accuracies))
                                               if (accuracies[i:] >= target).all()), None),
             "That waits until the accuracy is at the target for good, and gives None if it does not end there. Asked "
             "for is when it first got there."),
            (lambda accuracies, target: epochs_to(accuracies, target) or int(accuracies.argmax()) + 1,
             "Right if the target is reached. If it never is, the epoch with the best accuracy looks like a success: "
             "give None."),
            (lambda accuracies, target: epochs_to(accuracies[:next(
                (i for i in range(1, len(accuracies)) if accuracies[i] < accuracies[i - 1]), len(accuracies))], target),
             "The search ends where the accuracy first falls. It may rise to the target afterwards."),
            (lambda accuracies, target: epochs_to(np.floor(10 * accuracies), np.floor(10 * target)),
             "Both are cut off behind the first place, so that an accuracy below the target can seem to reach it."),
            (_never_none(lambda accuracies, target: int(np.where(
                accuracies >= target, accuracies, np.inf).argmin()) + 1),
             "Of those at the target, the epoch with the lowest accuracy is taken. Asked for is the first."),
            (_never_none(lambda accuracies, target: int((accuracies >= target).sum()) + 1),
             "That is one more than the number of epochs at the target. Asked for is when the first of them came."),
            (_never_none(lambda accuracies, target: int((accuracies >= target)[::-1].argmax()) + 1),
             "The epochs are counted from the end. The first is epoch 1."),
            (_never_none(lambda accuracies, target: int((accuracies >= target)[1:].argmax()) + 2 if (
                accuracies >= target)[1:].any() else 1),
             "A first epoch at the target is only looked at last. It comes first."),
            (lambda accuracies, target: epochs_to(accuracies, target) if target else None,
             "Right unless the target is 0, which any accuracy reaches: is 0 taken for False?"),
            (_never_none(lambda accuracies, target: next(
                (k for k in range(1, len(accuracies)) if min(accuracies[k - 1:k + 1]) >= target), None)),
             "Two epochs in a row have to be at the target here. The first one at it is asked for."),
        ),
    ),
    Exercise(
        id="pick-rate",
        title="choose on validation, report on test",
        reference=pick_rate,
        why="The test scores take no part in the choice, so that the choice cannot flatter them.",
        hints=(
            "There are two questions, and each has its own data: which rate, and how good is it?",
            "Average each rate over its seeds first: the scores have one row for each rate, so average along axis 1.",
            "`argmax` of the mean validation scores tells which row is chosen. Use that row in `rates` and in the test "
            "scores.",
        ),
        probes=((_RATES, _VAL, _TEST), (np.array([1e-3, 0.1, 1.0]), _MORE_VAL, _MORE_TEST),
                (_RATES[:3], _TEST[:3], _VAL[:3]), (_RATES[::-1], 1 - _TEST, 1 - _VAL),
                (np.array([0.3, 0.1, 0.03]), _WIDE_VAL, _WIDE_TEST),
                (np.array([0.3, 0.1, 0.03]), _LOSS_VAL, _LOSS_TEST),
                (np.array([0.003, 0.001, 0.004, 0.002, 0.0005]), _FALLEN_VAL, _FALLEN_TEST),
                (np.array([0.03, 0.1, 1.0]), _CLOSE_VAL, _CLOSE_TEST)),
        corners={"all may be below 0": [5]},
        parts=("the rate", "the test score"),
        further=((np.array([0.1, 1.0]), np.array([[0.5, 0.9], [0.6, 0.7]]), np.array([[0.6, 0.0], [0.4, 0.3]])),
                 (np.array([0.1, 1.0]), np.array([[0.0], [-0.5]]), np.array([[0.6], [0.4]])),
                 (np.array([1.0, 0.1, 3.0]), np.array([[-0.5, 0.25], [0.0, 0.0], [-2.0, 1.0]]),
                  np.array([[0.6, 0.0], [0.5, 0.25], [0.4, 0.3]])),
                 (np.array([0.1, 0.2]), 0.5 + np.array([[0.0, 0.0], [2.0**-18, 0.0]]),
                  np.array([[0.5, 0.25], [0.75, 0.5]]))),
        whole=((np.array([0.1, 1.0]), np.array([[70, 70], [70, 71]]), np.array([[60, 61], [80, 81]])),),
        draw=_some_sweep,
        on_the_way=lambda rates, val, test: (
            f"The mean validation scores are `{show(val.mean(axis=1))}`, the mean test scores "
            f"`{show(test.mean(axis=1))}`."),
        mistakes=(
            (lambda rates, val, test: pick_rate(rates, test, test),
             "The test scores choose the rate here. Then they can no longer say how good the choice is."),
            (lambda rates, val, test: pick_rate(rates, val, val),
             "The rate is right, but the score reported is the one that chose it, which flatters. Which data took no "
             "part in the choice?"),
            (lambda rates, val, test: pick_rate(rates, test, val),
             "Validation and test have changed places: who chooses, and who judges?"),
            (lambda rates, val, test: (rates[val.max(axis=1).argmax()], test[val.max(axis=1).argmax()].mean()),
             "Either the luckiest seed or the widest scatter chooses the rate here. The mean of all its seeds should."),
            (lambda rates, val, test: (rates[val.min(axis=1).argmax()], test[val.min(axis=1).argmax()].mean()),
             "Either a rate whose seeds scatter little is favoured here, by its unluckiest seed or its spread, or the "
             "first seed is left out. The best mean of all seeds is asked for."),
            (lambda rates, val, test: (rates[val[:, 0].argmax()], test[val[:, 0].argmax()].mean()),
             "One seed alone chooses the rate here. With another seed the choice may differ."),
            (lambda rates, val, test: (rates[val.mean(axis=1).argmin()], test[val.mean(axis=1).argmin()].mean()),
             "That is the rate with the lowest score; higher is better here."),
            (lambda rates, val, test: (rates[val.mean(axis=1).argmax()], test[val.mean(axis=1).argmax()].max()),
             "The rate is right, but the test score is that of its luckiest seed."),
            (lambda rates, val, test: (rates[val.mean(axis=1).argmax()], test[val.mean(axis=1).argmax()][0]),
             "The rate is right, but the test score is that of one seed only."),
            (lambda rates, val, test: (rates[val.mean(axis=1).argmax()], test.mean(axis=1).max()),
             "The rate is right, but the test score belongs to whichever rate did best on test data."),
            (lambda rates, val, test: (rates[val.mean(axis=1).argmax()], test.mean()),
             "The rate is right, but the test score is an average over all the rates."),
            (lambda rates, val, test: (val.mean(axis=1).argmax(), test[val.mean(axis=1).argmax()].mean()),
             "The score is right. The first of the pair is the number of a row: which rate stands in that row?"),
            (lambda rates, val, test: pick_rate(rates, (val + test) / 2, test),
             "The test scores have a say in the choice. Then they can no longer say how good it is."),
            (lambda rates, val, test: (rates[np.median(val, axis=1).argmax()],
                                       test[np.median(val, axis=1).argmax()].mean()),
             "The best median chooses the rate here. The best mean is asked for."),
            (lambda rates, val, test: (pick_rate(rates, val, test)[0], np.median(test[val.mean(axis=1).argmax()])),
             "The rate is right, but the test score is a median. The mean is asked for."),
            (lambda rates, val, test: (pick_rate(rates, val, test)[0], test[val.mean(axis=1).argmax()].sum()),
             "The rate is right, but the test scores are added up. Their mean is asked for."),
            (lambda rates, val, test: (pick_rate(rates, val, test)[0], test[val.mean(axis=1).argmax()].min()),
             "The rate is right, but the test score is that of its unluckiest seed."),
            (lambda rates, val, test: (pick_rate(rates, val, test)[0], test[val.mean(axis=1).argmax()][-1]),
             "The rate is right, but the test score is that of the last seed only."),
            (lambda rates, val, test: (pick_rate(rates, val, test)[0], test[val.mean(axis=1).argmax()][
                val[val.mean(axis=1).argmax()].argmax()]),
             "The rate is right, but the test score is that of the seed which is best in validation. All its seeds "
             "count."),
            (lambda rates, val, test: (pick_rate(rates, val, test)[0],
                                       (val + test)[val.mean(axis=1).argmax()].mean() / 2),
             "The rate is right, but its score is half made of the validation scores that chose it."),
            (lambda rates, val, test: (pick_rate(rates, val, test)[0], test[val.mean(axis=1).argmax()].std()),
             "The rate is right, but the second number is the spread of its test scores. Their mean is asked for."),
            (lambda rates, val, test: (rates[val.max(axis=1).argmax()], test[val.max(axis=1).argmax()][
                val[val.max(axis=1).argmax()].argmax()]),
             "A single run is chosen here, the luckiest. Let all the seeds of a rate speak."),
            (lambda rates, val, test: (rates[val[:, -1].argmax()], test[val[:, -1].argmax()].mean()),
             "The last seed alone chooses the rate here. With another seed the choice may differ."),
            (lambda rates, val, test: pick_rate(np.sort(rates), val, test),
             "The rates are sorted and the scores are not, so that a rate can get the scores of another."),
            (lambda rates, val, test: (rates.max(), pick_rate(rates, val, test)[1]),
             "The score is right, but the rate is the largest of all. Which rate does the score belong to?"),
            (lambda rates, val, test: (*pick_rate(rates, val, test), val.mean(axis=1).max()),
             "The first two are right. A pair is asked for, without the validation score."),
            (lambda rates, val, test: pick_rate(rates, val, test)[::-1],
             "Both numbers are right, in the other order: first the rate, then its score."),
            (lambda rates, val, test: pick_rate(rates, val, test)[0],
             "The rate is right. Its test score is asked for as well, as the second of a pair."),
            (lambda rates, val, test: (rates[val.mean(axis=0).argmax()], test[val.mean(axis=0).argmax()].mean()),
             "The average runs over the rates instead of the seeds: look at the axis."),
            (lambda rates, val, test: (rates[val.mean(axis=0).argmax()], test.mean(axis=0)[val.mean(axis=0).argmax()]),
             "Both averages run over the rates instead of the seeds, and a seed's number chooses the rate: look at the "
             "axis."),
            (lambda rates, val, test: (rates[val.mean(axis=1).argmax()], test[val.mean(axis=1).argmax()]),
             "The rate is right and so is the row of test scores. Make one number of it."),
            (lambda rates, val, test: pick_rate(rates, val, test) if val.mean(axis=1).max() > 0
             else (rates[0], test[0].mean()),
             "Right unless all means are low, below 0 or some such number, where yours takes the first rate: does the "
             "search begin with that number as the best so far?"),
            (lambda rates, val, test: pick_rate(rates[1:], val[1:], test[1:]),
             "The first rate is passed over: a list begins at 0."),
            (lambda rates, val, test: pick_rate(rates[:-1], val[:-1], test[:-1]),
             "The last rate is passed over: `range(len(rates))` ends there by itself."),
            (lambda rates, val, test: (rates[(k := np.bincount(val.argmax(axis=0)).argmax())], test[k].mean()),
             "Either the rate that wins for the most seeds is chosen, or the best of the second seed. The best mean is "
             "asked for."),
            (lambda rates, val, test: (pick_rate(rates, val, test)[0], test[-1].mean()),
             "The rate is right, but the test score is that of the last rate."),
            (lambda rates, val, test: (pick_rate(rates, val, test)[0], test[0].mean()),
             "The rate is right, but the test score is that of the first rate."),
            (lambda rates, val, test: (pick_rate(rates, val, test)[0], 1 - pick_rate(rates, val, test)[1]),
             "The rate is right, but its score is taken from 1. Higher is better: asked for is the score itself."),
            (lambda rates, val, test: (pick_rate(rates, val, test)[0], np.mean(
                [test[val[:, k].argmax(), k] for k in range(val.shape[1])])),
             "The rate is right, but the test scores are those of the winners seed by seed. Asked for is the mean of "
             "the one rate."),
            (lambda rates, val, test: (pick_rate(rates, val, test)[0], test.max()),
             "The rate is right, but the score is the highest of the whole table of test scores."),
            (lambda rates, val, test: (pick_rate(rates, val, test)[0],
                                       (val - test)[val.mean(axis=1).argmax()].mean()),
             "The rate is right, but the second number is how far its test score lies below that in validation."),
            (lambda rates, val, test: pick_rate(np.roll(rates, 1), val, np.roll(test, 1, axis=0)),
             "The row is taken at an index one too small. `argmax` counts from 0, as an index does."),
            (lambda rates, val, test: pick_rate(rates, val, np.roll(test, 1, axis=0)),
             "The rate is right, but the test score is taken at an index one too small. Use one row for both."),
            (lambda rates, val, test: (
                rates[(k := max(i for i, v in enumerate(val) if i == 0 or v.mean() > val[0].mean()))], test[k].mean()),
             "The last rate that is better than the first is taken. Each time a better one is found, the best mean so "
             "far has to be kept as well."),
            (lambda rates, val, test: (
                rates[(k := max(i for i in range(len(val)) if i == 0 or val[i].mean() > val[i - 1].mean()))],
                test[k].mean()),
             "The last rate that is better than the one before it is taken. Compare with the best mean so far, and "
             "keep it until a better one comes."),
            (lambda rates, val, test: (rates[(k := val[:, 0].argmax())], test[k, 0]),
             "One seed alone chooses the rate here, and the same seed alone tests it. All the seeds count for both."),
            (lambda rates, val, test: (rates[(k := val.mean(axis=1).round(1).argmax())], test[k].mean()),
             "Where means are close, the first of them may be taken: are they rounded to one place, or compared with "
             "something to spare?"),
            (lambda rates, val, test: (pick_rate(rates, val, test)[0], test.mean(axis=0)[val.mean(axis=1).argmax()]),
             "The rate is right, but the test scores are averaged over the rates. Axis 1 holds the seeds."),
        ),
    ),
    Exercise(
        id="paired-interval",
        title="an interval for a paired difference",
        reference=paired_interval,
        on_the_way=_way_to_the_interval,
        why="What a seed does to both settings cancels in their difference, so pairing needs far fewer seeds.",
        hints=(
            "Entry k of both arrays comes from seed k. Make one number for each seed first, and forget a and b.",
            "The margin is a factor times the standard error: the standard deviation (with n − 1) over the root of n.",
            "For 95 % and few seeds the factor is Student's t with n − 1 degrees of freedom, with 2.5 % left on each "
            "side: `scipy.stats.t.ppf(0.975, n - 1)`.",
        ),
        probes=((_A, _B), (_C, _D), (_D[:4], _C[:4]), (np.array([0.7, 0.9]), np.array([0.75, 0.6])),
                (np.array([0.82, 0.79, 0.85, 0.80, 0.83]), np.array([0.81, 0.80, 0.81, 0.81, 0.80])),
                (np.array([0.52, 0.6, 0.7, 0.8, 0.66]), np.array([0.5, 0.6, 0.71, 0.75, 0.66]))),
        parts=("the mean", "low", "high"),
        further=((1e-7 * np.array([1.0, 3.0, 4.0]), np.zeros(3)), (1e-9 * np.array([1.0, 4.0, 2.0]), np.zeros(3)),
                 (np.array([0.5, 0.5, 0.5, 0.75]), np.full(4, 0.25))),
        whole=((np.array([1, 2, 4]), np.array([0.5, 0.25, 0.5])), (np.array([0.5, 0.25, 0.5]), np.array([1, 2, 4]))),
        draw=_some_pairs,
        mistakes=(
            (lambda a, b: _unpaired(a, b, 2 * len(a) - 2),
             "The two settings are treated as strangers, though they share their seeds: take the difference seed by "
             "seed first."),
            (lambda a, b: _unpaired(a, b, len(a) - 1),
             "The spread of a and that of b are put together here, as if they had nothing to do with each other. They "
             "share their seeds: take the spread of the n differences."),
            (_welch,
             "That is Welch's interval for two independent groups. These scores come in pairs: what is different "
             "between the two of each pair?"),
            (_interval(lambda d: 1.96 * _standard_error(d)),
             "1.96 belongs to the normal distribution, with the spread known. It was estimated from the seeds here, "
             "so that the interval must be wider."),
            (_interval(lambda d: _t(len(d) - 1) * d.std(ddof=1)),
             "That is how far single seeds scatter. The mean of n seeds is more certain: by how much?"),
            (_interval(lambda d: _t(len(d) - 1) * _standard_error(d, ddof=0)),
             "Too narrow: NumPy's `std` divides by n unless told otherwise with `ddof`."),
            (lambda a, b: paired_interval(b, a),
             "The sign is turned round: asked for is a − b, which is positive where a is better."),
            (_interval(lambda d: _t(len(d) - 1, 0.95) * _standard_error(d)),
             "Too narrow: the quantile of 0.95 leaves out 5 % on each side. The two sides should share them."),
            (_interval(lambda d: _t(len(d)) * _standard_error(d)),
             "Nearly: one degree of freedom was used up by the mean."),
            (lambda a, b: tuple(np.array(paired_interval(a, b))[[1, 0, 2]]),
             "The three numbers are right, in another order: it should be mean, low, high."),
            (lambda a, b: tuple(np.array(paired_interval(a, b))[[0, 2, 1]]),
             "The three numbers are right, but high stands before low: either the two have changed places, or "
             "`ppf(0.025, …)` gave a negative t."),
            (_interval(lambda d: _t(len(d) - 1) * d.std(ddof=1) / len(d)),
             "Too narrow: the standard deviation is divided by n. The standard error divides it by the root of n."),
            (_interval(lambda d: _t(len(d) - 1) * d.var(ddof=1) / np.sqrt(len(d))),
             "The variance is in the margin. The standard deviation is its root."),
            (_interval(lambda d: _t(len(d) - 1) * d.var(ddof=1) / len(d)),
             "The standard error is squared: a root is missing over the variance divided by n."),
            (lambda a, b: (lambda mean, low, high: (
                mean, max(low, 0.0) if mean > 0 else low, min(high, 0.0) if mean < 0 else high))(
                    *paired_interval(a, b)),
             "Right unless the interval reaches across 0, where yours ends at 0. That it may hold 0 is what it is "
             "there to show."),
            (_interval(lambda d: _t(len(d) - 1) * d.std(ddof=1) / np.sqrt(len(d) - 1)),
             "The n − 1 is used twice: it belongs into the standard deviation; the root should be that of n."),
            (_interval(lambda d: _t(len(d) - 1) * _standard_error(d) / 2),
             "The margin is halved. t standard errors reach to *each* side."),
            (_interval(lambda d: _t(2 * len(d) - 2) * _standard_error(d)),
             "The differences have n − 1 degrees of freedom: they are n numbers, not 2n."),
            (_interval(lambda d: _t(max(len(d) - 2, 0.5)) * _standard_error(d)),
             "One degree of freedom is used up by the mean of the differences, not two: n − 1."),
            (_interval(lambda d: _t(len(d) - 1, 0.995) * _standard_error(d)),
             "That is a 99 % interval."),
            (_interval(lambda d: _t(len(d) - 1, 0.99) * _standard_error(d)),
             "That leaves 1 % on each side, a 98 % interval. For 95 % it is 2.5 %."),
            (_interval(lambda d: _t(29) * _standard_error(d)),
             "The degrees of freedom are fixed at those of 30 seeds. They should be one fewer than there are "
             "differences."),
            (_interval(lambda d: _t(len(d)) * _standard_error(d, ddof=0)),
             "Two things at once: one degree of freedom was used up by the mean, and `std` divides by n unless told "
             "`ddof=1`."),
            (_around(lambda a, b: a.std(ddof=1) / np.sqrt(len(a)) - b.std(ddof=1) / np.sqrt(len(b))),
             "The spread of b is taken from that of a. Take the spread of the differences."),
            (_interval(lambda d: _t(len(d) - 1) * np.sqrt((d**2).sum() / (len(d) - 1) / len(d))),
             "The squares are those of the differences themselves. The standard deviation takes the distances from "
             "their mean."),
            (_interval(lambda d: 2 * _t(len(d) - 1) * _standard_error(d)),
             "The margin is twice what it should be. t standard errors reach to each side."),
            (lambda a, b: (np.mean(a - b), np.min(a - b), np.max(a - b)),
             "Those are the smallest and the largest difference of single seeds. The interval is for their mean."),
            (_around(lambda a, b: np.append(a, b).std(ddof=1) / np.sqrt(len(a))),
             "All the scores of a and b lie in one heap here. Take the spread of the differences."),
            (_interval(lambda d: 1.96 * _standard_error(d, ddof=0)),
             "Two things at once: 1.96 belongs to a known spread, and `std` divides by n unless told `ddof=1`."),
            (_interval(lambda d: 1.96 * d.std(ddof=1)),
             "Two things at once: that is how far single seeds scatter, and 1.96 belongs to a known spread."),
            (_interval(lambda d: _t(len(d) - 1) * d.std()),
             "Two things at once: that is how far single seeds scatter, and `std` divides by n unless told `ddof=1`."),
            (lambda a, b: paired_interval(np.abs(a - b), 0 * b),
             "The absolute value takes away who was better. Keep the sign of each difference."),
            (lambda a, b: paired_interval(np.sort(a), np.sort(b)),
             "Both are sorted, so that the two of a pair can come from different seeds."),
            (lambda a, b: (float(np.median(a - b)), *paired_interval(a, b)[1:]),
             "The interval is right, but the first number is the median."),
            (lambda a, b: (float(np.sum(a - b)), *paired_interval(a, b)[1:]),
             "The interval is right, but the first number is the sum. The mean is asked for."),
            (lambda a, b: (np.mean(a - b), _t(len(a) - 1) * _standard_error(a - b)),
             "Mean and margin are right. Asked for are mean, low and high."),
            (lambda a, b: paired_interval(a / b, 0 * b),
             "Those are ratios. Take the differences a − b."),
            (lambda a, b: paired_interval((a - b) / a, 0 * b),
             "The differences are divided by the scores. Take a − b as it is."),
            (_around(lambda a, b: _standard_error(a) + _standard_error(b)),
             "The standard errors of a and b are added up. Take that of the differences."),
            (_around(lambda a, b: _standard_error(a)),
             "The standard error is that of a alone. Take that of the differences."),
            (lambda a, b: paired_interval(a, b)[1:],
             "The interval is right. The mean is asked for as well, in front of it."),
            (_interval(lambda d: 2 * _standard_error(d)),
             "Two standard errors are a rule of thumb for many seeds. For few seeds Student's t says more."),
            (_interval(lambda d: _standard_error(d)),
             "That is one standard error to each side, an interval of about 68 %, or less with few seeds."),
            (lambda a, b: (np.mean(a - b), -_t(len(a) - 1) * _standard_error(a - b),
                           _t(len(a) - 1) * _standard_error(a - b)),
             "The margin is right, but low and high stand around 0 instead of around the mean."),
            (lambda a, b: (np.mean(a - b), *np.percentile(a - b, [2.5, 97.5])),
             "These percentiles say where single seeds fall. The interval is for their mean."),
            (lambda a, b: paired_interval(a, np.zeros(len(b))),
             "That is the mean of a and its interval. Where does b come in?"),
            (lambda a, b: paired_interval((a - b) / b, np.zeros(len(b))),
             "The differences are divided by b. Asked for is a − b as it is."),
            (lambda a, b: (paired_interval(a, b)[0], *[paired_interval(a, b)[2] - paired_interval(a, b)[0]] * 2),
             "The mean is right, and the margin stands in the place of both ends. The ends are mean − margin and "
             "mean + margin."),
            (_interval(lambda d: _t(len(d) - 1, 0.90) * _standard_error(d)),
             "That leaves 10 % on each side, an 80 % interval. For 95 % it is 2.5 %."),
            (_interval(lambda d: _t(len(d) - 1, 0.95) * _standard_error(d, ddof=0)),
             "Two things at once: the quantile of 0.95 leaves out 5 % on each side, and `std` divides by n unless told "
             "`ddof=1`."),
            (lambda a, b: _interval(lambda d: _t(len(d) - 1) * _standard_error(d, ddof=0))(b, a),
             "Two things at once: asked for is a − b, and `std` divides by n unless told `ddof=1`."),
            (_interval(lambda d: _t(max(len(d) - 2, 1)) * _standard_error(d)),
             "Two degrees of freedom are taken off where there are enough. The mean of the differences uses up one: "
             "n − 1."),
            (_interval(lambda d: _t(1) * _standard_error(d)),
             "12.71 is Student's t for two seeds. With more it is smaller: n − 1 degrees of freedom."),
            (_around(lambda a, b: abs(_standard_error(a) - _standard_error(b))),
             "The margin is made of the difference between the spread of a and that of b. Take the spread of the "
             "differences."),
            (lambda a, b: tuple(np.median(a - b) - np.mean(a - b) + np.array(paired_interval(a, b))),
             "The margin is right, but all stands around the median. The mean is asked for."),
        ),
    ),
]

QUIZZES = [
    Quiz("one-seed", "One run at rate 0.01 ends at a test accuracy of .83, one run at rate 0.1 at .82. What follows?", (
        Option("0.01 is the better rate for this problem.",
               "Another seed may turn the order round: single runs of the same setting scatter by more than this.",
               origin="A published mistake: settings ranked on one seed"),
        Option("The two rates are equally good, since .01 is a small difference.",
               "Small compared to what? Without the spread over seeds, neither equal nor different can be said."),
        Option("Nothing yet: run both with the same seeds and look at the differences and their interval.",
               "The spread over the seeds is what the difference has to be compared with.", right=True),
        Option("0.01 is better for short training, 0.1 for long training.",
               "Two runs of one length each cannot say anything about another length."),
    )),
    Quiz("grid-edge", "Over the rates 0.0001, 0.001 and 0.01, with many seeds each, validation accuracy is highest at "
         "0.01. What next?", (
        Option("Report 0.01 as the best rate.",
               "It is the best that was tried. Nothing was tried above it, where accuracy may still rise.",
               origin="A published mistake: a best rate at the end of its grid"),
        Option("Add 0.1 and higher rates until the accuracy falls again.",
               "A best rate is known only when there is a worse one on each side of it.", right=True),
        Option("Refine the grid between 0.001 and 0.01.",
               "That looks on the one side where accuracy is known to fall."),
        Option("Add seeds to make sure of 0.01.",
               "Seeds narrow the interval of the rates that were tried. They say nothing of those that were not."),
    )),
    Quiz("choosing-on-test", "Twelve rates are tried. The one with the highest test accuracy is kept, and that "
         "accuracy, .85, is reported. What is wrong?", (
        Option("The .85 is too high on average: the test data made the choice, so chance helped it.",
               "The highest of twelve noisy scores is partly luck. Choose on validation data, test only the choice.",
               right=True),
        Option("Nothing: no network was trained on the test data.",
               "The weights were not, but the rate was fitted to them. That is enough to flatter the score.",
               origin="A published mistake: test data used to choose the rate"),
        Option("The average over all twelve rates should be reported.",
               "That would be fair to nobody: nobody would use the bad rates. The choice needs data of its own."),
        Option("The rate should be chosen on the training accuracy.",
               "That would reward learning the examples by heart. Validation data are there for the choice."),
    )),
    Quiz("every-budget", "After 5 epochs the training loss is lower at rate 0.1 than at 0.01. Which rate is better "
         "after 200 epochs?", (
        Option("0.1, since it learns faster.",
               "Being ahead early is speed. A smaller rate may catch up and pass, or may not.",
               origin="A common belief: the rate that leads early wins at every budget"),
        Option("0.01, since a smaller rate always ends better.",
               "Often told, but not always so: 200 epochs may also be too few for a small rate."),
        Option("Both the same, since they descend the same loss.",
               "On one bowl, given time without end, yes. A network has many places to end in, and 200 epochs are "
               "limited."),
        Option("That cannot be told from 5 epochs: it has to be measured at 200.",
               "Which rate wins depends on the budget, so compare at the budget that you will use.", right=True),
    )),
    Quiz("inherited-weights", "What is wrong with this comparison of rates?\n\n"
         "```python\nnetwork = make_network()\nfor lr in [1.0, 0.1, 0.01]:\n"
         "    print(lr, train_and_score(network, lr))\n```", (
        Option("The rates should go from small to large.",
               "Any order should give the same result. That it does not here is the sign of the mistake."),
        Option("Every rate but the first starts with the weights that the one before it left.",
               "Make a new network inside the loop, from the same seed for every rate.", right=True),
        Option("Nothing: all rates use the same network, so the comparison is fair.",
               "The same starting weights would be fair. Here the second run starts where the first one ended.",
               origin="A published mistake: a run that inherits the weights of the one before it"),
        Option("It needs a new optimizer for each epoch.",
               "An optimizer lasts for a run. It is the weights that must begin anew for each rate."),
    )),
    Quiz("identical-runs", "In a table of results, the rows for the rates 0.1, 0.01 and 0.001 agree in every digit, "
         "seed by seed. What is the likeliest reason?", (
        Option("The problem does not depend on the learning rate.",
               "Even then the last digits would differ: another rate means other weights after the first step."),
        Option("All three have converged to the same minimum.",
               "They would be close, not equal in every digit, and surely not at every seed."),
        Option("The rate that was varied never reached the optimizer.",
               "Then all three runs are one run. Print the rate that the optimizer holds. This mistake has been "
               "published.", right=True),
        Option("The seeds were fixed, so that the runs had to agree.",
               "Fixed seeds give the same start and the same batches; another rate still takes other steps."),
    )),
]
