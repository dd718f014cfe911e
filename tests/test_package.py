"""The package by itself: one version, the dependencies that it imports, and a wheel that brings its data along."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

import course_utils

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NEEDED = {entry.name: entry for entry in map(Requirement, PROJECT["project"]["dependencies"])}
INTO_THE_WHEEL = ("pyproject.toml", "README.md", "LICENSE", "docs/LICENSE-content.md", "course_utils", "data")


def test_changelog_and_citation_name_the_version_of_the_package_and_its_day():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    log = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    version, day = re.search(r"^## (\d+\.\d+\.\d+) - (\d{4}-\d\d-\d\d)$", log, re.M).groups()
    assert course_utils.__version__ == version == citation["version"] and day == str(citation["date-released"])


def test_the_version_stands_nowhere_else():
    assert "version" in PROJECT["project"]["dynamic"] and "version" not in PROJECT["project"]
    assert PROJECT["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "course_utils.__version__"}


def imported():
    """The distributions that the package imports, in functions too."""
    names, distributions = set(), packages_distributions()
    for path in (ROOT / "course_utils").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(node.module.split(".")[0])
    return {distributions[name][0].lower() for name in names - set(sys.stdlib_module_names)}


def test_the_package_requires_what_it_imports_and_a_kernel():
    assert set(NEEDED) == imported() | {"ipykernel"}


def test_bounds_are_those_of_the_course_but_torch_is_not_pinned():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    course = {entry.name: entry for entry in (Requirement(line.split("#")[0]) for line in lines
                                              if re.match(r"\w", line))}
    assert {name: entry.specifier for name, entry in NEEDED.items() if name != "torch"} == {
        name: course[name].specifier for name in NEEDED if name != "torch"}
    assert {specifier.operator for specifier in NEEDED["torch"].specifier} == {">="}
    [pin] = course["torch"].specifier
    assert pin.operator == "==" and NEEDED["torch"].specifier.contains(pin.version)


def test_every_folder_of_the_package_is_packed():
    folders = {".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "course_utils").rglob("*.py")}
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == folders | {"course_utils._data"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with what a wheel holds, unpacked as pip does it, and no course around it."""
    pytest.importorskip("setuptools", minversion="77", reason="builds the wheel")
    pytest.importorskip("packaging", minversion="24.2", reason="setuptools reads the licence of the wheel with it")
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    for name in INTO_THE_WHEEL:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    code = f"from setuptools.build_meta import build_wheel; build_wheel({str(target)!r})"
    done = subprocess.run([sys.executable, "-c", code], cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    [wheel] = target.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(target)
    wheel.unlink()
    return target


def alone(installed, *arguments, **environment):
    """Runs Python with the unpacked wheel, in its folder, so that nothing of the checkout is found."""
    return subprocess.run([sys.executable, *arguments], cwd=installed, capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(installed), **environment})


def test_the_wheel_brings_its_data_and_loads_every_set(installed):
    code = ("from course_utils import data; from course_utils.data import *; "
            "from course_utils.studies.stored import load_table; "
            "assert str(data.FOLDER).endswith('_data') and data.verify() == [], data.FOLDER; "
            "print(make_blobs(), make_documents(), make_linear(), load_digits(), load_diabetes(), load_sunspots(), "
            "load_sonnets(), load_segments(opened=True), len(load_capstone()), "
            "*(len(load_table(f'{name}.csv.gz')[0]) for name in ('contest', 'study', 'transfer')))")
    done = alone(installed, "-c", code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(" features") == 8


def test_the_wheel_holds_the_package_its_data_and_their_licences_and_no_more(installed):
    files = {path.relative_to(installed).as_posix() for path in installed.rglob("*")
             if path.is_file() and path.suffix != ".pyc"}
    ours = {path.relative_to(ROOT).as_posix() for path in (ROOT / "course_utils").rglob("*.py")}
    stored = {f"course_utils/_data/{path.name}" for path in (ROOT / "data").iterdir() if path.is_file()}
    assert {file for file in files if ".dist-info/" not in file} == ours | stored
    assert sum("/licenses/" in file for file in files) == 3


def test_the_wheel_says_that_the_notebooks_are_elsewhere(installed):
    done = alone(installed, "-m", "course_utils", "progress", COURSE_PROGRESS="off")
    assert done.returncode == 0 and "No notebooks are in" in done.stdout and "Traceback" not in done.stderr
    code = ("from course_utils import __main__ as m; m.CHECKS = (m.python, m.packages, m.data_files); "
            "m.main(); print(m._anew(), m.install(m.ROOT, ['numpy>=1']))")
    done = alone(installed, "-c", code)
    assert done.returncode == 0, done.stderr
    assert "Ready." in done.stdout and "torch " in done.stdout and "the package alone" in done.stdout
    assert "In the folder" not in done.stdout and "followed by the course's wheel" in done.stdout


def test_a_damaged_file_of_the_wheel_is_named_with_the_way_to_get_it_back(installed):
    code = ("import pathlib; from course_utils import data; data._checksum = lambda path: 'x'; "
            "data.data_file('digits.csv.gz')")
    done = alone(installed, "-c", code)
    assert "digits.csv.gz is damaged" in done.stderr and "followed by the course's wheel" in done.stderr
    assert "git checkout" not in done.stderr.splitlines()[-1]
