"""What each release of systemd knows, and what the settings beside the two lists mean for a service."""

from __future__ import annotations

import re

import pytest

from capset import Cap, CapSet, Securebits, documents, facts
from capset.errors import FormatError
from capset.formats import systemd
from capset.formats.unitsettings import SystemdRelease, changes, settings

FULL = CapSet.from_mask(2**64 - 1)


def service(*lines, **options):
    return systemd.from_unit("\n".join(["[Service]", *lines]) + "\n", **options)


def told(unit):
    return [(problem.verdict, problem.message) for problem in unit.problems]


FILTERS = {name: setting.filter for name, setting in settings().items() if setting.filter}
VALUES = {
    "RestrictAddressFamilies": "AF_UNIX",
    "SystemCallArchitectures": "native",
    "SystemCallFilter": "@system-service",
}
VALUES["SystemCallLog"] = "@clock"


def line(name):
    return f"{name}={VALUES.get(name, 'yes')}"


def test_there_are_fifteen_filters():
    assert len(FILTERS) == 15


@pytest.mark.parametrize("name", FILTERS)
def test_filters_set_no_new_privs(name):
    """For whoever is not root, whatever NoNewPrivileges= says, from the first release on until 254."""
    for release in (FILTERS[name], 252 if FILTERS[name] <= 252 else 254, 254):
        unit = service("User=1000", "NoNewPrivileges=no", line(name), version=release)
        assert unit.gains_nothing(1000)
        assert not unit.gains_nothing(0)
        assert unit.gains_nothing(0, available=CapSet.all() - {"sys_admin"})
    assert not service("User=1000", line(name), version=255).gains_nothing(1000)
    assert not service("User=1000", line(name)).gains_nothing(1000)
    assert service("User=1000", line(name)).gains_nothing(1000, available=[Cap.KILL])
    before = service("User=1000", line(name), version=max(FILTERS[name] - 1, 211))
    assert not before.gains_nothing(1000) or name == "SystemCallFilter"


@pytest.mark.parametrize(
    "lines",
    [
        *(f"{name}=no" for name in FILTERS if name not in VALUES),
        *(f"{line(name)}\n{name}=" for name in VALUES),
        *("LockPersonality=maybe", "LockPersonality=", "SystemCallFilter=~", "SystemCallFilter=~@bogus"),
        *("SystemCallFilter=~@privileged\nSystemCallFilter=@privileged", "SystemCallFilter=~!", "SystemCallLog="),
        *("RestrictAddressFamilies=~", "RestrictAddressFamilies=~bogus", "SystemCallArchitectures=bogus"),
        "RestrictAddressFamilies=~AF_UNIX\nRestrictAddressFamilies=AF_UNIX",
        *("RestrictNamespaces=bogus", "RestrictNamespaces=~", "RestrictNamespaces=user\nRestrictNamespaces="),
        *("RestrictNamespaces=~user\nRestrictNamespaces=user", "RestrictNamespaces=cgroup ipc net mnt pid user uts"),
        *("ProtectHostname=private", "ProtectProc=invisible", "RestrictFileSystems=ext4", "PrivateNetwork=yes"),
    ],
)
def test_values_of_which_there_is_no_filter(lines):
    """As 252 was run."""
    unit = service("User=1000", *lines.splitlines(), version=252)

    assert (unit.filters, unit.gains_nothing(1000)) == ("", False)


@pytest.mark.parametrize(
    "lines",
    [
        *(
            "LockPersonality=yes\nLockPersonality=",
            "LockPersonality=yes\nLockPersonality=maybe",
            "SystemCallLog=~@clock",
        ),
        *("SystemCallFilter=~@clock", "SystemCallFilter=~uname:EPERM", "RestrictAddressFamilies=none"),
        *("RestrictAddressFamilies=~AF_UNIX", "RestrictNamespaces=user", "RestrictNamespaces=~user"),
        *("RestrictNamespaces=user\nRestrictNamespaces=mnt", "RestrictNamespaces=~user\nRestrictNamespaces=~mnt"),
        *("RestrictNamespaces=no\nRestrictNamespaces=~user", "SystemCallFilter=read:EPERM\nSystemCallFilter=~@clock"),
    ],
)
def test_values_of_which_there_is_one(lines):
    """As 252 was run."""
    assert service("User=1000", *lines.splitlines(), version=252).gains_nothing(1000)


