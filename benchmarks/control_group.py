"""A limit on memory that holds for a process and all that it starts: a control group of Linux, of either version."""

import os
import subprocess
import time
from pathlib import Path

__all__ = ["ControlGroup", "NoControlGroup"]

ROOT = Path("/sys/fs/cgroup")


class NoControlGroup(OSError):
    """This system does not let us make a control group; the message says why."""


class ControlGroup:
    """A group whose processes get `bytes` of memory together; what goes beyond is killed by the system.

    Needs Linux, and the right to make groups: root, as a rule. Use as a context manager; `command` puts a command
    line into the group before its first instruction, so that nothing is counted elsewhere.
    """

    def __init__(self, bytes):
        version2 = (ROOT / "cgroup.controllers").exists()
        self.path = (ROOT if version2 else ROOT / "memory") / f"course-{os.getpid()}"
        limit = "memory.max" if version2 else "memory.limit_in_bytes"
        self.killed_file, self.killed_word = ("memory.events" if version2 else "memory.oom_control"), "oom_kill"
        try:
            self.path.mkdir()
            (self.path / limit).write_text(str(int(bytes)))
            if version2:
                (self.path / "memory.swap.max").write_text("0")
        except OSError as problem:
            if self.path.exists():
                self.path.rmdir()
            raise NoControlGroup(f"no control group can be made here ({problem})") from problem

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for _ in range(50):  # a process that was just ended is in the group a moment longer
            try:
                return self.path.rmdir()
            except OSError:
                time.sleep(0.1)
        self.path.rmdir()

    def command(self, arguments):
        """The command line that enters the group and then becomes `arguments`."""
        return ["sh", "-c", f'echo $$ > {self.path}/cgroup.procs && exec "$@"', "sh", *arguments]

    def start(self, arguments, **options):
        return subprocess.Popen(self.command(arguments), **options)

    @property
    def kills(self):
        """How often the system killed a process of the group for its memory."""
        counts = dict(line.split() for line in (self.path / self.killed_file).read_text().splitlines())
        return int(counts[self.killed_word])
