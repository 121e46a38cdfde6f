"""Answers: yes, no or not known, and why. Operations are made here, so that each reason has its case."""

from __future__ import annotations

import pickle

import pytest
from attrs import evolve

from capset import CapDiff, CapSet, CapState, display, engines, operations
from capset.errors import UndecidedError, UnknownOperationError, UnknownScopeError
from capset.operations import INITIAL, Answer, Condition, Operation, Operations, Requirement, Scope

ON = Condition("kernel.on == 1")
INSIDE = Scope(name="inside", title="in a user namespace of its own", owns=["network"])
DOCKER = engines.get("docker")


def op(needs, **told):
    """Make an operation of texts."""
    told = {name: Requirement.parse(value) if name == "otherwise" else value for name, value in told.items()}
    made = {"id": "do", "area": "tests", "title": "Do", "namespace": "initial", **told}
    return Operation(needs=Requirement.parse(needs), **made)


def holding(*effective, permitted=()):
    return CapState(effective=effective, permitted=CapSet(effective) | CapSet(permitted))


def told(state, operation, **known):
    """Return the verdict and the reason."""
    answer = operations.can(state, operation, **known)
    return answer.verdict, answer.reason


KILL, KPROBE = op("kill"), op("sys_admin | perfmon & bpf")


@pytest.mark.parametrize(
    ("state", "operation", "verdict", "reason"),
    [
        (holding("kill"), KILL, "yes", "CAP_KILL is effective"),
        (holding("bpf"), KILL, "no", "it needs CAP_KILL"),
        (holding(), KPROBE, "no", "it needs CAP_SYS_ADMIN, or CAP_PERFMON and CAP_BPF"),
        (
            holding("bpf"),
            KPROBE,
            "no",
            "it needs CAP_SYS_ADMIN, or CAP_PERFMON and CAP_BPF; missing is CAP_PERFMON",
        ),
        (holding("bpf", "perfmon"), KPROBE, "yes", "CAP_PERFMON and CAP_BPF are effective"),
        (holding("bpf", "perfmon", "sys_admin"), KPROBE, "yes", "CAP_SYS_ADMIN is effective"),
        (
            holding(permitted=["kill"]),
            KILL,
            "no",
            "it needs CAP_KILL; that is permitted and not effective: the thread may make it so by itself",
        ),
        (
            holding("bpf", permitted=["kill"]),
            KPROBE,
            "no",
            "it needs CAP_SYS_ADMIN, or CAP_PERFMON and CAP_BPF; missing is CAP_PERFMON",
        ),
        (
            CapState(inheritable=["kill"], bounding=["kill"], permitted=[], ambient=[]),
            KILL,
            "no",
            "it needs CAP_KILL",
        ),
        (holding(), op("nothing", namespace="none"), "yes", "it needs no capability"),
        (holding("kill"), op("never", namespace="none"), "no", "no capability would do"),
        (
            holding("kill"),
            op("kill", undecided="there is no such device"),
            "yes",
            "CAP_KILL is effective; so it is by the kernel's source; no kernel was asked",
        ),
    ],
)
def test_without_conditions(state, operation, verdict, reason):
    """Only what is effective counts."""
    assert told(state, operation) == (verdict, reason)


READ = op("syslog", conditions=(ON,), otherwise="nothing")
LOAD = op("sys_module", conditions=(ON,), otherwise="never")
RING = op("sys_admin", conditions=(ON,))
SOCKMAP = op("sys_admin | net_admin & bpf", conditions=(ON,), otherwise="sys_admin | net_admin")
BOTH = op("ipc_lock", conditions=(ON, Condition("kernel.two == 2")), otherwise="kill")
OPEN = "where kernel.on == 1, it needs CAP_SYSLOG; else it needs no capability; which of these is so is not known"


