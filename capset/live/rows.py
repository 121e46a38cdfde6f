"""StatusRows: what some rows of ``/proc/<pid>/status`` say of a thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from capset.errors import ArgumentError, StatusError, shown
from capset.ids import Ids
from capset.live.status import credentials_of
from capset.plain import Plain
from capset.sets import THREAD_SETS, CapSet
from capset.shown import Shown
from capset.state import CapState, check_set

if TYPE_CHECKING:
    from capset.diff import StateDiff
    from capset.kernel import Credentials
    from capset.state import HasCaps

__all__ = ["ROWS", "StatusRows"]

ROWS = {
    "inheritable": "CapInh",
    "permitted": "CapPrm",
    "effective": "CapEff",
    "bounding": "CapBnd",
    "ambient": "CapAmb",
}
"""The label of the row of each set, in the order in which the kernel prints them."""

_WITHIN = (("effective", "permitted"), ("ambient", "permitted"), ("ambient", "inheritable"))


@frozen(kw_only=True)
class StatusRows(Plain, Shown):
    r"""What some rows of ``/proc/<pid>/status`` say of one thread, such as what ``grep Cap`` prints of it.

    What no row says is None: it is not known, which is neither nothing nor everything. The attributes are those of
    :class:`ProcStatus`, but that each of the five sets is one by itself. Where capset wants five sets or credentials,
    it is taken as it is; if a row is missing that is needed for them, the error says which.

    Attributes:
        source: What the text is called, usually a path.
        line: The line of its first row, counted from 1.
        path: The name of the file that stands in front of each of its rows, as ``grep -H`` writes it; empty where
            none does.
        whole: Whether the text has the whole file: then a row that is missing is one that its kernel does not print.
        pid: The id of the thread, also by *path*.
        tgid: The id of the process.
        ppid: The id of the parent process.
        name: The name of the thread.
        uids: The user ids.
        gids: The group ids.
        groups: The supplementary groups.
        effective: The set of the row ``CapEff``.
        permitted: That of ``CapPrm``.
        inheritable: That of ``CapInh``.
        bounding: That of ``CapBnd``.
        ambient: That of ``CapAmb``.
        no_new_privs: Whether execve(2) can no longer give privileges.
        seccomp: The seccomp mode: 0 disabled, 1 strict, 2 filter.
        user_ns: The inode number of the user namespace, which no row says, and ``capset show --json`` does.

    Source:
        Linux ``fs/proc/array.c``; proc(5).

    Examples:
        >>> from capset import live
        >>> [rows] = live.parse_rows("CapPrm: 0000000000000000\n[...]\nCapBnd: 00000000a80425fb\n")
        >>> rows.bounding == rows.sets["bounding"], rows.effective
        (True, None)
        >>> rows.assumed[0]
        'effective is empty, as permitted is, and it is always a subset of that'
        >>> rows.caps
        Traceback (most recent call last):
        capset.errors.StatusError: <rows>: no CapInh line; expected the inheritable set: all five are needed, ...
    """

    source: str = "<rows>"
    line: int = 1
    path: str = ""
    whole: bool = False
    pid: int | None = None
    tgid: int | None = None
    ppid: int | None = None
    name: str | None = None
    uids: Ids | None = None
    gids: Ids | None = None
    groups: tuple[int, ...] | None = None
    effective: CapSet | None = None
    permitted: CapSet | None = None
    inheritable: CapSet | None = None
    bounding: CapSet | None = None
    ambient: CapSet | None = None
    no_new_privs: bool | None = None
    seccomp: int | None = None
    user_ns: int | None = None

    @property
    def sets(self) -> dict[str, CapSet]:
        """The sets that are known, by their names: those that rows say, and those that must be empty for that."""
        return self._known()[0]

    @property
    def assumed(self) -> list[str]:
        """Which of the sets no row says, and why they are known all the same, a sentence each."""
        return self._known()[1]

    def _known(self) -> tuple[dict[str, CapSet], list[str]]:
        said = {name: getattr(self, name) for name in THREAD_SETS}
        told: list[str] = []
        if self.whole and self.ambient is None:
            said["ambient"] = CapSet()
            told.append("ambient is empty, as a kernel that prints no CapAmb line has no ambient set")
        for part, whole in _WITHIN:
            if said[part] is None and said[whole] is not None and not said[whole]:
                said[part] = CapSet()
                told.append(f"{part} is empty, as {whole} is, and it is always a subset of that")
        return {name: caps for name, caps in said.items() if caps is not None}, told

    def one(self, which: str) -> CapSet:
        """Return one of the five sets.

        Args:
            which: Its name, such as ``"bounding"``.

        Raises:
            StatusError: No row says it.
            ArgumentError: There is no such set.
        """
        check_set(which)
        known = self.sets
        if which in known:
            return known[which]
        there = ", ".join(ROWS[name] for name in known) or "nothing"
        raise StatusError(self.source, ROWS[which], f"the {which} set beside {there}")

    @property
    def caps(self) -> CapState:
        """The five sets.

        Raises:
            StatusError: The row of one of them is missing.
        """
        known = self.sets
        if missing := [name for name in ROWS if name not in known]:
            ways = "all five are needed, and grep Cap /proc/PID/status prints them"
            raise StatusError(self.source, ROWS[missing[0]], f"the {missing[0]} set: {ways}")
        return CapState(**known)

    def credentials(self, *, uid: int | None = None) -> Credentials:
        r"""Return them as :mod:`capset.kernel` takes them; what no row tells is assumed, and ``assumed`` says so.

        Args:
            uid: The user id, for want of a row ``Uid``.

        Raises:
            StatusError: The row of a set is missing; or ``Uid`` is, and no *uid* is given.
            ArgumentError: There is such a row, and a *uid* all the same; or no thread can have these sets.
            TypeError: *uid* is no number.

        Examples:
            >>> from capset import live
            >>> masks = "".join(f"Cap{name}: 0000000000000000\n" for name in ("Inh", "Prm", "Eff", "Bnd", "Amb"))
            >>> [rows] = live.parse_rows(masks)
            >>> rows.credentials(uid=1000).assumed[0]
            'the four user ids are 1000'
        """
        caps, assumed = self.caps, self.assumed
        uids = self.uids if uid is None else uid
        if uids is None:
            raise StatusError(self.source, "Uid", "four numbers; or say which user it is: uid=1000")
        if uid is not None:
            if self.uids is not None:
                raise ArgumentError(f"a row Uid says which user it is, so none can be given, got {shown(uid)}", uid)
            assumed.append(f"the four user ids are {shown(uid)}")
        if self.gids is None:
            assumed.append("the four group ids are 0")
        if self.groups is None:
            assumed.append("there are no supplementary groups")
        return credentials_of(
            uids=uids,
            gids=Ids(0, 0, 0, 0) if self.gids is None else self.gids,
            groups=self.groups or (),
            caps=caps,
            no_new_privs=self.no_new_privs,
            unsaid="no row says so",
            assumed=assumed,
        )

    def diff(self, other: CapState | HasCaps) -> StateDiff:
        """Return what turns the five sets into those of *other*: :meth:`capset.CapState.diff`.

        Raises:
            StatusError: The row of one of the sets is missing.
        """
        return self.caps.diff(other)
