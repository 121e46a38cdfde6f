"""Events of others as processes of a fleet, and back."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from capset import CapSet, fleet
from capset.errors import ArgumentError, FormatError

ID = "5d" * 32
NOON = datetime(2026, 11, 29, 12, 0, 0, 123456, UTC)
READERS = (fleet.from_ecs, fleet.from_tetragon, fleet.from_falco, fleet.from_osquery, fleet.from_osquery_log)
WRITERS = (fleet.to_ecs, fleet.to_tetragon, fleet.to_falco, fleet.to_osquery)


def caps(text):
    return CapSet.parse(text)


def ecs(effective, **others):
    return {"host.name": "web1", "process.thread.capabilities.effective": effective, **others}


def tetragon(process, **others):
    return {"process_exec": {"process": process, **others}, "node_name": "web1"}


def falco(**fields):
    return {"hostname": "web1", "output_fields": {key.replace("__", "."): value for key, value in fields.items()}}


def test_without_arrow():
    """The bridges are asked of nothing but events."""
    code = (
        "import sys\nfrom capset.fleet import from_ecs, from_falco, from_osquery, from_tetragon, to_ecs\n"
        "assert not {'pyarrow', 'narwhals', 'numpy'} & set(sys.modules)"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    subprocess.run([sys.executable, "-c", code], check=True, env=env)


# -- all of them -----------------------------------------------------------------------------------


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("value", [None, [], "{}", 7])
def test_no_event(read, value):
    with pytest.raises(TypeError, match="as a mapping, got"):
        read(value)


@pytest.mark.parametrize("write", WRITERS)
def test_no_process(write):
    with pytest.raises(TypeError, match=r"expected a fleet\.Row, got"):
        write({"host": "web1"})


@pytest.mark.parametrize(
    ("read", "event"),
    [
        (fleet.from_ecs, {"process.pid": 7}),
        (fleet.from_tetragon, {"process_exec": {"process": {"pid": 7}}}),
        (fleet.from_falco, {"output_fields": {"proc.pid": 7}}),
        (fleet.from_osquery, {"pid": "7"}),
    ],
)
def test_the_host(read, event):
    """One that is given wins, and without any there is no row."""
    assert (read(event, host="a\x1b").host, read(event, host="b").pid) == ("a\\x1b", 7)
    with pytest.raises(FormatError, match="host: expected the name of the host in the event, or as host=, got None"):
        read(event)
    with pytest.raises(ArgumentError, match="expected the name of a host, got an empty text"):
        read(event, host="")
    with pytest.raises(TypeError, match="expected the name of a host as str, got 7"):
        read(event, host=7)


@pytest.mark.parametrize(
    ("read", "event"),
    [
        (fleet.from_ecs, lambda value: ecs(value)),
        (fleet.from_tetragon, lambda value: tetragon({"cap": {"effective": value}})),
        (fleet.from_osquery, lambda value: {"hostname": "web1", "CapEff": value}),
    ],
)
def test_names_and_numbers(read, event):
    """What is a capability is kept, be it named yet or not; what is none is told."""
    read_of = read(event(["CAP_KILL", "cap_net_raw", "SYS_ADMIN", "CAP_41", "42", 43]))
    assert (read_of.effective, read_of.unread) == (caps("kill,net_raw,sys_admin,41,42,43"), None)
    assert read(event([])).effective == CapSet()
    some = read(event(["CAP_KILL", "CAP_NEXT", "ſyslog", 64, -1, "\x1b[2J"]))
    assert some.effective == caps("kill")
    assert some.unread == (
        "effective names 'CAP_NEXT', 'ſyslog', 64, -1, '\\x1b[2J', which are no capabilities that capset knows"
    )
    none = read(event(["CAP_NEXT"]))
    assert none.effective is None
    assert none.unread == "effective names 'CAP_NEXT', which is no capability that capset knows"
    for wrong in (True, 1.5, None, [], {}):
        with pytest.raises(FormatError, match=r"\[1\]: expected the name or the number of a capability, got"):
            read(event(["CAP_KILL", wrong]))


# -- ECS -------------------------------------------------------------------------------------------


def test_an_event_of_auditbeat():
    """Its keys are dotted, its ids numbers, and an empty set is left out."""
    event = {
        "@timestamp": "2026-11-29T12:00:00.123456789Z",
        "host.hostname": "web1",
        "host.name": "web1.example.org",
        "host.boot.id": "0c1d",
        "host.os.kernel": "6.12.1",
        "process.pid": 7,
        "process.parent.pid": 1,
        "process.name": "a\\b\x1b",
        "user.id": 1000,
        "user.effective.id": 0,
        "user.saved.id": 0,
        "user.group.id": 1001,
        "user.effective.group.id": 2,
        "user.saved.group.id": 3,
        "container": {"id": ID, "runtime": "docker"},
        "process.thread.capabilities.permitted": ["CAP_KILL"],
    }
    assert fleet.from_ecs(event) == fleet.Row(
        host="web1",
        time=NOON,
        boot="0c1d",
        kernel="6.12.1",
        pid=7,
        tgid=7,
        ppid=1,
        name="a\\b\\x1b",
        container=ID,
        contained=True,
        engine="docker",
        uid_real=1000,
        uid_effective=0,
        uid_saved=0,
        gid_real=1001,
        gid_effective=2,
        gid_saved=3,
        permitted=caps("kill"),
    )


def test_nested_events_of_a_thread():
    """The ids of the process itself count more than those of the event's user."""
    event = {
        "@timestamp": 1796040000123,
        "host": {"name": ["web1"], "hostname": []},
        "container.runtime": "kata",
        "user": {"id": "1", "effective.id": "2"},
        "process": {
            "pid": "7",
            "ppid": 2,
            "name": "main",
            "thread": {"id": "8", "name": "worker", "capabilities.effective": "CAP_KILL CAP_CHOWN"},
            "thread.capabilities": {"permitted": "CAP_KILL"},
            "real_user": {"id": "3"},
            "user": {"id": "4"},
            "supplemental_groups": [{"id": "5"}, {"id": 6}],
        },
    }
    read = fleet.from_ecs(event)
    assert (read.host, read.pid, read.tgid, read.ppid, read.name, read.engine) == ("web1", 8, 7, 2, "worker", None)
    assert (read.uid_real, read.uid_effective, read.groups) == (3, 4, (5, 6))
    assert (read.effective, read.permitted) == (caps("kill,chown"), caps("kill"))
    assert read.time == datetime(2026, 11, 30, 12, 0, 0, 123000, UTC)


