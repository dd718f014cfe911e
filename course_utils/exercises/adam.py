"""Exercises and questions of notebook 08: Adam's update, the ratio without its correction, AdamW's update."""

import numpy as np

from .draws import away_from_zero, below_one, scale, slopes, whole
from .quizzes import Option, Quiz
from .tasks import Exercise
from .walks import RATES, SLOPES, of_any_step, rates, skipping_zeros, walk


def adam_update(w, g, state, lr, beta1, beta2, eps):
    """One step of Adam: the new weights and the new state, as a pair.

    w and its gradient g are floats, or arrays of one shape, and stay as they
    are. state is {} before the first step, afterwards whatever you handed back
    with the step before. lr may change from step to step. eps is added to the
    root of the corrected average, and need not be tiny.

    From w = 1, the first step with g = 0.5, lr = 0.1 and eps = 0.5 goes to 0.95,
    whatever beta1 and beta2 are.
    """
    t = state.get("t", 0) + 1
    m = beta1 * state.get("m", 0.0) + (1 - beta1) * g
    s = beta2 * state.get("s", 0.0) + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    s_hat = s / (1 - beta2**t)
    return w - lr * m_hat / (s_hat**0.5 + eps), {"t": t, "m": m, "s": s}


def uncorrected_ratio(t, beta1, beta2):
    """Length of step t without bias correction, over its length with it.

    The gradient is constant, steps count from 1 and go into the thousands, and
    eps is too small to matter. beta1 and beta2 are 0 or more, and less than 1. A
    step that comes out too long has a ratio above 1.
    uncorrected_ratio(1, 0.5, 0.75) is 1.0.
    """
    return (1 - beta1**t) / (1 - beta2**t) ** 0.5


def adamw_update(w, g, state, lr, beta1, beta2, eps, weight_decay):
    """One step of AdamW: the new weights and the new state, as a pair.

    As adam_update, but before the step the weights lose the share
    lr * weight_decay of themselves. g is given, and does not change by that.

    From w = 1, the first step with g = 0, lr = 0.1 and weight_decay = 0.5 goes
    to 0.95.
    """
    t = state.get("t", 0) + 1
    m = beta1 * state.get("m", 0.0) + (1 - beta1) * g
    s = beta2 * state.get("s", 0.0) + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    s_hat = s / (1 - beta2**t)
    w = w * (1 - lr * weight_decay)
    return w - lr * m_hat / (s_hat**0.5 + eps), {"t": t, "m": m, "s": s}


def _adam_walk(update, w, gradients, lr, beta1, beta2, eps):
    """The weights after each step of a walk."""
    return walk(update, w, gradients, [(rate, beta1, beta2, eps) for rate in rates(lr, gradients)])


def _adamw_walk(update, w, gradients, lr, beta1, beta2, eps, weight_decay):
    """The weights after each step of a walk."""
    return walk(update, w, gradients, [(rate, beta1, beta2, eps, weight_decay) for rate in rates(lr, gradients)])


# How Adam goes wrong: the same step with one part exchanged

def _adam(mean=lambda m, g, b: b * m + (1 - b) * g, square=lambda s, g, b, m: b * s + (1 - b) * g**2,
          hats=lambda m, s, b1, b2, t: (m / (1 - b1**t), s / (1 - b2**t)), step=lambda m, s, eps: m / (s**0.5 + eps),
          count=lambda t: t + 1, kept=lambda m, s, m_hat, s_hat: (m, s), betas=lambda b1, b2: (b1, b2),
          rate=lambda lr: lr):
    def update(w, g, state, lr, beta1, beta2, eps):
        beta1, beta2 = betas(beta1, beta2)
        t = count(state.get("t", 0))
        m = mean(state.get("m", 0.0), g, beta1)
        s = square(state.get("s", 0.0), g, beta2, m)
        m_hat, s_hat = hats(m, s, beta1, beta2, t)
        m_kept, s_kept = kept(m, s, m_hat, s_hat)
        return w - rate(lr) * step(m_hat, s_hat, eps), {"t": t, "m": m_kept, "s": s_kept}
    return update


_right = _adam()


def _forgetful(w, g, state, lr, beta1, beta2, eps):
    return _right(w, g, {}, lr, beta1, beta2, eps)[0], {}


def _old_averages(w, g, state, lr, beta1, beta2, eps):
    m, s, t = state.get("m", 0.0), state.get("s", 0.0), state.get("t", 0) + 1
    new = _right(w, g, state, lr, beta1, beta2, eps)[1]
    return w - lr * m / (1 - beta1**t) / ((s / (1 - beta2**t)) ** 0.5 + eps), new


def _eps_before_the_hat(w, g, state, lr, beta1, beta2, eps):
    """The paper's short form as it stands, where eps is added to the root without its hat."""
    new = _right(w, g, state, lr, beta1, beta2, eps)[1]
    rate = lr * (1 - beta2 ** new["t"]) ** 0.5 / (1 - beta1 ** new["t"])
    return w - rate * new["m"] / (new["s"] ** 0.5 + eps), new


def _bracket_outside(w, g, state, lr, beta1, beta2, eps):
    new, state = _right(w, g, state, lr, beta1, beta2, 0.0)
    return new + eps, state


def _bracket(w, g, state, lr, beta1, beta2, eps):
    """What `m_hat / s_hat**0.5 + eps` means without brackets."""
    new = _right(w, g, state, lr, beta1, beta2, eps)[1]
    m_hat, s_hat = new["m"] / (1 - beta1 ** new["t"]), new["s"] / (1 - beta2 ** new["t"])
    return w - lr * (m_hat / s_hat**0.5 + eps), new


def _one_scale(w, g, state, lr, beta1, beta2, eps):
    """One root for the whole array instead of one for each weight."""
    t = state.get("t", 0) + 1
    m = beta1 * state.get("m", 0.0) + (1 - beta1) * g
    s = beta2 * state.get("s", 0.0) + (1 - beta2) * np.mean(g**2)
    return w - lr * m / (1 - beta1**t) / ((s / (1 - beta2**t)) ** 0.5 + eps), {"t": t, "m": m, "s": s}


def _counting_weights(w, g, state, lr, beta1, beta2, eps):
    """A loop over the weights in which the count goes up with each of them."""
    new = _right(w, g, state, lr, beta1, beta2, eps)[1]
    t = state.get("count", 0) + 1 + np.arange(np.size(w)).reshape(np.shape(w))
    m_hat, s_hat = new["m"] / (1 - beta1**t), new["s"] / (1 - beta2**t)
    return w - lr * m_hat / (s_hat**0.5 + eps), new | {"count": np.max(t)}


def _square_with_beta1(w, g, state, lr, beta1, beta2, eps):
    return _adam(square=lambda s, g, b, m: beta1 * s + (1 - beta1) * g**2)(w, g, state, lr, beta1, beta2, eps)


