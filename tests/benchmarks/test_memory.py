"""Within the bounds of what is read, twice as much takes no more than twice the memory.

It is here because it takes minutes; how many bytes are in use is the same on every machine.
"""

from __future__ import annotations

import gc
import tracemalloc

import pytest

from tests.shapes import SHAPES, prepare, tried

pytest.importorskip("ruamel.yaml")

CASES = [(name, shape) for name, (_, shapes) in SHAPES.items() for shape in shapes]


def memory(reader, text):
    """Return how many bytes are in use at most."""
    prepare(reader, text)
    gc.collect()
    tracemalloc.start()
    try:
        tried(reader, text)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("reader", "shape"), CASES, ids=[f"{name}-{shape}" for name, shape in CASES])
def test_twice_as_much_takes_twice_the_memory(reader, shape):
    """Also where it is C that copies."""
    read, shapes = SHAPES[reader]
    less, more = (memory(read, shapes[shape](many)) for many in (128, 256))

    assert more <= 2.3 * less + 30_000, (less, more)
