import io
import json
import subprocess
import sys
from shutil import which
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from course_utils import explorables
from course_utils.data import load_capstone, make_blobs
from course_utils.exercises import EXERCISES
from course_utils.explorables import (
    Control,
    Explorable,
    explore_bias_correction,
    explore_bowl,
    explore_fates,
    explore_momentum,
    explore_noise_ball,
    explore_one_rate,
    explore_ravine,
    explore_schedule,
    explore_search,
    explore_split,
    explore_training,
    explore_turned_ravine,
    explore_width,
    fate,
    networks,
    turned_ravine,
)
from course_utils.explorables.networks import apart, beside
from course_utils.explorables.view import LABELS
from course_utils.landscapes import ravine
from course_utils.models import mlp
from course_utils.optimizers import sgd
from course_utils.training import train

ON_THE_WAY = [(explore_bowl, "lr"), (explore_ravine, "lr"), (explore_ravine, "kappa"), (explore_noise_ball, "lr"),
              (explore_turned_ravine, "lr"), (explore_turned_ravine, "kappa"), (explore_bias_correction, "forget1"),
              (explore_bias_correction, "forget2")]




def table(scores=(0.3, 0.5, 0.8, 0.7, 0.4), rates=(1e-4, 1e-3, 1e-2, 0.1, 1.0), n_seeds=6, epochs=4):
    """A sweep without networks: seed k adds k thousandths to the score of a rate."""
    history = np.array(scores)[:, None, None] + np.arange(n_seeds)[:, None] / 1000 + np.zeros(epochs)
    return SimpleNamespace(values=lambda name: list(rates), history={"val_accuracy": history}, metric="accuracy",
                           epochs=epochs, data=SimpleNamespace(val_ceiling=0.83))


NEEDS = {"explore_search": table, "explore_split": lambda: load_capstone("outcomes"),
         "explore_one_rate": lambda: KnownStudy(),
         "explore_width": lambda: KnownTransfer()}  # what an explorable must be given
MAKERS = {name: lambda name=name: getattr(explorables, name)(*(need() for need in [NEEDS.get(name)] if need))
          for name in explorables.__all__ if name.startswith("explore_")}
every_explorable = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def pixels(explorable):
    return np.asarray(Image.open(io.BytesIO(explorable.image.value)).convert("RGB")).astype(int)


def test_what_trains_no_network_needs_no_torch():
    code = ("import sys, course_utils.explorables as e; e.explore_bowl(); e.explore_ravine(); e.explore_momentum(); "
            "e.explore_noise_ball(); e.explore_turned_ravine(); e.explore_bias_correction(); "
            "assert 'torch' not in sys.modules")
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("make, name", ON_THE_WAY)
def test_every_move_changes_the_picture_and_stays_small(make, name):
    explorable = make()
    control, last = explorable.controls[name], None
    for value in np.geomspace(control.low, control.high, 12):
        explorable.move(**{name: value})
        assert explorable.image.value != last
        assert len(explorable.image.value) <= 40_000
        last = explorable.image.value


@pytest.mark.parametrize("make, moves", [
    (explore_ravine, [{"lr": 0.3}, {"lr": 0.07, "kappa": 5}]),
    (explore_momentum, [{"lr": 0.15}, {"lr": 0.07, "beta": 0.5}])])
def test_a_frame_equals_a_full_redraw(make, moves):
    explorable = make()
    for move in moves:
        explorable.move(**move)
    for artist in explorable.view.moving:
        artist.set_animated(False)
    explorable.view.canvas.draw()
    whole = np.asarray(explorable.view.canvas.buffer_rgba())[..., :3].astype(int)
    # 64 colours shift a shade by some levels; a trace left behind by an earlier move would differ by a hundred
    assert np.mean(np.abs(pixels(explorable) - whole).max(axis=2) > 80) < 1e-3


@pytest.mark.parametrize("values, words", [
    ({"lr": 0.1}, "rate 0.1, curvature 1: slides down one side"),
    ({"lr": 1.0}, "lands in one step, within 1e-6 of the minimum from step 1"),
    ({"lr": 1.7}, "overshoots, comes back"),
    ({"lr": 2.0}, "bounces for ever, distance 4 after 20 steps"),
    ({"lr": 2.05}, "moves away"),
    ({"lr": 3.0}, "rate 3, curvature 1: diverged at step 4"),  # |1 − 3|⁴ = 16 is the first power above ten
    ({"lr": 10, "curvature": 2}, "diverged at step 1"),
])
def test_bowl_summary_at_known_values(values, words):
    assert words in explore_bowl().move(**values)


@pytest.mark.parametrize("values, words", [
    ({"lr": 0.01}, "slides down, distance 1.5 after 100 steps"),
    ({"lr": 0.074}, "zigzags down, within 0.01 of the minimum from step 78"),
    ({"lr": 0.1}, "rate 0.1, κ 25: diverged at step 9"),
    ({"lr": 3, "kappa": 125}, "diverged at step 1"),
])
def test_ravine_summary_at_known_values(values, words):
    assert words in explore_ravine().move(**values)


