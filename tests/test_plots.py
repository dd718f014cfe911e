"""Plots draw a result on the axes they are given, change nothing and train nothing."""

from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_hex, to_rgb

from course_utils import plots
from course_utils.data import load_diabetes, load_digits, load_sonnets, make_blobs
from course_utils.descent import descend
from course_utils.landscapes import bowl, double_well, quadratic, ravine, saddle
from course_utils.models import linear, mlp
from course_utils.optimizers import adam, sgd
from course_utils.plots import style
from course_utils.schedules import constant, cosine, reduce_on_plateau, step_decay
from course_utils.statistics import mean_interval, paired_difference
from course_utils.studies.robustness import OPTIMIZERS, make_problems, run_study
from course_utils.sweep import RangeTest, range_test, sweep

RUNS = sweep(mlp(2, 4, 3), make_blobs(), sgd, lr=[0.1, 1e-3, 0.01], seeds=range(4), epochs=3, progress=False)
VALUES = sweep(linear(10, 1), load_diabetes(), sgd, lr=[1e9, 0.01, 0.1], seeds=[0, 1], epochs=2, progress=False)
SHAPES = {"cosine": cosine(0.1, 50), "step": step_decay(0.1, 20)}
FALLING = sweep(mlp(2, 4, 3), make_blobs(), sgd, lr=list(SHAPES.values()), seeds=range(4), epochs=3, progress=False)
SCORES = np.random.default_rng(0).normal(0.8, 0.05, (3, 6))
PATH = descend(ravine(10.0), None, sgd, 0.1, 20)
MEASURED = np.random.default_rng(0).uniform(0.9, 1.1, (3, 5)) * [[8.0], [2.0], [0.5]]
DIFFERENCES = {"near": paired_difference(SCORES[0], SCORES[1]), "far": paired_difference(SCORES[0], SCORES[0] - 0.1)}
# an older matplotlib calls pyparsing by names that a newer pyparsing warns of, which is between those two
OUR_WARNINGS_ARE_ERRORS = pytest.mark.filterwarnings("error", "ignore::DeprecationWarning:matplotlib|pyparsing")


def _labelled(ax):
    """Axes for the plots whose labels are the caller's."""
    ax = style.new_axes(ax)
    ax.set(xlabel="x", ylabel="y")
    return ax


PROBLEMS = make_problems()
RATES_OF_STUDY = {name: [1e-3, 1e-2, 0.1, 1.0] for name in OPTIMIZERS}
TWO = {name: PROBLEMS[name] for name in ("flat directions", "few examples")}
STUDY = run_study(TWO, (20,), range(3), RATES_OF_STUDY, progress=False)
TEST = range_test(mlp(2, 4, 3), make_blobs(), sgd, n_steps=20, seeds=range(4))
GONE = RangeTest(np.geomspace(0.1, 10, 4), np.array([[1, 2, np.inf, np.nan], [1, 3, 5, np.nan]]), [0, 1])
GROUPS = {"grid": np.array([0.1, 0.2, 0.4]), "random": np.array([0.3, 0.1, 0.9, 0.5])}
ALL = {
    "landscape of one weight": lambda ax=None: plots.plot_landscape(double_well(), ax),
    "landscape of two": lambda ax=None: plots.plot_landscape(saddle(), ax),
    "path of one weight": lambda ax=None: plots.plot_path(descend(bowl(), None, sgd, 0.1, 5), ax),
    "path of two": lambda ax=None: plots.plot_path(PATH, ax),
    "path that diverged": lambda ax=None: plots.plot_path(descend(bowl(), None, sgd, 5.0, 500), ax),
    "distances": lambda ax=None: plots.plot_distances([PATH, descend(ravine(10.0), None, sgd, 0.01, 20)], ax),
    "momentum plane": lambda ax=None: plots.plot_momentum_plane(ravine(25.0), ax),
    "data": lambda ax=None: plots.plot_data(make_blobs(), ax),
    "groups": lambda ax=None: plots.plot_groups({"a": [1.0, 2.0, 2.5], "b": [0.5]}, [2.0, 0.4], ax),
    "boundary": lambda ax=None: plots.plot_boundary(RUNS.run(0, 1), ax),
    "rate profile": lambda ax=None: plots.plot_rate_profile(RUNS, ax=ax),
    "rate profile of values": lambda ax=None: plots.plot_rate_profile(VALUES, ax=ax),
    "curves": lambda ax=None: plots.plot_curves(RUNS, ax=ax),
    "curves of runs that diverged": lambda ax=None: plots.plot_curves(VALUES, "val_loss", ax),
    "scaling": lambda ax=None: plots.plot_scaling([1, 4, 16], MEASURED, [8.0, 2.0, 0.5], ax, "noise"),
    "schedules": lambda ax=None: plots.plot_schedule(SHAPES, 50, ax, log=True),
    "one schedule": lambda ax=None: plots.plot_schedule(cosine(0.1, 50), 50, ax),
    "summed rates": lambda ax=None: plots.plot_summed_rate({"constant": RUNS, "falling": FALLING}, ax=ax),
    "means": lambda ax=None: plots.plot_means([1, 2, 3], {"one": SCORES, "other": SCORES + 0.1}, _labelled(ax)),
    "differences": lambda ax=None: plots.plot_differences(DIFFERENCES, _labelled(ax)),
    "pairs": lambda ax=None: plots.plot_pairs(RUNS, 0.01, 1e-3, ax=ax),
    "grid": lambda ax=None: plots.plot_grid([1, 2, 3], [0.1, 0.2], [[3.0, 1.0, 2.0], [2.0, 4.0, np.nan]],
                                            _labelled(ax)),
    "range test": lambda ax=None: plots.plot_range_test(TEST, ax),
    "range test that diverged": lambda ax=None: plots.plot_range_test(GONE, ax),
    "intervals": lambda ax=None: plots.plot_intervals(GROUPS, ax, "regret"),
    "problem": lambda ax=None: plots.plot_problem(PROBLEMS["forecast sunspots"], ax),
}


