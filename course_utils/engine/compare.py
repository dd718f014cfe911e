"""Trust, but compare: before a sweep trains, its fast way is held against each network alone.

Two fresh networks and a handful of examples say whether a stack gives the outputs, losses and gradients that the
networks give by themselves, and whether the optimizer does to both rows of a matrix what it does to each. What agrees
is trained as a stack. What does not agree, but is sound, is trained network by network, and a sentence says why. What
is wrong in itself is refused.
"""

import warnings
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from numbers import Real
from time import perf_counter
from types import CellType, FunctionType

import numpy as np
import torch

from ..names import label
from .losses import fitted, mean_loss, problem_with, scores_of
from .networks import buffers_of, build, put_back, seeded, torch_seed, weights_of
from .stacks import KINDS
from .steps import TorchStep, column, kind_of, torch_optimizer

__all__ = ["Way", "way_of"]

EXAMPLES = 3
NOTES = (list, dict, set, int, float)  # in which a function may note what it does
LARGE = 50_000  # weights: such a network fills a core by itself, and a stack of them only the memory
SCALES = (1e-6, 1e-2, 1.0, 1e2, 1e6)  # of the gradients at which optimizers are compared
ERRORS = (RuntimeError, ValueError, TypeError, IndexError, AttributeError, KeyError, NotImplementedError,
          AssertionError, ArithmeticError)


@dataclass(frozen=True)
class Way:
    """How networks are trained: `stack` names the kind of stack, or is "" for network by network, `why` says why."""

    stack: str
    why: str = ""
    copies: bool = False  # the optimizer writes into what it is given, so it is given copies
    whole: bool = False  # an answer depends on the other examples, so that each part is scored as one batch
    seconds: float = 0.0  # a step of one network alone
    note: str = ""  # what a reader should know

    def __str__(self):
        return "as one stack" if self.stack else f"network by network: {self.why}"


def way_of(model, data, optimizer, rates, hyper, batch_size, loss=None):
    """The `Way` for a model, an optimizer and its hyperparameters (lists of values); raises if one of them is wrong."""
    way, module, weights = _way_of_model(model, data, loss, batch_size)
    if kind_of(optimizer) != "rows":
        for lr, row in zip(rates, hyper, strict=True):
            _check_torch_optimizer(optimizer, module, lr, row)
        _check_step(optimizer, module, data, rates[0], hyper[0], loss)
        return replace(way, stack="", why=way.why if not way.stack else
                       f"{label(optimizer)} is an optimizer of torch, which steps one network at a time")
    why, copies = _compare_optimizer(optimizer, weights, rates, hyper)
    return replace(way, stack=way.stack * (not why), why=way.why or why, copies=copies)


# The model

def _way_of_model(model, data, loss, batch_size):
    """The way that the model allows, one of its networks, and the weights (2, P) of two."""
    if isinstance(model, torch.nn.Module) or not callable(model):
        raise TypeError("model must be a function of no arguments that returns a fresh network, such as "
                        f"mlp(2, 50, 3) or lambda: nn.Linear(2, 3); got {type(model).__name__}")
    if isinstance(loss, type) or (loss is not None and not callable(loss)):
        raise TypeError("loss must be a function of outputs and targets that gives a mean, such as F.cross_entropy or "
                        f"nn.CrossEntropyLoss(); got {loss!r}")
    x, y = (torch.tensor(getattr(data, f"{axis}_train")[:EXAMPLES]) for axis in "xy")
    one, other, again = _drawn(model, x[:1], seeds=(0, 1, 0))
    if loss is not None and any(True for _ in getattr(loss, "parameters", tuple)()):
        raise ValueError("loss has weights of its own, which would not be trained: make it part of the model")
    _check_drawn(one, other, again)
    note = _note(one, other)
    with seeded(0):
        first = _alone(one, data, x, y, loss)
        _check_batches(one, data, x, batch_size)
        why, whole = _reason_against(one, other, first, x)
        _check_nothing_is_lost(one, again, x)
        if not why:
            for name, stack in KINDS.items():
                if stack.takes(one, data, loss):
                    if not (why := _disagreement(stack, [one, other], data, x, y, loss, first)):
                        return Way(name, note=note), one, _rows(one, other)
        seconds = _time(one, data, loss, batch_size)
    return Way("", why, whole=whole, seconds=seconds, note=note), one, _rows(one, other)


