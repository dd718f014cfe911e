"""How settings are named in tables, legends and sentences."""

from numbers import Real

__all__ = ["label"]


def label(value):
    """How a setting is written in tables and legends: a number in few digits, a schedule or function by its name."""
    if isinstance(value, Real):
        return f"{value:g}"
    if isinstance(value, str | tuple):
        return str(value)
    function = getattr(value, "func", value)
    name = getattr(function, "__name__", type(value).__name__).strip("_")
    return f"{name}({', '.join(map(label, value.args))})" if hasattr(value, "func") else name