@pytest.mark.parametrize(
    ("lines", "means"),
    [
        ("SystemCallFilter=@system-service", "kept"),
        ("SystemCallFilter=@system-service\nSystemCallFilter=~@privileged @resources", "no_new_privs"),
        ("SystemCallFilter=@system-service\nSystemCallFilter=~@privileged\nSystemCallFilter=capset", "kept"),
        ("SystemCallFilter=@basic-io", "no_new_privs"),
        ("SystemCallFilter=~@clock", "kept"),
        ("SystemCallFilter=~@privileged", "no_new_privs"),
        ("SystemCallFilter=~@process", "no_new_privs"),
        ("SystemCallFilter=~prctl:EPERM", "no_new_privs"),
        ("SystemCallFilter=~@privileged\nSystemCallFilter=\nLockPersonality=yes", "kept"),
        ("SystemCallFilter=~@setuid\nLockPersonality=yes", "kept"),
        ("DynamicUser=yes\nSystemCallFilter=~@privileged", "no_new_privs"),
    ],
)
def test_filters_since_255(lines, means):
    """systemd keeps what it needs for them, unless it could not drop it again. As 257 and 262 were run."""
    for version in (255, 257, None):
        assert service("User=1000", *lines.splitlines(), version=version).filters == means


def test_how_much_of_a_filter_is_left():
    """A line that takes back something else than what was forbidden."""
    unit = service("SystemCallFilter=~@clock", "SystemCallFilter=@known")

    message = "not counted here: how much is left of what the lines before it forbid"
    assert told(unit) == [("depends", message)]


def test_filters_of_old_releases():
    """The first were for all users; the next for nobody, under the manager of the system."""
    unit = service("SystemCallFilter=read", version=187)

    assert unit.no_new_privs
    assert unit.gains_nothing(0)
    assert not service("SystemCallFilter=read", "SystemCallFilter=", version=210).no_new_privs
    for version in (211, 229):
        assert not service("User=5", "SystemCallFilter=read", version=version).gains_nothing(5)
    assert service("User=5", "SystemCallFilter=read", version=230).gains_nothing(5)


def test_root_loses_setuid():
    """Since 255, where a user is named and nothing is gained; a set that is ambient is not lost. Run on 257 and 262."""
    lines = ["User=root", "NoNewPrivileges=yes", "LockPersonality=yes"]

    assert CapSet.all() - service(*lines).process().effective == {Cap.SETUID}
    assert service(*lines).process().bounding == CapSet.all()
    assert service(*lines, version=254).process().effective == CapSet.all()
    assert service(*lines[1:]).process().effective == CapSet.all()
    assert service(lines[0], lines[2]).process().effective == CapSet.all()
    assert service(*lines, "AmbientCapabilities=CAP_SETUID").process().effective == CapSet.all()
    [workload] = documents.read("[Service]\n" + "\n".join(lines))
    assert CapSet.all() - documents.lint(workload).outcomes[0].gets.effective == {Cap.SETUID}


def test_what_stays_inheritable():
    """What systemd keeps for filters since 255, where a user is named. Run on 257 and 262."""
    lines = ["User=1000", "LockPersonality=yes"]

    assert service(*lines).process().inheritable == {Cap.SYS_ADMIN, Cap.SETPCAP}
    assert service(*lines, "CapabilityBoundingSet=CAP_SETPCAP").process().inheritable == {Cap.SETPCAP}
    assert service(*lines, "AmbientCapabilities=CAP_KILL").process().ambient == {Cap.KILL}
    assert service(*lines, version=254).process().inheritable == CapSet()
    assert service(lines[1]).process().inheritable == CapSet()
    assert service(*lines, "SystemCallFilter=~capset").process().inheritable == CapSet()


