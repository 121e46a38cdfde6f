"""Command lines that start a container, as people paste them, for every program that does."""

from __future__ import annotations

import pickle
import shlex

import pytest

from capset import documents, engines
from capset.documents.pasted import is_command_line, pasted
from capset.engines import Request
from capset.errors import CapsetError, DialectError, FormatError
from capset.formats.commandline import command_named, line_of, read_line
from capset.formats.runline import asked_by


def read(text, **given):
    """Return what is read of each command."""
    return [(each.dialect, each.line, each.request, each.not_known) for each in documents.read(text, **given)]


NET_ADMIN = Request(["NET_ADMIN"])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$ docker run --cap-add NET_ADMIN web", [("docker", 1)]),
        ("user@host:~$ docker run --cap-add NET_ADMIN web\nhello\n", [("docker", 1)]),
        ("[root@host ~]# docker run --cap-add NET_ADMIN web", [("docker", 1)]),
        ("(venv) me@host ~ % docker run --cap-add NET_ADMIN web", [("docker", 1)]),
        ("~/src$ docker run --cap-add NET_ADMIN web", [("docker", 1)]),
        ("# docker run --cap-add NET_ADMIN web\n", [("docker", 1)]),
        ("```sh\ndocker run --cap-add NET_ADMIN web\n```\n", [("docker", 2)]),
        ("$ docker run \\\n> --cap-add NET_ADMIN \\\n> web\r\n", [("docker", 1)]),
        ("docker pull web && docker run --cap-add NET_ADMIN web | tee log; docker ps", [("docker", 1)]),
        ("cd /x; sudo -E docker run --cap-add NET_ADMIN web >out 2>&1 &", [("docker", 1)]),
        ("docker run 2>/dev/null --cap-add NET_ADMIN web", [("docker", 1)]),
        ("doas -u root env -i A=b nice -n 5 podman run --cap-add NET_ADMIN web", [("podman", 1)]),
        ("time -p nohup exec nerdctl -n k8s.io run --cap-add NET_ADMIN web", [("nerdctl", 1)]),
        ("podman --remote --log-level debug run --cap-add NET_ADMIN docker://web", [("podman", 1)]),
        ("docker --context x container create --cap-add NET_ADMIN web", [("docker", 1)]),
        ("docker -Hx service create --cap-add NET_ADMIN web", [("docker-service", 1)]),
        ("sh -c 'docker run --cap-add NET_ADMIN web'", [("docker", 1)]),
        ('bash -lc "cd /\ndocker run --cap-add NET_ADMIN web"', [("docker", 2)]),
        ("id=$(docker run -d --cap-add NET_ADMIN web)\necho $id", [("docker", 1)]),
        ("id=`docker run -d --cap-add NET_ADMIN web`", [("docker", 1)]),
        ("if ! docker run --cap-add NET_ADMIN web; then\n  exit 1\nfi", [("docker", 1)]),
        ("podman run --rootfs --cap-add NET_ADMIN ./root/fs", [("podman", 1)]),
        ("podman run --cap-add NET_ADMIN oci-archive:/a/b.tar", [("podman", 1)]),
        ("podman run -itd --cap-add NET_ADMIN --gpus all web", [("podman", 1)]),
    ],
)
def test_what_people_paste(text, found):
    """Prompts, other commands, what stands in front, and where lines are continued."""
    assert [(dialect, line) for dialect, line, *_ in read(text)] == found
    assert [request for *_, request, _ in read(text)] == [NET_ADMIN]
    assert documents.dialect_of(text) == found[0][0]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("docker run -d --name <name> --privileged img", Request(privileged=True)),
        ("docker run --name <your name> -p <port>:80 --privileged img:<tag>", Request(privileged=True)),
        ("docker run -e KEY=<key> --cap-add=SYS_ADMIN img", Request(["SYS_ADMIN"])),
        ("docker run -v </path/to/it>:/data --cap-add SYS_ADMIN img", Request(["SYS_ADMIN"])),
        ("docker run --user <uid> --cap-add NET_ADMIN img", Request(["NET_ADMIN"], user="<uid>")),
        ("docker run --cap-add <name> img", Request(["<name>"])),
    ],
)
def test_marks_that_people_replace(text, found):
    """They are no redirections; where one decides, nobody knows what comes of it."""
    [workload] = documents.read(text)

    assert workload.request == found
    decides = any("<" in each for each in (*found.add, found.user))
    assert workload.not_known == ("a variable decides" if decides else "")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("--cap-drop ALL --cap-add={NET_ADMIN,SYS_ADMIN}", Request(["NET_ADMIN", "SYS_ADMIN"], ["ALL"])),
        ("--{privileged,init}", Request(privileged=True)),
        ("-e {A=1,--privileged}", Request(privileged=True)),
        ("--cap-add='{KILL,CHOWN}'", Request(["{KILL,CHOWN}"])),
    ],
)
def test_braces(text, found):
    """Bash makes several words of one, of which any may be an option; of what is in quotes, it does not."""
    [workload] = documents.read(f"docker run {text} web")
    assert (workload.request.add, workload.request.drop, workload.request.privileged) == (
        *(found.add, found.drop),
        found.privileged,
    )
    assert bool(workload.refusal) is ("'" in text)


