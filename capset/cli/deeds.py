"""What people name as something to be done: an operation by its id, or several by words."""

from __future__ import annotations

from capset import operations
from capset.capability import Cap
from capset.cli.output import Failure
from capset.errors import UnknownCapabilityError, shown
from capset.operations import Operations

__all__ = ["counted_ids", "deeds", "named_values"]

_SOME = 6  # so many operations stand for many


def deeds(text: str, *, every: bool = False) -> Operations:
    """Return the operation of that id, or those that are found by these words; by *every*, these whatever the id."""
    if not every and text in operations.names():
        return Operations([operations.get(text)])
    if found := operations.search(text) or operations.for_syscall(text) or _asking_for(text):
        return found
    from difflib import get_close_matches

    spelled = {each.lower(): each for each in operations.names()}
    close = get_close_matches(text.lower(), spelled, n=1)
    hint = f"did you mean {spelled[close[0]]}?" if close else "try one word of it, such as mount, raw or priority"
    raise Failure(f"capset knows no operation {shown(text)}, nor one with these words: {hint}")


def _asking_for(text: str) -> Operations:
    """Return the operations that ask for the capability of that name; none where it is no name of one."""
    try:
        cap = Cap.parse(text)
    except UnknownCapabilityError:
        return Operations()
    found = operations.by_cap(cap)
    if not found:
        raise Failure(f"capset knows no operation that asks for {cap}; what it permits: capset explain {text.strip()}")
    return found


def counted_ids(found: Operations) -> str:
    """Write some of the ids, one of each area first, and how many more there are."""
    first = {each.area: each.id for each in reversed(found)}
    some = [*dict.fromkeys([*reversed(first.values()), *(each.id for each in found)])][:_SOME]
    more = f" and {len(found) - len(some)} more" if len(found) > len(some) else ""
    return f"{'; '.join(some)}{more}"


def named_values(given: tuple[str, ...], option: str) -> dict[str, int | str]:
    """Read what an option says several times, as NAME=VALUE."""
    found: dict[str, int | str] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise Failure(f"{option} is NAME=VALUE, got {shown(each)}")
        found[name.strip()] = value.strip()
    return found
