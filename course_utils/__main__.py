"""Is this machine ready for the course? `python -m course_utils` checks, and says what to do where it is not.

`python -m course_utils progress` shows what you have solved, `… progress --reset` forgets it, `… progress --export`
writes it into a file to hand in, and `… progress --class` sums up a folder of such files. The check starts with the
standard library alone, so that it can also report what is not installed yet.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from ast import literal_eval
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap

from . import handed_in, progress
from .missing import absent, install, is_torch, is_whole, required
from .torch_names import lacking

__all__ = ["CHECKS", "Check", "main", "python", "packages", "memory", "data_files", "kernel", "training", "report"]

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
ENOUGH = 1e9  # bytes of free memory
AGREE = 1e-4  # how far single weights may be from those of another order of the same sums
KERNEL_SECONDS = 60


@dataclass(frozen=True)
class Check:
    """One line of the report: what was looked at, whether it is well, what was found, and what to type if not."""

    name: str
    ok: bool
    found: str
    fix: str = ""

    def __str__(self):
        line = f"{'ok  ' if self.ok else 'FAIL'}  {self.name:<16}  {self.found}"
        return line if self.ok else f"{line}\n      {'':<16}  -> {self.fix}"


def python():
    """The version of Python that runs this check."""
    return Check("python", sys.version_info[:2] >= OLDEST, f"{sys.version.split()[0]}, {sys.executable}",
                 "Install Python 3.11 or newer from python.org, delete the folder .venv, then type: make lab")


def packages():
    """What the notebooks need and is missing or misfits, with the pip line that adds just that; and what is well.

    PyTorch, which is large, has a line of its own, so that nothing else makes pip replace it.
    """
    needed, tests = required(ROOT)
    found = {entry: _installed(entry) for entry in needed if not is_torch(entry)}
    elsewhere = [entry for entry in found if entry.startswith("jupyterlab") and absent(entry) and _opened_elsewhere()]
    bad = {entry: words for entry, (fits, words) in found.items() if not fits and entry not in elsewhere}
    results = [torch(entry) for entry in needed if is_torch(entry)]
    if bad:
        others = [words for entry, words in bad.items() if not absent(entry)]
        gone = [words.split()[0] for entry, words in bad.items() if absent(entry)]
        told = [f"{', '.join(gone)} {'is' if len(gone) == 1 else 'are'} not installed"] if gone else []
        results.append(Check("packages", False, _in_lines("; ".join(told + others)), install(ROOT, bad, _here())))
    if well := [words for fits, words in found.values() if fits]:
        results.append(Check("packages", True, _in_lines(", ".join(well))))
    if without := elsewhere + [entry for entry in tests if not _installed(entry)[0]]:
        results.append(Check("not needed", True, _in_lines(f"{', '.join(without)}: only make lab and make test ask "
                                                           "for what is missing here")))
    return results


def torch(entry):
    """PyTorch: the version that was measured with, or another that has every name which the course asks it for."""
    fits, words = _installed(entry)
    if fits:
        return Check("torch", True, words)
    if absent(entry):
        return Check("torch", False, words, install(ROOT, [entry], _here()))
    without = lacking()
    in_package = {name: files for name, files in without.items() if any(file.endswith(".py") for file in files)}
    name = words.split(",")[0]
    if in_package:
        return Check("torch", False, f"{name} lacks {_in_words(in_package)}",
                     f"Type: make lab, which makes an environment of its own with {entry.replace('==', ' ')}")
    return Check("torch", True, f"{name}: not the version that was measured with ({entry.partition('==')[2]});\n{'':24}"
                 "figures may differ in their last digits" + (f"; it lacks {_in_words(without)}" if without else ""))


def memory():
    """Free memory: the notebooks stay below 1 GB."""
    import psutil

    free = psutil.virtual_memory().available
    return Check("memory", free >= ENOUGH, f"{free / 1e9:.1f} GB free",
                 f"A notebook may take 1 GB. Close other programs, then type: {_here()} -m course_utils")


def data_files():
    """The files in data/, by their checksums."""
    from .data import remedy, verify

    bad = verify()
    return Check("data", not bad, f"missing or damaged: {', '.join(bad)}" if bad else "all files as published",
                 _in_the_folder(remedy(bad)))


def kernel():
    """A Jupyter kernel starts, belongs to this environment, and can import the course."""
    from jupyter_client.manager import start_new_kernel

    expressions = {"prefix": "sys.prefix", "course": "__import__('course_utils').__file__"}
    place = str(ROOT / "notebooks") if is_whole(ROOT) else None
    manager, client = start_new_kernel(kernel_name="python3", startup_timeout=KERNEL_SECONDS, cwd=place,
                                       stderr=subprocess.DEVNULL)
    try:
        answer = client.execute("import sys", reply=True, timeout=KERNEL_SECONDS, user_expressions=expressions)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    reply = answer["content"]["user_expressions"]
    prefix, course = (literal_eval(reply[name].get("data", {}).get("text/plain", "''")) for name in expressions)
    if not prefix or os.path.realpath(prefix) != os.path.realpath(sys.prefix):
        return Check("kernel", False, f"belongs to another Python, {prefix or 'an unknown one'}",
                     "Open the course with: make lab (on Windows type first: $env:JUPYTER_PREFER_ENV_PATH = 1)")
    return Check("kernel", bool(course), f"starts in {prefix}" if course else "starts, but cannot import course_utils",
                 install(ROOT, [], _here()))


def training():
    """Two epochs of the course's first network, as a stack and by torch's own loop; `vmap`, where torch is another."""
    from torch import nn

    from .data import make_blobs
    from .engine.compare import way_of
    from .models import mlp
    from .optimizers import sgd
    from .training import plain_loop, train

    start, data, network = time.perf_counter(), make_blobs(), mlp(2, 50, 3)
    run = train(network, data, sgd, 0.1, epochs=2)
    first, last = run.history["train_loss"]
    found = f"training loss from {first:.2f} to {last:.2f} in two epochs"
    if not last < first:
        return Check("training", False, found, _anew())
    apart = float(abs(run.weights - plain_loop(network, data, 0.1, epochs=2)).max())
    if not apart < AGREE:
        return Check("training", False, f"{found}, but weights are {apart:.1g} off those of torch's own loop", _anew())
    found += f", as torch's own loop, {time.perf_counter() - start:.1f} s"
    if not all(_installed(entry)[0] for entry in required(ROOT)[0] if is_torch(entry)):
        normed = lambda: nn.Sequential(nn.Linear(2, 8), nn.LayerNorm(8), nn.Linear(8, 3))
        if not way_of(normed, data, sgd, [0.1], [{}], [32]).stack:
            found += f";\n{'':24}what is no chain of layers is trained one by one with this torch, which takes longer"
    return Check("training", True, found)


CHECKS = (python, packages, memory, data_files, kernel, training)


def report(checks=CHECKS):
    """Print a line for each result of these checks; whether all is well."""
    failures = 0
    for check in checks:
        for result in _run(check):
            print(result, flush=True)
            failures += not result.ok
    print("\nReady." if not failures else f"\n{failures} to repair: do what stands after each arrow, then type: "
                                          f"{_here()} -m course_utils")
    if not is_whole(ROOT):
        print(f"This is the package alone, in {ROOT}; the notebooks are in the course's folder, with a guide.")
    return not failures


def main(arguments=()):
    """Do what the command line asks for and return the exit status: 0 if all is well, else 1."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # what a narrow encoding lacks is written as \u25a0, not an error
            stream.reconfigure(errors="backslashreplace")
    parser = argparse.ArgumentParser(prog=f"{_here()} -m course_utils", description="Without a command: is this "
                                     "machine ready?")
    commands = parser.add_subparsers(dest="command", metavar="progress")
    solved = commands.add_parser("progress", help="what you have solved, by notebook")
    one_of = solved.add_mutually_exclusive_group()
    one_of.add_argument("--reset", action="store_true", help="forget all of it")
    one_of.add_argument("--export", metavar="FILE", help="write it into a file to hand in (JSON); nothing is sent")
    one_of.add_argument("--class", dest="handed_in", metavar="FOLDER", nargs="+",
                        help="for teachers: what a class has solved, from a folder of such files, or from files")
    solved.add_argument("--name", metavar="NAME", help="with --export: your name, which stands in the file only then")
    given = parser.parse_args(arguments)
    if given.command and given.name is not None and given.export is None:
        solved.error("--name goes with --export")
    if given.command:
        return _progress(given)
    return 0 if report(CHECKS) else 1


