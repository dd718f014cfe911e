"""Processes in tests: pools, workers that die, interrupts, and what all of that must not change."""

import os
import signal
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

ENDS_BROKEN_POOLS = pytest.mark.skipif(
    sys.version_info < (3, 11, 7), reason="older pools may wait for ever for a killed worker to read their queue")


def dies_once(marker, parent, at, rate, step):
    """A rate that kills the process which asks for it at a step, once, if that is not the test's own."""
    if step == at and os.getpid() != parent and not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return rate


@contextmanager
def interrupted(seconds):
    """Within it this process is interrupted after so many seconds, as by Kernel → Interrupt."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(seconds, lambda: os.kill(os.getpid(), signal.SIGINT))
    try:
        timer.start()
        yield
    finally:
        timer.cancel()
        signal.signal(signal.SIGINT, before)


def same_bits(a, b):
    """Whether two sweeps have the same scores and weights to the last bit."""
    return all(np.array_equal(a.history[name], b.history[name], equal_nan=True) for name in b.history) and all(
        torch.equal(v, w) for x, y in zip(a.weights, b.weights, strict=True) for v, w in zip(x, y, strict=True))
