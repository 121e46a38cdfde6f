"""``capset convert``, ``lint`` and ``files``, run as a person runs them."""

from __future__ import annotations

import errno
import json
import os
import re

import pytest

from capset import FileCaps, bounds, documents, live
from capset.cli import inputs, reading
from capset.cli.group import COMMANDS
from capset.cli.group import capset as command
from capset.cli.output import Failure

FLAGS = "docker run --cap-drop=all --cap-add net_admin -u 1000 --security-opt no-new-privileges alpine"
COMPOSE = """\
services:
  web:
    cap_drop: [ALL]
    cap_add: [NET_BIND_SERVICE]
    user: "1000:50"
  db:
    image: postgres
"""
POD = """\
kind: Pod
metadata: {name: shop}
spec:
  containers:
    - name: web
      securityContext:
        capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}
"""
UNIT = """\
[Service]
CapabilityBoundingSet=CAP_KILL
AmbientCapabilities=CAP_KILL
User=7
"""
CONFIG = json.dumps({"process": {"user": {"uid": 0}, "capabilities": {"bounding": ["CAP_KILL"]}}})
INSPECT = json.dumps([{"HostConfig": {"CapAdd": ["CAP_KILL"], "CapDrop": ["ALL"]}, "Config": {"User": ""}}])


def yaml(*lines):
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("source", "target", "text", "expected"),
    [
        (
            "getfattr",
            "xattr",
            "# file: ping\nsecurity.capability=0x010000010020000000000000\n",
            "010000010020000000000000\n",
        ),
        (
            "systemd",
            "systemd",
            "[Service]\nCapabilityBoundingSet=~CAP_BPF\n",
            "[Service]\nCapabilityBoundingSet=~CAP_BPF\n",
        ),
        (
            "systemd",
            "docker",
            "[Service]\nDynamicUser=yes\nCapabilityBoundingSet=\n",
            "--cap-drop=ALL --user=61184 --security-opt=no-new-privileges\n",
        ),
        ("systemd", "systemd", "[Socket]\nDynamicUser=yes\n", "[Socket]\nDynamicUser=yes\n"),
        (
            "docker",
            "docker",
            FLAGS,
            "--cap-drop=ALL --cap-add=NET_ADMIN --user=1000 --security-opt=no-new-privileges\n",
        ),
        ("docker", "docker", "--cap-add=kill \\\n  --privileged # yes\n", "--cap-add=KILL --privileged\n"),
        (
            "docker",
            "compose",
            FLAGS,
            yaml(
                "services:",
                "  app:",
                "    cap_drop:",
                "      - ALL",
                "    cap_add:",
                "      - NET_ADMIN",
                "    user: '1000'",
                "    security_opt:",
                "      - no-new-privileges:true",
            ),
        ),
        (
            "compose",
            "kubernetes",
            COMPOSE,
            yaml(
                "spec:",
                "  containers:",
                "    - name: web",
                "      securityContext:",
                "        capabilities:",
                "          drop:",
                "            - ALL",
                "          add:",
                "            - NET_BIND_SERVICE",
                "        runAsUser: 1000",
                "        runAsGroup: 50",
                "    - name: db",
                "      securityContext: {}",
            ),
        ),
        (
            "compose",
            "docker",
            COMPOSE.partition("  db:")[0],
            "--cap-drop=ALL --cap-add=NET_BIND_SERVICE --user=1000:50\n",
        ),
        ("kubernetes", "docker", POD, "--cap-drop=ALL --cap-add=NET_BIND_SERVICE\n"),
        ("kubernetes", "libcap", POD, "cap_net_bind_service=ep\n"),
        ("inspect", "docker", INSPECT, "--cap-drop=ALL --cap-add=KILL\n"),
        ("systemd", "systemd", UNIT, UNIT),
        ("systemd", "libcap", UNIT, "cap_kill=eip\n"),
        ("oci", "docker", CONFIG, "--cap-drop=ALL --cap-add=KILL --user=0:0\n"),
        ("oci", "systemd", CONFIG, "[Service]\nCapabilityBoundingSet=CAP_KILL\n"),
        ("libcap", "xattr", "cap_net_raw=ep\n", "0100000200200000000000000000000000000000\n"),
        ("xattr", "libcap", "0x0100000200200000\n000000000000000000000000", "cap_net_raw=ep\n"),
        (
            "xattr",
            "xattr",
            "010000030020000000000000000000000000000007000000",
            "010000030020000000000000000000000000000007000000\n",
        ),
        ("libcap", "docker", "cap_net_raw=ep", "--cap-drop=ALL --cap-add=NET_RAW\n"),
        ("iab", "iab", "^cap_kill,!cap_chown\n", "!cap_chown,^cap_kill\n"),
    ],
)
def test_convert(run, source, target, text, expected):
    """One dialect to another, from standard input."""
    status, out, _ = run("convert", "--from", source, "--to", target, stdin=text)

    assert (status, out) == (0, expected)


def test_convert_to_config_json(run):
    """Five sets as the engine configures them, or as the source has them."""
    told = json.loads(run("convert", "--from", "docker", "--to", "oci", stdin=FLAGS)[1])["process"]
    lists = told["capabilities"]

    assert (told["user"], told["noNewPrivileges"]) == ({"uid": 1000, "gid": 0}, True)
    assert lists["bounding"] == lists["permitted"] == ["CAP_NET_ADMIN"]
    assert lists["inheritable"] == lists["ambient"] == []
    told = json.loads(run("convert", "--from", "systemd", "--to", "oci", stdin=UNIT)[1])["process"]
    assert set(map(tuple, told["capabilities"].values())) == {("CAP_KILL",)}
    told = json.loads(run("convert", "--from", "docker", "--to", "oci", "--reads", "podman", stdin=FLAGS)[1])["process"]
    assert told["capabilities"]["ambient"] == ["CAP_NET_ADMIN"]


