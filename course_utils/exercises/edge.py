"""Exercises and questions of notebook 14: the edge of three momentums, sharpness by products, the first look."""

import numpy as np

from .draws import numbers, scale, whole
from .quizzes import Option, Quiz
from .tasks import Exercise
from .values import show


def momentum_edge(lr, beta, kind, weight_decay):
    """The sharpness of a loss above which descent on a quadratic is unstable.

    lr is a number, or an array with the rate of each step. kind says how momentum is written:
    "undamped", v ← βv + g and w ← w − ηv: it bears a sharpness of 2 (1 + β) / η.
    "damped", v ← βv + (1 − β)g and w ← w − ηv: the same as undamped with η (1 − β).
    "nesterov", v ← βv + g and w ← w − η(g + βv): 2 (1 + β) / (η (1 + 2β)).
    A weight decay inside the gradient, g + λw, adds λ to every curvature: so much less is
    left for the loss. The answer is never below 0.
    momentum_edge(0.1, 0.9, "undamped", 0.0) gives 38.
    """
    reach = {"undamped": 1.0, "damped": 1 - beta, "nesterov": 1 + 2 * beta}[kind]
    return np.maximum(2 * (1 + beta) / (lr * reach) - weight_decay, 0.0)


def largest_curvature(times_hessian, start, n_rounds):
    """The sharpness λmax, the largest eigenvalue of H, by power iteration.

    times_hessian(v) gives H v; start is a vector. It is scaled to length 1; then, n_rounds
    times, it is multiplied by H and scaled to length 1 again. The curvature along the last
    v is vᵀ H v. Where it is negative, it is the eigenvalue of largest size, but not the
    largest: do the same once more from start, with H v − found · v in place of H v, and
    add found to what comes out. Where a product is 0, the curvature along that v is 0, and
    the rounds are over.
    With times_hessian = lambda v: 3.0 * v and start np.array([2.0, 0.0]) the answer is 3.
    """
    def along(times):
        v = start / np.linalg.norm(start)
        for _ in range(n_rounds):
            product = times(v)
            if not product.any():
                return 0.0
            v = product / np.linalg.norm(product)
        return v @ times(v)

    found = along(times_hessian)
    if found < 0:
        found = found + along(lambda v: times_hessian(v) - found * v)
    return found


def edge_reached(steps, sharpness, rates, beta, tolerance, in_a_row):
    """The step at which a run has arrived at its edge.

    At each look steps has the number of the step, sharpness the sharpness, and rates the rate
    of that step; the edge at that look is 2 (1 + β) / rate. A look counts if the sharpness is
    at least (1 − tolerance) times the edge and at most (1 + tolerance) times; one whose
    sharpness is nan does not count. The answer is the step of the first of in_a_row looks
    one after the other that all count, and None if there are none.
    With steps np.array([0, 10, 20]), sharpness np.array([1.0, 2.0, 1.9]), rates
    np.array([1.0, 1.0, 1.0]), beta 0.0, tolerance 0.1 and in_a_row 2 the answer is 10.
    """
    share = sharpness * rates / (2 * (1 + beta))
    counts = (share >= 1 - tolerance) & (share <= 1 + tolerance)
    for first in range(len(steps) - in_a_row + 1):
        if counts[first:first + in_a_row].all():
            return int(steps[first])
    return None


def _edge(reach=lambda beta, kind: {"undamped": 1.0, "damped": 1 - beta, "nesterov": 1 + 2 * beta}[kind],
          top=lambda beta: 2 * (1 + beta), decay=lambda edge, wd, lr: edge - wd, least=0.0,
          rate=lambda lr: lr):
    """A mistake in one part of the edge."""
    def wrong(lr, beta, kind, weight_decay):
        return np.maximum(decay(top(beta) / (rate(lr) * reach(beta, kind)), weight_decay, lr), least)
    return wrong


def _reach(**changed):
    right = {"undamped": lambda b: 1.0, "damped": lambda b: 1 - b, "nesterov": lambda b: 1 + 2 * b} | changed
    return _edge(reach=lambda beta, kind: right[kind](beta))


def _decay_above(lr, beta, kind, weight_decay):
    reach = {"undamped": 1.0, "damped": 1 - beta, "nesterov": 1 + 2 * beta}[kind]
    return np.maximum((2 * (1 + beta) - weight_decay) / (lr * reach), 0.0)


def _curvature(answer=lambda v, times: v @ times(v), unit=lambda v: v / np.linalg.norm(v), first=None, again=True,
               shift=lambda found: found, back=lambda found, rest: found + rest, flat=lambda v, times: 0.0,
               rounds=lambda n: n, asks=lambda found: found < 0, inside=None,
               is_nothing=lambda product: not product.any()):
    """A mistake in one part of the power iteration."""
    def wrong(times_hessian, start, n_rounds):
        def along(times):
            v = (first or unit)(start)
            for _ in range(rounds(n_rounds)):
                product = times(v)
                if is_nothing(product):
                    return flat(v, times)
                v = (inside or unit)(product)
            return answer(v, times)

        found = along(times_hessian)
        if again and asks(found):
            found = back(found, along(lambda v: times_hessian(v) - shift(found) * v))
        return found
    return wrong


def _goes_on(times_hessian, start, n_rounds):
    """The second iteration starts from where the first one ended."""
    def along(times, v):
        v = v / np.linalg.norm(v)
        for _ in range(n_rounds):
            product = times(v)
            if not product.any():
                return 0.0, v
            v = product / np.linalg.norm(product)
        return v @ times(v), v

    found, v = along(times_hessian, start)
    if found < 0:
        found = found + along(lambda u: times_hessian(u) - found * u, v)[0]
    return found


def _shifts_on(times_hessian, start, n_rounds):
    """Shifted for as long as what comes out is negative."""
    found = 0.0
    for _ in range(50):
        rest = _curvature(again=False)(lambda v, found=found: times_hessian(v) - found * v, start, n_rounds)
        found += rest
        if rest >= 0:
            break
    return found


