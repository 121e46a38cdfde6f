"""What the kernel's audit tells of capabilities: checks that were refused or granted, capset(2) and execve(2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, TypeVar, cast

from attrs import evolve, frozen

from capset.capability import Cap
from capset.errors import FormatError, clipped, require
from capset.filecaps import FileCaps
from capset.formats.printed import Line, Names, cap_of, lines_of, names_of
from capset.ids import Ids
from capset.kernel import Credentials, Executable, Explanation, explain_execve
from capset.plain import Plain
from capset.securebits import Securebits
from capset.sets import CapSet
from capset.state import CapState
from capset.summary import listed

__all__ = ["Check", "Execution", "Record", "checks", "events", "execution", "is_about_capabilities", "records", "sets"]


def __dir__() -> list[str]:
    return sorted(__all__)


N = TypeVar("N", bound=int)

# -- records ----------------------------------------------------------------------------------------

_EVENT = re.compile(r"\baudit\((?P<event>[^()\n]{1,80}?:[0-9]+)\) ?:")
_TYPE = re.compile(r"\btype=(?P<type>[A-Z_0-9]+|UNKNOWN\[[0-9]+\]) ")
_OF_JOURNAL = re.compile(r"\baudit(?:\[[0-9]+\])?: (?P<type>[A-Z][A-Z_0-9]+) ")
_FIELD = re.compile(r"(?<![\w-])(?P<key>[A-Za-z][\w-]{0,60})=(?:\"(?P<quoted>[^\"]*)\"|(?P<plain>[^\s\"]*))")
_HEX = re.compile(r"(?:[0-9A-F]{2})+")
_NUMBERS = {"1300": "SYSCALL", "1302": "PATH", "1321": "BPRM_FCAPS", "1322": "CAPSET", "1400": "AVC"}
# Fields whose text is in quotes, or in hexadecimal digits where it has blanks, quotes or other letters.
_TEXTS = frozenset({"comm", "exe", "name", "profile"})


@frozen(kw_only=True)
class Record:
    """One record of the audit log.

    Attributes:
        type: Its type, such as ``"AVC"``; empty where the line does not say it.
        event: The event that it is a part of, a time and a number; empty where the line does not say it.
        line: The line.
        fields: What it says, by key.
    """

    type: str
    event: str
    line: Line
    fields: Mapping[str, str]

    def number(self, key: str) -> int | None:
        """Return a field as a number; None where it is none."""
        value = self.fields.get(key, "")
        return int(value) if value.isascii() and value.isdigit() and len(value) < 20 else None


def records(text: str) -> Iterator[Record | Line]:
    """Yield each record, as auditd writes it, as the kernel's log and the journal have it, and as ausearch prints it.

    A line that is none is yielded as it is.

    Source:
        Linux ``kernel/audit.c``, ``audit_log_untrustedstring()``; audit's ``lib/msg_typetab.h`` for types by number.

    Examples:
        >>> from capset.formats import audit
        >>> text = 'type=AVC msg=audit(1.2:3): avc:  denied  { kill } for  pid=5 comm=612062 tclass=capability'
        >>> [record] = audit.records(text)
        >>> record.type, record.event, record.fields["comm"]
        ('AVC', '1.2:3', 'a b')
    """
    for line in lines_of(text):
        event, kind = _EVENT.search(line.text), _TYPE.search(line.text) or _OF_JOURNAL.search(line.text)
        start = event.end() if event else kind.end() if kind else 0
        body = line.text[start:]
        says = "avc: " in body or "apparmor=" in body
        if not (event or (kind and "=" in body) or says):
            yield line
            continue
        fields: dict[str, str] = {}
        for found in _FIELD.finditer(body):
            value = found["plain"] if found["quoted"] is None else found["quoted"]
            if found["quoted"] is None and found["key"] in _TEXTS and _HEX.fullmatch(value):
                value = bytes.fromhex(value).decode("utf-8", "surrogateescape")
            fields.setdefault(found["key"], value)
        name = kind["type"] if kind else "AVC" if says else ""
        yield Record(type=_NUMBERS.get(name, name), event=event["event"] if event else "", line=line, fields=fields)


_A_RECORD = "a Record, as records() gives them"


def _listed(found: object) -> list[Record]:
    """Return records as a list.

    Raises:
        TypeError: They are something else, or something else is among them.
    """
    require(found, Iterable, "records, as records() gives them")
    listed = [*cast("Iterable[object]", found)]
    for each in listed:
        require(each, Record, _A_RECORD)
    return cast("list[Record]", listed)


def events(found: Iterable[Record]) -> list[list[Record]]:
    """Put together the records of each event, in the order in which the events begin; others may stand between."""
    by_event: dict[object, list[Record]] = {}
    for at, record in enumerate(_listed(found)):
        by_event.setdefault(record.event or at, []).append(record)
    return list(by_event.values())


# -- checks -----------------------------------------------------------------------------------------

Namespace = Literal["initial", "other", ""]
"""Over which user namespace a capability was asked for: the initial one, another one, or nobody says."""


@frozen(kw_only=True)
class Check(Plain):
    """A question whether a thread has a capability, and how a security module of the kernel has answered it.

    The kernel asks the thread's own sets first, and a module only where these have it: see ``held``.

    Attributes:
        cap: The capability; None where its name is one that capset does not know.
        name: Its name as written.
        granted: Whether it was granted.
        module: Who answered: ``"SELinux"`` or ``"AppArmor"``.
        pid: The thread who asked; None where nobody says.
        comm: Its name; empty where nobody says.
        exe: Its program file; empty where nobody says.
        uid: Its effective user id; None where nobody says.
        context: SELinux' context of the thread, or AppArmor's profile; empty where nobody says.
        namespace: Over which user namespace it was asked for.
        enforced: Whether the answer counts; not so in a permissive domain, or under a profile that complains.
        line: The line that tells of it, counted from 1.
    """

    cap: Cap | None
    name: str
    granted: bool
    module: str
    pid: int | None = None
    comm: str = ""
    exe: str = ""
    uid: int | None = None
    context: str = ""
    namespace: Namespace = ""
    enforced: bool = True
    line: int = 1

    @property
    def held(self) -> bool | None:
        """Whether the thread had the capability in that user namespace by its own sets.

        True, as nobody asks a module otherwise; None for the two capabilities of which a module also asks itself.

        Source:
            Linux ``security/security.c``, ``security_capable()``, and ``security/commoncap.c``, ``LSM_ORDER_FIRST``;
            before 4.2 ``security/selinux/hooks.c``, ``selinux_capable()``. What asks itself is ``selinux_file_ioctl()``
            of KDSKBENT and KDSKBSENT, and ``security/apparmor/ipc.c``, ``profile_tracer_perm()``.
        """
        return None if (self.module, self.cap) in _ASKED_BY_ITSELF else True

    @property
    def domain(self) -> str:
        """What the policy is about: SELinux' type of the thread, or AppArmor's profile; empty where nobody says."""
        parts = self.context.split(":")
        return parts[2] if self.module == "SELinux" and len(parts) > 2 else self.context

    def __str__(self) -> str:
        did = "granted" if self.granted else "refused" if self.enforced else "would have refused"
        named = self.name if self.cap is None else str(self.cap)
        whose = [f"pid {self.pid}"] if self.pid is not None else []
        whose += [f"user {self.uid}"] if self.uid is not None else []
        whose += [self.exe] if self.comm and self.exe else []
        told = f"{self.module} {did} {named} to {self.comm or self.exe or 'a thread'}"
        told += f" ({', '.join(whose)})" if whose else ""
        told += " over another user namespace than the initial one" if self.namespace == "other" else ""
        return told if self.granted or not self.enforced else f"{told}, {self._remedy}"

    @property
    def _remedy(self) -> str:
        of = "policy" if self.module == "SELinux" else "profile"
        domain = f" for {self.domain}" if self.module == "SELinux" and self.domain else f" {self.domain}".rstrip()
        allow = f"the {of}{domain} has to allow it"
        if self.held is None:
            return f"whose own sets may have it or not: {allow}"
        had = "which had it there" if self.namespace == "other" else "whose own sets had it"
        return f"{had}: {allow}, adding the capability changes nothing"


_ASKED_BY_ITSELF = frozenset({("SELinux", Cap.SYS_TTY_CONFIG), ("AppArmor", Cap.SYS_PTRACE)})


_AVC = re.compile(r"avc: +(?P<verdict>denied|granted) +\{ (?P<names>[^{}]*)\}")
_CLASSES: dict[str, Namespace] = {
    "capability": "initial",
    "capability2": "initial",
    "cap_userns": "other",
    "cap2_userns": "other",
}
_APPARMOR = {"DENIED": (False, True), "KILLED": (False, True), "ALLOWED": (False, False), "AUDIT": (True, True)}


def checks(record: Record, event: Iterable[Record] = ()) -> list[Check]:
    """Return what a record of SELinux or of AppArmor tells of capabilities; none if it is about something else.

    Args:
        record: The record.
        event: The records of the same event, of which SYSCALL says who the thread is.

    Raises:
        FormatError: It is about a capability, and does not say which or what became of it.

    Source:
        Linux ``security/lsm_audit.c`` and ``security/selinux/avc.c``; ``security/selinux/include/classmap.h`` for the
        classes; ``security/apparmor/capability.c`` and ``audit.c``.

    Examples:
        >>> from capset.formats import audit
        >>> line = 'apparmor="DENIED" operation="capable" profile="web" pid=7 comm="sh" capname="sys_admin"'
        >>> [record] = audit.records(line)
        >>> [check] = audit.checks(record)
        >>> print(check)
        AppArmor refused CAP_SYS_ADMIN to sh (pid 7), whose own sets had it: the profile web has to allow it, ...
    """
    require(record, Record, _A_RECORD)
    call = next((each for each in _listed(event) if each.type == "SYSCALL"), record)
    fields, text = record.fields, record.line.text
    if found := _AVC.search(text):
        namespace = _CLASSES.get(fields.get("tclass", ""))
        if namespace is None:
            return []
        asked = found["names"].split()
        granted, enforced, module = found["verdict"] == "granted", fields.get("permissive") != "1", "SELinux"
    elif "apparmor" in fields and fields.get("operation") == "capable":
        if fields["apparmor"] not in _APPARMOR:
            raise FormatError("apparmor", fields["apparmor"], f"one of {', '.join(_APPARMOR)}")
        granted, enforced = _APPARMOR[fields["apparmor"]]
        asked, namespace, module = [fields.get("capname") or fields.get("capability", "")], "", "AppArmor"
    else:
        return []
    if not any(asked):
        raise FormatError("the record", clipped(text), "the name of a capability")
    number = record.number("capability")
    numbered = Cap(number) if number is not None and number < 64 and len(asked) == 1 else None
    caps = {name: _either(cap_of(name), numbered) for name in asked}
    return [
        Check(
            cap=cap,
            name=name,
            granted=granted,
            module=module,
            pid=_either(record.number("pid"), call.number("pid")),
            comm=fields.get("comm") or call.fields.get("comm", ""),
            exe=fields.get("exe") or call.fields.get("exe", ""),
            uid=_id_of(call, "euid"),
            context=fields.get("scontext") or fields.get("profile", ""),
            namespace=namespace,
            enforced=enforced,
            line=record.line.number,
        )
        for name, cap in caps.items()
    ]


def _either(first: N | None, second: N | None) -> N | None:
    return second if first is None else first  # CAP_CHOWN is 0, and so is false


# -- sets -------------------------------------------------------------------------------------------


def _caps(record: Record, key: str) -> Names | None:
    """Return a set of a record: in hexadecimal digits, or as names where ausearch -i has interpreted it."""
    value = record.fields.get(key)
    if value is None:
        return None
    if re.fullmatch(r"[0-9a-fA-F]{1,16}", value):
        return Names(CapSet.from_mask(int(value, 16)))
    return names_of(value)


_OF_CAPSET = {"effective": "cap_pe", "permitted": "cap_pp", "inheritable": "cap_pi", "ambient": "cap_pa"}


def sets(record: Record) -> dict[str, Names]:
    """Return the sets that a record of capset(2) has.

    Source:
        Linux ``kernel/auditsc.c``, ``show_special()``; ambient sets stand there since 4.14.
    """
    require(record, Record, _A_RECORD)
    found = {name: _caps(record, key) for name, key in _OF_CAPSET.items()}
    return {name: names for name, names in found.items() if names is not None}


# -- execve(2) --------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Execution(Plain):
    """An execve(2) as the kernel has recorded it, and what capset makes of the same.

    Attributes:
        explanation: What happens by the kernel's rules, with the reasons. What is not in the records was assumed, and
            stands in its ``assumed``.
        recorded: The sets afterwards as the kernel has recorded them.
        says: The names of those sets; the bounding set is never among them.
        line: The line of the record, counted from 1.
    """

    explanation: Explanation
    recorded: CapState
    says: tuple[str, ...]
    line: int = 1

    @property
    def differences(self) -> tuple[str, ...]:
        """What the kernel has recorded in another way than it is computed, a sentence each; none is expected."""
        if self.explanation.after is None:
            return (f"by the rules the call is refused: {self.explanation.error}, and it is recorded as done",)
        after = self.explanation.after.caps
        found = ((name, getattr(after, name), getattr(self.recorded, name)) for name in self.says)
        return tuple(
            f"{name}: the kernel recorded another set than the rules give: {computed.diff(recorded)}"
            for name, computed, recorded in found
            if computed != recorded
        )


_AFTER = {"effective": "pe", "permitted": "pp", "inheritable": "pi", "ambient": "pa"}
# Releases before 4.18 call the sets afterwards new_pp and so on.
_OLDER = re.compile(r"new_(p[epia])")
_IDS = (("uid", "euid", "suid", "fsuid"), ("gid", "egid", "sgid", "fsgid"))
_STAND_IN = 65534
_UNKNOWN_ID = re.compile(r"unknown\(([0-9]{1,10})\)")
_SET_ID = "the effective ids before were the real ones, as the file is set-id"
_INITIAL = "it is in the initial user namespace, as the records do not say in which one"


def execution(event: Iterable[Record]) -> Execution | None:
    """Return the execve(2) of which some records of one event tell; None if none of them is a BPRM_FCAPS.

    The record SYSCALL beside it says who executes the program, and PATH what the file is. What they leave open is
    assumed, and said: the bounding set, no_new_privs and securebits.

    Raises:
        FormatError: A set of the record is missing, or is none.
        ArgumentError: The sets are some that no thread can have.

    Source:
        Linux ``kernel/auditsc.c``, ``__audit_log_bprm_fcaps()`` and ``show_special()``.

    Examples:
        >>> from capset.formats import audit
        >>> text = (
        ...     "type=BPRM_FCAPS msg=audit(1.0:5): fver=2 fp=0000000000002000 fi=0 fe=1 old_pp=0 old_pi=0 old_pe=0 "
        ...     "old_pa=0 pp=0000000000002000 pi=0 pe=0000000000002000 pa=0 frootid=0"
        ... )
        >>> done = audit.execution([*audit.records(text)])
        >>> print(done.explanation.why("net_raw").why)
        the file permits it, within the bounding set, and the file's effective bit is set
        >>> done.differences
        ()
    """
    event = _listed(event)
    record = next((each for each in event if each.type == "BPRM_FCAPS"), None)
    if record is None:
        return None
    fields = {_OLDER.sub(r"\1", key): value for key, value in record.fields.items()}
    record = evolve(record, fields=fields)
    recorded = {name: _set(record, key) for name, key in _AFTER.items() if name != "ambient" or key in fields}
    old = {
        name: _set(record, f"old_{key}") for name, key in _AFTER.items() if name != "ambient" or f"old_{key}" in fields
    }
    file = _file(record, event)
    uids, gids, assumed = _who(event, file)
    after = CapState(**recorded)
    found: list[Execution] = []
    for no_new_privs, securebits, why in (
        (False, Securebits(0), "no_new_privs is not set, and no securebits are"),
        (True, Securebits(0), "no_new_privs is set, as without it other sets would have come of it"),
        (False, Securebits.NOROOT, "SECBIT_NOROOT is set, as without it other sets would have come of it"),
    ):
        is_root = 0 in (uids.real, file.uid if file.set_user_id else uids.effective) and not securebits
        given = CapSet.all() if is_root else file.caps.permitted if file.caps else CapSet()
        lacking = CapSet() if no_new_privs else given - after.permitted
        bounds = (
            f"the bounding set lacks {listed(lacking)}, which was not gained"
            if lacking
            else "the bounding set lacks nothing"
        )
        before = Credentials(
            uids=uids,
            gids=gids,
            caps=CapState(**old, bounding=CapSet.all() - lacking),
            no_new_privs=no_new_privs,
            securebits=securebits,
            assumed=(*assumed, _INITIAL, bounds, why),
        )
        explained = explain_execve(before, file)
        found.append(Execution(explanation=explained, recorded=after, says=tuple(recorded), line=record.line.number))
        if not found[-1].differences:
            return found[-1]
    return found[0]


def _set(record: Record, key: str) -> CapSet:
    """Return a set of a record that must be there.

    Raises:
        FormatError: It is not, or is none.
    """
    names = _caps(record, key)
    if names is None or names.unknown:
        expected = "a set in hexadecimal digits, or its names"
        raise FormatError(f"{record.type}.{key}", record.fields.get(key, ""), expected)
    return names.caps


def _file(record: Record, event: list[Record]) -> Executable:
    """Return the program file, with the capabilities that the record has, and of PATH the rest."""
    version = record.fields.get("fver", "0")
    caps = None
    if version != "0":
        if version not in {"1", "2", "3"}:
            raise FormatError(f"{record.type}.fver", version, "revision 1, 2 or 3 of file capabilities, or 0 for none")
        effective = record.fields.get("fe", "0") != "0"
        rootid = record.number("frootid") or 0
        permitted, inheritable = _set(record, "fp"), _set(record, "fi")
        caps = FileCaps(
            permitted=permitted, inheritable=inheritable, effective=effective, rootid=rootid, revision=int(version)
        )
    paths = [each for each in event if each.type == "PATH"]
    same = [each for each in paths if version != "0" and each.fields.get("cap_fp") == record.fields.get("fp")]
    first = [each for each in paths if each.fields.get("item") == "0"]
    for path in (same or first or paths)[:1]:
        owner, group, mode = _id_of(path, "ouid"), _id_of(path, "ogid"), _mode(path.fields.get("mode", ""))
        if owner is not None and group is not None and mode is not None:
            return Executable(uid=owner, gid=group, mode=mode, caps=caps, path=path.fields.get("name", ""))
    told = "it is a file of root that everybody may execute, as no record PATH says whose it is"
    return Executable(caps=caps, assumed=(told,))


_MODE = re.compile(r"0?10[0-7]{4}")
_INTERPRETED_MODE = re.compile(r"file,(?P<bits>(?:[a-z]+,)*)(?P<mode>[0-7]{3})")


def _mode(text: str) -> int | None:
    """Return the mode of a regular file; None where it is another one."""
    if _MODE.fullmatch(text):
        return int(text, 8)
    if found := _INTERPRETED_MODE.fullmatch(text):
        bits = {"suid": 0o4000, "sgid": 0o2000, "sticky": 0o1000}
        return int(found["mode"], 8) + sum(bits.get(bit, 0) for bit in found["bits"].split(",")[:-1])
    return None


def _id_of(record: Record, key: str) -> int | None:
    """Return an id; of a name that ausearch has put there, that of root alone is known."""
    value = record.fields.get(key, "")
    if found := _UNKNOWN_ID.fullmatch(value):
        value = found[1]
    return 0 if value == "root" else int(value) if re.fullmatch(r"[0-9]{1,10}", value) else None


def _who(event: list[Record], file: Executable) -> tuple[Ids, Ids, tuple[str, ...]]:
    """Return the ids before the call; the record SYSCALL has those afterwards."""
    call = next((each for each in event if each.type == "SYSCALL"), None)
    found = [[_id_of(call, key) for key in keys] for keys in _IDS] if call else []
    numbers = [[each for each in ids if each is not None] for ids in found]
    if [len(ids) for ids in numbers] != [4, 4]:
        told = f"user {_STAND_IN}, who is not root, executes it, as no record SYSCALL says in numbers who does"
        return Ids(*[_STAND_IN] * 4), Ids(*[_STAND_IN] * 4), (told,)
    (uid, euid, *_), (gid, egid, *_) = numbers
    before_uid = uid if file.set_user_id and euid == file.uid else euid
    before_gid = gid if file.set_group_id and egid == file.gid else egid
    uids, gids = (Ids(real, now, now, now) for real, now in ((uid, before_uid), (gid, before_gid)))
    set_id = (before_uid, before_gid) != (euid, egid)
    return uids, gids, (_SET_ID,) * set_id


# -- what a text is ---------------------------------------------------------------------------------

_ABOUT = re.compile(
    r"avc: +(?:denied|granted) |apparmor=\"[A-Z]+\"|\btype=(?:BPRM_FCAPS|CAPSET|1321|1322) "
    r"|\bfver=[0-9] fp=|\bcap_pi=\S+ cap_pp="
)


def is_about_capabilities(text: str) -> bool:
    """Say whether a line is a record of a kind that may tell of capabilities."""
    require(text, str, "a line as str")
    return bool(_ABOUT.search(text))
