"""Write an inventory of the names of another project again: python docs/inventories/write.py NAME OBJECTS.INV.

NAME.inv here lists, as text, the names of a project that the pages of capset refer to, and where each is documented.
Sphinx reads it instead of asking the project's own site, so a build needs no network, and links are the same with it
and without. To refer to one more name, write a line for it, and run this with the inventory of that project, which its
site has, and its Debian package of documentation (python3-doc: /usr/share/doc/python3/html/objects.inv). The place of
each name is looked up there.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sphinx.util.inventory import InventoryFile

HERE = Path(__file__).parent


def written(text: str, whole: bytes) -> str:
    """Return the text of an inventory, with the places that the whole inventory has for its names.

    Raises:
        LookupError: It has no such name, or one that is not at an anchor of its own name.
    """
    told = text.splitlines()
    places = InventoryFile.loads(whole, uri="").data
    lines: list[str] = []
    for name, kind, *_ in sorted(line.split() for line in told[3:]):
        item = places.get(f"py:{kind}", {}).get(name)
        if item is None:
            raise LookupError(f"{name}: the project documents no {kind} of that name")
        page, _, anchor = item.uri.partition("#")
        if anchor != name:
            raise LookupError(f"{name}: it is at #{anchor}, which this form of inventories cannot say")
        lines.append(f"{name} {kind} {page}")
    return "\n".join([*told[:3], *lines]) + "\n"


if __name__ == "__main__":
    mine = HERE / f"{sys.argv[1]}.inv"
    mine.write_text(written(mine.read_text("utf-8"), Path(sys.argv[2]).read_bytes()), "utf-8")
