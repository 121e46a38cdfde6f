"""Docker, Compose, Kubernetes and OCI: every spelling that the target takes, and what it does not."""

from __future__ import annotations

import pytest

from capset import CapSet, CapState, engines
from capset.engines import Request
from capset.errors import FormatError, UnknownCapabilityError
from capset.formats import compose, docker, kubernetes, oci
from capset.formats.document import Node


def told(problems):
    """Write problems for comparison."""
    return [str(problem) for problem in problems]


OPTIONS = "known are no-new-privileges, apparmor, label, seccomp, systempaths, writable-cgroups"
ALONE = "every name stands by itself, without commas or white space"

# -- Docker -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "request_"),
    [
        ("", Request()),
        ("--cap-add NET_ADMIN --cap-add=kill", Request(["NET_ADMIN", "kill"])),
        ("--cap-drop=all --cap-add CAP_CHOWN", Request(["CAP_CHOWN"], ["all"])),
        ("--privileged", Request(privileged=True)),
        ("--privileged=1 --privileged=F", Request()),
        ("--user 5 --user=7", Request(user="7")),
        ("-u5", Request(user="5")),
        ("-u=5", Request(user="5")),
        ("-u 5:6", Request(user="5:6")),
        ("-itu5", Request(user="5")),
        ("-it=false -u 5", Request(user="5")),
        ("-itu 5 -- alpine -u 6", Request(user="5")),
        ("sudo docker run --privileged -- x y", Request(privileged=True)),
        ("--privileged --", Request(privileged=True)),
        ("time timeout -k 5 9 env -i -u X A=1 nice -n5 docker run --privileged x", Request(privileged=True)),
        ("if ! sudo -Eu root exec -a x docker run --privileged web:$TAG $X", Request(privileged=True)),
        ("A=1 sudo -E -u root B=2 docker run --privileged x", Request(privileged=True)),
        ("/usr/bin/docker -D --context=a -H tcp://x create -u 00000000000000000000 x", Request(user="0" * 20)),
        ("alpine sh -c ls", Request()),
        ("-e A=--privileged --env --privileged -h --privileged x", Request()),
        ("--rm --read-only -P --name=x -v /a:/b -u 5 x", Request(user="5")),
        ("--security-opt no-new-privileges", Request(no_new_privs=True)),
        ("--security-opt=no-new-privileges:true", Request(no_new_privs=True)),
        ("--security-opt no-new-privileges=T", Request(no_new_privs=True)),
        ("--security-opt no-new-privileges --security-opt no-new-privileges=0", Request()),
        ("--security-opt seccomp=unconfined --security-opt label:disable", Request()),
        ("docker run --privileged x", Request(privileged=True)),
        ("docker container create --privileged x", Request(privileged=True)),
        ("docker run --privileged docker:cli docker run x", Request(privileged=True)),
        ("--privileged docker:cli docker run x", Request(privileged=True)),
        ("alpine docker ps", Request()),
    ],
)
def test_docker_flags(words, request_):
    """Every spelling, up to the image."""
    request = docker.from_flags(words.split())

    assert request == request_
    assert request.problems == ()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--cap-ad", "X"], "--cap-ad: expected an option of docker run, did you mean --cap-add?, got '--cap-ad'"),
        (
            ["--CAP-DROP=X"],
            "--CAP-DROP=X: expected an option of docker run, did you mean --cap-drop?, got '--CAP-DROP=X'",
        ),
        (["--xyzzy"], "--xyzzy: expected an option of docker run, got '--xyzzy'"),
        (["--cap-add"], "--cap-add: expected a value behind it, got '--cap-add'"),
        (["-u"], "-u: expected a value behind it, got '-u'"),
        (["-iX"], "-iX: expected an option of docker run; long options have two hyphens, got '-X'"),
        (
            ["-privileged"],
            "-privileged: expected two hyphens in front of a long option: --privileged, got '-privileged'",
        ),
        (
            ["--privileged=yes"],
            "--privileged=yes: expected one of 1, t, T, TRUE, true, True, 0, f, F, FALSE, false, False, ",
        ),
        (
            ["--rm=maybe"],
            "--rm=maybe: expected one of 1, t, T, TRUE, true, True, 0, f, F, FALSE, false, False, got 'maybe'",
        ),
        (["-it=u3"], "-it=u3: expected one of 1, t, T"),
        (["podman", "run"], "podman: expected docker run or its options, as podman run has its own: documents.read()"),
        (["docker", "service", "create"], "docker: expected docker run or its options, as docker service create has"),
        (["sudo", "-E", "ls"], "ls: expected docker run or its options"),
        (["$OPTS", "x"], "the first word: expected the image; what is put in this place may be options, got '$OPTS'"),
        (["sudo", "docker"], "docker: expected docker run or docker create, and its options, got 'sudo docker'"),
        (["docker", "ps"], "docker: expected docker run or docker create, and its options, got 'docker ps'"),
        *(
            (words.split(), f"{words.split()[0]}: expected docker run in front, or its options: leave out what runs it")
            for words in (
                "xargs docker run --privileged x",
                "watch -n 5 docker create x",
                "ssh docker docker -D docker -D -H x container run x",
                "sudo chroot /x podman run x",
            )
        ),
    ],
)
def test_docker_flags_that_are_none(words, message):
    with pytest.raises(FormatError) as caught:
        docker.from_flags(words)

    assert message in str(caught.value)


