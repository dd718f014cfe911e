"""Whatever holds numbers (lists, tables, tensors), made into plain arrays of them, or refused in words.

Torch and pandas are not imported: what belongs to them is known by what it can do.
"""

from numbers import Real

import numpy as np

__all__ = ["SEVERAL", "labels", "numbers", "single"]

EXACT = 2**24  # float32 holds every whole number up to here
SEVERAL = ("several inputs go side by side into one x, as torch.cat([a, b], 1) does, and the model's forward takes "
           "them apart again")
TINY = 1e-38  # and no smaller number in full


def numbers(name, value):
    """`value` as an array of whole numbers, truth values or floats; a ValueError that says what it holds instead."""
    if hasattr(value, "nnz") and hasattr(value, "toarray"):
        raise ValueError(f"{name} is a sparse matrix; write {name}.toarray()")
    if any(map(np.ma.is_masked, [value, *(value if isinstance(value, list | tuple) else ())])):
        raise ValueError(f"{name} is a masked array with {np.ma.count_masked(np.ma.array(value))} masked entries, "
                         "which are no numbers: fill them in, or leave those rows out")
    if isinstance(value, list | tuple):
        value = [_of_tensor(name, v) if hasattr(v, "detach") else v for v in value]
    elif hasattr(value, "detach"):
        value = _of_tensor(name, value)
    elif hasattr(value, "to_numpy"):
        value = _of_table(name, value)
    try:
        array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{name} has rows of different lengths{_of_several(value)}" if "inhomogeneous" in str(error)
                         else f"{name} is {_kind(value)}: {error}") from error
    if array.dtype == object:
        array = _of_objects(array)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} {_what_it_holds(name, array)}")
    return np.asarray(array)


def _of_several(value):
    """Tables of equally many rows in one list are inputs of one model rather than rows."""
    shapes = [np.shape(v) for v in value] if all(hasattr(v, "shape") for v in value) else [()]
    tables = all(len(shape) > 1 for shape in shapes) and len({shape[0] for shape in shapes}) == 1
    return f"; {SEVERAL}" if tables else ""


def single(name, array):
    """`array` as float32; a ValueError where numbers would be lost: beyond its range, or rounded until they are equal.

    Judged column by column where there are columns, else as a whole.
    """
    with np.errstate(over="ignore"):
        kept = np.array(array, dtype=np.float32)
    if (lost := np.isfinite(array) & ~np.isfinite(kept)).any():
        raise ValueError(f"{name} holds {array[lost][0]:g}, more than float32 can hold (3.4e38): choose a larger unit")
    if array.size and array.dtype.itemsize > 2 and np.isfinite(kept).all():
        columns = array.shape if array.ndim == 2 else (-1, 1)
        _check_rounding(name, array.reshape(columns), kept.astype(float).reshape(columns))
    return kept


def labels(name, array):
    """`array` as int64 classes, (n, 1) as (n,); a ValueError where it holds other than whole numbers from 0."""
    odd = (array >= 2**53) | (array != np.rint(array) if array.dtype.kind == "f" else False)
    if odd.any():
        raise ValueError(f"{name} must hold whole numbers from 0 for a classification, got {array[odd][0]:g}; "
                         'task="regression" takes values as they are')
    if (array < 0).any():
        remedy = "write (y + 1) // 2" if set(np.unique(array).tolist()) == {-1, 1} else "number the classes from 0"
        raise ValueError(f"labels must be whole numbers from 0, got a negative one ({array.min():g} in {name}): "
                         f'{remedy}, or task="regression" if these are values')
    array = np.array(array, dtype=np.int64)
    return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array


def _of_tensor(name, tensor):
    """A tensor of torch, from wherever it is; float32 for the floats that NumPy does not know."""
    if "strided" not in str(tensor.layout):
        raise ValueError(f"{name} is a sparse tensor; write {name}.to_dense()")
    try:
        tensor = tensor.detach().cpu()
        return (tensor.float() if tensor.is_floating_point() and tensor.element_size() < 4 else tensor).numpy()
    except (RuntimeError, TypeError, NotImplementedError) as error:
        raise ValueError(f"{name} is a tensor without plain numbers: {str(error).splitlines()[0]}") from error


