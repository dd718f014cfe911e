"""The transfer study: what it trains is what a reader would train; its measures have the values of made-up tables."""

import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from course_utils import data
from course_utils.data import load_digits
from course_utils.models import rate_shares
from course_utils.optimizers import adam
from course_utils.studies import transfer
from course_utils.studies.transfer import COLUMNS, Transfer, layered, load_transfer, make_problems, run_transfer
from course_utils.sweep import GridEdgeError, sweep_settings

ROOT = Path(__file__).resolve().parent.parent
PROBLEMS = make_problems()
DIGITS = PROBLEMS["classify digits"]
ONE = {"classify digits": DIGITS}


def test_a_rate_for_each_weight_is_a_group_for_each_parameter_in_torch():
    def grouped(module, lr):
        shares = rate_shares(module).split([w.numel() for w in module.parameters()])
        return torch.optim.Adam([{"params": [w], "lr": lr * float(share[0])}
                                 for w, share in zip(module.parameters(), shares, strict=True)], lr=lr)
    model = DIGITS.wide(64, parametrization="maximal-update")
    settings = [{"model": model, "optimizer": optimizer, "lr": 0.01}
                for optimizer in (layered(adam, rate_shares(model())), grouped)]
    ours, theirs = sweep_settings(DIGITS.data, settings, [0, 1], 3, progress=False).final("val_loss")
    assert np.allclose(ours, theirs, rtol=1e-3) and not np.isclose(*ours, rtol=1e-3)


def made_up(losses, problem=DIGITS, case=("batch", "classify digits", "sgd, equal epochs", 8), rates=None):
    """A table of one case: validation and test losses (rates, seeds), the same."""
    losses = np.asarray(losses, dtype=float)
    rates = 2.0 ** np.arange(len(losses)) if rates is None else rates
    part, name, variant, size = case
    return pd.DataFrame([{"part": part, "problem": name, "variant": variant, "size": size, "lr": lr,
                          "weight_decay": 0.0, "seed": k, "val": loss, "test": loss}
                         for lr, row in zip(rates, losses, strict=True) for k, loss in enumerate(row)])[COLUMNS]


SMALL, LARGE = (("batch", "classify digits", "sgd, equal epochs", size) for size in (8, 32))
CONSTANT = DIGITS.constant_loss()


@pytest.fixture
def two():
    small = made_up([[2, 2], [1, 1.2], [0.5, 0.7], [1.5, np.nan]], case=SMALL)
    large = made_up([[2, 2.2], [1, 1.2], [0.8, 1.0], [0.4, 0.2], [CONSTANT + 1, np.nan]], case=LARGE)
    return Transfer(pd.concat([small, large], ignore_index=True), ONE)


def test_the_tuned_rate_has_the_lowest_mean_validation_loss_and_none_at_which_a_run_diverged(two):
    assert two.tuned_rate(SMALL) == 4 and two.tuned_rate(LARGE) == 8
    edge = Transfer(made_up([[1, 1], [2, 2], [3, 3]]), ONE)
    with pytest.raises(GridEdgeError, match="sgd, equal epochs, 8.*extend it below"):
        edge.tuned_rate(SMALL)
    assert edge.tuned_rate(SMALL, allow_edge=True) == 1


def test_a_gain_is_0_for_the_constant_and_1_for_the_mean_at_the_tuned_rate(two):
    assert np.isclose(two.gain_at(LARGE, 8).mean(), 1)
    assert np.allclose(two.gain_at(LARGE, 8), (CONSTANT - np.array([0.4, 0.2])) / (CONSTANT - 0.3))
    assert np.array_equal(two.gain_at(LARGE, 16), [0, 0])  # worse than a constant; diverged
    with pytest.raises(ValueError, match="lr must be on the grid 1 … 16, got 3"):
        two.gain_at(LARGE, 3)


def test_a_carried_rate_costs_the_gain_that_it_misses_seed_by_seed(two):
    assert np.allclose(two.carried(SMALL, LARGE, 2.0), 0)
    assert np.allclose(two.carried(SMALL, LARGE), np.array([0.4, 0.8]) / (CONSTANT - 0.3))
    assert np.allclose(two.carried(SMALL, LARGE, 4.0), two.gain_at(LARGE, 8))  # all of it
    assert two.nearest(LARGE, 5.7) == 8 and two.nearest(LARGE, 5.6) == 4 and two.nearest(LARGE, 1e9) == 16


