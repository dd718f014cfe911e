"""Small data sets, each split once into a training, a validation and a test part.

The training part is for fitting, the validation part for choosing, the test part for reporting and nothing else.
Files in data/ are checked against the checksums in data/checksums.txt when they are read.
"""

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .arrays import labels, numbers, single
from .examples import collect

__all__ = ["Dataset", "make_blobs", "make_documents", "make_linear", "load_digits", "load_diabetes", "load_sunspots",
           "load_sonnets", "load_segments", "load_capstone", "reconstruction", "data_file", "remedy", "verify"]

FRESH = 12_000  # part of the seed of fresh test examples, which no other seed of the course shares
PACKED = Path(__file__).resolve().parent / "_data"  # where an installed package has the files
FOLDER = PACKED if PACKED.is_dir() else PACKED.parent.parent / "data"
PARTS = ("train", "val", "test")
TASKS = ("classification", "regression")
TASK_RULE = ('Whole numbers as targets mean classes, other numbers mean values; task="regression" or '
             'task="classification" in Dataset says which is meant.')


@dataclass(frozen=True, eq=False)
class Dataset:
    """Inputs x (n, …) as float32 and targets y as int64 classes (n,) or float32 values (n,) or (n, d), read-only.

    Anything that holds numbers will do: lists, arrays, tensors, DataFrames. **Whole numbers as targets mean classes,
    numbered from 0; other numbers mean values.** `task` "regression" takes whole numbers, such as ages, as values;
    "classification" takes 0.0, 1.0, 2.0 as classes; afterwards it says which of the two it is. Labels (n, 1) are taken
    as (n,). Refused with a ValueError: one-hot labels that `task` does not call values, NaN, masked entries, text, and
    numbers that float32 would change beyond its usual rounding.

    `ceiling` is the score on the test part of the best rule there is, where that is known; `val_ceiling` the same on
    the validation part.
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_val: np.ndarray
    y_val: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    ceiling: float | None = None
    val_ceiling: float | None = None
    feature_names: tuple = ()
    task: str | None = None

    @classmethod
    def from_torch(cls, train, val, test, name="data", task=None):
        """The same from three torch data sets that give pairs (input, target), or from loaders of such.

        All examples are read once, so that random transforms are drawn once, and a warning says so. Of a `DataLoader`
        the data set behind it is read: its batch size, shuffling and `drop_last` are not taken over, `sweep` and
        `train` have their own. Only a loader with a `collate_fn` or a sampler of its own, or over a stream, is asked
        for its batches. ValueErrors as above, and for examples that are no pairs or not of one size.
        """
        pairs = [collect(part, given) for part, given in zip(PARTS, (train, val, test), strict=True)]
        return cls(name, *(array for pair in pairs for array in pair), task=task)

    def __post_init__(self):
        if not isinstance(self.name, str):
            raise ValueError(f"name must be text and comes first, got {type(self.name).__name__}")
        if self.task not in TASKS and self.task is not None:
            raise ValueError(f'task must be "classification", "regression" or None, got {self.task!r}')
        read = {part: self._part(part) for part in PARTS}
        task = self.task or _task(read)
        _refuse_one_hot(read, task if self.task else None)
        for part, (x, y) in read.items():
            y = labels(f"y_{part}", y) if task == "classification" else single(f"y_{part}", y)
            for axis, array in (("x", single(f"x_{part}", x)), ("y", y)):
                array.flags.writeable = False
                object.__setattr__(self, f"{axis}_{part}", array)
        for axis in "xy":
            shapes = [getattr(self, f"{axis}_{part}").shape[1:] for part in PARTS]
            if len(set(shapes)) > 1:
                raise ValueError("the training, validation and test part must have rows of the same shape and kind; "
                                 f"those of {axis} have shapes {', '.join(map(str, shapes))}")
        chosen = self.task is not None
        object.__setattr__(self, "task", task)
        if task == "classification" and not chosen:
            self._check_number_of_classes()

    def _part(self, part):
        """Inputs and targets of one part as arrays of finite numbers, a row each."""
        names = f"x_{part} and y_{part}"
        try:
            x, y = (numbers(f"{axis}_{part}", getattr(self, f"{axis}_{part}")) for axis in "xy")
        except ValueError as error:
            raise ValueError(f"{names} must be tables of numbers: {error}") from error
        if x.ndim == 0 or y.ndim == 0 or len(x) != len(y) or len(x) == 0:
            raise ValueError(f"{names} must have the same number of rows, at least one; "
                             f"got shapes {x.shape} and {y.shape}")
        if 0 in x.shape or 0 in y.shape:
            raise ValueError(f"{names} must have at least one column, got shapes {x.shape} and {y.shape}")
        for axis, array in (("x", x), ("y", y)):
            if not np.isfinite(array).all():
                row = int(np.argwhere(~np.isfinite(array))[0, 0])
                raise ValueError(f"{names} must be finite numbers, but {axis}_{part} holds NaN or infinity, first in "
                                 f"row {row}")
        return x, y

    def _check_number_of_classes(self):
        size = self.y_train.size + self.y_val.size + self.y_test.size
        if self.n_classes > max(1000, size):
            raise ValueError(f"the targets are whole numbers up to {self.n_classes - 1}, which means {self.n_classes} "
                             f"classes for {size} targets. {TASK_RULE}")

    @property
    def n_features(self):
        return int(np.prod(self.x_train.shape[1:]))

    @property
    def n_classes(self):
        if self.task != "classification":
            raise ValueError(f"{self.name} has no classes: its targets are values")
        return int(max(y.max() for y in (self.y_train, self.y_val, self.y_test))) + 1

    def __repr__(self):
        return (f"{self.name}: {self.task}, {len(self.y_train)} training, {len(self.y_val)} validation and "
                f"{len(self.y_test)} test examples of {self.n_features} features")


def _task(parts):
    """What the kind of the targets says: whole numbers and truth values are classes, floats are values."""
    kinds = {part: y.dtype.kind for part, (_, y) in parts.items()}
    tasks = {"regression" if kind == "f" else "classification" for kind in kinds.values()}
    if len(tasks) > 1:
        words = ", ".join(f"{'values' if kind == 'f' else 'whole numbers'} ({part})" for part, kind in kinds.items())
        raise ValueError("the training, validation and test part must have rows of the same shape and kind; the "
                         f"targets are {words}. {TASK_RULE}")
    return tasks.pop()


def _refuse_one_hot(parts, task):
    """Refuse targets (n, C) with a single 1 in each row, unless the task is said to be a regression."""
    targets = [y for _, y in parts.values()]
    if task != "regression" and all(y.ndim == 2 and y.shape[1] > 1 and ((y == 0) | (y == 1)).all()
                                    and (y.sum(axis=1) == 1).all() for y in targets):
        raise ValueError(f"the targets {targets[0].shape} look like one-hot labels; write y_train.argmax(1) and so on, "
                         'which gives the classes (n,), or task="regression" if these zeros and ones are values')


def make_blobs(validation_seed=3, test_size=None):
    """Three overlapping Gaussian classes in the plane: 500 training, 500 validation, 500 test points.

    Training and test part are `sklearn.datasets.make_blobs(1000, centers=3, cluster_std=2, random_state=2)` in halves,
    the problem of the source study; the validation part is drawn from the same three Gaussians. The classes overlap, so
    that no method can pass the ceiling: the test accuracy of Bayes' rule, here the class of the nearest true centre.
    `test_size` draws so many fresh test points from them in place of the study's 500.
    """
    size = _size(test_size)
    from sklearn.datasets import make_blobs as draw  # a second of start-up for this one function

    x, y, centers = draw(1000, centers=3, n_features=2, cluster_std=2.0, random_state=2, return_centers=True)
    x_val, y_val = draw(500, centers=centers, cluster_std=2.0, random_state=validation_seed)
    x_test, y_test = x[500:], y[500:]
    if size:
        x_test, y_test = draw(size, centers=centers, cluster_std=2.0,
                              random_state=np.random.RandomState([validation_seed, FRESH]))

    def bayes_accuracy(x, y):
        nearest = np.linalg.norm(x[:, None] - centers, axis=2).argmin(axis=1)
        return float((nearest == y).mean())

    return Dataset("blobs", x[:500], y[:500], x_val, y_val, x_test, y_test,
                   ceiling=bayes_accuracy(x_test, y_test), val_ceiling=bayes_accuracy(x_val, y_val),
                   feature_names=("x1", "x2"))


def make_documents(seed=0, test_size=None):
    """Bags of words in two classes: 2,000 training, 2,000 validation and 2,000 test documents of 420 word counts.

    Counts are independent Poisson draws. The 20 common words say nothing about the class; the k-th of them occurs
    10 / k times a document (Zipf 1949). Each of the 400 rare words occurs 0.01 times a document, nine times as often in
    one class as in the other, as its name says. Bayes' rule is linear in the counts: a rare word adds ± ln 9 to the log
    odds, a common one 0, so that it counts the rare words of each class. Its test accuracy is the ceiling. `test_size`
    draws so many fresh test documents in place of the 2,000.
    """
    size = _size(test_size)
    rng = np.random.default_rng(seed)
    sides = rng.permutation(np.repeat([-1, 1], 200))
    log_odds = np.r_[np.zeros(20), sides * np.log(9)]
    mean = np.r_[10 / np.arange(1, 21), np.full(400, 0.01)]
    rates = np.stack([2 * mean / (1 + np.exp(side * log_odds)) for side in (1, -1)])  # counts a document, by class
    y = rng.integers(0, 2, 6000)
    x = rng.poisson(rates[y])
    if size:
        rng = np.random.default_rng([seed, FRESH])
        y = np.r_[y[:4000], rng.integers(0, 2, size)]
        x = np.r_[x[:4000], rng.poisson(rates[y[4000:]])]

    def bayes_accuracy(part):
        return float(((x[part, 20:] @ sides > 0) == y[part]).mean())

    train, val, test = slice(0, 2000), slice(2000, 4000), slice(4000, None)
    names = [f"common {k}" for k in range(1, 21)]
    names += [f"rare {k}, class {int(side > 0)}" for k, side in enumerate(sides, 1)]
    return Dataset("documents", x[train], y[train], x[val], y[val], x[test], y[test],
                   ceiling=bayes_accuracy(test), val_ceiling=bayes_accuracy(val), feature_names=tuple(names))


def make_linear(n_train=200, n_features=20, kappa=1000.0, signal="all alike", noise=0.1, seed=0,
                test_size=None):
    """Values that are linear in the features plus noise: least squares with a condition number of about `kappa`.

    The features are independent Gaussians whose variances fall evenly, on a log scale, from 1 to 1/κ. `signal` says
    what the true weights give: "all alike" lets every feature explain the same share of the values, so that the flat
    directions must be learned; "as large as they are" lets it explain as much as its variance is, so that small
    features matter little. The values have variance 1 without the noise. `ceiling`: the noise's mean square on the test
    part, the loss of the true weights. `test_size` draws so many fresh test examples in place of the 400.
    """
    size = _size(test_size)
    variances = np.logspace(0, -np.log10(kappa), n_features)
    shares = {"all alike": np.ones(n_features), "as large as they are": variances}
    if signal not in shares:
        raise ValueError(f'signal must be one of {", ".join(map(repr, shares))}, got {signal!r}')
    rng = np.random.default_rng(seed)
    part = rng.normal(size=n_features) if signal != "all alike" else rng.choice([-1.0, 1.0], n_features)
    part *= np.sqrt(shares[signal])
    n = n_train + 800
    z, error = rng.normal(size=(n, n_features)), noise * rng.normal(size=n)
    if size:
        rng = np.random.default_rng([seed, FRESH])
        z = np.r_[z[:n - 400], rng.normal(size=(size, n_features))]
        error = np.r_[error[:n - 400], noise * rng.normal(size=size)]
    x = z * np.sqrt(variances)
    y = z @ part / np.linalg.norm(part) + error
    a, b = n_train, n_train + 400
    return Dataset("linear", x[:a], y[:a], x[a:b], y[a:b], x[b:], y[b:], ceiling=float((error[b:] ** 2).mean()),
                   val_ceiling=float((error[a:b] ** 2).mean()))


def _size(test_size):
    if test_size is not None and (not isinstance(test_size, int | np.integer) or isinstance(test_size, bool)
                                  or test_size < 1):
        raise ValueError("test_size must be a whole number of at least 1, or None for the usual part, "
                         f"got {test_size!r}")
    return test_size


def reconstruction(data):
    """The same examples with the features themselves as targets: the task of an autoencoder."""
    return Dataset(f"reconstructed {data.name}", data.x_train, data.x_train, data.x_val, data.x_val, data.x_test,
                   data.x_test, feature_names=data.feature_names)


def load_digits(seed=0):
    """1,797 scanned digits of 8 × 8 pixels, scaled to 0 … 1: 1,000 training, 397 validation, 400 test images."""
    table = _read("digits.csv.gz")
    x, y = table[:, :64] / 16, table[:, 64].astype(np.int64)  # pixels are counts from 0 to 16
    return _split("digits", x, y, 1000, 397, seed, tuple(f"pixel{i}" for i in range(64)))


def load_diabetes(scaled=True, seed=0):
    """Disease progression of 442 patients from ten measurements: 242 training, 100 validation, 100 test.

    With `scaled` every feature and the target have mean 0 and standard deviation 1 on the training part; without,
    they stay in their own units.
    """
    table = _read("diabetes.csv")
    names = tuple((FOLDER / "diabetes.csv").read_text(encoding="utf-8").split("\n", 1)[0].split(",")[:10])
    order = np.random.default_rng(seed).permutation(len(table))
    table = table[order]
    if scaled:
        table = (table - table[:242].mean(axis=0)) / table[:242].std(axis=0)
    return _split("diabetes", table[:, :10], table[:, 10], 242, 100, None, names)


def load_segments(opened=False):
    """Surfaces in seven outdoor photographs from 18 measurements of a patch: 1,000 training, 400 validation, 686 test.

    Every feature has mean 0 and standard deviation 1 on the training part. The test part lies in a file of its own,
    which the capstone opens once; until then (`opened` False) the validation part stands in its place.
    """
    table = _read("segments.csv.gz")
    mean, sd = table[:1000, :-1].mean(axis=0), table[:1000, :-1].std(axis=0)
    test = _read("segments_test.csv.gz") if opened else table[1000:]
    x, y = (np.r_[table, test][:, :-1] - mean) / sd, np.r_[table, test][:, -1].astype(np.int64)
    names = gzip.decompress((FOLDER / "segments.csv.gz").read_bytes()).decode().split("\n", 1)[0].split(",")[:-1]
    return _split("segments", x, y, 1000, 400, None, tuple(names))


def load_capstone(name="players"):
    """Stored results of the capstone as a table: its "players", or the "outcomes" of single trials."""
    import pandas as pd  # a second of start-up for this one function

    return pd.read_csv(data_file(f"capstone_{name}.csv"), comment="#")


def load_sunspots(window=12):
    """Forecasting: the sunspot number of a year from those of the `window` years before it, 1700 to 2008.

    The targets of the test part are the last 50 years, those of the validation part the 50 before, and the inputs of
    all parts may reach back into the years before. Values are square roots, to even out their spread, with mean 0 and
    standard deviation 1 on the years of the training part.
    """
    if not isinstance(window, int) or not 1 <= window <= 100:
        raise ValueError(f"window must be a whole number of years from 1 to 100, got {window!r}")
    series = np.sqrt(_read("sunspots.csv")[:, 1])
    known = series[:-100]
    series = (series - known.mean()) / known.std()
    rows = np.lib.stride_tricks.sliding_window_view(series, window + 1)
    x, y = rows[:, :window], rows[:, window]
    return Dataset("sunspots", x[:-100], y[:-100], x[-100:-50], y[-100:-50], x[-50:], y[-50:],
                   feature_names=tuple(f"{window - i} years before" for i in range(window)))


def load_sonnets(context=16):
    """Next characters of Shakespeare's sonnets: rows of `context` characters, and the one that follows each of them.

    Characters are small letters, space, line end and punctuation, numbered in the order of `feature_names`. The first
    four fifths of the text are the training part, a tenth each the validation and the test part.
    """
    if not isinstance(context, int) or not 2 <= context <= 512:
        raise ValueError(f"context must be a whole number of characters from 2 to 512, got {context!r}")
    text = data_file("sonnets.txt").read_text(encoding="utf-8").lower()
    symbols = sorted(set(text))
    numbers = np.array([symbols.index(c) for c in text])
    n = (len(numbers) - 1) // context
    x, y = numbers[:n * context].reshape(n, context), numbers[1:n * context + 1].reshape(n, context)
    a, b = n * 8 // 10, n * 9 // 10
    return Dataset("sonnets", x[:a], y[:a], x[a:b], y[a:b], x[b:], y[b:], feature_names=tuple(symbols))


def data_file(name):
    """The path of a file in data/, after its checksum has been verified."""
    path = FOLDER / name
    found = _checksum(path)
    if found is None:
        raise FileNotFoundError(f"data file {path} is missing; get it back with: {remedy([name])}")
    if found != _checksums()[name]:
        raise ValueError(f"data file {path} is damaged (its checksum differs); get it back with: {remedy([name])}")
    return path


def remedy(names):
    """What to type to get these files of data/ back, in the course's folder or where the package alone is installed."""
    if FOLDER == PACKED:
        return "python -m pip install --force-reinstall --no-deps, followed by the course's wheel"
    return "git checkout -- " + " ".join(f"data/{name}" for name in names)


def verify():
    """Names of the files in data/ that are missing or differ from their checksum; empty if all is well."""
    return [name for name, expected in _checksums().items() if _checksum(FOLDER / name) != expected]


def _split(name, x, y, n_train, n_val, seed, feature_names):
    if seed is not None:
        order = np.random.default_rng(seed).permutation(len(y))
        x, y = x[order], y[order]
    a, b = n_train, n_train + n_val
    return Dataset(name, x[:a], y[:a], x[a:b], y[a:b], x[b:], y[b:], feature_names=feature_names)


def _read(name):
    return np.genfromtxt(data_file(name), delimiter=",", skip_header=1)


def _checksum(path):
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None


def _checksums():
    lines = (FOLDER / "checksums.txt").read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}
