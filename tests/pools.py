"""Pools of processes in tests."""

import sys

import pytest

ENDS_BROKEN_POOLS = pytest.mark.skipif(
    sys.version_info < (3, 11, 7), reason="older pools may wait for ever for a killed worker to read their queue")