def test_host_names():
    """Since 258 a unit may have one of its own, and an empty value is no."""
    for value in ("private", "private:a", ""):
        assert service("ProtectHostname=yes", f"ProtectHostname={value}", version=258).filters == ""
        assert service("ProtectHostname=yes", f"ProtectHostname={value}", version=257).filters == "kept"
    assert service("ProtectHostname=yes:a").filters == "kept"
    assert service("ProtectHostname=no:a").problems[0].rule == "odd-boolean"
    assert service("ProtectHostname=no").filters == ""


def test_time_namespaces():
    every = "RestrictNamespaces=cgroup ipc net mnt pid user uts"

    assert service(every).filters == "kept"
    assert service(f"{every} time").filters == ""


@pytest.mark.parametrize(
    ("release", "lines", "since"),
    [
        (219, "DynamicUser=yes", 232),
        (239, "ProtectClock=yes", 245),
        (239, "ProtectKernelLogs=yes", 244),
        (231, "ProtectKernelModules=yes", 232),
        (208, "PrivateDevices=yes", 209),
        (197, "NoNewPrivileges=yes", 198),
        (228, "AmbientCapabilities=CAP_KILL", 229),
        (231, "PrivateUsers=yes", 232),
        (257, "DelegateNamespaces=yes", 258),
        (258, "UserNamespacePath=/x", 259),
        (246, "ProtectProc=invisible", 247),
        (241, "RestrictSUIDSGID=yes", 242),
    ],
)
def test_settings_that_a_release_does_not_know(release, lines, since):
    """It passes over them, and so they are not counted."""
    unit = service(lines, version=release)

    assert told(unit) == [("ignored", f"systemd knows it since {since}")]
    assert unit.problems[0].rule == "newer-directive"
    assert unit == systemd.Unit()
    assert told(service(lines, version=since)) in ([], [("depends", OWN)], [("depends", PATH)])


OWN = "not counted here: the capabilities count in a user namespace of its own alone"
PATH = "not counted here: the capabilities count in the user namespace of that path"


def test_backports():
    """A distribution may have a setting that the release itself does not know."""
    unit = service("AmbientCapabilities=CAP_KILL", version=219)

    message = (
        "systemd knows it since 229, and RHEL 7.4 and later have it in their 219 all the same: it is not counted here"
    )
    assert told(unit) == [("depends", message)]
    assert unit.ambient == CapSet()


def test_capabilities_in_the_words_of_libcap():
    """A setting that is gone."""
    assert told(service("Capabilities=all=eip", version=229)) == [
        ("depends", "not counted here: it sets the sets of the process, in the words of cap_from_text(3)")
    ]
    assert told(service("Capabilities=all=eip", version=230)) == [("ignored", "systemd knows it until 229")]


def test_what_settings_take_away_in_older_releases():
    """More with later ones."""
    for release, taken in ((211, []), (212, ["mknod"]), (231, ["mknod"]), (232, ["mknod", "sys_rawio"])):
        assert service("PrivateDevices=yes", version=release).taken == CapSet(taken)


def test_users_whom_systemd_makes():
    """They gain nothing since 242. One that exists is that one: root has everything. Run on 252, 257 and 262."""
    assert not service("DynamicUser=yes", version=241).gains_nothing(5)
    assert service("DynamicUser=yes", version=242).gains_nothing(5)
    for user in ("root", "0"):
        unit = service("DynamicUser=yes", f"User={user}", version=252)
        assert (unit.uid, unit.process().effective) == (0, CapSet.all())
        [workload] = documents.read(f"[Service]\nDynamicUser=yes\nUser={user}\n")
        assert Cap.SYS_ADMIN in documents.lint(workload, systemd=252).outcomes[0].gets.effective
        assert not documents.convert(workload, "docker").losses or "systemd makes" not in str(workload.user)
    assert service("DynamicUser=yes", "User=7").uid == 7
    assert service("DynamicUser=yes", "User=web").process().effective == CapSet()
    assert service("User=web").uid is None


