"""Exercises and questions of notebook 11: clipping by a norm, a threshold from a history, a fate from four gauges."""

import numpy as np

from .draws import digits, numbers, scale, whole
from .quizzes import Option, Quiz
from .tasks import Exercise


def clipped_step(weights, gradients, lr, max_norm):
    """The weights after one step of gradient descent with clipped gradients.

    weights and gradients are lists of arrays, one for each tensor of the network; their
    shapes agree, and may differ from tensor to tensor. The norm is that of all gradients
    together, as if they were one long vector. Where it is above max_norm, all of them are
    scaled by the same factor, so that it becomes max_norm; otherwise they stay as they are,
    also where all are 0. The answer is a list of new arrays.
    clipped_step([np.array([2.0])], [np.array([4.0])], 0.5, 2.0) gives [array([1.])].
    """
    norm = np.sqrt(sum((g**2).sum() for g in gradients))
    factor = max_norm / norm if norm > max_norm else 1.0
    return [w - lr * factor * g for w, g in zip(weights, gradients, strict=True)]


def clip_threshold(norms, percentile, skip):
    """A threshold for clipping: a percentile of the gradient norms of a healthy run.

    norms is an array with the norm of each step, in order. The first `skip` steps are left
    out, and so are norms that are nan or infinite; the percentile, from 0 to 100, is taken
    of what remains, as np.percentile takes it. Where nothing remains, nothing should be
    clipped, and the answer is infinity.
    clip_threshold(np.array([9.0, 1.0, 2.0, 3.0]), 50, 1) gives 2.
    """
    kept = norms[skip:]
    kept = kept[np.isfinite(kept)]
    return float(np.percentile(kept, percentile)) if len(kept) else np.inf


def name_fate(train, val, rates, ratio):
    """The fate of a run, named from its gauges: the first line that is true.

    train, val and ratio are arrays with the training loss, the validation loss and the
    update-to-weight ratio of each epoch; rates has the rate of each step.
    "gone": some training loss is nan or infinite.
    "wrong schedule": the last rate is more than half of the first, or some rate is higher
    than the one before it.
    "too large": the last training loss is at least the first.
    "too small": the last training loss is more than half of the first, and the median of
    ratio is below 0.001.
    "overfitting": the last validation loss is more than 1.2 times its lowest.
    "healthy": none of these.
    With train and val np.array([2.0, 1.5]), rates np.array([0.1, 0.01]) and ratio
    np.array([0.0005, 0.0004]) it is "too small".
    """
    if not np.isfinite(train).all():
        return "gone"
    if rates[-1] > 0.5 * rates[0] or (np.diff(rates) > 0).any():
        return "wrong schedule"
    if train[-1] >= train[0]:
        return "too large"
    if train[-1] > 0.5 * train[0] and np.median(ratio) < 0.001:
        return "too small"
    return "overfitting" if val[-1] > 1.2 * val.min() else "healthy"


def _way_to_the_factor(weights, gradients, lr, max_norm):
    norm = _norm(gradients)
    return f"The norm of all gradients there is `{norm:.4g}`, the factor `{_factor(norm, max_norm):.4g}`."


def _way_to_the_threshold(norms, percentile, skip):
    kept = np.sort(_kept(norms, skip))
    return f"In order, what remains there is `{', '.join(f'{x:.4g}' for x in kept)}`." if len(kept) else (
        "Nothing remains there.")


def _place_of_yours(got, norms, percentile, skip):
    kept = np.sort(_kept(norms, skip))
    if not len(kept):
        return ""
    if np.isclose(kept, got).any():
        between = not np.isclose(kept, clip_threshold(norms, percentile, skip)).any()
        return "Yours is one of them" + "; asked for is a point between two." * between + "." * (not between)
    below = int((kept < got).sum())
    if below in (0, len(kept)):
        return f"Yours lies {'above' if below else 'below'} all of them."
    return f"Yours lies above {below} of them and below {len(kept) - below}."


def _way_to_the_fate(train, val, rates, ratio):
    losses = f"the first training loss there is `{train[0]:.4g}`, the last `{train[-1]:.4g}`"
    validation = f"the lowest validation loss is `{val.min():.4g}`, the last `{val[-1]:.4g}`"
    schedule = f"the first rate is `{rates[0]:.4g}`, the last `{rates[-1]:.4g}`"
    rises = np.flatnonzero(np.diff(rates) > 0)
    if len(rises):
        low, high = rates[rises[0]:rises[0] + 2]
        digits = next(n for n in range(4, 18) if f"{low:.{n}g}" != f"{high:.{n}g}")
        schedule += f", and `{high:.{digits}g}` comes right after `{low:.{digits}g}`"
    median = f"the median of ratio is `{np.median(ratio):.4g}`"
    said = {"gone": "some training loss there is not finite", "wrong schedule": f"there {schedule}",
            "too large": losses, "too small": f"{losses}; {median}", "overfitting": f"there {validation}",
            "healthy": f"{losses}; {validation}; {schedule}, without a rise; {median}"}
    words = said[name_fate(train, val, rates, ratio)]
    return words[0].upper() + words[1:] + "."


def _as_tuple(attempt, weights, gradients, lr, max_norm):
    """What the attempt gives, a list of arrays of different shapes, as a tuple."""
    after = attempt(weights, gradients, lr, max_norm)
    return tuple(after) if isinstance(after, list) and len(after) == len(weights) else after


def _norm(arrays):
    return np.sqrt(sum((a**2).sum() for a in arrays))


def _factor(norm, max_norm):
    return max_norm / norm if norm > max_norm else 1.0


def _step(weights, gradients, lr, factors):
    return [w - lr * f * g for w, g, f in zip(weights, gradients, factors, strict=True)]


def _one_factor(factor_of):
    """A mistake in the common factor, a function of all gradients and max_norm."""
    def step(weights, gradients, lr, max_norm):
        return _step(weights, gradients, lr, [factor_of(gradients, max_norm)] * len(gradients))
    return step


