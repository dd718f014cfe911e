"""Exercises and questions of notebook 13: rates by the batch, multipliers by the width, what a carried rate costs."""

import numpy as np

from .draws import digits, scale, whole
from .quizzes import Option, Quiz
from .tasks import Exercise


def rate_table(lr, batch, sizes, critical):
    """The rate for each batch size by three rules: a row [linear, root, same] for each.

    lr was tuned with batches of `batch` examples. Where a batch is k times as
    large, the linear rule takes k times the rate, the square-root rule √k times,
    the third keeps it. A smaller batch has its smaller rate by the same rules.
    Batches larger than `critical` count as if they were of the critical size:
    those in sizes, and the one that lr was tuned with, too.

    rate_table(0.1, 32, [8, 128], 1000) gives [[0.025, 0.05, 0.1], [0.4, 0.2, 0.1]].
    """
    rows = []
    for size in sizes:
        k = min(size, critical) / min(batch, critical)
        rows.append([lr * k, lr * k**0.5, lr])
    return rows


def multipliers(shape, base, optimizer):
    """What maximal update multiplies a parameter's standard start and its rate by: (start, rate).

    shape is that of the parameter, base what it is in the narrow network whose
    rate was tuned: (outputs, inputs) of a matrix, (outputs,) of a bias. Compare
    them axis by axis: the outputs are k times as many, the inputs n times. A bias
    has n = 1. The rate is multiplied by 1/n for "adam", by k/n for "sgd". The start
    is multiplied by 1/√n where the outputs stay as they are, otherwise by 1. The
    network may also be narrower than the tuned one.

    multipliers((10, 128), (10, 32), "adam") gives (0.5, 0.25).
    """
    k = shape[0] / base[0]
    n = shape[1] / base[1] if len(shape) == 2 else 1.0
    start = n**-0.5 if shape[0] == base[0] else 1.0
    return start, 1 / n if optimizer == "adam" else k / n


def cost_of_carrying(rates, small, large, test, factor):
    """What a carried rate costs, as an array (seeds,): test loss at it minus test loss at the own rate.

    rates (n,) is the grid, in any order. small, large, test (n, seeds) hold losses
    at its rates: of the small problem on validation data, of the large one on
    validation and on test data. Each problem's own rate has the lowest mean
    validation loss over the seeds. The carried rate is the small problem's, times
    factor, moved to the nearest rate of the grid on a log scale. nan is a run that
    diverged: a rate with such a run is nobody's own rate, and a carried rate that
    diverges on the test data costs infinity for that seed. At the large problem's
    own rate the test losses are numbers.

    With rates np.array([0.1, 0.2, 0.4]), small np.array([[3.0], [1.0], [2.0]]),
    large np.array([[1.0], [2.0], [3.0]]), test np.array([[5.0], [6.0], [8.0]]) and
    factor 2 the answer is [3.0].
    """
    rates = np.asarray(rates)

    def own(losses):
        return np.where(np.isnan(losses).any(axis=1), np.inf, losses.mean(axis=1)).argmin()

    carried = np.abs(np.log(rates / (rates[own(small)] * factor))).argmin()
    return np.where(np.isnan(test[carried]), np.inf, test[carried] - test[own(large)])


def _table(ratio=lambda size, batch, critical: min(size, critical) / min(batch, critical),
           row=lambda lr, k: [lr * k, lr * k**0.5, lr]):
    """A mistake in one part of the table."""
    def wrong(lr, batch, sizes, critical):
        return [row(lr, ratio(size, batch, critical)) for size in sizes]
    return wrong


def _columns(lr, batch, sizes, critical):
    return [list(column) for column in zip(*rate_table(lr, batch, sizes, critical), strict=True)]


def _chained(lr, batch, sizes, critical):
    """Each size goes on from the one before it."""
    rows, linear, root = [], lr, lr
    for size in sizes:
        k = min(size, critical) / min(batch, critical)
        linear, root = linear * k, root * k**0.5
        rows.append([linear, root, lr])
    return rows


