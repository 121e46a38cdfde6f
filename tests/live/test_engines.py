"""capset.engines against the engines themselves: what they give, or that they refuse."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from capset import Cap, CapSet, CapState, engines, live
from capset.engines import Request
from capset.engines.process import first_process, impossible
from capset.errors import ContradictionError, RequestError, UnavailableError, UnknownNameError
from capset.sets import THREAD_SETS
from tests.live.containers import Outcome

RUNS = int(os.environ.get("CAPSET_ORACLE_RUNS", "25"))
real = settings(
    max_examples=RUNS, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


def held() -> CapSet:
    """What an engine that is started here holds."""
    return live.read().caps.effective


CAPS = st.sampled_from(list(Cap))
USERS = st.sampled_from([0, 1000, 65534])
Writer = Callable[[Cap], str]

ODD = ["", "BOGUS", "CAP_ALL", "CAP_", "41", "99", " NET_ADMIN", "NET_RAW ", "NET-ADMIN", "CAP_BOGUS", "KILL;", "none"]
ODD += ["ſys_admin", "CAP_ſYS_ADMIN", "checkpoint_reﬆore", "CAP_CAP_CHOWN", "CHOWN", "kill", "CAP_KILL"]
ODD += ["cap_net_raw", "12", "0x0c"]


def bare(cap: Cap) -> str:
    """NET_ADMIN."""
    return cap.name


def lower(cap: Cap) -> str:
    """net_admin."""
    return cap.name.lower()


def prefixed_lower(cap: Cap) -> str:
    """cap_net_admin."""
    return str(cap).lower()


def prefixed_title(cap: Cap) -> str:
    """Cap_Net_Admin."""
    return str(cap).title()


def number(cap: Cap) -> str:
    """12."""
    return str(int(cap))


def lists(*writers: Writer) -> st.SearchStrategy[list[str]]:
    """Lists of names, mostly written as the engine takes them, and now and then otherwise."""

    @st.composite
    def names(draw: st.DrawFn) -> str:
        kind = draw(st.integers(0, 23))
        if kind < 3:
            return draw(st.sampled_from(["ALL", "all", "All"]))
        if kind < 4:
            return draw(st.sampled_from([*ODD, "CHOWN,KILL", "chown kill"]))
        # What this machine lacks comes up often, so that ALL works now and then.
        cap = Cap.SYS_RESOURCE if kind < 7 else draw(CAPS)
        return draw(st.sampled_from(writers))(cap)

    return st.lists(names(), max_size=4)


def requests(*writers: Writer) -> st.SearchStrategy[Request]:
    """Requests of such lists."""
    return st.builds(Request, lists(*writers), lists(*writers))


def agree(
    engine: engines.Engine,
    request: Request,
    actual: Outcome,
    words: dict[type[RequestError], tuple[str, ...]],
    *,
    uid: int = 0,
    no_new_privs: bool = False,
    available: CapSet | None = None,
) -> None:
    """The five sets are those that capset computes; or both refuse, and for the same reason."""
    try:
        expected = engine.container(request, uid=uid, no_new_privs=no_new_privs, available=available)
    except RequestError as error:
        assert actual.state is None, f"{error}\nbut it runs with\n{actual.state}"
        assert any(word in actual.said for word in words[type(error)]), f"{error}\nbut it says {actual.said}"
    else:
        assert actual.state is not None, f"refused: {actual.said}\nbut capset says\n{expected}"
        assert actual.state == expected, expected.diff(actual.state)


def in_suite(name: str, *values: object) -> object:
    """Ask an engine in another suite of Debian."""
    return pytest.param(name, *values, marks=pytest.mark.suite)


def places(engine: str, *names: str) -> pytest.MarkDecorator:
    """Ask an engine in each place: "here", and suites whose engines are others."""
    return pytest.mark.parametrize(
        engine, [name if name == "here" else in_suite(name) for name in names], indirect=True
    )


def as_sent(request: Request, client: str) -> Request:
    """Return what ``docker run`` of a release sends: since 28.0 it sorts the names, so another may be refused first."""
    if int(client.split(".", maxsplit=1)[0]) < 28:
        return request

    def in_full(name: str) -> str:
        upper = name.upper()
        return upper if upper == "ALL" or upper.startswith("CAP_") else f"CAP_{upper}"

    return evolve(request, add=sorted(request.add, key=in_full), drop=sorted(request.drop, key=in_full))


@places("docker", "here", "trixie", "forky")
def test_docker(docker):
    """A real Docker Engine agrees in all five sets, or refuses as capset does."""
    engine = engines.get("docker", docker.version)
    runs = 0

    @real
    @given(requests(bare, lower, str, prefixed_lower, prefixed_title), st.integers(0, 9), USERS, st.booleans())
    @example(Request(), 9, 0, False)
    @example(Request(["ALL"], ["SYS_RESOURCE"]), 9, 0, False)
    @example(Request(["ALL"], ["SYS_RESOURCE"]), 0, 0, False)
    @example(Request(["ALL"], ["ALL", "net_raw", "sys_resource"]), 9, 0, True)
    @example(Request(["perfmon"]), 9, 0, False)
    @example(Request(drop=["SYS_RESOURCE", ""]), 9, 0, False)
    @example(Request(drop=["", "SYS_RESOURCE"]), 9, 0, False)
    @example(Request(["SYS_RESOURCE"]), 9, 1000, False)
    def run(request: Request, kind: int, uid: int, no_new_privs: bool) -> None:
        nonlocal runs
        runs += 1
        request = Request(request.add, request.drop, privileged=kind == 0)
        words = {
            UnknownNameError: ("unknown capability",),
            UnavailableError: ("operation not permitted", "not supported by your kernel"),
        }
        actual = docker.run(request, uid, no_new_privs)
        sent = as_sent(request, docker.version)
        agree(engine, sent, actual, words, uid=uid, no_new_privs=no_new_privs, available=held())

    run()
    assert runs >= RUNS


@places("docker", "here", "trixie", "forky")
def test_docker_default_and_flags(docker):
    """What capset says is asked for gives just that."""
    engine = engines.get("docker", docker.version)
    for caps in (engine.default, CapSet(), CapSet(["chown"]), engine.default - {"net_raw"}, held() & CapSet.all(37)):
        actual = docker.run(engine.request(caps, available=held()), 0, False)

        assert actual.state == CapState(effective=caps, permitted=caps, bounding=caps)
        assert docker.name in {match.engine.name for match in engines.recognise(actual.state, uid=0)}


PODMANS = [("here", "podman", False), ("here", "podman-packaged", True)]
PODMANS += [in_suite("trixie", "podman", True), in_suite("forky", "podman", True)]


@pytest.mark.parametrize(("podman", "name", "packaged"), PODMANS, indirect=["podman"])
def test_podman(podman, name, packaged):
    """A real Podman agrees, with what is compiled in and with its packages' configuration, which today is the same."""
    engine = engines.get(name, podman.version)

    @real
    @given(requests(bare, lower, str, prefixed_lower, prefixed_title), st.integers(0, 9), USERS, st.booleans())
    @example(Request(), 9, 0, False)
    @example(Request(["ALL"], ["NET_RAW"]), 9, 1000, False)
    @example(Request(["net_raw"], ["ALL"]), 9, 1000, True)
    @example(Request(["chown"], ["CHOWN", "all"]), 0, 1000, True)
    @example(Request(["SYS_RESOURCE"]), 9, 1000, False)
    def run(request: Request, kind: int, uid: int, no_new_privs: bool) -> None:
        request = Request(request.add, request.drop, privileged=kind == 0)
        words = {
            UnknownNameError: ("unknown capability",),
            ContradictionError: ("cannot be dropped and added", "adding all caps and removing all caps not allowed"),
            UnavailableError: ("operation not permitted",),
        }
        actual = podman.run(request, uid, no_new_privs, packaged=packaged)
        agree(engine, request, actual, words, uid=uid, no_new_privs=no_new_privs, available=held())

    run()