def test_the_best_rate_lies_where_the_parabola_has_its_minimum_and_its_power_is_the_slope():
    x = np.arange(6.0)
    bowl = lambda at: made_up(np.stack([(x - at) ** 2, (x - at - 1) ** 2], axis=1) + 1)
    small = bowl(1.3)
    large = bowl(2.3).assign(size=32)
    study = Transfer(pd.concat([small, large], ignore_index=True), ONE)
    assert np.allclose(study.best_rates(SMALL), [1.3, 2.3]) and np.allclose(study.best_rates(LARGE), [2.3, 3.3])
    power = study.power("batch", "classify digits", "sgd, equal epochs", (8, 32))
    assert np.isclose(power.mean, 0.5) and power.n == 2
    steep = Transfer(made_up([[3, np.nan], [1, 1], [np.nan, 2], [4, 3]]), ONE)
    assert np.array_equal(steep.best_rates(SMALL), [1, 1])  # a neighbour that diverged leaves the grid's rate


def test_an_unknown_case_is_named_with_its_neighbours(two):
    with pytest.raises(ValueError, match="no case .*16.*it has, among others.*32"):
        two.losses((*SMALL[:3], 16))


def test_agreement_seldom_sees_a_difference_where_there_is_none_and_always_a_large_one():
    rng, bowl = np.random.default_rng(0), np.array([2.0, 1.0, 2.0])[:, None]
    draw = lambda shift=0: Transfer(made_up(bowl + 0.1 * rng.normal(size=(3, 8)) + shift), ONE)
    alarms = [0 not in draw().agreement(draw())[SMALL] for _ in range(60)]
    assert sum(alarms) < 12 and all(0 not in draw().agreement(draw(1))[SMALL] for _ in range(10))