@pytest.mark.parametrize(
    ("state", "operation", "sysctls", "verdict", "reason"),
    [
        # it is so
        (holding("syslog"), READ, {"kernel.on": 1}, "yes", "CAP_SYSLOG is effective (kernel.on == 1)"),
        (holding(), READ, {"kernel.on": "1\n"}, "no", "it needs CAP_SYSLOG (kernel.on == 1)"),
        (holding("sys_admin"), RING, {"kernel.on": 1}, "yes", "CAP_SYS_ADMIN is effective (kernel.on == 1)"),
        # it is not so
        (holding(), READ, {"kernel.on": 0}, "yes", "it needs no capability (kernel.on != 1)"),
        (
            holding("sys_module"),
            LOAD,
            {"kernel.on": 0},
            "no",
            "no capability would do (kernel.on != 1)",
        ),
        (
            holding("sys_admin"),
            RING,
            {"kernel.on": 0},
            "not known",
            "it is not so that kernel.on == 1, and what it needs then is not known",
        ),
        # it is not known
        (holding(), READ, {}, "not known", OPEN),
        (holding(), READ, {"kernel.on": "a b"}, "not known", OPEN),
        (holding("syslog"), READ, {}, "yes", "CAP_SYSLOG is effective"),
        (
            holding("sys_admin"),
            RING,
            {},
            "not known",
            "where kernel.on == 1, it needs CAP_SYS_ADMIN; else what it needs is not known; which of these is so is "
            "not known",
        ),
        (
            holding(),
            LOAD,
            {},
            "no",
            "where kernel.on == 1, it needs CAP_SYS_MODULE; else no capability would do",
        ),
        (
            holding("bpf"),
            SOCKMAP,
            {},
            "no",
            "where kernel.on == 1, it needs CAP_SYS_ADMIN, or CAP_NET_ADMIN and CAP_BPF; else it needs CAP_NET_ADMIN, "
            "or CAP_SYS_ADMIN; missing is CAP_NET_ADMIN",
        ),
        (holding("net_admin", "bpf"), SOCKMAP, {}, "yes", "CAP_NET_ADMIN and CAP_BPF are effective"),
        # of two
        (
            holding("kill"),
            BOTH,
            {"kernel.on": 0},
            "yes",
            "CAP_KILL is effective (kernel.on != 1 or kernel.two != 2)",
        ),
        (
            holding("kill"),
            BOTH,
            {"kernel.on": 1},
            "not known",
            "where kernel.two == 2, it needs CAP_IPC_LOCK; else it needs CAP_KILL; which of these is so is not known",
        ),
        (
            holding("ipc_lock"),
            BOTH,
            {"kernel.on": 1, "kernel.two": 2},
            "yes",
            "CAP_IPC_LOCK is effective (kernel.on == 1 and kernel.two == 2)",
        ),
    ],
)
def test_with_conditions(state, operation, sysctls, verdict, reason):
    """A setting that is not known is none; where both cases agree it makes no difference."""
    assert told(state, operation, sysctls=sysctls) == (verdict, reason)


@pytest.mark.parametrize(
    ("operation", "sysctls", "missing"),
    [
        (KILL, {}, ["CAP_KILL"]),
        (KPROBE, {}, ["CAP_SYS_ADMIN", "CAP_PERFMON"]),
        (SOCKMAP, {}, ["CAP_NET_ADMIN", "CAP_SYS_ADMIN"]),
        (LOAD, {}, []),
        (LOAD, {"kernel.on": 1}, ["CAP_SYS_MODULE"]),
        (LOAD, {"kernel.on": 0}, []),
        (READ, {}, []),
        (op("bpf"), {}, []),
    ],
)
def test_missing(operation, sysctls, missing):
    """What would do whatever is not known, with what is held."""
    assert [str(caps) for caps in operations.can(holding("bpf"), operation, sysctls=sysctls).missing] == missing


def test_where_values_come_from():
    """From three mappings; what is asked for is among them."""
    condition = Condition("a.b + RLIMIT_NICE < size")
    operation = op("kill", conditions=(condition,), otherwise="nothing")
    known = {"sysctls": {"a.b": 1}, "rlimits": {"RLIMIT_NICE": 2}, "values": {"size": 3}}

    assert operations.can(holding(), operation, **known).verdict == "yes"
    assert operations.can(holding(), operation, **known | {"values": {"size": 4}}).verdict == "no"
    for name in known:
        assert operations.can(holding(), operation, **known | {name: None}).verdict == "not known"
        assert operations.can(holding(), operation, **known | {name: {}}).verdict == "not known"


