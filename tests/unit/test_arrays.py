"""Many masks at once, against CapSet's own arithmetic, one mask after the other."""

from __future__ import annotations

import builtins
import copy
import ctypes
import importlib
import itertools
import pickle
import random
import sys
from array import array
from decimal import Decimal

import pytest

from capset import DOCKER_DEFAULT, Cap, CapSet, display
from capset.errors import ArgumentError, MissingExtraError, UnknownCapabilityError
from tests.markup import checked

np = pytest.importorskip("numpy", reason="needs NumPy (pip install 'capset[arrays]')")

from capset import arrays  # noqa: E402
from capset.arrays import columns, masks, table  # noqa: E402
from capset.arrays.prevalent import _ROW  # noqa: E402

TOP = 2**64 - 1
DOCKER = DOCKER_DEFAULT.mask
SOME = [0, 1, DOCKER, 1 << 63, TOP, DOCKER, 1 << 40, 0, DOCKER | 1 << 12, (1 << 63) - 1]


def needs(name):
    """Import a library whose columns people have, or skip the test."""
    return pytest.importorskip(name, reason=f"needs {name} (pip install 'capset[frames]')")


def drawn(size, distinct=None, seed=1):
    """Draw masks of all 64 bits, of which so many are distinct."""
    rng = np.random.default_rng(seed)
    if distinct is None:
        return rng.integers(0, TOP, size, np.uint64, endpoint=True)
    return rng.integers(0, TOP, distinct, np.uint64, endpoint=True)[rng.integers(0, distinct, size)]


# -- one by one --------------------------------------------------------------------------------------


def flat(values):
    """Return the sets of masks however they are given, None for what is missing."""
    if isinstance(values, np.ma.MaskedArray):
        return [None if value is None else CapSet.from_mask(value % 2**64) for value in values.reshape(-1).tolist()]
    return [CapSet.from_mask(int(value) % 2**64) for value in np.asarray(values).reshape(-1)]


def plain(found):
    """Return what an array has, None for what is missing."""
    return found.reshape(-1).tolist()


def check(values, sets=None, counts=None):
    """Ask all, and compare with what the sets say."""
    sets = flat(values) if sets is None else sets
    there = [caps for caps in sets if caps is not None]
    base = CapSet(["chown", "net_raw", 63])

    prevalence = arrays.prevalence(values)
    assert dict(prevalence) == {cap: n for cap in Cap if (n := sum(cap in caps for caps in there))} | {
        Cap(at): n for at in range(41, 64) if (n := sum(at in caps for caps in there))
    }
    assert (prevalence.total, prevalence.missing) == (len(there), len(sets) - len(there))

    unique = arrays.unique(values)
    assert dict(unique) == {caps: there.count(caps) for caps in set(there)}
    assert (unique.total, unique.missing) == (len(there), len(sets) - len(there))
    assert list(unique) == sorted(unique, key=lambda pair: (-pair[1], pair[0].mask))

    codes, labels = arrays.names(values)
    named = [None if code < 0 else labels[code] for code in plain(codes)]
    assert named == [None if caps is None else str(caps) for caps in sets]
    assert len(set(labels)) == len(labels) == len(set(there))

    added, dropped = arrays.diff(values, base)
    assert plain(added) == [None if caps is None else (caps - base).mask for caps in sets]
    assert plain(dropped) == [None if caps is None else (base - caps).mask for caps in sets]

    held = arrays.holds(values, all=["chown", 1], any=[2, 63], none=["sys_admin"])
    assert plain(held) == [
        None if caps is None else {0, 1} <= set(caps) and bool({2, 63} & set(caps)) and 21 not in caps for caps in sets
    ]
    assert plain(arrays.count(values)) == [None if caps is None else len(caps) for caps in sets]
    shape = np.shape(codes)
    assert {np.shape(each) for each in (added, dropped, held, arrays.count(values))} == {shape}
    return shape


ARRAYS = {
    "one dimension": np.array(SOME, np.uint64),
    "big-endian": np.array(SOME, ">u8"),
    "little-endian": np.array(SOME, "<u8"),
    "every second": np.array(SOME, np.uint64)[::2],
    "backwards": np.array(SOME, ">u8")[::-1],
    "two dimensions": np.array(SOME, np.uint64).reshape(2, 5),
    "Fortran's order": np.asfortranarray(np.array(SOME, np.uint64).reshape(2, 5)),
    "turned, big-endian": np.array(SOME, ">u8").reshape(2, 5).T,
    "a part of two dimensions": np.array(SOME, np.uint64).reshape(5, 2)[1:, :1],
    "no dimension": np.array(TOP, np.uint64),
    "a number of NumPy": np.uint64(DOCKER),
    "none": np.array([], np.uint64),
    "none, of two dimensions": np.empty((0, 5), np.uint64),
    "none, of floats": np.array([]),
    "signed": np.array(SOME, np.uint64).view(np.int64),
    "signed, big-endian": np.array(SOME, ">u8").view(">i8"),
    "narrow": np.array([0, 1, 255], np.uint8),
    "narrow and signed": np.array([0, 1, 127], np.int8),
    "not aligned": np.frombuffer(b"\1" + np.array(SOME, np.uint64).tobytes(), np.uint8)[1:].view(np.uint64),
    "read-only": np.frombuffer(np.array(SOME, np.uint64).tobytes(), np.uint64),
    "masked": np.ma.MaskedArray(np.array(SOME, np.uint64), [at % 3 == 0 for at in range(10)]),
    "masked, two dimensions": np.ma.MaskedArray(np.array(SOME, ">u8"), [at % 3 == 0 for at in range(10)]).reshape(5, 2),
    "masked, turned": np.ma.MaskedArray(np.array(SOME, ">u8"), [at % 3 == 0 for at in range(10)]).reshape(5, 2).T,
    "nothing masked": np.ma.MaskedArray(np.array(SOME, np.uint64)),
    "all masked": np.ma.MaskedArray(np.array(SOME, np.uint64), True),
    "zeros, some masked": np.ma.MaskedArray(np.zeros(4, np.uint64), [1, 0, 0, 1]),
    "what is masked is no mask": np.ma.MaskedArray(np.array([-1, 2], np.int8), [1, 0]),
}


@pytest.mark.parametrize("values", ARRAYS.values(), ids=ARRAYS)
def test_arrays(values):
    """Of any shape, width, order and layout; the results have the shape, and the masks are as they were."""
    before = copy.deepcopy(values)

    assert check(values) == np.shape(values)
    assert np.array_equal(np.ma.getdata(before), np.ma.getdata(values))


