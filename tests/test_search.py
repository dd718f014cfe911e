"""A search pays for every epoch once and cannot overspend; a range test is read at the places worked out by hand."""

import math
import warnings

import numpy as np
import pandas as pd
import pytest
import torch

from course_utils.data import make_blobs
from course_utils.exercises.choosing import range_test_pick
from course_utils.models import mlp
from course_utils.optimizers import sgd
from course_utils.search import BudgetSpent, RangeEdgeWarning, Trials, read_range_test
from course_utils.sweep import range_test


def look(lr, epochs):
    return epochs / 100 - (math.log10(lr) + 2) ** 2  # best at 0.01


def test_going_on_costs_only_the_new_epochs():
    trials = Trials(look, 100)
    trials.score(0.1, 10)
    trials.score(0.1, 30)
    trials.score(0.1, 30)
    trials.score(0.1, 5)
    assert trials.spent == 30
    trials.score(0.2, 5)
    assert trials.spent == 35


def test_where_a_run_does_not_go_on_each_is_charged_whole():
    trials = Trials(look, 100, goes_on=False)
    for epochs in (10, 30, 30, 5):
        assert trials.price(0.1, epochs) == epochs
        trials.score(0.1, epochs)
    assert trials.spent == 75 and trials.seen == {0.1: (30, look(0.1, 30))}
    with pytest.raises(BudgetSpent, match="26 epochs at rate 0.1 cost 26; 25 are left"):
        trials.score(0.1, 26)


def test_the_budget_cannot_be_overspent_and_a_refused_trial_costs_nothing():
    looked = []
    trials = Trials(lambda lr, epochs: looked.append(lr) or look(lr, epochs), 20)
    trials.score(0.1, 15)
    with pytest.raises(BudgetSpent, match="6 epochs at rate 0.5 cost 6; 5 are left"):
        trials.score(0.5, 6)
    assert trials.spent == 15 and looked == [0.1] and 0.5 not in trials.seen
    trials.score(0.1, 20)
    assert trials.spent == 20


def test_another_currency_and_other_settings_are_named_in_the_refusal():
    trials = Trials(lambda setting, steps: steps, 20, "steps", lambda setting: "adam at " + str(setting[0]))
    assert trials.score((0.1, "adam"), 15) == 15 and trials.price((0.1, "adam"), 18) == 3
    with pytest.raises(BudgetSpent, match="6 steps at adam at 0.5 cost 6; 5 are left"):
        trials.price((0.5, "adam"), 6)


def test_a_price_is_only_asked_and_a_payment_is_charged_and_remembered():
    trials = Trials(look, 100)
    assert trials.price(0.1, 30) == 30 and trials.spent == 0 and trials.seen == {}
    assert trials.pay(0.1, 30, 0.5) == 30 and trials.pay(0.1, 40, 0.6) == 10
    assert trials.spent == 40 and trials.seen == {0.1: (40, 0.6)}


def test_what_is_paid_for_a_shorter_run_leaves_the_longest_one_remembered():
    trials = Trials(look, 100)
    trials.pay(0.1, 30, 0.5)
    assert trials.pay(0.1, 10, 0.4) == trials.pay(0.1, 30, 0.6) == 0
    assert trials.spent == 30 and trials.seen == {0.1: (30, 0.5)}


def test_any_budget_of_at_least_0_is_one():
    assert [Trials(look, budget).budget for budget in (0, 0.5, 1, np.float64(2))] == [0, 0.5, 1, 2]


def test_the_best_is_one_of_those_trained_longest():
    trials = Trials(look, 1000)
    trials.score(0.01, 8)
    for lr in (1.0, 0.1):
        trials.score(lr, 32)
    assert trials.best() == 0.1
    trials.score(0.01, 32)
    assert trials.best() == 0.01


def test_a_run_that_diverged_is_never_the_best():
    trials = Trials(lambda lr, epochs: math.nan if lr > 1 else -lr, 100)
    for lr in (10.0, 0.5, 5.0, 0.7):
        trials.score(lr, 1)
    assert trials.best() == 0.5


def test_nothing_tried_has_no_best():
    with pytest.raises(ValueError, match="nothing has been tried"):
        Trials(look, 10).best()


