"""Stored results: a table below lines that say where it comes from, and its checksum."""

import gzip
import hashlib
import os
import platform
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path


def origin(seconds):
    """Lines that say by what command, on what machine, with what versions and when a table was made."""
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


def write(table, path, lines, digits):
    """The table as a CSV below its origin, packed if its name ends in .gz; its line in the folder's checksums.txt."""
    text = "".join(f"# {line}\n" for line in lines) + table.to_csv(index=False, float_format=f"%.{digits}g")
    path.write_bytes(gzip.compress(text.encode(), mtime=0) if path.suffix == ".gz" else text.encode())
    if (sums := path.parent / "checksums.txt").exists():
        known = {name: digest for digest, name in (line.split() for line in sums.read_text().splitlines())}
        known[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
        sums.write_bytes("".join(f"{digest}  {name}\n" for name, digest in sorted(known.items())).encode())
