"""Goals that are reached at one place of the sliders, or by several places together."""

from dataclasses import dataclass

__all__ = ["Finding", "Ledger"]


@dataclass(frozen=True)
class Finding:
    """What one place of the sliders does for the goal; told by that place alone, so that it can be known beforehand.

    sentence  how the goal was reached: said here once `needed` parts of the `group` are found; "{}" in it stands for
              their words in the order of the parts, with `joint` between them; "" is never said
    part      the number of the part that is found here, or None; `words` say what was found, "#" by which attempt
    attempt   a name for what is tried here; with a `budget`, only so many different attempts count
    """

    sentence: str = ""
    needed: int = 0
    part: int | None = None
    words: str = ""
    group: str = ""
    joint: str = " and "
    attempt: str = ""
    budget: int | None = None


class Ledger:
    """What was found so far. The website's `explorable.js` keeps the same books."""

    def __init__(self):
        self.attempts, self.parts = {}, {}

    def add(self, finding):
        """Note a finding; return how the goal was reached, or ""."""
        parts, number = self.parts.setdefault(finding.group, {}), 0
        if finding.attempt:
            number = self.attempts.setdefault(finding.attempt, len(self.attempts) + 1)
        if finding.part is not None and (finding.budget is None or number <= finding.budget):
            parts[finding.part] = finding.words.replace("#", str(number))
        if len(parts) < finding.needed:
            return ""
        return finding.sentence.replace("{}", finding.joint.join(parts[part] for part in sorted(parts)))
