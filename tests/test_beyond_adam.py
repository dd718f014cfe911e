"""The contest of notebook 15, on made-up tables and on the stored one."""

import numpy as np
import pandas as pd
import pytest

from course_utils.optimizers import adam, adamw, averaged, lion, momentum, prodigy, schedule_free, sgd
from course_utils.studies import beyond_adam
from course_utils.studies.beyond_adam import (
    BARS,
    METHODS,
    NEW,
    PROBLEMS,
    REPORTING,
    TRYING,
    Contest,
    budgets,
    held,
    load_contest,
    own_share,
    rates_of,
    report_again,
    run_contest,
    shapes_of,
)
from course_utils.studies.robustness import make_problems
from course_utils.sweep import GridEdgeError

STORED = load_contest()


def made(shift=None, spread=0.1, best=3, seeds=range(6)):
    """A contest without networks: method m scores its shift, seed k has noise, all are best at one rate."""
    rng, rows = np.random.default_rng(0), []
    for p in PROBLEMS:
        noise = rng.normal(size=len(seeds)) * spread
        for m in METHODS:
            mean = (shift or {}).get(m, 0.0)
            for i, lr in enumerate(rates_of(m, p)):
                rows += [(p, m, lr, k, "try", mean + 0.2 * abs(i - best), np.nan) for k in range(2)]
            own = rng.normal(size=len(seeds)) * 0.01
            rows += [(p, m, rates_of(m, p)[best], k, "report", np.nan, mean + noise[n] + own[n])
                     for n, k in enumerate(seeds)]
    return Contest(pd.DataFrame(rows, columns=beyond_adam.COLUMNS))


def test_every_method_tries_as_many_rates_three_a_decade_around_its_middle():
    for method in METHODS:
        for problem in PROBLEMS:
            rates = rates_of(method, problem)
            assert len(rates) == 7 and np.allclose(np.diff(np.log10(rates)), 1 / 3, atol=0.005)
            assert rates[3] == pytest.approx(METHODS[method].middle[problem], rel=0.01)


def test_the_stored_contest_has_every_try_and_every_report():
    assert STORED.problems == list(PROBLEMS) and "command: python benchmarks/contest.py" in STORED.origin
    for p in PROBLEMS:
        for m in METHODS:
            assert STORED.rates(p, m) == rates_of(m, p)
            assert STORED.losses(p, m, "try").shape == (7, len(TRYING))
            assert STORED.losses(p, m).shape == (1, len(REPORTING))
            assert rates_of(m, p)[0] < STORED.chosen(p, m) < rates_of(m, p)[-1]
        for m in ("Prodigy", "AdamW"):
            assert STORED.losses(p, m, "untried").shape == (1, len(REPORTING))
    roles = STORED.table.groupby("role")["seed"].unique()
    assert not set(roles["try"]) & set(roles["report"]) and set(roles["untried"]) == set(REPORTING)


def test_reports_were_made_at_the_rates_that_were_chosen():
    reports = STORED.table[STORED.table["role"] == "report"]
    assert all(lr == STORED.chosen(p, m) for p, m, lr in set(zip(reports["problem"], reports["method"], reports["lr"],
                                                                 strict=True)))


def test_the_stored_contest_is_what_the_command_trains():
    contest = run_contest(["forecast sunspots"], range(1), range(100, 102), ["momentum", "Prodigy"])
    for m in ("momentum", "Prodigy"):  # the three smallest rates: near the cliff last bits decide
        ours, stored = (c.losses("forecast sunspots", m, "try", "val")[:3, 0] for c in (contest, STORED))
        assert np.allclose(ours, stored, atol=0.05)
    again = report_again(STORED, [100, 101], ["momentum"], ["forecast sunspots"])
    assert np.allclose(again.losses("forecast sunspots", "momentum"),
                       STORED.losses("forecast sunspots", "momentum")[:, :2], atol=0.05)


def test_a_lead_is_above_zero_where_the_method_has_the_lower_loss():
    contest = made({"Muon": -0.5, "Lion": 0.5})
    leads = contest.leads("AdamW")
    assert set(leads) == {(p, m) for p in PROBLEMS for m in NEW}
    assert all(leads[p, "Muon"].low > 0.4 and leads[p, "Lion"].high < -0.4 for p in PROBLEMS)
    assert contest.lead(PROBLEMS[0], "Lion", "Muon").mean == pytest.approx(-1.0, abs=0.05)


