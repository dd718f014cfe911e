"""Many copies of one network as a single matrix: row r of `weights` (runs, P) holds all P weights of network r.

A `Stack` turns such a matrix into losses and gradients for all networks at once. It works for any module that
`torch.func.vmap` can take; a `LayerStack` does the same for plain chains of linear layers, with the backward pass
written out by hand, several times faster.
"""

import threading
from collections import Counter
from functools import partial
from math import prod
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call, grad_and_value, vmap
from torch.fx.experimental.proxy_tensor import make_fx

__all__ = ["Stack", "LayerStack", "fresh_network", "initial_weights", "keep_freed_memory", "stack_of"]

CACHE = 2**18  # floats that a processor's cache holds: examples are fetched and scored in portions that stay in it
TRACE_AFTER = 50  # calls after which a function of tensors is worth the tracing
_alone = threading.RLock()  # the random state of torch, and what tracing patches, belong to all threads


def stack_of(module, data):
    """The fastest stack for a module: by layers for a chain of linear layers, by `vmap` for anything else."""
    return (LayerStack if _is_chain(module, data) else Stack)(module, data.task)


def _is_chain(module, data):
    """Whether all is exactly as `LayerStack` computes it: a subclass or a layer used twice may do something else."""
    if type(module) is not nn.Sequential or len(module) % 2 == 0:
        return False
    linear, between = list(module[::2]), list(module[1::2])
    return (data.x_train.ndim == 2 and data.y_train.ndim <= (1 if data.task == "classification" else 2)
            and len(set(linear)) == len(linear)
            and all(type(layer) is nn.Linear and layer.bias is not None for layer in linear)
            and all(type(layer) in _ACTIVATIONS for layer in between))


def fresh_network(model, seed=0):
    """The network that `model` builds under `seed`; torch's own random state is left as it was."""
    with _alone, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return model()


def initial_weights(model, seed):
    """The weights (P,) of a fresh network drawn under `seed`."""
    return nn.utils.parameters_to_vector(fresh_network(model, seed).parameters()).detach()


class Stack:
    """Losses and gradients of many networks of one shape, by `torch.func.vmap`."""

    def __init__(self, module, task):
        self.module, self.task = module, task
        self.shapes = {name: p.shape for name, p in module.named_parameters()}
        self.sizes = [prod(shape) for shape in self.shapes.values()]
        if any(True for _ in module.buffers()):
            raise ValueError("the model must keep no buffers (as batch normalization does), got "
                             f"{type(module).__name__} with {', '.join(name for name, _ in module.named_buffers())}")
        self._gradient = _Traced(vmap(grad_and_value(self._loss)))
        self._forward = _Traced(vmap(self._network, in_dims=(0, None)))

    def batches(self, x, y, order, size):
        """An epoch's batches, as `loss_and_gradient` takes them: network r sees x and y in the order of order[r]."""
        for rows in order.split(_portion(len(order) * x[0].numel(), size), dim=1):
            yield from zip(x[rows].split(size, dim=1), y[rows].split(size, dim=1), strict=True)

    def loss_and_gradient(self, weights, batch):
        """Mean loss (runs,) and its gradient (runs, P), each network on its own batch."""
        gradient, loss = self._gradient(weights, *batch)
        return loss, gradient

    def scores(self, weights, x, y):
        """Mean loss (runs,) and, for classes, accuracy (runs,) of every network on the same x (n, …), y (n, …)."""
        out = torch.cat([self._outputs(weights, xs) for xs in x.split(self._examples_at_a_time(weights))], dim=2)
        if self.task == "regression":
            return (out - y.reshape(len(y), -1).mT).square_().mean((1, 2)), None
        log_p = F.log_softmax(out, dim=1)
        own = log_p.gather(1, y.reshape(1, 1, -1).expand(len(weights), -1, -1))[:, 0]
        return -own.mean(1), (own >= log_p.amax(1)).float().mean(1)

    def parameters(self, weights):
        """Named views (runs, …) into the matrix, or named parameters of one network from its vector (P,)."""
        parts = weights.split_with_sizes(self.sizes, dim=-1)
        return {name: part.view(*weights.shape[:-1], *shape)
                for (name, shape), part in zip(self.shapes.items(), parts, strict=True)}

    def _network(self, w, x):
        return functional_call(self.module, self.parameters(w), (x,))

    def _loss(self, w, x, y):
        outputs = self._network(w, x)
        if self.task == "regression":
            return (outputs.reshape(y.shape) - y).square().mean()
        return -F.log_softmax(outputs, dim=-1).gather(-1, y[..., None]).mean()

    def _outputs(self, weights, x):
        """The outputs for x (n, …) as (runs, classes or values, n)."""
        outputs = self._forward(weights, x)
        if self.task == "regression":
            return outputs.reshape(*outputs.shape[:2], -1).mT
        return outputs.movedim(-1, 1).flatten(2)

    def _examples_at_a_time(self, weights):
        return 128


