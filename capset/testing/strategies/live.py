"""Strategies of what is read of threads and files. Nothing is read for it."""

from __future__ import annotations

from typing import Any

from attrs import evolve, fields
from hypothesis import strategies as st

from capset.live.containers import Container
from capset.live.files import CapFile
from capset.live.rows import StatusRows
from capset.live.snapshot import Snapshot
from capset.live.status import ProcStatus
from capset.sets import THREAD_SETS, CapSet
from capset.state import CapState
from capset.testing.strategies.values import file_caps, id_quadruples, ids, states

__all__ = ["cap_files", "containers", "snapshots", "status_rows", "status_texts", "statuses"]

_PIDS = st.integers(1, 2**22)
_NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5).filter(
    lambda name: len(name.encode()) < 16
)


def statuses(*, known: bool = False) -> st.SearchStrategy[ProcStatus]:
    """Draw what ``/proc/<pid>/status`` says of threads, older kernels' too, which say less.

    Before Linux 4.10 ``no_new_privs`` is not known, and before 4.3 the ambient set is empty besides. Before 3.8, and
    where a kernel is built without it, ``seccomp`` is not known.

    Args:
        known: As of :func:`capsets`.

    Examples:
        >>> from hypothesis import given
        >>> from capset import testing
        >>> @given(testing.statuses())
        ... def test_they_are_lawful(status):
        ...     assert status.caps.violations() == []
        >>> test_they_are_lawful()
    """
    sets = states(known=known)
    newer = st.tuples(sets, st.booleans())
    older = st.tuples(sets | sets.map(lambda caps: evolve(caps, ambient=CapSet())), st.none())

    def made(says: tuple[CapState, bool | None], **others: Any) -> ProcStatus:
        caps, no_new_privs = says
        return ProcStatus(caps=caps, no_new_privs=no_new_privs, **others)

    return st.builds(
        made,
        newer | older,
        pid=_PIDS,
        tgid=_PIDS,
        ppid=st.integers(0, 2**22),
        name=_NAMES,
        uids=id_quadruples(),
        gids=id_quadruples(),
        groups=st.lists(ids(), max_size=3).map(lambda groups: tuple(sorted(groups))),
        seccomp=st.none() | st.integers(0, 2),
        user_ns=st.none() | st.just(4026531837),
    )


def status_texts() -> st.SearchStrategy[str]:
    """Draw whole status files, as ``live.parse_status()`` reads them.

    Those of older kernels lack rows: ``NoNewPrivs``, ``Seccomp``, and ``CapAmb`` where there is no ambient set.

    Examples:
        >>> from hypothesis import given
        >>> from capset import live, testing
        >>> @given(testing.status_texts())
        ... def test_each_is_one_thread(text):
        ...     [rows] = live.parse_rows(text)
        ...     assert rows.caps == live.parse_status(text).caps
        >>> test_each_is_one_thread()
    """
    return st.builds(status_text, statuses(), has_ambient=st.booleans())


def status_text(status: ProcStatus, *, has_ambient: bool = True) -> str:
    """Write a status as the kernel does.

    Args:
        status: What is written.
        has_ambient: Whether the kernel knows ambient sets; one that prints any, or NoNewPrivs, does in any case.
    """
    name = status.name.replace("\\", "\\\\").replace("\n", "\\n")
    caps = status.caps
    has_ambient = has_ambient or bool(caps.ambient) or status.no_new_privs is not None
    rows = {
        "Name": name,
        "Tgid": status.tgid,
        "Pid": status.pid,
        "PPid": status.ppid,
        "Uid": "\t".join(map(str, status.uids)),
        "Gid": "\t".join(map(str, status.gids)),
        "Groups": "".join(f"{group} " for group in status.groups) or " ",
        "CapInh": caps.inheritable.hex(),
        "CapPrm": caps.permitted.hex(),
        "CapEff": caps.effective.hex(),
        "CapBnd": caps.bounding.hex(),
        "CapAmb": caps.ambient.hex() if has_ambient else None,
        "NoNewPrivs": None if status.no_new_privs is None else int(status.no_new_privs),
        "Seccomp": status.seccomp,
    }
    return "".join(f"{label}:\t{value}\n" for label, value in rows.items() if value is not None)


_ROWS = [each.name for each in fields(ProcStatus) if each.name != "caps"] + list(THREAD_SETS)
_LATER = ("ambient", "no_new_privs", "seccomp", "user_ns")  # not every kernel prints these, nor any the last


def status_rows() -> st.SearchStrategy[StatusRows]:
    """Draw what some rows of status files say; there may be no row of anything."""

    def some(status: ProcStatus, lacking: set[str], whole: bool) -> StatusRows:
        said: dict[str, Any] = {name: getattr(status, name, None) for name in _ROWS}
        said |= {name: getattr(status.caps, name) for name in THREAD_SETS}
        said |= dict.fromkeys(lacking)
        return StatusRows(**said, whole=whole and lacking <= {*_LATER})

    lacking = st.sets(st.sampled_from(_LATER)) | st.sets(st.sampled_from(_ROWS))
    return st.builds(some, statuses(), lacking, st.booleans())


def snapshots() -> st.SearchStrategy[Snapshot]:
    """Draw snapshots of hosts with up to three threads."""
    return st.builds(Snapshot, st.lists(statuses(), max_size=3), proc=st.sampled_from(["", "/proc"]))


def containers() -> st.SearchStrategy[Container]:
    """Draw the first processes of containers."""
    return st.builds(
        Container, engine=st.sampled_from(["docker", "podman"]), name=st.sampled_from(["web", "db"]), pid=_PIDS
    )


def cap_files() -> st.SearchStrategy[CapFile]:
    """Draw files that have capabilities."""
    return st.builds(CapFile, st.sampled_from(["/usr/bin/ping", "/opt/app"]), file_caps())
