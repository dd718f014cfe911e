"""Exercises and questions of notebook 06: heavy ball, Nesterov, the effective rate, the best pair of a quadratic."""

import math
from copy import deepcopy

import numpy as np

from .framework import Exercise
from .quizzes import Option, Quiz


def momentum_update(w, g, state, lr, beta):
    """One step of heavy ball, undamped: the new weights and the new state.

    The state is {} before the first step; afterwards it is what you handed
    back. Keep the velocity in it. w and g are floats, or arrays of one shape;
    lr may change from step to step.
    """
    v = beta * state.get("v", 0.0) + g
    return w - lr * v, {"v": v}


def nesterov_update(w, g, state, lr, beta):
    """One step of Nesterov's momentum, undamped: the new weights and the new state.

    As in momentum_update, but the step is that of a velocity which has looked
    one step ahead: w − lr (g + beta v), with v the new velocity.
    """
    v = beta * state.get("v", 0.0) + g
    return w - lr * (g + beta * v), {"v": v}


def effective_rate(lr, beta, dampening):
    """How far a step goes in the end, for each unit of a gradient that never changes.

    The velocity is v ← beta v + (1 − dampening) g, the step is lr v;
    0 <= beta < 1 and 0 <= dampening < 1.
    """
    return lr * (1 - dampening) / (1 - beta)


def best_momentum(low, high):
    """The pair (rate, beta) of the fastest heavy ball on a quadratic.

    low and high are its smallest and its largest curvature.
    """
    root_low, root_high = math.sqrt(low), math.sqrt(high)
    return (2 / (root_high + root_low)) ** 2, ((root_high - root_low) / (root_high + root_low)) ** 2


def _several_steps(update, w, gradients, rates, beta):
    """Two weights stepped in turn, each with a state of its own; then the first one again, from a fresh start."""
    other = np.array([2.0, -1.0, 0.5])
    weights, states, visited = [deepcopy(w), other, deepcopy(w)], [{}, {}, {}], []
    turns = [(i, g, lr) for g, lr in zip(gradients, rates, strict=True) for i in (0, 1)]
    for i, g, lr in turns + [(2, g, lr) for g, lr in zip(gradients, rates, strict=True)]:
        own = np.array([1.0, -0.5, 3.0]) * np.mean(g) if i == 1 else deepcopy(g)
        pair = update(weights[i], own, states[i], lr, beta)
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            return pair
        if pair[1] is ...:  # not attempted
            return ...
        if isinstance(pair[0], dict):
            return pair[1:]
        weights[i], states[i] = pair
        visited.append(deepcopy(weights[i]))  # a later step may write into the same memory
    return tuple(visited)


def _rule(velocity, step):
    """An update from velocity(old, g, lr, beta) and step(new, old, g, lr, beta), which is taken off the weights."""
    def update(w, g, state, lr, beta):
        old = state.get("v", 0.0)
        new = velocity(old, g, lr, beta)
        return w - step(new, old, g, lr, beta), {"v": new}
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


def _forgetful(step):
    def update(w, g, state, lr, beta):
        return w - step(beta * state.get("v", 0.0) + g, 0.0, g, lr, beta), state
    return update


class _Shared:
    """One memory for all who call, as in a global variable; emptied after a round of all probes, as by a restart."""

    def __init__(self, step):
        self.step, self.v, self.calls = step, 0.0, 0

    def __call__(self, w, g, state, lr, beta):
        if self.calls % ((len(_STEPS) + 1) * 3 * 5) == 0:  # every probe and the first again, three walks of five steps
            self.v = 0.0
        self.calls += 1
        old, self.v = self.v, beta * self.v + g
        return w - self.step(self.v, old, g, lr, beta), state


