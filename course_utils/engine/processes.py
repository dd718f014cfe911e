"""Other processes for networks that are trained one by one: what a generator yields there arrives here."""

import gc
import multiprocessing
import os
import pickle
import signal
import sys
import warnings
from contextlib import closing

import cloudpickle
import torch

from .tracing import alone

__all__ = ["WorkerDied", "can_fork", "cores", "far_away"]


class WorkerDied(RuntimeError):
    """A process that was to train networks ended before it had done so."""


def cores():
    """How many processes may run at once: 1 where no other can be started safely."""
    if multiprocessing.parent_process() is not None or _way_to_start() is None:
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _way_to_start():
    """A fork carries models over as they are; elsewhere they are sent, which needs a main module that may be loaded
    again: not a script that would then run a second time."""
    if sys.platform.startswith("linux"):
        return "fork"
    return "spawn" if not hasattr(sys.modules["__main__"], "__file__") else None


def can_fork():
    """Whether another process can go on from where this one stands, with all that it has in memory."""
    return cores() > 1 and _way_to_start() == "fork"


def far_away(make, *arguments, stop=None):
    """Start a process; the iterator that is returned yields in turn what `make(*arguments)` yields there.

    An exception there is raised here; `WorkerDied` if the process ends before its time. The event `stop` ends it.
    """
    context = multiprocessing.get_context(_way_to_start())
    here, there = context.Pipe()
    call = (make, arguments)
    if context.get_start_method() == "spawn":
        call = cloudpickle.dumps(call)  # functions, too, that no file holds, such as those of a notebook
    process = context.Process(target=_work, args=(call, there, here), daemon=True)
    with alone, warnings.catch_warnings():  # no lock is held by a thread that the child would not have
        warnings.simplefilter("ignore", DeprecationWarning)  # of a fork beside threads: the child starts none
        process.start()
    there.close()
    return _received(here, process, stop)


def _received(here, process, stop):
    with closing(here):
        try:
            while True:
                kind, value = _next(here, process, stop)
                if kind == "end":
                    return
                if kind == "error":
                    raise value
                yield value
        finally:
            process.kill()
            process.join()


def _next(connection, process, stop):
    while not connection.poll(0.2):
        if stop is not None and stop.is_set():
            return "end", None
        if not process.is_alive() and not connection.poll(0):
            raise WorkerDied(f"exit code {process.exitcode}")
    try:
        return connection.recv()
    except EOFError as error:
        process.join(1)
        raise WorkerDied(f"exit code {process.exitcode}") from error


def _work(call, connection, other_end):
    other_end.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the caller's to handle
    torch.set_num_threads(1)
    gc.freeze()  # a collection would touch, and so copy, what a fork shares with its origin
    if isinstance(call, bytes):
        call = cloudpickle.loads(call)
    make, arguments = call
    try:
        for value in make(*arguments):
            connection.send(("value", value))
        connection.send(("end", None))
    except (BrokenPipeError, ConnectionResetError):
        pass  # nobody listens any more
    except BaseException as error:
        _send_error(connection, error)
    finally:
        connection.close()
        os._exit(0)  # without what the caller's process would do at its end


def _send_error(connection, error):
    try:
        pickle.loads(pickle.dumps(error))
        connection.send(("error", error))
    except Exception:  # an error that cannot be sent, or not be read there
        connection.send(("error", RuntimeError(f"{type(error).__name__}: {error}")))
