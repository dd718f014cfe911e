"""A folder of finished chunks never gives what another call would have computed, and says what it cannot know."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import course_utils.engine.chunks
from course_utils.data import make_blobs
from course_utils.engine.store import Store, _flat, _joined
from course_utils.models import mlp
from course_utils.optimizers import sgd
from course_utils.sweep import sweep

DATA = make_blobs()
WIDTH = 8


class Settings:
    activation = "tanh"


def start(module):
    return module


def reads_a_global():
    return nn.Sequential(nn.Linear(2, WIDTH), nn.Tanh(), nn.Linear(WIDTH, 3))


def reads_a_class():
    return nn.Sequential(nn.Linear(2, 8), {"tanh": nn.Tanh, "relu": nn.ReLU}[Settings.activation](), nn.Linear(8, 3))


def calls_a_helper():
    return start(nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 3)))


def scaled_start(module):
    with torch.no_grad():
        module[0].weight.mul_(2)
    return module


def runs(folder, model, optimizer=sgd, lr=(0.1,), epochs=2, **options):
    return sweep(model, DATA, optimizer, lr=list(lr), seeds=[0, 1], epochs=epochs, resume=folder, progress=False,
                 **options)


def same(a, b):
    return all(np.array_equal(a.history[name], b.history[name]) for name in a.history) and all(
        torch.equal(v, w) for x, y in zip(a.weights, b.weights, strict=True) for v, w in zip(x, y, strict=True))


CHANGES = {"a global": (reads_a_global, "WIDTH", 64),
           "a class attribute": (reads_a_class, "Settings.activation", "relu"),
           "a helper": (calls_a_helper, "start", scaled_start)}


@pytest.mark.parametrize("what", CHANGES)
def test_what_a_model_names_decides_which_file_is_taken(what, tmp_path, monkeypatch):
    model, name, value = CHANGES[what]
    before = runs(tmp_path, model)
    monkeypatch.setattr(f"{__name__}.{name}", value)
    after, fresh = runs(tmp_path, model), runs(tmp_path / "empty", model)
    assert same(after, fresh) and not same(after, before) and len(list(tmp_path.glob("*.npz"))) == 2
    monkeypatch.undo()
    assert same(runs(tmp_path, model), before) and len(list(tmp_path.glob("*.npz"))) == 2


CELL = """
{comment}
import os
import torch
from torch import nn
from course_utils.data import make_blobs
from course_utils.sweep import sweep
WIDTH = {width}
class Net(nn.Module):
    {docstring}
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(2, WIDTH), nn.Linear(WIDTH, 3)
    def forward(self, x):
        return self.b(torch.tanh(self.a(x)))  {comment}
