"""What a state can still do: yes, no, or not known, with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple, get_args

from attrs import evolve, frozen

from capset.capability import Cap
from capset.diff import CapDiff, StateDiff
from capset.errors import UndecidedError, require
from capset.operations.catalogue import Operations, get, table
from capset.operations.operation import Namespace, Operation
from capset.operations.reasons import Verdict, provided, reason
from capset.operations.releases import Series, There, series_of, there
from capset.operations.requirement import Requirement
from capset.operations.userns import INITIAL, Scope, as_scope
from capset.plain import Plain
from capset.sets import CapSet
from capset.shown import Shown
from capset.state import CapState

__all__ = ["Answer", "Values", "allowed", "can", "denied", "gained", "not_known"]

Values = Mapping[str, int | str]
"""What is known of settings, by name: sysctls such as ``kernel.dmesg_restrict``, limits such as ``RLIMIT_NICE``."""

_GATES = ("a seccomp filter", "security modules, such as AppArmor, SELinux and Yama")
_OWNERS = "who owns what it is done to, and its mode"


@frozen(kw_only=True)
class Answer(Plain, Shown):
    """Whether capabilities let a thread do something.

    It is true where the verdict is yes and false where it is no; where it is not known, asking for that is an
    :class:`~capset.errors.UndecidedError`.

    Attributes:
        operation: What is to be done.
        verdict: ``yes``, ``no`` or ``not known``.
        reason: Why, in words.
        missing: The sets of which any one, with what is held, would do, whatever is not known; none where nothing is
            missing, or where no capability would do.
        provided: What else has to be so, that the verdict takes for granted.
        gates: What else decides of it, and was not asked.
    """

    operation: Operation
    verdict: Verdict
    reason: str
    missing: tuple[CapSet, ...] = ()
    provided: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        if self.verdict == "not known":
            raise UndecidedError(self.operation.id, self.reason)
        return self.verdict == "yes"

    def __str__(self) -> str:
        return f"{self.operation.id}: {self.verdict}: {self.reason}"


def can(
    state: CapState,
    operation: Operation | str,
    *,
    user_ns: Scope | str = INITIAL,
    sysctls: Values | None = None,
    rlimits: Values | None = None,
    values: Values | None = None,
    release: str | None = None,
) -> Answer:
    """Say whether a thread with these sets can do something, as far as that is up to capabilities.

    Args:
        state: The sets of the thread; what is effective counts.
        operation: An operation or its id.
        user_ns: Where it holds them: a scope, or the name of one, such as ``"rootless"``.
        sysctls: The settings that are known, by name.
        rlimits: The limits that are known, by name, such as ``{"RLIMIT_MEMLOCK": 65536}``; where there is none it is
            ``"unlimited"``, or -1.
        values: What is asked for, by the words of the conditions, such as ``{"port": 80}``; ``user`` is the user ID
            that the thread acts as, as the initial user namespace has it.
        release: Which kernel is asked, as ``uname -r`` prints it; the newest that capset knows, if not given, and for
            later ones.

    Returns:
        ``not known`` where a setting decides of it that is not known, or where no such kernel was asked.

    Raises:
        UnknownOperationError: There is no operation of that id.
        UnknownReleaseError: *release* begins with no two numbers.
        UnknownScopeError: There is no scope of that name.
        TypeError: An argument is of another type.

    Examples:
        >>> from capset import engines, operations
        >>> root = engines.get("docker").container()
        >>> print(operations.can(root, "mount"))
        mount: no: it needs CAP_SYS_ADMIN
        >>> bool(operations.can(root, "socket AF_INET, SOCK_RAW", user_ns="rootless"))
        True
        >>> print(operations.can(root, "setsockopt SO_MARK", release="5.10.0-32-amd64"))
        setsockopt SO_MARK: no: it needs CAP_NET_ADMIN
    """
    require(state, CapState, "a CapState, such as Engine.container() and live.read().caps are")
    asked = get(operation) if isinstance(operation, str) else operation
    require(asked, Operation, "an Operation or the id of one")
    where = as_scope(user_ns)
    known = _known(sysctls, rlimits, values)
    gates = (*_GATES, *asked.gates, *([_OWNERS] if asked.object == "another's" else []))
    if release is not None:
        found = there(asked, series_of(release))
        if found.needs is None:
            return Answer(operation=asked, verdict="not known", reason=found.why, gates=gates)
        asked = evolve(asked, needs=found.needs, namespace=found.namespace)
    held = state.effective if where.counts(asked.namespace) else CapSet()
    applies = _applies(asked, known)
    verdict = _verdict(_ask(asked, asked.needs, asked.namespace), applies, held.mask)
    needs = _needed(asked, applies)
    unknown = [each for each in asked.conditions if each.holds(known) is None] if applies is None else []
    return Answer(
        operation=get(operation) if isinstance(operation, str) else operation,
        verdict=verdict,
        reason=reason(asked, verdict, needs, state, where, unknown),
        missing=tuple(needs.missing(held)) if verdict == "no" and needs and where.counts(asked.namespace) else (),
        provided=provided(asked, where) if verdict == "yes" and needs and not needs.satisfied_by(()) else (),
        gates=gates,
    )


def allowed(
    state: CapState,
    *,
    user_ns: Scope | str = INITIAL,
    sysctls: Values | None = None,
    rlimits: Values | None = None,
    values: Values | None = None,
    release: str | None = None,
) -> Operations:
    """Return the operations that capabilities are asked for, and that a thread with these sets can do.

    The arguments are those of :func:`can`. What needs no capability is not among them.

    Examples:
        >>> from capset import engines, operations
        >>> root = engines.get("docker").container()
        >>> "mount" in [each.id for each in operations.allowed(root)]
        False
    """
    return _those("yes", state, user_ns, _known(sysctls, rlimits, values), release)


def denied(
    state: CapState,
    *,
    user_ns: Scope | str = INITIAL,
    sysctls: Values | None = None,
    rlimits: Values | None = None,
    values: Values | None = None,
    release: str | None = None,
) -> Operations:
    """Return the operations that capabilities are asked for, and that a thread with these sets cannot do.

    The arguments are those of :func:`can`. What no capability would ever do is not among them.

    Examples:
        >>> from capset import engines, operations
        >>> root = engines.get("docker").container()
        >>> "mount" in [each.id for each in operations.denied(root)]
        True
    """
    return _those("no", state, user_ns, _known(sysctls, rlimits, values), release)


def not_known(
    state: CapState,
    *,
    user_ns: Scope | str = INITIAL,
    sysctls: Values | None = None,
    rlimits: Values | None = None,
    values: Values | None = None,
    release: str | None = None,
) -> Operations:
    """Return the operations that capabilities are asked for, where a setting or a kernel decides that is not known.

    They are neither allowed nor denied.

    The arguments are those of :func:`can`.

    Examples:
        >>> from capset import engines, operations
        >>> root = engines.get("docker").container()
        >>> "open /dev/kmsg for reading" in [each.id for each in operations.not_known(root)]
        True
        >>> known = {"kernel.dmesg_restrict": 1}
        >>> "open /dev/kmsg for reading" in [each.id for each in operations.not_known(root, sysctls=known)]
        False
    """
    return _those("not known", state, user_ns, _known(sysctls, rlimits, values), release)


def gained(
    diff: StateDiff | CapDiff,
    *,
    kept: Iterable[Cap | int | str] = (),
    user_ns: Scope | str = INITIAL,
    release: str | None = None,
) -> Operations:
    """Return what a difference of sets means in deeds: the operations that can be done after it, and not before.

    What is lost is what the inverse gains. Where a setting decides, it is taken to ask for the capability. Of what it
    is not known how a kernel of that release decides, nothing is returned.

    Args:
        diff: A difference of effective sets, or of all five, of which the effective ones count.
        kept: The capabilities that are held before and after, as some operations need two at once.
        user_ns: As for :func:`can`.
        release: As for :func:`can`.

    Raises:
        TypeError: *diff* is no difference.

    Examples:
        >>> from capset import CapDiff, operations
        >>> [each.id for each in operations.gained(CapDiff.parse("+wake_alarm"))]
        ['timerfd_create CLOCK_BOOTTIME_ALARM', 'timer_create CLOCK_BOOTTIME_ALARM']
        >>> chroot = CapDiff.parse("+sys_chroot")
        >>> [each.id for each in operations.gained(chroot, kept=["sys_admin"])]
        ['chroot', 'setns CLONE_NEWNS']
    """
    require(diff, CapDiff | StateDiff, "a CapDiff or a StateDiff, such as CapSet.diff() and CapState.diff() return")
    effective = diff.effective if isinstance(diff, StateDiff) else diff
    beside = CapSet(kept)
    where = as_scope(user_ns)
    before, after = (beside | effective.dropped).mask, (beside | effective.added).mask
    return Operations(
        each
        for each, namespace, needs, _ in _asking(_series(release))
        if needs is not None and where.counts(namespace) and _would(needs, after) and not _would(needs, before)
    )


def _those(wanted: Verdict, state: CapState, user_ns: Scope | str, known: Values, release: str | None) -> Operations:
    require(state, CapState, "a CapState, such as Engine.container() and live.read().caps are")
    where = as_scope(user_ns)
    held = {kind: state.effective.mask if where.counts(kind) else 0 for kind in get_args(Namespace)}
    return Operations(
        each.operation
        for each in _asking(_series(release))
        if _verdict(each, _applies(each.operation, known), held[each.namespace]) == wanted
    )


_Masks = tuple[int, ...] | None
"""The masks of minimal sets; None where it is not known which they are."""


class _Ask(NamedTuple):
    """An operation, and the masks of the minimal sets; of all at once, anything slower would be felt."""

    operation: Operation
    namespace: Namespace
    needs: _Masks
    otherwise: _Masks


def _ask(operation: Operation, needs: Requirement | None, namespace: Namespace) -> _Ask:
    return _Ask(operation, namespace, _masks(needs), _masks(operation.otherwise))


def _masks(needs: Requirement | None) -> _Masks:
    return None if needs is None else tuple(way.mask for way in needs)


def _series(release: str | None) -> Series | None:
    return None if release is None else series_of(release)


@lru_cache(maxsize=8)
def _asking(series: Series | None) -> tuple[_Ask, ...]:
    """Return the operations that capabilities are asked for, in one case or the other, on kernels of a series."""
    asked = [(each, There(each.needs, each.namespace) if series is None else there(each, series)) for each in table()]
    return tuple(
        _ask(each, told.needs, told.namespace)
        for each, told in asked
        if each.caps or told.needs is None or told.needs.caps
    )


def _known(*given: Values | None) -> dict[str, int | str]:
    known: dict[str, int | str] = {}
    for each in given:
        if each is not None:
            require(each, Mapping, "values by the names of settings")
            known |= each
    return known


def _applies(operation: Operation, known: Values) -> bool | None:
    """Say whether the conditions of an operation are so; None where that is not known."""
    if not operation.conditions:
        return True
    found = [each.holds(known) for each in operation.conditions]
    return False if False in found else None if None in found else True


def _would(needs: tuple[int, ...], held: int) -> bool:
    for mask in needs:  # noqa: SIM110 - any() of a generator takes twice as long
        if mask & held == mask:
            return True
    return False


def _needed(operation: Operation, applies: bool | None) -> Requirement | None:
    """Return what is needed; where it is not known which, what would do in either case."""
    if applies or operation.otherwise is None:
        return operation.needs if applies else None
    return operation.otherwise if applies is False else operation.needs & operation.otherwise


def _verdict(asked: _Ask, applies: bool | None, held: int) -> Verdict:
    needs = asked.needs if applies else asked.otherwise
    if needs is None:
        return "not known"
    does = _would(needs, held)
    if applies is None and (asked.needs is None or does != _would(asked.needs, held)):
        return "not known"
    return "yes" if does else "no"
