"""Exercises and questions of notebook 04: a log grid, the one-standard-error rule, reading a range test."""

import math

import numpy as np

from .draws import digits, scale, whole
from .quizzes import Option, Quiz
from .tasks import Exercise


def log_grid(low, high, per_decade):
    """The rates from low to high, both included, with per_decade equal steps a decade.

    A decade is a factor of 10, and low < high. The steps fit: low and high are whole steps
    apart, which need not be whole decades. Ascending, as a list or an array.
    log_grid(0.001, 0.1, 1) gives [0.001, 0.01, 0.1].
    """
    steps = round(per_decade * np.log10(high / low))
    return low * 10 ** (np.arange(steps + 1) / per_decade)


def one_error_pick(rates, scores):
    """The smallest rate whose mean score is within one standard error of the best mean.

    rates has shape (n,), in any order; scores has shape (n, seeds), higher is better.
    The standard error is that of the mean of the best rate's scores, whose deviation is
    taken with seeds - 1. A mean that lies just at the limit counts. With rates
    np.array([1, 2]) and scores np.array([[0.2, 0.2], [0.8, 0.8]]) the answer is 2.
    """
    mean = scores.mean(axis=1)
    best = mean.argmax()
    error = scores[best].std(ddof=1) / np.sqrt(scores.shape[1])
    return rates[mean >= mean[best] - error].min()


def range_test_pick(rates, losses):
    """A tenth of the rate at which the smoothed loss is lowest.

    rates and losses have shape (n,). To smooth, replace each loss by the mean of itself
    and its two neighbours on each side, or of those that exist at the two ends. A nan or
    inf among these makes the mean nan or inf, and there the minimum cannot be.
    For rates np.array([1, 2, 4, 8]) and losses np.array([4, 3, 2, 1]) the answer is 0.8.
    """
    smooth = np.array([losses[max(i - 2, 0):i + 3].mean() for i in range(len(losses))])
    smooth[~np.isfinite(smooth)] = np.inf
    return rates[smooth.argmin()] / 10


def _steps(low, high, per_decade):
    return round(per_decade * np.log10(high / low))


def _pick(scores, margin, rates, choose=np.min):
    """The chosen among the rates whose mean comes within the margin of the best mean."""
    mean = scores.mean(axis=1)
    return choose(rates[mean >= mean.max() - margin])


def _error(scores, ddof=1):
    return scores.std(axis=-1, ddof=ddof) / np.sqrt(scores.shape[-1])


def _of_best(scores):
    return scores[scores.mean(axis=1).argmax()]


def _good(scores):
    mean = scores.mean(axis=1)
    return mean >= mean.max() - _error(_of_best(scores))


def _each_its_own(rates, scores):
    mean = scores.mean(axis=1)
    return rates[mean + _error(scores) >= mean.max()].min()


def _first_listed(rates, scores):
    return rates[_good(scores)][0]


def _only_above(rates, scores):
    mean = scores.mean(axis=1)
    return rates[mean > mean.max() - _error(_of_best(scores))].min()


def _nearest_to_the_line(rates, scores):
    mean = scores.mean(axis=1)
    return rates[np.abs(mean - (mean.max() - _error(_of_best(scores)))).argmin()]


def _neighbours(rates, scores):
    """Walk down from the best rate and stop at the first one that is out of reach."""
    order = np.argsort(rates)
    mean = scores.mean(axis=1)[order]
    i = mean.argmax()
    while i > 0 and mean[i - 1] >= mean.max() - _error(_of_best(scores)):
        i -= 1
    return rates[order][i]


def _by_its_luckiest(rates, scores):
    """The best rate is the one with the highest single score."""
    mean, best = scores.mean(axis=1), scores.max(axis=1).argmax()
    return rates[mean >= mean[best] - _error(scores[best])].min()


def _all_above(rates, scores):
    good = (scores >= scores.mean(axis=1).max() - _error(_of_best(scores))).all(axis=1)
    return rates[good].min() if good.any() else rates[scores.mean(axis=1).argmax()]


def _next_below(rates, scores):
    best = rates[scores.mean(axis=1).argmax()]
    smaller = rates[_good(scores) & (rates < best)]
    return smaller.max() if len(smaller) else best


def _one_below(rates, scores):
    order = np.argsort(rates)
    at = int(scores.mean(axis=1)[order].argmax())
    return rates[order][at - (at > 0 and _good(scores)[order][at - 1])]


def _mean_deviation(scores):
    best = _of_best(scores)
    return np.abs(best - best.mean()).mean() / np.sqrt(len(best))


def _smooth(losses, reach=2):
    return np.array([losses[max(i - reach, 0):i + reach + 1].mean() for i in range(len(losses))])


def _windows(losses, before, after):
    return np.array([losses[max(i - before, 0):i + after + 1].mean() for i in range(len(losses))])


def _symmetric(losses):
    """As `_smooth`, with as many neighbours before as after."""
    reach = [min(i, 2, len(losses) - 1 - i) for i in range(len(losses))]
    return np.array([losses[i - r:i + r + 1].mean() for i, r in enumerate(reach)])


def _lowest(smooth):
    return int(np.where(np.isfinite(smooth), smooth, np.inf).argmin())


def _padded(losses):
    """What np.convolve(…, "same") does: nothing at the ends counts as a loss of 0."""
    full = np.concatenate([[0, 0], losses, [0, 0]])
    return np.array([full[i:i + 5].mean() for i in range(len(losses))])


def _valid(losses):
    return np.array([losses[i:i + 5].mean() for i in range(len(losses) - 4)])


def _behind(losses):
    return np.array([losses[max(i - 4, 0):i + 1].mean() for i in range(len(losses))])


def _ahead(losses):
    return np.array([losses[i:i + 5].mean() for i in range(len(losses))])


def _median(losses):
    return np.array([np.median(losses[max(i - 2, 0):i + 3]) for i in range(len(losses))])


def _ignoring(losses):
    """The mean of those in the window that are finite."""
    windows = [losses[max(i - 2, 0):i + 3] for i in range(len(losses))]
    return np.array([w[np.isfinite(w)].mean() if np.isfinite(w).any() else np.inf for w in windows])


def _ignoring_nan(losses):
    windows = [losses[max(i - 2, 0):i + 3] for i in range(len(losses))]
    return np.array([w[~np.isnan(w)].mean() if not np.isnan(w).all() else np.inf for w in windows])


def _ignoring_around(losses):
    """The mean of the finite ones, but where the loss itself is not finite."""
    return np.where(np.isfinite(losses), _ignoring(losses), np.inf)


def _kept(rates, losses, keep):
    """The right answer for those rates alone that are kept."""
    return range_test_pick(rates[keep], losses[keep])


def _before_the_first(losses):
    return np.logical_and.accumulate(np.isfinite(losses))


def _replaced(losses, by):
    return np.where(np.isfinite(losses), losses, by)


def _repeated_ends(losses, mode="edge"):
    return _valid(np.pad(losses, 2, mode=mode))


def _without_itself(losses):
    windows = [losses[max(i - 2, 0):i + 3] for i in range(len(losses))]
    return np.array([np.delete(w, min(i, 2)).mean() for i, w in enumerate(windows)])


def _ends_as_they_are(losses):
    return np.concatenate([losses[:2], _valid(losses), losses[-2:]])