def _mean_with_beta2(w, g, state, lr, beta1, beta2, eps):
    return _adam(mean=lambda m, g, b: beta2 * m + (1 - beta2) * g)(w, g, state, lr, beta1, beta2, eps)


def _looking_ahead(w, g, state, lr, beta1, beta2, eps):
    new = _right(w, g, state, lr, beta1, beta2, eps)[1]
    m_hat = (beta1 * new["m"] + (1 - beta1) * g) / (1 - beta1 ** new["t"])
    return w - lr * m_hat / ((new["s"] / (1 - beta2 ** new["t"])) ** 0.5 + eps), new


def _root(x):
    """The root, nan below 0."""
    with np.errstate(invalid="ignore"):
        return np.sqrt(x)


def _beginning_full(w, g, state, lr, beta1, beta2, eps):
    return _right(w, g, state or {"m": g, "s": g**2}, lr, beta1, beta2, eps)


def _decayed(before=lambda w, lr, wd: w * (1 - lr * wd), after=lambda new, w, lr, wd: new, gradient=lambda g, w, wd: g,
             adam=_right):
    """A mistake in where the weight decay acts, or in Adam itself."""
    def update(w, g, state, lr, beta1, beta2, eps, weight_decay):
        new, state = adam(before(w, lr, weight_decay), gradient(g, w, weight_decay), state, lr, beta1, beta2, eps)
        return after(new, w, lr, weight_decay), state
    return update


def _as_given(w, lr, weight_decay):
    return w


def _decay_over_root(w, g, state, lr, beta1, beta2, eps, weight_decay):
    """The decay joins the corrected mean and is divided by the root with it."""
    t = state.get("t", 0) + 1
    m = beta1 * state.get("m", 0.0) + (1 - beta1) * g
    s = beta2 * state.get("s", 0.0) + (1 - beta2) * g**2
    m_hat, s_hat = m / (1 - beta1**t), s / (1 - beta2**t)
    return w - lr * (m_hat + weight_decay * w) / (s_hat**0.5 + eps), {"t": t, "m": m, "s": s}


def _decay_in_mean(w, g, state, lr, beta1, beta2, eps, weight_decay):
    """The decay goes into the average of the gradient, but not into that of its square."""
    t = state.get("t", 0) + 1
    m = beta1 * state.get("m", 0.0) + (1 - beta1) * (g + weight_decay * w)
    s = beta2 * state.get("s", 0.0) + (1 - beta2) * g**2
    m_hat, s_hat = m / (1 - beta1**t), s / (1 - beta2**t)
    return w - lr * m_hat / (s_hat**0.5 + eps), {"t": t, "m": m, "s": s}


def _decay_in_square(w, g, state, lr, beta1, beta2, eps, weight_decay):
    """The weights decay as they should, and the decay goes into the average of the squares as well."""
    t = state.get("t", 0) + 1
    m = beta1 * state.get("m", 0.0) + (1 - beta1) * g
    s = beta2 * state.get("s", 0.0) + (1 - beta2) * (g + weight_decay * w) ** 2
    m_hat, s_hat = m / (1 - beta1**t), s / (1 - beta2**t)
    return w * (1 - lr * weight_decay) - lr * m_hat / (s_hat**0.5 + eps), {"t": t, "m": m, "s": s}


_LEAST = "eps is the least that the step divides by. It should be *added* to the root of ŝ, at every step."
_EPS_SQUARED = "eps is squared and stands inside the root, √(ŝ + ε²). It should be added after the root, as it is."
_HATS_KEPT = ("The corrected averages went into the state, so that the correction is applied again and again. Keep m "
              "and s as they are without hats.")
_ONE_BETA = "The average of g² is made with β₁, and corrected with β₂. β₂ belongs in both places."
_LIKE_THE_FIRST = (
    "corrected by 1 − β, like the first: either the power is missing, 1 − βᵗ, or t does not get into the state and up "
    "by one each step, or there are no hats, and g and g² are added in full.")
_MANY = np.array([[0.5, -2.0, 0.03], [-0.2, 1.0, 0.01], [0.8, 0.4, -0.07], [0.1, -1.5, 0.02], [-0.6, 0.3, 0.05]])
_W = np.array([1.0, -3.0, 0.2])


def _some_hyper(rng):
    """Any rate, β₁ perhaps 0 or β₂ itself, and an eps that is tiny beside the gradients, or large."""
    beta1, beta2 = below_one(rng) * (rng.random() < 0.9), below_one(rng)
    return scale(rng, 1e-4, 5), beta1 if rng.random() < 0.9 else beta2, beta2, scale(rng, 1e-8, 100)


def _some_steps(rng):
    """Up to 8 steps of Adam."""
    gradients, hyper = slopes(rng, 8), _some_hyper(rng)
    return away_from_zero(rng, _adam_walk(adam_update, 0 * gradients[0], gradients, *hyper)), gradients, *hyper


def _some_decay(rng):
    """Up to 8 steps of AdamW, which take away up to a fifth each, or up to 3, which take more than all."""
    gradients, hyper, many = slopes(rng, 8), _some_hyper(rng), rng.random() < 0.8
    lost = scale(rng, 1e-3, 0.2) * (rng.random() < 0.9) if many else scale(rng, 1.2, 1.8)
    gradients, weight_decay = gradients if many else gradients[:3], float(f"{lost / hyper[0]:.3g}")
    path = _adamw_walk(adamw_update, 0 * gradients[0], gradients, *hyper, weight_decay)
    path = [p / (1 - hyper[0] * weight_decay) ** t for t, p in enumerate(path, 1)]  # as if nothing were lost
    return away_from_zero(rng, path), gradients, *hyper, weight_decay


def _some_ratio(rng):
    """A step from the first to number 800; either β may be 0, they may be equal, and the first the larger."""
    beta1, beta2 = (below_one(rng) * (rng.random() < 0.9) for _ in range(2))
    return whole(rng, 1, 800), beta1, beta2 if rng.random() < 0.9 else beta1


