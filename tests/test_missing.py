"""A package that is not installed ends in a sentence that says what to type."""

import re
import subprocess
import sys
from importlib import import_module
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from course_utils.missing import NEEDED, Missing, required

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("module, package", [("landscapes", "numpy"), ("training", "numpy"), ("data", "numpy")])
def test_importing_a_module_without_its_packages_says_what_to_type(module, package):
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import course_utils.{module}"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True)
    last = done.stderr.strip().splitlines()[-1]
    assert re.match(rf"ModuleNotFoundError: No module named '{package}' in \S+\. ", last)
    assert f"In the folder {ROOT} type: " in last and '-m pip install "numpy>=' in last and "torch" not in last


def test_without_torch_the_line_adds_torch_alone():
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import course_utils, torch"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True)
    assert re.search(r'No module named \'torch\' in .* -m pip install "torch==[\d.]+"( -e \.)?$', done.stderr.strip())


def test_other_modules_that_are_missing_are_left_to_python():
    assert Missing.find_spec("no_such_package") is None
    with pytest.raises(ModuleNotFoundError, match="^No module named 'no_such_package'$"):
        import_module("no_such_package")


def test_without_the_courses_folder_the_word_is_left_to_python(monkeypatch, tmp_path):
    monkeypatch.setattr("course_utils.missing.ROOT", tmp_path)
    assert Missing.find_spec("torch") is None


def test_the_needed_packages_are_those_that_the_notebooks_require():
    listed = {Requirement(line).name.lower() for line in required(ROOT)[0]}
    names = packages_distributions()
    assert {names[name][0].lower().replace("-", "_") for name in NEEDED} == {name.replace("-", "_") for name in listed}
