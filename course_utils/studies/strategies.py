"""Ways to spend the capstone's budget: functions of a game that return the trial they would submit.

Each is a few lines of `game.trial(...)`, as a reader would write them; the stored players of the capstone played these.
"""

import numpy as np

from .. import optimizers, schedules
from ..data import load_capstone
from ..optimizers import adam, adamw, momentum, nesterov, rmsprop, sgd
from ..schedules import cosine, one_cycle
from ..search import read_range_test

__all__ = ["STRATEGIES", "another_grid", "best_known", "grid_of_nine", "library_default", "random_search",
           "range_tests", "successive_halving"]

RANGES = {sgd: (1e-3, 10), momentum: (1e-4, 1), nesterov: (1e-4, 1), rmsprop: (1e-4, 1), adam: (1e-4, 1),
          adamw: (1e-4, 1)}  # four decades each, wide enough that no best lies on an edge


def library_default(game):
    """No search at all: Adam at the rate that the library gives."""
    return game.trial(1e-3, adam)


def grid_of_nine(game):
    """Momentum at nine rates in equal factors, two a decade, everything else left as it was."""
    for lr in np.geomspace(1e-4, 1, 9):
        game.trial(lr, momentum)
    return game.best()


def range_tests(game):
    """A range test for each of three optimizers, read a tenth below its minimum, and a full trial at each reading."""
    for optimizer in (sgd, momentum, adam):
        test = game.range_test(optimizer)
        game.trial(read_range_test(test.rates, test.losses[0], "minimum", allow_edge=True), optimizer)
    return game.best()


def random_search(game):
    """Ten full trials, drawn from everything that may be chosen."""
    rng = np.random.default_rng(game.player)
    while game.left >= 160:
        game.trial(**_drawn(rng, (None, cosine, one_cycle)))
    return game.best()


def successive_halving(game):
    """Twenty-four settings for 32 steps, the best eight of them for 64, the best two in full; the best again, decaying.

    (Jamieson & Talwalkar 2016, keeping a third and then a quarter.)
    """
    rng = np.random.default_rng(game.player)
    settings = [_drawn(rng, (None,)) for _ in range(24)]
    for steps, kept in ((32, 8), (64, 2), (160, 1)):
        trials = [game.trial(**setting, steps=steps) for setting in settings]
        ranked = sorted(range(len(trials)), key=lambda i: -np.nan_to_num(trials[i].val_accuracy))
        settings = [settings[i] for i in ranked[:kept]]
    game.trial(**settings[0] | {"schedule": cosine})
    return max((t for t in game.trials if t.steps > 100), key=lambda t: np.nan_to_num(t.val_accuracy))


def another_grid(game):
    """Nine rates for Nesterov's momentum, large batches and a rate that falls to 0."""
    for lr in np.geomspace(0.03, 3, 9):
        game.trial(lr, nesterov, cosine, batch_size=128)
    return game.best()


def best_known(game):
    """The setting that a search without a budget found: looked up, not searched for."""
    row = load_capstone().query("strategy == 'best_known'").iloc[0]
    schedule = None if row.schedule == "constant" else getattr(schedules, row.schedule)
    hyper = {name: float(value) for name, value in (pair.split("=") for pair in row.hyper.split())}
    return game.trial(float(row.lr), getattr(optimizers, row.optimizer), schedule, int(row.batch_size), **hyper)


STRATEGIES = {f.__name__: f for f in (library_default, grid_of_nine, range_tests, random_search, successive_halving,
                                      another_grid, best_known)}


def _drawn(rng, kinds):
    """A setting at random: optimizer, schedule and batch size alike, the rate evenly in its logarithm."""
    optimizer = list(RANGES)[rng.integers(len(RANGES))]
    low, high = np.log10(RANGES[optimizer])
    return {"optimizer": optimizer, "lr": float(10 ** rng.uniform(low, high)),
            "schedule": kinds[rng.integers(len(kinds))], "batch_size": int(rng.choice([32, 64, 128]))}
