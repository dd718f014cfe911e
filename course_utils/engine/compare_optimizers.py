"""Whether an optimizer does to the rows of a matrix together what it does to each, and what it must not do."""

from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from numbers import Real
from types import CellType, FunctionType

import torch

from ..names import label
from ..optimizers import evaluated
from .losses import fitted, mean_loss
from .networks import seeded, torch_seed
from .sameness import ERRORS, described, same, says
from .steps import TorchStep, column, torch_optimizer

__all__ = ["EXAMPLES", "check_step", "check_torch_optimizer", "compare_optimizer"]

EXAMPLES = 3  # on which networks are compared
NOTES = (list, dict, set, int, float)  # in which a function may note what it does
SCALES = (1e-6, 1e-2, 1.0, 1e2, 1e6)  # of the gradients at which optimizers are compared


def compare_optimizer(optimizer, weights, rates, hyper):
    """Why the optimizer cannot step a matrix of networks ("": it can), and whether it writes into what it is given."""
    optimizer = _apart(optimizer)
    rates = (rates * 2)[:2]
    hyper = [hyper[0], {name: next((row[name] for row in hyper if row[name] != value), value)
                        for name, value in hyper[0].items()}]
    rates = [lr if isinstance(lr, Real) else 0.01 * (i + 1) for i, lr in enumerate(rates)]
    if rates[0] == rates[1]:
        rates = [rates[0], rates[0] / 2]
    with seeded(0):
        try:
            alone = [_steps(optimizer, weights[r:r + 1], *_columns(rates[r:r + 1], hyper[r:r + 1]), slice(r, r + 1))
                     for r in range(2)]
            together = _steps(optimizer, weights, *_columns(rates, hyper), slice(0, 2))
        except Exception:
            alone = together = None
        if together is None or any(run.random for run in alone) or not _agree(together, alone):
            return _by_itself(optimizer, weights, rates, hyper, together)
        _check_no_memory(optimizer, weights[:1], *_columns(rates[:1], hyper[:1]), slice(0, 1), alone[0])
    return "", together.wrote or any(run.wrote for run in alone)


def _by_itself(optimizer, weights, rates, hyper, together):
    """Why an optimizer is given one network at a time, as a vector; raises if that cannot be either."""
    alone = [_steps(optimizer, weights[r], rates[r], hyper[r], r) for r in range(2)]
    _check_no_memory(optimizer, weights[0], rates[0], hyper[0], 0, alone[0])
    writes, name = any(run.wrote for run in alone), label(optimizer)
    if any(run.random for run in alone):
        return f"{name} draws random numbers", writes
    if together is None:
        return f"{name} takes one network at a time", writes
    return f"{name} mixes networks that are stepped together, as clipping by a norm does", writes


def _columns(rates, hyper):
    """The rates and hyperparameters as the rows of a stack get them."""
    columns = {name: column([row[name] for row in hyper]) for name in hyper[0]}
    alike = {name for name in hyper[0] if hyper[0][name] == hyper[-1][name] and len(hyper) > 1}
    return column(rates), {name: hyper[0][name] if name in alike else c for name, c in columns.items()}


def _agree(together, alone):
    return all(same(rows[r:r + 1], w, 1e-4) for r, run in enumerate(alone)
               for rows, w in zip(together.weights, run.weights, strict=True))


def _apart(function):
    """The same function with copies of the lists and dictionaries around it, so that what it notes there is not seen.

    A reader may watch an optimizer at work; the steps of a comparison are none of its work.
    """
    if isinstance(function, partial):
        return partial(_apart(function.func), *function.args, **function.keywords)
    if not isinstance(function, FunctionType):
        return function
    names = {name for name in function.__code__.co_names if isinstance(function.__globals__.get(name), NOTES)}
    around = dict(function.__globals__) | {name: deepcopy(function.__globals__[name]) for name in names}
    cells = tuple(_copied(cell) for cell in function.__closure__ or ())
    apart = FunctionType(function.__code__, around, function.__name__, function.__defaults__, cells)
    apart.__kwdefaults__ = function.__kwdefaults__
    return apart


def _copied(cell):
    try:
        value = cell.cell_contents
    except ValueError:  # still empty
        return CellType()
    return CellType(deepcopy(value) if isinstance(value, NOTES) else value)


