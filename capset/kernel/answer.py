"""Why a thread has, or has not, a capability: where it stands now, what would give it, and how it came to that."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from capset.capability import Cap
from capset.filecaps import FileCaps
from capset.kernel.credentials import Credentials, Executable, Thread
from capset.kernel.draft import Draft
from capset.kernel.execution import explain_execve
from capset.kernel.history import History, histories
from capset.kernel.releases import NEWEST, Rules
from capset.plain import Plain
from capset.sets import THREAD_SETS, CapSet
from capset.shown import Shown
from capset.summary import UNDEFINED

__all__ = ["Answer", "Way", "why"]


@frozen(kw_only=True)
class Way(Plain):
    """Something that the thread could do, and whether it would have the capability then.

    Attributes:
        what: What it would do.
        gives: Whether the capability would be effective afterwards.
        because: Why, or why not.
    """

    what: str
    gives: bool
    because: str

    def __str__(self) -> str:
        return f"{self.what} {'gives' if self.gives else 'does not give'} it: {self.because}"


@frozen(kw_only=True)
class Answer(Plain, Shown):
    """Why a thread has, or has not, a capability.

    Attributes:
        cap: The capability.
        cred: The credentials of the thread.
        verdict: Whether it counts now, in a sentence.
        ways: What would give it, and what would not; none if it is effective.
        histories: How the thread may have come to its sets, the most telling first.
        rules: Which kernel's rules.
    """

    cap: Cap
    cred: Credentials
    verdict: str
    ways: tuple[Way, ...]
    histories: tuple[History, ...]
    rules: Rules = NEWEST

    @property
    def assumed(self) -> tuple[str, ...]:
        """What is not known of the thread and of the kernel, and was assumed, a sentence each."""
        return self.rules.all_assumed(self.cred)

    @property
    def effective(self) -> bool | None:
        """Whether the thread can use it now; None where it is not known whether it is a capability there."""
        exists = _exists(self.cap, self.cred)
        return exists and self.cap in self.cred.caps.effective

    @property
    def sets(self) -> tuple[str, ...]:
        """The names of the sets that have the capability."""
        return tuple(name for name in THREAD_SETS if self.cap in getattr(self.cred.caps, name))

    def __str__(self) -> str:
        lines = [self.verdict, f"It is in these sets: {', '.join(self.sets) or 'none'}."]
        lines += [f"{way}." for way in self.ways]
        lines += [f"This is how it looks after {history}." for history in self.histories]
        lines += [] if self.histories else ["None of the usual histories ends with just these sets."]
        return "\n".join(lines + [f"Assumed: {text}." for text in self.assumed])


def why(cred: Thread, cap: Cap | int | str, *, rules: Rules | str = NEWEST) -> Answer:
    """Say why a thread has, or has not, a capability.

    Having it may not suffice: seccomp filters, other security modules and device rules refuse as well.

    Args:
        cred: The credentials of the thread, such as :func:`capset.live.credentials` reads them, or its ProcStatus,
            of which what a status file does not tell is assumed.
        cap: The capability.
        rules: Which kernel's rules: its release, or :class:`Rules`.

    Raises:
        UnknownCapabilityError: There is no such capability.

    Examples:
        >>> from capset import DOCKER_DEFAULT, CapState, kernel
        >>> cred = kernel.Credentials(uids=1000, gids=1000, caps=CapState(bounding=DOCKER_DEFAULT))
        >>> answer = kernel.why(cred, "net_raw")
        >>> print(answer.verdict)
        CAP_NET_RAW is not permitted, and so it cannot be effective.
        >>> for way in answer.ways:
        ...     print(way.gives, way.what)
        False execve(2) of an ordinary program
        True execve(2) of a program that permits it, as after setcap cap_net_raw=ep,
        True execve(2) of a set-user-ID-root program
    """
    [one] = CapSet([cap])
    draft = Draft(cred, rules)
    cred = draft.old
    return Answer(
        cap=one,
        cred=cred,
        verdict=_verdict(draft, one),
        ways=() if one in cred.caps.effective or one in _undefined(cred) else tuple(_ways(draft, one)),
        histories=tuple(histories(cred, rules=draft.rules)),
        rules=draft.rules,
    )


def _undefined(cred: Credentials) -> CapSet:
    """Return the capabilities that are none where the thread is, as one of its sets tells."""
    return CapSet().union(*(getattr(cred.caps, name).undefined for name in THREAD_SETS))


def _exists(cap: Cap, cred: Credentials) -> bool | None:
    """Say whether it is a capability where the thread is, as far as the sets tell; None where that is not known."""
    undefined = _undefined(cred)
    if cap in undefined:
        return False
    # Those up to MAC_ADMIN are as old as the bounding set of a thread.
    return None if cap > Cap.MAC_ADMIN and Cap.AUDIT_READ in undefined else True


def _verdict(draft: Draft, cap: Cap) -> str:
    cred = draft.old
    exists = _exists(cap, cred)
    if exists is False:
        return f"{cap} is no capability there. {UNDEFINED}."
    if exists is None:
        since = f"it came with Linux {cap.info.since_linux}"
        return f"Whether {cap} is a capability there is not known: {since}, and the sets show a kernel before 3.8."
    if cap in cred.caps.effective:
        if cred.user_ns.parent is None:
            return f"{cap} is effective: the thread can use it now."
        return f"{cap} is effective in {cred.user_ns}: it counts for what belongs to that, and for nothing outside."
    if cap in cred.caps.permitted:
        return f"{cap} is permitted and not effective: the thread cannot use it as it is."
    if cap not in draft.supported:
        if draft.rules.last_cap is not None:
            return f"{cap} is none that {draft.rules.title} has."
        return f"{cap} has no name yet, and no set of this thread shows that its kernel has it."
    return f"{cap} is not permitted, and so it cannot be effective."


def _ways(draft: Draft, cap: Cap) -> Iterator[Way]:
    """List what a thread could do that does not have it effective."""
    cred = draft.old
    if cap in cred.caps.permitted:
        yield Way(what="capset(2)", gives=True, because="the thread may make effective what is permitted")
    yield _after("execve(2) of an ordinary program", Executable(), draft, cap)
    with_caps = Executable(caps=FileCaps(permitted=[cap], effective=True))
    setcap = f"as after setcap {str(cap).lower()}=ep,"
    yield _after(f"execve(2) of a program that permits it, {setcap}", with_caps, draft, cap)
    if cap in cred.caps.inheritable:
        inherits = Executable(caps=FileCaps(inheritable=[cap], effective=True))
        setcap = f"as after setcap {str(cap).lower()}=ei (the way of pam_cap(8)),"
        yield _after(f"execve(2) of a program that inherits it, {setcap}", inherits, draft, cap)
    what = "execve(2) of a set-user-ID-root program"
    uid, gid = cred.user_ns.outside_uid(0), cred.user_ns.outside_gid(0)
    if uid is None or gid is None:
        yield Way(what=what, gives=False, because="the user namespace maps no user or no group to 0, so there is none")
    else:
        yield _after(what, Executable(uid=uid, gid=gid, mode=0o4755), draft, cap)


def _after(what: str, executable: Executable, draft: Draft, cap: Cap) -> Way:
    explanation = explain_execve(draft.old, executable, rules=draft.rules)
    if explanation.after is None:
        return Way(what=what, gives=False, because=str(explanation.error))
    reason = explanation.why(cap)
    return Way(what=what, gives=reason.change in {"kept", "gained"}, because=reason.why)
