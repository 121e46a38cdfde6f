"""capset.documents: texts that are recognised and read, and what lint tells of them."""

from __future__ import annotations

import ast
import json
import pickle
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

import capset
from capset import DOCKER_DEFAULT, CapSet, FileCaps, display, documents, engines, observed
from capset.documents import DIALECTS, RULES, Workload, pasted, structured
from capset.engines import Request
from capset.errors import (
    CapsetError,
    DialectError,
    DocumentError,
    FormatError,
    MissingExtraError,
    ParseError,
    UnknownDialectError,
    UnknownRuleError,
)
from capset.problem import Problem
from capset.sets import THREAD_SETS

POD = "kind: Pod\nmetadata: {name: shop}\nspec:\n  containers:\n  - name: web\n    securityContext:\n"
HOSTILE = "a\x1b[2J\n<b>"

BPRM_FCAPS = (
    "type=BPRM_FCAPS msg=audit(1.0:5): fver=2 fp=0000000000000020 fi=0 fe=1 old_pp=0 old_pi=0 old_pe=0 old_pa=0 "
    "pp=0000000000000020 pi=0 pe=0000000000000020 pa=0 frootid=0"
)
TEXTS = {
    "audit": "type=CAPSET msg=audit(1.0:4): pid=5 cap_pi=0 cap_pp=0000000000000020 cap_pe=0 cap_pa=0",
    "capsh": "Current: cap_kill=ep\nBounding set =cap_kill\nAmbient set =\n",
    "capsh-decode": "0x0000000000000020=cap_kill\n",
    "compose": "services: {web: {cap_add: [KILL]}}",
    "crictl": '{"status": {"id": "a"}, "info": {"runtimeSpec": {"process": {"capabilities": {"bounding": []}}}}}',
    "devcontainer": '// a\n{"capAdd": ["KILL"],}',
    "docker": "docker run --cap-add KILL web",
    "filecap": "set       file                 capabilities  rootid\neffective /usr/bin/ping    net_raw\n",
    "getcap": "/usr/bin/ping cap_net_raw=ep\n",
    "getfattr": "# file: ping\nsecurity.capability=0sAQAAAgAgAAAAAAAAAAAAAAAAAAA=\n",
    "getpcaps": "812: cap_kill=ep\n",
    "buildah": "buildah run --cap-add CAP_KILL web ls",
    "buildah-from": "c=$(buildah from --cap-add KILL web)",
    "docker-compose": "docker compose run --cap-add KILL web",
    "docker-service": "docker service create --cap-add KILL web",
    "ecs": '{"containerDefinitions": [{"name": "web", "linuxParameters": {"capabilities": {"add": ["KILL"]}}}]}',
    "gitlab": "[[runners]]\nname = 'a'\nexecutor = 'docker'\n[runners.docker]\ncap_add = ['KILL']\n",
    "helm": "replicaCount: 1\ncontroller: {securityContext: {capabilities: {add: [KILL]}}}\n",
    "iab": "!cap_kill,^cap_chown",
    "inspect": '[{"Name": "/web", "HostConfig": {"CapAdd": ["CAP_KILL"]}}]',
    "kubernetes": POD + "      capabilities: {add: [KILL]}\n",
    "libcap": "cap_kill=ep",
    "lxc": "lxc.cap.drop = kill\n",
    "nerdctl": "nerdctl run --cap-add KILL web",
    "nomad": '{"TaskGroups": [{"Tasks": [{"Name": "a", "Driver": "docker", "Config": {"cap_drop": ["ALL"]}}]}]}',
    "nspawn": "[Exec]\nDropCapability=CAP_KILL\n",
    "oci": '{"process": {"capabilities": {"bounding": ["CAP_KILL"]}}}',
    "status": "CapEff:\t0000000000000020\n",
    "podman-top": "PID         EFFECTIVE CAPS\n1           KILL,NET_RAW\n",
    "pscap": "ppid  pid   name        command             capabilities\n1     812   root        sshd       kill +\n",
    "rpm": "/usr/bin/ping\tcap_net_raw=ep\n/usr/bin/true\t\n",
    "strace": "capset({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, {effective=0, permitted=0, inheritable=0}) = 0\n",
    "systemctl": "CapabilityBoundingSet=cap_kill\nAmbientCapabilities=\nUser=\n",
    "podman": "podman run --cap-add KILL web",
    "quadlet": "[Container]\nImage=web\nAddCapability=CAP_KILL\n",
    "systemd": "# a unit\n[Service]\nCapabilityBoundingSet=CAP_KILL\n",
    "xattr": "0100000220000000000000000000000000000000",
}
ELSEWHERE = {
    "buildah": "not-counted",
    "docker-compose": "not-read",
    "helm": "of-a-chart",
}  # what is said in another place counts too

# -- recognising ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_is_recognised(dialect):
    """From the text alone, as str and as bytes, with and without a mark in front."""
    text = TEXTS[dialect]

    assert documents.dialect_of(text) == documents.dialect_of(text.encode()) == dialect
    assert documents.dialect_of("\ufeff" + text) == dialect
    [workload, *_] = documents.read(text, name="x")
    assert (workload.dialect, workload.source) == (dialect, "x")
    assert [problem.rule for problem in workload.problems] == [*filter(None, [ELSEWHERE.get(dialect)])]
    assert documents.read(text, dialect=dialect)[0].asks == workload.asks is not None


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ("--privileged", "docker"),
        ("sudo docker create -u 5 x", "docker"),
        ("-u5", "docker"),
        ("=ep", "libcap"),
        ("cap_kill", "iab"),
        ("# file: ping\nsecurity.capability=0x0100000220000000000000000000000000000000\n", "getfattr"),
        ("security.capability=0x0100000220000000000000000000000000000000", "getfattr"),
        (BPRM_FCAPS, "audit"),
        ('{"Spec": {"TaskTemplate": {}}}', "inspect"),
        ('{"HostConfig": {}}', "inspect"),
        ('{"capabilities": {"effective": []}}', "oci"),
        ("spec: {containers: []}", "kubernetes"),
        ("spec: {containers: 5}", "kubernetes"),
        ("kind: 5", "kubernetes"),
        ("metadata: 5\nspec: {containers: [{name: a}]}", "kubernetes"),
        ("kind: Service\n---\nspec: {containers: [{name: a}]}", "kubernetes"),
        ("services: 5", "compose"),
        ("--cap-ad=KILL", "docker"),
        ("-privileged", "docker"),
        ("-it --rm web", "docker"),
        ("services: {a: {}, b: c}", "compose"),
        ("services: {}", "compose"),
        ("services:\n", "compose"),
        ("[Unit]\nDescription=b\n[Socket]\n", "systemd"),
        ("kind: Pod\nx: |\n  [Service]\nspec: {containers: [{name: a}]}", "kubernetes"),
        ("[Service", "systemd"),
    ],
)
def test_other_shapes(text, dialect):
    assert documents.dialect_of(text) == dialect


@pytest.mark.parametrize(
    ("name", "section"), [("a.service", "Service"), ("a@b.socket", "Socket"), ("a.mount", "Mount")]
)
def test_units_by_their_names(name, section):
    """Also one that is masked, and one that begins with something else."""
    assert documents.dialect_of(f"A=b\n[{section}]\n", name) == "systemd"
    [masked] = documents.read("", name=name)
    assert (masked.name, masked.refusal.rule) == (f"[{section}]", "masked-unit")