def _reached(edge=lambda rates, beta: 2 * (1 + beta) / rates, low=lambda share, tol: share >= 1 - tol,
             high=lambda share, tol: share <= 1 + tol, place=lambda first, n: first, never=None, need=lambda n: n,
             step=lambda steps, i: int(steps[i]), gone=lambda counts, sharpness: counts, stays=False):
    """A mistake in one part of the search for the edge."""
    def wrong(steps, sharpness, rates, beta, tolerance, in_a_row):
        share = sharpness / edge(rates, beta)
        counts = gone(low(share, tolerance) & high(share, tolerance), sharpness)
        n = need(in_a_row)
        for first in range(len(steps) - n + 1):
            if counts[first:].all() if stays else counts[first:first + n].all():
                return step(steps, min(place(first, n), len(steps) - 1))
        return never
    return wrong


def _added_up(steps, sharpness, rates, beta, tolerance, in_a_row):
    share = sharpness * rates / (2 * (1 + beta))
    places = np.flatnonzero((share >= 1 - tolerance) & (share <= 1 + tolerance))
    return int(steps[places[0]]) if len(places) >= in_a_row else None


def _first_of_all(steps, sharpness, rates, beta, tolerance, in_a_row):
    """The looks are counted anew after a gap, their first step is not."""
    found = edge_reached(steps, sharpness, rates, beta, tolerance, in_a_row)
    return None if found is None else edge_reached(steps, sharpness, rates, beta, tolerance, 1)


def _last_of_all(steps, sharpness, rates, beta, tolerance, in_a_row):
    """The last of the rows, not the first."""
    found = [int(step) for i, step in enumerate(steps[:len(steps) - in_a_row + 1]) if edge_reached(
        steps[i:i + in_a_row], sharpness[i:i + in_a_row], rates[i:i + in_a_row], beta, tolerance, in_a_row) is not None]
    return found[-1] if found else None


def _too_few_at_the_end(steps, sharpness, rates, beta, tolerance, in_a_row):
    share = sharpness * rates / (2 * (1 + beta))
    counts = (share >= 1 - tolerance) & (share <= 1 + tolerance)
    return next((int(step) for i, step in enumerate(steps) if counts[i:i + in_a_row].all()), None)


def _within(near):
    """A mistake in what is within the tolerance: near(sharpness, edge, tolerance)."""
    def wrong(steps, sharpness, rates, beta, tolerance, in_a_row):
        counts = near(sharpness, 2 * (1 + beta) / rates, tolerance)
        return edge_reached(steps, np.where(counts, 1.0, np.nan), np.full(len(steps), 2.0), 0.0, 0.5, in_a_row)
    return wrong


def _edge_of_the_first_in_a_row(steps, sharpness, rates, beta, tolerance, in_a_row):
    for i in range(len(steps) - in_a_row + 1):
        row = slice(i, i + in_a_row)
        if edge_reached(steps[row], sharpness[row], np.full(in_a_row, rates[i]), beta, tolerance, in_a_row) is not None:
            return int(steps[i])
    return None


def _broken_by_the_rate(steps, sharpness, rates, beta, tolerance, in_a_row):
    for i in range(len(steps) - in_a_row + 1):
        row = slice(i, i + in_a_row)
        if np.ptp(rates[row]) == 0 and edge_reached(steps[row], sharpness[row], rates[row], beta, tolerance,
                                                    in_a_row) is not None:
            return int(steps[i])
    return None


def _filling_nan(steps, sharpness, rates, beta, tolerance, in_a_row):
    before = np.maximum.accumulate(np.where(np.isnan(sharpness), 0, np.arange(len(steps))))
    return edge_reached(steps, sharpness[before], rates, beta, tolerance, in_a_row)


def _skipping_nan(steps, sharpness, rates, beta, tolerance, in_a_row):
    kept = np.isfinite(sharpness)
    return edge_reached(steps[kept], sharpness[kept], rates[kept], beta, tolerance, in_a_row)


def _a_round_bowl(v):
    """H v for H = diag(3, 3)"""
    return 3.0 * v


def _a_bowl(v):
    """H v for H = diag(4, 1, 0.5)"""
    return np.array([4.0, 1.0, 0.5]) * v


def _close_ones(v):
    """H v for H = [[2, 0.7], [0.7, 1.5]]"""
    return np.array([[2.0, 0.7], [0.7, 1.5]]) @ v


def _a_saddle(v):
    """H v for H = diag(−5, 3, 1)"""
    return np.array([-5.0, 3.0, 1.0]) * v


def _a_turned_saddle(v):
    """H v for H = [[−2, 1], [1, 0.4]]"""
    return np.array([[-2.0, 1.0], [1.0, 0.4]]) @ v


def _a_hilltop(v):
    """H v for H = diag(−1, −3)"""
    return np.array([-1.0, -3.0]) * v


def _a_dome(v):
    """H v for H = diag(−2, −2)"""
    return -2.0 * v


def _a_faint_bowl(v):
    """H v for H = diag(4, 1, 0.5) · 10⁻⁹"""
    return 1e-9 * np.array([4.0, 1.0, 0.5]) * v


def _a_faint_saddle(v):
    """H v for H = diag(−5, 3, 1) · 10⁻⁹"""
    return 1e-9 * np.array([-5.0, 3.0, 1.0]) * v


def _a_plain(v):
    """H v for H = 0"""
    return 0.0 * v


def _a_shear(v):
    """H v for H = diag(0, 2), seen from a direction in which nothing bends"""
    return np.array([0.0, 2.0]) * v


def _a_long_valley(v):
    """H v for H = diag(40, 39.8)"""
    return np.array([40.0, 39.8]) * v


def _a_slow_valley(v):
    """H v for H = diag(40, 39.96)"""
    return np.array([40.0, 39.96]) * v


def _two_hills(v):
    """H v for H = diag(−3, −3.1)"""
    return np.array([-3.0, -3.1]) * v


def _unlike(v):
    """H v for H = diag(1, 3)"""
    return np.array([1.0, 3.0]) * v


