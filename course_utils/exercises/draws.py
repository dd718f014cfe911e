"""Questions drawn by chance, the same ones at every check: sizes, signs and equal values that nobody thought of."""

import numpy as np

__all__ = ["whole", "scale", "numbers", "digits"]


def whole(rng, least, most):
    """A whole number from least to most, the small ones more often: as often from 1 to 10 as from 10 to 100."""
    return int(min(np.floor(np.exp(rng.uniform(np.log(least), np.log(most + 1)))), most))


def scale(rng, least, most):
    """A number from least to most, of each size equally often, in three digits."""
    return float(f"{np.exp(rng.uniform(np.log(least), np.log(most))):.3g}")


def numbers(rng, *shape):
    """An array of both signs and several sizes, among them zeros and numbers that are equal."""
    several = rng.normal(size=shape) * 10.0 ** rng.integers(-1, 2, shape)
    return digits(np.where(rng.random(shape) < 0.2, rng.integers(-1, 2, shape), several))


def digits(array, number=3):
    """The array in so many digits, as a reader would type it."""
    return np.array([float(f"{x:.{number}g}") for x in np.ravel(array)]).reshape(np.shape(array))
