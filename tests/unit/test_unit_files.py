"""systemd's units: lines that are merged, words that are not known, and files that are not what they look like."""

from __future__ import annotations

import pytest

from capset import Cap, CapSet, CapState, documents
from capset.errors import FormatError
from capset.formats import systemd

FULL = CapSet.from_mask(2**64 - 1)
ALL = CapSet.all()
A, B, C = "CAP_CHOWN", "CAP_KILL", "CAP_BPF"


def unit(*lines, key="CapabilityBoundingSet", **options):
    """Read a service with some values of one key."""
    return systemd.from_unit("[Service]\n" + "".join(f"{key}={line}\n" for line in lines), **options)


def told(unit):
    return [str(problem) for problem in unit.problems]


def caps(*names):
    return CapSet(names)


@pytest.mark.parametrize(
    ("lines", "bounding", "ambient"),
    [
        ([A, B], caps(A, B), caps(A, B)),
        ([f"{A} {B}", f"~{B} {C}"], caps(A), caps(A)),
        ([f"~{A}", f"~{B}"], FULL - {A, B}, FULL - {A, B}),
        ([f"~{A}", A], None, FULL),
        ([f"~{A}", A, C], caps(C), FULL),
        ([A, f"~{A}"], caps(), caps()),
        ([A, f"~{A}", f"~{C}"], caps(), FULL - {C}),
        (["", f"~{A}"], caps(), FULL - {A}),
        (["~", A], caps(A), FULL),
        ([A, ""], caps(), caps()),
        ([A, "bogus"], caps(), caps()),
        ([A, "~bogus"], None, FULL),
        (["~63", B], FULL - {63} | {B}, FULL - {63} | {B}),
    ],
)
def test_several_lines(lines, bounding, ambient):
    """Since systemd 235; as systemd 252 was run. The two keys begin with different sets."""
    assert unit(*lines, version=252).bounding == bounding
    assert unit(*lines, key="AmbientCapabilities", version=252).ambient == ambient


@pytest.mark.parametrize(
    ("version", "lines", "bounding"),
    [
        (234, [A, B], caps(A, B)),
        (234, [f"{A} {B}", f"~{B} {C}"], FULL - {C}),
        (234, [f"~{A}", f"~{B}"], None),
        (228, [A, ""], caps()),
        (228, [A, "~"], None),
        (227, [A, B], caps()),
        (227, [f"{A} {B}", B], caps(B)),
        (227, [f"~{A}", f"~{B}"], FULL - {A, B}),
        (227, ["", A], caps()),
        (227, [A, "~"], caps(A)),
    ],
)
def test_older_releases(version, lines, bounding):
    """Lines were merged otherwise before 235, and otherwise again before 228."""
    assert unit(*lines, version=version).bounding == bounding


@pytest.mark.parametrize(
    ("value", "version", "expected"),
    [
        ("5 0x6 010 0b111 0o1", 252, caps(5, 6, 8, 7, 1)),
        ("+5 -0 +0x6", None, caps(5, 0, 6)),
        (f"{'0' * 90}5 0x{'0' * 90}6 0b{'0' * 90}111", None, caps(5, 6, 7)),
        ("63", 252, caps(63)),
        ("63", 254, caps()),
        ("62", None, caps(62)),
        ("0b1 5", 245, caps(5)),
        ("0b10 5 0o6", 246, caps(2, 5, 6)),
        ("41", 245, caps()),
        ("63", 246, caps(63)),
        ("64", 253, caps()),
        ("cap_kill Cap_Chown", None, caps("kill", "chown")),
        ("'CAP_KILL' CAP_\"CHOWN\"", None, caps("kill", "chown")),
        (r"CAP\_KILL", None, caps("kill")),
        ('CAP_CHOWN "CAP_KILL', 252, caps("chown")),
        ('CAP_CHOWN "CAP_KILL', 254, caps("chown", "kill")),
        ("CAP_KILL # CAP_CHOWN", None, caps("kill", "chown")),
        ("\" 5\" 'CAP_KILL CAP_CHOWN'", None, caps(5)),
    ],
)
def test_words(value, version, expected):
    """Numbers as C reads them, quotes anywhere, a backslash for the next letter, and no comments."""
    assert unit(value, version=version).bounding == expected


