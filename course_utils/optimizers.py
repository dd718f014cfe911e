"""Optimizers, each one pure function of arithmetic alone: seven in order of added state, then what came after.

`w, state = optimizer(w, g, state, lr, ...)` takes the weights `w`, the gradient `g` of the mean loss, the state of
the step before (`{}` at the start) and the learning rate, and returns new weights and a new state. Nothing passed in
is changed. Weights may be floats, NumPy arrays or torch tensors; `lr` and every other hyperparameter may be a number
or anything that broadcasts against the weights, for instance one rate for each row of a stack of networks.

Some methods do not judge a network by the weights at which they take gradients. Those keep the weights to judge by as
`state["evaluated"]`, and `evaluated(w, state)` gives them for any method. `prodigy` takes sums over all weights of a
network, which are the last axis; `muon` steps matrices, which are the last two, and `by_shape` finds the matrices in a
vector of all weights.

Conventions are those of `torch.optim`: momentum is undamped, eps stands outside the root, steps count from 1 in the
bias correction.
"""

from functools import partial
from itertools import accumulate
from math import isfinite, prod
from numbers import Real

__all__ = ["NEWER", "OPTIMIZERS", "adagrad", "adam", "adamw", "averaged", "by_shape", "evaluated", "lion", "momentum",
           "muon", "nesterov", "newton_schulz", "prodigy", "rmsprop", "schedule_free", "sgd"]


def sgd(w, g, state, lr):
    """Gradient descent: w ← w − η g  (Robbins & Monro 1951; stochastic when g comes from a mini-batch)."""
    return w - lr * g, state


def momentum(w, g, state, lr, beta=0.9):
    """Heavy ball, undamped: v ← β v + g, w ← w − η v  (Polyak 1964).

    A constant gradient is thus stepped at the effective rate η / (1 − β).
    """
    v = beta * state.get("v", 0.0) + g
    return w - lr * v, {"v": v}


def nesterov(w, g, state, lr, beta=0.9):
    """Momentum that looks one step ahead: v ← β v + g, w ← w − η (g + β v)  (Nesterov 1983; Sutskever 2013)."""
    v = beta * state.get("v", 0.0) + g
    return w - lr * (g + beta * v), {"v": v}


def adagrad(w, g, state, lr, eps=1e-10):
    """A rate for each weight that shrinks with all it has seen: s ← s + g², w ← w − η g / (√s + ε)  (Duchi 2011)."""
    s = state.get("s", 0.0) + g * g
    return w - lr * g / (s**0.5 + eps), {"s": s}


def rmsprop(w, g, state, lr, alpha=0.99, eps=1e-8):
    """AdaGrad that forgets: s ← α s + (1 − α) g², w ← w − η g / (√s + ε)  (Tieleman & Hinton 2012)."""
    s = alpha * state.get("s", 0.0) + (1 - alpha) * g * g
    return w - lr * g / (s**0.5 + eps), {"s": s}


