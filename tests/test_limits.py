"""An attempt at an exercise is ended within its limits, and leaves everything as it was."""

import _thread
import builtins
import copy
import gc
import os
import random
import re
import signal
import sys
import threading
import time
import warnings
import weakref
from functools import partial
from types import ModuleType, SimpleNamespace

import numpy as np
import psutil
import pytest
import torch

from course_utils.exercises import EXERCISES, limits
from course_utils.exercises.framework import judge
from course_utils.exercises.limits import (
    POLITE,
    PRINTED,
    TOOL,
    Exceeded,
    Stopped,
    _counted,
    _Job,
    _megabytes,
    as_before,
    names_as_before,
    run_limited,
)

EXERCISE = EXERCISES["gradient-step"]
right = EXERCISE.reference


def judged(attempt, seconds=0.3, megabytes=500):
    return judge(EXERCISE, attempt, seconds, megabytes)


def next_check_is_as_if_nothing_had_been():
    assert judge(EXERCISE, right).passed


def goes_on(w, g, lr):
    while True:
        pass


def swallows(w, g, lr):
    while True:
        try:
            time.sleep(0.001)
        except:  # noqa: E722
            pass


def swallows_within(w, g, lr):
    while True:
        try:
            while True:
                pass
        except:  # noqa: E722
            w = w + 1
        finally:
            w = w - 1


def starts_itself_again(w, g, lr):
    try:
        while True:
            pass
    finally:
        starts_itself_again(w, g, lr)


@pytest.mark.parametrize("attempt", [goes_on, swallows, swallows_within, starts_itself_again])
def test_an_endless_loop_is_ended_and_named(attempt):
    threads, start = _thread._count(), time.monotonic()
    result = judged(attempt)
    assert time.monotonic() - start < 30
    assert not result.passed and result.attempted
    assert "had not come to an end after 0.3 seconds, and was stopped in line" in result.message
    assert "goes on" not in result.message and "w = 1, g = 0.5, lr = 0.1" in result.message
    time.sleep(0.1)
    assert _thread._count() <= threads
    assert not hasattr(sys, "monitoring") or sys.monitoring.get_tool(TOOL) is None
    next_check_is_as_if_nothing_had_been()


def test_an_endless_list_is_ended_in_time_and_its_memory_is_free_again():
    class Kept(list):
        pass

    known = []

    def grows(w, g, lr):
        kept = Kept()
        known.append(weakref.ref(kept))
        while True:
            kept.append([0.0] * 1000)

    before, most = psutil.Process().memory_info().rss / 1e6, []
    watching = threading.Event()

    def look():
        while not watching.wait(0.02):
            most.append(psutil.Process().memory_info().rss / 1e6 - before)

    watcher = threading.Thread(target=look)
    watcher.start()
    result = judged(grows, seconds=60, megabytes=150)
    watching.set()
    watcher.join()
    assert "the memory in use had grown by more than 150 MB" in result.message
    assert "was stopped in line" in result.message and "seconds" not in result.message
    assert max(most) < 1200
    gc.collect()
    assert known and not any(kept() is not None for kept in known)
    next_check_is_as_if_nothing_had_been()


def test_an_answer_that_cannot_be_looked_through_is_ended_too():
    class Endless:
        def __len__(self):
            while True:
                pass

        __array__ = __len__

    message = judged(lambda w, g, lr: Endless()).message
    assert "gave back could not be looked through" in message and "loop" not in message
    next_check_is_as_if_nothing_had_been()


def test_a_single_call_that_lasts_is_left_behind_and_ends_with_the_call(monkeypatch):
    monkeypatch.setattr("course_utils.exercises.limits.PATIENCE", 8)
    threads = _thread._count()

    def waits(w, g, lr):
        while True:
            try:
                time.sleep(2)
            except:  # noqa: E722
                pass

    message = judged(waits, seconds=0.2).message
    assert "was told to stop" in message and "Restart the kernel" in message
    next_check_is_as_if_nothing_had_been()
    until = time.monotonic() + 30
    while _thread._count() > threads and time.monotonic() < until:
        time.sleep(0.1)
    assert _thread._count() <= threads


