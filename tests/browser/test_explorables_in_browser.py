"""Each explorable under the reader's hands: mouse, arrow keys, number boxes; picture and words follow."""

import pytest

SLOW = '''
from time import sleep
from course_utils.explorables import Control, Explorable

frames = []

def compute(x):
    sleep(0.1)
    frames.append(x)
    return x

def panel(ax):
    line, = ax.plot([0, 1], [0, 0], animated=True)
    ax.set_ylim(0, 100)
    return lambda x: line.set_ydata([0, x])

slow = Explorable(compute, [panel], "x is {:g}.".format, {"x": Control("x", 0, 100, 0, step=1, log=False)})
slow
'''


@pytest.fixture
def figure(notebook, explorable):
    """The explorable of a cell, made anew."""
    return notebook.page.cell(explorable).run().explorable()


def test_a_drag_with_the_mouse_changes_picture_and_words(figure):
    for slider in figure.controls:
        before, place = figure.state(), slider.place
        half_a_step = 0.5 / (len(figure.ask(f"controls[{slider.name!r}].places")) - 1)
        way = max(0.3, 1.2 * half_a_step)
        target = place + (way if place < 0.5 else -way)
        slider.drag(target)
        figure.changed_since(before)
        figure.settle()
        assert abs(slider.place - target) < max(0.05, 1.01 * half_a_step)
        assert figure.kernel_value(slider) == slider.value


def test_an_arrow_key_moves_by_one_step(figure):
    for slider in figure.controls:
        before, value = figure.state(), slider.value
        slider.press("ArrowRight" if slider.place < 0.5 else "ArrowLeft")
        figure.changed_since(before)
        figure.settle()
        assert figure.kernel_value(slider) == slider.value != value
        assert 0.5 < figure.ask(f"controls[{slider.name!r}].steps_between({value}, {slider.value})") < 1.5


def test_a_number_typed_into_the_box_is_taken_as_it_is_and_moves_the_slider(figure):
    for slider in figure.controls:
        before, place = figure.state(), slider.place
        places = figure.ask(f"controls[{slider.name!r}].places")
        value = places[len(places) // 4 if place >= 0.5 else 3 * len(places) // 4]
        if not slider.whole:
            value *= 1.0123  # beside the steps of the slider
        slider.set(value)
        figure.changed_since(before)
        figure.settle()
        assert figure.kernel_value(slider) == slider.value == pytest.approx(value, rel=1e-5)
        assert slider.place != place


def test_the_goal_is_reached_at_the_end_of_its_route_and_says_so(figure):
    route = figure.ask("route")
    assert route, f"{figure.cell.id} has no route: give its Explorable the moves that reach its goal"
    sliders = {slider.name: slider for slider in figure.controls}
    for move in route:
        assert "Goal reached" not in figure.summary()
        for name, value in move.items():
            sliders[name].set(value)
            figure.wait_for_value(sliders[name], value)
    figure.words.filter(has_text="Goal reached:").wait_for()


def test_every_control_and_picture_has_a_name_that_can_be_read_out(figure):
    for slider in figure.controls:
        label = slider.label
        assert label
        assert figure.cell.node.get_by_role("slider", name=f"{label}, slider", exact=True).count() == 1
        assert figure.cell.node.get_by_role("spinbutton", name=label, exact=True).count() == 1
    slider = figure.controls[0]
    before = figure.state()
    slider.press("ArrowRight" if slider.place < 0.5 else "ArrowLeft")
    figure.changed_since(before)
    figure.settle()
    assert slider.handle.get_attribute("aria-valuetext") == slider.box.input_value()
    assert figure.image.get_attribute("alt") == f"Figure: {figure.summary()}"
    assert figure.words.get_attribute("role") == "status"


def test_a_drag_that_outruns_the_kernel_skips_frames_and_ends_on_the_last_value(small_notebook):
    page = small_notebook({"slow": SLOW})
    figure = page.cell("slow").explorable()
    slider, = figure.controls
    slider.drag(0.9, steps=60)
    last = float(slider.handle.get_attribute("aria-valuenow"))
    figure.words.filter(has_text=f"x is {last:g}.").wait_for()
    frames = page.ask("frames")
    assert frames[-1] == slider.value == last == pytest.approx(90, abs=2)
    assert 2 < len(frames) < 30  # 60 moves of the mouse over 90 values
    assert frames == sorted(frames)
