"""Exercises and questions of notebook 06: heavy ball, Nesterov, the effective rate, the best pair of a quadratic."""

import math

import numpy as np

from .draws import away_from_zero, below_one, scale, slopes
from .quizzes import Option, Quiz
from .tasks import Exercise
from .walks import SLOPES, of_any_step, skipping_zeros, walk


def momentum_update(w, g, state, lr, beta):
    """One step of heavy ball, undamped: the new weights and the new state, as a pair.

    w and its gradient g are floats, or arrays of one shape, and stay as they
    are. state is {} before the first step, when the velocity is 0; afterwards
    it is what you handed back. Keep the velocity in it. lr may change from step
    to step.

    From w = 1, the first step with g = 2, lr = 0.1 and beta = 0.9 goes to 0.8.
    """
    v = beta * state.get("v", 0.0) + g
    return w - lr * v, {"v": v}


def nesterov_update(w, g, state, lr, beta):
    """One step of Nesterov's momentum, undamped: the new weights and the new state.

    As in momentum_update, but the step is that of a velocity which has looked
    one step ahead: w − lr (g + beta v), with v the new velocity.

    From w = 1, the first step with g = 2, lr = 0.1 and beta = 0.5 goes to 0.7.
    """
    v = beta * state.get("v", 0.0) + g
    return w - lr * (g + beta * v), {"v": v}


def effective_rate(lr, beta, dampening):
    """How long the steps are in the end, where the gradient is always 1.

    The velocity is v ← beta v + (1 − dampening) g, the step is lr v;
    0 <= beta < 1 and 0 <= dampening < 1.
    effective_rate(0.1, 0.0, 0.0) is 0.1.
    """
    return lr * (1 - dampening) / (1 - beta)


def best_momentum(low, high):
    """The pair (rate, beta) of the fastest heavy ball on a quadratic.

    low and high are its smallest and its largest curvature; they may be equal.
    best_momentum(4.0, 4.0) is (0.25, 0.0).
    """
    root_low, root_high = math.sqrt(low), math.sqrt(high)
    return (2 / (root_high + root_low)) ** 2, ((root_high - root_low) / (root_high + root_low)) ** 2


def _way_to_the_velocity(lr, beta, dampening):
    first = 1 - dampening
    return (f"The velocity there begins with `{first:.4g}` and `{first * (1 + beta):.4g}`, and settles at "
            f"`{first / (1 - beta):.4g}`.")


def _velocity_of_yours(got, lr, beta, dampening):
    """Which velocity an answer stands for, and after how many gradients it is reached."""
    velocity = got / lr
    left = 1 - velocity * (1 - beta) / (1 - dampening)
    after = math.log(left) / math.log(beta) if beta and 1e-9 < left < 1 else 0.5
    if abs(after - round(after)) < 1e-6 and after > 0.5:
        return f"Yours is lr times `{velocity:.6g}`, the velocity after {round(after)} gradient{'s' * (after > 1.5)}."
    return f"Yours is lr times `{velocity:.6g}`."


def _momentum_walk(update, w, gradients, rates, beta):
    """The weights after each step of a walk at these rates."""
    return walk(update, w, gradients, [(lr, beta) for lr in rates])


def _rule(velocity, step, start=lambda g: 0.0, keep=lambda v, beta: v):
    """An update from velocity(old, g, lr, beta) and step(new, old, g, lr, beta), which is taken off the weights."""
    def update(w, g, state, lr, beta):
        old = state.get("v", start(g))
        new = velocity(old, g, lr, beta)
        return w - step(new, old, g, lr, beta), {"v": keep(new, beta)}
    return update


def _sum(v, g, lr, beta):
    return beta * v + g


def _average(v, g, lr, beta):
    return beta * v + (1 - beta) * g


def _ball(new, old, g, lr, beta):
    return lr * new


def _ahead(new, old, g, lr, beta):
    return lr * (g + beta * new)


def _started_full(step):
    def update(w, g, state, lr, beta):
        new = beta * state["v"] + (1 - beta) * g if "v" in state else g
        return w - step(new, 0.0, g, lr, beta), {"v": new}
    return update


def _from_the_second(step, first=_ball):
    """Another step than the right one from the second on."""
    def update(w, g, state, lr, beta):
        new = beta * state.get("v", 0.0) + g
        return w - (step if state else first)(new, state.get("v", 0.0), g, lr, beta), {"v": new}
    return update


def _corrected(w, g, state, lr, beta):
    """An average of the gradients, divided by 1 − βᵗ."""
    t, v = state.get("t", 0) + 1, beta * state.get("v", 0.0) + (1 - beta) * g
    return w - lr * v / (1 - beta**t), {"t": t, "v": v}


def _forgetful(step):
    def update(w, g, state, lr, beta):
        return w - step(beta * state.get("v", 0.0) + g, 0.0, g, lr, beta), state
    return update


def _keeping(what):
    """Heavy ball with something else in the place of the velocity in the state."""
    def update(w, g, state, lr, beta):
        v = beta * state.get("v", 0.0) + g
        return w - lr * v, {"v": what(v, g, lr, beta)}
    return update