def test_intervals_are_as_wide_as_all_of_them_need_to_hold_at_once():
    contest = made()
    joint = contest.leads("momentum")[PROBLEMS[0], "Muon"]
    assert joint.confidence == pytest.approx(1 - 0.05 / (len(BARS) * len(NEW) * len(PROBLEMS)))
    alone = contest.lead(PROBLEMS[0], "Muon", "momentum")
    assert joint.high - joint.low > 2 * (alone.high - alone.low) and joint.mean == alone.mean


def test_a_best_rate_on_the_edge_is_refused_with_the_side():
    with pytest.raises(GridEdgeError, match="Lion on 'next character' .* extend it above"):
        made(best=6).chosen("next character", "Lion")
    with pytest.raises(GridEdgeError, match="extend it below"):
        made(best=0).chosen("next character", "Lion")


def test_a_rate_at_which_a_run_diverged_comes_last():
    table = made().table.copy()
    best = rates_of("Muon", PROBLEMS[0])[3]
    table.loc[(table["problem"] == PROBLEMS[0]) & (table["method"] == "Muon") & (table["lr"] == best)
              & (table["role"] == "try") & (table["seed"] == 1), "val"] = np.inf
    assert Contest(table).chosen(PROBLEMS[0], "Muon") != best == Contest(made().table).chosen(PROBLEMS[0], "Muon")


def test_the_width_is_that_of_straight_lines_around_the_best_rate():
    assert made().width(PROBLEMS[0], "AdamW") == pytest.approx(1 / 3, abs=0.01)  # half a third on either side
    assert made().width(PROBLEMS[0], "AdamW", 0.4) == pytest.approx(4 / 3, abs=0.02)


def test_contests_that_are_alike_agree_and_others_do_not():
    stored, live = made(seeds=range(16)), made(seeds=range(5))
    assert all(abs(a - b) <= half for a, b, half in stored.agreement(live).values())
    moved = stored.agreement(made({"Muon": 2.0}, seeds=range(5)))
    outside = {m for (_, m), (a, b, half) in moved.items() if abs(a - b) > half}
    assert outside == {"Muon"}


def test_half_widths_are_welchs():
    from scipy import stats

    a, b = made(seeds=range(16)), made({"Muon": 0.1}, seeds=range(5))
    *_, half = a.agreement(b)[PROBLEMS[0], "Muon"]
    x, y = (c.losses(PROBLEMS[0], "Muon")[0] for c in (a, b))
    interval = stats.ttest_ind(x, y, equal_var=False).confidence_interval(1 - 0.05 / 28)
    assert half == pytest.approx((interval.high - interval.low) / 2)


def test_what_a_contest_does_not_have_is_named():
    with pytest.raises(ValueError, match="no 'untried' of 'Lion' on 'next character'"):
        made().losses("next character", "Lion", "untried")


@pytest.mark.parametrize(("optimizer", "numbers"), [(sgd, 0), (momentum, 1), (lion, 1), (adam, 2), (adamw, 2),
                                                    (averaged(adam), 3), (schedule_free, 3), (prodigy, 4)])
def test_numbers_kept_for_each_weight(optimizer, numbers):
    assert held(optimizer) == numbers


def test_the_share_of_newton_and_schulz_is_that_of_its_products():
    short, long, n = 7, 11, 13
    by_hand = 5 * (short * long * short + short**3 + short * short * long) / (3 * short * long * n)
    assert own_share(short, long, n) == own_share(long, short, n) == pytest.approx(by_hand)
    assert own_share(short, long, n, 10) == pytest.approx(2 * by_hand)


def test_muon_is_given_the_matrices_within_the_transformer_and_all_of_the_others():
    problems = make_problems()
    kept = [len(shape) for shape in shapes_of(problems["next character"])]
    assert kept.count(2) == 4 and sum(map(np.prod, shapes_of(problems["next character"]))) == sum(
        p.numel() for p in problems["next character"].model().parameters())
    assert [len(shape) for shape in shapes_of(problems["compress digits"])] == [2, 1] * 4


def test_runs_without_an_end_are_looked_at_where_the_planned_ones_end():
    found = budgets(steps=(50, 100), trying=range(2), reporting=range(100, 103))
    assert list(found.planned) == [50, 100] and set(found.open_) == {"averages", "schedule-free", "constant"}
    assert all(losses.shape == (3,) for losses in found.planned.values())
    assert all(losses.shape == (2, 3) for losses in found.open_.values()) and found.stopped.shape == (2, 3)
    assert np.array_equal(found.stopped[1], found.planned[100]) and set(found.peaks) == {
        "planned for 50", "planned for 100", *found.open_}