@dataclass
class _Steps:
    weights: list
    wrote: bool = False
    random: bool = False


def _steps(optimizer, w, lr, hyper, rows):
    """What an optimizer makes of w, a vector or the rows of a matrix, in a few steps at every scale of the gradient."""
    run = _Steps([])
    torch_seed(0)
    for k, scale in enumerate(SCALES):
        w_now, state = w.clone(), {}
        for step in range(3):
            g = _gradients(w.shape[-1], k, step)[rows] * scale
            given, gradient, drawn = w_now.clone(), g.clone(), torch.get_rng_state()
            w_next, state = _stepped(optimizer, given, gradient, state, lr, hyper)
            run.wrote |= not (torch.equal(given, w_now) and torch.equal(gradient, g))
            run.random |= not torch.equal(drawn, torch.get_rng_state())
            w_now = w_next.clone()
            run.weights += [w_now, evaluated(w_now, state).clone()]
    return run


def _gradients(n, k, step):
    """Two rows of very different size, and not the same at each step."""
    g = torch.randn(2, n, generator=torch.Generator().manual_seed(10 * k + step))
    return g * torch.tensor([[1.0], [7.0]])


def _stepped(optimizer, w, g, state, lr, hyper):
    name = label(optimizer)
    try:
        answer = optimizer(w, g, state, lr, **hyper)
    except ERRORS as error:
        raise ValueError(f"{name} failed on weights and a gradient of shape {tuple(w.shape)}: "
                         f"{type(error).__name__}: {says(error)}") from error
    if not isinstance(answer, tuple) or len(answer) != 2:
        raise TypeError(f"{name} must return the new weights and the new state, as in `return w - lr * g, state`; "
                        f"it returned {described(answer)}")
    w_new, state = answer
    if not isinstance(w_new, torch.Tensor) or w_new.shape != w.shape or w_new.dtype != w.dtype:
        raise TypeError(f"{name} must return weights of the shape and kind that it was given, a tensor of shape "
                        f"{tuple(w.shape)} and {w.dtype}; it returned {described(w_new)}")
    if not isinstance(state, dict):
        raise TypeError(f"{name} must return its state as a dictionary; it returned {described(state)}")
    judged = evaluated(w_new, state)
    if not isinstance(judged, torch.Tensor) or judged.shape != w.shape or judged.dtype != w.dtype:
        raise TypeError(f"{name} keeps in state[\"evaluated\"] what is not weights to judge by, a tensor of shape "
                        f"{tuple(w.shape)} and {w.dtype}: {described(judged)}")
    return w_new, state


def _check_no_memory(optimizer, w, lr, hyper, rows, before):
    again = _steps(optimizer, w, lr, hyper, rows)
    if not all(same(a, b, 1e-4) for a, b in zip(before.weights, again.weights, strict=True)):
        raise ValueError(f"{label(optimizer)} keeps something outside of its state, so that a second run inherits it "
                         "from the first: keep it in `state`")


def check_torch_optimizer(optimizer, module, lr, hyper):
    try:
        torch_optimizer(optimizer, module, lr if isinstance(lr, Real) else 0.01, hyper)
    except TypeError as error:
        if "must return" in str(error):
            raise
        raise TypeError(f"{label(optimizer)} does not take these hyperparameters, {hyper}: {error}") from error
    except ERRORS as error:
        raise ValueError(f"{label(optimizer)} refuses lr {lr!r} and {hyper}: {says(error)}") from error


def check_step(optimizer, module, data, lr, hyper, loss):
    """One real step, since some optimizers say only then what they cannot take."""
    x, y = (torch.tensor(getattr(data, f"{axis}_train")[:EXAMPLES]) for axis in "xy")
    value_of = lambda: (mean_loss(data.task, fitted(data.task, module(x), y), y) if loss is None
                        else loss(module(x), y).reshape(()))
    with seeded(0):
        module.train()
        lr = lr if isinstance(lr, Real) else 0.01
        try:
            TorchStep(optimizer, module, lr, hyper)(lr, value_of)
        except ERRORS as error:
            raise ValueError(f"{label(optimizer)} cannot step this model: {says(error)}") from error
