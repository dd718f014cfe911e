"""The benchmarks measure what they say: limits hold, failures are counted, the class on a hub reports what it met."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import control_group
import hub
import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook

import notebooks

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = ROOT / "docs/instructors/jupyterhub/course_hub.py"


def can_limit():
    try:
        with control_group.ControlGroup(1e9):
            return True
    except OSError:
        return False


limited = pytest.mark.skipif(not can_limit(), reason="no control group can be made here: it takes Linux and root")


@limited
def test_a_group_kills_what_takes_more_memory_and_spares_what_takes_less():
    for size, dies in ((20, False), (300, True)):
        with control_group.ControlGroup(100e6) as group:
            process = group.start([sys.executable, "-c", f"x = b'1' * {size} * 10**6"])
            assert bool(process.wait()) == dies and bool(group.kills) == dies


@limited
def test_a_group_leaves_nothing_behind():
    with control_group.ControlGroup(1e9) as group:
        assert group.path.exists()
    assert not group.path.exists()


def test_without_the_right_to_make_a_group_the_reason_is_told(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(control_group, "ROOT", tmp_path / "nowhere")
    assert notebooks.enforceable(1e9) is None
    assert "watched, not limited" in capsys.readouterr().out


def stored(tmp_path, *sources):
    path = tmp_path / "some.ipynb"
    cells = [new_code_cell(source, id=f"cell-{k}") for k, source in enumerate(sources)]
    nbformat.write(new_notebook(cells=cells), path)
    return path


def test_a_notebook_is_measured(tmp_path, capsys):
    path = stored(tmp_path, "x = 1", "import time; time.sleep(5)\nblock = b'1' * 10**8")
    assert notebooks.main([path]) == 0
    name, seconds, busy, megabytes, yardstick, cell = capsys.readouterr().out.splitlines()[2].split()[:6]
    assert cell == "cell-1" and float(yardstick) > 0 and 50 < float(megabytes) < 999
    assert 5 < float(seconds) and float(busy) < float(seconds) + 5


def test_a_failing_cell_is_named(tmp_path, capsys):
    assert notebooks.main([stored(tmp_path, "x = 1", "1 / 0")]) == 1
    assert "FAIL cell-1: ZeroDivisionError" in capsys.readouterr().out


@limited
def test_a_notebook_beyond_the_limit_is_killed_and_said_so(tmp_path, capsys):
    path = stored(tmp_path, "x = 1", "block = b'1' * 10**9")
    assert notebooks.main([path], cpus=1, memory=400e6) == 1
    assert "FAIL cell-1: the kernel died, killed for its memory" in capsys.readouterr().out


@pytest.mark.parametrize("text, bytes", [("1G", 1e9), ("900M", 9e8), ("1.5G", 1.5e9)])
def test_limits_are_read(text, bytes):
    assert notebooks.parse(["--memory", text]).memory == bytes


@pytest.mark.parametrize("text", ["1", "G", "-1G", "1T"])
def test_a_limit_that_cannot_be_meant_is_refused(text, capsys):
    with pytest.raises(SystemExit):
        notebooks.parse([f"--memory={text}"])
    assert "1G or 900M" in capsys.readouterr().err


def records():
    alone = hub.Record("alone", 3.0, 0.1, 1.0, {"a": 0.1, "b": 5.0}, replies=[0.01], resident=500, own=400)
    fine = hub.Record("one", 4.0, 0.2, 2.0, {"a": 0.2, "b": 9.0}, replies=[0.02, 0.3], resident=510, own=380)
    failed = hub.Record("two", 5.0, failures=["TimeoutError: "])
    return alone, fine, failed


def test_the_report_of_a_class_counts_failures(capsys):
    alone, fine, failed = records()
    assert hub.report(alone, [fine, failed], 60.0, Path("x.ipynb")) == 1
    text = capsys.readouterr().out
    assert "servers started: 2 of 2, after 0 refusals; finished without failure: 1; cells run: 2 of 4" in text
    assert "failures: 1\n" in text
    assert "| server started | 4.50 s | 4.95 s | 5.00 s |" in text and "two: TimeoutError" in text
    assert "| light cells (1 a notebook) | 0.20 s" in text


def test_a_class_without_failures_exits_with_0(capsys):
    alone, fine, _ = records()
    assert hub.report(alone, [fine, fine], 60.0, Path("x.ipynb")) == 0


def test_a_class_in_which_nobody_got_a_server_is_reported(capsys):
    assert hub.report(records()[0], [hub.Record("x", failures=["no"])], 60.0, Path("x.ipynb")) == 1
    assert "| server started | – |" in capsys.readouterr().out


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_the_memory_of_a_process_and_its_children_is_seen():
    child = "y = b'1' * 10**8; input()"
    code = f"x = b'1' * 10**8; import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)
    try:
        seen = 0.0
        for _ in range(200):
            if (seen := hub.memory_of(process.pid)[1]) > 190:
                break
            hub.time.sleep(0.05)
        assert 190 < seen < 400
    finally:
        process.communicate(b"\n")


def test_the_settings_of_the_hub_cap_threads_and_memory():
    loader = pytest.importorskip("traitlets.config.loader")
    settings = loader.PyFileConfigLoader(SETTINGS.name, path=str(SETTINGS.parent)).load_config()
    environment = settings.Spawner.environment.to_dict()["update"]
    assert environment["OMP_NUM_THREADS"] == "1" and environment["COURSE_SOLUTIONS"] == "on"
    assert settings.Spawner.default_url == "/lab"
    assert np.isclose(float(settings.Spawner.mem_limit.removesuffix("G")), 1.5)


def test_a_learner_whom_a_busy_hub_refuses_waits_as_long_as_it_says_and_asks_again(monkeypatch):
    learner, waited = object.__new__(hub.Learner), []
    learner.record, learner.hub = hub.Record("late"), "http://127.0.0.1:1"
    answers = [None, hub.HTTPClientError(429, response=SimpleNamespace(headers={"Retry-After": "7"})), None,
               {"servers": {"": {"ready": True, "state": {"pid": 42}}}}]

    async def ask(*arguments, **options):
        if isinstance(answer := answers.pop(0), Exception):
            raise answer
        return answer

    async def sleep(seconds):
        waited.append(seconds)

    learner.ask = ask
    monkeypatch.setattr(hub.asyncio, "sleep", sleep)
    assert hub.asyncio.run(learner.start_server()) == 42
    assert waited == [7.0] and learner.record.refused == 1 and answers == []


def test_a_hub_that_ends_at_once_is_not_waited_for():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    with pytest.raises(RuntimeError, match="has ended"):
        hub.wait_until_it_answers(process, "http://127.0.0.1:1/")
