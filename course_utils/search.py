"""What a search for a good rate may see: scores that are bought with epochs, or the losses of a range test."""

import warnings
from math import isfinite
from numbers import Real

import numpy as np

from .arrays import numbers

__all__ = ["BudgetSpent", "RangeEdgeWarning", "Trials", "read_range_test"]


class BudgetSpent(RuntimeError):
    """A trial would have cost more epochs, or steps, than are left."""


def _score(value):
    """A score as a float; NaN is one, of a run that diverged."""
    number = value.item() if getattr(value, "ndim", None) == 0 else value
    if not isinstance(number, Real):
        raise ValueError(f"a score must be a number, got {value!r}{': is a return missing?' if value is None else ''}")
    return float(number)


class RangeEdgeWarning(UserWarning):
    """A range test is read at an end of its range, so that a better place may lie outside it."""


class Trials:
    """The trials of one search, and what they cost.

    `look(lr, epochs)` gives the validation score of a run at rate `lr` after so many epochs, higher is better: from
    training that is done on the spot, or from a table of runs. `budget` counts epochs; going on with a rate that was
    tried before costs only the epochs that are new, unless `goes_on` is False: then each run is charged whole, as where
    `look` trains from the start, under a schedule as long as the run. A search over more than rates may use any
    hashable setting in the place of `lr`, with `name` to put it in words, and any other `unit`.
    """

    def __init__(self, look, budget, unit="epochs", name="rate {:.3g}".format, goes_on=True):
        if look is not None and not callable(look):
            raise ValueError(f"look must be a function look(lr, epochs), got {look!r}")
        if not callable(name):
            raise ValueError(f"name must be a function that puts a setting in words, got {name!r}")
        if not isinstance(budget, Real) or isinstance(budget, bool) or not budget >= 0:
            raise ValueError(f"budget must be a number of {unit}, at least 0, got {budget!r}")
        self.look, self.budget, self.spent, self.unit, self.name = look, budget, 0, unit, name
        self.goes_on = goes_on
        self.seen = {}  # rate -> (epochs, score) at its longest

    def price(self, lr, epochs):
        """What a run of `epochs` epochs would cost now; raises `BudgetSpent` if too few are left to pay for it."""
        self._check(lr, epochs)
        cost = max(epochs - self.seen.get(lr, (0, None))[0], 0) if self.goes_on else epochs
        if self.spent + cost > self.budget:
            raise BudgetSpent(f"{epochs} {self.unit} at {self.name(lr)} cost {cost}; {self.budget - self.spent} "
                              "are left")
        return cost

    def pay(self, lr, epochs, score):
        """Charge a run of `epochs` epochs that scored `score`, and return what it cost."""
        cost, score = self.price(lr, epochs), _score(score)
        self.spent += cost
        if epochs > self.seen.get(lr, (0, None))[0]:
            self.seen[lr] = (epochs, score)
        return cost

    def score(self, lr, epochs):
        """The score at rate `lr` after `epochs` epochs; raises `BudgetSpent` if too few are left to pay for them."""
        self.price(lr, epochs)
        if self.look is None:
            raise ValueError("these trials have no look(lr, epochs) to ask: pay for a score that you have")
        score = _score(self.look(lr, epochs))
        self.pay(lr, epochs, score)
        return score

    def _check(self, lr, epochs):
        try:
            hash(lr)
        except TypeError:
            raise ValueError(f"lr must be one rate, or another setting that can be hashed, got {lr!r}") from None
        if lr is None or isinstance(lr, Real) and not (lr > 0 and isfinite(lr)):
            raise ValueError(f"lr must be a finite number above 0, got {lr!r}")
        if not isinstance(epochs, Real) or isinstance(epochs, bool) or not (epochs >= 1 and epochs % 1 == 0):
            raise ValueError(f"{self.unit} must be a whole number of at least 1, got {epochs!r}")

    def best(self):
        """Of the rates that were trained longest, the one with the best score (NaN counts as the worst)."""
        if not self.seen:
            raise ValueError("nothing has been tried yet")
        longest = max(epochs for epochs, _ in self.seen.values())
        final = {lr: score for lr, (epochs, score) in self.seen.items() if epochs == longest}
        return max(final, key=lambda lr: -float("inf") if final[lr] != final[lr] else final[lr])