EXERCISES = [
    Exercise(
        id="adam-update",
        title="one step of Adam",
        reference=adam_update,
        why="Two averages, two corrections, one step. The count t is part of the state, as are the averages without "
            "their hats.",
        hints=(
            "Three things are remembered from step to step: how many steps there have been, the average of the "
            "gradient and the average of its square. `state.get(\"t\", 0)` reads an entry that may not be there yet.",
            "First t goes up by one. Then each average keeps the share β of itself and takes 1 − β of the new value: g "
            "for the one, g² for the other.",
            "The hats are for this step only: `m / (1 - beta1**t)` and `s / (1 - beta2**t)`. What goes back into the "
            "state are m and s without hats.",
            "The step is `lr * m_hat / (s_hat**0.5 + eps)`, against the gradient. Hand back a pair: the new weights, "
            "and a dict with t, m and s.",
        ),
        drive=_adam_walk,
        probes=((1.0, (0.5, 1.0), 0.1, 0.5, 0.75, 0.25), (-2.0, SLOPES, 0.3, 0.95, 0.7, 0.1), (1.0, SLOPES, 0.1, 0.83,
                0.95, 0.03), (0.5, SLOPES[::-1], 0.05, 0.9, 0.999, 1e-8), (_W, 100 * _MANY, 0.7, 0.3, 0.4, 2.0),
                (_W, _MANY[::-1], 0.03, 0.0, 0.8, 0.01), (_W, _MANY, 0.2, 0.6, 0.9, 0.3), (1.0, SLOPES * 3, 0.2, 0.97,
                0.98, 0.02), (4.0, SLOPES[4:], RATES[1:5], 0.9, 0.99, 0.02)),
        further=((1e4 * _W, 1e3 * _MANY, 30.0, 0.8, 0.95, 0.1), (1.0, (2.0, -1.0, 2.0), 0.1, 0.5, 0.75, 0.25),
                 (_W, 1e-3 * _MANY, 0.1, 0.8, 0.95, 1e-4), (_W, _MANY, 0.1, 0.6, 0.0, 0.5),
                 (1e9 * _W, 1e8 * _MANY, 1e8, 0.8, 0.95, 100.0), (_W, 1e-8 * _MANY, 0.1, 0.8, 0.95, 1e-10),
                 (-1.0, SLOPES * 40, 0.02, 0.9, 0.9998, 0.02),
                 (4.0, SLOPES, RATES, 0.9, 0.99, 0.02), (1, (1.5, 1, -2.5), 0.1, 0.9, 0.99, 1),
                 (1.0, (2.0, 0.0, -1.0, 0.0), 0.1, 0.5, 0.0, 0.5)),
        draw=_some_steps,
        corners={"floats": [0, 1, 2, 3], "arrays of one shape": [4, 5, 6], "need not be tiny": [0, 4],
                 "lr may change from step to step": [8]},
        mistakes=(
            (_adam(count=lambda t: 1),
             f"Every step comes out {_LIKE_THE_FIRST}"),
            (_adam(hats=lambda m, s, b1, b2, t: (m / (1 - b1 ** (t - 1)), s / (1 - b2 ** (t - 1)))),
             "The count is 0 in the first step, and 1 − β⁰ is 0. Count the step first, then correct: t begins at 1."),
            (_adam(hats=lambda m, s, b1, b2, t: (m / (1 - b1 ** (t + 1)), s / (1 - b2 ** (t + 1)))),
             "The count is one ahead: in the first step t should be 1."),
            (_adam(step=lambda m, s, eps: m / (s + eps) ** 0.5),
             "eps stands inside the root. It should be added after the root was taken."),
            (_eps_before_the_hat,
             "eps is added to the root of s without its hat, as in the paper's short form and in some libraries. It "
             "should be added to the root of ŝ."),
            (_adam(step=lambda m, s, eps: m / np.maximum(s**0.5, eps)), _LEAST),
            (_adam(step=lambda m, s, eps: m / np.maximum(s, eps) ** 0.5),
             "eps is the least that the root is taken of. It should be added after the root, at every step."),
            (_adam(step=lambda m, s, eps: m / (s + eps**2) ** 0.5), _EPS_SQUARED),
            (_adam(step=lambda m, s, eps: m / s**0.5),
             "The argument eps has no effect: either it is missing, or a tiny number stands in its place. Where it is "
             "not tiny, it makes the steps shorter."),
            (_bracket, "The brackets: `a / b + eps` divides first and adds then. eps belongs to the root, below the "
                       "line: `a / (b + eps)`."),
            (_bracket_outside, "The brackets: in `w - lr * a / b + eps` the eps is added to the weights. It belongs to "
                               "the root, below the line."),
            (_adam(count=lambda t: t + 2 if t else 1),
             "The count goes up by two from step to step: once where it is read, and once more where it is kept?"),
            (_adam(betas=lambda b1, b2: (0.9, 0.999)),
             "The two β are typed in. Use the beta1 and beta2 that are passed."),
            (_adam(hats=lambda m, s, b1, b2, t: (m, s / (1 - b2**t))),
             "The mean of the gradient has no correction: unless β₁ is 0, the first steps come out too short."),
            (_adam(hats=lambda m, s, b1, b2, t: (m / (1 - b1**t), s)),
             "The mean square has no correction: unless β₂ is 0, what is divided by is too small at first."),
            (_adam(hats=lambda m, s, b1, b2, t: (m, s)),
             "Both hats are missing: this is Adam without bias correction."),
            (_adam(hats=lambda m, s, b1, b2, t: (m / (1 - b2**t), s / (1 - b1**t))),
             "The two corrections have changed places: each average should be corrected by its own β."),
            (_adam(betas=lambda b1, b2: (b2, b1)),
             "β₁ and β₂ have changed places: β₁ belongs to the gradient, β₂ to its square."),
            (_adam(mean=lambda m, g, b: (1 - b) * m + b * g, square=lambda s, g, b, m: (1 - b) * s + b * g**2),
             "The averages keep 1 − β of themselves and take β of the new. It should be the other way round."),
            (_adam(mean=lambda m, g, b: g, hats=lambda m, s, b1, b2, t: (m, s / (1 - b2**t))),
             "The step uses the gradient of the moment, not its average m."),
            (_adam(square=lambda s, g, b, m: b * s + (1 - b) * m**2),
             "The second average is one of m², the squared mean. It should be one of g², the squared gradient."),
            (_adam(square=lambda s, g, b, m: b * s + (1 - b) * np.abs(g)),
             "The second average is one of |g|. It should take the square, g²."),
            (_adam(square=lambda s, g, b, m: b * s + (1 - b) * g),
             "The second average takes g, not g², so that it may be negative, and then has no real root."),
            (_adam(step=lambda m, s, eps: m / (s + eps)),
             "The root is missing: ŝ is a mean of squares, in the square of the gradient's units."),
            (_adam(kept=lambda m, s, m_hat, s_hat: (m_hat, s_hat)),
             _HATS_KEPT),
            (_adam(mean=lambda m, g, b: b * m + g),
             "The gradient is added in full, as in momentum. An average takes 1 − β₁ of it."),
            (_adam(square=lambda s, g, b, m: b * s + g**2),
             "The square is added in full. An average takes 1 − β₂ of it."),
            (_adam(mean=lambda m, g, b: b * m + g, square=lambda s, g, b, m: b * s + g**2),
             "The gradient and its square are added in full. The averages take 1 − β₁ of the one and 1 − β₂ of the "
             "other."),
            (_adam(hats=lambda m, s, b1, b2, t: (m / (1 - b1), s / (1 - b2)) if t == 1 else (m, s)),
             "Only the first step has its hats. Each later one should have them as well, with its own t."),
            (_adam(square=lambda s, g, b, m: s + g**2, hats=lambda m, s, b1, b2, t: (m / (1 - b1**t), s)),
             "The squares pile up, as in AdaGrad. RMSProp's average forgets."),
            (_adam(hats=lambda m, s, b1, b2, t: (m * (1 - b1**t), s * (1 - b2**t))),
             "The averages are multiplied by 1 − βᵗ. They begin too small, so they have to be divided by it."),
            (_adam(hats=lambda m, s, b1, b2, t: (m / (1 - b1 * t), s / (1 - b2 * t))),
             "β is multiplied by t. What is left of the start after t steps is β to the power t."),
            (_adam(hats=lambda m, s, b1, b2, t: (m / (1 - b1 * t), s / (1 - b2 * t)),
                   step=lambda m, s, eps: m / (_root(s) + eps)),
             "β is multiplied by t, so that 1 − β t may become 0 or less. What is left of the start after t steps is β "
             "to the power t."),
            (_adam(hats=lambda m, s, b1, b2, t: (m / (1 - b1) ** t, s / (1 - b2) ** t)),
             "The power belongs to β alone: 1 − βᵗ, not (1 − β)ᵗ."),
            (_adam(rate=lambda lr: -lr),
             "The step goes uphill: look at the sign."),
            (_adam(rate=lambda lr: 1.0),
             "The rate is missing."),
            (_adam(rate=lambda lr: lr**2),
             "The rate comes in twice."),
            (_adam(step=lambda m, s, eps: 1 / (s**0.5 + eps)),
             "The mean m̂ is missing above the line, and with it the direction."),
            (_adam(step=lambda m, s, eps: m),
             "The step does not divide by the root of ŝ: this is an average of gradients, no more."),
            (_adam(mean=lambda m, g, b: (1 - b) * m + b * g),
             "The mean keeps 1 − β₁ of itself and takes β₁ of the new. It should be the other way round."),
            (_adam(square=lambda s, g, b, m: (1 - b) * s + b * g**2),
             "The mean square keeps 1 − β₂ of itself and takes β₂ of the new. It should be the other way round."),
            (_adam(square=lambda s, g, b, m: b * s + ((1 - b) * g) ** 2),
             "1 − β₂ is squared along with g. It should multiply g² from outside."),
            (_forgetful,
             "Every step is like a first one: perhaps the state that comes in is not used, is read by other names than "
             "it was written by, or is handed back empty."),
            (_old_averages,
             "The step uses the averages as they were before this gradient. Update them first."),
            (_one_scale,
             "One mean square serves the whole array. Each weight should have its own."),
            *of_any_step(_right),
            (_adam(hats=lambda m, s, b1, b2, t: (m / (1 - b1**t), s / (1 - b1**t))),
             "The mean square is corrected with β₁. It has its own, β₂."),
            (_adam(hats=lambda m, s, b1, b2, t: (m / (1 - b2**t), s / (1 - b2**t))),
             "The mean is corrected with β₂. It has its own, β₁."),
            (_adam(square=lambda s, g, b, m: b * s + (1 - b) * np.sum(g**2)),
             "The squared gradients of all weights are added up into one average. Each weight should have its own."),
            (_adam(square=lambda s, g, b, m: b * s + (1 - b) * (g - m) ** 2),
             "The second average is one of (g − m)², how far the gradient is from its mean. It should take g² itself."),
            (skipping_zeros(_right),
             "A step whose gradient is 0 is left out. The averages should go on even then, and move the weights."),
            (_adam(hats=lambda m, s, b1, b2, t: (m, s), step=lambda m, s, eps: m / (s + eps) ** 0.5),
             "Two things: both hats are missing, and eps stands inside the root."),
            (_adam(hats=lambda m, s, b1, b2, t: (m, s), rate=lambda lr: -lr),
             "Two things: both hats are missing, and the step goes uphill."),
            (_adam(hats=lambda m, s, b1, b2, t: (m / (1 - b1**t), s / (1 - b2**t) ** 2)),
             "The root of s is divided by 1 − β₂ᵗ. It is s that should be divided, before the root is taken."),
            (_adam(square=lambda s, g, b, m: b * s + (1 - b) * g**2, betas=lambda b1, b2: (b1, b1)),
             "β₁ serves both averages. That of the square has its own, β₂."),
            (_square_with_beta1, _ONE_BETA),
            (_mean_with_beta2,
             "The average of g is made with β₂, and corrected with β₁. β₁ belongs in both places."),
            (_adam(square=lambda s, g, b, m: b * s + (1 - b) * np.abs(g), step=lambda m, s, eps: m / (s + eps)),
             "The second average is one of |g|, and no root is taken of it. Adam averages squares, and takes the root "
             "of that."),
            (_adam(square=lambda s, g, b, m: s + (1 - b) * g**2),
             "The new square is weighted well, but the old s is kept whole, so that nothing is forgotten. β₂ of it "
             "should be kept."),
            (_adam(mean=lambda m, g, b: m + (1 - b) * g),
             "The new gradient is weighted well, but the old m is kept whole, so that nothing is forgotten. β₁ of it "
             "should be kept."),
            (_looking_ahead,
             "The mean takes the gradient twice, as in Nesterov's form of Adam. m̂ should be m over its 1 − β₁ᵗ, no "
             "more."),
            (_counting_weights,
             "Right for single weights. With several, the count goes up with each weight: it should go up once a step, "
             "for all of them."),
            (_beginning_full,
             "The averages begin with the first gradient and its square. They should begin with 0, which is what the "
             "hats are made for."),
            (_adam(hats=lambda m, s, b1, b2, t: (m, s), step=lambda m, s, eps: m),
             "That is the mean of the gradient alone: no hats, and no division by the root."),
            (_adam(hats=lambda m, s, b1, b2, t: (m / (1 - b1 ** max(t - 1, 1)), s / (1 - b2 ** max(t - 1, 1)))),
             "From the second step on t is one short: 1, 1, 2, 3 … It should go up by one in every step."),
            (_adam(count=lambda t: t + 2),
             "The count goes up by two in every step, the first one included: the powers are 2, 4, 6 …"),
            (lambda w, g, state, *rest: _adam(hats=lambda m, s, b1, b2, t: (m, s))(
                w, g, state or {"m": g, "s": g**2}, *rest),
             "The averages begin with the first gradient and its square, and have no hats. They should begin with 0: "
             "the hats make up for that."),
            (_adam(kept=lambda m, s, m_hat, s_hat: (s, m), step=lambda m, s, eps: m / (np.sqrt(s) + eps)),
             "m and s change places in the state: the next step takes the one for the other."),
            (_adam(rate=lambda lr: -lr, step=lambda m, s, eps: m / (s + eps) ** 0.5),
             "Two things: the step goes uphill, and eps stands inside the root."),
        ),
    ),
    Exercise(
        id="uncorrected-ratio",
        title="the step without its correction",
        reference=uncorrected_ratio,
        why="At a constant gradient m is the share 1 − β₁ᵗ of g and s the share 1 − β₂ᵗ of g², so the step is off by "
            "the one over the root of the other.",
        hints=(
            "Put a constant gradient g into m ← β₁ m + (1 − β₁) g, beginning with 0. After one step m is (1 − β₁) g. "
            "After two?",
            "After t steps m is (1 − β₁ᵗ) g and s is (1 − β₂ᵗ) g²: just what the hats divide by.",
            "With hats the step is lr · g/√g². Without, it is lr · (1 − β₁ᵗ) g over the root of (1 − β₂ᵗ) g².",
            "`(1 - beta1**t)` over the root of `(1 - beta2**t)`.",
        ),
        probes=((1, 0.9, 0.999), (12, 0.9, 0.999), (400, 0.9, 0.999), (1, 0.9, 0.99), (3, 0.9, 0.95), (1, 0.0, 0.75),
                (7, 0.5, 0.8), (40, 0.99, 0.9), (2, 0.3, 0.0), (300, 0.98, 0.9999), (2, 0.2, 0.9999), (5, 0.0, 0.7),
                (500, 0.9, 0.999), (800, 0.9, 0.9995)),
        further=((3000, 0.9, 0.9999), (5000, 0.9998, 0.9999), (5000, 0.0, 0.5), (1, 0.5, 1 - 1e-10)),
        draw=_some_ratio,
        corners={"steps count from 1": [0, 3, 5], "0 or more": [5, 8, 11]},
        on_the_way=lambda t, beta1, beta2: (
            f"After {t} {'step' if t == 1 else 'steps'} the mean has reached the share `{1 - beta1**t:.4g}` of the "
            f"gradient, and the mean square the share `{1 - beta2**t:.4g}` of its square."),
        mistakes=(
            (lambda t, a, b: (1 - b**t) ** 0.5 / (1 - a**t),
             "That is the corrected step over the uncorrected one: upside down."),
            (lambda t, a, b: (1 - a**t) / (1 - b**t),
             "The root is missing: the step divides by √s, not by s."),
            (lambda t, a, b: ((1 - a**t) / (1 - b**t)) ** 0.5,
             "The root was taken of both. It belongs to the mean square alone."),
            (lambda t, a, b: (1 - b**t) / (1 - a**t) ** 0.5,
             "β₁ and β₂ have changed places."),
            (lambda t, a, b: 1 - a**t,
             "That is the share that the mean has reached. The mean square may be too small as well, and the step "
             "divides by its root."),
            (lambda t, a, b: 1 / (1 - b**t) ** 0.5,
             "That is what the mean square does to the step. The mean may be too small as well."),
            (lambda t, a, b: (1 - a**t) * (1 - b**t) ** 0.5,
             "The mean square belongs below the fraction line: a value too small makes the step longer."),
            (lambda t, a, b: (1 - a) / (1 - b) ** 0.5,
             "That is the ratio of the first step, at every t."),
            (lambda t, a, b: (1 - a * t) / (1 - b**t) ** 0.5,
             "β₁ is multiplied by t. What is left of the mean's start after t steps is β₁ to the power t."),
            (lambda t, a, b: (1 - a**t) / _root(1 - b * t),
             "β₂ is multiplied by t. What is left of the mean square's start after t steps is β₂ to the power t."),
            (lambda t, a, b: (1 - a * t) / _root(1 - b * t),
             "Both β are multiplied by t. What is left of the start after t steps is β to the power t."),
            (lambda t, a, b: (1 - a * t) / (1 - b * t) ** 0.5,
             "Both β are multiplied by t, and the root of a number below 0 is a complex number. What is left of the "
             "start after t steps is β to the power t."),
            (lambda t, a, b: (1 - a**t) / (1 - b * t) ** 0.5,
             "β₂ is multiplied by t, and the root of a number below 0 is a complex number. What is left of the mean "
             "square's start after t steps is β₂ to the power t."),
            (lambda t, a, b: (1 - a) ** t / (1 - b) ** (t / 2),
             "The power belongs to β alone: 1 − βᵗ, not (1 − β)ᵗ."),
            (lambda t, a, b: (1 - a ** (t + 1)) / (1 - b ** (t + 1)) ** 0.5,
             "One step too late: the first step should have t = 1."),
            (lambda t, a, b: (1 - a ** (t - 1)) / (1 - b ** (t - 1)) ** 0.5,
             "Where t is above 1, a step is missing: t − 1 are counted, or the first one as step 0, not as step 1."),
            (lambda t, a, b: a**t / (b**t) ** 0.5,
             "βᵗ is what is still missing after t steps. What is there already is 1 − βᵗ."),
            (lambda t, a, b: (1 - a**t) / (1 - b ** (2 * t)) ** 0.5,
             "The square is that of the gradient, not of β₂: after t steps the mean square is the share 1 − β₂ᵗ."),
            (lambda t, a, b: (1 - a**t) / (1 - b**t) ** 2,
             "A square where a root belongs: the step divides by √s."),
            (lambda t, a, b: (1 - a**t) / (1 - b ** (t / 2)) if b else 1 - a**t,
             "The root is taken of β₂ᵗ alone. It belongs to the whole 1 − β₂ᵗ."),
            (lambda t, a, b: (1 - a * t) / abs(1 - b * t) ** 0.5 if b * t != 1 else np.inf,
             "β is multiplied by t. What is left of the start after t steps is β to the power t."),
            (lambda t, a, b: (1 - b**t) ** 0.5,
             "That is the root of the share that the mean square has reached. It should stand below the line, and the "
             "mean may be too small as well."),
            (lambda t, a, b: 1.0 - a * 0,
             "Always 1 would mean that the correction changes nothing. (Or do the averages begin with 1? They should "
             "begin with 0.)"),
            (lambda t, a, b: (1 - a**t) / (1 - b**t) / 2,
             "The brackets: `** 1 / 2` is the power 1, and then half of all. The root is `** 0.5`."),
            (lambda t, a, b: (1 - a) ** t / (1 - b**t) ** 0.5,
             "The power belongs to β₁ alone: 1 − β₁ᵗ, not (1 − β₁)ᵗ. That of β₂ is right."),
            (lambda t, a, b: (1 - a**t) / (1 - b) ** (t / 2),
             "The power belongs to β₂ alone: 1 − β₂ᵗ, not (1 − β₂)ᵗ. That of β₁ is right."),
            (lambda t, a, b: (1 - a**t) / (1 - b**t) ** (1 / 3),
             "That is the cube root. The step divides by the square root of s."),
            (lambda t, a, b: (1 - a**t) * (1 - b**t),
             "The two shares are multiplied. The mean should be divided by the root of the mean square."),
            (lambda t, a, b: ((1 - b**t) / (1 - a**t)) ** 0.5,
             "Two things: upside down, and the root was taken of both shares. It belongs to the mean square alone."),
            (lambda t, a, b: (1 - b**t) / (1 - a**t),
             "Two things: upside down, and the root of the mean square is missing."),
            (lambda t, a, b: (1 - a**t) / ((1 - b) * (1 - b**t)) ** 0.5,
             "1 − β₂ comes in once too often below the root: after t steps the mean square is the share 1 − β₂ᵗ."),
            (lambda t, a, b: abs((1 - a**t) / (1 - b**t) ** 0.5 - 1),
             "That is how far the ratio is from 1. Asked for is the ratio itself."),
            (lambda t, a, b: (1 - a**t) / (1 - b**t) ** 0.5 - 1,
             "That is how much too long the step is, as a share. Asked for is the ratio, 1 for a step that is right."),
            (lambda t, a, b: (1 - a**t) / (1 - a**t) ** 0.5,
             "β₁ stands in both shares. The mean square should have β₂."),
            (lambda t, a, b: (1 - a**t) / (1 - b) ** 0.5,
             "The power t is missing at β₂: the mean square comes nearer to its end with every step, too."),
            (lambda t, a, b: (1 - a) / (1 - b**t) ** 0.5,
             "The power t is missing at β₁: the mean comes nearer to its end with every step, too."),
            (lambda t, a, b: (1 - 0.9**t) / (1 - 0.999**t) ** 0.5,
             "The two β are typed in. Use those that are passed."),
            (lambda t, a, b: sum(a**k for k in range(t)) / sum(b**k for k in range(t)) ** 0.5,
             "The gradients are added up, not averaged: every gradient should enter the mean with 1 − β₁, and its "
             "square the other average with 1 − β₂."),
            (lambda t, a, b: (1 - a**t) ** 0.5 / (1 - b**t),
             "The root is on the wrong one. It belongs to the mean square, below the line, and not to the mean."),
            (lambda t, a, b: (1 - a**t) / (1 - b ** (t - 1)) ** 0.5,
             "β₂ has the power t − 1. After t steps the mean square is the share 1 − β₂ᵗ."),
            (lambda t, a, b: (1 - a ** (t - 1)) / (1 - b**t) ** 0.5,
             "β₁ has the power t − 1. After t steps the mean is the share 1 − β₁ᵗ."),
            (lambda t, a, b: t * (1 - a) / (t * (1 - b)) ** 0.5,
             "The averages grow in proportion to t here. They should forget, and reach the share 1 − βᵗ."),
            (lambda t, a, b: ((1 - a) / (1 - b) ** 0.5) ** t,
             "The power t is taken of the whole ratio. It belongs to each β: 1 − βᵗ."),
            (lambda t, a, b: np.log((1 - a**t) / (1 - b**t) ** 0.5),
             "That is the logarithm of the ratio. Asked for is the ratio itself."),
            (lambda t, a, b: ((1 - a**t) / (1 - b**t) ** 0.5) ** 2,
             "That is the square of the ratio: the root should be of 1 − β₂ᵗ alone, and the mean without a square."),
            (lambda t, a, b: (1 - a**t) - (1 - b**t) ** 0.5,
             "The root is subtracted. The mean should be *divided* by it."),
            (lambda t, a, b: 1 - a**t / (1 - b**t) ** 0.5,
             "The brackets: the whole 1 − β₁ᵗ should stand above the line, not β₁ᵗ alone."),
            (lambda t, a, b: np.prod([(1 - a**k) / (1 - b**k) ** 0.5 for k in range(1, t + 1)]),
             "The ratios of all steps up to t are multiplied. Asked for is that of step t alone."),
            (lambda t, a, b: sum((1 - a**k) / (1 - b**k) ** 0.5 for k in range(1, t + 1)),
             "The ratios of all steps up to t are added up. Asked for is that of step t alone."),
            (lambda t, a, b: (1 + a**t) / (1 + b**t) ** 0.5,
             "βᵗ is added to 1. What is there after t steps is 1 minus it."),
            (lambda t, a, b: sum((1 - a**k) / (1 - b**k) ** 0.5 for k in range(1, t + 1)) / t,
             "That is the mean over all steps up to t. Asked for is the ratio of step t alone."),
            (lambda t, a, b: (1 - a ** (t + 1)) / (1 - b**t) ** 0.5,
             "β₁ has the power t + 1. After t steps the mean is the share 1 − β₁ᵗ."),
            (lambda t, a, b: (1 - a**t) / (1 - b ** (t + 1)) ** 0.5,
             "β₂ has the power t + 1. After t steps the mean square is the share 1 − β₂ᵗ."),
        ),
    ),
    Exercise(
        id="adamw-update",
        title="one step of AdamW",
        reference=adamw_update,
        why="One line more than Adam. The decay touches the weights only: neither average ever sees it.",
        hints=(
            "Begin with your Adam, all of it. There is one line to add, and it does not touch g, m or s.",
            "Adding weight_decay · w to the gradient would be the other kind, L2: it would then be averaged, squared "
            "and divided by the root.",
            "A share lr · weight_decay of the weights is taken away, so a share 1 − lr · weight_decay is left.",
            "Before the step: `w = w * (1 - lr * weight_decay)`. Then Adam's step from there.",
        ),
        drive=_adamw_walk,
        probes=((1.0, (0.5, 1.0), 0.1, 0.5, 0.75, 0.25, 0.5), (1.0, SLOPES, 0.1, 0.83, 0.95, 0.03, 0.7), (5.0,
                SLOPES[::-1], 0.5, 0.9, 0.999, 1e-8, 0.4), (_W, 100 * _MANY, 0.7, 0.3, 0.4, 2.0, 0.3), (_W,
                _MANY[::-1], 0.3, 0.0, 0.8, 0.01, 1.5), (_W, _MANY, 0.2, 0.6, 0.9, 0.3, 0.5), (2.0, SLOPES * 3, 0.2,
                0.9, 0.99, 0.1, 0.0), (_W, _MANY, 0.8, 0.6, 0.9, 0.3, 1.75),
                (4.0, SLOPES[4:], RATES[1:5], 0.9, 0.99, 0.02, 0.5)),
        further=((1.0, (2.0, -1.0, 2.0), 0.1, 0.5, 0.75, 0.25, 0.5),
                 (1e4 * _W, 1e3 * _MANY, 30.0, 0.8, 0.95, 0.1, 0.01), (_W, 1e-3 * _MANY, 0.1, 0.8, 0.95, 1e-4, 0.05),
                 (1e9 * _W, 1e8 * _MANY, 1e8, 0.8, 0.95, 100.0, 1e-9), (_W, 1e-8 * _MANY, 0.1, 0.8, 0.95, 1e-10, 0.5),
                 (_W, _MANY, 0.1, 0.6, 0.0, 0.5, 2.0), (-1.0, SLOPES * 40, 0.02, 0.9, 0.9998, 0.02, 0.01),
                 (4.0, SLOPES, RATES, 0.9, 0.99, 0.02, 0.5), (1, (1.5, 1, -2.5), 0.1, 0.9, 0.99, 1, 1)),
        draw=_some_decay,
        mistakes=(
            (_decayed(before=_as_given, gradient=lambda g, w, wd: g + wd * w),
             "The decay is added to the gradient, so that it is averaged and divided by the root like everything else. "
             "That is L2 in Adam, often called AdamW by mistake."),
            (_decayed(before=_as_given, gradient=lambda g, w, wd: g - wd * w),
             "The decay is taken off the gradient, so that it pushes the weights away from 0. It should act on the "
             "weights alone."),
            (_decay_over_root,
             "The decay is divided by the root together with the mean. It should stay outside, and act on the weights "
             "alone."),
            (_decay_in_mean,
             "The decay goes through the average of the gradient. Neither average should see it."),
            (_decayed(before=lambda w, lr, wd: w * (1 - wd)),
             "The rate is missing in the decay: the share taken away should be lr · weight_decay. (The paper has this "
             "form, with a schedule in place of the rate.)"),
            (_decayed(before=_as_given, after=lambda new, w, lr, wd: new * (1 - lr * wd)),
             "The decay comes after the step, so that it acts on the step as well. First the decay, then the step."),
            (_decayed(before=lambda w, lr, wd: w * (1 + lr * wd)),
             "The decay makes the weights larger: the share should be taken away, so that 1 − lr · weight_decay is "
             "left."),
            (_decayed(before=_as_given),
             "There is no decay: this is Adam."),
            (_decayed(before=lambda w, lr, wd: w * wd),
             "The weights are multiplied by weight_decay. They should keep 1 − lr · weight_decay of themselves."),
            (_decayed(before=lambda w, lr, wd: w - lr * wd * np.sign(w)),
             "Weights of all sizes lose an equal amount. A share is asked for: lr · weight_decay · w."),
            (_decayed(before=lambda w, lr, wd: w - lr * wd),
             "lr · weight_decay is taken off as it is. It should be a share *of the weights*: lr · weight_decay · w."),
            (_decayed(before=lambda w, lr, wd: w * lr * wd),
             "Of the weights only the share is left that should be taken away. Keep 1 − lr · weight_decay of them."),
            (lambda w, g, state, lr, b1, b2, eps, wd: _right(w, g + lr * wd * w, state, lr, b1, b2, eps),
             "lr · weight_decay · w is added to the gradient, so that it is averaged and divided by the root. It "
             "should be taken off the weights, and the gradient stay as it is."),
            (_decayed(before=lambda w, lr, wd: w - lr * wd * w**2),
             "The decay is proportional to w². The square is in the penalty; its slope is proportional to w."),
            (_decayed(before=lambda w, lr, wd: w * (1 - 2 * lr * wd)),
             "The decay is twice as strong as asked for: no factor 2 belongs here."),
            (_decayed(before=lambda w, lr, wd: w * (1 - lr * wd / 2)),
             "The decay is half as strong as asked for: the share should be lr · weight_decay."),
            (_decayed(before=lambda w, lr, wd: w * (1 - lr**2 * wd)),
             "The rate is in the decay twice."),
            (_decayed(gradient=lambda g, w, wd: g + wd * w),
             "There are two decays here, one in the gradient and one of the weights. Only the second belongs."),
            (_decayed(adam=_adam(count=lambda t: 1)),
             f"The decay is right. But every step comes out {_LIKE_THE_FIRST}"),
            (_decayed(adam=_adam(step=lambda m, s, eps: m / (s + eps) ** 0.5)),
             "The decay is right. eps stands inside the root."),
            (_decayed(adam=_eps_before_the_hat),
             "The decay is right. eps is added to the root of s without its hat; it belongs to the root of ŝ."),
            (_decayed(adam=_adam(step=lambda m, s, eps: m / s**0.5)),
             "The decay is right. But the argument eps has no effect: either it is missing, or a tiny number stands "
             "in its place."),
            (_decayed(adam=_bracket),
             "The decay is right. The brackets of eps: `a / b + eps` divides first and adds then."),
            (_decayed(adam=_adam(rate=lambda lr: -lr)),
             "The decay is right. Adam's step goes uphill: look at its sign."),
            (_decayed(adam=lambda w, g, state, *hyper: (w, _right(w, g, state, *hyper)[1])),
             "The weights decay, and that is all: Adam's step is missing."),
            (_decayed(adam=_adam(hats=lambda m, s, b1, b2, t: (m, s))),
             "The decay is right. Both hats are missing."),
            (_decayed(adam=_adam(betas=lambda b1, b2: (b2, b1))),
             "The decay is right. β₁ and β₂ have changed places."),
            (_decayed(adam=_forgetful),
             "The decay is right. But every step is like a first one: perhaps the state that comes in is not used, is "
             "read by other names than it was written by, or is handed back empty."),
            (_decayed(adam=skipping_zeros(_right)),
             "The decay is right. But a step whose gradient is 0 leaves the rest of Adam out: the averages should go "
             "on even then, and move the weights."),
            (lambda w, g, state, *rest: _decayed(before=_as_given)(w, g, state, *rest) if state
             else adamw_update(w, g, state, *rest),
             "Only in the first step do the weights decay. They should in each."),
            (lambda w, g, state, *rest: adamw_update(w, g, state, *rest) if state
             else _decayed(before=_as_given)(w, g, state, *rest),
             "In the first step the weights do not decay. They should in each."),
            (_decayed(before=lambda w, lr, wd: w / (1 + lr * wd)),
             "The weights are divided by 1 + lr · weight_decay. They should keep 1 − lr · weight_decay of themselves."),
            (_decayed(before=lambda w, lr, wd: w * (1 - lr * wd**2)),
             "weight_decay is squared. The share should be lr · weight_decay."),
            (_decayed(before=_as_given, gradient=lambda g, w, wd: g + 2 * wd * w),
             "2 · weight_decay · w is added to the gradient, which is the slope of another loss. The decay should act "
             "on the weights alone, before the step."),
            (_decayed(before=lambda w, lr, wd: w * (1 - lr * wd) ** 0.5,
                      after=lambda new, w, lr, wd: new * (1 - lr * wd) ** 0.5),
             "The decay is shared between before the step and after it. All of it should come before."),
            (_decayed(before=lambda w, lr, wd: w * np.exp(-lr * wd)),
             "The weights are multiplied by exp(−lr · weight_decay). They should keep 1 − lr · weight_decay of "
             "themselves."),
            (_decayed(before=_as_given, after=lambda new, w, lr, wd: w + (new - w) * (1 - lr * wd)),
             "The step loses the share lr · weight_decay of itself. It is the weights that should lose it, before the "
             "step."),
            (_decayed(before=_as_given, after=lambda new, w, lr, wd: new * (1 - wd)),
             "Two things: the decay comes after the step, and the rate is missing in it."),
            *of_any_step(_decayed()),
            (_decay_in_square,
             "The decay goes into the average of the squares. Neither average should see it."),
            (_decayed(before=lambda w, lr, wd: w * (1 - lr * wd) ** 2),
             "The weights lose the share lr · weight_decay twice in each step. Once is asked for."),
            (lambda w, g, state, lr, b1, b2, eps, wd: _decayed(before=lambda w, lr, wd: w * (1 - lr * wd) ** (
                state.get("t", 0) + 1))(w, g, state, lr, b1, b2, eps, wd),
             "Step t takes the share away t times: 1 − lr · weight_decay has the power t. It should have none."),
            (_decayed(before=lambda w, lr, wd: w - lr * wd * np.mean(w)),
             "Each weight loses the same here, a share of their mean. It should lose that share of itself."),
            (_decayed(before=lambda w, lr, wd: w - lr * wd * np.abs(w)),
             "The share is taken of the size of the weights, so that those below 0 move away from 0. Each should lose "
             "that share of itself, sign and all."),
            (_decayed(before=lambda w, lr, wd: w * (1 - lr)),
             "The weights lose the share lr of themselves. The share should be lr · weight_decay."),
            (_decayed(before=lambda w, lr, wd: w * (1 - 0.01 * lr)),
             "The decay is typed in as 0.01. Use the weight_decay that is passed."),
            (lambda w, g, state, lr, b1, b2, eps, wd: (w * (1 - lr * wd) - lr * g, {}),
             "The decay is right. But the step is plain descent, lr · g: where are Adam's averages?"),
            (_decayed(adam=_adam(hats=lambda m, s, b1, b2, t: (m / (1 - b1**t), s))),
             "The decay is right. The mean square has no correction."),
            (_decayed(adam=_adam(hats=lambda m, s, b1, b2, t: (m, s / (1 - b2**t)))),
             "The decay is right. The mean of the gradient has no correction."),
            (_decayed(adam=_adam(step=lambda m, s, eps: m / np.maximum(s**0.5, eps))),
             f"The decay is right. But {_LEAST}"),
            (_decayed(adam=_adam(step=lambda m, s, eps: m / (s + eps**2) ** 0.5)),
             f"The decay is right. But {_EPS_SQUARED}"),
            (_decayed(adam=_adam(kept=lambda m, s, m_hat, s_hat: (m_hat, s_hat))), f"The decay is right. {_HATS_KEPT}"),
            (_decayed(adam=_square_with_beta1), f"The decay is right. {_ONE_BETA}"),
            (_decayed(before=lambda w, lr, wd: w * lr * (1 - wd)),
             "The rate multiplies all of the weights. They should keep 1 − lr · weight_decay of themselves: lr belongs "
             "beside weight_decay only."),
            (_decayed(after=lambda new, w, lr, wd: new * (1 - lr * wd)),
             "The decay comes twice, before the step and after it."),
            (_decayed(gradient=lambda g, w, wd: g * (1 - wd)),
             "The gradient loses the share weight_decay of itself as well. g is given, and should stay as it is."),
        ),
    ),
]