LISTS = {
    "sets": ([CapSet([1]), CapSet(), CapSet([63])], [CapSet([1]), CapSet(), CapSet([63])]),
    "mixed": ([DOCKER_DEFAULT, TOP, None, Decimal(2), np.uint8(4)], None),
    "lists": ([[1, CapSet([5])], (3, None)], None),
    "none": ([], []),
    "lists of none": ([[], []], []),
    "a set": ({CapSet([5])}, None),
    "a range": (range(4), None),
    "a generator": ((each for each in ()), []),
    "objects": (np.array([[CapSet([5]), 3]], object), None),
    "objects, masked": (np.ma.MaskedArray(np.array([7, "no mask"], object), [False, True]), None),
}


def of_one(value):
    return None if value is None else value if isinstance(value, CapSet) else CapSet.from_mask(int(value))


def members(values):
    if isinstance(values, np.ma.MaskedArray):
        values = values.tolist()
    for value in values if not isinstance(values, np.ndarray) else values.reshape(-1):
        yield from members(value) if isinstance(value, list | tuple) else [of_one(value)]


@pytest.mark.parametrize(("values", "sets"), LISTS.values(), ids=LISTS)
def test_lists(values, sets):
    """Of sets and numbers, in which None is missing."""
    check(values, list(members(values)) if sets is None else sets) if not hasattr(values, "send") else check([], [])
    assert arrays.count(each for each in SOME).tolist() == [mask.bit_count() for mask in SOME]


# -- columns -----------------------------------------------------------------------------------------

WITH_NONE = [1, None, TOP, DOCKER, None]
SETS = [None if mask is None else CapSet.from_mask(mask) for mask in WITH_NONE]
BITS = [None if mask is None else mask - (mask >> 63 << 64) for mask in WITH_NONE]


@pytest.mark.parametrize("kind", ["uint64", "int64", "decimal", "dictionary", "dictionary of int64", "wide decimal"])
@pytest.mark.parametrize("chunked", [False, True])
def test_arrow(kind, chunked):
    """As Spark, Parquet and engines without unsigned types have them."""
    arrow = needs("pyarrow")
    values = BITS if kind.endswith("int64") and kind != "uint64" else WITH_NONE
    types = {
        "decimal": arrow.decimal128(20, 0),
        "wide decimal": arrow.decimal128(30, 2),
        "int64": arrow.int64(),
        "dictionary of int64": arrow.int64(),
    }
    if "decimal" in kind:
        values = [None if value is None else Decimal(value) for value in values]
    made = arrow.array(values, types.get(kind, arrow.uint64()))
    made = made.dictionary_encode() if "dictionary" in kind else made
    if chunked:
        made = arrow.chunked_array([made, made.slice(1, 3)])
    check(made, SETS + SETS[1:4] * chunked)
    check(made.slice(2, 2), SETS[2:4])


def test_arrow_of_few():
    """Other widths, no rows, and none that is known."""
    arrow = needs("pyarrow")
    check(arrow.array([1, 2, 3], arrow.uint8())[1:], [CapSet([1]), CapSet([0, 1])])
    check(arrow.array([], arrow.uint64()), [])
    check(arrow.chunked_array([], arrow.uint64()), [])
    check(arrow.array([None, None]), [None, None])


def pandas_columns():
    pandas = pytest.importorskip("pandas")
    arrow = pytest.importorskip("pyarrow")
    decimal = pandas.ArrowDtype(arrow.decimal128(20, 0))
    decimals = [None if mask is None else Decimal(mask) for mask in WITH_NONE]
    categories = pandas.CategoricalDtype(pandas.Index([TOP, DOCKER, 1], dtype="uint64"))
    return {
        "nullable": pandas.Series(WITH_NONE, dtype="UInt64"),
        "nullable and signed": pandas.Series(BITS, dtype="Int64"),
        "of Arrow": pandas.Series(WITH_NONE, dtype="uint64[pyarrow]"),
        "of Arrow, signed": pandas.Series(BITS, dtype="int64[pyarrow]"),
        "decimal": pandas.Series(decimals, dtype=decimal),
        "objects": pandas.Series(WITH_NONE, dtype=object),
        "objects with NaN": pandas.Series([1, float("nan"), TOP, DOCKER, pandas.NA], dtype=object),
        "categories": pandas.Series(WITH_NONE, dtype=categories),
        "an index of categories": pandas.CategoricalIndex(WITH_NONE, dtype=categories),
        "an array": pandas.array(WITH_NONE, dtype="UInt64"),
    }


@pytest.mark.parametrize(
    "kind",
    [
        *("nullable", "nullable and signed", "of Arrow", "of Arrow, signed", "decimal", "objects", "objects with NaN"),
        *("categories", "an index of categories", "an array"),
    ],
)
def test_pandas(kind):
    """Whatever keeps them whole."""
    needs("pandas"), needs("pyarrow")
    made = pandas_columns()[kind]
    check(made, SETS)
    check(made[2:4], SETS[2:4])


def test_pandas_without_missing_masks():
    """Of NumPy's own types nothing is copied."""
    pandas = needs("pandas")
    values = pandas.Series(SOME, dtype="uint64", index=[f"isna{at}" for at in range(10)])
    assert np.shares_memory(masks.given(values).array, values.to_numpy())
    for each in (values, pandas.Index(SOME, dtype="uint64"), values.astype("UInt64")):
        check(each, [CapSet.from_mask(mask) for mask in SOME])
    check(pandas.Series([]), [])
    check(pandas.Categorical([None, None]), [None, None])


@pytest.mark.parametrize("kind", ["UInt64", "Int64", "Decimal", "Object"])
def test_polars(kind):
    """In one piece and in several."""
    polars = needs("polars")
    values = BITS if kind == "Int64" else WITH_NONE
    if kind == "Decimal":
        made = polars.Series([None if mask is None else Decimal(mask) for mask in values], dtype=polars.Decimal(20, 0))
    else:
        made = polars.Series(values, dtype=getattr(polars, kind))
    check(made, SETS)
    if kind != "Object":
        check(made.append(made.clone()), SETS * 2)
    check(polars.Series(SOME, dtype=polars.UInt64), [CapSet.from_mask(mask) for mask in SOME])
    check(polars.Series([None, None]), [None, None])


# -- what is no mask ---------------------------------------------------------------------------------