def _all_alike(v):
    """H v for H = diag(3, 3)"""
    return 3.0 * v


def _a_long_hill(v):
    """H v for H = diag(−40, 39.8)"""
    return np.array([-40.0, 39.8]) * v


def _a_wide_saddle(v):
    """H v for H = diag(−7, 5, 4, 3, 2, 1) · 1000"""
    return 1000.0 * np.array([-7.0, 5.0, 4.0, 3.0, 2.0, 1.0]) * v


def _a_hill_in_one_direction(v):
    """H v for H = −2"""
    return -2.0 * v


def _flat_at_first(v):
    """H v for H = [[0, 1], [1, 2]]"""
    return np.array([[0.0, 1.0], [1.0, 2.0]]) @ v


def _almost_a_plain(v):
    """H v for H = diag(3, 1) · 10⁻¹³"""
    return 1e-13 * np.array([3.0, 1.0]) * v


def _way_to_the_edge(lr, beta, kind, weight_decay):
    edge = momentum_edge(lr, beta, kind, 0.0)
    return f"Without the decay the edge there is `{show(edge if np.ndim(edge) else float(edge))}`."


def _way_to_curvature(times_hessian, start, n_rounds):
    v = start / np.linalg.norm(start)
    return f"The curvature along the scaled start is {v @ times_hessian(v):.4g}."


def _way_to_the_look(steps, sharpness, rates, beta, tolerance, in_a_row):
    share = sharpness * rates / (2 * (1 + beta))
    at = [str(step) for step in steps[np.abs(share - 1) <= tolerance]]
    at = at[:12] + ["…"] * (len(at) > 12)
    return f"The looks that count there are those at step {', '.join(at)}." if at else "No look counts there."


_X, _Y = np.array([0.8, -1.1, 0.6]), np.array([1.2, 0.5])
_LOOKS = np.array([0, 20, 40, 60, 80, 100, 120, 140])
_RISING = np.array([0.3, 0.62, 0.96, 0.8, 1.02, 1.05, 0.97, 1.01])
_HIGH = np.array([2.6, 1.6, 1.2, 1.04, 1.08, 1.0, 0.97, 1.03])
_LOST = np.array([0.5, 0.96, np.nan, 1.03, np.nan, 1.02, 0.98, 1.01])
_ENDS = np.array([0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.96, 0.97])
_FALLS = np.array([0.5, 0.9, 0.99, 1.01, 1.0, 0.6, 0.4, 0.3])
_BEYOND = np.array([0.9, 1.12, 1.2, 1.15, 1.02, 1.01, 1.3, 1.4])
_WARM = np.array([0.1, 0.5, 1.0, 1.5, 2.0, 2.0, 2.0, 2.0])
_FOUR = np.full(8, 4.0)
_LOWERED = np.array([4.0, 4.0, 4.0, 4.0, 2.0, 2.0, 2.0, 2.0])
_MOVES = np.array([0.3, 0.45, 0.51, 0.49, 0.7, 0.9, 0.99, 1.0])
_TWO = np.full(8, 2.0)  # the edge is 1, and a quarter of it is no rounded number
_AT_LOW = np.array([0.5, 0.75, 1.0, 1.125, 0.5, 1.0, 1.0, 1.0])
_AT_HIGH = np.array([0.5, 1.25, 1.0, 0.875, 0.5, 1.0, 1.0, 1.0])
_AT_ONCE = np.array([1.0, 1.125, 0.5, 0.5, 1.0, 0.875, 0.5, 0.5])
_FAR = np.array([0.4, 1.8, 1.9, 1.7, 0.55, 0.6, 0.75, 1.0])
_FALLING = np.array([4.0, 4.0, 4.0, 2.0, 1.0, 1.0, 1.0, 1.0])
_CREEPING = 4 * 1.02 ** np.arange(8)
_SETTLES = np.array([0.7, 0.8, 1.0, 1.02, 0.99, 1.01, 0.8, 0.7])
_UNEVEN = np.array([0, 10, 25, 45, 70, 100, 130, 175])
_GAPS = np.array([0.25, 0.48, np.nan, 0.515, 0.3, 0.51, 0.49, 0.505])
_RETURNS = np.array([0.25, 0.5, 1.5, 0.5, 0.75, 0.5, 0.51, 0.49])
_RECORDS = range(26, 31)  # the probes that ask for all of it at once
_rng = np.random.default_rng(412)


def _record(beta, tolerance):
    """A long record in which the rate changes often and the sharpness is in and out of reach."""
    rates = np.repeat(_rng.choice([1.0, 2.0, 4.0], 16), 4)
    far = _rng.uniform(1.3, 4.0, 64) * _rng.choice([-1, 1], 64)
    near = _rng.uniform(-0.9, 0.9, 64)
    share = np.exp2(np.log2(1 + tolerance) * np.where(_rng.random(64) < 0.65, near, far))
    share[_rng.random(64) < 0.1] = np.nan
    return np.cumsum(_rng.integers(5, 15, 64)), np.round(share * 2 * (1 + beta) / rates, 3), rates, beta, tolerance


_EVERY_OTHER = np.array([0.3, 0.5, 0.3, 0.5, 0.3, 0.5, 0.3, 0.5])

