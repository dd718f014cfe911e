"""The robustness study says what its scores say: known profiles have known gains, widths and regrets."""

import gzip
import itertools
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from course_utils import data
from course_utils.data import load_digits, make_blobs, make_linear
from course_utils.models import linear, mlp
from course_utils.statistics import paired_difference
from course_utils.studies import robustness
from course_utils.studies.robustness import (
    DEFAULT_RATE,
    MEASURES,
    OPTIMIZERS,
    RATES,
    STEPS,
    Problem,
    Study,
    load_study,
    make_problems,
    run_study,
)
from course_utils.sweep import GridEdgeError

ROOT = Path(__file__).resolve().parent.parent
GRID = np.array([1e-4, 1e-3, 1e-2, 0.1, 1.0])
CLASSES = Problem("classes", make_blobs(), mlp(2, 4, 3), 25)
VALUES = Problem("values", make_linear(), linear(20, 1), 10)
SMALL = {"classes": CLASSES, "values": VALUES}
FEW_RATES = {name: [0.001, 0.01, 0.1] for name in OPTIMIZERS}


def study_of(profiles, problems=None, seeds=3, steps=200):
    """A study in which the scores of all seeds are the profile of (problem, optimizer), or a pair (val, test)."""
    rows = []
    for (problem, optimizer), profile in profiles.items():
        val, test = profile if isinstance(profile, tuple) else (profile, profile)
        for (lr, v, t), seed in itertools.product(zip(GRID, val, test, strict=True), range(seeds)):
            rows.append({"problem": problem, "optimizer": optimizer, "steps": steps, "lr": lr, "seed": seed,
                         "val": v, "test": t})
    return Study(pd.DataFrame(rows), problems or {name: SMALL[name] for name in dict.fromkeys(p for p, _ in profiles)})


def of_gains(gains, problem=CLASSES, part="val"):
    """Scores that have these gains, where the best is 0.9 for accuracies and 0.1 for losses."""
    constant, best = problem.constant_score(part), 0.9 if problem.higher_is_better else 0.1
    return constant + np.asarray(gains, dtype=float) * (best - constant)


def both_parts(gains, problem=CLASSES):
    return of_gains(gains, problem), of_gains(gains, problem, "test")


# Gains

@pytest.mark.parametrize("name", SMALL)
def test_a_gain_is_0_for_the_constant_and_1_for_the_best_tuned_mean(name):
    study = study_of({(name, "sgd"): both_parts([0, 0.5, 1, 0.25, 0], SMALL[name]),
                      (name, "adam"): both_parts([0, 0.2, 0.6, 0.1, 0], SMALL[name])})
    for part in ("val", "test"):
        rates, gains = study.gains(name, "sgd", part)
        assert np.array_equal(rates, GRID) and gains.shape == (5, 3)
        assert np.allclose(gains.T, [0, 0.5, 1, 0.25, 0]) and np.allclose(study.gains(name, "adam", part)[1][2], 0.6)


@pytest.mark.parametrize("name", SMALL)
def test_a_run_that_diverged_or_is_worse_than_the_constant_gains_nothing(name):
    gains = study_of({(name, "sgd"): both_parts([-3, 0.5, 1, np.nan, -0.1], SMALL[name])}).gains(name, "sgd")[1]
    assert np.allclose(gains.T, [0, 0.5, 1, 0, 0])


def test_constants_are_the_most_frequent_class_and_the_mean_of_the_training_part():
    digits = Problem("digits", load_digits(), linear(64, 10), 10)
    most = np.bincount(digits.data.y_train).argmax()
    assert digits.constant_score("test") == pytest.approx((digits.data.y_test == most).mean())
    assert VALUES.constant_score("val") == pytest.approx(((VALUES.data.y_val - VALUES.data.y_train.mean()) ** 2).mean())


# Basin widths, whose answers are known

