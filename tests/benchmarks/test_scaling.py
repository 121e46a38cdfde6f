"""Twice as much of a text against half of it: what a count of calls cannot see, which is what C copies and compares."""

from __future__ import annotations

import pytest

from tests.shapes import SHAPES, tried

# YAML takes long, and nearly all of it in ruamel.yaml.
CASES = [(name, shape) for name, (_, shapes) in SHAPES.items() for shape in shapes if "YAML" not in name + shape]


@pytest.mark.parametrize(("reader", "shape"), CASES, ids=[f"{name}-{shape}" for name, shape in CASES])
def test_twice_as_much(against, reader, shape):
    """The ratio of what grows as the square is 4. It takes minutes, so it is asked for by name and not by .ci/run."""
    read, shapes = SHAPES[reader]
    less, more = (shapes[shape](many) for many in (1000, 2000))

    against(
        lambda: tried(read, more),
        lambda: tried(read, less),
        name=f"{reader}: {shape}",
        floor_name="half as much",
        limit=2.8,
        rounds=3,
    )
