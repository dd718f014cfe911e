"""Loss surfaces with value, gradient and, for quadratics, everything that can be computed from the curvature."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from numbers import Real

import numpy as np

from .arrays import numbers

__all__ = ["Landscape", "bowl", "ravine", "quadratic", "least_squares", "double_well", "plateau", "saddle",
           "rosenbrock"]


@dataclass(frozen=True)
class Landscape:
    """A loss f(w) with its gradient; w is a float in one dimension, else an array whose last axis holds (w₁, w₂, …).

    `domain` is the part worth drawing, one (low, high) pair a dimension; `minimum` the minimizer if it is known;
    `hessian` the constant matrix of second derivatives of a quadratic, from which the properties below follow.
    """

    name: str
    value: Callable
    gradient: Callable
    start: float | tuple
    domain: tuple
    minimum: float | tuple | None = None
    hessian: np.ndarray | None = None

    @property
    def dim(self):
        return len(self.domain)

    @cached_property
    def eigenvalues(self):
        """Curvatures along the principal axes, ascending; only a quadratic has constant ones."""
        if self.hessian is None:
            raise ValueError(f"{self.name} is not a quadratic: its curvature changes from place to place")
        return np.linalg.eigvalsh(np.atleast_2d(self.hessian))

    @property
    def sharpness(self):
        """λmax, the largest curvature."""
        return float(self.eigenvalues[-1])

    @property
    def condition_number(self):
        """κ = λmax / λmin."""
        return float(self.eigenvalues[-1] / self.eigenvalues[0])

    @property
    def critical_rate(self):
        """2 / λmax: gradient descent converges below it and diverges above it."""
        return 2 / self.sharpness

    @property
    def best_rate(self):
        """2 / (λmin + λmax): the rate at which the slower of the extreme directions is fastest."""
        return float(2 / (self.eigenvalues[0] + self.eigenvalues[-1]))

    @property
    def best_factor(self):
        """(κ − 1) / (κ + 1): what remains of the distance after one step at the best rate."""
        return (self.condition_number - 1) / (self.condition_number + 1)

    @property
    def best_momentum(self):
        """Rate and β of the fastest heavy ball: (2 / (√λmin + √λmax))², ((√κ − 1) / (√κ + 1))²  (Polyak 1964).

        Its factor is √β. Undamped, as `optimizers.momentum`.
        """
        low, high = np.sqrt(self.eigenvalues[[0, -1]])
        return float((2 / (low + high)) ** 2), float(((high - low) / (high + low)) ** 2)

    def momentum_factor(self, lr, beta, nesterov=False):
        """What a step of momentum leaves of the distance in the long run; `lr` and `beta` may be arrays that broadcast.

        The largest |z| with z² − (1 + β − η λ) z + β = 0 over the curvatures λ, the spectral radius of the matrix that
        takes (w, v) to the next; for Nesterov's form z² − (1 + β) (1 − η λ) z + β (1 − η λ) = 0.
        """
        lr, beta = np.broadcast_arrays(np.asarray(lr, dtype=float), np.asarray(beta, dtype=float))
        left = 1 - lr[..., None] * self.eigenvalues
        beta = beta[..., None]
        total, product = ((1 + beta) * left, beta * left) if nesterov else (beta + left, beta + 0 * left)
        under = total**2 / 4 - product
        radius = np.where(under < 0, np.sqrt(np.abs(product)), np.abs(total) / 2 + np.sqrt(np.maximum(under, 0)))
        return radius.max(axis=-1)[()]


def bowl(curvature=1.0):
    """One-dimensional quadratic f(w) = a w² / 2 with curvature a; runs on plain floats."""
    a = _positive("curvature", curvature)
    return Landscape("bowl", lambda w: a * w**2 / 2, lambda w: a * w, start=-4.0, domain=((-5.0, 5.0),),
                     minimum=0.0, hessian=np.array([[a]]))


def ravine(kappa=10.0):
    """Two-dimensional quadratic f(w) = (w₁² + κ w₂²) / 2 with curvatures 1 and κ."""
    kappa = _positive("kappa", kappa)
    return quadratic([[1.0, 0.0], [0.0, kappa]], start=(-4.0, 1.5), domain=((-5.0, 5.0), (-2.5, 2.5)), name="ravine")


def quadratic(hessian, minimum=None, start=None, domain=None, name="quadratic"):
    """f(w) = (w − w*)ᵀ H (w − w*) / 2 for a symmetric positive definite H of shape (d, d)."""
    H = numbers("hessian", hessian).astype(float)
    if H.ndim != 2 or H.shape[0] != H.shape[1] or not np.allclose(H, H.T):
        raise ValueError(f"hessian must be a symmetric square matrix of numbers, got shape {H.shape}: {hessian!r}")
    if not np.linalg.eigvalsh(H)[0] > 0:
        raise ValueError(f"hessian must have curvatures above 0, got {np.linalg.eigvalsh(H)}")
    d = len(H)
    for place, point in (("minimum", minimum), ("start", start)):
        if point is not None and numbers(place, point).shape != (d,):
            raise ValueError(f"{place} must have {d} coordinates, got shape {np.shape(point)}")
    best = np.zeros(d) if minimum is None else np.array(minimum, dtype=float)

    def value(w):
        offset = np.asarray(w) - best
        return ((offset @ H) * offset).sum(-1) / 2

    return Landscape(name, value, lambda w: (np.asarray(w) - best) @ H,
                     start=tuple(best - 3) if start is None else start,
                     domain=tuple((b - 5, b + 5) for b in best) if domain is None else domain,
                     minimum=tuple(best), hessian=H)


def least_squares(x, y, name="least squares"):
    """Mean squared error ½ mean (x w + b − y)² of a linear fit; x has shape (n, d), y (n,), the last weight is b."""
    x, y = numbers("x", x).astype(float), numbers("y", y).astype(float)
    if x.ndim != 2 or y.shape != x.shape[:1] or not len(x):
        raise ValueError(f"x must have shape (n, d) and y (n,), with at least one row, got {x.shape} and {y.shape}")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("x and y must hold finite numbers, got NaN or infinity")
    A = np.column_stack([x, np.ones(len(x))])
    n = len(A)

    def value(w):
        return ((np.asarray(w) @ A.T - y) ** 2).mean(-1) / 2

    best = np.linalg.lstsq(A, y, rcond=None)[0]
    return Landscape(name, value, lambda w: (np.asarray(w) @ A.T - y) @ A / n, start=(0.0,) * A.shape[1],
                     domain=tuple((b - 1, b + 1) for b in best), minimum=tuple(best), hessian=A.T @ A / n)


def double_well(tilt=0.3):
    """One-dimensional, non-convex: f(w) = (w² − 1)² / 4 + tilt · w, a deep valley left and a shallow one right."""
    roots = np.roots([1, 0, -1, tilt])
    real = np.real(roots[np.isreal(roots)])
    deepest = float(min(real, key=lambda w: (w**2 - 1) ** 2 / 4 + tilt * w))
    return Landscape("double well", lambda w: (w**2 - 1) ** 2 / 4 + tilt * w, lambda w: w**3 - w + tilt,
                     start=2.0, domain=((-1.9, 2.1),), minimum=deepest)


def plateau(width=2.0):
    """One-dimensional: a valley f(w) = 1 − exp(−w² / (2 width²)) whose slope all but vanishes far from the minimum."""
    s2 = _positive("width", width) ** 2
    return Landscape("plateau", lambda w: 1 - np.exp(-(w**2) / (2 * s2)), lambda w: w / s2 * np.exp(-(w**2) / (2 * s2)),
                     start=-3.5 * s2**0.5, domain=((-4.5 * s2**0.5, 4.5 * s2**0.5),), minimum=0.0)


def saddle():
    """f(w) = w₁² / 2 + w₂⁴ / 4 − w₂² / 2: a saddle at the origin between the minima (0, −1) and (0, 1)."""
    def value(w):
        w1, w2 = np.moveaxis(np.asarray(w), -1, 0)
        return w1**2 / 2 + w2**4 / 4 - w2**2 / 2

    def gradient(w):
        w1, w2 = np.moveaxis(np.asarray(w), -1, 0)
        return np.stack([w1, w2**3 - w2], axis=-1)

    return Landscape("saddle", value, gradient, start=(-1.8, 0.001), domain=((-2.0, 2.0), (-1.6, 1.6)),
                     minimum=(0.0, 1.0))


def rosenbrock():
    """The banana valley f(w) = (1 − w₁)² + 100 (w₂ − w₁²)², minimum (1, 1)  (Rosenbrock 1960)."""
    def value(w):
        w1, w2 = np.moveaxis(np.asarray(w), -1, 0)
        return (1 - w1) ** 2 + 100 * (w2 - w1**2) ** 2

    def gradient(w):
        w1, w2 = np.moveaxis(np.asarray(w), -1, 0)
        return np.stack([-2 * (1 - w1) - 400 * w1 * (w2 - w1**2), 200 * (w2 - w1**2)], axis=-1)

    return Landscape("Rosenbrock's valley", value, gradient, start=(-1.2, 1.0), domain=((-2.0, 2.0), (-1.0, 3.0)),
                     minimum=(1.0, 1.0))


def _positive(name, value):
    number = value.item() if getattr(value, "ndim", None) == 0 else value
    if not isinstance(number, Real) or isinstance(number, bool) or not 0 < number < np.inf:
        raise ValueError(f"{name} must be a finite number above 0, got {value!r}")
    return float(number)
