"""Learning-rate schedules as pure functions of the step: `rate = schedule(step)`, steps from 0.

Each maker takes the settings and returns such a function. A schedule holds no state: it can be drawn, asked twice or
shared by a hundred runs, and nothing is used up. One that needs feedback is just as pure, a function of the step and of
the validation losses of the epochs so far: `rate = schedule(step, losses)`.
"""

import inspect
from functools import partial
from math import cos, inf, nan, pi
from numbers import Real

from .names import label

__all__ = ["constant", "step_decay", "exponential", "time_decay", "linear", "cosine", "inverse_sqrt", "warmup",
           "warmup_stable_decay", "one_cycle", "reduce_on_plateau", "as_schedule", "needs_losses", "rate_at"]


def constant(lr):
    """η(t) = η."""
    return partial(_constant, _positive("lr", lr))


def _constant(lr, step):
    return lr


def step_decay(lr, every, factor=0.1):
    """η(t) = η · factor^⌊t / every⌋ with a factor of at most 1, as torch's StepLR  (He et al. 2016)."""
    lr, factor = _positive("lr", lr), _positive("factor", factor)
    _at_most("factor", factor, "1", 1)
    return partial(_step_decay, lr, _at_least_one("every", every), factor)


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


def linear(peak_lr, total_steps, end_lr=0.0):
    """η(t) = peak + (end − peak) t / T, and end from step T on, as torch's LinearLR  (Bergsma et al. 2025)."""
    peak, end = _positive("peak_lr", peak_lr), _not_negative("end_lr", end_lr)
    _at_most("end_lr", end, "peak_lr", peak)
    return partial(_linear, peak, _at_least_one("total_steps", total_steps), end)


def _linear(peak_lr, total_steps, end_lr, step):
    return peak_lr + (end_lr - peak_lr) * min(step / total_steps, 1)


def inverse_sqrt(peak_lr, warmup_steps):
    """η(t) = peak · min((t + 1) / W, √(W / (t + 1))), as in (Vaswani et al. 2017).

    Up to the peak on step W − 1, then down as 1/√t. It needs no end: no rate depends on how many steps follow.
    """
    return partial(_inverse_sqrt, _positive("peak_lr", peak_lr), _at_least_one("warmup_steps", warmup_steps))


def _inverse_sqrt(peak_lr, warmup_steps, step):
    share = (step + 1) / warmup_steps
    return peak_lr * min(share, share**-0.5)


def cosine(peak_lr, total_steps, end_lr=0.0):
    """η(t) = end + (peak − end) (1 + cos(π t / T)) / 2, and end from step T on  (Loshchilov & Hutter 2017)."""
    peak, end = _positive("peak_lr", peak_lr), _not_negative("end_lr", end_lr)
    _at_most("end_lr", end, "peak_lr", peak)
    return partial(_cosine, peak, _at_least_one("total_steps", total_steps), end)


def _cosine(peak_lr, total_steps, end_lr, step):
    return _between(peak_lr, end_lr, min(step / total_steps, 1))


def warmup(schedule, warmup_steps):
    """Scales the first W steps of a schedule: η(t) = schedule(t) · min(1, (t + 1) / W)  (Goyal et al. 2017).

    `schedule` may be a number, which stands for a constant rate, or ask for losses: so does the warmed one, then.
    """
    schedule, steps = as_schedule(schedule, "schedule"), _at_least_one("warmup_steps", warmup_steps)
    if getattr(schedule, "func", None) is _cosine:
        _at_most("warmup_steps", steps, "total_steps of the cosine", schedule.args[1])
    return partial(_warmup, schedule, steps)


def _warmup(schedule, warmup_steps, step, *losses):
    return schedule(step, *losses) * min(1, (step + 1) / warmup_steps)


def warmup_stable_decay(peak_lr, total_steps, warmup_steps, decay_steps, end_lr=0.0):
    """η(t) = peak · min(1, (t + 1) / W), then peak, then in the last D of T steps linearly to end  (Hu et al. 2024).

    The end is reached on step T. Up to step T − D the rate does not depend on T, so that runs of several lengths can
    branch off from one. ValueError where W + D exceed T.
    """
    peak, end = _positive("peak_lr", peak_lr), _not_negative("end_lr", end_lr)
    _at_most("end_lr", end, "peak_lr", peak)
    total = _at_least_one("total_steps", total_steps)
    rise, fall = _at_least_one("warmup_steps", warmup_steps), _at_least_one("decay_steps", decay_steps)
    _at_most("warmup_steps + decay_steps", rise + fall, "total_steps", total)
    return partial(_warmup_stable_decay, peak, total, rise, fall, end)


def _warmup_stable_decay(peak_lr, total_steps, warmup_steps, decay_steps, end_lr, step):
    if step < total_steps - decay_steps:
        return peak_lr * min(1, (step + 1) / warmup_steps)
    return end_lr + (peak_lr - end_lr) * max(total_steps - step, 0) / decay_steps


def one_cycle(peak_lr, total_steps, warmup_fraction=0.3, start_factor=25.0, end_factor=1e4):
    """Cosine up from peak / start_factor, then cosine down to the start's end_factor-th part  (Smith 2018).

    The values of torch's OneCycleLR: the peak falls on step warmup_fraction · T − 1, the end on step T − 1.
    """
    peak, total = _positive("peak_lr", peak_lr), _at_least_one("total_steps", total_steps)
    start = peak / _at_least_one("start_factor", start_factor)
    top = _fraction("warmup_fraction", warmup_fraction) * total - 1
    if top <= 0:
        raise ValueError(f"total_steps must leave at least two steps of warmup, got {total_steps!r}")
    return partial(_one_cycle, peak, start, start / _at_least_one("end_factor", end_factor), top, total - 1)


