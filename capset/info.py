"""CapInfo: what is known about each capability, from ``data/capabilities.toml``."""

from __future__ import annotations

from functools import cache

from attrs import frozen

from capset.capability import LAST_CAP, Cap
from capset.facts import load
from capset.plain import Plain
from capset.source import Source

__all__ = ["CapInfo", "Permit", "Risk", "RiskList", "get", "risk_lists"]


@frozen(kw_only=True)
class RiskList(Plain):
    """A published list that judges capabilities.

    Attributes:
        name: A short name for it.
        about: What the list judges, and what it leaves out.
        of_containers: Whether it judges what a capability means in a container; otherwise, on a host.
        harmless: The verdict that means no risk; empty where the list names risks alone.
        last_cap: The last capability that existed when it was written; it says nothing of later ones.
        source: Where it was read.
    """

    name: str
    about: str
    of_containers: bool
    harmless: str
    last_cap: Cap
    source: Source


@frozen(kw_only=True)
class Risk(Plain):
    """What one list says of one capability.

    Attributes:
        risk_list: The list.
        verdict: What it says, in capset's words.
    """

    risk_list: RiskList
    verdict: str


@frozen(kw_only=True)
class Permit(Plain):
    """One thing that a capability permits.

    Attributes:
        does: What its holders may do, in a sentence without a full stop.
        operations: The ids of the operations that are it; each needs the capability, alone or with others, and
            ``operations.get(id).undecided`` says where no kernel was asked of one. Empty where what it does is known
            from the documentation alone: there is no operation of it that a kernel here could be asked of.
    """

    does: str
    operations: tuple[str, ...]

    def __str__(self) -> str:
        return self.does


@frozen(kw_only=True)
class CapInfo(Plain):
    """What is known about one capability.

    Attributes:
        cap: The capability.
        since_linux: The kernel that brought it, such as ``"2.6.37"``; None where capset does not know
            the capability.
        split_from: The capability it was carved out of, or None.
        implied_by: The capability whose holders may do all that this one permits, or None.
        summary: One sentence on what it is for.
        permits: What it permits, a sentence each, with the operations that it was tried with. Each operation that
            needs the capability stands under one of them.
        risks: What published lists say of its risk. They judge different things and disagree; there
            is no score.
    """

    cap: Cap
    since_linux: str | None
    split_from: Cap | None
    implied_by: Cap | None
    summary: str
    permits: tuple[Permit, ...]
    risks: tuple[Risk, ...]


def get(cap: Cap) -> CapInfo:
    """Return what is known about *cap*; the same as ``cap.info``.

    Of a capability that is newer than this version of capset that is nothing, and the summary says so.
    """
    if cap.known:
        return _table()[cap]
    summary = f"Newer than this version of capset, which knows those up to {LAST_CAP} ({int(LAST_CAP)})."
    return CapInfo(cap=cap, since_linux=None, split_from=None, implied_by=None, summary=summary, permits=(), risks=())


def risk_lists() -> tuple[RiskList, ...]:
    """Return the lists whose verdicts ``CapInfo.risks`` quotes."""
    return tuple(_lists().values())


@cache
def _lists() -> dict[str, RiskList]:
    return {
        key: RiskList(
            name=fact["name"],
            about=fact["about"],
            of_containers=fact["of_containers"],
            harmless=fact.get("harmless", ""),
            last_cap=Cap.parse(fact["last_cap"]),
            source=Source(**fact["source"]),
        )
        for key, fact in load("capabilities")["risk_lists"].items()
    }


@cache
def _table() -> dict[Cap, CapInfo]:
    table: dict[Cap, CapInfo] = {}
    for fact in load("capabilities")["capabilities"]:
        cap = Cap.parse(fact["name"])
        table[cap] = CapInfo(
            cap=cap,
            since_linux=fact["since_linux"],
            split_from=Cap.parse(fact["split_from"]) if "split_from" in fact else None,
            implied_by=Cap.parse(fact["implied_by"]) if "implied_by" in fact else None,
            summary=fact["summary"],
            permits=tuple(
                Permit(does=permit["does"], operations=tuple(permit["operations"])) for permit in fact["permits"]
            ),
            risks=tuple(
                Risk(risk_list=_lists()[key], verdict=verdict) for key, verdict in fact.get("risks", {}).items()
            ),
        )
    return table
