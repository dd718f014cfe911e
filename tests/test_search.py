"""A search pays for every epoch once and cannot overspend; a range test is read at the places worked out by hand."""

import math

import numpy as np
import pytest

from course_utils.exercises.choosing import range_test_pick
from course_utils.search import BudgetSpent, Trials, read_range_test


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
