"""``capset least``, where a command of Python's stands for what starts a container; tests/live has the real ones."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

import pytest
from attrs import evolve

from capset import CapSet, CapState, engines, live
from capset.cli.output import Failure
from capset.cli.trying import Way, as_root, in_container
from capset.least import Search

DOCKER = ("least", "--engine", "docker")


STAND_IN = """\
import sys
from capset import CapSet, engines
from capset.formats import docker
asked = docker.from_flags(sys.argv[2:])
sys.exit(not CapSet.parse(sys.argv[1]) <= engines.get("docker").container(asked).effective)
"""
"""A container whose program needs what the first argument says, started with the options that follow."""


def needing(caps):
    return ("--", sys.executable, "-c", STAND_IN, caps, "{flags}")


def test_what_would_be_run(run):
    """Nothing is run, with the first hint or with everything."""
    status, out, err = run(*DOCKER, "--dry-run", "--hint", "net_raw,kill", "--", "nope", "run", "{flags}", "x y")
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "With CAP_KILL, CAP_NET_RAW, as a container of Docker Engine:",
        "nope run --cap-drop=ALL --cap-add=KILL --cap-add=NET_RAW 'x y'",
    ]
    assert run(*DOCKER, "--dry-run", "--", "nope", "{flags}")[1].endswith("\nnope --cap-add=ALL\n")
    assert run(*DOCKER, "--dry-run", "--", "sh", "-c", "nope {flags} x")[1].endswith("\nsh -c 'nope --cap-add=ALL x'\n")


def test_what_is_found(run):
    """The least set, and how the engine is asked for it."""
    status, out, err = run(*DOCKER, "--universe", "net_raw,kill,sys_admin", *needing("net_raw,sys_admin"))
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "tried as a container of Docker Engine"
    assert lines[1].startswith("CAP_NET_RAW & CAP_SYS_ADMIN: no other set is minimal (3 capabilities, ")
    assert lines[-1].split()[:3] == ["CAP_NET_RAW", "and", "CAP_SYS_ADMIN"]
    assert lines[-1].endswith(" --cap-drop=ALL --cap-add=NET_RAW --cap-add=SYS_ADMIN")


def test_json(run):
    """All trials, and what follows."""
    _, out, _ = run(*DOCKER, "--universe", "net_raw,kill", "--json", *needing("net_raw"))
    told = json.loads(out)
    assert told["how"] == "a container of Docker Engine"
    assert told["engine"] == "docker"
    assert told["interrupted"] is False
    names = ("universe", "trials", "minimal", "undecided", "flaky", "counterexamples", "complete")
    search = Search.from_dict({name: told[name] for name in names})
    assert search.minimal == (CapSet(["net_raw"]),)


def test_what_needs_nothing_and_what_nothing_helps(run):
    """There is nothing to ask an engine for."""
    yes, no = (("--", sys.executable, "-c", f"import sys; sys.exit({status})", "{flags}") for status in (0, 1))
    _, out, _ = run(*DOCKER, "--universe", "kill", *yes)
    assert "nothing: it works without any capability" in out
    assert "as docker is asked" not in out
    status, out, _ = run(*DOCKER, "--universe", "kill", *no)
    assert status == 0
    assert "never: it does not work even with the whole universe" in out
    assert "Others may do: try it without --universe." in out
    assert "no matter of capabilities alone" in run(*DOCKER, *no)[1]


def test_not_all_is_decided(run):
    """With a limit, or by stopping at the first: the exit status says so."""
    command = needing("net_raw")
    status, out, _ = run(*DOCKER, "--universe", "net_raw,kill,chown", "--limit", "1", *command)
    assert status == 1
    assert "not decided: " in out
    status, out, _ = run(*DOCKER, "--universe", "net_raw,kill,chown", "--one", "--hint", "net_raw", *command)
    assert status == 1
    assert "found so far, each minimal: CAP_NET_RAW" in out


def test_trials_are_kept(run, tmp_path):
    """And not made again; the file is about one command."""
    kept = tmp_path / "trials.jsonl"
    ran = tmp_path / "ran"
    noting = f"import sys; open({str(ran)!r}, 'a').write('x'); sys.exit('RAW' not in sys.argv[-1])"
    asked = (
        *DOCKER,
        "--universe",
        "net_raw,kill",
        "--trials",
        str(kept),
        "--",
        sys.executable,
        "-c",
        noting,
        "{flags}",
    )
    first = run(*asked)
    assert first[0] == 0
    times = ran.read_text("utf-8")
    assert len(kept.read_text("utf-8").splitlines()) == 1 + len(times)
    assert run(*asked) == first
    assert ran.read_text("utf-8") == times
    status, _, err = run(*DOCKER, "--trials", str(kept), "--", "other", "{flags}")
    assert status == 2
    assert f"{kept} has the trials of something else: " in err
    status, _, err = run(*asked[:3], "--timeout", "9", *asked[3:])
    assert status == 2, "with another time to take, what failed may not fail"
    assert f"{kept} has the trials of something else: " in err
    whole = kept.read_text("utf-8")
    kept.write_text(whole[:-20], "utf-8")  # as of a machine that stopped while it was written
    status, out, err = run(*asked)
    assert (status, out) == first[:2]
    assert f"{kept}: the last line was cut off, and that set is tried again" in " ".join(err.split())
    assert kept.read_text("utf-8") == whole
    kept.write_text(whole.replace("{", "x", 3), "utf-8")
    status, _, err = run(*asked)
    assert status == 2
    assert f"{kept}, line 1, is no trial (" in err
    assert "take that line out to have the others read" in err


def test_an_empty_file_is_a_new_one(run, tmp_path):
    """As mktemp(1) makes it."""
    kept = tmp_path / "trials"
    kept.touch()
    assert run(*DOCKER, "--universe", "net_raw", "--trials", str(kept), *needing("net_raw"))[0] == 0
    assert len(kept.read_text("utf-8").splitlines()) == 3


@pytest.mark.parametrize("text", ["{", "5\n", "\udcff", '{"command": 5}\n', "[" * 9999])
def test_what_is_no_file_of_trials(run, tmp_path, text):
    kept = tmp_path / "trials"
    kept.write_text(text, "utf-8", errors="surrogateescape")
    status, out, err = run(*DOCKER, "--trials", str(kept), "--", "true", "{flags}")
    assert (status, out) == (2, "")
    assert f"{kept}" in err
    assert kept.read_text("utf-8", errors="surrogateescape") == text


def test_a_file_that_cannot_be_written(run, tmp_path):
    status, _, err = run(*DOCKER, "--trials", str(tmp_path / "no/trials"), "--", "true", "{flags}")
    assert status == 2
    assert "cannot write" in err
    status, _, err = run(*DOCKER, "--trials", str(tmp_path), "--", "true", "{flags}")
    assert status == 2
    assert f"cannot read {tmp_path}" in err


def test_much_that_is_said(run):
    """Of what a command writes where errors go only the end is looked at, and it never waits for a reader."""
    failing = "import sys; sys.stderr.write('x' * 10**7 + '\\nno such image\\n'); sys.exit(125)"
    status, _, err = run(*DOCKER, "--", sys.executable, "-c", failing, "{flags}")
    assert status == 2
    assert "no such image" in err
    assert len(err) < 10_000


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((), "Missing argument 'COMMAND...'"),
        (
            ("--engine", "docker", "--", "docker", "run", "x"),
            "the command needs {flags} where the options of docker are to be",
        ),
        (("--engine", "dokcer", "--", "x", "{flags}"), "docker"),
        (("--", "docker", "run", "{flags}", "x"), "{flags} stands for the options of an engine"),
        (("--engine", "docker", "--user", "7", "--", "x", "{flags}"), "--user is for commands on this host"),
        (
            ("--engine", "docker@1.5", "--universe", "perfmon", "--", "x", "{flags}"),
            "--universe: CAP_PERFMON cannot be given",
        ),
        (
            ("--engine", "docker", "--universe", "kill", "--hint", "chown", "--", "x", "{flags}"),
            "--hint: CAP_CHOWN is not among what is tried",
        ),
        (("--engine", "docker", "--", "/nope/nope", "{flags}"), "cannot run /nope/nope"),
        (("--engine", "docker", "--repeat", "0", "--", "x", "{flags}"), "0 is not in the range"),
        (("--engine", "docker", "--universe", "kil", "--", "x", "{flags}"), "KILL"),
    ],
)
def test_what_is_refused(run, args, message):
    """With the place and the remedy."""
    status, out, err = run("least", *args)
    assert (status, out) == (2, "")
    assert message in err


def test_an_engine_that_does_not_start_anything(run):
    """Its exit status is 125, and says nothing about capabilities."""
    failing = "import sys; sys.stderr.write('one\\nno such image\\n'); sys.exit(125)"
    status, out, err = run(*DOCKER, "--", sys.executable, "-c", failing, "{flags}")
    assert (status, out) == (2, "")
    assert "the engine did not start" in err
    assert "no such image" in err


def test_an_engine_that_starts_no_more(run):
    """What was found before is told, and that it is not all."""
    few = "import sys; sys.exit(125 if len(sys.argv) < 4 else 0)"
    status, out, err = run(*DOCKER, "--universe", "net_raw,kill", "--", sys.executable, "-c", few, "{flags}")
    assert status == 2
    assert "not decided: " in out
    assert "not all was tried: this is what the trials so far say" in err
    assert "the engine did not start" in err


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="without groups of processes the command alone is ended")
def test_what_takes_too_long_has_failed(tmp_path):
    """It is ended with all that it has started."""
    beats = tmp_path / "beats"
    child = f"import time\nwhile True: print(file=open({str(beats)!r}, 'a')); time.sleep(0.05)"
    code = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {child!r}]); time.sleep(60)"
    way = in_container([sys.executable, "-c", code, "{flags}"], engines.get("docker"), 3)
    begun = time.monotonic()
    assert way.works(CapSet()) is False
    assert time.monotonic() - begun < 30
    before = -1
    while before != (now := beats.stat().st_size):
        assert time.monotonic() - begun < 60
        before = now
        time.sleep(0.5)
    assert before > 0


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="without groups of processes the command alone is ended")
def test_what_is_left_behind_is_ended(tmp_path):
    """A server of one trial would answer for the next."""
    beats = tmp_path / "beats"
    child = f"import time\nwhile True: print(file=open({str(beats)!r}, 'a')); time.sleep(0.05)"
    code = f"import os, subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {child!r}])\n"
    code += f"while not os.path.exists({str(beats)!r}): time.sleep(0.05)"
    assert in_container([sys.executable, "-c", code, "{flags}"], engines.get("docker"), 60).works(CapSet())
    time.sleep(0.2)
    size = beats.stat().st_size
    time.sleep(0.5)
    assert beats.stat().st_size == size


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption(run, sent):
    """What was tried is told, and what it started is ended."""
    end = f"os.kill({os.getpid()}, {int(sent)}), time.sleep(30)"
    interrupting = f"import os, sys, time; '--cap-drop=ALL' in sys.argv and ({end})"
    status, out, err = run(*DOCKER, "--universe", "kill,chown", "--", sys.executable, "-c", interrupting, "{flags}")
    assert status == 130
    assert "interrupted: this is what the trials so far say" in err
    assert "tried as a container of Docker Engine" in out
    assert threading.current_thread() is threading.main_thread()


def test_an_engine_without_options():
    """Nothing can be given by it but what it gives."""
    with pytest.raises(Failure, match="of buildkit no set can be asked for that is to be tried"):
        in_container(["x", "{flags}"], engines.get("buildkit"), None)


def test_a_command_that_ends_by_itself_when_asked(tmp_path):
    """It may put things in order, in the few seconds that it has; a child that does not listen is killed with it."""
    ended = tmp_path / "ended"
    code = (
        "import signal, sys, time\n"
        f"def end(*_): open({str(ended)!r}, 'w').close(); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "time.sleep(60)"
    )
    way = in_container([sys.executable, "-c", code, "{flags}"], engines.get("docker"), 2)
    assert way.works(CapSet()) is False
    assert ended.exists()


can_try = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("setpriv") is None,
    reason="root of Linux runs commands with other sets, by setpriv",
)


@can_try
def test_a_program_that_is_not_there(run):
    """Nothing follows from that about capabilities."""
    status, out, err = run("least", "--", "nosuchprogram", "x")
    assert (status, out) == (2, "")
    assert "there is no program 'nosuchprogram' to be tried" in err


@can_try
@pytest.mark.parametrize("uid", [0, 1000])
def test_on_this_host(run, monkeypatch, uid):
    """By root, and by somebody who is not, in a user namespace; it tells what to paste."""
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    code = "import os; os.chroot('/')"
    status, out, err = run("least", "--universe", "sys_chroot,kill", "--", sys.executable, "-c", code)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith("tried as a user namespace of its own" if uid else "tried as root, by the bounding set")
    assert "CAP_SYS_CHROOT: no other set is minimal (2 capabilities, " in out
    front = "unshare --user --map-root-user " if uid else ""
    assert lines[-2] == "To run it with the first of them:"
    sets = "--bounding-set=-all,+sys_chroot --inh-caps=-all"
    assert lines[-1] == f"{front}setpriv {sets} -- {shlex.join([sys.executable, '-c', code])}"
    assert run("least", "--universe", "kill", "--user", "7", "--", "true")[0] == (2 if uid else 0)


def test_on_a_system_without_capabilities(run, monkeypatch):
    """Containers can be started there all the same."""
    monkeypatch.delattr(os, "geteuid", raising=False)
    status, _, err = run("least", "--", "true")
    assert status == 2
    assert "only Linux runs a command with other sets" in err
    assert run(*DOCKER, "--dry-run", "--", "docker", "{flags}")[0] == 0


def test_who_lacks_what_it_takes(monkeypatch):
    """Root whose own sets are small cannot make others smaller."""
    saved = live.parse_status((Path(__file__).parent.parent / "data/status/6.18.txt").read_bytes())
    caps = CapState(effective=["setuid", "setgid"], permitted=["setuid", "setgid"], bounding=CapSet.all())
    monkeypatch.setattr(live, "read", lambda: evolve(saved, caps=caps))
    with pytest.raises(Failure, match="this process lacks CAP_SETPCAP, which setpriv needs"):
        as_root(["true"], 0, None)
    with pytest.raises(Failure, match="this process lacks CAP_SETPCAP, which setpriv needs"):
        as_root(["true"], 1000, None)


def test_the_group_of_a_user_that_nobody_knows():
    """It has the same number; what is written can be pasted."""
    way = Way("somebody", CapSet(["kill"]), ("true",), user=4_000_000_000)
    assert shlex.join(way.command(CapSet(["kill", "bpf"]))) == (
        "setpriv --reuid=4000000000 --regid=4000000000 --clear-groups --bounding-set=-all,+kill,+cap_39 "
        "--inh-caps=-all,+kill,+cap_39 --ambient-caps=-all,+kill,+cap_39 -- true"
    )