# -- in user namespaces ----------------------------------------------------------------------------


@pytest.mark.parametrize("namespace", ["initial", "mount", "uts", "ipc", "pid", "cgroup", "time"])
def test_where_it_does_not_count(namespace):
    """What is held there is nothing to it, and nothing that could be added there would do."""
    operation = op("kill", namespace=namespace)
    place = (
        "in the initial user namespace"
        if namespace == "initial"
        else f"in the user namespace that owns the \
{namespace} namespace"
    )
    answer = operations.can(holding("kill"), operation, user_ns=INSIDE)

    assert (answer.verdict, answer.missing) == ("no", ())
    assert answer.reason == f"it needs CAP_KILL {place}; what is held here (inside) does not count there"
    assert operations.can(holding("kill"), operation, user_ns=INITIAL).verdict == "yes"
    assert operations.can(holding(), evolve(operation, needs=Requirement([[]])), user_ns=INSIDE).verdict == "yes"


@pytest.mark.parametrize(
    ("namespace", "place", "provided"),
    [
        ("network", "in the user namespace that owns the network namespace", ()),
        ("own", "in one's own user namespace", ()),
        (
            "object",
            "in a user namespace in which the owner of what it is done to has an id",
            ("the owner and the group of what it is done to have an id there",),
        ),
        (
            "target",
            "in the user namespace of the process that it is done to",
            ("the process that it is done to is in that user namespace, or in one below it",),
        ),
    ],
)
def test_where_it_counts(namespace, place, provided):
    """It says where, and what that takes for granted."""
    answer = operations.can(holding("kill"), op("kill", namespace=namespace), user_ns=INSIDE)

    assert answer.reason == f"CAP_KILL is effective, and counts {place}"
    assert answer.provided == provided
    assert operations.can(holding("kill"), op("kill", namespace=namespace)).provided == ()
    assert operations.can(holding(), op("nothing", namespace=namespace), user_ns=INSIDE).provided == ()
    assert operations.can(holding(), op("kill", namespace=namespace), user_ns=INSIDE).provided == ()
    two = operations.can(holding("kill", "bpf"), op("kill & bpf", namespace=namespace), user_ns=INSIDE)
    assert two.reason == f"CAP_KILL and CAP_BPF are effective, and count {place}"


def test_what_a_set_up_takes_for_granted():
    """Its ids, and that a container has a namespace of its own: with the host's it would be another answer."""
    rootless = operations.scope("rootless")

    [said] = operations.can(holding("kill"), op("kill", namespace="object"), user_ns=rootless).provided
    assert rootless.ids in said
    [said] = operations.can(holding("kill"), op("kill", namespace="network"), user_ns="rootless").provided
    assert said == "the network namespace is its own, and not that of the host"


# -- the answer itself -----------------------------------------------------------------------------


def test_truth():
    """An answer that is not known is neither true nor false."""
    assert operations.can(holding("kill"), KILL)
    assert not operations.can(holding(), KILL)
    with pytest.raises(UndecidedError) as caught:
        bool(operations.can(holding(), READ))
    assert (caught.value.operation, caught.value.reason) == ("do", OPEN)


def test_gates():
    """What was not asked is named; who owns it only where it is somebody else's."""
    always = operations.can(holding(), KILL).gates
    more = operations.can(holding(), op("kill", object="another's", gates=("the device cgroup",))).gates

    assert any("seccomp" in gate for gate in always)
    assert any("SELinux" in gate for gate in always)
    assert more == (*always, "the device cgroup", "who owns what it is done to, and its mode")
    assert operations.can(holding(), op("kill", object="own")).gates == always


def test_how_an_answer_is_shown():
    """In words, and as HTML."""
    answer = operations.can(holding("kill"), op("kill", namespace="target", id="<do>"), user_ns=INSIDE)
    text = display.text(answer)
    html = display.html(answer)

    assert str(answer) == f"<do>: yes: {answer.reason}"
    assert text == f"{answer}\nprovided that {answer.provided[0]}\nnot asked: {'; '.join(answer.gates)}"
    assert "&lt;do&gt;" in html
    assert "provided that" in html
    assert "CAP_KILL" in display.html(operations.can(holding(), KILL))
    assert "not known" in display.html(operations.can(holding(), READ))
    assert pickle.loads(pickle.dumps(answer)) == Answer.from_dict(answer.as_dict()) == answer


