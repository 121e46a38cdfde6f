"""Which kernel's rules: from the name of a release to what a system call does by it."""

from __future__ import annotations

import errno
import pickle

import pytest
from attrs import evolve, fields

from capset import Cap, CapSet, CapState, FileCaps, Securebits, engines, kernel, live
from capset.errors import ArgumentError, CapsetError, ProcUnavailableError, StatusError, UnknownReleaseError
from capset.kernel import INITIAL, NEWEST, Credentials, Executable, KernelError, Rules, UserNamespace

ALL = CapSet.all(36)  # those of every kernel here
NET_RAW = CapSet(["net_raw"])
ROOT = Credentials(caps=CapState(effective=ALL, permitted=ALL, bounding=ALL))
AMBIENT = CapState(permitted=NET_RAW, inheritable=NET_RAW, ambient=NET_RAW)
OLDEST = Rules.of("3.10.0")


def refused(call, *arguments, **keywords) -> KernelError:
    """Return the refusal of a call."""
    with pytest.raises(KernelError) as caught:
        call(*arguments, **keywords)
    return caught.value


def differing(rules: Rules) -> dict[str, object]:
    """Return the switches that differ from the newest kernel's."""
    names = [field.name for field in fields(Rules) if field.eq and field.name != "last_cap"]
    return {name: getattr(rules, name) for name in names if getattr(rules, name) != getattr(NEWEST, name)}


READ_TO = "7.2"
NOW: dict[str, object] = {}  # of a change that comes with a newer release: what it was before
BEFORE_6_17 = {**NOW, "set_id": "not real"}
BEFORE_6_14 = {**BEFORE_6_17, "exec_securebits": False}
BEFORE_5_12 = {**BEFORE_6_14, "root_map_needs_setfcap": False}
BEFORE_4_14 = {**BEFORE_5_12, "map_extents": 5, "file_revision": 2, "at_secure": "given"}
BEFORE_6_3 = {"idle_setres": "sets fs"}
BEFORE_4_3 = {**BEFORE_4_14, **BEFORE_6_3, "too_deep": "EUSERS", "ambient": False}
BEFORE_3_19 = {**BEFORE_4_3, "setgroups_file": False}


