"""Container engines: looking them up, their rules side by side, the way back, and what they refuse."""

from __future__ import annotations

import pickle
from html import escape

import pytest

from capset import DOCKER_DEFAULT, Cap, CapSet, CapState, display, engines
from capset.engines import Release, Request
from capset.engines.releases import divide, join, key
from capset.errors import (
    ContradictionError,
    NotAllowedError,
    RequestError,
    UnavailableError,
    UnknownEngineError,
    UnknownNameError,
    UnknownVersionError,
    UnreachableError,
    UnsupportedOptionError,
)
from capset.problem import Problem

COLUMNS = {
    "docker": ("docker", None),
    "docker 20.10": ("docker", "20.10"),
    "docker 18.09": ("docker", "18.09"),
    "podman": ("podman", None),
    "containerd": ("containerd", None),
    "cri-o": ("cri-o", None),
    "nerdctl": ("nerdctl", None),
    "nomad": ("nomad", None),
}
NO = "refused"
D, A, B = "a80425fb", "1ffffffffff", "3fffffffff"
VECTORS = [  # add, drop, and what each engine makes of it on a host that has all 41
    ("", "", D, D, D, "800405fb", D, "5fb", D, "a80405fb"),
    ("ALL", "", A, B, B, A, A, A, A, NO),
    ("all", "net_raw", "1ffffffdfff", "3fffffdfff", "3fffffdfff", *["1ffffffdfff"] * 4, NO),
    ("", "ALL", *["0"] * 8),
    ("CHOWN", "ALL", *["1"] * 8),
    ("ALL", "ALL", A, B, "0", NO, "0", "0", A, NO),
    ("chown", "chown", D, D, D, NO, "a80425fa", "5fa", "a80425fa", "a80405fb"),
    ("CHOWN", "ALL CHOWN", "1", "1", "1", "1", "0", "0", "1", "1"),
    ("NET_ADMIN", "MKNOD", *["a00435fb"] * 3, "800415fb", "a00435fb", "15fb", "a00435fb", NO),
    ("CAP_NET_ADMIN", "", "a80435fb", "a80435fb", NO, "800415fb", D, "15fb", "a80435fb", NO),
    ("bogus", "", NO, NO, NO, NO, D, NO, D, NO),
    ("", "bogus", NO, NO, NO, NO, D, NO, D, NO),
    ("PERFMON", "", "40a80425fb", NO, NO, "40800405fb", "40a80425fb", "40000005fb", "40a80425fb", NO),
]


@pytest.mark.parametrize("column", range(len(COLUMNS)), ids=list(COLUMNS))
@pytest.mark.parametrize("row", VECTORS, ids=lambda row: f"+{row[0]} -{row[1]}")
def test_vectors(row, column):
    """The same flags, and what eight engines make of them."""
    add, drop, *results = row
    engine = engines.get(*list(COLUMNS.values())[column])
    if results[column] == NO:
        with pytest.raises(RequestError):
            engine.resolve(add.split(), drop.split())
    else:
        assert engine.resolve(add.split(), drop.split()) == CapSet.from_hex(results[column])


MORE = [  # what is not in those vectors, engine by engine
    ("docker", "ALL", "ALL net_raw", "1ffffffdfff"),
    ("docker", "chown", "ALL kill", "1"),
    ("docker@18.09", "ALL", "ALL", "0"),
    ("docker@18.09", "ALL chown", "ALL", "1"),
    ("docker@18.09", "ALL chown", "chown kill", "3fffffffdf"),
    ("docker@1.6", "ALL", "", "1fffffffff"),
    ("podman", "ALL chown", "chown", "1fffffffffe"),
    ("podman", "chown,kill", "ALL", "21"),
    ("podman@3.1", "ALL", "chown", A),
    ("podman@2.2", "ALL", "chown", B),
    ("podman@2.2", "chown", "ALL", "1"),
    ("cri-o@1.20", "", "ALL", "5fb"),
    ("cri-o@1.20", "CHOWN", "ALL CHOWN", "5fa"),
    ("cri-o@1.20", "ALL", "ALL", "5fb"),
    ("cri-o@1.20", "ALL", "CHOWN", "3ffffffffe"),
    ("cri-o@1.17", "NET_ADMIN", "ALL", "435fb"),
    ("cri-o", "ALL chown", "ALL kill", "1"),
    ("containerd@1.4", "ALL", "", B),
    ("nerdctl", "ALL", "ALL kill", A),
    ("nerdctl", "chown", "ALL chown", "1"),
    ("buildah", "CAP_NET_RAW", "cap_net_raw", "800405fb"),
    ("buildah", "CAP_CHOWN", "ALL", "0"),
    ("buildah", "BOGUS", "ALL", "0"),
    ("buildah", "all bogus", "Cap_Chown", "1fffffffffe"),
    ("nomad", " Cap_Chown ", "all", "1"),
    ("nomad", "chown", "chown", "a80405fb"),
    ("nomad-docker", "chown", "all", "1"),
    ("systemd-nspawn", "CAP_CHOWN", "cap_chown", "fdecaffe"),
    ("systemd-nspawn", "all", "0x0", "1fffffffffe"),
    ("systemd-nspawn", "63,010", "all", "0"),
    ("systemd-nspawn", "12", "", "fdecbfff"),
    ("lxc", "", "0 kill", "1fcfdfcffde"),
    ("lxc", "", "kill  chown", "1fcfdfcffff"),
    ("lxc-unprivileged", "kill none 0", "", "1"),
    ("lxc-unprivileged", "none", "", "0"),
    ("lxc-unprivileged@4.0.10", "kill", "", "20"),
    ("bubblewrap", "CAP_KILL 0", "ALL", "21"),
    ("bubblewrap", "all", "ALL", A),
    ("gvisor", "ALL", "", "1ffffffdfff"),
    ("gvisor", "net_raw", "", "a80405fb"),
    ("docker-swarm", " chown  ALL ", "kill", "1ffffffffdf"),
    ("docker-swarm", "ALL bogus", "ALL kill", A),
    ("docker-swarm@20.10", "ALL", "", B),
    ("aws-ecs", "ALL", "CHOWN", "1ffffffffe"),
    ("aws-fargate", "SYS_PTRACE", "", "a80c25fb"),
]


