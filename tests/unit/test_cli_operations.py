"""``capset can``, ``capset need``, and the deeds of ``capset diff``, run as a person runs them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from capset import CapDiff, engines, live, operations
from capset.cli.deeds import counted_ids
from capset.errors import AccessDeniedError
from capset.operations import Operations

STATUS = Path(__file__).parent.parent / "data/status/6.18.txt"
TAKEN = "it is not known in which user namespace that is, and taken to be the initial one; --scope says another"


def answers(out):
    """Return the verdicts of --json by the ids."""
    return {each["operation"]: each["verdict"] for each in json.loads(out)["answers"]}


# -- can -------------------------------------------------------------------------------------------


def test_one_operation(run):
    """Whether, why, and what was not asked."""
    status, out, err = run("can", "docker", "mount")

    assert (status, err) == (0, "")
    assert out.startswith("Docker Engine, nothing asked for, user 0, in the initial user namespace\n")
    assert "no  mount     it needs CAP_SYS_ADMIN\n" in out
    assert "Not asked, and may forbid it: a seccomp filter; security modules" in out


def test_what_a_container_is_given(run):
    """By its options, and for its user."""
    given = ("--cap-add", "SYS_ADMIN", "--cap-drop", "CHOWN")
    _, out, _ = run("can", "docker", *given, "mount", "--json")
    told = json.loads(out)
    assert told["who"] == "Docker Engine, --cap-drop=CHOWN --cap-add=SYS_ADMIN, user 0"
    assert answers(out) == {"mount": "yes"}
    assert answers(run("can", "docker", *given, "--user", "7", "mount", "--json")[1]) == {"mount": "no"}
    assert answers(run("can", "docker", *given, "--user", "www", "mount", "--json")[1]) == {"mount": "no"}
    assert answers(run("can", "docker", "--privileged", "mount", "--json")[1]) == {"mount": "yes"}


def test_on_another_kernel(run):
    """By what it needs there; of a live process the kernel is that which runs, of an engine the newest."""
    mark = "setsockopt SO_MARK"
    _, out, _ = run("can", "docker", mark, "--kernel", "5.10")
    assert out.splitlines()[0].endswith("in the initial user namespace, on Linux 5.10")
    assert "no  setsockopt SO_MARK it needs CAP_NET_ADMIN\n" in out
    assert json.loads(run("can", "docker", mark, "--kernel", "5.10", "--json")[1])["kernel"] == "5.10"
    assert json.loads(run("can", "docker", mark, "--json")[1])["kernel"] is None
    assert answers(run("can", "docker", mark, "--json")[1]) == {mark: "yes"}
    status, out, err = run("can", "docker", mark, "--kernel", "new")
    assert (status, out) == (2, "")
    assert "no rules of a kernel 'new'" in err


def test_on_the_kernel_of_a_saved_tree(run, host):
    """Which need not be there."""

    def kernel():
        return json.loads(run("can", "pid:7", "mount", "--proc", str(host), "--json")[1])["kernel"]

    assert kernel() is None
    (host / "sys/kernel").mkdir(parents=True, exist_ok=True)
    (host / "sys/kernel/osrelease").write_text("5.10.0-32-amd64\n", "utf-8")
    assert kernel() == "5.10.0-32-amd64"


def test_json(run):
    """All that the table has, and the sets that are missing."""
    _, out, _ = run(
        "can", "docker", "--json", "setsockopt SO_MARK", "bpf BPF_PROG_LOAD, tracing", "--scope", "rootless"
    )
    told = json.loads(out)

    assert told["scope"]["name"] == "rootless"
    mark, bpf = told["answers"]
    assert mark["provided"] == ["the network namespace is its own, and not that of the host"]
    assert bpf["missing"] == []
    assert "does not count there" in bpf["reason"]
    assert any("seccomp" in gate for gate in bpf["gates"])
    _, out, _ = run("can", "docker", "--json", "bpf BPF_PROG_LOAD, tracing")
    needs = operations.get("bpf BPF_PROG_LOAD, tracing").needs
    assert [each["names"] for each in json.loads(out)["answers"][0]["missing"]] == [way.names() for way in needs]


def test_several_and_words(run):
    """Each argument is an id, or words; what is found twice is told once."""
    found = answers(run("can", "docker", "raw socket", "socket AF_INET, SOCK_RAW", "chroot", "--json")[1])

    assert list(found)[: len(operations.search("raw socket"))] == [each.id for each in operations.search("raw socket")]
    assert {"socket AF_INET, SOCK_RAW", "chroot"} < found.keys()
    assert answers(run("can", "docker", "sethostname()", "--json")[1]) == {"sethostname": "no"}


def test_all_areas(run):
    """As many as the library says, of what asks for a capability."""
    _, out, _ = run("can", "docker")
    rows = {line.split()[0]: line.split()[1:] for line in out.splitlines() if line.split()[-1].isdecimal()}
    state = engines.get("docker").container()
    known = {each.name: each.value for each in engines.sysctls(engines.get("docker"))}
    ask = (operations.allowed, operations.denied, operations.not_known)

    assert rows["all"] == [str(len(each(state, sysctls=known, values={"user": 0}))) for each in ask]
    assert rows.keys() == {*operations.areas(), "all"}
    assert "--area lists those of one" in out


def test_who_asks(run):
    """Where it is up to the user id: that of an engine's container is known, if no user namespace is in between."""
    pattern = "write /proc/sys/kernel/core_pattern as root"
    asked = ("can", "podman", "--json", pattern)
    assert answers(run(*asked)[1]) == {pattern: "yes"}
    assert answers(run(*asked, "--user", "1000")[1]) == {pattern: "no"}
    assert answers(run(*asked, "--user", "web")[1]) == {pattern: "not known"}
    assert answers(run(*asked, "--scope", "rootless")[1]) == {pattern: "not known"}
    assert answers(run(*asked, "--scope", "rootless", "--value", "user=100000")[1]) == {pattern: "no"}
    assert "a read-only mount" in json.loads(run(*asked)[1])["answers"][0]["gates"]


