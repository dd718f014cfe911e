"""Contests of schedules are fair and their numbers are those of plain sweeps."""

import numpy as np
import pytest

from course_utils.data import make_blobs
from course_utils.models import mlp
from course_utils.optimizers import sgd
from course_utils.schedules import constant, cosine
from course_utils.studies.schedules import contest, time_decay_with_sum
from course_utils.sweep import GridEdgeError, sweep

DATA, NETWORK = make_blobs(), mlp(2, 8, 3)
ENTRIES = {"constant": lambda p, steps: constant(p), "cosine": cosine}


def test_a_third_of_the_seeds_chooses_the_peak_and_the_others_report_at_it():
    peaks, judge = [1e-5, 0.1, 1e3], make_blobs(test_size=200)
    result = contest(NETWORK, DATA, sgd, ENTRIES, 2, peaks, range(6), judge)
    assert {name: peak for name, (peak, _) in result.items()} == {"constant": 0.1, "cosine": 0.1}
    alone = sweep(NETWORK, DATA, sgd, lr=[0.1, cosine(0.1, 32)], seeds=range(2, 6), epochs=2)
    for place, (_, right) in enumerate(result.values()):
        assert right.shape == (4, 200)
        for row, seed in zip(right, range(2, 6), strict=True):
            assert np.mean(row == (alone.run(place, seed).predict(judge.x_test) == judge.y_test)) > 0.98


@pytest.mark.parametrize("peaks", [[0.1, 1e3, 1e4], [1e-5, 1e-4, 0.1]], ids=["first", "last"])
def test_a_best_peak_on_the_edge_is_an_error(peaks):
    with pytest.raises(GridEdgeError, match="0.1 .the peak. of 'constant' lies on the edge"):
        contest(NETWORK, DATA, sgd, ENTRIES, 2, peaks, range(6), DATA)


@pytest.mark.parametrize("first_rate", [0.03, 0.3, 1.0])
def test_a_time_decay_has_the_sum_that_is_asked_for(first_rate):
    schedule = time_decay_with_sum(first_rate, 16.0, 3200)
    assert schedule(0) == first_rate
    assert sum(map(schedule, range(3200))) == pytest.approx(16.0, rel=1e-6)


@pytest.mark.parametrize("total", [0.1, 0.05, 10.0, 11.0])
def test_a_sum_that_no_strength_has_is_an_error(total):
    with pytest.raises(ValueError, match="total must lie between"):
        time_decay_with_sum(0.1, total, 100)
