"""Exercises and questions of notebook 12: settings for each parameter, going on after a stop, accumulated gradients."""

import copy

import numpy as np

from ..optimizers import adam, momentum, sgd
from ..schedules import cosine, time_decay
from .draws import numbers, scale, whole
from .quizzes import Option, Quiz
from .tasks import Exercise


def parameter_settings(names, shapes, lr, factor, weight_decay):
    """The rate and the weight decay of each parameter: two lists, in its order.

    names and shapes are lists, as network.named_parameters() gives them from
    the input to the output. Parameters of one layer have the same name up to
    the last dot, "body.4" in "body.4.weight". A name without a dot is a layer
    of its own. The last layer has the rate lr, each layer before it factor
    times the rate of the next, with factor above 0. A parameter with two axes or
    more has the decay weight_decay, one with fewer has 0.0.

    parameter_settings(["a.weight", "a.bias", "b.weight"], [(3, 2), (3,), (1, 3)],
    0.4, 0.5, 0.1) gives ([0.2, 0.2, 0.4], [0.1, 0.0, 0.1]).
    """
    layers = [name.rsplit(".", 1)[0] for name in names]
    from_the_top = list(dict.fromkeys(layers))[::-1]
    rates = [lr * factor**from_the_top.index(layer) for layer in layers]
    return rates, [weight_decay if len(shape) >= 2 else 0.0 for shape in shapes]


def resumed(checkpoint, gradient, optimizer, schedule, n_steps):
    """Train for n_steps more steps, and return the new checkpoint.

    A checkpoint is a tuple (w, state, step): the weights, the dict in which the
    optimizer remembers, and the number of steps done so far. gradient(w, step)
    is the gradient of the batch of that step, schedule(step) its rate; steps count
    from 0, through all stops. optimizer(w, g, state, lr) gives the new w and
    the new state. Going on must give what never stopping gives; no more steps
    give the same checkpoint.
    """
    w, state, done = checkpoint
    for step in range(done, done + n_steps):
        w, state = optimizer(w, gradient(w, step), state, schedule(step))
    return w, state, done + n_steps


def accumulated_steps(w, gradient, batches, every, lr):
    """The weights after plain steps, one for every `every` batches.

    batches is a list of one or more arrays with a row for each example;
    gradient(w, batch), a new array, is the mean of the gradients of its rows. A
    step goes against the mean gradient of all rows since the last step, as if
    they were one batch. The last group may hold fewer batches than `every`, and
    any batch fewer rows than the others; the last group has its step, too.
    """
    for start in range(0, len(batches), every):
        group = batches[start:start + every]
        total = sum(len(batch) * gradient(w, batch) for batch in group)
        w = w - lr * total / sum(len(batch) for batch in group)
    return w


def _layer(name):
    return name.rsplit(".", 1)[0]


def _settings(layer=_layer, order=list, rate=lambda lr, factor, depth, n: lr * factor**depth,
              decay=lambda wd, name, shape, lr: wd if len(shape) > 1 else 0.0):
    """A mistake in one part of the answer."""
    def wrong(names, shapes, lr, factor, weight_decay):
        layers = order(dict.fromkeys(layer(name) for name in names))
        depths = [len(layers) - 1 - layers.index(layer(name)) for name in names]
        return ([rate(lr, factor, depth, len(layers)) for depth in depths],
                [decay(weight_decay, name, shape, lr) for name, shape in zip(names, shapes, strict=True)])
    return wrong


def _upside(names, shapes, lr, factor, weight_decay):
    rates, decays = parameter_settings(names, shapes, lr, factor, weight_decay)
    return decays, rates


def _decay_by_depth(names, shapes, lr, factor, weight_decay):
    rates, decays = parameter_settings(names, shapes, lr, factor, weight_decay)
    return rates, [rate / lr * decay for rate, decay in zip(rates, decays, strict=True)]


def _of_rate_and_decay(names, shapes, lr, factor, weight_decay):
    rates, decays = parameter_settings(names, shapes, lr, factor, weight_decay)
    return rates, [rate * decay for rate, decay in zip(rates, decays, strict=True)]


def _in_pieces(attempt, w, gradient, optimizer, schedule, pieces, state=None):
    """Train in pieces, each going on from the checkpoint before it: the weights and the step at the end.

    The last piece is trained once more, since all that matters is in its checkpoint.
    """
    checkpoint = w, state or {}, 0
    for n_steps in pieces:
        before = copy.deepcopy(checkpoint)
        checkpoint = _resumed(attempt, checkpoint, gradient, optimizer, schedule, n_steps)
        if checkpoint is None:
            return None
    again = _resumed(attempt, before, gradient, optimizer, schedule, n_steps)
    if not (again and again[2] == checkpoint[2] and np.allclose(again[0], checkpoint[0], 1e-6, 1e-9, equal_nan=True)):
        raise ValueError("the checkpoint before the last piece, taken up a second time, led elsewhere: something is "
                         "kept outside of it")
    w, _, step = checkpoint
    return w, step


def _resumed(attempt, checkpoint, *task):
    answer = attempt(checkpoint, *task)
    if answer is not None and (not isinstance(answer, tuple | list) or len(answer) != 3
                               or not isinstance(answer[1], dict)):
        raise ValueError("three values are asked for, (w, state, step), the state a dict, as it came in; yours "
                         f"gave `{answer!r}`")
    return answer