@pytest.mark.parametrize(
    ("groups", "read"),
    [([], ()), ({"id": ["4", 5]}, (4, 5)), ({"id": "4"}, (4,)), ({}, None), (None, None), ({"id": []}, ())],
)
def test_groups(groups, read):
    assert fleet.from_ecs(ecs([], process={"supplemental_groups": groups})).groups == read


def test_ids_that_are_no_numbers():
    event = ecs(
        [], **{"user.id": "S-1-5", "process.supplemental_groups": [{"id": "wheel"}], "error.message": "no\nhash"}
    )
    read = fleet.from_ecs(event)
    assert (read.uid_real, read.groups, read.effective) == (None, None, CapSet())
    assert read.unread == (
        "no\\nhash; user.id is 'S-1-5', which is no number; "
        "process.supplemental_groups[0] is 'wheel', which is no number"
    )


def test_all_of_a_kernel():
    """CAP_ALL is what the kernel of the host knows, and only who asks can know that."""
    read = fleet.from_ecs(ecs(["CAP_ALL"]))
    assert read.effective is None
    assert read.unread == (
        "effective is CAP_ALL: what the kernel of the host knows, which the event does not say; give last_cap="
    )
    whole = fleet.from_ecs(ecs(["CAP_ALL"]), last_cap=37)
    assert (whole.effective, whole.last_cap, whole.unread) == (CapSet.all(37), 37, None)
    more = fleet.from_ecs(ecs(["CAP_ALL", "50", "CAP_NEXT"]), last_cap=37)
    assert more.effective == CapSet.all(37) | caps("50")
    assert more.unread == "effective names 'CAP_NEXT', which is no capability that capset knows"
    assert fleet.from_ecs(ecs(["CAP_ALL", "CAP_NEXT"]), last_cap=37).effective == CapSet.all(37)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"process": "x"}, "process: expected an object, got 'x'"),
        ({"process": {"thread": 7}}, "process.thread: expected an object, got 7"),
        ({"process.thread": 7}, "process.thread: expected an object, got 7"),
        ({"process.pid": 7, "process": {"pid": 8}}, "process.pid: expected one value, dotted or nested, got [7, 8]"),
        ({"process.pid": -1}, "process.pid: expected a whole number from 0 to 2**63 - 1, got -1"),
        ({"process.pid": [1, 2]}, "process.pid: expected a whole number from 0 to 2**63 - 1, got [1, 2]"),
        ({"process.pid": True}, "process.pid: expected a whole number from 0 to 2**63 - 1, got True"),
        ({"process.name": 7}, "process.name: expected a text, got 7"),
        ({"user.id": 2**32}, "user.id: expected a number from 0 to 2**32 - 1, got 4294967296"),
        ({"user.id": {"a": 1}}, "user.id: expected a number from 0 to 2**32 - 1, got {'a': 1}"),
        (
            {"process.supplemental_groups": [{"id": "4"}, {}]},
            "process.supplemental_groups[1]: expected a number from 0 to 2**32 - 1, got None",
        ),
        (
            {"@timestamp": "noon"},
            "@timestamp: expected a time with its zone, such as 2026-11-29T12:00:00Z, or a number, got 'noon'",
        ),
        (
            {"process.thread.capabilities.permitted": 7},
            "process.thread.capabilities.permitted: "
            "expected a list of names of capabilities, such as CAP_NET_RAW, got 7",
        ),
    ],
)
def test_no_fields_of_ecs(fields, message):
    with pytest.raises(FormatError) as raised:
        fleet.from_ecs(ecs([], **fields))
    assert str(raised.value) == message


