"""The contest over flat and steep ground counts steps as a single walk does, and tunes on one half of the starts."""

import numpy as np
import pytest

from course_utils.optimizers import momentum, sgd
from course_utils.studies.momentum import FAR_OUT, GROUNDS, at_tuned_rate, steps_needed
from course_utils.sweep import GridEdgeError

BOWL = (lambda w: w, (0, 0), np.stack([np.linspace(1, 4, 60), np.zeros(60)], axis=-1))


def test_steps_are_those_of_the_formula_on_a_bowl():
    gradient, minimum, starts = BOWL
    found = steps_needed(sgd, {}, gradient, minimum, starts, np.array([0.1, 0.5])[:, None, None], 100)
    formula = np.ceil(np.log(0.01 / starts[:, 0]) / np.log([[0.9], [0.5]]))
    assert found.shape == (2, 60) and np.abs(found - formula).max() <= 1


def test_who_does_not_arrive_needs_infinitely_many():
    gradient, minimum, starts = BOWL
    assert np.isinf(steps_needed(sgd, {}, gradient, minimum, starts, 3.0, 50)).all()
    assert np.isinf(steps_needed(sgd, {}, gradient, minimum, starts, 0.001, 50)).all()


def test_a_rate_is_chosen_by_the_first_half_and_reported_by_the_second():
    gradient, minimum, starts = BOWL
    rates = np.array([0.3, 0.9, 1.9])
    chose, rate, reported = at_tuned_rate(sgd, {}, gradient, minimum, starts, rates, 200)
    assert rate == 0.9 and reported.shape == (30,) and chose < reported.mean()


def test_a_best_rate_on_the_edge_is_an_error():
    with pytest.raises(GridEdgeError, match="best rate 0.9 lies on the edge.*extend it above"):
        at_tuned_rate(sgd, {}, *BOWL, np.array([0.1, 0.5, 0.9]), 200)


@pytest.mark.parametrize("name", [*GROUNDS, "far out"])
def test_the_slope_vanishes_at_the_minimum_and_a_ball_gets_there(name):
    gradient, minimum, starts, rates, n_steps = (GROUNDS | {"far out": FAR_OUT})[name]
    assert np.abs(gradient(np.array(minimum, dtype=float))).max() < 1e-6
    assert np.isfinite(at_tuned_rate(momentum, {"beta": 0.5}, gradient, minimum, starts, rates, n_steps)[2]).all()
