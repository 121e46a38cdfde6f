"""The operations that capset knows: the records, and how one is found."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import get_args

import pytest
from attrs import evolve

from capset import Cap, CapSet, display, documents, engines, operations
from capset.errors import (
    ArgumentError,
    UnknownCapabilityError,
    UnknownOperationError,
    UnknownRuleError,
    UnknownScopeError,
)
from capset.facts import load
from capset.operations import Evidence, Grant, Operation, Operations, Requirement, Scope
from capset.operations.operation import Namespace
from capset.operations.userns import as_scope

TABLE = operations.table()
DOCKER = engines.get("docker")


def ids(found):
    return [each.id for each in found]


# -- the records -----------------------------------------------------------------------------------


def test_there_are_many():
    """In a dozen areas, each with an id of its own."""
    assert len(TABLE) >= 250
    assert ids(TABLE) == operations.names()
    assert len(set(operations.names())) == len(TABLE)
    assert len({each.lower() for each in operations.names()}) == len(TABLE)
    assert len(operations.areas()) >= 10


@pytest.mark.parametrize("each", TABLE, ids=str)
def test_a_record(each):
    """It says what it is to say, in words that are values of its fields."""
    assert each.title
    assert re.fullmatch(r"[a-z0-9_]+", each.syscall), "for_syscall() finds it"
    assert each.namespace in get_args(Namespace)
    assert bool(each.conditions) or each.otherwise is None, "what is needed otherwise, and when"
    assert each.refusal or not each.needs.caps, "what is refused says how"
    assert not each.noise & each.needs.caps, "what makes no difference is not what is needed"
    assert all(cap.known for cap in each.needs.caps | each.noise)
    for release in filter(None, (each.since, each.until)):
        assert re.fullmatch(r"[2-9]\.[0-9]+(\.[0-9]+)?", release)
    for text in (each.id, each.title, each.note, each.undecided, *each.words, *each.gates):
        assert text.isprintable()
        assert text == text.strip()


def test_what_asks_says_where():
    """A capability that counts nowhere would be taken to count everywhere."""
    assert [each.id for each in TABLE if each.caps and each.namespace == "none"] == []


def test_capabilities_that_count():
    """In one case or the other."""
    assert MADE.caps == CapSet(["sys_admin", "bpf", "perfmon"])
    assert operations.get("bind low port").caps == CapSet(["net_bind_service"])
    assert operations.get("open O_PATH").caps == CapSet()


def test_areas():
    """Each operation is in one; together they are all, in the same order."""
    assert ids(each for area in operations.areas() for each in operations.table(area)) == operations.names()
    with pytest.raises(ArgumentError, match="unknown area 'nope': known are audit, bpf, "):
        operations.table("nope")
    with pytest.raises(ArgumentError, match=r"unknown area \[\]"):
        operations.table([])


# -- finding ---------------------------------------------------------------------------------------


def test_get():
    """By its id alone; what looks like it is told as it is written."""
    assert operations.get("mount").needs == Requirement([["sys_admin"]])
    with pytest.raises(UnknownOperationError, match="did you mean setsockopt SO_MARK") as caught:
        operations.get("setsockopt so_mark")
    assert caught.value.close[0] == "setsockopt SO_MARK"
    assert list(caught.value.known) == operations.names()
    with pytest.raises(UnknownOperationError, match=r"unknown operation '': operations.search\(\) finds them by words"):
        operations.get("")
    with pytest.raises(UnknownRuleError, match="unknown rule 5: known are"):  # by the mapping that all of these are
        documents.RULES[5]
    with pytest.raises(UnknownOperationError, match=r"unknown operation 'xxx.*\.\.\. \(1000002 characters\)"):
        operations.get("x" * 1000000)
    for wrong in (5, None, b"mount", ["mount"]):
        with pytest.raises(TypeError, match="expected the id of an operation as str"):
            operations.get(wrong)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("so_mark SENDMSG", {"sendmsg SO_MARK"}),
        ("sethostn", {"sethostname"}),
        ("sethostname()", {"sethostname"}),
    ],
)
def test_search(words, found):
    """All words, in any case and order, each perhaps the beginning of one."""
    assert set(ids(operations.search(words))) == found


@pytest.mark.parametrize("words", ["", " ", "()", "mount zzz", "zzz", "ü", "*", "mount " * 1000 + "zzz"])
def test_search_that_finds_nothing(words):
    """No word finds nothing, and not all."""
    assert operations.search(words) == Operations()
    assert type(operations.search(words)) is Operations


def test_a_long_search():
    """It takes as long as the words that differ, and ends at the first that nothing has."""
    assert ids(operations.search("mount " * 100000)) == ids(operations.search("mount"))
    assert operations.search("zzz " + " ".join(map(str, range(100000)))) == []


def test_search_puts_the_nearest_first():
    """What is called so stands before what only has such a word in its title, and a whole word before a beginning."""
    for word in ("mount", "raw", "priority", "time"):
        found = operations.search(word)
        ranks = []
        for each in found:
            front = re.findall(r"[a-z0-9_.]+", " ".join([each.id, *each.words]).lower())
            whole = re.findall(r"[a-z0-9_.]+", f"{each.title} {each.syscall} {each.argument}".lower())
            begins = any(part.startswith(word) or word in part.split("_") for part in front)
            ranks.append(0 if word in front else 1 if begins else 2 if word in whole else 3)
        assert len(set(ranks)) > 1
        assert all(one <= two for one, two in pairwise(ranks))


def test_every_operation_is_found_by_its_id():
    """And by its other words."""
    for each in TABLE:
        assert each in operations.search(" ".join([each.id, *each.words]))


def test_by_system_call():
    """With parentheses as manual pages write it; nothing is the name of none."""
    assert ids(operations.for_syscall("bpf()")) == ids(operations.for_syscall(" bpf ")) != []
    assert {each.syscall for each in operations.for_syscall("bpf")} == {"bpf"}
    found = {each.id for name in {each.syscall for each in TABLE} for each in operations.for_syscall(name)}
    assert found == {each.id for each in TABLE}
    for name in ("", "()", " ", "BPF", "nope"):
        assert operations.for_syscall(name) == Operations()


def test_by_a_system_call_that_does_the_same():
    """A tracer prints the one that a program made; each is in one family, and a family is there for an operation."""
    for name in ("fchownat", "lchown", "chown"):
        assert ids(operations.for_syscall(name)) == ids(operations.for_syscall("chown"))
    assert "unlink in a sticky directory" in ids(operations.for_syscall("rmdir"))
    families = load("syscalls")["families"]
    names = [name for family in families for name in family]
    assert len(set(names)) == len(names)
    calls = {each.syscall for each in TABLE}
    for family in families:
        assert calls & set(family), family
        assert len(family) > 1, family


def test_by_capability():
    """For which it does, alone or with others, where it counts."""
    assert ids(operations.by_cap("net_raw")) == ids(operations.by_cap(Cap.NET_RAW)) == ids(operations.by_cap(13))
    for cap in Cap:
        found = operations.by_cap(cap)
        assert ids(found) == [each.id for each in TABLE if any(cap in way for way in each.needs)]
        inside = operations.by_cap(cap, user_ns="unshare -Ur")
        assert ids(inside) == [each.id for each in found if each.namespace in {"own", "object", "target", "none"}]
    with pytest.raises(UnknownCapabilityError):
        operations.by_cap("net_rwa")
    with pytest.raises(TypeError):
        operations.by_cap(True)
    with pytest.raises(UnknownScopeError):
        operations.by_cap("net_raw", user_ns="nope")


@pytest.mark.parametrize("find", [operations.search, operations.for_syscall])
@pytest.mark.parametrize("wrong", [5, None, b"mount", ["mount"]])
def test_what_is_no_text(find, wrong):
    with pytest.raises(TypeError, match="as str, got"):
        find(wrong)


# -- lists, and how they are shown -----------------------------------------------------------------


def test_a_slice_is_a_list_of_operations():
    """In a notebook it is a table too."""
    some = TABLE[:3]
    rows = list(some.to_records())

    assert type(some) is Operations
    assert [row["id"] for row in rows] == ids(some)
    assert rows[0]["needs"] == str(some[0].needs)
    assert "3 operations" in display.html(some)
    assert display.html(Operations()) != display.html(some)
    assert "no operation" in display.html(Operations())
    assert display.text(some) == "\n".join(map(str, some))
    assert display.text(Operations()) == "no operation"
    conditioned = evolve(
        some[0],
        conditions=(operations.Condition("kernel.dmesg_restrict != 0"), operations.Condition("RLIMIT_NICE < 20")),
    )
    [row] = Operations([conditioned]).to_records()
    assert row["conditions"] == "kernel.dmesg_restrict != 0 and RLIMIT_NICE < 20"


MADE = Operation(
    id="<b>do</b>",
    area="tests",
    title="Do it",
    syscall="do",
    needs=Requirement([["bpf", "perfmon"], ["sys_admin"]]),
    namespace="network",
    refusal="EPERM",
    conditions=(operations.Condition("a.b == 1"), operations.Condition("c.d == 2")),
    otherwise=Requirement(),
    noise=CapSet(["kill"]),
    since="5.8",
    until="6.1",
    function="may_do",
    path="kernel/do.c",
    note="It is done.",
    undecided="nobody asked",
    evidence=(
        Evidence(release="6.1", date="2026-11-28", how="searched"),
        Evidence(release="5.10", date="2026-11-28", how="confirmed", needs=Requirement([["kill"]])),
        Evidence(release="7.2", date="2026-11-28", how="not decided", why="it lacks the device"),
    ),
)
TOLD = """\
<b>do</b>
what: Do it
needs: CAP_SYS_ADMIN, or CAP_PERFMON and CAP_BPF
where: a.b == 1 and c.d == 2
else: more than any capability, where it is not so
counts: in the user namespace that owns the network namespace
without: EPERM
asks too: CAP_KILL, which makes no difference
since: Linux 5.8
until: Linux 6.1
decided in: may_do(), kernel/do.c
note: It is done.
evidence: Linux 6.1: searched; Linux 5.10: confirmed, and it needs CAP_KILL there; Linux 7.2: not decided: it lacks the\
 device
