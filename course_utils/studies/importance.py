"""How much of the scores' variance each hyperparameter explains: the designs of notebook 04.

A design is a number of settings drawn at random, all trained with one seed. A functional analysis of variance splits up
the variance of its scores (Hutter 2014); one design for each of several seeds gives every share an interval.
"""

from itertools import product

import numpy as np
import optuna

from ..models import mlp
from ..schedules import constant
from ..sweep import give_back_memory
from ..training import train_stack

__all__ = ["RANGES", "draw", "momentum_with_decay", "shares", "shares_of_designs", "trained"]

RANGES = {"rate": None, "momentum": (0.0, 0.95), "weight decay": (1e-6, 1e-2), "batch size": (16, 64),
          "width": (8, 32), "initial scale": (0.5, 2.0)}  # that of the rate is an argument


def momentum_with_decay(w, g, state, lr, beta=0.9, weight_decay=0.0):
    """v ← β v + g + weight_decay · w, then w ← w − lr v: `torch.optim.SGD` with momentum and weight decay."""
    v = beta * state.get("v", 0.0) + g + weight_decay * w
    return w - lr * v, {"v": v}


def shares_of_designs(data, epochs, low, high, matched=False, n_settings=120, n_designs=8):
    """The share of each hyperparameter in each design, {name: (n_designs,)}; the rate is drawn from low to high.

    With `matched` it is the effective rate, lr / (1 − β), that is drawn from there. What hyperparameters do only
    together is left out, and the shares of a design add up to one.
    """
    drawn, scores = _designs(data, epochs, low, high, matched, n_settings, n_designs)
    found = [shares(settings, row, low, high, seed)
             for seed, (settings, row) in enumerate(zip(drawn, scores, strict=True))]
    give_back_memory()
    return {name: np.array([float(f[name]) for f in found]) for name in RANGES}


def draw(rng, low, high):
    """One setting."""
    def log_uniform(a, b):
        return float(10 ** rng.uniform(np.log10(a), np.log10(b)))

    return {"rate": log_uniform(low, high), "momentum": float(rng.uniform(*RANGES["momentum"])),
            "weight decay": log_uniform(*RANGES["weight decay"]), "batch size": int(rng.choice(RANGES["batch size"])),
            "width": int(rng.choice(RANGES["width"])), "initial scale": float(rng.choice(RANGES["initial scale"]))}


def _designs(data, epochs, low, high, matched, n_settings, n_designs):
    """The settings of each design and their validation accuracies (design, setting); stacks are of one kind each."""
    drawn = [[draw(rng, low, high) for _ in range(n_settings)] for rng in map(np.random.default_rng, range(n_designs))]
    every, scores = sum(drawn, []), np.empty(n_designs * n_settings)
    for kind in product(RANGES["width"], RANGES["initial scale"], RANGES["batch size"]):
        where = [i for i, d in enumerate(every) if (d["width"], d["initial scale"], d["batch size"]) == kind]
        if where:
            scores[where] = trained(data, epochs, [every[i] for i in where], [i // n_settings for i in where], matched)
    return drawn, scores.reshape(n_designs, n_settings)


def trained(data, epochs, settings, seeds, matched):
    """Validation accuracies of settings that agree in width, first weights and batch size; by chance if diverged."""
    width, scale, batch = (settings[0][name] for name in ("width", "initial scale", "batch size"))
    model = mlp(data.n_features, width, data.n_classes, init_scale=scale)
    rates = [constant(s["rate"] * (1 - s["momentum"] if matched else 1)) for s in settings]
    hyper = {"beta": [s["momentum"] for s in settings], "weight_decay": [s["weight decay"] for s in settings]}
    for now in train_stack(model, data, momentum_with_decay, rates, hyper, seeds, epochs, batch):
        last = now.scores
    return np.where(np.isfinite(last["val_loss"].numpy()), last["val_accuracy"].numpy(), 1 / data.n_classes)


def shares(settings, scores, low, high, seed):
    """The shares of one design, from a random forest that learns the score as a function of the setting."""
    kinds = {"rate": optuna.distributions.FloatDistribution(low, high, log=True),
             "momentum": optuna.distributions.FloatDistribution(*RANGES["momentum"]),
             "weight decay": optuna.distributions.FloatDistribution(*RANGES["weight decay"], log=True)}
    for name in ("batch size", "width", "initial scale"):
        kinds[name] = optuna.distributions.CategoricalDistribution(RANGES[name])
    study = optuna.create_study(direction="maximize")
    study.add_trials([optuna.create_trial(params=setting, distributions=kinds, value=float(score))
                      for setting, score in zip(settings, scores, strict=True)])
    evaluator = optuna.importance.FanovaImportanceEvaluator(n_trees=16, seed=seed)
    return optuna.importance.get_param_importances(study, evaluator=evaluator)
