"""Random walks through the kernel's rules: each step is made by a puppet and by the model, and both must agree.

On a stage of paper (``script``) the steps are the model's alone, and what a puppet is told is written down.
"""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from attrs import evolve
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from capset import Cap, CapSet, FileCaps, kernel, live
from capset.kernel import INITIAL, Credentials, Executable
from tests.live import puppet as wire
from tests.live.puppet import Answer, Stage, build, credentials_of, map_text

__all__ = ["RULES", "AnyStage", "Step", "check", "play", "staged", "walk"]

RULES = live.kernel_rules()
"""Those of the kernel that is running."""


class Step(NamedTuple):
    """One step as the kernel made it: what was asked of whom, and what came of it."""

    call: str
    before: Credentials
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    errno: int
    after: Credentials
    secure: bool | None


class AnyPuppet(Protocol):
    """Who does what it is told; on paper it does not answer."""

    first: Answer | None

    def tell(self, line: str) -> Answer | None: ...
    def call(self, name: str, *arguments: int) -> Answer | None: ...
    def write_outside(self, file: str, text: str) -> Answer | None: ...
    def close(self) -> None: ...


class AnyStage(Protocol):
    """Where puppets start, and the files that they execute."""

    teller: Credentials
    has_nosuid: bool
    rules: kernel.Rules

    def start(self) -> AnyPuppet: ...
    def set(self, executable: Executable) -> str: ...


SOME = ["chown", "dac_override", "kill", "setgid", "setuid", "setpcap", "setfcap", "sys_admin", "sys_resource"]
SOME += ["mac_override", "linux_immutable", "bpf", "checkpoint_restore"]

some_caps = st.sets(st.sampled_from(SOME), max_size=3).map(CapSet)
caps = st.one_of(st.sampled_from(SOME).map(Cap.parse), st.integers(0, 40).map(Cap))
numbers = st.one_of(caps.map(int), caps.map(int), caps.map(int), st.sampled_from([41, 63, 64, 99, 2**40]))
unknown = st.sampled_from([CapSet(), CapSet(), CapSet([41]), CapSet([63, 50])])
uids = st.sampled_from([0, 0, 1000, 1000, 1001, 1002, -1, 65534, 70000, 2**32 - 2])
gids = st.sampled_from([0, 1000, 1001, 50, -1, 70000])
outer_uids = st.sampled_from([0, 0, 0, 1000, 1001, 1002, 70000])
outer_gids = st.sampled_from([0, 0, 1000, 1001, 50, 70000])
modes = st.sampled_from([0o755, 0o755, 0o4755, 0o4755, 0o2755, 0o6755, 0o2745, 0o6711, 0o4700, 0o750, 0o2710])
modes |= st.sampled_from([0o644, 0o401, 0o070, 0o4005, 0o2070, 0o100])
securebits = st.one_of(
    st.integers(0, 0xFFF),
    st.sampled_from([0, 1, 4, 0x10, 0x40, 0x100, 0x200, 0x50, 0x1000, 0x100000000, 2**64 - 1, 0x3, 0x30]),
)
extents = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 1, 1000, 70000, 2**32 - 1, 2**32 - 2]),
        st.sampled_from([0, 0, 1000, 1001, 50, 70000, 2**32 - 1]),
        st.sampled_from([1, 1, 1, 2, 1000, 65536, 0, 2**32 - 1]),
    ),
    min_size=1,
    max_size=3,
)


@st.composite
def files(draw: st.DrawFn, own: kernel.UserNamespace, mount: bool) -> Executable:
    """Program files, owned by whom the stage can give them to."""
    uid, gid = draw(outer_uids.filter(own.has_uid)), draw(outer_gids.filter(own.has_gid))
    given = None
    if draw(st.booleans()):
        rootid = draw(st.sampled_from([0, 0, 0, 0, 1000, 1001, 70000])) if own == INITIAL else 0
        given = FileCaps(
            permitted=draw(st.one_of(some_caps, some_caps, st.just(CapSet.all()))) | draw(unknown),
            inheritable=draw(st.one_of(some_caps, st.just(CapSet()), st.just(CapSet.all()))),
            effective=draw(st.booleans()),
            rootid=rootid,
            revision=3 if rootid else 2,
        )
        if own != INITIAL:  # the kernel keeps whose namespace it was
            given = evolve(given, rootid=own.outside_uid(0), revision=3)
    nosuid = mount and draw(st.integers(0, 7)) == 0
    return Executable(uid=uid, gid=gid, mode=draw(modes), caps=given, nosuid=nosuid)


