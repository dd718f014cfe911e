"""The rules of the capstone: what a trial may ask for, what the ledger says of it, and what may be submitted."""

import inspect
from dataclasses import dataclass
from math import isfinite

import numpy as np

from ..names import label
from ..schedules import needs_losses
from ..statistics import mean_interval
from ..training import check_hyper

__all__ = ["BUDGET", "JUDGES", "LARGEST_BATCH", "LONGEST", "WIDTH", "Foul", "Submission", "Trial"]

BUDGET = 1600        # steps, for everything that is trained before the test set opens
LONGEST = 160        # steps of a single network
LARGEST_BATCH = 128  # examples in a step
JUDGES = 10          # networks that are trained afresh from the trial that is submitted
WIDTH = 32           # hidden units


class Foul(RuntimeError):
    """Something that the rules of the game do not allow, and why."""


@dataclass(frozen=True, eq=False)
class Trial:
    """A line of the ledger: what was trained, for how long, what it cost and what it scored on validation data."""

    number: int
    setting: dict
    steps: int
    cost: int  # steps that were new, over all networks
    networks: int
    train_loss: float
    val_accuracy: float
    curve: tuple = ()  # validation accuracy after each epoch
    fate: str = ""  # "", "diverged", "interrupted" or "range test"
    planned: int = 0  # steps for which its schedule was made

    @property
    def name(self):
        """The setting in words."""
        return in_words(self.setting)

    def __str__(self):
        if self.fate == "range test":
            return f"{self.number:3d}  range test: {self.name}, {self.steps} steps"
        what = f"{self.number:3d}  {self.name}, {self.steps} steps"
        if self.networks > 1:
            what += f" × {self.networks} networks"
        score = "diverged" if self.fate == "diverged" else f"validation accuracy {self.val_accuracy:.4f}"
        return f"{what}: {score}" + (" (interrupted)" if self.fate == "interrupted" else "")


@dataclass(frozen=True, eq=False)
class Submission:
    """What the sealed test part said of a trial: the accuracy of ten networks, trained afresh with its setting."""

    trial: Trial
    player: int
    test_scores: tuple
    spent: int
    n_trials: int
    fouls: tuple = ()  # what happened outside the rules, in sentences
    remarks: tuple = ()  # what is no foul, and still belongs beside the score

    @property
    def score(self):
        """The mean test accuracy, a network that diverged counted as 0."""
        return float(np.mean(self.test_scores))

    @property
    def interval(self):
        return mean_interval(self.test_scores)

    def __str__(self):
        low, high = self.interval.low, self.interval.high
        lines = [f"test accuracy {self.score:.4f} [{low:.4f}, {high:.4f}], {len(self.test_scores)} fresh networks with "
                 f"the setting of trial {self.trial.number}: {self.trial.name}, {self.trial.steps} steps",
                 f"validation accuracy of the trial itself: {self.trial.val_accuracy:.4f}; {self.spent:,} of "
                 f"{BUDGET:,} steps spent"]
        return "\n".join(lines + [f"Foul: {text}" for text in self.fouls] + list(self.remarks))

    __repr__ = __str__


def checked_setting(lr, optimizer, schedule, batch_size, hyper):
    """The setting of a trial as a dict with every hyperparameter, or an error that says what the rules do not allow."""
    for name in ("seed", "seeds", "player"):
        if name in hyper:
            raise Foul(f"`{name}` is not for choosing: a seed that was picked for its score is luck, and luck does "
                       "not come along to the networks that are judged. More `networks` make a score less noisy.")
    for name in ("epochs", "model", "width", "data"):
        if name in hyper:
            raise TypeError(f"`{name}` cannot be set here: the network and the data are the same for everyone, and "
                            "length counts in `steps`")
    if not isinstance(batch_size, int) or isinstance(batch_size, bool) or not 1 <= batch_size <= LARGEST_BATCH:
        raise ValueError(f"batch_size must be a whole number from 1 to {LARGEST_BATCH}, got {batch_size!r}")
    if schedule is not None and not callable(schedule):
        raise TypeError("schedule must be a function of the rate and the number of steps, such as cosine or "
                        f"one_cycle, or None; got {schedule!r}")
    if not callable(optimizer):
        raise TypeError(f"optimizer must be a function such as sgd or adam, got {optimizer!r}")
    check_hyper(optimizer, hyper)
    number = lr.item() if isinstance(lr, np.generic) else lr
    defaults = {name: p.default for name, p in list(inspect.signature(optimizer).parameters.items())[4:]
                if p.default is not p.empty}
    return {"optimizer": optimizer, "lr": number, "schedule": schedule, "batch_size": batch_size} | defaults | hyper


def whole_epochs(steps, per_epoch, batch_size):
    """Steps rounded down to whole epochs."""
    if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or steps < 1:
        raise ValueError(f"steps must be a whole number of at least 1, got {steps!r}")
    if steps > LONGEST:
        raise Foul(f"no network may be trained for more than {LONGEST} steps, and this asks for {steps}: the rule "
                   "is part of the problem.")
    if steps < per_epoch:
        raise ValueError(f"an epoch with batches of {batch_size} takes {per_epoch} steps, and trials train whole "
                         f"epochs: {steps} steps are too few")
    return int(steps) // per_epoch * per_epoch


def check_own(ledger, trial):
    """Raise a `Foul` for what cannot be submitted."""
    if trial is None:
        raise Foul("nothing was handed in but `None`: is a `return` missing, as in `return game.best()`?")
    if not isinstance(trial, Trial):
        raise Foul(f"a trial is submitted, such as `game.best()`, and this was `{str(trial)[:60]}`: what has not "
                   "been trained in the game has no place in the ledger, and numbers are not taken on trust.")
    if not any(trial is own for own in ledger):
        raise Foul(f"this trial ({trial.name}) is not in the ledger of this game: it was made by hand, or in "
                   "another game. Only what was paid for here can be submitted.")
    if trial.fate == "range test":
        raise Foul("a range test passes through all rates and settles on none; train with the rate that it "
                   "suggests, and submit that trial.")
    if not isfinite(trial.val_accuracy):
        raise Foul(f"trial {trial.number} diverged and has no score: submit one that learned something.")


def in_words(setting):
    """The optimizer, what differs from its defaults, rate, schedule and batch size."""
    extra = [f"{name} {label(value)}" for name, value in list(setting.items())[4:]
             if value != inspect.signature(setting["optimizer"]).parameters[name].default]
    schedule = [label(setting["schedule"])] if setting["schedule"] else []
    return ", ".join([label(setting["optimizer"]), *extra, f"rate {_short(setting['lr'])}", *schedule,
                      f"batch {setting['batch_size']}"])


def _short(rate):
    return f"{rate:.3g}" if isinstance(rate, float | int) else label(rate)


def known_by(setting, steps, network=0):
    """What the till knows a network by; with a schedule, another length is another run.

    A schedule is known by its rates, and an optimizer by its code, so that a cell that defines them may be run again.
    """
    optimizer, lr, schedule, *others = setting.items()
    known = [("optimizer", getattr(optimizer[1], "__code__", optimizer[1])), ("lr", _rates(lr[1], LONGEST))]
    if schedule[1] is not None:
        known += [("schedule", _rates(schedule[1](lr[1], steps), steps)), ("planned", steps)]
    return (in_words(setting), *known, *others, ("network", network))


def _rates(rate, n):
    """The rate at each step, where it is known beforehand."""
    if not callable(rate) or needs_losses(rate):
        return rate
    return tuple(rate(step) for step in range(n))
