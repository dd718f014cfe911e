"""Figures that follow their sliders, one file a topic; show one by making it the last line of a cell."""

from importlib import import_module

from .anytime import explore_anytime
from .averages import explore_bias_correction
from .budgets import explore_split, split_games
from .descents import explore_bowl, explore_momentum, explore_ravine, explore_turned_ravine, turned_ravine
from .framework import Control, Explorable
from .goals import Finding
from .noise import explore_noise_ball
from .robustness import explore_one_rate
from .transfer import explore_width

__all__ = ["Control", "Explorable", "Finding", "explore_bowl", "explore_ravine", "explore_turned_ravine",
           "explore_momentum", "explore_noise_ball", "explore_fates", "explore_schedule", "explore_search",
           "explore_training", "fate", "turned_ravine", "explore_bias_correction", "explore_one_rate", "explore_split",
           "split_games", "explore_doctor", "explore_fine_tuning", "explore_width", "explore_edge", "explore_anytime"]

_TRAINED = {"explore_doctor": ".clinic", "explore_fine_tuning": ".fine_tuning",  # where they are, if not in networks
            "explore_edge": ".edge"}


def __getattr__(name):
    """What trains networks, on first use: torch takes seconds to load, and the other figures do without it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_TRAINED.get(name, ".networks"), __name__), name)
