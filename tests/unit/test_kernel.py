"""The kernel's rules without a kernel: values, messages, explanations; tests/live compares them with Linux."""

from __future__ import annotations

import errno
import pickle
import re
from inspect import signature
from pathlib import Path

import pytest
from attrs import evolve

from capset import Cap, CapSet, CapState, FileCaps, Ids, Securebits, kernel
from capset.kernel import INITIAL, Credentials, Executable, KernelError, Rules, UserNamespace
from tests.markup import tables

NET_RAW = CapSet(["net_raw"])
ALL = CapSet.all()
ROOT = Credentials(caps=CapState(effective=ALL, permitted=ALL, bounding=ALL))
USER = Credentials(uids=1000, gids=1000, caps=CapState(bounding=ALL))
INSIDE = kernel.unshare_user(USER)
CALLS = [name for name in kernel.__all__ if f"explain_{name}" in kernel.__all__]


def refused(call, *arguments, **keywords) -> KernelError:
    """Return the refusal of a call, which its explanation tells too."""
    with pytest.raises(KernelError) as caught:
        call(*arguments, **keywords)
    explanation = getattr(kernel, f"explain_{call.__name__}")(*arguments, **keywords)
    assert (explanation.after, explanation.reasons, explanation.notes) == (None, (), ())
    assert str(explanation.error) == str(caught.value)
    return caught.value


# -- values ------------------------------------------------------------------------------------------


def test_credentials_take_what_people_write():
    """One id for all four, a number for securebits, groups in any order."""
    cred = Credentials(uids=7, gids=[1, 2, 3, 4], groups=[50, 7, 50], securebits=5)

    assert cred.uids == Ids(7, 7, 7, 7)
    assert cred.gids == Ids(1, 2, 3, 4)
    assert cred.groups == (7, 50, 50)
    assert cred.securebits == Securebits.NOROOT | Securebits.NO_SETUID_FIXUP
    assert cred == evolve(cred, assumed=["something"])
    assert pickle.loads(pickle.dumps(INSIDE)) == INSIDE


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"uids": -1}, ValueError, "an id is a number from 0 to 2\\*\\*32 - 2, got -1"),
        ({"uids": True}, TypeError, "got True"),
        ({"gids": 2**32 - 1}, ValueError, "got 4294967295"),
        ({"uids": [1, 2]}, ValueError, "expected one id or four \\(real, effective, saved, fs\\), got \\[1, 2\\]"),
        ({"groups": ["wheel"]}, TypeError, "a group is a number from 0 to 2\\*\\*32 - 2, got 'wheel'"),
        ({"caps": CapState(effective=["kill"])}, ValueError, "no thread can have these sets: effective holds CAP_KILL"),
        ({"caps": NET_RAW}, TypeError, "caps is a CapState, got CapSet.parse"),
        ({"no_new_privs": "no"}, TypeError, "no_new_privs is True or False, got 'no'"),
        ({"user_ns": None}, TypeError, "user_ns is a UserNamespace, got None"),
        ({"uids": "root"}, TypeError, "expected one id or four .*, got 'root'"),
    ],
)
def test_credentials_that_no_thread_has(keywords, error, message):
    """Each with its value."""
    with pytest.raises(error, match=message):
        Credentials(**keywords)


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"uid": -1}, ValueError, "the owner or group of a file is a number"),
        ({"mode": "755"}, TypeError, "mode is that of a regular file, such as 0o4755 in octal digits, got '755'"),
        ({"mode": 2**16}, ValueError, "got 65536"),
        ({"mode": 4755}, ValueError, "in octal digits, got 4755"),
        ({"caps": NET_RAW}, TypeError, "caps is FileCaps or None, got CapSet.parse"),
        ({"nosuid": 1}, TypeError, "nosuid is True or False, got 1"),
    ],
)
def test_what_is_no_executable(keywords, error, message):
    """Each with its value."""
    with pytest.raises(error, match=message):
        Executable(**keywords)


def test_executables_as_text():
    """What counts of a file, in a line."""
    inheritable = FileCaps(inheritable=["kill"], rootid=1000)

    assert str(Executable()) == "a file of user 0 and group 0, mode 0755, without capabilities"
    assert str(Executable(mode=0o4755, path="/bin/su")).startswith("/bin/su of user 0 and group 0, mode 4755")
    assert str(Executable(caps=FileCaps(), nosuid=True)).endswith("with an empty attribute, on a nosuid mount")
    assert str(Executable(caps=inheritable)).endswith("with inheritable CAP_KILL, root id 1000")


def test_namespaces():
    """The tree, the ids, and text."""
    half = UserNamespace(parent=INITIAL, owner=1000, uid_map=[(0, 1000, 1)])

    assert UserNamespace() == INITIAL
    assert (INITIAL.level, half.level, INSIDE.user_ns.level) == (0, 1, 1)
    assert list(half.ancestors) == [half, INITIAL]
    assert (half.outside_uid(0), half.outside_uid(1), half.outside_gid(0)) == (1000, None, None)
    assert (half.visible_uid(1000), half.visible_gid(1000), half.has_uid(0), half.has_gid(0)) == (
        0,
        65534,
        False,
        False,
    )
    assert str(INITIAL) == "the initial user namespace"
    assert str(half) == "a user namespace of user 1000 that maps 0 to 1000"
    assert str(INSIDE.user_ns) == "a user namespace of user 1000 that maps no user id yet"
    large = UserNamespace(parent=half, uid_map=[(0, 1000, 5)])
    assert str(large).endswith("maps 0 to 1000 (5 ids)")


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"setgroups": "maybe"}, 'setgroups is "allow" or "deny", got \'maybe\''),
        ({"parent": INITIAL, "uid_map": [(0, 0, 0)]}, "uid_map is no map that the kernel takes"),
        ({"parent": INITIAL, "gid_map": [(0, 0, 2), (1, 5, 2)]}, "gid_map is no map that the kernel takes"),
        ({"parent": INITIAL, "gid_map": [(0, 5, 2), (2, 6, 2)]}, "gid_map is no map that the kernel takes"),
        ({"parent": INITIAL, "uid_map": [(1, 0, 2**32 - 1)]}, "uid_map is no map that the kernel takes"),
        ({"parent": INITIAL, "uid_map": [(n, n, 1) for n in range(341)]}, "uid_map is no map"),
        (
            {"parent": INITIAL, "uid_map": [(0, 0)]},
            "an extent is three numbers from 0 to 2\\*\\*32 - 1, got \\(0, 0\\)",
        ),
        ({"parent": INITIAL, "uid_map": [(0, 0, "1")]}, "an extent is three numbers"),
        ({"owner": -5}, "owner is a number from 0 to 2\\*\\*32 - 2, got -5"),
        ({"group": "x"}, "group is a number from 0 to 2\\*\\*32 - 2, got 'x'"),
        ({"uid_map": [(0, 1000, 1)]}, "the initial namespace maps every id to itself; give a parent beside uid_map"),
    ],
)
def test_what_is_no_namespace(keywords, message):
    """Each with its value."""
    with pytest.raises(ValueError, match=message):
        UserNamespace(**keywords)