@pytest.mark.parametrize(("engine", "add", "drop", "mask"), MORE)
def test_more_rules(engine, add, drop, mask):
    """ALL beside names, ALL against names, both lists, spellings, older releases."""
    name, _, version = engine.partition("@")
    lists = [[text] if text.startswith(" ") and "ALL" not in text else text.split() for text in (add, drop)]
    if name == "lxc" and "  " in drop:
        lists[1] = ["", *lists[1], "", "sys_module sys_rawio", "sys_time", "32", "mac_admin"]

    assert engines.get(name, version or None).resolve(*lists) == CapSet.from_hex(mask)


REFUSED = [
    ("docker", "NET_ADMIN,CHOWN", "", UnknownNameError, "'NET_ADMIN,CHOWN': every name stands by itself"),
    ("docker", "chwon", "", UnknownNameError, "did you mean CHOWN?"),
    ("docker", "12", "", UnknownNameError, "write NET_ADMIN"),
    ("docker", "", "CAP_ALL", UnknownNameError, "refuses to drop 'CAP_ALL': write ALL"),
    ("docker", "checkpoint_reﬆore", "", UnknownNameError, "did you mean CHECKPOINT_RESTORE?"),
    ("docker", "?", "", UnknownNameError, "expected a name such as NET_ADMIN"),
    ("docker@20.10", "BPF", "", UnknownNameError, "it knows no capability after CAP_AUDIT_READ"),
    ("docker@18.09", "CAP_KILL", "", UnknownNameError, "write KILL"),
    ("docker@1.1", "KILL", "", UnsupportedOptionError, "it has no option that adds a capability"),
    ("docker@1.1", "", "KILL", UnsupportedOptionError, "it has no option that drops a capability"),
    ("podman", "ALL", "all", ContradictionError, "refuses 'ALL': it stands in both lists"),
    ("podman", "kill chown", "CAP_KILL chown", ContradictionError, "'CAP_CHOWN, CAP_KILL': it stands in both"),
    ("podman@2.2", "all", "all", ContradictionError, "'ALL'"),
    ("podman", "kill,", "", UnknownNameError, "refuses to add '': "),
    ("cri-o", "bogus", "", UnknownNameError, "'bogus'"),
    ("buildah", "kill", "", UnknownNameError, "write CAP_KILL"),
    ("nomad", "net_raw", "", NotAllowedError, "only these may be added: CAP_CHOWN,"),
    ("nomad", "all", "", NotAllowedError, "refuses to add 'ALL'"),
    ("aws-ecs", "chown", "", UnknownNameError, "write CHOWN"),
    ("aws-ecs", "AUDIT_READ", "", UnknownNameError, "it knows no capability after CAP_BLOCK_SUSPEND"),
    ("aws-fargate", "CHOWN", "", NotAllowedError, "only these may be added: CAP_SYS_PTRACE"),
    ("systemd-nspawn", "ALL", "", UnknownNameError, "'ALL'"),
    ("systemd-nspawn", "net_admin", "", UnknownNameError, "write CAP_NET_ADMIN"),
    ("systemd-nspawn", "64", "", UnknownNameError, "'64'"),
    ("lxc", "", "ALL", UnknownNameError, "'ALL'"),
    ("lxc", "", "CHOWN", UnknownNameError, "write chown"),
    ("lxc", "", "ſys_admin", UnknownNameError, "did you mean sys_admin?"),  # a long s: ASCII alone is folded
    ("systemd-nspawn", "CAP_ſYS_ADMIN", "", UnknownNameError, "did you mean CAP_SYS_ADMIN?"),
    ("bubblewrap", "CAP_ſYS_ADMIN", "", UnknownNameError, "did you mean CAP_SYS_ADMIN?"),
    ("lxc", "", "41", UnknownNameError, "it knows no capability after CAP_CHECKPOINT_RESTORE"),
    ("lxc", "chown", "", ContradictionError, "lxc.cap.keep cannot stand beside lxc.cap.drop"),
    ("lxc", "none", "kill", ContradictionError, "refuses 'none': lxc.cap.keep cannot"),
    ("lxc", "", "none", UnknownNameError, "only of what is kept it means something"),
    ("incus", "", "chown", UnsupportedOptionError, "drops a capability"),
    ("bubblewrap", "net_raw", "", UnknownNameError, "write CAP_NET_RAW"),
    ("runc", "KILL", "", UnsupportedOptionError, "adds a capability"),
]


