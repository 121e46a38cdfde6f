"""Task definitions of Amazon ECS."""

from __future__ import annotations

import json

import pytest

from capset import documents, engines
from capset.engines import Request
from capset.errors import DialectError, FormatError
from capset.formats import ecs


def task(*containers, **keys):
    return json.dumps({"family": "shop", "containerDefinitions": containers, **keys}, indent=1)


def linux(**lists):
    return {"linuxParameters": {"capabilities": lists}}


def test_a_task():
    """Each container; the whole as AWS prints it too."""
    web = {"name": "web", "user": "5:6", "dockerSecurityOptions": ["no-new-privileges", "label:type:x", "apparmor:y"]}
    web |= linux(add=["NET_ADMIN"], drop=["ALL"])
    api = {"name": "api", "privileged": True, "dockerSecurityOptions": ["credentialspec:x"], "linuxParameters": None}
    text = task(web, api, {"name": "bare"})
    expected = [
        Request(["NET_ADMIN"], ["ALL"], user="5:6", no_new_privs=True),
        Request(privileged=True),
        Request(),
    ]
    for each in (text, json.dumps({"taskDefinition": json.loads(text), "tags": []})):
        found = documents.read(each)
        assert [one.request for one in found] == expected
        assert [one.label for one in found] == ["shop: web", "shop: api", "shop: bare"]
        assert [one.problems for one in found] == [()] * 3
        assert list(ecs.from_task(json.loads(each)).values()) == expected
    [outcome, *_] = documents.lint(found).outcomes
    assert str(outcome.gets.bounding) == "CAP_NET_ADMIN"
    assert ecs.from_container(web) == expected[0]


PROBLEMS = [
    (linux(add=["net_raw"]), "linuxParameters.capabilities.add[0]: refused: Amazon ECS knows no capability 'net_raw'"),
    (
        linux(add=["CAP_KILL"]),
        "linuxParameters.capabilities.add[0]: refused: Amazon ECS knows no capability 'CAP_KILL'",
    ),
    (linux(add=["${X}"]), "linuxParameters.capabilities.add[0]: depends: a variable stands here"),
    (linux(Add=["KILL"]), "linuxParameters.capabilities.Add: refused: Amazon ECS knows no such key: did you mean add?"),
    ({"linuxParameters": {"add": []}}, "linuxParameters.add: refused: Amazon ECS knows no such key: known are "),
    ({"LinuxParameters": {}}, "LinuxParameters: refused: Amazon ECS knows no such key: did you mean linuxParameters?"),
    ({"capabilities": {"add": ["KILL"]}}, "capabilities: refused: Amazon ECS knows no such key here: it belongs into"),
    ({"linux": {"capabilities": {}}}, "linux: refused: what stands in it belongs into the container itself, or linux"),
    ({"user": "web"}, "user: depends: only the image knows the number of the user 'web'"),
    ({"user": "-1"}, "user: refused: Docker takes user ids from 0 to "),
    ({"dockerSecurityOptions": ["no_new_privs"]}, "dockerSecurityOptions[0]: refused: Docker knows no security option"),
]


@pytest.mark.parametrize(("keys", "told"), PROBLEMS)
def test_problems(keys, told):
    [first, *_] = ecs.from_container({"name": "a", **keys}).problems
    assert str(first).startswith(told)


@pytest.mark.parametrize(
    ("places", "verdicts"), [([], []), (["EC2"], []), (["FARGATE"], ["refused"]), (["EC2", "FARGATE"], ["depends"])]
)
def test_fargate(places, verdicts):
    """It lets a container add one name, and has neither privileged containers nor security options."""
    container = {"name": "a", "privileged": True, "dockerSecurityOptions": ["no-new-privileges"]}
    container |= linux(add=["SYS_PTRACE", "KILL", "$X"])
    found, bare = documents.read(task(container, {"name": "b"}, requiresCompatibilities=places))
    found = found.problems
    assert bare.problems == ()
    told = [each for each in found if each.rule == "fargate"]
    assert [each.verdict for each in told] == verdicts * 3
    assert [each.message for each in told] == [
        "Fargate lets a container add SYS_PTRACE alone",
        "Fargate has no privileged containers",
        "Fargate takes no security options",
    ][: 3 * len(verdicts)]


def test_windows():
    text = task({"name": "a"}, runtimePlatform={"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"})
    [outcome] = documents.lint(documents.read(text)).outcomes
    assert str(outcome) == "nothing: Windows has no capabilities"


def test_what_is_no_task():
    with pytest.raises(DialectError, match="this is not ecs: it has no containerDefinitions"):
        documents.read('{"ContainerDefinitions": []}', dialect="ecs")
    with pytest.raises(DialectError, match="this is not ecs: it has no containerDefinitions"):
        documents.read('{"taskDefinition": {"a": 1}}', dialect="ecs")
    with pytest.raises(DialectError, match="this is not ecs: expected a mapping"):
        documents.read("[5]", dialect="ecs")
    with pytest.raises(FormatError, match="expected a task definition, with containerDefinitions"):
        ecs.from_task({})
    with pytest.raises(FormatError, match="a name that no other container of the task has"):
        ecs.from_task({"containerDefinitions": [{"name": "a"}, {"name": "a"}]})
    with pytest.raises(FormatError, match="expected a container with a name"):
        ecs.from_task({"containerDefinitions": [{}]})
    for text in ('{"containerDefinitions": 5}', task({"name": 5}), task({}), task({"name": "a", "user": 5})):
        [found] = documents.read(text)
        assert found.refusal.rule == "unreadable"


def test_writing():
    """And what is written is read again; Fargate refuses what it does not take."""
    request = Request(["NET_RAW"], ["all"], privileged=True, user="5", no_new_privs=True)
    assert ecs.from_container(ecs.to_container(request)) == Request(
        ["NET_RAW"], ["ALL"], privileged=True, user="5", no_new_privs=True
    )
    assert ecs.to_container(Request()) == {}
    written = documents.convert(documents.read("docker run --cap-add BPF --user 0 x"), "ecs")
    assert json.loads(written.text)["containerDefinitions"][0]["name"] == "app"
    assert [loss.rule for loss in written.losses] == ["engine-refuses"]
    [web] = documents.read(task({"name": "web", "user": "0", **linux(add=["KILL"])}))
    fargate = engines.get("aws-fargate")
    assert documents.lint(web, engine=fargate)[0].rule == "engine-refuses"


def test_names():
    """What there is to complete."""
    assert dir(ecs) == ["from_container", "from_task", "to_container"]
