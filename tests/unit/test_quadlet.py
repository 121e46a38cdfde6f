"""Quadlet: the files of which Podman makes units."""

from __future__ import annotations

import pickle

import pytest

from capset import documents, engines
from capset.documents import DIALECTS
from capset.engines import Request
from capset.errors import DialectError, FormatError
from capset.formats import quadlet
from capset.formats.unitfile import command_words

HEAD = "[Container]\nImage=web\n"


def read(text, name=""):
    [workload] = documents.read(text, name)
    return workload


@pytest.mark.parametrize(
    ("lines", "request_"),
    [
        ("", Request()),
        (
            "AddCapability=NET_ADMIN KILL,CHOWN\nAddCapability=cap_mknod",
            Request(["NET_ADMIN", "KILL", "CHOWN", "cap_mknod"]),
        ),
        ("AddCapability=KILL\nAddCapability=\nAddCapability=CHOWN", Request(["CHOWN"])),
        ("DropCapability='all' \"KILL\"\nAddCapability=NET_\\\n   ADMIN", Request(["NET_ADMIN"], ["all", "KILL"])),
        ("AddCapability=KILL \\\n; a comment\nCHOWN", Request(["KILL", "CHOWN"])),
        ("User=1000\nGroup=5", Request(user="1000:5")),
        ('User="1000"\nGroup=', Request(user="1000")),
        ("User=5\nUser=", Request()),
        ("NoNewPrivileges=True", Request(no_new_privs=True)),
        ("NoNewPrivileges=true\nPodmanArgs=--security-opt=no-new-privileges:false", Request()),
        ("PodmanArgs=--privileged", Request(privileged=True)),
        ("User=5\nPodmanArgs=--user 6 --cap-add=KILL --cap-drop \\x4bILL", Request(["KILL"], ["KILL"], user="6")),
        ('PodmanArgs=-e "" --privileged', Request()),
        ("PodmanArgs=--privileged\nPodmanArgs=", Request()),
        ("UserNS=keep-id:uid=7,gid=8", Request(user="7:8")),
        ("RemapUsers=keep-id\nRemapUid=7", Request(user="7")),
        ("RemapUsers=manual", Request()),
    ],
)
def test_requests(lines, request_):
    """The generators of Podman 5.4 and 5.8 make the same of these."""
    assert read(HEAD + lines).request == quadlet.from_container([HEAD + lines]) == request_


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("AddCapability=KILLL", [("unknown-capability", "refused", 3)]),
        ("AddCapability=KILL\nAddCapability='CHOWN", [("open-quote", "ignored", 4)]),
        ("PodmanArgs=--privileged\\q", [("open-quote", "ignored", 3)]),
        ("AddCapability=%i", [("variable", "depends", 3)]),
        ("User=%U", [("variable", "depends", 3)]),
        ("NoNewPrivileges=$X", [("variable", "depends", 3)]),
        ("NoNewPrivileges=maybe", [("odd-boolean", "ignored", 3)]),
        ("NoNewPrivileges=off", []),
        ("Group=5", [("invalid-user", "refused", 3)]),
        ("Colour=red", [("unknown-key", "refused", 3)]),
        ("AddCapabilities=KILL", [("unknown-key", "refused", 3)]),
        ("hello", [("no-assignment", "refused", 3)]),
        ("[Service\nUser=5", [("section-header", "refused", 3)]),
        ("[Service]\nUser=5", [("misplaced", "refused", 4), ("own-user-namespace", "note", 1)]),
        ("[Service]\nCapabilityBoundingSet=CAP_KILL", [("limited-client", "depends", 1)]),
        ("Rootfs=/x", [("no-image", "refused", 3)]),
        ("Pod=a.pod", [("not-counted", "note", 3)]),
        ("ContainersConfModule=a", [("not-counted", "depends", 3)]),
        ("GlobalArgs=--log-level=debug", []),
        ("GlobalArgs=--module a", [("not-counted", "depends", 3)]),
        ("UserNS=keep-id", [("own-user-namespace", "note", 3), ("user-of-caller", "depends", 3)]),
        ("RemapUsers=other", [("unknown-value", "refused", 3), ("own-user-namespace", "note", 3)]),
        ("RemapUsers=$X", [("variable", "depends", 3)]),
        ("PodmanArgs=--privileged foo --user 5", [("behind-image", "ignored", 3)]),
        ("PodmanArgs=--userns=auto", [("own-user-namespace", "note", 3)]),
        ("UIDMap=0:1:1\nGIDMap=0:1:1", [("own-user-namespace", "note", 3)]),
        ("SubUIDMap=web", [("own-user-namespace", "note", 3)]),
        ("UIDMap=0:1:1\nUIDMap=", []),
        ("PodmanArgs=--pod x --gidmap 0:1:1", [("own-user-namespace", "note", 3), ("not-counted", "note", 3)]),
        ("Label=io.containers.capabilities=KILL", [("not-counted", "depends", 3)]),
    ],
)
def test_what_is_told(lines, told):
    workload = read(HEAD + lines)

    assert [(each.rule, each.verdict, each.line) for each in workload.problems] == told
    outcome = documents.lint(workload).outcomes[0]
    refused = any(verdict == "refused" for _, verdict, _ in told)
    decisive = {"variable", "user-of-caller", "limited-client", "not-counted"}
    decides = {rule for rule, verdict, _ in told if verdict == "depends"} & decisive
    assert (outcome.gets is None) is (refused or bool(decides))