@pytest.mark.parametrize(("engine", "add", "drop", "error", "message"), REFUSED)
def test_refusals(engine, add, drop, error, message):
    """Each for its own reason, with the engine, the value and the remedy."""
    name, _, version = engine.partition("@")
    chosen = engines.get(name, version or None)
    with pytest.raises(error) as raised:
        chosen.resolve(add.split(), drop.split())

    assert message in str(raised.value)
    assert str(raised.value).startswith(f"{chosen} refuses ")
    assert raised.value.engine == str(chosen)
    assert raised.value.__cause__ is None


def test_what_the_engine_lacks():
    """Docker asks for each name since 23.0; before, its runtime fails; Podman leaves it out."""
    lacking = CapSet.all() - {"sys_resource"}
    docker, old, podman = engines.get("docker"), engines.get("docker", "20.10"), engines.get("podman")

    assert docker.resolve(["ALL"], available=lacking) == lacking
    assert podman.resolve(["ALL", "sys_resource"], available=lacking) == lacking
    assert old.resolve(["ALL"], ["SYS_RESOURCE"], available=lacking) == CapSet.all(37) - {"sys_resource"}
    for engine, add, drop in [
        (docker, ["SYS_RESOURCE"], []),
        (docker, [], ["SYS_RESOURCE"]),
        (old, ["SYS_RESOURCE"], []),
        (old, ["ALL"], []),
    ]:
        with pytest.raises(UnavailableError, match=r"'CAP_SYS_RESOURCE'.*does not hold"):
            engine.resolve(add, drop, available=lacking)
    # For another user nothing is permitted, so nothing fails; the bounding set just lacks it.
    assert old.container(["SYS_RESOURCE"], uid=1000, available=lacking).bounding == DOCKER_DEFAULT
    with pytest.raises(
        UnavailableError, match="'CAP_SYS_RESOURCE': the engine does not hold it; the container does not"
    ):
        old.container(privileged=True, available=lacking)
    assert engines.get("docker").resolve(available=CapSet.all(36)) == DOCKER_DEFAULT


@pytest.mark.parametrize(
    ("name", "version", "side"),
    [("docker", None, "add"), ("docker", "18.09", "drop"), ("podman", None, "drop"), ("cri-o", None, "add")],
)
def test_which_list_is_refused_first(name, version, side):
    """With an error in both lists, the one that the engine looks at first is blamed."""
    with pytest.raises(UnknownNameError) as raised:
        engines.get(name, version).resolve(["bogus"], ["bogus"])
    assert raised.value.side == side


def test_what_is_not_a_state():
    """A single set is the obvious slip."""
    for value in (None, DOCKER_DEFAULT, "pid:1"):
        with pytest.raises(TypeError, match="expected five sets, a CapState or"):
            engines.recognise(value)


def test_privileged_is_not_what_a_podman_user_has():
    """ALL is made ambient for another user, privileged is not."""
    full = dict.fromkeys(("effective", "permitted", "inheritable", "bounding", "ambient"), A)
    match = next(match for match in engines.recognise(state(**full), uid=7) if match.engine.name == "podman")

    assert match.flags == ["--cap-add=ALL"]
    assert not match.also_privileged


def test_docker_tells_of_the_first_name_that_it_does_not_take():
    """It goes from name to name: one that it does not hold is told before one that is none, where it stands first."""
    docker, held = engines.get("docker", "26.1.5"), CapSet.all() - {"sys_resource"}
    with pytest.raises(UnavailableError, match="'CAP_SYS_RESOURCE'"):
        docker.resolve(drop=["SYS_RESOURCE", ""], available=held)
    with pytest.raises(UnknownNameError, match="''"):
        docker.resolve(drop=["", "SYS_RESOURCE"], available=held)
    with pytest.raises(UnavailableError, match="refuses to add 'CAP_BPF'"):
        docker.resolve(add=["BPF", "SYS_RESOURCE"], available=held - {"bpf"})


def test_an_older_kernel():
    """CapSet.all(n) is a kernel: names after its last capability are unknown, and ALL ends there."""
    centos7 = CapSet.all(36)

    assert engines.get("docker", "18.09").resolve(["ALL"], available=centos7) == centos7
    assert engines.get("podman").resolve(["ALL"], available=centos7) == centos7
    for name, version in (("docker", "18.09"), ("podman", None), ("cri-o", None)):
        with pytest.raises(UnknownNameError, match=r"the kernel has no such capability|knows no capability"):
            engines.get(name, version).resolve(["AUDIT_READ"], available=centos7)
    with pytest.raises(UnavailableError, match="knows the name"):
        engines.get("docker").resolve(["AUDIT_READ"], available=centos7)


