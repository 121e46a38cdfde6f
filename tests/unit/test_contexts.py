"""Security contexts outside of pods, the limits of others, and texts that are no documents."""

from __future__ import annotations

import pickle

import pytest

from capset import documents, engines
from capset.engines import Request
from capset.errors import CapsetError, DialectError, DocumentError, FormatError
from capset.formats import limits
from capset.formats.contexts import contexts
from capset.formats.document import Node

pytest.importorskip("ruamel.yaml")

ADD = "capabilities: {add: [NET_ADMIN], drop: [ALL]}"


def read(text, dialect="kubernetes"):
    """Read a text, which is of that dialect."""
    assert documents.dialect_of(text) == dialect
    return documents.read(text, "a.yaml")


PARTS = {
    f"securityContext:\n  {ADD}\n": ("securityContext", Request(["NET_ADMIN"], ["ALL"])),
    f"{ADD}\nrunAsUser: 5\n": ("securityContext", Request(["NET_ADMIN"], ["ALL"], user="5")),
    "securityContext: {}": ("securityContext", Request()),
    "allowPrivilegeEscalation: false": ("securityContext", Request(no_new_privs=True)),
    "capabilities: {}": ("securityContext", Request()),
    "runAsUser: 5\nfsGroup: 6\n": ("securityContext", Request(user="5")),
    "runAsUser: 5\n": ("securityContext", Request(user="5")),
    f"name: web\nimage: x\nsecurityContext: {{{ADD}}}": ("web", Request(["NET_ADMIN"], ["ALL"])),
    "image: x\nsecurityContext: {privileged: true}": ("securityContext", Request(privileged=True)),
    "- {name: web, securityContext: {privileged: true}}": ("web", Request(privileged=True)),
}


@pytest.mark.parametrize("text", PARTS)
def test_a_part_of_a_pod(text):
    """A context, with its key or without, and containers by themselves."""
    [found] = read(text)
    assert (found.name, found.request) == PARTS[text]
    assert found.problems == ()
    assert pickle.loads(pickle.dumps(found)) == found
    for engine in ("cri-o", "containerd"):
        assert found.for_engine(engines.get(engine)).request == found.request


def test_several_containers():
    """With the lines of what is wrong with them, and what a policy says."""
    text = "- name: web\n  securityContext:\n    capabilities:\n      add: [NOPE]\n- name: api\n  securityContext: 5\n"
    with pytest.raises(DialectError):
        documents.read(text.replace("securityContext: 5", "x: 5"))
    web, *rest = documents.read(text, "a.yaml")
    assert (web.problems[0].line, web.problems[0].place) == (4, "[0].securityContext.capabilities.add[0]")
    assert rest[0].refusal.message == "expected a mapping, got 5"
    report = documents.lint(read(f"securityContext: {{{ADD}}}"), policy="restricted")
    assert [finding.rule for finding in report] == ["pod-security-add"]
    [broken] = read("privileged: 5")
    assert broken.refusal.message == "expected true or false, got 5"