@pytest.fixture(autouse=True)
def close_figures():
    plt.close("all")  # those of other modules' tests
    yield
    plt.close("all")


@pytest.mark.parametrize("name", ALL)
def test_draws_on_the_axes_it_is_given_and_returns_them(name):
    figure, (left, right) = plt.subplots(1, 2)
    assert ALL[name](right) is right and right.has_data() and not left.has_data()
    assert plt.get_fignums() == [figure.number]
    figure.canvas.draw()


@pytest.mark.parametrize("name", ALL)
def test_makes_axes_of_its_own_when_given_none(name):
    ax = ALL[name]()
    assert isinstance(ax, plt.Axes) and ax.has_data() and len(plt.get_fignums()) == 1
    assert ax.get_xlabel() and (ax.get_ylabel() or name.startswith(("landscape", "intervals")))
    ax.figure.canvas.draw()


@pytest.mark.parametrize("name", ALL)
@OUR_WARNINGS_ARE_ERRORS
def test_trains_nothing_and_warns_of_nothing(name, monkeypatch):
    def refuse(*args, **options):
        raise AssertionError("a plot trained a network")
    for target in ("course_utils.training.train", "course_utils.training.train_stack", "course_utils.sweep.sweep",
                   "course_utils.sweep.execute"):
        monkeypatch.setattr(target, refuse)
    ALL[name]().figure.canvas.draw()


@pytest.mark.parametrize("name", ALL)
def test_leaves_its_input_and_numpy_as_they_were(name):
    np.random.seed(5)  # noqa: NPY002 the state that a reader may use
    arrays = [*RUNS.history.values(), *VALUES.history.values(), PATH.points, PATH.values, PATH.rates]
    before, state = [a.copy() for a in arrays], np.random.get_state()[1].copy()  # noqa: NPY002
    kept = RUNS.run(0, 1).weights.clone()
    ALL[name]()
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(arrays, before, strict=True))
    assert (RUNS.run(0, 1).weights == kept).all() and [s["lr"] for s in RUNS.settings] == [0.1, 1e-3, 0.01]
    assert np.array_equal(state, np.random.get_state()[1])  # noqa: NPY002


@pytest.mark.parametrize("name", ALL)
def test_drawing_twice_draws_the_same(name):
    images = []
    for _ in range(2):
        figure = ALL[name]().figure
        figure.canvas.draw()
        images.append(np.asarray(figure.canvas.buffer_rgba()).copy())
    assert np.array_equal(*images)


def test_profile_shows_every_run_the_mean_and_the_ceiling_over_sorted_rates():
    ax = plots.plot_rate_profile(RUNS)
    mean = ax.lines[0]
    assert mean.get_xdata().tolist() == [1e-3, 0.01, 0.1] and ax.get_xscale() == "log"
    assert np.allclose(mean.get_ydata(), RUNS.final("test_accuracy").mean(axis=1)[[1, 2, 0]])
    assert len(ax.collections[0].get_offsets()) == 12
    assert [line.get_ydata()[0] for line in ax.lines[1:]] == [RUNS.data.ceiling]
    assert ax.get_ylabel() == "test accuracy"


def test_profile_of_values_has_no_ceiling_and_leaves_out_runs_that_diverged():
    ax = plots.plot_rate_profile(VALUES)
    assert len(ax.lines) == 1 and ax.get_ylabel() == "test loss"
    assert np.isnan(ax.lines[0].get_ydata(orig=False)).tolist() == [False, False, True]


def test_curves_are_the_median_run_in_the_colour_of_its_rate():
    ax = plots.plot_curves(RUNS, "val_loss")
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["0.1", "0.01", "0.001"]
    for line, (setting, lr) in zip(ax.lines, ((0, 0.1), (2, 0.01), (1, 1e-3)), strict=True):
        assert np.allclose(line.get_ydata(), np.median(RUNS.history["val_loss"][setting], axis=0))
        assert line.get_xdata().tolist() == [1, 2, 3] and to_rgb(line.get_color()) == to_rgb(plots.rate_color(lr))


def test_a_curve_ends_where_the_last_of_its_runs_diverged():
    lines = {line.get_color(): line for line in plots.plot_curves(VALUES).lines}
    assert len(lines[plots.rate_color(0.01)].get_xdata()) == 2 and len(lines[plots.rate_color(1e9)].get_xdata()) == 0


def test_pairs_are_the_scores_of_each_seed_at_two_rates():
    diagonal, dots = plots.plot_pairs(RUNS, 0.01, 1e-3).lines
    assert dots.get_ydata().tolist() == RUNS.select(lr=0.01).final("test_accuracy")[0].tolist()
    assert dots.get_xdata().tolist() == RUNS.select(lr=1e-3).final("test_accuracy")[0].tolist()
    assert np.array_equal(diagonal.get_xdata(), diagonal.get_ydata())


