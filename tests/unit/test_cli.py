"""The command line, run as a person runs it."""

from __future__ import annotations

import errno
import json
import os
import re
import runpy
import subprocess
import sys
from itertools import chain, repeat
from pathlib import Path

import pytest
from click.testing import CliRunner

import capset
from capset import Cap, CapSet, display, engines, live, operations
from capset.cli import main, tables
from capset.cli.decode import decode
from capset.cli.group import capset as command
from capset.cli.output import Failure
from capset.errors import ProcUnavailableError
from capset.summary import UNDEFINED

FILES = Path(__file__).parent.parent / "data" / "status"
DOCKER = "00000000a80425fb"


@pytest.fixture
def tree(tmp_path):
    """Save a small host."""
    for pid, era in ((1, "4.4"), (20, "5.10"), (30, "5.10"), (40, "6.18")):
        (tmp_path / str(pid)).mkdir()
        text = (FILES / f"{era}.txt").read_bytes()
        old = live.parse_status(text).pid
        for label in (b"Pid", b"Tgid"):
            text = text.replace(b"\n%b:\t%d\n" % (label, old), b"\n%b:\t%d\n" % (label, pid))
        (tmp_path / str(pid) / "status").write_bytes(text)
    (tmp_path / "50").mkdir()
    return tmp_path


def test_help(run):
    """Every command says what it does and knows --json and -h."""
    status, out, _ = run("--help")
    assert status == 0
    assert "never changes a capability" in out
    for name in ("decode", "diff", "engines", "explain", "flags", "ps", "recognise", "run", "show"):
        assert f"\n  {name} " in out
        status, told, _ = run(name, "-h")
        assert status == 0
        assert "--json" in told


@pytest.mark.parametrize("name", ["convert", "engines", "exec", "flags", "lint", "run", "show"])
def test_help_says_how_an_engine_is_named(run, name):
    """With a version, and with the file that configures it; of a policy that it may be an SCC."""
    told = run(name, "-h")[1]
    assert told.count("ENGINE[@VERSION][:FILE]") == told.count("ENGINE[") > 0
    assert ("scc:restricted-v2" in told) is (name == "lint")
    assert ("containers.conf" in " ".join(told.split())) is (name == "run")


def test_version(run):
    """Alone on the first line; below it are the facts, each with what the data says."""
    status, out, err = run("--version")
    first, *told = out.splitlines()
    facts = dict(line.split(": ", 1) for line in told)

    assert (status, err) == (0, "")
    assert first == f"capset {capset.__version__}"
    assert facts["capabilities"] == f"{len(capset.Cap)}, up to {capset.LAST_CAP}"
    assert facts["rules of the kernel"].endswith(f" to {capset.kernel.NEWEST.read_to}")
    assert facts["settings of units"].startswith("systemd ")
    known = {name: engines.get(name) for name in engines.names()}
    read = facts["engines"].removeprefix(f"{len(known)}, read up to ").split(", ")
    assert read == [f"{name} {each.read_to}" for name, each in known.items() if each.read_to]
    without = facts["engines of which no release is known"].split(", ")
    assert without == [name for name, each in known.items() if not each.read_to]
    newest = facts["newest source of a fact"]
    dates = {str(source.date) for each in known.values() for fact in each.facts for source in fact.sources}
    assert newest >= max(date for date in dates if date[0] == "2")


def test_show(run, tree):
    """The ids, the five sets, and what that is against Docker's default."""
    status, out, err = run("show", "1", "--proc", str(tree))

    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "edge-proxy (pid 1, parent 1)"
    assert "no_new_privs  unknown, the kernel does not say" in lines
    assert "seccomp       disabled" in lines
    assert "effective   0000000000002400    2 CAP_NET_BIND_SERVICE, CAP_NET_RAW" in lines
    assert "ambient     0000000000000400    1 CAP_NET_BIND_SERVICE" in lines
    assert "Against Docker Engine's default of 14 capabilities:" in lines
    [dropped] = [line for line in lines if line.startswith("effective - dropped")]
    assert "CAP_CHOWN" in dropped
    assert "CAP_NET_RAW" not in dropped


def test_show_says_when_nothing_differs(run, tree):
    """A container of Docker has its default as bounding set."""
    _, out, _ = run("show", "20", "--proc", str(tree))

    assert any(line.split() == ["bounding", "=", "same"] for line in out.splitlines())
    assert "no_new_privs  yes, execve(2) gives no new privileges" in out


@pytest.mark.linux
def test_show_this_process(run):
    """By default the command itself, which is this process here."""
    for args in ((), ("self",), ("thread-self",), (str(os.getpid()),), ("self", "--thread", str(os.getpid()))):
        status, out, _ = run("show", *args)
        assert status == 0
        assert f"(pid {os.getpid()}, parent {os.getppid()})" in out
        assert "(the same as yours)" in out
        assert live.read().caps.bounding.hex() in out


@pytest.mark.linux
def test_show_json(run):
    """Masks as text, because JSON's numbers have 53 bits."""
    status, out, _ = run("show", "--json")
    told, mine = json.loads(out), live.read()

    assert status == 0
    assert told["pid"] == os.getpid()
    assert told["uids"]["effective"] == os.geteuid()
    assert told["caps"]["bounding"] == {"mask": mine.caps.bounding.hex(), "names": mine.caps.bounding.names()}
    assert told["against"]["engine"] == "docker"
    assert told["against"]["effective"]["before"] == DOCKER


