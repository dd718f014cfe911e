"""Ask every claim again under other conditions: `python benchmarks/turns.py [00 03 …]`, or `make turns`.

Each notebook's own code is run as it is, and once more under each change of conditions.py, with its asserts left out
and its claims recorded. A claim *stands* where its condition is met again and *turns* where it is not; it *cannot be
asked* where every number in the cell that measures it is the same to the last bit, since the change does not reach
it, where the cell fails under the change, or where the change reaches one side of a comparison only. Thresholds are
those of the notebook: a claim that turns is a reason to look, no proof of the opposite. Writes docs/turns.md;
notebooks that are not named keep their part of it.
"""

import ast
import contextlib
import hashlib
import io
import json
import os
import platform
import re
import subprocess
import sys
import time
from dataclasses import fields, is_dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import torch

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PAGE = ROOT / "docs/turns.md"
ONE_SIDED = {("02", "loop"), ("04", "pool")}  # training is changed here, and not in the loop or process beside it
LIMIT = 900  # seconds for a notebook under one change
HEAD = """# Which claims turn

Every claim of the notebooks, asked again under a second set of seeds, at twice the length, with a cosine in place of
each constant rate, on a second data set, and with batches four times as large. `make turns` runs each notebook's own
code under each of these changes and writes this page; `benchmarks/conditions.py` says what is changed.

**+** the condition of the verdict is met again · **turns** it is not, with the number found · – cannot be asked: the
change does not reach the numbers or only one side of them, or the cell does not run under it. A claim that turns is a
claim about its scope; the thresholds are those of the notebook, so that a near miss turns, too.
"""


def record(path, change):
    """Run a notebook's cells under a change and return its claims: a dict of id, sentence, shown, holds each."""
    os.environ["MPLBACKEND"] = "Agg"
    sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
    os.chdir(path.parent)
    import conditions

    from course_utils.claims import claims_recorded

    if change:
        conditions.CHANGES[change]()
    names, marks = {"__name__": "__main__"}, []
    with claims_recorded() as found:
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code" and not {"quiz", "check"} & set(cell["metadata"].get("tags", [])):
                tree = run_cell("".join(cell["source"]), names)
                marks += [mark(tree, names)] * (len(found) - len(marks))
    return [{"id": c.id, "sentence": c.sentence, "shown": c.shown, "holds": c.holds, "mark": m}
            for c, m in zip(found, marks, strict=True)]


def run_cell(source, names):
    """Run one cell without its asserts and return its syntax tree; an error is told and passed over."""
    tree = ast.parse(re.sub(r"^(\s*)[%!].*", r"\1pass", source, flags=re.M))
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            exec(compile(Silent().visit(tree), "cell", "exec"), names)
        except Exception as error:  # a cell that does not run under this change
            print(f"{type(error).__name__}: {error}", file=sys.__stderr__)
    return tree


def mark(tree, names):
    """A digest of all numbers that the names in a cell hold after it has run."""
    digest = hashlib.sha256()
    for name in sorted({node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} & set(names)):
        feed(digest, names[name])
    return digest.hexdigest()


def feed(digest, value):
    """Add the numbers in a value to a digest; functions, classes and modules have none."""
    if isinstance(value, int | float | np.number | str):
        digest.update(repr(value).encode())
    elif isinstance(value, np.ndarray | torch.Tensor):
        digest.update(np.asarray(value.detach() if isinstance(value, torch.Tensor) else value).tobytes())
    elif isinstance(value, pd.DataFrame | pd.Series):
        digest.update(value.to_csv().encode())
    elif isinstance(value, dict):
        for key in value:
            feed(digest, key)
            feed(digest, value[key])
    elif isinstance(value, list | tuple | set):
        for entry in sorted(value, key=repr) if isinstance(value, set) else value:
            feed(digest, entry)
    elif is_dataclass(value) and not isinstance(value, type):
        for part in fields(value):
            feed(digest, getattr(value, part.name))


class Silent(ast.NodeTransformer):
    """Leaves out the asserts."""

    def visit_Assert(self, node):
        return ast.copy_location(ast.Pass(), node)


def outcome(claim, again):
    """What became of a claim: "+", "turns: …" or "–"."""
    if again is None or all(again[key] == claim[key] for key in ("mark", "shown", "holds")):
        return "–"
    return "+" if again["holds"] else f"**turns**: {again['shown']}"


def section(path, base, changed, seconds):
    """The part of the page for one notebook: what its claims became under each change."""
    made = f"`python benchmarks/turns.py {path.stem[:2]}`, {date.today()}, {seconds / 60:.0f} minutes"
    lines = [f"## {path.stem[:2]} {path.stem[3:].replace('_', ' ')}", "", f"{made} on {platform.machine()}.", "",
             f"| | claim | {' | '.join(changed)} |", "| --- | --- |" + " --- |" * len(changed)]
    for claim in base:
        again = [next((c for c in found if c["id"] == claim["id"] and (path.stem[:2], c["id"]) not in ONE_SIDED), None)
                 for found in changed.values()]
        row = [claim["id"], claim["sentence"], *(outcome(claim, c) for c in again)]
        lines.append("| " + " | ".join(text.replace("|", "\\|").replace("\n", " ") for text in row) + " |")
    return "\n".join(lines) + "\n"


def ask(path, change, seconds=LIMIT):
    """The claims of a notebook under a change, from a process of its own; none where it takes too long or dies."""
    code = f"import json, sys, turns; json.dump(turns.record(turns.Path({str(path)!r}), {change!r}), sys.__stdout__)"
    try:
        done = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parent, capture_output=True, text=True,
                              timeout=seconds)
    except subprocess.TimeoutExpired:
        return []
    if done.returncode:
        print(f"{path.stem}, {change}: {done.stderr[-500:]}", file=sys.stderr)
    return json.loads(done.stdout) if done.returncode == 0 else []


def kept(page=PAGE):
    """The parts of the page by notebook, as they were stored."""
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    return {part[3:5]: part for part in re.split(r"^(?=## )", text, flags=re.M)[1:]}


def main(numbers):
    from conditions import CHANGES

    parts = kept()
    for path in [p for p in NOTEBOOKS if not numbers or p.stem[:2] in numbers]:
        start, base = time.perf_counter(), ask(path, None)
        if not base:
            print(f"{path.stem}: no claims")
            continue
        changed = {change: ask(path, change) for change in CHANGES}
        parts[path.stem[:2]] = section(path, base, changed, time.perf_counter() - start)
        print(parts[path.stem[:2]], flush=True)
        PAGE.write_text("\n".join([HEAD, *(parts[number] for number in sorted(parts))]), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
