"""Laws of the kernel's rules, for any credentials: what no system call can do, and what explanations keep to."""

from __future__ import annotations

import errno

from hypothesis import given
from hypothesis import strategies as st

from capset import FileCaps, kernel, testing
from capset.kernel import Executable, KernelError
from capset.sets import THREAD_SETS

credentials = testing.credentials()
executables = testing.executables()
passed = st.sampled_from([0, 1000, 1001, -1, 7, 2**32 - 1])
numbers = st.integers(0, 70)
extents = st.lists(st.tuples(*[st.sampled_from([0, 1, 1000, 2**32 - 1])] * 3), max_size=2)
by = st.one_of(st.sampled_from(["self", "outside"]), credentials)
CALLS = {
    "execve": st.tuples(executables),
    **dict.fromkeys(("capbset_drop", "ambient_raise", "ambient_lower"), st.tuples(numbers)),
    **dict.fromkeys(("ambient_clear_all", "set_no_new_privs", "unshare_user"), st.just(())),
    "set_securebits": st.tuples(st.integers(0, 0x1FFF)),
    "set_keepcaps": st.tuples(st.integers(0, 2)),
    **dict.fromkeys(("setresuid", "setresgid"), st.tuples(passed, passed, passed)),
    **dict.fromkeys(("setreuid", "setregid"), st.tuples(passed, passed)),
    **dict.fromkeys(("setuid", "setgid", "setfsuid", "setfsgid"), st.tuples(passed)),
    "setgroups": st.tuples(st.lists(passed, max_size=3)),
    **dict.fromkeys(("write_uid_map", "write_gid_map"), st.tuples(extents, by)),
    "write_setgroups": st.tuples(st.sampled_from(["allow", "deny"]), by),
}
calls = st.sampled_from(sorted(CALLS)).flatmap(lambda name: st.tuples(st.just(name), CALLS[name]))


@given(credentials, calls)
def test_any_call(cred, call):
    """It gives credentials that a thread can have, or refuses; and its explanation tells the same."""
    name, arguments = call
    explanation = getattr(kernel, f"explain_{name}")(cred, *arguments)
    try:
        after = getattr(kernel, name)(cred, *arguments)
    except KernelError as error:
        assert error.errno in {errno.EPERM, errno.EACCES, errno.EINVAL, errno.ENOSPC}
        assert (explanation.after, str(explanation.error)) == (None, str(error))
        return
    assert explanation.after == after
    assert after.caps.violations() == []
    assert after.no_new_privs >= cred.no_new_privs
    if name != "unshare_user":
        assert after.caps.bounding <= cred.caps.bounding
        assert after.caps.permitted <= cred.caps.permitted or name == "execve"
        assert after.caps.ambient <= cred.caps.ambient or name == "ambient_raise"
        assert int(after.securebits) & 0xAAA >= int(cred.securebits) & 0xAAA


@given(credentials, executables)
def test_execve(cred, executable):
    """Inheritable and bounding stay, no_new_privs gives nothing, and no set comes from nowhere."""
    try:
        after = kernel.execve(cred, executable)
    except KernelError:
        return
    before, caps = cred.caps, executable.caps or FileCaps()

    assert (after.caps.inheritable, after.caps.bounding) == (before.inheritable, before.bounding)
    assert after.caps.permitted <= before.inheritable | before.bounding | before.ambient
    assert after.caps.permitted <= before.permitted or not cred.no_new_privs
    assert after.caps.effective in {after.caps.permitted, after.caps.ambient}
    if not any(map(cred.user_ns.is_root, (*cred.uids, executable.uid))):
        assert after.caps.permitted <= caps.permitted | caps.inheritable | before.ambient


@given(credentials, calls)
def test_explanations(cred, call):
    """A reason for each capability of each set, and what came or went is by a rule that says so."""
    name, arguments = call
    explanation = getattr(kernel, f"explain_{name}")(cred, *arguments)
    if explanation.after is None:
        return
    for set_name in THREAD_SETS:
        before, after = (getattr(each.caps, set_name) for each in (cred, explanation.after))
        reasons = {reason.cap: reason for reason in explanation.reasons if reason.set == set_name}
        assert reasons.keys() == before | after
        for cap, reason in reasons.items():
            assert reason.why
            assert (cap in before, cap in after) == (reason.change != "gained", reason.change != "lost")
            assert reason.rule.name != "unchanged" or reason.change == "kept"
    assert str(explanation)
    groups = [group for set_name in THREAD_SETS for group in explanation.groups(set_name)]
    assert explanation._repr_html_().count("<tr>") == (len(groups) + 1 if groups else 0)


@given(credentials, st.integers(0, 63))
def test_why(cred, cap):
    """What is said to give a capability gives it."""
    answer = kernel.why(cred, cap)

    undefined = any(cap in getattr(cred.caps, name).undefined for name in THREAD_SETS)  # nothing gives what is none
    assert bool(answer.ways) == (cap not in cred.caps.effective and not undefined)
    assert all(history.steps[-1].after == cred for history in answer.histories)
    for way in answer.ways:
        if way.what.endswith("ordinary program"):
            after = kernel.execve(cred, Executable())
            assert way.gives == (cap in after.caps.effective)
