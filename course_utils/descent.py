"""Descending a landscape, one optimizer step after another."""

from dataclasses import dataclass

import numpy as np

from .landscapes import Landscape
from .schedules import as_schedule

__all__ = ["Path", "descend"]


@dataclass(frozen=True)
class Path:
    """Where a descent went: `points` (n+1,) or (n+1, d), `values` (n+1,), `rates` (n,); cut where it diverged."""

    landscape: Landscape
    points: np.ndarray
    values: np.ndarray
    rates: np.ndarray
    diverged_at: int | None = None  # the step whose result was no longer a finite number or beyond 1e100

    @property
    def diverged(self):
        return self.diverged_at is not None

    @property
    def final(self):
        """The last weights, a float or an array (d,)."""
        return self.points[-1]

    @property
    def distances(self):
        """Distance to the minimum after each step, (n+1,)."""
        if self.landscape.minimum is None:
            raise ValueError(f"the minimum of {self.landscape.name} is not known")
        offsets = (self.points - np.asarray(self.landscape.minimum)).reshape(len(self.points), -1)
        return np.linalg.norm(offsets, axis=1)

    def steps_to(self, distance):
        """First step after which the weights lie within `distance` of the minimum and stay there; None if never."""
        outside = np.flatnonzero(~(self.distances <= distance))
        first = 0 if len(outside) == 0 else int(outside[-1]) + 1
        return first if first < len(self.points) and not self.diverged else None

    def factor(self):
        """What one step leaves of the distance, the geometric mean over the second half of the path.

        Distances at the rounding floor (below 1e-12 of the first) are left out.
        """
        d = self.distances
        usable = d[: int(np.argmax(d < 1e-12 * d[0]))] if (d < 1e-12 * d[0]).any() else d
        if len(usable) < 3:
            return 0.0
        half = len(usable) // 2
        return float((usable[-1] / usable[half]) ** (1 / (len(usable) - 1 - half)))

    def summary(self):
        """One line for a caption or a screen reader."""
        first, last = self.rates[[0, -1]]
        rate = f"rate {first:.3g}" if np.ptp(self.rates) == 0 else f"rates {first:.3g} to {last:.3g}"
        if self.diverged:
            return f"{rate}: diverged at step {self.diverged_at}"
        return f"{rate}: loss {self.values[-1]:.3g} after {len(self.rates)} steps"


def descend(landscape, start, optimizer, lr, n_steps, **hyper):
    """Take `n_steps` optimizer steps on a landscape and return the `Path`.

    `start` is a float, a point of length d, or None for the landscape's own start; `lr` a number or a schedule;
    `hyper` goes to the optimizer. A descent that blows up is a result: the path ends there, with `diverged_at` set.
    """
    rate = as_schedule(lr)
    if not (isinstance(n_steps, int | np.integer) and n_steps >= 1):
        raise ValueError(f"n_steps must be a whole number of at least 1, got {n_steps!r}")
    w = _start(landscape, start)
    points, rates, state, diverged_at = [w], [], {}, None
    with np.errstate(over="ignore", invalid="ignore"):
        for step in range(n_steps):
            eta = rate(step)
            w, state = optimizer(w, landscape.gradient(w), state, eta, **hyper)
            rates.append(eta)
            if not np.all(np.abs(w) < 1e100):  # far beyond any plot, well before overflow in the value
                diverged_at = step
                break
            points.append(w)
        points = np.array(points)
        return Path(landscape, points, landscape.value(points), np.array(rates, dtype=float), diverged_at)


def _start(landscape, start):
    point = landscape.start if start is None else start
    if landscape.dim == 1:
        if np.ndim(point) != 0:
            raise ValueError(f"start must be one number on {landscape.name}, got {point!r}")
        return float(point)
    point = np.asarray(point, dtype=float)
    if point.shape != (landscape.dim,):
        raise ValueError(f"start must have {landscape.dim} coordinates on {landscape.name}, got shape {point.shape}")
    return point
