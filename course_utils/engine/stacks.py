"""Many copies of one network as a single matrix: row r of `weights` (runs, P) holds all P weights of network r.

A `Stack` turns such a matrix into losses and gradients for all networks at once. It works for any module that
`torch.func.vmap` can take; a `LayerStack` does the same for plain chains of linear layers, with the backward pass
written out by hand, several times faster.
"""

from math import prod

import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call, grad_and_value, vmap

from .losses import scores_of
from .networks import fresh_network, initial_weights
from .tracing import Traced

__all__ = ["KINDS", "LayerStack", "Stack", "fresh_network", "initial_weights", "stack_of"]

CACHE = 2**18  # floats that a processor's cache holds: an epoch's examples are fetched in portions that stay in it
SCORED = 20, 128  # networks and examples that are scored at a time, for the same reason


def stack_of(module, data, kind="", loss=None):
    """A stack of the named kind; without a name, of the fastest that can take the module."""
    if not kind:
        kind = next(name for name, stack in KINDS.items() if stack.takes(module, data, loss))
    return KINDS[kind](module, data.task, loss)


class Stack:
    """Losses and gradients of many networks of one shape, by `torch.func.vmap`."""

    def __init__(self, module, task, loss=None):
        self.module, self.task, self.own_loss = module, task, loss
        self.shapes = {name: p.shape for name, p in module.named_parameters()}
        self.sizes = [prod(shape) for shape in self.shapes.values()]
        each = vmap(grad_and_value(self._loss))
        self._gradient = Traced(lambda weights, x, y: each(weights, x, y)[::-1], transformed=True)
        self._forward = Traced(vmap(self._network, in_dims=(0, None)), transformed=True)
        self._scores = self._loss_and_accuracy if loss is None else self._judged_by_own_loss

    @staticmethod
    def takes(module, data, loss=None):
        return True

    def batches(self, x, y, order, own, size):
        """An epoch's batches for `loss_and_gradient`: network r sees x and y in the order of order[own[r]]."""
        for rows in order.split(_portion(len(own) * x[0].numel(), size), dim=1):
            yield from zip(x[rows][own].split(size, dim=1), y[rows][own].split(size, dim=1), strict=True)

    def loss_and_gradient(self, weights, batch):
        """Mean loss (runs,) and its gradient (runs, P), each network on its own batch."""
        return self._gradient(weights, *batch)

    def scores(self, weights, x, y):
        """Mean loss and, for classes, accuracy of every network on the same x (n, …), y (n, …): (scores, runs)."""
        scores = self._scores(weights, x, y)
        if len(scores) < 3:
            return scores
        tied = scores[2] > 1  # more than one highest class an example: the first of them is the answer, as by argmax
        if tied.any():
            scores[1, tied] = self._meant(_right, weights[tied], x, y)
        return scores[:2]

    def parameters(self, weights):
        """Named views (runs, …) into the matrix, or named parameters of one network from its vector (P,)."""
        parts = weights.split_with_sizes(self.sizes, dim=-1)
        return {name: part.view(*weights.shape[:-1], *shape)
                for (name, shape), part in zip(self.shapes.items(), parts, strict=True)}

    def _network(self, w, x):
        return functional_call(self.module, self.parameters(w), (x,))

    def _loss(self, w, x, y):
        outputs = self._network(w, x)
        if self.own_loss is not None:
            return self.own_loss(outputs, y).reshape(())
        if self.task == "regression":
            return (outputs.reshape(y.shape) - y).square().mean()
        return -F.log_softmax(outputs, dim=-1).gather(-1, y[..., None]).mean()

    def _loss_and_accuracy(self, weights, x, y):
        return self._meant(self._judged, weights, x, y)

    def _meant(self, judge, weights, x, y):
        """What `judge` sums up of outputs and targets, (…, runs), as a mean over all targets."""
        networks, examples = SCORED
        sums = [sum(judge(self._outputs(w, xs), ys)
                    for xs, ys in zip(x.split(examples), y.split(examples), strict=True))
                for w in weights.split(networks)]
        return torch.cat(sums, dim=-1) / y.numel()

    def _judged_by_own_loss(self, weights, x, y):
        """Scores by a loss of one's own, which is asked about all examples at once: it need not be a plain mean."""
        networks, examples = SCORED
        found = []
        for w in weights.split(networks):
            outputs = torch.cat([self._forward(w, xs) for xs in x.split(examples)], dim=1)
            found.append(torch.stack([torch.stack(scores_of(out, y, self.task, self.own_loss)) for out in outputs]))
        return torch.cat(found).T

    def _judged(self, out, y):
        """Losses and, for classes, right answers and highest classes, summed; of outputs (runs, classes or values, n).

        An example whose class is among several highest ones counts as right here: `argmax` takes ten times as long.
        """
        if self.task == "regression":
            return (out - y.reshape(len(y), -1).mT).square_().sum((1, 2))[None]
        log_p = F.log_softmax(out, dim=1)
        own = log_p.gather(1, y.reshape(1, 1, -1).expand(len(out), -1, -1))[:, 0]
        highest, losses = log_p.amax(1, keepdim=True), -own.sum(1)
        return torch.stack([losses, own.ge_(highest[:, 0]).sum(1), log_p.ge_(highest).sum((1, 2))])

    def _outputs(self, weights, x):
        """The outputs for x (n, …) as (runs, classes or values, n)."""
        outputs = self._forward(weights, x)
        if self.task == "regression":
            return outputs.reshape(*outputs.shape[:2], -1).mT
        return outputs.movedim(-1, 1).flatten(2)


