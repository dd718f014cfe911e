"""Whether two results are the same but for rounding, and what the comparison needs to say about them."""

import torch

__all__ = ["ERRORS", "described", "first_rows", "same", "says"]

ERRORS = (RuntimeError, ValueError, TypeError, IndexError, AttributeError, KeyError, NotImplementedError,
          AssertionError, ArithmeticError)  # of whoever wrote the model, the optimizer or the loss


def same(a, b, tolerance=1e-3):
    """Whether two results agree but for rounding: tensors, or whatever holds tensors."""
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
        if a.shape != b.shape:
            return a.numel() == b.numel() == 1 and same(a.reshape(()), b.reshape(()), tolerance)
        a, b = a.detach().double(), b.detach().double()
        scale = float(torch.nan_to_num(b, 0.0, 0.0, 0.0).abs().max()) if b.numel() else 0.0
        return torch.allclose(a, b, rtol=tolerance, atol=tolerance / 100 * scale + 1e-30, equal_nan=True)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key], tolerance) for key in a)
    if isinstance(a, tuple | list) and isinstance(b, tuple | list):
        return len(a) == len(b) and all(same(x, y, tolerance) for x, y in zip(a, b, strict=True))
    return type(a) is type(b)


def first_rows(outputs, n):
    """The first n rows of outputs, wherever tensors stand in them."""
    if isinstance(outputs, torch.Tensor):
        return outputs[:n] if outputs.ndim else outputs
    if isinstance(outputs, dict):
        return {key: first_rows(value, n) for key, value in outputs.items()}
    if isinstance(outputs, tuple | list):
        return [first_rows(value, n) for value in outputs]
    return outputs


def described(value):
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {tuple(value.shape)} and {value.dtype}"
    if isinstance(value, tuple | list):
        return f"{type(value).__name__} of {len(value)}"
    return "None" if value is None else f"{type(value).__name__} {value!r}"[:80]


def says(error):
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
