"""What formats and documents do not understand: it is an error or not known, and never read as "nothing is asked"."""

from __future__ import annotations

import json
import re

import pytest

from capset import documents
from capset.engines import Request
from capset.errors import CapsetError, DocumentError, FormatError
from capset.formats import compose, docker, kubernetes, manifests, oci, systemd
from capset.formats.document import Node


def container(**context):
    """Return a container with a security context."""
    return {"name": "a", "securityContext": context}


LONG = "x" * 5000


@pytest.mark.parametrize(
    "image",
    [
        "alpine",
        "a",
        "alpine:3.20",
        "web_1/a.b/c--d:T_1.x-y",
        "Registry.example.com/web",
        "localhost:5000/web@sha256:" + "a" * 64,
        "[::1]:5000/web:1",
        "sha256:" + "0" * 64,
        "busybox@sha256:" + "F" * 32,
    ],
)
def test_images_of_docker(image):
    assert docker.from_flags(["--privileged", image, "--what"]) == Request(privileged=True)
    assert docker.from_flags(["docker", "run", image]) == Request()


@pytest.mark.parametrize(
    "word",
    [
        *(
            "—privileged",
            "‑‑privileged",
            "\u00ad--privileged",
            "“--privileged”",
            "‘--privileged’",
            "--\u200bprivileged"[2:],
            "–privileged",
            "−−privileged",
            " --privileged",
            "[--privileged]",
            "%OPTS%",
            "%{opts}",
            "@opts",
        ),
        *("", "-", "Alpine", "a/B", "a..b", "a_", "a:", "a:-", "a@sha256:12", "a b", "alpine\n", "http://a/b", "ａ"),
    ],
)
def test_what_is_no_image_may_be_an_option(word):
    """Docker says "invalid reference format"; whoever wrote it meant an option, or something that stands for some."""
    for words in (["docker", "run", word, "x"], ["--rm", word, "x"], ["--rm", "--", word]):
        with pytest.raises(FormatError) as caught:
            docker.from_flags(words)
        assert "the image: expected an option, with a hyphen in front, or an image, such as alpine" in str(caught.value)
        assert caught.value.value == word
    with pytest.raises(FormatError, match="the first word: expected docker run, an option, with a hyphen in front, or"):
        docker.from_flags([word])


@pytest.mark.parametrize("word", ["{{opts}}", "$OPTS", "`opts`", "<%= opts %>", "{%opts%}"])
def test_what_is_put_in_the_place_of_the_image_may_be_options(word):
    with pytest.raises(FormatError, match="the image: expected the image; what is put in this place may be options"):
        docker.from_flags(["docker", "run", word, "x"])


@pytest.mark.parametrize("word", ["web:${TAG}", "ghcr.io/$OWNER/web", "web-{{ version }}"])
def test_what_begins_like_an_image_is_one(word):
    """Whatever is put there, it stands behind the options."""
    assert docker.from_flags(["docker", "run", "--privileged", word, "x"]) == Request(privileged=True)


@pytest.mark.parametrize("text", ["$A", "${A}", "`a`", "{{ a }}", "{% if a %}", "<%= a %>"])
def test_what_something_else_replaces_is_a_variable(text):
    """In every place of every dialect of containers: whatever stands there, nobody knows it."""
    flags = (["--cap-add", text], ["--cap-drop", text], ["--user", text], ["--security-opt", text])
    said = f"no-new-privileges:{text}"
    requests = [
        *map(docker.from_flags, (*flags, ["--security-opt", said])),
        *(compose.from_service({key: [text]}) for key in ("cap_add", "cap_drop", "security_opt")),
        *(compose.from_service({key: text}) for key in ("user", "privileged")),
        *(kubernetes.from_container({"securityContext": {"capabilities": {side: [text]}}}) for side in ("add", "drop")),
        oci.from_process({"capabilities": {"bounding": [text]}}),
    ]

    for request in requests:
        assert [(problem.rule, problem.verdict) for problem in request.problems] == [("variable", "depends")]
    assert [problem.rule for problem in docker.from_flags(["--security-opt", f"label={text}"]).problems] == []
    assert compose.from_service({"user": "a$$b"}).problems[0].rule == "named-user"


