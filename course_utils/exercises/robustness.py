"""Exercises and questions of notebook 09: how wide a basin is, what a carried rate costs, one rate for all."""

import numpy as np

from ..basins import basin_width
from .draws import digits, scale, whole
from .quizzes import Option, Quiz
from .tasks import Exercise
from .values import show


def basin_decades(rates, gains, share):
    """Decades from the smallest to the largest rate of the basin.

    rates and gains have shape (n,); rates ascend, gains are 0 or more. The basin is the
    unbroken row of rates around the best one that lose at most this share of the best
    gain; of several best ones, take the lowest rate. Nothing between the rates is looked
    at. Where no rate gains anything: 0.
    For rates np.array([0.1, 1.0, 10.0]), gains np.array([0.9, 1.0, 0.2]) and a share of
    0.25 the answer is 1.
    """
    if not gains.any():
        return 0.0
    good = gains >= (1 - share) * gains.max()
    low = high = gains.argmax()
    while low > 0 and good[low - 1]:
        low -= 1
    while high < len(rates) - 1 and good[high + 1]:
        high += 1
    return np.log10(rates[high] / rates[low])


def carried_regret(val, test):
    """What it costs to carry the rate of one problem to another: a table (n, n).

    val and test have shape (n, rates): the gains of one optimizer on n problems, on
    validation and on test data. Each problem chooses its own rate, the best for it; of
    equals, the first. Row i, column j: what problem j gains on test data at its own rate,
    minus what it gains there at the rate of problem i; below 0 where that is better.
    For val np.array([[0.9, 0.5], [0.2, 0.8]]) and test np.array([[0.7, 0.6], [0.1, 0.4]])
    the answer is [[0, 0.3], [0.1, 0]].
    """
    chosen = val.argmax(axis=1)
    carried = test[:, chosen].T
    return np.diag(carried) - carried


def one_rate(rates, val, test):
    """One rate for all problems, chosen for the worst off: (rate, worst gain).

    rates has shape (k,), in any order; val and test have shape (n, k): the gains on n
    problems, on validation and on test data, all 0 or more. Of equals, the first rate.
    The worst gain is what the problem that is worst off on test data gains there, at that
    rate.
    For rates np.array([0.1, 1.0]), and val and test np.array([[0.5, 0.9]]), one problem,
    the answer is (1.0, 0.9).
    """
    chosen = val.min(axis=0).argmax()
    return rates[chosen], test[:, chosen].min()


def _between_the_rates(rates, gains, share):
    return basin_width(rates, gains, share * gains.max()) if gains.any() else 0.0


def _near(gains, share):
    return (gains >= (1 - share) * gains.max()) & gains.any()


def _ends(gains, good, down=True, up=True, first=0, last=0):
    """The places of the first and the last of the unbroken row of good rates around the best."""
    low = high = gains.argmax()
    while down and low > first and good[low - 1]:
        low -= 1
    while up and high < len(gains) - 1 - last and good[high + 1]:
        high += 1
    return low, high


def _grown(rates, gains, good, **how):
    """Decades of the unbroken row of good rates around the best."""
    low, high = _ends(gains, good, **how)
    return np.log10(rates[high] / rates[low])


def _from_ends(answer):
    """A mistake in what is made of the two ends."""
    return lambda rates, gains, share: answer(rates, *_ends(gains, _near(gains, share)))


def _basin_found(rates, gains, share):
    if not gains.any():
        return "The best gain is 0."
    low, high = _ends(gains, _near(gains, share))
    return (f"The best rate is `{rates[gains.argmax()]:.6g}`. A gain of `{(1 - share) * gains.max():.6g}` is good "
            f"enough, and the basin reaches from `{rates[low]:.6g}` to `{rates[high]:.6g}`.")


def _longest(rates, gains, share):
    """The longest row of good rates, whether it holds the best one or not."""
    best, begun = 0.0, None
    for rate, good in zip(rates, _near(gains, share), strict=True):
        begun = (rate if begun is None else begun) if good else None
        best = max(best, np.log10(rate / begun) if good else 0.0)
    return best


def _first_row(rates, gains, share):
    """The first row of good rates, whether it holds the best one or not."""
    good = _near(gains, share)
    low = high = good.argmax()
    while high < len(rates) - 1 and good[high + 1]:
        high += 1
    return np.log10(rates[high] / rates[low])


def _good_beyond_gaps(rates, gains, share, up):
    """The basin, on one side with all good rates beyond its gap."""
    good = np.flatnonzero(_near(gains, share))
    low, high = _ends(gains, _near(gains, share))
    if not len(good):
        return 0.0
    return np.log10(rates[good[-1]] / rates[low] if up else rates[high] / rates[good[0]])


def _next_alone(rates, gains, share):
    """The best rate and its two neighbours, as far as they are good."""
    good, best = _near(gains, share), gains.argmax()
    low = best - 1 if best > 0 and good[best - 1] else best
    high = best + 1 if best < len(rates) - 1 and good[best + 1] else best
    return np.log10(rates[high] / rates[low])


def _falling_only(rates, gains, share):
    """The basin as far as the gains do not rise on the way from the best."""
    good = _near(gains, share)
    low = high = gains.argmax()
    while low > 0 and good[low - 1] and gains[low - 1] <= gains[low]:
        low -= 1
    while high < len(rates) - 1 and good[high + 1] and gains[high + 1] <= gains[high]:
        high += 1
    return np.log10(rates[high] / rates[low])


def _from_neighbours(rates, gains, share):
    """The row around the best in which no rate loses more than the share of its neighbour nearer to the best."""
    low = high = gains.argmax()
    while low > 0 and gains[low - 1] >= (1 - share) * gains[low] > 0:
        low -= 1
    while high < len(rates) - 1 and gains[high + 1] >= (1 - share) * gains[high] > 0:
        high += 1
    return np.log10(rates[high] / rates[low])


def _best_tested_of_equals(val, test):
    """Of several best ones on validation data, that with the highest test gain."""
    best = val == val.max(axis=1, keepdims=True)
    return np.where(best, test, -np.inf).argmax(axis=1)


def _stepped(rates, gains, share):
    """The basin with the first rate beyond it at either end."""
    good = _near(gains, share)
    low = high = gains.argmax()
    while low > 0 and good[low]:
        low -= 1
    while high < len(rates) - 1 and good[high]:
        high += 1
    return np.log10(rates[high] / rates[low])


def _ends_moved(down, up):
    """The basin with its ends moved by so many rates, as far as the grid and the best rate allow."""
    def width(rates, gains, share):
        if not gains.any():
            return 0.0
        low, high = _ends(gains, _near(gains, share))
        best = gains.argmax()
        return np.log10(rates[np.clip(high + up, best, len(rates) - 1)] / rates[np.clip(low - down, 0, best)])
    return width


def _table(val, test, chosen):
    carried = test[:, chosen].T
    return np.diag(carried) - carried


def _without_diagonal(table):
    return table[~np.eye(len(table), dtype=bool)].mean()


def _mirrored(triangle):
    return triangle + triangle.T


def _without_own(table):
    return np.where(np.eye(len(table), dtype=bool), np.nan, table)


def _end_of_the_best(rates, gains, share):
    """The basin of the last of several best rates."""
    good = _near(gains, share)
    low = high = len(gains) - 1 - gains[::-1].argmax()
    while low > 0 and good[low - 1]:
        low -= 1
    while high < len(rates) - 1 and good[high + 1]:
        high += 1
    return np.log10(rates[high] / rates[low])


