"""What is read has bounds, and within them twice as much takes no more than twice the work."""

from __future__ import annotations

from itertools import pairwise

import pytest

from capset import CapDiff, bounds, documents, engines, live
from capset.errors import TooLargeError
from capset.formats import configuration, libcap, systemd
from tests.shapes import SHAPES, work

pytest.importorskip("ruamel.yaml")

CASES = [(name, shape) for name, (_, shapes) in SHAPES.items() for shape in shapes]
IDS = [f"{name}-{shape}" for name, shape in CASES]
TIMES = [1, 2, 4, 8]


@pytest.mark.scaling
@pytest.mark.parametrize(("reader", "shape"), CASES, ids=IDS)
def test_twice_as_much_takes_twice_the_work(reader, shape):
    """Three times."""
    read, shapes = SHAPES[reader]
    counts = [work(read, shapes[shape](16 * times)) for times in TIMES]

    for less, more in pairwise(counts):
        assert more <= 2.2 * less + 100, counts


def test_a_text_that_is_too_long(monkeypatch):
    """Each reader of a text says how long it may be."""
    monkeypatch.setattr(bounds, "LONGEST_TEXT", 10)
    readers = (documents.read, documents.dialect_of, live.parse_status, libcap.from_text, libcap.iab_from_text)
    for read in (*readers, libcap.from_name, systemd.from_unit, CapDiff.parse):
        with pytest.raises(TooLargeError, match="more than 10 characters or bytes are not read: divide it"):
            read(" " * 11)
    for read in (documents.read, live.parse_status):
        with pytest.raises(TooLargeError, match="more than 10 characters"):
            read(b" " * 11)
    with pytest.raises(TooLargeError, match="more than 10 characters"):
        configuration.read(" " * 11, engines.get("podman"))
    assert CapDiff.parse(" " * 10) == CapDiff()