def read_range_test(rates, losses=None, rule="minimum", allow_edge=False):
    """The rate that a range test suggests: rates (n,) ascending, the losses (n,) of one run or the mean of several.

    Losses are smoothed over five places. "minimum": a tenth of the rate at the lowest loss. "slope": where the loss
    falls fastest against log rate  (Gugger 2018). "blow-up": a tenth of the last rate before the loss, once past its
    minimum, is more than twice as high  (after Smith 2017, who reads off where the loss becomes ragged).

    Where that place is an end of the range, a better one may lie beyond it: a `RangeEdgeWarning` names the side to
    extend, unless `allow_edge`. It is no error, since one noisy run in many may end there without harm.
    """
    rates, losses = _curve(rates, losses)
    if rule not in _READINGS:
        raise ValueError(f'rule must be "minimum", "slope" or "blow-up", got {rule!r}')
    smooth = np.array([losses[max(i - 2, 0):i + 3].mean() for i in range(len(losses))])
    smooth[~np.isfinite(smooth)] = np.inf
    if np.isfinite(smooth).sum() < 3:
        raise ValueError("losses hold no five finite numbers in a row, or hardly more: start the range test at smaller "
                         "rates")
    place, edge = _READINGS[rule](rates, smooth)
    if edge and not allow_edge:
        warnings.warn(f"the range test's {rule} lies at its {'smallest' if edge == 'below' else 'largest'} rate, "
                      f"{rates[0 if edge == 'below' else -1]:g}, and may lie beyond: extend the range {edge}",
                      RangeEdgeWarning, stacklevel=2)
    return float(rates[place] if rule == "slope" else rates[place] / 10)


def _curve(rates, losses):
    """Rates and losses of a range test as arrays (n,), the rates above 0 and ascending."""
    if hasattr(rates, "losses") or hasattr(losses, "losses") or losses is None:
        raise ValueError("rates and losses are two arrays: of a RangeTest `test` pass test.rates and test.losses[0] "
                         "for one run, or test.losses.mean(axis=0) for the mean of all")
    rates, losses = numbers("rates", rates).astype(float), numbers("losses", losses).astype(float)
    if losses.ndim == 2 and rates.shape == losses.shape[1:]:
        raise ValueError(f"losses hold {len(losses)} runs, shape {losses.shape}: pass those of one run, "
                         "test.losses[0], or their mean, test.losses.mean(axis=0)")
    if rates.shape != losses.shape or rates.ndim != 1 or len(rates) < 3:
        raise ValueError(f"rates and losses must have the same length of at least 3, got {rates.shape}, {losses.shape}")
    if not (np.isfinite(rates) & (rates > 0)).all():
        raise ValueError(f"rates must be finite numbers above 0, got {rates[~(np.isfinite(rates) & (rates > 0))][0]:g}")
    if not (np.diff(rates) > 0).all():
        i = int((np.diff(rates) <= 0).argmax())
        raise ValueError(f"rates must ascend, each once; got {rates[i]:g} before {rates[i + 1]:g}")
    return rates, losses


def _edge(place, n, reach=0):
    return "below" if place <= reach else "above" if place >= n - 1 - reach else None


def _minimum(rates, smooth):
    lowest = int(smooth.argmin())
    return lowest, _edge(lowest, len(rates))


def _slope(rates, smooth):
    kept = np.flatnonzero(np.isfinite(smooth))
    place = int(kept[np.gradient(smooth[kept], np.log(rates[kept])).argmin()])
    return place, _edge(place, len(rates), reach=min(3, len(rates) // 5))  # smoothing flattens the ends


def _blow_up(rates, smooth):
    lowest = int(smooth.argmin())
    beyond = np.flatnonzero(smooth[lowest:] > 2 * smooth[lowest])
    if not len(beyond):
        return len(rates) - 1, "above"
    return lowest + int(beyond[0]) - 1, "below" if lowest == 0 else None


_READINGS = {"minimum": _minimum, "slope": _slope, "blow-up": _blow_up}
