"""The rate at every step."""

import numpy as np

from ..schedules import as_schedule, needs_losses
from .style import LINE_COLORS, LINE_STYLES, RATE_MARKERS, new_axes


def plot_schedule(schedules, n_steps, ax=None, log=False):
    """The rate at every step: of one schedule, of a list of them, or of a dict that names them.

    Drawing asks the functions for numbers and uses nothing up. A schedule that needs losses cannot be drawn beforehand.
    """
    ax = new_axes(ax)
    if not isinstance(schedules, dict):
        several = schedules if isinstance(schedules, list | tuple) else [schedules]
        schedules = {f"{_name(schedule)} {n}" if len(several) > 1 else _name(schedule): schedule
                     for n, schedule in enumerate(several, 1)}
    for n, (name, schedule) in enumerate(schedules.items()):
        if needs_losses(schedule):
            raise ValueError(f"{name} depends on losses that are not known before training; draw the mean_lr of its "
                             "runs instead")
        rate = as_schedule(schedule, name)
        ax.plot(np.arange(n_steps), [rate(step) for step in range(n_steps)], label=name, lw=1.8, ms=5,
                color=LINE_COLORS[n % len(LINE_COLORS)], ls=LINE_STYLES[n % len(LINE_STYLES)],
                marker=RATE_MARKERS[n % len(RATE_MARKERS)], markevery=(0.01 + 0.012 * n, 0.13))
    ax.set(xlabel="step", ylabel="learning rate", yscale="log" if log else "linear")
    if len(schedules) > 1:
        ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    return ax


def _name(schedule):
    """What a schedule is called: the maker's name, or the number of a constant one."""
    function = getattr(schedule, "func", schedule)
    return getattr(function, "__name__", f"{schedule}").strip("_")