not asked: nobody asked"""


def test_all_that_is_known_is_told():
    """As text and as HTML; what is not known has no line."""
    assert display.text(MADE) == TOLD
    html = display.html(MADE)
    for fact in (
        "&lt;b&gt;do&lt;/b&gt;",
        "may_do(), kernel/do.c",
        "which makes no difference",
        "not decided: it lacks",
    ):
        assert fact in html
    assert "<b>do" not in html
    assert str(MADE) == "<b>do</b>: CAP_SYS_ADMIN | CAP_PERFMON & CAP_BPF"
    bare = Operation(id="x", area="tests", title="Do", needs=Requirement([[]]))
    assert display.text(bare) == "x\nwhat: Do\nneeds: no capability"
    assert MADE.as_dict() == Operation.from_dict(MADE.as_dict()).as_dict()


@pytest.mark.parametrize(
    ("needs", "words"),
    [
        (Requirement(), "more than any capability"),
        (Requirement([[]]), "no capability"),
        (Requirement([["kill"]]), "CAP_KILL"),
        (MADE.needs, "CAP_SYS_ADMIN, or CAP_PERFMON and CAP_BPF"),
    ],
)
def test_requirements_in_words(needs, words):
    """And, or."""
    assert operations.in_words(needs) == words
    assert words in display.html(needs)
    assert display.text(needs) == str(needs)


# -- scopes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", operations.scopes(), ids=lambda scope: scope.name)
def test_scopes(scope):
    """Each is found by its name, and says where it was read."""
    assert operations.scope(scope.name) is scope
    assert as_scope(scope.name) is as_scope(scope) is scope
    assert bool(scope.sources) is not scope.initial
    assert scope.counts("initial") is scope.initial
    assert all(scope.counts(kind) for kind in ("own", "object", "target", *scope.owns))
    for kind in operations.KINDS:
        assert scope.counts(kind) is (scope.initial or kind in scope.owns)
    told = display.text(scope)
    assert told.startswith(f"{scope.name}: {scope.title}; what counts there: ")
    assert all(kind in told for kind in scope.owns)
    assert ("everything" in told) is scope.initial
    assert scope.title in display.html(scope)
    assert str(scope) == f"{scope.name}: {scope.title}"


def test_one_user_namespace_alone_owns_nothing():
    """unshare -Ur makes no other namespace."""
    assert operations.scope("unshare -Ur").owns == ()
    assert "everything" not in display.text(operations.scope("unshare -Ur"))


def test_making_a_scope():
    """Kinds stand in their own order, each once; no other is one."""
    assert Scope(name="x", title="x", owns=["uts", "network", "uts"]).owns == ("network", "uts")
    with pytest.raises(ArgumentError, match="'net' is no kind of namespace that is owned: known are network, mount"):
        Scope(name="x", title="x", owns=["net"])
    for wrong in ("network", 5, None):
        with pytest.raises(TypeError, match="expected kinds of namespaces, got"):
            Scope(name="x", title="x", owns=wrong)


def test_what_is_no_scope():
    with pytest.raises(UnknownScopeError, match=r"unknown scope 'Rootles': did you mean rootless\?"):
        operations.scope("Rootles")
    for wrong in (5, None, ["rootless"]):
        with pytest.raises(TypeError, match="expected the name of a scope as str"):
            operations.scope(wrong)
        with pytest.raises(TypeError, match="a Scope or the name of one"):
            as_scope(wrong)


# -- what engines are to be asked for --------------------------------------------------------------


@pytest.mark.parametrize("name", engines.names())
def test_grants(name):
    """What is to be asked for does it, and what is said of users is what their containers have."""
    engine = engines.get(name)
    for needs in {each.needs for each in TABLE}:
        found = operations.grants(needs, engine)
        assert [grant.caps for grant in found] == [way for way in needs if way]
        for grant in found:
            assert grant.by_default is (grant.caps <= engine.default)
            assert (grant.request is None) is bool(grant.why_not)
            if grant.request is not None:
                assert grant.caps <= engine.container(grant.request).bounding
                assert grant.root is (grant.caps <= engine.container(grant.request).effective)
                assert grant.others is (grant.caps <= engine.container(grant.request, uid=5).effective)
            else:
                assert grant.flags == []
                assert {grant.root, grant.others, grant.by_default} == {False}


def test_what_an_engine_cannot_give():
    """It is said, with the reason."""
    [grant] = operations.grants(Requirement([[63]]), DOCKER)

    assert (grant.request, grant.flags, grant.root) == (None, [], False)
    assert "63" in grant.why_not
    assert Grant.from_dict(grant.as_dict()) == grant


def test_grants_of_an_operation():
    """The same as of what it needs; nothing for what needs none, and for what none gives."""
    assert operations.grants(operations.get("link"), DOCKER) == operations.grants(operations.get("link").needs, DOCKER)
    assert operations.grants(Requirement(), DOCKER) == operations.grants(Requirement([[]]), DOCKER) == []
    with pytest.raises(TypeError, match="an Operation or a Requirement"):
        operations.grants("link", DOCKER)
    with pytest.raises(TypeError, match="an Engine, such as engines"):
        operations.grants(MADE, "docker")
