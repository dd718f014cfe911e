"""Fine-tuning in small: networks trained on the digits meet digits that were changed, with a few examples of each.

Every rate and every seed is a run of its own, and all runs are trained at once, as one stack: each weight has a leading
axis of runs, and the rate is one number a run, so that the course's `adam` takes them as they are. The networks have
three layers, with tanh between them.
"""

from dataclasses import dataclass, field

import numpy as np
import torch

from ..data import load_digits
from ..models import mlp
from ..optimizers import adam
from ..sweep import require_inside, sweep
from ..training import initial_weights, one_thread

__all__ = ["LAYERS", "SHIFTS", "FineTuned", "Task", "fine_tune", "fresh", "mixed", "pretrained", "shifted"]

SIZES = 64, 64, 64, 10
LAYERS = len(SIZES) - 1
DRAWN = 150  # of the validation part, from which the few examples are drawn; the rest of it chooses
RANDOM = 1000  # added to the seed of fresh weights, so that they are not those that the pretrained ones grew from


def _images(change):
    """The change of images (n, 8, 8) as one of rows of pixels (n, 64)."""
    return lambda x: np.ascontiguousarray(change(x.reshape(-1, 8, 8))).reshape(-1, 64)


def _moved(x):
    """One pixel to the right: an empty column comes in, the last one is lost."""
    return np.concatenate([np.zeros_like(x[..., :1]), x[..., :-1]], axis=-1)


SHIFTS = {  # what happens to the images
    "moved by a pixel": _images(_moved),
    "turned by 90°": _images(lambda x: np.rot90(x, axes=(1, 2))),
    "inverted": _images(lambda x: 1 - x),
    "half as bright": _images(lambda x: x / 2),
    "pixels shuffled": lambda x: x[:, np.random.default_rng(0).permutation(64)],
}


@dataclass(frozen=True)
class Task:
    """Changed digits: a few for each seed to train on, x (seeds, n, 64), y (seeds, n), and three parts to judge by.

    `parts` maps "val" (changed, to choose on), "new" (changed) and "old" (as they were, both to report on) to x (m, 64)
    and y (m,).
    """

    x: torch.Tensor
    y: torch.Tensor
    parts: dict = field(repr=False)


@dataclass(frozen=True)
class FineTuned:
    """What came of each rate: `val`, `new` and `old` accuracy (rates, seeds); `weights` (rates · seeds, …), a list."""

    rates: np.ndarray
    val: np.ndarray
    new: np.ndarray
    old: np.ndarray
    weights: list = field(repr=False)

    def best(self, choose, allow_edge=False):
        """The index of the rate with the best mean `val` over the first `choose` seeds.

        `GridEdgeError` where that is the smallest or the largest rate, unless `allow_edge`.
        """
        i = int(self.val[:, :choose].mean(axis=1).argmax())
        if not allow_edge:
            require_inside(self.rates[i], self.rates)
        return i


def pretrained(seeds=range(12), epochs=30, lr=0.003):
    """The weights of networks trained on the digits: tensors (seeds, …), each layer's matrix and then its bias."""
    runs = sweep(mlp(*SIZES, activation="tanh"), load_digits(), adam, lr=lr, seeds=seeds, epochs=epochs, progress=False)
    return _unpacked(torch.stack([torch.as_tensor(w) for w in runs.weights[0]]))


def fresh(seeds=range(12)):
    """Weights that were trained on nothing, in the same form."""
    return _unpacked(torch.stack([initial_weights(mlp(*SIZES, activation="tanh"), RANDOM + seed) for seed in seeds]))


def shifted(shift, each=3, seeds=range(12)):
    """The `Task` of a shift by its name, with `each` examples of each digit for every seed.

    They come from the validation part of the digits, which the networks were not trained on; other examples of that
    part choose, and the test part reports, changed and as it was.
    """
    if shift not in SHIFTS:
        raise ValueError(f"shift must be one of {', '.join(SHIFTS)}, got {shift!r}")
    data, change = load_digits(), SHIFTS[shift]
    rows = np.stack([_a_few(data.y_val[:DRAWN], each, seed) for seed in seeds])
    pair = lambda x, y: (torch.tensor(np.array(x)), torch.tensor(np.array(y)))
    parts = {"val": pair(change(data.x_val[DRAWN:]), data.y_val[DRAWN:]),
             "new": pair(change(data.x_test), data.y_test), "old": pair(data.x_test, data.y_test)}
    return Task(*pair(change(data.x_val)[rows], data.y_val[rows]), parts)