WIDTHS = {  # gains at 1e-4 … 1: decades in which at most a tenth of the best is missing
    "a tent": ([0, 0, 1, 0, 0], 0.2),
    "a tent of half the height": ([0, 0, 0.5, 0, 0], 0.2),
    "higher than the best of the study": ([0, 0, 1.5, 0, 0], 0.2),
    "a plateau": ([0, 1, 1, 1, 0], 2.2),
    "a plateau at just nine tenths": ([0, 0.9, 1, 0.9, 0], 2.0),
    "a step": ([0, 0.89, 1, 0.5, 0], 0.1 / 0.11 + 0.2),
    "the best at the lower edge": ([1, 0, 0, 0, 0], 0.1),
    "the best at the upper edge": ([0, 0, 0, 0.5, 1], 0.2),
    "good everywhere": ([0.95, 0.95, 1, 0.95, 0.95], 4.0),
    "two islands, the best one counts": ([0.95, 0, 1, 0, 0.95], 0.2),
    "beside a run that diverged": ([0, np.nan, 1, np.nan, 0], 0.2),  # nothing gained there: a straight line down to 0
    "worse than the constant nearby": ([0, -5, 1, -5, 0], 0.2),  # as good as nothing gained
    "nothing gained anywhere": ([0, 0, 0, 0, 0], 0.0),
    "all diverged": ([np.nan] * 5, 0.0),
}


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("case", WIDTHS)
def test_widths_of_known_profiles_are_the_same_for_accuracies_and_losses(case, name):
    gains, expected = WIDTHS[case]
    study = study_of({(name, "adam"): both_parts(gains, SMALL[name]),
                      (name, "sgd"): both_parts([0, 0, 1, 0, 0], SMALL[name])})
    assert study.width(name, "adam") == pytest.approx([expected] * 3, abs=1e-9)


@pytest.mark.parametrize("scale", [0.01, 7.0, 1000.0])
def test_a_width_does_not_change_when_targets_are_in_other_units(scale):
    gains = both_parts([0, 0.7, 1, 0.93, 0], VALUES)
    before = study_of({("values", "sgd"): gains})
    y = {f"y_{part}": getattr(VALUES.data, f"y_{part}") * scale**0.5 for part in ("train", "val", "test")}
    other = replace(VALUES, data=replace(VALUES.data, **y))
    after = study_of({("values", "sgd"): tuple(scale * part for part in gains)}, {"values": other})
    assert after.width("values", "sgd") == pytest.approx(before.width("values", "sgd"), rel=1e-5)
    assert np.allclose(after.gains("values", "sgd")[1], before.gains("values", "sgd")[1], atol=1e-5)


def test_a_width_does_not_depend_on_the_other_optimizers():
    own = {("classes", "adam"): both_parts([0, 0.3, 0.4, 0.38, 0])}
    rival = {("classes", "sgd"): both_parts([0, 0, 1, 0, 0])}
    assert np.allclose(study_of(own).width("classes", "adam"), study_of(own | rival).width("classes", "adam"))


def test_a_wider_tolerance_makes_a_wider_basin():
    study = study_of({("classes", "adam"): both_parts([0, 0.5, 1, 0, 0])})
    assert study.width("classes", "adam", 0.1) == pytest.approx(0.3)
    assert study.width("classes", "adam", 0.5) == pytest.approx(1.5)


# Choosing

def test_two_studies_of_the_same_problems_make_one():
    studies = [study_of({(problem, name): profile for problem in SMALL})
               for name, profile in (("sgd", [0.1, 0.2, 0.9, 0.3, 0.1]), ("adam", [0.2, 0.8, 0.3, 0.1, 0.1]))]
    both = studies[0] + studies[1]
    assert both.optimizers == ["sgd", "adam"] and both.n_seeds == 3 and len(both.table) == 2 * len(studies[0].table)
    assert np.array_equal(both.scores("values", "adam")[1], studies[1].scores("values", "adam")[1])
    with pytest.raises(ValueError, match="must share no optimizer, got adam in both"):
        both + studies[1]
    with pytest.raises(ValueError, match="must have the same problems, got classes, values and classes"):
        both + study_of({("classes", "rmsprop"): [0.1, 0.2, 0.9, 0.3, 0.1]})
    with pytest.raises(TypeError):
        both + 1


