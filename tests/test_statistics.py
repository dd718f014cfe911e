"""Intervals hold what they promise; rules for choosing give the answers that can be worked out by hand."""

from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats

from course_utils.statistics import (
    Interval,
    basin_width,
    crossed_difference,
    explained_by_a_curve,
    mean_interval,
    one_standard_error_pick,
    paired_difference,
    slope_interval,
)


def test_paired_difference_is_the_paired_t_test():
    rng = np.random.default_rng(0)
    a = rng.normal(0.8, 0.05, 12)
    b = a - rng.normal(0.01, 0.02, 12)
    for confidence in (0.8, 0.95, 0.99):
        found = paired_difference(a, b, confidence)
        reference = stats.ttest_rel(a, b).confidence_interval(confidence)
        assert (found.low, found.high) == pytest.approx((reference.low, reference.high))
        assert found.mean == pytest.approx(np.mean(a - b)) and found.n == 12
        assert found.excludes_zero == (stats.ttest_rel(a, b).pvalue < 1 - confidence)


def test_pairing_finds_what_separate_intervals_hide():
    start = np.random.default_rng(1).normal(0.7, 0.1, 20)
    a, b = start + 0.01, start - 0.01 * np.linspace(0, 1, 20)
    assert paired_difference(a, b).excludes_zero
    assert mean_interval(a).low < mean_interval(b).high


@pytest.mark.parametrize("n", [2, 5, 30])
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_intervals_hold_the_true_mean_as_often_as_promised(n, confidence):
    rng = np.random.default_rng(2)
    hits = [0.3 in paired_difference(rng.normal(1.3, 1, n), rng.normal(1.0, 2, n), confidence) for _ in range(2000)]
    assert np.mean(hits) == pytest.approx(confidence, abs=0.03)  # more than three standard errors of 2000 trials
    hits = [1.3 in mean_interval(rng.normal(1.3, 1, n), confidence) for _ in range(2000)]
    assert np.mean(hits) == pytest.approx(confidence, abs=0.03)


def test_one_value_has_a_mean_and_no_bounds():
    found = mean_interval([0.7])
    assert (found.mean, found.low, found.high, found.n) == (0.7, -np.inf, np.inf, 1) and not found.excludes_zero


def test_mean_interval_is_that_of_student():
    x = np.random.default_rng(3).normal(size=9)
    reference = stats.ttest_1samp(x, 0).confidence_interval(0.9)
    found = mean_interval(x, 0.9)
    assert (found.low, found.high) == pytest.approx((reference.low, reference.high))
    assert str(mean_interval([1.0, 2.0, 3.0])) == "2 [-0.484, 4.48]"


@pytest.mark.parametrize("shift, higher, words", [
    (0.1, True, "Adam beats SGD: difference +0.1"), (-0.1, True, "SGD beats Adam: difference -0.1"),
    (0.1, False, "SGD beats Adam: difference +0.1"), (-0.1, False, "Adam beats SGD: difference -0.1"),
    (0.0, True, "no difference found between Adam and SGD"), (0.0, False, "no difference found between Adam and SGD"),
])
def test_verdict_names_a_winner_only_where_the_interval_excludes_zero(shift, higher, words):
    noise = np.tile([-0.02, 0.02], 5)
    verdict = paired_difference(0.5 + shift + noise, np.full(10, 0.5)).verdict("Adam", "SGD", higher)
    assert verdict.startswith(words) and verdict.endswith("10 paired seeds")
    assert ("beats" in verdict) != ("no difference" in verdict)


def test_slope_interval_holds_the_slope_of_a_noisy_line():
    x = np.linspace(0, 3, 40)
    found = slope_interval(x, 2 - x + np.random.default_rng(4).normal(0, 0.1, 40))
    assert -1 in found and 0 not in found and found.high - found.low < 0.15
    exact = slope_interval(x, 5 * x)
    assert (exact.low, exact.high) == pytest.approx((5, 5))