def test_what_an_answer_imports_may_take_long(tmp_path, monkeypatch):
    (tmp_path / "slow_to_import.py").write_text("import time\ntime.sleep(2)\n")
    monkeypatch.syspath_prepend(tmp_path)

    def importing(w, g, lr):
        return right(w, g, lr) + 0 * __import__("slow_to_import").time.time()

    assert judged(importing, seconds=1).passed
    assert "had not come to an end" in judged(lambda w, g, lr: time.sleep(2), seconds=1).message


def test_an_import_that_does_not_end_is_stopped(tmp_path, monkeypatch):
    (tmp_path / "never_imported.py").write_text("while True:\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)

    def importing(w, g, lr):
        return __import__("never_imported")

    assert "had not come to an end" in judged(importing, seconds=0.1).message


def recursion(w, g, lr):
    return recursion(w, g, lr)


def by_hand(w, g, lr):
    raise KeyboardInterrupt


def test_recursion_may_be_thousands_of_calls_deep_and_only_within():
    def down(n):
        return down(n - 1) if n else 0.0

    before = sys.getrecursionlimit(), _thread.stack_size()
    assert run_limited(lambda: down(6000), 10, 500) == 0
    assert (sys.getrecursionlimit(), _thread.stack_size()) == before


DEEPER = {"map": lambda f, n: next(map(f, [n + 1])), "sorted": lambda f, n: sorted([n + 1], key=f),
          "apply": lambda f, n: np.apply_along_axis(f, 0, np.array([n])),
          "deepcopy": lambda f, n: copy.deepcopy(Deep(f))}


class Deep:
    def __init__(self, f):
        self.f = f

    def __deepcopy__(self, memo):
        return self.f(0)


@pytest.mark.parametrize("deeper", DEEPER.values(), ids=DEEPER)
def test_recursion_without_end_is_an_exception_also_where_other_code_stands_between(deeper):
    def down(n):
        return deeper(down, n)

    with pytest.raises(RecursionError):
        run_limited(lambda: down(0), 10, 500)


@pytest.mark.parametrize("attempt, name", [
    (recursion, "RecursionError"), (lambda w, g, lr: sys.exit(3), "SystemExit: 3"), (by_hand, "KeyboardInterrupt"),
    (lambda w, g, lr: exit(), "SystemExit"), (lambda w, g, lr: quit(4), "SystemExit: 4"),
    (lambda w, g, lr: input(), "EOFError|OSError|StdinNotImplemented"),
])
def test_leaving_is_one_more_exception(attempt, name):
    before = sys.stdin
    message = judged(attempt, seconds=10).message
    assert re.search(f"stopped with `({name})", message), message
    assert sys.stdin is before and not before.closed
    next_check_is_as_if_nothing_had_been()


def test_a_thread_left_running_changes_nothing():
    end = threading.Event()

    def starts(w, g, lr):
        threading.Thread(target=end.wait, daemon=True).start()
        return right(w, g, lr)

    assert judged(starts, seconds=10).passed
    next_check_is_as_if_nothing_had_been()
    end.set()


def state():
    return (random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist(),  # noqa: NPY002
            torch.get_default_dtype(), np.geterr(), os.getcwd(), list(warnings.filters), sys.stdout, sys.stdin,
            sys.getrecursionlimit(), torch.is_grad_enabled(), warnings.showwarning)


def changes_everything(w, g, lr):
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002
    torch.manual_seed(3)
    torch.set_default_dtype(torch.float16)
    torch.set_grad_enabled(False)
    np.seterr(all="raise")
    os.chdir(os.path.dirname(os.getcwd()))
    warnings.simplefilter("error")
    warnings.showwarning = print
    sys.setrecursionlimit(5000)
    return right(w, g, lr)


@pytest.mark.parametrize("end, passed", [(lambda: None, True), (sys.exit, False), (lambda: goes_on(0, 0, 0), False)])
def test_what_an_attempt_sets_is_set_back(end, passed):
    before = state()

    def attempt(w, g, lr):
        answer = changes_everything(w, g, lr)
        end()
        return answer

    assert judged(attempt, seconds=2).passed == passed
    assert state() == before
    next_check_is_as_if_nothing_had_been()


@pytest.mark.parametrize("end", [lambda: None, sys.exit, lambda: goes_on(0, 0, 0)])
def test_a_function_of_numpy_that_was_exchanged_is_put_back(end):
    exercise, before = EXERCISES["critical-rate"], (np.linalg.eigvalsh, np.mean, round, set(vars(np)))

    def exchanges(hessian):
        np.linalg.eigvalsh = np.mean = builtins.round = lambda *arguments, **more: np.ones(2)
        np.of_my_own = 3
        end()
        return 2.0

    assert not judge(exercise, exchanges, 0.3).passed
    assert (np.linalg.eigvalsh, np.mean, round, set(vars(np))) == before
    assert judge(exercise, exercise.reference).passed


def test_a_megabyte_of_print_is_shown_in_part(capsys):
    def prints(w, g, lr):
        print("text " * 200_000)
        return right(w, g, lr)

    assert judged(prints, seconds=10).passed
    shown = capsys.readouterr().out
    assert PRINTED <= len(shown) < PRINTED + 100 and "more was printed" in shown
    print("all of it")
    assert capsys.readouterr().out == "all of it\n"


def test_interrupting_by_hand_ends_the_attempt_and_is_passed_on():
    threads, seen = _thread._count(), []

    def loops(w, g, lr):
        seen.append(threading.current_thread() is threading.main_thread())
        threading.Timer(0.2, _thread.interrupt_main).start()
        goes_on(w, g, lr)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    try:
        with pytest.raises(KeyboardInterrupt):
            judged(loops, seconds=60)
    finally:
        signal.signal(signal.SIGINT, before)
    time.sleep(0.5)
    assert seen == [False] and _thread._count() <= threads
    next_check_is_as_if_nothing_had_been()


def busy_until(end):
    while time.monotonic() < end:
        pass
    return 7


def test_the_exception_never_arrives_after_the_end():
    """Ends that fall together with the limit, many times over."""
    for i in range(25):
        try:
            assert run_limited(partial(busy_until, time.monotonic() + 0.03 + i * 0.002), 0.04, 500) == 7
        except Exceeded as exceeded:
            assert exceeded.limit == "seconds" and exceeded.ended
        for _ in range(1000):
            pass


def test_a_thread_waits_at_its_end_until_nobody_raises_in_it_any_more():
    job = _Job(lambda: 3)
    thread = threading.Thread(target=job.work)
    thread.start()
    assert job.done.acquire(timeout=10) and not job.running
    thread.join(0.2)
    assert thread.is_alive()
    job.free = True
    job.gate.release()
    thread.join(10)
    assert not thread.is_alive() and job.value == 3


def test_a_thread_that_was_left_behind_waits_for_nobody():
    job = _Job(lambda: 3)
    job.free = True
    thread = threading.Thread(target=job.work, daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()


def test_nothing_more_is_raised_where_an_exception_came_at_the_very_end():
    job, late = _Job(lambda: 3), [Stopped()]

    def park():
        if late:
            raise late.pop()
    job._park = park
    job.work()
    assert not late and not job.running
    job.ask(insist=False)


def test_code_is_asked_politely_first():
    kinds = []

    def stubborn():
        while True:
            try:
                while True:
                    pass
            except Stopped as error:
                kinds.append(type(error))
    with pytest.raises(Exceeded):
        run_limited(stubborn, 0.1, 500)
    assert kinds[:POLITE] == [Stopped] * POLITE


def test_what_the_function_raises_comes_through():
    with pytest.raises(ZeroDivisionError):
        run_limited(lambda: 1 / 0, 5, 500)


@pytest.mark.parametrize("passed, computed, counts", [
    (0.05, 0.05, 0.05), (0.05, 0.0001, 0.05),  # computes; waits
    (0.2, 0.04, 0.04), (0.05, 0.09, 0.05),  # shares the processor with others; computes in two threads
    (3600.0, 0.0, 0.2),  # the laptop slept
    (0.5, 0.05, 0.05), (0.5, 0.04, 0.2),  # at a tenth, and below: waits
])
def test_time_in_which_others_have_the_processor_does_not_count(passed, computed, counts):
    assert _counted(passed, computed) == counts


def test_a_million_numbers_are_looked_through_within_the_limit():
    result = judged(lambda w, g, lr: list(range(10**6)), seconds=10)
    assert "seconds" not in result.message and "(0, 1, 2" in result.message


def test_what_tidies_up_comes_to_its_end():
    seen = []

    def tidies(w, g, lr):
        try:
            goes_on(w, g, lr)
        finally:
            for i in range(5):
                seen.append(i)

    assert not judged(tidies).passed
    assert seen == list(range(5))


def test_exit_in_a_notebook_is_that_of_the_attempt_and_the_kernels_again_afterwards(monkeypatch):
    shell = SimpleNamespace(ask_exit=lambda: None)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    kernels = shell.ask_exit
    with as_before():
        assert shell.ask_exit is sys.exit
    assert shell.ask_exit is kernels
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    with as_before():
        pass
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace())
    with as_before():
        pass


def test_what_else_a_stream_can_do_it_can_do_within(capsys):
    encoding, names = sys.stdout.encoding, vars(np)
    mean, number = np.mean, len(names)
    with as_before():
        assert sys.stdout.encoding == encoding
        np.mean, np.of_my_own = np.sum, 3
    assert np.mean is mean and len(names) == number


# A job, part by part

watched_lines = pytest.mark.skipif(not hasattr(sys, "monitoring"), reason="lines are watched from Python 3.12 on")
ONCE_MORE = SystemExit.__init__  # of an exception that brings no other one


@pytest.fixture
def raised(monkeypatch):
    """The exceptions that would be raised in threads."""
    kinds = []
    monkeypatch.setattr(limits, "_raise_in", lambda ident, kind: kinds.append(kind))
    return kinds


def job(running=True, ident=-1, watched=True):
    made = _Job(None)
    made.running, made.ident, made._at_every_line = running, ident, lambda: watched
    return made


@pytest.mark.parametrize("running, ident", [(False, -1), (True, None), (False, None)])
@pytest.mark.parametrize("insist", [False, True])
def test_nothing_is_raised_before_the_beginning_or_after_the_end(running, ident, insist, raised):
    job(running, ident, False).ask(insist)
    assert not raised


@pytest.mark.parametrize("insist, watched, follows", [
    (False, True, False), (False, False, False), (True, True, False), (True, False, True)])
def test_an_exception_follows_itself_where_lines_cannot_be_watched(insist, watched, follows, raised):
    asked = job(watched=watched)
    asked.ask(insist)
    assert raised == [asked.insistent if follows else Stopped]
    assert (asked.insistent.__init__ is not ONCE_MORE) is follows
    if follows:
        asked.insistent()
        assert raised[1:] == [asked.insistent]


def test_a_job_that_ends_meanwhile_is_let_go(raised):
    states = iter([True, False, False])
    ending = type("Ending", (_Job,), {"running": property(lambda self: next(states), lambda self, value: None)})(None)
    ending.ident, ending._at_every_line = -1, lambda: False
    ending.ask(insist=True)
    assert not raised and ending.insistent.__init__ is ONCE_MORE


@pytest.mark.parametrize("free", [False, True])
def test_a_thread_cleans_up_after_itself_if_nobody_waits_for_it(free):
    calls, made = [], _Job(lambda: 3)
    made.calm, made.free = lambda: calls.append(made.running), free
    made.gate.release()
    made.work()
    assert calls == [False] * free
    made.free = True
    made._park()  # as when an exception came while it parked
    assert not made.done.locked()


def test_where_lines_cannot_be_watched_they_are_not(monkeypatch):
    monkeypatch.setattr(limits, "sys", SimpleNamespace())
    assert not _Job(None)._at_every_line()


@watched_lines
def test_a_tool_that_somebody_else_uses_is_left_to_them():
    assert TOOL not in {sys.monitoring.DEBUGGER_ID, sys.monitoring.COVERAGE_ID, sys.monitoring.PROFILER_ID,
                        sys.monitoring.OPTIMIZER_ID}
    sys.monitoring.use_tool_id(TOOL, "another")
    try:
        assert not _Job(None)._at_every_line() and sys.monitoring.get_tool(TOOL) == "another"
    finally:
        sys.monitoring.free_tool_id(TOOL)


@watched_lines
def test_lines_of_a_job_that_has_ended_are_watched_no_longer():
    jobs = [_Job(None), _Job(None)]
    for one, ident in zip(jobs, (-1, -2), strict=True):
        one.ident = ident
        assert one._at_every_line()
    code = busy_until.__code__
    sys.monitoring.set_local_events(TOOL, code, sys.monitoring.events.LINE)
    jobs[0].codes.add(code)
    jobs[0].calm()
    assert sys.monitoring.get_local_events(TOOL, code) == 0
    jobs[1].calm()


def clocked(monkeypatch, looks=1000, imports=False, grown=0.0):
    """A job that does not end within so many looks, each a second after the last, with a quarter of it computed."""
    made, clock, seen = _Job(None), SimpleNamespace(now=500.0, used=100.0, looks=0), []

    def acquire(timeout):
        clock.now, clock.used, clock.looks = clock.now + 1, clock.used + 0.25, clock.looks + 1
        return clock.looks > looks

    made.asked = []
    made.done, made._imports, made._stack = SimpleNamespace(acquire=acquire), lambda: imports, lambda: []
    made.ask = lambda insist: made.asked.append((clock.looks, insist))
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: clock.now, process_time=lambda: clock.used))
    monkeypatch.setattr(limits, "_megabytes", lambda: 20.0 + (grown if clock.looks else 0))
    return made, lambda: seen.append(clock.looks) or len(seen)


