"""Status files of seven kernel eras, and every way in which one can be wrong."""

from __future__ import annotations

import copy
import pickle
import re
import tracemalloc
from pathlib import Path

import pytest
from attrs import evolve

from capset import CapSet, CapState, Ids
from capset.errors import StatusError
from capset.live import ProcStatus, parse_status
from capset.live.status import WHOLE_MASK, parse_fresh

FILES = Path(__file__).parent.parent / "data" / "status"
MODERN = (FILES / "5.10.txt").read_bytes()


def state(**hexes: str) -> CapState:
    """Write a state by masks."""
    return CapState(**{name: CapSet.from_hex(text) for name, text in hexes.items()})


def read(era: str) -> ProcStatus:
    return parse_status((FILES / f"{era}.txt").read_bytes(), source=era)


def test_every_file_is_read_lawfully():
    """No era breaks a rule of the kernel."""
    eras = sorted(path.stem for path in FILES.glob("*.txt"))

    assert eras == ["2.6.32", "3.10", "4.18", "4.4", "5.10", "6.1", "6.18"]
    for era in eras:
        assert read(era).caps.violations() == []


def test_2_6_32():
    """No ambient set, no word on no_new_privs or seccomp; bits that do not exist show as set."""
    status = read("2.6.32")

    assert (status.name, status.uids, status.groups) == ("bash", Ids(0, 0, 0, 0), (0, 1, 2, 3, 4, 6, 10))
    full = "f" * 16
    assert status.caps == state(effective=full, permitted=full, bounding=full)
    assert len(status.caps.effective.unknown) == 23
    assert (status.no_new_privs, status.seccomp) == (None, None)


def test_3_10():
    """Seccomp is told, no_new_privs is not."""
    status = read("3.10")

    assert (status.name, status.uids, status.gids) == ("chronyd", Ids(998, 998, 998, 998), Ids(996, 996, 996, 996))
    assert status.groups == ()
    assert status.caps == state(effective="2000400", permitted="2000400", bounding="1fffffffff")
    assert (status.no_new_privs, status.seccomp) == (None, 0)


def test_4_4():
    """All five sets differ: none is taken for another."""
    status = read("4.4")

    assert status.caps == state(
        inheritable="3400", permitted="3400", effective="2400", ambient="400", bounding="3fffffffff"
    )
    assert (status.no_new_privs, status.seccomp) == (None, 0)


def test_4_18():
    """Docker of old filled the inheritable set."""
    status = read("4.18")
    docker = "00000000a80425fb"

    assert status.caps == state(inheritable=docker, permitted=docker, effective=docker, bounding=docker)
    assert (status.no_new_privs, status.seccomp) == (False, 2)


def test_5_10():
    """A container of a user who is not root: bounding alone."""
    status = read("5.10")

    assert status.caps == state(bounding="00000000a80425fb")
    assert (status.no_new_privs, status.seccomp, status.uids.effective) == (True, 2, 65532)


def test_6_1():
    """A kernel thread: no memory, a long name."""
    status = read("6.1")
    full = "000001ffffffffff"

    assert (status.name, status.ppid) == ("kworker/0:1-events", 2)
    assert status.caps == state(effective=full, permitted=full, bounding=full)


def test_6_18():
    """A process that calls itself a line of masks; many groups."""
    status = read("6.18")

    assert status.name == "x\\\nCapEff:\tff"
    assert len(status.groups) == 45
    assert max(status.groups) > 2**31
    assert status.caps == state(inheritable="800000000", bounding="1ffffffffff")


LINES = {
    "Name": "the name of the thread",
    "Tgid": "a number",
    "Pid": "a number",
    "PPid": "a number",
    "Uid": "four numbers",
    "Gid": "four numbers",
    "Groups": "numbers",
    "CapInh": WHOLE_MASK,
    "CapPrm": WHOLE_MASK,
    "CapEff": WHOLE_MASK,
    "CapBnd": WHOLE_MASK,
}


def without(label: str) -> bytes:
    return b"".join(line for line in MODERN.splitlines(True) if not line.startswith(label.encode() + b":"))


