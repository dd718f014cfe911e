"""Quiz questions as data, and the text and buttons made from them."""

import html
import re
from dataclasses import dataclass

from .. import progress
from ..shown import AWAKE

__all__ = ["Option", "Quiz"]


@dataclass(frozen=True)
class Option:
    """One possible answer: its `text`, the `feedback` to whoever picks it, whether it is `right`.

    `origin` says where a wrong answer has been met: a published mistake or a common belief.
    """

    text: str
    feedback: str
    right: bool = False
    origin: str = ""


@dataclass(frozen=True)
class Quiz:
    """A question in markdown and its options, named A, B, C … in their order."""

    id: str
    question: str
    options: tuple

    @property
    def letters(self):
        return "ABCDEFGH"[: len(self.options)]

    def feedback(self, letter):
        """What to say to whoever picks this letter."""
        option = self.options[self.letters.index(letter)]
        verdict = "✔ Correct." if option.right else "✘ Not this one."
        origin = f" ({option.origin}.)" if option.origin else ""
        return f"{verdict} {option.feedback}{origin}"

    def markdown(self):
        """The question, its options and, folded away, the feedback to each: all that a reader without kernel needs."""
        pairs = list(zip(self.letters, self.options, strict=True))
        options = "\n".join(f"- **{letter}.** {option.text}" for letter, option in pairs)
        answers = "\n".join(f"- **{letter}.** {self.feedback(letter)}" for letter, _ in pairs)
        return (f"**Question.** {self.question}\n\n{options}\n\n"
                f"<details><summary>Answer</summary>\n\n{answers}\n\n</details>")

    def widget(self):
        """A button for each letter, and the feedback to the one pressed below them."""
        import ipywidgets as widgets  # without it, the answers can still be unfolded

        buttons = widgets.ToggleButtons(options=list(self.letters), value=None, description="Answer:", tooltip="Answer",
                                        tooltips=[option.text for option in self.options])
        buttons.style.button_width = "4em"
        answer = widgets.HTML(self._html("Pick a letter."))
        buttons.observe(lambda change: self._answer(change["new"], answer), names="value")
        return widgets.VBox([buttons, answer, widgets.HTML(AWAKE)])

    def _answer(self, letter, answer):
        """The callback: show the feedback to `letter` in the HTML widget `answer`."""
        if letter is not None:
            answer.value = self._html(f"**{letter}.** {self.feedback(letter)}")
            progress.note_choice(self.id, letter)
            if self.options[self.letters.index(letter)].right:
                progress.note("question", self.id)

    @staticmethod
    def _html(text):
        text = re.sub(r"`(.+?)`", r"<code>\1</code>", html.escape(text, quote=False))
        text = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", text)
        return f'<div role="status" style="max-width: 50em; line-height: 1.5">{text}</div>'