def test_lists_in_lists():
    """However deep they are, they are no reason to fail."""
    deep = [], []
    for at in range(2):
        inner = deep[at]
        for _ in range(100_000):
            inner.append([])
            inner = inner[0]
    with pytest.raises(FormatError, match=r"process\.pid: expected one value, dotted or nested, got"):
        fleet.from_ecs(ecs([], **{"process.pid": deep[0], "process": {"pid": deep[1]}}))


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+23:00", 10**19, [1, 2], True, 1.5])
def test_times_that_are_none(time):
    with pytest.raises(FormatError, match="@timestamp: expected a time"):
        fleet.from_ecs(ecs([], **{"@timestamp": time}))


def test_times_without_a_zone():
    """Elasticsearch takes them as UTC; Tetragon and Falco write none."""
    assert fleet.from_ecs(ecs([], **{"@timestamp": "2026-11-29T12:00:00.123456"})).time == NOON
    with pytest.raises(FormatError, match="time: expected a time with its zone"):
        fleet.from_tetragon({**tetragon({}), "time": "2026-11-29T12:00:00"})
    with pytest.raises(FormatError, match=r"such as 2026-11-29T12:00:00Z, got 1$"):
        fleet.from_tetragon({**tetragon({}), "time": 1})


def test_an_event_for_ecs():
    process = fleet.Row(
        host="web1",
        time=NOON,
        pid=8,
        tgid=7,
        name="worker",
        uid_real=1000,
        groups=(4, 5),
        effective=caps("net_raw,41"),
        permitted=CapSet(),
        bounding=caps("kill"),
        unread="something",
    )
    assert fleet.to_ecs(process) == {
        "@timestamp": "2026-11-29T12:00:00.123456Z",
        "host": {"name": "web1", "hostname": "web1"},
        "process": {
            "pid": 7,
            "name": "worker",
            "thread": {
                "id": 8,
                "name": "worker",
                "capabilities": {"effective": ["CAP_NET_RAW", "41"], "permitted": []},
            },
            "real_user": {"id": "1000"},
            "supplemental_groups": [{"id": "4"}, {"id": "5"}],
        },
        "error": {"message": "something"},
    }
    assert fleet.to_ecs(fleet.Row(host="web1", pid=7))["process"] == {"pid": 7, "thread": {"id": 7}}


