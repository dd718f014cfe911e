"""Exercises and questions of notebook 02: a mini-batch gradient, a layer's backward pass, the loop, counting steps."""

import math

import numpy as np

from .draws import numbers, scale, whole
from .quizzes import Option, Quiz
from .tasks import Exercise
from .values import show


def minibatch_gradient(w, x, y, rows):
    """The gradient of the mean of ½ (x·w − y)² over the examples in rows.

    x has shape (n, d), y (n,), w (d,); rows is an array of row numbers,
    of any length, in which a number may occur more than once. The answer has
    shape (d,). For w = [1.0], x = [[5.0], [2.0]], y = [0.0, 1.0] and rows = [1],
    as arrays, it is [2.0].
    """
    error = x[rows] @ w - y[rows]
    return x[rows].T @ error / len(rows)


def layer_backward(x, W, g):
    """What the layer z = x @ W.T + b passes back: gradients by x, W and b.

    x has shape (B, inputs), W (outputs, inputs) and b (outputs,); g, of shape
    (B, outputs), is the gradient of the mean loss by z. The answer is a triple:
    by x, by W, by b. For x = [[3.0]], W = [[2.0]] and g = [[1.0]], as arrays, it
    is [[2.0]], [[3.0]], [1.0].
    """
    return g @ W, g.T @ x, g.sum(axis=0)


def training_loop(w, gradient, x, y, orders, batch_size, lr):
    """The weights after one step of gradient descent for each batch of each epoch.

    gradient(w, x, y) is the gradient of the mean loss of the examples x, y.
    orders has an entry for each epoch, an array: all row numbers, in the order
    in which they come. Each batch takes the next batch_size of them; the last
    batch of an epoch may be smaller. If gradient(w, x, y) is always w, two
    epochs of two rows each, with batch_size 1 and lr 0.5, turn 16 into 1.
    """
    for order in orders:
        for start in range(0, len(order), batch_size):
            rows = order[start:start + batch_size]
            w = w - lr * gradient(w, x[rows], y[rows])
    return w


def locate_step(step, n, batch_size):
    """The epoch of a step, the batch within it, and how many examples it holds.

    step, epoch and batch count from 0; n examples come in batches of
    batch_size, the last of each epoch perhaps smaller. The answer is a triple
    of whole numbers. locate_step(5, 6, 2) gives (1, 2, 2).
    """
    batches = math.ceil(n / batch_size)
    epoch, batch = divmod(step, batches)
    return epoch, batch, min(batch_size, n - batch * batch_size)


def _on(rows_of):
    """A mistake in which examples are looked at; rows_of takes rows and the number of examples."""
    return lambda w, x, y, rows: minibatch_gradient(w, x, y, rows_of(rows, len(y)))


def _sliced(w, x, y, rows):
    return x[rows].T @ (x[rows] @ w - y[rows])


def _scaled(factor):
    """A mistake in the size of the gradient; factor takes x and rows."""
    return lambda w, x, y, rows: factor(x, rows) * minibatch_gradient(w, x, y, rows)


def _loop(step, epochs=lambda orders: orders, order=lambda order: order, last=lambda n, size: n):
    """A mistake in the loop: step(w, gradient, x, y, rows, lr, size) gives the new weights."""
    def wrong(w, gradient, x, y, orders, batch_size, lr):
        for one in epochs(orders):
            one = order(one)
            for start in range(0, last(len(one), batch_size), batch_size):
                w = step(w, gradient, x, y, one[start:start + batch_size], lr, batch_size)
        return w
    return wrong


def _right(w, gradient, x, y, rows, lr, size):
    return w - lr * gradient(w, x[rows], y[rows])


def _labels_left_behind(w, gradient, x, y, orders, batch_size, lr):
    for order in orders:
        for start in range(0, len(order), batch_size):
            rows = order[start:start + batch_size]
            w = w - lr * gradient(w, x[rows], y[start:start + batch_size])
    return w


def _inputs_left_behind(w, gradient, x, y, orders, batch_size, lr):
    for order in orders:
        w = training_loop(w, gradient, x, y[order], [np.arange(len(order))], batch_size, lr)
    return w


def _gradient_kept(epochwise):
    def wrong(w, gradient, x, y, orders, batch_size, lr):
        g = 0.0
        for order in orders:
            g = 0.0 if epochwise else g
            for start in range(0, len(order), batch_size):
                rows = order[start:start + batch_size]
                g = g + gradient(w, x[rows], y[rows])
                w = w - lr * g
        return w
    return wrong


def _weights_of_the_epoch(w, gradient, x, y, orders, batch_size, lr):
    for order in orders:
        old = w
        for start in range(0, len(order), batch_size):
            rows = order[start:start + batch_size]
            w = w - lr * gradient(old, x[rows], y[rows])
    return w


def _one_step_an_epoch(w, gradient, x, y, orders, batch_size, lr):
    for order in orders:
        for start in range(0, len(order), batch_size):
            rows = order[start:start + batch_size]
            g = gradient(w, x[rows], y[rows])
        w = w - lr * g
    return w


def _afresh_each_epoch(w, gradient, x, y, orders, batch_size, lr):
    return training_loop(w, gradient, x, y, orders[-1:], batch_size, lr)


def _sliding(w, gradient, x, y, orders, batch_size, lr):
    for order in orders:
        for start in range(math.ceil(len(order) / batch_size)):
            rows = order[start:start + batch_size]
            w = w - lr * gradient(w, x[rows], y[rows])
    return w


def _filled_up(w, gradient, x, y, orders, batch_size, lr):
    for order in orders:
        for start in range(0, len(order), batch_size):
            rows = np.resize(np.roll(order, -start), batch_size)
            w = w - lr * gradient(w, x[rows], y[rows])
    return w


def _first_gradient(w, gradient, x, y, orders, batch_size, lr):
    first = w
    for order in orders:
        for start in range(0, len(order), batch_size):
            rows = order[start:start + batch_size]
            w = w - lr * gradient(first, x[rows], y[rows])
    return w


def _cut(batches):
    """A mistake in cutting an order into batches; batches takes the order and the batch size."""
    def wrong(w, gradient, x, y, orders, batch_size, lr):
        for order in orders:
            for rows in batches(order, batch_size):
                w = _right(w, gradient, x, y, rows, lr, batch_size)
        return w
    return wrong


def _split(number):
    return _cut(lambda order, size: np.array_split(order, number(len(order), size)))


_by_whole_epochs = _cut(lambda order, size: [order])
_by_single_examples = _cut(lambda order, size: [order[k:k + 1] for k in range(len(order))])


def _across_epochs(w, gradient, x, y, orders, batch_size, lr):
    return training_loop(w, gradient, x, y, [np.concatenate(orders)], batch_size, lr)


def _orders_on_orders(w, gradient, x, y, orders, batch_size, lr):
    for order in orders:
        x, y = x[order], y[order]
        w = training_loop(w, gradient, x, y, [np.arange(len(order))], batch_size, lr)
    return w


