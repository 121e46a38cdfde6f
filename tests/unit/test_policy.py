"""Pod Security Standards and OpenShift's SCCs: what they say of a text, and what a container really gets."""

from __future__ import annotations

import json

import pytest

from capset import CapDiff, CapSet, CapState, display, documents, engines, policy
from capset.engines import Request
from capset.errors import ArgumentError, FormatError, UnknownVersionError
from capset.formats import kubernetes

BASELINE = [
    *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP"),
    *("SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
]
ADD, DROP = "securityContext.capabilities.add", "securityContext.capabilities.drop"


def pod(*, add=None, drop=None, **context):
    """A pod with one container."""
    capabilities = {side: names for side, names in (("add", add), ("drop", drop)) if names is not None}
    return {"spec": {"containers": [{"name": "a", "securityContext": {"capabilities": capabilities, **context}}]}}


def broken(document, level, version="latest"):
    """List the fields and values that break a level."""
    return [(finding.field, finding.value) for finding in policy.pod_security(document, level=level, version=version)]


@pytest.mark.parametrize(
    ("document", "findings"),
    [
        (pod(drop=["ALL", "FOO"]), []),
        (pod(drop=["ALL", "ALL"], add=["NET_BIND_SERVICE", "NET_BIND_SERVICE"]), []),
        (pod(drop=["all"]), [(DROP, "all")]),
        (pod(drop=["CAP_ALL", " ALL"]), [(DROP, "CAP_ALL,  ALL")]),
        (pod(drop=[]), [(DROP, "")]),
        (pod(), [(DROP, "")]),
        ({"spec": {"containers": [{"name": "a"}]}}, [(DROP, "")]),
        (pod(drop=["ALL"], add=["CAP_NET_BIND_SERVICE"]), [(ADD, "CAP_NET_BIND_SERVICE")]),
        (pod(drop=["ALL"], add=["net_bind_service", ""]), [(ADD, "net_bind_service"), (ADD, "")]),
        (pod(add=["ALL", "CHOWN", "CHOWN"]), [(DROP, ""), (ADD, "ALL"), (ADD, "CHOWN")]),
        (pod(privileged=True), [(DROP, "")]),
    ],
)
def test_restricted(document, findings):
    """Drop ALL, exactly; add nothing but NET_BIND_SERVICE, exactly."""
    assert broken(document, "restricted") == broken(document, "restricted", "1.22") == findings


@pytest.mark.parametrize(
    ("document", "findings"),
    [
        (pod(add=BASELINE), []),
        (pod(drop=["anything"]), []),
        (
            pod(add=["NET_RAW", "chown", "CAP_CHOWN", "ALL", ""]),
            [(ADD, n) for n in ("NET_RAW", "chown", "CAP_CHOWN", "ALL", "")],
        ),
    ],
)
def test_baseline(document, findings):
    """Docker's default without NET_RAW may be added; what is dropped does not matter."""
    for version in ("1.0", "v1.0", "1.22", "v1.99", "latest"):
        assert broken(document, "baseline", version) == findings
    # Before 1.22 the restricted level asked for no more.
    for version in ("1.0", "v1.21"):
        assert broken(document, "restricted", version) == findings


def test_the_list_of_the_baseline():
    """It is Docker's default without one."""
    assert {cap.name for cap in engines.get("docker").default} - set(BASELINE) == {"NET_RAW"}


def test_windows():
    """Since 1.25 a pod that is declared to run on Windows is left alone."""
    document = {"spec": {"os": {"name": "windows"}, "containers": [{"name": "a"}]}}

    assert broken(document, "restricted") == broken(document, "restricted", "v1.25") == []
    assert broken(document, "restricted", "v1.24") == [(DROP, "")]
    document["spec"]["os"]["name"] = "linux"
    assert broken(document, "restricted") == [(DROP, "")]


def test_all_kinds_of_containers():
    """Init and ephemeral ones too, of whatever makes pods."""
    spec = {key: [{"name": key}] for key in ("ephemeralContainers", "containers", "initContainers")}
    document = {"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}
    findings = policy.pod_security(document, level="restricted")

    assert [finding.container for finding in findings] == ["initContainers", "containers", "ephemeralContainers"]


@pytest.mark.parametrize(
    ("document", "texts"),
    [
        (
            pod(drop=["all"]),
            ["a: securityContext.capabilities.drop: must be `ALL`, got `all`; containerd (CRI) gives it no capability"],
        ),
        (
            pod(drop=["KILL", "net_raw"], runAsUser=1000),
            [
                "a: securityContext.capabilities.drop: must be `ALL`, got `KILL, net_raw`; containerd (CRI) gives it "
                "12 capabilities, none more than by default, and as user 1000 it can use none of them"
            ],
        ),
        (
            pod(drop=["ALL"], add=["SYS_ADMIN"]),
            [
                "a: securityContext.capabilities.add: must be `NET_BIND_SERVICE`, got `SYS_ADMIN`; containerd (CRI) "
                "gives it 1 capability, CAP_SYS_ADMIN more than by default"
            ],
        ),
        (
            pod(privileged=True),
            [
                "a: securityContext.capabilities.drop: must be `ALL`, and nothing is dropped; containerd (CRI) gives "
                "it 41 capabilities, 27 more than by default"
            ],
        ),
    ],
)
def test_two_verdicts(document, texts):
    """What the standard says of the text, and what the container would get."""
    assert [str(finding) for finding in policy.pod_security(document, level="restricted")] == texts


def test_the_effect_is_the_engines():
    """CRI-O refuses what containerd passes over, and gives less."""
    crio = engines.get("cri-o")
    [finding] = policy.pod_security(pod(add=["BOGUS"]), engine=crio)

    assert finding.message.startswith("must be one of `AUDIT_WRITE`, `CHOWN`, ")
    assert finding.message.endswith("got `BOGUS`")
    assert finding.effect.startswith("no container starts: CRI-O refuses to add 'BOGUS'")


def test_what_is_refused_has_no_effect():
    """The API server does not take the pair, so nothing starts."""
    [finding] = policy.pod_security(pod(privileged=True, allowPrivilegeEscalation=False), level="restricted")

    assert finding.effect.startswith("no container starts: the API server says that a privileged container")


def test_what_is_no_level_and_no_version():
    with pytest.raises(ValueError, match="expected the level 'baseline' or 'restricted', got 'Restricted'"):
        policy.pod_security(pod(), level="Restricted")
    with pytest.raises(TypeError, match="expected the level 'baseline' or 'restricted', got 1"):
        policy.pod_security(pod(), level=1)
    for version in ("1.025", "v1.25.3", "V1.25", "2.0", "", "Latest", None, 1.25):
        with pytest.raises(UnknownVersionError, match=r'expected "latest" or such as "1\.25"'):
            policy.pod_security(pod(), version=version)
    with pytest.raises(FormatError, match="expected a pod or what makes one"):
        policy.pod_security({})


def test_beyond_the_default():
    """What benchmarks ask to be told of is what is added."""
    request = kubernetes.from_container({"securityContext": {"capabilities": {"add": ["SYS_TIME"], "drop": ["KILL"]}}})

    assert policy.beyond_default(request) == CapDiff.parse("+sys_time -kill")
    assert policy.beyond_default(Request(["chown"])) == CapDiff()
    assert str(policy.beyond_default(Request(["net_raw"]), engine=engines.get("cri-o"))) == "+CAP_NET_RAW"


PRIVILEGED = "securityContext.privileged"
USER = "securityContext.runAsUser"
NON_ROOT = "securityContext.runAsNonRoot"
ESCALATION = "securityContext.allowPrivilegeEscalation"


def scc(document, name="restricted-v2"):
    """Name what is not allowed, and where."""
    return [(finding.field, finding.value) for finding in policy.security_context_constraints(document, name=name)]


@pytest.mark.parametrize(
    ("document", "name", "findings"),
    [
        (pod(), "restricted-v2", []),
        (pod(add=["NET_BIND_SERVICE"]), "restricted-v2", []),
        (pod(add=["CAP_NET_BIND_SERVICE", "ALL"]), "restricted-v3", [(ADD, "CAP_NET_BIND_SERVICE"), (ADD, "ALL")]),
        (pod(add=["NET_BIND_SERVICE"]), "restricted", [(ADD, "NET_BIND_SERVICE")]),
        (pod(add=["SETUID", "KILL"]), "nested-container", [(ADD, "KILL")]),
        (pod(add=["SYS_ADMIN"], privileged=True), "anyuid", [(PRIVILEGED, "true"), (ADD, "SYS_ADMIN")]),
        (pod(add=["SYS_ADMIN"], privileged=True), "privileged", []),
        (pod(runAsUser=0, allowPrivilegeEscalation=True), "restricted-v2", [(ESCALATION, "true"), (USER, "0")]),
        (pod(runAsUser=1000660000, allowPrivilegeEscalation=False), "restricted-v2", []),
        (pod(runAsUser=999), "restricted-v3", [(USER, "999")]),
        (pod(runAsUser=0, runAsNonRoot=False), "nested-container", []),
        (pod(runAsUser=65535), "nested-container", [(USER, "65535")]),
        (pod(runAsUser=0, allowPrivilegeEscalation=True), "anyuid", []),
        (pod(runAsUser=0), "nonroot", [(USER, "0")]),
        (pod(runAsNonRoot=False), "nonroot", [(NON_ROOT, "false")]),
        (pod(runAsGroup=0), "nonroot", []),
        (pod(runAsUser=1, runAsNonRoot=True, allowPrivilegeEscalation=True), "nonroot", []),
    ],
)
def test_security_context_constraints(document, name, findings):
    """What may be added, who may run it, and what it may gain; what a pod leaves to the SCC is no finding."""
    assert scc(document, name) == findings


def test_a_user_of_the_pod_under_an_scc():
    """The pod's user and runAsNonRoot count where the container says nothing."""
    document = pod()
    document["spec"]["securityContext"] = {"runAsUser": 0, "runAsNonRoot": False}

    assert scc(document) == [(USER, "0")]
    assert scc(document, "nonroot-v2") == [(USER, "0"), (NON_ROOT, "false")]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "restricted",
            "must be of the namespace's range, by default within 1000000000 to 1999999999, got `70000`",
        ),
        ("restricted-v3", "must be from 1000 to 65534, got `70000`"),
    ],
)
def test_what_an_scc_says_of_users(name, message):
    [finding] = policy.security_context_constraints(pod(runAsUser=70000), name=name)

    assert (finding.rule, finding.message) == ("scc-user", message)
    [finding] = policy.security_context_constraints(pod(runAsUser=0), name="nonroot")
    assert finding.message == "must be any but root, got `0`"