@pytest.mark.parametrize("imports, grown, looks, limit", [
    (False, 0, 6, "seconds"), (False, 500, 6, "seconds"), (False, 501, 1, "megabytes"), (True, 0, 51, "seconds")])
def test_past_a_limit_and_not_at_it_a_job_is_asked_to_stop(imports, grown, looks, limit, monkeypatch):
    made, look = clocked(monkeypatch, looks + 2, imports, grown)
    exceeded = made.watch(1.25, 500, look)
    assert (exceeded.limit, exceeded.seen, exceeded.ended) == (limit, 1, True)
    assert [at for at, _ in made.asked] == [looks, looks + 1, looks + 2]


def test_a_job_is_asked_five_times_before_one_insists_and_then_left_behind(monkeypatch):
    made, look = clocked(monkeypatch)
    exceeded = made.watch(1.25, 500, look)
    assert [insist for _, insist in made.asked] == [False] * 5 + [True] * 96
    assert not exceeded.ended and exceeded.seen == 1


@pytest.mark.parametrize("ends", [3, 1000])
def test_after_an_interruption_one_insists_for_a_second(ends, monkeypatch):
    made, _ = clocked(monkeypatch, ends - 1)
    made.stop()
    assert [insist for _, insist in made.asked] == [True] * min(ends, 20)


