"""Networks trained while the reader looks on, and the search for their rate."""

from dataclasses import dataclass
from math import ceil, log

import numpy as np
from matplotlib.colors import ListedColormap

from ..data import make_blobs
from ..models import mlp
from ..optimizers import sgd
from ..plots import CLASS_MARKERS, POINT_COLORS, REGION_COLORS
from ..schedules import cosine, warmup
from ..sweep import sweep
from ..training import one_thread
from .drawing import BLUE, INK, RED, moving_words, style
from .framework import Control, Explorable, Finding

__all__ = ["explore_fates", "explore_schedule", "explore_search", "explore_training", "fate"]

FATE_COLORS = {"crawl": "#555555", "learn": BLUE, "blow up": RED}
FATES = {"crawl": "it crawls", "learn": "it learns", "blow up": "it blows up"}


def explore_fates(data=None, epochs=60):
    """A small network trained at the rate of your choice, its fate in words: crawl, learn or blow up."""
    def describe(trained):
        return f"rate {trained.values[0]:.3g}: {FATES[trained.fate]}, validation accuracy {trained.accuracy:.2f}."

    def reached(trained):
        return Finding("all three seen, and the rate alone decided.", needed=len(FATES),
                       part=list(FATES).index(trained.fate))

    controls = {"lr": Control("rate", 1e-6, 10.0, 1e-4, step=0.1)}
    goal = "By moving nothing but the rate, see all three fates: a network that crawls, that learns, that blows up."
    return _training_explorable(data, epochs, controls, describe, goal, reached,
                                route=[{"lr": lr} for lr in (1e-5, 0.03, 10.0)])


def explore_training(data=None, epochs=60, margin=0.02, n_seeds=3):
    """A small network trained at any rate and from any seed, with its decision regions and its validation accuracy."""
    def describe(trained):
        return f"{trained.setting}: {FATES[trained.fate]}, validation accuracy {trained.accuracy:.3f}."

    def reached(trained):
        ceiling = trained.data.val_ceiling
        lr, seed = trained.values
        if ceiling is None or trained.accuracy < ceiling - margin:
            return ""
        return Finding(f"rate {lr:.3g} comes within {margin:g} of the ceiling on seeds {{}}.", needed=n_seeds,
                       part=seed, words=str(seed), group=str(lr), joint=", ")

    controls = {"lr": Control("rate", 1e-5, 10.0, 1e-4, step=0.1),
                "seed": Control("seed", 0, 29, 0, step=1, log=False, whole=True)}
    goal = (f"Find one rate that ends within {margin:g} of the ceiling after {epochs} epochs on {n_seeds} different "
            "seeds. How many rates look good on a single seed?")
    return _training_explorable(data, epochs, controls, describe, goal, reached,
                                route=[{"seed": 1}, {"lr": 0.03}, *({"seed": 1 + k} for k in range(1, n_seeds))])


@dataclass(frozen=True)
class _Shaped:
    """Networks trained with one schedule: `rates` (steps,), `accuracy` (seeds, epochs) on validation data."""

    rates: np.ndarray
    accuracy: np.ndarray
    ceiling: float
    values: tuple

    @property
    def summed_rate(self):
        return float(self.rates.sum())

    @property
    def mean_accuracy(self):
        return float(self.accuracy[:, -1].mean())


