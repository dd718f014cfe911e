"""What a reader may pass by mistake, and the error that names the argument and what came."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from course_utils.data import TASK_RULE, Dataset, load_diabetes, make_blobs
from course_utils.engine.losses import problem_with
from course_utils.models import linear, mlp
from course_utils.optimizers import adam, momentum, sgd
from course_utils.sweep import range_test, sweep
from course_utils.training import train

BLOBS, DIABETES = make_blobs(), load_diabetes()
NETWORK = mlp(2, 4, 3)


def with_scheduler(module, lr):
    optimizer = torch.optim.SGD(module.parameters(), lr, momentum=0.9)
    torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=100)
    return optimizer


class OfTwo(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 3)

    def forward(self, a, b):
        return self.layer(torch.cat([a, b], 1))
SHARED = NETWORK()


def run_sweep(**changes):
    options = {"model": NETWORK, "data": BLOBS, "optimizer": sgd, "lr": 0.1, "seeds": [0], "epochs": 1,
               "progress": False}
    return sweep(**{**options, **changes})


RATES = [
    (0, "lr must be a finite number above 0, got 0"), (-0.1, "lr must be a finite number above 0, got -0.1"),
    (float("nan"), "above 0, got nan"), (float("inf"), "above 0, got inf"), ("0.1", "above 0, got '0.1'"),
    (None, "above 0, got None"), (True, "above 0, got True"), ([0.1, 0], "above 0, got 0"),
    ([0.1, "x"], "above 0, got 'x'"), ([], "lr is an empty list"), ((), "lr is an empty list"),
    ([0.1, 0.01, 0.1], r"lr holds a value twice: \[0.1, 0.01, 0.1\]"), ([[0.1, 0.01]], "lr must be a plain list"),
    (np.array([[0.1]]), "lr must be a plain list"), ({0.1, 0.2}, r"lr must be a list, which has an order, got \{"),
]


@pytest.mark.parametrize("lr, says", RATES, ids=[repr(lr) for lr, _ in RATES])
def test_a_rate_that_is_none_is_named(lr, says):
    with pytest.raises(ValueError, match=says):
        run_sweep(lr=lr)


@pytest.mark.parametrize("lr", [0, -1.0, float("nan"), "fast", None])
def test_train_and_range_test_refuse_the_same_rates(lr):
    with pytest.raises(ValueError, match="lr must be a finite number above 0, got"):
        train(NETWORK, BLOBS, sgd, lr)
    with pytest.raises(ValueError, match="lr_min must be a finite number above 0, got"):
        range_test(NETWORK, BLOBS, sgd, lr_min=lr)
    with pytest.raises(ValueError, match="lr_max must be a finite number above 0, got"):
        range_test(NETWORK, BLOBS, sgd, lr_max=lr)


class Pair(nn.Module):
    """Returns two tensors, as recurrent layers do."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 3)

    def forward(self, x):
        return self.layer(x), x


def frozen():
    return NETWORK().requires_grad_(False)


class Remembers(Pair):
    """Keeps the last outputs as a plain attribute, and adds them to the next."""

    last = 0.0

    def forward(self, x):
        self.last = (self.layer(x) + self.last).mean(0, keepdim=True).detach()
        return self.layer(x) + self.last


class Cut(Pair):
    def forward(self, x):
        return self.layer(x).detach()


class Unseeded(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(np.random.default_rng().normal(size=(2, 3)), dtype=torch.float32))

    def forward(self, x):
        return x @ self.weight


class Sequence(nn.Module):
    """Scores of classes for each place of a row, in the order that is asked for."""

    def __init__(self, places, classes, last):
        super().__init__()
        self.layer, self.last = nn.Linear(2, classes), last

    def forward(self, x):
        out = self.layer(x)
        return out if self.last else out.mT