UNREAD = {
    "Hello world": "docker: expected docker run, or its options, got 'Hello'",
    "": "kubernetes: there is no document in it",
    "5": "libcap: at position 1 of '5'",
    "[Unit]\nDescription=x\n": "it has no section with capabilities, [Service] or [Socket] or [Mount] or [Swap]",
    "[Servicexyz]\nA=b\n": "it has no section with capabilities",
    "[Match]\nName=eth0\n[Network]\nDHCP=yes\n": "quadlet: it has no section of Quadlet's, [Artifact], [Build], ",
    "[abc]": "systemd: it has no section with capabilities",
    "passwd:  files\nservices:  db files\n": "compose: its services are no mappings, but 'db files'",
    "services: {web: 'http://web', db: 'http://db'}": "compose: its services are no mappings, but 'http://web'",
    "-P INPUT ACCEPT\n-A DOCKER -j DROP\n": "docker: expected docker run, or its options, got '-P'",
    "-server KNOWN\n": "docker: expected docker run, or its options, got '-server'",
    "--Column ID of table A\n": "docker: expected docker run, or its options, got '--Column'",
    "[Network]\n#SpeedMeter=no\n[DHCPv4]\n": "quadlet: it has no section of Quadlet's",
    "a: [": "kubernetes: line 1: expected the node content",
    "a: 1": "compose: it has no services",
    "a: 1\n---\nb: 1": "oci: expected one document, found 2",
    "[1]": "inspect: expected containers, with HostConfig, or services",
    "podman ps": "podman: no command of this program starts a container",
    "xargs podman run x": "docker: expected docker run, or its options, got 'xargs': leave out what runs it",
    "'": "podman: no command line: a quote ends nowhere",
}


@pytest.mark.parametrize("text", UNREAD)
def test_what_is_not_understood_is_an_error(text):
    """Never a workload that nothing limits; every dialect says why it is not the one."""
    with pytest.raises(DialectError) as caught:
        documents.read(text, name="x")

    assert any(UNREAD[text] in f"{name}: {reason}" for name, reason in caught.value.tried)
    front = "this is in no dialect that capset reads" if text else "there is nothing in it"
    assert str(caught.value).startswith(f"x: {front}")
    assert len(str(caught.value)) < 1000
    assert [name for name, _ in caught.value.tried] == [*DIALECTS]
    assert isinstance(caught.value, ValueError)
    assert pickle.loads(pickle.dumps(caught.value)).tried == caught.value.tried


@pytest.mark.parametrize("text", [text for text in UNREAD if text])
def test_nor_is_it_a_unit_for_one_who_says_so(text):
    with pytest.raises(DialectError, match="this is not systemd: "):
        documents.read(text, dialect="systemd")


@pytest.mark.parametrize("suffix", ["container", "kube", "pod", "build", "network", "volume", "image", "artifact"])
def test_quadlets_by_their_names(suffix):
    """They are none of systemd's, whatever section they have."""
    assert documents.dialect_of("[Service]\nRestart=no\n", name=f"web.{suffix}") == "quadlet"
    with pytest.raises(DialectError, match="is for Podman's Quadlet, which makes a unit of it: its dialect is quadlet"):
        documents.read("[Service]\nUser=5\n", name=f"web.{suffix}", dialect="systemd")


def test_a_unit_of_another_kind_than_its_name():
    with pytest.raises(DialectError, match=r"no section with capabilities, \[Socket\]"):
        documents.read("[Service]\n", name="web.socket")


def test_what_may_be_two_things():
    """It is up to the caller."""
    text = '{"services": {}, "process": {"capabilities": {}}}'
    with pytest.raises(DialectError, match="this may be compose or oci: say which it is, with dialect= or --from"):
        documents.read(text)
    assert documents.read(text, dialect="oci")[0].process is not None
    [nothing] = documents.read(text, dialect="compose")
    assert (nothing.asks, nothing.not_known, nothing.problems[0].verdict) == (None, "", "note")
    assert nothing.problems[0].message == "nothing in it has capabilities: it was read as a compose file"


AMONG_ROWS = (
    *("audit", "buildah", "buildah-from", "capsh", "capsh-decode", "docker", "docker-compose", "docker-service"),
    *("filecap", "getcap", "getfattr", "getpcaps", "gitlab", "lxc", "nerdctl", "nspawn", "podman", "podman-top"),
    *("pscap", "quadlet", "rpm", "strace", "systemctl"),
)


@pytest.mark.parametrize("dialect", AMONG_ROWS)
def test_rows_of_a_status_file_and_something_else(dialect):
    """Whoever is told that a text may be two things sees of each of the others why it is not that."""
    with pytest.raises(DialectError) as caught:
        documents.read("\n".join(TEXTS[name] for name in sorted([dialect, "status"])))
    tried = dict(caught.value.tried)
    assert {name for name, reason in tried.items() if reason == ""} == {dialect, "status"}
    assert all(isinstance(reason, str) for reason in tried.values())


def test_why_a_text_is_no_status_file():
    """The reason names the document, or what stands for one without a name."""
    for name, told in (("x", "x"), ("", "-")):
        with pytest.raises(DialectError) as caught:
            documents.read("Hello world", name)
        expected = "expected a row such as CapEff: and 16 hexadecimal digits, as /proc/PID/status has it"
        assert dict(caught.value.tried)["status"] == f"{told}: no CapEff line; {expected}"


def test_a_mask_that_capsh_decodes_is_no_text_of_libcap():
    """That of no capability is one to libcap, also with white space in front; here it is neither."""
    with pytest.raises(DialectError) as caught:
        documents.dialect_of(" \n\t0x0000000000000000=\n")
    assert caught.value.near == ("capsh-decode",)
    assert dict(caught.value.tried)["libcap"] == "it begins with a mask, as what capsh --decode prints"
    assert documents.dialect_of("\n0x0000000000000000=\n") == "capsh-decode"


def test_what_cannot_be_parsed_comes_near_what_is_parsed_so():
    """Of YAML and JSON that are broken, and of nothing else, each dialect that is either may have been meant."""
    structured_ones = {name for name, each in DIALECTS.items() if each.structured}
    for text, near in (("services: [", True), ('{"x": [', True), ("a: b\n- c", True), ("Hello world", False)):
        with pytest.raises(DialectError) as caught:
            documents.dialect_of(text)
        assert (structured_ones - {"devcontainer"} <= {*caught.value.near}) is near, text


def test_what_is_no_document():
    with pytest.raises(DocumentError, match="x: no UTF-8 text, at byte 1"):
        documents.read(b"a\xff", name="x")
    with pytest.raises(TypeError, match="expected a document as str or bytes, got 5"):
        documents.read(5)
    with pytest.raises(TypeError, match="the name of a document is a str, got 5"):
        documents.dialect_of("", 5)
    with pytest.raises(UnknownDialectError, match="unknown dialect 'k8s': known are audit, buildah, "):
        documents.read("", dialect="k8s")
    with pytest.raises(UnknownDialectError, match="unknown dialect 'kubernets': did you mean kubernetes"):
        documents.DIALECTS["kubernets"]
    with pytest.raises(UnknownDialectError, match="unknown dialect 5: known are audit"):
        documents.DIALECTS[5]
    with pytest.raises(UnknownRuleError, match=r"unknown rule 'needs_root': did you mean needs-root\?"):
        documents.RULES["needs_root"]
    assert documents.DIALECTS.get("k8s") is None
    assert "needs_root" not in documents.RULES
    with pytest.raises(UnknownDialectError, match="did you mean kubernetes"):
        documents.read("", dialect="kubernets")
    with pytest.raises(TypeError, match="expected the name of a dialect as str, got 5"):
        documents.read("", dialect=5)
    for name in ("a.yaml", "a.json"):
        with pytest.raises(DocumentError, match=f'{name}:2: found duplicate key "a"'):
            documents.read("a: 1\na: 2\n", name=name)
    with pytest.raises(ParseError):
        documents.read("hello", dialect="libcap")
    with pytest.raises(DialectError, match="this is not kubernetes: there is no document in it"):
        documents.read("", dialect="kubernetes")
    with pytest.raises(FormatError, match="expected a pod or what makes one, got"):
        documents.read('{"kind": ""}', dialect="kubernetes")


@pytest.mark.parametrize("text", ["Hello world", "[]", "5", "{}"])
@pytest.mark.parametrize("dialect", ["compose", "crictl", "ecs", "helm", "inspect", "kubernetes", "oci"])
def test_saying_what_a_text_is_does_not_make_it_that(text, dialect):
    with pytest.raises(DialectError, match=f"this is not {dialect}: "):
        documents.read(text, dialect=dialect)