def test_a_schedule_is_drawn_at_every_step_and_named():
    ax = plots.plot_schedule(SHAPES, 50)
    assert [line.get_label() for line in ax.lines] == list(SHAPES)
    assert [t.get_text() for t in ax.get_legend().get_texts()] == list(SHAPES)
    for line, schedule in zip(ax.lines, SHAPES.values(), strict=True):
        assert line.get_ydata().tolist() == [schedule(step) for step in range(50)]
        assert line.get_xdata().tolist() == list(range(50))
    assert ax.get_yscale() == "linear" and plots.plot_schedule(SHAPES, 50, log=True).get_yscale() == "log"


def test_schedules_are_told_apart_by_more_than_colour():
    lines = plots.plot_schedule([constant(0.1 * n) for n in range(1, 9)], 10).lines
    assert len({(line.get_marker(), line.get_linestyle()) for line in lines}) == 8
    assert len({line.get_label() for line in lines}) == 8


def test_numbers_and_lists_can_be_drawn_and_a_schedule_that_needs_losses_is_refused():
    ax = plots.plot_schedule(0.1, 5)
    assert ax.lines[0].get_ydata().tolist() == [0.1] * 5 and ax.get_legend() is None
    several = plots.plot_schedule([0.1, cosine(0.1, 5), cosine(0.2, 5)], 5)
    assert [line.get_label() for line in several.lines] == ["0.1", "cosine(0.1, 5, 0)", "cosine(0.2, 5, 0)"]
    with pytest.raises(ValueError, match=r"reduce_on_plateau\(.*\) depends on losses"):
        plots.plot_schedule(reduce_on_plateau(0.1), 5)


def test_summed_rates_are_those_of_the_schedules():
    ax = plots.plot_summed_rate({"constant": RUNS, "falling": FALLING}, "val_loss")
    constants, falling = (bars.lines[0] for bars in ax.containers)
    assert np.allclose(constants.get_xdata(), [48 * lr for lr in sorted(RUNS.values("lr"))])  # 3 epochs of 16 steps
    assert np.allclose(falling.get_xdata(), [sum(f(step) for step in range(48)) for f in SHAPES.values()])
    assert np.allclose(falling.get_ydata(), FALLING.final("val_loss").mean(axis=1))
    assert constants.get_linestyle() == "-" and falling.get_linestyle() == "None" and ax.get_xscale() == "log"


def test_means_stand_in_the_band_of_their_intervals():
    ax = plots.plot_means([1, 2, 3], {"one": SCORES}, ceiling=0.9)
    assert ax.lines[1].get_ydata()[0] == 0.9 and len(plots.plot_means([1, 2, 3], {"one": SCORES}).lines) == 1
    assert np.allclose(ax.lines[0].get_ydata(), SCORES.mean(axis=1))
    band = ax.collections[0].get_paths()[0].vertices
    for x, scores in zip([1, 2, 3], SCORES, strict=True):
        interval = mean_interval(scores)
        assert np.isclose(band[band[:, 0] == x, 1].min(), interval.low)
        assert np.isclose(band[band[:, 0] == x, 1].max(), interval.high)


def test_rate_profile_can_show_the_interval_of_each_mean():
    ax = plots.plot_rate_profile(RUNS, every_run=False, interval=True)
    (band,) = ax.collections
    order = np.argsort(RUNS.values("lr"))
    edges = band.get_paths()[0].vertices
    for rate, scores in zip(np.array(RUNS.values("lr"))[order], RUNS.final("test_accuracy")[order], strict=True):
        at = edges[np.isclose(edges[:, 0], rate), 1]
        expected = mean_interval(scores)
        assert at.min() == pytest.approx(expected.low) and at.max() == pytest.approx(expected.high)


def test_differences_are_filled_only_where_zero_is_excluded():
    ax = plots.plot_differences(DIFFERENCES)
    near, far = (bars.lines[0] for bars in ax.containers)
    assert near.get_markerfacecolor() == "white" and far.get_markerfacecolor() == plots.INK
    assert [t.get_text() for t in ax.get_yticklabels()] == list(DIFFERENCES)
    assert [float(line.get_xdata()[0]) for line in (near, far)] == [d.mean for d in DIFFERENCES.values()]


@pytest.mark.parametrize("higher_is_better, rows", [(True, [0, 1, 0]), (False, [1, 0, 0])])
def test_grid_shows_every_score_and_frames_the_best_of_each_column(higher_is_better, rows):
    scores = [[3.0, 1.0, 2.0], [2.0, 4.0, np.nan]]
    ax = plots.plot_grid([1, 2, 3], [0.1, 0.2], scores, higher_is_better=higher_is_better)
    texts = {tuple(text.get_position()): text.get_text() for text in ax.texts}
    assert texts == {(x, y): f"{scores[y][x]:.3g}" for x in range(3) for y in range(2)}
    assert [round(patch.get_y() + 0.46) for patch in ax.patches] == rows
    assert [t.get_text() for t in ax.get_yticklabels()] == ["0.1", "0.2"] and ax.images[0].origin == "lower"


def test_grid_needs_a_row_for_each_y():
    with pytest.raises(ValueError, match=r"shape \(2, 3\)"):
        plots.plot_grid([1, 2, 3], [0.1, 0.2], np.ones((3, 2)))