class LayerStack(Stack):
    """The same for a chain of linear layers, one batched matrix product a layer and direction.

    Activations are kept as (runs, units, batch), the layout in which batched products are fastest.
    """

    @staticmethod
    def takes(module, data, loss=None):
        """Whether all is exactly as it is computed here: a subclass or a layer used twice may do something else."""
        if type(module) is not nn.Sequential or len(module) % 2 == 0 or loss is not None:
            return False
        linear, between = list(module[::2]), list(module[1::2])
        return (data.x_train.ndim == 2 and data.y_train.ndim <= (1 if data.task == "classification" else 2)
                and len(set(linear)) == len(linear)
                and all(type(layer) is nn.Linear and layer.bias is not None for layer in linear)
                and all(type(layer) in _ACTIVATIONS for layer in between))

    def __init__(self, module, task, loss=None):
        super().__init__(module, task, loss)
        self._gradient, self._scores = Traced(self._by_hand), Traced(self._loss_and_accuracy)
        self.activations = [_ACTIVATIONS[type(layer)] for layer in module[1::2]]
        self.n_outputs = module[-1].out_features

    def batches(self, x, y, order, own, size):
        """x as (runs, features + 1, B), the last feature a 1 that brings the bias its gradient; targets beside y."""
        x, y, narrow = F.pad(x, (0, 1), value=1.0), y.reshape(len(y), -1), x.shape[1] < 16
        for rows in order.split(_portion(len(own) * x.shape[1], size), dim=1):
            # products with few features are twice as fast if those of all examples lie side by side
            xs = x[rows].mT.contiguous()[own] if narrow else x[rows][own].mT
            ys = y[rows].mT.contiguous()
            target = ys
            if self.task == "classification":  # 1 for the right class, 0 for the others
                target = xs.new_zeros(len(rows), self.n_outputs, rows.shape[1]).scatter_(1, ys, 1.0)
            yield from zip(*(t.split(size, dim=2) for t in (xs, ys[own], target[own])), strict=True)

    def _by_hand(self, weights, x, y, target):
        """The forward pass and then the backward pass, written out."""
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
        """The matrix (runs, outputs, inputs) and the bias (runs, outputs, 1) of every layer."""
        views = list(self.parameters(weights).values())
        return [(W, b[..., None]) for W, b in zip(views[::2], views[1::2], strict=True)]

    def _outputs(self, weights, x):
        *hidden, (W, b) = self._layers(weights)
        a = x.mT.expand(len(weights), -1, -1)
        for (V, c), (activate, _) in zip(hidden, self.activations, strict=True):
            a = activate(torch.baddbmm(c, V, a))
        return torch.baddbmm(b, W, a)


def _right(out, y):
    """How many examples have their own class as the first highest one, for every network (runs,)."""
    return (out.argmax(1) == y.flatten()).float().sum(1)


def _portion(floats, size):
    """How many examples of so many floats fit into the cache, in whole batches of that size, at least one."""
    return max(1, CACHE // (floats * size)) * size


_ACTIVATIONS = {  # the activation, in place, and the gradient before it from the one behind it and its value
    nn.ReLU: (torch.relu_, lambda d, a: torch.ops.aten.threshold_backward.grad_input(d, a, 0, grad_input=d)),
    nn.Tanh: (torch.tanh_, torch.ops.aten.tanh_backward),
}

KINDS = {"layers": LayerStack, "vmap": Stack}  # the fastest first
