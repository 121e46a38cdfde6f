"""The commands about container engines, run as a person runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from capset import CapSet, engines
from capset.errors import ProcUnavailableError

STATUS = Path(__file__).parent.parent / "data" / "status"
DOCKER = "00000000a80425fb"
FULL = "000001ffffffffff"


@pytest.fixture
def saved(tmp_path):
    """Save a status file with the sets that are given."""

    def save(uid: int = 0, **masks: str) -> str:
        labels = {"inheritable": "Inh", "permitted": "Prm", "effective": "Eff", "bounding": "Bnd", "ambient": "Amb"}
        lines = (STATUS / "6.18.txt").read_text().splitlines()
        for name, label in labels.items():
            at = next(at for at, line in enumerate(lines) if line.startswith(f"Cap{label}:"))
            lines[at] = f"Cap{label}:\t{masks.get(name, '0'):0>16}"
        at = next(at for at, line in enumerate(lines) if line.startswith("Uid:"))
        lines[at] = "Uid:" + f"\t{uid}" * 4
        path = tmp_path / "status"
        path.write_text("\n".join(lines) + "\n")
        return f"file:{path}"

    return save


@pytest.mark.parametrize(
    "words",
    [
        ["run", "docker@99"],
        ["run", "docker@99", "--json"],
        ["flags", "docker@99", "kill", "--json"],
        ["diff", "docker", "docker@99"],
        ["compare", "docker@99"],
        ["engines", "docker@99", "--json"],
        pytest.param(["exec", "/bin/sh", "--engine", "docker@99", "--json"], marks=pytest.mark.linux),
        ["lint", "{file}", "--engine", "docker@99", "--json"],
        ["convert", "{file}", "--to", "kubernetes", "--reads", "docker@99"],
    ],
)
def test_a_release_that_nobody_read_is_told_once(run, tmp_path, words):
    """On standard error, whichever the command; and in JSON too."""
    file = tmp_path / "run.sh"
    file.write_text("docker run --user 0 web")
    _, out, err = run(*(word.format(file=file) for word in words))
    told = engines.get("docker", "99").assumed[0]

    assert [line for line in err.splitlines() if told in line] == [err.rstrip("\n")]
    assert (told in out) is ("--json" in words)


def test_engines(run):
    """Every release of every engine, with its default; where that was read, the page of an engine tells."""
    status, out, err = run("engines")
    lines, _, others = out.partition("\n\n")
    lines = lines.splitlines()

    assert (status, err) == (0, "")
    others = [line.split("  ") for line in others.splitlines()]
    told = {line[0]: line[-1].strip() for line in others}
    assert "capset engines ENGINE tells where its releases were read." in told
    assert told["cri-o"] == "crio, openshift, ocp, okd"
    assert told["containerd or cri-o or cri-dockerd"] == "kubernetes, k8s, kube, kubelet, cri"
    assert len(lines) == 1 + sum(len(engines.versions(name)) for name in engines.names())
    assert lines[0].split() == ["engine", "releases", "held", "default", "how", "known"]
    assert any(
        line.startswith("docker ") and "20.10.14 to 20.10.x" in line and DOCKER in line and line.endswith(" run")
        for line in lines
    )


def test_engines_json(run):
    """The same for programs."""
    told = json.loads(run("engines", "--json")[1])
    docker = [engine for engine in told if engine["name"] == "docker"]

    assert docker[-1]["releases"] == [{"since": "23.0.7", "until": "23.0.x"}, {"since": "24.0.6", "until": None}]
    assert docker[-1]["default"]["mask"] == DOCKER
    assert {fact["about"] for fact in docker[-1]["facts"]} == {"default", "sets", "rules"}
    assert all(source["url"].startswith("https://") for fact in docker[-1]["facts"] for source in fact["sources"])
    assert json.loads(run("engines", "docker", "--json")[1]) == docker
    assert docker[0]["aliases"] == list(engines.get("docker").aliases)


def test_one_engine(run):
    """All of its releases, the newest first; or one version."""
    _, every, _ = run("engines", "cri-o")
    _, one, _ = run("engines", "cri-o@1.17")

    assert every.count("CRI-O (cri-o): ") == len(engines.versions("cri-o"))
    assert every.index("1.25.0 and later") < every.index("1.0.0 to 1.9.11, 1.10.0")
    read_to = engines.get("cri-o").read_to
    assert one.startswith(
        f"CRI-O, which runs the pods of Kubernetes and OpenShift.\nIts releases were read up to {read_to}.\n"
        "It is also meant by crio, openshift, ocp, okd.\n\n"
    )
    assert "It is also meant" not in run("engines", "runc")[1]
    assert "\nCRI-O 1.17 (cri-o): 1.11.2 to 1.17.x\ndefault 00000000000425fb: CAP_CHOWN, " in one
    assert "privileged     list     list      list      list        list" in one
    assert "its rules of add and drop: read. Dropping ALL leaves the default; no release of 1.20 has the repair." in one
    assert "  https://github.com/cri-o/cri-o/issues/4922\n" in one
    assert "\nDocker Engine with gVisor (gvisor): as read\n" in run("engines", "gvisor")[1]


def test_run(run):
    """The five sets, and what that is against the default."""
    status, out, err = run("run", "docker", "--cap-add", "NET_ADMIN", "--cap-drop", "mknod")

    assert (status, err) == (0, "")
    assert out.startswith("Docker Engine, --cap-drop=mknod --cap-add=NET_ADMIN, user 0\n")
    assert "bounding    00000000a00435fb   14 " in out
    assert out.endswith("The bounding set against the default: +CAP_NET_ADMIN -CAP_MKNOD\n")
    assert "nothing asked for, user 0\n" in run("run", "docker")[1]
    assert "against the default: the same\n" in run("run", "docker")[1]


def test_run_as_another_user(run):
    """Why there is nothing; with Podman there is something."""
    _, docker, _ = run("run", "docker", "--cap-add", "net_admin", "--user", "1000", "--no-new-privs")
    _, podman, _ = run("run", "podman", "--cap-add", "net_admin", "--user", "1000")

    assert "user 1000, no_new_privs\n" in docker
    assert "Nothing is effective: for a user other than root execve(2) keeps only what is ambient" in docker
    assert "ambient     0000000000001000" in podman
    assert "Nothing is effective" not in podman
    assert "Nothing is effective" not in run("run", "docker", "--cap-drop", "all", "--user", "5")[1]


@pytest.mark.parametrize("user", ["0", "root", "0:0", "root:adm", "000", ":20"])
def test_run_as_root(run, user):
    """By whichever of its names; a group alone is that of the image's user, which is root if nobody says otherwise."""
    status, out, err = run("run", "docker", "--user", user)
    assert (status, err) == (0, "")
    assert out == run("run", "docker")[1].replace("user 0\n", f"user {user}\n")
    assert json.loads(run("run", "docker", "--user", user, "--json")[1])["uid"] == 0


