"""A package that is not installed ends in a sentence that says what to type, and leaves PyTorch as it is."""

import re
import sys
from importlib import metadata
from pathlib import Path

__all__ = ["COURSE", "NEEDED", "Missing", "absent", "install", "is_torch", "is_whole", "required"]

ROOT = Path(__file__).resolve().parent.parent
COURSE = "learning-rate-course"  # as pip names it
KEPT = ("torch", "numpy")  # what other packages of an environment were built for
# as they are imported: what requirements.txt lists to run the notebooks
NEEDED = ("torch", "numpy", "scipy", "pandas", "sklearn", "optuna", "matplotlib", "cloudpickle", "PIL", "tqdm",
          "ipywidgets", "jupyterlab", "ipykernel", "IPython", "psutil", "jupyter_client", "packaging")


class Missing:
    """The last finder that `import` asks: what comes here was found by none before."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name in NEEDED and is_whole(ROOT):
            entries = [entry for entry in required(ROOT)[0] if is_torch(entry) == (name == "torch") and absent(entry)]
            raise ModuleNotFoundError(f"No module named {name!r} in {sys.prefix}. " + install(ROOT, entries), name=name)
        return None


def is_whole(folder):
    """Whether this is the course's folder, and not the folder of a package that was installed with its data."""
    return (folder / "requirements.txt").exists() and not (Path(__file__).parent / "_data").is_dir()


def required(folder):
    """What requirements.txt in a folder lists to run the notebooks, and what beyond that to test them, as two lists.

    Without that file, what the installed package states.
    """
    if not is_whole(folder):
        return metadata.requires(COURSE) or [], []
    text = (folder / "requirements.txt").read_text(encoding="utf-8")
    lines = [[re.sub(r"\s*#.*", "", line).strip() for line in part.splitlines()]
             for part in [*re.split(r"^# To test.*$", text, maxsplit=1, flags=re.M), ""][:2]]
    return [[line for line in part if line and not line.startswith("-")] for part in lines]


def is_torch(entry):
    return bool(re.match(r"torch\b", entry))


def absent(entry):
    """Whether no version at all of a package is installed; `entry` is its line of requirements.txt or its name."""
    try:
        metadata.version(_name(entry))
    except metadata.PackageNotFoundError:
        return True
    return False


def install(folder, entries, python=sys.executable):
    """The one line that adds these packages, and the course where it is not installed.

    The torch and the numpy that are there are named, too: else pip would take a newer numpy for the sake of others.
    """
    kept = [f"{name}=={metadata.version(name)}" for name in KEPT
            if entries and not absent(name) and name not in map(_name, entries)]
    listed = [f'"{entry}"' for entry in (*entries, *kept)]
    if not is_whole(folder):
        again = "--force-reinstall, followed by the course's wheel"
        return f"Type: {python} -m pip install {' '.join(listed) or again}"
    course = ["--no-deps -e ."] if not entries else ["-e ."] if absent(COURSE) else []
    return f"In the folder {folder} type: {python} -m pip install " + " ".join(listed + course)


def _name(entry):
    return re.match(r"[\w.-]+", entry).group()


if Missing not in sys.meta_path:
    sys.meta_path.append(Missing)