@pytest.mark.parametrize("image", ["<image>", "<name:tag>", "<options> web"])
def test_a_mark_in_place_of_the_image(image):
    with pytest.raises(FormatError, match="the image; what is put in this place may be options, got '<"):
        documents.read(f"docker run --privileged {image}")
    assert documents.read(f"docker ps; docker run {image}")[0].not_known == "a variable decides"


def test_an_option_behind_a_redirection():
    with pytest.raises(CapsetError, match="'--privileged' on line 1 looks like an option, and a redirection stands"):
        documents.read("docker run --name < name > --privileged web")


def test_several_commands():
    """Each has the dialect of its program, whose engine answers; the first one says what the text is."""
    text = "$ docker run --name a --cap-add KILL,CHOWN web\n$ podman run --name b --cap-add KILL,CHOWN web\n"
    one, two = documents.read(text)

    assert documents.dialect_of(text) == "docker"
    assert (one.label, one.request.add, two.label, two.request.add) == ("a", ("KILL,CHOWN",), "b", ("KILL", "CHOWN"))
    assert documents.read(text, dialect="podman")[1] == two
    first, second = documents.lint([one, two]).outcomes
    assert first.reason.startswith("Docker knows no capability 'KILL,CHOWN'")
    assert second.gets == engines.get("podman").container(add=["KILL", "CHOWN"])
    assert pickle.loads(pickle.dumps(two)).for_engine(engines.get("docker")).request.add == ("KILL", "CHOWN")


@pytest.mark.parametrize(
    ("text", "rule", "reason"),
    [
        ("docker run --cap-add KIL x; docker run $X y", "variable", "a variable decides"),
        ("docker run x; docker run --cap-ad X y", "unreadable", "it cannot be read"),
        ("docker run x; xargs docker run y", "unreadable", "it cannot be read"),
        ("docker run x; ssh host 'docker run --privileged y'", "unreadable", "it cannot be read"),
        ("docker run ;-privileged x", "unreadable", "it cannot be read"),
        ("docker run x; $DOCKER run y", "variable", "a variable decides"),
        ("docker run x; docker exec --privileged y sh", "unreadable", "it cannot be read"),
        ("docker run x; RUN='docker --debug run -u 0'", "unreadable", "it cannot be read"),
        ("docker run x; alias web='podman run -u 0'", "unreadable", "it cannot be read"),
        ("docker run x; ssh host 'cd /; sudo podman create -u 0 y'", "unreadable", "it cannot be read"),
        ('docker run x; "$RUNTIME" container run y', "variable", "a variable decides"),
        ("docker run x; sudo -E $(which docker) --debug run y", "variable", "a variable decides"),
        ("docker run x; A=b -u 0 y", "unreadable", "it cannot be read"),
        ("docker run -e URL=http://a/?x=1&b=2 -u 0 x", "unreadable", "it cannot be read"),
        ("docker run x; docker run -e URL=http://a/?x=1&b y", "unreadable", "it cannot be read"),
    ],
)
def test_a_command_that_is_not_read(text, rule, reason):
    """Among others it is told: it may be the privileged one."""
    last = documents.read(text)[-1]

    assert (last.request, last.problems[0].rule, last.not_known) == (None, rule, reason)
    assert documents.lint(last).outcomes[0].gets is None


def test_what_eval_is_given():
    assert documents.read("docker run x; eval 'podman run -u 0 y'")[-1].request == Request(user="0")


