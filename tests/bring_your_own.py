"""Forty models that readers bring, of many kinds: maker, data set, and whether a stack of them may be trained."""

import math
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from course_utils.data import Dataset, load_digits, load_sunspots, make_blobs

TOGETHER, ALONE = "together", "alone"


def first(data, n):
    """The same data with n examples in each part."""
    return Dataset(data.name, *(getattr(data, f"{axis}_{part}")[:n] for part in ("train", "val", "test")
                                for axis in ("x", "y")), feature_names=data.feature_names)


BLOBS, SUNSPOTS = first(make_blobs(), 70), first(load_sunspots(9), 45)
DIGITS = first(load_digits(), 67)
IMAGES = Dataset("images", *(np.reshape(a, (-1, 1, 8, 8)) if a.ndim == 2 else a for part in ("train", "val", "test")
                             for a in (getattr(DIGITS, f"x_{part}"), getattr(DIGITS, f"y_{part}"))))
_rng = np.random.default_rng(0)
TOKENS = Dataset("tokens", *(a for _ in range(3) for a in (_rng.integers(0, 12, (50, 6)), _rng.integers(0, 4, 50))))
TAGS = Dataset("tags", *(a for _ in range(3) for a in (_rng.normal(size=(40, 7, 3)), _rng.integers(0, 3, (40, 7)))))
PAIRS = Dataset("pairs", *(a for _ in range(3) for a in (_rng.normal(size=(60, 4)), _rng.normal(size=(60, 2)))))


class Module(nn.Module):
    """A module of a maker of layers and a function (self, x)."""

    def __init__(self, forward, **layers):
        super().__init__()
        self.call = forward
        for name, layer in layers.items():
            setattr(self, name, layer)

    def forward(self, x):
        return self.call(self, x)


def made(forward, **makers):
    return lambda: Module(forward, **{name: make() for name, make in makers.items()})


def layer(*sizes):
    return lambda: nn.Linear(*sizes)


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(width, width), nn.BatchNorm1d(width), nn.ReLU())

    def forward(self, x):
        return x + self.body(x)


def tied():
    encoder, decoder = nn.Linear(64, 8, bias=False), nn.Linear(8, 64, bias=False)
    decoder.weight = nn.Parameter(encoder.weight.detach().T.clone())
    return nn.Sequential(encoder, nn.Tanh(), decoder, nn.ReLU(), nn.Linear(64, 10))


def shared():
    middle = nn.Linear(8, 8)
    return nn.Sequential(nn.Linear(2, 8), nn.ReLU(), middle, nn.ReLU(), middle, nn.ReLU(), nn.Linear(8, 3))


def shared_weight():
    a, b = nn.Linear(8, 8), nn.Linear(8, 8)
    b.weight = a.weight
    return nn.Sequential(nn.Linear(2, 8), nn.Tanh(), a, nn.Tanh(), b, nn.Tanh(), nn.Linear(8, 3))


def frozen():
    network = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))
    network[0].requires_grad_(False)
    return network


def parametrized():
    network = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 3))
    nn.utils.parametrizations.weight_norm(network[0])
    return network


def spectral():
    return nn.Sequential(nn.utils.parametrizations.spectral_norm(nn.Linear(2, 8)), nn.ReLU(), nn.Linear(8, 3))


def old_weight_norm():
    network = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 3))
    network[0].register_forward_pre_hook(lambda module, inputs: (inputs[0] * 2,))
    return network


def hooked():
    network = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 3))
    network[0].register_forward_hook(lambda module, inputs, out: 2 * out)
    return network


def replaced_forward():
    network = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 3))
    plain = network[0].forward
    network[0].forward = lambda x: 3 * plain(x)
    return network


class RandomFeatures(nn.Module):
    """A fixed random layer that is no parameter and no buffer."""

    def __init__(self):
        super().__init__()
        self.fixed, self.out = torch.randn(2, 20), nn.Linear(20, 3)

    def forward(self, x):
        return self.out(torch.cos(x @ self.fixed))


