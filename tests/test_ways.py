"""How a network is trained, why not as a stack, and what is refused: one small model for each reason."""

import warnings

import numpy as np
import pytest
import torch
from torch import nn

from course_utils.data import Dataset
from course_utils.engine import compare
from course_utils.engine.compare import Way, _rows, _time, way_of
from course_utils.engine.network_alone import by_itself
from course_utils.engine.networks import weights_of
from course_utils.engine.stacks import Stack
from course_utils.models import linear, mlp
from course_utils.optimizers import sgd

ROWS = np.random.default_rng(0).normal(size=(7, 4)).astype("float32")
PAIRS = Dataset("pairs", *[ROWS, ROWS[:, :2]] * 3)
IMAGES = Dataset("images", *[ROWS[:, None, None, :], ROWS[:, :2]] * 3)


def way(model, batch_sizes=(7,), loss=None, data=PAIRS):
    return way_of(model, data, sgd, [0.1], [{}], list(batch_sizes), loss)


class Model(nn.Module):
    """A layer, and what is done to its input and its output."""

    def __init__(self, before=lambda self, x: x, after=lambda self, y: y, made=lambda self: None):
        super().__init__()
        self.layer = nn.Linear(4, 2)
        self.before, self.after = before, after
        made(self)

    def forward(self, x):
        return self.after(self, self.layer(self.before(self, x)))


def model(**options):
    return lambda: Model(**options)


def keep(name, value):
    """What a model is given when it is made; the value of a function is drawn anew for each."""
    return lambda self: setattr(self, name, value() if callable(value) and not isinstance(value, nn.Module) else value)


def of_kinds(self):
    self.factor = nn.Parameter(torch.ones((), dtype=torch.float64))


def frozen_bias(self):
    self.layer.bias.requires_grad_(False)


def by_size():
    return nn.Sequential(nn.Linear(4, 3 + int(torch.randint(0, 100, ()))), nn.LazyLinear(2))


def in_training(self, y):
    return y * (2.0 if self.training else 1.0)


def is_said(way, why):
    """Whether that is why networks are trained one by one, each part of the data in portions."""
    return (way.why, bool(way.stack), way.whole) == (why, not why, False)


REASONS = {
    "as one stack": model(),
    "it draws random numbers, even in evaluation": model(before=lambda self, x: x + torch.randn_like(x)),
    "an example's answer depends on the others in its batch": model(before=lambda self, x: x - x.mean(0)),
    "it draws random numbers while it trains, as dropout does": model(
        before=lambda self, x: nn.functional.dropout(x, 0.5, self.training)),
    "it keeps buffers that training changes, as batch normalization does": model(
        made=keep("norm", lambda: nn.BatchNorm1d(2)), after=lambda self, y: self.norm(y)),
    "it does not do the same in training and in evaluation": model(after=in_training),
    "some of its layers share their weights": model(made=lambda self: setattr(self, "again", self.layer)),
    "some of its weights are frozen": model(made=frozen_bias),
    "its weights are of several kinds of number": model(made=of_kinds, after=lambda self, y: y * self.factor.float()),
    "its networks differ in kind": by_size,
    "two networks with the same weights differ: something random is no parameter": model(
        made=keep("drawn", lambda: torch.rand(())), after=lambda self, y: y * self.drawn),
}
@pytest.mark.parametrize("why", REASONS)
def test_each_reason_against_a_stack_is_named(why):
    found = way(REASONS[why])
    assert bool(found.stack) == (why == "as one stack") and found.why == why * (not found.stack)
    assert found.whole == ("others in its batch" in why)
    assert str(found) == (why if found.stack else f"network by network: {why}")
    assert bool(found.seconds) != bool(found.stack)


@pytest.mark.parametrize("kind", ["forward", "forward_pre", "full_backward", "full_backward_pre"])
@pytest.mark.filterwarnings("ignore:Full backward hook")
def test_a_network_with_hooks_is_trained_by_itself(kind):
    made = lambda self: getattr(self.layer, f"register_{kind}_hook")(lambda *given: None)
    assert is_said(way(model(made=made)), "it has hooks")


def test_hooks_of_weights_are_hooks_too():
    assert is_said(way(model(made=lambda self: self.layer.weight.register_hook(lambda g: g))), "it has hooks")


@pytest.mark.parametrize("most, why", [(10, ""), (9, "networks of this size are faster by themselves")])
def test_large_networks_are_trained_by_themselves(monkeypatch, most, why):
    monkeypatch.setattr(compare, "LARGE", most)  # the layer has 4 * 2 weights and 2 biases
    assert is_said(way(model()), why)


def test_convolutions_are_trained_by_themselves():
    made = lambda: nn.Sequential(nn.Conv2d(1, 2, (1, 3), padding="same"), nn.Flatten(), nn.Linear(8, 2))
    assert is_said(way(made, data=IMAGES), "its convolutions are faster by themselves")


