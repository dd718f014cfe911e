"""The patients of the clinic: two healthy runs, and those that are ill, each for one reason."""

from dataclasses import replace
from functools import cache, partial
from math import cos, pi

import numpy as np
import torch
import torch.nn.functional as F

from ..data import Dataset, load_digits
from ..models import mlp
from ..optimizers import adam, adamw, momentum
from ..schedules import constant, cosine
from ..training import fresh_network, plain_loop
from .clinic import Patient, Plan, slower

__all__ = ["adamw_plan", "load_ward", "make_newcomers", "make_patients", "rescaled", "sgd_plan"]

NETWORK = mlp(64, 32, 32, 32, 10)
STEPS = 400  # 50 epochs of 256 examples in batches of 32
PEAK, ADAMW_PEAK = 0.05, 0.003


@cache
def load_ward():
    """256 digits for training, 397 for validation, 400 for testing."""
    digits = load_digits()
    return Dataset("ward", digits.x_train[:256], digits.y_train[:256], digits.x_val, digits.y_val, digits.x_test,
                   digits.y_test)


def sgd_plan():
    """Three hidden layers of 32, momentum 0.9, a cosine from 0.05 to 0 in 400 steps of 32 examples."""
    return Plan(load_ward(), NETWORK, momentum, cosine(PEAK, STEPS))


def adamw_plan():
    """The same with AdamW: a cosine from 0.003, decay 0.1."""
    return Plan(load_ward(), NETWORK, adamw, cosine(ADAMW_PEAK, STEPS), hyper={"weight_decay": 0.1})


def make_patients():
    """Two healthy runs, one of each plan, and the ill ones."""
    return [
        Patient("healthy", "nothing", lambda plan: plan, sgd_plan),
        Patient("rate too small", "a thirtieth of the plan's rate", slower(1 / 30), sgd_plan),
        Patient("rate too large", "ten times the plan's rate", slower(10), sgd_plan),
        Patient("rate far too large", "sixty times the plan's rate, and log(softmax(…)) written by hand",
                lambda plan: replace(slower(60)(plan), loss=_by_hand), sgd_plan),
        Patient("warmup missing", "four times the plan's rate, which needs a slow start", slower(4), sgd_plan),
        Patient("rate jumps up", "resumed in the middle with a new scheduler, at six times the plan's rate", _jump,
                sgd_plan),
        Patient("schedule used up", "a figure was drawn with the scheduler before the training", _used_up, sgd_plan),
        Patient("scheduler once an epoch", "a scheduler made for steps is moved once an epoch", _once_an_epoch,
                sgd_plan),
        Patient("scheduler every step", "a scheduler made for epochs is moved at every step", _every_step, sgd_plan),
        Patient("batch enlarged", "batches of 256 instead of 32, the rate as it was", _enlarged, sgd_plan),
        Patient("inputs not scaled", "pixels from 0 to 16 instead of 0 to 1", rescaled(16.0), sgd_plan),
        Patient("one damaged example", "one of the 256 images has pixels from 0 to 255 instead of 0 to 1", _damaged,
                sgd_plan),
        Patient("a hole in the loss", "a term of the loss takes 0 · log 0, in half precision",
                lambda plan: replace(plan, loss=_with_entropy), sgd_plan),
        Patient("weights inherited", "it goes on with the network of an earlier trial",
                lambda plan: replace(plan, model=_trained_before), sgd_plan),
        Patient("validation leaked", "half of the validation images are training images", _leaked, sgd_plan),
        Patient("overfitting", "a fifth of the labels is wrong, and they are learned by heart", _mislabelled, sgd_plan),
        Patient("healthy (AdamW)", "nothing", lambda plan: plan, adamw_plan),
        Patient("decay as L2", "AdamW's decay of 0.1 is added to the gradient of Adam",
                lambda plan: replace(plan, optimizer=_adam_l2), adamw_plan),
    ]


def make_newcomers():
    """Two more that are ill, who came after the rule of `diagnosis` was written."""
    return [
        Patient("validation reshuffled", "it goes on with a network that was trained on another split of the images",
                _reshuffled, sgd_plan),
        Patient("state inherited", "AdamW begins with the averages at the end of an earlier run",
                lambda plan: replace(plan, optimizer=_with_old_averages), adamw_plan),
    ]


def rescaled(factor):
    """The change of a plan to inputs that are `factor` times as large."""
    return lambda plan: replace(plan, data=_times(plan.data, factor))


@cache
def _times(data, factor):
    return replace(data, **{f"x_{part}": getattr(data, f"x_{part}") * factor for part in ("train", "val", "test")})


