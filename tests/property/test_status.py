"""Whatever a kernel may print is read, and nothing else is."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capset import CapState, Ids
from capset.errors import StatusError
from capset.live import ProcStatus, parse_status
from capset.live.status import LINES, parse_fresh
from tests.strategies import capsets

ids = st.integers(0, 2**32 - 1)
names = st.binary(max_size=15).filter(lambda name: b"\0" not in name)


@st.composite
def statuses(draw):
    """Draw what a status file says."""
    return ProcStatus(
        pid=draw(st.integers(1, 2**22)),
        tgid=draw(st.integers(1, 2**22)),
        ppid=draw(st.integers(0, 2**22)),
        name=draw(names).decode("utf-8", "surrogateescape"),
        uids=Ids(*(draw(ids) for _ in range(4))),
        gids=Ids(*(draw(ids) for _ in range(4))),
        groups=tuple(draw(st.lists(ids, max_size=40))),
        caps=CapState(**{name: draw(capsets) for name in CapState.__annotations__}),
        no_new_privs=draw(st.sampled_from([None, False, True])),
        seccomp=draw(st.sampled_from([None, 0, 1, 2])),
    )


def printed(status: ProcStatus) -> list[bytes]:
    """Write a status as the kernel does, written down from proc(5) and not from the parser."""
    name = status.name.encode("utf-8", "surrogateescape").replace(b"\\", b"\\\\").replace(b"\n", b"\\n")
    lines = [
        b"Name:\t" + name,
        b"Umask:\t0022",
        b"State:\tS (sleeping)",
        b"Tgid:\t%d" % status.tgid,
        b"Ngid:\t0",
        b"Pid:\t%d" % status.pid,
        b"PPid:\t%d" % status.ppid,
        b"TracerPid:\t0",
        b"Uid:\t%d\t%d\t%d\t%d" % status.uids,
        b"Gid:\t%d\t%d\t%d\t%d" % status.gids,
        b"FDSize:\t256",
        b"Groups:\t" + b"".join(b"%d " % group for group in status.groups),
        b"VmPeak:\t    3060 kB",
        b"SigQ:\t0/96365",
        b"CapInh:\t%016x" % status.caps.inheritable.mask,
        b"CapPrm:\t%016x" % status.caps.permitted.mask,
        b"CapEff:\t%016x" % status.caps.effective.mask,
        b"CapBnd:\t%016x" % status.caps.bounding.mask,
        b"CapAmb:\t%016x" % status.caps.ambient.mask,
    ]
    if status.no_new_privs is not None:
        lines.append(b"NoNewPrivs:\t%d" % status.no_new_privs)
    if status.seccomp is not None:
        lines.append(b"Seccomp:\t%d" % status.seccomp)
    return [*lines, b"Cpus_allowed:\t3", b"voluntary_ctxt_switches:\t0", b""]


@given(statuses())
def test_what_is_printed_is_read(status):
    """Every value comes back, hostile names included."""
    assert status == parse_status(b"\n".join(printed(status)))


@given(statuses())
def test_the_fast_way_reads_the_same(status):
    """What the kernel has just printed is read without going through its lines."""
    text = b"\n".join(printed(status))

    assert status == parse_fresh(text, "here")
    assert status.caps == parse_fresh(text.replace(b"TracerPid", b"NewLine:\t1\nTracerPid"), "here").caps


labels = st.sampled_from([*LINES, "Umask", "Seccomp_filters", "VmPeak", "CapNew", "Namespace", ""]).map(str.encode)
values = st.one_of(
    st.sampled_from([b"", b"0", b"1", b"-1", b"-2", b"007", b"1_0", b"4294967295", b"4294967296", b"9" * 11]),
    st.sampled_from([b"0\t0\t0\t0", b"0 1  2\t3", b"0\t0\t0", b"1 2 3 ", b"0\t0\t0\t4294967296", b"\xd9\xa3", b"\r"]),
    st.sampled_from([b"f" * 16, b"F" * 16, b"0" * 17, b"1" + b"0" * 16, b"0x1", b"3_f", b"a80425fb", b" 1\t", b"\0"]),
    st.binary(max_size=12),
)
places = st.integers(0, 30)
# What may have happened to a file, as (kind, place, another place, label, what stands behind it).
changes = st.tuples(
    st.sampled_from(["value", "line", "bare", "move", "remove", "repeat", "blanks", "return", "cut", "merge"]),
    places,
    places,
    labels,
    values,
)


def changed(lines: list[bytes], change: tuple[str, int, int, bytes, bytes]) -> list[bytes]:
    """Do to a file what a forger, an editor or an accident may do."""
    kind, at, to, label, value = change
    lines, at = [*lines], at % len(lines)
    match kind:
        case "value":
            lines[at] = lines[at].partition(b":")[0] + b":\t" + value
        case "line":
            lines.insert(at, label + b":\t" + value)
        case "bare":
            lines.insert(at, label + value)
        case "move":
            lines.insert(to, lines.pop(at))
        case "remove" if len(lines) > 1:
            del lines[at]
        case "repeat":
            lines.insert(to, lines[at])
        case "blanks":
            lines[at] = lines[at].replace(b"\t", b"  \t ") + b" "
        case "return":
            lines[at] += b"\r"
        case "cut":
            lines = lines[: at + 1]
        case "merge":
            lines = [*lines, *lines[at:]]
    return lines


def outcome(parse, text: bytes | str):
    """Return what comes of a text: a status, or all that an error says."""
    try:
        return parse(text, source="here")
    except StatusError as error:
        return vars(error)


@given(statuses(), st.lists(changes, max_size=3))
def test_every_way_reads_the_same(status, happened):
    """Whatever happened to a file, the one match says what going through the lines says, of a text in str."""
    lines = printed(status)
    for change in happened:
        lines = changed(lines, change)
    text = b"\n".join(lines)
    slow = outcome(parse_status, text.decode("utf-8", "surrogateescape"))

    assert outcome(parse_status, text) == slow
    # The kernel does not print what is refused; what it prints in another order than usual is read all the same.
    if isinstance(slow, ProcStatus):
        assert parse_fresh(text, "here") == slow


@given(statuses(), st.randoms(use_true_random=False))
def test_the_order_does_not_matter(status, chance: random.Random):
    """Lines may stand anywhere, as vendors' kernels show."""
    lines = printed(status)
    chance.shuffle(lines)

    assert status == parse_status(b"\n".join(lines))


