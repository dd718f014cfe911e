"""The capstone: a budget of training steps, a ledger of what it bought, and a test set that opens once.

The rules are the same for every player. A game notices what a player may do wrong without meaning harm, and says so in
a `Foul`; what nobody can prevent in Python, training beside the game or reading the files from outside, it leaves to
the player.
"""

from math import ceil, isfinite, nan

import numpy as np

from ..models import mlp
from ..optimizers import sgd
from ..search import BudgetSpent, Trials
from ..sweep import range_test, sweep
from . import capstone_rules as rules
from .capstone_rules import (
    BUDGET,
    JUDGES,
    LARGEST_BATCH,
    LONGEST,
    WIDTH,
    Foul,
    Submission,
    Trial,
    check_own,
    checked_setting,
    in_words,
    known_by,
    whole_epochs,
)
from .capstone_seal import issue, seal
from .capstone_seal import issued as issued
from .capstone_test_part import SEALED, looks, opened, sealed

__all__ = ["BUDGET", "LARGEST_BATCH", "LONGEST", "BudgetSpent", "Capstone", "Foul", "Submission", "Trial"]

_PLACES = {"diverged": "runs that diverged", "range test": "range tests"}
_games = {}


class Capstone:
    """One game: `trial` trains and charges, `submit` opens the test part once; nothing else costs anything.

    `player` sets the seeds: those of the trials, and others for the networks that are judged. Yours is player 0; the
    stored players are 1 to 20.
    """

    def __init__(self, player=0, show=True):
        if not isinstance(player, int) or isinstance(player, bool) or player < 0:
            raise ValueError(f"player must be a whole number from 0, got {player!r}")
        stamp, intact = seal()
        keep = {"player": player, "data": sealed(), "show": show, "_ledger": [], "_submitted": [],
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
        setting = checked_setting(lr, optimizer, schedule, batch_size, hyper)
        per_epoch = ceil(len(self.data.x_train) / batch_size)
        steps = whole_epochs(steps, per_epoch, batch_size)
        if not isinstance(networks, int) or isinstance(networks, bool) or not 1 <= networks <= JUDGES:
            raise ValueError(f"networks must be a whole number from 1 to {JUDGES}, got {networks!r}")
        known = [trial for trial in self._ledger if trial.fate not in ("range test", "interrupted")
                 and (trial.planned, trial.networks) == (steps, networks)
                 and known_by(trial.setting, steps) == known_by(setting, steps)]
        if known:
            return self._shown(known[0], "known already, nothing charged")
        self._check_open("no more trials")
        keys = [known_by(setting, steps, network) for network in range(networks)]
        cost = sum(max(steps - self._till.seen.get(key, (0, None))[0], 0) for key in keys)
        several = f" × {networks} networks" if networks > 1 else ""
        self._afford(cost, f"{in_words(setting)}, {steps} steps{several}")

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
        setting = checked_setting(lr_max, optimizer, None, batch_size, hyper) | {"lr": f"{lr_min:g} to {lr_max:g}"}
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
        check_own(self._ledger, trial)
        again = self._train(trial.setting, trial.planned, trial.steps, self._seeds(trial.networks))
        if abs(float(again.final("val_accuracy").mean()) - trial.val_accuracy) > 0.005:
            raise Foul(f"trial {trial.number} was trained again and scored {again.final('val_accuracy').mean():.4f}, "
                       f"not {trial.val_accuracy:.4f}: somebody has written that number by hand.")
        fouls, remarks = self._outside_the_rules(), self._remarks()
        judged = self._train(trial.setting, trial.planned, trial.steps, self._seeds(JUDGES, 50), opened())
        scores = tuple(float(s) for s in np.nan_to_num(judged.final("test_accuracy")[0]))
        made = Submission(trial, self.player, scores, self.spent, len(self._ledger), fouls, remarks)
        self._submitted.append(made)
        issue(made)
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

    def _outside_the_rules(self, played=(BUDGET, LONGEST, LARGEST_BATCH, JUDGES)):
        fouls = ()
        now = {(BUDGET, LONGEST, LARGEST_BATCH, JUDGES),
               (rules.BUDGET, rules.LONGEST, rules.LARGEST_BATCH, rules.JUDGES)}
        if now != {played}:
            fouls += ("the rules were rewritten in this session: the numbers at the top of the module are those that "
                      "everyone played by.",)
        if not looks():
            return fouls
        times = f"{looks()} time{'s' * (looks() > 1)}"
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


def _key_in_words(key):
    return key[0]


def _written(trial):
    return repr([(name, value) for name, value in vars(trial).items()])