def _factors(growth=lambda shape, base: (shape[0] / base[0], shape[1] / base[1] if len(shape) == 2 else 1.0),
             start=lambda k, n: n**-0.5 if k == 1 else 1.0, adam=lambda k, n: 1 / n, sgd=lambda k, n: k / n):
    """A mistake in one part of the multipliers."""
    def wrong(shape, base, optimizer):
        k, n = growth(shape, base)
        return start(k, n), (adam if optimizer == "adam" else sgd)(k, n)
    return wrong


def _inputs_first(shape, base):
    return (shape[-1] / base[-1], shape[0] / base[0] if len(shape) == 2 else 1.0)


def _bias_as_inputs(shape, base):
    k = shape[0] / base[0]
    return k, shape[1] / base[1] if len(shape) == 2 else k


def _only_wider(shape, base):
    return tuple(max(1.0, growth) for growth in (shape[0] / base[0], shape[1] / base[1] if len(shape) == 2 else 1.0))


def _swapped(shape, base, optimizer):
    return multipliers(shape, base, optimizer)[::-1]


def _lowest(losses):
    return np.where(np.isnan(losses).any(axis=1), np.inf, losses.mean(axis=1)).argmin()


def _most_often(losses):
    """The rate that is best under most seeds."""
    filled = np.where(np.isnan(losses).any(axis=1, keepdims=True), np.inf, losses)
    return np.bincount(filled.argmin(axis=0), minlength=len(losses)).argmax()


def _costs(own=_lowest, nearest=lambda rates, lr: np.abs(np.log(rates / lr)).argmin(),
           cost=lambda test, carried, own: np.where(np.isnan(test[carried]), np.inf, test[carried]) - test[own],
           large=lambda large, test: large, small=lambda small, large: small, factor=lambda factor: factor):
    """A mistake in one part of the cost."""
    def wrong(rates, small_val, large_val, test, times):
        rates = np.asarray(rates)
        carried = nearest(rates, rates[own(small(small_val, large_val))] * factor(times))
        return cost(test, carried, own(large(large_val, test)))
    return wrong


def _each_its_own(rates, small, large, test, factor):
    """A rate for each seed."""
    costs = [cost_of_carrying(rates, *(table[:, [seed]] for table in (small, large, test)), factor)
             for seed in range(test.shape[1])]
    return np.concatenate(costs)


def _sorted_alone(rates, small, large, test, factor):
    return cost_of_carrying(np.sort(rates), small, large, test, factor)


def _lost_in_validation(rates, small, large, test, factor):
    rates = np.asarray(rates)
    carried = np.abs(np.log(rates / (rates[_lowest(small)] * factor))).argmin()
    return np.where(np.isnan(large[carried]) | np.isnan(test[carried]), np.inf, test[carried]) - test[_lowest(large)]


def _by_index(rates, small, large, test, factor):
    """Takes the grid for one that ascends by factors of two."""
    k = int(np.clip(_lowest(small) + round(np.log2(factor)), 0, len(rates) - 1))
    return np.where(np.isnan(test[k]), np.inf, test[k]) - test[_lowest(large)]


def _way_to_table(lr, batch, sizes, critical):
    ratios = ", ".join(f"{min(size, critical) / min(batch, critical):.4g}" for size in sizes)
    return f"The sizes there count as {ratios} times the tuned one."


def _way_to_multipliers(shape, base, optimizer):
    n = shape[1] / base[1] if len(shape) == 2 else 1.0
    return f"There the outputs are {shape[0] / base[0]:.4g} times as many, the inputs {n:.4g} times."


def _way_to_cost(rates, small, large, test, factor):
    rates = np.asarray(rates)
    carried = rates[_lowest(small)] * factor
    return (f"The small problem's own rate there is {rates[_lowest(small)]:.4g}, times the factor {carried:.4g}; the "
            f"large problem's own is {rates[_lowest(large)]:.4g}.")


_RATES = np.array([0.01, 0.02, 0.04, 0.08, 0.16])
_SMALL = np.array([[5.0, 4.0, 6.0], [2.0, 2.2, 1.8], [2.5, 1.9, 2.4], [4.0, 4.5, 4.1], [7.0, 6.0, 8.0]])
_LARGE = np.array([[3.0, 3.3, 3.1], [1.2, 1.4, 2.6], [1.5, 1.45, 1.6], [2.6, 2.2, 2.5], [5.0, 5.5, 6.5]])
_TEST = np.array([[3.2, 3.4, 3.3], [1.4, 1.5, 1.45], [1.5, 1.7, 1.6], [2.9, 2.4, 2.2], [5.3, 5.2, 6.1]])


