"""Claims, each judged in the cell that measures it; all of them as a table at the end of a notebook."""

import re
from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path
from textwrap import fill

import numpy as np
import pandas as pd

__all__ = ["Claim", "claim", "claims_listed", "claims_recorded", "equal_tries", "evidence"]

WIDTH = 110  # characters that fit on a line of output in JupyterLab


@dataclass(frozen=True)
class Claim:
    """A sentence, what was measured of it, and how far: data, length, schedule, batch, seeds, what was held."""

    id: str
    sentence: str
    value: object
    verdict: str
    holds: bool
    scope: str

    @property
    def shown(self):
        """The value in words: three digits of a number that is not whole, all else as it writes itself."""
        measured = isinstance(self.value, Real) and not isinstance(self.value, Integral)
        return f"{self.value:.3g}" if measured else str(self.value)

    def __str__(self):
        told = (f"{self.id}. {self.sentence}: {self.verdict}",
                f"    measured: {self.shown}", f"    seen on:  {self.scope}")
        return "\n".join(fill(text, WIDTH, subsequent_indent=" " * 14) for text in told)


_claims = {}  # by id, in the order of the cells; a fresh kernel starts without any
_records = []  # lists of `claims_recorded`, the innermost last


def claim(id, sentence, value, verdict, holds, scope):
    """Judge a sentence where it is measured: print it, keep it for `evidence`, raise where it fails.

    `id` names the sentence, such as "S4" for the source's fourth; `value` is what was measured: a number, an interval
    or text; `verdict` says in words what follows from it, `holds` (True or False) whether the numbers bear the verdict
    out; `scope` says how far this was seen: data, length, schedule, batch size, seeds, what was held fixed. Running a
    cell again replaces its claim. AssertionError with sentence and numbers where `holds` is False; ValueError for an
    empty text, for a `holds` that is no truth value, and for an id that another sentence has.
    """
    for name, text in (("id", id), ("sentence", sentence), ("verdict", verdict), ("scope", scope)):
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"{name} must be text, got {text!r}")
    if not isinstance(holds, bool | np.bool_):
        raise ValueError(f"holds must be True or False, got {holds!r}")
    made = Claim(id, sentence, value, verdict, bool(holds), scope)
    if id in _claims and _claims[id].sentence != sentence:
        raise ValueError(f"the id {id!r} already names {_claims[id].sentence!r}; give {sentence!r} an id of its own "
                         "(restart the kernel if you have changed the sentence)")
    if _records:
        _records[-1].append(made)
    else:
        assert made.holds, f"the verdict {verdict!r} on {sentence!r} does not hold here: {made.shown} ({scope})"
    _claims[id] = made
    print(made)


@contextmanager
def claims_recorded():
    """Within it no claim raises: yields the list that they are added to, those that fail with `holds` False."""
    kept = dict(_claims)
    _claims.clear()
    _records.append([])
    try:
        yield _records[-1]
    finally:
        _records.pop()
        _claims.clear()
        _claims.update(kept)


def evidence(since=None):
    """The closing table of a notebook: its claims, what was measured, the verdicts, and how far each was seen.

    `since` is the id of the first claim to show, for those of the deeper sections; None shows all. ValueError where
    no claim has been measured, or none with that id.
    """
    if not _claims:
        raise ValueError("no claim has been measured in this kernel: run the cells above first")
    ids = list(_claims)
    if since is not None and since not in ids:
        raise ValueError(f"since must be the id of a claim that was measured, one of {', '.join(ids)}; got {since!r}")
    shown = ids if since is None else ids[ids.index(since):]
    rows = [(c.id, c.sentence, c.shown, c.verdict, c.scope) for c in map(_claims.get, shown)]
    return pd.DataFrame(rows, columns=["", "claim", "evidence", "verdict", "seen on"]).style.hide(axis="index") \
        .set_properties(**{"text-align": "left", "white-space": "normal"}) \
        .set_table_styles([{"selector": "th", "props": "text-align: left"}])


def claims_listed(page):
    """What a page such as docs/claims.md lists, as a DataFrame: notebook, id, claim, verdict, seen on; a row for each.

    FileNotFoundError where there is no such page, ValueError where it lists no claim.
    """
    rows, notebook = [], ""
    for line in Path(page).read_text(encoding="utf-8").splitlines():
        if heading := re.match(r"## (\d+) ", line):
            notebook = heading[1]
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 6 and cells[0].strip("- "):
            rows.append((notebook, *cells[:4]))
    if not rows:
        raise ValueError(f"{page} lists no claim; `make claims` writes it")
    return pd.DataFrame(rows, columns=["notebook", "id", "claim", "verdict", "seen on"])


def equal_tries(tries):
    """The number of candidates that each side of a contest has: {"SGD": rates, "Adam": rates} → 7.

    ValueError that names the sides where they differ.
    """
    numbers = {name: len(list(candidates)) for name, candidates in tries.items()}
    if len(numbers) < 2 or len(set(numbers.values())) > 1 or 0 in numbers.values():
        raise ValueError("a contest needs two sides or more with the same number of candidates; got "
                         + (", ".join(f"{name}: {n}" for name, n in numbers.items()) or "none"))
    return next(iter(numbers.values()))
