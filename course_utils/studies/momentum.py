"""The contest of notebook 06: who reaches a minimum over flat ground, over steep ground, and over both.

A ground is a gradient, its minimum, 60 starts, the rates to try, and the steps that a walk may take. All are symmetric,
so that mirrored minima count as one.
"""

import numpy as np

from ..landscapes import plateau, ravine
from ..sweep import require_inside

__all__ = ["FAR_OUT", "GROUNDS", "at_tuned_rate", "steps_needed"]

NEAR = 0.01  # distance from the minimum at which a walk has arrived
N_CHOOSE = 30  # starts that choose the rate; the others report


def plateau_wall(wall):
    """The gradient of a plateau whose second direction has the curvature `wall`."""
    return lambda w: np.stack([plateau().gradient(w[..., 0]), wall * w[..., 1]], axis=-1)


def saddle_wall(wall):
    """The gradient of a saddle with a ridge of curvature `wall` and minima at ±1 of the second direction."""
    return lambda w: np.stack([wall * w[..., 0], w[..., 1] ** 3 - w[..., 1]], axis=-1)


def _grounds():
    rng = np.random.default_rng(0)
    side, spread = rng.choice([-1, 1], 60), rng.uniform(-1, 1, 60)
    circle = 4 * np.stack([np.cos(np.pi * spread), np.sin(np.pi * spread)], axis=-1)
    far_out = np.stack([side * rng.uniform(5, 7, 60), spread], axis=-1)
    on_ridge = np.stack([spread, side * 10 ** rng.uniform(-4, -2, 60)], axis=-1)
    return {"ravine, κ = 100": (ravine(100).gradient, (0, 0), circle, np.geomspace(0.001, 0.05, 25), 600),
            "plateau": (plateau_wall(0.25), (0, 0), far_out, np.geomspace(0.5, 20, 25), 400),
            "saddle": (saddle_wall(1), (0, 1), on_ridge, np.geomspace(0.05, 3, 25), 400),
            "plateau with a wall": (plateau_wall(5), (0, 0), far_out, np.geomspace(0.02, 1, 25), 2000),
            "saddle with a wall": (saddle_wall(100), (0, 1), on_ridge, np.geomspace(0.001, 0.05, 25), 1500)}


def _far_out():
    rng = np.random.default_rng(0)
    farther = np.stack([rng.choice([-1, 1], 60) * rng.uniform(8, 9, 60), rng.uniform(-1, 1, 60)], axis=-1)
    return plateau_wall(0.25), (0, 0), farther, np.geomspace(0.5, 20, 25), 1500


GROUNDS, FAR_OUT = _grounds(), _far_out()  # FAR_OUT: the plateau, entered from 8 to 9 instead of 5 to 7


def steps_needed(optimizer, hyper, gradient, minimum, starts, lr, n_steps):
    """Steps until each walker is near a minimum and stays there; inf where it is not at the end.

    starts has shape (n, 2); lr broadcasts over a leading axis, such as (rates, 1, 1), and so do the steps: (rates, n).
    """
    w, state, last = starts + 0 * lr, {}, 0
    with np.errstate(over="ignore", invalid="ignore"):
        for step in range(1, n_steps + 1):
            w, state = optimizer(w, gradient(w), state, lr, **hyper)
            near = np.linalg.norm(np.abs(w) - minimum, axis=-1) <= NEAR
            last = np.where(near, last, step)
    return np.where(last < n_steps, last + 1.0, np.inf)


def at_tuned_rate(optimizer, hyper, gradient, minimum, starts, rates, n_steps):
    """(mean steps that chose, rate, steps of the starts that report); the first 30 starts choose the rate.

    GridEdgeError where the best rate is the first or the last.
    """
    chosen_by = starts[:N_CHOOSE]
    tried = steps_needed(optimizer, hyper, gradient, minimum, chosen_by, rates[:, None, None], n_steps).mean(axis=1)
    best = int(tried.argmin())
    require_inside(rates[best], rates)
    return tried[best], rates[best], steps_needed(optimizer, hyper, gradient, minimum, starts[N_CHOOSE:], rates[best],
                                                  n_steps)