def _goes_on(batch=lambda step, k: step, rate=lambda step, k: step, state=lambda state: state,
             steps=lambda done, n: range(done, done + n), after=lambda done, n: done + n, stale=False):
    """A mistake in one part of going on; k counts the steps of this piece."""
    def wrong(checkpoint, gradient, optimizer, schedule, n_steps):
        w, kept, done = checkpoint
        kept = state(kept)
        for k, step in enumerate(steps(done, n_steps)):
            w, new = optimizer(w, gradient(w, batch(step, k)), kept, schedule(rate(step, k)))
            kept = kept if stale else new
        return w, kept, after(done, n_steps)
    return wrong


def _same_state(checkpoint, gradient, optimizer, schedule, n_steps):
    w, state, done = checkpoint
    new = state
    for step in range(done, done + n_steps):
        w, new = optimizer(w, gradient(w, step), state, schedule(step))
    return w, new, done + n_steps


def _gradients_at_the_start(checkpoint, gradient, optimizer, schedule, n_steps):
    return resumed(checkpoint, lambda w, step: gradient(checkpoint[0], step), optimizer, schedule, n_steps)


def _one_step(checkpoint, gradient, optimizer, schedule, n_steps):
    return resumed(checkpoint, gradient, optimizer, schedule, min(n_steps, 1))


def _weights_before_the_last(checkpoint, gradient, optimizer, schedule, n_steps):
    before = resumed(checkpoint, gradient, optimizer, schedule, n_steps - 1)[0] if n_steps else checkpoint[0]
    return before, *resumed(checkpoint, gradient, optimizer, schedule, n_steps)[1:]


def _one_rate(checkpoint, gradient, optimizer, schedule, n_steps):
    w, state, done = checkpoint
    lr = schedule(done)
    for step in range(done, done + n_steps):
        w, state = optimizer(w, gradient(w, step), state, lr)
    return w, state, done + n_steps


def _weights_of_the_start(checkpoint, gradient, optimizer, schedule, n_steps):
    return checkpoint[0], *resumed(checkpoint, gradient, optimizer, schedule, n_steps)[1:]


def _accumulates(weight=len, divisor=lambda group, every: sum(map(len, group)), drop=False, pace=lambda every: 1.0,
                 groups=None, gathered=sum):
    """A mistake in one part of the accumulation."""
    def wrong(w, gradient, batches, every, lr):
        cut = groups or (lambda batches, every: [batches[i:i + every] for i in range(0, len(batches), every)])
        for group in cut(batches, every):
            if drop and len(group) < every:
                continue
            total = gathered(weight(batch) * gradient(w, batch) for batch in group)
            w = w - lr * pace(every) * total / divisor(group, every)
        return w
    return wrong


def _never_set_back(gradients=True, rows=True):
    """The sum of gradients goes on from group to group, or that of their rows, or both."""
    def wrong(w, gradient, batches, every, lr):
        total, count = 0.0, 0
        for start in range(0, len(batches), every):
            group = batches[start:start + every]
            count = count * rows + sum(map(len, group))
            total = total * gradients + sum(len(batch) * gradient(w, batch) for batch in group)
            w = w - lr * total / count
        return w
    return wrong


def _at_the_first_weights(w, gradient, batches, every, lr):
    return accumulated_steps(w, lambda _, batch: gradient(w, batch), batches, every, lr)


def _once_more_behind_the_last(w, gradient, batches, every, lr):
    w = accumulated_steps(w, gradient, batches, every, lr)
    return w if len(batches) % every else accumulated_steps(w, gradient, batches[-every:], every, lr)


def _shorter_last_step(w, gradient, batches, every, lr):
    full = len(batches) - len(batches) % every
    w = accumulated_steps(w, gradient, batches[:full], every, lr)
    return accumulated_steps(w, gradient, batches[full:], every, lr * (len(batches) - full) / every)


def _over_all_rows(w, gradient, batches, every, lr):
    for start in range(0, len(batches), every):
        total = sum(len(batch) * gradient(w, batch) for batch in batches[start:start + every])
        w = w - lr * total / sum(map(len, batches))
    return w


def _rest_added(batches, every):
    groups = [batches[i:i + every] for i in range(0, len(batches), every)]
    rest = groups.pop() if len(groups) > 1 and len(groups[-1]) < every else []
    return [*groups[:-1], groups[-1] + rest]


def _by_rows(batches, every):
    rows = np.concatenate(batches)
    return [[rows[i:i + every]] for i in range(0, len(rows), every)]


def _as_many_groups(batches, every):
    return [[rows] for rows in np.array_split(np.concatenate(batches), every) if len(rows)]


def _as_many_lists(batches, every):
    return [[batches[i] for i in part] for part in np.array_split(range(len(batches)), every) if len(part)]


def _rest_one_by_one(batches, every):
    full = len(batches) - len(batches) % every
    return [batches[i:i + every] for i in range(0, full, every)] + [[batch] for batch in batches[full:]]


def _late(batches, every):
    """Groups that end with each batch whose number, counted from 0, is a multiple of `every` above 0."""
    starts = [0, *range(every + 1, len(batches), every)]
    return [batches[a:b] for a, b in zip(starts, [*starts[1:], len(batches)], strict=True)]


def _full_as_the_first(w, gradient, batches, every, lr):
    return _accumulates(divisor=lambda group, every: every * len(batches[0]))(w, gradient, batches, every, lr)


def _moves_within(w, gradient, batches, every, lr):
    for start in range(0, len(batches), every):
        group = batches[start:start + every]
        rows = sum(map(len, group))
        for batch in group:
            w = w - lr * len(batch) * gradient(w, batch) / rows
    return w


def _early(batches, every):
    """Groups that end with each batch whose number, counted from 0, is a multiple of `every`."""
    ends = [i + 1 for i in range(0, len(batches), every)]
    starts = [0, *ends]
    return [batches[a:b] for a, b in zip(starts, [*ends, len(batches)], strict=True) if a < b]