@pytest.mark.parametrize("n", [3, 4, 12])
@pytest.mark.parametrize("confidence", [0.5, 0.95])
def test_slope_interval_is_that_of_student(n, confidence):
    rng = np.random.default_rng(n)
    x, y = rng.normal(size=n), rng.normal(size=n)
    slope, intercept = np.polyfit(x, y, 1)
    error = np.sqrt(((y - intercept - slope * x) ** 2).sum() / (n - 2) / ((x - x.mean()) ** 2).sum())
    found, half = slope_interval(x, y, confidence), stats.t.ppf((1 + confidence) / 2, n - 2) * error
    assert (found.mean, found.low, found.high) == pytest.approx((slope, slope - half, slope + half))
    assert (found.n, found.confidence) == (n, confidence)


def test_intervals_are_of_95_percent_where_nothing_is_said():
    x, y = np.arange(5.0), np.array([1.0, 3.0, 2.0, 5.0, 4.0])
    for given, asked in [(mean_interval(y), mean_interval(y, 0.95)), (slope_interval(x, y), slope_interval(x, y, 0.95)),
                         (paired_difference(y, x), paired_difference(y, x, 0.95))]:
        assert given == asked and given.confidence == 0.95
    assert mean_interval([0.7], 0.5).confidence == 0.5 and Interval(0, 0, 0, 2).confidence == 0.95
    assert paired_difference(y, x, 0.5).confidence == mean_interval(y, 0.5).confidence == 0.5


def test_an_interval_stays_as_it_is():
    with pytest.raises(FrozenInstanceError):
        Interval(2, 1, 3, 5).low = 0


def test_an_interval_holds_its_ends_and_does_not_exclude_zero_there():
    assert 1 in Interval(2, 1, 3, 5) and 3 in Interval(2, 1, 3, 5) and 3.1 not in Interval(2, 1, 3, 5)
    assert not Interval(1, 0, 2, 5).excludes_zero and not Interval(-1, -2, 0, 5).excludes_zero
    assert Interval(1, 0.1, 2, 5).excludes_zero and Interval(-1, -2, -0.1, 5).excludes_zero


def test_a_verdict_without_names_is_on_a_and_b_and_higher_is_better():
    assert paired_difference([2.0, 3.0, 2.5], [0.1, 1.0, 0.6]).verdict() == (
        "A beats B: difference +1.93 [+1.79, +2.08], 3 paired seeds")
    assert paired_difference([2.0, 3.0], [2.0, 3.5]).verdict().startswith("no difference found between A and B: -0.25")


DECADES = [1e-4, 1e-3, 1e-2, 1e-1, 1.0]


@pytest.mark.parametrize("scores, tolerance, width", [
    ([0.0, 0.5, 1.0, 0.5, 0.0], 0.25, 1.0),  # a triangle: half a decade to each side
    ([0.0, 0.5, 1.0, 0.5, 0.0], 0.0, 0.0),
    ([0.0, 0.5, 1.0, 0.5, 0.0], 0.75, 3.0),
    ([0.0, 1.0, 1.0, 1.0, 0.0], 0.0, 2.0),  # a plateau
    ([0.0, 1.0, 1.0, 1.0, 0.0], 0.1, 2.2),
    ([1.0, 1.0, 1.0, 1.0, 1.0], 0.1, 4.0),
    ([0.0, 0.2, 0.4, 0.6, 1.0], 0.2, 0.5),  # one side only
    ([1.0, 0.6, 0.2, 0.2, 0.2], 0.2, 0.5),
    ([np.nan, np.nan, 1.0, 0.5, 0.0], 0.25, 0.5),  # nothing is known to the left
    ([0.0, 0.9, 1.0, np.nan, 1.0], 0.1, 1.0),  # what lies beyond a gap does not count
    ([0.0, 0.9, 1.0, -np.inf, 1.0], 0.1, 1.0),
    ([1.0, 0.0, 0.9, 1.0, 0.9], 0.05, 0.05),  # two equal peaks: the one of the smaller rate
])
def test_basin_width_is_as_worked_out_by_hand(scores, tolerance, width):
    assert basin_width(DECADES, scores, tolerance) == pytest.approx(width)
    assert basin_width(DECADES, -np.array(scores), tolerance, higher_is_better=False) == pytest.approx(width)
    shuffled = [3, 0, 4, 1, 2]
    assert basin_width(np.array(DECADES)[shuffled], np.array(scores)[shuffled], tolerance) == pytest.approx(width)