def test_show_ids_that_differ(run, tmp_path):
    """Four ids in words where they are not one."""
    (tmp_path / "5").mkdir()
    text = (FILES / "6.18.txt").read_bytes().replace(b"Uid:\t1000\t1000\t1000\t1000", b"Uid:\t1000\t0\t0\t0")
    (tmp_path / "5" / "status").write_bytes(text)
    _, out, _ = run("show", "5", "--proc", str(tmp_path))

    assert "uids          real 1000, effective 0, saved 0, fs 0" in out


def test_show_threads_and_impossible_sets(run, tmp_path):
    """A thread says so; sets that no kernel makes are remarked upon."""
    (tmp_path / "5" / "task" / "6").mkdir(parents=True)
    text = (FILES / "2.6.32.txt").read_bytes().replace(b"CapPrm:\tffff", b"CapPrm:\t0fff")
    (tmp_path / "5" / "task" / "6" / "status").write_bytes(text.replace(b"\nPid:\t2143", b"\nPid:\t2144"))
    status, out, err = run("show", "5", "--thread", "6", "--proc", str(tmp_path))

    assert status == 0
    assert out.startswith("bash (pid 2143, thread 2144, parent ")
    assert "seccomp" not in out
    assert "impossible sets: effective holds 60, 61, 62, 63, which permitted lacks" in err


@pytest.mark.parametrize("value", ["a80425fb", DOCKER, "0xa80425fb", "0XA80425FB"])
def test_decode_a_mask(run, value):
    """With or without 0x, as it is found."""
    status, out, _ = run("decode", value)
    lines = out.splitlines()

    assert (status, lines[0]) == (0, f"{DOCKER}: 14 capabilities")
    assert lines[1].split()[:2] == ["no.", "name"]
    assert [line.split()[1].rstrip("!") for line in lines[2:-1]] == capset.DOCKER_DEFAULT.names()
    assert [line.split()[1] for line in lines if "! " in line[:-1]] == ["CAP_DAC_OVERRIDE!", "CAP_MKNOD!", "published"]
    assert lines[-1] == "! published lists warn of CAP_DAC_OVERRIDE, CAP_MKNOD: see capset explain"


def test_decode_other_values(run):
    """Names, numbers, nothing, and what is newer than the table."""
    assert run("decode", "12,kill")[1].startswith("0000000000001020: 2 capabilities\n")
    assert run("decode", "0x0")[1] == "0000000000000000: no capability\n"
    assert run("decode", "0x20000000001")[1].splitlines() == [
        "0000020000000001: 2 capabilities",
        "no. name      what for",
        "  0 CAP_CHOWN Change the owner and the group of any file.",
        " 41 41        Newer than this version of capset, which knows those up to CAP_CHECKPOINT_RESTORE (40).",
    ]
    assert run("decode", "kill")[1].startswith("0000000000000020: 1 capability\n")


def test_many_rows_in_a_pipe(run, monkeypatch, capsys):
    """Where nothing is folded, Rich, which takes long for each row, is not asked; wide characters count twice."""
    monkeypatch.setattr("rich.text.Text.wrap", None)

    out = run("decode", stdin="0x1\n" * 2000)[1].splitlines()
    assert out == ["value mask             held capabilities", *["0x1   0000000000000001    1 CAP_CHOWN"] * 2000]
    columns = [tables.word("a"), tables.number("b"), tables.prose("c")]
    tables.table(columns, [["漢字", "1", "x"], ["abc", "22", ""]])
    assert capsys.readouterr().out == "a     b c\n漢字  1 x\nabc  22\n"


def test_decode_lines(run):
    """A grep through /proc, and a mixed bag."""
    stdin = f"/proc/1/status:CapEff:\t{DOCKER}\nCapBnd: {DOCKER}\n\nnet_raw\n"
    status, out, _ = run("decode", stdin=stdin)
    lines = out.splitlines()

    assert status == 0
    assert [line.split()[0] for line in lines] == ["value", "/proc/1/status:CapEff", "CapBnd", "net_raw", "!"]
    assert lines[1].endswith("CAP_AUDIT_WRITE, CAP_SETFCAP")
    told = json.loads(run("decode", "--json", stdin=stdin)[1])
    assert told[0] == {"label": "/proc/1/status:CapEff", "mask": DOCKER, "names": capset.DOCKER_DEFAULT.names()}


def test_decode_shows_no_escape_sequence(run):
    """A label comes from who knows where."""
    _, out, _ = run("decode", stdin=f"\x1b[2J:CapEff: {DOCKER}\nCapEff: {DOCKER}\n")

    assert "\x1b" not in out
    assert r"\x1b[2J:CapEff" in out
    _, out, _ = run("decode", "--json", stdin=b"\xff:CapEff: 00000000a80425fb\n")
    assert json.loads(out)[0]["label"] == r"\xff:CapEff"


