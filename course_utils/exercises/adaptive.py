"""Exercises and questions of notebook 07: AdaGrad, RMSProp, and what a change of units does to a step."""

import numpy as np

from .draws import away_from_zero, below_one, scale, slopes, whole
from .quizzes import Option, Quiz
from .tasks import Exercise
from .walks import RATES, SLOPES, of_any_step, rates, skipping_zeros, walk


def adagrad_update(w, g, state, lr, eps):
    """One step of AdaGrad: the new weights and the new state, as a pair.

    w and its gradient g are floats, or arrays of one shape, and stay as they
    are. state is a dict, {} before the first step; keep in it whatever the next
    step needs. lr may change from step to step. eps stands outside the root, and
    need not be tiny.

    From w = 1, the first step with g = 0.5, lr = 0.1 and eps = 0.5 goes to 0.95.
    """
    s = state.get("s", 0.0) + g**2
    return w - lr * g / (np.sqrt(s) + eps), {"s": s}


def rmsprop_update(w, g, state, lr, alpha, eps):
    """One step of RMSProp: the new weights and the new state, as a pair.

    w and its gradient g are floats, or arrays of one shape, and stay as they
    are. state is a dict, {} before the first step, when the average of g² is 0.
    lr may change from step to step. alpha is the share of the old average that
    is kept; eps stands outside the root, and need not be tiny.

    From w = 1, the first step with g = 2, lr = 0.1, alpha = 0.75 and eps = 1
    goes to 0.9.
    """
    s = alpha * state.get("s", 0.0) + (1 - alpha) * g**2
    return w - lr * g / (np.sqrt(s) + eps), {"s": s}


def predicted_change(optimizer, change, loss_factor, feature_factor):
    """What the first step adds to w * x, after loss and feature are rescaled.

    optimizer is "sgd", "momentum", "adagrad" or "rmsprop"; eps is too small
    to matter. Before, the first step added `change` to w * x, the weight times
    its feature. Now the loss is multiplied by loss_factor and the feature by
    feature_factor (both above 0). Rate, data and start at w = 0 are the same.
    predicted_change("sgd", 0.5, 10.0, 1.0) is 5.0.
    """
    if optimizer in ("sgd", "momentum"):
        return change * loss_factor * feature_factor**2
    return change * feature_factor


def adagrad_reach(lr, n_steps):
    """How far AdaGrad moves a weight in n_steps steps whose gradients are equal.

    The gradient is a constant other than 0, and eps is too small to matter. There
    is at least one step, there may be thousands. adagrad_reach(0.1, 1) is 0.1.
    """
    return lr * sum(1 / np.sqrt(k) for k in range(1, n_steps + 1))


def _adagrad_walk(update, w, gradients, lr, eps):
    """The weights after each step of a walk."""
    return walk(update, w, gradients, [(rate, eps) for rate in rates(lr, gradients)])


def _rmsprop_walk(update, w, gradients, lr, alpha, eps):
    """The weights after each step of a walk."""
    return walk(update, w, gradients, [(rate, alpha, eps) for rate in rates(lr, gradients)])


def _adagrad(add=lambda g: g**2, divide=lambda s, eps: np.sqrt(s) + eps, sign=-1, start=lambda eps: 0.0,
             top=lambda g: g, keep=lambda s: s):
    """AdaGrad with another sum or another divisor."""
    def update(w, g, state, lr, eps):
        s = state.get("s", start(eps)) + add(g)
        return w + sign * lr * top(g) / divide(s, eps), {"s": keep(s)}
    return update


def _wrong_bracket(root):
    """eps added to the quotient: what `a / b + eps` means without brackets."""
    def update(w, g, state, lr, *hyper):
        s, eps = root(state.get("s", 0.0), g, *hyper), hyper[-1]
        return w - lr * (g / np.sqrt(s) + eps), {"s": s}
    return update


def _wrong_bracket_outside(root):
    def update(w, g, state, lr, *hyper):
        s, eps = root(state.get("s", 0.0), g, *hyper), hyper[-1]
        return w - lr * g / np.sqrt(s) + eps, {"s": s}
    return update


def _squares(s, g, eps):
    return s + g**2


def _mean_square(s, g, alpha, eps):
    return alpha * s + (1 - alpha) * g**2


def _old_sum(w, g, state, lr, eps):
    s = state.get("s", 0.0)
    return w - lr * g / (np.sqrt(s) + eps), {"s": s + g**2}


def _first_square_twice(w, g, state, lr, eps):
    s = state.get("s", g**2) + g**2
    return w - lr * g / (np.sqrt(s) + eps), {"s": s}


def _mean_of_squares(w, g, state, lr, eps):
    s, t = state.get("s", 0.0) + g**2, state.get("t", 0) + 1
    return w - lr * g / (np.sqrt(s / t) + eps), {"s": s, "t": t}


def _sum_of_gradients(w, g, state, lr, eps):
    m = state.get("m", 0.0) + g
    return w - lr * g / (np.abs(m) + eps), {"m": m}


def _absolute_sum(w, g, state, lr, eps):
    m = state.get("m", 0.0) + g
    return w - lr * g / (np.sqrt(np.abs(m)) + eps), {"m": m}


def _eps_in_the_sum(w, g, state, lr, eps):
    s = state.get("s", 0.0) + g**2 + eps
    return w - lr * g / np.sqrt(s), {"s": s}


def _first_square_alone(w, g, state, lr, eps):
    s = state.get("s", g**2)
    return w - lr * g / (np.sqrt(s) + eps), {"s": s}


def _largest_square(w, g, state, lr, eps):
    s = np.maximum(state.get("s", 0.0), g**2)
    return w - lr * g / (np.sqrt(s) + eps), {"s": s}


def _divided_again(w, g, state, lr, eps):
    """The rate of a step is that of the step before, divided once more."""
    s = state.get("s", 0.0) + g**2
    rate = state.get("rate", lr) / (np.sqrt(s) + eps)
    return w - rate * g, {"s": s, "rate": rate}