def test_docker_flags_of_another_type():
    with pytest.raises(TypeError, match=r"shlex\.split"):
        docker.from_flags("--privileged")
    with pytest.raises(TypeError, match="got 5 among them"):
        docker.from_flags([5])


@pytest.mark.parametrize(
    ("words", "problems"),
    [
        (
            ["--cap-add=NET_RAWW"],
            ["--cap-add: refused: Docker knows no capability 'NET_RAWW': did you mean NET_RAW?"],
        ),
        (["--cap-drop= kill"], ["--cap-drop: refused: Docker knows no capability ' kill': write KILL"]),
        (["--cap-add=12"], ["--cap-add: refused: Docker knows no capability '12': write NET_ADMIN"]),
        (["--cap-add= all"], ["--cap-add: refused: Docker knows no capability ' all': write ALL"]),
        (
            ["--cap-add=A,B"],
            [
                f"--cap-add: refused: Docker knows no capability 'A,B': {ALONE}",
            ],
        ),
        (
            ["--cap-add=41"],
            ["--cap-add: refused: Docker knows no capability '41': it has no name yet, and here only names are taken"],
        ),
        (
            ["--privileged", "--cap-drop=KILL"],
            ["--cap-drop: ignored: Docker gives a privileged container everything, whatever is named"],
        ),
        (
            ["--cap-add=KILL", "--cap-drop=cap_kill"],
            ["--cap-drop: ignored: it is added as well, and Docker lets that win"],
        ),
        (["--cap-add=ALL", "--cap-drop=all"], ["--cap-drop: ignored: it is added as well, and Docker lets that win"]),
        (["--cap-add=KILL", "--cap-drop=all"], []),
        (
            ["--cap-add=ALL", "--cap-add=KILL", "--cap-drop=KILL"],
            ["--cap-add: ignored: it is dropped as well, and Docker lets that win"],
        ),
        (["--user=web"], ["--user: depends: only the image knows the number of the user 'web'; 0 is root"]),
        (["--cap-add=$CAP"], ["--cap-add: depends: a variable stands here, which something else replaces"]),
        (["--user=-1"], ["--user: refused: Docker takes user ids from 0 to 2147483647"]),
        (["--user=1:2147483648"], ["--user: refused: Docker takes user ids from 0 to 2147483647"]),
        (["-u="], ["--user: depends: only the image knows the number of the user '='; 0 is root"]),
        (
            ["--security-opt=no-new-privs"],
            [
                "--security-opt: refused: Docker knows no security option 'no-new-privs': "
                "did you mean no-new-privileges?"
            ],
        ),
        (
            ["--security-opt=x"],
            [f"--security-opt: refused: Docker knows no security option 'x': {OPTIONS}"],
        ),
        (
            ["--security-opt=no_new_privileges=true"],
            [
                "--security-opt: refused: Docker knows no security option 'no_new_privileges=true': "
                "did you mean no-new-privileges?"
            ],
        ),
        (
            ["--security-opt=x=y", "--security-opt=systempaths:unconfined"],
            [
                f"--security-opt: refused: Docker knows no security option {option!r}: {OPTIONS}"
                for option in ("x=y", "systempaths:unconfined")
            ],
        ),
        (
            ["--security-opt=no-new-privileges=yes"],
            ["--security-opt: refused: 'yes' is not one of 1, t, T, TRUE, true, True, 0, f, F, FALSE, false, False"],
        ),
    ],
)
def test_what_docker_does_not_take(words, problems):
    """Nothing is lost: the name is in the request, and what becomes of it is told."""
    assert told(docker.from_flags(words).problems) == problems


def test_docker_flags_are_written_in_one_way():
    request = Request(["cap_kill", "KILL", "5", " all"], ["net_raw"], privileged=True, user="web", no_new_privs=True)

    assert docker.to_flags(request) == [
        "--cap-drop=NET_RAW",
        "--cap-add=KILL",
        "--cap-add=ALL",
        "--privileged",
        "--user=web",
        "--security-opt=no-new-privileges",
    ]
    with pytest.raises(FormatError, match=r"add\[1\]: expected a capability \(did you mean KILL\?\), got 'kil'"):
        docker.to_flags(Request(["kill", "kil"]))
    with pytest.raises(FormatError, match="it has no name yet"):
        docker.to_flags(Request(drop=["41"]))
    for write in (docker.to_flags, compose.to_service):
        with pytest.raises(FormatError, match="user: expected ids from 0 to 2147483647, or names, got '-1'"):
            write(Request(user="-1"))


CONTAINER = {
    "HostConfig": {"CapAdd": None, "CapDrop": ["CAP_KILL"], "Privileged": False, "SecurityOpt": ["no-new-privileges"]},
    "Config": {"User": "1000"},
}