def _outer(rates, good):
    """From the last rate below all good ones to the first above them."""
    low, high = np.flatnonzero(good)[[0, -1]]
    return np.log10(rates[min(high + 1, len(rates) - 1)] / rates[max(low - 1, 0)])


def _smallest_of_equals(rates, val, test):
    worst = val.min(axis=0)
    equal = np.flatnonzero(worst == worst.max())
    return _chosen(rates, val, test, equal[rates[equal].argmin()])


def _largest_of_equals(rates, val, test):
    worst = val.min(axis=0)
    equal = np.flatnonzero(worst == worst.max())
    return _chosen(rates, val, test, equal[rates[equal].argmax()])


def _at_its_own(rates, val, test, i, problem):
    return rates[i], test[problem, i]


def _each_at_its_own(rates, val, test):
    own = val.argmax(axis=1)
    gains = test[np.arange(len(own)), own]
    return rates[own[gains.argmin()]], gains.min()


def _at_first_fall(rates, val, test):
    worst, i = val.min(axis=0), 0
    while i + 1 < len(worst) and worst[i + 1] > worst[i]:
        i += 1
    return _chosen(rates, val, test, i)


def _last(gains, axis):
    """`argmax`, of equals the last."""
    return gains.shape[axis] - 1 - np.flip(gains, axis).argmax(axis)


def _chosen(rates, val, test, i):
    return rates[i], test[:, i].min()


def _some_basin(rng):
    """Up to 100 rates, unevenly spaced, and gains that wander or jump, tie and fall to 0; every limit is exact."""
    n = whole(rng, 2, 100) if rng.random() < 0.95 else 1
    rates = digits(scale(rng, 1e-12, 1e-3) * np.cumprod(rng.choice([1.25, 1.5, 2.0, 4.0], n)))
    most, longest = rng.choice([(8, 1), (8, 1), (8, 4), (1024, 40), (1024, 400)])
    gains = np.clip(most + np.cumsum(rng.integers(-longest, longest + 1, n)), 0, most)
    gains = gains * (rng.random() < 0.9) * (2.0 ** rng.integers(-30, 21) if rng.random() < 0.8 else 1)
    return rates, gains, rng.choice([0, most, whole(rng, 1, most), *rng.integers(most, size=3)]) / most


def _some_gains(rng):
    """Gains of up to 30 problems at up to 60 rates, some of them below 0, with equals, all exact; or whole numbers."""
    shape, size = (whole(rng, 1, 30), whole(rng, 1, 60)), 2.0 ** rng.integers(-30, 21) if rng.random() < 0.8 else 1
    val, test = rng.integers(-2, rng.choice([3, 100]), shape), rng.integers(-20, 100, shape)
    return size * val, size * test


def _some_worst(rng):
    """Up to 60 rates in any order, and gains of up to 60 problems: many smallest gains are equal or 0, or all of them.

    A problem may gain nothing at any rate, on validation data.
    """
    shape, size = (whole(rng, 1, 60), rng.integers(1, 61)), 2.0 ** rng.integers(-30, 21)
    rates = rng.permutation(digits(scale(rng, 1e-12, 1e-3) * 1.5 ** np.arange(shape[1])))
    least = rng.integers(rng.choice([1, 4, 40]), size=shape[1])
    lowest, highest = [(0, 3), (1, 100), (60, 100)][rng.integers(3)]
    val, test = least + rng.integers(40, size=shape), rng.integers(lowest, highest, shape)
    val[rng.integers(shape[0], size=shape[1]), range(shape[1])] = least
    if rng.random() < 0.2:
        val[rng.integers(shape[0])] = 0
    return rates, size * val, size * test


_R = np.array([1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1])
_UNEVEN = np.array([2e-5, 1e-4, 1e-3, 2e-3, 0.05])
_HILL = np.array([0.3, 0.5, 0.75, 1.0, 0.875, 0.5, 0.0])
_LOW = np.array([0.0, 0.2, 0.39, 0.4, 0.38, 0.32, 0.1])
_BROKEN = np.array([0.92, 0.95, 0.91, 0.3, 0.7, 1.0, 0.95])
_EDGE = np.array([1.2, 1.18, 1.0, 0.2, 0.11, 0.0, 0.0])
_ISLANDS = np.array([0.95, 0.2, 0.12, 1.0, 0.93, 0.3, 0.96])
_TWO_PEAKS = np.array([0.8, 1.0, 0.3, 0.2, 1.0, 0.95, 0.92])
_GENTLE = np.array([0.45, 0.7, 0.8, 0.92, 1.0, 0.9, 0.78])  # each within 15 % of its neighbour, but the first
_WAVY = np.array([0.2, 0.97, 0.92, 1.0, 0.91, 0.96, 0.3])  # falls and rises within the basin
_ALONE = np.array([0.0, 0.12, 0.4, 1.0, 0.3, 0.2, 0.0])
_EQUALS = np.array([[0.5, 0.9, 0.9, 0.1], [0.3, 0.6, 0.2, 0.6], [0.7, 0.4, 0.7, 0.7]])
_EQUALS_TEST = np.array([[0.4, 0.8, 0.6, 0.2], [0.5, 0.7, 0.1, 0.3], [0.9, 0.3, 0.65, 0.6]])
_UNLIKE = np.array([[0.4, 0.45, 0.2], [0.9, 0.45, 0.3], [0.9, 0.9, 0.6], [0.9, 0.9, 0.95]])
_LEVEL = np.array([[0.2, 0.6, 0.5, 0.7], [0.8, 0.5, 0.9, 0.5]])
_SPREAD = np.array([[1.0, 0.5, 0.6], [0.1, 0.5, 0.42]])  # mean, product and smallest choose three rates
_SPREAD_TEST = np.array([[0.95, 0.55, 0.7], [0.2, 0.45, 0.4]])
_HIGH = np.array([[2.8, 2.2, 2.6, 1.4], [1.24, 2.4, 1.8, 3.0], [1.6, 1.1, 2.2, 2.4]])  # no gain below 1
_HIGH_TEST = np.array([[2.6, 2.3, 2.0, 1.3], [1.2, 2.5, 1.7, 2.9], [1.5, 1.4, 2.1, 2.2]])
_NEVER = np.array([[0.0, 0.5, 0.3], [0.4, 0.0, 0.9], [0.2, 0.8, 0.0]])  # each rate fails somewhere
_LEVEL_TEST = np.array([[0.3, 0.7, 0.35, 0.9], [0.6, 0.4, 0.8, 0.65]])
_draws = np.random.default_rng(9)
_VAL, _TEST = _draws.random((4, 6)).round(3), _draws.random((4, 6)).round(3)
_PEAKS = np.array([[0.1, 0.9, 0.5, 0.2, 0.0], [0.0, 0.3, 0.4, 0.95, 0.6], [0.35, 0.6, 0.7, 0.5, 0.1]])
_PEAKS_TEST = np.array([[0.2, 0.8, 0.55, 0.3, 0.0], [0.1, 0.2, 0.5, 0.85, 0.9], [0.3, 0.75, 0.65, 0.45, 0.0]])
_HARD = np.array([[0.9, 0.7, 0.6, 0.48, 0.2], [0.1, 0.35, 0.55, 0.6, 0.99], [0.8, 0.45, 0.5, 0.75, 0.3]])
_HARD_TEST = np.array([[0.8, 0.75, 0.4, 0.45, 0.3], [0.2, 0.65, 0.6, 0.5, 0.9], [0.9, 0.7, 0.65, 0.35, 0.1]])
_FIVE = np.array([1e-4, 1e-3, 0.01, 0.1, 1.0])
_SIX = np.array([3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1])