@pytest.mark.parametrize(
    ("value", "problems"),
    [
        ("CAP_KILL CAP_RAWIO", ["systemd passes over 'CAP_RAWIO': did you mean CAP_SYS_RAWIO?"]),
        ("CAP_KILL kill", ["systemd passes over 'kill': write CAP_KILL"]),
        ("CAP_KILL 64", ["systemd passes over '64': numbers go from 0 to 62"]),
        (
            "CAP_KILL, CAP_CHOWN",
            ["systemd passes over 'CAP_KILL,': every name stands by itself, without commas or white space"],
        ),
        (
            "CAP_KILL ~CAP_CHOWN 'CAP_KILL CAP_CHOWN'",
            [
                "systemd passes over '~CAP_CHOWN': ~ stands once, in front of the whole list",
                "systemd passes over 'CAP_KILL CAP_CHOWN': in quotes it is one name, white space and all",
            ],
        ),
        (f"CAP_KILL {'9' * 5000}", [f"systemd passes over '{'9' * 99}... (5002 characters): numbers go from 0 to 62"]),
        (
            "all",
            [
                "systemd passes over 'all': a lone ~ stands for all",
                "with no name that it knows, systemd takes this line for no capability at all",
            ],
        ),
        (
            "~CAP_ALL",
            [
                "systemd passes over 'CAP_ALL': a lone ~ stands for all",
                "with no name that it knows, systemd takes this line for every capability",
            ],
        ),
    ],
)
def test_what_systemd_passes_over(value, problems):
    """It does so without a word, and so it is told here."""
    assert told(unit(value)) == [f"line 2 (CapabilityBoundingSet): ignored: {problem}" for problem in problems]


def test_where_systemd_stops_to_read():
    """An open quote, or a backslash with nothing behind it."""
    [problem] = unit("CAP_KILL 'CAP_CHOWN", version=252).problems

    assert problem.message == 'systemd stops reading at "\'CAP_CHOWN": a quote or backslash ends nowhere'
    assert unit("CAP_KILL 'CAP_CHOWN", version=254).problems == ()
    assert unit("CAP_KILL CAP_CHOWN\\ ", version=252).bounding == caps("kill")
    assert unit("CAP_KILL CAP_CHOWN\\ ", version=254).bounding == caps("kill", "chown")
    nothing = unit("'CAP_CHOWN", version=252)
    assert nothing.bounding == CapSet()
    assert nothing.problems[1].message == "with no name that it knows, systemd takes this line for no capability at all"


FILE = """\
; a comment
# another \\
[Unit]
CapabilityBoundingSet=CAP_KILL
[Service]
  CapabilityBoundingSet  =  CAP_KILL \\
# in between
  CAP_CHOWN \\

User = web
nothing
=5
capabilityboundingset=CAP_BPF
[X-Mine]
AmbientCapabilities=CAP_BPF
[Service]
AmbientCapabilities=CAP_CHOWN CAP_BPF
NoNewPrivileges=maybe
NoNewPrivileges=Yes
"""