def test_where_a_thread_is_can_be_seen():
    made = _Job(None)
    made.ident = _thread.get_ident()
    assert sys._getframe().f_code in [frame.f_code for frame in made._frames()] and made._imports() is False

    def down(n):
        return down(n - 1) if n else made._stack()

    assert len(down(200)) == 100
    made.ident = -1
    assert made._stack() == [] and list(made._frames()) == []
    made._frames = lambda: [SimpleNamespace(f_code=SimpleNamespace(co_filename="<frozen importlib._bootstrap>"))]
    assert made._imports() is True


def test_threads_for_attempts_have_room_for_deep_recursion(monkeypatch):
    sizes, start = [], _thread.start_new_thread
    monkeypatch.setattr(_thread, "start_new_thread", lambda *work: sizes.append(_thread.stack_size()) or start(*work))
    assert run_limited(lambda: 3, 10, 500) == 3
    assert all(100e6 < size < 200e6 for size in sizes) and len(sizes) == 1


def test_memory_is_counted_in_millions_of_bytes_and_where_it_is_unknown_there_is_no_limit(monkeypatch):
    assert _megabytes() == pytest.approx(psutil.Process().memory_info().rss / 1e6, rel=0.1)
    monkeypatch.setattr(limits, "_process", lambda: None)
    assert _megabytes() == 0.0