@pytest.mark.parametrize(
    ("source", "target", "text", "message"),
    [
        (
            "docker",
            "kubernetes",
            "--cap-add=chown --cap-drop=chown",
            "what containerd (CRI) gives is not the same: effective: -CAP_CHOWN; permitted: -CAP_CHOWN; "
            "bounding: -CAP_CHOWN",
        ),
        (
            "kubernetes",
            "docker",
            "spec: {containers: [{name: a, securityContext: {runAsUser: 0, capabilities: {add: [CAP_BPF]}}}]}",
            "a: what Docker Engine gives is not the same: effective: +CAP_BPF; permitted: +CAP_BPF; bounding: +CAP_BPF",
        ),
        (
            "kubernetes",
            "docker",
            "spec: {containers: [{name: a, securityContext: {runAsGroup: 5}}]}",
            "a: the user is the image's, and what is written is for root",
        ),
        ("docker", "libcap", FLAGS, "left out: the bounding set, the user (1000), no_new_privs"),
        (
            "systemd",
            "docker",
            UNIT,
            "what Docker Engine gives is not the same: effective: -CAP_KILL; permitted: -CAP_KILL; "
            "inheritable: -CAP_KILL; ambient: -CAP_KILL",
        ),
        ("docker", "compose", "--cap-add=kill --cap-drop=kill", "--cap-drop: ignored: it is added as well, and Docker"),
        (
            "compose",
            "docker",
            "services: {a: {cap_add: [KILL], user: 5}}",
            "a: services.a.user: refused: Compose takes a text for the user",
        ),
        (
            "oci",
            "oci",
            '{"capabilities": {"bounding": ["KILL"]}}',
            "capabilities.bounding[0]: depends: runc passes over",
        ),
        ("systemd", "systemd", "[Service]\nCapabilityBoundingSet=KILL\n", "ignored: systemd passes over 'KILL'"),
    ],
)
def test_what_is_lost_is_told(run, source, target, text, message):
    """On standard error, beside the result."""
    status, out, err = run("convert", "--from", source, "--to", target, stdin=text)

    assert (status, message in err) == (0, True), err
    assert out


@pytest.mark.parametrize(
    ("args", "text", "message"),
    [
        (("docker", "oci"), "--user 5:-1", "user: expected numbers alone, as config.json takes no names, got '5:-1'"),
        (("docker", "oci"), "--user -1", "user: expected numbers alone, as config.json takes no names, got '-1'"),
        (("docker", "libcap"), "--user -1", "user ids go from 0 to 4294967294"),
        (("docker", "kubernetes"), f"--user {'9' * 5000}", "expected numbers from 0 to 2147483647"),
        (("compose", "docker"), "services: {web: {cap_add: [KIL]}}", "services.web.cap_add[0]: expected a capability"),
        (("docker", "oci"), "--user web", "user: expected numbers alone, as config.json takes no names, got 'web'"),
        (("docker", "docker"), "'", "-: no command line: a quote ends nowhere"),
        (("docker", "docker"), "--cap-add=KIL", "--cap-add: expected a capability (did you mean KILL?), got 'KIL'"),
        (
            ("compose", "oci"),
            COMPOSE,
            "the workloads: expected one, as this dialect is about one; --name chooses it, got 'web, db'",
        ),
        (("compose", "docker", "--name", "x"), COMPOSE, "there is no container 'x': known are web, db"),
        (
            ("docker", "docker", "--name", "x"),
            "--rm",
            "there is no container 'x': known are none, as this dialect has no names",
        ),
        (("compose", "docker"), "services: {}", "there is no container in it"),
        (("compose", "docker"), "a: 1\n---\nb: 2\n", "this is not compose: expected one document, found 2"),
        (("compose", "docker"), "", "this is not compose: expected one document, found 0"),
        (("compose", "docker"), "a: [\nb: 5", "-:2: "),
        (("compose", "docker"), "a: \x07", "-: "),
        (
            ("kubernetes", "docker"),
            "kind: Service",
            "there is no container in it; passed over: a document of kind Service, in which there is no pod",
        ),
        (("kubernetes", "docker"), "a: 1", "this is not kubernetes: it has no kind, and no spec with containers"),
        (
            ("docker", "docker"),
            "docker run x\ndocker run y",
            "the workloads: expected one, as this dialect is about one",
        ),
        (("docker", "docker"), "ls; id", "-: expected a command that starts a container, found others alone"),
        (("docker", "docker"), "", "-: there is no command in it"),
        (("docker", "compose"), "\n# docker runs x\n", "-: there is no command in it"),
        (("docker", "docker"), "xargs docker run --privileged x", "got 'xargs': leave out what runs it"),
        (("docker", "docker"), "alpine docker ps", "-: expected docker run, or its options, got 'alpine'"),
        (
            ("docker", "docker"),
            "A=1",
            "A=1: expected docker run, and its options, got",
        ),
        (("inspect", "docker"), '[{"HostConfig": {},\n"HostConfig": {}}]', '-:2: found duplicate key "HostConfig"'),
        (("oci", "docker"), '{"process": {"user": {}, "user": {}}}', '-:1: found duplicate key "user"'),
        (
            ("kubernetes", "docker"),
            "kind: List\nitems: [{kind: Pod, spec: {}}, {kind: 5}]",
            "spec.containers: expected the containers of the pod, at least one, got None",
        ),
        (("kubernetes", "docker"), "kind: List\nitems: [{kind: 5}]", "items[0].kind: expected a text, got 5"),
        (
            ("docker", "docker"),
            "docker run $OPTS x",
            "the image; what is put in this place may be options, got '$OPTS'",
        ),
        (
            ("xattr", "libcap"),
            "security.capability=0x01\n",
            "expected the attribute in hexadecimal digits alone; what getfattr prints is in the dialect getfattr",
        ),
        (
            ("docker", "docker"),
            "podman run x",
            "this is not docker: expected docker run, got podman",
        ),
        (
            ("docker", "docker"),
            "services: {}",
            "-: expected docker run, or its options, got 'services:'",
        ),
        (("systemd", "docker"), "[Service", "-: nothing comes of it: line 1: refused: a section header ends with ]"),
        (("libcap", "docker"), "kill=p", "at position 0 of 'kill=p': expected a capability (did you mean cap_kill?)"),
        (("xattr", "libcap"), "zz", "-: expected the attribute in hexadecimal digits alone"),
        (
            ("libcap", "xattr"),
            "cap_kill=ep cap_chown=p",
            "no valid security.capability attribute: expected an effective set that is empty",
        ),
        (("docker", "docker"), b"\xff", "-: no UTF-8 text, at byte 0"),
    ],
)
def test_what_cannot_be_converted(run, args, text, message):
    """One line, and exit status 2."""
    source, target, *more = args
    status, out, err = run("convert", "--from", source, "--to", target, *more, stdin=text)

    assert (status, out) == (2, "")
    assert message in err


