"""Learning-rate schedules as pure functions of the step: `rate = schedule(step)`, steps from 0.

Each maker takes the settings and returns such a function. A schedule holds no state: it can be drawn, asked twice or
shared by a hundred runs, and nothing is used up.
"""

from math import cos, pi

__all__ = ["constant", "step_decay", "exponential", "time_decay", "cosine", "warmup", "one_cycle"]


def constant(lr):
    """η(t) = η."""
    _positive("lr", lr)
    return lambda step: lr


def step_decay(lr, every, factor=0.1):
    """η(t) = η · factor^⌊t / every⌋, as torch's StepLR."""
    _positive("lr", lr), _at_least_one("every", every), _positive("factor", factor)
    return lambda step: lr * factor ** (step // every)


def exponential(lr, decay):
    """η(t) = η · decayᵗ with 0 < decay ≤ 1, as torch's ExponentialLR."""
    _positive("lr", lr), _positive("decay", decay)
    return lambda step: lr * decay**step


def time_decay(lr, decay):
    """η(t) = η / (1 + decay · t), the `decay` argument of early Keras."""
    _positive("lr", lr)
    if not decay >= 0:
        raise ValueError(f"decay must be 0 or more, got {decay!r}")
    return lambda step: lr / (1 + decay * step)


def cosine(peak_lr, total_steps, end_lr=0.0):
    """η(t) = end + (peak − end) (1 + cos(π t / T)) / 2, and end from step T on  (Loshchilov & Hutter 2017)."""
    _positive("peak_lr", peak_lr), _at_least_one("total_steps", total_steps)
    return lambda step: end_lr + (peak_lr - end_lr) * (1 + cos(pi * min(step / total_steps, 1))) / 2


def warmup(schedule, warmup_steps):
    """Scales the first W steps of a schedule: η(t) = schedule(t) · min(1, (t + 1) / W)  (Goyal et al. 2017).

    `schedule` may be a number, which stands for a constant rate.
    """
    _at_least_one("warmup_steps", warmup_steps)
    rate = schedule if callable(schedule) else constant(schedule)
    return lambda step: rate(step) * min(1, (step + 1) / warmup_steps)


def one_cycle(peak_lr, total_steps, warmup_fraction=0.3, start_factor=25.0, end_factor=1e4):
    """Cosine up from peak/start_factor, then cosine down to peak/(start_factor · end_factor)  (Smith 2018).

    The values are those of torch's OneCycleLR, which steps from 0 to T − 1.
    """
    _positive("peak_lr", peak_lr), _at_least_one("total_steps", total_steps)
    if not 0 < warmup_fraction < 1:
        raise ValueError(f"warmup_fraction must lie between 0 and 1, got {warmup_fraction!r}")
    top, last = warmup_fraction * total_steps - 1, total_steps - 1
    start = peak_lr / start_factor
    end = start / end_factor

    def rate(step):
        if step <= top:
            return _cosine_between(start, peak_lr, step / top)
        return _cosine_between(peak_lr, end, min((step - top) / (last - top), 1))

    return rate


def _cosine_between(a, b, fraction):
    return b + (a - b) * (1 + cos(pi * fraction)) / 2


def _positive(name, value):
    if not value > 0:
        raise ValueError(f"{name} must be a number above 0, got {value!r}")


def _at_least_one(name, value):
    if not value >= 1:
        raise ValueError(f"{name} must be 1 or more, got {value!r}")
