"""Which outputs answer which targets, with what accuracy; what is said of others; which block of memory teaches."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course_utils.data import TASK_RULE, Dataset
from course_utils.engine import memory
from course_utils.engine.losses import fitted, has_accuracy, problem_with, scores_of
from course_utils.optimizers import sgd
from course_utils.sweep import sweep

VALUES, CLASSES = (SimpleNamespace(task=task, name="points", n_classes=3) for task in ("regression", "classification"))
_rng = np.random.default_rng(0)
TWO = Dataset("two", *(a for _ in range(3) for a in (_rng.normal(size=(5, 2)), np.arange(5) % 2)))  # classes
STAND_LAST = "; the scores of the classes must stand last: return outputs.movedim(1, -1)"
quiet = partial(sweep, data=TWO, optimizer=sgd, lr=0.1, seeds=[0], epochs=2, batch_size=2, progress=False)


class Squeezed(nn.Module):
    """It leaves the first axis out where there is one example."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 2)

    def forward(self, x):
        return self.layer(x).squeeze(0)


def one_score(outputs, y):
    return F.binary_cross_entropy_with_logits(outputs[:, 0], y.float())


def zeros(*shape):
    return torch.zeros(shape)


@pytest.mark.parametrize(("targets", "outputs", "has"), [
    ((4,), (4, 3), True), ((4,), (4, 2), True), ((4,), (4, 1), False), ((4,), (4,), False), ((4,), (1, 3), False),
    ((4, 5), (4, 5, 2), True), ((4, 5), (4, 5, 1), False), ((4, 1), (4, 1, 2), True), ((4, 5), (4, 2, 5), False)])
def test_an_accuracy_needs_two_scores_for_each_target(targets, outputs, has):
    y = torch.zeros(targets, dtype=torch.int64)
    assert has_accuracy(zeros(*outputs), y, "classification") is has
    assert has_accuracy(zeros(*outputs), y, "regression") is False


def test_two_scores_are_judged_by_the_higher_one():
    outputs, y = torch.tensor([[1.0, 0.0], [0.0, 1.0], [2.0, 0.0], [0.0, 2.0]]), torch.tensor([0, 1, 1, 1])
    loss, accuracy = scores_of(outputs, y, "classification")
    assert float(loss) == pytest.approx((2 * np.log1p(np.exp(-1)) + np.log1p(np.exp(-2)) + np.log1p(np.exp(2))) / 4)
    assert float(accuracy) == 0.75


@pytest.mark.parametrize(("n_outputs", "loss", "has"), [(1, one_score, False), (2, F.cross_entropy, True)])
def test_a_loss_of_ones_own_has_an_accuracy_where_each_class_has_a_score(n_outputs, loss, has):
    runs = quiet(model=lambda: nn.Linear(2, n_outputs), loss=loss)
    assert ("val_accuracy" in runs.history) is has


@pytest.mark.parametrize(("task", "targets", "outputs", "becomes"), [
    ("classification", (1,), (3,), (1, 3)), ("classification", (1,), (1, 3), (1, 3)),
    ("classification", (1,), (), (1, 1)), ("classification", (4,), (4, 1), (4, 1)),
    ("classification", (4,), (4, 1, 3), (4, 3)), ("classification", (4,), (2, 6), (2, 6)),
    ("classification", (1, 5), (5, 3), (1, 5, 3)), ("classification", (4, 1), (4, 3), (4, 1, 3)),
    ("regression", (1,), (), (1,)), ("regression", (4,), (4, 1), (4,)), ("regression", (4, 1), (4,), (4, 1)),
    ("regression", (4, 3), (4, 3, 1), (4, 3)), ("regression", (4, 3), (3, 4), (3, 4)),
    ("regression", (4,), (4, 3), (4, 3)), ("regression", (2,), (1, 2), (1, 2)), ("regression", (2,), (), ())])
def test_outputs_take_the_shape_of_their_targets_where_axes_of_length_1_are_all_that_differs(task, targets, outputs,
                                                                                            becomes):
    given = torch.arange(float(np.prod(outputs))).reshape(outputs)
    result = fitted(task, given, zeros(*targets))
    assert result.shape == becomes and torch.equal(result.flatten(), given.flatten())


def test_a_last_batch_of_one_example_may_lose_its_first_axis():
    squeezed, whole = (quiet(model=model).history["train_loss"] for model in (Squeezed, lambda: nn.Linear(2, 2)))
    np.testing.assert_allclose(squeezed, whole, rtol=1e-5)


@pytest.mark.parametrize(("targets", "outputs", "fits"), [
    ((2,), (1, 2), False), ((2,), (2,), True), ((2,), (2, 1), True), ((3,), (1, 3), False), ((2, 2), (1, 2, 2), False),
    ((1,), (), True), ((1, 3), (3,), True), ((2, 3), (3, 2), False)])
def test_the_first_axis_of_values_counts_the_examples(targets, outputs, fits):
    said = problem_with(zeros(*outputs), zeros(*targets), VALUES)
    assert said is None if fits else said == (
        f"the model returns shape {outputs} where the targets of points have shape {targets}: the first axis counts "
        "the examples, the others must agree")


@pytest.mark.parametrize(("targets", "outputs", "needed", "hint"), [
    ((4,), (4,), "(4, classes)", f"; one number an example answers values. {TASK_RULE}"),
    ((4,), (6,), "(4, classes)", ""), ((4,), (6, 3), "(4, classes)", ""), ((4,), (4, 3, 1), "(4, classes)", ""),
    ((4,), (), "(4, classes)", ""), ((4, 5), (4, 5), "(4, 5, classes)", ""), ((4, 5), (4,), "(4, 5, classes)", ""),
    ((4, 5), (4, 3, 5), "(4, 5, classes)", STAND_LAST),
    ((4, 5), (3, 4, 5), "(4, 5, classes)", ""), ((4, 5), (4, 3, 6), "(4, 5, classes)", "")])
def test_outputs_that_are_no_scores_of_classes_are_told_the_shape(targets, outputs, needed, hint):
    assert problem_with(zeros(*outputs), zeros(*targets), CLASSES, "it") == (
        f"it returns shape {outputs} where the targets of points have shape {targets}: classes need shape "
        f"{needed}{hint}")


def test_the_block_that_teaches_the_c_library_is_almost_the_largest_that_it_learns_from(monkeypatch):
    made = []
    monkeypatch.setattr(memory, "torch", SimpleNamespace(empty=lambda *size: made.append(torch.empty(*size).nbytes)))
    memory.keep_freed_memory()
    assert len(made) == 1 and 30 < made[0] / 2**20 < 32  # megabytes; it learns from no block of more than 32
