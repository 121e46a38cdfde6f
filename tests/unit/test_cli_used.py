"""``capset used``: from a trace to the least that would do, and to the options of engines."""

from __future__ import annotations

import json
from pathlib import Path

TRACES = Path(__file__).parent.parent.parent / "examples/traces"
PIPE = str(TRACES / "trace-pipe.txt")
SCRIPT = str(TRACES / "perf-script.txt")
HEADER = "TIME      UID    PID    COMM             CAP  NAME                 AUDIT\n"
ROW = "22:11:23  114    2676   a\x1bb              12   CAP_NET_ADMIN        1\n"


def test_a_trace(run):
    """What was asked, what is set aside, what would do, and how engines are asked for it."""
    status, out, err = run("used", PIPE, "--command", "chown", "--held", "chown,kill")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith(f"{PIPE}, read as trace: 53 checks of CAP_CHOWN,")
    assert any(line.split()[:3] == ["CAP_CHOWN", "granted", "chown"] for line in lines)
    assert not any(line.endswith(" memory") for line in lines)
    assert any(line.endswith(" memory") for line in run("used", PIPE, "--noise")[1].splitlines())
    assert "CAP_CHOWN,CAP_DAC_READ_SEARCH,CAP_SETGID,CAP_SETUID,CAP_SETPCAP would do for what was seen" in lines
    assert "held and not seen: CAP_KILL" in lines
    assert "What was not seen may be needed all the same." in lines
    [docker] = [line for line in lines if line.startswith("docker ")]
    assert "--cap-drop=ALL" in docker
    assert "--cap-add=DAC_READ_SEARCH" in docker


def test_engines_that_are_chosen(run):
    """One that cannot give that set says why."""
    _, out, _ = run("used", SCRIPT, "--engine", "buildkit")
    assert " BuildKit cannot give exactly" in " ".join(out.split())
    assert "docker" not in out


def test_rules_that_are_turned_off(run):
    _, out, _ = run("used", PIPE, "--off", "paths")
    assert "set aside as paths" not in out
    status, _, err = run("used", PIPE, "--off", "x")
    assert status == 2
    assert "there is no rule of noise 'x'" in err


def test_standard_input_and_hostile_names(run):
    """What is not understood is shown, and no letter of a name reaches the terminal as it is."""
    rows = "".join(f"line {number} \x1b\n" for number in range(7))
    status, out, _ = run("used", "-", stdin=HEADER + ROW + rows)
    assert status == 0
    assert "\x1b" not in out
    assert "a\\x1bb" in out
    assert "line 3 was not understood (expected a row of capable" in out
    assert "and 2 more lines were not understood: --json lists them" in out
    assert "not understood, and may have more: 7 lines" in out
    told = json.loads(run("used", "-", "--json", stdin=HEADER + ROW + rows)[1])
    assert len(told["unread"]) == 7
    assert told["checks"][0]["command"] == "a\\x1bb"
    assert told["advice"]["unknown"]["names"] == ["CAP_NET_ADMIN"]


def test_lines_of_json(run):
    """What is written is read."""
    _, out, _ = run("used", SCRIPT, "--jsonl")
    assert len(out.splitlines()) == 1 + Path(SCRIPT).read_text("utf-8").count("cap_capable: ")
    first, again = (json.loads(run("used", *args, "--json", stdin=out)[1]) for args in ((SCRIPT,), ("-",)))
    assert first["checks"] == again["checks"]


def test_nothing_was_seen(run):
    _, out, _ = run("used", "-", stdin=HEADER)
    assert "what is needed is not known\nthe trace shows no check" in out
    assert "What was not seen may be needed all the same." in out
    assert "engine" not in out


def test_what_is_refused(run, tmp_path):
    """With the file and the remedy."""
    for args, message in (
        ((str(tmp_path / "nope"),), "nope"),
        ((PIPE, "--command", "nobody"), "nothing is of nobody; there is something of a b: c, chown, "),
        ((PIPE, "--held", "kil"), "KILL"),
        ((PIPE, "--tracer", "x"), "trace"),
    ):
        status, out, err = run("used", *args)
        assert (status, out) == (2, "")
        assert message in err
    status, _, err = run("used", "-", stdin="x")
    assert status == 2
    assert "-: 'x' is what none of the known tracers prints" in err
    assert "there is something of what has no name" in run("used", "-", "--command", "x", stdin=HEADER)[2]


def test_another_user_and_a_container(run):
    """What has to be done besides is told once, for all that it is about."""
    _, out, _ = run("used", str(TRACES / "nginx.txt"), "--user", "101")
    assert "For user 101 with CAP_CHOWN, CAP_SETGID, CAP_SETUID, CAP_NET_BIND_SERVICE and nothing else:" in out
    assert "docker, cri-o, kubernetes: in the image: setcap cap_chown," in " ".join(out.split())
    lines = [line.split() for line in out.splitlines()]
    assert ["systemd", "CapabilityBoundingSet=CAP_CHOWN", "CAP_SETGID"] in [line[:3] for line in lines]
    assert ["User=101"] in lines
    told = json.loads(run("used", str(TRACES / "nginx.txt"), "--user", "101", "--json")[1])
    assert {each["to"] for each in told["given"]} >= {"docker", "kubernetes", "setcap"}
    _, out, _ = run("used", str(TRACES / "tetragon.jsonl"), "--container", "cfb961400ff2")
    assert "read as tetragon: 1 check of CAP_DAC_OVERRIDE" in out
    status, _, err = run("used", str(TRACES / "tetragon.jsonl"), "--container", "x")
    assert (status, "nothing is in x; there is something in cfb961400ff2, default/xwing/spaceship" in err) == (2, True)


def test_calls_that_were_refused(run):
    _, out, _ = run("used", str(TRACES / "refused-calls.txt"))
    assert "openat() came to EACCES and no capability was asked for in it: none would mend that" in out
    told = json.loads(run("used", str(TRACES / "refused-calls.txt"), "--json")[1])
    assert {call["syscall"] for call in told["calls"]} == {"fchownat", "newfstatat", "openat"}


def test_what_is_left_out(run):
    """A name that nothing has, and checks of which no container is told, are told on standard error."""
    _, _, err = run("used", PIPE, "--command", "chown", "--command", "nobody")
    assert "nothing is of nobody" in err
    lines = '{"cap": "CAP_KILL", "verdict": "granted", "container": "web"}\n{"cap": "CAP_CHOWN"}\n'
    status, out, err = run("used", "-", "--container", "web", stdin=lines)
    assert (status, "CAP_KILL would do for what was seen" in out) == (0, True)
    assert "of no container that is told, and left out: 1 check" in " ".join(err.split())


def test_what_needs_nothing(run):
    """There is nothing to be given, and so no way to do it."""
    status, out, _ = run("used", "-", stdin='{"cap": "CAP_KILL", "verdict": "denied"}')
    assert (status, "no capability that was seen is needed" in out, "and nothing else:" in out) == (0, True, False)
    assert "Of another user" not in run("used", "-", "--user", "root", stdin='{"cap": "CAP_KILL"}')[1]
    assert "Of another user" in run("used", "-", "--user", "7", stdin='{"cap": "CAP_KILL"}')[1]
