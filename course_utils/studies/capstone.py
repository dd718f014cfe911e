"""The capstone: a budget of training steps, a ledger of what it bought, and a test set that opens once.

The rules are the same for every player. A game notices what a player may do wrong without meaning harm, and says so in
a `Foul`; what nobody can prevent in Python, training beside the game or reading the files from outside, it leaves to
the player.
"""

import hmac
import inspect
import secrets
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, isfinite, nan

import numpy as np

from .. import data as data_module
from ..data import load_segments
from ..models import mlp
from ..optimizers import sgd
from ..schedules import needs_losses
from ..search import BudgetSpent, Trials
from ..statistics import mean_interval
from ..sweep import range_test, sweep
from ..training import check_hyper, label

__all__ = ["BUDGET", "LARGEST_BATCH", "LONGEST", "BudgetSpent", "Capstone", "Foul", "Submission", "Trial"]

BUDGET = 1600        # steps, for everything that is trained before the test set opens
LONGEST = 160        # steps of a single network
LARGEST_BATCH = 128  # examples in a step
JUDGES = 10          # networks that are trained afresh from the trial that is submitted
WIDTH = 32           # hidden units
SEALED = "segments_test.csv.gz"


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
        return _in_words(self.setting)

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


class Capstone:
    """One game: `trial` trains and charges, `submit` opens the test part once; nothing else costs anything.

    `player` sets the seeds: those of the trials, and others for the networks that are judged. Yours is player 0; the
    stored players are 1 to 20.
    """

    def __init__(self, player=0, show=True):
        if not isinstance(player, int) or isinstance(player, bool) or player < 0:
            raise ValueError(f"player must be a whole number from 0, got {player!r}")
        stamp, intact = _seal()
        keep = {"player": player, "data": _sealed(), "show": show, "_ledger": [], "_submitted": [],
                "_till": Trials(None, BUDGET, "steps", _key_in_words), "_stamp": stamp, "_intact": intact}
        for name, value in keep.items():
            object.__setattr__(self, name, value)
        _games.setdefault(player, []).append(self)

    def __setattr__(self, name, value):
        if name in ("spent", "left", "budget"):
            raise Foul(f"`{name}` is no number to be set: the counter adds up what the trials have cost, and the "
                       f"budget is {BUDGET:,} steps for everyone.")
        if name in ("trials", "_ledger", "_till"):
            raise Foul("the list of trials is written by the game alone: a trial that you would rather not have made "
                       "is part of the search, and has been paid for.")
        raise Foul(f"nothing about a game is set by hand, `{name}` neither; options belong into `trial`.")

    @property
    def trials(self):
        """The ledger: every trial so far, in order."""
        return tuple(self._ledger)

    @property
    def budget(self):
        return BUDGET

    @property
    def spent(self):
        return sum(trial.cost for trial in self._ledger)

    @property
    def left(self):
        return BUDGET - self.spent

    def trial(self, lr, optimizer=sgd, schedule=None, batch_size=32, steps=LONGEST, networks=1, **hyper):
        """Train with this setting, show its line of the ledger, and return it as a `Trial`.

        `schedule` is a function that makes one from the rate and the number of steps, such as `cosine` or `one_cycle`,
        or None for a constant rate. `steps` is rounded down to whole epochs. `networks` trains several with seeds of
        their own; the score is their mean. Going on with a constant rate costs only the steps that are new; asking for
        the same once more costs nothing. Raises `BudgetSpent` if too few steps are left, and `Foul` for what the rules
        do not allow.
        """
        self._audit()
        setting = self._setting(lr, optimizer, schedule, batch_size, hyper)
        per_epoch = ceil(len(self.data.x_train) / batch_size)
        steps = self._whole_epochs(steps, per_epoch, batch_size)
        if not isinstance(networks, int) or isinstance(networks, bool) or not 1 <= networks <= JUDGES:
            raise ValueError(f"networks must be a whole number from 1 to {JUDGES}, got {networks!r}")
        known = [trial for trial in self._ledger if trial.fate not in ("range test", "interrupted")
                 and (trial.planned, trial.networks) == (steps, networks)
                 and _key(trial.setting, steps) == _key(setting, steps)]
        if known:
            return self._shown(known[0], "known already, nothing charged")
        self._check_open("no more trials")
        keys = [_key(setting, steps, network) for network in range(networks)]
        cost = sum(max(steps - self._till.seen.get(key, (0, None))[0], 0) for key in keys)
        several = f" × {networks} networks" if networks > 1 else ""
        self._afford(cost, f"{_in_words(setting)}, {steps} steps{several}")

        runs = self._train(setting, steps, steps, self._seeds(networks))
        done, fate = runs.epochs * per_epoch, "interrupted" if runs.epochs < runs.planned_epochs else ""
        if runs.diverged.all():  # nobody pays for steps behind the last blow-up
            done, fate = min(done, ceil((int(runs.diverged_at.max()) + 1) / per_epoch) * per_epoch), "diverged"
        score = nan if runs.diverged.any() else float(runs.final("val_accuracy").mean())
        cost = sum(self._till.pay(key, done, score) for key in keys)
        curve = tuple(float(v) for v in runs.history["val_accuracy"][0].mean(axis=0))
        return self._enter(setting, done, cost, networks, float(runs.final("train_loss").mean()), score, curve,
                           fate or ("diverged" if runs.diverged.any() else ""), steps)

    def range_test(self, optimizer=sgd, lr_min=1e-5, lr_max=10.0, steps=100, batch_size=32, **hyper):
        """A range test for as many steps as it says: `rates` (steps,) and `losses` (1, steps)."""
        self._audit()
        self._check_open("no more trials")
        setting = self._setting(lr_max, optimizer, None, batch_size, hyper) | {"lr": f"{lr_min:g} to {lr_max:g}"}
        if not isinstance(steps, int) or not 2 <= steps <= LONGEST:
            raise ValueError(f"steps must be a whole number from 2 to {LONGEST}, got {steps!r}")
        self._afford(steps, f"a range test of {steps} steps")
        found = range_test(self._model, self.data, optimizer, lr_min, lr_max, steps, self._seeds(1), batch_size,
                           **hyper)
        self._till.pay(("range test", len(self._ledger)), steps, nan)
        self._enter(setting, steps, steps, 1, nan, nan, (), "range test", steps)
        return found

    def best(self):
        """The trial with the highest validation accuracy (of equals, the longer one)."""
        scored = [trial for trial in self._ledger if isfinite(trial.val_accuracy)]
        if not scored:
            raise ValueError("no trial has a score yet")
        return max(scored, key=lambda trial: (trial.val_accuracy, trial.steps))

    def submit(self, trial):
        """Open the test part, once: ten fresh networks with the setting of one of your trials are trained and judged.

        The trial itself is trained once more, and must come out as the ledger says. `...` submits nothing yet; the same
        trial once more is answered by the submission that was made.
        """
        if trial is ...:
            print("Nothing is submitted yet: the test part stays sealed.")
            return None
        if self._submitted and trial is self._submitted[0].trial:
            return self._submitted[0]
        self._audit()
        self._check_open("a test set that has been looked at is no test set any more")
        self._check_own(trial)
        again = self._train(trial.setting, trial.planned, trial.steps, self._seeds(trial.networks))
        if abs(float(again.final("val_accuracy").mean()) - trial.val_accuracy) > 0.005:
            raise Foul(f"trial {trial.number} was trained again and scored {again.final('val_accuracy').mean():.4f}, "
                       f"not {trial.val_accuracy:.4f}: somebody has written that number by hand.")
        fouls, remarks = self._outside_the_rules(), self._remarks()
        with _opening():
            opened = _opened()
        judged = self._train(trial.setting, trial.planned, trial.steps, self._seeds(JUDGES, 50), opened)
        scores = tuple(float(s) for s in np.nan_to_num(judged.final("test_accuracy")[0]))
        made = Submission(trial, self.player, scores, self.spent, len(self._ledger), fouls, remarks)
        self._submitted.append(made)
        _issued.append(made)
        return made

    def report(self):
        """Where the budget went, in words."""
        if not self._ledger:
            return f"Nothing is spent yet: {BUDGET:,} steps are left."
        shares = {}
        top = self.best().val_accuracy if any(isfinite(t.val_accuracy) for t in self._ledger) else nan
        for trial in self._ledger:
            where = (trial.fate if trial.fate in ("diverged", "range test") else "trials within 0.02 of the best score"
                     if trial.val_accuracy >= top - 0.02 else "trials further below")
            shares[where] = shares.get(where, 0) + trial.cost
        order = ("trials within 0.02 of the best score", "trials further below", "diverged", "range test")
        parts = [f"{shares[where]:,} ({shares[where] / BUDGET:.0%}) on {_PLACES.get(where, where)}"
                 for where in order if shares.get(where)]
        return (f"{len(self._ledger)} trials, {self.spent:,} of {BUDGET:,} steps: " + ", ".join(parts)
                + f"; {self.left:,} unspent.")

    def __repr__(self):
        lines = [f"Player {self.player}: {self.spent:,} of {BUDGET:,} steps spent, {self.left:,} left"
                 + ("; the test set is open, the game is over" if self._submitted else "")]
        return "\n".join(lines + [str(trial) for trial in self._ledger])

    @property
    def _model(self):
        return mlp(self.data.n_features, WIDTH, self.data.n_classes)

    def _seeds(self, n, first=0):
        return [1000 * self.player + first + k for k in range(n)]

    def _setting(self, lr, optimizer, schedule, batch_size, hyper):
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

    def _whole_epochs(self, steps, per_epoch, batch_size):
        if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or steps < 1:
            raise ValueError(f"steps must be a whole number of at least 1, got {steps!r}")
        if steps > LONGEST:
            raise Foul(f"no network may be trained for more than {LONGEST} steps, and this asks for {steps}: the rule "
                       "is part of the problem.")
        if steps < per_epoch:
            raise ValueError(f"an epoch with batches of {batch_size} takes {per_epoch} steps, and trials train whole "
                             f"epochs: {steps} steps are too few")
        return int(steps) // per_epoch * per_epoch

    def _train(self, setting, planned, steps, seeds, data=None):
        setting = dict(setting)
        lr, schedule, batch_size = (setting.pop(name) for name in ("lr", "schedule", "batch_size"))
        data = self.data if data is None else data
        rate = lr if schedule is None else schedule(lr, planned)
        epochs = steps // ceil(len(data.x_train) / batch_size)
        return sweep(self._model, data, setting.pop("optimizer"), lr=rate, seeds=seeds, epochs=epochs,
                     batch_size=batch_size, progress=False, **setting)

    def _afford(self, cost, what):
        if cost > self.left:
            raise BudgetSpent(f"{what}: that costs {cost:,} steps, and {self.left:,} of {BUDGET:,} are left. Shorten "
                              "the trial, or submit what you have.")

    def _enter(self, *values):
        trial = Trial(len(self._ledger) + 1, *values)
        self._ledger.append(trial)
        self._stamp(_written(trial), trial.cost)
        return self._shown(trial, f"{self.left:,} steps left")

    def _shown(self, trial, note):
        if self.show:
            print(f"{trial}  ({note})")
        return trial

    def _audit(self):
        paid = self._intact([_written(trial) for trial in self._ledger])
        if paid is not None:
            found = (f"it now says {self.spent:,} steps, and {paid:,} were paid" if self.spent != paid else
                     "the steps add up, but a line is not as it was written")
            raise Foul(f"the ledger was changed by hand: {found}. Trials that one would rather forget belong to the "
                       "search. `Capstone()` starts a new game.")
        if self._till.spent != self.spent or self._till.budget != BUDGET:
            raise Foul(f"the till was changed by hand: it says {self._till.spent:,} of {self._till.budget:,} steps, "
                       f"the trials cost {self.spent:,} of {BUDGET:,}. `Capstone()` starts a new game.")

    def _check_open(self, why):
        if self._submitted:
            raise Foul(f"the test set of this game is open, and opens once: {why}. Your score stands: "
                       f"{self._submitted[0].score:.4f}.")

    def _check_own(self, trial):
        if trial is None:
            raise Foul("nothing was handed in but `None`: is a `return` missing, as in `return game.best()`?")
        if not isinstance(trial, Trial):
            raise Foul(f"a trial is submitted, such as `game.best()`, and this was `{str(trial)[:60]}`: what has not "
                       "been trained in the game has no place in the ledger, and numbers are not taken on trust.")
        if not any(trial is own for own in self._ledger):
            raise Foul(f"this trial ({trial.name}) is not in the ledger of this game: it was made by hand, or in "
                       "another game. Only what was paid for here can be submitted.")
        if trial.fate == "range test":
            raise Foul("a range test passes through all rates and settles on none; train with the rate that it "
                       "suggests, and submit that trial.")
        if not isfinite(trial.val_accuracy):
            raise Foul(f"trial {trial.number} diverged and has no score: submit one that learned something.")

    def _outside_the_rules(self, rules=(BUDGET, LONGEST, LARGEST_BATCH, JUDGES)):
        fouls = ()
        if rules != (BUDGET, LONGEST, LARGEST_BATCH, JUDGES):
            fouls += ("the rules were rewritten in this session: the numbers at the top of the module are those that "
                      "everyone played by.",)
        if not _peeks:
            return fouls
        times = f"{len(_peeks)} time{'s' * (len(_peeks) > 1)}"
        return (*fouls, f"the file of the test part, {SEALED}, was read {times} in this session before you submitted. "
                "A choice that has seen the test part, even from the corner of an eye, is no longer tested by it. "
                "Restart the kernel to play once more.")

    def _remarks(self):
        others = [game for game in _games[self.player] if game is not self and game.spent]
        if not others:
            return ()
        opened = sum(bool(game._submitted) for game in others)
        total = self.spent + sum(game.spent for game in others)
        text = (f"This is game {len(others) + 1} of player {self.player} in this session: together they spent "
                f"{total:,} steps, where the stored players had {BUDGET:,}")
        return (text + (", and the test set had been opened before: take it as practice." if opened else "."),)


