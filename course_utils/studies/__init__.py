"""Experiments that are too long for the cells of a notebook, one file a notebook."""
