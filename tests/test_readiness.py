"""Every check of `python -m course_utils` can fail, and then says what to type."""

import io
import re
import subprocess
import sys
from collections import namedtuple
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from course_utils import __main__ as readiness
from course_utils import data, training

ROOT = Path(__file__).resolve().parent.parent
ENTRIES = re.findall(r"^[\w-]+[>=]=[^\s#]+", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.M)


@pytest.mark.parametrize("check", readiness.CHECKS, ids=lambda check: check.__name__)
def test_every_check_passes_where_the_tests_run(check):
    results = readiness._run(check)
    assert results
    assert all(result.ok for result in results), "\n".join(map(str, results))


def failure(check):
    """The one failing result of a check."""
    (bad,) = [result for result in readiness._run(check) if not result.ok]
    assert str(bad).startswith("FAIL") and bad.fix in str(bad)
    return bad


def test_an_old_python_is_named_with_the_way_to_a_new_one(monkeypatch):
    version = namedtuple("version", "major minor micro")(3, 10, 2)
    monkeypatch.setattr(readiness, "sys", SimpleNamespace(version_info=version, version="3.10.2 (x)", executable="py"))
    bad = failure(readiness.python)
    assert "3.10.2" in bad.found and "make lab" in bad.fix


def list_of(tmp_path, monkeypatch, *lines):
    (tmp_path / "requirements.txt").write_text("# a list\n\n" + "\n".join(lines) + "\n-e .\n", encoding="utf-8")
    monkeypatch.setattr(readiness, "ROOT", tmp_path)


def pip_line(check):
    """What comes after `pip install` in the fix of a check."""
    assert "In the folder" in check.fix
    return check.fix.split(" -m pip install ")[1]


@pytest.mark.parametrize("line, found", [
    ("no-such-package-here>=1", "no-such-package-here is not installed"),
    ("numpy>=99", ">=99 is needed"),
    ("numpy<1,>=0.1", "<1,>=0.1 is needed"),
])
def test_a_package_missing_or_of_another_version_is_named_with_the_pip_line(monkeypatch, tmp_path, line, found):
    list_of(tmp_path, monkeypatch, "pytest>=1", f"{line}  # a reason")
    bad = failure(readiness.packages)
    assert found in bad.found and pip_line(bad) == f'"{line}"' and str(tmp_path) in bad.fix


def test_all_that_is_missing_stands_in_one_line_which_leaves_torch_alone(monkeypatch, tmp_path):
    list_of(tmp_path, monkeypatch, "torch>=1", "no-such-package-here>=1", "numpy>=99,<100", "pytest>=1")
    bad = failure(readiness.packages)
    assert bad.found == f"no-such-package-here is not installed; numpy {np.__version__}, but >=99,<100 is needed"
    assert pip_line(bad) == '"no-such-package-here>=1" "numpy>=99,<100"'


def test_another_torch_has_a_line_of_its_own(monkeypatch, tmp_path):
    list_of(tmp_path, monkeypatch, "torch==0.1", "numpy>=99")
    torch, others = [result for result in readiness.packages() if not result.ok]
    assert "torch " in torch.found and pip_line(torch) == '"torch==0.1"' and pip_line(others) == '"numpy>=99"'


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_version_from_the_bound_upwards_is_accepted_and_none_below(monkeypatch, entry):
    name, bound = re.match(r"([\w-]+)[>=]=([\d.]+)", entry).groups()
    below = re.sub(r"(\d+)((?:\.0)*)$", lambda last: f"{int(last[1]) - 1}.999", bound)
    for version, fits in ((bound, True), (f"{bound}.post1", ">=" in entry), (below, False)):
        monkeypatch.setattr(metadata, "version", lambda asked, version=version: version)
        ok, words = readiness._installed(entry)
        assert ok == fits and f"{name} {version}" in words


def test_too_little_memory_says_what_to_close(monkeypatch):
    import psutil

    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=0.4e9))
    bad = failure(readiness.memory)
    assert bad.found == "0.4 GB free" and "Close other programs" in bad.fix