def test_without_what_reads_yaml(monkeypatch):
    """Everything else is read all the same."""
    monkeypatch.delitem(sys.modules, "capset.documents.yamltext", raising=False)
    monkeypatch.setitem(sys.modules, "ruamel.yaml", None)
    for dialect in ("crictl", "docker", "ecs", "gitlab", "iab", "inspect", "libcap", "oci", "systemd", "xattr"):
        assert documents.dialect_of(TEXTS[dialect]) == dialect
    for text in (TEXTS["compose"], "Hello: world"):
        with pytest.raises(MissingExtraError, match=r"pip install 'capset\[documents\]'"):
            documents.read(text)
    with pytest.raises(MissingExtraError, match=r"writing YAML needs ruamel\.yaml"):
        documents.convert(documents.read(TEXTS["docker"]), "compose")


def test_yaml_loads_when_it_is_parsed():
    script = (
        "import sys; from capset import documents; documents.lint(documents.read('docker run x'))\n"
        "documents.read('{\"services\": {}}', dialect='compose')\n"
        "assert not any(name.startswith('ruamel') for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], cwd=Path(capset.__file__).parent.parent, check=True)


# -- workloads --------------------------------------------------------------------------------------


def test_what_a_workload_asks_for():
    """Each in the attribute for it."""
    found = {dialect: documents.read(text)[0] for dialect, text in TEXTS.items()}

    assert found["compose"].request == found["docker"].request == Request(add=["KILL"])
    assert (found["kubernetes"].label, found["kubernetes"].name) == ("shop: web", "web")
    assert found["inspect"].name == "web"
    assert found["xattr"].file_caps == FileCaps(permitted=["kill"], effective=True)
    assert found["systemd"].unit.bounding == found["oci"].process.caps.bounding == CapSet(["kill"])
    assert (found["libcap"].state.effective, found["libcap"].says) == (CapSet(["kill"]), THREAD_SETS[:3])
    assert found["iab"].state.ambient == CapSet(["chown"])
    assert found["iab"].state.bounding == CapSet.all() - {"kill"}
    assert [found[each].line for each in ("compose", "kubernetes", "systemd")] == [1, 5, 2]
    assert [found[each].user for each in ("libcap", "oci", "systemd", "docker")] == ["", "0:0", "root", ""]
    assert documents.read("[Service]\nDynamicUser=yes\n")[0].user == "a dynamic one"


def test_workloads_are_values():
    """Equal, hashable as far as they say, and they travel."""
    for text in TEXTS.values():
        one, other = documents.read(text)[0], documents.read(text)[0]
        assert one == other == pickle.loads(pickle.dumps(one))
    report = documents.lint(documents.read(TEXTS["kubernetes"]), policy="restricted")
    assert pickle.loads(pickle.dumps(list(report))) == list(report)
    assert pickle.loads(pickle.dumps(DIALECTS["docker"])) == DIALECTS["docker"]


def test_what_crictl_inspect_prints():
    """The sets that the runtime was given, of one container or of several."""
    process = {"user": {"uid": 5}, "capabilities": {"bounding": ["CAP_KILL", "CAP_NOPE"]}, "noNewPrivileges": True}
    labels = {"io.kubernetes.pod.name": "shop", "io.kubernetes.container.name": "web"}
    status = {"id": "a", "metadata": {"name": "x"}, "labels": labels}
    one = {"status": status, "info": {"pid": 7, "runtimeSpec": {"process": process}}}
    [web] = documents.read(json.dumps(one, indent=1))
    assert (web.label, web.user, web.dialect, web.line) == ("shop: web", "5:0", "crictl", 1)
    assert (web.process.caps.bounding, web.process.no_new_privs) == (CapSet(["kill"]), True)
    assert (web.problems[0].place, web.problems[0].line) == (
        "info.runtimeSpec.process.capabilities.bounding[1]",
        22,
    )
    native = {"ID": "b", "Labels": {"nerdctl/name": "api"}, "Spec": {"process": process}}
    bare = {"ID": "c", "Spec": {"process": process}}
    without = {"status": {"metadata": {"name": "y"}}, "info": {}}
    found = documents.read(json.dumps([one, native, bare, without, {"status": 5, "info": {}}, 5]))
    assert [each.name for each in found] == ["web", "api", "c", "", "", ""]
    assert [each.not_known for each in found] == ["", "", "", *["it cannot be read"] * 3]
    assert [str(each.problems[0]) for each in found[3:]] == [
        "[3].info.runtimeSpec: refused: expected the runtime's own config.json, which crictl inspect and nerdctl "
        "inspect --mode=native print of a container, got None",
        "[4].status: refused: expected a mapping, got 5",
        "[5]: refused: expected a mapping, got 5",
    ]
    assert '"uid": 5' in documents.convert(web, "oci").text
    assert "- name: app\n" in documents.convert(documents.read("docker run alpine"), "kubernetes").text
    with pytest.raises(DialectError) as raised:
        documents.read('{"status": {}, "info": 5}')
    assert dict(raised.value.tried)["crictl"].startswith("expected what crictl inspect prints, with status and info")


def test_what_nerdctl_inspect_leaves_out():
    """A container of which no list is printed is not one that asks for nothing."""
    [web] = documents.read('[{"Id": "a", "Name": "web", "HostConfig": {"CgroupnsMode": "private"}, "Config": {}}]')
    told = "it says nothing of capabilities: nerdctl inspect leaves them out, and --mode=native has them"
    assert (web.not_known, web.problems[0].verdict) == (told, "depends")
    assert documents.lint(web).outcomes[0].gets is None


def test_several_containers_of_docker_inspect():
    text = json.dumps(
        [{"Name": "/a", "HostConfig": {}}, {"Name": 5, "HostConfig": {"CapAdd": 5}}, {"Spec": {"Name": "s"}}]
    )
    found = documents.read(text)

    assert [workload.name for workload in found] == ["a", "", "s"]
    assert [workload.asks is None for workload in found] == [False, True, True]
    assert found[1].problems[0].rule == found[2].problems[0].rule == "unreadable"


ADMIN, FOURTEEN = ["CAP_NET_ADMIN"], sorted(DOCKER_DEFAULT.names())


@pytest.mark.parametrize(
    ("user", "privileged", "effective", "bounding", "gets"),
    [
        ("", False, FOURTEEN, FOURTEEN, FOURTEEN),
        ("root:root", False, ADMIN, ADMIN, ADMIN),
        ("", False, None, None, []),  # with --cap-drop=all
        ("1000", False, None, FOURTEEN, []),
        ("1000:5", False, ADMIN, [*FOURTEEN, *ADMIN], ADMIN),
        ("www", False, ["CAP_KILL"], ["CAP_KILL"], ["CAP_KILL"]),
        ("1000", True, None, ["CAP_BPF", *ADMIN], []),
        ("1000", True, ADMIN, ["CAP_BPF", *ADMIN], ADMIN),
        ("1000", False, ADMIN, [], []),  # what Podman says of nobody
    ],
)
def test_what_podman_says_itself(user, privileged, effective, bounding, gets):
    """As Podman 4.3.1 printed it: the lists to add and to drop are computed, the sets are those of the process."""
    [workload] = documents.read(
        json.dumps(
            {
                "Name": "web",
                "BoundingCaps": bounding,
                "EffectiveCaps": effective,
                "Config": {"User": user},
                "HostConfig": {"CapAdd": ["CAP_BPF"], "CapDrop": ["CAP_CHOWN"], "Privileged": privileged},
            }
        )
    )
    report = documents.lint(workload)
    [outcome] = report.outcomes
    assert {finding.rule for finding in report} <= {"named-user"}
    assert (workload.user, outcome.known) == (user, True)
    if workload.state is not None:
        assert workload.state.permitted == workload.state.effective
    assert outcome.gets.effective == outcome.gets.permitted == CapSet(gets)
    assert outcome.gets.ambient == CapSet(gets if user[:4] not in {"", "root"} else [])
    assert outcome.gets.bounding == CapSet(bounding or [])
    assert outcome.said("inheritable") is None
    assert workload.for_engine(engines.get("docker")) is workload


def test_an_engine_for_what_podman_says_itself():
    """None is asked, which is told; and who has no_new_privs has it in what is written too."""
    host = '"HostConfig": {"SecurityOpt": ["no-new-privileges"]}, "Config": {"User": "7"}'
    [workload] = documents.read(f'{{{host}, "BoundingCaps": ["CAP_KILL"], "EffectiveCaps": []}}')
    [note] = documents.lint(workload, engine=engines.get("docker", "99"))
    assert note.message.startswith("an engine is about what is asked of it, and was passed over for")
    written = "--cap-drop=ALL --cap-add=KILL --user=7 --security-opt=no-new-privileges"
    assert documents.convert(workload, "docker").text.strip() == written
    assert Workload.from_dict(workload.as_dict()) == workload


# What people look for in help, and in the sentences that say what was read.
SAID = {
    "audit": "audit records",
    "buildah": "buildah run",
    "buildah-from": "buildah from",
    "capsh": "capsh --print",
    "capsh-decode": "capsh --decode",
    "compose": "compose file",
    "crictl": "crictl inspect",
    "devcontainer": "devcontainer.json",
    "docker": "docker run",
    "docker-compose": "docker compose run",
    "docker-service": "docker service create",
    "ecs": "task definition of Amazon ECS",
    "filecap": "filecap prints",
    "getcap": "getcap prints",
    "getfattr": "getfattr -d -m security.capability",
    "getpcaps": "getpcaps prints",
    "gitlab": "config.toml of GitLab",
    "helm": "Helm chart",
    "iab": "IAB tuple",
    "inspect": "docker inspect",
    "kubernetes": "pod",
    "libcap": "libcap's text",
    "lxc": "LXC",
    "nerdctl": "nerdctl run",
    "nomad": "Nomad, in HCL or JSON",
    "nspawn": "systemd-nspawn",
    "oci": "config.json",
    "podman": "podman run",
    "podman-top": "podman top",
    "pscap": "pscap prints",
    "quadlet": "Podman's Quadlet",
    "rpm": "rpm -q --filecaps",
    "status": "/proc/PID/status",
    "strace": "strace prints",
    "systemctl": "systemctl show",
    "systemd": "unit of systemd",
    "xattr": "security.capability attribute",
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_a_dialect_is_about_is_told_by_its_usual_name(dialect):
    """A policy is about pods: of everything else the note says what it was."""
    report = documents.lint(documents.read(TEXTS[dialect]), policy="restricted")
    notes = [each.message for each in report if each.message.startswith("a policy is about pods, and was passed over")]
    assert SAID[dialect] in DIALECTS[dialect].about
    assert notes or dialect in {"audit", "helm", "kubernetes", "strace"}
    assert all(note.endswith(f" for {DIALECTS[dialect].about}") for note in notes)


def test_dialects():
    """An immutable list, from which help and documentation come."""
    assert [*DIALECTS] == sorted(TEXTS)
    written = {"compose", "docker", "iab", "kubernetes", "libcap", "oci", "systemd", "xattr"}
    written |= {"devcontainer", "ecs", "lxc", "nerdctl", "nspawn", "podman", "quadlet"}
    assert {name for name, dialect in DIALECTS.items() if dialect.is_written} == written
    assert {name: each.engine for name, each in DIALECTS.items() if each.engine} == {
        "buildah": "buildah",
        "buildah-from": "podman",
        "compose": "docker",
        "devcontainer": "docker",
        "docker": "docker",
        "docker-compose": "docker",
        "docker-service": "docker-swarm",
        "ecs": "aws-ecs",
        "gitlab": "docker",
        "helm": "containerd",
        "inspect": "docker",
        "kubernetes": "containerd",
        "lxc": "lxc",
        "nerdctl": "nerdctl",
        "nomad": "nomad-docker",
        "nspawn": "systemd-nspawn",
        "podman": "podman",
        "quadlet": "podman",
    }
    assert DIALECTS["libcap"].lacks == {"user", "no_new_privs", "bounding", "ambient", "rootid"}
    with pytest.raises(TypeError):
        DIALECTS["x"] = DIALECTS["docker"]
    with pytest.raises(AttributeError):
        DIALECTS["docker"].name = "x"


# -- lint -------------------------------------------------------------------------------------------


def test_report():
    """A list of findings, and a text as compilers write it."""
    text = POD + "      capabilities: {add: [CAP_KILL]}\n      privileged: 5\n  - {name: b}\n---\nkind: Service\n"
    report = documents.lint(documents.read(text, name="pod.yaml"), policy="restricted")

    assert str(report).splitlines() == [
        "pod.yaml:8:19: unreadable: expected true or false, got 5",
        "pod.yaml:9: pod-security-drop: must be `ALL`, and nothing is dropped; "
        "containerd (CRI) gives it 14 capabilities, none more than by default",
        "pod.yaml:11:7: passed-over: a document of kind Service, in which there is no pod",
    ]
    assert [finding.verdict for finding in report] == ["refused", "forbidden", "note"]
    assert next(str(outcome) for outcome in report.outcomes) == "not known: it cannot be read"
    assert report.outcomes[1].gets == engines.get("containerd").container()
    assert str(report.outcomes[1]) == str(report.outcomes[1].gets)
    assert len(report.faults) == 2
    assert report.of(report.outcomes[1].workload) == [report[1]]
    assert (report[:1], report[:1].outcomes, report[0].where) == (
        [report[0]],
        report.outcomes,
        "line 8, spec.containers[0].securityContext.privileged",
    )
    assert str(documents.lint(documents.read("docker run --user x y"))[0]).startswith("-:1:19: named-user: ")
    assert documents.lint([]) == []


def test_what_is_not_known_is_neither_a_set_nor_a_refusal():
    """A variable, a specifier, what is inherited."""
    for text in (
        "services: {a: {privileged: '${P}'}}",
        "services: {a: {user: '${UID}:5'}}",
        "services: {a: {cap_drop: ['${P}']}}",
        "services: {a: {extends: {service: b, file: c.yaml}}, b: {privileged: true}}",
        "docker run --user $UID x",
        "[Service]\nUser=%i\n",
        POD + "      capabilities: {add: [$CAP]}\n",
    ):
        outcome = documents.lint(documents.read(text)).outcomes[0]
        assert (outcome.known, outcome.gets) == (False, None), text
        assert str(outcome).startswith("not known: ")
        told = documents.lint(documents.read(text)).by_workload()[0]
        assert (told["effective"], told["refused"], told["not_known"]) == (None, None, str(outcome))


def test_who_cannot_use_what_is_added():
    """The oldest question: another user than root, a capability added, and none is effective."""

    def told(text, engine="docker"):
        report = documents.lint(documents.read(f"docker run {text} x"), engine=engines.get(engine))
        return [(finding.verdict, finding.message) for finding in report if finding.rule == "needs-root"]

    [(verdict, message)] = told("--user 5 --cap-add NET_ADMIN")
    assert verdict == "depends"
    assert message.startswith("user 5 cannot use what is added: Docker Engine makes nothing of it ambient")
    [(verdict, message)] = told("--user 5 --cap-add NET_ADMIN --security-opt no-new-privileges")
    assert (verdict, "can never use" in message) == ("ignored", True)
    assert not told("--user 5 --cap-add NET_ADMIN", "podman")
    assert not told("--user 0 --cap-add NET_ADMIN")
    assert not told("--user 5 --privileged --cap-add NET_ADMIN")
    assert told("--user 5 --cap-add CHOWN") == told("--user 5 --cap-add NET_ADMIN")
    assert not told("--user 5 --cap-drop CHOWN")
    assert [
        finding.line for finding in documents.lint(documents.read("services:\n a:\n  user: '5'\n  cap_add: [BPF]"))
    ] == [4]


def test_units_are_read_by_the_release():
    """The text is kept, and read again."""
    unit = documents.read("[Service]\nAmbientCapabilities=CAP_KILL\nUser=5\n")
    assert documents.lint(unit).outcomes[0].gets.effective == CapSet(["kill"])
    old = documents.lint(unit, systemd=228)
    assert [(finding.rule, finding.line) for finding in old] == [("newer-directive", 2)]
    assert not old.outcomes[0].gets.effective
    with pytest.raises(FormatError, match="version: expected a release of systemd"):
        documents.lint(unit, systemd=0)


def test_each_dialect_is_linted():
    """Whatever it is about, it gets something."""
    for dialect, text in TEXTS.items():
        report = documents.lint(documents.read(text))
        assert (report.outcomes[0].gets is None) is (ELSEWHERE.get(dialect) in {"not-read", "not-counted"})
    assert documents.lint(documents.read(TEXTS["libcap"])).outcomes[0].gets.effective == CapSet(["kill"])


def test_what_an_engine_refuses_is_a_finding():
    [workload] = documents.read("docker run --cap-add PERFMON x")
    report = documents.lint(workload, engine=engines.get("docker", "20.10"))
    assert [(finding.rule, finding.verdict) for finding in report] == [("unknown-capability", "refused")]
    assert str(report.outcomes[0]).startswith("nothing: Docker Engine 20.10 knows no capability 'PERFMON'")
    [workload] = documents.read("docker run --cap-add KILL x")
    [finding] = documents.lint(workload, engine=engines.get("runc"))
    assert (finding.rule, finding.verdict) == ("engine-refuses", "refused")


def test_lint_refuses_what_it_does_not_take():
    [workload] = documents.read("docker run x")
    with pytest.raises(TypeError, match=r"engine is an Engine, as engines.get\(\) gives it, got 'docker'"):
        documents.lint(workload, engine="docker")
    with pytest.raises(TypeError, match=r"expected workloads, as documents.read\(text\) gives them, got 5"):
        documents.lint([5])
    with pytest.raises(FormatError, match="policy: expected baseline or restricted, or such as"):
        documents.lint(workload, policy="strict")


def test_sarif():
    """The properties that SARIF 2.1.0 requires, and those that code hosts show."""
    text = f"services: {{{json.dumps(HOSTILE)}: {{cap_add: [KIL]}}}}\ninclude: x"
    name = "a b\udcff/<x>.yaml"
    log = documents.lint(documents.read(text, name=name)).to_sarif()
    json.dumps(log, allow_nan=False).encode()

    assert log["version"] == "2.1.0"
    [run] = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "capset"
    assert len(run["results"]) == 2
    for result in run["results"]:
        rule = driver["rules"][result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        assert rule["shortDescription"]["text"]
        assert rule["help"]["text"]
        assert result["level"] in {"none", "note", "warning", "error"}
        assert result["message"]["text"].isprintable()
        [location] = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"] == "a%20b%FF/%3Cx%3E.yaml"
        assert location["physicalLocation"]["region"]["startLine"] >= 1
        assert all(each["fullyQualifiedName"].isprintable() for each in location["logicalLocations"])
    assert documents.lint(documents.read("docker run --cap-add KIL x")).to_sarif()["runs"][0]["results"][0][
        "locations"
    ][0]["physicalLocation"]["artifactLocation"] == {"uri": "stdin"}


def test_no_text_of_others_acts_on_whoever_looks():
    """In text, HTML, rows, SARIF and JSON."""
    text = json.dumps({"services": {HOSTILE: {"cap_add": [HOSTILE], HOSTILE: 1, "user": HOSTILE, "capadd": 1}, "b": 5}})
    report = documents.lint(documents.read(text, name=HOSTILE))

    for line in str(report).split("\n"):
        assert line.isprintable()
    plain = json.dumps([report.by_workload(), report.to_sarif(), list(report.to_records())], default=int)
    assert "\\u001b" not in plain
    assert "\x1b" not in report._repr_html_()
    assert "[2J\\n<b>" not in report._repr_html_()
    for loss in documents.convert(
        documents.read(f"services: {{{json.dumps(HOSTILE)}: {{user: x, cap_add: [KILL]}}}}"), "docker"
    ).losses:
        assert str(loss).isprintable()


# -- rules ------------------------------------------------------------------------------------------


def ids_in_code():
    """List the ids that are given to problems, findings and losses."""
    found = set()
    for path in Path(capset.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", "")
            given = [keyword.value for keyword in node.keywords if keyword.arg == "rule"]
            if name in {"ignored", "refused", "depends", "_of", "_note"} and len(node.args) > 2:
                given = [node.args[1]]
            elif name not in {"Problem", "Loss", "Finding"}:
                continue
            found |= {value.value for value in given if isinstance(value, ast.Constant)}
    return found


def test_every_rule_that_the_code_gives_is_documented():
    """And no other is."""
    by_policy = {"pod-security-add", "pod-security-drop", "scc-add", "scc-escalation", "scc-privileged", "scc-user"}
    assert ids_in_code() | by_policy == set(RULES)


@pytest.mark.parametrize("id", RULES)
def test_every_rule_is_given_by_its_example(id):
    rule = RULES[id]
    example = rule.example
    workloads = documents.read(example.text, dialect=example.dialect)
    name, _, version = (example.engine or example.writes).partition("@")
    engine = engines.get(name, version or None) if name else None
    if example.to:
        given = {loss.rule for loss in documents.convert(workloads, example.to, writes=engine).losses}
    else:
        used = observed.read(example.used) if example.used else None
        report = documents.lint(
            workloads, engine=engine, policy=example.policy or None, systemd=example.systemd, used=used
        )
        given = {finding.rule for finding in report}
        assert {finding.level for finding in report if finding.rule == id} <= {rule.level}, (
            "write it as level in the data"
        )
        assert [documents.Finding.from_dict(finding.as_dict()) for finding in report] == [*report]

    assert id in given
    assert rule.id == id
    for text in (rule.meaning, rule.remedy):
        assert text.endswith(".")


@pytest.mark.parametrize(
    ("text", "options", "verdict", "level"),
    [
        ("docker run --cap-add KIL x", {}, "refused", "error"),
        ("docker run --cap-add KILL --cap-drop KILL x", {}, "ignored", "warning"),
        ("docker run --cap-add $X x", {}, "depends", "warning"),
        ("docker run x", {"policy": "baseline"}, "note", "note"),
        (POD + "      capabilities: {add: [SYS_ADMIN]}\n", {"policy": "baseline"}, "forbidden", "error"),
    ],
)
def test_how_bad_a_finding_is(text, options, verdict, level):
    """In a word of the library and in one of SARIF; both are read again from JSON, and no others."""
    report = documents.lint(documents.read(text), **options)
    finding = next(each for each in report if each.verdict == verdict)
    assert finding.level == level
    assert {each["level"] for each in report.to_sarif()["runs"][0]["results"]} >= {level}
    assert documents.Finding.from_dict(json.loads(json.dumps(finding.as_dict()))) == finding
    with pytest.raises(FormatError) as caught:
        documents.Finding.from_dict({**finding.as_dict(), "verdict": "fine"})
    words = "'refused', 'ignored', 'depends', 'forbidden', 'note'"
    assert str(caught.value) == f"Finding.verdict: expected one of {words}, got 'fine'"


def test_the_rules_stand_in_order():
    assert [*RULES] == sorted(RULES)


# -- convert ----------------------------------------------------------------------------------------


def test_a_migration_tells_what_the_other_engine_gives():
    """Each side has an engine of its own."""
    [vpn] = documents.read("docker run --cap-add NET_ADMIN --user 0 vpn")
    to_crio = documents.convert(vpn, "kubernetes", writes=engines.get("cri-o"))
    [loss] = to_crio.losses
    less = "-CAP_NET_RAW -CAP_SYS_CHROOT -CAP_MKNOD -CAP_AUDIT_WRITE -CAP_SETFCAP"
    assert loss.rule == "other-sets"
    assert str(loss) == f"what CRI-O gives is not the same: effective: {less}; permitted: {less}; bounding: {less}"
    assert not documents.convert(vpn, "kubernetes").losses

    [both] = documents.read(POD + "      runAsUser: 0\n      capabilities: {add: [BPF], drop: [BPF]}\n")
    losses = documents.convert(both, "compose").losses
    assert [loss.rule for loss in losses] == ["in-both-lists", "other-sets"]
    assert "effective: +CAP_BPF" in str(losses[1])
    same = documents.convert(both, "kubernetes", reads=engines.get("cri-o"), writes=engines.get("cri-o"))
    assert [loss.rule for loss in same.losses] == ["in-both-lists"]


def test_a_conversion_is_its_text():
    conversion = documents.convert(documents.read("docker run --user 0 x"), "docker")
    assert (str(conversion), conversion.text, conversion.to, conversion.losses) == (
        "--user=0",
        "--user=0",
        "docker",
        (),
    )


@pytest.mark.parametrize("to", [name for name, dialect in DIALECTS.items() if dialect.is_written])
def test_what_is_written_is_read_again(to):
    """By the dialect that it is recognised as."""
    for text in TEXTS.values():
        try:
            written = documents.convert(documents.read(text), to).text
        except CapsetError:  # such as a bounding set that no file capabilities can say
            continue
        if written not in {"", "="}:  # of IAB and of libcap's text, the empty sets
            assert documents.dialect_of(written) == to, written


def test_convert_refuses_what_it_does_not_take():
    [workload] = documents.read("docker run x")
    with pytest.raises(FormatError, match="to: expected a dialect that is written: compose, devcontainer, docker, ecs"):
        documents.convert(workload, "inspect")
    with pytest.raises(UnknownDialectError):
        documents.convert(workload, "x")
    for name in ("reads", "writes"):
        with pytest.raises(TypeError, match=f"{name} is an Engine, as engines.get"):
            documents.convert(workload, "compose", **{name: "docker"})
    with pytest.raises(TypeError, match="expected workloads, as"):
        documents.convert([5], "compose")
    with pytest.raises(DocumentError, match="there is no container in it"):
        documents.convert([], "compose")
    with pytest.raises(FormatError, match="expected a name that no other container of the pod has"):
        documents.convert(documents.read("spec: {containers: [{name: a}, {name: a}]}"), "docker")
    with pytest.raises(FormatError, match=r"process\.capabilities: expected a mapping, got 5"):
        documents.convert(documents.read('{"process": {"capabilities": 5}}', dialect="oci"), "docker")


@pytest.mark.parametrize("to", ["compose", "docker", "kubernetes", "oci", "systemd"])
@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "services: {a: {privileged: '${P}', user: '0'}}",
            "line 1: a: what is asked for is not known, as a variable decides",
        ),
        (
            "services: {a: {cap_drop: [ALL], extends: {service: b, file: c.yaml}}}",
            "as what another service adds to this one is not read",
        ),
        ("services: {a: {user: '${UID}'}}", "as a variable decides"),
        ("docker run \\\n --user $UID x", "line 2: what is asked for is not known, as a variable decides"),
        ("[Service]\nUser=%i\n", "line 2: what is asked for is not known, as a specifier decides"),
    ],
)
def test_what_is_not_known_is_not_written(text, why, to):
    """Whatever was written would be a guess."""
    with pytest.raises(DocumentError, match="give the document as its tool resolves it") as caught:
        documents.convert(documents.read(text), to)
    assert why in str(caught.value)


def test_all_that_is_told_of_what_is_not_known():
    """Where it stands, whose it is, why, and what to do."""
    with pytest.raises(DocumentError) as caught:
        documents.convert(documents.read("services:\n  web:\n    cap_add: [$X]\n", "c.yaml"), "docker")
    assert str(caught.value) == (
        "c.yaml:3: web: what is asked for is not known, as a variable decides (services.web.cap_add[0]: depends: "
        "Compose puts the value of a variable here): give the document as its tool resolves it"
    )
    with pytest.raises(DocumentError) as caught:
        documents.convert(documents.read("buildah run --cap-add CAP_KILL x", "run.sh"), "docker")
    assert str(caught.value) == (
        "run.sh:1: what is asked for is not known, as what was asked for when the container was made counts too, "
        "and is not counted here"
    )


def test_what_asks_for_nothing_is_a_command_line_too():
    written = documents.convert(documents.read("services: {a: {image: x}}"), "docker").text
    assert documents.read(written, dialect="docker")[0].request == Request()


@pytest.mark.parametrize("to", ["docker", "iab", "libcap", "oci", "systemd", "xattr"])
def test_several_are_not_written_as_one(to):
    """The reader of that dialect would refuse them, or take one for the other."""
    found = documents.read("services: {a: {cap_drop: [ALL], user: '0'}, b: {cap_drop: [ALL], user: '0'}}")
    with pytest.raises(FormatError, match=r"expected one, as this dialect is about one; --name chooses it, got 'a, b'"):
        documents.convert(found, to)


# -- units ------------------------------------------------------------------------------------------

CAT = """# /usr/lib/systemd/system/a.service
[Service]
ExecStart=/bin/a

# /usr/lib/systemd/system/b@.service
# An empty line, and a comment.
[Service]
ExecStart=/bin/b
User=nobody
CapabilityBoundingSet=

"""


def test_several_units_in_one_text():
    """As systemctl cat prints them: what one of them says is not said of the other."""
    a, b = documents.lint(documents.read(CAT)).outcomes
    assert [(each.workload.name, each.workload.line, each.workload.user) for each in (a, b)] == [
        ("a.service", 2, "root"),
        ("b@.service", 7, "nobody"),
    ]
    assert a.gets.effective == CapSet.all()
    assert b.gets.bounding == CapSet()
    assert documents.convert(documents.read(CAT)[1], "systemd").text.splitlines()[-1] == "User=nobody"


@pytest.mark.parametrize("folder", ["b@.service.d", "b@x.service.d", "service.d"])
def test_drop_ins_that_follow_their_unit(folder):
    """They are for it by the name of their folder, and their lines are those of the whole text."""
    text = f"{CAT}# /etc/systemd/system/{folder}/x.conf\n[Service]\nCapabilityBoundingSet=CAP_KIL CAP_CHOWN\n"
    report = documents.lint(documents.read(text))
    assert [str(outcome.gets.bounding) for outcome in report.outcomes][1:] == ["CAP_CHOWN"]
    [finding] = report
    assert (finding.line, finding.where) == (14, "line 14 (CapabilityBoundingSet)")
    [_, again] = documents.lint(documents.read(text), systemd=220).outcomes
    assert again.gets.bounding == CapSet()  # which that release intersects


@pytest.mark.parametrize("folder", ["a.service.d", "b@.socket.d", "c-.service.d"])
def test_drop_ins_of_another_unit(folder):
    """What they change is not known, and the unit before them stays as it is."""
    text = f"{CAT}# /etc/systemd/system/{folder}/x.conf\n[Service]\n[Socket]\nUser=5\n"
    *_, unit, drop_in = documents.lint(documents.read(text)).outcomes
    assert (unit.workload.user, unit.known) == ("nobody", True)
    assert (drop_in.workload.name, drop_in.known, drop_in.gets) == ("x.conf", False, None)


def test_drop_ins_of_all_that_begin_so():
    text = "# /x/web-a.service\n[Service]\nUser=5\n# /etc/x/web-.service.d/y.conf\n[Service]\nUser=6\n"
    [unit] = documents.read(text)
    assert unit.user == "6"


def test_files_between_units_that_are_none():
    text = f"{CAT}# /x/a.timer\n[Timer]\nOnCalendar=1\n# /x/c.service\n[Unit]\nDescription=x\n"
    report = documents.lint(documents.read(text))
    assert [str(each) for each in report] == [
        "-:13: passed-over: a.timer: a timer has no section with capabilities",
        "-:16: not-read: c.service: it has no section with capabilities, [Service]",
    ]
    assert str(report.outcomes[-1]) == "not known: it is not read"
    assert [*documents.lint(documents.read(text), systemd=252)] == [*report]
    with pytest.raises(DialectError, match="a timer has no section with capabilities"):
        documents.read("[Timer]\n", name="a.timer")


@pytest.mark.parametrize(
    ("text", "again"),
    [
        ("[Unit]\n[Service]\nUser=nobody\n[Unit]\n[Service]\nExecStart=/bin/b\n", "[Unit] begins again on line 4"),
        ("[Service]\nUser=5\n# b\n[Service]\nUser=6\n", "[Service] begins again on line 4"),
        ("[Service]\nUser=5\n[Install]\nWantedBy=a\n[Service]\n[Install]\n", "[Service] begins again on line 5"),
        ("[Unit]\n[Socket]\nUser=5\n[Unit]\n[Timer]\n", "[Unit] begins again on line 4"),
    ],
)
def test_units_that_are_joined_without_their_names(text, again):
    """They were one, in which what the first says is said of the second as well; a file of a unit may well do so."""
    for dialect in (None, "systemd"):
        with pytest.raises(DialectError) as caught:
            documents.read(text, dialect=dialect)
        assert f"{again}, as where units are joined without their names: give what systemctl cat" in str(caught.value)
    kind = "socket" if "[Socket]" in text else "service"
    [unit] = documents.read(text, name=f"a.{kind}")
    assert unit.unit is not None
    [named] = documents.read(f"# /etc/systemd/system/a.{kind}\n{text}")
    assert named.unit == unit.unit
    first, second = documents.read(f"{text}# /x/b.service\n[Service]\n")
    assert (first.asks, first.not_known, second.name) == (None, "it is not read", "b.service")
    assert first.problems[0].message.startswith(f"the first file: {again}")


def test_a_comment_that_names_a_file_divides_nothing():
    """Only in front of a section it does; what stands before the first such line is a file too."""
    [unit] = documents.read("[Unit]\n# /x/b.service\nAfter=x\n[Service]\nUser=5\n# /x/c.service\n", name="a.service")
    assert (unit.name, unit.line, unit.user) == ("[Service]", 4, "5")
    first, second = documents.read("[Service]\nUser=5\n# /x/b.service\n[Service]\nUser=6\n", name="a.service")
    assert (first.name, first.user, second.name, second.user) == ("[Service]", "5", "b.service", "6")


@pytest.mark.parametrize("name", ["a.service.d/x.conf", "x.conf", "/etc/systemd/system/service.d/x.conf"])
def test_a_drop_in_alone_is_no_unit(name):
    """The unit decides what nobody is, who root; nothing of that is known."""
    workloads = documents.read("[Service]\nUser=nobody\n", name=name)
    report = documents.lint(workloads)
    assert [str(each) for each in report.outcomes] == ["not known: the unit is not read"]
    told = "a drop-in counts together with its unit, which is not read: give what systemctl cat prints"
    assert str(report) == f"{name}:1: not-read: {told}"
    assert not documents.lint(workloads, systemd=252).outcomes[0].known
    with pytest.raises(DocumentError, match="what is asked for is not known, as the unit is not read"):
        documents.convert(workloads, "docker")


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("[Service]\nname = web\nport=80\n", "app.ini", "its name ends with .ini, and those of units with .service"),
        ("[Service]\nname = web\nport=80\n", "app", "no key in it is one of a unit"),
        ("[Service]\nname = web\nport=80\n", "app.conf", "no key in it is one of a unit"),
    ],
)
def test_files_of_other_programs_are_no_units(text, name, message):
    with pytest.raises(DialectError) as caught:
        documents.read(text, name=name)
    assert message in str(caught.value)