@pytest.mark.parametrize("values, words", [
    ({"lr": 0.001}, "still on its way"),
    ({"lr": 0.1}, "rate 0.1, batch size 1: hovers, "),
    ({"lr": 0.2, "batch_size": 16}, "predicted 0.083, 62 steps"),  # √(0.2 / (16 · 1.8))
    ({"lr": 3.0}, "diverged at step"),
    ({"lr": 2.05, "batch_size": 128}, "moves away"),
    ({"lr": 0.5, "batch_size": 99.6}, "batch size 100"),
])
def test_noise_ball_summary_at_known_values(values, words):
    assert words in explore_noise_ball().move(**values)


def test_noise_ball_is_as_wide_as_the_formula_says():
    """Over 40,000 examples the measured radius is within a tenth of √(η / (B (2 − η)))."""
    compute = explore_noise_ball(looks=40_000).compute
    for lr, batch_size in [(0.1, 1), (0.1, 8), (0.8, 8), (1.5, 4)]:
        hover = compute(lr, batch_size)
        assert hover.radius == pytest.approx((lr / (batch_size * (2 - lr))) ** 0.5, rel=0.1)


def test_noise_ball_sees_the_same_examples_at_every_setting():
    compute = explore_noise_ball(looks=64).compute
    one, all_at_once = compute(1.0, 1), compute(1.0, 64)  # at rate 1 a step lands on the mean of its batch
    assert np.mean(one.points[1:]) == pytest.approx(all_at_once.points[1])


def test_every_batch_size_has_a_picture_of_its_own():
    explorable = explore_noise_ball()
    images = {explorable.move(batch_size=2**k) and bytes(explorable.image.value) for k in range(8)}
    assert len(images) == 8 and max(map(len, images)) <= 40_000


def test_noise_ball_goal_needs_both_batch_sizes_and_is_missed_beside():
    explorable = explore_noise_ball()
    for lr, batch_size in [(0.002, 1), (0.2, 1), (0.02, 16), (1.5, 16), (0.1, 8)]:
        assert "Goal reached" not in explorable.move(lr=lr, batch_size=batch_size)
    assert "Goal reached" not in explorable.move(lr=0.012, batch_size=1)
    assert "Goal reached" not in explorable.move(lr=0.002, batch_size=16)
    assert "rate / B = 0.012 and rate 0.2 at batch size 16" in explorable.move(lr=0.2)


@pytest.mark.parametrize("values, words", [
    ({}, "β₁ = 0.9, β₂ = 0.999: the first step is 3.16 times as long as it should be; farthest off 6.57 times, at "
         "step 12."),
    ({"forget2": 0.05}, "the first step is 0.447 times as long as it should be; farthest off 0.447 times, at step 1."),
    ({"forget2": 0.01}, "β₂ = 0.99: the first step is right; farthest off 2.13 times, at step 13."),
    ({"forget1": 1.0}, "β₁ = 0, β₂ = 0.999: the first step is 31.6 times"),
])
def test_bias_correction_summary_at_known_values(values, words):
    assert words in explore_bias_correction().move(**values)


def test_bias_correction_draws_what_adam_does_without_its_correction():
    memories = explore_bias_correction(n_steps=300).compute(forget1=0.1, forget2=0.02)
    m = s = 0.0
    for t in range(1, 301):
        m, s = 0.9 * m + 0.1, 0.98 * s + 0.02
        if t in memories.t:
            assert memories.ratio[list(memories.t).index(t)] == pytest.approx(m / s**0.5)


def test_bias_correction_goal_needs_both_memories_and_is_missed_beside():
    explorable = explore_bias_correction()
    for forget1, forget2 in [(0.1, 0.01), (0.1, 0.25), (0.5, 0.01), (0.5, 0.2), (0.3, 0.09)]:
        assert "Goal reached" not in explorable.move(forget1=forget1, forget2=forget2)
    assert "1 − β₂ = 0.01 at 1 − β₁ = 0.1 and 1 − β₂ = 0.25 at" in explorable.move(forget1=0.5, forget2=0.25)


@pytest.mark.parametrize("kappa, degrees", [(1.0, 0), (100.0, 0), (100.0, 10), (1000.0, 45)])
def test_a_ravine_keeps_its_curvatures_and_its_steepness_at_the_start_when_it_turns(kappa, degrees):
    turned, plain = turned_ravine(kappa, degrees), ravine(kappa)
    assert np.allclose(turned.eigenvalues, plain.eigenvalues)
    start, along = np.array(turned.start), np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
    assert np.isclose(turned.value(start), plain.value(np.array(plain.start)))
    assert np.allclose(turned.hessian @ along, along)  # the flat direction has turned by as much


def test_turning_matters_to_adagrad_and_kappa_along_the_axes_does_not():
    compute = explore_turned_ravine().compute
    steps = lambda **values: [r.steps(path) for r in [compute(**values)] for path in (r.adagrad, r.plain)]
    assert steps(lr=3.0, kappa=100, turn=0)[0] == steps(lr=3.0, kappa=10, turn=0)[0]
    assert steps(lr=3.0, kappa=100, turn=0)[1] == steps(lr=3.0, kappa=100, turn=45)[1]
    assert steps(lr=3.0, kappa=100, turn=0)[0] * 10 < steps(lr=3.0, kappa=100, turn=10)[0]