def test_a_damaged_data_file_is_named_with_the_line_that_restores_it(monkeypatch):
    monkeypatch.setattr(data, "verify", lambda: ["digits.csv.gz"])
    bad = failure(readiness.data_files)
    assert "digits.csv.gz" in bad.found and "git checkout -- data/digits.csv.gz" in bad.fix


def fake_kernel(monkeypatch, **expressions):
    import jupyter_client.manager

    reply = {"content": {"user_expressions": expressions}}
    client = SimpleNamespace(execute=lambda *a, **k: reply, stop_channels=lambda: None)
    manager = SimpleNamespace(shutdown_kernel=lambda now: None)
    monkeypatch.setattr(jupyter_client.manager, "start_new_kernel", lambda **options: (manager, client))


def value(text):
    return {"status": "ok", "data": {"text/plain": repr(text)}}


def test_a_kernel_of_another_environment_is_told_apart(monkeypatch):
    fake_kernel(monkeypatch, prefix=value("/somewhere/else"), course=value("/x/course_utils/__init__.py"))
    bad = failure(readiness.kernel)
    assert "/somewhere/else" in bad.found and "make lab" in bad.fix


def test_a_kernel_without_the_course_is_told_apart(monkeypatch):
    fake_kernel(monkeypatch, prefix=value(sys.prefix), course={"status": "error"})
    bad = failure(readiness.kernel)
    assert "cannot import course_utils" in bad.found and "pip install -e ." in bad.fix


def test_a_kernel_that_does_not_start_is_a_failure_not_a_crash(monkeypatch):
    import jupyter_client.manager

    def start(**options):
        raise RuntimeError("Kernel died before replying to kernel_info")

    monkeypatch.setattr(jupyter_client.manager, "start_new_kernel", start)
    bad = failure(readiness.kernel)
    assert "Kernel died" in bad.found and "pip install" in bad.fix


@pytest.mark.parametrize("losses", [(1.0, 1.2), (1.0, float("nan"))])
def test_a_training_that_does_not_learn_is_a_failure(monkeypatch, losses):
    monkeypatch.setattr(training, "train", lambda *a, **k: SimpleNamespace(history={"train_loss": losses}))
    bad = failure(readiness.training)
    assert "--force-reinstall" in bad.fix


def test_the_exit_status_tells_whether_all_is_well(monkeypatch, capsys):
    good = lambda: readiness.Check("good", True, "fine", "not shown")
    bad = lambda: readiness.Check("bad", False, "broken", "type: mend")
    monkeypatch.setattr(readiness, "CHECKS", (good,))
    assert readiness.main() == 0
    assert "Ready." in (text := capsys.readouterr().out) and "not shown" not in text
    monkeypatch.setattr(readiness, "CHECKS", (bad, good))
    assert readiness.main() == 1
    text = capsys.readouterr().out
    assert "FAIL  bad" in text and "-> type: mend" in text and "ok    good" in text and "Ready" not in text


def test_it_reports_with_nothing_but_the_standard_library():
    # -S leaves out site-packages; the course itself is found because the folder is the current one
    done = subprocess.run([sys.executable, "-S", "-m", "course_utils"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "No module named 'packaging'" in done.stdout and "pip install -r requirements.txt" in done.stdout


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_the_report_writes_in_any_encoding(monkeypatch, encoding):
    written = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict")
    monkeypatch.setattr(readiness, "CHECKS", (lambda: readiness.Check("kernel", False, "C:\\Users\\Zoë\\Übung ■ \udcff",
                                                                      "type: …"),))
    monkeypatch.setattr(sys, "stdout", written)
    assert readiness.main() == 1
    written.flush()
    text = written.buffer.getvalue().decode(encoding)
    assert "FAIL  kernel" in text and "1 to repair" in text and ("Übung" in text) == (encoding != "ascii")