def test_where_a_section_begins():
    """Lines end where systemd ends them."""
    [unit] = documents.read("# \f \u2028 \x85\n[Service]\nUser=5\n")
    assert unit.line == 2


# -- what belongs to which --------------------------------------------------------------------------


def test_each_workload_has_its_own_findings():
    """Also where two pods have the same fault in the same place; what is a pod's is each container's."""
    text = POD + "      capabilities: {add: [FOO]}\n"
    report = documents.lint(documents.read(f"{text}---\n{text}"))
    assert [[each["line"] for each in one["problems"]] for one in report.by_workload()] == [[7], [15]]
    assert [[each.line for each in report.of(outcome.workload)] for outcome in report.outcomes] == [[7], [15]]
    first, *_ = report.outcomes
    assert [each.line for each in report[1:].of(first.workload)] == []
    assert len(report[:1].of(first.workload)) == 1


def test_what_was_not_read_is_in_the_json_too():
    include, web = documents.lint(documents.read("include: [x]\nservices: {web: {}}")).by_workload()
    assert (include["name"], include["not_known"], include["effective"]) == (
        "include",
        "not known: it is not read",
        None,
    )
    assert [each["message"] for each in include["problems"]] == ["what other files add is not read"]
    assert (web["name"], web["problems"]) == ("web", [])
    [passed] = documents.lint(documents.read("kind: Service")).by_workload()
    assert [each["rule"] for each in passed["problems"]] == ["passed-over"]
    assert [passed[key] for key in ("effective", "bounding", "refused", "not_known")] == [None] * 4
    [unit] = documents.lint(documents.read(TEXTS["systemd"]), policy="restricted").by_workload()
    assert [each["rule"] for each in unit["problems"]] == ["option-passed-over"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("!cap_sys_admin", ("inheritable", "bounding", "ambient")),
        ("cap_net_raw=ep", ("effective", "permitted", "inheritable")),
        (TEXTS["xattr"], ("effective", "permitted", "inheritable")),
    ],
)
def test_sets_of_which_nothing_is_said(text, said):
    """They are neither empty nor full."""
    report = documents.lint(documents.read(text))
    [outcome] = report.outcomes
    assert tuple(name for name in THREAD_SETS if outcome.said(name) is not None) == tuple(
        name for name in THREAD_SETS if name in said
    )
    [row] = report.by_workload()
    assert [row[name] is None for name in ("effective", "bounding")] == [
        name not in said for name in ("effective", "bounding")
    ]
    assert str(outcome).count(": not said") == 2
    assert report._repr_html_().count("not said") == 2  # one of the two sets in it, and the user


