"""What a person reads when something is wrong, word for word: the value, what was expected, the remedy."""

from __future__ import annotations

import re

import pytest

from capset import Cap, CapDiff, CapSet, CapState, FileCaps, engines, kernel, live
from capset.errors import CapsetError

TWO = CapSet(["kill", "chown"])
NUMBERS = "a capability's number is from 0 to 63, without leading zeros; a mask stands alone, with 0x in front"

LIBRARY = [
    (lambda: Cap("KILL"), "Cap() takes a number from 0 to 63, got 'KILL'; text is read by Cap.parse()"),
    (lambda: Cap(64), "unknown capability 64: capability numbers run from 0 to 63"),
    (lambda: Cap.parse(5), "expected the name of a capability as str, got 5"),
    (lambda: Cap.parse("012"), f"unknown capability '012': {NUMBERS}"),
    (
        lambda: Cap.parse("ALL"),
        "unknown capability 'ALL': ALL is no single capability but a set: CapSet.all()",
    ),
    (
        lambda: CapSet.from_hex("0x1"),
        "not a capability mask: expected 1 to 16 hexadecimal digits and nothing else, got '0x1'",
    ),
    (lambda: CapSet.from_hex(1), "expected a mask as str, got 1; a number is read by CapSet.from_mask()"),
    (
        lambda: CapSet.parse("0xfg"),
        "not a capability mask: expected 1 to 16 hexadecimal digits after 0x, got '0xfg'",
    ),
    (lambda: CapSet.parse([1]), "expected capabilities as str, got [1]; an iterable goes to CapSet() itself"),
    (lambda: CapSet.from_mask(-1), "not a capability mask: expected a number from 0 to 2**64 - 1, got -1"),
    (lambda: CapSet.from_mask(1.0), "a mask is an int from 0 to 2**64 - 1, got 1.0"),
    (
        lambda: CapSet.from_mask(Cap.KILL),
        "a mask is an int from 0 to 2**64 - 1, got Cap.KILL; the mask of one capability is cap.mask",
    ),
    (
        lambda: CapSet("kill"),
        "expected an iterable of capabilities, got 'kill': text is read by CapSet.parse()",
    ),
    (lambda: CapSet(5), "expected an iterable of capabilities, got 5: did you mean CapSet.from_mask()?"),
    (
        lambda: CapSet(Cap.KILL),
        "expected an iterable of capabilities, got Cap.KILL: did you mean CapSet([Cap.KILL])?",
    ),
    (lambda: CapSet([64]), "unknown capability 64: capability numbers run from 0 to 63"),
    (lambda: CapSet([None]), "expected a Cap, a number from 0 to 63 or a name, got None"),
    (lambda: CapSet.all("kill"), "expected a Cap or a number from 0 to 63, got 'kill'"),
    (lambda: setattr(CapSet(), "mask", 1), "a CapSet never changes; cannot set 'mask'"),
    (lambda: delattr(CapSet(), "mask"), "a CapSet never changes; cannot delete 'mask'"),
    (lambda: CapDiff.parse("kill"), "at position 0 of 'kill': expected + or - in front of a capability"),
    (lambda: CapDiff.parse(5), "expected a difference as str, got 5"),
    (
        lambda: kernel.Rules.of("2.6.24"),
        "no rules of a kernel '2.6.24': those from Linux 3.10 on are known, and taken for those from 2.6.25 on",
    ),
    (
        lambda: kernel.Rules.of("22.6.0"),
        "no rules of a kernel '22.6.0': the newest Linux that is known is 7.2, and so much newer there is none: other "
        "systems count higher",
    ),
    (
        lambda: kernel.Rules.of("newest"),
        "no rules of a kernel 'newest': expected what uname -r prints, such as 6.12.117+deb13-cloud-amd64",
    ),
    (
        lambda: kernel.Rules.of(6.18),
        'rules are kernel.Rules, or a release as uname -r prints it, such as "6.12.117", got 6.18',
    ),
    (lambda: engines.get(5), "expected the name of an engine as str, got 5"),
    (
        lambda: live.read(0),
        'not a process or thread id: expected an int > 0, "self" or "thread-self", got 0',
    ),
    (lambda: live.read(1, tid=0), "not a process or thread id: expected an int > 0, got 0"),
    (
        lambda: live.read("thread-self", tid=1),
        'not a process or thread id: expected no tid beside "thread-self", which is a thread already, got 1',
    ),
    (lambda: live.read(proc=b"/proc"), "proc is a path as str, got b'/proc'"),
    (lambda: live.parse_status(5), "expected a status file as bytes or str, got 5"),
]


