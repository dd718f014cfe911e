"""Sweeps: every setting of a grid, under the same seeds, all networks trained together."""

from dataclasses import dataclass, field, replace
from math import ceil

import numpy as np
import pandas as pd
import torch

from .data import Dataset
from .engine.chunks import divide, epochs_of, one_thread
from .engine.execution import checked, execute, grid, progress_bar, ways_of, whole_number, whole_seeds
from .engine.memory import give_back_memory
from .names import label, labels, setting_names
from .schedules import as_schedule
from .statistics import mean_interval
from .training import Run

__all__ = ["Best", "GridEdgeError", "RangeTest", "Sweep", "give_back_memory", "progress_bar", "range_test",
           "require_inside", "sweep", "sweep_settings"]


class GridEdgeError(ValueError):
    """The best rate lies on the edge of the grid, so that a better one may lie outside it."""


def require_inside(rate, rates, of=""):
    """Raise `GridEdgeError`, which names the side to extend, where the best `rate` is the first or last in size.

    Nothing is asked of fewer than three different `rates`. `of` says in the message what the rate is the best of.
    """
    low, high = min(rates), max(rates)
    if len(set(rates)) >= 3 and rate in (low, high):
        side, further = ("below", 0.1) if rate == low else ("above", 10)
        raise GridEdgeError(f"the best rate {rate:g}{of} lies on the edge of the grid {low:g} … {high:g}; "
                            f"extend it {side}, for example to {rate * further:g}")


@dataclass(frozen=True)
class Best:
    """The setting chosen on validation data, and what it scored on test data: mean, sd and 95 % interval over seeds."""

    setting: dict
    name: str  # the setting in a few words
    metric: str
    val_mean: float
    test_mean: float
    test_sd: float
    test_low: float
    test_high: float
    n_seeds: int

    def __str__(self):
        return (f"{self.name}: test {self.metric} {self.test_mean:.3f} [{self.test_low:.3f}, {self.test_high:.3f}] "
                f"over {self.n_seeds} seeds, chosen by validation {self.metric} {self.val_mean:.3f}")