# -- Tetragon --------------------------------------------------------------------------------------


def test_an_event_of_tetragon():
    process = {
        "pid": 7,
        "tid": 8,
        "uid": 0,
        "binary": "/usr/bin/kube-controller-manager",
        "docker": ID[:31],
        "pod": {"container": {"id": f"containerd://{ID}"}},
        "cap": {"permitted": ["CAP_CHOWN", "DAC_OVERRIDE"], "effective": ["DAC_OVERRIDE"]},
        "ns": {"user": {"inum": 4026531837, "is_host": True}},
        "process_credentials": {
            **dict(zip(("uid", "gid", "euid", "egid", "suid", "sgid", "fsuid", "fsgid"), range(1, 9), strict=True)),
            "caps": {"permitted": ["CAP_KILL"]},
        },
    }
    event = {
        "process_kprobe": {"process": process, "parent": {"pid": 1}},
        "node_name": "web1",
        "time": "2026-11-29T12:00:00.123456789Z",
    }
    assert fleet.from_tetragon(event) == fleet.Row(
        host="web1",
        time=NOON,
        pid=8,
        tgid=7,
        ppid=1,
        name="kube-controller",
        container=ID,
        contained=True,
        engine="containerd",
        uid_real=1,
        gid_real=2,
        uid_effective=3,
        gid_effective=4,
        uid_saved=5,
        gid_saved=6,
        uid_fs=7,
        gid_fs=8,
        effective=caps("dac_override"),
        permitted=caps("chown,dac_override"),
        inheritable=CapSet(),
        user_ns=4026531837,
    )


def test_where_tetragon_has_sets():
    """Without cap none is known; in it, what is left out is empty."""
    assert fleet.from_tetragon(tetragon({"pid": 7, "uid": 5})).sets == {}
    none = dict.fromkeys(("permitted", "effective", "inheritable"), CapSet())
    assert fleet.from_tetragon(tetragon({"cap": {}})).sets == none
    creds = {"caps": {"inheritable": ["CAP_KILL"]}, "user_ns": {"ns": {"inum": 9}}}
    read = fleet.from_tetragon(tetragon({"uid": 5, "process_credentials": creds}))
    assert (read.sets, read.user_ns, read.uid_effective) == ({**none, "inheritable": caps("kill")}, 9, 5)


def test_threads_of_the_kernel():
    """Of which Tetragon has empty sets, though they hold all."""
    for binary, name in (("[kworker/0:1]", "kworker/0:1"), ("<kernel>", "<kernel>")):
        read = fleet.from_tetragon(tetragon({"binary": binary, "flags": "procFS", "cap": {}}))
        assert (read.name, read.sets) == (name, {})
        assert read.unread == "a thread of the kernel, whose sets Tetragon does not read"
    read = fleet.from_tetragon(tetragon({"binary": "[a]", "flags": "execve clone", "cap": {}}))
    assert (read.effective, read.unread) == (CapSet(), None)


@pytest.mark.parametrize(
    ("process", "container", "engine"),
    [
        ({}, None, None),
        ({"docker": ID[:15]}, ID[:15], None),
        ({"docker": ID[:31], "pod": {"container": {}}}, ID[:31], None),
        ({"pod": {"container": {"id": ID}}}, ID, None),
        ({"pod": {"container": {"id": f"mine://{ID}"}}}, ID, None),
        ({"pod": {"container": {"id": "cri-o://"}}}, None, "cri-o"),
    ],
)
def test_containers_of_tetragon(process, container, engine):
    read = fleet.from_tetragon(tetragon(process))
    assert (read.container, read.engine) == (container, engine)


