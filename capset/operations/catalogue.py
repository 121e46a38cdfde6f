"""The operations that capset knows, from ``data/operations``, and how they are found."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from attrs import evolve

from capset.capability import Cap
from capset.errors import ArgumentError, UnknownOperationError, shown
from capset.facts import load, stems
from capset.listed import Listed
from capset.named import by_name
from capset.operations.condition import Condition
from capset.operations.evidence import Evidence
from capset.operations.operation import Operation
from capset.operations.requirement import Requirement
from capset.operations.userns import INITIAL, Scope, as_scope
from capset.sets import CapSet
from capset.shown import Tabular

__all__ = ["Operations", "areas", "by_cap", "family_of", "for_syscall", "get", "names", "search", "table"]


class Operations(Listed[Operation], Tabular):
    """A list of operations; in a notebook it is a table, and so is a slice of it.

    Each is a row of :meth:`to_records`: ``id``, ``area``, ``title``, ``syscall``, ``needs``, ``namespace``,
    ``refusal``, ``conditions`` and ``undecided``.
    """

    __slots__ = ()


def names() -> list[str]:
    """List the ids of all operations.

    Examples:
        >>> from capset import operations
        >>> "setsockopt SO_MARK" in operations.names()
        True
    """
    return [*_by_id()]


def areas() -> list[str]:
    """List the groups that the operations are in.

    Examples:
        >>> from capset import operations
        >>> operations.areas()[:4]
        ['audit', 'bpf', 'devices', 'files']
    """
    return [*dict.fromkeys(each.area for each in _by_id().values())]


def table(area: str | None = None) -> Operations:
    """Return all operations, or those of an area.

    Raises:
        ArgumentError: There is no area of that name, and the error lists them.

    Examples:
        >>> from capset import operations
        >>> len(operations.table()) == len(operations.names())
        True
    """
    if area is not None and area not in areas():
        raise ArgumentError(f"unknown area {shown(area)}: known are {', '.join(areas())}", area)
    return Operations(each for each in _by_id().values() if area in {None, each.area})


def get(id: str) -> Operation:
    """Return an operation by its id.

    Raises:
        UnknownOperationError: There is none, and the error says which look like it; :func:`search` finds them by words.
        TypeError: *id* is no str.

    Examples:
        >>> from capset import operations
        >>> operations.get("setns CLONE_NEWNS").needs
        Requirement.parse('CAP_SYS_CHROOT & CAP_SYS_ADMIN')
    """
    if not isinstance(id, str):
        raise TypeError(f"expected the id of an operation as str, got {shown(id)}")
    return _by_id()[id]


def search(words: str) -> Operations:
    """Find operations by words: those that have all of them in their id, title, other words or system call.

    Case does not matter, and a word may be the beginning of one. Those that have the words in their id or their other
    words come first.

    Args:
        words: What people would type, such as ``"promiscuous mode"``.

    Returns:
        The operations, the best first; none where there is no word.

    Raises:
        TypeError: *words* is no str.

    Examples:
        >>> from capset import operations
        >>> [found.id for found in operations.search("policy routing")]
        ['setsockopt SO_MARK', 'sendmsg SO_MARK', 'netlink RTM_NEWRULE']
    """
    if not isinstance(words, str):
        raise TypeError(f"expected words to search for as str, got {shown(words)}")
    asked = dict.fromkeys(_words(words))
    ranked: list[tuple[int, Operation]] = []
    for each, (front, whole) in _texts().items() if asked else ():
        places: list[int] = []
        for word in asked:
            place = _place(word, front, whole)
            if place is None:
                break
            places.append(place)
        else:
            ranked.append((sum(places), _by_id()[each]))
    return Operations(each for _, each in sorted(ranked, key=lambda found: found[0]))


def for_syscall(name: str) -> Operations:
    """Return the operations that are done by a system call, or by one that does the same.

    Args:
        name: As its manual page has it, such as ``"bpf"``, or as a tracer prints it, such as ``"fchownat"``.

    Raises:
        TypeError: *name* is no str.

    Examples:
        >>> from capset import operations
        >>> [found.id for found in operations.for_syscall("sethostname")]
        ['sethostname']
        >>> operations.for_syscall("fchownat") == operations.for_syscall("chown")
        True
    """
    if not isinstance(name, str):
        raise TypeError(f"expected the name of a system call as str, got {shown(name)}")
    wanted = name.strip().removesuffix("()")
    same = family_of(wanted)
    return Operations(each for each in _by_id().values() if wanted and each.syscall in same)


def family_of(name: str) -> tuple[str, ...]:
    """Return the names of the system calls that do the same as one, itself among them."""
    return _families().get(name, (name,))


def by_cap(cap: Cap | int | str, *, user_ns: Scope | str = INITIAL) -> Operations:
    """Return the operations for which a capability does, alone or with others.

    Args:
        cap: A capability, its number or its name.
        user_ns: Where it is held: a scope, or the name of one. What it does not count for there is left out.

    Raises:
        UnknownCapabilityError: It is none.
        UnknownScopeError: There is no scope of that name.

    Examples:
        >>> from capset import operations
        >>> [found.id for found in operations.by_cap("wake_alarm")][:2]
        ['timerfd_create CLOCK_BOOTTIME_ALARM', 'timer_create CLOCK_BOOTTIME_ALARM']
        >>> [found.id for found in operations.by_cap("sys_time", user_ns="rootless")]
        []
    """
    wanted = Cap.parse(cap) if isinstance(cap, str) else Cap(cap)
    where = as_scope(user_ns)
    return Operations(each for each in table() if wanted in each.needs.caps and where.counts(each.namespace))


@cache
def _families() -> Mapping[str, tuple[str, ...]]:
    """Return of each system call that has others like it all of them."""
    return {name: tuple(family) for family in load("syscalls")["families"] for name in family}


@cache
def _by_id() -> Mapping[str, Operation]:
    """Return all operations by their ids, in the order of their areas."""
    found: list[tuple[str, Operation]] = []
    for area in stems("operations"):
        found += [(fact["id"], _made(area, fact)) for fact in load(f"operations/{area}")["operations"]]
    return by_name(found, UnknownOperationError)


def _made(area: str, fact: dict[str, Any]) -> Operation:
    told: dict[str, Any] = {
        name: fact[name] for name in fact if name not in {"needs", "otherwise", "conditions", "noise"}
    }
    lists: dict[str, Any] = {name: tuple(told.pop(name)) for name in ("words", "elsewhere", "gates") if name in told}
    return Operation(
        **told,
        **lists,
        area=area,
        needs=_requirement(fact["needs"]),
        otherwise=_requirement(fact["otherwise"]) if "otherwise" in fact else None,
        conditions=tuple(map(Condition, fact.get("conditions", ()))),
        noise=CapSet(fact.get("noise", ())),
        evidence=evidence(fact["id"]),
        functions=tuple(load("stacks")["functions"].get(fact["id"], ())),
    )


@cache
def _requirement_of(ways: tuple[str, ...]) -> Requirement:
    return Requirement.parse(" | ".join(ways) or "never")


def _requirement(ways: list[str]) -> Requirement:
    return _requirement_of(tuple(ways))


def evidence(id: str) -> tuple[Evidence, ...]:
    """Return what each kernel that was asked said of an operation, from ``data/evidence``; the oldest comes first."""
    return tuple(apart.get(id, same) for same, apart in _kernels())


@cache
def _kernels() -> list[tuple[Evidence, dict[str, Evidence]]]:
    """Return of each kernel what it said of most operations, which is what the record says, and of the others."""
    found: list[tuple[Evidence, dict[str, Evidence]]] = []
    for kernel in load("evidence")["kernels"]:
        same = Evidence(release=kernel["release"], date=str(kernel["date"]), how=kernel["how"])
        apart: dict[str, Evidence] = {}
        for each in kernel.get("undecided", ()):
            apart |= dict.fromkeys(each["ids"], evolve(same, how="not decided", why=each["why"]))
        apart |= {each["id"]: _other(same, each) for each in kernel.get("others", ())}
        found.append((same, apart))
    return found


def _other(same: Evidence, fact: dict[str, Any]) -> Evidence:
    needs = _requirement(fact["needs"]) if "needs" in fact else None
    return evolve(same, needs=needs, namespace=fact.get("namespace", ""))


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9_.]+", text.lower())


@cache
def _texts() -> dict[str, tuple[list[str], list[str]]]:
    """Return what each operation is found by: first what it is called, then all that is said of it."""
    found: dict[str, tuple[list[str], list[str]]] = {}
    for each in _by_id().values():
        front = _words(" ".join([each.id, *each.words]))
        found[each.id] = front, [*front, *_words(f"{each.title} {each.syscall} {each.argument}")]
    return found


def _place(word: str, front: list[str], whole: list[str]) -> int | None:
    """Say how far in front a word stands; None where it does not."""
    for place, words in enumerate((front, whole)):
        if word in words:
            return 2 * place
        if any(part.startswith(word) or word in part.split("_") for part in words):
            return 2 * place + 1
    return None
