"""The rate at every step."""

from collections.abc import Mapping
from numbers import Real

import numpy as np

from ..names import labels
from ..schedules import as_schedule, needs_losses
from .checks import as_families, as_whole, came
from .style import LINE_COLORS, LINE_STYLES, RATE_MARKERS, legend_beside, new_axes


def plot_schedule(schedules, n_steps, ax=None, log=False):
    """The rate at every step: of one schedule, of a list of them, or of a dict that names them.

    Drawing asks the functions for numbers and uses nothing up. A schedule that needs losses cannot be drawn beforehand.
    """
    n_steps, rates = as_whole(n_steps, "n_steps"), {}
    for name, schedule in _named(schedules).items():
        rates[name] = _rates(as_schedule(schedule, name), name, n_steps)
    ax = new_axes(ax)
    for n, (name, rate) in enumerate(rates.items()):
        ax.plot(np.arange(n_steps), rate, label=name, lw=1.8, ms=5, marker=RATE_MARKERS[n % len(RATE_MARKERS)],
                color=LINE_COLORS[n % len(LINE_COLORS)], ls=LINE_STYLES[n % len(LINE_STYLES)],
                markevery=(0.01 + 0.012 * n, 0.13))
    ax.set(xlabel="step", ylabel="learning rate", yscale="log" if log else "linear")
    if len(rates) > 1:
        legend_beside(ax)
    return ax


def _named(schedules):
    """{name: schedule} of one schedule, of a list, or of a dict."""
    if isinstance(schedules, Mapping):
        return dict(as_families(schedules, "schedules", "schedules"))
    several = list(schedules) if isinstance(schedules, list | tuple | np.ndarray) else [schedules]
    if not several:
        raise ValueError("schedules must be a schedule, a list or a dict of them, at least one, got an empty list")
    for schedule in several:
        if not callable(schedule) and not isinstance(schedule, Real):
            raise TypeError(f"schedules must be functions of the step or numbers, got {came(schedule)}")
    return dict(zip(labels(several), several, strict=True))


def _rates(schedule, name, n_steps):
    """The rate at each step, or an error that says at which there is none."""
    if needs_losses(schedule):
        raise ValueError(f"{name} depends on losses that are not known before training; draw the mean_lr of its "
                         "runs instead")
    rates = []
    for step in range(n_steps):
        try:
            rates.append(float(schedule(step)))
        except Exception as error:
            raise ValueError(f"{name} must give a rate for every step from 0, but at step {step} there was a "
                             f"{type(error).__name__}: {error}") from error
    return rates