@pytest.mark.parametrize(
    ("release", "expected", "last", "assumed"),
    [
        ("6.18", NOW, 40, []),
        ("6.18.44-local", NOW, 40, []),
        ("7.2.12+deb14-cloud-amd64", NOW, 40, []),
        ("6.17.0", NOW, 40, []),
        ("6.17-rc1", NOW, 40, ["comes before Linux 6.17, and is taken for it"]),
        ("6.16.0-rc3-next-20250620+", BEFORE_6_17, 40, ["comes before Linux 6.16", "without set-id"]),
        ("6.16.12", BEFORE_6_17, 40, []),
        ("6.13.7", BEFORE_6_14, 40, []),
        ("6.12.117+deb13-cloud-amd64", BEFORE_6_14, 40, ["it is taken to be without set-id, exec-securebits"]),
        ("6.3.0", BEFORE_6_14, 40, []),
        ("6.2.0", {**BEFORE_6_14, **BEFORE_6_3}, 40, []),
        ("6.1.26", BEFORE_6_14, 40, []),
        ("6.1.25", {**BEFORE_6_14, **BEFORE_6_3}, 40, []),
        ("6.1", BEFORE_6_14, 40, ["does not tell which release of the series 6.1 it is"]),
        ("6.2.13", BEFORE_6_14, 40, []),
        ("6.2.12", {**BEFORE_6_14, **BEFORE_6_3}, 40, []),
        ("6.0.19", {**BEFORE_6_14, **BEFORE_6_3}, 40, []),
        ("5.17.15", {**BEFORE_6_14, **BEFORE_6_3}, 40, []),
        ("5.15.167.4-microsoft-standard-WSL2", BEFORE_6_14, 40, ["without set-id"]),
        ("5.15.108", {**BEFORE_6_14, **BEFORE_6_3}, 40, []),
        ("5.11.19", {**BEFORE_6_14, **BEFORE_6_3}, 40, []),
        ("5.11.18", {**BEFORE_5_12, **BEFORE_6_3}, 40, []),
        ("5.4.300", {**BEFORE_5_12, **BEFORE_6_3}, 37, ["series 5.4 have idle-setres was not read: 5.4.300 is taken"]),
        ("5.4", {**BEFORE_5_12, **BEFORE_6_3}, 37, ["series 5.4 have idle-setres was not read"]),
        ("5.4.0", {**BEFORE_5_12, **BEFORE_6_3}, 37, []),
        ("5.3.18", {**BEFORE_5_12, **BEFORE_6_3}, 37, []),
        ("4.20.17", {**BEFORE_5_12, **BEFORE_6_3}, 37, []),
        ("5.10.179", BEFORE_6_14, 40, []),
        ("5.10.178", {**BEFORE_6_14, **BEFORE_6_3}, 40, []),
        ("5.10.34", {**BEFORE_5_12, **BEFORE_6_3}, 40, []),
        ("5.10.0", {**BEFORE_5_12, **BEFORE_6_3}, 40, []),
        (
            "5.10.0-32-cloud-amd64",
            BEFORE_6_14,
            40,
            [
                "the series 5.10 it is: what later ones of it have, it is taken to have (idle-setres, root-map)",
                "without",
            ],
        ),
        ("5.8.0", {**BEFORE_5_12, **BEFORE_6_3}, 39, []),
        (
            "4.18.0-553.el8.x86_64",
            {**BEFORE_5_12, **BEFORE_6_3},
            37,
            ["without set-id, exec-securebits, idle-setres, root-map, the capabilities after CAP_AUDIT_READ"],
        ),
        ("4.14.0", {**BEFORE_5_12, **BEFORE_6_3, "map_extents": 5}, 37, []),
        ("4.10.0", {**BEFORE_4_14, **BEFORE_6_3}, 37, []),
        ("4.9.0", {**BEFORE_4_14, **BEFORE_6_3}, 37, ["not modelled, and is taken to have them (traced-exec)"]),
        ("4.8.0", {**BEFORE_4_14, **BEFORE_6_3, "too_deep": "EUSERS"}, 37, ["taken to have them (traced-exec)"]),
        ("4.7.0", {**BEFORE_4_14, **BEFORE_6_3, "too_deep": "EUSERS"}, 37, ["(traced-exec, foreign-mounts)"]),
        ("3.11.0", BEFORE_3_19, 36, ["undefined-caps, group-mapped, bounding-drop)"]),
        ("4.2.0", BEFORE_4_3, 37, ["not modelled"]),
        (
            "3.16.0-4-amd64",
            BEFORE_4_3,
            37,
            [
                "the series 3.16 it is: what later ones of it have, it is taken to have (setgroups-file)",
                "without",
                "not",
            ],
        ),
        (
            "3.10.0-1160.el7.x86_64",
            {**BEFORE_4_14, **BEFORE_6_3, "too_deep": "never", "setgroups_file": False},
            36,
            [
                "have setgroups-file was not read",
                "without",
                "is taken to have them (traced-exec, foreign-mounts, undefined-caps, group-mapped, bounding-drop)",
            ],
        ),
        (
            "3.10.0-327.36.3.el7.x86_64",
            {**BEFORE_3_19, "too_deep": "never"},
            36,
            ["have setgroups-file was not read", "without", "not modelled"],
        ),
        (
            "3.18.140",
            BEFORE_3_19,
            37,
            ["series 3.18 have setgroups-file was not read: 3.18.140 is taken to be without", "not modelled"],
        ),
        ("3.16.35", BEFORE_4_3, 37, ["not modelled"]),
        ("3.16.3", BEFORE_3_19, 37, ["not modelled"]),
        ("3.15.10", BEFORE_3_19, 36, ["not modelled"]),
        ("3.11.10", BEFORE_3_19, 36, ["not modelled"]),
        ("3.13.0-24-generic", BEFORE_3_19, 36, ["ambient, setgroups-file", "not modelled"]),
        (
            "3.10.0",
            {**BEFORE_3_19, "too_deep": "never"},
            36,
            ["not modelled"],
        ),
        (
            "7.3.0-rc2",
            NOW,
            None,
            [f"newer than Linux {READ_TO}, up to which the rules are known", "comes before Linux 7.3"],
        ),
        ("8.4", {}, None, [f"8.4 is newer than Linux {READ_TO}"]),
        ("6.17.0-0.rc1.250812g5d1c0ee.17.fc43.x86_64", NOW, 40, ["comes before Linux 6.17, and is taken for it"]),
        ("6.17~rc3-amd64", NOW, 40, ["comes before Linux 6.17, and is taken for it"]),
        ("6.1.26-rc1", BEFORE_6_14, 40, ["comes before Linux 6.1.26, and is taken for it"]),
        ("6.17.3-arc3", NOW, 40, []),
        (" 6.18.0\n", NOW, 40, []),
    ],
)
def test_releases(release, expected, last, assumed):
    """What a name tells, and what it does not tell and was assumed."""
    rules = Rules.of(release)

    assert differing(rules) == expected
    assert rules.last_cap == last
    assert rules.release == release.strip()
    assert len(rules.assumed) == len(assumed), rules.assumed
    assert all(part in sentence for part, sentence in zip(assumed, rules.assumed, strict=True)), rules.assumed
    assert pickle.loads(pickle.dumps(rules)) == rules