def test_values():
    """Each context, at whatever depth, with the pod's beside it; and what only the chart knows is said."""
    text = """
image: {repository: x}
podSecurityContext: {runAsUser: 7, fsGroup: 8}
securityContext: {capabilities: {drop: [ALL]}}
controller:
  containerSecurityContext: {enabled: true, privileged: true}
  podSecurityContext: {enabled: false, runAsUser: 9}
web: {podSecurityContext: {enabled: true, fsGroup: 5, runAsUser: 10}}
job: {securityContext: {enabled: false, privileged: true}}
two: {aPodSecurityContext: {runAsUser: 1}, bPodSecurityContext: {runAsUser: 2}, securityContext: {runAsUser: 3}}
extra: [{name: side, image: y, securityContext: {runAsUser: 4, enabled: x}}]
other: {securityContext: 5, mySecurityContext: {capabilitie: {}}}
"""
    found = {each.name: each for each in read(text, "helm")}
    assert {name: each.request for name, each in found.items()} == {
        "securityContext": Request(drop=["ALL"], user="7"),
        "controller.containerSecurityContext": Request(privileged=True),
        "web.podSecurityContext": Request(user="10"),
        "job.securityContext": Request(),
        "two.securityContext": Request(user="3"),
        "two.aPodSecurityContext": Request(user="1"),
        "two.bPodSecurityContext": Request(user="2"),
        "extra[0].securityContext": None,
        "other.securityContext": None,
        "other.mySecurityContext": Request(),
    }
    note = "which container the chart gives it to is not known"
    assert [each.message for each in found["securityContext"].problems] == [note]
    assert found["job.securityContext"].problems[0].message == f"{note}, and it may leave it out, as it is not enabled"
    assert (found["web.podSecurityContext"].line, found["web.podSecurityContext"].problems[0].verdict) == (8, "note")
    assert found["other.mySecurityContext"].problems[0].rule == "unknown-key"
    assert found["extra[0].securityContext"].refusal.message == "expected true or false, got 'x'"
    report = documents.lint(list(found.values()), policy="baseline")
    assert [each.line for each in report.faults if each.verdict == "refused"] == [11, 12]
    for wrong in ("securitycontext", "podSecurityContex", "container_security_context"):
        [close] = read(
            f"a: {{{wrong}: {{runAsUser: 5}}, context: {{}}, securityGroup: {{}}, securityContexts: }}", "helm"
        )
        assert close.problems[-1].message.startswith("only the chart knows such a key: did you mean ")
    [alone] = read("a: {x: &x [*x], podSecurityContext: {privileged: true}}", "helm")
    assert alone.problems[0].rule == "misplaced"


def test_values_are_no_compose_file():
    """A key services is what people have in charts too."""
    assert documents.dialect_of("services: {a: {port: 5}}\nimage: x\nsecurityContext: {runAsUser: 5}") == "helm"
    assert documents.dialect_of("services: {a: {image: x}}\nvolumes: {}\nx-a: {securityContext: {}}") == "compose"
    assert documents.dialect_of("securityContext: {runAsUser: 5}\ncontainers: [{name: a}]") == "kubernetes"
    with pytest.raises(DialectError, match="it has a securityContext, as the values of a Helm chart do"):
        documents.read("services: {}\nimage: x\nsecurityContext: {}", dialect="compose")
    for text in (
        "a: 5",
        "[5]",
        "securityContext: {runAsUser: 5}\ncontainers: [{name: a}]",
        "kind: Pod\nsecurityContext: {}",
    ):
        with pytest.raises(DialectError, match="this is not helm"):
            documents.read(text, dialect="helm")
    assert documents.dialect_of('{"capabilities": {"effective": []}}') == "oci"


DOCKERFILE = "this is a Dockerfile: capabilities are given where its image runs, so give the docker run line"
WORKFLOW = "this is a workflow of GitHub, which is not read"


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        (
            "a: 1\n{{- if .Values.x }}\nb: 2\n{{- end }}\n",
            2,
            "this is a template of a Helm chart: render it first, with",
        ),
        ("{{- include 'x' . }}", 1, "this is a template of a Helm chart"),
        (
            "a: {{ b }}\n{% if c %}",
            1,
            "this is a template, as of Jinja or Ansible: render it first, and give what comes",
        ),
        (
            "# x\npackage k8s.deny\nimport data.lib\n\ndeny[msg] { true }\n",
            2,
            "this is a policy in Rego, which says what",
        ),
        ("# syntax=docker/dockerfile:1\n\nFROM --platform=x a AS b\nRUN id\n", 1, DOCKERFILE),
        ("ARG V=1\nFROM a:${V}\n", 1, DOCKERFILE),
        (
            "name: a\non: push\njobs:\n  a:\n    steps:\n      - run:\n          docker run -u ${{ x }}\n",
            2,
            f"{WORKFLOW}: give the docker run line on line 7",
        ),
        (
            "'on': [push]\njobs:\n  a:\n    services:\n      b:\n        image: c\n        options: --cap-add KILL\n"
            "    steps:\n      - run: docker container run a\n",
            1,
            f"{WORKFLOW}: give the docker run line on line 9, and the options of a container on line 7",
        ),
        ("jobs: {}\non: push\n", 2, f"{WORKFLOW}: no docker run line and no options of a container were seen in it"),
        ("- name: a\n  hosts: all\n  tasks:\n    - name: '{{ b }}'\n", 2, "this is a playbook of Ansible, or a part"),
        (
            "- name: a\n  community.docker.docker_container:\n    name: b\n",
            2,
            "this is a playbook of Ansible, or a part",
        ),
        ('Vagrant.configure("2") do |config|\nend\n', 1, "this is a Vagrantfile, which is not read: give what it"),
    ],
)
def test_what_is_no_document(text, line, sentence):
    """It is told in a sentence, and not in a parser's words."""
    for name in ("", "a.yaml"):
        with pytest.raises(DocumentError) as caught:
            documents.read(text, name)
        assert (caught.value.line, caught.value.reason.startswith(sentence)) == (line, True)
    with pytest.raises(DialectError):
        documents.read("package main\n\nfunc main() {}\n")
    assert read("kind: Pod\nspec: {containers: [{name: a, securityContext: {runAsUser: '{{ .Values.x }}'}}]}")[
        0
    ].not_known