def explore_schedule(data=None, epochs=10, n_seeds=8, margin=0.005):
    """Networks trained with a cosine by peak, share of warmup and last rate; the summed rate beside their accuracy."""
    data = make_blobs() if data is None else data
    if data.task != "classification" or data.val_ceiling is None:
        raise ValueError(f"data must have classes and a known ceiling, got {data!r}")
    steps = epochs * ceil(len(data.x_train) / 32)

    def train(wanted):
        schedules = [warmup(cosine(peak, steps, end * peak), max(1, round(share * steps)))
                     for peak, share, end in map(dict.values, wanted)]
        runs = sweep(mlp(data.n_features, 50, data.n_classes), data, sgd, lr=schedules, seeds=range(n_seeds),
                     epochs=epochs, progress=False)
        return [_Shaped(np.array([schedule(step) for step in range(steps)]), np.nan_to_num(accuracy), data.val_ceiling,
                        tuple(values.values()))
                for schedule, accuracy, values in zip(schedules, runs.history["val_accuracy"], wanted, strict=True)]

    def shape(ax):
        style(ax, "step", "learning rate", "The rate at every step")
        ax.set(xlim=(-0.02 * steps, 1.02 * steps), ylim=(1e-5, 20), yscale="log")
        line, = ax.plot([], [], color=BLUE, lw=2, animated=True, zorder=3)
        words = moving_words(ax)

        def show(shaped):
            line.set_data(np.arange(steps), np.maximum(shaped.rates, 1e-9))
            words(f"summed rate {shaped.summed_rate:.3g}", BLUE)
        return show

    def curve(ax):
        style(ax, "epoch", "validation accuracy", f"{n_seeds} networks, and their mean")
        ax.set(xlim=(0.5, epochs + 0.5), ylim=(0.2, 0.95))
        ax.axhline(data.val_ceiling, color=INK, lw=1, ls="--")
        ax.text(0.6, data.val_ceiling + 0.01, f"ceiling {data.val_ceiling:.2f}", color=INK, fontsize=9)
        lines = [ax.plot([], [], color="#8fbbd9", lw=1, animated=True, zorder=2)[0] for _ in range(n_seeds)]
        mean, = ax.plot([], [], "o-", color=BLUE, lw=2, ms=5, animated=True, zorder=3)

        def show(shaped):
            x = np.arange(1, epochs + 1)
            for line, accuracy in zip(lines, shaped.accuracy, strict=True):
                line.set_data(x, accuracy)
            mean.set_data(x, shaped.accuracy.mean(axis=0))
        return show

    def describe(shaped):
        peak, share, end = shaped.values
        return (f"peak {peak:.3g}, warmup {share:.0%}, end {end:.3g} × peak: summed rate {shaped.summed_rate:.3g}, "
                f"mean validation accuracy {shaped.mean_accuracy:.3f}.")

    def reached(shaped):
        if shaped.mean_accuracy < shaped.ceiling - margin:
            return ""
        return f"{shaped.mean_accuracy:.3f} in {epochs} epochs, with the ceiling at {shaped.ceiling:.3f}."

    controls = {"peak": Control("peak", 1e-3, 10.0, 0.03, step=0.1),
                "share": Control("warmup", 0.0, 0.9, 0.0, step=0.05, log=False),
                "end": Control("end", 1e-3, 1.0, 1.0, step=0.25)}
    goal = (f"In {epochs} epochs, bring the mean accuracy of {n_seeds} networks within {margin:g} of the ceiling. "
            "How near can you get with a constant rate (warmup 0, end 1)?")
    shelf = _Shelf(controls, train)
    return Explorable(shelf, [shape, curve], describe, controls, goal, reached, ahead=shelf.ahead,
                      route=[{"peak": 0.4}, {"share": 0.3}, {"end": 0.01}])


def beside(x, y, width=0.45, height=0.065):
    """Heights of numbers at the points (x, y): in turn above and below, moved on where another one stands already."""
    places = []
    for k, (along, at) in enumerate(zip(x, y, strict=True)):
        at, move = (at + 0.03, height) if k % 2 == 0 else (at - 0.085, -height)
        while any(abs(along - left) < width and abs(at - other) < height for left, other in places):
            at += move
        places.append((along, at))
    return [at for _, at in places]


def apart(heights, gap=0.055):
    """The heights, moved up or down where they must be so that no two are nearer than `gap`; their order stays."""
    order = np.argsort(heights, kind="stable")
    rising = np.asarray(heights, dtype=float)[order] - gap * np.arange(len(order))
    moved = np.maximum.accumulate(rising) + gap * np.arange(len(order))
    found = np.empty(len(order))
    found[order] = moved - max(0.0, moved[-1] - 1) if len(order) else moved
    return found.tolist()