@pytest.mark.parametrize(
    "release", ["", "x", "6", "v6.1", "6.1.x", "6..1", ".6.1", "6.1 6.2", "６.1", "6.1-\n-", "1.2.3.4.5.6"]
)
def test_texts_that_name_no_release(release):
    """Each says what was expected."""
    with pytest.raises(UnknownReleaseError, match=r"expected what uname -r prints, such as 6.12.117") as caught:
        Rules.of(release)
    assert caught.value.release == release.strip()
    assert isinstance(caught.value, CapsetError)


@pytest.mark.parametrize("release", ["2.6.24", "2.6.18-419.el5", "2.4.37", "0.1"])
def test_releases_that_are_too_old(release):
    """Their rules are not known, and no thread had a bounding set."""
    message = r"those from Linux 3\.10 on are known, and taken for those from 2\.6\.25 on$"
    with pytest.raises(UnknownReleaseError, match=message):
        Rules.of(release)


@pytest.mark.parametrize(
    ("release", "last"),
    [
        ("2.6.25", 33),
        ("2.6.32-754.el6.x86_64", 33),
        ("2.6.37", 34),
        ("3.0.101", 35),
        ("3.4", 35),
        ("3.5", 36),
        ("3.9", 36),
    ],
)
def test_releases_before_the_oldest_that_is_known(release, last):
    """Their last capability is known; the rules are taken to be those of the oldest, which is told first."""
    rules = Rules.of(release)

    assert rules == evolve(OLDEST, last_cap=last)
    assert rules.assumed[0] == (
        f"{release} is older than Linux 3.10, from which on the rules are known, and is taken to have the same"
    )


def test_rules_that_are_supposed():
    """Of the newest kernel, or, where the sets show one before 3.8, of the oldest that is known; it is told which."""
    old = Credentials(uids=500, caps=CapState(bounding=CapSet.from_mask(2**64 - 1)))
    rules = Rules.supposed(old)

    assert rules == evolve(OLDEST, last_cap=None)
    assert (rules.release, rules.assumed[0]) == (
        "",
        "the rules are those of Linux 3.10, the oldest that are known, as the sets show a kernel before 3.8",
    )
    assert kernel.execve(old, Executable(), rules=rules).caps == old.caps
    assert Rules.supposed(ROOT) == NEWEST
    assert Rules.supposed(ROOT).assumed == (
        f"the rules are those of Linux {READ_TO}, the newest that are known, as nothing says which kernel it was",
    )


