"""Strategies of what is read of threads and files. Nothing is read for it."""

from __future__ import annotations

from typing import Any

from attrs import fields
from hypothesis import strategies as st

from capset.live.containers import Container
from capset.live.files import CapFile
from capset.live.rows import StatusRows
from capset.live.snapshot import Snapshot
from capset.live.status import ProcStatus
from capset.sets import THREAD_SETS
from capset.testing.strategies.values import file_caps, id_quadruples, ids, states

__all__ = ["cap_files", "containers", "snapshots", "status_rows", "status_texts", "statuses"]

_PIDS = st.integers(1, 2**22)
_NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5).filter(
    lambda name: len(name.encode()) < 16
)


def statuses(*, known: bool = False) -> st.SearchStrategy[ProcStatus]:
    """Draw what ``/proc/<pid>/status`` says of threads, older kernels' too, which say less.

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
    return st.builds(
        ProcStatus,
        pid=_PIDS,
        tgid=_PIDS,
        ppid=st.integers(0, 2**22),
        name=_NAMES,
        uids=id_quadruples(),
        gids=id_quadruples(),
        groups=st.lists(ids(), max_size=3).map(lambda groups: tuple(sorted(groups))),
        caps=states(known=known),
        no_new_privs=st.none() | st.booleans(),
        seccomp=st.none() | st.integers(0, 2),
        user_ns=st.none() | st.just(4026531837),
    )


def status_texts() -> st.SearchStrategy[str]:
    """Draw whole status files, as ``live.parse_status()`` reads them.

    Examples:
        >>> from hypothesis import given
        >>> from capset import live, testing
        >>> @given(testing.status_texts())
        ... def test_each_is_one_thread(text):
        ...     [rows] = live.parse_rows(text)
        ...     assert rows.caps == live.parse_status(text).caps
        >>> test_each_is_one_thread()
    """
    return statuses().map(status_text)


def status_text(status: ProcStatus) -> str:
    """Write a status as the kernel does."""
    name = status.name.replace("\\", "\\\\").replace("\n", "\\n")
    caps = status.caps
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
        "CapAmb": caps.ambient.hex(),
        "NoNewPrivs": None if status.no_new_privs is None else int(status.no_new_privs),
        "Seccomp": status.seccomp,
    }
    return "".join(f"{label}:\t{value}\n" for label, value in rows.items() if value is not None)


def status_rows() -> st.SearchStrategy[StatusRows]:
    """Draw what some rows of status files say; of any set there may be no row."""

    def some(status: ProcStatus, lacking: set[str], whole: bool) -> StatusRows:
        said: dict[str, Any] = {each.name: getattr(status, each.name) for each in fields(ProcStatus)}
        del said["caps"]
        said |= {name: None if name in lacking else getattr(status.caps, name) for name in THREAD_SETS}
        return StatusRows(**said, whole=whole and not lacking)

    return st.builds(some, statuses(), st.sets(st.sampled_from(THREAD_SETS), max_size=4), st.booleans())


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