@pytest.mark.parametrize(
    "other",
    ["RUN=docker", "curl docker.example/run", "podman pod create --name x", "echo 'docker ps'", "sudo", "cp docker x"],
)
def test_commands_that_start_nothing(other):
    assert all(not each.not_known for each in documents.read(f"docker run x; {other}"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("podman run --userns=keep-id web", ["own-user-namespace", "user-of-caller"]),
        ("podman run --userns=keep-id --user 0 web", ["own-user-namespace"]),
        ("podman run --userns=keep-id:uid=5,gid=6 web", ["own-user-namespace"]),
        ("podman run --userns=keep-id:uid=5 web", ["own-user-namespace"]),
        ("podman run --userns host web", []),
        ("podman run --userns $X web", ["variable"]),
        ("podman run --userns $X --uidmap 0:1:1 web", ["variable"]),
        ("podman run --uidmap 0:1:1 --uidmap 1:2:1 --privileged web", ["own-user-namespace"]),
        ("podman run --gidmap=0:1:1 web", ["own-user-namespace"]),
        ("podman create --subuidname web --subgidname web web", ["own-user-namespace"]),
        ("podman run --subuidname= web", []),
        ("podman pod create --uidmap 0:1:1 --userns=", ["own-user-namespace"]),
        ("podman run --pod new:x --userns auto web", ["own-user-namespace", "not-counted"]),
        ("podman run --pod-id-file x web", ["not-counted"]),
        ("podman run --pod= web", []),
        ("buildah from --userns=container web", ["own-user-namespace"]),
        ("buildah from --userns=host web", []),
        ("buildah run --userns-uid-map 0:1:1 web", ["own-user-namespace", "not-counted"]),
        ("podman run --label io.containers.capabilities=KILL web", ["not-counted"]),
        ("podman run --label a=b web", []),
        ("podman run --security-opt=unmask=ALL --security-opt systempaths:unconfined web", []),
        ("podman run --security-opt=writable-cgroups=true web", ["unknown-security-option"]),
        ("nerdctl run --security-opt=mask=x web", ["unknown-security-option"]),
        ("podman run --cap-add KIL web", ["unknown-capability"]),
        ("podman kube play web.yaml", ["not-read"]),
        ("podman play kube web.yaml", ["not-read"]),
        ("podman pod create --name x", []),
        ("docker-compose -f a.yaml run -u 5 --cap-add KILL web", ["not-read"]),
        ("buildah run --user web -- web ls", ["not-counted", "named-user"]),
        ("docker run --user 1000:20 web", []),
        ("docker run --user nobody web", ["named-user"]),
        ("docker run --user=$(id -u):$(id -g) web", ["variable"]),
    ],
)
def test_what_is_told(text, told):
    [workload] = documents.read(text)
    assert sorted(problem.rule for problem in workload.problems) == sorted(told)


def test_comments_between_options():
    """The READMEs of LinuxServer.io have them in backquotes, where a shell goes on behind them."""
    lines = [
        "docker run -d \\",
        "  --cap-add=NET_ADMIN \\",
        "  --cap-add=SYS_MODULE `#optional` \\",
        "  -e A=1 `#b` \\",
        "  web",
    ]
    [workload] = documents.read("\n".join(lines))
    assert (workload.request.add, workload.problems) == (("NET_ADMIN", "SYS_MODULE"), ())
    with pytest.raises(FormatError, match="what is put in this place may be options, got '`cat flags`'"):
        documents.read("docker run `cat flags` --cap-add=KILL web")


def test_users_of_keep_id():
    """Podman runs the container as the one that the option names."""
    users = ("keep-id:uid=5,gid=6", "5:6"), ("keep-id:uid=5", "5")
    for userns, user in users:
        assert documents.read(f"podman run --userns={userns} web")[0].request.user == user


def test_another_engine_for_what_one_program_refuses():
    """What is no capability may be taken by another."""
    [workload] = documents.read("podman run --security-opt x web")
    assert workload.refusal
    assert workload.for_engine(engines.get("docker")).problems[0].verdict == "depends"
    [workload] = documents.read("nerdctl run --security-opt x web")
    assert workload.problems[0].verdict == "ignored"