def test_what_else_has_to_be_so_elsewhere(run):
    """In the initial user namespace it is no question."""
    told = json.loads(run("can", "1ffffffffff", "--json", "setgroups", "--scope", "unshare -Ur")[1])
    assert told["answers"][0]["provided"][-1].startswith("/proc/PID/setgroups does not say deny")
    assert json.loads(run("can", "1ffffffffff", "--json", "setgroups")[1])["answers"][0]["provided"] == []


def test_the_name_of_a_capability(run):
    """What it does is listed; words that find some come first."""
    named = run("need", "net_broadcast")[1]
    assert named == run("need", operations.by_cap("net_broadcast")[0].id)[1]
    assert len(operations.by_cap("net_broadcast")) == 1
    for words in (("need", "mac_override"), ("can", "docker", "mac_override")):  # nothing that capset knows asks for it
        status, out, err = run(*words)
        assert (status, out) == (2, "")
        told = "capset knows no operation that asks for CAP_MAC_OVERRIDE; what it permits: capset explain mac_override"
        assert err == f"capset: {told}\n"


def test_what_is_told_of_one(run):
    """What else has to be so in another user namespace, and which other gates there are."""
    assert (
        "\nelsewhere   provided that the mount namespace is its own, and nothing hides " in run("need", "mount proc")[1]
    )
    assert "\nother gates a read-only mount\n" in run("need", "write /proc/sys/vm/swappiness")[1]
    assert "other gates" not in run("need", "chown owner")[1]


def test_an_area(run):
    """All of its operations, those that need nothing too."""
    assert list(answers(run("can", "docker", "--area", "audit", "--json")[1])) == [
        each.id for each in operations.table("audit")
    ]
    status, _, err = run("can", "docker", "--area", "nope")
    assert status == 2
    assert "unknown area 'nope': known are audit, bpf" in err


@pytest.mark.parametrize(
    ("words", "status"),
    [(["mount"], 1), (["chroot"], 0), (["chroot", "mount"], 1), (["open /dev/kmsg for reading"], 1)],
)
def test_exit_codes(run, words, status):
    """Not known is no yes."""
    assert run("can", "docker", "--exit-code", *words)[0] == status
    assert run("can", "docker", *words)[0] == 0