_PLACES = {"diverged": "runs that diverged", "range test": "range tests"}
_games, _issued, _peeks, _own = {}, [], [], []


def issued(submission):
    """Whether a submission came from a game in this session."""
    return any(submission is made for made in _issued)


def _key(setting, steps, network=0):
    """What the till knows a network by; with a schedule, another length is another run.

    A schedule is known by its rates, and an optimizer by its code, so that a cell that defines them may be run again.
    """
    optimizer, lr, schedule, *others = setting.items()
    known = [("optimizer", getattr(optimizer[1], "__code__", optimizer[1])), ("lr", _rates(lr[1], LONGEST))]
    if schedule[1] is not None:
        known += [("schedule", _rates(schedule[1](lr[1], steps), steps)), ("planned", steps)]
    return (_in_words(setting), *known, *others, ("network", network))


def _rates(rate, n):
    """The rate at each step, where it is known beforehand."""
    if not callable(rate) or needs_losses(rate):
        return rate
    return tuple(rate(step) for step in range(n))


def _key_in_words(key):
    return key[0]


def _in_words(setting):
    """The optimizer, what differs from its defaults, rate, schedule and batch size."""
    extra = [f"{name} {label(value)}" for name, value in list(setting.items())[4:]
             if value != inspect.signature(setting["optimizer"]).parameters[name].default]
    schedule = [label(setting["schedule"])] if setting["schedule"] else []
    return ", ".join([label(setting["optimizer"]), *extra, f"rate {_short(setting['lr'])}", *schedule,
                      f"batch {setting['batch_size']}"])