def crossed(rng, seeds, examples, sd_seeds, sd_examples, sd_rest, times):
    """Differences of mean 0 with an effect of the seed, one of the example, and the rest, (times, seeds, examples)."""
    return (sd_seeds * rng.normal(size=(times, seeds, 1)) + sd_examples * rng.normal(size=(times, 1, examples))
            + sd_rest * rng.normal(size=(times, seeds, examples)))


@pytest.mark.parametrize("sds", [(1, 1, 1), (0.2, 1, 1), (1, 0.2, 1), (0.05, 0.05, 1)])
def test_an_interval_over_seeds_and_examples_holds_the_true_mean_as_often_as_it_says(sds):
    found = crossed(np.random.default_rng(0), 10, 40, *sds, times=1000)
    covered = np.mean([0 in crossed_difference(d, 0 * d) for d in found])
    assert 0.93 < covered < 0.995  # 0.95 ± 3 standard errors below; where one part rules it may err to the safe side


def test_an_interval_over_seeds_alone_is_too_narrow_where_examples_are_few():
    found = crossed(np.random.default_rng(1), 10, 40, 0.1, 1, 1, times=300)
    assert np.mean([0 in paired_difference(d.mean(axis=1), 0 * d[:, 0]) for d in found]) < 0.8


def test_where_examples_do_not_matter_the_interval_is_that_of_the_seeds():
    scores = np.repeat(np.random.default_rng(2).normal(size=(8, 1)), 50, axis=1)
    ours, plain = crossed_difference(scores, 0 * scores), paired_difference(scores[:, 0], 0 * scores[:, 0])
    assert (ours.mean, ours.low, ours.high) == pytest.approx((plain.mean, plain.low, plain.high))
    assert ours.n == 8 and ours.n_examples == 50
    assert ours.verdict().endswith("8 paired seeds and 50 test examples")
    turned = crossed_difference(scores.T, 0 * scores.T)  # nor does it matter which of the two is called seeds
    assert (turned.low, turned.high) == pytest.approx((ours.low, ours.high))


def crossed_by_hand(d, confidence):
    """Mean and half width of the interval, from sums of squares written out one number at a time."""
    n, m = len(d), len(d[0])
    mean = sum(map(sum, d)) / (n * m)
    of_row, of_column = [sum(row) / m for row in d], [sum(column) / n for column in zip(*d, strict=True)]
    rows = m * sum((r - mean) ** 2 for r in of_row) / (n - 1)
    columns = n * sum((c - mean) ** 2 for c in of_column) / (m - 1)
    rest = sum((d[i][j] - of_row[i] - of_column[j] + mean) ** 2 for i in range(n) for j in range(m)) / (n - 1) / (m - 1)
    if rows < rest or columns < rest:
        total, freedom = (rows, n - 1) if rows > columns else (columns, m - 1)
    else:
        total = rows + columns - rest
        freedom = total**2 / (rows**2 / (n - 1) + columns**2 / (m - 1) + rest**2 / (n - 1) / (m - 1))
    return mean, stats.t.ppf((1 + confidence) / 2, freedom) * (total / n / m) ** 0.5


@pytest.mark.parametrize("confidence", [0.8, 0.95])
@pytest.mark.parametrize("sds", [(1, 2, 0.5), (3, 1, 0.5), (0.1, 2, 3), (2, 0.1, 3)],
                         ids=["more by examples", "more by seeds", "seeds below the rest", "examples below the rest"])
@pytest.mark.parametrize("shape", [(2, 2), (2, 5), (6, 2), (4, 3)])
def test_an_interval_over_seeds_and_examples_is_that_of_its_formula(shape, sds, confidence):
    rng = np.random.default_rng(3)
    for d in 0.3 + crossed(rng, *shape, *sds, times=10):
        b = rng.normal(size=shape)
        found = crossed_difference(d + b, b, confidence)
        mean, half = crossed_by_hand(d.tolist(), confidence)
        assert (found.mean, found.low, found.high) == pytest.approx((mean, mean - half, mean + half))