def test_intervals_are_those_of_student_beside_every_value():
    ax = plots.plot_intervals(GROUPS)
    assert [label.get_text() for label in ax.get_yticklabels()] == list(GROUPS)
    for row, values in enumerate(GROUPS.values()):
        dots, bar, mean = ax.lines[3 * row:3 * row + 3]
        expected = mean_interval(values)
        assert dots.get_xdata().tolist() == values.tolist()
        assert bar.get_xdata().tolist() == [expected.low, expected.high] and mean.get_xdata()[0] == expected.mean
    low, high = ax.get_ylim()
    assert low > high  # the first row is on top


def test_a_range_test_shows_every_seed_and_the_median_and_ends_where_all_diverged():
    ax = plots.plot_range_test(TEST)
    assert [np.array_equal(line.get_ydata(), losses) for line, losses in zip(ax.lines, TEST.losses, strict=False)] \
        == [True] * 4
    assert np.allclose(ax.lines[-1].get_ydata(), np.median(TEST.losses, axis=0))
    assert len(plots.plot_range_test(TEST, shown=2).lines) == 3
    assert plots.plot_range_test(GONE).lines[-1].get_ydata().tolist() == [1, 2.5, 5]


def test_boundary_is_what_the_network_answers():
    run = RUNS.run(0, 2)
    image = plots.plot_boundary(run).images[0]
    x0, x1, y0, y1 = image.get_extent()
    answers = np.asarray(image.get_array())
    corner = run.predict([[x0, y0], [x1, y0], [x0, y1], [x1, y1]])
    assert image.origin == "lower"
    assert corner.tolist() == [answers[0, 0], answers[0, -1], answers[-1, 0], answers[-1, -1]]


def test_path_starts_at_an_open_circle_and_keeps_the_view_of_its_landscape():
    hill = ravine(10.0)
    ax = plots.plot_landscape(hill)
    view = ax.get_xlim(), ax.get_ylim()
    plots.plot_path(descend(hill, None, sgd, 0.3, 50), ax)  # far outside
    assert (ax.get_xlim(), ax.get_ylim()) == view
    assert ax.lines[-1].get_markerfacecolor() == "white"
    assert [float(v[0]) for v in ax.lines[-1].get_data()] == list(hill.start)


def test_scaling_shows_means_with_their_intervals_and_the_prediction_in_order():
    shuffled = [2, 0, 1]
    ax = plots.plot_scaling(np.array([1, 4, 16])[shuffled], MEASURED[shuffled], np.array([8.0, 2.0, 0.5])[shuffled])
    dots, *_, line = ax.lines
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert dots.get_xdata().tolist() == [16, 1, 4] and np.allclose(dots.get_ydata(), MEASURED[shuffled].mean(axis=1))
    assert line.get_xdata().tolist() == [1, 4, 16] and line.get_ydata().tolist() == [8.0, 2.0, 0.5]
    ends = ax.collections[0].get_segments()[1][:, 1]
    interval = mean_interval(MEASURED[0])
    assert np.allclose(ends, [interval.low, interval.high])


def luminance(color):
    return plots.contrast(color, "black")


def test_rates_have_one_colour_scale_from_dark_to_light():
    rates = np.geomspace(1e-7, 10, 60)
    light = [luminance(plots.rate_color(lr)) for lr in rates]
    assert (np.diff(light) > 0).all()
    assert plots.rate_color(1e-9) == plots.rate_color(1e-7) and plots.rate_color(100) == plots.rate_color(10)
    assert plots.RATE_NORM(0.1) == pytest.approx(0.75)


@pytest.mark.parametrize("color", sorted({*plots.CLASS_COLORS, *plots.LINE_COLORS, plots.INK,
                                          *map(to_hex, map(plots.rate_color, np.geomspace(1e-7, 10, 9)))}))
def test_colours_stand_out_on_white(color):
    assert plots.contrast(color, "white") >= 3


def test_contrast_is_that_of_the_accessibility_guidelines():
    assert plots.contrast("white", "black") == pytest.approx(21) == plots.contrast("black", "white")
    assert plots.contrast("#767676", "white") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("data", [load_digits(), load_diabetes()], ids=lambda d: d.name)
def test_data_that_is_not_in_the_plane_is_refused(data):
    with pytest.raises(ValueError, match="two features"):
        plots.plot_data(data)


def test_a_search_is_drawn_trial_by_trial_as_wide_as_it_was_costly():
    settings = [{"optimizer": sgd}, {"optimizer": adam}, {"optimizer": sgd}]
    trials = [SimpleNamespace(number=n, setting=setting, cost=cost, val_accuracy=score) for n, setting, cost, score in
              zip((1, 2, 3), settings, (100, 60, 40), (0.8, 0.9, np.nan), strict=True)]
    ax = plots.plot_search(SimpleNamespace(trials=trials, budget=400), chosen=trials[1])
    wide = [line for line in ax.lines if line.get_linewidth() == 3 and len(line.get_xdata())]
    assert [list(line.get_xdata()) for line in wide] == [[0, 100], [100, 160], [160, 200]]
    assert [line.get_ydata()[0] for line in wide] == [0.8, 0.9, 0.1]  # what diverged stands on the floor
    assert [text.get_text() for text in ax.texts] == ["1", "2", "3"]
    [frame] = [line for line in ax.lines if line.get_markersize() == 14]
    assert (frame.get_xdata()[0], frame.get_ydata()[0]) == (160, 0.9)
    assert {text.get_text() for text in ax.get_legend().get_texts()} == {"sgd", "adam"}
    low, middle, high = ax.transData.transform([(0, 0.8), (0, 0.9), (0, 0.95)])[:, 1]
    assert high - middle == pytest.approx(middle - low)  # half as many errors are the same distance


