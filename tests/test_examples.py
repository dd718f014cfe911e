"""Torch data sets and loaders become the arrays of their examples, each once and in order, or are refused in words."""

import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils import data as torch_data
from torch.utils.data import DataLoader, Subset, TensorDataset

from course_utils.data import Dataset
from course_utils.models import mlp
from course_utils.optimizers import sgd
from course_utils.training import train

X, Y = torch.arange(14.0).reshape(7, 2), torch.tensor([0, 1, 2, 0, 1, 2, 0])
PAIRS = TensorDataset(X, Y)


class Pictures(torch_data.Dataset):
    """As ImageFolder: examples by number, a tensor and an int."""

    def __init__(self, change=lambda x, y: (x, int(y)), n=7):
        self.change, self.n = change, n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        return self.change(X[i], Y[i])


class Stream(torch_data.IterableDataset):
    def __iter__(self):
        return iter(PAIRS)


def joined(examples):
    return torch.stack([x for x, _ in examples]), torch.stack([y for _, y in examples])


GIVEN = {
    "TensorDataset": PAIRS, "Subset": Subset(TensorDataset(X.flip(0), Y.flip(0)), list(range(6, -1, -1))),
    "ImageFolder": Pictures(),
    "ConcatDataset": torch_data.ConcatDataset([Subset(PAIRS, [0, 1, 2]), Subset(PAIRS, [3, 4, 5, 6])]),
    "Stream": Stream(),
    "list of pairs": [(X[i], int(Y[i])) for i in range(7)], "arrays": Pictures(lambda x, y: (x.numpy(), y.numpy())),
    "lists": Pictures(lambda x, y: [x.tolist(), y]), "columns": TensorDataset(X, Y[:, None]),
    "with a gradient": TensorDataset(X.clone().requires_grad_(), Y), "bfloat16": TensorDataset(X.bfloat16(), Y),
    "loader": DataLoader(PAIRS), "shuffling loader": DataLoader(PAIRS, batch_size=3, shuffle=True, drop_last=True),
    "loader of pictures": DataLoader(Pictures(), batch_size=4, shuffle=True),
    "loader of a part": DataLoader(TensorDataset(torch.cat([X + 9, X]), torch.cat([Y, Y])), batch_size=2,
                                   sampler=torch_data.SubsetRandomSampler(range(7, 14))),
    "loader with its own collate": DataLoader(PAIRS, batch_size=3, shuffle=True, collate_fn=joined),
    "collate of a part": DataLoader(PAIRS, batch_size=2, sampler=torch_data.SubsetRandomSampler(range(7)),
                                    collate_fn=joined),
    "loader of a stream": DataLoader(Stream(), batch_size=3),
    "loader of single examples": DataLoader(PAIRS, batch_size=None),
    "loader of batches of its own": DataLoader(PAIRS, batch_sampler=[[0, 1], [2, 3, 4, 5], [6]]),
    "loader in an order of its own": DataLoader(PAIRS, batch_size=2, sampler=list(range(7))),
}


@pytest.mark.parametrize("kind", GIVEN)
def test_every_kind_gives_all_examples_in_order(kind):
    data = Dataset.from_torch(GIVEN[kind], PAIRS, PAIRS, name="given")
    assert np.array_equal(data.x_train, X) and np.array_equal(data.y_train, Y) and data.task == "classification"
    assert data.name == "given" and np.array_equal(data.x_test, X)


def test_pictures_keep_their_shape_and_train():
    pictures = TensorDataset(torch.rand(6, 1, 4, 4, dtype=torch.float64), torch.tensor([0, 1, 1, 0, 1, 0]))
    data = Dataset.from_torch(pictures, DataLoader(pictures), Subset(pictures, [1, 2]))
    assert data.x_train.shape == (6, 1, 4, 4) and data.x_train.dtype == np.float32 and len(data.x_test) == 2
    model = lambda: torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(16, 2))
    assert np.isfinite(train(model, data, sgd, 0.1, epochs=1, batch_size=2).history["val_loss"]).all()


def test_numbers_as_targets_mean_what_they_mean_elsewhere():
    values = Pictures(lambda x, y: (x, float(y)))
    assert Dataset.from_torch(values, values, values).task == "regression"
    assert Dataset.from_torch(values, values, values, task="classification").n_classes == 3
    data = Dataset.from_torch(PAIRS, PAIRS, PAIRS, task="regression")
    assert data.task == "regression" and data.y_train.dtype == np.float32
    assert "val_accuracy" not in train(mlp(2, 3, 1), data, sgd, 0.001, epochs=1, batch_size=2).history


def padded(examples):
    n = max(len(x) for x, _ in examples)
    return torch.stack([torch.nn.functional.pad(x, (0, n - len(x))) for x, _ in examples]), torch.stack([y for _,
                                                                                                         y in examples])


class Picture:
    """What PIL would give."""

    def getbands(self):
        return ("R", "G", "B")


def failing(x, y):
    raise OSError("truncated file")


