"""Memory that a process no longer uses, handed back to the system."""

import ctypes
import gc
import sys

__all__ = ["give_back_memory"]


def give_back_memory():
    """Hand freed memory back to the system, where the C library of Linux would keep it; elsewhere there is no need.

    Sweeps let it be kept on purpose, since they use it again at once. Before other processes start, it is in the way.
    """
    gc.collect()
    if sys.platform.startswith("linux"):
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
        if trim is not None:
            trim(0)
