"""Write into capset's data in the name of which functions of the kernel the checks of each operation stand.

    python -m tests.live.witnesses.stacks > capset/data/stacks.toml

Every witness acts once with all that there is, and is recorded through tracefs, as root on Linux 6.14 or later.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import date

from capset import observed, operations
from tests.live.witnesses.areas import witnesses
from tests.live.witnesses.recording import recorded, recorder

__all__ = ["document", "seen"]

HEAD = """\
# In the name of which functions of the kernel the checks of an operation stand in a stack, besides that which decides:
# a compiler puts small functions into those that call them. Written by tests/live/witnesses/stacks.py.
schema = 1
"""


def seen(operation: operations.Operation, use: observed.Use) -> list[str]:
    """Return the functions in which an operation was asked for what it takes."""
    return sorted(
        {
            check.function
            for check in use.relevant()
            if check.cap in operation.needs.caps
            and check.verdict == "granted"
            and check.function
            and (not check.syscall or operation in operations.for_syscall(check.syscall))
        }
    )


def document() -> Iterator[str]:
    """Return the lines of the document, from the running kernel."""
    yield f'{HEAD}release = "{os.uname().release}"\ndate = {date.today()}\n\n[functions]'
    with recorder() as folder:
        for id, witness in sorted(witnesses().items()):
            found, text = recorded(witness, folder)
            operation = operations.get(id)
            functions = seen(operation, observed.read(text, tracer="trace"))
            if found.done and functions not in ([], [operation.function]):
                yield f"{json.dumps(id)} = {json.dumps(functions)}"


if __name__ == "__main__":
    print("\n".join(document()))