RATES = np.geomspace(1e-5, 10, 61)
DECADES = np.log10(RATES)


def valley(decade):
    """Flat at 2, falling around `decade` − 1 to 1 near `decade`, blowing up after."""
    return 2 - 1 / (1 + np.exp(-8 * (DECADES - decade + 1))) + np.exp(6 * (DECADES - decade - 0.5))


@pytest.mark.parametrize("decade", [-2.0, -1.0, -0.5])
def test_the_three_rules_read_off_what_they_say(decade):
    losses = valley(decade)
    lowest = DECADES[losses.argmin()]
    read = {rule: np.log10(read_range_test(RATES, losses, rule)) for rule in ("minimum", "slope", "blow-up")}
    assert read["minimum"] == pytest.approx(lowest - 1, abs=0.15)
    assert read["slope"] == pytest.approx(decade - 1, abs=0.15)
    assert read["blow-up"] == pytest.approx(decade + 0.5 - 1, abs=0.2)


def test_a_run_that_diverges_is_read_before_it_did():
    losses = valley(-2.0)
    whole = [read_range_test(RATES, losses, rule) for rule in ("minimum", "slope", "blow-up")]
    losses[DECADES > -0.9] = np.nan
    losses[np.abs(DECADES + 0.9) < 0.01] = np.inf
    assert [read_range_test(RATES, losses, rule) for rule in ("minimum", "slope", "blow-up")] == pytest.approx(whole)


def test_without_a_blow_up_the_end_counts():
    with pytest.warns(RangeEdgeWarning, match="blow-up lies at its largest rate, 10, and may lie beyond"):
        assert read_range_test(RATES, -DECADES + 10, "blow-up") == pytest.approx(1.0)


def test_the_minimum_is_that_of_the_exercise():
    for seed in range(20):
        losses = valley(-1.0) + np.random.default_rng(seed).uniform(0, 0.5, 61)
        assert read_range_test(RATES, losses) == pytest.approx(range_test_pick(RATES, losses))


@pytest.mark.parametrize("arguments, message", [
    ((RATES, RATES[1:]), "same length"), ((RATES, np.full(61, np.nan)), "smaller rates"),
    ((RATES, RATES, "luck"), "rule must be"),
])
def test_bad_range_tests_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        read_range_test(*arguments)


RULES = ("minimum", "slope", "blow-up")
RISING, FALLING = np.exp(DECADES / 3), np.exp(-DECADES / 3)
EDGES = {
    "minimum below": (RISING, "minimum", "smallest rate, 1e-05, and may lie beyond: extend the range below"),
    "minimum above": (FALLING, "minimum", "largest rate, 10, and may lie beyond: extend the range above"),
    "minimum of a flat curve": (np.ones(61), "minimum", "extend the range below"),
    "slope below": (FALLING, "slope", "the range test's slope lies at its smallest rate"),
    "slope above": (-np.exp(DECADES), "slope", "the range test's slope lies at its largest rate"),
    "no blow-up": (FALLING, "blow-up", "the range test's blow-up lies at its largest rate, 10"),
    "blow-up at once": (RISING, "blow-up", "the range test's blow-up lies at its smallest rate"),
}


@pytest.mark.parametrize("what", EDGES)
def test_a_place_at_an_end_of_the_range_names_the_side_to_extend(what):
    losses, rule, says = EDGES[what]
    with pytest.warns(RangeEdgeWarning, match=says) as caught:
        rate = read_range_test(RATES, losses, rule)
    assert caught[0].filename == __file__
    side = "below" if "smallest" in str(caught[0].message) else "above"
    assert str(caught[0].message).endswith(f"extend the range {side}")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_range_test(RATES, losses, rule, allow_edge=True) == rate