_TABLE = np.array([[1.0, -2.0, 4.0], [0.5, 3.0, -1.0]])
_STEPS = (
    (1.0, (0.5, -0.2, 0.9, 0.9, -1.5), (0.1, 0.1, 0.1, 0.1, 0.1), 0.83),
    (-2.0, (1.0, 1.0, 1.0, 1.0, 1.0), (0.3, 0.1, 0.2, 0.05, 0.4), 0.5),
    (np.array([1.0, -2.0, 0.5]), (np.array([1.0, 0.5, -1.0]), np.array([-2.0, 0.1, 0.3]), np.array([0.0, 3.0, 1.0]),
                                  np.array([0.4, 0.4, 2.0]), np.array([1.0, -1.0, 0.2])), (0.2, 0.2, 0.02, 0.02, 0.5),
     0.97),
    (_TABLE, (_TABLE / 2, -_TABLE, _TABLE**2, _TABLE + 1, _TABLE - 2), (0.01, 0.02, 0.03, 0.04, 0.05), 0.3),
    (0.0, (1e-6, 2e-6, -3e-6, 1e-6, 5e-6), (10.0, 10.0, 3.0, 1.0, 10.0), 0.9),
    (4.0, (1.0, -2.0, 0.5, 0.25, 1.0), (0.1, 0.2, 0.1, 0.2, 0.1), 0.0),
)

