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
from course_utils import data, torch_names, training

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
    """What comes after `pip install` in the fix of a check, without what is named only so that it stays."""
    assert "In the folder" in check.fix
    return re.sub(r' "(torch|numpy)==[^"]+"(?= |$)', "", check.fix.split(" -m pip install ")[1])


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


def test_a_torch_and_a_numpy_that_fit_are_named_in_the_line_so_that_they_stay(monkeypatch, tmp_path):
    list_of(tmp_path, monkeypatch, "torch==2.13.0", "numpy>=1", "no-such-package-here>=1")
    with_torch(monkeypatch, "2.11.0+cu130")
    monkeypatch.setattr(readiness, "lacking", lambda: {})
    bad = failure(readiness.packages)
    assert bad.fix.endswith(f'install "no-such-package-here>=1" "torch==2.11.0+cu130" "numpy=={np.__version__}"')
    list_of(tmp_path, monkeypatch, "numpy>=99")
    assert failure(readiness.packages).fix.endswith('install "numpy>=99" "torch==2.11.0+cu130"')


def with_torch(monkeypatch, number):
    there = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: number if name == "torch" else there(name))


@pytest.mark.parametrize("number", ["2.11.0+cu130", "2.14.1", "3.0"])
def test_another_torch_is_accepted_and_left_alone_and_the_reader_knows(monkeypatch, tmp_path, number):
    list_of(tmp_path, monkeypatch, "torch==2.13.0", "no-such-package-here>=1")
    with_torch(monkeypatch, number)
    monkeypatch.setattr(readiness, "lacking", lambda: {})
    first, others = readiness.packages()
    assert first.ok and " ".join(first.found.split()) == (
        f"torch {number}: not the version that was measured with (2.13.0); figures may differ in their last digits")
    assert pip_line(others) == '"no-such-package-here>=1"' and not others.ok


def test_a_torch_that_lacks_what_the_package_asks_for_is_not_replaced_but_left_for_another_environment(monkeypatch):
    with_torch(monkeypatch, "2.4.0")
    monkeypatch.setattr(readiness, "lacking", lambda: {"torch.nn.utils.get_total_norm": ["plain.py", "12_x.ipynb"]})
    bad = failure(lambda: readiness.torch("torch==2.13.0"))
    assert bad.found == "torch 2.4.0 lacks torch.nn.utils.get_total_norm (plain.py)"
    assert "make lab" in bad.fix and "pip" not in bad.fix


def test_what_one_notebook_asks_of_torch_is_named_and_no_failure(monkeypatch):
    with_torch(monkeypatch, "2.8.0")
    monkeypatch.setattr(readiness, "lacking", lambda: {"torch.optim.Muon": ["15_beyond_adam.ipynb"]})
    well = readiness.torch("torch==2.13.0")
    assert well.ok and well.found.endswith("; it lacks torch.optim.Muon (15_beyond_adam.ipynb)")


def test_the_names_that_are_asked_of_torch_are_read_from_the_code(monkeypatch):
    import torch

    assert torch_names.lacking() == {}
    monkeypatch.delattr(torch.optim, "Muon")
    monkeypatch.delattr(torch.nn.utils, "get_total_norm")
    assert torch_names.lacking() == {"torch.nn.utils.get_total_norm": ["plain.py"],
                                     "torch.optim.Muon": ["15_beyond_adam.ipynb"]}


def test_names_of_torch_are_found_under_any_alias(tmp_path):
    code = tmp_path / "code.py"
    code.write_text("import torch\nimport torch.nn.functional as F\nfrom torch import nn as net\n"
                    "from torch.func import vmap\nimport numpy as np\nnp.abs(torch.tensor(1).item())\n"
                    "F.relu(net.Linear(1, 1).weight)\nx.torch.absent\n")
    assert torch_names._names_of_torch(code) == {
        "torch", "torch.tensor", "torch.nn.functional", "torch.nn.functional.relu", "torch.nn", "torch.nn.Linear",
        "torch.func.vmap"}