def _written_over(losses):
    smooth = losses.copy()
    for i in range(len(smooth)):
        smooth[i] = smooth[max(i - 2, 0):i + 3].mean()
    return smooth


def _short(losses):
    return np.array([losses[max(i - 2, 0):i + 2].mean() for i in range(len(losses))])


def _moving(losses, keep=0.9):
    smooth = [losses[0]]
    for loss in losses[1:]:
        smooth.append(keep * smooth[-1] + (1 - keep) * loss)
    return np.array(smooth)


def _wrapped(losses):
    """What `losses[i - 2:i + 3]` gives without a limit: nothing at the beginning."""
    return np.array([losses[i - 2:i + 3].mean() if i > 1 else np.nan for i in range(len(losses))])


def _begun_unsmoothed(losses):
    return np.concatenate([losses[:2], _smooth(losses)[2:]])


def _student(df):
    from scipy.special import stdtrit  # nobody waits for it before it is needed

    return stdtrit(df, 0.975)


def _walked_down_the_list(rates, scores):
    mean = scores.mean(axis=1)
    i = mean.argmax()
    while i > 0 and mean[i - 1] >= mean.max() - _error(_of_best(scores)):
        i -= 1
    return rates[i]


def _steepest(rates, losses):
    slope = np.gradient(_smooth(losses), np.log(rates))
    return rates[np.where(np.isfinite(slope), slope, np.inf).argmin()]


def _ladder(pattern, below, spreads, error=0.01):
    """Scores (rates, seeds) with means that many standard errors below the best, and that many times its spread."""
    z = np.array(pattern) - np.mean(pattern)
    z = z / z.std(ddof=1) * np.sqrt(len(z))
    return np.array([0.8 + error * (spread * np.roll(z, k) - down) for k, (down, spread) in enumerate(
        zip(below, spreads, strict=True))])


def _way_to_the_grid(low, high, per_decade):
    steps = _steps(low, high, per_decade)
    return f"From low to high there {'is 1 step' if steps == 1 else f'are {steps} steps'}, each by the factor " \
           f"`{10 ** (1 / per_decade):.4g}`."


def _way_to_the_pick(rates, scores):
    mean, error = scores.mean(axis=1), _error(_of_best(scores))
    good = ", ".join(f"`{rate:.4g}`" for rate in np.sort(rates[_good(scores)]))
    return (f"The best mean there is `{mean.max():.4g}`, its standard error `{error:.4g}`, the line "
            f"`{mean.max() - error:.4g}`. On or above it are the means of {good}.")


def _place_of_the_pick(got, rates, scores):
    """Where the mean of the rate that was picked lies."""
    at = np.flatnonzero(np.isclose(rates, got, 1e-9, 0))
    if not len(at):
        return ""
    mean, error = scores.mean(axis=1), _error(_of_best(scores))
    if mean[at[0]] < mean.max() - error:
        return f"Yours has the mean `{mean[at[0]]:.4g}`, which is below the line."
    return "Yours is among them, but it is not the smallest."


def _rate_of_yours(got, rates, losses):
    """Where the rate lies of which the answer is a tenth."""
    at = np.flatnonzero(np.isclose(rates, 10 * got, 1e-6, 0))
    if not len(at):
        return ""
    loss, smooth = losses[at[0]], _smooth(losses)[at[0]]
    return f"Yours is a tenth of `{rates[at[0]]:.4g}`, where the loss is `{loss:.4g}` and the mean `{smooth:.4g}`."


def _first_rise(losses):
    """The place before the first mean that is no lower."""
    smooth = _smooth(losses)
    return next((i for i in range(len(smooth) - 1) if not smooth[i + 1] < smooth[i]), len(smooth) - 1)


def _way_to_the_minimum(rates, losses):
    smooth = _smooth(losses)
    at = _lowest(smooth)
    return (f"The lowest mean there is `{smooth[at]:.4g}`, that of the losses {max(at - 2, 0)} to "
            f"{min(at + 2, len(losses) - 1)}, counted from 0, around the rate `{rates[at]:.4g}`.")


def _some_grid(rng):
    """A grid of up to eight decades, with up to 30 steps in each, that begins anywhere from 1e-9 to 1,000."""
    per_decade = whole(rng, 1, 30)
    low, steps = scale(rng, 1e-9, 1e3), whole(rng, 1, 8 * per_decade)
    return low, low * 10 ** (steps / per_decade) * rng.choice([_MORE, _LESS]), per_decade


def _some_scores(rng):
    """Up to 40 rates, 2 to 30 seeds and scores of any size; the means lie well below the line, above or close to it."""
    n, seeds, size = whole(rng, 1, 40), whole(rng, 2, 30), scale(rng, 1e-3, 1e4)
    rates = rng.permutation(np.arange(1, n + 1) if rng.random() < 0.3 else np.geomspace(1e-4, 10, n))
    if rng.random() < 0.2:  # no scatter, so that the line is the best mean itself and can be met exactly
        return rates, np.repeat(rng.integers(-4, 3, (n, 1)) / 4.0, seeds, axis=1)
    scores = rng.normal(size=(n, seeds)) * rng.choice([0.3, 1, 4], (n, 1))
    error, best = _error(scores), rng.integers(n)
    scores -= scores.mean(axis=1, keepdims=True)
    below = rng.choice([0.1, 0.5, 0.97, 1.03, 1.5, 1.9, 2.5, 8, (1 + np.sqrt(1 - 1 / seeds)) / 2], (n, 1))
    below[best] = 0
    return rates, size * (scores - below * error[best] + rng.choice([-9, 0, 2, 9]))


def _some_test(rng):
    """Up to 300 losses, rough or smooth, some of them nan or inf; the lowest mean is lower than all others by far."""
    while True:
        n, size = whole(rng, 1, 300), scale(rng, 1e-4, 1e4)
        losses = rng.normal(size=n) + rng.choice([0, 1]) * rng.normal(size=n).cumsum() + rng.choice([-6, 0, 6])
        losses = np.round(5 * losses).astype(int) if rng.random() < 0.3 else digits(size * losses)
        if rng.random() < 0.4:
            losses = np.where(rng.random(n) < rng.choice([0.03, 0.2]), rng.choice([np.nan, np.inf], n), losses)
        smooth = _smooth(losses)
        lowest = np.sort(smooth[np.isfinite(smooth)])
        if len(lowest) and (n == 1 or np.diff(lowest[:2]).sum() > 1e-3 * np.abs(lowest).max() or len(lowest) == 1):
            return digits(np.geomspace(10.0 ** rng.uniform(-7, -3), 10.0 ** rng.uniform(-1, 2), n), 6), losses


_MORE, _LESS = 1 + 3e-13, 1 - 3e-13  # whole steps but for a rounding error hundreds of times that of any logarithm

