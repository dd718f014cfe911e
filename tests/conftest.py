"""For the tests in this folder: figures go nowhere, no example has a deadline.

What one notebook has trained is not trained again by its solved copy, nor by the browser tests after them: `TRAINED`.
The package's own tests know nothing of it.
"""

import os
import shutil
import tempfile

import matplotlib
import pytest
from hypothesis import settings

matplotlib.use("Agg")
settings.register_profile("course", deadline=None, print_blob=True)  # shared machines pause at any moment
settings.load_profile("course")

TRAINED = os.environ.get("COURSE_RESUME")  # a folder for all processes: the first makes it, and its workers inherit it


def pytest_configure(config):
    global TRAINED
    if not TRAINED:
        TRAINED = os.environ["COURSE_RESUME"] = tempfile.mkdtemp(prefix="trained-")
        config.add_cleanup(lambda: shutil.rmtree(TRAINED, ignore_errors=True))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Before tests in this folder; notebooks, which run first, lie outside."""
    if item.get_closest_marker("solved") or item.path.parent.name == "browser":
        os.environ["COURSE_RESUME"] = TRAINED
    else:
        os.environ.pop("COURSE_RESUME", None)