@pytest.mark.parametrize(
    "text",
    [
        "on: push\njobs: {}\nservices: {a: {image: b}}",  # keys that Compose does not know are its own matter
        "kind: Ingress\nspec:\n  tls:\n  - hosts: [a]\n",
        "ARG V=1",
        "from a import b\nFROM b",
        "a: b\nhosts: c",
    ],
)
def test_what_is_no_foreign_text(text):
    try:
        documents.read(text, "a.yaml")
    except CapsetError as error:
        assert "this is a" not in str(error)


def test_foreign_texts_among_the_files_of_a_folder():
    """A workflow is passed over, as it is no document; a template may become one."""
    workflow = "on: push\njobs: {a: {services: {b: {image: c}}}}"
    for text, may_be in ((workflow, False), ("containers: {{ .Values.x }}", True), (workflow.encode(), False)):
        with pytest.raises(DocumentError) as caught:
            documents.read(text, "a.yaml")
        assert documents.may_be_document(caught.value, text) is may_be


def test_a_family_of_dialects_is_told_once():
    """Of those of command lines, docker stands for the others, whose reasons say nothing more."""
    with pytest.raises(DialectError) as caught:
        documents.read("a: x --cap-add KILL docker podman\n")
    assert caught.value.near == ("docker",)
    with pytest.raises(DialectError) as caught:
        documents.read("a: x podman\n")
    assert caught.value.near == ("podman",)


@pytest.mark.parametrize(
    ("version", "whose"),
    [
        ("kyverno.io/v1", "Kyverno"),
        ("constraints.gatekeeper.sh/v1beta1", "Gatekeeper"),
        ("policies.kyverno.io/v1", "Kyverno"),
    ],
)
def test_policies_of_others(version, whose):
    """What looks like a pod in one is a pattern."""
    pattern = "{validate: {pattern: {spec: {containers: [{securityContext: {privileged: false}}]}}}}"
    [found] = read(f"apiVersion: {version}\nkind: Some\nspec: {pattern}")
    assert (found.asks, found.not_known, found.problems[0].rule) == (None, "", "passed-over")
    assert f"a policy of {whose}, which says what others may ask for" in found.problems[0].message
    [found] = read("apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nspec: {}")
    assert found.not_known == ""


SCC = {"kind": "SecurityContextConstraints", "metadata": {"name": "mine"}}
LIMITS = [
    ({**SCC}, "a container under it may add no capability, may not be privileged and may gain privileges"),
    (
        {**SCC, "allowedCapabilities": ["*"], "allowPrivilegedContainer": True, "allowPrivilegeEscalation": False},
        "a container under it may add any capability, may be privileged and may not gain privileges",
    ),
    (
        {
            **SCC,
            "defaultAddCapabilities": ["KILL"],
            "allowedCapabilities": ["BPF"],
            "requiredDropCapabilities": ["ALL"],
        },
        "a container under it may add BPF, KILL, gets KILL, loses ALL, may not be privileged and may gain privileges",
    ),
    (
        {"kind": "PodSecurityPolicy", "spec": {"privileged": True, "allowPrivilegeEscalation": True}},
        "a container under it may add no capability, may be privileged and may gain privileges",
    ),
]