def test_inspect():
    """A container, alone or in the list that is printed; a service of a swarm; what Podman computes."""
    assert docker.from_inspect(CONTAINER) == Request(drop=["CAP_KILL"], user="1000", no_new_privs=True)
    assert docker.from_inspect([CONTAINER]) == docker.from_inspect(CONTAINER)
    spec = {"CapabilityAdd": ["CAP_KILL"], "User": "7", "Privileges": {"NoNewPrivileges": True}}
    service = {"Spec": {"TaskTemplate": {"ContainerSpec": spec}}}
    assert docker.from_inspect(service) == Request(["CAP_KILL"], user="7", no_new_privs=True)
    for key in ("BoundingCaps", "EffectiveCaps"):
        [problem] = docker.from_inspect({"HostConfig": {"CapAdd": ["A,B"], "CapDrop": ["KILL"]}, key: None}).problems
        assert str(problem).startswith("HostConfig.CapAdd: depends: Podman computes these lists")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "the document: expected one container; docker inspect NAME gives a list with one, got []"),
        ([CONTAINER, CONTAINER], "the document: expected one container"),
        ({}, "the document: expected a container, with HostConfig, or a service, with Spec.TaskTemplate, got {}"),
        ("x", "the document: expected a mapping, got 'x'"),
        ({"Spec": {"Role": "worker"}}, "the document: expected a container, with HostConfig, or a service, with Spec."),
        ({"HostConfig": {"CapAdd": "KILL"}}, "HostConfig.CapAdd: expected a list of names, as [KILL] is, got 'KILL'"),
        ({"HostConfig": {"CapAdd": [5]}}, "HostConfig.CapAdd[0]: expected a name in quotes, got 5"),
        ({"HostConfig": {"CapAdd": [None]}}, "HostConfig.CapAdd[0]: expected a name, got None"),
        ({"HostConfig": {"CapAdd": 5}}, "HostConfig.CapAdd: expected a list, got 5"),
        ({"HostConfig": {"Privileged": "true"}}, "HostConfig.Privileged: expected true or false, got 'true'"),
        ({"HostConfig": {"CapAdd": []}, "Config": {"User": 5}}, "Config.User: expected a text, got 5"),
        (
            {"HostConfig": {"Capadd": ["ALL"]}},
            "HostConfig.Capadd: expected a key that docker inspect prints (did you mean CapAdd?), got ['ALL']",
        ),
        (
            {"HostConfig": {"privileged": True}},
            "HostConfig.privileged: expected a key that docker inspect prints (did you mean Privileged?), got True",
        ),
        (
            {"HostConfig": {}, "config": {"User": "5"}},
            "config: expected a key that docker inspect prints (did you mean",
        ),
        ({"HostConfig": {"A": 1}, "Config": {"user": "5"}}, "Config.user: expected a key that docker inspect prints"),
        ({"Spec": {"TaskTemplate": {}}}, "Spec.TaskTemplate.ContainerSpec: expected a mapping: only a service of cont"),
        (
            {"Spec": {"TaskTemplate": {"PluginSpec": {}, "ContainerSpec": None}}},
            "Spec.TaskTemplate.ContainerSpec: expected a mapping: only a service of containers is read, got None",
        ),
        (
            {"Spec": {"TaskTemplate": {"ContainerSpec": {"capabilityadd": ["ALL"]}}}},
            "ContainerSpec.capabilityadd: expected a key that docker inspect prints (did you mean CapabilityAdd?)",
        ),
        (
            {"Spec": {"TaskTemplate": {"ContainerSpec": {"Privileges": {"noNewPrivileges": True}}}}},
            "Privileges.noNewPrivileges: expected a key that docker inspect prints (did you mean NoNewPrivileges?)",
        ),
    ],
)
def test_what_is_no_inspect_document(document, message):
    with pytest.raises(FormatError) as caught:
        docker.from_inspect(document)

    assert message in str(caught.value)


# -- Compose ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "request_"),
    [
        ({}, Request()),
        (None, Request()),
        ({"cap_add": ["NET_ADMIN"], "cap_drop": []}, Request(["NET_ADMIN"])),
        ({"privileged": True}, Request(privileged=True)),
        ({"privileged": "TRUE"}, Request(privileged=True)),
        ({"privileged": "false"}, Request()),
        ({"user": "1000:50", "security_opt": ["no-new-privileges=true"]}, Request(user="1000:50", no_new_privs=True)),
        ({"user": "", "image": "x", "environment": ["A=1"], "x-own": 5}, Request()),
    ],
)
def test_compose_services(service, request_):
    request = compose.from_service(service)

    assert request == request_
    assert request.problems == ()


@pytest.mark.parametrize(
    ("service", "problems"),
    [
        (
            {"user": 1000},
            ["user: refused: Compose takes a text for the user: put it in quotes, '1000'"],
        ),
        (
            {"privileged": "yes"},
            ["privileged: depends: Compose takes it with a warning, and docker stack refuses it: write true or false"],
        ),
        ({"cap_add": None}, ["cap_add: refused: Compose takes no empty value here: leave the key out"]),
        ({"CAP_ADD": ["KILL"]}, ["CAP_ADD: refused: Compose knows no key CAP_ADD: did you mean cap_add?"]),
        (
            {"capabilities": ["KILL"], "caps": None, "image": "x"},
            ["capabilities: refused: Compose knows no key capabilities: write cap_add and cap_drop"],
        ),
        ({"cap_drops": ["KILL"]}, ["cap_drops: refused: Compose knows no key cap_drops: did you mean cap_drop?"]),
        (
            {"security_opt": ["label=disable", "label=disable"]},
            [
                "security_opt[1]: refused: it stands there twice, which Compose takes for the names of capabilities "
                "alone"
            ],
        ),
        (
            {"cap_add": ["${CAP}", "kil"], "user": "$UID", "privileged": "${P}", "security_opt": ["${S}"]},
            [
                "cap_add[0]: depends: Compose puts the value of a variable here",
                "security_opt[0]: depends: Compose puts the value of a variable here",
                "user: depends: Compose puts the value of a variable here",
                "privileged: depends: Compose puts the value of a variable here",
                "cap_add[1]: refused: Docker knows no capability 'kil': did you mean KILL?",
            ],
        ),
        ({"user": "a$$b"}, ["user: depends: only the image knows the number of the user 'a$b'; 0 is root"]),
        ({"extends": {"service": "a"}}, ["extends: depends: what another service adds to this one is not read"]),
        (
            {"cap_add": ["KILL"], "cap_drop": ["kill"]},
            ["cap_drop[0]: ignored: it is added as well, and Docker lets that win"],
        ),
    ],
)
def test_what_compose_does_not_take(service, problems):
    assert told(compose.from_service(service).problems) == problems


