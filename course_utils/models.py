"""Small networks as ordinary `torch.nn.Module`s.

Each maker returns a function of no arguments that builds a fresh network from torch's random state; that is what
`train` and `sweep` take, so that run k of every setting can start from the same weights.
"""

from functools import partial

import torch
from torch import nn

__all__ = ["mlp", "linear"]

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh}


def mlp(*sizes, activation="relu", init_scale=1.0):
    """Fully connected network: mlp(2, 50, 3) has 2 inputs, one hidden layer of 50 units and 3 outputs.

    Weights start uniform within ±√(6/inputs) before an activation (He et al. 2015) and ±√(6/(inputs + outputs)) in the
    last layer (Glorot & Bengio 2010), all times `init_scale`; biases start at 0. That is the source study's start.
    """
    if len(sizes) < 2 or not all(isinstance(n, int) and n > 0 for n in sizes):
        raise ValueError(f"sizes must be at least two whole numbers above 0, got {sizes!r}")
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation must be one of {', '.join(ACTIVATIONS)}, got {activation!r}")
    return partial(_mlp, sizes, activation, init_scale)


def linear(n_inputs, n_outputs, **options):
    """A network without a hidden layer: logistic regression on classes, linear regression on values."""
    return mlp(n_inputs, n_outputs, **options)


def _mlp(sizes, activation, init_scale):
    layers = []
    for n_inputs, n_outputs in zip(sizes, sizes[1:], strict=False):
        layers += [nn.Linear(n_inputs, n_outputs), ACTIVATIONS[activation]()]
    network = nn.Sequential(*layers[:-1])
    for layer in network[:-1:2]:
        nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
    nn.init.xavier_uniform_(network[-1].weight)
    with torch.no_grad():
        for layer in network[::2]:
            layer.weight.mul_(init_scale)
            layer.bias.zero_()
    return network
