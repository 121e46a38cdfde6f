"""What is written is read back, in every dialect; and no text or document does anything but raise what is told."""

from __future__ import annotations

import json
import re

from attrs import evolve
from hypothesis import assume, example, given
from hypothesis import strategies as st

from capset import Cap, CapSet, CapState, FileCaps, engines, testing
from capset.engines import Request
from capset.errors import CapsetError, FileCapsError, FormatError, ParseError, RequestError
from capset.formats import compose, docker, kubernetes, libcap, oci, systemd
from tests.strategies import capsets, states

known_states = testing.states(lawful=None, known=True)
names = st.lists(st.sampled_from([*Cap.__members__, "ALL"]), max_size=5, unique=True).map(tuple)
ids = st.integers(0, 2**31 - 1).map(str)
numeric_users = st.one_of(st.just(""), ids, st.builds("{}:{}".format, ids, ids))
users = st.one_of(numeric_users, st.sampled_from(["nobody", "web:web", ":5", "nobody:5"]))


def requests(users: st.SearchStrategy[str]) -> st.SearchStrategy[Request]:
    """Draw requests as the strict writers write them."""
    return st.builds(Request, names, names, privileged=st.booleans(), user=users, no_new_privs=st.booleans())


@given(requests(users))
def test_docker_reads_what_it_writes(request):
    assert docker.from_flags(docker.to_flags(request)) == request
    assert docker.from_flags(["docker", "run", *docker.to_flags(request), "image", "--privileged"]) == request


@given(requests(users))
def test_compose_reads_what_it_writes(request):
    service = compose.to_service(request)

    assert compose.from_service(service) == request
    assert compose.from_project({"services": {"a": service}}) == {"a": request}


@given(requests(numeric_users))
def test_kubernetes_reads_what_it_writes(request):
    assume(not (request.privileged and request.no_new_privs))
    container = kubernetes.to_container(request)

    assert kubernetes.from_container(container) == request
    assert kubernetes.from_pod({"spec": {"containers": [{"name": "a", **container}]}}) == {"a": request}


@given(known_states, st.booleans(), st.integers(0, 2**32 - 2), st.integers(0, 2**32 - 2))
def test_oci_reads_what_it_writes(state, no_new_privs, uid, gid):
    process = oci.Process(caps=state, no_new_privs=no_new_privs, uid=uid, gid=gid)

    assert oci.from_config(json.loads(json.dumps(oci.to_config(state)))) == state
    assert oci.from_process(json.loads(json.dumps(oci.to_process(process)))) == process


@given(
    st.one_of(st.none(), capsets),
    capsets,
    st.sampled_from(["", "web", "1000"]),
    st.sampled_from(["", "web", "1000"]),
    st.booleans(),
    st.sampled_from([None, 252]),
)
@example(CapSet.from_mask(2**64 - 1), CapSet.from_mask(2**64 - 1), "", "", False, None)
def test_systemd_reads_what_it_writes(bounding, ambient, user, group, no_new_privs, version):
    who = {"user": user, "group": group, "dynamic_user": not user}
    if not user:  # what a user whom systemd makes brings along
        who |= {"filters": "kept" if version is None else "no_new_privs"}
    unit = systemd.Unit(bounding=bounding, ambient=ambient, no_new_privs=no_new_privs or not user, **who)

    assert systemd.from_unit(systemd.to_unit(unit), version=version) == unit


@given(states, st.integers(0, 63))
def test_libcap_reads_what_it_writes(state, last_cap):
    three = CapState(effective=state.effective, permitted=state.permitted, inheritable=state.inheritable)

    assert libcap.from_text(libcap.to_text(state, last_cap=last_cap), last_cap=last_cap) == three


@given(capsets, capsets, capsets)
def test_iab_reads_what_it_writes(inheritable, ambient, blocked):
    iab = libcap.IAB(inheritable=inheritable | ambient, ambient=ambient, blocked=blocked)

    assert libcap.iab_from_text(str(iab)) == iab


@given(testing.file_caps())
def test_file_capabilities_read_what_they_write(caps):
    assert FileCaps.from_xattr(caps.to_xattr()) == caps
    assert len(caps.to_xattr()) == {1: 12, 2: 20, 3: 24}[caps.revision]


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.booleans())
def test_the_first_revision(permitted, inheritable, effective):
    caps = FileCaps(
        permitted=CapSet.from_mask(permitted),
        inheritable=CapSet.from_mask(inheritable),
        effective=effective,
        revision=1,
    )

    assert FileCaps.from_xattr(caps.to_xattr()) == caps
    assert len(caps.to_xattr()) == 12


