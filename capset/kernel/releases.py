"""Rules: which kernel's rules, by its release, and what changed in them with which release."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache, wraps
from typing import Any, Literal, NamedTuple, Self, TypeVar

from attrs import evolve, field, frozen

from capset.capability import LAST_CAP, Cap
from capset.errors import ArgumentError, UnknownReleaseError, shown
from capset.facts import load
from capset.kernel.credentials import Credentials, Thread, anywhere, checked, texts
from capset.plain import Plain
from capset.securebits import Securebits
from capset.sets import THREAD_SETS, CapSet
from capset.source import Source
from capset.state import CapState
from capset.summary import summary

__all__ = ["NEWEST", "Backport", "Change", "Rules", "changes"]

_CHOICES: dict[str, tuple[object, ...]] = {
    "set_id": ("changed", "not real"),
    "exec_securebits": (True, False),
    "idle_setres": ("keeps fs", "sets fs"),
    "root_map_needs_setfcap": (True, False),
    "map_extents": (340, 5),
    "file_revision": (3, 2),
    "at_secure": ("asked", "given"),
    "ambient": (True, False),
    "setgroups_file": (True, False),
    "too_deep": ("ENOSPC", "EUSERS", "never"),
}
_EXEC_BITS = Securebits.EXEC_RESTRICT_FILE | Securebits.EXEC_DENY_INTERACTIVE
_AMBIENT_BITS = Securebits.NO_CAP_AMBIENT_RAISE | Securebits.NO_CAP_AMBIENT_RAISE_LOCKED


def _cap(number: Cap | int | None) -> Cap | None:
    return None if number is None else max(CapSet.all(number))  # which says what is no capability


Made = TypeVar("Made")


def _made_of_switches(cls: type[Made]) -> type[Made]:
    """Refuse a release where a class is called, as that would name one and have the rules of another."""
    takes_switches: Any = cls.__init__

    @wraps(takes_switches)
    def init(self: Made, *release: object, **switches: object) -> None:
        if release or "release" in switches:
            given = shown(release[0] if release else switches["release"])
            raise TypeError(f"Rules() takes switches; the rules of a release are Rules.of({given})")
        takes_switches(self, **switches)

    setattr(cls, "__init__", init)  # noqa: B010 - a type checker takes an assignment for a mistake
    return cls


@_made_of_switches
@frozen(kw_only=True)
class Rules(Plain):
    """Which kernel's rules, where kernels differ; by default the newest ones.

    :meth:`of` makes them of a release. The switches are for what is known of a kernel beside that, such as what its
    distribution has brought to an older release.

    Attributes:
        set_id: When an execve(2) counts as one that changes ids, which clears the ambient set and matters
            for no_new_privs. ``"changed"``: the effective user id changes, or the effective group id is
            none of the thread's groups. ``"not real"``: an effective id is not the real one; so it was before
            Linux 6.17.
        exec_securebits: Whether there are SECBIT_EXEC_RESTRICT_FILE and SECBIT_EXEC_DENY_INTERACTIVE,
            since Linux 6.14.
        idle_setres: What setresuid(2) and setresgid(2) that change nothing do: ``"keeps fs"``, nothing at all;
            ``"sets fs"``, the fs id becomes the effective one; so it was before Linux 6.3.
        root_map_needs_setfcap: Whether mapping the parent's user id 0 into a user namespace needs CAP_SETFCAP,
            since Linux 5.12.
        map_extents: How many lines a map may have: 340; 5 before Linux 4.15.
        file_revision: The last revision of file capabilities that the kernel reads: 3; 2 before Linux 4.14.
        at_secure: By which ids AT_SECURE goes, where no_new_privs sets them back: those that were ``"asked"`` for, or
            those that were ``"given"``; so it was before Linux 4.14.
        ambient: Whether there is an ambient set, since Linux 4.3.
        setgroups_file: Whether setgroups(2) can be denied in a user namespace, with all that came with it in Linux
            3.19.
        too_deep: What the 34th user namespace in another is: ``"ENOSPC"``, ``"EUSERS"`` before Linux 4.9; ``"never"``,
            it is none, before Linux 3.11.
        last_cap: The last capability of the kernel. If not given, the last one that capset knows, or a
            later one if the thread has it.
        release: The release that they were made of by :meth:`of`; empty if of none. This and what follows do not
            count when two are compared.
        assumed: What the release does not tell and was assumed, a sentence each.

    Raises:
        ArgumentError: A switch has another value.
        TypeError: A release was given, whose rules :meth:`of` returns.

    Examples:
        >>> from capset import CapState, kernel
        >>> caps = CapState(permitted=["kill"], inheritable=["kill"], ambient=["kill"])
        >>> cred = kernel.Credentials(uids=(1000, 1001, 1001, 1001), gids=50, caps=caps)
        >>> kernel.execve(cred, kernel.Executable()).caps.ambient
        CapSet.parse('CAP_KILL')
        >>> kernel.execve(cred, kernel.Executable(), rules="6.1.176").caps.ambient
        CapSet()
    """

    set_id: Literal["changed", "not real"] = "changed"
    exec_securebits: bool = True
    idle_setres: Literal["keeps fs", "sets fs"] = "keeps fs"
    root_map_needs_setfcap: bool = True
    map_extents: Literal[340, 5] = 340
    file_revision: Literal[3, 2] = 3
    at_secure: Literal["asked", "given"] = "asked"
    ambient: bool = True
    setgroups_file: bool = True
    too_deep: Literal["ENOSPC", "EUSERS", "never"] = "ENOSPC"
    last_cap: Cap | None = field(default=None, converter=_cap)
    release: str = field(default="", eq=False, repr=False, alias="_release")
    assumed: tuple[str, ...] = field(default=(), converter=texts, eq=False)

    def __attrs_post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if not any(type(value) is type(choice) and value == choice for choice in choices):
                raise ArgumentError(f"{name} is {_or(choices)}, got {shown(value)}", value)

    @classmethod
    def of(cls, release: str | Rules, *, last_cap: Cap | int | None = None) -> Rules:
        """Return the rules of a release of Linux.

        Distributions bring later changes to their kernels, and the name does not tell which: what could not be known
        is told in ``assumed``. Of a release that is newer than ``read_to``, the rules are taken to be the newest; of
        one before Linux 3.10, but for the last capability, those of 3.10.

        Args:
            release: What ``uname -r`` prints, such as ``"6.12.117+deb13-cloud-amd64"``. Two numbers, such as
                ``"5.10"``, stand for the newest release of their series. Rules are returned as they are.
            last_cap: The last capability of the kernel, where that is known beside its release.

        Raises:
            UnknownReleaseError: It names no release, one before Linux 2.6.25, which had no bounding sets of threads, or
                one of a major version that no Linux has for years to come, as other systems have.
            TypeError: It is no text.

        Examples:
            >>> from capset import kernel
            >>> rules = kernel.Rules.of("4.4.302")
            >>> rules.last_cap, rules.ambient, rules.file_revision
            (Cap.AUDIT_READ, True, 2)
            >>> print(kernel.Rules.of("5.10.0-32-cloud-amd64").assumed[0])
            5.10.0-32-cloud-amd64 does not tell which release of the series 5.10 it is: what later ones of it have, \