@pytest.mark.parametrize("rule", RULES)
def test_a_place_within_the_range_is_read_without_a_word(rule):
    losses = valley(-1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_range_test(RATES, losses, rule)
        losses[-5:] = np.nan  # a run that diverged in the end was seen to blow up
        read_range_test(RATES, losses, rule)


FLAT = [1.0] * 9


@pytest.mark.parametrize("losses, place", [
    (FLAT + [2.5] * 9, 9),  # smoothed: … 1, 1.3, 1.6, 1.9, 2.2, 2.5: the last before more than twice 1 is the 1.9
    (FLAT + [7.0] * 9, 6),  # … 1, 2.2
    ([1.5] * 4 + FLAT + [3.5] * 9, 12),  # 1, 1.5, 2, 2.5
    (FLAT + [2.0] * 9, 17),  # twice as high, not more: no blow-up
])
def test_a_blow_up_begins_where_the_loss_is_more_than_twice_its_minimum(losses, place):
    rates = 2.0 ** np.arange(len(losses))
    assert read_range_test(rates, losses, "blow-up", allow_edge=True) == pytest.approx(rates[place] / 10)


@pytest.mark.parametrize("n", [5, 9, 10, 14, 15, 20, 24, 25, 61])
def test_a_slope_is_at_an_end_within_three_places_of_it_or_a_fifth_of_a_short_range(n):
    rates, reach, places = 2.0 ** np.arange(n), min(3, n // 5), set()
    for drop in range(n + 4):
        losses = 1 / (1 + np.exp(3.0 * (np.arange(n) - drop + 2)))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            place = rates.tolist().index(read_range_test(rates, losses, "slope"))
        assert bool(caught) == (place <= reach or place >= n - 1 - reach)
        places.add(place)
    assert n < 10 or {reach, reach + 1, n - 2 - reach, n - 1 - reach} <= places


@pytest.mark.parametrize("turn, place", [(1, 1), (-1, 59)])
def test_a_minimum_beside_the_end_is_within_the_range(turn, place):
    losses = np.array([9.0, 1, 1, 1, 5] + [9] * 56)[::turn]  # smoothed: 11 / 3, 3, 17 / 5 …
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_range_test(RATES, losses) == pytest.approx(RATES[place] / 10)


def test_three_places_are_enough_for_a_range():
    assert read_range_test([1.0, 2.0, 3.0], [1.0, 1.0, 1.0], allow_edge=True) == 0.1
    assert read_range_test(RATES, some(5), allow_edge=True) == pytest.approx(RATES[2] / 10)  # three smoothed ones


@pytest.mark.parametrize("kind", [list, pd.Series, torch.tensor, tuple, lambda x: torch.tensor(x, requires_grad=True),
                                  lambda x: np.asarray(x, dtype=object),
                                  lambda x: pd.Series(x, index=range(61, 0, -1))])
def test_curves_of_any_kind_are_read_alike(kind):
    for rule in RULES:
        expected = read_range_test(RATES, valley(-1.0), rule)
        assert read_range_test(kind(RATES), kind(valley(-1.0)), rule) == pytest.approx(expected)


def some(n, first=0):
    losses = np.full(61, np.nan)
    losses[first:first + n] = np.linspace(2, 1, n)
    return losses


TEST = range_test(mlp(2, 3, 3), make_blobs(), sgd, n_steps=20, seeds=range(3))
REFUSED = {
    "one finite loss": ((RATES, some(1)), "start the range test at smaller rates"),
    "two finite losses": ((RATES, some(2)), "start the range test at smaller"),
    "four of them": ((RATES, some(4)), "five finite"), "five in the middle": ((RATES, some(5, 30)), "five finite"),
    "infinite": ((RATES, np.full(61, np.inf)), "five finite"),
    "every second one": ((RATES, np.where(np.arange(61) % 2, 1, np.nan)), "five"),
    "a RangeTest": ((TEST,), r"of a RangeTest `test` pass test.rates and test.losses\[0\]"),
    "a RangeTest and a rule": ((TEST, "slope"), "of a RangeTest `test` pass"),
    "twice": ((TEST.rates, TEST), "of a RangeTest"),
    "all its losses": ((TEST.rates, TEST.losses), r"losses hold 3 runs, shape \(3, 20\): pass those of one run"),
    "no losses": ((RATES,), "rates and losses are two arrays"), "turned": ((RATES, TEST.losses.T), "same length"),
    "too few": ((RATES[:2], RATES[:2]), "same length of at least 3"), "empty": (([], []), "same length of at least 3"),
    "falling rates": ((RATES[::-1], valley(-1.0)), "rates must ascend, each once; got 10 before 7.9"),
    "a rate twice": ((np.r_[RATES[:1], RATES[:-1]], valley(-1.0)),
                     "rates must ascend, each once; got 1e-05 before 1e-05"),
    "a rate twice later": (([0.1, 0.2, 0.2, 0.3], [1.0] * 4), "rates must ascend, each once; got 0.2 before 0.2"),
    "a negative rate": ((np.r_[-1, RATES[1:]], valley(-1.0)), "rates must be finite numbers above 0, got -1"),
    "rate 0": ((np.r_[0, RATES[1:]], valley(-1.0)), "rates must be finite numbers above 0, got 0"),
    "NaN among rates": ((np.r_[RATES[:-1], np.nan], valley(-1.0)), "rates must be .* got nan"),
    "exponents": ((DECADES, valley(-1.0)), "rates must be finite numbers above 0, got -5"),
    "text": ((RATES, ["low"] * 61), "losses holds text"), "complex": ((RATES, RATES + 1j), "losses holds complex"),
    "numbers": ((0.1, 2.0), "same length"), "None": ((None, RATES), "rates is None"),
    "a generator": ((RATES, (x for x in RATES)), "generator"),
    "another rule": ((RATES, RATES, "Minimum"), "rule must be"), "no rule": ((RATES, RATES, None), "rule must be"),
}


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("rule", RULES)
def test_what_is_no_range_test_is_refused_in_words(what, rule):
    arguments, says = REFUSED[what]
    with pytest.raises(ValueError, match=says):
        read_range_test(*arguments, **({} if len(arguments) > 2 else {"rule": rule}))


@pytest.mark.parametrize("budget", ["100", None, -1, float("nan"), True, [100], 1j])
def test_a_budget_that_is_none_is_refused(budget):
    with pytest.raises(ValueError, match="budget must be a number of epochs, at least 0, got"):
        Trials(look, budget)


@pytest.mark.parametrize("epochs", [0, -3, 2.5, "10", None, float("nan"), float("inf"), True, [5], 1j], ids=repr)
def test_epochs_that_are_no_whole_number_cost_nothing_and_are_refused(epochs):
    trials = Trials(look, 100)
    for ask in (trials.score, trials.price, lambda lr, n: trials.pay(lr, n, 0.5)):
        with pytest.raises(ValueError, match="epochs must be a whole number of at least 1, got"):
            ask(0.1, epochs)
    assert trials.spent == 0 and trials.seen == {}
    assert trials.score(0.1, 10.0) == trials.score(0.1, np.int64(10)) and trials.spent == 10


@pytest.mark.parametrize("lr", [0, -0.1, float("nan"), float("inf"), None, [0.1], np.array([0.1, 0.2]), {"lr": 0.1}],
                         ids=repr)
def test_a_rate_that_is_none_is_refused_before_it_costs(lr):
    trials = Trials(lambda lr, epochs: 0.5, 100)
    with pytest.raises(ValueError, match="lr must be"):
        trials.score(lr, 5)
    assert trials.spent == 0


@pytest.mark.parametrize("answer", [None, "0.9", [0.9], np.ones(2), 1j, {"score": 1}, torch.ones(2)], ids=repr)
def test_a_look_that_gives_no_number_is_refused_and_costs_nothing(answer):
    trials = Trials(lambda lr, epochs: answer, 100)
    with pytest.raises(ValueError, match="a score must be a number, got"):
        trials.score(0.1, 5)
    with pytest.raises(ValueError, match="a score must be a number, got"):
        trials.pay(0.1, 5, answer)
    assert trials.spent == 0 and trials.seen == {}


@pytest.mark.parametrize("answer", [0.5, np.float32(0.5), torch.tensor(0.5), np.array(0.5),
                                    torch.tensor(0.5, requires_grad=True)], ids=repr)
def test_a_score_may_be_a_number_of_any_kind(answer):
    assert Trials(lambda lr, epochs: answer, 9).score(0.1, 5) == 0.5


@pytest.mark.parametrize("make, says", [
    (lambda: Trials(0.5, 100), "look must be a function"), (lambda: Trials(look, 100, name="rate"),
                                                            "name must be a function"),
    (lambda: Trials(None, 100).score(0.1, 5), r"no look\(lr, epochs\) to ask"),
])
def test_trials_without_what_they_need_are_refused(make, says):
    with pytest.raises(ValueError, match=says):
        make()