def test_json_is_what_the_library_reads(run, tree):
    """Threads and sets on the command line have the dicts of the library, names with bytes that are no text too."""
    told = json.loads(run("ps", "--json", "--proc", str(tree))[1])["processes"]
    assert [live.ProcStatus.from_dict(each) for each in told] == list(live.scan(proc=tree).snapshot())
    [told] = json.loads(run("decode", "--json", "0x8000000000000401")[1])
    assert CapSet.from_dict({key: told[key] for key in ("mask", "names")}) == CapSet.from_mask(1 << 63 | 0x401)


def test_decode_status_files(run):
    """Whole files, one or many."""
    texts = [(FILES / f"{era}.txt").read_text("utf-8") for era in ("5.10", "6.1")]
    _, one, _ = run("decode", stdin=texts[0])
    status, both, _ = run("decode", stdin="".join(texts))

    assert status == 0
    assert "bounding    00000000a80425fb" in one
    assert one in both
    assert "kworker/0:1-events" in both
    assert [told["name"] for told in json.loads(run("decode", "--json", stdin="".join(texts))[1])] == [
        "python3",
        "kworker/0:1-events",
    ]


@pytest.mark.parametrize(
    ("args", "stdin", "message"),
    [
        (["chwon"], None, "did you mean CAP_CHOWN"),
        (["0x10000000000000000"], None, "1 to 16 hexadecimal digits"),
        ([], "kill\nchwon\n", "line 2: unknown capability 'chwon'"),
        ([], "Name:\tx\nCapEff:\t0\n", "standard input:2: CapEff: expected 16 hexadecimal digits"),
        ([], "CapEff: kill", "standard input:1: CapEff: expected 16 hexadecimal digits"),
        ([], "CapEff:", "standard input:1: CapEff: expected 16 hexadecimal digits"),
        ([], "nonsense\nName:\tx\n", "line 1: unknown capability 'nonsense'"),
        ([], "", "the input is empty"),
        ([], " \n\n", "the input is empty"),
        (["3000"], None, "3000 alone may be a process, a mask or a capability: write pid:3000, 0x3000"),
        ([], "3000", "line 1: unknown capability '3000'"),
    ],
)
def test_decode_refuses(run, args, stdin, message):
    """Nothing is skipped; the error says where."""
    status, out, err = run("decode", *args, stdin=stdin)

    assert (status, out) == (2, "")
    assert message in err


def test_decode_nothing_on_a_terminal(run, monkeypatch):
    """Waiting silently for input helps nobody."""
    monkeypatch.setattr("capset.cli.decode._is_terminal", lambda: True)

    status, _, err = run("decode")
    assert status == 2
    assert "nothing to decode" in err


@pytest.mark.parametrize(
    ("a", "b", "status"),
    [
        ("docker", "docker", 0),
        ("docker", DOCKER, 0),
        ("docker", "", 1),
        ("docker", "all", 1),
        ("", "", 0),
        ("0x1000", "net_admin", 0),
        pytest.param(f"pid:{os.getpid()}", "pid:self", 0, marks=pytest.mark.linux),
        ("docker", f"file:{FILES / '4.18.txt'}", 0),
        ("docker", f"file:{FILES / '5.10.txt'}", 1),
        (f"file:{FILES / '5.10.txt'}", f"file:{FILES / '4.18.txt'}", 1),
    ],
)
def test_diff_exit_status(run, a, b, status):
    """0 the same, 1 they differ: both ways round, and as JSON too."""
    assert run("diff", a, b)[0] == status
    assert run("diff", b, a)[0] == status
    code, out, _ = run("diff", a, b, "--json")
    assert code == status
    assert json.loads(out)["same"] is (status == 0)


def test_compare(run, host):
    """A column each, those that differ or all, and what each is."""
    code, out, _ = run("compare", "docker", "podman", "pid:7", "kill", "--proc", str(host))

    assert code == 0
    assert out.splitlines()[:3] == [
        "effective sets",
        "no. capability           docker podman pid:7 kill",
        "  0 CAP_CHOWN            yes    yes    yes   -",
    ]
    assert out.splitlines()[-7:] == [
        "    total                14     11     14    1",
        "! published lists warn of CAP_DAC_OVERRIDE, CAP_MKNOD: see capset explain",
        "",
        "docker: Docker Engine, root in a container",
        "podman: Podman, root in a container",
        "pid:7 (cat)",
        "kill (CAP_KILL)",
    ]
    assert run("compare", "docker", "docker@23.0")[1].splitlines()[3] == "no capability differs"
    assert run("compare", "docker", "docker")[1].splitlines()[1] == "no. capability docker docker (2)"
    saved = str(host / "1/status")
    twice = [f"file:{saved}", f"file:{saved}", f"file:{saved} (2)"]
    (host / "1/status (2)").write_text((host / "7/status").read_text())
    names = [column["name"] for column in json.loads(run("compare", *twice, "--json")[1])["columns"]]
    assert names == [f"file:{saved}", f"file:{saved} (3)", f"file:{saved} (2)"]
    assert "differs" not in run("compare", "docker")[1]
    assert run("compare", "docker", "podman", "--set", "ambient")[1].splitlines()[:3] == [
        "ambient sets",
        "no. capability docker podman",
        "    total      0      0",
    ]
    assert run("compare", "kill", "--all")[1].count("\n") == 47
    assert run("compare", "nonsense")[0] == 2
    assert run("compare")[0] == 2


