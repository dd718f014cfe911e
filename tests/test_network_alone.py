"""What one network alone makes of a few examples, and what is said where it makes nothing of them."""

import re

import numpy as np
import pytest
import torch
from torch import nn

from course_utils.data import Dataset
from course_utils.engine.network_alone import _hint, by_itself

DRAW = torch.Generator().manual_seed(0)


def drawn(*shape):
    return torch.randn(*shape, generator=DRAW)


def data_of(x, y):
    return Dataset("pairs", *[x.numpy(), y.numpy()] * 3)


X, Y = drawn(3, 4), drawn(3, 2)


class Model(nn.Module):
    """A layer, and what is made of its outputs."""

    def __init__(self, after=lambda self, y: y, inputs=4, outputs=2):
        super().__init__()
        self.layer, self.unused, self.after, self.asked = nn.Linear(inputs, outputs), nn.Linear(1, 1), after, []

    def forward(self, x):
        self.asked.append(tuple(x.shape))
        return self.after(self, self.layer(x))


def alone(module, x=X, y=Y, loss=None):
    return by_itself(module, data_of(x, y), x, y, loss)


def test_loss_and_gradient_are_those_of_autograd_and_0_where_a_weight_is_not_used_or_not_free():
    module = Model()
    module.layer.bias.requires_grad_(False)
    found = alone(module)
    loss = ((module.layer(X) - Y) ** 2).mean()
    gradient = torch.autograd.grad(loss, module.layer.weight)[0]
    torch.testing.assert_close(found.loss, loss.detach())
    torch.testing.assert_close(found.gradient, torch.cat([gradient.flatten(), torch.zeros(4)]))
    assert not found.gradient.requires_grad and not found.loss.requires_grad


def test_a_loss_of_one_s_own_is_used():
    module = Model()
    found = alone(module, loss=lambda outputs, y: outputs.abs().mean())
    torch.testing.assert_close(found.loss, module.layer(X).abs().mean().detach())


@pytest.mark.parametrize("make, random, moved", [
    (Model, False, False), (lambda: nn.Sequential(Model(), nn.Dropout()), True, False),
    (lambda: nn.Sequential(Model(), nn.BatchNorm1d(2)), False, True),
    (lambda: nn.Sequential(Model(), nn.BatchNorm1d(2)).requires_grad_().apply(
        lambda m: setattr(m, "momentum", 0.0) if isinstance(m, nn.BatchNorm1d) else None), False, True),
    (lambda: nn.Sequential(Model(), nn.BatchNorm1d(2, track_running_stats=False)), False, False),
], ids=["plain", "dropout", "batch norm", "batches counted", "batch norm without memory"])
def test_what_draws_and_what_moves_is_noted(make, random, moved):
    module = make()
    kept = {name: b.clone() for name, b in module.named_buffers()}
    found = alone(module)
    assert (found.random, found.moved) == (random, moved)
    assert all(torch.equal(found.buffers[name], b) for name, b in kept.items())


# One example

def test_a_single_example_is_judged_in_evaluation_where_training_takes_two():
    module = nn.Sequential(nn.Linear(4, 2), nn.BatchNorm1d(2))
    found = alone(module, X[:1], Y[:1])
    assert found.outputs.shape == (1, 2) and not module.training


def test_a_single_example_is_judged_in_training_where_that_is_possible():
    seen = []
    found = alone(Model(lambda self, y: seen.append(self.training) or y), X[:1], Y[:1])
    assert seen[0] is True and found.outputs.shape == (1, 2)


@pytest.mark.parametrize("n", [2, 3])
def test_what_several_examples_cannot_be_trained_on_is_refused(n):
    def refuses(self, y):
        if self.training:
            raise ValueError("not in training")
        return y

    with pytest.raises(ValueError, match=r"^the model cannot take pairs, a row of which has shape \(4,\): not in"):
        alone(Model(refuses), X[:n], Y[:n])


# What is refused

OUTSIDE = nn.Parameter(torch.ones(()))