def test_warnings():
    """What is passed on to a runtime that ignores it."""
    containerd = engines.get("containerd").resolution(["CAP_KILL", "bogus"], ["nothing"])
    nerdctl = engines.get("nerdctl").resolution(["bogus", "cap_nope"])

    assert containerd.caps == DOCKER_DEFAULT
    assert containerd.warnings == (
        "containerd (CRI) passes on 'CAP_CAP_KILL', which is no capability: nothing is added",
        "containerd (CRI) passes on 'CAP_BOGUS', which is no capability: nothing is added",
        "containerd (CRI) drops 'CAP_NOTHING', which is no capability: nothing is dropped",
    )
    assert [warning.split()[3] for warning in nerdctl.warnings] == ["'CAP_BOGUS',", "'CAP_NOPE',"]
    assert engines.get("docker").resolution(["kill"]).warnings == ()


def state(**sets: str) -> CapState:
    """Make a state from masks."""
    return CapState(**{name: CapSet.from_hex(mask) for name, mask in sets.items()})


CONTAINERS = [  # engine, options, and the sets of the first process
    ("docker", {}, {"effective": D, "permitted": D, "bounding": D}),
    ("docker", {"uid": 1000}, {"bounding": D}),
    ("docker", {"uid": 1000, "add": ["net_admin"], "no_new_privs": True}, {"bounding": "a80435fb"}),
    ("docker", {"privileged": True, "drop": ["chown"]}, {"effective": A, "permitted": A, "bounding": A}),
    ("docker@20.10.13", {}, {"effective": D, "permitted": D, "inheritable": D, "bounding": D}),
    ("docker@20.10.13", {"uid": 1}, {"inheritable": D, "bounding": D}),
    ("docker@1.12.2", {"uid": 1}, dict.fromkeys(("effective", "permitted", "inheritable", "bounding", "ambient"), D)),
    ("docker@0.7", {}, dict.fromkeys(("effective", "permitted", "bounding"), "1fc904cfeff")),
    ("podman", {"uid": 1000}, {"bounding": "800405fb"}),
    (
        "podman",
        {"uid": 1000, "add": ["chown"]},
        {**dict.fromkeys(("effective", "permitted", "inheritable", "ambient"), "1"), "bounding": "800405fb"},
    ),
    (
        "podman",
        {"uid": 1000, "add": ["chown"], "privileged": True},
        {**dict.fromkeys(("effective", "permitted", "inheritable", "ambient"), "1"), "bounding": A},
    ),
    ("podman@2.0.4", {"uid": 1000, "add": ["chown"]}, {"bounding": D}),
    ("cri-o", {"uid": 1000}, {"bounding": "5fb"}),
    (
        "cri-o",
        {"uid": 1000, "privileged": True, "no_new_privs": True},
        dict.fromkeys(("effective", "permitted", "inheritable", "bounding", "ambient"), A),
    ),
    (
        "buildkit",
        {"privileged": True},
        dict.fromkeys(("effective", "permitted", "inheritable", "bounding", "ambient"), A),
    ),
    ("runc@1.1.5", {"uid": 1000}, {"bounding": "20000420"}),
    (
        "runc@1.0.0",
        {"uid": 1000},
        dict.fromkeys(("effective", "permitted", "inheritable", "bounding", "ambient"), "20000420"),
    ),
    ("nomad", {"add": ["chown"], "drop": ["all"]}, dict.fromkeys(("effective", "permitted", "bounding"), B)),
    (
        "nomad",
        {"add": ["chown"], "drop": ["all"], "uid": 7},
        dict.fromkeys(("effective", "permitted", "inheritable", "bounding", "ambient"), "1"),
    ),
    (
        "systemd-nspawn@252",
        {},
        dict.fromkeys(("effective", "permitted", "inheritable", "bounding"), "fdecafff"),
    ),
    ("systemd-nspawn@241", {}, dict.fromkeys(("effective", "permitted", "bounding"), "fdecafff")),
    (
        "bubblewrap",
        {"uid": 1000, "add": ["CAP_KILL"]},
        dict.fromkeys(("effective", "permitted", "inheritable", "bounding", "ambient"), "20"),
    ),
]


@pytest.mark.parametrize(("engine", "options", "sets"), CONTAINERS)
def test_containers(engine, options, sets):
    """What /proc shows, for root and another user, across releases."""
    name, _, version = engine.partition("@")

    assert engines.get(name, version or None).container(**options) == state(**sets)


def test_dropped_from_all_but_added_for_another_user():
    """Podman makes inheritable what is no longer in the bounding set, and the kernel refuses."""
    with pytest.raises(UnavailableError, match=r"'CAP_NET_RAW': it is dropped, and so not in .* yet it is to be"):
        engines.get("podman").container(["ALL"], ["NET_RAW"], uid=1000)
    assert "CAP_NET_RAW" not in engines.get("podman").container(["ALL"], ["NET_RAW"]).bounding