EXPECTED = "expected masks as whole numbers from 0 to 2**64 - 1, or as CapSets, got "
OF_CAP = ": a capability is no mask, but CapSet([it]) is a set of it"
OF_ARRAYS = ": make one array of all, by numpy.stack() or numpy.concatenate()"
OF_LISTS = ": CapSet(it) makes a set of a list of capabilities; of lists of masks make one flat column first"
ROWS = "an array of [('f0', '<u8'), ('f1', '<u8')] with (1, 2): give one of its fields, such as values['f0']"
WRONG = {
    "a number": (lambda: 5, TypeError, "one number, 5: give a list of it"),
    "a decimal number": (lambda: Decimal(5), TypeError, "one number, Decimal('5'): give a list of it"),
    "None": (lambda: None, TypeError, "None"),
    "a bool alone": (lambda: True, TypeError, "True"),
    "a capability": (lambda: Cap.KILL, TypeError, f"Cap.KILL{OF_CAP}"),
    "a list of capabilities": (lambda: [0, Cap.KILL], TypeError, f"Cap.KILL at place 1{OF_CAP}"),
    "objects, one a capability": (lambda: np.array([Cap.KILL], object), TypeError, f"Cap.KILL at place 0{OF_CAP}"),
    "a set of capabilities": (lambda: frozenset([Cap.KILL]), TypeError, f"Cap.KILL at place 0{OF_CAP}"),
    "a class": (lambda: np.uint64, TypeError, "<class 'numpy.uint64'>"),
    "a text": (lambda: "a80425fb", TypeError, f"'a80425fb'{columns.TEXTS}"),
    "bytes": (lambda: b"ab", TypeError, f"b'ab'{columns.BYTES}"),
    "bytes that change": (lambda: bytearray(b"ab"), TypeError, f"bytearray(b'ab'){columns.BYTES}"),
    "numbers of a byte": (lambda: array("B", [1]), TypeError, f"array('B', [1]){columns.BYTES}"),
    "a list of bytes": (lambda: [b"ab"], TypeError, f"b'ab' at place 0{columns.BYTES}"),
    "an array of bytes": (lambda: np.array([b"ab"]), TypeError, f"an array of |S2 with b'ab'{columns.BYTES}"),
    "an array.array of floats": (
        lambda: array("d", [1]),
        TypeError,
        f"an array of float64 with 1.0{columns.FLOATS}",
    ),
    "times": (
        lambda: np.array([1], "m8[s]"),
        TypeError,
        "an array of timedelta64[s] with datetime.timedelta(seconds=1)",
    ),
    "a set": (lambda: CapSet([5]), TypeError, "one set: write [CapSet.parse('CAP_KILL')]"),
    "a dict": (lambda: {1: 2}, TypeError, "{1: 2}: give its keys, and its values as counts="),
    "what a dict has": (
        lambda: {1: 2}.items(),
        TypeError,
        "dict_items([(1, 2)]): give its keys, and its values as counts=",
    ),
    "masks with counts": (
        lambda: arrays.unique([1]),
        TypeError,
        "<Unique: 1 distinct of 1 mask>: give its masks, and its counts as counts=",
    ),
    "arrays in a list": (lambda: [np.array([1])], TypeError, f"one ndarray at place 0{OF_ARRAYS}"),
    "sets in a list": (lambda: [{1}], TypeError, f"{{1}} at place 0{OF_LISTS}"),
    "lists in an array": (lambda: np.array([None, [1]], object), TypeError, f"[1] at place 1{OF_LISTS}"),
    "dicts in a list": (lambda: [{"a": 1}], TypeError, "{'a': 1} at place 0: give one of its fields"),
    "a bool": (lambda: [1, True], TypeError, "True at place 1"),
    "bools": (lambda: np.array([True]), TypeError, "an array of bool with True"),
    "a float": (lambda: [1.0], TypeError, f"1.0 at place 0{columns.FLOATS}"),
    "floats": (lambda: np.array([0.5]), TypeError, f"an array of float64 with 0.5{columns.FLOATS}"),
    "texts": (lambda: np.array(["ff"]), TypeError, f"an array of <U2 with 'ff'{columns.TEXTS}"),
    "a list of texts": (lambda: ["ff"], TypeError, f"'ff' at place 0{columns.TEXTS}"),
    "rows": (lambda: np.array([(1, 2)], "u8,u8"), TypeError, ROWS),
    "a Decimal with a part": (lambda: [Decimal("1.5")], ArgumentError, "1.5 at place 0"),
    "no number": (lambda: [Decimal("nan")], ArgumentError, "NaN at place 0"),
    "less than nothing": (lambda: [0, -1], ArgumentError, "-1 at place 1"),
    "much more": (lambda: [Decimal("1e99999999")], ArgumentError, "1E+99999999 at place 0"),
    "much less": (lambda: [Decimal("1e-99999999")], ArgumentError, "1E-99999999 at place 0"),
    "too many digits": (lambda: [10**5000], ArgumentError, f"{hex(10**5000)[:100]}... (4155 characters) at place 0"),
    "a NumPy float": (lambda: [np.float64(1)], TypeError, f"{np.float64(1)!r} at place 0{columns.FLOATS}"),
    "65 bits": (lambda: [2**64], ArgumentError, "18446744073709551616 at place 0"),
    "a narrow array": (lambda: np.array([1, -2], np.int16), ArgumentError, "-2 at place 1 in an array of int16"),
    "a masked narrow one": (
        lambda: np.ma.MaskedArray(np.array([-1, -2], np.int16), [1, 0]),
        ArgumentError,
        "-2 at place 1 in an array of int16",
    ),
    "other things": (lambda: [object], TypeError, "<class 'object'> at place 0"),
}


@pytest.mark.parametrize(("values", "error", "got"), WRONG.values(), ids=WRONG)
@pytest.mark.parametrize(
    "function",
    [arrays.prevalence, arrays.unique, arrays.names, arrays.holds, arrays.count, lambda x: arrays.diff(x, 0)],
)
def test_what_is_no_mask(function, values, error, got):
    """What it is, where, and what to do."""
    with pytest.raises(error) as caught:
        function(values())
    assert str(caught.value) == EXPECTED + got


def test_rows_of_other_lengths():
    """Of lists in lists."""
    with pytest.raises(ArgumentError, match=r"^expected rows of the same length, got \[\[1\], \[2, 3\]\]$") as caught:
        arrays.count([[1], [2, 3]])
    assert caught.value.value == [[1], [2, 3]]
    with pytest.raises(ArgumentError, match=r"got \[1, \[2\]\]$"):
        arrays.count([1, [2]])


@pytest.mark.parametrize("depth", [33, 100, 10_000])
def test_lists_that_are_too_deep(depth):
    """Of more dimensions than an array has in any version of NumPy; and a list that holds itself has no end of them."""
    deep, least = [5], [5]
    for _ in range(depth - 1):
        deep = [deep]
    for _ in range(31):
        least = [least]
    circle = [1]
    circle.append(circle)

    assert arrays.count(least).shape == (1,) * 32
    for values in (deep, circle):
        with pytest.raises(ArgumentError, match=r"^expected at most 32 lists in each other, got (\[|a list that is)"):
            arrays.count(values)


