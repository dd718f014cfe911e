"""Claims are asked again by a notebook's own code: a change reaches what it should, and nothing else."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
import turns

CELLS = [
    "import numpy as np\nfrom course_utils.claims import claim, evidence\nfrom course_utils.data import make_blobs\n"
    "from course_utils.models import mlp\nfrom course_utils.optimizers import sgd\n"
    "from course_utils.sweep import sweep\nfrom course_utils.training import plain_loop, train\n"
    "data, net = make_blobs(), mlp(2, 4, 3)",
    "claim('arithmetic', 'Two and two are four', 2 + 2, 'holds', 2 + 2 == 4, scope='numbers')",
    "claim('draw', 'A draw is small', float(np.random.default_rng(0).normal()), 'holds', True, scope='a draw')",
    "runs = sweep(net, data, sgd, lr=[0.1, 0.01], seeds=range(2), epochs=4, progress=False)\n"
    "run = train(net, data, sgd, 0.1, epochs=4)\nassert runs.epochs == run.epochs == 4\n"
    "assert runs.values('lr') == [0.1, 0.01] and runs.values('batch_size') == [32, 32]\n"
    "gap = np.abs(runs.final('train_loss')[0, 0] - run.history['train_loss'][-1])\n"
    "total = runs.final('train_loss').sum()\n"
    "claim('same', 'A run is a sweep of one', f'{total:.4f}', 'holds', gap < 1e-5, scope='blobs')",
    "steps = []\nfalling = lambda step: steps.append(step) or 0.1 / (1 + step)\n"
    "train(net, data, sgd, falling, epochs=4)\n"
    "claim('schedule', 'Time is stretched', max(steps), 'holds', max(steps) in (63, 60), scope='blobs')",
    "twin = plain_loop(net, data, 0.1, 4)\n"
    "claim('loop', 'The plain loop agrees', float(abs(twin - run.weights).max()), 'holds', "
    "bool(abs(twin - run.weights).max() < 1e-4), scope='blobs')",
    "claim('early', 'It is not yet as good', f'{runs.at_epoch(2).final(\"train_loss\").sum():.4f}', 'holds', "
    "bool(runs.at_epoch(2).final('train_loss').sum() > runs.final('train_loss').sum()), scope='blobs')",
    "assert False, 'asserts are left out'\nclaim('long', 'Fewer than 3 features', data.n_features, 'holds', "
    "data.n_features < 3, scope='blobs')",
    "raise KeyError('a cell that does not run')",
    "evidence()",
]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    path = tmp_path_factory.mktemp("turns") / "00_some.ipynb"
    cells = [{"id": f"cell-{k}", "cell_type": "code", "metadata": {}, "source": text} for k, text in enumerate(CELLS)]
    path.write_text(json.dumps({"cells": cells}))
    from conditions import CHANGES
    return {change: {c["id"]: c for c in turns.ask(path, change)} for change in (None, *CHANGES)}


def became(found, change):
    return {id: turns.outcome(claim, found[change].get(id)).split(":")[0] for id, claim in found[None].items()}


@pytest.mark.slow
def test_as_it_is_every_claim_is_recorded_and_holds(found):
    assert list(found[None]) == ["arithmetic", "draw", "same", "schedule", "loop", "early", "long"]
    assert all(claim["holds"] for claim in found[None].values())


@pytest.mark.slow
def test_each_change_reaches_what_it_should_and_nothing_else(found):
    assert became(found, "other seeds") == {"arithmetic": "–", "draw": "+", "same": "+", "schedule": "–", "loop": "+",
                                            "early": "+", "long": "–"}
    for change in ("twice the length", "cosine", "batch × 4"):  # the plain loop is the notebook's own: one-sided
        assert became(found, change) | {"schedule": "–"} == {
            "arithmetic": "–", "draw": "–", "same": "+", "schedule": "–", "loop": "**turns**", "early": "+",
            "long": "–"}, change
    assert became(found, "other data")["long"] == "**turns**" and became(found, "other data")["draw"] == "–"
    assert found["other data"]["long"]["shown"] == "64"


@pytest.mark.slow
def test_a_schedule_is_stretched_with_the_training(found):
    last = {change: int(found[change]["schedule"]["shown"]) for change in found if change != "other data"}
    assert last == {None: 63, "other seeds": 63, "twice the length": 63, "cosine": 63, "batch × 4": 60}


CLAIM = {"id": "a", "sentence": "A | B", "shown": "0.5", "holds": True, "mark": "1"}


def test_a_mark_changes_with_any_number_that_a_cell_names_and_with_nothing_else():
    import ast

    from course_utils.statistics import mean_interval

    tree = ast.parse("a = f(b, c, d)")
    names = {"a": 1.0, "b": np.arange(3.0), "c": {"x": [mean_interval([1, 2, 3])]}, "d": torch.Tensor, "unnamed": 5}
    first = turns.mark(tree, names)
    assert turns.mark(tree, names | {"unnamed": 6, "d": max}) == first
    for other in ({"a": 1.0 + 1e-15}, {"b": np.array([0.0, 1.0, 2.5])}, {"b": torch.arange(3)},
                  {"b": pd.DataFrame({"x": [1.5]})}, {"c": {"x": [mean_interval([1, 2, 4])]}}):
        assert turns.mark(tree, names | other) != first


@pytest.mark.parametrize("again, said", [
    (None, "–"), (CLAIM, "–"), (CLAIM | {"shown": "0.6", "mark": "2"}, "+"), (CLAIM | {"mark": "2"}, "+"),
    (CLAIM | {"shown": "−1", "holds": False, "mark": "2"}, "**turns**: −1"),
])
def test_what_became_of_a_claim(again, said):
    assert turns.outcome(CLAIM, again) == said


def test_the_page_has_a_row_for_each_claim_and_keeps_the_other_notebooks(tmp_path):
    changed = {"x": [CLAIM | {"shown": "1", "mark": "2"}], "y": []}
    part = turns.section(turns.Path("03_some_name.ipynb"), [CLAIM], changed, 90)
    assert part.startswith("## 03 some name\n") and part.endswith("| | claim | x | y |\n| --- | --- | --- | --- |\n"
                                                                  "| a | A \\| B | + | – |\n")
    page = tmp_path / "turns.md"
    page.write_text("\n".join([turns.HEAD, "## 01 one\n\nfirst\n", part]))
    assert turns.kept(page) == {"01": "## 01 one\n\nfirst\n\n", "03": part}


def test_the_stored_page_knows_only_claims_that_are_made():
    import re
    import sys
    sys.path.insert(0, str(turns.ROOT / "docs"))
    import claims as listing

    for number, part in turns.kept().items():
        [path] = [p for p in turns.NOTEBOOKS if p.stem[:2] == number]
        made = [place.id for place in listing.claims_of(json.loads(path.read_text(encoding="utf-8")))]
        assert re.findall(r"^\| (\S+) \| (?!claim)", part, re.M)[1:] == made, f"make turns, notebook {number}"