@pytest.mark.parametrize("release", ["22.6.0", "13.2-RELEASE", "10.0.19045", "9.0"])
def test_releases_of_other_systems(release):
    """They count higher than Linux does, and are no newer Linux."""
    with pytest.raises(UnknownReleaseError, match=rf"newest Linux that is known is {READ_TO}, .* other systems"):
        Rules.of(release)


def test_what_is_no_text():
    """A number would lose the last digit of 5.10."""
    with pytest.raises(TypeError, match=r'a release as uname -r prints it, such as "6.12.117", got 5.1'):
        Rules.of(5.10)
    with pytest.raises(TypeError, match=r"got None"):
        kernel.execve(ROOT, Executable(), rules=None)


def test_rules_of_a_release_are_made_by_of():
    """The newest rules under the name of an old release would be wrong without a word."""
    remedy = r"^Rules\(\) takes switches; the rules of a release are Rules\.of\('5\.10'\)$"
    for call in (
        lambda: Rules("5.10"),
        lambda: Rules(release="5.10"),
        lambda: Rules(release="5.10", ambient=True),
        lambda: evolve(NEWEST, release="5.10"),
    ):
        with pytest.raises(TypeError, match=remedy):
            call()
    changed = evolve(Rules.of("5.10"), ambient=False)
    assert (changed.release, changed.ambient) == ("5.10", False)
    assert Rules.from_dict(changed.as_dict()).release == "5.10"


def test_rules_are_returned_as_they_are():
    """So that both may stand wherever rules are taken."""
    mine = Rules(set_id="not real")

    assert Rules.of(mine) is mine
    assert Rules.of(mine, last_cap=37) == Rules(set_id="not real", last_cap=37)
    assert NEWEST.read_to == READ_TO
    assert Rules.of(NEWEST.read_to) == Rules(last_cap=40)


def test_a_last_capability_that_is_known():
    """It is not assumed then."""
    known = Rules.of("4.18.0-553.el8.x86_64", last_cap=40)

    assert known.last_cap == 40
    assert known.assumed[-1].endswith(" set-id, exec-securebits, idle-setres, root-map")


@pytest.mark.parametrize("name", [field.name for field in fields(Rules) if field.eq and field.name != "last_cap"])
def test_switches_take_what_there_is(name):
    """Every other value is refused, with those that there are."""
    with pytest.raises(ValueError, match=f"{name} is .* or .*, got 'old'"):
        Rules(**{name: "old"})


def test_a_switch_is_no_number():
    """1 is no True, and True is no 1."""
    with pytest.raises(ValueError, match=r"ambient is True or False, got 1"):
        Rules(ambient=1)
    with pytest.raises(ValueError, match=r'too_deep is "ENOSPC", "EUSERS" or "never", got None'):
        Rules(too_deep=None)


# -- what the switches do ----------------------------------------------------------------------------


def test_no_ambient_set():
    """All of PR_CAP_AMBIENT is EINVAL, its securebit is unknown, and nothing is told of it."""
    held = evolve(ROOT, caps=evolve(ROOT.caps, inheritable=NET_RAW))
    for call, arguments in (("ambient_raise", ["net_raw"]), ("ambient_lower", ["net_raw"]), ("ambient_clear_all", [])):
        error = refused(getattr(kernel, call), held, *arguments, rules=OLDEST)
        assert (error.errno, error.rule) == (errno.EINVAL, "ambient-set")
    assert refused(kernel.set_securebits, ROOT, 0x40, rules=OLDEST).rule == "securebits-known"
    assert kernel.set_securebits(ROOT, 0x3F, rules=OLDEST).securebits == 0x3F
    told = kernel.explain_execve(Credentials(uids=1000, caps=CapState(bounding=ALL)), Executable(), rules=OLDEST)
    assert told.why("kill").why == "the file has no capabilities and user 1000 is not root"
    assert "ambient" not in str(told)


