"""Whatever holds numbers becomes the arrays that it says; what would change them or holds none is refused in words."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse

from course_utils.data import Dataset, load_diabetes, make_blobs
from course_utils.models import mlp
from course_utils.optimizers import sgd
from course_utils.training import train

X, Y = np.arange(8.0).reshape(4, 2), np.array([0, 1, 2, 0])
PARTS = ("train", "val", "test")


def dataset(task=None, x=X, y=Y, **changes):
    parts = {f"{axis}_{part}": values for axis, values in (("x", x), ("y", y)) for part in PARTS}
    return Dataset("small", **{**parts, **changes}, task=task)


INPUTS = {
    "a list": X.tolist(), "a tuple of lists": tuple(X.tolist()), "a list of arrays": list(X),
    "whole numbers": X.astype(int),
    "small whole numbers": X.astype(np.uint8), "half precision": X.astype(np.float16), "long": X.astype(np.longdouble),
    "big-endian": X.astype(">f8"), "by columns": np.asfortranarray(X), "a matrix": np.matrix(X),
    "objects": X.astype(object), "objects of many kinds": [[Fraction(0), Decimal(1)], [2, 3.0], [np.int8(4), 5],
                                                           [6, 7]],
    "mask without masked entries": np.ma.masked_array(X, mask=np.zeros((4, 2), dtype=bool)),
    "a DataFrame": pd.DataFrame(X, columns=["a", "b"]), "columns of two kinds": pd.DataFrame(X).astype({0: int}),
    "columns that may miss": pd.DataFrame(X).astype({0: "Int64", 1: "Float64"}),
    "objects in a DataFrame": pd.DataFrame(X.astype(object)),
    "a tensor": torch.tensor(X), "a parameter": torch.nn.Parameter(torch.tensor(X)),
    "bfloat16": torch.tensor(X).bfloat16(), "float16": torch.tensor(X).half(),
    "a tensor of int64": torch.tensor(X).long(),
    "a list of tensors": list(torch.tensor(X)),
    "a list of parameters": [torch.nn.Parameter(row) for row in torch.tensor(X)],
    "a transposed tensor": torch.tensor(X.T.copy()).T,
}


@pytest.mark.parametrize("what", INPUTS)
def test_inputs_of_any_kind_become_the_same_float32(what):
    data = dataset(x=INPUTS[what])
    for part in PARTS:
        x = getattr(data, f"x_{part}")
        assert type(x) is np.ndarray and x.dtype == np.float32 and np.array_equal(x, X) and not x.flags.writeable


LABELS = {
    "a list": [0, 1, 2, 0], "a column": Y[:, None], "a column of a DataFrame": pd.DataFrame({"y": Y}),
    "bytes": Y.astype(np.uint8),
    "a Series": pd.Series(Y, index=[9, 8, 7, 6]), "a Series that may miss": pd.Series(Y, dtype="Int64"),
    "objects": Y.astype(object),
    "a tensor": torch.tensor(Y), "a column of a tensor": torch.tensor(Y)[:, None].int(),
    "tensors": list(torch.tensor(Y)),
    "a matrix": np.matrix(Y).T, "codes": pd.Series(["a", "b", "c", "a"], dtype="category").cat.codes,
}


@pytest.mark.parametrize("what", LABELS)
def test_whole_numbers_are_classes_of_shape_n(what):
    data = dataset(y=LABELS[what])
    assert data.task == "classification" and data.n_classes == 3
    assert data.y_val.dtype == np.int64 and np.array_equal(data.y_val, Y) and not data.y_val.flags.writeable


@pytest.mark.parametrize("task, y, expected", [
    (None, Y, "classification"), (None, Y / 1.0, "regression"), (None, Y == 0, "classification"),
    (None, Y[:, None] / 1.0, "regression"),
    ("classification", Y / 1.0, "classification"), ("classification", Y[:, None] / 1.0, "classification"),
    ("classification", torch.tensor(Y).float(), "classification"), ("regression", Y, "regression"),
    ("regression", Y == 0, "regression"), ("regression", np.array([18, 90, 33, 18]), "regression"),
    ("regression", Y - 5, "regression"), ("regression", np.array([250_000, 1_000_000, 3, 4]), "regression"),
    ("regression", np.eye(4, dtype=int), "regression"), ("regression", np.eye(4), "regression"),
    ("classification", np.array([0, 10**6, 3, 4]), "classification"),
    (None, np.stack([Y, Y, Y], axis=1), "classification"),
])
def test_the_task_is_what_is_said_and_else_what_the_kind_of_the_targets_says(task, y, expected):
    data = dataset(task, y=y)
    assert data.task == expected
    kind = np.int64 if expected == "classification" else np.float32
    values = np.asarray(y)
    assert data.y_test.dtype == kind and np.array_equal(data.y_test.ravel(), values.astype(kind).ravel())
    again = replace(data, x_train=data.x_train + 1)
    assert again.task == expected and np.array_equal(again.y_train, data.y_train)


def test_ages_are_learned_as_values_and_float_labels_as_classes():
    ages, classes = dataset("regression", y=[18, 90, 33, 18]), dataset("classification", y=Y / 1.0)
    assert "val_accuracy" not in train(mlp(2, 3, 1), ages, sgd, 0.001, epochs=1, batch_size=2).history
    assert "val_accuracy" in train(mlp(2, 3, 3), classes, sgd, 0.001, epochs=1, batch_size=2).history


def test_a_task_is_kept_when_parts_are_replaced():
    ages = dataset("regression", y=[18, 90, 33, 18])
    assert replace(ages, y_train=[1, 2, 3, 4]).task == "regression"
    assert replace(make_blobs(), y_train=np.zeros(500)).y_train.dtype == np.int64
    with pytest.raises(ValueError, match="y_train must hold whole numbers from 0 for a classification, got 0.5"):
        replace(make_blobs(), y_train=np.full(500, 0.5))
    assert replace(load_diabetes(), name="other").task == "regression"


@pytest.mark.parametrize("task", ["classify", "Regression", 1, True, ["regression"]])
def test_another_task_is_refused(task):
    with pytest.raises(ValueError, match='task must be "classification", "regression" or None, got'):
        dataset(task)


def test_a_class_may_be_missing_from_the_training_part():
    data = dataset(y_train=[0, 0, 2, 2])
    assert data.n_classes == 3
    assert np.isfinite(train(mlp(2, 3, 3), data, sgd, 0.01, epochs=2, batch_size=2).history["val_loss"]).all()


def with_one(value, array=X, kind=float):
    array = np.array(array, dtype=kind)
    array.flat[3] = value
    return array


def fields():
    return np.array([(1.0, 2.0)] * 4, dtype=[("a", float), ("b", float)])


ID = 20_000_001  # float32 keeps 20,000,000
REFUSED = {
    "masked entries": ({"x_val": np.ma.masked_less(X, 1)}, "x_val and y_val .* x_val is a masked array with 1 masked"),
    "masked labels": ({"y_train": np.ma.masked_equal(Y, 2)}, "y_train is a masked array with 1 masked"),
    "masked rows": ({"x_train": [np.ma.masked_less(row, 1) for row in X]}, "x_train is a masked array"),
    "large whole numbers": ({"x_train": with_one(ID, X, int)},
                            "column 1 of x_train holds whole numbers above 2.*20000001 would become 20000000"),
    "large whole numbers as floats": ({"x_train": with_one(ID)},
                                      "column 1 of x_train .* 20000001 would become 20000000"),
    "beyond float64": ({"x_train": with_one(2**60 + 1, X, np.int64)}, "column 1 of x_train holds whole numbers above"),
    "beyond int64": ({"x_train": with_one(2**64 - 1, X, np.uint64)}, "column 1 of x_train holds whole numbers above"),
    "negative ones": ({"x_train": with_one(-ID, X, int)}, "-20000001 would become -20000000"),
    "in a DataFrame": ({"x_test": pd.DataFrame({"id": Y + ID, "b": Y / 2})}, "column 0 of x_test holds whole numbers"),
    "moments in seconds": ({"x_train": 1.7e9 + X + 0.25}, "column 0 of x_train goes from .*float32 would lose"),
    "beyond float32": ({"x_train": with_one(1e39)}, r"x_train holds 1e\+39, more than float32 can hold"),
    "below float32": ({"x_train": X * 1e-60}, "column 0 of x_train goes from .*float32 would lose the differences"),
    "text": ({"x_train": [["a", "b"]] * 4},
             "x_train and y_train must be tables of numbers: x_train holds text, such as 'a'"),
    "digits as text": ({"x_train": [["1", "2"]] * 4}, "x_train holds text, such as '1'"),
    "text beside numbers": ({"x_train": np.array([[1.0, "b"]] * 4, dtype=object)}, "x_train holds text, such as 'b'"),
    "bytes": ({"y_val": np.array([b"a"] * 4)}, "y_val holds text, such as 'a'"),
    "labels as text": ({"y_train": ["cat", "dog"] * 2},
                       r"y_train holds text, such as 'cat'.*np.unique\(y, return_inverse=True\)"),
    "labels as digits": ({"y_train": ["0", "1"] * 2}, "y_train holds text, such as '0'"),
    "ragged rows": ({"x_val": [[1, 2], [3]] * 2}, "x_val has rows of different lengths"),
    "ragged arrays": ({"x_val": np.array([np.zeros(2), np.zeros(3)] * 2, dtype=object)},
                      "x_val has rows of different lengths"),
    "two inputs": ({"x_val": (torch.zeros(2, 3), torch.zeros(2, 8))},
                   "different lengths; several inputs go side by side"),
    "ragged tensors": ({"x_val": [torch.zeros(2), torch.zeros(3)] * 2}, "x_val has rows of different lengths"),
    "NaN": ({"x_test": with_one(np.nan)}, "x_test and y_test must be finite numbers, but x_test holds NaN .* row 1"),
    "infinity in targets": ({"y_val": [0, 1, np.inf, 0]},
                            "x_val and y_val must be finite numbers, but y_val holds .* row 2"),
    "None among numbers": ({"x_train": with_one(None, X, object)}, "x_train holds NaN or infinity, first in row 1"),
    "missing in a DataFrame": ({"x_train": pd.DataFrame(X).astype("Float64").where(X > 0)},
                               "x_train holds NaN .* row 0"),
    "missing in a Series": ({"y_train": pd.Series([0, 1, None, 0], dtype="Int64")}, "y_train holds NaN .* row 2"),
    "objects": ({"x_train": np.array([[object()] * 2] * 4)}, "x_train holds an object where a number should stand"),
    "dates": ({"x_train": np.array(["2026-01-01"] * 4, dtype="M8[D]")},
              "x_train holds dates or times, such as 2026-01-01"),
    "time spans": ({"y_train": np.arange(4).astype("m8[s]")}, "y_train holds dates or times"),
    "complex numbers": ({"x_train": X + 1j}, r"x_train holds complex numbers, such as 1j"),
    "a complex tensor": ({"x_train": torch.tensor(X + 1j)}, "x_train holds complex numbers"),
    "a sparse matrix": ({"x_train": sparse.csr_matrix(X)}, r"x_train is a sparse matrix; write x_train.toarray\(\)"),
    "a sparse array": ({"x_train": sparse.coo_array(X)}, r"write x_train.toarray\(\)"),
    "a sparse tensor": ({"x_train": torch.tensor(X).to_sparse()},
                        r"x_train is a sparse tensor; write x_train.to_dense\(\)"),
    "a tensor without memory": ({"x_train": torch.zeros(4, 2, device="meta")},
                                "x_train is a tensor without plain numbers"),
    "a structured array": ({"x_train": fields()}, "x_train is a structured array with the fields a, b"),
    "records": ({"x_train": fields().view(np.recarray)}, "x_train is a structured array with the fields a, b"),
    "columns of text": ({"x_train": pd.DataFrame({"a": Y, "city": list("abcd"), "b": Y})}, "x_train has columns that "
                        "hold no numbers: city|x_train holds text"),
    "columns of dates": ({"x_train": pd.DataFrame({"a": Y, "day": pd.to_datetime(["2026-01-01"] * 4)})},
                         "hold no numbers: day"),
    "columns of categories": ({"x_train": pd.DataFrame({"a": Y, "kind": pd.Categorical(list("aabb"))})},
                              "hold no numbers: kind"),
    "a Series of text": ({"y_train": pd.Series(list("abca"))}, "y_train holds text, such as 'a'"),
    "a Series of categories": ({"y_train": pd.Series(list("abca"), dtype="category")},
                               "y_train holds categories; write y_train.cat.codes"),
    "a generator": ({"y_train": (k for k in range(4))},
                    "y_train is a generator; an array or a list of numbers is needed"),
    "a dictionary": ({"x_train": {"a": [1, 2]}}, "x_train is a dict; an array or a list"),
    "a set": ({"y_train": {0, 1}}, "y_train is a set; an array or a list"),
    "None": ({"x_val": None}, "x_val is None; an array or a list"),
    "a function": ({"x_train": len}, "x_train is a builtin_function_or_method"),
    "one number": ({"x_train": 3}, r"must have the same number of rows, at least one; got shapes \(\)"),
    "no columns": ({"x_train": X[:, :0]}, r"x_train and y_train must have at least one column, got shapes \(4, 0\)"),
    "targets of other shapes": ({"y_val": np.zeros((4, 2), int)},
                                r"same shape and kind; those of y have shapes \(\), \(2,\), \(\)"),
    "targets of other kinds": ({"y_val": Y / 2},
                               r"targets are whole numbers \(train\), values \(val\), whole.*Whole numbers as"),
    "a name left out": ({"name": X}, "name must be text and comes first, got ndarray"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_table_of_numbers_is_refused_in_words(what):
    changes, says = REFUSED[what]
    parts = {f"{axis}_{part}": values for axis, values in (("x", X), ("y", Y)) for part in PARTS}
    with pytest.raises(ValueError, match=says):
        Dataset(**{"name": "small", **parts, **changes})


TARGETS = {
    "one-hot": (None, np.eye(4, dtype=int),
                r"the targets \(4, 4\) look like one-hot labels; write y_train.argmax\(1\)"),
    "one-hot floats": (None, np.eye(4), 'look like one-hot labels; .* or task="regression" if these zeros'),
    "one-hot truth values": (None, np.eye(4) == 1, "look like one-hot labels"),
    "one-hot tensors": (None, torch.nn.functional.one_hot(torch.tensor(Y)), r"\(4, 3\) look like one-hot labels"),
    "one-hot get_dummies": (None, pd.get_dummies(pd.Series(Y)), "look like one-hot labels"),
    "one-hot, said to be classes": ("classification", np.eye(4), "look like one-hot labels"),
    "minus and plus one": (None, np.array([-1, 1, 1, -1]),
                           r"got a negative one \(-1 in y_train\): write \(y \+ 1\) // 2"),
    "temperatures": (None, np.array([-3, 20, 5, 9]),
                     r"\(-3 in y_train\): number the classes from 0, or task=.regression. if"),
    "prices": (None, np.array([250_000, 10**6, 3, 4]), "whole numbers up to 1000000, which means 1000001 classes for "
               "12 targets. Whole numbers as targets mean classes, other numbers mean values; task=.regression."),
    "values said to be classes": ("classification", Y / 2,
                                  "y_train must hold whole numbers from 0 .*, got 0.5; task=.regr"),
    "classes beyond int64": ("classification", np.array([0, 1e30, 1, 0]),
                             r"must hold whole numbers from 0 .*, got 1e\+30"),
    "classes beyond float64": (None, np.array([0, 2**63, 1, 0], dtype=np.uint64), "must hold whole numbers from 0"),
    "values that would be rounded": ("regression", np.array([ID, 1, 2, 3]), "y_train holds whole numbers above 2"),
    "values beyond float32": ("regression", np.array([1e40, 1, 2, 3]),
                              "y_train holds 1e.40, more than float32 can hold"),
}


@pytest.mark.parametrize("what", TARGETS)
def test_targets_that_cannot_be_meant_are_refused_with_what_to_write(what):
    task, y, says = TARGETS[what]
    with pytest.raises(ValueError, match=says):
        dataset(task, y=y)


KEPT = {
    "whole numbers up to 2**24": np.array([[2.0**24, 1]] * 4), "even ones above": np.array([[2**25, 0]] * 4),
    "large values": np.random.default_rng(0).normal(size=(4, 2)) * 1e20, "a column that hardly varies": 1 + 1e-9 * X,
    "tiny beside small": np.array([[1e-60, 1.0], [0.5, 1.0]] * 2),
    "large values with fractions": np.random.default_rng(0).normal(size=(4, 2)) * 1e9,
}


@pytest.mark.parametrize("what", KEPT)
def test_usual_rounding_is_no_reason_to_refuse(what):
    assert np.array_equal(dataset(x=KEPT[what]).x_train, KEPT[what].astype(np.float32))
