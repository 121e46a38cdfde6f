"""The way back: the shortest request for a set."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from capset.engines.request import Request
from capset.engines.rules import Rules
from capset.errors import RequestError, UnknownCapabilityError, UnreachableError
from capset.sets import CapSet

__all__ = ["candidates", "shortest"]

_NONE = CapSet()


def shortest(rules: Rules, target: CapSet, default: CapSet, held: CapSet, engine: str) -> Request:
    """Return the shortest request that gives *target*; the arguments are those of :meth:`Rules.resolve`.

    Raises:
        UnreachableError: There is none.
    """
    fitting = [
        request
        for request in candidates(rules, target, default, held)
        if _given(rules, request, default, held, engine) == target
    ]
    if not fitting:
        raise UnreachableError(engine, tuple(target.names()), _reasons(rules, target, default, held, engine))
    return min(fitting, key=lambda request: (request.privileged, request.size))


def candidates(rules: Rules, target: CapSet, default: CapSet, held: CapSet, added: CapSet = _NONE) -> Iterator[Request]:
    """List the requests that may give *target* and name *added* among what they add.

    A request starts from nothing, from the default or from ALL, and single names do the rest; so one
    of these is the shortest, and which of them the engine takes, and what it gives for it, is up to
    the engine's rules. The first of several that are as short is the one to choose.
    """
    spelling = rules.family.spelling

    def names(caps: CapSet) -> tuple[str, ...]:
        return tuple(map(rules.spell, caps))

    starts = [Request()]
    if spelling.all:
        starts = [Request(drop=(spelling.word_all,)), *starts, Request(add=(spelling.word_all,))]
    if spelling.clears:
        starts.append(Request(drop=("",)))
    try:
        for start in starts:
            base = rules.base(start, default, held) - rules.withheld
            # What the engine leaves out by itself need not be dropped; where it refuses instead, it must be.
            for left in dict.fromkeys((base, base & held)):
                yield Request((*start.add, *names(target - left | added)), (*start.drop, *names(left - target)))
        if rules.family.replaces:
            asked = names(target | added) or (spelling.nothing,) * bool(spelling.nothing)
            # What is dropped is taken back also where nothing is: the file that drops it may be included all the same.
            yield Request(asked, ("",) * spelling.clears)
        yield Request(privileged=True)
        yield Request(names(added), privileged=True)
    except UnknownCapabilityError:
        return  # a capability without a name cannot be asked for


def _given(rules: Rules, request: Request, default: CapSet, held: CapSet, engine: str) -> CapSet | None:
    try:
        caps = rules.resolve(request, default, held, engine).caps
    except RequestError:
        return None
    return caps if caps <= held else None


def _reasons(rules: Rules, target: CapSet, default: CapSet, held: CapSet, engine: str) -> tuple[str, ...]:
    """Ask the engine for each difference by itself, and collect what it says."""
    reasons: defaultdict[str, list[str]] = defaultdict(list)
    named = target if rules.family.replaces else _NONE  # even what is in the default
    for cap in target ^ default | target - held | target & rules.withheld | named:
        wanted = cap in target
        try:
            name = (rules.spell(cap),)
            request = Request(add=name) if wanted else Request(drop=name)
            if wanted and cap not in held:
                reasons["the engine does not hold it itself"].append(str(cap))
            elif (cap in rules.resolve(request, default, held, engine).caps) is not wanted:
                reasons["it is withheld from every container" if wanted else "it cannot be dropped"].append(str(cap))
        except RequestError as error:
            reasons[error.reason].append(str(cap))
        except UnknownCapabilityError as error:
            reasons[str(error)].append(str(cap))
    return tuple(f"{', '.join(names)}: {reason}" for reason, names in reasons.items())
