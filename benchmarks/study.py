"""Train the stored study of notebook 09 anew: python benchmarks/study.py, or make study.

Five optimizers on eight problems as in the notebook, with more seeds and more steps. Finished chunks are kept in a
folder, so that the same command goes on after an interrupt. Writes the table and its checksum into data/.
"""

import argparse
import gzip
import hashlib
import os
import platform
import sys
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

from course_utils.data import FOLDER
from course_utils.robustness import STEPS, make_problems, run_study

FIRST_SEED = 100  # none of the seeds of the live study, so that it can disagree


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--seeds", type=int, default=20, help="how many (default: 20)")
    args.add_argument("--steps", type=int, nargs="+", default=list(STEPS), help="scores are kept after so many steps")
    args.add_argument("--resume", default="study-runs", help="folder for finished chunks (default: study-runs)")
    args.add_argument("--out", type=Path, default=FOLDER / "study.csv.gz")
    args = args.parse_args()
    seeds = range(FIRST_SEED, FIRST_SEED + args.seeds)

    began = perf_counter()
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        study = run_study(make_problems(), args.steps, seeds, executor=pool, resume=args.resume)
    write(study.table, args.out, origin(perf_counter() - began))
    print(f"{len(study.table)} rows are in {args.out}; the folder {args.resume} can go")


def origin(seconds):
    """Lines that say where the table comes from."""
    used = ", ".join(f"{name} {version(name)}" for name in ("torch", "numpy", "scikit-learn"))
    return [f"command: {' '.join(['python', *sys.argv])}",
            f"machine: {platform.system()} {platform.machine()}, {os.cpu_count()} cores, {processor()}",
            f"versions: Python {platform.python_version()}, {used}",
            f"date: {date.today()}, {seconds / 60:.0f} minutes (of the last call, if it went on after others)"]


def processor():
    """The name of the processor, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "processor unknown"


def write(table, path, lines):
    """The table as a packed CSV below its origin, and its checksum if it lies in data/."""
    text = "".join(f"# {line}\n" for line in lines) + table.to_csv(index=False, float_format="%.4g")
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
    if path.parent == FOLDER:
        sums = FOLDER / "checksums.txt"
        known = {name: digest for digest, name in (line.split() for line in sums.read_text().splitlines())}
        known[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
        sums.write_text("".join(f"{digest}  {name}\n" for name, digest in sorted(known.items())))


if __name__ == "__main__":
    main()