def test_privileged_lists():
    """Docker refuses a wrong name even where it has no effect; Podman reads what is added for another user only."""
    with pytest.raises(UnknownNameError):
        engines.get("docker").resolve(["bogus"], privileged=True)
    assert engines.get("docker", "18.09").resolve(["bogus"], privileged=True) == CapSet.all(37)
    podman = engines.get("podman")
    assert podman.container(["bogus"], privileged=True).bounding == CapSet.all()
    with pytest.raises(UnknownNameError):
        podman.container(["bogus"], privileged=True, uid=1000)
    with pytest.raises(ContradictionError, match="takes no names to add for a privileged container"):
        engines.get("podman", "3.4").resolve(["kill"], privileged=True)
    with pytest.raises(UnsupportedOptionError, match="'privileged': it has no option that lifts all limits"):
        engines.get("buildah").resolve(privileged=True)


@pytest.mark.parametrize("uid", [-1, 2**32 - 1, 2**70])
def test_user_ids_out_of_range(uid):
    """An id that no user has."""
    with pytest.raises(ValueError, match=r"expected a user id from 0 to 2\*\*32 - 2"):
        engines.get("docker").container(uid=uid)
    with pytest.raises(ValueError, match="expected a user id"):
        engines.recognise(CapState(), uid=uid)


@pytest.mark.parametrize("uid", ["0", 0.0, True])
def test_user_ids_of_another_type(uid):
    """A user's name would have to be looked up in the container."""
    with pytest.raises(TypeError, match="expected a user id as a number"):
        engines.get("docker").container(uid=uid)


# -- requests -----------------------------------------------------------------------------------------


def test_requests():
    """A value: hashable, picklable, with the texts as they were written."""
    request = Request(["net_admin"], drop=("ALL",), privileged=True)

    assert request == Request(("net_admin",), ["ALL"], privileged=True)
    assert hash(request) == hash(Request(("net_admin",), ["ALL"], privileged=True))
    assert pickle.loads(pickle.dumps(request)) == request
    assert request.size == 3
    assert Request().size == 0
    with pytest.raises(AttributeError):
        request.add = ()


def test_what_is_no_request():
    """A single text is the usual slip."""
    with pytest.raises(TypeError, match="a single name goes into a list"):
        Request("NET_ADMIN")
    with pytest.raises(TypeError, match="a single name goes into a list"):
        engines.get("docker").resolve(add="NET_ADMIN")
    with pytest.raises(TypeError, match="expected a list of names, got 5"):
        Request(drop=5)
    with pytest.raises(TypeError, match="as they are written for the engine, got 5 among them"):
        Request([5])
    for value in ("yes", 1):
        with pytest.raises(TypeError, match="privileged is True or False, got"):
            Request(privileged=value)
        with pytest.raises(TypeError, match="no_new_privs is True or False, got"):
            engines.get("docker").container(no_new_privs=value)
        with pytest.raises(TypeError, match="no_new_privs is True or False, got"):
            Request(no_new_privs=value)
    with pytest.raises(TypeError, match="user is a text such as"):
        Request(user=1000)
    with pytest.raises(TypeError, match="give it alone"):
        engines.get("docker").resolve(Request(), ["ALL"])


def test_a_request_says_who_runs():
    """The user and no_new_privs count unless they are given beside it."""
    docker = engines.get("docker")
    request = Request(user="1000:50", no_new_privs=True)

    assert request.uid == 1000
    assert not docker.container(request).effective
    assert docker.container(request, uid=0).effective == docker.default
    assert docker.container(Request(user="+0")).effective == docker.default
    assert [Request(user=user).uid for user in ("", "root", "root:5", ":5", "-0", "00", "0x0", "web")] == [
        *[0] * 6,
        None,
        None,
    ]
    with pytest.raises(RequestError, match="refuses 'web': only the image knows the number of that user; give a uid"):
        docker.container(Request(user="web"))
    assert docker.container(Request(user="web"), uid=7).permitted == CapSet()
    for user in ("-1", "4294967295"):
        with pytest.raises(RequestError, match="user ids go from 0 to 4294967294"):
            docker.container(Request(user=user))


def test_requests_compare_by_what_is_asked():
    """What a document said that was not taken does not count, and is shown."""
    problem = Problem(rule="x", place="add[0]", value="X", verdict="refused", message="no capability")
    request = Request(["X"], problems=(problem,))

    assert request == Request(["X"])
    assert str(problem) == "add[0]: refused: no capability"
    assert repr(Request(["X"], user="5", no_new_privs=True)) == "Request(add=('X',), user='5', no_new_privs=True)"
    assert eval(repr(request)).problems == (problem,)


def test_capabilities_are_written_as_the_engine_takes_them():
    """So that containerd does not make CAP_CAP_KILL of one."""
    for name in ("docker", "containerd", "podman", "cri-o", "buildah", "systemd-nspawn", "nerdctl"):
        engine = engines.get(name)
        resolution = engine.resolution([Cap.NET_ADMIN], CapSet.parse("kill,chown"))

        assert resolution.caps == (engine.default | {"net_admin"}) - {"kill", "chown"}
        assert resolution.warnings == ()
    assert engines.get("docker").resolve(Request(["kill"], ["ALL"])) == CapSet(["kill"])