def test_a_search_without_trials_is_an_empty_figure():
    ax = plots.plot_search(SimpleNamespace(trials=(), budget=400))
    assert not ax.texts and ax.get_legend() is None and ax.get_xlim()[1] > 400


def test_groups_have_a_column_each_and_a_dash_at_the_true_value():
    ax = plots.plot_groups({"few": [1.0, 2.0], "many": [3.0, 4.0, 5.0]}, true_values=[1.5, 4.5])
    *columns, first, second = ax.lines
    assert [line.get_ydata().tolist() for line in columns] == [[1, 2], [3, 4, 5]]
    assert all(np.abs(line.get_xdata() - n).max() < 0.5 for n, line in enumerate(columns))
    assert list(first.get_ydata()) == [1.5, 1.5] and np.mean(second.get_xdata()) == 1
    assert [label.get_text() for label in ax.get_xticklabels()] == ["few", "many"]


@pytest.mark.parametrize("name", PROBLEMS)
def test_every_problem_of_the_study_has_a_picture_that_says_what_is_asked(name):
    ax = plots.plot_problem(PROBLEMS[name])
    assert ax.has_data() or ax.texts
    assert "→" in ax.get_title()
    ax.figure.canvas.draw()


def test_the_picture_of_the_next_character_shows_the_row_and_its_target():
    data = PROBLEMS["next character"].data
    letters = [text.get_text() for text in plots.plot_problem(PROBLEMS["next character"], example=3).texts]
    expected = [data.feature_names[int(i)] for i in (*data.x_train[3], data.y_train[3, -1])]
    assert [c.replace("␣", " ").replace("↵", "\n") for c in (*letters[:8], letters[-1])] == expected


def test_a_study_has_a_row_for_each_problem_and_a_column_for_each_optimizer():
    axes = plots.plot_study(STUDY, STUDY)
    assert axes.shape == (2, 5) and [ax.get_title() for ax in axes[0]] == list(OPTIMIZERS)
    assert [ax.get_ylabel().replace("\n", " ") for ax in axes[:, 0]] == list(TWO)
    rates, gains = STUDY.gains("few examples", "adam")
    lines = axes[1, 3].lines
    profile = next(line for line in lines if line.get_linestyle() == "-" and len(line.get_xdata()) == 4)
    assert np.allclose(profile.get_ydata(), gains.mean(axis=1)) and np.allclose(profile.get_xdata(), rates)
    assert any(np.allclose(line.get_xdata(), STUDY.defaults["adam"]) and line.get_linestyle() == ":" for line in lines)
    diamond = next(line for line in lines if line.get_marker() == "D")
    assert diamond.get_xdata()[0] == STUDY.tuned_rate("few examples", "adam", allow_edge=True)
    crosses = next(line for line in lines if line.get_marker() == "x")
    assert np.allclose(crosses.get_ydata(), gains.mean(axis=1))
    assert axes[1, 3].texts[0].get_text() == f"{STUDY.width('few examples', 'adam').mean():.1f}"
    axes[0, 0].figure.canvas.draw()


def test_measures_have_a_panel_each_with_the_means_over_the_problems_and_a_marker_for_each_study():
    axes = plots.plot_measures({"one": STUDY, "other": STUDY}, ["basin width", "gain at the default"])
    assert [ax.get_xlabel() for ax in axes] == ["basin width", "gain at the default"]
    for ax, measure in zip(axes, ["basin width", "gain at the default"], strict=True):
        means = [values.mean() for values in STUDY.over_problems(measure).values()]
        for marker in plots.RATE_MARKERS[:2]:
            shown = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == marker]
            assert np.allclose(shown, means)
    assert [text.get_text() for text in axes[-1].get_legend().get_texts()] == ["one", "other"]
    axes[0].figure.canvas.draw()


BOTH = sweep(mlp(2, 4, 3), make_blobs(), [sgd, partial(adam, beta1=0.5), partial(adam, beta1=0.99)], lr=[0.1, 0.01],
             seeds=range(3), epochs=3, progress=False)
SIZES = sweep(mlp(2, 4, 3), make_blobs(), sgd, lr=0.1, batch_size=[32, 250], seeds=range(3), epochs=3, progress=False)
SHAPED = sweep(mlp(2, 4, 3), make_blobs(), [sgd, adam], lr=[0.1, *SHAPES.values()], seeds=[0, 1], epochs=3,
               progress=False)
ALONE = sweep(mlp(2, 4, 3), make_blobs(), [sgd, adam], lr=[0.1, 0.01], seeds=[7], epochs=3, progress=False)
MANY = sweep(mlp(2, 4, 3), make_blobs(), adam, lr=[0.1, 0.01], beta1=[k / 10 for k in range(9)], seeds=[0], epochs=1,
             progress=False)
NAMES = ["optimizer sgd", "optimizer adam(beta1=0.5)", "optimizer adam(beta1=0.99)"]