def test_the_turned_ravines_goal_needs_one_rate_at_both_angles():
    explorable = explore_turned_ravine()
    assert "Goal reached" not in explorable.move(lr=3, turn=45)  # nothing was found along the axes yet
    assert "Goal reached" not in explorable.move(lr=0.3, turn=0)  # too slow
    assert "Goal reached" not in explorable.move(turn=45)
    assert "Goal reached" not in explorable.move(lr=3, turn=0)
    assert "Goal reached" not in explorable.move(turn=10)  # still faster than gradient descent
    assert "Goal reached" not in explorable.move(lr=2, turn=45)  # another rate
    assert "Goal reached" not in explorable.move(lr=3, kappa=50, turn=45)
    assert "Goal reached: at rate 3" in explorable.move(kappa=100)


@pytest.mark.parametrize("values, words", [
    ({"lr": 3}, "rate 3, κ 100, turned 0°: AdaGrad within 0.01 from step 6; gradient descent at its best rate within"),
    ({"lr": 3, "turn": 45}, "turned 45°: AdaGrad 0.023 away after 400 steps"),
    ({"lr": 0.1, "kappa": 1000}, "gradient descent at its best rate 1.9 away after 400 steps"),
])
def test_turned_ravine_summary_at_known_values(values, words):
    assert words in explore_turned_ravine().move(**values)


def test_bowl_goal_needs_both_curvatures():
    explorable = explore_bowl()
    assert "Goal reached" not in explorable.move(lr=2.0, curvature=0.5)
    assert "Goal reached" not in explorable.move(lr=2.0, curvature=2.0)
    assert "Goal reached: rate 2 at curvature 0.5 and rate 0.5 at curvature 2" in explorable.move(lr=0.5)


def test_ravine_goal_is_reached_near_the_best_rate_only():
    explorable = explore_ravine()
    reached = [lr for lr in np.geomspace(0.001, 3, 200) if "Goal reached" in explorable.move(lr=lr)]
    assert reached and min(reached) > 0.07 and max(reached) < 0.08
    assert "Goal reached" not in explorable.move(kappa=5)
    assert "Goal reached" in explorable.move(lr=2 / 26, kappa=25)


@pytest.mark.parametrize("values, words", [
    ({"lr": 0.04, "beta": 0.0}, "rate 0.04, β 0: factor 0.960, settles, no faster than plain"),
    ({"lr": 0.1, "beta": 0.5}, "factor 0.707, faster than any plain descent, within 0.01 of the minimum from step 18"),
    ({"lr": 0.04, "beta": 0.9}, "factor 0.949, settles, no faster than plain"),
    ({"lr": 0.1, "beta": 0.0}, "factor 1.500, diverged at step 9"),
])
def test_momentum_summary_at_known_values(values, words):
    assert words in explore_momentum().move(**values)


def test_momentum_goal_needs_both_controls_and_is_not_at_the_star():
    explorable = explore_momentum()
    assert not any("Goal reached" in explorable.move(lr=lr, beta=0) for lr in np.linspace(0.005, 0.17, 40))
    assert "Goal reached" not in explorable.move(lr=1 / 9, beta=4 / 9)
    for name, value in (("lr", 0.1), ("beta", 0.5)):
        explorable.view.inputs[name][1].value = value
    assert "Goal reached: 18 steps, where the best plain descent needs 76" in explorable.summary


@pytest.mark.parametrize("name", ["lr", "beta"])
def test_every_move_in_the_momentum_plane_changes_the_picture_and_stays_small(name):
    explorable, seen = explore_momentum(), set()
    control = explorable.controls[name]
    for value in np.linspace(control.low, control.high, 12):
        explorable.move(**{name: value})
        seen.add(explorable.image.value)
        assert len(explorable.image.value) <= 40_000
    assert len(seen) == 12


def positions(slider):
    return np.float64(10) ** np.arange(slider.min, slider.max + 1e-9, slider.step)


def nearest(slider, value):
    return min(positions(slider), key=lambda position: abs(position / value - 1))


@pytest.mark.parametrize("make, moves", [
    (explore_bowl, [{"curvature": 0.5, "lr": 2.0}, {"curvature": 2.0, "lr": 0.5}]),
    (explore_ravine, [{"kappa": 3.0}, {"kappa": 25.0, "lr": 0.075}]),
    (explore_noise_ball, [{"lr": 0.012}, {"batch_size": 16.0}, {"lr": 0.2}]),
    (explore_bias_correction, [{"forget2": 0.01}, {"forget1": 0.5}, {"forget2": 0.25}]),
])
def test_goals_can_be_reached_with_the_sliders_alone(make, moves):
    explorable = make()
    for move in moves:
        for name, value in move.items():
            slider = explorable.view.inputs[name][1]
            slider.value = nearest(slider, value)
    assert "Goal reached" in explorable.summary


def test_the_turned_ravines_goal_can_be_reached_with_the_sliders_alone():
    explorable = explore_turned_ravine()
    rate, turn = explorable.view.inputs["lr"][1], explorable.view.inputs["turn"][1]
    rate.value = nearest(rate, 3.0)
    turn.value = 30
    assert "Goal reached" in explorable.summary


