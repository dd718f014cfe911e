"""Functions of tensors that are traced once and then run without Python.

Python takes longer to ask for a small operation than the processor takes for it, holds up other threads meanwhile, and
`vmap` takes a millisecond to work out what to do, each time anew. So a function that has been called often enough with
tensors of the same shapes is replaced by the list of its operations, which the C++ of torch goes through by itself.
"""

import threading
import warnings
from collections import Counter
from types import SimpleNamespace

import torch
from torch.fx.experimental.proxy_tensor import make_fx

__all__ = ["Traced", "alone", "steady"]

AFTER = 30  # calls: after so many, tracing (5 ms; 50 ms with transforms) pays for itself
alone = threading.RLock()  # for what belongs to all threads: the random state of torch, and what tracing patches


def steady():
    """Do in the thread that imports this what `make_fx` would do first in another, where torch has CUDA but no GPU.

    It puts a stand-in for the GPU in place. Between two threads at work that kills the process; and where the first
    backward pass comes after it, torch waits for a GPU and can fork no process any more. So one comes before.
    """
    if torch.backends.cuda.is_built() and not torch.cuda.is_available():
        with torch.enable_grad():
            torch.ones(1, requires_grad=True).sum().backward()
        getattr(torch._C, "_ensureCUDADeviceGuardSet", lambda: None)()


steady()


class Traced:
    """`function(*tensors)`, one tensor or several, which may decide by the tensors' shapes but not by their values.

    `transformed` says that it is made by `vmap` or `grad`, whose operations must be written out first. A function that
    cannot be traced is called as it is.
    """

    def __init__(self, function, transformed=False):
        self.function, self.transformed = _one_at_a_time(function) if transformed else function, transformed
        self.calls, self.traces = Counter(), {}

    def __call__(self, *tensors):
        kind = tensors[0].dtype, tensors[0].device, *[t.shape for t in tensors]
        if kind not in self.traces:
            self.calls[kind] += 1
            if self.calls[kind] < AFTER:
                return self.function(*tensors)
            with alone:
                self.traces[kind] = self._trace(tensors)
        return self.traces[kind](*tensors)

    def _trace(self, tensors):
        try:
            with warnings.catch_warnings(), torch.no_grad():
                warnings.simplefilter("ignore")  # deprecated, but nothing else runs a list without a compiler
                function = _written_out(self.function, tensors) if self.transformed else self.function
                graph, _ = torch.jit._get_trace_graph(function, tensors)
                return torch._C._create_function_from_graph("traced", graph)  # torch.jit.trace would keep it for ever
        except Exception:  # whatever tracing cannot take, and where a newer Python or torch no longer has it
            return self.function


def _one_at_a_time(function):
    """For transforms of modules, which lend the one module other weights while they call it."""
    def call(*tensors):
        with alone:
            return function(*tensors)
    return call


def _written_out(function, tensors):
    """The plain operations that transforms come to, as a function."""
    graph = make_fx(lambda *inputs: function(*inputs))(*tensors)
    constants = SimpleNamespace(**dict(graph.named_buffers()))
    return lambda *inputs: type(graph).forward(constants, *inputs)
