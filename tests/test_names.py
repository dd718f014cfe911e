"""Names of settings: short, and never one name for two things."""

from collections import namedtuple
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

import numpy as np
import pytest
import torch

from course_utils.models import mlp
from course_utils.names import label, labels, setting_names
from course_utils.optimizers import adam, sgd
from course_utils.schedules import cosine, reduce_on_plateau, warmup


def scaled(c):
    def optimizer(w, g, state, lr):
        return w - c * lr * g, state
    return optimizer


def elsewhere():
    def sgd(w, g, state, lr):
        return w - lr * g, state
    return sgd


def recursive():
    def step(n):
        return step(n - 1) if n else 0
    return step


@dataclass(frozen=True)
class Halving:
    lr: float

    def __call__(self, step):
        return self.lr / 2**step


class Falling:
    def __init__(self, lr):
        self.lr = lr

    def __call__(self, step):
        return self.lr / (step + 1)

    def asked(self, step):
        return self(step)


@pytest.mark.parametrize("value, expected", [
    (0.1, "0.1"), (1e-5, "1e-05"), (1, "1"), (1234567, "1234567"), (True, "True"), (False, "False"), (None, "None"),
    (np.float32(0.5), "0.5"), (np.float64(0.1), "0.1"), (np.int64(3), "3"), (np.bool_(True), "True"),
    (torch.tensor(0.5), "0.5"), (np.array(0.25), "0.25"), ("adam", "adam"), (np.str_("adam"), "adam"),
    ((0.9, 0.999), "(0.9, 0.999)"), ((np.float64(0.9), None), "(0.9, None)"), ((1,), "(1,)"), ([0.1, 2], "[0.1, 2]"),
    ({"eps": 1e-8}, "{eps: 1e-08}"), (np.zeros((3, 2)), "ndarray (3, 2)"),
    (sgd, "sgd"), (partial(adam, beta1=0.5), "adam(beta1=0.5)"),
    (partial(partial(adam, beta1=0.5), beta2=0.9), "adam(beta1=0.5, beta2=0.9)"), (partial(sgd), "sgd"),
    (cosine(0.1, 48), "cosine(0.1, 48, 0)"), (warmup(cosine(0.1, 48), 5), "warmup(cosine(0.1, 48, 0), 5)"),
    (partial(lambda step, lr: lr, lr=0.1), "lambda(lr=0.1)"), (lambda step: 0.1, "lambda"),
    (torch.optim.SGD, "SGD"), (partial(torch.optim.Adam, betas=(0.9, 0.99)), "Adam(betas=(0.9, 0.99))"),
    (Halving(0.1), "Halving(lr=0.1)"), (Falling(0.1), "Falling"), (Falling(0.1).asked, "asked"),
    (torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.ReLU()), "Sequential"), (Decimal("0.1"), "Decimal('0.1')"),
    (np.sqrt, "sqrt"), (namedtuple("Betas", "a b")(1, 2), "(1, 2)"),
])
def test_a_value_has_a_short_name(value, expected):
    assert label(value) == expected


@pytest.mark.parametrize("values, expected", [
    ([partial(adam, beta1=0.5), partial(adam, beta1=0.99)], ["adam(beta1=0.5)", "adam(beta1=0.99)"]),
    ([scaled(1), scaled(2)], ["optimizer (c 1)", "optimizer (c 2)"]),
    ([sgd, elsewhere()], ["sgd (in course_utils.optimizers)", "sgd (in test_names.elsewhere)"]),
    ([lambda step, lr=lr: lr for lr in (0.1, 0.2)], ["lambda (lr 0.1)", "lambda (lr 0.2)"]),
    ([lambda step: 0.1, lambda step: 0.2], ["lambda 1", "lambda 2"]),
    ([Falling(0.1), Falling(0.2)], ["Falling (lr 0.1)", "Falling (lr 0.2)"]),
    ([Falling(0.1).asked, Falling(0.2).asked], ["asked (lr 0.1)", "asked (lr 0.2)"]),
    ([partial(map, scaled(1)), partial(map, scaled(2))], ["map(optimizer) (c 1)", "map(optimizer) (c 2)"]),
    ([torch.optim.Adam, type("Adam", (), {})], ["Adam (in torch.optim.adam)", "Adam (in test_names)"]),
    ([0.12345678, 0.12345679], ["0.12345678", "0.12345679"]), ([1, True], ["1", "True"]),
    ([0.1, "0.1"], ["0.1 1", "0.1 2"]),
    ([recursive(), recursive()], ["step 1", "step 2"]),
    ([np.zeros(3), np.ones(3)], ["ndarray (3,) 1", "ndarray (3,) 2"]),
])
def test_different_values_have_different_names(values, expected):
    assert labels(values) == expected
    assert len(set(expected)) == len(values)


@pytest.mark.parametrize("make", [lambda: cosine(0.1, 48), lambda: reduce_on_plateau(0.1), lambda: scaled(2),
                                  lambda: Halving(0.1), lambda: 0.1, lambda: np.ones(3), lambda: mlp(2, 8, 3),
                                  lambda: (0.9, np.float64(0.999)), lambda: partial(adam, betas=[0.1])])
def test_what_is_the_same_keeps_one_name_however_often_it_is_made(make):
    first, second = labels([make(), make()])
    assert first == second == label(make())


def test_a_setting_is_named_by_what_differs():
    settings = [{"optimizer": partial(adam, beta1=beta1), "lr": lr, "batch_size": 32}
                for beta1 in (0.5, 0.9) for lr in (0.1, 1)]
    assert setting_names(settings)[1] == "optimizer adam(beta1=0.5), lr 1"
    assert setting_names(settings, without=["lr"])[2] == "optimizer adam(beta1=0.9)"
    assert setting_names(settings[:1]) == [""]
    assert setting_names([{"lr": 0.1}, {"lr": 0.1, "beta": 0.9}]) == ["", "beta 0.9"]
    with_nothing = [{"lr": 0.1, "clip": None}, {"lr": 0.1, "clip": False}]
    assert setting_names(with_nothing) == ["clip None", "clip False"]