@pytest.mark.parametrize(("document", "sentence"), LIMITS)
def test_limits(document, sentence):
    found = limits.from_constraints(document)
    assert str(found) == sentence
    assert limits.Limits.from_dict(found.as_dict()) == found


@pytest.mark.parametrize("key", ["allowedCapabilities", "defaultAddCapabilities", "requiredDropCapabilities"])
def test_how_limits_write_names(key):
    """As Kubernetes compares them: without CAP_, in upper-case letters."""
    told = "names are compared as they are written, and pods write others: "
    rewritten = {"kill": "KILL", "CAP_KILL": "KILL", "cap_net_admin": "NET_ADMIN"}
    rewritten |= {"all": "ALL", "All": "ALL", "CAP_ALL": "ALL"}
    expected = dict.fromkeys(["KILL", "NET_ADMIN", "ALL", "*"], "") | {"KIL": "did you mean KILL?"}
    expected |= {name: f"write {right}" for name, right in rewritten.items()}
    for name, advice in expected.items():
        found = limits.from_constraints({**SCC, key: [name]})
        assert [str(each) for each in found.problems] == ([f"{key}[0]: depends: {told}{advice}"] if advice else [])


@pytest.mark.parametrize(
    ("key", "context", "is_pods"),
    [
        ("podSecurityContext", {"privileged": True}, True),
        ("myPodSecurityContext", {"privileged": True}, True),
        ("PODSecurityContext", {"runAsUser": 5}, True),
        ("containerSecurityContext", {"fsGroup": 5}, False),
        ("initContainerSecurityContext", {"runAsUser": 5}, False),
        ("securityContext", {"fsGroup": 5}, True),
        ("securityContext", {"runAsUser": 5}, False),
        ("securityContext", {"fsGroup": 5, "privileged": True}, False),
        ("podsSecurityContext", {"runAsUser": 5}, False),
        ("apodSecurityContext", {"runAsUser": 5}, True),
        ("serverSecurityContext", {"fsGroup": 5}, True),
    ],
)
def test_whose_a_context_is(key, context, is_pods):
    """Its name says it; where that says nothing, what stands in it does."""
    [found] = contexts(Node({key: context}), values=True)
    assert (found.pods.value is not None, found.own.value is None) == (is_pods, is_pods)
    assert found.name == key


def test_limits_in_a_document():
    """They ask for nothing: a note says what they allow, beside what has no effect in them."""
    text = """kind: List
items:
- kind: SecurityContextConstraints
  metadata: {name: mine}
  allowedCapabilities: [CAP_KILL]
  allowPrivilegedContainer: false
  requiredDropCapability: [ALL]
  defaultAllowPrivilegeEscalation: true
- {kind: PodSecurityPolicy, spec: {allowedCapabilities: 5}}
- {kind: Pod, spec: {containers: [{name: a}]}}
"""
    mine, other, pod = read(text)
    assert (mine.asks, mine.not_known, mine.line) == (None, "", 3)
    assert [(each.rule, each.verdict, each.line) for each in mine.problems] == [
        ("limits", "note", 3),
        ("unknown-key", "ignored", 7),
        ("capability-spelling", "depends", 5),
    ]
    assert mine.problems[0].message.startswith(
        "SecurityContextConstraints mine: a container under it may add CAP_KILL,"
    )
    assert other.refusal.message == "expected a list, got 5"
    assert pod.request == Request()
    report = documents.lint([mine])
    assert report.outcomes == ()
    with pytest.raises(
        FormatError, match="kind: expected one of PodSecurityPolicy, SecurityContextConstraints, got 'Pod'"
    ):
        limits.from_constraints({"kind": "Pod"})