@pytest.mark.parametrize("ask", [operations.allowed, operations.denied, operations.not_known])
def test_wrong_arguments_of_lists(ask):
    """They are refused as those of can() are."""
    with pytest.raises(TypeError, match="a CapState, such as"):
        ask(CapSet())
    with pytest.raises(TypeError, match="values by the names of settings"):
        ask(CapState(), sysctls=[("a.b", 1)])
    with pytest.raises(TypeError, match="values by the names of settings"):
        ask(CapState(), rlimits=5)
    with pytest.raises(UnknownScopeError):
        ask(CapState(), user_ns="nope")


def test_wrong_arguments():
    with pytest.raises(TypeError, match="a CapState, such as"):
        operations.can(CapSet(), "mount")
    with pytest.raises(TypeError, match="an Operation or the id of one"):
        operations.can(CapState(), 5)
    with pytest.raises(UnknownOperationError, match="unknown operation 'mout'"):
        operations.can(CapState(), "mout")
    with pytest.raises(TypeError, match="a Scope or the name of one"):
        operations.can(CapState(), "mount", user_ns=None)
    with pytest.raises(TypeError, match="values by the names of settings"):
        operations.can(CapState(), "mount", values=5)


# -- what a difference means -----------------------------------------------------------------------


def ids(found):
    return {each.id for each in found}


def test_gained():
    """What can be done after it and not before, with what is kept."""
    alarm = ids(operations.by_cap("wake_alarm"))

    assert ids(operations.gained(CapDiff.parse("+wake_alarm"))) == alarm != set()
    assert operations.gained(CapDiff.parse("-wake_alarm")) == operations.gained(CapDiff()) == Operations()
    assert operations.gained(CapDiff.parse("+wake_alarm"), kept=["wake_alarm"]) == []
    assert operations.gained(CapDiff.parse("+wake_alarm"), user_ns="rootless") == [
        each for each in operations.by_cap("wake_alarm") if operations.scope("rootless").counts(each.namespace)
    ]
    assert "bpf BPF_PROG_LOAD, tracing" in ids(operations.gained(CapDiff.parse("+bpf"), kept=["perfmon"]))
    assert "bpf BPF_PROG_LOAD, tracing" not in ids(operations.gained(CapDiff.parse("+bpf")))
    swapped = ids(operations.gained(CapDiff.parse("+net_raw -net_admin")))
    assert "setsockopt SO_MARK" not in swapped, "either does"
    assert "socket AF_INET, SOCK_RAW" in swapped


def test_of_five_sets_the_effective_one_counts():
    before, after = CapState(), CapState(effective=["wake_alarm"], permitted=["wake_alarm"], bounding=["kill"])

    assert operations.gained(before.diff(after)) == operations.gained(CapDiff.parse("+wake_alarm"))
    assert operations.gained(before.diff(CapState(permitted=["kill"], bounding=["kill"]))) == []


def test_what_is_no_difference():
    for wrong in (None, CapSet(), "+kill", CapState()):
        with pytest.raises(TypeError, match="a CapDiff or a StateDiff"):
            operations.gained(wrong)
    with pytest.raises(TypeError):
        operations.gained(CapDiff(), kept="kill")
    with pytest.raises(UnknownScopeError):
        operations.gained(CapDiff(), user_ns="nope")


# -- ten questions that people ask -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "verdict"),
    [
        ("mount", "no"),
        ("socket AF_INET, SOCK_RAW", "yes"),
        ("chroot", "yes"),
        ("sethostname", "no"),
        ("open /dev/kmsg for reading", "not known"),
        ("init_module", "no"),
        ("bpf BPF_PROG_LOAD, tracing", "no"),
        ("open O_PATH", "yes"),
        ("write an immutable file", "no"),
    ],
)
def test_root_in_a_container_of_docker(operation, verdict):
    assert operations.can(DOCKER.container(), operation).verdict == verdict
