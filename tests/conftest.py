"""One thread a process, since several run at once; figures go nowhere; no progress is noted; no network is used."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported; kernels inherit it
os.environ["COURSE_PROGRESS"] = "off"  # what tests solve is not what the developer solved
os.environ["COURSE_SOLUTIONS"] = "on"

import matplotlib
import network_guard
from hypothesis import settings

network_guard.install()
network_guard.inherit()
matplotlib.use("Agg")
settings.register_profile("course", deadline=None, print_blob=True)  # shared machines pause at any moment
settings.load_profile("course")