def _progress(given):
    if given.handed_in:
        text, counted = handed_in.class_report(given.handed_in, _right_answers(), _width(), _squares())
        print(text)
        return 0 if counted else 1
    try:
        if given.export is not None:
            print(handed_in.export(given.export, given.name or ""))
        else:
            print(f"Forgotten: {progress.forget()} entries." if given.reset else progress.report(*_squares()))
    except (OSError, ValueError) as error:
        what = f"{given.export} cannot be written" if given.export is not None else \
            f"The file {progress.file()} cannot be removed"
        print(f"{what}: {error}")
        return 1
    return 0


def _right_answers():
    """The letters of each question and the right one; none where the package is not fully installed."""
    try:
        from .exercises import QUIZZES
    except ImportError:
        return {}
    return {id: (quiz.letters, next(letter for letter, option in zip(quiz.letters, quiz.options, strict=True)
                                    if option.right)) for id, quiz in QUIZZES.items()}


def _width():
    return max(40, shutil.get_terminal_size().columns)


def _squares():
    """How a solved and an open task are drawn, in what the output can write."""
    try:
        "■□".encode(sys.stdout.encoding or "ascii")
        return "■", "□"
    except (UnicodeError, LookupError, AttributeError):  # narrow, unknown, or no stream of text
        return "#", "."