def test_pieces_of_memory():
    """As arrays of NumPy: of 64 bits a sign is one of them."""
    masks = [1, TOP, DOCKER]
    check(array("Q", masks), [CapSet.from_mask(mask) for mask in masks])
    check(array("q", [1, -1]), [CapSet([0]), CapSet.from_mask(TOP)])
    check((ctypes.c_uint64 * 3)(*masks), [CapSet.from_mask(mask) for mask in masks])
    given = np.array([masks, masks], np.uint64)
    assert check(memoryview(given), [CapSet.from_mask(mask) for mask in masks * 2]) == (2, 3)
    assert np.shares_memory(columns.read(np.asarray(memoryview(given)))[0], given)


def test_what_is_missing_in_a_list():
    """Is so too where a masked array or a column of pandas was made a list."""
    check([1, np.ma.masked, None], [CapSet([0]), None, None])
    check(np.ma.masked, [None])
    pandas = needs("pandas")
    check([1, pandas.NA], [CapSet([0]), None])
    check(list(pandas.Series([TOP, None], dtype="UInt64")), [CapSet.from_mask(TOP), None])


def test_sparse_columns():
    """Exactly: pandas would make floats of those of 64 bits."""
    pandas = needs("pandas")
    values = [0, TOP, 0, DOCKER]
    sets = [CapSet.from_mask(mask) for mask in values]
    for made in (
        pandas.arrays.SparseArray(np.array(values, np.uint64)),
        pandas.Series(values, dtype="Sparse[uint64]"),
        pandas.Index(pandas.arrays.SparseArray(np.array(values, np.uint64))),
        pandas.Series(pandas.arrays.SparseArray(np.array(values, np.uint64), fill_value=DOCKER)),
        pandas.Series(pandas.arrays.SparseArray(np.array(values, np.uint64).view(np.int64))),
    ):
        check(made, sets)
    check(pandas.Series([], dtype="Sparse[uint64]"), [])
    check(pandas.Series(pandas.arrays.SparseArray(np.array([1, None], object))), [CapSet([0]), None])
    with pytest.raises(TypeError, match=r"got an array of float64 with 1\.0: a float has 53 bits"):
        arrays.count(pandas.Series([1.0, None], dtype="Sparse[float64]"))


@pytest.mark.filterwarnings("error")
def test_lazy_tables_and_expressions():
    """Have no values, and are not asked for any."""
    polars, duckdb = needs("polars"), needs("duckdb")
    lazy = polars.LazyFrame({"a": [1]})
    for ask in (arrays.count, lambda values: arrays.unique([1], values), lambda values: arrays.diff([1], values)):
        with pytest.raises(TypeError, match="got a lazy table: give one column of what its collect"):
            ask(lazy)
        with pytest.raises(TypeError, match="got a table: give one column of it"):
            ask(duckdb.sql("select 1 as a"))
        for expression in (polars.col("a"), duckdb.ColumnExpression("a")):
            with pytest.raises(TypeError, match=r"which has no values: ask its table for it, and give that column$"):
                ask(expression)


def test_columns_of_several():
    """Lists, structs and rows, one by one of Arrow, and indices of several columns."""
    pandas, polars, arrow = needs("pandas"), needs("polars"), needs("pyarrow")
    lists = arrow.array([[1, 2]])
    for values, told in (
        (pandas.MultiIndex.from_tuples([(1, 2)]), "got a table: give one column"),
        (lists, r"got \[1, 2\] at place 0: CapSet\(it\)"),
        (arrow.DictionaryArray.from_arrays(arrow.array([0]), lists), r"got \[1, 2\] at place 0: CapSet\(it\)"),
        (polars.Series([[1, 2]]), r"got \[1, 2\] at place 0: CapSet\(it\)"),
        (lists.to_pandas(types_mapper=pandas.ArrowDtype), "got one ndarray at place 0: make one array"),
        (arrow.array([{"a": 1}]), "got {'a': 1} at place 0: give one of its fields"),
        (polars.Series([{"a": 1}]), "got {'a': 1} at place 0: give one of its fields"),
        ([pandas.Series([1])], "got one Series at place 0: make one array"),
        ([pandas.DataFrame({"a": [1]})], "got one DataFrame at place 0: make one array"),
        ([arrow.table({"a": [1]})], "got one Table at place 0: make one array"),
        (list(arrow.array([1])), r"at place 0: give the column itself, or its to_pylist\(\)"),
        (arrow.scalar(1), "got one number, <pyarrow.Int64Scalar: 1>: give a list of it"),
    ):
        with pytest.raises(TypeError, match=told):
            arrays.count(values)


def test_other_columns_of_arrow():
    """By runs, of a type of somebody's own, and with what is missing among keys and places."""
    arrow = needs("pyarrow")
    from pyarrow.compute import run_end_encode

    masks = [TOP, TOP, None, 1]
    sets = [None if mask is None else CapSet.from_mask(mask) for mask in masks]
    check(run_end_encode(arrow.array(masks, arrow.uint64())), sets)
    check(arrow.chunked_array([run_end_encode(arrow.array(masks, arrow.uint64()))]), sets)
    keys = arrow.array([TOP, None, 1], arrow.uint64())
    check(arrow.DictionaryArray.from_arrays(arrow.array([0, 0, 1, 2]), keys), sets)
    check(arrow.DictionaryArray.from_arrays(arrow.array([0, 0, None, 2]), keys), sets)
    own = arrow.ExtensionArray.from_storage(
        arrow.opaque(arrow.uint64(), "mask", "somebody"), arrow.array(masks, arrow.uint64())
    )
    check(own, sets)


def test_frames_that_have_lost_something():
    """A float was a mask once; a table has several columns."""
    pandas, polars, arrow = needs("pandas"), needs("polars"), needs("pyarrow")
    for values in (
        pandas.Series([1, None]),
        pandas.Series([1.5, None], dtype="Float64"),
        pandas.Series([1.5, None], dtype="double[pyarrow]"),
        pandas.Series([1.5, None], dtype="category"),
        polars.Series([1.0, None]),
        arrow.array([1.0, None]),
        arrow.array([1.0]).dictionary_encode(),
    ):
        with pytest.raises(TypeError, match="dtype_backend='pyarrow' or 'numpy_nullable'"):
            arrays.count(values)
    for values in (pandas.DataFrame({"a": [1]}), polars.DataFrame({"a": [1]}), arrow.table({"a": [1]})):
        with pytest.raises(TypeError, match="got a table: give one column of it, or to_numpy"):
            arrays.count(values)
    for values in (pandas.Series(["ff"]), polars.Series(["ff"]), arrow.array(["ff"])):
        with pytest.raises(TypeError, match=r"make sets of texts first, by CapSet\.from_hex"):
            arrays.count(values)
    for values in (pandas.Series([True], dtype="boolean"), polars.Series([True]), arrow.array([True])):
        with pytest.raises(TypeError, match="got True at place 0"):
            arrays.count(values)
    for values in (arrow.array([Decimal(2**64)]), arrow.array([Decimal("0.5")]), polars.Series([Decimal("0.5")])):
        with pytest.raises(ArgumentError, match=r"got (18446744073709551616|0\.5) at place 0"):
            arrays.count(values)


