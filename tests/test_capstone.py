"""A game charges what it should, keeps its books, opens the test part once, and names what is against the rules."""

import subprocess
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from course_utils import data
from course_utils.data import load_capstone, load_segments
from course_utils.exercises import EXERCISES, PROJECTS, check, hint, solution
from course_utils.models import mlp
from course_utils.optimizers import adam, momentum, nesterov, sgd
from course_utils.schedules import cosine, one_cycle, warmup
from course_utils.studies import capstone, capstone_rules, capstone_seal, capstone_test_part
from course_utils.studies.capstone import BUDGET, BudgetSpent, Capstone, Foul, Submission
from course_utils.studies.strategies import STRATEGIES, best_known, library_default
from course_utils.training import plain_loop

STORED = load_capstone()


@pytest.fixture(autouse=True)
def session(monkeypatch):
    """As after the start of a kernel: no game was played, nothing was read."""
    for module, name, empty in ((capstone, "_games", {}), (capstone_seal, "_issued", []),
                                (capstone_test_part, "_peeks", [])):
        monkeypatch.setattr(module, name, empty)


@pytest.fixture
def game():
    return Capstone(show=False)


# What things cost

def test_a_trial_costs_its_steps_and_asking_again_costs_nothing(game):
    first = game.trial(0.1, momentum, steps=64)
    assert (first.cost, game.spent, game.left) == (64, 64, BUDGET - 64)
    assert game.trial(0.1, momentum, steps=64) is first and game.trial(0.1, momentum, beta=0.9, steps=64) is first
    assert game.spent == 64 and len(game.trials) == 1
    assert game.trial(0.1, momentum, beta=0.8, steps=64).cost == 64


def test_going_on_costs_only_new_steps_at_a_constant_rate_and_all_of_them_with_a_schedule(game):
    assert [game.trial(0.1, sgd, steps=n).cost for n in (32, 96, 64, 160)] == [32, 64, 0, 64]
    assert [game.trial(0.1, sgd, cosine, steps=n).cost for n in (32, 96)] == [32, 96]


def test_what_is_gone_on_with_is_the_same_run(game):
    short, long = game.trial(0.1, momentum, steps=64), game.trial(0.1, momentum, steps=160)
    assert long.curve[:2] == pytest.approx(short.curve, abs=0.006) and len(long.curve) == 5


def test_several_networks_cost_as_many_times_and_score_their_mean(game):
    one = game.trial(0.1, adam, steps=32)
    three = game.trial(0.1, adam, steps=32, networks=3)
    assert one.cost == 32 and three.cost == 64  # the first network is there already
    assert game.trial(0.2, adam, steps=32, networks=2).cost == 64
    assert three.val_accuracy != one.val_accuracy


def test_steps_are_rounded_down_to_whole_epochs(game):
    assert game.trial(0.1, sgd, batch_size=128, steps=15).steps == 8
    assert game.trial(0.1, sgd, batch_size=16).cost == 126
    with pytest.raises(ValueError, match="batches of 16 takes 63 steps"):
        game.trial(0.1, sgd, batch_size=16, steps=62)


def test_a_run_that_diverges_is_charged_until_it_did_and_stays_in_the_books(game):
    gone = game.trial(30.0, sgd)
    assert gone.fate == "diverged" and gone.cost == gone.steps == 32 and np.isnan(gone.val_accuracy)
    assert "diverged" in str(gone) and "2%) on runs that diverged" in game.report()
    with pytest.raises(ValueError, match="no trial has a score"):
        game.best()
    with pytest.raises(Foul, match="diverged and has no score"):
        game.submit(gone)


def test_a_range_test_costs_its_steps_and_cannot_be_submitted(game):
    test = game.range_test(adam, steps=100)
    assert test.losses.shape == (1, 100) and game.spent == 100 and game.trials[0].fate == "range test"
    with pytest.raises(Foul, match="range test passes through all rates"):
        game.submit(game.trials[0])


def test_an_interrupt_keeps_the_epochs_that_are_done_and_charges_no_others(game, monkeypatch):
    whole = game.trial(0.1, adam)
    real = capstone.sweep

    def interrupted(*args, epochs, **options):
        return replace(real(*args, epochs=2, **options), planned_epochs=epochs)

    monkeypatch.setattr(capstone, "sweep", interrupted)
    part = game.trial(0.2, adam)
    assert (part.fate, part.steps, part.cost, part.planned) == ("interrupted", 64, 64, 160)
    decaying = game.trial(0.1, adam, cosine)
    monkeypatch.setattr(capstone, "sweep", real)
    assert game.spent == whole.cost + 128 and game.submit(decaying).score > 0.5  # replayed as it was planned
    assert part.curve != whole.curve