def _run(check):
    """The results of one check; an exception is a failure too."""
    try:
        result = check()
    except ModuleNotFoundError as error:
        result = Check(check.__name__, False, f"No module named {error.name!r}", "Do first what stands above")
    except Exception as error:
        result = Check(check.__name__, False, f"{type(error).__name__}: {error}", _anew())
    return result if isinstance(result, list) else [result]


def _installed(entry):
    """Whether what is installed fits an entry of requirements.txt, and the package with its version, in words."""
    from importlib.metadata import version

    name = re.match(r"[\w.-]+", entry).group()
    if absent(entry):
        return False, f"{name} is not installed"
    if absent("packaging"):  # which would compare the versions, and has a line of its own
        return True, f"{name} {version(name)}"
    from packaging.requirements import Requirement

    requirement, found = Requirement(entry), version(name)
    if requirement.specifier.contains(found, prereleases=True):
        return True, f"{name} {found}"
    return False, f"{name} {found}, but {entry.removeprefix(name)} is needed"


def _in_the_folder(command):
    return f"In the folder {ROOT} type: {command}" if is_whole(ROOT) else f"Type: {command}"


def _opened_elsewhere():
    """Whether another program than JupyterLab opens notebooks here: this one, or one that is installed."""
    kernel = getattr(sys.modules.get("ipykernel.kernelapp"), "IPKernelApp", None)
    return bool(kernel and kernel.initialized()) or not absent("notebook") or not absent("nbclassic")


def _in_words(names):
    return ", ".join(f"{name} ({files[0]})" for name, files in names.items())


def _in_lines(words):
    return f"\n{'':24}".join(wrap(words, 90))


def _anew():
    """How to come by an environment as requirements.txt wants it, without harm to one that serves other ends."""
    if not is_whole(ROOT):
        return install(ROOT, [], _here())
    if Path(sys.prefix).resolve() == ROOT / ".venv":
        return f"In the folder {ROOT} type: {_here()} -m pip install --force-reinstall -r requirements.txt"
    return "Type: make lab, which makes an environment of its own, or follow README.md where there is no make"


def _here():
    """How to call this Python from the course's folder."""
    path = Path(sys.executable)
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