def test_flags():
    """In each engine's words, what is dropped first."""
    target = CapSet.parse("kill,chown")
    words = {
        "docker": ["--cap-drop=ALL", "--cap-add=CHOWN", "--cap-add=KILL"],
        "containerd": [
            "securityContext.capabilities.drop=ALL",
            "securityContext.capabilities.add=CHOWN",
            "securityContext.capabilities.add=KILL",
        ],
        "bubblewrap": ["--cap-add", "CAP_CHOWN", "--cap-add", "CAP_KILL"],
        "nomad": ["cap_drop=ALL", "cap_add=CHOWN", "cap_add=KILL"],
    }
    for name, flags in words.items():
        assert engines.get(name).flags(target) == flags
    assert engines.get("docker").flags(DOCKER_DEFAULT) == []
    assert engines.get("docker").flags([]) == ["--cap-drop=ALL"]
    assert engines.get("docker").flags(CapSet.all()) == ["--cap-add=ALL"]
    assert engines.get("buildah").flags(engines.get("buildah").default - {"kill"}) == ["--cap-drop=CAP_KILL"]
    assert engines.get("lxc").flags(target) == ["lxc.cap.drop=", "lxc.cap.keep=chown", "lxc.cap.keep=kill"]
    assert engines.get("lxc-unprivileged").flags(target) == engines.get("lxc").flags(target)
    assert engines.get("lxc").flags([]) == ["lxc.cap.drop=", "lxc.cap.keep=none"]
    assert engines.get("lxc").flags(CapSet.all() - {"kill"}) == ["lxc.cap.drop=", "lxc.cap.drop=kill"]
    assert engines.get("buildkit").flags(CapSet.all()) == ["--security=insecure"]
    assert engines.get("incus").flags(engines.get("incus").default) == []


def test_ties_drop_all():
    """What a container has is then said in full, and stays so when the default changes."""
    docker, podman = engines.get("docker"), engines.get("podman")
    eight_apart = CapSet(list(DOCKER_DEFAULT)[:7] + ["sys_admin"])  # 7 to drop and 1 to add
    fewer = CapSet(list(podman.default)[:5])  # 6 to drop, or ALL and 5 to add

    assert docker.request(eight_apart).size == 8
    assert "ALL" not in docker.request(eight_apart).drop
    assert podman.request(fewer) == Request([cap.name for cap in fewer], ["ALL"])


@pytest.mark.parametrize(
    ("engine", "target", "reason"),
    [
        ("docker@20.10", "perfmon", "CAP_PERFMON: it knows no capability after CAP_AUDIT_READ"),
        ("docker", "63", "63: unknown capability 63: it has no name yet"),
        ("docker@1.1", "kill", "CAP_CHOWN, CAP_DAC_OVERRIDE, .*: it has no option that drops a capability"),
        ("gvisor", "net_raw", "CAP_NET_RAW: it is withheld from every container"),
        ("nomad", "net_raw", "CAP_NET_RAW: only these may be added"),
        ("lxc-unprivileged", "41", "41: the engine does not hold it itself"),
        ("runc", "", "CAP_KILL, CAP_NET_BIND_SERVICE, CAP_AUDIT_WRITE: it has no option that drops"),
    ],
)
def test_unreachable(engine, target, reason):
    """What stands in the way is the engine's own reason."""
    name, _, version = engine.partition("@")
    chosen = engines.get(name, version or None)
    with pytest.raises(UnreachableError, match=reason) as raised:
        chosen.request(CapSet.parse(target))
    assert raised.value.target == tuple(CapSet.parse(target).names())
    assert raised.value.reasons


def test_where_all_cannot_be_dropped_every_name_can():
    """CRI-O before 1.21.1."""
    old = engines.get("cri-o", "1.20")

    assert old.request([]) == Request(drop=[cap.name for cap in old.default])
    assert old.resolve(old.request([])) == CapSet()


def test_unreachable_here():
    """A target that the engine cannot give where it runs."""
    with pytest.raises(UnreachableError, match="CAP_SYS_ADMIN: the engine does not hold it itself"):
        engines.get("docker").flags(["sys_admin"], available=DOCKER_DEFAULT)
    with pytest.raises(UnreachableError, match="exactly these 41 capabilities"):
        engines.get("docker", "20.10").flags(CapSet.all())


# -- recognising ----------------------------------------------------------------------------------------


def test_recognise_docker():
    """The default, with the releases that an empty inheritable set leaves, and no flags."""
    matches = engines.recognise(state(effective=D, permitted=D, bounding=D))
    docker = next(match for match in matches if match.engine.name == "docker")

    assert docker.request == Request()
    assert docker.flags == []
    assert docker.root
    assert not docker.also_privileged
    assert docker.releases == (Release("20.10.14"),)
    assert [match.request.size for match in matches] == sorted(match.request.size for match in matches)
    assert {match.engine.name for match in matches if not match.flags} >= {"docker", "containerd", "nerdctl"}
    assert "cri-o" in {match.engine.name for match in matches if match.flags}