@pytest.mark.parametrize("after, loss, message", [
    (lambda self, y: y.detach(), None, "the loss of the model does not depend on its weights: something in it stops"),
    (lambda self, y: y.detach(), lambda outputs, y: OUTSIDE * outputs.mean(),
     "the loss does not depend on any weight that is free to train"),
    (lambda self, y: y[:, :1].expand(-1, 3), None, r"the model returns shape \(3, 3\) where the targets of pairs"),
    (lambda self, y: y if len(y) > 1 else y.expand(2, -1), None,
     r"for a batch of one example the model returns shape \(2, 2\), for 3 \(3, 2\): the first axis must count"),
    (lambda self, y: y, lambda outputs, y: (outputs - y).square(), "loss must return one number, the mean over the"),
    (lambda self, y: y, lambda outputs, y: 1.0, "loss must return one number, the mean over the"),
    (lambda self, y: y, lambda outputs, y: outputs.sum() + 0j, "loss must return one number, the mean over the"),
    (lambda self, y: y, lambda outputs, y: outputs[:, 7], "loss cannot take what the model returns, a tensor of shape"),
    (lambda self, y: y, lambda outputs, y: nn.functional.mse_loss(outputs[:, :1], y),
     "loss cannot take what the model returns, a tensor of shape"),
    (lambda self, y: y, lambda outputs, y: (outputs * torch.ones(3, 1)).mean(),  # fits these examples alone
     r"loss cannot take what the model returns, a tensor of shape \(6, 2\)"),
])
def test_what_is_wrong_with_outputs_or_loss_is_said(after, loss, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        alone(Model(after), loss=loss)


@pytest.mark.parametrize("after", [lambda self, y: (y,), lambda self, y: {"y": y}], ids=["tuple", "dictionary"])
def test_outputs_that_are_no_tensor_take_a_loss_of_one_s_own(after):
    with pytest.raises(TypeError, match="^the model must return one tensor, got (tuple|dict); for anything else give"):
        alone(Model(after))
    alone(Model(after), loss=lambda outputs, y: (outputs["y"] if isinstance(outputs, dict) else outputs[0]).mean())


def test_a_model_may_drop_axes_of_length_1_or_take_no_single_example():
    def only_several(self, y):
        if len(y) == 1:
            raise ValueError("one is too few")
        return y

    for after in (lambda self, y: y.squeeze(), only_several):
        assert torch.isfinite(alone(Model(after)).loss)


def sums(outputs, y):
    return (outputs - y).square().sum()


@pytest.mark.parametrize("n", [2, 3])
def test_a_loss_that_is_a_sum_over_the_examples_is_refused(n):
    with pytest.raises(ValueError, match="^loss must give the mean over the examples, but twice the same examples"):
        alone(Model(), X[:n], Y[:n], sums)


@pytest.mark.parametrize("scale", [1e-2, 1.0, 1e3], ids=str)
def test_a_loss_that_is_a_mean_of_any_size_is_not(scale):
    alone(Model(), loss=lambda outputs, y: scale * (outputs - y).square().mean())


def test_of_one_example_a_sum_is_not_told_from_a_mean():
    alone(Model(), X[:1], Y[:1], sums)


# Classes at places

def labels(*shape, classes):
    y = torch.randint(0, classes, shape, generator=DRAW)
    y.view(-1)[0] = classes - 1
    return y


@pytest.mark.parametrize("places, classes", [(3, 3), (4, 3), (3, 4)])
def test_classes_that_stand_last_are_taken(places, classes):
    x = drawn(3, places, 5)
    module = Model(inputs=5, outputs=classes)
    assert alone(module, x, labels(3, places, classes=classes)).outputs.shape == (3, places, classes)
    narrowed = {shape for shape in module.asked if shape not in ((3, places, 5), (1, places, 5))}
    assert narrowed == ({(3, places - 1, 5)} if places == classes else set())  # along the places, and no other axis


def test_classes_that_stand_last_are_taken_with_two_axes_of_places_too():
    x = drawn(4, 2, 3, 5)
    assert alone(Model(inputs=5), x, labels(4, 2, 3, classes=2)).outputs.shape == (4, 2, 3, 2)


def test_classes_that_stand_second_are_refused_where_there_are_as_many_places():
    x = drawn(4, 3, 5)
    with pytest.raises(ValueError, match="with the scores of the classes in the second axis; they must stand last"):
        alone(Model(lambda self, y: y.movedim(-1, 1), inputs=5, outputs=3), x, labels(4, 3, classes=3))


class Turned(Model):
    """With the features before the places."""

    def forward(self, x):
        self.asked.append(tuple(x.shape))
        return self.layer(x.movedim(1, -1))


def test_a_model_is_asked_about_fewer_places_and_about_nothing_else():
    module = Turned(inputs=5, outputs=3)
    alone(module, drawn(4, 5, 3), labels(4, 3, classes=3))
    assert set(module.asked) == {(4, 5, 3), (1, 5, 3), (4, 5, 2)}


class OfTheMean(Model):
    """One that takes any number of features."""

    def forward(self, x):
        return self.layer(x.mean(1, keepdim=True)).unflatten(1, (3, 3))


@pytest.mark.parametrize("module, inputs", [
    (Model(lambda self, y: y.unflatten(1, (3, 3)), inputs=5, outputs=9), 5),
    (Model(lambda self, y: y.unflatten(1, (3, 3)), inputs=3, outputs=9), 3), (OfTheMean(inputs=1, outputs=9), 3),
], ids=["no such axis", "an axis that cannot be shorter", "an axis that decides nothing"])
def test_where_nothing_tells_which_axis_holds_the_classes_that_is_said(module, inputs):
    with pytest.raises(ValueError, match="and nothing tells whether its second or its last axis counts the classes"):
        alone(module, drawn(4, inputs), labels(4, 3, classes=3))


# What helps

WHOLE, PARTS = data_of(torch.ones(3, 2), Y), data_of(torch.ones(3, 2) / 2, Y)


@pytest.mark.parametrize("text, data, hint", [
    ("forward() takes 1 positional argument but 2 were given", PARTS, " (a model is called with one x: "),
    ("forward() missing 1 required positional argument", WHOLE, " (a model is called with one x: "),
    ("Expected tensor for argument #1 'indices'", WHOLE, " (inputs arrive as float32: call x.long() where"),
    ("must be of type Long", WHOLE, " (inputs arrive as float32: call x.long() where"),
    ("must be of type Int", WHOLE, " (inputs arrive as float32: call x.long() where"),
    ("must be of type Long", PARTS, ""), ("shapes cannot be multiplied", WHOLE, ""), ("whatever", PARTS, ""),
])
def test_what_helps_against_the_commonest_causes(text, data, hint):
    found = _hint(RuntimeError(text), data)
    assert found.startswith(hint) and bool(found) == bool(hint)


def test_numbers_are_whole_where_all_of_the_first_hundred_rows_are():
    x = np.ones((101, 1), "float32")
    for last, expected in ((99, ""), (100, " (inputs")):
        x[:], x[last] = 1, 0.5
        data = data_of(torch.tensor(x), torch.tensor(x))
        assert re.match(re.escape(expected), _hint(RuntimeError("Long"), data)) and bool(
            _hint(RuntimeError("Long"), data)) == bool(expected)