def test_convert_reads_words_as_a_shell(run):
    """# begins a comment in front of a word alone, and a line that goes on is one."""
    text = "docker run -e A=b#c --cap-add NET_\\\nADMIN -u $(id -u):$(id -g) img # --privileged"
    request = documents.read(text)[0].request

    assert (request.add, request.user) == (("NET_ADMIN",), "$(id -u):$(id -g)")
    status, out, err = run("convert", "--from", "docker", "--to", "docker", stdin=text)
    assert (status, out) == (2, "")
    assert "--user: depends: a variable stands here, which something else replaces" in err


def test_convert_normalises_users(run):
    """+7 is a number for Docker, and a name for systemd; lines of a file from elsewhere end otherwise."""
    text = "docker run \\\r\n --user +7 x\r\n# end\r\n"

    assert "User=7\n" in run("convert", "--from", "docker", "--to", "systemd", stdin=text)[1]


def test_no_standard_input(run, monkeypatch):
    monkeypatch.setattr(inputs.sys, "stdin", None)

    with pytest.raises(Failure, match="there is no standard input to read"):
        reading.read_document("-")


def test_convert_one_of_several(run, tmp_path):
    """By its name; containers of several pods are told apart."""
    path = tmp_path / "compose.yaml"
    path.write_text(COMPOSE)
    assert run("convert", "--from", "compose", "--to", "docker", "--name", "db", str(path)) == (
        0,
        "--privileged=false\n",
        "",
    )
    two = POD + "---\n" + POD.replace("shop", "shed")
    out = run("convert", "--from", "kubernetes", "--to", "compose", stdin=two)[1]
    assert "  web:\n" in out
    assert "  shed-web:\n" in out
    three = run("convert", "--from", "kubernetes", "--to", "compose", stdin="---\n".join([POD] * 3))[1]
    assert re.findall("^  ([^ ].*):$", three, re.MULTILINE) == ["web", "shop-web", "shop-web-2"]
    status, _, err = run("convert", "--from", "docker", "--to", "docker", str(tmp_path / "gone"))
    assert (status, "No such file" in err) == (2, True)


# -- lint -------------------------------------------------------------------------------------------


@pytest.fixture
def lint(run, tmp_path):
    """Lint a text under a name."""

    def call(text, *args, name="file.yaml"):
        path = tmp_path / name
        path.write_text(text, "utf-8")
        form = () if {"--json", "--format"} & {*args} else ("--format", "table")
        return run("lint", str(path), *form, *args)

    return call


def test_lint_compose(lint):
    """What each service gets, and what is wrong with its line."""
    status, out, err = lint(
        "services:\n  web:\n    cap_add:\n      - NET_ADMIN\n      - kil\n    user: 1000\n"
        "  db:\n    cap_drop: [NET_RAW]\n  bad:\n    cap_add: KILL\n"
    )
    lines = out.splitlines()

    assert (status, err) == (1, "")
    assert lines[0].split() == ["what", "user", "effective", "bounding"]
    assert lines[1].split(maxsplit=2)[2] == "nothing: Compose takes a text for the user: put it in quotes, '1000'"
    assert re.match("db +not said CAP_CHOWN, ", lines[2])
    assert lines[3].split() == ["bad", "not", "said", "not", "known:", "it", "cannot", "be", "read"]
    assert lines[4] == "Where no user is said, it is the image's; what is shown is for root."
    assert lines[5] == "! published lists warn of CAP_DAC_OVERRIDE, CAP_MKNOD: see capset explain"
    assert [line.split()[:3] for line in lines[8:]] == [
        ["line", "6,", "services.web.user"],
        ["line", "5,", "services.web.cap_add[1]"],
        ["line", "10,", "services.bad.cap_add"],
    ]


def test_lint_users_and_engines(lint):
    """Whoever a name means, it is hardly root; what another engine refuses, comes to nothing."""
    assert lint("services: {a: {user: web}}")[1].splitlines()[1].split()[:3] == ["a", "web", "none"]
    _, out, _ = lint("services: {a: {cap_add: [PERFMON]}}", "--engine", "docker@20.10")
    assert "nothing: Docker Engine 20.10 knows no capability 'PERFMON'" in out