def _instead_of_weights(what):
    """Heavy ball whose first value is what(v, lr)."""
    def update(w, g, state, lr, beta):
        v = beta * state.get("v", 0.0) + g
        return what(v, lr), {"v": v}
    return update


def _first_left_out(w, g, state, lr, beta):
    new, after = momentum_update(w, g, state, lr, beta)
    return new, after if state else {"v": 0.0 * g}


def _forgotten_at_zero(update):
    """The velocity is 0 again after a step whose gradient is 0."""
    def wrong(w, g, state, lr, beta):
        return update(w, g, state if np.any(g) else {}, lr, beta)
    return wrong


def _begun_with_weights(w, g, state, lr, beta):
    return momentum_update(w, g, state or {"v": w}, lr, beta)


_TABLE = np.array([[1.0, -2.0, 4.0], [0.5, 3.0, -1.0]])
_STEPS = (
    (1.0, (2.0, 1.0), (0.1, 0.2), 0.5),
    (4.0, (1.0, -2.0, 0.5), (0.1, 0.2, 0.1), 0.0),
    (1.0, (0.5, -0.2, 0.9, 0.9, -1.5), (0.1, 0.1, 0.1, 0.1, 0.1), 0.83),
    (-2.0, (1.0, 1.0, 1.0, 1.0, 1.0), (0.3, 0.1, 0.2, 0.05, 0.4), 0.5),
    (0.0, (1e-6, 2e-6, -3e-6, 1e-6, 5e-6), (10.0, 10.0, 3.0, 1.0, 10.0), 0.9),
    (np.array([1.0, -2.0, 0.5]), (np.array([1.0, 0.5, -1.0]), np.array([-2.0, 0.1, 0.3]), np.array([0.0, 3.0, 1.0]),
                                  np.array([0.4, 0.4, 2.0]), np.array([1.0, -1.0, 0.2])), (0.2, 0.2, 0.02, 0.02, 0.5),
     0.97),
    (_TABLE, (_TABLE / 2, -_TABLE, _TABLE**2, _TABLE + 1, _TABLE - 2), (0.01, 0.02, 0.03, 0.04, 0.05), 0.3),
    (np.array([2.0, -1.0]), (np.array([0.0, 1.0]), np.array([1.0, 0.5]), np.array([-1.0, 2.0])), (0.1, 0.2, 0.1), 0.6),
    (3.0, (0.8, 0.0, 0.0, -0.3), (0.1, 0.2, 0.1, 0.3), 0.7),
)
_FURTHER_STEPS = (
    (1e4 * np.array([1.0, -2.0]), (np.array([300.0, -2e3]), np.array([-4e3, 500.0])) * 4, (0.1,) * 8, 0.7),
    (1e9 * _TABLE, (2e9 * _TABLE, -3e8 * _TABLE, 1e9 * _TABLE - 1e8), (0.1, 0.05, 0.1), 0.9),
    (1e-7 * _TABLE, (2e-7 * _TABLE, -3e-8 * _TABLE, 1e-7 * _TABLE - 1e-8), (0.1, 0.05, 0.1), 0.9),
    (-1.0, SLOPES * 40, (0.02, 0.01) * 160, 0.999), (1, (1.5, 1, -2.5), (0.1, 0.1, 0.2), 0.7),
    (0.0, (1e-9, -3e-9, 2e-9), (1.0, 1.0, 0.5), 0.9), (1.0, (2.0, -1.0, 2.0), (0.1, 0.1, 0.1), 0.5),
)
_STEP_CORNERS = {"floats": [0, 2, 8], "arrays of one shape": [5, 6, 7], "lr may change from step to step": [0, 3]}

_MEMORY = ("Read the old velocity from the state, with 0 for the first step, make the new one, and hand it back in a "
           "new dictionary: `state.get(\"v\", 0.0)`.")
_TYPED = "β is 0.9 here, whatever is passed. Use the beta that is passed."
_PLAIN = ("That is plain descent, w − lr · g: no velocity from before comes in. Is it handed back, taken up again, and "
          "used in the step?")
_LATE_START = ("The velocity begins with the first gradient here, which then counts 1 + β times in it. It should begin "
               "with 0.")


def _some_steps(update):
    """Up to 8 steps of a sum, whose rate may change, and be 0 now and then, as at the end of a schedule."""
    def draw(rng):
        gradients, beta = slopes(rng, 8), below_one(rng) * (rng.random() < 0.9)
        rates = tuple((scale(rng, 1e-4, 5) * rng.choice([0, 0.1, 0.5, 1, 1], len(gradients))).tolist())
        path = _momentum_walk(update, 0 * gradients[0], gradients, rates, beta)
        return away_from_zero(rng, path), gradients, rates, beta
    return draw


def _some_memory(rng):
    """A rate of any size; β and dampening are 0, equal, or as near to 1 as 0.9994."""
    beta, dampening = (below_one(rng) * (rng.random() < 0.8) for _ in range(2))
    return scale(rng, 1e-6, 1e3), beta, beta if rng.random() < 0.2 else dampening


def _some_curvatures(rng):
    """Curvatures of any size, equal or up to a million times apart; nearly equal ones would lose digits."""
    low = scale(rng, 1e-6, 1e4)
    return low, low * float(rng.choice([1, scale(rng, 1.5, 10), scale(rng, 10, 1e6)], p=[0.2, 0.4, 0.4]))