def test_what_openshift_drops():
    """It is added to what a container drops, and tells the effect."""
    [finding] = policy.security_context_constraints(pod(add=["NET_BIND_SERVICE", "KILL"]))
    assert str(finding) == (
        "a: securityContext.capabilities.add: must be `NET_BIND_SERVICE`, got `KILL`; CRI-O gives it 2 capabilities, "
        "none more than by default, and as another user than root it can use none of them"
    )
    assert finding.rule == "scc-add"
    [finding] = policy.security_context_constraints(pod(add=["NET_RAW"]), name="nested-container")
    assert finding.message == "must be one of `SETGID`, `SETUID`, got `NET_RAW`"
    assert finding.effect == "CRI-O gives it 10 capabilities, CAP_NET_RAW more than by default"
    finding, _ = policy.security_context_constraints(pod(add=["NET_RAW"], runAsUser=0), name="hostnetwork")
    assert finding.message == "must be left out, got `NET_RAW`"
    assert finding.effect == "CRI-O gives it 7 capabilities, CAP_NET_RAW more than by default"
    containerd = engines.get("containerd")
    [finding] = policy.security_context_constraints(pod(add=["NET_RAW"]), name="anyuid", engine=containerd)
    assert finding.effect == "containerd (CRI) gives it 13 capabilities, none more than by default"