@pytest.mark.parametrize(("label", "expected"), LINES.items())
def test_a_missing_line_is_an_error(label, expected):
    """No line that every kernel prints is made up."""
    with pytest.raises(StatusError) as raised:
        parse_status(without(label), source="saved")

    error = raised.value
    assert (error.source, error.field, error.expected) == ("saved", label, expected)
    assert (error.line, error.value) == (None, None)
    assert str(error) == f"saved: no {label} line; expected {expected}"


@pytest.mark.parametrize("label", ["CapAmb", "NoNewPrivs", "Seccomp"])
def test_a_line_of_later_kernels_may_be_missing(label):
    """What is not said is unknown, but for the ambient set, which then does not exist."""
    expected, status = parse_status(MODERN), parse_status(without(label))

    assert status.caps == expected.caps
    assert status.no_new_privs is (None if label == "NoNewPrivs" else True)
    assert status.seccomp == (None if label == "Seccomp" else 2)


@pytest.mark.parametrize(
    ("label", "value"),
    [
        *((label, value) for label in ("Tgid", "Pid", "PPid", "Seccomp") for value in ("", "-1", "1_0", "٣", "x")),
        *((label, "9" * 5000) for label in ("Pid", "Seccomp", "Groups")),
        *((label, value) for label in ("Uid", "Gid") for value in ("", "0\t0\t0", "0\t0\t0\t0\t0", "0\t0\t0\t+1")),
        ("Groups", "1 2 x"),
        ("Groups", "--1"),
        ("NoNewPrivs", "2"),
        ("NoNewPrivs", "-"),
        ("NoNewPrivs", ""),
        *((label, "0" * 17) for label in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")),
        *((label, value) for label in ("Uid", "Groups") for value in ("4294967296 0 0 0", "-2147483649 0 0 0")),
        ("Pid", "\u3000\x1c48213"),
        *(("CapEff", value) for value in ("", "0x3f", "+3f", "-3f", "3_f", "3f 3f", "3f\r", "g", "\x1b[2J")),
    ],
)
def test_a_malformed_line_is_an_error(label, value):
    """The error names file, line and value."""
    lines = MODERN.split(b"\n")
    [at] = [at for at, line in enumerate(lines) if line.startswith(label.encode() + b":")]
    lines[at] = f"{label}:\t{value}".encode()

    with pytest.raises(StatusError) as raised:
        parse_status(b"\n".join(lines), source="saved")

    error = raised.value
    assert (error.source, error.field, error.line, error.value) == ("saved", label, at + 1, value)
    assert "\x1b" not in str(error)
    assert len(str(error)) < 300


def test_old_kernels_print_signed_ids():
    """nfsnobody is 4294967294, which these kernels print as -2."""
    text = MODERN.replace(b"Uid:\t65532\t", b"Uid:\t-2\t").replace(b"Groups:\t", b"Groups:\t-1 ")
    status = parse_status(text)

    assert status.uids.real == 4294967294
    assert status.groups[0] == 4294967295


def test_masks_may_be_in_capitals():
    assert parse_status(MODERN.replace(b"CapBnd:\t00000000a80425fb", b"CapBnd:\t 00000000A80425FB")) == parse_status(
        MODERN
    )


@pytest.mark.parametrize("label", ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])
@pytest.mark.parametrize("mask", ["", "a80425fb", "00000000a80425f", "00000000a80425fb0", "0x000000a80425fb"])
@pytest.mark.parametrize("parse", [parse_status, parse_fresh])
def test_a_mask_that_is_cut_off_is_refused(label, mask, parse):
    """It would look like a smaller set: every kernel prints 16 digits."""
    text = re.sub(rb"(%s:\t).*" % label.encode(), rb"\g<1>%s" % mask.encode(), MODERN)
    with pytest.raises(StatusError, match=f"{label}: expected 16 hexadecimal digits, .*: copy the row again") as raised:
        parse(text, source="saved")
    assert raised.value.value == mask
    assert raised.value.line == MODERN[: MODERN.index(label.encode())].count(b"\n") + 1


@pytest.mark.parametrize("separator", [b"", b"\n"])
def test_two_files_are_not_one(separator):
    """Neither is silently ignored; the error points at the second."""
    with pytest.raises(StatusError, match="one status file") as raised:
        parse_status(MODERN + separator + MODERN)
    assert raised.value.line > MODERN.count(b"\n")