EXERCISES = [
    Exercise(
        id="basin-on-a-grid",
        title="the width of a basin, in decades",
        reference=basin_decades,
        why="A factor is a distance on a log axis, so the width is log₁₀ of the largest over the smallest rate.",
        hints=(
            "Three steps: which rates are good enough, how far the good ones reach around the best without a gap, "
            "and how many factors of ten lie between the two ends.",
            "Good enough is a gain of at least `(1 - share) * gains.max()`: measured from the optimizer's own best, "
            "and a *share* of it.",
            "Begin at `low = high = gains.argmax()`, and move each while its neighbour is good. "
            "`np.log10(rates[high] / rates[low])` are the decades.",
            "If all gains are 0, all of them are as good as the best. Then the answer is 0.",
        ),
        on_the_way=_basin_found,
        draw=_some_basin,
        further=((_R, 2.0**-40 * _HILL, 0.25), (_R, np.array([0.0, 0.9375, 1.0, 1.0, 0.9375, 0.0, 1.0]), 0.0),
                 (_R, np.array([1.0, 1.0, 1.0, 0.9375, 0.0, 1.0, 1.0]), 0.0),
                 (_R, np.array([0.0, 0.9921875, 1.0, 0.99609375, 0.9921875, 1.0, 0.0]), 2.0**-8),
                 (1e-9 * 1.03 ** np.arange(800), 1.0 * (np.arange(800) % 700 != 600), 0.5)),
        probes=((_R, _HILL, 0.25), (_R, _LOW, 0.1), (_R, _BROKEN, 0.1), (_R, _EDGE, 0.1), (_R, np.zeros(7), 0.1),
                (_UNEVEN, np.array([0.3, 0.9, 0.85, 0.82, 0.1]), 0.2), (_R, np.ones(7), 0.1), (_R, _ISLANDS, 0.1),
                (_UNEVEN, np.array([0.95, 0.97, 0.99, 0.1, 0.96]), 0.1), (_R, _HILL, 0.6), (_R, _TWO_PEAKS, 0.1),
                (_R, _ALONE, 0.1), (_R[:4], np.array([0.5, 0.85, 1.0, 0.75]), 0.2), (_R, _GENTLE, 0.15),
                (_R, _WAVY, 0.1), (_R, np.array([0.5, 0.9, 0.9, 0.9, 0.8, 0.9, 0.2]), 0.0),
                (_R, np.array([0.2, 0.0, 0.8, 0.0, 0.0, 0.3, 0.0]), 1.0)),
        corners={"unbroken row": [2, 7, 8], "at most this share": [0, 15, 16],
                 "of several best ones, take the lowest rate": [10],
                 "Nothing between the rates": [1, 5], "Where no rate gains anything": [4]},
        mistakes=(
            (lambda rates, gains, share: np.log10(rates[_near(gains, share)].max() / rates[_near(gains, share)].min())
             if gains.any() else 0.0,
             "You take the smallest and the largest good rate, even if bad ones lie between. The basin should end at "
             "the first gap on either side of the best."),
            (lambda rates, gains, share: _grown(rates, gains, gains >= gains.max() - share) if gains.any() else 0.0,
             "`share` is taken off as a number. It is a share *of the best gain*: (1 − share) times it."),
            (lambda rates, gains, share: _grown(rates, gains, gains >= 1 - share),
             "You compare with a gain of 1. The basin belongs to this optimizer's own best gain, which may be lower "
             "or higher."),
            (lambda rates, gains, share: _grown(rates, gains, gains >= (1 - share) * gains.max()),
             "Right unless nothing is gained anywhere: then every rate is as good as the best, and the basin would "
             "be the whole grid. Asked for is 0."),
            (lambda rates, gains, share: _grown(rates, gains, gains > (1 - share) * gains.max()),
             "Nearly: a rate that loses *exactly* the share still belongs to the basin."),
            (lambda rates, gains, share: np.log(10) * _grown(rates, gains, _near(gains, share)),
             "That is the natural logarithm. A decade is a factor of 10: `np.log10`."),
            (lambda rates, gains, share: np.log2(10) * _grown(rates, gains, _near(gains, share)),
             "That counts factors of two. A decade is a factor of 10."),
            (lambda rates, gains, share: 10 ** _grown(rates, gains, _near(gains, share)) if gains.any() else 0.0,
             "That is the factor between the two ends; its logarithm is the number of decades."),
            (lambda rates, gains, share: rates[_near(gains, share)].max() - rates[_near(gains, share)].min()
             if gains.any() else 0.0,
             "That is a difference of rates. 0.1 is one decade above 0.01, and 0.01 one above 0.001: what counts is "
             "the factor."),
            (_from_ends(lambda rates, low, high: rates[high] - rates[low]),
             "That is the difference of the two ends. 0.1 is one decade above 0.01, and 0.01 one above 0.001: what "
             "counts is the factor."),
            (_from_ends(lambda rates, low, high: high - low),
             "That counts the spacings between the two ends. They need not be decades, nor equal."),
            (lambda rates, gains, share: 1.0 + np.ptp(_ends(gains, _near(gains, share))) if gains.any() else 0.0,
             "That counts the rates of the basin. Their number depends on how fine the grid is; decades do not."),
            (_from_ends(lambda rates, low, high: np.log10(rates[high]) / np.log10(rates[low])),
             "One logarithm is divided by the other. They are subtracted: the logarithm of a quotient."),
            (_from_ends(lambda rates, low, high: np.log10(rates[high] - rates[low]) if high > low else -np.inf),
             "That is the logarithm of a difference. Take that of the quotient: a factor of 10 is a decade."),
            (_from_ends(lambda rates, low, high: (rates[low], rates[high])),
             "Those are the two ends. How many factors of ten lie between them?"),
            (_from_ends(lambda rates, low, high: (np.log10(rates[low]), np.log10(rates[high]))),
             "Those are the logarithms of the two ends. How far are they apart?"),
            (lambda rates, gains, share: 1 + _grown(rates, gains, _near(gains, share)) if gains.any() else 0.0,
             "One decade too many is counted: from 0.1 to 1 it is one."),
            (lambda rates, gains, share: max(_grown(rates, gains, _near(gains, share), down=False),
                                             _grown(rates, gains, _near(gains, share), up=False)),
             "That is the wider of the two sides of the best rate. The basin is both of them together."),
            (lambda rates, gains, share: _grown(rates, gains, _near(gains, share), first=1),
             "On the way down the lowest rate of the grid is never reached. It may belong to the basin, too."),
            (lambda rates, gains, share: _grown(rates, gains, _near(gains, share), last=1),
             "On the way up the highest rate of the grid is never reached. It may belong to the basin, too."),
            (lambda rates, gains, share: _grown(rates, gains, _near(gains, share), first=1, last=1),
             "On the way down the lowest rate of the grid is never reached, nor the highest on the way up. They may "
             "belong to the basin, too."),
            (_next_alone,
             "Your basin holds at most one good rate on either side of the best. It should go on as long as they are "
             "good."),
            (lambda rates, gains, share: float(_near(gains, share).sum()),
             "That counts the good rates. Their number depends on how fine the grid is; decades do not."),
            (lambda rates, gains, share: _near(gains, share).sum() * np.log10(rates[1] / rates[0]),
             "You count the good rates and multiply by a spacing. Between n rates lie n − 1 spacings, and they need "
             "not be equal, or unbroken."),
            (lambda rates, gains, share: _grown(rates, gains, _near(gains, share), down=False),
             "Only the rates above the best count here. Those below it should, too."),
            (lambda rates, gains, share: _grown(rates, gains, _near(gains, share), up=False),
             "Only the rates below the best count here. Those above it should, too."),
            (_from_neighbours,
             "Each rate is compared with its neighbour, so that small losses add up. Compare all with the best gain."),
            (lambda rates, gains, share: _grown(rates, gains, gains >= share) if gains.any() else 0.0,
             "Good enough is here what gains at least `share` itself. It is measured from the best gain, which may be "
             "missed by that share: `(1 - share) * gains.max()`."),
            (_falling_only,
             "Your basin ends where the gains rise again, though they are good enough. Compare all with the best gain "
             "alone."),
            (lambda rates, gains, share: _good_beyond_gaps(rates, gains, share, up=True),
             "Below the best your basin ends at the first gap, as it should. Above, gaps are passed over."),
            (lambda rates, gains, share: _good_beyond_gaps(rates, gains, share, up=False),
             "Above the best your basin ends at the first gap, as it should. Below, gaps are passed over."),
            (lambda rates, gains, share: _grown(rates, gains, _near(gains, share / 100)),
             "`share` is taken for a percentage. It is a share already: no division by 100."),
            (lambda rates, gains, share: _grown(rates, gains, _near(gains, 0.1)),
             "The share is 0.1 here, whatever is passed. Use the `share` that is passed."),
            (_from_ends(lambda rates, low, high: (high - low) * np.log10(rates[1] / rates[0])),
             "Every spacing is taken to be as wide as the first. They may differ: compare the two ends."),
            (_from_ends(lambda rates, low, high: np.log10(rates[min(high + 1, len(rates) - 1)] / rates[low])
                        if high > low or rates[low] < rates[-1] else 0.0),
             "You go one rate too far at the upper end: the first rate that is not good lies outside."),
            (_from_ends(lambda rates, low, high: abs(np.log10(rates[high])) + abs(np.log10(rates[low]))),
             "The sizes of the two logarithms are added. Subtract the logarithms: how far are they apart?"),
            (_from_ends(lambda rates, low, high: float(int(np.log10(rates[high] / rates[low])))),
             "The decades are cut to whole ones. Parts of a decade count."),
            (_first_row,
             "That is the first row of good rates. Asked for is the one that holds the best rate."),
            (_longest,
             "That is the longest row of good rates. Asked for is the one that holds the best rate."),
            (_stepped,
             "You go one rate too far at the ends: the first rate that is not good lies outside."),
            (_ends_moved(1, 0),
             "You go one rate too far at the lower end: the first rate that is not good lies outside."),
            (_ends_moved(0, 1),
             "Upwards you go one rate too far: the basin ends at the last good one."),
            (_ends_moved(-1, 0),
             "You stop one rate too early at the lower end: the last good rate belongs to the basin."),
            (_ends_moved(0, -1),
             "You stop one rate too early at the upper end: the last good rate belongs to the basin."),
            (_ends_moved(-1, -1),
             "You stop one rate too early at both ends: the last good rate belongs to the basin."),
            (lambda rates, gains, share: _grown(rates, gains, (gains >= share * gains.max()) & (gains > 0)),
             "Your rates keep at least `share` of the best gain. They should *lose* at most that share."),
            (lambda rates, gains, share: _grown(rates, gains, _near(gains, share) & (gains > 0)),
             "A rate that gains nothing is never in the basin here. It belongs there where the share is 1: then a rate "
             "may lose all."),
            (_end_of_the_best,
             "Right unless several rates are equally good: of these, the lowest should count as the best one."),
            (lambda rates, gains, share: np.log10(rates[gains.argmax()]),
             "That is the logarithm of the best rate. Asked for is how far the two ends of the basin are apart."),
            (lambda rates, gains, share: -_grown(rates, gains, _near(gains, share)),
             "The number is right, the sign is not: divide the largest rate by the smallest."),
            (_between_the_rates,
             "You follow the line between the rates, as `basin_width` of the package does. Only the rates of the grid "
             "should count."),
            (lambda rates, gains, share: _grown(rates, gains, gains >= (1 - share) * np.median(gains))
             if gains.any() else 0.0,
             "Compared with the *median* gain; asked for is the best one."),
            (lambda rates, gains, share: _grown(rates, gains, gains >= (1 - share) * gains.mean())
             if gains.any() else 0.0,
             "Compared with the *mean* gain; asked for is the best one."),
            (lambda rates, gains, share: _grown(rates, gains, _near(gains, share)) / np.log10(rates[-1] / rates[0]),
             "The decades are divided by those of the whole grid. The decades themselves are asked for."),
            (lambda rates, gains, share: _grown(
                rates, gains, (gains >= gains.max() - share * np.ptp(gains)) & gains.any()),
             "The share is taken of the distance between the best and the lowest gain. It is one of the best gain "
             "itself, counted from 0."),
            (lambda rates, gains, share: float(_near(gains, share).sum() - 1) if gains.any() else 0.0,
             "That counts the spacings between the good rates. They need not be decades, and bad rates may lie "
             "between."),
            (lambda rates, gains, share: np.log10(rates[-1] / rates[0]) if gains.any() else 0.0,
             "Those are the decades of the whole grid. The basin is the part of it around the best rate that is good."),
            (lambda rates, gains, share: _grown(rates, gains, (gains >= gains.max() / 2) & (gains > 0)),
             "At least half of the best gain has to be reached here, whatever `share` says. At most `share` of it "
             "should be lost."),
            (lambda rates, gains, share: _grown(rates, gains, (gains >= gains.max() / (1 + share)) & (gains > 0)),
             "The bar is the best gain divided by 1 + share here: is the loss taken as a share of each rate's own "
             "gain? It is one of the best gain: multiply that by 1 − share."),
            (lambda rates, gains, share: _outer(rates, _near(gains, share)) if gains.any() else 0.0,
             "That reaches to the next rate beyond all good ones on either side, if there is one. The basin is the "
             "unbroken row of good rates around the best."),
        ),
    ),
    Exercise(
        id="carried-regret",
        title="what a carried rate costs",
        reference=carried_regret,
        why="Each column compares one problem with itself at another's rate; the diagonal is 0, since there nothing "
            "was carried.",
        hints=(
            "First let each problem choose: the place of its best gain on *validation* data.",
            "`test[j, chosen[i]]` is what problem j gains at the rate of problem i. The table wants it in row i, "
            "column j.",
            "Subtract it from what j gains at its own rate, `test[j, chosen[j]]`. On the diagonal that makes 0.",
        ),
        on_the_way=lambda val, test: (
            f"The problems choose the rates at the places `{val.argmax(axis=1).tolist()}`, counted from 0."),
        draw=_some_gains,
        probes=((_PEAKS, _PEAKS_TEST), (_VAL, _TEST), (_VAL[:, ::-1], _TEST[:, ::-1]), (_VAL[:2], _TEST[2:]),
                (_PEAKS[::-1], _PEAKS_TEST[::-1]), (_EQUALS, _EQUALS_TEST),
                (_EQUALS, _EQUALS_TEST[:, ::-1]), (_VAL[:2] - 2, _TEST[:2] - 2),
                (_VAL[:2] / 1000, _TEST[:2] / 1000)),
        whole=((np.array([[9, 5], [2, 8]]), np.array([[0.7, 0.6], [0.1, 0.4]])),),
        corners={"of equals, the first": [5, 6], "below 0 where that is better": [1, 2]},
        mistakes=(
            (lambda val, test: carried_regret(val, test).T,
             "Rows and columns are exchanged: row i should belong to the problem that the rate comes *from*."),
            (lambda val, test: -carried_regret(val, test),
             "The sign is turned round: a loss through carrying comes out negative, and is to be positive."),
            (lambda val, test: _table(val, test, test.argmax(axis=1)),
             "Your rates are chosen on test data. Then nothing could ever be gained by carrying, and your own rate may "
             "look better than it is. (A published mistake.)"),
            (lambda val, test: _table(val, val, val.argmax(axis=1)),
             "The choice and the report both use validation data. Report on test data, which had no say in the "
             "choice."),
            (lambda val, test: test.max(axis=1) - test[:, val.argmax(axis=1)].T,
             "You subtract from the best *test* gain of all rates. A problem's own rate was chosen on validation "
             "data, and its own test gain is the measure."),
            (lambda val, test: test[:, val.argmax(axis=1)].T,
             "Those are the gains themselves. How much less is that than at the problem's own rate?"),
            (lambda val, test: np.diag(test[:, val.argmax(axis=1)])[:, None] - test[:, val.argmax(axis=1)].T,
             "You subtract from the gain of problem i; it has to be that of problem j, the one in the column."),
            (lambda val, test: np.clip(carried_regret(val, test), 0, None),
             "Negative values are cut off. By chance a carried rate may do better on test data, and an average "
             "without such cases would be too high."),
            (lambda val, test: np.abs(carried_regret(val, test)),
             "The sign is lost: where a carried rate does *better*, the regret should be negative."),
            (lambda val, test: _without_own(carried_regret(val, test)),
             "Right but for the diagonal: a problem's own rate costs it 0."),
            (lambda val, test: _table(val, test, _best_tested_of_equals(val, test)),
             "Right unless a problem has several best rates: test data decide between them here. The first of them "
             "should be chosen."),
            (lambda val, test: -carried_regret(val, test).T,
             "Two things: rows and columns are exchanged, and the sign is turned round."),
            (lambda val, test: np.subtract.outer(*2 * [np.diag(test[:, val.argmax(axis=1)])]),
             "You compare what two problems gain, each at its own rate. Compare one problem at two rates: j at its "
             "own, and at that of i."),
            (lambda val, test: np.subtract.outer(*2 * [np.diag(test[:, val.argmax(axis=1)])]).T,
             "You compare what two problems gain, each at its own rate, j with i. Compare problem j with itself, at "
             "its own rate and at that of i."),
            (lambda val, test: (test.max(axis=1) - test[:, val.argmax(axis=1)].T).T,
             "Two things: you subtract from the best *test* gain of all rates, and rows and columns are exchanged."),
            (lambda val, test: np.diag(test[:, val.argmax(axis=1)]) - val[:, val.argmax(axis=1)].T,
             "A test gain minus a validation gain, both at the right rates. Take both from test data."),
            (lambda val, test: np.diag(test[:, val.argmax(axis=1)]) - test[:, test.argmax(axis=1)].T,
             "The rate that is carried was chosen on test data. Each problem should choose on validation data, for "
             "itself and for the others."),
            (lambda val, test: np.diag(test[:, val.argmax(axis=1)]) - test[:, val.argmax(axis=1)].mean(axis=0)[:, None],
             "What is taken off is the mean over all problems at the rate of i. It should be the gain of problem j "
             "alone."),
            (lambda val, test: _table(val, test, (val + test).argmax(axis=1)),
             "Test data have a say in the choice here. Choose on validation data alone."),
            (lambda val, test: np.minimum(carried_regret(val, test), 0),
             "Positive values are cut off, and they are the cost: only what carrying *gains* is left."),
            (lambda val, test: carried_regret(val, test) / test.max(axis=1),
             "That is the loss as a share of the best test gain. The difference itself is asked for."),
            (lambda val, test: test[:, val.argmax(axis=1)] - test[:, val.argmax(axis=1)].T,
             "Problem i at the rate of j is compared with problem j at the rate of i. Compare one problem at two "
             "rates: j at its own, and at that of i."),
            (lambda val, test: test[:, val.argmax(axis=1)].T - np.diag(test[:, val.argmax(axis=1)])[:, None],
             "What problem j gains at the rate of i is compared with what i gains there. Compare it with what j gains "
             "at its own rate."),
            (lambda val, test: (carried_regret(val, test) + carried_regret(val, test).T) / 2,
             "What is carried from i to j and from j to i is averaged. Each should have its own entry."),
            (lambda val, test: np.triu(carried_regret(val, test)),
             "What stands below the diagonal is 0 here. Rates are carried both ways: each entry should have its own "
             "value."),
            (lambda val, test: np.tril(carried_regret(val, test)),
             "What stands above the diagonal is 0 here. Rates are carried both ways: each entry should have its own "
             "value."),
            (lambda val, test: _table(val, test, _last(val, 1)),
             "Right unless a problem has several best rates: the first of them should be chosen."),
            (lambda val, test: carried_regret(val, test)[~np.eye(len(val), dtype=bool)],
             "Those are the right numbers in one row and without the diagonal. The whole table is asked for."),
            (lambda val, test: carried_regret(val, test).mean(),
             "That is the mean over the whole table, diagonal included. The table itself is asked for."),
            (lambda val, test: _without_diagonal(carried_regret(val, test)),
             "That is the mean over what stands beside the diagonal. The whole table is asked for."),
            (lambda val, test: np.diag(test[:, val.argmax(axis=1)]) - test[:, val.argmax(axis=1)],
             "You compare two problems at one rate. Compare one problem at two rates: j at its own, and at that of i."),
            (lambda val, test: carried_regret(val, test).mean(axis=0),
             "That is the mean over the problems that the rates come from. The whole table is asked for."),
            (lambda val, test: carried_regret(val, test).mean(axis=1),
             "That is the mean over the problems that a rate is carried to. The whole table is asked for."),
            (lambda val, test: _table(val, test, val.argmin(axis=1)),
             "The rate with the *lowest* gain is chosen; gains are the better the higher."),
            (lambda val, test: carried_regret(val, test) / np.diag(test[:, val.argmax(axis=1)]),
             "That is the loss as a share of the own gain. The difference itself is asked for."),
            (lambda val, test: np.diag(val[:, val.argmax(axis=1)]) - test[:, val.argmax(axis=1)].T,
             "A validation gain minus a test gain: the first was picked as the highest, and may flatter. Take both "
             "from test data."),
            (lambda val, test: _table(val, test, np.full(len(val), val.mean(axis=0).argmax())),
             "Every entry is 0 on the probes: is one rate chosen for all, does a table of whole numbers cut off what "
             "stands behind the point, or is it handed back before it is filled?"),
            (lambda val, test: np.pad(carried_regret(val, test)[:, :-1], ((0, 0), (0, 1))),
             "The last column is 0 here: does the loop over the columns end before the last problem?"),
            (lambda val, test: np.pad(carried_regret(val, test)[:, 1:], ((0, 0), (1, 0))),
             "The first column is 0 here: does the loop over the columns begin at 1?"),
            (lambda val, test: 100 * carried_regret(val, test) / np.diag(test[:, val.argmax(axis=1)]),
             "That is the loss in per cent of the own gain. The difference itself is asked for."),
            (lambda val, test: _table(val, test, val.argmax(axis=0)[:len(val)]),
             "The choice goes down the columns: for each rate the problem that gains most there. Each problem should "
             "choose a rate: `axis=1`."),
            (lambda val, test: _mirrored(np.triu(carried_regret(val, test))),
             "What stands above the diagonal stands below it, too. Rates are carried both ways: each entry should have "
             "its own value."),
            (lambda val, test: _mirrored(np.tril(carried_regret(val, test))),
             "What stands below the diagonal stands above it, too. Rates are carried both ways: each entry should have "
             "its own value."),
            (lambda val, test: np.tile(carried_regret(val, test)[-1], (len(val), 1)),
             "Every row is the last one. Is each filled anew? (`[[0] * n] * n` holds one row n times: what is written "
             "into one stands in all.)"),
            (lambda val, test: np.pad(carried_regret(val, test)[1:, 1:], ((1, 0), (1, 0))),
             "The first row and the first column are 0 here: do the loops begin at 1?"),
            (lambda val, test: np.pad(carried_regret(val, test)[:-1, :-1], ((0, 1), (0, 1))),
             "The last row and the last column are 0 here: do the loops end before the last problem?"),
            (lambda val, test: test[:, val.argmax(axis=1)] - np.diag(test[:, val.argmax(axis=1)]),
             "What problem j gains at its own rate is taken off what i gains at that rate. Compare one problem at two "
             "rates: j at its own, and at that of i."),
            (lambda val, test: carried_regret(test, val),
             "Validation and test data have changed places: choose on validation data, report on test data."),
            (lambda val, test: val.argmax(axis=1)[None, :] - val.argmax(axis=1)[:, None],
             "Those are differences of places in the list. What counts is what is gained there, on test data."),
            (lambda val, test: test[np.arange(len(val)), val.argmax(axis=1)][None, :] + test[:, val.argmax(axis=1)].T,
             "The two gains are added. Asked for is their difference."),
            (lambda val, test: test.max(axis=1)[None, :] - val[:, val.argmax(axis=1)].T,
             "A test gain minus a validation gain. Take both from test data, at the two rates chosen on "
             "validation data."),
        ),
    ),
    Exercise(
        id="one-rate-for-all",
        title="one rate for all problems",
        reference=one_rate,
        parts=("the rate", "the worst gain"),
        why="The smallest gain of each rate says how its worst off problem fares; the largest of these is the choice.",
        hints=(
            "For each rate, which gain has the problem that is worst off? That is `val.min(axis=0)`, one number for "
            "each rate.",
            "Take the rate at which this number is largest. All of that uses validation data only.",
            "Then open the test data, at this rate alone: the smallest gain in the column `test[:, chosen]`.",
        ),
        on_the_way=lambda rates, val, test: (
            f"The smallest validation gains of the rates are `{show(val.min(axis=0))}`, and the test gains at the "
            f"rate to be chosen `{show(test[:, val.min(axis=0).argmax()])}`."),
        draw=_some_worst,
        probes=((_FIVE, _PEAKS, _PEAKS_TEST), (_SIX, _VAL, _TEST), (_SIX[::-1], _VAL, _TEST), (_SIX, _TEST, _VAL),
                (_FIVE, _HARD, _HARD_TEST), (_FIVE, _HARD_TEST, _HARD), (_SIX[:4], _LEVEL, _LEVEL_TEST),
                (_SIX[:3], _SPREAD, _SPREAD_TEST),
                (_SIX[3::-1], _LEVEL, _LEVEL_TEST), (_SIX[:3], _UNLIKE, _UNLIKE[::-1] - 0.05),
                (_SIX[:3], _UNLIKE[:, ::-1], _UNLIKE[::-1, ::-1] - 0.05),
                (_FIVE, np.roll(_PEAKS, -2, axis=1), np.roll(_PEAKS_TEST, -2, axis=1)),
                (_FIVE, np.roll(_PEAKS, 2, axis=1), np.roll(_PEAKS_TEST, 2, axis=1)),
                (_SIX[:4], _HIGH, _HIGH_TEST), (_SIX[1:4], _NEVER, _NEVER[:, ::-1] + 0.05),
                (_FIVE, _PEAKS[1:2], _PEAKS_TEST[2:]),
                (_SIX, (_VAL / 20).round(3), (_TEST / 20).round(3))),
        corners={"in any order": [2], "Of equals, the first rate": [6, 8, 14], "worst off on test data": [0, 4]},
        mistakes=(
            (lambda rates, val, test: _chosen(rates, test, test, test.min(axis=0).argmax()),
             "The rate is chosen on test data, so that its score may flatter. (A published mistake.)"),
            (lambda rates, val, test: _chosen(rates, val, val, val.min(axis=0).argmax()),
             "The worst gain is that of the *validation* data, which chose the rate. Report it on test data."),
            (lambda rates, val, test: _chosen(rates, val, test, _last(val.min(axis=0), 0)),
             "Right unless several rates are equally good: of these, the first in the list is asked for."),
            (lambda rates, val, test: _chosen(rates, val, test, val.mean(axis=0).argmax()),
             "That is the rate with the best mean. It may leave one problem far behind: take the best smallest gain."),
            (lambda rates, val, test: (rates[val.min(axis=0).argmax()], test[:, val.min(axis=0).argmax()].mean()),
             "The rate is right; the second number is the mean of the test gains. The worst one is asked for."),
            (lambda rates, val, test: (rates[val.min(axis=0).argmax()],
                                       test[val[:, val.min(axis=0).argmax()].argmin(), val.min(axis=0).argmax()]),
             "The second number belongs to the problem that was worst off on *validation* data. On test data that may "
             "be another one."),
            (lambda rates, val, test: _chosen(rates, val, test, (val.max(axis=1)[:, None] - val).max(axis=0).argmin()),
             "That is the rate with the smallest worst *loss* against each problem's own best. It is a good rule, too, "
             "but asked for is the largest worst gain."),
            (lambda rates, val, test: _chosen(rates, val, test, val[val.max(axis=1).argmin()].argmax()),
             "You ask the hardest problem alone for its favourite rate. Another problem may fail at it."),
            (lambda rates, val, test: _chosen(rates, val, test, val.min(axis=0).argmin()),
             "The rate with the *lowest* worst gain is chosen. It should be that with the highest."),
            (lambda rates, val, test: _chosen(rates, val, test, val.max(axis=0).argmin()),
             "For each rate you take the best gain, and then the lowest of these. It should be the other way round: "
             "the highest of the *lowest* gains."),
            (lambda rates, val, test: (rates[val.mean(axis=0).argmax()], test[:, val.mean(axis=0).argmax()].mean()),
             "Means choose here, and a mean is reported. The problem that is worst off should decide, both times."),
            (lambda rates, val, test: _chosen(rates, val, val, val.mean(axis=0).argmax()),
             "Two things: the rate is that with the best mean, and its worst gain is that of the validation data."),
            (lambda rates, val, test: _chosen(rates, val, test, 1 + val[:, 1:].min(axis=0).argmax()),
             "Where there are several, the first rate is never chosen: does a loop begin with the second?"),
            (lambda rates, val, test: _chosen(rates, val, test, val[:, :-1].min(axis=0).argmax()),
             "Where there are several, the last rate is never chosen: does a loop end before it?"),
            (lambda rates, val, test: _chosen(rates, val, test, val.argmax(axis=1).min()),
             "Of the problems' favourite rates you take the first in the list. The other problems may fail at it."),
            (lambda rates, val, test: _chosen(rates, val, test, val.argmax(axis=1).max()),
             "Of the problems' favourite rates you take the last in the list. The other problems may fail at it."),
            (lambda rates, val, test: _chosen(rates, val, test, val.prod(axis=0).argmax()),
             "The product of the gains decides, or the mean of their logarithms, which is the same. The smallest gain "
             "should decide."),
            (lambda rates, val, test: _chosen(rates, val, test, test.mean(axis=0).argmax()),
             "Two things: the rate is chosen on test data, and by the mean."),
            (lambda rates, val, test: one_rate(rates, test, val),
             "Validation and test data have changed places: choose on validation data, report on test data."),
            (lambda rates, val, test: _chosen(np.sort(rates)[::-1], val, test, val.min(axis=0).argmax()),
             "The rates are sorted, the largest first, and the gains are not, so that a rate may get the gains of "
             "another."),
            (lambda rates, val, test: (one_rate(rates, val, test)[0], test.max(axis=1).min()),
             "The second number is what the worst off problem gains at its *own* best rate on test data. Take the one "
             "that was chosen for all."),
            (_at_first_fall,
             "The search does not go beyond the first fall of the smallest gain. A later rate may be better: look at "
             "all."),
            (lambda rates, val, test: _chosen(rates, val, test, val[0].argmax()),
             "The first problem chooses alone. Another problem may fail at its favourite rate."),
            (lambda rates, val, test: _chosen(rates, val, test, val[-1].argmax()),
             "The last problem chooses alone. Another problem may fail at its favourite rate."),
            (lambda rates, val, test: _chosen(rates, val, test, val.min(axis=1).argmax()),
             "The smallest gain of each problem is taken here, over the rates. It should be that of each rate, over "
             "the problems: `axis=0`."),
            (lambda rates, val, test: _chosen(rates, val, test, val.max(axis=0).argmax()),
             "That is the best gain of any problem at any rate. What about those that fail there?"),
            (lambda rates, val, test: (val.min(axis=0).argmax(), test[:, val.min(axis=0).argmax()].min()),
             "The first number is the place of the right rate in the list. The rate itself is asked for."),
            (lambda rates, val, test: one_rate(rates, val, test)[::-1],
             "Both numbers are right, but the rate comes first."),
            (lambda rates, val, test: (one_rate(rates, val, test)[0], test.min(axis=0).max()),
             "The second number is the best worst gain on *test* data, at whatever rate. Take it at the rate that was "
             "chosen."),
            (lambda rates, val, test: (one_rate(rates, val, test)[0], test[:, val.min(axis=0).argmax()].max()),
             "The second number is the largest gain at that rate; the worst is asked for."),
            (lambda rates, val, test: _chosen(rates, val, test, np.median(val, axis=0).argmax()),
             "That is the rate with the best median: up to half of the problems may fail at it."),
            (lambda rates, val, test: (one_rate(rates, val, test)[0], test[:, val.min(axis=0).argmax()]),
             "The rate is right; the second is the gains of all problems there. The worst of them is asked for."),
            (lambda rates, val, test: (one_rate(rates, val, test)[0], test.min()),
             "The second number is the smallest test gain at *any* rate. Only the chosen one should count."),
            (lambda rates, val, test: one_rate(rates, val, test)[0],
             "The rate is right. Two values are asked for: the worst gain on test data as well."),
            (lambda rates, val, test: _chosen(rates, val, test, np.bincount(val.argmax(axis=1)).argmax()),
             "That is the rate that is most often a problem's favourite, or the first of several such. What about "
             "problems that fail at it?"),
            (_smallest_of_equals,
             "Right unless several rates are equally good: the first in the list is asked for, not the smallest."),
            (lambda rates, val, test: _chosen(rates, val, test, val[val.mean(axis=1).argmin()].argmax()),
             "The problem with the lowest mean chooses alone. Another problem may fail at its favourite rate."),
            (lambda rates, val, test: _chosen(rates, val, test, np.minimum(val, test).min(axis=0).argmax()),
             "Test data have a say in the choice here. Choose on validation data alone."),
            (lambda rates, val, test: _chosen(np.sort(rates), val, test, val.min(axis=0).argmax()),
             "The rates are sorted and the gains are not, so that a rate may get the gains of another."),
            (lambda rates, val, test: _chosen(rates, val, test, (val + test).min(axis=0).argmax()),
             "Validation and test gains are added before the choice, so that test data have a say in it. Choose on "
             "validation data alone."),
            (lambda rates, val, test: _at_its_own(rates, val, test, val[0].argmax(), 0),
             "The first problem chooses alone, and only its own gain is reported. Look at all problems, both times."),
            (lambda rates, val, test: _at_its_own(rates, val, test, val[-1].argmax(), -1),
             "The last problem chooses alone, and only its own gain is reported. Look at all problems, both times."),
            (lambda rates, val, test: _at_its_own(rates, val, test, val[val.max(axis=1).argmin()].argmax(),
                                                  val.max(axis=1).argmin()),
             "The problem with the lowest best gain chooses alone, and only its own gain is reported. Look at all "
             "problems, both times."),
            (lambda rates, val, test: _at_its_own(rates, val, test, val[val.mean(axis=1).argmin()].argmax(),
                                                  val.mean(axis=1).argmin()),
             "The problem with the lowest mean chooses alone, and only its own gain is reported. Look at all problems, "
             "both times."),
            (lambda rates, val, test: (one_rate(rates, val, test)[0],
                                       val.min(axis=0).max() - one_rate(rates, val, test)[1]),
             "The rate is right. The second number is the worst validation gain there minus the worst test gain: the "
             "test gain alone is asked for."),
            (lambda rates, val, test: (one_rate(rates, val, test)[0], np.median(test[:, val.min(axis=0).argmax()])),
             "The rate is right; the second number is the median of the test gains. The worst one is asked for."),
            (lambda rates, val, test: (rates[np.median(val, axis=0).argmax()],
                                       np.median(test[:, np.median(val, axis=0).argmax()])),
             "Medians choose here, and a median is reported. The problem that is worst off should decide, both times."),
            (lambda rates, val, test: (one_rate(rates, val, test)[0], test[:, val.min(axis=0).argmax()].sum()),
             "The rate is right; the second number is the sum of the test gains. The worst one is asked for."),
            (lambda rates, val, test: (one_rate(rates, val, test)[0], test.min(axis=1).max()),
             "The rate is right. For the second number the smallest test gain of each problem is taken, and of these "
             "the largest. The smallest at that rate is asked for."),
            (lambda rates, val, test: (one_rate(rates, val, test)[0],
                                       (test.max(axis=1) - test[:, val.min(axis=0).argmax()]).max()),
             "The rate is right. The second number is the largest loss against a problem's own best. The smallest gain "
             "is asked for."),
            (lambda rates, val, test: _chosen(rates, val, test, np.append(np.flatnonzero(val.min(axis=0) > 0), 0)[
                -2 if val.min(axis=0).any() else -1]),
             "Each rate whose smallest gain is above 0 takes the place of the one before: is the best smallest gain "
             "so far kept beside the rate?"),
            (lambda rates, val, test: _chosen(rates, val, test, 0),
             "The first rate is always chosen. Is the smallest gain begun anew for each rate, and does it begin above "
             "all gains?"),
            (lambda rates, val, test: (rates[val.max(axis=0).argmax()], test[val.max(axis=1).argmax(),
                                                                             val.max(axis=0).argmax()]),
             "The highest of all validation gains chooses the rate, and the gain of one problem alone is reported. "
             "Look at the problem that is worst off, both times."),
            (lambda rates, val, test: (rates[val.mean(axis=0).argmax()], val[:, val.mean(axis=0).argmax()].mean()),
             "Two things: means choose and are reported, and that on validation data. The problem that is worst off "
             "should decide; report on test data."),
            (lambda rates, val, test: _chosen(rates, val, test, max(
                range(len(rates)), key=lambda i: (val[:, i].min(), test[:, i].min()))),
             "Right unless several rates are equally good: test data decide between them here. The first in the list "
             "is asked for."),
            (lambda rates, val, test: _chosen(rates, val, test, val[val.min(axis=1).argmin()].argmax()),
             "The problem with the smallest gain at any rate chooses alone. Another problem may fail at its favourite "
             "rate."),
            (_largest_of_equals,
             "Right unless several rates are equally good: the first in the list is asked for, not the largest."),
            (lambda rates, val, test: _chosen(rates, val, test, (val.mean(axis=0) - val.std(axis=0)).argmax()),
             "The mean minus the scatter decides. The smallest gain should decide."),
            (lambda rates, val, test: _chosen(rates, val, test, np.ptp(val, axis=0).argmin()),
             "That is the rate at which the problems gain most nearly the same, be it little. The largest smallest "
             "gain is asked for."),
            (_each_at_its_own,
             "Each problem has its own best rate here, and the one that is then worst off is reported. One rate is to "
             "be chosen for all."),
            (lambda rates, val, test: _chosen(rates, val, test, (val / val.max(axis=1, keepdims=True)).min(
                axis=0).argmax()),
             "The gains are divided by each problem's own best before the smallest is taken. The smallest of the gains "
             "themselves should decide."),
            (lambda rates, val, test: _chosen(rates, val, test, (val / val.max(axis=1, keepdims=True)).mean(
                axis=0).argmax()),
             "The gains are divided by each problem's own best, and their mean decides. The smallest of the gains "
             "themselves should decide."),
            (lambda rates, val, test: _chosen(rates, val, test, np.round(val.min(axis=0), 1).argmax()),
             "The smallest gains are rounded to one place before the largest is looked for, so that unequal ones may "
             "count as equal."),
            (lambda rates, val, test: (val.min(axis=0).max(), one_rate(rates, val, test)[1]),
             "The second number is right. The first is the smallest validation gain of the rate that was chosen; the "
             "rate itself is asked for."),
            (lambda rates, val, test: (one_rate(rates, val, test)[0], test[:, val.min(axis=0).argmax()].argmin()),
             "The rate is right. The second number says which problem is worst off there, counted from 0. What does "
             "it gain?"),
            (lambda rates, val, test: (one_rate(rates, val, test)[0], test.min(axis=0)),
             "The rate is right. The second are the smallest test gains of all rates. Only that of the chosen one is "
             "asked for."),
            (lambda rates, val, test: _chosen(rates, val, test, max(
                range(len(rates)), key=lambda i: (val[:, i].min(), val[:, i].mean()))),
             "Right unless several rates are equally good: the mean decides between them here. The first in the list "
             "is asked for."),
        ),
    ),
]