def _pull(w, x):
    """the mean of w − x over the rows"""
    return (w - x).mean(axis=0)


def _first_rows(w, x):
    """w − the mean of the first rows, of examples that are tables"""
    return w - x[:, 0].mean(axis=0)


def _mean_row(w, x):
    """the mean of the rows"""
    return x.mean(axis=0)


def _all_alike(w, x):
    """w − the mean of all numbers"""
    return w - x.mean()


def _cubic(w, x):
    """the mean of (w − x)³ over the rows"""
    return ((w - x) ** 3).mean(axis=0)


def _tug(w, step):
    """w − cos(step)"""
    return w - np.cos(step)


def _scaled(w, step):
    """(1, 0.1) · w + sin(2 step)"""
    return np.array([1.0, 0.1]) * w + np.sin(2.0 * step)


def _cosine_to_20(step):
    """a cosine from 0.4 to 0 in 20 steps"""
    return cosine(0.4, 20)(step)


def _slower(step):
    """0.3 / (1 + 0.2 step)"""
    return time_decay(0.3, 0.2)(step)


def _now_and_then(w, step):
    """w where step is a multiple of 3, otherwise 0"""
    return w * (step % 3 == 0)


def _stairs(step):
    """0.1 · (step mod 4)"""
    return 0.1 * (step % 4)


def _always_2(step):
    """2 at every step"""
    return 2.0


def _heavy(w, g, state, lr):
    """momentum with β = 0.8"""
    return momentum(w, g, state, lr, beta=0.8)


def _adam(w, g, state, lr):
    """Adam with β₁ = 0.8, β₂ = 0.9"""
    return adam(w, g, state, lr, beta1=0.8, beta2=0.9)


def _plain(w, g, state, lr):
    """SGD"""
    return sgd(w, g, state, lr)


def _every_other(w, g, state, lr):
    """plain steps, and after each a step that adds half of its gradient, and empties the state"""
    return (w - lr * (g + 0.5 * state["v"]), {}) if "v" in state else (w - lr * g, {"v": g})


def _all_there_is(w, g, state, lr):
    """momentum with β = 0.5, whose v is the sum of all that the state holds"""
    v = g + 0.5 * sum(state.values())
    return w - lr * v, {"v": v}


def _away(w, step):
    """1,000,000 − w"""
    return 1e6 - w


def _batches(*sizes, seed=0):
    rng = np.random.default_rng(seed)
    return [np.round(rng.normal(size=(n, 2)), 2) for n in sizes]


def _way_to_settings(names, shapes, lr, factor, weight_decay):
    rates, decays = parameter_settings(names, shapes, lr, factor, weight_decay)
    layers = dict(zip(map(_layer, names), rates, strict=True))
    own = _ends([f"`{name}`" for name, decay in zip(names, decays, strict=True) if decay])
    decaying = f"the decay belongs to {', '.join(own)}" if own else "no parameter decays"
    rated = ", ".join(_ends([f"`{layer}` with the rate `{rate:.4g}`" for layer, rate in layers.items()]))
    return f"The layers there are {rated}; {decaying}."


def _ends(words):
    """A long list without its middle."""
    return words if len(words) <= 8 else [*words[:2], "…", *words[-2:]]


def _way_to_the_end(w, gradient, optimizer, schedule, pieces, state=None):
    rates = ", ".join(f"{schedule(step):.4g}" for step in range(min(sum(pieces), 12))) + ", …" * (sum(pieces) > 12)
    cut = f" in pieces of {', '.join(map(str, pieces))}" * (len(pieces) > 1)
    many = f"{sum(pieces)} steps are done{cut}, with the rates `{rates}`"
    return f"There {many}." if sum(pieces) else "There no step is done."


def _way_of_groups(w, gradient, batches, every, lr):
    groups = [batches[i:i + every] for i in range(0, len(batches), every)]
    places = [w := accumulated_steps(w, gradient, group, every, lr) for group in groups]
    shown = ", then ".join(np.array2string(place, separator=", ", precision=4) for place in places[:5])
    sizes = ", ".join(str(sum(map(len, group))) for group in groups[:5]) + ", …" * (len(groups) > 5)
    return f"The steps there are of {sizes} rows; w goes to `{shown}`{', …' * (len(groups) > 5)}."


_W = np.array([1.5, -2.0])
_NET = ["body.1.weight", "body.1.bias", "body.2.weight", "body.2.bias", "body.5.weight", "body.5.bias", "head.weight",
        "head.bias"]
_NET_SHAPES = [(8, 1, 3, 3), (8,), (8,), (8,), (16, 8, 3, 3), (16,), (10, 64), (10,)]
_DEEP = [f"{k}.{part}" for k in (0, 2, 9, 10, 11) for part in ("weight", "bias")]
_DEEP_SHAPES = [shape for _ in range(5) for shape in ((4, 4), (4,))]
_LOOSE = ["scale", "shift", "mix.weight", "mix.scale", "out.weight"]
_LOOSE_SHAPES = [(4,), (3, 4), (4, 4), (4,), (2, 4)]
_PARTS = ["enc.0.weight", "enc.0.bias", "enc.1.weight", "dec.0.weight", "dec.0.bias", "dec.1.weight"]
_PARTS_SHAPES = [(4, 3), (4,), (4, 4), (3, 4), (3,), (1, 3)]
_STAGES = ["stem.weight", *(f"body.{k}.{j}.{part}" for k in (0, 1) for j in (0, 1) for part in ("weight", "bias"))]
_STAGES_SHAPES = [(4, 3, 5), *((4, 4), (4,)) * 3, (4, 4, 1, 3, 3), (4, 1)]
_SCALED, _SCALED_SHAPES = ["body.0.weight", "body.0.gain", "temperature"], [(3, 2), (), ()]