GROWING = [(torch.zeros(k), torch.tensor(0)) for k in (2, 3, 4)]
REFUSED = {
    "dictionaries": (Pictures(lambda x, y: {"image": x, "label": y}),
                     "example 0 of train is a dictionary with image, label"),
    "three parts": (TensorDataset(X, Y, Y), r"example 0 of train has 3 parts; a pair \(input, target\) is needed"),
    "two inputs": (TensorDataset(X, Y, Y), r"3 parts; .* side by side into one x"),
    "a pair of inputs": (Pictures(lambda x, y: ((x, y), y)),
                         "input of example 0 of train is a tuple of several: .* one x"),
    "named inputs": (Pictures(lambda x, y: ({"a": x, "b": y}, y)), "input of example 0 of train is a dict of several"),
    "no targets": (TensorDataset(X), r"example 0 of train has 1 parts; a pair"),
    "tensors alone": (Pictures(lambda x, y: x), r"example 0 of train is a Tensor alone; a pair"),
    "different sizes": (GROWING, r"the input of example 1 of train has shape \(3,\), others have \(2,\).*by padding"),
    "targets of different sizes": ([(torch.zeros(2), torch.zeros(k)) for k in (1, 2)],
                                   "the target of example 1 of train has"),
    "padded by batch": (DataLoader(GROWING, batch_size=2, collate_fn=padded),
                        r"batches of train .* shapes, \[\(3,\), \(4,\)\]"),
    "empty": (TensorDataset(X[:0], Y[:0]), "x_train and y_train must have the same number of rows, at least one"),
    "empty pictures": (Pictures(n=0), "train holds no examples"), "empty list": ([], "train holds no examples"),
    "an empty part": (Subset(PAIRS, []), "train holds no examples"),
    "everything dropped": (DataLoader(Stream(), batch_size=9, drop_last=True), "train holds no examples"),
    "text as targets": (Pictures(lambda x, y: (x, "cat")),
                        "the target of example 0 of train holds text, such as 'cat'"),
    "None as targets": (Pictures(lambda x, y: (x, None)),
                        "x_train and y_train must be finite|target of example 0 .* None"),
    "pictures of PIL": (Pictures(lambda x, y: (Picture(), 0)),
                        "the input of example 0 of train is a picture: .* transform"),
    "a file that is damaged": (Pictures(failing), "example 0 of train cannot be read: OSError: truncated file"),
    "weights": (DataLoader(PAIRS, sampler=torch_data.WeightedRandomSampler([1.0] * 7, 7)), "draws examples by weights"),
    "batches in dictionaries": (DataLoader(PAIRS, collate_fn=lambda rows: {"x": rows}),
                                "a batch of train is a dictionary with x"),
    "a tensor": (X, "train must be a data set or loader of torch, got Tensor; arrays and tensors go"),
    "an array": (X.numpy(), "got ndarray"), "two arrays": ((X, Y), "got tuple"), "text": ("cifar", "got str"),
    "a dictionary of sets": ({"train": PAIRS}, "got dict"), "None": (None, "got NoneType"),
    "a module": (torch.nn.Linear(2, 2), "got Linear"),
    "a class": (Pictures, "got type"), "an array each": (list(X), "example 0 of train is a Tensor alone"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_gives_no_pairs_of_one_size_is_refused_in_words(kind):
    given, says = REFUSED[kind]
    with pytest.raises(ValueError, match=says):
        Dataset.from_torch(given, PAIRS, PAIRS)


def test_random_transforms_are_drawn_once_and_a_warning_says_so():
    shaken = Pictures(lambda x, y: (x + torch.rand(2), y))
    with pytest.warns(UserWarning, match="train gives its examples anew .* forward where self.training"):
        Dataset.from_torch(DataLoader(shaken, shuffle=True), PAIRS, PAIRS)
    rare = Pictures(lambda x, y: (x + (x[0] == 8) * torch.rand(2), y))  # one example in seven
    with pytest.warns(UserWarning, match="val gives its examples anew"):
        Dataset.from_torch(PAIRS, rare, PAIRS)


def test_examples_that_stay_the_same_bring_no_warning():
    missing = Pictures(lambda x, y: (x * float("nan"), y))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Dataset.from_torch(Pictures(), DataLoader(Pictures()), Subset(Pictures(), [1, 2]))
        with pytest.raises(ValueError, match="must be finite"):
            Dataset.from_torch(missing, PAIRS, PAIRS)


def test_the_part_is_named():
    with pytest.raises(ValueError, match="example 0 of val is a Tensor alone"):
        Dataset.from_torch(PAIRS, Pictures(lambda x, y: x), PAIRS)


def test_a_stream_without_end_is_cut(monkeypatch):
    monkeypatch.setattr("course_utils.examples.MOST", 100)
    endless = iter(lambda: (X[0], 0), None)
    with pytest.raises(ValueError, match="train gives more than 100 examples"):
        Dataset.from_torch(endless, PAIRS, PAIRS)


def test_data_needs_no_torch():
    code = "import sys, course_utils.data; assert not {'torch', 'pandas'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).resolve().parent.parent, check=True)