def test_the_rate_is_chosen_on_validation_data_and_scored_on_test_data():
    val, test = of_gains([0, 0.2, 1, 0.4, 0]), of_gains([0, 0.9, 0.3, 1, 0], part="test")
    study = study_of({("classes", "sgd"): (val, test)})
    assert study.tuned_rate("classes", "sgd") == 0.01
    assert np.allclose(study.tuned_scores("classes", "sgd"), test[2])
    assert np.allclose(study.tuned("classes", "sgd"), 1)  # the only tuned score of the problem is its best


def test_losses_are_the_better_the_lower():
    assert study_of({("values", "sgd"): ([9, 5, 3, 1, 2], [1, 1, 1, 1, 1])}).tuned_rate("values", "sgd") == 0.1


def test_a_rate_at_which_one_run_diverged_comes_last():
    study = study_of({("classes", "sgd"): both_parts([0, 0.5, 0.6, 1, 0])})
    table = study.table.copy()
    table.loc[(table.lr == 0.1) & (table.seed == 1), ["val", "test"]] = np.nan
    assert Study(table, study.problems).tuned_rate("classes", "sgd") == 0.01


@pytest.mark.parametrize("gains, side", [([1, 0.5, 0, 0, 0], "below"), ([0, 0, 0, 0.5, 1], "above")])
def test_a_best_rate_on_the_edge_is_an_error_that_names_the_side(gains, side):
    study = study_of({("classes", "sgd"): both_parts(gains)})
    with pytest.raises(GridEdgeError, match=f"sgd on 'classes' lies on the edge.*extend it {side}"):
        study.tuned_rate("classes", "sgd")
    assert study.tuned_rate("classes", "sgd", allow_edge=True) == (1e-4 if side == "below" else 1.0)


def test_untuned_is_the_gain_at_the_default_of_torch():
    assert DEFAULT_RATE == {"sgd": 1e-3, "momentum": 1e-3, "rmsprop": 1e-2, "adam": 1e-3, "adamw": 1e-3}
    study = study_of({("classes", "adam"): both_parts([0, 0.25, 1, 0.4, 0]),
                      ("classes", "rmsprop"): both_parts([0, 0.25, 0.75, 0.8, 0])})
    assert np.allclose(study.untuned("classes", "adam"), 0.25)
    assert np.allclose(study.untuned("classes", "rmsprop"), 0.75)


# Regret

def test_regret_is_the_loss_at_the_other_problems_rate_from_row_to_column():
    study = study_of({("classes", "sgd"): both_parts([0, 0.2, 1, 0.4, 0]),
                      ("values", "sgd"): both_parts([0, 1, 0.7, 0.3, 0], VALUES)})
    regret = study.regret("sgd")
    assert regret.shape == (2, 2, 3)
    assert np.allclose(regret[:, :, 0], [[0, 0.3], [0.8, 0]])  # rates 0.01 and 0.001
    assert np.allclose(study.carried("classes", "sgd"), 0.8) and np.allclose(study.carried("values", "sgd"), 0.3)


def test_regret_is_negative_where_a_carried_rate_does_better_on_test_data():
    study = study_of({("classes", "sgd"): (of_gains([0, 0.9, 1, 0, 0]), of_gains([0, 1, 0.8, 0, 0], part="test")),
                      ("values", "sgd"): both_parts([0, 1, 0.7, 0.3, 0], VALUES)})
    assert (study.carried("classes", "sgd") < 0).all()


# Two studies

def noisy(shift=0.0, seed=0, seeds=12):
    study = study_of({("classes", o): both_parts([0, 0.5, 1, 0.4, 0]) for o in ("sgd", "adam")}, seeds=seeds)
    table = study.table.copy()
    table[["val", "test"]] += np.random.default_rng(seed).normal(0, 0.01, (len(table), 2))
    table.loc[table.optimizer == "adam", "test"] += shift
    return Study(table, study.problems)