def test_a_parent_is_a_namespace():
    """And nothing else."""
    with pytest.raises(TypeError, match="parent is a UserNamespace, got 'x'"):
        UserNamespace(parent="x")


def test_where_capabilities_count():
    """In one's own namespace and below; for the owner of a namespace, in all of it."""
    grandchild = UserNamespace(parent=INSIDE.user_ns, owner=1000)

    assert ROOT.capable("kill")
    assert ROOT.capable("kill", grandchild)
    assert INSIDE.capable("kill", grandchild)
    assert not INSIDE.capable("kill", INITIAL)
    assert USER.capable("kill", INSIDE.user_ns)
    assert not evolve(USER, uids=1001).capable("kill", INSIDE.user_ns)
    assert not USER.capable("kill")


# -- the system calls --------------------------------------------------------------------------------


def test_every_call_has_an_explanation_that_is_called_alike():
    """The names of the contract, and their signatures."""
    assert len(CALLS) == 22
    for name in CALLS:
        call, explain = getattr(kernel, name), getattr(kernel, f"explain_{name}")
        assert list(signature(call).parameters) == list(signature(explain).parameters)
        assert next(iter(signature(call).parameters)) == "cred"
        assert call.__doc__
        assert f":func:`{name}`" in explain.__doc__


def test_only_credentials_make_calls():
    """The first argument is checked before anything else."""
    for call, arguments in ((kernel.setuid, [0]), (kernel.why, ["kill"]), (kernel.histories, [])):
        with pytest.raises(
            TypeError, match=r"expected Credentials or a ProcStatus, got CapState.*; live.credentials\(\) reads those"
        ):
            call(CapState(), *arguments)


@pytest.mark.parametrize(
    ("call", "argument", "message"),
    [
        (kernel.execve, "/bin/ls", r"expected an Executable, got '/bin/ls'; live.executable\(\) reads one from a path"),
        (kernel.set_securebits, "noroot", "securebits are Securebits or a number, got 'noroot'"),
        (kernel.set_securebits, 1.9, "securebits are Securebits or a number, got 1.9"),
        (kernel.set_keepcaps, [], r"keepcaps is True or False, got \[\]"),
        (kernel.capbset_drop, 1.5, "expected one capability, got 1.5"),
        (kernel.capbset_drop, True, "expected one capability, got True"),
        (kernel.ambient_raise, ["kill"], r"expected one capability, got \['kill'\]"),
    ],
)
def test_arguments_of_another_type(call, argument, message):
    """Each with what is expected."""
    with pytest.raises(TypeError, match=message):
        call(ROOT, argument)


@pytest.mark.parametrize(("id", "error"), [("0", TypeError), (True, TypeError), (-2, ValueError), (2**32, ValueError)])
def test_what_is_no_id(id, error):
    """A thread cannot pass it."""
    with pytest.raises(error, match="an id is a number"):
        kernel.setuid(ROOT, id)