@dataclass(frozen=True)
class Sweep:
    """The outcome of a sweep.

    `settings` is a list of dicts, one a setting; `history` maps each score to its array (setting, seed, epoch);
    `weights` (setting, seed, …) holds the final weights; `diverged_at` (setting, seed) the first step whose loss was
    not a finite number, −1 where all was well, the number of all steps where the very last one blew up the weights.
    """

    data: Dataset
    settings: list
    seeds: list
    history: dict
    weights: list = field(repr=False)
    diverged_at: np.ndarray = field(repr=False)
    planned_epochs: int = 0
    buffers: list = field(default_factory=list, repr=False)  # (setting, seed): what a network keeps besides its weights
    ways: list = field(default_factory=list, repr=False)  # how each setting was trained: as a stack, or why not

    @property
    def epochs(self):
        """Epochs that are done: fewer than planned if the sweep was interrupted."""
        return self.history["train_loss"].shape[2]

    @property
    def diverged(self):
        return self.diverged_at >= 0

    @property
    def metric(self):
        """What settings are compared by: accuracy for classification, loss where there is none."""
        return "accuracy" if "val_accuracy" in self.history else "loss"

    def values(self, name):
        """The values of one hyperparameter, one a setting: values("lr")."""
        return [setting[name] for setting in self.settings]

    def names(self):
        """Each setting in a few words: the hyperparameters that differ between settings."""
        names = setting_names(self.settings)
        return names if any(names) else [f"lr {label(s['lr'])}" for s in self.settings]

    def final(self, score):
        """A score at the last epoch, (setting, seed)."""
        return self.history[score][:, :, -1]

    def at_epoch(self, epoch):
        """The same sweep as it stood after `epoch` epochs (weights are those of the end, and so left out)."""
        if not 1 <= epoch <= self.epochs:
            raise ValueError(f"epoch must lie between 1 and {self.epochs}, got {epoch!r}")
        steps = np.array([[epoch * ceil(len(self.data.x_train) / s["batch_size"])] for s in self.settings])
        return replace(self, history={name: h[:, :, :epoch] for name, h in self.history.items()}, weights=[],
                       buffers=[],
                       diverged_at=np.where(self.diverged_at <= steps, self.diverged_at, -1))

    def select(self, **where):
        """The part of the sweep whose settings have these values: select(lr=0.1), select(lr=[0.1, 0.01])."""
        wanted = {name: list(value) if isinstance(value, list | tuple | np.ndarray) else [value]
                  for name, value in where.items()}
        chosen = [i for i, s in enumerate(self.settings)
                  if all(s.get(name) in values or label(s.get(name)) in values for name, values in wanted.items())]
        if not chosen:
            raise ValueError(f"no setting has {where}; the settings are {_readable(self.settings)}")
        return replace(self, settings=[self.settings[i] for i in chosen],
                       history={name: h[chosen] for name, h in self.history.items()},
                       weights=[self.weights[i] for i in chosen] if self.weights else [],
                       buffers=[self.buffers[i] for i in chosen] if self.buffers else [],
                       ways=[self.ways[i] for i in chosen] if self.ways else [],
                       diverged_at=self.diverged_at[chosen])

    def __add__(self, other):
        """The settings of both: a grid to which a few are added, where seeds, epochs and data are the same."""
        if not isinstance(other, Sweep):
            return NotImplemented
        for what, ours, theirs in (("seeds", self.seeds, other.seeds), ("epochs", self.epochs, other.epochs)):
            if ours != theirs:
                raise ValueError(f"sweeps that are added must have the same {what}, got {ours} and {theirs}")
        if self.data is not other.data:
            raise ValueError(f"sweeps that are added must have the same data, got two objects: {self.data.name!r} and "
                             f"{other.data.name!r}; give the first to both")
        if twice := [_readable([setting])[0] for setting in other.settings if setting in self.settings]:
            raise ValueError(f"sweeps that are added must share no setting, got {twice} in both")
        joined = {name: ours + theirs if ours and theirs else [] for name in ("weights", "buffers", "ways")
                  for ours, theirs in [(getattr(self, name), getattr(other, name))]}
        return replace(self, settings=self.settings + other.settings, **joined,
                       history={name: np.concatenate([h, other.history[name]]) for name, h in self.history.items()},
                       diverged_at=np.concatenate([self.diverged_at, other.diverged_at]))

    def run(self, setting, seed):
        """One network of the sweep as a `Run`: the index of its setting and its seed."""
        if not self.weights:
            raise ValueError("the weights of an earlier epoch are not kept: ask the whole sweep for its runs")
        if setting not in range(len(self.settings)) or seed not in self.seeds:
            raise ValueError(f"setting must be an index from 0 to {len(self.settings) - 1} and seed one of "
                             f"{self.seeds}; got {setting!r} and {seed!r}")
        k = self.seeds.index(seed)
        step = int(self.diverged_at[setting, k])
        return Run(self.settings[setting]["model"], self.data, self.settings[setting], seed,
                   {name: h[setting, k] for name, h in self.history.items()},
                   self.weights[setting][k], None if step < 0 else step,
                   self.buffers[setting][k] if self.buffers else {})

    def table(self):
        """A tidy DataFrame, one row a run: hyperparameters, seed, whether it diverged, and the final scores."""
        rows, readable = [], _readable(self.settings)
        for i, setting in enumerate(readable):
            for k, seed in enumerate(self.seeds):
                scores = {name: h[i, k, -1] for name, h in self.history.items()}
                rows.append({**setting, "seed": seed, "diverged": bool(self.diverged[i, k]), **scores})
        return pd.DataFrame(rows)

    def of_seeds(self, seeds):
        """The part of the sweep with these seeds, in their order."""
        seeds = _listed(seeds)
        unknown = [seed for seed in seeds if seed not in self.seeds]
        if unknown or not seeds or len(set(seeds)) < len(seeds):
            raise ValueError(f"seeds must be some of {self.seeds}, each once, got {seeds}")
        k = [self.seeds.index(seed) for seed in seeds]
        pick = lambda rows: [[row[i] for i in k] for row in rows]
        return replace(self, seeds=seeds, history={name: h[:, k] for name, h in self.history.items()},
                       weights=pick(self.weights), buffers=pick(self.buffers), diverged_at=self.diverged_at[:, k])

    def scores_on(self, x, y):
        """What each network at the end gets of each example x (n, …), y (n,): an array (setting, seed, n).

        1 where the class is right and 0 where it is not, or the squared error, meant over the values of an example:
        for test examples that were not scored while training, such as a large fresh sample.
        """
        right = self.data.task == "classification"
        judge = (lambda z: z == y) if right else (lambda z: ((z - y) ** 2).reshape(len(y), -1).mean(axis=1))
        return np.array([[judge(self.run(i, seed).predict(x)) for seed in self.seeds]
                         for i in range(len(self.settings))], dtype=float)

    def best(self, allow_edge=False, choose_on=None, report_on=None, **where):
        """Choose the setting with the best mean validation score and report its test score.

        By default all seeds choose and all report: an interval then tells how the chosen setting does, not how well
        the choice would come out again. `choose_on` and `report_on` name the seeds for each; given one of them, the
        other takes the rest. ValueError where they share a seed, or one is left without any.

        A setting with a run that diverged comes last. Raises `GridEdgeError`, which names the side to extend, if the
        best rate is the smallest or the largest of three or more on the grid; `allow_edge` turns that off. Of equally
        good settings one inside the grid is chosen. `where` narrows the choice as in `select`.
        """
        runs = self.select(**where)
        reported = runs
        if choose_on is not None or report_on is not None:
            runs, reported = map(runs.of_seeds, _two_sides(self.seeds, choose_on, report_on))
        sign = 1 if runs.metric == "accuracy" else -1
        mean = np.where(runs.diverged, -np.inf, sign * runs.final(f"val_{runs.metric}")).mean(axis=1)
        mean[np.isnan(mean)] = -np.inf
        if not np.isfinite(mean).any():
            raise ValueError("every setting had a run that diverged; try smaller rates")
        rates = runs.values("lr")
        grid = [rate for rate in rates if not callable(rate)]
        edges = (min(grid), max(grid)) if grid else ()
        i = min(np.flatnonzero(mean == mean.max()), key=lambda i: rates[i] in edges)  # of equals, one inside
        if rates[i] in grid and not allow_edge:
            require_inside(rates[i], grid)
        scores = reported.final(f"test_{runs.metric}")[i]
        test, sd = mean_interval(scores), float(np.std(scores, ddof=1)) if len(scores) > 1 else float("nan")
        return Best(_readable(runs.settings)[i], runs.names()[i], runs.metric, float(sign * mean[i]), test.mean, sd,
                    test.low, test.high, len(scores))

    def summary(self):
        """A line for each setting: the mean and spread of its test score, and how many runs diverged."""
        lines = []
        for i, name in enumerate(self.names()):
            scores = self.final(f"test_{self.metric}")[i][~self.diverged[i]]
            gone = f", {int(self.diverged[i].sum())} of {len(self.seeds)} diverged" if self.diverged[i].any() else ""
            lines.append(f"{name}: test {self.metric} {_spread(scores)}{gone}")
        return "\n".join(lines)