def test_studies_of_the_same_agree_and_a_shift_is_noticed_where_it_is():
    agreement = noisy().agreement(noisy(seed=1))
    assert list(agreement) == [("classes", "sgd"), ("classes", "adam")] and all(0 in d for d in agreement.values())
    shifted = noisy(shift=0.05).agreement(noisy(seed=1))
    assert 0 in shifted["classes", "sgd"] and shifted["classes", "adam"].low > 0.02


def test_intervals_of_an_agreement_hold_together():
    one = noisy().agreement(noisy(seed=1), confidence=0.9)["classes", "sgd"]
    assert one.confidence == pytest.approx(0.95)  # two comparisons share the 10 %
    a, b = noisy().tuned_scores("classes", "sgd"), noisy(seed=1).tuned_scores("classes", "sgd")
    assert one.mean == pytest.approx(a.mean() - b.mean())
    error = (a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b)) ** 0.5
    assert 2 < (one.high - one.mean) / error < 2.2  # t with about 22 degrees of freedom


# Two optimizers

def two_problems(lead):
    """SGD and Adam on two problems with noise; Adam is ahead of it on the first by this gain, and level elsewhere."""
    study = study_of({(name, o): both_parts([0, 0.5, 0.8 + lead * (o == "adam" and name == "classes"), 0.4, 0],
                                            SMALL[name]) for name in SMALL for o in ("sgd", "adam")}, seeds=12)
    table = study.table.copy()
    noise = np.random.default_rng(0).normal(0, 0.01, (len(table), 2))
    table[["val", "test"]] += noise * np.where(table["problem"] == "classes", 1, 0.1)[:, None]
    return Study(table, study.problems)


def test_a_duel_is_won_where_the_lead_is_and_by_whom_it_is():
    study = two_problems(0.2)
    assert study.duels("adam") == {"sgd": (["classes"], [])} and study.duels("sgd") == {"adam": ([], ["classes"])}
    assert two_problems(0.0).duels("adam") == {"sgd": ([], [])}


def test_the_intervals_of_all_duels_hold_together():
    study, by_hand = two_problems(0.005), {}
    for confidence in (0.3, 0.95):
        each = 1 - (1 - confidence) / 2  # one rival, two problems
        leads = {p: paired_difference(study.tuned(p, "adam"), study.tuned(p, "sgd"), each) for p in SMALL}
        by_hand[confidence] = [p for p in SMALL if leads[p].low > 0], [p for p in SMALL if leads[p].high < 0]
        assert study.duels("adam", confidence)["sgd"] == by_hand[confidence]
    assert by_hand[0.3] != by_hand[0.95]


def test_a_lead_is_paired_by_problem_and_can_leave_one_out():
    study = study_of({(name, o): both_parts(gains, SMALL[name]) for (name, o), gains in {
        ("classes", "sgd"): [0, 0.5, 0.6, 0.4, 0], ("classes", "adam"): [0, 0.5, 1, 0.4, 0],
        ("values", "sgd"): [0, 0.5, 0.7, 0.4, 0], ("values", "adam"): [0, 0.5, 1, 0.4, 0]}.items()})
    study = Study(pd.concat([study.table, study.table[study.table["problem"] == "values"].assign(problem="again")]),
                  SMALL | {"again": VALUES})
    assert study.lead("tuned gain", "adam", "sgd").mean == pytest.approx((0.4 + 0.3 + 0.3) / 3)
    assert study.lead("tuned gain", "sgd", "adam").mean == pytest.approx(-(0.4 + 0.3 + 0.3) / 3)
    assert study.lead("tuned gain", "adam", "sgd", without="again").mean == pytest.approx((0.4 + 0.3) / 2)
    assert study.lead("tuned gain", "adam", "sgd", without="classes").mean == pytest.approx(0.3)
    with pytest.raises(ValueError, match="without must be one of classes, values, again, got 'blobs'"):
        study.lead("tuned gain", "adam", "sgd", without="blobs")