def test_a_module_that_is_imported_within_another_stays():
    module = ModuleType("imported_meanwhile")
    try:
        with names_as_before():
            np.imported_meanwhile = module
        assert np.imported_meanwhile is module
    finally:
        del np.imported_meanwhile


def test_torch_may_be_absent_half_imported_or_imported_within(monkeypatch):
    monkeypatch.delitem(sys.modules, "torch")
    with as_before():
        pass
    with as_before():
        sys.modules["torch"] = ModuleType("torch")
    kinds = []
    with as_before():
        sys.modules["torch"] = SimpleNamespace(set_default_dtype=kinds.append, float32="single")
    assert kinds == ["single"]
    sys.modules["torch"] = SimpleNamespace(
        set_default_dtype=kinds.append, float32="single", get_default_dtype=lambda: "double",
        random=SimpleNamespace(get_rng_state=lambda: 5, set_rng_state=kinds.append))
    with as_before():
        pass
    assert kinds == ["single", "double", 5]


@pytest.mark.parametrize("printed, shown", [
    (["ab", "c"], "abc"), (["ab", "cd"], "abc… (more was printed than is shown)\n"), (["abc", "d", "e"], "abc")])
def test_so_many_characters_are_shown(printed, shown, capsys):
    with as_before(3):
        assert [sys.stdout.write(text) for text in printed] == list(map(len, printed))
    assert capsys.readouterr().out == shown
    with as_before(0):
        print("nothing")
    assert capsys.readouterr().out == ""