def _each_by_itself(weights, gradients, lr, max_norm):
    return _step(weights, gradients, lr, [_factor(_norm([g]), max_norm) for g in gradients])


def _with_the_norm_so_far(weights, gradients, lr, max_norm):
    norms = [_norm(gradients[:i + 1]) for i in range(len(gradients))]
    return _step(weights, gradients, lr, [_factor(norm, max_norm) for norm in norms])


def _each_to_the_threshold(weights, gradients, lr, max_norm):
    long = _norm(gradients) > max_norm
    return _step(weights, gradients, lr, [max_norm / _norm([g]) if long and _norm([g]) else 1.0 for g in gradients])


def _by_value(weights, gradients, lr, max_norm):
    return [w - lr * np.clip(g, -max_norm, max_norm) for w, g in zip(weights, gradients, strict=True)]


def _the_update(weights, gradients, lr, max_norm):
    updates = [lr * g for g in gradients]
    return _step(weights, updates, 1.0, [_factor(_norm(updates), max_norm)] * len(updates))


def _the_weights(weights, gradients, lr, max_norm):
    after = _step(weights, gradients, lr, [1.0] * len(weights))
    return [_factor(_norm(after), max_norm) * w for w in after]


def _always(gradients, max_norm):
    norm = _norm(gradients)
    return max_norm / norm if norm else 1.0


def _left_out(gradients, max_norm):
    return 1.0 if _norm(gradients) <= max_norm else 0.0


def _kept(norms, skip):
    norms = norms[skip:]
    return norms[np.isfinite(norms)]


def _percentile(kept, percentile):
    return float(np.percentile(kept, percentile)) if len(kept) else np.inf


def _skipped_last(norms, percentile, skip):
    finite = norms[np.isfinite(norms)]
    return _percentile(finite[skip:], percentile)


def _unskipped(norms, percentile, skip):
    return _percentile(_kept(norms, 0), percentile)


def _largest_for_gone(norms, percentile, skip):
    kept = norms[skip:]
    return _percentile(np.where(np.isfinite(kept), kept, np.nanmax(np.where(np.isfinite(norms), norms, 0))),
                       percentile)


def _largest_kept_for_gone(norms, percentile, skip):
    kept = norms[skip:]
    finite = np.isfinite(kept)
    return _percentile(np.where(finite, kept, kept[finite].max()), percentile) if finite.any() else np.inf


def _until_the_first_gone(norms, percentile, skip):
    kept = norms[skip:]
    return _percentile(kept[np.logical_and.accumulate(np.isfinite(kept))], percentile)


def _fate(first=("gone", "schedule", "large", "small", "over"), finite=lambda train, val: np.isfinite(train).all(),
          schedule=lambda r: r[-1] > 0.5 * r[0] or (np.diff(r) > 0).any(), large=lambda train: train[-1] >= train[0],
          small=lambda train, ratio: train[-1] > 0.5 * train[0] and np.median(ratio) < 0.001,
          over=lambda train, val: val[-1] > 1.2 * val.min()):
    """The rule with one of its lines, or their order, changed."""
    def name(train, val, rates, ratio):
        asked = {"gone": ("gone", lambda: not finite(train, val)),
                 "schedule": ("wrong schedule", lambda: schedule(rates)),
                 "large": ("too large", lambda: large(train)), "small": ("too small", lambda: small(train, ratio)),
                 "over": ("overfitting", lambda: over(train, val))}
        return next((asked[line][0] for line in first if asked[line][1]()), "healthy")
    return name


def _some_gradients(rng):
    """Up to 12 tensors, some without a slope, their gradients far above the threshold or below it. Nothing cancels."""
    shapes = [tuple(whole(rng, 1, 25) for _ in range(rng.integers(1, 4))) for _ in range(whole(rng, 1, 12))]
    gradients = [numbers(rng, *shape) * (rng.random() < 0.9) for shape in shapes]
    norm = _norm(gradients)
    long = norm > 0 and rng.random() < 0.7
    size = scale(rng, 1e-9, 1e4) / norm if long else 10.0 ** rng.integers(-6, 4)
    lr, norm = scale(rng, 1e-3, 5), size * norm
    max_norm = norm * rng.choice([scale(rng, 1e-4, 0.99), 0.9995]) if long else norm * scale(rng, 1.01, 1e4) or 1.0
    pace = lr * _factor(norm, max_norm)
    weights = [digits(pace * size * numbers(rng, *shape)) for shape in shapes]
    gradients = [np.where(np.abs(w - pace * size * g) < 0.1 * np.abs(w), -1, 1) * size * g
                 for w, g in zip(weights, gradients, strict=True)]
    return weights, gradients, lr, float(max_norm)


def _some_norms(rng):
    """Up to 300 norms, large or small, with equals, zeros, nan and infinity, and as many to skip, or all; or none."""
    n = whole(rng, 1, 301) - 1
    norms = 10.0 ** rng.integers(-12, 13) * (np.abs(numbers(rng, n)) + rng.integers(2))
    norms[rng.random(n) < rng.choice([0.0, 0.2, 0.9])] = rng.choice([np.nan, np.inf])
    norms = np.where(rng.random(n) < 0.05, np.inf, norms) if rng.random() < 0.7 else rng.integers(9, size=n)
    skip = rng.choice([0, 1, whole(rng, 1, n + 1), n + rng.integers(20)], p=[0.3, 0.2, 0.4, 0.1])
    return norms, float(rng.choice([0, 0.5, 50, 99.5, 100, round(rng.uniform(0, 100), 1)])), int(skip)


