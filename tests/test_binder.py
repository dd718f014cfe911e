"""What repo2docker makes of .binder/: the stated Python, the course installed with its requirements, threads capped."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BINDER = ROOT / ".binder"
SCRIPTS = pytest.mark.skipif(os.name == "nt" or not shutil.which("bash"), reason="the scripts are for bash")


def lines(name):
    text = (BINDER / name).read_text(encoding="utf-8")
    return [line for line in map(str.strip, text.splitlines()) if line and not line.startswith("#")]


@pytest.fixture(scope="module")
def dockerfile():
    """The build file, written without Docker and without a network."""
    app = pytest.importorskip("repo2docker.app", reason="needs: python -m pip install -r benchmarks/requirements.txt")
    before = os.getcwd()
    os.chdir(ROOT)
    try:
        settings = app.Repo2Docker()
        for kind in settings.buildpacks:
            pack = kind(base_image=settings.base_image)
            pack.platform = "linux/amd64"
            if pack.detect():
                return pack, pack.render(build_args={})
    finally:
        os.chdir(before)


def test_the_stated_python_is_used(dockerfile):
    pack, text = dockerfile
    assert type(pack).__name__ == "PythonBuildPack" and pack.python_version == "3.11"
    assert "environment.py-3.11-linux-64.lock" in _decoded(text)


def test_the_requirements_are_found(dockerfile):
    _, text = dockerfile
    installs = re.findall(r"^RUN .*pip install .*$", text, re.M)
    assert len(installs) == 1 and '-r ".binder/requirements.txt"' in installs[0]
    assert text.index(installs[0]) < text.index("RUN ./.binder/postBuild")


def test_the_course_is_installed_after_its_files_are_there(dockerfile):
    _, text = dockerfile
    assert text.index("COPY --chown=1000:1000 src/ ${REPO_DIR}/") < text.index("RUN ./.binder/postBuild")


def test_the_session_begins_through_the_start_script(dockerfile):
    _, text = dockerfile
    assert 'ENV R2D_ENTRYPOINT="${REPO_DIR}/.binder/start"' in text and "ENTRYPOINT" in text


def test_the_build_names_no_registry():
    for path in BINDER.iterdir():
        assert "://" not in path.read_text(encoding="utf-8"), path


def test_postbuild_installs_everything_with_the_cpu_build_of_torch():
    (install,) = [line for line in lines("postBuild") if "pip install" in line]
    assert install.startswith("uv ") and "--torch-backend cpu" in install and install.endswith("-r requirements.txt")
    assert any(line.startswith("uv") for line in lines("requirements.txt"))
    course = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert re.search(r"^-e \.$", course, re.M) and re.search(r"^torch==", course, re.M)


@SCRIPTS
def test_postbuild_runs_in_the_python_that_it_is_given(tmp_path):
    """With `uv` and `python` replaced by programs that only write down how they were called."""
    calls = tmp_path / "calls"
    for name in ("uv", "python"):
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\necho {name} "$@" >> {calls}\n')
        program.chmod(0o755)
    subprocess.run([str(BINDER / "postBuild")], cwd=ROOT, check=True, env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    first, then = calls.read_text().splitlines()
    assert first.startswith("uv pip install") and f"--python {tmp_path}/python" in first
    code = then.removeprefix("python -c ")
    subprocess.run([sys.executable, "-c", code], check=True)


@SCRIPTS
def test_the_start_script_caps_the_threads_and_then_becomes_the_command():
    told = "import os, sys; print(os.environ['OMP_NUM_THREADS'], os.environ['OPENBLAS_NUM_THREADS'], sys.argv[1])"
    done = subprocess.run([str(BINDER / "start"), sys.executable, "-c", told, "two words"], check=True, text=True,
                          capture_output=True)
    assert done.stdout.split(" ", 2) == ["1", "1", "two words\n"]


@SCRIPTS
@pytest.mark.parametrize("name", ["start", "postBuild"])
def test_the_scripts_may_be_executed(name):
    assert os.access(BINDER / name, os.X_OK)


def test_links_to_binder_open_a_notebook_that_exists():
    documents = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    link = re.compile(r"mybinder\.org/v2/[^)\s\"]*urlpath=([^)\s\"`]+)")
    opened = [target for path in documents for target in link.findall(path.read_text(encoding="utf-8"))]
    assert opened
    for target in opened:
        kind, _, path = target.replace("%2F", "/").partition("/tree/")
        assert kind == "lab" and (ROOT / path).is_file(), target


def _decoded(text):
    """The build file with the names of copied files as they were."""
    return re.sub(r"-([0-9a-f]{2})", lambda code: chr(int(code[1], 16)), text)