def test_ten_thousand_characters_are_shown_of_each_attempt(capsys):
    with as_before():
        print("x" * 10_001, end="")
    assert capsys.readouterr().out.startswith("x" * 10_000 + "…")
    with as_before():
        print("x" * 10_000, end="")
    assert capsys.readouterr().out == "x" * 10_000


def test_that_more_was_printed_is_said_once_and_only_then(capsys):
    with as_before(10):
        print("abc")
    assert capsys.readouterr().out == "abc\n"
    with as_before(10):
        for _ in range(5):
            print("abc")
    assert capsys.readouterr().out == "abc\nabc\nab… (more was printed than is shown)\n"


def test_an_exception_that_is_caught_brings_the_next_one_where_lines_cannot_be_watched(monkeypatch):
    monkeypatch.setattr(_Job, "_at_every_line", lambda job: False)
    begun, over = threading.Event(), []

    def catches():
        try:
            begun.set()
            while not over:
                pass
        except Stopped:
            while not over:
                pass

    job = _Job(catches)
    thread = threading.Thread(target=job.work)
    thread.start()
    assert begun.wait(30)
    job.ask(insist=True)
    ended = job.done.acquire(timeout=5)
    over.append(True)
    job.free = True
    job.gate.release()
    thread.join(30)
    assert ended


def test_without_threads_there_are_no_limits(monkeypatch):
    def refuses(*arguments):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(_thread, "start_new_thread", refuses)
    before = sys.getrecursionlimit()
    assert run_limited(lambda: 7, 10, 500) == 7
    assert sys.getrecursionlimit() == before


@pytest.mark.parametrize("running, stops", [(None, False), (False, False), (True, True)])
def test_only_a_thread_that_is_to_be_stopped_is_stopped_at_a_line(running, stops, monkeypatch):
    mine = {} if running is None else {_thread.get_ident(): SimpleNamespace(running=running)}
    monkeypatch.setattr(limits, "_stubborn", mine)
    try:
        limits._stop_here(None, 1)
        stopped = False
    except Stopped:
        stopped = True
    assert stopped is stops


@watched_lines
def test_lines_are_watched_until_the_last_job_has_ended():
    one, other = _Job(None), _Job(None)
    one.ident, other.ident = -1, -2  # no threads
    assert one._at_every_line() and other._at_every_line()
    one.calm()
    assert sys.monitoring.get_tool(TOOL) is not None
    other.calm()
    assert sys.monitoring.get_tool(TOOL) is None


def test_a_call_that_was_left_behind_leaves_nothing_when_it_ends(monkeypatch):
    monkeypatch.setattr(limits, "POLITE", 0)
    monkeypatch.setattr(limits, "PATIENCE", 2)
    held, threads, stubborn = _thread.allocate_lock(), _thread._count(), set(limits._stubborn)
    held.acquire()
    with pytest.raises(Exceeded) as caught:
        run_limited(held.acquire, 0.1, 500)
    assert not caught.value.ended
    held.release()
    until = time.monotonic() + 30
    while _thread._count() > threads and time.monotonic() < until:
        time.sleep(0.02)
    assert _thread._count() <= threads and limits._stubborn.keys() <= stubborn
