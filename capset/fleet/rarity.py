"""Rare: sets that few processes of their kind hold."""

# Tables have no types that a checker knows.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import partial
from typing import Any

from capset.errors import ArgumentError, require
from capset.fleet.frames import first, frame, grouped, host_and_pid, noted, nw, own_columns, repeated
from capset.fleet.held import caps_of
from capset.fleet.outliers import Outlier, Rare
from capset.sets import CapSet
from capset.state import check_set

__all__ = ["rare"]


def rare(
    data: Any,
    *,
    by: str | Iterable[str] | None = "name",
    set: str = "effective",
    share: float = 0.05,
    least: int = 10,
) -> Rare:
    """Find the sets that few processes of their kind hold: by default, of the same program.

    Args:
        data: A table of a fleet, as for :func:`~capset.fleet.prevalence`.
        by: The columns that make processes peers, such as ``"name"`` or ``["name", "uid_effective"]``; None if all
            of the fleet are.
        set: Which of the five sets.
        share: Rare is what at most this part of the peers holds, from 0 to 1.
        least: So many peers there have to be, or nothing is said of them.

    Raises:
        ArgumentError: There is no such set, or a number is out of its range.
        FormatError: The table lacks a column, or has a set as something else than masks.
        TypeError: *data* is no table, or a number none.

    Examples:
        >>> from capset import fleet
        >>> for outlier in fleet.rare(fleet.read("examples/fleet/monday.parquet"))[:2]:
        ...     print(outlier.peers["name"], outlier.diff, f"on {outlier.hosts} of the hosts")
        nginx +CAP_NET_ADMIN on 1 of the hosts
        cron +41 on 1 of the hosts
    """
    check_set(set)
    require(share, float | int, "a share as a number")
    require(least, int, "a number of peers")
    if not 0 <= share <= 1:
        raise ArgumentError(f"expected a share from 0 to 1, got {share}", share)
    if least < 1:
        raise ArgumentError(f"expected a number of peers of 1 or more, got {least}", least)
    columns = own_columns(by)
    table = frame(data, [*columns, set, "host"], also=("pid", "time", "unread"))
    of_each = {"hosts": nw.col("host").n_unique(), "first": nw.col("first").min(), **noted(table)}
    groups = grouped(table.with_columns(first=first(table)), [*columns, set], **of_each)
    kinds: defaultdict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for group in groups:
        if group[set] is not None:
            kinds[tuple(group[name] for name in columns)].append(group)
    outliers: list[Outlier] = []
    alone = 0
    for values, members in kinds.items():
        of = sum(group["count"] for group in members)
        if of < least:
            alone += of
            continue
        outliers += _outliers(dict(zip(columns, values, strict=True)), members, of, set, share)
    outliers.sort(key=lambda each: (-len(each.diff.added), each.share, str(each.peers), each.caps.mask))
    return Rare(
        outliers=tuple(outliers),
        by=tuple(columns),
        set=set,
        share=share,
        least=least,
        total=sum(group["count"] for group in groups),
        alone=alone,
        unread=sum(group["count"] for group in groups if group[set] is None),
        repeated=repeated(table),
        partly=sum(group.get("noted", 0) for group in groups if group[set] is not None),
    )


def _outliers(
    peers: dict[str, Any], members: list[dict[str, Any]], of: int, set: str, share: float
) -> Iterable[Outlier]:
    held = [(caps, group) for group in members if (caps := caps_of(group[set])) is not None]
    common = [caps for caps, group in held if group["count"] > share * of]
    if not common:
        common = [max(held, key=lambda each: (each[1]["count"], -each[0].mask))[0]]
    for caps, group in held:
        if caps not in common:
            host, pid = host_and_pid(group["first"])
            yield Outlier(
                peers=peers,
                caps=caps,
                usual=min(common, key=partial(_distance, caps)),
                count=group["count"],
                of=of,
                hosts=group["hosts"],
                example=host,
                pid=pid,
            )


def _distance(caps: CapSet, usual: CapSet) -> tuple[int, int]:
    return len(usual ^ caps), usual.mask