def _some_gauges(rng):
    """Up to 300 epochs, 600 steps, and two gauges near their limits, or at them where that is exact: 6 is 1.2 · 5."""
    n, m, near = whole(rng, 1, 300), whole(rng, 1, 600), rng.permutation(4)[:rng.integers(3)]
    train, val = digits(scale(rng, 1e-5, 1e3) * rng.uniform(0.1, 3, n)), rng.integers(28, 40, n) / 4
    shares = [0.999, 1, 1.001] if 0 in near else [0.5, 0.501, 0.75] if 1 in near else [0, 0.25]
    train[1:][-1:] = train[0] * rng.choice(shares)
    if 2 in near:
        train[rng.integers(n)] = rng.choice([np.nan, np.inf, -np.inf])
    val[rng.integers(n)], val[-1] = 5, rng.choice([5.9375, 6, 6.015625, 10])
    rates = -np.sort(-rng.integers(rng.choice([0, 2**13 + 20]), 2**14, m)) // rng.choice([1, 2**11]) * 1.0
    rates[0], rates[1:][-1:] = 2**14, np.minimum(rates[-2:-1], rng.choice([0, 2**13, 2**13 + 20 * (3 in near)]))
    if 3 in near and m > 1 and rng.random() < 0.5:
        j = rng.integers(1, m)
        rates[j] = rates[j - 1] + 1
    ratio = rng.choice([1, 30, 64, 65, 66, 67, 100, 5000], n) / 2**16
    return train, 2.0 ** rng.integers(-25, 16) * val, scale(rng, 1e-6, 10) * rates / 2**14, ratio


