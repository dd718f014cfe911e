"""Exercises and questions of notebook 05: shaping a rate, adding it up, giving it feedback, asking in time."""

import math

import numpy as np

from .framework import Exercise
from .quizzes import Option, Quiz


def warmup_cosine(step, peak_lr, warmup_steps, total_steps):
    """The rate of a step: a straight line up to peak_lr, then half a cosine to 0.

    Steps count from 0. The rate is peak_lr / warmup_steps at step 0 and
    peak_lr at step warmup_steps - 1. The cosine begins at step warmup_steps,
    once more at peak_lr, and from step total_steps on the rate is 0.
    """
    if step < warmup_steps:
        return peak_lr * (step + 1) / warmup_steps
    progress = min((step - warmup_steps) / (total_steps - warmup_steps), 1)
    return peak_lr * (1 + math.cos(math.pi * progress)) / 2


def summed_rate(schedule, n_steps):
    """The sum of the rates of the first n_steps steps.

    schedule is a function of one step, a whole number counted from 0.
    """
    return sum(schedule(step) for step in range(n_steps))


def plateau_rate(losses, lr, factor, patience):
    """The rate after the epochs whose validation losses are given, in order.

    The rate starts as lr. After more than patience epochs in a row without a
    new lowest loss it is multiplied by factor; then the waiting starts anew,
    and the lowest loss stays what it was.
    """
    lowest, waited = math.inf, 0
    for loss in losses:
        if loss < lowest:
            lowest, waited = loss, 0
        else:
            waited += 1
        if waited > patience:
            lr, waited = lr * factor, 0
    return lr


def training_rates(schedule, epochs, n_examples, batch_size):
    """The rate of every step of a training run, in order.

    schedule is a function of the step; steps count from 0 through all epochs.
    The last batch of an epoch may be smaller than batch_size.
    """
    steps = epochs * math.ceil(n_examples / batch_size)
    return [schedule(step) for step in range(steps)]


def _after_warmup(progress=None, shape=None, clip=True):
    """A mistake in the falling part: how far along it is, or its shape."""
    progress = progress or (lambda step, warm, total: (step - warm) / (total - warm))
    shape = shape or (lambda p: (1 + math.cos(math.pi * p)) / 2)

    def wrong(step, peak_lr, warmup_steps, total_steps):
        if step < warmup_steps:
            return warmup_cosine(step, peak_lr, warmup_steps, total_steps)
        p = progress(step, warmup_steps, total_steps)
        return peak_lr * shape(min(p, 1) if clip else p)
    return wrong


def _in_warmup(rise):
    """A mistake in the rising part."""
    return lambda step, peak, warm, total: (peak * rise(step, warm) if step < warm
                                            else warmup_cosine(step, peak, warm, total))


def _product(step, peak, warm, total):
    return peak * min(1, (step + 1) / warm) * (1 + math.cos(math.pi * min(step / total, 1))) / 2


def _one_too_long(step, peak, warm, total):
    return peak * (step + 1) / warm if step <= warm else warmup_cosine(step, peak, warm, total)


def _plateau(counts=lambda waited, patience: waited > patience, better=lambda loss, lowest: loss < lowest,
             reduce=lambda lr, factor: lr * factor, reset=True, forget=None, always=False):
    """A mistake in one part of the rule."""
    def wrong(losses, lr, factor, patience):
        lowest, waited = math.inf, 0
        for loss in losses:
            if better(loss, lowest):
                lowest, waited = loss, 0
            else:
                waited += 1
                lowest = loss if always else lowest
            if counts(waited, patience):
                lr = reduce(lr, factor)
                waited = 0 if reset else waited
                lowest = {None: lowest, "all": math.inf, "last": loss}[forget]
        return lr
    return wrong


def _never_patient_again(losses, lr, factor, patience):
    lowest, waited = math.inf, 0
    for loss in losses:
        waited += loss >= lowest
        lowest = min(loss, lowest)
        if waited > patience:
            lr, waited = lr * factor, 0
    return lr


def _against_the_first(losses, lr, factor, patience):
    waited = 0
    for loss in losses[1:]:
        waited = 0 if loss < losses[0] else waited + 1
        if waited > patience:
            lr, waited = lr * factor, 0
    return lr


