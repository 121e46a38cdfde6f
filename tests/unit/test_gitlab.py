"""GitLab's runner: the containers that it starts for a job."""

from __future__ import annotations

import pickle

import pytest

from capset import documents, engines
from capset.engines import Request
from capset.errors import DialectError, DocumentError, FormatError
from capset.formats import gitlab

CONFIG = """concurrent = 4
[[runners]]
  name = "ci"
  executor = "docker"
  [runners.docker]
    cap_add = ["NET_ADMIN",
               "NOPE"]
    cap_drop = ["ALL"]
    user = "1000"
    security_opt = ["no-new-privileges"]
    services_privileged = true

[[runners]]
  name = "k8s"
  executor = "kubernetes"
  [runners.kubernetes]
    cap_add = ["SYS_PTRACE"]
    [runners.kubernetes.build_container_security_context]
      privileged = true
      [runners.kubernetes.build_container_security_context.capabilities]
        add = ["BPF"]
"""


def docker(**keys):
    return {
        each.kind: each.read() for each in gitlab.from_config({"runners": [{"executor": "docker", "docker": keys}]})
    }


def kubernetes(**keys):
    runner = {"executor": "kubernetes", "kubernetes": keys}
    return {each.kind: each.read() for each in gitlab.from_config({"runners": [runner]})}


def test_a_configuration():
    """Each runner's containers, with the engine that runs them, and the lines of what is wrong."""
    assert documents.dialect_of(CONFIG) == "gitlab"
    found = documents.read(CONFIG, "config.toml")
    assert [each.label for each in found] == [
        *("ci: build", "ci: helper", "ci: service"),
        *("k8s: init-permissions", "k8s: build", "k8s: helper", "k8s: service"),
    ]
    build, helper, service, *_ = found
    assert build.request == Request(["NET_ADMIN", "NOPE"], ["ALL"], user="1000", no_new_privs=True)
    assert (helper.request.user, service.request) == ("", Request(privileged=True))
    assert (build.problems[0].place, build.problems[0].line) == ("runners[0].docker.cap_add[1]", 6)
    report = documents.lint(found)
    assert report.outcomes[3].gets == engines.get("containerd").container(add=["SYS_PTRACE"], drop=["NET_RAW"])
    assert [each.line for each in report if each.rule == "privileged-anyway"] == [21, 20]
    assert pickle.loads(pickle.dumps(build)) == build
    assert build.for_engine(engines.get("podman")).problems[0].message.startswith("Podman knows no capability 'NOPE'")
    assert found[4].for_engine(engines.get("cri-o")).request == found[4].request
    assert '"--cap-add=SYS_PTRACE' not in documents.convert(found[3], "docker").text
    assert "cap_add" in documents.convert(found[3], "compose").text


def test_the_executor_of_docker():
    """A service has its own privileges and options, and neither of the lists; the user is the build's alone."""
    found = docker(privileged=True, cap_add=["KILL"], services_security_opt=["no-new-privileges"], user="5")
    assert found["build"] == Request(["KILL"], privileged=True, user="5")
    assert found["helper"] == Request(["KILL"], privileged=True)
    assert found["service"] == Request(privileged=True, no_new_privs=True)
    assert docker(privileged=True, services_privileged=False)["service"] == Request()
    limited = docker(privileged=True, allowed_privileged_images=["x"], allowed_privileged_services=[])
    assert [each.rule for each in limited["build"].problems] == ["not-read"]
    assert limited["service"].problems == ()
    told = docker(cap_ad=["KILL"], cap_drop=["$X"], user="web")["build"].problems
    assert [each.rule for each in told] == ["unknown-key", "variable", "named-user"]


def test_the_executor_of_kubernetes():
    """NET_RAW is dropped unless it is added; what a container's own context has counts before the rest."""
    assert kubernetes()["helper"] == Request(drop=["NET_RAW"])
    assert kubernetes(cap_add=["NET_RAW"])["build"] == Request(["NET_RAW"])
    assert kubernetes(cap_add=["KILL", "BPF"], cap_drop=["KILL"])["build"] == Request(["BPF"], ["NET_RAW", "KILL"])
    own = {"capabilities": {"drop": ["ALL"]}, "run_as_user": 5, "privileged": False, "run_as_group": 6}
    pod = {"run_as_user": 7, "run_as_non_root": True}
    found = kubernetes(
        privileged=True,
        allow_privilege_escalation=False,
        build_container_security_context=own,
        pod_security_context=pod,
    )
    assert found["build"] == Request(drop=["ALL"], user="5:6", no_new_privs=True)
    assert (found["service"].privileged, found["service"].user) == (True, "7")
    assert "privileged-without-escalation" in [each.rule for each in found["service"].problems]
    told = kubernetes(cap_adds=[], build_container_security_context={"runAsUser": 5, "capabilities": {"ad": []}})
    assert [each.rule for each in told["build"].problems] == ["unknown-key"] * 3


