"""Learning-rate schedules as pure functions of the step: `rate = schedule(step)`, steps from 0.

Each maker takes the settings and returns such a function. A schedule holds no state: it can be drawn, asked twice or
shared by a hundred runs, and nothing is used up. One that needs feedback is just as pure, a function of the step and of
the validation losses of the epochs so far: `rate = schedule(step, losses)`.
"""

import inspect
from functools import partial
from math import cos, inf, isfinite, pi
from numbers import Real

__all__ = ["constant", "step_decay", "exponential", "time_decay", "cosine", "warmup", "one_cycle", "reduce_on_plateau",
           "as_schedule", "needs_losses"]


def constant(lr):
    """η(t) = η."""
    return partial(_constant, _positive("lr", lr))


def _constant(lr, step):
    return lr


def step_decay(lr, every, factor=0.1):
    """η(t) = η · factor^⌊t / every⌋, as torch's StepLR  (He et al. 2016)."""
    return partial(_step_decay, _positive("lr", lr), _at_least_one("every", every), _positive("factor", factor))


def _step_decay(lr, every, factor, step):
    return lr * factor ** (step // every)


def exponential(lr, decay):
    """η(t) = η · decayᵗ, as torch's ExponentialLR  (Szegedy et al. 2015).

    A decay above 1 makes the rate grow, as in a range test.
    """
    return partial(_exponential, _positive("lr", lr), _positive("decay", decay))


def _exponential(lr, decay, step):
    return lr * decay**step


def time_decay(lr, decay):
    """η(t) = η / (1 + decay · t), the `decay` argument of early Keras  (Darken & Moody 1990)."""
    return partial(_time_decay, _positive("lr", lr), _not_negative("decay", decay))


def _time_decay(lr, decay, step):
    return lr / (1 + decay * step)


def cosine(peak_lr, total_steps, end_lr=0.0):
    """η(t) = end + (peak − end) (1 + cos(π t / T)) / 2, and end from step T on  (Loshchilov & Hutter 2017)."""
    return partial(_cosine, _positive("peak_lr", peak_lr), _at_least_one("total_steps", total_steps),
                   _not_negative("end_lr", end_lr))


def _cosine(peak_lr, total_steps, end_lr, step):
    return _between(peak_lr, end_lr, min(step / total_steps, 1))


def warmup(schedule, warmup_steps):
    """Scales the first W steps of a schedule: η(t) = schedule(t) · min(1, (t + 1) / W)  (Goyal et al. 2017).

    `schedule` may be a number, which stands for a constant rate.
    """
    return partial(_warmup, as_schedule(schedule, "schedule"), _at_least_one("warmup_steps", warmup_steps))


def _warmup(schedule, warmup_steps, step):
    return schedule(step) * min(1, (step + 1) / warmup_steps)


def one_cycle(peak_lr, total_steps, warmup_fraction=0.3, start_factor=25.0, end_factor=1e4):
    """Cosine up from peak / start_factor, then cosine down to the start's end_factor-th part  (Smith 2018).

    The values of torch's OneCycleLR: the peak falls on step warmup_fraction · T − 1, the end on step T − 1.
    """
    if not 0 < warmup_fraction < 1:
        raise ValueError(f"warmup_fraction must lie between 0 and 1, got {warmup_fraction!r}")
    start = _positive("peak_lr", peak_lr) / _positive("start_factor", start_factor)
    top = warmup_fraction * _at_least_one("total_steps", total_steps) - 1
    if top <= 0:
        raise ValueError(f"total_steps must leave at least two steps of warmup, got {total_steps!r}")
    return partial(_one_cycle, peak_lr, start, start / _positive("end_factor", end_factor), top, total_steps - 1)


def _one_cycle(peak_lr, start, end, top, last, step):
    if step <= top:
        return _between(start, peak_lr, step / top)
    return _between(peak_lr, end, min((step - top) / (last - top), 1))


def reduce_on_plateau(lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
    """η · factorᵏ after k plateaus of the validation loss, as torch's ReduceLROnPlateau  (Krizhevsky et al. 2012).

    A plateau is more than `patience` epochs in a row without a loss below (1 − threshold) times the best one so far.
    The schedule is a function of the step and of the losses after each epoch; training asks it once an epoch.
    """
    if not 0 < _positive("factor", factor) < 1:
        raise ValueError(f"factor must lie between 0 and 1, got {factor!r}")
    return partial(_reduce_on_plateau, _positive("lr", lr), factor, _not_negative("patience", patience),
                   _not_negative("threshold", threshold), _not_negative("min_lr", min_lr))


def _reduce_on_plateau(lr, factor, patience, threshold, min_lr, step, losses):
    best, waited = inf, 0
    for loss in losses:
        better = loss < best * (1 - threshold)
        best, waited = (loss, 0) if better else (best, waited + 1)
        if waited > patience:
            lr, waited = max(lr * factor, min_lr), 0
    return lr


def needs_losses(schedule):
    """Whether a schedule asks for feedback: whether it has an argument called `losses`."""
    try:
        return "losses" in inspect.signature(schedule).parameters
    except (TypeError, ValueError):  # some compiled functions do not tell
        return False


def as_schedule(lr, name="lr"):
    """The schedule itself, or the constant one for a number; an error that names the argument for anything else."""
    return lr if callable(lr) else constant(_positive(name, lr))


def _between(a, b, fraction):
    """Half a cosine from a to b."""
    return b + (a - b) * (1 + cos(pi * fraction)) / 2


def _positive(name, value):
    if not isinstance(value, Real) or isinstance(value, bool) or not (value > 0 and isfinite(value)):
        raise ValueError(f"{name} must be a finite number above 0, got {value!r}")
    return float(value)


def _not_negative(name, value):
    return 0.0 if isinstance(value, Real) and value == 0 else _positive(name, value)


def _at_least_one(name, value):
    if not isinstance(value, Real) or not value >= 1:
        raise ValueError(f"{name} must be a number of at least 1, got {value!r}")
    return value


def rate_at(schedule, step, losses=None):
    rate = schedule(step) if losses is None else schedule(step, losses)
    return rate
