"""One JupyterLab for all tests, on a copy of the notebooks; each notebook is run once and shared by its tests.

The tests take notebooks, cells and answers from the notebooks' tags and from the registry, so that a new notebook is
tested as soon as it is there.
"""

import re
import shutil
from dataclasses import dataclass

import nbformat
import psutil
import pytest
from lab import ROOT, Lab, Notebook, chromium

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"), reverse=True)  # long ones first: both processes end together
TAGGED = ("explorable", "quiz")  # a test that asks for one of these gets each cell with that tag


def tagged(path, tag):
    """The code cells of a notebook that have this tag, as (id, source)."""
    cells = nbformat.read(path, 4).cells
    return [(cell.id, cell.source) for cell in cells if tag in cell.metadata.get("tags", [])]


def pytest_generate_tests(metafunc):
    if "notebook" not in metafunc.fixturenames:
        return
    tag = next((tag for tag in TAGGED if tag in metafunc.fixturenames), None)
    if tag is None:
        cases = [pytest.param(path, id=path.stem) for path in NOTEBOOKS]
        metafunc.parametrize("notebook", cases, indirect=True, scope="session")
    else:
        cases = [pytest.param(path, id, id=f"{path.stem[:2]}-{id}")
                 for path in NOTEBOOKS for id, _ in tagged(path, tag)]
        metafunc.parametrize(("notebook", tag), cases, indirect=["notebook"], scope="session")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Tests of one notebook stay in one process, which runs it once; its number begins their parameters."""
    from xdist.scheduler import LoadScopeScheduling

    class ByNotebook(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return re.search(r"\[(?:[a-z]+-)?(\d\d)|$", nodeid).group(1) or ""

    return ByNotebook(config, log)


@pytest.fixture(scope="session")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    for name in ("notebooks", "docs"):
        shutil.copytree(ROOT / name, folder / name)
    lab = Lab(folder, tmp_path_factory.mktemp("jupyter"))
    yield lab
    processes = lab.processes
    lab.close()
    _, alive = psutil.wait_procs(processes, timeout=20)
    assert not alive, f"still running: {alive}"


@dataclass
class Executed:
    """A notebook after Run All, and what was seen then."""

    path: object
    page: Notebook
    errors: list
    not_run: list
    complaints: list

    def tagged(self, tag):
        return tagged(self.path, tag)


@pytest.fixture(scope="session")
def notebook(request, browser, lab):
    page = Notebook(browser, lab, f"notebooks/{request.param.name}")
    page.run_all()
    yield Executed(request.param, page, page.errors(), page.not_run(), list(page.complaints))
    page.close()


@pytest.fixture
def small_notebook(browser, lab):
    """Make a notebook of these cells, {id: source}, open it and run all of it."""
    opened = []

    def make(cells):
        name = f"small-{len(opened)}-{browser.version}.ipynb"
        nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source, id=id) for id, source in cells.items()])
        nb.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
        nbformat.write(nb, lab.folder / name)
        page = Notebook(browser, lab, name)
        opened.append(page)
        page.run_all()
        return page

    yield make
    for page in opened:
        page.close()