EXERCISES = [
    Exercise(
        id="momentum-update",
        title="one step of heavy ball",
        reference=momentum_update,
        why="The velocity keeps β of what it was and takes up the whole gradient; the rate stays outside, so that a "
            "new rate counts at once.",
        hints=(
            "Two lines: the first makes the new velocity from the old one and the gradient, the second makes the step.",
            _MEMORY,
            "v ← β v + g, then w ← w − lr · v with the new v. No 1 − β, and no rate inside v.",
        ),
        probes=_STEPS,
        further=_FURTHER_STEPS,
        draw=_some_steps(momentum_update),
        drive=_momentum_walk,
        corners=_STEP_CORNERS,
        mistakes=(
            (_rule(_average, _ball),
             "That comes to the damped form, in which the gradient enters with 1 − β: the steps are 1/(1 − β) times "
             "too short."),
            (_started_full(_ball),
             "That is the damped form with a full first gradient, as torch's `dampening`. Asked for is the undamped "
             "one."),
            (_forgetful(_ball), _PLAIN),
            (_rule(_sum, lambda v, old, g, lr, beta: -lr * v),
             "The sign of the step is turned round: this walks uphill."),
            (_rule(lambda v, g, lr, beta: beta * v + lr * g, lambda v, old, g, lr, beta: v),
             "Old steps keep their old rate: either the rate is inside the velocity, or the last step itself is "
             "carried on. That is the same only while the rate stays, and here it changes."),
            (_rule(lambda v, g, lr, beta: beta * v + lr * g, _ball),
             "The rate comes in twice, in the velocity and in the step. It belongs in the step alone."),
            (_rule(_sum, lambda v, old, g, lr, beta: lr * old),
             "The step is made with the velocity from before this gradient: update v first."),
            (_rule(_sum, _ahead),
             "That is Nesterov's step, which looks ahead. Heavy ball steps along v itself."),
            (_from_the_second(_ahead),
             "From the second step on that is Nesterov's step, which looks ahead. Heavy ball steps along v itself."),
            (_from_the_second(lambda v, old, g, lr, beta: lr * old),
             "From the second step on, the step is made with the velocity from before this gradient: update v first."),
            (_corrected,
             "That is an average of the gradients, corrected for its start as in Adam. Asked for is the undamped sum: "
             "the gradient enters in full."),
            (_rule(lambda v, g, lr, beta: v + g, _ball),
             "The velocity never forgets: nothing of it is lost from step to step. Where does β belong?"),
            (_rule(lambda v, g, lr, beta: v + beta * g, _ball),
             "β is on the wrong side: it says how much of the old velocity survives, not how much of the gradient "
             "enters."),
            (_rule(lambda v, g, lr, beta: beta * (v + g), _ball),
             "The new gradient is shortened as well: β should multiply only the old velocity."),
            (_rule(lambda v, g, lr, beta: (1 - beta) * v + g, _ball),
             "1 − β of the velocity survives here. β itself should."),
            (_rule(lambda v, g, lr, beta: (1 - beta) * v + beta * g, _ball),
             "An average, with the two shares exchanged. Asked for is β times the old velocity plus the whole "
             "gradient."),
            (_rule(lambda v, g, lr, beta: g - beta * v, _ball),
             "The old velocity is taken off. It should be added: that is what keeps the ball rolling."),
            (_rule(_sum, lambda v, old, g, lr, beta: lr * (g + v)),
             "The gradient is counted twice: it is in the new velocity already."),
            (_rule(_sum, lambda v, old, g, lr, beta: lr * g + beta * old),
             "The rate multiplies the gradient only. The step should be lr times the whole new velocity."),
            (_rule(_sum, lambda v, old, g, lr, beta: v),
             "The rate is missing: the step is lr times the velocity."),
            (_rule(_sum, lambda v, old, g, lr, beta: lr * np.mean(v)),
             "All weights make the same step, by the mean velocity. Each weight should have its own."),
            (_rule(_sum, lambda v, old, g, lr, beta: lr * np.sign(v)),
             "Only the sign of the velocity comes into the step. The whole of it should."),
            (_rule(_sum, lambda v, old, g, lr, beta: lr * v / (1 - beta)),
             "The steps are 1/(1 − β) times too long. Under a constant gradient the velocity grows that long by "
             "itself."),
            (_rule(lambda v, g, lr, beta: 0.9 * v + g, _ball), _TYPED),
            (_rule(_sum, _ball, start=lambda g: g), _LATE_START),
            (_keeping(lambda v, g, lr, beta: g),
             "The state keeps the last gradient instead of the velocity, so the memory is one step long."),
            (_keeping(lambda v, g, lr, beta: lr * v),
             "The state keeps the step, lr · v, and the next velocity is made of that. Keep v itself."),
            (_keeping(lambda v, g, lr, beta: beta * v),
             "The old velocity keeps β² of itself: β comes in twice."),
            (_instead_of_weights(lambda v, lr: v),
             "The first value is the velocity. The new weights are asked for, w − lr · v."),
            (_instead_of_weights(lambda v, lr: lr * v),
             "The first value is the step. Take it off w: the new weights are asked for."),
            *of_any_step(momentum_update),
            (_first_left_out,
             "The second step begins as if the velocity were still 0, so that the first gradient is lost to later "
             "steps: either the first step does not hand back its velocity, g, or the second takes nothing of it."),
            (_begun_with_weights,
             "The velocity begins with the weights. It should begin with 0."),
            (skipping_zeros(momentum_update),
             "A step whose gradient is 0 is passed over. The velocity moves the weights there all the same, and "
             "fades."),
            (_forgotten_at_zero(momentum_update),
             "A gradient of 0 ends the velocity here. It only adds nothing: the share β of what was there goes on."),
        ),
    ),
    Exercise(
        id="effective-rate",
        title="the effective rate",
        reference=effective_rate,
        on_the_way=_way_to_the_velocity,
        of_yours=_velocity_of_yours,
        why="For a constant gradient the velocity settles where v = βv + (1 − dampening) g.",
        hints=(
            "Under a constant gradient the velocity stops changing after a while. What equation holds then?",
            "v = beta · v + (1 − dampening) · g. Solve it for v, with g = 1.",
            "v is (1 − dampening) / (1 − beta), and the step is lr times that.",
        ),
        probes=((0.01, 0.9, 0.0), (0.01, 0.9, 0.9), (0.3, 0.0, 0.0), (0.1, 0.5, 0.2), (2.0, 0.99, 0.5),
                (0.05, 0.3, 0.6), (1e-4, 0.75, 0.0), (0.2, 0.0, 0.7)),
        further=((1e-9, 0.5, 0.25), (1e9, 0.75, 0.0), (0.1, 1 - 2.0**-13, 0.0), (0.1, 0.0, 1 - 2.0**-13),
                 (0.1, 0.99999, 0.0)),
        draw=_some_memory,
        corners={"0 <= beta": [2, 7], "0 <= dampening": [0, 6]},
        mistakes=(
            (lambda lr, beta, dampening: lr / (1 - beta),
             "Right, perhaps, without dampening. The gradient enters with 1 − dampening: what does that do to all "
             "steps?"),
            (lambda lr, beta, dampening: lr * (1 - dampening),
             "That is the first step. With memory, later ones are longer: part of the velocity is still there when the "
             "next gradient arrives."),
            (lambda lr, beta, dampening: lr,
             "Right only if dampening equals beta. In general the gradients, old and new, add up to more, or less, "
             "than one."),
            (lambda lr, beta, dampening: lr * (1 - beta),
             "Upside down: memory makes the steps longer, so divide by 1 − β. And dampening has no effect here."),
            (lambda lr, beta, dampening: lr * (1 - beta) / (1 - dampening),
             "Upside down: the new gradient enters with 1 − dampening, and memory divides by 1 − β."),
            (lambda lr, beta, dampening: lr * (1 - beta) * (1 - dampening),
             "Dampening is right. Memory makes the steps longer, though: divide by 1 − β."),
            (lambda lr, beta, dampening: lr / (1 - dampening),
             "Dampening makes the steps shorter, so multiply by 1 − dampening. And what does β do?"),
            (lambda lr, beta, dampening: lr * (1 - dampening) * (1 + beta),
             "That is the second step. The memory goes on: 1 + β + β² + …"),
            (lambda lr, beta, dampening: lr * (1 - dampening) / (1 + beta),
             "The sign: v = βv + … leaves (1 − β) v on the left."),
            (lambda lr, beta, dampening: lr * dampening / (1 - beta),
             "The gradient enters with 1 − dampening, not with dampening."),
            (lambda lr, beta, dampening: (1 - dampening) / (1 - beta),
             "That is the velocity. The step is lr times the velocity."),
            (lambda lr, beta, dampening: lr * (1 - dampening) / (1 - beta) ** 2,
             "One factor 1/(1 − β) too many: the velocity adds up the gradients once."),
            (lambda lr, beta, dampening: lr / (1 - beta) / (1 - dampening),
             "Dampening makes the steps shorter: multiply by 1 − dampening."),
            (lambda lr, beta, dampening: lr * (1 - dampening) * beta / (1 - beta),
             "One gradient is missing, the newest: it carries no power of β, only the older ones do."),
            (lambda lr, beta, dampening: lr / (1 - beta * (1 - dampening)),
             "Dampening stands with the old velocity here. It shortens the gradient that enters: v = βv + (1 − "
             "dampening) g."),
            (lambda lr, beta, dampening: lr * (1 - dampening) / (1 - beta * (1 - dampening)),
             "Dampening shortens the old velocity as well here. It shortens only the gradient that enters."),
            (lambda lr, beta, dampening: lr * (1 - dampening) / (1 - beta**2),
             "β is squared. What survives adds up as 1 + β + β² + …, which is 1/(1 − β)."),
            (lambda lr, beta, dampening: lr * (1 - dampening) / beta,
             "The sum of 1 + β + β² + … is 1/(1 − β), not 1/β."),
            (lambda lr, beta, dampening: lr * (1 + dampening) / (1 - beta),
             "Dampening makes the steps shorter: the gradient enters with 1 − dampening, not with 1 + dampening."),
            (lambda lr, beta, dampening: lr * (1 - dampening - beta),
             "Dampening and β do not add up: the one shortens what enters, the other says how much survives a step."),
            (lambda lr, beta, dampening: lr * (1 - dampening) / 1 - beta,
             "β is taken off the whole: are brackets missing, since `/` comes before `−`? Divide by (1 − beta)."),
            (lambda lr, beta, dampening: lr - dampening / (1 - beta),
             "Dampening is divided by 1 − β and taken off lr: are brackets missing? (1 − dampening) belongs together, "
             "and lr multiplies it."),
            *((lambda lr, beta, dampening, n=n: lr * (1 - dampening) * (1 - beta**n) / (1 - beta),
               f"That is the step after {n} gradients. With a long memory it still grows: 1 + β + β² + … without an "
               "end is 1/(1 − β).") for n in (5, 10, 20, 50, 100, 200, 500)),
            (lambda lr, beta, dampening: lr / (1 - beta + dampening),
             "Dampening stands below the line here. It shortens the gradient that enters, so that it multiplies: 1 − "
             "dampening."),
            (lambda lr, beta, dampening: lr * (1 - dampening) / math.sqrt(1 - beta),
             "A root is too much: what survives adds up as 1 + β + β² + …, which is 1/(1 − β)."),
            (lambda lr, beta, dampening: lr / (1 - beta) - dampening,
             "Dampening is taken off the whole. It shortens the gradient that enters, so that it multiplies: 1 − "
             "dampening."),
            (lambda lr, beta, dampening: (lr - dampening) / (1 - beta),
             "Dampening is taken off the rate. It shortens the gradient that enters, so that it multiplies: 1 − "
             "dampening."),
            (lambda lr, beta, dampening: lr * (1 - dampening) ** 2 / (1 - beta),
             "One factor 1 − dampening too many: it shortens each gradient once."),
            (lambda lr, beta, dampening: -lr * (1 - dampening) / (1 - beta),
             "The number is right, the sign is not: the length of a step is not negative."),
            (lambda lr, beta, dampening: (1 - dampening) / (1 - beta) / lr,
             "The step is lr *times* the velocity."),
            (lambda lr, beta, dampening: 10 * lr * (1 - dampening),
             "That factor of 10 belongs to β = 0.9. Use the beta that is passed: how much do the old gradients "
             "add up to?"),
        ),
    ),
    Exercise(
        id="best-momentum",
        title="the best rate and β of a quadratic",
        reference=best_momentum,
        on_the_way=lambda low, high: f"There √low is `{math.sqrt(low):.4g}` and √high `{math.sqrt(high):.4g}`.",
        why="At this pair the flattest and the steepest direction are equally fast, both with the factor √β.",
        hints=(
            "Look up Polyak's formulas above. They need the square roots of the two curvatures and nothing else.",
            "β is ((√κ − 1) / (√κ + 1))² with κ = high / low. Keep the square.",
            "The rate is (2 / (√high + √low))². Give back first the rate, then beta.",
        ),
        probes=((1.0, 25.0), (1.0, 100.0), (0.5, 8.0), (9.0, 9.0), (2.0, 3.0), (1e-3, 10.0), (9.0, 16.0),
                (1e-3, 90.0)),
        further=((1e-8, 1e-8), (1e-10, 1e-9), (1e-20, 1e-20), (1e9, 1e9), (1e-7, 3e-7), (1e-9, 100.0), (1e9, 4e9),
                 (4, 9), (7, 7)),
        draw=_some_curvatures,
        corners={"they may be equal": [3]},
        parts=("the rate", "beta"),
        mistakes=(
            (lambda low, high: (best_momentum(low, high)[0], math.sqrt(best_momentum(low, high)[1])),
             "The rate is right. β is not squared: that is the factor of a step, √β."),
            (lambda low, high: (math.sqrt(best_momentum(low, high)[0]), best_momentum(low, high)[1]),
             "β is right. The rate is (2 / (√high + √low)) squared."),
            (lambda low, high: tuple(map(math.sqrt, best_momentum(low, high))),
             "Both brackets still have to be squared."),
            (lambda low, high: (best_momentum(low, high)[0] / 2, best_momentum(low, high)[1]),
             "β is right, and the rate is half of what it should be: the 2 is squared, too."),
            (lambda low, high: (best_momentum(low, high)[0] / 4, best_momentum(low, high)[1]),
             "β is right, and the rate is a quarter of what it should be: the 2 above the line, squared, is missing."),
            (lambda low, high: (2 / (low + high), best_momentum(low, high)[1]),
             "β is right, but that is the best rate of plain descent. With momentum a larger one is best where low "
             "and high differ."),
            (lambda low, high: (2 / (low + high), ((high - low) / (high + low)) ** 2),
             "That is the pair of plain descent: its rate, and the square of what it leaves. With momentum the roots, "
             "√low and √high, take the place of the curvatures, and the rate is a square, too."),
            (lambda low, high: (2 / (low + high), 0.0),
             "That is plain descent: its best rate, and no memory. With momentum both formulas have roots, and "
             "squares."),
            (lambda low, high: ((2 / (low + high)) ** 2, ((high - low) / (high + low)) ** 2),
             "The squares are there, the roots are not: take √low and √high in both formulas."),
            (lambda low, high: (2 / (low + high), (high - low) / (high + low)),
             "That is plain descent's best rate and what it leaves. With momentum, both formulas have roots, and "
             "squares."),
            (lambda low, high: (best_momentum(low, high)[0], best_momentum(1.0, high)[1]),
             "The rate is right. β belongs to κ = high / low; yours takes low as 1."),
            (lambda low, high: (best_momentum(low, high)[0], ((high - low) / (high + low)) ** 2),
             "The rate is right. In β the roots are missing."),
            (lambda low, high: (best_momentum(low, high)[0], (high - low) / (high + low)),
             "The rate is right. That other number is what plain descent leaves at its best rate, not β."),
            (lambda low, high: ((2 / (low + high)) ** 2, best_momentum(low, high)[1]),
             "β is right. In the rate the roots are missing."),
            (lambda low, high: (1 / high, best_momentum(low, high)[1]),
             "β is right. 1 / high is a safe rate, but the fastest one only where low and high are equal."),
            (lambda low, high: (1 / high, math.sqrt(best_momentum(low, high)[1])),
             "That is a common choice for Nesterov's form. Asked for is the best pair of heavy ball."),
            (lambda low, high: (4 / (math.sqrt(low) + math.sqrt(high)), best_momentum(low, high)[1]),
             "β is right. In the rate, the sum of the roots is to be squared as well, not the 2 alone."),
            (lambda low, high: ((2 / (math.sqrt(high) - math.sqrt(low))) ** 2, best_momentum(low, high)[1]),
             "β is right. In the rate, the sum of the roots should stand below the line, not their difference."),
            (lambda low, high: (1 / high, (1 - math.sqrt(low / high)) ** 2),
             "1 / high is a safe rate, and this β the best one for it. Unless low and high are equal, the fastest pair "
             "has a larger rate, with which the flattest and the steepest direction are equally fast."),
            (lambda low, high: (1 / low, best_momentum(low, high)[1]),
             "β is right. 1 / low looks at the flattest direction alone. The rate depends on both curvatures."),
            (lambda low, high: (2 / high, best_momentum(low, high)[1]),
             "β is right. 2 / high is the critical rate of plain descent."),
            (lambda low, high: (4 / (high + low), best_momentum(low, high)[1]),
             "β is right. In the rate, the roots must be added first and squared afterwards."),
            (lambda low, high: best_momentum(low, high)[::-1],
             "Both numbers are right, in the other order: first the rate, then beta."),
            (lambda low, high: best_momentum(low, high)[1],
             "β is right. The rate is asked for as well, as the first of a pair."),
            (lambda low, high: best_momentum(low, high)[0],
             "The rate is right. β is asked for as well, as the second of a pair."),
            (lambda low, high: best_momentum(1.0, high / low),
             "β is right. The rate depends on the curvatures themselves, not only on their ratio."),
            (lambda low, high: ((1 - best_momentum(low, high)[1]) * best_momentum(low, high)[0],
                                best_momentum(low, high)[1]),
             "β is right, and the rate is shortened by 1 − β. The formula is for the undamped form as it stands."),
            (lambda low, high: (best_momentum(low, high)[0], -math.sqrt(best_momentum(low, high)[1])),
             "The rate is right. β is the square of the bracket, which is why it is not negative."),
            (lambda low, high: (best_momentum(low, high)[0], 1 - best_momentum(low, high)[1]),
             "The rate is right. The second number is 1 − β; β itself is asked for."),
            (lambda low, high: (best_momentum(low, high)[0], (1 - math.sqrt(low / high)) ** 2),
             "The rate is right. Below the fraction in β stands √high alone: (√high − √low) / √high, squared. The sum "
             "of the roots belongs there."),
            (lambda low, high: ((1 + best_momentum(low, high)[1]) ** 2 / high, best_momentum(low, high)[1]),
             "β is right. In the rate (1 + √β)² / high the root is missing."),
            (lambda low, high: ((1 + math.sqrt(best_momentum(low, high)[1])) ** 2 / low, best_momentum(low, high)[1]),
             "β is right, and the rate is too large by the factor κ: (1 + √β)² is to be divided by high, not by "
             "low."),
            (lambda low, high: ((1 - math.sqrt(best_momentum(low, high)[1])) ** 2 / high, best_momentum(low, high)[1]),
             "β is right, and the rate is too small by the factor κ: (1 − √β)², which is 4 / (1 + √κ)², is to be "
             "divided by low, not by high."),
            (lambda low, high: (2 * (1 + best_momentum(low, high)[1]) / high, best_momentum(low, high)[1]),
             "β is right. 2 (1 + β) / high is the critical rate of heavy ball, where it stops settling."),
            (lambda low, high: (best_momentum(low, high)[0] / (1 - best_momentum(low, high)[1]),
                                best_momentum(low, high)[1]),
             "β is right. Where the rate should be stands rate / (1 − β), the effective rate, which is "
             "1 / √(low · high)."),
            (lambda low, high: (best_momentum(low, high)[0], 0.9),
             "The rate is right. β depends on the curvatures: 0.9 is only what libraries ship."),
        ),
    ),
    Exercise(
        id="nesterov-update",
        title="one step of Nesterov's momentum",
        reference=nesterov_update,
        why="The bracket g + βv is the velocity that the next step would have if the gradient stayed as it is.",
        hints=(
            "The velocity is made exactly as in heavy ball. Only the step differs.",
            _MEMORY,
            "w ← w − lr · (g + β v), where v is the *new* velocity, which holds g already.",
        ),
        probes=_STEPS,
        further=_FURTHER_STEPS,
        draw=_some_steps(nesterov_update),
        drive=_momentum_walk,
        mistakes=(
            (_rule(_sum, _ball),
             "That is heavy ball: g + β times the *old* velocity is just the new velocity. Use the new one in the "
             "bracket."),
            (_rule(_average, _ahead),
             "The velocity is damped: the gradient enters it with 1 − β. Asked for is the undamped form."),
            (_rule(_average, _ball),
             "That is damped heavy ball, an average of gradients: no 1 − β belongs here, and the look ahead is "
             "missing."),
            (_rule(_average, lambda v, old, g, lr, beta: lr * ((1 - beta) * g + beta * v)),
             "Every step is (1 − β) times what it should be: that is the damped form."),
            (_started_full(_ahead),
             "The velocity is damped, with a full first gradient, as with torch's `dampening`. Asked for is the "
             "undamped form."),
            (_rule(lambda v, g, lr, beta: beta * v + lr * g, _ahead),
             "The rate comes in twice for the velocity, in it and in the step. It belongs in the step alone."),
            (_from_the_second(_ahead),
             "The first step does not look ahead. It should, too: the bracket is g + β v, with v = g."),
            (_rule(_sum, lambda v, old, g, lr, beta: lr * (beta * old + v)),
             "The bracket comes to v + β times the *old* velocity. Asked for is g + β times the new one."),
            (_rule(_sum, _ahead, keep=lambda v, beta: beta * v),
             "The step is right, but the old velocity keeps β² of itself: β comes in twice."),
            (_forgetful(_ahead),
             "Every step is like the first: no velocity from before comes in. Is it handed back, taken up again, and "
             "used in the step?"),
            (_forgetful(_ball), _PLAIN),
            (_rule(_sum, lambda v, old, g, lr, beta: -lr * (g + beta * v)),
             "The sign of the step is turned round: this walks uphill."),
            (_rule(_sum, lambda v, old, g, lr, beta: lr * (g - beta * v)),
             "β v comes with a minus into the bracket: either it is taken off there, or the gradient entered the "
             "velocity with a minus. It should be added: the look goes ahead, not back."),
            (_rule(lambda v, g, lr, beta: beta * v + lr * g, lambda v, old, g, lr, beta: lr * g + beta * v),
             "Old steps keep their old rate: either the rate is inside the velocity, or a step itself is carried on. "
             "That is the same only while the rate stays, and here it changes."),
            (_rule(_sum, lambda v, old, g, lr, beta: lr * (g + v)),
             "β is missing in the bracket: the velocity loses a part before it counts again."),
            (_rule(_sum, lambda v, old, g, lr, beta: lr * beta * v),
             "The gradient is missing in the bracket: g + β v."),
            (_rule(_sum, lambda v, old, g, lr, beta: lr * (v + beta * g)),
             "The bracket comes to v + β g. The roles are exchanged: the gradient should count in full, the velocity "
             "with β."),
            (_rule(_sum, lambda v, old, g, lr, beta: lr * ((1 - beta) * g + beta * v)),
             "The gradient counts with 1 − β in the bracket. It should count in full."),
            (_rule(_sum, lambda v, old, g, lr, beta: lr * (v + beta * v)),
             "The bracket comes to v + β v. The first of the two is to be the gradient alone."),
            (_rule(_sum, lambda v, old, g, lr, beta: lr * (g + beta**2 * v)),
             "One β too many in the bracket."),
            (_rule(_sum, lambda v, old, g, lr, beta: lr * g - beta * v),
             "β v is added to the weights, and without the rate. The step should take lr · (g + β v) off them."),
            (lambda w, g, state, lr, beta: (nesterov_update(w, g, state, lr, beta)[0],
                                            {"v": lr * (beta * state.get("v", 0.0) + g)}),
             "The step is right, but the state keeps lr · v, and the next velocity is made of that. Keep v itself."),
            (_rule(lambda v, g, lr, beta: beta * v + g, lambda v, old, g, lr, beta: lr * (g + beta * (g + beta * v))),
             "This looks two steps ahead; one is asked for."),
            (lambda w, g, state, lr, beta: (nesterov_update(w, g, state, lr, beta)[0],
                                            {"v": g + beta * (beta * state.get("v", 0.0) + g)}),
             "The step is right, but the state keeps the bracket instead of the velocity."),
            (lambda w, g, state, lr, beta: (nesterov_update(w, g, state, lr, beta)[0], {"v": g}),
             "The step is right, but the state keeps the gradient instead of the velocity."),
            (_rule(_sum, lambda v, old, g, lr, beta: g + beta * v),
             "The rate is missing: it multiplies the whole bracket."),
            (_rule(_sum, lambda v, old, g, lr, beta: lr * g + beta * v),
             "The rate multiplies the gradient only. It belongs in front of the whole bracket."),
            (_rule(lambda v, g, lr, beta: v + g, _ahead),
             "The velocity never forgets here. Only the share β of the old one is to be kept."),
            (_rule(lambda v, g, lr, beta: 0.9 * v + g, lambda v, old, g, lr, beta: lr * (g + 0.9 * v)), _TYPED),
            (_rule(_sum, _ahead, start=lambda g: g), _LATE_START),
            *of_any_step(nesterov_update),
            (skipping_zeros(nesterov_update),
             "A step whose gradient is 0 is passed over. The velocity moves the weights there all the same, and "
             "fades."),
            (_forgotten_at_zero(nesterov_update),
             "A gradient of 0 ends the velocity here. It only adds nothing: the share β of what was there goes on."),
        ),
    ),
]

