"""Exercises and questions of notebook 05: shaping a rate, adding it up, giving it feedback, asking in time."""

import math
from dataclasses import dataclass

import numpy as np

from .draws import scale, whole
from .quizzes import Option, Quiz
from .tasks import Exercise


def warmup_cosine(step, peak_lr, warmup_steps, total_steps):
    """The rate of a step: a straight line up to peak_lr, then half a cosine to 0.

    Steps count from 0, and 1 <= warmup_steps <= total_steps. The rate is
    peak_lr / warmup_steps at step 0 and peak_lr at step warmup_steps - 1. The
    cosine begins at step warmup_steps, once more at peak_lr, and from step
    total_steps on the rate is 0, even if the warmup takes all the steps.
    warmup_cosine(0, 0.8, 4, 10) gives 0.2.
    """
    if step >= total_steps:
        return 0.0
    if step < warmup_steps:
        return peak_lr * (step + 1) / warmup_steps
    progress = (step - warmup_steps) / (total_steps - warmup_steps)
    return peak_lr * (1 + math.cos(math.pi * progress)) / 2


def summed_rate(schedule, n_steps):
    """The sum of the rates of the first n_steps steps.

    schedule is a function of one step, a whole number counted from 0.
    summed_rate(lambda step: 2.0, 3) gives 6.0; no steps sum to 0.
    """
    return sum(schedule(step) for step in range(n_steps))


def plateau_rate(losses, lr, factor, patience):
    """The rate after the epochs whose validation losses are given, in order.

    losses is a list; before the first epoch it is empty, and the rate is lr.
    After more than patience epochs in a row without a new lowest loss the rate
    is multiplied by factor; then the waiting starts anew, and the lowest loss
    stays what it was. An equal loss is no new lowest one.
    plateau_rate([5, 4, 4.5, 3], 0.1, 0.5, 2) gives 0.1.
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
    Each epoch goes through the examples anew, and its last batch may be smaller
    than batch_size. training_rates(lambda step: 10 - step, 1, 6, 2) gives
    [10, 9, 8].
    """
    steps = epochs * math.ceil(n_examples / batch_size)
    return [schedule(step) for step in range(steps)]


def _after_warmup(progress=None, shape=None, clip=True, stops=False):
    """A mistake in the falling part: how far along it is, or its shape."""
    progress = progress or (lambda step, warm, total: (step - warm) / (total - warm))
    shape = shape or (lambda p: (1 + math.cos(math.pi * p)) / 2)

    def wrong(step, peak_lr, warmup_steps, total_steps):
        if step < warmup_steps or stops and step >= total_steps:
            return warmup_cosine(step, peak_lr, warmup_steps, total_steps)
        p = progress(step, warmup_steps, total_steps)
        return peak_lr * shape(min(p, 1) if clip else p)
    return wrong


def _both_ways(wrong, sentence):
    """The same mistake after the warmup by those who keep the progress at 1, and by those who give 0 at the end."""
    return ((_after_warmup(**wrong), sentence),
            (_after_warmup(**wrong, stops=True),
             f"{sentence} (From step total_steps on the rate is 0, as it should be.)"))


def _no_room(step, peak, warm, total):
    """Right, but for a division by 0 where the warmup takes all the steps."""
    return (peak * (step + 1) / warm if step < warm
            else peak * (1 + math.cos(math.pi * min((step - warm) / (total - warm), 1))) / 2)


def _no_room_at_the_end(step, peak, warm, total):
    return 0.0 if step > total else _no_room(step, peak, warm, total)


def _divides_first(asks_for_the_end):
    def wrong(step, peak, warm, total):
        if asks_for_the_end and step >= total:
            return 0.0
        progress = (step - warm) / (total - warm)
        return 0.0 if progress >= 1 else _no_room(step, peak, warm, total)
    return wrong


def _shifted(by):
    return lambda step, peak, warm, total: warmup_cosine(step + by, peak, warm, total) if step + by >= 0 else 0.0


def _in_warmup(rise):
    """A mistake in the rising part."""
    return lambda step, peak, warm, total: (peak * rise(step, warm) if step < warm
                                            else warmup_cosine(step, peak, warm, total))


def _to_the_end(rise):
    """A mistake in the rising part of those who look at the end first."""
    return lambda step, peak, warm, total: 0.0 if step >= total else _in_warmup(rise)(step, peak, warm, total)


def _product(step, peak, warm, total):
    return peak * min(1, (step + 1) / warm) * (1 + math.cos(math.pi * min(step / total, 1))) / 2


def _one_too_long(step, peak, warm, total):
    return peak * (step + 1) / warm if step <= warm < total else warmup_cosine(step, peak, warm, total)


def _one_too_short(step, peak, warm, total):
    if step < warm - 1 or step >= total:
        return warmup_cosine(step, peak, warm, total)
    return peak * (1 + math.cos(math.pi * (step - warm) / (total - warm))) / 2


def _plateau(counts=lambda waited, patience: waited > patience, better=lambda loss, lowest: loss < lowest,
             reduce=lambda lr, factor: lr * factor, reset=True, forget=None, always=False, start=math.inf, back=False):
    """A mistake in one part of the rule."""
    def wrong(losses, lr, factor, patience):
        lowest, waited = start, 0
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
            waited = 0 if back else waited
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


def _asked_in_the_else(losses, lr, factor, patience):
    """The waiting is asked about in the `else`, before the present epoch is added to it."""
    lowest, waited = math.inf, 0
    for loss in losses:
        if loss < lowest:
            lowest, waited = loss, 0
        else:
            if waited > patience:
                lr, waited = lr * factor, 0
            waited += 1
    return lr


def _late(losses, lr, factor, patience):
    """The waiting is asked about first, and where it is over, the loss of that epoch is passed by."""
    lowest, waited = math.inf, 0
    for loss in losses:
        if waited > patience:
            lr, waited = lr * factor, 0
        elif loss < lowest:
            lowest, waited = loss, 0
        else:
            waited += 1
    return lr


def _anew(losses, lr, factor, patience, begin):
    """After a reduction the waiting goes on from `begin`."""
    lowest, waited = math.inf, 0
    for loss in losses:
        lowest, waited = (loss, 0) if loss < lowest else (lowest, waited + 1)
        if waited > patience:
            lr, waited = lr * factor, begin
    return lr


def _counted_always(losses, lr, factor, patience, asked_first):
    """Every epoch adds to the waiting, a new lowest one as well."""
    lowest, waited = math.inf, 0
    for loss in losses:
        better = loss < lowest
        lowest = min(loss, lowest)
        waited = 1 if better and not asked_first else waited + 1
        if waited > patience:
            lr, waited = lr * factor, 0
        waited = 0 if better and asked_first else waited
    return lr


