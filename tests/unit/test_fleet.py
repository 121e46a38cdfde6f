"""What is asked of a fleet, and how the answers are told; tests/unit/test_fleet_frames.py asks every engine."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from attrs import evolve

from capset import DOCKER_DEFAULT, CapSet, display, engines, fleet
from capset.errors import ArgumentError, FormatError
from capset.fleet.held import Held
from capset.fleet.row import Row

pyarrow = pytest.importorskip("pyarrow", reason="needs pyarrow (pip install 'capset[fleet]')")
pytest.importorskip("narwhals", reason="needs narwhals (pip install 'capset[fleet]')")
pytest.importorskip("numpy", reason="needs NumPy (pip install 'capset[fleet]')")

INITIAL = 4026531837
DOCKER = engines.get("docker")


def process(host="web1", pid=1, caps=(), *, bounding=None, **more):
    """Make a process with one set in effect."""
    held = CapSet(caps)
    told = {
        "effective": held,
        "permitted": held,
        "inheritable": CapSet(),
        "bounding": CapSet.all() if bounding is None else bounding,
        "ambient": CapSet(),
        "start": pid * 10,
        "name": "app",
        "uid_effective": 0,
        "no_new_privs": False,
        "seccomp": 0,
        "contained": False,
        "user_ns": INITIAL,
        "boot": "b",
        **more,
    }
    return Row(host=host, pid=pid, **told)


def contained(pid, asked=DOCKER, *, add=(), privileged=False, uid=0, **more):
    """Make the first process of a container."""
    state = asked.container(add=add, privileged=privileged, uid=uid)
    return evolve(
        process(pid=pid),
        **{name: getattr(state, name) for name in ("effective", "permitted", "inheritable", "bounding", "ambient")},
        **{"container": f"c{pid}", "engine": asked.name, "contained": True, "uid_effective": uid, **more},
    )


UNREAD = Row(host="web1", pid=99, unread="it may not be read")


def test_who_holds_and_of_whom_it_is_not_known():
    """What could not be read is among them."""
    rows = [process(pid=1, caps=["kill"]), process(pid=2, caps=["kill", "chown"]), process(pid=3), UNREAD]
    found = fleet.who(rows, has=["kill"], lacks=["chown"])
    assert found["pid"].to_pylist() == [1, 99]
    assert fleet.who(rows, has=["sys_admin"])["pid"].to_pylist() == [99]
    assert fleet.who(rows, set="bounding", user=0)["pid"].to_pylist() == [1, 2, 3, 99]
    assert fleet.who(rows, user=5)["pid"].to_pylist() == [99]
    assert fleet.who(rows, has=["kill"], set="ambient").num_rows == 1


def test_how_many_hold():
    """The last bit counts, and so do those of which nothing is known."""
    found = fleet.prevalence([process(pid=1, caps=[63]), process(pid=2, caps=[63, "kill"]), UNREAD])
    assert (found[63], found["kill"], found.total, found.missing) == (2, 1, 2, 1)
    assert fleet.prevalence([UNREAD]).missing == 1
    assert fleet.prevalence(fleet.table([])).total == 0


def test_rare_sets():
    """Those of few peers, beside the nearest that is usual."""
    rows = [process(pid=pid, caps=["kill"]) for pid in range(1, 40)]
    rows += [process(pid=40, caps=["kill", "sys_admin"]), process(pid=41, caps=[]), UNREAD]
    rows += [process(pid=50, caps=["net_raw"], name="other")]
    found = fleet.rare(rows)
    assert [str(each) for each in found] == [
        "name app: 1 of 41, on web1, pid 40: +CAP_SYS_ADMIN",
        "name app: 1 of 41, on web1, pid 41: -CAP_KILL",
    ]
    assert found.facts() == [
        "43 processes; a rare effective set is one that at most 5 % of its peers hold",
        "1 of them have fewer than 10 peers, and were not looked at",
        "! 1 of them have a set that is not known",
    ]
    assert str(found).splitlines()[:2] == [*map(str, found)]
    assert len(found[:1]) == 1
    assert found[:1][0] == found[0]
    assert found[0].share == 1 / 41
    everything = fleet.rare(rows, by=None, share=0.03)
    assert [(len(each.peers), each.of) for each in everything] == [(0, 42)] * 3
    assert str(everything[0]).startswith("all processes: 1 of 42")
    assert str(fleet.rare(rows, share=0)).startswith("no set is rare\n")


def test_rare_where_nothing_is_usual():
    """Then the most frequent is taken for it."""
    rows = [process(pid=pid, caps=[pid % 20]) for pid in range(1, 42)]
    found = fleet.rare(rows, share=0.5)
    assert len(found) == 19
    assert {each.usual for each in found} == {CapSet([1])}


def test_what_changed_of_processes():
    """The same host, boot, id and start; anything else began or ended."""
    before = [process(pid=pid, caps=["kill"]) for pid in range(1, 6)] + [process("web2", 1), UNREAD]
    after = [
        process(pid=1, caps=["kill", "sys_admin"]),
        process(pid=2, caps=["kill"], start=21),
        process(pid=3, caps=["kill"], uid_effective=1000, no_new_privs=True, seccomp=2),
        process(pid=4, caps=["kill"], boot="other"),
        process(pid=5, caps=["kill"], boot=None),
        process("web3", 1),
        UNREAD,
    ]
    found = fleet.drift(before, after)
    assert [str(change) for change in found] == [
        "app, 1 process on web1, pid 1: effective, permitted: +CAP_SYS_ADMIN",
        "app, 1 process on web1, pid 3: user 0, then 1000; no_new_privs False, then True; seccomp 0, then 2",
    ]
    assert (found.same, found.begun, found.ended, found.unsure, found.unread) == (3, 3, 3, 2, 2)
    assert found.facts() == [
        "3 processes in both",
        "! 1 of them by their start alone, as the boot is not known in both",
        "! 3 in the second alone and 3 in the first: by program it is told what is new of them",
        "! 2 rows of which the start is not known: only by program are they told",
        "! 2 rows of which no set is known, on web1",
        "! in the first snapshot alone: web2",
        "! in the second snapshot alone: web3",
    ]
    assert not fleet.drift(before, before).changes
    assert str(fleet.drift(before, before)).startswith("nothing that can be compared has changed\n")


def test_another_user_namespace_is_told():
    """There a process may hold everything, and rule nothing outside."""
    everything = {"caps": CapSet.all(), "user_ns": 7}
    [change] = fleet.drift([process()], [process(**everything)])
    assert str(change) == (
        "app, 1 process on web1, pid 1: effective, permitted: none, then all known; "
        "! in the initial user namespace, then in a user namespace of its own, and counts only there"
    )
    [change] = fleet.drift([process(name="other")], [process(name="new", **everything)], by="program")[:1]
    assert str(change).endswith("; ! in a user namespace of its own, and counts only there")
    assert str(Held(elsewhere=None)) == ""


def test_what_became_known_has_changed():
    """That is neither nothing nor the same."""
    before = [process(caps=["kill"], no_new_privs=None, ambient=None)]
    after = [process(caps=["kill"], bounding=CapSet([1]), effective=None)]
    [change] = fleet.drift(before, after)
    told = "; ".join(change.before.changes(change.after))
    assert "bounding: all known, then CAP_DAC_OVERRIDE" in told
    assert "ambient: not known, then none" in told
    assert "effective: CAP_KILL, then not known" in told
    assert "no_new_privs not known, then False" in told


def test_what_changed_of_programs():
    """On each host by itself, with what went beside what came."""
    before = [
        process(pid=1, caps=["kill"]),
        process(pid=2, caps=["kill"]),
        process("web2", 3, ["kill"]),
        process("gone", 4),
    ]
    after = [
        process(pid=11, caps=["kill", "chown"]),
        process("web2", 3, ["kill"], start=7),
        process("web2", 5, ["net_raw"], name="new", start=None),
        process("new", 1),
        UNREAD,
    ]
    found = fleet.drift(before, after, by="program")
    assert [str(change) for change in found] == [
        "new, 1 process on web2, pid 5: now effective, permitted: CAP_NET_RAW; inheritable, ambient: none; "
        "bounding: all known; user 0; no_new_privs False; seccomp 0",
        "app, 1 process on web1, pid 11: effective, permitted: +CAP_CHOWN",
    ]
    assert found.facts()[0] == (
        "! 1 row of which no set is known, on web1: what is new or no longer there may be among them"
    )
    back = fleet.drift(after, before, by="program")
    assert [change.gained for change in back] == [0, 0]
    assert any("no longer effective" in str(change) for change in back)
    assert (back.same, back.unread, back.hosts_gone, back.hosts_new) == (None, 1, ("new",), ("gone",))


def test_programs_that_change_in_two_ways():
    """What is nearest goes together, and what is left over stands alone."""
    before = [process(pid=1, caps=["kill"]), process(pid=2, caps=["sys_admin", "net_raw"])]
    after = [
        process(pid=1, caps=["kill", "chown"]),
        process(pid=2, caps=["sys_admin"]),
        process(pid=3, caps=["setuid"]),
    ]
    told = [str(change) for change in fleet.drift(before, after, by="program")]
    assert "app, 1 process on web1, pid 1: effective, permitted: +CAP_CHOWN" in told
    assert "app, 1 process on web1, pid 2: effective, permitted: -CAP_NET_RAW" in told
    assert any(each.startswith("app, 1 process on web1, pid 3: now ") for each in told)


def test_threads_of_the_kernel_are_no_programs():
    """They come and go, and hold everything; what may be one is compared."""
    worker = process(pid=2, caps=CapSet.all(), name="kworker/0:1", kernel_thread=True)
    perhaps = process(pid=3, caps=["kill"], kernel_thread=None)
    for by in ("process", "program"):
        found = fleet.drift([perhaps], [worker, evolve(perhaps, effective=CapSet())], by=by)
        assert [change.name for change in found] == ["app"]
        assert found.facts()[-1] == "1 row of threads of the kernel, which were left out"
    assert fleet.prevalence([worker])["kill"] == 1


def test_more_of_the_same_is_told():
    """Ten more processes that hold everything are none of a new kind, and no nothing."""
    before = [process(pid=1, caps=CapSet.all())]
    after = [process(pid=pid, caps=CapSet.all()) for pid in range(1, 12)]
    found = fleet.drift(before, after, by="program")
    assert (len(found), found.more) == (0, 10)
    assert found.facts() == ["! 10 processes more than before with what their program held already"]
    assert fleet.drift(after, before, by="program").more == 0


def test_a_process_that_leaves_its_container():
    """It holds what it held, and it is out."""
    inside = process(contained=True)
    [change] = fleet.drift([inside], [evolve(inside, contained=False)])
    assert str(change) == "app, 1 process on web1, pid 1: ! in a container, then in none"
    [change] = fleet.drift([evolve(inside, contained=False)], [inside])
    assert str(change).endswith(": in no container, then in one")
    assert not fleet.drift([inside], [evolve(inside, contained=None)]).changes
    both = [evolve(inside, uid_effective=5), process(pid=2, uid_effective=5)]
    [change] = fleet.drift([inside, process(pid=2)], both)
    assert (change.count, change.after.contained) == (2, None)


def test_a_program_where_none_was_read():
    """Of a host that was there, whatever was known of it, what came is new."""
    worker = process(pid=2, kernel_thread=True)
    [change] = fleet.drift([worker], [process(pid=9, caps=["bpf"])], by="program")
    assert str(change).startswith("app, 1 process on web1, pid 9: now effective, permitted: CAP_BPF")


def test_a_name_that_is_no_longer_known():
    """The process has the one that it had."""
    [change] = fleet.drift([process(caps=["kill"])], [process(name=None)])
    assert change.name == "app"


def test_a_week_in_one_table():
    """Every time counts, unless one is chosen; that is told."""
    days = [datetime(2026, 11, day, 6, tzinfo=UTC) for day in (2, 3)]
    rows = [contained(1, add=["BPF"], time=day) for day in days] + [contained(2, time=None)]
    told = "! 1 host was read at more times than one, and each counts: fleet.between() chooses some"
    assert fleet.beyond(rows).facts()[-1] == told
    assert fleet.rare(rows).facts()[-1] == told
    assert fleet.rare(rows * 2 + [evolve(row, host="b") for row in rows]).facts()[-1].startswith("! 2 hosts were read")
    assert fleet.between(rows, date(2026, 11, 3))["time"].to_pylist() == days[1:]
    assert fleet.between(rows, days[0], days[1])["time"].to_pylist() == days[:1]
    other = days[0].astimezone(timezone(timedelta(hours=9)))
    assert fleet.between(rows, other, date(2026, 11, 4)).num_rows == 2
    assert fleet.beyond(fleet.between(rows, date(2026, 11, 3))).repeated == 0
    assert fleet.beyond(fleet.table(rows).drop_columns(["time"])).repeated == 0


def test_programs_alone():
    """What may be a thread of the kernel stays, as what is not known to be one."""
    rows = [process(pid=pid, kernel_thread=flag) for pid, flag in ((1, True), (2, False), (3, None))]
    assert fleet.programs(rows)["pid"].to_pylist() == [2, 3]
    assert fleet.programs(fleet.table(rows).drop_columns(["kernel_thread"])).num_rows == 3


def test_any_of_the_user_ids_gives_a_way_back():
    """Those beside the effective one are told where they are otherwise."""
    every = dict.fromkeys(("uid_effective", "uid_real", "uid_saved", "uid_fs"), 0)
    one, other = process(**every), process(**{**every, "uid_saved": 5})
    assert [str(change).partition(": ")[2] for change in fleet.drift([one], [other])] == ["saved user 0, then 5"]
    [change] = fleet.drift([one], [process(**dict.fromkeys(every, 5))])
    assert str(change).endswith(": user 0, then 5")
    [change] = fleet.drift([one], [process(**{**every, "uid_effective": 5, "uid_fs": 5})])
    assert str(change).endswith(": user 0, then 5; real user still 0; saved user still 0")
    assert str(Held(uid_effective=5, uid_real=0, uid_saved=5)) == "user 5; real user 0"
    [change] = fleet.drift([process(**{**every, "uid_real": 5})], [one])
    assert str(change).endswith(": real user 5, then 0")


def test_what_was_not_all_understood_may_hold_more():
    """Where a set has a name that is no capability, that is told beside what is counted."""
    more = Row(host="web1", pid=1, start=1, effective=CapSet(["kill"]), unread="effective names 'CAP_NEXT'")
    assert fleet.prevalence([more, process(pid=2, caps=["kill"])]).partly == 1
    assert "! of 1 of them not all was understood: they may hold more" in fleet.rare([more]).facts()
    assert "! 1 row of which not all was understood: they may hold more" in fleet.drift([more], []).facts()
    assert fleet.beyond([evolve(more, container="x")]).partly == 1


def test_two_snapshots_of_a_host():
    """Which of them is meant nobody can tell."""
    rows = [process(), process()]
    for by in ("process", "program"):
        with pytest.raises(ArgumentError, match="after has processes of 'web1' twice, as of two snapshots: choose one"):
            fleet.drift(rows[:1], rows, by=by)


def test_tables_that_lack_what_is_not_needed():
    """A boot, a last capability, an engine: they are asked where they are there."""
    table = fleet.table([process(caps=["kill"])])
    other = fleet.table([process(caps=["chown"])])
    lacking = ["boot", "last_cap", "engine", "unread", "tgid", "kernel_thread", "contained"]
    assert len(fleet.drift(table.drop_columns(lacking), other.drop_columns(lacking))) == 1
    assert fleet.beyond(table.drop_columns(lacking[:-1])).outside == 1
    assert fleet.who(table.drop_columns(lacking), has=["kill"]).num_rows == 1
    [change] = fleet.drift(table.drop_columns(["pid"]), other.drop_columns(["pid"]), by="program")
    assert (change.host, change.pid) == ("web1", None)


def test_more_than_their_engine_gives():
    """With what gives it, in how many containers."""
    rows = [
        contained(1),
        contained(2, add=["NET_ADMIN"]),
        contained(3, add=["NET_ADMIN"], container="c2", name="b"),
        contained(4, privileged=True, user_ns=5),
        contained(5, add=["SYS_ADMIN"], engine=None, user_ns=None),
        contained(6, uid=1000, add=["SYS_TIME"]),
        process(pid=7, caps=CapSet.all()),
        process(pid=8, caps=["bpf"], contained=None, bounding=CapSet(["bpf"])),
        UNREAD,
        Row(host="web1", pid=98, container="x", effective=CapSet(["sys_boot"])),
    ]
    found = fleet.beyond(rows)
    assert {(tuple(each.names), str(each.extra) if len(each.extra) < 9 else len(each.extra)) for each in found} == {
        (("app",), 27),
        (("app",), "CAP_SYS_ADMIN"),
        (("app",), "CAP_SYS_TIME"),
        (("app", "b"), "CAP_NET_ADMIN"),
        (("app",), "CAP_BPF"),
        (("",), "CAP_SYS_BOOT"),
    }
    assert (found.total, found.outside, found.unsure, found.unread, found.partly) == (9, 1, 2, 1, 1)
    assert found.facts() == [
        "7 processes are in containers, 1 in none",
        "! 2 more may be in one, which is not known: they were looked at too",
        "! 1 of all these have no set that is known",
        "! 1 of all these have sets of which not all is known: they may hold more",
    ]
    told = {str(each) for each in found}
    assert (
        "app (1) on web1: effective, permitted, bounding: 27 capabilities beyond Docker Engine's default, as by "
        "--cap-add=ALL or a privileged container; in a user namespace of its own, and counts only there"
    ) in told
    assert (
        "app (1), b (1) on web1: effective, permitted, bounding: CAP_NET_ADMIN beyond Docker Engine's default, as by "
        "--cap-add=NET_ADMIN"
    ) in told
    assert "app (1) on web1: bounding: CAP_SYS_TIME beyond Docker Engine's default, as by --cap-add=SYS_TIME" in told
    assert any(each.startswith("without a name (1) on web1: effective: CAP_SYS_BOOT beyond Docker") for each in told)
    assert str(found[-1]).startswith(
        "app (1) on web1, perhaps in no container: effective, permitted, bounding: CAP_BPF"
    )
    [both] = [each for each in found if len(each.names) == 2]
    assert (both.count, both.containers, both.hosts, both.elsewhere) == (2, 1, 1, False)


def test_beyond_an_engine_that_is_named():
    """It counts for all, whatever their control groups say; one that is its own is taken too."""
    rows = [contained(1), contained(2, engines.get("podman"))]
    assert not fleet.beyond(rows, "docker").excesses
    assert str(fleet.beyond(rows, "docker")).startswith("nothing holds more than Docker Engine gives\n2 processes")
    assert str(fleet.beyond([contained(1)])).startswith("nothing holds more than its engine gives\n")
    [found] = fleet.beyond(rows, "podman")
    assert found.extra == DOCKER_DEFAULT - engines.get("podman").default
    less = DOCKER.with_default(["chown"])
    assert len(fleet.beyond(rows, less)) == 2
    assert fleet.beyond(rows, "podman")[:1].excesses == (found,)


def test_who_is_not_known_to_be_in_a_container_is_told_apart():
    """Also where it holds what somebody in one holds; and the engine is Docker unless another explains it better."""
    alone = {"engine": None, "caps": CapSet.all()}
    rows = [process(pid=1, contained=None, **alone), process(pid=2, container="d", contained=True, **alone)]
    told = [(each.count, each.containers, each.engine.name) for each in fleet.beyond(rows)]
    assert told == [(1, 1, "docker"), (1, 0, "docker")]


@pytest.mark.parametrize("name", ["contained", "kernel_thread", "user_ns", "uid_effective", "host"])
def test_columns_of_another_kind(name):
    """A flag or a number that is a text would be compared as one."""
    table = fleet.table([contained(1)])
    other = pyarrow.array(["x"]) if name != "host" else pyarrow.array([5])
    table = table.set_column(table.column_names.index(name), name, other)
    for ask in (fleet.beyond, lambda given: fleet.drift(given, given)):
        if name not in {"contained", "kernel_thread"} or ask is not fleet.beyond or name == "contained":
            with pytest.raises(FormatError, match=f"{name}: expected "):
                ask(table)


def test_columns_of_which_nothing_is_known():
    """pandas makes texts of flags then, in which nothing can be lost."""
    every = dict.fromkeys(("uid_real", "uid_saved", "uid_fs"), 0)
    rows = [contained(pid, add=["BPF"], contained=None, name=None, last_cap=40, **every) for pid in (1, 2)]
    table = fleet.table(rows).to_pandas()
    assert [str(each) for each in fleet.beyond(table)] == [str(each) for each in fleet.beyond(rows)]
    assert fleet.drift(table, table).same == 2


def test_columns_that_are_categories():
    """pandas and Arrow have texts that are alike once."""
    known = dict.fromkeys(("uid_real", "uid_saved", "uid_fs"), 0)
    rows = [contained(pid, add=["BPF"], last_cap=40, **known) for pid in (1, 2)]
    table = fleet.table(rows)
    for name in ("host", "name", "engine"):
        table = table.set_column(table.column_names.index(name), name, table[name].dictionary_encode())
    for each in (table, table.to_pandas()):
        assert [str(excess) for excess in fleet.beyond(each)] == [str(excess) for excess in fleet.beyond(rows)]
        assert fleet.drift(each, each).same == 2
        assert fleet.rare(each).total == 2


def test_masks_that_are_no_whole_numbers():
    """Cutting off what stands behind a point would make another mask of it."""
    table = fleet.table([process()])
    odd = pyarrow.array([Decimal("5.5")], pyarrow.decimal128(21, 1))
    table = table.set_column(table.column_names.index("effective"), "effective", odd)
    with pytest.raises(FormatError, match="mask: expected a whole number, got Decimal"):
        fleet.prevalence(table)


def test_a_host_that_has_no_name():
    """An empty name is one, of which there may not be two snapshots; and what has none belongs to nobody."""
    with pytest.raises(ArgumentError, match="before has processes of '' twice"):
        fleet.drift([process(host=""), process(host="")], [])
    table = fleet.table([process()])
    table = table.set_column(0, "host", pyarrow.array([None], pyarrow.string()))
    for by in ("process", "program"):
        with pytest.raises(FormatError, match="host: expected the name of a host in every row of after"):
            fleet.drift(fleet.table([process()]), table, by=by)


def test_many_that_hold_otherwise_each():
    """Which are near to which is not looked for then, and none is lost."""
    before = [process(pid=pid, caps=CapSet.from_mask(pid)) for pid in range(1, 402)]
    after = [process(pid=pid, caps=CapSet.from_mask(pid + 1000)) for pid in range(1, 403)]
    found = fleet.drift(before, after, by="program")
    assert sum(change.after is not None for change in found) == 402
    assert sum(change.before is not None for change in found) == 401


def test_what_became_known_counts_as_gained():
    """Nobody knows what it was, so that all of it may be new."""
    [change] = fleet.drift([process(effective=None)], [process(effective=CapSet.all())])
    assert (change.gained, change.added["effective"]) == (41, CapSet.all())


def test_a_container_that_is_named_counts_whatever_else_is_said():
    """Who is told to be in none, and in which, may be in it."""
    assert fleet.beyond([contained(1, add=["BPF"], contained=False)]).total == 1


def test_somebody_in_a_container_that_has_no_name():
    """It is in one, whichever."""
    [excess] = fleet.beyond([contained(1, add=["BPF"], container=None)])
    assert (excess.sure, excess.containers) == (True, 0)
    assert "perhaps" not in str(excess)


def test_numbers_that_no_kernel_has():
    """They stop nothing, where others have made the table."""
    rows = [contained(pid, add=["BPF"], uid=0) for pid in range(1, 6)]
    rows[0] = evolve(rows[0], uid_effective=2**32 - 1)
    table = fleet.table(rows)
    last = pyarrow.array([40, 64, -1, 40, None], pyarrow.int64())
    table = table.set_column(table.column_names.index("last_cap"), "last_cap", last)
    assert sum(each.count for each in fleet.beyond(table)) == 5


def test_an_engine_that_gives_nearly_all_hides_nothing():
    """What no control group names is not taken for a container of LXC, which explains nearly every set."""
    rows = [contained(1, engines.get("lxc"), engine=None)]
    [found] = fleet.beyond(rows)
    assert found.engine.default <= DOCKER_DEFAULT
    assert len(found.extra) > 20


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: fleet.prevalence(5), TypeError, "expected a table of a fleet .fleet.read.. gives one, and polars"),
        (lambda: fleet.prevalence("x"), TypeError, "expected a table of a fleet"),
        (lambda: fleet.prevalence([5]), TypeError, "expected a fleet.Row"),
        (lambda: fleet.prevalence([], set="eff"), ArgumentError, "expected one of effective, permitted"),
        (
            lambda: fleet.prevalence(fleet.table([]).drop_columns(["effective"])),
            FormatError,
            "with the column effective",
        ),
        (
            lambda: fleet.prevalence(pyarrow.table({"host": ["x"], "effective": ["0000000000000001"]})),
            FormatError,
            "texts of 16 hexadecimal digits, as in lines of JSON, are read by fleet.read",
        ),
        (lambda: fleet.drift([], polars()), TypeError, "expected two tables of one engine, got "),
        (lambda: fleet.who([], user=-1), ArgumentError, r"expected a user id from 0 to 2\*\*32 - 1, got -1"),
        (lambda: fleet.who([], user=True), ArgumentError, "expected a user id"),
        (lambda: fleet.who([], user="root"), TypeError, "expected a user id as int"),
        (lambda: fleet.who([], has=["nonsense"]), ValueError, "nonsense"),
        (lambda: fleet.who([], has="bpf"), TypeError, "expected capabilities in a list, such as .'bpf'., got 'bpf'"),
        (lambda: fleet.who([], lacks="bpf"), TypeError, "expected capabilities in a list"),
        (lambda: fleet.rare([], share=2), ArgumentError, "expected a share from 0 to 1, got 2"),
        (lambda: fleet.rare([], share="x"), TypeError, "expected a share as a number"),
        (lambda: fleet.rare([], least=0), ArgumentError, "expected a number of peers of 1 or more, got 0"),
        (lambda: fleet.rare([], by="effective"), ArgumentError, "expected columns other than the five sets"),
        (lambda: fleet.rare([], by="nonsense"), FormatError, "with the column nonsense"),
        (lambda: fleet.rare([], by=""), FormatError, "with the column "),
        (lambda: fleet.rare([], by="groups"), ArgumentError, "columns other than the five sets and the groups"),
        (lambda: fleet.rare([], by=["name", "name"]), ArgumentError, "expected each column once, got name, name"),
        (lambda: fleet.rare([], by=5), TypeError, "the names of columns"),
        (lambda: fleet.between([], datetime(2026, 11, 2, tzinfo=UTC)), ArgumentError, "expected an end too"),
        (lambda: fleet.between([], datetime(2026, 11, 2), date(2026, 11, 3)), ArgumentError, "a time with its zone"),
        (lambda: fleet.between([], date(2026, 11, 2), date(2026, 11, 2)), ArgumentError, "expected an end later than"),
        (lambda: fleet.between([], "2026-11-02"), TypeError, "a time or a day"),
        (
            lambda: fleet.between(pyarrow.table({"time": ["x"]}), date(2026, 11, 2)),
            FormatError,
            "time: expected times with their zone, got 'String'",
        ),
        (lambda: fleet.between(fleet.table([]).drop_columns(["time"]), date(2026, 11, 2)), FormatError, "column time"),
        (lambda: fleet.drift([], [], by="host"), ArgumentError, 'expected "process" or "program", got \'host\''),
        (lambda: fleet.drift([], [], by=None), ArgumentError, 'expected "process" or "program", got None'),
        (lambda: fleet.beyond([], "nonsense"), LookupError, "nonsense"),
        (lambda: fleet.beyond([], 5), TypeError, "expected an engine, or its name"),
    ],
)
def test_what_cannot_be(call, error, message):
    """The error says what was expected."""
    with pytest.raises(error, match=message):
        call()


def polars():
    """Make an empty table of another engine."""
    return pytest.importorskip("polars", reason="needs polars (pip install 'capset[frames]')").from_arrow(
        fleet.table([])
    )


def answers():
    """One answer of each kind, with all that it may have to tell."""
    hostile = "<b>\x1b[2J"
    before = [process(name=hostile), process("gone"), UNREAD, process(pid=4), process(pid=5, name=None, caps=["chown"])]
    after = [
        process(name=hostile, caps=["sys_admin"]),
        process("new"),
        process(pid=5, name=None),
        process(pid=6, name="n"),
    ]
    many = [process(pid=pid, caps=["kill"], name=hostile) for pid in range(1, 40)] + [process(pid=40, name=hostile)]
    excess = [contained(1, privileged=True, name=hostile), contained(2, add=["BPF"], name=None), UNREAD]
    excess += [contained(pid, add=["SYS_TIME"], name=f"p{pid}") for pid in range(3, 12)]
    drifts = [fleet.drift(before, after), fleet.drift(before, after, by="program"), fleet.drift([], [])]
    rares = [fleet.rare(many), fleet.rare(many, by=None, share=0.1), fleet.rare([])]
    beyonds = [fleet.beyond(excess), fleet.beyond(excess, "podman"), fleet.beyond([])]
    single = [each[0] for each in (*drifts[:2], *rares[:2], *beyonds[:2])]
    whole = evolve(before[0], groups=(1, 2), time=datetime(2026, 11, 2, tzinfo=UTC))
    return [
        *drifts,
        *rares,
        *beyonds,
        *single,
        UNREAD,
        before[0],
        whole,
        Row(host="x"),
        Held(),
        Held(effective=CapSet()),
    ]


@pytest.mark.parametrize("answer", answers(), ids=lambda answer: type(answer).__name__)
def test_how_it_is_shown(answer):
    """Nothing of a name acts in a page or on a terminal."""
    html, text = display.html(answer), display.text(answer)
    assert "<b>\x1b" not in html
    assert "\x1b" not in html + text
    assert answer._repr_html_() == html
    if not isinstance(answer, Held):
        for row in answer.to_records():
            assert all(isinstance(value, str | int | bool | None) for value in row.values())
            assert not any("\x1b" in value for value in row.values() if isinstance(value, str))


def test_a_long_answer_is_cut():
    """In a notebook alone."""
    before = [process(pid=pid, caps=["kill"]) for pid in range(1, 300)]
    after = [process(pid=pid, caps=["kill"], uid_effective=pid) for pid in range(1, 300)]
    found = fleet.drift(before, after)
    assert "and 99 more rows; to_records() has all of them" in display.html(found)
    assert len(found.to_records()) == 299
    assert len(str(found).splitlines()) == 300


def test_in_a_notebook_beside_the_table():
    """A line, not all of it."""

    class Printer:
        def __init__(self):
            self.text = texts.append

    texts: list[str] = []
    for answer in (fleet.drift([], []), fleet.rare([]), fleet.beyond([])):
        answer._repr_pretty_(Printer(), False)
    assert texts == ["<Drift: 0 changes>", "<Rare: 0 sets>", "<Beyond: 0 kinds of processes>"]