# -- counts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, _ROW - 1, _ROW + 1, 3 * _ROW])
@pytest.mark.parametrize("distinct", [5, 400, None])
def test_counts(size, distinct):
    """As if each stood there so often; one that stands for none is left out."""
    values = drawn(size, distinct)
    counts = np.random.default_rng(2).integers(0, 4, size)
    repeated = np.repeat(values, counts)

    assert arrays.prevalence(values, counts) == arrays.prevalence(repeated)
    assert arrays.unique(values, counts) == arrays.unique(repeated)


def test_counts_of_what_is_missing():
    """Count for nothing; the shape is that of the masks."""
    found = arrays.unique([[1, None], [0, 2]], [[3, 100], [0, 1]])
    assert (dict(found), found.total, found.missing) == ({CapSet([0]): 3, CapSet([1]): 1}, 4, 1)
    assert dict(arrays.prevalence([[1, None], [0, 2]], [[3, 100], [0, 1]])) == {Cap(0): 3, Cap(1): 1}


def test_counts_of_columns():
    """Of whole numbers."""
    pandas, polars, arrow = needs("pandas"), needs("polars"), needs("pyarrow")
    for counts in (
        pandas.Series([2, 3]),
        pandas.Series([2, 3], dtype="UInt64"),
        polars.Series([2, 3], dtype=polars.UInt32),
        arrow.array([2, 3]),
        [2, 3],
        np.array([2, 3], ">u2"),
    ):
        assert dict(arrays.prevalence([1, 3], counts)) == {Cap(0): 5, Cap(1): 3}
    for counts in (
        pandas.Series([2, None], dtype="UInt64"),
        polars.Series([2, None]),
        arrow.array([2, None]),
        [2, None],
    ):
        with pytest.raises(ArgumentError, match=r"^no count at place 1: fill in 0 where a mask is not to count$"):
            arrays.unique([1, 3], counts)
    for counts in (
        arrow.array([Decimal(2), Decimal(3)], arrow.decimal128(38, 1)),
        np.array([2, 3], object),
        pandas.Series([2, 3], dtype="Sparse[int64]"),
        array("I", [2, 3]),
        {1: 2, 3: 3}.values(),
        (each for each in (2, 3)),
        range(2, 4),
    ):
        assert dict(arrays.prevalence([1, 3], counts)) == {Cap(0): 5, Cap(1): 3}


def test_counts_up_to_63_bits():
    """Exactly, where a float would round; more than that is refused."""
    most = 2**63 - 1
    for counts in ([most - 1, 1], np.array([most - 1, 1], np.uint64)):
        found = arrays.prevalence([3, 1], counts)
        assert (found[0], found[1], found.total) == (most, most - 1, most)
        assert arrays.unique([3, 1], counts).counts.tolist() == [most - 1, 1]
    many = np.full(5, 2**62, np.int64)
    for function in (arrays.prevalence, arrays.unique):
        with pytest.raises(ArgumentError) as caught:
            function(range(5), many)
        assert str(caught.value) == f"the counts together are to be less than 2**63, got {5 * 2**62}"
        assert caught.value.value == 5 * 2**62


COUNTS = "expected counts as whole numbers from 0 to 2**63 - 1, got "


@pytest.mark.parametrize(
    ("counts", "error", "told"),
    [
        ([1], ArgumentError, "expected as many counts as masks, in the shape (2,), got (1,)"),
        (7, TypeError, f"{COUNTS}one number, 7: give a list of it"),
        (np.int64(7), ArgumentError, "expected as many counts as masks, in the shape (2,), got ()"),
        ([[1, 2], [3]], ArgumentError, "expected rows of the same length, got [[1, 2], [3]]"),
        ([1, -1], ArgumentError, f"{COUNTS}-1 at place 1"),
        (np.array([1, -1], np.int8), ArgumentError, f"{COUNTS}-1 at place 1"),
        ([1, 2**63], ArgumentError, f"{COUNTS}9223372036854775808 at place 1"),
        ([1, Decimal("0.5")], ArgumentError, f"{COUNTS}0.5 at place 1"),
        ([1.0, 2.0], TypeError, f"{COUNTS}1.0 at place 0{columns.FLOATS}"),
        (np.array([1.0, 2.0]), TypeError, f"{COUNTS}an array of float64 with 1.0{columns.FLOATS}"),
        ([True, False], TypeError, f"{COUNTS}True at place 0"),
        (np.array([True, False]), TypeError, f"{COUNTS}an array of bool with True"),
        ({1: 2, 2: 3}, TypeError, f"{COUNTS}{{1: 2, 2: 3}}: give its values, in the order of the masks"),
        ("12", TypeError, f"{COUNTS}'12'"),
        (["1", "2"], TypeError, f"{COUNTS}'1' at place 0"),
        ([[1, 2]], ArgumentError, "expected as many counts as masks, in the shape (2,), got (1, 2)"),
    ],
)
def test_wrong_counts(counts, error, told):
    """What was expected, and what to do."""
    with pytest.raises(error) as caught:
        arrays.unique([1, 2], counts)
    assert str(caught.value) == told


# -- many ----------------------------------------------------------------------------------------------

SIZES = [size + more for size in (_ROW, masks.BLOCK, table.BLOCK, 3 * table.BLOCK) for more in (-1, 0, 1)]


def bits_of(values):
    return {Cap(bit): n for bit in range(64) if (n := int(((values >> np.uint64(bit)) & np.uint64(1)).sum()))}


def counted(values):
    keys, times = np.unique(values, return_counts=True)
    return dict(zip(keys.tolist(), times.tolist(), strict=True))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("distinct", [1, 20, 500, 3000, None])
def test_around_the_ends_of_blocks(size, distinct):
    """Each counted once, whether it is in a whole block or not."""
    values = drawn(size, distinct, seed=size)
    found, named = arrays.unique(values), arrays.names(values)

    assert dict(arrays.prevalence(values)) == bits_of(values)
    assert dict(zip(found.masks.tolist(), found.counts.tolist(), strict=True)) == counted(values)
    assert np.array_equal(found.masks[np.argsort(found.masks)][named.codes], values)
    assert named.labels == [str(CapSet.from_mask(int(mask))) for mask in np.unique(values)]
    added, dropped = arrays.diff(values, DOCKER_DEFAULT)
    assert np.array_equal((added | np.uint64(DOCKER)) & ~dropped, values)


def test_many_carries():
    """All bits of very many masks, so that the planes go high."""
    values = np.full(masks.BLOCK * 40, TOP, np.uint64)

    assert set(arrays.prevalence(values).values()) == {len(values)}
    assert arrays.unique(values).counts.tolist() == [len(values)]


