"""Other processes: how many, how they are started, and what passes between them; all with stand-ins for the system."""

import os
import pickle
import sys
from collections import deque
from threading import Event
from types import ModuleType, SimpleNamespace

import cloudpickle
import pytest

from course_utils.engine import processes
from course_utils.engine.processes import far_away


@pytest.fixture
def started(monkeypatch):
    """Lets `far_away` start a stand-in for a process, the way that is given, and returns what is asked of it.

    It does its work at once and here, or, where it does not work, never says anything.
    """
    def start(way, works=True):
        asked, messages = SimpleNamespace(exits=[], threads=[]), deque()
        here = SimpleNamespace(poll=lambda timeout: bool(messages), close=lambda: None,
                               recv=lambda: pickle.loads(messages.popleft()))
        there = SimpleNamespace(send=lambda message: messages.append(pickle.dumps(message)), close=lambda: None)

        def process(target, args, daemon=None):
            asked.call, asked.daemon = args[0], daemon
            return SimpleNamespace(start=lambda: works and target(*args), kill=lambda: None, join=lambda *_: None,
                                   is_alive=lambda: False, exitcode=1)

        context = SimpleNamespace(get_start_method=lambda: way, Pipe=lambda: (here, there), Process=process)
        monkeypatch.setattr(processes, "_way_to_start", lambda: way)
        stand_ins = {"multiprocessing": SimpleNamespace(get_context=lambda _: context),
                     "os": SimpleNamespace(_exit=asked.exits.append), "gc": SimpleNamespace(freeze=lambda: None),
                     "signal": SimpleNamespace(signal=lambda *_: None, SIGINT=None, SIG_IGN=None),
                     "torch": SimpleNamespace(set_num_threads=asked.threads.append)}
        for name, stand_in in stand_ins.items():
            monkeypatch.setattr(processes, name, stand_in)
        return asked

    return start


both_ways = pytest.mark.parametrize("way", ["fork", "spawn"])


@pytest.mark.parametrize("allowed, all_cores, expected", [
    ({0}, 5, 1), ({0, 1, 2}, 5, 3), (None, 5, 5), (None, 1, 1), (None, None, 1),
])
def test_there_are_as_many_cores_as_this_process_may_use_or_where_none_says_so_as_there_are(allowed, all_cores,
                                                                                            expected, monkeypatch):
    monkeypatch.setattr(processes, "_way_to_start", lambda: "fork")
    monkeypatch.setattr(os, "cpu_count", lambda: all_cores)
    if allowed:
        monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(9)) if pid else allowed, raising=False)
    else:
        monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert processes.cores() == expected


@pytest.mark.parametrize("platform, is_a_script, way", [
    ("linux", False, "fork"), ("linux", True, "fork"), ("darwin", False, "spawn"), ("darwin", True, None),
    ("win32", False, "spawn"), ("win32", True, None),
])
def test_linux_forks_and_other_systems_send_what_no_script_asks_for(platform, is_a_script, way, monkeypatch):
    main = ModuleType("__main__")
    if is_a_script:
        main.__file__ = "script.py"
    monkeypatch.setitem(sys.modules, "__main__", main)
    monkeypatch.setattr(sys, "platform", platform)
    assert processes._way_to_start() == way


@pytest.mark.parametrize("cores, way, can", [(1, "fork", False), (2, "fork", True), (2, "spawn", False),
                                             (1, "spawn", False), (1, None, False)])
def test_to_go_on_in_a_fork_takes_two_cores_and_a_system_that_forks(cores, way, can, monkeypatch):
    monkeypatch.setattr(processes, "cores", lambda: cores)
    monkeypatch.setattr(processes, "_way_to_start", lambda: way)
    assert processes.can_fork() is can


@both_ways
def test_what_is_yielded_there_arrives_here_in_turn(way, started):
    started(way)
    assert list(far_away(lambda *given: given, 3, None, "end")) == [3, None, "end"]


@both_ways
def test_an_error_there_is_raised_here_after_what_came_before_it(way, started):
    def breaks():
        yield 1
        raise ZeroDivisionError("a fault")

    started(way)
    told = far_away(breaks)
    assert next(told) == 1
    with pytest.raises(ZeroDivisionError, match="^a fault$"):
        next(told)


class OfTwo(Exception):
    """One that can be written down, and not be read again."""

    def __init__(self, one, other):
        super().__init__(f"{one} {other}")


def local():
    class Local(Exception):
        """No other process would find it."""

    return Local("a fault")


@both_ways
@pytest.mark.parametrize("make, told", [(local, "Local: a fault"), (lambda: OfTwo("a", "fault"), "OfTwo: a fault")])
def test_an_error_that_cannot_be_sent_is_told_by_its_kind_and_message(way, make, told, started):
    def breaks():
        raise make()

    started(way)
    with pytest.raises(RuntimeError, match=f"^{told}$"):
        next(far_away(breaks))


def test_a_fork_gets_functions_as_they_are_and_a_new_process_a_copy_that_no_file_need_hold(started):
    def numbers(n):
        return range(n)

    asked = started("fork", works=False)
    far_away(numbers, 3)
    assert asked.call == (numbers, (3,))
    asked = started("spawn", works=False)
    far_away(numbers, 3)
    make, arguments = cloudpickle.loads(asked.call)
    assert list(make(*arguments)) == [0, 1, 2]


@both_ways
def test_a_process_ends_with_its_caller_works_on_one_thread_and_ends_well(way, started):
    asked = started(way)
    assert list(far_away(range, 2)) == [0, 1]
    assert asked.daemon is True and asked.threads == [1] and asked.exits == [0]


def test_a_process_that_says_nothing_yet_is_left_when_the_caller_stops(started):
    started("fork", works=False)
    stop = Event()
    told = far_away(range, 2, stop=stop)
    stop.set()
    assert list(told) == []