def explore_search(runs, n_trials=6, within=0.01, games=9):
    """A search for the best rate in few trials, each a real run of the sweep `runs`; every game has another scale.

    In each game the loss is multiplied by an unknown constant. A rate then does what rate × constant does to the loss
    as it was, so that the whole profile moves along the axis of the rates.
    """
    rates = np.array(runs.values("lr"))
    order = np.argsort(rates)
    rates, scores = rates[order], runs.history[f"val_{runs.metric}"][order]
    mean = scores[:, :, -1].mean(axis=1)
    best = float(mean.max())
    shifts = np.random.default_rng(0).uniform(-2, 1.5, games + 1)  # decades
    played, last, won = {}, {}, set()

    def compute(lr, game):
        trials = played.setdefault(game, [])
        if last and last["lr"] != lr and len(trials) < n_trials:
            i = int(np.abs(np.log(rates * 10 ** shifts[game]) - np.log(lr)).argmin())
            seed = (n_trials * (game - 1) + len(trials)) % scores.shape[1]
            trials.append((lr, i, scores[i, seed]))
        last.update(lr=lr)
        return _Search(game, tuple(trials), n_trials, rates * 10 ** shifts[game], mean, best)

    def ceiling(ax):
        if runs.data.val_ceiling is not None:
            ax.axhline(runs.data.val_ceiling, color=INK, lw=1, ls="--")
            ax.text(0.02, runs.data.val_ceiling + 0.015, f"ceiling {runs.data.val_ceiling:.2f}", color=INK, fontsize=9,
                    transform=ax.get_yaxis_transform())

    def board(ax):
        style(ax, "learning rate", f"validation {runs.metric}", "Your trials, numbered")
        ax.set(xscale="log", xlim=(1e-7, 100), ylim=(0, 1))
        truth, = ax.plot([], [], "-", color=INK, lw=1.2, animated=True, zorder=1)
        dots, = ax.plot([], [], "o", color=BLUE, ms=7, animated=True, zorder=3)
        chosen, = ax.plot([], [], "o", mfc="none", mec=RED, mew=2, ms=14, animated=True, zorder=4)
        numbers = [ax.text(0, 0, str(k + 1), ha="center", va="bottom", animated=True, zorder=5, fontsize=9)
                   for k in range(n_trials)]
        ceiling(ax)
        words = ax.text(0.03, 0.03, "", transform=ax.transAxes, weight="bold", animated=True, zorder=5)

        def show(search):
            x, y = [t[0] for t in search.trials], [t[2][-1] for t in search.trials]
            dots.set_data(x, y)
            for number in numbers:
                number.set_visible(False)
            for number, *place in zip(numbers, x, beside(np.log10(x), y), strict=False):
                number.set_visible(True)
                number.set_position(place)
            truth.set_data((search.rates, search.mean) if search.over else ([], []))
            chosen.set_data(([search.choice[0]], [search.choice[2][-1]]) if search.trials else ([], []))
            words.set_text(f"game {search.game}: " + ("the line is the truth" if search.over else
                                                      f"{search.left} trials left"))
        return show

    def curves(ax):
        style(ax, "epoch", f"validation {runs.metric}", "How each trial went")
        ax.set(xlim=(0, runs.epochs + 3), ylim=(0, 1))
        ceiling(ax)
        epochs = np.arange(1, runs.epochs + 1)
        lines = [ax.plot([], [], color=BLUE, lw=1.2, animated=True, zorder=3)[0] for _ in range(n_trials)]
        numbers = [ax.text(0, 0, str(k + 1), va="center", animated=True, zorder=5, fontsize=9)
                   for k in range(n_trials)]

        def show(search):
            heights = apart([curve[-1] for _, _, curve in search.trials])
            for k, (line, number) in enumerate(zip(lines, numbers, strict=True)):
                tried = k < len(search.trials)
                curve = search.trials[k][2] if tried else []
                line.set_data(epochs[:len(curve)], curve)
                number.set_visible(tried)
                if tried:
                    number.set_position((runs.epochs + 0.5, heights[k]))
        return show

    def describe(search):
        if not search.trials:
            return f"Game {search.game}: nothing tried yet, {n_trials} trials left. Move the rate."
        rate, _, curve = search.choice
        text = (f"Game {search.game}, trial {len(search.trials)} of {n_trials}: rate {search.trials[-1][0]:.3g} scores "
                f"{search.trials[-1][2][-1]:.3f}; best so far: {rate:.3g} with {curve[-1]:.3f}.")
        return text + (f" Its mean over all seeds: {search.regret:.3f} below that of the best rate." if search.over
                       else "")

    def reached(search):
        if search.over and search.regret <= within:
            won.add(search.game)
        if len(won) < 2 or search.game not in won:
            return ""
        return f"games {', '.join(map(str, sorted(won)))} won."

    controls = {"lr": Control("rate", 1e-7, 100.0, 1e-7, step=0.1, live=False),
                "game": Control("game", 1, games, 1, step=1, log=False, whole=True, live=False)}
    goal = (f"In {n_trials} trials, find a rate whose mean score lies within {within:g} of the best. Win two games: in "
            "each, the good rates lie elsewhere.")
    good = (rates[mean.argmax()] * 10**shifts).tolist()
    route = [move for game in (1, 2) for move in ({"game": game}, *({"lr": good[game] * (1 + k / 100)}
                                                                    for k in range(n_trials)))]
    return Explorable(compute, [board, curves], describe, controls, goal, reached, route=route, remembers=True)


