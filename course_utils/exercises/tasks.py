"""What exercises and projects are, and what checks and hints give back."""

import ast
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from .asking import outcomes

__all__ = ["Exercise", "Project", "Note", "Result"]

DRAWS, PART = 60, 15  # how many probes are drawn for an attempt that is right on all the others, and asked at a time


class _Task:
    """What exercises and projects have in common: a reference, a function whose docstring states the task."""

    @property
    def name(self):
        """What the reader's function is called."""
        return self.reference.__name__

    @property
    def source(self):
        """The reference as text, after the imports that it needs."""
        text = inspect.getsource(self.reference)
        names = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
        modules = {n: m.__name__ for n, m in self.reference.__globals__.items() if n in names and inspect.ismodule(m)}
        lines = [f"import {m}" if n == m else f"import {m} as {n}" for n, m in sorted(modules.items())]
        return "\n".join(lines) + "\n\n\n" * bool(lines) + text

    @property
    def stub(self):
        """What the notebook shows: the signature and docstring of the reference, and `return ...`."""
        text = inspect.getsource(self.reference)
        docstring = ast.parse(text).body[0].body[0]
        return "\n".join(text.splitlines()[: docstring.end_lineno]) + "\n    return ...\n"


@dataclass(frozen=True)
class Project(_Task):
    """A task without a single right answer: `judge(attempt)` gives a `Result`, `reference` is one way to do it."""

    id: str
    title: str
    reference: Callable
    why: str
    hints: tuple
    judge: Callable


@dataclass(frozen=True)
class Exercise(_Task):
    """A task as data.

    `reference` is the solution, a real function whose docstring states the task; `why` one sentence on it; `hints`
    are shown one by one; `probes` are tuples of arguments; `mistakes` pairs of a wrong function and the sentence
    that helps. `drive(attempt, *probe)` uses the attempt, by default in one call; for an optimizer it would take
    several steps and then start afresh. An attempt must leave its arguments as they are, except one called `state`,
    which it gets back as it handed it out. `corners` maps a phrase of the docstring that names a special case to the
    indexes of the probes that ask for it, at least one of them alone. `parts` names what `drive` gives, where that is
    more than what the attempt gave back. `on_the_way(*probe)` is a sentence on what the solution finds on its way to
    the answer, for those whose answer differs in no known way, and `of_yours(got, *probe)` one on the number that they
    gave instead. `fresh` names an argument whose arrays must not come back themselves, where new ones are asked for.
    `further` are probes for whoever is right on all others: large, late, or with numbers that are rare; `draw(rng)`
    makes one more by chance, and DRAWS of these are asked as well, the same ones at every check. What differs there is
    shown, and no mistake is looked for, so that both may be added without a thought for the sentences: who asks them
    makes the exercise `brief`. `whole` are probes with arrays of whole numbers: an answer that cuts its numbers there
    is told so and passes, since arrays hold floats; who asks them makes the exercise `lenient`.
    """

    id: str
    title: str
    reference: Callable
    why: str
    hints: tuple
    probes: tuple
    mistakes: tuple
    drive: Callable = lambda attempt, *probe: attempt(*probe)
    corners: dict = field(default_factory=dict)
    parts: tuple = ()
    on_the_way: Callable = lambda *probe: ""
    of_yours: Callable = lambda got, *probe: ""
    fresh: str = ""
    further: tuple = ()
    whole: tuple = ()
    draw: Callable = None
    brief: bool = False
    lenient: bool = False
    _of_mistakes: dict = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def plain(self):
        """Whether a probe is one call, and its answer what comes back."""
        return self.drive is Exercise.drive

    def answers_with(self, mistake):
        """What a mistake gives for each probe: found when it is first asked for, since it is always the same."""
        if mistake not in self._of_mistakes:
            self._of_mistakes[mistake] = outcomes(self, mistake)
        return self._of_mistakes[mistake]

    def follow_ups(self):
        """The exercise as whoever is right is asked it again: some probes by chance, then the further ones."""
        rng = np.random.default_rng(DRAWS)
        drawn = [self.draw(rng) for _ in range(DRAWS)] if self.draw else []
        parts = [drawn[i:i + PART] for i in range(0, len(drawn), PART)] + [[probe] for probe in self.further]
        asked = replace(self, further=(), whole=(), draw=None, mistakes=(), corners={}, brief=True)
        return ([replace(asked, probes=tuple(part)) for part in parts]
                + [replace(asked, probes=(probe,), lenient=True) for probe in self.whole])


class Note:
    """Text that a notebook shows as markdown and a terminal as it is."""

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return self.text

    def _repr_markdown_(self):
        return self.text


@dataclass(frozen=True, repr=False)
class Result:
    """What `check` found: `exercise` (its id), `passed`, `attempted` and the `message` for the reader."""

    exercise: str
    passed: bool
    attempted: bool
    message: str

    @property
    def headline(self):
        word = "✔ Passed" if self.passed else "✘ Not yet" if self.attempted else "… Not attempted"
        return f"{word}: {self.exercise}."

    def __repr__(self):
        return f"{self.headline} {self.message}"

    def _repr_markdown_(self):
        return f"**{self.headline}** {self.message}"
