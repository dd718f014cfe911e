"""Seconds and peak memory of every notebook's kernel on two cores: `python benchmarks/notebooks.py [notebook …]`.

Prints a table; exits with 1 if a notebook fails, or takes more than 60 s or 1 GB.
"""

import os
import sys
import threading
import time
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
SECONDS, MEGABYTES = 60, 1000
PAUSE = 0.02  # seconds between two looks at the memory


class PeakMemory(threading.Thread):
    """Watches the resident memory of a process and its children; `peak` in bytes."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.process, self.peak, self.done = psutil.Process(pid), 0, threading.Event()

    def run(self):
        while not self.done.wait(PAUSE):
            try:
                family = [self.process, *self.process.children(recursive=True)]
                self.peak = max(self.peak, sum(process.memory_info().rss for process in family))
            except psutil.NoSuchProcess:  # a child has just ended
                pass


def use_two_cores():
    """Keep this process and the kernels that it starts to two cores, where the system allows it."""
    os.environ["OMP_NUM_THREADS"] = "2"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])


def measure(path):
    """Run a notebook: its seconds with the kernel's start, peak memory in MB, slowest cell and its seconds, error."""
    client = NotebookClient(nbformat.read(path, as_version=4), timeout=600, kernel_name="python3",
                            resources={"metadata": {"path": str(path.parent)}})
    start, slowest, error = time.perf_counter(), (0.0, ""), ""
    with client.setup_kernel():
        watch = PeakMemory(client.km.provisioner.pid)
        watch.start()
        try:
            for index, cell in enumerate(client.nb.cells):
                before = time.perf_counter()
                client.execute_cell(cell, index)
                slowest = max(slowest, (time.perf_counter() - before, cell.id))
        except CellExecutionError as problem:
            error = f"{cell.id}: {problem.ename}: {problem.evalue}"
        seconds = time.perf_counter() - start
        watch.done.set()
        watch.join()
    return seconds, watch.peak / 1e6, slowest, error


def main(paths):
    use_two_cores()
    print(f"{'notebook':<36} {'seconds':>8} {'peak MB':>8}   slowest cell")
    good = True
    for path in paths:
        seconds, megabytes, (longest, cell), error = measure(path)
        fits = seconds <= SECONDS and megabytes <= MEGABYTES and not error
        good &= fits
        print(f"{path.stem:<36} {seconds:8.1f} {megabytes:8.0f}   {cell} ({longest:.1f} s)"
              f"{'' if fits else '   FAIL ' + error}", flush=True)
    print(f"limits: {SECONDS} s, {MEGABYTES} MB")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main([Path(name) for name in sys.argv[1:]] or sorted(FOLDER.glob("*.ipynb"))))