def test_without_torch_its_own_line_adds_it(monkeypatch, tmp_path):
    list_of(tmp_path, monkeypatch, "torch==2.13.0", "numpy>=99")
    monkeypatch.setattr(readiness, "absent", lambda entry: entry.startswith("torch"))
    bad, others = readiness.packages()
    assert bad.found == "torch is not installed" and pip_line(bad) == '"torch==2.13.0"'
    assert pip_line(others) == '"numpy>=99"'


def test_what_only_the_tests_need_is_no_failure(monkeypatch, tmp_path):
    list_of(tmp_path, monkeypatch, "pytest>=1", "# To test them", "no-such-package-here>=1", "another-one>=2")
    well, unneeded = readiness.packages()
    assert well.ok and unneeded.ok and "no-such-package-here>=1, another-one>=2: only make lab" in unneeded.found


@pytest.mark.parametrize("elsewhere", [True, False])
def test_jupyterlab_is_needed_only_where_nothing_else_opens_notebooks(monkeypatch, tmp_path, elsewhere):
    list_of(tmp_path, monkeypatch, "jupyterlab>=4")
    monkeypatch.setattr(readiness, "absent", lambda entry: not (elsewhere and entry == "notebook"))
    (result,) = readiness.packages()
    assert result.ok == elsewhere and "jupyterlab" in result.found


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
    assert "cannot import course_utils" in bad.found and "pip install --no-deps -e ." in bad.fix


def test_a_kernel_that_does_not_start_is_a_failure_not_a_crash(monkeypatch):
    import jupyter_client.manager

    def start(**options):
        raise RuntimeError("Kernel died before replying to kernel_info")

    monkeypatch.setattr(jupyter_client.manager, "start_new_kernel", start)
    bad = failure(readiness.kernel)
    assert "Kernel died" in bad.found and bad.fix == readiness._anew()


def test_only_an_environment_of_the_course_is_set_up_anew(monkeypatch, tmp_path):
    (tmp_path / "requirements.txt").touch()
    monkeypatch.setattr(readiness, "ROOT", tmp_path)
    assert "make lab" in readiness._anew()
    monkeypatch.setattr(readiness, "sys", SimpleNamespace(prefix=str(tmp_path / ".venv"), executable="python"))
    assert readiness._anew().endswith("-m pip install --force-reinstall -r requirements.txt")


@pytest.mark.parametrize("losses", [(1.0, 1.2), (1.0, float("nan"))])
def test_a_training_that_does_not_learn_is_a_failure(monkeypatch, losses):
    monkeypatch.setattr(training, "train", lambda *a, **k: SimpleNamespace(history={"train_loss": losses}))
    bad = failure(readiness.training)
    assert bad.fix == readiness._anew()


def test_a_training_unlike_torchs_own_loop_is_a_failure(monkeypatch):
    own = training.plain_loop
    monkeypatch.setattr(training, "plain_loop", lambda *a, **k: own(*a, **k) + 2 * readiness.AGREE)
    bad = failure(readiness.training)
    assert "0.0002 off" in bad.found and bad.fix == readiness._anew()


@pytest.mark.parametrize("stack", ["vmap", ""])
def test_another_torch_that_makes_no_stacks_is_slower_and_says_so(monkeypatch, stack):
    from course_utils.engine import compare

    with_torch(monkeypatch, "2.11.0")
    monkeypatch.setattr(compare, "way_of", lambda *a: SimpleNamespace(stack=stack))
    result = readiness.training()
    assert result.ok and ("one by one" in result.found) == (not stack)


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
    assert "torch is not installed" in done.stdout and ' -m pip install "torch==' in done.stdout
    assert re.search(r"numpy, [\w\s,-]+, packaging are not\s+installed\n", done.stdout)
    assert re.search(r' -m pip install "numpy>=[^\n]* "packaging>=[\d.]+"(?: -e \.)?\n', done.stdout)


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
