"""The source study's experiment, 8 rates × 30 networks, beside an independent replication of it.

    python benchmarks/replication.py

Test accuracy after 200 epochs of plain SGD on the blobs, batch size 32. Of the replication, mean and standard deviation
are known for six rates; it is taken to have trained 30 networks a rate, too. The two means are compared by Welch's
t interval for their difference.
"""

from time import perf_counter

import numpy as np
from scipy import stats

from course_utils.data import make_blobs
from course_utils.models import mlp
from course_utils.optimizers import sgd
from course_utils.statistics import mean_interval
from course_utils.sweep import sweep

RATES = [1.0, 0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7]
N = 30
REFERENCE = {1.0: (0.573, 0.092), 0.1: (0.819, 0.011), 0.01: (0.824, 0.018), 1e-3: (0.741, 0.015),
             1e-4: (0.662, 0.029), 1e-5: (0.442, 0.077)}  # mean and standard deviation


def welch(mean_a, sd_a, mean_b, sd_b, n=N, confidence=0.95):
    """Interval (low, high) for the difference a − b of two means of n values each, of unequal spread."""
    a, b = sd_a**2 / n, sd_b**2 / n
    freedom = (a + b) ** 2 / ((a**2 + b**2) / (n - 1))
    half = stats.t.ppf((1 + confidence) / 2, freedom) * np.sqrt(a + b)
    return mean_a - mean_b - half, mean_a - mean_b + half


def row(lr, scores):
    ours, sd = mean_interval(scores), np.std(scores, ddof=1)
    text = f"{lr:<8g}{ours.mean:.3f} ± {sd:.3f} [{ours.low:.3f}, {ours.high:.3f}]"
    if lr not in REFERENCE:
        return text
    mean, spread = REFERENCE[lr]
    half = stats.t.ppf(0.975, N - 1) * spread / np.sqrt(N)
    low, high = welch(ours.mean, sd, mean, spread)
    overlap = "overlap" if ours.low <= mean + half and mean - half <= ours.high else "do not overlap"
    return (f"{text}   {mean:.3f} ± {spread:.3f} [{mean - half:.3f}, {mean + half:.3f}]   "
            f"{ours.mean - mean:+.3f} [{low:+.3f}, {high:+.3f}]{' ' if low <= 0 <= high else '*'}  {overlap}")


def main():
    data, start = make_blobs(), perf_counter()
    runs = sweep(mlp(2, 50, 3), data, sgd, lr=RATES, seeds=range(N), epochs=200)
    seconds = perf_counter() - start
    print(f"test accuracy, mean ± sd [95 % interval of the mean], {N} networks a rate; ceiling {data.ceiling:.3f}\n")
    print(f"{'rate':<8}{'here':<32}{'replication':<32}{'difference, * excludes 0':<26}intervals")
    for lr, scores in zip(RATES, runs.final("test_accuracy"), strict=True):
        print(row(lr, scores))
    print(f"\n{len(RATES)} × {N} networks, 200 epochs: {seconds:.1f} s")


if __name__ == "__main__":
    main()