def test_slider_and_number_box_are_linked_both_ways():
    explorable = explore_bowl()
    box, slider = explorable.view.inputs["lr"]
    box.value = 2.5
    assert slider.value == 2.5 and "rate 2.5" in explorable.summary
    slider.value = 10**-0.7
    assert box.value == 0.2 and explorable.values["lr"] == 0.2 and "rate 0.2" in explorable.summary
    explorable.move(lr=0.3)
    assert (box.value, slider.value) == (0.3, 0.3)


def test_a_typed_value_survives_the_slider_snapping_to_its_steps():
    explorable = explore_bowl()
    box, slider = explorable.view.inputs["lr"]
    box.value = 0.7531
    slider.value = nearest(slider, 0.7531)  # what the browser sends back
    assert explorable.values["lr"] == box.value == 0.7531
    slider.value *= 10**slider.step
    assert explorable.values["lr"] != 0.7531


@every_explorable
def test_every_control_has_a_label_of_its_own(make):
    labels = [box.description for box, _ in make().view.inputs.values()]
    assert all(labels) and len(set(labels)) == len(labels)
    assert max(map(len, labels)) <= 10  # of 5 em: a browser cuts what is longer


@every_explorable
def test_the_route_reaches_the_goal_with_its_last_move(make):
    explorable = make()
    assert explorable.goal and explorable.route
    for move in explorable.route:
        assert "Goal reached" not in explorable.summary
        explorable.move(**move)
    assert "Goal reached" in explorable.summary


@every_explorable
def test_a_slider_stands_at_the_places_its_control_lists(make):
    explorable = make()
    for name, (_, slider) in explorable.view.inputs.items():
        control = explorable.controls[name]
        stops = np.arange(slider.min, slider.max + 1e-3 * slider.step, slider.step)
        assert control.places == pytest.approx(10.0**stops if control.log else stops, rel=0.005)


def test_out_of_range_is_clipped():
    explorable = explore_bowl()
    explorable.move(lr=1e9)
    assert explorable.values["lr"] == 10.0
    box, slider = explorable.view.inputs["lr"]
    box.value = -5
    assert explorable.values["lr"] == box.value == slider.value == 0.01


@pytest.mark.parametrize("values, message", [
    ({"lr": "fast"}, "rate must be a number from 0.01 to 10, got 'fast'"),
    ({"lr": float("nan")}, "rate must be a number"),
    ({"lr": None}, "rate must be a number"),
    ({"rate": 0.1}, "no control 'rate'; the controls are lr, curvature"),
])
def test_bad_values_are_refused_by_name(values, message):
    explorable = explore_bowl()
    before = explorable.summary
    with pytest.raises(ValueError, match=message):
        explorable.move(**values)
    assert explorable.summary == before


def test_errors_in_the_callback_surface():
    def compute(x):
        return 1 / (x - 2)

    def panel(ax):
        line, = ax.plot([0, 1], animated=True)
        return lambda result: line.set_ydata([0, result])

    explorable = Explorable(compute, [panel], str, {"x": Control("x", 1, 5, 1, log=False)})
    with pytest.raises(ZeroDivisionError):
        explorable.move(x=2)
    with pytest.raises(ZeroDivisionError):
        explorable.view.inputs["x"][0].value = 3
        explorable.view.inputs["x"][0].value = 2


def test_the_goal_stands_above_the_controls_and_the_summary_below_the_picture():
    explorable = explore_bowl()
    first, *_, picture, last = explorable.widget.children
    assert explorable.goal in first.value
    assert picture is explorable.image and explorable.summary in last.value


def test_shown_in_a_notebook_with_words_for_readers_without_widgets(monkeypatch):
    shown = []
    for module in ("explorables.framework", "shown"):
        monkeypatch.setattr(f"course_utils.{module}.display", lambda bundle, raw: shown.append(bundle))
    explorable = explore_bowl()
    explorable._ipython_display_()
    assert "application/vnd.jupyter.widget-view+json" in shown[0] and explorable.summary in shown[0]["text/plain"]


@pytest.mark.parametrize("make, values", [
    (explore_bowl, [{"lr": lr} for lr in (0.1, 1, 1.7, 3)]), (explore_ravine, [{"lr": 0.07}, {"kappa": 2}]),
    (explore_noise_ball, [{"lr": 0.01}, {"lr": 0.1, "batch_size": 8}, {"lr": 3}]),
    (explore_momentum, [{"beta": 0.5}, {"lr": 0.1}]),
    (explore_turned_ravine, [{"lr": 3}, {"lr": 3, "turn": 20}])])
def test_small_multiples_draw_one_panel_a_value(make, values):
    import matplotlib.pyplot as plt

    explorable = make()
    state = explorable.summary, explorable.image.value
    figure = explorable.small_multiples(values)
    drawn = [ax for ax in figure.axes if ax.get_visible()]
    assert len(drawn) == len(values)
    assert not any(artist.get_animated() for ax in drawn for artist in ax.get_children())
    assert all(ax.get_title(loc="left").startswith("rate") for ax in drawn)
    figure.canvas.draw()
    assert (explorable.summary, explorable.image.value) == state
    plt.close(figure)


def test_nothing_leaks_into_pyplot():
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    explore_ravine().move(lr=0.05)
    explore_momentum().move(lr=0.05)
    assert plt.get_fignums() == before