def sweep(model, data, optimizer, lr, seeds=range(30), epochs=200, batch_size=32, loss=None, executor=None, device=None,
          progress=True, resume=None, **hyper):
    """Train every setting of a grid under every seed and return the `Sweep`.

    `model` (a function of no arguments that returns a fresh `torch.nn.Module`), `optimizer`, `lr` (a number or a
    schedule), `batch_size` and any hyperparameter of the optimizer may be a list: the grid is their product.
    `optimizer` is a function (w, g, state, lr) such as `adam`, a class of `torch.optim`, or a function (module, lr)
    that returns a torch optimizer, without a scheduler. `loss` takes outputs and targets and gives a mean; by default
    cross-entropy for classes, squared error for values. Run k of every setting starts from the same weights and sees
    the same batches.

    All networks are trained at once, as one stack, where a comparison shows that this gives what each gives alone;
    otherwise one by one, on all cores, and a sentence says why. A run that diverges is a result; the others go on. An
    interrupt (Kernel → Interrupt) keeps the epochs that are done. `executor` may be any `concurrent.futures.Executor`,
    such as a process pool, or a Dask client: it is sent chunks of networks. `resume` names a folder in which finished
    chunks are kept, so that the same call goes on after a kill; without it, the environment variable COURSE_RESUME may
    name one for all sweeps.
    """
    settings = grid(model, optimizer, lr, batch_size, hyper)
    return sweep_settings(data, settings, seeds, epochs, executor, device, progress, resume, loss)


def sweep_settings(data, settings, seeds=range(30), epochs=200, executor=None, device=None, progress=True, resume=None,
                   loss=None):
    """The same for any list of settings, not only a grid: as in random search, or optimizers with rates of their own.

    A setting is a dict of `model`, `optimizer`, `lr`, `batch_size` (32 where it is left out) and hyperparameters.
    """
    settings, seeds = checked(data, settings), whole_seeds(seeds)
    whole_number("epochs", epochs)
    ways = ways_of(data, settings, loss)
    say(ways)
    record, stopped = execute(data, settings, seeds, epochs, ways, executor, device, progress, resume, loss)
    done, whole = epochs, list(range(len(seeds)))
    if stopped:
        done, whole = _kept(record, epochs, len(seeds))
    pick = lambda rows: [[row[k] for k in whole] for row in rows]
    return Sweep(data, settings, [seeds[k] for k in whole], record.scores(done, whole), pick(record.weights()),
                 record.failed_at[:, whole], epochs, pick(record.buffers()), [str(way) for way in ways])