_FEW = np.array([0.01, 0.1, 1.0, 0.001])
_SCORES = np.array([[0.78, 0.80, 0.79], [0.80, 0.83, 0.78], [0.60, 0.81, 0.62], [0.795, 0.79, 0.801]])
_STEPS = (2.4, 2.2, 2.1, 1.98, 1.9, 1.5, 1.03, 0.97, 0.9, 0.85, 0.7, 0.5, 0.42, 0.22, 0.0, 3.0)
_RUNGS = np.geomspace(1e-4, 1, len(_STEPS))
_TIGHT = _ladder([0.1, -1.0, 0.3, 0.9, -0.2], _STEPS, [0.4] * 14 + [1.0, 2.0])
_LOOSE = _ladder([1.0, -0.4, 0.2], _STEPS, [0.5, 1.6] * 7 + [1.0, 0.3], error=0.023)
_SHUFFLED = np.random.default_rng(4).permutation(len(_STEPS))
_GAP = _ladder([1.0, -0.4, 0.2, -0.3], (0.8, 5.0, 0.0, 9.0), (1.0, 1.5, 1.0, 0.5))
_SLOPE = _ladder([1.0, -0.4, 0.2, -0.3], (0.7, 0.4, 0.0, 30.0), (1.0, 1.5, 1.0, 0.5))
_MANY = np.geomspace(1e-5, 10, 500)
_CROWD = _ladder([0.1, -1.0, 0.3, 0.9, -0.2], np.abs(np.arange(500) - 300) / 40.5, [1.0] * 500)
_STEADY = np.array([[0.5, 0.5], [0.75, 0.75], [0.75, 0.75], [0.74999, 0.74999]])  # means without rounding
_WILD = _ladder([1.0, -0.4, 0.2, -0.3], (4.0, 2.0, 0.0, 12.0), (6.0, 0.2, 1.0, 9.0))

_R = np.geomspace(1e-5, 10, 13)
_DIP = np.array([2.3, 2.31, 2.28, 2.3, 2.1, 0.9, 2.0, 1.3, 1.1, 1.0, 1.2, 1.9, 7.0])
_GONE = np.array([2.3, 2.2, 2.4, 2.0, 1.7, 1.6, 1.1, 1.3, 0.9, 3.0, 40.0, np.inf, np.nan])
_RISING = np.array([1.0, 1.02, 1.3, 1.1, 1.6, 1.4, 1.9, 2.5, 2.2, 4.0, 3.0, 7.0, 9.0])
_SUDDEN = np.array([2.2, 2.4, 2.1, 1.9, 1.2, 0.8, 0.9, 0.7, 1.4, 2.0, 2.3, 2.9, np.nan])
_FALLING = np.array([5.0, 4.0, 4.4, 3.6, 3.9, 2.8, 3.0, 2.0, 2.2, 1.4, 1.5, 0.9, 1.0])
_NOISY = np.array([1.2, 1.1, 1.3, 0.3, 1.5, 1.2, 0.8, 0.7, 0.9, 0.92, 1.6, 3.0, 0.2])
_ENDED = np.array([5.0, 4.5, 4.1, 3.5, 3.1, 2.5, 2.1, 1.5, 1.1, 0.5, np.nan, np.nan, np.nan])  # falls until it ends
_LEAPT = 1000 * np.array([5.0, 4.6, 4.1, 3.5, 3.1, 2.7, 2.1, 1.5, 1.1, 0.4, np.inf, 9.0, np.inf])
_HOLE = np.array([5.0, 4.0, 3.0, 5.1, 3.9, 4.8, 0.1, 0.2, np.nan, 0.1, 0.2, 5.0, 3.0])  # low on both sides of it
_SPIKE = np.array([np.inf, 0.3, 0.2, 4.0, 6.0, 5.0, 0.2, np.inf, 0.1, 0.3, 0.2, 4.0, 9.0])
_LUCKY = np.array([3.0, 3.1, 3.2, 3.0, 0.01, 3.1, 3.3, 1.5, 1.7, 1.4, 1.6, 1.8, 4.0])
_ODD = np.geomspace(1e-3, 1.5, 12)  # a tenth of a rate is no rate of the grid
_CLIMBING = np.array([0.5, 0.6, 0.7, 1.0, 0.9, 1.4, 1.3, 1.9, 2.4, 2.2, 3.0, 3.5])
_TWO_DIPS = np.array([2.0, 1.0, 1.2, 5.0, 4.0, 3.0, 1.9, 1.8, 1.7, 1.8, 1.9, 3.0])
_SECOND = np.array([1.0, 0.9, 0.5, 0.6, 3.0, 4.0, 5.0, 4.5, 5.0, 6.0, 5.5, 7.0])  # lowest at the second place
_LOW_START = np.array([1.0, 2.0, 1.5, 1.2, 9.0, 8.0, 8.5, 7.0, 9.0, 8.0, 7.5, 9.0])  # low at once
_LONG = np.geomspace(1e-7, 10, 800)
_BOWL = (np.arange(800) - 550.0) ** 2 / 2e3 + 0.01 * (np.arange(800) % 2)
_BOTH = np.array([0.2, np.nan, 0.1, 3.0, 2.0, 2.5, 2.2, 2.8, 0.3, 0.1, np.inf, 0.2, np.nan])