class RandomBuffers(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("fixed", torch.randn(2, 20), persistent=False)
        self.out = nn.Linear(20, 3)

    def forward(self, x):
        return self.out(torch.cos(x @ self.fixed))


class Positions(nn.Module):
    """A Transformer with sines for positions, as a buffer, and an embedding."""

    def __init__(self, dropout):
        super().__init__()
        self.embed = nn.Embedding(12, 8)
        angle = torch.arange(6)[:, None] / 100 ** (torch.arange(4) / 4)
        self.register_buffer("places", torch.cat([angle.sin(), angle.cos()], 1))
        self.block = nn.TransformerEncoderLayer(8, 2, 16, dropout=dropout, batch_first=True)
        self.out = nn.Linear(8, 4)

    def forward(self, x):
        return self.out(self.block(self.embed(x.long()) + self.places).mean(1))


class Recurrent(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.memory, self.out = kind(1, 6, batch_first=True), nn.Linear(6, 1)

    def forward(self, x):
        return self.out(self.memory(x[..., None])[0][:, -1])


class Counting(nn.Module):
    """Anneals its noise by a count of its training steps, kept in a buffer."""

    def __init__(self):
        super().__init__()
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))
        self.layer = nn.Linear(2, 3)

    def forward(self, x):
        if self.training:
            self.seen += 1
        return self.layer(x) / (1 + 0.01 * self.seen)