def test_the_first_way_that_is_named_is_that_of_the_model_and_then_that_of_the_optimizer():
    mixes = lambda w, g, state, lr: (w - lr * g / g.norm(), state)
    found = way_of(model(made=frozen_bias), PAIRS, mixes, [0.1], [{}], [7])
    assert (found.stack, found.why) == ("", "some of its weights are frozen")
    found = way_of(model(), PAIRS, mixes, [0.1], [{}], [7])
    assert found.stack == "" and "mixes networks" in found.why
    steps = lambda made: way_of(made, PAIRS, torch.optim.SGD, [0.1], [{}], [7])
    assert is_said(steps(model(made=frozen_bias)), "some of its weights are frozen")
    assert is_said(steps(model()), "SGD is an optimizer of torch, which steps one network at a time")


def test_a_way_is_plain_unless_something_is_said():
    assert Way("a stack") == Way("a stack", "", False, False, 0.0, "")
    assert not (found := way(model())).copies and found.note == ""


def test_networks_that_always_start_from_the_same_weights_get_a_note():
    def made(self):
        nn.init.ones_(self.layer.weight), nn.init.zeros_(self.layer.bias)

    assert way(model(made=made)).note.startswith("networks of different seeds start from the same weights")


def test_of_networks_of_several_sizes_the_first_stands_for_both():
    one, other = nn.Linear(4, 2), nn.Linear(4, 3)
    assert torch.equal(_rows(one, other), torch.stack([weights_of(one)] * 2))
    other = nn.Linear(4, 2)
    assert torch.equal(_rows(one, other), torch.stack([weights_of(one), weights_of(other)]))


@pytest.mark.parametrize("n", [1, 2, 3])
def test_examples_depend_on_each_other_where_there_are_several(n):
    few = Dataset("few", *[ROWS[:n], ROWS[:n, :2]] * 3)
    found = way(model(before=lambda self, x: x - x.mean(0)), [n], data=few)
    assert found.whole == (n > 1) and ("others in its batch" in found.why) == (n > 1)


# Whether a stack is trusted

X, Y = torch.tensor(ROWS[:3]), torch.tensor(ROWS[:3, :2])


def stack_that(**changed):
    """A kind of stack of which some answers are those of another network: `losses`, `gradients`, `scores`, `single`."""
    class Changed(Stack):
        def loss_and_gradient(self, weights, batch):
            losses, gradients = super().loss_and_gradient(weights, batch)
            return losses + changed.get("losses", 0), gradients + changed.get("gradients", 0)

        def scores(self, weights, x, y):
            return super().scores(weights, x, y) + changed.get("single" if len(x) == 1 else "scores", 0)

    return Changed


def disagreement(kind):
    networks = [nn.Linear(4, 2), nn.Linear(4, 2)]
    first = by_itself(networks[0], PAIRS, X, Y, None)
    return compare._disagreement(kind, networks, PAIRS, X, Y, None, first)


def test_a_stack_is_trusted_that_gives_what_the_networks_give():
    assert disagreement(stack_that()) == ""


@pytest.mark.parametrize("part", ["losses", "gradients", "scores", "single"])
@pytest.mark.parametrize("off", [torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])], ids=["first", "second"])
def test_a_stack_is_not_trusted_of_which_any_part_differs_in_any_network(part, off):
    kind = stack_that(**{part: off[:, None] if part == "gradients" else off})
    assert disagreement(kind) == "a stack does not give what a network alone gives"


def test_a_stack_that_fails_or_falls_back_to_rows_is_not_used():
    class Warns(Stack):
        def scores(self, weights, x, y):
            warnings.warn("There is a performance drop because of …", stacklevel=1)
            return super().scores(weights, x, y)

    for kind in (Warns, lambda *given: 1 / 0):
        assert disagreement(kind) == "it cannot be computed as a stack"


def test_why_no_stack_is_used_is_what_was_found_of_the_last_kind(monkeypatch):
    monkeypatch.setattr(compare, "KINDS", {"one": stack_that(losses=1.0), "two": lambda *given: 1 / 0})
    compare.KINDS["two"].takes = lambda *given: True
    assert is_said(way(model()), "it cannot be computed as a stack")
    monkeypatch.setattr(compare, "KINDS", {"one": stack_that(losses=1.0), "two": stack_that()})
    assert way(model()).stack == "two"


# What is refused

def with_norm():
    return nn.Sequential(nn.Linear(4, 2), nn.BatchNorm1d(2), nn.Linear(2, 2))


@pytest.mark.parametrize("sizes", [[7], [4], [7, 4]], ids=str)
def test_batches_of_several_are_no_hindrance(sizes):
    assert "buffers" in way(with_norm, sizes).why


@pytest.mark.parametrize("sizes, named", [([1], 1), ([3], 3), ([7, 3], 3), ([4, 6, 1], 6)], ids=str)
def test_a_batch_of_one_is_refused_by_the_size_that_leaves_it(sizes, named):
    with pytest.raises(ValueError, match=f"^batch_size {named} leaves a batch of one of the 7 training examples"):
        way(with_norm, sizes)