@dataclass(frozen=True)
class _Search:
    """One game as it stands: trials are (rate, place in the table, scores by epoch)."""

    game: int
    trials: tuple
    n_trials: int
    rates: np.ndarray
    mean: np.ndarray
    best: float

    @property
    def left(self):
        return self.n_trials - len(self.trials)

    @property
    def over(self):
        return self.left == 0

    @property
    def choice(self):
        """The trial with the best last score."""
        return max(self.trials, key=lambda trial: np.nan_to_num(trial[2][-1], nan=-np.inf))

    @property
    def regret(self):
        return self.best - float(self.mean[self.choice[1]])


def fate(run, data):
    """How training ended: "learn", "blow up" or "crawl", judged by the training loss after each epoch.

    "learn"    the mean loss of the last third of the epochs lies below 0.75 ln C; ln C is that of a blind guess among
               C classes
    "blow up"  else, if the run diverged or the loss rose in more than a fifth of the epochs
    "crawl"    else: the loss falls, too slowly to get there
    """
    loss = np.asarray(run.history["train_loss"], dtype=float)
    if not run.diverged and loss[-ceil(len(loss) / 3):].mean() < 0.75 * log(data.n_classes):
        return "learn"
    rises = int((np.diff(loss) > 0).sum())
    return "blow up" if run.diverged or 5 * rises > len(loss) else "crawl"


@dataclass(frozen=True)
class _Trained:
    """A run with the data it was trained on and the values that were set."""

    run: object
    data: object
    values: tuple

    @property
    def setting(self):
        return f"rate {self.values[0]:.3g}, seed {self.values[1]}"

    @property
    def accuracy(self):
        return float(self.run.history["val_accuracy"][-1])

    @property
    def fate(self):
        return fate(self.run, self.data)