_BOUNDED = np.linspace(0.063, 2.213, 44)[::-1]  # a share that falls through all of a wide tolerance
_LATE = np.r_[np.tile([0.9, 0.5], 150), np.ones(12), 0.5]
_LONG = ((np.arange(313) * 250, _LATE * 2, np.ones(313), 0.0, 0.2, 7),
         (np.arange(44), _BOUNDED * 2, np.ones(44), 0.0, 0.85, 3),
         (np.arange(44), _BOUNDED * 3, np.ones(44), 0.5, 0.6, 6),
         (np.arange(44), _BOUNDED[::-1] * 2, np.ones(44), 0.0, 0.85, 3),
         (_LOOKS, _RISING / 2000, 1000 * _FOUR, 0.0, 0.06, 3), (_LOOKS, _RISING * 2000, _FOUR / 4000, 0.0, 0.06, 3),
         (_LOOKS[:1], np.array([0.5]), np.array([4.0]), 0.0, 0.1, 1),
         (_LOOKS[:1], np.array([0.3]), np.array([4.0]), 0.0, 0.1, 1),
         (np.arange(313) * 250, _LATE * 1.99, 2 * np.ones(313), 0.99, 0.2, 12),
         (np.arange(313) * 250, _LATE * 1.99, 2 * np.ones(313), 0.99, 0.2, 13),
         (_LOOKS, np.array([0.74, 0.75, 0.76, 0.75, 0.75, 0.75, 0.7, 0.75]), _FOUR, 0.5, 0.0, 2),
         (np.arange(44), _BOUNDED * 2, np.ones(44), 0.0, 1.2, 3), (_LOOKS, _LOST / 2, _FOUR, 0.0, 3.0, 4),
         (_LOOKS[:0], np.ones(0), np.ones(0), 0.5, 0.1, 1),
         (np.arange(800), np.r_[np.tile([1.0, 1.0, 1.5], 250), np.ones(50)], 2 * np.ones(800), 0.0, 0.1, 3),
         (np.arange(5), np.array([0.0, 0.0, 2e-9, 2e-9, 2e-9]), np.full(5, 1e9), 0.0, 0.1, 2),
         (np.arange(5), np.array([0.0, 1.0, 3.0, 2.0, 2.0]), np.ones(5), 0.0, 1.0, 2))


def _some_rate(rng):
    """A rate or up to 20 of them, of any size, and a decay that takes away the edge or part of it, never nearly all."""
    beta, kind = float(rng.choice([0.0, 0.25, 0.9, 0.99, round(rng.random(), 2)])), str(rng.choice(_KINDS))
    lr = scale(rng, 1e-5, 1e3) * np.array([scale(rng, 0.03, 30) for _ in range(whole(rng, 1, 20))])
    lr[rng.random(len(lr)) < 0.1] = lr[0]
    decay = float(rng.choice([0.0, 0.01, 0.3, 0.9, 3.0])) * momentum_edge(lr[0], beta, kind, 0.0)
    edges = momentum_edge(lr, beta, kind, 0.0)
    lr = np.where(abs(edges - decay) < 0.02 * edges, lr / 2, lr)
    lr = np.ceil(lr).astype(int) if decay == 0 and rng.random() < 0.5 else lr
    return lr if rng.random() < 0.6 else lr[0].item(), beta, kind, float(decay)


def _some_hessian(rng):
    """Up to 12 curvatures of any signs, few rounds or many, along the axes or not; no curvature found is nearly 0."""
    while True:
        d, size = whole(rng, 1, 12), 10.0 ** rng.integers(-6, 7)
        h = size * np.diag(rng.integers(-6, 7, d) if rng.random() < 0.5 else numbers(rng, d))
        if rng.random() < 0.5:
            h = size * rng.normal(size=(d, d)).round(1)
            h = (h + h.T) / 2
        start, n = numbers(rng, d), whole(rng, 1, 31) - 1
        if rng.random() < 0.1:
            start[1:] = 0
        if not start.any():
            continue
        found = _curvature(again=False)(_products(h), start, n)
        flat = not (h[:, start != 0]).any()  # exactly so, not by rounding
        if flat or abs(found) > 0.03 * abs(h).max() and abs(h @ start).max() > 1e-3 * abs(h).max() * abs(start).max():
            return _products(h), start * 10.0 ** rng.integers(-3, 4), n


def _products(h):
    def times(v):
        return h @ v
    times.__doc__ = f"H v for H = {show(h)}" if len(h) < 4 else f"H v for H of shape {h.shape}"
    return times


def _some_record(rng):
    """Up to 300 looks in and out of reach; at an end of the tolerance only where all numbers are exact in binary."""
    n, exact = whole(rng, 1, 300), rng.random() < 0.3
    rates = scale(rng, 1e-4, 1e3) * np.repeat(rng.choice([1.0, 2.0, 4.0], n), whole(rng, 1, 20))[:n]
    beta, tolerance = float(rng.choice([0.0, 0.3, 0.95, 0.99, 0.999])), float(rng.choice([0.01, 0.04, 0.2, 0.6, 1.5]))
    near = rng.random(n) < rng.choice([0.3, 0.7, 0.95])
    off = np.where(near, rng.uniform(0, 0.97, n), rng.uniform(1.03, 4, n)) * rng.choice([-1, 1], n)
    if exact:
        rates, beta, tolerance = rng.choice([0.5, 1.0, 2.0], n), float(rng.choice([0.0, 0.5])), 0.25
        off = np.where(near, rng.integers(-2, 3, n) / 2, rng.integers(3, 9, n) / 2)
    sharpness = (1 + tolerance * off) * 2 * (1 + beta) / rates
    sharpness[rng.random(n) < rng.choice([0.0, 0.05])] = np.nan
    return np.cumsum(rng.integers(1, 90, n)), sharpness, rates, beta, tolerance, whole(rng, 1, 12)


_KINDS = ("undamped", "damped", "nesterov")

