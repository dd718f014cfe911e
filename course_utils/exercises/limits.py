"""Limits for code that readers wrote: it may take so long and so much memory, and leaves nothing changed behind.

Python cannot end a thread from outside, and signals reach only the main thread, and not on Windows. So the code runs in
a thread of its own, and the one that waits looks every 50 ms. Past a limit an exception is raised in the other thread,
at its next step in Python; where it is caught, it is raised again at the step after: from Python 3.12 on at every line
of the function, since there the step after may be taken for one of the `try` that has just been left.

Beyond reach is a single call that never comes back to Python. One that waits, as `time.sleep(1e9)` does, is left behind
in its thread and ends when the call does. One that computes without letting others run, such as `sum(count())`, or that
takes all memory at once, stops the waiting, too: only a restart helps.
"""

import _thread
import builtins
import contextvars
import ctypes
import gc
import inspect
import io
import math
import os
import random
import sys
import time
import traceback
import warnings
from contextlib import ExitStack, contextmanager, suppress
from functools import cache, partial
from pathlib import Path

import numpy as np
import psutil

__all__ = ["DEPTH", "Exceeded", "Stopped", "as_before", "run_limited"]

TICK = 0.05  # seconds between two looks
POLITE, PATIENCE = 5, 100  # looks until the exception follows itself, and until the thread is left behind
IMPORTING = 0.1  # the share that counts of the time in which something is imported: a busy computer takes long
PRINTED = 10_000  # characters that an attempt may print
DEPTH, STACK = 12_000, 128 * 2**20  # calls within calls, and bytes for them: recursion is a style, too

TOOL = 4  # one of sys.monitoring's that debuggers, coverage and profilers leave free
HERE = str(Path(__file__).parent)  # the code that is ours

_raise_in = ctypes.PYFUNCTYPE(None, ctypes.c_ulong, ctypes.py_object)(("PyThreadState_SetAsyncExc", ctypes.pythonapi))


class Stopped(SystemExit):
    """Raised in code that is past its limits: a SystemExit, with which a thread may end in silence."""


class Exceeded(Exception):
    """What was too much: `limit` is "seconds" or "megabytes", `stack` where the code was, `seen` what `look` said.

    `ended` tells whether the code has stopped.
    """

    def __init__(self, limit, stack, seen):
        super().__init__(limit)
        self.limit, self.stack, self.seen, self.ended = limit, stack, seen, True


def run_limited(function, seconds, megabytes, deepest=DEPTH, look=lambda: None):
    """What `function()` gives or raises, or `Exceeded`, once a limit is passed and the function has ended.

    Calls within calls may be as deep as `deepest` says, or deeper if Python has been told so. Time counts
    in which the function computes or waits, a tenth of that in which it imports, and none in which others have the
    processor or the laptop sleeps. `look()` is asked what is going on when a limit is passed.
    """
    job, depth = _Job(function), sys.getrecursionlimit()
    try:
        try:
            sys.setrecursionlimit(max(depth, deepest))
            with _stack_of(STACK):
                _thread.start_new_thread(job.work, ())
        except RuntimeError:  # no threads here: without limits, then
            sys.setrecursionlimit(depth)
            return function()
        exceeded = job.watch(seconds, megabytes, look)
    except BaseException:  # interrupted by hand
        job.stop()
        raise
    finally:
        sys.setrecursionlimit(depth)
        job.free = True
        if not job.running:
            job.calm()
        job.gate.release()
    if exceeded:
        job.value = job.error = None
        gc.collect()
        raise exceeded
    if job.error is not None:
        raise job.error
    return job.value


@contextmanager
def _stack_of(size):
    """Threads that begin within have so many bytes for their calls, where the system lets them."""
    before = _thread.stack_size()
    with suppress(ValueError, RuntimeError):
        _thread.stack_size(size)
    try:
        yield
    finally:
        _thread.stack_size(before)


_stubborn = {}  # jobs that are stopped at every line, by their threads


