"""JupyterHub settings for the course: a file for jupyterhub_config.d of The Littlest JupyterHub, or for load_subconfig.

The limits are those that the load test found: python benchmarks/hub.py
"""

c = get_config()  # noqa: F821  (JupyterHub defines it)

# A link made for nbgitpuller brings the notebooks and opens the first lesson; without one, JupyterLab opens.
c.Spawner.default_url = "/lab"

# One thread a learner: with twenty learners every core has work anyway, and threads that wait for others cost it.
c.Spawner.environment.update({f"{library}_NUM_THREADS": "1" for library in ("OMP", "MKL", "OPENBLAS", "NUMEXPR")})

# Holds the solutions back: "off", or until a day and hour such as "2030-01-31 18:00". "on" shows them.
c.Spawner.environment.update({"COURSE_SOLUTIONS": "on"})

# A server and one notebook stay below 1 GB (python benchmarks/notebooks.py --memory 1G); 1.5 leaves room for a change
# from one notebook to the next.
c.Spawner.mem_guarantee = "512M"
c.Spawner.mem_limit = "1.5G"
c.Spawner.cpu_limit = 1.0

# When a whole class comes at once, nobody is sent away, and the last one waits longer than the usual minute.
c.Spawner.start_timeout = 300
c.Spawner.http_timeout = 120
c.JupyterHub.concurrent_spawn_limit = 100

# Whoever leaves a notebook open gives its memory back after half an hour.
c.Spawner.args.extend(["--MappingKernelManager.cull_idle_timeout=1800", "--MappingKernelManager.cull_interval=120"])