def _lost(table, *cells):
    """A copy with nan in these cells."""
    table = table.copy()
    for cell in cells:
        table[cell] = np.nan
    return table


_MIXED = np.array([3, 0, 4, 1, 2])
_THIRDS, _UNEVEN = np.array([0.01, 0.03, 0.1, 0.3, 1.0]), np.array([0.01, 0.02, 0.2, 0.3, 1.0])
_OCTAVES = 0.01 * 2.0 ** np.arange(6)
_WAYS = np.array([[1.0, 1.0, 3.4, 1.9, 5.0], [1.5, 1.5, 1.5, 4.0, 4.0],  # best in most seeds; the lowest median
                  [1.9, 1.9, 2.0, 2.1, 2.1], [6.0, 6.0, 6.0, 6.0, 0.5],  # the lowest mean; the lowest loss of all
                  [0.8, 2.0, 2.2, 2.6, 2.6], [2.03] * 5])  # the lowest geometric mean; the least spread
_TURNED = np.array([2, 3, 1, 0, 5, 4])
_JUDGED = np.array([[1.9, 2.1, 2.3, 2.0, 2.2], [3.1, 3.4, 3.0, 3.3, 3.2], [2.5, 2.9, 2.6, 2.7, 2.8],
                    [4.4, 4.1, 4.2, 4.5, 4.3], [3.9, 3.6, 3.5, 3.7, 3.8], [5.2, 5.5, 5.1, 5.3, 5.4]])


def _some_batches(rng):
    """Up to 60 sizes, some twice, many to one side of the critical one or just there."""
    batch = whole(rng, 1, 5000)
    sizes = [whole(rng, 1, 50_000) for _ in range(whole(rng, 1, 60))]
    critical = (whole(rng, 1, 20_000), rng.choice(sizes).item(), batch, round(rng.uniform(1, 9000), 1),
                1e9)[rng.integers(5)]
    return scale(rng, 1e-6, 10), batch, [*sizes, *rng.choice([*sizes, batch, 1], rng.integers(3)).tolist()], critical


def _some_shapes(rng):
    """A matrix or a bias, of up to 5,000 outputs and inputs; either may stay, or change by one alone."""
    base = tuple(whole(rng, 1, 5000) for _ in range(2 if rng.random() < 0.8 else 1))
    shape = tuple((size, whole(rng, 1, 5000), size + 1, max(size - 1, 1), 2 * size)[rng.choice(5, p=[
        0.4, 0.3, 0.1, 0.1, 0.1])] for size in base)
    return shape, base, str(rng.choice(["adam", "sgd"]))


def _some_tables(rng):
    """Up to 12 rates and seeds, in any order, with seeds on levels of their own; no choice between two is close."""
    while True:
        n, seeds = whole(rng, 1, 12), whole(rng, 1, 12)
        rates = rng.permutation(digits(scale(rng, 1e-5, 10) * np.cumprod(rng.uniform(1.2, 4, n))))
        valley = scale(rng, 0.01, 1) * abs(np.log(rates / rng.choice(rates)))[:, None]
        level = 10.0 ** rng.uniform(-1, 1, seeds) if rng.random() < 0.6 else rng.choice([0.0, -3.0])
        size = float(10.0 ** rng.integers(-3, 4))
        small, large, test = (size * digits(level * (1 + rng.normal(size=(n, seeds)) / 2) + valley
                                            + rng.random((n, seeds))) for _ in range(3))
        for table in (small, large, test):
            table[rng.random((n, seeds)) < rng.choice([0, 0.4 / seeds])] = np.nan
        factor = (scale(rng, 0.01, 100), 1.0, int(rng.integers(2, 9)))[rng.integers(3)]
        if (all(np.isfinite(table).all(axis=1).any() and _apart(table.mean(axis=1)) for table in (small, large))
                and _apart(abs(np.log(rates / (rates[_lowest(small)] * factor)))) and not
                np.isnan(test[_lowest(large)]).any()):
            return rates, small, large, test, factor


