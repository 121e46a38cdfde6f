"""Ten million masks at once, against what the memory gives; and what else people would take, on the same masks."""

from __future__ import annotations

import importlib.util
import tracemalloc

import pytest

from capset import DOCKER_DEFAULT

np = pytest.importorskip("numpy", reason="needs NumPy (pip install 'capset[arrays]')")

from capset import arrays  # noqa: E402

SIZE = 10_000_000
BASE = np.uint64(DOCKER_DEFAULT.mask)
LACKED = ~BASE
HAS, LOOKED_AT = np.uint64(0x2001), np.uint64(0x202001)  # CHOWN and NET_RAW; and SYS_ADMIN, which is not to be there
ASKED = {"all": ["net_raw", "chown"], "none": ["sys_admin"]}


@pytest.fixture(scope="module")
def few():
    """200 masks, as a fleet has them: some of them very often."""
    chance = np.random.default_rng(1)
    share = 1 / np.arange(1, 201)
    keys = chance.integers(0, 2**41, 200, np.uint64)
    return keys[chance.choice(200, SIZE, p=share / share.sum())]


@pytest.fixture(scope="module")
def random():
    """All of 64 bits, and no two alike."""
    return np.random.default_rng(2).integers(0, 2**64 - 1, SIZE, np.uint64, endpoint=True)


@pytest.fixture
def masks(request):
    """Masks of one of both kinds."""
    return request.getfixturevalue(request.param)


both = pytest.mark.parametrize("masks", ["few", "random"], indirect=True)
FLOORS = {
    "bitwise_or.reduce": np.bitwise_or.reduce,
    "two copies": lambda masks: (masks.copy(), masks.copy()),
    "one comparison": lambda masks: masks == BASE,
    "np.unique": lambda masks: np.unique(masks, return_counts=True),
}


def compare(against, request, name, ask, floor, masks, limit=None, rounds=9):
    kind = request.node.callspec.params.get("masks", "few")
    against(
        lambda: ask(masks),
        lambda: FLOORS[floor](masks),
        name=f"{name}, {kind}",
        floor_name=floor,
        limit=limit,
        rounds=rounds,
    )


OURS = {
    "prevalence": (arrays.prevalence, "bitwise_or.reduce", 12),
    "diff": (lambda masks: arrays.diff(masks, DOCKER_DEFAULT), "two copies", 2),
    "holds": (lambda masks: arrays.holds(masks, **ASKED), "one comparison", 2.2),
    "holds, any= alone": (lambda masks: arrays.holds(masks, any=["kill", "mknod"]), "one comparison", 2.2),
    "holds, any= too": (lambda masks: arrays.holds(masks, any=["kill", "mknod"], **ASKED), "one comparison", 2.2),
    "count": (arrays.count, "one comparison", None),
}


@both
@pytest.mark.parametrize("name", OURS)
def test_ours(against, request, masks, name):
    """What costs the same for any masks."""
    ask, floor, limit = OURS[name]
    compare(against, request, f"arrays.{name}", ask, floor, masks, limit)


@pytest.mark.parametrize("masks", ["few"], indirect=True)
@pytest.mark.parametrize(("name", "limit"), [("unique", 12), ("names", None)])
def test_few(against, request, masks, name, limit):
    """Where few are distinct."""
    compare(against, request, f"arrays.{name}", getattr(arrays, name), "bitwise_or.reduce", masks, limit)


@pytest.mark.parametrize("masks", ["random"], indirect=True)
def test_all_distinct(against, request, masks):
    """No worse than sorting all."""
    compare(against, request, "arrays.unique", arrays.unique, "np.unique", masks, 1.1, rounds=3)


def of_pandas(masks):
    import pandas

    column = pandas.Series(masks)
    return {
        "value_counts": (column.value_counts, "bitwise_or.reduce"),
        "factorize": (lambda: pandas.factorize(column), "bitwise_or.reduce"),
        "diff": (lambda: (column & LACKED, ~column & BASE), "two copies"),
        "holds": (lambda: (column & LOOKED_AT) == HAS, "one comparison"),
    }