@pytest.mark.parametrize(("call", "message"), LIBRARY, ids=[message for _, message in LIBRARY])
def test_library(call, message):
    """Errors of the library."""
    with pytest.raises((ValueError, TypeError, AttributeError)) as raised:
        call()
    assert str(raised.value) == message
    assert raised.value.__cause__ is None
    context = raised.value.__context__
    assert context is None or raised.value.__suppress_context__ or "is not a valid Cap" in str(context)  # enum's own


COMMAND = [
    (["show", "pid:x"], "not a process or thread id: expected a process id, self or thread-self, got 'x'"),
    (["show", "--against", "dokcer"], "unknown container engine 'dokcer': did you mean docker?"),
    (["show", "--against", "x"], f"unknown container engine 'x': known are {', '.join(engines.names())}"),
    (
        ["show", "--against", "docker@0.0.1"],
        "no facts about version '0.0.1' of docker: they begin with 0.1.0",
    ),
    (
        ["diff", "docker@", "docker"],
        "no facts about version '' of docker: '' is no version such as 20.10.24 or 20.10",
    ),
    (
        ["run", "docker@20.10", "--cap-add", "PERFMON"],
        "Docker Engine 20.10 refuses to add 'PERFMON': it knows no capability after CAP_AUDIT_READ",
    ),
    (
        ["run", "podman", "--cap-add", "kill", "--cap-drop", "KILL"],
        "Podman refuses 'CAP_KILL': it stands in both lists",
    ),
    (
        ["flags", "docker", "0x20000000000"],
        "Docker Engine cannot give exactly 41: "
        "41: unknown capability 41: it has no name yet, and here only names are taken",
    ),
    (
        ["recognise", "kill"],
        "kill (CAP_KILL) is one set, and recognise asks for the five of a process: give pid:N, file:PATH, - or a "
        "container",
    ),
    (["show", "--proc", "/x"], "no proc file system, or no such file in it; only Linux has one, usually at /proc: /x"),
    (["decode", "3000"], "3000 alone may be a process, a mask or a capability: write pid:3000, 0x3000"),
    (
        ["diff", "x", "docker"],
        "cannot read 'x' as pid:N, file:PATH, -, a container, an engine (see capset engines), a mask or "
        "capabilities: "
        "unknown capability 'x': expected a name as in capabilities(7), such as CAP_NET_ADMIN, "
        "or a number from 0 to 63",
    ),
    (
        ["diff", "DOCKERR", "docker"],
        "cannot read 'DOCKERR' as pid:N, file:PATH, -, a container, an engine (see capset engines), a mask or "
        "capabilities: "
        "did you mean docker?",
    ),
    (["decode"], "nothing to decode: the input is empty"),
]


@pytest.mark.parametrize(("args", "message"), COMMAND, ids=[" ".join(args) for args, _ in COMMAND])
def test_command(run, args, message):
    """Errors of the command line: one line, and exit status 2."""
    assert run(*args) == (2, "", f"capset: {message}\n")


@pytest.mark.parametrize(
    "call",
    [
        lambda: engines.get("nomad").resolve(add=["sys_admin", "sys_boot"]),
        lambda: engines.get("podman").resolve(add=["kill", "chown"], drop=["kill", "chown"]),
        lambda: FileCaps.from_state(CapState(effective=["kill"], permitted=["kill", "chown", "fowner"])),
        lambda: kernel.capset(kernel.Credentials(uids=5), effective=TWO, permitted=TWO, inheritable=CapSet()),
    ],
)
def test_lists_of_capabilities_can_be_folded(call):
    """A terminal folds a message at its blanks, and a list as other programs take it has none."""
    with pytest.raises(CapsetError, match=r"CAP_[A-Z_]+, CAP_") as caught:
        call()
    assert not re.search("CAP_[A-Z_]+,CAP_", str(caught.value))