HOOKS = [
    ({"post_start": [{"command": "x", "privileged": True}]}, "post_start[0].privileged: this command gets everything"),
    (
        {"pre_stop": [{}, {"user": "root"}]},
        "pre_stop[1].user: this command runs as 'root': what is said of the service",
    ),
    ({"post_start": [{"privileged": "${P}"}]}, "post_start[0].privileged: this command gets everything"),
    ({"post_start": [{"privileged": "yes", "user": "1000"}]}, "post_start[0].privileged: this command gets everything"),
    ({"pre_start": [{"image": "x"}]}, "pre_start[0]: it runs in a container of its own, to which neither cap_add nor"),
    (
        {"develop": {"watch": [{"path": "."}, {"exec": {"user": 0}}]}},
        "develop.watch[1].exec.user: this command runs as 0",
    ),
    ({"build": {"privileged": True}}, "build.privileged: what builds the image gets everything; the service does not"),
    ({"build": {"entitlements": ["security.insecure"]}}, "build.entitlements[0]: what builds the image may get"),
    ({"build": {"entitlements": ["${E}"]}}, "build.entitlements[0]: what builds the image may get everything"),
]


@pytest.mark.parametrize(("keys", "message"), HOOKS)
def test_what_runs_beside_a_service(keys, message):
    """Its capabilities are not those of the service, which is limited all the same."""
    request = compose.from_service({"cap_drop": ["ALL"], "user": "1000", **keys})

    assert request == Request(drop=["ALL"], user="1000")
    [problem] = request.problems
    assert (problem.rule, problem.verdict) == ("hook", "depends")
    assert f"{problem.place}: {problem.message}".startswith(message)


@pytest.mark.parametrize(
    "keys",
    [
        {"post_start": [{"command": "x", "user": "1000", "privileged": False}]},
        {"pre_stop": [{"command": "x"}], "pre_start": None, "develop": {"watch": [{"action": "sync"}]}},
        {"build": "."},
        {"build": {"context": ".", "privileged": False, "entitlements": ["network.host"]}},
    ],
)
def test_what_runs_as_the_service_does(keys):
    assert compose.from_service({"user": "1000", **keys}).problems == ()


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"post_start": "x"}, "post_start: expected a list, got 'x'"),
        ({"pre_stop": [5]}, "pre_stop[0]: expected a mapping, got 5"),
        ({"pre_start": [5]}, "pre_start[0]: expected a mapping, got 5"),
        ({"post_start": [{"privileged": 5}]}, "post_start[0].privileged: expected true or false, got 5"),
        ({"build": 5}, "build: expected a mapping, got 5"),
        ({"develop": {"watch": 5}}, "develop.watch: expected a list, got 5"),
    ],
)
def test_hooks_that_are_none(keys, message):
    with pytest.raises(FormatError, match=re.escape(message)):
        compose.from_service(keys)


DROPPED = {"containers": [container(capabilities={"drop": ["ALL"]})]}
RUNNERS = {
    "kind": "AutoscalingRunnerSet",
    "spec": {"template": {"spec": DROPPED}, "listenerTemplate": {"spec": {"containers": [container(privileged=True)]}}},
}


def test_every_pod_of_a_custom_resource():
    """Wherever it stands, and not only the first; also that of a template of OpenShift."""
    assert [(pod.place, pod.requests()["a"].privileged) for pod in kubernetes.pods(RUNNERS)] == [
        ("spec.template.spec", False),
        ("spec.listenerTemplate.spec", True),
    ]
    nested = {"kind": "Own", "spec": {**DROPPED, "workers": [{"template": {"spec": DROPPED}}]}}
    assert [pod.place for pod in kubernetes.pods(nested)] == ["spec", "spec.workers[0].template.spec"]
    template = {"kind": "Template", "objects": [{"kind": "Service"}, {"kind": "Pod", "spec": DROPPED}]}
    assert [pod.place for pod in kubernetes.pods(template)] == ["objects[1].spec"]
    twice = {"kind": "Own", "a": DROPPED, "b": DROPPED}
    twice["c"] = twice
    assert [pod.place for pod in kubernetes.pods(twice)] == ["a", "b"]
    with pytest.raises(FormatError, match="expected one pod; kubernetes"):
        kubernetes.from_pod(RUNNERS)