def of_polars(masks):
    import polars

    frame, mask = polars.DataFrame({"mask": masks}), polars.col("mask")

    def bits(number):
        return polars.lit(int(number), polars.UInt64)

    pair = ((mask & bits(LACKED)).alias("added"), ((mask & bits(BASE)) ^ bits(BASE)).alias("dropped"))
    each = [((mask & bits(1 << at)) != 0).sum().alias(str(at)) for at in range(64)]
    return {
        "value_counts": (frame["mask"].value_counts, "bitwise_or.reduce"),
        "64 sums": (lambda: frame.select(each), "bitwise_or.reduce"),
        "diff": (lambda: frame.select(pair), "two copies"),
        "holds": (lambda: frame.select((mask & bits(LOOKED_AT)) == bits(HAS)), "one comparison"),
    }


def of_duckdb(masks):
    import duckdb
    import pyarrow

    table = pyarrow.table({"mask": masks})
    connection = duckdb.connect()
    connection.register("masks", table)

    def ask(query):
        return lambda: connection.sql(query).to_arrow_table()

    base, lacked = f"{BASE}::ubigint", f"{LACKED}::ubigint"
    return {
        "group by": (ask("select mask, count(*) from masks group by mask"), "bitwise_or.reduce"),
        "diff": (ask(f"select mask & {lacked} as a, xor(mask & {base}, {base}) as d from masks"), "two copies"),
        "holds": (ask(f"select mask & {LOOKED_AT}::ubigint = {HAS}::ubigint as h from masks"), "one comparison"),
    }


PEERS = {"pandas": of_pandas, "polars": of_polars, "duckdb": of_duckdb}
QUESTIONS = [
    *[("pandas", name) for name in ("value_counts", "factorize", "diff", "holds")],
    *[("polars", name) for name in ("value_counts", "64 sums", "diff", "holds")],
    *[("duckdb", name) for name in ("group by", "diff", "holds")],
]


@both
@pytest.mark.parametrize(("peer", "name"), QUESTIONS)
def test_peers(against, request, masks, peer, name):
    """With all the threads that they take."""
    if not importlib.util.find_spec(peer):
        pytest.skip(f"needs {peer}")
    ask, floor = PEERS[peer](masks)[name]
    compare(against, request, f"{peer} {name}", lambda _: ask(), floor, masks, rounds=3)


# -- memory, of which NumPy tells tracemalloc: how much does not depend on the machine -----------------

MANY = 4_000_000
BLOCKS = 5_000_000  # bytes of some blocks, beside the masks and what is given back
FLAT = np.arange(MANY, dtype=np.uint64) % np.uint64(300)
LAID = {
    "as they are": FLAT,
    "big-endian": FLAT.astype(">u8"),
    "every second": np.repeat(FLAT, 2)[::2],
    "turned": FLAT.reshape(2000, 2000).T,
    "signed": FLAT.view(np.int64),
    "narrow": FLAT.astype(np.uint16),
}
GIVEN_BACK = {
    "prevalence": (arrays.prevalence, 0),
    "unique": (arrays.unique, 0),
    "names": (arrays.names, 4),
    "diff": (lambda masks: arrays.diff(masks, 1), 16),
    "diff of each": (lambda masks: arrays.diff(masks, masks), 16),
    "holds": (lambda masks: arrays.holds(masks, any=[1, 2], **ASKED), 1),
    "count": (arrays.count, 1),
}


@pytest.mark.parametrize("laid", LAID)
@pytest.mark.parametrize("name", GIVEN_BACK)
def test_memory(name, laid):
    """No more than some blocks beside the masks and the answer, however the masks lie."""
    ask, width = GIVEN_BACK[name]
    ask(LAID[laid][:10])  # what is loaded the first time
    tracemalloc.start()
    try:
        found = ask(LAID[laid])
        assert tracemalloc.get_traced_memory()[1] <= width * MANY + BLOCKS
        assert found is not None
    finally:
        tracemalloc.stop()


def test_memory_of_masked_ones():
    """A byte for each mask, for what is missing."""
    masks = np.ma.MaskedArray(FLAT, FLAT == 7)
    for name in ("prevalence", "unique", "names"):
        ask, width = GIVEN_BACK[name]
        ask(masks[:10])
        tracemalloc.start()
        try:
            ask(masks)
            assert tracemalloc.get_traced_memory()[1] <= (width + 2) * MANY + BLOCKS, name
        finally:
            tracemalloc.stop()