def _first_waits(losses, lr, factor, patience):
    return _plateau(start=losses[0])(losses, lr, factor, patience) if losses else lr


def _from_the_last_lowest(losses, lr, factor, patience):
    return lr * factor ** ((len(losses) - 1 - int(np.argmin(losses))) // (patience + 1)) if losses else lr


def _against_the_first(losses, lr, factor, patience):
    waited = 0
    for loss in losses[1:]:
        waited = 0 if loss < losses[0] else waited + 1
        if waited > patience:
            lr, waited = lr * factor, 0
    return lr


def _way_to_the_rate(step, peak_lr, warmup_steps, total_steps):
    if step >= total_steps:
        return "From step total_steps on the rate is 0."
    if step < warmup_steps:
        return f"This is step {step + 1} of the {warmup_steps} on the straight line."
    return f"This is on the cosine, {step - warmup_steps} of {total_steps - warmup_steps} steps after its beginning."


def _way_to_the_sum(schedule, n_steps):
    rates = ", ".join(f"`{schedule(step):.3g}`" for step in range(n_steps if n_steps <= 12 else 3))
    return f"The rates {'are' if n_steps <= 12 else 'begin with'} {rates}." if rates else ""


def _way_down(losses, lr, factor, patience):
    falls = [n - 1 for n in range(1, len(losses) + 1) if plateau_rate(losses[:n], lr, factor, patience)
             != plateau_rate(losses[:n - 1], lr, factor, patience)]
    if not falls:
        return "The rate never falls there."
    return f"The rate falls there at the loss{'es' * (len(falls) > 1)} {', '.join(map(str, falls))}, counted from 0."


def _falls_of_yours(got, losses, lr, factor, patience):
    """How often the rate has fallen to what was given."""
    falls = math.log(got / lr) / math.log(factor) if got > 0 else math.nan
    if math.isnan(falls) or abs(falls - round(falls)) > 1e-6 or falls < -0.5:
        return ""
    times = {0: "never", 1: "once", 2: "twice"}.get(round(falls), f"{round(falls)} times")
    return f"Yours has {times} fallen." if times == "never" else f"Yours is as if it had fallen {times}."


def _rate_that_differs(got, schedule, n_steps):
    """By the rate of which step a sum is off."""
    off = got - summed_rate(schedule, n_steps)
    steps = [step for step in range(n_steps) if math.isclose(abs(off), schedule(step), rel_tol=1e-6)]
    return f"Yours is too {'large' if off > 0 else 'small'} by as much as the rate of step {steps[0]}." if steps else ""


def _way_through(schedule, epochs, n_examples, batch_size):
    batches = math.ceil(n_examples / batch_size)
    return f"Epochs: {epochs}; batches in each: {batches}; steps in all: {epochs * batches}."


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


def _table(step):
    """(0.1, 0.3, 0.4, 0.2, 0.05, 0.01)[step]"""
    return (0.1, 0.3, 0.4, 0.2, 0.05, 0.01)[step]


def _cycle(step):
    """0.2 · |(step + 2) % 4 − 2|"""
    return 0.2 * abs((step + 2) % 4 - 2)


def _until_zero(rates):
    """The rates before the first that is 0."""
    rates = list(rates)
    return rates[:rates.index(0.0)] if 0.0 in rates else rates


def _long(step):
    """(7 * step % 11) / 4"""
    return (7 * step % 11) / 4


@dataclass(frozen=True)
class _Listed:
    """A schedule that looks its rates up, and knows none but these."""

    rates: tuple

    def __call__(self, step):
        return self.rates[step]

    def __repr__(self):
        return f"({', '.join(f'{rate:g}' for rate in self.rates[:12])}{', …' * (len(self.rates) > 12)})[step]"


def _some_listed(rng, n):
    """A schedule of n rates, whole numbers times a power of two, with zeros and equal ones, of both signs."""
    steps = rng.integers(rng.choice([-9, 0, 1]), 10, n)
    return _Listed(tuple((steps if rng.random() < 0.3 else steps * 2.0 ** rng.integers(-12, 3)).tolist()))


def _some_step(rng):
    """A step at one of the joints of a schedule of up to 2,000 steps, anywhere in it, or after its end."""
    total = whole(rng, 1, 2000)
    warm = rng.choice([1, whole(rng, 1, total), max(total - whole(rng, 1, total), 1), max(total // 2, 1), total])
    late = total - math.ceil((total - warm) / 12)  # nearer to the end a rate in float32 has too few digits
    step = rng.choice([0, warm // 2, warm - 1, warm, warm + 1, rng.integers(late + 1), late, total, total + warm])
    return int(min(step, late) if step < total else step), scale(rng, 1e-5, 100), int(warm), total


def _some_sum(rng):
    """Up to 300 steps of a schedule that knows just so many."""
    n = whole(rng, 1, 300)
    return _some_listed(rng, n), n


def _some_plateau(rng):
    """Up to 300 losses, in many sizes, often equal or negative, sometimes infinite, and a patience up to 20."""
    n, rough = whole(rng, 1, 300), rng.choice([0, 1, 3])
    wandering = np.round(rough * rng.normal(size=n) - rng.normal(size=n).cumsum())
    losses = (wandering if rough else rng.integers(-3, 4, n)) * rng.choice([-1, 1]) + rng.choice([-50, 0, 50])
    losses = (losses * 2.0 ** rng.integers(-40, 40)).tolist() if rng.random() < 0.7 else losses.astype(int).tolist()
    if rng.random() < 0.3:
        losses[n // 2:] = [float(rng.choice([loss, -math.inf, math.inf])) for loss in losses[n // 2:]]
        losses[0] = min(losses[0], 100.0)  # whether inf is a lowest loss is not said
    factors = [0.1, 0.5, 0.7] if n < 12 else [0.9375, 0.96875]  # so that what is left can be told from 0
    return losses, scale(rng, 1e-4, 10), float(rng.choice(factors)), whole(rng, 1, 21) - 1


def _some_training(rng):
    """Up to 8 epochs of up to 300 examples, with a schedule that knows just so many steps as there are."""
    n, epochs = whole(rng, 1, 300), whole(rng, 1, 8)
    size = int(rng.choice([1, 2, whole(rng, 1, n), max(n // 2, 1), max(n - 1, 1), n, n + 1, 4 * n]))
    return _some_listed(rng, epochs * math.ceil(n / size)), epochs, n, size


_LOSSES = [1.0, 0.9, 0.95, 0.92, 0.91, 0.93, 0.94, 0.96, 0.8, 0.85, 0.82, 0.81, 0.83, 0.84, 0.79, 0.9]
_NOISY = np.round(0.5 + 0.4 / np.arange(1, 31) ** 0.5 + 0.08 * np.sin(7.0 * np.arange(30)), 3).tolist()
_FLAT = [0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7]
_CREEPING = (0.5 - 1.2e-5 * np.arange(9)).tolist() + [0.49, 0.488, 0.486, 0.485, 0.484, 0.4835]
_RISING = [0.5, 0.6, 0.55, 0.65, 0.6, 0.7, 0.65, 0.75, 0.7, 0.8, 0.75]
_EQUALLED = [0.9, 0.8, 0.85, 0.8, 0.83, 0.8, 0.7, 0.7, 0.7, 0.75, 0.7]
_LARGE = [9.0, 7.0, 8.0, 7.5, 7.2, 6.0, 6.5, 6.2, 5.0]  # never below 1
_TINY = [5e-12, 4e-12, 3e-12, 2e-12, 2.5e-12, 1e-12, 1.1e-12, 0.9e-12]
_HARDLY = (0.5 - 1e-12 * np.arange(6)).tolist()
_HUGE = [5e300, 4e300, 3e300, 3.5e300, 2e300, 1e300]

EXERCISES = [
    Exercise(
        id="warmup-cosine",
        title="a cosine with a warmup",
        reference=warmup_cosine,
        on_the_way=_way_to_the_rate,
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
                (99, 1.5, 100, 350), (100, 1.5, 100, 350), (225, 1.5, 100, 350), (700, 1.5, 100, 350),
                (1, 0.3, 3, 3), (2, 0.3, 3, 3), (3, 0.3, 3, 3), (7, 0.3, 3, 3), (2, 2.0, 4, 12), (4, 0.3, 4, 5)),
        corners={"total_steps on the rate is 0": [5, 6, 14, 17, 18],
                 "the warmup takes all the steps": [15, 16, 17, 18]},
        further=((9, 1e-5, 4, 10), (5, 1, 10, 50), (499, 2e-5, 1000, 9000), (1000, 0.1, 1000, 9000),
                 (5000, 0.1, 1000, 9000),
                 (70_000, 30.0, 5000, 100_000), (10**7, 0.3, 4, 20), (10**6, 0.3, 10**6, 10**6), (0, 0.3, 1, 1),
                 (1, 0.3, 1, 1), (1, 0.3, 1, 2)),
        draw=_some_step,
        mistakes=(
            (_in_warmup(lambda step, warm: step / warm),
             "The warmup starts at rate 0, so that the first step does nothing and all of the warmup is one step late: "
             "which rate belongs to step 0?"),
            (_no_room,
             "Right unless the warmup takes all the steps: then total_steps − warmup_steps is 0, and from step "
             "total_steps on the rate should be 0 all the same. Ask for that case first."),
            (_no_room_at_the_end,
             "Right unless the warmup takes all the steps: then total_steps − warmup_steps is 0, and step total_steps "
             "itself still divides by it. From that step on, not only after it, the rate should be 0."),
            (_divides_first(False),
             "Right unless the warmup takes all the steps: then total_steps − warmup_steps is 0, and you divide by it "
             "at every step. Divide only between warmup_steps and total_steps."),
            (_divides_first(True),
             "Right unless the warmup takes all the steps: then total_steps − warmup_steps is 0, and you divide by it "
             "during the warmup. Divide only after it."),
            (lambda step, peak, warm, total: 0.0 if step == total - 1 else warmup_cosine(step, peak, warm, total),
             "Step total_steps − 1 has the rate 0 already. Only from step total_steps on it should be 0."),
            (_product,
             "That multiplies a cosine over all the steps by the warmup, as the package's `warmup(cosine(…), …)` does: "
             "a fair choice, but a longer warmup then never quite reaches the peak. Here the cosine begins where the "
             "warmup ends."),
            *_both_ways(dict(progress=lambda step, warm, total: step / total),
             "The progress of the cosine is counted from step 0, over all the steps, so that the rate jumps where a "
             "long warmup ends. Count it from step warmup_steps.")[:1],
            *_both_ways(dict(progress=lambda step, warm, total: step / (total - warm)),
             "The progress of the cosine is counted from step 0, but should be 0 at step warmup_steps."),
            *_both_ways(dict(progress=lambda step, warm, total: (step - warm) / total),
             "The cosine begins at the right place, but is not yet down at 0 when step total_steps comes: it has fewer "
             "than total_steps steps for its way."),
            *_both_ways(dict(progress=lambda step, warm, total: (step - warm + 1) / (total - warm)),
             "The cosine is one step ahead: its progress should be 0 at step warmup_steps, and 1 at step total_steps."),
            *_both_ways(dict(progress=lambda step, warm, total: (step - warm + 1) / (total - warm + 1)),
             "The cosine has left the peak at step warmup_steps already: there its progress should be 0.")[:1],
            *_both_ways(dict(progress=lambda step, warm, total: (step - warm) / (total - warm - 1)),
             "The way of the cosine is one step too short: its progress should be 1 at step total_steps, and not one "
             "step earlier."),
            (_after_warmup(lambda step, warm, total: (step - warm) / max(total - warm - 1, 1)),
             "A cosine of several steps is at 0 one step too early: progress 1 belongs to step total_steps. And where "
             "the warmup takes all the steps, the rate of step total_steps is peak_lr here; it should be 0."),
            (_after_warmup(clip=False),
             "After step total_steps the cosine comes up again. There the rate should be 0."),
            *_both_ways(dict(shape=lambda p: 1 + math.cos(math.pi * p)),
             "The cosine part is twice too large: 1 + cos goes from 2 to 0."),
            *_both_ways(dict(shape=lambda p: (1 + math.cos(p)) / 2),
             "A cosine falls from 1 to −1 while its argument goes from 0 to π: multiply the progress by π."),
            *_both_ways(dict(shape=lambda p: math.cos(math.pi * p / 2)),
             "That is a quarter of a cosine, which ends in a steep fall. Half a cosine, lifted and halved, is flat at "
             "both ends."),
            *_both_ways(dict(shape=lambda p: (1 + math.cos(2 * math.pi * p)) / 2),
             "That is a whole cosine, which goes down and comes up again. Half of it ends at 0: π times the progress."),
            *_both_ways(dict(shape=lambda p: (1 + math.cos(180 * p)) / 2),
             "`math.cos` counts angles in radians: half a turn is π, not 180."),
            *_both_ways(dict(shape=lambda p: (1 - math.cos(math.pi * p)) / 2),
             "Upside down: after the warmup the rate should fall, and this rises."),
            *_both_ways(dict(shape=lambda p: 1 - p),
             "That falls in a straight line. Asked for is half a cosine."),
            *_both_ways(dict(shape=lambda p: 1.0),
             "After the warmup the rate should fall. Here it stays at its peak."),
            *_both_ways(dict(shape=lambda p: math.cos(math.pi * p)),
             "A bare cosine goes down to −1, and a rate below 0 climbs the loss. Lift it and halve it."),
            *_both_ways(dict(shape=lambda p: 1 + math.cos(math.pi * p) / 2),
             "Only the cosine is halved here. Halve the whole bracket, 1 + cos."),
            *_both_ways(dict(progress=lambda step, warm, total: (step - warm) // (total - warm)),
             "The progress is rounded down to 0 until the very end, as it is with `//`. Keep the fraction.")[:1],
            (_one_too_long,
             "Where a cosine follows, the warmup takes one step too many and overshoots the peak: step warmup_steps "
             "belongs to the cosine."),
            (_one_too_short,
             "The cosine begins one step too early: step warmup_steps − 1 still belongs to the straight line."),
            (lambda step, peak, warm, total: warmup_cosine(step, 1.0, warm, total),
             "That is the share of the peak. Multiply by peak_lr."),
            (lambda step, peak, warm, total: warmup_cosine(step, peak if step < warm else 1.0, warm, total),
             "The straight line goes up to peak_lr, but the cosine comes down from 1. Multiply it by peak_lr, too."),
            (lambda step, peak, warm, total: warmup_cosine(step, peak if step >= warm else 1.0, warm, total),
             "The cosine comes down from peak_lr, but the straight line goes up to 1. Multiply it by peak_lr, too."),
            (_to_the_end(lambda step, warm: 1.0),
             "The warmup is missing: before step warmup_steps the rate should rise, and not stand at peak_lr."),
            (_to_the_end(lambda step, warm: 0.0),
             "During the warmup the rate is 0 here. It should rise, from peak_lr / warmup_steps on."),
            (_to_the_end(lambda step, warm: 1 / warm),
             "The rate of step 0 is kept through all of the warmup. It should grow by as much with every step."),
            (_to_the_end(lambda step, warm: (step + 1) / (warm + 1)),
             "The straight line is too flat: it takes warmup_steps + 1 steps to peak_lr. It should be there at step "
             "warmup_steps - 1."),
            (_to_the_end(lambda step, warm: (1 + (warm - 1) * step / warm) / warm),
             "The straight line begins at the right rate, but is on its way to peak_lr at step warmup_steps. It should "
             "be there one step earlier."),
            (_to_the_end(lambda step, warm: (step + 1) // warm),
             "The rate is 0 until the last step of the warmup: the fraction is rounded down, as it is with `//`. Keep "
             "the fraction."),
            (lambda step, peak, warm, total: warmup_cosine(step % total, peak, warm, total),
             "After total_steps steps everything begins again. From there on the rate should be 0."),
            (_to_the_end(lambda step, warm: step / (warm - 1) if warm > 1 else 1.0),
             "A straight line of several steps starts at 0 here. At step 0 the rate should be peak_lr / warmup_steps, "
             "so that no step is lost."),
            (_to_the_end(lambda step, warm: step / max(warm - 1, 1)),
             "The straight line starts at 0, and a warmup of one step stays there. At step 0 the rate should be "
             "peak_lr / warmup_steps."),
            (_to_the_end(lambda step, warm: ((step + 1) / warm) ** 2),
             "The warmup rises along a parabola here: the fraction is squared. A straight line is asked for."),
            (lambda step, peak, warm, total: peak * (1 + math.cos(math.pi * (step - warm) / max(total - warm, 1))) / 2
             if step < total else 0.0,
             "The cosine is used before step warmup_steps as well. There the rate should be on the straight line."),
            *_both_ways(dict(shape=lambda p: (1 + math.sin(math.pi * p)) / 2),
             "A sine stands in the place of the cosine: it begins in the middle, rises first and falls back to the "
             "middle."),
            *_both_ways(dict(shape=lambda p: 1 - math.sin(math.pi * p / 2)),
             "That falls fast at first. Half a cosine is flat at both ends."),
            (_to_the_end(lambda step, warm: (1 - math.cos(math.pi * (step + 1) / warm)) / 2),
             "The warmup rises along a cosine here. A straight line is asked for."),
            (lambda step, peak, warm, total: _to_the_end(lambda s, w: (s + 1) / total)(step, peak, warm, total),
             "The straight line is spread over all the steps. It should take warmup_steps of them."),
            (_shifted(1),
             "Everything comes one step too early: steps count from 0."),
            (_shifted(-1),
             "Everything comes one step too late: step 0 has a rate already, peak_lr / warmup_steps."),
            (lambda step, peak_lr, warmup_steps, total_steps: peak_lr * (1 + math.cos(
                math.pi * min(step / total_steps, 1))) / 2,
             "That is a cosine over all the steps, without a warmup."),
        ),
    ),
    Exercise(
        id="summed-rate",
        title="the summed rate of a schedule",
        reference=summed_rate,
        on_the_way=_way_to_the_sum,
        of_yours=_rate_that_differs,
        why="A schedule is a function, so its sum needs no training: it can be known before the first step.",
        hints=(
            "Ask the schedule for its rate at each step and add the answers up.",
            "Which steps are the first n_steps, if they count from 0? `range(n_steps)` knows.",
            "A schedule takes one step at a time: `sum(schedule(step) for step in …)`.",
        ),
        probes=((_slow, 7), (_falling, 12), (_stairs, 9), (_wave, 5), (_slow, 1), (_stairs, 3), (_falling, 0),
                (_table, 4), (_table, 3), (_cycle, 7), (_slow, 150)),
        corners={"no steps sum to 0": [6]},
        further=((_long, 5000), (_long, 1001), (_Listed((-0.5, 0.25, 0.0, 0.25)), 4), (_Listed((3,)), 1),
                 (_Listed((0.0, 0.0)), 2), (_Listed((2.0,)), 0), (_Listed((1, 1, 0.5, 0.25)), 4)),
        draw=_some_sum,
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
            (lambda schedule, n: schedule(n),
             "That is the rate after n_steps steps. Asked for is the sum of the rates before it."),
            (lambda schedule, n: schedule(n - 1) if n else 0.0,
             "That is the last rate alone: either it was never added to the others, or the sum is overwritten or set "
             "back to 0 in every round."),
            (lambda schedule, n: schedule(0) if n else 0.0,
             "That is the first rate alone. Does the `return` stand inside the loop?"),
            (lambda schedule, n: max((schedule(step) for step in range(n)), default=0.0),
             "That is the largest rate. They are to be added."),
            (lambda schedule, n: sum(schedule(step) for step in range(0, n, 2)),
             "Every second step is left out."),
            (lambda schedule, n: sum(schedule(step / n) for step in range(n)),
             "The schedule is asked for a fraction of the training. It is a function of the step, a whole number."),
            (lambda schedule, n: sum(schedule(step + 0.5) for step in range(n)),
             "The schedule is asked between the steps. It is a function of whole steps, from 0 on."),
            (lambda schedule, n: sum(schedule(float(step)) for step in range(n)),
             "Right but for the kind of number: a step is a whole number, an `int`, which may be the place in a list."),
            (lambda schedule, n: sum((schedule(step - 1) + schedule(step)) / 2 for step in range(1, n)),
             "A trapezoid rule such as `np.trapezoid` halves the first and the last of several rates. Every step "
             "should count in full."),
            (lambda schedule, n: schedule(0) if n == 1 else sum((schedule(step - 1) + schedule(step)) / 2
                                                                for step in range(1, n)),
             "A trapezoid rule halves the first and the last rate where there are several steps. Every step should "
             "count in full."),
            (lambda schedule, n: sum(schedule(max(step, 1)) for step in range(n)),
             "Step 0 gets the rate of step 1. The steps count from 0, and step 0 has a rate of its own."),
            (lambda schedule, n: n * (schedule(0) + schedule(max(n - 1, 0))) / 2,
             "The mean of the first and the last rate need not be the mean of all: on a straight line it is."),
            (lambda schedule, n: sum(step * schedule(step) for step in range(n)),
             "Here each rate is multiplied by its step. The rates alone are to be added."),
            (lambda schedule, n: sum(schedule(step) ** 2 for step in range(n)),
             "Those are squares: they belong to the noise. The distance is a matter of the plain sum."),
            (lambda schedule, n: sum((schedule(step) + schedule(step + 1)) / 2 for step in range(n)),
             "A trapezoid rule suits a smooth curve. Training takes whole steps, each at the rate of its own step."),
            (lambda schedule, n: math.prod(schedule(step) for step in range(n)),
             "That multiplies the rates. They are to be added."),
            (lambda schedule, n: math.prod(schedule(step) for step in range(n)) if n else 0.0,
             "That multiplies the rates, where there are any. They are to be added."),
            (lambda schedule, n: sum(schedule(max(step - 1, 0)) for step in range(n)),
             "The rates come one step late: where there are several, that of step 0 is added twice, and that of the "
             "last step is left out."),
            (lambda schedule, n: sum(schedule(step) for last in range(n) for step in range(last + 1)),
             "The sums after each step are added up once more. Asked for is the last of them."),
            (lambda schedule, n: math.sqrt(sum(schedule(step) ** 2 for step in range(n))),
             "That is the root of the sum of squares. The distance is a matter of the plain sum."),
            (lambda schedule, n: n * float(np.median([schedule(step) for step in range(n)])) if n else 0.0,
             "The median of the rates is counted for every step here. Add up the rates themselves."),
            (lambda schedule, n: sum(int(schedule(step)) for step in range(n)),
             "Whole numbers are made of the rates on the way. Most rates are far below 1, and nothing is left of "
             "these."),
            (lambda schedule, n: sum({schedule(step) for step in range(n)}),
             "Rates that are equal count only once, as in a set. Every step should count, whatever its rate."),
            (lambda schedule, n: np.cumsum([schedule(step) for step in range(n)]),
             "Those are the sums after each step. Asked for is the last of them, a single number."),
            (lambda schedule, n: [schedule(step) for step in range(n)],
             "Those are the rates. Add them up."),
            (lambda schedule, n: float(np.sum(schedule(np.arange(n)))),
             "A schedule is asked for one step, a whole number. Not every schedule can take an array of them: it may "
             "hold an `if` or a `math.cos`."),
            (lambda schedule, n: sum(_until_zero(schedule(step) for step in range(n))),
             "You stop at the first rate that is 0. It may rise again later: add up all of them."),
            (lambda schedule, n: schedule(0) + sum(schedule(step) for step in range(n)),
             "The first rate is counted once too often: does the sum begin with it, and not with 0?"),
            (lambda schedule, n: schedule(0) + sum(schedule(step) for step in range(1, n)),
             "Right but for no steps at all: their sum is 0, and yours begins with the first rate."),
            (lambda schedule, n: sum(range(n)),
             "Those are the steps, added up. Ask the schedule for the rate of each."),
            (lambda schedule, n: schedule(sum(range(n))),
             "The steps are added up, and the schedule is asked for their sum. Ask it for each step and add its "
             "answers."),
            (lambda schedule, n_steps: n_steps * (schedule(0) + schedule(n_steps)) / 2,
             "That is the mean of two rates, times the number of steps. It would be the sum if the rate fell in a "
             "straight line and both ends counted by half."),
        ),
    ),
    Exercise(
        id="plateau-rate",
        title="a rate that listens to the losses",
        reference=plateau_rate,
        on_the_way=_way_down,
        of_yours=_falls_of_yours,
        why="The rule has a memory, but the function has none: it reads the whole history of losses each time.",
        hints=(
            "Walk through the losses in order and keep two numbers on the way: the lowest loss so far, and for how "
            "many epochs it has not been beaten.",
            "A loss below the lowest sets the waiting back to 0; any other loss adds 1 to it. Is an equal loss a new "
            "lowest one?",
            "When the waiting is *more than* patience, multiply the rate and set the waiting back to 0. Do not touch "
            "the lowest loss.",
        ),
        probes=(([5.0, 4.0, 4.5, 4.2, 4.6], 0.1, 0.5, 2), (_LOSSES, 0.1, 0.5, 2), (_LOSSES, 0.1, 0.1, 5),
                (_NOISY, 0.3, 0.5, 1), (_NOISY, 0.3, 0.2, 3),
                (_FLAT, 1.0, 0.5, 2), (_RISING, 0.4, 0.5, 3), (_RISING[::-1], 0.4, 0.5, 0), (_LOSSES, 0.2, 0.3, 0),
                ([], 0.05, 0.1, 2), (_NOISY, 0.01, 0.1, 12), (_CREEPING, 0.1, 0.5, 2), ([], 0.3, 0.5, 0),
                (_EQUALLED, 0.2, 0.5, 1), (_EQUALLED, 0.2, 0.5, 0), (_LARGE, 0.3, 0.5, 1), ([0.4], 0.3, 0.5, 0),
                (_HUGE, 0.3, 0.5, 1), (_TINY, 0.2, 0.5, 1), (_HARDLY, 0.2, 0.5, 1),
                ([1.0, 3.0, 4.0, 3.5, 3.6], 0.2, 0.5, 1)),
        corners={"before the first epoch it is empty": [9, 12], "An equal loss": [5, 13, 14]},
        further=(([1.0, 2.0, 2.0], 1e-8, 0.5, 1),
                 ([-1.0, -2.0, -1.5, -3.0, -2.5, -2.5], 0.2, 0.5, 1), ([1.0, -math.inf, -math.inf, 0.0], 0.2, 0.5, 1),
                 ([2.0, math.inf, math.inf, 1.0, math.inf], 0.2, 0.5, 1), ([0, 0, 0, 0], 1, 0.5, 2),
                 ([3.0] * 800, 0.3, 0.5, 249), ([*range(800, 0, -1), 1, 1], 0.3, 0.5, 1),
                 ([3.0] * 701, 0.3, 0.5, 700), ([3.0] * 702, 0.3, 0.5, 700)),
        draw=_some_plateau,
        mistakes=(
            (_plateau(counts=lambda waited, patience: waited >= patience),
             "The rate falls after patience epochs already, and with a patience of 0 at every loss: *more than* "
             "patience epochs must pass. (Keras, too, reduces after patience epochs, PyTorch as asked here.)"),
            (_plateau(counts=lambda waited, patience: waited >= max(patience, 1)),
             "Unless patience is 0, the rate falls after patience epochs already: *more than* patience epochs must "
             "pass. (Keras counts as you do, PyTorch as asked here.)"),
            (_plateau(counts=lambda waited, patience: waited >= max(patience, 1),
                      better=lambda loss, lowest: loss <= lowest),
             "Two things at once: an equal loss counts as progress, and unless patience is 0, the rate falls after "
             "patience epochs already, not only after *more than* patience epochs."),
            (_plateau(counts=lambda waited, patience: waited == patience),
             "With `waited == patience` the rate falls after patience epochs already, and a patience of 0 goes wrong "
             "altogether: the rate should fall when the waiting is *more than* patience."),
            (_plateau(always=True),
             "Each loss is compared with the one before it. Compare with the lowest so far."),
            (_plateau(reset=False),
             "After a reduction the waiting must start anew. Here every further bad epoch in the same row reduces "
             "again."),
            (_plateau(forget="all"),
             "After a reduction the lowest loss is forgotten, so that a higher one may take its place. The lowest loss "
             "should stay."),
            (_plateau(forget="last"),
             "After a reduction the present loss takes the place of the lowest one. The lowest loss should stay."),
            (_never_patient_again,
             "The bad epochs are counted altogether. Only those in a row should count: set the waiting back to 0 at a "
             "new lowest loss."),
            (_plateau(better=lambda loss, lowest: loss <= lowest),
             "An equal loss is no progress: on a perfectly flat curve this would wait for ever."),
            (_plateau(better=lambda loss, lowest: loss < lowest * (1 - 1e-4)),
             "A loss above 0 must be lower by a margin here, as in PyTorch unless `threshold=0`. In this exercise any "
             "lower loss should be a new lowest one."),
            (_plateau(reduce=lambda lr, factor: lr / factor),
             "The rate is divided by factor here. Multiply."),
            (lambda losses, lr, factor, patience: plateau_rate(losses, lr, factor, patience + 0 * losses[0]),
             "Right as soon as there are losses. Before the first epoch there is no `losses[0]`, and the rate should "
             "be lr: begin with infinity as the lowest loss, or ask first whether the list is empty."),
            (_first_waits,
             "The first loss counts as a bad epoch: is it compared with itself? It should be the first lowest loss."),
            (_plateau(start=1.0),
             "The lowest loss begins at 1. A loss may be larger than that: begin with infinity."),
            (_plateau(better=lambda loss, lowest: loss < lowest - 1e-8),
             "A loss must be lower by a fixed amount here, however small. Any lower loss should be a new lowest one."),
            (_plateau(start=1e4),
             "The lowest loss begins at a number that a loss may exceed, as it does where a run diverges: begin with "
             "infinity."),
            (_plateau(counts=lambda waited, patience: waited >= patience, forget="all"),
             "Two things at once: the rate falls after patience epochs already, not only after *more than* patience "
             "epochs, and the lowest loss is forgotten after a reduction. It should stay."),
            (_asked_in_the_else,
             "The waiting is asked about before the present epoch is added to it, so that the rate falls one bad "
             "epoch late, or not at all if a new lowest loss comes between. Add first, then ask."),
            (_plateau(back=True),
             "The waiting is set back after every bad epoch, not only after a reduction, so that it never gets beyond "
             "1."),
            (_from_the_last_lowest,
             "Only the bad epochs since the lowest loss count in the end: either no others are looked at, or a new "
             "lowest loss brings the first rate back. Earlier plateaus have reduced the rate for good."),
            (lambda losses, lr, factor, patience: plateau_rate(losses[:-1], lr, factor, patience),
             "The last loss plays no part: either it is left out, or the waiting is asked about at the beginning of "
             "the next round, which does not come any more. Count a loss first, then ask."),
            (lambda losses, lr, factor, patience: plateau_rate(losses[1:], lr, factor, patience),
             "The first loss is left out: it should be the first lowest one."),
            (lambda losses, lr, factor, patience: plateau_rate(sorted(losses), lr, factor, patience),
             "The losses are sorted. They come in the order of the epochs."),
            (_plateau(reduce=lambda lr, factor: lr * (1 - factor)),
             "The rate is reduced *by* the factor here. It should be multiplied by it."),
            (_plateau(reduce=lambda lr, factor: factor),
             "The factor takes the place of the rate. Multiply the rate by it."),
            (_plateau(reduce=lambda lr, factor: lr**factor),
             "The rate is raised to the power of factor. Multiply."),
            (_plateau(counts=lambda waited, patience: False),
             "The rate never falls: is the result of `lr * factor` kept?"),
            (lambda losses, lr, factor, patience: [plateau_rate(losses[:n], lr, factor, patience)
                                                   for n in range(len(losses) + 1)],
             "Those are the rates before and after each epoch. Asked for is the last of them, a single number."),
            (_plateau(reduce=lambda lr, factor: lr - factor),
             "The factor is subtracted here, which can even make the rate negative. Multiply."),
            (lambda losses, lr, factor, patience:
             lr * factor if losses and len(losses) - 1 - int(np.argmin(losses)) > patience else lr,
             "That sees one plateau at most, the one at the end. Earlier ones have reduced the rate, too."),
            (lambda losses, lr, factor, patience:
             lr * factor if plateau_rate(losses, lr, factor, patience) != lr else lr,
             "Every plateau should reduce the rate again, not the first one only."),
            (_against_the_first,
             "Every loss is compared with the first one. Compare with the lowest so far."),
            (lambda losses, lr, factor, patience: lr * factor ** (len(losses) // (patience + 1)),
             "With these losses the rate falls at fixed times: are they looked at, and does a new lowest one set the "
             "waiting back? Or is none below the lowest, because this begins at 0, or because it takes up each loss "
             "before it is compared with it?"),
            (_plateau(better=lambda loss, lowest: loss > lowest or lowest == math.inf),
             "Here a higher loss counts as progress. That suits an accuracy; a loss should fall."),
            (lambda losses, lr, factor, patience: [plateau_rate(losses[:n], lr, factor, patience)
                                                   for n in range(1, len(losses) + 1)],
             "Those are the rates after each epoch. Asked for is the last of them, a single number."),
            (_plateau(counts=lambda waited, patience: waited > patience + 1),
             "It waits one epoch too long: reduce as soon as the waiting is more than patience."),
            (_late,
             "The waiting is looked at before the loss: the rate falls only in the next epoch, and the loss of that "
             "epoch is not looked at."),
            (lambda losses, lr, factor, patience: _counted_always(losses, lr, factor, patience, False),
             "The epoch of a new lowest loss is counted as a bad one, too: the waiting goes to 1 there, not to 0. Add "
             "1 only where the loss is no new lowest one."),
            (lambda losses, lr, factor, patience: _counted_always(losses, lr, factor, patience, True),
             "The waiting grows, and is asked about, before a new lowest loss sets it back. Look at the loss first, "
             "then count, then ask."),
            (lambda losses, lr, factor, patience: _anew(losses, lr, factor, patience, 1),
             "After a reduction the waiting begins at 1, so that the next one in the same row comes an epoch early, "
             "but for patience 0. It should begin at 0."),
            (lambda losses, lr, factor, patience: _anew(losses, lr, factor, patience, -1),
             "After a reduction the next one in the same row comes an epoch late: either the waiting begins at −1 "
             "instead of 0, or an epoch is not counted."),
            (lambda losses, lr, factor, patience: _anew(losses, lr, factor, patience, -math.inf),
             "Each plateau reduces the rate once, however long it is. After a reduction the waiting should start anew, "
             "and may come to its end again."),
        ),
    ),
    Exercise(
        id="training-rates",
        title="the rate of every step",
        reference=training_rates,
        on_the_way=_way_through,
        why="One counter runs through all epochs; nobody has to remember to step anything.",
        hints=(
            "How many batches does an epoch have if the last one may be smaller? And the whole training?",
            "A schedule is a function of the step, and the steps count on from epoch to epoch.",
            "Count one step for each batch, in one counter that is never set back, and ask `schedule(step)` for each.",
        ),
        probes=((_falling, 2, 5, 2), (_slow, 3, 500, 120), (_falling, 2, 100, 25), (_stairs, 4, 7, 3),
                (_wave, 1, 10, 4), (_slow, 2, 5, 8),
                (_cycle, 2, 11, 4), (_falling, 5, 33, 32), (_slow, 2, 16, 16)),
        corners={"its last batch may be smaller": [0, 1, 3, 4, 5, 6, 7]},
        further=((_long, 1, 1, 1), (_long, 300, 70, 20), (_long, 2, 50_001, 100), (_long, 1200, 3, 64),
                 (_Listed((3, 1, 2)), 3, 1, 1), (_Listed((1, 0.5, 0.25)), 3, 1, 1), (_falling, 2, 40_001, 20_000)),
        draw=_some_training,
        mistakes=(
            (_per_epoch(lambda schedule, epoch, batches: [schedule(epoch)] * batches),
             "The schedule is asked for the epoch here, so that mostly it runs through a small part of its course. It "
             "should be asked for the step."),
            (_per_epoch(lambda schedule, epoch, batches: [schedule(batch) for batch in range(batches)]),
             "Every epoch starts the schedule again from step 0. The steps should count on through all epochs."),
            (_per_epoch(lambda schedule, epoch, batches: [schedule(epoch * batches)] * batches),
             "The rate is looked up at the first step of an epoch and then held. Ask at every step."),
            (_per_epoch(lambda schedule, epoch, batches: [schedule(epoch * batches + batch + 1)
                                                          for batch in range(batches)]),
             "The steps count from 1 here, so that the rate of step 0 is never used. They should count from 0."),
            (_per_epoch(lambda schedule, epoch, batches: [schedule(epoch)]),
             "That is one rate for each epoch. An epoch may have many steps, and each should have its own rate."),
            (_per_epoch(lambda schedule, epoch, batches: [schedule(epoch * batches)]),
             "These are the rates at the beginning of each epoch. Asked for are those of all the steps."),
            (_per_epoch(lambda schedule, epoch, batches: [[schedule(epoch * batches + b) for b in range(batches)]]),
             "The rates are right, but packed epoch by epoch. Asked for is one list for the whole training."),
            (_per_epoch(lambda schedule, epoch, batches: [schedule(0)] * batches),
             "All steps have the rate of step 0 here: does a counter move, and is the schedule asked for it?"),
            (_with_batches(lambda n, size: n // size),
             "The smaller batch at the end of an epoch is a step, too: round up, not down."),
            (_with_batches(lambda n, size: n // size + 1),
             "Where the batches come out even, this counts one too many in every epoch. `math.ceil` rounds up only "
             "where it must."),
            (lambda schedule, epochs, n, size: [schedule(step) for step in range(epochs * n // size)],
             "Here a batch may reach across the end of an epoch, and the rest at the very end is dropped. Each epoch "
             "should end with a batch of its own."),
            (_with_batches(lambda n, size: max(n // size, 1)),
             "The smaller batch at the end of an epoch is left out where there are full ones. It is a step, too: round "
             "up."),
            (lambda schedule, epochs, n, size: _until_zero(training_rates(schedule, epochs, n, size)),
             "You stop at the first rate that is 0. It may rise again later: every step should have its rate in the "
             "list."),
            (lambda schedule, epochs, n, size: [schedule(first) for first in range(0, epochs * n, size)],
             "The schedule is asked for the number of examples seen, and a batch may reach across the end of an epoch. "
             "Count one step for each batch of each epoch."),
            (_per_epoch(lambda schedule, epoch, batches: [schedule(epoch * batches + batch)
                                                          for batch in reversed(range(batches))]),
             "In each epoch the rates stand from back to front."),
            (lambda schedule, epochs, n, size: [schedule(step) for step in range(1, epochs * (n // size) + 1)],
             "Two things at once: the steps count from 1 instead of 0, and the smaller batch at the end of an epoch is "
             "left out."),
            (lambda schedule, epochs, n, size: [schedule(step) for _ in range(epochs) for step in range(n // size)],
             "Two things at once: every epoch starts again from step 0, and the smaller batch at its end is left out."),
            (lambda schedule, epochs, n, size: training_rates(schedule, epochs, n, size)[-1],
             "That is the rate of the last step alone. Asked for is the list of all of them."),
            (_with_batches(lambda n, size: round(n / size)),
             "As a rule, the number of batches is rounded to the nearest. A smaller batch at the end is a step, too: "
             "round up."),
            (lambda schedule, epochs, n, size: [schedule(epoch * n + first) for epoch in range(epochs)
                                                for first in range(0, n, size)],
             "The schedule is asked for the number of examples seen. It is a function of the step, and a step is a "
             "batch."),
            (lambda schedule, epochs, n, size: [schedule(first) for epoch in range(epochs)
                                                for first in range(0, n, size)],
             "The schedule is asked for the first example of the batch, anew in every epoch. It is a function of the "
             "step, which should count on."),
            (lambda schedule, epochs, n, size: [schedule((epoch * n + first) // size) for epoch in range(epochs)
                                                for first in range(0, n, size)],
             "The right number of rates, but a step may come more than once: a smaller last batch is not counted as a "
             "whole step. Count all the batches."),
            (_per_epoch(lambda schedule, epoch, batches: [schedule(epoch + batch) for batch in range(batches)]),
             "Epoch plus batch is no counter. The step is epoch times the *number* of batches, plus the batch."),
            (lambda schedule, epochs, n, size: [schedule(epoch * size + batch) for epoch in range(epochs)
                                                for batch in range(math.ceil(n / size))],
             "Each epoch has its number of batches, not batch_size of them, before the next one begins."),
            (_per_epoch(lambda schedule, epoch, batches: [schedule(epoch * (batches - 1) + batch)
                                                          for batch in range(batches)]),
             "The last step of an epoch is the first of the next one here. The steps should count on without a "
             "repeat."),
            (lambda schedule, epochs, n, size: [schedule(step * size) for step in range(epochs * math.ceil(n / size))],
             "The schedule is asked for the steps 0, batch_size, 2 · batch_size … A step should count as one, however "
             "many examples its batch holds."),
            (lambda schedule, epochs, n, size: training_rates(schedule, epochs, n, size)[:-1],
             "The last step is left out."),
            (lambda schedule, epochs, n, size: [schedule(step) for step in range(epochs * math.ceil(n / size) + 1)],
             "One rate too many: steps counted from 0 end one before their number."),
            (lambda schedule, epochs, n, size: list(range(epochs * math.ceil(n / size))),
             "Those are the steps. Ask the schedule for the rate of each."),
            (lambda schedule, epochs, n, size: training_rates(schedule, epochs, n, size)[-math.ceil(n / size):],
             "Those are the rates of the last epoch only: is the list begun anew in every epoch?"),
            (lambda schedule, epochs, n, size: sum(training_rates(schedule, epochs, n, size)),
             "That is the sum of the rates. Asked for is the list of them."),
            (_per_epoch(lambda schedule, epoch, batches: [schedule((epoch + 1) * batches + batch)
                                                          for batch in range(batches)]),
             "The first epoch is skipped: epochs count from 0."),
            (_per_epoch(lambda schedule, epoch, batches: [schedule(epoch + batch / batches)
                                                          for batch in range(batches)]),
             "The schedule is asked for the epoch, with a fraction. It is a function of the step."),
            (_with_batches(lambda n, size: n),
             "That takes a step for every example. A step uses a whole batch."),
            (lambda schedule, epochs, n, size: training_rates(schedule, 1, n, size),
             "Those are the rates of the first epoch only."),
            (lambda schedule, epochs, n, size: [schedule(step) for step in range(math.ceil(epochs * n / size))],
             "Here a batch may reach across the end of an epoch. Each epoch should end with a batch of its own."),
            (_twice,
             "A step is skipped between one epoch and the next: does the counter move once more there?"),
            (_per_epoch(lambda schedule, epoch, batches: [schedule(epoch * b) for b in range(batches)]),
             "Epoch times batch is no counter. The step is epoch times the *number* of batches, plus the batch."),
            (lambda schedule, epochs, n, size: sorted(training_rates(schedule, epochs, n, size), reverse=True),
             "The rates are sorted, from the largest to the smallest. They should stand in the order of the steps."),
            (lambda schedule, epochs, n, size: list(dict.fromkeys(training_rates(schedule, epochs, n, size))),
             "Rates that are equal stand in the list only once. Every step should have its rate in the list."),
            (lambda schedule, epochs, n, size: schedule(np.arange(epochs * math.ceil(n / size))),
             "A schedule is asked for one step, a whole number. Not every schedule can take an array of them: it may "
             "hold an `if` or a `math.cos`."),
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
               "It has not come to any minimum. It scores about what a constant rate with the same sum of rates "
               "does."),
        Option("The strong decay makes the network learn its training data by heart.",
               "Its training loss is the higher one, too: it has learned too little, not too much."),
        Option("The rates of the strong decay add up to too little: the weights have not got far.",
               "0.58 against 14 in summed rate. As long as the sum and every single rate are small, what is learned "
               "follows the sum.",
               right=True),
    )),
    Quiz("plateau-watches", "`ReduceLROnPlateau` needs a loss to watch. Which one, and why?", (
        Option("The validation loss: then the test data take no part in any decision.",
               "The schedule is a decision like any other. What decides may not also judge.", right=True),
        Option("The test loss: that is the number which the result will be judged by.",
               "Then the test data steer the training, and the score flatters itself.",
               origin="A published mistake: test data used to drive ReduceLROnPlateau"),
        Option("The loss of the latest batch: it is free and always up to date.",
               "It jumps from batch to batch, and a lucky batch may set a record that is hard to beat."),
        Option("The learning rate itself, so that it falls evenly.",
               "That would be no feedback at all. An even fall is what the other schedules are for."),
    )),
    Quiz("what-warmup-is-for", "Training at peak rate 0.2 works well. A colleague adds a warmup over the first quarter "
         "of the steps and changes nothing else. What should you expect?", (
        Option("A clearly better result: warmup always helps.",
               "Measured here, each at its own tuned peak, it changed less than 0.02."),
        Option("A worse result: every step at a lower rate is a step lost.",
               "That is what happens at peaks that are too small. At a good peak a little less summed rate hardly "
               "matters."),
        Option("About the same result, and a higher peak may now work that failed before.",
               "Warmup protects the start. On these problems what it saved were large peaks, not well-tuned ones.",
               right=True),
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