def test_compare_json(run, host):
    """Another set of a process; masks are text."""
    told = json.loads(run("compare", "kill", "pid:1", "--set", "ambient", "--proc", str(host), "--json")[1])

    assert told == {
        "set": "ambient",
        "columns": [
            {"name": "kill", "label": "kill (CAP_KILL)", "mask": "0000000000000020", "names": ["CAP_KILL"]},
            {"name": "pid:1", "label": "pid:1 (sh)", "mask": "0000000000000000", "names": []},
        ],
        "rows": [{"number": 5, "name": "CAP_KILL", "held": [True, False]}],
        "assumed": [],
    }


def test_what_was_assumed_of_engines_is_in_the_json(run, host):
    """Wherever an engine may be named, and each sentence once."""
    newer = [engines.get("docker", "99").assumed, engines.get("podman", "98").assumed]
    both = [sentence for each in newer for sentence in each]

    def told(*words):
        return json.loads(run(*words, "--json")[1])

    assert len(both) == 2
    assert told("diff", "docker@99", "podman@98")["assumed"] == both
    assert told("diff", "docker@99", "docker@99")["assumed"] == both[:1]
    assert told("compare", "docker@99", "kill", "podman@98")["assumed"] == both
    assert told("flags", "docker@99", "podman@98")["assumed"] == both
    assert told("run", "docker@99")["assumed"] == both[:1]
    assert told("show", "1", "--proc", str(host), "--against", "docker@99")["against"]["assumed"] == both[:1]
    assert told("diff", "docker", "kill")["assumed"] == []


def test_diff_json(run):
    """Both sides, and what came, went and stayed."""
    told = json.loads(run("diff", "kill,chown", "kill,net_raw", "--json")[1])

    def beyond(some, others):
        table = operations.table()
        return [each.id for each in table if each.needs.satisfied_by(some) and not each.needs.satisfied_by(others)]

    assert told == {
        "a": "kill,chown (CAP_CHOWN,CAP_KILL)",
        "b": "kill,net_raw (CAP_KILL,CAP_NET_RAW)",
        "same": False,
        "sets": [
            {
                "set": "",
                "before": "0000000000000021",
                "after": "0000000000002020",
                "added": ["CAP_NET_RAW"],
                "dropped": ["CAP_CHOWN"],
                "kept": ["CAP_KILL"],
            }
        ],
        "gained": beyond(["kill", "net_raw"], ["kill", "chown"]),
        "lost": beyond(["kill", "chown"], ["kill", "net_raw"]),
        "not_known": [],
        "assumed": [],
    }


def test_diff_text(run):
    """Sign and word, number, name and what it is for."""
    _, out, _ = run("diff", "docker", "chown,net_admin")

    assert out.splitlines()[:6] == [
        "from Docker Engine's default",
        "to   chown,net_admin (CAP_CHOWN,CAP_NET_ADMIN)",
        "",
        "1 added, 13 dropped, 1 kept (00000000a80425fb to 0000000000001001)",
        "change    no. name                 what for",
        "+ added    12 CAP_NET_ADMIN        Configure the network: interfaces, routes, firewall.",
    ]
    assert "- dropped   5 CAP_KILL             Send signals to any process." in out


def test_diff_of_two_processes(run):
    """All five sets; those that are alike say so."""
    _, out, _ = run("diff", f"file:{FILES / '5.10.txt'}", f"file:{FILES / '4.18.txt'}")

    assert "effective: 14 added, 0 dropped, 0 kept" in out
    assert "bounding: 0 added, 0 dropped, 14 kept" in out
    assert out.splitlines()[0].endswith("5.10.txt (python3)")


@pytest.mark.parametrize("name", ["effective", "bounding"])
def test_diff_of_one_set(run, name):
    """--set chooses which set of the process is compared."""
    status, out, _ = run("diff", "docker", f"file:{FILES / '5.10.txt'}", "--set", name)

    assert status == (1 if name == "effective" else 0)
    assert f"\n{name}: " in out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dokcer", "did you mean docker?"),
        ("chwon", "did you mean CAP_CHOWN?"),
        ("pid:0", "expected a process id, self or thread-self"),
        ("pid:", "expected a process id, self or thread-self"),
        ("pid:x", "expected a process id, self or thread-self"),
        pytest.param("pid:999999999", "no such process", marks=pytest.mark.linux),
        ("file:/nonexistent", "No such file or directory: /nonexistent"),
        ("file:/", "Is a directory: /"),
        ("pid:" + "9" * 5000, "expected a process id, self or thread-self"),
        (f"file:{__file__}", "leave out what"),
    ],
)
def test_diff_refuses(run, text, message):
    """2 an error, with the remedy."""
    for args in ((text, "docker"), ("docker", text)):
        status, out, err = run("diff", *args)
        assert (status, out) == (2, "")
        assert message in err