@pytest.mark.parametrize(
    ("release", "user", "verdict", "message"),
    [
        (231, "a:b", "refused", "systemd takes 'a:b' for no user, and the unit does not start"),
        (232, "0day", "ignored", "systemd takes '0day' for no user, and passes over it: User= stays unset"),
        (233, "a.b", "ignored", "systemd takes 'a.b' for no user, and passes over it: User= stays unset"),
        (234, "0day", "refused", "systemd takes '0day' for no user, and the unit is not loaded"),
        (242, "a.b", "refused", "systemd takes 'a.b' for no user, and the unit is not loaded"),
        (245, "0day", "refused", "systemd takes '0day' for no user, and the unit is not loaded"),
        (246, "a:b", "refused", "systemd takes 'a:b' for no user, and the unit is not loaded"),
    ],
)
def test_users_that_are_none(release, user, verdict, message):
    """Two releases ran such a service as root."""
    unit = service(f"User={user}", version=release)

    assert told(unit) == [(verdict, message)]
    assert unit.uid == (0 if verdict == "ignored" else None)


def test_users_that_are_one():
    for release, user in ((231, "0day"), (232, "web"), (232, ""), (243, "a.b"), (246, "0day"), (None, "a@b")):
        assert service(f"User={user}", version=release).problems == ()
    assert service("User=web", "User=0day", version=232).user == "web"
    assert "stays 'web'" in service("User=web", "User=0day", version=232).problems[0].message


def test_odd_words_for_dynamic_users():
    assert told(service("DynamicUser=oui", version=233)) == [("ignored", "expected yes or no")]
    assert told(service("DynamicUser=oui", version=234)) == [
        ("refused", "expected yes or no, and the unit is not loaded")
    ]


@pytest.mark.parametrize(
    ("bits", "user", "effective"),
    [
        ("noroot", "root", CapSet()),
        ("noroot keep-caps", "", CapSet()),
        ("noroot-locked", "root", CapSet.all()),
        ("keep-caps", "root", CapSet.all()),
        ("keep-caps", "1000", CapSet()),
        ("no-setuid-fixup", "1000", CapSet()),
        ("no-setuid-fixup keep-caps-locked no-setuid-fixup-locked", "root", CapSet.all()),
    ],
)
def test_securebits(bits, user, effective):
    """Only noroot outlives the execve(2) with an effect. As 252, 257 and 262 were run."""
    unit = service(f"SecureBits={bits}", f"User={user}")

    assert unit.problems == ()
    assert unit.process().effective == effective
    [workload] = documents.read(f"[Service]\nSecureBits={bits}\nUser={user}\n")
    assert documents.lint(workload).outcomes[0].gets.effective == effective


def test_securebits_are_replaced():
    """The last line counts since 235; before, they are added up until an empty one. They are written."""
    lines = ["SecureBits=noroot", "SecureBits=keep-caps"]

    assert service(*lines).securebits == service(*lines, version=235).securebits == Securebits.KEEP_CAPS
    assert service(*lines).process().effective == CapSet.all()
    unit = service(*lines, version=234)
    assert unit.securebits == Securebits.NOROOT | Securebits.KEEP_CAPS
    assert systemd.to_unit(unit) == "[Service]\nSecureBits=keep-caps noroot\n"
    for version in (234, None):
        assert service(*lines, "SecureBits=", version=version).securebits == Securebits(0)
    with_ambient = service("SecureBits=noroot", "AmbientCapabilities=CAP_KILL")
    assert with_ambient.process().effective == {Cap.KILL}


@pytest.mark.parametrize(
    ("release", "bits"), [(234, Securebits.NOROOT), (235, Securebits.NOROOT | Securebits.KEEP_CAPS)]
)
def test_words_that_are_no_securebits(release, bits):
    """Before 235, one ends the line."""
    unit = service("SecureBits=noroot no-root keep-caps", version=release)

    assert unit.securebits == bits
    assert told(unit) == [("ignored", "systemd passes over 'no-root': did you mean noroot?")]