def test_a_request_under_an_scc():
    """Once each, and what was said stays."""
    nobody = {"user": "not root", "no_new_privs": True}
    assert policy.under_scc(Request(["KILL"])) == Request(["KILL"], ["ALL"], **nobody)
    assert policy.under_scc(Request(drop=["ALL"], user="5")) == Request(drop=["ALL"], user="5", no_new_privs=True)
    assert policy.under_scc(Request(drop=["MKNOD"]), "restricted").drop == ("MKNOD", "KILL", "SETUID", "SETGID")
    assert policy.under_scc(Request(), "privileged") == Request()
    assert not policy.under_scc(Request(privileged=True)).no_new_privs
    assert policy.under_scc(Request(no_new_privs=True), "anyuid").no_new_privs
    assert policy.under_scc(Request(user=":5"), "nonroot").user == "not root:5"
    assert policy.under_scc(Request(user=":5"), "restricted-v3").user == "1000:5"
    assert policy.under_scc(Request(), "nested-container").user == "0"


def test_the_sccs():
    """Those that OpenShift ships."""
    assert {"restricted", "restricted-v2", "restricted-v3", "nonroot", "nonroot-v2", "anyuid", "privileged"} < set(
        policy.scc_names()
    )
    assert {"hostaccess", "hostnetwork", "hostmount-anyuid"} < set(policy.scc_names())
    with pytest.raises(ArgumentError, match=r"expected a security context constraint, anyuid, .*got 'restricted-v9'"):
        policy.security_context_constraints(pod(), name="restricted-v9")
    with pytest.raises(ArgumentError, match=r"got 'Restrictedv2': did you mean restricted-v2\?"):
        policy.under_scc(Request(), "Restrictedv2")
    with pytest.raises(TypeError, match=r"expected a security context constraint, .*, got 2"):
        policy.under_scc(Request(), 2)
    with pytest.raises(TypeError, match="expected a Request, got"):
        policy.under_scc(["KILL"])