QUIZZES = [
    Quiz("one-shared-rate", "A blog trains five optimizers at the rate 0.001 on three problems, five seeds each, and "
         "ranks them by accuracy. What does the ranking say?", (
        Option("Which optimizer is best: all had the same conditions.",
               "The same number is not the same condition: 0.001 is a multiple of the gradient in SGD, and about the "
               "longest step of a weight in Adam.",
               origin="A published mistake: optimizers compared at one shared rate"),
        Option("Whom the rate 0.001 suits after that many steps.",
               "That was measured. With a rate for each, tuned on validation data, the order may turn.", right=True),
        Option("Nothing, since five seeds are too few.",
               "Five paired seeds can show a large difference. It is the shared rate that spoils the comparison."),
        Option("It would say the same with one seed: the rate is the same for all.",
               "One seed adds chance to the mistake.", origin="A published mistake: one seed"),
    )),
    Quiz("unequal-tuning", "A paper introduces an optimizer X. X was tuned with 200 trials over its rate and three "
         "more hyperparameters. Adam, to which it is compared, ran at its defaults. X is ahead by 0.02, with an "
         "interval that excludes zero. What may have brought X ahead?", (
        Option("Only X itself: the interval excludes zero.",
               "The interval says that the difference is no accident of the seeds. It does not say where it comes "
               "from.", origin="A published mistake: an interval around an unfair comparison"),
        Option("Chance.", "That is what the interval speaks against."),
        Option("The 200 trials: give Adam 200 as well, then compare.",
               "A method and a budget for tuning were compared with another method and none. The best of 200 has an "
               "advantage in any case.", right=True),
        Option("X has more hyperparameters, so it must be better once tuned.",
               "More knobs need more trials. Whether they pay at an equal budget is the question."),
    )),
    Quiz("a-ranking-of-means", "Over eight problems optimizer A gains 0.94 on average and B 0.92. The paired "
         "difference over the problems is 0.02 [−0.06, 0.10]. What may be written?", (
        Option("A is the best optimizer, B the second best.",
               "The order of two means is not a finding as long as the interval holds zero.",
               origin="A published mistake: a ranking without intervals"),
        Option("A and B are equally good.",
               "Not that either: 0.08 in favour of A lies within the interval. Not to find a difference is not to show "
               "that there is none."),
        Option("No difference found with eight problems; A may be up to 0.10 ahead or 0.06 behind.",
               "That is all that was measured, and it is useful: a large difference is ruled out.", right=True),
        Option("With more seeds on the same problems the difference would become clear.",
               "Seeds narrow the interval within a problem. This one is wide because *problems* differ; more problems "
               "are needed."),
    )),
    Quiz("width-in-percent", "Somebody reports accuracies in percent instead of shares, and errors instead of "
         "accuracies. What happens to a basin width that is defined by gains?", (
        Option("It grows a hundredfold.",
               "The scores do. The gain divides by the distance from constant to best, which grows as well."),
        Option("Nothing: a gain does not change when a score is shifted, scaled or turned round.",
               "Numerator and denominator change by the same factor, and the shift drops out of both.", right=True),
        Option("It changes its sign, since a low error is good.",
               "Numerator and denominator both change theirs."),
        Option("Nothing as long as the tolerance is also given in percent, say 1 percentage point.",
               "A tolerance in points of accuracy has no meaning for a loss. That is why it is a share of the gain.",
               origin="A common mistake: one tolerance in points for all problems"),
    )),
]