def test_a_document_that_cannot_be_read_is_not_lost():
    with pytest.raises(DocumentError) as caught:
        documents.read("a: 1\na: 2\n", name="a.yaml")
    report = documents.lint([documents.unread(caught.value, "a.yaml"), *documents.read(TEXTS["docker"])], systemd=252)
    unread, note = str(report).splitlines()
    assert unread == 'a.yaml:2: unreadable: found duplicate key "a"'
    assert note.startswith("-:1: option-passed-over: a release of systemd is about units, and was passed over for ")
    assert str(report.outcomes[0]) == "not known: it cannot be read"
    assert [(each.line, each.problems[0].line) for each in (report.outcomes[0].workload, documents.unread("no"))] == [
        (2, 2), (1, None),
    ]  # fmt: skip
    with pytest.raises(DocumentError, match="there is no container in it; : refused: no"):
        documents.convert(documents.unread("no", "b"), "docker")


def test_lines_of_names_with_dots():
    text = "services:\n  web:\n    image: a\n  web.api:\n    cap_add: [KIL]\n"
    assert [finding.line for finding in documents.lint(documents.read(text))] == [5]


def test_lines_of_a_command():
    text = "\n# a\nsudo docker run \\\n --cap-add KIL \\\n --cap-add='\n' --user=web \\\n img\n"
    [workload] = documents.read(text)
    assert workload.line == 3
    assert [finding.line for finding in documents.lint(workload)] == [4, 5, 6]
    refused = documents.read("docker run \\\n --user 5 \\\n --cap-add PERFMON x")
    assert [each.line for each in documents.lint(refused, engine=engines.get("docker", "20.10"))] == [3]


