"""Why a thread can do something, or cannot, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from capset.operations.condition import Condition
from capset.operations.operation import Operation
from capset.operations.requirement import Requirement
from capset.operations.userns import Scope
from capset.sets import CapSet
from capset.state import CapState

__all__ = ["Verdict", "in_words", "provided", "reason", "where_it_counts"]

Verdict = Literal["yes", "no", "not known"]

_PLACES = {
    "initial": "in the initial user namespace",
    "object": "in a user namespace in which the owner of what it is done to has an id",
    "target": "in the user namespace of the process that it is done to",
    "own": "in one's own user namespace",
    "none": "nowhere",
}
_TOLD_BY_SOURCE = "so it is by the kernel's source; no kernel was asked"


def where_it_counts(operation: Operation) -> str:
    """Say in which user namespace a capability counts for an operation."""
    kind = operation.namespace
    return _PLACES.get(kind) or f"in the user namespace that owns the {kind} namespace"


def in_words(needs: Requirement) -> str:
    """Write a requirement as people say it."""
    ways = [" and ".join(map(str, way)) or "no capability" for way in needs]
    return ", or ".join(ways) or "more than any capability"


def provided(operation: Operation, where: Scope) -> tuple[str, ...]:
    """Say what else has to be so for a capability to count, where it is not held in the initial user namespace."""
    if where.initial:
        return ()
    kind = operation.namespace
    there: tuple[str, ...] = ()
    if kind in where.owns and where.sources:  # as it is with most of that name; of a process it was asked
        there = (f"the {kind} namespace is its own, and not that of the host",)
    elif kind == "object":
        which = f" ({where.ids})" if where.ids else ""
        there = (f"the owner and the group of what it is done to have an id there{which}",)
    elif kind == "target":
        there = ("the process that it is done to is in that user namespace, or in one below it",)
    return (*there, *operation.elsewhere)


def reason(
    operation: Operation,
    verdict: Verdict,
    needs: Requirement | None,
    state: CapState,
    where: Scope,
    unknown: Sequence[Condition],
) -> str:
    """Say why an answer is what it is.

    Args:
        operation: What is to be done.
        verdict: The answer.
        needs: What is needed, if that is known; what would do in either case, where it is not known which it is.
        state: The sets of the thread.
        where: Where it holds them.
        unknown: The conditions that decide and of which it is not known whether they are so.
    """
    settled = ""
    if needs is None or verdict == "not known":
        told = _open(operation, unknown)
    else:
        asked = _either(operation, unknown) if unknown else _asked(needs)
        if needs.satisfied_by(()):
            told = "it needs no capability"
        elif verdict == "yes":
            told = _granted(operation, needs, state.effective, where)
        elif not needs.ways and not unknown:
            told = asked
        else:
            told = _refused(operation, asked, needs, state, where)
        if operation.conditions and not unknown:
            settled = _settled(operation, needs)
    return "; ".join([told + settled, *([_TOLD_BY_SOURCE] if operation.undecided else [])])


def _asked(needs: Requirement) -> str:
    return f"it needs {in_words(needs)}" if needs.ways else "no capability would do"


def _settled(operation: Operation, needs: Requirement) -> str:
    if needs is operation.needs:
        return f" ({' and '.join(map(str, operation.conditions))})"
    return f" ({' or '.join(each.opposite for each in operation.conditions)})"


def _open(operation: Operation, unknown: Sequence[Condition]) -> str:
    if not unknown:
        return f"it is not so that {' and '.join(map(str, operation.conditions))}, and what it needs then is not known"
    return f"{_either(operation, unknown)}; which of these is so is not known"


def _either(operation: Operation, unknown: Sequence[Condition]) -> str:
    so = " and ".join(map(str, unknown))
    rest = "what it needs is not known" if operation.otherwise is None else _asked(operation.otherwise)
    return f"where {so}, {_asked(operation.needs)}; else {rest}"


def _granted(operation: Operation, needs: Requirement, held: CapSet, where: Scope) -> str:
    way = next(way for way in needs if way <= held)
    are, count = ("is", "counts") if len(way) == 1 else ("are", "count")
    there = "" if where.initial else f", and {count} {where_it_counts(operation)}"
    return f"{' and '.join(map(str, way))} {are} effective{there}"


def _refused(operation: Operation, asked: str, needs: Requirement, state: CapState, where: Scope) -> str:
    if not where.counts(operation.namespace):
        return f"{asked} {where_it_counts(operation)}; what is held here ({where.name}) does not count there"
    if needs.satisfied_by(state.permitted):
        return f"{asked}; that is permitted and not effective: the thread may make it so by itself"
    lacks = [caps for caps in needs.missing(state.effective) if not any(caps == way for way in needs)]
    if lacks:
        return f"{asked}; missing is {', or '.join(' and '.join(map(str, caps)) for caps in lacks)}"
    return asked