# -- settings --------------------------------------------------------------------------------------


def test_settings(run):
    """Those that are given decide, and so does what is asked for."""
    kmsg = ("can", "docker", "--json", "open /dev/kmsg for reading")
    assert set(answers(run(*kmsg)[1]).values()) == {"not known"}
    assert set(answers(run(*kmsg, "--sysctl", "kernel.dmesg_restrict=1")[1]).values()) == {"no"}
    assert set(answers(run(*kmsg, "--sysctl", "kernel.dmesg_restrict=0")[1]).values()) == {"yes"}
    bind = ("can", "docker", "--cap-drop", "ALL", "--json", "bind low port")
    port = "net.ipv4.ip_unprivileged_port_start"
    assert set(answers(run(*bind)[1]).values()) == {"yes"}
    assert set(answers(run(*bind, "--sysctl", f"{port}=81")[1]).values()) == {"not known"}
    assert set(answers(run(*bind, "--value", "port=90", "--sysctl", f"{port}=81")[1]).values()) == {"yes"}
    assert set(answers(run(*bind, "--value", "port=80", "--sysctl", f"{port}=81")[1]).values()) == {"no"}


def test_what_an_engine_sets(run):
    """It is said where it decides, and where nobody said otherwise."""
    port = "net.ipv4.ip_unprivileged_port_start"
    _, _, err = run("can", "docker", "bind low port")
    assert f"{port} is 0, as Docker Engine sets it, unless" in err
    assert "as Docker Engine sets it" not in run("can", "docker", "bind low port", "--sysctl", f"{port}=1024")[2]
    assert run("can", "docker", "mount")[2] == ""


def test_a_setting_that_decides_of_nothing(run):
    """One that is misspelt would be taken without a word."""
    _, _, err = run("can", "docker", "open /dev/kmsg for reading", "--sysctl", "kernel.dmesg_restict=1")
    assert err == "capset: kernel.dmesg_restict decides of none of these operations, but kernel.dmesg_restrict\n"
    _, out, _ = run("can", "docker", "mount", "--value", "po\x1brt=1", "--json")
    assert json.loads(out)["assumed"] == ["po\\x1brt decides of none of these operations"]


def test_a_setting_that_is_no_number(run):
    """It is told, and the answer is that it is not known."""
    kmsg = "open /dev/kmsg for reading"
    _, out, err = run("can", "docker", kmsg, "--sysctl", "kernel.dmesg_restrict=yes")
    assert err == "capset: kernel.dmesg_restrict is no number: what it decides is not known\n"
    assert f"not known {kmsg} " in out
    assert run("can", "docker", kmsg, "--sysctl", "kernel.dmesg_restrict= 1 ")[2] == ""


@pytest.mark.parametrize("option", ["--sysctl", "--value"])
@pytest.mark.parametrize("given", ["x", "=1", "a=", " =1", "a= "])
def test_what_is_no_setting(run, option, given):
    status, out, err = run("can", "docker", "mount", option, given)

    assert (status, out) == (2, "")
    assert err == f"capset: {option} is NAME=VALUE, got {given!r}\n"


# -- who -------------------------------------------------------------------------------------------


@pytest.mark.linux
def test_a_process(run, monkeypatch):
    """With its settings and its user namespace, which are read."""
    _, out, err = run("can", "pid:self", "--json", "chroot", "open /dev/kmsg for reading")
    told = json.loads(out)
    state = live.read().caps
    found = live.settings()
    for each in told["answers"]:
        answer = operations.can(state, each["operation"], user_ns=live.scope(), **found._asdict())
        assert (each["verdict"], each["reason"]) == (answer.verdict, answer.reason)
    assert (err, told["assumed"], told["scope"]["initial"]) == ("", [], live.scope().initial)
    assert (
        run("can", f"pid:{os.getpid()}", "chroot", "--scope", "rootless")[1]
        .split("\n")[0]
        .endswith(operations.scope("rootless").title)
    )

    def denied(_pid, *, proc):
        raise AccessDeniedError("/proc/1/ns/user", 1)

    monkeypatch.setattr(live, "scope", denied)
    _, out, err = run("can", "pid:self", "chroot")
    assert err == f"capset: {TAKEN}\n"
    assert "in the initial user namespace" in out
    assert run("can", "pid:self", "chroot", "--scope", "rootless")[2] == ""


