"""The doctor: patients of the clinic and their treatments."""

from dataclasses import dataclass

import numpy as np

from ..studies.clinic import admit, clipped, slower, treated, warmed
from ..studies.patients import make_patients
from .drawing import BLUE, INK, PALE, RED, moving_words, style
from .framework import Control, Explorable, Finding

__all__ = ["explore_doctor"]

WAITING = ("rate too large", "warmup missing", "inputs not scaled")
NO_CLIPPING = 1000.0  # longer than any gradient that is met


@dataclass(frozen=True)
class _Visit:
    """One treatment: `val_loss` (seeds, epochs) and final `accuracy` (seeds,) on validation data."""

    number: int
    values: tuple
    val_loss: np.ndarray
    accuracy: np.ndarray
    least: float

    @property
    def mean(self):
        return float(self.accuracy.mean())

    @property
    def healed(self):
        return self.mean >= self.least

    @property
    def state(self):
        return "healed" if self.healed else "ill"

    @property
    def clipping(self):
        clip = self.values[-1]
        return f"clipped at {clip:.3g}" if clip < NO_CLIPPING else "not clipped"

    def __str__(self):
        """The patient, the treatment and what came of it."""
        patient, factor, warmup, _ = self.values
        return (f"patient {patient}, rate × {factor:.3g}, warmup {warmup} steps, {self.clipping}: validation accuracy "
                f"{self.mean:.3f}, {self.state}.")


def explore_doctor(patients=None, seeds=range(3), least=0.9, budget=12):
    """Treat patients by a factor of the rate, steps of warmup and a threshold for clipping; heal all on a budget.

    Every treatment that was not asked before counts. Networks are trained while the reader looks on.
    """
    if patients is None:
        patients = [patient for patient in make_patients() if patient.name in WAITING]
    shelf = {}

    def ahead(wanted):
        asked = list(dict.fromkeys(key for values in wanted if (key := tuple(values.values())) not in shelf))
        charts = admit([treat(*values) for values in asked], seeds).values() if asked else []
        for values, chart in zip(asked, charts, strict=True):
            shelf[values] = _Visit(values[0], values, chart.gauges["val_loss"], chart.scores["val_accuracy"], least)

    def treat(patient, factor, warmup, clip):
        changes = [slower(factor), warmed(warmup)] + ([clipped(clip)] if clip < NO_CLIPPING else [])
        return treated(patients[patient - 1], f"× {factor}, warmup {warmup}, clipped at {clip}", *changes)

    def compute(patient, factor, warmup, clip):
        values = (patient, factor, warmup, clip)
        if values not in shelf:
            ahead([{"patient": patient, "factor": factor, "warmup": warmup, "clip": clip}])
        return shelf[values]

    first = {n: compute(n, 1.0, 0, NO_CLIPPING) for n in range(1, len(patients) + 1)}

    def curves(ax):
        style(ax, "epoch", "validation loss", "Untreated (grey) and treated")
        epochs = np.arange(1, len(first[1].val_loss[0]) + 1)
        ax.set(xlim=(0, len(epochs) + 1), ylim=(0.1, 100), yscale="log")
        before = [ax.plot([], [], color=PALE, lw=1.5, animated=True, zorder=2)[0] for _ in seeds]
        after = [ax.plot([], [], lw=1.5, animated=True, zorder=3)[0] for _ in seeds]
        words = moving_words(ax)

        def show(visit):
            color = BLUE if visit.healed else RED
            for line, loss in zip(before, first[visit.number].val_loss, strict=True):
                line.set_data(epochs, np.clip(loss, 0.1, 100))
            for line, loss in zip(after, visit.val_loss, strict=True):
                line.set_data(epochs, np.clip(loss, 0.1, 100))
                line.set_color(color)
            _, factor, warmup, _ = visit.values
            words(f"× {factor:.3g}, warmup {warmup}, {visit.clipping}: {visit.state}", color)
        return show

    def ward(ax):
        style(ax, "validation accuracy", "", f"{len(seeds)} networks: untreated ○, treated ◆")
        ax.set(xlim=(0, 1.02), ylim=(len(patients) + 0.6, 0.2), yticks=range(1, len(patients) + 1),
               yticklabels=[f"patient {n}" for n in first])
        ax.axvline(least, color=INK, lw=1, ls=":")
        ax.text(least - 0.01, 0.35, f"healed {least:g}", ha="right", fontsize=9, color=INK)
        for n, visit in first.items():
            ax.plot(visit.mean, n, "o", mfc="none", color=INK, ms=9)
        dot, = ax.plot([], [], "D", ms=10, animated=True, zorder=3)

        def show(visit):
            dot.set_data([visit.mean], [visit.number])
            dot.set_color(BLUE if visit.healed else RED)
        return show

    def reached(visit):
        treatment = "" if visit.values[1:] == (1.0, 0, NO_CLIPPING) else str(visit.values)
        return Finding(f"all {len(patients)} healed, by treatments {{}} of {budget}.", needed=len(patients),
                       part=visit.number if visit.healed else None, words="#", joint=", ", attempt=treatment,
                       budget=budget)

    controls = {"patient": Control("patient", 1, len(patients), 1, step=1, log=False, whole=True, live=False),
                "factor": Control("rate ×", 0.01, 10.0, 1.0, step=0.25, live=False),
                "warmup": Control("warmup", 0, 200, 0, step=20, log=False, whole=True, live=False),
                "clip": Control("max_norm", 0.01, NO_CLIPPING, NO_CLIPPING, step=0.5, live=False)}
    goal = (f"Heal all {len(patients)} patients, to a validation accuracy of {least:g} on average, with at most "
            f"{budget} treatments. At the right end of its slider max_norm clips nothing. (To begin with fresh "
            "treatments, run the cell again; on the website, load the page again.)")
    return Explorable(compute, [curves, ward], str, controls, goal, reached, ahead=ahead,
                      route=[{"factor": 0.1}, {"patient": 2}, {"patient": 3}, {"factor": 1.0}, {"clip": 1.0}])