def test_ps(run, tree):
    """A row a process; what could not be read is told."""
    status, out, err = run("ps", "--proc", str(tree))
    lines = out.splitlines()

    assert status == 0
    assert [line.split()[0] for line in lines] == ["pid", "1", "20", "30", "40"]
    assert lines[1].split()[1:5] == ["1001", "edge-proxy", "2", "CAP_NET_BIND_SERVICE,"]
    assert err == "capset: 4 listed; 1 ended meanwhile: 50\n"
    assert r"x\\\nCapEff:\tff" in lines[4]
    assert "\t" not in out


def test_ps_filters(run, tree):
    """By what is held and what is lacked, in the set that is asked for."""

    def pids(*args):
        out = run("ps", "--proc", str(tree), *args)[1]
        return [line.split()[0] for line in out.splitlines()[1:] if line[0] != "!"]

    assert pids("--has", "net_raw") == ["1"]
    assert pids("--has", "net_raw", "--has", "chown") == pids("--has", "net_raw,chown") == []
    assert pids("--has", "chown", "--set", "bounding") == ["1", "20", "30", "40"]
    assert pids("--has", "chown", "--lacks", "sys_admin", "--set", "bounding") == ["20", "30"]
    assert pids("--lacks", "net_raw") == ["20", "30", "40"]


def test_ps_groups(run, tree):
    """One entry for identical five sets, the most frequent first, its names cut to a few."""
    for pid in range(100, 110):
        (tree / str(pid)).mkdir()
        text = (FILES / "5.10.txt").read_bytes().replace(b"Name:\tpython3", b"Name:\tworker%d" % pid)
        (tree / str(pid) / "status").write_bytes(text)
    _, out, _ = run("ps", "--group", "--proc", str(tree))
    heads = [line for line in out.splitlines() if " of them: " in line]

    assert heads[0].startswith("12 of them: python3, worker100, ")
    assert heads[0].endswith(", worker106 and 3 more")
    assert heads[1:] == ["1 of them: edge-proxy", r"1 of them: x\\\nCapEff:\tff"]
    assert out.count("bounding    00000000a80425fb") == 1


def test_ps_json(run, tree):
    """Everything, what could not be read included."""
    (tree / "60").mkdir()
    (tree / "60" / "status").write_text("")
    _, out, err = run("ps", "--json", "--proc", str(tree))
    told = json.loads(out)
    grouped = json.loads(run("ps", "--json", "--group", "--proc", str(tree))[1])

    assert [process["pid"] for process in told["processes"]] == [1, 20, 30, 40]
    assert told["gone"] == [{"pid": 50, "tid": None}]
    assert told["denied"] == []
    assert told["malformed"] == [f"{tree}/60/status: no Name line; expected the name of the thread"]
    assert "no Name line" in err
    assert [member["pid"] for member in grouped["groups"][0]["members"]] == [20, 30]


@pytest.mark.linux
def test_ps_of_this_host(run):
    """This process is in it, by its id or by the id of its main thread."""
    for args in ((), ("--threads",)):
        _, out, _ = run("ps", *args)
        assert str(os.getpid()) in [line.split()[0] for line in out.splitlines()]


@pytest.mark.linux
def test_ps_marks_other_user_namespaces(run, monkeypatch):
    """Their capabilities count only there."""
    import attrs

    real = live.scan

    def elsewhere(**options):
        scan = real(**options)
        scan._source = iter([attrs.evolve(status, user_ns=1) for status in scan._source])
        return scan

    monkeypatch.setattr(live, "scan", elsewhere)
    _, out, _ = run("ps")
    rows = [line.split() for line in out.splitlines()[1:] if line[0] != "!"]
    assert rows
    assert all(re.fullmatch(r"[0-9]+\*", row[1]) for row in rows)


@pytest.mark.linux
def test_show_says_that_a_namespace_is_another(run, monkeypatch):
    """A full mask there is no power here."""
    import attrs

    real = live.read
    spaces = chain([1], repeat(2))  # the process, then this command
    monkeypatch.setattr(live, "read", lambda *a, **o: attrs.evolve(real(*a, **o), user_ns=next(spaces)))
    _, out, _ = run("show")

    assert "user_ns       1 (another one than yours: these capabilities count in it and below it only)" in out


def test_explain(run):
    """What it is for, since when, and who says what of it."""
    status, out, _ = run("explain", "sys_admin", "PERFMON")

    assert status == 0
    assert out.startswith("CAP_SYS_ADMIN (21), since Linux 2.2\n")
    assert "Implies CAP_PERFMON, CAP_BPF, CAP_CHECKPOINT_RESTORE." in out
    assert "Carved out of CAP_SYS_ADMIN.\n" in run("explain", "syslog")[1]
    assert "Carved out of CAP_SYS_ADMIN, which still implies it." in out
    assert "Given by default by " in out
    mac_admin = run("explain", "mac_admin")[1]
    assert "Given by default by apptainer, incus, incus-unprivileged, lxc-unprivileged." in mac_admin
    assert "  - load, replace and remove the profiles of AppArmor (not measured)\n" in mac_admin
    assert "  - set host and domain name\n" in out
    assert "(init_module(2), delete_module(2))\n" in run("explain", "sys_module")[1]
    assert "docker, docker-swarm, " in run("explain", "mknod")[1]
    assert "grsecurity 2011: root-equivalent" in out
    assert "grsecurity 2011: newer than the list, which ends with CAP_SYSLOG" in out
    assert "\n  ! HackTricks escapes: mounts the disk of the host\n" in out
    assert "\n  HackTricks escapes: not listed\n" in out