@places("buildah", "here", "trixie", "forky")
def test_buildah(buildah):
    """``buildah run`` agrees."""

    @real
    @given(requests(str, prefixed_lower, prefixed_title), USERS)
    @example(Request(["CAP_CHOWN"], ["ALL"]), 0)
    @example(Request(["bogus"], ["ALL"]), 0)
    @example(Request(["ALL", "bogus"]), 1000)
    def run(request: Request, uid: int) -> None:
        words = {
            UnknownNameError: ("must start with CAP_", "invalid capability"),
            UnavailableError: ("operation not permitted",),
        }
        agree(
            engines.get("buildah", buildah.version),
            request,
            buildah.run(request, uid),
            words,
            uid=uid,
            available=held(),
        )

    run()


@places("containerd", "trixie", "forky")
def test_containerd(containerd):
    """A real containerd agrees, asked as Kubernetes asks it."""
    engine = engines.get("containerd", containerd.version)

    @real
    @given(requests(bare, lower, str, prefixed_lower, prefixed_title), st.integers(0, 9), USERS, st.booleans())
    @example(Request(), 9, 0, False)
    @example(Request(["ALL"], ["SYS_RESOURCE"]), 9, 0, False)
    @example(Request(["all"], ["net_raw"]), 0, 1000, True)
    @example(Request(["chown"], ["ALL"]), 9, 1000, False)
    @example(Request(["BOGUS"]), 9, 0, False)
    @example(Request(["SYS_RESOURCE"]), 9, 0, False)
    def run(request: Request, kind: int, uid: int, no_new_privs: bool) -> None:
        request = Request(request.add, request.drop, privileged=kind == 0)
        words = {
            UnknownNameError: ("unknown capability",),
            UnavailableError: ("operation not permitted",),
        }
        actual = containerd.run(request, uid, no_new_privs)
        agree(engine, request, actual, words, uid=uid, no_new_privs=no_new_privs, available=held())

    run()