EXERCISES = [
    Exercise(
        id="momentum-edge",
        title="the edge of three kinds of momentum",
        reference=momentum_edge,
        on_the_way=_way_to_the_edge,
        why="All three kinds are one formula with another effective rate; the same number η means another edge in each "
            "of them.",
        hints=(
            "One number tells the kinds apart: what η is multiplied by below the fraction line. What is it for each?",
            "It is 1, 1 − β and 1 + 2β. The decay comes last: it is taken away from what came out.",
            "`np.maximum(…, 0.0)` is never below 0, and works for arrays, too; `max` does not.",
        ),
        probes=((0.1, 0.9, "undamped", 0.0), (0.5, 0.8, "damped", 0.0), (0.5, 0.8, "nesterov", 0.0),
                (4.0, 0.0, "undamped", 0.1), (0.02, 0.95, "damped", 3.0), (0.3, 0.6, "nesterov", 0.7),
                (np.array([0.5, 2.0, 8.0]), 0.5, "undamped", 0.0), (np.array([0.5, 2.0, 8.0]), 0.5, "undamped", 1.0),
                (5.0, 0.3, "damped", 2.0), (0.25, 0.0, "nesterov", 1.5), (np.array([1.5, 3.0]), 0.4, "damped", 0.9),
                (8.0, 0.6, "undamped", 0.9), (0.7, 0.4, "undamped", 0.2)),
        further=((0.1, 0.9988, "damped", 0.0), (5.0, 0.9, "nesterov", 3.0), (5.0, 0.5, "damped", 3.0),
                 *((np.array([1.0, 4.0, 0.5, 2.0, 20.0, 0.25]), 0.7, kind, decay)
                   for kind in _KINDS for decay in (0.0, 0.6, 50.0)),
                 (0.01, 0.9, "damped", 7.0), (2e-3, 0.99, "nesterov", 7.0), (1e4, 0.99, "nesterov", 0.0),
                 (np.array([2.0, 0.5]), 0.0, "undamped", 0.1), (0.5, 0.999, "undamped", 0.2),
                 *((np.array([0.5]), 0.6, kind, 0.3) for kind in _KINDS)),
        draw=_some_rate,
        corners={"array with the rate of each step": [6, 7, 10], "undamped": [0, 12], "damped": [1, 4],
                 "nesterov": [2, 5], "adds λ to every curvature": [3, 12], "never below 0": [7, 8, 11]},
        mistakes=(
            (_edge(top=lambda beta: 2.0 + 0 * beta),
             "The 1 + β above the fraction line is missing: 2 alone is right only without momentum."),
            (_edge(top=lambda beta: 1 + beta), "The 2 above the fraction line is missing."),
            (_edge(top=lambda beta: 2 * (1 - beta)), "Above the fraction line 1 + β should stand, not 1 − β."),
            (_edge(top=lambda beta: 2 + beta), "It is 2 times (1 + β); you have 2 + β: a bracket is missing."),
            (_edge(reach=lambda beta, kind: 1.0), "All three kinds have the edge of \"undamped\" here."),
            (_reach(damped=lambda b: 1.0),
             "Right but for \"damped\": there the gradient comes in with 1 − β, as if the rate were η (1 − β)."),
            (_reach(nesterov=lambda b: 1.0),
             "Right but for \"nesterov\": it looks ahead, and bears less than \"undamped\" at the same rate."),
            (_reach(nesterov=lambda b: 1 + b),
             "Right but for \"nesterov\": below the fraction line stands 1 + 2β there; you have 1 + β."),
            (_reach(nesterov=lambda b: 1 - b, damped=lambda b: 1 + 2 * b),
             "\"damped\" and \"nesterov\" go astray: the factor of each is 1 − β and 1 + 2β, in this order."),
            (_reach(damped=lambda b: 1 / (1 - b)),
             "Right but for \"damped\": yours divides the rate by 1 − β there, or multiplies the edge by it. The rate "
             "should be multiplied by 1 − β: a smaller step bears more."),
            (_reach(nesterov=lambda b: 1 / (1 + 2 * b)),
             "Right but for \"nesterov\": 1 + 2β should stand below the fraction line there, beside η. `a / b * c` "
             "puts c above it."),
            (_reach(undamped=lambda b: 1 / (1 - b)),
             "Right but for \"undamped\": the effective rate η / (1 − β) is that of a constant gradient. At the edge "
             "the gradient changes its sign with each step."),
            (_edge(decay=lambda edge, wd, lr: edge), "The weight decay does not come in."),
            (_edge(decay=lambda edge, wd, lr: edge + wd),
             "The weight decay is added. It uses up part of what the rate bears: take it away."),
            (_edge(decay=lambda edge, wd, lr: edge - lr * wd),
             "The weight decay is multiplied by the rate. A curvature is asked for, and λ is one as it stands."),
            (_decay_above,
             "λ is taken off above the fraction line, from 2 (1 + β). It should be taken "
             "off the edge, the whole fraction."),
            (_edge(decay=lambda edge, wd, lr: edge * (1 - wd)),
             "The edge is multiplied by 1 − λ. The decay adds λ to each curvature: take λ away."),
            (_edge(decay=lambda edge, wd, lr: edge - 2 * wd),
             "Twice λ is taken away. The gradient of λw²/2 is λw, and its curvature λ."),
            (_edge(least=-np.inf), "Right but where λ alone is too much: the answer should never be below 0."),
            (_edge(rate=lambda lr: 1 / lr), "You multiply by the rate. The larger the rate, the *less* it bears."),
            (_edge(rate=np.max), "One rate stands for all of the array, as the largest would. Each has its own edge."),
        ),
    ),
    Exercise(
        id="sharpness-by-products",
        title="the sharpness from products with the Hessian",
        reference=largest_curvature,
        on_the_way=_way_to_curvature,
        why="Power iteration finds the eigenvalue of largest *size*. In a network that can be a downward one, and then "
            "one shift makes the largest curvature the one of largest size.",
        hints=(
            "Write the rounds as a function of `times` first, since they may be needed twice.",
            "In each round: the product, and if it is not 0 everywhere, the product over its length "
            "(`np.linalg.norm`). After the rounds: `v @ times(v)`.",
            "If what came out is negative: `found + rounds(lambda v: times_hessian(v) - found * v)`, from `start`.",
        ),
        probes=((_a_round_bowl, np.array([2.0, 0.0]), 1), (_a_bowl, _X, 3), (_close_ones, _Y, 2),
                (_a_saddle, _X, 40), (_a_turned_saddle, _Y, 30), (_a_hilltop, _Y, 25), (_a_plain, _X, 4),
                (_close_ones, 5 * _Y, 0), (_a_shear, np.array([1.5, 0.0]), 3), (_a_bowl, 0.01 * _X, 6),
                (_a_saddle, _X, 6), (_a_plain, _Y, 0), (_a_turned_saddle, 3 * _Y, 4),
                (_a_dome, np.array([2.0, 0.0]), 2), (_a_faint_bowl, _X, 3), (_a_faint_saddle, _X, 6),
                (_two_hills, np.array([3.0, 1.0]), 1)),
        further=((_a_long_valley, _Y, 400), (_a_long_valley, _Y, 90), (_a_long_hill, _Y, 300),
                 (_almost_a_plain, _Y, 3), (_a_wide_saddle, np.array([1.0, 2.0, -1.0, 0.5, 1.5, -2.0]), 12),
                 (_a_hill_in_one_direction, np.array([-3.0]), 2), (_a_slow_valley, _Y, 850),
                 (_all_alike, np.array([1.0, -1.0]), 4), (_unlike, np.array([1.0, 1e-9]), 60),
                 (_flat_at_first, np.array([1.0, 0.0]), 30),
                 *((_a_long_hill, np.array([1.0, high]), 1) for high in (1.05, 1.2))),
        draw=_some_hessian,
        corners={"Where it is negative": [3, 4, 5, 10, 12, 13, 15, 16], "Where a product is 0": [6, 8, 13]},
        mistakes=(
            (_curvature(again=False),
             "Right where what comes out is not negative. Where it is, a second iteration with a shift is asked for."),
            (_curvature(again=False, answer=lambda v, times: abs(v @ times(v))),
             "The sign is thrown away: that is the *size* of the curvature along v. A negative one asks for a second "
             "iteration."),
            (_curvature(again=False, answer=lambda v, times: np.linalg.norm(times(v))),
             "The length of H v has no sign, so that a downward curvature is taken for an upward one. "
             "Take vᵀ H v."),
            (_curvature(answer=lambda v, times: np.linalg.norm(times(v)) * np.sign(v @ times(v))),
             "The length of H v is too large as long as v is not yet an eigenvector. Asked for is the curvature along "
             "v, vᵀ H v."),
            (_curvature(back=lambda found, rest: rest),
             "After the second iteration the shift is not undone: add found."),
            (_curvature(back=lambda found, rest: rest - found),
             "After the second iteration found is taken away. H v − found · v has all eigenvalues less found: add it."),
            (_curvature(shift=lambda found: -found),
             "The shift goes the wrong way, so that the negative direction gets still longer. It should be "
             "H v − found · v."),
            (_curvature(shift=lambda found: -found, back=lambda found, rest: rest - found),
             "The shift goes the wrong way, and is undone the wrong way as well. It should be H v − found · v, and "
             "found added afterwards."),
            (_curvature(back=lambda found, rest: max(0.0, found + rest)),
             "The answer is never below 0 here. Where all curvatures point downwards, the largest is negative."),
            (_curvature(back=lambda found, rest: found + rest if abs(rest) > 1e-9 else 0.0),
             "Where a product in the second iteration is 0, the answer is 0 here. Found is to be added to the 0."),
            (_curvature(is_nothing=lambda product: np.allclose(product, 0.0)),
             "Right but where a product is small: either that is taken for 0, or something is added to its length."),
            (_curvature(back=lambda found, rest: max(0.0, found)),
             "Where the first iteration finds a negative curvature, the answer is 0 here. There may be upward ones: "
             "iterate once more."),
            (_curvature(rounds=lambda n: n + 1), "One round too many."),
            (_curvature(rounds=lambda n: max(n - 1, 0)), "One round too few."),
            (_curvature(rounds=lambda n: max(n, 1)),
             "Right but for no rounds at all: then the curvature along the scaled start is asked for."),
            (_curvature(first=lambda v: v, rounds=lambda n: n),
             "Right after a round, but the start is not scaled: with no rounds it has another length than 1."),
            (_curvature(unit=lambda v: v / np.linalg.norm(v), inside=lambda v: v),
             "v is not scaled in the rounds, so that vᵀ H v grows with its length."),
            (_curvature(inside=lambda v: v / np.abs(v).max()),
             "v is divided by the largest size in it. To be a curvature, vᵀ H v needs a v of length 1."),
            (_curvature(unit=lambda v: v / np.abs(v).max()),
             "v is divided by the largest size in it, at the start as well. To be a curvature, vᵀ H v needs a v of "
             "length 1."),
            (_curvature(unit=lambda v: v / np.abs(v).sum()),
             "v is divided by the sum of its sizes, at the start as well. Its length is the root of the sum of the "
             "squares."),
            (_curvature(unit=lambda v: v / (v @ v)),
             "v is divided by the square of its length, at the start as well: a root is missing."),
            (_curvature(inside=lambda v: v / np.abs(v).sum()),
             "v is divided by the sum of its sizes. Its length is the root of the sum of the squares."),
            (_curvature(inside=lambda v: v / (v @ v)),
             "v is divided by the square of its length: a root is missing."),
            (_curvature(flat=lambda v, times: float("nan")),
             "Right but where a product is 0: it cannot be scaled, and the curvature there is 0."),
            (_curvature(answer=lambda v, times: times(v).max()),
             "That is the largest number in H v. Asked for is the curvature along v, vᵀ H v."),
            (_goes_on,
             "The second iteration goes on from the direction that the first one found. Begin again from start."),
            (_shifts_on,
             "Where the second iteration finds something negative, too, it is shifted once more. Asked for is one "
             "shift, however few the rounds."),
            (_curvature(asks=lambda found: True),
             "The second iteration is made in any case. It is asked for only where the first one gives a negative "
             "curvature; otherwise it mostly leads towards the smallest one."),
        ),
    ),
    Exercise(
        id="edge-reached",
        title="the step at which a run is at its edge",
        reference=edge_reached,
        on_the_way=_way_to_the_look,
        why="The edge moves with the rate, so that each look is compared with its own; one look within reach is "
            "chance, several in a row are a stay.",
        hints=(
            "First the share of the edge at each look, sharpness · rate / (2 (1 + β)); then which looks count.",
            "Comparisons with nan are False, so that lost looks need no line of their own.",
            "`counts[i:i + in_a_row].all()` says whether all looks from i on count. For which i are there as many?",
        ),
        probes=((np.array([0, 10, 20]), np.array([1.0, 2.0, 1.9]), np.ones(3), 0.0, 0.1, 2),
                (_LOOKS, _RISING / 2, _FOUR, 0.0, 0.06, 3), (_LOOKS, _HIGH / 2, _FOUR, 0.0, 0.09, 2),
                (_LOOKS, _RISING * 0.95, _FOUR, 0.9, 0.06, 2), (_LOOKS, _RISING * 2 / _WARM, _WARM, 0.0, 0.06, 2),
                (_LOOKS, _LOST / 2, _FOUR, 0.0, 0.05, 2), (_LOOKS, _ENDS / 2, _FOUR, 0.0, 0.05, 2),
                (_LOOKS, _ENDS / 2, _FOUR, 0.0, 0.05, 3), (_LOOKS, _FALLS / 2, _FOUR, 0.0, 0.05, 3),
                (_LOOKS, _RISING / 2, _FOUR, 0.0, 0.06, 1), (_LOOKS + 7, _BEYOND / 2, _FOUR, 0.0, 0.05, 2),
                (_LOOKS[:2], np.array([0.5, 0.5]), np.full(2, 4.0), 0.0, 0.05, 3),
                (_LOOKS, 1.5 * _BEYOND / _WARM[::-1], _WARM[::-1], 0.5, 0.25, 3),
                (_LOOKS, np.full(8, np.nan), _FOUR, 0.0, 0.5, 1), (_LOOKS, _HIGH * 0.75, _FOUR, 0.5, 0.3, 4),
                (_LOOKS, _MOVES, _LOWERED, 0.0, 0.06, 2), (_LOOKS, _AT_LOW, _TWO, 0.0, 0.25, 3),
                (_LOOKS, _AT_HIGH, _TWO, 0.0, 0.25, 3), (_LOOKS, _AT_ONCE, _TWO, 0.0, 0.25, 2),
                (_LOOKS, _FAR, _TWO, 0.0, 0.5, 3), (_LOOKS, 2 / _FALLING, _FALLING, 0.0, 0.05, 5),
                (_LOOKS, _GAPS, _FOUR, 0.0, 0.05, 3), (_LOOKS, _EVERY_OTHER, _FOUR, 0.0, 0.05, 2),
                (_UNEVEN, _RISING / 2, _FOUR, 0.0, 0.06, 3), (_LOOKS, _RETURNS, _FOUR, 0.0, 0.05, 3),
                (_LOOKS, 2 * _SETTLES / _CREEPING, _CREEPING, 0.0, 0.1, 4),
                *((*_record(beta, tolerance), n) for beta, tolerance, n in (
                    (0.0, 0.1, 4), (0.5, 0.2, 5), (0.9, 0.1, 3), (0.5, 0.2, 4), (0.8, 0.1, 4)))),
        further=_LONG,
        draw=_some_record,
        corners={"is nan does not count": [5, 13, 21, *_RECORDS], "at least (1 − tolerance) times": [16, 19, *_RECORDS],
                 "at most (1 + tolerance) times": [2, 10, 17, 19, 24, *_RECORDS],
                 "the edge at that look": [4, 12, 15, 20, 25, *_RECORDS], "2 (1 + β)": [3, 14, *_RECORDS[1:]],
                 "None if there are none": [7, 11, 13, 22], "one after the other": [20, 22, 23, 24, *_RECORDS]},
        mistakes=(
            (_reached(edge=lambda rates, beta: 2 / rates),
             "Momentum does not come in: the edge is 2 (1 + β) / rate."),
            (_reached(edge=lambda rates, beta: 2 / (1 - beta) / rates),
             "That is the edge of the effective rate turned round. With momentum it is 2 (1 + β) / rate."),
            (_reached(edge=lambda rates, beta: (1 + beta) / rates), "The 2 is missing: the edge is 2 (1 + β) / rate."),
            (_reached(edge=lambda rates, beta: 2 * (1 + beta) * rates),
             "You multiply by the rate. The edge is 2 (1 + β) *over* the rate."),
            (_reached(edge=lambda rates, beta: 2 * (1 + beta) / rates[-1]),
             "Every look is compared with the edge of the last rate. Each has its own."),
            (_reached(edge=lambda rates, beta: 2 * (1 + beta) / rates[0]),
             "Every look is compared with the edge of the first rate. Each has its own."),
            (_reached(high=lambda share, tol: np.isfinite(share)),
             "A look that lies far *above* the edge counts here, too. It should be at most (1 + tolerance) times it."),
            (_reached(low=lambda share, tol: np.isfinite(share)),
             "A look that lies far *below* the edge counts here, too. It should be at least (1 − tolerance) times it."),
            (_reached(low=lambda share, tol: share >= 1),
             "Below the edge no look counts here. Within the tolerance it should."),
            (_reached(need=lambda n: 1), "The first look that counts is taken. Several in a row are asked for."),
            (_reached(place=lambda first, n: first + n - 1),
             "That is the step of the *last* of the looks in a row. Asked for is that of the first."),
            (_reached(need=lambda n: n + 1), "One look too many is asked for in a row."),
            (_reached(step=lambda steps, i: int(i)),
             "That is the number of the look. Asked for is the step at which it was taken: `steps[…]`."),
            (_reached(never=-1), "Right but where no row of looks is long enough: None is asked for there."),
            (_reached(never=0),
             "Right but where no row of looks is long enough: 0 may be a step. None is asked for there."),
            (_added_up,
             "The looks that count are counted all together, with gaps between them. They should follow one another."),
            (_skipping_nan,
             "Looks at which the sharpness is nan are left out, so that their neighbours seem to follow each other. "
             "They should break the row."),
            (_reached(gone=lambda counts, sharpness: counts | np.isnan(sharpness)),
             "A nan counts as being at the edge here. It says nothing of the sharpness: the look should not count."),
            (_reached(stays=True),
             "You ask for a stay until the end of the run. So many looks in a row are enough, whatever comes after."),
            (_reached(low=lambda share, tol: share > 1 - tol),
             "A look at exactly (1 − tolerance) times the edge does not count here. “At least” lets it."),
            (_reached(high=lambda share, tol: share < 1 + tol),
             "A look at exactly (1 + tolerance) times the edge does not count here. “At most” lets it."),
            (_reached(low=lambda share, tol: share > 1 - tol, high=lambda share, tol: share < 1 + tol),
             "A look at exactly (1 − tolerance) or (1 + tolerance) times the edge does not count here. “At least” and "
             "“at most” let both."),
            (_within(lambda sharpness, edge, tol: np.abs(sharpness - edge) <= tol),
             "The tolerance is taken for a distance in sharpness. It is a share of the edge."),
            (_within(lambda sharpness, edge, tol: np.abs(sharpness - edge) <= tol * sharpness),
             "The tolerance is taken as a share of the sharpness. It is one of the edge."),
            (_reached(low=lambda share, tol: share >= 1 / (1 + tol)),
             "The lower bound comes out as the edge over 1 + tolerance. It should be (1 − tolerance) times the "
             "edge."),
            (_reached(high=lambda share, tol: share <= 1 / (1 - tol)),
             "The upper bound comes out as the edge over 1 − tolerance. It should be (1 + tolerance) times the "
             "edge."),
            (_reached(step=lambda steps, i: int(steps[i]) or None),
             "Where the answer is step 0, None comes back: `or` and a bare `if` take 0 for nothing."),
            (_first_of_all,
             "There are so many looks in a row, but the step is that of the first look that counts at all, before a "
             "gap. Asked for is where their own row begins."),
            (_last_of_all,
             "Of several steps at which so many looks in a row begin, the last is taken. The first is asked for."),
            (_too_few_at_the_end,
             "At the end of the record fewer than in_a_row looks are taken for enough. A slice past the end is "
             "shorter, and no error."),
            (lambda *asked: edge_reached(*(x[:-1] for x in asked[:3]), *asked[3:]),
             "The row that ends with the last look is not found: either the last look or the last place where a row "
             "can begin is left out."),
            (_edge_of_the_first_in_a_row,
             "All looks in a row are compared with the edge of the first of them. Each has its own."),
            (_broken_by_the_rate,
             "A row ends where the rate changes. It should go on as long as each look is within reach of its own "
             "edge."),
            (_filling_nan,
             "Where the sharpness is nan, the value before it is taken in its place. Such a look should not count."),
        ),
    ),
]

