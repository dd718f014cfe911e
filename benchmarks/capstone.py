"""Plays the capstone with every strategy and stores what came of it: `make capstone-baselines`.

    python benchmarks/capstone.py [--players 20] [--into data]

Writes capstone_players.csv, a row for each game, and capstone_outcomes.csv, a row for each of many single trials, and
brings checksums.txt up to date. The best known setting is searched for first, without a budget and without the test
part: twelve optimizers under three schedules at eight rates each, four networks a setting; then the best sixty on ten
new splits of training and validation examples.
"""

import argparse
from math import ceil
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
import stored
from tqdm import tqdm

from course_utils.data import FOLDER, Dataset, load_segments
from course_utils.models import mlp
from course_utils.optimizers import adam, adamw, momentum, nesterov, sgd
from course_utils.schedules import cosine, one_cycle
from course_utils.studies.capstone import BUDGET, LARGEST_BATCH, LONGEST, WIDTH, Capstone
from course_utils.studies.strategies import STRATEGIES
from course_utils.sweep import sweep, sweep_settings

SEARCH_SEEDS = range(900_000, 900_004)  # no player's
RATES = np.geomspace(1e-4, 10, 26)
PART = 16  # steps of an epoch with batches of 64


VARIANTS = [(sgd, (0.1, 10), [{}]), (momentum, (0.03, 2), [{"beta": b} for b in (0.8, 0.9, 0.95)]),
            (nesterov, (0.03, 2), [{"beta": b} for b in (0.8, 0.9, 0.95)]),
            (adam, (0.01, 0.5), [{"beta2": b} for b in (0.9, 0.99, 0.999)]),
            (adamw, (0.01, 0.5), [{"weight_decay": d} for d in (0.01, 0.1)])]


def best_setting(data, model, per_choice=8, kept=60, splits=10):
    """The setting with the best mean validation accuracy over ten splits of the examples that are no test examples."""
    rng, choices = np.random.default_rng(0), []
    for optimizer, (low, high), variants in VARIANTS:
        for hyper in variants:
            for schedule in (None, cosine, one_cycle):
                for lr in np.exp(rng.uniform(np.log(low), np.log(high), per_choice)):
                    choices.append({"lr": float(lr), "optimizer": optimizer, "schedule": schedule,
                                    "batch_size": LARGEST_BATCH, **hyper})

    def mean_accuracy(part, choices):
        settings = [{name: value for name, value in choice.items() if name != "schedule"}
                    | {"model": model, "lr": choice["schedule"](choice["lr"], LONGEST)
                       if choice["schedule"] else choice["lr"]} for choice in choices]
        epochs = LONGEST // ceil(len(part.x_train) / LARGEST_BATCH)
        runs = sweep_settings(part, settings, SEARCH_SEEDS, epochs, progress=False)
        return np.nan_to_num(runs.final("val_accuracy")).mean(axis=1)

    finalists = [choices[i] for i in np.argsort(-mean_accuracy(data, choices))[:kept]]
    return finalists[int(np.mean([mean_accuracy(_split_anew(data, k), finalists) for k in
                                  tqdm(range(splits), desc="best known", unit="split")], axis=0).argmax())]


def _split_anew(data, k):
    x, y = np.r_[data.x_train, data.x_val], np.r_[data.y_train, data.y_val]
    order = np.random.default_rng(k).permutation(len(y))
    fit, choose = order[:len(data.y_train)], order[len(data.y_train):]
    return Dataset(data.name, x[fit], y[fit], x[choose], y[choose], x[choose], y[choose])


def played(strategy, player):
    """A row of the table: one game, from the first trial to the opened test part."""
    game = Capstone(player, show=False)
    made = game.submit(strategy(game))
    setting = made.trial.setting
    return {"strategy": strategy.__name__, "player": player, "test_accuracy": made.score,
            "val_accuracy": made.trial.val_accuracy, "spent": made.spent, "trials": made.n_trials,
            "optimizer": setting["optimizer"].__name__, "lr": setting["lr"],
            "schedule": setting["schedule"].__name__ if setting["schedule"] else "constant",
            "hyper": " ".join(f"{name}={value:g}" for name, value in list(setting.items())[4:]),
            "batch_size": setting["batch_size"], "steps": made.trial.steps}


def outcomes(model, seeds=range(800_000, 800_008)):
    """Single trials of three optimizers at constant rates: validation and test accuracy after every epoch."""
    opened = load_segments(opened=True)
    runs = sweep(model, opened, [sgd, momentum, adam], lr=list(RATES), seeds=seeds, epochs=LONGEST // PART,
                 batch_size=64, progress=False)
    curves = {part: np.nan_to_num(runs.history[f"{part}_accuracy"]) for part in ("val", "test")}
    return pd.DataFrame([{"optimizer": setting["optimizer"].__name__, "lr": setting["lr"], "seed": k}
                         | {f"{part}_{PART * (e + 1)}": score for part, curve in curves.items()
                            for e, score in enumerate(curve[i, k])}
                         for i, setting in enumerate(runs.settings) for k in range(len(seeds))])


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--players", type=int, default=20)
    options.add_argument("--into", type=Path, default=FOLDER)
    chosen, began = options.parse_args(), perf_counter()
    data = load_segments()
    model = mlp(data.n_features, WIDTH, data.n_classes)
    best = best_setting(data, model)
    print("best known:", {name: getattr(value, "__name__", value) for name, value in best.items()})

    def best_known(game):
        return game.trial(**best)

    ways = {**STRATEGIES, "best_known": best_known}
    games = [(way, player) for way in ways.values() for player in range(1, chosen.players + 1)]
    players = pd.DataFrame([played(*game) for game in tqdm(games, unit="game")])
    singles = outcomes(model)
    seconds = perf_counter() - began
    lines = stored.origin(seconds)
    stored.write(players, chosen.into / "capstone_players.csv", digits=6, lines=[
        f"games of the capstone, a row each: {BUDGET} steps, at most {LONGEST} of them for one network", *lines])
    stored.write(singles, chosen.into / "capstone_outcomes.csv", digits=6, lines=[
        "single trials of the capstone's problem, batches of 64: accuracies after so many steps", *lines])
    print(players.groupby("strategy", sort=False)[["test_accuracy", "val_accuracy", "spent", "trials"]].mean().round(4))
    print(f"{len(players)} games, {len(singles)} single trials: {seconds:.0f} s")


if __name__ == "__main__":
    main()