BITS = "keep-caps, keep-caps-locked, no-setuid-fixup, no-setuid-fixup-locked, noroot, noroot-locked"
KINDS = "cgroup, ipc, net, mnt, pid, user, uts, time"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("SecureBits=noroot foo", f"systemd passes over 'foo': known are {BITS}"),
        ("SecureBits=noroot 'keep-caps", 'systemd stops reading at "\'keep-caps": a quote or backslash ends nowhere'),
        ("SystemCallFilter=@privilege", "systemd passes over '@privilege': did you mean @privileged?"),
        ("SystemCallFilter=~@foo", "systemd passes over '@foo', which it does not know"),
        ("SystemCallLog=~READ", "systemd passes over 'READ', which it does not know"),
        ("SystemCallFilter=read:EPERM", "systemd passes over 'read:EPERM': what is allowed has no error"),
        ("SystemCallFilter=read 'write", 'systemd stops reading at "\'write": a quote or backslash ends nowhere'),
        ("RestrictNamespaces=foo", f"systemd passes over the line for 'foo': known are {KINDS}"),
        ("RestrictNamespaces=~users mnt", "systemd passes over the line for 'users': did you mean user?"),
        ("RestrictNamespaces=mnt 'user", 'systemd passes over the line for "\'user": did you mean user?'),
        ("RestrictAddressFamilies=unix", "systemd passes over 'unix': a family is one such as AF_UNIX"),
        ("SystemCallArchitectures=natives", "systemd passes over 'natives': did you mean native?"),
        ("SystemCallArchitectures=amiga", "systemd passes over 'amiga', which it does not know"),
    ],
)
def test_words_that_systemd_does_not_know(line, message):
    """Each is told, with its place and the word itself."""
    [problem] = service("User=1000", line).problems

    assert (problem.verdict, problem.message) == ("ignored", message)
    assert problem.rule == ("open-quote" if "stops" in message else "unknown-value")
    assert problem.place.startswith("line 3 (")
    assert problem.value in line


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        *(("PrivateDevice", "PrivateDevices"), ("SecureBit", "SecureBits"), ("SystemCallFilters", "SystemCallFilter")),
        *(("protectclock", "ProtectClock"), ("PermissionStartOnly", "PermissionsStartOnly"), ("Groups", "Group")),
        *(("RestrictNamespace", "RestrictNamespaces"), ("NoNewPrivilege", "NoNewPrivileges")),
    ],
)
def test_keys_that_are_misspelt(key, meant):
    assert told(service(f"{key}=yes")) == [("ignored", f"systemd knows no {key}=: did you mean {meant}?")]


@pytest.mark.parametrize("name", sorted({name for name, each in settings().items() if each.counts or each.not_counted}))
def test_settings_in_another_section(name):
    unit = systemd.from_unit(f"[Unit]\n{name}=yes\n[Service]\n[X-Mine]\n{name}=yes\n")

    assert told(unit) == [("ignored", "it stands in [Unit], and not in [Service]")]


@pytest.mark.parametrize("key", ["ProtectHome", "Personality", "ProtectProc", "PrivateTmp", "NetworkNamespacePath"])
def test_keys_that_are_something_else(key):
    """They look like others, and are known."""
    assert service(f"{key}=yes").problems == systemd.from_unit(f"[Unit]\n{key}=yes\n").problems == ()


def test_filters_are_written_as_what_they_mean():
    """For another user than root; what they mean for root is nothing."""
    write = systemd.to_unit

    assert write(systemd.Unit(user="5", filters="no_new_privs")) == "[Service]\nUser=5\nNoNewPrivileges=yes\n"
    assert write(systemd.Unit(filters="no_new_privs")) == "[Service]\n"
    assert write(systemd.Unit(user="5", filters="kept")) == "[Service]\nUser=5\n"


@pytest.mark.parametrize(
    ("release", "lines", "message"),
    [
        (
            227,
            ["CAP_KILL", "CAP_CHOWN"],
            "after this line the set is empty in this release, and CAP_CHOWN, CAP_KILL in the newest",
        ),
        (
            234,
            ["~CAP_KILL", "~CAP_CHOWN"],
            "after this line the set is everything in this release, "
            "and everything but CAP_CHOWN, CAP_KILL in the newest",
        ),
        (
            258,
            ["~CAP_KILL", "CAP_KILL", "CAP_CHOWN"],
            "after this line the set is CAP_CHOWN in this release, and everything in the newest",
        ),
    ],
)
def test_lines_that_older_releases_merge_otherwise(release, lines, message):
    """That is told, and not only done."""
    unit = service(*(f"CapabilityBoundingSet={value}" for value in lines), version=release)

    assert told(unit) == [("depends", message)]
    assert unit.problems[0].rule == "merged-otherwise"
    assert service(*(f"CapabilityBoundingSet={value}" for value in lines)).problems == ()