# -- what a notebook shows --------------------------------------------------------------------------


def test_reports_and_conversions_in_a_notebook():
    text = "services: {a: {cap_add: [KIL], user: '0'}, b: {user: '5'}, c: {privileged: '${P}'}}\ninclude: x"
    report = documents.lint(documents.read(text, name="c.yaml"))
    shown = report._repr_html_()
    assert "4 workloads" in shown
    assert "findings" in shown
    assert "unknown-capability" in shown
    assert "not known" in shown
    assert "nothing to tell" in documents.lint(documents.read("docker run x"))._repr_html_()
    pod = documents.lint(documents.read(POD + "      privileged: false\n"), policy="restricted")
    assert "none more than by default" in pod._repr_html_()
    assert report.to_records()[0]["rule"] == "not-read"
    conversion = documents.convert(documents.read("docker run --cap-add NET_ADMIN x"), "systemd")
    assert "1 loss" in conversion._repr_html_()
    assert "[Service]</bdi><br>" in conversion._repr_html_()
    assert "nothing is lost" in documents.convert(documents.read("docker run x"), "docker")._repr_html_()


def test_reports_and_conversions_as_text():
    from capset import display

    report = documents.lint(documents.read("docker run --user x y", name="a"))
    assert display.text(report) == str(report)
    assert display.text(documents.lint([])) == "nothing to tell"
    conversion = documents.convert(documents.read("docker run --cap-add NET_ADMIN x"), "libcap")
    assert display.text(conversion).splitlines()[1:] == ["the user is the image's, and what is written is for root"]