def _of_table(name, table):
    """A DataFrame or Series; missing entries become NaN."""
    kinds = dict(zip(table.columns, table.dtypes, strict=True)) if hasattr(table, "columns") else {name: table.dtype}
    other = [str(column) for column, kind in kinds.items()
             if not any(word in str(kind).lower() for word in ("int", "float", "bool", "object", "decimal"))]
    if other and hasattr(table, "columns"):
        raise ValueError(f"{name} has columns that hold no numbers: {', '.join(other)}; leave them out or turn them "
                         "into numbers, as pandas.get_dummies does")
    if other and "categor" in str(table.dtype).lower():
        raise ValueError(f"{name} holds categories; write {name}.cat.codes, which numbers them from 0")
    return table.to_numpy()


def _of_objects(array):
    """Real numbers, truth values and missing ones that lie in an array of objects, as numbers; others as they are."""
    entries = [np.nan if v is None or type(v).__name__ == "NAType" else v for v in array.flat]
    if array.ndim == 0 or not all(isinstance(v, Real | np.bool_) or type(v).__name__ == "Decimal" for v in entries):
        return array
    plain = np.array(entries)
    return (plain if plain.dtype.kind in "biuf" else np.array(entries, dtype=float)).reshape(array.shape)


def _what_it_holds(name, array):
    if array.dtype.names:
        return (f"is a structured array with the fields {', '.join(array.dtype.names)}; write "
                f"numpy.lib.recfunctions.structured_to_unstructured({name})")
    if array.ndim == 0:
        return f"is {_kind(array.item())}; an array or a list of numbers is needed"
    first = next((v for v in array.flat if not isinstance(v, Real)), None)
    if isinstance(first, str | bytes):
        text = first.decode(errors="replace") if isinstance(first, bytes) else str(first)
        return (f"holds text, such as {text!r}: turn it into numbers; classes are numbered by "
                "np.unique(y, return_inverse=True)[1]")
    if array.dtype.kind in "Mm":
        return f"holds dates or times, such as {first}: count days, or seconds, from the first one"
    if array.dtype.kind == "c":
        return f"holds complex numbers, such as {first}: give real and imaginary part as two columns"
    if isinstance(first, np.ndarray | list | tuple):
        return "has rows of different lengths"
    return f"holds {_kind(first)} where a number should stand"


def _kind(value):
    name = type(value).__name__
    return "None" if value is None else f"an {name}" if name[0] in "aeioAEIO" else f"a {name}"


def _check_rounding(name, columns, kept):
    """Refuse whole numbers that float32 would change, and columns of which it would keep no differences."""
    exact = columns.astype(float)
    whole = columns.dtype.kind != "f" or (columns == np.rint(columns)).all(axis=0)
    known = 2**52 if columns.dtype.kind == "f" else np.inf  # beyond it every float64 is whole
    changed = whole & (np.abs(exact) < known) & ((kept != exact) | (np.abs(exact) > 2**53))
    where = lambda k: f"column {k} of {name}" if columns.shape[1] > 1 else name
    if changed.any():
        i, k = np.argwhere(changed)[0]
        raise ValueError(f"{where(k)} holds whole numbers above 2**24 = {EXACT}, which float32 rounds: "
                         f"{columns[i, k]:.0f} would become {kept[i, k]:.0f}; subtract the smallest or choose a larger "
                         "unit, and leave out numbers that are only names")
    size, spread, error = np.abs(exact).max(axis=0), np.ptp(exact, axis=0), np.abs(kept - exact).max(axis=0)
    lost = ((size > EXACT) | (size < TINY)) & (spread > 1e-12 * size) & (error > 0.01 * spread)
    if lost.any():
        k = int(lost.argmax())
        raise ValueError(f"{where(k)} goes from {exact[:, k].min():.12g} to {exact[:, k].max():.12g}, and float32 "
                         "would lose the differences: subtract the mean and divide by the standard deviation")