def _apart(values):
    """Whether the two lowest differ by more than rounding."""
    first, *rest = np.sort(values[np.isfinite(values)])
    return not rest or rest[0] - first > 1e-3 * abs(rest[0])


EXERCISES = [
    Exercise(
        id="rate-table",
        title="a rate for every batch",
        reference=rate_table,
        on_the_way=_way_to_table,
        why="One ratio serves all three rules: they are the powers 1, 1/2 and 0 of it.",
        hints=(
            "How many times as large is a batch as the tuned one? All three rules need that number k, and nothing "
            "else.",
            "Linear: lr · k. Square root: lr · k ** 0.5. The third: lr.",
            "`min(size, critical)` is what a batch counts as. The tuned batch is cut in the same way, before the "
            "division.",
        ),
        probes=((0.1, 32, [8, 128], 1000), (0.3, 16, [16, 48, 4, 2], 4096), (0.05, 10, [20, 200, 5000, 300], 200),
                (0.02, 500, [1000, 50, 100, 2000], 100), (0.7, 64, [7], 1e9), (0.4, 256, [1024, 8], 64),
                (0.25, 8, [9, 90], 30), (0.6, 12, [48, 3, 48], 96)),
        further=((1, 32, [8, 48], 1000),
                 (1e-4, 2, [2**k for k in range(20)], 1e9), (1e-3, 1, [10**k for k in range(8)], 10**6),
                 (0.2, 4096, [1, 3, 4095, 4096, 4097], 4096), (0.3, 5, [5, 7], 1),
                 (0.3, 3, [5, 7], 2), (1e-6, 1000, [1, 4], 5000), (0.5, 3, list(range(1, 800)), 600)),
        draw=_some_batches,
        corners={"smaller batch": [0, 1, 3, 4, 5, 7], "Batches larger than": [2, 3, 5, 6],
                 "the one that lr was tuned with": [3, 5]},
        mistakes=(
            (_table(ratio=lambda size, batch, critical: size / batch),
             "The critical size does not come in: batches beyond it should count as if they were of that size."),
            (_table(ratio=lambda size, batch, critical: min(size, critical) / batch),
             "The sizes are cut at the critical one, the batch that lr was tuned with is not."),
            (_table(ratio=lambda size, batch, critical: min(size / batch, critical)),
             "`critical` is a number of examples, and the ratio is compared with it. Cut both sizes before you "
             "divide."),
            (_table(ratio=lambda size, batch, critical: batch / size if max(size, batch) <= critical else
                    min(batch, critical) / min(size, critical)),
             "The ratio is upside down: up to the critical size, the first two rules should raise the rate with the "
             "batch."),
            (_table(ratio=lambda size, batch, critical: max(1.0, min(size, critical) / min(batch, critical))),
             "A smaller batch keeps the rate here. The rules go down as well as up."),
            (_table(row=lambda lr, k: [lr * k**0.5, lr * k, lr]),
             "The columns should be in this order: linear, square root, the rate as it is."),
            (_table(row=lambda lr, k: [lr * k, (lr * k) ** 0.5, lr]),
             "The root is taken of the rate, too. Only the ratio stands under it: lr · √k."),
            (_table(row=lambda lr, k: [lr * k, lr * k**2, lr]),
             "The second column has the square of the ratio, not its root."),
            (_table(row=lambda lr, k: [lr * k, lr * k / 2, lr]),
             "The second column is half of the first. It should have the root of the ratio: k ** 0.5."),
            (_table(row=lambda lr, k: [lr * k, lr * k**0.5, 0.0]),
             "By the third rule the rate stays what it is; here it is 0."),
            (_table(row=lambda lr, k: [k, k**0.5, 1.0]),
             "Those are the factors. Multiply lr by them."),
            (_table(row=lambda lr, k: [lr * k, lr * k**0.5]),
             "The third column is missing: the rate as it is."),
            (_table(row=lambda lr, k: [lr + k, lr + k**0.5, lr]),
             "The ratio is added to lr. The rules multiply."),
            (_table(row=lambda lr, k: [lr * k, lr * np.log2(k) if k > 0 else lr, lr]),
             "The second column has a logarithm of the ratio, not its root."),
            (_chained, "Each size goes on from the rate of the size before it. All should start from lr at `batch`."),
            (lambda lr, batch, sizes, critical: rate_table(lr, batch, list(dict.fromkeys(sizes)), critical),
             "A size that comes twice has one row here. Each entry of sizes should have its own."),
            (_columns, "The table lies on its side: it should have a row for each size, a column for each rule."),
        ),
    ),
    Exercise(
        id="width-multipliers",
        title="maximal-update multipliers",
        reference=multipliers,
        on_the_way=_way_to_multipliers,
        parts=("the start's multiplier", "the rate's multiplier"),
        why="Only two ratios decide: by how much the outputs and the inputs of this one parameter have grown. The "
            "package `mup` finds them in the same way, from two shapes.",
        hints=(
            "First two numbers: k = shape[0] / base[0], and n, the same for the inputs. Which parameters have no "
            "inputs?",
            "The rate is a fraction of the two. For the start ask whether the outputs are as many as they were.",
            "`n = shape[1] / base[1] if len(shape) == 2 else 1.0`; start `n ** -0.5` where shape[0] == base[0], else "
            "1; rate 1 / n or k / n.",
        ),
        probes=(((10, 128), (10, 32), "adam"), ((128, 128), (32, 32), "adam"), ((128, 64), (32, 64), "adam"),
                ((128,), (32,), "adam"), ((10, 512), (10, 32), "sgd"), ((512, 64), (32, 64), "sgd"),
                ((96,), (32,), "sgd"), ((96, 96), (32, 32), "sgd"), ((8, 8), (32, 32), "adam"),
                ((10, 8), (10, 32), "sgd"),
                ((10,), (10,), "sgd"), ((300, 100), (50, 20), "sgd"), ((300, 100), (50, 20), "adam"),
                ((8, 64), (32, 64), "sgd"), ((10,), (10,), "adam"), ((3, 48), (3, 16), "adam")),
        further=(((50304, 256), (50257, 64), "sgd"),
                 ((50, 40), (40, 10), "sgd"), ((48, 20), (32, 16), "adam"), ((33, 20), (32, 10), "sgd"),
                 ((31, 10), (32, 20), "adam"), ((24,), (16,), "sgd"), ((9,), (16,), "sgd"), ((1, 64), (1, 16), "sgd"),
                 ((1,), (1,), "adam"), ((64, 64), (64, 16), "adam"), ((10, 8192), (10, 32), "adam"),
                 ((4096, 8192), (64, 32), "sgd"), ((4, 2), (512, 1024), "adam"), ((10, 2), (10, 1024), "sgd"),
                 ((10, 1), (10, 4), "adam"),
                 ((8, 32), (32, 64), "sgd"), ((8, 128), (32, 64), "sgd"), ((64, 16), (32, 32), "sgd")),
        draw=_some_shapes,
        corners={"A bias": [3, 6, 10, 14], "narrower": [8, 9, 13], "the outputs stay as they are": [4, 9, 15]},
        mistakes=(
            (_factors(adam=lambda k, n: k / n, sgd=lambda k, n: 1 / n),
             "The rates of Adam and SGD are exchanged: it should be 1/n for \"adam\", k/n for \"sgd\"."),
            (_factors(sgd=lambda k, n: 1 / n),
             "\"sgd\" has the rate of \"adam\" here. Its rate also grows with the outputs: k/n."),
            (_factors(adam=lambda k, n: k / n),
             "\"adam\" has the rate of \"sgd\" here. Adam divides by the size of the gradient, so that only the inputs "
             "count: 1/n."),
            (_factors(adam=lambda k, n: n, sgd=lambda k, n: n / k),
             "The rates are upside down: the more inputs add up, the smaller the steps of each weight should be."),
            (_factors(adam=lambda k, n: 1.0, sgd=lambda k, n: 1.0),
             "All parameters have the whole rate here, as in the standard parametrization."),
            (_factors(adam=lambda k, n: n**-0.5, sgd=lambda k, n: k * n**-0.5),
             "The rate has a root. That belongs to the start; the rate should be divided by n itself."),
            (_factors(start=lambda k, n: 1.0),
             "The start is never changed. Where the outputs stay as they are, it should be multiplied by 1/√n."),
            (_factors(start=lambda k, n: n**-0.5),
             "The start is changed wherever the inputs grow. In a hidden matrix, where the outputs grow too, it should "
             "stay."),
            (_factors(start=lambda k, n: 1 / n if k == 1 else 1.0),
             "The start of the last matrix is divided by n. The standard start has 1/√n in it already: only another "
             "1/√n is missing."),
            (_factors(start=lambda k, n: n**0.5 if k == 1 else 1.0),
             "The start of the last matrix is multiplied by √n here. It should be divided by it."),
            (_factors(start=lambda k, n: n**-0.5 if k != 1 else 1.0),
             "The start is changed where the outputs change. It should be where they stay as they are."),
            (_factors(growth=_inputs_first),
             "The axes are exchanged: a matrix has the shape (outputs, inputs)."),
            (_factors(growth=_bias_as_inputs),
             "A bias is treated as if its outputs were inputs. It has none that could grow: n = 1."),
            (_factors(growth=_only_wider),
             "A narrower network is treated as one of the same width. The ratios may lie below 1."),
            (_factors(growth=lambda shape, base: (base[0] / shape[0], base[1] / shape[1] if len(shape) == 2 else 1.0)),
             "The ratios are upside down: they should be new shape over base shape."),
            (_factors(growth=lambda shape, base: (float(shape[0]), float(shape[1]) if len(shape) == 2 else 1.0)),
             "The sizes themselves are taken; the ratios to the base shape are asked for."),
            (_swapped, "The pair is the wrong way round: the start should come first, then the rate."),
        ),
    ),
    Exercise(
        id="cost-of-carrying",
        title="what a carried rate costs",
        reference=cost_of_carrying,
        on_the_way=_way_to_cost,
        why="Validation data choose both rates, test data judge them, and the subtraction goes seed by seed, so that "
            "an interval can be taken of it.",
        hints=(
            "Three rates are in play: the small problem's own, the carried one, the large problem's own. Which table "
            "chooses which?",
            "`np.where(np.isnan(losses).any(axis=1), np.inf, losses.mean(axis=1)).argmin()` is a problem's own rate, "
            "by its index.",
            "Nearest on a log scale: `np.abs(np.log(rates / wanted)).argmin()`. Then test[carried] minus test[own], "
            "with infinity for a nan of the first.",
        ),
        further=((1e-9 * _RATES, _SMALL, _LARGE, _TEST, 4.0),
                 (np.array([1e-9, 1e-8]), np.array([[1.0], [3.0]]), np.array([[2.0], [1.0]]),
                  np.array([[5.0], [7.0]]), 3.5)),
        probes=((np.array([0.1, 0.2, 0.4]), np.array([[3.0], [1.0], [2.0]]), np.array([[1.0], [2.0], [3.0]]),
                 np.array([[5.0], [6.0], [8.0]]), 2),
                (_RATES, _SMALL, _LARGE, _TEST, 4.0), (_RATES, _SMALL, _LARGE, _TEST, 0.5),
                (_RATES, _SMALL, _LARGE, _TEST, 3.5), (_RATES, _SMALL, _LARGE, _TEST, 1.0),
                (_RATES[_MIXED], _SMALL[_MIXED], _LARGE[_MIXED], _TEST[_MIXED], 2.0),
                (_RATES, _lost(_SMALL, (1, 0)), _LARGE, _TEST, 2.0),
                (_RATES, _SMALL, _lost(_LARGE, (1, 2)), _TEST, 2.0),
                (_RATES, _SMALL, _LARGE, _lost(_TEST, (4, 0), (4, 2)), 8.0),
                (_RATES, _lost(_SMALL, (4, 0), (4, 1)), _lost(_LARGE, (3, 1), (4, 0)), _lost(_TEST, (3, 1)), 4.0),
                (_RATES, _SMALL, _LARGE, _TEST, 100.0),
                (_RATES[_MIXED], _SMALL[_MIXED], _LARGE[_MIXED], _TEST[_MIXED], 5.7),
                (_OCTAVES, _WAYS, _WAYS[_TURNED], _JUDGED, 2.0), (_RATES, _SMALL, _LARGE, _TEST, 1.3),
                (_RATES, _SMALL, _lost(_LARGE, (3, 1)), _TEST, 4.0),
                (_RATES, _lost(_SMALL, (2, 0)), _LARGE, _TEST, 2.0),
                (_RATES, _SMALL, _lost(_LARGE, (1, 0)), _TEST, 4.0), (_UNEVEN, _SMALL, _LARGE, _TEST, 4.0),
                (_THIRDS, _SMALL, _LARGE, _TEST, 1.6)),
        corners={"in any order": [5, 11], "nearest rate of the grid": [3, 10, 11, 13, 17, 18],
                 "nobody's own rate": [6, 7, 9, 15, 16], "costs infinity": [8, 9], "diverges on the test data": [8, 14],
                 "lowest mean": [12]},
        draw=_some_tables,
        mistakes=(
            (_costs(large=lambda large, test: test),
             "The large problem's own rate is chosen on test data. Validation data choose, test data judge."),
            (_costs(factor=lambda factor: 1.0), "The rate is carried as it is: the factor does not come in."),
            (_costs(factor=lambda factor: 1 / factor),
             "The carried rate is divided by the factor instead of multiplied."),
            (_costs(cost=lambda test, carried, own: test[own] - np.where(np.isnan(test[carried]), np.inf,
                                                                       test[carried])),
             "The sign is wrong: a carried rate that does worse costs something, a number above 0."),
            (_costs(cost=lambda test, carried, own: np.where(np.isnan(test[carried]), np.inf, test[carried])),
             "That is the loss at the carried rate. Its cost is what it has above the loss at the own rate."),
            (_costs(cost=lambda test, carried, own: test[carried] - test[own]),
             "A carried rate that diverged costs nan here. It should cost infinity."),
            (_costs(cost=lambda test, carried, own: np.nan_to_num(test[carried], nan=0.0) - test[own]),
             "A run that diverged counts as a loss of 0. It should cost infinity."),
            (_costs(nearest=lambda rates, lr: np.abs(rates - lr).argmin()),
             "The nearest rate is sought on the plain scale. Rates are compared by their ratio: on a log scale."),
            (_costs(nearest=lambda rates, lr: np.where(rates <= lr * 1.001, rates, -np.inf).argmax()),
             "Within the grid the carried rate is rounded down. Take the nearest one, whichever side it lies on."),
            (_costs(own=lambda losses: np.where(np.isnan(losses).all(axis=1), np.inf,
                                                np.nanmean(np.where(np.isnan(losses).all(axis=1, keepdims=True), 1e9,
                                                                    losses), axis=1)).argmin()),
             "Runs that diverged are left out of the mean, so that a rate with one can win. Such a rate is nobody's "
             "own."),
            (_costs(own=lambda losses: losses.mean(axis=1).argmin()),
             "`argmin` takes a nan for the smallest number: a rate that diverged is chosen."),
            (_costs(own=_most_often),
             "The rate that is best under the largest number of seeds is chosen. The one with the lowest mean is asked "
             "for."),
            (_costs(own=lambda losses: np.where(np.isnan(losses).any(axis=1), -np.inf, losses.mean(axis=1)).argmax()),
             "The highest mean loss is chosen. A loss is better the lower it is."),
            (_costs(small=lambda small, large: large),
             "Both rates are chosen on the large problem. The carried one comes from the small one."),
            (_costs(cost=lambda test, carried, own: float(np.mean(np.where(np.isnan(test[carried]), np.inf,
                                                                         test[carried]) - test[own]))),
             "The mean over the seeds is handed back. Each seed's cost is asked for: an interval needs them."),
            (_costs(own=lambda losses: np.where(np.isnan(losses).any(axis=1), np.inf,
                                                np.median(losses, axis=1)).argmin()),
             "The rate with the lowest median is chosen. The one with the lowest mean is asked for."),
            (_costs(own=lambda losses: np.where(np.isnan(losses).any(axis=1), np.inf, losses.min(axis=1)).argmin()),
             "The rate of the lowest single loss is chosen. The one with the lowest mean is asked for."),
            (_costs(own=lambda losses: losses[~np.isnan(losses).any(axis=1)].mean(axis=1).argmin()),
             "The rows with a run that diverged are taken out, and what comes out counts the rows that are left. Among "
             "all rates that index may be another one's."),
            (_each_its_own,
             "Each seed has rates of its own here. The mean over the seeds should choose one own rate for all of "
             "them."),
            (_costs(own=lambda losses: np.nan_to_num(losses).mean(axis=1).argmin()),
             "In the mean a run that diverged counts as a loss of 0, so that a rate with one can win. Such a rate is "
             "nobody's own."),
            (_costs(cost=lambda test, carried, own: np.maximum(
                np.where(np.isnan(test[carried]), np.inf, test[carried]) - test[own], 0.0)),
             "The cost is never below 0 here. On test data the carried rate may do better than the own one."),
            (_costs(cost=lambda test, carried, own: (np.inf if np.isnan(test[carried]).any() else test[carried])
                    - test[own]),
             "One run that diverged makes the cost of all seeds infinite. It should be infinite for that seed only."),
            (_costs(nearest=lambda rates, lr: np.where(rates >= lr * 0.999, -rates, -np.inf).argmax()
                if (rates >= lr * 0.999).any() else rates.argmax()),
             "Within the grid the carried rate is rounded up. Take the nearest one, whichever side it lies on."),
            (_sorted_alone,
             "The rates are sorted and the tables are not, so that their rows may belong to other rates."),
            (_lost_in_validation,
             "A cost is infinite where the run diverged on validation data. Only the test data should decide on that."),
            (_by_index,
             "The factor is turned into places on the grid, as if its rates ascended by factors of two. Look for the "
             "carried rate among the rates."),
        ),
    ),
]

