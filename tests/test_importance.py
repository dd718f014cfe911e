"""The shares of variance are those of the optimizer that is named, and find the one thing that matters."""

import numpy as np
import optuna
import pytest
import torch

from course_utils.data import make_blobs
from course_utils.studies import importance
from course_utils.studies.importance import RANGES, momentum_with_decay, shares_of_designs

DATA = make_blobs()


@pytest.fixture(autouse=True)
def quiet():
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


def test_momentum_with_decay_is_torchs():
    ours, state = torch.tensor([3.0, -1.0], dtype=torch.float64), {}
    theirs = ours.clone().requires_grad_()
    optimizer = torch.optim.SGD([theirs], lr=0.1, momentum=0.8, weight_decay=0.3)
    for _ in range(20):
        ours, state = momentum_with_decay(ours, ours.sin(), state, 0.1, beta=0.8, weight_decay=0.3)
        theirs.grad = theirs.detach().sin()
        optimizer.step()
    assert torch.allclose(ours, theirs.detach(), atol=1e-12)


@pytest.mark.parametrize("name", ["rate", "momentum", "width"])
def test_what_alone_decides_the_scores_has_nearly_all_of_the_variance(name):
    rng = np.random.default_rng(0)
    settings = [importance.draw(rng, 1e-5, 1.0) for _ in range(120)]
    values = np.log([s[name] + 0.1 for s in settings])
    shares = importance.shares(settings, values, 1e-5, 1.0, seed=0)
    assert max(shares, key=shares.get) == name and shares[name] > 0.9 and sum(shares.values()) == pytest.approx(1)


def test_with_matched_it_is_the_effective_rate_that_is_drawn(monkeypatch):
    asked = []

    def noted(model, data, optimizer, rates, hyper, seeds, epochs, batch):
        asked.extend((rate(0) / (1 - beta), seed) for rate, beta, seed in zip(rates, hyper["beta"], seeds, strict=True))
        yield type("Now", (), {"scores": {"val_loss": torch.ones(len(rates)), "val_accuracy": torch.rand(len(rates))}})

    monkeypatch.setattr(importance, "train_stack", noted)
    found = shares_of_designs(DATA, 1, 0.05, 0.2, matched=True, n_settings=20, n_designs=2)
    assert len(asked) == 40 and all(0.05 <= rate <= 0.2 for rate, _ in asked) and {s for _, s in asked} == {0, 1}
    assert list(found) == list(RANGES) and all(len(shares) == 2 for shares in found.values())


def test_a_run_that_diverges_scores_as_a_guess():
    setting = {"rate": 1e9, "momentum": 0.0, "weight decay": 1e-6, "batch size": 64, "width": 8, "initial scale": 0.5}
    scores = importance.trained(DATA, 2, [setting, setting | {"rate": 0.1}], [0, 0], False)
    assert scores[0] == pytest.approx(1 / 3) and scores[1] > 0.5