def _drawn(model, example, seeds):
    networks = []
    for seed in seeds:
        with seeded(seed):
            try:
                module = build(model, example)
            except TypeError as error:
                if "must return" in str(error):
                    raise
                raise TypeError(f"model must be a function of no arguments; calling it failed: {error}") from error
            except ERRORS as error:
                raise ValueError(f"model must be a function of no arguments that returns a fresh network; calling it "
                                 f"failed: {type(error).__name__}: {_says(error)}") from error
        networks.append(module)
    return networks


def _check_drawn(one, other, again):
    if not any(p.requires_grad for p in one.parameters()):
        found = "all of its weights are frozen" if any(True for _ in one.parameters()) else "none found"
        raise ValueError(f"the model must have weights that are free to train; {found}")
    if {id(p) for p in one.parameters()} & {id(p) for m in (other, again) for p in m.parameters()}:
        raise ValueError("model must build a fresh network at each call, but two calls shared their weights; "
                         "create the network inside the function")
    if {id(b) for b in one.buffers()} & {id(b) for m in (other, again) for b in m.buffers()}:
        raise ValueError("model must build a fresh network at each call, but two calls shared a buffer; create every "
                         "layer inside the function")
    if {p.device.type for p in one.parameters()} - {"cpu", "meta"}:
        raise ValueError("model must build its network on the CPU; device=\"cuda\" moves it")
    a, b = weights_of(one), weights_of(again)
    if a.shape != b.shape or not torch.equal(a, b):
        raise ValueError("model must build the same network under the same torch seed, but two calls gave different "
                         "weights: draw them with torch's, NumPy's or Python's global random state")


def _note(one, other):
    a, b = weights_of(one), weights_of(other)
    if a.shape == b.shape and torch.equal(a, b):
        return ("networks of different seeds start from the same weights; if that is not meant, let the model draw "
                "them, and set no seed in it")
    return ""


@dataclass
class _Alone:
    """What a network alone does to a few examples, in training mode."""

    outputs: object
    loss: torch.Tensor
    gradient: torch.Tensor
    random: bool
    moved: bool  # it changed its buffers
    buffers: dict  # as they were before


def _alone(module, data, x, y, loss):
    """Outputs, loss and gradient of a network alone in training mode; raises if they are none."""
    buffers = buffers_of(module)
    state = torch.get_rng_state()
    try:
        outputs = module.train()(x) if len(x) > 1 else _of_one(module, x)
    except ERRORS as error:
        raise ValueError(f"the model cannot take {data.name}, a row of which has shape {tuple(x.shape[1:])}: "
                         f"{_says(error)}{_hint(error, data)}") from error
    random = not torch.equal(state, torch.get_rng_state())
    if loss is None:
        _check_outputs(outputs, module, data, x, y)
        value = mean_loss(data.task, fitted(data.task, outputs, y), y)
    else:
        value = _own_loss(loss, outputs, y)
    if not value.requires_grad:
        raise ValueError("the loss of the model does not depend on its weights: something in it stops the gradient, "
                         "such as .detach(), .item(), argmax or torch.no_grad()")
    weights = [p for p in module.parameters() if p.requires_grad]
    gradients = torch.autograd.grad(value, weights, allow_unused=True)
    if all(g is None for g in gradients):
        raise ValueError("the loss does not depend on any weight that is free to train")
    own = dict(zip(map(id, weights), gradients, strict=True))
    flat = [own.get(id(p)) for p in module.parameters()]
    flat = [torch.zeros_like(p) if g is None else g for p, g in zip(module.parameters(), flat, strict=True)]
    moved = any(not _same(buffers[name], b) for name, b in module.named_buffers())
    return _Alone(outputs, value.detach(), torch.cat([g.to_dense().flatten() for g in flat]).detach(), random, moved,
                  buffers)


def _of_one(module, x):
    """The output for a single example: of batch normalization, which needs two to train, in evaluation mode."""
    try:
        return module.train()(x)
    except ValueError:
        return module.eval()(x)