def test_lint_nothing(lint, run):
    """Exit status 0, and what everybody gets."""
    status, out, err = lint(COMPOSE)

    assert (status, err) == (1, "")
    assert out.splitlines()[1].split() == ["web", "1000:50", "none", "CAP_NET_BIND_SERVICE"]
    assert re.search("line 4 +depends user 1000:50 cannot use what is added: Docker Engine makes nothing of it", out)
    assert run("lint", "-", "--format", "table", stdin=COMPOSE) == (1, out, "")
    assert lint(COMPOSE.replace("1000:50", "0:50"))[0] == 0
    assert lint(COMPOSE, "--engine", "podman")[0] == 0
    assert lint(POD, "--policy", "restricted")[0] == 0


def test_lint_pods(lint):
    """The policy's verdict beside the effect; a pod's own problem once."""
    pod = POD.replace("[ALL]", "[all]").replace(
        "  containers:", "  securityContext: {capabilities: {}}\n  initContainers: [{name: init}]\n  containers:"
    )
    status, out, _ = lint(pod, "--policy", "restricted@1.25")

    assert status == 1
    assert "shop: web" in out
    assert out.count("it belongs into the securityContext of a container") == 1
    assert "line 9, spec.containers[0].securityContext.capabilities.drop[0]" in out
    assert "must be `ALL`, got `all`" in out
    assert "containerd (CRI) gives it 1 capability" in out
    assert "CRI-O gives it" in lint(pod, "--policy", "restricted", "--engine", "cri-o")[1]
    assert lint(pod.replace("metadata: {name: shop}\n", ""))[1].splitlines()[1].startswith("init ")


def test_lint_units(lint):
    """A unit by its suffix, or by its sections."""
    status, out, err = lint(UNIT.replace("=CAP_KILL\nA", "=CAP_KILL CAP_RAWIO\nA"), name="web.service")

    assert (status, err) == (1, "")
    assert out.splitlines()[1].split() == ["[Service]", "7", "CAP_KILL", "CAP_KILL"]
    assert "did you mean CAP_SYS_RAWIO?" in out
    assert lint(UNIT, name="unit")[0] == 0
    assert lint(UNIT.replace("User=7", "User=web"), name="unit")[1].splitlines()[1].split()[1] == "web"
    assert lint("[Socket]\nCapabilityBoundingSet=\n", name="a.socket")[1].splitlines()[1].split() == [
        "[Socket]",
        "root",
        "none",
        "none",
    ]
    assert "nothing: a section header ends with ] and has no quotes" in lint("[Service", name="a.service")[1]
    _, out, _ = lint("[Service]\nCapabilityBoundingSet=~5\nCapabilityBoundingSet=~6\n", "--systemd", "234", name="u")
    assert out.splitlines()[1].split()[-4:] == ["all", "known!", "all", "known!"]
    assert "and everything but CAP_KILL, CAP_SETGID in the newest" in out
    status, out, _ = lint("[Service]\nExecStart=%h/bin/web\n", name="a.service")
    assert status == 1
    assert out.splitlines()[1].split()[:4] == ["[Service]", "its", "manager's", "not"]


def test_lint_json(lint):
    """The same for programs."""
    [subject] = json.loads(lint(POD.replace("[ALL]", "[all]"), "--policy", "restricted", "--json")[1])

    assert subject["name"] == "shop: web"
    assert subject["bounding"]["names"] == ["CAP_NET_BIND_SERVICE"]
    assert (subject["refused"], subject["user"]) == (None, "")
    assert subject["assumed"] == "nothing names the user, so it is the image's, which is taken for root"
    assert subject["problems"][0] | {"message": ""} == {
        "file": subject["file"],
        "column": 31,
        "silenced": None,
        "place": "spec.containers[0].securityContext.capabilities.drop[0]",
        "line": 7,
        "rule": "capability-spelling",
        "value": "all",
        "verdict": "depends",
        "message": "",
    }
    assert subject["findings"][0]["value"] == "all"
    [subject] = json.loads(lint("services: {a: {cap_add: [kil]}}", "--json")[1])
    assert (subject["effective"], subject["bounding"]) == (None, None)
    assert subject["not_known"] is None
    assert subject["refused"] == "nothing: Docker knows no capability 'kil': did you mean KILL?"


@pytest.mark.parametrize(
    ("text", "args", "message"),
    [
        ("", (), "there is nothing in it"),
        ("a: " + "[" * 20000, (), ":1: more than 100 lists and mappings stand in each other"),
        ("a: " + "9" * 5000, (), ":1: this cannot be read as int"),
        ('a: "\\UFFFFFFFF"', (), "cannot be read: "),
        ("a: 1", (), "this is in no dialect"),
        ("cap_kil=ep", (), "libcap: at position 0 of 'cap_kil=ep'"),
        (
            POD,
            ("--policy", "strict"),
            "policy: expected baseline or restricted, or such as restricted@1.25 or scc:restricted-v2, got 'strict'",
        ),
        (POD, ("--policy", "baseline@2"), "no facts about version '2' of Pod Security Standards"),
        (POD, ("--engine", "dokcer"), "unknown container engine 'dokcer'"),
        ("a: !other 5", (), ":1: could not determine a constructor for the tag '!other'"),
        ("a: 1\na: 2", (), ':2: found duplicate key "a"'),
    ],
)
def test_what_cannot_be_linted(lint, text, args, message):
    status, out, err = lint(text, *args)

    assert (status, out) == (2, "")
    assert message in err


