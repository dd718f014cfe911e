import io
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from course_utils.explorables import (
    Control,
    Explorable,
    explore_bowl,
    explore_fates,
    explore_momentum,
    explore_ravine,
    explore_training,
    fate,
)

ON_THE_WAY = [(explore_bowl, "lr"), (explore_ravine, "lr"), (explore_ravine, "kappa")]


def pixels(explorable):
    return np.asarray(Image.open(io.BytesIO(explorable.image.value)).convert("RGB")).astype(int)


def test_importing_needs_no_torch():
    code = ("import sys, course_utils.explorables as e; e.explore_bowl(); e.explore_ravine(); e.explore_momentum(); "
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
    for artist in explorable._moving:
        artist.set_animated(False)
    explorable._canvas.draw()
    whole = np.asarray(explorable._canvas.buffer_rgba())[..., :3].astype(int)
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
        explorable._inputs[name][1].value = value
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
])
def test_goals_can_be_reached_with_the_sliders_alone(make, moves):
    explorable = make()
    for move in moves:
        for name, value in move.items():
            slider = explorable._inputs[name][1]
            slider.value = nearest(slider, value)
    assert "Goal reached" in explorable.summary


def test_slider_and_number_box_are_linked_both_ways():
    explorable = explore_bowl()
    box, slider = explorable._inputs["lr"]
    box.value = 2.5
    assert slider.value == 2.5 and "rate 2.5" in explorable.summary
    slider.value = 10**-0.7
    assert box.value == 0.2 and explorable.values["lr"] == 0.2 and "rate 0.2" in explorable.summary
    explorable.move(lr=0.3)
    assert (box.value, slider.value) == (0.3, 0.3)


def test_a_typed_value_survives_the_slider_snapping_to_its_steps():
    explorable = explore_bowl()
    box, slider = explorable._inputs["lr"]
    box.value = 0.7531
    slider.value = nearest(slider, 0.7531)  # what the browser sends back
    assert explorable.values["lr"] == box.value == 0.7531
    slider.value *= 10**slider.step
    assert explorable.values["lr"] != 0.7531


def test_every_number_box_has_a_label():
    for explorable in (explore_bowl(), explore_ravine(), explore_momentum()):
        assert all(box.description for box, _ in explorable._inputs.values())


def test_out_of_range_is_clipped():
    explorable = explore_bowl()
    explorable.move(lr=1e9)
    assert explorable.values["lr"] == 10.0
    box, slider = explorable._inputs["lr"]
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
        explorable._inputs["x"][0].value = 3
        explorable._inputs["x"][0].value = 2


def test_summary_is_announced_and_the_goal_stands_above():
    explorable = explore_bowl()
    first, last = explorable.widget.children[0].value, explorable.widget.children[-1].value
    assert explorable.goal in first
    assert 'role="status"' in last and explorable.summary in last


def test_shown_in_a_notebook_with_words_for_readers_without_widgets(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: shown.append(bundle))
    explorable = explore_bowl()
    explorable._ipython_display_()
    assert "application/vnd.jupyter.widget-view+json" in shown[0] and explorable.summary in shown[0]["text/plain"]


@pytest.mark.parametrize("make, values", [
    (explore_bowl, [{"lr": lr} for lr in (0.1, 1, 1.7, 3)]), (explore_ravine, [{"lr": 0.07}, {"kappa": 2}]),
    (explore_momentum, [{"beta": 0.5}, {"lr": 0.1}])])
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


def test_training_runs_are_remembered(monkeypatch):
    import course_utils.training as training

    calls, train = [], training.train
    monkeypatch.setattr(training, "train", lambda *a, **k: calls.append(k["seed"]) or train(*a, **k))
    explorable = explore_training(epochs=2)
    for seed in (0, 1, 0, 1):
        explorable.move(seed=seed)
    assert calls == [0, 1]


def test_training_needs_data_that_can_be_drawn():
    from course_utils.data import load_diabetes

    with pytest.raises(ValueError, match="two features and at most 3 classes"):
        explore_training(load_diabetes())
