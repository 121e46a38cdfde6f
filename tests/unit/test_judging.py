"""What each engine makes of the names of a request, one by one: as it resolves the whole, and as lint tells it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capset import CapSet, documents, engines
from capset.engines import Request
from capset.engines.judging import Judge
from capset.errors import ContradictionError, RequestError, UnknownNameError

ERAS = [era for name in engines.names() for era in engines.versions(name)]
UPDATE = ", which means something to docker service update alone"
NAMES = [
    "KILL",
    "CAP_KILL",
    "CHOWN",
    "kill",
    "ALL",
    "all",
    "PERFMON",
    "SYS_ADMIN",
    "BOGUS",
    "CAP_BOGUS",
    "RESET",
    "KILL,CHOWN",
]
LISTS = st.lists(st.sampled_from(NAMES), max_size=3)


@given(st.sampled_from(ERAS), LISTS, LISTS, st.booleans())
def test_it_is_told_where_a_name_has_no_effect(engine, add, drop, privileged):
    """And nowhere else: what is not told of is added or dropped, and what is refused is refused by the whole."""
    request = Request(add, drop, privileged=privileged)
    told = {problem.place: problem for problem in engine.problems(request)}
    refused = any(problem.verdict == "refused" for problem in told.values())
    try:
        caps = engine.resolve(request)
    except (UnknownNameError, ContradictionError):
        assert refused or request.privileged  # Podman before 4.1 takes no names to add for a privileged container
        return
    except RequestError:
        return
    assert not refused
    for side, names in (("add", add), ("drop", drop)):
        for at, name in enumerate(names):
            asked = engine.judge.rules.family.spelling.read((name,), CapSet.all(), CapSet.all())
            if f"{side}[{at}]" not in told and not privileged:
                assert asked.caps <= caps if side == "add" else asked.caps.isdisjoint(caps)
            if told.get(f"{side}[{at}]"):
                assert told[f"{side}[{at}]"].value == name


@pytest.mark.parametrize(
    ("engine", "add", "drop", "expected"),
    [
        ("docker", ["KILL"], ["KILL"], ["drop[0]: ignored: it is added as well, and Docker Engine lets that win"]),
        (
            "podman",
            ["KILL"],
            ["KILL"],
            [
                "add[0]: refused: it is dropped as well, which Podman refuses",
                "drop[0]: refused: it is added as well, which Podman refuses",
            ],
        ),
        ("podman", ["KILL"], ["ALL", "KILL"], ["drop[1]: ignored: it is added as well, and Podman lets that win"]),
        ("podman", ["KILL,CHOWN"], [], []),
        (
            "docker",
            ["KILL,CHOWN"],
            [],
            [
                "add[0]: refused: Docker Engine knows no capability 'KILL,CHOWN': "
                "every name stands by itself, without commas or white space"
            ],
        ),
        ("cri-o", ["KILL"], ["KILL"], ["add[0]: ignored: it is dropped as well, and CRI-O lets that win"]),
        ("cri-o", ["ALL"], ["ALL"], ["add[0]: ignored: it is dropped as well, and CRI-O lets that win"]),
        ("cri-o@1.20", [], ["ALL"], ["drop[0]: ignored: what CRI-O 1.20 gives is the same as without it"]),
        (
            "containerd",
            ["CAP_KILL"],
            ["bogus"],
            [
                "add[0]: ignored: containerd (CRI) passes on 'CAP_CAP_KILL', which is no capability: nothing is added",
                "drop[0]: ignored: containerd (CRI) drops 'CAP_BOGUS', which is no capability: nothing is dropped",
            ],
        ),
        (
            "cri-o@1.11.0",
            ["BOGUS"],
            [],
            ["add[0]: ignored: CRI-O 1.11.0 skips 'BOGUS', which it does not know: nothing is added"],
        ),
        (
            "buildah",
            ["CAP_KILL"],
            ["ALL"],
            ["add[0]: ignored: it is dropped as well, and Buildah (buildah run) lets that win"],
        ),
        (
            "docker@20.10",
            ["PERFMON"],
            [],
            [
                "add[0]: refused: Docker Engine 20.10 knows no capability 'PERFMON': "
                "it knows no capability after CAP_AUDIT_READ"
            ],
        ),
        (
            "docker-swarm",
            ["RESET", "KILL"],
            ["reset"],
            [
                f"add[0]: ignored: Docker Swarm passes over 'RESET'{UPDATE}",
                f"drop[0]: ignored: Docker Swarm passes over 'reset'{UPDATE}",
            ],
        ),
        (
            "podman",
            ["KILL", "BPF"],
            ["KILL"],
            [
                "add[0]: refused: it is dropped as well, which Podman refuses",
                "drop[0]: refused: it is added as well, which Podman refuses",
            ],
        ),
        ("runc", ["KILL"], [], []),
        ("aws-ecs", ["kill"], [], ["add[0]: refused: Amazon ECS on EC2 knows no capability 'kill': write KILL"]),
    ],
)
def test_engines(engine, add, drop, expected):
    """The same two lists, and what engines make of them."""
    name, _, version = engine.partition("@")
    assert list(map(str, engines.get(name, version or None).problems(add, drop))) == expected


@pytest.mark.parametrize(
    ("engine", "name", "rule", "verdict"),
    [
        ("containerd", "BOGUS", "unknown-capability", "ignored"),
        ("containerd", "CAP_BOGUS", "unknown-capability", "ignored"),
        ("containerd", "", "unknown-capability", "ignored"),
        ("containerd", "CAP_KILL", "capability-prefix", "ignored"),
        ("containerd", "cap_net_admin", "capability-prefix", "ignored"),
        ("docker", "BOGUS", "unknown-capability", "refused"),
        ("podman", "CAP_BOGUS", "unknown-capability", "refused"),
    ],
)
def test_by_which_rule_a_name_is_told(engine, name, rule, verdict):
    """One that is none to anybody is unknown; one that is one to people is spelt as the engine does not take it."""
    for add, drop in (([name], []), ([], [name])):
        [problem] = engines.get(engine).problems(add, drop)
        assert (problem.rule, problem.verdict, problem.value) == (rule, verdict, name)


@pytest.mark.parametrize(
    ("name", "takes", "refuses"),
    [
        ("podman", ["1.0", "1.8", "1.9", "4.1", "5.4"], ["2.0", "2.2", "3.0", "3.1", "3.2", "3.4", "4.0"]),
        ("podman-packaged", ["4.1", "4.3"], ["2.2", "3.0", "3.1", "3.2", "4.0"]),
        ("docker", ["20.10", "28.0"], []),
        ("nerdctl", ["1.7", "2.0"], []),
    ],
)
def test_names_to_add_for_a_privileged_container(name, takes, refuses):
    """Podman from 2.0 to 4.0 refuses them, and nothing else of such a container."""
    for version in takes:
        assert engines.get(name, version).resolve(["KILL"], privileged=True)
    for version in refuses:
        engine = engines.get(name, version)
        with pytest.raises(ContradictionError) as caught:
            engine.resolve(["KILL", "CHOWN"], privileged=True)
        assert str(caught.value) == (
            f"{engine.title} {version} refuses 'KILL, CHOWN': it takes no names to add for a privileged container"
        )
        assert engine.resolve(privileged=True)
        assert engine.resolve(["KILL"]) >= CapSet(["KILL"])


def test_a_privileged_container():
    """Most do not even look at the names."""
    for name, verdicts in (("containerd", ["ignored"]), ("cri-o", ["ignored"]), ("docker", ["refused"])):
        found = engines.get(name).problems(["CAP_BOGUS"], privileged=True)
        assert [problem.verdict for problem in found] == verdicts
    [problem] = engines.get("podman", "1.8").problems(["KILL"], ["BOGUS"], privileged=True)
    assert problem.rule == "unknown-capability"


def test_a_family_whose_release_is_not_known():
    assert not Judge.usual("docker", "Docker").problems(Request(["PERFMON"], ["ALL"]))


POD = "spec: {{containers: [{{name: a, securityContext: {}}}]}}"


@pytest.mark.parametrize(
    ("text", "engine", "findings"),
    [
        (
            "docker run --cap-add KILL --cap-drop KILL --user 0 x",
            "podman",
            [
                "in-both-lists: it is dropped as well, which Podman refuses",
                "in-both-lists: it is added as well, which Podman refuses",
            ],
        ),
        ("docker run --cap-add KILL,CHOWN --user 0 x", "podman", []),
        (
            "docker run --cap-add KILL --cap-drop KILL --user 0 x",
            "nerdctl",
            ["in-both-lists: it is dropped as well, and nerdctl lets that win"],
        ),
        (
            "docker run --security-opt unmask=ALL --user 0 x",
            "podman",
            [
                "unknown-security-option: Docker knows no security option 'unmask=ALL': known are no-new-privileges, "
                "apparmor, label, seccomp, systempaths, writable-cgroups"
            ],
        ),
        (
            POD.format("{capabilities: {add: [CAP_KILL]}, runAsUser: 0}"),
            "cri-o",
            ["capability-spelling: runtimes take it, and policies that compare texts do not: write KILL"],
        ),
        (
            POD.format("{capabilities: {add: [CAP_KILL]}, runAsUser: 0}"),
            "containerd",
            ["capability-prefix: containerd (CRI) passes on 'CAP_CAP_KILL', which is no capability: nothing is added"],
        ),
        (
            POD.format("{capabilities: {add: [KILL], drop: [KILL]}, runAsUser: 0}"),
            "cri-o",
            ["in-both-lists: it is dropped as well, and CRI-O lets that win"],
        ),
        (
            POD.format("{capabilities: {drop: [ALL]}, runAsUser: 0}"),
            "cri-o@1.20",
            ["no-effect: what CRI-O 1.20 gives is the same as without it"],
        ),
        (
            POD.format("{privileged: true, capabilities: {add: [CAP_KILL]}, runAsUser: 0}"),
            None,
            ["privileged-anyway: the runtime gives a privileged container everything, whatever is named"],
        ),
        (
            POD.format("{privileged: true, capabilities: {drop: [CAP_BOGUS]}, runAsUser: 0}"),
            "cri-o",
            ["privileged-anyway: CRI-O gives a privileged container everything, whatever is named"],
        ),
        (
            '{"HostConfig": {"CapAdd": ["KILL"], "CapDrop": ["KILL"]}, "Config": {"User": "0"}}',
            "podman",
            [
                "in-both-lists: it is dropped as well, which Podman refuses",
                "in-both-lists: it is added as well, which Podman refuses",
            ],
        ),
    ],
)
def test_lint_for_an_engine(text, engine, findings):
    """What is told is what this engine does, with the line of the entry; and what is not about names stays."""
    name, _, version = (engine or "").partition("@")
    chosen = engines.get(name, version or None) if engine else None
    report = documents.lint(documents.read(text), engine=chosen)

    assert [f"{finding.rule}: {finding.message}" for finding in report] == findings
    if findings and findings[0].startswith("unknown-security-option"):
        assert report[0].verdict == "depends"
        assert report.outcomes[0].gets is not None


def test_the_lines_of_a_service_of_a_swarm():
    text = """{"Spec": {"TaskTemplate": {"ContainerSpec": {
        "CapabilityDrop": ["KILL"],
        "CapabilityAdd": [
            "KILL"
        ], "User": "0"}}}}"""
    [workload] = documents.read(text)

    assert [problem.line for problem in workload.problems] == [2]
    again = workload.for_engine(engines.get("cri-o"))
    assert [problem.line for problem in again.problems] == [4]
    assert workload._lines == again._lines == {"add": 3, "drop": 2, "user": 5}


def test_two_containers_of_one_name_for_an_engine():
    text = "spec: {containers: [{name: a}, {name: a}]}"
    assert [
        problem.rule for each in documents.read(text) for problem in each.for_engine(engines.get("cri-o")).problems
    ] == ["duplicate-name"]


def test_what_is_no_container_is_the_same_for_every_engine():
    [unit] = documents.read("[Service]\nUser=web\n")
    assert unit.for_engine(engines.get("podman")) is unit


STACKS = [
    ("{privileged: true}", ["ignored: docker stack deploy passes over it: no service of a swarm is privileged"]),
    ("{privileged: '${P}'}", ["ignored: docker stack deploy passes over it: no service of a swarm is privileged"]),
    ("{privileged: false}", []),
    (
        "{security_opt: ['no-new-privileges:true']}",
        ["ignored: docker stack deploy passes over it: no service of a stack has no_new_privs"],
    ),
    (
        "{security_opt: ['${S}', bogus]}",
        ["ignored: docker stack deploy passes over it: no service of a stack has no_new_privs"],
    ),
    ("{extends: {service: b}}", ["refused: docker stack deploy refuses a file with extends"]),
    (
        "{cap_add: [RESET]}",
        [f"ignored: Docker Swarm passes over 'RESET'{UPDATE}"],
    ),
]


@pytest.mark.parametrize(("service", "expected"), STACKS)
def test_a_stack(service, expected):
    """docker stack deploy is another reader of Compose files, which passes over what no service of a swarm has."""
    swarm = engines.get("docker-swarm")
    [workload] = [each.for_engine(swarm) for each in documents.read(f"services: {{a: {service}}}")]
    [outcome] = documents.lint(workload, engine=swarm).outcomes

    assert [f"{problem.verdict}: {problem.message}" for problem in workload.problems] == expected
    assert (workload.request.privileged, workload.request.no_new_privs, workload.not_known) == (False, False, "")
    assert outcome.gets == (None if "extends" in service else swarm.container())


def test_reset_is_a_word_of_swarm_alone():
    swarm = engines.get("docker-swarm")
    assert swarm.resolve(["RESET", "net_admin"]) == swarm.default | {"net_admin"}
    assert swarm.resolve(["ALL"], ["RESET"]) == CapSet.all()
    told = f"Docker Swarm passes over 'Reset'{UPDATE}"
    assert swarm.resolution(["Reset", "all"]).warnings == (told,)
    with pytest.raises(UnknownNameError):
        engines.get("docker").resolve(["RESET"])


@pytest.mark.parametrize("name", ["AUDIT_READ", "CAP_AUDIT_READ", "cap_audit_read"])
def test_what_the_kernel_does_not_have(name):
    """However it is spelled, as long as the engine takes that."""
    for engine, version in (("docker", "20.10.22"), ("podman", None)):
        with pytest.raises(UnknownNameError, match="the kernel has no such capability"):
            engines.get(engine, version).resolve([name], available=CapSet.all(36))
    with pytest.raises(UnknownNameError, match="write AUDIT_READ"):
        engines.get("docker", "18.09").resolve(["CAP_AUDIT_READ"], available=CapSet.all(36))


def test_a_migration_tells_what_its_source_makes_of_names():
    """By the engine that reads it, and not by Docker."""
    [web] = documents.read("docker run --cap-add KILL --cap-drop KILL --user 0 x")
    losses = documents.convert(web, "kubernetes", reads=engines.get("nerdctl")).losses

    assert [str(loss) for loss in losses if loss.rule == "in-both-lists"] == [
        "--cap-add: ignored: it is dropped as well, and nerdctl lets that win"
    ]
