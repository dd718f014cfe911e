"""What one network alone makes of a few examples: outputs, loss and gradient, or what is wrong with them in words."""

import warnings
from dataclasses import dataclass

import numpy as np
import torch

from ..arrays import SEVERAL
from .losses import fitted, mean_loss, problem_with
from .networks import buffers_of, torch_seed
from .sameness import ERRORS, described, same, says

__all__ = ["Alone", "by_itself", "outputs_of", "single_output"]


@dataclass
class Alone:
    """What a network alone does to a few examples, in training mode."""

    outputs: object
    loss: torch.Tensor
    gradient: torch.Tensor
    random: bool
    moved: bool  # it changed its buffers
    buffers: dict  # as they were before


def by_itself(module, data, x, y, loss):
    """Outputs, loss and gradient of a network alone in training mode; raises if they are none."""
    buffers = buffers_of(module)
    state = torch.get_rng_state()
    try:
        outputs = module.train()(x) if len(x) > 1 else _of_one(module, x)
    except ERRORS as error:
        raise ValueError(f"the model cannot take {data.name}, a row of which has shape {tuple(x.shape[1:])}: "
                         f"{says(error)}{_hint(error, data)}") from error
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
    moved = any(not same(buffers[name], b) for name, b in module.named_buffers())
    return Alone(outputs, value.detach(), torch.cat([g.to_dense().flatten() for g in flat]).detach(), random, moved,
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
    single = single_output(module.eval(), x)
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
    value = _asked(loss, outputs, y)
    if not isinstance(value, torch.Tensor) or value.numel() != 1 or value.is_complex():
        raise ValueError("loss must return one number, the mean over the examples, as a tensor; got "
                         f"{described(value)}")
    if isinstance(outputs, torch.Tensor) and len(y) > 1 and outputs.shape[:1] == y.shape[:1]:
        twice = float(_asked(loss, torch.cat([outputs, outputs]), torch.cat([y, y])).detach())
        once = float(value.detach())
        if abs(once) > 1e-6 and abs(twice - 2 * once) < 1e-3 * abs(once):
            raise ValueError("loss must give the mean over the examples, but twice the same examples gave twice the "
                             'loss: use reduction="mean", or divide by the number of examples')
    return value.reshape(())


def _asked(loss, outputs, y):
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", "Using a target size")  # which broadcasts (n, 1) and (n,) to (n, n)
            return loss(outputs, y)
    except (*ERRORS, UserWarning) as error:
        raise ValueError(f"loss cannot take what the model returns, {described(outputs)}, and targets "
                         f"{described(y)}: {says(error)}") from error


def outputs_of(module, x):
    torch_seed(0)  # what draws at random draws the same
    with torch.no_grad():
        return module(x)


def single_output(module, x):
    """The output for the first example by itself; None where the module takes no single example."""
    try:
        return outputs_of(module, x[:1])
    except ERRORS:
        return None


def _hint(error, data):
    """What helps against the commonest cause."""
    if "positional argument" in str(error):
        return f" (a model is called with one x: {SEVERAL})"
    whole = bool((data.x_train[:100] == np.round(data.x_train[:100])).all())
    if whole and any(word in str(error) for word in ("Long", "Int", "indices")):
        return " (inputs arrive as float32: call x.long() where the model needs whole numbers)"
    return ""