def _some_network(rng):
    """Up to 90 layers, their names up to 10 parts long, in no order, or without a dot; up to 5 axes, all lengths."""
    part = lambda: str(rng.choice(["body", "Body", "head", "norm", "weight", "bias", "0", "1", "2", "10"]))
    path, layers = [], {}
    for _ in range(whole(rng, 1, 90)):
        path = [*path[:rng.integers(10)], part()]
        layers[".".join(path)] = 1
    names = [[f"{layer}.{kind}" for kind in ("weight", "bias", "gain", "0")[:rng.integers(1, 5)]] if rng.random() < 0.8
             else [f"own_{k}"] for k, layer in enumerate(layers)]
    names = [name for layer in names for name in layer]
    shapes = [tuple(whole(rng, 1, 64) for _ in range(rng.integers(6))) for _ in names]
    factor = scale(rng, 0.3, 3) if rng.random() < 0.8 else 1
    return names, shapes, scale(rng, 1e-5, 10), factor, scale(rng, 1e-5, 10) * (rng.random() < 0.9)


def _some_stops(rng):
    """Up to 4 pieces, together up to 120 steps, some without any, with each gradient, optimizer and schedule.

    Some begin with a state that is prepared.
    """
    choose = lambda *several: several[rng.integers(len(several))]
    pieces = tuple(whole(rng, 1, 31) - 1 for _ in range(whole(rng, 1, 4)))
    w, optimizer = numbers(rng, 2), choose(_plain, _heavy, _adam)
    state = optimizer(w, numbers(rng, 2), {}, 0.1)[1] if rng.random() < 0.3 else {}
    return w, choose(_tug, _scaled, _now_and_then), optimizer, choose(_slower, _stairs), pieces, state


def _some_groups(rng):
    """Up to 30 batches of up to 60 rows, of 1 to 5 numbers each, as long or not, some of them the same one."""
    d, n, rows, gradient = whole(rng, 1, 5), whole(rng, 1, 30), whole(rng, 1, 60), (_pull, _cubic)[rng.integers(2)]
    sizes = [rows if rng.random() < 0.7 else whole(rng, 1, 60) for _ in range(n)]
    batches = [rng.normal(1, 1, (size, d)).clip(-2, 3).round(2) for size in sizes]
    batches = [batches[i] for i in rng.integers(n, size=n)] if rng.random() < 0.3 else batches
    every = whole(rng, 1, int(rng.choice([5, n, 3 * n])))
    probe = numbers(rng, d).clip(-3, 3), gradient, batches, every, scale(rng, 0.1, 1.5) if gradient is _pull else 0.01
    return probe if np.abs(accumulated_steps(*probe)).min() > 0.2 else _some_groups(rng)  # nothing that cancels