def test_other_commands_of_the_unit():
    """What they start is no container of the file's, and has no limits of its section."""
    text = "[Service]\nExecStartPre=podman run --privileged a:%n\nExecStop=sh -c 'docker run -u 5 b; $DOCKER run c'\n"
    for head in (f"{HEAD}DropCapability=all\n", "[Pod]\nPodName=x\n\n"):
        own, podman, docker, unread = documents.read(head + text)

        assert own.dialect == "quadlet"
        assert (podman.label, podman.line, podman.request) == (f"{own.name}: a:%n", 5, Request(privileged=True))
        assert (docker.dialect, docker.line, docker.request) == ("docker", 6, Request(user="5"))
        assert (unread.request, unread.not_known) == (None, "a variable decides")
        assert pickle.loads(pickle.dumps(podman)) == podman
    limited = documents.read(f"{HEAD}{text}CapabilityBoundingSet=CAP_KILL\n")
    assert [each.problems[0].rule for each in limited[:2]] == ["limited-client"] * 2
    files = (
        "# /etc/containers/systemd/web.container\n" + HEAD + "# /etc/containers/systemd/web.container.d/a.conf\n" + text
    )
    assert [(each.label, each.line) for each in documents.read(files)[:2]] == [
        ("web.container", 2),
        ("web.container: a:%n", 6),
    ]


def test_what_podman_run_does_not_take():
    workload = read(f"{HEAD}PodmanArgs=--cap-ad KILL\n")
    assert (workload.request, workload.not_known) == (None, "it cannot be read")
    assert "an option of podman run, did you mean --cap-add?" in workload.problems[0].message


def test_without_an_image():
    """A drop-in may have it, so it is not refused."""
    workload = read("[Container]\nAddCapability=KILL\n")
    assert [(each.rule, each.verdict) for each in workload.problems] == [("no-image", "depends")]
    assert documents.lint(workload).outcomes[0].gets is not None


def test_releases():
    """What a release does not know yet, it refuses; and before 4.8 the name of a user is the number 0."""
    newer = read(f"{HEAD}GroupAdd=5\n[Service]\nUser=5\n")
    rules = {
        version: [problem.rule for problem in newer.for_engine(engines.get("podman", version)).problems]
        for version in ("5.0.0", "5.5.0", "5.6.0")
    }
    assert rules == {
        "5.0.0": ["newer-directive", "own-user-namespace"],
        "5.5.0": ["own-user-namespace"],
        "5.6.0": ["misplaced", "own-user-namespace"],
    }
    named = read(f"{HEAD}User=web\n")
    assert named.request.user == "web"
    assert named.for_engine(engines.get("podman", "4.7.2")).request.user == "0"
    assert named.for_engine(engines.get("podman", "4.8.0")).request.user == "web"
    assert named.for_engine(engines.get("docker")).request.user == "web"
    number = read(f"{HEAD}User=7\n")
    assert number.for_engine(engines.get("podman", "4.7.2")).problems == ()


WHILE_MADE = "not counted here: what is asked for what runs while the image is made, or for a pod"


@pytest.mark.parametrize(
    ("text", "rules", "not_known"),
    [
        ("[Kube]\nYaml=web.yaml\n", ["not-read"], "what runs is in web.yaml, which is not read: give that file"),
        ("[Kube]\nSetWorkingDirectory=yaml\n", ["no-image"], ""),
        ("[Pod]\nPodName=a\n", ["passed-over"], ""),
        ("[Pod]\nPodmanArgs=--security-opt no-new-privileges\n", ["not-counted", "passed-over"], WHILE_MADE),
        ("[Build]\nFile=x\nPodmanArgs=--cap-add KILL\n", ["not-counted", "passed-over"], WHILE_MADE),
        ("[Image]\nImage=x\n", ["passed-over"], ""),
        ("[Volume]\nUser=5\n", ["passed-over"], ""),
        ("[Network]\nSubnet=x\n", ["passed-over"], ""),
        ("[Artifact]\nArtifact=x\n", ["passed-over"], ""),
    ],
)
def test_what_is_no_container(text, rules, not_known):
    """It asks for nothing, and that is said."""
    workload = read(text)
    assert ([problem.rule for problem in workload.problems], workload.not_known) == (rules, not_known)
    assert workload.asks is None