def test_an_inheritable_set_dates_the_engine():
    """CVE-2022-24769: Docker filled it until 20.10.13."""
    matches = engines.recognise(state(effective=D, permitted=D, bounding=D, inheritable=D))
    docker = [match for match in matches if match.engine.name == "docker"]

    assert [match.releases for match in docker] == [(Release("1.2.0", "1.12.1"), Release("1.12.3", "20.10.13"))]


def test_recognise_another_user():
    """What is ambient was asked for by name, even if it is in the default anyway."""
    sets = dict.fromkeys(("effective", "permitted", "inheritable", "ambient"), "1")
    matches = engines.recognise(state(**sets, bounding="800405fb"))

    assert [(match.engine.name, match.flags, match.root) for match in matches[:1]] == [
        ("podman", ["--cap-add=CHOWN"], False)
    ]
    assert matches[0].releases == (Release("4.4.3"),)


def test_recognise_privileged():
    """ALL and privileged give the same sets; for another user of CRI-O they do not."""
    everything = dict.fromkeys(("effective", "permitted", "bounding"), A)
    docker = next(match for match in engines.recognise(state(**everything)) if match.engine.name == "docker")
    cri_o = engines.recognise(state(**everything, inheritable=A, ambient=A), uid=1000)

    assert docker.flags == ["--cap-add=ALL"]
    assert docker.releases == (Release("23.0.0"),)
    assert docker.also_privileged
    assert [(match.flags, match.also_privileged) for match in cri_o if match.engine.name == "cri-o"] == [
        (["securityContext.privileged=true"], False)
    ]


def test_recognise_privileged_with_an_added_capability():
    """Which Podman makes ambient for another user, and nothing but that."""
    sets = engines.get("podman").container(["chown"], privileged=True, uid=7)
    matches = engines.recognise(sets, uid=7)
    flags = ["--cap-add=CHOWN", "--privileged"]
    assert [(match.engine.name, match.flags) for match in matches if match.engine.name == "podman"] == [
        ("podman", flags)
    ]


def test_recognise_is_kept(monkeypatch):
    """A second look at the same sets tries nothing again; whatever else counts is looked at anew."""
    sets, held = state(effective=D, permitted=D, bounding=D), CapSet.all(37)
    first, as_7, old = (engines.recognise(sets, **more) for more in ({}, {"uid": 7}, {"available": held}))
    assert first != as_7
    assert len(old) > 1
    first_match = first.pop(0)
    monkeypatch.setattr("capset.engines.recognition.versions", lambda _: pytest.fail("tried again"))

    assert engines.recognise(sets) == [first_match, *first]
    assert engines.recognise(sets, available=CapSet.all()) == [first_match, *first]
    assert engines.recognise(sets, uid=1000) == as_7
    assert engines.recognise(sets, available=list(held)) == old
    for other in ({"uid": 0, "available": CapSet.all(36)}, {"available": CapSet.all(35)}):
        with pytest.raises(pytest.fail.Exception, match="tried again"):
            engines.recognise(sets, **other)


def test_recognise_nothing():
    """Sets that no engine gives, and sets that only some user has."""
    assert engines.recognise(CapState(effective=["kill"], permitted=["kill"])) == []
    assert engines.recognise(state(bounding=D), uid=0) == []
    assert all(not match.root for match in engines.recognise(state(bounding=D), uid=1000))


# -- looking up -----------------------------------------------------------------------------------------


def test_unknown_engines():
    """A typo is answered with the nearest name."""
    for look_up in (engines.get, engines.versions):
        with pytest.raises(UnknownEngineError, match="did you mean docker"):
            look_up("dokcer")
        with pytest.raises(UnknownEngineError, match="known are apptainer, aws-ecs, ") as raised:
            look_up("")
        assert raised.value.known == tuple(engines.names())
        for name in (None, [], b"docker"):
            with pytest.raises(TypeError, match="as str"):
                look_up(name)


def test_lists_are_fresh():
    """What a caller does to a list stays with the caller."""
    engines.names().clear()
    engines.versions("docker").clear()

    assert "docker" in engines.names()
    assert engines.versions("docker")


@pytest.mark.parametrize(
    ("version", "since"),
    [
        ("0.1.0", "0.1.0"),
        ("1.12.2", "1.12.2"),
        ("1.12", "1.7.0"),
        ("1", "1.7.0"),
        ("v17.06.0-ce", "1.7.0"),
        ("20.10", "20.10.14"),
        ("20.10.x", "20.10.14"),
        ("20.10.13", "19.03.0"),
        ("20.10.24+dfsg1", "20.10.14"),
        ("5:20.10.24~3-0~debian-bookworm", "20.10.14"),
        ("3:20.10.24-3.el9", "20.10.14"),
        ("20.10.24_ce-1.1", "20.10.14"),
        ("23.0.6", "23.0.0"),
        ("23.0.7", "23.0.7"),
        ("24.0.0-rc.2", "23.0.0"),
        ("24.0.5", "23.0.0"),
        ("24", "23.0.7"),
        ("29.7.0", "23.0.7"),
        ("1000000.0", "23.0.7"),
    ],
)
def test_versions(version, since):
    """A series is its newest release; a branch goes its own way."""
    engine = engines.get("docker", version)

    assert engine.releases[0].since == since
    assert engine.version == version
    assert str(engine) == f"Docker Engine {version}"


