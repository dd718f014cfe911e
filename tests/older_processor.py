"""Run what computes with numbers as an older processor would: python tests/older_processor.py [pytest's options].

Every library picks its fastest code for the processor that it meets, and each code rounds a little differently. Here
all of them are told to pick the oldest, before anything is imported; what a library or a system does not know, it
ignores. What a newer processor would do cannot be shown so: tests/test_last_bits.py stands for that.
"""

import os
import subprocess
import sys
from pathlib import Path

from numpy._core._multiarray_umath import __cpu_baseline__ as oldest
from numpy._core._multiarray_umath import __cpu_dispatch__ as newer

TESTS = Path(__file__).resolve().parent
WITHOUT_NUMBERS = {"address", "bad_input", "benchmarks", "binder", "claims", "commands", "explorables_in_a_kernel",
                   "frames", "handed_in", "handouts", "identity", "instructors", "last_bits", "limits", "memory",
                   "minutes", "missing", "mutants", "names", "notebooks", "offline", "oldest", "palette", "plots",
                   "progress", "questions", "readiness", "references", "release", "rooms", "site", "store", "wording"}
DRAWN = {"sentences"}  # variants by the hundred of the mistakes that test_exercises.py asks, too
SIDE_BY_SIDE = {"chunks", "compare", "newer_optimizers", "optimizers", "plain", "stacks", "sweep",
                "training"}  # two ways on the same processor
TOO_LONG = ("Solved", "a_label_of_its_own", "changes_the_picture", "go_on_and_on", "interrupted", "killed",
            "needs_no_torch", "other_threads", "same_file_twice", "worker_processes", "wrong_kind")
SWITCHES = {
    "NPY_DISABLE_CPU_FEATURES": " ".join(newer),  # NumPy: all that its wheel can do without
    "OPENBLAS_CORETYPE": "Nehalem",               # NumPy's matrix products
    "ATEN_CPU_CAPABILITY": "default",             # PyTorch's own loops
    "MKL_CBWR": "COMPATIBLE",                     # PyTorch's matrix products
    "ONEDNN_MAX_CPU_ISA": "SSE41",                # and those of its layers
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX2_Usable,-FMA_Usable,-FMA4_Usable",  # math, on Linux
}


def main(options):
    print("As an older processor:", *(f"{name}={value!r}" for name, value in SWITCHES.items()), sep="\n  ")
    print(f"NumPy is left with {' '.join(oldest)}.", flush=True)
    without = {TESTS / f"test_{name}.py" for name in WITHOUT_NUMBERS | DRAWN | SIDE_BY_SIDE}
    modules = sorted(set(TESTS.glob("test_*.py")) - without)
    command = [sys.executable, "-m", "pytest", *map(str, modules),
               "-k", " and ".join(f"not {name}" for name in TOO_LONG), *options]
    return subprocess.run(command, cwd=TESTS.parent, env=os.environ | SWITCHES).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
