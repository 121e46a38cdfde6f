"""Columns: those of pandas, polars and Arrow, and arrays of others, as arrays of NumPy; nothing becomes a float."""

# NumPy 2.5 tells a checker less of its functions than those before.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from capset.arrays.library import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Read = tuple[NDArray[Any], NDArray[np.bool_] | None]

__all__ = ["BYTES", "FLOATS", "TEXTS", "is_column", "read"]

BYTES = ": numpy.frombuffer(it, '<u8') reads masks of 64 bits in bytes, and numpy.asarray(it) numbers of 8 bits"
FLOATS = (
    ": a float has 53 bits, and pandas makes floats of whole numbers beside a missing one; "
    "read with dtype_backend='pyarrow' or 'numpy_nullable', or fill in what is missing first"
)
TEXTS = ": make sets of texts first, by CapSet.from_hex(text) of each mask, or CapSet.parse(text) of names"

_WIDTH = re.compile(r"u?int(?:8|16|32|64)")


def is_column(values: object) -> bool:
    """Say whether it can make an array of itself; a class cannot, and some values have whatever is asked for."""
    return hasattr(type(values), "__array__")


def read(values: Any) -> Read:
    """Return the numbers of a column, and where one is missing; what stands there then means nothing.

    The array is of objects where NumPy has no type for them, such as decimal numbers. Where it is one of NumPy, or a
    column without missing numbers and in one piece, nothing is copied.
    """
    if values is np.ma.masked:  # which is a float
        return np.zeros((), np.uint64), np.ones((), bool)
    if np.ma.isMaskedArray(values):
        return values.data, np.ma.getmaskarray(values)
    if hasattr(values, "isna"):
        return _of_pandas(values)
    if hasattr(values, "is_null"):
        return (_of_arrow if hasattr(values, "type") else _of_polars)(values)
    return np.asarray(values), None


def _of_pandas(values: Any) -> Read:
    kind = values.dtype
    if hasattr(kind, "categories"):
        return _of_categories(getattr(values, "array", values))
    missing = np.asarray(values.isna())
    if hasattr(kind, "fill_value"):  # asked for an array of any type, a sparse one of 64 bits gives floats
        values = np.asarray(
            values.array if hasattr(values, "array") else values, None if missing.any() else kind.subtype
        )
        kind = values.dtype
    if isinstance(kind, np.dtype):
        return np.asarray(values), missing if kind.kind == "O" else None
    if kind.kind in "ui":
        return values.to_numpy(dtype=f"{kind.kind}{kind.itemsize}", na_value=0), missing
    if kind.kind == "f":  # of which NumPy has a type that can be told
        return values.to_numpy(dtype=float, na_value=0), None
    return values.to_numpy(dtype=object), missing


def _of_categories(values: Any) -> Read:
    keys, _ = read(values.categories)
    missing = values.codes < 0
    return keys[np.where(missing, 0, values.codes)] if len(keys) else np.zeros(len(missing), np.uint64), missing


def _of_polars(values: Any) -> Read:
    missing = values.is_null().to_numpy()
    if _WIDTH.fullmatch(str(values.dtype).lower()):
        return (values.fill_null(0) if missing.any() else values).to_numpy(), missing
    if values.dtype.is_float():
        return values.to_numpy(), None
    return _objects(values.to_list()), missing


def _of_arrow(values: Any) -> Read:
    kind = values.type
    if hasattr(kind, "value_type") and hasattr(kind, "index_type"):  # a dictionary, and its keys
        try:
            return _of_arrow(values.cast(kind.value_type))
        except NotImplementedError:  # of what no mask is, which will be told
            return _objects(values.to_pylist()), None
    missing = np.asarray(values.is_null())
    if str(kind).startswith("decimal") and kind.scale == 0:
        try:
            values = values.cast("uint64")
        except ValueError:  # one is too large, and will be told
            return _objects(values.to_pylist()), missing
        kind = values.type
    if _WIDTH.fullmatch(str(kind)):
        return np.asarray(values.fill_null(0) if missing.any() else values), missing
    if str(kind) in {"halffloat", "float", "double"}:
        return np.asarray(values), None
    return _objects(values.to_pylist()), missing


def _objects(values: list[Any]) -> NDArray[Any]:
    array: NDArray[Any] = np.fromiter(values, dtype=object, count=len(values))
    return array
