"""Stored tables of runs in data/, with the lines that say where they come from."""

import gzip
from itertools import takewhile

import pandas as pd

from ..data import data_file

__all__ = ["load_table"]


def load_table(name):
    """The table of a gzipped file in data/, a row for each run, and its origin: command, machine, versions, date."""
    path = data_file(name)
    with gzip.open(path, "rt", encoding="utf-8") as file:
        origin = "".join(line[2:] for line in takewhile(lambda line: line.startswith("# "), file))
    return pd.read_csv(path, comment="#"), origin