def test_a_problem_of_one_unit_of_several_names_it(run):
    """The line is that of the whole text, in which the reader would have to look up the unit."""
    units = "# /etc/systemd/system/{}.service\n[Service]\nUser=5\nAmbientCapabilities=CAP_KIL\n"
    text = "".join(units.format(name) for name in "ab")
    report = documents.lint(documents.read(text))

    unknown = [finding for finding in report if finding.rule == "unknown-capability"]
    assert [(each.workload, each.where) for each in unknown] == [
        ("a.service", "line 4 (AmbientCapabilities)"),
        ("b.service", "line 8 (AmbientCapabilities)"),
    ]
    assert "b.service, line 8 (AmbientCapabilities) ignored" in run("lint", "--format", "table", "-", stdin=text)[1]
    [alone, *_] = documents.lint(documents.read("[Service]\nUser=5\nAmbientCapabilities=CAP_KIL\n"))
    assert alone.workload == ""


def test_a_full_set_stays_set():
    """Since 259; the ambient set has always been so."""
    lines = [f"CapabilityBoundingSet={value}" for value in ("~CAP_KILL", "CAP_KILL", "CAP_CHOWN")]

    assert service(*lines).bounding is None
    assert service(*lines, version=258).bounding == {Cap.CHOWN}


USERS = [
    "/etc/systemd/user/a.service",
    "/usr/lib/systemd/user/a.service",
    "/home/a/.config/systemd/user/a.service",
    "/home/a/.local/share/systemd/user/a.service",
    "/run/user/1000/systemd/transient/a.service",
    "/run/systemd/user/a.service",
]


@pytest.mark.parametrize("path", USERS)
@pytest.mark.parametrize("named", [True, False])
def test_units_of_users(path, named):
    """By the path that systemctl cat prints, or that the file has: not root's."""
    unit = "[Service]\nExecStart=/bin/web\n"
    [workload] = documents.read(f"# {path}\n{unit}") if named else documents.read(unit, name=path.lstrip("/"))
    outcome = documents.lint(workload).outcomes[0]

    assert (workload.unit.manager, workload.user) == ("user", "its manager's")
    assert (outcome.gets, outcome.known) == (None, False)
    assert outcome.reason == "it is for a manager that runs as a user, and has at most what that user has"
    assert workload.problems == ()
    assert documents.lint(workload).faults == []
    assert documents.lint(workload, systemd=252).outcomes[0].known is False


@pytest.mark.parametrize(
    ("line", "is_told"),
    [
        ("NoNewPrivileges=yes", False),
        ("SystemCallFilter=@system-service", False),
        ("[Install]\nWantedBy=default.target", False),
        ("AmbientCapabilities=CAP_KILL", True),
        ("CapabilityBoundingSet=CAP_KILL", True),
        ("SecureBits=noroot", True),
        ("PrivateDevices=yes", True),
        ("User=web", True),
        ("DynamicUser=yes", True),
    ],
)
def test_units_of_users_that_ask_for_nothing(line, is_told):
    """Nothing is wrong with these; the others ask a manager for what it can give only as root."""
    [workload] = documents.read(f"[Service]\nExecStart=%h/bin/web\n{line}\n", name="systemd/user/a.service")
    found = [(each.rule, each.verdict, each.message) for each in documents.lint(workload).faults]

    message = "it is a unit of the manager that a user has, which runs as that user and not as root"
    assert found == ([("user-manager", "depends", message)] if is_told else [])
    assert documents.lint(workload).outcomes[0].known is False