def test_an_interrupt_before_the_first_epoch_costs_nothing(game, monkeypatch):
    def stopped(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(capstone, "sweep", stopped)
    with pytest.raises(KeyboardInterrupt):
        game.trial(0.1, adam)
    monkeypatch.undo()
    assert game.spent == 0 and game.trials == () and game.trial(0.1, adam, steps=32).cost == 32


def test_a_schedule_is_made_for_the_steps_of_the_trial(game):
    made = []

    def noted(lr, n_steps):
        made.append((lr, n_steps))
        return warmup(cosine(lr, n_steps), 10)

    game.trial(0.3, nesterov, noted, batch_size=128, steps=90)
    assert set(made) == {(0.3, 88)}
    assert game.trial(0.3, nesterov, one_cycle, batch_size=128).val_accuracy > 0.9


def test_a_trial_is_the_training_loop_of_the_course(game):
    trial = Capstone(5, show=False).trial(0.1, sgd)
    weights = plain_loop(mlp(18, 32, 7), game.data, 0.1, epochs=5, batch_size=32, seed=5000)
    network = mlp(18, 32, 7)()
    torch.nn.utils.vector_to_parameters(weights, network.parameters())
    found = (network(torch.tensor(game.data.x_val)).argmax(1).numpy() == game.data.y_val).mean()
    assert trial.val_accuracy == pytest.approx(found, abs=0.006)


def test_every_trial_shows_its_line_and_what_is_left(capsys):
    shown = Capstone()
    shown.trial(0.1, momentum, steps=32)
    shown.trial(0.1, momentum, steps=32)
    first, second = capsys.readouterr().out.splitlines()
    assert "1  momentum, rate 0.1, batch 32, 32 steps: validation accuracy 0." in first
    assert "(1,568 steps left)" in first and "known already, nothing charged" in second
    assert repr(shown).startswith("Player 0: 32 of 1,600 steps spent, 1,568 left")


def test_a_cell_that_defines_its_own_schedule_and_optimizer_may_be_run_again(game):
    cell = ("def half(w, g, state, lr):\n    return w - 0.5 * lr * g, state\n"
            "trial = game.trial(0.2, half, lambda lr, n: warmup(cosine(lr, n), 20), steps=64)\n"
            "other = game.trial(cosine(0.3, 160), sgd, steps=64)\n")
    first, second = ({"game": game, "warmup": warmup, "cosine": cosine, "sgd": sgd} for _ in range(2))
    exec(cell, first)
    exec(cell, second)
    assert first["trial"] is second["trial"] and first["other"] is second["other"] and game.spent == 128
    exec(cell.replace("20)", "10)").replace("0.5", "0.4"), second)
    assert game.spent == 192 and game.trial(cosine(0.3, 160), sgd, steps=96).cost == 32


def test_after_the_end_known_trials_are_still_shown_and_the_submission_is_given_again(game):
    trial = game.trial(0.1, sgd, steps=32)
    made = game.submit(trial)
    assert game.trial(0.1, sgd, steps=32) is trial and game.submit(trial) is made and game.submit(...) is None


# What is submitted

def test_ten_fresh_networks_are_judged_on_the_real_test_part(game):
    trial = game.trial(0.3, nesterov, cosine, batch_size=128)
    made = game.submit(trial)
    opened = load_segments(opened=True)
    assert len(made.test_scores) == 10 and made.spent == 160 and made.trial is trial
    assert made.fouls == made.remarks == ()
    for score in made.test_scores:
        assert score * len(opened.y_test) == pytest.approx(round(score * len(opened.y_test)), abs=1e-3)
    assert made.score == pytest.approx(np.mean(made.test_scores)) and 0.93 < made.score < 0.97
    assert f"test accuracy {made.score:.4f}" in str(made)


def test_two_players_differ_in_seeds_and_the_same_player_comes_out_the_same():
    scores = []
    for player in (3, 3, 4):
        game = Capstone(player, show=False)
        trial = game.trial(0.1, adam, steps=32)
        scores.append((trial.val_accuracy, game.submit(trial).test_scores))
    assert scores[0][0] == pytest.approx(scores[1][0], abs=0.006)
    assert scores[0][1] == pytest.approx(scores[1][1], abs=0.01)
    assert scores[0] != scores[2]


def test_an_ellipsis_submits_nothing_and_leaves_the_test_part_sealed(game, capsys):
    trial = game.trial(0.1, adam, steps=32)
    assert game.submit(...) is None and "stays sealed" in capsys.readouterr().out
    assert game.submit(trial).score > 0


# What is against the rules, and what is said

def test_overrunning_the_budget_is_refused_and_costs_nothing(game):
    with pytest.raises(BudgetSpent, match="batch 32, 160 steps: that costs 160 steps, and 0 of 1,600 are left"):
        for lr in np.geomspace(0.001, 0.1, 11):
            game.trial(float(lr), sgd)
    assert game.spent == BUDGET and len(game.trials) == 10
    with pytest.raises(BudgetSpent, match="0 of 1,600 are left"):
        game.range_test(adam)


def test_several_networks_that_only_fit_one_by_one_are_refused(game):
    for lr in (0.1, 0.2, 0.3):
        game.trial(lr, sgd, networks=3)
    with pytest.raises(BudgetSpent, match="160 steps × 2 networks: that costs 320 steps, and 160"):
        game.trial(0.5, sgd, networks=2)
    assert game.left == 160


@pytest.mark.parametrize("name, says", [
    ("spent", "the counter adds up what the trials have cost"), ("budget", "1,600 steps for everyone"),
    ("left", "no number to be set"), ("trials", "written by the game alone"), ("_ledger", "has been paid for"),
    ("player", "nothing about a game is set by hand"), ("data", "options belong into `trial`"),
])
def test_what_is_set_by_hand_is_named(game, name, says):
    with pytest.raises(Foul, match=says):
        setattr(game, name, 0)


@pytest.mark.parametrize("change", [
    lambda game: game._ledger.pop(), lambda game: game._ledger.clear(), lambda game: game._ledger.reverse(),
    lambda game: object.__setattr__(game._ledger[0], "cost", 0),
    lambda game: object.__setattr__(game._ledger[0], "val_accuracy", 0.99),
    lambda game: game._ledger.append(replace(game._ledger[0], val_accuracy=0.99, cost=0)),
    lambda game: game._ledger.__setitem__(0, replace(game._ledger[0], cost=1)),
    lambda game: game._ledger[0].setting.update(lr=0.3),
])
def test_a_changed_ledger_is_noticed_at_the_next_move(game, change):
    first, _ = game.trial(0.001, sgd, steps=32), game.trial(0.1, sgd, steps=32)
    change(game)
    for move in (lambda: game.trial(0.2, sgd), lambda: game.submit(first), lambda: game.range_test(sgd)):
        with pytest.raises(Foul, match="changed by hand: (it now says .* and 64 were paid|the steps add up)"):
            move()


@pytest.mark.parametrize("name, value", [("spent", 0), ("budget", 10**6)])
def test_a_changed_till_is_noticed(game, name, value):
    game.trial(0.1, sgd, steps=32)
    setattr(game._till, name, value)
    with pytest.raises(Foul, match="till was changed by hand"):
        game.trial(0.2, sgd)


def test_a_seed_is_not_for_choosing(game):
    for name in ("seed", "seeds", "player"):
        with pytest.raises(Foul, match=f"`{name}` is not for choosing"):
            game.trial(0.1, sgd, **{name: 7})
    assert game.spent == 0


def test_longer_than_allowed_is_named(game):
    with pytest.raises(Foul, match="more than 160 steps, and this asks for 1000"):
        game.trial(0.1, sgd, steps=1000)


@pytest.mark.parametrize("thing", [0.99, "best", 7, {"lr": 0.1}])
def test_what_never_ran_cannot_be_submitted(game, thing):
    with pytest.raises(Foul, match="numbers are not taken on trust"):
        game.submit(thing)


def test_a_forgotten_return_is_told_as_what_it_is(game):
    with pytest.raises(Foul, match="is a `return` missing"):
        game.submit(None)


def test_trials_of_another_game_or_made_by_hand_cannot_be_submitted(game):
    other = Capstone(1, show=False).trial(0.1, sgd, steps=32)
    own = game.trial(0.1, sgd, steps=32)
    for trial in (other, replace(own), replace(own, val_accuracy=0.99)):
        with pytest.raises(Foul, match="is not in the ledger of this game"):
            game.submit(trial)
    assert game.submit(own).trial is own


def test_a_fabricated_score_that_broke_the_seal_is_found_by_training_again(game):
    own = game.trial(0.1, sgd, steps=32)
    forged = replace(own, val_accuracy=own.val_accuracy + 0.01)
    game._ledger[0] = forged
    cells = [cell.cell_contents for cell in game._intact.__closure__]
    [chain] = [held for held in cells if isinstance(held, list) and isinstance(held[0], bytes)]
    chain[0] = b""
    paid = game.spent
    game._stamp(capstone._written(forged), 0)  # somebody who digs in closures
    assert game.spent == paid
    with pytest.raises(Foul, match=f"trained again and scored {own.val_accuracy:.4f}, not {forged.val_accuracy:.4f}"):
        game.submit(forged)


def test_the_test_set_opens_once(game):
    worse = game.trial(0.1, sgd, steps=32)
    made = game.submit(game.trial(0.1, sgd, steps=64))
    with pytest.raises(Foul, match=f"opens once.*Your score stands: {made.score:.4f}"):
        game.submit(worse)
    with pytest.raises(Foul, match="no more trials"):
        game.trial(0.2, sgd)
    with pytest.raises(Foul, match="no more trials"):
        game.range_test(sgd)


@pytest.mark.parametrize("peek", [
    lambda path: load_segments(opened=True), lambda path: path.read_bytes(), lambda path: open(str(path), "rb").close(),
    lambda path: np.genfromtxt(path, delimiter=",", skip_header=1), lambda path: pd.read_csv(path),
    lambda path: subprocess.run(["gzip", "-t", str(path)], check=True),
])
def test_a_look_at_the_file_of_the_test_part_marks_the_score(game, peek):
    trial = game.trial(0.1, sgd, steps=32)
    peek(data.FOLDER / "segments_test.csv.gz")
    made = game.submit(trial)
    assert len(made.fouls) == 1 and "was read" in made.fouls[0] and "Foul: the file of the test part" in str(made)
    result = check("capstone", made)
    assert not result.passed and "outside the rules" in result.message


@pytest.mark.parametrize("where", [[capstone_rules], [capstone_rules, capstone]])
def test_rules_rewritten_in_the_module_mark_the_score(monkeypatch, where):
    for module in where:
        monkeypatch.setattr(module, "LONGEST", 320)
    game = Capstone(show=False)
    made = game.submit(game.trial(0.3, nesterov, cosine, batch_size=128, steps=320))
    assert made.trial.steps == 320 and "rules were rewritten" in made.fouls[0] and not check("capstone", made).passed


def test_a_public_number_rewritten_gives_no_longer_trials_and_marks_the_score(game, monkeypatch):
    monkeypatch.setattr(capstone, "LONGEST", 320)
    with pytest.raises(Foul, match="more than 160 steps"):
        game.trial(0.1, steps=320)
    assert "rules were rewritten" in game.submit(game.trial(0.1, steps=32)).fouls[0]


def test_a_budget_rewritten_during_the_game_is_noticed_at_the_next_move(game, monkeypatch):
    game.trial(0.1, sgd, steps=32)
    monkeypatch.setattr(capstone, "BUDGET", 10**6)
    with pytest.raises(Foul, match="till was changed by hand"):
        game.trial(0.2, sgd)


def test_checksums_and_the_games_own_reading_are_no_look_at_the_test_part(game):
    assert data.verify() == []
    other = Capstone(1, show=False)
    other.submit(other.trial(0.1, sgd, steps=32))
    assert game.submit(game.trial(0.1, sgd, steps=32)).fouls == ()


def test_a_second_game_is_remarked_with_what_both_have_spent():
    first, second = Capstone(show=False), Capstone(show=False)
    first.trial(0.1, sgd, steps=32)
    made = second.submit(second.trial(0.1, sgd, steps=64))
    assert "game 2 of player 0" in made.remarks[0] and "96 steps" in made.remarks[0] and "opened" not in made.remarks[0]
    third = Capstone(show=False)
    assert "take it as practice" in third.submit(third.trial(0.1, sgd, steps=32)).remarks[0]


def test_the_data_of_a_game_has_no_test_part(game):
    sealed, opened = game.data, load_segments(opened=True)
    assert np.array_equal(sealed.x_test, sealed.x_val) and np.array_equal(sealed.y_test, sealed.y_val)
    rows = lambda *parts: {tuple(row) for part in parts for row in part.tolist()}
    assert not rows(opened.x_test) & rows(sealed.x_train, sealed.x_val)
    assert not any("test" in name for name in vars(game.trial(0.1, sgd, steps=32)))


@pytest.mark.parametrize("options, error, says", [
    ({"lr": -1}, ValueError, "lr must be"), ({"lr": 0.1, "batch_size": 129}, ValueError, "from 1 to 128, got 129"),
    ({"lr": 0.1, "steps": 0}, ValueError, "steps must be"), ({"lr": 0.1, "steps": 32.5}, ValueError, "steps must be"),
    ({"lr": 0.1, "networks": 11}, ValueError, "from 1 to 10, got 11"),
    ({"lr": 0.1, "schedule": "cosine"}, TypeError, "schedule must be a function"),
    ({"lr": 0.1, "epochs": 5}, TypeError, "length counts in `steps`"), ({"lr": 0.1, "gamma": 5}, TypeError, "gamma"),
    ({"lr": 0.1, "optimizer": "adam"}, TypeError, "optimizer must be a function"),
])
def test_slips_are_named_and_cost_nothing(game, options, error, says):
    with pytest.raises(error, match=says):
        game.trial(**options)
    assert game.spent == 0 and game.trials == ()


# How it is judged

def test_check_scores_a_submission_against_the_stored_players(game):
    result = check("capstone", game.submit(game.trial(0.3, nesterov, cosine, batch_size=128)))
    assert result.passed and "You beat, of 20 players each: the library's default 20" in result.message
    assert "below the best known setting" in result.message or "above the best known setting" in result.message


def test_check_tells_that_a_fair_score_below_the_default_does_not_pass(game):
    result = check("capstone", game.submit(game.trial(0.001, sgd, steps=32)))
    assert not result.passed and result.attempted and "a grid of nine 0" in result.message


@pytest.mark.parametrize("attempt", [None, ...])
def test_check_of_nothing_reads_not_attempted(attempt):
    assert not check("capstone", attempt).attempted and "Play first" in check("capstone", attempt).message


def test_check_takes_no_numbers_and_no_forged_submissions(game):
    trial = game.trial(0.1, sgd, steps=32)
    made = game.submit(trial)
    forged = Submission(trial, 0, (0.99,) * 10, 32, 1)
    for attempt in (0.99, forged, replace(made, test_scores=(0.99,) * 10)):
        result = check("capstone", attempt)
        assert not result.passed and result.attempted and "cannot be told from a wish" in result.message


def test_what_comes_before_a_submission_is_told_what_is_missing(game):
    for attempt, words in ((game.trial(0.1, sgd, steps=32), "That is a trial"), (game, "That is the game"),
                           (lambda game: game.best(), "That is a function")):
        result = check("capstone", attempt)
        assert not result.passed and result.attempted and words in result.message and "game.submit(" in result.message


def test_check_wants_the_readers_own_game():
    game = Capstone(7, show=False)
    result = check("capstone", game.submit(game.trial(0.1, adam, steps=32)))
    assert not result.passed and "game of player 7" in result.message


def test_the_project_has_hints_and_a_solution_that_plays_within_the_rules(game):
    project = PROJECTS["capstone"]
    assert "Hint 1 of 3" in repr(hint("capstone")) and project.source in solution("capstone").text
    made = game.submit(project.reference(game))
    assert made.fouls == () and made.spent <= BUDGET and check("capstone", made).passed and made.score > 0.94
    assert "capstone" not in EXERCISES


# Those who played before

def test_every_strategy_was_played_by_twenty_players_within_the_budget():
    assert set(STORED.strategy) == set(STRATEGIES)
    assert STORED.groupby("strategy").player.apply(sorted).tolist() == [list(range(1, 21))] * len(STRATEGIES)
    assert (STORED.spent <= BUDGET).all() and (STORED.steps <= capstone.LONGEST).all()
    assert STORED.test_accuracy.between(0.5, 1).all()


@pytest.mark.parametrize("strategy", [library_default, best_known, STRATEGIES["grid_of_nine"],
                                      STRATEGIES["successive_halving"]])
def test_a_stored_game_can_be_played_again(strategy):
    row = STORED.query(f"strategy == '{strategy.__name__}' and player == 2").iloc[0]
    game = Capstone(2, show=False)
    made = game.submit(strategy(game))
    assert (made.spent, made.n_trials) == (row.spent, row.trials)
    assert made.score == pytest.approx(row.test_accuracy, abs=0.02)


def test_no_chosen_rate_of_the_grids_lies_on_their_edge():
    for name, low, high in (("grid_of_nine", 1e-4, 1.0), ("another_grid", 0.03, 3.0)):
        assert STORED.query(f"strategy == '{name}'").lr.between(1.01 * low, 0.99 * high).all()


def test_stored_outcomes_have_every_trial_at_every_length():
    table = load_capstone("outcomes")
    assert table.groupby(["optimizer", "lr"]).seed.nunique().eq(8).all() and len(table) == 3 * 26 * 8
    scores = table[[f"{part}_{16 * k}" for part in ("val", "test") for k in range(1, 11)]]
    assert scores.notna().all(axis=None) and scores.max(axis=None) < 1
