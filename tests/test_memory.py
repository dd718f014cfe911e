"""What was freed goes back to the system; where that cannot be asked for, nothing happens."""

import subprocess
import sys

import pytest

from course_utils.engine import memory

KEPT = """
import psutil, torch
from course_utils.engine.memory import give_back_memory, keep_freed_memory
used = lambda: psutil.Process().memory_info().rss / 2**20
keep_freed_memory()
blocks = [torch.ones(2**18) for _ in range(200)]  # a megabyte each
last = blocks.pop()
del blocks
before = used()
give_back_memory()
print(before - used())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems need not be asked")
def test_freed_memory_goes_back():
    done = subprocess.run([sys.executable, "-c", KEPT], capture_output=True, text=True, check=True)
    assert float(done.stdout) > 150


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems_are_left_alone(platform, monkeypatch):
    monkeypatch.setattr(memory.sys, "platform", platform)
    monkeypatch.setattr(memory.ctypes, "CDLL", None)
    memory.give_back_memory()


def test_a_c_library_without_the_call_is_left_alone(monkeypatch):
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: object())
    memory.give_back_memory()
