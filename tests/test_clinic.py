"""The clinic: patients are what they are said to be, treatments do what they say, diagnoses are counted as they are."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from course_utils.data import Dataset
from course_utils.models import mlp
from course_utils.optimizers import momentum, sgd
from course_utils.schedules import constant, cosine
from course_utils.studies import diagnosis
from course_utils.studies.clinic import (
    Basin,
    Chart,
    Patient,
    Plan,
    admit,
    averaged,
    basins,
    clip,
    clipped,
    from_step,
    slower,
    treated,
    warmed,
)
from course_utils.studies.diagnosis import (
    careful_reader,
    confusion,
    share_right,
    shares_right,
    symptoms,
    told_apart,
    truth,
)
from course_utils.studies.patients import make_newcomers, make_patients, rescaled

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(24, 3)), RNG.integers(0, 2, 24)
DATA = Dataset("small", X[:8], Y[:8], X[8:16], Y[8:16], X[16:], Y[16:])
NETWORK = mlp(3, 4, 2)
WARD = {patient.name: patient for patient in make_patients()}
NEW = {patient.name: patient for patient in make_newcomers()}


def plan(**changes):
    return replace(Plan(DATA, NETWORK, momentum, cosine(0.1, 12), epochs=6, batch_size=4), **changes)


def patient(change=lambda plan: plan, name="it", wrong="something"):
    return Patient(name, wrong, change, plan)


def rates(change):
    run = change(plan())
    return [run.lr(step) for step in range(run.steps)]


def test_a_plan_counts_its_steps_with_a_last_smaller_batch():
    assert plan().steps == 12 and plan(batch_size=5).steps == 12 and plan(batch_size=3).steps == 18


def test_changes_of_the_rate_are_those_that_they_say():
    original = rates(lambda plan: plan)
    assert rates(slower(0.25)) == [0.25 * lr for lr in original]
    assert rates(warmed(0)) == original
    assert np.allclose(rates(warmed(4)), original * np.array([0.25, 0.5, 0.75] + 9 * [1]))
    assert rates(from_step(7, slower(3))) == original[:7] + [3 * lr for lr in original[7:]]


@pytest.mark.parametrize("max_norm", [0.01, 0.7, 1e6])
def test_a_clipped_step_is_that_of_torch(max_norm):
    w, g = torch.randn(2, 5, generator=torch.Generator().manual_seed(1))
    parameter = torch.nn.Parameter(w.clone())
    parameter.grad = g.clone()
    torch.nn.utils.clip_grad_norm_([parameter], max_norm)
    torch.optim.SGD([parameter], lr=0.3).step()
    ours, _ = clip(sgd, w, g, {}, 0.3, max_norm)
    assert torch.allclose(ours, parameter.detach(), rtol=1e-4)


def test_networks_are_clipped_each_by_its_own_norm():
    w, g = torch.zeros(2, 3), torch.tensor([[3.0, 4.0, 0.0], [0.3, 0.4, 0.0]])
    together, _ = clip(sgd, w, g, {}, 1.0, 1.0)
    assert torch.allclose(together, torch.tensor([[-0.6, -0.8, 0.0], [-0.3, -0.4, 0.0]]))


def test_a_gradient_of_zero_stays_zero():
    w, _ = clip(sgd, torch.ones(3), torch.zeros(3), {}, 1.0, 0.5)
    assert torch.equal(w, torch.ones(3))


def test_in_company_a_patient_is_what_it_is_alone():
    members = [patient(name="a"), patient(slower(30), "b"), patient(rescaled(3.0), "c"), patient(clipped(0.1), "d")]
    together = admit(members, [3, 5])
    for member in members:
        alone = admit([member], [3, 5])[member.name]
        for name, values in alone.gauges.items():
            assert np.allclose(values, together[member.name].gauges[name], rtol=1e-3, atol=1e-6), (member.name, name)


def test_a_treatment_that_undoes_the_harm_leaves_the_healthy_run():
    ill = patient(slower(8))
    healed, healthy = admit([treated(ill, "slower", slower(1 / 8)), patient(name="healthy")], range(3)).values()
    assert np.allclose(healed.gauges["val_loss"], healthy.gauges["val_loss"], atol=1e-5)
    assert healed.patient.name == "it, slower"


def test_treatments_follow_one_another():
    run = treated(patient(slower(2)), "both", warmed(4), slower(0.5)).run
    assert run.lr(0) == 2 * 0.1 / 4 * 0.5


def test_a_restart_shares_its_first_steps():
    runs = admit([patient(name="a"), patient(from_step(6, slower(9)), "b")], range(2))
    a, b = (runs[name].gauges["train_loss"] for name in "ab")
    assert np.allclose(a[:, :3], b[:, :3]) and not np.isclose(a[:, 3:], b[:, 3:]).any()


def test_a_gauge_is_gone_from_the_epoch_on_in_which_the_loss_is():
    def hole(outputs, targets):
        return torch.nn.functional.cross_entropy(outputs, targets) + (outputs.abs().amax() > 3) * torch.inf

    chart = admit([patient(lambda plan: replace(plan, loss=hole, lr=constant(3.0)))], range(4))["it"]
    gone = np.isnan(chart.gauges["train_loss"])
    assert gone[:, -1].any() and (np.diff(gone.astype(int), axis=1) >= 0).all()
    assert (chart.scores["test_accuracy"][gone[:, -1]] == 0).all()


def test_a_basin_is_the_patient_at_each_rate_under_each_treatment():
    found = basins(patient(), {"none": (), "clipped": (clipped(0.1),)}, [0.5, 2.0], range(2))
    alone = admit([treated(patient(), "x", slower(2.0), clipped(0.1))], range(2))["it, x"]
    assert list(found) == ["none", "clipped"] and found["none"].val_accuracy.shape == (2, 2)
    assert np.allclose(found["clipped"].charts[1].gauges["train_loss"], alone.gauges["train_loss"], rtol=1e-3)
    assert not np.allclose(*(found[name].charts[1].gauges["train_loss"] for name in found))


def test_a_basin_is_as_wide_as_its_scores_stay_near_the_best_and_chosen_by_the_first_seeds():
    scores = np.array([[0.5, 0.9], [0.9, 0.9], [0.9, 0.5]])
    basin = Basin([0.1, 1.0, 10.0], [SimpleNamespace(scores={"val_accuracy": row}) for row in scores])
    assert np.allclose(basin.widths(tolerance=0.2), [1.5, 1.5])
    assert np.allclose(basin.widths(tolerance=0.0), [1.0, 1.0])
    assert basin.chosen(1) is basin.charts[1] and basin.chosen(2) is basin.charts[1]
    assert Basin([1, 2], [SimpleNamespace(scores={"val_accuracy": row}) for row in scores[:2]]).chosen(1).scores[
        "val_accuracy"][0] == 0.9


def test_the_last_weights_of_an_average_are_those_of_the_run():
    mean, last = averaged(patient(), range(3), 1)
    chart = admit([patient()], range(3))["it"]
    assert np.array_equal(mean, last) and np.allclose(last, chart.scores["test_accuracy"])


def test_a_chart_says_its_gauges_in_words():
    losses = np.array([[3.0, 0.5], [1.0, 0.1], [2.0, 0.2]])
    chart = Chart(None, [0, 1, 2], {"train_loss": losses}, np.array([0.5, 0.25]), {})
    assert str(chart) == "train loss 2 → 0.2, rate 0.5 → 0.25 in 2 steps"


def test_names_must_differ():
    with pytest.raises(ValueError, match="it more than once"):
        admit([patient(), patient()])


def test_a_patient_of_ones_own_takes_five_lines():
    mine = Patient("no momentum", "beta is 0", lambda plan: replace(plan, hyper={"beta": 0.0}), plan)
    assert not np.allclose(*(admit([p], range(2))[p.name].gauges["train_loss"] for p in (mine, patient())))


def test_the_ward_has_a_dozen_patients_and_two_healthy_runs():
    healthy = [p for p in WARD.values() if p.healthy]
    assert len(healthy) == 2 and len(WARD) - len(healthy) >= 12
    assert len({p.wrong for p in WARD.values() if not p.healthy}) == len(WARD) - 2


@pytest.mark.parametrize("name", [name for name, p in WARD.items() if not p.healthy])
def test_what_is_wrong_is_in_the_run_and_little_else_is(name):
    run, meant = WARD[name].run, WARD[name].plan()
    changed = {part for part in ("data", "model", "optimizer", "epochs", "batch_size", "loss", "hyper")
               if getattr(run, part) != getattr(meant, part)}
    if [run.lr(step) for step in range(run.steps)] != [meant.lr(step) for step in range(meant.steps)]:
        changed.add("lr")
    assert changed in ({"lr"}, {"data"}, {"model"}, {"loss"}, {"optimizer"}, {"lr", "batch_size"}, {"lr", "loss"})


def test_one_example_is_damaged_and_half_of_the_validation_part_is_leaked():
    before, damaged = WARD["healthy"].run.data, WARD["one damaged example"].run.data
    assert (before.x_train != damaged.x_train).any(axis=1).sum() == 1 and damaged.x_train.max() == 255
    leaked = WARD["validation leaked"].run.data
    known = {row.tobytes() for row in before.x_train}
    assert sum(row.tobytes() in known for row in leaked.x_val) == len(leaked.x_val) // 2
    assert not any(row.tobytes() in known for row in before.x_val)


def test_a_reshuffled_split_holds_the_same_images_and_some_of_the_old_training_part():
    before, after = WARD["healthy"].run.data, NEW["validation reshuffled"].run.data
    rows = lambda x: sorted(row.tobytes() for row in x)
    assert rows(np.r_[before.x_train, before.x_val]) == rows(np.r_[after.x_train, after.x_val])
    assert len(after.x_train) == len(before.x_train) and np.array_equal(before.x_test, after.x_test)
    known = set(rows(before.x_train))
    assert 100 < sum(row.tobytes() in known for row in after.x_val) < 200


def test_an_inherited_state_changes_the_first_step_and_is_handed_on():
    run, meant = NEW["state inherited"].run, NEW["state inherited"].plan()
    n = sum(p.numel() for p in meant.model().parameters())
    w, g = torch.zeros(n), torch.ones(n)
    ours, state = run.optimizer(w, g, {}, 0.01, **run.hyper)
    fresh, _ = meant.optimizer(w, g, {}, 0.01, **meant.hyper)
    assert not torch.allclose(ours, fresh) and state["t"] == meant.steps + 1
    again, state = run.optimizer(ours, g, state, 0.01, **run.hyper)
    assert state["t"] == meant.steps + 2 and not torch.equal(again, ours)


def test_the_wrong_schedules_are_those_of_the_schedulers_of_torch():
    def of_torch(total, moves):
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.05)
        scheduler, found = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, total), []
        for step in range(400):
            found.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            if moves(step):
                scheduler.step()
        return found

    for name, expected in [("scheduler every step", of_torch(50, lambda step: True)),
                           ("scheduler once an epoch", of_torch(400, lambda step: step % 8 == 7))]:
        run = WARD[name].run
        assert np.allclose([run.lr(step) for step in range(400)], expected, atol=1e-9)


def chart(name, train, val=None, seeds=(0, 1), plan=plan, healthy=False, **others):
    train = np.broadcast_to(np.asarray(train, dtype=float), (len(seeds), 20))
    gauges = {"train_loss": train, "val_loss": train if val is None else val, "gradient_norm": np.ones(train.shape),
              "update_ratio": np.ones(train.shape)} | others
    return Chart(SimpleNamespace(name=name, plan=plan, healthy=healthy), list(seeds), gauges, np.ones(12), {})


def test_a_confusion_table_counts_every_run():
    charts = {c.patient.name: c for c in [chart("ill", 3.0), chart("well", 1.0, healthy=True)]}
    table = confusion(charts, lambda gauges: "ill" if gauges["train_loss"][0] > 2 else "odd")
    assert table.loc["ill", "ill"] == 2 and table.loc["healthy", "odd"] == 2 and table.to_numpy().sum() == 4
    assert share_right(table) == 0.5 and list(shares_right(table)) == [1.0, 0.0]
    assert truth(charts["well"].patient) == "healthy"


def test_a_gauge_tells_apart_what_one_number_on_it_separates():
    seeds, odd = tuple(range(10)), lambda: None
    noise = RNG.normal(size=(10, 20))
    pair = {c.patient.name: c for c in [chart("a", 1.0, seeds=seeds, gradient_norm=noise),
                                        chart("b", 9.0, seeds=seeds, gradient_norm=noise),
                                        chart("c", np.nan, seeds=seeds, plan=odd)]}
    table = told_apart(pair)
    assert list(table.index) == [("a", "b")]                              # c follows another plan
    assert table.loc[("a", "b")].to_dict() == {"training loss": True, "validation loss": True, "rate": False,
                                               "gradient norm": False, "update-to-weight ratio": False}


@pytest.mark.parametrize("a, b, wrong", [
    ([1, 2, 3], [4, 5, 6], 0), ([4, 5, 6], [1, 2, 3], 0), ([1, 2, 9], [4, 5, 6], 1), ([1, np.nan], [1, 2], 1),
    ([1, 1], [1, 1], 2)])
def test_the_best_threshold_leaves_the_fewest_on_the_wrong_side(a, b, wrong):
    assert diagnosis._wrong(a, b) == wrong


def test_symptoms_of_a_run_that_is_gone_are_nan():
    gone = chart("gone", np.full(20, np.nan)).of_seed(0)
    assert np.isnan(symptoms(gone)["training loss"]["highest"]) and symptoms(gone)["training loss"]["readings"] == 0


def test_the_careful_reader_is_right_on_the_seeds_that_it_was_written_on():
    some = [WARD[name] for name in ("healthy", "rate too small", "schedule used up", "scheduler every step")]
    assert share_right(confusion(admit(some, range(2)))) == 1 and careful_reader(chart("x", 1.0).of_seed(0))