def test_other_executors():
    """They start no container of these engines, which is said."""
    for executor in ("docker+machine", "docker-autoscaler"):
        assert len(documents.read(f"[[runners]]\nname = 'a'\nexecutor = '{executor}'\n")) == 3
    [shell] = documents.read('[[runners]]\nname = "a"\nexecutor = "shell"\n')
    assert (shell.asks, shell.not_known, shell.problems[0].verdict) == (None, "", "note")
    assert "a runner with the executor shell, which is not read: those of Docker" in shell.problems[0].message
    for executor in ("docker-ssh", "docker-windows", "custom"):
        [other] = documents.read(f'[[runners]]\nexecutor = "{executor}"\n')
        assert (other.asks, other.not_known) == (None, other.problems[0].message)


@pytest.mark.parametrize(
    "text",
    [
        "[[runners]]\nexecutor = 'docker'\n[runners.docker]\nPrivileged = true\n",
        "[[runners]]\nExecutor = 'docker'\n[runners.Docker]\nprivileged = true\n",
        "[[Runners]]\nexecutor = 'docker'\n[Runners.DOCKER]\nPRIVILEGED = true\n",
    ],
)
def test_keys_in_any_case(text):
    """The runner takes them so; one that is there twice is not to be guessed."""
    build, *_ = documents.read(text)
    assert (build.request, build.problems) == (Request(privileged=True), ())
    [broken] = documents.read(f"{text}privileged = false\nPriVileged = false\n".replace("privileged = true\n", ""))
    assert broken.refusal.message.startswith("expected it once, as GitLab's runner takes keys in any case, got ")
    assert broken.line >= 4


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[[runners]]\nexecutor = 'docker'\nprivileged = true\n[runners.docker]\nimage = 'x'\n", 3),
        ("[[runners]]\nexecutor = 'docker'\n[[runners.docker.services]]\nname = 'x'\nPrivileged = true\n", 5),
        ("[[runners]]\nexecutor = 'kubernetes'\n[[runners.kubernetes.services]]\nname = 'x'\nprivileged = true\n", 5),
    ],
)
def test_what_is_misplaced(text, line):
    for each in documents.read(text):
        assert [(told.rule, told.verdict, told.line) for told in each.problems] == [("misplaced", "ignored", line)]
        assert not each.request.privileged


def test_patches_of_a_pod():
    """They may change every container of it."""
    text = "[[runners]]\nexecutor = 'kubernetes'\n[[runners.kubernetes.pod_spec]]\npatch = 'containers: []'\n"
    found = documents.read(text)
    assert len(found) == 4
    for each in found:
        assert each.not_known.startswith("where FF_USE_ADVANCED_POD_SPEC_CONFIGURATION is on, it changes the pod")
        assert documents.lint(each).outcomes[0].gets is None


def test_what_is_no_configuration():
    with pytest.raises(DialectError, match="this is in no dialect"):
        documents.read("[runners]\nname = 5\n")
    for text in ("[[runners]]\na = \n", "[[runners]]\na = " + "[" * 20000):
        with pytest.raises(DocumentError, match="a: no TOML: "):
            documents.read(text, "a")
    with pytest.raises(DocumentError, match="no TOML"):
        documents.read("x", dialect="gitlab")
    [broken] = documents.read("x = 1\n[[runners]]\nname = 5\nexecutor = 'docker'\n")
    assert (broken.line, broken.refusal.message) == (3, "expected a text, got 5")
    [broken, *_] = documents.read("[[runners]]\nexecutor = 'docker'\n[runners.docker]\ncap_add = 5\n")
    assert (broken.problems[0].line, broken.refusal.message) == (4, "expected a list, got 5")
    [only] = documents.read('# [[runners]]\nx = """\n[[runners]]\n"""\nrunners = [{executor = "shell"}]\n')
    assert only.asks is None
    with pytest.raises(FormatError, match="expected a list"):
        documents.read('x = """\n[[runners]]\n"""\nrunners = 5\n')
    found = documents.read('x = """\n[[runners]]\n"""\n' + 'runners = [{executor = "shell"}, {executor = "shell"}]\n')
    assert [each.line for each in found] == [2, 1]


def test_keys_that_are_no_texts():
    """TOML has none, a mapping may: they are other people's."""
    [container, *_] = gitlab.from_config({5: 1, "runners": [{5: 1, "executor": "docker", "docker": {5: 1}}]})
    assert container.read() == Request()


def test_names():
    """What there is to complete."""
    assert dir(gitlab) == ["Container", "from_config"]
