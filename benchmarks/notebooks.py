"""Seconds and peak memory of notebooks: `python benchmarks/notebooks.py [--cpus 1] [--memory 1G] [notebook …]`.

By default every notebook's kernel runs on two cores, and its memory is watched. With `--memory` it runs as on Binder:
an idle JupyterLab server and the kernel share that much memory, in a control group that kills what goes beyond; where
no group can be made (it takes Linux and root), memory is watched and not limited. 1G is 10⁹ bytes. On one core, each
library gets one thread, as in .binder/start.

Prints a table; exits with 1 if a notebook fails, takes more than 60 s (120 s on one core), or more memory. Where other
programs are busy, the seconds of computing tell more: those that the kernel and its children had a core. Machines
differ by a factor of three, and one machine from hour to hour: `yardstick` is what a fixed piece of work took just
before each notebook, in milliseconds. Seconds of two tables compare as multiples of it.
"""

import argparse
import math
import os
import re
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import nbformat
import numpy as np
import psutil
from control_group import ControlGroup, NoControlGroup
from jupyter_client import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
CORE_SECONDS = 120
PAUSE = 0.05  # seconds between two looks at the memory
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def held(family):
    """Bytes that processes hold; of several, pages that they share count once where the system tells (Linux)."""
    if len(family) == 1:
        return family[0].memory_info().rss
    return sum(getattr(found, "pss", found.rss) for found in (process.memory_full_info() for process in family))


class PeakMemory(threading.Thread):
    """Watches the resident memory of processes and all their children; `peak` in bytes."""

    def __init__(self, *pids):
        super().__init__(daemon=True)
        self.processes, self.peak, self.done = [psutil.Process(pid) for pid in pids], 0, threading.Event()

    def run(self):
        family = self.processes
        while not self.done.wait(PAUSE * len(family)):
            try:
                family = [p for process in self.processes for p in (process, *process.children(recursive=True))]
                self.peak = max(self.peak, held(family))
            except psutil.NoSuchProcess:  # a child has just ended
                pass


class GroupedKernelManager(AsyncKernelManager):
    """Starts its kernel inside a control group."""

    group = None

    def format_kernel_cmd(self, *arguments, **options):
        return self.group.command(super().format_kernel_cmd(*arguments, **options))


@contextmanager
def on_cores(n):
    """What is started in here stays on n cores, where the system allows it; who measures is free to go elsewhere."""
    os.environ.update(dict.fromkeys(THREADS, str(n)))
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    every = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(every)[:n])
    try:
        yield
    finally:
        os.sched_setaffinity(0, every)


def busy_seconds(pid):
    """What a process and its ended children have computed, in seconds of one core."""
    with suppress(psutil.NoSuchProcess):
        used = psutil.Process(pid).cpu_times()
        return used.user + used.system + getattr(used, "children_user", 0) + getattr(used, "children_system", 0)
    return math.nan


@contextmanager
def idle_server(group):
    """A JupyterLab server in the group, as it stands beside the kernel on Binder; its process."""
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--port=0", "--ServerApp.token=", "--allow-root"]
    server = group.start(command, cwd=FOLDER.parent, text=True, stdout=subprocess.DEVNULL,
                         stderr=subprocess.PIPE)
    try:
        if not any("is running at" in line for line in server.stderr):
            raise RuntimeError("the JupyterLab server ended before it was ready")
        threading.Thread(target=lambda: list(server.stderr), daemon=True).start()  # keeps the pipe empty
        yield server
    finally:
        server.terminate()
        server.wait()


def yardstick():
    """Milliseconds for a fixed piece of work on one core: small operations, one after the other, as training has."""
    w, x, start = np.full(2000, 0.5, np.float32), np.ones(2000, np.float32), time.perf_counter()
    for _ in range(30_000):
        x = np.tanh(w * x + w)
    return 1e3 * (time.perf_counter() - start)


def measure(path, cpus=2, memory=None):
    """Run a notebook: its seconds with the kernel's start, those of computing, peak memory in MB, the slowest cell
    and its seconds, and the error."""
    with ExitStack() as stack:
        options, beside, group = {}, [], None
        with on_cores(cpus):
            if memory:
                group = stack.enter_context(ControlGroup(memory))
                beside = [stack.enter_context(idle_server(group)).pid]
                options = {"kernel_manager_class": type("Manager", (GroupedKernelManager,), {"group": group})}
            client = NotebookClient(nbformat.read(path, as_version=4), timeout=600, kernel_name="python3",
                                    resources={"metadata": {"path": str(path.parent)}}, **options)
            start, slowest, error = time.perf_counter(), (0.0, ""), ""
            stack.enter_context(client.setup_kernel())
        kernel = client.km.provisioner.pid
        watch = PeakMemory(kernel, *beside)
        watch.start()
        try:
            for index, cell in enumerate(client.nb.cells):
                before = time.perf_counter()
                client.execute_cell(cell, index)
                slowest = max(slowest, (time.perf_counter() - before, cell.id))
        except CellExecutionError as problem:
            error = f"{cell.id}: {problem.ename}: {problem.evalue}"
        except DeadKernelError:
            error = f"{cell.id}: the kernel died" + ", killed for its memory" * bool(group and group.kills)
        seconds, busy = time.perf_counter() - start, busy_seconds(kernel)
        watch.done.set()
        watch.join()
    return seconds, busy, watch.peak / 1e6, slowest, error


def memory_limit(text):
    """The bytes in a limit such as 1G or 900M."""
    if not (parts := re.fullmatch(r"(\d+(?:\.\d+)?)([GM])B?", text)):
        raise argparse.ArgumentTypeError(f"a limit such as 1G or 900M is needed, this was {text!r}")
    return float(parts[1]) * {"G": 1e9, "M": 1e6}[parts[2]]


def enforceable(memory):
    """The limit if it can be enforced here, else None and a warning."""
    try:
        with ControlGroup(memory):
            return memory
    except NoControlGroup as problem:
        print(f"{problem}: the kernel's memory is watched, not limited")


def main(paths, cpus=2, memory=None):
    seconds_allowed, megabytes_allowed = CORE_SECONDS / cpus, (memory or 1e9) / 1e6
    memory = memory and enforceable(memory)
    whose = "server and kernel in a control group" if memory else "kernel"
    print(f"{cpus} core{'s' * (cpus > 1)}; memory: {whose}")
    print(f"{'notebook':<36} {'seconds':>8} {'computing':>10} {'peak MB':>8} {'yardstick':>10}   slowest cell")
    good = True
    for path in paths:
        speed = yardstick()
        seconds, busy, megabytes, (longest, cell), error = measure(path, cpus, memory)
        fits = seconds <= seconds_allowed and not error and (memory or megabytes <= megabytes_allowed)
        good &= bool(fits)
        print(f"{path.stem:<36} {seconds:8.1f} {busy:10.1f} {megabytes:8.0f} {speed:10.0f}   {cell} ({longest:.1f} s)"
              f"{'' if fits else '   FAIL ' + error}", flush=True)
    print(f"limits: {seconds_allowed:.0f} s, {megabytes_allowed:.0f} MB")
    return 0 if good else 1


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path)
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--memory", type=memory_limit, help="shared by server and kernel, such as 1G")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    given = parse(sys.argv[1:])
    sys.exit(main(given.notebooks or sorted(FOLDER.glob("*.ipynb")), given.cpus, given.memory))
