"""README, Makefile, requirements and glossary agree with each other and with the files that are there."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from course_utils import optimizers

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
DOCUMENTS = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", ".ci/run", ".github/workflows/tests.yml",
             ".github/workflows/site.yml"]


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def requirement_lines(name="requirements.txt"):
    return [line for line in text(name).splitlines() if line and not line.startswith(("#", "-"))]


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, **options)


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def imported_by(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.split(".")[0]


def sources():
    for folder in ("course_utils", "tests", "benchmarks"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "browser" not in path.parts:  # needs a browser, and says so itself
                yield path.relative_to(ROOT), path.read_text(encoding="utf-8")
    for path in NOTEBOOKS:
        cells = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
        lines = "\n".join("".join(cell["source"]) for cell in cells).splitlines()
        yield path.relative_to(ROOT), "\n".join(re.sub(r"^(\s*)[%!].*", r"\1pass", line) for line in lines)


OPTIONAL = {"distributed", "jax"}  # a Dask cluster to send sweeps to, a peer of the benchmark: left out if missing
TARGETS = sorted({*re.findall(r"^([a-z-]+): (?:\.venv|\$\(OLD\)|site-tools)", text("Makefile"), re.M)} - {"site-tools"})
REQUIREMENTS = ["requirements.txt", "benchmarks/requirements.txt", "docs/requirements.txt",
                "tests/browser/requirements.txt"]


def test_every_imported_package_is_in_requirements():
    listed = {normal(Requirement(line.split("#")[0]).name) for file in REQUIREMENTS for line in requirement_lines(file)}
    files = [path.relative_to(ROOT) for path in ROOT.rglob("*.py")]
    ours = {path.stem for path in files if path.parts[0] not in (".venv", "build")} | {"course_utils"}
    distributions = packages_distributions()
    missing = {(str(path), name) for path, source in sources() for name in imported_by(source)
               if name not in sys.stdlib_module_names | ours | OPTIONAL | {"__future__"}
               and not listed & {normal(d) for d in distributions.get(name, [name])}}
    assert not missing


@pytest.mark.parametrize("line", [line for file in REQUIREMENTS for line in requirement_lines(file)])
def test_every_requirement_has_bounds_and_a_reason(line):
    entry, _, reason = line.partition("#")
    specifiers = {specifier.operator for specifier in Requirement(entry).specifier}
    assert reason.strip() and (specifiers == {"=="} or ">=" in specifiers)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_make_command_that_is_named_exists(name):
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), re.M))
    named = set(re.findall(r"(?:^|`|run: |name: )make ([a-z-]+)", text(name), re.M))
    assert named <= targets


def test_the_two_commands_stand_first_in_the_readme():
    first_block = re.search(r"```\n(.*?)```", text("README.md"), re.S).group(1)
    assert re.findall(r"^make (\w+)", first_block, re.M) == ["lab", "test"]
    assert re.search(r"^make test$", text(".ci/run"), re.M)


def test_the_readme_lists_and_links_every_notebook_in_order():
    rows = re.findall(r"^\| (\d\d) \| (.+?) \|", text("README.md"), re.M)
    linked = [link for _, cell in rows for link in re.findall(r"\(notebooks/(.+?)\)", cell)]
    assert linked == [path.name for path in NOTEBOOKS] and [number for number, _ in rows] == [n[:2] for n in linked]


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/glossary.md",
                                  "docs/references.md", "docs/LICENSE-content.md"])
def test_relative_links_lead_to_files(name):
    targets = re.findall(r"\]\(([^)#\s]+)|src=\"([^\"]+)", text(name))
    missing = [target for target in map("".join, targets)
               if not re.match(r"[a-z]+:", target) and not (ROOT / name).parent.joinpath(target).exists()]
    assert not missing


def test_the_glossary_has_a_row_for_every_argument_of_every_optimizer():
    rows = [line.split("|") for line in text("docs/glossary.md").splitlines() if line.startswith("|")]
    words = {word for row in rows for word in re.findall(r"`(\w+)`", row[2])}
    functions = [getattr(optimizers, name) for name in optimizers.__all__ if name not in ("NEWER", "OPTIMIZERS")]
    arguments = {name for function in functions
                 for name in function.__code__.co_varnames[: function.__code__.co_argcount]}
    assert arguments <= words


@pytest.mark.skipif(os.name == "nt", reason="Windows has no make")
@pytest.mark.parametrize("target", TARGETS)
def test_a_fresh_folder_is_set_up_before_anything_else_runs(tmp_path, target):
    for name in ("Makefile", "pyproject.toml", "tests/oldest.py", *REQUIREMENTS):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text(name), encoding="utf-8")
    planned = run("make", "--dry-run", target, cwd=tmp_path, check=True).stdout
    assert planned.index("-m venv") < planned.index("pip install") < planned.rindex("/bin/python ")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no make")
@pytest.mark.parametrize("target", ["lab", "test-oldest"])
def test_without_a_fitting_python_make_says_what_to_do(tmp_path, target):
    for name in ("Makefile", "requirements.txt", "pyproject.toml", "tests/oldest.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text(name), encoding="utf-8")
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("make", "sh", "id"):
        (tools / tool).symlink_to(shutil.which(tool))
    done = run(tools / "make", target, cwd=tmp_path, env={"PATH": str(tools)})
    assert done.returncode and f"make {target} PYTHON=/path/to/python3" in done.stdout and "-venv" in done.stdout


def test_the_readmes_example_runs():
    [code] = re.findall(r"```python\n(.+?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "network by network" in done.stdout and "test accuracy" in done.stdout