class LayerStack(Stack):
    """The same for a chain of linear layers, one batched matrix product a layer and direction.

    Activations are kept as (runs, units, batch), the layout in which batched products are fastest.
    """

    def __init__(self, module, task):
        super().__init__(module, task)
        self.activations = [_ACTIVATIONS[type(layer)] for layer in module[1::2]]
        self.columns = [shape if len(shape) == 2 else (*shape, 1) for shape in self.shapes.values()]
        self.n_outputs = module[-1].out_features
        self.widest = max(layer.out_features for layer in module[::2])

    def batches(self, x, y, order, size):
        """x as (runs, features + 1, B), the last feature a 1 that brings the bias its gradient; targets beside y."""
        x, y = F.pad(x, (0, 1), value=1.0), y.reshape(len(y), -1)
        for rows in order.split(_portion(len(order) * x.shape[1], size), dim=1):
            xs, ys = x[rows].mT, y[rows].mT.contiguous()
            if x.shape[1] < 16:
                xs = xs.contiguous()  # twice as fast in products, where there are few features
            target = ys
            if self.task == "classification":  # 1 for the right class, 0 for the others
                target = xs.new_zeros(len(order), self.n_outputs, rows.shape[1]).scatter_(1, ys, 1.0)
            yield from zip(*(t.split(size, dim=2) for t in (xs, ys, target)), strict=True)

    def loss_and_gradient(self, weights, batch):
        x, y, target = batch
        layers, a = self._layers(weights), [x[:, :-1]]
        for (W, b), (activate, _) in zip(layers, self.activations, strict=False):
            a.append(activate(torch.baddbmm(b, W, a[-1])))
        W, b = layers[-1]
        loss, d = self._loss_and_slope(torch.baddbmm(b, W, a[-1]), y, target)

        gradients = []  # from the last layer to the first
        for i in reversed(range(1, len(layers))):
            gradients += [d.sum(2), torch.bmm(d, a[i].mT).flatten(1)]
            d = self.activations[i - 1][1](torch.bmm(layers[i][0].mT, d), a[i])
        first = torch.bmm(x, d.mT)  # (runs, features + 1, units), the last row the gradient of the bias
        gradients += [first[:, -1], first[:, :-1].mT.flatten(1)]
        return loss, torch.cat(gradients[::-1], dim=1)

    def _loss_and_slope(self, out, y, target):
        """The mean loss (runs,) and its gradient by the outputs (runs, outputs, B)."""
        if self.task == "regression":
            error = out.sub_(target)
            return error.square().mean((1, 2)), error.mul_(2 / prod(error.shape[1:]))
        log_p = F.log_softmax(out, dim=1)
        loss = -log_p.gather(1, y).mean((1, 2))
        return loss, log_p.exp_().sub_(target).div_(y.shape[2])

    def _layers(self, weights):
        """Views of the matrix (runs, outputs, inputs) and the bias (runs, outputs, 1) of every layer."""
        views = [part.view(len(weights), *shape) for part, shape in zip(weights.split_with_sizes(self.sizes, dim=1),
                                                                        self.columns, strict=True)]
        return list(zip(views[::2], views[1::2], strict=True))

    def _outputs(self, weights, x):
        *hidden, (W, b) = self._layers(weights)
        a = x.mT.expand(len(weights), -1, -1)
        for (V, c), (activate, _) in zip(hidden, self.activations, strict=True):
            a = activate(torch.baddbmm(c, V, a))
        return torch.baddbmm(b, W, a)

    def _examples_at_a_time(self, weights):
        return _portion(len(weights) * self.widest, 16)


def keep_freed_memory():
    """Let the C library of Linux reuse the memory of freed arrays instead of handing it back to the system.

    To get it again, page by page, costs several times what the arithmetic costs. The library keeps whatever is smaller
    than the largest block that it has ever seen freed, up to 32 MB.
    """
    torch.empty(31 * 2**18)


def _portion(floats, size):
    """How many examples of so many floats fit into the cache, in whole batches of that size, at least one."""
    return max(1, CACHE // (floats * size)) * size


class _Traced:
    """A function of tensors that after many calls with the same shapes is replaced by the plain list of its operations.

    `vmap` and `grad` take a millisecond to work out what to do; the list that they come to does not change.
    """

    def __init__(self, function):
        self.function, self.calls, self.lists = function, Counter(), {}

    def __call__(self, *tensors):
        kind = tuple((t.shape, t.dtype, t.device) for t in tensors)
        if kind not in self.lists:
            self.calls[kind] += 1
            if self.calls[kind] < TRACE_AFTER:
                return self.function(*tensors)
            self.lists[kind] = self._trace(tensors)
        return self.lists[kind](*tensors)

    def _trace(self, tensors):
        with _alone:
            traced = make_fx(lambda *inputs: self.function(*inputs))(*tensors)
        return partial(type(traced).forward, SimpleNamespace(**dict(traced.named_buffers())))


_ACTIVATIONS = {  # the activation, in place, and the gradient before it from the one behind it and its value
    nn.ReLU: (torch.relu_, lambda d, a: torch.ops.aten.threshold_backward.grad_input(d, a, 0, grad_input=d)),
    nn.Tanh: (torch.tanh_, torch.ops.aten.tanh_backward),
}