def test_files_with_drop_ins():
    """As they are printed one after the other, each with its path in front; lines are those of the whole text."""
    text = (
        "# /etc/containers/systemd/web.container\n[Container]\nImage=web\nAddCapability=KILL\n"
        "# /etc/containers/systemd/web.container.d/10.conf\n[Container]\nAddCapability=\nAddCapability=CHOWNN\n"
        "# /etc/containers/systemd/a.network\n[Network]\nLabel=x\n"
        "# /home/me/.config/containers/systemd/b.container\n[Container]\nImage=b\n"
        "# /etc/containers/systemd/c.container.d/10.conf\n[Container]\nImage=b\n"
        "# /etc/systemd/system/d.service\n[Service]\nUser=5\n"
    )
    web, network, rootless, alone, service = documents.read(text)

    assert (web.name, web.request.add, web.problems[0].line, web.line) == ("web.container", ("CHOWNN",), 8, 2)
    assert network.problems[0].rule == "passed-over"
    assert [problem.rule for problem in rootless.problems] == ["own-user-namespace"]
    assert alone.not_known == "a drop-in counts together with its file, which is not read: give both"
    assert service.not_known == "it is not read"
    assert pickle.loads(pickle.dumps(web)) == web
    assert [documents.lint(web)[0].line, documents.lint(web)[0].file] == [8, ""]
    with pytest.raises(DialectError, match="this is not quadlet: it has no section of Quadlet's"):
        documents.read("[Service]\nUser=5\n", dialect="quadlet")
    with pytest.raises(DialectError, match="its first line is no section, such as \\[Container\\]"):
        documents.read("User=5\n", dialect="quadlet")


def test_what_the_generator_prints():
    """The units that are made, each below its name."""
    made = "---web.service---\n[X-Container]\nImage=x\n[Service]\nExecStart=/usr/bin/podman run --cap-add kill x\n"
    unit, container = documents.read(made + made.replace("web", "b"))[:2]
    assert (unit.name, container.label, container.request) == ("web.service", "web.service: x", Request(["kill"]))


def test_findings_of_what_is_added():
    """On the line of the first one."""
    [finding] = documents.lint(read(f"{HEAD}AddCapability=NET_ADMIN\nUser=5\n"), engine=engines.get("docker"))
    assert (finding.rule, finding.line) == ("needs-root", 3)


@pytest.mark.parametrize(
    "request_",
    [
        Request(["kill", "NET_ADMIN"], ["all"], user="0:5", no_new_privs=True),
        Request(privileged=True),
        Request(user=":5"),
        Request(),
    ],
)
def test_written_and_read_again(request_):
    read_again = quadlet.from_container([quadlet.to_container(request_)])
    assert read_again.privileged is request_.privileged
    assert engines.get("podman").container(read_again) == engines.get("podman").container(request_)
    assert "quadlet" in DIALECTS


@pytest.mark.parametrize("user", ["%i", "a b", "$X", "a\\b", "'a'"])
def test_users_that_are_not_written(user):
    with pytest.raises(FormatError, match="ids or names without marks"):
        quadlet.to_container(Request(user=user))


def test_other_types():
    with pytest.raises(TypeError, match="a file of Quadlet as str"):
        quadlet.from_container([5])
    with pytest.raises(TypeError, match="a Request"):
        quadlet.to_container(5)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("a 'b c' \"d\"e ''", ["a", "b c", "de", ""]),
        (r"\a\s\x41\101B\U00000043 \" \'", ["\a AABC", '"', "'"]),
        (r"\q", None),
        (r"\400", None),
        (r"\x00", None),
        (r"\Uffffffff", None),
        ("'a", None),
        ("a\\", None),
        ("", []),
    ],
)
def test_words_of_a_command(value, found):
    assert command_words(value) == found
    if found is None and value[-1] in "a\\":
        assert command_words(value, relaxed=True) == ["a"]


def test_words_of_quadlet():
    assert command_words("a '' b", empty=False) == ["a"]
    assert command_words("a ''", empty=False) == ["a"]
    assert command_words("a\\b", escapes=False) == ["a\\b"]


def test_an_empty_line_takes_back_all_before_it():
    """However many there are."""
    lines = ["AddCapability=KILL", "AddCapability=", "AddCapability=CHOWN", "AddCapability=", "AddCapability=MKNOD"]
    [workload] = documents.read("\n".join(["[Container]", "Image=a", *lines, ""]), "a.container")
    assert workload.request.add == ("MKNOD",)