@pytest.mark.parametrize(
    ("text", "dialect", "message"),
    [
        ("ls", "podman", "expected podman run, or its options, got 'ls'"),
        ("ls; id", "podman", "expected a command that starts a container, found others alone"),
        ("xargs docker -H docker -D x", "docker", "got 'xargs'"),
        ("sudo podman ps", "podman", "podman: expected podman run, and its options, got 'sudo podman ps'"),
        ("podman run —cap-add KILL x", None, "the image: expected an option, with a hyphen in front, or an image"),
        ("buildah run —user web", None, "the container: expected an option, with a hyphen in front, or a container"),
        ("podman -x run web", None, "-x: expected an option of podman itself: those of podman run stand behind run"),
        ("podman run --cap-ad X web", None, "--cap-ad: expected an option of podman run, did you mean --cap-add?"),
        ("podman run --detach=maybe web", None, "--detach=maybe: expected one of 1, t, T"),
        ("podman run --name", None, "--name: expected a value behind it, got '--name'"),
        ("podman run 'x", "podman", "no command line: a quote ends nowhere"),
        ("podman run x\\", "podman", "no command line: a backslash ends it"),
    ],
)
def test_what_is_none(text, dialect, message):
    with pytest.raises(CapsetError) as caught:
        documents.read(text, dialect=dialect)
    assert message in str(caught.value)


def nested(text, deep):
    for _ in range(deep):
        text = f"sh -c {shlex.quote(text)}"
    return text


@pytest.mark.parametrize(("deep", "is_read"), [(0, True), (1, True), (4, True), (5, True), (6, False)])
def test_how_many_commands_may_stand_in_each_other(deep, is_read):
    """In what is pasted, and in a unit; there the commands of a deeper one are not known."""
    text = nested("docker run --cap-add KILL web", deep)
    if is_read:
        assert pasted(text) == [["docker", "run", "--cap-add", "KILL", "web"]]
    else:
        with pytest.raises(ValueError, match=r"^more than 5 commands stand in each other$"):
            pasted(text)
    escaped = text.replace("\\", "\\\\").replace("'\"'\"'", "\\'")
    _, inside = documents.read(f"[Service]\nExecStart={escaped}\n")
    assert (inside.request == Request(["KILL"]), inside.not_known) == (is_read, "" if is_read else "it cannot be read")


def test_eval():
    """What it is given is one command, on its line; without anything it is one itself."""
    assert pasted("eval\ndocker run web") == [["eval"], ["docker", "run", "web"]]
    found = documents.read("eval \\\n docker run --cap-add KIL a\neval 'docker run \\\n --cap-add KIL b'\n")
    assert [each.line for each in found] == [1, 3]
    assert [finding.line for finding in documents.lint(found)] == [1, 4]


def test_commands_in_other_documents():
    """A script in YAML, or a comment that says how to start it, is no command line."""
    for text in ("x: |\n  docker run --privileged x", "# docker run x\nservices: {}", "[Service]\ndocker run x\n"):
        assert not is_command_line(text)
        assert not is_command_line(f"\n  # a comment\n\t# and another\n{text}")
    for text in (
        "docker run x",
        "  docker run x",
        "$ docker run x",
        "```sh\ndocker run x\n```",
        "# a\ndocker run x",
        "",
    ):
        assert is_command_line(text)
        assert is_command_line(f"\n  # a comment\n\t# and another\n{text}")
    assert pasted("# docker run x\nservices: {}\n") == [["services:", "{}"]]
    with pytest.raises(DialectError):
        documents.read("a: |\n  docker run --privileged x")


def test_options_that_may_have_a_value():
    """Only behind =, so the next word is the image."""
    assert read_line(["--pull", "web"], command_named("buildah from")).operand == "web"
    assert read_line(["--pull=always", "web"], command_named("buildah from")).operand == "web"
    assert read_line(["-m", "5", "web"], command_named("buildah from")).operand == "web"
    with pytest.raises(FormatError, match=r"-b: expected an option of buildah from; long options have two hyphens"):
        read_line(["-b"], command_named("buildah from"))


def test_a_line_without_an_operand():
    line = line_of(["podman", "run", "--privileged", "--"])
    assert (line.operand, asked_by(line)) == ("", Request(privileged=True))
    assert line_of(["podman", "--log-level"]) is None


@pytest.mark.parametrize("to", ["podman", "nerdctl"])
def test_written(to):
    [workload] = documents.read("docker run --cap-add NET_ADMIN --user 0 web")
    assert documents.convert(workload, to).text == f"{to} run --cap-add=NET_ADMIN --user=0"
    [nothing] = documents.read("docker run web")
    assert documents.convert(nothing, to).text == f"{to} run --privileged=false"


# -- in a unit --------------------------------------------------------------------------------------