def test_what_is_kept_of_a_measure_cannot_be_changed_from_without():
    study = two_problems(0.0)
    study.over_problems("tuned gain").clear()
    assert set(study.over_problems("tuned gain")) == {"sgd", "adam"}


def test_a_study_of_other_rates_or_names_is_refused_by_name():
    study = study_of({("classes", "sgd"): both_parts([0, 0.5, 1, 0.4, 0])})
    with pytest.raises(ValueError, match="no test scores of 'adam' on 'classes'; its problems are classes, .*sgd"):
        study.gains("classes", "adam")
    with pytest.raises(ValueError, match="lr must be on the grid 0.0001, .*, got 0.5"):
        study.gain_at("classes", "sgd", 0.5)
    with pytest.raises(ValueError, match=r"steps must be one of \[200\], got 100"):
        study.after(100)


# Running

@pytest.fixture(scope="module")
def ran():
    return run_study(SMALL, (20, 40), range(3), FEW_RATES, progress=False)


def test_a_run_study_has_a_row_for_everything(ran):
    assert len(ran.table) == 2 * 5 * 2 * 3 * 3 and ran.optimizers == list(OPTIMIZERS) and ran.n_seeds == 3
    assert not ran.table.duplicated(["problem", "optimizer", "steps", "lr", "seed"]).any()
    with pytest.raises(ValueError, match=r"choose with after\(steps\) from \[20, 40\]"):
        ran.scores("classes", "sgd")


def test_steps_are_counted_in_batches_and_the_shorter_training_is_the_beginning_of_the_longer(ran):
    assert CLASSES.epochs(40) == 2 and VALUES.epochs(40) == 2
    alone = run_study(SMALL, (20,), range(3), FEW_RATES, progress=False)
    pd.testing.assert_frame_equal(ran.after(20).table.reset_index(drop=True), alone.table)
    with pytest.raises(ValueError, match="multiple of the 20 steps of an epoch of classes, got 30"):
        run_study(SMALL, (30,), range(2), FEW_RATES, progress=False)


def test_only_the_optimizers_that_have_rates_are_trained(ran):
    some = run_study(SMALL, (20,), range(3), {"adam": [0.01, 0.1], "sgd": [0.01]}, progress=False)
    assert some.optimizers == ["adam", "sgd"] and some.n_seeds == 3
    whole = ran.after(20).table
    kept = whole[(whole.optimizer == "adam") & (whole.lr > 0.001) | (whole.optimizer == "sgd") & (whole.lr == 0.01)]
    order = ["problem", "optimizer", "lr", "seed"]
    pd.testing.assert_frame_equal(some.table.sort_values(order).reset_index(drop=True),
                                  kept.sort_values(order).reset_index(drop=True))


def test_a_summary_has_every_measure_of_every_pair_and_means_over_seeds_stand_by_problem():
    gains = {"sgd": [0, 0.5, 1, 0.4, 0], "adam": [0, 0.25, 0.8, 0.8, 0]}
    study = study_of({(name, o): both_parts(g, SMALL[name]) for name in SMALL for o, g in gains.items()})
    summary = study.summary()
    assert list(zip(summary.problem, summary.optimizer, strict=True)) == list(itertools.product(SMALL, gains))
    assert set(MEASURES) < set(summary.columns) and summary["gain at the default"][1].startswith("0.25 [")
    assert np.allclose(study.over_problems("tuned gain")["adam"], 0.8)


def test_a_run_that_diverges_has_no_score():
    study = run_study({"values": VALUES}, (20,), range(2), {n: [1e-3, 1e6] for n in OPTIMIZERS}, progress=False)
    gone = study.table[(study.table.lr == 1e6) & (study.table.optimizer == "sgd")]
    assert gone[["val", "test"]].isna().all(axis=None)


# The course's problems and the stored study

def test_the_eight_problems_are_trained_in_whole_epochs_and_the_defaults_are_on_the_grids():
    problems = make_problems()
    assert len(problems) == 8 and all(problems[name].name == name for name in problems)
    assert all(problem.epochs(steps) >= 1 for problem in problems.values() for steps in STEPS)
    for name, rates in RATES.items():
        assert np.isclose(rates, DEFAULT_RATE[name]).any()
        assert np.allclose(np.diff(np.log10(rates)), 1 / 3, atol=0.01)