runs = sweep(Net, make_blobs(), torch.optim.SGD, [0.1], seeds=[0], epochs=1, progress=False, resume=os.environ["KEPT"])
"""


def in_a_notebook(folder, **words):
    """The cell in a new IPython, as after a restart of the kernel; how many files there then are."""
    code = ("from IPython.core.interactiveshell import InteractiveShell\nimport sys\n"
            "shell = InteractiveShell.instance()\nshell.run_cell(sys.argv[1]).raise_error()")
    source = CELL.format(**{"comment": "", "width": 8, "docstring": "pass"} | words)
    subprocess.run([sys.executable, "-c", code, source], check=True, capture_output=True,
                   env=os.environ | {"KEPT": str(folder), "IPYTHONDIR": str(folder / "ipython")})
    return len(list(Path(folder).glob("*.npz")))


def test_a_model_of_a_notebook_is_found_again_after_a_restart_and_another_is_not(tmp_path):
    assert in_a_notebook(tmp_path) == 1
    assert in_a_notebook(tmp_path, comment="# another comment\n\n") == 1
    assert in_a_notebook(tmp_path, docstring='"""A network."""') == 1
    assert in_a_notebook(tmp_path, width=64) == 2


DAMAGES = {"cut off": lambda path: path.write_bytes(path.read_bytes()[:200]),
           "empty": lambda path: path.write_bytes(b""),
           "no archive": lambda path: path.write_bytes(b"something else" * 50),
           "of something else": lambda path: np.savez(path, a=np.arange(3)),
           "of fewer networks": lambda path: np.savez(path, **{"failed_at": np.array([-1]), "weights/0": np.zeros(3)}),
           "of objects": lambda path: np.savez(path, failed_at=np.array([None, {}], dtype=object))}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_named_set_aside_and_trained_anew(damage, tmp_path, capsys):
    model = mlp(2, 8, 3)
    before = runs(tmp_path, model)
    [path] = tmp_path.glob("*.npz")
    DAMAGES[damage](path)
    capsys.readouterr()
    after = runs(tmp_path, model)
    said = capsys.readouterr().out
    assert same(before, after) and str(path) in said and "damaged" in said and "trained anew" in said
    assert path.with_suffix(".damaged").exists() and same(before, runs(tmp_path, model))
    assert "damaged" not in capsys.readouterr().out


def test_what_cannot_be_known_is_said_and_not_kept(tmp_path, capsys):
    rng = np.random.default_rng(0)

    def model():
        return nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, int(rng.integers(3, 4))))

    first = runs(tmp_path, model)
    said = capsys.readouterr().out
    assert not list(tmp_path.glob("*")) and "cannot be known" in said and "rng" in said and said.count("resume:") == 1
    assert same(first, runs(tmp_path, model))


def test_what_writes_something_down_while_it_trains_is_trained_anew(tmp_path, capsys):
    """A file would give the scores, and leave the list empty."""
    for seen in ([], []):
        def noting(w, g, state, lr):
            seen.append(float(g.abs().max()))  # noqa: B023
            return sgd(w, g, state, lr)

        runs(tmp_path, mlp(2, 8, 3), noting)
        said = capsys.readouterr().out
        assert len(seen) > 20 and "training changes" in said and said.count("resume:") == 1
    assert not list(tmp_path.glob("*.npz"))


def test_a_folder_below_home_may_be_written_with_a_tilde(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    runs("~/kept", mlp(2, 8, 3))
    assert list((tmp_path / "kept").glob("*.npz")) and not Path("~").exists()


def test_a_folder_may_be_named_for_all_sweeps_and_one_of_its_own_comes_first(tmp_path, monkeypatch):
    files = lambda name: len(list((tmp_path / name).glob("*.npz")))
    monkeypatch.setenv("COURSE_RESUME", str(tmp_path / "all"))
    runs(tmp_path / "own", mlp(2, 8, 3))
    assert files("own") == 1 and not files("all")
    runs(None, mlp(2, 8, 3))
    assert files("all") == 1
    monkeypatch.setenv("COURSE_RESUME", "")
    runs(None, mlp(2, 9, 3))
    assert files("all") == 1


def test_a_loss_of_ones_own_decides_too(tmp_path):
    for smoothing in (0.0, 0.2, 0.2):
        runs(tmp_path, mlp(2, 8, 3), loss=nn.CrossEntropyLoss(label_smoothing=smoothing))
    runs(tmp_path, mlp(2, 8, 3))
    assert len(list(tmp_path.glob("*.npz"))) == 3


def test_what_the_engine_does_decides_too(tmp_path, monkeypatch):
    path = lambda: Store(tmp_path, DATA, 3).common
    before, loop = path(), course_utils.engine.loop
    monkeypatch.setattr(loop, "_highest", lambda schedule, steps: 1.0)
    assert path() != before


def test_what_is_kept_of_each_network_comes_back_under_its_number():
    outcome = {"failed_at": np.array([-1, 3]), "train_loss": np.array([0.5, 0.25]),
               "weights": [np.arange(3.0), np.arange(3.0, 6.0)],
               "buffers": [{"norm.mean": np.ones(2)}, {"norm.mean": np.zeros(2), "a/b": np.array(7)}]}
    back = _joined(_flat(outcome), 2)
    assert back.keys() == outcome.keys() and np.array_equal(back["train_loss"], outcome["train_loss"])
    assert all(np.array_equal(a, b) for a, b in zip(back["weights"], outcome["weights"], strict=True))
    for a, b in zip(back["buffers"], outcome["buffers"], strict=True):
        assert a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)