MODELS = {
    "a module": (NETWORK(), TypeError, "model must be a function of no arguments .* got Sequential"),
    "text": ("mlp", TypeError, "model must be a function of no arguments .* got str"),
    "a class": (nn.Linear, TypeError, "model must be a function of no arguments; .*in_features"),
    "no module": (lambda: 3, TypeError, r"model\(\) must return a torch.nn.Module, got int"),
    "the same module": (lambda: SHARED, ValueError, "build a fresh network at each call, but two calls shared"),
    "a part shared": (lambda: nn.Sequential(SHARED[0], nn.ReLU(), nn.Linear(4, 3)), ValueError, "two calls shared"),
    "two arguments": (OfTwo, ValueError, r"missing 1 required .* called with one x: several inputs go side by side"),
    "too many inputs": (mlp(3, 4, 3), ValueError, r"cannot take blobs, a row of which has shape \(2,\)"),
    "too few outputs": (mlp(2, 4, 2), ValueError, "labels of blobs go up to 2, .* at least 3 outputs; it has 2"),
    "batches of one": (lambda: nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)), ValueError,
                       "batch_size 499 leaves a batch of one of the 500 training examples"),
    "no weights": (nn.Identity, ValueError, "the model must have weights.*none found"),
    "frozen weights": (frozen, ValueError, "weights that are free to train; all of its weights are frozen"),
    "a memory": (Remembers, ValueError, "remembers something that is neither a weight nor a buffer"),
    "no gradient": (Cut, ValueError, "the loss of the model does not depend on its weights"),
    "a start that no seed repeats": (Unseeded, ValueError, "two calls gave different weights"),
    "values in a row": (lambda: nn.Sequential(nn.Linear(2, 1), nn.Flatten(0)), ValueError,
                        r"shape \(3,\) where the targets of blobs have shape \(3,\).*Whole numbers as targets mean"),
    "two outputs": (Pair, TypeError, "must return one tensor, got tuple"),
    "an answer a row of pixels": (lambda: nn.Sequential(nn.Unflatten(1, (2, 1)), nn.Linear(1, 3)), ValueError,
                                  r"returns shape \(3, 2, 3\) where the targets of blobs have shape \(3,\)"),
}


@pytest.mark.parametrize("what", MODELS)
def test_a_model_that_cannot_be_swept_is_told_why(what):
    model, kind, says = MODELS[what]
    size = 499 if what == "batches of one" else 32
    with pytest.raises(kind, match=says):
        run_sweep(model=model, batch_size=size)
    with pytest.raises(kind, match=says):
        run_sweep(model=[NETWORK, model], batch_size=size)
    with pytest.raises(kind, match=says):
        train(model, BLOBS, sgd, 0.1, batch_size=size)
    with pytest.raises(kind, match=says):
        range_test(model, BLOBS, sgd, batch_size=size)


def test_a_model_must_return_one_value_for_one_target():
    with pytest.raises(ValueError, match=r"returns shape \(3, 3\) where the targets of diabetes have shape \(3,\)"):
        run_sweep(model=linear(10, 3), data=DIABETES)
    across = lambda: nn.Sequential(nn.Linear(10, 1), Across())
    with pytest.raises(ValueError, match=r"returns shape \(1, 3\) .*first axis counts the examples"):
        run_sweep(model=across, data=DIABETES)


class Across(nn.Module):
    def forward(self, x):
        return x.T


def tags(places, classes):
    rng = np.random.default_rng(0)
    return Dataset("tags", *(a for _ in range(3) for a in (rng.normal(size=(9, places, 2)),
                                                           np.arange(9 * places).reshape(9, places) % classes)))


def test_scores_of_classes_stand_last_whatever_the_lengths():
    for places, classes in ((5, 3), (4, 4)):
        data = tags(places, classes)
        with pytest.raises(ValueError, match=r"must stand last: return outputs.movedim\(1, -1\)"):
            run_sweep(model=lambda: Sequence(places, classes, last=False), data=data, batch_size=9)  # noqa: B023
        runs = run_sweep(model=lambda: Sequence(places, classes, last=True), data=data, batch_size=9)  # noqa: B023
        assert runs.ways == ["as one stack"]
    flat = lambda: nn.Sequential(nn.Flatten(), nn.Linear(8, 16), nn.Unflatten(1, (4, 4)))
    with pytest.raises(ValueError, match="nothing tells whether its second or its last axis counts the classes"):
        run_sweep(model=flat, data=tags(4, 4), batch_size=9)