@pytest.mark.parametrize("user", ["1000:20", "1000:", "1000:adm", "4294967294"])
def test_run_as_a_number(run, user):
    """Which group it has does not matter."""
    status, out, err = run("run", "podman", "--cap-add", "kill", "--user", user)
    assert (status, err) == (0, "")
    assert out == run("run", "podman", "--cap-add", "kill", "--user", "1000")[1].replace(
        "user 1000\n", f"user {user}\n"
    )
    told = json.loads(run("run", "docker", "--user", user, "--json")[1])
    assert (told["uid"], told["user"], told["assumed"]) == (int(user.partition(":")[0]), user, [])


@pytest.mark.parametrize("engine", sorted(engines.names()))
def test_run_as_a_name(run, engine):
    """It is another user than root, who gets what all such users get; that this is assumed is told."""
    status, out, err = run("run", engine, "--user", "nobody:nogroup")
    taken = "nobody is taken for another user than root, as only the image knows its number"
    assert status == 0
    assert f"{taken}; all but root get the same.\n" in out
    told = json.loads(run("run", engine, "--user", "nobody:nogroup", "--json")[1])
    assert (told["uid"], told["user"], told["assumed"][-1]) == (None, "nobody:nogroup", taken)
    for uid in ("1", "1000", "65534"):
        assert json.loads(run("run", engine, "--user", uid, "--json")[1])["caps"] == told["caps"]
        assert err == run("run", engine, "--user", uid)[2]