# -- what a newcomer gives ----------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["compose.yaml", "/tmp/nothing.service", "web.sh", "a/b"])
@pytest.mark.parametrize("dialect", [None, "systemd"])
def test_the_name_of_a_file_in_the_place_of_its_text(text, dialect):
    """One sentence says how it is read."""
    with pytest.raises(DialectError, match=rf"^'{text}' looks like the name of a file: documents\.read\(Path\("):
        documents.read(text, dialect=dialect)


def test_a_file_is_read_by_who_has_it():
    """The error says how."""
    remedy = r"read the file yourself: documents\.read\(path\.read_bytes\(\), name=str\(path\)\)$"
    with pytest.raises(TypeError, match=remedy):
        documents.read(Path("compose.yaml"))
    [web] = documents.read("docker run web", "web.sh")
    assert web.source == "web.sh"


@pytest.mark.parametrize("text", ["dokcer run web", "podman ps", "cap_kil=ep", '{"services": {}'])
def test_what_is_no_yaml_does_not_blame_its_reader(monkeypatch, text):
    """Every word is YAML, so that it has to look like it."""
    monkeypatch.setitem(sys.modules, "capset.documents.yamltext", None)
    monkeypatch.setattr(structured, "import_module", _without_yaml)
    with pytest.raises(DialectError) as caught:
        documents.read(text)
    assert ("YAML was not tried: ruamel.yaml is missing" in str(caught.value)) is (":" in text)
    for yaml, name in (("services:\n  web: {}\n", ""), ('"services": \n', ""), (text, "x.yaml")):
        with pytest.raises(MissingExtraError, match=r"^reading YAML needs ruamel\.yaml"):
            documents.read(yaml, name)