def test_a_program_without_a_fork():
    """What Tetragon then has as parent is the process itself, as it was before."""
    assert fleet.from_tetragon(tetragon({"pid": 7}, parent={"pid": 7})).ppid is None


@pytest.mark.parametrize(
    ("event", "place"),
    [
        ({}, "event"),
        ({"process_exec": {}, "process_exit": {}}, "event"),
        ({"process_exec": 7}, "process_exec"),
        ({"process_throttle": {"cgroup": "x"}}, "process_throttle.process"),
        (tetragon({"pid": "x"}), "process_exec.process.pid"),
        (tetragon({"cap": []}), "process_exec.process.cap"),
        (tetragon({"cap": {"permitted": "CAP_KILL"}}), "process_exec.process.cap.permitted"),
        (tetragon({"cap": {"permitted": [None]}}), "process_exec.process.cap.permitted[0]"),
        (tetragon({"ns": {"user": 7}}), "process_exec.process.ns.user"),
        (tetragon({"process_credentials": {"gid": -1}}), "process_exec.process.process_credentials.gid"),
        (tetragon({}, parent=7), "process_exec.parent"),
    ],
)
def test_no_event_of_tetragon(event, place):
    with pytest.raises(FormatError) as raised:
        fleet.from_tetragon(event)
    assert raised.value.place == place


def test_an_event_for_tetragon():
    process = fleet.Row(
        host="web1",
        time=NOON,
        pid=7,
        ppid=1,
        name="ping",
        container=ID,
        contained=True,
        uid_effective=3,
        user_ns=9,
        permitted=caps("dac_override,41"),
        effective=CapSet(),
        inheritable=CapSet(),
    )
    assert fleet.to_tetragon(process) == {
        "process_exec": {
            "process": {
                "pid": 7,
                "tid": 7,
                "uid": 3,
                "binary": "ping",
                "docker": ID[:31],
                "cap": {"permitted": ["DAC_OVERRIDE", 41]},
                "ns": {"user": {"inum": 9}},
                "process_credentials": {"euid": 3},
            },
            "parent": {"pid": 1},
        },
        "node_name": "web1",
        "time": "2026-11-29T12:00:00.123456Z",
    }
    assert fleet.to_tetragon(fleet.Row(host="web1")) == {"process_exec": {"process": {}}, "node_name": "web1"}


def test_what_tetragon_cannot_say():
    """It would look like less."""
    with pytest.raises(ArgumentError, match="has no field for what is unread: it may not be read"):
        fleet.to_tetragon(fleet.Row(host="web1", unread="it may not be read"))
    with pytest.raises(ArgumentError, match="inheritable or none: not known is permitted, inheritable"):
        fleet.to_tetragon(fleet.Row(host="web1", effective=CapSet()))


# -- Falco -----------------------------------------------------------------------------------------


def test_an_alert_of_falco():
    event = {
        **falco(
            proc__pid=7,
            proc__ppid=1,
            proc__name="nc",
            thread__tid=8,
            thread__cap_effective="CAP_NET_RAW CAP_KILL",
            thread__cap_permitted="CAP_NEXT CAP_KILL",
            thread__cap_inheritable="",
            user__uid=0,
            group__gid="5",
            container__id=ID[:12],
            container__full_id=ID,
            container__type="podman",
        ),
        "time": "2026-11-29T12:00:00.123456789Z",
    }
    assert fleet.from_falco(event) == fleet.Row(
        host="web1",
        time=NOON,
        pid=8,
        tgid=7,
        ppid=1,
        name="nc",
        container=ID,
        contained=True,
        engine="podman",
        uid_effective=0,
        gid_effective=5,
        effective=caps("kill,net_raw"),
        permitted=caps("kill"),
        inheritable=CapSet(),
        unread="permitted names 'CAP_NEXT', which is no capability that capset knows",
    )