@given(st.one_of(st.binary(max_size=30), st.binary(min_size=20, max_size=20).map(lambda data: b"\1\0\0\2" + data[4:])))
def test_any_bytes(data):
    """They are an attribute, and written back the same, or are refused."""
    try:
        caps = FileCaps.from_xattr(data)
    except FileCapsError as error:
        assert error.value == data
    else:
        assert caps.to_xattr() == data


@given(states)
def test_a_state_of_a_file(state):
    """What setcap takes keeps both sets and the bit."""
    try:
        caps = FileCaps.from_state(state)
    except FileCapsError:
        assert state.effective
        assert not (state.permitted | state.inheritable) <= state.effective
    else:
        assert (caps.permitted, caps.inheritable) == (state.permitted, state.inheritable)
        assert caps.effective == bool(state.effective)
        assert caps.state.effective <= state.effective


@given(st.text())
def test_any_text(text):
    """Nothing but the error that is told comes of a text."""
    for read in (libcap.from_text, libcap.iab_from_text, libcap.from_name):
        try:
            read(text)
        except ParseError as error:
            assert 0 <= error.position <= len(text)
            assert error.expected
    unit = systemd.from_unit(text)
    assert all(problem.message and problem.place for problem in unit.problems)


KEYS = """
    add drop capabilities securityContext containers name spec kind items cap_add cap_drop privileged user security_opt
    services process bounding HostConfig CapAdd Config User Spec noNewPrivileges uid runAsUser allowPrivilegeEscalation
    metadata os
""".split()  # noqa: SIM905
words = st.one_of(st.text(max_size=6), st.sampled_from(["ALL", "KILL"]))
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), words),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)),
    max_leaves=12,
)


@given(json_values)
@example({"services": {"a": {"cap_add": [1]}}})
@example({"spec": {"containers": [{"name": []}]}})
def test_any_document(document):
    """A document that has not the shape of its format is refused with its place, whatever it is."""
    for read in (
        docker.from_inspect,
        compose.from_service,
        compose.from_project,
        kubernetes.from_container,
        kubernetes.from_pod,
        oci.from_config,
        oci.from_process,
    ):
        try:
            found = read(document)
        except CapsetError as error:
            assert isinstance(error, FormatError), read
            assert error.place
            continue
        for request in found.values() if isinstance(found, dict) else [found]:
            assert all(problem.place for problem in getattr(request, "problems", ()))


flags = st.sampled_from(["--cap-add", "--user=5", "-itu", "--", "--privileged"])


@given(st.lists(st.one_of(st.text(max_size=8), flags)))
def test_any_words(words):
    """A command line is read or refused."""
    try:
        request = docker.from_flags(words)
    except FormatError as error:
        assert error.place
    else:
        assert all(problem.verdict in {"refused", "ignored", "depends"} for problem in request.problems)


odd_names = st.lists(
    st.sampled_from(["ALL", "all", "KILL", "cap_kill", "CHOWN", "CAP_CHOWN", "BPF", "nonsense"]), max_size=4
)


@given(odd_names, odd_names, st.booleans())
def test_what_is_ignored_has_no_effect(add, drop, privileged):
    """Without the name, the engine makes the same set; and of a name that one runtime passes over, one does."""
    capabilities = {"capabilities": {"add": add, "drop": drop}, "privileged": privileged}
    readings = [
        ("docker", docker.from_inspect({"HostConfig": {"CapAdd": add, "CapDrop": drop, "Privileged": privileged}})),
        ("containerd", kubernetes.from_container({"securityContext": capabilities})),
        ("cri-o", kubernetes.from_container({"securityContext": capabilities})),
    ]
    for name, request in readings:
        engine = engines.get(name)
        for problem in request.problems:
            side, at = re.search(r"(add|drop|CapAdd|CapDrop)\[(\d)\]$", problem.place).groups()
            if problem.verdict == "ignored":
                field = side.removeprefix("Cap").lower()
                names = getattr(request, field)
                less = evolve(request, **{field: names[: int(at)] + names[int(at) + 1 :]})
                assert outcome(engine, request) == outcome(engine, less)


def outcome(engine, request):
    """Return what an engine makes of a request, or None if it refuses."""
    try:
        return engine.resolve(request)
    except RequestError:
        return None