_W = [np.array([[0.5, -1.0], [2.0, 0.25]]), np.array([0.1, -0.3])]
_G = [np.array([[3.0, -1.0], [0.5, 2.0]]), np.array([-0.6, 0.8])]
_SMALL = [np.array([[0.03, -0.01], [0.0, 0.02]]), np.array([0.01, 0.0])]
_ZERO = [np.zeros((2, 2)), np.zeros(2)]
_THREE = [np.array([1.0, 2.0, 3.0]), np.array([[0.4], [0.1]]), np.array([-2.0])]
_THREE_G = [np.array([0.2, -0.1, 0.3]), np.array([[7.0], [-1.5]]), np.array([0.05])]
_NORMS = np.array([8.0, 5.0, 1.2, 0.9, 1.1, 2.5, 0.7, 1.0, 0.8, 3.0])
_SPIKED = np.array([4.0, 1.1, 0.9, 1.0, 1.2, 0.8, 1.0, 1.1, 0.9, 1.3, 0.7, 1.0, 40.0, 1.2])
_GAPS = np.array([6.0, np.nan, 1.5, 0.6, np.inf, 0.9, 2.2, 1.3])
_FELL = np.array([2.1, 1.2, 0.6, 0.2, 0.05])
_VAL = np.array([2.1, 1.3, 0.7, 0.45, 0.43])
_COS = np.array([0.1, 0.09, 0.06, 0.03, 0.01, 0.001])
_MOVED = np.array([0.01, 0.008, 0.006, 0.002, 0.0004])
_CRAWL = np.array([2.3, 2.1, 1.9, 1.7, 1.5])
_CRAWLED = np.array([1e-4, 1e-4])
_WORSE = np.array([2.3, 1.0, 1.3, 1.6])
_NO_MEDIANS = (
    (lambda ratio: ratio[len(ratio) // 2], "That is the ratio halfway through the run. The median is the middle one in "
                                           "order of size."),
    (lambda ratio: np.sort(ratio)[len(ratio) // 2],
     "Of an even number of ratios, you take the upper of the middle two. The median is their mean."),
    (lambda ratio: np.sort(ratio)[(len(ratio) - 1) // 2],
     "Of an even number of ratios, you take the lower of the middle two. The median is their mean."),
)
_LONG = np.arange(1, 2001) / 1000  # what happens, and late in a run
_CREEP = np.array([5e-4, 4e-4, 4e-4, 3e-4, 1e-5])


EXERCISES = [
    Exercise(
        id="clip-by-norm",
        title="clip by the norm of all weights together",
        reference=clipped_step,
        why="One factor for all tensors leaves the direction of the step as it was and shortens only its length.",
        hints=(
            "Two questions: how long is the gradient as one vector of all weights, and by what must it be multiplied "
            "so that it is no longer than `max_norm`?",
            "The square of the norm of all is the sum of the squares of every number in every array.",
            "The factor is `max_norm / norm` where the norm is above `max_norm`, and 1 otherwise. Every gradient is "
            "multiplied by it before the step `w - lr * g`.",
        ),
        drive=_as_tuple,
        fresh="weights",
        on_the_way=_way_to_the_factor,
        draw=_some_gradients,
        further=(([np.array([1.0])], [np.array([1.0])], 0.5, 0.99995), (_W, _G, 0.1, 0.0)),
        whole=(([np.array([2])], [np.array([1.0])], 0.5, 2.0), ([np.array([2.5])], [np.array([3])], 0.25, 1.0)),
        probes=(([np.array([2.0])], [np.array([4.0])], 0.5, 2.0), (_W, _G, 0.1, 1.0), (_W, _SMALL, 0.3, 0.5),
                (_W, _ZERO, 0.3, 0.5), (_THREE, _THREE_G, 0.02, 3.0), (_W, _G, 2.0, 3.9),
                ([np.array([0.0, 0.0])], [np.array([3.0, 4.0])], 1.0, 5.0),
                ([np.array([0.0, 1e-6])], [np.array([3e-6, 4e-6])], 1.0, 2.5e-6)),
        corners={"may differ from tensor to tensor": [1, 4], "becomes max_norm": [0, 1, 7],
                 "otherwise they stay as they are": [2, 6], "also where all are 0": [3]},
        mistakes=(
            (_each_by_itself,
             "Each tensor is clipped by its own norm. That can turn the step: tensors with small gradients keep "
             "theirs, the others do not. Asked for is one norm of all, and one factor."),
            (_with_the_norm_so_far,
             "Each tensor is scaled by the norm of the tensors up to it. Add up all of them before the first is scaled,"
             " with one factor for all."),
            (_each_to_the_threshold,
             "The norm of all decides whether to clip, and then each tensor is divided by its own norm. Asked for is "
             "one factor for all, max_norm / the norm of all."),
            (_one_factor(lambda g, m: _norm(g) / m if _norm(g) > m else 1.0),
             "The factor is upside down: it makes long gradients longer. Asked for is max_norm / norm."),
            (_by_value,
             "Every single number is cut at ± max_norm. That can turn the step, and its norm may still be above "
             "max_norm. Asked for is one factor for all numbers."),
            (_the_update,
             "You clip what is subtracted, after the multiplication by the rate. The norm that counts is that of the "
             "gradients."),
            (_the_weights,
             "You clip the weights after the step. The norm that counts is that of the gradients, before the step."),
            (_one_factor(lambda g, m: min(1.0, m / (_norm(g) + 1e-6))),
             "Right where the gradients are not small. A norm of some millionths does not become max_norm: 1e-6 is "
             "added to it, as PyTorch's own function does, in case it is 0. Where it is above max_norm it is not."),
            (_one_factor(_always),
             "The factor may be above 1: a gradient that is short already gets *longer*. Where the norm is not above "
             "max_norm, nothing should change."),
            (_one_factor(lambda g, m: np.divide(m, _norm(g)) if _norm(g) else np.nan),
             "Two things: the factor may be above 1, so that a gradient that is short already gets *longer*; and where "
             "all gradients are 0, it makes nan of them. Where the norm is not above max_norm, nothing should "
             "change."),
            (_one_factor(lambda g, m: m / float(_norm(g))),
             "Two things: the factor may be above 1, so that a gradient that is short already gets *longer*; and a "
             "norm of 0 is divided by. Where the norm is not above max_norm, nothing should change."),
            (lambda w, g, lr, m: _step(w, g, lr if _norm(g) > m else 0.0, [_factor(_norm(g), m)] * len(g)),
             "Where nothing is clipped, there is no step here. The gradients should stay as they are then, and the "
             "step be taken with them."),
            (_one_factor(lambda g, m: _factor(_norm(g[:1]), m)),
             "You measure the first tensor only. Asked for is the length of all tensors together."),
            (_one_factor(lambda g, m: _factor(_norm(g) / np.sqrt(len(g)), m)),
             "The squares are averaged over the tensors. The norm of all is the root of their sum."),
            (_one_factor(lambda g, m: _factor(np.sqrt(sum(np.linalg.norm(a, 2)**2 for a in g)), m)),
             "For a matrix, `np.linalg.norm(…, 2)` is its largest singular value. For the root of the sum of its "
             "squares, leave the 2 out."),
            (_one_factor(lambda g, m: max(1.0, m / _norm(g)) if _norm(g) else 1.0),
             "The factor is never below 1: long gradients stay as they are, and short ones get longer. It should never "
             "be above 1."),
            (_one_factor(lambda g, m: m / _norm(g)**2 if _norm(g) > m else 1.0),
             "You divide by the square of the norm: a root is missing."),
            (_one_factor(lambda g, m: _factor(_norm(g)**2, m)),
             "You compare the square of the norm with max_norm, and divide by it: a root is missing."),
            (_one_factor(lambda g, m: _factor(sum(_norm([a]) for a in g), m)),
             "The norms of the tensors are added up. The norm of all is the root of the sum of their *squares*."),
            (_one_factor(lambda g, m: _factor(max(_norm([a]) for a in g), m)),
             "You take the largest of the tensors' norms. Asked for is the norm of all tensors together."),
            (_one_factor(lambda g, m: _factor(max(np.abs(a).max() for a in g), m)),
             "You take the largest absolute value in the gradients. Asked for is the length of all of them as one "
             "vector."),
            (_one_factor(lambda g, m: _factor(sum(np.abs(a).sum() for a in g), m)),
             "You add up absolute values. The norm is the root of the sum of the squares."),
            (_one_factor(lambda g, m: _factor(np.sqrt(sum((a**2).sum() for a in g) / sum(a.size for a in g)), m)),
             "That is the root of the *mean* square. The norm is the root of the sum."),
            (_one_factor(lambda g, m: 1 / _norm(g) if _norm(g) > m else 1.0),
             "A gradient that is too long is scaled to length 1. It should become as long as max_norm."),
            (lambda w, g, lr, m: _step(w, g, lr, [_factor(_norm(w), m)] * len(g)),
             "You measure the length of the weights. The one that counts is that of the gradients."),
            (_one_factor(lambda g, m: _factor(_norm(g[-1:]), m)),
             "You measure the last tensor only, as a loop does that begins its sum anew for each. Asked for is the "
             "length of all tensors together."),
            (_one_factor(_left_out),
             "You leave the step out where the gradient is too long. It should be shorter, in the same direction."),
            (_one_factor(lambda g, m: 1.0),
             "Nothing is clipped."),
            (lambda w, g, lr, m: [a + lr * _factor(_norm(g), m) * b for a, b in zip(w, g, strict=True)],
             "The sign: a step should go *down* the gradient."),
            (lambda w, g, lr, m: [_factor(_norm(g), m) * b for b in g],
             "Those are the clipped gradients. Asked for are the weights after the step."),
            (lambda w, g, lr, m: [a - _factor(_norm(g), m) * b for a, b in zip(w, g, strict=True)],
             "The rate is missing."),
        ),
    ),
    Exercise(
        id="clip-threshold",
        title="a threshold from the norms of a healthy run",
        reference=clip_threshold,
        on_the_way=_way_to_the_threshold,
        of_yours=_place_of_yours,
        draw=_some_norms,
        further=((np.array([9.0, 0.0, 0.0]), 50, 1), (_SPIKED, 60, 5),
                 (_SPIKED, 35, 6), (np.array([np.nan, 4.0, 3.0, 2.0, 1.0, 0.5]), 50, 2),
                 (np.array([1.0, 2.0, 4.0, 8.0, 16.0]), 60, 4), (_LONG, 99.95, 10), (_LONG, 50, 1500)),
        why="A percentile says how often a healthy run would be clipped: at the 90th, in one step of ten.",
        hints=(
            "First leave out the first steps, then what is not finite; take the percentile last.",
            "`np.isfinite` is False for nan and for infinity. `norms[skip:]` are the steps after the first ones.",
            "`np.percentile` of an empty array fails: ask for its length first, and answer `np.inf`.",
        ),
        probes=((np.array([9.0, 1.0, 2.0, 3.0]), 50, 1), (_NORMS, 90, 2), (_GAPS, 75, 0), (_GAPS, 40, 1),
                (_NORMS, 100, 0), (_NORMS, 0, 3), (_NORMS[:4], 90, 4), (np.array([np.nan, np.inf]), 50, 0),
                (_NORMS, 37.5, 1), (np.array([2.0, np.nan, np.inf]), 50, 1), (_GAPS, 40, 2),
                (np.array([7.0, 2.5]), 70, 1), (_NORMS[:3], 50, 7), (np.array([0.0, 3.0, 0.0, 1.0]), 40, 0),
                (np.array([0.0, 0.0, 3.0]), 50, 0), (_SPIKED, 100, 1)),
        corners={"first `skip` steps are left": [1, 5], "nan or infinite": [2, 3, 10], "as np.percentile takes it": [8],
                 "Where nothing remains": [6, 7, 9, 12]},
        mistakes=(
            (_unskipped, "The first steps are in it. They are often the steepest of a run, and `skip` says how many "
                         "to leave out."),
            (_skipped_last, "You count the steps after the broken ones are gone. `skip` counts steps as they were "
                            "made, the broken ones too."),
            (lambda norms, percentile, skip: _percentile(norms[skip:], percentile),
             "A nan or an infinity can spoil the percentile: leave out what is not finite."),
            (lambda norms, percentile, skip: _percentile(norms[skip:][~np.isnan(norms[skip:])], percentile),
             "nan is left out, infinity is not. `np.isfinite` is False for both."),
            (lambda norms, percentile, skip: _percentile(norms[skip:][~np.isinf(norms[skip:])], percentile),
             "Infinity is left out, nan is not. `np.isfinite` is False for both."),
            (lambda norms, percentile, skip: _percentile(_kept(norms, skip)[_kept(norms, skip) > 0], percentile),
             "Norms of 0 are left out. They are finite, and count."),
            (lambda norms, percentile, skip: _percentile(np.unique(_kept(norms, skip)), percentile),
             "Where norms are equal, not all of them are counted. Each step should count."),
            (_until_the_first_gone,
             "You stop at the first norm that is not finite. Those behind it should count, too."),
            (lambda norms, percentile, skip: _percentile(np.nan_to_num(norms[skip:], nan=0, posinf=0), percentile),
             "What is not finite is counted as 0. It should be left out."),
            (_largest_for_gone, "What is not finite is counted as the largest norm. It should be left out."),
            (_largest_kept_for_gone,
             "What is not finite is counted as the largest norm behind the first `skip`. It should be left out."),
            (lambda norms, percentile, skip: float(np.percentile(_kept(norms, skip), percentile))
             if len(_kept(norms, skip)) else 0.0,
             "Right unless nothing remains: a threshold of 0 would stop every step. Asked for is infinity, which "
             "clips nothing."),
            (lambda norms, percentile, skip: float(np.percentile(_kept(norms, skip), percentile))
             if len(_kept(norms, skip)) else np.nan,
             "Right unless nothing remains: asked for is infinity, which clips nothing."),
            (lambda norms, percentile, skip: _percentile(_kept(norms, skip), 100 - percentile),
             "From the other end: the 90th percentile is the norm that nine tenths of the steps stay *below*."),
            (lambda norms, percentile, skip: _percentile(_kept(norms, skip), 50),
             "That is the median, whatever percentile is asked for."),
            (lambda norms, percentile, skip: percentile / 100 * _kept(norms, skip).max()
             if len(_kept(norms, skip)) else np.inf,
             "That is a share of the largest norm. A percentile is a place in the order of the norms."),
            (lambda norms, percentile, skip: _percentile(_kept(norms[:len(norms) - skip], 0), percentile),
             "You leave out the *last* `skip` steps. Asked for is to leave out the first ones: `norms[skip:]`."),
            (lambda norms, percentile, skip: _percentile(_kept(norms[:skip], 0), percentile),
             "You keep the first `skip` steps. They are what should be left out: `norms[skip:]`."),
            (lambda norms, percentile, skip: _percentile(_kept(norms, skip), percentile) or np.inf,
             "Right unless the answer is 0: is 0 taken for nothing there, as by `or` and by `if value`? Ask whether "
             "norms remain."),
            (lambda norms, percentile, skip: _kept(norms, skip).mean() if len(_kept(norms, skip)) else np.inf,
             "That is the mean of the norms, whatever percentile is asked for."),
            (lambda norms, percentile, skip: _percentile(_kept(norms, max(skip - 1, 0)), percentile),
             "One step too few is left out: the first `skip` steps are `norms[:skip]`."),
            (lambda norms, percentile, skip: _percentile(_kept(norms, skip), percentile / 100),
             "`np.percentile` counts from 0 to 100; `np.quantile` from 0 to 1."),
            (lambda norms, percentile, skip: _percentile(_kept(norms, skip + 1), percentile),
             "One step too many is left out: the first `skip` steps are `norms[:skip]`."),
            (lambda norms, percentile, skip: float(np.percentile(_kept(norms, skip), percentile, method="lower"))
             if len(_kept(norms, skip)) else np.inf,
             "Between two norms `np.percentile` takes a point on the line between them, not the lower of the two."),
            (lambda norms, percentile, skip: float(np.percentile(_kept(norms, skip), percentile, method="higher"))
             if len(_kept(norms, skip)) else np.inf,
             "Between two norms `np.percentile` takes a point on the line between them, not one of the two, such as "
             "the higher."),
        ),
    ),
    Exercise(
        id="name-fate",
        title="a rule that names a fate",
        reference=name_fate,
        on_the_way=_way_to_the_fate,
        draw=_some_gauges,
        further=((np.zeros(2), _VAL, _COS, _MOVED), (np.array([2.0, 2 - 2.0**-17]), _VAL, _COS, _MOVED),
                 (np.array([2.0, 1 + 2.0**-7]), _VAL, _COS, _CRAWLED),
                 (_FELL, _VAL, 1e-9 * np.array([4.0, 2.0, 3.0, 1.0]), _MOVED), (_FELL, _VAL, 1e-9 * _COS, _MOVED),
                 (_FELL, _VAL, 1e-9 * np.array([4.0, 3.0]), _MOVED), (_LONG[::-1], _LONG[::-1], _COS, _MOVED),
                 (np.append([2.0, np.inf], _LONG[::-1]), _VAL, _COS, _MOVED), (_FELL, _VAL, _LONG[:0:-1], _MOVED),
                 (_FELL, _VAL, np.append(_LONG[::-1], 2e-3), _MOVED), (_FELL, _LONG, _COS, _MOVED),
                 (1e6 * _FELL, _VAL, _COS, _MOVED), (_FELL, 1.0 + np.arange(9), _COS, _MOVED),
                 (_FELL, np.array([2.0, 0.0, 0.3]), _COS, _MOVED),
                 (_CRAWL, _VAL, _COS, np.full(5, 0.000999999)),
                 (_CRAWL, _VAL, _COS, np.append(_MOVED, np.full(900, 5e-4))),
                 (_CRAWL, _VAL, _COS, np.append(np.full(900, 5e-4), np.full(901, 2e-3)))),
        why="What was done comes first, then what has become of the loss, and validation last: a later line is only "
            "asked where the earlier ones are silent.",
        hints=(
            "Six lines, one `if` each, in the order of the task; each returns its name.",
            "`(np.diff(rates) > 0).any()` says whether some rate is higher than the one before it.",
            "Too small needs both: a loss that has not halved *and* small steps. Without the second it would be "
            "every run that has learned little.",
        ),
        probes=((np.array([2.0, 1.5]), np.array([2.0, 1.5]), np.array([0.1, 0.01]), np.array([0.0005, 0.0004])),
                (_FELL, _VAL, _COS, _MOVED), (np.array([2.1, 1.2, np.nan, np.nan]), _VAL, _COS, _MOVED),
                (np.array([2.1, np.inf, 1.0]), _VAL, _COS, _MOVED), (_FELL, _VAL, np.full(6, 0.1), _MOVED),
                (_FELL, _VAL, np.array([0.1, 0.01, 0.09, 0.01]), _MOVED), (_FELL[::-1], _VAL, _COS, _MOVED),
                (np.array([2.3, 1.0, 2.3]), _VAL, _COS, _CREEP), (_CRAWL, _VAL, _COS, _CREEP),
                (_CRAWL, _VAL, _COS, _MOVED), (_FELL, _VAL, _COS, _CREEP),
                (_FELL, np.array([2.1, 0.9, 0.5, 0.6, 0.65]), _COS, _MOVED),
                (_FELL, np.array([2.1, 0.9, 0.5, 0.55, 0.58]), _COS, _MOVED),
                (_CRAWL, _CRAWL, np.full(6, 1e-4), _CREEP), (np.array([2.1, np.nan]), _VAL, np.full(6, 0.1), _MOVED),
                (_CRAWL, _WORSE, _COS, _CREEP), (_FELL, _VAL, np.array([0.1, 0.08, 0.06]), _MOVED),
                (_CRAWL, _WORSE, _COS, _MOVED), (_FELL, _VAL, np.array([0.2, 0.1, 0.1]), _MOVED),
                (_CRAWL, _VAL, _COS, np.array([0.01, 5e-4, 4e-4, 3e-4, 3e-4])),
                (np.array([2.3, 0.5, 1.15]), _VAL, _COS, _CREEP),
                (_FELL, np.array([0.5, 2.1, 0.9, 0.6, 0.65]), _COS, _MOVED),
                (_FELL, np.array([2.1, 0.9, 0.7, 0.9, 0.8]), _COS, _MOVED),
                (np.array([2.0, 2.5, 1.0, 0.9]), _VAL, _COS, _MOVED),
                (np.array([2.1, np.nan, 1.0]), _VAL, _COS, _MOVED), (_FELL, _VAL, np.array([0.2, 0.15, 0.1]), _MOVED),
                (_FELL, _VAL, np.array([0.1, 0.05, 0.05, 0.01]), _MOVED),
                (_CRAWL, _VAL, _COS, np.full(5, 0.001)),
                (_CRAWL, _VAL, _COS, np.array([0.0015, 4e-4, 4e-4, 3e-4, 1e-5])),
                (_FELL, np.array([2.1, 0.9, np.inf]), _COS, _MOVED), (_FELL, np.array([9.0, 5.0, 6.0]), _COS, _MOVED),
                (_FELL, _VAL, np.array([0.02, 0.1, 0.05, 0.001]), _MOVED),
                (_CRAWL, _VAL, _COS, np.array([5e-4, 0.01, 4e-4, 0.02, 0.03])),
                (_CRAWL, _VAL, _COS, np.array([0.01, 0.0012, 4e-4, 1e-4])),
                (_CRAWL, _VAL, _COS, np.array([0.01, 0.002, 8e-4, 1e-4])),
                (_CRAWL, _VAL, _COS, np.array([0.08, 0.05, 0.05, 0.04, 0.03])),
                (np.array([2.3, 1.0, 1.9]), _VAL, _COS, _CREEP), (np.array([2.1, -np.inf, 1.0]), _VAL, _COS, _MOVED),
                (_FELL[::-1], _VAL, np.full(6, 0.1), _MOVED),
                (np.array([2.3, 1.0, 0.5, 0.9, 0.8]), _VAL, _COS, _MOVED),
                (np.array([2.3, 1.0, 2.5]), _VAL, _COS, _CREEP), (np.array([2.0]), np.array([2.0]), _COS, _MOVED),
                (_FELL, _VAL, np.array([0.1]), _MOVED), (np.array([2.0, 3.0, 1.2]), _VAL, _COS, _CREEP),
                (_FELL, np.array([1.0, 1.3]), _COS, _MOVED), (_FELL, _VAL, np.array([0.1, 0.04, 0.05, 0.01]), _MOVED),
                (np.array([np.nan, 1.0, 0.5]), _VAL, _COS, _MOVED), (np.array([2.0, 1.99]), _VAL, _COS, _CREEP),
                (_FELL, _VAL, np.array([0.1, 0.09, 0.2, 0.01]), _MOVED),
                (_FELL, _VAL, np.array([0.1, 0.01, 0.02]), _MOVED),
                (_FELL, _VAL, np.array([1e-4, 2e-5, 5e-5, 1e-6]), _MOVED)),
        corners={"the first line that is true": [13, 14, 15, 38, 40], "nan or infinite": [2, 3, 24, 37, 46],
                 "more than half of the first, or": [4, 16, 18, 25, 42], "some rate is higher": [5, 31, 45, 48, 49, 50],
                 "at least the first": [6, 7, 40, 41], "median of ratio": [8, 9, 10, 19, 27, 28, 32, 33, 34, 35],
                 "1.2 times its lowest": [11, 12, 21, 29, 30]},
        mistakes=(
            (_fate(("gone", "large", "small", "schedule", "over")),
             "The order: a wrong schedule should be named before a loss that has fallen too little. A rate that is "
             "wrong explains a loss that does not fall, not the reverse."),
            (_fate(("gone", "large", "schedule", "small", "over")),
             "The order: a wrong schedule should be named before a loss that has not fallen."),
            (_fate(("schedule", "gone", "large", "small", "over")),
             "The order: a loss that is gone should come first."),
            (_fate(("over", "small", "large", "schedule", "gone")),
             "Where several lines are true, the last of them is named here. Asked for is the first."),
            (_fate(("gone", "schedule", "over", "large", "small")),
             "The order: validation should come last, where training has gone well."),
            (_fate(("gone", "schedule", "small", "large", "over")),
             "The order: a loss that has not fallen should be named before small steps are."),
            (_fate(finite=lambda train, val: not np.isinf(train).any()),
             "Infinity is noticed, nan is not: `np.isfinite` is False for both."),
            (_fate(finite=lambda train, val: np.isfinite(train).any()),
             "A run is called gone only where none of its training losses is finite. One that is not is enough."),
            (_fate(finite=lambda train, val: not np.isnan(train).any()),
             "nan is noticed, infinity is not: `np.isfinite` is False for both."),
            (_fate(finite=lambda train, val: np.isfinite(train[-1])),
             "Only the last loss is looked at. Some loss on the way may be gone, too."),
            (_fate(finite=lambda train, val: np.isfinite(train).all() and np.isfinite(val).all()),
             "A validation loss that is nan or infinite is called gone here. That line asks for training losses only."),
            (_fate(schedule=lambda r: r[-1] > 0.5 * r[0] and (np.diff(r) > 0).any()),
             "`or`, not `and`: a last rate above half of the first makes a schedule wrong, and so does a rise."),
            (_fate(schedule=lambda r: r[-1] > 0.5 * r[0] or r.max() > r[0]),
             "The highest rate is compared with the first. A rate that falls and rises again is wrong, too, though it "
             "stays below the first."),
            (_fate(schedule=lambda r: r[-1] > 0.5 * r[0]),
             "That comes to a look at the ends of the schedule alone. A rate that falls, rises and falls again is "
             "wrong, too."),
            (_fate(schedule=lambda r: r[-1] > 0.5 * r[0] or r[1] > r[0]),
             "Only the second rate is compared with the one before it. A rate may rise later, too."),
            (_fate(schedule=lambda r: r[-1] > 0.5 * r[0] or r[-1] > r[-2]),
             "Only the last rate is compared with the one before it. A rate may rise earlier, too."),
            (_fate(large=lambda train: len(train) > 1 and train[-1] >= train[0]),
             "A run of one epoch is never too large here. Its last training loss is the first, which is at least the "
             "first."),
            (_fate(schedule=lambda r: (np.diff(r) > 0).any()),
             "Only rises are noticed. A rate that hardly falls is wrong, too."),
            (_fate(schedule=lambda r: r[-1] >= 0.5 * r[0] or (np.diff(r) > 0).any()),
             "Nearly: a last rate of *exactly* half the first is not more than half."),
            (_fate(schedule=lambda r: r[-1] > 0.5 * r[0] or (np.diff(r) >= 0).any()),
             "A rate that stays level for a while is called wrong. Asked for are rises."),
            (_fate(large=lambda train: train[-1] > train[0]),
             "Nearly: a last loss *equal* to the first is too large as well."),
            (_fate(large=lambda train: train.max() > train[0]),
             "You compare the highest loss with the first. A run may recover: what counts is the last."),
            (_fate(large=lambda train: train.max() > train[0] or train[-1] >= train[0]),
             "A loss above the first is called too large wherever it comes. A run may recover: what counts is the "
             "last."),
            (_fate(small=lambda train, ratio: train[-1] > 0.5 * train[0]),
             "A run that has learned little is called too small whatever its ratio. The ratio must be small, too."),
            (_fate(small=lambda train, ratio: np.median(ratio) < 0.001),
             "A run with small steps is called too small whatever it has learned. The loss must be above half of the "
             "first, too."),
            (_fate(small=lambda train, ratio: train[-1] > 0.5 * train[0] or np.median(ratio) < 0.001),
             "`and`, not `or`: a loss that has not halved *and* small steps."),
            (_fate(small=lambda train, ratio: train[-1] > 0.5 * train[0] and ratio.mean() < 0.001),
             "That is the mean of the ratio. A few large values decide it; asked for is the "
             "median."),
            (_fate(small=lambda train, ratio: train[-1] > 0.5 * train[0] and ratio[-1] < 0.001),
             "You look at the last ratio only, which is mostly small where the rate falls to 0. Asked for is the "
             "median."),
            (_fate(small=lambda train, ratio: train[-1] > 0.5 * train[0] and (ratio < 0.001).all()),
             "You ask that every ratio is small. The first ones may be large; asked for is the median."),
            (_fate(small=lambda train, ratio: train[-1] > 0.5 * train[0] and np.median(ratio) <= 0.001),
             "Nearly: a median of *exactly* 0.001 is not below it."),
            (_fate(large=lambda train: train[-1] >= train[-2]),
             "You compare the last loss with the one before it. Asked for is the first."),
            (_fate(small=lambda train, ratio: train.min() > 0.5 * train[0] and np.median(ratio) < 0.001),
             "You ask whether the lowest loss is above half of the first. Asked for is the last."),
            *((_fate(small=lambda train, ratio, middle=middle: train[-1] > 0.5 * train[0] and middle(ratio) < 0.001),
               said) for middle, said in _NO_MEDIANS),
            (_fate(finite=lambda train, val: not (np.isnan(train).any() or (train == np.inf).any())),
             "nan and ∞ are noticed, −∞ is not: `np.isfinite` is False for all three."),
            (_fate(large=lambda train: train[-1] > train.min()),
             "You compare the last loss with the lowest. A loss that has risen a little from its lowest may have "
             "fallen far; asked for is the first."),
            (_fate(small=lambda train, ratio: train[-1] >= 0.5 * train[0] and np.median(ratio) < 0.001),
             "Nearly: a last loss of *exactly* half the first is not more than half."),
            (_fate(over=lambda train, val: val[-1] >= 1.2 * val.min()),
             "Nearly: a last validation loss of *exactly* 1.2 times the lowest is not more than that."),
            (_fate(over=lambda train, val: val[-1] > val.min()),
             "A last validation loss a little above the lowest is called overfitting already. Asked for is more than "
             "1.2 times the lowest."),
            (_fate(over=lambda train, val: val[-1] > 1.2 * train[-1]),
             "You compare validation with training. Healthy runs have a gap, too; asked for is validation against its "
             "own lowest value."),
            (_fate(over=lambda train, val: val[-1] > val[-2]),
             "Only the last two validation losses are compared. Asked for is the lowest of all."),
            (_fate(over=lambda train, val: val[-1] > 0.2 + val.min()),
             "0.2 is added to the lowest validation loss. Asked for is 1.2 times the lowest."),
            (_fate(over=lambda train, val: val.max() > 1.2 * val.min()),
             "The highest validation loss is compared with the lowest. What counts is the last."),
            (_fate(over=lambda train, val: val[-1] > 1.2 * val[0]),
             "You compare with the first validation loss. Asked for is the lowest."),
            (_fate(("gone", "schedule", "large", "small")),
             "Overfitting is never named."),
        ),
    ),
]


QUIZZES = [
    Quiz(
        id="nan-lower-or-clip",
        question="The training loss falls as it should for three epochs, the gradient norm is unremarkable, and then "
                 "the loss is nan. What first?",
        options=(
            Option("Divide the rate by ten.",
                   "A lower rate helps where the rate was too large; there a sixtieth did, and a tenth was not "
                   "enough. Here at a sixtieth of it little was learned.",
                   origin="A common belief: nan always means that the rate is too large"),
            Option("Clip the gradients.",
                   "A factor times nan is nan. Clipping cuts what is long, and nothing was long here."),
            Option("Look for a formula with a hole: a log, a root, a division, a number format with few digits.",
                   "A loss that explodes leaves traces in the gauges before it is gone. One that falls into a hole "
                   "does not.", right=True),
            Option("Train again with another seed.",
                   "All six runs of this patient were lost, each with a seed of its own. What depends so little on "
                   "luck is in the code."),
        ),
    ),
    Quiz(
        id="same-loss-two-causes",
        question="Two runs show the same slow fall of the loss. One has a rate that is thirty times too small, the "
                 "other batches that are eight times as large for the same number of epochs. Which gauge tells them "
                 "apart?",
        options=(
            Option("The training loss: the small rate falls more smoothly.",
                   "Both fall smoothly: one takes small steps, the other averages over many examples."),
            Option("The update-to-weight ratio: small steps in one, ordinary but few steps in the other.",
                   "The ratio is taken for each step. In the second run each step has an ordinary length, there are "
                   "only too few of them.", right=True),
            Option("The validation loss: the large batch generalizes worse.",
                   "Nothing of the kind can be seen while both are still far from the end.",
                   origin="A common belief about large batches, which needs runs that are both finished"),
            Option("None: both need a higher rate.",
                   "A higher rate may help both, but the cause is another one, and one of them is mended by going on "
                   "for longer."),
        ),
    ),
    Quiz(
        id="what-clipping-hides",
        question="Since clipping was added, a run no longer diverges. Its gradients are clipped in 97 of 100 steps. "
                 "What do you know?",
        options=(
            Option("The gradients explode, and clipping has healed it.",
                   "Steps are short now because they are clipped, whatever the reason for the long gradients is."),
            Option("The threshold is right: it is used.",
                   "One that is used in nearly every step is no guard against rare steps; it has taken over the "
                   "job of the rate."),
            Option("Nearly every gradient now has the same length, the threshold; the cause is still there.",
                   "With nearly all steps clipped, descent has become descent by direction alone. That can work, but "
                   "what made the gradients long is hidden, not healed.", right=True),
            Option("The network is too deep.",
                   "That may be or not be: the share of clipped steps does not say where long gradients come from."),
        ),
    ),
    Quiz(
        id="early-stopping-or-rate",
        question="The training loss falls to nearly 0. The validation loss falls for fifteen epochs, then rises to "
                 "1.4 times its lowest. A colleague says: \"The rate is too large.\" What would you answer?",
        options=(
            Option("Yes: a rising loss means that the rate is too large.",
                   "Then the *training* loss would rise or stay high. It falls as far as it can.",
                   origin="A common belief: any loss that rises is a matter of the rate"),
            Option("No: the training loss falls to nearly 0, so that the steps are not too long. It learns its "
                   "examples by heart.",
                   "A wrong rate is seen in the training loss. This is overfitting; stopping early, or more and "
                   "cleaner data, is its treatment.", right=True),
            Option("The validation data must have leaked.",
                   "A leak lowers the validation loss towards the training loss. Here the two go apart."),
            Option("No: the schedule has ended too early.",
                   "A schedule that ends too early stops the training loss as well. Here it went on falling."),
        ),
    ),
]