QUIZZES = [
    Quiz("first-steps", "What does bias correction do to Adam's first steps, at the usual β₁ = 0.9 and β₂ = 0.999?", (
        Option("It makes them longer: both averages begin at 0, so the first steps would be tiny.",
               "Both begin too small, but the second stands below the fraction line, and lags much further behind.",
               origin="A published mistake: \"without bias correction Adam's first steps are tiny\""),
        Option("It makes them shorter: without it they would be several times too long.",
               "The root of the second average is further behind than the first one, and the step divides by it.",
               right=True),
        Option("Next to nothing: both averages are off by the same factor, which cancels.",
               "Each is off by its own 1 − βᵗ, and one of them under a root. They agree in the first step only where "
               "1 − β₂ = (1 − β₁)²."),
        Option("It warms up: the rate grows from 0 to its full value.",
               "At a constant gradient every corrected step has the full length. Warmup is a schedule, and comes on "
               "top."),
    )),
    Quiz("loss-times-thousand", "Someone reports the loss in thousandths, so that every gradient is 1,000 times as "
         "large. eps is 1e-8. What happens to Adam's steps?", (
        Option("They become 1,000 times as long.",
               "That is plain SGD. Here the gradient is divided by its own typical size.",
               origin="A common mistake: every optimizer taken for SGD"),
        Option("They become √1000 times as long.",
               "The root is taken of the square, so numerator and denominator grow by the same factor."),
        Option("Hardly anything: m grows 1,000-fold, and so does the root of s.",
               "Only eps notices, and it is far below both.", right=True),
        Option("They become 1,000 times shorter.",
               "That would need a division by s without the root."),
    )),
    Quiz("large-eps", "eps is raised from 1e-8 to 1, far above the size of the gradients, and the rate is kept. What "
         "does Adam become?", (
        Option("Nearly the same optimizer: eps only guards against division by zero.",
               "As long as it is small beside √ŝ. Far above it, eps is the denominator."),
        Option("Sign descent.",
               "That is the other end, where eps is negligible."),
        Option("Something that diverges.",
               "The steps get shorter, not longer."),
        Option("About averaged momentum, with steps shorter in the same measure as the gradients are small.",
               "√ŝ + 1 is about 1 for all weights, and the step is about lr · m̂.", right=True),
    )),
    Quiz("l2-called-adamw", "A training script computes `g = g + 0.01 * w` and passes `g` to Adam. Its author calls "
         "it AdamW. What is different from AdamW?", (
        Option("Nothing: the derivative of ½ · 0.01 · w² is 0.01 · w, so it is the same.",
               "For plain SGD it is the same up to the name of the constant. Adam divides the sum by a root that "
               "differs from weight to weight.",
               origin="A published mistake: decay added to the gradient and called AdamW"),
        Option("The decay is divided by √ŝ like the gradient, so that weights with large gradients "
               "decay less than weights with small ones.",
               "And where the gradient is zero, the decay is all there is, and is blown up to full steps.", right=True),
        Option("Only the first steps differ, until the averages have filled.",
               "The division goes on in every step."),
        Option("It decays 1,000 times faster, since the rate is missing.",
               "The rate multiplies the whole step, decay included."),
    )),
    Quiz("what-the-contest-showed", "Adam at its default rate ends far above SGD at SGD's default rate, on two "
         "problems. What follows?", (
        Option("Adam is the better optimizer.",
               "Two defaults were compared, not two optimizers. With a tuned rate each, the gap may close or turn.",
               origin="A published mistake: optimizers compared at rates that nobody tuned, then ranked"),
        Option("Adam's default was the better guess on these two problems.",
               "That is what was measured. It is worth something: a good guess saves a search.", right=True),
        Option("SGD needs more epochs.",
               "It might get there with more, or with a larger rate. The comparison does not say which."),
        Option("Nothing, since optimizers cannot be compared.",
               "They can: each at its own rate, chosen on validation data, with an interval on test data."),
    )),
]
