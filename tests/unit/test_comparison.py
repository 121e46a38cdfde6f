"""Sets beside each other."""

from __future__ import annotations

import pickle
from html import escape

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from capset import DOCKER_DEFAULT, Cap, CapSet, CapState, Comparison, UnknownCapabilityError, compare, engines, live
from capset.live.keeping import Kept
from capset.summary import UNDEFINED
from tests.markup import checked
from tests.strategies import capsets, states

DOCKER, PODMAN = engines.get("docker"), engines.get("podman")


def process():
    """Return a process of a Docker container."""
    masks = "".join(f"Cap{name}:\t{DOCKER_DEFAULT.hex()}\n" for name in ("Prm", "Eff", "Bnd"))
    ids = "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t\n"
    return live.parse_status(f"Name:\tsh\nTgid:\t1\nPid:\t1\nPPid:\t0\n{ids}{masks}CapInh:\t0000000000000000\n")


def test_columns():
    """A set, what makes one, a state, an engine, a process."""
    status = process()
    comparison = compare(a=CapSet(["kill"]), b={"chown"}, c=CapState(effective=["bpf"]), d=DOCKER, e=status)

    assert list(comparison.columns) == ["a", "b", "c", "d", "e"]
    assert comparison.sets == {
        "a": CapSet(["kill"]),
        "b": CapSet(["chown"]),
        "c": CapSet(["bpf"]),
        "d": DOCKER_DEFAULT,
        "e": DOCKER_DEFAULT,
    }
    assert comparison.columns["e"] is status


def test_another_of_the_five_sets():
    """Of what has five; a set is the same."""
    state = CapState(permitted=["kill", "bpf"], effective=["kill"], bounding=["chown"])
    comparison = compare(state=state, set={"kill"}, docker=DOCKER)

    assert comparison.sets["state"] == CapSet(["kill"])
    assert comparison.of("permitted").sets["state"] == CapSet(["kill", "bpf"])
    assert comparison.of("bounding").sets["state"] == CapSet(["chown"])
    assert comparison.of("bounding").sets["set"] == CapSet(["kill"])
    assert comparison.of("ambient").sets["docker"] == CapSet()
    assert comparison.of("effective") == comparison
    with pytest.raises(
        ValueError, match="expected one of effective, permitted, inheritable, bounding, ambient, got 'bnd'"
    ):
        comparison.of("bnd")


@given(st.lists(capsets, max_size=5))
def test_rows(sets):
    """What differs, what all have, and what none has, are the whole; all() has every known one and every held one."""
    comparison = compare(**{f"set{at}": caps for at, caps in enumerate(sets)})
    union = CapSet().union(*sets)

    assert comparison.differing == CapSet(cap for cap in union if len({cap in caps for caps in sets}) == 2)
    assert comparison.common == union - comparison.differing
    assert comparison.rows == tuple(comparison.differing)
    assert comparison.all().rows == tuple(CapSet.all() | union)
    assert comparison.all().all() == comparison.all() != comparison


def test_text():
    """Aligned; a name is no control character; nothing is fine too."""
    text = str(compare(**{"a\x1b": {"kill", 63}, "second column": {"kill"}}))

    assert text.splitlines() == [
        "no. capability a\\x1b second column",
        " 63 63         yes   -",
        "total          2     1",
    ]
    assert str(compare()) == "nothing to compare"
    assert str(compare(a={"kill"})).splitlines() == ["no. capability a", "total          1"]
    assert str(compare(a=set(), b={"kill"}).all()).count("\n") == 42


@pytest.mark.parametrize("every", [False, True])
def test_html(every):
    """The same matrix, with what each column is, how many it holds, and what is left out."""
    comparison = compare(docker=DOCKER, podman=PODMAN, **{"<mine>": process()}, odd={"sys_admin", 41, "kill"})
    shown = comparison.all() if every else comparison
    html = shown._repr_html_()
    table = checked(html)[0]

    assert table.caption == "15 capabilities differ among 4 effective sets"
    assert table.head[:2] == ["no.", "capability"]
    assert table.head[2:] == ["docker\nDocker Engine", "podman\nPodman", "<mine>\nsh (1)", "odd"]
    body = table.rows[:-2]
    assert [row[0] for row in body] == [str(int(cap)) for cap in shown.rows]
    marked = [row[1] for row in body if row[1].startswith("! ")]
    assert marked == [f"! {cap}" for cap in shown.rows if any(risk.risk_list.of_containers for risk in cap.info.risks)]
    for cap, row in zip(shown.rows, body, strict=True):
        assert row[1].removeprefix("! ") == str(cap)
        assert [cell == "✓ yes" for cell in row[2:]] == [cap in caps for caps in shown.sets.values()]
        assert set(row[2:]) <= {"✓ yes", "– no"}
    assert table.rows[-2] == ["", "total", "14", "11", "14", "3"]
    assert table.rows[-1][:3] == ["", "mask", DOCKER_DEFAULT.hex()]
    missing = CapSet.all() - shown.common - shown.differing
    ends = [
        f"<p><b>✓</b>&nbsp;in all of them ({len(shown.common)}): {', '.join(shown.common.names())}</p>",
        f"<p><b>–</b>&nbsp;in none of them ({len(missing)}): {', '.join(missing.names())}</p>",
    ]
    assert [end in html for end in ends] == [not every] * 2
    warned = "CAP_DAC_OVERRIDE, CAP_SYS_ADMIN, CAP_MKNOD"
    assert f"Published lists warn of {warned}." in html