UNREAD = {
    "Runner": (
        {"spec": {"template": {"spec": {**DROPPED, "sidecarContainers": [container(privileged=True)]}}}},
        ["spec.template.spec.sidecarContainers"],
    ),
    "Workflow": ({"spec": {"templates": [{"container": container(privileged=True)}]}}, ["spec.templates[0].container"]),
    "Task": ({"spec": {"steps": [{"image": "x", "securityContext": {"a": 1}}]}}, ["spec.steps[0].image"]),
    "Operator": ({"spec": {"podSecurityContext": {"runAsUser": 0}}}, ["spec.podSecurityContext"]),
    "Late": ({"spec": {"initContainers": [{"name": "a"}]}}, ["spec.initContainers"]),
    "Quiet": ({"spec": {"image": None, "containerCount": 5, "sidecarContainers": [], 5: {"a": ["image"]}}}, []),
    "CustomResourceDefinition": (
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "spec": {"properties": {"containers": {"type": "array"}, "image": "x"}},
        },
        [],
    ),
    "ConfigMap": ({"apiVersion": "v1", "data": {"containers": "a", "image": "x"}}, []),
}


PRIVILEGED = {"containers": [container(privileged=True)]}


@pytest.mark.parametrize(
    ("version", "kind", "within", "place"),
    [
        ("serving.knative.dev/v1", "Service", ("spec", "template"), "spec.template.spec"),
        ("run.googleapis.com/v1", "Service", ("spec", "template"), "spec.template.spec"),
        ("batch.volcano.sh/v1alpha1", "Job", ("spec", "tasks"), "spec.tasks.spec"),
        ("example.org/v1", "Pod", ("template",), "template.spec"),
        ("apps.example.org/v1", "Role", (), "spec"),
        ("apps", "ConfigMap", ("data",), "data.spec"),
        (None, "Secret", ("data",), "data.spec"),
        ("apps/v1", "Deployment", ("spec", "template"), "spec.template.spec"),
        ("extensions/v1beta1", "Deployment", ("spec", "template"), "spec.template.spec"),
        ("batch/v1", "Job", ("spec", "template"), "spec.template.spec"),
        (None, "Job", ("spec", "template"), "spec.template.spec"),
    ],
)
def test_kinds_are_those_of_their_group(version, kind, within, place):
    """Another group has a kind of the same name, whose pods stand elsewhere or are there at all."""
    document = {"spec": PRIVILEGED}
    for key in reversed(within):
        document = {key: document}
    document |= {"kind": kind} | ({"apiVersion": version} if version else {})
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [container()]}}

    assert kubernetes.from_pod(document)["a"].privileged
    assert [pod.place for pod in kubernetes.pods({"kind": "List", "items": [pod, document]})] == [
        "items[0].spec",
        f"items[1].{place}",
    ]
    assert next(iter(documents.read(json.dumps(document)))).request.privileged


@pytest.mark.parametrize(
    ("version", "known"), [("v1", True), (None, True), ("serving.knative.dev/v1", False), ("v1beta1", False)]
)
def test_a_kind_of_another_group_is_not_known(version, known):
    """It may make pods of what does not look like one: nobody is told that there is none."""
    document = {"kind": "Service", "spec": {"run": "x"}} | ({"apiVersion": version} if version else {})
    [found] = documents.lint(documents.read(json.dumps(document))).by_workload()
    [problem] = found["problems"]
    unknown = "what its controller makes of it is not known, as its apiVersion and kind are none of Kubernetes' own"

    assert found["not_known"] == (None if known else f"not known: {unknown}")
    ends = ", in which there is no pod" if known else f": {unknown}"
    assert problem["message"] == f"a document of kind Service{ends}"


@pytest.mark.parametrize("kind", UNREAD)
def test_what_looks_like_a_container(kind):
    """Nobody is told that there is no pod in it."""
    document, places = UNREAD[kind]
    found = [node.place for node in manifests.unread(Node({"kind": kind, **document}))]

    assert found == places
    expected = (
        f"{places[0]}: expected nothing that looks like a container" if places else "expected a pod or what makes"
    )
    with pytest.raises(FormatError, match=re.escape(expected)):
        list(kubernetes.pods({"kind": kind, **document}))