def test_what_falco_does_not_know():
    """It writes no set then as it writes an empty one."""
    told = "Falco may not have known this process, and writes empty sets of such ones"
    for unknown in ({"proc__name": "<NA>"}, {"user__uid": 2**32 - 1}):
        read = fleet.from_falco(falco(**unknown, thread__cap_effective=""))
        assert (read.effective, read.name, read.uid_effective, read.unread) == (None, None, None, told)
        assert fleet.from_falco(falco(**unknown)).unread is None
        assert fleet.from_falco(falco(**unknown, thread__cap_effective="CAP_KILL")).effective == caps("kill")
    read = fleet.from_falco(falco(thread__cap_effective=""))  # by a rule that has no field of either
    assert (read.effective, read.unread) == (None, told)
    read = fleet.from_falco(falco(thread__cap_effective="<NA>", thread__cap_permitted=None, proc__pid=-1))
    assert (read.effective, read.permitted, read.pid, read.unread) == (None, None, None, None)


def test_alerts_without_their_frame():
    read = fleet.from_falco({"output_fields": {"evt.hostname": "web1", "evt.time": 1, "container.id": "host"}})
    assert (read.host, read.container) == ("web1", None)
    event = {"output_fields": {"evt.hostname": "web1", "evt.time.iso8601": 1796040000123456789}}
    assert fleet.from_falco(event).time == datetime(2026, 11, 30, 12, 0, 0, 123456, UTC)


@pytest.mark.parametrize(
    ("event", "place"),
    [
        ({"hostname": "web1"}, "output_fields"),
        (falco(thread__cap_effective=["CAP_KILL"]), "output_fields.thread.cap_effective"),
        (falco(user__uid="root"), "output_fields.user.uid"),
    ],
)
def test_no_alert_of_falco(event, place):
    with pytest.raises(FormatError) as raised:
        fleet.from_falco(event)
    assert raised.value.place == place


def test_an_alert_for_falco():
    process = fleet.Row(host="web1", time=NOON, pid=7, container=ID, effective=caps("kill,41"), unread="a part")
    alert = fleet.to_falco(process)
    assert alert == {
        "hostname": "web1",
        "time": "2026-11-29T12:00:00.123456000Z",
        "output_fields": {
            "proc.pid": 7,
            "thread.tid": 7,
            "container.id": ID[:12],
            "container.full_id": ID,
            "thread.cap_effective": "CAP_KILL 41",
            "capset.unread": "a part",
        },
    }
    assert fleet.from_falco(alert).unread == "a part"


# -- osquery ---------------------------------------------------------------------------------------


def test_a_row_of_osquery():
    columns = {
        "pid": "7",
        "name": "nc",
        "parent": "-1",
        "uid": "1000",
        "euid": "0",
        "suid": "-1",
        "gid": "",
        "cgroup_path": "/user.slice",
        "user_namespace": "4026531837",
        "CapEff": "000001ffffffffff",
        "cap_prm": "0x3fffffffff",
        "cap_inheritable": "",
        "bounding": "cap_kill, cap_net_raw 41",
        "CAP_AMBIENT": None,
    }
    event = {"columns": columns, "hostIdentifier": "web1", "unixTime": 1796040000, "action": "snapshot"}
    read = fleet.from_osquery(event)
    assert read == fleet.Row(
        host="web1",
        time=datetime(2026, 11, 30, 12, tzinfo=UTC),
        pid=7,
        tgid=7,
        name="nc",
        uid_real=1000,
        uid_effective=0,
        cgroup="/user.slice",
        user_ns=4026531837,
        effective=CapSet.all(40),
        permitted=CapSet.all(37),
        bounding=caps("kill,net_raw,41"),
    )
    assert fleet.from_osquery(columns, host="web1").sets == read.sets
    inside = fleet.from_osquery({"hostname": "web1", "cgroup_path": "/docker/" + 64 * "a"})
    assert (inside.container, inside.engine, inside.contained) == (64 * "a", "docker", True)


