"""The rates of a torch scheduler in a run that goes through, and in one that is stopped, built anew and loaded."""

import copy
import warnings

import torch
from torch import nn

__all__ = ["follow", "one_weight", "resumed_rates"]

PARTS = "build", "load optimizer", "load scheduler"


def one_weight(lr=0.02):
    """An AdamW over a single weight, which is all that a scheduler needs."""
    return torch.optim.AdamW([nn.Parameter(torch.ones(1))], lr=lr)


def follow(optimizer, make, n_steps):
    """The rates of the next `n_steps` steps of `optimizer` under the scheduler make(optimizer): a list."""
    scheduler, rates = make(optimizer), []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SequentialLR warns of how it steps its own parts
        for _ in range(n_steps):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
    return rates


def resumed_rates(make, order, stop, n_steps, lr=0.02):
    """The rates of the steps from `stop` to `n_steps` of a run that was saved at `stop` and goes on.

    `make` builds a scheduler for an optimizer; `order` names what is done on the way back, separated by commas, out of
    "build", "load optimizer" and "load scheduler". ValueError for another word, or where the scheduler is loaded
    before it is built.
    """
    steps = order.split(", ")
    if not set(steps) <= set(PARTS) or "build" not in steps:
        raise ValueError(f"order must name some of {', '.join(PARTS)}, and build, got {order!r}")
    if "load scheduler" in steps and steps.index("load scheduler") < steps.index("build"):
        raise ValueError(f"order must build the scheduler before it is loaded, got {order!r}")
    optimizer, built = one_weight(lr), []
    follow(optimizer, lambda o: built.append(make(o)) or built[-1], stop)
    saved = copy.deepcopy((optimizer.state_dict(), built[0].state_dict()))
    optimizer = one_weight(lr)
    for step in steps:
        if step == "build":
            scheduler = make(optimizer)
        elif step == "load optimizer":
            optimizer.load_state_dict(saved[0])
        else:
            scheduler.load_state_dict(saved[1])
    return follow(optimizer, lambda o: scheduler, n_steps - stop)