def test_a_part_as_large_as_the_rest_is_not_left_out():
    d = [[4.0, -2.0], [0.0, -2.0]]  # mean squares: rows 4, columns 16, rest 4
    found = crossed_difference(d, np.zeros((2, 2)))
    assert found.high == pytest.approx(stats.t.ppf(0.975, 16**2 / (4**2 + 16**2 + 4**2)) * 2)


def test_where_nothing_differs_the_interval_is_a_point():
    found = crossed_difference(np.ones((3, 4)), np.ones((3, 4)))
    assert (found.mean, found.low, found.high) == (0, 0, 0)


def test_one_standard_error_pick_takes_the_smallest_rate_that_is_as_good():
    rates = [0.001, 0.01, 0.1, 1.0]
    spread = np.array([-0.1, 0.0, 0.1])  # standard error 0.0577
    scores = np.array([0.72, 0.75, 0.8, 0.78])[:, None] + spread
    assert one_standard_error_pick(rates, scores) == 0.01
    assert one_standard_error_pick(rates, scores, prefer="larger") == 1.0
    assert one_standard_error_pick(rates, -scores, higher_is_better=False) == 0.01
    assert one_standard_error_pick(rates, scores - spread + spread / 10) == 0.1
    assert one_standard_error_pick(rates[::-1], scores[::-1]) == 0.01


def test_one_standard_error_pick_passes_over_rates_with_nan():
    scores = np.array([[0.8, 0.8], [np.nan, 0.9], [0.7, 0.7]])
    assert one_standard_error_pick([0.1, 1.0, 0.01], scores) == 0.1