def told(step: Step, answer: Answer | None = None) -> str:
    """Return a step in words, for whoever looks for the difference."""
    kernels = f"\nkernel: {answer}" if answer else ""
    model = errno.errorcode.get(step.errno, step.after)
    return f"{step.call}{step.arguments}{step.keywords} by\n{step.before}\nmodel: {model}{kernels}"


def check(step: Step, answer: Answer, own: kernel.UserNamespace) -> None:
    """Compare what the model and the kernel have made of a step; *own* is the namespace of who looks from outside."""
    words, cred = told(step, answer), step.after
    if step.call not in {"setfsuid", "setfsgid"}:  # which give back the old id, and know no errors
        assert answer.errno == step.errno, f"{errno.errorcode.get(answer.errno)} or success\n{words}"
    inside, outside = answer.inside, answer.outside
    assert inside.caps == cred.caps, words
    assert outside.caps == cred.caps, words
    assert answer.securebits == cred.securebits, words
    assert inside.no_new_privs == cred.no_new_privs, words
    assert (inside.uids, inside.gids, inside.groups) == (
        cred.visible_uids,
        cred.visible_gids,
        cred.visible_groups,
    ), words
    assert outside.uids == tuple(map(own.visible_uid, cred.uids)), words
    assert outside.gids == tuple(map(own.visible_gid, cred.gids)), words
    assert outside.groups == tuple(map(own.visible_gid, cred.groups)), words
    if step.secure is not None:
        assert answer.secure == step.secure, words


