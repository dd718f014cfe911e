"""The exercises of notebook 10, and its project: a game that is scored against stored players."""

from functools import partial
from math import nan
from numbers import Real

import numpy as np

from ..data import load_capstone
from ..optimizers import nesterov
from ..schedules import cosine
from ..search import Trials
from ..studies.capstone_seal import issued
from .draws import whole
from .quizzes import Option, Quiz
from .tasks import Exercise, Project, Result
from .values import show
from .walks import Instead


def steps_spent(trials):
    """The steps that a list of trials has cost, when going on is cheaper than starting anew.

    Each trial is a tuple (setting, steps, decays), in the order in which they were made;
    a setting is anything that can be the key of a dict, such as a name or a tuple.
    If decays is False, the rate is constant, and a longer run of a setting goes on where
    its longest run so far ended: only the new steps cost. If decays is True, the schedule
    is made for this very number of steps, so that a run of another length starts anew.
    The same run once more costs nothing, nor does anything shorter at a constant rate. A
    constant run and a decaying one never share their steps. No trials cost 0.
    steps_spent([("a", 32, True), ("b", 64, True)]) is 96.
    """
    longest, total = {}, 0
    for setting, steps, decays in trials:
        run = (setting, decays, steps if decays else None)
        total += max(steps - longest.get(run, 0), 0)
        longest[run] = max(steps, longest.get(run, 0))
    return total