def _check_outputs(outputs, module, data, x, y):
    if not isinstance(outputs, torch.Tensor):
        raise TypeError(f"the model must return one tensor, got {type(outputs).__name__}; for anything else give a "
                        "loss= that takes it")
    if problem := problem_with(outputs, y, data):
        raise ValueError(problem)
    single = _single(module.eval(), x)
    if single is not None and fitted(data.task, single, y[:1]).shape[:y.ndim] != y[:1].shape:
        raise ValueError(f"for a batch of one example the model returns shape {tuple(single.shape)}, for {len(x)} "
                         f"{tuple(outputs.shape)}: the first axis must count the examples in both")
    if data.task == "classification" and y.ndim > 1 and outputs.shape[1] == outputs.shape[-1]:
        _check_classes_stand_last(outputs, module, x)


def _check_classes_stand_last(outputs, module, x):
    """Of two axes of equal length, the one that shrinks with the row counts the places; the other the classes."""
    places = outputs.shape[1]
    for axis in (axis for axis in range(1, x.ndim) if x.shape[axis] == places):
        try:
            with torch.no_grad():
                shape = module.eval()(x.narrow(axis, 0, places - 1)).shape
        except ERRORS:
            continue
        if shape[1] == places - 1 and shape[-1] == places:
            return
        if shape[1] == places and shape[-1] == places - 1:
            raise ValueError(f"the model returns shape {tuple(outputs.shape)} with the scores of the classes in the "
                             "second axis; they must stand last: return outputs.movedim(1, -1)")
    raise ValueError(f"the model returns shape {tuple(outputs.shape)}, and nothing tells whether its second or its "
                     "last axis counts the classes: give a loss= that says so")


def _own_loss(loss, outputs, y):
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", "Using a target size")  # which broadcasts (n, 1) and (n,) to (n, n)
            value = loss(outputs, y)
    except (*ERRORS, UserWarning) as error:
        raise ValueError(f"loss cannot take what the model returns, {_described(outputs)}, and targets "
                         f"{_described(y)}: {_says(error)}") from error
    if not isinstance(value, torch.Tensor) or value.numel() != 1 or value.is_complex():
        raise ValueError("loss must return one number, the mean over the examples, as a tensor; got "
                         f"{_described(value)}")
    if isinstance(outputs, torch.Tensor) and len(y) > 1 and outputs.shape[:1] == y.shape[:1]:
        twice = float(loss(torch.cat([outputs, outputs]), torch.cat([y, y])).detach())
        once = float(value.detach())
        if abs(once) > 1e-6 and abs(twice - 2 * once) < 1e-3 * abs(once):
            raise ValueError("loss must give the mean over the examples, but twice the same examples gave twice the "
                             'loss: use reduction="mean", or divide by the number of examples')
    return value.reshape(())


def _check_batches(module, data, x, batch_size):
    """A batch of one is no batch for batch statistics."""
    sizes = {n for size in batch_size for n in (size, len(data.x_train) % size) if n}
    if 1 not in sizes:
        return
    try:
        module.train()(x[:1])
    except ERRORS as error:
        size = next(size for size in batch_size if 1 in (size, len(data.x_train) % size))
        raise ValueError(f"batch_size {size} leaves a batch of one of the {len(data.x_train)} training examples, which "
                         f"the model cannot be trained on ({_says(error)}): choose another batch_size") from error


