"""A step of an optimizer: of the course's pure functions on one vector of weights, or of torch.optim on a module."""

import inspect
from contextlib import contextmanager, nullcontext
from functools import partial
from numbers import Real

import torch

from ..names import label
from ..optimizers import evaluated

__all__ = ["FunctionStep", "TorchStep", "column", "dense", "kind_of", "names_of", "torch_optimizer"]


def column(value, device=None):
    """A list of one value a network as a column (runs, 1); a single number as it is."""
    return value if isinstance(value, Real) else torch.tensor(value, dtype=torch.float32, device=device)[:, None]


def kind_of(optimizer):
    """"rows" for a function (w, g, state, lr), "class" for one of torch.optim, "maker" for (module, lr)."""
    wanted = ("optimizer must be a function (w, g, state, lr) -> (w, state) such as sgd or adam, a class of "
              "torch.optim, or a function (module, lr) that returns a torch optimizer")
    inner = optimizer
    while isinstance(inner, partial):
        inner = inner.func
    if isinstance(inner, torch.optim.Optimizer):
        raise TypeError(f"{wanted}; got an object of {type(inner).__name__}, which holds the weights of one network: "
                        f"give the class, torch.optim.{type(inner).__name__}")
    if isinstance(inner, type):
        if issubclass(inner, torch.optim.Optimizer):
            return "class"
        raise TypeError(f"{wanted}, got {optimizer!r}")
    if not callable(optimizer):
        raise TypeError(f"{wanted}, got {optimizer!r}")
    names = _positional(optimizer)
    if len(names) >= 4 and names[3] == "lr" or len(names) >= 3 and names[2] == "state":
        return "rows"
    if len(names) >= 2 and names[1] == "lr":
        return "maker"
    raise TypeError(f"{wanted}; {label(optimizer)} takes {', '.join(names) or 'nothing'}")


def _positional(function):
    """Names of the arguments that are given by place."""
    try:
        return [p.name for p in inspect.signature(function).parameters.values()
                if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    except (TypeError, ValueError):  # some compiled functions do not tell
        return []


def names_of(optimizer):
    """Names of the hyperparameters besides lr, and those among them whose value is a tuple; None if any is taken."""
    first = {"rows": 4, "class": 1, "maker": 2}[kind_of(optimizer)]
    try:
        given = list(inspect.signature(optimizer).parameters.values())
    except (TypeError, ValueError):
        return None, ()
    if any(p.kind is p.VAR_KEYWORD for p in given):
        return None, ()
    rest = [p for i, p in enumerate(given) if p.name != "lr" and (i >= first or p.kind is p.KEYWORD_ONLY)]
    return [p.name for p in rest], [p.name for p in rest if isinstance(p.default, tuple)]


def torch_optimizer(optimizer, module, lr, hyper):
    """The torch optimizer of a module at a rate."""
    if kind_of(optimizer) == "class":
        made = optimizer(module.parameters(), lr=lr, **hyper)
    else:
        made = optimizer(module, lr, **hyper)
    if not isinstance(made, torch.optim.Optimizer):
        raise TypeError(f"{label(optimizer)} must return a torch optimizer, got {type(made).__name__}")
    _check_no_scheduler(made, label(optimizer))
    _check_holds(made, module, label(optimizer))
    return made


def _check_holds(made, module, name):
    held = {id(p) for group in made.param_groups for p in group["params"]}
    own = {id(p) for p in module.parameters()}
    if not held & own:
        raise ValueError(f"the optimizer that {name} returns holds none of the weights of the module that it was given")


def _check_no_scheduler(made, name):
    """Nothing here would step a torch scheduler, and building one writes its first rate over the one that is asked."""
    if any("initial_lr" in group for group in made.param_groups):
        raise ValueError(f"{name} builds a scheduler over the optimizer that it returns, which nothing would step: "
                         "return the optimizer alone, and give lr a function of the step, such as cosine(0.1, 1000) of "
                         "course_utils.schedules")


class FunctionStep:
    """Steps a module by a function (w, g, state, lr) on the vector of all weights that are free to train."""

    def __init__(self, optimizer, module, hyper):
        self.optimizer, self.hyper, self.state = optimizer, hyper, {}
        self.free = [p for p in module.parameters() if p.requires_grad]
        self.sizes = [p.numel() for p in self.free]

    def __call__(self, lr, value_of):
        """One step at rate lr down the gradient of the loss that `value_of()` gives; returns the loss."""
        for p in self.free:
            p.grad = None
        value = value_of()
        value.backward()
        with torch.no_grad():
            g = torch.cat([torch.zeros_like(p).flatten() if p.grad is None else dense(p.grad).flatten()
                           for p in self.free])
            w, self.state = self.optimizer(self._read(), g, self.state, lr, **self.hyper)
            self._write(w)
        return value.detach()

    @contextmanager
    def judged(self):
        """Within it the module has the weights that it is judged by."""
        own = self._read()
        self._write(evaluated(own, self.state))
        try:
            yield
        finally:
            self._write(own)

    @torch.no_grad()
    def _read(self):
        return torch.cat([p.flatten() for p in self.free])

    @torch.no_grad()
    def _write(self, w):
        torch._foreach_copy_(self.free, [part.view_as(p) for part, p in
                                         zip(w.split(self.sizes), self.free, strict=True)])

    def gradient(self):
        return [p.grad for p in self.free]


class TorchStep:
    """Steps a module by a torch optimizer; the rates of all its groups rise and fall with the schedule.

    The optimizer is made at the schedule's highest rate, and each group keeps its share of it.
    """

    def __init__(self, optimizer, module, top, hyper):
        self.optimizer, self.top = torch_optimizer(optimizer, module, top, hyper), top
        self.rates = [group["lr"] for group in self.optimizer.param_groups]
        self.closure = _needs_closure(self.optimizer)

    def __call__(self, lr, value_of):
        for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = lr if rate == self.top else rate * (lr / self.top)
        if self.closure:
            return self.optimizer.step(lambda: self._down(value_of)).detach()
        value = self._down(value_of)
        self.optimizer.step()
        return value.detach()

    def judged(self):
        return nullcontext()  # by the weights that it has

    def _down(self, value_of):
        self.optimizer.zero_grad()
        value = value_of()
        value.backward()
        return value

    def gradient(self):
        return [p.grad for group in self.optimizer.param_groups for p in group["params"]]


def _needs_closure(optimizer):
    """Whether a step asks for the loss anew, as L-BFGS does."""
    closure = inspect.signature(type(optimizer).step).parameters.get("closure")
    return closure is not None and closure.default is closure.empty


def dense(gradient):
    return gradient.to_dense() if gradient.layout is not torch.strided else gradient