def test_a_batch_of_one_is_no_hindrance_to_other_models():
    assert way(model(), [3, 1]).stack


class Loss(nn.Module):
    def __init__(self, weights):
        super().__init__()
        self.weights = nn.Parameter(torch.ones(())) if weights else 1.0

    def forward(self, outputs, targets):
        return (self.weights * (outputs - targets) ** 2).mean()


def test_a_loss_with_weights_of_its_own_is_refused_and_one_without_is_not():
    with pytest.raises(ValueError, match="^loss has weights of its own, which would not be trained"):
        way(model(), loss=Loss(True))
    assert way(model(), loss=Loss(False)).stack
    assert way(model(), loss=lambda outputs, targets: (outputs - targets).abs().mean()).stack


SHARED, BUFFER, COUNT = nn.Linear(4, 2), torch.zeros(2), []


@pytest.mark.parametrize("made, message", [
    (lambda: nn.Linear(4, 2).requires_grad_(False), "weights that are free to train; all of its weights are frozen"),
    (nn.Identity, "weights that are free to train; none found"),
    (lambda: nn.Linear(4, 2, device="meta"), "build its network on the CPU"),
    (lambda: SHARED, "build a fresh network at each call, but two calls shared their weights"),
    (model(made=lambda self: self.register_buffer("b", BUFFER)),
     "build a fresh network at each call, but two calls shared a buffer"),
    (model(made=lambda self: COUNT.append(1) or nn.init.constant_(self.layer.bias, len(COUNT))),
     "build the same network under the same torch seed, but two calls gave different weights"),
    (lambda: COUNT.append(1) or nn.Sequential(nn.Linear(4, 2 + len(COUNT)), nn.LazyLinear(2)),
     "build the same network under the same torch seed, but two calls gave different weights"),
], ids=["frozen", "none", "elsewhere", "shared weights", "shared buffer", "other weights", "other sizes"])
def test_what_a_model_must_do(made, message):
    with pytest.raises(ValueError, match=f"^(the )?model must (have )?{message}"):
        way(made)


def test_what_a_network_remembers_besides_weights_and_buffers_is_refused():
    def note(self, x):
        self.seen = getattr(self, "seen", 0) + self.training
        return x * (1 + self.seen)

    with pytest.raises(ValueError, match="^the model remembers something that is neither a weight nor a buffer"):
        way(lambda: nn.Sequential(Model(before=note)))


@pytest.mark.parametrize("made, error, message", [
    (lambda: [], TypeError, r"^model\(\) must return a torch.nn.Module, got list"),
    (lambda n: n, TypeError, "^model must be a function of no arguments; calling it failed: "),
    (lambda: nn.Linear(-1, 2), (RuntimeError, ValueError), "that returns a fresh network; calling it failed: "),
    (nn.Linear(4, 2), TypeError, r"^model must be a function of no arguments that returns a fresh network.* Linear$"),
    (3, TypeError, r"^model must be a function of no arguments that returns a fresh network.* got int"),
], ids=["list", "argument", "fails", "module", "number"])
def test_what_a_model_must_be(made, error, message):
    with pytest.raises(error, match=message):
        way(made)


@pytest.mark.parametrize("loss", [nn.MSELoss, 3, "mse"], ids=repr)
def test_what_a_loss_must_be(loss):
    with pytest.raises(TypeError, match="^loss must be a function of outputs and targets that gives a mean"):
        way(model(), loss=loss)


# How long a step takes

def test_a_step_is_timed_at_the_first_batch_size_and_leaves_no_gradient():
    asked, module = [], nn.Linear(4, 2)
    module.register_forward_pre_hook(lambda m, given: asked.append((len(given[0]), m.training)))
    module.eval()
    assert _time(module, PAIRS, None, [5, 2]) > 0 and asked == [(5, True)] * 2
    assert all(p.grad is None or not p.grad.any() for p in module.parameters())
    asked.clear()
    judged = lambda outputs, targets: asked.append("judged") or outputs.sum()
    assert _time(module, PAIRS, judged, [100]) > 0 and asked == [(7, True), "judged"] * 2


def test_the_faster_of_two_steps_counts(monkeypatch):
    clock = iter([10.0, 13.0, 20.0, 22.0])
    monkeypatch.setattr(compare, "perf_counter", lambda: next(clock))
    assert _time(nn.Linear(4, 2), PAIRS, None, [2]) == 2.0


def test_a_step_that_fails_takes_no_time():
    assert _time(nn.Linear(3, 2), PAIRS, None, [2]) == 0.0


@pytest.mark.parametrize("made", [linear(4, 2), mlp(4, 3, 2)], ids=["linear", "mlp"])
def test_models_of_the_course_are_stacked(made):
    assert way(made).stack
