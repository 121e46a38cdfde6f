"""The capabilities of a program file, as HTML."""

from __future__ import annotations

from capset.display import html
from capset.display.as_html.judging import told
from capset.display.as_html.markup import Html, block, listed, signed, table
from capset.display.judging import risky
from capset.filecaps import FileCaps


@html.register(FileCaps)
def _file_caps(caps: FileCaps) -> str:
    bit = signed("+", "on: what is permitted is effective at once") if caps.effective else signed("−", "off")  # noqa: RUF001
    rows: list[tuple[str | Html, str | Html]] = [
        ("permitted", listed(caps.permitted, risky(caps.permitted))),
        ("inheritable", listed(caps.inheritable, risky(caps.inheritable))),
        ("effective bit", bit),
        ("counts", f"where user {caps.rootid} is root" if caps.rootid else "in every user namespace"),
        ("revision", str(caps.revision)),
    ]
    shown = table("The capabilities of a file", (), rows)
    return block(shown, *told(caps.permitted | caps.inheritable))