@pytest.mark.parametrize(
    "text", ["ls -l\n" * 9, "a b c\n", "a {b} c", "http://a", "a:b c\nd:e", "x" * 99, "'a'" * 9, "(" * 9]
)
def test_what_has_no_key_is_not_parsed(monkeypatch, text):
    """Parsing YAML takes long, and any text is YAML."""
    parsed = []
    monkeypatch.setattr(structured, "import_module", lambda name: parsed.append(name) or _without_yaml(name))
    with pytest.raises(DialectError):
        documents.dialect_of(text)
    assert parsed == []


@pytest.mark.parametrize("text", ["a b c", "ls\n" * 9, "docker run web", "podman run web", "services: {}"])
def test_commands_are_divided_once(monkeypatch, text):
    """However many dialects are command lines."""
    divided = []
    divide = pasted.each_command
    monkeypatch.setattr(pasted, "each_command", lambda text: divided.append(text) or divide(text))
    with suppress(DialectError):
        documents.dialect_of(text)
    assert len(divided) <= 1


def _without_yaml(name):
    raise ModuleNotFoundError(name, name="ruamel.yaml")


def test_podman_run():
    """It is Podman that answers, also where somebody says that it is Docker."""
    [workload] = documents.read("podman run --cap-add KILL,SYS_TIME x")
    assert (workload.dialect, workload.request) == ("podman", Request(["KILL", "SYS_TIME"]))
    with pytest.raises(DialectError, match="this is not docker: expected docker run, got podman"):
        documents.read("podman run --cap-add KILL x", dialect="docker")


@pytest.mark.parametrize("given", ["docker run web", b"web", Path("c.yaml"), Request(["KILL"]), 5])
def test_what_are_no_workloads(given):
    """The whole of it is shown, and how workloads are had."""
    told = re.escape(f"expected workloads, as documents.read(text) gives them, got {given!r}")
    for call in (lambda: documents.lint(given), lambda: documents.convert(given, "docker")):
        with pytest.raises(TypeError, match=f"^{told}$"):
            call()
    with pytest.raises(TypeError, match=r"expected a workload, such as report\.outcomes\[0\]\.workload, got "):
        documents.lint([]).of(given)


def test_arguments_of_lint():
    """Each error names its argument."""
    with pytest.raises(TypeError, match=r'^expected a policy as str, such as "restricted@1\.25", got 5$'):
        documents.lint([], policy=5)
    with pytest.raises(TypeError, match=r"^expected systemd, the release that reads the units, such as 252, got 2\.5$"):
        documents.lint([], systemd=2.5)


@pytest.mark.parametrize(
    ("options", "engine", "needs"),
    [
        ("--cap-add KILL --user 5", "docker", True),
        ("--cap-drop ALL --cap-add KILL --user 5", "docker", True),
        ("--cap-add ALL --user 5", "docker", True),
        ("--cap-add KILL", "docker", False),
        ("--user 5", "docker", False),
        ("--cap-add KILL --user 5", "podman", False),
        ("--cap-add ALL --user 5", "cri-o", True),
    ],
)
def test_what_is_added_and_in_the_default_as_well(options, engine, needs):
    """A user who is not root cannot use it either."""
    report = documents.lint(documents.read(f"docker run {options} x"), engine=engines.get(engine))
    assert ("needs-root" in {finding.rule for finding in report}) == needs


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"services": {"vpn": {"cap_add": ["KILL",\n"KIL"]}}}', "c:2: services.vpn.cap_add[1]: expected a capability"),
        ('{"services": {"vpn": {"cap_add": ["KILL",\n5]}}}', "c:2: services.vpn.cap_add[1]: expected a name in quotes"),
        ("docker run --cap-add KIL x", "c:1: --cap-add: expected a capability (did you mean KILL?), got 'KIL'"),
    ],
)
def test_what_cannot_be_converted_says_where_it_stands(text, message):
    """File, line and place are those of the document that was read."""
    with pytest.raises(FormatError) as caught:
        documents.convert(documents.read(text, "c"), "kubernetes")
    assert str(caught.value).startswith(message)


def test_a_workload_of_which_nothing_is_known_where_it_fails():
    """One that was made by hand has no problem to point to."""
    other = Problem(rule="unknown-capability", place="add[0]", value="KILLL", verdict="note", message="another one")
    made = Workload(name="vpn", dialect="compose", source="c.yaml", line=7, request=Request(["KIL"]), problems=(other,))
    with pytest.raises(FormatError, match=r"^c\.yaml:7: vpn\.\S*\[0\]: expected a capability"):
        documents.convert(made, "kubernetes")


def test_how_a_workload_is_shown():
    """Without what is empty; in a notebook and as text with its problems, and several are shown one by one."""
    [web] = documents.read("docker run --cap-add KIL web", "run.sh")
    [plain] = documents.read("docker run --cap-add KILL web")

    assert repr(plain) == "Workload(dialect='docker', request=Request(add=('KILL',)))"
    assert display.text(plain) == "docker:1: Request(add=('KILL',))"
    assert display.text(web).splitlines() == ["run.sh:1: Request(add=('KIL',))", str(web.problems[0])]
    assert "KIL" in web._repr_html_()
    assert "did you mean KILL?" in web._repr_html_()
    with pytest.raises(
        TypeError, match=r"^display\.html\(\) shows one value; give it those of this list one at a time"
    ):
        display.html([web])
    nothing = Workload(dialect="kubernetes", source="a.yaml", line=3)
    assert display.text(nothing) == "a.yaml:3: nothing to be read"


def test_what_a_dialect_is_about_holds_no_example_as_if_it_were_read():
    """It is put into sentences about a document, in which a colon announces what stands there."""
    assert not [name for name, dialect in DIALECTS.items() if ":" in dialect.about]
    [note] = documents.lint(documents.read("/bin/a cap_kill=ep"), policy="restricted")
    assert note.message == "a policy is about pods, and was passed over for what getcap prints of files"


def test_many_strange_keys_of_a_pod():
    """The first are told, and how many there are besides."""
    keys = ", ".join(f'"x{at}": 1' for at in range(100))
    [one] = documents.read(f'{{"spec": {{"securityContext": {{{keys}}}, "containers": [{{"name": "a"}}]}}}}')
    told = [problem for problem in one.problems if problem.rule == "unknown-key"]
    assert len(told) < 100
    assert "more of them" in told[-1].message