@pytest.mark.parametrize("value", ["12", "1ff", "0000000000000000000", 12, 0, ",", " "])
def test_sets_that_may_be_several(value):
    """A number may be a mask or one capability, and a mask that is cut off would look like a smaller one."""
    read = fleet.from_osquery({"hostname": "web1", "cap_eff": value})
    assert read.effective is None
    expected = "a mask of 16 hexadecimal digits, or names of capabilities"
    assert read.unread == f"effective is {value!r}, which is not {expected}"


def test_other_columns():
    row = {"hostname": "web1", "capabilities": "kill", "CapFoo": "0", "unread": "said before", "path": "/bin/nc"}
    assert fleet.from_osquery(row).unread == (
        "said before; capabilities is 'kill', and no column of a set that capset knows; "
        "CapFoo is '0', and no column of a set that capset knows"
    )


def test_many_rows():
    frame = {"hostIdentifier": "web1", "unixTime": "1796040000"}
    rows = [{"pid": "1"}, {"pid": "7"}]
    snapshot = {**frame, "action": "snapshot", "snapshot": rows}
    batch = {**frame, "diffResults": {"added": rows, "removed": [{"pid": "x"}]}}
    for log in (snapshot, batch):
        assert [(each.pid, each.host, each.time.year) for each in fleet.from_osquery_log(log)] == [
            (1, "web1", 2026),
            (7, "web1", 2026),
        ]
        assert [each.host for each in fleet.from_osquery_log(log, host="b")] == ["b", "b"]
        with pytest.raises(FormatError, match=r"row: expected a row, or .* take from_osquery_log\(\), got"):
            fleet.from_osquery(log)
    assert fleet.from_osquery_log({**frame, "diffResults": {"added": "", "removed": rows}}) == []
    assert [each.pid for each in fleet.from_osquery_log({**frame, "columns": rows[1]})] == [7]


def test_a_row_that_was_removed():
    event = {"columns": {"pid": "7"}, "hostIdentifier": "web1", "action": "removed"}
    assert fleet.from_osquery_log(event) == []
    with pytest.raises(FormatError, match="action: expected added or snapshot: a row that was removed is of what has"):
        fleet.from_osquery(event)


@pytest.mark.parametrize(
    ("log", "place"),
    [
        ({"snapshot": {}}, "snapshot"),
        ({"snapshot": [7]}, "snapshot[0]"),
        ({"snapshot": [{"pid": "x"}]}, "snapshot[0].pid"),
        ({"snapshot": [{"cap_eff": True}]}, "snapshot[0].cap_eff"),
        ({"diffResults": []}, "diffResults"),
        ({"columns": 7}, "columns"),
        ({"columns": {"cap_eff": "", "CapEff": ""}}, "columns.CapEff"),
        ({"columns": {"CapEff": {}}}, "columns.CapEff"),
        ({"columns": {7: 7}, "unixTime": "noon"}, "unixTime"),
    ],
)
def test_no_row_of_osquery(log, place):
    with pytest.raises(FormatError) as raised:
        fleet.from_osquery_log({"hostname": "web1", **log})
    assert raised.value.place == place


def test_a_row_for_osquery():
    process = fleet.Row(host="web1", time=NOON, pid=7, uid_real=0, effective=caps("kill"), unread="a part")
    row = fleet.to_osquery(process)
    assert row == {
        "name": "processes",
        "hostIdentifier": "web1",
        "unixTime": "1795953600",
        "action": "added",
        "columns": {"pid": "7", "uid": "0", "cap_effective": "0000000000000020", "unread": "a part"},
    }
    assert fleet.from_osquery(row).unread == "a part"
    assert fleet.to_osquery(fleet.Row(host="web1"))["columns"] == {}


def test_what_is_not_known_is_not_written():
    """No time, and the engine with its container."""
    assert "time" not in fleet.to_falco(fleet.Row(host="web1"))
    process = fleet.Row(host="web1", container=ID, engine="docker")
    assert fleet.to_tetragon(process)["process_exec"]["process"]["pod"] == {"container": {"id": f"docker://{ID}"}}