@pytest.mark.parametrize(
    ("lines", "sign"),
    [
        ("[Service]\nExecStart=%h/bin/web", "%h"),
        ("[Service]\nWorkingDirectory=%h", "%h"),
        ("[Service]\nExecStart=/bin/web\n[Install]\nWantedBy=default.target", "WantedBy=default.target"),
        ("[Unit]\nPartOf=graphical-session.target\n[Service]\nExecStart=/bin/web", "PartOf=graphical-session.target"),
        ("[Unit]\nAfter=x.service graphical-session-pre.target\n[Service]", "After=graphical-session-pre.target"),
    ],
)
def test_units_that_look_like_those_of_users(lines, sign):
    """By what they say: it is not known who runs them."""
    [workload] = documents.read(lines, name="a.service")

    assert workload.unit.manager == "user"
    assert workload.problems[0].message == (
        f"by {sign} it looks like a unit of the manager that a user has, which runs as that user and not as root; "
        "if it is one of the system, give it as systemctl cat prints it, with its path"
    )
    [of_the_system] = documents.read(f"# /etc/systemd/system/a.service\n{lines}")
    assert (of_the_system.unit.manager, of_the_system.problems) == ("system", ())


@pytest.mark.parametrize(
    "lines",
    [
        "[Service]\nUser=web\nExecStart=%h/bin/web",
        "[Service]\nDynamicUser=yes\n[Install]\nWantedBy=default.target",
        "[Unit]\nAfter=default.target\n[Service]\nExecStart=/bin/web 100%%h",
        "[Service]\n[Install]\nWantedBy=multi-user.target",
    ],
)
def test_units_that_are_those_of_the_system(lines):
    [workload] = documents.read(lines, name="a.service")

    assert workload.unit.manager == "system"


def test_processes_of_a_manager_of_a_user():
    """They have nothing that it could give; root's own manager has everything."""
    unit = service("AmbientCapabilities=CAP_KILL", manager="user")

    assert unit.process(uid=1000).permitted == CapSet()
    assert unit.process(uid=1000).bounding == CapSet.all()
    assert unit.process(uid=0).effective == CapSet.all()
    with pytest.raises(FormatError, match="as only the system knows that of its manager; give a uid"):
        unit.process()
    [workload] = documents.read("[Service]\nUser=web\n", name="x/systemd/user/a.service")
    assert workload.user == "web"


def test_what_a_unit_takes():
    with pytest.raises(FormatError, match="manager: expected one of 'system', 'user', got 'x'"):
        service(manager="x")
    with pytest.raises(FormatError, match="filters: expected one of '', 'no_new_privs', 'kept', got 'x'"):
        systemd.Unit(filters="x")


@pytest.mark.parametrize(
    ("version", "as_it", "told"),
    [
        *((each, 252, "") for each in ("252", "v252", " 252", "252.39-1~deb12u1", "252.4", "252~rc3", "252-13.el9_2")),
        *((each, 219, "") for each in ("219-78.el7_9.9", 219)),
        (263, None, "systemd 263 is newer than 262, the newest release that was read, and is taken to do the same"),
        ("300.1", None, "systemd 300 is newer than 262, the newest release that was read, and is taken to do the same"),
        (5, 33, "systemd 5 is older than 33, the oldest release that was read, and is taken to do the same"),
        (33, 33, ""),
        (262, None, ""),
    ],
)
def test_releases_as_they_are_written(version, as_it, told):
    """Those that were not read are taken for the nearest one, which is told, and no setting is ignored for it."""
    lines = ["User=5", "AmbientCapabilities=CAP_KILL", "CapabilityBoundingSet=CAP_KILL", "PrivateDevices=yes"]
    unit = service(*lines, version=version)

    assert (unit, unit.problems) == (service(*lines, version=as_it), service(*lines, version=as_it).problems)
    assert unit.assumed == ((told,) if told else ())
    report = documents.lint(documents.read("[Service]\n" + "\n".join(lines)), systemd=version)
    notes = [finding for finding in report if finding.verdict == "note"]
    assert [(finding.rule, finding.message) for finding in notes] == [("other-systemd", each) for each in unit.assumed]
    assert len(report.faults) == len(unit.problems)


@pytest.mark.parametrize("version", ["", "x", "v", "0", "-1", "25 2", "12345", "el7", "２５２"])
def test_texts_that_are_no_release(version):
    with pytest.raises(FormatError, match="version: expected a release of systemd, such as 252, got "):
        service("User=5", version=version)