def _counting(w, g, state, lr, eps):
    t = state.get("t", 0) + 1
    return w - lr * g / (t**0.5 + eps), {"t": t}


def _sum_of_steps(w, g, state, lr, eps):
    s = state.get("s", 0.0) + (lr * g) ** 2
    return w - lr * g / (np.sqrt(s) + eps), {"s": s}


def _rmsprop(average=lambda s, g, alpha: alpha * s + (1 - alpha) * g**2, divide=lambda s, eps: np.sqrt(s) + eps,
             sign=-1, start=lambda eps: 0.0, top=lambda g: g, keep=lambda s: s):
    """RMSProp with another average or another divisor."""
    def update(w, g, state, lr, alpha, eps):
        s = average(state.get("s", start(eps)), g, alpha)
        return w + sign * lr * top(g) / divide(s, eps), {"s": keep(s)}
    return update


def _old_average(w, g, state, lr, alpha, eps):
    s = state.get("s", 0.0)
    return w - lr * g / (np.sqrt(s) + eps), {"s": alpha * s + (1 - alpha) * g**2}


def _average_of_gradients(w, g, state, lr, alpha, eps):
    m = alpha * state.get("m", 0.0) + (1 - alpha) * g
    return w - lr * g / (np.abs(m) + eps), {"m": m}


def _first_square(w, g, state, lr, alpha, eps):
    s = alpha * state.get("s", g**2) + (1 - alpha) * g**2
    return w - lr * g / (np.sqrt(s) + eps), {"s": s}


def _corrected(w, g, state, lr, alpha, eps):
    s, t = alpha * state.get("s", 0.0) + (1 - alpha) * g**2, state.get("t", 0) + 1
    return w - lr * g / (np.sqrt(s / (1 - alpha**t)) + eps), {"s": s, "t": t}


def _step_alone(update, sign):
    """The step in the place of the new weights, or what is to be taken off them."""
    def wrong(w, g, state, *hyper):
        new, after = update(w, g, state, *hyper)
        return -sign * (new - w), after
    return wrong


def _of_any_root(make):
    """Mistakes with eps and with what is given back, for `make`, AdaGrad or RMSProp with another divisor or sign."""
    return (
        (make(divide=lambda s, eps: 1 / (np.sqrt(s) + eps)), _MULTIPLIED),
        (make(divide=lambda s, eps: np.maximum(np.sqrt(s), eps)),
         "eps is the least that the step divides by. It should be *added* to the root of s, at every step."),
        (make(divide=lambda s, eps: np.sqrt(np.maximum(s, eps))),
         "eps is the least that the root is taken of. It should be added after the root, at every step."),
        (_step_alone(make(), -1), "That is the step itself. The new weights are asked for: add it to w."),
        (_step_alone(make(), 1),
         "That is what has to be taken off the weights. The new weights are asked for: w minus that."),
        (make(divide=lambda s, eps: np.sqrt(s + eps**2)),
         "eps is squared and stands inside the root, √(s + ε²). It should be added after the root, as it is."),
        (make(divide=lambda s, eps: np.sqrt(s + eps), sign=1),
         "Two things: the step goes uphill, and eps stands inside the root."),
    )


def _change(plain, adaptive):
    """A prediction by two rules, for sgd and momentum and for adagrad and rmsprop."""
    def predicted(optimizer, change, loss_factor, feature_factor):
        rule = plain if optimizer in ("sgd", "momentum") else adaptive
        return change * rule(loss_factor, feature_factor)
    return predicted


def _momentum_taken_for_adaptive(optimizer, change, loss_factor, feature_factor):
    return predicted_change("sgd" if optimizer == "sgd" else "adagrad", change, loss_factor, feature_factor)


def _rmsprop_taken_for_plain(optimizer, change, loss_factor, feature_factor):
    return predicted_change("sgd" if optimizer == "rmsprop" else optimizer, change, loss_factor, feature_factor)


_FLOATS = (0.5, -0.2, 0.0, 0.9, 0.05)
_VECTORS = tuple(np.array(g) for g in ([0.5, -20.0, 0.003], [-0.1, 4.0, 0.0], [2.0, -7.0, -0.02], [0.3, 0.1, 0.5]))
_MATRICES = tuple(np.array(g) for g in ([[1.5, -0.2], [0.4, 3.0]], [[-0.6, 0.1], [-2.0, 0.7]], [[0.2, 5.0], [0.3, -1]]))
_W = np.array([1.0, -3.0, 0.2])
_QUIET_START = (np.array([0.0, 1.0]), np.array([0.0, -0.5]), np.array([2.0, 0.0]))

_NOT_THE_ROOT = ("The step is divided by the sum itself. Its root has the unit of a gradient; the sum has that unit "
                 "squared.")
_INSIDE = ("eps stands inside the root, √(s + ε). It should be added after the root, √s + ε, as in torch; where s is "
           "small the two may differ a lot.")
_DROPPED = ("eps should be added to the root: it keeps a weight that has seen only zeros from dividing 0 by 0, and one "
            "that has seen little from going too far.")
_HARDLY = ("The argument eps hardly comes into your step. Add it, whole, to the root of s: it is not always tiny.")
_BRACKET = ("The brackets: `a / b + eps` divides first and adds then. eps belongs to the root, below the line: "
            "`a / (b + eps)`.")
_BRACKET_OUTSIDE = ("The brackets: in `w - lr * g / b + eps` the eps is added to the weights. It belongs to the root, "
                    "below the line.")
_NO_GRADIENT = "The gradient is missing above the line: only its size comes in, and every step goes the same way."
_FROM_EPS = "The sum of squares begins with eps. It should begin with 0; eps is added after the root."
_TOO_SQUARED = "The gradient in the numerator is squared as well, which loses its sign. Only {} should take squares."
_ROOT_KEPT = "The state keeps the root of s, and the next square comes to that. Keep s itself."
_SIGN_ONLY = ("Only the sign of the gradient stands above the line. The gradient itself should stand there, with its "
              "size.")
_MULTIPLIED = "The step is multiplied by the root. Divide by it: a weight that has seen much steps less."
_NO_RATE = "The rate is missing: it should multiply the whole step."
_PLAIN = ("That is plain descent, w − lr · g: the step does not divide by the root yet.")