def finals_left(budget, n, short, full):
    """How many finals can be paid for after n first trials of `short` steps each.

    In a final, one of the first trials goes on to `full` steps at its constant rate, so
    that only the new steps cost; `short` is less than `full`. No more finals than first
    trials; 0 if nothing is left, or too little for one, or if the first trials alone cost
    more than the budget.
    finals_left(1000, 4, 100, 300) is 3.
    """
    return max(0, min(n, (budget - n * short) // (full - short)))


def halving(score, settings, lengths, kept):
    """The setting that is left after some rounds of successive halving.

    In round r, every setting that is still in gets score(setting, lengths[r]), a finite
    number: higher is better, and it may be negative. Or it is nan, which means that it
    diverged and comes last. The best kept[r] of them go on, ranked by this round's scores.
    Of equals, and of those that diverged, the one that ranked higher in the round before
    comes first; in the first round, the one that stands earlier in settings, a list of
    numbers. After the last round the answer is the best one, though kept[-1] may be more
    than 1.
    halving(lambda setting, steps: -setting, [3, 1, 2], [10, 20], [2, 1]) is 1.
    """
    for steps, n in zip(lengths, kept, strict=True):
        scores = [score(setting, steps) for setting in settings]
        ranked = sorted(range(len(settings)), key=lambda i: -scores[i] if scores[i] == scores[i] else np.inf)
        settings = [settings[i] for i in ranked[:n]]
    return settings[0]


def my_search(game):
    """Spend the budget of the game as you like, one `game.trial(...)` after another.

    Leave `return ...` as it is while you are searching. Handing back one of your trials,
    such as `game.best()`, says that you are done: it will be submitted.
    """
    tried = [game.trial(lr, nesterov, cosine, batch_size=128) for lr in np.geomspace(0.05, 1.5, 8)]
    finalists = sorted(tried, key=lambda trial: np.nan_to_num(trial.val_accuracy))[-2:]
    again = [game.trial(trial.setting["lr"], nesterov, cosine, batch_size=128, networks=2) for trial in finalists]
    return max(again, key=lambda trial: trial.val_accuracy)


# How the halving is used: scores come from a table, every question is charged.

_LENGTHS = (16, 48, 160)


def _plays(attempt, table, kept, lengths=_LENGTHS):
    """The setting that the attempt chooses from a table of scores (settings, rounds), and the steps that it paid."""
    rising = [float(f"{lr:.3g}") for lr in np.geomspace(1e-3, 10, len(table))]
    first = len(table) // 3
    settings = rising[first:] + rising[:first]  # so that the order of the list is not that of the values
    lengths = lengths[:len(kept)]
    trials = Trials(partial(_looked_up, table, settings, lengths), float("inf"))

    def score(setting, steps):
        _looked_up(table, settings, lengths, setting, steps)
        return trials.score(setting, steps)

    answer = attempt(score, list(settings), lengths, kept)
    if answer is None:
        return None
    if hasattr(answer, "__array__"):
        answer = np.asarray(answer)[()]
    if answer is ... or isinstance(answer, tuple | list) and any(part is ... for part in answer):
        return ...
    if not isinstance(answer, Real):
        array = "an array " if isinstance(answer, np.ndarray) else ""
        return Instead(f"not a real number, and so none of the settings: {array}{show(answer)}", answer, 2)
    return answer, trials.spent


def _looked_up(table, settings, lengths, setting, steps):
    if setting not in settings:
        raise ValueError(f"score was asked for {setting!r}, which is none of the settings")
    if steps not in lengths:
        raise ValueError(f"score was asked for {steps!r} steps, which is none of the lengths {lengths}")
    return table[settings.index(setting)][lengths.index(steps)]


_RISING = np.array([[.2, .5, .9], [.3, .6, .85], [.5, .7, .8], [.6, .65, .7], [.1, .2, .3], [.4, .45, .5]])
_CROSSING = np.array([[.7, .71, .72], [.6, .8, .81], [.65, .75, .9], [.1, .95, .99], [.55, .85, .86], [.5, .5, .5]])
_BLOWN = np.array([[.3, .4, .5], [nan, nan, nan], [.5, nan, nan], [.4, .6, .7], [nan, nan, nan], [.2, .3, .9]])
_TIED = np.array([[.5, .6, .6], [.5, .6, .7], [.5, .6, .7], [.4, .9, .9]])
_FALLING = np.array([[.9, .2, .1], [.8, .5, .3], [.7, .6, .4], [.1, .9, .9], [.6, .3, .35], [.5, .1, .6]])
_EQUALS = np.column_stack([np.arange(100) % 2, np.arange(100), np.arange(100)]) / 4
_TIED_TOP = np.array([[0.5, 0.8], [0.6, 0.9], [0.7, 0.9], [0.4, 0.95]])
_TIED_LATE = np.array([[.5, .6, .6], [.7, .6, .6], [.6, .6, .6], [.4, .9, .9]])  # ranked 1, 2, 0, then equal
_OVERTAKEN = np.array([[.5, .6, .6], [.9, .5, .6], [.6, .7, .6], [.4, .9, .9]])  # led by 1, then 2, then equal
_ALL_LOST = np.array([[.5, .6, nan], [.9, .5, nan], [.6, .7, nan], [.4, .9, .9]])  # the same, and then all diverged
_RECOVERED = np.array([[.5, .4, .3], [nan, .9, .8], [.4, .3, .4]])
_NEGATIVE = np.array([[-.5, -4.], [-.9, -9.], [-.3, nan], [nan, .1], [-.4, -3.]])
_LOST = np.array([[.2, nan, nan], [.6, nan, nan], [nan, .9, .9], [.5, nan, nan]])  # and in the end nobody is left
_FEW = np.array([[nan, nan, nan], [nan, .3, nan], [.4, nan, .1], [nan, .5, .2]])  # more go on than have a score
_LATE = np.array([[nan, .9], [.3, .4], [.6, .5], [.7, nan], [.2, .1]])


def _rounds(attempt_scores=lambda scores: scores, take=lambda ranked, n, r: ranked[:n], answer=lambda left, s: left[0],
            missing=np.inf):
    """A halving with one of its parts exchanged."""
    def variant(score, settings, lengths, kept):
        scores = []
        for r, (steps, n) in enumerate(zip(lengths, kept, strict=False)):
            scores = attempt_scores([score(setting, steps) for setting in settings])
            ranked = sorted(range(len(settings)), key=lambda i: -scores[i] if scores[i] == scores[i] else missing)
            settings, scores = ([[x[i] for i in take(ranked, n, r)] for x in (settings, scores)])
        return answer(settings, scores)
    return variant


def _left_after_rounds(table, kept, lengths=_LENGTHS):
    """Who is left after each round, the best first."""
    rounds = [_rounds(answer=lambda left, scores: left)(
        lambda setting, steps: table[setting][steps], range(len(table)), range(1 + r), kept) for r in range(len(kept))]
    return ("By their places in the list, these are left after the rounds, the best first: "
            + ", then ".join(f"`{left}`" for left in rounds) + ".")


def _never_again(score, settings, lengths, kept):
    first = [score(setting, lengths[0]) for setting in settings]
    ranked = sorted(range(len(settings)), key=lambda i: -np.nan_to_num(first[i], nan=-np.inf))
    for steps, n in zip(lengths[1:], kept[:-1], strict=True):
        for i in ranked[:n]:
            score(settings[i], steps)
    return settings[ranked[0]]


def _everyone_each_round(score, settings, lengths, kept):
    for steps in lengths:
        scores = {setting: score(setting, steps) for setting in settings}
    return max(settings, key=lambda setting: np.nan_to_num(scores[setting], nan=-np.inf))


def _out_but_asked(score, settings, lengths, kept):
    """All are asked in every round; only those that are still in are ranked."""
    left = settings
    for steps, n in zip(lengths, kept, strict=True):
        scores = {setting: np.nan_to_num(score(setting, steps), nan=-np.inf) for setting in settings}
        left = sorted(left, key=lambda setting: -scores[setting])[:n]
    return left[0]


def _best_ever(score, settings, lengths, kept):
    ever = {}
    for steps, n in zip(lengths, kept, strict=True):
        for setting in settings:
            ever[setting] = max(ever.get(setting, -np.inf), np.nan_to_num(score(setting, steps), nan=-np.inf))
        settings = sorted(settings, key=lambda setting: -ever[setting])[:n]
    return max(ever, key=ever.get)


def _halves(score, settings, lengths, kept):
    for steps in lengths:
        scores = {setting: np.nan_to_num(score(setting, steps), nan=-np.inf) for setting in settings}
        settings = sorted(settings, key=lambda setting: -scores[setting])[:max(1, len(settings) // 2)]
    return settings[0]


def _in_the_order_of_the_list(chosen):
    """The right settings go on, but in the order of the list that was passed; `chosen` picks of ranking and list."""
    def wrong(score, settings, lengths, kept):
        for steps, n in zip(lengths, kept, strict=True):
            scores = {setting: score(setting, steps) for setting in settings}
            ranked = sorted(settings, key=lambda setting: -np.nan_to_num(scores[setting], nan=-np.inf))
            settings = [setting for setting in settings if setting in ranked[:n]]
        return chosen(ranked, settings)
    return wrong


def _without_diverged(score, settings, lengths, kept):
    """Those that diverged are thrown out, even if fewer than kept[r] remain."""
    for steps, n in zip(lengths, kept, strict=True):
        scores = {setting: score(setting, steps) for setting in settings}
        left = [setting for setting in settings if scores[setting] == scores[setting]]
        settings = sorted(left, key=lambda setting: -scores[setting])[:n]
    return settings[0]


def _sorted_with_nan(score, settings, lengths, kept):
    """What `sorted` makes of scores among which there is a nan, if nobody cares for it."""
    for steps, n in zip(lengths, kept, strict=True):
        scores = {setting: score(setting, steps) for setting in settings}
        settings = sorted(settings, key=lambda setting: scores[setting], reverse=True)[:n]
    return settings[0]


def _sorted_pairs(score, settings, lengths, kept):
    """Pairs of score and setting, sorted: a nan disturbs the order, and of equals the larger setting comes first."""
    for steps, n in zip(lengths, kept, strict=True):
        pairs = sorted([(score(setting, steps), setting) for setting in settings], reverse=True)
        settings = [setting for _, setting in pairs[:n]]
    return settings[0]


def _nobody_leaves(score, settings, lengths, kept):
    """Every setting is asked in every round; the order of the list that was passed decides."""
    for steps in lengths:
        for setting in settings:
            score(setting, steps)
    return settings[0]


def _largest_of_equals(score, settings, lengths, kept):
    for steps, n in zip(lengths, kept, strict=True):
        pairs = [(np.nan_to_num(score(setting, steps), nan=-np.inf), setting) for setting in settings]
        settings = [setting for _, setting in sorted(pairs, reverse=True)[:n]]
    return settings[0]


def _smallest_of_equals(score, settings, lengths, kept):
    for steps, n in zip(lengths, kept, strict=True):
        pairs = [(-np.nan_to_num(score(setting, steps), nan=-np.inf), setting) for setting in settings]
        settings = [setting for _, setting in sorted(pairs)[:n]]
    return settings[0]


def _never_past_nan(score, settings, lengths, kept):
    for steps, n in zip(lengths, kept, strict=True):
        scores, left, settings = {s: score(s, steps) for s in settings}, list(settings), []
        while left and len(settings) < n:
            best = left[0]
            for setting in left:
                best = setting if scores[setting] > scores[best] else best
            left.remove(best)
            settings.append(best)
    return settings[0]


def _all_as_good(score, settings, lengths, kept):
    for steps, n in zip(lengths, kept, strict=True):
        scores = {setting: np.nan_to_num(score(setting, steps), nan=-np.inf) for setting in settings}
        settings = sorted(settings, key=lambda setting: -scores[setting])
        settings = [setting for setting in settings if scores[setting] >= scores[settings[:n][-1]]]
    return settings[0]


def _stopping_at_one(score, settings, lengths, kept):
    for steps, n in zip(lengths, kept, strict=True):
        if len(settings) > 1:
            settings = _rounds(answer=lambda left, scores: left)(score, settings, [steps], [n])
    return settings[0]


def _skipping_rounds(score, settings, lengths, kept):
    for steps, n in zip(lengths, kept, strict=True):
        if n < len(settings):
            settings = _rounds(answer=lambda left, scores: left)(score, settings, [steps], [n])
    return settings[0]


def _beginning_at_zero(score, settings, lengths, kept):
    """The best are looked for one by one, and the highest score so far is 0 at first."""
    for steps, n in zip(lengths, kept, strict=True):
        scores = {setting: score(setting, steps) for setting in settings}
        settings = sorted(settings, key=lambda setting: -scores[setting] if scores[setting] > 0 else 0)[:n]
    return settings[0]


def _adding_up(score, settings, lengths, kept):
    total = dict.fromkeys(settings, 0.0)
    for steps, n in zip(lengths, kept, strict=True):
        for setting in settings:
            total[setting] += np.nan_to_num(score(setting, steps), nan=-np.inf)
        settings = sorted(settings, key=lambda setting: -total[setting])[:n]
    return settings[0]


def _by_score(score, settings, lengths, kept):
    for steps, n in zip(lengths, kept, strict=True):
        found = {np.nan_to_num(score(setting, steps), nan=-np.inf): setting for setting in settings}
        settings = [found[key] for key in sorted(found, reverse=True)[:n]]
    return settings[0]


def _first_round_of_equals(score, settings, lengths, kept):
    first = {}
    for steps, n in zip(lengths, kept, strict=True):
        scores = {setting: np.nan_to_num(score(setting, steps), nan=-np.inf) for setting in settings}
        first = first or scores
        settings = sorted(settings, key=lambda setting: (-scores[setting], -first[setting]))[:n]
    return settings[0]


def _never_recovered(score, settings, lengths, kept):
    lost = set()
    for steps, n in zip(lengths, kept, strict=True):
        scores = {setting: score(setting, steps) for setting in settings}
        lost |= {setting for setting in settings if scores[setting] != scores[setting]}
        settings = sorted(settings, key=lambda setting: np.inf if setting in lost else -scores[setting])[:n]
    return settings[0]


def _best_of_any_round(score, settings, lengths, kept):
    best = -np.inf, settings[0]
    for steps, n in zip(lengths, kept, strict=True):
        scores = {setting: np.nan_to_num(score(setting, steps), nan=-np.inf) for setting in settings}
        settings = sorted(settings, key=lambda setting: -scores[setting])[:n]
        best = max(best, (scores[settings[0]], settings[0]), key=lambda pair: pair[0])
    return best[1]


def _later_of_equals(score, settings, lengths, kept):
    for steps, n in zip(lengths, kept, strict=True):
        pairs = [(np.nan_to_num(score(setting, steps), nan=-np.inf), i) for i, setting in enumerate(settings)]
        settings = [settings[i] for _, i in sorted(pairs, reverse=True)[:n]]
    return settings[0]


def _accounting(cost, key=lambda s, steps, decays: (s, steps) if decays else s, grow=max):
    """A variant of the accounting: what a trial costs, given the longest run before it, and how that is kept."""
    def variant(trials):
        longest, total = {}, 0
        for setting, steps, decays in trials:
            run = key(setting, steps, decays)
            total += cost(steps, longest.get(run, 0))
            longest[run] = grow(longest.get(run, 0), steps)
        return total
    return variant


_new = lambda steps, before: max(steps - before, 0)
_LEDGERS = (
    [("a", 32, False), ("a", 160, False)],
    [("a", 32, True), ("a", 160, True)],
    [("a", 160, False), ("a", 64, False), ("a", 96, False)],
    [("a", 160, True), ("a", 160, True), ("b", 64, True), ("a", 64, True)],
    [("a", 32, False), ("b", 32, False), ("c", 32, False), ("b", 64, False), ("b", 160, False), ("b", 160, True)],
    [("a", 64, True), ("a", 64, False), ("a", 128, False), ("b", 128, True), ("a", 64, True)],
    [],
    [("a", 96, False), ("a", 32, False), ("a", 128, False), ("b", 16, False)],
    [("a", 64, False), ("a", 64, False), ("b", 32, False), ("b", 16, False)],
    [("a", 64, True), ("a", 64, False), ("b", 32, False), ("b", 32, True)],
    [((0.1, "sgd"), 32, False), ((0.1, "adam"), 32, False), ((0.1, "sgd"), 64, False), ((0.1, "adam"), 32, True)],
    [("a", 32, False), ("b", 32, False), ("a", 64, False), ("b", 96, False), ("a", 96, True), ("b", 64, True)],
    [("a", 128, True), ("a", 32, True), ("a", 128, True)],
    [("a", 64, False), ("a", 32, True), ("a", 96, False)],
    [(1, 32, False), ("1", 64, False), (0, 16, True), ((), 16, True), (None, 48, False), (1, 96, False)],
    [("a", 32, False), ("a", 96, False), ("a", 128, False)],
    [(tuple(setting), steps, decays) for *setting, steps, decays in (  # equal tuples, and not the same one
        (16, 32, 32, False), (32, 16, 32, False), (16, 32, 64, False), (32, 16, 32, True), (32, 16, 32, True),
        (48, 32, 96, False))],
)


def _known(trials, key):
    """Decaying runs are free where key(setting, steps, decays) was there before, constant ones go on."""
    longest, seen, total = {}, set(), 0
    for setting, steps, decays in trials:
        if decays:
            total += steps * (key(setting, steps, decays) not in seen)
        else:
            total += max(steps - longest.get(setting, 0), 0)
            longest[setting] = max(longest.get(setting, 0), steps)
        seen.add(key(setting, steps, decays))
    return total


def _started_by_any(trials):
    """A constant run goes on from a decaying one of the same setting, too."""
    longest, seen, total = {}, set(), 0
    for setting, steps, decays in trials:
        if decays:
            total += steps * ((setting, steps) not in seen)
            seen.add((setting, steps))
        else:
            total += max(steps - longest.get(setting, 0), 0)
        longest[setting] = max(longest.get(setting, 0), steps)
    return total


def _decaying_if_longer(trials):
    """A decaying run is charged, in full, only where it is longer than all decaying ones of its setting before."""
    longest, total = {}, 0
    for setting, steps, decays in trials:
        before = longest.get((setting, decays), 0)
        total += steps * (steps > before) if decays else max(steps - before, 0)
        longest[setting, decays] = max(steps, before)
    return total


def _length_seen(trials):
    """Whatever has the setting and the length of an earlier trial is passed over, decaying or not."""
    first = {(setting, steps): trial for trial in reversed(trials) for setting, steps, _ in [trial]}
    return steps_spent([trial for trial in reversed(first.values())])


def _forgotten_after_decay(trials):
    longest, seen, total = {}, set(), 0
    for setting, steps, decays in trials:
        if decays:
            total += steps * ((setting, steps) not in seen)
            seen.add((setting, steps))
            longest[setting] = 0
        else:
            total += max(steps - longest.get(setting, 0), 0)
            longest[setting] = max(steps, longest.get(setting, 0))
    return total


def _decaying_goes_on(trials):
    """A decaying run goes on from where the longest constant one of its setting ended."""
    longest, seen, total = {}, set(), 0
    for setting, steps, decays in trials:
        if (setting, steps, decays) not in seen:
            total += max(steps - longest.get(setting, 0), 0)
        if not decays:
            longest[setting] = max(longest.get(setting, 0), steps)
        seen.add((setting, steps, decays))
    return total


def _started_by_the_last(trials):
    """A constant run goes on from the trial just before if that had its setting; a decaying one is charged in full."""
    total, before = 0, (None, 0)
    for setting, steps, decays in trials:
        total += max(steps - before[1], 0) if before[0] == setting and not decays else steps
        before = setting, steps
    return total


def _after_its_neighbour(trials):
    """A run is known only if the trial just before it was the same run."""
    total, before = 0, (None, 0, None)
    for setting, steps, decays in trials:
        same = before[0] == setting and before[2] == decays and (not decays or before[1] == steps)
        total += max(steps - before[1], 0) if same else steps
        before = setting, steps, decays
    return total


def _some_ledger(rng):
    """Up to 120 trials of a few settings, of all kinds, some equal without being the same, and of few lengths."""
    settings = ["a", "b", (0.1, "sgd"), ("sgd", 0.1), (0.1, ("sgd",)), 0, 7, -7, "7", None, (), "", 0.25]
    settings = [settings[i] for i in rng.permutation(len(settings))[:whole(rng, 1, len(settings))]]
    lengths = [whole(rng, 1, 100) for _ in range(whole(rng, 1, 20))]
    kinds = [(rng.integers(len(settings)), rng.integers(len(lengths))) for _ in range(whole(rng, 1, 121) - 1)]
    made = lambda setting: tuple(list(setting)) if isinstance(setting, tuple) else setting
    return ([(made(settings[i]), lengths[j], bool(rng.integers(2))) for i, j in kinds],)


def _some_budget(rng):
    """Up to 300 first trials. What is left pays for so many finals and no step more, or a step less, or for none."""
    n, short, new = whole(rng, 1, 300), whole(rng, 1, 1000), whole(rng, 1, 20_000)
    new = short if rng.random() < 0.1 else new
    finals = int(rng.choice([0, n, rng.integers(n + 1), rng.integers(n + 1), n + rng.integers(300)]))
    left = finals * new + int(rng.choice([0, -1, 1, new // 2, new - 1]))
    return max(n * short + left, 1) if rng.random() < 0.9 else whole(rng, 1, n * short), n, short, short + new


def _some_rounds(rng):
    """Up to 25 settings in up to 5 rounds: few different scores, large and small, of both signs, many diverge."""
    n, rounds = whole(rng, 1, 25), whole(rng, 1, 5)
    size = 10.0 ** rng.integers(-6, 15)
    table = size * rng.integers(-rng.choice([1, 4, 40]), rng.choice([1, 4, 40]), (n, rounds)) / 8
    table[rng.random(table.shape) < rng.choice([0.0, 0.1, 0.5])] = nan
    lengths = tuple(np.cumsum([whole(rng, 1, 500) for _ in range(rounds)]).tolist())
    return table, tuple(sorted((whole(rng, 1, n) for _ in range(rounds)), reverse=True)), lengths


EXERCISES = [
    Exercise(
        id="steps-spent",
        title="what a list of trials has cost",
        reference=steps_spent,
        why="What counts as the same run is the whole question: at a constant rate the setting alone, with a decaying "
            "one the setting and its length.",
        hints=(
            "Go through the trials and remember, for every run, the longest that has been paid for.",
            "A trial costs its steps minus those that the same run has had before, and never less than 0. What is "
            "\"the same run\", if the rate decays?",
            "A dictionary: `run = (setting, decays, steps if decays else None)`, then `longest.get(run, 0)`.",
        ),
        on_the_way=lambda trials: "One by one, the trials cost " + " + ".join(
            str(steps_spent(trials[:i + 1]) - steps_spent(trials[:i])) for i in range(min(len(trials), 12))) + (
            " + …" * (len(trials) > 12)) + "." if trials else "",
        draw=_some_ledger,
        probes=tuple((ledger,) for ledger in _LEDGERS),
        further=(([(k % 3, 999 * (k % 7 + 1), k % 5 < 2) for k in range(40)],),
                 ([("z", 70, False), *(("a", k % 90 + 1, k % 2 > 0) for k in range(800)), ("z", 60, False)],),
                 ([("a", 32, True), (("a", 32), 48, False), (("a", True), 20, False)],)),
        corners={"anything that can be the key of a dict": [14], "such as a name or a tuple": [10, 16],
                 "only the new steps cost": [0, 7, 15], "starts anew": [1],
                 "The same run once more costs nothing": [3, 8, 12], "anything shorter at a constant rate": [2, 7, 8],
                 "never share their steps": [9, 11, 13], "No trials cost 0": [6]},
        mistakes=(
            (lambda trials: sum(steps for _, steps, _ in trials),
             "Every trial is charged in full. Going on at a constant rate costs only what is new, and the same once "
             "more costs nothing."),
            (_accounting(_new, lambda s, steps, decays: s),
             "A decaying rate is treated like a constant one. Its schedule was made for another length, so that the "
             "longer run has to start anew."),
            (_accounting(_new, lambda s, steps, decays: (s, steps)),
             "Every length starts anew here. At a constant rate, a longer run goes on where the shorter one ended."),
            (_accounting(lambda steps, before: steps - before),
             "A shorter run of what has been trained for longer gives steps back here. It should cost nothing, and "
             "nothing is paid back."),
            (_accounting(_new, grow=lambda before, steps: steps),
             "After a shorter run the longer one before it is forgotten: remember the longest."),
            (_accounting(lambda steps, before: steps * (steps > before)),
             "A longer run at a constant rate is charged from its first step on. It should go on where the longest so "
             "far ended: only the new steps cost."),
            (_accounting(_new, lambda s, steps, decays: (s, steps) if decays else ()),
             "All runs at a constant rate share one longest here, whatever their setting. Each setting has its own."),
            (_accounting(_new, lambda s, steps, decays: (id(s), steps) if decays else id(s)),
             "Settings are told apart by `is`, or by their `id`. Two that are equal are the same setting, wherever "
             "they come from."),
            (_accounting(_new, grow=lambda before, steps: min(before or steps, steps)),
             "The shortest length of a run is remembered here, not the longest, so that steps are charged again."),
            (_accounting(_new, grow=lambda before, steps: before + steps * (steps > before)),
             "What is remembered of a longer run is the old length and the new one added up. It ends at its own "
             "number of steps, whatever was before."),
            (lambda trials: steps_spent(trials[:1]),
             "Only the first trial is charged: does a `return` stand inside the loop?"),
            (lambda trials: [steps_spent(trials[:i + 1]) - steps_spent(trials[:i]) for i in range(len(trials))],
             "Those are the costs of the trials, one by one. Add them up."),
            (_accounting(_new, grow=lambda before, steps: before + steps),
             "The lengths of one setting are added up, as if each trial had started where the last one ended. A trial "
             "of 160 steps ends at step 160, whatever was before."),
            (lambda trials: sum(steps for _, steps, _ in dict.fromkeys(trials)),
             "The same once more is free, as it should be. But going on at a constant rate is charged from the start."),
            (lambda trials: len(trials),
             "That is the number of trials. The currency is steps."),
            (_accounting(_new, lambda s, steps, decays: s if decays else (s, steps)),
             "The wrong way round: a longer run should go on at a constant rate, and start anew with a decaying one."),
            (lambda trials: max((steps for _, steps, _ in trials), default=0),
             "That is the longest single trial. What did all of them cost?"),
            (_accounting(_new, lambda s, steps, decays: (steps if decays else 0)),
             "The setting plays no part here: trials with other settings are not the same run."),
            (lambda trials: sum(steps for _, steps, decays in trials if decays) + _accounting(_new)(
                [t for t in trials if not t[2]]),
             "Right for constant rates. With a decaying one, the very same run once more should be free, too."),
            (_started_by_any,
             "A constant run goes on here from where a decaying one of the same setting ended. The two never share "
             "their steps."),
            (lambda trials: _known(trials, lambda setting, steps, decays: (setting, steps)),
             "A decaying run is free here where a constant one of the same setting and length was there before. The "
             "two never share their steps."),
            (lambda trials: _known(trials, lambda setting, steps, decays: setting),
             "Right for constant rates. With a decaying one, a run of another length should start anew, even if the "
             "setting is known."),
            (lambda trials: _known(trials, lambda setting, steps, decays: steps),
             "Right for constant rates. A decaying run is free here once any run had that length, of whatever "
             "setting."),
            (_accounting(_new, lambda s, steps, decays: (s, decays)),
             "Constant and decaying runs are kept apart, as they should be. But a decaying run of another length "
             "should start anew; it does not go on where the last one ended."),
            (_accounting(lambda steps, before: steps if not before else 0),
             "A run that is known costs nothing here, even if it becomes longer: its new steps should be charged."),
            (_accounting(_new, grow=lambda before, steps: before or steps),
             "The first length of a run is remembered here, not the longest, so that steps are charged again."),
            (_accounting(_new, grow=lambda before, steps: steps - before if steps > before else before),
             "What is remembered of a longer run are the steps that it added. It is its length that counts: a run that "
             "goes on to 96 steps ends at 96."),
            (_accounting(lambda steps, before: abs(steps - before)),
             "A shorter run of what has been trained for longer is charged with the difference here. It should "
             "cost nothing."),
            (lambda trials: _known(trials, lambda setting, steps, decays: setting if decays else ()),
             "Right for constant rates. With a decaying one, only the first run of a setting is charged. A run of "
             "another length should start anew."),
            (lambda trials: _known(trials, lambda setting, steps, decays: steps if decays else ()),
             "Right for constant rates. A decaying run is free here once a decaying one had that length, of whatever "
             "setting."),
            (_decaying_if_longer,
             "Right for constant rates. With a decaying one, a shorter run should be charged in full as well, unless "
             "the same run was there before."),
            (lambda trials: sum(n for _, n, d in dict.fromkeys(trials) if d),
             "Right for decaying rates. The constant ones cost nothing here."),
            (_length_seen,
             "A run is free here where one of the same setting and length was there before, though one of the two "
             "decays and the other does not. The two never share their steps."),
            (_decaying_goes_on,
             "A decaying run goes on here from where a constant one of the same setting ended. The two never share "
             "their steps."),
            (lambda trials: sum(n for _, n, d in trials if d) + _accounting(lambda steps, before: steps - before,
             grow=lambda before, steps: steps)([t for t in trials if not t[2]]),
             "Two things: a decaying run that is repeated is charged again, and a shorter constant one gives steps "
             "back."),
            (_accounting(lambda steps, before: steps - before, grow=lambda before, steps: steps),
             "What is charged is the difference to the run before, so that a shorter one gives steps back. It should "
             "cost nothing, and the longest be remembered."),
            (_accounting(lambda steps, before: steps if steps < before else steps - before),
             "A shorter run of what has been trained for longer is charged in full here. It should cost "
             "nothing."),
            (_forgotten_after_decay,
             "After a decaying run the constant one of the same setting begins anew here. The two have nothing to do "
             "with each other: it goes on where its longest run ended."),
            (lambda trials: steps_spent(trials[:-1]), "The last trial is not charged: does a loop end too early?"),
            (lambda trials: steps_spent(trials[1:]), "The first trial is left out: does a loop begin with the second?"),
            (lambda trials: sum({steps for _, steps, _ in trials}),
             "Every length is charged once. It is the run that counts: another setting of the same length costs, too."),
            (lambda trials: len(set(trials)), "That is the number of different trials. The currency is steps."),
            (_started_by_the_last,
             "A constant run is compared with the trial just before it alone, and a decaying one is never free. What "
             "counts is all that was trained before."),
            (_after_its_neighbour,
             "Only the trial just before counts here. A run may go on after others have come between."),
            (lambda trials: sum(max((n for t, n, d in trials if t == setting and not d), default=0) for setting in
                                dict.fromkeys(t for t, *_ in trials)),
             "Right for constant rates. The decaying ones cost nothing here."),
            (lambda trials: sum({(t, d): n for t, n, d in trials}.values()),
             "Only the last run of each setting is charged, constant and decaying ones apart."),
            (lambda trials: sum({s: n for s, n, _ in reversed(trials)}.values()),
             "Only the first trial of each setting is charged. Later ones cost what is new, or all, if they start "
             "anew."),
        ),
    ),
    Exercise(
        id="finals-left",
        title="how many finals a budget leaves",
        reference=finals_left,
        why="The first round is paid in full, a final only from where its first trial ended; rounding down keeps the "
            "budget.",
        hints=(
            "First: what is left after the first round? Then: what does one final cost?",
            "A final goes on from `short` to `full`, so it costs `full - short` steps. Half a final cannot be run.",
            "`//` rounds down. Then take care of the ends: not below 0, and not above n.",
        ),
        on_the_way=lambda budget, n, short, full: (
            f"The first trials cost `{n * short}`, and each final `{full - short}`."),
        draw=_some_budget,
        further=((1000, 0, 100, 300), (10**7, 10, 10**5, 10**6 + 7), (4 * 10**6, 1000, 3, 10**4),
                 (10**7 + 5, 1000, 10**4, 10**4 + 1), (5, 2, 1, 2), (2, 1, 1, 2)),
        probes=((1600, 24, 32, 160), (1600, 50, 16, 160), (1600, 10, 32, 160), (1600, 100, 16, 160),
                (1600, 120, 16, 160), (1000, 3, 16, 160), (777, 13, 23, 111), (1600, 9, 159, 160), (500, 20, 24, 120),
                (1600, 95, 16, 160), (1600, 5, 32, 160), (1100, 10, 50, 200), (1600, 91, 16, 160), (990, 12, 40, 100),
                (1600, 12, 150, 160), (1010, 13, 30, 130), (1903, 12, 150, 160),
                (700, 3, 100, 300), (300, 2, 50, 200), (5000, 20, 100, 300), (300, 1, 100, 300), (250, 1, 100, 300),
                (1199, 4, 100, 300), (22999, 8, 1000, 6000)),
        corners={"`short` is less than `full`": [7], "No more finals than first trials": [5, 7, 10], "if nothing is "
                 "left": [3], "or too little for one": [9, 12, 21], "alone cost more than the budget": [4, 14]},
        mistakes=(
            (lambda budget, n, short, full: max(0, min(n, (budget - n * short) // full)),
             "Each final is charged in full. It should go on from where its first trial ended, so that only the new "
             "steps cost."),
            (lambda budget, n, short, full: (budget - n * short) // full,
             "Each final is charged from its first step on, though it goes on from where its first trial ended. And "
             "nothing keeps the number between 0 and n."),
            (lambda budget, n, short, full: (budget - n * short) // (full - short),
             "Right where some finals, but fewer than n, can be paid for. What about the two ends?"),
            (lambda budget, n, short, full: min(n, (budget - n * short) // (full - short)),
             "Finals below 0 can come out where the first trials cost more than the budget: 0 is asked for."),
            (lambda budget, n, short, full: max(0, (budget - n * short) // (full - short)),
             "More finals than first trials come out where the budget is generous."),
            (lambda budget, n, short, full: max(0, min(n, (budget - n * short) / (full - short))),
             "Part of a final cannot be run: round down."),
            (lambda budget, n, short, full: max(0, min(n, -(-(budget - n * short) // (full - short)))),
             "Rounded up, the last final is not always paid for: round down."),
            (lambda budget, n, short, full: max(0, min(n, round((budget - n * short) / (full - short)))),
             "Rounded to the nearest, the last final is not always paid for: round down."),
            (lambda budget, n, short, full: max(0, min(n, (budget - n * full) // (full - short))),
             "The first trials are charged with `full` steps each. They are `short`."),
            (lambda budget, n, short, full: n if budget > n * short else 0,
             "That asks whether anything is left. How many finals does it pay for?"),
            (lambda budget, n, short, full: max(0, min(n, (budget - n * short) % (full - short))),
             "That is the rest of the division, as `%` gives it, cut at n. The number of finals is asked for: `//`."),
            (lambda budget, n, short, full: max(0, min(n, budget // (full - short))),
             "The first round is not free: its n × short steps come off the budget first."),
            (lambda budget, n, short, full: max(0, min(n, (budget - short) // (full - short))),
             "Only one first trial is paid for here; there are n of them."),
            (lambda budget, n, short, full: max(0, min(n, (budget - (n - 1) * short) // (full - short))),
             "One first trial is not paid for: n − 1 of them come off the budget here. Each final began as one of "
             "the n."),
            (lambda budget, n, short, full: 0 if budget <= n * short + full - short
             else min(n, (budget - n * short) // (full - short)),
             "Right unless what is left is exactly the cost of one final: that one can be run."),
            (lambda budget, n, short, full: n + max(0, min(n, (budget - n * short) // (full - short))),
             "The first trials are counted as well. How many finals are there?"),
            (lambda budget, n, short, full: min(n, budget // short, (budget - min(n, budget // short) * short)
                                                // (full - short)),
             "Where the budget does not pay for all first trials, fewer of them are made here. All n should be made; "
             "then there are no finals."),
            (lambda budget, n, short, full: max(0, min(n, budget // (full - short) - n * short // (full - short))),
             "Two quotients are rounded, and their difference may be one too high. Subtract first, then round down "
             "once."),
            (lambda budget, n, short, full: (full - short) * max(0, min(n, (budget - n * short) // (full - short))),
             "That is what the finals cost, in steps. How many are there?"),
            (lambda budget, n, short, full: max(0, min(n, (budget - n * short - full) // (full - short))),
             "The steps of a whole run are set aside here before the finals are counted. All that is left may be "
             "spent on them."),
            (lambda budget, n, short, full: max(0, min(n, 1 + (budget - n * short) // (full - short))),
             "Where some finals, but fewer than n, can be paid for, one too many is counted."),
            (lambda budget, n, short, full: max(0, min(n, (budget - n * short) // (full - short) - 1)),
             "Where some finals, but no more than n, can be paid for, one too few is counted."),
            (lambda budget, n, short, full: max(0, min(n // 2, (budget - n * short) // (full - short))),
             "At most half of the first trials go on here. All n of them may."),
            (lambda budget, n, short, full: max(0, min(n, budget // full)),
             "That counts the full runs, up to n, that the whole budget pays for, without a first round."),
            (lambda budget, n, short, full: max(0, min(n, (budget - n * short) // short)),
             "That is how many more *first* trials could be paid for, up to n."),
            (lambda budget, n, short, full: max(0, (budget - n * short) % (full - short)),
             "That is the rest of the division, as `%` gives it. The number of finals is asked for: `//`."),
            (lambda budget, n, short, full: max(0, min(n, (budget - n * short) // (full + short))),
             "A final costs what is new, `full - short`: `short` steps are there already."),
            (lambda budget, n, short, full: max(1, min(n, (budget - n * short) // (full - short))),
             "At least one final comes out here, though nothing may be left to pay for it."),
            (lambda budget, n, short, full: max(0, min(n, (budget - n * short - 1) // (full - short))),
             "Where k finals use up all that is left, k − 1 come out here. It may be spent to the last step."),
            (lambda budget, n, short, full: max(0, min(n - 1, (budget - n * short) // (full - short))),
             "Fewer finals than first trials come out here even where all could be paid for: n of them are allowed."),
            (lambda budget, n, short, full: n if budget >= n * full else 0,
             "That asks whether all finals can be paid for. Some of them may, too."),
            (lambda budget, n, short, full: max(0, n - (budget - n * short) // (full - short)),
             "The number of finals is taken off n here. That number itself is asked for."),
            (lambda budget, n, short, full: max(0, budget - n * short),
             "These are the steps that are left. How many finals do they pay for?"),
            (lambda budget, n, short, full: budget // full,
             "That is how many full runs the budget pays for. The first trials come off it first, and a final "
             "costs only what is new."),
            (lambda budget, n, short, full: min(n, abs(budget - n * short) // (full - short)),
             "The size of what is left is taken without its sign: if the first trials cost more than the budget, "
             "nothing is left."),
            (lambda budget, n, short, full: max(0, min(n, budget - n * short // (full - short))),
             "Nearly always all n come out here, whatever is left. Are brackets missing? `budget - n * short // …` "
             "divides the cost of the first trials alone."),
            (lambda budget, n, short, full: 0,
             "Nearly always 0 comes out here. Have `min` and `max` changed places? Not below 0 is `max(0, …)`, not "
             "above n is `min(n, …)`. Or are brackets missing? `… // full - short` divides by `full` alone."),
            (lambda budget, n, short, full: max(0, min(n, budget // full - n)),
             "The first trials are taken off as whole runs: so many full runs the budget pays for, minus n. They cost "
             "`short` steps each."),
            (lambda budget, n, short, full: max(0, min(n, budget // full - n * short // full)),
             "Two quotients by `full` are rounded and subtracted. Subtract the steps of the first trials, then divide "
             "by what one final costs, `full - short`."),
            (lambda budget, n, short, full: 0 if budget <= n * short else min(n, max(
                1, (budget - n * short) // (full - short))),
             "Where anything is left, at least one final comes out here. It may be too little for one."),
            (lambda budget, n, short, full: max(0, min(n, (budget - n * short) // (full // short))),
             "A final is taken to cost `full // short` steps. It costs those that are new, `full - short`."),
            (lambda budget, n, short, full: max(0, budget - n * short) % (full - short),
             "That is the rest of the division, as `%` gives it, where anything is left. The number of finals is asked "
             "for: `//`."),
            (lambda budget, n, short, full: 0 if budget - n * short < full else min(
                n, (budget - n * short) // (full - short)),
             "No final comes out here where less than `full` steps are left. It costs only those that are new, "
             "`full - short`."),
            (lambda budget, n, short, full: min(n, max(0, budget - n * short)) // (full - short),
             "n limits the *steps* that are left here, before they are divided. It limits the number of finals."),
            (lambda budget, n, short, full: max(0, min(n, (n * short - budget) // (full - short))),
             "The sign is turned round before the limits: it is `budget - n * short`, divided by `full - short`."),
            (lambda budget, n, short, full: max(0, min(n, (budget - n) // (full - short))),
             "The first trials are charged one step each. They cost `short` each."),
            (lambda budget, n, short, full: max([0] + [
                k for k in range(1, n + 1) if (n - k) * short + k * (full - short) <= budget]),
             "Of the trials that go on the first `short` steps are not charged here. All first trials are paid for, "
             "and then the new steps of the finals."),
            (lambda budget, n, short, full: max(0, min(n, -(-budget // full))),
             "The whole budget is divided by `full` here, and rounded up. The first trials come off first, and a final "
             "costs `full - short`."),
            (lambda budget, n, short, full: n if budget >= n * short + full - short else 0,
             "That asks whether one final can be paid for, and then gives all. How many can?"),
        ),
    ),
    Exercise(
        id="budgeted-halving",
        title="successive halving",
        reference=halving,
        drive=_plays,
        parts=("the setting chosen", "the number of steps paid"),
        on_the_way=_left_after_rounds,
        draw=_some_rounds,
        further=((np.array([[nan, nan], [-7e15, -8e15], [-5e15, -6e15]]), (2, 1)),
                 (np.array([[1e-6, 2e-6], [3e-6, 4e-6], [4e-6, 2e-6], [5e-6, 3e-6]]), (3, 1)), (_EQUALS, (10, 1))),
        why="Each round asks only those who are still in, for longer; ranking by the newest scores lets a late bloomer "
            "overtake.",
        hints=(
            "Go through `zip(lengths, kept)`. In each round: score all that are left, rank them, cut the list.",
            "`sorted(range(len(settings)), key=...)` ranks the places; the scores of *this* round decide, and a nan "
            "has to go to the end, since it compares with nothing.",
            "As a key, minus the score puts the highest first; where the score is nan, `np.inf` puts it last. Keep "
            "`[settings[i] for i in ranked[:n]]`, and after the loop hand back the first.",
        ),
        probes=((_RISING, (3, 2, 1)), (_CROSSING, (4, 2, 1)), (_BLOWN, (4, 2, 1)), (_TIED, (3, 2, 1)),
                (_FALLING, (4, 3, 1)), (_LATE, (3, 1)), (_CROSSING, (5, 4, 2)), (_RISING, (6, 6, 1)),
                (_TIED_LATE, (3, 3, 1)), (_NEGATIVE, (3, 1)), (_LOST, (3, 2, 1)), (_FEW, (3, 2, 1)),
                (_CROSSING, (3, 1, 1)), (_CROSSING, (5, 4, 4)), (_RISING, (6, 6, 3)), (_TIED_TOP, (3, 2)),
                (_OVERTAKEN, (3, 3, 1)), (_ALL_LOST, (3, 3, 1)), (_RECOVERED, (3, 2, 1)), (1e6 * _NEGATIVE, (3, 1))),
        corners={"it may be negative": [9, 19], "nan, which means that it diverged": [2, 5, 9, 19],
                 "Of equals": [3, 8, 15, 16], "of those that diverged": [10, 11, 17],
                 "ranked higher in the round before": [8, 10, 15, 16, 17],
                 "stands earlier in settings": [3, 11], "kept[-1] may be more than 1": [6, 13, 14, 15],
                 "every setting that is still in gets": [12]},
        mistakes=(
            (_never_again,
             "The order of the first round decides everything here, though longer and better-paid scores follow: rank "
             "anew in each round."),
            (_everyone_each_round,
             "Every setting is trained to the end here, which is a grid search at full price: those that are out are "
             "not asked for again."),
            (_out_but_asked,
             "The choice is right, and too much is paid: settings that are out get a score in later rounds as well. "
             "Ask for those that are still in alone."),
            (_best_ever,
             "The best score of any round decides here. What counts is the score of the latest round."),
            (_halves,
             "Your rounds keep half of the settings. Here `kept` says how many go on."),
            (_rounds(lambda scores: [-s for s in scores]),
             "The worst go on here: higher is better."),
            (_rounds(missing=-np.inf),
             "A run that diverged comes first here: nan has to go to the end of the ranking."),
            (_rounds(missing=0.0),
             "A run that diverged ranks as if it had scored 0 here. Scores may be negative: it comes after all of "
             "them."),
            (_rounds(lambda scores: np.nan_to_num(scores, nan=min((s for s in scores if s == s), default=0.0))),
             "A run that diverged ranks like the lowest score of the round. It should come after all of "
             "them."),
            (_rounds(missing=1.0),
             "A run that diverged ranks as if it had scored −1 here. Scores may be lower: it should come last."),
            (_sorted_with_nan,
             "A nan disturbs the order: it is neither larger nor smaller than a score, so that sorting goes astray. "
             "Put it at the end yourself."),
            (_sorted_pairs,
             "Pairs of score and setting are sorted here: a nan disturbs the order, and of equals the larger setting "
             "comes first."),
            (_nobody_leaves,
             "All settings are asked in all rounds here, and the first of the list is the answer: the ranking has no "
             "effect on either."),
            (_rounds(lambda scores: [-s for s in scores], missing=-np.inf),
             "The order is turned round: the worst go on."),
            (_rounds(lambda scores: [abs(s) for s in scores]),
             "The sign of the scores is lost. They may be negative, and −3 is less than −2."),
            (_rounds(answer=lambda left, scores: min(left)),
             "Of the settings that are left you take the smallest. Asked for is the one with the best score of the "
             "last round."),
            (_rounds(answer=lambda left, scores: max(left)),
             "Of the settings that are left you take the largest. Asked for is the one with the best score of the "
             "last round."),
            (lambda score, settings, lengths, kept: _rounds()(score, settings, lengths, kept[::-1]),
             "The last entry of `kept` serves in the first round: is it read from its end, or does that entry serve in "
             "all rounds? Round r has kept[r]."),
            (_rounds(take=lambda ranked, n, r: ranked[:n if r else 1]),
             "Only one setting goes on after the first round: kept[0] of them should."),
            (lambda score, settings, lengths, kept: _rounds()(score, settings[:kept[0]], lengths, kept),
             "The list is cut before the first round. All settings should be scored first, and the best kept[0] go "
             "on."),
            (lambda score, settings, lengths, kept: _rounds()(score, settings, lengths, (len(settings), *kept)),
             "All settings go on after the first round here. Only the best kept[0] should, by its scores."),
            (_rounds(take=lambda ranked, n, r: ranked[:max(len(ranked) - n, 1)]),
             "kept[r] is taken for how many *leave* here. It is how many go on."),
            (_rounds(take=lambda ranked, n, r: ranked[:max(len(ranked) - 1, 1)]),
             "One setting leaves in each round here, until one is left. `kept` says how many go on."),
            (_largest_of_equals,
             "Of equals, the larger setting comes first here. It should be the one that ranked higher before."),
            (_never_past_nan,
             "The search for the best begins with a setting that may have diverged, and no score is larger than nan: "
             "it is never overtaken. Put those that diverged at the end."),
            (_all_as_good,
             "All that score as much as the last one to be kept go on here. Never more than kept[r] should."),
            (_stopping_at_one,
             "As soon as one setting is left, your rounds come to an end. In *every* round each setting that is still "
             "in gets its score: the last one, too, is trained in full, and paid for."),
            (_beginning_at_zero,
             "The search for the best begins with 0, so that a score below 0 never counts. Begin with `-inf`, or with "
             "the first setting."),
            (_adding_up,
             "The scores of all rounds are added up, or averaged. What counts is the score of this round alone."),
            (lambda score, settings, lengths, kept: _rounds()(score, settings, lengths[1:], kept[1:]),
             "The first round is missing: all settings are trained to the second length at once, and paid for."),
            (lambda score, settings, lengths, kept: _rounds()(
                score, settings, (lengths[0], lengths[-1]), (kept[0], kept[-1])),
             "The rounds between the first and the last are left out: those that go on after the first leave only in "
             "the last."),
            (lambda score, settings, lengths, kept: _rounds()(score, settings, lengths, kept[:1] * len(lengths)),
             "Of those that go on after the first round, none leaves before the last: kept[0] serves in all rounds. "
             "Round r has kept[r]."),
            (lambda score, settings, lengths, kept: settings.index(_rounds()(score, settings, lengths, kept)),
             "That is the place of the winner in the list, counted from 0. The setting itself is asked for."),
            (_rounds(take=lambda ranked, n, r: sorted(ranked)[:n]),
             "The scores are asked for, but the first of the list go on: take the first of the *ranking*."),
            (_by_score,
             "The settings are kept under their scores, where two that are equal, or diverged, take the same place: "
             "one of them is lost."),
            (_without_diverged,
             "Those that diverged are thrown out here, even where more should go on than are left."),
            (_in_the_order_of_the_list(lambda ranked, settings: ranked[0]),
             "Of equals, the one that stands earlier in the list wins here in every round. From the second on it "
             "should be the one that ranked higher in the round before."),
            (_first_round_of_equals,
             "Of equals, the one with the better scores further back comes first here: in the first round, or in all "
             "rounds before taken together. It should be the one that ranked higher in the round just before."),
            (_never_recovered,
             "Whoever diverged once comes last in all later rounds here. Each round should rank by its own scores."),
            (_best_of_any_round,
             "In the end the best score that there was in any round decides here. The ranking of the last round "
             "should."),
            (_later_of_equals,
             "Of equals, the later one goes on here. The earlier one should."),
            (_rounds(take=lambda ranked, n, r: ranked[:n + 1]),
             "One too many goes on wherever anybody should leave."),
            (_rounds(take=lambda ranked, n, r: ranked[:max(n - 1, 1)]),
             "One too few goes on where kept[r] is more than 1."),
            (_rounds(answer=lambda left, scores: scores[0]),
             "That is the score of the winner. The setting itself is asked for."),
            (_rounds(answer=lambda left, scores: left[-1]),
             "That is the last of those that are left; the best stands first."),
            (lambda score, settings, lengths, kept: _rounds()(score, settings, lengths[:-1], kept[:-1]),
             "The last round is missing: the finalists were not trained in full before one was chosen."),
            (lambda score, settings, lengths, kept: _rounds()(score, settings, lengths[::-1], kept),
             "Setting and steps are those of rounds in the other order, the longest first, when there are most "
             "settings to pay for. Round r has lengths[r] and kept[r]."),
            (_rounds(take=lambda ranked, n, r: ranked[-n:]),
             "The end of the ranking goes on here. It begins with the best: take its first kept[r]."),
            (lambda score, settings, lengths, kept: _rounds()(score, settings, lengths[:1], kept[:1]),
             "Only the scores of the first round decide here, and only they are paid for."),
            (_in_the_order_of_the_list(lambda ranked, settings: settings[0]),
             "Those that go on keep the order of the list that was passed: of equals the earlier wins in every round, "
             "and of those left in the end the first is the answer. Keep the order of the *ranking*."),
            (_skipping_rounds,
             "A round in which nobody has to leave is skipped. In *every* round each setting that is still in gets its "
             "score, which is paid for, and ranks anew."),
            (lambda score, settings, lengths, kept: _rounds()(score, settings, lengths[:2], kept[:2]),
             "No more than two rounds are played. There should be as many as `lengths` has entries."),
            (_rounds(answer=lambda left, scores: left),
             "What is left comes back as a list. The best of them is asked for, by itself."),
            (_smallest_of_equals,
             "Of equals, the smaller setting comes first here. It should be the one that ranked higher before."),
            (lambda score, settings, lengths, kept: _rounds(answer=lambda left, scores: min(left, key=settings.index))(
                score, settings, lengths, kept),
             "Of the settings that are left you take the one that stands first in the list that was passed. Asked for "
             "is the one with the best score of the last round."),
        ),
    ),
]


def _judge_capstone(attempt):
    """Score a submission against the stored players."""
    def result(passed, message, attempted=True):
        return Result("capstone", passed, attempted, message)

    if attempt is ... or attempt is None:
        return result(False, "Play first: when `my_search` hands back a trial, it is submitted, and its score can be "
                             'judged. `hint("capstone")` helps.', attempted=False)
    if not issued(attempt):
        return result(False, _on_the_way_to_a_submission(attempt) or (
            f"A submission comes out of `game.submit(...)`, and this (`{str(attempt)[:50]}`) does not: a score that "
            "was measured elsewhere, or written by hand, cannot be told from a wish."))
    if attempt.player != 0:
        return result(False, f"That is the game of player {attempt.player}. Yours is `Capstone()`, player 0: whoever "
                             "may choose the player chooses the seeds.")
    if attempt.fouls:
        return result(False, "This score is outside the rules: " + " ".join(attempt.fouls))
    scores = load_capstone().groupby("strategy", sort=False).test_accuracy
    beaten = {name: int((attempt.score > own).sum()) for name, own in scores}
    n_players = len(scores.get_group("library_default"))
    words = ", ".join(f"{way} {beaten[name]}" for name, way in _WAYS.items())
    best = scores.get_group("best_known").mean()
    gap = attempt.score - best
    against = f"{abs(gap):.4f} {'above' if gap > 0 else 'below'} the best known setting, {best:.4f}"
    text = (f"Test accuracy {attempt.score:.4f} [{attempt.interval.low:.4f}, {attempt.interval.high:.4f}] over "
            f"{len(attempt.test_scores)} fresh networks, {attempt.spent:,} steps. You beat, of {n_players} players "
            f"each: {words}. That is {against}.")
    return result(beaten["library_default"] == n_players, " ".join([text, *attempt.remarks]))


def _on_the_way_to_a_submission(attempt):
    """What is missing where a function, a game or a trial is handed in, or ""."""
    if type(attempt).__name__ == "Trial":  # whose module loads torch, which the other exercises do without
        return ("That is a trial, with its score on validation data. `game.submit(trial)` opens the test part for it: "
                "check what comes out of that.")
    if hasattr(attempt, "submit"):
        return "That is the game. Submit one of its trials, `game.submit(trial)`, and check what comes out of that."
    if callable(attempt):
        return ("That is a function. Play it, `choice = my_search(game)`, submit its choice, `game.submit(choice)`, "
                "and check what comes out of that.")
    return ""


_WAYS = {"library_default": "the library's default", "grid_of_nine": "a grid of nine", "range_tests": "range tests",
         "random_search": "random search", "successive_halving": "successive halving",
         "another_grid": "another grid"}

PROJECTS = [
    Project(
        id="capstone",
        title="a search within the budget",
        reference=my_search,
        why="A quarter of the budget went into training the two best once more: with two networks each, the final "
            "choice rests less on luck. What to search came from notebooks 05, 06 and 08, not from the budget.",
        hints=(
            "Where would you spend the first hundred steps? A short trial that diverges costs little and tells a lot.",
            "Before you search for a rate, think about what else may be chosen: optimizer, schedule, batch size. Which "
            "of them would have helped in the earlier notebooks, when steps were few?",
            "`game.trial(lr, nesterov, cosine, batch_size=128)` is a good family to put a grid of rates on. Keep some "
            "budget to train the two best with `networks=2` before you choose.",
        ),
        judge=_judge_capstone,
    ),
]

QUIZZES = [
    Quiz("val-above-test", "Many players train a single trial each: on average, its validation accuracy equals the "
         "test accuracy. Many others choose the best of 35 trials each: on average, its validation accuracy lies 0.006 "
         "above the test accuracy of fresh networks with the same setting. Why?", (
        Option("The chosen networks have learned their training examples by heart.",
               "They may have, but so would single trials and fresh networks, and both parts are new to them."),
        Option("The highest of 35 noisy scores is lucky, and luck does not come along.",
               "A score is worth plus luck. Whoever picks the highest picks both, and only the worth is left in fresh "
               "networks and on other examples.", right=True),
        Option("The test examples must be harder.",
               "That would shift the scores of the single trials just as much, and those show no gap."),
        Option("The search should have looked at the test part now and then, to stay on course.",
               "Then the test score would be just as lucky, and nothing would be left to notice it with.",
               origin="A published mistake: test data used to choose the rate"),
    )),
    Quiz("lost-trials", "Of 20 trials, 6 diverged. In the report, their steps should be", (
        Option("left out: they have contributed nothing to the result.",
               "They have: they told where not to look, and they were paid for. Without them the search looks cheaper "
               "than it can be repeated.", origin="A published mistake: the cost of tuning left out of a comparison"),
        Option("counted like those of any other trial.",
               "The price of a search is all that it takes to repeat it, wrong turns included.", right=True),
        Option("counted half.", "Steps are steps. A rule of thumb for a discount would only invite more of them."),
        Option("replaced: repeat the six with another seed until they work.",
               "A rate that is too large is too large with most seeds. And a seed that is picked for its score is "
               "luck.",
               origin="A published mistake: failed runs repeated until they succeed"),
    )),
    Quiz("where-to-look", "Two searches had the same budget. A grid over the rate of momentum scored 0.934; a random "
         "search over rate, optimizer, schedule and batch size 0.940. Which sentence do these numbers support?", (
        Option("Random search beats grid search.",
               "The two also searched different things. A grid over the larger space was not tried here.",
               origin="A common reading of Bergstra and Bengio 2012"),
        Option("What was searched may have mattered more than how.",
               "To tell them apart, one would let both methods search the same space, as notebook 04 did for the rate.",
               right=True),
        Option("The rate does not matter.", "Both searches had to find one, and paid for it in trials."),
        Option("The difference is certainly chance.",
               "With how many players? One score each tells nothing, twenty paired ones can: look at the interval."),
    )),
]