def test_explain_where_it_counts(run):
    """Of all operations that ask for it, those in each scope; those alike stand together."""
    every = "unshare -Ur, rootless, userns-remap, hostUsers: false, lxc unprivileged"
    assert f"  - {every}: none\n" in run("explain", "sys_time")[1]
    count = len(operations.by_cap("net_raw"))
    raw = run("explain", "net_raw")[1]
    assert f"For how many of the {count} operations that ask for it, it counts" in raw
    assert f"  - unshare -Ur: none\n  - rootless, userns-remap, hostUsers: false, lxc unprivileged: {count}\n" in raw
    assert "it counts" not in run("explain", "mac_override")[1]  # nothing was found that asks for it

    told = json.loads(run("explain", "--json", "net_raw")[1])[0]["operations"]
    assert list(told) == [each.name for each in operations.scopes()]
    assert told["initial"] == told["rootless"] == [each.id for each in operations.by_cap("net_raw")]
    assert told["unshare -Ur"] == []


def test_explain_an_operation(run):
    """By its id; what is neither is told, and how operations are found where words find some."""
    status, out, _ = run("explain", "mount", "kill")
    assert status == 0
    assert out.startswith("mount\nwhat        Mount a file system that a user namespace may have, such as tmpfs\n")
    assert "\nneeds       CAP_SYS_ADMIN\n" in out
    assert "\n\nCAP_KILL (5), since Linux" in out
    assert json.loads(run("explain", "--json", "mount")[1]) == [operations.get("mount").as_dict()]

    status, _, told = run("explain", "raw socket")
    assert status == 2
    assert told.endswith("; to find an operation: capset need 'raw socket'\n")
    assert "capset need" not in run("explain", "zzz")[2]


def test_explain_what_is_newer(run):
    """A number without a name is no error."""
    assert run("explain", "41") == (
        0,
        "41\n  Newer than this version of capset, which knows those up to CAP_CHECKPOINT_RESTORE (40).\n",
        "",
    )


def test_explain_everything(run):
    """Every capability has its page, as text and as JSON."""
    names = [str(cap) for cap in Cap]
    assert run("explain", *names)[1].count("since Linux") >= 41
    told = json.loads(run("explain", "--json", *names)[1])
    assert [fact["name"] for fact in told] == names
    assert "docker" in told[0]["default_of"]
    assert told[12]["default_of"] == [
        *("apptainer", "incus", "incus-unprivileged", "incus-without-stacking", "lxc", "lxc-unprivileged")
    ]
    assert told[34]["split_from"] == "CAP_SYS_ADMIN"
    assert told[25]["permits"][1:2] == [{"does": "set the hardware clock", "operations": ["ioctl RTC_SET_TIME"]}]
    assert told[32]["permits"] == [{"does": "access what the Smack policy forbids", "operations": []}]


@pytest.mark.parametrize(
    "args", [["explain"], ["explain", "chwon"], ["explain", "64"], ["nonsense"], ["ps", "--has", "x"]]
)
def test_wrong_usage(run, args):
    """Exit status 2 and a remedy."""
    status, out, err = run(*args)

    assert (status, out) == (2, "")
    assert err


def module(*args, **options):
    """Run ``python -m capset`` in a process of its own."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **options.pop("env", {})}
    return subprocess.run(
        [sys.executable, "-m", "capset", *args], capture_output=True, text=True, env=env, check=False, **options
    )


def test_python_m():
    """The same command."""
    done = module("diff", "docker", "all")

    assert (done.returncode, done.stderr) == (1, "")
    assert "27 added, 0 dropped, 14 kept" in done.stdout
    assert "\x1b" not in done.stdout


def test_main_module(monkeypatch):
    """``python -m capset`` is main()."""
    monkeypatch.setattr(sys, "argv", ["capset", "--version"])
    monkeypatch.delitem(sys.modules, "capset.__main__", raising=False)

    with pytest.raises(SystemExit) as raised:
        runpy.run_module("capset", run_name="__main__")
    assert raised.value.code == 0


def test_a_closed_pipe_is_no_error_of_ours(run, monkeypatch):
    """It is click's to end the command quietly, not ours to report."""

    def closed(*_, **__):
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr(live, "read", closed)
    monkeypatch.setattr(os, "dup2", lambda *_: None)
    status, _, err = run("show")

    assert (status, err) == (2, "")


@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt(), 130), (RuntimeError("a fault of ours"), 2)])
def test_nothing_else_looks_like_a_difference(error, status, monkeypatch):
    """1 means that two sets differ, and nothing but that."""

    def fail(*_, **__):
        raise error

    monkeypatch.setattr(live, "read", fail)
    result = CliRunner().invoke(command, ["diff", "docker", "pid:1"])

    assert result.exit_code == status


@pytest.mark.parametrize(("words", "told"), [((), "nothing to decode"), (("-",), "there is no standard input to read")])
def test_no_standard_input_at_all(monkeypatch, words, told):
    """As in capset decode <&-."""
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(Failure, match=told):
        decode.callback(words, "/proc", False)