@pytest.mark.parametrize(
    ("service", "message"),
    [
        ([], "the document: expected a mapping, got []"),
        ({"cap_add": "KILL"}, "cap_add: expected a list of names, as [KILL] is, got 'KILL'"),
        ({"cap_drop": {"KILL": None}}, "cap_drop: expected a list, got {'KILL': None}"),
        ({"cap_add": [False]}, "cap_add[0]: expected a name in quotes, got False"),
        ({"privileged": 1}, "privileged: expected true or false, got 1"),
        ({"privileged": "1"}, "privileged: expected true or false, got '1'"),
        ({"user": 1.5}, "user: expected a text, got 1.5"),
        (
            {"security_opt": [{"no-new-privileges": True}]},
            "security_opt[0]: expected a text, which no-new-privileges:true is without white space in it, got "
            "{'no-new-privileges': True}",
        ),
    ],
)
def test_what_is_no_service(service, message):
    with pytest.raises(FormatError) as caught:
        compose.from_service(service)

    assert str(caught.value) == message


def test_compose_files():
    """All services by name, with places from the top."""
    project = {"services": {"web": {"cap_add": ["KIL"]}, "db": None}}
    requests = compose.from_project(project)

    assert requests == {"web": Request(["KIL"]), "db": Request()}
    assert requests["web"].problems[0].place == "services.web.cap_add[0]"
    with pytest.raises(FormatError, match=r"expected a compose file, with services, got \{\}"):
        compose.from_project({})
    with pytest.raises(FormatError, match=r"services.1: expected a name that no other service has, not 1 again"):
        compose.from_project({"services": {1: {}, "1": {}}})
    with pytest.raises(FormatError, match=r"services: expected a mapping, got \['web'\]"):
        compose.from_project({"services": ["web"]})


def test_services_are_written_in_one_way():
    request = Request(["cap_kill", "kill"], ["all"], privileged=True, user="7", no_new_privs=True)

    assert compose.to_service(request) == {
        "cap_drop": ["ALL"],
        "cap_add": ["KILL"],
        "privileged": True,
        "user": "7",
        "security_opt": ["no-new-privileges:true"],
    }
    assert compose.to_service(Request()) == {}
    assert compose.to_service(Request(user="a$b")) == {"user": "a$$b"}
    assert compose.from_service({"user": "a$$b"}).user == "a$b"


# -- Kubernetes -------------------------------------------------------------------------------------


def container(**context):
    return {"name": "a", "securityContext": context}


def test_the_container_over_the_pod():
    """Users are the pod's where the container says nothing; capabilities are the container's own."""
    pod = {"runAsUser": 1000, "runAsGroup": 50, "runAsNonRoot": True, "fsGroup": 5}

    assert kubernetes.from_container({"name": "a"}, pod_security_context=pod) == Request(user="1000:50")
    assert kubernetes.from_container(container(runAsUser=7), pod_security_context=pod) == Request(user="7:50")
    assert kubernetes.from_container(container(runAsGroup=7)) == Request(user=":7")
    assert kubernetes.from_container(container(allowPrivilegeEscalation=True)) == Request()
    assert kubernetes.from_container({}) == Request()