@pytest.mark.parametrize("loss, diverged, expected", [
    ([1.0, 0.9, 0.5, 0.4, 0.3, 0.3], False, "learn"),
    ([4.0, 3.9, 3.8, 3.7, 3.6, 3.5], False, "crawl"),
    ([50.0, 1.2, 1.4, 1.1, 1.3, 1.0], False, "blow up"),
    ([0.5, 0.4, 0.4, np.nan, np.nan, np.nan], True, "blow up"),
    ([2.0], False, "crawl"),
])
def test_fate_by_its_numbers(loss, diverged, expected):
    run = SimpleNamespace(history={"train_loss": np.array(loss)}, diverged=diverged)
    assert fate(run, SimpleNamespace(n_classes=3)) == expected


def test_fates_are_told_apart_and_seeing_all_three_is_the_goal():
    explorable = explore_fates()
    assert "it crawls" in explorable.move(lr=1e-5)
    assert "it learns" in explorable.move(lr=0.03)
    summary = explorable.move(lr=10)
    assert "it blows up" in summary and "Goal reached" in summary
    assert len(explorable.image.value) <= 40_000


def test_training_goal_asks_for_three_seeds_at_one_rate():
    explorable = explore_training()
    reached = [seed for seed in range(12) if "Goal reached" in explorable.move(lr=0.03, seed=seed)]
    assert reached and reached[0] >= 2  # the third seed at the earliest
    assert "seed 3" in explorable.move(seed=3.2)


def test_all_places_of_a_slider_are_trained_at_once_and_remembered(monkeypatch):
    stacks, sweep = [], networks.sweep
    monkeypatch.setattr(networks, "sweep",
                        lambda *a, **k: stacks.append((len(k["lr"]), len(k["seeds"]))) or sweep(*a, **k))
    explorable = explore_training(epochs=2)
    assert stacks == [(1, 1)]
    for value in positions(explorable.view.inputs["lr"][1]):
        explorable.view.inputs["lr"][1].value = value
    assert stacks[1:] == [(60, 1)]  # the first place is there
    explorable.move(lr=0.01)
    for seed in range(30):
        explorable.move(seed=seed)
    assert stacks[2:] == [(1, 29)]  # seed 0 is there
    explorable.move(lr=0.0123)  # typed, at the last seed
    explorable.move(lr=0.1)
    explorable.move(lr=0.0123)
    assert stacks[3:] == [(61, 1)]  # 60 places and the typed one
    explorable.move(lr=0.0234, seed=2)  # two moves at once follow no slider
    assert stacks[4:] == [(1, 1)]


def test_a_schedule_is_the_same_alone_and_among_all_places_of_its_slider():
    among, alone = explore_schedule(epochs=3, n_seeds=2), explore_schedule(epochs=3, n_seeds=2)
    among.move(peak=0.1)
    among.move(share=0.3)
    alone.move(peak=0.1, share=0.3)
    assert len(among.compute.results) > 50 and len(alone.compute.results) == 2
    assert np.allclose(among.result.accuracy, alone.result.accuracy, atol=0.005)
    assert np.array_equal(among.result.rates, alone.result.rates)


def test_a_network_is_the_same_alone_and_among_others():
    shown = explore_training(epochs=5).compute(lr=0.1, seed=0)
    alone = train(mlp(2, 50, 3), make_blobs(), sgd, 0.1, epochs=5)
    assert np.allclose(shown.run.weights, alone.weights, atol=1e-4)
    assert np.allclose(shown.run.history["val_accuracy"], alone.history["val_accuracy"], atol=0.005)


def test_training_needs_data_that_can_be_drawn():
    from course_utils.data import load_diabetes

    with pytest.raises(ValueError, match="two features and at most 3 classes"):
        explore_training(load_diabetes())


def test_schedule_says_its_summed_rate_and_how_it_ended():
    explorable = explore_schedule(epochs=2, n_seeds=2)
    assert "peak 0.1, warmup 0%, end 1 × peak: summed rate 3.2" in explorable.move(peak=0.1)  # 32 steps of 0.1
    warm = explorable.compute(share=0.5, end=1.0, peak=0.1)
    assert warm.rates[0] == pytest.approx(0.1 / 16) and warm.rates[15:].tolist() == pytest.approx([0.1] * 17)
    falling = explorable.compute(peak=0.1, share=0.0, end=0.01)
    assert falling.summed_rate < 1.8 and falling.rates[-1] < 0.002 and warm.accuracy.shape == (2, 2)


def test_schedule_goal_is_reached_by_a_falling_rate_and_by_no_constant_one():
    explorable = explore_schedule()
    constants = [explorable.move(peak=peak) for peak in np.geomspace(0.03, 1, 8)]
    assert not any("Goal reached" in summary for summary in constants)
    summary = explorable.move(peak=0.4, share=0.3, end=0.01)
    assert "Goal reached" in summary and "with the ceiling at 0.830" in summary
    assert len(explorable.image.value) <= 40_000


def test_schedule_goal_can_be_reached_with_the_sliders_alone():
    explorable = explore_schedule()
    explorable.view.inputs["peak"][1].value = nearest(explorable.view.inputs["peak"][1], 0.4)
    explorable.view.inputs["share"][1].value = 0.3
    explorable.view.inputs["end"][1].value = nearest(explorable.view.inputs["end"][1], 0.01)
    assert "Goal reached" in explorable.summary