def _one_cycle(peak_lr, start, end, top, last, step):
    if step <= top:
        return _between(start, peak_lr, step / top)
    return _between(peak_lr, end, min((step - top) / (last - top), 1))


def reduce_on_plateau(lr, factor=0.1, patience=10, threshold=1e-4, min_lr=0.0):
    """η · factorᵏ after k plateaus of the validation loss, as torch's ReduceLROnPlateau  (Krizhevsky et al. 2012).

    A plateau is more than `patience` epochs in a row without a loss below (1 − threshold) times the best one so far.
    The schedule is a function of the step and of the losses after each epoch; training asks it once an epoch. `min_lr`,
    below which it does not go, is at most `lr`.
    """
    lr, floor = _positive("lr", lr), _not_negative("min_lr", min_lr)
    _at_most("min_lr", floor, "lr", lr)
    threshold = _not_negative("threshold", threshold)
    _at_most("threshold", threshold, "1", 1)
    return partial(_reduce_on_plateau, lr, _fraction("factor", factor), _not_negative("patience", patience), threshold,
                   floor)


def _reduce_on_plateau(lr, factor, patience, threshold, min_lr, step, losses):
    best, waited = inf, 0
    for loss in losses:
        better = loss < best * (1 - threshold)
        best, waited = (loss, 0) if better else (best, waited + 1)
        if waited > patience:
            lr, waited = max(lr * factor, min_lr), 0
    return lr


def needs_losses(schedule):
    """Whether a schedule, or the one that it warms up, asks for feedback: has an argument called `losses`."""
    try:
        asked = inspect.signature(schedule).parameters.get("losses")
    except (TypeError, ValueError):  # some compiled functions do not tell
        return False
    if asked is not None and asked.kind is asked.VAR_POSITIONAL:  # handed on
        return any(map(needs_losses, getattr(schedule, "args", ())[:1]))
    return asked is not None


def as_schedule(lr, name="lr"):
    """The schedule itself, or the constant one for a number; an error that names the argument for anything else."""
    if not callable(lr) or inspect.isclass(lr):
        return constant(_positive(name, lr, _HINT))
    arguments = (0, []) if needs_losses(lr) else (0,)
    try:
        inspect.signature(lr).bind(*arguments)
    except TypeError:
        raise ValueError(f"{name} must be a function of the step alone, schedule(step), got {label(lr)}"
                         f"{inspect.signature(lr)}") from None
    except ValueError:  # does not tell
        pass
    return lr


def rate_at(schedule, step, losses=None):
    """The rate that a schedule gives at a step, as a float; `losses` is for one that `needs_losses`.

    ValueError for an answer that is no finite number of at least 0 (a rate may begin or end at 0).
    """
    try:
        rate = schedule(step) if losses is None else schedule(step, losses)
    except TypeError:
        if losses is None and needs_losses(schedule):
            raise ValueError(f"the schedule {label(schedule)} needs the losses of the epochs so far; here are none"
                             ) from None
        raise
    return rate if type(rate) is float and 0 <= rate < inf else _checked_rate(schedule, step, rate)


def _checked_rate(schedule, step, rate):
    if 0 <= (number := _real(rate)) < inf:
        return number
    remark = ": is a return missing?" if rate is None else ""
    raise ValueError(f"the schedule {label(schedule)} must give a finite number of at least 0, but at step {step} it "
                     f"gave {_shown(rate)}{remark}")


def _between(a, b, fraction):
    """Half a cosine from a to b."""
    return b + (a - b) * (1 + cos(pi * fraction)) / 2


_HINT = "; a schedule is a function of the step, such as cosine(0.1, 1000)"


def _real(value):
    """A real number, or an array or tensor of no dimensions that holds one, as a float; else NaN."""
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        value = value.item()
    try:
        return float(value) if isinstance(value, Real) and not isinstance(value, bool) else nan
    except OverflowError:
        return inf


def _shown(value):
    shape = getattr(value, "shape", ())
    if shape:
        return f"{type(value).__name__} of shape {tuple(shape)}"
    if type(value).__module__.startswith("torch.optim"):
        return f"a {type(value).__name__} of torch, which changes an optimizer from step to step"
    return f"the class {value.__name__}" if inspect.isclass(value) else repr(value)[:100]


def _positive(name, value, hint=""):
    number = _real(value)
    if not 0 < number < inf:
        raise ValueError(f"{name} must be a finite number above 0, got {_shown(value)}{hint}")
    return number


def _not_negative(name, value):
    number = _real(value)
    if not 0 <= number < inf:
        raise ValueError(f"{name} must be a finite number of at least 0, got {_shown(value)}")
    return number


def _at_least_one(name, value):
    number = _real(value)
    if not 1 <= number < inf:
        raise ValueError(f"{name} must be a finite number of at least 1, got {_shown(value)}")
    return number


def _fraction(name, value):
    number = _real(value)
    if not 0 < number < 1:
        raise ValueError(f"{name} must lie between 0 and 1, got {_shown(value)}")
    return number


def _at_most(name, value, other, limit):
    if value > limit:
        limit = other if other == str(limit) else f"{other} = {limit:g}"
        raise ValueError(f"{name} must be at most {limit}, got {value:g}")