class _Shelf:
    """Results by the controls' values, computed ahead, so that a figure can follow the hand.

    A stack of networks costs little more than one of them: where one slider has moved, all its places are computed.
    `compute` takes a list of dicts of values and returns a result for each.
    """

    def __init__(self, controls, compute):
        self.places = {name: control.places for name, control in controls.items()}
        self.compute, self.results, self.last = compute, {}, {}

    def __call__(self, **values):
        values = {name: values[name] for name in self.places}  # in the order of the controls
        if tuple(values.values()) not in self.results:
            moved = [name for name in values if values[name] != self.last.get(name)]
            wanted = [values]
            if len(moved) == 1:
                wanted += [values | {moved[0]: place} for place in self.places[moved[0]]]
            self.ahead(wanted)
        self.last = values
        return self.results[tuple(values.values())]

    def ahead(self, wanted):
        """Compute what is not there of a list of dicts of values, at once."""
        missing = {key: chosen for chosen in wanted if (key := tuple(chosen.values())) not in self.results}
        if missing:
            self.results |= zip(missing, self.compute(list(missing.values())), strict=True)


def _training_explorable(data, epochs, controls, describe, goal, reached, route):
    data = make_blobs() if data is None else data
    if data.task != "classification" or data.n_features != 2 or data.n_classes > len(POINT_COLORS):
        raise ValueError(f"data must have two features and at most {len(POINT_COLORS)} classes to be drawn, "
                         f"got {data!r}")
    low, high = data.x_val.min(axis=0) - 1, data.x_val.max(axis=0) + 1
    grid = np.stack(np.meshgrid(*np.linspace(low, high, 60, axis=1)), axis=-1).astype(np.float32)

    def train(wanted):
        rates, seeds = (sorted({values.get(name, 0) for values in wanted}) for name in ("lr", "seed"))
        runs = sweep(mlp(2, 50, data.n_classes), data, sgd, lr=rates, seeds=seeds, epochs=epochs, progress=False)
        trained = {(lr, seed): _Trained(runs.run(i, seed), data, (lr, seed))
                   for i, lr in enumerate(rates) for seed in seeds}
        return [trained[values["lr"], values.get("seed", 0)] for values in wanted]

    def regions(ax):
        names = data.feature_names or ("feature 1", "feature 2")
        style(ax, names[0], names[1], "Predictions and validation data")
        tints = ListedColormap(REGION_COLORS)
        image = ax.imshow(np.zeros(grid.shape[:2]), extent=(low[0], high[0], low[1], high[1]), origin="lower",
                          aspect="auto", cmap=tints, vmin=0, vmax=len(REGION_COLORS) - 1, animated=True, zorder=0)
        for c in range(data.n_classes):
            x = data.x_val[data.y_val == c]
            ax.plot(x[:, 0], x[:, 1], CLASS_MARKERS[c], color=POINT_COLORS[c], ms=3.5, mew=0, animated=True,
                    zorder=2)
        words = moving_words(ax)

        def show(trained):
            with one_thread():
                image.set_data(trained.run.predict(grid.reshape(-1, 2)).reshape(grid.shape[:2]))
            words(FATES[trained.fate], FATE_COLORS[trained.fate])
        return show

    def curve(ax):
        style(ax, "epoch", "validation accuracy", "Validation accuracy after each epoch")
        ax.set(xlim=(0, epochs + 1), ylim=(0, 1))
        if data.val_ceiling is not None:
            ax.axhline(data.val_ceiling, color=INK, lw=1, ls="--")
            ax.text(0.2, data.val_ceiling + 0.015, f"ceiling {data.val_ceiling:.2f}", color=INK, fontsize=9)
        ax.axhline(1 / data.n_classes, color=INK, lw=1, ls=":")
        ax.text(epochs + 1, 1 / data.n_classes - 0.015, "blind guess", ha="right", va="top", color=INK, fontsize=9)
        line, = ax.plot([], [], "o-", lw=1.2, ms=3.5, animated=True, zorder=3)

        def show(trained):
            accuracy = np.asarray(trained.run.history["val_accuracy"])
            line.set_data(np.arange(1, len(accuracy) + 1), accuracy)
            line.set_color(FATE_COLORS[trained.fate])
        return show

    shelf = _Shelf(controls, train)
    return Explorable(shelf, [regions, curve], describe, controls, goal, reached, route=route, ahead=shelf.ahead)
