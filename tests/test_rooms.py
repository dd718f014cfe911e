"""The rooms of the package: each imports at its top what stands above it; `pytest -s` lists them."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import course_utils

FOLDER = Path(course_utils.__file__).parent
ROOM = FOLDER.name
# `__main__` tells what is missing on a machine, so that it imports the package piece by piece, while it looks on
AT_ITS_OWN_TIME = f"{ROOM}.__main__"


def name_of(path, folder=FOLDER):
    parts = (folder.name, *path.relative_to(folder).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules(folder=FOLDER):
    """{name: syntax tree} of every module of the package."""
    return {name_of(path, folder): ast.parse(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.py"))}


def targets(statement, module, known):
    """The modules that an import statement names: those of the package in full, others by their first word."""
    if isinstance(statement, ast.Import):
        return {alias.name if alias.name in known else alias.name.split(".")[0] for alias in statement.names}
    base = statement.module or ""
    if statement.level:
        package = module if is_package(module, known) else module.rpartition(".")[0]
        above = package.split(".")[:len(package.split(".")) - statement.level + 1]
        base = ".".join([*above, *filter(None, [base])])
    if base not in known:
        return {base.split(".")[0]}
    return {full if (full := f"{base}.{alias.name}") in known else base for alias in statement.names}


def is_package(module, known):
    return any(other.startswith(f"{module}.") for other in known)


def inside_functions(tree):
    """The import statements in the functions of a module, a module's own `__getattr__` left out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from (inner for inner in ast.walk(node) if isinstance(inner, ast.Import | ast.ImportFrom))


def at_the_top(tree):
    inner = set(inside_functions(tree))
    return [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom) and node not in inner]


def rooms(trees):
    """{module: the modules of the package that Python loads for it}, the packages around those included."""
    loaded = {}
    for module, tree in trees.items():
        named = {t for statement in at_the_top(tree) for t in targets(statement, module, trees) if t in trees}
        around = {".".join(t.split(".")[:n]) for t in named for n in range(1, t.count(".") + 1)}
        loaded[module] = {t for t in named | around if t != module and not module.startswith(f"{t}.")}
    return loaded


def listed(loaded):
    """A line for each room, in an order in which none needs a later one."""
    short = lambda name: name.removeprefix(f"{ROOM}.")
    return "\n".join(f"{short(module):32} {', '.join(sorted(map(short, loaded[module])))}"
                     for module in TopologicalSorter(loaded).static_order())


def hidden(trees):
    """Every import of the package's own in a function: "module: statement"."""
    return [f"{module}: {ast.unparse(statement)}" for module, tree in trees.items()
            for statement in inside_functions(tree) if any(t in trees for t in targets(statement, module, trees))]


def unexplained(folder=FOLDER):
    """Every import of another's package in a function, without a comment behind it."""
    trees, found = modules(folder), []
    for path in sorted(folder.rglob("*.py")):
        lines, module = path.read_text(encoding="utf-8").splitlines(), name_of(path, folder)
        for statement in inside_functions(trees[module]):
            foreign = targets(statement, module, trees) - set(trees) - sys.stdlib_module_names
            if module != AT_ITS_OWN_TIME and foreign and "#" not in lines[statement.lineno - 1]:
                found.append(f"{module}: {ast.unparse(statement)}")
    return found


def test_no_import_of_our_own_hides_in_a_function():
    trees = modules()
    found = {line for line in hidden(trees) if not line.startswith(AT_ITS_OWN_TIME)}
    assert not found, "\n".join([*sorted(found), "", listed(rooms(trees))])


def test_no_two_rooms_need_each_other():
    loaded = rooms(modules())
    try:
        print("\n" + listed(loaded))
    except CycleError as error:
        pytest.fail(f"these modules need each other: {' → '.join(error.args[1])}")


def test_an_import_in_a_function_says_why_it_is_not_at_the_top():
    assert unexplained() == []


@pytest.mark.parametrize("room", ["landscapes", "optimizers", "schedules", "statistics", "plots", "explorables",
                                  "exercises", "studies.capstone_seal"])
def test_importing_needs_no_torch(room):
    subprocess.run([sys.executable, "-c", f"import sys, course_utils.{room}; sys.exit('torch' in sys.modules)"],
                   check=True)


def test_everything_in_a_rooms_list_is_there():
    for room in ("plots", "explorables", "studies.capstone", "exercises"):
        names = {}
        exec(f"from course_utils.{room} import *", names)
        exec(f"from course_utils import {room.split('.')[0]}", names)


@pytest.mark.parametrize("files, found", [
    ({"a.py": "from . import b", "b.py": "def f():\n    from .a import x"}, (1, 0, True)),
    ({"a.py": "from .b import x", "b.py": "from .a import y"}, (0, 0, False)),
    ({"a.py": "from .r import x", "r/__init__.py": "from .s import x", "r/s.py": "from ..a import y"}, (0, 0, False)),
    ({"a.py": "from .r.s import x", "r/__init__.py": "", "r/s.py": "def f():\n    import numpy"}, (0, 1, True)),
    ({"a.py": "def f():\n    import numpy  # slow\n    import json"}, (0, 0, True)),
])
def test_circles_and_hidden_imports_are_found(tmp_path, files, found):
    folder = tmp_path / "p"
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    trees = modules(folder)
    try:
        straight = bool(list(TopologicalSorter(rooms(trees)).static_order()))
    except CycleError:
        straight = False
    assert (len(hidden(trees)), len(unexplained(folder)), straight) == found