def test_ambient_where_there_is_no_ambient_set():
    """The thread contradicts the rules, and says so."""
    cred = Credentials(uids=1000, caps=AMBIENT)

    with pytest.raises(
        ArgumentError, match=r"CAP_NET_RAW is ambient, and Linux 3.10.0 has no ambient set: the thread runs"
    ) as caught:
        kernel.execve(cred, Executable(), rules=OLDEST)
    assert caught.value.value == NET_RAW
    with pytest.raises(ValueError, match=r"and a kernel with these rules has no ambient set"):
        kernel.explain_execve(cred, Executable(), rules=Rules(ambient=False))
    with pytest.raises(ValueError, match=r"has no ambient set"):
        kernel.why(cred, "kill", rules="3.10.0")
    assert kernel.execve(cred, Executable(), rules="3.10.0-1160.el7.x86_64").caps.effective == NET_RAW


def test_revision_3():
    """An attribute that is too long cannot be executed, not even by root; on a nosuid mount nobody looks."""
    file = Executable(caps=FileCaps(permitted=NET_RAW, rootid=1000))

    error = refused(kernel.execve, ROOT, file, rules="4.13.0")
    assert (error.errno, error.rule) == (errno.ERANGE, "file-revision")
    assert str(error).startswith("ERANGE: the file's capabilities are of revision 3, which the kernel does not know")
    assert kernel.execve(ROOT, evolve(file, nosuid=True), rules="4.13.0").caps.permitted == ALL
    assert kernel.execve(ROOT, file, rules="4.14.0").caps.permitted == ALL
    assert kernel.execve(ROOT, evolve(file, caps=FileCaps(permitted=NET_RAW)), rules="4.13.0") == ROOT


def test_at_secure():
    """With no_new_privs the ids go back to the real ones, and before 4.14 that was the end of it."""
    other = Credentials(uids=(1000, 1001, 1001, 1001), gids=1000, no_new_privs=True)

    asked, given = (kernel.explain_execve(other, Executable(), rules=release) for release in ("4.14.0", "4.13.0"))
    assert (asked.secure, given.secure) == (True, False)
    assert asked.after == given.after


@pytest.mark.parametrize("release", ["5.11.18", "6.0.19", "5.17.15", "4.14.10", "5.3.18", "4.20.17", "6.2.11"])
def test_a_series_that_ended_before_a_change(release):
    """It is without it: setresuid() gives the thread the fs id of root."""
    root_by_euid = Credentials(uids=(1000, 0, 0, 1000))

    assert kernel.setresuid(root_by_euid, -1, -1, -1, rules=release).uids.fs == 0


@pytest.mark.parametrize("release", ["3.15.10", "3.11.10", "3.16.3", "3.13.0-24-generic"])
def test_a_series_that_ended_before_the_setgroups_file(release):
    """Whoever has the fs id still maps it, and setgroups(2) needs no map."""
    inside = kernel.unshare_user(Credentials(uids=1000, gids=50), rules=release)

    assert kernel.setgroups(inside, [], rules=release).groups == ()


def test_setresuid_that_changes_nothing():
    """Before 6.3 it brings the fs id back."""
    behind = Credentials(uids=(1000, 1000, 1000, 5), gids=(50, 50, 50, 7))

    for release, uid, gid in (("6.3.0", 5, 7), ("6.2.0", 1000, 50)):
        assert kernel.setresuid(behind, -1, -1, -1, rules=release).uids.fs == uid
        assert kernel.setresgid(behind, 50, -1, -1, rules=release).gids.fs == gid