def test_no_message_is_longer_than_anyone_reads():
    """Values that are too long are cut, wherever they stand."""
    long = [LONG]
    problems = [
        *docker.from_flags(["--cap-add", LONG, "--user", LONG, "--security-opt", LONG]).problems,
        *docker.from_flags(["--security-opt", f"no-new-privileges:{LONG}"]).problems,
        *compose.from_service({"cap_add": long, "user": LONG, "security_opt": long}).problems,
        *kubernetes.from_container({"securityContext": {"capabilities": {"add": long}, LONG: 5}}).problems,
        *oci.from_process({"capabilities": {"bounding": long, LONG: []}}).problems,
        *systemd.from_unit(f"[Service]\nUser=a {LONG}\nCapabilityBoundingSet={LONG}\n").problems,
    ]

    assert len(problems) == 13
    for problem in problems:
        assert len(str(problem)) < 500, problem.rule
        assert "... (" in f"{problem}" or problem.rule == "no-known-name"
    for words in ([f"--{LONG}"], [f"-{LONG}"], [f"--{LONG}=x"], ["--rm", LONG.upper()]):
        with pytest.raises(FormatError) as caught:
            docker.from_flags(words)
        assert len(str(caught.value)) < 500
    assert len(str(DocumentError("a", 1, LONG))) < 2100


# -- documents --------------------------------------------------------------------------------------

POD = "kind: Pod\nspec:\n  containers:\n  - name: a\n    securityContext: "

NOT_KNOWN = {
    "oci": ('{"process": {"user": {"uid": 5}}}', "runc 1.1 and crun give no capability then, newer releases of runc"),
    "oci variable": ('{"process": {"capabilities": {"bounding": ["{{ c }}"]}}}', "a variable decides"),
    "podman": ('{"HostConfig": {"CapAdd": ["ALL"]}, "BoundingCaps": []}', "Podman computes these lists"),
    "podman without the bounding set": ('{"HostConfig": {"CapDrop": ["ALL"]}, "EffectiveCaps": []}', "Podman computes"),
    "podman of no root": (
        '{"HostConfig": {}, "Config": {"User": "0:5"}, "EffectiveCaps": null, "BoundingCaps": ["CAP_KILL"]}',
        "Podman computes these lists",
    ),
    "podman with another name": (
        '{"HostConfig": {}, "EffectiveCaps": [], "BoundingCaps": ["KILL"]}',
        "it cannot be read",
    ),
    "podman with a variable": ('{"HostConfig": {}, "EffectiveCaps": [], "BoundingCaps": ["$C"]}', "a variable decides"),
    "inspect": ('{"HostConfig": {"Capadd": ["ALL"], "privileged": true}}', "it cannot be read"),
    "pod": (POD + "{capabilities: {add: ['{{ c }}'], drop: [ALL]}}", "a variable decides"),
    "privileged": (POD + "{privileged: '${P}'}", "a variable decides"),
    "number": (POD + "{runAsUser: '{{ uid }}'}", "a variable decides"),
    "list": (POD + "{capabilities: {add: '{{ caps }}'}}", "a variable decides"),
    "broken": (POD + "{privileged: 5}", "it cannot be read"),
    "compose": ("services: {a: {cap_add: ['{{ caps }}']}}", "a variable decides"),
    "compose list": ("services: {a: {cap_add: '{{ caps }}'}}", "a variable decides"),
    "compose option": ("services: {a: {security_opt: ['${S}']}}", "a variable decides"),
    "docker": ("docker run --cap-add `x` y", "a variable decides"),
    "docker privileged": ("docker run --privileged=$P y", "a variable decides"),
    "docker the last privileged": ("docker run --privileged --privileged=`p` y", "a variable decides"),
    "docker option": ("docker run --security-opt $S y", "a variable decides"),
    "extends": (
        "services: {a: {extends: {service: b, file: c.yaml}, cap_drop: [ALL]}}",
        "what another service adds to this one is",
    ),
    "workflow": (
        "kind: Workflow\nspec: {templates: [{container: {securityContext: {privileged: true}}}]}",
        "what a Workflow makes of it is not known: only the spec of a pod is read",
    ),
    "no kind": ("spec: {containers: 5, sidecarContainers: [{}]}", "it cannot be read"),
}


