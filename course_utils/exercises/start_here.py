"""The exercise of notebook 00, to learn how `check`, `hint` and `solution` work."""

import math

from .framework import Exercise


def updates_per_epoch(n, batch_size):
    """The number of updates in one epoch over n examples.

    Each batch of batch_size examples gives one update; the last may be smaller.
    """
    return math.ceil(n / batch_size)


QUIZZES = []

EXERCISES = [
    Exercise(
        id="first-answer",
        title="how many updates make an epoch",
        reference=updates_per_epoch,
        why="Rounding up counts the smaller batch at the end, and adds nothing where the division leaves no rest.",
        hints=(
            "An epoch shows every example once, and each batch gives one update. So: how many batches?",
            "Take 10 examples in batches of 4 and count the batches on your fingers. Then take 8 examples.",
            "Divide, then round up. The module `math` has a function that does it; look at `math.ceil`.",
        ),
        probes=((500, 32), (512, 32), (1, 32), (100, 1), (7, 7), (1000, 999), (129, 64)),
        mistakes=(
            (lambda n, batch_size: n // batch_size,
             "Whole batches are counted well, but some examples never get their turn: what becomes of those left over "
             "after the last full batch?"),
            (lambda n, batch_size: n / batch_size,
             "The size is right, but updates come in whole numbers: there is no 0.625 of an update."),
            (lambda n, batch_size: n // batch_size + 1,
             "This adds an update for the rest even when there is no rest: try 512 examples in batches of 32."),
            (lambda n, batch_size: round(n / batch_size),
             "Rounding to the nearest whole number drops a small last batch: try 129 examples in batches of 64."),
            (lambda n, batch_size: n * batch_size,
             "That grows with the batch. Larger batches mean fewer of them in an epoch."),
            (lambda n, batch_size: math.ceil(batch_size / n),
             "The division is upside down: how often does a batch fit into the examples?"),
            (lambda n, batch_size: n,
             "That is one update for each example. A batch of several examples gives one update for all of them."),
            (lambda n, batch_size: max(1, n // batch_size),
             "An epoch smaller than a batch is treated well, but a rest after full batches still gets no update."),
        ),
    ),
]
