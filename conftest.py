"""For tests and the kernels of notebooks alike: one thread a process, since several run at once; no progress is noted;
no network is used.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported; kernels inherit it
os.environ["COURSE_PROGRESS"] = "off"  # what tests solve is not what the developer solved
os.environ["COURSE_SOLUTIONS"] = "on"

import network_guard

network_guard.install()
network_guard.inherit()