def test_a_whole_file():
    """Sections, comments, continued lines, and what stands in the wrong place."""
    read = systemd.from_unit(FILE)

    assert read == systemd.Unit(bounding=["kill", "chown"], ambient=["chown", "bpf"], user="web", no_new_privs=True)
    assert told(read) == [
        "line 4 (CapabilityBoundingSet): ignored: it stands in [Unit], and not in [Service]",
        "line 11: ignored: it is no assignment, KEY=VALUE",
        "line 12: ignored: it is no assignment, KEY=VALUE",
        "line 13 (capabilityboundingset): ignored: systemd knows no capabilityboundingset=: "
        "did you mean CapabilityBoundingSet?",
        "line 18 (NoNewPrivileges): ignored: expected yes or no",
        "line 17 (AmbientCapabilities): ignored: what the bounding set lacks does not become ambient: CAP_BPF",
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\r", "\0", "\n\0", "\r\n\0"])
def test_the_ends_of_lines(end):
    """systemd takes many; a blank line more would end a continued one."""
    assert systemd.from_unit(f"\ufeff[Service]{end}CapabilityBoundingSet=\\{end}CAP_KILL{end}").bounding == {5}


def test_broken_headers():
    """A unit is not loaded at all; a drop-in counts as far as it was read."""
    for header in ("[Service", "[Service] # x", '[Serv"ice]', "[a\tb]"):
        [problem] = systemd.from_unit(f"{header}\nCapabilityBoundingSet=CAP_KILL\n").problems
        assert (problem.verdict, problem.place) == ("refused", "line 1")
        read = systemd.from_unit("[Service]\nCapabilityBoundingSet=CAP_KILL", f"{header}\nAmbientCapabilities=5\n")
        assert read.bounding == {5}
        assert (read.problems[0].verdict, read.problems[0].place) == ("ignored", "drop-in 1, line 1")
    [problem] = systemd.from_unit("CapabilityBoundingSet=CAP_KILL").problems
    assert problem.message == "it stands before the first section"


OWN = "the capabilities count in a user namespace of its own alone"


@pytest.mark.parametrize(
    ("lines", "problems"),
    [
        ("ExecStart=-+/bin/x\nUser=5", ["with + this command has all that systemd has, whatever is said here"]),
        (
            "ExecStart=+/bin/x\nNoNewPrivileges=1",
            ["with + this command has all that systemd has, whatever is said here"],
        ),
        (
            "ExecStart=+/bin/x\nCapabilityBoundingSet=~5",
            ["with + this command has all that systemd has, whatever is said here"],
        ),
        ("User=root\nExecStart=+/bin/x\nGroup=5", []),
        ("ExecStartPre=!/bin/x\nUser=5", ["with ! this command runs as root, with these capabilities"]),
        ("ExecStartPre=!/bin/x\nDynamicUser=yes", ["with ! this command runs as root, with these capabilities"]),
        ("ExecStart=!/bin/x\nUser=web\nUser=\nCapabilityBoundingSet=~5", []),
        ("ExecStart=!/bin/x\nUser=0", []),
        ("ExecStop=!!/bin/x\nExecReload=/bin/+", []),
        ("PAMName=\nPrivateUsers=no\nPAMName=login", ["not counted here: a PAM module may add ambient capabilities"]),
        ("ProtectClock=bogus", ["expected yes or no"]),
        ("DynamicUser=oui", ["expected yes or no, and the unit is not loaded"]),
        (
            "SecureBits=noroot no-root",
            ["systemd passes over 'no-root': did you mean noroot?"],
        ),
        ("Capabilities=cap_kill=ep", ["systemd knows it until 229"]),
        ("DelegateNamespaces=no\nDelegateNamespaces=mnt", [f"not counted here: {OWN}"]),
        ("PrivateUsers=self", [f"not counted here: {OWN}"]),
        ("User=%i", ["systemd puts the value of a specifier here"]),
        ("User=65535", ["systemd takes '65535' for no user, and the unit is not loaded"]),
        ("User=4294967296", ["systemd takes '4294967296' for no user, and the unit is not loaded"]),
        ("User=00", ["systemd takes '00' for no user, and the unit is not loaded"]),
        ("User=a:b", ["systemd takes 'a:b' for no user, and the unit is not loaded"]),
        ("User=..", ["systemd takes '..' for no user, and the unit is not loaded"]),
        ("User=-1", ["systemd takes '-1' for no user, and the unit is not loaded"]),
        ("Group=-1", ["systemd takes '-1' for no group, and the unit is not loaded"]),
        ("Group=65535", ["systemd takes '65535' for no group, and the unit is not loaded"]),
        ("Group=%i", ["systemd puts the value of a specifier here"]),
        ("Groups=5", ["systemd knows no Groups=: did you mean Group?"]),
        ("Group=0\nGroup=web\nGroup=", []),
        ("User=0\nUser=web\nUser=a%%b\nUser=", []),
    ],
)
def test_what_else_decides(lines, problems):
    """Users that are none, commands with more than the unit, and settings that take more away."""
    assert [problem.message for problem in systemd.from_unit(f"[Service]\n{lines}\n").problems] == problems


@pytest.mark.parametrize(("sign", "since"), [("+", 231), ("!", 235), ("!!", 235)])
def test_signs_that_an_older_release_does_not_know(sign, since):
    """To it the command is none, whatever the unit says."""
    unit = f"[Service]\nUser=5\nExecStart=-{sign}/bin/x\n"
    [problem] = systemd.from_unit(unit, version=since - 1).problems

    assert (problem.rule, problem.verdict) == ("newer-directive", "ignored")
    assert problem.message == (
        f"systemd knows {sign[0]} in front of a command since {since}, and runs no such command before"
    )
    assert len(systemd.from_unit(unit, version=since).problems) == (sign != "!!")
    assert not systemd.from_unit(unit, version=since, manager="user").problems


def test_what_other_settings_take_away():
    """It is counted, and written as a part of the bounding set."""
    lines = ["PrivateDevices=yes", "ProtectClock=yes", "ProtectClock=no", "ProtectKernelLogs=1"]
    read = systemd.from_unit("[Service]\n" + "\n".join(lines))

    assert read.taken == caps("mknod", "sys_rawio", "syslog")
    assert (read.bounding, read.problems) == (None, ())
    assert read.process().effective == ALL - {"mknod", "sys_rawio", "syslog"}
    assert systemd.to_unit(read) == "[Service]\nCapabilityBoundingSet=~CAP_SYS_RAWIO CAP_MKNOD CAP_SYSLOG\n"


def test_users_are_read_as_systemd_does():
    """A number without sign and zeros; +0 is a name."""
    assert systemd.Unit(user="+0").user == "+0"
    with pytest.raises(FormatError, match="User: expected a number"):
        systemd.Unit(user="+0").process()
    assert systemd.to_unit(systemd.Unit(user="a%n")).endswith("User=a%%n\n")
    assert systemd.from_unit("[Service]\nUser=a%%n").user == "a%n"
    assert systemd.from_unit("[Service]\nGroup=a%%n\nUser=5") == systemd.Unit(user="5", group="a%n")


def test_what_older_releases_do_not_know():
    """Ambient capabilities since 229; outside the bounding set, the unit fails before 246."""
    lines = "[Service]\nCapabilityBoundingSet=5\nAmbientCapabilities=6\n"

    assert told(systemd.from_unit(lines, version=228)) == [
        "line 3 (AmbientCapabilities): ignored: systemd knows it since 229"
    ]
    assert systemd.from_unit(lines, version=228).ambient == CapSet()
    assert told(systemd.from_unit(lines, version=245)) == [
        "line 3 (AmbientCapabilities): refused: the unit fails, as the bounding set lacks CAP_SETGID"
    ]
    with pytest.raises(FormatError, match="version: expected a release of systemd, such as 252, got 0"):
        systemd.from_unit(lines, version=0)


def test_an_empty_file():
    [problem] = systemd.from_unit("").problems

    assert str(problem) == "the unit: refused: systemd takes an empty file for a unit that is masked"


def test_drop_ins():
    """They go on where the unit ended, and name their section themselves."""
    read = systemd.from_unit(
        "[Service]\nCapabilityBoundingSet=CAP_KILL \\",
        "CapabilityBoundingSet=\n",
        "[Service]\nCapabilityBoundingSet=CAP_CHOWN\n",
    )

    assert read.bounding == caps("kill", "chown")
    assert len(read.problems) == 1


@pytest.mark.parametrize(
    ("words", "means"),
    [
        ("1 yes y true t on YES Y True T On", True),
        ("0 no n false f off NO N False F Off", False),
        ("2 00 ye nope tru fals of enabled", None),
    ],
)
def test_yes_and_no(words, means):
    """systemd's parse_boolean(): these words, in any case; another one changes nothing."""
    for word in words.split():
        for before in (True, False):
            read = systemd.from_unit(
                f"[Service]\nNoNewPrivileges={'yes' if before else 'no'}\nNoNewPrivileges={word}\n"
            )
            assert read.no_new_privs is (before if means is None else means)
            told = ["line 3 (NoNewPrivileges): ignored: expected yes or no"] if means is None else []
            assert [str(each) for each in read.problems] == told


def test_other_types_of_units():
    assert systemd.from_unit("[Socket]\nCapabilityBoundingSet=5\n", section="Socket").bounding == {5}
    assert systemd.to_unit(systemd.Unit(bounding=[]), section="Mount") == "[Mount]\nCapabilityBoundingSet=\n"
    for call, value in ((systemd.from_unit, ""), (systemd.to_unit, systemd.Unit())):
        with pytest.raises(FormatError, match="section: expected one of Service, Socket, Mount, Swap, got 'Unit'"):
            call(value, section="Unit")


def test_arguments_of_other_types():
    with pytest.raises(TypeError, match="expected a unit file as str, got b''"):
        systemd.from_unit(b"")
    with pytest.raises(TypeError, match="expected a unit file as str, got 5"):
        systemd.from_unit("", 5)
    with pytest.raises(TypeError, match=r'version is a release such as 252 or "252\.39-1~deb12u1", got True'):
        systemd.from_unit("", version=True)
    with pytest.raises(TypeError, match='user is a text such as "1000"'):
        systemd.Unit(user=5)
    with pytest.raises(TypeError, match='group is a text such as "1000"'):
        systemd.Unit(group=5)
    with pytest.raises(TypeError, match="no_new_privs is True or False"):
        systemd.Unit(no_new_privs=1)
    with pytest.raises(TypeError, match="dynamic_user is True or False"):
        systemd.Unit(dynamic_user="yes")


def test_writing():
    """Names where the set has few, and what it lacks where it has all that is to come."""
    write = systemd.to_unit

    assert write(systemd.Unit()) == "[Service]\n"
    assert write(systemd.Unit(bounding=FULL)) == "[Service]\n"
    assert write(systemd.Unit(bounding=FULL - {"kill"}, ambient=FULL)) == (
        "[Service]\nCapabilityBoundingSet=~CAP_KILL\nAmbientCapabilities=~\n"
    )
    assert write(systemd.Unit(bounding=["kill", 41], user="web", no_new_privs=True)) == (
        "[Service]\nCapabilityBoundingSet=CAP_KILL 41\nUser=web\nNoNewPrivileges=yes\n"
    )
    for user in ("a\nb", "a\\", " a", "01", "65535", "a:b"):
        with pytest.raises(FormatError, match="user: expected a name, or a number without a sign or zeros in front"):
            write(systemd.Unit(user=user))
        with pytest.raises(FormatError, match="group: expected a name, or a number without a sign or zeros in front"):
            write(systemd.Unit(group=user))
    assert write(systemd.Unit(user="5", group="a%n")) == "[Service]\nUser=5\nGroup=a%%n\n"


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        (systemd.Unit(), CapState(bounding=ALL, permitted=ALL, effective=ALL)),
        (systemd.Unit(bounding=[B]), CapState(bounding=[B], permitted=[B], effective=[B])),
        (
            systemd.Unit(ambient=[B]),
            CapState(bounding=ALL, permitted=ALL, effective=ALL, inheritable=[B], ambient=[B]),
        ),
        (systemd.Unit(bounding=[A], ambient=[B]), CapState(bounding=[A], permitted=[A], effective=[A])),
        (systemd.Unit(user="7", bounding=[B]), CapState(bounding=[B])),
        (
            systemd.Unit(user="7", ambient=[B], no_new_privs=True),
            CapState(bounding=ALL, permitted=[B], effective=[B], inheritable=[B], ambient=[B]),
        ),
        (systemd.Unit(user="root", bounding=[]), CapState()),
    ],
)
def test_processes(unit, expected):
    """What /proc showed of services of systemd 252, run as process 1."""
    assert unit.process() == expected