def _reason_against(one, other, first, x):
    """Why the networks cannot be one stack ("": nothing known), and whether parts are to be scored as one batch."""
    put_back(one, weights_of(one), first.buffers)
    random = first.random or not _same(first.outputs, _outputs(one.train(), x))
    state = torch.get_rng_state()
    torch_seed(0)
    answers, unmoved = _outputs(one.eval(), x), torch.get_rng_state()
    torch_seed(0)
    if not torch.equal(torch.get_rng_state(), unmoved) or not _same(answers, _outputs(one, x)):
        return "it draws random numbers, even in evaluation", False
    torch.set_rng_state(state)
    if len(x) > 1 and not _same(_rows_of(answers, 1), _single(one, x)):
        return "an example's answer depends on the others in its batch", True
    if random:
        return "it draws random numbers while it trains, as dropout does", False
    if first.moved:
        return "it keeps buffers that training changes, as batch normalization does", False
    if not _same(first.outputs, answers):
        return "it does not do the same in training and in evaluation", False
    if len(list(one.named_parameters(remove_duplicate=False))) > len(list(one.parameters())):
        return "some of its layers share their weights", False
    if any(not p.requires_grad for p in one.parameters()):
        return "some of its weights are frozen", False
    if any(_has_hooks(m) for m in one.modules()) or any(p._backward_hooks for p in one.parameters()):
        return "it has hooks", False
    if sum(p.numel() for p in one.parameters()) > LARGE:
        return "networks of this size are faster by themselves", False
    if any(isinstance(m, torch.nn.modules.conv._ConvNd) for m in one.modules()):
        return "its convolutions are faster by themselves", False
    if len({p.dtype for p in one.parameters()} | {torch.float32}) > 1:
        return "its weights are of several kinds of number", False
    weights, buffers = weights_of(other), buffers_of(other)
    try:
        answers = _outputs(put_back(other, weights_of(one), {}).eval(), x), answers
        put_back(other, weights, buffers)
    except ERRORS:
        return "its networks differ in kind", False
    if not _same(*answers):
        return "two networks with the same weights differ: something random is no parameter", False
    return "", False


def _check_nothing_is_lost(one, again, x):
    """Another network with these weights and buffers must do what this one does, or its scores could not be shown."""
    put_back(again, weights_of(one), buffers_of(one))
    if not _same(_outputs(one.eval(), x), _outputs(again.eval(), x)):
        raise ValueError("the model remembers something that is neither a weight nor a buffer, so that a trained "
                         "network could not be given back: make it a buffer, with self.register_buffer(name, tensor)")


def _disagreement(stack, networks, data, x, y, loss, first):
    """Why not to trust a stack: "" if it gives the losses, gradients and scores that both networks give alone."""
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", ".*performance drop.*")  # an operation that is taken row by row
            return _compared(stack, networks, data, x, y, loss, first)
    except Exception:  # whatever vmap cannot take
        return "it cannot be computed as a stack"


def _compared(stack, networks, data, x, y, loss, first):
    stack, weights = stack(networks[0], data.task, loss), _rows(*networks)
    [batch] = stack.batches(x, y, torch.arange(len(x))[None], torch.tensor([0, 0]), len(x))
    losses, gradients = stack.loss_and_gradient(weights, batch)
    scores, single = stack.scores(weights, x, y), stack.scores(weights, x[:1], y[:1])
    for row, module in enumerate(networks):
        alone = first if row == 0 else _alone(module, data, x, y, loss)
        with torch.no_grad():
            shown, first_shown = (scores_of(module(xs), ys, data.task, loss) for xs, ys in ((x, y), (x[:1], y[:1])))
        if not (_same(losses[row], alone.loss) and _same(gradients[row], alone.gradient)
                and _same([s[row] for s in scores], shown) and _same([s[row] for s in single], first_shown)):
            return "a stack does not give what a network alone gives"
    return ""


def _time(module, data, loss, batch_size):
    """Seconds of one step of one network, at the first batch size."""
    n = min(batch_size[0], len(data.x_train))
    x, y = (torch.tensor(getattr(data, f"{axis}_train")[:n]) for axis in "xy")
    module.train()
    best = float("inf")
    for _ in range(2):
        began = perf_counter()
        try:
            outputs = module(x)
            value = mean_loss(data.task, fitted(data.task, outputs, y), y) if loss is None else loss(outputs, y)
            value.backward()
        except ERRORS:  # it will be said when it trains
            return 0.0
        module.zero_grad()
        best = min(best, perf_counter() - began)
    return best


# The optimizer

