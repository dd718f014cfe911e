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

__all__ = ["Stack", "LayerStack", "fresh_network", "initial_weights", "stack_of"]

EVALUATION_CHUNK = 128  # examples scored at a time, so that the activations stay in the processor's cache


def stack_of(module, data):
    """The fastest stack for a module: by layers for a chain of linear layers, by `vmap` for anything else."""
    return (LayerStack if _is_chain(module, data) else Stack)(module, data.task)


def _is_chain(module, data):
    """Whether all is exactly as `LayerStack` computes it: a subclass or a layer used twice may do something else."""
    if type(module) is not nn.Sequential or len(module) % 2 == 0:
        return False
    linear, between = list(module[::2]), list(module[1::2])
    return (data.task == "classification" and data.x_train.ndim == 2 and len(set(linear)) == len(linear)
            and all(type(layer) is nn.Linear and layer.bias is not None for layer in linear)
            and all(type(layer) in _SLOPES for layer in between))


def fresh_network(model, seed=0):
    """The network that `model` builds under `seed`; torch's own random state is left as it was."""
    with torch.random.fork_rng(devices=[]):
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
        self.n_weights = sum(map(prod, self.shapes.values()))
        if any(True for _ in module.buffers()):
            raise ValueError("the model must keep no buffers (as batch normalization does), got "
                             f"{type(module).__name__} with {', '.join(name for name, _ in module.named_buffers())}")
        self._gradient = vmap(grad_and_value(self._loss))
        self._forward = vmap(self._outputs, in_dims=(0, None))

    def loss_and_gradient(self, weights, x, y):
        """Mean loss (runs,) and its gradient (runs, P), each network on its own batch: x (runs, B, …), y (runs, B)."""
        gradient, loss = self._gradient(weights, x, y)
        return loss, gradient

    @torch.no_grad()
    def scores(self, weights, x, y):
        """Mean loss (runs,) and, for classes, accuracy (runs,) of every network on the same x (n, …), y (n, …)."""
        total, right = 0.0, 0.0
        for xs, ys in zip(x.split(EVALUATION_CHUNK), y.split(EVALUATION_CHUNK), strict=True):
            losses, hits = self._score(weights, xs, ys)
            total, right = total + losses * len(xs), right + hits * len(xs)
        return total / len(x), right / len(x)

    def parameters(self, weights):
        """Named views (runs, …) into the matrix, or named parameters of one network from its vector (P,)."""
        parts = weights.split([prod(shape) for shape in self.shapes.values()], dim=-1)
        return {name: part.view(*weights.shape[:-1], *shape)
                for (name, shape), part in zip(self.shapes.items(), parts, strict=True)}

    def _outputs(self, w, x):
        return functional_call(self.module, self.parameters(w), (x,))

    def _loss(self, w, x, y):
        outputs = self._outputs(w, x)
        if self.task == "classification":
            return F.cross_entropy(outputs.flatten(0, -2), y.flatten())
        return F.mse_loss(outputs.reshape(y.shape), y)

    def _score(self, weights, x, y):
        outputs = self._forward(weights, x)
        if self.task == "regression":
            return (outputs.reshape(len(weights), *y.shape) - y).square().flatten(1).mean(1), 0.0
        log_p = F.log_softmax(outputs, dim=-1).flatten(1, -2)
        own = log_p.gather(2, y.flatten().expand(len(weights), -1)[..., None])[..., 0]
        return -own.mean(1), (own >= log_p.amax(-1)).float().mean(1)


class LayerStack(Stack):
    """The same for a chain of linear layers that ends in classes, one batched matrix product a layer and direction.

    Activations are kept as (runs, units, batch), the layout in which batched products are fastest.
    """

    def __init__(self, module, task):
        super().__init__(module, task)
        self.activations = [_SLOPES[type(layer)] for layer in module[1::2]]

    @torch.no_grad()
    def loss_and_gradient(self, weights, x, y):
        layers, a = self._layers(weights), [x.mT]
        for (W, b), (activate, _) in zip(layers, self.activations, strict=False):
            a.append(activate(torch.baddbmm(b, W, a[-1])))
        W, b = layers[-1]
        log_p = F.log_softmax(torch.baddbmm(b, W, a[-1]), dim=1)
        target = y[:, None]
        loss = -log_p.gather(1, target).mean((1, 2))

        d = log_p.exp_()  # gradient of the mean loss by the last layer's sums: (p − [class is right]) / B
        d.scatter_add_(1, target, d.new_full((1, 1, 1), -1.0).expand(target.shape)).div_(x.shape[1])
        gradients = []
        for layer in reversed(range(len(layers))):
            gradients += [d.sum(2), torch.bmm(d, a[layer].mT).flatten(1)]
            if layer:
                d = torch.bmm(layers[layer][0].mT, d).mul_(self.activations[layer - 1][1](a[layer]))
        return loss, torch.cat(gradients[::-1], dim=1)

    def _layers(self, weights):
        views = list(self.parameters(weights).values())
        return [(W, b[..., None]) for W, b in zip(views[::2], views[1::2], strict=True)]

    def _score(self, weights, x, y):
        *hidden, (W, b) = self._layers(weights)
        a = x.mT.expand(len(weights), -1, -1)
        for (V, c), (activate, _) in zip(hidden, self.activations, strict=True):
            a = activate(torch.baddbmm(c, V, a))
        log_p = F.log_softmax(torch.baddbmm(b, W, a), dim=1)
        own = log_p.gather(1, y.expand(len(weights), 1, -1))[:, 0]
        return -own.mean(1), (own >= log_p.amax(1)).float().mean(1)


_SLOPES = {  # activation in place, and its slope from the activated value
    nn.ReLU: (torch.relu_, torch.sign),
    nn.Tanh: (torch.tanh_, lambda a: 1 - a * a),
}
