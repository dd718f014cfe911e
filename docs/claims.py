"""What the notebooks claim, and how far each claim was seen: `python docs/claims.py` writes docs/claims.md.

Read from the cells' source, so that nothing has to be run: a claim's texts are literals, or f-strings of settings that
the notebook gives by name, such as EPOCHS = 200.
"""

import ast
import json
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PAGE = ROOT / "docs/claims.md"
ARGUMENTS = ("id", "sentence", "value", "verdict", "holds", "scope")
TEXTS = ("id", "sentence", "verdict", "scope")
HEAD = """# What is claimed, and how far it was seen

Every comparative sentence of the course that a measurement judges, with its verdict, the cell that measures it, and
what it was seen on: data, length, schedule, batch size, seeds, and what was held fixed. S1 to S9 are the sentences
under test, which [Start here](../notebooks/00_start_here.ipynb) lists. A verdict says nothing of what lies outside
its scope. [Which claims turn](turns.md) says what was found there.

`make claims` writes this page from the notebooks.
"""


@dataclass(frozen=True)
class Place:
    """A claim in the source of a notebook."""

    cell: str
    section: str
    id: str
    sentence: str
    verdict: str
    scope: str


def sources(notebook):
    """(cell id, heading above it, syntax tree) of every code cell; lines for IPython alone are left out."""
    section = ""
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            headings = re.findall(r"^##+ +(.+)$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.M)
            section = headings[-1] if headings else section
        elif cell["cell_type"] == "code":
            yield cell["id"], section, ast.parse(re.sub(r"^(\s*)[%!].*", r"\1pass", text, flags=re.M))


def claims_of(notebook):
    """Every `claim(…)` of a notebook as a `Place`, in order; ValueError for a text that its source does not tell."""
    known, found = {}, []
    for cell, section, tree in sources(notebook):
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                _learn(known, node)
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
            if getattr(call.func, "id", "") != "claim":
                continue
            given = dict(zip(ARGUMENTS, call.args, strict=False)) | {k.arg: k.value for k in call.keywords}
            found.append(Place(cell, section, *(_text(known, cell, name, given.get(name)) for name in TEXTS)))
    return found


def _learn(known, assignment):
    """Keep a setting that literals and earlier settings decide."""
    try:
        known[assignment.targets[0].id] = _value(known, assignment.value)
    except Exception:  # decided by a run
        known.pop(assignment.targets[0].id, None)


def _text(known, cell, name, node):
    try:
        text = _value(known, node)
    except Exception as error:
        raise ValueError(f"{cell}: the {name} of a claim must be text, or an f-string of settings given by name; "
                         f"got {ast.unparse(node) if node else 'none'} ({error})") from error
    if not isinstance(text, str):
        raise ValueError(f"{cell}: the {name} of a claim must be text, got {text!r}")
    return text


def _value(known, node):
    return eval(compile(ast.Expression(node), "setting", "eval"), {"__builtins__": {"len": len, "range": range}}, known)


def page(paths=NOTEBOOKS):
    """The text of docs/claims.md."""
    parts = [HEAD]
    for path in paths:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        if rows := claims_of(notebook):
            title = "".join(notebook["cells"][0]["source"]).splitlines()[0].lstrip("# ")
            parts.append(f"## {path.stem[:2]} [{title}](../notebooks/{path.name})\n\n"
                         "| | claim | verdict | seen on | section | cell |\n| --- | --- | --- | --- | --- | --- |\n"
                         + "\n".join(map(_row, rows)) + "\n")
    return "\n".join(parts)


def _row(place):
    cells = (place.id, place.sentence, place.verdict, place.scope, place.section, f"`{place.cell}`")
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"written: {PAGE.relative_to(ROOT)}")
