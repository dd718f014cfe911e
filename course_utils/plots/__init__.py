"""Figures of results: first argument a result, `ax` an axes to draw on or None for new ones, returns the axes.

Nothing here trains. Learning rates have one colour scale everywhere, blue for small to coral for large, and a log
axis. Bands show the middle 80 % of the runs; a dashed line is the best that any method could reach.
"""

from .clinic import plot_basins, plot_confusion, plot_gauges
from .edge import plot_edge
from .landscapes import plot_distances, plot_landscape, plot_momentum_plane, plot_path
from .regions import plot_boundary, plot_data
from .schedules import plot_schedule
from .statistics import plot_differences, plot_grid, plot_groups, plot_intervals, plot_means, plot_scaling
from .studies import plot_measures, plot_problem, plot_search, plot_study
from .style import (
    CLASS_COLORS,
    CLASS_MARKERS,
    INK,
    LINE_COLORS,
    LINE_STYLES,
    POINT_COLORS,
    RATE_MARKERS,
    RATE_NORM,
    REGION_COLORS,
    contrast,
    rate_color,
)
from .sweeps import plot_curves, plot_pairs, plot_range_test, plot_rate_profile, plot_summed_rate

__all__ = ["CLASS_COLORS", "CLASS_MARKERS", "INK", "LINE_COLORS", "LINE_STYLES", "POINT_COLORS", "RATE_MARKERS",
           "RATE_NORM", "REGION_COLORS", "contrast", "plot_basins", "plot_boundary", "plot_confusion", "plot_curves",
           "plot_data", "plot_differences", "plot_distances", "plot_edge", "plot_gauges", "plot_grid", "plot_groups",
           "plot_intervals", "plot_landscape", "plot_means", "plot_measures", "plot_momentum_plane", "plot_pairs",
           "plot_path", "plot_problem", "plot_range_test", "plot_rate_profile", "plot_scaling", "plot_schedule",
           "plot_search", "plot_study", "plot_summed_rate", "rate_color"]
