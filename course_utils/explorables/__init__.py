"""Figures that follow their sliders, one file a topic; show one by making it the last line of a cell."""

from .averages import explore_bias_correction
from .budgets import explore_split
from .descents import explore_bowl, explore_momentum, explore_ravine, explore_turned_ravine, turned_ravine
from .framework import Control, Explorable
from .networks import explore_fates, explore_schedule, explore_search, explore_training, fate
from .noise import explore_noise_ball
from .robustness import explore_one_rate

__all__ = ["Control", "Explorable", "explore_bowl", "explore_ravine", "explore_turned_ravine", "explore_momentum",
           "explore_noise_ball", "explore_fates", "explore_schedule", "explore_search", "explore_training", "fate",
           "turned_ravine", "explore_bias_correction", "explore_one_rate", "explore_split"]