def test_the_table():
    """Each release that it names has a tag, and each fact says what it is and how it is known."""
    document = facts.load("formats/systemd-settings")
    tags = {int(release): tag for release, tag in document["tags"].items()}
    named = {document["read_to"], document["oldest"]}
    for setting in settings().values():
        named |= {setting.since, setting.until or setting.since, setting.filter or setting.since}
        named |= {drop.since for drop in setting.drops}
        assert setting.value in {"text", "boolean", "capabilities", "user", "securebits"} or setting.filter
        assert all(drop.since >= setting.since for drop in setting.drops)
    for change in changes().values():
        named |= {change.since, change.until or change.since}
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", change.id)
        assert re.fullmatch(r"[A-Z][^\n]*\.|systemd [^\n]*\.", change.what)
        assert (change.confidence == "run") == change.note.startswith("Run on ")
        assert change.path.startswith("src/")
    assert named - {document["read_to"]} == set(tags)
    assert all(re.fullmatch(r"[0-9a-f]{12}", tag["commit"]) for tag in tags.values())
    assert SystemdRelease().number == document["read_to"]


@pytest.mark.parametrize(
    ("release", "user", "uid"),
    [
        *((release, user, 0) for release in (33, 219, 231, 233, 240, 245) for user in ("0x0", "00", "+0", "0X00")),
        *((release, user, 0) for release in (33, 219, 227) for user in ("-0", "-00")),
        *((240, "010", 8), (240, "0x10", 16), (240, "+7", 7), (227, "-18446744073709551615", 1), (245, "1000", 1000)),
    ],
)
def test_numbers_of_users_until_245(release, user, uid):
    """As strtoul(3) reads them, so that 0x0 is root, with everything."""
    unit = service(f"User={user}", f"Group={user}", version=release)

    assert (unit.user, unit.group, unit.uid) == (str(uid), str(uid), uid)
    assert unit.process().effective == (CapSet() if uid else CapSet.all())
    message = f"until 245 systemd takes this for the number {uid}, and since then for no number"
    assert told(unit) == ([("depends", message)] * 2 if user != str(uid) else [])
    assert {problem.rule for problem in unit.problems} <= {"odd-number"}


@pytest.mark.parametrize(
    ("release", "user"),
    [
        *((228, "-0"), (245, "-0"), (227, "-1"), (227, "-18446744073709551616"), (245, "0xffff"), (245, "4294967296")),
        *((246, "00"), (245, "9" * 5000), (245, "0x"), (246, "-0"), (246, "-"), (246, "a\tb"), (245, "-abc")),
    ],
)
def test_numbers_and_names_that_are_none(release, user):
    unit = service(f"User={user}", version=release)

    assert [(problem.rule, problem.verdict) for problem in unit.problems] == [("invalid-user", "refused")]


@pytest.mark.parametrize("release", [231, 246, 257, None])
@pytest.mark.parametrize("user", ["-abc", "-1a", "--", "0x", "+a"])
def test_names_with_a_sign_in_front(release, user):
    """A minus with digits alone is none, and so is a lone one."""
    unit = service(f"User={user}", version=release)

    assert (unit.problems, unit.uid) == ((), None)
    assert systemd.from_unit(systemd.to_unit(unit)).user == user


def test_no_new_privileges_before_198():
    """A comma was missing, so that it was no key."""
    assert told(service("NoNewPrivileges=yes", version=197)) == [("ignored", "systemd knows it since 198")]
    assert service("NoNewPrivileges=yes", version=198).no_new_privs


@pytest.mark.parametrize("name", FILTERS)
def test_filters_under_the_manager_of_a_user(name):
    """It has no CAP_SYS_ADMIN, so that there is no filter without no_new_privs."""
    assert service(line(name), manager="user").gains_nothing(1000)
    assert not service(line(name), manager="user").gains_nothing(0)
    assert not service("NoNewPrivileges=no", manager="user").gains_nothing(1000)


@pytest.mark.parametrize(
    "value", ["SystemCallFilter=read", "SystemCallArchitectures=native", "RestrictAddressFamilies=AF_UNIX"]
)
def test_old_filters_under_the_manager_of_a_user(value):
    for version in (211, 229):
        assert service(value, manager="user", version=version).gains_nothing(1000)
        assert not service(value, version=version).gains_nothing(1000)
    assert service("PrivateDevices=yes", manager="user", version=229).no_new_privs is False