@pytest.mark.parametrize("seed", range(4))
def test_masks_that_the_sample_has_not_seen(seed):
    """Some at the places between, few or many; and a sample of one that is alone."""
    values = drawn(3 * table.BLOCK + 5, 20, seed)
    places = random.Random(seed).sample(range(len(values)), [1, 40, 3000, 100_000][seed])
    values[places] = drawn(len(places), 1 + len(places) // 2, seed + 50)
    counts = np.random.default_rng(seed).integers(0, 3, len(values))
    gone = np.random.default_rng(seed).random(len(values)) < 0.1

    found = arrays.unique(values)
    assert dict(zip(found.masks.tolist(), found.counts.tolist(), strict=True)) == counted(values)
    assert arrays.unique(values, counts) == arrays.unique(np.repeat(values, counts))
    for named, held in ((arrays.names(values), values), (arrays.names(np.ma.MaskedArray(values, gone)), values[~gone])):
        keys = np.unique(held)
        assert np.array_equal(keys[named.codes[named.codes >= 0]], held)
        assert len(named.labels) == len(keys)
    assert arrays.unique(np.ma.MaskedArray(values, gone)).total == (~gone).sum()
    assert arrays.unique(np.ma.MaskedArray(values, gone)) == _with_missing(arrays.unique(values[~gone]), gone.sum())


def _with_missing(found, missing):
    return arrays.Unique(found.masks, found.counts, int(missing))


def test_masks_between_those_of_the_sample(monkeypatch):
    """Whoever knows where it looks can hide the rest, which is sorted then: of many at once, or in the end of all."""
    monkeypatch.setattr(table, "_LATER", 1000)
    monkeypatch.setattr(table, "_MANY", 300)
    for distinct, seed in ((200, 1), (250, 2), (None, 3)):
        values = np.zeros(2 * table.BLOCK, np.uint64)
        values[masks._TOGETHER :: 32] = drawn(len(values[masks._TOGETHER :: 32]), distinct, seed)
        counts = np.arange(len(values)) % 3
        found = arrays.unique(values)
        assert masks.given(values).sample().tolist() == [0]
        assert dict(zip(found.masks.tolist(), found.counts.tolist(), strict=True)) == counted(values)
        assert arrays.unique(values, counts) == arrays.unique(np.repeat(values, counts))


def test_no_factor_helps(monkeypatch):
    """Where none is found, there is no table, and the answer is the same."""
    values = drawn(5000, 100)
    expected = arrays.unique(values), arrays.names(values)
    monkeypatch.setattr(table, "_FACTORS", 1)
    monkeypatch.setattr(table, "_CROWDED", 100_000)

    assert table.table_of(np.unique(values)) is None
    assert (arrays.unique(values), arrays.names(values)) == expected


@pytest.mark.parametrize(
    "keys",
    [
        [1 << bit for bit in range(64)],
        [at << 48 for at in range(600)],
        list(range(2048)),
        [TOP - at for at in range(2048)],
        [(at << 32) | at for at in range(1000)],
    ],
    ids=["single bits", "upper bits", "first numbers", "last numbers", "both halves"],
)
def test_masks_that_are_like_each_other(keys):
    """A product puts them into places of their own all the same."""
    values = np.array(keys * 3, np.uint64)
    found = arrays.unique(values)

    assert table.table_of(np.unique(values)) is not None
    assert found.masks.tolist() == sorted(keys)
    assert set(found.counts.tolist()) == {3}


# -- each question -------------------------------------------------------------------------------------


def test_diff_of_each_with_its_own():
    """Whatever the layout of either; where one is missing, so is the answer."""
    values, bases = drawn(60), drawn(60, seed=2)
    for mine, base in (
        (values, bases),
        (values.astype(">u8"), bases[::-1][::-1]),
        (np.asfortranarray(values.reshape(6, 10)), bases.reshape(6, 10)),
    ):
        added, dropped = arrays.diff(mine, base)
        assert np.array_equal(added, np.asarray(mine) & ~np.asarray(base))
        assert np.array_equal(dropped, ~np.asarray(mine) & np.asarray(base))
    added, dropped = arrays.diff([1, None, 3, 4], [CapSet([1]), 1, None, 4])
    assert (added.tolist(), dropped.tolist()) == ([1, None, None, 0], [2, None, None, 0])
    assert arrays.diff([1], [None]).added.tolist() == [None]
    assert arrays.diff([1, 2], np.uint64(1)) == arrays.diff([1, 2], 1) == arrays.diff([1, 2], CapSet([0]))


def test_diff_with_another_shape():
    """It is not repeated to fit."""
    with pytest.raises(ArgumentError) as caught:
        arrays.diff([1, 2], [1])
    assert str(caught.value) == "expected one set, or a base of the same shape, (2,), got (1,)"
    assert caught.value.value == (1,)
    with pytest.raises(ArgumentError, match=r"got -1$"):
        arrays.diff([1], -1)
    with pytest.raises(TypeError, match=r"got True$"):
        arrays.diff([1], True)
    with pytest.raises(TypeError, match=r"got Cap\.KILL: a capability is no mask"):
        arrays.diff([1], Cap.KILL)


def test_holds():
    """Each of these, one of these, none of these; of nothing asked all hold."""
    assert arrays.holds(SOME).all()
    assert arrays.holds([1, 2, 3], any=["chown"]).tolist() == [True, False, True]
    assert arrays.holds([1, 2, 3], all=[0], none=[1]).tolist() == [True, False, False]
    assert arrays.holds([1, 2, 3], all=[0], none=[0]).tolist() == [False, False, False]
    assert arrays.holds([0, 1 << 63], none=CapSet([63])).tolist() == [True, False]
    with pytest.raises(UnknownCapabilityError):
        arrays.holds([1], all=["net_rwa"])


SOME_OF_THREE = [list(bits) for size in range(4) for bits in itertools.combinations([0, 1, 63], size)]


@pytest.mark.parametrize("some", SOME_OF_THREE, ids=str)
def test_holds_whatever_is_asked(some):
    """Bits that are asked for in several ways too, which can ask for what no mask has; and of many blocks."""
    values = np.array([mask | more for mask in (0, 1, 2, 3) for more in (0, 4, 1 << 63)], np.uint64)
    for each, none in itertools.product(SOME_OF_THREE, SOME_OF_THREE):
        expected = [
            set(each) <= caps and (not some or bool(caps & set(some))) and not caps & set(none)
            for caps in map(set, map(CapSet.from_mask, values.tolist()))
        ]
        assert arrays.holds(values, all=each, any=some, none=none).tolist() == expected
    many = drawn(2 * table.BLOCK + 7, 50)
    asked = CapSet(some or [5]).mask
    one_by_one = [bool(mask & asked) and not mask & 4 for mask in many.tolist()]
    assert arrays.holds(many, any=CapSet.from_mask(asked), none=[2]).tolist() == one_by_one


@pytest.mark.parametrize("word", ["all", "any", "none"])
def test_holds_one_that_is_in_no_list(word):
    """Its letters are no capabilities."""
    for one in ("sys_admin", Cap.SYS_ADMIN):
        with pytest.raises(TypeError) as caught:
            arrays.holds([1], **{word: one})
        told = f"{word}= takes a list of capabilities, got {one!r}: write {word}=[{one!r}]"
        assert str(caught.value) == told
    with pytest.raises(TypeError, match="expected an iterable of capabilities, got 5"):
        arrays.holds([1], **{word: 5})


def test_count_before_numpy_2(monkeypatch):
    """Which has no function for it."""
    monkeypatch.delattr(np, "bitwise_count", raising=False)
    assert check(np.array(SOME, ">u8").reshape(2, 5)) == (2, 5)


# -- what is found -------------------------------------------------------------------------------------


def test_prevalence_is_a_mapping():
    """Of those that any holds; others count 0, and what is no capability is an error."""
    found = arrays.prevalence([1, 3, 1 << 63, None])

    assert list(found.items()) == [(Cap.CHOWN, 2), (Cap.DAC_OVERRIDE, 1), (Cap(63), 1)]
    assert (found["chown"], found[63], found["sys_admin"], found.get(Cap.KILL)) == (2, 1, 0, 0)
    assert "chown" in found
    assert 63 in found
    assert "kill" not in found
    assert None not in found
    assert True not in found
    assert found.share("chown") == 2 / 3
    assert str(arrays.prevalence([]).share("chown")) == "nan"
    assert repr(found) == "<Prevalence of 3 masks, 1 missing: CHOWN: 2, DAC_OVERRIDE: 1, 63: 1>"
    assert repr(arrays.prevalence([0])) == "<Prevalence of 1 mask: nothing is held>"
    assert found == {0: 2, 1: 1, 63: 1} == found
    assert found != arrays.prevalence([1, 3, 1 << 63])
    assert found != 5
    with pytest.raises(UnknownCapabilityError):
        found["net_rwa"]
    with pytest.raises(TypeError, match="expected a capability, its name or its number, got True"):
        found[True]


def test_prevalence_of_something_else():
    """It says what is counted, and of how many not all was understood; which of both is more than a word."""
    counted = {Cap.CHOWN: 2}
    found = arrays.Prevalence(counted, 3, 1, partly=1, what="processes")

    assert repr(found) == "<Prevalence of 3 processes, 1 missing, 1 partly understood: CHOWN: 2>"
    assert found == arrays.Prevalence(counted, 3, 1, partly=1)
    assert found != arrays.Prevalence(counted, 3, 1, what="processes")
    assert found == counted
    assert (found.what, arrays.prevalence([1]).what, arrays.prevalence([1]).partly) == ("processes", "masks", 0)
    assert copy.copy(found).what == pickle.loads(pickle.dumps(found)).what == "processes"
    assert str(found).splitlines() == [
        "no. capability  processes  share",
        "  0 CAP_CHOWN           2  66.7%",
        "of 3 processes",
        "1 process more is missing, of which nothing is known",
        "! of 1 process not all was understood: it may hold more",
    ]
    told = "! of 2 processes not all was understood: they may hold more"
    several = arrays.Prevalence({}, 2, partly=2, what="processes")
    assert str(several) == f"nothing is held\nof 2 processes\n{told}"
    assert "nothing is held in 2 processes" in several._repr_html_()
    assert told in several._repr_html_()
    assert "held in 3 processes" in found._repr_html_()
    assert list(found.to_records()) == [
        {"cap": "CAP_CHOWN", "number": 0, "count": 2, "total": 3, "note": None},
        {"cap": None, "number": None, "count": 1, "total": 3, "note": "missing"},
        {"cap": None, "number": None, "count": 1, "total": 3, "note": "partly"},
    ]
    with pytest.raises(TypeError, match=r"^expected what is counted as a text, such as 'masks', got 5$"):
        arrays.Prevalence({}, 0, what=5)


def test_unique_is_a_list():
    """A slice is of its kind, and its shares are of all."""
    found = arrays.unique([1, 1, 0x20, None, TOP])

    assert found[0] == (CapSet(["chown"]), 2)
    assert found[-1] == (CapSet.from_mask(TOP), 1)
    assert list(found[1:]) == [(CapSet(["kill"]), 1), (CapSet.from_mask(TOP), 1)]
    assert (found[1:].total, found[1:].missing) == (4, 1)
    assert repr(found) == "<Unique: 3 distinct of 4 masks, 1 missing>"
    assert found == arrays.unique([TOP, None, 1, 0x20, 1]) != arrays.unique([TOP, 1, 0x20, 1])
    assert found != [1]


def test_pairs_are_values():
    """They unpack, and equal what has the same; a tuple of arrays cannot be compared."""
    found, same = arrays.diff([1, None], 2), arrays.diff(np.array([1, 0]), 2)

    assert found != same
    assert found == arrays.diff([1, None], 2)
    assert found != (found.added, found.dropped)
    assert found != arrays.diff([1, None, None], 2)
    assert same != arrays.diff([1, 1], 2)
    assert arrays.names([1, 0]) == arrays.names([1, 0]) != arrays.names([1, 2])
    with pytest.raises(TypeError, match="unhashable"):
        hash(found)


def test_names_are_categories_of_pandas():
    """As they are."""
    pandas = needs("pandas")
    found = pandas.Categorical.from_codes(*arrays.names([1, None, 1, 0]))
    assert [*found][::2] == ["CAP_CHOWN", "CAP_CHOWN"]
    assert [*pandas.isna(found)] == [False, True, False, False]


FOUND = {
    "prevalence": arrays.prevalence([1, 3, 0, DOCKER | 1 << 21, 1 << 63, None, None]),
    "unique": arrays.unique([DOCKER | 1 << 21, DOCKER | 1 << 21, 0, None]),
    "diff": arrays.diff([DOCKER | 1 << 21, DOCKER, 1, None], DOCKER_DEFAULT),
    "names": arrays.names([[3, 0], [3, None]]),
}


@pytest.mark.parametrize("found", FOUND.values(), ids=FOUND)
def test_found_is_copied(found):
    """And pickled."""
    assert pickle.loads(pickle.dumps(found)) == copy.deepcopy(found) == copy.copy(found) == found


def test_text():
    """With what is missing."""
    gone = " of which nothing is known"
    assert display.text(FOUND["prevalence"]).splitlines()[:3] == [
        "no. capability            masks  share",
        "  0 CAP_CHOWN                 3  60.0%",
        "  1 CAP_DAC_OVERRIDE          2  40.0%",
    ]
    assert display.text(FOUND["prevalence"]).splitlines()[-3:] == [
        " 63 63                        1  20.0%",
        "of 5 masks",
        f"2 masks more are missing,{gone}",
    ]
    assert display.text(FOUND["unique"]).splitlines() == [
        "2 distinct of 3 masks",
        "2, 66.7%: 00000000a82425fb Docker's default and CAP_SYS_ADMIN",
        "1, 33.3%: 0000000000000000 none",
        f"1 mask more is missing,{gone}",
    ]
    assert display.text(FOUND["diff"]).splitlines()[:3] == [
        "3 masks: 1 with more, 1 with less, 1 the same",
        "0: +CAP_SYS_ADMIN",
        "1: no difference",
    ]
    assert display.text(FOUND["diff"]).splitlines()[-2:] == ["3: not known", f"1 mask more is missing,{gone}"]
    assert display.text(FOUND["names"]).splitlines() == [
        "3 masks, 2 distinct",
        "0: CAP_CHOWN, CAP_DAC_OVERRIDE",
        "1: none",
        "2: CAP_CHOWN, CAP_DAC_OVERRIDE",
        "3: not known",
        f"1 mask more is missing,{gone}",
    ]
    assert display.text(arrays.prevalence([])) == "nothing is held\nof 0 masks"
    assert display.text(arrays.unique([0])) == "1 distinct of 1 mask\n1, 100%: 0000000000000000 none"


def test_shares_say_none_and_all_for_these_alone():
    """Rounding would hide the one that has it, or has it not."""
    found = arrays.prevalence([1, 2, 4], [1, 1_000_000, 0])
    assert display.text(found).splitlines()[1:-1] == [
        "  1 CAP_DAC_OVERRIDE  1000000  >99.9%",
        "  0 CAP_CHOWN               1   <0.1%",
    ]


@pytest.mark.parametrize("found", FOUND.values(), ids=FOUND)
def test_printed(found):
    """As its text, which is nowhere wider than a terminal; its repr is its own."""
    assert str(found) == f"{found}" == display.text(found) != repr(found)
    assert max(map(len, str(found).splitlines())) <= 80


@pytest.mark.parametrize("ask", [arrays.unique, arrays.names, lambda values: arrays.diff(values, 0)])
def test_long_lines_are_folded(ask):
    """Between names, and what follows is set in."""
    lines = str(ask([0x123456789])).splitlines()

    assert max(map(len, lines)) <= 80
    assert [line[:4] for line in lines[2:]] == ["    "] * (len(lines) - 2)
    assert " ".join(line.strip() for line in lines[1:]).count("CAP_") == 15


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("prevalence", ["held in 5 masks", "60.0%", "<b>!</b>&nbsp;CAP_SYS_ADMIN", "2 masks more are missing"]),
        (
            "unique",
            [
                "2 distinct of 3 masks",
                "66.7%",
                "00000000a82425fb",
                "<b>+1</b>: <b>!</b>&nbsp;CAP_SYS_ADMIN",
                "is missing",
            ],
        ),
        (
            "diff",
            ["1 with more, 1 with less, 1 the same", "<b>!</b>&nbsp;CAP_SYS_ADMIN", "none", "not known", "is missing"],
        ),
        ("names", ["3 masks, 2 distinct", "CAP_CHOWN, CAP_DAC_OVERRIDE", "none", "not known", "is missing"]),
    ],
)
def test_html(name, words):
    """With what lists warn of, and with what is missing."""
    shown = checked(FOUND[name]._repr_html_()) and FOUND[name]._repr_html_()
    assert [word for word in words if word not in shown] == []