def test_a_user_namespace_is_told():
    """Capabilities count only there."""
    comparison = compare(mine=evolve(process(), user_ns=4026532000))

    html = comparison._repr_html_()
    assert checked(html)[0].head[2] == "mine\nsh (1)"
    assert "mine</bdi> is in user namespace 4026532000, and counts only there and below" in html
    assert str(comparison).splitlines()[-1] == "mine is in user namespace 4026532000, and counts only there and below"
    initial = compare(mine=evolve(process(), user_ns=4026531837))
    assert "in user namespace" not in str(initial) + initial._repr_html_()
    assert "not known" not in initial._repr_html_()
    unknown = compare(mine=process(), docker=DOCKER)._repr_html_()
    assert "<p>User namespace not known of <bdi" in unknown
    assert "mine</bdi>; live.read(pid, user_ns=True) reads it.</p>" in unknown


def test_a_kernel_before_3_8():
    """It is told once which columns have bits that are no capability, which their rows do not say."""
    comparison = compare(
        **{"a\x1b": {"kill"}, "old<": CapSet.from_hex("fffffff0000000c0"), "older\x1b": CapSet.from_mask(2**64 - 1)}
    )
    assert {name: caps.hex() for name, caps in comparison.undefined.items()} == {
        "old<": "ffffffe000000000",
        "older\x1b": "ffffffe000000000",
    }
    assert str(comparison).splitlines()[-1] == rf"! old<, older\x1b: {UNDEFINED}"
    html = comparison._repr_html_()
    assert "old&lt;</bdi>, <bdi" in html
    assert html.count(escape(UNDEFINED)) == 1
    newer = compare(a=CapSet([63]), b=CapState(effective=["bpf"]))
    assert newer.undefined == {}
    assert UNDEFINED not in str(newer) + newer._repr_html_()


def test_html_of_little():
    """No column; one; two that are the same."""
    assert "nothing to compare" in compare()._repr_html_()
    assert checked(compare(a={"kill"})._repr_html_())[0].caption == "1 capability in one set"
    assert checked(compare(a={"kill"}, b=[])._repr_html_())[0].caption == "1 capability differs among 2 sets"
    one = compare(a=CapState(permitted=["kill"])).of("permitted")
    assert checked(one._repr_html_())[0].caption == "1 capability in one permitted set"


@given(states, capsets)
def test_ways_back(state, caps):
    """It can be typed, pickled and hashed; equal ones are equal."""
    comparison = compare(state=state, caps=caps).of("permitted")

    assert eval(repr(comparison)) == comparison
    assert pickle.loads(pickle.dumps(comparison)) == comparison
    assert hash(comparison) == hash(compare(caps=caps, state=state).of("permitted"))
    assert hash(comparison) != hash(compare(other=caps, state=state).of("permitted"))
    assert comparison == compare(caps=caps, state=state).of("permitted")
    assert comparison != compare(caps=caps, other=state).of("permitted")


def test_what_all_have_is_warned_of():
    """What differs is not all that is dangerous; what nobody has is not dangerous."""
    same = compare(a={"sys_admin"}, b={"sys_admin"})._repr_html_()
    assert "in all of them (1): <b>!</b>&nbsp;CAP_SYS_ADMIN</p>" in same
    assert "warn of CAP_SYS_ADMIN." in same
    assert "warn of" not in compare(a=[], b={"kill"}).all()._repr_html_()


def test_names_that_look_alike():
    """Two that a terminal shows alike are two columns, and are shown apart."""
    text = str(compare(**{"\x80": {"kill"}, "\udc80": set()}))
    assert text.splitlines()[0] == r"no. capability \u0080 \x80"
    assert text.splitlines()[1] == "  5 CAP_KILL   yes    -"


def test_an_old_engine_is_told_from_a_new_one():
    """By its releases, or its version."""
    comparison = compare(first=engines.versions("docker")[0], old=engines.get("docker", "1.10"), new=DOCKER)
    heads = checked(comparison._repr_html_())[0].head[2:]
    assert (
        checked(compare(mine=evolve(DOCKER, name="mine"))._repr_html_())[0].head[2].startswith("mine\nDocker Engine ")
    )
    assert heads == ["first\nDocker Engine 0.1.0 to 0.5.x", "old\nDocker Engine 1.10", "new\nDocker Engine"]


def test_what_is_no_column():
    """The error says which, and what would be one."""
    with pytest.raises(
        TypeError, match=r"got 'docker': an engine is .* engines.get\(\) returns, .* CapSet.parse\(\)"
    ) as told:
        compare(docker=DOCKER, mine="docker")
    assert told.value.__notes__ == ["in column 'mine', which takes a CapSet, a CapState, an Engine or a ProcStatus"]
    with pytest.raises(TypeError, match="expected an iterable of capabilities"):
        compare(mine=5)
    with pytest.raises(UnknownCapabilityError, match="did you mean CAP_CHOWN"):
        compare(mine=["chwon"])
    assert compare(mine=iter(["kill"])).sets["mine"] == CapSet(["kill"])
    for collection in (live.Snapshot([]), engines.Matches(), Kept(iter(["kill"]))):
        with pytest.raises(TypeError, match="is no set of capabilities, but may hold some that have one"):
            compare(mine=collection)
    with pytest.raises(TypeError, match=r"give every column a name, as in compare\(docker=…, mine=…\): CapSet"):
        compare(CapSet(["kill"]))
    with pytest.raises(ValueError, match="a column cannot be called 'mask': rows have a mask of their own"):
        compare(mask=DOCKER)


def test_it_cannot_be_changed():
    """Neither can what was handed to it change it."""
    given_columns = {"a": CapSet(["kill"])}
    comparison = Comparison(given_columns)
    given_columns["b"] = CapSet()

    assert list(comparison.columns) == ["a"]
    with pytest.raises(TypeError):
        comparison.columns["b"] = CapSet()
    with pytest.raises(AttributeError):
        comparison.set = "ambient"
    assert comparison.rows == ()
    assert Cap.KILL in comparison.common
