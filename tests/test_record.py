"""The scores of a sweep's networks as they come in: what is there after a part of them, and what of it is whole."""

import numpy as np
import pytest
import torch

from course_utils.engine.record import Record


class Chunk:
    def __init__(self, settings, seeds):
        self.at = np.array(settings), np.array(seeds)


def outcome(loss, failed_at=-1, **scores):
    """That of one network, in one epoch or in all of them."""
    values = {name: np.atleast_2d(np.array(value, float)).T for name, value in {"val_loss": loss, **scores}.items()}
    return {**values, "failed_at": np.array([failed_at]), "weights": np.ones((1, 2), "float32"), "buffers": None}


@pytest.fixture
def record():
    """Two settings, three seeds and two epochs: seed 1 is whole, seed 0 lacks an epoch, seed 2 a setting."""
    record = Record(2, 3, 2)
    for setting, seed in [(0, 0), (0, 1), (1, 1), (0, 2)]:
        record.add(Chunk([setting], [seed]), outcome([1.0, 2.0]))
    record.add(Chunk([1], [0]), outcome(1.0, failed_at=4), epoch=0)
    return record


def test_networks_that_are_not_trained_have_not_diverged(record):
    assert record.failed_at.tolist() == [[-1, -1, -1], [4, -1, -1]]
    assert Record(1, 2, 3).failed_at.tolist() == [[-1, -1]]


def test_seeds_are_whole_when_each_setting_has_every_epoch(record):
    assert record.seeds_done() == [1]


def test_epochs_are_done_when_every_network_has_them(record):
    assert record.epochs_done() == 0
    record.add(Chunk([1], [2]), outcome(3.0), epoch=0)
    assert record.epochs_done() == 1
    for seed in (0, 2):
        record.add(Chunk([1], [seed]), outcome(3.0), epoch=1)
    assert record.epochs_done() == 2 and record.seeds_done() == [0, 1, 2]


def test_scores_are_those_of_the_first_epochs_and_missing_where_there_are_none(record):
    loss = record.scores(2)["val_loss"]
    np.testing.assert_array_equal(loss[:, 0], [[1, 2], [1, np.nan]])
    assert record.scores(1, [1])["val_loss"].tolist() == [[[1.0]], [[1.0]]]


def test_an_accuracy_counts_where_its_loss_is_a_number():
    record = Record(1, 1, 3)
    record.add(Chunk([0], [0]), outcome([1.0, np.inf, np.nan], val_accuracy=[0.5, 0.4, 0.3], gradient=[1.0, 2.0, 3.0]))
    scores = record.scores(3)
    np.testing.assert_array_equal(scores["val_accuracy"], [[[0.5, np.nan, np.nan]]])
    np.testing.assert_array_equal(scores["val_loss"], [[[1.0, np.inf, np.nan]]])
    np.testing.assert_array_equal(scores["gradient"], [[[1.0, 2.0, 3.0]]])


def test_the_latest_weights_and_buffers_stand_at_their_places(record):
    weights, buffers = record.weights(), record.buffers()
    assert torch.equal(weights[0][2], torch.ones(2)) and weights[1][2] is None
    assert buffers == [[{}, {}, {}], [{}, {}, None]]
