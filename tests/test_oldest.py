"""The versions that the course accepts are stated once, and everything that repeats them says the same."""

import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from oldest import REQUIREMENTS, oldest
from packaging.requirements import Requirement
from packaging.version import Version

from course_utils import __main__ as readiness

ROOT = REQUIREMENTS.parent
LINES = [line for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines() if re.match(r"\w", line)]
OLDEST = oldest(LINES)
IN_THE_OLDEST = Path(sys.prefix).resolve() == ROOT / "build" / "oldest"


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("line", LINES)
def test_the_oldest_of_a_line_is_the_lowest_version_that_it_admits(line):
    requirement = Requirement(line.split("#")[0])
    version = OLDEST[requirement.name]
    [bound] = [s.version for s in requirement.specifier if s.operator in (">=", "==")]
    assert version == bound and requirement.specifier.contains(version)


@pytest.mark.parametrize("line", ["numpy", "numpy<3  # not >=1", "numpy!=2.0"])
def test_a_line_without_a_lower_bound_is_refused(line):
    with pytest.raises(ValueError, match="expected a lower bound"):
        oldest(["pandas>=2", "", "# a reason", "-e .", line])


def test_the_constraints_need_nothing_installed_and_hold_every_line():
    command = [sys.executable, "-I", "-S", ROOT / "tests/oldest.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    constraints = [Requirement(line) for line in done.stdout.splitlines()]
    assert {c.name for c in constraints} == {Requirement(line.split("#")[0]).name for line in LINES}
    assert all([s.operator for s in c.specifier] == ["=="] for c in constraints)


@pytest.mark.skipif(not IN_THE_OLDEST, reason="holds where make test-oldest runs it")
@pytest.mark.parametrize("name", OLDEST)
def test_make_test_oldest_runs_with_the_oldest(name):
    assert Version(Version(metadata.version(name)).public) == Version(OLDEST[name])


def test_everything_names_the_same_oldest_python():
    settings = tomllib.loads(text("pyproject.toml"))
    oldest, newest = (re.search(rf"^{bound} := (.+)$", text("Makefile"), re.M)[1].replace(", ", ".")
                      for bound in ("OLDEST", "NEWEST"))
    assert settings["project"]["requires-python"] == f">={oldest}"
    assert settings["tool"]["ruff"]["target-version"] == f"py{oldest.replace('.', '')}"
    assert ".".join(map(str, readiness.OLDEST)) == oldest and f"Python {oldest} or newer" in readiness.python().fix
    assert f"Python {oldest} to {newest}" in " ".join(text("README.md").split())
    assert f"from {oldest} to {newest}" in text("Makefile")
    assert f"python3 python,{oldest})" in text("Makefile")
    assert text(".binder/runtime.txt").strip() == f"python-{oldest}"
    assert f'python: ["{oldest}",' in text(".github/workflows/tests.yml")


@pytest.mark.parametrize("name", ["docs/requirements.txt", "benchmarks/requirements.txt", ".binder/requirements.txt",
                                  "tests/browser/requirements.txt"])
def test_no_other_list_repeats_a_bound_of_the_course(name):
    others = {Requirement(line.split("#")[0]).name for line in text(name).splitlines() if re.match(r"\w", line)}
    assert others and not others & set(OLDEST)