def _some_sums(rng):
    """Up to 8 steps of AdaGrad; eps is tiny beside the gradients, or large."""
    gradients, hyper = slopes(rng, 8), (scale(rng, 1e-4, 5), scale(rng, 1e-8, 100))
    path = _adagrad_walk(adagrad_update, 0 * gradients[0], gradients, *hyper)
    return away_from_zero(rng, path), gradients, *hyper


def _some_averages(rng):
    """Up to 8 steps of RMSProp; eps is tiny beside the gradients, or large."""
    gradients, hyper = slopes(rng, 8), (scale(rng, 1e-4, 5), below_one(rng), scale(rng, 1e-8, 100))
    path = _rmsprop_walk(rmsprop_update, 0 * gradients[0], gradients, *hyper)
    return away_from_zero(rng, path), gradients, *hyper


def _some_rescaling(rng):
    """Any of the four, a change of either sign, perhaps 0, and factors far below 1 and far above, perhaps equal."""
    name, change = ("sgd", "momentum", "adagrad", "rmsprop")[rng.integers(4)], scale(rng, 1e-4, 100)
    loss, feature = scale(rng, 1e-5, 1e5), scale(rng, 1e-5, 1e5)
    return name, change * float(rng.choice([-1, 0, 1], p=[0.45, 0.1, 0.45])), loss, (feature, loss)[rng.random() < 0.1]


def _some_reach(rng):
    """Up to 800 steps at any rate."""
    return scale(rng, 1e-6, 1e3), whole(rng, 1, 800)


def _steps_of_yours(got, lr, n_steps):
    """Of how many steps an answer is the way."""
    way = lr * np.cumsum(1 / np.sqrt(np.arange(1, 2 * n_steps + 2)))
    (same,) = np.nonzero(np.isclose(got, way, 1e-6, 0))
    return f"Yours is the way of the first {same[0] + 1} steps." if same.size and same[0] else ""