def test_backslashes_in_names():
    """The kernel escapes the backslash as well, so a name may hold what looks like an escape."""
    text = MODERN.replace(b"Name:\tpython3", b"Name:\ta" + rb"\\n\nb\x")

    assert parse_status(text).name == "a\\n\nb\\x"


def test_names_keep_their_blanks_and_bytes():
    """A name is what the process chose."""
    assert parse_status(MODERN.replace(b"Name:\tpython3", b"Name:\t \xff ")).name == " \udcff "
    assert parse_status(without("Seccomp").replace(b"Name:\tpython3", b"Name:\t \xff ")).name == " \udcff "


@pytest.mark.parametrize("text", [None, 5, memoryview(b"")])
def test_a_text_is_bytes_or_str(text):
    """Nothing else."""
    with pytest.raises(TypeError, match="as bytes or str"):
        parse_status(text)


def test_any_str_will_do():
    """Even one that no encoding can write."""
    text = MODERN.decode()

    assert parse_status(text.replace("python3", "\ud800")).name == "\ud800"
    with pytest.raises(StatusError, match=r"got '\\ud800'") as raised:
        parse_status(text.replace("CapEff:\t0000000000000000", "CapEff:\t\ud800"))
    assert raised.value.value == "\ud800"


def test_hostile_texts_take_no_longer():
    """Many repeated lines do not send the search through all their combinations."""
    labels = [b"Tgid:\t1\n", b"Pid:\t1\n", b"PPid:\t1\n", b"Uid:\t1\t1\t1\t1\n", b"Gid:\t1\t1\t1\t1\n"]
    with pytest.raises(StatusError):
        parse_fresh(b"Name:\tx\n" + b"".join(label * 5000 for label in labels), "saved")


def test_repr_reads_back():
    """As every value's."""
    status = read("4.4")

    assert status == eval(repr(status), {"ProcStatus": ProcStatus, "Ids": Ids, "CapState": CapState, "CapSet": CapSet})
    assert hash(status) == hash(read("4.4"))
    assert status.user_ns is None


@pytest.mark.parametrize("parse", [parse_status, lambda text: parse_fresh(text, "saved")])
def test_the_same_values_as_the_constructor_makes(parse):
    """The fast ways do not go through __init__; the result is no different."""
    status = parse(MODERN)
    made = ProcStatus(**{name: getattr(status, name) for name in ProcStatus.__annotations__})

    assert made == status == parse_status(MODERN.decode())
    assert repr(made) == repr(status)
    assert hash(made) == hash(status)
    assert pickle.loads(pickle.dumps(status)) == copy.deepcopy(status) == status
    assert evolve(status, ppid=7) == evolve(made, ppid=7) != status


def test_pickles_of_other_versions_are_read():
    """Written by Python 3.11: what one version has saved another one reads."""
    status = pickle.loads((FILES.parent / "pickles" / "status-3.11.pickle").read_bytes())

    assert status == parse_status(MODERN)


@pytest.mark.parametrize("path", [*FILES.glob("[3-6]*.txt"), *Path("examples").glob("*/*/status")], ids=str)
def test_a_real_file_takes_the_fast_way(path, monkeypatch):
    """Of every era but the oldest; only a name with escapes in it is read line by line."""
    text = path.read_bytes()
    slow = parse_status(text.decode("utf-8", "surrogateescape"))
    monkeypatch.setattr("capset.live.status._line_by_line", lambda *_: None)

    assert parse_status(text) == (None if b"\\" in text.splitlines()[0] else slow)


@pytest.mark.parametrize("parse", [parse_status, lambda text: parse_fresh(text, "saved")])
def test_a_process_takes_little_room(parse):
    """A host has thousands: what differs between them is kept for each, what does not once for all."""
    texts = [
        MODERN.replace(b"\tpython3\n", b"\tpython%d\n" % number)
        .replace(b"\t48213\n", b"\t%d\n" % number)
        .replace(b"\t48190\n", b"\t%d\n" % (number - 1))
        for number in range(10_000, 12_000)
    ]
    parse(MODERN)
    tracemalloc.start()
    try:
        kept = [parse(text) for text in texts]
        size = tracemalloc.get_traced_memory()[0] / len(kept)
    finally:
        tracemalloc.stop()

    assert len({status.pid for status in kept}) == len({status.name for status in kept}) == 2000
    assert size <= 500
    assert not hasattr(kept[0], "__dict__")


