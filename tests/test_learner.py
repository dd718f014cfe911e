"""One network that is trained by itself: the gauges of its last step, its scores in portions, and what is lost."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course_utils.engine import plain
from course_utils.engine.compare import Way
from course_utils.engine.networks import weights_of
from course_utils.engine.plain import Learner
from course_utils.optimizers import sgd

X = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
VALUES, CLASSES = X[:, 0] - X[:, 1], torch.tensor([0, 1, 1, 0, 1])
RATES = [0.5, 0.25, 0.125]


class Noting(nn.Module):
    """A layer that notes how many examples it is asked for, and what is done to its outputs."""

    def __init__(self, outputs=1, after=lambda y: y):
        super().__init__()
        self.layer, self.after, self.asked = nn.Linear(3, outputs), after, []

    def forward(self, x):
        self.asked.append(len(x))
        return self.after(self.layer(x))


def learner(y=VALUES, loss=None, optimizer=sgd, whole=False, **options):
    task = "classification" if y is CLASSES else "regression"
    setting = {"model": lambda: Noting(2 if y is CLASSES else 1, **options), "optimizer": optimizer, "lr": 0.5,
               "batch_size": 2}
    parts = {part: (X, y) for part in ("train", "val", "test")}
    return Learner(setting, 0, parts, task, loss, Way("", whole=whole), 0.5, "cpu")


@pytest.mark.parametrize("optimizer", [sgd, torch.optim.SGD], ids=["function", "torch"])
def test_the_gauges_are_those_of_the_last_step(optimizer):
    trained = learner(optimizer=optimizer)
    order = torch.randperm(5, generator=torch.Generator().manual_seed(0))
    layer = nn.Linear(3, 1)
    layer.load_state_dict(trained.module.layer.state_dict())
    expected = []
    for rows, lr in zip(order.split(2), RATES, strict=True):
        before = weights_of(layer)
        loss = F.mse_loss(layer(X[rows])[:, 0], VALUES[rows])
        loss.backward()
        with torch.no_grad():
            for p in layer.parameters():
                p -= lr * p.grad
        norm = torch.cat([p.grad.flatten() for p in layer.parameters()]).norm()
        layer.zero_grad()
        expected.append(loss.item())
    losses, found = trained.epoch(RATES)
    torch.testing.assert_close(losses, torch.tensor(expected))
    assert found["gradient_norm"] == pytest.approx(norm.item(), rel=1e-4)
    ratio = (weights_of(layer) - before).norm() / before.norm()
    assert found["update_ratio"] == pytest.approx(ratio.item(), rel=1e-4)


NAMES = {f"{part}_{score}" for part in ("train", "val", "test") for score in ("loss", "accuracy")}


@pytest.mark.parametrize("y", [VALUES, CLASSES], ids=["values", "classes"])
def test_a_network_that_is_lost_is_trained_no_more_and_has_the_same_scores_without_a_value(y):
    trained = learner(y)
    names = {"gradient_norm", "update_ratio", *(n for n in NAMES if y is CLASSES or n.endswith("loss"))}
    assert trained.epoch(RATES)[1].keys() == names
    trained.lost, before = True, weights_of(trained.module)
    losses, found = trained.epoch(RATES)
    assert losses.isnan().all() and torch.equal(weights_of(trained.module), before)
    assert found.keys() == names and all(value != value for value in found.values())


def test_of_what_a_loss_of_one_s_own_would_give_as_many_are_missing():
    trained = learner(CLASSES, loss=lambda outputs, y: F.mse_loss(outputs[0], y.float()), after=lambda y: (y[:, 0],))
    trained.lost = True
    assert trained._lost_scores(X, CLASSES) != [] and len(trained._lost_scores(X, CLASSES)) == 1


def test_a_loss_is_asked_about_one_example_of_a_lost_network():
    def loss(outputs, y):
        if outputs[0].shape != y.shape:
            raise ValueError("of different lengths")
        return outputs[0].sum()

    trained = learner(CLASSES, loss=loss, after=lambda y: (y[:, 0],))
    assert len(trained._lost_scores(X, CLASSES)) == 1 and trained.module.asked[-1] == 1


@pytest.mark.parametrize("y, number", [(VALUES, 1), (CLASSES, 2)], ids=["values", "classes"])
def test_where_a_loss_cannot_take_what_is_lost_the_task_says_how_many_scores_there_are(y, number):
    def loss(outputs, y):
        raise ValueError("not finite")

    assert len(learner(y, loss=loss)._lost_scores(X, y)) == number


# What a loss cannot take

def test_an_error_of_the_loss_is_raised_where_all_numbers_are_finite():
    def loss(outputs, y):
        raise ValueError("whatever comes")

    with pytest.raises(ValueError, match="^whatever comes$"):
        learner(loss=loss).epoch(RATES)


@pytest.mark.parametrize("after, weight, expected", [
    (lambda y: y, 1.0, True), (lambda y: y / 0, 1.0, False), (lambda y: (y / 0,), 1.0, True),
    (lambda y: y, torch.inf, False), (lambda y: (y,), torch.nan, False), (lambda y: (y,), 1.0, True),
], ids=["finite", "outputs", "outputs of another kind", "weights", "weights, outputs of another kind", "another kind"])
def test_numbers_are_finite_where_weights_and_outputs_are(after, weight, expected):
    trained = learner(after=after)
    with torch.no_grad():
        trained.module.layer.bias.fill_(weight)
    assert trained._finite(X) is expected


def test_a_loss_that_refuses_what_is_not_finite_ends_the_training():
    def loss(outputs, y):
        if not outputs.isfinite().all():
            raise ValueError("not finite")
        return (outputs[:, 0] - y).square().mean() * 1e30

    trained = learner(loss=loss)
    losses, found = trained.epoch(RATES)
    assert trained.lost and losses.isnan().any() and found["val_loss"] != found["val_loss"]


# Scores in portions

@pytest.fixture
def portions_of_two(monkeypatch):
    monkeypatch.setattr(plain, "SCORED", 2)


def scored(trained, y):
    trained.module.asked.clear()
    with torch.no_grad():
        found = trained._scores(X, y)
    return [float(value) for value in found], trained.module.asked


@pytest.mark.parametrize("after", [lambda y: y, lambda y: y[:, 0], torch.squeeze], ids=["column", "row", "squeezed"])
def test_values_are_scored_in_portions_whatever_the_shape(portions_of_two, after):
    trained = learner(after=after)
    found, asked = scored(trained, VALUES)
    assert found == pytest.approx([F.mse_loss(trained.module.layer(X)[:, 0], VALUES).item()]) and asked == [2, 2, 1]


def test_classes_are_scored_in_portions(portions_of_two):
    trained = learner(CLASSES)
    found, asked = scored(trained, CLASSES)
    outputs = trained.module.layer(X)
    right = (outputs.argmax(1) == CLASSES).float().mean().item()
    assert found == pytest.approx([F.cross_entropy(outputs, CLASSES).item(), right]) and asked == [2, 2, 1]


@pytest.mark.parametrize("after, asked", [
    (lambda y: y, [2, 2, 1]), (lambda y: y[:, 0], [2, 2, 1]), (torch.squeeze, [2, 2, 1, 5]),
    (lambda y: y.mean(), [2, 2, 1, 5]), (lambda y: (y, y), [2, 2, 1, 5]), (lambda y: {"y": y}, [2, 2, 1, 5]),
], ids=["column", "row", "squeezed", "number", "tuple", "dictionary"])
def test_a_loss_of_one_s_own_gets_all_outputs_as_they_are_in_portions_where_they_can_be_joined(portions_of_two, after,
                                                                                               asked):
    given = []
    trained = learner(loss=lambda outputs, y: given.append(outputs) or torch.tensor(2.0), after=after)
    found, portions = scored(trained, VALUES)
    expected = after(trained.module.layer(X))
    assert found == [2.0] and portions == asked and len(given) == 1 and type(given[0]) is type(expected)
    torch.testing.assert_close(given[0], expected)


def test_where_examples_depend_on_each_other_all_are_scored_at_once(portions_of_two):
    assert scored(learner(whole=True), VALUES)[1] == [5]
    assert scored(learner(), VALUES)[1] == [2, 2, 1]
