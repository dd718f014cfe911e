"""How the networks of a sweep are trained. Nothing here is taught; `training`, `sweep` and `curvature` stand on it."""
