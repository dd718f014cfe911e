"""The training loop: one network or hundreds, each step of all of them at once.

`train_stack` is the only loop in the package. `train` runs it for one network; `sweep` runs it for a whole grid.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from .data import Dataset
from .descent import Path, descend
from .engine.checks import check_hyper, check_model
from .engine.chunks import one_thread
from .engine.loop import train_stack
from .engine.stacks import fresh_network, initial_weights
from .names import label

__all__ = ["Path", "Run", "check_hyper", "check_model", "descend", "fresh_network", "initial_weights", "label",
           "one_thread", "plain_loop", "train", "train_stack"]


@dataclass(frozen=True)
class Run:
    """One trained network: `history` maps a score to its array (epochs,), `weights` is its final vector (P,)."""

    model: object
    data: Dataset
    setting: dict
    seed: int
    history: dict
    weights: torch.Tensor
    diverged_at: int | None = None  # the first step whose loss was not a finite number, or would have been

    @property
    def diverged(self):
        return self.diverged_at is not None

    @property
    def epochs(self):
        return len(self.history["train_loss"])

    def module(self):
        """The network itself, an ordinary torch module with the final weights."""
        module = fresh_network(self.model)
        torch.nn.utils.vector_to_parameters(self.weights.clone(), module.parameters())
        return module

    @torch.no_grad()
    def predict(self, x):
        """Class of each row of x (n, …) for classification, else the network's output."""
        outputs = self.module()(torch.tensor(np.asarray(x, dtype=np.float32)))
        return (outputs.argmax(-1) if self.data.task == "classification" else outputs.squeeze(-1)).numpy()

    def summary(self):
        """One line for a caption or a screen reader."""
        rate = f"rate {label(self.setting['lr'])}"
        if self.diverged:
            return f"{rate}: diverged at step {self.diverged_at}"
        score = f"{rate}: training loss {self.history['train_loss'][-1]:.3g} after {self.epochs} epochs"
        if "val_accuracy" in self.history:
            score += f", validation accuracy {self.history['val_accuracy'][-1]:.3f}"
        return score


def train(model, data, optimizer, lr, epochs=200, batch_size=32, seed=0, **hyper):
    """Train one network and return its `Run`: a sweep of one setting and one seed."""
    from .sweep import sweep  # which stands on this module

    return sweep(model, data, optimizer, lr=lr, seeds=[seed], epochs=epochs, batch_size=batch_size, progress=False,
                 **hyper).run(0, seed)


def plain_loop(model, data, lr, epochs, batch_size=32, seed=0):
    """The weights (P,) after the training loop of notebook 02, with torch.optim.SGD: what `train` must agree with."""
    torch.manual_seed(seed)
    network, order = model(), torch.Generator().manual_seed(seed)
    x, y = torch.tensor(data.x_train), torch.tensor(data.y_train)
    optimizer = torch.optim.SGD(network.parameters(), lr=lr)
    for _ in range(epochs):
        for rows in torch.randperm(len(x), generator=order).split(batch_size):
            optimizer.zero_grad()
            F.cross_entropy(network(x[rows]), y[rows]).backward()
            optimizer.step()
    return torch.nn.utils.parameters_to_vector(network.parameters()).detach()