@pytest.mark.parametrize("case", NOT_KNOWN)
def test_what_is_not_known_is_neither_nothing_nor_a_set(case):
    """And there is a finding that says so, so that the exit status is 1."""
    text, reason = NOT_KNOWN[case]
    report = documents.lint(documents.read(text))

    assert (report.outcomes[0].known, report.outcomes[0].gets) == (False, None)
    assert str(report.outcomes[0]).startswith(f"not known: {reason}")
    assert report.faults
    assert report.by_workload()[0]["not_known"] == str(report.outcomes[0])


def test_every_container_of_a_custom_resource_is_told():
    """Those that are read, and those that are not, each with its line."""
    text = (
        "kind: RunnerDeployment\nmetadata: {name: ci}\nspec:\n  template:\n    spec:\n"
        "      containers: [{name: a, securityContext: {capabilities: {drop: [ALL]}}}]\n"
        "      sidecarContainers: [{name: b, securityContext: {privileged: true}}]\n"
        "---\nspec: {containers: [{name: a}], agent: {image: b}}\n"
    )
    report = documents.lint(documents.read(text))

    assert [(each.workload.label, each.known, each.workload.line) for each in report.outcomes] == [
        ("ci: a", True, 6),
        ("ci: spec.template.spec.sidecarContainers", False, 7),
        ("a", True, 9),
        ("spec.agent.image", False, 9),
    ]
    assert [str(finding) for finding in report] == [
        "-:7:7: not-read: what a RunnerDeployment makes of it is not known: only the spec of a pod is read",
        "-:9:48: not-read: what a document without kind makes of it is not known: only the spec of a pod is read",
    ]


@pytest.mark.parametrize("word", ["--privileged", "--cap-add=KILL", "-u0", "--user=5", "--contxt=x"])
def test_options_of_docker_itself(word):
    """Docker refuses those of run in front of it; they were passed over."""
    with pytest.raises(FormatError, match="an option of docker itself: those of docker run stand behind run"):
        docker.from_flags(["docker", "-D", "--context", "x", "--host=y", word, "run", "alpine"])
    with pytest.raises(FormatError):
        docker.from_flags(["docker", word, "container", "run", "alpine"])


MISPLACED = [
    lambda: compose.from_service({"web": {"cap_add": ["KILL"]}}).problems[0].rule == "misplaced",
    lambda: compose.from_service({"deploy": {"privileged": True}}).problems[0].verdict == "refused",
    lambda: kubernetes.from_container({"x": {"securityContext": {"privileged": True}}}).problems[0].rule == "misplaced",
]


@pytest.mark.parametrize("told", MISPLACED)
def test_what_stands_a_level_too_deep(told):
    """It is not read there, and not passed over without a word."""
    assert told()


def test_what_may_have_keys_of_such_names():
    own = {"x-common": {"cap_add": ["KILL"]}, "labels": {"user": "x"}, "environment": {"user": "x", "privileged": "1"}}
    assert compose.from_service({**own, "build": {"privileged": False}}).problems == ()


@pytest.mark.parametrize(
    "document",
    [
        {"HostConfig": {"x": {"CapAdd": ["ALL"]}}},
        {"HostConfig": {}, "x": {"Config": {"User": "5"}}},
        {"Spec": {"TaskTemplate": {"ContainerSpec": {"x": {"CapabilityAdd": ["ALL"]}}}}},
        {"Spec": {"TaskTemplate": {"ContainerSpec": {}, "x": {"ContainerSpec": {}}}}},
    ],
)
def test_what_docker_inspect_does_not_print(document):
    with pytest.raises(FormatError, match="expected nothing with a key that belongs beside it"):
        docker.from_inspect(document)