def test_maps():
    """The parent's root needs CAP_SETFCAP since 5.12, and there may be more than 5 lines since 4.15."""
    inside = kernel.unshare_user(evolve(ROOT, caps=evolve(ROOT.caps, effective=ALL - {"setfcap"})), rules="4.14.0")
    six = [(at, 1000 + at, 1) for at in range(6)]

    assert refused(kernel.write_uid_map, inside, [(0, 0, 1)]).rule == "map-root"
    assert kernel.write_uid_map(inside, [(0, 0, 1)], rules="5.11.18").visible_uids.effective == 0
    assert refused(kernel.write_gid_map, inside, six, "outside", rules="4.14.0").rule == "map-lawful"
    assert len(kernel.write_gid_map(inside, six, "outside", rules="4.15.0").user_ns.gid_map) == 6
    assert len(kernel.write_gid_map(inside, six[1:], "outside", rules="4.14.0").user_ns.gid_map) == 5


def test_without_a_setgroups_file():
    """Before 3.19 whoever has the fs ids maps them, and setgroups(2) needs no map."""
    before, user = "3.18.0", Credentials(uids=(1000, 1001, 1001, 1000), gids=(50, 51, 51, 50))
    inside = kernel.unshare_user(user, rules=before)

    error = refused(kernel.write_setgroups, inside, "deny", rules=before)
    assert (error.errno, error.rule) == (errno.ENOENT, "setgroups-file")
    assert kernel.write_uid_map(inside, [(0, 1000, 1)], rules=before).visible_uids.real == 0
    assert kernel.write_gid_map(inside, [(0, 50, 1)], rules=before).visible_gids.real == 0
    assert refused(kernel.write_uid_map, inside, [(0, 1001, 1)], rules=before).rule == "map-permitted"
    assert refused(kernel.write_uid_map, inside, [(0, 1000, 1)]).rule == "map-permitted"
    assert kernel.setgroups(inside, [], rules=before).groups == ()
    assert refused(kernel.setgroups, inside, []).rule == "groups-allowed"
    denied = evolve(inside, user_ns=UserNamespace(parent=INITIAL, gid_map=[(0, 50, 1)], setgroups="deny"))
    assert kernel.setgroups(denied, [0], rules=before).groups == (50,)
    assert refused(kernel.setgroups, denied, [0]).rule == "groups-allowed"


def test_namespaces_that_lie_too_deep():
    """An error of another name, and none at all before 3.11."""
    deep = INITIAL
    for _ in range(33):
        deep = UserNamespace(parent=deep, uid_map=[(0, 0, 1)], gid_map=[(0, 0, 1)])
    cred = evolve(ROOT, user_ns=deep)

    assert refused(kernel.unshare_user, cred, rules="4.9.0").errno == errno.ENOSPC
    assert refused(kernel.unshare_user, cred, rules="4.8.0").errno == errno.EUSERS
    assert kernel.unshare_user(cred, rules="3.10.0").user_ns.level == 34


def test_securebits_of_each_kernel():
    """What set_securebits() takes."""
    assert Rules().securebits == 0xFFF
    assert Rules.of("6.13.0").securebits == 0xFF
    assert OLDEST.securebits == 0x3F


# -- another kernel's view of a thread ---------------------------------------------------------------


def test_fit():
    """What the kernel does not know is left out, and told."""
    cred = Credentials(
        caps=CapState(permitted=NET_RAW | {"bpf"}, inheritable=NET_RAW, ambient=NET_RAW, bounding=CapSet.all()),
        securebits=Securebits.NOROOT | Securebits.EXEC_RESTRICT_FILE | Securebits.NO_CAP_AMBIENT_RAISE,
        assumed=["before"],
    )
    fitted = OLDEST.fit(cred)

    assert fitted.caps == CapState(permitted=NET_RAW, inheritable=NET_RAW, bounding=CapSet.all(36))
    assert fitted.securebits == Securebits.NOROOT
    assert fitted.assumed == (
        "before",
        "CAP_AUDIT_READ, CAP_PERFMON, CAP_BPF, CAP_CHECKPOINT_RESTORE is left out, as Linux 3.10.0 does not have it",
        "nothing is ambient, as Linux 3.10.0 has no ambient set",
        "SECBIT_NO_CAP_AMBIENT_RAISE|SECBIT_EXEC_RESTRICT_FILE is left out, as Linux 3.10.0 does not have it",
    )
    assert NEWEST.fit(cred) == cred
    assert NEWEST.fit(cred).assumed == ("before",)
    assert Rules.of("5.9.0").fit(ROOT).assumed == ()


