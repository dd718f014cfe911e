"""What can be wrong with a model or with a hyperparameter, found before anything is trained."""

import inspect
from numbers import Real

import numpy as np
import torch

from ..names import label
from .stacks import stack_of
from .tracing import alone

__all__ = ["check_hyper", "check_model"]


def check_hyper(optimizer, hyper):
    """Refuse a hyperparameter that the optimizer does not take, or a value that is not a number."""
    known = [name for name in inspect.signature(optimizer).parameters][4:]  # after w, g, state, lr
    for name, value in hyper.items():
        if name not in known:
            raise TypeError(f"{label(optimizer)} has no hyperparameter {name!r}; it has "
                            f"{', '.join(known) or 'none besides lr'}")
        if not isinstance(value, Real) or isinstance(value, bool) or not np.isfinite(value):
            raise ValueError(f"{name} must be a finite number, got {value!r}")


def check_model(model, data):
    """Refuse a model that is no maker of fresh networks, does not fit the data, or cannot be stacked."""
    with alone, torch.random.fork_rng(devices=[]):
        _check_model(model, data)


def _check_model(model, data):
    if isinstance(model, torch.nn.Module) or not callable(model):
        raise TypeError("model must be a function of no arguments that returns a fresh network, such as "
                        f"mlp(2, 50, 3) or lambda: nn.Linear(2, 3); got {type(model).__name__}")
    try:
        first, second = model(), model()
    except TypeError as error:
        raise TypeError(f"model must be a function of no arguments; calling it failed: {error}") from error
    if not isinstance(first, torch.nn.Module):
        raise TypeError(f"model() must return a torch.nn.Module, got {type(first).__name__}")
    fixed = [name for name, p in first.named_parameters() if not p.requires_grad]
    if fixed or not any(True for _ in first.parameters()):
        raise ValueError(f"the model must have weights, all of them free to train; {', '.join(fixed) or 'none'} "
                         f"{'is frozen' if fixed else 'found'}")
    shared = {id(p) for p in first.parameters()} & {id(p) for p in second.parameters()}
    if shared:
        raise ValueError("model must build a fresh network at each call, but two calls shared their weights; "
                         "create the network inside the function")
    stack = stack_of(first, data)
    x, y = torch.tensor(data.x_train[:2]), torch.tensor(data.y_train[:2])
    try:
        with torch.no_grad():
            outputs = first(x)
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        raise ValueError(f"the model cannot take {data.name}, a row of which has shape {tuple(x.shape[1:])}: "
                         f"{error}") from error
    if not isinstance(outputs, torch.Tensor):
        raise TypeError(f"the model must return one tensor, got {type(outputs).__name__}")
    if data.task == "classification" and outputs.shape[-1] < data.n_classes:
        raise ValueError(f"the labels of {data.name} go up to {data.n_classes - 1}, so the model needs at least "
                         f"{data.n_classes} outputs; it has {outputs.shape[-1]}")
    if outputs.numel() != y.numel() * (outputs.shape[-1] if data.task == "classification" else 1):
        raise ValueError(f"the model returns shape {tuple(outputs.shape)} where the targets of {data.name} have "
                         f"shape {tuple(y.shape)}")
    try:
        weights = torch.nn.utils.parameters_to_vector(first.parameters()).detach()
        [batch] = stack.batches(x, y, torch.tensor([[0, 1]]), torch.tensor([0]), 2)
        stack.loss_and_gradient(weights[None], batch)
    except RuntimeError as error:
        raise ValueError("the model cannot be trained in a stack: it must draw no random numbers (as dropout does) "
                         "and decide nothing by the values it computes; torch says: "
                         f"{str(error).splitlines()[0]}") from error
