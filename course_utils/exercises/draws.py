"""Questions drawn by chance, the same ones at every check: sizes, signs and equal values that nobody thought of."""

import numpy as np

__all__ = ["whole", "scale", "numbers", "digits", "below_one", "slopes", "away_from_zero"]


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


def below_one(rng):
    """A number from 0.125 to 0.9994, mostly near 1, as β is; of few bits, so that what is left of 1 is exact."""
    return float(1 - rng.integers(5, 8) / 2.0 ** rng.integers(3, 14))


def slopes(rng, most):
    """Gradients of up to so many steps, of a number or of up to 200 weights in up to three dimensions, some all 0."""
    shape = tuple(whole(rng, 1, n) for n in [(), (200,), (14, 14), (5, 6, 6)][rng.integers(4)])
    g = 10.0 ** rng.integers(-3, 4) * numbers(rng, whole(rng, 1, most), *shape)
    g[rng.random(len(g)) < 0.2] = 0
    return tuple(g if shape else g.tolist())


def away_from_zero(rng, path):
    """A start from which a path, given as one from 0, leads near 0 nowhere, where digits would be lost."""
    path = np.abs(path)
    size = path.max(axis=0)
    w = digits(rng.choice([-1.5, 1.5], size.shape) * np.where(size, size, size.max() or 1))
    w = np.where((path.min(axis=0) > 0.2 * size) & (rng.random(size.shape) < 0.5), 0, w)
    return w if w.ndim else float(w)
