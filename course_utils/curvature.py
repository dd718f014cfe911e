"""How sharply the loss of a network bends where its weights are: the sharpness λmax, without building the Hessian."""

import torch
from torch.func import vmap

from .engine.stacks import Stack, fresh_network

__all__ = ["edge", "sharpness"]


def edge(lr, beta=0.0):
    """The sharpness above which descent on a quadratic is unstable: 2 (1 + β) / η, for momentum without damping.

    β = 0 is plain gradient descent. lr and beta are numbers or arrays that broadcast  (Polyak 1964).
    """
    return 2 * (1 + beta) / lr


def sharpness(model, data, weights, n_steps=20):
    """λmax of the Hessian of the mean training loss at weights (runs, P) or (P,), by Lanczos in double precision.

    Each step costs one product of the Hessian with a vector, the derivative of the gradient along it (Pearlmutter
    1994). The largest eigenvalue of the small tridiagonal matrix that the steps build converges to λmax from below, far
    faster than power iteration  (Lanczos 1950). NaN for weights that are not finite numbers. The networks are taken in
    evaluation mode; ValueError for one that is not made of plain tensor operations.
    """
    single = weights.ndim == 1
    weights = weights[None] if single else weights
    times_hessian = _product(model, data, weights)
    n_steps = min(n_steps, weights.shape[1])
    q = torch.randn(weights.shape[1], generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    q = (q / q.norm()).expand(weights.shape).clone()
    basis, diagonal, beside = [q], [], []
    for _ in range(n_steps):
        v = times_hessian(basis[-1])
        diagonal.append((v * basis[-1]).sum(1))
        for _ in range(2):  # twice, since rounding lets found directions return
            for old in basis:
                v = v - (v * old).sum(1, keepdim=True) * old
        length = v.norm(dim=1)
        beside.append(length)
        basis.append(v / length.clamp_min(1e-300)[:, None])
    small = torch.diag_embed(torch.stack(diagonal, 1))
    edge = torch.stack(beside[:-1], 1) if n_steps > 1 else small.new_zeros(len(weights), 0)
    small = small + torch.diag_embed(edge, 1) + torch.diag_embed(edge, -1)
    largest = torch.full((len(weights),), float("nan"), dtype=torch.float64)
    fine = small.isfinite().all(dim=(1, 2))  # a run that diverged has no sharpness
    largest[fine] = torch.linalg.eigvalsh(small[fine])[:, -1]
    return float(largest[0]) if single else largest.numpy()


def _product(model, data, weights):
    """The map v → H v, row by row, for a whole stack of networks: H is that of the mean training loss."""
    example = torch.tensor(data.x_train[:1])
    stack = Stack(fresh_network(model, 0, example).eval().double(), data.task)
    x, y = torch.tensor(data.x_train).double(), torch.tensor(data.y_train)
    y = y if data.task == "classification" else y.double()
    w = weights.double().detach().requires_grad_()
    loss = vmap(stack._loss, in_dims=(0, None, None))
    try:
        with torch.enable_grad():
            gradient, = torch.autograd.grad(loss(w, x, y).sum(), w, create_graph=True)
    except (RuntimeError, NotImplementedError) as error:
        raise ValueError("sharpness needs a model of plain tensor operations; torch says of this one: "
                         f"{str(error).splitlines()[0]}") from error

    def times(vectors):
        return torch.autograd.grad(gradient, w, vectors, retain_graph=True)[0]  # (∂g/∂w)ᵀ v, and H is symmetric
    return times
