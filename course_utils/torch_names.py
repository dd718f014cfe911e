"""Which names of PyTorch the course asks for, and which of them the PyTorch here does not have."""

import ast
import json
from importlib import import_module
from pathlib import Path

__all__ = ["lacking"]

ROOT = Path(__file__).resolve().parent.parent


def lacking():
    """name → files: what the course's own code asks of torch and the torch here does not have."""
    files = [*sorted((ROOT / "course_utils").rglob("*.py")), *sorted((ROOT / "notebooks").glob("*.ipynb"))]
    asked = {}
    for path in files:
        for name in _names_of_torch(path):
            asked.setdefault(name, []).append(path.name)
    return {name: paths for name, paths in sorted(asked.items()) if not _there(name)}


def _names_of_torch(path):
    """The dotted names of torch in the code of a module or a notebook, aliases written out."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
        text = "\n".join("".join(cell["source"]) for cell in cells)
    nodes = list(ast.walk(ast.parse(text)))
    alias = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            alias |= {a.asname or "torch": a.name if a.asname else "torch" for a in node.names
                      if a.name.split(".")[0] == "torch"}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module.split(".")[0] == "torch":
            alias |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    chains = [_chain(node) for node in nodes if isinstance(node, ast.Attribute)]
    return set(alias.values()) | {".".join([alias[first], *rest]) for first, *rest in chains if first in alias}


def _chain(node):
    """The parts of a dotted name; those of other expressions begin with none."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return [getattr(node, "id", ""), *reversed(parts)]


def _there(name):
    """Whether a dotted name can be had: modules are imported, all else is an attribute."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found = import_module(".".join(parts[:end]))
        except ImportError:
            continue
        try:
            for part in parts[end:]:
                found = getattr(found, part)
        except AttributeError:
            continue
        return True
    return False