EXERCISES = [
    Exercise(
        id="adagrad-update",
        title="one step of AdaGrad",
        reference=adagrad_update,
        why="Squares are added up weight by weight, and the step divides by the root of its own weight's sum, the "
            "present gradient included.",
        hints=(
            "Two lines: first bring the sum of squares up to date, then step. Which of the two needs the other's "
            "result?",
            'The state is empty at the first step: `state.get("s", 0.0)` gives the old sum, or 0.',
            "Add g² to the old sum, weight by weight. Divide lr · g by the root of the new sum plus eps.",
            'Give back a pair: the new weights, and a dict such as `{"s": s}`.',
        ),
        probes=(
            (1.0, (0.5, 1.0), 0.1, 0.25), (0.7, (1e-3, -2e-3, 5e-4), 1.3, 1e-3), (1.0, _FLOATS, 0.1, 1e-8),
            (-2.0, (3.0, 3.0, 3.0, 3.0), 0.25, 0.1),
            (np.array([1.0, -3.0, 0.2]), _VECTORS, 0.05, 1e-6), (np.array([0.0, 0.5, -1.0]), _VECTORS, 0.7, 0.03),
            (np.array([5.0, -5.0]), _QUIET_START, 0.2, 0.01),
            (np.array([[0.1, 2.0], [-3.0, 4.0]]), _MATRICES, 0.3, 1e-7), (4.0, SLOPES[4:], RATES[1:5], 0.5),
        ),
        corners={"floats": [0, 1, 2, 3], "arrays of one shape": [4, 5, 7], "need not be tiny": [0, 3],
                 "lr may change from step to step": [8]},
        mistakes=(
            (_adagrad(divide=lambda s, eps: s + eps), _NOT_THE_ROOT),
            (_adagrad(divide=lambda s, eps: np.sqrt(s + eps)), _INSIDE),
            (_adagrad(divide=lambda s, eps: np.sqrt(s)), _DROPPED),
            (_adagrad(divide=lambda s, eps: np.sqrt(s) + 1e-10), _HARDLY),
            (_wrong_bracket(_squares), _BRACKET),
            (_wrong_bracket_outside(_squares), _BRACKET_OUTSIDE),
            (_adagrad(divide=lambda s, eps: np.sqrt(s) + np.sqrt(eps)),
             "The root is taken of eps as well. It should be added to the root of s as it is."),
            (_sum_of_gradients, "You add up gradients, and those of opposite sign cancel. AdaGrad adds up their "
                                "squares."),
            (_adagrad(add=np.abs, divide=lambda s, eps: s + eps),
             "You add up absolute values. AdaGrad adds up squares and takes the root of the sum; that grows more "
             "slowly."),
            (lambda w, g, state, lr, eps: (w - lr * g / (np.sqrt(g**2) + eps), state),
             "Every step divides by the present gradient alone, as a first one does. Either the new sum is not given "
             "back in the state, or the one that came in is not used."),
            (_adagrad(add=lambda g: np.sum(np.square(g))),
             "One sum is shared by all weights. Each weight should keep its own: add g² element by element."),
            (_adagrad(add=lambda g: np.mean(np.square(g))),
             "You add the mean square of all weights to one sum. Each weight should keep its own: no mean over the "
             "weights."),
            (_old_sum, "You divide by the sum as it was before this step. The present g² belongs in it, too; without "
                       "it, the first step divides by eps alone."),
            (_mean_of_squares,
             "You divide by the root of the mean square. AdaGrad takes the sum, which never shrinks."),
            (_adagrad(sign=1), "That walks uphill. Look at the sign."),
            (_sum_of_steps,
             "The squares that you add up are those of lr · g. Add up g²: the rate belongs above the line alone."),
            (_adagrad(top=lambda g: g**2), _TOO_SQUARED.format("the sum")),
            (_adagrad(divide=lambda s, eps: 1.0), _PLAIN),
            (_adagrad(top=lambda g: 1.0), _NO_GRADIENT),
            (_adagrad(top=np.sign), _SIGN_ONLY),
            (_adagrad(add=lambda g: g), "The gradients are added up as they are. Their squares are asked for."),
            (_adagrad(add=np.abs), "You add up absolute values and take the root. The squares are asked for."),
            (_adagrad(add=lambda g: g**2, start=lambda eps: 1.0),
             "The sum of squares begins with 1. It should begin with 0."),
            (_first_square_twice,
             "The first square is counted twice: before the first step the sum should be 0, not g²."),
            (lambda w, g, state, lr, eps: adagrad_update(w, g, state, 1.0, eps), _NO_RATE),
            (_adagrad(start=lambda eps: eps), _FROM_EPS),
            (_adagrad(keep=np.sqrt), _ROOT_KEPT),
            *of_any_step(adagrad_update),
            (_adagrad(add=lambda g: g**2, divide=lambda s, eps: np.sqrt(s) - eps),
             "eps is taken off the root of s. It should be added."),
            (lambda w, g, state, lr, eps: adagrad_update(w, g, state, lr**2, eps), "The rate comes in twice."),
            *_of_any_root(_adagrad),
            (_absolute_sum,
             "You add up the gradients as they are, so that opposite signs cancel. AdaGrad adds up their squares."),
            (lambda w, g, state, lr, eps: _rmsprop()(w, g, state, lr, 0.9, eps),
             "The sum forgets: a share of it is lost in every step, as in RMSProp. AdaGrad keeps all of it."),
            (_counting,
             "The step divides by the root of the number of steps. The squares of the gradients should be added up."),
            (_eps_in_the_sum,
             "eps goes into the sum, anew in every step, and stands inside the root. It should be added to the root of "
             "s."),
            (_first_square_alone, "The sum stays at the first square. Those of later steps are to be added."),
            (_largest_square, "The largest square so far is kept. The squares should be added up."),
            (_divided_again,
             "The divided rate is kept, and the next step divides it once more. Divide `lr` itself, anew in each "
             "step."),
        ),
        further=((1e4 * _W, tuple(1e3 * g for g in _VECTORS), 30.0, 0.1),
                 (_W, tuple(1e-3 * g for g in _VECTORS), 0.1, 1e-4),
                 (1e9 * _W, tuple(1e7 * g for g in _VECTORS), 1e8, 100.0),
                 (_W, tuple(1e-7 * g for g in _VECTORS), 0.1, 1e-10), (-1.0, SLOPES * 40, 0.2, 0.01),
                 (4.0, SLOPES, RATES, 0.5), (1, (1.5, 1, -2.5), 0.1, 0.5)),
        draw=_some_sums,
        drive=_adagrad_walk,
    ),
    Exercise(
        id="rmsprop-update",
        title="one step of RMSProp",
        reference=rmsprop_update,
        why="One line differs from AdaGrad: the sum has become an average that forgets, and so the rate does not run "
            "out.",
        hints=(
            "Begin with your AdaGrad. Only the line that brings s up to date changes.",
            "The new average keeps the share alpha of the old one. Which share is left for g²?",
            "s becomes alpha · s + (1 − alpha) · g², with 0 for the old s at the first step. The step is that of "
            "AdaGrad.",
        ),
        probes=(
            (1.0, (2.0, 1.0), 0.1, 0.75, 0.5), (0.7, (1e-3, -2e-3, 5e-4), 1.3, 0.6, 1e-3),
            (1.0, _FLOATS, 0.1, 0.9, 1e-8), (-2.0, (3.0, 3.0, 3.0, 3.0), 0.25, 0.99, 0.1),
            (np.array([1.0, -3.0, 0.2]), _VECTORS, 0.05, 0.83, 1e-6),
            (np.array([0.0, 0.5, -1.0]), _VECTORS, 0.7, 0.3, 0.03),
            (np.array([5.0, -5.0]), _QUIET_START, 0.2, 0.7, 0.01),
            (np.array([[0.1, 2.0], [-3.0, 4.0]]), _MATRICES, 0.3, 0.95, 1e-7),
            (4.0, SLOPES[4:], RATES[1:5], 0.75, 0.5),
        ),
        corners={"floats": [0, 1, 2, 3], "arrays of one shape": [4, 5, 7], "need not be tiny": [0, 3],
                 "lr may change from step to step": [8]},
        mistakes=(
            (_rmsprop(lambda s, g, alpha: (1 - alpha) * s + alpha * g**2),
             "alpha and 1 − alpha have changed places: alpha is the share of the *old* average that is kept."),
            (_rmsprop(lambda s, g, alpha: alpha * s + g**2),
             "The new square comes in whole. With the share 1 − alpha, s is an average; without, it is 1/(1 − alpha) "
             "times as large."),
            (_rmsprop(lambda s, g, alpha: s + g**2),
             "That is AdaGrad: nothing is forgotten. Keep only the share alpha of the old s."),
            (_rmsprop(lambda s, g, alpha: s + (1 - alpha) * g**2),
             "The new square is weighted well, but the old s is kept whole: nothing is forgotten. Keep only the share "
             "alpha of it."),
            (_rmsprop(divide=lambda s, eps: s + eps), _NOT_THE_ROOT.replace("sum", "average")),
            (_rmsprop(divide=lambda s, eps: np.sqrt(s + eps)), _INSIDE),
            (_rmsprop(divide=lambda s, eps: np.sqrt(s)), _DROPPED),
            (_rmsprop(divide=lambda s, eps: np.sqrt(s) + 1e-8), _HARDLY),
            (_wrong_bracket(_mean_square), _BRACKET),
            (_wrong_bracket_outside(_mean_square), _BRACKET_OUTSIDE),
            (_rmsprop(divide=lambda s, eps: np.sqrt(s) + np.sqrt(eps)),
             "The root is taken of eps as well. It should be added to the root of s as it is."),
            (_rmsprop(lambda s, g, alpha: alpha * s + (1 - alpha) * g),
             "The average takes g. It should take the square, g²."),
            (_rmsprop(lambda s, g, alpha: alpha * s + (1 - alpha) * np.abs(g), divide=lambda s, eps: s + eps),
             "You average absolute values. RMSProp averages squares and takes the root of that."),
            (_rmsprop(lambda s, g, alpha: 0.99 * s + 0.01 * g**2),
             "alpha is 0.99 here, whatever is passed. Use the alpha that is passed."),
            (_rmsprop(lambda s, g, alpha: alpha * (s + g**2)),
             "The new square comes in with the share alpha. It should come in with what alpha leaves, 1 − alpha."),
            (_average_of_gradients, "You average the gradients and then take the size, so that opposite signs "
                                    "cancel. RMSProp "
                                    "averages the squares."),
            (_rmsprop(lambda s, g, alpha: alpha * s + ((1 - alpha) * g) ** 2),
             "1 − alpha is squared along with g. It should multiply g² from outside."),
            (lambda w, g, state, lr, alpha, eps: (w - lr * g / (np.sqrt((1 - alpha) * g**2) + eps), state),
             "Every step divides by the present gradient alone, as a first one does. Either the new average is not "
             "given back in the state, or the one that came in is not used."),
            (_rmsprop(lambda s, g, alpha: alpha * s + (1 - alpha) * np.sum(np.square(g))),
             "One average is shared by all weights, of the sum of their squares. Each weight should keep its own."),
            (_rmsprop(lambda s, g, alpha: alpha * s + (1 - alpha) * np.mean(np.square(g))),
             "One average is shared by all weights, of their mean square. Each weight should keep its own."),
            (_old_average, "You divide by the average as it was before this step. Bring it up to date first."),
            (_first_square,
             "Your average starts at the first g². It should start at 0, as in torch; the first steps are then mostly "
             "longer."),
            (_corrected, "The average is corrected for its start at 0. That is a good idea, and Adam's; RMSProp goes "
                         "without."),
            (_rmsprop(sign=1), "That walks uphill. Look at the sign."),
            (_rmsprop(top=lambda g: g**2), _TOO_SQUARED.format("the average")),
            (_rmsprop(divide=lambda s, eps: 1.0), _PLAIN),
            (_rmsprop(top=lambda g: 1.0), _NO_GRADIENT),
            (_rmsprop(top=np.sign), _SIGN_ONLY),
            (_rmsprop(lambda s, g, alpha: alpha * s + (1 - alpha) * np.abs(g)),
             "You average absolute values and take the root. The squares are asked for."),
            (_rmsprop(start=lambda eps: 1.0), "The average begins with 1. It should begin with 0."),
            (lambda w, g, state, lr, alpha, eps: rmsprop_update(w, g, state, 1.0, alpha, eps), _NO_RATE),
            (_rmsprop(keep=np.sqrt), _ROOT_KEPT),
            *of_any_step(rmsprop_update),
            (skipping_zeros(rmsprop_update),
             "A step whose gradient is 0 is left out. The weights stay, but the average should go on and keep the "
             "share alpha."),
            (_rmsprop(lambda s, g, alpha: (1 - alpha) * s + alpha * g**2, divide=lambda s, eps: np.sqrt(s + eps)),
             "Two things: alpha and 1 − alpha have changed places, and eps stands inside the root."),
            *_of_any_root(_rmsprop),
            (_rmsprop(average=lambda s, g, alpha: 0.9 * s + 0.1 * g**2),
             "alpha is 0.9 here, whatever is passed. Use the alpha that is passed."),
            (lambda w, g, state, lr, alpha, eps: (w - lr * g / (np.abs(g) + eps), {}),
             "The step divides by the present gradient, whole: nothing is averaged."),
            (lambda w, g, state, lr, alpha, eps: (w - lr * np.sign(g), {}),
             "Only the sign of the gradient comes in. The gradient itself should be divided by the root of the "
             "average."),
            (lambda w, g, state, lr, alpha, eps: (lambda s: (w - lr * g / (np.sqrt(s) + eps), {"s": s}))(
                alpha * state.get("s", 0.0) + (1 - alpha) * w**2),
             "The average takes the squares of the weights. It should take those of the gradient, g²."),
            (_rmsprop(lambda s, g, alpha: alpha**2 * s + (1 - alpha) * g**2),
             "The old average is multiplied by alpha twice. It should keep the share alpha."),
            (lambda w, g, state, lr, alpha, eps: rmsprop_update(w, g, state, (1 - alpha) * lr, alpha, eps),
             "1 − alpha multiplies the step as well. It belongs to the new square alone."),
        ),
        further=((1e4 * _W, tuple(1e3 * g for g in _VECTORS), 30.0, 0.9, 0.1),
                 (_W, tuple(1e-3 * g for g in _VECTORS), 0.1, 0.95, 1e-4), (_W, _VECTORS, 0.1, 0.0, 0.5),
                 (1e9 * _W, tuple(1e7 * g for g in _VECTORS), 1e8, 0.9, 100.0),
                 (_W, tuple(1e-7 * g for g in _VECTORS), 0.1, 0.9, 1e-10), (-1.0, SLOPES * 40, 0.02, 0.9998, 0.01),
                 (4.0, SLOPES, RATES, 0.75, 0.5),
                 (1, (1.5, 1, -2.5), 0.1, 0.75, 1)),
        draw=_some_averages,
        drive=_rmsprop_walk,
    ),
    Exercise(
        id="predicted-change",
        title="a step under another loss and another unit",
        reference=predicted_change,
        why="The gradient of a weight takes up the factor of the loss and the factor of its feature; w · x takes up "
            "that of "
            "the feature once more. Dividing by the root of past squares cancels what the gradient took up, and only "
            "that.",
        hints=(
            "First the gradient: by the chain rule it is (slope of the loss by w · x) · x. Which of the two factors "
            "change it?",
            "Then the step. For sgd it follows the gradient. For adagrad, what remains of a factor that g and √s "
            "share?",
            "Last, w · x: the step of w is multiplied by the feature, which has the factor feature_factor of its own.",
            "So sgd and momentum take loss_factor once and feature_factor twice. The other two cancel what the "
            "gradient took "
            "up: loss_factor once and feature_factor once.",
        ),
        probes=tuple((name, *numbers)
                     for numbers in ((0.5, 10.0, 1.0), (-0.2, 1.0, 3.0), (1.5, 0.3, 7.0), (-0.04, 2.5, 0.1))
                     for name in ("sgd", "momentum", "adagrad", "rmsprop")),
        further=tuple((name, *numbers) for numbers in ((2, 3, 4), (0.5, 2.0, 0.5), (-1e9, 1e-9, 1e6), (1e-9, 1e9, 1e-3))
                      for name in ("sgd", "momentum", "adagrad", "rmsprop")),
        draw=_some_rescaling,
        mistakes=(
            (_change(lambda c, f: c * f, lambda c, f: 1),
             "Your factors are those of the weight's step. Asked for is what that adds to w · x, and the new x has "
             "feature_factor, too."),
            (_change(lambda c, f: c * f**2, lambda c, f: 1),
             "sgd and momentum are right. adagrad and rmsprop cancel what the *gradient* took up; w · x takes up "
             "feature_factor once more, and nothing cancels that. (A common belief: they do not notice units.)"),
            (_change(lambda c, f: c * f, lambda c, f: f),
             "adagrad and rmsprop are right. For sgd and momentum the feature should count twice: in the gradient and "
             "in w · x."),
            (_change(lambda c, f: c * f**2, lambda c, f: c * f),
             "The feature is right. But adagrad and rmsprop divide by the root of squares of the same gradients, so "
             "that loss_factor should cancel."),
            (_change(lambda c, f: c * f**2, lambda c, f: f**2),
             "For adagrad and rmsprop the feature should count once: the factor that it gives the gradient cancels."),
            (_change(lambda c, f: c * f**2, lambda c, f: c * f**2),
             "That treats all four alike. What does dividing by the root of the squares cancel? (If there is an `or` "
             'in an `if`: `x == "a" or "b"` is always true.)'),
            (_change(lambda c, f: f, lambda c, f: f),
             "That treats all four alike, as if each divided the gradient's size away. sgd and momentum do not: they "
             "keep the factors that loss and feature give the gradient."),
            (_change(lambda c, f: c * f, lambda c, f: c * f),
             "That treats all four alike, with each factor once. For sgd and momentum the feature should count twice; "
             "for adagrad and rmsprop what the gradient took up cancels."),
            (_change(lambda c, f: c * f**2, lambda c, f: 1 / c),
             "sgd and momentum are right. For adagrad and rmsprop the factors of the gradient are divided away twice: "
             "they should cancel once, which leaves the feature of w · x."),
            (_change(lambda c, f: c * f**3, lambda c, f: f),
             "adagrad and rmsprop are right. For sgd and momentum the feature should count twice, not three times."),
            (lambda optimizer, change, loss_factor, feature_factor: predicted_change(
                optimizer, change, loss_factor, 1.0 if optimizer == "rmsprop" else feature_factor),
             "All but rmsprop are right. It divides by the root of an average of squares, as adagrad does by that of a "
             "sum: the feature of w · x should be left there, too."),
            (_change(lambda c, f: f**2, lambda c, f: f),
             "The feature is right everywhere. For sgd and momentum loss_factor should count as well."),
            (_change(lambda c, f: c, lambda c, f: 1),
             "The loss is right everywhere. The feature should come in as well, in the gradient and in w · x."),
            (_change(lambda c, f: c, lambda c, f: f),
             "adagrad and rmsprop are right. For sgd and momentum the feature should come in too, and twice: in the "
             "gradient and in w · x."),
            (_change(lambda c, f: c * f**2, lambda c, f: c),
             "sgd and momentum are right. For adagrad and rmsprop the wrong factor cancels here: √s takes up what the "
             "gradient does, and the feature of w · x should be left."),
            (_change(lambda c, f: c * f**2, lambda c, f: 1 / f),
             "sgd and momentum are right. For adagrad and rmsprop a feature with larger numbers should make a larger "
             "change, not a smaller one."),
            (_change(lambda c, f: 1 / (c * f**2), lambda c, f: 1 / f),
             "Upside down: `change` is divided here by what should multiply it."),
            (_change(lambda c, f: c**2 * f**2, lambda c, f: f),
             "adagrad and rmsprop are right. For sgd and momentum loss_factor should come in once, through the "
             "gradient."),
            (lambda optimizer, change, loss_factor, feature_factor: predicted_change(
                optimizer, 1.0, loss_factor, feature_factor),
             "That is what `change` is to be multiplied by. The product is asked for."),
            (_change(lambda c, f: 1, lambda c, f: 1), "Nothing changes, you say. For sgd, a larger loss alone "
                                                      "changes the step."),
            (_change(lambda c, f: c / f**2, lambda c, f: 1 / f),
             "The powers of feature_factor have the wrong sign: a feature with larger numbers should make larger "
             "changes, not smaller ones."),
            (_change(lambda c, f: c * f**2, lambda c, f: c**0.5 * f),
             "No root of loss_factor should be left over: √s is the root of *squares*, and has the factor whole."),
            (_momentum_taken_for_adaptive, "momentum divides by nothing. Its first step is that of sgd."),
            (_rmsprop_taken_for_plain, "rmsprop divides by the root of an average of squares, as adagrad does by "
                                       "that of a sum."),
            (_change(lambda c, f: f, lambda c, f: c * f**2),
             "The two groups have changed places: it is adagrad and rmsprop that divide the gradient's size away."),
            (_change(lambda c, f: c / f**2, lambda c, f: f),
             "adagrad and rmsprop are right. For sgd and momentum, too, a feature with larger numbers should make a "
             "larger change."),
            (_change(lambda c, f: c**0.5 * f**2, lambda c, f: f),
             "adagrad and rmsprop are right. For sgd and momentum loss_factor should come in whole: no root of it."),
            (_change(lambda c, f: c * f**2, lambda c, f: f**0.5),
             "sgd and momentum are right. For adagrad and rmsprop feature_factor should come in whole: no root of it."),
            (_change(lambda c, f: c * f**3, lambda c, f: f**2),
             "feature_factor comes in once too often, for all four: it should come in once in w · x, and for sgd and "
             "momentum once more in the gradient."),
            (_change(lambda c, f: c * 2 * f, lambda c, f: f),
             "adagrad and rmsprop are right. For sgd and momentum the feature should count twice, which is its square, "
             "not 2 times it."),
            (_change(lambda c, f: c + f**2, lambda c, f: f),
             "adagrad and rmsprop are right. For sgd and momentum the factors should multiply; here they are added."),
            (_change(lambda c, f: f * c**2, lambda c, f: c),
             "The two factors have changed places: it is the feature that should count twice, and be left for adagrad "
             "and rmsprop."),
            (_change(lambda c, f: f**2 / c, lambda c, f: f),
             "adagrad and rmsprop are right. A larger loss should make the step of sgd and momentum longer, not "
             "shorter."),
        ),
    ),
    Exercise(
        id="adagrad-reach",
        title="how far AdaGrad can go",
        reference=adagrad_reach,
        why="The k-th step is lr/√k, whatever the gradient. Their sum grows like 2 · lr · √n: four times the steps, "
            "twice the "
            "way.",
        hints=(
            "What is s after k steps with the gradient g? And then the length of the k-th step, lr · |g| / √s?",
            "The k-th step has the length lr/√k: g cancels. The first is lr, the second 0.71 lr, the third 0.58 lr.",
            "Add up lr/√k for k from 1 to n_steps, the last one included.",
        ),
        probes=((0.1, 1), (0.1, 2), (1.0, 4), (0.01, 10), (0.003, 100), (2.5, 37), (0.02, 400), (0.7, 3), (0.6, 1),
                (0.01, 800)),
        further=((1e9, 7), (1e-9, 30), (2, 51), (0.01, 5000), (0.1, 1234), (0.1, 2345), (0.1, 11_000)),
        draw=_some_reach,
        corners={"at least one step": [0, 8]},
        of_yours=_steps_of_yours,
        on_the_way=lambda lr, n_steps: "The first steps are " + ", ".join(
            f"`{lr / k**0.5:.4g}`" for k in range(1, min(n_steps, 3) + 1)) + " long." if n_steps > 1 else "",
        mistakes=(
            (lambda lr, n_steps: lr * n_steps, "That would be the way if every step had the length lr. Only the "
                                               "first one has."),
            (lambda lr, n_steps: lr / np.sqrt(n_steps), "That is the length of the last step alone. Add up all of "
                                                        "them."),
            (lambda lr, n_steps: lr * np.sqrt(n_steps),
             "That is every step taken with the length of the last one. The early steps are longer."),
            (lambda lr, n_steps: lr * sum(1 / k for k in range(1, n_steps + 1)),
             "The root is missing: after k steps s is k · g², and the step divides by its root."),
            (lambda lr, n_steps: lr * sum(1 / np.sqrt(k) for k in range(1, n_steps)),
             "The last step is missing: does a loop or a `range` end too soon?"),
            (lambda lr, n_steps: lr * sum(1 / np.sqrt(k + 1) for k in range(1, n_steps + 1)),
             "The sum begins one step too late. At the first step s is g², so that its length is lr."),
            (lambda lr, n_steps: 2 * lr * np.sqrt(n_steps),
             "A good rule of thumb for many steps, but too much. Add up the steps one by one."),
            (lambda lr, n_steps: 2 * lr * (np.sqrt(n_steps + 1) - 1),
             "That is the integral of lr/√k. The steps are to be added up one by one."),
            (lambda lr, n_steps: adagrad_reach(1.0, n_steps), "The rate is missing: every step should be lr/√k long."),
            (lambda lr, n_steps: -adagrad_reach(lr, n_steps),
             "The number is right, the sign is not: how far is a distance."),
            (lambda lr, n_steps: adagrad_reach(lr, n_steps + 1),
             "One step too many: the last one should be that with k = n_steps."),
            (lambda lr, n_steps: adagrad_reach(lr, n_steps) - lr,
             "The first step is missing: at k = 1 it has the length lr."),
            (lambda lr, n_steps: adagrad_reach(lr, n_steps) + lr, "The first step is counted twice."),
            (lambda lr, n_steps: lr * (2 * np.sqrt(n_steps) - 1),
             "That is the first step, and the integral of lr/√k for the others: too much from the second step on. Add "
             "them up one by one."),
            (lambda lr, n_steps: lr * (1 + np.log(n_steps)),
             "That is about the sum of lr/k. The steps are lr/√k long, and are to be added up one by one."),
            (lambda lr, n_steps: lr + (adagrad_reach(lr, n_steps - 1) if n_steps > 1 else 0.0),
             "The first two steps are both of the length lr here. The second should already divide by √2: bring s up "
             "to date before the step."),
            (lambda lr, n_steps: lr,
             "That is the length of the first step alone. The later ones are missing, or count as 0 here: each should "
             "add lr/√k."),
            (lambda lr, n_steps: adagrad_reach(lr, n_steps) / n_steps,
             "That is the mean length of the steps. Asked for is their sum."),
            (lambda lr, n_steps: lr * np.sqrt(sum(1 / k for k in range(1, n_steps + 1))),
             "The root is taken of the sum of 1/k. Each step should have its own root: add up lr/√k."),
            (lambda lr, n_steps: lr / np.sqrt(sum(range(1, n_steps + 1))),
             "The numbers of the steps are added up below one root. Each step should have its own: add up lr/√k."),
            (lambda lr, n_steps: lr * sum(1 / np.sqrt(np.arange(1, k + 1).sum()) for k in range(1, n_steps + 1)),
             "The k-th step divides by the root of 1 + 2 + … + k here. It should divide by √k, since it sees k squares "
             "of equal size."),
            (lambda lr, n_steps: lr * sum(k ** (-1 / 3) for k in range(1, n_steps + 1)),
             "That is the cube root. The step should divide by the square root of s."),
            (lambda lr, n_steps: lr * np.prod(1 / np.sqrt(np.arange(1.0, n_steps + 1))),
             "That is lr, divided by each √k in turn. Add up the steps, lr/√k."),
            (lambda lr, n_steps: lr * sum(1 / k**2 for k in range(1, n_steps + 1)),
             "The square is on the wrong side: after k steps s is k · g², and the step divides by its root, √k."),
            (lambda lr, n_steps: lr * sum(np.sqrt(k) for k in range(1, n_steps + 1)),
             "The steps get longer here. They should be divided by √k."),
            (lambda lr, n_steps: np.inf,
             "The way comes out infinite: does the sum begin at k = 0? The first step has k = 1."),
            (lambda lr, n_steps: [lr / np.sqrt(k) for k in range(1, n_steps + 1)],
             "Those are the steps. Add them up."),
            (lambda lr, n_steps: np.cumsum(lr / np.sqrt(np.arange(1, n_steps + 1))),
             "Those are the ways after each of the steps. Asked for is the last of them alone."),
            (lambda lr, n_steps: 1 - adagrad_reach(lr, n_steps),
             "That is where a weight ends that began at 1 and fell. Asked for is how far it has moved."),
            (lambda lr, n_steps: 2 * lr * (np.sqrt(n_steps) - 1),
             "That is the integral of lr/√k from 1 to n: too little. Add the steps up one by one, the first included."),
            (lambda lr, n_steps: lr * sum(1 / np.sqrt(k) for k in range(1, n_steps + 1, 2)),
             "Every second step is left out."),
            (lambda lr, n_steps: lr * sum(1 / np.floor(np.sqrt(k)) for k in range(1, n_steps + 1)),
             "The root of k is cut to a whole number here. The steps should be lr/√k long, with the root as it is."),
            (lambda lr, n_steps: lr * np.cumprod(1 / np.sqrt(np.arange(1, n_steps + 1))).sum(),
             "Each step is that before it, divided by √k: the divisors pile up. The k-th step should be `lr` itself, "
             "divided by √k."),
        ),
    ),
]