@pytest.mark.parametrize("name", [name for name in engines.names() if engines.get(name).read_to])
def test_a_release_that_nobody_read_is_told(name):
    """It is taken to do what the newest does that was read, and says so; the series that was read is no newer one."""
    read_to = engines.get(name).read_to
    [*front, last] = map(int, read_to.split("."))
    next_one = ".".join(map(str, (*front, last + 1)))
    for version in (None, engines.versions(name)[0].releases[0].since, read_to, read_to.rpartition(".")[0] or None):
        assert engines.get(name, version).assumed == ()
    for version in (next_one, f"{next_one}-rc1", "99999"):
        if engines.get(name).releases[-1].until:
            continue
        engine = engines.get(name, version)
        [told] = engine.assumed
        assert (
            told == f"{engine} is newer than {read_to}, the newest release that was read, and is taken to do the same"
        )
        assert display.text(engine).endswith(f"\n! {told}")
        assert escape(told) in display.html(engine)


def test_what_names_no_release_was_read_at_one_commit():
    assert (engines.get("gvisor").read_to, engines.get("gvisor").assumed) == (None, ())


@pytest.mark.parametrize(
    ("name", "version", "remedy"),
    [
        ("docker", "0.0.9", "they begin with 0.1.0"),
        ("docker", "", "'' is no version such as 20.10.24 or 20.10"),
        ("docker", "latest", "'latest' is no version"),
        ("docker", "٢٠", "is no version"),
        ("docker", "20.10-\x1b[2J", "is no version"),
        ("docker", "1." * 40 + "1", "is no version"),
        ("docker", "9" * 5000, "is no version"),
        ("podman-packaged", "4.4.0", "they end with 4.3.x"),
        ("gvisor", "1.7.0", "name no release; leave the version out"),
    ],
)
def test_unknown_versions(name, version, remedy):
    """No facts, and why."""
    with pytest.raises(UnknownVersionError, match=f"of {name}: ") as raised:
        engines.get(name, version)

    assert remedy in str(raised.value)
    assert raised.value.version == version


def test_a_version_is_text():
    """20.10 is no number: it would be 20.1."""
    for version in (20.10, 29, b"29"):
        with pytest.raises(TypeError, match="expected a version as str"):
            engines.get("docker", version)


def test_engines_are_values():
    """They compare, pickle and copy."""
    assert engines.get("docker") is engines.get("docker", None)
    assert engines.get("docker", "23") == engines.get("docker", "23")
    assert engines.get("docker", "23") != engines.get("docker", "24")
    assert pickle.loads(pickle.dumps(engines.get("podman"))) == engines.get("podman")
    assert engines.get("docker").source.project == "moby/moby"
    assert list(engines.get("cri-o").placements) == ["root", "another user", "privileged"]
    assert list(engines.get("docker").placements) == ["root", "another user"]


def test_dividing_releases():
    """Facts of several kinds change at different releases; a branch may go back."""
    old, new = [Release("1.0", "1.4"), Release("2.0", "2.1")], [Release("1.5", "1.9"), Release("2.2")]
    other = [[Release("1.0", "1.9")], [Release("2.0")]]

    assert divide([[old, new], other, [[]]]) == [
        (Release("1.0", "1.4"), (0, 0, 0)),
        (Release("1.5", "1.9"), (1, 0, 0)),
        (Release("2.0", "2.1"), (0, 1, 0)),
        (Release("2.2"), (1, 1, 0)),
    ]
    assert divide([[[]], [[]]]) == []


def test_joining_releases():
    """Neighbours become one stretch."""
    every = [Release("1.0", "1.4"), Release("1.5", "1.9"), Release("2.0", "2.1"), Release("2.2")]

    assert join(every, set(every)) == (Release("1.0"),)
    assert join(every, {every[0], every[3], every[2]}) == (every[0], Release("2.0"))
    assert join(reversed(every), {every[1]}) == (every[1],)
    assert join([], set()) == ()


def test_text_of_releases():
    """As a person reads them."""
    assert str(Release("1.0", "1.4")) == "1.0 to 1.4"
    assert str(Release("1.0")) == "1.0 and later"
    assert str(Release("1.0", "1.0")) == "1.0"
    assert key("1.0", 0) < key("1.0") < key("1.1", 0)


def test_an_empty_value_of_lxc():
    """Since 4.0.11 that of lxc.cap.keep takes back what is dropped too."""
    for version, kept in (("4.0.10", engines.get("lxc").default - {"kill"}), ("4.0.11", CapSet.all())):
        lxc = engines.get("lxc", version)
        assert lxc.resolve(add=[""], drop=["kill"]) == kept
        assert lxc.resolve(add=["", "chown"], drop=[""]) == lxc.resolve(add=["chown"], drop=[""]) == CapSet(["chown"])