QUIZZES = [
    Quiz(
        id="beyond-two-over-sharpness",
        question="A network starts with a sharpness of 1. Notebook 01 computes 2/λmax = 2. Full-batch descent on "
                 "the squared error runs for 500 steps at a rate of 2.4. What would you expect?",
        options=(
            Option("The loss grows without end: the rate is above 2/λmax.",
                   "On a bowl it would, since the curvature of a bowl stays as it is. Here it fell.",
                   origin="A common belief: the sharpness at the start decides"),
            Option("The steepest direction swings, the sharpness falls to about 2/2.4, and the loss comes down in the "
                   "end.",
                   "The steps across the valley grow until they lead onto flatter ground. At a rate far above, that "
                   "comes too late.",
                   right=True),
            Option("Nothing happens: a network has no sharpness.",
                   "It has one at every point, the largest eigenvalue of the Hessian there, and it was measured.",
                   origin="A common belief: curvature belongs to quadratics"),
            Option("The loss falls steadily, since large rates are fast.",
                   "Beyond the edge the steepest direction overshoots with every step, and even at the edge the loss "
                   "rises in many steps.",
                   origin="A common belief: a larger rate is a faster fall"),
        ),
    ),
    Quiz(
        id="flat-because-small",
        question="A colleague lowers the rate from 4 to 1 in the middle of a full-batch run with squared error, \"to "
                 "settle in a flatter place\". What becomes of the sharpness?",
        options=(
            Option("It falls: smaller steps find flatter ground.",
                   "It is the other way round. The large rate kept the sharpness down; the small one lets it grow.",
                   origin="A common belief: small steps lead to flat minima"),
            Option("It stays where it is: the rate only sets the pace.",
                   "The rate sets the edge as well, and the edge has moved up to 2/1.",
                   origin="A common belief: the rate only sets the pace"),
            Option("It grows, as long as there is something left to learn, towards the new edge 2/1.",
                   "The edge has moved from 0.5 to 2, and nothing holds the sharpness down any more. How fast it grows "
                   "is another matter.",
                   right=True),
            Option("It jumps to 2 at once.",
                   "The rate jumps. The weights, and with them the sharpness, need steps for the way.",
                   origin="A common belief: the edge is a property of the rate alone"),
        ),
    ),
    Quiz(
        id="warm-or-wait",
        question="At a rate of 2 all runs are lost. Somebody proposes 400 steps at 0.1 first, \"until the network has "
                 "calmed down\", and then 2. Here this did not help. Why?",
        options=(
            Option("400 steps are too few; 4,000 would do.",
                   "400 steps at 0.7, seven times the way, did not help either. What matters is where the sharpness "
                   "goes.",
                   origin="A common belief: time heals"),
            Option("At 0.1 the edge is 20. Nothing pushes a sharpness of 4 down to what a rate of 2 bears.",
                   "Only a rate that is at its edge pushes. A rate that rises step by step does so all the way.",
                   right=True),
            Option("The optimizer's memory was lost at the jump.",
                   "Plain descent has no memory that could be lost.",
                   origin="A common belief: a jump loses the state"),
            Option("A warmup has to start at 0.",
                   "Waiting at 0.1 started low, too, and did not help. What differed is the way: the warmup was at its "
                   "edge.",
                   origin="A common belief: the first step decides"),
        ),
    ),
]
