"""Descending a landscape, one optimizer step after another."""

import inspect
from dataclasses import dataclass

import numpy as np

from .arrays import numbers
from .landscapes import Landscape
from .names import label
from .optimizers import NEWER, OPTIMIZERS
from .schedules import as_schedule, rate_at

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
    Optimizer and gradient are handed copies, so that one that writes into them changes nothing else. A ValueError or
    TypeError says what is wrong with an argument, or with what optimizer, gradient or schedule return.
    """
    if not isinstance(landscape, Landscape):
        raise TypeError(f"landscape must be a Landscape, such as bowl() or ravine(10), got {_kind(landscape)}")
    if isinstance(lr, list | tuple | dict | set) or np.ndim(lr):
        raise ValueError(f"lr must be one rate or one schedule, got {lr!r}: write [descend(…, lr, …) for lr in rates]")
    rate = as_schedule(lr)
    if not (isinstance(n_steps, int | np.integer) and n_steps >= 1) or isinstance(n_steps, bool):
        raise ValueError(f"n_steps must be a whole number of at least 1, got {n_steps!r}")
    _check_optimizer(optimizer, hyper)
    w = _start(landscape, start)
    points, rates, state, diverged_at = [w], [], {}, None
    slope, moved = f"the gradient of {landscape.name}", f"what {label(optimizer)} returns as weights"
    with np.errstate(over="ignore", invalid="ignore"):
        for step in range(n_steps):
            eta = rate_at(rate, step)
            g = _like(w, landscape.gradient(_copy(w)), slope, step)
            answer = optimizer(_copy(w), g, state, eta, **hyper)
            if not isinstance(answer, tuple | list) or len(answer) != 2:
                _refuse(answer, label(optimizer), step)
            w, state = _like(w, answer[0], moved, step), answer[1]
            rates.append(eta)
            if not np.all(np.abs(w) < 1e100):  # far beyond any plot, well before overflow in the value
                diverged_at = step
                break
            points.append(w)
        points = np.array(points)
        return Path(landscape, points, _values(landscape, points), np.array(rates, dtype=float), diverged_at)


def _start(landscape, start):
    point = numbers("start", landscape.start if start is None else start).astype(float)
    if landscape.dim == 1 and point.ndim:
        raise ValueError(f"start must be one number on {landscape.name}, got {start!r}")
    if landscape.dim > 1 and point.shape != (landscape.dim,):
        raise ValueError(f"start must have {landscape.dim} coordinates on {landscape.name}, got shape {point.shape}")
    if not np.isfinite(point).all():
        raise ValueError(f"start must be finite, got {start!r}")
    return point if landscape.dim > 1 else float(point)


def _check_optimizer(optimizer, hyper):
    """Refuse what is no function of this form, and hyperparameters that it does not take."""
    form = "a function w, state = optimizer(w, g, state, lr), such as sgd"
    if (optimizer if inspect.isclass(optimizer) else type(optimizer)).__module__.startswith("torch.optim"):
        raise TypeError(f"optimizer must be {form}; {_kind(optimizer)} of torch trains networks, and here is none")
    if not callable(optimizer) or inspect.isclass(optimizer):
        raise TypeError(f"optimizer must be {form}, got {_kind(optimizer)}")
    try:
        signature = inspect.signature(optimizer)
    except (TypeError, ValueError):  # some compiled functions do not tell
        return
    known = list(signature.parameters)[4:]  # after w, g, state, lr
    takes_all = any(p.kind is p.VAR_KEYWORD for p in signature.parameters.values())
    for name in hyper if not takes_all else ():
        if name not in known:
            raise TypeError(f"{label(optimizer)} has no hyperparameter {name!r}; it has "
                            f"{', '.join(known) or 'none besides lr'}")
    try:
        signature.bind(None, None, None, None, **hyper)
    except TypeError as error:
        raise TypeError(f"optimizer must be {form}, got {label(optimizer)}{signature}: {error}") from None
    for name, value in hyper.items() if optimizer in (OPTIMIZERS | NEWER).values() else ():
        if isinstance(value, list | tuple | bool) or not np.isfinite(numbers(name, value)).all():
            raise ValueError(f"{name} must be a finite number, got {value!r}")


def _refuse(answer, name, step):
    came = f"{len(answer)} values" if isinstance(answer, tuple | list) else _kind(answer)
    raise ValueError(f"{name} must return two things, the new weights and the new state, as in return w, state; at "
                     f"step {step} it gave {came}{': is a return missing?' if answer is None else ''}")


def _like(w, value, name, step):
    """`value` as weights of their own memory and of the shape of w; a ValueError names what it is instead."""
    if isinstance(w, float) and isinstance(value, float):
        return value
    if type(value) is np.ndarray and value.dtype == float and value.shape == np.shape(w) and value.ndim:
        return value.copy()
    try:
        array = numbers(name, value)
    except ValueError as error:
        raise ValueError(f"{name} must be real numbers; at step {step}: {error}") from error
    if array.shape != np.shape(w):
        raise ValueError(f"{name} must have the weights' shape {np.shape(w)}; at step {step} it had {array.shape}")
    return float(array) if isinstance(w, float) else np.array(array, dtype=float)


def _copy(w):
    return w if isinstance(w, float) else w.copy()


def _values(landscape, points):
    """The loss at each point: of all at once where that agrees with the last point alone, else one by one."""
    try:
        values = np.asarray(landscape.value(points), dtype=float)
        if values.shape == points.shape[:1] and np.allclose(values[-1], landscape.value(points[-1]), equal_nan=True):
            return values
    except (TypeError, ValueError, IndexError):  # written for one point
        pass
    return np.array([landscape.value(point) for point in points], dtype=float)


def _kind(value):
    if inspect.isclass(value):
        return f"the class {value.__name__}"
    return repr(value) if isinstance(value, str) or value is None else f"a {type(value).__name__}"