def test_diff_of_one_set_of_two_processes(run):
    """An option that is given is obeyed."""
    two = [f"file:{FILES / '5.10.txt'}", f"file:{FILES / '4.18.txt'}"]

    assert run("diff", *two, "--set", "bounding")[0] == 0
    assert run("diff", *two, "--set", "effective")[0] == 1
    assert run("diff", *two)[0] == 1


@pytest.mark.parametrize(
    "words",
    [
        ("diff", "docker", "{}"),
        ("diff", "{}", "kill"),
        ("compare", "{}"),
        ("flags", "docker", "{}"),
    ],
)
@pytest.mark.parametrize(
    ("number", "forms"),
    [
        ("1", "pid:1, 0x1 or CAP_DAC_OVERRIDE"),
        ("40", "pid:40, 0x40 or CAP_CHECKPOINT_RESTORE"),
        ("41", "pid:41, 0x41"),
        ("4194304", "pid:4194304, 0x4194304"),
    ],
)
def test_a_number_alone(run, words, number, forms):
    """It is a process for show, a mask for capsh, and a capability in a list: none of them is guessed."""
    told = f"capset: {number} alone may be a process, a mask or a capability: write {forms}\n"
    assert run(*(word.format(number) for word in words)) == (2, "", told)


def test_diff_says_what_a_text_was_taken_for(run):
    assert "to   1,5 (CAP_DAC_OVERRIDE,CAP_KILL)" in run("diff", "docker", "1,5")[1]
    assert "to   0x1 (CAP_CHOWN)" in run("diff", "docker", "0x1")[1]
    assert "to   00000001 (CAP_CHOWN)" in run("diff", "docker", "00000001")[1]
    assert "to   all (41 capabilities)" in run("diff", "docker", "all")[1]
    assert "to   the empty set" in run("diff", "docker", "")[1]


@pytest.mark.linux
def test_diff_says_that_a_namespace_is_another(run, monkeypatch):
    """What looks like more may be less."""
    import attrs

    real = live.read
    spaces = chain([1], repeat(2))  # the process, then this command
    monkeypatch.setattr(live, "read", lambda *a, **o: attrs.evolve(real(*a, **o), user_ns=next(spaces)))

    assert "in another user namespace: it counts only there" in run("diff", "docker", "pid:self")[1]


@pytest.mark.linux
def test_namespaces_that_may_not_be_known(run, monkeypatch):
    """Not knowing is not the same as being at home."""
    import attrs

    real_read, real_scan = live.read, live.scan

    def scan(**options):
        found = real_scan(**options)
        found._source = iter([attrs.evolve(status, user_ns=None) for status in found._source])
        return found

    monkeypatch.setattr(live, "read", lambda *a, **o: attrs.evolve(real_read(*a, **o), user_ns=None))
    monkeypatch.setattr(live, "scan", scan)

    assert "user_ns       unknown" in run("show")[1]
    rows = [line.split() for line in run("ps")[1].splitlines()[1:] if line[0] != "!"]
    assert rows
    assert all(row[1].endswith("?") for row in rows)


def test_off_linux(run, monkeypatch, tree):
    """Saved trees are shown where there is no /proc."""
    real = live.read

    def read(*args, proc="/proc", **options):
        if proc == "/proc":
            raise ProcUnavailableError(proc)
        return real(*args, proc=proc, **options)

    monkeypatch.setattr(live, "read", read)

    assert run("ps", "--proc", str(tree))[0] == 0
    status, _, err = run("show")
    assert status == 2
    assert "only Linux has one" in err


@pytest.mark.linux
def test_a_reader_that_goes_away():
    """capset ps | head ends quietly."""
    command = f"{sys.executable} -m capset explain {' '.join(map(str, Cap))} | head -n 1"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, env=env, check=False)

    assert done.stdout == "CAP_CHOWN (0), since Linux 2.2\n"
    assert done.stderr == ""


