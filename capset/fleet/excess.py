"""Beyond: containers that hold more than their engine gives."""

# Tables have no types that a checker knows.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections import Counter, defaultdict
from functools import lru_cache
from operator import itemgetter
from typing import Any

from capset import engines
from capset.capability import LAST_CAP
from capset.engines import Engine, Match
from capset.errors import require
from capset.fleet.excesses import Beyond, Excess
from capset.fleet.frames import frame, grouped, how_many, may_be, noted, nw, repeated
from capset.fleet.held import Held, held_of, rank
from capset.live.user_ns import INITIAL_USER_NS
from capset.sets import THREAD_SETS, CapSet
from capset.state import CapState

__all__ = ["beyond"]


def beyond(data: Any, engine: Engine | str | None = None) -> Beyond:
    """Find the processes in containers that hold more than their engine gives by itself.

    Which are in a container their control group says; where that is not known, they are looked at too, and come last.

    Args:
        data: A table of a fleet, as for :func:`~capset.fleet.prevalence`.
        engine: Which engine, or its name. If not given, it is what the column *engine* says, which is of the control
            group. Where that says nothing, it is the one that explains the five sets with the fewest options, as
            :func:`capset.engines.recognise` does, of those that give no more than Docker; where none does, and where it
            is not known whether there is a container, Docker.

    Raises:
        FormatError: The table lacks a column, or has a set as something else than masks.
        TypeError: *data* is no table, or *engine* no engine.
        UnknownEngineError: There is no such engine.

    Examples:
        >>> from capset import fleet
        >>> for excess in fleet.beyond(fleet.read("examples/fleet/monday.parquet"), "docker")[:1]:
        ...     print(excess.names, len(excess.extra), excess.match.flags, excess.match.also_privileged)
        {'cilium-agent': 7} 27 ['--cap-add=ALL'] True
    """
    require(engine, Engine | str | None, "an engine, or its name")
    chosen = engines.get(engine) if isinstance(engine, str) else engine
    columns = ("host", "name", "container", "contained", "uid_effective", "user_ns", *THREAD_SETS)
    table = frame(data, columns, also=(*_ALSO, "time", "unread"))
    there = table.collect_schema()
    perhaps = ~nw.col("container").is_null() | may_be("contained", True)
    inside = table.filter(perhaps).with_columns(
        elsewhere=nw.col("user_ns") != INITIAL_USER_NS,
        sure=~(nw.col("container").is_null() & nw.col("contained").is_null()),
    )
    by = [*_BY, *(name for name in _ALSO if name in there)]
    groups = grouped(
        inside,
        by,
        hosts=nw.col("host").n_unique(),
        host=nw.col("host").min(),
        containers=nw.col("container").n_unique(),
        named=nw.col("container").count(),
        **noted(table),
    )
    names: defaultdict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    for group in grouped(inside, [*by, "name"]):
        names[tuple(group[column] for column in by)][group["name"] or ""] += group["count"]
    found: list[tuple[Any, Excess]] = []
    unread = partly = 0
    for group in groups:
        held = held_of(group)
        unread += 0 if held.sets else group["count"]
        partly += group["count"] if held.sets and held.caps is None else group.get("noted", 0) if held.sets else 0
        taken, match = _engine(held, group, chosen)
        extra = CapSet().union(*held.sets.values()) - taken.default
        if extra:
            excess = Excess(
                held=held,
                engine=taken,
                extra=extra,
                match=match,
                elsewhere=group["elsewhere"],
                sure=bool(group["sure"]),
                count=group["count"],
                hosts=group["hosts"],
                containers=group["containers"] - (group["named"] < group["count"]),  # a null is counted as one
                names=dict(sorted(names[tuple(group[column] for column in by)].items(), key=_often)),
                host=group["host"],
            )
            held_beyond = CapSet().union(held.effective or (), held.permitted or (), held.ambient or ()) - taken.default
            told = (not excess.sure, -len(held_beyond), -len(extra), -excess.count, excess.host, [*excess.names])
            found.append(
                ((*told, rank(held, excess.elsewhere, excess.sure, *(group.get(name) for name in _ALSO))), excess)
            )
    return Beyond(
        excesses=tuple(excess for _, excess in sorted(found, key=itemgetter(0))),
        engine=chosen,
        total=sum(group["count"] for group in groups),
        outside=how_many(table.filter(~perhaps)),
        unsure=how_many(inside.filter(nw.col("container").is_null() & nw.col("contained").is_null())),
        unread=unread,
        partly=partly,
        repeated=repeated(inside),
    )


_BY = (*THREAD_SETS, "uid_effective", "elsewhere", "sure")
_ALSO = ("engine", "last_cap")


def _often(name: tuple[str, int]) -> tuple[int, str]:
    return -name[1], name[0]


def _engine(held: Held, group: dict[str, Any], chosen: Engine | None) -> tuple[Engine, Match | None]:
    """Return the engine whose container it is taken for, and what of it explains the sets."""
    known = chosen or _named(group.get("engine"))
    if known is None and not group["sure"]:  # perhaps no container at all: there is no engine to guess
        known = engines.get("docker")
    holds = CapSet().union(*held.sets.values())
    if known and holds <= known.default:
        return known, None
    matches = _matches(held, group)
    if known:
        return known, next((match for match in matches if match.engine.name == known.name), None)
    # LXC and others give nearly all by themselves: they would explain nearly every set, and hide that it is much.
    docker = engines.get("docker")
    fitting = [match for match in matches if match.engine.default <= docker.default]
    match = min(fitting, key=lambda match: (len(match.flags), match.engine.name != docker.name), default=None)
    return match.engine if match else docker, match


def _named(name: str | None) -> Engine | None:
    return engines.get(name) if name in engines.names() else None


def _matches(held: Held, group: dict[str, Any]) -> list[Match]:
    if held.caps is None:
        return []
    last = group.get("last_cap")
    last = int(last) if last is not None and 0 <= last < _BITS else int(LAST_CAP)
    # In a user namespace of its own the id by which it is seen from here tells nothing.
    uid = held.uid_effective if group["elsewhere"] is False and held.uid_effective != _NO_USER else None
    return _recognised(held.caps, uid, last)


_BITS, _NO_USER = 64, 2**32 - 1  # the last is no user to the kernel


@lru_cache(maxsize=1024)
def _recognised(caps: CapState, uid: int | None, last_cap: int) -> list[Match]:
    return list(engines.recognise(caps, uid=uid, available=CapSet.all(last_cap)))