@pytest.mark.parametrize(
    ("context", "problems"),
    [
        (
            {"capabilities": {"add": ["CAP_NET_ADMIN"]}},
            [
                "securityContext.capabilities.add[0]: depends: containerd takes 'CAP_NET_ADMIN' for "
                "CAP_CAP_NET_ADMIN, which is none, and CRI-O takes it: write NET_ADMIN"
            ],
        ),
        (
            {"capabilities": {"drop": ["all"]}},
            [
                "securityContext.capabilities.drop[0]: depends: runtimes take it, and policies that compare texts "
                "do not: write ALL"
            ],
        ),
        (
            {"capabilities": {"add": ["NETADMIN"]}},
            [
                "securityContext.capabilities.add[0]: depends: 'NETADMIN' is no capability, and CRI-O refuses it "
                "where containerd passes it over: did you mean NET_ADMIN?"
            ],
        ),
        (
            {"capabilities": {"Add": ["KILL"], "xyz": 1}},
            [
                "securityContext.capabilities.Add: ignored: Kubernetes knows no such key, and refuses it or passes "
                "over it: did you mean add?",
                "securityContext.capabilities.xyz: ignored: Kubernetes knows no such key, and refuses it or passes "
                "over it: known are add, drop",
            ],
        ),
        (
            {"capabilites": {"add": ["KILL"]}},
            [
                "securityContext.capabilites: ignored: Kubernetes knows no such key, and refuses it or passes over "
                "it: did you mean capabilities?"
            ],
        ),
        (
            {"privileged": True, "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
            [
                "securityContext.capabilities.drop[0]: ignored: the runtime gives a privileged container "
                "everything, whatever is named",
                "securityContext.allowPrivilegeEscalation: refused: the API server says that a privileged container "
                "cannot have allowPrivilegeEscalation false",
            ],
        ),
        (
            {"allowPrivilegeEscalation": False, "capabilities": {"add": ["SYS_ADMIN", "CAP_SYS_ADMIN"]}},
            [
                "securityContext.capabilities.add[1]: depends: containerd takes 'CAP_SYS_ADMIN' for "
                "CAP_CAP_SYS_ADMIN, which is none, and CRI-O takes it: write SYS_ADMIN",
                "securityContext.capabilities.add[1]: refused: the API server does not take CAP_SYS_ADMIN with "
                "allowPrivilegeEscalation false",
            ],
        ),
        (
            {"runAsUser": 2**31, "runAsGroup": -1},
            [
                "securityContext.runAsUser: refused: the API server takes ids from 0 to 2147483647",
                "securityContext.runAsGroup: refused: the API server takes ids from 0 to 2147483647",
            ],
        ),
        (
            {"runAsNonRoot": True},
            [
                "securityContext.runAsNonRoot: depends: it starts only as the image's user, if that is not root: "
                "what root would get does not hold"
            ],
        ),
        (
            {"runAsUser": 0, "runAsNonRoot": True},
            [
                "securityContext.runAsUser: refused: the kubelet does not start a container that has runAsNonRoot "
                "and runs as root"
            ],
        ),
    ],
)
def test_what_kubernetes_does_not_take(context, problems):
    assert told(kubernetes.from_container(container(**context)).problems) == problems


def test_what_is_dropped_wins():
    """In Docker it is the other way round."""
    context = {"capabilities": {"add": ["KILL", "ALL", "CHOWN"], "drop": ["KILL", "ALL"]}}
    problems = kubernetes.from_container(container(**context)).problems

    assert told(problems) == [
        f"securityContext.capabilities.add[{at}]: ignored: it is dropped as well, and the runtime lets that win"
        for at in (0, 1)
    ]


def test_what_one_runtime_drops():
    """A name with CAP_ is one to CRI-O alone."""
    context = {"capabilities": {"add": ["KILL"], "drop": ["CAP_KILL"]}}
    problems = kubernetes.from_container(container(**context)).problems

    assert told(problems)[-1] == (
        "securityContext.capabilities.add[0]: depends: it is dropped as well, in another spelling, "
        "and CRI-O alone lets that win"
    )


def test_keys_in_the_wrong_place():
    """Capabilities of a pod, the commonest mistake, and a misspelt context."""
    request = kubernetes.from_container(
        {"securitycontext": {}}, pod_security_context={"capabilities": {"drop": ["ALL"]}, "runAsUser": 5}
    )

    strange = "Kubernetes knows no such key, and refuses it or passes over it"
    assert told(request.problems) == [
        f"pod.securityContext.capabilities: ignored: {strange}: it belongs into the securityContext of a container",
        f"securitycontext: ignored: {strange}: did you mean securityContext?",
    ]
    request = kubernetes.from_container({"privileged": True, "image": "x"}, pod_security_context={"runAsuser": 5})
    assert told(request.problems) == [
        f"pod.securityContext.runAsuser: ignored: {strange}: did you mean runAsUser?",
        f"privileged: ignored: {strange}: it belongs into securityContext",
    ]
    spec = {"initcontainers": [], "containers": [{"name": "a"}], "privileged": True, "nodeName": "x"}
    assert told(kubernetes.from_pod({"spec": spec})["a"].problems) == [
        f"spec.initcontainers: ignored: {strange}: did you mean initContainers?",
        f"spec.privileged: ignored: {strange}: it belongs into the securityContext of a container",
    ]


SPEC = {
    "securityContext": {"runAsUser": 5},
    "initContainers": [{"name": "init"}],
    "containers": [{"name": "web", "securityContext": {"runAsUser": 6}}, {"name": "log"}],
    "ephemeralContainers": [{"name": "debug"}],
}
EXPECTED = {"init": "5", "web": "6", "log": "5", "debug": "5"}


@pytest.mark.parametrize(
    "document",
    [
        {"kind": "Pod", "spec": SPEC},
        {"kind": "PodTemplate", "template": {"spec": SPEC}},
        *(
            {"kind": kind, "spec": {"template": {"spec": SPEC}}}
            for kind in ("Deployment", "DaemonSet", "StatefulSet", "ReplicaSet", "ReplicationController", "Job")
        ),
        {"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": {"spec": SPEC}}}}},
        {"kind": "Rollout", "spec": {"template": {"spec": SPEC}}},
        {"kind": "List", "items": [{"kind": "Pod", "spec": SPEC}]},
        {"kind": "PodList", "items": [{"kind": "Pod", "spec": SPEC}]},
        {"kind": "List", "items": [{"kind": "Service", "spec": {}}, {"kind": "Pod", "spec": SPEC}]},
        {"kind": "List", "items": [{"kind": "List", "items": [{"kind": "PodList", "items": [{"spec": SPEC}]}]}]},
        {"spec": SPEC},
        SPEC,
    ],
    ids=lambda document: document.get("kind", "none"),
)
def test_pods_and_what_makes_them(document):
    """Init containers first, ephemeral ones last."""
    requests = kubernetes.from_pod(document)

    assert {name: request.user for name, request in requests.items()} == EXPECTED
    assert list(requests) == list(EXPECTED)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (
            {"kind": "Service", "spec": {}},
            "the document: expected a pod or what makes one (Pod, PodTemplate, CronJob, ",
        ),
        ({}, "the document: expected a pod or what makes one"),
        (5, "the document: expected a mapping, got 5"),
        (
            {"kind": "List", "items": []},
            "the document: expected one pod; kubernetes.pods() goes through the items of a",
        ),
        ({"kind": "List", "items": [5]}, "items[0]: expected a mapping, got 5"),
        (
            {"kind": "List", "items": [{"kind": "Service"}, {"kind": "List", "items": []}]},
            "the document: expected a pod or what makes one (Pod, PodTemplate, CronJob, ",
        ),
        ({"kind": "List", "items": 5}, "items: expected a list, got 5"),
        ({"kind": "Service"}, "the document: expected a pod or what makes one (Pod, PodTemplate, CronJob, "),
        ({"kind": "Pod", "spec": []}, "spec: expected a mapping, got []"),
        (
            {"kind": "Pod", "spec": {"Containers": []}},
            "spec.containers: expected the containers of the pod, at least one, got None",
        ),
        (
            {"kind": "Pod", "spec": {"containers": []}},
            "spec.containers: expected the containers of the pod, at least one, got []",
        ),
        ({"kind": "Pod", "spec": {"containers": {}}}, "spec.containers: expected a list, got {}"),
        (
            {"kind": "Pod", "spec": {"os": 5, "containers": [{"name": "a"}]}},
            "spec.os: expected a mapping, got 5",
        ),
        (
            {"kind": "Pod", "spec": {"hostUsers": 5, "containers": [{"name": "a"}]}},
            "spec.hostUsers: expected true or false, got 5",
        ),
        ({"kind": "Pod", "spec": {"containers": [{}]}}, "spec.containers[0]: expected a container with a name, got {}"),
        (
            {"kind": "Pod", "spec": {"containers": [{"name": "a"}], "initContainers": [{"name": "a"}]}},
            "spec.containers[0].name: expected a name that no other container of the pod has, got 'a'",
        ),
        (
            {"spec": {"containers": [container(capabilities={"add": "KILL"})]}},
            "spec.containers[0].securityContext.capabilities.add: expected a list of names, as [KILL] is, got 'KILL'",
        ),
        (
            {"spec": {"containers": [container(runAsUser="5")]}},
            "spec.containers[0].securityContext.runAsUser: expected a number, got '5'",
        ),
        (
            {"spec": {"containers": [container(privileged="true")]}},
            "spec.containers[0].securityContext.privileged: expected true or false, got 'true'",
        ),
    ],
)
def test_what_is_no_pod(document, message):
    with pytest.raises(FormatError) as caught:
        kubernetes.from_pod(document)

    assert message in str(caught.value)


