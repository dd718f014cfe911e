"""The loops that train networks: what an epoch tells of its last step, and at which rates."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course_utils.data import Dataset
from course_utils.engine.compare import Way
from course_utils.engine.loop import _highest, train_each, train_stack
from course_utils.engine.networks import initial_weights
from course_utils.engine.stacks import Stack
from course_utils.optimizers import sgd
from course_utils.schedules import as_schedule, cosine, reduce_on_plateau

X = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))
DATA = Dataset("pairs", *[X.numpy(), (X[:, 0] + 1).numpy()] * 3)
MODEL = lambda: nn.Sequential(nn.Linear(3, 1))
RATES = [0.1, 0.02]


def in_place(w, g, state, lr):
    g.mul_(-lr)
    return w.add_(g), state


def stacked(optimizer=sgd, model=MODEL, rates=RATES, size=6, **options):
    return list(train_stack(model, DATA, optimizer, list(map(as_schedule, rates)), {}, [0, 1], 2, size, **options))


def one_by_one(optimizer, rates=RATES, size=6):
    settings = [{"model": MODEL, "optimizer": optimizer, "lr": rate, "batch_size": size} for rate in rates]
    return list(train_each(DATA, settings, list(map(as_schedule, rates)), [0, 1], 2, Way("")))


def gradient(w):
    w = w.clone().requires_grad_()
    loss = F.mse_loss(X @ w[:3] + w[3], X[:, 0] + 1)
    return torch.autograd.grad(loss, w)[0]


@pytest.mark.parametrize("trained", [
    stacked, lambda: stacked(in_place, copies=True), lambda: one_by_one(sgd), lambda: one_by_one(torch.optim.SGD),
], ids=["stack", "stack that is written into", "one by one", "of torch"])
def test_an_epoch_tells_of_its_last_step(trained):
    weights = [initial_weights(MODEL, seed) for seed in (0, 1)]
    for epoch in trained():
        gradients = [gradient(w) for w in weights]
        norms = torch.stack([g.norm() for g in gradients])
        ratios = torch.stack([lr * g.norm() / w.norm() for lr, g, w in zip(RATES, gradients, weights, strict=True)])
        weights = [w - lr * g for lr, g, w in zip(RATES, gradients, weights, strict=True)]
        close = lambda a, b: torch.testing.assert_close(torch.as_tensor(a), b, rtol=1e-4, atol=1e-6)
        close(epoch.scores["gradient_norm"], norms)
        close(epoch.scores["update_ratio"], ratios)
        close(epoch.scores["mean_lr"], torch.tensor(RATES))
        close(torch.stack(list(epoch.weights)), torch.stack(weights))


@pytest.mark.parametrize("trained", [
    lambda rates: stacked(rates=rates, size=2), lambda rates: one_by_one(sgd, rates, 2),
    lambda rates: one_by_one(torch.optim.SGD, rates, 2)], ids=["stack", "one by one", "of torch"])
def test_the_rate_of_an_epoch_is_the_mean_of_its_steps(trained):
    falls = lambda step: 0.6 - 0.1 * step
    first, second = trained([falls, 0.25])
    assert first.scores["mean_lr"].tolist() == pytest.approx([0.5, 0.25])
    assert second.scores["mean_lr"].tolist() == pytest.approx([0.2, 0.25])


def test_lazy_layers_of_a_stack_learn_their_sizes_from_the_inputs():
    lazy, plain = (stacked(model=make)[-1].weights for make in (lambda: nn.Sequential(nn.LazyLinear(1)), MODEL))
    assert lazy.shape == plain.shape == (2, 4) and torch.isfinite(lazy).all()


def test_a_stack_that_is_handed_on_is_used():
    class Doubled(Stack):
        def loss_and_gradient(self, weights, batch):
            loss, gradient = super().loss_and_gradient(weights, batch)
            return 2 * loss, 2 * gradient

    own, usual = stacked(stack=Doubled(MODEL(), "regression")), stacked()
    torch.testing.assert_close(own[0].batch_loss, 2 * usual[0].batch_loss)


def in_thirds(step, losses):
    """Falls with the losses that there are, and with the step."""
    return 0.3 / (1 + len(losses) + step)


@pytest.mark.parametrize("schedule, highest", [
    (cosine(0.2, 5), 0.2), (lambda step: 0.1 * step, 0.4), (lambda step: 0.0, 1.0), (reduce_on_plateau(0.5), 0.5),
    (in_thirds, 0.3),
], ids=["falls", "rises", "nothing", "plateau", "losses"])
def test_the_highest_rate_is_that_of_any_step_or_where_losses_are_needed_the_first(schedule, highest):
    assert _highest(schedule, 5) == pytest.approx(highest)
