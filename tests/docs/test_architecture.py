"""The page about the architecture shows the house as it is."""

from __future__ import annotations

import re
from pathlib import Path

from tests.house import LAYERS

PAGE = Path(__file__).parent.parent.parent / "docs/explanation/architecture.md"


def test_the_table_has_the_layers_in_their_order():
    """A row for each; ``data/`` is no code, and the package itself and its way to be run are no rooms."""
    rows = re.findall(r"^\| `(\w+)/?` \|", PAGE.read_text("utf-8"), re.MULTILINE)

    assert [row for row in rows if row != "data"] == [name for name in LAYERS if not name.startswith("__")]