def words(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_a_profile_has_a_line_with_a_name_for_everything_that_differs_beside_the_rate():
    ax = plots.plot_rate_profile(BOTH, "val_accuracy")
    assert words(ax) == NAMES
    for n, line in enumerate(ax.lines[:3]):
        assert line.get_xdata().tolist() == [0.01, 0.1]
        assert np.allclose(line.get_ydata(), BOTH.final("val_accuracy")[[2 * n + 1, 2 * n]].mean(axis=1))
    assert len({(line.get_color(), line.get_marker()) for line in ax.lines[:3]}) == 3
    assert words(plots.plot_rate_profile(BOTH, label="calm")) == [f"calm, {name}" for name in NAMES]
    assert words(plots.plot_rate_profile(SIZES)) == ["batch_size 32", "batch_size 250"]


def test_curves_have_a_line_with_a_name_for_every_setting():
    ax = plots.plot_curves(BOTH, "val_loss")
    assert words(ax) == [f"{name}, rate {lr}" for name in NAMES for lr in (0.1, 0.01)]
    for i, line in enumerate(ax.lines):
        assert np.allclose(line.get_ydata(), np.median(BOTH.history["val_loss"][i], axis=0))
    assert len({(to_hex(line.get_color()), line.get_linestyle()) for line in ax.lines}) == 6
    assert words(plots.plot_curves(SIZES)) == ["batch_size 32", "batch_size 250"]
    assert len({line.get_color() for line in plots.plot_curves(SIZES).lines}) == 2


def test_the_curves_of_eight_groups_are_told_apart_by_more_than_their_names():
    eight = MANY.select(beta1=[k / 10 for k in range(8)])
    lines = plots.plot_curves(eight).lines
    looks = {(to_hex(line.get_color()), line.get_linestyle(), line.get_marker()) for line in lines}
    assert len(looks) == 16


def test_curves_name_schedules_beside_rates():
    shapes = ["0.1", "cosine(0.1, 50, 0)", "step_decay(0.1, 20, 0.1)"]
    assert words(plots.plot_curves(SHAPED.select(optimizer=sgd))) == shapes
    assert words(plots.plot_curves(SHAPED)) == [f"optimizer {name}, rate {lr}" for name in ("sgd", "adam")
                                                for lr in shapes]


def test_pairs_and_summed_rates_keep_optimizers_apart():
    ax = plots.plot_pairs(BOTH, 0.1, 0.01)
    assert words(ax) == NAMES
    assert [line.get_ydata().tolist() for line in ax.lines[1:]] == BOTH.final("test_accuracy")[::2].tolist()
    ax = plots.plot_summed_rate({"constant": BOTH, "falling": SHAPED.select(optimizer=sgd)}, "val_loss")
    assert words(ax) == [*(f"constant, {name}" for name in NAMES), "falling"]
    assert [len(bars.lines[0].get_xdata()) for bars in ax.containers] == [2, 2, 2, 3]


@pytest.mark.parametrize("draw", [
    lambda: plots.plot_rate_profile(ALONE, interval=True), lambda: plots.plot_curves(ALONE),
    lambda: plots.plot_summed_rate({"constant": ALONE}), lambda: plots.plot_means([1, 2], {"one": [[0.5], [0.6]]}),
    lambda: plots.plot_scaling([1, 2], [[0.5], [0.6]]), lambda: plots.plot_range_test(ONE_TEST),
    lambda: plots.plot_intervals({"one": [0.5]}), lambda: plots.plot_pairs(ALONE, 0.1, 0.01),
    lambda: plots.plot_differences({"one": mean_interval([0.5])}), lambda: plots.plot_study(ONE_STUDY)[0, 0],
    lambda: plots.plot_measures({"one": ONE_STUDY}, ["basin width"])[0],
], ids=["profile", "curves", "summed", "means", "scaling", "range test", "intervals", "pairs", "differences", "study",
        "measures"])
@OUR_WARNINGS_ARE_ERRORS
def test_a_single_value_has_no_spread(draw):
    ax = draw()
    ax.figure.canvas.draw()
    bands = [collection for collection in ax.collections if isinstance(collection, PolyCollection | LineCollection)]
    shown = [path for band in bands for path in band.get_paths() if np.isfinite(path.vertices).all()]
    assert not shown and all(np.isfinite(limit) for limit in (*ax.get_xlim(), *ax.get_ylim()))
    widths = [line for line in ax.lines if line.get_linewidth() == 2 and np.isfinite(line.get_xdata()).all()]
    assert not widths


ONE_TEST = range_test(mlp(2, 4, 3), make_blobs(), sgd, n_steps=20, seeds=[0])
ONE_STUDY = run_study({"few examples": PROBLEMS["few examples"]}, (20,), [0], RATES_OF_STUDY, progress=False)
RUN = RUNS.run(0, 1)
NOTHING = replace(RUNS, settings=[], history={name: h[:0] for name, h in RUNS.history.items()}, weights=[])
THREE = quadratic(np.eye(3))
REFUSED = [
    (lambda: plots.plot_rate_profile(VALUES, "accuracy"), "metric must be one of .*test_loss; got .*have no accuracy"),
    (lambda: plots.plot_rate_profile(RUNS, "accuracy"), "metric must be one of .*test_accuracy.*; got 'accuracy'"),
    (lambda: plots.plot_rate_profile(RUNS, 3), "metric must be one of .*got 3"),
    (lambda: plots.plot_curves(VALUES, "val_accuracy"), "diabetes is a regression"),
    (lambda: plots.plot_curves(RUNS, "nothing"), "metric must be one of .*got 'nothing'"),
    (lambda: plots.plot_pairs(RUNS, 0.01, 0.1, "loss"), "metric must be one of"),
    (lambda: plots.plot_summed_rate({"a": VALUES}, "test_accuracy"), "metric must be one of"),
    (lambda: plots.plot_rate_profile(RUN), "runs must be a sweep, got a Run, one trained network"),
    (lambda: plots.plot_curves(RUN), "runs must be a sweep, got a Run"),
    (lambda: plots.plot_pairs(RUN, 0.1, 0.01), "runs must be a sweep, got a Run"),
    (lambda: plots.plot_summed_rate({"a": RUN}), r"families\['a'\] must be a sweep, got a Run"),
    (lambda: plots.plot_summed_rate(RUNS), "families must be a dict of names to sweeps.* got a sweep of 3 settings"),
    (lambda: plots.plot_summed_rate({}), "families must be a dict .*got a dict of 0"),
    (lambda: plots.plot_curves({"sgd": RUNS}), "runs must be what sweep.* returns, got a dict of 1"),
    (lambda: plots.plot_curves(RUNS.table()), "runs must be what sweep.* returns, got a DataFrame"),
    (lambda: plots.plot_curves(NOTHING), "runs must hold at least one run .* got a sweep of 0 settings"),
    (lambda: plots.plot_rate_profile(NOTHING), "at least one run"),
    (lambda: plots.plot_rate_profile(FALLING), "numbers as rates .*got the schedules cosine.*plot_curves"),
    (lambda: plots.plot_rate_profile(SHAPED), "numbers as rates"),
    (lambda: plots.plot_rate_profile(MANY), "at most 8 settings beside the rate .*got 9: beta1 0, .*select"),
    (lambda: plots.plot_curves(MANY), "at most 8 settings"),
    (lambda: plots.plot_pairs(RUNS, 0.5, 0.1), "lr_a must be a rate of the sweep, one of 0.1, 0.001, 0.01, got 0.5"),
    (lambda: plots.plot_pairs(VALUES, 1e9, 1e9), "diverged: there is no test_loss"),
    (lambda: plots.plot_boundary(RUNS), "run must be one network, got a sweep of 3 settings × 4 seeds: runs.run"),
    (lambda: plots.plot_boundary(make_blobs()), "run must be what train"),
    (lambda: plots.plot_boundary(VALUES.run(1, 0)), "two features and at most 3 classes .*got diabetes"),
    (lambda: plots.plot_boundary(RUN, part="all"), 'part must be "train", "val" or "test"'),
    (lambda: plots.plot_data(make_blobs(), part="validation"), 'part must be "train", "val" or "test", got \'valid'),
    (lambda: plots.plot_data(RUN), "data must be a Dataset .*got a Run"),
    (lambda: plots.plot_data(make_blobs), "data must be a Dataset .*got the function make_blobs"),
    (lambda: plots.plot_data(load_sonnets()), "to be drawn in the plane"),
    (lambda: plots.plot_landscape(bowl), r"landscape must be one such as bowl\(\).*got the function bowl"),
    (lambda: plots.plot_landscape(PATH), "landscape must be"),
    (lambda: plots.plot_landscape(THREE), "one or two weights to be drawn, got quadratic with 3"),
    (lambda: plots.plot_path(descend(THREE, None, sgd, 0.1, 3)), "one or two weights"),
    (lambda: plots.plot_path([PATH]), "path must be what descend.* got a list of 1"),
    (lambda: plots.plot_path(RUN), "path must be what descend.* got a Run"),
    (lambda: plots.plot_distances([]), "paths must be a list .*at least one, got a list of 0"),
    (lambda: plots.plot_distances([PATH, RUN]), r"paths\[1\] must be what descend"),
    (lambda: plots.plot_distances(RUN), "paths must be a list"),
    (lambda: plots.plot_momentum_plane(saddle()), "must be a quadratic, such as ravine.*got saddle"),
    (lambda: plots.plot_momentum_plane(25.0), "landscape must be one such as"),
    (lambda: plots.plot_schedule(reduce_on_plateau(0.1), 5), "depends on losses"),
    (lambda: plots.plot_schedule({"plateau": reduce_on_plateau(0.1)}, 5), "plateau depends on losses"),
    (lambda: plots.plot_schedule(partial(lambda inner, step: inner(step), reduce_on_plateau(0.1)), 5),
     "must give a rate for every step from 0, but at step 0 there was a TypeError"),
    (lambda: plots.plot_schedule(lambda step: None, 5), "must give a rate for every step"),
    (lambda: plots.plot_schedule([], 5), "at least one, got an empty list"),
    (lambda: plots.plot_schedule({}, 5), "at least one entry, got a dict of 0"),
    (lambda: plots.plot_schedule("cosine", 5), "schedules must be functions of the step or numbers, got 'cosine'"),
    (lambda: plots.plot_schedule(RUNS, 5), "schedules must be functions of the step .* got a sweep"),
    (lambda: plots.plot_schedule({"a": -0.1}, 5), "a must be a finite number above 0"),
    (lambda: plots.plot_schedule(0.1, 0), "n_steps must be a whole number of at least 1, got 0"),
    (lambda: plots.plot_schedule(0.1, "many"), "n_steps must be a whole number"),
    (lambda: plots.plot_means([1, 2], {}), "families must be a dict .*got a dict of 0"),
    (lambda: plots.plot_means([1, 2], SCORES), "families must be a dict .*got an array of shape"),
    (lambda: plots.plot_means([1, 2], {"a": SCORES}), r"families\['a'\] must hold 2 lists of numbers"),
    (lambda: plots.plot_means([1], {"a": [[0.5, np.nan]]}), r"families\['a'\]\[0\] holds NaN or infinity at \[1\]"),
    (lambda: plots.plot_means([], {"a": []}), "x must be a list of numbers, at least one"),
    (lambda: plots.plot_scaling([1, 2], MEASURED), "samples must hold 2 lists"),
    (lambda: plots.plot_scaling([1, 2, 3], MEASURED, [1.0]), "predicted must have a number for each of the 3"),
    (lambda: plots.plot_differences({}), "differences must be a dict"),
    (lambda: plots.plot_differences({"a": 0.5}), r"differences\['a'\] must be what paired_difference.*got 0.5"),
    (lambda: plots.plot_differences(DIFFERENCES["far"]), "differences must be a dict"),
    (lambda: plots.plot_intervals([1.0]), "groups must be a dict of names to lists of numbers"),
    (lambda: plots.plot_intervals({"a": []}), r"groups\['a'\] must be a list of numbers, at least one"),
    (lambda: plots.plot_intervals({"a": [np.nan, 1]}), r"groups\['a'\] holds NaN"),
    (lambda: plots.plot_intervals({"a": ["x"]}), r"groups\['a'\] must be a list of numbers, got a list of 1"),
    (lambda: plots.plot_groups({}), "groups must be a dict"),
    (lambda: plots.plot_groups({"a": [1.0]}, [1.0, 2.0]), "true_values must hold one for each of the 1 groups, got 2"),
    (lambda: plots.plot_grid([1, 2], [1], [[1.0, np.nan]]), r"a finite number in every column, got none in \[1\]"),
    (lambda: plots.plot_grid([], [], np.zeros((0, 0))), "x must be a list of numbers"),
    (lambda: plots.plot_range_test(RUNS), "test must be what range_test.* got a sweep"),
    (lambda: plots.plot_range_test(RangeTest(np.ones(3), np.full((2, 3), np.nan), [0, 1])), "no finite loss"),
    (lambda: plots.plot_search(RUNS), "game must be a Capstone, got a sweep"),
    (lambda: plots.plot_problem(make_blobs()), "problem must be one of make_problems"),
    (lambda: plots.plot_study(RUNS), "study must be what run_study.* got a sweep"),
    (lambda: plots.plot_measures(STUDY, ["basin width"]), "studies must be a dict"),
    (lambda: plots.plot_measures({}, ["basin width"]), "studies must be a dict"),
]


@pytest.mark.parametrize("draw, said", REFUSED, ids=[said for _, said in REFUSED])
def test_what_a_figure_cannot_show_is_refused_in_words_and_leaves_no_figure(draw, said):
    with pytest.raises((TypeError, ValueError), match=said):
        draw()
    assert not plt.get_fignums()


def test_a_single_path_and_a_single_measure_need_no_list():
    assert len(plots.plot_distances(PATH).lines) == 1
    assert [ax.get_xlabel() for ax in plots.plot_measures({"one": STUDY}, "basin width")] == ["basin width"]


def test_the_ceiling_is_named_once_however_many_sweeps_are_drawn():
    ax = plots.plot_rate_profile(RUNS)
    plots.plot_rate_profile(RUNS, ax=ax, label="again")
    assert [text.get_text() for text in ax.texts] == [f"Bayes ceiling {RUNS.data.ceiling:.2f}"]


def test_runs_that_diverged_are_left_out_of_a_summed_rate():
    ax = plots.plot_summed_rate({"constant": VALUES}, "test_loss")
    assert np.isnan(ax.containers[0].lines[0].get_ydata()).tolist() == [False, False, True]


def test_a_chart_has_a_row_for_each_patient_and_a_cross_where_a_loss_is_lost():
    gauges = {name: np.full((2, 5), 0.5) for name in ("train_loss", "val_loss", "gradient_norm", "update_ratio")}
    gauges["train_loss"] = np.array([[2.0, 1.0, np.nan, np.nan, np.nan], [2.0, 1.5, 1.2, 1.0, 0.9]])
    chart = SimpleNamespace(gauges=gauges, rates=np.linspace(0.1, 0, 7))
    axes = plots.plot_gauges({"A": chart, "B": chart})
    assert axes.shape == (2, 4) and [ax.get_title() for ax in axes[0]][0] == "loss"
    crosses = [line for line in axes[0, 0].lines if line.get_marker() == "X"]
    assert len(crosses) == 1 and crosses[0].get_xdata()[0] == 2


def test_a_confusion_table_shows_its_counts():
    table = pd.DataFrame([[3, 1], [0, 4]], index=["a", "b"], columns=["a", "b"])
    assert sorted(text.get_text() for text in plots.plot_confusion(table).texts) == ["1", "3", "4"]


def test_basins_are_drawn_as_means_over_the_factors():
    basin = SimpleNamespace(factors=[0.5, 1.0, 2.0], val_accuracy=np.array([[0.2, 0.4], [0.8, 1.0], [0.5, 0.5]]))
    ax = plots.plot_basins({"none": basin, "clipped": basin})
    assert np.allclose(ax.lines[0].get_ydata(), [0.3, 0.9, 0.5]) and len(ax.get_legend().get_texts()) == 2