def machine(stage: AnyStage, record: Callable[[Step], None]) -> type[RuleBasedStateMachine]:
    """Make the state machine for a stage; every step is recorded."""
    own = stage.teller.user_ns
    rules = stage.rules
    drawn_files = files(own, stage.has_nosuid)

    class Walk(RuleBasedStateMachine):
        """Every system call that the model knows, in any order."""

        def __init__(self) -> None:
            super().__init__()
            self.puppet = stage.start()
            self.cred = stage.teller if self.puppet.first is None else credentials_of(self.puppet.first, own)

        def teardown(self) -> None:
            self.puppet.close()

        def step(self, name: str, make: Callable[[], Answer | None], *arguments: Any, **keywords: Any) -> None:
            """Make one step in both, and compare."""
            explanation = getattr(kernel, f"explain_{name}")(self.cred, *arguments, **keywords, rules=rules)
            before = self.cred
            after = explanation.after or before
            number = explanation.error.errno if explanation.error else 0
            step = Step(name, before, arguments, keywords, number, after, explanation.secure)
            if answer := make():
                check(step, answer, own)
                check_words(step, explanation)
            if not number:
                assert getattr(kernel, name)(before, *arguments, **keywords, rules=rules) == after
            self.cred = after
            record(step)

        # -- where a walk begins ------------------------------------------------------------------

        @initialize(data=st.data())
        def begin(self, data: st.DataObject) -> None:
            """Go somewhere else than where every process begins, now and then."""
            if data.draw(st.booleans()):
                self.set_groups([50, 1001][: data.draw(st.integers(0, 2))])
            if data.draw(st.booleans()):
                self.drop(data.draw(caps.map(int)))
            if data.draw(st.booleans()):
                inheritable = data.draw(st.one_of(some_caps, st.just(CapSet.all())))
                held = self.cred.caps
                self.set_caps(held.effective, held.permitted, inheritable & held.permitted)
                for cap in data.draw(some_caps) & inheritable:
                    self.raise_ambient(int(cap))
            if data.draw(st.integers(0, 3)) == 0:
                self.set_bits(data.draw(st.sampled_from([1, 4, 0x10, 0x40, 0x30, 0x50])))
            if data.draw(st.integers(0, 3)) == 0:
                self.no_new_privs(0)
            if data.draw(st.integers(0, 3)) == 0:
                ids = data.draw(st.tuples(uids, uids, uids))
                self.set_ids("setresuid", ids)
            if data.draw(st.integers(0, 3)) == 0:
                self.enter(data)

        # -- capset(2) and prctl(2) ---------------------------------------------------------------

        @rule(data=st.data())
        def any_caps(self, data: st.DataObject) -> None:
            held = self.cred.caps
            bases = [CapSet(), held.permitted, held.permitted, held.inheritable, held.effective, held.bounding]
            permitted = data.draw(st.sampled_from([held.permitted, held.permitted, held.effective, CapSet()]))
            permitted ^= data.draw(some_caps.filter(lambda each: len(each) < 3))
            effective = data.draw(st.sampled_from([permitted, permitted, CapSet(), held.effective & permitted]))
            effective |= data.draw(st.one_of(st.just(CapSet()), st.just(CapSet()), some_caps))
            inheritable = data.draw(st.sampled_from(bases)) ^ data.draw(some_caps)
            extra = data.draw(unknown)
            self.set_caps(effective | extra, permitted | data.draw(unknown), inheritable | extra)

        def set_caps(self, effective: CapSet, permitted: CapSet, inheritable: CapSet) -> None:
            line = f"C {effective.hex()} {permitted.hex()} {inheritable.hex()}"
            asked = {"effective": effective, "permitted": permitted, "inheritable": inheritable}
            self.step("capset", lambda: self.puppet.tell(line), **asked)

        @rule(cap=numbers)
        def drop(self, cap: int) -> None:
            self.step("capbset_drop", lambda: self.puppet.call("prctl", wire.PR_CAPBSET_DROP, cap), cap)

        @rule(cap=numbers)
        def raise_ambient(self, cap: int) -> None:
            self.step("ambient_raise", lambda: self.puppet.call("prctl", wire.PR_CAP_AMBIENT, 2, cap), cap)

        @precondition(lambda self: self.cred.caps.permitted & self.cred.caps.inheritable)
        @rule(data=st.data())
        def raise_what_may_be(self, data: st.DataObject) -> None:
            may = self.cred.caps.permitted & self.cred.caps.inheritable
            self.raise_ambient(int(data.draw(st.sampled_from(list(may)))))

        @rule(cap=numbers)
        def lower_ambient(self, cap: int) -> None:
            self.step("ambient_lower", lambda: self.puppet.call("prctl", wire.PR_CAP_AMBIENT, 3, cap), cap)

        @rule(sure=st.integers(0, 5))
        def clear_ambient(self, sure: int) -> None:
            if sure == 0:  # or most walks would have nothing ambient
                self.step("ambient_clear_all", lambda: self.puppet.call("prctl", wire.PR_CAP_AMBIENT, 4))

        @rule(bits=securebits, change=st.booleans())
        def set_bits(self, bits: int, change: bool = False) -> None:
            if change:  # one or two bits of those that are there
                bits = int(self.cred.securebits) ^ (bits & -bits)
            self.step("set_securebits", lambda: self.puppet.call("prctl", wire.PR_SET_SECUREBITS, bits), bits)

        @rule(on=st.sampled_from([0, 1, 1, 1, 2]))
        def keep_caps(self, on: int) -> None:
            self.step("set_keepcaps", lambda: self.puppet.call("prctl", wire.PR_SET_KEEPCAPS, on), on)

        @precondition(lambda self: not self.cred.no_new_privs)
        @rule(sure=st.integers(0, 3))
        def no_new_privs(self, sure: int) -> None:
            if sure == 0:
                self.step("set_no_new_privs", lambda: self.puppet.call("prctl", wire.PR_SET_NO_NEW_PRIVS, 1))

        # -- ids ----------------------------------------------------------------------------------

        def set_ids(self, name: str, ids: tuple[int, ...]) -> None:
            self.step(name, lambda: self.puppet.call(name, *(id % 2**32 for id in ids)), *ids)

        @rule(ids=st.tuples(uids, uids, uids), same=st.booleans())
        def setresuid(self, ids: tuple[int, int, int], same: bool) -> None:
            self.set_ids("setresuid", (ids[0],) * 3 if same else ids)

        @rule(ids=st.tuples(uids, uids))
        def setreuid(self, ids: tuple[int, int]) -> None:
            self.set_ids("setreuid", ids)

        @rule(uid=uids)
        def setuid(self, uid: int) -> None:
            self.set_ids("setuid", (uid,))

        @rule(
            data=st.data(), name=st.sampled_from(["setresuid", "setreuid", "setuid", "setresgid", "setregid", "setgid"])
        )
        def ids_of_its_own(self, data: st.DataObject, name: str) -> None:
            """Ids that the thread has already, in another place or in the same."""
            ids = self.cred.visible_gids if name.endswith("gid") else self.cred.visible_uids
            count = 3 if "res" in name else 2 if "re" in name else 1
            asked = [data.draw(st.sampled_from([*ids, -1])) for _ in range(count)]
            self.set_ids(name, tuple(ids[:3] if count == 3 and data.draw(st.integers(0, 3)) == 0 else asked))

        @rule(removed=st.sets(st.sampled_from(SOME), min_size=1, max_size=4).map(CapSet), for_good=st.booleans())
        def weaken(self, removed: CapSet, for_good: bool) -> None:
            """Give up some of what is effective, or of what is permitted as well."""
            held = self.cred.caps
            self.set_caps(
                held.effective - removed, held.permitted - removed if for_good else held.permitted, held.inheritable
            )

        @rule(uid=st.sampled_from([1000, 1001]), kept=st.booleans(), inheritable=some_caps)
        def become(self, uid: int, kept: bool, inheritable: CapSet) -> None:
            """Stop being root, as servers do."""
            held = self.cred.caps
            self.set_caps(held.effective, held.permitted, held.inheritable | (inheritable & held.permitted))
            for cap in inheritable:
                self.raise_ambient(int(cap))
            if kept:
                self.keep_caps(1)
            self.set_ids("setresuid", (uid, uid, uid))

        @rule(
            uid=st.sampled_from([1000, 1001]),
            name=st.sampled_from(["setresuid", "setreuid", "setuid"]),
            more=st.booleans(),
        )
        def want_the_fs_id(self, uid: int, name: str, more: bool) -> None:
            """Have an fs id that is none of the others, without CAP_SETUID, and ask for it."""
            self.setfsuid(uid)
            if more:
                self.weaken(CapSet(["setuid"]), False)
            asked = {"setresuid": (-1, uid, -1), "setreuid": (-1, uid), "setuid": (uid,)}
            self.set_ids(name, asked[name])

        @rule(data=st.data(), uid=uids)
        def leave_the_fs_id_behind(self, data: st.DataObject, uid: int) -> None:
            """Another fs id, and then a call that changes nothing else."""
            self.setfsuid(uid)
            real, effective, saved, _ = self.cred.visible_uids
            asked = data.draw(st.sampled_from([(-1, -1, -1), (real, -1, saved), (-1, effective, -1)]))
            self.set_ids("setresuid", asked)

        @rule(uid=uids)
        def setfsuid(self, uid: int) -> None:
            self.step("setfsuid", lambda: self.puppet.call("setfsuid", uid % 2**32), uid)

        @rule(gid=gids)
        def setfsgid(self, gid: int) -> None:
            self.step("setfsgid", lambda: self.puppet.call("setfsgid", gid % 2**32), gid)

        @rule(ids=st.tuples(gids, gids, gids))
        def setresgid(self, ids: tuple[int, int, int]) -> None:
            self.set_ids("setresgid", ids)

        @rule(ids=st.tuples(gids, gids))
        def setregid(self, ids: tuple[int, int]) -> None:
            self.set_ids("setregid", ids)

        @rule(gid=gids)
        def setgid(self, gid: int) -> None:
            self.set_ids("setgid", (gid,))

        @rule(groups=st.lists(gids, max_size=3))
        def set_groups(self, groups: list[int]) -> None:
            words = " ".join(str(gid % 2**32) for gid in groups)
            self.step("setgroups", lambda: self.puppet.tell(f"G {words}"), groups)

        # -- execve(2) ----------------------------------------------------------------------------

        @rule(executable=drawn_files, script=st.integers(0, 5), script_mode=modes)
        def execute(self, executable: Executable, script: int, script_mode: int = 0o755) -> None:
            if script == 0:
                executable = evolve(executable, script=evolve(executable, caps=None, nosuid=False, mode=script_mode))
            path = stage.set(executable)
            self.step("execve", lambda: self.puppet.tell(f"X {path}"), executable)

        @rule(executable=drawn_files, lacking=caps)
        def execute_what_may_not_be(self, executable: Executable, lacking: Cap) -> None:
            """A file whose effective bit is set, with a capability that few threads have."""
            given = FileCaps(permitted=[lacking, "sys_resource"], effective=True)
            if own != INITIAL:
                given = evolve(given, rootid=own.outside_uid(0), revision=3)
            self.execute(evolve(executable, caps=given, mode=executable.mode | 0o111), 1)

        @rule(mode=st.sampled_from([0o755, 0o755, 0o4755]))
        def execute_ordinary(self, mode: int) -> None:
            self.execute(Executable(mode=mode, uid=own.outside_uid(0), gid=own.outside_gid(0)), 1)

        @rule(executable=drawn_files)
        def execute_what_may_be(self, executable: Executable) -> None:
            """A file with capabilities that the bounding set has."""
            if executable.caps is not None:
                within = executable.caps.permitted & self.cred.caps.bounding
                executable = evolve(executable, caps=evolve(executable.caps, permitted=within))
            self.execute(evolve(executable, mode=executable.mode | 0o111), 1)

        @rule(executable=drawn_files, cap=caps, uid=st.sampled_from([1000, 1001]))
        def execute_what_accepts(self, executable: Executable, cap: Cap, uid: int) -> None:
            """A file with a capability that is inheritable and no longer in the bounding set."""
            held = self.cred.caps
            one = CapSet([cap])
            self.set_caps(held.effective, held.permitted, held.inheritable | (one & held.permitted))
            self.drop(int(cap))
            self.set_ids("setresuid", (uid, uid, uid))
            given = FileCaps(inheritable=one, effective=bool(executable.caps))
            if own != INITIAL:
                given = evolve(given, rootid=own.outside_uid(0), revision=3)
            self.execute(evolve(executable, caps=given, mode=executable.mode & 0o777 | 0o111), 1)

        # -- user namespaces ----------------------------------------------------------------------

        @precondition(lambda self: self.cred.user_ns.level < own.level + 3)
        @rule(sure=st.integers(0, 2))
        def unshare(self, sure: int) -> None:
            if sure == 0:
                self.step("unshare_user", lambda: self.puppet.call("unshare", wire.CLONE_NEWUSER))

        @precondition(lambda self: self.cred.user_ns.level < own.level + 3)
        @rule(data=st.data())
        def enter(self, data: st.DataObject) -> None:
            """Make a user namespace, and map some ids."""
            self.unshare(0)
            if self.cred.user_ns == own:
                return
            if data.draw(st.booleans()):
                self.write_setgroups("deny", data.draw(st.booleans()))
            for name in data.draw(st.sampled_from([("uid", "gid"), ("gid", "uid"), ("uid",), ("gid",)])):
                if self.cred.user_ns.parent == own and data.draw(st.booleans()):
                    self.write_large_map(name, data.draw(st.sampled_from([1, 1001, 65535])))
                else:
                    self.write_own_map(name, data.draw(st.sampled_from([0, 0, 1000])), data.draw(st.integers(0, 3)) > 0)

        def write(self, name: str, text: str, by_self: bool, *arguments: Any) -> None:
            """Write one of the three files of a user namespace."""
            file = name.removeprefix("write_")
            if by_self:
                if self.cred.uids.fs != self.cred.uids.effective:
                    return  # the file may not be opened, which is no matter of these rules
                line = f"W /proc/thread-self/{file} {text.replace(chr(10), ';')}"
                self.step(name, lambda: self.puppet.tell(line), *arguments, by="self")
                return
            by = "outside" if self.cred.user_ns.parent == own else stage.teller
            self.step(name, lambda: self.puppet.write_outside(file, text), *arguments, by=by)

        @precondition(lambda self: self.cred.user_ns != own)
        @rule(name=st.sampled_from(["uid", "gid"]), asked=extents, by_self=st.booleans())
        def write_any_map(self, name: str, asked: list[tuple[int, int, int]], by_self: bool) -> None:
            self.write(f"write_{name}_map", map_text(asked), by_self, asked)

        @precondition(lambda self: self.cred.user_ns != own)
        @rule(name=st.sampled_from(["uid", "gid"]), inside=st.sampled_from([0, 0, 0, 1000]), by_self=st.booleans())
        def write_own_map(self, name: str, inside: int, by_self: bool) -> None:
            parent = self.cred.user_ns.parent
            see, id = (
                (parent.visible_uid, self.cred.uids.effective)
                if name == "uid"
                else (parent.visible_gid, self.cred.gids.effective)
            )
            asked = [(inside, see(id), 1)]
            self.write(f"write_{name}_map", map_text(asked), by_self, asked)

        @precondition(lambda self: self.cred.user_ns != own)
        @rule(name=st.sampled_from(["uid", "gid"]), first=outer_uids, count=st.sampled_from([1, 2, 1000]))
        def write_map_from_outside(self, name: str, first: int, count: int) -> None:
            asked = [(0, first, count)]
            self.write(f"write_{name}_map", map_text(asked), False, asked)

        @precondition(lambda self: self.cred.user_ns != own)
        @rule(name=st.sampled_from(["uid", "gid"]), count=st.sampled_from([1, 2000, 65535]))
        def write_large_map(self, name: str, count: int) -> None:
            asked = [(0, 0, count)]
            self.write(f"write_{name}_map", map_text(asked), False, asked)

        @precondition(lambda self: self.cred.user_ns != own)
        @rule(word=st.sampled_from(["deny", "deny", "allow", "maybe"]), by_self=st.booleans())
        def write_setgroups(self, word: str, by_self: bool) -> None:
            self.write("write_setgroups", word, by_self, word)

    return Walk