REST = {
    "unknown hyperparameter": ({"beta": 0.9}, TypeError, "sgd has no hyperparameter 'beta'; it has none besides lr"),
    "misspelt hyperparameter": ({"optimizer": adam, "betas": 0.9}, TypeError,
                                "adam has no hyperparameter 'betas'; it has beta1, beta2, eps"),
    "hyperparameter as text": ({"optimizer": momentum, "beta": "0.9"}, ValueError, "beta must be .* got '0.9'"),
    "one of them text": ({"optimizer": momentum, "beta": [0.9, "x"]}, ValueError, "beta must be .* got 'x'"),
    "hyperparameter NaN": ({"optimizer": momentum, "beta": float("nan")}, ValueError, "beta must be .* got nan"),
    "hyperparameter None": ({"optimizer": momentum, "beta": None}, ValueError, "beta must be .* got None"),
    "no values of it": ({"optimizer": momentum, "beta": []}, ValueError, "beta is an empty list"),
    "optimizer as text": ({"optimizer": "adam"}, TypeError, "optimizer must be a function .* got 'adam'"),
    "optimizer of a network": ({"optimizer": torch.optim.Adam(NETWORK().parameters())}, TypeError,
                               "optimizer must be .* got an object of Adam, which holds the weights of one network"),
    "class of something else": ({"optimizer": nn.Linear}, TypeError, "optimizer must be a function .* got <class"),
    "function of something else": ({"optimizer": max}, TypeError, "optimizer must be"),
    "misspelt hyperparameter of torch": ({"optimizer": torch.optim.Adam, "beta": 0.9}, TypeError,
                                         "Adam has no hyperparameter 'beta'; it has betas, eps, "),
    "value that torch refuses": ({"optimizer": torch.optim.Adam, "betas": (0.9, 1.5)}, ValueError,
                                 "Adam refuses lr 0.1 and .*: Invalid beta parameter at index 1: 1.5"),
    "maker without return": ({"optimizer": lambda module, lr: None}, TypeError, "must return a torch optimizer, got"),
    "maker of another module": ({"optimizer": lambda module, lr: torch.optim.SGD(NETWORK().parameters(), lr)},
                                ValueError, "holds none of the weights of the module that it was given"),
    "maker with a scheduler": ({"optimizer": with_scheduler}, ValueError,
                               "with_scheduler builds a scheduler .* give lr a function of the step, such as cosine"),
    "optimizer without return": ({"optimizer": lambda w, g, state, lr: None}, TypeError,
                                 "must return the new weights and the new state.*it returned None"),
    "weights alone": ({"optimizer": lambda w, g, state, lr: w - lr * g}, TypeError,
                      "must return the new weights and the new state.*it returned a tensor"),
    "state alone": ({"optimizer": lambda w, g, state, lr: (state, w)}, TypeError,
                    "must return weights of the shape and kind"),
    "another kind of number": ({"optimizer": lambda w, g, state, lr: ((w - lr * g).double(), state)}, TypeError,
                               "must return weights of the shape and kind.*torch.float64"),
    "an array": ({"optimizer": lambda w, g, state, lr: ((w - lr * g).numpy(), state)}, TypeError,
                 "must return weights of the shape and kind"),
    "a schedule that is used up": ({"lr": lambda step, n=[0]: n.append(0) or 0.1 / len(n)}, ValueError,
                                   "lr must be a schedule that gives the same rate whenever it is asked"),
    "other shape": ({"optimizer": lambda w, g, state, lr: ((w - lr * g).sum(), state)}, TypeError,
                    "must return weights of the shape and kind"),
    "no state": ({"optimizer": lambda w, g, state, lr: (w - lr * g, None)}, TypeError, "its state as a dictionary"),
    "an error of its own": ({"optimizer": lambda w, g, state, lr: (w - lr * g["v"], state)}, ValueError,
                            "failed on weights and a gradient of shape"),
    "a memory outside the state": ({"optimizer": lambda w, g, state, lr, m=[0]: (w - lr * g * (m.append(0) or len(m)),
                                                                               state)}, ValueError,
                                   "keeps something outside of its state"),
    "a number of seeds": ({"seeds": 5}, ValueError, r"range\(5\) for so many; got 5"),
    "a number as executor": ({"executor": 4}, TypeError, r"executor must be .* such as ProcessPoolExecutor\(4\)"),
    "loss as a class": ({"loss": nn.CrossEntropyLoss}, TypeError, "loss must be a function of outputs and targets"),
    "loss as text": ({"loss": "mse"}, TypeError, "loss must be a function of outputs and targets"),
    "loss an example": ({"loss": nn.CrossEntropyLoss(reduction="none")}, ValueError, "loss must return one number"),
    "a sum as loss": ({"loss": nn.CrossEntropyLoss(reduction="sum")}, ValueError, "loss must give the mean"),
    "a loss that cannot take it": ({"loss": nn.MSELoss()}, ValueError, "loss cannot take what the model returns"),
    "loss without return": ({"loss": lambda out, y: None}, ValueError, "loss must return one number.*got None"),
    "no optimizer": ({"optimizer": None}, TypeError, "optimizer must be a function .* got None"),
    "no models": ({"model": []}, ValueError, "model is an empty list"),
    "no seeds": ({"seeds": []}, ValueError, "seeds is an empty list"),
    "no range of seeds": ({"seeds": range(0)}, ValueError, "seeds is an empty list"),
    "negative seed": ({"seeds": [0, -1]}, ValueError, "seeds must be whole numbers from 0, got -1"),
    "half a seed": ({"seeds": [0.5]}, ValueError, "seeds must be whole numbers from 0, got 0.5"),
    "seed twice": ({"seeds": [1, 1]}, ValueError, "seeds holds a value twice"),
    "batch too large": ({"batch_size": 501}, ValueError, "batch_size must be at most the 500 training .* got 501"),
    "one batch too large": ({"batch_size": [32, 1000]}, ValueError, "at most the 500 .* got 1000"),
    "batch 0": ({"batch_size": 0}, ValueError, "batch_size must be a whole number of at least 1, got 0"),
    "batch as text": ({"batch_size": "all"}, ValueError, "batch_size must be a whole number .* got 'all'"),
    "half a batch": ({"batch_size": 2.5}, ValueError, "batch_size must be a whole number .* got 2.5"),
    "no epochs": ({"epochs": 0}, ValueError, "epochs must be a whole number of at least 1, got 0"),
    "many epochs": ({"epochs": [1, 2]}, ValueError, r"epochs must be a whole number .* got \[1, 2\]"),
    "data as a pair": ({"data": (BLOBS.x_train, BLOBS.y_train)}, TypeError, "data must be a Dataset, .* got tuple"),
    "data as its maker": ({"data": make_blobs}, TypeError, "data must be a Dataset, .* got function"),
}