def _compare_optimizer(optimizer, weights, rates, hyper):
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
    return all(_same(rows[r:r + 1], w, 1e-4) for r, run in enumerate(alone)
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
            before, gradient = w_now.clone(), g.clone()
            drawn = torch.get_rng_state()
            w_next, state = _stepped(optimizer, w_now, g, state, lr, hyper)
            run.wrote |= not (torch.equal(before, w_now) and torch.equal(gradient, g))
            run.random |= not torch.equal(drawn, torch.get_rng_state())
            w_now = w_next.clone()
            run.weights.append(w_now)
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
        if w.ndim == 1:
            raise ValueError(f"{name} failed on weights and a gradient of shape {tuple(w.shape)}: "
                             f"{type(error).__name__}: {_says(error)}") from error
        raise
    if not isinstance(answer, tuple) or len(answer) != 2:
        raise TypeError(f"{name} must return the new weights and the new state, as in `return w - lr * g, state`; "
                        f"it returned {_described(answer)}")
    w_new, state = answer
    if not isinstance(w_new, torch.Tensor) or w_new.shape != w.shape or w_new.dtype != w.dtype:
        raise TypeError(f"{name} must return weights of the shape and kind that it was given, a tensor of shape "
                        f"{tuple(w.shape)} and {w.dtype}; it returned {_described(w_new)}")
    if not isinstance(state, dict):
        raise TypeError(f"{name} must return its state as a dictionary; it returned {_described(state)}")
    return w_new, state


def _check_no_memory(optimizer, w, lr, hyper, rows, before):
    again = _steps(optimizer, w, lr, hyper, rows)
    if not all(_same(a, b, 1e-4) for a, b in zip(before.weights, again.weights, strict=True)):
        raise ValueError(f"{label(optimizer)} keeps something outside of its state, so that a second run inherits it "
                         "from the first: keep it in `state`")


def _check_torch_optimizer(optimizer, module, lr, hyper):
    try:
        torch_optimizer(optimizer, module, lr if isinstance(lr, Real) else 0.01, hyper)
    except TypeError as error:
        if "must return" in str(error):
            raise
        raise TypeError(f"{label(optimizer)} does not take these hyperparameters, {hyper}: {error}") from error
    except ERRORS as error:
        raise ValueError(f"{label(optimizer)} refuses lr {lr!r} and {hyper}: {_says(error)}") from error


def _check_step(optimizer, module, data, lr, hyper, loss):
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
            raise ValueError(f"{label(optimizer)} cannot step this model: {_says(error)}") from error


# Small things

def _outputs(module, x):
    torch_seed(0)  # what draws at random draws the same
    with torch.no_grad():
        return module(x)


def _single(module, x):
    """The output for the first example by itself; None where the module takes no single example."""
    try:
        return _outputs(module, x[:1])
    except ERRORS:
        return None


def _rows(*networks):
    try:
        return torch.stack([weights_of(module) for module in networks])
    except RuntimeError:  # of several sizes
        return torch.stack([weights_of(networks[0])] * len(networks))


def _rows_of(outputs, n):
    """The first n rows of outputs, wherever tensors stand in them."""
    if isinstance(outputs, torch.Tensor):
        return outputs[:n] if outputs.ndim else outputs
    if isinstance(outputs, dict):
        return {key: _rows_of(value, n) for key, value in outputs.items()}
    if isinstance(outputs, tuple | list):
        return [_rows_of(value, n) for value in outputs]
    return outputs


def _same(a, b, tolerance=1e-3):
    """Whether two results agree but for rounding: tensors, or whatever holds tensors."""
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
        if a.shape != b.shape:
            return a.numel() == b.numel() == 1 and _same(a.reshape(()), b.reshape(()), tolerance)
        a, b = a.detach().double(), b.detach().double()
        scale = float(torch.nan_to_num(b, 0.0, 0.0, 0.0).abs().max()) if b.numel() else 0.0
        return torch.allclose(a, b, rtol=tolerance, atol=tolerance / 100 * scale + 1e-30, equal_nan=True)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same(a[key], b[key], tolerance) for key in a)
    if isinstance(a, tuple | list) and isinstance(b, tuple | list):
        return len(a) == len(b) and all(_same(x, y, tolerance) for x, y in zip(a, b, strict=True))
    return type(a) is type(b)


def _has_hooks(module):
    return any(getattr(module, name, None) for name in (
        "_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks"))


def _described(value):
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {tuple(value.shape)} and {value.dtype}"
    if isinstance(value, tuple | list):
        return f"{type(value).__name__} of {len(value)}"
    return "None" if value is None else f"{type(value).__name__} {value!r}"[:80]


def _says(error):
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _hint(error, data):
    """What helps against the commonest cause."""
    whole = bool((data.x_train[:100] == np.round(data.x_train[:100])).all())
    if whole and any(word in str(error) for word in ("Long", "Int", "indices")):
        return " (inputs arrive as float32: call x.long() where the model needs whole numbers)"
    return ""
