"""Exercises that judge themselves: `check`, `hint`, `solution`, and `quiz` for the questions.

Each topic file holds a list EXERCISES and a list QUIZZES; to add one, write it there. Nothing here raises in a
notebook: what is wrong is said in the cell's output.
"""

from difflib import get_close_matches

from .. import progress
from ..shown import Shown
from . import (
    adam,
    adaptive,
    beyond_adam,
    capstone,
    choosing,
    clinic,
    edge,
    gradient_descent,
    learning_rate,
    momentum,
    own_network,
    robustness,
    schedules,
    start_here,
    stochastic_gradients,
    transfer,
)
from .framework import judge
from .release import held_back
from .tasks import Note, Result

__all__ = ["check", "hint", "solution", "quiz", "quiz_markdown", "results", "EXERCISES", "PROJECTS",
           "QUIZZES"]

_TOPICS = (start_here, gradient_descent, stochastic_gradients, learning_rate, choosing, schedules, momentum, adaptive,
           adam, robustness, capstone, clinic, own_network, transfer, edge, beyond_adam)
EXERCISES = {exercise.id: exercise for topic in _TOPICS for exercise in topic.EXERCISES}
PROJECTS = {project.id: project for topic in _TOPICS for project in getattr(topic, "PROJECTS", ())}
QUIZZES = {question.id: question for topic in _TOPICS for question in topic.QUIZZES}
_TASKS = EXERCISES | PROJECTS
_results, _hints_shown = {}, {}


def check(id, attempt=...):
    """Judge the reader's function `attempt` and return a `Result` whose display says what is right or wrong."""
    if not _known(id, _TASKS):
        return Result(id if isinstance(id, str) else "?", False, True, _unknown(id, _TASKS))
    try:
        _results[id] = PROJECTS[id].judge(attempt) if id in PROJECTS else judge(EXERCISES[id], attempt)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # an attempt that defeats even the looking at it
        _results[id] = Result(id, False, True, f"This could not be judged (`{type(error).__name__}`): "
                                               "a plain function that returns its answer can.")
    if _results[id].passed:
        progress.note("exercise", id)
    return _results[id]


def hint(id):
    """Show the next hint; after the last one, all of them."""
    if not _known(id, _TASKS):
        return Note(_unknown(id, _TASKS))
    hints = _TASKS[id].hints
    numbered = [f"**Hint {i} of {len(hints)}.** {text}" for i, text in enumerate(hints, 1)]
    shown = _hints_shown[id] = _hints_shown.get(id, 0) + 1
    if shown <= len(hints):
        return Note(numbered[shown - 1])
    return Note("\n\n".join([*numbered, f'That is all. `solution("{id}")` shows one way to write it.']))


def solution(id):
    """Show the reference solution and one sentence on it, unless an instructor holds it back from who has none yet."""
    if not _known(id, _TASKS):
        return Note(_unknown(id, _TASKS))
    exercise = _TASKS[id]
    passed = id in _results and _results[id].passed
    if (reason := held_back()) and not passed:
        return Note(f'{reason} Until then, `hint("{id}")` helps; once your own passes the check, ours is shown, too.')
    return Note(f"**One solution: {exercise.title}**\n\n```python\n{exercise.source}```\n\n{exercise.why}")


def quiz(id):
    """Buttons to answer a question with; the question itself stands in the markdown cell above."""
    if not _known(id, QUIZZES):
        return Note(_unknown(id, QUIZZES))
    try:
        return Shown(QUIZZES[id].widget())
    except ImportError:
        return Note("Without ipywidgets there are no buttons here; the answer can be unfolded in the cell above.")


def quiz_markdown(id):
    """The markdown cell that belongs before `quiz(id)`: question, options, and the answers folded away."""
    return QUIZZES[id].markdown()


def results():
    """The latest `Result` of each exercise checked in this session, by id."""
    return dict(_results)


def _known(id, registry):
    return isinstance(id, str) and id in registry


def _unknown(id, registry):
    kind = "exercise" if registry is _TASKS else "question"
    if not isinstance(id, str):
        return f"First comes the name of the {kind}, between quotes; this was a {type(id).__name__}."
    near = get_close_matches(id, registry, n=3, cutoff=0.4) or sorted(registry)
    names = ", ".join(f"`{name}`" for name in near)
    return f"No {kind} is called `{id.replace('`', '')}`. Did you mean one of these: {names}?"