@places("bubblewrap", "here", "forky")
def test_bubblewrap(bubblewrap):
    """bubblewrap agrees; in its user namespace it holds everything."""

    @real
    @given(requests(str, prefixed_lower, prefixed_title, number))
    @example(Request(["CAP_ſYS_ADMIN"]))
    def run(request: Request) -> None:
        actual = bubblewrap.run(request)
        agree(
            engines.get("bubblewrap", bubblewrap.version),
            request,
            actual,
            {UnknownNameError: ("unknown cap",)},
            uid=1000,
        )

    run()


@places("apptainer", "sid")
def test_apptainer(apptainer):
    """Apptainer agrees, as another user than root; for root it asks for more than this machine may have."""
    engine = engines.get("apptainer", apptainer.version)

    @real
    @given(requests(bare, lower, str, prefixed_lower, prefixed_title, number))
    @example(Request(["ALL"], ["net_raw"]))
    @example(Request(["CAP_ſYS_ADMIN"]))
    def run(request: Request) -> None:
        agree(engine, request, apptainer.run(request), {}, uid=1000)

    run()


@places("nspawn", "here", "trixie", "forky")
def test_nspawn(nspawn):
    """systemd-nspawn agrees."""

    @real
    @given(requests(str, prefixed_lower, prefixed_title, number), st.sampled_from([0, 1000]), st.booleans())
    @example(Request(["CAP_ſYS_ADMIN"]), 0, False)
    def run(request: Request, uid: int, no_new_privs: bool) -> None:
        actual = nspawn.run(request, uid, no_new_privs)
        words = {UnknownNameError: ("Failed to parse capability",)}
        engine = engines.get("systemd-nspawn", nspawn.version)
        agree(engine, request, actual, words, uid=uid, no_new_privs=no_new_privs, available=held())

    run()


@places("lxc", "here", "forky")
def test_lxc(lxc):
    """LXC agrees."""

    @real
    @given(lists(lower, number), lists(lower, number), st.sampled_from([0, 1000]), st.booleans())
    @example([], ["", "chown"], 0, False)
    @example([], ["chown", ""], 0, False)
    @example([], ["chown kill"], 0, False)
    @example([], ["ſys_admin"], 0, False)
    @example(["chown"], [""], 0, False)
    @example(["chown none"], [""], 1000, False)
    @example(["", "kill"], [], 0, False)
    @example(["none"], [], 0, False)
    def run(add: list[str], drop: list[str], uid: int, no_new_privs: bool) -> None:
        request = Request(add, drop)
        actual = lxc.run(request, uid, no_new_privs)
        words = {
            UnknownNameError: ("Invalid capability", "only valid when keeping", "Failed to parse config"),
            ContradictionError: ("mutually exclusive", "Failed to parse config"),
        }
        agree(
            engines.get("lxc", lxc.version),
            request,
            actual,
            words,
            uid=uid,
            no_new_privs=no_new_privs,
            available=held(),
        )

    run()