class _Job:
    """A function in a thread, whose end waits until nobody raises exceptions in that thread any more."""

    def __init__(self, function):
        self.function, self.context = function, contextvars.copy_context()
        self.value = self.error = self.ident = None
        self.running, self.free, self.codes = True, False, set()
        self.done, self.gate = _thread.allocate_lock(), _thread.allocate_lock()
        self.done.acquire()
        self.gate.acquire()
        self.insistent = type("Stopped", (Stopped,), {})

    def work(self):
        # An exception comes at a call or at the end of a loop's round. After `running` is unset, two may still arrive:
        # one that was on its way, and one from a thread that had just found it set.
        try:
            try:
                self.ident = _thread.get_ident()
                self.value = self.context.run(self.function)
            except BaseException as error:
                self.running = False
                self.insistent.__init__ = SystemExit.__init__
                self.error = error
            self.running = False
            self._park()
        except Stopped:
            self.running = False
            self.insistent.__init__ = SystemExit.__init__
            try:
                self._park()
            except Stopped:
                self._park()

    def _park(self):
        if self.free:
            self.calm()
        if self.done.locked():
            self.done.release()
        if not self.free:
            self.gate.acquire()

    def ask(self, insist):
        """Raise an exception in the thread; to insist, one that brings the next one with it wherever it is caught."""
        if not self.running or self.ident is None:
            return
        insist = insist and not self._at_every_line()
        if insist:
            # no line of Python, in which the next exception could arrive too early
            self.insistent.__init__ = staticmethod(partial(_raise_in, self.ident, self.insistent))
            if not self.running:
                self.insistent.__init__ = SystemExit.__init__
        if self.running:
            _raise_in(self.ident, self.insistent if insist else Stopped)

    def _at_every_line(self):
        """Whether an exception comes now at every line of the functions that are being called and are not ours."""
        if not hasattr(sys, "monitoring"):
            return False
        line = sys.monitoring.events.LINE
        if not _stubborn:
            try:
                sys.monitoring.use_tool_id(TOOL, __name__)
            except ValueError:  # somebody else uses it
                return False
            sys.monitoring.register_callback(TOOL, line, _stop_here)
        _stubborn[self.ident] = self
        for frame in self._frames():
            if not frame.f_code.co_filename.startswith(HERE):
                sys.monitoring.set_local_events(TOOL, frame.f_code, line)
                self.codes.add(frame.f_code)
        return True

    def calm(self):
        """No more exceptions at every line: said by whoever waits, or by a thread that was left behind."""
        if _stubborn.pop(self.ident, None):
            for code in self.codes:
                sys.monitoring.set_local_events(TOOL, code, 0)
            if not _stubborn:
                sys.monitoring.free_tool_id(TOOL)

    def watch(self, seconds, megabytes, look):
        """Wait for the end, and stop the function past a limit; what was exceeded, or None."""
        before, asked, exceeded = _megabytes(), 0, None
        spent, last, busy = 0.0, time.monotonic(), time.process_time()
        while not self.done.acquire(timeout=TICK):
            now, used = time.monotonic(), time.process_time()
            spent += _counted(now - last, used - busy) * (IMPORTING if self._imports() else 1)
            last, busy = now, used
            if exceeded is None:
                limit = "megabytes" if _megabytes() - before > megabytes else "seconds" if spent > seconds else None
                exceeded = limit and Exceeded(limit, self._stack(), look())
            if exceeded:
                self.ask(insist=asked >= POLITE)
                asked += 1
                if asked > PATIENCE:
                    exceeded.ended = False
                    break
        return exceeded

    def stop(self):
        """End the function after the reader interrupted it; what does not end within a second is left behind."""
        for _ in range(round(1 / TICK)):
            self.ask(insist=True)
            if self.done.acquire(timeout=TICK):
                break

    def _imports(self):
        return any(frame.f_code.co_filename.startswith("<frozen importlib") for frame in self._frames())

    def _frames(self):
        """The calls that the thread is in, the newest first."""
        frame = sys._current_frames().get(self.ident)
        while frame:
            yield frame
            frame = frame.f_back

    def _stack(self):
        frame = sys._current_frames().get(self.ident)
        return traceback.extract_stack(frame, limit=100) if frame else []


def _stop_here(code, line):
    """What sys.monitoring calls before a line of functions that are to be stopped."""
    job = _stubborn.get(_thread.get_ident())
    if job and job.running:
        raise Stopped


def _counted(passed, computed):
    """How many of the seconds that passed count, if the process computed for so many of them: what waits, waits."""
    return min(passed, 4 * TICK) if computed < 0.1 * passed else min(passed, computed)


@cache
def _process():
    return psutil.Process()


def _megabytes():
    try:
        return _process().memory_info().rss / 1e6
    except Exception:  # unknown: no limit
        return 0.0


@contextmanager
def as_before(printed=PRINTED):
    """Whatever happens within: random states, folder, filters of warnings, and how torch computes are as before.

    Of what is printed within, so many characters are shown.
    """
    with ExitStack() as after:
        after.enter_context(warnings.catch_warnings())
        after.callback(random.setstate, random.getstate())
        after.callback(np.random.set_state, np.random.get_state())  # noqa: NPY002
        after.enter_context(names_as_before())
        after.callback(_restore_torch, _torch_state())
        with suppress(OSError):
            after.callback(_return_to, os.getcwd())
        after.callback(_restore_streams, sys.stdin, sys.stdout, sys.stderr)
        sys.stdin = io.StringIO()  # nobody answers, and `exit()` may close it
        sys.stdout, sys.stderr = _Brief(sys.stdout, printed), _Brief(sys.stderr, printed)
        _keep_the_kernel(after)
        yield


@contextmanager
def names_as_before():
    """What stands in the modules that an answer may write into, such as `np.mean = …`, is put back."""
    held = [(vars(module), dict(vars(module))) for module in (builtins, math, random, np, np.linalg)]
    try:
        yield
    finally:
        for names, before in held:
            for name in names.keys() - before.keys():
                if not inspect.ismodule(names[name]):  # one that was imported meanwhile may stay
                    del names[name]
            names.update({name: value for name, value in before.items() if names.get(name) is not value})


def _torch():
    """The module, if it has been imported, all of it."""
    torch = sys.modules.get("torch")
    return torch if hasattr(torch, "set_default_dtype") else None


def _torch_state():
    torch = _torch()
    return torch and (torch.get_default_dtype(), torch.random.get_rng_state())


def _restore_torch(state):
    if torch := _torch():
        torch.set_default_dtype(state[0] if state else torch.float32)
        if state:
            torch.random.set_rng_state(state[1])


def _return_to(folder):
    with suppress(OSError):
        os.chdir(folder)


def _restore_streams(*streams):
    sys.stdin, sys.stdout, sys.stderr = streams


def _keep_the_kernel(after):
    """In a notebook, `exit()` within an attempt ends the attempt and not the kernel."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if hasattr(ipython, "get_ipython") else None
    if shell is None:
        return
    ask_exit = shell.ask_exit
    after.callback(setattr, shell, "ask_exit", ask_exit)
    shell.ask_exit = sys.exit


class _Brief:
    """Passes on the beginning of what is printed."""

    def __init__(self, stream, most):
        self._stream, self._left = stream, most

    def write(self, text):
        self._stream.write(text[:max(self._left, 0)])
        if 0 < self._left < len(text):
            self._stream.write("… (more was printed than is shown)\n")
        self._left -= len(text)
        return len(text)

    def __getattr__(self, name):
        return getattr(self._stream, name)