def test_windows_pods_have_no_capabilities():
    spec = {"os": {"name": "windows"}, "containers": [container(capabilities={}, runAsUser=5), {"name": "b"}]}
    requests = kubernetes.from_pod({"spec": spec})

    assert told(requests["a"].problems) == [
        f"spec.containers[0].securityContext.{key}: refused: a Windows pod has no {key}"
        for key in ("capabilities", "runAsUser")
    ]
    assert requests["b"].problems == ()
    pod = {"os": {"name": "windows"}, "hostUsers": True, "containers": [{"name": "b"}]}
    pod["securityContext"] = {"runAsUser": 5, "runAsGroup": 0}
    assert told(kubernetes.from_pod({"spec": pod})["b"].problems) == [
        f"spec.{place}: refused: a Windows pod has no {place.rpartition('.')[2]}"
        for place in ("hostUsers", "securityContext.runAsUser", "securityContext.runAsGroup")
    ]


def test_users_of_the_pods_own():
    """With hostUsers false, no capability counts outside; true is what is so anyway."""
    requests = [
        kubernetes.from_pod({"spec": {"hostUsers": value, "containers": [{"name": "a"}]}})["a"]
        for value in (True, None, False)
    ]

    assert [told(request.problems) for request in requests] == [
        [],
        [],
        [
            "spec.hostUsers: depends: not counted here: the capabilities count in a user namespace of the pod's own "
            "alone"
        ],
    ]
    assert requests[2] == Request()


def test_lists_that_hold_themselves():
    """As YAML can write them: none is gone through twice, and a list without items is no error."""
    pod, endless = {"kind": "Pod", "spec": SPEC}, {"kind": "List", "items": []}
    endless["items"] += [endless, pod, {"kind": "List", "items": [endless, pod]}]

    assert [pod.place for pod in kubernetes.pods(endless)] == ["items[1].spec", "items[2].items[1].spec"]
    assert list(kubernetes.pods({"kind": "List", "items": []})) == []
    endless["items"] = [endless]
    with pytest.raises(FormatError, match="the document: expected a pod or what makes one"):
        list(kubernetes.pods(endless))


def test_a_broken_container_hides_no_other():
    """In the place of what is broken, there is the error."""
    spec = {"initContainers": 5, "containers": [{"name": "a"}, {}, 7], "ephemeralContainers": [{"name": "b"}]}
    [pod] = kubernetes.pods({"kind": "Pod", "spec": spec})
    found = [str(entry) if isinstance(entry, FormatError) else entry[0] for entry in pod.entries()]

    assert found == [
        "spec.initContainers: expected a list, got 5",
        "a",
        "spec.containers[1]: expected a container with a name, got {}",
        "spec.containers[2]: expected a mapping, got 7",
        "b",
    ]