def test_fit_of_what_was_read():
    """A ProcStatus is taken, as everywhere; what is no thread is refused."""
    status = live.parse_status(
        "Name:\tsh\nTgid:\t7\nPid:\t7\nPPid:\t1\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t \nNoNewPrivs:\t0\n"
        "CapInh:\t0000000000000000\nCapPrm:\t000001ffffffffff\nCapEff:\t000001ffffffffff\nCapBnd:\t000001ffffffffff\n"
        "CapAmb:\t0000000000000000\n"
    )

    assert Rules.of("4.4.302").fit(status).caps.permitted == CapSet.all(37)
    with pytest.raises(TypeError, match=r"expected Credentials or a ProcStatus, got None"):
        Rules.of("4.4.302").fit(None)


def test_why_by_another_kernel():
    """The ways, the histories and what was assumed go by its rules."""
    user = Credentials(uids=1000, gids=1000, caps=CapState(bounding=CapSet.all(37)), assumed=["of the thread"])
    told = kernel.why(user, "bpf", rules="4.19.0-xyz")

    assert told.verdict == "CAP_BPF is none that Linux 4.19.0-xyz has."
    assert told.assumed == ("of the thread", *Rules.of("4.19.0-xyz").assumed)
    assert str(told).splitlines()[-1] == f"Assumed: {told.assumed[-1]}."
    assert f"<p>assumed: {told.assumed[-1]}</p>" in told._repr_html_()
    assert [history.steps[0].rules for history in told.histories] == [told.rules] * len(told.histories)
    old = kernel.why(OLDEST.fit(user), "kill", rules=OLDEST)
    assert old.ways[0].because == "the file has no capabilities and user 1000 is not root"


def test_explanations_tell_what_was_assumed():
    """Of the thread, and of the kernel."""
    told = kernel.explain_setuid(evolve(ROOT, assumed=["of the thread"]), 1000, rules="5.10.0-32-cloud-amd64")

    assert told.rules.release == "5.10.0-32-cloud-amd64"
    assert told.assumed == ("of the thread", *told.rules.assumed)
    assert len([line for line in str(told).splitlines() if line.startswith("assumed: ")]) == 3
    assert "rules" not in told.call


def test_what_was_assumed_goes_with_the_credentials():
    """What a call gives tells it too, and once, however many calls follow."""
    release = "5.10.0-0.deb10.16-amd64"
    told = Rules.of(release).assumed
    after = kernel.execve(evolve(ROOT, assumed=["of the thread"]), Executable(), rules=release)

    assert after.assumed == ("of the thread", *told)
    assert kernel.setuid(after, 1000, rules=release).assumed == after.assumed
    assert kernel.explain_setuid(after, 1000, rules=release).assumed == after.assumed
    assert kernel.why(after, "kill", rules=release).assumed == after.assumed
    assert kernel.execve(ROOT, Executable()).assumed == ()


def test_what_is_assumed_is_sentences():
    """A text would become its letters."""
    for made in (Rules, Credentials, Executable):
        with pytest.raises(TypeError, match=r"a list of sentences, got 'text'; write \['text'\]"):
            made(assumed="text")
        with pytest.raises(TypeError, match=r"a list of sentences, got 5 in it"):
            made(assumed=[5])


