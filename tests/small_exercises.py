"""Exercises made by hand for tests of the judge, and what it says of a wrong attempt at one."""

from course_utils.exercises import framework
from course_utils.exercises.tasks import Exercise


def exercise(reference, *probes, mistakes=(), **more):
    return Exercise("small", "", reference, "", (), probes, mistakes, **more)


def told(asked, attempt, **limits):
    """The message on an attempt, which must be one and not pass."""
    result = framework.judge(asked, attempt, **limits)
    assert result.attempted and not result.passed
    return result.message


def said(attempt, reference, *probes, **more):
    return told(exercise(reference, *probes, **more), attempt)