def _jump(plan):
    return replace(plan, lr=partial(_jumped, plan.lr, plan.steps // 2, 6.0))


def _jumped(schedule, when, factor, step):
    return schedule(step) if step < when else factor * schedule(step - when)


def _used_up(plan):
    return replace(plan, lr=constant(plan.lr(int(0.95 * plan.steps))))


def _once_an_epoch(plan):
    return replace(plan, lr=partial(_of_epoch, plan.lr, plan.steps_per_epoch))


def _of_epoch(schedule, steps, step):
    return schedule(step // steps)


def _every_step(plan):
    return replace(plan, lr=partial(_up_and_down, plan.lr(0), plan.epochs))


def _up_and_down(peak, period, step):
    """A cosine that is asked beyond its end rises again, as torch's does."""
    return peak * (1 + cos(pi * step / period)) / 2


def _enlarged(plan):
    factor = len(plan.data.x_train) // plan.batch_size
    return replace(plan, batch_size=factor * plan.batch_size, lr=partial(_stretched, plan.lr, factor))


def _stretched(schedule, factor, step):
    return schedule(step * factor)


def _damaged(plan):
    return replace(plan, data=_with_one_bright(plan.data))


@cache
def _with_one_bright(data):
    x = data.x_train.copy()
    x[100] *= 255
    return replace(data, x_train=x)


def _leaked(plan):
    d, half = plan.data, len(plan.data.x_val) // 2
    return replace(plan, data=replace(d, x_val=np.r_[d.x_train[:half], d.x_val[half:]],
                                      y_val=np.r_[d.y_train[:half], d.y_val[half:]]))


def _reshuffled(plan):
    return replace(plan, data=_split_again(plan.data), model=_trained_before)


@cache
def _split_again(data):
    x, y = np.r_[data.x_train, data.x_val], np.r_[data.y_train, data.y_val]
    train, val = np.split(np.random.default_rng(1).permutation(len(x)), [len(data.x_train)])
    return replace(data, x_train=x[train], y_train=y[train], x_val=x[val], y_val=y[val])


def _mislabelled(plan):
    rng, y = np.random.default_rng(0), plan.data.y_train.copy()
    wrong = rng.permutation(len(y))[:len(y) // 5]
    y[wrong] = (y[wrong] + rng.integers(1, 10, len(wrong))) % 10
    return replace(plan, data=replace(plan.data, y_train=y))


def _by_hand(outputs, targets):
    """Cross-entropy as it is written in the books: infinite where softmax rounds to 0."""
    return -outputs.softmax(-1).gather(1, targets[:, None]).log().mean()


def _with_entropy(outputs, targets):
    """Cross-entropy and a small reward for doubt, 0.01 Σ p log p, whose p is rounded to half precision."""
    p = outputs.softmax(-1).half().float()
    return F.cross_entropy(outputs, targets) + 0.01 * (p * p.log()).sum(-1).mean()


def _trained_before():
    """The network after six epochs of an earlier trial."""
    seed = int(torch.randint(2**31, ()))
    with torch.enable_grad():
        weights = plain_loop(NETWORK, load_ward(), PEAK, 6, seed=seed)
    module = NETWORK()
    torch.nn.utils.vector_to_parameters(weights, module.parameters())
    return module


def _adam_l2(w, g, state, lr, weight_decay):
    return adam(w, g + weight_decay * w, state, lr)


def _with_old_averages(w, g, state, lr, weight_decay):
    return adamw(w, g, state or _averages(), lr, weight_decay=weight_decay)


@cache
def _averages():
    """The state of AdamW at the end of one run of the plan."""
    plan, state = adamw_plan(), {}
    order = torch.Generator().manual_seed(0)
    x, y = torch.tensor(plan.data.x_train), torch.tensor(plan.data.y_train)
    module = fresh_network(plan.model, 0, x[:1])
    weights = torch.nn.utils.parameters_to_vector(module.parameters()).detach()
    with torch.enable_grad():
        for epoch in range(plan.epochs):
            for k, rows in enumerate(torch.randperm(len(x), generator=order).split(plan.batch_size)):
                torch.nn.utils.vector_to_parameters(weights, module.parameters())
                loss = F.cross_entropy(module(x[rows]), y[rows])
                g = torch.cat([part.flatten() for part in torch.autograd.grad(loss, list(module.parameters()))])
                step = epoch * plan.steps_per_epoch + k
                weights, state = adamw(weights, g, state, plan.lr(step), **plan.hyper)
    return state