def test_containers_are_written_in_one_way():
    request = Request(["cap_kill", "kill"], ["all"], user="root:7", no_new_privs=True)

    assert kubernetes.to_container(request) == {
        "securityContext": {
            "capabilities": {"drop": ["ALL"], "add": ["KILL"]},
            "runAsUser": 0,
            "runAsGroup": 7,
            "allowPrivilegeEscalation": False,
        }
    }
    assert kubernetes.to_container(Request(privileged=True)) == {"securityContext": {"privileged": True}}
    assert kubernetes.to_container(Request(user="+0:root"))["securityContext"] == {"runAsUser": 0, "runAsGroup": 0}
    for wrong in ("web", "5:web", "-1", str(2**31)):
        with pytest.raises(FormatError, match="expected numbers from 0 to 2147483647, as no names are taken"):
            kubernetes.to_container(Request(user=wrong))
    with pytest.raises(FormatError, match="no_new_privs: expected False for a privileged container"):
        kubernetes.to_container(Request(privileged=True, no_new_privs=True))


# -- OCI --------------------------------------------------------------------------------------------


def test_config_json():
    """The document or its process; a list that is missing is empty."""
    capabilities = {"bounding": ["CAP_KILL", "CAP_KILL"], "effective": None}
    process = {"capabilities": capabilities, "noNewPrivileges": True, "user": {"uid": 7, "gid": 8}}

    assert oci.from_config({"process": process}) == oci.from_config(process) == CapState(bounding=["kill"])
    assert oci.from_process({"process": process}) == oci.Process(
        caps=CapState(bounding=["kill"]), no_new_privs=True, uid=7, gid=8
    )
    assert oci.from_process({"user": {}}) == oci.Process()


@pytest.mark.parametrize(
    ("process", "message"),
    [
        ({}, "the document: expected a config.json, with process, or a process, with capabilities, got {}"),
        (
            {"process": {}},
            "process.capabilities: expected five lists of capabilities, as runtimes do not agree on what none means, "
            "got None",
        ),
        ({"capabilities": []}, "capabilities: expected five lists, which they are since 1.0.0-rc5, got []"),
        (
            {"capabilities": {"bounding": ["kill"]}},
            "capabilities.bounding[0]: expected a capability (write CAP_KILL), got 'kill'",
        ),
        (
            {"capabilities": {"bounding": ["CAP_KIL"]}},
            "capabilities.bounding[0]: expected a capability (did you mean CAP_KILL?)",
        ),
        (
            {"capabilities": {"bounding": ["ALL"]}},
            "expected a capability (expected a name such as CAP_NET_ADMIN), got 'ALL'",
        ),
        (
            {"capabilities": {"Bounding": []}},
            "capabilities.Bounding: expected the key bounding, got []",
        ),
        ({"capabilities": {"bounding": "CAP_KILL"}}, "capabilities.bounding: expected a list of names"),
        ({"capabilities": 5}, "capabilities: expected a mapping, got 5"),
        (
            {"capabilities": {"boundin": []}},
            "capabilities.boundin: expected a key that there is (did you mean bounding?)",
        ),
        (
            {"user": {}, "capabilites": {}},
            "capabilites: expected a key that there is (did you mean capabilities?), got",
        ),
    ],
)
def test_what_is_no_config_json(process, message):
    with pytest.raises(FormatError) as caught:
        oci.from_config(process)

    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("process", "message"),
    [
        ({"capabilities": {}, "noNewPrivileges": "true"}, "noNewPrivileges: expected true or false, got 'true'"),
        ({"capabilities": {}, "user": {"uid": "5"}}, "user.uid: expected a number, got '5'"),
        ({"capabilities": {}, "user": {"uid": 2**32}}, "user.uid: expected an id from 0 to 4294967294, got 4294967296"),
        ({"capabilities": {}, "user": {"gid": -1}}, "user.gid: expected an id from 0 to 4294967294, got -1"),
    ],
)
def test_what_is_no_process(process, message):
    with pytest.raises(FormatError) as caught:
        oci.from_process(process)

    assert message in str(caught.value)


def test_what_runtimes_pass_over_or_refuse():
    """Nothing is lost on the way to a process."""
    process = oci.from_process(
        {
            "capabilities": {
                "bounding": ["CAP_KILL", "kill"],
                "effective": ["CAP_CHOWN"],
                "ambient": ["CAP_KILL"],
                "other": [],
            }
        }
    )

    assert process.caps == CapState(bounding=["kill"], effective=["chown"], ambient=["kill"])
    assert told(process.problems) == [
        "capabilities.bounding[1]: depends: runc passes over 'kill', and crun refuses it since 1.29: write CAP_KILL",
        "capabilities.other: ignored: runtimes pass over what they do not know: known are effective, permitted, "
        "inheritable, bounding, ambient",
        "capabilities: refused: the kernel refuses these sets for CAP_CHOWN: effective is always a subset of "
        "permitted, and inheritable here of bounding",
        "capabilities.ambient: ignored: CAP_KILL does not become ambient: ambient is always a subset of permitted "
        "and of inheritable",
    ]
    [problem] = oci.from_process({"user": {}}).problems
    assert (problem.place, problem.verdict) == ("capabilities", "depends")


