"""Fresh networks under a seed, and what a network consists of: its weights and its buffers."""

import random
from contextlib import contextmanager

import numpy as np
import torch
from torch.nn.parameter import is_lazy

from .tracing import alone

__all__ = ["buffers_of", "build", "fresh_network", "initial_weights", "put_back", "random_state", "seeded",
           "set_random_state", "torch_seed", "weights_of"]


@contextmanager
def seeded(seed):
    """Let torch, NumPy and Python draw under `seed`; their random states are left as they were."""
    with alone:
        outside = random_state()
        torch_seed(seed)
        np.random.seed(seed % 2**32)
        random.seed(seed)
        try:
            yield
        finally:
            set_random_state(outside)


def torch_seed(seed):
    """What `torch.manual_seed` does, without its search for accelerators: the same numbers in a tenth of the time."""
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed_all(seed)


def random_state():
    """The random states of torch (of its GPUs, too), NumPy and Python."""
    gpus = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []
    return torch.get_rng_state(), np.random.get_state(), random.getstate(), gpus


def set_random_state(state):
    """Go on with the random states that `random_state` gave."""
    own, numpys, pythons, gpus = state
    torch.set_rng_state(own)
    np.random.set_state(numpys)
    random.setstate(pythons)
    if gpus:
        torch.cuda.set_rng_state_all(gpus)


def fresh_network(model, seed=0, example=None):
    """The network that `model` builds under `seed`; random states are left as they were.

    Lazy layers, which learn their sizes from the first input, are shown `example` (1, …).
    """
    with seeded(seed):
        return build(model, example)


def build(model, example=None):
    """The network that `model` builds now; lazy layers are shown the example."""
    module = model()
    if not isinstance(module, torch.nn.Module):
        raise TypeError(f"model() must return a torch.nn.Module, got {type(module).__name__}")
    if example is not None and any(is_lazy(p) for p in [*module.parameters(), *module.buffers()]):
        training = module.training
        with torch.no_grad():
            module.eval()(example)
        module.train(training)
    return module


def initial_weights(model, seed, example=None):
    """The weights (P,) of a fresh network drawn under `seed`."""
    return weights_of(fresh_network(model, seed, example))


def weights_of(module):
    """All weights of a network, one after the other, as a vector (P,); weights that layers share stand there once."""
    return torch.cat([p.detach().reshape(-1) for p in module.parameters()])


def buffers_of(module):
    """What a network keeps besides its weights, by name: copies of its buffers."""
    return {name: buffer.detach().clone() for name, buffer in module.named_buffers()}


@torch.no_grad()
def put_back(module, weights, buffers):
    """Give a network these weights (P,) and buffers; returns it."""
    for p, part in zip(module.parameters(), weights.split([p.numel() for p in module.parameters()]), strict=True):
        p.copy_(part.view_as(p))
    for name, value in buffers.items():
        owner, _, last = name.rpartition(".")
        owner = module.get_submodule(owner)
        setattr(owner, last, value.to(getattr(owner, last).dtype, copy=True))
    return module
