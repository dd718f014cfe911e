"""The notebooks with their outputs, run once and kept in build/executed until they or what they import change."""

import hashlib
import os
import shutil
from pathlib import Path

import nbformat
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.executors.utils import single_nb_execution

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
IMPORTED = ["course_utils/**/*.py", "data/*", "requirements.txt"]
SECONDS = 300  # for one cell, on a slow machine
FOR_PAGES = {
    "TQDM_DISABLE": "1",  # a kept progress bar would stand at 0 % for ever
    "COURSE_FRAMES": "1",  # explorables add pictures of all places of their sliders, in seconds each
}


def digest(root=ROOT, patterns=IMPORTED):
    """A few letters that change with the content or the name of any of the files."""
    found = sorted({path for pattern in patterns for path in root.glob(pattern) if path.is_file()})
    parts = (str(path.relative_to(root)).encode() + path.read_bytes() for path in found)
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]


CACHE = ROOT / "build/executed" / digest()


def forget_the_others(cache=CACHE):
    """Remove the outputs that were made by an earlier state of the package."""
    for other in cache.parent.glob("*"):
        if other != cache:
            shutil.rmtree(other)


def executed(path):
    """The notebook at `path` with outputs, from the cache where it is there; raises if a cell fails."""
    notebook, cache = nbformat.read(path, 4), get_cache(CACHE)
    try:
        return with_outputs(notebook, cache.merge_match_into_notebook(notebook)[1])
    except KeyError:
        ran = nbformat.from_dict(notebook)
        os.environ |= FOR_PAGES
        result = single_nb_execution(ran, cwd=str(path.parent), timeout=SECONDS, allow_errors=False)
        if result.err:
            raise RuntimeError(f"{path.name}: {result.exc_string}") from result.err
        cache.cache_notebook_bundle(CacheBundleIn(ran, str(path), data={"execution_seconds": result.time}))
        return with_outputs(notebook, ran)


def with_outputs(notebook, ran):
    for cell, other in zip(notebook.cells, ran.cells, strict=True):
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = other.outputs, other.execution_count
    return notebook
