"""What tools print: each line is read, or told of."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import pytest

from capset import Cap, CapSet, FileCaps, documents
from capset.documents import DIALECTS, RULES, Workload
from capset.engines import Request
from capset.errors import CapsetError, DialectError, DocumentError
from capset.formats import audit
from capset.formats.printed import names_of
from capset.printable import encoded
from capset.securebits import Securebits

KILL = CapSet(["kill"])
OF_FILES = ("effective", "permitted", "inheritable")
NET_RAW = CapSet(["net_raw"])


def read(text, dialect=None):
    """Read a text of one dialect, which is recognised as such."""
    found = documents.read(text, "x")
    assert dialect is None or {each.dialect for each in found} == {dialect}
    for each in found:
        again = Workload.from_dict(each.as_dict())
        assert again == each or (each.execution and each.execution.explanation.error)  # no exception equals another
        assert {problem.rule for problem in each.problems} <= set(RULES)
    return found


def told(workloads):
    """Return what is told of workloads, a message each."""
    return [problem.message for each in workloads for problem in each.problems]


def test_a_dialect_of_a_tool_is_a_value():
    assert pickle.loads(pickle.dumps(DIALECTS["pscap"])) == DIALECTS["pscap"]


# -- what all have in common ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "$ getcap -r /usr/bin",
        "$",
        "# getcap -r /usr/bin",
        "root@web:~# getcap -r /",
        "user@web ~ % getcap x",
        "[root@web ~]# getcap x",
        "[...]",
        "…",
        "...",
        "# a comment",
        "  \t",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_stands_between_lines(line, end):
    """Prompts, comments, ellipses and blank lines; and the ends of lines that Windows has."""
    found = read(f"{line}{end}/bin/a cap_kill=ep{end}{line}{end}{line}{end}/bin/b cap_kill=p{end}", "getcap")
    assert [(each.name, each.line) for each in found] == [("/bin/a", 2), ("/bin/b", 5)]
    assert told(found) == []


@pytest.mark.parametrize(
    ("text", "caps", "unknown"),
    [
        ("full", CapSet.all(), ()),
        ("none", CapSet(), ()),
        ("", CapSet(), ()),
        ("net_raw, KILL CAP_CHOWN,63", CapSet(["net_raw", "kill", "chown", 63]), ()),
        ("chown, next, 64, full, next", CapSet(["chown"]), ("next", "64", "full")),
    ],
)
def test_lists_of_names(text, caps, unknown):
    names = names_of(text)
    assert (names.caps, names.unknown) == (caps, unknown)


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ("/bin/x cap_kill\n/bin/a cap_kill=ep", "getcap"),
        ("/bin/a\tcap_kill=ep\n/bin/b", "rpm"),
        ("# file: a\nsecurity.capability=0x0100000220000000000000000000000000000000\nhello", "getfattr"),
        ("effective /bin/a kill\npermitted hello", "filecap"),
        ("Current: cap_kill=p\nBounding set =cap_kill\nhello", "capsh"),
        ("0x0000000000000020=cap_kill\nhello", "capsh-decode"),
        ("5: cap_kill=ep\nhello", "getpcaps"),
        ("ppid pid name command capabilities\n1 2 root a kill +\nhello", "pscap"),
        ("PID  EFFECTIVE CAPS\n1  KILL\nhello", "podman-top"),
        ("CapabilityBoundingSet=cap_kill\nAmbientCapabilities=\nUser=\nhello there", "systemctl"),
        ("avc:  denied  { kill } for pid=5 tclass=capability\nhello", "audit"),
        ("prctl(PR_CAPBSET_DROP, CAP_KILL) = 0\nhello", "strace"),
    ],
)
def test_a_line_that_is_not_understood_is_told(text, dialect):
    """Each of these has one; and what was not read is never taken for nothing."""
    found = read(text, dialect)
    lost = [each for each in found if any(problem.rule == "not-read" for problem in each.problems)]
    assert len(lost) == 1
    assert lost[0].not_known
    assert documents.lint(found).faults


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ("Bounding set =cap_kill,cap_next\nCurrent: =p\n", "capsh"),
        ("0x0000000000000020=cap_kill,cap_next\n", "capsh-decode"),
        ("1 2 root a kill, next +", "pscap"),
        ("effective /bin/a kill, next", "filecap"),
        ("PID  EFFECTIVE CAPS\n1  NEXT,KILL\n", "podman-top"),
        ("CapabilityBoundingSet=cap_kill cap_next\nAmbientCapabilities=\nUser=\n", "systemctl"),
        ("avc:  denied  { next } for pid=5 tclass=capability", "audit"),
        ("type=CAPSET msg=audit(1.0:5): pid=5 cap_pi=none cap_pp=kill,next cap_pe=none cap_pa=none", "audit"),
        ("prctl(PR_CAPBSET_DROP, CAP_NEXT) = 0", "strace"),
        ("capset({version=3, pid=0}, {effective=0, permitted=1<<CAP_NEXT, inheritable=0}) = 0", "strace"),
        ("/bin/a cap_next=ep", "getcap"),
        ("/bin/a\tcap_next=ep", "rpm"),
        ("5: cap_next=ep", "getpcaps"),
    ],
)
def test_a_name_of_no_capability_is_told(text, dialect):
    """Then it is not known what the sets are; the name is shown as it stands."""
    found = read(text, dialect)
    assert any("next" in message.lower() for message in told(found))
    assert any(each.not_known for each in found)
    with pytest.raises(CapsetError):
        documents.convert(found, "docker")


@pytest.mark.parametrize(
    ("text", "dialect", "names"),
    [
        ("$ evil cap_sys_admin=ep\n/b cap_kill=p\n", "getcap", ["$ evil", "/b"]),
        ("a@b:c# x cap_sys_admin=ep\n$ getcap -r / | grep cap_kill=p\n/b cap_kill=p\n", "getcap", ["a@b:c# x", "/b"]),
        ("$ evil\tcap_sys_admin=ep\n/b\tcap_kill=p\n# rpm -q --filecaps a\tb\n", "rpm", ["$ evil", "/b"]),
        ("COMMAND     EFFECTIVE CAPS\n$ evil      full\n$ podman top x\n", "podman-top", ["$ evil"]),
        ("%     812   root   sshd   kill +\n1     813   root   sshd   kill +\n", "pscap", ["", "pid 813, sshd"]),
        ("$ pscap\n1     813   root   sshd   kill +\n", "pscap", ["pid 813, sshd"]),
    ],
)
def test_what_looks_like_a_prompt_and_is_a_row(text, dialect, names):
    """A file and a command may be called anything, and are not lost for it."""
    assert [each.name for each in read(text, dialect)] == names


# -- program files ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "name", "caps"),
    [
        ("/usr/bin/ping cap_net_raw=ep", "/usr/bin/ping", FileCaps(permitted=NET_RAW, effective=True)),
        ("/usr/bin/ping = cap_net_raw+ep", "/usr/bin/ping", FileCaps(permitted=NET_RAW, effective=True)),
        ("/usr/bin/ping = cap_net_raw+p", "/usr/bin/ping", FileCaps(permitted=NET_RAW)),
        ("/usr/bin/ping =", "/usr/bin/ping", FileCaps()),
        ("ping =", "ping", FileCaps()),
        ("/a b = c:d cap_net_raw=i", "/a b = c:d", FileCaps(inheritable=NET_RAW)),
        ("./one=cap_kill+ep cap_net_raw=i", "./one=cap_kill+ep", FileCaps(inheritable=NET_RAW)),
        ("./a = cap_kill cap_net_raw=p", "./a = cap_kill", FileCaps(permitted=NET_RAW)),
        ("/a\tb cap_net_raw=p", "/a\tb", FileCaps(permitted=NET_RAW)),
        ("/a =ep cap_kill-ep", "/a", FileCaps(permitted=CapSet.all() - KILL, effective=True)),
        (
            "/a cap_chown=eip cap_kill+ei",
            "/a",
            FileCaps(permitted=["chown"], inheritable=["chown", "kill"], effective=True),
        ),
        ("/a cap_kill=p [rootid=100000]", "/a", FileCaps(permitted=KILL, rootid=100000)),
        ("/usr/bin/docker cap_kill=p", "/usr/bin/docker", FileCaps(permitted=KILL)),
        ("/a 41,cap_kill=p", "/a", FileCaps(permitted=["kill", 41])),
    ],
)
def test_getcap(line, name, caps):
    """Of both styles, with whatever a path may have."""
    [one] = read(line, "getcap")
    assert (one.name, one.file_caps, told([one])) == (name, caps, [])


def test_getcap_of_files_without_capabilities():
    """As with -v; a part of a name with a line break looks the same."""
    first, second = read("/bin/true\n/bin/a cap_kill=p", "getcap")
    assert (first.name, first.asks, second.file_caps.permitted) == ("/bin/true", None, KILL)
    assert told([first])[0].startswith("it names no capabilities: a file without any")


@pytest.mark.parametrize(
    "line", ["cap_kill=ep", "= cap_kill+ep", "=ep cap_kill-ep", "cap_kill=ep cap_chown=p", "cap_chown,cap_kill+i"]
)
def test_libcaps_text_is_no_line_of_getcap(line):
    assert documents.dialect_of(f"{line.lstrip('= ') if line[2:3] == 'c' else line}\n") == "libcap"


@pytest.mark.parametrize(
    ("line", "dialect"),
    [
        ("docker run --cap-add KILL web setcap cap_kill=ep", "docker"),
        ("sudo docker run -it web cap_kill=ep", "docker"),
        ("--cap-add KILL web cap_kill=ep", "docker"),
        ("0x0000000000000000=", "capsh-decode"),
        ("0x0=ep", "libcap"),
        ("812: =", "getpcaps"),
        ("Current: =ep", "capsh"),
        ("Capabilities for `5': = cap_kill+p", "getpcaps"),
        ("1 2 root a full +", "pscap"),
    ],
)
def test_what_looks_alike(line, dialect):
    assert documents.dialect_of(line) == dialect


def test_rpm():
    """Files without capabilities are the usual ones."""
    first, second = read("/usr/bin/a b\tcap_kill=p\n/usr/bin/true\t\n/usr/bin/old\t= cap_kill+ep\n", "rpm")
    assert (first.name, first.file_caps) == ("/usr/bin/a b", FileCaps(permitted=KILL))
    assert (second.name, second.file_caps.effective) == ("/usr/bin/old", True)
    [empty] = read("/usr/bin/a\t=\n", "rpm")
    assert empty.file_caps == FileCaps()


DIGITS = "0x0100000200200000000000000000000000000000"


@pytest.mark.parametrize(
    "value",
    [
        DIGITS,
        "0sAQAAAgAgAAAAAAAAAAAAAAAAAAA=",
        r'"\001\000\000\002\000 \000\000\000\000\000\000\000\000\000\000\000\000\000\000"',
        '"\x01\\000\\000\x02\\000 \\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000"',
    ],
)
def test_getfattr(value):
    r"""In each encoding; of text, what is no text stands there as it is. A name has \012 for a line break."""
    [one] = read(f"# file: a\\012b\\134c\nsecurity.capability={value}\nuser.x=0x00\n\n", "getfattr")[:1]
    assert (one.name, one.file_caps) == ("a\nb\\c", FileCaps(permitted=NET_RAW, effective=True))


def test_getfattr_of_a_text_that_lost_its_bytes():
    """A terminal shows no byte 1; so the text is too short, and is refused rather than taken for less."""
    *_, one, other = read('# file: a\nsecurity.capability="\\000\\000"\nsecurity.capability=hello\n', "getfattr")
    assert one.file_caps is None
    assert "getfattr -e text leaves out bytes that no terminal shows: take -e hex" in told([one])[0]
    assert "expected hexadecimal digits behind 0x, base64 behind 0s" in told([other])[0]
    for broken in ("0sA", "0xz", '"'):
        assert read(f"security.capability={broken}", "getfattr")[0].not_known
    [_, note] = read(f"security.capability={DIGITS}\nuser.x=1", "getfattr")
    assert told([note]) == ["another attribute, which has no capabilities"]


def test_filecap():
    """It shows what is permitted, and whether that is effective."""
    head = "set       file                 capabilities  rootid\n"
    first, second, third = read(
        f"{head}effective /bin/a b    chown, kill\npermitted /bin/c          full\neffective /bin/d    kill 1000\n",
        "filecap",
    )
    assert (first.name, first.file_caps) == ("/bin/a b", FileCaps(permitted=["chown", "kill"], effective=True))
    assert (second.file_caps.permitted, second.file_caps.effective) == (CapSet.all(), False)
    assert third.file_caps.rootid == 1000
    assert "may show the root id of another file" in told([third])[0]
    assert first.says == ("effective", "permitted")
    [outcome, *_] = documents.lint([first]).outcomes
    assert (outcome.said("effective"), outcome.said("inheritable")) == (CapSet(["chown", "kill"]), None)


# -- processes --------------------------------------------------------------------------------------

CAPSH = """\
Current: =ep cap_kill-ep
Bounding set =cap_chown,cap_kill
Ambient set =
Current IAB: !cap_kill
Securebits: 00/0x0/1'b0 (no-new-privs=0)
 secure-noroot: no (unlocked)