def test_the_stored_study_is_whole_and_no_best_rate_lies_on_an_edge():
    problems = make_problems()
    for steps in STEPS:
        study = load_study(problems, steps)
        assert study.n_seeds == 20 and len(study.table) == 8 * sum(map(len, RATES.values())) * 20
        assert all(study.tuned_rate(p, o) for p in problems for o in OPTIMIZERS)
        for name, rates in RATES.items():
            assert np.allclose(study.scores("classify blobs", name)[0], rates)
    assert "command: python benchmarks/study.py" in study.origin and "torch" in study.origin


def test_the_stored_study_can_be_had_again_from_its_seeds():
    problems = {name: make_problems()[name] for name in ("few examples", "flat directions")}
    again = run_study(problems, seeds=[100, 101], rates={n: [0.001, 0.01] for n in OPTIMIZERS}, progress=False).table
    stored = load_study(problems, 200).table.merge(again, on=["problem", "optimizer", "lr", "seed"])
    assert len(stored) == 2 * 5 * 2 * 2
    assert np.allclose(stored.test_x, stored.test_y, rtol=0.02, atol=1e-3)


def test_a_damaged_or_missing_study_is_named_with_the_way_to_get_it_back(tmp_path, monkeypatch):
    for name in ("study.csv.gz", "checksums.txt"):
        (tmp_path / name).write_bytes((data.FOLDER / name).read_bytes())
    monkeypatch.setattr(data, "FOLDER", tmp_path)
    load_study(SMALL, 200)
    (tmp_path / "study.csv.gz").write_bytes(gzip.compress(b"problem,optimizer\n"))
    with pytest.raises(ValueError, match="study.csv.gz is damaged.*git checkout -- data/study.csv.gz"):
        load_study(SMALL)
    (tmp_path / "study.csv.gz").unlink()
    with pytest.raises(FileNotFoundError, match="study.csv.gz is missing.*git checkout"):
        load_study(SMALL)


def test_make_study_writes_the_same_file_twice_and_goes_on_from_what_is_finished(tmp_path, monkeypatch):
    """The command itself, with small problems: the second call finds all chunks finished."""
    script = ("import sys; sys.path.insert(0, 'benchmarks'); import study, course_utils.studies.robustness as r; "
              "from test_robustness import SMALL, FEW_RATES; "
              "study.make_problems = lambda: SMALL; "
              "study.run_study = lambda *a, **k: r.run_study(*a, rates=FEW_RATES, progress=False, **k); "
              "study.stored.origin = lambda seconds: ['command: test']; "
              "exec('if __name__ == \"__main__\": study.main()')")
    (tmp_path / "checksums.txt").write_text("0" * 64 + "  other.csv\n")
    command = [sys.executable, "-c", script, "robustness", "--seeds", "2", "--steps", "20", "--resume",
               str(tmp_path / "runs"), "--into", str(tmp_path)]
    environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "PATH": ""}
    contents = []
    for _ in range(2):
        subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=300)
        contents.append((tmp_path / "study.csv.gz").read_bytes())
        files = {path: path.stat().st_mtime_ns for path in (tmp_path / "runs").iterdir()}
        contents.append(files)
    assert contents[0] == contents[2] and contents[1] == contents[3] and files
    lines = gzip.decompress(contents[0]).decode().splitlines()
    assert lines[:2] == ["# command: test", "problem,optimizer,steps,lr,seed,val,test"] and len(lines) == 2 + 2 * 15 * 2
    monkeypatch.setattr(data, "FOLDER", tmp_path)
    assert set(load_study(SMALL, 20).table.seed) == {100, 101}
    assert data.verify() == ["other.csv"]  # still listed, and the study's own checksum is right


def test_the_module_says_what_it_exports():
    assert all(hasattr(robustness, name) for name in robustness.__all__)