def test_capabilities_that_the_kernel_does_not_have():
    """The thread contradicts the rules, and says so, with the two remedies; nothing counts that the kernel refuses."""
    new = CapSet.all(40)
    root = Credentials(caps=CapState(effective=new, permitted=new, bounding=new))
    message = (
        r"the thread has CAP_PERFMON, CAP_BPF, CAP_CHECKPOINT_RESTORE, and Linux 4\.4\.302 has no such: .* last_cap=40"
    )

    for call in (
        lambda: kernel.execve(root, Executable(), rules="4.4.302"),
        lambda: kernel.why(root, "bpf", rules="4.4.302"),
        lambda: kernel.explain_setuid(root, 0, rules="4.4.302"),
        lambda: kernel.setuid(Credentials(caps=CapState(bounding=new)), 0, rules="4.4.302"),
    ):
        with pytest.raises(ArgumentError, match=message) as caught:
            call()
        assert caught.value.value == CapSet(["perfmon", "bpf", "checkpoint_restore"])
    assert kernel.execve(root, Executable(), rules=Rules.of("4.4.302", last_cap=40)) == root
    fitted = Rules.of("4.4.302").fit(root)
    assert kernel.why(fitted, "bpf", rules="4.4.302").verdict == "CAP_BPF is none that Linux 4.4.302 has."


def test_containers_by_another_kernel():
    """The engine holds what the kernel has, and makes nothing ambient where nothing can be."""
    podman = engines.get("podman")

    assert podman.container(privileged=True, rules="4.4.302").bounding == CapSet.all(37)
    assert podman.container(privileged=True, rules="4.4.302", available=NET_RAW).bounding == NET_RAW
    assert podman.container(add=["net_raw"], uid=1000, rules="4.4.302").effective >= NET_RAW
    assert podman.container(add=["net_raw"], uid=1000, rules="4.2.0").effective == CapSet()
    assert podman.credentials(add=["net_raw"], uid=1000, rules="4.2.0").caps.ambient == CapSet()


# -- what the system says ----------------------------------------------------------------------------


def tree(folder, **files):
    """Save a tree of proc."""
    for name, text in files.items():
        path = folder / {"osrelease": "sys/kernel/osrelease", "last": "sys/kernel/cap_last_cap"}.get(name, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
    return str(folder)


VERSION = (
    b"Linux version 5.10.0-32-cloud-amd64 (debian-kernel@lists.debian.org) (gcc-10 ...) #1 SMP Debian 5.10.223-1\n"
)


def test_the_release_of_a_saved_tree(tmp_path):
    """From either file, the one that has nothing else in it first."""
    assert live.kernel_release(proc=tree(tmp_path / "a", osrelease=b"6.1.0-50-cloud-amd64\n")) == "6.1.0-50-cloud-amd64"
    assert live.kernel_release(proc=tree(tmp_path / "b", version=VERSION)) == "5.10.0-32-cloud-amd64"
    both = tree(tmp_path / "c", version=VERSION, osrelease=b"4.4.302\n")
    assert live.kernel_release(proc=both) == "4.4.302"


def test_a_saved_tree_without_a_release(tmp_path):
    """Nothing is guessed."""
    with pytest.raises(ProcUnavailableError) as caught:
        live.kernel_release(proc=str(tmp_path))
    assert caught.value.filename == f"{tmp_path}/version"
    message = "version:1: version: expected Linux version and a release, got 'FreeBSD 14\\\\n'"
    with pytest.raises(StatusError, match=message):
        live.kernel_release(proc=tree(tmp_path, version=b"FreeBSD 14\n"))


def test_the_rules_of_a_saved_tree(tmp_path):
    """Its last capability is known, where the file is there."""
    proc = tree(tmp_path, osrelease=b"4.18.0-553.el8.x86_64\n")

    assert live.kernel_rules(proc=proc).last_cap is Cap.AUDIT_READ
    assert live.kernel_rules(proc=tree(tmp_path, last=b"40\n")).last_cap is Cap.CHECKPOINT_RESTORE
    with pytest.raises(UnknownReleaseError, match=r"no rules of a kernel '2\.6\.18'"):
        live.kernel_rules(proc=tree(tmp_path, osrelease=b"2.6.18"))
