"""Rows of status files, as people copy them: what is read, what is refused, and what is not known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from capset import DOCKER_DEFAULT, CapSet, CapState, Ids, display, documents, engines, kernel, live
from capset.errors import ArgumentError, DocumentError, FormatError, StatusError, TooLargeError
from capset.sets import THREAD_SETS
from tests.markup import checked

FILES = Path(__file__).parent.parent / "data" / "status"
FULL, DOCKER, BIND, NONE = "000001ffffffffff", "00000000a80425fb", "0000000000000400", "0" * 16
LABELS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")


def five(inherited=NONE, permitted=DOCKER, effective=DOCKER, bounding=DOCKER, ambient=NONE, *, between=":\t"):
    """Write the rows that grep Cap prints of a thread."""
    masks = (inherited, permitted, effective, bounding, ambient)
    return "".join(f"{label}{between}{mask}\n" for label, mask in zip(LABELS, masks, strict=True))


ROOT = CapState(permitted=DOCKER_DEFAULT, effective=DOCKER_DEFAULT, bounding=DOCKER_DEFAULT)

# What people paste of one process with all five rows, in shapes that are met in bug reports.
PASTES = {
    "as printed": five(),
    "blanks for tabs": five(between=":    "),
    "one blank": five(between=": "),
    "CRLF": five().replace("\n", "\r\n"),
    "indented": "".join(f"    {line}\n" for line in five().splitlines()),
    "quoted": "".join(f"> > {line}\n" for line in five().splitlines()),
    "a list": "".join(f"- `{line}`\n" for line in five().splitlines()),
    "a command": f"$ grep Cap /proc/self/status\n{five()}",
    "a prompt and more": f"root@6c1f0:/# cat /proc/1/status | grep Cap\n{five()}root@6c1f0:/# exit\n",
    "a command of the label": f"# grep -e CapEff: -e 'Cap' /proc/1/status\n{five()}",
    "awk": f"$ awk '/CapEff:/ {{print}}' /proc/1/status; grep Cap /proc/1/status\n{five()}",
    "a fence": f"Here it is:\n```\n{five()}```\n",
    "ellipses": f"Umask:\t0022\n[...]\n{five()}...\nCpus_allowed:\tff\n",
    "ellipses between": five().replace("CapBnd", "[...]\nCapBnd"),
    "one line": five().replace("\n", " "),
    "one line with commas": five(between=": ").replace("\n", ", "),
    "grep -n": "".join(f"{at}:{line}\n" for at, line in enumerate(five().splitlines(), 46)),
    "grep -H": "".join(f"/proc/1/status:{line}\n" for line in five().splitlines()),
    "grep -Hn": "".join(f"/proc/1/status:{at}:{line}\n" for at, line in enumerate(five().splitlines(), 46)),
    "compose logs": "".join(f"web-1  | {line}\n" for line in five().splitlines()),
    "timestamps": "".join(f"2026-11-27T10:00:00.{at}23Z {line}\n" for at, line in enumerate(five().splitlines())),
    "a table": "".join(f"| {line.replace(':', ' | ')} |\n" for line in five(between=": ").splitlines()),
    "equals signs": five(between="="),
    "no colon": five(between=" "),
    "comments": five().replace(f"{DOCKER}\nCapE", f"{DOCKER} # no CapBnd: x\nCapE").replace("\nCapA", " <- so\nCapA"),
    "capitals": five().upper().replace("CAPINH", "CapInh").replace("CAPPRM", "CapPrm").replace("CAPEFF", "CapEff")
    .replace("CAPBND", "CapBnd").replace("CAPAMB", "CapAmb"),
    "another order": "".join(reversed(five().splitlines(keepends=True))),
    "a row twice": five() + f"CapBnd:\t{DOCKER}\n",
    "no line break at the end": five().rstrip("\n"),
    "a byte order mark": "\ufeff" + five(),
}  # fmt: skip


@pytest.mark.parametrize("shape", PASTES)
def test_five_rows(shape):
    """Whatever stands around them, the same five sets; as a document too, and the same for bytes."""
    [rows] = live.parse_rows(PASTES[shape])

    assert rows.caps == ROOT
    assert (rows.assumed, rows.name, rows.uids, rows.no_new_privs) == ([], None, None, None)
    assert live.parse_rows(PASTES[shape].encode()) == [rows]
    [workload] = documents.read(PASTES[shape], "paste")
    assert (workload.dialect, workload.state, workload.says) == ("status", ROOT, THREAD_SETS)


def test_where_rows_are_from():
    """The line of the first, the file in front of them, and the process whose file it is."""
    [rows] = live.parse_rows(PASTES["a prompt and more"], source="paste")
    assert (rows.source, rows.line, rows.path, rows.pid) == ("paste", 2, "", None)
    first, second = live.parse_rows(
        f"/proc/41/task/43/status:CapEff:\t{NONE}\nweb:CapEff:\t{FULL}\n/proc/41/task/43/status:Name:\tx\n"
    )
    assert (first.path, first.tgid, first.pid, first.name) == ("/proc/41/task/43/status", 41, 43, "x")
    assert (second.path, second.pid, second.effective) == ("web", None, CapSet.all())
    [inside] = live.parse_rows(f"/proc/41/status:CapEff:\t{NONE}\n/proc/41/status:Pid:\t1\n")
    assert (inside.pid, inside.tgid) == (1, 41)
    [logged] = live.parse_rows(PASTES["compose logs"])
    assert logged.path == "web-1"


@pytest.mark.parametrize("path", sorted(FILES.glob("*.txt")), ids=lambda path: path.stem)
def test_a_whole_file(path):
    """What parse_status reads, and that a kernel without an ambient set has none."""
    status = live.parse_status(path.read_bytes())
    [rows] = live.parse_rows(path.read_bytes(), source="x")

    assert rows.whole
    assert rows.caps == status.caps
    for name in ("pid", "tgid", "ppid", "name", "uids", "gids", "groups", "no_new_privs", "seccomp"):
        assert getattr(rows, name) == getattr(status, name)
    assert rows.credentials() == status.credentials()
    assert bool(rows.assumed) is (rows.ambient is None)
    twice = live.parse_rows(path.read_bytes() * 2)
    assert [each.sets for each in twice] == [rows.sets] * 2


GVISOR = f"Name:\tsh\nState:\tR\nTgid:\t1\nPid:\t1\nPPid:\t0\nTracerPid:\t0\nThreads:\t1\n{five(DOCKER)}"
GVISOR = GVISOR.replace(f"CapAmb:\t{NONE}\n", "Seccomp:\t0\nMems_allowed:\t1\n")


def test_a_sandbox_that_says_no_ids():
    """gVisor prints no Uid for long, and never an ambient set, which it does not have."""
    [rows] = live.parse_rows(GVISOR)

    assert rows.whole
    held = dict.fromkeys(("effective", "permitted", "inheritable", "bounding"), DOCKER_DEFAULT)
    assert rows.caps == CapState(**held)
    assert rows.assumed == ["ambient is empty, as a kernel that prints no CapAmb line has no ambient set"]
    assert rows.uids is rows.gids is rows.groups is None


@pytest.mark.parametrize(
    "cut",
    [
        GVISOR.partition("Seccomp")[0],  # a file that ends there may have had a row more
        GVISOR.replace("Seccomp", "[...]\nSeccomp"),
        GVISOR.replace("PPid:\t0\n", ""),
        GVISOR.replace("Name:\tsh\n", ""),
    ],
)
def test_a_file_with_something_left_out(cut):
    """Then a row that is missing is not known."""
    [rows] = live.parse_rows(cut)

    assert not rows.whole
    assert "ambient" not in rows.sets
    with pytest.raises(StatusError, match="no CapAmb line; expected the ambient set: all five are needed"):
        _ = rows.caps


def test_what_is_missing_is_not_known():
    """Neither empty nor full; and what must be empty is said to be."""
    [rows] = live.parse_rows(f"CapPrm: {NONE}\nCapBnd: {DOCKER}\n", source="p")

    assert (rows.effective, rows.permitted, rows.inheritable) == (None, CapSet(), None)
    assert list(rows.sets) == ["effective", "permitted", "bounding", "ambient"]
    assert rows.assumed == [
        "effective is empty, as permitted is, and it is always a subset of that",
        "ambient is empty, as permitted is, and it is always a subset of that",
    ]
    assert rows.one("bounding") == DOCKER_DEFAULT
    with pytest.raises(StatusError) as raised:
        rows.one("inheritable")
    assert str(raised.value) == (
        "p: no CapInh line; expected the inheritable set beside CapEff, CapPrm, CapBnd, CapAmb"
    )
    with pytest.raises(ArgumentError, match="expected one of effective"):
        rows.one("x")
    [old] = live.parse_rows(five().partition("CapAmb")[0])  # a kernel before 4.3, or a row that was not copied
    assert old.assumed == ["ambient is empty, as inheritable is, and it is always a subset of that"]
    assert old.caps == ROOT


def test_several():
    """Each begins with its Name, or where the row comes again with which the last one began."""
    named = f"Name:\ta\nUid:\t5\t5\t5\t5\n{five()}"
    for text, names in (
        (five() + five(bounding=FULL), [None, None]),
        (f"$ grep Cap a\n{five()}\n$ grep Cap b\n{five(bounding=FULL)}", [None, None]),
        (five() + named, [None, "a"]),
        (named + named.replace("\ta", "\tb"), ["a", "b"]),
    ):
        first, second = live.parse_rows(text)
        assert [first.name, second.name] == names
        assert first.caps == ROOT
    assert (first.uids, live.parse_rows(five() + named)[0].uids) == (Ids(5, 5, 5, 5), None)
    effective = live.parse_rows(f"CapEff:\t{NONE}\nCapEff:\t{FULL}\nCapEff:\t{NONE}\n")
    assert [len(each.effective) for each in effective] == [0, 41, 0]


def test_bits_are_kept():
    """Those that nobody has named yet too."""
    [rows] = live.parse_rows("CapEff: 8000020000000001")

    assert rows.effective.mask == 1 << 63 | 1 << 41 | 1


CUT = (
    "expected 16 hexadecimal digits, as the kernel prints a mask: copy the row again if some are cut off, leave out "
    "what is no row, and write a mask of your own without a label, with 0x in front, got "
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("CapEff: 0000...", f"p:1: CapEff: {CUT}'0000...'"),
        ("CapEff: 00000000a80425fb…", f"p:1: CapEff: {CUT}'00000000a80425fb…'"),
        (f"CapEff: {DOCKER}...", f"p:1: CapEff: {CUT}'{DOCKER}...'"),
        ("x\nCapAmb: fffffffffffffff", f"p:2: CapAmb: {CUT}'fffffffffffffff'"),
        ("CapEff: 000001ffffffffff0", f"p:1: CapEff: {CUT}'000001ffffffffff0'"),
        ("CapEff:", f"p:1: CapEff: {CUT}''"),
        ("CapEff: ...", f"p:1: CapEff: {CUT}'...'"),
        ("CapEff: cap_chown", f"p:1: CapEff: {CUT}'cap_chown'"),
        ("CapEff: 0x3fffffffff", f"p:1: CapEff: {CUT}'0x3fffffffff'"),
        (five() + f"CapEff: {FULL}", f"p:6: CapEff: expected what line 3 says too; give each process by itself, or "
                                     f"with its Name in front, got '{FULL}'"),
        (f"the host has CapEff: {FULL}", "p:1: CapEff: expected a row by itself; leave out what stands in front of "
                                         f"CapEff, got 'the host has CapEff: {FULL}'"),
        (f"a Pid: b Pid: c Pid: d CapEff: {FULL}", "p:1: CapEff: expected a row by itself; leave out what stands in "
                                                   f"front of CapEff, got 'a Pid: b Pid: c Pid: d CapEff: {FULL}'"),
        (f"CapEff: {DOCKER} here, and CapPrm: {FULL}", "p:1: CapPrm: expected each row on a line of its own, got "
                                                       f"'CapEff: {DOCKER} here, and CapPrm: {FULL}'"),
        (f"CapEff: {DOCKER}\nUid: 1000 10", "p:2: Uid: expected four numbers, got '1000 10'"),
        (f"CapEff: {DOCKER}\nNoNewPrivs: yes", "p:2: NoNewPrivs: expected 0 or 1, got 'yes'"),
        ("Name:\tweb\n", "p: no CapEff line; expected a row of a capability set beside Name on line 1"),
        ("hello", "p: no CapEff line; expected a row such as CapEff: and 16 hexadecimal digits, as /proc/PID/status "
                  "has it"),
        ("", "p: no CapEff line; expected a row such as CapEff: and 16 hexadecimal digits, as /proc/PID/status has it"),
        ("a/status.txt", "p: no CapEff line; expected the rows of a status file; 'a/status.txt' looks like the name "
                         "of a file: live.parse_rows(Path('a/status.txt').read_bytes(), source='a/status.txt')"),
    ],
)  # fmt: skip
def test_what_is_refused(text, message):
    """Nothing that is cut off, contradicts or cannot be told is passed over; with place, value and remedy."""
    with pytest.raises(StatusError) as raised:
        live.parse_rows(text, source="p")

    assert str(raised.value) == message


def test_wrong_calls():
    """A type that is none, and a text without an end."""
    with pytest.raises(TypeError, match="expected rows of a status file as bytes or str, got 5"):
        live.parse_rows(5)
    with pytest.raises(TypeError, match="expected the name of a text as str, got 5"):
        live.parse_rows("", source=5)
    with pytest.raises(TooLargeError):
        live.parse_rows(" " * (2**24 + 1))


# -- what capset itself writes ------------------------------------------------------------------------


def test_what_capset_writes_is_read(run, host):
    """The JSON of show, ps and decode."""
    one = live.read(7, proc=host)
    for words in (("show", "7"), ("ps",), ("ps", "--group")):
        found = live.parse_rows(run(*words, "--proc", str(host), "--json")[1])
        assert {(each.pid, each.caps) for each in found} >= {(7, one.caps)}
    [shown] = live.parse_rows(run("show", "7", "--proc", str(host), "--json")[1])
    assert (shown.name, shown.uids, shown.no_new_privs, shown.groups) == ("cat", one.uids, None, ())
    assert {each.name for each in live.parse_rows(run("ps", "--group", "--proc", str(host), "--json")[1])} == {
        "sh",
        "cat",
    }
    [decoded] = live.parse_rows(run("decode", "--json", stdin=five())[1])
    assert decoded.caps == ROOT
    [whole] = live.parse_rows(run("decode", "--json", stdin=(host / "7/status").read_text())[1])
    assert (whole.name, whole.pid) == ("cat", 7)
    [rows] = live.parse_rows(five())
    assert live.parse_rows(json.dumps(rows.as_dict()))[0].sets == rows.sets
    partial = run("show", "-", "--json", stdin=f"CapEff: {DOCKER}")[1]
    assert live.parse_rows(partial)[0].sets == {"effective": DOCKER_DEFAULT}
    assert json.loads(partial)["caps"]["bounding"] is None
    [ran] = live.parse_rows(run("run", "docker", "--json")[1])
    assert ran.caps == engines.get("docker").container()


MASK = {"mask": DOCKER, "names": DOCKER_DEFAULT.names()}


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ('{"mask"', StatusError, "p:1: JSON: expected JSON of capset, and it cannot be read (Expecting ':' deli"),
        ('["mask", {}]', StatusError, "p: no CapEff line; expected the JSON of capset show, ps or decode, with"),
        ("[" * 100000 + '"mask"', StatusError, "p: no JSON line; expected JSON of capset, and it cannot be read (it"),
        (json.dumps([{"label": "0x1", **MASK}]), StatusError, "p: no CapEff line"),
        (json.dumps({"hidden": False, "processes": 5, "x": "mask"}), FormatError, "the processes: expected a list of"),
        (json.dumps({"hidden": False, "groups": [{}], "x": {"mask": 1}}), FormatError, "the processes: expected a li"),
        (json.dumps({"caps": {"effective": MASK}, "uids": 5}), FormatError, "StatusRows.uids: expected"),
        (json.dumps({"caps": {"effective": {"mask": "0"}}}), FormatError, "StatusRows.effective"),
    ],
)  # fmt: skip
def test_broken_json(text, error, message):
    """It is told where, and what was expected."""
    with pytest.raises(error) as raised:
        live.parse_rows(text, source="p")

    assert str(raised.value).startswith(message)


# -- what may be asked of rows -------------------------------------------------------------------------


def test_rows_for_engines_and_states():
    """Where five sets are wanted, they are taken."""
    [rows] = live.parse_rows(five())

    assert engines.recognise(rows) == engines.recognise(ROOT)
    assert not rows.diff(ROOT)
    assert not ROOT.diff(rows)
    [partial] = live.parse_rows(f"CapEff: {DOCKER}")
    for asked in (engines.recognise, ROOT.diff, partial.diff):
        with pytest.raises(StatusError, match="no CapInh line"):
            asked(partial if asked != partial.diff else ROOT)


def test_rows_for_the_kernel():
    """What no row says is assumed, and said so; a user is not."""
    [rows] = live.parse_rows(five(permitted=NONE, effective=NONE), source="p")
    told = kernel.why(rows.credentials(uid=1000), "chown")

    assert told.assumed[:6] == (
        "the four user ids are 1000",
        "the four group ids are 0",
        "there are no supplementary groups",
        "the securebits are 0, as a status file does not have them",
        "the user namespace is the initial one, as a status file does not say",
        "no_new_privs is not set, as no row says so",
    )
    with pytest.raises(StatusError) as raised:
        kernel.why(rows, "chown")
    assert str(raised.value) == "p: no Uid line; expected four numbers; or say which user it is: uid=1000"
    said = "Uid:\t5\t5\t5\t5\nGid:\t6\t6\t6\t6\nGroups:\t7\nNoNewPrivs:\t1\n"
    [more] = live.parse_rows(said + five(permitted=NONE, effective=NONE))
    cred = kernel.why(more, "chown").assumed
    assert cred[:2] == told.assumed[3:5]
    assert more.credentials().no_new_privs
    with pytest.raises(ArgumentError, match="a row Uid says which user it is, so none can be given, got 5"):
        more.credentials(uid=5)


def test_rows_are_shown():
    """What is known, and what is not."""
    [rows] = live.parse_rows(f"Name:\tw\x1b\nUid:\t5\t5\t5\t5\nCapEff: {DOCKER}\n")
    [thread] = live.parse_rows(f"/proc/7/task/8/status:CapPrm: {NONE}")
    [process] = live.parse_rows(f"/proc/7/status:CapPrm: {NONE}")
    [inner] = live.parse_rows(f"Pid: 3\nCapPrm: {NONE}")

    assert display.text(rows).splitlines() == [
        "A thread: w\\x1b",
        "user 5; group not known; no_new_privs unknown",
        f"effective: {', '.join(DOCKER_DEFAULT.names())}",
        *(f"{name}: not known" for name in THREAD_SETS[1:]),
    ]
    assert display.text(thread).splitlines()[0] == "Thread 8 of process 7"
    assert display.text(process).splitlines()[0] == "Process 7"
    assert display.text(inner).splitlines()[0] == "Thread 3"
    assert "effective is empty, as permitted is" in display.text(inner)
    assert checked(rows._repr_html_())
    assert "not known" in rows._repr_html_()
    assert "A thread: <bdi" in rows._repr_html_()
    assert checked(thread._repr_html_())
    elsewhere = live.StatusRows.from_dict({**rows.as_dict(), "user_ns": 5})
    assert "in user namespace 5, and counts only there and below" in display.text(elsewhere)


# -- as documents --------------------------------------------------------------------------------------


def test_rows_are_linted_and_converted():
    """What a process holds, and flags that give the same; what no row says is no guess."""
    text = f"Name:\tweb\nUid:\t0\t0\t0\t0\nGid:\t5\t5\t5\t5\nNoNewPrivs:\t1\n{five()}"
    [web] = documents.read(text, "s.txt")
    [outcome] = documents.lint(web).outcomes

    assert (web.name, web.user, web.line, outcome.gets, outcome.user) == ("web", "0:5", 1, ROOT, "0:5")
    assert documents.convert(web, "docker").text == "--user=0:5 --security-opt=no-new-privileges"
    assert documents.convert(web, "docker").losses == ()
    [some] = documents.read(f"CapEff: {DOCKER}", "s.txt")
    [outcome] = documents.lint(some).outcomes
    assert (some.name, some.user, some.says, outcome.said("bounding")) == ("", "", ("effective",), None)
    for to, message in (
        ("docker", "s.txt:1: no row says the bounding set, which docker needs: copy CapBnd too"),
        (
            "libcap",
            "s.txt:1: no row says the permitted and the inheritable set, which libcap needs: copy CapPrm, CapInh too",
        ),
    ):
        with pytest.raises(DocumentError) as raised:
            documents.convert(some, to)
        assert str(raised.value) == message
    [bounded] = documents.read(f"Uid: 5 5 5 5\nCapBnd: {BIND}", "s.txt")
    assert bounded.user == "5"
    assert documents.convert(bounded, "docker").text == "--cap-drop=ALL --cap-add=NET_BIND_SERVICE --user=5"


def test_what_is_no_status():
    """A comment in another document makes none of it; a broken row does not make it another document."""
    compose = '{"services": {"a": {"cap_add": ["KILL"], "x-note": "CapEff: 00000000a80425fb"}}}'

    assert documents.dialect_of(compose) == "compose"
    assert documents.dialect_of("CapEff: 0000") == "status"
    with pytest.raises(StatusError, match=r"-:1: CapEff: expected 16"):
        documents.read("CapEff: 0000")
    [each] = documents.read(json.dumps({"caps": {"effective": MASK}, "pid": 5}))
    assert (each.dialect, each.says) == ("status", ("effective",))


@pytest.mark.parametrize(
    ("text", "label", "meant"),
    [
        (f"CapPrm: {DOCKER}\nCapEf: 000001ffffffffff", "CapEf", "CapEff"),
        (f"CapEff: {DOCKER}\nCapBn:\t000001ffffffffff", "CapBn", "CapBnd"),
        (f"CapEff: {DOCKER}\nCapBdn 000001ffffffffff", "CapBdn", "CapBnd"),
        (f"CapEff: {DOCKER}\napBnd:\t000001ffffffffff", "apBnd", "CapBnd"),
        (f"CapEff: {DOCKER} CapBn=`000001ffffffffff`", "CapBn", "CapBnd"),
        (f"| CapEff | {DOCKER} | CapBnt | 000001ffffffffff |", "CapBnt", "CapBnd"),
        (f"CapPrm: {DOCKER}\ncapeff: 000001ffffffffff", "capeff", "CapEff"),
        (f"CapPrm: {DOCKER}\n/proc/1/status:CapEf:000001ff", "CapEf", "CapEff"),
        (f"CapPrm: {DOCKER}\nCapXyz: 000001ffffffffff", "CapXyz", "CapInh or CapPrm or CapEff or CapBnd or CapAmb"),
        ("CapEf: 000001ffffffffff Name: x", "CapEf", "CapEff"),
    ],
)
def test_a_label_that_is_misspelt(text, label, meant):
    """Its row would be lost, and with it what the thread has."""
    with pytest.raises(
        StatusError, match=f"{label}: expected a row of {meant}, with the label as the kernel"
    ) as caught:
        live.parse_rows(text)
    assert caught.value.field == label


def test_what_looks_like_no_label():
    """Other masks of a status file, the name of a process, and what people write of a mask."""
    others = f"SigCgt:\t{DOCKER}\nthat is Docker's default: {DOCKER}\nCap: 5\nCapEf\n"
    [rows] = live.parse_rows(f"Name:\tCap:deadbeef\n{others}CapEff:\t{DOCKER}\n")
    assert (rows.name, rows.sets) == ("Cap:deadbeef", {"effective": DOCKER_DEFAULT})
