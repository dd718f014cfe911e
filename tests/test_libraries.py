"""What is a library and in which version, how torch is set, and which chunks a folder keeps."""

import os
import site
import sys
import sysconfig
import time
import types
import zlib
from fractions import Fraction
from functools import partial
from importlib.machinery import ModuleSpec
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from course_utils.data import make_blobs
from course_utils.engine import libraries
from course_utils.engine.libraries import home_of, is_compiled, is_found
from course_utils.engine.store import Store, _flat, _joined
from course_utils.engine.surroundings import switches
from course_utils.models import mlp
from course_utils.optimizers import sgd
from course_utils.sweep import sweep

DATA = make_blobs()


# Libraries

@pytest.fixture
def places(tmp_path, monkeypatch):
    """A Python of one's own: its folder, that of its packages elsewhere, and the user's."""
    stdlib, packages, users = (str(tmp_path / name) for name in ("lib", "packages", "users"))
    monkeypatch.setattr(sysconfig, "get_paths", lambda: {
        "stdlib": stdlib, "platstdlib": stdlib, "purelib": packages, "platlib": packages})
    monkeypatch.setattr(site, "getsitepackages", lambda: [packages])
    monkeypatch.setattr(site, "getusersitepackages", lambda: users)
    libraries._library.cache_clear()
    yield tmp_path
    libraries._library.cache_clear()


@pytest.fixture
def imported(monkeypatch):
    def add(**attributes):
        module = types.ModuleType("their_kit")
        vars(module).update(attributes)
        monkeypatch.setitem(sys.modules, "their_kit", module)
        return module
    return add


@pytest.mark.parametrize(("path", "home"), [
    ("lib/their_kit.py", "Python"), ("lib/site-packages/their_kit.py", "their_kit 1.5"),
    ("lib/dist-packages/their_kit.py", "their_kit 1.5"), ("packages/their_kit.py", "their_kit 1.5"),
    ("users/their_kit.py", "their_kit 1.5"), ("desk/their_kit.py", None)])
def test_the_place_of_a_module_tells_whose_it_is(path, home, places, imported):
    imported(__file__=str(places / path), __version__="1.5")
    assert home_of("their_kit") == home_of("their_kit.parts") == home


@pytest.mark.parametrize(("attributes", "home"), [
    (lambda folder: {"__path__": [str(folder / "their_kit")]}, "their_kit 1.5"),
    (lambda folder: {"__file__": None, "__path__": [str(folder / "their_kit")]}, "their_kit 1.5"),
    (lambda folder: {"__file__": "their_kit.py", "__path__": [str(folder / "their_kit")]}, "their_kit 1.5"),
    (lambda folder: {"__file__": "their_kit.py"}, None),
    (lambda folder: {"__spec__": ModuleSpec("their_kit", None, origin="frozen")}, "Python"),
    (lambda folder: {"__spec__": ModuleSpec("their_kit", None, origin="built-in")}, "Python"),
    (lambda folder: {"__spec__": ModuleSpec("their_kit", None, origin="their_kit.py")}, None)])
def test_a_module_without_a_file_of_its_own_is_known_by_its_folder_or_its_origin(attributes, home, places, imported):
    imported(__version__="1.5", **attributes(places / "packages"))
    assert home_of("their_kit") == home


def test_a_program_that_python_brings_along_is_still_what_somebody_is_writing(monkeypatch):
    monkeypatch.setattr(sys.modules["__main__"], "__file__", os.__file__, raising=False)
    assert home_of("__main__") is None and home_of("os") == "Python"