EXERCISES = [
    Exercise(
        id="log-grid",
        title="a grid in equal factors",
        reference=log_grid,
        on_the_way=_way_to_the_grid,
        why="Equal steps of the exponent are equal factors of the rate: each order of magnitude gets as many trials.",
        hints=(
            "Equal steps a decade means that neighbours have the same ratio, not the same difference.",
            "Let the exponent walk in equal steps and take 10 to the power of it. How far apart are two neighbours' "
            "exponents?",
            "From low to high there are `per_decade * np.log10(high / low)` steps, and one rate more than steps. That "
            "number may come out as 5.9999…, so round it. `np.geomspace` can do the rest.",
        ),
        probes=((1e-4, _MORE * 1.0, 1), (1e-6, _MORE * 1.0, 2), (0.003, _LESS * 3.0, 4), (0.02, _MORE * 200.0, 3),
                (1e-3, _MORE * 1.0, 5), (0.5, _LESS * 5.0, 1), (0.1, _LESS * 10**-0.5, 2), (1e-6, _MORE * 10**-4.5, 2),
                (0.02, _LESS * 0.02 * 10 ** (4 / 3), 3)),
        corners={"need not be whole decades": [6, 7, 8]},
        further=((1e-3, _LESS * 10.0, 200), (0.02, _MORE * 0.02 * 10 ** (1 / 1000), 1000), (1e8, _LESS * 1e14, 2),
                 (1, 10, 1), (2, _MORE * 2 * 10**0.5, 100)),
        draw=_some_grid,
        mistakes=(
            (lambda low, high, n: np.linspace(low, high, _steps(low, high, n) + 1),
             "These rates have equal differences, so that on a wide grid nearly all of them are within a factor of 10 "
             "of `high`. It is the ratios that should be equal."),
            (lambda low, high, n: low * 10 ** (np.arange(_steps(low, high, n)) / n),
             "The last rate is missing: `high` belongs to the grid."),
            (lambda low, high, n: low * 10 ** (np.arange(1, _steps(low, high, n) + 1) / n),
             "The first rate is missing: `low` belongs to the grid."),
            (lambda low, high, n: np.geomspace(low, high, max(_steps(low, high, n), 1)),
             "A rate too few: between n + 1 rates there are n steps."),
            (lambda low, high, n: np.geomspace(low, high, n),
             "That is `per_decade` rates in all. They should be that many for each factor of 10."),
            (lambda low, high, n: np.geomspace(low, high, n + 1),
             "That is `per_decade` steps in all. They should be that many for each factor of 10."),
            (lambda low, high, n: np.geomspace(low, high, _steps(low, high, n) + 1)[::-1],
             "The right rates in the other order: ascending is asked for."),
            (lambda low, high, n: np.linspace(np.log10(low), np.log10(high), _steps(low, high, n) + 1),
             "These are the exponents. The rates are 10 to their power."),
            (lambda low, high, n: low * 10 ** (np.arange(int(n * np.log10(high / low)) + 1) / n),
             "The last rate is missing where rounding leaves a trifle less than a whole number of steps, as "
             "2.9999999999999996 for 3: `int` or `floor` cut it to 2, and `arange` or `while` stop before `high`. "
             "(`np.arange` leaves its end out at 3 itself, too.) Compute the number of steps first, and round it."),
            (lambda low, high, n: np.concatenate([np.geomspace(d, 10 * d, n + 1) for d in low * 10.0 ** np.arange(
                max(round(np.log10(high / low)), 1))]),
             "Decade is put to decade with both ends, so that the rates between them come twice, and the grid ends "
             "with a whole decade."),
            (lambda low, high, n: np.concatenate([np.geomspace(d, 10 * d, n + 1) for d in low * 10.0 ** np.arange(
                round(np.log10(high / low)))] or [np.geomspace(low, high, n + 1)]),
             "Decade is put to decade with both ends, so that the rates between them come twice."),
            (lambda low, high, n: np.geomspace(low, high, int(n * np.log10(high / low)) + 1),
             "Where rounding leaves a trifle less than a whole number of steps, as 2.9999999999999996 for 3, yours "
             "makes it 2, as `int` does, so that there is a rate too few. Round instead."),
            (lambda low, high, n: low * 10 ** (np.arange(np.ceil(n * np.log10(high / low)) + 1) / n),
             "Where rounding leaves a trifle more than a whole number of steps, as 3.0000000000000004 for 3, yours "
             "makes it 4, as `ceil` does, and the last rate lies beyond `high`. Round instead."),
            (lambda low, high, n: np.geomspace(low, high, math.ceil(n * np.log10(high / low)) + 1),
             "Where rounding leaves a trifle more than a whole number of steps, as 3.0000000000000004 for 3, yours "
             "makes it 4, as `ceil` does, and the steps become too short. Round instead."),
            (lambda low, high, n: low * 10 ** (np.arange(n * round(np.log10(high / low)) + 1) / n),
             "The steps are right, their number is not where the decades do not come out whole: these are rounded "
             "before they are multiplied by `per_decade`. Multiply first, then round."),
            (lambda low, high, n: low * 10 ** (np.arange(n * int(np.log10(high / low)) + 1) / n),
             "The steps are right, but there are too few of them where the decades do not come out whole, or not "
             "quite: `int` cuts these before they are multiplied by `per_decade`. Multiply first, then round."),
            (lambda low, high, n: low * np.exp(np.arange(round(n * np.log(high / low)) + 1) / n),
             "These are `per_decade` steps for each factor of e. A decade is a factor of 10."),
            (lambda low, high, n: low * 2 ** (np.arange(round(n * np.log2(high / low)) + 1) / n),
             "These are `per_decade` steps for each factor of 2. A decade is a factor of 10."),
            (lambda low, high, n: np.geomspace(low, high, max(n - 1, 1) * round(np.log10(high / low)) + 1),
             "Where the decades are whole, one step too few in each, unless it has one: `per_decade` counts steps, not "
             "rates from end to end."),
            (lambda low, high, n: np.geomspace(low, high, n * round(np.log10(high / low)) + 1),
             "The decades are rounded to a whole number before they are multiplied by `per_decade`. From 0.1 to 0.316 "
             "there is half a decade: multiply first, then round."),
            (lambda low, high, n: np.geomspace(low, high, n * math.ceil(np.log10(high / low) - 1e-9) + 1),
             "Part of a decade is taken for a whole one before it is multiplied by `per_decade`: from 0.1 to 0.316 "
             "there is half a decade. Multiply first, then round."),
            (lambda low, high, n: np.geomspace(low, high, round(n * np.log2(high / low)) + 1),
             "The steps are counted with the logarithm to base 2 here. A decade is a factor of 10: `np.log10`."),
            (lambda low, high, n: np.geomspace(low, high, n * math.ceil(np.log10(high / low)) + 1),
             "The decades are rounded up before they are multiplied by `per_decade`, which makes too many steps where "
             "the decades do not come out whole: multiply first, then round."),
            (lambda low, high, n: np.geomspace(low, high, n * int(np.log10(high / low)) + 1),
             "The decades are cut to a whole number before they are multiplied by `per_decade`, which makes too few "
             "steps where they do not come out whole: multiply first, then round."),
            (lambda low, high, n: np.geomspace(low, high, round(n * np.log(high / low)) + 1),
             "The steps are counted with the natural logarithm here. A decade is a factor of 10: `np.log10`."),
            (lambda low, high, n: low * np.exp(np.arange(_steps(low, high, n) + 1) / n),
             "The factors are powers of e. A decade is a factor of 10."),
            (lambda low, high, n: low * 10.0 ** (np.arange(_steps(low, high, n) + 1) * n),
             "Each step is `per_decade` decades long. Asked for are `per_decade` steps in one."),
            (lambda low, high, n: low * float(n) ** np.arange(_steps(low, high, n) + 1),
             "Neighbours differ by the factor `per_decade`. It is the number of steps that make a factor of 10 "
             "together."),
            (lambda low, high, n: np.geomspace(low, high, max(n - 1, 0) * round(np.log10(high / low)) + 1),
             "Where the decades are whole, one step too few in each: `per_decade` counts steps, not rates from end to "
             "end."),
            (lambda low, high, n: np.geomspace(low, high, round((n + 1) * np.log10(high / low)) + 1),
             "One step too many in each decade."),
            (lambda low, high, n: np.geomspace(low, high, 2 * _steps(low, high, n) + 1),
             "Twice as many steps as asked for."),
            (lambda low, high, n: np.geomspace(low, high, _steps(low, high, n) + 1, endpoint=False),
             "The number of rates is right, but they stop before `high`, which belongs to the grid."),
            (lambda low, high, n: low * 10.0 ** np.arange(round(np.log10(high / low)) + 1),
             "One step a decade, whatever `per_decade` says."),
            (lambda low, high, n: 10 ** np.linspace(low, high, _steps(low, high, n) + 1),
             "`low` and `high` are rates here, not exponents: take their logarithm first."),
            (lambda low, high, n: np.exp(np.linspace(np.log10(low), np.log10(high), _steps(low, high, n) + 1)),
             "Two logarithms are mixed: `exp` undoes `log`, and 10 ** undoes `log10`."),
            (lambda low, high, n: low + (high - low) * np.linspace(0, 1, _steps(low, high, n) + 1) ** 2,
             "Denser at the low end, but by a power and not by a constant factor."),
            (lambda low, high, n: np.geomspace(low, high, _steps(low, high, n) + 2),
             "One rate too many: count the steps between the rates, then add one."),
            (lambda low, high, n: np.concatenate([d * np.arange(1, 10, 9 / n)[:n] for d in low * 10.0 ** np.arange(
                round(np.log10(high / low)))] + [[high]]),
             "Within each decade the steps are equal differences, as 1, 4, 7, 10. Equal factors would be 1, 2.2, 4.6, "
             "10."),
            (lambda low, high, n: np.round(low * 10 ** (np.arange(_steps(low, high, n) + 1) / n), 4),
             "Rounded to decimals, small rates lose their digits or become 0."),
        ),
    ),
    Exercise(
        id="one-error-pick",
        title="the one-standard-error rule",
        reference=one_error_pick,
        on_the_way=_way_to_the_pick,
        of_yours=_place_of_the_pick,
        why="What the seeds cannot tell from the best counts as good; among those the choice falls on the smallest.",
        hints=(
            "Three steps: the mean of each rate, the line that is still good enough, the smallest rate above the line.",
            "The line is the best mean minus the standard error of that mean: the standard deviation of the best "
            "rate's scores (with `ddof=1`) over the root of the number of seeds.",
            "`rates[mean >= line]` are the rates that are good enough. They need not be in order.",
        ),
        probes=((_FEW, _SCORES), (np.array([1.0, 0.2, 0.1, 0.5]), _STEADY), (_FEW[::-1], _GAP),
                (np.array([0.01, 0.03, 0.1, 0.3]), _WILD), (np.array([0.01, 0.03, 0.1, 0.3]), _GAP),
                (_RUNGS, _TIGHT), (_RUNGS, _LOOSE), (_RUNGS[_SHUFFLED], _TIGHT[_SHUFFLED]), (_RUNGS[::-1], _TIGHT),
                (_RUNGS[_SHUFFLED[::-1]], _LOOSE[_SHUFFLED[::-1]]), (np.array([0.03, 0.1, 0.3, 0.01]), _SLOPE),
                (np.array([0.1, 0.2]), np.array([[0.8, 0.802], [0.803, 0.805]]))),
        corners={"just at the limit counts": [1]},
        further=((np.array([0.1]), np.array([[0.5, 0.7]])), (_MANY, _CROWD), (1e4 * _RUNGS, 1e-6 * _TIGHT),
                 (np.array([1.0, 2.0]), np.array([[0.74, 0.75], [0.75, 0.75]])),
                 (np.array([0.3, 0.1]), _ladder(np.arange(1000) % 7, (0.0, 0.9997), (1.0, 1.0))),
                 (np.array([0.3, 0.1]), _ladder(np.arange(1000) % 7, (0.0, 1.0003), (1.0, 1.0)))),
        draw=_some_scores,
        mistakes=(
            (lambda rates, scores: rates[scores.mean(axis=1).argmax()],
             "That is the rate with the best mean. Which smaller rates can the seeds not tell from it?"),
            (lambda rates, scores: _pick(scores, _of_best(scores).std(ddof=1), rates),
             "Within one standard *deviation*: that is how far single seeds scatter. A mean is more certain."),
            (lambda rates, scores: _pick(scores, _error(_of_best(scores), 0), rates),
             "Nearly: NumPy's `std` divides by the number of seeds unless told `ddof=1`, which makes the error too "
             "small."),
            (lambda rates, scores: _pick(scores, _error(_of_best(scores)), rates, np.max),
             "That is the largest rate of those that are good enough; the smallest is asked for."),
            (lambda rates, scores: _pick(scores, 2 * _error(_of_best(scores)), rates),
             "That is within two standard errors."),
            (_each_its_own,
             "Each rate is measured with a standard error of its own here, so that a rate with wild scores is let in "
             "easily. Take that of the best rate for all."),
            (_first_listed,
             "That is the first one listed among the good rates. They may stand in any order: take the smallest."),
            (lambda rates, scores: rates.min(),
             "That is the smallest rate of all, however bad it is."),
            (lambda rates, scores: rates[(scores.max(axis=1) >= scores.max() - _error(_of_best(scores)))].min(),
             "The luckiest seed of each rate is compared here, not the mean."),
            (lambda rates, scores: _pick(scores, scores.std(ddof=1) / np.sqrt(scores.size), rates),
             "The spread of all scores of all rates enters your error. Asked for is that of the best rate alone."),
            (lambda rates, scores: _pick(scores, _error(scores).mean(), rates),
             "The standard errors of all rates are averaged here. Asked for is that of the best rate alone."),
            (lambda rates, scores: _pick(scores, _of_best(scores).var(ddof=1) / scores.shape[1], rates),
             "Where scores spread by less than 1, too little can be let in: is the standard error, or the deviation, "
             "squared (a root is missing), or is the error added where it should be taken off, or left out?"),
            (lambda rates, scores: _pick(scores, _of_best(scores).std(ddof=1) / np.sqrt(len(scores)), rates),
             "The root is taken of the number of rates. A mean is made of the scores of the seeds: how many are they?"),
            (lambda rates, scores: _pick(scores, scores.std(ddof=1) / np.sqrt(scores.shape[1]), rates),
             "The spread of all the scores together is in your error. Take that of the best rate's scores alone."),
            (lambda rates, scores: _pick(scores, scores.mean(axis=1).std(ddof=1), rates),
             "That is how far the means of the rates lie apart. The seeds of the best rate tell how uncertain its mean "
             "is."),
            (lambda rates, scores: _pick(scores, _of_best(scores).std(ddof=1) / np.sqrt(scores.shape[1] - 1), rates),
             "The `seeds - 1` belongs into the standard deviation, as `ddof=1`. The root should be that of the number "
             "of seeds."),
            (lambda rates, scores: _pick(scores, _error(scores[0]), rates),
             "The standard error is that of the first rate in the list. Take that of the best one."),
            (lambda rates, scores: _pick(scores, _error(scores[-1]), rates),
             "The standard error is that of the last rate in the list. Take that of the best one."),
            (lambda rates, scores: np.sort(rates)[scores.mean(axis=1) >= scores.mean(axis=1).max() - _error(
                _of_best(scores))].min(),
             "The rates are sorted and the scores are not, so that a rate can get the scores of another."),
            (lambda rates, scores: rates[np.median(scores, axis=1) >= np.median(scores, axis=1).max() - _error(
                scores[np.median(scores, axis=1).argmax()])].min(),
             "Medians are compared here. The rule is about means."),
            (lambda rates, scores: _pick(scores, scores.mean(axis=1).max() * _error(_of_best(scores)), rates),
             "The best mean is multiplied by one minus the error here. Take the error away from it."),
            (lambda rates, scores: rates[(_error(_of_best(scores) - scores) >= (_of_best(scores) - scores).mean(
                axis=1))].min(),
             "Each rate is compared with the best by the standard error of their differences, seed by seed. That is a "
             "good test, but the rule takes the standard error of the best mean."),
            (lambda rates, scores: _pick(scores, _student(scores.shape[1] - 1) * _error(_of_best(scores)), rates),
             "That is the half width of a 95 % interval. The rule takes one standard error, without Student's t."),
            (_walked_down_the_list,
             "You walk through the list from the best rate on as if it were sorted, or stop at the first rate below "
             "the line. The rates stand in any order: look at all of them."),
            (lambda rates, scores: _pick(scores, _of_best(scores).std(ddof=1) / scores.shape[1], rates),
             "The spread is divided by the number of seeds instead of by its root."),
            (lambda rates, scores: _pick(-scores, _error(_of_best(-scores)), rates),
             "That looks for the lowest score; higher is better here."),
            (_nearest_to_the_line,
             "That is the rate whose mean lies nearest to the line. Asked for is the smallest rate on or above it."),
            (_neighbours,
             "You walk down from the best rate to smaller ones and stop at the first one below the line. A rate "
             "further down may lie above it again; the rule counts it."),
            (lambda rates, scores: rates[scores.mean(axis=1) >= scores.mean(axis=1).max() - _error(_of_best(scores))],
             "These are all the rates that are good enough. One of them is asked for, the smallest."),
            (lambda rates, scores: np.flatnonzero(rates == one_error_pick(rates, scores))[0],
             "That is the place of the right rate in the list. The rate itself is asked for."),
            (lambda rates, scores: int(_good(scores).argmax()),
             "That is the place of the first good rate in the list. A rate is asked for, the smallest of the good "
             "ones."),
            (lambda rates, scores: scores.mean(axis=1)[rates == one_error_pick(rates, scores)][0],
             "That is the mean score of the right rate. The rate itself is asked for."),
            (lambda rates, scores: _pick(scores, 1.96 * _error(_of_best(scores)), rates),
             "1.96 standard errors belong to a 95 % interval of many seeds. The rule takes one."),
            (lambda rates, scores: rates[_good(scores)][-1],
             "That is the last one listed among the good rates. They may stand in any order: take the smallest."),
            (lambda rates, scores: rates[(scores >= scores.mean(axis=1).max() - _error(_of_best(scores))).any(
                axis=1)].min(),
             "A rate counts here as soon as one of its scores is on or above the line. Its mean is to be."),
            (lambda rates, scores: rates[scores.mean(axis=1) + _error(scores) >= scores.mean(axis=1).max() - _error(
                _of_best(scores))].min(),
             "Two errors are at work: that of the best rate and that of each other. Take that of the best rate alone, "
             "and the means of the others as they are."),
            (lambda rates, scores: _pick(scores, _error(_of_best(scores)) / scores.shape[1], rates),
             "The error is too small by the factor `seeds` for what it is compared with: either it is divided by that "
             "once more, or the scores are added up where their mean is asked for."),
            (lambda rates, scores: rates[_good(scores)][scores.mean(axis=1)[_good(scores)].argmin()],
             "That is the rate with the lowest mean of those that are good enough. The smallest *rate* is asked for."),
            (_only_above,
             "Right unless a mean lies just on the line, as the best one does where its scores do not scatter: such a "
             "rate counts as well."),
            (lambda rates, scores: _pick(scores, scores.mean(axis=1).std(ddof=1) / len(rates) ** 0.5, rates),
             "That error is made of how the means of the rates scatter. Asked for is that of the best rate's own "
             "scores."),
            (lambda rates, scores: rates[scores.max(axis=1) >= scores.max() - _error(
                scores[scores.max(axis=1).argmax()])].min(),
             "The best single scores are compared here. The rule is about means."),
            (lambda rates, scores: _pick(scores, _error(scores).max(), rates),
             "The largest of all standard errors is taken. Asked for is that of the best rate."),
            (_one_below,
             "Only the rate next below the best one is looked at. Smaller ones may be good as well, and may be good "
             "where that one is not."),
            (_by_its_luckiest,
             "The rate with the highest single score counts as the best one here. It is the one with the best mean."),
            (_all_above,
             "A rate counts here only if all of its scores are on or above the line. Its mean is to be."),
            (_next_below,
             "That is the nearest good rate below the best one. Smaller ones may be good as well: take the smallest."),
            (lambda rates, scores: _pick(scores, _mean_deviation(scores), rates),
             "The spread is the mean of the absolute deviations here. The standard deviation squares them, divides "
             "their sum by `seeds - 1` and takes the root."),
            (lambda rates, scores: scores.mean(axis=1)[_good(scores)].min(),
             "That is a score, the lowest mean on or above the line. A rate is asked for, the smallest of those."),
            (lambda rates, scores: rates[scores.mean(axis=1) >= scores.mean()].min(),
             "Compared with the mean of all scores: whatever is above it counts as good. The line should lie one "
             "standard error below the best mean."),
        ),
    ),
    Exercise(
        id="range-test-pick",
        title="reading a range test",
        reference=range_test_pick,
        on_the_way=_way_to_the_minimum,
        of_yours=_rate_of_yours,
        why="Smoothing keeps one lucky batch from deciding; the tenth keeps a distance from the cliff behind the "
            "minimum.",
        hints=(
            "Smooth first, then find the place of the minimum, then take a tenth of the rate at that place.",
            "Around place i the window is `losses[i - 2 : i + 3]`. At the start i − 2 is negative, which Python reads "
            "from the other end: `max(i - 2, 0)` helps.",
            "`argmin` answers nan if there is one, as if it were the lowest. Replace what is not finite by `np.inf` "
            "first.",
        ),
        probes=((_R, _DIP), (_R, _GONE), (_R, _SUDDEN), (_R, _RISING), (_R, _FALLING),
                (_R[2:], _NOISY[:11]), (_R, _NOISY), (np.geomspace(1e-4, 1, 13), _NOISY[::-1]),
                (_R, _ENDED), (_R, _LEAPT), (_R, _HOLE), (_R, _SPIKE), (_R, _BOTH), (_R, _LUCKY),
                (_ODD, _CLIMBING), (_ODD, _CLIMBING[::-1]), (_ODD, _DIP[1:]), (_ODD, _TWO_DIPS),
                (_ODD, _SECOND), (_ODD, _LOW_START)),
        corners={"of those that exist at the two ends": [3, 4, 6, 7, 10, 14, 15, 17, 18, 19],
                 "A nan": [1, 2, 8, 10, 12], "inf among these": [1, 9, 11, 12]},
        further=((np.arange(1.0, 10.0), 1000 + 1e-6 * np.arange(9.0, 0.0, -1.0)),
                 *((_R[:n], part) for n in (1, 2, 3, 4) for part in (_DIP[:n], -_DIP[:n], _FALLING[3:3 + n])),
                 (np.array([1, 2, 4, 8]), np.array([4, 3, 2, 1])), (_LONG, _BOWL), (_LONG, -10 * _BOWL[::-1]),
                 (_LONG, np.where(np.arange(800) < 700, _BOWL, np.nan)), (_LONG, 1e7 + 1e6 * _BOWL)),
        draw=_some_test,
        mistakes=(
            (lambda rates, losses: rates[_lowest(losses)] / 10,
             "A single lucky batch decides here. Smooth the losses first."),
            (lambda rates, losses: rates[_lowest(_smooth(losses))],
             "That is the rate at the minimum itself, often close to where the loss rises. A tenth of it is asked "
             "for."),
            (lambda rates, losses: rates[_lowest(_smooth(losses))] * 10,
             "Ten times the rate instead of a tenth: that may be beyond the cliff."),
            (lambda rates, losses: rates[_lowest(_padded(losses))] / 10,
             "At the two ends the sum of fewer losses counts like one of 5: either it is divided by 5 all the same, as "
             "by `np.convolve` with `same`, or by nothing. As a rule that looks like very low losses. Average over "
             "those that exist."),
            (lambda rates, losses: rates[int(np.convolve(losses, np.ones(5) / 5, "same").argmin())] / 10,
             "Two things at once: at the two ends the sum is divided by 5 all the same, as `np.convolve` with `same` "
             "does, and `argmin` takes nan for the lowest of all."),
            (lambda rates, losses: rates[2 + _lowest(_valid(losses))] / 10,
             "As a rule, the two places at each end are left out. There, average over the neighbours that exist."),
            (lambda rates, losses: rates[int(losses.argmin())] / 10,
             "Two things at once: a single lucky batch decides, since nothing is smoothed, and `argmin` takes nan for "
             "the lowest of all."),
            (lambda rates, losses: rates[_lowest(_valid(losses))] / 10,
             "As a rule, your smoothed list begins two places late, so that each mean stands beside the wrong rate, "
             "and the ends are left out."),
            (lambda rates, losses: rates[_lowest(_behind(losses))] / 10,
             "Your window looks back only, so that each mean of five stands two places too late."),
            (lambda rates, losses: rates[_lowest(_ahead(losses))] / 10,
             "Your window looks ahead only, so that each mean of five stands two places too early."),
            (lambda rates, losses: rates[_lowest(_smooth(losses, 1))] / 10,
             "One neighbour on each side; two are asked for."),
            (lambda rates, losses: rates[_lowest(_smooth(losses, 5))] / 10,
             "Five neighbours on each side; two are asked for."),
            (lambda rates, losses: rates[_lowest(_median(losses))] / 10,
             "That is a median of the five. It is a good idea, but the mean is asked for."),
            (lambda rates, losses: rates[int(_smooth(losses).argmin())] / 10,
             "Right until the run diverges: then nan counts as the lowest of all, as it does for `argmin`, or as a 0 "
             "in its place may."),
            (lambda rates, losses: range_test_pick(rates, losses) if np.isfinite(losses).all()
             else rates[int(np.flatnonzero(np.isfinite(losses))[-1])] / 10,
             "Where the run diverges you take the last rate with a finite loss. The minimum may have come earlier."),
            (lambda rates, losses: rates[_lowest(_ignoring(losses))] / 10,
             "A nan or inf is left out of its window, and the mean is taken of the rest. Next to a place where the run "
             "diverged the minimum cannot be: such a mean is to become nan or inf."),
            (lambda rates, losses: rates[_lowest(_ignoring_nan(losses))] / 10,
             "A nan is left out of its window, as `np.nanmean` and `rolling(…, min_periods=1)` do. It is to make the "
             "mean nan, so that the minimum cannot be there."),
            (lambda rates, losses: rates[_lowest(_ignoring_around(losses))] / 10,
             "Where the loss itself is nan or inf you allow no minimum, but a neighbour's nan or inf is left out of "
             "the mean. It makes the mean nan or inf as well."),
            (lambda rates, losses: _kept(rates, losses, np.isfinite(losses)),
             "The rates with nan or inf are taken out before smoothing, so that losses can become neighbours which "
             "are none. Smooth first; what is not finite then cannot be the minimum."),
            (lambda rates, losses: _kept(rates, losses, ~np.isnan(losses)),
             "What stands at a nan, or from the first nan on, is taken out before smoothing, so that the means "
             "beside it do not know of it. Smooth first."),
            (lambda rates, losses: _kept(rates, losses, _before_the_first(losses)),
             "As a rule, everything from the first nan or inf on is cut off before smoothing. So the means just before "
             "it seem to have no neighbours there, and whatever comes after it is never looked at."),
            (lambda rates, losses: rates[_lowest(_smooth(_replaced(losses, 0.0)))] / 10,
             "nan and inf are replaced by 0, so that a run that diverged can look like the best."),
            (lambda rates, losses: rates[_lowest(_smooth(np.where(np.isnan(losses), 0.0, losses)))] / 10,
             "nan is replaced by 0, as `np.nan_to_num` does, so that a run that diverged can look like the best."),
            (lambda rates, losses: rates[_lowest(_smooth(_replaced(losses, losses[np.isfinite(losses)].max())))] / 10,
             "nan and inf are replaced by the largest loss. The mean around them stays finite then and can be lowest."),
            (lambda rates, losses: rates[_lowest(_repeated_ends(losses))] / 10,
             "Beyond the two ends the first and the last loss are repeated, so that they count several times. Average "
             "over those that exist."),
            (lambda rates, losses: rates[_lowest(_repeated_ends(losses, "reflect"))] / 10,
             "Beyond the two ends the losses are mirrored, so that some count more than once. Average over those that "
             "exist."),
            (lambda rates, losses: rates[_lowest(_without_itself(losses))] / 10,
             "The loss itself is missing from its mean: five places, not four."),
            (lambda rates, losses: rates[_lowest(_ends_as_they_are(losses))] / 10,
             "As a rule, the two places at each end are not smoothed. There, average over the neighbours that exist."),
            (lambda rates, losses: rates[_lowest(_written_over(losses))] / 10,
             "Each mean is written over the loss that the next mean needs. Keep the smoothed losses in a list of "
             "their own."),
            (lambda rates, losses: rates[_lowest(_short(losses))] / 10,
             "The window ends one place too early. A slice stops before its end, which should be `i + 3`."),
            (lambda rates, losses: rates[_lowest(_moving(losses))] / 10,
             "That is a moving average which looks back. It is a good idea, but the mean of the loss and two "
             "neighbours on each side is asked for."),
            (lambda rates, losses: rates[_lowest(_smooth(losses, 3))] / 10,
             "Three neighbours on each side; two are asked for."),
            (lambda rates, losses: rates[_lowest(_wrapped(losses))] / 10,
             "The first two windows do not hold what they should: is `i - 2` negative there, which Python reads from "
             "the other end? `max(i - 2, 0)` helps."),
            (lambda rates, losses: rates[_lowest(np.where(np.arange(len(losses)) == 1, np.nan, _smooth(losses)))] / 10,
             "The second window does not hold what it should: is `i - 2` negative there, which Python reads from the "
             "other end? `max(i - 2, 0)` helps."),
            (lambda rates, losses: rates[_lowest(_repeated_ends(losses, "symmetric"))] / 10,
             "Beyond the two ends the losses come once more in the reverse order, the outermost first, so that some "
             "count more than once. Average over those that exist."),
            (lambda rates, losses: rates[_first_rise(losses)] / 10,
             "You stop at the first place after which the mean does not fall. It may fall lower later on: look at all "
             "the means."),
            (lambda rates, losses: rates[_lowest(_windows(losses, 3, 1))] / 10,
             "Your window holds three neighbours before the loss and one after it. Two on each side are asked for."),
            (lambda rates, losses: rates[_lowest(_windows(losses, 1, 2))] / 10,
             "The window begins one place too late: it holds one neighbour before the loss, and two are asked for."),
            (lambda rates, losses: rates[_lowest(_smooth(losses, 4))] / 10,
             "Four neighbours on each side; two are asked for."),
            (lambda rates, losses: rates[_lowest(_smooth(_smooth(losses)))] / 10,
             "The losses are smoothed twice. Once is asked for."),
            (lambda rates, losses: rates[1 + _lowest(_smooth(losses)[1:])] / 10,
             "The first place is passed over. The minimum may be there."),
            (lambda rates, losses: rates[_lowest(_smooth(losses)[:-1])] / 10,
             "The last place is passed over. The minimum may be there."),
            (lambda rates, losses: rates[_lowest(np.r_[losses[:1], _smooth(losses)[1:-1], losses[-1:]])] / 10,
             "The first and the last place are not smoothed. There, average over the neighbours that exist."),
            (lambda rates, losses: rates[_lowest(_begun_unsmoothed(losses))] / 10,
             "The first two places are not smoothed: either they are left as they are, or their windows are empty, "
             "since Python reads the negative `i - 2` from the other end. Average over those that exist."),
            (lambda rates, losses: _kept(rates, losses, _before_the_first(losses)) if np.isfinite(losses[0])
             else rates[0] / 10,
             "Everything from the first nan or inf on is left out before smoothing. So the means just before it seem "
             "to have no neighbours there, and whatever comes after it is never looked at, even if it is all there "
             "is."),
            (lambda rates, losses: rates[_lowest(np.diff(_smooth(losses)))] / 10,
             "That is a tenth of the rate from which the smoothed loss falls most to the next one. Asked for is a "
             "tenth of the rate at the minimum."),
            (lambda rates, losses: rates[max(_lowest(_smooth(losses)) - 1, 0)],
             "That is the rate one place before the minimum, or the first one, and no tenth is taken. Asked for is a "
             "tenth of the rate at the minimum."),
            (lambda rates, losses: rates[max(_lowest(_smooth(losses)) - 2, 0)],
             "That is the rate two places before the minimum, or the first one. It is a tenth of the rate at the "
             "minimum only where the grid has two rates a decade, and begins early enough."),
            (lambda rates, losses: rates[_lowest(np.exp(_smooth(np.log(losses))))] / 10,
             "Logarithms are averaged here. The mean is that of the losses themselves."),
            (lambda rates, losses: _smooth(rates)[_lowest(_smooth(losses))] / 10,
             "The rates are smoothed as well. Only the losses are to be."),
            (lambda rates, losses: rates[_lowest(_smooth(losses)) // 10],
             "The *place* is divided by ten; a tenth of the *rate* is asked for."),
            (lambda rates, losses: _lowest(_smooth(losses)) / 10,
             "That is a tenth of the place of the minimum. Which rate stands at this place?"),
            (lambda rates, losses: rates[min(_lowest(_smooth(losses)) + 1, len(rates) - 1)] / 10,
             "One place too late, except at the end: `argmin` counts from 0, as the rates do."),
            (lambda rates, losses: rates[_lowest(_windows(losses, 2, 0))] / 10,
             "Your window holds the loss and the two before it. The two after it belong to it as well."),
            (lambda rates, losses: rates[_lowest(_windows(losses, 0, 2))] / 10,
             "Your window holds the loss and the two after it. The two before it belong to it as well."),
            (lambda rates, losses: rates[_lowest(_symmetric(losses))] / 10,
             "Near an end you shorten the window on both sides, to one neighbour or none. The inner side need not be "
             "shortened."),
            (lambda rates, losses: rates[0] / 10,
             "That is a tenth of the first rate each time: are the losses not looked at, or sorted, or does a moving "
             "average begin at 0?"),
            (lambda rates, losses: rates[max(_lowest(_smooth(losses)) - 1, 0)] / 10,
             "One place too early, except at the start: that is a tenth of the rate before the one at the minimum."),
            (_steepest,
             "That is where the loss falls fastest, another way to read the test. Asked for is a tenth of the rate at "
             "the minimum."),
            (lambda rates, losses: rates[_lowest(_smooth(losses)) - 10],
             "Ten is subtracted from the *place* of the minimum; a tenth of the *rate* is asked for."),
            (lambda rates, losses: _smooth(losses)[_lowest(_smooth(losses))] / 10,
             "That is a tenth of the lowest *loss*. Which rate belongs to it?"),
            (lambda rates, losses: float(_lowest(_smooth(losses))),
             "That is the place of the minimum. The rate at this place is needed, and a tenth of it."),
            (lambda rates, losses: rates[_lowest(_smooth(losses))] / np.e,
             "Divided by e, about 2.7; a tenth is asked for."),
            (lambda rates, losses: rates[int(np.where(np.isfinite(s := _smooth(losses)), s, -np.inf).argmax())] / 10,
             "That is where the smoothed loss is *highest*, as far as it is finite."),
            (lambda rates, losses: rates[_lowest([losses[max(i - 2, 0):i + 3].min() for i in range(len(losses))])] / 10,
             "That is the lowest of the five. Smoothing takes their mean."),
            (lambda rates, losses: rates[_lowest(np.where(np.arange(len(losses)) < 4, np.nan, _behind(losses)))] / 10,
             "The window looks back only, and the first four places are left out: the mean of a place takes two "
             "on each side."),
        ),
    ),
]

QUIZZES = [
    Quiz("where-to-refine", "A grid of 1e-5, 1e-4, 1e-3, 0.01, 0.1 and 1, five seeds each, is best at 0.01, and 0.1 "
         "is nearly as good. You can afford three more rates. Which?", (
        Option("0.005, 0.01 and 0.015.",
               "So close together that the seeds cannot tell them apart, and the side of 0.1 is left out."),
        Option("0.02, 0.05 and 0.08, spread evenly between the two.",
               "Evenly in difference, but not in factor: 0.05 and 0.08 are near neighbours on the scale that counts. "
               "And nothing is tried below 0.01."),
        Option("0.003, 0.03 and 0.3: half a decade from the two good ones.",
               "Equal factors around the good region: the spacing is halved where it pays.", right=True),
        Option("2, 5 and 10, as larger rates learn faster.",
               "At 1 the score had fallen already: the best rate lies between rates that were tried."),
    )),
    Quiz("linear-search", "Somebody draws twenty rates evenly from 0.000001 to 1 and concludes that random search does "
         "not work. What went wrong?", (
        Option("Twenty trials are too few for random search.",
               "They would do, if they were spread over the orders of magnitude."),
        Option("About eighteen of the twenty lie above 0.1: draw the exponent evenly instead.",
               "Nine tenths of that interval lie above 0.1, and five of the six decades share the last tenth.",
               right=True),
        Option("A grid would have done better with the same twenty, evenly spaced.",
               "An evenly spaced grid has the same fault: nineteen of its rates lie above 0.05.",
               origin="A published mistake: a linear grid of rates"),
        Option("The seed of the random numbers was unlucky.",
               "Any other seed would give nearly the same: it is the scale that is wrong."),
    )),
    Quiz("ahead-at-two-epochs", "Successive halving with a first look after 2 epochs drops the rate 0.003, which at "
         "the full budget would have been among the best. Why can that happen?", (
        Option("Because 0.003 was unlucky: with another seed it would have stayed.",
               "Luck plays a part. But in notebook 03 the small rate was behind early on in the mean of all seeds."),
        Option("Because after 2 epochs the order of the rates is not that of the end: small rates are still on their "
               "way.",
               "A short first look favours what learns fast. That is the price of seeing many.",
               right=True),
        Option("Because the validation data were used too often.",
               "They were, but that flatters scores. It does not put a small rate behind."),
        Option("It cannot: a rate that is best at the end is best all along.",
               "Curves cross. In notebook 03 the winner changed with the budget."),
    )),
    Quiz("range-test-minimum", "A range test has its lowest loss at a rate of 0.5. Which rate to train with?", (
        Option("0.5: there the loss is lowest.",
               "The loss there is low thanks to all the smaller rates before. At 0.5 it is about to rise.",
               origin="A published mistake: training at the minimum of the range test"),
        Option("Less than 0.5, such as a tenth of it, and then check it by a few real runs around it.",
               "The test gives a first idea, from one noisy run whose rate never stays. What is good for a whole "
               "training, training must say.", right=True),
        Option("More than 0.5, since the loss is still falling there.",
               "At its lowest point it has stopped falling."),
        Option("Any: the test has shown that the network can learn.",
               "It has shown more than that: at no rate above 0.5 was its loss as low."),
    )),
]