@pytest.mark.parametrize(
    "user", ["", ":", "-1", "1:2:3", "4294967295", "1:4294967295", "9" * 30, "a b", "$USER", "1e3"]
)
def test_run_as_nobody_that_there_is(run, user):
    expected = (
        "expected a name or a number up to 4294967294, and a group behind a colon if it is to be told, as in 1000:20"
    )
    assert run("run", "docker", f"--user={user}")[::2] == (2, f"capset: --user {user!r}: {expected}\n")


def test_run_json_and_warnings(run):
    """Warnings go to standard error, and into the JSON."""
    _, _, err = run("run", "containerd", "--cap-add", "CAP_KILL")
    told = json.loads(run("run", "containerd@1.7", "--cap-add", "CAP_KILL", "--json")[1])

    assert err == "capset: containerd (CRI) passes on 'CAP_CAP_KILL', which is no capability: nothing is added\n"
    assert told["engine"] == "containerd"
    assert told["version"] == "1.7"
    assert told["caps"]["bounding"]["mask"] == DOCKER
    assert told["warnings"] == [
        "containerd (CRI) 1.7 passes on 'CAP_CAP_KILL', which is no capability: nothing is added"
    ]


def test_run_where_the_engine_lacks_something(run):
    """--available takes what decode takes."""
    out = run("run", "docker", "--privileged", "--available", "000001fffeffffff")[1]

    assert "all known! but CAP_SYS_RESOURCE" in out
    status, _, err = run("run", "docker", "--cap-add", "SYS_RESOURCE", "--available", "0xa80425fb")
    assert status == 2
    assert "it knows the name, but does not hold that itself" in err
    status, _, err = run("run", "docker", "--available", "chwon")
    assert status == 2
    assert "did you mean CAP_CHOWN?" in err


def test_control_characters_are_escaped(run):
    """What a person gives may come from a file that somebody else wrote."""
    out, err = run("run", "nerdctl", "--cap-add", "\x1b[2J")[1:]

    assert "\x1b" not in out
    assert "\x1b" not in err


def test_flags(run):
    """One line for a shell, or a line a setting; nothing where the default is wanted."""
    assert run("flags", "docker", "podman") == (
        0,
        "--cap-drop=NET_RAW --cap-drop=MKNOD --cap-drop=AUDIT_WRITE\n",
        "",
    )
    assert run("flags", "docker", "kill,chown")[1] == "--cap-drop=ALL --cap-add=CHOWN --cap-add=KILL\n"
    assert run("flags", "bubblewrap", "kill")[1] == "--cap-add CAP_KILL\n"
    assert run("flags", "cri-o", "docker")[1].splitlines()[:2] == [
        "securityContext.capabilities.add=NET_RAW",
        "securityContext.capabilities.add=SYS_CHROOT",
    ]
    nothing = "capset: nothing to ask for: that is the default of Docker Engine\n"
    assert run("flags", "docker", DOCKER) == (0, "", nothing)
    told = json.loads(run("flags", "docker@20.10", "kill", "--json")[1])
    assert told == {
        "engine": "docker",
        "version": "20.10",
        "configuration": None,
        "target": {"mask": "0000000000000020", "names": ["CAP_KILL"]},
        "add": ["KILL"],
        "drop": ["ALL"],
        "privileged": False,
        "flags": ["--cap-drop=ALL", "--cap-add=KILL"],
        "assumed": [],
    }


def test_flags_for_a_process(run, saved):
    """Its effective set, or another."""
    process = saved(effective="20", permitted="20", bounding="21")

    assert run("flags", "docker", process)[1] == "--cap-drop=ALL --cap-add=KILL\n"
    assert run("flags", "docker", process, "--set", "bounding")[1] == "--cap-drop=ALL --cap-add=CHOWN --cap-add=KILL\n"


def test_recognise(run, saved):
    """Which engines, the fewest options first, and what cannot be told apart."""
    status, out, _ = run("recognise", saved(effective="a80435fb", permitted="a80435fb", bounding="a80435fb"))

    assert status == 0
    assert "docker       20.10.14 and later " in out
    assert " root --cap-add=NET_ADMIN\n" in out
    assert "podman" in out
    assert "These sets alone do not tell which of the " in out
    assert "of them need more options, and are listed with --all." in out
    everything = run("recognise", "--all", saved(effective="a80435fb", permitted="a80435fb", bounding="a80435fb"))[1]
    assert len(everything.splitlines()) > len(out.splitlines())
    assert "listed with --all" not in everything