EXERCISES = [
    Exercise(
        id="parameter-settings",
        title="a rate and a decay for each parameter",
        reference=parameter_settings,
        on_the_way=_way_to_settings,
        draw=_some_network,
        parts=("the rates", "the decays"),
        why="The names say which layer a parameter belongs to, the shapes which kind it is. In torch, a group for each "
            "parameter is allowed: `[{\"params\": [w], \"lr\": …, \"weight_decay\": …}, …]`.",
        hints=(
            "Two questions that have nothing to do with each other: how deep does a parameter lie, and how many axes "
            "does it have?",
            "`name.rsplit(\".\", 1)[0]` is the layer of a name. `dict.fromkeys(…)` keeps each layer once, in the order "
            "in which they come.",
            "The last layer has depth 0, the one before it 1; the rate is lr · factor ** depth. `len(shape)` is the "
            "number of axes.",
        ),
        probes=((["a.weight", "a.bias", "b.weight"], [(3, 2), (3,), (1, 3)], 0.4, 0.5, 0.1),
                (_NET, _NET_SHAPES, 0.02, 0.3, 0.05), (_DEEP, _DEEP_SHAPES, 0.1, 0.8, 0.3),
                (_LOOSE, _LOOSE_SHAPES, 0.3, 0.5, 0.2), (["w"], [(2, 2)], 0.3, 0.7, 0.4),
                (["w", "v"], [(2,), (3,)], 0.3, 0.7, 0.4), (_NET, _NET_SHAPES, 0.001, 2.0, 1.5),
                (_PARTS, _PARTS_SHAPES, 0.2, 0.6, 0.01), (_SCALED, _SCALED_SHAPES, 0.5, 0.4, 0.2),
                (_STAGES, _STAGES_SHAPES, 0.3, 0.9, 0.1),
                (["norm.gain", "norm.shift", "out.weight"], [(3,), (3,), (2, 3)], 0.2, 0.5, 0.1)),
        further=(([f"{k}.{part}" for k in range(30) for part in ("weight", "bias")], [(4, 4), (4,)] * 30,
                  0.1, 0.9, 0.2),
                 (list("zyxwvutsrqponmlk"), [(2,) * (k % 4) for k in range(16)], 0.02, 1.1, 0.3),
                 (_NET, _NET_SHAPES, 0.1, 1.0, 0.0),
                 (["a.weight", "A.weight", "a.b.weight"], [(2, 2), (2, 2, 2, 2, 2), (1, 1)], 0.1, 0.5, 0.3)),
        corners={"A name without a dot": [3, 4, 5, 8]},
        mistakes=(
            (_settings(layer=lambda name: name),
             "Every parameter counts as a layer of its own here: the bias of a layer should have the rate of its "
             "weight."),
            (_settings(rate=lambda lr, factor, depth, n: lr * factor ** (n - 1 - depth)),
             "The rates run the wrong way: the last layer should have lr, and the factors gather towards the input."),
            (_settings(rate=lambda lr, factor, depth, n: lr * factor ** (depth + 1)),
             "Every rate has one factor too many: the last layer should have lr itself."),
            (_settings(order=sorted),
             "The layers are in the order of the alphabet here, where \"10\" stands before \"9\". "
             "Keep the order in which the names come."),
            (_settings(layer=lambda name: name.split(".")[0]),
             "The names are cut at the first dot, so that all of `body` is one layer. Cut at the last one."),
            (_settings(layer=lambda name: tuple(name.split(".")[:min(2, max(1, name.count(".")))])),
             "The names are cut behind their second part at the latest, so that all of `body.0` is one layer. Cut at "
             "the last dot, however many there are."),
            (_settings(layer=lambda name: name.split(".")[-1]),
             "Layers are told apart by what stands behind the last dot here: `weight` is not a layer. What stands "
             "before it is one."),
            (_settings(layer=lambda name: name.split(".")[-2:][0]),
             "Layers are told apart by the last part of their names alone here: `enc.0` and `dec.0` are two layers."),
            (_settings(layer=lambda name: name.rpartition(".")[0]),
             "Right unless several names have no dot: all of these are one layer here. Each should be its own, and "
             "count for the rates of the layers before it, too."),
            (_settings(rate=lambda lr, factor, depth, n: lr * factor if depth else lr),
             "All layers but the last have the same rate here. The factor should come in once more with each layer."),
            (_settings(rate=lambda lr, factor, depth, n: lr / factor**depth),
             "The rates are divided by the factor. Towards the input each should be factor times the next."),
            (_settings(rate=lambda lr, factor, depth, n: lr * factor * depth if depth else lr),
             "The factor is multiplied by the depth. It should come in once more with each layer, as a power."),
            (_settings(rate=lambda lr, factor, depth, n: factor**depth),
             "lr is missing: each rate is to be multiplied by it."),
            (_settings(rate=lambda lr, factor, depth, n: lr),
             "Every parameter has the rate lr here: the factor does not come in."),
            (_settings(decay=lambda wd, name, shape, lr: 0.0 if len(shape) > 1 else wd),
             "The decays are the wrong way round: matrices and filters should have one, biases and norms none."),
            (_settings(decay=lambda wd, name, shape, lr: wd),
             "Every parameter decays here. Those with fewer than two axes should not."),
            (_settings(decay=lambda wd, name, shape, lr: 0.0),
             "No parameter decays here. Those with two axes or more should."),
            (_settings(decay=lambda wd, name, shape, lr: wd if name.endswith("weight") else 0.0),
             "`weight` in the name decides here what decays. The weight of a norm has one axis, and some matrices have "
             "other names: ask the shape."),
            (_settings(decay=lambda wd, name, shape, lr: 0.0 if "bias" in name else wd),
             "`bias` in the name decides here what does not decay. The weight of a norm is no bias and has one axis: "
             "ask the shape."),
            (_settings(decay=lambda wd, name, shape, lr: wd if len(shape) in (2, 4) else 0.0),
             "Only what has two axes or four decays here. Three and five are more than two as well."),
            (_settings(decay=lambda wd, name, shape, lr: wd if len(shape) > 1 and "bias" not in name else 0.0),
             "Of what has two axes or more, `bias` in the name decides here what does not decay. Ask the shape alone."),
            (_settings(decay=lambda wd, name, shape, lr: wd if len(shape) > 1 and "weight" in name else 0.0),
             "Of what has two axes or more, `weight` in the name decides here what decays. Ask the shape alone."),
            (_settings(decay=lambda wd, name, shape, lr: wd if len(shape) > 2 else 0.0),
             "Only what has more than two axes decays here: the matrices of linear layers are left out."),
            (_settings(decay=lambda wd, name, shape, lr: wd if len(shape) == 2 else 0.0),
             "Only what has exactly two axes decays here. The filters of a convolution have more."),
            (_settings(decay=lambda wd, name, shape, lr: wd if len(shape) != 1 else 0.0),
             "Only what has exactly one axis is spared here. A single number, of shape (), has none, which is fewer "
             "than two as well."),
            (_decay_by_depth,
             "The decays are multiplied by the factors of the rates here. Only the rates go by layer: each decay is "
             "weight_decay or 0."),
            (_settings(decay=lambda wd, name, shape, lr: lr * wd if len(shape) > 1 else 0.0),
             "The decays are multiplied by lr. AdamW does that itself."),
            (_settings(decay=lambda wd, name, shape, lr: wd if shape and shape[0] > 1 else 0.0),
             "That asks for the length of the first axis, not for the number of axes."),
            (lambda names, shapes, lr, factor, weight_decay: [list(pair) for pair in zip(*parameter_settings(
                names, shapes, lr, factor, weight_decay), strict=True)],
             "That is a pair for each parameter. Two lists are asked for: all rates, then all decays."),
            (_of_rate_and_decay,
             "The decays are multiplied by the rates here. AdamW does that itself."),
            (_upside, "The rates should come first, then the decays."),
        ),
    ),
    Exercise(
        id="resume-exactly",
        title="going on as if never stopped",
        reference=resumed,
        drive=_in_pieces,
        parts=("the weights", "the step"),
        on_the_way=_way_to_the_end,
        draw=_some_stops,
        why="Three things carry a run: weights, the optimizer's state, and the step, from which follow the rate and "
            "the batch.",
        hints=(
            "Unpack the checkpoint. Which of its three parts changes in the loop, which after it?",
            "The step counts through all stops. Where does `range` have to begin, so that rate and batch are those of "
            "a run that never stopped?",
            "`for step in range(done, done + n_steps)`: in it, w and state are replaced by what the optimizer gives. "
            "Hand back both, and done + n_steps.",
        ),
        probes=((_W, _tug, _plain, _slower, (2, 3)), (_W, _tug, _heavy, _cosine_to_20, (1, 1, 4)),
                (_W, _scaled, _adam, _cosine_to_20, (5, 9)), (_W, _scaled, _adam, _slower, (7, 0, 3)),
                (_W, _scaled, _heavy, _slower, (0, 6)), (_W, _tug, _adam, _cosine_to_20, (3, 3, 3, 3)),
                (_W, _tug, _heavy, _slower, (0,)), (_W, _tug, _plain, _slower, (3,))),
        further=((_W, _tug, _heavy, _stairs, (3, 5)), (_W, _now_and_then, _adam, _slower, (4, 7)),
                 (_W, _now_and_then, _heavy, _stairs, (6, 9)), (_W, _tug, _heavy, _stairs, (500, 500, 22, 9)),
                 (_W, _tug, _plain, _slower, (1500, 3)),
                 (_W, _tug, _every_other, _slower, (3, 4)), (_W, _tug, _all_there_is, _slower, (2, 0, 3)),
                 (1e6 + 1e-3 * _W, _away, _plain, _always_2, (1, 14, 15))),
        corners={"no more steps": [3, 4, 6]},
        mistakes=(
            (_goes_on(batch=lambda step, k: k, rate=lambda step, k: k),
             "After a stop both rate and batch begin anew from step 0. They belong to the step counted through all "
             "stops."),
            (_goes_on(rate=lambda step, k: k),
             "After a stop the schedule begins anew: the rate jumps back to that of step 0."),
            (_goes_on(batch=lambda step, k: k),
             "The rates go on, but after a stop the batches begin anew from the first one."),
            (_goes_on(state=lambda state: {}),
             "After a stop the optimizer remembers nothing: either the state of the checkpoint is not taken up, or it "
             "is not handed back."),
            (_goes_on(stale=True),
             "Every step is taken with the same state, that of the checkpoint. The optimizer hands back a new one."),
            (_same_state,
             "Until the next stop, every step is taken with the state of the checkpoint. The new state that the "
             "optimizer hands back belongs to the next step."),
            (_gradients_at_the_start,
             "All gradients are taken at the weights of the checkpoint. Take each at the weights of its own step."),
            (_goes_on(batch=lambda step, k: step - k),
             "All steps take the batch of the first one until the next stop. Each step should have the batch of "
             "its own number."),
            (_goes_on(after=lambda done, n: done + n - bool(n)),
             "The step handed back is the number of the last step. It should say how many steps are done: one more, "
             "since they are numbered from 0."),
            (_goes_on(after=lambda done, n: n),
             "The step handed back counts this piece only. It should count all steps so far."),
            (_goes_on(after=lambda done, n: done),
             "The step handed back is still that of the start: n_steps more are done."),
            (_goes_on(steps=lambda done, n: range(done, n)),
             "n_steps is how many more, not up to which step. With fewer than are done, nothing is trained."),
            (_goes_on(steps=lambda done, n: range(done, n), after=lambda done, n: max(done, n)),
             "n_steps is how many more steps, not up to which step: where fewer than n_steps are done, loop and step "
             "end there."),
            (_goes_on(batch=lambda step, k: step + k, rate=lambda step, k: step + k),
             "Each step is counted twice, as where both the loop and a line in it add 1: rates and batches are those "
             "of every second step."),
            (lambda checkpoint, *rest: resumed(checkpoint, rest[0], lambda w, g, state, lr: (w - lr * g, state),
                                               *rest[2:]),
             "The optimizer is not asked: these are plain steps, w − lr · g. Take the new w and the new state that "
             "optimizer(w, g, state, lr) gives."),
            (_one_step, "More than one step is never done: does a `return` stand within the loop?"),
            (_weights_before_the_last, "The weights handed back are those before the last step."),
            (_goes_on(after=lambda done, n: done + 2 * n),
             "The new steps are counted twice in the step handed back."),
            (_goes_on(steps=lambda done, n: range(done + bool(done), done + bool(done) + n)),
             "After a stop, rates and batches are one step ahead: `step` steps are done, and the next has this very "
             "number, since steps count from 0."),
            (_goes_on(rate=lambda step, k: k, state=lambda state: {}),
             "After a stop the schedule begins anew, and the optimizer remembers nothing."),
            (_goes_on(steps=lambda done, n: range(done, done + n + 1)),
             "One step too many is trained: `range(a, b)` ends before b."),
            (_goes_on(steps=lambda done, n: range(done, done + n - 1)),
             "One step too few is trained: `range(a, b)` ends before b already."),
            (_goes_on(steps=lambda done, n: range(done + 1, done + n + 1)),
             "Rates and batches are one step ahead: the next step after `step` that are done has this very number, "
             "since steps count from 0."),
            (_goes_on(rate=lambda step, k: step + 1),
             "The rates are one step ahead of the batches. Each step should have the rate of its own number."),
            (_goes_on(rate=lambda step, k: max(step - 1, 0)),
             "The rates are one step behind. Each step should have the rate of its own number."),
            (_goes_on(batch=lambda step, k: step + 1),
             "The batches are one step ahead of the rates. Each step should have the batch of its own number."),
            (_one_rate,
             "The schedule is asked once, and its answer kept for all steps until the next stop. Ask at every step."),
            (_weights_of_the_start,
             "The weights handed back are those of the checkpoint that came in."),
        ),
    ),
    Exercise(
        id="accumulated-steps",
        title="accumulated gradients",
        reference=accumulated_steps,
        on_the_way=_way_of_groups,
        whole=((np.array([3, -2]), _pull, _batches(1, 4, 2), 2, 0.3),
               (np.array([8.0]), _pull, [np.array([[1]]), np.array([[2.5]])], 2, 0.5)),
        draw=_some_groups,
        why="Each batch counts by its rows, and the sum is divided by the rows that are really in it: then the groups "
            "are larger batches, the last one included.",
        hints=(
            "Take the batches in groups of `every`; all gradients of a group are taken at the same w.",
            "gradient(w, batch) is a mean over the rows of a batch. What do you have to do with two such means to get "
            "the mean over all rows of both?",
            "Multiply each by its number of rows, add up, divide by all rows of the group; then one step. "
            "`batches[start:start + every]` is shorter at the end by itself.",
        ),
        probes=((_W, _pull, _batches(2, 2, 2, 2), 2, 0.5), (_W, _pull, _batches(3, 3, 3, 3, 3, seed=1), 2, 0.4),
                (_W, _cubic, _batches(4, 4, 1, seed=2), 2, 0.05), (_W, _cubic, _batches(4, 1, 4, 2, seed=3), 2, 0.05),
                (_W, _cubic, _batches(2, 2, 2, seed=4), 1, 0.05), (_W, _pull, _batches(3, 2, 1, seed=5), 5, 0.7),
                (_W, _cubic, _batches(5, 5, 5, 5, 5, 5, 2, seed=6), 3, 0.04),
                (_W, _cubic, _batches(3, 3, 3, 3, 3, 3, seed=7), 3, 0.06),
                (_W, _pull, _batches(2, 1, 2, 2, 2, seed=8), 1, 0.3)),
        further=((_W, _pull, _batches(1, 4, 2, 5, 3, 2, 4, seed=9), 4, 0.5),
                 (np.ones(2), _first_rows, [np.arange(8.0).reshape(2, 2, 2), np.arange(4.0).reshape(1, 2, 2)], 2, 0.1),
                 (_W, _pull, [x[[0, 0, 1, 2]] for x in _batches(3, 3, 3, seed=10)], 2, 0.5),
                 (_W, _pull, _batches(*range(1, 8), *(3,) * 100, seed=11), 3, 0.02),
                 (_W, _cubic, _batches(2, 5, 1, seed=12), 40, 0.05),
                 (_W, _mean_row, _batches(1, 1, 1, 1, 2, seed=14), 3, 0.5),
                 (_W, _pull, [np.zeros((2, 2)), *_batches(1, 3, seed=13), np.zeros((1, 2))], 2, 1.5),
                 (_W, _pull, _batches(*(2, 1) * 50, seed=14), 80, 0.6),
                 (np.array([[1.0, 2.0], [0.5, -3.0]]), _all_alike, _batches(3, 1, 2, seed=15), 2, 0.3)),
        corners={"may hold fewer batches": [1, 2, 5, 6], "any batch fewer rows": [2, 3, 5, 6, 8]},
        mistakes=(
            (_accumulates(groups=lambda batches, every: [[batch] for batch in batches]),
             "A step is taken after each batch: nothing is accumulated."),
            (_accumulates(groups=lambda batches, every: [batches]),
             "All batches together make one step here. There should be one for every `every` of them."),
            (_never_set_back(gradients=False),
             "The number of rows is never set back to 0: from the second step on, the sum of a group's gradients is "
             "divided by all rows so far."),
            (_at_the_first_weights,
             "All gradients are taken at the first w. Those of a group belong to the w that the step before has "
             "reached."),
            (_once_more_behind_the_last,
             "Where the last group is full, it has its step twice: once in the loop, and once more behind it."),
            (_shorter_last_step,
             "The step of a last group that is not full is made shorter. It should have the whole rate, and the "
             "mean of its rows."),
            (_accumulates(groups=lambda batches, every: [batches[:every]]),
             "Only the first group has its step. Does a `return` stand within the loop?"),
            (_accumulates(groups=lambda batches, every: [batches[i:i + every + 1] for i in
                                                         range(0, len(batches), every)]),
             "Each group but the last takes the first batch of the next one as well: `batches[a:b]` ends before b."),
            (_accumulates(groups=_rest_added),
             "A last group that is not full can be added to the one before it here. It should have a step of its own."),
            (_over_all_rows,
             "The sum of a group is divided by the rows of all groups. Divide by those of the group."),
            (_accumulates(groups=_by_rows),
             "A step is taken for every `every` rows. Asked for is one for every `every` batches."),
            (_accumulates(groups=_as_many_lists),
             "`every` is taken as the number of groups. It is the number of batches in a group."),
            (_accumulates(groups=_rest_one_by_one),
             "Behind the last full group each batch has a step of its own. Together they are the last group, with one "
             "step."),
            (_accumulates(groups=_late),
             "The first group ends one batch late: with batches counted from 0, `i % every == 0` is true for the one "
             "behind a full group. A step belongs behind the batch where (i + 1) % every is 0."),
            (_accumulates(weight=lambda batch: 1.0, divisor=lambda group, every: 1.0,
                          gathered=lambda gradients: list(gradients)[-1]),
             "Only the last batch of each group goes into the step: is `=` in the place of `+=`, or does the sum begin "
             "anew with each batch?"),
            (_accumulates(divisor=lambda group, every: len(group) * sum(map(len, group))),
             "The mean over the rows is divided once more, by the number of batches."),
            (_accumulates(divisor=lambda group, every: len(group)),
             "The gradients of all rows are added and divided by the number of batches. Divide by that of the rows."),
            (_full_as_the_first,
             "Every group is divided by `every` times the rows of one batch, the first or the largest. Divide by the "
             "rows that it has."),
            (_accumulates(groups=_as_many_groups),
             "`every` is taken as the number of steps. It is the number of batches that make a step."),
            (_accumulates(groups=lambda batches, every: [[batch] for batch in batches], pace=lambda every: 1 / every),
             "A step of lr / every is taken after each batch: later batches of a group meet other weights, and a "
             "batch with fewer rows counts as much as a full one."),
            (_never_set_back(rows=False),
             "The sum is never set back to 0: each step takes the gradients of earlier groups once more. (That is a "
             "missing `zero_grad()`.)"),
            (_never_set_back(),
             "Each step takes the mean over all rows so far. After a step, sum and count should begin anew."),
            (_accumulates(weight=lambda batch: 1.0, divisor=lambda group, every: 1.0),
             "The mean gradients are added and not divided: where the batches have equally many rows, the step of a "
             "full group is `every` times too long."),
            (_accumulates(divisor=lambda group, every: 1.0),
             "The gradients of all rows are added and not divided: divide by the number of rows of the group."),
            (_accumulates(weight=lambda batch: 1.0, divisor=lambda group, every: every),
             "The mean gradients are divided by `every`, whatever is in the group: a last group with fewer batches "
             "mostly gets too short a step, and a batch with fewer rows counts as much as a full one."),
            (_accumulates(weight=lambda batch: 1.0, divisor=lambda group, every: len(group)),
             "That is the mean of the batches' means: a batch with fewer rows counts as much as a full one."),
            (_accumulates(divisor=lambda group, every: every * len(group[0])),
             "The sum over the rows is divided as if the group were full, `every` batches of as many rows as its first "
             "one. Divide by the rows that it has."),
            (_accumulates(drop=True),
             "The last group is left out where it holds fewer batches than `every`. It should have its step, too."),
            (_accumulates(groups=_early),
             "The first group has only one batch: `i % every == 0` is true for the first one, counted from 0. A step "
             "belongs behind the batch where (i + 1) % every is 0."),
            (_accumulates(gathered=lambda gradients: list(gradients)[-1]),
             "Only the last gradient of each group goes into the step. They are to be added."),
            (_accumulates(gathered=lambda gradients: list(gradients)[0]),
             "Only the first gradient of each group goes into the step. They are to be added."),
            (_moves_within,
             "The weights move within a group, so that its later gradients are taken elsewhere. All gradients of a "
             "group should be those at the same w."),
            (_accumulates(pace=lambda every: 1 / every),
             "The step is divided by `every` once more. The mean over the rows is divided already."),
            (_accumulates(pace=lambda every: every),
             "The rate is multiplied by `every`. That may be wise, but nobody asked: as if they were one batch."),
            (_accumulates(pace=lambda every: -1.0),
             "The steps go uphill: they should go against the gradient."),
        ),
    ),
]

