"""One thread a process, since several run at once; figures go nowhere."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported; kernels inherit it

import matplotlib
from hypothesis import settings

matplotlib.use("Agg")
settings.register_profile("course", deadline=None, print_blob=True)  # shared machines pause at any moment
settings.load_profile("course")
