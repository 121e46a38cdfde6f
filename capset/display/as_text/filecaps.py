"""The capabilities of a program file, as text."""

from __future__ import annotations

from capset.display import text
from capset.filecaps import FileCaps
from capset.summary import summary


@text.register(FileCaps)
def _file_caps(caps: FileCaps) -> str:
    return "\n".join(
        [
            f"permitted: {summary(caps.permitted)}",
            f"inheritable: {summary(caps.inheritable)}",
            f"effective bit: {'on' if caps.effective else 'off'}",
            f"counts: {f'where user {caps.rootid} is root' if caps.rootid else 'in every user namespace'}",
            f"revision: {caps.revision}",
        ]
    )
