"""Library functions as on another processor: right to a few last bits, which are not those of this one.

Arithmetic and square roots are rounded the same way everywhere. Logarithms, powers, sines, norms and means are not: the
instructions that compute them differ, and the order of sums. `nudge(monkeypatch, way)` replaces those of math, NumPy
and PyTorch that are called by name; operators and methods (`**`, `@`, `.mean()`) it cannot reach.
"""

import math
import zlib

import numpy as np
import torch

ULPS = 3  # vector libraries promise 4 at most
WAYS = ("down", "up", "either way")
EXACT = (0, 1)  # whose logarithm, power or sine is exact everywhere
NAMES = {
    math: "exp expm1 exp2 log log1p log2 log10 pow sin cos tan tanh cbrt hypot dist fsum",
    np: ("exp expm1 exp2 log log1p log2 log10 power float_power sin cos tan tanh cbrt hypot logspace geomspace mean "
         "average std var sum dot matmul einsum convolve trapezoid"),
    np.linalg: "norm det eigvals eigvalsh",
    torch: "exp log log2 log10 pow sin cos tanh sigmoid logspace mean std var sum dot matmul einsum dist",
    torch.linalg: "norm eigvalsh",
}


def nudge(monkeypatch, way):
    """Shift the results of the functions in NAMES by up to ULPS last bits in one of the WAYS, equal values equally."""
    for module, names in NAMES.items():
        for name in names.split():
            if hasattr(module, name):
                monkeypatch.setattr(module, name, _nudged(getattr(module, name), way, f"{module.__name__}.{name}"))


def _nudged(function, way, name):
    salt = zlib.crc32(f"{name} {way}".encode())
    steps = {"down": lambda bits: -ULPS, "up": lambda bits: ULPS}.get(way, lambda bits: _drawn(bits, salt))

    def nudged(*args, **options):
        result = function(*args, **options)
        exact = len(args) == 1 and np.ndim(args[0]) == 0 and args[0] in EXACT
        return result if exact else _shifted(result, steps)
    return nudged


def _drawn(bits, salt):
    """A whole number from -ULPS to ULPS for each pattern of bits."""
    mixed = (bits.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) ^ np.uint64(salt)
    return (mixed >> np.uint64(20)).astype(np.int64) % (2 * ULPS + 1) - ULPS


def _shifted(value, steps):
    """The value some last bits away, or as it is if it is no float, is 0 or is not finite."""
    if isinstance(value, torch.Tensor):
        return value if value.requires_grad else torch.as_tensor(_shifted(value.numpy(), steps))
    array = np.asarray(value)
    if array.dtype not in (np.float64, np.float32) or not array.size:
        return value
    bits = np.atleast_1d(array).view(f"u{array.itemsize}").reshape(array.shape)
    with np.errstate(invalid="ignore"):  # the spacing of inf
        shifted = (array + np.asarray(steps(bits)).astype(array.dtype) * np.spacing(np.abs(array))).astype(array.dtype)
    result = np.where(np.isfinite(array) & (array != 0), shifted, array)
    return result if isinstance(value, np.ndarray) else type(value)(result)