def _short(rate):
    return f"{rate:.3g}" if isinstance(rate, float | int) else label(rate)


def _written(trial):
    return repr([(name, value) for name, value in vars(trial).items()])


def _seal():
    """Two functions: `stamp` seals a line of the ledger onto those before it; `intact` tells whether all still fit.

    The key and the sum of what was paid lie in the closure, where no slip of the hand can change them.
    """
    key, chain, paid = secrets.token_bytes(16), [b""], [0]

    def link(before, line):
        return hmac.digest(key, before + line.encode(), "sha256")

    def stamp(line, cost):
        chain[0] = link(chain[0], line)
        paid[0] += cost

    def intact(lines):
        """None if all is well, else the steps that were paid."""
        now = b""
        for line in lines:
            now = link(now, line)
        return None if now == chain[0] else paid[0]

    return stamp, intact


@lru_cache(maxsize=1)
def _sealed():
    return load_segments()


@lru_cache(maxsize=1)
def _opened():
    return load_segments(opened=True)


@contextmanager
def _opening():
    """While the game itself reads the test part."""
    _own.append(True)
    try:
        yield
    finally:
        _own.pop()


_READS = {"open", "subprocess.Popen", "os.system", "os.posix_spawn", "shutil.copyfile", "os.rename", "os.link"}


def _watch(event, args):
    """An audit hook of Python's own: notes who reads the sealed file, or sends a command for it."""
    if event in _READS and not _own and SEALED in str(args):
        frame = sys._getframe(1)
        while frame is not None:
            if frame.f_code is data_module.verify.__code__:  # checksums tell nothing
                return
            frame = frame.f_back
        _peeks.append(event)


sys.addaudithook(_watch)
