"""The training loop, and one network trained by it.

`train` trains one network, `sweep` a whole grid; both stand on the same loops, those of `engine`, so that a `Run` is a
sweep of one. `plain_loop` is the loop as notebook 02 writes it, and what they must agree with.
"""

from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F

from .data import Dataset
from .descent import Path, descend
from .engine.chunks import one_thread
from .engine.execution import check_hyper, checked, execute, grid, ways_of, whole_number, whole_seeds
from .engine.loop import train_stack
from .engine.networks import fresh_network, initial_weights, put_back
from .names import label

__all__ = ["Path", "Run", "check_hyper", "descend", "fresh_network", "initial_weights", "one_thread", "plain_loop",
           "train", "train_stack"]


@dataclass(frozen=True)
class Run:
    """One trained network: `history` maps a score to its array (epochs,), `weights` is its final vector (P,).

    `buffers` holds what it keeps besides its weights, such as the running means of batch normalization, by name.
    """

    model: object
    data: Dataset
    setting: dict
    seed: int
    history: dict
    weights: torch.Tensor
    diverged_at: int | None = None  # the first step whose loss was not a finite number, or would have been
    buffers: dict = field(default_factory=dict, repr=False)

    @property
    def diverged(self):
        return self.diverged_at is not None

    @property
    def epochs(self):
        return len(self.history["train_loss"])

    def module(self):
        """The network itself, an ordinary torch module with the final weights and buffers, in evaluation mode."""
        module = fresh_network(self.model, self.seed, torch.tensor(self.data.x_train[:1]))
        return put_back(module, self.weights, self.buffers).eval()

    @torch.no_grad()
    def predict(self, x):
        """Class of each row of x (n, …) for classification, else the network's output."""
        outputs = self.module()(torch.tensor(np.asarray(x, dtype=np.float32)))
        if not isinstance(outputs, torch.Tensor):
            raise TypeError(f"predict needs a network that returns one tensor, this one returns "
                            f"{type(outputs).__name__}: call module() on the rows instead")
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


def train(model, data, optimizer, lr, epochs=200, batch_size=32, seed=0, loss=None, device=None, **hyper):
    """Train one network and return its `Run`: a sweep of one setting and one seed.

    `model`, `optimizer`, `loss` and the hyperparameters are those that `sweep` takes, one value each.
    """
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool):
        raise ValueError(f"seed must be one whole number, got {seed!r}; sweep takes a list of seeds")
    settings = grid(model, optimizer, lr, batch_size, hyper)
    if len(settings) > 1:
        many = [name for name in settings[0] if any(s[name] != settings[0][name] for s in settings)]
        raise ValueError(f"train takes one value of {' and '.join(many)}, got {len(settings)}: sweep takes lists")
    whole_number("epochs", epochs)
    settings, seeds = checked(data, settings), whole_seeds([int(seed)])
    record, stopped = execute(data, settings, seeds, epochs, ways_of(data, settings, loss), device=device,
                              progress=False, loss=loss)
    done = epochs
    if stopped:
        if not (done := record.epochs_done()):
            raise KeyboardInterrupt
        print(f"interrupted: {done} of {epochs} epochs are done and kept")
    history = {name: h[0, 0] for name, h in record.scores(done).items()}
    step = int(record.failed_at[0, 0])
    return Run(settings[0]["model"], data, settings[0], int(seed), history, record.weights()[0][0],
               None if step < 0 else step, record.buffers()[0][0])


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
