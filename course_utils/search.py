"""What a search for a good rate may see: scores that are bought with epochs, or the losses of a range test."""

import numpy as np

__all__ = ["BudgetSpent", "Trials", "read_range_test"]


class BudgetSpent(RuntimeError):
    """A trial would have cost more epochs, or steps, than are left."""


class Trials:
    """The trials of one search, and what they cost.

    `look(lr, epochs)` gives the validation score of a run at rate `lr` after so many epochs, higher is better: from
    training that is done on the spot, or from a table of runs. `budget` counts epochs; going on with a rate that was
    tried before costs only the epochs that are new. A search over more than rates may use any hashable setting in the
    place of `lr`, with `name` to put it in words, and any other `unit`.
    """

    def __init__(self, look, budget, unit="epochs", name="rate {:.3g}".format):
        self.look, self.budget, self.spent, self.unit, self.name = look, budget, 0, unit, name
        self.seen = {}  # rate -> (epochs, score) at its longest

    def price(self, lr, epochs):
        """What a run of `epochs` epochs would cost now; raises `BudgetSpent` if too few are left to pay for it."""
        cost = max(epochs - self.seen.get(lr, (0, None))[0], 0)
        if self.spent + cost > self.budget:
            raise BudgetSpent(f"{epochs} {self.unit} at {self.name(lr)} cost {cost}; {self.budget - self.spent} "
                              "are left")
        return cost

    def pay(self, lr, epochs, score):
        """Charge a run of `epochs` epochs that scored `score`, and return what it cost."""
        cost = self.price(lr, epochs)
        self.spent += cost
        if epochs > self.seen.get(lr, (0, None))[0]:
            self.seen[lr] = (epochs, score)
        return cost

    def score(self, lr, epochs):
        """The score at rate `lr` after `epochs` epochs; raises `BudgetSpent` if too few are left to pay for them."""
        self.price(lr, epochs)
        score = float(self.look(lr, epochs))
        self.pay(lr, epochs, score)
        return score

    def best(self):
        """Of the rates that were trained longest, the one with the best score (NaN counts as the worst)."""
        if not self.seen:
            raise ValueError("nothing has been tried yet")
        longest = max(epochs for epochs, _ in self.seen.values())
        final = {lr: score for lr, (epochs, score) in self.seen.items() if epochs == longest}
        return max(final, key=lambda lr: -float("inf") if final[lr] != final[lr] else final[lr])


def read_range_test(rates, losses, rule="minimum"):
    """The rate that a range test suggests: rates (n,) ascending, the losses (n,) of one run or the mean of several.

    Losses are smoothed over five places. "minimum": a tenth of the rate at the lowest loss. "slope": where the loss
    falls fastest against log rate  (Gugger 2018). "blow-up": a tenth of the last rate before the loss, once past its
    minimum, is more than twice as high  (after Smith 2017, who reads off where the loss becomes ragged).
    """
    rates, losses = np.asarray(rates, dtype=float), np.asarray(losses, dtype=float)
    if rates.shape != losses.shape or rates.ndim != 1 or len(rates) < 3:
        raise ValueError(f"rates and losses must have the same length of at least 3, got {rates.shape}, {losses.shape}")
    smooth = np.array([losses[max(i - 2, 0):i + 3].mean() for i in range(len(losses))])
    smooth[~np.isfinite(smooth)] = np.inf
    if not np.isfinite(smooth).any():
        raise ValueError("losses hold no five finite numbers in a row: start the range test at smaller rates")
    lowest = int(smooth.argmin())
    if rule == "minimum":
        return float(rates[lowest] / 10)
    if rule == "slope":
        kept = np.isfinite(smooth)
        return float(rates[kept][np.gradient(smooth[kept], np.log(rates[kept])).argmin()])
    if rule == "blow-up":
        beyond = np.flatnonzero(smooth[lowest:] > 2 * smooth[lowest])
        return float(rates[lowest + beyond[0] - 1 if len(beyond) else -1] / 10)
    raise ValueError(f'rule must be "minimum", "slope" or "blow-up", got {rule!r}')
