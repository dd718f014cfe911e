"""The exercise of notebook 00, to learn how `check`, `hint` and `solution` work."""

import math

from .draws import whole
from .quizzes import Option, Quiz
from .tasks import Exercise


def updates_per_epoch(n, batch_size):
    """The number of updates in one epoch over n examples.

    Each batch of batch_size examples gives one update; the last may be smaller.
    updates_per_epoch(8, 4) gives 2.
    """
    return math.ceil(n / batch_size)


def _some_epoch(rng):
    """Up to 500 batches of up to 500, the last of them full, a single example or something between."""
    size, full = whole(rng, 1, 500), whole(rng, 1, 500) - 1
    return full * size + int(rng.choice([size, 1, rng.integers(1, size + 1)])), size


QUIZZES = [
    Quiz("which-fate", "The training loss of a run falls in every epoch, evenly, and is still falling when the run "
         "ends. What would you try next?", (
        Option("A larger rate: the run crawled.",
               "Nothing shook, and there was still a way to go. Longer steps, up to a point, or more of them, would "
               "get further.",
               right=True),
        Option("A smaller rate: a loss that still falls means that the steps are too large.",
               "Too large a step shows as a loss that jumps up and down, not as one that falls evenly.",
               origin="A common belief: smaller is always safer"),
        Option("Nothing: a loss that falls evenly is the sign of the best rate.",
               "It is the sign of a rate that is not too large. It may well be too small.",
               origin="A published mistake: a check that asks only whether the loss went down"),
        Option("A larger network.",
               "Perhaps later. While the loss is still on its way down, the network has not shown what it can do."),
    )),
    Quiz("one-run", "You try rate 0.01 once and rate 0.02 once, and 0.02 gets two more points right. What do you "
         "know?", (
        Option("0.02 is the better rate.",
               "Another random start may turn it round. That is why comparisons here are repeated with many seeds.",
               origin="A published mistake: rates ranked on one seed"),
        Option("Rates hardly matter.",
               "Between these two perhaps. At the three that you have just seen, networks crawled, learned "
               "and blew up."),
        Option("Little: two points may come from the random start alone.",
               "How much a run scatters from start to start is what a difference must be compared with.", right=True),
        Option("0.02 is twice as fast.",
               "Twice the rate makes each step twice as long for the same gradient; that is not the same as twice as "
               "fast to a good network."),
    )),
    Quiz("run-twice", "You train a network, change the rate, and run only the cell that trains. The new rate does much "
         "better. What should you make sure of?", (
        Option("That the second run began with a new network, not with the one already trained.",
               "A run that goes on from trained weights has had a head start. In this course `train` always builds a "
               "fresh network; in other notebooks, look.", right=True),
        Option("Nothing: notebooks start each cell afresh.",
               "A notebook remembers everything until its kernel is restarted, networks and optimizers included.",
               origin="A published mistake: a second run that inherits the weights of the first"),
        Option("That the cells above were run twice, too.",
               "Not for its own sake. What counts is what the training cell starts from."),
        Option("That the computer was not busy with something else.",
               "That changes how long training takes, not what it learns."),
    )),
]

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
        probes=((500, 32), (512, 32), (1, 32), (100, 1), (7, 7), (1000, 999), (129, 64), (10, 4),
                (54, 10), (99, 25), (3, 10), (2, 5), (15, 5), (100, 7), (23, 8)),
        on_the_way=lambda n, batch_size: (
            f"Full batches: `{n // batch_size}`; examples left over: `{n % batch_size}`."),
        corners={"the last may be smaller": [0, 2, 5, 6, 7, 8, 9, 10, 11, 13, 14]},
        further=((1_281_167, 256), (1_281_167, 1), (60_000, 7), (999_999, 500), (10**6, 500),
                 (20_001, 20_000), (1_000_001, 500_000), (2**24 + 1, 4096), (9_000_001, 10**6),
                 (8 * 10**6, 2 * 10**6), (3, 10**7), (525, 75), (2156, 77)),
        draw=_some_epoch,
        mistakes=(
            (lambda n, batch_size: n // batch_size,
             "Whole batches are counted well, but some examples may never get their turn: what becomes of those left "
             "over after the last full batch?"),
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
            (lambda n, batch_size: batch_size // n,
             "The division is upside down, and rounded down besides: how often does a batch fit into the examples?"),
            (lambda n, batch_size: math.ceil(n / batch_size) - 1,
             "One too few, whatever is asked."),
            (lambda n, batch_size: math.ceil(n / batch_size) + 1,
             "One too many, whatever is asked."),
            (lambda n, batch_size: n // batch_size + n % batch_size,
             "Every example that is left over gets an update of its own. Together they make one last batch."),
            (lambda n, batch_size: n % batch_size,
             "That is how many examples are left over after the full batches. How many batches are there?"),
            (lambda n, batch_size: round(n / batch_size + 0.5),
             "Adding a half and rounding goes wrong where the division comes out at an odd number: 7 / 7 + 0.5 becomes "
             "2."),
            (lambda n, batch_size: divmod(n, batch_size),
             "Those are two numbers, the full batches and the examples left over. Make one number of batches of them."),
            (lambda n, batch_size: batch_size,
             "That is the size of a batch. How many batches are there?"),
            (lambda n, batch_size: 1,
             "That is one update for the whole epoch. Each batch gives one."),
            (lambda n, batch_size: n - batch_size,
             "That is what one batch leaves of the examples. How often can it be taken away?"),
            (lambda n, batch_size: n,
             "That is one update for each example. A batch of several examples gives one update for all of them."),
            (lambda n, batch_size: max(1, n // batch_size),
             "An epoch smaller than a batch is treated well, but a rest after full batches still adds no update."),
            (lambda n, batch_size: math.ceil(n / batch_size) if n >= batch_size else 0,
             "Right unless there are fewer examples than a batch holds: they still make one, and it gives an update."),
            (lambda n, batch_size: n // batch_size + (n > batch_size),
             "An update is added wherever there are more examples than a batch holds. Is there always a rest?"),
            (lambda n, batch_size: n / batch_size + 1,
             "The quotient plus one is too large, and whole only by chance. Round the quotient up, and add nothing."),
            (lambda n, batch_size: int(n / batch_size + 0.5),
             "Only a last batch of half the size or more is counted, as when a half is added and the rest cut off: try "
             "129 examples in batches of 64."),
            (lambda n, batch_size: n // batch_size if n % batch_size else n // batch_size + 1,
             "The two cases have changed places: an update is added where nothing is left over, and only there."),
            (lambda n, batch_size: math.ceil(n / batch_size) if n > batch_size else n,
             "Right unless one batch holds everything: that is one update, however few the examples are."),
        ),
    ),
]