def test_every_schedule_is_drawn_and_a_run_that_blows_up_is_a_result():
    explorable = explore_schedule(epochs=2, n_seeds=2)
    last = explorable.image.value
    for values in ({"peak": 10.0}, {"share": 0.9}, {"end": 1e-3}):
        explorable.move(**values)
        assert explorable.image.value != last and np.isfinite(explorable.result.mean_accuracy)
        last = explorable.image.value


def test_schedule_needs_data_with_a_ceiling():
    from course_utils.data import load_digits

    with pytest.raises(ValueError, match="known ceiling"):
        explore_schedule(load_digits())


def scale_of(explorable):
    """The factor by which the present game has moved the rates of the table."""
    return explorable.result.rates[0] / 1e-4


def test_a_search_counts_its_trials_and_shows_the_truth_only_at_the_end():
    explorable = explore_search(table())
    assert "nothing tried yet, 6 trials left" in explorable.summary
    before = explorable.image.value
    for k, decade in enumerate((1e-4, 1.0, 1e-3, 0.1, 0.11, 1e-2)):
        summary = explorable.move(lr=decade * scale_of(explorable))
        assert f"trial {k + 1} of 6" in summary and explorable.image.value != before
        assert ("below that of the best rate" in summary) == (k == 5)
        assert explorable.result.over == (k == 5) and len(explorable.image.value) <= 40_000
        before = explorable.image.value
    assert "0.000 below" in summary
    assert explorable.move(lr=3.0) == summary  # no seventh trial


@pytest.mark.parametrize("heights", [[], [0.5], [0.3, 0.3, 0.3], [0.9, 0.1, 0.91, 0.92], [1.0, 1.0, 0.99, 0.2, 1.0]])
def test_numbers_at_the_ends_of_curves_are_kept_apart_in_their_order(heights):
    moved = apart(heights)
    assert np.all(np.diff(np.sort(moved)) > 0.0549) and max(moved, default=0) <= 1
    assert np.array_equal(np.argsort(moved), np.argsort(heights, kind="stable"))


def test_a_number_that_has_room_stays_at_the_end_of_its_curve():
    assert apart([0.2, 0.8, 0.5]) == pytest.approx([0.2, 0.8, 0.5])


def test_numbers_beside_points_do_not_hide_each_other():
    x, y = np.log10(np.linspace(1, 10, 6)), [0.35, 0.33, 0.34, 0.33, 0.33, 0.33]
    places = list(zip(x, beside(x, y), strict=True))
    for k, (left, at) in enumerate(places):
        assert all(abs(left - other) > 0.44 or abs(at - height) > 0.064 for other, height in places[:k])
    assert beside([0.0, 3.0], [0.5, 0.5]) == pytest.approx([0.53, 0.415])


def test_setting_the_same_rate_again_or_another_game_is_no_trial():
    explorable = explore_search(table())
    explorable.move(lr=1e-3)
    explorable.move(lr=1e-3)
    assert explorable.result.left == 5
    explorable.move(game=2)
    assert explorable.result.left == 6 and "Game 2: nothing tried yet" in explorable.summary
    explorable.move(game=1)
    assert explorable.result.left == 5


def test_each_game_moves_the_good_rates_and_two_of_them_have_to_be_won():
    explorable = explore_search(table())
    scales = []
    for game, aim in ((1, 1e-2), (2, 0.1), (3, 1e-2)):
        explorable.move(game=game)
        scales.append(scale_of(explorable))
        for k in range(6):
            summary = explorable.move(lr=aim * scales[-1] * (1 + k / 100))
        assert ("Goal reached" in summary) == (game == 3), summary
        assert explorable.result.regret == pytest.approx(0.1 if game == 2 else 0, abs=1e-9)
    assert "games 1, 3 won" in summary and len(set(scales)) == 3


def test_every_game_can_be_won_with_the_slider():
    explorable = explore_search(table())
    slider = explorable.view.inputs["lr"][1]
    for game in range(1, 10):
        explorable.move(game=game)
        good = explorable.result.rates[2]
        assert slider.min < np.log10(good) < slider.max
        for step in range(6):
            slider.value = nearest(slider, good) * 10 ** (slider.step * (step % 2))
        assert explorable.result.over and explorable.result.regret == pytest.approx(0)
    assert "Goal reached" in explorable.summary


def outcomes(levels=(0.3, 0.6, 0.9), lengths=(16, 32, 48, 64, 80, 96, 112, 128, 144, 160)):
    """Two networks a setting; short runs tell which setting is bad, and only the full length which is best."""
    rows = []
    for s, level in enumerate(levels):
        for seed in (0, 1):
            scores = {f"val_{n}": level if n == 160 else min(level, 0.6) for n in lengths}
            rows.append({"optimizer": "sgd", "lr": 10.0**s, "seed": seed} | scores
                        | {f"test_{n}": level - 0.02 for n in lengths})
    return pd.DataFrame(rows)