def fine_tune(start, task, rates, steps=60, trained=range(LAYERS), factor=1.0, rank=None):
    """Train every network with Adam on all its few examples at once, at every rate, and judge it: a `FineTuned`.

    start: tensors (seeds, …) as `pretrained` gives them; rates (rates,); trained: the layers that move, from 0 at the
    input; factor: the rate of a layer over that of the layer above it; rank: where it is given, the matrices stay as
    they are, and to each is added an adapter B A with A (rank, inputs) random and B (outputs, rank) 0 at the start
    (Hu et al. 2022).
    """
    rates, seeds = np.asarray(rates, dtype=float), len(start[0])
    lr = torch.tensor(np.repeat(rates, seeds), dtype=torch.float32)
    start = [w.repeat(len(rates), *[1] * (w.ndim - 1)) for w in start]
    x, y = task.x.repeat(len(rates), 1, 1), task.y.repeat(len(rates), 1)
    moving, make = _moving(start, trained, rank, seeds)
    states = [{} for _ in moving]
    with one_thread():
        for _ in range(steps):
            leaves = [w.detach().requires_grad_() for w, _ in moving]
            loss = torch.nn.functional.cross_entropy(_outputs(make(leaves), x).flatten(0, 1), y.flatten())
            gradients = torch.autograd.grad(loss * len(lr), leaves)  # each run's own mean loss
            for i, (w, layer) in enumerate(moving):
                pace = (lr * factor ** (LAYERS - 1 - layer)).reshape(-1, *[1] * (w.ndim - 1))
                w, states[i] = adam(w, gradients[i], states[i], pace)
                moving[i] = w, layer
        weights = [w.detach() for w in make([w for w, _ in moving])]
    return _judged(rates, weights, task)


def mixed(start, tuned, share, task):
    """The `FineTuned` of start + share · (tuned − start), the weights somewhere on the way from old to new."""
    n = len(tuned.rates)
    weights = [old + share * (new - old) for old, new in
               zip((w.repeat(n, *[1] * (w.ndim - 1)) for w in start), tuned.weights, strict=True)]
    return _judged(tuned.rates, weights, task)


@torch.no_grad()
def _judged(rates, weights, task):
    with one_thread():
        scores = {part: (_outputs(weights, x.expand(len(weights[0]), *x.shape)).argmax(-1) == y).float().mean(1)
                  .numpy().astype(float).reshape(len(rates), -1) for part, (x, y) in task.parts.items()}
    return FineTuned(rates, **scores, weights=weights)


def _unpacked(vectors):
    """Vectors (runs, P) as matrices (runs, outputs, inputs) and biases (runs, outputs), layer by layer."""
    shapes = [shape for n, m in zip(SIZES, SIZES[1:], strict=False) for shape in ((m, n), (m,))]
    pieces = vectors.split([int(np.prod(shape)) for shape in shapes], dim=1)
    return [piece.reshape(-1, *shape) for piece, shape in zip(pieces, shapes, strict=True)]


def _a_few(y, each, seed):
    order = np.random.default_rng(seed).permutation(len(y))
    return np.concatenate([order[y[order] == digit][:each] for digit in range(10)])


def _moving(start, trained, rank, seeds):
    """What moves, as pairs (tensor, layer), and the function that makes all weights of the tensors."""
    if rank is None:
        places = [i for i in range(2 * LAYERS) if i // 2 in trained]
        make = lambda leaves: [dict(zip(places, leaves, strict=True)).get(i, w) for i, w in enumerate(start)]
        return [(start[i], i // 2) for i in places], make
    random, moving = torch.Generator().manual_seed(0), []
    for layer in range(LAYERS):
        runs, outputs, inputs = start[2 * layer].shape
        down = torch.randn(seeds, rank, inputs, generator=random) / inputs**0.5
        moving += [(down.repeat(runs // seeds, 1, 1), layer), (torch.zeros(runs, outputs, rank), layer)]
    return moving, lambda leaves: [w if i % 2 else w + leaves[i + 1] @ leaves[i] for i, w in enumerate(start)]


def _outputs(weights, x):
    """Scores (runs, n, 10) of examples x (runs, n, 64)."""
    for layer in range(LAYERS):
        x = torch.baddbmm(weights[2 * layer + 1][:, None], x, weights[2 * layer].mT)
        x = torch.tanh(x) if layer < LAYERS - 1 else x
    return x