def adam(w, g, state, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    """Averages of g and g², both corrected for their start at zero  (Kingma & Ba 2015).

    m ← β₁ m + (1 − β₁) g,  s ← β₂ s + (1 − β₂) g²,  m̂ = m / (1 − β₁ᵗ),  ŝ = s / (1 − β₂ᵗ),  t from 1,
    w ← w − η m̂ / (√ŝ + ε).
    """
    t = state.get("t", 0) + 1
    m = beta1 * state.get("m", 0.0) + (1 - beta1) * g
    s = beta2 * state.get("s", 0.0) + (1 - beta2) * g * g
    m_hat = m / (1 - beta1**t)
    s_hat = s / (1 - beta2**t)
    return w - lr * m_hat / (s_hat**0.5 + eps), {"t": t, "m": m, "s": s}


def adamw(w, g, state, lr, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01):
    """Adam with decoupled weight decay: w ← w (1 − η λ), then Adam's step  (Loshchilov & Hutter 2019)."""
    return adam(w * (1 - lr * weight_decay), g, state, lr, beta1, beta2, eps)


OPTIMIZERS = {f.__name__: f for f in (sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw)}


def lion(w, g, state, lr, beta1=0.9, beta2=0.99, weight_decay=0.0):
    """The sign of an average of gradients, so that every weight moves by the rate  (Chen et al. 2023).

    w ← w (1 − η λ) − η sign(β₁ m + (1 − β₁) g), then m ← β₂ m + (1 − β₂) g. One vector of state, where Adam has two.
    """
    m = state.get("m", 0.0)
    c = beta1 * m + (1 - beta1) * g
    sign = c / (abs(c) + (c == 0))
    return w * (1 - lr * weight_decay) - lr * sign, {"m": beta2 * m + (1 - beta2) * g}


def muon(w, g, state, lr, beta=0.95, weight_decay=0.1, ns_steps=5, eps=1e-7):
    """Nesterov's momentum of a matrix, made nearly orthogonal before it is stepped  (Jordan et al. 2024).

    m ← β m + (1 − β) g,  O = newton_schulz((1 − β) g + β m),  w ← w (1 − η λ) − η √max(1, A / B) O.
    w, g (…, A, B): each matrix in front of the last two axes is stepped by itself, and `lr` broadcasts as (…, 1, 1).
    ValueError for fewer than two axes: vectors, and embeddings as a rule, are for another optimizer, as in `by_shape`.
    As torch.optim.Muon, which computes O in bfloat16.
    """
    if getattr(w, "ndim", 0) < 2:
        raise ValueError(f"w must be a matrix (…, A, B) for muon, got {getattr(w, 'ndim', 0)} axes; by_shape(shapes) "
                         "gives it the matrices among all weights, and the rest to adamw")
    m = beta * state.get("m", 0.0) + (1 - beta) * g
    step = newton_schulz((1 - beta) * g + beta * m, ns_steps, eps)
    rows, columns = w.shape[-2:]
    return w * (1 - lr * weight_decay) - lr * max(1, rows / columns) ** 0.5 * step, {"m": m}


def newton_schulz(x, ns_steps=5, eps=1e-7):
    """x = U S Vᵀ with its singular values brought near 1: about U Vᵀ  (Jordan et al. 2024).

    x ← x / max(‖x‖, ε), then ns_steps times x ← a x + (b x xᵀ + c (x xᵀ)²) x, an odd polynomial of the singular values,
    with a, b, c = 3.4445, −4.7750, 2.0315: values between about 0.7 and 1.2 come of all but the smallest. x (…, A, B).
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    length = (x * x).sum((-2, -1), keepdims=True) ** 0.5
    x = x / _larger(length, eps)
    tall = x.shape[-2] > x.shape[-1]
    x = x.swapaxes(-2, -1) if tall else x  # the product x xᵀ is the smaller one
    for _ in range(ns_steps):
        square = x @ x.swapaxes(-2, -1)
        x = a * x + (b * square + c * square @ square) @ x
    return x.swapaxes(-2, -1) if tall else x


def schedule_free(w, g, state, lr, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0):
    """AdamW whose weights are averaged in place of a falling rate: no end has to be known  (Defazio et al. 2024).

    With u = g / (√ŝ + ε) + λ w and ŝ as in Adam:  z ← z − η u,  x ← (1 − c) x + c z,  w ← (1 − β₁) z + β₁ x,
    where c is η² over the sum of all η² so far, 1/t at a constant rate, with the largest rate so far as η. Gradients
    are taken at w, networks are judged by x, the `evaluated` weights. All three begin at the first w.
    """
    t = state.get("t", 0) + 1
    s = beta2 * state.get("s", 0.0) + (1 - beta2) * g * g
    u = g / ((s / (1 - beta2**t)) ** 0.5 + eps) + weight_decay * w
    top = _larger(state.get("top", 0.0), lr)
    total = state.get("total", 0.0) + top * top
    c = top * top / (total + (total == 0))
    z = state.get("z", w) - lr * u
    x = (1 - c) * state.get("evaluated", w) + c * z
    return (1 - beta1) * z + beta1 * x, {"t": t, "s": s, "z": z, "evaluated": x, "top": top, "total": total}


def prodigy(w, g, state, lr, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0, d0=1e-6):
    """Adam with an estimate d of its rate, from how far the weights came: η stays at 1  (Mishchenko & Defazio 2024).

    r ← √β₂ r + η d² ⟨g, w₀ − w⟩,  q ← √β₂ q + η d² g,  m ← β₁ m + (1 − β₁) d g,  s ← β₂ s + (1 − β₂) d² g²,
    d' = max(d, r / Σ|q|),  w ← w (1 − η d λ) − η d m / (√s + d' ε),  d ← d'; no bias correction. η is what a schedule
    of height 1 gives. d starts at d0 and never falls; it is one number a network, whose weights are the last axis.
    """
    first, d = state.get("first", w), state.get("d", d0)
    fade = beta2**0.5
    r = fade * state.get("r", 0.0) + lr * d * d * _summed(g * (first - w))
    q = fade * state.get("q", 0.0) + lr * d * d * g
    m = beta1 * state.get("m", 0.0) + (1 - beta1) * d * g
    s = beta2 * state.get("s", 0.0) + (1 - beta2) * d * d * g * g
    size = _summed(abs(q))
    d_next = _larger(d, r / (size + (size == 0)))
    w = w * (1 - lr * d * weight_decay) - lr * d * m / (s**0.5 + d_next * eps)
    return w, {"first": first, "d": d_next, "r": r, "q": q, "m": m, "s": s}


def averaged(optimizer, decay=None, power=0):
    """The same optimizer with an average x of its weights to judge by; its steps stay what they are.

    x ← x + c (w − x), x = w after the first step. With a decay, c = 1 − decay: the average forgets. Without one,
    c = (p + 1) / (p + t) with p = `power` and t from 1: all weights alike at p = 0 (Polyak & Juditsky 1992), and about
    the last 1/(p + 1) of the run, however long it is, at others (Shamir & Zhang 2013). Running means of batch
    normalization stay those of w. ValueError unless 0 ≤ decay < 1 and power ≥ 0.
    """
    if decay is not None and not (_is_number(decay) and 0 <= decay < 1):
        raise ValueError(f"decay must be a number from 0 to below 1, or None, got {decay!r}")
    if not (_is_number(power) and 0 <= power and isfinite(power)):
        raise ValueError(f"power must be a number of at least 0, got {power!r}")
    return partial(_averaged, optimizer=optimizer, decay=decay, power=power)


def _averaged(w, g, state, lr, *, optimizer, decay, power, **hyper):
    t = state.get("t", 0) + 1
    w, inner = optimizer(w, g, state.get("inner", {}), lr, **hyper)
    c = (power + 1) / (power + t) if decay is None else 1 - decay
    x = state.get("evaluated", w)
    return w, {"t": t, "inner": inner, "evaluated": x + c * (w - x)}


def by_shape(shapes, matrices=muon, others=adamw):
    """An optimizer of all weights of a network (…, P) that steps its matrices by one rule and the rest by another.

    `shapes` lists the shapes of the parts that P consists of, in their order, such as those of module.parameters().
    Parts with two axes, both longer than 1, go to `matrices` as (…, A, B), all others to `others` as (…, n); a matrix
    whose shape is given as (A · B,) is one of these. The optimizer takes `ratio`, the rate of the others over lr, 1
    where it is left out. Fixed settings go in as partial(muon, weight_decay=0.0). As the split between Muon and AdamW
    in (Jordan et al. 2024). ValueError for shapes that do not add up to P.
    """
    shapes = tuple(tuple(int(n) for n in shape) for shape in shapes)
    return partial(_by_shape, shapes=shapes, matrices=matrices, others=others)


def _by_shape(w, g, state, lr, ratio=1.0, *, shapes, matrices, others):
    ends = list(accumulate(prod(shape) for shape in shapes))
    if not ends or ends[-1] != w.shape[-1]:
        raise ValueError(f"shapes must add up to the {w.shape[-1]} weights of a network, got {ends[-1] if ends else 0} "
                         f"in {shapes}")
    parts, w_next, judged = [], w * 1, w * 1
    before = state.get("parts", [{}] * len(shapes))
    for shape, end, own in zip(shapes, ends, before, strict=True):
        part = slice(end - prod(shape), end)
        if len(shape) == 2 and min(shape) > 1:
            as_matrix = w.shape[:-1] + shape
            rate = lr[..., None] if getattr(lr, "ndim", 0) else lr
            new, own = matrices(w[..., part].reshape(as_matrix), g[..., part].reshape(as_matrix), own, rate)
        else:
            new, own = others(w[..., part], g[..., part], own, lr * ratio)
        w_next[..., part] = new.reshape(w[..., part].shape)
        judged[..., part] = evaluated(new, own).reshape(w[..., part].shape)
        parts.append(own)
    kept = {"evaluated": judged} if any("evaluated" in own for own in parts) else {}
    return w_next, {"parts": parts} | kept


def evaluated(w, state):
    """The weights to judge a network by: those that its optimizer keeps for that, or else w."""
    return state.get("evaluated", w)


def _larger(a, b):
    """The larger of two numbers, or of each pair in arrays that broadcast."""
    return a + (b - a) * (b > a)


def _summed(x):
    """The sum over all weights of each network, the last axis; a float is a network of one weight."""
    return x.sum(-1, keepdims=True) if getattr(x, "ndim", 0) else x


def _is_number(value):
    return isinstance(value, Real) and not isinstance(value, bool)


NEWER = {f.__name__: f for f in (lion, muon, schedule_free, prodigy)}
