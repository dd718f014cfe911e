"""A saved notebook, opened again: where no kernel holds sliders and buttons any more, the page says what to press."""

CELLS = {"bowl": "from course_utils.explorables import explore_bowl\nbowl = explore_bowl()\nbowl",
         "question": "from course_utils.exercises import quiz\nquiz('which-fate')"}


def asleep(page):
    """Whether each cell shows the sentence."""
    return [page.cell(id).node.locator(".course-asleep").is_visible() for id in CELLS]


def test_a_figure_or_question_without_its_kernel_says_what_to_press_and_that_wakes_it(small_notebook):
    page = small_notebook(CELLS)
    page.cell("bowl").explorable()
    page.page.wait_for_function("document.querySelectorAll('.widget-toggle-buttons').length === 1")
    assert asleep(page) == [False, False]
    page.command("docmanager:save")
    page.restart()
    page.page.wait_for_selector(".jupyter-widgets-disconnected")
    assert asleep(page) == [True, True]
    page.reopen()
    page.page.wait_for_selector(".course-asleep >> nth=1")
    assert asleep(page) == [True, True] and page.page.locator(".explorable").count() == 0
    assert "Shift" in page.cell("question").text
    page.cell("bowl").run().explorable()
    assert asleep(page) == [False, True]
