"""How a thread may have come to its sets: short histories that the model plays, and whose end is compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

from attrs import evolve, frozen

from capset.capability import Cap
from capset.filecaps import FileCaps
from capset.ids import Ids
from capset.kernel.adjusting import explain_capset, explain_set_keepcaps
from capset.kernel.credentials import Credentials, Executable, Thread, checked
from capset.kernel.execution import explain_execve
from capset.kernel.explanation import Explanation
from capset.kernel.identity import explain_setresuid
from capset.kernel.releases import NEWEST, Rules
from capset.kernel.userns import explain_unshare_user
from capset.listed import Listed
from capset.plain import Plain
from capset.securebits import Securebits
from capset.sets import CapSet
from capset.shown import Tabular
from capset.state import CapState

__all__ = ["Histories", "History", "histories"]


@frozen(kw_only=True)
class History(Plain):
    """A way in which a thread may have come to its sets.

    Attributes:
        title: What it is, in words that go on after *this is how it looks after*.
        says: What that means for its capabilities.
        steps: The system calls, explained; the last one ends with just these sets.
    """

    title: str
    says: str
    steps: tuple[Explanation, ...]

    def __str__(self) -> str:
        return f"{self.title}: {self.says}"


class Histories(Listed[History], Tabular):
    """How a thread may have come to its sets: a list, and in a notebook a table.

    Returned by :func:`histories`. Its rows (:meth:`to_records`) are the steps of each history: ``title``, ``says``,
    ``step``, ``call``, and the five sets after it as masks.
    """

    __slots__ = ()


def histories(cred: Thread, *, rules: Rules | str = NEWEST) -> Histories:
    """Return the usual histories that end with just these credentials, the most telling first.

    Sets alone do not tell what happened: several may fit, and so may others that are not looked for. None fits
    a thread that has done something unusual.

    Args:
        cred: The credentials of a thread, such as :func:`capset.live.credentials` reads them, or its ProcStatus.
        rules: Which kernel's rules: its release, or :class:`Rules`.

    Examples:
        >>> from capset import DOCKER_DEFAULT, CapState, kernel
        >>> cred = kernel.Credentials(uids=1000, gids=1000, caps=CapState(bounding=DOCKER_DEFAULT))
        >>> for history in kernel.histories(cred):
        ...     print(history.title)
        a container, or a service, was started for user 1000
        root became user 1000, and keepcaps was not set
    """
    cred, kernel = checked(cred), Rules.of(rules)
    return Histories(history for play in _PLAYS for history in play(cred, kernel) if history.steps[-1].after == cred)


_ORDINARY = Executable()


def _play(title: str, says: str, cred: Credentials, *calls: Callable[[Credentials], Explanation]) -> Iterator[History]:
    """Make the calls one after the other, beginning with *cred*; there is no history if one is refused."""
    steps: list[Explanation] = []
    for call in calls:
        step = call(cred)
        if step.after is None:
            return
        steps.append(step)
        cred = step.after
    yield History(title=title, says=says, steps=tuple(steps))


def _is_root(cred: Credentials) -> bool:
    return 0 in (cred.visible_uids.real, cred.visible_uids.effective)


def _as_root(cred: Credentials, permitted: CapSet) -> Credentials | None:
    """Return what a thread was like when it was root and had these capabilities; None where there is no root."""
    root = cred.user_ns.outside_uid(0)
    if root is None:
        return None
    caps = evolve(cred.caps, effective=permitted, permitted=permitted, ambient=CapSet())
    return evolve(cred, uids=Ids(root, root, root, root), caps=caps)


def _execute(file: Executable, rules: Rules) -> Callable[[Credentials], Explanation]:
    return lambda cred: explain_execve(cred, file, rules=rules)


def _capset_to(caps: CapState, rules: Rules) -> Callable[[Credentials], Explanation]:
    return lambda cred: explain_capset(
        cred, effective=caps.effective, permitted=caps.permitted, inheritable=caps.inheritable, rules=rules
    )


def _setresuid_to(uids: Ids, rules: Rules) -> Callable[[Credentials], Explanation]:
    return lambda cred: explain_setresuid(cred, *uids[:3], rules=rules)


def _of_root(cred: Credentials, rules: Rules) -> Iterator[History]:
    """Root that executed an ordinary program, and perhaps gave up something since."""
    if not _is_root(cred) or cred.securebits & Securebits.NOROOT:
        return
    held = cred.caps.bounding | cred.caps.inheritable
    before = evolve(cred, caps=evolve(cred.caps, effective=held, permitted=held))
    says = "execve(2) gave root what is in the bounding set or inheritable, and nothing else"
    yield from _play("root executed an ordinary program", says, before, _execute(_ORDINARY, rules))
    if _execute(_ORDINARY, rules)(before).after != cred:
        says = f"{says}, and since then the thread has given some of it up, which it may do by itself"
        title = "root executed an ordinary program, which then used capset(2)"
        yield from _play(title, says, before, _execute(_ORDINARY, rules), _capset_to(cred.caps, rules))


def _of_user(cred: Credentials, rules: Rules) -> Iterator[History]:
    """A user's ordinary program: nothing but what is ambient."""
    if _is_root(cred):
        return
    user = cred.visible_uids.effective
    held = cred.caps.bounding | cred.caps.ambient
    before = evolve(cred, caps=evolve(cred.caps, effective=held, permitted=held))
    kept = "only what is ambient" if cred.caps.ambient else "only what is ambient, and that is nothing"
    says = f"for a user other than root execve(2) of an ordinary program keeps {kept}"
    if _is_whole(cred.caps.bounding, rules):
        yield from _play(f"user {user} executed an ordinary program", says, before, _execute(_ORDINARY, rules))
    else:
        title = f"a container, or a service, was started for user {user}"
        says = f"its bounding set was limited, which gives nothing by itself, and {says}"
        yield from _play(title, says, before, _execute(_ORDINARY, rules))