QUIZZES = [
    Quiz("batch-rule", "The batch is to become sixteen times as large, the number of epochs stays. Somebody multiplies "
         "the rate by sixteen, since \"the linear rule is proven\". What was measured here?", (
        Option("It is right for every optimizer, once there is a warmup.",
               "The rule has a place: small batches, where the weights hardly move in k steps. Nothing here had a "
               "warmup, and Adam followed the square root.", origin="A common belief"),
        Option("For SGD it came near between the smallest batches at best; beyond, the same factor cost all of the "
               "gain. For Adam the square root cost less on two of three problems.",
               "SGD's mean power was below 1 between the smallest batches, too, and near 0 between the largest on two "
               "of three problems.",
               right=True),
        Option("It is never right: a rate does not depend on the batch.",
               "At equally many steps keeping it cost next to nothing. At equally many epochs a larger batch has "
               "fewer steps, and for Adam a higher rate made up for some of them.", origin="A common belief"),
        Option("It is right for Adam, but not for SGD.",
               "It cost Adam little, where it cost SGD everything. But on two of three problems the square root cost "
               "Adam less."),
    )),
    Quiz("maximal-update", "What did the maximal-update parametrization achieve here?", (
        Option("Wide networks become better than tuned ones in the standard parametrization.",
               "Each at its own best rate, they were behind on one problem and ahead on two. Carrying a rate is one "
               "thing, the best loss another.", origin="A common belief"),
        Option("The best rate of a narrow network was also that of a wide one, at a regret near 0.",
               "That is its promise, and it was kept at these widths. Without tuning in large, that is what counts.",
               right=True),
        Option("The rate no longer matters.",
               "It matters as before: the basin has its place, and the place hardly moves with the width."),
        Option("All layers get the same rate.",
               "They do in the standard parametrization. Here hidden and output matrices get a share that falls with "
               "the width."),
    )),
    Quiz("decay-product", "AdamW: the rate is made four times as large. By the rule \"rate times decay is constant\" "
         "the decay becomes a quarter. What did the table here say of the rule?", (
        Option("It holds, since AdamW takes the share rate × decay in each step.",
               "The share is so. But the best decay did not fall in proportion under any of the four conditions.",
               origin="A common belief"),
        Option("Decay and rate are two knobs: under every schedule and length the best decay is the same at all rates.",
               "In long runs that was near the truth. In short ones the best decay rose with the rate.",
               origin="A claim of the first paper on AdamW"),
        Option("It did not hold: keeping the decay cost less than a quarter of it did, surely so under three of "
               "four conditions. And how the best decay moved depended on schedule and length.",
               "So measure at your own length, with your own schedule; and if you must carry, carry the decay.",
               right=True),
        Option("The best decay is zero at every rate.",
               "With a fifth of the labels drawn by chance, decay lowered the loss, but for the lowest rate in short "
               "runs."),
    )),
]