def test_lint_by_an_scc():
    """The runtime is then CRI-O, unless another is named."""
    text = json.dumps(pod(add=["NET_RAW"]))
    report = documents.lint(documents.read(text), policy="scc:restricted-v2")

    assert [finding.rule for finding in report.faults] == ["needs-root", "scc-add"]
    assert "another user than root can never use what is added" in report.faults[0].message
    [outcome] = report.outcomes
    assert (outcome.user, outcome.workload.user, outcome.gets) == (
        "not root",
        "",
        CapState(bounding=CapSet(["NET_RAW"])),
    )
    assert report.by_workload()[0]["user"] == "not root"
    assert "not root</bdi>" in display.html(report)
    report = documents.lint(documents.read(text), policy="scc:anyuid", engine=engines.get("containerd"))
    assert len(report.outcomes[0].gets.bounding) == 13
    report = documents.lint(documents.read("docker run a"), policy="scc:anyuid")
    assert len(report.outcomes[0].gets.bounding) == 14
    with pytest.raises(ArgumentError, match="expected a security context constraint"):
        documents.lint([], policy="scc:no")
    with pytest.raises(FormatError, match=r"or such as restricted@1\.25 or scc:restricted-v2"):
        documents.lint([], policy="psp:restricted")


@pytest.mark.parametrize(
    ("context", "scc", "user", "held", "rules"),
    [
        ({}, "restricted-v2", "not root", (0, 0), []),
        ({"runAsNonRoot": True, "runAsGroup": 5}, "restricted-v2", "not root:5", (0, 0), []),
        ({"runAsNonRoot": True}, "nonroot", "not root", (0, 6), ["image-user"]),
        ({"runAsNonRoot": True}, "nested-container", "0", (9, 9), ["image-user"]),
        ({"capabilities": {"drop": ["all"]}}, "restricted-v3", "1000", (0, 0), []),
        ({"capabilities": {"drop": ["all"]}}, "anyuid", "", (0, 0), ["capability-spelling"]),
        ({"capabilities": {"drop": ["CAP_KILL"]}}, "hostaccess", "not root", (0, 6), []),
        ({"runAsUser": 0}, "restricted", "0", (6, 6), ["scc-user"]),
    ],
)
def test_what_lint_shows_is_what_comes_of_a_pod_under_its_scc(context, scc, user, held, rules):
    """Its user, its sets, and what is told of it; what the SCC decides is not told."""
    text = json.dumps({"spec": {"containers": [{"name": "a", "securityContext": context}]}})
    report = documents.lint(documents.read(text), policy=f"scc:{scc}", engine=engines.get("cri-o"))
    [outcome] = report.outcomes

    assert outcome.user == user
    assert (len(outcome.gets.effective), len(outcome.gets.bounding)) == held
    assert [finding.rule for finding in report] == rules


def test_where_what_an_scc_does_not_allow_is_told():
    said = "runAsUser: 0\n      allowPrivilegeEscalation: true"
    text = f"spec:\n  containers:\n  - name: a\n    securityContext:\n      {said}\n"
    report = documents.lint(documents.read(text), policy="scc:restricted-v2")

    assert {finding.rule: finding.line for finding in report} == {"scc-escalation": 6, "scc-user": 5}


def test_the_name_of_a_file():
    """It is answered with how the file is read."""
    for check in (policy.pod_security, policy.security_context_constraints, kubernetes.from_pod):
        with pytest.raises(FormatError, match=r"documents\.read\(Path\('pod\.yaml'\)\.read_bytes\(\)"):
            check("pod.yaml")


def test_rows_can_be_encoded():
    """A byte that is no text stands in a name as half a character, which no encoding takes."""
    context = {"capabilities": {"add": ["SYS_ADMIN\udcff"]}}
    found = policy.pod_security(
        {"kind": "Pod", "spec": {"containers": [{"name": "a\udcff", "securityContext": context}]}}
    )
    [row] = found.to_records()

    assert row["container"] == "a\\xff"
    assert all(value.isprintable() for value in row.values())
