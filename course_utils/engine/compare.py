"""Trust, but compare: before a sweep trains, its fast way is held against each network alone.

Two fresh networks and a handful of examples say whether a stack gives the outputs, losses and gradients that the
networks give by themselves, and whether the optimizer does to both rows of a matrix what it does to each. What agrees
is trained as a stack. What does not agree, but is sound, is trained network by network, and a sentence says why. What
is wrong in itself is refused.
"""

import warnings
from dataclasses import dataclass, replace
from time import perf_counter

import torch

from ..names import label
from .compare_optimizers import EXAMPLES, check_step, check_torch_optimizer, compare_optimizer
from .losses import fitted, mean_loss, scores_of
from .network_alone import by_itself, outputs_of, single_output
from .networks import buffers_of, build, put_back, seeded, torch_seed, weights_of
from .sameness import ERRORS, first_rows, same, says
from .stacks import KINDS
from .steps import kind_of

__all__ = ["Way", "way_of"]

LARGE = 50_000  # weights: such a network fills a core by itself, and a stack of them only the memory


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
            check_torch_optimizer(optimizer, module, lr, row)
        check_step(optimizer, module, data, rates[0], hyper[0], loss)
        return replace(way, stack="", why=way.why if not way.stack else
                       f"{label(optimizer)} is an optimizer of torch, which steps one network at a time")
    why, copies = compare_optimizer(optimizer, weights, rates, hyper)
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
        first = by_itself(one, data, x, y, loss)
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
                                 f"failed: {type(error).__name__}: {says(error)}") from error
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
    if {p.device.type for p in one.parameters()} - {"cpu"}:
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


def _check_batches(module, data, x, batch_size):
    """A batch of one is no batch for batch statistics."""
    sizes = {n for size in batch_size for n in (size, len(data.x_train) % size)}
    if 1 not in sizes:
        return
    try:
        module.train()(x[:1])
    except ERRORS as error:
        size = next(size for size in batch_size if 1 in (size, len(data.x_train) % size))
        raise ValueError(f"batch_size {size} leaves a batch of one of the {len(data.x_train)} training examples, which "
                         f"the model cannot be trained on ({says(error)}): choose another batch_size") from error


def _reason_against(one, other, first, x):
    """Why the networks cannot be one stack ("": nothing known), and whether parts are to be scored as one batch."""
    put_back(one, weights_of(one), first.buffers)
    random = first.random or not same(first.outputs, outputs_of(one.train(), x))
    state = torch.get_rng_state()
    torch_seed(0)
    answers, unmoved = outputs_of(one.eval(), x), torch.get_rng_state()
    torch_seed(0)
    if not torch.equal(torch.get_rng_state(), unmoved) or not same(answers, outputs_of(one, x)):
        return "it draws random numbers, even in evaluation", False
    torch.set_rng_state(state)
    if not same(first_rows(answers, 1), single_output(one, x)):
        return "an example's answer depends on the others in its batch", True
    if random:
        return "it draws random numbers while it trains, as dropout does", False
    if first.moved:
        return "it keeps buffers that training changes, as batch normalization does", False
    if not same(first.outputs, answers):
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
        answers = outputs_of(put_back(other, weights_of(one), {}).eval(), x), answers
        put_back(other, weights, buffers)
    except ERRORS:
        return "its networks differ in kind", False
    if not same(*answers):
        return "two networks with the same weights differ: something random is no parameter", False
    return "", False


def _check_nothing_is_lost(one, again, x):
    """Another network with these weights and buffers must do what this one does, or its scores could not be shown."""
    put_back(again, weights_of(one), buffers_of(one))
    if not same(outputs_of(one.eval(), x), outputs_of(again.eval(), x)):
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
        alone = first if row == 0 else by_itself(module, data, x, y, loss)
        with torch.no_grad():
            shown, first_shown = (scores_of(module(xs), ys, data.task, loss) for xs, ys in ((x, y), (x[:1], y[:1])))
        if not (same(losses[row], alone.loss) and same(gradients[row], alone.gradient)
                and same([s[row] for s in scores], shown) and same([s[row] for s in single], first_shown)):
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


def _rows(*networks):
    try:
        return torch.stack([weights_of(module) for module in networks])
    except RuntimeError:  # of several sizes
        return torch.stack([weights_of(networks[0])] * len(networks))


def _has_hooks(module):
    return any(getattr(module, name, None) for name in (
        "_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks"))
