"""The test part of the capstone's data: sealed, opened once by the game, and watched until then."""

import sys
from contextlib import contextmanager
from functools import lru_cache

from .. import data as data_module
from ..data import load_segments

__all__ = ["SEALED", "looks", "opened", "sealed"]

SEALED = "segments_test.csv.gz"
_peeks, _own = [], []


@lru_cache(maxsize=1)
def sealed():
    """The data, with the validation part in the place of the test part."""
    return load_segments()


def opened():
    """The data with its test part."""
    with _the_game_reads():
        return _opened()


def looks():
    """How often the file of the test part was read in this session, the game's own reading left out."""
    return len(_peeks)


@lru_cache(maxsize=1)
def _opened():
    return load_segments(opened=True)


@contextmanager
def _the_game_reads():
    _own.append(True)
    try:
        yield
    finally:
        _own.pop()


_READS = {"open", "subprocess.Popen", "os.system", "os.posix_spawn", "shutil.copyfile", "os.rename", "os.link"}


def _watch(event, args):
    """An audit hook of Python's own: notes who reads the sealed file, or sends a command for it."""
    if event in _READS and not _own and SEALED in str(args):
        frame = sys._getframe(1)
        while frame is not None:
            if frame.f_code is data_module.verify.__code__:  # checksums tell nothing
                return
            frame = frame.f_back
        _peeks.append(event)


sys.addaudithook(_watch)
