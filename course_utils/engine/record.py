"""The scores of a sweep's networks as they come in."""

import numpy as np
import torch

__all__ = ["Record"]


class Record:
    """The scores of all networks of a sweep as they come in."""

    def __init__(self, n_settings, n_seeds, epochs):
        self.history = {}
        self.done = np.zeros((n_settings, n_seeds, epochs), dtype=bool)
        self.failed_at = np.full((n_settings, n_seeds), -1)
        self.last = {}  # the latest weights and buffers of each chunk

    def add(self, chunk, outcome, epoch=None):
        """Note the outcome of one epoch, or of all of them (`epoch` None, scores (epochs, runs))."""
        where = (*chunk.at, slice(None) if epoch is None else epoch)
        for name, values in outcome.items():
            if name not in ("failed_at", "weights", "buffers"):
                self.history.setdefault(name, np.full(self.done.shape, np.nan))[where] = values.T
        self.failed_at[chunk.at] = outcome["failed_at"]
        self.last[chunk] = outcome["weights"], outcome["buffers"]
        self.done[where] = True

    def epochs_done(self):
        """Epochs that every network has behind it."""
        return int(self.done.all(axis=(0, 1)).sum())

    def seeds_done(self):
        """Indices of the seeds whose every setting is trained to the end."""
        return np.flatnonzero(self.done.all(axis=(0, 2))).tolist()

    def scores(self, epochs, seeds=slice(None)):
        """Every score of the first epochs, (setting, seed, epoch)."""
        history = {name: h[:, seeds, :epochs] for name, h in self.history.items()}
        for name, h in history.items():  # the class of a NaN is no prediction
            if name.endswith("accuracy"):
                h[~np.isfinite(history[name.replace("accuracy", "loss")])] = np.nan
        return history

    def weights(self):
        """The latest weights of each network, a list for each setting with a vector (P,) for each seed."""
        return self._of_each(lambda weights, buffers: [torch.from_numpy(w) for w in weights])

    def buffers(self):
        """The same with what each network keeps besides its weights: dicts of tensors by name."""
        return self._of_each(lambda weights, buffers: [{name: torch.from_numpy(np.array(b)) for name, b in own.items()}
                                                       for own in buffers or [{}] * len(weights)])

    def _of_each(self, pick):
        rows = [[None] * self.done.shape[1] for _ in range(len(self.done))]
        for chunk, last in self.last.items():
            for i, k, value in zip(*chunk.at, pick(*last), strict=True):
                rows[i][k] = value
        return rows