FORGED = {
    "id beyond 32 bits": (b"Uid:\t65532\t", b"Uid:\t4294967296\t"),
    "group beyond 32 bits": (b"Groups:\t", b"Groups:\t9999999999 "),
    "mask beyond 64 bits": (b"CapEff:\t", b"CapEff:\t1"),
    "label twice": (b"Threads:", b"CapEff:\t0000000000000000\nThreads:"),
    "label twice, without a colon": (b"Threads:", b"CapEff\nThreads:"),
    "label twice at the end": (b"nonvoluntary_ctxt_switches", b"Pid"),
    "label twice in the head": (b"State:", b"Uid:\t0\t0\t0\t0\nState:"),
    "CRLF": (b"\n", b"\r\n"),
    "no masks": (b"\nCap", b"\nKap"),
    "no seccomp that is a number": (b"Seccomp:\t2", b"Seccomp:\t+2"),
}


@pytest.mark.parametrize(("old", "new"), FORGED.values(), ids=FORGED)
@pytest.mark.parametrize("text", [MODERN, without("Pid") + b"Pid:\t48213\n"], ids=["regular", "odd"])
def test_a_forged_file_is_refused_as_line_by_line(text, old, new):
    """The same error, with its line and value."""
    forged = text.replace(old, new)
    assert forged != text
    with pytest.raises(StatusError) as slow:
        parse_status(forged.decode(), source="saved")
    with pytest.raises(StatusError) as fast:
        parse_status(forged, source="saved")

    assert fast.value.args == slow.value.args
    assert vars(fast.value) == vars(slow.value)


@pytest.mark.parametrize("label", [*LINES, "CapAmb", "NoNewPrivs", "Seccomp"])
def test_a_label_that_stands_twice_is_refused_wherever(label):
    """Behind the name, in the middle, at the end; as a whole line or as a bare label."""
    [line] = [line for line in MODERN.splitlines(True) if line.startswith(label.encode() + b":")]
    for more in (line, label.encode() + b"\n"):
        for place in (b"Umask:", b"Threads:", b"Cpus_allowed:"):
            with pytest.raises(StatusError) as slow:
                parse_status(MODERN.replace(place, more + place).decode())
            with pytest.raises(StatusError) as fast:
                parse_status(MODERN.replace(place, more + place))
            assert vars(fast.value) == vars(slow.value)
        with pytest.raises(StatusError):
            parse_status(MODERN + more.rstrip())


def test_lines_in_another_order_are_read_the_same():
    """No line is taken for its neighbour, of this kernel either."""
    lines = MODERN.splitlines(True)
    for at in range(len(lines) - 1):
        text = b"".join([*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]])
        assert parse_fresh(text, "here") == parse_status(text) == parse_status(MODERN)
    swapped = MODERN.replace(b"Uid:\t65532", b"Uid:\t0")
    lines = swapped.splitlines(True)
    lines[8], lines[9] = lines[9], lines[8]
    assert lines[8].startswith(b"Gid:")
    assert parse_fresh(b"".join(lines), "here") == parse_status(b"".join(lines)) == parse_status(swapped)


def test_long_lines_are_not_kept():
    """What is kept by its text is short: a forged tree must not fill the memory."""
    text = MODERN.replace(b"Groups:\t2000 65532 ", b"Groups:\t" + b"7 " * 1000)

    assert parse_status(text).groups == (7,) * 1000
    assert parse_status(text).groups is not parse_status(text).groups
    assert parse_status(MODERN).groups is parse_status(MODERN).groups
    padded = MODERN.replace(b"Uid:", b"Uid:" + b" " * 1000)
    assert parse_status(padded) == parse_status(MODERN)
    assert parse_status(padded).uids is not parse_status(padded).uids


def test_the_path_of_a_status_file_in_the_place_of_its_text():
    """The error says how it is read."""
    told = (
        r"no Name line; expected the text of a status file; 'a/web\.txt' looks like the name of a file: live\.parse_st"
    )
    with pytest.raises(StatusError, match=told):
        parse_status("a/web.txt")