def test_a_saved_process(run, host):
    """Of which nobody knows in which user namespace it was, nor its settings."""
    status, out, err = run("can", "pid:7", "mount", "--proc", str(host))
    assert (status, err) == (0, f"capset: {TAKEN}\n")
    assert out.startswith("pid:7 (cat), in the initial user namespace\n")
    text = (host / "7/status").read_text("utf-8")
    (host / "7/status").write_text(text.replace("\tcat", "\t\x1b[31m\u202e"), "utf-8")
    assert "\x1b" not in run("can", "pid:7", "mount", "--proc", str(host))[1]
    assert run("can", "pid:8", "mount", "--proc", str(host))[0] == 2


def test_a_saved_status(run):
    """From a file, and from standard input, also where that is empty."""
    for args, stdin in (((f"file:{STATUS}",), None), (("-",), STATUS.read_text())):
        status, out, err = run("can", *args, "mount", stdin=stdin)
        assert (status, err) == (0, f"capset: {TAKEN}\n")
        assert "in the initial user namespace" in out
    status, out, err = run("can", "-", "mount", stdin="")
    assert (status, out) == (2, "")


def test_a_set(run):
    """It is taken for what is effective."""
    assert answers(run("can", "sys_admin", "mount", "chroot", "--json")[1]) == {"mount": "yes", "chroot": "no"}
    assert run("can", "sys_admin", "mount")[2] == f"capset: {TAKEN}\n"
    assert run("can", "sys_admin", "mount", "--scope", "initial")[2] == ""


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            ["sys_admin", "mount", "--cap-add", "KILL"],
            "--cap-add, --cap-drop, --privileged and --user are for an engine",
        ),
        (["sys_admin", "mount", "--user", "5"], "are for an engine, such as docker"),
        (["docker", "mount", "--scope", "rootles"], "unknown scope 'rootles': did you mean rootless?"),
        (["docker", "mount", "--cap-add", "KIL"], "KIL"),
        (["dokcer", "mount"], "dokcer"),
        (["docker", "mout"], "capset knows no operation 'mout', nor one with these words: did you mean"),
        (["docker", "setsockopt so_mork"], "did you mean setsockopt SO_MARK?"),
        (["docker", ""], "capset knows no operation '', nor one with these words: try one word of it"),
        (["docker", "()"], "capset knows no operation '()'"),
        (["docker", "\x1b[31m"], "capset knows no operation '\\x1b[31m'"),
        (["docker", "z" * 5000], "... (5002 characters)"),
    ],
)
def test_what_is_refused(run, args, message):
    """With the remedy, and without printing anything else."""
    status, out, err = run("can", *args)

    assert (status, out) == (2, "")
    assert message in err


# -- need ------------------------------------------------------------------------------------------


def test_all_that_is_known_of_one(run):
    """With what each engine is to be asked for, and who holds it then."""
    status, out, err = run("need", "setsockopt SO_MARK")

    assert (status, err) == (0, "")
    assert out.startswith("setsockopt SO_MARK\n")
    assert "needs       CAP_NET_ADMIN, or CAP_NET_RAW\n" in out
    rows = [line.split() for line in out.splitlines() if line.startswith(("docker", "podman", "cri-o"))]
    assert {row[0] for row in rows} == {"docker", "podman", "cri-o"}
    assert ["docker", "CAP_NET_ADMIN", "--cap-add=NET_ADMIN", "holds", "it", "no"] in rows
    assert ["docker", "CAP_NET_RAW", "it", "is", "given", "by", "default", "holds", "it", "no"] in rows


