"""Strategies of processes of a fleet, and of what was asked of it."""

from __future__ import annotations

from datetime import UTC

from hypothesis import strategies as st

from capset import CapSet
from capset.fleet import Beyond, Change, Drift, Excess, File, Held, Outlier, Rare, Row
from capset.sets import THREAD_SETS
from capset.testing.strategies.engines import engines, matches
from capset.testing.strategies.values import capsets

__all__ = ["beyonds", "changes", "drifts", "excesses", "files", "held", "outliers", "processes", "rare_sets"]

_HOSTS = st.sampled_from(["web1", "web2", "db1"])
_NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=15)
_COUNTS = st.integers(1, 9)
_IDS = st.none() | st.integers(0, 2**32 - 1)
_FLAGS = st.none() | st.booleans()


def _some(strategy: st.SearchStrategy[CapSet]) -> dict[str, st.SearchStrategy[CapSet | None]]:
    return dict.fromkeys(THREAD_SETS, st.none() | strategy)


def processes() -> st.SearchStrategy[Row]:
    """Draw rows of a snapshot, of which more or less is known."""
    return st.builds(
        Row,
        host=_HOSTS,
        time=st.none() | st.datetimes(timezones=st.just(UTC)),
        boot=st.none() | st.sampled_from(["b-1", "b-2"]),
        kernel=st.none() | st.sampled_from(["5.10.0", "6.12.48+deb13-amd64"]),
        last_cap=st.none() | st.integers(0, 63),
        pid=st.none() | st.integers(1, 2**22),
        tgid=st.none() | st.integers(1, 2**22),
        ppid=st.none() | st.integers(0, 2**22),
        start=st.none() | st.integers(0, 2**63 - 1),
        name=st.none() | _NAMES,
        cgroup=st.none() | st.sampled_from(["/", "/init.scope"]),
        container=st.none() | st.sampled_from(["c1", "c2"]),
        engine=st.none() | st.sampled_from(["docker", "podman"]),
        contained=_FLAGS,
        kernel_thread=_FLAGS,
        **{f"{kind}_{which}": _IDS for kind in ("uid", "gid") for which in ("real", "effective", "saved", "fs")},
        groups=st.none() | st.lists(st.integers(0, 2**32 - 1), max_size=3).map(tuple),
        **_some(capsets()),
        no_new_privs=_FLAGS,
        seccomp=st.none() | st.integers(0, 2),
        user_ns=st.none() | st.integers(2**31, 2**32),
        unread=st.none() | st.just("it may not be read"),
    )


def held() -> st.SearchStrategy[Held]:
    """Draw privileges, of which more or less is known."""
    return st.builds(
        Held,
        **_some(capsets()),
        **dict.fromkeys(("uid_effective", "uid_real", "uid_saved", "uid_fs"), _IDS),
        no_new_privs=_FLAGS,
        seccomp=st.none() | st.integers(0, 2),
        elsewhere=_FLAGS,
        contained=_FLAGS,
    )


def changes() -> st.SearchStrategy[Change]:
    """Draw what changed of some processes."""
    return st.builds(
        Change,
        name=st.none() | _NAMES,
        before=st.none() | held(),
        after=held(),
        count=_COUNTS,
        hosts=_COUNTS,
        host=_HOSTS,
        pid=st.none() | st.integers(1, 2**22),
    )


def drifts() -> st.SearchStrategy[Drift]:
    """Draw what changed of a fleet."""
    return st.builds(
        Drift,
        changes=st.lists(changes(), max_size=3).map(tuple),
        by=st.sampled_from(["process", "program"]),
        same=st.none() | _COUNTS,
        begun=st.none() | _COUNTS,
        ended=st.none() | _COUNTS,
        unsure=st.none() | _COUNTS,
        unproven=st.none() | _COUNTS,
        more=st.none() | _COUNTS,
        unread=_COUNTS,
        unread_hosts=st.lists(_HOSTS, max_size=2).map(tuple),
        partly=_COUNTS,
        kernel=_COUNTS,
        hosts_gone=st.lists(_HOSTS, max_size=2).map(tuple),
        hosts_new=st.lists(_HOSTS, max_size=2).map(tuple),
    )


def outliers() -> st.SearchStrategy[Outlier]:
    """Draw sets that few of their peers hold."""
    return st.builds(
        Outlier,
        peers=st.dictionaries(st.sampled_from(["name", "uid_effective"]), _NAMES, max_size=2),
        caps=capsets(),
        usual=capsets(),
        count=_COUNTS,
        of=st.integers(10, 99),
        hosts=_COUNTS,
        example=_HOSTS,
        pid=st.none() | st.integers(1, 2**22),
    )


def rare_sets() -> st.SearchStrategy[Rare]:
    """Draw the rare sets of a fleet."""
    return st.builds(
        Rare,
        outliers=st.lists(outliers(), max_size=3).map(tuple),
        by=st.sampled_from([(), ("name",)]),
        set=st.sampled_from(THREAD_SETS),
        share=st.sampled_from([0.05, 0.5]),
        least=_COUNTS,
        total=_COUNTS,
        alone=_COUNTS,
        unread=_COUNTS,
        partly=_COUNTS,
        repeated=_COUNTS,
    )


def excesses() -> st.SearchStrategy[Excess]:
    """Draw processes in containers that hold more than an engine gives."""
    return st.builds(
        Excess,
        held=held(),
        engine=engines(),
        extra=capsets(),
        match=st.none() | matches(),
        elsewhere=st.none() | st.booleans(),
        count=_COUNTS,
        hosts=_COUNTS,
        sure=st.booleans(),
        containers=st.integers(0, 9),
        names=st.dictionaries(_NAMES, _COUNTS, max_size=7),
        host=_HOSTS,
    )


def beyonds() -> st.SearchStrategy[Beyond]:
    """Draw all such of a fleet."""
    return st.builds(
        Beyond,
        excesses=st.lists(excesses(), max_size=2).map(tuple),
        engine=st.none() | engines(),
        total=_COUNTS,
        outside=_COUNTS,
        unsure=_COUNTS,
        unread=_COUNTS,
        partly=_COUNTS,
        repeated=_COUNTS,
    )


def files() -> st.SearchStrategy[File]:
    """Draw files that were written or read."""
    return st.builds(
        File,
        path=st.sampled_from(["a.parquet", "b.jsonl"]),
        rows=_COUNTS,
        size=_COUNTS,
        sha256=st.binary(min_size=32, max_size=32).map(bytes.hex),
    )
