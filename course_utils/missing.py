"""A package that is not installed ends in a sentence that says what to type."""

import sys
from pathlib import Path

__all__ = ["NEEDED", "Missing"]

# as they are imported: what requirements.txt lists to run the notebooks
NEEDED = ("torch", "numpy", "scipy", "pandas", "sklearn", "optuna", "matplotlib", "cloudpickle", "PIL", "tqdm",
          "ipywidgets", "jupyterlab", "ipykernel", "IPython", "psutil", "jupyter_client", "packaging")


class Missing:
    """The last finder that `import` asks: what comes here was found by none before."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name in NEEDED:
            folder = Path(__file__).resolve().parent.parent
            whole = (folder / "requirements.txt").exists()  # the course's folder, and not the package alone
            what = "-r requirements.txt" if whole else "followed by the course's wheel"
            raise ModuleNotFoundError(f"No module named {name!r} in {sys.prefix}. "
                                      f"{f'In the folder {folder} type' if whole else 'Type'}: "
                                      f"{sys.executable} -m pip install {what}", name=name)
        return None


if Missing not in sys.meta_path:
    sys.meta_path.append(Missing)