def say(ways):
    """One sentence for each reason why networks are not trained as one stack, and for what a reader should know."""
    for sentence in dict.fromkeys([f"trained {way}" for way in ways if not way.stack]
                                  + [way.note for way in ways if way.note]):
        print(sentence)


def _kept(record, epochs, n_seeds):
    """What an interrupt leaves: the epochs that all networks have, or else the seeds that are done."""
    if done := record.epochs_done():
        print(f"interrupted: {done} of {epochs} epochs are done and kept")
        return done, list(range(n_seeds))
    if not (whole := record.seeds_done()):
        raise KeyboardInterrupt
    print(f"interrupted: {len(whole)} of {n_seeds} seeds are done and kept")
    return epochs, whole


def _listed(seeds):
    return [seeds] if isinstance(seeds, int | np.integer) else list(seeds)


def _two_sides(seeds, choose_on, report_on):
    """The seeds that choose and those that report: apart, neither empty; the rest for the side that is not given."""
    given = {name: None if side is None else _listed(side)
             for name, side in (("choose_on", choose_on), ("report_on", report_on))}
    for name, side in given.items():
        if side is not None and (not side or (unknown := [seed for seed in side if seed not in seeds])):
            raise ValueError(f"{name} must name seeds of the sweep, {seeds}; got {unknown if side else side}")
    choose, report = ([seed for seed in seeds if seed not in given[other]] if given[name] is None else given[name]
                      for name, other in (("choose_on", "report_on"), ("report_on", "choose_on")))
    if both := sorted(set(choose) & set(report)):
        raise ValueError(f"choose_on and report_on must not share seeds; both hold {both}")
    if not choose or not report:
        raise ValueError(f"choose_on and report_on must leave each other some of the seeds {seeds}")
    return choose, report


def _spread(scores):
    """Mean and standard deviation over seeds; one seed has no spread."""
    if len(scores) == 0:
        return "none (mean ± sd)"
    if len(scores) == 1:
        return f"{scores[0]:.3f} (one seed)"
    return f"{scores.mean():.3f} ± {scores.std(ddof=1):.3f} (mean ± sd)"


def _readable(settings):
    """The settings for people: numbers as they are, functions by names that tell them apart."""
    rows = [dict(setting) for setting in settings]
    for name in dict.fromkeys(name for setting in settings for name in setting):
        held = [row for row in rows if name in row]
        if not all(isinstance(row[name], int | float) for row in held):
            for row, text in zip(held, labels([row[name] for row in held]), strict=True):
                row[name] = row[name] if isinstance(row[name], int | float) else text
    return rows


@dataclass(frozen=True)
class RangeTest:
    """Loss of every batch (seed, step) while the rate grew from step to step: `rates` (step,)."""

    rates: np.ndarray
    losses: np.ndarray
    seeds: list


def range_test(model, data, optimizer, lr_min=1e-5, lr_max=10.0, n_steps=100, seeds=range(10), batch_size=32,
               loss=None, **hyper):
    """Learning-rate range test: raise the rate by a constant factor each step, record the batch loss (Smith 2017)."""
    for name, rate in (("lr_min", lr_min), ("lr_max", lr_max)):
        as_schedule(rate, name)
    if not lr_min < lr_max:
        raise ValueError(f"lr_min must lie below lr_max, got {lr_min!r} and {lr_max!r}")
    whole_number("n_steps", n_steps)
    if n_steps < 2:
        raise ValueError(f"n_steps must be at least 2, got {n_steps!r}")
    seeds = whole_seeds(seeds)
    settings = checked(data, grid(model, optimizer, lr_min, batch_size, hyper))
    if len(settings) > 1:
        raise ValueError("a range test takes one model, one optimizer and one value of each hyperparameter, no lists")
    ways = ways_of(data, settings, loss)
    say(ways)
    rates = np.geomspace(lr_min, lr_max, n_steps)
    grow = lambda step: float(rates[min(step, n_steps - 1)])
    epochs = ceil(n_steps / ceil(len(data.x_train) / batch_size))
    [chunk] = divide([settings[0] | {"lr": grow}], seeds, ways, together=True, loss=loss)
    with one_thread():
        losses = torch.cat([epoch.batch_loss for epoch in epochs_of(data, chunk, epochs)])[:n_steps]
    return RangeTest(rates, losses.numpy().T, seeds)