QUIZZES = [
    Quiz("rate-after-resuming", "A run with a linear warmup and a cosine is stopped at step 40 and resumed: first the "
         "optimizer's state is loaded, then the scheduler is built, then its state is loaded. What happens to the "
         "rate?", (
        Option("Nothing: whatever is loaded is loaded, the order does not matter.",
               "The order of loading does not. But building a scheduler writes a rate into the optimizer.",
               origin="A common belief"),
        Option("It stays near the first rate of the warmup, and the scheduler reports no error.",
               "Building the scheduler wrote the warmup's first rate over the one that was loaded, and such schedulers "
               "compute each rate from the one that stands in the optimizer.", right=True),
        Option("It is right at once, since the scheduler was loaded last.",
               "Loading a scheduler's state restores its counters. It does not write the rate into the optimizer."),
        Option("It stops with \"param 'initial_lr' is not specified\".",
               "That comes of a scheduler told to begin in the middle, over an optimizer whose state was not loaded."),
    )),
    Quiz("fine-tuning-rate", "A network is fine-tuned with few new examples, and must not forget the old ones. What "
         "did the measurements here say of the rate?", (
        Option("Fine-tuning wants a rate ten to a hundred times lower than training.",
               "Here a tenth of the best rate gained less on the new images.",
               origin="A common rule of thumb"),
        Option("The best rate for the new images is also the best for the old ones.",
               "Old accuracy fell with every higher rate of the grid."),
        Option("A higher rate gains new accuracy up to a point and costs old accuracy all the way; going back half the "
               "way between old and new weights is a second dial.",
               "Both dials were measured. Half the way back at 0.01 gained more here than all of 0.001, and cost less "
               "than 0.03 more of the old.",
               right=True),
        Option("The rate does not matter if the layers at the input are frozen.",
               "Frozen or not, the rate has a best place, and the place moves with what is trained."),
    )),
    Quiz("forgotten-division", "Gradients of four batches are accumulated, and the division by four is forgotten. What "
         "does that do?", (
        Option("The same for every optimizer: the rate is four times too large.",
               "For plain SGD it is. Adam divides each step by the size of the gradients."),
        Option("With SGD it is a rate four times as large; with Adam next to nothing, unless gradients are clipped.",
               "A factor before all gradients cancels in Adam, but for eps. A threshold on their norm does not know of "
               "it.", right=True),
        Option("Nothing: `backward()` takes the mean by itself.",
               "It adds to what stands in `.grad`. Each loss is a mean over its own batch only.",
               origin="A common belief"),
        Option("It makes the run four times as long.",
               "The number of updates does not depend on it."),
    )),
]