QUIZZES = [
    Quiz("faster-at-equal-rate", "\"At rate 0.01, momentum 0.9 reached 80 % in 12 epochs and plain SGD in 90. "
         "Momentum is seven times faster.\" What is missing?", (
        Option("Nothing: the rate was equal, so the comparison is fair.",
               "Equal rate is not equal step: undamped momentum of 0.9 walks at ten times the rate.",
               origin="A published mistake: optimizers compared at one shared rate"),
        Option("Plain SGD at rate 0.1, or better, each at its own tuned rate.",
               "Only what is left beyond a longer step is due to the memory.", right=True),
        Option("Momentum at rate 0.1.",
               "That would walk at an effective rate of 1 and move the two further apart."),
        Option("A comparison of the final accuracy instead.",
               "Worth knowing, but it would not say where the speed came from."),
    )),
    Quiz("damped-or-not", "You move a training script with momentum 0.9 from a library with v ← βv + g to one with "
         "v ← βv + (1 − β) g. Rate and β stay. What happens?", (
        Option("The same run: β is the same.",
               "The velocity is ten times smaller in the damped form, and so is every step.", origin="A published "
               "mistake: the text accumulates, the code averages"),
        Option("Steps become ten times longer.", "The other way round: the gradient now enters with 0.1."),
        Option("Steps become about ten times shorter; a ten times larger rate restores them.",
               "The effective rate falls from η/(1 − β) to η.", right=True),
        Option("It diverges, since averages are unstable.",
               "Shorter steps are, if anything, more stable."),
    )),
    Quiz("raising-beta", "You want to know what a longer memory does, and raise β from 0.9 to 0.99. What should happen "
         "to the rate, with v ← βv + g as in this course?", (
        Option("It stays, so that only one thing changes.",
               "Then two things change: the memory and, tenfold, the length of the steps."),
        Option("It falls to a tenth, so that η/(1 − β) stays.",
               "Then the steps are of equal length and only the memory differs.", right=True),
        Option("It rises tenfold, to make up for the slower reaction.",
               "The effective rate would rise a hundredfold."),
        Option("It falls by 9 %, as 0.9 / 0.99.",
               "What matters is 1 − β, which falls from 0.1 to 0.01."),
    )),
    Quiz("does-memory-average", "Near a minimum, gradients are noisy. Momentum is added, with the rate lowered to "
         "η (1 − β), and the rate was far below the critical one. How far from the minimum do the weights hover?", (
        Option("Much closer: the velocity averages the noise away.",
               "The step is smoother, but each gradient's noise is still walked in full, only spread over more steps."),
        Option("About as far, by a smoother way.",
               "The spread is set by the effective rate; the memory smooths the path from step to step.", right=True),
        Option("Much farther: momentum amplifies noise.",
               "At an equal rate it does, through the effective rate. Here that was kept."),
        Option("They come to rest at the minimum.",
               "As long as rate and noise stay, something keeps pushing."),
    )),
    Quiz("where-the-rate-stands", "A schedule lowers the rate tenfold at step 1000. One library keeps the rate outside "
         "the velocity (w ← w − ηv), another inside (v ← βv − ηg). What differs at β = 0.9?", (
        Option("Nothing: the two forms are equal.",
               "They are while the rate is constant, and only then."),
        Option("Outside, the step falls at once; inside, it takes some tens of steps.",
               "A velocity with the rate inside still holds the old, larger steps, and loses a tenth of them a step.",
               right=True),
        Option("Inside, the step falls at once; outside, it takes some tens of steps.",
               "The other way round: what stands outside multiplies the whole velocity from the next step on."),
        Option("Inside, the rate never falls.", "It does, as the old part of the velocity fades by β a step."),
    )),
    Quiz("the-baseline-that-had-momentum", "In a table, the rows \"SGD\" and \"SGD + momentum 0.9\" agree in every "
         "digit. Both reach 80 % in 12 epochs. What is the likeliest reason?", (
        Option("Momentum makes no difference on this problem.",
               "Even then the last digits would differ: another rule takes other steps."),
        Option("Both rows come from one setting, for instance an \"SGD\" with a default momentum.",
               "It has been published. Print what the optimizer holds before believing a table.", right=True),
        Option("The seeds were fixed.", "Fixed seeds give the same start and batches, not the same steps."),
        Option("Both have converged to the same minimum.", "They would be close, and not at every seed."),
    )),
]