@pytest.mark.parametrize("call, says", [
    (lambda: paired_difference([1, 2], [1, 2, 3]), "same seeds, at least two; got 2 and 3"),
    (lambda: paired_difference([1], [2]), "at least two; got 1 and 1"),
    (lambda: paired_difference([0.5, np.nan, 0.6], [0.5, 0.5, 0.5]), r"a holds NaN or infinity at \[1\]"),
    (lambda: mean_interval([]), "x must be a list of numbers"), (lambda: mean_interval([[1.0]]), "shape"),
    (lambda: mean_interval([np.inf]), "x holds NaN or infinity"),
    (lambda: basin_width([1, 2], [1], 0.1), "same length"), (lambda: basin_width([0, 1], [1, 1], 0.1), "above 0"),
    (lambda: basin_width([1, 2], [1, 1], -0.1), "tolerance must be 0 or more, got -0.1"),
    (lambda: basin_width([1, 2], [1, 1], np.nan), "tolerance must be 0 or more, got nan"),
    (lambda: basin_width([1, 2], [np.nan, np.nan], 0.1), "no rate worked"),
    (lambda: basin_width([1, 2], [np.inf, np.nan], 0.1, higher_is_better=False), "no rate worked"),
    (lambda: one_standard_error_pick([1, 2], [1, 2]), "at least two seeds"),
    (lambda: one_standard_error_pick([1], [[1, 2]], prefer="best"), '"smaller" or "larger"'),
    (lambda: one_standard_error_pick([1], [[np.nan, 2]]), "no rate worked"),
])
def test_bad_input_is_named(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_a_curve_explains_all_of_what_rises_with_it_and_nothing_of_what_falls():
    x = np.array([0.1, 3.0, 20.0, 7.0])
    assert explained_by_a_curve(x, np.log(x)) == pytest.approx(1)
    assert explained_by_a_curve(x, -x) == pytest.approx(0)
    assert explained_by_a_curve(x, -x, increasing=False) == pytest.approx(1)
    only_the_order_counts = explained_by_a_curve(10 * x + 3, np.exp(x))
    assert explained_by_a_curve(x, np.exp(x)) == pytest.approx(only_the_order_counts)


def test_what_a_curve_explains_can_be_worked_out_by_hand():
    # 3 and 1 are out of order and share the level 2: residuals 1 + 1, of a total 4 + 1 + 1 + 4 around the mean 2
    assert explained_by_a_curve([1, 2, 3, 4], [0.0, 3.0, 1.0, 4.0]) == pytest.approx(1 - 2 / 10)
    assert explained_by_a_curve([1, 1, 2, 2], [0.0, 1.0, 2.0, 3.0]) == pytest.approx(1 - 1 / 5)  # equal x, one value
    assert explained_by_a_curve([1, 1, 1], [0.0, 1.0, 5.0]) == pytest.approx(0)


def test_chance_explains_less_than_order():
    rng = np.random.default_rng(0)
    x = np.arange(15.0)
    by_chance = [explained_by_a_curve(x, rng.permutation(x)) for _ in range(200)]
    assert np.mean(by_chance) < 0.4 and min(by_chance) > -1e-12


@pytest.mark.parametrize("x, y, message", [([1, 2], [1, 2], "at least 3"), ([1, 2, 3], [1, 2], "same length"),
                                           ([1, 2, 3], [2, 2, 2], "does not vary"), ([1, 2, np.nan], [1, 2, 3], "NaN")])
def test_what_no_curve_can_explain_is_refused(x, y, message):
    with pytest.raises(ValueError, match=message):
        explained_by_a_curve(x, y)


GOOD = [0.5, 0.6, 0.7]
SAMPLES = {
    "text": (["high", "low", "low"], "holds text, such as 'high'"), "digits as text": (["1", "2", "3"], "holds text"),
    "None among numbers": ([0.5, None, 0.7], r"holds NaN or infinity at \[1\]"),
    "a masked score": (np.ma.masked_less(GOOD, 0.55), "masked"),
    "complex scores": ([0.5, 1j, 0.7], "holds complex numbers"),
    "rows of different lengths": ([[1, 2], [3], [4]], "different lengths"),
    "one number": (0.5, r"must be a list of numbers, got shape \(\)"), "a table": ([GOOD, GOOD], r"got shape \(2, 3\)"),
    "None": (None, "is None"),
    "a dictionary": ({"a": 1}, "is a dict"), "a generator": ((x for x in GOOD), "is a generator"),
    "dates": (np.array(["2026"] * 3, "M8[Y]"), "dates"),
    "minus infinity": ([0.5, -np.inf, 0.7], r"holds NaN or infinity at \[1\]"),
    "a Series of text": (pd.Series(["a", "b", "c"]), "holds text"),
}


@pytest.mark.parametrize("what", SAMPLES)
@pytest.mark.parametrize("call", [mean_interval, lambda x: paired_difference(x, GOOD),
                                  lambda x: paired_difference(GOOD, x),
                                  lambda x: slope_interval(x, GOOD), lambda x: slope_interval(GOOD, x),
                                  lambda x: explained_by_a_curve(GOOD, x), lambda x: explained_by_a_curve(x, GOOD)],
                         ids=["mean", "first of a pair", "second of a pair", "x of a slope", "y of a slope",
                              "y of a curve", "x of a curve"])
def test_what_is_no_sample_is_named(call, what):
    sample, says = SAMPLES[what]
    with pytest.raises(ValueError, match=f"^[abxy] .*{says}"):
        call(sample)


@pytest.mark.parametrize("kind", [tuple, np.array, pd.Series, torch.tensor,
                                  lambda x: torch.tensor(x, requires_grad=True),
                                  lambda x: pd.Series(x, index=[7, 8, 9]), lambda x: np.ma.masked_array(x, mask=False)])
def test_samples_of_any_kind_give_the_same(kind):
    high = [0.9, 0.8, 0.6]
    assert mean_interval(kind(GOOD)).mean == pytest.approx(0.6) and slope_interval(kind(GOOD), kind(high)).n == 3
    assert paired_difference(kind(high), kind(GOOD)).low == pytest.approx(paired_difference(high, GOOD).low)
    assert basin_width(kind([0.1, 1.0, 10.0]), kind(high), 0.05) == pytest.approx(basin_width([0.1, 1.0, 10.0], high,
                                                                                              0.05))


@pytest.mark.parametrize("confidence", [95, 0, 1, -0.5, "0.95", None, float("nan"), [0.9]], ids=repr)
@pytest.mark.parametrize("call", [mean_interval, lambda x, c: paired_difference(x, [1, 2, 4], c), lambda x,
                                  c: slope_interval(x, [1, 2, 4], c)],
                         ids=["mean", "pair", "slope"])
def test_a_confidence_that_is_none_is_named(call, confidence):
    with pytest.raises(ValueError, match="confidence must lie between 0 and 1, such as 0.95, got"):
        call(GOOD, confidence)


RATES, TABLE = [0.01, 0.1, 1.0], [[0.5, 0.6], [0.8, 0.7], [0.6, 0.5]]


@pytest.mark.parametrize("call, says", [
    (lambda: slope_interval([1, 2], [1, 2]), "x and y must have the same length of at least 3, got 2 and 2"),
    (lambda: slope_interval([1, 2, 3], [1, 2]), "got 3 and 2"),
    (lambda: slope_interval([2, 2, 2], GOOD), "x does not vary"),
    (lambda: basin_width(["a", "b"], [1, 2], 0.1), "rates holds text"),
    (lambda: basin_width(RATES, ["a"] * 3, 0.1), "scores holds text"),
    (lambda: basin_width([0.1, np.nan, 1], GOOD, 0.1), "rates must lie above 0"),
    (lambda: basin_width([-1, 0.1, 1], GOOD, 0.1), "above 0"),
    (lambda: basin_width([0.1, 0.1, 1], GOOD, 0.1), "rates must differ"),
    (lambda: basin_width([0.1, 1, np.inf], GOOD, 0.1), "rates must lie above 0"),
    (lambda: basin_width(RATES, TABLE, 0.1), "same length"), (lambda: basin_width(RATES, GOOD, "0.1"),
                                                              "tolerance must be 0 or more, got '0.1'"),
    (lambda: basin_width(RATES, GOOD, None), "tolerance must be"),
    (lambda: basin_width(RATES, GOOD, [0.1]), "tolerance must be"),
    (lambda: basin_width(RATES, GOOD, np.inf), "tolerance must be"),
    (lambda: basin_width(RATES, [np.inf] * 3, 0.1), "no rate worked"),
    (lambda: basin_width(0.1, 0.5, 0.1), "rates must lie above 0, a list"),
    (lambda: one_standard_error_pick(RATES, GOOD), "scores must have shape .3, seeds. with at least two seeds"),
    (lambda: one_standard_error_pick(RATES, [["a", "b"]] * 3), "scores holds text"),
    (lambda: one_standard_error_pick([0.1, 0.1, 1], TABLE), "differ"),
    (lambda: one_standard_error_pick([0, 0.1, 1], TABLE), "above 0"),
    (lambda: one_standard_error_pick(RATES[:2], TABLE), "scores must have shape"),
    (lambda: one_standard_error_pick(RATES, TABLE, prefer=None), "prefer must be"),
    (lambda: one_standard_error_pick(RATES, [[0.5], [1, 2], [3]]), "lengths"),
    (lambda: one_standard_error_pick(RATES, np.full((3, 2), np.inf)), "no rate worked"),
    (lambda: crossed_difference([[1, 2]], [[1, 2]]), r"at least two of each; got \(1, 2\) and \(1, 2\)"),
    (lambda: crossed_difference(np.ones((3, 4)), np.ones((4, 3))), r"got \(3, 4\) and \(4, 3\)"),
    (lambda: crossed_difference(np.full((3, 4), np.nan), np.ones((3, 4))), "finite scores"),
    (lambda: crossed_difference("ab", np.ones((3, 4))), "^a is a str"),
    (lambda: crossed_difference(np.ones((3, 4)), "ab"), "^b is a str"),
])
def test_further_bad_input_is_named(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_infinite_scores_are_out_of_tolerance_and_never_the_best():
    assert basin_width(RATES, [np.inf, 0.8, 0.8], 0.01) == basin_width(RATES, [np.nan, 0.8, 0.8],
                                                                       0.01) == pytest.approx(1)
    assert basin_width(RATES, [-np.inf, 0.8, 0.8], 0.01, higher_is_better=False) == pytest.approx(1)
    assert one_standard_error_pick(RATES, [[np.inf, 1], [0.8, 0.8], [0.7, 0.7]]) == 0.1
    assert one_standard_error_pick(RATES, [[-np.inf, 1], [0.8, 0.8], [0.9, 0.9]], higher_is_better=False) == 0.1