@given(statuses(), st.lists(st.tuples(st.integers(0, 20), st.binary(max_size=30)), max_size=5))
def test_unknown_lines_do_not_matter(status, extras):
    """Later kernels add lines; capset need not know them, nor empty ones."""
    lines = printed(status)
    for at, text in extras:
        lines.insert(at, b"New_" + text.replace(b"\n", b"") if text else b"")

    assert status == parse_status(b"\n".join(lines))


@given(statuses())
def test_text_is_read_like_bytes(status):
    """A saved file may have been read as text."""
    text = b"\n".join(printed(status)).decode("utf-8", "surrogateescape")

    assert status == parse_status(text)


digits = st.text("0123456789abcdefABCDEF", min_size=1, max_size=17).map(str.encode)


@given(
    statuses(),
    st.sampled_from(["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]),
    st.one_of(digits, digits.map(lambda each: each.rjust(16, b"0")), st.binary(max_size=20)),
)
def test_a_mask_is_16_hexadecimal_digits(status, label, value):
    """Whatever else stands there is refused, with its line and value: one that is cut off would be a smaller set."""
    value = value.replace(b"\n", b"").strip(b" \t")
    lines = printed(status)
    [number] = [number for number, line in enumerate(lines) if line.startswith(label.encode())]
    lines[number] = label.encode() + b":\t" + value
    text = b"\n".join(lines)

    if re.fullmatch(rb"[0-9a-fA-F]{16}", value):
        caps = parse_status(text).caps
        assert int(value, 16) in {getattr(caps, name).mask for name in CapState.__annotations__}
    else:
        with pytest.raises(StatusError) as raised:
            parse_status(text, source="here")
        assert (label, number + 1, "here") == (raised.value.field, raised.value.line, raised.value.source)


@given(statuses(), st.data())
def test_a_line_that_stands_twice_is_refused(status, data):
    """Which of the two would be the truth?"""
    lines = printed(status)
    known = [line for line in lines if line.partition(b":")[0].decode() in LINES]
    lines.insert(data.draw(st.integers(0, len(lines) - 1)), data.draw(st.sampled_from(known)))

    with pytest.raises(StatusError, match="one such line"):
        parse_status(b"\n".join(lines))


@given(st.binary())
def test_anything_else_is_refused(text):
    """No input leads to another exception."""
    with pytest.raises(StatusError):
        parse_status(text)