def test_quotes_of_a_word_processor():
    """They are a part of the name, which is none then."""
    for name in ("“NET_ADMIN”", "‘NET_ADMIN’", "«NET_ADMIN»", "NET_ADMIN\u00a0", "NET\u2011ADMIN"):
        [problem] = docker.from_flags(["--cap-add", name]).problems
        assert (problem.rule, problem.verdict) == ("unknown-capability", "refused")
    for word in ("--cap-add\u00a0KILL", "--cap‑add", "--“cap-add”"):
        with pytest.raises(FormatError, match="an option of docker run"):
            docker.from_flags([word, "KILL"])
    service = compose.from_service({"“cap_drop”": ["ALL"]})
    assert [(problem.rule, problem.verdict) for problem in service.problems] == [("unknown-key", "refused")]


def test_a_variable_that_does_not_decide():
    """The last of an option counts; and whatever another switch is, it has nothing to do with capabilities."""
    request = docker.from_flags(["--privileged=$P", "--privileged=false", "--rm=$R", "-i=$I", "x"])
    assert (request, request.problems) == (Request(), ())


@pytest.mark.parametrize("text", ["- hosts: all", "-", "- foo", "docker run —privileged x", "docker run '' x"])
def test_what_is_no_command_line(text):
    with pytest.raises(CapsetError, match=r"expected docker run, an option|the image: expected an option"):
        documents.read(text, dialect="docker")
    with pytest.raises(CapsetError):
        documents.read(text)


def test_the_words_of_others_are_cut():
    """Also those of a parser, which quotes whole lines."""
    with pytest.raises(CapsetError) as caught:
        documents.read("a: {" + "b" * 5000 + ": [", name="x.yaml")
    assert len(str(caught.value)) < 2100
    with pytest.raises(CapsetError) as caught:
        documents.read("x" * 5000, dialect="docker")
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "text",
    [
        '{"kind": "List", "items": 5}',
        '{"kind": "PodList", "items": {"a": {"spec": {"containers": [{"name": "a"}]}}}}',
        '{"kind": "Template", "objects": "x"}',
        '{"kind": "List", "items": [{"kind": "List", "items": 5}]}',
    ],
)
def test_a_list_whose_items_are_none(text):
    """Pods may be in it, so it is not said that there is none."""
    report = documents.lint(documents.read(text))

    assert [str(outcome) for outcome in report.outcomes] == ["not known: it cannot be read"]
    assert [finding.rule for finding in report.faults] == ["unreadable"]


@pytest.mark.parametrize(
    "command",
    [
        "docker compose up -d",
        "docker compose -f x.yml -p p start",
        "docker-compose up",
        "docker stack deploy -c x.yml s",
        "sudo -u x docker start web",
        "docker --context x container restart web",
        "docker service update --cap-add ALL web",
        "podman pod start p",
        "podman compose run web",
        "podman-compose -f x up",
        "nerdctl compose -f x up",
        "lxc launch x -c security.privileged=true",
        "incus start x",
        "lxc-start -n x",
        "systemd-run -p AmbientCapabilities=CAP_SYS_ADMIN x",
        "systemd-nspawn -D x",
        "/usr/sbin/runc --root /x run z",
        "crun run z",
        "ctr -n k8s.io run x y",
        "kubectl -n x apply -f y",
        "helm install x y",
        "bwrap --cap-add ALL x",
    ],
)
def test_what_else_starts_containers(command):
    """Where others beside it are read, and in a unit; what they may do is said elsewhere."""
    told = "expected a command that says itself what its container may do, as docker run does, got "
    first, unread = documents.read(f"docker run alpine\n{command}\n", "run.sh")
    assert (first.not_known, unread.not_known) == ("", "it cannot be read")
    assert [each.message.startswith(told) for each in unread.problems] == [True]
    unit, inside = documents.read(f"[Service]\nExecStart={command}\n", "a.service")
    assert (unit.unit is not None, inside.within) == (True, "[Service]")
    assert [each.message.startswith(told) for each in inside.problems] == [True]


@pytest.mark.parametrize(
    "command",
    [
        "docker compose down",
        "docker logs start",
        "docker volume create up",
        "docker network create start",
        "docker stack ls",
        "podman image ls",
        "kubectl get pods",
        "helm list",
        "incus list",
        "runc list",
        "machinectl list",
        "echo docker start web",
    ],
)
def test_what_starts_none(command):
    [only] = documents.read(f"docker run alpine\n{command}\n", "run.sh")
    assert only.not_known == ""
