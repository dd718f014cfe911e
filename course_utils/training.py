"""The training loop: one network or hundreds, each step of all of them at once.

`train_stack` is the only loop in the package. `train` runs it for one network; `sweep` runs it for a whole grid.
"""

import inspect
from dataclasses import dataclass
from math import ceil
from numbers import Real

import numpy as np
import torch
import torch.nn.functional as F

from .data import Dataset
from .descent import Path, descend
from .memory import keep_freed_memory
from .schedules import needs_losses
from .stacks import fresh_network, initial_weights, stack_of
from .tracing import alone

__all__ = ["Path", "Run", "descend", "plain_loop", "train", "train_stack"]


@dataclass
class Epoch:
    """What the networks of a stack looked like after an epoch: every score (runs,), `batch_loss` (steps, runs)."""

    scores: dict
    batch_loss: torch.Tensor
    weights: torch.Tensor


@torch.no_grad()
def train_stack(model, data, optimizer, rates, hyper, seeds, epochs, batch_size, device=None, stack=None):
    """Train a stack of networks, one row each, and yield an `Epoch` after every epoch.

    `rates` is a list of schedules and `seeds` a list of whole numbers, one a network; values in `hyper` are numbers or
    lists of numbers, one a network. The seed sets the first weights and the order of the examples, so that networks of
    equal seed differ in nothing but their hyperparameters (common random numbers). `stack` may hand on what
    `stack_of` gave for the same model and data.
    """
    keep_freed_memory()
    stack = stack_of(fresh_network(model), data) if stack is None else stack
    parts = {part: _tensors(data, part, device) for part in ("train", "val", "test")}
    steps = ceil(len(data.x_train) / batch_size)
    first = {seed: initial_weights(model, seed) for seed in dict.fromkeys(seeds)}
    weights = torch.stack([first[seed] for seed in seeds]).to(device)
    generators = [torch.Generator().manual_seed(seed) for seed in first]
    own = torch.tensor([list(first).index(seed) for seed in seeds], device=device)  # whose order a network follows
    rates = _Rates(rates, steps)
    hyper = {name: _column(value, device) for name, value in hyper.items()}
    state, val_losses = {}, []

    for epoch in range(epochs):
        lrs = rates.of_epoch(epoch, val_losses).to(device)
        order = torch.stack([torch.randperm(len(data.x_train), generator=g) for g in generators]).to(device)
        batch_loss = []
        for lr, batch in zip(lrs, stack.batches(*parts["train"], order, own, batch_size), strict=True):
            loss, gradient = stack.loss_and_gradient(weights, batch)
            before = weights
            weights, state = optimizer(weights, gradient, state, lr, **hyper)
            batch_loss.append(loss)
        scores = {"mean_lr": lrs.mean((0, 2)), "gradient_norm": gradient.norm(dim=1),
                  "update_ratio": (weights - before).norm(dim=1) / before.norm(dim=1)}
        for part, (x, y) in parts.items():
            scores |= zip((f"{part}_loss", f"{part}_accuracy"), stack.scores(weights, x, y), strict=False)
        val_losses.append(scores["val_loss"].tolist())
        yield Epoch(scores, torch.stack(batch_loss), weights)


class _Rates:
    """The learning rate at each step for each network.

    A schedule of the step alone is asked once for all networks that share it; one that needs losses once an epoch, at
    its first step, for each network.
    """

    def __init__(self, schedules, steps):
        self.steps = steps
        asked = [(schedule, run if needs_losses(schedule) else None) for run, schedule in enumerate(schedules)]
        self.asked = list(dict.fromkeys(asked))
        place = {key: i for i, key in enumerate(self.asked)}
        self.own = torch.tensor([place[key] for key in asked])

    def of_epoch(self, epoch, val_losses):
        """The rates (steps, runs, 1); `val_losses` holds a list for each epoch so far, one loss a network."""
        span = range(epoch * self.steps, (epoch + 1) * self.steps)
        table = []
        for schedule, run in self.asked:
            if run is None:
                table.append([schedule(step) for step in span])
            else:
                table.append([schedule(span[0], [losses[run] for losses in val_losses])] * self.steps)
        return torch.tensor(table, dtype=torch.float32)[self.own].T[:, :, None]


@dataclass(frozen=True)
class Run:
    """One trained network: `history` maps a score to its array (epochs,), `weights` is its final vector (P,)."""

    model: object
    data: Dataset
    setting: dict
    seed: int
    history: dict
    weights: torch.Tensor
    diverged_at: int | None = None  # the first step whose loss was not a finite number, or would have been

    @property
    def diverged(self):
        return self.diverged_at is not None

    @property
    def epochs(self):
        return len(self.history["train_loss"])

    def module(self):
        """The network itself, an ordinary torch module with the final weights."""
        module = fresh_network(self.model)
        torch.nn.utils.vector_to_parameters(self.weights.clone(), module.parameters())
        return module

    @torch.no_grad()
    def predict(self, x):
        """Class of each row of x (n, …) for classification, else the network's output."""
        outputs = self.module()(torch.tensor(np.asarray(x, dtype=np.float32)))
        return (outputs.argmax(-1) if self.data.task == "classification" else outputs.squeeze(-1)).numpy()

    def summary(self):
        """One line for a caption or a screen reader."""
        rate = f"rate {label(self.setting['lr'])}"
        if self.diverged:
            return f"{rate}: diverged at step {self.diverged_at}"
        score = f"{rate}: training loss {self.history['train_loss'][-1]:.3g} after {self.epochs} epochs"
        if "val_accuracy" in self.history:
            score += f", validation accuracy {self.history['val_accuracy'][-1]:.3f}"
        return score


def train(model, data, optimizer, lr, epochs=200, batch_size=32, seed=0, **hyper):
    """Train one network and return its `Run`: a sweep of one setting and one seed."""
    from .sweep import sweep  # which stands on this module

    return sweep(model, data, optimizer, lr=lr, seeds=[seed], epochs=epochs, batch_size=batch_size, progress=False,
                 **hyper).run(0, seed)


def plain_loop(model, data, lr, epochs, batch_size=32, seed=0):
    """The weights (P,) after the training loop of notebook 02, with torch.optim.SGD: what `train` must agree with."""
    torch.manual_seed(seed)
    network, order = model(), torch.Generator().manual_seed(seed)
    x, y = torch.tensor(data.x_train), torch.tensor(data.y_train)
    optimizer = torch.optim.SGD(network.parameters(), lr=lr)
    for _ in range(epochs):
        for rows in torch.randperm(len(x), generator=order).split(batch_size):
            optimizer.zero_grad()
            F.cross_entropy(network(x[rows]), y[rows]).backward()
            optimizer.step()
    return torch.nn.utils.parameters_to_vector(network.parameters()).detach()


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


def label(value):
    """How a setting is written in tables and legends: a number in few digits, a schedule or function by its name."""
    if isinstance(value, Real):
        return f"{value:g}"
    if isinstance(value, str | tuple):
        return str(value)
    function = getattr(value, "func", value)
    name = getattr(function, "__name__", type(value).__name__).strip("_")
    return f"{name}({', '.join(map(label, value.args))})" if hasattr(value, "func") else name


def _tensors(data, part, device):
    return tuple(torch.tensor(getattr(data, f"{axis}_{part}"), device=device) for axis in "xy")


def _column(value, device):
    """A list of one value a network as a column (runs, 1); a single number as it is."""
    return value if isinstance(value, Real) else torch.tensor(value, dtype=torch.float32, device=device)[:, None]
