"""Seven optimizers, each one pure function of arithmetic alone, in order of added state.

`w, state = optimizer(w, g, state, lr, ...)` takes the weights `w`, the gradient `g` of the mean loss, the state of
the step before (`{}` at the start) and the learning rate, and returns new weights and a new state. Nothing passed in
is changed. Weights may be floats, NumPy arrays or torch tensors; `lr` and every other hyperparameter may be a number
or anything that broadcasts against the weights, for instance one rate for each row of a stack of networks.

Conventions are those of `torch.optim`: momentum is undamped, eps stands outside the root, steps count from 1 in the
bias correction.
"""

__all__ = ["OPTIMIZERS", "sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"]


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