def test_names():
    """What there is to complete."""
    assert dir(limits) == ["Limits", "from_constraints"]


def test_what_a_chart_has_outside_of_contexts():
    """It may decide, as only the templates know: so that it gives nothing more is not said."""
    text = """
app:
  securityContext: {capabilities: {drop: [ALL]}, runAsUser: 1000}
  privileged: true
  capabilities: {add: [SYS_ADMIN]}
off: {privileged: false, capabilities: {}, addCapabilities: [], unprivileged: true, runAsUser: , privilegedToo: "false"}
web: {addCapabilities: [KILL], runAsUser: 0, extraCapAdd: X, text: "a\\nb"}
extra: [{name: a, image: b, privileged: "true"}, 5]
extraContainers: |
  - name: a
    image: b
mixed: {securityContext: {runAsUser: 5, main: {privileged: true}}}
again: &x [*x]
"""
    found = {each.name: each for each in read(text, "helm")}
    names = {"app.privileged": 4, "app.capabilities": 5, "web.addCapabilities": 7, "web.runAsUser": 7}
    names |= {"web.extraCapAdd": 7, "extra[0].privileged": 8, "extraContainers": 9}
    names |= {"mixed.securityContext.main.privileged": 12}
    assert {name: each.line for name, each in found.items() if each.not_known} == names
    for name in names:
        outcome = documents.lint(found[name]).outcomes[0]
        assert (outcome.gets, outcome.known) == (None, False)
        assert outcome.reason.startswith("what the chart makes of it is not known, as it is in no securityContext")
    assert found.keys() - names == {"app.securityContext", "mixed.securityContext"}


def test_contexts_by_the_names_of_containers():
    """A chart may have several where a pod has one; none of them is passed over as a key that nobody knows."""
    text = """
a: {securityContext: {main: {privileged: true}, pod: {fsGroup: 5, runAsUser: 6}, enabled: true}}
b: {securityContext: {main: {capabilities: {add: [KILL]}}, enabled: false}}
c: {securityContext: {enabled: true}, podSecurityContext: {main: 5}}
"""
    found = {each.name: each.request for each in read(text, "helm")}
    assert found == {
        "a.securityContext.main": Request(privileged=True, user="6"),
        "b.securityContext.main": Request(["KILL"]),
        "c.securityContext": Request(),
    }


@pytest.mark.parametrize(
    "text",
    [
        """{"status": {"id": "a"}, "info": {"config": {"linux": {"security_context": {"capabilities":
        {"add_capabilities": ["NET_ADMIN"]}}}}, "runtimeSpec": {"process": {"user": {}, "capabilities": {}}}}}""",
        """{"ID": "a", "Spec": {"process": {"capabilities": {}}}, "Extra": {"security_context": {"runAsUser": 5}}}""",
    ],
)
def test_a_container_that_was_made_is_no_chart(text):
    """What its runtime got is beside what was asked for, in containerd's words."""
    assert documents.dialect_of(text) == "crictl"
    assert (
        documents.dialect_of(text.replace("runtimeSpec", "x")[:20] and "status: {a: 5}\nsecurityContext: {}") == "helm"
    )


@pytest.mark.parametrize("other", ["foo: bar", "[5]", "hello", "services: {a: {image: x, privileged: true}}"])
def test_a_document_that_is_no_pod_among_pods(other):
    """It is told of, and the pods are read all the same; by itself it is in no dialect, or in another one."""
    pod = "kind: Pod\nspec: {containers: [{name: a, securityContext: {privileged: true}}]}\n"
    found = read(f"{other}\n---\n{pod}---\n{other}\n")
    assert [each.name for each in found] == ["", "a", ""]
    assert found[1].request == Request(privileged=True)
    for each in (found[0], found[2]):
        assert each.not_known.startswith("a document that is none of Kubernetes' is not read: ")
        assert [told.rule for told in each.problems] == ["not-read"]
    with pytest.raises(DialectError, match="this is not kubernetes"):
        documents.read(f"{other}\n---\n{other}\n", dialect="kubernetes")