@pytest.mark.parametrize("what", REST)
def test_bad_input_of_a_sweep_is_named(what):
    changes, kind, says = REST[what]
    with pytest.raises(kind, match=says):
        run_sweep(**changes)


X, Y = np.zeros((4, 2)), np.array([0, 1, 2, 0])


def with_nan(array):
    array = np.array(array, dtype=float)
    array.flat[0] = np.nan
    return array


TABLES = {
    "fewer labels": ({"y_train": Y[:3]}, r"x_train and y_train must have the same number .* \(4, 2\) and \(3,\)"),
    "fewer rows in validation": ({"x_val": X[:3]}, "x_val and y_val must have the same number"),
    "no rows": ({"x_test": X[:0], "y_test": Y[:0]}, "x_test and y_test must have .* at least one"),
    "NaN": ({"x_val": with_nan(X)}, "x_val and y_val must be finite numbers"),
    "infinity": ({"x_train": X + np.inf}, "x_train and y_train must be finite"),
    "NaN in targets": ({f"y_{p}": with_nan(Y) for p in ("train", "val", "test")}, "x_train and y_train must be finite"),
    "negative label": ({"y_test": Y - 1}, "labels must be whole numbers from 0, got a negative one"),
    "parts of other shape": ({"x_val": np.zeros((4, 3))}, "parts? must have rows of the same shape"),
    "values in one part": ({"y_val": Y / 2}, "rows of the same shape and kind"),
    "text": ({"x_train": [["a", "b"]] * 4}, "x_train and y_train must be tables of numbers"),
    "labels as text": ({"y_train": ["a"] * 4}, "x_train and y_train must be tables of numbers"),
    "ragged rows": ({"x_train": [[1, 2], [3]] * 2}, "x_train and y_train must be tables of numbers"),
    "one number": ({"x_train": 3}, r"x_train and y_train must have .* shapes \(\)"),
}