def test_recognise_one(run, saved, monkeypatch):
    """A single explanation needs no caveat; a single best one does."""
    sets = dict.fromkeys(("effective", "permitted", "inheritable", "ambient"), "1")
    process = saved(1000, **sets, bounding="800005fb")
    _, out, _ = run("recognise", process)

    assert out.splitlines()[2].split() == ["podman", "4.4.0", "to", "4.4.2", "not", "root", "--cap-add=CHOWN"]
    assert "do not tell" in out
    every = engines.recognise
    monkeypatch.setattr("capset.cli.containers.engines.recognise", lambda *args, **options: every(*args, **options)[:1])
    assert len(run("recognise", process)[1].splitlines()) == 3


@pytest.mark.unicode_names
def test_a_path_cannot_act_on_a_terminal(run):
    """Control characters in the name of a file that is not there."""
    status, _, err = run("recognise", "file:/nowhere/\x9b31m")

    assert status == 2
    assert err == "capset: No such file or directory: /nowhere/\\u009b31m\n"


def test_recognise_nothing(run, saved):
    """Sets that no engine gives."""
    _, out, _ = run("recognise", saved(effective="1", permitted="1"))

    assert out.endswith("No engine that capset knows gives these sets to the first process of a container.\n")


def test_recognise_json(run, saved):
    """For programs."""
    told = json.loads(
        run("recognise", saved(effective=FULL, permitted=FULL, bounding=FULL), "--json", "--available", FULL)[1]
    )
    docker = next(match for match in told["matches"] if match["engine"] == "docker")

    assert docker == {
        "engine": "docker",
        "releases": [{"since": "23.0.0", "until": None}],
        "root": True,
        "add": ["ALL"],
        "drop": [],
        "privileged": False,
        "also_privileged": True,
        "flags": ["--cap-add=ALL"],
    }


def test_recognise_privileged(run, saved):
    """The same sets, and a host's."""
    _, out, _ = run("recognise", "--all", saved(effective=FULL, permitted=FULL, bounding=FULL))

    assert "--cap-add=ALL, or --privileged" in out
    assert "buildkit" not in out  # it fills all five


def test_recognise_a_process_like_this_one(run, saved, monkeypatch):
    """A bounding set like this command's may mean no container; off Linux nobody knows."""
    monkeypatch.setattr("capset.cli.operands.live.read", lambda **_: type("S", (), {"caps": own})())
    own = type("C", (), {"bounding": CapSet.from_hex(FULL)})
    process = saved(effective=FULL, permitted=FULL, bounding=FULL)
    assert "This command has the same bounding set" in run("recognise", process)[1]
    own.bounding = CapSet()
    assert "This command" not in run("recognise", process)[1]

    def nowhere():
        raise ProcUnavailableError("/proc")

    monkeypatch.setattr("capset.cli.operands.live.read", nowhere)
    assert "This command" not in run("recognise", process)[1]


def test_versions_as_operands(run, tmp_path):
    """docker@20.10 wherever an engine may stand."""
    status, out, _ = run("diff", "docker@0.12.0", "docker")

    assert status == 1
    assert out.startswith("from Docker Engine 0.12.0's default\nto   Docker Engine's default\n")
    (tmp_path / "7").mkdir()
    (tmp_path / "7/status").write_bytes((STATUS / "6.18.txt").read_bytes())
    assert (
        "Against Docker Engine 1.0's default of 12 capabilities:"
        in run("show", "7", "--proc", str(tmp_path), "--against", "docker@1.0")[1]
    )


def test_a_whole_command_is_no_engine(run):
    """It is told where it goes."""
    assert run("run", "docker", "run", "-d", "--cap-add", "X", "img") == (
        2,
        "",
        "capset: to read a whole command, give it in quotes to show: capset show 'docker run -d --cap-add X img'\n",
    )
    assert run("run", "docker run -d --cap-add X img")[2].endswith("capset show 'docker run -d --cap-add X img'\n")
    assert "run" in run("run", "web", "run")[2]
    assert "unknown container engine ''" in run("run", "")[2]
