"""What tells changes apart that read alike: what else their processes held before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from capset.fleet.held import STANDING, Held

__all__ = ["apart"]


def apart(changes: Iterable[tuple[str | None, Held | None, Held | None]]) -> list[str]:
    """Return what to say of each change beside what changed; nothing where no other reads like it.

    Processes are grouped by all that they hold, and told of by what changed of it. So two may read alike: on a host
    with a newer kernel the bounding set is another one, and the same is dropped from the others.

    Args:
        changes: Of each the name of the program, and what was held before and after.

    Examples:
        >>> from capset import CapSet
        >>> from capset.fleet.held import Held
        >>> of = [Held(bounding=CapSet.parse(caps), seccomp=0) for caps in ("kill", "chown,kill")]
        >>> to = [Held(bounding=CapSet.parse(caps), seccomp=2) for caps in ("kill", "chown,kill")]
        >>> apart([("cron", of[0], to[0]), ("cron", of[1], to[1]), ("sh", of[0], to[0])])
        ['of those that had bounding: CAP_KILL', 'of those that had bounding: CAP_CHOWN, CAP_KILL', '']
    """
    alike: defaultdict[tuple[str | None, tuple[str, ...]], dict[int, Held]] = defaultdict(dict)
    count = 0
    for place, (name, before, after) in enumerate(changes):
        count += 1
        if before is not None and after is not None:
            alike[name, tuple(before.changes(after))][place] = before
    said = [""] * count
    for found in alike.values():
        several = {name: {getattr(held, name) for held in found.values()} for name in STANDING}
        names = [name for name, values in several.items() if len(values) > 1]
        if names:
            for place, held in found.items():
                said[place] = f"of those that had {_written({name: getattr(held, name) for name in names})}"
    return said


def _written(values: dict[str, Any]) -> str:
    known = {name: value for name, value in values.items() if value is not None and name != "elsewhere"}
    told = [str(Held(**known)), *(f"{_CALLED.get(name, name)} not known" for name in values if values[name] is None)]
    if (elsewhere := values.get("elsewhere")) is not None:
        told.append("a user namespace of their own" if elsewhere else "the initial user namespace")
    return "; ".join(filter(None, told))


_CALLED = {"uid_effective": "user", "elsewhere": "the user namespace"}