def test_lint_says_what_it_passes_over(lint):
    """Options that do not fit, and files with nothing in them, are told and no fault."""
    for text, name, args, told in (
        (
            UNIT,
            "a.service",
            ("--policy", "baseline"),
            "a policy is about pods, and was passed over for a unit of systemd",
        ),
        (
            UNIT,
            "a.service",
            ("--engine", "podman"),
            "an engine is about containers, and was passed over for a unit of systemd",
        ),
        (
            "services: {a: {}}",
            "a.yaml",
            ("--policy", "baseline"),
            "a policy is about pods, and was passed over for a compose file",
        ),
        (
            "kind: Service",
            "a.yaml",
            (),
            "a.yaml:1:7: passed-over: a document of kind Service, in which there is no pod",
        ),
        ("services: {}", "a.yaml", (), "there is no container in it"),
        ("kind: List\nitems: []", "a.yaml", ("--json",), "there is no container in it"),
    ):
        status, _, err = lint(text, *args, name=name)
        assert (status, told in err) == (0, True), err


def test_lint_what_is_no_unit(lint):
    """Podman's Quadlet has other words."""
    status, out, err = lint("[Container]\nImage=web\nDropCapability=all\n", name="a.container")

    assert (status, out.splitlines()[1].split()[-2:], err) == (0, ["none", "none"], "")
    assert lint("\ufeff[Service]\nCapabilityBoundingSet=\n", name="x")[1].split()[-2:] == ["none", "none"]


def test_lint_as_kubernetes_reads_yaml(lint):
    """YAML 1.1 in manifests, where yes is true and 010 is 8; JSON in neither way."""
    text = "kind: Pod\nspec: {containers: [{name: a, securityContext: {privileged: yes, runAsUser: 010}}]}"
    assert lint(text)[1].splitlines()[1].split()[:2] == ["a", "8"]
    assert "all known" in lint(text)[1]
    odd = json.dumps({"kind": "Pod", "x" * 2000: "\x7f", "spec": {"containers": [{"name": "a"}]}})
    assert lint(odd)[0] == 0
    assert lint("{kind: Pod, spec: {containers: [{name: a}]}}")[0] == 0
    assert lint("services: {a: {cap_add: !override [NET_ADMIN], user: !override '0', build: !override {x: y}}}")[0] == 0


def test_lint_variables(lint):
    """What a variable decides is not known."""
    status, out, _ = lint("services: {a: {cap_add: ['${CAP}']}}")

    assert status == 1
    assert "not known: a variable decides" in out


def test_one_odd_document_hides_no_other(lint):
    """A container without a name, and a kind that may do without."""
    odd = "---\nkind: Pod\nspec: {containers: [{image: x}]}\n---\nkind: Revision\nspec: {containers: [{image: x}]}\n"
    status, out, _ = lint(POD + odd)

    assert status == 1
    assert "shop: web" in out
    assert "expected a container with a name" in out
    assert "containers[0] not said" in out
    assert "expected a mapping, got ['a']" in lint("services: [a]")[1]
    assert "a " in lint("spec: {containers: [{name: a}, {image: x}]}\nkind: Pod")[1].splitlines()[1]
    assert "line 2, spec.containers" in lint("kind: Pod\nspec: {}")[1]


def test_lint_manifests(lint):
    """Documents of other kinds stand between pods, and empty ones; a block of text is no unit."""
    text = "---\n# empty\n---\nkind: Service\n---\n" + POD + "---\n" + POD.replace("shop", "shed")
    status, out, err = lint(text, "--policy", "restricted")

    assert (
        status,
        err.endswith("file.yaml:4:7: passed-over: a document of kind Service, in which there is no pod\n"),
    ) == (0, True)
    assert [line.split()[0] for line in out.splitlines()[1:3]] == ["shop:", "shed:"]
    assert lint("kind: Pod\nmetadata:\n  x: |\n    [Service]\nspec: {containers: [{name: a}]}", name="x")[0] == 0


def test_lint_two_of_a_name(lint):
    """Each is judged by itself."""
    text = "spec: {containers: [{name: x}, {name: x, securityContext: {capabilities: {add: [SYS_ADMIN]}}}]}"
    status, out, _ = lint(text, "--policy", "baseline")

    assert status == 1
    assert "spec.containers[1] refused two containers of that name" in re.sub(" +", " ", out)
    assert "got `SYS_ADMIN`" in out


def test_lint_lists(lint):
    """All pods of lists in lists; of what has none, a word is said for each, with its place."""
    pod = "{kind: Pod, metadata: {name: %s}, spec: {containers: [{name: x}]}}"
    text = "\n".join(
        [
            "kind: List",
            "items:",
            "- {kind: Service}",
            f"- {{kind: List, items: [{pod % 'one'}, {{spec: {{}}}}]}}",
            "- {kind: Own, spec: {pod: {containers: []}}}",
            "- {kind: List, items: 5}",
            "- {kind: 5}",
            f"- {pod % 'two'}",
        ]
    )
    status, out, err = lint(text)

    assert status == 1
    assert [line.split()[0] for line in out.splitlines()[1:5]] == ["one:", "not", "not", "not"]
    assert out.splitlines()[5].startswith("two:")
    assert re.search("line 6, items.3..items +refused expected a list, got 5", out)
    assert "line 5, items[2].spec.pod.containers refused expected the containers of the pod, at least one" in out
    assert re.search("line 7, items.4..kind +refused expected a text, got 5", out)
    assert [line.partition("file.yaml:")[2] for line in err.splitlines()] == [
        "3:10: passed-over: items[0] of kind Service, in which there is no pod",
        "4: passed-over: items[1].items[1], in which there is no pod",
    ]
    status, out, err = lint("&a\nkind: List\nitems: [*a]\n")
    assert (status, out) == (0, "")
    assert "passed-over: items[0] of kind List, in which there is no pod" in err.splitlines()[0]
    assert err.splitlines()[1].endswith("there is no container in it")


