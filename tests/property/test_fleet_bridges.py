"""Processes through events of others and back: what a dialect has fields for is the same after it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from capset import CapSet, fleet
from capset.errors import FormatError
from capset.live.origin import origin
from capset.printable import message
from capset.sets import THREAD_SETS

NUMBERS = st.integers(0, 2**63 - 1)
IDS = st.integers(0, 2**32 - 2)
TEXTS = st.text(min_size=1, max_size=15).map(message)
TIMES = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
MASKS = st.integers(0, 2**64 - 1).map(CapSet.from_mask)
CONTAINERS = st.binary(min_size=32, max_size=32).map(bytes.hex)


def some(values):
    return st.none() | values


@st.composite
def processes(draw):
    """Draw a process with all columns that any dialect has; its thread is told with its process."""
    tgid = draw(some(NUMBERS))
    ids = {f"{kind}_{who}": draw(some(IDS)) for kind in ("uid", "gid") for who in ("real", "effective", "saved", "fs")}
    return fleet.Row(
        host=draw(TEXTS),
        time=draw(some(TIMES)),
        boot=draw(some(TEXTS)),
        kernel=draw(some(TEXTS)),
        pid=None if tgid is None else draw(st.just(tgid) | NUMBERS),
        tgid=tgid,
        ppid=draw(some(NUMBERS.filter(lambda pid: pid != tgid))),
        name=draw(some(TEXTS)),
        cgroup=draw(some(TEXTS | CONTAINERS.map("/docker/{}".format))),
        container=draw(some(CONTAINERS)),
        engine=draw(st.sampled_from([None, "docker", "podman", "containerd", "cri-o"])),
        groups=draw(some(st.lists(IDS, max_size=3).map(tuple))),
        user_ns=draw(some(NUMBERS)),
        unread=draw(some(TEXTS)),
        **ids,
        **{name: draw(some(MASKS)) for name in THREAD_SETS},
    )


def without(process, *columns):
    kept = evolve(process, **dict.fromkeys(columns))
    return evolve(kept, contained=None if kept.container is None else True)


@given(processes())
def test_ecs(process):
    kept = without(process, "cgroup", "user_ns", "uid_fs", "gid_fs", "inheritable", "bounding", "ambient")
    assert fleet.from_ecs(fleet.to_ecs(process)) == kept


@given(processes())
def test_falco(process):
    kept = without(
        process,
        *("boot", "kernel", "cgroup", "groups", "user_ns", "bounding", "ambient"),
        *(f"{kind}_{who}" for kind in ("uid", "gid") for who in ("real", "saved", "fs")),
    )
    read = fleet.from_falco(fleet.to_falco(process))
    if kept.name is None and kept.uid_effective is None:  # then it is not known whether an empty set is one
        read = evolve(read, unread=kept.unread)
        kept = evolve(kept, **{name: getattr(kept, name) or None for name in ("effective", "permitted", "inheritable")})
    assert read == kept


@given(processes(), st.booleans())
def test_tetragon(process, known):
    sets = {name: getattr(process, name) or CapSet() for name in ("permitted", "effective", "inheritable")}
    process = without(process, "unread", "boot", "kernel", "cgroup", "groups", "bounding", "ambient")
    process = evolve(process, name="a-name", **(sets if known else dict.fromkeys(sets)))
    if process.container is None or process.engine is None:
        process = without(process, "engine", "container")
    assert fleet.from_tetragon(fleet.to_tetragon(process)) == without(process)


@given(processes())
def test_osquery(process):
    process = evolve(process, pid=process.tgid, time=process.time and process.time.replace(microsecond=0))
    found = origin(process.cgroup or "")
    process = evolve(process, container=found.container, engine=found.engine)
    kept = without(process, "boot", "kernel", "groups", "uid_fs", "gid_fs")
    assert fleet.from_osquery(fleet.to_osquery(process)) == kept


# -- whatever else -----------------------------------------------------------------------------------

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
NAMES = st.sampled_from(["CAP_KILL", "CAP_ALL", "41", "", "[a]", "procFS", "added", "<NA>", "2026-11-29T12:00:00Z"])
JSON = st.recursive(
    SCALARS | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
ECS = ["host", "name", "hostname", "process", "process.pid", "pid", "thread", "thread.id", "capabilities", "effective"]
ECS += [
    "permitted",
    "thread.capabilities",
    "user",
    "user.id",
    "id",
    "supplemental_groups",
    "@timestamp",
    "error.message",
]
TETRAGON = ["process_exec", "process_exit", "process", "parent", "node_name", "time", "cap", "permitted", "effective"]
TETRAGON += ["process_credentials", "caps", "user_ns", "ns", "inum", "binary", "flags", "pod", "container", "id", "uid"]
FALCO = ["output_fields", "hostname", "time", "proc.name", "proc.pid", "user.uid", "thread.cap_effective", "evt.time"]
OSQUERY = [
    "columns",
    "snapshot",
    "diffResults",
    "added",
    "action",
    "hostIdentifier",
    "unixTime",
    "pid",
    "uid",
    "CapEff",
]
OSQUERY += ["cap_effective", "capfoo", "unread", "parent"]


def shaped(keys):
    """Draw objects with the keys of a dialect, nested in any way."""
    named = st.sampled_from(keys)
    inside = st.recursive(
        JSON, lambda inner: st.dictionaries(named, inner, max_size=4) | st.lists(inner, max_size=2), max_leaves=8
    )
    return st.dictionaries(named, inside, max_size=6)


@pytest.mark.parametrize(
    ("read", "keys"),
    [
        (fleet.from_ecs, ECS),
        (fleet.from_tetragon, TETRAGON),
        (fleet.from_falco, FALCO),
        (fleet.from_osquery, OSQUERY),
        (fleet.from_osquery_log, OSQUERY),
    ],
)
@given(data=st.data())
def test_any_json(read, keys, data):
    """It is a process, or an error that says what is wrong; and what was read can be written as a line."""
    event = data.draw(shaped(keys) | JSON)
    try:
        found = read(event, host=data.draw(st.sampled_from([None, "web1"])))
    except (FormatError, TypeError) as error:
        assert str(error).startswith("expected") or isinstance(error, FormatError)
        return
    for process in found if isinstance(found, list) else [found]:
        assert fleet.from_line(fleet.to_line(process)) == process