class Heads(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.ModuleList([nn.Linear(2, 6), nn.Linear(6, 6)])
        self.heads = nn.ModuleDict({"a": nn.Linear(6, 3), "b": nn.Linear(6, 3)})
        self.scale = nn.ParameterDict({"a": nn.Parameter(torch.ones(1)), "b": nn.Parameter(torch.zeros(1))})

    def forward(self, x):
        for part in self.body:
            x = F.gelu(part(x))
        return sum(self.scale[name] * head(x) for name, head in self.heads.items())


def conv(*more):
    return lambda: nn.Sequential(nn.Conv2d(1, 4, 3), *(make() for make in more), nn.ReLU(), nn.Flatten(),
                                 nn.Linear(144, 10))


def numpy_start():
    network = nn.Linear(2, 3)
    with torch.no_grad():
        network.weight.copy_(torch.tensor(np.random.normal(size=(3, 2))))  # noqa: NPY002
    return network


MODELS = {
    "logistic regression": (layer(2, 3), BLOBS, TOGETHER),
    "chain of layers": (lambda: nn.Sequential(nn.Linear(2, 9), nn.Tanh(), nn.Linear(9, 3)), BLOBS, TOGETHER),
    "other activations": (lambda: nn.Sequential(nn.Linear(2, 9), nn.SiLU(), nn.Linear(9, 3)), BLOBS, TOGETHER),
    "layer normalization": (lambda: nn.Sequential(nn.Linear(2, 9), nn.LayerNorm(9), nn.ReLU(), nn.Linear(9, 3)), BLOBS,
                            TOGETHER),
    "skip connection": (made(lambda m, x: m.out(torch.cat([m.a(x).tanh(), x], -1)), a=layer(2, 4), out=layer(6, 3)),
                        BLOBS, TOGETHER),
    "several heads": (Heads, BLOBS, TOGETHER),
    "two values": (layer(4, 2), PAIRS, TOGETHER),
    "one value, squeezed": (made(lambda m, x: m.a(x).squeeze(), a=layer(9, 1)), SUNSPOTS, ALONE),
    "one value, last axis squeezed": (made(lambda m, x: m.a(x).squeeze(-1), a=layer(9, 1)), SUNSPOTS, TOGETHER),
    "batch normalization": (lambda: nn.Sequential(nn.Linear(2, 9), nn.BatchNorm1d(9), nn.ReLU(), nn.Linear(9, 3)),
                            BLOBS, ALONE),
    "batch normalization without means": (lambda: nn.Sequential(
        nn.Linear(2, 9), nn.BatchNorm1d(9, track_running_stats=False), nn.Linear(9, 3)), BLOBS, ALONE),
    "residual blocks": (lambda: nn.Sequential(nn.Linear(2, 8), Residual(8), Residual(8), nn.Linear(8, 3)), BLOBS,
                        ALONE),
    "dropout": (lambda: nn.Sequential(nn.Linear(2, 9), nn.ReLU(), nn.Dropout(0.3), nn.Linear(9, 3)), BLOBS, ALONE),
    "dropout of probability 0": (lambda: nn.Sequential(nn.Linear(2, 9), nn.Dropout(0.0), nn.Linear(9, 3)), BLOBS, None),
    "dropout as a function": (made(lambda m, x: m.a(F.dropout(x, 0.2, m.training)), a=layer(2, 3)), BLOBS, ALONE),
    "noise while training": (made(lambda m, x: m.a(x + 0.1 * torch.randn_like(x) * m.training), a=layer(2, 3)), BLOBS,
                             ALONE),
    "convolution": (conv(), IMAGES, None),
    "convolution, batch normalization, dropout": (conv(partial(nn.BatchNorm2d, 4), partial(nn.Dropout2d, 0.2)), IMAGES,
                                                  ALONE),
    "group normalization, pooling": (lambda: nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.GroupNorm(2, 4), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 10)),
        IMAGES, None),
    "rows as images": (lambda: nn.Sequential(nn.Unflatten(1, (1, 8, 8)), nn.Conv2d(1, 3, 3), nn.Flatten(),
                                             nn.Linear(108, 10)), DIGITS, None),
    "LSTM": (partial(Recurrent, nn.LSTM), SUNSPOTS, ALONE),
    "GRU": (partial(Recurrent, nn.GRU), SUNSPOTS, ALONE),
    "RNN": (partial(Recurrent, nn.RNN), SUNSPOTS, ALONE),
    "embedding, mean": (made(lambda m, x: m.out(m.embed(x.long()).mean(1)), embed=partial(nn.Embedding, 12, 8),
                             out=layer(8, 4)), TOKENS, None),
    "sparse embedding": (made(lambda m, x: m.out(m.embed(x.long()).mean(1)),
                              embed=partial(nn.Embedding, 12, 8, sparse=True), out=layer(8, 4)), TOKENS, None),
    "Transformer": (partial(Positions, 0.0), TOKENS, None),
    "Transformer with dropout": (partial(Positions, 0.1), TOKENS, ALONE),
    "a class for each place": (layer(3, 3), TAGS, TOGETHER),
    "tied decoder": (tied, DIGITS, None),
    "a layer used twice": (shared, BLOBS, None),
    "a weight shared by layers": (shared_weight, BLOBS, None),
    "frozen layer": (frozen, DIGITS, ALONE),
    "weight normalization": (parametrized, BLOBS, None),
    "spectral normalization": (spectral, BLOBS, ALONE),
    "hook before": (old_weight_norm, BLOBS, ALONE),
    "hook behind": (hooked, BLOBS, ALONE),
    "forward replaced": (replaced_forward, BLOBS, None),
    "random features": (RandomFeatures, BLOBS, ALONE),
    "random buffers": (RandomBuffers, BLOBS, ALONE),
    "a count in a buffer": (Counting, BLOBS, ALONE),
    "lazy layers": (lambda: nn.Sequential(nn.LazyLinear(9), nn.ReLU(), nn.LazyLinear(3)), BLOBS, None),
    "lazy batch normalization": (lambda: nn.Sequential(nn.LazyLinear(9), nn.LazyBatchNorm1d(), nn.LazyLinear(3)), BLOBS,
                                 ALONE),
    "start from NumPy": (numpy_start, BLOBS, TOGETHER),
    "a decision by values": (made(lambda m, x: m.a(x) if x.sum() > 0 else -m.a(x), a=layer(2, 3)), BLOBS, ALONE),
    "centred on its batch": (made(lambda m, x: m.a(x - x.mean(0)), a=layer(2, 3)), BLOBS, ALONE),
    "bilinear": (made(lambda m, x: m.a(x[:, :1], x[:, 1:]), a=partial(nn.Bilinear, 1, 1, 3)), BLOBS, None),
    "PReLU, scaled": (made(lambda m, x: math.sqrt(2) * m.out(m.act(m.a(x))), a=layer(2, 6), act=nn.PReLU,
                           out=layer(6, 3)), BLOBS, None),
    "two layers at a time": (made(lambda m, x: m.out(m.a(x) * torch.sigmoid(m.b(x))), a=layer(2, 6), b=layer(2, 6),
                                  out=layer(6, 3)), BLOBS, TOGETHER),
}