QUIZZES = [
    Quiz("adaptive-loss-factor", "A colleague's loss is the sum over the 32 examples of a batch, yours is their "
                                 "mean. You "
         "take over the learning rate. For which optimizers is that a mistake?", (
        Option("For all: a loss 32 times as large needs a rate 32 times as small.",
               "So it is for SGD. AdaGrad and RMSProp divide by the size of the gradients they have seen, and 32 "
               "cancels."),
        Option("For SGD and momentum, whose steps would be 32 times too small; AdaGrad and RMSProp would not notice.",
               "The factor is in g and in √s alike, as long as eps stays small beside √s.", right=True),
        Option("For AdaGrad and RMSProp, since squares make it 32² = 1,024.",
               "The square is undone by the root before the step divides by it."),
        Option("For none: the gradient points the same way.",
               "The direction is the same, the length is not, and SGD's step is as long as rate times gradient."),
    )),
    Quiz("adaptive-units", "A feature is given in millimetres instead of metres; all else stays, and every weight "
                           "starts at 0. "
         "What does AdaGrad do?", (
        Option("The same as before: an optimizer with a rate for each weight does not notice units.",
               "The gradient's factor of 1,000 cancels, so that the weight's first step is as long as before. But then "
               "w · x moves 1,000 times as far.",
               origin="A common belief: adaptive methods make scaling the features needless"),
        Option("The feature's share of the answer changes 1,000 times as fast.",
               "The weight's first step is as long as before, and it is multiplied by a feature 1,000 times as large. "
               "For SGD it would be a million.", right=True),
        Option("The feature's share of the answer changes a million times as fast.",
               "That is SGD: 1,000 from the gradient, and 1,000 from the feature. AdaGrad cancels the first."),
        Option("It diverges at once.",
               "Its first step has the length of the rate, whatever the gradient is. That is often survived."),
    )),
    Quiz("adagrad-runs-out", "AdaGrad, no schedule. Late in a long run the loss hardly moves any more, and the "
                             "gradients are as "
         "large as ever. What has happened?", (
        Option("It has reached a minimum.", "There the mean gradient would be 0. Noise can keep single gradients "
                                            "large, but then "
               "a larger rate is no help either; first look at the rate."),
        Option("The gradients have vanished.", "They are as large as ever."),
        Option("The sum of squares has grown with every step, and the steps have shrunk like 1/√t.",
               "Nothing is ever forgotten. Whether that is good depends on whether there is still a way to "
               "go.", right=True),
        Option("eps has become too large.", "eps is fixed, and the sum beside it only grows: eps matters ever less."),
    )),
    Quiz("adaptive-shared-rate", "\"We compared SGD and AdaGrad fairly, both at rate 0.01, 30 seeds each. AdaGrad "
                                 "wins.\" What "
         "is wrong?", (
        Option("Nothing: same rate, same seeds.",
               "The rate multiplies the gradient in one and a direction of size about 1 in the other. Equal numbers "
               "are not "
               "equal steps.", origin="A published mistake: optimizers compared at one shared rate"),
        Option("There should be more seeds.", "They would narrow the interval of a comparison that is not fair."),
        Option("0.01 may suit one of them and not the other: each needs the rate that is best for it on validation "
               "data.",
               "The same number means different things to them, so that a shared rate compares tunings, not "
               "optimizers.",
               right=True),
        Option("AdaGrad should have been given a smaller rate, since it is the stronger one.",
               "Which rate suits it is to be measured, not guessed."),
    )),
    Quiz("adagrad-second-run", "In a notebook, one AdaGrad object trains a network. In the next cell the network is "
                               "built anew, "
         "its weights are copied into the old ones, and the same object trains again. The second run is far slower. "
         "Why?", (
        Option("The second run has an unlucky start.",
               "Perhaps; other seeds would tell. But something else was carried over."),
        Option("The optimizer has kept the sum of squares of the first run, and with it the small rates of its end.",
               "The state belongs to a run. Make a new optimizer for every run.", right=True),
        Option("The learning rate was lowered by a schedule.", "There is no schedule. Yet something does act like "
                                                               "one."),
        Option("Copied weights have no gradient.", "They get one at the next backward pass, as any weights do."),
    )),
]