MESSAGES = [
    (kernel.capset, (USER,), {"effective": [], "permitted": [], "inheritable": NET_RAW}, errno.EPERM,
     "EPERM: CAP_NET_RAW cannot become inheritable, as it is neither that nor permitted, and CAP_SETPCAP is not effective"),
    (kernel.capset, (evolve(ROOT, caps=evolve(ROOT.caps, bounding=[])),),
     {"effective": [], "permitted": [], "inheritable": NET_RAW}, errno.EPERM,
     "EPERM: CAP_NET_RAW cannot become inheritable, as it is neither that nor in the bounding set"),
    (kernel.capset, (ROOT,), {"effective": NET_RAW, "permitted": [], "inheritable": []}, errno.EPERM,
     "EPERM: CAP_NET_RAW cannot become effective, as it is not to be permitted"),
    (kernel.capbset_drop, (USER, "kill"), {}, errno.EPERM,
     "EPERM: dropping from the bounding set needs CAP_SETPCAP, which is not effective"),
    (kernel.capbset_drop, (ROOT, 41), {}, errno.EINVAL, "EINVAL: the kernel has no capability 41"),
    (kernel.ambient_raise, (ROOT, "kill"), {}, errno.EPERM,
     "EPERM: CAP_KILL cannot become ambient, as it is not inheritable"),
    (kernel.ambient_raise, (USER, "kill"), {}, errno.EPERM, "EPERM: CAP_KILL cannot become ambient, as it is not permitted"),
    (kernel.ambient_lower, (USER, -1), {}, errno.EINVAL, "EINVAL: the kernel has no capability -1"),
    (kernel.set_securebits, (evolve(ROOT, securebits=3), 1), {}, errno.EPERM,
     "EPERM: SECBIT_NOROOT_LOCKED cannot be taken back"),
    (kernel.set_securebits, (ROOT, 0x1000), {}, errno.EPERM, "EPERM: the kernel knows no securebits 0x1000"),
    (kernel.set_securebits, (USER, 0), {}, errno.EPERM,
     "EPERM: changing these securebits, or none, needs CAP_SETPCAP, which is not effective"),
    (kernel.set_keepcaps, (USER, 2), {}, errno.EINVAL, "EINVAL: keepcaps is 0 or 1, not 2"),
    (kernel.set_keepcaps, (evolve(USER, securebits=0x20), 1), {}, errno.EPERM, "EPERM: SECBIT_KEEP_CAPS is locked"),
    (kernel.setresuid, (USER, 0, 0, 0), {}, errno.EPERM,
     "EPERM: 0 is none of the ids that may be taken without CAP_SETUID, which is not effective (1000)"),
    (kernel.setuid, (INSIDE, 0), {}, errno.EINVAL, "EINVAL: user id 0 is not mapped here"),
    (kernel.setuid, (ROOT, -1), {}, errno.EINVAL, "EINVAL: -1 is no user id"),
    (kernel.setuid, (INSIDE, -1), {}, errno.EINVAL, "EINVAL: -1 is no user id"),
    (kernel.setgroups, (evolve(INSIDE, user_ns=evolve(INSIDE.user_ns, gid_map=[(0, 0, 1)], setgroups="deny")), []), {}, errno.EPERM,
     "EPERM: the user namespace denies it"),
    (kernel.setgid, (ROOT, -1), {}, errno.EINVAL, "EINVAL: -1 is no group id"),
    (kernel.setresgid, (INSIDE, 0, -1, -1), {}, errno.EINVAL, "EINVAL: group id 0 is not mapped here"),
    (kernel.setgroups, (USER, []), {}, errno.EPERM, "EPERM: setting groups needs CAP_SETGID, which is not effective"),
    (kernel.setgroups, (INSIDE, []), {}, errno.EPERM, "EPERM: the user namespace maps no group id yet"),
    (kernel.setgroups, (ROOT, [-1]), {}, errno.EINVAL, "EINVAL: -1 is no group id"),
    (kernel.setgroups, (ROOT, [0] * 65537), {}, errno.EINVAL, "EINVAL: 65537 groups are more than 65536"),
    (kernel.unshare_user, (INSIDE,), {}, errno.EPERM, "EPERM: the effective user id 1000 is not mapped"),
    (kernel.write_uid_map, (ROOT, [(0, 0, 1)]), {}, errno.EPERM, "EPERM: uid_map of the initial user namespace is written"),
    (kernel.write_uid_map, (INSIDE, []), {}, errno.EINVAL, "EINVAL: these are no extents of a map: []"),
    (kernel.write_uid_map, (INSIDE, [(0, 0, 1)]), {}, errno.EPERM, "EPERM: the parent's user id 0 stays unmapped, as CAP_SETFCAP"),
    (kernel.write_uid_map, (INSIDE, [(0, 0, 1)]), {"by": USER}, errno.EPERM, "EPERM: mapping the parent's user id 0 needs CAP_SETFCAP"),
    (kernel.write_uid_map, (INSIDE, [(0, 0, 1)]), {"by": evolve(USER, uids=1)}, errno.EPERM,
     "EPERM: CAP_SYS_ADMIN is missing over the user namespace"),
    (kernel.write_gid_map, (INSIDE, [(0, 1000, 1)]), {}, errno.EPERM, "EPERM: mapping anything but the writer's own id alone"),
    (kernel.write_setgroups, (INSIDE, "deny"), {"by": evolve(USER, uids=1)}, errno.EACCES,
     "EACCES: CAP_SYS_ADMIN is missing over the user namespace"),
    (kernel.write_setgroups, (INSIDE, "never"), {}, errno.EINVAL, "EINVAL: expected \"allow\" or \"deny\", got 'never'"),
    (kernel.execve, (USER, Executable(mode=0o600)), {}, errno.EACCES,
     "EACCES: the mode 0600 does not let user 1000 execute it, nor anybody else"),
    (kernel.execve, (USER, Executable(mode=0o700)), {}, errno.EACCES,
     "EACCES: the mode 0700 does not let user 1000 execute it, and CAP_DAC_OVERRIDE is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "arguments", "keywords", "number", "message"), MESSAGES)
def test_refusals(call, arguments, keywords, number, message):
    """The errno, the rule, what is missing, and a message for people; and it pickles."""
    error = refused(call, *arguments, **keywords)

    assert (error.errno, error.rule in kernel.RULES) == (number, True)
    assert str(error).startswith(message)
    assert f"(rule {error.rule}: {kernel.RULES[error.rule].says})" in str(error)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert isinstance(error, OSError)


def test_what_is_missing():
    """A program finds the capability or the id in the error."""
    assert refused(kernel.setuid, USER, 0).missing is Cap.SETUID
    assert refused(kernel.setuid, INSIDE, 7).missing == 7
    assert refused(kernel.ambient_raise, USER, "kill").missing == {Cap.KILL}
    dumb = Executable(caps=FileCaps(permitted=["kill", "net_raw"], effective=True))
    assert refused(kernel.execve, kernel.capbset_drop(ROOT, "kill"), dumb).missing == {Cap.KILL}


def test_writers():
    """Who else may write a map, and a word that is none."""
    assert kernel.write_uid_map(INSIDE, [(0, 0, 65536)], by="outside").visible_uids == Ids(1000, 1000, 1000, 1000)
    assert kernel.write_uid_map(INSIDE, [(5, 1000, 1)], by=USER).visible_uids.real == 5
    with pytest.raises(ValueError, match='by is "self", "outside" or Credentials, got \'root\''):
        kernel.write_uid_map(INSIDE, [(0, 1000, 1)], by="root")
    other = kernel.unshare_user(evolve(ROOT, uids=5, gids=5))
    error = refused(kernel.write_uid_map, INSIDE, [(0, 1000, 1)], by=evolve(other, caps=ROOT.caps))
    assert str(error).startswith("EPERM: the writer is neither in the user namespace nor in its parent")
    unmapped = kernel.unshare_user(
        kernel.write_gid_map(kernel.write_uid_map(INSIDE, [(0, 1000, 1)]), [(0, 0, 9999)], by="outside")
    )
    error = refused(kernel.write_uid_map, unmapped, [(0, 0, 2)], by="outside")
    assert str(error).startswith("EPERM: 2 ids from 0 on are not mapped in one piece in the parent")


def test_namespaces_do_not_nest_for_ever():
    """33 is the deepest."""
    cred = ROOT
    for _ in range(33):
        cred = kernel.write_uid_map(kernel.unshare_user(cred), [(0, 0, 1)], by="outside")
        cred = kernel.write_gid_map(cred, [(0, 0, 1)], by="outside")

    assert refused(kernel.unshare_user, cred).errno == errno.ENOSPC


def test_older_kernels():
    """What rules= selects."""
    before = Rules(set_id="not real", exec_securebits=False, last_cap=37)
    root = before.fit(ROOT)
    other = evolve(root, uids=(0, 1000, 1000, 1000), securebits=4)

    assert kernel.unshare_user(before.fit(USER), rules=before).caps.effective == CapSet.all(37)
    assert kernel.capset(root, effective=[], permitted=["bpf"], inheritable=[], rules=before).caps.permitted == CapSet()
    assert refused(kernel.set_securebits, root, 0x100, rules=before).rule == "securebits-known"
    assert refused(kernel.capbset_drop, root, "bpf", rules=before).errno == errno.EINVAL
    assert kernel.explain_execve(other, Executable(), rules=before).secure
    for wrong in (99, "x"):
        with pytest.raises((ValueError, TypeError), match="from 0 to 63"):
            Rules(last_cap=wrong)
    with pytest.raises(ValueError, match='set_id is "changed" or "not real", got \'old\''):
        Rules(set_id="old")


def test_newer_kernels():
    """A thread that has a capability without a name shows that its kernel has it."""
    newer = CapSet.all(43)
    cred = Credentials(caps=CapState(effective=newer, permitted=newer, bounding=newer))

    assert kernel.capset(cred, effective=[], permitted=[43], inheritable=[]).caps.permitted == {43}
    assert kernel.execve(cred, Executable()).caps.effective == newer
    assert kernel.execve(USER, Executable(caps=FileCaps(permitted=[43], effective=True))).caps.effective == CapSet()


# -- explanations ------------------------------------------------------------------------------------


def test_one_reason():
    """Set, capability, what happened, by which rule, and why."""
    ping = Executable(caps=FileCaps(permitted=["net_raw"], effective=True))
    reason = kernel.explain_execve(USER, ping).why("net_raw", "permitted")

    assert (reason.set, reason.cap, reason.change, reason.rule.name) == ("permitted", Cap.NET_RAW, "gained", "file")
    assert str(reason) == "CAP_NET_RAW comes into permitted: the file permits it, within the bounding set"
    assert str(reason.rule) == "file"


WHY = [
    (USER, Executable(caps=FileCaps(permitted=["kill"])), "kill", "effective", "absent",
     "it is permitted, and the program may make it effective itself, as the file's effective bit is not set"),
    (USER, Executable(caps=FileCaps(permitted=["chown"])), "kill", "permitted", "absent",
     "the file does not give it, user 1000 is not root, and it is not ambient"),
    (USER, Executable(caps=FileCaps(inheritable=["kill"])), "kill", "permitted", "absent",
     "the file has it inheritable, and the thread has not, user 1000 is not root, and it is not ambient"),
    (evolve(USER, caps=CapState()), Executable(caps=FileCaps(permitted=["kill"])), "kill", "permitted", "absent",
     "the file permits it, and the bounding set lacks it, user 1000 is not root, and it is not ambient"),
    (evolve(USER, caps=CapState(inheritable=["kill"])), Executable(caps=FileCaps(inheritable=["kill"])), "kill", "permitted",
     "gained", "the file and the thread both have it inheritable"),
    (USER, Executable(caps=FileCaps(permitted=["kill"]), nosuid=True), "kill", "permitted", "absent",
     "the file's capabilities do not count on a nosuid mount, user 1000 is not root, and it is not ambient"),
    (USER, Executable(caps=FileCaps(permitted=["kill"], rootid=7)), "kill", "permitted", "absent",
     "the file's capabilities are for namespaces whose root is user 7, user 1000 is not root, and it is not ambient"),
    (evolve(ROOT, securebits=1), Executable(), "kill", "permitted", "lost",
     "the file has no capabilities, with SECBIT_NOROOT root gets nothing by being root, and it is not ambient"),
    (USER, Executable(mode=0o4755, caps=FileCaps()), "kill", "permitted", "absent",
     "the file does not give it, as the effective user id is 0 and the real one is not, the file's own capabilities alone "
     "count, and it is not ambient"),
    (USER, Executable(mode=0o4755), "kill", "effective", "gained",
     "root gets what is in the bounding set, and for root all that is permitted is effective"),
    (kernel.set_no_new_privs(evolve(ROOT, caps=evolve(ROOT.caps, effective=[], permitted=[]))), Executable(), "kill", "permitted",
     "absent", "with no_new_privs it cannot be gained, and the thread lacks it"),
    (kernel.capbset_drop(ROOT, "kill"), Executable(), "kill", "effective", "lost",
     "root gets only what is in the bounding set or inheritable and it is not ambient"),
    (ROOT, Executable(), "kill", "bounding", "kept", "execve leaves it as it is"),
    (INSIDE, Executable(), "kill", "effective", "lost",
     "the file has no capabilities, user 65534 (outside 1000) is not root, and it is not ambient"),
]  # fmt: skip


@pytest.mark.parametrize(("cred", "executable", "cap", "set", "change", "why"), WHY)
def test_why(cred, executable, cap, set, change, why):
    """One sentence for each way in which execve(2) gives or does not give."""
    reason = kernel.explain_execve(cred, executable).why(cap, set)

    assert (reason.change, reason.why) == (change, why)


def test_set_id_bits_that_do_not_count():
    """They are among the causes, where they would have made root of somebody."""
    explanation = kernel.explain_execve(kernel.set_no_new_privs(USER), Executable(mode=0o4755))

    assert explanation.why("kill", "permitted").why == (
        "the set-id bits do not count with no_new_privs, the file has no capabilities, user 1000 is not root, "
        "and it is not ambient"
    )
    assert explanation.why("kill", "permitted").rule.name == "set-id"


def test_scripts_and_what_was_assumed_of_a_file():
    """A note for each."""
    script = Executable(path="run.sh", mode=0o755)
    file = Executable(path="/bin/sh", script=script, assumed=["it is a program"])
    explanation = kernel.explain_execve(USER, file)

    assert explanation.call == (
        "execve(/bin/sh, the interpreter of run.sh, of user 0 and group 0, mode 0755, without capabilities)"
    )
    assert explanation.notes == (
        "assumed: it is a program",
        "run.sh is a script: its own set-id bits and capabilities do not count",
    )


def test_scripts_must_be_executable_too():
    """Of a script in a script each, the outermost first, and for this thread."""
    outer = Executable(path="outer", mode=0o700)
    inner = Executable(path="inner", script=outer)

    error = refused(kernel.execve, USER, Executable(script=inner))
    assert str(error).startswith("EACCES: the mode 0700 of outer does not let user 1000 execute it")
    assert kernel.execve(ROOT, Executable(script=inner))
    assert str(refused(kernel.execve, USER, Executable(script=Executable(mode=0o600)))).startswith(
        "EACCES: the mode 0600 does"
    )


def test_files_whose_owner_is_not_mapped():
    """CAP_DAC_OVERRIDE is there, and does not count."""
    inside = kernel.write_uid_map(INSIDE, [(0, 1000, 1)])
    error = refused(kernel.execve, inside, Executable(uid=5, gid=5, mode=0o700))

    assert "CAP_DAC_OVERRIDE does not count where the owner or group of a file is not mapped" in str(error)
    assert (error.missing, "user 0" in str(error)) == (None, True)


def test_a_map_is_less_than_a_page():
    """The kernel reads one page, whatever else is wrong or right."""
    large = [(10_000_000 + 10 * n, 10_000_000 + 10 * n, 1) for n in range(340)]

    error = refused(kernel.write_uid_map, INSIDE, large, by="outside")
    assert error.errno == errno.EINVAL
    assert "bytes of text are not less than a page of 4096" in str(error)


def test_nothing_at_all():
    """What is said where there is no capability, and where there are too many to be listed."""
    nothing = kernel.explain_execve(Credentials(uids=1000), Executable())

    assert str(nothing).splitlines()[-1] == "no set has a capability, before or afterwards"
    assert "  not gained: 41 capabilities of the bounding set: the file has" in str(
        kernel.explain_execve(USER, Executable())
    )
    assert str(
        kernel.why(Credentials(uids=(1000, 1001, 1002, 1003), caps=CapState(permitted=["kill"])), "kill")
    ).endswith("None of the usual histories ends with just these sets.")


def test_ambient_reasons():
    """What is ambient, and what cleared it."""
    held = CapState(permitted=NET_RAW, inheritable=NET_RAW, ambient=NET_RAW, bounding=ALL)
    cred = evolve(USER, caps=held)

    kept = kernel.explain_execve(cred, Executable())
    by_file = kernel.explain_execve(cred, Executable(caps=FileCaps()))
    by_ids = kernel.explain_execve(cred, Executable(uid=1001, mode=0o4755))
    assert kept.why("net_raw").why == "what is ambient is effective"
    assert kept.why("net_raw", "permitted").why == "it is ambient"
    assert by_file.why("net_raw", "ambient").why == "a file with capabilities clears the ambient set"
    assert by_ids.why("net_raw").why.endswith("and the effective user id changes, which clears the ambient set")
    assert by_ids.notes == (
        "the effective user id becomes 1001, as the file is set-user-ID",
        "AT_SECURE is set, as the effective user id changes",
    )
    assert by_ids.secure


def test_notes():
    """What happens to ids and securebits."""
    nnp = kernel.set_no_new_privs(
        evolve(ROOT, uids=(0, 1000, 1000, 1000), caps=evolve(ROOT.caps, effective=[], permitted=[]))
    )
    setid = Executable(mode=0o6755, uid=1001, gid=50)

    def notes(call, *arguments):
        return list(getattr(kernel, f"explain_{call}")(*arguments).notes)

    assert notes("execve", USER, setid) == [
        "the effective user id becomes 1001, as the file is set-user-ID",
        "the effective group id becomes 50, as the file is set-group-ID",
        "AT_SECURE is set, as the effective user id changes",
    ]
    assert notes("execve", USER, evolve(setid, nosuid=True)) == ["the set-id bits do not count on a nosuid mount"]
    assert notes("execve", INSIDE, setid)[0].startswith("the set-id bits do not count, as the file's owner or group")
    assert notes("execve", nnp, setid) == [
        "the set-id bits do not count with no_new_privs",
        "with no_new_privs the effective user id becomes the real one, 0",
    ]
    assert notes("execve", kernel.set_keepcaps(USER, True), Executable()) == [
        "SECBIT_KEEP_CAPS is cleared, as by every execve(2)"
    ]
    assert notes("set_securebits", ROOT, 1) == ["the securebits become SECBIT_NOROOT"]
    assert notes("set_keepcaps", ROOT, True) == ["SECBIT_KEEP_CAPS is set, until the next execve(2)"]
    assert notes("set_keepcaps", ROOT, 0) == ["SECBIT_KEEP_CAPS is cleared"]
    assert notes("set_no_new_privs", ROOT)[0].startswith("no_new_privs is set, and stays")
    assert notes("setfsuid", USER, 0) == [
        "nothing changes, as 0 is none of the thread's ids and CAP_SETUID is not effective"
    ]
    assert notes("setfsuid", INSIDE, 0) == ["nothing changes, as id 0 is not mapped here"]
    assert notes("setfsuid", ROOT, -1) == ["nothing changes, as id -1 is not mapped here"]
    assert notes("setfsuid", ROOT, 0) == []
    assert notes("setfsgid", USER, 0) == [
        "nothing changes, as 0 is none of the thread's ids and CAP_SETGID is not effective"
    ]
    assert notes("setresuid", ROOT, -1, -1, -1) == []
    assert notes("setresgid", ROOT, -1, -1, -1) == []
    assert notes("setreuid", evolve(ROOT, securebits=4), 5, -1) == [
        "the user ids change: real 0 to 5",
        "with SECBIT_NO_SETUID_FIXUP a change of user ids leaves the capabilities alone",
    ]
    assert notes("setfsuid", evolve(ROOT, securebits=4), 5) == [
        "the user ids change: fs 0 to 5",
        "with SECBIT_NO_SETUID_FIXUP a change of user ids leaves the capabilities alone",
    ]
    assert notes("setregid", ROOT, 5, -1) == ["the group ids change: real 0 to 5"]
    assert notes("setgroups", ROOT, [7, 5]) == ["the supplementary groups become 5, 7"]
    assert notes("setgroups", ROOT, []) == ["the supplementary groups become none"]
    assert notes("unshare_user", ROOT) == ["capabilities count in the new user namespace only, which maps no ids yet"]
    assert notes("write_setgroups", ROOT, "allow") == ["setgroups(2) is allowed in the user namespace"]


def test_reasons_of_other_calls():
    """setresuid() and the like, with the same words in text and HTML."""
    explanation = kernel.explain_setresuid(ROOT, 1000, 1000, 1000)

    assert {reason.change for reason in explanation.reasons if reason.set == "permitted"} == {"lost"}
    assert explanation.why("kill", "permitted").why.endswith("and keepcaps was not set")
    assert explanation.why("kill", "bounding").why == "setresuid leaves it as it is"
    assert str(explanation).splitlines() == [
        "setresuid(1000, 1000, 1000)",
        "the user ids change: real 0 to 1000, effective 0 to 1000, saved 0 to 1000, fs 0 to 1000",
        "effective",
        "  lost: all known: none of the real, effective and saved user ids is 0 any more, and keepcaps was not set",
        "permitted",
        "  lost: all known: none of the real, effective and saved user ids is 0 any more, and keepcaps was not set",
        "bounding",
        "  kept: all known: setresuid leaves it as it is",
    ]


def test_text_and_html():
    """A refusal, AT_SECURE, what was assumed; nothing in it is markup."""
    ping = Executable(caps=FileCaps(permitted=["net_raw"], effective=True), path="/<b>/ping\n")
    cred = evolve(USER, assumed=["a < b"])
    text, html = str(kernel.explain_execve(cred, ping)), kernel.explain_execve(cred, ping)._repr_html_()
    error = kernel.explain_setuid(USER, 0)

    assert "AT_SECURE is set" in text
    assert "assumed: a < b" in text
    assert text.startswith("execve(/<b>/ping\\n of user 0")
    assert "  gained: CAP_NET_RAW: the file permits it, within the bounding set" in text
    assert "  not gained: " in text
    assert "&lt;b&gt;/ping\\n of" in html
    assert "assumed: a &lt; b" in html
    assert ["permitted", "+ gained", "CAP_NET_RAW", "the file permits it, within the bounding set"] in tables(html)[
        0
    ].rows
    assert str(error).splitlines()[1].startswith("refused: EPERM: 0 is none of the ids")
    assert "<table>" not in error._repr_html_()
    with pytest.raises(KernelError):
        error.why("kill")
    with pytest.raises(
        ValueError, match="expected one of effective, permitted, inheritable, bounding, ambient, got 'p'"
    ):
        kernel.explain_execve(USER, ping).why("kill", "p")


def test_keywords_in_the_text_of_a_call():
    """Those that were given."""
    told = kernel.explain_capset(ROOT, effective=NET_RAW, permitted=NET_RAW, inheritable=CapSet())

    assert told.call == "capset(effective=CAP_NET_RAW, permitted=CAP_NET_RAW, inheritable=)"
    assert told.why("kill").why == "capset(2) leaves it out"


# -- how it came to that -----------------------------------------------------------------------------

DOCKER = CapSet.from_hex("00000000a80425fb")
HISTORIES = [
    ({"uids": 1000, "caps": CapState(bounding=DOCKER)},
     ["a container, or a service, was started for user 1000", "root became user 1000, and keepcaps was not set"]),
    ({"uids": 1000, "caps": CapState(bounding=ALL)},
     ["user 1000 executed an ordinary program", "root became user 1000, and keepcaps was not set"]),
    ({"caps": CapState(bounding=DOCKER, permitted=DOCKER, effective=DOCKER)}, ["root executed an ordinary program"]),
    ({"caps": CapState(bounding=DOCKER)}, ["root executed an ordinary program, which then used capset(2)"]),
    ({"uids": 1000, "caps": CapState(bounding=ALL, permitted=NET_RAW)},
     ["a program with file capabilities was executed", "root became user 1000 with keepcaps set"]),
    ({"uids": 1000, "caps": CapState(bounding=ALL, permitted=NET_RAW), "securebits": 0x10},
     ["root became user 1000 with keepcaps set"]),
    ({"uids": 1000, "caps": CapState(bounding=DOCKER, permitted=NET_RAW, effective=NET_RAW, inheritable=NET_RAW, ambient=NET_RAW)},
     ["a container, or a service, was started for user 1000"]),
    ({"uids": (1000, 1001, 1002, 1003), "caps": CapState(permitted=["kill"])}, []),
    ({"uids": 1000, "caps": CapState(bounding=ALL, permitted=NET_RAW), "user_ns": INSIDE.user_ns},
     ["a program with file capabilities was executed"]),
    ({"uids": 1000, "gids": 1000, "caps": INSIDE.caps, "user_ns": INSIDE.user_ns},
     ["a user namespace was made", "a program with file capabilities was executed"]),
]  # fmt: skip


@pytest.mark.parametrize(("keywords", "titles"), HISTORIES)
def test_histories(keywords, titles):
    """Each ends with just the credentials that there are."""
    cred = Credentials(**keywords)
    found = kernel.histories(cred)

    assert [history.title for history in found] == titles
    assert all(history.steps[-1].after == cred for history in found)
    assert all(str(history) == f"{history.title}: {history.says}" for history in found)


@pytest.mark.parametrize(
    ("mask", "rules", "is_limited"),
    [
        ("0000001fffffffff", "3.10.0-1160.el7.x86_64", False),
        ("0000003fffffffff", "3.10.0-1160.el7.x86_64", True),
        ("0000000fffffffff", "3.10.0-1160.el7.x86_64", True),
        ("0000003fffffffff", "5.4.0-100-generic", False),
        ("0000001fffffffff", "5.4.0-100-generic", True),
        ("000000ffffffffff", "5.8.18", False),
        ("000001ffffffffff", "6.1.0-49-amd64", False),
        ("000000ffffffffff", "6.1.0-49-amd64", True),
        ("ffffffffffffffff", "6.1.0-49-amd64", False),
        # Which kernel it was is not known, and one of them has had no more.
        ("0000001fffffffff", kernel.NEWEST, False),
        ("0000007fffffffff", kernel.NEWEST, True),
        ("000003ffffffffff", kernel.NEWEST, False),
        ("ffffffffffffffff", kernel.NEWEST, False),
    ],
)
def test_histories_go_by_what_the_kernel_has(mask, rules, is_limited):
    """A bounding set that has all of it was not limited, on an older kernel neither."""
    rules = Rules.of(rules)
    if mask == "0000003fffffffff" and "el7" in rules.release:
        rules = Rules.of(rules, last_cap=38)  # brought by its makers
    cred = rules.fit(Credentials(uids=500, caps=CapState(bounding=CapSet.from_hex(mask))))

    assert [each.says.startswith("its bounding set was limited") for each in kernel.histories(cred, rules=rules)] == [
        is_limited,
        False,
    ]


def test_answers():
    """Where it stands, what would give it, how it came to that."""
    without = kernel.why(evolve(USER, caps=CapState(bounding=DOCKER), assumed=["something"]), "net_admin")
    raised = kernel.why(evolve(USER, caps=CapState(permitted=NET_RAW, bounding=ALL)), "net_raw")
    inside = kernel.why(INSIDE, "net_raw")

    assert without.verdict == "CAP_NET_ADMIN is not permitted, and so it cannot be effective."
    assert [(way.gives, way.what.partition(" of ")[2][:10]) for way in without.ways] == [
        (False, "an ordinar"),
        (False, "a program "),
        (False, "a set-user"),
    ]
    assert "and the bounding set lacks that" in without.ways[1].because
    assert str(without).splitlines()[1] == "It is in these sets: none."
    assert str(without).splitlines()[-1] == "Assumed: something."
    assert raised.verdict.startswith("CAP_NET_RAW is permitted and not effective")
    assert str(raised.ways[0]) == "capset(2) gives it: the thread may make effective what is permitted"
    assert raised.sets == ("permitted", "bounding")
    assert inside.verdict.startswith("CAP_NET_RAW is effective in a user namespace of user 1000")
    assert inside.ways == ()
    assert kernel.why(ROOT, "kill").verdict == "CAP_KILL is effective: the thread can use it now."


def test_rules():
    """Each is followed by functions that there are, is named by the code, and says where it is from."""
    folder = Path(kernel.__file__).parent
    code = "".join(path.read_text("utf-8") for path in folder.glob("*.py") if path.name != "rules.py")
    # Those whose effect is on ids and flags, of which no capability hangs, and of which a note tells.
    untold = {"saved-ids", "keep-caps-once", "secure", "nnp-stays"}

    for name, rule in kernel.RULES.items():
        assert rule.name == name
        assert set(rule.calls) <= set(CALLS)
        assert (f'"{name}"' in code) == (name not in untold), name
        names = {word for word in re.findall(r"[A-Z][A-Z_]+", rule.says) if not word.startswith(("CAP_", "SECBIT_"))}
        assert names <= {"AT_SECURE", "EXEC_", "ID"}, "the rest of a sentence is in small letters"
        assert re.search(r"[a-z&]", rule.says)
        for each in rule.function.split("; "):
            assert re.fullmatch(r"(?:[a-z_]+/)+[a-z_]+\.[ch](?: [a-z0-9_]+\(\)(?:, [a-z0-9_]+\(\))*)?", each), each
        assert re.fullmatch(r"[a-z_]+\([2-8]\)(?:, .+)?", rule.page), rule.page
    assert {call for rule in kernel.RULES.values() for call in rule.calls} == set(CALLS)


def test_what_is_kept_has_a_reason_too():
    """keepcaps, a saved 0, NO_SETUID_FIXUP, and what capset(2) asked for."""

    def kept(explanation, cap="kill", set="permitted"):
        reason = explanation.why(cap, set)
        assert reason.change == "kept"
        return reason.rule.name, reason.why

    gone = "none of the real, effective and saved user ids is 0 any more, and keepcaps was set"
    fixed = "with SECBIT_NO_SETUID_FIXUP a change of user ids leaves the capabilities alone"
    with_keepcaps = kernel.set_keepcaps(ROOT, True)
    assert kept(kernel.explain_setresuid(with_keepcaps, 1000, 1000, 1000)) == ("no-zero-left", gone)
    saved = kernel.explain_setresuid(ROOT, 1000, 1000, -1)
    assert kept(saved) == ("no-zero-left", "one of the real, effective and saved user ids is 0 still")
    assert kept(kernel.explain_setuid(evolve(ROOT, securebits=4), 1000)) == ("no-fixup", fixed)
    assert kept(kernel.explain_setfsuid(evolve(ROOT, securebits=4), 1000), set="effective") == ("no-fixup", fixed)
    asked = kernel.explain_capset(ROOT, effective=[], permitted=["kill"], inheritable=[])
    assert kept(asked) == ("asked", "capset(2) asks for it")


def test_ids_are_those_that_the_thread_sees():
    """With the id outside beside them, where that is another."""
    maps = [(0, 1000, 1), (1, 100000, 65536)]
    inside = evolve(INSIDE, user_ns=UserNamespace(parent=INITIAL, owner=1000, uid_map=maps, gid_map=maps))
    weak = evolve(inside, caps=CapState())

    def notes(call, *arguments):
        return list(getattr(kernel, f"explain_{call}")(*arguments).notes)

    outer = "0 (outside 1000) to 1000 (outside 100999)"
    assert notes("setreuid", inside, 1000, 1000) == [
        f"the user ids change: real {outer}, effective {outer}, saved {outer}, fs {outer}"
    ]
    assert notes("setgroups", inside, [5]) == ["the supplementary groups become 5 (outside 100004)"]
    assert "EPERM: 5 (outside 100004) is none of the ids" in str(refused(kernel.setuid, weak, 5))
    assert notes("setfsuid", weak, 5)[0].startswith("nothing changes, as 5 (outside 100004) is none")


def test_set_user_id_root_is_that_of_the_namespace():
    """In a rootless container root is another user outside; without a map there is none."""
    maps = [(0, 1000, 1), (1, 100000, 65536)]
    rootless = UserNamespace(parent=INITIAL, owner=1000, uid_map=maps, gid_map=maps)
    user = Credentials(uids=100999, gids=100999, caps=CapState(bounding=ALL), user_ns=rootless)
    unmapped = evolve(INSIDE, caps=CapState())

    assert kernel.why(user, "kill").ways[-1].gives
    assert str(kernel.why(unmapped, "kill").ways[-1]).endswith(
        "does not give it: the user namespace maps no user or no group to 0, so there is none"
    )


def test_a_capability_without_a_name():
    """Whether the kernel has it is not known."""
    assert kernel.why(USER, 63).verdict == "63 has no name yet, and no set of this thread shows that its kernel has it."


def test_lost_saved_ids_and_reasons_for_at_secure():
    """What execve(2) does to the other ids, and each way to AT_SECURE."""
    other = evolve(USER, uids=(1000, 1000, 0, 0))
    group = Executable(caps=FileCaps(permitted=["kill"]))

    def notes(cred, file=None, **options):
        return list(kernel.explain_execve(cred, file or Executable(), **options).notes)

    assert notes(other) == [
        "the saved user id becomes the effective one, 1000",
        "the fs user id becomes the effective one, 1000",
    ]
    assert notes(USER, group) == ["AT_SECURE is set, as the file gives what is not ambient"]
    assert notes(USER, Executable(caps=FileCaps(effective=True))) == [
        "AT_SECURE is set, as the file's effective bit is set"
    ]
    differ = "AT_SECURE is set, as an effective id is not the real one"
    assert notes(evolve(USER, uids=(1000, 1001, 1001, 1001))) == [differ]
    assert notes(evolve(USER, uids=(1000, 1001, 1001, 1001)), rules=Rules(set_id="not real")) == [differ]
    assert notes(evolve(USER, gids=(1000, 1000, 1000, 50)), rules=Rules(set_id="not real")) == [
        "the fs group id becomes the effective one, 1000"
    ]
    elsewhere = notes(evolve(USER, gids=(1000, 1000, 1000, 50)))
    assert elsewhere[-1] == "AT_SECURE is set, as the effective group is neither the fs group nor a supplementary one"


def test_arguments_in_the_text_of_a_call():
    """What can be gone through once is written and used; what is long is cut off."""
    assert kernel.explain_setgroups(ROOT, iter([7, 5])).call == "setgroups([7, 5])"
    assert kernel.explain_setgroups(ROOT, iter([7, 5])).after.groups == (5, 7)
    for count, called in (
        (333, f"[{', '.join(['0'] * 333)}]"),  # 999 characters
        (334, f"[{'0, ' * 333}..."),  # of 1002 the first 1000
        (65536, f"[{'0, ' * 333}..."),
    ):
        assert kernel.explain_setgroups(ROOT, [0] * count).call == f"setgroups({called})"
    whole = [10] + [0] * 332  # 1000 characters
    assert kernel.explain_setgroups(ROOT, whole).call == f"setgroups({whole})"


def test_what_cannot_be_written_is_refused_in_words():
    """A number of more digits than Python writes: the explanation writes what was asked before the call refuses it."""
    with pytest.raises(TypeError, match=r"an id is a number, got a list that is too large to be shown"):
        kernel.explain_setuid(ROOT, [10**5000])


@pytest.mark.parametrize(
    ("keywords", "titles"),
    [
        ({"securebits": 1, "caps": CapState(bounding=ALL)}, []),
        (
            {"uids": (0, 1000, 1000, 1000), "gids": 1000, "caps": CapState(permitted=ALL, bounding=ALL)},
            ["root executed an ordinary program"],
        ),
    ],
)
def test_histories_that_would_be_untrue(keywords, titles):
    """Without root's rule, and where nothing was given up."""
    assert [history.title for history in kernel.histories(Credentials(**keywords))] == titles


@pytest.mark.parametrize(
    ("caps", "more", "gives"),
    [
        ({"inheritable": ["net_raw"]}, {}, True),
        ({"inheritable": ["net_raw"], "bounding": ["net_raw"]}, {}, True),
        ({"inheritable": ["net_raw"]}, {"no_new_privs": True}, False),
        ({"inheritable": ["chown"], "bounding": ["net_raw"]}, {}, None),
        ({"bounding": ["net_raw"]}, {}, None),
    ],
)
def test_why_offers_the_inheritable_bit_of_a_file(caps, more, gives):
    """Where the thread has it inheritable, which is what pam_cap(8) leaves, and nowhere else."""
    answer = kernel.why(kernel.Credentials(uids=1000, gids=1000, caps=CapState(**caps), **more), "net_raw")
    ways = [way.gives for way in answer.ways if "setcap cap_net_raw=ei" in way.what]

    assert ways == ([] if gives is None else [gives])


def test_setgroups_once_the_groups_are_mapped():
    """It can no longer be denied, and allowing it changes nothing."""
    mapped = kernel.write_gid_map(INSIDE, [(0, 1000, 1)], by="outside")
    error = refused(kernel.write_setgroups, mapped, "deny")
    assert (error.errno, error.rule) == (errno.EPERM, "setgroups-stays")
    assert kernel.write_setgroups(mapped, "allow").user_ns.setgroups == "allow"
    denied = kernel.write_setgroups(INSIDE, "deny")
    assert refused(kernel.write_setgroups, denied, "allow").errno == errno.EPERM
    assert kernel.write_setgroups(denied, "deny").user_ns.setgroups == "deny"


@pytest.mark.parametrize(
    ("real", "effective", "saved"), [(-1, 1001, 1001), (-1, 0, 7), (0, -1, 1000), (5, 6, 6), (-1, -1, 7)]
)
def test_the_saved_id_after_setreuid(real, effective, saved):
    """It follows the effective one where the real one is set, or another than it becomes effective."""
    cred = evolve(ROOT, uids=Ids(0, 1000, 7, 1000))
    assert kernel.setreuid(cred, real, effective).uids.saved == saved


def test_the_saved_ids_after_execve():
    """They are the effective ones."""
    cred = evolve(ROOT, uids=Ids(0, 1000, 7, 8), gids=Ids(0, 50, 7, 8))
    after = kernel.execve(cred, Executable())
    assert (after.uids, after.gids) == (Ids(0, 1000, 1000, 1000), Ids(0, 50, 50, 50))


@pytest.mark.parametrize(
    ("before", "after", "rule", "change"),
    [(0, 1000, "fsuid-leaves-zero", "lost"), (1000, 0, "fsuid-becomes-zero", "gained")],
)
def test_the_fs_user_id_has_rules_of_its_own(before, after, rule, change):
    """They are about what is for files."""
    held = ALL if before == 0 else CapSet()
    cred = evolve(ROOT, uids=Ids(0, 0, 0, before), caps=CapState(effective=held, permitted=ALL, bounding=ALL))
    reason = kernel.explain_setfsuid(cred, after).why("dac_override")
    assert (reason.rule.name, reason.change) == (rule, change)