def test_lint_windows(lint):
    """It has no capabilities, whatever Linux would make of it; and may not name them."""
    text = "kind: Pod\nspec:\n  os: {name: windows}\n  containers:\n  - name: a\n"
    status, out, _ = lint(text, "--policy", "restricted@1.24")
    assert status == 1
    assert out.splitlines()[1].split() == ["a", "not", "said", "nothing:", "Windows", "has", "no", "capabilities"]
    assert out.count("Windows has no capabilities") == 2
    assert lint(text)[0] == 0
    told = lint(text + "    securityContext: {capabilities: {}}\n", "--policy", "restricted@1.24")[1]
    assert "nothing: a Windows pod has no capabilities" in told
    assert "no container starts: a Windows pod has no capabilities" in told
    text = text.replace("  os", "  hostUsers: false\n  securityContext: {runAsUser: 5}\n  os")
    assert "nothing: a Windows pod has no hostUsers" in lint(text)[1]


def test_convert_from_windows(run):
    text = "kind: Pod\nspec: {os: {name: windows}, containers: [{name: a}]}"
    _, out, err = run("convert", "--from", "kubernetes", "--to", "docker", stdin=text)

    assert out == "--privileged=false\n"
    assert err == "capset: a: Windows has no capabilities: what is written is for Linux\n"


def test_lint_users_of_the_pods_own(lint):
    """What the capabilities are worth is another thing."""
    status, out, _ = lint("kind: Pod\nspec:\n  hostUsers: false\n  containers: [{name: a}]")

    assert status == 1
    assert re.search("line 3, spec.hostUsers +depends not counted here: the capabilities count in a user name", out)


def test_lint_json_documents(lint):
    """They have lines too; a key that stands there twice is an error, as in YAML."""
    text = '{"services":\n {"a":\n{"cap_add": ["KILL",\n"kil"]}}}'
    assert "line 4, services.a.cap_add[1] refused" in lint(text, name="x.json")[1]
    status, out, err = lint('{"services": {"a": {"privileged": true,\n"privileged": false}}}', name="x.json")
    assert (status, out) == (2, "")
    assert err.endswith('x.json:2: found duplicate key "privileged"\n')


def test_lint_aliases(lint):
    """Nine lines that stand for a thousand million, as Compose and kubectl do not take them; fewer are all right."""
    bomb = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))
    status, out, err = lint(bomb + POD)
    assert (status, out) == (2, "")
    assert "there are more than 250000 values, with those that aliases stand for, and they are not read" in err

    bomb = "".join(bomb.splitlines(keepends=True)[:5])
    assert lint(bomb + POD)[::2] == (0, "")
    status, out, _ = lint(bomb.replace("a0:", "kind: Pod\na0:", 1) + "spec: *a4\n")
    assert status == 1
    assert "refused expected a mapping, got [[[[['x'], ['x'], ['x']" in out
    assert "(more than 1000" in out


def test_a_broken_container_hides_no_other(lint):
    """Its finding is the one that it cannot be read."""
    text = POD.replace("  containers:", "  initContainers: 5\n  ephemeralContainers: [{}, {name: e}]\n  containers:")
    status, out, _ = lint(text + "    - image: x\n    - 5\n    - name: last\n")
    assert status == 1
    assert [line.split()[1] for line in out.splitlines()[1:8]] == ["not", "web", "not", "not", "last", "not", "e"]
    assert len(re.findall("^line .*expected", out, re.MULTILINE)) == 4
    status, out, _ = lint(POD + "    - name: bad\n      securityContext: []\n", "--policy", "restricted")

    assert status == 1
    assert "shop: web" in out
    assert "expected a mapping, got []" in out


def test_lint_several_files(run, tmp_path):
    """Each is named where it is told of."""
    (tmp_path / "a.yaml").write_text(POD)
    (tmp_path / "b.service").write_text("[Service]\nUser=%i\n")
    files = [str(tmp_path / name) for name in ("a.yaml", "b.service")]
    status, out, err = run("lint", *files, "--policy", "restricted", "--format", "table")

    assert status == 1
    assert out.splitlines()[1].startswith(f"{files[0]}, shop: web ")
    assert f"{files[1]}, line 2 (User) depends systemd puts the value of a specifier here" in out
    note = "option-passed-over: a policy is about pods, and was passed over for a unit of systemd"
    only = "capset: of restricted, the rule about capabilities is checked, and no other\n"
    assert err == f"{only}capset: {files[1]}:1: {note}\n"
    told = json.loads(run("lint", *files, "--json")[1])
    assert [each["file"] for each in told] == files
    assert told[1]["not_known"] == "not known: a specifier decides"


def test_a_file_that_cannot_be_read_hides_no_other(run, tmp_path):
    """It is a finding with its line, and the exit status says that something was not read."""
    (tmp_path / "a.yaml").write_text(POD)
    (tmp_path / "b.yaml").write_text("a: 1\na: 2\n")
    (tmp_path / "c").write_text("")
    (tmp_path / "d").write_bytes(b"\xff")
    files = [str(tmp_path / name) for name in ("a.yaml", "b.yaml", "c", "d", "gone")]
    status, out, err = run("lint", *files, "--format", "table")

    assert (status, err) == (2, "")
    assert out.splitlines()[1].startswith(f"{files[0]}, shop: web ")
    assert f'{files[1]}, line 2 refused found duplicate key "a"' in re.sub(" +", " ", out)
    assert f"{files[4]}, line 1 refused No such file or directory" in re.sub(" +", " ", out)
    assert out.count("not known: it cannot be read") == 4
    rows = json.loads(run("lint", *files, "--json")[1])
    assert [row["file"] for row in rows] == files
    assert {row["not_known"] for row in rows[1:]} == {"not known: it cannot be read"}
    assert "no UTF-8 text, at byte 0" in rows[3]["problems"][0]["message"]
    results = json.loads(run("lint", *files, "--format", "sarif")[1])["runs"][0]["results"]
    assert [each["ruleId"] for each in results].count("unreadable") == 4