uid=1000(web) euid=1000(web)
gid=1000(web)
groups=
Guessed mode: HYBRID (4)
"""


def test_capsh():
    """What it prints of several threads too; with --current the bounding set is in the IAB tuple alone."""
    first, second = read(CAPSH + "Current: cap_kill=p\nCurrent IAB: ^cap_net_raw,!cap_chown\n", "capsh")
    assert (first.name, first.says) == ("user web", ("effective", "permitted", "inheritable", "bounding", "ambient"))
    assert first.state.bounding == CapSet(["chown", "kill"])
    assert second.state.bounding == CapSet.all() - {"chown"}
    assert (second.state.permitted, second.state.ambient) == (KILL, NET_RAW)
    assert told([first, second]) == []


def test_whom_capsh_shows():
    """Its effective ids, and whether it gains nothing; older releases do not say the latter."""
    [one] = read(CAPSH.replace("euid=1000", "euid=5"), "capsh")
    assert (one.user, one.no_new_privs) == ("5:1000", False)
    [bound] = read(CAPSH.replace("no-new-privs=0", "no-new-privs=1"), "capsh")
    assert (bound.user, bound.no_new_privs) == ("1000:1000", True)
    [older] = read("Current: =ep\nSecurebits: 00/0x0/1'b0\nuid=0(root)\n", "capsh")
    assert (older.user, older.no_new_privs) == ("0", None)
    assert documents.convert(bound, "oci").text.count("1000") == 2
    [request] = documents.read("docker run --security-opt no-new-privileges web")
    assert request.no_new_privs is True


def test_capsh_with_a_broken_line():
    """Of the thread it is not known then what it has."""
    lost, thread = read("Current: cap_kill=p\nCurrent IAB: cap_nothing\n", "capsh")
    assert "did you mean" in told([lost])[0] or "expected" in told([lost])[0]
    assert thread.not_known == "a line of it was not understood"
    assert len(documents.read("uid=0(root)\nCurrent IAB: cap_x\n", dialect="capsh")) == 1


def test_capsh_decode():
    """The mask counts, bits without a name too."""
    [one] = read("0xffffffffffffffff=" + ",".join(map(str, CapSet.from_mask(2**64 - 1))).lower(), "capsh-decode")
    assert one.state.effective.mask == 2**64 - 1
    [other] = read("0x0000000000000021=cap_kill", "capsh-decode")
    assert other.not_known == "the mask and its names are not the same"


@pytest.mark.parametrize(
    ("line", "bounding", "ambient"),
    [
        ("812: cap_kill=p", None, None),
        ("Capabilities for `812': = cap_kill+p", None, None),
        ("Capabilities for '812': cap_kill=p", None, None),
        ('812: "cap_kill=p" [^cap_net_raw,!cap_chown]', CapSet.all() - {"chown"}, NET_RAW),
    ],
)
def test_getpcaps(line, bounding, ambient):
    [one] = read(line, "getpcaps")
    assert (one.name, one.state.permitted, told([one])) == ("pid 812", KILL, [])
    assert ("bounding" in one.says) == (bounding is not None)
    if bounding is not None:
        assert (one.state.bounding, one.state.ambient) == (bounding, ambient)


def test_pscap():
    """The marks: + of a bounding set that holds anything, @ of an ambient one, * of another user namespace."""
    head = "ppid  pid   name        command             capabilities\n"
    rows = read(
        f"{head}1     2     root        a b                 kill, chown +\n1  3  web  c *   net_raw @ +\n1 4 0 d kill\n"
        "0     1     root        init                full\n5 6 root e none",
        "pscap",
    )
    assert [each.name for each in rows] == ["pid 2, a b", "pid 3, c", "pid 4, d", "pid 1, init", "pid 6, e"]
    assert [each.says for each in rows] == [
        ("permitted",),
        ("permitted",),
        ("permitted", "bounding"),
        ("permitted",),
        ("permitted", "bounding"),
    ]
    assert rows[2].state.bounding == CapSet()
    assert rows[3].state.permitted == CapSet.all()
    assert told(rows) == ["the process is in another user namespace, and its capabilities count in that alone"]
    conversion = documents.convert(rows[0], "libcap")
    assert [loss.rule for loss in conversion.losses] == ["not-said", "left-out"][:1]
    assert "does not say effective, inheritable" in conversion.losses[0].message
    for line in ("1 2 root kill", "1 2 root a hello", "x"):
        with pytest.raises(DialectError):
            documents.read(line, "x")


def test_podman_top():
    """Columns by their names, in any order; a second header begins another table."""
    text = "USER  PID  EFFECTIVE CAPS  BOUNDING CAPS\nroot  1  KILL  KILL,NET_RAW\nAMBIENT CAPS\nnone\n"
    text += "COMMAND\tPERMITTED CAPS\na\tfull\n"
    first, second, third = read(text, "podman-top")
    assert (first.name, first.state.effective, first.state.bounding) == ("pid 1", KILL, KILL | NET_RAW)
    assert (second.state.ambient, second.says) == (CapSet(), ("ambient",))
    assert (third.name, third.state.permitted) == ("a", CapSet.all())
    assert "INHERITED" not in first.says


TOP = "PID         COMMAND     EFFECTIVE CAPS  HPID\n"
UNKNOWN = "unknown,unknown,unknown"
LATER = ["perfmon", "bpf", "checkpoint_restore"]


@pytest.mark.parametrize(
    ("row", "name", "effective"),
    [
        ("1           a  b\tc      KILL            77", "pid 1, a  b\tc", KILL),
        ("1           a  KILL     KILL            77", "pid 1, a  KILL", KILL),
        ("1  a  KILL  77", "pid 1, a", KILL),
        ("1\ta\tKILL\t77", "pid 1, a", KILL),
        ("1                       KILL            77", "pid 1", KILL),
    ],
)
def test_rows_of_podman_top(row, name, effective):
    """Columns are where the header has them, whatever stands in a command; or else between blanks."""
    [one] = read(TOP + row, "podman-top")
    assert (one.name, one.state.effective) == (name, effective)


@pytest.mark.parametrize(
    "row",
    [
        "1           a           KILL            NET_RAW  77",  # a command with a tab in it, which moves what follows
        "1           a           KILL CHOWN      77",
        "1           a                           77",
        "1 a KILL 77",
        "b",
    ],
)
def test_rows_of_no_table(row):
    [one] = read(TOP + row, "podman-top")
    assert one.not_known == "the line was not understood"


@pytest.mark.parametrize(
    ("cell", "caps", "message", "known"),
    [
        (f"KILL,{UNKNOWN}", CapSet(["kill", *LATER]), "three that it calls", True),
        ("KILL,unknown,unknown", KILL, "does not say which one it is", False),
        (f"KILL,BPF,{UNKNOWN}", KILL | CapSet(["bpf"]), "does not say which one it is", False),
        (f"KILL,next,{UNKNOWN}", CapSet(["kill", *LATER]), "capset knows no capability 'next'", False),
        ("full", CapSet.all(), "its full set may lack these", True),
    ],
)
def test_what_podman_has_no_name_for(cell, caps, message, known):
    """It says how many there are; which they are is known where there are as many as its older list lacks."""
    [one] = read(f"EFFECTIVE CAPS\n{cell}\n", "podman-top")
    assert one.state.effective == caps
    assert any(message in each for each in told([one]))
    assert (one.not_known == "") is known


SHOWN = "Id={}.service\nCapabilityBoundingSet={}\nAmbientCapabilities={}\nUser={}\n"


def test_systemctl_show():
    """The properties of units, between blank lines or not; what is not shown is not known."""
    everything = " ".join(map(str, CapSet.all())).lower()
    first, second = read(
        SHOWN.format("a", everything, "", "") + "SecureBits=0\nRestart=no\n\n"
        "Type=simple\nDynamicUser=yes\nNoNewPrivileges=yes\n" + SHOWN.format("b", "cap_kill", "cap_kill", "web"),
        "systemctl",
    )
    assert (first.name, first.unit.bounding, first.user, first.not_known) == ("a.service", None, "root", "")
    assert (second.name, second.unit.ambient, second.unit.no_new_privs) == ("b.service", KILL, True)
    assert documents.convert(first, "docker").text == "--cap-add=ALL --user=0" or first.unit.uid == 0
    three = read(
        SHOWN.format("a", "", "", "") + SHOWN.format("b", "cap_kill", "", "5") + "SecureBits=16\n", "systemctl"
    )
    assert [each.unit.bounding for each in three] == [CapSet(), KILL]
    assert three[1].unit.securebits == Securebits.KEEP_CAPS
    assert read(SHOWN.format("a", "", "", "") + "SecureBits=\n", "systemctl")[0].unit.securebits == Securebits(0)


@pytest.mark.parametrize(
    ("lines", "not_known"),
    [
        ("CapabilityBoundingSet=cap_kill\nAmbientCapabilities=", "User= is not shown"),
        ("AmbientCapabilities=cap_kill\nUser=", "CapabilityBoundingSet= is not shown"),
        ("AmbientCapabilities=cap_kill", "CapabilityBoundingSet= and User= are not shown"),
        ("CapabilityBoundingSet=\nAmbientCapabilities=\nUser=\nDynamicUser=maybe", "expected yes or no"),
        ("CapabilityBoundingSet=\nAmbientCapabilities=\nUser=\nSecureBits=x", "SecureBits= is a number"),
    ],
)
def test_what_systemctl_does_not_show(lines, not_known):
    """Nothing is made of it, and least of all everything."""
    [one] = read(lines, "systemctl")
    assert one.not_known.startswith(not_known)
    assert not documents.lint([one]).outcomes[0].known
    with pytest.raises(DocumentError, match="what is asked for is not known"):
        documents.convert(one, "libcap")


def test_lines_that_systemctl_does_not_print():
    """Nor is anything made of them for one who says that it did."""
    [one] = documents.read("hello there\nand more\n", dialect="systemctl")
    assert len(told([one])) == 2
    assert one.not_known
    [other] = documents.read("Type=simple\n", dialect="systemctl")
    assert other.not_known == "CapabilityBoundingSet= and AmbientCapabilities= and User= are not shown"
    first, second = documents.read("a b\nUser=\n\nUser=\nc d\n", dialect="systemctl")
    assert [told([first]), told([second])] == [
        ["this line was not understood: 'a b'"],
        ["this line was not understood: 'c d'"],
    ]


def test_what_of_systemctl_is_not_counted():
    """It is told as of a unit; what is not set is not told."""
    [one] = read(SHOWN.format("a", "", "", "") + "PrivateUsers=yes\nPAMName=\n", "systemctl")
    assert told([one]) == ["not counted here: the capabilities count in a user namespace of its own alone"]
    assert (one.problems[0].line, one.not_known) == (5, "")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("RestrictAddressFamilies=AF_%n", "systemd passes over 'AF_%n': a family is one such as AF_UNIX"),
        ("RestrictAddressFamilies=AF_X AF_%%", "systemd passes over 'AF_%%': a family is one such as AF_UNIX"),
        ("SystemCallFilter=%x", "systemd passes over '%x', which it does not know"),
    ],
)
def test_what_systemctl_shows_and_systemd_does_not_know(line, message):
    """It is told as it is shown: a percent sign there begins no specifier."""
    [one] = read(SHOWN.format("a", "", "", "") + line, "systemctl")
    assert message in told([one])
    assert {problem.value for problem in one.problems} == {line.partition("=")[2]}


UNSET = f"SystemCallFilter=~\nRestrictAddressFamilies=~\nRestrictNamespaces=no\nDelegateNamespaces={2**64 - 1}\n"


@pytest.mark.parametrize(
    ("line", "filters"),
    [
        (UNSET, ""),
        ("SystemCallFilter=_llseek access capget capset prctl\n", "kept"),
        ("SystemCallFilter=~capset prctl\n", "no_new_privs"),
        ("RestrictAddressFamilies=\n", "kept"),
        ("RestrictNamespaces=cgroup ipc\n", "kept"),
        ("PrivateDevices=yes\n", "kept"),
        ("PrivateDevices=no\nSystemCallArchitectures=\n", ""),
        ("ProtectHostname=yes\nProtectHostnameEx=[unprintable]\n", "kept"),
    ],
)
def test_filters_that_systemctl_shows(line, filters):
    """They mean what they do in a unit; which release it is, is not shown, and can be said."""
    [one] = read(SHOWN.format("a", "", "", "5") + "NoNewPrivileges=no\n" + line, "systemctl")
    assert (one.unit.filters, told([one])) == (filters, [])
    [outcome] = documents.lint(one, systemd=252).outcomes
    assert outcome.workload.unit.gains_nothing(5) is bool(filters)


@pytest.mark.parametrize(
    ("user", "line", "not_known"),
    [
        ("5", "ExecStartEx={{ path=/x ; argv[]=/x ; flags=privileged ; {}", "its command has + in front, and other"),
        ("5", "ExecStartEx={{ path=/x ; argv[]=/x ; flags=ignore-failure no-setuid ; {}", "its command has ! in front"),
        ("5", "ExecStopEx={{ path=/x ; argv[]=/x ; flags=privileged ; {}", ""),
        ("5", "ExecStartEx={{ path=/x ; argv[]=/x ; flags=no-setuid ; y ; flags= ; {}", ""),
        ("5", "ExecStart={{ path=/x ; argv[]=/x ; ignore_errors=no ; {}", ""),
        ("", "ExecStartEx={{ path=/x ; argv[]=/x ; flags=no-setuid ; {}", ""),
    ],
)
def test_commands_that_systemctl_shows(user, line, not_known):
    """What stands in front of a command counts as in a unit, where the unit takes anything away."""
    shown = line.format("start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }")
    [one] = read(SHOWN.format("a", "cap_kill", "", user) + shown + "\n", "systemctl")
    assert one.not_known.startswith(not_known)
    assert bool(one.not_known) == bool(not_known)
    assert [each.verdict for each in one.problems] == (["depends"] if not_known else ["note"] * ("Stop" in line))


EXEC = "{0}={{ path=/x ; argv[]={1} ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; status=0/0 }}\n"
EXEC_EX = EXEC.replace("{0}", "{0}Ex").replace("ignore_errors=no", "flags={2}")


def test_containers_that_units_start():
    """They are told, and what they get is not known: where words end is not shown."""
    start = ("ExecStart", "/usr/bin/docker run --name web --privileged img")
    shell = ("ExecStop", "/bin/sh -c cd / ; docker run -u 0 img")
    shown = "".join(each.format(*command, "") for command in (start, shell) for each in (EXEC, EXEC_EX))
    text = SHOWN.format("a", "cap_kill", "", "5") + shown + EXEC.format("ExecStopPost", "/usr/bin/podman run --foo img")

    assert documents.dialect_of(text) == documents.dialect_of(shown + text) == "systemctl"
    unit, docker, stop, podman = documents.read(text)
    assert (unit.not_known, [problem.rule for problem in unit.problems]) == ("", ["container-client"])
    assert (docker.dialect, docker.label, docker.line) == ("docker", "a.service: web", 5)
    assert (docker.request, docker.not_known) == (Request(privileged=True), docker.problems[0].message)
    assert docker.not_known.startswith("systemctl shows no quotes, and so where its words end is not known")
    assert (stop.request, stop.not_known, stop.line) == (None, "it cannot be read", 7)
    assert (podman.dialect, podman.not_known, podman.line) == ("podman", "it cannot be read", 9)
    assert [each.gets for each in documents.lint([docker, stop, podman], systemd=252).outcomes] == [None] * 3


def test_commands_that_are_cut_off():
    text = SHOWN.format("a", "", "", "") + "ExecStart={ path=/x ; argv[]=podman run a"
    _, container = documents.read(text)
    assert [problem.rule for problem in container.problems] == ["limited-client", "not-read"]
    assert documents.dialect_of("ExecStart=docker\n" + SHOWN.format("a", "", "", "")) == "systemctl"


def test_several_commands_of_one_key():
    """Each has a line of its own, and the signs of all count."""
    shown = EXEC_EX.format("ExecStart", "/x", "") + EXEC_EX.format("ExecStart", "/y", "privileged")
    [one] = read(SHOWN.format("a", "cap_kill", "", "5") + shown, "systemctl")
    assert one.not_known.startswith("its command has + in front")


def test_a_program_is_no_value():
    """What stands behind = is none, whatever its path ends with."""
    for line in (
        "argv[]=/usr/bin/docker run x",
        "argv[]=/usr/bin/sudo docker run x",
        "argv[]=/bin/sh -c 'docker run x'",
    ):
        with pytest.raises(DialectError):
            documents.read(f"{line}\n")


def test_a_command_of_a_unit_that_takes_nothing():
    shown = "ExecStartEx={ path=/x ; argv[]=/x ; flags=privileged ; start_time=[n/a] ; stop_time=[n/a] }\n"
    everything = " ".join(map(str, CapSet.all())).lower()
    [one] = read(SHOWN.format("a", everything, "", "") + shown, "systemctl")
    assert (one.not_known, one.problems) == ("", ())


# -- strace -----------------------------------------------------------------------------------------


def call(effective, permitted="0", inheritable="0", result="0", name="capset", version="_LINUX_CAPABILITY_VERSION_3"):
    """Write a call as strace prints it."""
    sets = f"{{effective={effective}, permitted={permitted}, inheritable={inheritable}}}"
    return f"{name}({{version={version}, pid=0}}, {sets}) = {result}\n"


HIGH = CapSet.from_mask(0xFFFFFFFF << 32)


@pytest.mark.parametrize(
    ("text", "caps"),
    [
        ("0", CapSet()),
        ("1<<CAP_KILL|1<<CAP_BPF", CapSet(["kill", "bpf"])),
        ("CAP_KILL|CAP_BPF", CapSet(["kill", "bpf"])),
        ("0x200 /* CAP_??? */", CapSet([41])),
        ("1<<CAP_CHOWN|1<<CAP_MAC_OVERRIDE|0xfffffffe", HIGH | {"chown"}),
        ("0xfeffffff|0x1ff", CapSet.from_mask(0x1FFFEFFFFFF)),
        ("0x1 /* 1<<CAP_CHOWN */|0x3 /* 1<<CAP_MAC_OVERRIDE|1<<CAP_MAC_ADMIN */", CapSet([0, 32, 33])),
        ("0x3 /* 1<<CAP_MAC_OVERRIDE|1<<CAP_MAC_ADMIN */", CapSet([32, 33])),
    ],
)
def test_sets_as_strace_prints_them(text, caps):
    """Names, and numbers for what has none; a trace of -X verbose has both."""
    [one] = read(call(text), "strace")
    assert (one.name, one.state.effective, told([one])) == ("capset", caps, [])


@pytest.mark.parametrize("text", ["0x200", "1<<CAP_KILL|0x200", "0x1|0x2|0x3", "1<<", "0x1x", "CAP_KILL CAP_CHOWN"])
def test_sets_that_are_not_known(text):
    """Of a lone number nobody can tell which half of a set it is."""
    [one] = read(call(text), "strace")
    assert one.state is None
    assert one.not_known


def test_who_calls():
    """With -f and -o, and with times; calls in pieces are put together."""
    lines = (
        f"[pid    7] {call('0')}12:00:01.5 {call('0', name='capget')}8     1700000000.25 {call('0')}"
        "7 capget({version=_LINUX_CAPABILITY_VERSION_3, pid=0},  <unfinished ...>\n7 +++ exited with 0 +++\n"
        "9 getpid( <unfinished ...>\n"
        "7 <... capget resumed>{effective=1<<CAP_KILL, permitted=1<<CAP_KILL, inheritable=0}) = 0\n"
        "5 <... capget resumed>NULL) = 0\n4 capset({version= <unfinished ...>\nstrace: Process 5 attached\n"
        '--- SIGCHLD {si_signo=SIGCHLD} ---\nexecve("/a", ["b"]) = 0\n'
    )
    found = read(lines, "strace")
    assert [each.name for each in found] == ["pid 7, capset", "capget", "pid 8, capset", "pid 7, capget", ""]
    assert found[3].state.effective == KILL
    assert told(found) == ["this line was not understood: '4 capset({version= <unfinished ...>'"]


def test_calls_that_fail():
    """They leave the sets as they are; what is missing is said where that is certain."""
    eperm = "-1 EPERM (Operation not permitted)"
    first, second, third, fourth = read(
        call("0", result=eperm) + f"prctl(PR_CAPBSET_DROP, CAP_KILL) = {eperm}\n"
        f"prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0) = {eperm}\n"
        "capset(NULL, NULL) = -1 EFAULT (Bad address)\ncapget({version=3, pid=0}, NULL) = 0\n",
        "strace",
    )
    assert first.not_known == "capset failed with EPERM, so that the sets stay as they were"
    assert told([second])[0].startswith("PR_CAPBSET_DROP of CAP_KILL failed with EPERM: CAP_SETPCAP is missing, so")
    assert told([third])[0].startswith("PR_CAP_AMBIENT_RAISE of CAP_KILL failed with EPERM, so")
    assert told([fourth])[0].startswith("capset failed with EFAULT")
    with pytest.raises(DocumentError, match="what is asked for is not known"):
        documents.convert([first], "docker")
    with pytest.raises(DocumentError, match="there are no sets in it"):
        documents.convert([second], "docker")


def prctl(*words, result="0"):
    return f"prctl({', '.join(words)}) = {result}\n"


PART = "the trace shows a part of the ambient set:"
EINVAL = "-1 EINVAL (Invalid argument)"


def test_sets_that_a_trace_asks_for():
    """Where every capability is asked for, the set is known; else what is known of it is told."""
    every = "".join(prctl("PR_CAPBSET_READ", str(cap), result=str(int(cap != Cap.KILL))) for cap in CapSet.all())
    [one] = read(every + prctl("PR_CAPBSET_READ", "0x29 /* CAP_??? */", result=EINVAL), "strace")
    assert (one.name, one.state.bounding, one.says, one.not_known) == (
        "bounding",
        CapSet.all() - KILL,
        ("bounding",),
        "",
    )
    drop = prctl("0x18 /* PR_CAPBSET_DROP */", "0xd /* CAP_NET_RAW */") + prctl(
        "PR_CAPBSET_READ", "CAP_KILL", result="1"
    )
    [part] = read(drop, "strace")
    assert part.not_known == "the trace shows a part of the bounding set: it has CAP_KILL, and it lacks CAP_NET_RAW"
    ambient = prctl("PR_CAP_AMBIENT", "PR_CAP_AMBIENT_CLEAR_ALL", "0", "0", "0")
    [clear] = read(ambient, "strace")
    assert (clear.state.ambient, clear.says, clear.not_known) == (CapSet(), ("ambient",), "")
    raised = prctl("PR_CAP_AMBIENT", "PR_CAP_AMBIENT_RAISE", "CAP_KILL", "0", "0")
    first, second = read(raised + 'execve("/a", []) = 0\n' + ambient, "strace")
    assert first.not_known == "the trace shows a part of the ambient set: it has CAP_KILL"
    assert second.not_known == ""
    [failed] = read(prctl("PR_CAP_AMBIENT", "PR_CAP_AMBIENT_CLEAR_ALL", result=EINVAL) + drop, "strace")
    assert failed.name == "bounding"
    lower = prctl("PR_CAP_AMBIENT", "PR_CAP_AMBIENT_LOWER", "0xffffffff") + prctl("PR_SET_NAME", '"x"')
    assert read(lower, "strace")[0].not_known == f"{PART} it lacks what is no capability"
    assert read(prctl("PR_CAPBSET_READ", "99", result=EINVAL) + raised, "strace")[0].name == "ambient"


@pytest.mark.parametrize(
    "line",
    [
        prctl("PR_CAPBSET_DROP"),
        prctl("PR_CAPBSET_DROP", "CAP_NOTHING"),
        "capset({version=3, pid=0}, {effective=0) = 0",
        "capset({version=3",
    ],
)
def test_calls_that_are_not_understood(line):
    found = read(f"{line}\n{call('0')}", "strace")
    assert any(each.not_known for each in found)


# -- audit ------------------------------------------------------------------------------------------

AVC = (
    'type=AVC msg=audit(1364481363.243:24287): avc:  denied  { net_admin } for  pid=2465 comm="httpd" capability=12  '
    "scontext=system_u:system_r:httpd_t:s0 tcontext=system_u:system_r:httpd_t:s0 tclass=capability permissive=0"
)
APPARMOR = (
    '[  101.5] audit: type=1400 audit(1700000000.100:7): apparmor="DENIED" operation="capable" class="cap" '
    'profile="docker-default" pid=1234 comm="mount" capability=21  capname="sys_admin"'
)


HTTPD = ", whose own sets had it: the policy for httpd_t has to allow it, adding the capability changes nothing"
DOCKER = HTTPD.replace("policy for httpd_t", "profile docker-default")


def test_avc():
    """Who was refused what, by whom, and over which user namespace."""
    [one] = read(AVC, "audit")
    [check] = one.checks
    assert (check.cap, check.granted, check.module, check.pid, check.comm) == (
        Cap.NET_ADMIN,
        False,
        "SELinux",
        2465,
        "httpd",
    )
    assert (check.namespace, check.enforced, check.line) == ("initial", True, 1)
    assert check.context == "system_u:system_r:httpd_t:s0"
    assert told([one]) == ["SELinux refused CAP_NET_ADMIN to httpd (pid 2465)" + HTTPD]
    assert (one.name, one.asks) == ("pid 2465, httpd", None)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (APPARMOR, "AppArmor refused CAP_SYS_ADMIN to mount (pid 1234)" + DOCKER),
        (APPARMOR.replace("DENIED", "ALLOWED"), "AppArmor would have refused CAP_SYS_ADMIN to mount (pid 1234)"),
        (APPARMOR.replace("DENIED", "AUDIT"), "AppArmor granted CAP_SYS_ADMIN to mount (pid 1234)"),
        (APPARMOR.replace('  capname="sys_admin"', ""), "AppArmor refused CAP_SYS_ADMIN to mount (pid 1234)" + DOCKER),
        (APPARMOR.replace("sys_admin", "next"), "AppArmor refused CAP_SYS_ADMIN to mount (pid 1234)" + DOCKER),
        (
            APPARMOR.replace("=21", "=0").replace("sys_admin", "chown"),
            "AppArmor refused CAP_CHOWN to mount (pid 1234)" + DOCKER,
        ),
        (APPARMOR.partition("): ")[2], "AppArmor refused CAP_SYS_ADMIN to mount (pid 1234)" + DOCKER),
        (AVC.replace("permissive=0", "permissive=1"), "SELinux would have refused CAP_NET_ADMIN to httpd (pid 2465)"),
        (AVC.replace("denied", "granted"), "SELinux granted CAP_NET_ADMIN to httpd (pid 2465)"),
        (
            AVC.replace("tclass=capability", "tclass=cap_userns"),
            "SELinux refused CAP_NET_ADMIN to httpd (pid 2465) over another user namespace than the initial one"
            + HTTPD.replace("whose own sets had it", "which had it there"),
        ),
        (AVC.replace('"httpd"', "612062"), "SELinux refused CAP_NET_ADMIN to a b (pid 2465)" + HTTPD),
        (AVC.replace('comm="httpd"', 'exe="/bin/a"'), "SELinux refused CAP_NET_ADMIN to /bin/a (pid 2465)" + HTTPD),
        (AVC.replace('pid=2465 comm="httpd"', ""), "SELinux refused CAP_NET_ADMIN to a thread" + HTTPD),
        (f"Nov 28 05:31:19 web kernel: audit: {AVC[9:]}", "SELinux refused CAP_NET_ADMIN to httpd (pid 2465)" + HTTPD),
        (f"audit[2465]: AVC {AVC.partition('): ')[2]}", "SELinux refused CAP_NET_ADMIN to httpd (pid 2465)" + HTTPD),
        (
            AVC.replace("{ net_admin }", "{ bpf next }")
            .replace("capability=12", "")
            .replace("capability ", "capability2 "),
            "SELinux refused CAP_BPF to httpd (pid 2465)" + HTTPD,
        ),
    ],
)
def test_answers_of_security_modules(line, text):
    found = read(line, "audit")
    assert told(found)[0] == text


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (AVC.replace("tcontext=", "").replace("system_u:system_r:httpd_t:s0", "x"), "the policy for x has"),
        (re.sub(r"[st]context=\S+", "", AVC), "whose own sets had it: the policy has to allow it"),
        (APPARMOR.replace('profile="docker-default"', ""), "whose own sets had it: the profile has to allow it"),
        # These two a module also asks of itself, without the thread's own sets.
        (
            AVC.replace("net_admin", "sys_tty_config").replace("=12", "=26"),
            "may have it or not: the policy for httpd_t",
        ),
        (APPARMOR.replace("sys_admin", "sys_ptrace").replace("=21", "=19"), "may have it or not: the profile docker"),
    ],
)
def test_what_a_refusal_means(line, text):
    assert text in told(read(line, "audit"))[0]


def test_the_call_beside_a_refusal():
    """The record SYSCALL of the same event says who was refused."""
    call = (
        "type=SYSCALL msg=audit(1364481363.243:24287): syscall=165 success=no exit=-1 pid=2465 auid=1000 uid=1000 "
        'gid=1000 euid=0 egid=0 comm="httpd" exe="/usr/sbin/httpd"'
    )
    [one] = read(f"{AVC}\n{call}\n", "audit")
    [check] = one.checks
    assert (check.exe, check.uid, check.domain, check.held, one.user) == ("/usr/sbin/httpd", 0, "httpd_t", True, "0")
    assert told([one]) == [f"SELinux refused CAP_NET_ADMIN to httpd (pid 2465, user 0, /usr/sbin/httpd){HTTPD}"]
    bare_record = AVC.replace("pid=2465 ", "").replace('comm="httpd"', "")
    [bare] = read(f"{bare_record}\n{call}\n", "audit")
    assert told([bare]) == told([one])
    [other] = read(f"{AVC}\n{call.replace('24287', '1')}\n", "audit")[:1]
    assert (other.checks[0].uid, other.user) == (None, "")


def test_a_refusal_is_no_set():
    """Neither lint nor convert makes one of it."""
    found = read(f"{AVC}\n{APPARMOR}\n", "audit")
    report = documents.lint(found)
    assert [each.rule for each in report] == ["refused-check"] * 2
    assert {str(each) for each in report.outcomes} == {
        "not known: it tells what was asked of a thread's capabilities, and not which sets the thread has"
    }
    with pytest.raises(DocumentError, match="there are no sets in it; pid 2465, httpd: refused check: SELinux refused"):
        documents.convert(found, "docker")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (AVC.replace("{ net_admin }", "{ }"), "expected the name of a capability"),
        (APPARMOR.replace("DENIED", "HINT"), "expected one of DENIED, KILLED, ALLOWED, AUDIT"),
        (APPARMOR.partition(" capability=")[0], "expected the name of a capability"),
    ],
)
def test_answers_that_are_not_understood(line, message):
    [one] = read(line, "audit")
    assert message in told([one])[0]
    assert one.not_known


def test_records_about_something_else():
    """They are counted in a note, so that nobody thinks that they were read."""
    other = AVC.replace("tclass=capability", "tclass=file").replace("net_admin", "read").replace("24287", "8")
    mount = APPARMOR.replace('"capable"', '"mount"').replace(":7)", ":9)")
    found = read(f"{AVC}\n{other}\n----\ntime->Sat Nov 28 05:31:19 2026\n{mount}\n", "audit")
    assert told(found)[1:] == ["2 events with nothing about capabilities"]
    [_, note] = read(f"{AVC}\n{other}\n", "audit")
    assert (told([note]), note.not_known) == (["1 event with nothing about capabilities"], "")


CAPSET = "type=CAPSET msg=audit(1.5:6): pid=9 cap_pi=0 cap_pp=0000000000000021 cap_pe=0000000000000020"


def test_capset_records():
    """Their sets; those of ausearch -i are names. The call beside it says who made it."""
    beside = 'type=SYSCALL msg=audit(1.5:6): syscall=126 pid=9 comm="web" uid=0\n'
    [one] = read(f"{beside}{CAPSET} cap_pa=0\n", "audit")
    assert (one.name, one.state.effective, one.state.permitted) == ("pid 9, web", KILL, CapSet(["kill", "chown"]))
    assert one.says == ("effective", "permitted", "inheritable", "ambient")
    [older] = read(CAPSET, "audit")
    assert "ambient" not in older.says
    [interpreted] = read(
        "type=CAPSET msg=audit(11/28/26 05:31:19.5:7) : pid=9 cap_pi=none cap_pp=chown,kill cap_pe=kill cap_pa=none ",
        "audit",
    )
    assert interpreted.state == one.state
    assert read(CAPSET.replace("type=CAPSET", "audit: type=1322"), "audit")[0].state == older.state


FULL = "000001ffffffffff"


def fcaps(**changes):
    """Write a record BPRM_FCAPS."""
    sets = {"fver": "2", "fp": "0000000000002000", "fi": "0", "fe": "1", **{f"old_p{each}": "0" for each in "piea"}}
    sets |= {"pp": "0000000000002000", "pi": "0", "pe": "0000000000002000", "pa": "0", "frootid": "0", **changes}
    return f"type=BPRM_FCAPS msg=audit(1.5:6): {' '.join(f'{key}={value}' for key, value in sets.items() if value)}"


def syscall(uid=1000, euid=None, gid=1000, **changes):
    """Write the record of an execve(2)."""
    ids = {"uid": uid, **dict.fromkeys(("euid", "suid", "fsuid"), uid if euid is None else euid)}
    ids |= {"gid": gid, "egid": gid, "sgid": gid, "fsgid": gid, **changes}
    front = "type=SYSCALL msg=audit(1.5:6): arch=c000003e syscall=59 success=yes exit=0 ppid=1 pid=77"
    return f'{front} {" ".join(f"{key}={value}" for key, value in ids.items())} comm="ping"'


def path(mode="0100755", ouid=0, ogid=0, **changes):
    """Write the record of the file."""
    fields = {
        "item": "0",
        "name": '"/bin/ping"',
        "mode": mode,
        "ouid": ouid,
        "ogid": ogid,
        "cap_fp": "0000000000002000",
    }
    return f"type=PATH msg=audit(1.5:6): {' '.join(f'{key}={value}' for key, value in {**fields, **changes}.items())}"


def executed(*lines):
    """Read the one execve(2) in some records."""
    [one] = read("\n".join(lines), "audit")
    assert one.execution is not None
    return one


def test_an_execve_of_a_program_with_capabilities():
    """What the rules say of it is what the kernel has recorded, and each thing that was assumed is said."""
    one = executed(syscall(), fcaps(), path())
    done = one.execution
    assert (one.name, one.state.permitted, one.says) == ("pid 77, ping", NET_RAW, done.says)
    assert done.differences == ()
    assert done.explanation.before.uids.real == 1000
    assert done.explanation.call == "execve(a file)" or "/bin/ping" in done.explanation.call
    assert done.explanation.assumed == (
        "it is in the initial user namespace, as the records do not say in which one",
        "the bounding set lacks nothing",
        "no_new_privs is not set, and no securebits are",
    )
    assert told([one])[0].startswith(
        "permitted: CAP_NET_RAW: gained, as the file permits it, within the bounding set; "
    )
    report = documents.lint([one])
    assert [each.rule for each in report] == ["recorded-execve"]
    assert report.outcomes[0].gets.effective == NET_RAW


def test_what_the_records_leave_open():
    """It is taken so that it fits, if it can be, and said."""
    lacking = executed(syscall(), fcaps(fp="0000000000002020", fe="0", pe="0"), path(cap_fp="0000000000002020"))
    assert lacking.execution.differences == ()
    assert "the bounding set lacks CAP_KILL, which was not gained" in lacking.execution.explanation.assumed
    without = executed(fcaps())
    assert without.execution.explanation.assumed[0].startswith("user 65534, who is not root, executes it")
    assert any("a file of root that everybody may execute" in each for each in without.execution.explanation.notes)
    no_new_privs = executed(syscall(0, gid=0), fcaps(fver="0", fp="0", fe="0", pp="0", pe="0"), path(cap_fp="0"))
    assert no_new_privs.execution.differences == ()


def test_no_new_privs_and_noroot():
    """Which of them was set is found by what came of it."""
    kept = fcaps(old_pp="0000000000002000", old_pe="0000000000002000", fp="0000000000002021", fe="0", pe="0")
    one = executed(syscall(1000, 1000), kept, path("0104755"))
    assert one.execution.differences == ()
    noroot = executed(
        syscall(0, gid=0),
        fcaps(old_pp=FULL, old_pe=FULL, old_pi="0000000000000001", pi="0000000000000001"),
        path(),
    )
    assert noroot.execution.differences == ()
    assert (
        "SECBIT_NOROOT is set, as without it other sets would have come of it" in noroot.execution.explanation.assumed
    )


def test_set_id_files():
    """The record has the ids afterwards; before, the effective one was the real one."""
    root = executed(syscall(1000, 0), fcaps(fver="0", fp="0", fe="0", pp=FULL, pe=FULL), path("0104755", cap_fp="0"))
    assert root.execution.differences == ()
    assert "the effective ids before were the real ones, as the file is set-id" in root.execution.explanation.assumed
    assert root.execution.explanation.after.uids.effective == 0
    group = executed(syscall(egid=5, sgid=5, fsgid=5), fcaps(), path("0102755", ogid=5))
    assert group.execution.explanation.before.gids.effective == 1000


def test_interpreted_records():
    """As ausearch -i prints them: names for ids, sets and modes."""
    ids = dict.fromkeys(("uid", "euid", "suid", "fsuid", "gid", "egid", "sgid", "fsgid"), "root")
    one = executed(
        syscall(**ids),
        fcaps(fp="net_raw", fi="none", pp="net_raw", pe="net_raw", pi="none", pa="none"),
        path("file,suid,755", "root", "root", cap_fp="net_raw"),
    )
    assert one.execution.explanation.before.uids.real == 0
    known = executed(syscall(**dict.fromkeys(ids, "unknown(7)")), fcaps(), path("file,755", "root", "unknown(5)"))
    assert known.execution.explanation.before.uids.real == 7
    unnamed = executed(syscall(uid="web"), fcaps(), path("dir,755", "web"))
    assert len(unnamed.execution.explanation.assumed) == 4


def test_a_difference_is_told():
    """Something else had a part in it: then nothing is made up."""
    one = executed(syscall(), fcaps(pp="0000000000002001", pe="0000000000002001"), path())
    assert [each.rule for each in documents.lint([one])][:2] == ["recorded-execve", "other-than-recorded"]
    assert one.execution.differences[0].startswith("effective: the kernel recorded another set than the rules give: ")
    refused = executed(syscall(), fcaps(fp=FULL, pp="0"), path(cap_fp=FULL))
    assert refused.execution.differences[0].startswith("by the rules the call is refused: EPERM: ")


def test_records_of_a_kernel():
    """What Linux 6.18 has written of seven programs, and of eleven calls of capset(2): the rules give just that."""
    found = documents.read((Path(__file__).parent.parent / "data/audit/linux-6.18.log").read_bytes(), "audit.log")
    assert [each.execution.differences for each in found if each.execution] == [()] * 7
    assert len([each for each in found if each.state and not each.execution]) == 11
    assert {each.name for each in found if each.execution} >= {"pid 24073, a b", "pid 24080, suid"}


def test_older_records():
    """Before 4.14 they have no ambient set, and before 4.18 other names."""
    older = fcaps(old_pa="", pa="").replace(" pp=", " new_pp=").replace(" pi=", " new_pi=").replace(" pe=", " new_pe=")
    one = executed(syscall(), older, path())
    assert one.says == ("effective", "permitted", "inheritable")
    assert one.execution.differences == ()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fver": "4"}, "expected revision 1, 2 or 3 of file capabilities, or 0 for none"),
        ({"pp": "next"}, "BPRM_FCAPS.pp: expected a set in hexadecimal digits, or its names, got 'next'"),
        ({"fi": ""}, "BPRM_FCAPS.fi: expected a set in hexadecimal digits"),
        ({"old_pe": "0000000000000001"}, "no thread can have these sets"),
        ({"fver": "1", "fp": "0000010000000000"}, "no valid security.capability attribute"),
    ],
)
def test_records_that_make_no_sense(changes, message):
    [one] = read(f"{syscall()}\n{fcaps(**changes)}\n", "audit")
    assert message in told([one])[0]
    assert one.execution is None
    assert one.not_known


def test_a_script_and_what_it_is_run_by():
    """The file with the capabilities of the record is the one that counts."""
    one = executed(syscall(), fcaps(), path("0100700", 5, cap_fp="0"), path("0100755", 0, item="1"))
    assert one.execution.explanation.after is not None
    assert audit.execution([*audit.records(syscall())]) is None


def test_a_table_of_podman_top_without_its_header():
    """What its rows say is not known."""
    found = documents.read("pid   effective caps\n1     KILL\n", dialect="podman-top")
    assert [each.not_known for each in found] == ["the line was not understood"] * 2


@pytest.mark.parametrize(
    "line",
    [
        "Failed to get capabilities of file '/usr/bin/ping' (Operation not permitted)",
        "Failed to get capabilities of human readable format at '/a' (Cannot allocate memory)",
        "/root/x (Permission denied)",
        "/dev/null (Not a regular file)",
    ],
)
def test_what_getcap_could_not_read(line):
    """What that file has is not known; a name with brackets in it is a name."""
    found = read(f"{line}\n{line}\n{line}\n/b (copy)\n/b cap_kill=p\n", "getcap")
    assert [each.not_known for each in found] == ["the line was not understood"] * 3 + ["", ""]
    assert "getcap did not read a file, so what that has is not known" in told(found)[0]
    assert [each.name for each in found[3:]] == ["/b (copy)", "/b"]
    with pytest.raises(DialectError):
        documents.read(line)


@pytest.mark.parametrize(
    ("text", "dialect", "says"),
    [
        ("1     812   root        sshd              chown, kill, setuid, ", "pscap", ("permitted",)),
        ("1     812   root        sshd              chown, kill, setuid,", "pscap", ("permitted",)),
        ("Current: =\nBounding set =cap_kill,cap_chown,\n", "capsh", (*OF_FILES, "bounding")),
        ("effective     /usr/bin/x     chown, kill,", "filecap", OF_FILES[:2]),
        ("0x0000000000000020=cap_kill,", "capsh-decode", ("effective",)),
    ],
)
def test_a_list_that_is_cut_off(text, dialect, says):
    """What stood behind its last comma is not known, and neither is what stood behind the list."""
    [one] = documents.read(text, dialect=dialect)
    assert one.not_known.startswith("capset does not know what is named: ")
    assert told([one]) == ["the list ends with a comma: what stood behind that is cut off"]
    assert documents.lint(one).outcomes[0].gets is None
    assert names_of("kill,").caps == KILL


def test_names_that_no_encoding_has():
    """A lone surrogate, as JSON may have it, stands for no byte."""
    [one] = read(
        "# file: \ud800\\303\\251\nsecurity.capability=0x0100000200040000000000000000000000000000\n", "getfattr"
    )
    assert one.file_caps.permitted == CapSet(["net_bind_service"])
    assert encoded("\udcff\u00e9") == b"\xff\xc3\xa9"


@pytest.mark.parametrize(
    "call",
    [
        "capset({_LINUX_CAPABILITY_VERSION_3, 0}, {CAP_NET_RAW, CAP_NET_ADMIN|CAP_NET_RAW, 0}) = 0",
        "capset(0x55d0c2a0, 0x55d0c2a8) = 0",
        "capget({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, 0x55d0c2a8) = 0",
        "capset({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, {effective=1<<CAP_KILL, ...}) = 0",
        "prctl(PR_CAP_AMBIENT, 0x2, 0x5, 0, 0) = 0",
        "prctl(0x2f /* PR_??? */, 0x2, 0x5, 0, 0) = 0",
        "prctl(0x18, 0x5, 0, 0, 0) = 0",
    ],
)
def test_a_call_whose_sets_are_not_shown(call):
    """It has changed them, so they are not known; who gives no place for them asks for the version alone."""
    version = "capget({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, NULL) = 0\n"
    [one] = documents.read(f"{version}{call}\n", dialect="strace")
    assert (one.state, one.not_known, one.line) == (None, "the line was not understood", 2)
    [failed] = documents.read("capset(0x55d0c2a0, 0x55d0c2a8) = -1 EPERM (x)\n", dialect="strace")
    assert failed.not_known == "capset failed with EPERM, so that the sets stay as they were"


def test_names_of_readers():
    """What there is to complete."""
    from capset.formats import processes, programs, strace, systemctl

    for module in (audit, processes, programs, strace, systemctl):
        assert dir(module) == sorted(module.__all__)