it is taken to have (idle-setres, root-map)
        """
        if isinstance(release, Rules):
            return release if last_cap is None else evolve(release, last_cap=last_cap)
        if not isinstance(release, str):
            raise TypeError(
                f'rules are kernel.Rules, or a release as uname -r prints it, such as "6.12.117", got {shown(release)}'
            )
        return _made(release.strip(), _cap(last_cap))

    @classmethod
    def supposed(cls, cred: Thread) -> Rules:
        """Return the rules to go by where nothing says which kernel it is, as of a saved status file: the newest.

        Of a thread whose sets show a kernel before 3.8 (:attr:`CapSet.undefined`), they are the oldest that are known.
        Either is told in ``assumed``.

        Examples:
            >>> from capset import CapSet, CapState, kernel
            >>> old = kernel.Credentials(caps=CapState(bounding=CapSet.from_hex("ffffffffffffffff")))
            >>> rules = kernel.Rules.supposed(old)
            >>> print(rules.assumed[0])
            the rules are those of Linux 3.10, the oldest that are known, as the sets show a kernel before 3.8
        """
        if any(getattr(checked(cred).caps, name).undefined for name in THREAD_SETS):
            oldest = cls.of(_facts()["oldest"])
            which = f"{oldest.title}, the oldest that are known, as the sets show a kernel before 3.8"
            assumed = (f"the rules are those of {which}", *oldest.assumed)
            return evolve(oldest, last_cap=None, _release="", assumed=assumed)
        which = f"Linux {NEWEST.read_to}, the newest that are known, as nothing says which kernel it was"
        return evolve(NEWEST, assumed=[f"the rules are those of {which}"])

    @classmethod
    def _of_plain(cls, **entries: Any) -> Self:
        return cls(_release=entries.pop("release"), **entries)

    @property
    def read_to(self) -> str:
        """The newest release that was looked at: its kernel was run, and did as these rules say."""
        return str(_facts()["read_to"])

    @property
    def title(self) -> str:
        """The kernel whose rules these are, for people."""
        return f"Linux {self.release}" if self.release else "a kernel with these rules"

    def fit(self, cred: Thread) -> Credentials:
        """Return the credentials as this kernel would have them: without what it does not know.

        That is for the question what another kernel would do with a thread of this one: what is left out is told in
        ``assumed``.

        Examples:
            >>> from capset import CapSet, CapState, kernel
            >>> cred = kernel.Credentials(caps=CapState(bounding=CapSet.all()))
            >>> old = kernel.Rules.of("4.4.302").fit(cred)
            >>> len(old.caps.bounding), old.assumed
            (38, ('CAP_PERFMON, CAP_BPF, CAP_CHECKPOINT_RESTORE is left out, as Linux 4.4.302 does not have it',))
        """
        cred = checked(cred)
        caps, assumed = cred.caps, list(cred.assumed)
        if self.last_cap is not None:
            every = CapSet.all(self.last_cap)
            if beyond := anywhere(caps) - every:
                assumed.append(f"{summary(beyond)} is left out, as {self.title} does not have it")
                caps = CapState(**{name: getattr(caps, name) & every for name in THREAD_SETS})
        if caps.ambient and not self.ambient:
            assumed.append(f"nothing is ambient, as {self.title} has no ambient set")
            caps = evolve(caps, ambient=CapSet())
        unknown = Securebits(int(cred.securebits) & ~int(self.securebits))
        if unknown:
            assumed.append(f"{unknown} is left out, as {self.title} does not have it")
        return evolve(cred, caps=caps, securebits=int(cred.securebits) & int(self.securebits), assumed=assumed)

    def all_assumed(self, cred: Thread) -> tuple[str, ...]:
        """Return what was assumed of a thread and of its kernel, each once."""
        return tuple(dict.fromkeys((*checked(cred).assumed, *self.assumed)))

    @property
    def securebits(self) -> Securebits:
        """Every securebit that the kernel knows."""
        known = Securebits(0)
        for flag in Securebits:
            known |= flag
        if not self.exec_securebits:
            known ^= _EXEC_BITS | _EXEC_BITS.lock
        return known if self.ambient else known ^ _AMBIENT_BITS


NEWEST = Rules()


def _or(choices: tuple[object, ...]) -> str:
    words = [f'"{choice}"' if isinstance(choice, str) else str(choice) for choice in choices]
    return f"{', '.join(words[:-1])} or {words[-1]}"


# -- what changed ------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Backport:
    """A release of an earlier series that has a change too.

    Attributes:
        since: The first of them.
        build: How a distribution marks its releases, such as ``"el7"``, if it is one of a distribution's.
        source: Where that was read.
    """

    since: str
    build: str = ""
    source: Source


@frozen(kw_only=True)
class Change:
    """A change of the kernel's rules about credentials.

    Attributes:
        id: A short name for it.
        since: The release of Linux that brought it.
        switch: The field of :class:`Rules` that it is; empty where capset follows the newer rule for all releases.
        before: The value of that field for a kernel without the change; None where there is no switch.
        what: What changed, in a sentence.
        confidence: How sure it is: ``"run"`` (kernels of both sides were run, and did so), ``"read"`` (in both
            sources) or ``"documented"`` (its makers say so).
        note: What else there is to say; empty where there is nothing.
        sources: Where it was read.
        backports: The releases of earlier series that have it too, as far as they were read.
        unread: The series of which later releases may have it too, and which were not read: a release of them is
            taken to be without it, and ``assumed`` says so.
    """

    id: str
    since: str
    switch: str = ""
    before: str | int | None = None
    what: str
    confidence: Literal["run", "read", "documented"]
    note: str = ""
    sources: tuple[Source, ...]
    backports: tuple[Backport, ...] = ()
    unread: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.id}, since Linux {self.since}: {self.what}"


@cache
def _facts() -> dict[str, Any]:
    """Read the data."""
    return load("kernel")


@cache
def changes() -> tuple[Change, ...]:
    """Return what changed in the kernel's rules about credentials since Linux 3.10, the newest first.

    Examples:
        >>> from capset import kernel
        >>> for change in kernel.changes()[:2]:
        ...     print(change.since, change.id)
        6.17 set-id
        6.14 exec-securebits
    """
    return tuple(map(_change, _facts()["changes"]))


def _change(fact: dict[str, Any]) -> Change:
    made: dict[str, Any] = {
        "sources": tuple(Source(**source) for source in fact["sources"]),
        "backports": tuple(_backport(**each) for each in fact.get("backports", ())),
        "unread": tuple(fact.get("unread", ())),
    }
    return Change(**fact | made)


def _backport(source: dict[str, Any], **fact: str) -> Backport:
    return Backport(source=Source(**source), **fact)


# -- from a text to rules ----------------------------------------------------------------------------

_RELEASE = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,9}){1,4})(?:-(rc[0-9]{1,3}))?((?:[A-Za-z+~_-][0-9A-Za-z+~._:@-]*)?)")
_CANDIDATE = re.compile(r"[-~.](rc[0-9]{1,3})")  # Fedora writes 6.17.0-0.rc1.17.fc43, Debian 6.17~rc3-amd64


class _Release(NamedTuple):
    """What the name of a release tells.

    Attributes:
        text: The name.
        numbers: Its numbers, three at least.
        series: Whether it names a series, of which any release may be meant.
        candidate: ``rc3`` and the like, wherever its makers write that; empty if it is none.
        suffix: What its makers added.
    """

    text: str
    numbers: tuple[int, ...]
    series: bool
    candidate: str
    suffix: str

    @property
    def is_hidden(self) -> bool:
        """Whether the third number tells nothing: distributions count their own way, after a 0."""
        return self.series or (self.numbers[2] == 0 and bool(self.suffix) and not self.candidate)

    def build(self, mark: str) -> tuple[int, ...] | None:
        """Return the numbers with those of the build, if it is one of the distribution that has this mark."""
        if not re.search(rf"(?:^|[._-]){re.escape(mark)}(?![0-9A-Za-z])", self.suffix):
            return None
        first = re.match(r"-([0-9]{1,9})", self.suffix)
        return (*self.numbers[:3], int(first[1]) if first else 0)


def _numbers(text: str) -> tuple[int, ...]:
    """Return the numbers of a release in the data, three at least."""
    numbers = tuple(map(int, re.split(r"[.-]", text)))
    return numbers + (0,) * (3 - len(numbers))


def _parsed(text: str) -> _Release:
    match = _RELEASE.fullmatch(text)
    if match is None:
        raise UnknownReleaseError(text, "expected what uname -r prints, such as 6.12.117+deb13-cloud-amd64")
    numbers = tuple(map(int, match[1].split(".")))
    suffix = match[3]
    within = _CANDIDATE.search(suffix)
    candidate = match[2] or (within[1] if within else "")
    series = len(numbers) == 2 and not suffix and not candidate
    return _Release(text, numbers + (0,) * (3 - len(numbers)), series, candidate, suffix)


@lru_cache(maxsize=64)
def _made(text: str, last_cap: Cap | None) -> Rules:
    release = _parsed(text)
    oldest, newest = _facts()["oldest"], _facts()["read_to"]
    if release.numbers < _numbers(first := _facts()["first"]):
        raise UnknownReleaseError(text, f"those from Linux {oldest} on are known, and taken for those from {first} on")
    if release.numbers[0] > _numbers(newest)[0] + 1:
        raise UnknownReleaseError(
            text,
            f"the newest Linux that is known is {newest}, and so much newer there is none: other systems count higher",
        )
    switches: dict[str, Any] = {}
    kinds: dict[str, list[str]] = {"backported": [], "unread": [], "without": [], "not modelled": []}
    for change in changes():
        has = _has(release, change)
        if has == "without" and not change.switch:
            kinds["not modelled"].append(change.id)
        elif has != "yes":
            kinds[has].append(change.id)
        if has in {"without", "unread"} and change.switch:
            switches[change.switch] = change.before
    is_newer = release.numbers[:2] > _numbers(newest)[:2]
    if last_cap is None and not is_newer:
        last_cap = _last_cap(release)
        if last_cap < LAST_CAP:
            kinds["without"].append(f"the capabilities after {last_cap}")
    return Rules(**switches, last_cap=last_cap, _release=text, assumed=_assumed(release, kinds, is_newer))


def _has(release: _Release, change: Change) -> Literal["yes", "backported", "unread", "without"]:
    """Say whether a release has a change, and how that is known."""
    if release.numbers >= _numbers(change.since):
        return "yes"
    for backport in change.backports:
        since = _numbers(backport.since)
        if backport.build:
            if (build := release.build(backport.build)) is not None and build >= since:
                return "yes"
        elif release.numbers[:2] == since[:2]:
            if release.is_hidden:
                return "backported"
            return "yes" if release.numbers >= since else "without"
    is_unread = any(release.numbers[:2] == _numbers(series)[:2] for series in change.unread)
    return "unread" if is_unread and (release.is_hidden or release.numbers[2]) else "without"


def _last_cap(release: _Release) -> Cap:
    return max(cap for cap in Cap if release.numbers >= _numbers(cap.info.since_linux or ""))


def _assumed(release: _Release, kinds: dict[str, list[str]], is_newer: bool) -> Iterator[str]:
    """Say what the name of a release does not tell, a sentence each."""
    text, series = release.text, ".".join(map(str, release.numbers[:2]))
    if is_newer:
        newest = _facts()["read_to"]
        yield f"{text} is newer than Linux {newest}, up to which the rules are known, and is taken to have the same"
    if release.numbers[:2] < _numbers(oldest := _facts()["oldest"])[:2]:
        yield f"{text} is older than Linux {oldest}, from which on the rules are known, and is taken to have the same"
    if release.candidate:
        final = ".".join(map(str, release.numbers if release.numbers[2] else release.numbers[:2]))
        yield f"{text} comes before Linux {final}, and is taken for it"
    if kinds["backported"]:
        yield (
            f"{text} does not tell which release of the series {series} it is: what later ones of it have, it is taken "
            f"to have ({', '.join(kinds['backported'])})"
        )
    if kinds["unread"]:
        listed = ", ".join(kinds["unread"])
        yield f"which releases of the series {series} have {listed} was not read: {text} is taken to be without"
    if release.suffix and kinds["without"]:
        listed = ", ".join(kinds["without"])
        yield f"what its makers brought to {text} its name does not tell: it is taken to be without {listed}"
    if kinds["not modelled"]:
        listed = ", ".join(kinds["not modelled"])
        yield f"{text} is before some changes that are not modelled, and is taken to have them ({listed})"