UNIT = """[Service]
CapabilityBoundingSet=CAP_NET_ADMIN
User=web
ExecStartPre=-/usr/bin/docker rm -f %n
ExecStart=/usr/bin/podman run a
ExecStart=
ExecStart=@/usr/bin/docker docker run --name %n --cap-add NET_ADMIN -e 'A=%%' web:%i
ExecStartPost=/usr/bin/podman run --cap-drop \\x4bILL --user %U b ; /bin/true
ExecStop=/usr/bin/docker stop "%n
"""


def test_a_unit_that_starts_containers():
    """The unit has what the client has; the containers what their commands ask for."""
    unit, docker, podman = documents.read(UNIT, "web.service")

    assert unit.unit.user == "web"
    assert [problem.rule for problem in unit.problems] == ["container-client"]
    assert (docker.dialect, docker.within, docker.name, docker.line) == ("docker", "[Service]", "web:%i", 7)
    assert (docker.request, docker.problems) == (NET_ADMIN, ())
    assert (podman.dialect, podman.request) == ("podman", Request(drop=["KILL"], user="%U"))
    assert [(each.rule, each.line) for each in podman.problems] == [
        *(("variable", 8), ("limited-client", 8), ("own-user-namespace", 8))
    ]
    assert podman.for_engine(engines.get("podman", "5.0")).problems == podman.problems
    assert podman.not_known == "a variable decides"


@pytest.mark.parametrize(
    ("text", "not_known"),
    [
        ("[Service]\nExecStart=podman run web\n", ""),
        ("[Service]\nNoNewPrivileges=yes\nExecStart=podman run web\n", "the unit limits what podman itself has"),
        ("[Service]\nNoNewPrivileges=yes\nExecStart=docker run web\n", ""),
        ("[Service]\nExecStart=podman run $OPTS web\n", "a variable decides"),
        ("[Service]\nExecStart=podman run --cap-ad X web\n", "it cannot be read"),
    ],
)
def test_what_is_known_of_such_a_container(text, not_known):
    container = documents.read(text)[-1]
    assert container.dialect in {"podman", "docker"}
    assert container.not_known.startswith(not_known)
    assert bool(container.not_known) is bool(not_known)


@pytest.mark.parametrize(
    "command",
    [
        '/bin/sh -c "/usr/bin/docker run --privileged x"',
        'bash -ec "cd / && exec docker run --privileged x"',
        "-/usr/bin/env A=b sh -c 'eval docker run --privileged x'",
        "/bin/su - web -c 'id=$(docker run --privileged x)'",
        "/bin/sh -c 'sudo sh -c \"docker run --privileged x\"'",
        "/bin/sh -c 'docker stop x\\ndocker run --privileged x'",
    ],
)
def test_a_unit_whose_shell_starts_containers(command):
    unit, container = documents.read(f"[Service]\nUser=www\nExecStart={command}\n", "web.service")

    assert [problem.rule for problem in unit.problems] == ["container-client"]
    assert (container.label, container.line, container.request) == ("[Service]: x", 3, Request(privileged=True))


@pytest.mark.parametrize(
    "command",
    [
        "/usr/bin/ssh host docker run --privileged x",
        "/usr/bin/ssh host 'podman --remote run --privileged x'",
        "/bin/sh -c '$DOCKER run --privileged x'",
        "/usr/bin/env $DOCKER --debug container create x",
        "$DOCKER container start x",
        "/bin/sh -c 'docker run \"x'",
        "/bin/sh -c 'RUN=\"docker run\"; $RUN x'",
        "/bin/sh -c 'eval eval eval eval eval eval docker run x'",
    ],
)
def test_a_unit_of_which_a_command_is_not_read(command):
    """It may start a container, and so that is told."""
    unit, unread = documents.read(f"[Service]\nExecStart={command}\n")

    assert (unit.problems, unread.request, unread.line) == ((), None, 2)
    assert unread.not_known == ("a variable decides" if "$DOCKER" in command else "it cannot be read")


def test_units_without_containers():
    for command in ("/bin/sh -c '# docker'", "/bin/sh -c 'docker ps'", "/bin/echo create docker", "/x/docker.sh run"):
        assert len(documents.read(f"[Service]\nExecStart={command}\n")) == 1
    elsewhere = "[Service]\nSyslogIdentifier=podman run a\n[X-Old]\nExecStart=podman run a\n"
    assert len(documents.read(elsewhere)) == 1
    for text in ("[Service]\nExecStart=podman ps\n", '[Service]\nExecStart=podman run "\n', "[Service]\nExecStart=;\n"):
        [unit] = documents.read(text)
        assert unit.unit is not None
        assert not unit.problems