@pytest.mark.parametrize("ask", [arrays.unique, arrays.names, lambda values: arrays.diff(values, 1)])
def test_very_many_are_not_all_shown(ask):
    """The first, and how many there are besides."""
    found = ask(np.arange(100_000, dtype=np.uint64))
    shown, text = display.html(found), display.text(found)

    assert len(shown) < 100_000
    assert "and 99800 more; to_records() has all of them" in shown
    assert text.splitlines()[-1] == "and 99800 more"


def test_nothing_is_shown():
    """Of no masks, and of masks without any capability."""
    assert "nothing is held in 1 mask" in display.html(arrays.prevalence([0]))
    for found in (arrays.unique([]), arrays.names([]), arrays.diff([], 1)):
        assert "0 masks" in display.html(found)
        assert "0 masks" in display.text(found)
        assert list(found.to_records()) == []


def test_records():
    """Each mask or capability, and a row of what is missing."""
    rows = {name: list(found.to_records()) for name, found in FOUND.items()}
    assert rows["prevalence"][0] == {"cap": "CAP_CHOWN", "number": 0, "count": 3, "total": 5, "note": None}
    assert rows["prevalence"][-2:] == [
        {"cap": "63", "number": 63, "count": 1, "total": 5, "note": None},
        {"cap": None, "number": None, "count": 2, "total": 5, "note": "missing"},
    ]
    assert rows["unique"] == [
        {"mask": DOCKER | 1 << 21, "count": 2, "total": 3, "names": str(DOCKER_DEFAULT | {"sys_admin"})},
        {"mask": 0, "count": 1, "total": 3, "names": ""},
        {"mask": None, "count": 1, "total": 3, "names": None},
    ]
    assert rows["diff"] == [
        {"place": 0, "added": 1 << 21, "dropped": 0},
        {"place": 1, "added": 0, "dropped": 0},
        {"place": 2, "added": 0, "dropped": DOCKER - 1},
        {"place": 3, "added": None, "dropped": None},
    ]
    assert [row["names"] for row in rows["names"]] == [
        "CAP_CHOWN,CAP_DAC_OVERRIDE",
        "",
        "CAP_CHOWN,CAP_DAC_OVERRIDE",
        None,
    ]


# -- without NumPy -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", arrays.__all__)
def test_without_numpy(monkeypatch, name):
    """It is said what brings it; an error inside NumPy is its own."""
    ours = [each for each in sys.modules if each.startswith("capset.arrays")]
    for each in ours:
        monkeypatch.delitem(sys.modules, each)
    real = builtins.__import__

    def refuse(module, *args, **kwargs):
        if module.split(".")[0] == "numpy":
            raise ModuleNotFoundError(f"No module named {missing!r}", name=missing)
        return real(module, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    missing = "numpy"
    with pytest.raises(MissingExtraError, match=r"capset\[arrays\]"):
        getattr(importlib.import_module("capset.arrays"), name)
    missing = "numpy.of_its_own"
    with pytest.raises(ModuleNotFoundError, match="of_its_own") as caught:
        getattr(importlib.import_module("capset.arrays"), name)
    assert not isinstance(caught.value, MissingExtraError)