def _is_whole(bounding: CapSet, rules: Rules) -> bool:
    """Say whether a bounding set has all that the kernel has, or some kernel, where it may be any."""
    if rules.last_cap is not None:
        return bounding >= CapSet.all(rules.last_cap)
    ends = [cap for cap, later in pairwise(Cap) if cap.info.since_linux != later.info.since_linux]
    return bounding >= CapSet.all() or any(bounding == CapSet.all(cap) for cap in ends)


def _of_one_who_was_root(cred: Credentials, rules: Rules) -> Iterator[History]:
    """Root that became another user, with keepcaps or without."""
    user, uids = cred.visible_uids.effective, cred.visible_uids
    if _is_root(cred):
        return
    if (root := _as_root(cred, cred.caps.bounding | cred.caps.permitted)) is not None:
        says = "once none of its user ids is 0, setresuid(2) and the like take all that is permitted and effective"
        yield from _play(f"root became user {user}, and keepcaps was not set", says, root, _setresuid_to(uids, rules))
    if not cred.caps.permitted or (root := _as_root(cred, cred.caps.permitted | {"setuid"})) is None:
        return
    title = f"root became user {user} with keepcaps set"
    says = "permitted was kept, effective was cleared, and it is up to the thread to make it effective again"
    calls: list[Callable[[Credentials], Explanation]] = [
        lambda each: explain_set_keepcaps(each, True, rules=rules),
        _setresuid_to(uids, rules),
        _capset_to(cred.caps, rules),
    ]
    if not cred.securebits & Securebits.KEEP_CAPS:
        calls.append(lambda each: explain_set_keepcaps(each, False, rules=rules))
    yield from _play(title, says, root, *calls)


def _of_file(cred: Credentials, rules: Rules) -> Iterator[History]:
    """A program file with capabilities."""
    caps = cred.caps
    if _is_root(cred) or not caps.permitted:
        return
    file = Executable(caps=FileCaps(permitted=caps.permitted, effective=bool(caps.effective)))
    before = evolve(cred, caps=evolve(caps, effective=CapSet(), permitted=CapSet(), ambient=CapSet()))
    title = "a program with file capabilities was executed"
    says = "its file permits what is permitted here, within the bounding set"
    yield from _play(title, says, before, _execute(file, rules))


def _of_namespace(cred: Credentials, rules: Rules) -> Iterator[History]:
    """One who has everything in a user namespace."""
    parent = cred.user_ns.parent
    if parent is None:
        return
    namespace = cred.user_ns
    maker = evolve(cred, user_ns=parent, caps=CapState(), securebits=0)
    step = explain_unshare_user(maker, rules=rules)
    if step.after is not None and step.after.caps == cred.caps:
        says = "it has every capability there, and none outside: what belongs to another namespace is out of its reach"
        inside = evolve(step, after=evolve(step.after, user_ns=namespace))
        yield History(title="a user namespace was made", says=says, steps=(inside,))


_PLAYS = (_of_namespace, _of_root, _of_file, _of_user, _of_one_who_was_root)