@places("incus", "forky")
def test_incus(incus):
    """Incus agrees, in a user namespace and privileged, on a machine whose AppArmor cannot stack profiles."""
    if Path("/sys/kernel/security/apparmor/features/domain/stack").exists():
        pytest.skip("needs a kernel without AppArmor's stacked profiles")
    for privileged in (False, True):
        engine = engines.get("incus-without-stacking" if privileged else "incus-unprivileged", incus.version)
        for uid in (0, 1000):
            actual = incus.run(privileged, uid)
            agree(engine, Request(), actual, {}, uid=uid, available=held() if privileged else None)


SETS = st.sets(CAPS | st.just(Cap.SYS_RESOURCE), max_size=3).map(CapSet)


@places("runc", "here", "trixie", "forky")
def test_runc(runc):
    """A real runc makes of any five lists what capset says, or refuses; an unknown name is a warning to it."""
    any_lists(runc, "unable to apply caps: .*operation not permitted", r"unknown or unavailable.*\[CAP_STRANGE\]")


@places("crun", "forky")
def test_crun(crun):
    """A real crun, alike."""
    any_lists(crun, "capset: Operation not permitted", "unknown cap.*CAP_STRANGE")


@places("runc", "here", "trixie", "forky")
def test_the_template_of_runc(runc):
    """What ``runc spec`` writes is what capset says of it, before and after it is run."""
    as_written(runc)


@places("crun", "forky")
def test_the_template_of_crun(crun):
    """``crun spec``, alike."""
    as_written(crun)


def as_written(runtime) -> None:
    """Read and run a template."""
    engine = engines.get(runtime.name, runtime.version)
    process = runtime.template["process"]
    lists = process["capabilities"]
    configured = CapState(**{name: CapSet(lists.get(name, [])) for name in THREAD_SETS})
    said = {key: process[key] for key in ("user", "capabilities", "noNewPrivileges")}

    assert configured == engine.configured()
    assert runtime.run_process(said).state == engine.container()


def any_lists(runtime, refusal: str, passed_over: str) -> None:
    """Ask a runtime for five lists, of which the kernel refuses some, and which may hold a name that is none."""

    @real
    @given(st.tuples(*[SETS] * 5), st.booleans(), st.booleans(), st.booleans(), USERS, st.booleans())
    def run(
        sets: tuple[CapSet, ...], within_permitted: bool, within_bounding: bool, strange: bool, uid: int, nnp: bool
    ) -> None:
        state = dict(zip(THREAD_SETS, sets, strict=True))
        if within_permitted:
            state["permitted"] |= state["effective"]
        if within_bounding:
            state["bounding"] |= state["inheritable"]
        configured = CapState(**state)
        actual = runtime.run(
            {name: getattr(configured, name).names() + ["CAP_STRANGE"] * strange for name in THREAD_SETS}, uid, nnp
        )
        if impossible(configured, held()):
            assert actual.state is None
            assert re.search(refusal, actual.said)
        else:
            assert actual.state == first_process(configured, held=held(), root=uid == 0, no_new_privs=nnp)
            assert bool(re.search(passed_over, actual.said)) is strange

    run()


@pytest.mark.parametrize("name", engines.names())
def test_what_any_engine_configures(runc, name):
    """The sets that any engine writes into its configuration become what capset says, once runc has started them."""
    engine = engines.get(name)
    for uid in (0, 1000):
        for no_new_privs in (False, True):
            try:
                configured = engine.configured(uid=uid, available=held())
            except UnavailableError:
                assert name in {"nomad"}  # its set for root holds what this machine lacks
                continue
            actual = runc.run({set_: getattr(configured, set_).names() for set_ in THREAD_SETS}, uid, no_new_privs)
            expected = engine.container(uid=uid, no_new_privs=no_new_privs, available=held())

            assert actual.state == expected