def _rounded(attempt, step, peak_lr, warmup_steps, total_steps):
    """Use the attempt once; what rounding leaves of a cosine at its end is 0."""
    rate = attempt(step, peak_lr, warmup_steps, total_steps)
    try:
        return 0.0 if abs(rate) < 1e-6 * peak_lr else rate
    except (TypeError, ValueError):  # no number: for `check` to say
        return rate


def _per_epoch(rates):
    """A mistake made once an epoch: rates(schedule, epoch, batches) lists the rates of an epoch."""
    def wrong(schedule, epochs, n_examples, batch_size):
        batches = math.ceil(n_examples / batch_size)
        return [rate for epoch in range(epochs) for rate in rates(schedule, epoch, batches)]
    return wrong


def _with_batches(batches):
    """A mistake in the number of batches of an epoch."""
    return lambda schedule, epochs, n, size: [schedule(step) for step in range(epochs * batches(n, size))]


def _twice(schedule, epochs, n_examples, batch_size):
    step, rates = 0, []
    for _ in range(epochs):
        for _ in range(math.ceil(n_examples / batch_size)):
            rates.append(schedule(step))
            step += 1
        step += 1
    return rates


def _slow(step):
    """0.3 / (1 + 0.1 step)"""
    return 0.3 / (1 + 0.1 * step)


def _falling(step):
    """0.5 · 0.8 ** step"""
    return 0.5 * 0.8**step


def _stairs(step):
    """1.0 before step 4, then 0.1"""
    return 1.0 if step < 4 else 0.1


def _wave(step):
    """0.2 (1 + cos(step))"""
    return 0.2 * (1 + math.cos(step))


_LOSSES = (1.0, 0.9, 0.95, 0.92, 0.91, 0.93, 0.94, 0.96, 0.8, 0.85, 0.82, 0.81, 0.83, 0.84, 0.79, 0.9)
_NOISY = tuple(np.round(0.5 + 0.4 / np.arange(1, 31) ** 0.5 + 0.08 * np.sin(7.0 * np.arange(30)), 3))
_FLAT = (0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7)
_CREEPING = tuple(0.5 - 1.2e-5 * np.arange(9)) + (0.49, 0.488, 0.486, 0.485, 0.484, 0.4835)
_RISING = (0.5, 0.6, 0.55, 0.65, 0.6, 0.7, 0.65, 0.75, 0.7, 0.8, 0.75)

