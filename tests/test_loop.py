"""The loops themselves, epoch by epoch: what they give to models, optimizers and schedules, and what they tell."""

import numpy as np
import pytest
import torch
from torch import nn

from course_utils.data import Dataset
from course_utils.engine.compare import Way
from course_utils.engine.loop import train_each, train_stack
from course_utils.engine.stacks import Stack, fresh_network, initial_weights, stack_of
from course_utils.models import mlp
from course_utils.optimizers import sgd
from course_utils.schedules import constant, cosine, reduce_on_plateau, warmup

_rng = np.random.default_rng(0)
DATA = Dataset("tiny", *(a for _ in range(3) for a in (_rng.normal(size=(8, 2)), np.arange(8) % 3)))
SMALL, SEEDS, BATCH = mlp(2, 4, 3, activation="tanh"), [5, 7], 4  # two steps an epoch
PLATEAU = warmup(reduce_on_plateau(0.4), 4)  # 0.1, 0.2, 0.3, 0.4 at its first steps


def stacked(model=SMALL, optimizer=sgd, rate=0.1, epochs=2, **more):
    return list(train_stack(model, DATA, optimizer, [constant(rate)] * 2, {}, SEEDS, epochs, BATCH, **more))


def one_by_one(optimizer=sgd, schedule=None, epochs=2):
    settings = [{"model": SMALL, "optimizer": optimizer, "lr": 0.1, "batch_size": BATCH}] * 2
    return train_each(DATA, settings, [schedule or constant(0.1)] * 2, SEEDS, epochs, Way(stack=""))


def in_place(w, g, state, lr):
    """Gradient descent as it may stand in a reader's notebook."""
    w.sub_(g.mul_(lr))
    return w, state


def test_an_optimizer_that_is_given_copies_may_write_into_them():
    for own, expected in zip(stacked(optimizer=in_place, copies=True), stacked(), strict=True):
        assert own.scores.keys() == expected.scores.keys()
        for name, values in expected.scores.items():
            assert torch.allclose(own.scores[name], values, rtol=1e-4), name
        assert torch.allclose(own.weights, expected.weights, atol=1e-6)


@pytest.mark.parametrize("more, itself", [({}, True), ({"copies": False}, True), ({"copies": True}, False)])
def test_weights_come_back_to_the_optimizer_as_it_gave_them_unless_it_takes_copies(more, itself):
    seen, gave = [], []

    def noting(w, g, state, lr):
        seen.append(w)
        gave.append(w - lr * g)
        return gave[-1], state

    stacked(optimizer=noting, **more)
    assert [w is before for w, before in zip(seen[1:], gave, strict=False)] == [itself] * 3
    assert all(torch.equal(w, before) for w, before in zip(seen[1:], gave, strict=False))


class Lazy(nn.Module):
    """Notes the shapes of what it is shown."""

    def __init__(self, shown):
        super().__init__()
        self.shown, self.layer = shown, nn.LazyLinear(3)

    def forward(self, x):
        self.shown.append(tuple(x.shape))
        return self.layer(x)


def test_lazy_layers_of_a_stack_learn_their_sizes_from_the_inputs_of_one_example():
    shown = []
    last = stacked(lambda: Lazy(shown))[-1]
    assert shown[:3] == [(1, 2)] * 3  # the stack's own network, and the first weights under each seed
    assert last.weights.shape == (2, 9) and last.scores["train_loss"].isfinite().all()


class Fixed(nn.Module):
    """Random features that are neither weights nor drawn alike under two seeds."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(6, 3)
        self.register_buffer("features", torch.randn(2, 6))

    def forward(self, x):
        return self.layer(torch.tanh(x @ self.features))


@pytest.mark.parametrize("model", [SMALL, Fixed], ids=["layers", "own-module"])
def test_without_a_stack_it_is_made_of_the_network_of_seed_0(model):
    expected = stacked(model, stack=stack_of(fresh_network(model, 0), DATA))
    for own, other in zip(stacked(model), expected, strict=True):
        assert torch.allclose(own.weights, other.weights, atol=1e-6)
        assert torch.allclose(own.batch_loss, other.batch_loss, atol=1e-5)


def test_a_stack_that_is_handed_on_is_the_one_that_is_trained():
    def constant_loss(outputs, y):
        return 0 * outputs.sum() + 17

    own = Stack(fresh_network(SMALL), DATA.task, constant_loss)
    last = stacked(stack=own)[-1]
    assert all(torch.allclose(losses, torch.tensor(17.0)) for losses in (last.batch_loss, last.scores["val_loss"]))
    assert torch.equal(last.weights, torch.stack([initial_weights(SMALL, seed) for seed in SEEDS]))


def test_the_update_ratio_of_a_stack_is_the_length_of_its_last_step_by_that_of_the_weights():
    weights = [torch.stack([initial_weights(SMALL, seed) for seed in SEEDS])]

    def noting(w, g, state, lr):
        weights.append(w - lr * g)
        return weights[-1], state

    ratio = stacked(optimizer=noting, epochs=1)[0].scores["update_ratio"]
    assert len(weights) == 3
    assert torch.allclose(ratio, (weights[2] - weights[1]).norm(dim=1) / weights[1].norm(dim=1), rtol=1e-4)


@pytest.mark.parametrize("optimizer", [sgd, torch.optim.SGD], ids=["function", "class"])
def test_networks_one_by_one_tell_the_mean_rate_of_each_epoch(optimizer):
    schedule = cosine(0.1, 4)
    for n, epoch in enumerate(one_by_one(optimizer, schedule)):
        mean = (schedule(2 * n) + schedule(2 * n + 1)) / 2
        assert epoch.scores["mean_lr"].tolist() == pytest.approx([mean] * 2, rel=1e-5)


def test_a_function_is_trained_without_a_look_at_the_rates_to_come():
    asked = []

    def schedule(step):
        asked.append(step)
        return 0.1

    epochs = one_by_one(sgd, schedule)
    for known in ([0, 1], [0, 1, 2, 3]):
        next(epochs)
        assert asked == known


@pytest.mark.parametrize("schedule, highest", [
    (constant(0.1), 0.1), (cosine(0.1, 4), 0.1), (lambda step: 0.1 * step, 0.3), (lambda step: 0.1 * (step == 2), 0.1),
    (lambda step: 0.0, 1.0), (reduce_on_plateau(0.4), 0.4), (PLATEAU, 0.1),
    (lambda step, losses: 0.1 * (step > 0), 1.0)],
    ids=["constant", "falls", "rises", "one peak", "always zero", "asks for losses", "asks for losses and rises",
         "asks for losses and begins at zero"])
def test_a_torch_optimizer_is_made_at_the_highest_rate_of_its_schedule(schedule, highest):
    """At the first one where the schedule asks for losses, and at 1 where no rate is above zero."""
    made = []

    def maker(module, lr):
        made.append(lr)
        return torch.optim.SGD(module.parameters(), lr=lr)

    epochs = list(one_by_one(maker, schedule))
    assert made == pytest.approx([highest] * 2)
    expected = list(one_by_one(sgd, schedule))
    for own, other in zip(epochs[-1].weights, expected[-1].weights, strict=True):
        assert torch.allclose(own, other, atol=1e-6)