def test_of_engines_that_are_chosen(run):
    """One that cannot give it says so."""
    _, out, _ = run("need", "bpf BPF_PROG_LOAD, tracing", "--engine", "docker@1.5", "--engine", "podman")
    assert "it cannot be given" in out
    assert "\ndocker: Docker Engine 1.5 cannot give exactly these" in out
    assert "podman:" not in out
    rows = json.loads(run("need", "bpf BPF_PROG_LOAD, tracing", "--engine", "docker@1.5", "--json")[1])[0]["grants"]
    assert {row["engine"] for row in rows} == {"docker"}
    assert any(row["why_not"] for row in rows)
    assert all(bool(row["flags"] or row["by_default"]) is not bool(row["why_not"]) for row in rows)
    assert run("need", "mount", "--engine", "dokcer")[0] == 2


def test_all_with_the_words(run):
    """An operation that has the words as its id hides the others, and says how many."""
    _, one, _ = run("need", "mount")
    _, all_, _ = run("need", "--all", "mount")
    others = len(operations.search("mount")) - 1
    assert f"\n{others} other operations have that word: capset need --all mount\n" in one
    assert f"\n{others + 1} operations. For all that is known of one: capset need mount\n" in all_
    assert "other operations" not in run("need", "setsockopt SO_MARK")[1]
    assert len(json.loads(run("need", "--all", "mount", "--json")[1])) == others + 1


def test_what_needs_nothing(run):
    """There is nothing to ask an engine for."""
    _, out, _ = run("need", "open O_PATH")
    assert "needs       no capability" in out
    assert "ask for" not in out


def test_several(run):
    """A line each, and how to read on of the first, as a shell takes it."""
    _, out, _ = run("need", "raw", "socket")
    found = operations.search("raw socket")

    assert out.splitlines()[-1] == f"{len(found)} operations. For all that is known of one: capset need '{found[0].id}'"
    told = json.loads(run("need", "raw", "socket", "--json")[1])
    assert [each["id"] for each in told] == [each.id for each in found]
    assert run("need", "zzz")[0] == 2
    assert run("need")[0] == 2


# -- deeds -----------------------------------------------------------------------------------------


def test_a_difference_in_deeds(run):
    """What can be done after it, and what no longer; in JSON, all of it."""
    _, out, _ = run("diff", "wake_alarm,syslog", "wake_alarm,chown")
    gained, lost = (operations.gained(CapDiff.parse(text), kept=["wake_alarm"]) for text in ("+chown", "+syslog"))
    assert f"More can be done: {counted_ids(gained)}" in " ".join(out.split("\n"))
    assert "No longer can be done: " in out
    told = json.loads(run("diff", "wake_alarm,syslog", "wake_alarm,chown", "--json")[1])
    assert told["gained"] == [each.id for each in gained]
    assert told["lost"] == [each.id for each in operations.gained(CapDiff.parse("+syslog -chown"), kept=["wake_alarm"])]
    assert lost


def test_no_difference_in_deeds(run):
    """Nothing is said of it."""
    assert "can be done" not in run("diff", "kill", "kill")[1]
    told = json.loads(run("diff", "kill", "kill", "--json")[1])
    assert (told["gained"], told["lost"]) == ([], [])


@pytest.mark.parametrize(
    ("which", "said"), [(None, True), ("effective", True), ("bounding", False), ("permitted", False)]
)
def test_deeds_are_those_of_what_is_effective(run, host, which, said):
    """What is in a bounding set lets nobody do anything."""
    status = host / "7/status"
    status.write_text(status.read_text().replace("00000000a80425fb", f"{0:016x}"))
    args = ("diff", "pid:7", "pid:1", "--proc", str(host), *(["--set", which] if which else []))

    assert ("More can be done" in run(*args)[1]) is said
    assert bool(json.loads(run(*args, "--json")[1])["gained"]) is said


def test_some_of_many():
    """One of each area first, and how many more there are."""
    every = operations.table()
    text = counted_ids(every)

    some, more = text.rsplit(" and ", 1)
    assert more == f"{len(every) - 6} more"
    assert len({operations.get(each).area for each in some.split("; ")}) == 6
    assert counted_ids(every[:2]) == f"{every[0].id}; {every[1].id}"
    assert counted_ids(Operations()) == ""
