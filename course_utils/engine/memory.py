"""Memory that a process has freed: kept to be used again at once, or handed back to the system."""

import ctypes
import gc
import sys

import torch

__all__ = ["give_back_memory", "keep_freed_memory"]


def keep_freed_memory():
    """Let the C library of Linux reuse the memory of freed arrays instead of handing it back to the system.

    To get it again, page by page, costs several times what the arithmetic costs. The library keeps whatever is smaller
    than the largest block that it has ever seen freed, up to 32 MB.
    """
    torch.empty(31 * 2**18)


def give_back_memory():
    """Hand freed memory back to the system, where the C library of Linux would keep it; elsewhere there is no need.

    Training lets it be kept; before other processes start, it is in the way. Cycles are sought among young objects
    alone: to walk through all that a notebook holds takes a quarter of a second.
    """
    gc.collect(1)
    if sys.platform.startswith("linux"):
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
        if trim is not None:
            trim(0)