def test_lint_of_what_is_not_included(lint):
    status, out, _ = lint("include: [x]\nservices: {a: {cap_drop: [ALL]}}")

    assert status == 1
    assert "include not said not known: it is not read" in out
    assert "what other files add is not read" in out


def test_lint_tells_which_sets_are_not_said(lint):
    assert lint("cap_net_raw=ep", name="x")[1].splitlines()[1].split() == ["not", "said", "CAP_NET_RAW", "not", "said"]


def test_lint_sarif(run):
    """On standard output, with the exit status as ever."""
    status, out, _ = run("lint", "-", "--format", "sarif", stdin="docker run --cap-add KIL x")

    assert status == 1
    [result] = json.loads(out)["runs"][0]["results"]
    assert result["ruleId"] == "unknown-capability"


def test_documents_have_an_end(run, monkeypatch, tmp_path):
    """/dev/zero has none; nor has a status file in its place, or what is to be decoded."""
    for module in (inputs, bounds):
        monkeypatch.setattr(module, "LONGEST_TEXT", 10)
    monkeypatch.chdir(tmp_path)  # where no configuration is
    told = "more than 10 characters or bytes are not read: divide it\n"

    assert run("lint", "-", stdin="x" * 10)[2].startswith("capset: -: this is in no dialect")
    assert run("lint", "-", stdin="x" * 11) == (2, "", f"capset: -: {told}")
    assert run("convert", "--to", "docker", stdin="x" * 11) == (2, "", f"capset: -: {told}")
    assert run("decode", stdin="x" * 11) == (2, "", f"capset: -: {told}")
    long = tmp_path / "long"
    long.write_text("x" * 11)
    for args in (["diff", f"file:{long}", "docker"], ["why", f"file:{long}", "kill"], ["lint", f"{long}"]):
        assert run(*args) == (2, "", f"capset: {long}: {told}")
    status, out, err = run("lint", f"{long}", "-", stdin="docker run x")
    assert (status, err) == (2, "")
    assert told.strip() in out


def test_what_a_message_quotes_is_escaped_once(run):
    """In a table as in a line."""
    text = json.dumps({"services": {"a": {"cap_add": ["X\x1b[0m"]}}})
    for form in ("table", "text"):
        assert "knows no capability 'X\\x1b[0m'" in run("lint", "--format", form, "-", stdin=text)[1]
    [subject] = json.loads(run("lint", "--json", "-", stdin=text)[1])
    for told in (subject["refused"], subject["problems"][0]["message"]):
        assert "knows no capability 'X\\x1b[0m'" in told


def test_no_message_acts_on_a_terminal(run):
    """Nor makes a line of its own."""
    text = json.dumps({"services": {"a\x1b[2J\nb": {"cap_add": ["KIL"]}}})
    status, _, err = run("convert", "--to", "docker", stdin=text)

    assert (status, len(err.splitlines())) == (2, 1)
    assert err.rstrip("\n").isprintable()


@pytest.mark.parametrize(
    "args",
    [
        ("show", "1", "\x1b[31m\n"),
        ("\x1b[31m\n",),
        ("show", "--\x1b[31m"),
        ("show", "--thread", "\x1b[31m\n"),
        ("diff", "--set", "\x1b[31m", "a", "b"),
        ("run", "docker", "--user", "\x1b[31m"),
    ],
    ids=repr,
)
def test_what_is_wrong_with_the_words_acts_on_no_terminal(runner, args):
    """click hands them on as they are, where somebody looks."""
    with runner.isolation(color=True) as streams:
        with pytest.raises(SystemExit) as raised:
            command(args)
        told = streams[1].getvalue().decode()

    assert raised.value.code == 2
    assert "\\x1b[31m" in told
    assert told.replace("\n", "").isprintable()


@pytest.mark.parametrize("user", ["a\x1b[31m", "a\x7f", "a\u202e", "a\nb"])
def test_no_user_acts_on_a_terminal(run, user):
    """What is written is printed as it is, and no user has such a name."""
    text = json.dumps({"services": {"a": {"user": user}}})
    for to in ("docker", "compose", "systemd"):
        status, out, err = run("convert", "--to", to, stdin=text)

        assert (status, out) == (2, "")
        assert "user: expected" in err
        assert err.rstrip("\n").isprintable()


def test_want_of_memory(run, monkeypatch):
    """It is no difference, and no defect either."""

    def read(*_args, **_named):
        raise MemoryError

    monkeypatch.setattr(documents, "read", read)

    assert run("lint", "-", stdin="x") == (2, "", "capset: there is not enough memory\n")


# -- files ------------------------------------------------------------------------------------------


@pytest.fixture
def attributes(monkeypatch):
    """Give files attributes by their names, as root could."""
    known = {}

    def getxattr(path, name, *, follow_symlinks):
        assert (name, follow_symlinks) == ("security.capability", False)
        found = known.get(os.path.basename(path))
        if isinstance(found, OSError):
            raise found
        if found is None:
            raise OSError(errno.ENODATA, "No data available", path)
        return found

    monkeypatch.setattr(os, "getxattr", getxattr, raising=False)
    return known


