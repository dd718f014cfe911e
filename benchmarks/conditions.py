"""The conditions under which claims are asked again: each changes what a notebook gets, not what it says.

A notebook's own code runs, word for word. What it imports is changed beforehand: where seeds become random numbers,
where a sweep or a run is trained, and where data are made. Time is stretched with what is trained: with twice the
epochs, a schedule falls half as fast, and epoch e of the record is epoch 2 e of the training, so that the notebook's
own numbers of epochs and steps go on meaning the same part of it.
"""

import sys
from dataclasses import replace
from functools import partial, wraps
from math import ceil

import numpy as np
import torch

import course_utils.data
import course_utils.engine.networks
import course_utils.models
import course_utils.sweep
import course_utils.training
from course_utils.data import Dataset
from course_utils.schedules import cosine, needs_losses

OFFSET = 100_000  # added to every seed: no seed of the course is as large
LONGER = 2
LARGER = 4  # times the batch size


def other_seeds():
    """Every seed of networks, batches and draws is another one; data stay what they are."""
    default_rng, manual_seed = np.random.default_rng, torch.manual_seed
    torch_seed = course_utils.engine.networks.torch_seed

    def shifted_rng(seed=None):
        of_data = sys._getframe(1).f_globals["__name__"] == "course_utils.data"
        return default_rng(seed + OFFSET if isinstance(seed, int | np.integer) and not of_data else seed)

    class Shifted(torch.Generator):
        def manual_seed(self, seed):
            return super().manual_seed(seed + OFFSET)

    np.random.default_rng, torch.Generator = shifted_rng, Shifted
    torch.manual_seed = lambda seed: manual_seed(seed + OFFSET)
    course_utils.engine.networks.torch_seed = lambda seed: torch_seed(seed + OFFSET)


def twice_the_length():
    """Every sweep and run takes twice as many epochs, schedules half as fast."""
    retrain(longer=LONGER)


def larger_batches():
    """Every batch is four times as large, or all there is, at the same number of epochs."""
    retrain(larger=LARGER)


def cosine_schedule():
    """Every constant rate becomes the peak of a cosine; a score at an earlier epoch is that of a run of that length."""
    retrain(schedule=cosine)
    course_utils.sweep.Sweep.at_epoch = lambda runs, epoch: course_utils.sweep.sweep_settings(
        runs.data, runs.settings, runs.seeds, epoch, progress=False)


def other_data():
    """Blobs become digits, digits patches of photographs, patients made-up values; small networks fit themselves."""
    digits, segments = course_utils.data.load_digits, course_utils.data.load_segments
    made = course_utils.data.make_linear
    first = digits()
    smaller = Dataset("digits", first.x_train[:500], first.y_train[:500], first.x_val, first.y_val, first.x_test,
                      first.y_test)
    sizes = {(2, 3): (64, 10), (64, 10): (18, 7)}
    mlp = course_utils.models.mlp

    def fitting(n_in, *hidden_and_out, **options):
        *hidden, n_out = hidden_and_out
        n_in, n_out = sizes.get((n_in, n_out), (n_in, n_out))
        return mlp(n_in, *hidden, n_out, **options)

    course_utils.models.mlp = fitting
    course_utils.data.make_blobs = lambda *ignored, **too: smaller
    course_utils.data.load_digits = lambda *ignored, **too: segments()
    course_utils.data.load_diabetes = lambda *ignored, **too: made(242, 10)


CHANGES = {"other seeds": other_seeds, "twice the length": twice_the_length, "cosine": cosine_schedule,
           "other data": other_data, "batch × 4": larger_batches}


def retrain(longer=1, larger=1, schedule=None):
    """Change what `sweep` and `train` do with their settings; hand back what they made as if nothing had changed."""
    change = partial(changed, longer=longer, larger=larger, schedule=schedule)
    sweep_settings, train = course_utils.sweep.sweep_settings, course_utils.training.train

    @wraps(sweep_settings)
    def sweep_again(data, settings, seeds=range(30), epochs=200, *others, **options):
        settings = [{"batch_size": 32} | setting for setting in settings]
        new = [change(data, setting, epochs) for setting in settings]
        runs = sweep_settings(data, new, seeds, epochs * longer, *others, **options)
        return replace(runs, settings=settings, history=thinned(runs.history, longer), planned_epochs=epochs,
                       diverged_at=np.where(runs.diverged_at < 0, -1, runs.diverged_at * larger // longer))

    @wraps(train)
    def train_again(model, data, optimizer, lr, epochs=200, batch_size=32, **options):
        new = change(data, {"lr": lr, "batch_size": batch_size}, epochs)
        run = train(model, data, optimizer, epochs=epochs * longer, **new, **options)
        return replace(run, setting=run.setting | {"lr": lr, "batch_size": batch_size},
                       history=thinned(run.history, longer))

    course_utils.sweep.sweep_settings, course_utils.training.train = sweep_again, train_again


def changed(data, setting, epochs, longer, larger, schedule):
    """One setting with a larger batch and the schedule stretched to match, or with a schedule for its constant rate."""
    n, lr = len(data.x_train), setting["lr"]
    batch = min(setting["batch_size"] * larger, n)
    before, now = ceil(n / setting["batch_size"]), ceil(n / batch) * longer
    if callable(lr) and not needs_losses(lr) and before != now:
        lr = partial(stretched, lr, before / now)
    elif schedule and not callable(lr):
        lr = schedule(lr, epochs * before)
    return setting | {"batch_size": batch, "lr": lr}


def stretched(schedule, share, step):
    return schedule(int(step * share))


def thinned(history, longer):
    """Every so manieth epoch of the record."""
    return {name: values[..., longer - 1::longer] for name, values in history.items()}
