"""Finished chunks of a sweep in a folder, so that the same call goes on after a kill."""

import hashlib
import os
from functools import partial
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch

from .identity import identity, surroundings
from .loop import train_each, train_stack
from .unknowable import Unknowable

__all__ = ["Store"]

UNKNOWN = "it cannot be known what decides the result"
DAMAGED = (OSError, EOFError, ValueError, KeyError, BadZipFile)


class Store:
    """Finished chunks in a folder, one .npz file each, named by everything that decides what a chunk comes to.

    That is the data, the epochs, the settings and seeds, the code of models, optimizers, schedules and loss with all
    that it names, and this engine. Where that cannot be known, or training changes it, a sentence says so, and nothing
    is kept.
    """

    def __init__(self, folder, data, epochs):
        if not str(folder):
            raise ValueError("resume must name a folder, got ''; the one you work in is '.'")
        self.folder = Path(folder).expanduser()
        if self.folder.exists() and not self.folder.is_dir():
            raise ValueError(f"resume must name a folder, which is made where it is missing; {folder} is a file")
        self.folder.mkdir(parents=True, exist_ok=True)
        parts = [getattr(data, f"{axis}_{part}") for part in ("train", "val", "test") for axis in "xy"]
        self.told = set()
        self.common = [epochs, data.task, torch.__version__, *self._engine()]
        self.common += [(part.shape, part.dtype.str, hashlib.sha256(part.tobytes()).hexdigest()) for part in parts]
        self.known = {}

    def _engine(self):
        """What decides every result: the loops, and how torch is set; a text of its own where it cannot be known."""
        try:
            return [surroundings(), identity(train_stack), identity(train_each)]
        except Unknowable as error:
            self._say(f"{UNKNOWN}: {error}")
            return [None]

    def _say(self, reason):
        if reason not in self.told:
            print(f"resume: not kept and trained anew, since {reason}")
        self.told.add(reason)

    def path(self, chunk, known=None):
        """The file of a chunk; None if it cannot be known what decides its result.

        `known` keeps the identities of values, each asked once: by default those from before training.
        """
        ask = partial(_asked, self.known if known is None else known)
        if None in self.common:
            return None
        try:
            settings = [sorted((name, ask(value, name)) for name, value in s.items()) for s in chunk.settings]
            key = repr([self.common, settings, chunk.seeds, ask(chunk.loss, "loss")])
        except Unknowable as error:
            self._say(f"{UNKNOWN}: {error}")
            return None
        return self.folder / f"{hashlib.sha256(key.encode()).hexdigest()[:20]}.npz"

    def load(self, chunk):
        """The outcome of a chunk finished earlier, or None."""
        path = self.path(chunk)
        if path is None or not path.exists():
            return None
        try:
            with np.load(path, allow_pickle=False) as file:
                return _joined(dict(file), len(chunk))
        except DAMAGED as error:
            aside = path.with_suffix(".damaged")
            os.replace(path, aside)
            print(f"resume: {path} is damaged ({type(error).__name__}); it is set aside as {aside.name}, and its "
                  f"{len(chunk)} networks are trained anew")
            return None

    def _is_still(self, chunk, path):
        """Whether what decides the result is as it was; training may write into it, say losses into a list."""
        if self.path(chunk, {}) == path:
            return True
        self._say("training changes what model, optimizer, schedule or loss name, and a file would not do that again")
        return False

    def save(self, chunk, outcome):
        path = self.path(chunk)
        if path is None or not self._is_still(chunk, path):
            return
        part = path.with_suffix(f".{os.getpid()}.part")
        with open(part, "wb") as file:
            np.savez(file, **_flat(outcome))
        os.replace(part, path)  # a kill leaves either the whole file or none


def _asked(known, value, name):
    """The identity of a value, which is kept with it, so that its id stays its own."""
    if id(value) not in known:
        known[id(value)] = value, identity(value, name)
    return known[id(value)][1]


def _flat(outcome):
    """An outcome as arrays alone: weights and buffers by the number of their network."""
    arrays = {name: values for name, values in outcome.items() if name not in ("weights", "buffers")}
    arrays |= {f"weights/{k}": w for k, w in enumerate(outcome["weights"])}
    return arrays | {f"buffers/{k}/{name}": b for k, own in enumerate(outcome["buffers"]) for name, b in own.items()}


def _joined(arrays, n):
    """What `_flat` took apart, for n networks."""
    outcome = {name: values for name, values in arrays.items() if "/" not in name}
    outcome["weights"] = [arrays[f"weights/{k}"] for k in range(n)]
    outcome["buffers"] = [{} for _ in range(n)]
    for name in arrays:
        if name.startswith("buffers/"):
            _, k, own = name.split("/", 2)
            outcome["buffers"][int(k)][own] = arrays[name]
    if len(outcome["failed_at"]) != n:
        raise ValueError("of another number of networks")
    return outcome
