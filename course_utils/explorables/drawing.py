"""What several explorables draw and say: axes, paths, words, distances."""

import numpy as np

__all__ = ["INK", "BLUE", "RED", "PALE", "arrival", "distance_panel", "diverged_step", "divergence", "moving_bars",
           "moving_walk", "moving_words", "setting_in_words", "short", "style"]

INK, BLUE, RED, PALE = "#333333", "#0072b2", "#bf5300", "#c8c8c8"  # blue and vermillion of Okabe & Ito,
# the latter darkened so that words in it can be read on white


def setting_in_words(path, more=None):
    """The rate of a path, and the curvature or whatever else was set."""
    return f"rate {path.rates[0]:.3g}, {more or f'curvature {path.landscape.sharpness:.3g}'}"


def diverged_step(path, times=10):
    """First step that lands `times` as far from the minimum as the start, or None."""
    far = np.flatnonzero(path.distances > times * path.distances[0])
    return int(far[0]) if len(far) else path.diverged_at


def divergence(path):
    """How a path that does not converge goes on."""
    step = diverged_step(path)
    return "moves away" if step is None else f"diverged at step {step}"


def short(number):
    """A number in few characters: 1e-6 for 1e-06."""
    return f"{number:g}".replace("e-0", "e-")


def arrival(path, distance):
    """Where the path ended, in words."""
    steps = path.steps_to(distance)
    if diverged_step(path) is not None:
        return "ten times as far from the minimum as at the start."
    if steps is not None:
        return f"within {short(distance)} of the minimum from step {steps}."
    return f"distance {path.distances[-1]:.2g} after {len(path.rates)} steps."


def style(ax, x, y, title):
    """Labels, title and spines as all explorables have them."""
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.set_title(title, fontsize=11, loc="left")
    ax.spines[["top", "right"]].set_visible(False)


def moving_bars(ax, n, least):
    """Moving bars for n gains, one below the other: blue, or vermillion with a cross where a gain is below `least`."""
    stems = [ax.plot([], [], lw=3, animated=True, zorder=2)[0] for _ in range(n)]
    dots = [ax.plot([], [], "o", ms=8, animated=True, zorder=3)[0] for _ in range(n)]

    def show(gains):
        for row, gain in enumerate(gains):
            color, marker = (BLUE, "o") if gain >= least else (RED, "X")
            stems[row].set_data([0, gain], [row, row])
            dots[row].set_data([gain], [row])
            dots[row].set_marker(marker)
            for artist in (stems[row], dots[row]):
                artist.set_color(color)
    return show


def moving_walk(ax):
    """Moving artists for a path: line, dots, start, and its manner in words; blue, or vermillion where it diverges."""
    line, = ax.plot([], [], "o-", lw=1.2, ms=4, animated=True, zorder=3)
    start, = ax.plot([], [], "o", ms=9, mfc="white", mew=2, animated=True, zorder=4)
    words = moving_words(ax)

    def show(path, x, y, manner):
        color = RED if path.distances[-1] > path.distances[0] else BLUE
        shown = slice(0, 2 + int(np.argmax(np.append(np.maximum(np.abs(x), np.abs(y)) > 1e3, True))))
        line.set_data(x[shown], y[shown])
        start.set_data(x[:1], y[:1])
        line.set_color(color)
        start.set_markeredgecolor(color)
        words(manner, color)
    return show


def moving_words(ax):
    """A moving word at the top of a panel."""
    text = ax.text(0.5, 0.93, "", transform=ax.transAxes, ha="center", weight="bold", animated=True, zorder=5,
                   bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 2})

    def show(words, color):
        text.set_text(words)
        text.set_color(color)
    return show


def distance_panel(n_steps, limits, distance, predict=False):
    """Panel of the distance to the minimum after each step, on a log axis."""
    def panel(ax):
        style(ax, "step", "distance to the minimum", "Distance after each step")
        ax.set(xlim=(-0.02 * n_steps, 1.02 * n_steps), ylim=limits, yscale="log")
        ax.axhline(distance, color=INK, lw=1, ls=":")
        ax.text(0, distance * 0.8, f"within {short(distance)}", va="top", color=INK, fontsize=9)
        steps = np.arange(n_steps + 1)
        line, = ax.plot([], [], "o-", lw=1.2, ms=3, animated=True, zorder=3)
        best, = ax.plot([], [], "--", color=INK, lw=1.5, animated=True, zorder=2,
                        label="best rate: × (κ − 1) / (κ + 1) a step")
        if predict:
            ax.legend(loc="upper right", frameon=False, fontsize=9)

        def show(path):
            line.set_data(np.arange(len(path.points)), np.clip(path.distances, 1e-30, 1e30))
            line.set_color(RED if path.distances[-1] > path.distances[0] else BLUE)
            if predict:
                best.set_data(steps, path.distances[0] * np.maximum(path.landscape.best_factor, 1e-9) ** steps)
        return show
    return panel