def test_a_split_pays_for_its_first_trials_and_spends_the_rest_on_finals():
    explorable = explore_split(outcomes())
    for n, length, finals, spent in [(10, 160, 0, 1600), (24, 32, 6, 1536), (50, 16, 5, 1520), (100, 16, 0, 1600),
                                     (5, 32, 5, 800), (20, 80, 0, 1600)]:
        explorable.move(n=n, length=length)
        assert (explorable.result.finals, explorable.result.spent) == (finals, spent)
        assert explorable.result.spent <= 1600 and len(explorable.result.scores) == 300
        assert EXERCISES["finals-left"].reference(1600, n, length, 160) == finals if length < 160 else True


def test_an_overspent_split_is_told_so_and_plays_no_games():
    explorable = explore_split(outcomes())
    assert "cost 3,200 steps: more than the 1,600" in explorable.move(n=100, length=32)
    assert not len(explorable.result.scores)


def test_finals_find_what_short_trials_cannot_tell_apart():
    explorable = explore_split(outcomes(), within=0.01)
    explorable.move(n=100, length=16)
    blind = explorable.result.mean
    summary = explorable.move(n=50, length=16)
    assert blind < 0.75 and explorable.result.mean == pytest.approx(0.88, abs=0.02) and "Goal reached" in summary


def test_the_same_draws_are_used_at_every_split():
    compute = explore_split(outcomes()).compute
    assert np.array_equal(compute(20, 32).scores, compute(20, 32).scores)
    fewer, more = compute(5, 160).scores, compute(10, 160).scores
    assert (more >= fewer).all()  # the first five trials are the same


def test_the_goal_of_the_split_can_be_reached_on_the_stored_outcomes_and_not_by_ten_full_trials():
    explorable = explore_split(load_capstone("outcomes"))
    assert "Goal" not in explorable.summary
    before = explorable.image.value
    assert "Goal reached" in explorable.move(n=50, length=16) and explorable.image.value != before
    assert len(explorable.image.value) <= 40_000


def test_finished_games_can_be_drawn_side_by_side_and_stay_as_they_are():
    import matplotlib.pyplot as plt

    explorable = explore_search(table())
    for game in (1, 2):
        explorable.move(game=game)
        for k in range(6):
            explorable.move(lr=1e-4 * 10**k)
    state = explorable.summary, explorable.image.value
    figure = explorable.small_multiples([{"game": 1}, {"game": 2}])
    assert len(figure.axes) == 2 and (explorable.summary, explorable.image.value) == state
    assert all(ax.get_title(loc="left").startswith("Game") for ax in figure.axes)
    plt.close(figure)


GAINS = {  # (problem, optimizer): gains at 0.001, 0.01, 0.1
    ("easy", "sgd"): [0.2, 0.9, 1.0], ("hard", "sgd"): [0.0, 0.1, 0.3],
    ("easy", "adam"): [0.7, 1.0, 0.5], ("hard", "adam"): [0.4, 0.9, 1.0],
    ("easy", "rmsprop"): [0.85, 0.9, 0.2], ("hard", "rmsprop"): [0.8, 0.6, 0.1]}


class KnownTransfer:
    """What the explorable asks of a transfer study: wide networks want smaller rates, but for maximal update."""

    rates = 2.0 ** np.arange(-10, -4)
    cases = [("width", "classify digits", name, width) for name in ("standard", "maximal-update")
             for width in (32, 128)]

    def losses(self, case):
        assert case in self.cases
        return self.rates, None

    def gain_at(self, case, lr, part):
        assert part == "val"  # a reader who searches must not see the test data
        best = -9 if case[2:] == ("standard", 128) else -7
        return 1 - 0.1 * np.abs(np.log2(lr) - best) + np.array([-0.01, 0.01])


@pytest.mark.parametrize("values, words", [
    ({"way": 1, "lr": 2**-7}, "standard, rate 0.00781: gains at width 32: 1.000, 128: 0.800; worst off is width 128"),
    ({"way": 1, "lr": 0.0021}, "standard, rate 0.00195: gains at width 32: 0.800, 128: 1.000; worst off is width 32"),
    ({"way": 2, "lr": 0.5}, "maximal-update, rate 0.0312: gains at width 32: 0.800, 128: 0.800"),
])
def test_width_says_which_network_is_worst_off(values, words):
    assert words in explore_width(KnownTransfer()).move(**values)


def test_one_rate_serves_all_widths_under_one_parametrization_only():
    explorable = explore_width(KnownTransfer())
    assert not any("Goal reached" in explorable.move(way=1, lr=lr) for lr in KnownTransfer.rates)
    reached = [lr for lr in KnownTransfer.rates if "Goal reached: maximal-update" in explorable.move(way=2, lr=lr)]
    assert reached == [2**-7]


class KnownStudy:
    """What the explorable asks of a study, with gains that are known."""

    problems, optimizers = {"easy": None, "hard": None}, ["sgd", "adam", "rmsprop"]

    def gains(self, problem, optimizer, part):
        assert part == "val"  # a reader who searches must not see the test data
        return np.array([0.001, 0.01, 0.1]), np.array(GAINS[problem, optimizer])[:, None] + [-0.01, 0.01]


def one_rate():
    return explore_one_rate(KnownStudy(), least=0.75)