def test_processes_of_a_manager_that_has_less():
    read = unit(f"~{A}")

    assert read.process(available=caps(A, B)).bounding == caps(B)
    assert systemd.Unit(user="web").process(uid=0).effective == ALL
    with pytest.raises(
        FormatError, match="User: expected a number, as only the system knows that of a name; give a uid"
    ):
        systemd.Unit(user="web").process()


def test_dynamic_users():
    """They are never root, and gain nothing."""
    read = systemd.from_unit("[Service]\nDynamicUser=yes\nAmbientCapabilities=CAP_KILL\n")

    assert read == systemd.Unit(ambient=["kill"], dynamic_user=True)
    assert read.process().effective == {Cap.KILL}
    assert systemd.from_unit(systemd.to_unit(read)) == read
    assert systemd.from_unit("[Service]\nDynamicUser=no\n") == systemd.Unit()


@pytest.mark.parametrize(
    ("lines", "version", "told"),
    [
        ("PAMName=login", None, "a PAM module may add ambient capabilities"),
        ("PAMName=login\nPAMName=", None, ""),
        ("PAMName=%i", None, "a PAM module may add ambient capabilities"),
        ("PrivateUsers=yes", None, ""),
        ("Capabilities=cap_kill=ep", 219, "it sets the sets of the process, in the words of cap_from_text(3)"),
        ("Capabilities=cap_kill=ep", None, ""),
    ],
)
def test_what_may_give_more(lines, version, told):
    """Nobody knows then what the unit has, be it told by a file or by systemctl."""
    unit = systemd.from_unit(f"[Service]\nUser=5\n{lines}\n", version=version)
    assert unit.not_known == (f"not counted here: {told}" if told else "")
    [outcome] = documents.lint(documents.read(f"[Service]\nUser=5\n{lines}\n"), systemd=version).outcomes
    assert (outcome.gets is None) is bool(told)
    if version is None:
        shown = f"CapabilityBoundingSet=cap_kill\nAmbientCapabilities=\nUser=5\n{lines.splitlines()[-1]}\n"
        [one] = documents.read(shown)
        assert (one.dialect, bool(one.not_known)) == ("systemctl", bool(told))
