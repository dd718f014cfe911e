"""Where the course stands: one command writes it down, and nothing names a place before that is known."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "docs"))

import address

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def first_code(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return next("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


@pytest.fixture
def copy(tmp_path):
    for name in ("CITATION.cff", "README.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    return tmp_path


def contents(folder):
    return {path.relative_to(folder): path.read_bytes()
            for path in (folder / "CITATION.cff", folder / "README.md", *(folder / "notebooks").glob("*.ipynb"))}


@pytest.fixture(autouse=True)
def no_workflow(monkeypatch):
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)


def test_all_notebooks_open_alike_in_few_lines():
    opening = address.opening(address.repository())
    assert all(first_code(path).startswith(opening + "\n") for path in NOTEBOOKS)
    assert len(address.opening("").splitlines()) == 4


@pytest.mark.parametrize("place", ["", "owner/name", "a-long-owner-of-it/how-far-should-each-training-step-go"])
def test_without_the_course_the_first_cell_says_in_one_sentence_what_to_do(place, tmp_path):
    code = address.opening(place)
    assert max(map(len, code.splitlines())) <= address.WIDTH
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, cwd=tmp_path)
    last = done.stderr.strip().splitlines()[-1]
    assert re.fullmatch(r"ImportError: The course is missing: .*%pip install -e \S+.*", last)
    assert ("make lab" in last) == (not place)
    assert place in last


def test_with_the_course_the_opening_does_nothing_but_import_it():
    done = subprocess.run([sys.executable, "-c", address.opening("") + "print(course_utils.__name__)"], cwd=ROOT,
                          capture_output=True, text=True)
    assert done.stdout == "course_utils\n" and not done.stderr


def test_the_address_is_written_everywhere_and_taken_back_without_a_trace(copy):
    before = contents(copy)
    address.write(address.repository(copy), copy)
    assert contents(copy) == before
    for place in ("owner/name", "another/place"):
        address.write(place, copy)
        assert address.repository(copy) == place
        readme = (copy / "README.md").read_text(encoding="utf-8")
        assert readme.count(address.buttons(place)) == 1 and readme.index(place) < readme.index("make lab")
        for path in (copy / "notebooks").glob("*.ipynb"):
            code = first_code(path)
            assert code.count("import course_utils\n") == 1 and code.startswith(address.opening(place) + "\n")
    address.write("", copy)
    assert not any(place in text for text in contents(copy).values() for place in (b"another/place", b"owner/name"))
    if not address.repository():
        assert contents(copy) == before


def test_buttons_lead_to_a_notebook_that_exists_and_only_where_the_repository_is_known(monkeypatch):
    assert address.buttons("") == ""
    links = re.findall(r"\]\((\S+)\)", address.buttons("owner/name"))
    assert len(links) == 2 and all("owner/name" in link for link in links)
    for link in links:
        path = re.search(r"notebooks/\w+\.ipynb$", link)
        assert path and (ROOT / path.group()).is_file(), link
    monkeypatch.setenv("GITHUB_REPOSITORY", "some/fork")
    assert address.repository() == "some/fork"


@pytest.mark.parametrize("arguments", [[], ["name"], ["https://github.com/owner/name"], ["owner/name", "more"]])
def test_anything_but_owner_and_repository_is_refused(arguments):
    done = subprocess.run([sys.executable, ROOT / "docs/address.py", *arguments], capture_output=True, text=True)
    assert done.returncode and "OWNER/REPOSITORY" in done.stderr


def test_the_readme_shows_buttons_just_where_the_address_is_known():
    assert ("colab.research" in (ROOT / "README.md").read_text(encoding="utf-8")) == bool(address.repository())