_MEMORY = ("Read the old velocity from the state, with 0 for the first step, make the new one, and hand it back in a "
           "new dictionary: `state.get(\"v\", 0.0)`.")

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
        drive=_several_steps,
        mistakes=(
            (_rule(_average, _ball),
             "That is the damped form: the gradient enters with 1 − β, so the steps are 1/(1 − β) times too short."),
            (_started_full(_ball),
             "That is the damped form with a full first gradient, as torch's `dampening`. Asked for is the undamped "
             "one."),
            (_forgetful(_ball),
             "Every step is like the first: the new velocity is never kept. Hand back a state that holds it."),
            (_Shared(_ball),
             "The velocity is kept outside the state, so that two weights, or two runs, share one memory. Keep it in "
             "the state that comes in and goes out."),
            (_rule(_sum, lambda v, old, g, lr, beta: -lr * v),
             "The sign of the velocity is turned round: this walks uphill."),
            (_rule(lambda v, g, lr, beta: beta * v + lr * g, lambda v, old, g, lr, beta: v),
             "The rate is inside the velocity. That is the same only while the rate stays; here it changes, and old "
             "steps then keep their old rate."),
            (_rule(_sum, lambda v, old, g, lr, beta: lr * old),
             "The step is made with the velocity from before this gradient: update v first."),
            (_rule(_sum, _ahead),
             "That is Nesterov's step, which looks ahead. Heavy ball steps along v itself."),
            (_rule(lambda v, g, lr, beta: v + g, _ball),
             "The velocity never forgets: nothing of it is lost from step to step. Where does β belong?"),
            (_rule(lambda v, g, lr, beta: v + beta * g, _ball),
             "β is on the wrong side: it says how much of the old velocity survives, not how much of the gradient "
             "enters."),
            (_rule(lambda v, g, lr, beta: beta * (v + g), _ball),
             "The new gradient is shortened as well: β multiplies only the old velocity."),
            (_rule(lambda v, g, lr, beta: (1 - beta) * v + g, _ball),
             "1 − β of the velocity survives here. β itself should."),
            (_rule(lambda v, g, lr, beta: (1 - beta) * v + beta * g, _ball),
             "An average, with the two shares exchanged. Asked for is β times the old velocity plus the whole "
             "gradient."),
            (_rule(_sum, lambda v, old, g, lr, beta: lr * (g + v)),
             "The gradient is counted twice: it is in the new velocity already."),
            (_rule(_sum, lambda v, old, g, lr, beta: v),
             "The rate is missing: the step is lr times the velocity."),
            (_rule(lambda v, g, lr, beta: 0.9 * v + g, _ball),
             "β is typed in as 0.9. Use the beta that is passed."),
            (lambda w, g, state, lr, beta: (w - lr * (state.get("v", 0.0) * beta + g), {"v": g}),
             "The state keeps the last gradient instead of the velocity, so the memory is one step long."),
            (lambda w, g, state, lr, beta: momentum_update(w, g, state, lr, beta)[::-1],
             "Both results are right, in the other order: first the weights, then the state."),
            (lambda w, g, state, lr, beta: momentum_update(w, g, state, lr, beta)[0],
             "Only the weights come back. The state must come back too, as the second of a pair."),
        ),
    ),
    Exercise(
        id="effective-rate",
        title="the effective rate",
        reference=effective_rate,
        why="For a constant gradient the velocity settles where v = βv + (1 − dampening) g.",
        hints=(
            "Under a constant gradient the velocity stops changing after a while. What equation holds then?",
            "v = beta · v + (1 − dampening) · g. Solve it for v, with g = 1.",
            "v is (1 − dampening) / (1 − beta), and the step is lr times that.",
        ),
        probes=((0.01, 0.9, 0.0), (0.01, 0.9, 0.9), (0.3, 0.0, 0.0), (0.1, 0.5, 0.2), (2.0, 0.99, 0.5),
                (0.05, 0.3, 0.6), (1e-4, 0.75, 0.0)),
        mistakes=(
            (lambda lr, beta, dampening: lr / (1 - beta),
             "Right without dampening. The gradient enters with 1 − dampening: what does that do to all steps?"),
            (lambda lr, beta, dampening: lr * (1 - dampening),
             "That is the first step. Later ones are longer: part of the velocity is still there when the next "
             "gradient arrives."),
            (lambda lr, beta, dampening: lr,
             "Right only if dampening equals beta. In general the old gradients add up to more, or less, than one."),
            (lambda lr, beta, dampening: lr * (1 - beta),
             "Upside down: memory makes the steps longer, so divide by 1 − β."),
            (lambda lr, beta, dampening: lr * (1 - beta) / (1 - dampening),
             "Upside down: the new gradient enters with 1 − dampening, and memory divides by 1 − β."),
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
             "One gradient is missing: the newest counts in full, and only the older ones carry powers of β."),
        ),
    ),
    Exercise(
        id="best-momentum",
        title="the best rate and β of a quadratic",
        reference=best_momentum,
        why="At this pair the flattest and the steepest direction are equally fast, both with the factor √β.",
        hints=(
            "Look up Polyak's formulas above. They need the square roots of the two curvatures and nothing else.",
            "β is ((√κ − 1) / (√κ + 1))² with κ = high / low. Keep the square.",
            "The rate is (2 / (√high + √low))². Give back first the rate, then beta.",
        ),
        probes=((1.0, 25.0), (1.0, 100.0), (0.5, 8.0), (4.0, 4.0), (2.0, 3.0), (1e-3, 10.0), (9.0, 16.0)),
        mistakes=(
            (lambda low, high: (best_momentum(low, high)[0], math.sqrt(best_momentum(low, high)[1])),
             "The rate is right. β is not squared: that is the factor of a step, √β."),
            (lambda low, high: (math.sqrt(best_momentum(low, high)[0]), best_momentum(low, high)[1]),
             "β is right. The rate is (2 / (√high + √low)) squared."),
            (lambda low, high: (2 / (low + high), best_momentum(low, high)[1]),
             "β is right, but that is the best rate of plain descent. With momentum more is possible."),
            (lambda low, high: (2 / (low + high), ((high - low) / (high + low)) ** 2),
             "The roots are missing: take √low and √high in both formulas."),
            (lambda low, high: (best_momentum(low, high)[0], ((high - low) / (high + low)) ** 2),
             "The rate is right. In β the roots are missing."),
            (lambda low, high: (best_momentum(low, high)[0], (high - low) / (high + low)),
             "The rate is right. That other number is what plain descent leaves at its best rate, not β."),
            (lambda low, high: (1 / high, best_momentum(low, high)[1]),
             "β is right. 1 / high is a safe rate, not the fastest one."),
            (lambda low, high: (1 / high, math.sqrt(best_momentum(low, high)[1])),
             "That is a common choice for Nesterov's form. Heavy ball has another best pair."),
            (lambda low, high: (2 / high, best_momentum(low, high)[1]),
             "β is right. 2 / high is the critical rate of plain descent."),
            (lambda low, high: (4 / (high + low), best_momentum(low, high)[1]),
             "β is right. In the rate, the roots are added first and squared afterwards."),
            (lambda low, high: best_momentum(low, high)[::-1],
             "Both numbers are right, in the other order: first the rate, then beta."),
            (lambda low, high: best_momentum(low, high)[1],
             "β is right. The rate is asked for as well, as the first of a pair."),
            (lambda low, high: best_momentum(1.0, high / low),
             "β is right. The rate depends on the curvatures themselves, not only on their ratio."),
            (lambda low, high: ((1 - best_momentum(low, high)[1]) * best_momentum(low, high)[0],
                                best_momentum(low, high)[1]),
             "β is right, and the rate is shortened by 1 − β. The formula is for the undamped form as it stands."),
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
        drive=_several_steps,
        mistakes=(
            (_rule(_sum, _ball),
             "That is heavy ball: g + β times the *old* velocity is just the new velocity. Use the new one in the "
             "bracket."),
            (_rule(_average, _ahead),
             "The velocity is damped: the gradient enters it with 1 − β. Asked for is the undamped form."),
            (_rule(_average, _ball),
             "That is damped heavy ball, a plain average of gradients. Neither 1 − β belongs here, nor is the look "
             "ahead missing in Nesterov's form."),
            (_forgetful(_ahead),
             "Every step is like the first: the new velocity is never kept. Hand back a state that holds it."),
            (_Shared(_ahead),
             "The velocity is kept outside the state, so that two weights, or two runs, share one memory. Keep it in "
             "the state that comes in and goes out."),
            (_rule(_sum, lambda v, old, g, lr, beta: -lr * (g + beta * v)),
             "The sign is turned round: this walks uphill."),
            (_rule(lambda v, g, lr, beta: beta * v + lr * g, lambda v, old, g, lr, beta: lr * g + beta * v),
             "The rate is inside the velocity. That is the same only while the rate stays; here it changes."),
            (_rule(_sum, lambda v, old, g, lr, beta: lr * (g + v)),
             "β is missing in the bracket: the velocity loses a part before it counts again."),
            (_rule(_sum, lambda v, old, g, lr, beta: lr * beta * v),
             "The gradient is missing in the bracket: g + β v."),
            (_rule(_sum, lambda v, old, g, lr, beta: lr * (v + beta * g)),
             "The roles in the bracket are exchanged: the gradient counts in full, the velocity with β."),
            (_rule(_sum, lambda v, old, g, lr, beta: lr * (v + beta * v)),
             "The velocity stands twice in the bracket; the first of the two is the gradient alone."),
            (_rule(_sum, lambda v, old, g, lr, beta: lr * (g + beta**2 * v)),
             "One β too many in the bracket."),
            (_rule(lambda v, g, lr, beta: beta * v + g, lambda v, old, g, lr, beta: lr * (g + beta * (g + beta * v))),
             "This looks two steps ahead; one is asked for."),
            (lambda w, g, state, lr, beta: (nesterov_update(w, g, state, lr, beta)[0],
                                            {"v": g + beta * (beta * state.get("v", 0.0) + g)}),
             "The step is right, but the state keeps the bracket instead of the velocity."),
            (_rule(_sum, lambda v, old, g, lr, beta: g + beta * v),
             "The rate is missing: it multiplies the whole bracket."),
            (_rule(_sum, lambda v, old, g, lr, beta: lr * g + beta * v),
             "The rate multiplies the gradient only. It belongs in front of the whole bracket."),
            (_rule(lambda v, g, lr, beta: 0.9 * v + g, lambda v, old, g, lr, beta: lr * (g + 0.9 * v)),
             "β is typed in as 0.9. Use the beta that is passed."),
            (lambda w, g, state, lr, beta: nesterov_update(w, g, state, lr, beta)[::-1],
             "Both results are right, in the other order: first the weights, then the state."),
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