def test_files(run, attributes, tmp_path):
    """As setcap writes them, by name."""
    for name in ("ping", "own", "plain", "gone", "denied", "strange", "else"):
        (tmp_path / name).touch()
    attributes["ping"] = FileCaps(permitted=["net_raw"], effective=True).to_xattr()
    attributes["own"] = FileCaps(permitted=["kill"], rootid=7).to_xattr()
    attributes["gone"] = FileNotFoundError(2, "No such file or directory", str(tmp_path / "gone"))
    attributes["denied"] = PermissionError(13, "Permission denied", str(tmp_path / "denied"))
    attributes["else"] = OSError(75, "Value too large for defined data type", str(tmp_path / "else"))
    attributes["strange"] = b"strange"
    status, out, err = run("files", str(tmp_path))

    assert status == 0
    assert [line.split() for line in out.splitlines()] == [
        ["capabilities", "effective", "rootid", "file"],
        ["cap_kill=p", "7", str(tmp_path / "own")],
        ["cap_net_raw=ep", "yes", str(tmp_path / "ping")],
    ]
    assert err.splitlines() == [
        f"capset: 1 vanished meanwhile, the first of them {tmp_path}/gone",
        f"capset: 1 may not be read, the first of them {tmp_path}/denied",
        f"capset: {tmp_path}/strange: no valid security.capability attribute: expected revision 1, 2 or 3 in the "
        "fourth byte, not 97, got 737472616e6765",
        f"capset: [Errno 75] Value too large for defined data type: '{tmp_path}/else'",
    ]


def test_files_json(run, attributes, tmp_path):
    """The same for programs."""
    (tmp_path / "ping").touch()
    attributes["ping"] = FileCaps(permitted=["net_raw"], effective=True).to_xattr()
    told = json.loads(run("files", str(tmp_path), "--json")[1])

    assert told["files"][0]["text"] == "cap_net_raw=ep"
    assert told["files"][0]["permitted"]["names"] == ["CAP_NET_RAW"]
    assert (told["seen"], told["gone"], told["denied"], told["malformed"], told["failed"]) == (1, [], [], [], [])


def test_files_json_has_paths_that_can_be_opened(run, attributes, tmp_path):
    """Whatever bytes are in a name; for people they are escapes."""
    raw = (b"a\x1b[2J", b"b\\\xff", b"c\n\xff", b"d\xff", b"e\xff", b"f\xc3\xa9")
    names = [os.fsdecode(name) for name in raw]
    paths = [str(tmp_path / name) for name in names]
    for path in paths:
        with open(path, "wb"):
            pass
    if not {*raw} <= {*os.listdir(os.fsencode(tmp_path))}:
        pytest.skip("needs a file system that keeps any byte of a name")
    attributes[names[0]] = attributes[names[5]] = FileCaps().to_xattr()
    attributes[names[1]] = FileNotFoundError(2, "No such file or directory", paths[1])
    attributes[names[2]] = PermissionError(13, "Permission denied", paths[2])
    attributes[names[3]] = b"strange"
    attributes[names[4]] = OSError(75, "Value too large for defined data type", paths[4])
    status, out, err = run("files", str(tmp_path), "--json")
    told = json.loads(out)

    assert (status, out.isascii(), "\n\udcff" in err) == (0, True, False)
    assert [file["path"] for file in told["files"]] == [paths[0], paths[5]]
    assert (told["gone"], told["denied"]) == ([paths[1]], [paths[2]])
    assert os.path.exists(os.fsencode(told["gone"][0]))
    [malformed] = told["malformed"]
    assert malformed["path"] == paths[3]
    assert malformed["message"].startswith("no valid security.capability attribute: expected revision 1, 2 or 3")
    assert told["failed"] == [{"path": paths[4], "message": "Value too large for defined data type"}]


def test_no_files(run, attributes, tmp_path):
    (tmp_path / "plain").touch()

    assert run("files", str(tmp_path)) == (0, "none of 1 files has capabilities\n", "")
    assert run("files", str(tmp_path / "gone"))[0] == 2
    (tmp_path / "link").symlink_to(tmp_path)
    assert "is a symbolic link, and links are not followed" in run("files", str(tmp_path / "link"))[1]


def test_what_stops_a_scan(attributes, tmp_path):
    """No file descriptors left is no fault of one file."""
    (tmp_path / "a").touch()
    attributes["a"] = OSError(errno.EMFILE, "Too many open files")

    with pytest.raises(OSError, match="Too many open files"):
        list(live.scan_files(tmp_path))


def test_off_linux(run, monkeypatch, tmp_path):
    """Elsewhere there are no file capabilities to read."""
    monkeypatch.delattr(os, "getxattr", raising=False)

    with pytest.raises(OSError, match="only Linux has file capabilities"):
        live.file_caps(tmp_path)
    for name in ("a", "b"):
        (tmp_path / name).touch()
    with pytest.raises(OSError, match="only Linux has file capabilities"):
        live.scan_files(tmp_path)
    assert run("files", str(tmp_path)) == (2, "", f"capset: only Linux has file capabilities: {tmp_path}\n")


def test_lint_writes_one_form(run, tmp_path):
    """Two are asked for, and only one could be written."""
    (tmp_path / "run.sh").write_text(FLAGS)

    told = "capset: --json and --format sarif are two forms: give one of them\n"
    assert run("lint", "--json", "--format", "sarif", str(tmp_path / "run.sh")) == (2, "", told)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_a_terminal(run, command):
    """80 columns."""
    status, out, _ = run(command, "--help")
    assert status == 0
    assert [line for line in out.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("text", ["docker run --cap-add X web", "docker run " + "x" * 5000])
def test_a_text_in_the_place_of_a_file(run, text):
    """How it is read is told; a file with a blank in its name is one."""
    for words in (("lint", text), ("convert", text, "--to", "podman")):
        status, out, err = run(*words)
        assert (status, out) == (2, "")
        assert "capset: there is no file 'docker run " in err
        assert "to have a text itself read, pipe it in and give -\n" in err
    assert run("lint", "gone.yaml")[2] == "capset: No such file or directory: gone.yaml\n"
    assert "x" * 5000 not in run("lint", "x" * 5000)[1]
