"""The contests of notebook 05: shapes of a schedule, each at its own tuned peak; and a decay that keeps a given sum."""

from math import ceil

import numpy as np
from scipy.optimize import brentq

from ..claims import equal_tries
from ..schedules import time_decay
from ..sweep import require_inside, sweep

__all__ = ["contest", "time_decay_with_sum"]

BATCH_SIZE = 32
STRENGTHS = -9, 9  # powers of ten between which the strength of a decay is looked for


def contest(network, data, optimizer, entries, epochs, peaks, seeds, judge):
    """Which examples each schedule gets right, each at its own best peak: {name: (peak, right (seed, example))}.

    `entries` maps names to makers, schedule = make(peak, steps); `peaks` are the same for all. A third of the `seeds`
    chooses the peak on the validation data of `data`; the others report on the test examples of `judge`.
    GridEdgeError where a best peak is the first or the last of the list.
    """
    equal_tries({name: peaks for name in entries})
    steps, n_choose = epochs * ceil(len(data.x_train) / BATCH_SIZE), len(seeds) // 3
    runs = sweep(network, data, optimizer, lr=[make(p, steps) for make in entries.values() for p in peaks],
                 seeds=seeds, epochs=epochs, batch_size=BATCH_SIZE)
    val = np.nan_to_num(runs.final("val_accuracy")).reshape(len(entries), len(peaks), -1)
    result = {}
    for n, (name, row) in enumerate(zip(entries, val[..., :n_choose].mean(axis=2), strict=True)):
        best = int(row.argmax())
        require_inside(peaks[best], peaks, of=f" (the peak) of {name!r}")
        place = n * len(peaks) + best
        result[name] = peaks[best], np.array([runs.run(place, seed).predict(judge.x_test) == judge.y_test
                                              for seed in seeds[n_choose:]])
    return result


def time_decay_with_sum(first_rate, total, n_steps):
    """The time decay from `first_rate` whose rates over `n_steps` steps add up to `total`.

    ValueError where no strength can: `total` must lie between first_rate and first_rate · n_steps.
    """
    if not first_rate < total < first_rate * n_steps:
        raise ValueError(f"total must lie between first_rate and first_rate * n_steps, {first_rate:g} and "
                         f"{first_rate * n_steps:g}, got {total:g}")
    decay = lambda power: time_decay(first_rate, 10**power)
    return decay(brentq(lambda power: sum(map(decay(power), range(n_steps))) - total, *STRENGTHS))