def test_keys_in_another_case():
    """runc takes them, crun passes over them; what is no key at all is told too."""
    process = oci.from_process(
        {
            "Capabilities": {"BOUNDING": ["CAP_KILL"]},
            "NoNewPrivileges": True,
            "user": {"UID": 5, "gidd": 5, "username": "x"},
            "noNewPriviliges": True,
        }
    )

    assert process == oci.Process(caps=CapState(bounding=["kill"]), no_new_privs=True, uid=5)
    assert told(process.problems) == [
        "noNewPriviliges: ignored: runtimes pass over what they do not know: did you mean noNewPrivileges?",
        "Capabilities: depends: runc takes the key for capabilities, and crun passes over it",
        "NoNewPrivileges: depends: runc takes the key for noNewPrivileges, and crun passes over it",
        "Capabilities.BOUNDING: depends: runc takes the key for bounding, and crun passes over it",
        "user.gidd: ignored: runtimes pass over what they do not know: did you mean gid?",
        "user.UID: depends: runc takes the key for uid, and crun passes over it",
    ]
    [problem] = oci.from_process({"capabilities": {}, "user": {"uid": 2**31}}).problems
    assert str(problem) == "user.uid: depends: runc 1.1 refuses ids from 2**31 on, and crun takes them"


def test_config_json_is_written_in_one_way():
    process = oci.Process(caps=CapState(bounding=["kill", "chown"]), uid=5)
    lists = {name: [] for name in ("effective", "permitted", "inheritable", "ambient")}

    assert oci.to_process(process) == {
        "user": {"uid": 5, "gid": 0},
        "capabilities": lists | {"bounding": ["CAP_CHOWN", "CAP_KILL"]},
        "noNewPrivileges": False,
    }
    assert oci.to_config(CapState()) == {"process": {"capabilities": lists | {"bounding": []}}}
    with pytest.raises(UnknownCapabilityError, match="it has no name yet"):
        oci.to_config(CapState(bounding=[41]))
    with pytest.raises(TypeError, match="no_new_privs is True or False"):
        oci.Process(no_new_privs="no")


def test_documents_go_to_engines():
    """What is read can be asked for at once, user and no_new_privs included."""
    request = docker.from_flags(["--cap-add=net_admin", "--user=1000"])

    assert engines.get("docker").container(request).effective == CapSet()
    assert engines.get("podman").container(request).effective == {12}


def test_nodes_with_strange_keys():
    """Keys of other types have no close name, and do no harm."""
    assert [advice for _, advice in Node({5: 1, None: 2}).strange_keys(("add",))] == ["known are add"] * 2


@pytest.mark.parametrize("user", [["a"], False, 5])
def test_the_user_of_a_service_of_swarm_is_a_text(user):
    """As that of a container is: what Docker never writes is no user."""
    spec = {"Spec": {"TaskTemplate": {"ContainerSpec": {"User": user}}}}
    with pytest.raises(FormatError, match=r"Spec\.TaskTemplate\.ContainerSpec\.User: expected a text, got"):
        docker.from_inspect(spec)


def test_numbers_that_are_too_long_to_be_written():
    """Python writes no number of more than 4,300 digits; what stands in a document is told all the same."""
    request = compose.from_service({"user": 10**5000})
    assert request.problems[0].rule == "user-not-text"
    assert request.problems[0].message.startswith("Compose takes a text for the user: put it in quotes, '0x31e2")
    [name] = compose.from_project({"services": {10**5000: {}}})
    assert name.startswith("0x31e2")


@pytest.mark.parametrize(
    ("text", "crun"),
    [
        *[(text, "takes it for CAP_SETGID") for text in ("6", "0x6", "06", "cap_setgid", "Cap_SetGid")],
        *[
            (text, "refuses it since 1.29")
            for text in ("setgid", "SETGID", "CAP_SETGIDD", "64", "41", "", " CAP_SETGID", "ALL")
        ],
    ],
)
def test_names_of_which_runtimes_make_different_things(text, crun):
    """crun reads names as libcap does; neither makes nothing of it for sure."""
    process = oci.from_process({"capabilities": {"bounding": [text]}})

    [problem] = process.problems
    assert (problem.rule, problem.verdict, problem.value) == ("unknown-capability", "depends", text)
    assert problem.message.startswith(f"runc passes over {text!r}, and crun {crun}: ")
    assert process.caps == CapState()


OF_A_POD = [
    *("appArmorProfile", "fsGroup", "fsGroupChangePolicy", "runAsGroup", "runAsNonRoot", "runAsUser", "sysctls"),
    *("seLinuxChangePolicy", "seLinuxOptions", "seccompProfile", "supplementalGroups", "supplementalGroupsPolicy"),
    "windowsOptions",
]
OF_A_CONTAINER = [
    *("allowPrivilegeEscalation", "appArmorProfile", "capabilities", "privileged", "procMount", "runAsGroup"),
    *("readOnlyRootFilesystem", "runAsNonRoot", "runAsUser", "seLinuxOptions", "seccompProfile", "windowsOptions"),
]


@pytest.mark.parametrize(
    ("of_pod", "key"), [*((True, key) for key in OF_A_POD), *((False, key) for key in OF_A_CONTAINER)]
)
def test_kubernetes_knows_every_field(of_pod, key):
    """Those of PodSecurityContext and SecurityContext of its API, core/v1; none is told as a misspelt one."""
    context = {"securityContext": {key: None}}
    container = {"name": "a"} if of_pod else {"name": "a", **context}
    spec = {"containers": [container], **(context if of_pod else {})}
    assert kubernetes.from_pod({"kind": "Pod", "spec": spec}) == {"a": Request()}
    assert kubernetes.from_pod({"kind": "Pod", "spec": spec})["a"].problems == ()
