"""Small networks as ordinary `torch.nn.Module`s.

Each maker returns a function of no arguments that builds a fresh network from torch's random state; that is what
`train` and `sweep` take, so that run k of every setting can start from the same weights.
"""

from functools import partial

import torch
import torch.nn.functional as F
from torch import nn

__all__ = ["mlp", "wide", "rate_shares", "linear", "cnn", "rnn", "transformer"]

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh}
BASE_WIDTH = 32  # of the network at which both parametrizations are the same


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


def wide(n_inputs, width, n_outputs, depth=3, parametrization="standard", base_width=BASE_WIDTH):
    """Fully connected network with `depth` hidden layers of `width` units each, started as `mlp` starts it.

    In the "maximal-update" parametrization the last layer's weights start √(base_width / width) times as large, and
    the rates of the layers have the shares that `rate_shares` gives. A network of the base width is the same in both.
    (Yang et al. 2021)
    """
    _whole(n_inputs=n_inputs, width=width, n_outputs=n_outputs, depth=depth, base_width=base_width)
    if parametrization not in ("standard", "maximal-update"):
        raise ValueError(f'parametrization must be "standard" or "maximal-update", got {parametrization!r}')
    last = 1.0 if parametrization == "standard" else (base_width / width) ** 0.5
    return partial(_wide, (n_inputs, *[width] * depth, n_outputs), last)


def rate_shares(network, optimizer="adam", base_width=BASE_WIDTH):
    """What each weight of a `wide` network gets of the rate under the maximal-update parametrization: a vector (P,).

    Of a layer whose inputs are `n` and whose outputs are `k` times as many as at the base width, the matrix gets 1/n of
    the rate of Adam ("adam") and k/n of that of SGD ("sgd"); a bias has one input, whatever the width.
    (Yang et al. 2021)
    """
    if optimizer not in ("adam", "sgd"):
        raise ValueError(f'optimizer must be "adam" or "sgd", got {optimizer!r}')
    layers = [layer for layer in network if isinstance(layer, nn.Linear)]
    if len(layers) < 2:
        raise ValueError(f"network must have a hidden layer, got {len(layers)} linear layers")
    m = layers[0].out_features / base_width
    shares = []
    for layer in layers:
        inputs, outputs = 1.0 if layer is layers[0] else m, 1.0 if layer is layers[-1] else m
        for w, n in ((layer.weight, inputs), (layer.bias, 1.0)):
            shares.append(torch.full((w.numel(),), (outputs if optimizer == "sgd" else 1.0) / n))
    return torch.cat(shares)


def linear(n_inputs, n_outputs, **options):
    """A network without a hidden layer: logistic regression on classes, linear regression on values."""
    return mlp(n_inputs, n_outputs, **options)


def cnn(side=8, n_outputs=10, filters=8):
    """Convolutional network for images of side × side pixels, given as rows: 3 × 3 filters, pooling, a linear layer.

    (LeCun et al. 1989; the pixels under each position of a filter are unfolded into a row, so that the convolution is
    a matrix product, which stacks.)
    """
    _whole(side=side, n_outputs=n_outputs, filters=filters)
    if side < 4 or side % 2:
        raise ValueError(f"side must be an even number of pixels, at least 4, got {side!r}")
    return partial(CNN, side, n_outputs, filters)


def rnn(n_outputs=1, units=16):
    """Recurrent network for a row of numbers, read one after the other: h ← tanh(U x_t + W h + b) (Elman 1990)."""
    _whole(n_outputs=n_outputs, units=units)
    return partial(RNN, n_outputs, units)


def transformer(n_symbols, context=16, width=16, heads=2):
    """A small Transformer: for each symbol of a row of up to `context` whole numbers, scores for the next symbol.

    One block of attention (Vaswani et al. 2017) and one of two layers, each behind a layer normalization
    (Xiong et al. 2020).
    """
    _whole(n_symbols=n_symbols, context=context, width=width, heads=heads)
    if width % heads:
        raise ValueError(f"width must be a multiple of heads, got {width!r} and {heads!r}")
    return partial(Transformer, n_symbols, context, width, heads)


class CNN(nn.Module):
    def __init__(self, side, n_outputs, filters):
        super().__init__()
        self.side, self.pooled = side, (side - 2) // 2
        self.filters = nn.Linear(9, filters)
        self.out = nn.Linear(self.pooled**2 * filters, n_outputs)

    def forward(self, x):
        pixels = x.view(-1, self.side, self.side).unfold(1, 3, 1).unfold(2, 3, 1).flatten(3)  # (B, rows, columns, 9)
        a = F.relu(self.filters(pixels))
        a = a.view(-1, self.pooled, 2, self.pooled, 2, a.shape[-1]).amax((2, 4))
        return self.out(a.flatten(1))


class RNN(nn.Module):
    def __init__(self, n_outputs, units):
        super().__init__()
        self.input, self.memory = nn.Linear(1, units), nn.Linear(units, units, bias=False)
        self.out = nn.Linear(units, n_outputs)

    def forward(self, x):
        h = torch.tanh(self.input(x[:, :1]))
        for t in range(1, x.shape[1]):
            h = torch.tanh(self.input(x[:, t:t + 1]) + self.memory(h))
        return self.out(h)


class Transformer(nn.Module):
    def __init__(self, n_symbols, context, width, heads):
        super().__init__()
        self.heads = heads
        self.symbols = nn.Linear(n_symbols, width, bias=False)
        self.places = nn.Parameter(0.1 * torch.randn(context, width))
        self.before_attention, self.before_layers = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width, bias=False)
        self.mix = nn.Linear(width, width, bias=False)
        self.up, self.down = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        self.before_out, self.out = nn.LayerNorm(width), nn.Linear(width, n_symbols)

    def forward(self, x):
        one_hot = (x[..., None] == torch.arange(self.symbols.in_features, device=x.device)).float()
        h = self.symbols(one_hot) + self.places[:x.shape[1]]
        h = h + self.mix(self._attention(self.before_attention(h)))
        h = h + self.down(F.relu(self.up(self.before_layers(h))))
        return self.out(self.before_out(h))

    def _attention(self, h):
        """softmax(Q Kᵀ / √d) V in each head, where no symbol looks at those behind it; (B, context, width)."""
        q, k, v = self.query_key_value(h).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        scores = q @ k.mT / q.shape[-1]**0.5
        later = torch.ones(h.shape[1], h.shape[1], dtype=torch.bool, device=h.device).triu(1)
        return (scores.masked_fill(later, -torch.inf).softmax(-1) @ v).transpose(1, 2).flatten(2)


def _whole(**sizes):
    for name, value in sizes.items():
        if not isinstance(value, int) or value < 1:
            raise ValueError(f"{name} must be a whole number above 0, got {value!r}")


def _wide(sizes, last):
    network = _mlp(sizes, "relu", 1.0)
    with torch.no_grad():
        network[-1].weight.mul_(last)
    return network


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