@pytest.mark.parametrize("values, words", [
    ({"optimizer": 1, "lr": 0.01}, 'sgd at rate 0.01: worst off is "hard" with a gain of 0.10; mean of all 0.50'),
    ({"optimizer": 2, "lr": 0.1}, 'adam at rate 0.1: worst off is "easy" with a gain of 0.50; mean of all 0.75'),
    ({"optimizer": 3, "lr": 0.0012}, "rmsprop at rate 0.001:"),  # the nearest rate that was trained
    ({"optimizer": 9, "lr": 7.0}, "rmsprop at rate 0.1:"),
])
def test_one_rate_says_who_is_worst_off(values, words):
    assert words in one_rate().move(**values)


def test_one_rate_needs_two_optimizers_that_leave_nobody_behind():
    explorable = one_rate()
    for near in ({"optimizer": 1, "lr": 0.1}, {"optimizer": 2, "lr": 0.01}, {"lr": 0.001}, {"lr": 0.1}):
        assert "Goal reached" not in explorable.move(**near)
    assert "Goal reached: adam at 0.01 and rmsprop at 0.001" in explorable.move(optimizer=3, lr=0.001)


def test_one_rate_can_be_reached_with_the_sliders_alone_and_every_move_is_another_small_picture():
    explorable, last = one_rate(), None
    for optimizer, lr in ((2, 0.01), (3, 0.01), (3, 0.001)):
        explorable.view.inputs["optimizer"][1].value = optimizer
        slider = explorable.view.inputs["lr"][1]
        slider.value = nearest(slider, lr)
        assert explorable.image.value != last and len(explorable.image.value) < 40_000
        last = explorable.image.value
    assert "Goal reached" in explorable.summary


def test_one_rate_draws_every_gain_and_marks_those_below_the_goal_by_shape_too():
    explorable = one_rate()
    explorable.move(optimizer=2, lr=0.1)
    dots = [a for a in explorable.view.moving if hasattr(a, "get_marker") and a.get_marker() in ("o", "X")
            and len(a.get_xdata()) == 1]
    assert sorted((float(dot.get_xdata()[0]), dot.get_marker()) for dot in dots) == [(0.5, "X"), (1.0, "o")]
    figure = explorable.small_multiples([{"optimizer": 1}, {"optimizer": 2, "lr": 0.1}])
    assert len([ax for ax in figure.axes if ax.get_visible()]) == 2
    figure.canvas.draw()


PAGE = """
const attributes = {}, set = (name) => (key, value) => { attributes[name + ' ' + key] = value; };
const words = {textContent: 'rate 0.1', setAttribute: set('words')}, image = {};
const row = {querySelector: (what) => what === 'label' ? {textContent: 'rate'} : {value: '0.1'}};
const slider = {closest: () => row, setAttribute: set('slider'), dataset: {}};
const root = {dataset: {}, querySelector: (what) => !SHOWN ? null : what === 'img' ? image : words,
              querySelectorAll: () => [slider]};
const area = {querySelectorAll: () => [root]}, document = area;
const div = {closest: () => area}, jQuery = {0: div, length: 1, closest: () => jQuery};
globalThis.MutationObserver = class { observe() {} };
let tick = null, ticks = 0;
const setInterval = (f) => { tick = f; return 1; }, clearInterval = () => { tick = null; };
const run = new Function(...NAMES, 'document', 'setInterval', 'clearInterval', SCRIPT);
run(...NAMES.map(() => ELEMENT), document, setInterval, clearInterval);
while (tick && ticks++ < 1000) tick();
console.log(JSON.stringify({ticks, attributes, alt: image.alt ?? null, own: slider.dataset}));
"""


@pytest.mark.skipif(which("node") is None, reason="needs node to run the script")
@pytest.mark.parametrize("element", ["div", "jQuery", "undefined", "null", "missing"])
@pytest.mark.parametrize("shown", [True, False])
def test_the_script_that_labels_sliders_copes_with_every_front_end_and_gives_up_after_a_while(element, shown):
    names = "[]" if element == "missing" else "['element']"
    page = PAGE.replace("SHOWN", str(shown).lower()).replace("NAMES", names).replace("SCRIPT", json.dumps(LABELS))
    page = page.replace("ELEMENT", "null" if element == "missing" else element)
    done = subprocess.run(["node", "-e", page], capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    if shown:
        assert told["alt"] == "Figure: rate 0.1" and told["attributes"]["slider aria-label"] == "rate, slider"
        assert told["attributes"]["slider aria-valuetext"] == "0.1" and told["attributes"]["words role"] == "status"
        assert told["own"] == {"lmSuppressShortcuts": "true"}  # or Notebook 7 takes the arrow keys for itself
    assert told["ticks"] == (1 if shown else 101)


def test_an_explorable_that_was_let_go_keeps_its_values_and_comes_back_as_it_was():
    explorable = explore_bowl()
    explorable.move(lr=0.3)
    picture, widget = bytes(explorable.image.value), explorable.widget
    explorable.close()
    explorable.close()
    assert widget.comm is None and explorable.move() and explorable.values["lr"] == 0.3
    assert explorable.image.value == picture and explorable.view.inputs["lr"][0].value == 0.3
    explorable.view.inputs["lr"][0].value = 0.5
    assert "rate 0.5" in explorable.summary