@pytest.mark.parametrize("what", TABLES)
def test_a_table_that_is_no_data_set_is_named(what):
    changes, says = TABLES[what]
    parts = {f"{axis}_{part}": values for axis, values in (("x", X), ("y", Y)) for part in ("train", "val", "test")}
    with pytest.raises(ValueError, match=says):
        Dataset("small", **{**parts, **changes})


def test_labels_beyond_the_outputs_in_any_part_are_found_before_training():
    data = Dataset("small", X, Y, X, Y, X, Y + 1)
    with pytest.raises(ValueError, match="labels of small go up to 3, .* at least 4 outputs; it has 3"):
        run_sweep(data=data, batch_size=2)


RANGE_TESTS = [({"lr_min": 1.0, "lr_max": 0.1}, "lr_min must lie below lr_max, got 1.0 and 0.1"),
               ({"n_steps": 1}, "n_steps must be at least 2, got 1"), ({"n_steps": 0}, "n_steps must be"),
               ({"batch_size": 600}, "batch_size must be at most"), ({"seeds": []}, "seeds is an empty list"),
               ({"optimizer": momentum, "beta": [0.5, 0.9]}, "one value of each hyperparameter, no lists"),
               ({"optimizer": [sgd, momentum]}, "one optimizer")]


@pytest.mark.parametrize("changes, says", RANGE_TESTS)
def test_bad_input_of_a_range_test_is_named(changes, says):
    with pytest.raises(ValueError, match=says):
        range_test(**{"model": NETWORK, "data": BLOBS, "optimizer": sgd, **changes})


@pytest.fixture(scope="module")
def runs():
    return run_sweep(lr=[0.1, 0.01], epochs=2)


QUESTIONS = {
    "a rate not in the grid": (lambda runs: runs.select(lr=0.5), "no setting has .*0.5.*the settings are"),
    "an unknown name": (lambda runs: runs.select(beta=0.9), "no setting has .*beta"),
    "best of none": (lambda runs: runs.best(lr=7), "no setting has"),
    "epoch 0": (lambda runs: runs.at_epoch(0), "epoch must lie between 1 and 2, got 0"),
    "epoch 3": (lambda runs: runs.at_epoch(3), "epoch must lie between 1 and 2, got 3"),
    "a seed not in the sweep": (lambda runs: runs.run(0, 9), r"seed one of \[0\]; got 0 and 9"),
    "a setting not in the sweep": (lambda runs: runs.run(2, 0), "setting must be an index from 0 to 1 .* got 2"),
    "a network of an earlier epoch": (lambda runs: runs.at_epoch(1).run(0, 0), "weights of an earlier epoch"),
}


@pytest.mark.parametrize("what", QUESTIONS)
def test_a_question_that_a_sweep_cannot_answer_is_told_why(runs, what):
    ask, says = QUESTIONS[what]
    with pytest.raises(ValueError, match=says):
        ask(runs)


def test_several_outputs_for_one_number_are_told_how_to_ask_for_classes():
    data = SimpleNamespace(task="regression", name="numbers")
    said = {shape: problem_with(torch.zeros(shape), torch.zeros(4), data) for shape in ((4, 3), (4, 3, 2), (4,))}
    assert TASK_RULE in said[4, 3] and said[4, 3, 2] and TASK_RULE not in said[4, 3, 2] and said[4,] is None