def _each_from_the_start(w, gradient, x, y, orders, batch_size, lr):
    size = len(orders[-1])
    last = orders[-1][(size - 1) // batch_size * batch_size:]
    return training_loop(w, gradient, x, y, [last], batch_size, lr)


def _left_in_the_batch(w, gradient, x, y, orders, batch_size, lr):
    rows = []
    for order in orders:
        for k, row in enumerate(order):
            rows.append(row)
            if len(rows) >= batch_size or k == len(order) - 1:
                w = _right(w, gradient, x, y, rows, lr, batch_size)
            if len(rows) >= batch_size:
                rows = []
    return w


def _mean_of_the_batches(w, gradient, x, y, orders, batch_size, lr):
    for order in orders:
        starts = range(0, len(order), batch_size)
        w = w - lr * np.mean([gradient(w, x[order[k:k + batch_size]], y[order[k:k + batch_size]]) for k in starts],
                             axis=0)
    return w


def _with_momentum(w, gradient, x, y, orders, batch_size, lr):
    velocity = 0.0
    for order in orders:
        for start in range(0, len(order), batch_size):
            rows = order[start:start + batch_size]
            velocity = 0.9 * velocity + gradient(w, x[rows], y[rows])
            w = w - lr * velocity
    return w


def _along(w, gradient, x, y, orders, batch_size, lr):
    """The weights after every step."""
    points = []
    for order in orders:
        for start in range(0, len(order), batch_size):
            w = _right(w, gradient, x, y, order[start:start + batch_size], lr, batch_size)
            points.append(w)
    return points


def _with_rates_falling(w, gradient, x, y, orders, batch_size, lr):
    for k, order in enumerate(orders):
        w = training_loop(w, gradient, x, y, [order], batch_size, lr / (k + 1))
    return w


def _held(number):
    """A mistake in how many examples the batch holds; number takes batch, n and batch_size."""
    def wrong(step, n, B):
        epoch, batch, _ = locate_step(step, n, B)
        return epoch, batch, number(batch, n, B)
    return wrong


def _batches(n, batch_size):
    return math.ceil(n / batch_size)


def _way_to_the_first_step(w, gradient, x, y, orders, batch_size, lr):
    rows = orders[0][:batch_size]
    return (f"The first batch holds the rows `{show(rows)}`, and leads to "
            f"`{show(_right(w, gradient, x, y, rows, lr, batch_size))}`.")


def _squares(w, x, y):
    """gradient of the mean of ½ (x·w − y)²"""
    return x.T @ (x @ w - y) / len(y)


def _itself(w, x, y):
    """w"""
    return +w  # a new array


def _logistic(w, x, y):
    """gradient of the mean of log(1 + exp(−y x·w))"""
    return -x.T @ (y / (1 + np.exp(y * (x @ w)))) / len(y)


_RNG = np.random.default_rng(2)
_X, _Y = _RNG.normal(size=(7, 3)).round(2), _RNG.normal(size=7).round(2)
_W = np.array([0.5, -1.5, 2.0])
_ORDERS = tuple(_RNG.permutation(7) for _ in range(3))
_SIGNS = np.array([1.0, -1.0, -1.0, 1.0, 1.0, -1.0, 1.0])


def _layer(batch, inputs, outputs):
    return tuple(_RNG.normal(size=shape).round(2) for shape in ((batch, inputs), (outputs, inputs), (batch, outputs)))


def _some_batch(rng):
    """Up to 60 examples and a batch of up to 80 of them, so that many occur more than once; some are large or small."""
    n, d, size = whole(rng, 1, 60), whole(rng, 1, 5), whole(rng, 1, 80)
    w, x, y = numbers(rng, d), numbers(rng, n, d), numbers(rng, n)
    by_x, by_y = 10.0 ** rng.choice([-2, 0, 0, 2], 2)
    return w * by_y, x * by_x, y * by_x * by_y, rng.integers(0, n, size)


def _some_layer(rng):
    """A batch of up to 60 through a layer of up to 12 inputs and outputs, often two or all three of them equal."""
    batch, inputs, outputs = whole(rng, 1, 60), whole(rng, 1, 12), whole(rng, 1, 12)
    batch = inputs if rng.random() < 0.3 else batch
    outputs = inputs if rng.random() < 0.3 else outputs
    return numbers(rng, batch, inputs), numbers(rng, outputs, inputs), numbers(rng, batch, outputs)


def _some_epochs(rng):
    """Up to 8 epochs over up to 12 examples, of which some are nothing but zeros; the weights may be large."""
    n, d = whole(rng, 1, 12), whole(rng, 1, 4)
    x = rng.normal(size=(n, d)).round(2) * (rng.random((n, 1)) > 0.2)
    gradient = (_squares, _logistic)[rng.integers(2)]
    y = rng.normal(size=n).round(2) if gradient is _squares else rng.choice([-1.0, 1.0], n)
    orders = tuple(rng.permutation(n) for _ in range(whole(rng, 1, 8)))
    w = numbers(rng, d) * 10.0 ** rng.choice([0, 0, 4] if gradient is _squares else [0])
    return w, gradient, x, y, orders, whole(rng, 1, n + 3), scale(rng, 0.01, 0.2)


def _some_place(rng):
    """A step, the first or up to number 30,000, among up to 500 examples, of which one batch may hold all."""
    n = whole(rng, 1, 500) if rng.random() < 0.6 else int(rng.choice([6, 12, 60]))  # some of them several times
    size = whole(rng, 1, n) if rng.random() < 0.7 else n + whole(rng, 1, 20) - 1
    step = (0, whole(rng, 1, 30000) - 1, int(rng.integers(30000)))[rng.integers(3)]
    return step, n, size


EXERCISES = [
    Exercise(
        id="minibatch-gradient",
        title="the gradient of a mini-batch",
        reference=minibatch_gradient,
        why="The gradient of a mean is the mean of the gradients: pick the rows, multiply each error with its "
            "features, and divide by how many there are.",
        hints=(
            "Only the examples in rows take part. `x[rows]` and `y[rows]` pick them, in their order, twice if asked "
            "for twice.",
            "For one example, ½ (x·w − y)² has the gradient (x·w − y) times x: the error times the features.",
            "The errors of the batch are `x[rows] @ w - y[rows]`, and `x[rows].T @ errors` adds up error times "
            "features. By what must the sum be divided?",
        ),
        probes=(
            (np.array([1.0, -1.0]), np.array([[1.0, 2.0], [3.0, 0.0], [0.0, 1.0]]), np.array([0.0, 1.0, 2.0]),
             np.array([2, 0])),
            (_W, _X, _Y, np.array([4, 1, 6])), (_W, _X, _Y, np.array([2])), (_W, _X, _Y, np.array([5, 0, 5, 3])),
            (-_W, _X * [1, 100, 0.1], 50 * _Y, np.array([6, 4, 2, 1, 0])), (0 * _W, _X, _Y, np.array([3, 3, 3])),
            (_W[:1], _X[:, :1], _Y, np.array([1, 0])), (_W, _X, _Y, np.arange(7)[::-1]),
        ),
        on_the_way=lambda w, x, y, rows: (
            f"The errors there are `{show(x[rows] @ w - y[rows])}`; error times features, added up, is "
            f"`{show(_sliced(w, x, y, rows))}`."),
        corners={"may occur more than once": [3, 5], "of any length": [2, 5, 7]},
        further=((np.array([1.0]), np.arange(200.0)[:, None], np.zeros(200), np.arange(200)),),
        whole=((np.array([0.3, -0.7]), np.array([[1, 2], [3, 0], [2, 5]]), np.array([1, 0, 4]), np.array([0, 2])),
               (np.array([1]), np.array([[0.5], [2.0]]), np.array([0.0, 1.0]), np.array([0]))),
        draw=_some_batch,
        mistakes=(
            (_on(lambda rows, n: np.arange(n)),
             "That is the gradient over all examples. Where do the rows come in?"),
            (_scaled(lambda x, rows: len(rows)),
             "That is the sum over the batch, which as a rule grows with its size. The mean does not."),
            (_scaled(lambda x, rows: len(rows) / len(x)),
             "Divided by the number of all examples. How many are in the batch?"),
            (_scaled(lambda x, rows: 2.0),
             "Twice too large: the ½ in the loss cancels the 2 of the square."),
            (_scaled(lambda x, rows: 0.5),
             "Half of it: the ½ of the loss cancels the 2 that comes from the square."),
            (lambda w, x, y, rows: np.full(len(w), minibatch_gradient(w, x, y, rows).mean()),
             "The mean runs over the weights as well, so that every entry is the same. Each weight has a slope of its "
             "own: take the mean over the examples alone."),
            (_scaled(lambda x, rows: np.sqrt(len(rows))),
             "The sum is divided by the root of the number of examples. A mean divides by the number itself."),
            (lambda w, x, y, rows: minibatch_gradient(w, x, y, np.unique(rows)) * len(np.unique(rows)) / len(rows),
             "Right unless a row occurs more than once: each time counts in the number, but its gradient is added up "
             "only once. Is something kept in a place for each row, gradients or counts?"),
            (_on(lambda rows, n: np.arange(rows.min(), rows.max() + 1)),
             "All rows from the smallest to the largest number take part. Only those named should."),
            (lambda w, x, y, rows: x[rows].T @ np.abs(x[rows] @ w - y[rows]) / len(rows),
             "The absolute value takes the sign of each error away. Too high and too low pull different ways."),
            (lambda w, x, y, rows: float(np.mean(x[rows] @ w - y[rows])),
             "That is the mean error, one number. The gradient has one slope for each weight: error times feature."),
            (lambda w, x, y, rows: float(np.mean((x[rows] @ w - y[rows])[:, None] * x[rows])),
             "One mean over examples and weights together. Take it over the examples, axis 0."),
            (lambda w, x, y, rows: np.mean((x[rows] @ w - y[rows])[:, None] * x[rows], axis=1),
             "The mean runs over the weights, which leaves one number for each example. Take it over the examples."),
            (lambda w, x, y, rows: np.sum((x[rows] @ w - y[rows])[:, None] * x[rows], axis=1),
             "The sum runs over the weights, which leaves one number for each example. Average over the examples."),
            (lambda w, x, y, rows: w - minibatch_gradient(w, x, y, rows),
             "Those are weights after a step. Asked for is the gradient alone."),
            (lambda w, x, y, rows: x[rows].T @ (x[rows] * w - y[rows][:, None]) / len(rows),
             "The prediction is a sum, x·w: `x[rows] @ w`, with `@` instead of `*`."),
            (lambda w, x, y, rows: x[rows[-1]] * (x[rows[-1]] @ w - y[rows[-1]]) / len(rows),
             "Only the last example is left, divided by their number: `=` in the place of `+=`?"),
            (_scaled(lambda x, rows: -1.0),
             "The sign is turned round: the error is prediction minus target, x·w − y."),
            (_scaled(lambda x, rows: len(rows) / x.shape[1]),
             "Divided by the number of weights. The mean goes over the examples."),
            (lambda w, x, y, rows: x[rows].T @ (x[rows] @ w - y[: len(rows)]) / len(rows),
             "The targets are taken from the beginning of y: y needs the rows as well."),
            (lambda w, x, y, rows: x[: len(rows)].T @ (x[: len(rows)] @ w - y[rows]) / len(rows),
             "The features are taken from the beginning of x: x needs the rows as well."),
            (_on(lambda rows, n: np.arange(len(rows))),
             "These are the first examples. Which ones were asked for?"),
            (_on(lambda rows, n: np.unique(rows)),
             "Right unless a row occurs more than once. Then it should count each time, in the sum and in the number."),
            (_on(lambda rows, n: rows[:1]),
             "Only the first example of the batch takes part."),
            (_on(lambda rows, n: rows[-1:]),
             "Only the last example of the batch takes part: is something overwritten that should be added up?"),
            (lambda w, x, y, rows: x[rows] * (x[rows] @ w - y[rows])[:, None],
             "That is one gradient for each example. The batch needs their mean."),
            (lambda w, x, y, rows: x[rows].mean(axis=0) * (x[rows] @ w - y[rows]).mean(),
             "The mean of a product is not the product of the means: multiply each error with its own features first."),
            (lambda w, x, y, rows: (x[rows] @ w - y[rows]).mean() * np.ones(len(w)),
             "That is the mean error. How much of it a weight answers for depends on its feature."),
            (lambda w, x, y, rows: ((x[rows] @ w - y[rows]) ** 2).mean() / 2,
             "That is the loss of the batch itself. Asked for is its gradient, one slope for each weight."),
            (lambda w, x, y, rows: x[rows].T @ np.sign(x[rows] @ w - y[rows]) / len(rows),
             "Only the sign of each error is used. With squared errors, a larger one pulls more."),
            (lambda w, x, y, rows: x[rows].T @ (x[rows] @ w) / len(rows),
             "The targets are missing: the error is the prediction minus y."),
            (lambda w, x, y, rows: minibatch_gradient(w, x, y, rows).sum(),
             "The slopes are added up into one number. The gradient keeps one for each weight."),
            (lambda w, x, y, rows: x[rows].mean(axis=0),
             "That is the mean of the features. Each example's features should be multiplied by its error first."),
            (lambda w, x, y, rows: x[rows].T @ (x[rows] @ w - y[rows]) ** 2 / len(rows),
             "The error is squared here. The square belongs to the loss; its slope holds the error itself."),
            (lambda w, x, y, rows: x[rows[1:]].T @ (x[rows[1:]] @ w - y[rows[1:]]) / len(rows),
             "The first example of the batch is left out: a list begins at 0."),
            (lambda w, x, y, rows: x[rows[:-1]].T @ (x[rows[:-1]] @ w - y[rows[:-1]]) / len(rows),
             "The last example of the batch is left out: `range(len(rows))` ends there by itself."),
            (lambda w, x, y, rows: x[rows[0]] * (x[rows[0]] @ w - y[rows[0]]) / len(rows),
             "Only the first example is added, divided by their number: does the `return` stand inside the loop?"),
            (_on(lambda rows, n: rows - 1),
             "Each row number is taken as one less than it is: rows are counted from 0."),
            (lambda w, x, y, rows: x[rows].T @ (x[rows] @ w + y[rows]) / len(rows),
             "The targets are added. The error is the prediction minus the target."),
            (lambda w, x, y, rows: _sliced(w, x, y, slice(rows[0], rows[-1] + 1)) / len(rows),
             "Rows are taken from the first number to the last in steps of 1, as by a slice. Only the rows that are "
             "named should take part."),
            (_scaled(lambda x, rows: len(rows) / max(len(rows) - 1, 1)),
             "Divided by one less than the number of examples, where there are several. A mean divides by the number "
             "itself."),
            (lambda w, x, y, rows: sum(x[r] * (x[r] @ w - y[r]) / len(rows) ** (len(rows) - k)
                                       for k, r in enumerate(rows)),
             "The sum so far is divided again at every example. Divide once, after the loop."),
            (lambda w, x, y, rows: x.T @ (x @ w - y) / len(rows),
             "All examples take part, and only the number of those in the batch divides. Pick the rows of x and y."),
            (_on(lambda rows, n: rows[:-1]),
             "The last example of the batch is left out, in the sum and in the number."),
            (_on(lambda rows, n: rows[1:]),
             "The first example of the batch is left out, in the sum and in the number."),
            (_scaled(lambda x, rows: -len(rows)),
             "Two things: the error is prediction minus target, and the batch needs the mean in the place of the sum."),
            (_scaled(lambda x, rows: -len(rows) / len(x)),
             "Two things: the error is prediction minus target, and the number of examples in the batch divides."),
            (lambda w, x, y, rows: x[: len(rows)].T @ (x[rows] @ w - y[rows]) / len(rows),
             "The errors are those of the rows, but they are multiplied with the features of the first examples."),
            (lambda w, x, y, rows: (x[rows] ** 2).T @ (x[rows] @ w - y[rows]) / len(rows),
             "The features are squared. In the slope each error is multiplied with its features once."),
            (lambda w, x, y, rows: x[rows].sum(axis=0) * (x[rows] @ w - y[rows]).sum() / len(rows),
             "The sum of a product is not the product of the sums: multiply each error with its own features first."),
            (lambda w, x, y, rows: minibatch_gradient(w, x, y, rows) / np.linalg.norm(
                minibatch_gradient(w, x, y, rows)),
             "The gradient is divided by its length, so that only its direction is left. Its length is asked for, "
             "too."),
            (_scaled(lambda x, rows: -2.0),
             "Two things: the error is prediction minus target, and the ½ in the loss cancels the 2 of the square."),
            (_scaled(lambda x, rows: 2 * len(rows)),
             "Two things: the batch needs the mean in the place of the sum, and the ½ in the loss cancels the 2 of the "
             "square."),
            (_scaled(lambda x, rows: 1 / x.shape[1]),
             "Divided by the number of entries of `x[rows]`, of all features of all examples. A mean over the examples "
             "divides by the number of examples."),
            (lambda w, x, y, rows: x[rows] @ w - y[rows],
             "Those are the errors, one for each example. The gradient has one slope for each weight: multiply each "
             "error with its features, then take the mean."),
            (lambda w, x, y, rows: ((x[rows] * w - y[rows][:, None]) * x[rows]).mean(axis=0),
             "Each feature makes a prediction of its own here. That of an example is their sum: `x[rows] @ w`, with "
             "`@` in the place of `*`."),
            (lambda w, x, y, rows: x[rows].T @ (x[rows] @ w - y[rows].mean()) / len(rows),
             "Each prediction is compared with the mean target of the batch: has one of them the shape (B, 1) and the "
             "other (B,), which together make a table of B × B?"),
            (lambda w, x, y, rows: _sliced(w, x, y, slice(rows.min(), rows.max() + 1)) / len(rows),
             "All rows from the smallest to the largest number are added up. Only those named should take part."),
            (lambda w, x, y, rows: sum(x[r] * (x[r] @ w - y[r]) / 2 ** (len(rows) - k) for k, r in enumerate(rows)),
             "What is added up so far is halved at every example, so that earlier ones count less. Add up first, "
             "divide once."),
        ),
    ),
    Exercise(
        id="layer-backward",
        title="the backward pass of a layer",
        reference=layer_backward,
        why="Each input gets back what it sent forward, over the same connections; a weight gathers blame times input, "
            "a bias blame alone, both summed over the batch, since g already holds the 1/B of the mean.",
        hints=(
            "Take one example, one input i and one output o: z_o = W_oi x_i + … . What is the slope of z_o in x_i? "
            "In W_oi? In b_o?",
            "The blame of an input comes back from every output it fed: add up g_o W_oi over the outputs. The blame of "
            "a weight, g_o x_i, comes from every example: add up over the batch.",
            "The shapes all but give it away: the answer's must be those of x, W and b. Two are matrix products, "
            "`g @ …` and `g.T @ …`; the last is a sum over the rows of g.",
        ),
        probes=((np.array([[1.0, 2.0, 0.0], [0.0, 1.0, -1.0]]), np.array([[1.0, 0.0, 2.0], [0.0, -1.0, 1.0]]),
                 np.array([[1.0, 0.0], [2.0, 1.0]])),
                _layer(4, 3, 2), _layer(1, 2, 3), _layer(3, 3, 3), _layer(2, 2, 2), _layer(5, 1, 4), _layer(4, 4, 4),
                _layer(6, 2, 1)),
        parts=("the gradient by x", "the gradient by W", "the gradient by b"),
        further=((np.array([[3.0], [1.0]]), np.array([[2.0]]), np.array([[4e-9], [7e-9]])),),
        whole=((np.array([[3, 1], [0, 2]]), np.array([[0.5, -0.25]]), np.array([[1.5], [0.75]])),),
        draw=_some_layer,
        mistakes=(
            (lambda x, W, g: (g @ W.T, g.T @ x, g.sum(axis=0)),
             "The blame of the inputs goes back over the same connections, but here W is turned over. When inputs and "
             "outputs differ in number, the shapes object."),
            (lambda x, W, g: (g @ (W.T if W.shape[0] == W.shape[1] else W), g.T @ x, g.sum(axis=0)),
             "Right where inputs and outputs differ in number. Where they do not, W is turned over on the way back: "
             "it is `g @ W` there, too."),
            (lambda x, W, g: (g @ W, x.T @ g if W.shape[0] == W.shape[1] else g.T @ x, g.sum(axis=0)),
             "Right where inputs and outputs differ in number. Where they do not, the gradient of W stands on its "
             "side: its rows belong to the outputs there, too."),
            (lambda x, W, g: (g @ W, x.T @ g, g.sum(axis=0)),
             "The gradient of W stands on its side: it needs the shape of W, (outputs, inputs)."),
            (lambda x, W, g: (g @ W, g.T @ x / len(g), g.mean(axis=0)),
             "Divided by the batch size once too often: g is the gradient of the mean loss and holds the 1/B already."),
            (lambda x, W, g: (g @ W, g.T @ x / len(g), g.sum(axis=0)),
             "The gradient of W is divided by the batch size, though g holds the 1/B of the mean already."),
            (lambda x, W, g: (g @ W, g.T @ x, g.mean(axis=0)),
             "The gradient of b is a mean over the batch. Every example adds its blame: g holds the 1/B already."),
            (lambda x, W, g: (g @ W / len(g), g.T @ x / len(g), g.mean(axis=0)),
             "Everything is divided by the batch size, which g has been already."),
            (lambda x, W, g: (g @ W, g.T @ x, g),
             "The bias is shared by all examples: their blame has to be added up, over the rows of g."),
            (lambda x, W, g: (g @ W, g.T @ x, g.sum()),
             "The gradient of b is one number here. Each output has a bias of its own."),
            (lambda x, W, g: (g @ W, g.T @ x, g.sum(axis=1)),
             "The sum for b runs over the outputs. It should run over the examples of the batch."),
            (lambda x, W, g: (g.T @ x, g.sum(axis=0)),
             "W and b have theirs. The inputs need a gradient too, in front: the layer below waits for it."),
            (lambda x, W, g: (g.T @ x, g.sum(axis=0), g @ W),
             "All three are right, but their order should be x, W, b."),
            (lambda x, W, g: (g @ W, g.sum(axis=0), g.T @ x),
             "All three are right, but b's stands before that of W."),
            (lambda x, W, g: (g.sum(axis=0), g.T @ x, g @ W),
             "All three are right, but in reverse: their order should be x, W, b."),
            (lambda x, W, g: (g @ W, g.T @ x),
             "Those of x and W are right. b needs a gradient, too, behind them."),
            (lambda x, W, g: g @ W,
             "That is the gradient by x. Those by W and b are asked for as well: a triple."),
            (lambda x, W, g: ((g @ W).T, g.T @ x, g.sum(axis=0)),
             "The gradient by x stands on its side: it needs the shape of x, (B, inputs)."),
            (lambda x, W, g: (g.T @ W, g.T @ x, g.sum(axis=0)),
             "For the inputs, g is turned over. It has a row for each example, as x has: `g @ W`."),
            (lambda x, W, g: (W.T @ g, g.T @ x, g.sum(axis=0)),
             "The gradient by x is `W.T @ g` here. g has a row for each example, as x has: `g @ W`."),
            (lambda x, W, g: (g @ W / len(g), g.T @ x, g.sum(axis=0)),
             "The gradient by x is divided by the batch size, though g holds the 1/B of the mean already."),
            (lambda x, W, g: (g @ W * len(g), g.T @ x, g.sum(axis=0)),
             "The gradient by x is multiplied by the batch size. Leave that out."),
            (lambda x, W, g: (g @ W * x, g.T @ x, g.sum(axis=0)),
             "There is an x too many in the gradient by x: z grows with x_i by W_oi, whatever x_i is."),
            (lambda x, W, g: (x @ W.T @ W, g.T @ x, g.sum(axis=0)),
             "The first does not hold g: x is sent forward and back. It is g that comes back."),
            (lambda x, W, g: (W, x, np.ones(W.shape[0])),
             "Those are the slopes of z. The gradient of the loss is made of them and g, by the chain rule."),
            (lambda x, W, g: (g @ W, g.T @ x, g.sum(axis=0, keepdims=True)),
             "The gradient of b has the shape (1, outputs); asked for is that of b, (outputs,)."),
            (lambda x, W, g: (g @ W, g.T @ x, g[0]),
             "The gradient of b comes from the first example alone. Every example of the batch adds to it."),
            (lambda x, W, g: (g @ W, g.T @ x, g[-1]),
             "The gradient of b comes from the last example alone: `=` in the place of `+=`?"),
            (lambda x, W, g: (g @ W, np.outer(g[-1], x[-1]), g.sum(axis=0)),
             "The gradient of W comes from the last example alone: `=` in the place of `+=`?"),
            (lambda x, W, g: (g @ W, np.outer(g.mean(axis=0), x.mean(axis=0)), g.sum(axis=0)),
             "Means first and then the product mixes one example's blame with another's input. Multiply within each "
             "example, then add up."),
            (lambda x, W, g: (g @ W, np.einsum("bo,bi->boi", g, x), g.sum(axis=0)),
             "That keeps a gradient of W for each example. W is shared: add them up over the batch."),
            (lambda x, W, g: (g.T @ x, g @ W, g.sum(axis=0)),
             "All three are right, but W's stands before that of x."),
            (lambda x, W, g: (g @ W, np.outer(g.sum(axis=0), x.sum(axis=0)), g.sum(axis=0)),
             "Sums first and then the product mixes one example's blame with another's input. Multiply within each "
             "example, then add up: a matrix product does both."),
            (lambda x, W, g: (g @ W, np.outer(g[0], x[0]), g.sum(axis=0)),
             "The gradient of W comes from the first example alone. Every example of the batch adds to it."),
            (lambda x, W, g: ((g @ W) * (x > 0), g.T @ x, g.sum(axis=0)),
             "A ReLU's gate is in there. This layer is linear: where x is negative, it lets the gradient through."),
            (lambda x, W, g: (x @ W.T, g.T @ x, g.sum(axis=0)),
             "The first is the forward pass. What comes back to x is made of g and W."),
            (lambda x, W, g: ((g @ W).sum(axis=0), g.T @ x, g.sum(axis=0)),
             "The gradient by x is summed over the batch. Each example keeps its own."),
            (lambda x, W, g: ((g @ W).mean(axis=0), g.T @ x, g.sum(axis=0)),
             "The gradient by x is averaged over the batch. Each example keeps its own."),
            (lambda x, W, g: (-(g @ W), -(g.T @ x), -g.sum(axis=0)),
             "The signs are turned round. The minus of the descent belongs to the optimizer's line."),
            (lambda x, W, g: (np.broadcast_to(W.sum(axis=0), x.shape), g.T @ x, g.sum(axis=0)),
             "The gradient by x does not hold g. What an input is to blame for depends on the blame of its outputs."),
            (lambda x, W, g: (g @ W, g.T @ x, np.ones(W.shape[0])),
             "The slope of z in b is 1. The gradient of the loss is that times the blame g, over all examples."),
            (lambda x, W, g: (g @ W, (g.T @ x) * W, g.sum(axis=0)),
             "There is a W too many in the gradient of W: z grows with W_oi by x_i, whatever W_oi is."),
            (lambda x, W, g: (g @ W, (x.T @ g).reshape(W.shape), g.sum(axis=0)),
             "The gradient of W is given its shape as by `reshape`, which keeps the numbers in their order. A matrix "
             "is turned by `.T`."),
            (lambda x, W, g: (g @ W, g[1:].T @ x[1:], g[1:].sum(axis=0)),
             "For W and b the first example is left out: a loop begins at 0."),
            (lambda x, W, g: (g @ W, g[:-1].T @ x[:-1], g[:-1].sum(axis=0)),
             "For W and b the last example is left out: `range(len(x))` ends there by itself."),
            (lambda x, W, g: (g @ W, np.outer(g[-1], x[-1]), g[-1]),
             "Those of W and b come from the last example alone: `=` in the place of `+=`?"),
            (lambda x, W, g: (g @ W, np.outer(g[0], x[0]), g[0]),
             "Those of W and b come from the first example alone. Every example of the batch adds to both."),
            (lambda x, W, g: ((g @ W).T, (g.T @ x).T, g.sum(axis=0)),
             "The first two stand on their sides: they need the shapes of x and of W."),
            (lambda x, W, g: (g @ W, g.T @ x, g.mean()),
             "The gradient of b is a mean of all of g. Each output has a bias of its own, and each example adds its "
             "blame."),
            (lambda x, W, g: (x - g @ W, W - g.T @ x, -g.sum(axis=0)),
             "The gradients are taken off x and W already. Asked for are the gradients alone; the step is the "
             "optimizer's."),
            (lambda x, W, g: layer_backward(x, W, g * (x @ W.T > 0)),
             "A ReLU's gate is in there, closed where x @ W.T is negative. This layer is linear: all of g goes "
             "through."),
            (lambda x, W, g: (-(g @ W), g.T @ x, g.sum(axis=0)),
             "The gradient by x has its sign turned round. Nothing here asks for a minus."),
        ),
    ),
    Exercise(
        id="training-loop",
        title="the training loop",
        reference=training_loop,
        why="Two loops and one line: for each epoch an order, for each batch a slice of it, for each slice one step.",
        hints=(
            "Two loops, one in the other: over the orders, and over where in an order a batch starts.",
            "`range(0, len(order), batch_size)` gives the starts; `order[start:start + batch_size]` are the rows of a "
            "batch, and a slice ends by itself where the order ends.",
            "In the inner loop: pick `x[rows]` and `y[rows]`, ask for the gradient at the present w, and take one "
            "step. The `return` stands outside both loops.",
        ),
        probes=(
            (np.array([1.0]), _squares, np.array([[1.0], [2.0], [3.0]]), np.array([0.0, 1.0, 2.0]),
             (np.array([2, 0, 1]),), 2, 0.1),
            (_W, _squares, _X, _Y, _ORDERS, 3, 0.1), (_W, _squares, _X, _Y, _ORDERS[:1], 7, 0.2),
            (0 * _W, _logistic, _X, _SIGNS, _ORDERS[:2], 2, 0.5), (_W, _squares, _X, _Y, _ORDERS[1:], 1, 0.05),
            (_W, _logistic, _X[:6], _SIGNS[:6], (np.array([5, 0, 3, 1, 4, 2]), np.array([2, 4, 1, 5, 3, 0])), 3, 1.0),
            (-_W, _squares, _X, _Y, _ORDERS, 5, 0.3), (_W, _squares, _X, _Y, _ORDERS[:2], 10, 0.1),
        ),
        on_the_way=_way_to_the_first_step,
        further=((np.array([[1.0, -2.0]]), _itself, _X, _Y, _ORDERS, 4, 0.5),),
        whole=((np.array([16, -3]), _itself, _X, _Y, _ORDERS, 4, 0.3),),
        draw=_some_epochs,
        corners={"batch of an epoch may be smaller": [0, 1, 3, 6, 7]},
        mistakes=(
            (_loop(_right, order=np.sort),
             "The order of the rows plays no part: the examples come as they are stored, in every epoch. A batch "
             "should be `order[start:…]`, with the order neither left out nor sorted."),
            (_loop(_right, epochs=lambda orders: [orders[0]] * len(orders)),
             "Every epoch takes the order of the first. Each has its own."),
            (_loop(_right, epochs=lambda orders: orders[:1]),
             "That is one epoch. Does the `return` stand inside the outer loop, or is a counter of that loop never set "
             "back?"),
            (_loop(_right, last=lambda n, size: n - n % size if n >= size else n),
             "A smaller batch after full ones is left out: its examples are lost."),
            (_loop(_right, last=lambda n, size: n - n % size),
             "Batches that are not full are left out, even the only one of an epoch: the last batch may be smaller."),
            (_loop(_right, order=lambda order: order[::-1]),
             "Each order is gone through backwards."),
            (_by_whole_epochs,
             "One step an epoch, with all of its examples: batch_size plays no part."),
            (_by_single_examples,
             "One step for each example: batch_size plays no part."),
            (_cut(lambda order, size: np.split(order, range(len(order) % size or size, len(order), size))),
             "The smaller batch comes first in an epoch. It should come last."),
            (_split(lambda n, size: math.ceil(n / size)),
             "The number of batches is right, but the examples are shared out as evenly as can be, as `np.array_split` "
             "does. Each batch should take batch_size of them, and the last what is left."),
            (_split(lambda n, size: max(n // size, 1)),
             "What is left over after full batches is shared out among them. It should make a batch of its own."),
            (_split(lambda n, size: size),
             "`np.array_split(order, batch_size)` makes batch_size batches. Asked for are batches *of* batch_size."),
            (_loop(lambda w, gradient, x, y, rows, lr, size: w - lr * len(rows) / size * gradient(w, x[rows], y[rows])),
             "A smaller last batch takes a shorter step here. The gradient is that of the mean loss: divide by "
             "nothing."),
            (_cut(lambda order, size: [order[k:k + size] for k in range(len(order))]),
             "A batch starts at every example, so that batches of several overlap: the starts should go up by "
             "batch_size."),
            (_cut(lambda order, size: [order[k:k + size] for k in range(0, max(len(order) - 1, 1), size)]),
             "A single example after other batches is left out: do the starts end one too early?"),
            (_cut(lambda order, size: [order[k:k + size + 1] for k in range(0, len(order), size)]),
             "Each batch but the last of an epoch holds one example too many, the first of the next: a slice stops "
             "before its end."),
            (_cut(lambda order, size: [order[k:k + size] for k in range(1, len(order), size)]),
             "The first example of each order is left out: a list begins at 0."),
            (_cut(lambda order, size: [order[k::size] for k in range(min(size, len(order)))]),
             "The batches take every batch_size-th example. Each should take the next batch_size ones."),
            (_cut(lambda order, size: [order[k::math.ceil(len(order) / size)]
                                       for k in range(math.ceil(len(order) / size))]),
             "The batches take turns in picking examples. Each should take the next batch_size ones."),
            (_across_epochs,
             "A batch can reach from one epoch into the next, as when the orders are joined into one. Each epoch "
             "should end with a batch of its own."),
            (_orders_on_orders,
             "Each order is applied on top of those before it, as when x and y stay shuffled. An order holds the "
             "numbers of the rows as they were given."),
            (_each_from_the_start,
             "Each step starts from the weights given, so that only the last one counts. A step should start where the "
             "one before it ended."),
            (lambda *arguments: [training_loop(*arguments[:4], arguments[4][:k], *arguments[5:])
                                 for k in range(1, len(arguments[4]) + 1)],
             "Those are the weights after each epoch. Asked for are the last of them."),
            (_loop(lambda w, gradient, x, y, rows, lr, size: w + lr * gradient(w, x[rows], y[rows])),
             "The steps go uphill: look at the sign."),
            (_labels_left_behind,
             "The inputs are picked by the order, the targets are not: each example should keep its own target."),
            (_gradient_kept(False),
             "Each batch's gradient is added to those before it, as when `optimizer.zero_grad()` is forgotten."),
            (_gradient_kept(True),
             "Within an epoch the gradients pile up. Each step should use the gradient of its own batch only."),
            (_weights_of_the_epoch,
             "The gradients of an epoch are all taken at the weights it began with. Each batch should ask at the "
             "present weights."),
            (_first_gradient,
             "Every gradient is taken at the weights given. Each batch should ask at the present weights."),
            (_one_step_an_epoch,
             "One step an epoch, with the last batch's gradient: the step belongs into the inner loop."),
            (_loop(lambda w, gradient, x, y, rows, lr, size: w - lr * gradient(w, x, y)),
             "Every step uses all the examples. A step should see its own batch alone."),
            (_loop(_right, last=lambda n, size: 1),
             "Only the first batch of each epoch is used. An epoch should go through all of them."),
            (_afresh_each_epoch,
             "Each epoch begins with the weights given, so that only the last one counts. Training should go on from "
             "where it is."),
            (_loop(lambda w, gradient, x, y, rows, lr, size: w - lr * len(rows) * gradient(w, x[rows], y[rows])),
             "The step goes by the sum over the batch. It should go by the mean, which `gradient` gives already."),
            (_loop(lambda w, gradient, x, y, rows, lr, size: w - lr / size * gradient(w, x[rows], y[rows])),
             "The step is divided by the batch size. The gradient is that of the mean loss already."),
            (_loop(lambda w, gradient, x, y, rows, lr, size: w - lr * gradient(w, x[rows[:1]], y[rows[:1]])),
             "Only the first example of each batch is used: slice from start to start + batch_size."),
            (_sliding,
             "The number of batches is right, but their starts go up by 1. They should go up by batch_size."),
            (_filled_up,
             "A last batch that is not full is filled up with examples from the beginning of the order. It should stay "
             "smaller."),
            (lambda w, gradient, x, y, orders, batch_size, lr: _right(
                w, gradient, x, y, orders[0][:batch_size], lr, batch_size),
             "That is a single step. Does the `return` stand inside the inner loop?"),
            (_loop(lambda w, gradient, x, y, rows, lr, size: w - gradient(w, x[rows], y[rows])),
             "The rate is missing: each step is lr times the gradient."),
            (lambda w, gradient, x, y, orders, batch_size, lr: training_loop(
                w, lambda w, x, rows: gradient(w, x, y[:len(rows)]), x, np.arange(len(y)), orders, batch_size, lr),
             "The targets are taken from the beginning of y: y needs the rows as well."),
            (_loop(lambda w, gradient, x, y, rows, lr, size: w - lr * gradient(w, x[rows], y[rows]) / len(rows)),
             "The step is divided by the number of examples in the batch. The gradient is that of the mean loss "
             "already."),
            (_cut(lambda order, size: [order[k:k + size] for k in range(size, len(order), size)]),
             "The first batch of each epoch is left out: its start is 0."),
            (_cut(lambda order, size: [order[k:k + size - 1] for k in range(0, len(order), size) if size > 1]),
             "Each full batch lacks its last example: a slice already stops before its end."),
            (_cut(lambda order, size: [order[k:k + size] for k in range(0, len(order), size)][::-1]),
             "The batches of an epoch come in the reverse order."),
            (_loop(_right, epochs=lambda orders: orders[1:]),
             "The first epoch is left out: a list begins at 0."),
            (_loop(_right, epochs=lambda orders: orders[:-1]),
             "The last epoch is left out: `for order in orders` reaches it by itself."),
            (lambda w, gradient, x, y, orders, batch_size, lr: np.mean(
                _along(w, gradient, x, y, orders, batch_size, lr), axis=0),
             "That is the mean of the weights along the way. Asked for are the last of them."),
            (lambda w, gradient, x, y, orders, batch_size, lr: _along(w, gradient, x, y, orders, batch_size, lr),
             "Those are the weights after each step. Asked for are the last of them."),
            (_with_rates_falling,
             "The rate gets smaller from epoch to epoch: that is a schedule, which comes later. Here lr stays."),
            (_cut(lambda order, size: [order[k:k + size] for k in range(0, len(order), size)][:-1]
                  or [order]),
             "The last of several batches is left out, even where it is full: do the starts end too early?"),
            (_left_in_the_batch,
             "What the last, smaller batch of an epoch held takes part in the next batch once more: begin each epoch "
             "with an empty one."),
            (lambda w, gradient, x, y, orders, batch_size, lr: training_loop(w, gradient, x, y, [
                order[k:k + batch_size] for k in range(0, len(orders[0]), batch_size) for order in orders],
                batch_size, lr),
             "The loops are nested the wrong way round: the first batch of every epoch comes before the second of any. "
             "The epochs belong outside."),
            (_mean_of_the_batches,
             "One step an epoch, with the mean of what its batches give. Each batch should give a step of its own."),
            (_with_momentum,
             "A share of the earlier gradients is carried on: that is momentum, which comes later."),
            (_loop(_right, epochs=lambda orders: [orders[-1]] * len(orders)),
             "Every epoch takes the order of the last. Each has its own."),
            (_inputs_left_behind,
             "The targets are picked by the order, the inputs are not: each example should keep its own target."),
            (_cut(lambda order, size: [rows for rows in np.array_split(order, size) if len(rows)]),
             "The examples are shared out among batch_size batches, without those that stay empty. Asked for are "
             "batches *of* batch_size."),
            (_cut(lambda order, size: [*[order[k:k + size] for k in range(0, len(order) - 2 * size + 1, size)],
                                       order[max(len(order) // size - 1, 0) * size:]]),
             "What is left over after full batches is put into the last of them. It should make a batch of its own."),
            (_cut(lambda order, size: [order[k * size:(k + 1) * size] for k in range(len(order) // size + 1)]),
             "Where the batches come out even, an empty one is taken last, and a mean over it is nan: is one batch "
             "added for the rest, even where nothing is left?"),
            (lambda w, gradient, *rest: training_loop(w, _squares, *rest),
             "The gradient of the squared errors is used, whatever is passed. Ask the function that is passed: "
             "`gradient(w, …)`."),
            (_cut(lambda order, size: [order[order][k:k + size] for k in range(0, len(order), size)]),
             "The order is applied twice, as when x and y stand in it already and rows are picked by it once more."),
            (_cut(lambda order, size: [order[max(min(k, len(order) - size), 0):k + size]
                                       for k in range(0, len(order), size)]),
             "A smaller batch after full ones is filled up with examples from the end of the one before it. It should "
             "stay smaller."),
            (_cut(lambda order, size: [*[order[k:k + size] for k in range(0, len(order) - size + 1, size)],
                                       order[-(len(order) % size):]]),
             "Where the batches come out even, the whole order is taken once more at the end: `order[-0:]` holds all "
             "of it."),
            (_loop(lambda w, gradient, x, y, rows, lr, size: -lr * gradient(w, x[rows], y[rows])),
             "The step takes the place of the weights. It has to be added to them."),
            (_loop(lambda w, gradient, x, y, rows, lr, size: lr * gradient(w, x[rows], y[rows])),
             "The rate times the gradient takes the place of the weights. It has to be taken off them."),
            (_loop(_right, epochs=lambda orders: [*orders, orders[-1]]),
             "The last epoch is gone through twice."),
            (_loop(lambda w, gradient, x, y, rows, lr, size: w - lr * np.sign(gradient(w, x[rows], y[rows]))),
             "Only the sign of each slope is used. Its size should count, too."),
            (lambda w, gradient, x, y, orders, batch_size, lr: training_loop(
                w, gradient, x, y, orders, batch_size, lr) - w,
             "That is the way from the weights given to the last ones. Asked for are the last ones themselves."),
            (_loop(_right, order=np.argsort),
             "The places of the rows in the order are taken for the rows, as `np.argsort(order)` gives them. The order "
             "holds the numbers of the rows itself."),
            (_loop(lambda w, gradient, x, y, rows, lr, size: w + lr * gradient(w, x[rows], y[rows]),
                   last=lambda n, size: n - n % size),
             "Two things: the steps go uphill, and batches that are not full are left out."),
        ),
    ),
    Exercise(
        id="locate-step",
        title="which step is that",
        reference=locate_step,
        why="An epoch has ⌈n/B⌉ batches, all full except perhaps the last, which holds what is left.",
        hints=(
            "How many batches make an epoch, if the last may be smaller? The exercise of notebook 00 asked just that.",
            "The step divided by the batches of an epoch: the whole part is the epoch, the rest is the batch. `divmod` "
            "gives both.",
            "Before batch b, an epoch has used up b · batch_size examples. The batch holds batch_size, or what is left "
            "of n if that is less.",
        ),
        parts=("the epoch", "the batch", "the number of examples"),
        further=((1, 257, 256), (0, 1001, 1000), (1, 1001, 1000), (5, 100_001, 50_000)),
        draw=_some_place,
        on_the_way=lambda step, n, B: (
            f"Batches in an epoch: `{_batches(n, B)}`, the last of `{n - (_batches(n, B) - 1) * B}`."),
        corners={"the last of each epoch perhaps smaller": [1, 7, 8, 9, 10, 11]},
        probes=((0, 500, 32), (15, 500, 32), (16, 500, 32), (100, 500, 32), (7, 512, 128), (8, 512, 128), (3, 5, 1),
                (47, 10, 4), (9, 6, 10), (2, 129, 64), (1599, 500, 32), (5, 10, 4), (4, 7, 3)),
        mistakes=(
            (lambda step, n, B: (*divmod(step, max(n // B, 1)), B),
             "A smaller batch after full ones is not counted, so that the next epoch begins too early, and every batch "
             "looks full."),
            (lambda step, n, B: (*divmod(step, n // B), min(B, n - step % (n // B) * B)),
             "The number of batches is rounded down. The rest of the examples should make one more."),
            (lambda step, n, B: (*divmod(step, n // B + 1), min(B, n - step % (n // B + 1) * B)),
             "One batch too many where nothing is left over: try 512 examples in batches of 128."),
            (lambda step, n, B: (*divmod(step, _batches(n, B)), B),
             "Epoch and batch are right. The last batch of an epoch may hold fewer examples."),
            (lambda step, n, B: (step // _batches(n, B), step % _batches(n, B),
                                 B if step % _batches(n, B) < _batches(n, B) - 1 else n % B),
             "Right unless the batches come out even: then `n % batch_size` is 0, but the last batch is full."),
            (lambda step, n, B: (step // _batches(n, B), step % _batches(n, B),
                                 B if step % _batches(n, B) < _batches(n, B) - 1 else n % B or B)
             if n >= B else (step, 0, B),
             "Right unless one batch holds everything: then it has n examples, not batch_size."),
            (lambda step, n, B: (lambda e, b, k: (e + 1, b + 1, k))(*locate_step(step, n, B)),
             "Epoch and batch are counted from 1 here. All counts should begin at 0."),
            (lambda step, n, B: (lambda e, b, k: (e + 1, b, k))(*locate_step(step, n, B)),
             "The epochs are counted from 1 here. All counts should begin at 0."),
            (lambda step, n, B: (lambda e, b, k: (e, b + 1, k))(*locate_step(step, n, B)),
             "The batches are counted from 1 here. All counts should begin at 0."),
            (lambda step, n, B: locate_step(max(step - 1, 0), n, B),
             "One step too early from step 1 on: step 0 is the first."),
            (lambda step, n, B: locate_step(step + 1, n, B),
             "One step too late: step 0 is the first batch of epoch 0."),
            (lambda step, n, B: (lambda e, b, k: (b, e, k))(*locate_step(step, n, B)),
             "Epoch and batch have changed places."),
            (lambda step, n, B: (*divmod(step, n), 1),
             "That counts a step for each example. A step is a batch."),
            (lambda step, n, B: (step * B // n, step % _batches(n, B), locate_step(step, n, B)[2]),
             "The epoch is found by the number of examples seen, as if every batch were full. Count batches instead."),
            (lambda step, n, B: (*divmod(step, n), locate_step(step, n, B)[2]),
             "The step is divided by the number of examples. It should be divided by the number of batches in an "
             "epoch."),
            (lambda step, n, B: (*divmod(step, B), locate_step(step, n, B)[2]),
             "The step is divided by batch_size. How many batches has an epoch?"),
            (lambda step, n, B: (step * B // n, step * B % n // B, min(B, n - step * B % n)),
             "The place is found by the number of examples seen, as if batches reached across the end of an epoch. "
             "Count batches instead."),
            (lambda step, n, B: (step * B // n, step * B % n // B, min(B, n - step * B % n // B * B)),
             "Epoch and batch are found by the number of examples seen, as if every batch before were full. Count "
             "batches instead."),
            (_held(lambda batch, n, B: n // _batches(n, B) + (batch < n % _batches(n, B))),
             "Epoch and batch are right. The examples are shared out as evenly as can be, as `np.array_split` does. "
             "Each batch should take batch_size of them, and the last what is left."),
            (_held(lambda batch, n, B: n - batch * B),
             "That is how many examples of the epoch are left before the batch. The batch should take batch_size of "
             "them at most."),
            (_held(lambda batch, n, B: batch * B),
             "That is how many examples came before the batch. How many does it hold itself?"),
            (_held(lambda batch, n, B: min(B, n - (batch + 1) * B)),
             "The batch itself is counted as used up already: before batch b, b · batch_size examples are."),
            (_held(lambda batch, n, B: n % B),
             "That is the rest of the division, for every batch. Only the last one of an epoch holds it, and only "
             "if it is not 0."),
            (_held(lambda batch, n, B: n % B or B),
             "Every batch is taken to be as large as the last one of an epoch."),
            (_held(lambda batch, n, B: n / _batches(n, B)),
             "That is the mean size of a batch. All are full except perhaps the last."),
            (_held(lambda batch, n, B: max(B, n - batch * B)),
             "The third is batch_size or what is left, whichever is more, as by `max`. It should be whichever is "
             "*less*."),
            (_held(lambda batch, n, B: B if batch < n // B else n % B + 1),
             "The smaller batch is one example too large."),
            (lambda step, n, B: (*locate_step(step, n, B)[:2], min(B, n - step * B)),
             "Epoch and batch are right. For the size, the examples used up are counted over all epochs: an epoch "
             "begins with all n again."),
            (lambda step, n, B: (*locate_step(step, n, B)[:2], (n % B or B) if step == _batches(n, B) - 1 else B),
             "Right in the first epoch. The last batch of every epoch may be smaller: look at the batch, not at the "
             "step."),
            (lambda step, n, B: (math.ceil(step / _batches(n, B)), *locate_step(step, n, B)[1:]),
             "The epoch is rounded up, so that epoch 1 begins with the second step: round down."),
            (lambda step, n, B: (round(step / _batches(n, B)), *locate_step(step, n, B)[1:]),
             "The epoch is rounded to the nearest, so that with many batches the next one begins in the middle: round "
             "down."),
            (lambda step, n, B: (0, *locate_step(step, n, B)[1:]),
             "Batch and size are right, but the epoch is 0, whatever the step."),
            (lambda step, n, B: (lambda e, b, k: (e, b, list(range(b * B, b * B + k))))(*locate_step(step, n, B)),
             "Epoch and batch are right, and so are the examples. Asked for is how many they are."),
            (lambda step, n, B: (lambda e, b, k: (e, b, (b * B, b * B + k)))(*locate_step(step, n, B)),
             "Epoch and batch are right, and so are the ends of the slice. Asked for is how many examples it holds."),
            (lambda step, n, B: locate_step(step - 1, n, B),
             "One step too early, and step 0 even lies before the start: steps count from 0."),
            (lambda step, n, B: (step // _batches(n, B), step, locate_step(step, n, B)[2]),
             "The second is the step through all epochs. Asked for is the batch within its epoch."),
            (lambda step, n, B: (step / _batches(n, B), step % _batches(n, B), locate_step(step, n, B)[2]),
             "The epoch is not rounded down. A batch belongs to one whole epoch."),
            (lambda step, n, B: locate_step(step, n, B)[:2],
             "Epoch and batch are right. How many examples the batch holds is asked for as well."),
            (lambda step, n, batch_size: (step // n, step % n, batch_size),
             "Steps are divided by the number of examples. An epoch has as many steps as it has batches."),
            (lambda step, n, batch_size: (step // batch_size, step % batch_size, batch_size),
             "Steps are divided by the size of a batch. An epoch has as many steps as it has batches: how many "
             "are they?"),
            (_held(lambda batch, n, B: B if batch else n - (_batches(n, B) - 1) * B),
             "Epoch and batch are right. The smaller batch is taken to be the first of an epoch; it is the last."),
            (_held(lambda batch, n, B: min(n, (batch + 1) * B)),
             "Epoch and batch are right. The third is how many examples have come by the end of the batch, not how "
             "many it holds."),
            (_held(lambda batch, n, B: n - (batch + 1) * B),
             "Epoch and batch are right. The third is what is left for the batches after this one, below 0 if it is "
             "smaller."),
            (lambda step, n, B: (*locate_step(step, n, B)[:2], max(min(B, n - step * B), 0)),
             "Epoch and batch are right. For the size, the examples of all epochs are counted together, until none are "
             "left: an epoch begins with all n again."),
            (lambda step, n, B: (*divmod(step, round(n / B)), min(B, n - step % round(n / B) * B)),
             "As a rule, the number of batches is rounded to the nearest. However small the rest is, it should make "
             "one more."),
            (lambda step, n, B: (*divmod(step, max(n // B, 1)),
                                 B if step % max(n // B, 1) < n // B - 1 else n - max(n // B - 1, 0) * B),
             "What is left over after full batches is put into the last of them. It should make a batch of its own."),
            (lambda step, n, B: locate_step(step, n, B) if n >= B else (0, 0, n),
             "Right unless one batch holds everything: then every step should be an epoch of its own."),
            (lambda step, n, B: (0, step, B),
             "The step is taken for the batch, as if all belonged to epoch 0 and every batch were full."),
            (lambda step, n, B: (*divmod(step, _batches(n, B) + 1), min(B, n - step % (_batches(n, B) + 1) * B)),
             "Each epoch has one batch too many: counted from 0, the last of k batches has the number k − 1."),
            (lambda step, n, B: (lambda e, k: (e, step - e * k, min(B, n - (step - e * k) * B)))(
                max(math.ceil(step / _batches(n, B)) - 1, 0), _batches(n, B)),
             "All epochs but the first begin one step late: with k batches, step k should be the first of epoch 1. Is "
             "there a `>` in the place of `>=`?"),
            (lambda step, n, B: (step * B // n, step * B % n // B, B),
             "The place is found by the number of examples seen, as if batches reached across the end of an epoch, and "
             "every batch looks full. Count batches instead."),
            (_held(lambda batch, n, B: B if batch < n // B else B - n % B),
             "Epoch and batch are right. The last batch should hold what is left over, not what it lacks to be full."),
            (lambda step, n, B: (lambda e, b, k: (e, b * B, k))(*locate_step(step, n, B)),
             "Epoch and size are right. The second is how many examples came before the batch; asked for is its "
             "number."),
        ),
    ),
]

QUIZZES = [
    Quiz("unbiased-means", "The gradient of a random mini-batch is *unbiased*. What does that say?", (
        Option("It points downhill.",
               "It may point anywhere. At the start, more than a tenth of the single patients pointed uphill."),
        Option("Averaged over all the batches that might have been drawn, it is the full gradient.",
               "Each batch is wrong, and the errors cancel on average. How large they are is another question: that is "
               "the variance.", right=True),
        Option("It is close to the full gradient.",
               "That would be a small variance. A batch of one is just as unbiased, and usually far off."),
        Option("Its errors get smaller as training goes on.",
               "Unbiased says nothing of training. Near a minimum the gradient vanishes, and the errors do not."),
    )),
    Quiz("half-the-noise", "You want the error of the mini-batch gradient, its standard deviation, to be half as "
         "large. Examples are drawn with replacement. What batch size?", (
        Option("Twice as large.",
               "That halves the variance, which is the square of the error."),
        Option("Four times as large.",
               "The variance falls as 1/B, and the error as its root.", right=True),
        Option("Half as large.",
               "Fewer examples make the mean noisier."),
        Option("No batch can do that: the error depends on the data only.",
               "It depends on both: a spread that belongs to the data, divided by the root of B."),
    )),
    Quiz("what-backprop-does", "Which part of training is backpropagation?", (
        Option("It corrects the weights.",
               "It hands over a gradient and leaves the weights as they are. The optimizer's line moves them.",
               origin="A common way of saying it"),
        Option("It estimates the gradient by trying small changes of each weight.",
               "That is finite differences: good for checking, and far too slow for training."),
        Option("It computes the gradient of the batch's loss, exact up to rounding.",
               "The chain rule, from the loss back to each weight. What is estimated is the loss of all the data by "
               "that of a batch.", right=True),
        Option("It computes the gradient of the loss over all the training data.",
               "Only of the examples that went forward: those of the batch."),
    )),
    Quiz("no-zero-grad", "In a PyTorch loop, `optimizer.zero_grad()` is left out. What happens?", (
        Option("Nothing: each `backward()` overwrites the gradient.",
               "It adds to it. That is useful for building one gradient from several batches, and wrong here.",
               origin="A common mistake: gradients are taken to be overwritten"),
        Option("The weights are no longer updated.",
               "They are, by the sum of all the gradients so far."),
        Option("Every step uses the sum of all gradients since the beginning.",
               "Steps then go where the loss used to fall. At first the loss may come down all the same, which hides "
               "the mistake.", right=True),
        Option("PyTorch stops with an error.",
               "It cannot know that you did not mean it."),
    )),
    Quiz("batch-doubled", "The batch size goes from 32 to 64; epochs and rate stay. What changes?", (
        Option("Half as many steps, each with a less noisy gradient.",
               "The same number of examples is looked at, in half as many moves.", right=True),
        Option("Only the speed of the computer: the same training, faster.",
               "The weights move half as often, so it is another training."),
        Option("As many steps as before, each more exact.",
               "Epochs are fixed, not steps: an epoch now has half as many.",
               origin="A common mistake: steps and epochs taken for one another"),
        Option("Each step is twice as long, as two batches are in it.",
               "The loss is the mean over the batch. With a sum it would be so, and half the rate would undo it.",
               origin="A published mistake: sum and mean mixed up"),
    )),
    Quiz("hovering", "SGD at a constant rate: the training loss fell and has been jumping about one level for a long "
         "time. A bowl with one minimum is below. What brings it closer?", (
        Option("More steps at this rate.",
               "The jumping is balanced: noise pushes out as much as the slope pulls in. Waiting does not change "
               "that."),
        Option("A smaller rate.",
               "A smaller rate shrinks the ball; with fresh batches its squared radius is about proportional to rate / "
               "batch size. A larger batch would do as well.",
               right=True),
        Option("A larger rate, to get out.",
               "There is nothing to get out of, and a larger rate makes the ball larger."),
        Option("Nothing: that level is the minimum of the loss.",
               "The minimum lies below: the level is where pulling in and shaking out balance.",
               origin="A common belief: a loss that no longer falls has arrived"),
    )),
]