def install(folder, name, version, **files):
    kept = folder / f"{name}-{version}.dist-info"
    kept.mkdir(parents=True)
    (kept / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    for file, text in files.items():
        (kept / file).write_text(text)


def test_a_library_of_another_name_than_what_it_was_installed_as_has_the_version_of_that(places, imported, monkeypatch):
    imported(__file__=str(places / "packages/their_kit.py"), __version__=SimpleNamespace(major=1))
    for name, version in (("their_other", "2.0"), ("their_core", "1.0")):
        install(places / "packages", name, version, **{"top_level.txt": "their_kit\n"})
    monkeypatch.syspath_prepend(places / "packages")
    assert home_of("their_kit") == "their_core 1.0 their_other 2.0"


def test_a_library_that_nobody_installed_and_that_names_no_version_has_none(places, imported):
    imported(__file__=str(places / "packages/their_kit.py"))
    assert home_of("their_kit") is None


def test_a_library_from_a_folder_is_told_apart_by_its_files_and_one_of_a_registry_by_its_version(
        places, imported, monkeypatch):
    homes = {}
    for url in ({}, {"direct_url.json": "{}"}):
        for record in ("their_kit.py,sha256=1,9", "their_kit.py,sha256=2,9"):
            folder = places / "packages" / str(len(homes))
            install(folder, "their_kit", "1.5", RECORD=record, **url)
            imported(__file__=str(folder / "their_kit.py"))
            with monkeypatch.context() as patch:
                patch.syspath_prepend(folder)
                homes[bool(url), record] = home_of("their_kit")
    one, same, first, second = homes.values()
    assert one == same == "their_kit 1.5" and first != second
    assert all(home.startswith("their_kit 1.5 ") for home in (first, second))


@pytest.mark.parametrize(("value", "found"), [
    (Fraction.from_float.__func__, True), (Fraction.limit_denominator, True), (Fraction, True),
    (lambda: Fraction, False), (SimpleNamespace(__module__="fractions"), False)])
def test_a_function_is_found_in_its_library_under_its_own_name_and_the_one_in_a_class_method_too(value, found):
    assert is_found(value) is found


@pytest.mark.parametrize(("kind", "compiled"), [
    (int, True), (type(iter([])), True), (np.random.Generator, True), (torch._C.IntType, True),
    (type("pybind11_type", (type,), {})("Theirs", (), {}), True),
    (type("Theirs", (), {"__reduce_cython__": None}), True), (type("Theirs", (), {"__reduce__": None}), False),
    (type(zlib.decompressobj()), True), (nn.Linear, False), (Fraction, False)])
def test_classes_of_compiled_code_are_told_from_those_of_python(kind, compiled):
    assert bool(is_compiled(kind)) is compiled


# How torch is set

CUDA, MATMUL = torch.backends.cuda, torch.backends.cuda.matmul


def attribute(space, name):
    """How a switch is set, and what it is set to now."""
    return lambda value: setattr(space, name, value), lambda: getattr(space, name)


SWITCHES = [("gradients", torch.set_grad_enabled, torch.is_grad_enabled),
            ("autocast on the GPU", partial(torch.set_autocast_enabled, "cuda"),
             partial(torch.is_autocast_enabled, "cuda")),
            ("mkldnn", *attribute(torch.backends.mkldnn, "enabled")),
            *[("matmul on the GPU", *attribute(MATMUL, name)) for name in (
                "allow_tf32", "allow_fp16_reduced_precision_reduction", "allow_bf16_reduced_precision_reduction")],
            *[("attention on the GPU", getattr(CUDA, f"enable_{name}_sdp"), getattr(CUDA, f"{name}_sdp_enabled"))
              for name in ("flash", "mem_efficient", "math", "cudnn")]]


def changed_by(switch, value, back):
    """The names of what is set otherwise once a switch has a value."""
    before = switches()
    switch(value)
    try:
        after = switches()
    finally:
        switch(back)
    assert switches() == before and after.keys() == before.keys()
    return {name for name in before if after[name] != before[name]}


@pytest.mark.parametrize(("name", "switch", "asked"), SWITCHES)
def test_each_switch_of_torch_is_told_under_its_name(name, switch, asked):
    assert name in changed_by(switch, not asked(), asked())  # that for float32 tells of two names


def test_the_type_of_autocast_and_the_way_of_einsum_are_told(monkeypatch):
    switch, plain = partial(torch.set_autocast_dtype, "cuda"), torch.get_autocast_dtype("cuda")
    assert changed_by(switch, torch.bfloat16, plain) == {"autocast on the GPU"} and plain == torch.float16
    for enabled, strategy in ((True, "greedy"), (True, "auto"), (False, "auto")):
        monkeypatch.setattr(torch.backends, "opt_einsum", SimpleNamespace(enabled=enabled, strategy=strategy))
        assert switches()["opt_einsum"] == str((enabled, strategy))


def test_tiny_numbers_are_told_to_be_0_only_where_they_are():
    told = {}
    for flush in (True, False):
        possible = torch.set_flush_denormal(flush)
        told[flush] = switches()["tiny numbers are 0"]
    assert told == {True: str(possible), False: "False"}


# Chunks in a folder

def chunk(**settings):
    return SimpleNamespace(settings=[{"model": mlp(2, 4, 3), "lr": 0.1} | settings], seeds=[0], loss=None)


def test_the_folder_is_made_with_all_that_it_lies_in(tmp_path):
    folder = tmp_path / "of the course" / "kept"
    assert Store(folder, DATA, 1).path(chunk()).parent == folder and folder.is_dir()


def test_nothing_is_kept_where_a_hook_on_all_modules_cannot_be_known(tmp_path, capsys):
    hook = nn.modules.module.register_module_forward_hook(lambda *_: time.time() * 0 or None)
    try:
        runs = sweep(mlp(2, 4, 3), DATA, sgd, lr=[0.1], seeds=[0], epochs=1, resume=tmp_path, progress=False)
        path = Store(tmp_path, DATA, 1).path(chunk())
    finally:
        hook.remove()
    said = capsys.readouterr().out.splitlines()
    assert len(runs.weights) == 1 and path is None and not list(tmp_path.iterdir())
    assert said[0] == said[1] and len(said) == 2  # once a store
    assert "it cannot be known what decides the result: hooks on all modules" in said[0] and "clock" in said[0]


@pytest.mark.parametrize(("where", "name"), [
    (lambda reads: SimpleNamespace(settings=[{"lr": 0.1}], seeds=[0], loss=reads), "loss"),
    (lambda reads: chunk(model=reads), "model"), (lambda reads: chunk(optimizer=reads), "optimizer")])
def test_what_cannot_be_known_of_a_chunk_is_named_by_its_place_in_the_call(where, name, tmp_path, capsys):
    def reads_the_clock(*of):
        return time.time()
    assert Store(tmp_path, DATA, 1).path(where(reads_the_clock)) is None
    assert f"the result: {name} " in capsys.readouterr().out


def outcome(n):
    return {"failed_at": np.full(n, -1), "weights": [np.arange(3.0)] * n, "buffers": [{"mean": np.ones(2)}] * n}


def test_a_file_holds_every_weight_and_buffer_once():
    assert _flat(outcome(2)).keys() == {"failed_at", "weights/0", "weights/1", "buffers/0/mean", "buffers/1/mean"}


@pytest.mark.parametrize("n", [1, 3])
def test_a_file_of_another_number_of_networks_is_refused(n):
    arrays = _flat(outcome(2)) | {"failed_at": np.full(n, -1)}
    with pytest.raises(ValueError, match="of another number of networks"):
        _joined(arrays, 2)