def walk(
    stage: AnyStage, examples: int, *, repeatable: bool = False, number: int | None = None, calls: int = 40
) -> list[Step]:
    """Walk so many times, so many calls of a rule each at most, and return the steps; *number* seeds the draws."""
    steps: list[Step] = []
    profile = settings(
        max_examples=examples,
        stateful_step_count=calls,
        deadline=None,
        derandomize=repeatable,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    walks = machine(stage, steps.append)
    run_state_machine_as_test(walks if number is None else seed(number)(walks), settings=profile)
    return steps


def check_words(step: Step, explanation: kernel.Explanation) -> None:
    """Look for what an explanation says of the thread or the file that is not so, and for what has no reason."""
    reasons = explanation.reasons
    for sentence in untrue(step, explanation, reasons):
        raise AssertionError(f"untrue: {sentence}\n{told(step)}")
    for reason in reasons:
        is_told = reason.why and (reason.change == "kept" or reason.rule.name != "unchanged")
        assert is_told, f"{reason}\n{told(step)}"


def untrue(step: Step, told: kernel.Explanation, reasons: Iterable[kernel.Reason]) -> Iterator[str]:
    """List sentences of an explanation that say of the thread or the file what is not so."""
    before, after = step.before, step.after
    file = step.arguments[0] if told.call.startswith("execve") else Executable()
    said = {*told.notes, *(reason.why for reason in reasons), str(told.error or "")}
    is_root = before.user_ns.is_root
    facts = {
        "as the file is set-user-ID": file.mode & 0o4000,
        "as the file is set-group-ID": file.mode & 0o2000,
        "the effective user id changes": after.uids.effective != before.uids.effective or before.no_new_privs,
        "no_new_privs": before.no_new_privs or after.no_new_privs,
        "the file has no capabilities": file.caps is None,
        "a file with capabilities": file.caps is not None,
        "nosuid": file.nosuid,
        "with SECBIT_NOROOT": before.securebits & 1,
        "with SECBIT_NO_SETUID_FIXUP": before.securebits & 4,
        "and keepcaps was set": before.securebits & 0x10,
        "and keepcaps was not set": not before.securebits & 0x10,
        "user ids is 0 any more": not any(map(is_root, after.uids[:3])),
        "user ids is 0 still": any(map(is_root, after.uids[:3])),
        "the effective user id is not 0 any more": not is_root(after.uids.effective),
        "the effective user id became 0": is_root(after.uids.effective) and not is_root(before.uids.effective),
        "the effective user id is 0 and the real one is not": not is_root(before.uids.real),
        "CAP_DAC_OVERRIDE is missing": "dac_override" not in before.caps.effective,
        "is a script": file.script is not None,
    }
    for text, is_so in facts.items():
        yield from (sentence for sentence in said if text in sentence and not is_so)
    for reason in reasons:
        if "it is not ambient" in reason.why and reason.cap in before.caps.ambient:
            yield str(reason)
        if "the bounding set lacks" in reason.why and reason.cap in before.caps.bounding:
            yield str(reason)


def play(stage: AnyStage, scene: Callable[[Any], None]) -> list[Step]:
    """Let a scene make its steps, and return them."""
    steps: list[Step] = []
    actor = machine(stage, steps.append)()
    try:
        scene(actor)
    finally:
        actor.teardown()
    return steps


@contextmanager
def staged() -> Iterator[Stage]:
    """Make a stage in a folder that everybody may enter, and take it down."""
    with tempfile.TemporaryDirectory(prefix="capset-kernel-") as folder:
        Path(folder).chmod(0o755)
        stage = Stage(Path(folder), build(Path(folder)), RULES)
        try:
            yield stage
        finally:
            stage.close()