def test_without_the_extra(monkeypatch, capsys):
    """The library is there, the command says what it lacks."""
    for name in [name for name in sys.modules if name.startswith("capset.cli.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "click", None)

    with pytest.raises(SystemExit) as raised:
        main()
    assert raised.value.code == 2
    assert (
        capsys.readouterr().err
        == "capset: the command line needs click: pip install 'capset[cli]', in a clone '.[cli]'\n"
    )


def test_other_missing_modules_are_no_missing_extra(monkeypatch, run):
    """A broken installation shows itself."""
    for name in [name for name in sys.modules if name.startswith("capset.cli.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "capset.printable", None)

    with pytest.raises(ModuleNotFoundError):
        main()


def test_a_command_that_is_broken_is_no_missing_extra(monkeypatch, run):
    """The same, where a command is looked up."""
    monkeypatch.delitem(sys.modules, "capset.cli.decode", raising=False)
    monkeypatch.setitem(sys.modules, "capset.cli.operands", None)
    status, out, err = run("decode", "0x1")

    assert (status, out) == (2, "")
    assert "ModuleNotFoundError" in err


def test_main(monkeypatch, capsys):
    """The function behind the script."""
    monkeypatch.setattr(sys, "argv", ["capset", "decode", "0x1"])

    with pytest.raises(SystemExit) as raised:
        main()
    assert raised.value.code == 0
    assert "CAP_CHOWN" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ["decode", "fffffff0000000c0"],
        ["decode", "ffffffffffffffff", "0xc0"],
        ["diff", "docker", "ffffffffffffffff"],
        ["compare", "docker", "ffffffffffffffff", "0xfffffffc00000000"],
        ["why", f"file:{FILES / '2.6.32.txt'}", "bpf"],
    ],
)
def test_a_kernel_before_3_8(run, words):
    """What it shows is no capability, and nothing that is newer than capset."""
    _, out, err = run(*words)

    assert (out.count(UNDEFINED), err) == (1, "")
    assert "Newer than" not in out
    assert "CAP_BPF is effective" not in out


def test_a_status_of_a_kernel_before_3_8(run):
    _, out, _ = run("decode", stdin=(FILES / "2.6.32.txt").read_text())
    assert f"\n{UNDEFINED}.\n" in out
    caps = json.loads(run("decode", "fffffffc00000000", "--json")[1])[0]
    assert caps["undefined"] == [str(Cap(number)) for number in range(37, 64)]
    assert "64 bits" in run("decode", "ffffffffffffffff")[1]
    assert "64 bits" in run("diff", "ffffffffffffffff", "docker")[1]


@pytest.mark.parametrize(
    ("process", "cap", "words", "verdict"),
    [
        ("root", "kill", [], "CAP_KILL is effective: the thread can use it now."),
        ("root", "syslog", [], "Whether CAP_SYSLOG is a capability there is not known: it came with Linux 2.6.37, and"),
        ("root", "audit_read", [], "CAP_AUDIT_READ is no capability there. Every bit up to 63 is set"),
        ("root", "50", [], "50 is no capability there. Every bit up to 63 is set"),
        ("user", "perfmon", [], "CAP_PERFMON is no capability there. Every bit up to 63 is set"),
        ("root", "syslog", ["--kernel", "2.6.32-754.el6.x86_64"], "CAP_SYSLOG is none that Linux 2.6.32-754"),
        ("user", "mac_admin", ["--kernel", "2.6.32"], "CAP_MAC_ADMIN is not permitted"),
        ("root", "block_suspend", ["--kernel", "3.7.10"], "CAP_BLOCK_SUSPEND is effective"),
    ],
)
def test_why_on_a_kernel_before_3_8(run, tmp_path, process, cap, words, verdict):
    """Nothing is told as a capability that was none, the rules are not those of the newest, and both are said."""
    text = (FILES / "2.6.32.txt").read_text()
    if process == "user":
        text = text.replace("Uid:\t0\t0\t0\t0", "Uid:\t500\t500\t500\t500")
        text = re.sub(r"(CapPrm|CapEff):\tf+", r"\1:\t0000000000000000", text)
    (tmp_path / "status").write_text(text)
    status, out, err = run("why", f"file:{tmp_path / 'status'}", cap, *words)

    assert (status, err) == (0, "")
    assert out.startswith(verdict)
    assert "Linux 7.2" not in out
    assert "the bounding set was limited" not in out
    assert "no capability there" not in out or "execve(2) of a program that permits it" not in out
    told = "is older than Linux 3.10" if words else "Linux 3.10, the oldest that are known, as the sets show a kernel"
    assert told in out
    assert ", 41, 42" not in out
    assert ",41,42" not in out


MOUNT = "25 30 0:23 / {} rw,nosuid shared:12 - proc proc {}\n"


@pytest.mark.parametrize(
    ("mounts", "hidden"),
    [
        *[([("{}", f"rw,hidepid={option}")], True) for option in ("2", "4", "invisible", "ptraceable")],
        *[([("{}", f"rw,hidepid={option}")], False) for option in ("0", "1", "noaccess", "off", "20")],
        ([("{}", "rw")], False),
        ([("/proc", "rw,hidepid=2")], False),
        ([("{}", "rw,hidepid=2"), ("{}", "rw")], False),  # the later mount is on top
        ([("{}", "rw"), ("/x", "rw"), ("{}", "rw,gid=5,hidepid=2")], True),
        ([], False),
    ],
)
def test_a_proc_that_hides_processes(run, tree, mounts, hidden):
    """It is told that there may be more, on standard error and in JSON; and of one that is not seen."""
    place = str(tree).replace(" ", r"\040")
    (tree / "self").mkdir()
    text = "".join(MOUNT.format(at.format(place), options) for at, options in mounts)
    (tree / "self" / "mountinfo").write_text(text + "short\n")

    assert live.hides_others(proc=tree) is hidden
    assert live.scan(proc=tree).hidden is hidden
    assert ("hidepid" in run("ps", "--proc", str(tree))[2]) is hidden
    assert json.loads(run("ps", "--json", "--proc", str(tree))[1])["hidden"] is hidden
    assert ("hidepid" in display.text(live.scan(proc=tree))) is hidden
    status, _, err = run("show", "999", "--proc", str(tree))
    assert (status, "hidepid" in err) == (2, hidden)