def test_every_part_trains_its_cases_with_equal_epochs_or_equal_steps():
    few = {"sgd": [0.1, 0.2, 0.4], "adam": [0.01, 0.02, 0.04]}
    cases = list(transfer.batch_cases(DIGITS, rates=few))
    steps = {(variant, size): epochs * -(-480 // size) for variant, _, epochs, kept in cases for size in kept}
    assert {steps["sgd, equal steps", size] for size in (8, 32, 128)} == {steps["adam, equal epochs", 8]} == {960}
    assert steps["sgd, equal epochs", 128] == 64 and ("sgd, equal steps", 2) not in steps


def test_a_study_has_a_row_for_each_run_and_widths_have_fewer_seeds():
    study = run_transfer(ONE, ["width"], seeds=range(6), progress=False, widths=(32,), rates=[0.01, 0.02], epochs=1)
    assert list(study.table.columns) == COLUMNS and len(study.table) == 2 * 2 * transfer.WIDE_SEEDS
    standard, maximal = (study.losses(("width", "classify digits", name, 32))[1]
                         for name in ("standard", "maximal-update"))
    assert np.allclose(standard, maximal, rtol=1e-4)  # the base width
    length = run_transfer(ONE, ["length"], seeds=[5], progress=False, lengths=(1, 2), optimizers=("sgd",),
                          rates={"sgd": [0.1, 0.2]})
    assert set(length.cases) == {("length", "classify digits", f"sgd, {kind}", n) for n in (1, 2)
                                 for kind in ("constant", "cosine")}
    decay = run_transfer(ONE, ["decay"], seeds=[5], progress=False, lengths=(1, 2), rates=[0.01, 0.02],
                         decays=[0.1, 1.0, 4.0])
    rates, losses = decay.losses(("decay", "noisy digits", "constant", 2))
    assert np.array_equal(rates, [0.01, 0.02]) and losses.shape == (2, 3, 1)
    row = decay.table[(decay.table["lr"] == 0.02) & (decay.table["weight_decay"] == 4.0) & (decay.table["size"] == 2)
                      & (decay.table["variant"] == "constant")]
    assert losses[1, 2, 0] == row["test"].item()


def test_every_fifth_label_of_the_noisy_digits_was_drawn_by_chance():
    noisy, whole = transfer.noisy_digits(), load_digits()
    wrong = (noisy.y_train != whole.y_train[:300]).mean()
    assert len(noisy.y_train) == 300 and 0.12 < wrong < 0.25  # a tenth of those drawn are right
    assert np.array_equal(noisy.y_test, whole.y_test)


def test_the_constant_loss_is_that_of_the_best_constant():
    digits = DIGITS.data
    shares = np.bincount(digits.y_train) / 480
    assert np.isclose(DIGITS.constant_loss(), -np.log(shares[digits.y_test]).mean())
    assert np.isclose(DIGITS.constant_loss("val"), -np.log(shares[digits.y_val]).mean())
    value = PROBLEMS["predict a value"]
    assert np.isclose(value.constant_loss(), ((value.data.y_test - value.data.y_train.mean()) ** 2).mean())


def test_the_stored_study_is_whole_and_no_best_rate_lies_on_an_edge():
    study = load_transfer(PROBLEMS)
    counts = {}
    for case in study.cases:
        counts[case[0]] = counts.get(case[0], 0) + 1
        assert study.losses(case)[1].shape[-1] == (transfer.WIDE_SEEDS if case[0] == "width" else 8)
        assert case[0] == "decay" or study.tuned_rate(case)
    assert counts == {"batch": 3 * 2 * 7, "width": 3 * 2 * 3, "length": 3 * 2 * 2 * 3, "optimizer": 3 * 4, "decay": 4}
    assert "command: python benchmarks/study.py transfer" in study.origin and "torch" in study.origin
    assert study.table["seed"].min() == 100


def test_the_stored_study_can_be_had_again_from_its_seeds():
    one = {"predict a value": PROBLEMS["predict a value"]}
    few = {"sgd": [2.0**-5, 2.0**-4], "adam": [2.0**-8, 2.0**-7]}
    again = run_transfer(one, ["batch"], seeds=[100, 101], batches=(32, 128), rates=few, progress=False).table
    keys = ["part", "problem", "variant", "size", "lr", "weight_decay", "seed"]
    both = load_transfer(PROBLEMS).table.merge(again, on=keys)
    assert len(both) == 2 * 4 * 2 * 2 and np.allclose(both.test_x, both.test_y, rtol=0.05, atol=1e-3)


def test_a_damaged_study_is_named_with_the_way_to_get_it_back(tmp_path, monkeypatch):
    for name in ("transfer.csv.gz", "checksums.txt"):
        (tmp_path / name).write_bytes((data.FOLDER / name).read_bytes())
    monkeypatch.setattr(data, "FOLDER", tmp_path)
    (tmp_path / "transfer.csv.gz").write_bytes(gzip.compress(b"part,problem\n"))
    with pytest.raises(ValueError, match="transfer.csv.gz is damaged.*git checkout -- data/transfer.csv.gz"):
        load_transfer(PROBLEMS)


def test_make_study_takes_one_study_by_its_name_and_goes_on_from_what_is_finished(tmp_path):
    script = ("import sys; sys.path.insert(0, 'benchmarks'); import study, course_utils.studies.transfer as t; "
              "study.transfer_problems = lambda: {'predict a value': t.make_problems()['predict a value']}; "
              "study.run_transfer = lambda *a, **k: t.run_transfer(*a, parts=['optimizer'], optimizers=('sgd',), "
              "epochs=1, rates={'sgd': [0.01, 0.02]}, progress=False, **k); "
              "study.stored.origin = lambda seconds: ['command: test']; "
              "exec('if __name__ == \"__main__\": study.main()')")
    command = [sys.executable, "-c", script, "transfer", "--seeds", "2", "--workers", "1", "--resume",
               str(tmp_path / "runs"), "--into", str(tmp_path)]
    contents = []
    for _ in range(2):
        subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT), "PATH": ""}, check=True, capture_output=True,
                       timeout=300)
        contents.append((tmp_path / "transfer.csv.gz").read_bytes())
        contents.append({path: path.stat().st_mtime_ns for path in (tmp_path / "runs").iterdir()})
    assert contents[0] == contents[2] and contents[1] == contents[3] and contents[1]
    lines = gzip.decompress(contents[0]).decode().splitlines()
    assert lines[:2] == ["# command: test", ",".join(COLUMNS)] and len(lines) == 2 + 2 * 2
    assert not (tmp_path / "study.csv.gz").exists()
    wrong = subprocess.run([*command[:3], "transport"], cwd=ROOT, env={"PYTHONPATH": str(ROOT), "PATH": ""},
                           capture_output=True, text=True, timeout=300)
    assert wrong.returncode and "no study is called transport; there are robustness, transfer" in wrong.stderr


def test_the_module_says_what_it_exports():
    assert all(hasattr(transfer, name) for name in transfer.__all__)