EXERCISES = [
    Exercise(
        id="warmup-cosine",
        title="a cosine with a warmup",
        reference=warmup_cosine,
        drive=_rounded,
        why="Two cases, and in each a fraction that runs from 0 to 1: how far the warmup is, how far the cosine is.",
        hints=(
            "There are two cases, before step warmup_steps and from there on. Write the straight line first: which "
            "value belongs to step 0, which to step warmup_steps − 1?",
            "For the cosine you need a progress that is 0 at step warmup_steps and 1 at step total_steps. "
            "How many steps lie between the two?",
            "Half a cosine is (1 + cos(π · progress)) / 2: it goes from 1 to 0 as the progress goes from 0 to 1. "
            "And beyond total_steps? Keep the progress from exceeding 1.",
        ),
        probes=((0, 0.3, 4, 20), (3, 0.3, 4, 20), (4, 0.3, 4, 20), (9, 0.3, 4, 20), (19, 0.3, 4, 20), (20, 0.3, 4, 20),
                (31, 0.3, 4, 20), (0, 0.02, 1, 11), (1, 0.02, 1, 11), (6, 0.02, 1, 11), (60, 1.5, 100, 350),
                (99, 1.5, 100, 350), (100, 1.5, 100, 350), (225, 1.5, 100, 350), (700, 1.5, 100, 350)),
        mistakes=(
            (_in_warmup(lambda step, warm: step / warm),
             "The warmup starts at rate 0, so that the first step does nothing and the peak comes one step late: "
             "which rate belongs to step 0?"),
            (_product,
             "That multiplies a cosine over all the steps by the warmup, as the package's `warmup(cosine(…), …)` does: "
             "a fair choice, but the peak is then never quite reached. Here the cosine begins where the warmup ends."),
            (_after_warmup(lambda step, warm, total: step / total),
             "At the end of the warmup the rate jumps: the cosine should be at its very beginning there. Count its "
             "progress from step warmup_steps."),
            (_after_warmup(lambda step, warm, total: (step - warm) / total),
             "The cosine begins at the right place, but does not get down to 0 by step total_steps: it has fewer than "
             "total_steps steps for its way."),
            (_after_warmup(lambda step, warm, total: (step - warm) / (total - warm - 1)),
             "Here the rate is 0 one step too early. Progress 1 belongs to step total_steps."),
            (_after_warmup(clip=False),
             "After step total_steps the cosine comes up again. Keep the progress from exceeding 1."),
            (_after_warmup(shape=lambda p: 1 + math.cos(math.pi * p)),
             "The cosine part is twice too large: 1 + cos goes from 2 to 0."),
            (_after_warmup(shape=lambda p: (1 + math.cos(p)) / 2),
             "A cosine falls from 1 to −1 while its argument goes from 0 to π: multiply the progress by π."),
            (_after_warmup(shape=lambda p: math.cos(math.pi * p / 2)),
             "That is a quarter of a cosine, which ends in a steep fall. Half a cosine, lifted and halved, is flat at "
             "both ends."),
            (_after_warmup(shape=lambda p: (1 + math.cos(180 * p)) / 2),
             "`math.cos` counts angles in radians: half a turn is π, not 180."),
            (_after_warmup(shape=lambda p: (1 - math.cos(math.pi * p)) / 2),
             "Upside down: after the warmup the rate should fall, and this rises."),
            (_after_warmup(shape=lambda p: 1 - p),
             "That falls in a straight line. Asked for is half a cosine."),
            (_after_warmup(shape=lambda p: 1.0),
             "After the warmup the rate should fall. Here it stays at its peak."),
            (_after_warmup(shape=lambda p: math.cos(math.pi * p)),
             "A bare cosine goes down to −1, and a rate below 0 climbs the loss. Lift it and halve it."),
            (_after_warmup(lambda step, warm, total: (step - warm) // (total - warm)),
             "`//` rounds the progress down to 0 until the very end. Divide with `/`."),
            (_one_too_long,
             "The warmup takes one step too many and overshoots the peak: step warmup_steps belongs to the cosine."),
            (lambda step, peak, warm, total: warmup_cosine(step, 1.0, warm, total),
             "That is the share of the peak. Multiply by peak_lr."),
            (lambda step, peak, warm, total: warmup_cosine(max(step, warm), peak, warm, total),
             "The warmup is missing: before step warmup_steps the rate should rise."),
        ),
    ),
    Exercise(
        id="summed-rate",
        title="the summed rate of a schedule",
        reference=summed_rate,
        why="A schedule is a function, so its sum needs no training: it can be known before the first step.",
        hints=(
            "Ask the schedule for its rate at each step and add the answers up.",
            "Which steps are the first n_steps, if they count from 0? `range(n_steps)` knows.",
            "A schedule takes one step at a time: `sum(schedule(step) for step in …)`.",
        ),
        probes=((_slow, 7), (_falling, 12), (_stairs, 9), (_wave, 5), (_slow, 1), (_stairs, 3), (_falling, 0)),
        mistakes=(
            (lambda schedule, n: sum(schedule(step) for step in range(1, n + 1)),
             "The steps count from 0: this leaves out the first rate and adds one that is not used."),
            (lambda schedule, n: sum(schedule(step) for step in range(n + 1)),
             "One rate too many: n_steps steps counted from 0 end at n_steps − 1."),
            (lambda schedule, n: sum(schedule(step) for step in range(1, n)),
             "The first step, step 0, is left out."),
            (lambda schedule, n: sum(schedule(step) for step in range(n - 1)),
             "The last step is left out: `range(n)` already ends at n − 1."),
            (lambda schedule, n: sum(schedule(step) for step in range(n)) / n if n else 0.0,
             "That is the mean rate. The sum also knows how long the training was."),
            (lambda schedule, n: n * schedule(0),
             "That would be so if the rate stayed as it began. Ask the schedule at every step."),
            (lambda schedule, n: n * schedule(max(n - 1, 0)),
             "The last rate is counted for every step here. Ask the schedule at every step."),
            (lambda schedule, n: n * schedule(n),
             "The rate after the last step is counted for every step here. Ask the schedule anew at each step."),
            (lambda schedule, n: n * (schedule(0) + schedule(max(n - 1, 0))) / 2,
             "The mean of the first and the last rate is the mean of all only on a straight line."),
            (lambda schedule, n: sum(step * schedule(step) for step in range(n)),
             "Here each rate is multiplied by its step. The rates alone are to be added."),
            (lambda schedule, n: sum(schedule(step) ** 2 for step in range(n)),
             "Those are squares: they belong to the noise. The distance is a matter of the plain sum."),
            (lambda schedule, n: sum((schedule(step) + schedule(step + 1)) / 2 for step in range(n)),
             "A trapezoid rule suits a smooth curve. Training takes whole steps, each at the rate of its own step."),
            (lambda schedule, n: math.prod(schedule(step) for step in range(n)),
             "That multiplies the rates. They are to be added."),
            (lambda schedule, n: np.cumsum([schedule(step) for step in range(n)]),
             "Those are the sums after each step. Asked for is the last of them, a single number."),
            (lambda schedule, n: [schedule(step) for step in range(n)],
             "Those are the rates. Add them up."),
            (lambda schedule, n: float(np.sum(schedule(np.arange(n)))),
             "A schedule is asked for one step, a whole number. Not every schedule can take an array of them: it may "
             "hold an `if` or a `math.cos`."),
        ),
    ),
    Exercise(
        id="plateau-rate",
        title="a rate that listens to the losses",
        reference=plateau_rate,
        why="The rule has a memory, but the function has none: it reads the whole history of losses each time.",
        hints=(
            "Walk through the losses in order and keep two numbers on the way: the lowest loss so far, and for how "
            "many epochs it has not been beaten.",
            "A loss below the lowest sets the waiting back to 0; any other loss adds 1 to it. Is an equal loss a new "
            "lowest one?",
            "When the waiting is *more than* patience, multiply the rate and set the waiting back to 0. Do not touch "
            "the lowest loss.",
        ),
        probes=((_LOSSES, 0.1, 0.5, 2), (_LOSSES, 0.1, 0.1, 5), (_NOISY, 0.3, 0.5, 1), (_NOISY, 0.3, 0.2, 3),
                (_FLAT, 1.0, 0.5, 2), (_RISING, 0.4, 0.5, 3), (_RISING[::-1], 0.4, 0.5, 0), (_LOSSES, 0.2, 0.3, 0),
                ((), 0.05, 0.1, 2), (_NOISY, 0.01, 0.1, 12), (_CREEPING, 0.1, 0.5, 2)),
        mistakes=(
            (_plateau(counts=lambda waited, patience: waited >= patience),
             "It reduces one epoch too early: *more than* patience epochs must pass. (Keras counts as you do, PyTorch "
             "as asked here.)"),
            (_plateau(counts=lambda waited, patience: waited == patience),
             "At `waited == patience` it is one epoch too early, and with a patience of 0 it never happens: the rate "
             "falls when the waiting is *more than* patience."),
            (_plateau(always=True),
             "Each loss is compared with the one before it. Compare with the lowest so far."),
            (_plateau(reset=False),
             "After a reduction the waiting must start anew. Here every further bad epoch reduces again."),
            (_plateau(forget="all"),
             "After a reduction the lowest loss is forgotten, so that any loss counts as progress. It stays."),
            (_plateau(forget="last"),
             "After a reduction the present loss takes the place of the lowest one. The lowest loss stays."),
            (_never_patient_again,
             "The bad epochs are counted altogether. Only those in a row count: a new lowest loss sets the waiting "
             "back to 0."),
            (_plateau(better=lambda loss, lowest: loss <= lowest),
             "An equal loss is no progress: on a perfectly flat curve this would wait for ever."),
            (_plateau(better=lambda loss, lowest: loss < lowest * (1 - 1e-4)),
             "A loss must be lower by a margin here, as in PyTorch unless `threshold=0`. In this exercise any lower "
             "loss is a new lowest one."),
            (_plateau(reduce=lambda lr, factor: lr / factor),
             "The rate goes up: multiply by factor, do not divide."),
            (_plateau(reduce=lambda lr, factor: lr - factor),
             "The factor is subtracted here, which can even make the rate negative. Multiply."),
            (lambda losses, lr, factor, patience:
             lr * factor if losses and len(losses) - 1 - int(np.argmin(losses)) > patience else lr,
             "That sees one plateau at most, the one at the end. Earlier ones have reduced the rate, too."),
            (lambda losses, lr, factor, patience:
             lr * factor if plateau_rate(losses, lr, factor, patience) != lr else lr,
             "Every plateau reduces the rate again, not the first one only."),
            (_against_the_first,
             "Every loss is compared with the first one. Compare with the lowest so far."),
            (lambda losses, lr, factor, patience: lr * factor ** (len(losses) // (patience + 1)),
             "That reduces at fixed times, whatever the losses are. Look at the losses."),
            (_plateau(better=lambda loss, lowest: loss > lowest or lowest == math.inf),
             "Here a higher loss counts as progress. That suits an accuracy; a loss should fall."),
            (lambda losses, lr, factor, patience: [plateau_rate(losses[:n], lr, factor, patience)
                                                   for n in range(1, len(losses) + 1)],
             "Those are the rates after each epoch. Asked for is the last of them, a single number."),
            (_plateau(counts=lambda waited, patience: waited > patience + 1),
             "It waits one epoch too long: reduce as soon as the waiting is more than patience."),
        ),
    ),
    Exercise(
        id="training-rates",
        title="the rate of every step",
        reference=training_rates,
        why="One counter runs through all epochs; nobody has to remember to step anything.",
        hints=(
            "How many batches does an epoch have if the last one may be smaller? And the whole training?",
            "A schedule is a function of the step, and the steps count on from epoch to epoch.",
            "Count one step for each batch, in one counter that is never set back, and ask `schedule(step)` for each.",
        ),
        probes=((_slow, 3, 500, 120), (_falling, 2, 100, 25), (_stairs, 4, 7, 3), (_wave, 1, 10, 4), (_slow, 2, 5, 8),
                (_falling, 5, 33, 32)),
        mistakes=(
            (_per_epoch(lambda schedule, epoch, batches: [schedule(epoch)] * batches),
             "The schedule is asked for the epoch here, so that it runs through only a small part of its course. It "
             "is a function of the step."),
            (_per_epoch(lambda schedule, epoch, batches: [schedule(batch) for batch in range(batches)]),
             "Every epoch starts the schedule again from step 0. The steps count on through all epochs."),
            (_per_epoch(lambda schedule, epoch, batches: [schedule(epoch * batches)] * batches),
             "The rate is looked up at the first step of an epoch and then held. Ask at every step."),
            (_per_epoch(lambda schedule, epoch, batches: [schedule(epoch * batches + batch + 1)
                                                          for batch in range(batches)]),
             "The counter goes up before the rate is asked for, so that the rate of step 0 is never used."),
            (_per_epoch(lambda schedule, epoch, batches: [schedule(epoch)]),
             "That is one rate for each epoch. An epoch has many steps, and each has its own rate."),
            (_per_epoch(lambda schedule, epoch, batches: [schedule(epoch * batches)]),
             "These are the rates at the beginning of each epoch. Asked for are those of all the steps."),
            (_per_epoch(lambda schedule, epoch, batches: [[schedule(epoch * batches + b) for b in range(batches)]]),
             "The rates are right, but packed epoch by epoch. Asked for is one list for the whole training."),
            (_per_epoch(lambda schedule, epoch, batches: [schedule(0)] * batches),
             "The counter never moves, so that all steps have the rate of step 0."),
            (_with_batches(lambda n, size: n // size),
             "The smaller batch at the end of an epoch is a step, too: round up, not down."),
            (_with_batches(lambda n, size: n // size + 1),
             "Where the batches come out even, this counts one too many. `math.ceil` rounds up only where it must."),
            (_with_batches(lambda n, size: n),
             "That takes a step for every example. A step uses a whole batch."),
            (lambda schedule, epochs, n, size: training_rates(schedule, 1, n, size),
             "Those are the steps of the first epoch only."),
            (lambda schedule, epochs, n, size: [schedule(step) for step in range(math.ceil(epochs * n / size))],
             "Here a batch may reach across the end of an epoch. Each epoch ends with a batch of its own."),
            (_twice,
             "The counter moves once more at the end of every epoch, so that a step is skipped there."),
            (_per_epoch(lambda schedule, epoch, batches: [schedule(epoch * b) for b in range(batches)]),
             "Epoch times batch is no counter. The step is epoch times the *number* of batches, plus the batch."),
            (lambda schedule, epochs, n, size: len(training_rates(schedule, epochs, n, size)),
             "That is the number of steps. Asked for are their rates."),
        ),
    ),
]

QUIZZES = [
    Quiz("used-up-scheduler", "Before a run of 1,000 steps, a helper draws a `StepLR` scheduler: it calls "
         "`scheduler.step()` 1,000 times and plots the rates it sees. Then training goes on with the same scheduler "
         "and its optimizer. Which rates does the training use?", (
        Option("Those of the plot: drawing a curve changes nothing.",
               "Drawing does not, stepping does. The scheduler writes each new rate into the optimizer.",
               origin="A published mistake: a plotting helper that steps the scheduler which it draws"),
        Option("The last rate of the plot and smaller ones, from the first step on.",
               "The scheduler stands at step 1,000 and goes on from there. A pure function of the step cannot be used "
               "up.", right=True),
        Option("The first rate throughout, since the scheduler is finished.",
               "A finished scheduler does not go back to its start. Some stop with an error, and this one just goes "
               "on."),
        Option("Those of the plot, but backwards.",
               "A cosine scheduler does something like it, as it comes up again. A staircase only goes down."),
    )),
    Quiz("why-decay-fails", "Base rate 0.01, 3,200 steps. With the time decay 0.1 a network ends at a test accuracy of "
         "about .68, with 0.001 at about .83. What is the most direct reason?", (
        Option("The strong decay makes the noise of the batches larger.",
               "The other way round: the smaller the rate, the less noise. Too little noise was not the trouble."),
        Option("The strong decay ends in a poor minimum, from which small steps cannot escape.",
               "It has not come to any minimum. Its weights are about where a constant rate with the same sum of rates "
               "would be."),
        Option("The strong decay makes the network learn its training data by heart.",
               "Its training loss is the higher one, too: it has learned too little, not too much."),
        Option("The rates of the strong decay add up to too little: the weights have not got far.",
               "0.58 against 14 in summed rate. As long as the sum is small, what is learned follows it, whatever the "
               "shape.",
               right=True),
    )),
    Quiz("plateau-watches", "`ReduceLROnPlateau` needs a loss to watch. Which one, and why?", (
        Option("The validation loss: then the test data take no part in any decision.",
               "The schedule is a decision like any other. What decides may not also judge.", right=True),
        Option("The test loss: that is the number which the result will be judged by.",
               "Then the test data steer the training, and the score flatters itself.",
               origin="A published mistake: test data used to drive ReduceLROnPlateau"),
        Option("The loss of the latest batch: it is free and always up to date.",
               "It jumps from batch to batch, and a lucky batch sets a record that no epoch beats."),
        Option("The learning rate itself, so that it falls evenly.",
               "That would be no feedback at all. An even fall is what the other schedules are for."),
    )),
    Quiz("what-warmup-is-for", "Training at peak rate 0.2 works well. A colleague adds a warmup over the first quarter "
         "of the steps and changes nothing else. What should you expect?", (
        Option("A clearly better result: warmup always helps.",
               "Measured here, at a peak that was tuned it changed little or nothing."),
        Option("A worse result: every step at a lower rate is a step lost.",
               "That is what happens at peaks that are too small. At a good peak a little less summed rate hardly "
               "matters."),
        Option("About the same result, and a higher peak may now work that failed before.",
               "Warmup protects the start. What it saves is large peaks, not well-tuned ones.", right=True),
        Option("The same weights: only the order of the rates has changed.",
               "The order was not changed, the first rates were. And the order matters where rates are large."),
    )),
    Quiz("stepped-once-an-epoch", "A cosine is built for all 3,200 steps of a run, but asked for a new rate once an "
         "epoch, 200 times in all. What happens?", (
        Option("Nothing much: the curve is the same, only coarser.",
               "It would be, if it were asked for every sixteenth step. It is asked for the steps 0 to 199.",
               origin="A published mistake: a scheduler stepped in the wrong place"),
        Option("The rate stays near its peak until the end: only a sixteenth of the cosine is ever used.",
               "So the calm end, which was the point of it, never comes.", right=True),
        Option("The rate falls sixteen times too fast.",
               "That is the other mistake: a schedule meant for epochs, stepped for every batch."),
        Option("PyTorch notices and stops with an error.",
               "It cannot know what you meant. Too few steps are no error; draw the rates that training really used."),
    )),
]
